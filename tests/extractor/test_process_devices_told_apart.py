"""Devices told apart by examples, salts, size, layers in the reverse order, and by lists of their efficiencies."""

import pytest

from masterkey.extractor.process.cell.stability import stability_findings
from masterkey.extractor.process.devices.devices import DeviceReading, read_devices
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
ADDITIVES, AREA, MODULE = "Perovskite_additives_compounds", "Cell_area_measured", "Module"
END = "Stability_PCE_end_of_experiment"

BELOW = "Device fabrication. MeO-2PACz in ethanol was spin-coated on ITO glass. "
INK = "The Cs0.1FA0.9PbI3 precursor (1.5 M) was dissolved in DMF:DMSO (4:1). "
FILM = "It was spin-coated at 4000 rpm and annealed at 100 °C for 20 min. "
ABOVE = "C60 (25 nm), BCP (6 nm) and Ag (100 nm) were evaporated. "
MASK = "\n\nCharacterization. J-V curves were recorded through a mask of 0.0576 cm2. "
CELL = BELOW + INK + FILM + ABOVE


def devices(text: str) -> list[DeviceReading]:
    return read_devices(Document(clean(text).text))


def value(device: DeviceReading, field: str) -> str:
    finding = device.findings.get(field)
    return finding.value if finding else ""


FIRST = (
    "Example 1\nA glass plate with ITO was cleaned. PTAA was spin-coated on the ITO. Cs0.15FA0.85PbI3 in DMF and DMSO with "
    "1 mol% of thiourea was spin-coated and annealed at 110 °C for 15 minutes. C60 and BCP and 100 nm of silver were "
    "evaporated. The solar cell had an area of 0.1 cm2.\n\n"
)


def test_another_examples_layers_are_not_the_targets():
    other = "Comparative Example 1\nA solar cell was made as in Example 1, except that a solution of P3HT was spin-coated on the ITO.\n"
    target, comparison = devices(FIRST + other)
    assert (value(target, HTL), value(comparison, HTL)) == ("PTAA", "P3HT")


@pytest.mark.parametrize(
    "words",
    [
        "A module with the layers and conditions of Example 1 was produced, except that it was scribed into eight cells in series. A module of 25 cm2 was obtained.",
        "A module of 25 cm2 was manufactured in the same way as in Example 1, laser scribing being performed.",
    ],
)
def test_an_example_may_be_a_module(words):
    target, module = devices(f"{FIRST}Example 2\n{words}\n")
    assert (value(target, AREA), value(module, AREA)) == ("0.1", "25")
    assert value(module, MODULE) == "TRUE"


def test_an_example_is_a_device_though_nothing_that_is_read_differs():
    words = (
        "A solar cell was obtained as in Example 1, except that the plate was rubbed beforehand."
    )
    assert len(devices(f"{FIRST}Example 2\n{words}\n")) == 2


@pytest.mark.parametrize(
    "words",
    [
        "Centimetre-sized cells were prepared identically to the target ones and masked to 1.02 cm2.",
        "We also produced cells of a larger size, with an active area of 1.02 cm2, by the recipe of the small ones.",
        "For upscaling, devices with an active area of 1.02 cm2 were built following the same protocol.",
        "Devices with a bigger area (1.02 cm2) were fabricated in the same manner.",
        "An aperture of 0.0576 cm2 was used; 1.02 cm2 devices were made likewise.",
    ],
)
def test_larger_cells_may_be_told_among_measurements(words):
    target, larger = devices(CELL + MASK + words)
    assert (value(target, AREA), value(larger, AREA)) == ("0.0576", "1.02")


def test_larger_cells_that_are_only_measured_are_no_device():
    assert len(devices(CELL + MASK + "The larger cells were measured in steps of 20 mV.")) == 1


SALTS = [
    "We compare three kinds of devices. The target device is treated with n-octylammonium iodide (OAI), another one with n-butylammonium iodide (BAI), and the third, the control, has a bare surface. ",
    "Films treated with OAI (4 mg/mL in IPA), films treated with BAI (4 mg/mL in IPA) and untreated films (control) were made. ",
]
RESULTS = [
    "After 900 h, the OAI, BAI and control cells retained 95%, 90% and 75% of the initial efficiency.",
    "After 900 h 95% (OAI), 90% (BAI) and 75% (control) of the initial efficiency were left.",
]


@pytest.mark.parametrize("told", SALTS)
@pytest.mark.parametrize("results", RESULTS)
def test_devices_of_other_salts_are_known_in_lists_of_efficiencies(told, results):
    ageing = f"\n\nStability. Cells were stored in dry air at 25 °C. {results}"
    found = devices(BELOW + INK + FILM + told + ABOVE + ageing)
    assert [value(device, END) for device in found] in (["95", "90", "75"], ["95", "75", "90"])


def test_of_a_list_the_value_in_the_controls_place_is_the_controls():
    words = "Cells were stored in air at 25 °C. After 500 h the control, BAI and OAI devices kept 61%, 84% and 92% of their efficiency."
    assert stability_findings(Document(words))[END].value == "84"


@pytest.mark.parametrize(
    "lacks", ["The control cells were not passivated. ", "Control films remained untreated. "]
)
def test_a_control_without_the_targets_treatment_keeps_the_additive(lacks):
    ink = INK.replace(" was dissolved", " with 2 mol% Pb(SCN)2 was dissolved")
    treated = "For passivated (target) cells, piperazinium diiodide (PDI) in isopropanol was spin-coated at 4000 rpm. "
    target, control = devices(BELOW + ink + FILM + treated + lacks + ABOVE)
    assert value(target, ADDITIVES) == value(control, ADDITIVES) == "Pb(SCN)2"
    assert value(control, ETL) == "C60 | BCP"


@pytest.mark.parametrize(
    "words",
    [
        "PCBM (20 mg/mL in chlorobenzene) was used in lieu of C60 for comparison. ",
        "For a comparison of the offset, PCBM (20 mg/mL) was used instead of C60. ",
    ],
)
def test_a_layer_in_anothers_place_for_comparison_is_of_a_device(words):
    _, other = devices(CELL + words)
    assert value(other, ETL) == "PCBM-60 | BCP"


def test_some_devices_and_others_are_two():
    _, copper, bare = devices(CELL + "Some devices were completed with 100 nm of Cu instead of Ag; others had no BCP. ")  # fmt: skip
    assert (value(copper, CONTACT), value(copper, ETL)) == ("Cu", "C60 | BCP")
    assert (value(bare, CONTACT), value(bare, ETL)) == ("Ag", "C60")


def test_layers_that_are_counted_up_for_the_reverse_order_are_read():
    words = "For n-i-p devices the order of layers was reversed: 20 nm of C60 was evaporated on ITO, then the perovskite was deposited as above, Spiro-OMeTAD doped with Li-TFSI and tBP was spin-coated, and 80 nm of Au was evaporated. "
    _, other = devices(CELL + words)
    assert (value(other, ETL), value(other, HTL)) == ("C60", "Spiro-MeOTAD")
    assert value(other, "HTL_additives_compounds") == "Li-TFSI; TBP"
    assert value(other, "Cell_architecture") == "nip"


def test_layers_that_are_the_same_reversed_keep_their_dopants():
    text = "For p-i-n cells TaTm doped with F6-TCNNQ was evaporated on ITO, then MAPbI3 by co-evaporation, C60, BCP and 100 nm of Ag. "
    words = "For n-i-p cells the sequence was reversed, with BCP and C60 on ITO, then the perovskite, TaTm and 100 nm of Ag. "
    target, other = devices(f"Device fabrication. {text}{words}")
    assert value(target, "HTL_additives_compounds") == value(other, "HTL_additives_compounds")


MODULES = (
    "Modules. ITO glass was scribed (P1), and PTAA in toluene was blade coated. The ink of target modules was 1.2 M "
    "MA0.6FA0.4PbI3 in 2-methoxyethanol with 0.3 mol% of benzylhydrazine hydrochloride (BHC). Control modules were made from an "
    "ink without BHC. The ink was blade coated and annealed at 120 °C for 5 min. C60, BCP and copper (150 nm) were evaporated. "
    "After P2 and P3 scribing the modules consist of seven subcells; the aperture area is 18.0 cm2.\n\n"
)


def test_small_cells_with_and_without_an_additive_are_two():
    words = "Small cells. Single cells of 0.09 cm2 were cut from the same plates, with and without BHC, and contacted through a mask."
    cells = [d for d in devices(MODULES + words) if value(d, MODULE) == "FALSE"]
    assert [value(cell, ADDITIVES) != "" for cell in cells] == [True, False]


@pytest.mark.parametrize("noun", ["counterparts", "controls", "analogues"])
def test_rigid_counterparts_are_devices(noun):
    text = CELL.replace("ITO glass", "PEN/ITO foil")
    _, rigid = devices(f"{text}Rigid {noun} were fabricated on glass/ITO in the same way. ")
    assert value(rigid, "Cell_flexible") == "FALSE"


def test_a_control_under_a_shared_title_is_no_rigid_device():
    ink = "The Cs0.1FA0.9PbI3 precursor with 1 mol% thiourea was dissolved in DMF:DMSO (4:1). "
    text = (BELOW + ink + FILM + ABOVE).replace("ITO glass", "PEN/ITO foil")
    title = "\n\nControl and Rigid Devices: Control devices were made from the precursor without thiourea. For rigid devices the process was carried out on glass/ITO."
    found = {device.name.lower(): device for device in devices(text + title)}
    rigid = next(d for name, d in found.items() if "rigid" in name)
    assert value(rigid, ADDITIVES) != ""


def test_a_tandem_has_the_film_that_is_told_of_it_beside_the_targets():
    ink = "The FA0.7MA0.3Pb0.5Sn0.5I3 precursor with 10 mol% SnF2 was dissolved in DMF:DMSO (3:1). "
    words = "\n\nTandem cells. NiO nanoparticles were spin-coated on ITO glass. The Cs0.2FA0.8Pb(I0.6Br0.4)3 precursor in DMF:DMSO (4:1) was spin-coated and annealed at 110 °C for 15 min. C60 was evaporated, SnO2 was grown by ALD. The Sn-Pb subcell was then made as described for single-junction cells."
    *_, tandem = devices(BELOW + ink + FILM + ABOVE + words)
    assert value(tandem, "Perovskite_deposition_thermal_annealing_temperature") == "110 | 100"
    assert value(tandem, "Perovskite_deposition_thermal_annealing_time") == "15 | 20"


@pytest.mark.parametrize(
    "words",
    [
        "On a series of substrates no solar cell on plastic is reported.",
        "No layer of these cells was sputtered, other than in the second series of our earlier work.",
        "Cells without a barrier film were kept in the dark.",
    ],
)
def test_what_was_not_made_is_no_device(words):
    assert len(devices(CELL + words)) == 1


def test_a_device_may_have_an_ageing_test_of_its_own():
    ageing = (
        "\n\nStability. Cells were stored in air at 25 °C for 1000 h and kept 90% of their initial efficiency. "
        "The PTAA devices were heated to 65 °C in nitrogen for 600 h and kept 93%."
    )
    ink = "Spiro-OMeTAD was spin-coated on the perovskite and gold was evaporated. "
    base = (
        "SnO2 nanoparticles were spin-coated on FTO glass. MAPbI3 in DMF was spin-coated and annealed at 100 °C. "
        + ink
    )
    other = "Some devices had PTAA, spin-coated from toluene, in place of Spiro-OMeTAD."
    _, device = devices(base + other + ageing)
    assert (value(device, END), value(device, "Stability_temperature_range")) == ("93", "65; 65")


def test_a_carbon_paste_on_the_perovskite_is_not_its_method():
    words = (
        "HTL-free carbon cells were fabricated by blade-coating a carbon paste on the perovskite. "
    )
    _, carbon = devices(CELL + words)
    assert value(carbon, CONTACT) == "Carbon"
    assert value(carbon, "Perovskite_deposition_procedure") == "Spin-coating"


def test_a_tandem_on_silicon_has_tin_oxide_in_the_place_of_the_opaque_cells_buffer():
    words = "\n\nTandems. Silicon heterojunction cells were used as substrates in place of ITO glass; the layers were as above up to C60, followed by 20 nm SnO2 by ALD, 60 nm IZO by sputtering and a silver grid."
    *_, tandem = devices(CELL + words)
    assert value(tandem, ETL) == "C60 | SnO2-c"


@pytest.mark.parametrize("dose", ["at 0, 2, 4 and 6 mol%", "in amounts of 0, 1 or 3 mol%"])
def test_a_series_that_begins_with_nothing_has_a_control(dose):
    added = f"GuaSCN was added {dose}; the largest but one was optimal. "
    target, control = devices(BELOW + INK + added + FILM + ABOVE)
    assert value(target, ADDITIVES) != ""
    assert (control.role, value(control, ADDITIVES)) == ("control", "")


def test_a_control_told_behind_the_targets_result_was_in_its_test():
    ageing = (
        "\n\nStability. Encapsulated cells were operated at the maximum power point in air at 50 °C. After 1000 h the target "
        "cell still had 90% of its initial efficiency. A control cell failed before, since its seal broke."
    )
    treated = "For target devices, PEAI in isopropanol was spin-coated. Control devices were left untreated. "
    _, control = devices(BELOW + INK + FILM + treated + ABOVE + ageing)
    assert value(control, "Stability_atmosphere") == "Air"
    assert value(control, END) == ""

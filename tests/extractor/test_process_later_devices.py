"""Wordings for devices beside the target that the rules did not read at first sight: what they lack, or have in its place."""

import pytest

from masterkey.extractor.process.devices.devices import DeviceReading, read_devices
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
DOPANTS, CONTACT_PROCEDURE = "ETL_additives_compounds", "Backcontact_deposition_procedure"
LONG, ADDITIVES = "Perovskite_composition_long_form", "Perovskite_additives_compounds"
AREA, INITIAL = "Cell_area_measured", "Stability_PCE_initial_value"
END = "Stability_PCE_end_of_experiment"

BELOW = "PTAA was spin-coated on ITO glass. "
INK = "For the ink PbI2 (1.2 M), FAI (1.0 M) and MAI (0.2 M) were dissolved in DMF and DMSO. "
FILM = "The perovskite ink was spin-coated at 4500 rpm and annealed at 104 °C for 9 min. "
ABOVE = "C60 (20 nm), BCP (6 nm) and silver (100 nm) were evaporated. "


def devices(text: str) -> list[DeviceReading]:
    return read_devices(Document(clean(text).text))


def value(device: DeviceReading, field: str) -> str:
    finding = device.findings.get(field)
    return finding.value if finding else ""


def beside(text: str) -> DeviceReading:
    _, other = devices(text)
    return other


@pytest.mark.parametrize(
    "words",
    [
        "In the target ink, GlyAmCl was added at 2 mol%; the control ink had none. ",
        "GlyAmCl (2 mol%) was added to the target ink; it is absent from the control ink. ",
        "For target devices GlyAmCl (2 mol%) was added to the ink, while nothing was added for the control devices. ",
        "Target: GlyAmCl (2 mol%) was added to the ink with regard to Pb2+. Control: without GlyAmCl. ",
        "GlyAmCl (2 mol%) was added to the target ink, which is missing in the control ink. ",
    ],
)
def test_a_control_lacks_what_the_same_sentence_puts_into_the_target(words):
    fluoride = "SnF2 (10 mol%) was contained in all inks. "
    target, control = devices(
        BELOW + INK + fluoride + words + FILM + ABOVE + "Control devices were made alike. "
    )
    assert "GlyAmCl" in value(target, ADDITIVES)
    assert value(control, ADDITIVES) == "SnF2"


@pytest.mark.parametrize(
    ("salt", "words"),
    [
        ("barium iodide (BaI2)", "for the target devices, 0.3 mol% of BaI2 was added to this ink, whereas the ink of the reference devices contained no barium. "),
        ("rubidium chloride (RbCl)", "4 mol% of RbCl was added to this ink as an additive for the target devices; the ink of the control devices was without rubidium. "),
        ("strontium iodide (SrI2)", "1 mol% of SrI2 was added to this ink; control devices contain no strontium. "),
    ],
)  # fmt: skip
def test_a_control_without_an_element_lacks_its_salt(salt, words):
    bought = f"Lead iodide and {salt} were purchased from TCI. "
    control = beside(bought + BELOW + INK + "In addition, " + words + FILM + ABOVE)
    assert value(control, ADDITIVES) == ""


@pytest.mark.parametrize(
    "words",
    [
        "For the target devices RbF was dissolved in the SnO2 colloid, while nothing was added for the control devices. ",
        "RbF was dissolved in the SnO2 colloid for the target devices; nothing else was put in for the control devices, and in theirs nothing was dissolved. ",
    ],
)
def test_a_control_of_whose_oxide_nothing_is_told_to_be_added_has_no_dopant(words):
    oxide = "The colloid was spin-coated on ITO glass and dried at 150 °C for 30 min. "
    top = "Spiro-OMeTAD was spin-coated. Gold (70 nm) was evaporated. "
    text = "The SnO2 colloid was from Alfa Aesar. " + words + oxide + INK + FILM + top
    target, control = devices(text)
    assert value(target, DOPANTS) == "RbF"
    assert value(control, DOPANTS) == ""


@pytest.mark.parametrize(
    "words",
    [
        "In the control cells, 130 nm of indium zinc oxide (IZO) was sputtered in place of ICO. ",
        "Control cells received sputtered IZO instead of ICO. ",
        "On control cells, IZO was sputtered at 60 W. ",
    ],
)
def test_a_control_may_have_another_conductive_oxide(words):
    top = "C60 (20 nm) was evaporated and SnO2 was grown by ALD. The rear electrode was ICO, made by pulsed laser deposition. "
    control = beside(
        BELOW + INK + FILM + top + words + "A silver frame was evaporated on the oxide. "
    )
    assert value(control, CONTACT) == "IZO | Ag"
    assert value(control, CONTACT_PROCEDURE) == "Sputtering | Evaporation"


@pytest.mark.parametrize(
    "words",
    [
        "Devices of the second kind (control) carry PCBM, which was spin-coated at 1500 rpm. ",
        "Cells of the other sort (control) have PCBM, spin-coated from chlorobenzene. ",
        "The second half (control) received PCBM, spin-coated at 2000 rpm. ",
    ],
)
def test_what_devices_called_control_in_brackets_carry_is_theirs(words):
    film = "Devices of the first kind (target) carry ICBA, which was spin-coated at 1500 rpm. "
    top = "To both, BCP (6 nm) and silver (100 nm) were applied by evaporation. "
    control = beside(BELOW + INK + FILM + film + words + top)
    assert value(control, ETL) == "PCBM-60 | BCP"


@pytest.mark.parametrize(
    "words",
    [
        "Large-area devices: For 1 cm2 devices the glass was larger, and 120 µL of ink was used. All else was kept. The aperture was 1.01 cm2.",
        "Larger devices: these were made in the same way. They were measured with an aperture of 1.01 cm2.",
    ],
)
def test_a_paragraph_on_larger_devices_tells_their_area(words):
    usual = "\n\nMeasurements: Devices were masked by an aperture of 0.0742 cm2."
    target, large = devices(f"Fabrication: {BELOW}{INK}{FILM}{ABOVE}\n\n{words}{usual}")
    assert (large.role, value(large, AREA)) == ("other", "1.01")
    assert value(target, AREA) == "0.0742"


NARROW = (
    "Precursors. FA0.7MA0.3Pb0.5Sn0.5I3 was prepared at 1.8 M in DMF and DMSO (3:1) for the narrow-bandgap ink; SnF2 (10 mol%) was added to this ink.\n\n"
    "Wide-bandgap precursor. Cs0.2FA0.8Pb(I0.62Br0.38)3, 1.2 M, in DMF and DMSO (4:1), stirred at 50 °C.\n\n"
    "Narrow-bandgap solar cells. These single-junction cells are the subject. PEDOT:PSS was spin-coated on ITO glass. "
    "The tin–lead precursor was spin-coated at 4000 rpm and annealed at 100 °C for 7 min. C60 (20 nm), BCP (7 nm) and copper (150 nm) were evaporated.\n\n"
)


@pytest.mark.parametrize(
    ("words", "holes"),
    [
        ("Wide-bandgap solar cells. NiO nanocrystals were spin-coated on ITO glass; 2PACz was spin-coated on the NiO. The precursor was spin-coated at 4000 rpm and annealed at 105 °C for 12 min. C60, BCP and copper followed.", "NiO-np | 2PACz"),
        ("Wide-gap single-junction cells. PTAA was spin-coated on ITO glass. The wide-gap film was spin-coated at 4000 rpm and annealed at 105 °C for 12 min. C60, BCP and copper were evaporated.", "PTAA"),
    ],
)  # fmt: skip
def test_cells_of_the_other_gap_have_their_own_absorber_and_layers(words, holes):
    tandem = "\n\nTandem solar cells. SnO2 was grown by ALD on the front cell and PEDOT:PSS was spin-coated on it."
    text = (NARROW + words + tandem).replace(
        "Wide-bandgap precursor", words.split()[0] + " precursor"
    )
    other = next(d for d in devices(text) if d.role == "comparison")
    assert value(other, LONG) == "Cs0.2FA0.8PbBr1.14I1.86"
    assert value(other, HTL) == holes
    assert value(other, ADDITIVES) == ""


@pytest.mark.parametrize(
    "words",
    [
        "A separate set of devices was cycled between −40 °C and 85 °C.",
        "Another batch of cells was irradiated with protons.",
        "\n\nReference films\n\nFor photoluminescence, films were prepared on bare glass.",
    ],
)
def test_devices_that_are_only_tested_otherwise_are_no_others(words):
    assert len(devices(BELOW + INK + FILM + ABOVE + words)) == 1


def test_rigid_samples_for_optics_are_no_cells():
    foil = "PEN/ITO foil was cleaned. PTAA was spin-coated on the PEN/ITO. "
    rigid = (
        "Rigid samples. For absorption and microscopy the same layers were put on glass with ITO."
    )
    assert len(devices(f"Flexible solar cells were made. {foil}{INK}{FILM}{ABOVE}\n\n{rigid}")) == 1


@pytest.mark.parametrize(
    "words",
    [
        "the control cell, with 8.9%, retained 61% after the same time",
        "the control cell, at first with 8.9%, retained 61%",
        "the control cell retained 61% of 8.9%",
    ],
)
def test_the_first_efficiency_of_a_control_stands_in_its_clause(words):
    control = "For the control devices no NH4SCN was added to the ink, to which 5 mol% of NH4SCN was added for the target devices. "
    ageing = f"\n\nStability\nCells were kept in nitrogen. The target cell, with 12.4% at the outset, retained 96% of its efficiency after 3800 h, and {words}."
    other = beside(BELOW + INK + control + FILM + ABOVE + ageing)
    assert (value(other, INITIAL), value(other, END)) == ("8.9", "61")


def test_the_second_ink_of_a_control_goes_on_holding_its_chloride():
    first = "For the control, PbI2 (1.4 M) was dissolved in DMF/DMSO (9:1). For the target, RbCl was introduced into the PbI2 solution as an additive. "
    film = "The solution was spin-coated on PTAA at 1500 rpm and heated at 70 °C for 1 min. "
    second = "FAI (85 mg) and the additive MACl (12 mg) in 1 mL isopropanol was spin-coated at 1900 rpm, and the samples were annealed at 150 °C for 15 min to FAPbI3. "
    ageing = "\n\nStability\nDevices were kept in nitrogen. After 820 h the target still had 92% of its efficiency; the control devices had 66%."
    target, control = devices(BELOW + first + film + second + ABOVE + ageing)
    assert value(target, ADDITIVES) == "Cl; RbCl"
    assert value(control, ADDITIVES) == "Cl"


def test_an_ink_called_reference_and_cells_called_control_are_one_device():
    ink = "The reference ink contained FAI (1.2 M), PbI2 (1.3 M) and MACl (0.5 M) in DMF and DMSO. The inks for target films contained SEINA besides. "
    ageing = "\n\nStability\nSix target cells had 92% of their efficiency after 2016 h in dry air, while six control cells had come down to 70%."
    control = beside(BELOW + ink + FILM + ABOVE + ageing)
    assert (control.role, value(control, END)) == ("control", "70")


@pytest.mark.parametrize(
    "words",
    [
        "The PTZ device, starting at 25.3%, retained 94% of that after 1200 h, the Me-4PACz device, starting at 24.1%, only 76%.",
        "After 1200 h the cells with PTZ had 94% of the 25.3% of the first day, those with Me-4PACz 76% of the 24.1%.",
        "The target cells had 94% of their initial 25.3% after 1200 h.",
    ],
)
def test_the_first_efficiency_of_the_target_stands_close_to_what_was_left(words):
    ageing = (
        "\n\nOperational stability\nDevices were kept at the maximum power point in air. " + words
    )
    target = devices(BELOW + INK + FILM + ABOVE + ageing)[0]
    assert (value(target, INITIAL), value(target, END)) == ("25.3", "94")

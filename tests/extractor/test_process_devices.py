"""Devices beside the target: which ones a text speaks of, and what it tells to be different in them."""

import time

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.devices.devices import DeviceReading, read_devices
from masterkey.extractor.process.text.document import Document

ADDITIVES = "Perovskite_additives_compounds"
SUBSTRATE = "FTO glass was washed with soap and water. "
INK = "PbI2 (1.4 M), FAI (1.2 M) and CsI (0.2 M) were dissolved in DMF and DMSO (4:1) to make the perovskite ink. "
TIN_OXIDE = "A SnO2 colloid was spin-coated on FTO at 3000 rpm and annealed at 150 °C for 30 min. "
FILM = (
    "The perovskite ink was spin-coated on the SnO2 at 5000 rpm for 30 s with chlorobenzene as antisolvent, "
    "and the film was annealed at 120 °C for 20 min. "
)
SPIRO = "Spiro-OMeTAD (72 mg/mL in chlorobenzene) with Li-TFSI and TBP was spin-coated on the perovskite at 4000 rpm. "
GOLD = "Finally, 80 nm of gold was thermally evaporated. "
REGULAR = SUBSTRATE + TIN_OXIDE + INK + FILM + SPIRO + GOLD
TO_FILM = SUBSTRATE + TIN_OXIDE + INK + FILM
ON_NICKEL = (
    "ITO glass was cleaned. NiOx was sputtered on the ITO and annealed at 300 °C for 1 h. "
    + INK
    + "The perovskite ink was spin-coated on the NiOx, and the film was annealed at 120 °C for 20 min. "
    "C60 (25 nm) was evaporated on the perovskite. "
)


def devices(text: str) -> list[DeviceReading]:
    return read_devices(Document(text))


def value(device: DeviceReading, field: str) -> str:
    finding = device.findings.get(field)
    return finding.value if finding else ""


def roles(text: str) -> list[str]:
    return [device.role for device in devices(text)]


@pytest.mark.parametrize(
    "aside",
    [
        "",
        "The lamp was set with a silicon reference cell with a KG5 filter. ",
        "The intensity was calibrated with a reference cell from NREL. ",
        "A Keithley 2400 was used to control the bias. ",
        "Single crystals for comparison of the diffraction were grown in toluene. ",
        "An Ag/AgCl electrode served as reference electrode in the electrochemical cell. ",
        "The cells were measured without encapsulation in air. ",
        "Opaque tape covered the edge of the cells. ",
    ],
)
def test_one_device_where_the_text_speaks_of_one(aside):
    assert roles(REGULAR + aside) == ["target"]


def test_the_first_is_what_read_device_gives():
    document = Document(REGULAR + "Control devices were made without TBP. ")
    first = read_devices(document)[0]
    assert first.findings == read_device(document)
    assert first.role == "target"


def test_control_without_an_additive():
    text = REGULAR.replace(
        "to make the perovskite ink. ",
        "to make the perovskite ink. NH4SCN (2 mol%) was added as an additive to the ink. ",
    )
    target, control = devices(text + "Control devices were prepared without NH4SCN. ")
    assert value(target, ADDITIVES) == "NH4SCN"
    assert value(control, ADDITIVES) == ""
    assert control.role == "control"
    assert value(control, "HTL_stack_sequence") == "Spiro-MeOTAD"


def test_control_with_another_hole_conductor_and_its_dopants():
    text = (
        TO_FILM
        + "P3HT (10 mg/mL in chlorobenzene) without any dopant was spin-coated on the perovskite. "
        + "For the control devices, Spiro-OMeTAD doped with Li-TFSI and TBP was spin-coated instead. "
        + GOLD
    )
    target, control = devices(text)
    assert value(target, "HTL_stack_sequence") == "P3HT"
    assert value(target, "HTL_additives_compounds") == "Undoped"
    assert value(control, "HTL_stack_sequence") == "Spiro-MeOTAD"
    assert value(control, "HTL_additives_compounds") == "Li-TFSI; TBP"


def test_control_on_another_oxide_has_its_method():
    text = REGULAR.replace(
        "FTO at 3000 rpm and annealed at 150 °C for 30 min. ",
        "FTO at 3000 rpm and annealed at 150 °C for 30 min. As a reference, compact TiO2 was deposited by spray pyrolysis at 450 °C. ",
    )
    target, control = devices(text)
    assert value(target, "ETL_stack_sequence") == "SnO2-np"
    assert value(control, "ETL_stack_sequence") == "TiO2-c"
    assert value(control, "ETL_deposition_procedure") == "Spray-pyrolys"


def test_two_monolayers_of_the_controls_are_two_devices():
    text = (
        "ITO glass was cleaned. MPA-CPA in ethanol was spin-coated on ITO as the self-assembled monolayer. "
        "Control devices were prepared with 2PACz or MeO-2PACz in place of MPA-CPA. "
        + INK
        + "The perovskite ink was spin-coated and annealed at 120 °C for 20 min. C60 and BCP were evaporated. Ag was evaporated. "
    )
    found = devices(text)
    assert [value(d, "HTL_stack_sequence") for d in found] == ["MPA-CPA", "2PACz", "MeO-2PACz"]
    assert [d.role for d in found] == ["target", "control", "control"]
    assert found[1].name.endswith("2PACz")


def test_alternatives_of_one_sentence():
    text = (
        "ITO glass was cleaned. 2PACz, Me-4PACz or MPA-CPA, each in ethanol, was spin-coated on ITO as the hole-selective layer. "
        + INK
        + "The perovskite ink was spin-coated and annealed at 120 °C for 20 min. C60 and BCP were evaporated. Ag was evaporated. "
    )
    found = [value(d, "HTL_stack_sequence") for d in devices(text)]
    assert sorted(found) == ["2PACz", "MPA-CPA", "Me-4PACz"]


def test_control_with_another_anneal():
    text = REGULAR.replace(
        "annealed at 120 °C for 20 min. S",
        "annealed at 120 °C for 20 min, films of the control at 150 °C for 10 min. S",
    )
    text += "Control devices did not contain caesium. "
    target, control = devices(text)
    assert value(target, "Perovskite_deposition_thermal_annealing_temperature") == "120"
    assert value(control, "Perovskite_deposition_thermal_annealing_temperature") == "150"
    assert value(control, "Perovskite_deposition_thermal_annealing_time") == "10"


def test_control_with_another_composition_and_solvent():
    text = REGULAR + "For the control cells, MAPbI3 was dissolved in GBL and used in the same way. "
    target, control = devices(text)
    assert value(target, "Perovskite_composition_short_form") == "CsFAPbI"
    assert value(control, "Perovskite_composition_long_form") == "MAPbI3"
    assert value(control, "Perovskite_deposition_solvents") == "GBL"


def test_ageing_is_shared_and_what_was_left_is_the_controls_own():
    text = REGULAR + (
        "Control devices were made without Li-TFSI.\nStability\nUnencapsulated devices were aged in N2 at 65 °C. After 500 h "
        "the target devices retained 94% of the initial efficiency of 22.0%, whereas the control devices retained 70% of 20.1%. "
    )
    target, control = devices(text)
    assert value(target, "Stability_PCE_end_of_experiment") == "94"
    assert value(control, "Stability_PCE_end_of_experiment") == "70"
    assert value(control, "Stability_PCE_initial_value") == "20.1"
    assert (
        value(control, "Stability_temperature_range")
        == value(target, "Stability_temperature_range")
        == "65; 65"
    )


def test_modules_beside_cells():
    text = REGULAR + (
        "The cells were measured behind a mask of 0.1 cm2.\nModules\nModules were made with the same layers and have six sub-cells "
        "in series. The aperture area of the module is 16.4 cm2. "
    )
    target, module = devices(text)
    assert (value(module, "Module"), value(target, "Module")) == ("TRUE", "FALSE")
    assert (value(module, "Cell_area_measured"), value(target, "Cell_area_measured")) == (
        "16.4",
        "0.1",
    )
    assert module.role == "module"


def test_small_cells_beside_modules():
    text = (
        "Perovskite solar modules on glass.\n"
        + REGULAR
        + (
            "The modules have twelve cells connected in series and an aperture area of 50 cm2. For comparison, small-area cells "
            "with an area of 0.16 cm2 were built without P2 and P3. "
        )
    )
    target, cell = devices(text)
    assert (value(target, "Module"), value(cell, "Module")) == ("TRUE", "FALSE")
    assert value(cell, "Cell_area_measured") == "0.16"


def test_opaque_beside_semitransparent():
    text = (
        ON_NICKEL
        + "Semitransparent cells received 20 nm of SnO2 by ALD and 100 nm of IZO by sputtering. "
        + "Opaque cells were finished with BCP (6 nm) and 100 nm of silver instead of SnO2 and IZO, both evaporated. "
        + "Semitransparent cells are the subject of this work. "
    )
    target, opaque = devices(text)
    assert value(target, "Cell_semitransparent") == "TRUE"
    assert value(opaque, "Cell_semitransparent") == "FALSE"
    assert value(opaque, "Backcontact_stack_sequence") == "Ag"
    assert value(opaque, "Backcontact_deposition_procedure") == "Evaporation"
    assert value(opaque, "ETL_stack_sequence") == "C60 | BCP"


def test_rigid_beside_flexible():
    text = REGULAR.replace("FTO glass was", "PEN foil coated with ITO was").replace(
        "on FTO", "on the ITO"
    )
    text += "Rigid reference cells were made on ITO glass in the same run. "
    target, rigid = devices(text)
    assert value(target, "Substrate_stack_sequence") == "PEN | ITO"
    assert value(rigid, "Substrate_stack_sequence") == "SLG | ITO"
    assert (value(target, "Cell_flexible"), value(rigid, "Cell_flexible")) == ("TRUE", "FALSE")


def test_flexible_beside_rigid():
    text = REGULAR + "Besides, flexible cells were made on PEN foil with ITO in the same way. "
    _, flexible = devices(text)
    assert value(flexible, "Substrate_stack_sequence") == "PEN | ITO"
    assert value(flexible, "Cell_flexible") == "TRUE"


def test_types_of_cells():
    text = (
        TO_FILM
        + "For cells of type I, Spiro-OMeTAD with Li-TFSI and TBP was spin-coated. In cells of type II, PTAA was spin-coated. "
        + "In cells of type III, the hole conductor was omitted. "
        + GOLD
    )
    first, second, third = devices(text)
    assert value(first, "HTL_stack_sequence") == "Spiro-MeOTAD"
    assert value(second, "HTL_stack_sequence") == "PTAA"
    assert value(third, "HTL_stack_sequence") == "none"
    assert (second.name, third.name) == ("type II", "type III")


def test_listed_kinds():
    text = (
        TO_FILM
        + "Three kinds of hole transport solution were compared. (i) PTAA (10 mg/mL in toluene) with 5 wt% of TPFB. "
        "(ii) PTAA with LiTFSI and tBP. (iii) PTAA without any dopant. The PTAA solutions were spin-coated at 2000 rpm. "
        + GOLD
    )
    found = [value(d, "HTL_additives_compounds") for d in devices(text)]
    assert found == ["TPFB", "Li-TFSI; TBP", "Undoped"]


def test_control_without_a_layer():
    text = (
        ON_NICKEL.replace(
            "annealed at 300 °C for 1 h. ",
            "annealed at 300 °C for 1 h. MeO-2PACz was spin-coated on the NiOx. ",
        )
        + "BCP and Ag were evaporated. Devices without the MeO-2PACz layer were made for reference. "
    )
    target, control = devices(text)
    assert value(target, "HTL_stack_sequence").endswith(" | MeO-2PACz")
    assert (
        value(control, "HTL_stack_sequence") == value(target, "HTL_stack_sequence").split(" | ")[0]
    )
    assert value(control, "HTL_deposition_procedure") == "Sputtering"


def test_tandem_beside_single_junction():
    text = (
        REGULAR
        + "Fabrication of two-terminal tandems\nThe tandems were made on the same glass with a second absorber. "
    )
    assert roles(text) == ["target", "tandem"]


def test_all_evidence_is_a_place_in_the_text():
    text = (
        REGULAR
        + "Control devices were made with PTAA in place of Spiro-OMeTAD. Modules have six cells in series. "
    )
    for device in devices(text):
        for finding in device.findings.values():
            assert all(0 <= start < end <= len(text) for start, end in finding.spans)


def test_nothing_in_no_text():
    assert [device.findings for device in devices("")] == [read_device(Document(""))]


WITH_SALT = REGULAR.replace(
    "to make the perovskite ink. ",
    "to make the perovskite ink. NH4SCN (2 mol%) was added as an additive to the ink. ",
)


@pytest.mark.parametrize(
    "told",
    [
        "The pristine counterparts were fabricated in the same way but without the addition of NH4SCN. ",
        "The reference sample was prepared without NH4SCN. ",
        "Devices w/o NH4SCN were used as control. ",
        "The cells with 2 mol% NH4SCN are denoted target, those without it are denoted control. ",
        "The control ink contained no NH4SCN. ",
    ],
)
def test_wordings_of_a_control_without_an_additive(told):
    target, control = devices(WITH_SALT + told)
    assert (value(target, ADDITIVES), value(control, ADDITIVES)) == ("NH4SCN", "")
    assert control.role == "control"


@pytest.mark.parametrize(
    "told",
    [
        "Devices based on PTAA instead of Spiro-OMeTAD were fabricated as reference. ",
        "As a comparison, devices with PTAA as the hole transport layer were also fabricated. ",
        "Standard devices used PTAA as hole transport layer. ",
        "For reference devices, PTAA was used in place of Spiro-OMeTAD. ",
    ],
)
def test_wordings_of_a_device_with_another_hole_conductor(told):
    target, other = devices(REGULAR + told)
    assert value(target, "HTL_stack_sequence") == "Spiro-MeOTAD"
    assert value(other, "HTL_stack_sequence") == "PTAA"


def test_control_with_another_contact_and_method():
    text = (
        REGULAR
        + "For comparison, cells with a carbon electrode (doctor-bladed) instead of gold were made. "
    )
    _, other = devices(text)
    assert value(other, "Backcontact_stack_sequence") == "Carbon"
    text = REGULAR + "Control devices were fabricated by slot-die coating of the same ink. "
    _, control = devices(text)
    assert value(control, "Perovskite_deposition_procedure") == "Slot-die coating"


def test_semitransparent_beside_opaque():
    text = (
        REGULAR
        + "For semitransparent devices, 10 nm MoO3 and 150 nm ITO (sputtered) replaced the gold electrode. "
    )
    target, other = devices(text)
    assert value(target, "Backcontact_stack_sequence") == "Au"
    assert value(other, "Backcontact_stack_sequence") == "MoO3 | ITO"
    assert value(other, "Cell_semitransparent") == "TRUE"


def test_values_by_the_name_of_the_layer_in_the_ageing_test():
    text = REGULAR + (
        "Control devices used PTAA as HTL.\nStability\nUnencapsulated devices were aged in N2 at 65 °C. After 1000 h, the "
        "Spiro-OMeTAD devices kept 90% of 21.3%, those with PTAA 75% of 20.0%. "
    )
    target, control = devices(text)
    assert value(target, "Stability_PCE_end_of_experiment") == "90"
    assert value(control, "Stability_PCE_end_of_experiment") == "75"
    assert value(control, "Stability_PCE_initial_value") == "20"


@pytest.mark.parametrize(
    "text", ["control devices " * 3000, "(" * 9000, "type I, type II cells or " * 2000]
)
def test_arbitrary_text_is_read_in_time(text):
    start = time.process_time()
    assert devices(text)[0].role == "target"
    assert time.process_time() - start < 2


def test_kinds_of_one_layer_do_not_make_sorts_of_the_layers_behind():
    text = (
        TO_FILM
        + "Two kinds of substrates of the cells were compared in earlier work. The films were brown. They were flat. "
        "PTAA in toluene was spin-coated. Then MoO3 was evaporated on it. " + GOLD
    )
    assert roles(text) == ["target"]


def test_method_of_a_layer_that_the_next_sentence_names():
    text = (
        TO_FILM
        + "The hole transporting material was deposited by spin coating at 2000 rpm. The solution consisted of 15 mg P3HT in "
        "1 mL of 1,2-dichlorobenzene. " + GOLD
    )
    (target,) = devices(text)
    assert value(target, "HTL_stack_sequence") == "P3HT"
    assert value(target, "HTL_deposition_procedure") == "Spin-coating"

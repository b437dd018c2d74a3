"""Devices beside the target: told by an ageing test alone, as comparison devices, on another support, or as not aged."""

import pytest

from masterkey.extractor.process.devices.devices import DeviceReading, read_devices
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

ADDITIVES, METHOD = "Perovskite_additives_compounds", "Perovskite_deposition_procedure"
AREA, MODULE, FLEXIBLE = "Cell_area_measured", "Module", "Cell_flexible"
SUBSTRATE, HEAT = "Substrate_stack_sequence", "Perovskite_deposition_thermal_annealing_temperature"
END, INITIAL = "Stability_PCE_end_of_experiment", "Stability_PCE_initial_value"
MEASURED, HOURS = "Stability_measured", "Stability_time_total_exposure"
AIR = "Stability_atmosphere"

GLASS = "ITO glass was cleaned. "
BELOW = "PTAA (2 mg/mL in toluene) was spin-coated at 5000 rpm and heated at 100 °C for 10 min. "
INK = "The perovskite ink, 1.2 M of Cs0.1FA0.9PbI3 in DMF and DMSO (4:1), was filtered. "
SALTED = INK.replace("was filtered", "contained 3 mol% of potassium thiocyanate (KSCN)")
SPUN = "It was spin-coated at 4500 rpm with anisole as the antisolvent and annealed at 110 °C for 20 min. "
BLADED = "It was blade-coated at 10 mm/s with a nitrogen knife and annealed at 130 °C for 5 min. "
ABOVE = "C60 (25 nm), BCP (6 nm) and copper (100 nm) were evaporated. The mask had 0.09 cm2. "
CELL = "Device fabrication. " + GLASS + BELOW + INK + SPUN + ABOVE
SALTED_CELL = "Device fabrication. " + GLASS + BELOW + SALTED + SPUN + ABOVE
BLADED_CELL = "Device fabrication. " + GLASS + BELOW + INK + BLADED + ABOVE
FOIL_CELL = CELL.replace("ITO glass was", "PEN/ITO foil was")
AGED = "\n\nStability. Unsealed cells were kept in the dark in air at 25 °C. "


def devices(text: str) -> list[DeviceReading]:
    return read_devices(Document(clean("Experimental\n\n" + text).text))


def value(device: DeviceReading, field: str) -> str:
    finding = device.findings.get(field)
    return finding.value if finding else ""


@pytest.mark.parametrize(
    "words",
    [
        "Devices with KSCN kept 93% of their efficiency after 800 h, those without KSCN 71%.",
        "Devices with KSCN kept 93% of their efficiency after 800 h, devices without 71%.",
        "KSCN cells held 93% after 800 h; the cells with no additive held 71%.",
        "KSCN cells held 93% after 800 h; those of the “no additive” batch held 71%.",
        "Cells with KSCN were at 93% after 800 h, and additive-free cells were at 71%.",
    ],
)
def test_a_control_that_only_an_ageing_test_tells_of_lacks_the_additive(words):
    target, control = devices(SALTED_CELL + AGED + words)
    assert "KSCN" in value(target, ADDITIVES)
    assert (control.role, value(control, ADDITIVES)) == ("control", "")


@pytest.mark.parametrize(
    "words",
    [
        "Cells without encapsulation lost less in nitrogen; cells with KSCN kept 91% after 700 h.",
        "Cells without mask gave higher currents. Cells with KSCN kept 91% after 700 h.",
    ],
)
def test_cells_without_what_is_no_part_of_them_are_no_control(words):
    assert len(devices(SALTED_CELL + AGED + words)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "Comparison devices had the perovskite spin-coated from the same ink with anisole as the antisolvent.",
        "Spin-coated comparison devices were made from the same ink with anisole as the antisolvent.",
        "Spun references: the perovskite was spin-coated with anisole as the antisolvent.",
        "Reference devices were all spin-coated.",
        "A third variant was spin-coated throughout.",
    ],
)
def test_devices_of_another_method_are_told_by_comparison(words):
    target, other = devices(BLADED_CELL + words)
    assert value(target, METHOD) == "Doctor blading"
    assert value(other, METHOD) == "Spin-coating"


@pytest.mark.parametrize(
    "words",
    [
        "The reference used the ink without KSCN.",
        "Devices of the reference type lacked KSCN.",
        "Control devices were made from an ink free of KSCN.",
    ],
)
def test_a_reference_that_lacks_an_additive(words):
    _, control = devices(SALTED_CELL + words)
    assert (control.role, value(control, ADDITIVES)) == ("control", "")


def test_cells_that_were_heated_otherwise():
    target, other = devices(CELL + 'Some cells were annealed at 130 °C for 20 min ("hot").')
    assert (value(target, HEAT), value(other, HEAT)) == ("110", "130")


@pytest.mark.parametrize(
    "words",
    [
        "The same layers were also put on glass/ITO.",
        "A second version was made on 1 mm ITO glass for comparison; the cells were otherwise identical.",
    ],
)
def test_cells_on_glass_beside_flexible_ones(words):
    target, other = devices(FOIL_CELL + words)
    assert (value(target, SUBSTRATE), value(other, SUBSTRATE)) == ("PEN | ITO", "SLG | ITO")
    assert (value(target, FLEXIBLE), value(other, FLEXIBLE)) == ("TRUE", "FALSE")


def test_a_sentence_in_two_parts_tells_of_the_control_and_of_rigid_cells():
    words = "Reference cells contained no KSCN; further cells with KSCN were made on glass/ITO. "
    text = SALTED_CELL.replace("ITO glass was", "PEN/ITO foil was") + words
    target, control, rigid = devices(text)
    assert [value(d, FLEXIBLE) for d in (target, control, rigid)] == ["TRUE", "TRUE", "FALSE"]
    assert value(control, ADDITIVES) == ""


def test_stripes_in_series_are_a_module():
    words = "Seven stripes of this stack were monolithically connected in series (active area 47.6 cm2). "
    target, module = devices(CELL + words + AGED + "90% was left after 500 h. The module was not aged.")  # fmt: skip
    assert (value(target, MODULE), value(module, MODULE)) == ("FALSE", "TRUE")
    assert (value(module, AREA), value(module, MEASURED)) == ("47.6", "FALSE")


MODULES = "Modules with an aperture of 10 cm2 and P1, P2 and P3 lines were made likewise. "


@pytest.mark.parametrize(
    "words",
    [
        "The modules were not aged.",
        "Modules were tested fresh only.",
        "Modules were never tracked.",
    ],
)
def test_modules_that_were_not_aged(words):
    target, module = devices(CELL + MODULES + AGED + "After 1000 h 92% of the PCE remained. " + words)  # fmt: skip
    assert (value(target, END), value(module, MEASURED)) == ("92", "FALSE")


def test_a_module_in_the_cells_test_has_its_own_outcome():
    words = "Cells kept 93% of 21.2% after 1000 h. A module kept 90% of 18.1% after 600 h."
    _, module = devices(CELL + MODULES + AGED + words)
    assert [value(module, field) for field in (END, INITIAL, HOURS)] == ["90", "18.1", "600"]
    assert value(module, AIR) == "Air"


def test_devices_are_called_by_what_stands_before_them():
    words = "Planar comparison devices had PEDOT:PSS in place of PTAA. "
    aged = "Mesoscopic devices kept 93% after 800 h. Planar devices kept 71% after 800 h."
    _, other = devices(CELL + words + AGED + aged)
    assert value(other, END) == "71"


def test_a_control_that_a_title_names_and_a_test_speaks_of_is_one():
    route = "Reference route. The perovskite was spin-coated with anisole as the antisolvent instead.\n\n"
    aged = "The bladed cells kept 93% after 800 h and the reference cells 71%."
    _, control = devices(BLADED_CELL + "\n\n" + route + AGED.lstrip() + aged)
    assert (control.role, value(control, METHOD), value(control, END)) == ("control", "Spin-coating", "71")  # fmt: skip


def test_an_added_layer_lies_where_the_text_puts_it():
    words = "Some further devices received an additional layer of LiF (1 nm) before C60."
    target, other = devices(CELL + words)
    stacks = [value(device, "ETL_stack_sequence") for device in (target, other)]
    assert stacks == ["C60 | BCP", "LiF | C60 | BCP"]


def test_a_new_polymer_is_called_by_its_own_name():
    words = BELOW.replace("PTAA (2", "The polymer PQ-7 (2").replace("rpm and", "rpm as hole conductor and")  # fmt: skip
    text = "Device fabrication. " + GLASS + words + INK + SPUN + ABOVE
    target, control = devices(text + "Control devices used PTAA in place of PQ-7.")
    stacks = [value(device, "HTL_stack_sequence") for device in (target, control)]
    assert stacks == ["PQ-7", "PTAA"]


def test_larger_cells_are_not_in_a_test_of_small_ones():
    larger = "Larger cells of 1.05 cm2 were made by the same recipe. "
    aged = "Cells of 0.09 cm2 kept 93% of their efficiency after 800 h."
    target, other = devices(CELL + larger + AGED + aged)
    assert [value(device, MEASURED) for device in (target, other)] == ["TRUE", "FALSE"]

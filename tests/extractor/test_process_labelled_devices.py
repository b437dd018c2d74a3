"""Devices that a text tells apart by letters, numbers or codes, each read from what is said of it.

All sentences are invented.
"""

import pytest

from masterkey.extractor.process.devices.views import view_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.label_clauses import labelled_of
from tests.extractor.test_process_devices import devices, value

HTL, ETL = "HTL_stack_sequence", "ETL_stack_sequence"
ADDITIVES = "Perovskite_additives_compounds"
END, INITIAL = "Stability_PCE_end_of_experiment", "Stability_PCE_initial_value"
TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
OXIDE = "FTO glass was coated with SnO2 colloid (spin-coating, 4000 rpm, 150 °C for 30 min). "
FILM = "MAPbI3 was spin-coated from DMF:DMSO (9:1) and annealed at 100 °C for 10 min. "
TOP = "Spiro-OMeTAD with Li-TFSI and tBP was spin-coated at 4000 rpm. Gold (80 nm) was evaporated. "


def by_name(text: str, field: str) -> dict[str, str]:
    """The field's value of each device that the text lists, the target's under ""."""
    return {device.name: value(device, field) for device in devices(text)}


def test_each_of_several_hole_conductors_is_the_device_that_its_code_names():
    text = (
        OXIDE
        + FILM
        + "Two hole conductors were compared: Spiro-OMeTAD doped with Li-TFSI and tBP (devices S1) and "
        "undoped P3HT (10 mg/mL in chlorobenzene; devices S2). Both were spin-coated at 3000 rpm for 30 s. Gold was "
        "evaporated. S1 served as the reference. The champion was S2 with 19.1%. After 1000 h in ambient air in the "
        "dark, S2 kept 90% and S1 62% of the initial efficiency."
    )
    assert by_name(text, HTL) == {"": "P3HT", "devices S1": "Spiro-MeOTAD"}
    assert by_name(text, END) == {"": "90", "devices S1": "62"}
    assert [device.role for device in devices(text)] == ["target", "control"]


def test_all_devices_but_one():
    text = (
        "Four types of devices, A, B, C and D, were fabricated on FTO glass. Compact TiO2 was sprayed at 450 °C in all of "
        "them, and mesoporous TiO2 was spin-coated at 4000 rpm and sintered at 500 °C for 30 min in all devices except A. "
        + FILM
        + "Spiro-OMeTAD with Li-TFSI and tBP was spin-coated at 4000 rpm in A, B and C, while D got PTAA (10 mg/mL in "
        "toluene, 3000 rpm). 80 nm of gold was evaporated. Device C, with 24.3%, is the champion."
    )
    assert by_name(text, ETL)["A"] == "TiO2-c"
    assert by_name(text, ETL)["B"] == "TiO2-c | TiO2-mp"
    assert by_name(text, HTL) == {"": "Spiro-MeOTAD", "A": "Spiro-MeOTAD", "B": "Spiro-MeOTAD", "D": "PTAA"}  # fmt: skip


def test_paragraphs_that_begin_with_a_label():
    text = (
        "Device fabrication\nITO substrates were cleaned with acetone.\n"
        "Device A. PEDOT:PSS was spin-coated at 4000 rpm for 40 s and dried at 140 °C for 15 min.\n"
        "Device B. PTAA (2 mg/mL in toluene) was spin-coated at 6000 rpm for 30 s. This is our best device.\n"
        f"Perovskite. {FILM}\nPCBM was spin-coated at 1500 rpm. BCP (8 nm) and Cu (100 nm) were thermally evaporated."
    )
    assert by_name(text, HTL) == {"": "PTAA", "Device A": "PEDOT:PSS"}
    assert by_name(text, TEMPERATURE) == {"": "100", "Device A": "100"}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("The films of group 1 were annealed at 100 °C for 10 min, whereas those of group 2 were annealed at 130 °C for 5 min.", ["130", "100"]),
        ("The films were annealed at 130 °C for 5 min for group 2 and at 100 °C for 10 min for group 1.", ["130", "100"]),
        ("The films of groups 1 and 2 were annealed for 10 min at 100 and 130 °C, respectively.", ["130", "100"]),
    ],
)  # fmt: skip
def test_anneals_of_numbered_groups(told, expected):
    text = (
        "Devices of group 1 and group 2 differ in the annealing of the perovskite. "
        + OXIDE
        + f"The MAPbI3 solution in DMF:DMSO was spin-coated at 4000 rpm. {told} {TOP}Group 1 served as the control."
    )
    assert [value(device, TEMPERATURE) for device in devices(text)] == expected


def test_of_a_series_the_first_lacks_the_additive():
    text = (
        OXIDE
        + "The perovskite precursor was 1.5 M FA0.95Cs0.05PbI3 in DMF:DMSO 4:1. To it 0, 1 and 3 mol% of KSCN were "
        "added for the devices K0, K1 and K3, respectively. It was spin-coated at 5000 rpm and annealed at 120 °C for "
        f"20 min. {TOP}K1 gave the highest efficiency of 23.2%."
    )
    assert by_name(text, ADDITIVES) == {"": "KSCN", "devices K0": "", "K3": "KSCN"}


def test_what_was_left_is_told_in_the_order_of_the_labels():
    text = (
        f"{OXIDE}{FILM}Three kinds of cells were made. Cell I received no further treatment. In cell II, PEAI was "
        f"spin-coated on the perovskite, and in cell III, OAI was used. {TOP}The unencapsulated cells I, II and III were "
        "aged in nitrogen at 65 °C for 500 h and retained 71%, 88% and 93% of their initial PCE of 20.1%, 22.0% and "
        "22.8%, respectively. Cell III was the best of the three."
    )
    assert by_name(text, END) == {"": "93", "Cell I": "71", "cell II": "88"}
    assert by_name(text, INITIAL) == {"": "22.8", "Cell I": "20.1", "cell II": "22"}


def test_a_device_that_was_not_tested_has_no_ageing():
    text = (
        "The following configurations were studied. Configuration 1: ITO/NiOx/MAPbI3/PCBM/BCP/Ag. Configuration 2: "
        "ITO/NiOx/Me-4PACz/MAPbI3/PCBM/BCP/Ag (champion). Configuration 3: ITO/Me-4PACz/MAPbI3/PCBM/BCP/Ag. NiOx was "
        f"sputtered. Me-4PACz was spin-coated at 3000 rpm. {FILM}PCBM and BCP were spin-coated. Silver was evaporated. "
        "Configuration 2 retained 92% of its initial efficiency of 21.0% after 600 h of maximum power point tracking in "
        "nitrogen; configuration 1 dropped to 70% of 19.2% in the same test. Configuration 3 was not tested."
    )
    assert by_name(text, HTL) == {"": "NiO-c | Me-4PACz", "Configuration 1": "NiO-c", "Configuration 3": "Me-4PACz"}  # fmt: skip
    assert by_name(text, END) == {"": "92", "Configuration 1": "70", "Configuration 3": ""}


def test_it_is_what_the_clause_on_another_device_names():
    text = (
        "FTO glass was cleaned. Compact TiO2 by spray pyrolysis at 450 °C. Two batches of devices were made, denoted A and "
        "B. In batch A, the perovskite Cs0.1FA0.9PbI3 was spin-coated from DMF:DMSO; in batch B, it was blade-coated from "
        f"2-methoxyethanol and DMSO. Both were annealed at 120 °C for 20 min. {TOP}Batch B is the target of this work."
    )
    assert by_name(text, "Perovskite_deposition_procedure") == {"": "Doctor blading", "batch A": "Spin-coating"}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Solution A was PbI2 in DMF. Solution B was MAI in isopropanol. The cells were made from A and B.",
        "Table 1 and Table 2 list the cells. Films of sample 1 were measured by XRD.",
        "A mask of 0.1 cm2 was used for the cells. B was not measured.",
    ],
)
def test_other_labels_are_no_devices(text):
    assert labelled_of(Document(OXIDE + FILM + TOP + text)) is None


def test_places_point_into_the_whole_text():
    text = f"Cells 1 and 2 were compared. {OXIDE}For cell 1, PEAI was added. For cell 2, {FILM}{TOP}Cell 2 is the champion."
    document = Document(text)
    view = view_of(document, labelled_of(document), 1)
    assert "PEAI" not in view.document.text
    start = view.document.text.index("MAPbI3")
    assert text[view.places[start] :].startswith("MAPbI3")


@pytest.mark.parametrize("text", ["device A, B and C " * 500, "A; " * 3000, "for A, 1 mg; " * 1000])
def test_long_rows_of_labels_are_read(text):
    devices(text)

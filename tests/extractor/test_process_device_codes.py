"""Devices told apart by codes, by values or by the substances that letters stand for, each with its own amount, layer, formula.

All sentences are invented.
"""

import pytest

from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.label_clauses import labelled_of
from masterkey.extractor.process.text.label_rows import row_of
from tests.extractor.test_process_devices import devices, value

HTL, ETL_ADDITIVES = "HTL_stack_sequence", "ETL_additives_compounds"
ADDITIVES = "Perovskite_additives_compounds"
LONG_FORM = "Perovskite_composition_long_form"
END, HOURS = "Stability_PCE_end_of_experiment", "Stability_time_total_exposure"
TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
GLASS = "ITO glass was cleaned with acetone. "
OXIDE = "FTO glass was cleaned. SnO2 colloid was spin-coated at 4000 rpm and annealed at 150 °C for 30 min. "
INK = "PbI2 (1.4 M), FAI (1.2 M) and CsI (0.2 M) were dissolved in DMF and DMSO (4:1) to make the perovskite ink. "
FILM = (
    "The ink was spin-coated at 5000 rpm for 30 s, and the film was annealed at 120 °C for 20 min. "
)
GOLD = "Spiro-OMeTAD with Li-TFSI and tBP was spin-coated at 4000 rpm for 30 s. Gold (80 nm) was evaporated. "
SILVER = "C60 (20 nm), BCP (6 nm) and Ag (100 nm) were thermally evaporated. "


def aged(one: str, other: str) -> str:
    """The better `one` and the `other` in a test."""
    return (
        "Unencapsulated cells were stored in N2 at 65 °C in the dark. "
        f"After 1000 h, {one} retained 92% and {other} 61% of the initial efficiency."
    )


def by_name(text: str, field: str) -> dict[str, str]:
    """The field's value of each device that the text lists, the target's under ""."""
    return {device.name: value(device, field) for device in devices(text)}


SERIES = {
    "brackets": (
        "KSCN was dissolved in the ink at 0, 1, 2 and 4 mg/mL (K0, K1, K2 and K4). ",
        "The best performance was found for K2. " + aged("K2", "K0"),
        {"": "KSCN", "K0": "", "K1": "KSCN", "K4": "KSCN"},
    ),
    "the control without a code": (
        "To the ink, 0.5, 1.0 and 1.5 mol% of RbI was added, and the devices are denoted as Rb-0.5, Rb-1.0 and "
        "Rb-1.5, respectively. The control contained no RbI. ",
        "Rb-1.0 showed the highest efficiency. " + aged("Rb-1.0", "the control"),
        {"": "RbI", "control": "", "Rb-0.5": "RbI", "Rb-1.5": "RbI"},
    ),
    "a control in the list": (
        "PEAI was added to the ink at 0, 1 and 3 mg/mL for the control, T1 and T2 devices, respectively. ",
        aged("T1", "the control device"),
        {"": "PEAI", "control": "", "T2": "PEAI"},
    ),
    "one after the other": (
        "Three inks were prepared: the control ink as it is, T1 with 2 mg/mL of guanidinium thiocyanate and T2 with "
        "4 mg/mL of guanidinium thiocyanate. ",
        "If not stated otherwise, T1 is meant. " + aged("T1", "control"),
        {"": "GuaSCN", "control": "", "T2": "GuaSCN"},
    ),
    "more vials": (
        "Into two other vials of it, KSCN was introduced so that 1% or 2% of the lead iodide were replaced. The "
        "three solutions are denoted as Q-0, Q-1 and Q-2, and so are the cells. ",
        aged("Q-1", "Q-0"),
        {"": "KSCN", "Q-0": "", "Q-2": "KSCN"},
    ),
    "with and without": (
        "Films without and with 3 mg/mL KSCN in the ink are denoted as W/O and W. ",
        aged("the W device", "the W/O device"),
        {"": "KSCN", "W/O": ""},
    ),
    "each value with its code": (
        "We added 0 (C0), 1 (C1), 2 (C2) or 5 mg/mL (C5) of KSCN to the ink. ",
        "C2 was the best. " + aged("C2", "C0"),
        {"": "KSCN", "C0": "", "C1": "KSCN", "C5": "KSCN"},
    ),
    "amounts alone": (
        "The control has no additive. In T1, 1 mol% of KSCN was added to the ink, and in T2, 2 mol%. ",
        "T2 was the best. " + aged("T2", "the control"),
        {"": "KSCN", "control": "", "T1": "KSCN"},
    ),
    "no names at all": (
        "0, 1, 2 and 3 mg/mL of KSCN were added to the ink. ",
        "The best cells were obtained with 2 mg/mL. "
        + aged("cells with 2 mg/mL", "cells without KSCN"),
        {"": "KSCN", "0 mg/mL": "", "1 mg/mL": "KSCN", "3 mg/mL": "KSCN"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SERIES)
def test_additive_of_each_device_of_a_series(name):
    told, after, expected = SERIES[name]
    text = OXIDE + INK + told + FILM + GOLD + after
    assert by_name(text, ADDITIVES) == expected
    control = next(n for n, additive in expected.items() if not additive)
    assert (by_name(text, END)[""], by_name(text, END)[control]) == ("92", "61")
    assert next(d.role for d in devices(text) if d.name == control) == "control"


def test_salt_of_an_oxide_is_no_additive_of_the_film():
    text = (
        "FTO glass was cleaned. KCl was added to the SnO2 colloid at concentrations of 0, 5, 10 and 20 mM; the cells "
        "are referred to as S-0, S-5, S-10 and S-20. The colloid was spin-coated at 4000 rpm for 30 s and annealed "
        f"at 150 °C for 30 min. {INK}{FILM}{GOLD}S-10 was optimal. "
    )
    assert by_name(text, ETL_ADDITIVES) == {"": "KCl", "S-0": "", "S-5": "KCl", "S-20": "KCl"}
    assert set(by_name(text, ADDITIVES).values()) == {""}


@pytest.mark.parametrize(
    ("told", "best", "others"),
    [
        ("CsxFA1-xPbI3 inks with x = 0.05, 0.10 and 0.20 were prepared from CsI, FAI and PbI2 in DMF; the devices are "
         "named Cs5, Cs10 and Cs20. ", "Cs10", {"Cs5": "Cs0.05FA0.95PbI3", "Cs20": "Cs0.2FA0.8PbI3"}),
        ("Inks of CsxFA1-xPbI3 (x = 0, 0.1 and 0.2) were prepared from CsI, FAI and PbI2 in DMF. ",
         "The x = 0.1 device", {"x = 0": "FAPbI3", "x = 0.2": "Cs0.2FA0.8PbI3"}),
    ],
)  # fmt: skip
def test_formula_with_the_value_of_each_device(told, best, others):
    text = OXIDE + told + FILM + GOLD + f"{best} gave the highest efficiency."
    assert by_name(text, LONG_FORM) == {"": "Cs0.1FA0.9PbI3", **others}


def test_formula_of_layered_perovskites_with_the_number_of_layers():
    text = (
        "Layered perovskites PEA2MA(n−1)PbnI(3n+1) were made. We write L2 and L3 for films and cells with n = 2 and "
        f"3, respectively. {OXIDE}PEAI, MAI and PbI2 were dissolved in DMF. {FILM}{GOLD}L3 gave the best efficiency."
    )
    assert by_name(text, LONG_FORM) == {"": "(PEA)2MA2Pb3I10", "L2": "(PEA)2MAPb2I7"}


def test_anneal_of_each_device():
    text = (
        OXIDE
        + INK
        + "The ink was spin-coated at 5000 rpm for 30 s. The films were annealed at 100, 120 and 140 °C "
        f"for 20 min and are called A100, A120 and A140. {GOLD}A120 was the best. "
    )
    assert by_name(text, TEMPERATURE) == {"": "120", "A100": "100", "A140": "140"}


LAYERS = {
    "brackets behind substances": (
        "Three SAMs were used: 2PACz (S1), MeO-2PACz (S2) and Me-4PACz (S3). They were spin-coated from ethanol (1 mM) "
        "at 3000 rpm and annealed at 100 °C for 10 min. ",
        "S3",
        {"": "Me-4PACz", "S1": "2PACz", "S2": "MeO-2PACz"},
    ),
    "brackets behind letters": (
        "2PACz (1 mM in ethanol) and Me-4PACz (1 mM in ethanol) were spin-coated at 3000 rpm for 30 s. XyzBA was "
        "spin-coated from methanol (0.5 mM). The cells are referred to as A (2PACz), B (XyzBA) and C (Me-4PACz). ",
        "C",
        {"": "Me-4PACz", "A": "2PACz", "B": "XyzBA"},
    ),
    "made with": (
        "Device A is made with PTAA, device B with 2PACz and device C with Me-4PACz. PTAA (2 mg/mL in toluene) was "
        "spin-coated at 5000 rpm. 2PACz and Me-4PACz (1 mM in ethanol) were spin-coated at 3000 rpm. ",
        "Device C",
        {"": "Me-4PACz", "Device A": "PTAA", "device B": "2PACz"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layer_that_a_label_stands_for(name):
    told, best, expected = LAYERS[name]
    text = GLASS + told + INK + FILM + SILVER + f"{best} gave the highest efficiency."
    assert by_name(text, HTL) == expected


def test_each_control_with_a_letter_beside_the_target():
    text = (
        GLASS + "Control A has PEDOT:PSS and control B has PTAA as the hole conductor, and the target device has Me-4PACz. "
        "PEDOT:PSS was spin-coated at 4000 rpm and annealed at 140 °C for 10 min. PTAA (2 mg/mL in toluene) was "
        "spin-coated at 5000 rpm. Me-4PACz (1 mM in ethanol) was spin-coated at 3000 rpm. " + INK + FILM + SILVER
        + aged("The target", "control A")
    )  # fmt: skip
    assert by_name(text, HTL) == {"": "Me-4PACz", "control A": "PEDOT:PSS", "control B": "PTAA"}
    assert by_name(text, END) == {"": "92", "control A": "61", "control B": ""}


K_SERIES = OXIDE + INK + "KSCN was added at 0, 1 and 2 mg/mL; these cells are called K0, K1 and K2. " + FILM + GOLD  # fmt: skip


def test_test_of_one_device_that_goes_on_with_it():
    text = K_SERIES + (
        "A K1 device was kept under one sun in N2 at 65 °C at its maximum power point; after 800 h it had 92% of its "
        "initial efficiency of 22.3%."
    )
    assert by_name(text, END) == {"": "92", "K0": "", "K2": ""}
    assert by_name(text, HOURS) == {"": "800", "K0": "", "K2": ""}


def test_most_efficient_device_is_the_target():
    text = K_SERIES + "The efficiencies were 19.2% (K0), 22.4% (K1) and 20.3% (K2)."
    assert list(by_name(text, ADDITIVES)) == ["", "K0", "K2"]


@pytest.mark.parametrize(
    ("told", "field", "expected"),
    [
        ("As a reference, K1 cells with PTAA instead of Spiro-OMeTAD were made; PTAA (10 mg/mL) was spin-coated.", HTL, "PTAA"),
        ("Flexible K1 cells were made on PEN/ITO in the same way.", "Substrate_stack_sequence", "PEN | ITO"),
    ],
)  # fmt: skip
def test_other_kind_of_cells_beside_a_row(told, field, expected):
    found = devices(K_SERIES + "K1 gave the best efficiency. " + told)
    assert len(found) == 4
    assert value(found[-1], field) == expected


def test_dopant_of_the_hole_conductor_is_no_additive_of_the_film():
    text = (
        OXIDE + INK + FILM + "Spiro-OMeTAD with Li-TFSI and tBP was spin-coated at 4000 rpm; FK209 was added at 0, 5 and "
        "10 mol% (F0, F5 and F10). Gold (80 nm) was evaporated. F5 was the best."
    )  # fmt: skip
    assert by_name(text, "HTL_additives_compounds")["F0"] == "Li-TFSI; TBP"
    assert set(by_name(text, ADDITIVES).values()) == {""}


def test_layers_before_their_codes():
    text = (
        GLASS + "Hole conductors were PTAA for device PT, 2PACz for device TP and Me-4PACz for device MP, all spin-coated "
        "at 3000 rpm. " + INK + FILM + SILVER + "Device MP was the best. " + aged("device MP", "device PT")
    )  # fmt: skip
    assert by_name(text, HTL) == {"": "Me-4PACz", "device PT": "PTAA", "device TP": "2PACz"}


def test_codes_of_a_range_that_the_text_does_not_name():
    text = OXIDE + INK + FILM + GOLD + "These cells are named KS-0 to KS-3. KS-2 was the best. KS-0 was the worst."  # fmt: skip
    row = row_of(Document(text))
    assert row is not None
    assert row.names == ("KS-0", "KS-1", "KS-2", "KS-3")


def test_former_and_latter():
    text = (
        GLASS + "Two hole conductors were compared, PTAA and Me-4PACz. The former (2 mg/mL in toluene) was spin-coated "
        "at 5000 rpm for 30 s, the latter (1 mM in ethanol) at 3000 rpm for 30 s. " + INK + FILM + SILVER
        + "The latter gave the best devices."
    )  # fmt: skip
    assert by_name(text, HTL) == {"": "Me-4PACz", "PTAA": "PTAA"}


@pytest.mark.parametrize(
    "table",
    ["Device\tHole conductor\nD1\tPTAA\nD2\t2PACz\nD3\tMe-4PACz\n",
     "\n| Device | Hole conductor |\n| --- | --- |\n| D1 | PTAA |\n| D2 | 2PACz |\n| D3 | Me-4PACz |\n\n"],
)  # fmt: skip
def test_table_of_devices(table):
    text = (
        GLASS + "Devices differ in the hole conductor.\n" + table + "All of them were spin-coated at 3000 rpm for 30 s. "
        + INK + FILM + SILVER + "D3 is our best device. " + aged("D3", "D1")
    )  # fmt: skip
    assert by_name(text, HTL) == {"": "Me-4PACz", "D1": "PTAA", "D2": "2PACz"}
    assert by_name(text, END) == {"": "92", "D1": "61", "D2": ""}


def test_solvents_in_brackets_with_labels():
    text = (
        OXIDE + INK + "The ink was spin-coated at 5000 rpm for 30 s with chlorobenzene (type I) or ethyl acetate (type II) as "
        "antisolvent, and the film was annealed at 130 °C for 20 min. " + GOLD + "Cells of type II were the best."
    )  # fmt: skip
    assert by_name(text, TEMPERATURE) == {"": "130", "type I": "130"}


def test_dopants_in_brackets_with_codes():
    text = (
        OXIDE + INK + FILM + "Spiro-OMeTAD was doped with Li-TFSI and tBP (device D-Li) or with Zn(TFSI)2 (device D-Zn) and "
        "spin-coated at 4000 rpm. Gold (80 nm) was evaporated. D-Zn is the champion. D-Li was less stable."
    )  # fmt: skip
    expected = {"": "Zn(TFSI)2", "device D-Li": "Li-TFSI; TBP"}
    assert by_name(text, "HTL_additives_compounds") == expected


def test_names_in_the_order_of_codes_in_the_next_sentence():
    text = (
        OXIDE
        + INK
        + FILM
        + "The polymers P3HT, PTB7 and PQX8 were each dissolved in chlorobenzene (10 mg/mL) and "
        "spin-coated at 3000 rpm. Cells with them are named D1, D2 and D3, respectively. Gold (80 nm) was "
        "evaporated. D3 served as our standard."
    )
    assert by_name(text, HTL) == {"": "PQX8", "D1": "P3HT", "D2": "PTB7"}


def test_efficiencies_in_the_order_of_the_sentence_before():
    text = (
        OXIDE + INK + "KSCN was added to the ink at 0, 1 and 2 mg/mL (K0, K1 and K2). " + FILM + GOLD + "K1 was the "
        "best. Cells were stored in N2 at 65 °C in the dark. After 500 h, K1 had kept 90% of its efficiency, and K0 "
        "55%. The initial efficiencies were 21.3% and 19.2%, respectively."
    )  # fmt: skip
    assert by_name(text, "Stability_PCE_initial_value") == {"": "21.3", "K0": "19.2", "K2": ""}
    assert by_name(text, HOURS) == {"": "500", "K0": "500", "K2": ""}


def test_reason_is_no_likeness():
    text = (
        OXIDE + INK + "KSCN was added at 0, 1 and 2 mg/mL; these cells are called K0, K1 and K2. " + FILM + GOLD
        + "As K1 gave the highest efficiency, it is the one meant where no code is given."
    )  # fmt: skip
    labelled = labelled_of(Document(text))
    assert labelled is not None
    assert labelled.row.names[labelled.target] == "K1"


def test_device_beside_a_row_that_differs_from_the_target():
    text = (
        OXIDE + INK + "KSCN was added at 0, 1 and 2 mg/mL; these cells are called K0, K1 and K2. " + FILM + GOLD
        + "K1 gave the best efficiency. For comparison, a few K1 cells were also made with PTAA instead of "
        "Spiro-OMeTAD; PTAA (10 mg/mL in toluene) was spin-coated at 3000 rpm."
    )  # fmt: skip
    assert sorted(by_name(text, HTL).values()) == ["PTAA", *["Spiro-MeOTAD"] * 3]


@pytest.mark.parametrize(
    "text",
    [
        "Lines P1, P2 and P3 of the modules were scribed with a laser; the cells are 5 mm wide.",
        "C60 and C70 were evaporated on the cells. The cells with C60 were better than those with C70.",
        "Spectra of the cells are shown in Figures S1 and S2. T80 and T95 of the cells are given.",
        "S1 Materials\nPbI2 was bought.\nS2 Cells\nThe cells were made on glass.",
        "Solution M1 held SnO2, solution M2 PTAA. M1 was spin-coated at 3000 rpm. M2 was spin-coated at 4000 rpm. The cells were stored.",
        "A transformer and a platter stood beside PTAA and 2PACz. The cells were stored.",
        "The films were annealed at 70, 100 and 130 °C on the cells, step by step.",
    ],
)
def test_no_codes_of_devices(text):
    assert row_of(Document(text)) is None

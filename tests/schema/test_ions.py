"""Ions by the database's names: before elements, synonyms as one, wrong chemistry never without a word."""

import pytest

from masterkey.schema.composition import CATIONS, ELEMENTS, one_name_each, parse_formula
from masterkey.schema.ions import IONS, TABLE
from masterkey.schema.values import canonical_formula


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("(CHMA)2MA2Pb3I10", {"CHMA": 2, "MA": 2, "Pb": 3, "I": 10}),
        ("(ThMA)2FA4Pb5I16", {"ThMA": 2, "FA": 4, "Pb": 5, "I": 16}),
        ("(iso-BA)0.5MA0.75PbI3.25", {"iso-BA": 0.5, "MA": 0.75, "Pb": 1, "I": 3.25}),
        ("(1.3-Pr(NH3)2)0.5Pb1.0I3", {"1.3-Pr(NH3)2": 0.5, "Pb": 1, "I": 3}),
        ("((CH3)3S)2SnI6", {"TMS": 2, "Sn": 1, "I": 6}),
        ("FA0.05PN0.95SnI3", {"FA": 0.05, "PN": 0.95, "Sn": 1, "I": 3}),
        ("BU2FA8Pb9I28", {"BU": 2, "FA": 8, "Pb": 9, "I": 28}),
        ("HA2MAPb2I7", {"HA": 2, "MA": 1, "Pb": 2, "I": 7}),
        ("IM0.1MA0.9PbI3", {"IM": 0.1, "MA": 0.9, "Pb": 1, "I": 3}),
        ("PDMAPbI4", {"PDMA": 1, "Pb": 1, "I": 4}),
        ("PA2PbI4", {"PA": 2, "Pb": 1, "I": 4}),
        ("PAMAPb2I7", {"PA": 1, "MA": 1, "Pb": 2, "I": 7}),
        ("MAPb(SCN)I2", {"MA": 1, "Pb": 1, "SCN": 1, "I": 2}),
        ("MAPb(BF4)0.05I2.95", {"MA": 1, "Pb": 1, "BF4": 0.05, "I": 2.95}),
        ("(CHPA)2PbI4", {"CHPA": 2, "Pb": 1, "I": 4}),
        ("Pb(OH)2", {"Pb": 1, "O": 2, "H": 2}),
        ("(Cs0.2FA0.8)Pb(I0.9Br0.1)3", {"Cs": 0.2, "FA": 0.8, "Pb": 1, "I": 2.7, "Br": 0.3}),
    ],
)
def test_names_of_ions_come_before_elements(text, formula):
    assert parse_formula(text) == pytest.approx(formula)


@pytest.mark.parametrize("text", ["HA", "PN", "CA", "DI2", "AN", "(CHMA)", "(SCN)", "HAc"])
def test_a_rare_name_without_a_halide_is_no_formula(text):
    assert parse_formula(text) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("(5-AVA)2PbI4", "(AVA)2PbI4"), ("(F5PEA)2PbI4", "(PFPEA)2PbI4"), ("GUPbI3", "GAPbI3")],
)
def test_two_spellings_of_one_ion_are_equal(one, other):
    assert canonical_formula(one) == canonical_formula(other)


def test_a_spelling_of_several_ions_is_left_alone():
    assert "TN" in IONS.site  # propane-1,3-diammonium, singly or doubly charged
    assert canonical_formula("TN2PbI4") == "I4 Pb1 TN2"


def test_synonyms_in_one_formula_are_added():
    assert one_name_each({"AVA": 0.1, "5-AVA": 0.2, "Pb": 1}) == {"AVA": 0.3, "Pb": 1}


def test_the_committed_table_names_its_source_and_knows_the_common_ions():
    text = TABLE.read_text(encoding="utf-8")
    for words in ("perovskite-solar-cell-database 1.2.16", "Apache-2.0", "data/derive_ions.py"):
        assert words in text
    assert {ion: IONS.charge[ion] for ion in ("MA", "FA", "GA", "Cs", "BDA", "Pb", "Bi", "I", "O")} == {
        "MA": 1, "FA": 1, "GA": 1, "Cs": 1, "BDA": 2, "Pb": 2, "Bi": 3, "I": -1, "O": -2,
    }  # fmt: skip
    assert {IONS.site[ion] for ion in ("MA", "PEA", "Rb")} == {"A"}
    assert {IONS.site[ion] for ion in ("Pb", "Sn", "Ag", "Cu")} == {"B"}
    assert {IONS.site[ion] for ion in ("I", "SCN", "PF6")} == {"X"}


def test_every_name_of_the_table_is_read_as_that_ion_in_parentheses():
    for spelling, name in IONS.name_of.items():
        formula = parse_formula(f"({spelling})2Pb9I3")
        assert formula, spelling
        read = one_name_each(formula)
        if IONS.site[name] == "A" and spelling not in ELEMENTS | CATIONS:
            # Written out atom by atom, some are read by another name of the same ion.
            assert name in read or spelling in ("C4H9NH3", "(CH3)3S"), spelling

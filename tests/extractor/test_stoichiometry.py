"""Amounts of salts → formulas, and back (masterkey/extractor/process/inks/stoichiometry.py)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.extractor.process.inks.salts import ION_FORMULAS, Salt, mentions_of_salts, salt_of
from masterkey.extractor.process.inks.stoichiometry import (
    amounts_of,
    composition_of,
    mixed,
    molar_mass,
    notation,
    two_step_composition,
    weighed_amounts,
)
from masterkey.schema.composition import parse_formula


def salts(**amounts: float) -> dict:
    return {salt_of(name): amount for name, amount in amounts.items()}


@pytest.mark.parametrize(
    ("name", "mass"),
    [("PbI2", 461.0), ("PbBr2", 367.0), ("PbCl2", 278.1), ("FAI", 171.97), ("MAI", 158.97), ("MABr", 111.97), ("MACl", 67.52), ("CsI", 259.81), ("SnI2", 372.5), ("PEAI", 249.09), ("BAI", 201.05), ("GAI", 186.98), ("MAPbBr3", 479.0), ("PbAc2", 325.3)],
)  # fmt: skip
def test_molar_masses_are_those_on_the_bottles(name: str, mass: float) -> None:
    assert molar_mass(salt_of(name)) == pytest.approx(mass, rel=3e-4)


# Of the elements in the ions, in g/mol (IUPAC 2021, abridged).
ATOMIC_WEIGHTS = {
    "H": 1.008, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Na": 22.99, "P": 30.974,
    "S": 32.06, "Cl": 35.45, "K": 39.098, "Ca": 40.078, "Ti": 47.867, "Mn": 54.938, "Cu": 63.546, "Zn": 65.38,
    "Ge": 72.63, "Br": 79.904, "Rb": 85.468, "Sr": 87.62, "Ag": 107.868, "In": 114.818, "Sn": 118.71, "Sb": 121.76,
    "I": 126.904, "Cs": 132.905, "Ba": 137.327, "Eu": 151.964, "Pb": 207.2, "Bi": 208.98,
}  # fmt: skip


@pytest.mark.parametrize("ion", ION_FORMULAS)
def test_no_ion_is_weighed_as_a_peptide_or_an_adduct(ion: str) -> None:
    """molmass reads "PEAI" and other one-letter codes of amino acids as chains (findings/molmass-peptides.sh)."""
    atoms = re.findall("([A-Z][a-z]?)([0-9]*)", ION_FORMULAS[ion])
    mass = sum(ATOMIC_WEIGHTS[element] * int(count or 1) for element, count in atoms)
    assert molar_mass(Salt(ion, ((ion, 1.0),))) == pytest.approx(mass, abs=0.02)


@pytest.mark.parametrize(
    ("amounts", "form"),
    [
        (salts(PbI2=1.53, FAI=1.4, MACl=0.5, MAPbBr3=0.0122), "FA0.99MA0.01PbBr0.03I2.97"),
        (salts(PbI2=1.2, MAI=1.2), "MAPbI3"),
        (salts(PbCl2=0.8, MAI=2.4), "MAPbI3"),
        (salts(PbAc2=1.0, MAI=3.0), "MAPbI3"),
        (salts(FAI=1.0, MABr=0.2, PbI2=1.1, PbBr2=0.2), "FA0.83MA0.17PbBr0.5I2.5"),
        (salts(CsI=1.0, PbI2=0.5, PbBr2=0.5), "CsPbBrI2"),
        (salts(CsI=0.8, DMAI=0.8, PbI2=0.8), "CsPbI3"),
        (salts(CsI=0.7, DMAI=0.3, PbI2=1.0), "Cs0.7DMA0.3PbI3"),
        (salts(MAI=1.0, PEAI=0.05, PbI2=1.0), "MAPbI3"),
        (
            {salt_of("5-AVAI"): 0.036, salt_of("MAI"): 1.164, salt_of("PbI2"): 1.2},
            "(5-AVA)0.03MA0.97PbI3",
        ),
        (salts(FAI=1.0, SnI2=1.0, SnF2=0.1), "FASnI3"),
        (salts(BAI=2.0, MAI=3.0, PbI2=4.0), "BA2MA3Pb4I13"),
        (salts(PEAI=2.0, PbI2=1.0), "(PEA)2PbI4"),
        (salts(HPbI3=0.6, CsI=0.6), "CsPbI3"),
        (salts(FAI=0.97, BAI=0.03, PbI2=1.0), "FAPbI3"),
        (salts(CsI=0.2, FAI=0.8, PbI2=1.0, KI=0.02), "Cs0.2FA0.8PbI3"),
    ],
)
def test_formula_of_amounts(amounts: dict, form: str) -> None:
    assert composition_of(amounts).long_form == form


def test_the_excess_of_lead_and_the_additives_are_named() -> None:
    made = composition_of(salts(PbI2=1.1, FAI=1.0, MACl=0.3))
    assert made.excess == pytest.approx(0.1)
    assert made.additives == ("MACl",)


def test_without_a_cation_or_a_metal_there_is_no_perovskite() -> None:
    assert composition_of(salts(PbI2=1.0)) is None
    assert composition_of(salts(MAI=1.0, FAI=2.0)) is None
    assert composition_of({}) is None


def test_the_second_ink_fills_what_the_first_leaves_free() -> None:
    first = salts(PbI2=1.2, FAI=0.456)
    assert two_step_composition(first, salts(MAI=0.28)).long_form == "FA0.38MA0.62PbI3"


def test_the_second_ink_brings_its_bromide_but_not_the_cation_of_its_chloride() -> None:
    second = amounts_of({salt_of("FAI"): 60.0, salt_of("MABr"): 6.0, salt_of("MACl"): 6.0})
    assert two_step_composition(salts(PbI2=1.3), second).long_form == "FA0.87MA0.13PbBr0.13I2.87"


def test_stock_solutions_mix_by_volume() -> None:
    stocks = [(salts(FAI=1.2, PbI2=1.2), 750), (salts(MABr=1.2, PbBr2=1.2), 200), (salts(CsI=1.2, PbI2=1.2), 50)]  # fmt: skip
    assert composition_of(mixed(stocks)).long_form == "Cs0.05FA0.75MA0.2PbBr0.6I2.4"


hundredths = st.integers(min_value=3, max_value=97)


@st.composite
def compositions(draw) -> str:
    """Three-dimensional formulas with shares in hundredths on each site."""

    def shares(ions: list[str], total: float) -> dict[str, float]:
        chosen = draw(st.lists(st.sampled_from(ions), min_size=1, max_size=3, unique=True))
        weights = [draw(hundredths) for _ in chosen]
        parts = [round(total * w / sum(weights), 2) for w in weights]
        parts[0] = round(total - sum(parts[1:]), 2)
        return {ion: part for ion, part in zip(chosen, parts, strict=True) if part > 0}

    return notation(
        shares(["MA", "FA", "Cs", "Rb", "GA"], 1),
        shares(["Pb", "Sn"], 1),
        shares(["I", "Br"], 3),
    )


@given(compositions(), st.floats(min_value=0.05, max_value=50))
def test_weighed_and_read_again_a_composition_is_the_same(form: str, mmol: float) -> None:
    masses = weighed_amounts(form, mmol)
    assert masses is not None
    assert composition_of(amounts_of(masses)).long_form == form


@given(
    compositions(), st.floats(min_value=0.5, max_value=2), st.floats(min_value=0, max_value=0.14)
)
def test_charges_balance_whatever_the_excess_of_lead(form: str, mmol: float, excess: float) -> None:
    amounts = amounts_of(weighed_amounts(form, mmol))
    amounts[salt_of("PbI2")] = amounts.get(salt_of("PbI2"), 0.0) + excess * mmol
    assert composition_of(amounts).charge == pytest.approx(0, abs=1e-3)


@given(st.integers(min_value=2, max_value=6), st.sampled_from(["BA", "PEA"]), st.sampled_from(["MA", "FA", "Cs"]))  # fmt: skip
def test_sheets_come_back_too(n: int, spacer: str, cation: str) -> None:
    amounts = {salt_of(f"{spacer}I"): 2.0, salt_of(f"{cation}I"): n - 1.0, salt_of("PbI2"): float(n)}  # fmt: skip
    made = composition_of(amounts)
    assert made.charge == pytest.approx(0, abs=1e-6)
    ions = parse_formula(made.long_form)
    assert ions == {spacer: 2, cation: n - 1, "Pb": n, "I": 3 * n + 1}


def test_a_formula_that_is_not_neutral_is_not_weighed() -> None:
    assert weighed_amounts("MAPbI2", 1) is None
    assert weighed_amounts("no formula", 1) is None


def test_salts_are_known_by_formula_and_by_name() -> None:
    text = "Lead(II) iodide (PbI2), HC(NH2)2I, caesium bromide, 4F-PEAI, (MACl) and PbI2(DMSO)."
    found = mentions_of_salts(text, text.lower())
    assert [m.salt.name for m in found] == ["PbI2", "FAI", "CsBr", "F-PEAI", "MACl", "PbI2"]
    assert text[found[0].start : found[0].end] == "Lead(II) iodide (PbI2"

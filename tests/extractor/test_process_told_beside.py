"""Additives, dopants and areas that are told beside something else that is none (invented sentences)."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

ADDITIVES, HTL_ADDITIVES = "Perovskite_additives_compounds", "HTL_additives_compounds"
AREA = "Cell_area_measured"
BELOW = "SnO2 nanoparticles were spin-coated on ITO glass. "
INK = "MAPbI3 (1.2 M in DMF and DMSO, 9:1) was spin-coated at 4500 rpm and annealed at 105 °C for 9 min. "
ABOVE = "Spiro-OMeTAD was spin-coated. Gold (75 nm) was evaporated. "


def target(text: str) -> dict[str, str]:
    return {field: f.value for field, f in read_device(Document(clean(text).text)).items()}


@pytest.mark.parametrize(
    ("put", "name"),
    [
        ("the solution contained HPA in the amount of 2 µL per mL", "HPA"),
        ("the solution contained TSC at a dose of 0.4 mg/mL", "TSC"),
        ("add thioacetamide (TAA), 0.2% by weight of solids", "TAA"),
    ],
)
def test_an_additive_may_have_its_amount_in_any_words(put, name):
    ink = f"PbI2 (1.2 M) and MAI (1.2 M) were dissolved in DMF and DMSO; {put}. It was spin-coated at 4000 rpm. "
    assert target(BELOW + ink + ABOVE)[ADDITIVES] == name


def test_what_is_added_to_this_solution_behind_another_layer_is_none_of_the_perovskite():
    text = (
        BELOW
        + "PbI2 was dissolved in DMF (1 M), spin-coated, and dipped into a solution of MAI in 2-propanol. "
        "PTAA in chlorobenzene was spin-coated at 1500 rpm. To 1 mL of this solution 4 µL of 4-tert-butylpyridine had been added. "
        "Gold (70 nm) was evaporated."
    )
    assert ADDITIVES not in target(text)


@pytest.mark.parametrize(
    "why", ["because lithium salts draw water into the cell", "since Li-TFSI migrates"]
)
def test_a_salt_that_is_told_as_the_reason_to_do_without_it_is_no_dopant(why):
    text = (
        BELOW
        + INK
        + f"P3HT was spin-coated at 3000 rpm. We left it undoped, {why}. Silver was evaporated."
    )
    assert target(text)[HTL_ADDITIVES] == "Undoped"


def test_undoped_is_of_the_layer_named_right_behind_it():
    text = (
        "7 nm of MoO3 and 12 nm of undoped TaTm were sublimed on ITO. "
        + INK
        + "C60 and Ag were evaporated."
    )
    assert target(text)[HTL_ADDITIVES] == "Unknown | Undoped"


@pytest.mark.parametrize(
    "measured",
    [
        "Each substrate has six cells of 0.12 cm2 each. The roughness was determined with a profilometer on an area of 2 mm × 2 mm.",
        "The overlap of ITO and silver gives pixels of 0.12 cm2, measured without aperture; a check with a 0.1-cm2 aperture on ten devices gave the same current.",
    ],
)
def test_the_area_is_neither_that_of_a_profile_nor_that_of_a_check(measured):
    assert target(BELOW + INK + ABOVE + measured)[AREA] == "0.12"


def test_an_ink_is_told_where_its_salts_came_from_tci():
    text = (
        BELOW
        + "The ink is Cs0.12FA0.88PbI3 (CsI, FAI and PbI2 from TCI) at 1.1 M in DMSO, since we wished to avoid DMF and 2-methoxyethanol. It was spin-coated at 4000 rpm. "
        + ABOVE
    )
    assert target(text)["Perovskite_deposition_solvents"] == "DMSO"


def test_a_little_rubidium_that_the_written_formula_leaves_out_is_an_additive():
    text = (
        BELOW
        + "1.4 mmol PbI2 and 0.07 mmol RbCl were dissolved in 1 mL of DMF and DMSO and spin-coated at 1500 rpm. "
        "FAI and MAI (85 mg and 8 mg in 1 mL of IPA) were spin-coated on the PbI2 at 1800 rpm and annealed at 150 °C for 15 min. "
        "The film is nominally FA0.91MA0.09PbI3. " + ABOVE
    )
    read = target(text)
    assert (read["Perovskite_composition_short_form"], read[ADDITIVES]) == ("FAMAPbI", "RbCl")

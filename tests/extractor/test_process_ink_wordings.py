"""Additives, amounts and formulas of inks in the words that many methods sections use."""

import pytest

from masterkey.extractor.fields import LONG_FORM, PROCEDURE, SOLVENTS
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

ADDITIVES = "Perovskite_additives_compounds"
INK = "A solution of 1.5 M Cs0.1FA0.9PbI3 in DMF/DMSO (4:1 v/v)"
COATED = " was spin-coated on ITO/SnO2 at 5000 rpm and annealed at 100 °C for 30 min."


def read(text: str) -> dict[str, str]:
    found = read_device(Document(clean(text + " Spiro-OMeTAD was spin-coated.").text))
    return {field: finding.value for field, finding in found.items()}


@pytest.mark.parametrize(
    ("words", "additive"),
    [
        (" modified with polyethylene glycol (PEG, 1 wt%)", "PEG"),
        (" incorporating 3-nitrobenzoic acid (NBZA, 0.5%)", "NBZA"),
        (" doped with 0.5% SrI2", "SrI2"),
        (" plus QBH (0.3 mol% of the lead)", "QBH"),
    ],
)
def test_what_an_inks_own_sentence_names_with_its_dose_is_an_additive(words, additive):
    assert read(INK + words + COATED)[ADDITIVES] == additive


@pytest.mark.parametrize(
    ("sentence", "additive"),
    [
        ("For target devices, 1 mg of taurine was added into 1 mL of the precursor solution.", "Taurine"),
        ("To passivate grain boundaries, 0.5 mol% formamidine sulfinic acid (FSA) was blended into the solution.", "FSA"),
        ("The ink further comprises, as claimed, 0.2 mol% of a boronic acid, namely 4-(fluoromethyl)phenylboronic acid (FMPBA).", "FMPBA"),
        ("Poly(vinylcaprolactam) (PVCLX, Mw 20 kDa), 0.3 wt%, was put in as an additive.", "PVCLX"),
        ("2 mol% of zinc trifluoromethanesulfonate, Zn(OTf)2, was given to this solution.", "Zn(OTf)2"),
    ],
)  # fmt: skip
def test_a_sentence_behind_an_ink_may_add_to_it(sentence, additive):
    found = read(f"{INK} was stirred for 2 h. {sentence} The solution{COATED}")
    assert found[ADDITIVES].lower() == additive.lower()


def test_crystals_that_a_later_sentence_dissolves_are_the_ink():
    text = (
        "Crystals of (PEA)2MA4Pb5I16 were precipitated, collected on a frit and dried. They were "
        "dissolved in DMF so that the lead was 0.9 M. Ammonium thiocyanate (NH4SCN) was used as "
        f"additive, 30 mol%, in the solution for the devices. The solution{COATED}"
    )
    assert read(text)[ADDITIVES] == "NH4SCN"


def test_an_additive_of_another_layers_solution_is_not_the_inks():
    told = "CuSCN was dissolved in diethyl sulfide. L-cysteine was added to the solution at 1 mol%."
    assert ADDITIVES not in read(f"{INK}{COATED} {told}")


def test_what_is_added_to_a_written_perovskite_makes_no_other():
    text = (
        "The ink (1.5 M, FA0.85Cs0.15PbI3) contained DMF and NMP in a ratio of 4:1 and an "
        f"additional 10 mol% MACl with respect to PbI2. It{COATED}"
    )
    assert read(text)[LONG_FORM] == "Cs0.15FA0.85PbI3"


def test_a_stock_is_added_up_to_the_share_of_cations_that_is_told():
    text = (
        "FAI (1 M), PbI2 (1.1 M), MABr (0.2 M) and PbBr2 (0.2 M) were dissolved in DMF:DMSO 4:1 "
        "(v:v). CsI, predissolved as a 1.5 M stock solution in DMSO, was added to achieve the "
        f"desired triple cation composition (5%). The solution{COATED}"
    )
    assert read(text)[LONG_FORM] == "Cs0.05FA0.79MA0.16PbBr0.48I2.53"


def test_cations_may_be_told_in_percent():
    text = f"The perovskite Cs5(MA0.17FA0.83)95Pb(I0.83Br0.17)3 in DMF/DMSO{COATED}"
    assert read(text)[LONG_FORM] == "Cs0.05FA0.79MA0.16PbBr0.51I2.49"


def test_a_spacer_of_a_told_share_leaves_the_perovskite_as_it_is():
    text = (
        "PbI2 and CH3NH3I, both 1.1 M, were dissolved in GBL and 3 mol% of 5-ammoniumvaleric acid "
        f"iodide (5-AVAI) was added. The solution{COATED}"
    )
    found = read(text)
    assert (found[LONG_FORM], found[ADDITIVES]) == ("MAPbI3", "5-AVAI")


def test_a_share_of_caesium_in_the_lead_ink_waits_for_the_second_step():
    text = (
        "A lead-halide film was spin-coated at 2500 rpm from 1.5 M PbI2 with 5% CsI in DMF/DMSO "
        "(94:6) on SnO2/ITO. Next, FAI/MAI/MACl in IPA at 60/6/6 mg/mL was spun at 1800 rpm."
    )
    found = read(text)
    assert (found[SOLVENTS], found[ADDITIVES]) == ("DMF; DMSO >> IPA", "Cl")


def test_a_perovskite_obtained_from_its_salts_was_not_bought():
    text = (
        "Films of MAPbI3 were obtained from 1.25 M MAI and PbI2 in GBL:DMSO (7:3). The solution was "
        "spin coated at 4000 rpm on ITO/SnO2."
    )
    assert read(text)[SOLVENTS] in ("DMSO; GBL", "GBL; DMSO")


def test_a_share_of_a_stock_may_stand_behind_its_salt():
    text = f"FAI 0.95 M, PbI2 1.0 M in DMF/DMSO 4:1; CsI 5 vol% of a 0.95 M DMSO stock. It{COATED}"
    assert read(text)[LONG_FORM] == "Cs0.05FA0.95PbI3"


def test_what_is_dissolved_in_the_inks_solvents_treats_no_surface():
    text = (
        "The perovskite (1.7 M FAPbI3 + 3 mg mL-1 of an ionic liquid, 1-vinyl-3-butylimidazolium "
        f"iodide (VBIMI)) in DMF:DMSO = 8:1{COATED}"
    )
    found = read(text)
    assert (found[ADDITIVES], found[PROCEDURE]) == ("VBIMI", "Spin-coating")


def test_dimethylammonium_in_the_ink_of_an_inorganic_perovskite_is_an_additive():
    text = (
        "CsI, PbI2, PbBr2 and DMAI were dissolved in DMF/DMSO with 0.6 M of lead, so that "
        f"CsPbI2.85Br0.15 is formed. The solution{COATED}"
    )
    assert read(text)[ADDITIVES] == "DMAI"

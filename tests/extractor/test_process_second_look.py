"""Kinds of wording that a first sight of new papers brought up: tests, sorts of cells, methods, additives; all invented."""

import pytest

from masterkey.extractor.fields import PROCEDURE, SOLVENTS, TEMPERATURE, TIME
from tests.extractor.test_process_wordings import ABOVE, ADDITIVES, BELOW, PEROVSKITE, read

ETL, ETL_METHOD = "ETL_stack_sequence", "ETL_deposition_procedure"
HTL, CONTACT = "HTL_stack_sequence", "Backcontact_stack_sequence"
HEATS, HOURS = "Stability_temperature_range", "Stability_time_total_exposure"
GAS, LEFT, FIRST = (
    "Stability_atmosphere",
    "Stability_PCE_end_of_experiment",
    "Stability_PCE_initial_value",
)
CELL = BELOW + PEROVSKITE + ABOVE
FTO = "FTO glass was cleaned. "
INK = " MAI and PbI2 (1.2 M each) were dissolved in DMF/DMSO (9:1)."
COATED = " The ink was spin-coated at 4000 rpm and annealed at 100 °C for 10 min."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "\nClimate chamber. Thermal cycling was done between −30 °C and 80 °C (150 cycles, 4 h each, dark, air). Of six bare"
            " cells, which had a PCE of 17.3% before, 93% of the efficiency was left on average.",
            {HEATS: "-30; 80", HOURS: "600", GAS: "Air", LEFT: "93", FIRST: "17.3"},
            id="the cells are named by the sentence on the outcome alone",
        ),
        pytest.param(
            "\nThermal cycling. Cells were cycled between −40 °C and 85 °C in air, 100 cycles of 3 h each. PCE, taken every 20"
            " cycles at room temperature: 20.1% at the start, 95% of it retained.",
            {HEATS: "-40; 85", HOURS: "300", LEFT: "95"},
            id="cycles and their hours, measured at another heat",
        ),
        pytest.param(
            "\nOutdoor test. Sealed cells stood on a rack (35° south). Their temperature varied between −3 and 48 °C. After"
            " 1200 h outdoors, 92% of the initial PCE of 18.1% was found.",
            {HEATS: "-3; 48", HOURS: "1200", LEFT: "92"},
            id="a range outdoors, and an angle that is no heat",
        ),
        pytest.param(
            "\nStability. Cells were tested in air at 25 °C over 900 h. The target cell, with an efficiency of 17.4% at first,"
            " remained at 92%; the other cell (14.0%) had fallen to 5% after only 110 h.",
            {HOURS: "900", LEFT: "92"},
            id="another cell that failed early",
        ),
        pytest.param(
            "\nAgeing: Devices were kept in nitrogen at 55 °C under LEDs. For our devices the efficiency was 20.3% at the"
            " outset. It was 88% of this after 450 h.",
            {HOURS: "450", LEFT: "88", FIRST: "20.3"},
            id="a share of what the sentence before tells",
        ),
    ],
)
def test_an_ageing_test_is_read_by_its_structure(text, expected):
    found = read(CELL + text)
    assert {field: found.get(field) for field in expected} == expected


def test_the_evaluation_behind_the_examples_is_of_none_of_them_alone():
    text = (
        "[0010] Example 1.\n" + CELL + "\n[0011] Comparative Example 1.\nA cell was obtained as in Example 1 except that the"
        " annealing was left out.\n[0012] Evaluation.\nThe cells of Example 1 and Comparative Example 1 were subjected to a"
        " heat test at 85 °C for 800 hours in air. The efficiency before / after the test was 18.0% / 17.1% in Example 1 and"
        " 16.9% / 12.2% in Comparative Example 1."
    )  # fmt: skip
    found = read(text)
    assert (found[HEATS], found[HOURS], found[LEFT]) == ("85; 85", "800", "95")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            FTO + "NiOx was sputtered." + PEROVSKITE
            + " C60 (25 nm) was evaporated thermally and SnO2 (20 nm) was deposited by ALD at 100 °C. Silver was evaporated.",
            {ETL: "C60 | SnO2-c", ETL_METHOD: "Evaporation | ALD"},
            id="an adverb between two methods",
        ),
        pytest.param(
            BELOW + " On the second pass the perovskite was coated with a slot die as well. The ink held 1.0 M of PbI2 and MAI in"
            " DMSO; DMF was avoided because of its toxicity. It was dried at 120 °C for 3 min." + ABOVE,
            {PROCEDURE: "Slot-die coating", SOLVENTS: "DMSO"},
            id="coated with a machine, on a pass, without a solvent",
        ),
        pytest.param(
            "All layers up to the fullerene were bladed in air. ITO glass was cleaned. PTAA was bladed." + PEROVSKITE
            + " PCBM (20 mg/mL in chlorobenzene) was bladed. BCP and copper were evaporated.",
            {ETL: "PCBM-60 | BCP"},
            id="a layer that only bounds the others",
        ),
        pytest.param(
            BELOW + " Table S1 lists all inks that were tried; in the main text FA0.9Cs0.1PbI3 of 1.4 M in DMF:DMSO = 8:2 is used."
            " It was spin-coated at 5000 rpm for 25 s. Annealing was done at 150 °C for 10 min." + ABOVE,
            {PROCEDURE: "Spin-coating", TEMPERATURE: "150", ETL: "SnO2-np"},
            id="an aside before a semicolon",
        ),
        pytest.param(
            "Glass/ITO was sputter-coated with 15 nm NiO." + PEROVSKITE + " C60, BCP and copper were evaporated.",
            {HTL: "NiO-c", CONTACT: "Cu"},
            id="an oxide that is coated with another",
        ),
        pytest.param(
            CELL + " In a second variant the gold was replaced by a carbon electrode, which was screen printed from a paste.",
            {CONTACT: "Au"},
            id="a variant with another contact",
        ),
    ],
)  # fmt: skip
def test_layers_keep_their_own_methods_and_cells(text, expected):
    found = read(text)
    assert {field: found.get(field) for field in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "PbI2 and CsBr were co-evaporated to a thickness of 400 nm. A solution of FAI in ethanol was spin-coated on this"
            " template at 4000 rpm. The films were annealed at 150 °C for 20 min in air.",
            {TEMPERATURE: "150", TIME: "20"},
            id="an evaporated film that reacts",
        ),
        pytest.param(
            "A DMF solution of PbBr2 (1.0 M) was spin-coated onto the preheated TiO2 at 2000 rpm for 30 s and dried at 90 °C for"
            " 30 min. A methanol solution of CsBr was spin-coated at 2000 rpm and heated at 250 °C for 5 min.",
            {TEMPERATURE: "90 >> 250", TIME: "30 >> 5"},
            id="a preheated substrate",
        ),
        pytest.param(
            "The ink of MAPbI3 in DMF was bladed onto the preheated (60 °C) substrate and annealed at 100 °C for 5 min.",
            {TEMPERATURE: "100", TIME: "5"},
            id="the heat of a preheated substrate",
        ),
        pytest.param(
            "A solution of PbI2 (1.3 M, DMF/DMSO = 9/1) containing XMTA at 1 mg/mL was spun at 1500 rpm for 30 s and warmed at"
            " 70 °C for 1 min. A solution of FAI in 2-propanol was spun on it, and the film was heated at 130 °C for 20 min.",
            {TEMPERATURE: "70 >> 130", ADDITIVES: "XMTA"},
            id="an additive of the lead ink is no layer",
        ),
    ],
)
def test_heat_belongs_to_the_step_that_is_heated(text, expected):
    found = read(BELOW + text + ABOVE)
    assert {field: found.get(field) for field in expected} == expected


@pytest.mark.parametrize(
    ("text", "additives"),
    [
        (INK + " Phenethylammonium chloride (PEACl) was added to this solution at 2 mol% of the lead.", "PEACl"),
        (INK + " NH4Cl was included at 10 mg/mL.", "NH4Cl"),
    ],
)  # fmt: skip
def test_an_additive_is_told_by_its_dose_behind_the_verb(text, additives):
    assert read(FTO + text + COATED + ABOVE)[ADDITIVES] == additives


def test_a_dopant_between_its_long_name_and_a_comma_is_read():
    text = (
        "NiOx was spin-coated on ITO." + PEROVSKITE + " PCBM (20 mg/mL in chlorobenzene, with 0.5 wt% tetrabutylammonium iodide, TBAI,"
        " as dopant) was spun at 1500 rpm. Silver was evaporated."
    )  # fmt: skip
    found = read(text)
    assert (found[ETL], found["ETL_additives_compounds"]) == ("PCBM-60", "TBAI")


def test_foil_told_throughout_carries_the_cells_whatever_is_told_in_addition():
    text = (
        "PEN/ITO was fixed on glass carriers. SnO2 was spin-coated." + PEROVSKITE + ABOVE + " Rigid devices were produced on ITO glass."
        "\nFlexible control devices were made alike. Flexible devices kept 80% after 1000 bending cycles. Flexible target devices"
        " were masked. In addition, flexible devices of 1 cm2 were produced."
    )  # fmt: skip
    assert read(text)["Cell_flexible"] == "TRUE"


def test_the_first_efficiency_stands_in_brackets_behind_what_it_is_of():
    text = "\nAgeing. Unsealed cells stood in air at 23 °C. After 168 h, cells delivered 74% of what they had at t = 0 (11.4%)."
    assert read(CELL + text)[FIRST] == "11.4"

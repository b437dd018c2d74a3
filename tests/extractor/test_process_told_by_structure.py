"""What is told by the structure of a text rather than by its verbs: machines, examples, lists, pronouns under titles (issue 14)."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import methods_of
from masterkey.rows.clean_text import clean

TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"
PROCEDURE = "Perovskite_deposition_procedure"

GLASS = "Device fabrication\nITO glass was cleaned with detergent, water and acetone. "
BELOW = GLASS + "SnO2 colloid was spin-coated at 4000 rpm and annealed at 150 °C for 30 min. "
ABOVE = "Spiro-OMeTAD in chlorobenzene was spin-coated at 4000 rpm. Gold (80 nm) was evaporated."


def target(text: str) -> dict[str, str]:
    found = read_device(Document(clean(text).text))
    return {field: finding.value for field, finding in found.items()}


def named(words: str) -> set[str]:
    return {method.name for method in methods_of(words)} - {"Deposition", "Printing"}


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("the dispersion was applied to the plate with a slot-die coater", "Slot-die coating"),
        ("the film was formed by means of the slot-die coater", "Slot-die coating"),
        ("the ink was spread with the aid of a blade coater", "Doctor blading"),
        ("a blade coater was used to deposit the film", "Doctor blading"),
        ("using a spin coater, the solution was applied", "Spin-coating"),
        ("the paste was applied with a screen printer", "Screen printing"),
        ("the liquid was applied by means of a die coater", "Slot-die coating"),
        ("the ink was deposited using the same slit coater", "Slot-die coating"),
        ("the films were placed face down over mai powder", "Gas reaction"),
        ("the films were reacted with fai vapour", "Gas reaction"),
    ],
)
def test_a_machine_with_which_something_is_applied_tells_the_method(words, method):
    assert named(words) == {method}


@pytest.mark.parametrize(
    "words",
    [
        "the plate was put on the spin-coater",
        "the slot-die coater was cleaned, and the ink was applied",
    ],
)
def test_a_machine_alone_tells_no_method(words):
    assert not named(words)


AGED = """Evaluation
Efficiencies were determined under AM1.5G light. The results are listed in Table 3: 18.7% (Example 1), 17.2% (Comparative Example 1) and 20.9% (Example 2).
The sealed modules were further operated at their maximum power point in air at 65 °C. After 800 hours, the module of Example 1 exhibited 93%, and that of Comparative Example 1 58%, of the efficiency listed in Table 3.
"""


def test_an_initial_efficiency_is_found_by_the_label_of_its_example():
    cell = target(BELOW + ABOVE + "\n" + AGED)
    assert cell["Stability_PCE_initial_value"] == "18.7"
    assert cell["Stability_PCE_end_of_experiment"] == "93"
    assert cell["Stability_time_total_exposure"] == "800"


def test_a_ratio_to_the_initial_efficiency_is_what_was_left():
    cell = target(
        BELOW
        + ABOVE
        + "\nEvaluation\nThe solar cells of Example 1 and Comparative Example 1 were left in an oven (85 °C, air) for 400 hours and measured again. "
        "The initial efficiency was 18.3% in Example 1 and 18.8% in Comparative Example 1; the ratio of the efficiency after the test to the initial efficiency was 92% and 37%, respectively."
    )
    assert cell["Stability_PCE_initial_value"] == "18.3"
    assert cell["Stability_PCE_end_of_experiment"] == "92"


def test_efficiencies_before_a_test_are_listed_with_their_cells():
    cell = target(
        BELOW
        + ABOVE
        + "\nStability\nUnencapsulated devices were kept in air at 30 °C. Efficiencies before the test were 23.1% (HAI), 22.6% (PAI) and 21.4% (control). "
        "After 900 h, 95%, 86% and 70% of these remained, respectively."
    )
    assert cell["Stability_PCE_initial_value"] == "23.1"
    assert cell["Stability_PCE_end_of_experiment"] == "95"


def test_members_of_a_list_each_name_a_layer():
    cell = target(
        "Device fabrication\nFTO glass was cleaned with acetone. A compact TiO2 layer was made by spray pyrolysis at 450 °C. "
        "The porous layers were screen printed: (a) mesoporous TiO2 from a thinned paste, fired at 500 °C for 30 min; (b) the spacer from a commercial mesoporous ZrO2 paste, fired at 420 °C for 20 min; "
        "(c) carbon from a graphite/carbon black paste, fired at 400 °C for 30 min. "
        "For the precursor, PbI2 (1.1 M) and methylammonium iodide (1.1 M) were dissolved in GBL; 5-ammonium valeric acid iodide (5-AVAI) was then added at 4 mol% with respect to lead. "
        "20 µl were drop cast on the carbon and heated at 50 °C for 45 min. The carbon collects the holes, so that no metal had to be evaporated."
    )
    assert cell["ETL_stack_sequence"] == "TiO2-c | TiO2-mp | ZrO2-mp"
    assert cell["Backcontact_deposition_procedure"] == "Screen printing"
    assert cell["Perovskite_composition_long_form"] == "MAPbI3"
    assert cell["Perovskite_additives_compounds"] == "5-AVAI"


def test_a_formula_that_is_only_aimed_at_is_no_film_of_the_first_step():
    cell = target(
        BELOW
        + "For the sequential growth of FA0.9MA0.1PbI3, PbI2 was first dissolved at 1.3 M in DMF/DMSO and spin-coated at 1500 rpm, after which the film was held at 70 °C for 2 min. "
        "FAI (90 mg), MAI (8 mg) and MACl (9 mg) in 1 ml of isopropanol were spin-coated on the cooled film at 2000 rpm. The samples were annealed in air at 140 °C for 18 min. "
        + ABOVE
        + "\nRigid devices\nFor comparison we made cells on thin glass. The recipe is the same except that the perovskite was annealed at 155 °C for 12 min."
    )
    assert cell[PROCEDURE] == "Spin-coating >> Spin-coating"
    assert (cell[TEMPERATURE], cell[TIME]) == ("70 >> 140", "2 >> 18")


def test_these_are_what_the_title_names():
    cell = target(
        BELOW
        + "PbI2 and MAI were dissolved in DMF.\nPerovskite layers. These were spin-coated in a dry-air box at 2,500 rpm for 40 s. "
        "They were left at room temperature for 8 min and annealed on a hotplate at 95 °C for 7 min.\nHTL and metal. "
        + ABOVE
    )
    assert cell[PROCEDURE] == "Spin-coating"
    assert (cell[TEMPERATURE], cell[TIME]) == ("95", "7")


@pytest.mark.parametrize(
    "words",
    [
        "The conversion was completed in air at 145 °C for 25 min. ",
        "Interdiffusion took place at 145 °C for 25 min. ",
        "Conversion: 145 °C, 25 min, in air. ",
        "To complete the reaction, the stack was kept at 145 °C for 25 min. ",
    ],
)
def test_a_conversion_is_the_heat_of_the_second_step(words):
    cell = target(
        BELOW
        + "The scaffold was formed by co-evaporation of PbI2 (1.0 Å/s) and CsI (0.1 Å/s). FAI in ethanol was spin coated on it at 2000 rpm. "
        + words
        + ABOVE
    )
    assert (cell[TEMPERATURE], cell[TIME]) == ("145", "25")


def test_a_powder_around_the_film_reacts_as_a_gas():
    cell = target(
        BELOW
        + "The PbI2 solution was spun onto the SnO2 at 3000 rpm and dried at 100 °C for 10 min. For the growth of MAPbI3, CH3NH3I powder was scattered around the PbI2-coated plates, which were heated under a dish to 150 °C. "
        + ABOVE
    )
    assert cell[PROCEDURE] == "Spin-coating >> Gas reaction"


def test_the_htms_are_the_materials_of_the_papers_own_cells():
    cell = target(
        BELOW
        + "PbI2 and MAI in DMF were spin-coated at 4000 rpm and annealed at 100 °C for 10 min. The HTMs were spin-coated on it at 3000 rpm. "
        "KDT-5 was dissolved in chlorobenzene (20 mg mL-1) without any dopants. The spiro-OMeTAD solution for the reference cells consisted of 72 mg spiro-OMeTAD, 28 μL TBP and 17 μL Li-TFSI in 1 mL chlorobenzene. Gold (80 nm) was evaporated."
    )
    assert cell["HTL_stack_sequence"] == "KDT-5"
    assert cell["HTL_additives_compounds"] == "Undoped"


def test_a_metal_of_which_something_is_said_at_large_is_no_contact():
    cell = target(
        BELOW
        + "MAPbI3 was spin-coated at 4000 rpm and annealed at 100 °C for 10 min. Spiro-OMeTAD was spin-coated. "
        "Evaporation of Cr (4 nm) and Au (90 nm) completed the stack, since copper diffuses into the film and silver is attacked by iodide."
    )
    assert cell["Backcontact_stack_sequence"] == "Cr | Au"


def test_films_that_are_used_as_deposited_were_not_heated():
    cell = target(
        BELOW
        + "The substrates were annealed before. MAPbI3 was formed by co-evaporation of MAI and PbI2 at 1 Å/s. The 600 nm thick films were used as deposited. C60 and Ag were evaporated."
    )
    assert cell[TEMPERATURE] == cell[TIME] == "Unknown"


def test_layers_of_leds_are_no_layers_of_the_cell():
    cell = target(
        BELOW
        + "MAPbI3 was spin-coated at 4000 rpm and annealed at 100 °C for 10 min. TaTm and gold (80 nm) were evaporated. "
        "For the LEDs of Chapter 6, TaTm was co-sublimed with F6-TCNNQ."
    )
    assert cell["HTL_stack_sequence"] == "TaTm"
    assert "HTL_additives_compounds" not in cell


def test_one_cobalt_salt_is_no_other_and_a_cation_no_additive_beside_its_salt():
    cell = target(
        BELOW
        + "0.45 g PbI2, 0.15 g MAI and 0.006 g 5-AVAI were dissolved in 1 mL GBL. This amounts to 3 mol% AVA. The solution was spin-coated at 4000 rpm and annealed at 100 °C for 10 min. "
        "Spiro-OMeTAD (72 mg in 1 mL of chlorobenzene), 17 µL of Li-TFSI solution, 29 µL of TBP and 29 µL of FK102 Co(III) TFSI salt were mixed and spin-coated at 4000 rpm. Gold (80 nm) was evaporated."
    )
    assert cell["HTL_additives_compounds"] == "FK102; Li-TFSI; TBP"
    assert cell["Perovskite_additives_compounds"] == "5-AVAI"


@pytest.mark.parametrize(
    "words",
    [
        "The hole conductors were spin-coated at 3000 rpm. DTB-1 was used in chlorobenzene without dopants, Spiro-OMeTAD (reference) with Li-TFSI and TBP. ",
        "DTB-1 (20 mg in 1 mL of chlorobenzene, no additives) was spin-coated at 3000 rpm. ",
    ],
)
def test_a_hole_conductor_without_dopants_needs_no_list(words):
    cell = target(
        BELOW
        + "MAPbI3 was spin-coated from DMF at 4000 rpm and annealed at 100 °C for 10 min. "
        + words
        + "Gold (80 nm) was evaporated."
    )
    assert cell["HTL_stack_sequence"] == "DTB-1"
    assert cell["HTL_additives_compounds"] == "Undoped"


def test_what_was_left_is_told_with_the_label_behind_it():
    cell = target(
        BELOW
        + ABOVE
        + "\nEvaluation\nThe conversion efficiency of the cells was 19.2% in Example 1 and 17.9% in Comparative Example 1. "
        "After storage at 85 °C in nitrogen for 900 hours, the efficiency retention ratio was 94% in Example 1 and 69% in Comparative Example 1."
    )
    assert cell["Stability_PCE_initial_value"] == "19.2"
    assert cell["Stability_PCE_end_of_experiment"] == "94"


def test_the_value_after_a_test_is_what_was_left():
    cell = target(
        BELOW
        + ABOVE
        + "\nEvaluation of durability\nThe cells were kept at 85 °C and 85% RH for 1000 hours. Taking the efficiency before the test as 100%, the value after the test was 92% in Example 1 and 45% in Comparative Example 1."
    )
    assert cell["Stability_PCE_end_of_experiment"] == "92"


@pytest.mark.parametrize(
    ("words", "initial", "left"),
    [
        (
            "At hour 0 the groups had 22.6% (target), 21.3% (control) and 22.0% (A only); at hour 700 they were at 94%, 69% and 86% of these values.",
            "22.6",
            "94",
        ),
        (
            "The champion PCE fell from 22.5 to 20.7 after 60 days; the control went from 21.0 to 15.9.",
            "22.5",
            "92",
        ),
        (
            "Relative to the initial efficiency (Example 1: 18.4%, Comparative Example 1: 13.3%), the maintenance ratio after 300 hours was 95% in Example 1 and 52% in Comparative Example 1.",
            "18.4",
            "95",
        ),
    ],
)
def test_efficiencies_told_in_other_orders_and_without_signs(words, initial, left):
    cell = target(
        BELOW + ABOVE + "\nStability\nEncapsulated cells were kept at 55 °C in N2. " + words
    )
    assert cell["Stability_PCE_initial_value"] == initial
    assert cell["Stability_PCE_end_of_experiment"] == left


@pytest.mark.parametrize(
    ("words", "additives"),
    [
        (
            "As additives we used 2 mg/mL of carbohydrazide and 1 vol% of DIO. ",
            "carbohydrazide; DIO",
        ),
        ("NMP was admixed, as well as 0.7 mol-% carbohydrazide. ", "carbohydrazide"),
    ],
)
def test_additives_are_named_by_amounts_in_other_units(words, additives):
    cell = target(
        BELOW
        + "CsI, FAI and PbI2 (0.1:0.9:1) were dissolved in DMF at 1.3 M. "
        + words
        + "The ink was spin-coated and annealed at 120 °C for 15 min. "
        + ABOVE
    )
    assert cell["Perovskite_additives_compounds"].lower() == additives.lower()


def test_efficiencies_are_listed_in_the_order_of_the_examples():
    cell = target(
        BELOW
        + ABOVE
        + "\nEvaluation\nThe conversion efficiencies of Example 1, Example 2 and Comparative Example 1 were 22.4%, 20.3% and 19.8%, respectively. "
        "A storage test was carried out with the cell of Example 1. The cell was left unsealed in dry air at 25 °C. When 1,500 hours had elapsed, it maintained 95% of the initial efficiency."
    )
    assert cell["Stability_PCE_initial_value"] == "22.4"


def test_recipes_stand_under_materials_and_methods():
    cell = target(
        "Materials and methods\nThe device is ITO/PTAA/perovskite/C60/BCP/Cu. PTAA in toluene was spun at 6000 rpm. The FAPbI3 ink (1.4 M, DMF:DMSO 4:1) was filtered. "
        "Coating: 1000 rpm for 10 s, 5000 rpm for 30 s. Heat: 150 °C, 15 min. C60, BCP and Cu were evaporated."
    )
    assert cell[PROCEDURE] == "Spin-coating"
    assert (cell[TEMPERATURE], cell[TIME]) == ("150", "15")


def test_a_plate_is_heated_whereby_the_film_is_formed():
    cell = target(
        BELOW
        + "A first solution of lead iodide in DMF is spin-coated at 1,600 rpm and heated at 70 °C for 1 minute. A second solution is obtained by dissolving FAI and MACl in isopropanol. "
        "The second solution is spin-coated on the lead iodide at 2,000 rpm. The plate is taken into air having a relative humidity of 30 to 40%, and heated at 145 °C for 12 minutes, whereby a perovskite is formed. "
        + ABOVE
    )
    assert (cell[TEMPERATURE], cell[TIME]) == ("70 >> 145", "1 >> 12")


def test_an_ink_at_a_flow_rate_comes_from_a_slot():
    cell = target(
        BELOW
        + "The ink was composed of PbI2 and MAI in DMF. It was delivered at 80 µL min-1 on the moving plate and annealed at 120 °C for 15 min. "
        + ABOVE
    )
    assert cell[PROCEDURE] == "Slot-die coating"


def test_stacks_that_were_filled_with_an_ink_were_infiltrated():
    cell = target(
        "Preparation\nFTO substrates were cleaned with acetone. A blocking layer of TiO2 was sprayed at 450 °C. Mesoporous TiO2 and ZrO2 were printed through screens; carbon was printed at last. "
        "The stacks were filled with MAPbI3 in GBL and dried at 50 °C for 1 h."
    )
    assert cell[PROCEDURE] == "Drop-infiltration"
    assert cell["Backcontact_stack_sequence"] == "Carbon"

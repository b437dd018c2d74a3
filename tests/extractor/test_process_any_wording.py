"""What is told by machines, doses and pronouns, in sentences that nobody has planned for (issue 14)."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import methods_of
from masterkey.extractor.process.text.quantities import durations_of, temperatures_of
from masterkey.rows.clean_text import clean

GLASS = "ITO-coated glass was cleaned in acetone. "
MONOLAYER = "2PACz in ethanol was spin-coated and heated at 100 °C for 10 min. "
INK = "The ink of 1.2 M PbI2 and FAI in DMF/DMSO was spin-coated at 4000 rpm. "
ABOVE = " C60 (20 nm) and BCP (6 nm) were evaporated, then 100 nm of silver. "
ADDITIVES = "Perovskite_additives_compounds"
TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"


def target(text: str) -> dict[str, str]:
    found = read_device(Document(clean(text).text))
    return {field: finding.value for field, finding in found.items()}


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("the ink was laid on the web with a slot-die head", "Slot-die coating"),
        ("by means of a slot-die coater", "Slot-die coating"),
        ("it was put on in a spin coater", "Spin-coating"),
        ("drawn down by a film applicator", "Doctor blading"),
        ("spread with a casting knife", "Doctor blading"),
        ("jetted from a cartridge at 600 dpi", "Inkjet printing"),
        ("the ink left the print head", "Inkjet printing"),
        ("squeezed through a 325-mesh screen", "Screen printing"),
        ("sublimed at the same time from two crucibles", "Co-evaporation"),
        ("evaporated simultaneously", "Co-evaporation"),
        ("grown from three sources", "Co-evaporation"),
        ("the ink was nebulised onto it", "Spray-coating"),
    ],
)
def test_a_machine_or_what_it_does_names_the_method(words, method):
    assert method in {m.name for m in methods_of(words)}


def test_machines_that_do_nothing_name_no_method():
    for words in ("the slot-die head was cleaned", "the ink in the slot-die head", "loaded into the spin-coater"):  # fmt: skip
        assert not {m.name for m in methods_of(words)} - {"Deposition"}


def test_a_code_before_a_comma_is_no_temperature_or_time():
    assert [t.value for t in temperatures_of("(ISOS-D-3, 85 °C)")] == [85]
    assert [d.value for d in durations_of("ISOS-L-1, 500 h")] == [30000]


def test_a_cell_is_completed_by_its_metal():
    below = GLASS + MONOLAYER + INK + "C60 and BCP were evaporated. "
    assert target(below + "The device was completed by 80 nm aluminium.")["Backcontact_stack_sequence"] == "Al"  # fmt: skip


@pytest.mark.parametrize(
    ("ink", "additive"),
    [
        ("To the ink (1.2 M FAI and PbI2 in DMF/DMSO) came 0.5 mg of 2-amidinopyridine hydrochloride per mL", "2-amidinopyridine hydrochloride"),
        ("An ink of 1.2 M FAI and PbI2 in DMF/DMSO was laced with 0.2 vol% benzylamine", "benzylamine"),
        ("A solution of 1.2 M FAI and PbI2 in DMF/DMSO, to which 0.5 mg/mL L-arginine hydrochloride had been given, was used", "L-arginine hydrochloride"),
        ("Glycine acted as an additive (1 mol%) in the ink of 1.2 M FAI and PbI2 in DMF/DMSO", "Glycine"),
        ("4-fluorobenzamidine hydrochloride was codissolved with FAI and PbI2 (1.2 M) in DMF/DMSO", "4-fluorobenzamidine hydrochloride"),
        ("The ink (1.2 M FAI and PbI2 in DMF/DMSO) was doped with guanabenz acetate at 0.3 mg/mL", "guanabenz acetate"),
    ],
)  # fmt: skip
def test_an_additive_is_read_by_how_it_comes_to_the_ink(ink, additive):
    text = GLASS + MONOLAYER + ink + ". The ink was spin-coated at 4000 rpm." + ABOVE
    assert target(text)[ADDITIVES].lower() == additive.lower()


def test_what_an_ink_is_handled_with_is_no_additive():
    for act in ("diluted with acetonitrile", "stirred together with molecular sieves", "loaded with a pipette"):  # fmt: skip
        ink = f"The ink (1.2 M FAI and PbI2 in DMF/DMSO) was {act} and spin-coated at 4000 rpm."
        assert not target(GLASS + MONOLAYER + ink + ABOVE).get(ADDITIVES)


@pytest.mark.parametrize(
    ("made", "stack"),
    [
        ("10 nm of NiO was grown by ALD. The substrates were then dipped into 0.1 mM MeO-2PACz in ethanol overnight.", "NiO-c | MeO-2PACz"),
        ("Mixed monolayers were formed from 2PACz and Me-4PACz (3:1, 1 mmol/L each in ethanol) at 3000 rpm.", "2PACz; Me-4PACz"),
        ("Al 4083 was filtered, spun at 4500 rpm and baked at 140 °C for 15 min.", "PEDOT:PSS"),
    ],
)  # fmt: skip
def test_a_monolayer_is_what_a_plate_is_dipped_into_and_what_it_is_formed_from(made, stack):
    assert target(GLASS + made + " " + INK + ABOVE)["HTL_stack_sequence"] == stack


@pytest.mark.parametrize(
    ("heat", "stages"),
    [
        ("The temperature was kept at 100 °C for 5 min, then raised to 150 °C and held there for 10 min.", ("100; 150", "5; 10")),
        ("Another 20 min at 115 °C finished the film.", ("115", "20")),
    ],
)  # fmt: skip
def test_heat_is_of_the_film_told_last_where_only_it_is_told(heat, stages):
    cell = target(GLASS + MONOLAYER + INK + heat + ABOVE)
    assert (cell[TEMPERATURE], cell[TIME]) == stages


TOP = GLASS + MONOLAYER + INK + "It was annealed at 105 °C for 25 min." + ABOVE


@pytest.mark.parametrize(
    ("said", "left", "begun"),
    [
        ("The champion cell reached 23.4%. Under MPP tracking at 45 °C in N2 it maintained more than 97% of that value for 1200 h.", "97", "23.4"),
        ("A cell starting at 21.3% was kept in a dry box for two weeks, after which 20.0% was measured.", "94", "21.3"),
        ("No more than 6% of the efficiency had gone after 30 days in ambient air.", "94", None),
        ("Over one week of outdoor exposure, a quarter of the initial power was lost.", "75", None),
    ],
)  # fmt: skip
def test_what_was_left_may_be_told_by_pointing_back(said, left, begun):
    cell = target(TOP + said)
    assert cell["Stability_PCE_end_of_experiment"] == left
    assert begun is None or cell["Stability_PCE_initial_value"] == begun


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("A dozen devices were located on each substrate.", "12"),
        ("Each glass piece bore a pair of cells.", "2"),
        ("Each substrate holds half a dozen cells.", "6"),
    ],
)
def test_cells_are_counted_by_dozens_and_pairs(said, count):
    assert target(TOP + said)["Cell_number_of_cells_per_substrate"] == count


def test_a_name_is_what_stands_in_apposition_to_it():
    told = "SnO2 colloid was spin-coated at 3000 rpm. " + INK
    made = "BX-12, a dopant-free hole-transport material, was dissolved in chloroform and spun at 2000 rpm. Gold was evaporated."  # fmt: skip
    assert target(GLASS + told + made)["HTL_stack_sequence"] == "BX-12"


def test_soda_lime_glass_is_rigid_and_a_film_without_heat_is_not_annealed():
    cold = "No heat was applied to the film, which was left in vacuum for 20 min."
    lime = "Patterned indium tin oxide on soda-lime glass was sonicated. "
    cell = target(lime + MONOLAYER + INK + cold + ABOVE)
    assert cell["Cell_flexible"] == "FALSE"
    assert cell[TEMPERATURE] == cell[TIME] == "Unknown"


def test_a_recipe_in_the_imperative_names_its_method_first():
    cell = target(
        "Start with FTO plates. Spray titanium diisopropoxide bis(acetylacetonate) in ethanol at 460 °C. "
        "Cast the FAPbI3 ink in DMF:DMSO at 5000 rpm for 30 s. Bake at 100 °C for 45 min. "
        "Spin PTAA (10 mg/mL in toluene; LiTFSI, tBP). Finish by evaporating 80 nm gold."
    )
    assert cell["HTL_stack_sequence"] == "PTAA"
    assert cell["HTL_additives_compounds"] == "Li-TFSI; TBP"
    assert (cell[TEMPERATURE], cell[TIME]) == ("100", "45")
    assert cell["Backcontact_stack_sequence"] == "Au"


@pytest.mark.parametrize(
    "said",
    [
        "The electrode is copper, 120 nm.",
        "Copper (120 nm) closed the device.",
        "The top contact was 100 nm of copper.",
    ],
)
def test_a_metal_is_a_contact_where_it_is_called_so_or_ends_the_cell(said):
    below = GLASS + MONOLAYER + INK + "C60 and BCP were evaporated. "
    assert target(below + said)["Backcontact_stack_sequence"] == "Cu"


def test_a_spin_programme_without_subject_is_of_the_ink_told_before():
    ink = "The ink comprised 1.2 M FAI and PbI2 in DMF/DMSO. "
    spun = "After 10 s at 1000 rpm and 40 s at 4000 rpm with chlorobenzene, 10 min on a hotplate at 100 °C."
    cell = target(GLASS + MONOLAYER + ink + spun + ABOVE)
    assert cell["Perovskite_deposition_procedure"] == "Spin-coating"
    assert (cell[TEMPERATURE], cell[TIME]) == ("100", "10")


def test_what_is_made_likewise_is_made_as_the_layer_before_it():
    above = "PCBM and BCP were deposited likewise. Silver was evaporated."
    assert target(GLASS + MONOLAYER + INK + above)["ETL_deposition_procedure"] == "Spin-coating | Spin-coating"  # fmt: skip


def test_a_film_on_bare_glass_is_no_part_of_the_substrate():
    below = "On FTO glass a compact TiO2 was obtained by spraying at 450 °C. "
    above = "P3HT in chlorobenzene was spin-coated. Gold was evaporated."
    assert target(below + INK + above)["ETL_stack_sequence"] == "TiO2-c"


@pytest.mark.parametrize(
    ("heat", "stages"),
    [
        ("The films turned black at 150 °C within 10 min.", ("150", "10")),
        ("The film was left 5 min at 65 °C and 5 min at 100 °C.", ("65; 100", "5; 5")),
        ("The chips were kept at 100 °C over 15 min.", ("100", "15")),
    ],
)
def test_heat_is_told_by_what_it_does_and_by_what_is_left_where(heat, stages):
    cell = target(GLASS + MONOLAYER + INK + heat + ABOVE)
    assert (cell[TEMPERATURE], cell[TIME]) == stages


def test_what_is_mixed_with_a_monolayer_is_of_it():
    made = "Substrates were coated with a mixed SAM of Me-4PACz and 6PA (9:1). "
    assert target(GLASS + made + INK + ABOVE)["HTL_stack_sequence"] == "Me-4PACz; 6PA"


def test_a_lead_film_beside_powder_of_the_salt_reacts_with_its_gas():
    film = "PbI2 was evaporated. The PbI2 films were sealed in a dish with MAI powder and kept at 150 °C for 3 h. "
    cell = target(GLASS + MONOLAYER + film + ABOVE)
    assert cell["Perovskite_deposition_procedure"] == "Evaporation >> Gas reaction"


def test_a_layer_put_on_it_has_the_method_of_its_brackets():
    below = "Tin oxide was made by sputtering (30 nm), [60]PCBM on it (10 mg/mL CB, 4000 rpm). "
    above = "P3HT in chlorobenzene was spin-coated. Gold was evaporated."
    cell = target(GLASS + below + INK + above)
    assert cell["ETL_deposition_procedure"] == "Sputtering | Spin-coating"


def test_heat_behind_a_second_step_is_told_by_then():
    film = "PbI2 in DMF was spin-coated at 3000 rpm, then dipped for 30 s in 8 mg/mL MAI in IPA, then 15 min at 80 °C."  # fmt: skip
    assert target(GLASS + MONOLAYER + film + ABOVE)[TIME].endswith("15")


def test_an_oxide_from_a_salt_on_bare_oxide_is_a_layer():
    below = "On the cleaned ITO a nickel oxide film was obtained by spin-coating nickel nitrate in ethylene glycol. "  # fmt: skip
    assert target(below + INK + ABOVE)["HTL_stack_sequence"] == "NiO-c"


@pytest.mark.parametrize(
    ("heat", "stages"),
    [
        ("A soft bake (100 °C, 1 min) was given; a hard bake (150 °C, 10 min) followed.", ("100; 150", "1; 10")),
        ("Post-deposition annealing, 15 minutes, 130 °C, in nitrogen.", ("130", "15")),
        ("It was annealed for 10 min at 100 °C in N2 and for another 5 min at the same temperature in air.", ("100; 100", "10; 5")),
        ("It was brought to 100 °C and left for 8 min at this temperature.", ("100", "8")),
    ],
)  # fmt: skip
def test_bakes_and_the_same_temperature_are_stages(heat, stages):
    cell = target(GLASS + MONOLAYER + INK + heat + ABOVE)
    assert (cell[TEMPERATURE], cell[TIME]) == stages


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("The T90 of the champion in ISOS-L-3 (85 °C, 50% RH) was 320 h.", "90"),
        ("Light soaking for 800 h (60 °C, N2) cost the cells 7% of their PCE.", "93"),
    ],
)
def test_a_lifetime_and_a_cost_tell_what_was_left(said, left):
    assert target(TOP + said)["Stability_PCE_end_of_experiment"] == left

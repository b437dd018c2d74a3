"""Whole recipes in unusual grammar: one method for all layers, layers from the top down, lists without verbs (issue 14)."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.layers.common_methods import common_method
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
HTL_BY, ETL_BY = "HTL_deposition_procedure", "ETL_deposition_procedure"
FILM_BY, CONTACT_BY = "Perovskite_deposition_procedure", "Backcontact_deposition_procedure"


def target(text: str) -> dict[str, str]:
    return {field: f.value for field, f in read_device(Document(clean(text).text)).items()}


RECIPE = (
    "Glass with ITO was cleaned. The SnO2 colloid (2 wt% in water) was dried at 150 °C for 20 min. "
    "The perovskite ink was 1 M MAPbI3 in DMF and DMSO; the film was heated at 100 °C for 10 min. "
    "PTAA (12 mg/mL in toluene) needed no heat. "
)
GOLD = "Gold (80 nm) was evaporated. "


@pytest.mark.parametrize(
    ("said", "method"),
    [
        ("All layers except the contact were inkjet printed.", "Inkjet printing"),
        ("Everything but the metal electrode was slot-die coated.", "Slot-die coating"),
        ("We blade-coated all layers, apart from the gold.", "Doctor blading"),
        ("All the layers up to the contact were spray-coated in air.", "Spray-coating"),
        ("The whole stack was, with the exception of the electrode, gravure printed.", "Gravure printing"),
        ("Do all of these by gravure printing; only the gold is evaporated.", "Gravure printing"),
    ],
)  # fmt: skip
def test_a_method_told_once_for_all_layers_is_that_of_those_whose_sentences_tell_none(said, method):
    for recipe in (f"{said} {RECIPE}{GOLD}", f"{RECIPE}{GOLD}{said}"):
        read = target(recipe)
        assert (read[ETL_BY], read[FILM_BY], read[HTL_BY]) == (method, method, method)
        assert (read[HTL], read[CONTACT_BY]) == ("PTAA", "Evaporation")


@pytest.mark.parametrize(
    "said",
    [
        "PEAI was spray-coated on all of the films.",
        "All mesoporous layers were screen printed.",
        "The rate of each layer was set for evaporation.",
        "Each layer was dipped into lead nitrate.",
    ],
)
def test_what_is_done_to_all_layers_or_to_a_scaffold_is_no_method_of_the_stack(said):
    assert common_method(Document(f"Solar cells were made. {said}")) is None


@pytest.mark.parametrize(
    "recipe",
    [
        "The contact of the cell is silver, 100 nm, which was evaporated. Beneath it lies BCP (7 nm), and beneath that C60 (25 nm), both evaporated. "
        "The perovskite below these, FAPbI3 from DMF and DMSO, was spin-coated and annealed at 150 °C for 10 min. It sits on a PTAA layer, which was spin-coated. "
        "Below this, NiO was sputtered on ITO glass.",
        "From the electrode down to the glass, the cells have these layers. 100 nm of copper was evaporated. BCP (7 nm) and C60 (25 nm) were evaporated. "
        "FAPbI3 in DMF and DMSO was spin-coated and annealed at 150 °C for 10 min. PTAA was spin-coated from toluene. NiO was sputtered.",
        "The cells are told in reverse order. Ag (100 nm), BCP (7 nm) and C60 (25 nm) were evaporated. The perovskite, FAPbI3 in DMF and DMSO, was spin-coated "
        "and annealed at 150 °C for 10 min. PTAA in toluene was spin-coated. NiO was sputtered on ITO.",
    ],
)  # fmt: skip
def test_layers_told_from_the_contact_down_lie_the_other_way_round(recipe):
    read = target(recipe)
    assert (read[HTL], read[ETL]) == ("NiO-c | PTAA", "C60 | BCP")
    assert (read[HTL_BY], read[CONTACT_BY]) == ("Sputtering | Spin-coating", "Evaporation")
    assert read["Cell_architecture"] == "pin"


def test_a_contact_told_first_in_passing_turns_no_recipe_round():
    read = target(
        "Cells with gold contacts, 80 nm, were evaporated at low pressure. SnO2 was spin-coated on ITO. MAPbI3 in DMF was spin-coated and heated at 100 °C for 10 min. "
        "PTAA was spin-coated. Gold was evaporated; below it the cells measure 0.1 cm2."
    )
    assert (read[ETL], read[HTL], read["Cell_architecture"]) == ("SnO2-c", "PTAA", "nip")


def test_of_layers_in_a_list_one_with_its_solvent_in_brackets_is_no_source_of_the_next():
    read = target(
        "By spin coating, PEDOT:PSS (from water), PTAA (2 mg/mL in toluene), the perovskite (1 M MAPbI3 in DMF) and PCBM (20 mg/mL in chlorobenzene) were put on ITO glass."
    )
    assert read[HTL] == "PEDOT:PSS | PTAA"


@pytest.mark.parametrize(
    "bath",
    [
        "Prepare a bath of urea, thioglycolic acid and SnCl2 in water, leave the FTO plates in it at 70 °C for 4 h, and bake them at 180 °C for 1 h; SnO2 has formed.",
        "The compact SnO2 is from a bath of 5 mM SnCl2 in which the FTO glass stood at 70 °C for 1 h.",
    ],
)
def test_a_bath_of_a_tin_salt_is_a_chemical_bath(bath):
    assert target(f"{bath} MAPbI3 in DMF was spin-coated. {GOLD}")[ETL_BY] == "CBD"


def test_what_stands_behind_in_vacuum_and_a_colon_was_evaporated():
    read = target(
        "ITO glass. PEDOT:PSS, 4000 rpm, 140 °C, 15 min. MAPbI3 in DMF and DMSO, 5000 rpm; 100 °C, 10 min. Then in vacuum (1e-6 mbar): C60 30 nm, BCP 6 nm, Al 90 nm."
    )
    assert (read[ETL], read[ETL_BY]) == ("C60 | BCP", "Evaporation | Evaporation")


def test_a_method_told_as_an_entry_of_its_own_is_of_the_entry_before_it():
    read = target(
        "(i) ETL: SnO2 colloid, 3 wt% in water. Method: spin coating, 3000 rpm, 30 s. Heat: 150 °C, 30 min. (ii) Perovskite, step one: PbI2, 1.4 M in DMF:DMSO 9:1. "
        "Method: blade coating. Heat: 70 °C, 2 min. (iii) Perovskite, step two: FAI 80 mg and MACl 8 mg in 1 mL of IPA. Technique: spin coating, 2000 rpm. Heat: 145 °C, 12 min. "
        "(iv) HTL: PTAA, 10 mg/mL in toluene. Deposition: slot-die coating. (v) Electrode: Au, 80 nm. Method: thermal evaporation."
    )
    assert read[FILM_BY] == "Doctor blading >> Spin-coating"
    assert read["Perovskite_deposition_thermal_annealing_temperature"] == "70 >> 145"
    assert (read[ETL_BY], read[HTL_BY]) == ("Spin-coating", "Slot-die coating")


def test_what_a_layer_was_taken_for_makes_it_the_topic_of_the_sentences_behind():
    read = target(
        f"{RECIPE.partition('PTAA')[0]}As the hole conductor I took P3HT. Of this I dissolved 12 mg in 1 mL of toluene, and I blade-coated it at 20 mm/s. {GOLD}"
    )
    assert (read[HTL], read[HTL_BY]) == ("P3HT", "Doctor blading")


@pytest.mark.parametrize(
    "entry",
    ["Ageing: N2, dark, 25 °C; 1200 h, 93% left.", "Stability: N2, 25 °C, 1200 h: 93% of the start."],
)  # fmt: skip
def test_an_entry_on_ageing_with_place_time_and_outcome_is_of_the_cells(entry):
    read = target(f"{RECIPE}{GOLD}\n\n{entry}")
    assert read["Stability_time_total_exposure"] == "1200"
    assert read["Stability_PCE_end_of_experiment"] == "93"

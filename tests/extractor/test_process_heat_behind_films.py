"""The film's heat in sentences that name no film, or another layer than the one that is heated."""

import pytest

from masterkey.extractor.fields import PROCEDURE, TEMPERATURE, TIME
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

UNDER = "FTO glass was washed. A SnO2 colloid was spin-coated at 4000 rpm and heated at 150 °C for 30 min. "
FILM = "1.2 M MAPbI3 in DMF and DMSO was spin-coated at 4000 rpm for 30 s. "
OVER = " Spiro-OMeTAD was spin-coated at 3000 rpm. Gold, 80 nm, was evaporated."


def heat(recipe: str) -> tuple[str, str]:
    found = read_device(Document(clean(UNDER + recipe + OVER).text))
    return tuple(found[field].value if field in found else "" for field in (TEMPERATURE, TIME))


@pytest.mark.parametrize(
    ("sentence", "temperature", "time"),
    [
        ("Then came 110 °C for 25 min.", "110", "25"),
        ("The stack was annealed at 110 °C in air for 25 min.", "110", "25"),
        ("A 25 min annealing step at 110 °C ended the preparation.", "110", "25"),
        ("It sank down to the SnO2 and was dried in an oven at 55 °C for 60 min.", "55", "60"),
        ("They went on a hotplate preheated to 110 °C and were annealed for 25 min.", "110", "25"),
        ("The devices were annealed at 110 °C, 25 min and passivated with 5 mM PEAI in IPA (5000 rpm).", "110", "25"),
        ("The films turned black during annealing, for which 110 °C and 25 min were best by XRD.", "110", "25"),
    ],
)  # fmt: skip
def test_heat_right_behind_the_coating_is_the_films(sentence, temperature, time):
    assert heat(FILM + sentence) == (temperature, time)


def test_heat_of_inks_and_of_other_layers_behind_the_coating_is_not_the_films():
    assert heat(FILM + "The hole conductor's solution was kept at 60 °C for 2 h.") == ("", "")


def test_a_temperature_that_only_bounds_others_heats_nothing():
    told = (
        "The films were annealed at 280 °C for 5 min; those annealed below 250 °C show side phases."
    )
    assert heat(FILM + told) == ("280", "5")


def test_each_of_the_temperatures_told_in_one_breath_has_the_time_of_each():
    told = "The samples were heated at 40, 70 and 100 °C for 5 min each."
    assert heat(FILM + told) == ("40; 70; 100", "5; 5; 5")


def test_what_stands_behind_the_controls_brackets_is_not_the_controls():
    told = (
        "The films were annealed at 100 °C for 30 min (control) and, for the target, "
        "at 140 °C for 10 min."
    )
    assert heat(FILM + told) == ("140", "10")


def test_hot_gas_that_dries_a_film_is_no_anneal():
    recipe = (
        "1.2 M MAPbI3 in DMF was spin-coated with a hot air flow of 60 °C, and annealing "
        "lasted 30 min at 130 °C."
    )
    assert heat(recipe) == ("130", "30")


@pytest.mark.parametrize(
    "recipe",
    [
        "Crystals of Cs2AgBiBr6 were grown in HBr. For the photoactive layer, the powder was dissolved in DMSO. Substrate and solution were preheated to 75 °C; spin coating was done at 4000 rpm.",
        "Prior to coating, the substrate FTO/SnO2 and the solution of CsPbI2Br in DMSO were preheated at 60 °C. The solution was spin-coated at 3000 rpm.",
        "The ink is MAPbI3 in DMF. Ink, 90 µl, was spun at 4500 rpm.",
    ],
)  # fmt: skip
def test_a_film_is_known_by_its_ink_whatever_was_named_between(recipe):
    told = f"{UNDER}{recipe} The films were annealed at 140 °C for 8 min.{OVER}"
    found = read_device(Document(clean(told).text))
    assert [found[f].value for f in (PROCEDURE, TEMPERATURE, TIME)] == ["Spin-coating", "140", "8"]


def test_a_heading_with_a_method_says_what_is_printed():
    recipe = (
        "The ink was MAPbI3 in DMF.\nInkjet-printed absorbers.\nWe "
        "printed with 1200 dpi and nozzles of 10 pL. Annealing at 100 °C lasted 20 min."
    )
    assert heat(recipe) == ("100", "20")


def test_a_salt_in_alcohol_behind_the_film_treats_its_surface():
    recipe = (
        f"{FILM}Anneal at 120 °C for 60 min.\nDissolve n-hexyltrimethylammonium bromide (HTAB) in "
        "isopropanol, 2 mg/ml. Spin 80 µl on the perovskite. Anneal at 100 °C for 5 min."
    )
    assert heat(recipe) == ("120", "60")


@pytest.mark.parametrize(
    "coating",
    [
        "MAPbI3 was dissolved in DMF. It was coated by a slot die on ITO/NiOx.",
        "MAI and PbI2 were dissolved in DMF and coated with an ultrasonic spray head on ITO/SnO2.",
    ],
)
def test_what_an_ink_is_coated_on_has_none_of_its_heat(coating):
    assert heat(f"{coating} The layer was annealed at 120 °C for 5 min.") == ("120", "5")


def test_a_salt_whose_name_is_unknown_spun_in_alcohol_treats_the_film():
    told = (
        "It was annealed at 140 °C for 8 min. XTACl in IPA (2 mg/mL, 4000 rpm) was spun on top "
        "and the film was heated for another 5 min at 80 °C."
    )
    assert heat(FILM + told) == ("140", "8")


@pytest.mark.parametrize(
    ("recipe", "temperature", "time"),
    [
        ("1.2 M MAPbI3 in DMF was spun at 4000 rpm. The sample lay for 2 min on a 70 °C hotplate and for 15 min on a 105 °C hotplate.", "70; 105", "2; 15"),
        ("MAI and PbI2 were dissolved in DMF, spin coated (2500 rpm, 30 s) and heated (70 °C, 2 min).", "70", "2"),
        ("MAPbI3 in DMF was kept at 70 °C and spun at 4000 rpm for 35 s. All films were annealed at 100 °C for 9 min.", "100", "9"),
        ("The salts for MAPbI3 went into DMF. The solution was deposited by spin coating at 4000 rpm. Anneal: 120 °C for 10 min.", "120", "10"),
        ("1 M MAPbI3 in DMF was stirred. Graphene oxide was dispersed into the solution. Spin coating was done at 4000 rpm. Anneal at 100 °C (1 h).", "100", "60"),
        ("\nSynthesis of perovskite films.\n1 M MAPbI3 was dissolved in DMF. It was spun at 4000 rpm and heated at 95 °C for 5 min.\n", "95", "5"),
    ],
)  # fmt: skip
def test_wordings_that_many_recipes_share(recipe, temperature, time):
    assert heat(recipe) == (temperature, time)

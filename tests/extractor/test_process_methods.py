"""Deposition methods are read as a paper says them, by the database's names (issue 14, point 3)."""

import pytest

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import PATTERNS, methods_of


def named(words: str) -> list[str]:
    return list(dict.fromkeys(method.name for method in methods_of(words.lower())))


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("the ink was spin-coated", "Spin-coating"),
        ("the ink was spin coated", "Spin-coating"),
        ("the ink was spun for 30 s", "Spin-coating"),
        ("at 4000 rpm", "Spin-coating"),
        ("by spinning it at 2000 rpm", "Spin-coating"),
        ("by spin-casting", "Spin-coating"),
        ("the ink was blade-coated", "Doctor blading"),
        ("it was bladed at 10 mm/s", "Doctor blading"),
        ("by doctor blading", "Doctor blading"),
        ("by bar-coating", "Doctor blading"),
        ("the ink was slot-die coated", "Slot-die coating"),
        ("with a slot die", "Slot-die coating"),
        ("by gravure printing", "Gravure printing"),
        ("inkjet-printed films", "Inkjet printing"),
        ("the paste was screen-printed", "Screen printing"),
        ("by stencil printing", "Screen printing"),
        ("with an ultrasonic spray nozzle", "Ultrasonic spray"),
        ("by spray pyrolysis", "Spray-pyrolys"),
        ("by spray-coating", "Spray-coating"),
        ("with an airbrush", "Spray-coating"),
        ("a drop of 3 µl covered each cell", "Dropcasting"),
        ("by chemical bath deposition", "CBD"),
        ("with the cbd method", "CBD"),
        ("the plates stood in the chemical bath for 3 h", "CBD"),
        ("by atomic layer deposition", "ALD"),
        ("by ald from tdmasn and water", "ALD"),
        ("it was sputtered", "Sputtering"),
        ("by rf sputtering", "Sputtering"),
        ("by magnetron sputtering", "Magnetron sputtering"),
        ("it was evaporated thermally", "Evaporation"),
        ("by thermal evaporation", "Evaporation"),
        ("it was sublimed", "Evaporation"),
        ("by e-beam evaporation", "E-beam evaporation"),
        ("the salts were co-evaporated", "Co-evaporation"),
        ("by close-space sublimation", "Close space sublimation"),
        ("by electrodeposition", "Electrodeposition"),
        ("in an autoclave", "Hydrothermal"),
        ("by pulsed laser deposition", "Pulsed laser deposition"),
        ("it was dipped into the bath", "Dipp-coating"),
        ("the ink infiltrated the pores", "Drop-infiltration"),
        ("it was drop-cast", "Dropcasting"),
        ("the electrode was laminated", "Lamination"),
        ("the paste was brush-painted", "Brush painting"),
    ],
)
def test_a_method_has_the_name_of_the_database(words, method):
    assert method in PATTERNS
    assert named(words)[:1] == [method]


@pytest.mark.parametrize(
    "words",
    [
        "the spin-coater was wiped",
        "the blading ink was filtered",
        "the spin-coating solution was stirred",
        "a sputtering target was bought",
        "the evaporation boats were new",
        "the slot-die coater stood in a hood",
        "spinach, spines and sprayers",
        "the shop was closed",
    ],
)
def test_a_thing_is_no_act(words):
    assert methods_of(words) == []


def test_a_rotary_evaporator_and_spun_off_solvent_deposit_nothing():
    assert named("the solvent was removed in a rotary evaporator") == []
    assert named("the excess was spun off") == []


def test_methods_come_in_the_order_of_the_text_with_their_places():
    words = "first sputtered, then spin-coated"
    found = methods_of(words)
    assert [words[method.start : method.end] for method in found] == ["sputtered", "spin-coated"]


def methods_by_layer(text: str) -> dict[str, str]:
    return {"+".join(o.names): o.method for o in operations_of(Document(text))}


def test_printed_is_the_printing_that_the_paper_names():
    text = "The cells have a carbon electrode, made by screen printing. Carbon was printed on them."
    assert methods_by_layer(text)["Carbon"] == "Screen printing"


def test_coated_is_the_coating_that_the_section_has_named():
    text = "PTAA was slot-die coated on ITO glass.\nThen PCBM was coated in the same way."
    assert methods_by_layer(text) == {"PTAA": "Slot-die coating", "PCBM-60": "Slot-die coating"}


def test_each_of_two_methods_in_a_sentence_has_its_own_layer():
    text = "C60 was evaporated and SnO2 was grown by atomic layer deposition."
    assert methods_by_layer(text) == {"C60": "Evaporation", "SnO2-c": "ALD"}
    text = "IZO was sputtered and a silver grid was evaporated through a mask."
    assert methods_by_layer(text) == {"IZO": "Sputtering", "Ag": "Evaporation"}


def test_the_special_spray_is_taken_before_the_plain_one():
    text = "ZnO was sprayed with an ultrasonic nozzle."
    assert methods_by_layer(text) == {"ZnO-c": "Ultrasonic spray"}
    text = "Compact TiO2 was sprayed on FTO by spray pyrolysis at 450 °C."
    assert methods_by_layer(text) == {"TiO2-c": "Spray-pyrolys"}


def test_of_a_generic_word_and_a_method_the_method_counts():
    assert methods_by_layer("SnO2 was deposited on FTO by chemical bath deposition.") == {
        "SnO2-c": "CBD"
    }
    assert methods_by_layer("NiO was applied to the glass.") == {"NiO-c": "Deposition"}


def test_a_bath_of_a_salt_is_a_chemical_bath():
    text = "FTO glass was hung in a bath of 2 g urea and 300 mg SnCl2·2H2O per 100 mL of water, 80 °C, 3 h."
    assert methods_by_layer(text)["SnO2-c"] == "CBD"
    assert (
        "CBD" not in methods_by_layer("The PTAA film was put in a bath of diethyl ether.").values()
    )


def test_a_sentence_without_a_subject_goes_on_with_the_solution_before_it():
    text = "Titanium diisopropoxide bis(acetylacetonate), diluted 1:20 in butanol. Sprayed onto the glass at 440 °C."
    assert methods_by_layer(text) == {"TiO2-c": "Spray-coating"}


@pytest.mark.parametrize(
    "words",
    [
        "no layer of these cells was evaporated",
        "earlier attempts to spin-coat the paste",
        "instead of spin-coating",
        "in place of a sputtered film",
        "as one does for a spin-coated film",
    ],
)
def test_what_was_not_done_is_no_method(words):
    assert named(words) == []


def test_a_section_on_what_was_given_up_makes_no_layer():
    text = (
        "2.1 Fabrication of the cells\nThe carbon paste was screen-printed.\n"
        "2.2 Abandoned approaches\nThe carbon was sprayed, and tin oxide was sputtered.\n"
    )
    own = [o for o in operations_of(Document(text)) if not o.is_control]
    assert [(o.names, o.method) for o in own] == [(["Carbon"], "Screen printing")]


def test_a_print_is_the_printing_that_the_paper_names():
    text = "All porous layers were screen-printed. The final print was the carbon, 14 µm thick."
    assert methods_by_layer(text)["Carbon"] == "Screen printing"


def test_what_lies_on_the_glass_side_is_no_contact():
    text = (
        "The perovskite ink was spin-coated. Spiro-OMeTAD was spin-coated. Gold was evaporated. "
        "MgF2 (95 nm) was evaporated onto the glass side."
    )
    assert "MgF2" not in methods_by_layer(text)


def test_carbon_told_of_again_keeps_the_method_by_which_it_was_printed():
    text = (
        "The TiO2 paste and the carbon paste were screen-printed on FTO glass. The perovskite ink was dropped on the carbon. "
        "In modules the interconnection is formed by the carbon on bare FTO."
    )
    found = read_device(Document(text))
    assert found["Backcontact_deposition_procedure"].value == "Screen printing"


def test_two_layers_of_one_method_before_a_third_of_another_have_it_both():
    text = "PCBM was spin-coated, PEIE was spin-coated on it, and Ag was evaporated."
    assert methods_by_layer(text) == {
        "PCBM-60": "Spin-coating",
        "PEIE": "Spin-coating",
        "Ag": "Evaporation",
    }

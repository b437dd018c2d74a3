"""What the extractor sees in a text: quantities, names, device stacks, heat treatments, formulas."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.extractor.annealing import best_by_value, events
from masterkey.extractor.areas import area_features
from masterkey.extractor.compositions import long_form, rounded, short_form, written_formulas
from masterkey.extractor.lexicon import SPELLINGS, base, spellings, squash
from masterkey.extractor.mentions import Reader
from masterkey.extractor.reading import MAX_CHARACTERS, MAX_QUANTITIES, Paper, nearest

READER = Reader(["HTM-7"])
PAPER = (
    "PbI2 (99%), MAI and spiro-OMeTAD were purchased from a supplier. "
    "FTO glass was cleaned in acetone. A compact TiO2 layer was sprayed at 450 °C for 30 min. "
    "PbI2 and MAI were dissolved in DMF/DMSO. The perovskite solution was spin-coated at 4000 rpm "
    "and the film was annealed at 65 °C for 1 min and 100 °C for 10 min. "
    "Then spiro-OMeTAD as hole transport layer was spun. Finally 80 nm of Au was evaporated. "
    "The cells, FTO/c-TiO2/MAPbI3/Spiro-OMeTAD/Au, had an area of 0.3 cm × 0.3 cm."
)


def values(quantities) -> list[float]:
    return [quantity.value for quantity in quantities]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dried at 100 °C", [100]),
        ("at 70 and 100 ºC", [70, 100]),
        ("60–80 °C", [60, 80]),
        ("at 95℃ overnight", [95]),
        ("4000 rpm, 0.5 cm", []),
    ],
)
def test_temperatures_are_read_in_degrees(text, found):
    assert values(Paper(text).temperatures) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("for 10 min", [10]),
        ("for 1.5 h", [90]),
        ("for 20 s", [0.33]),
        ("a 30-minute bake", [30]),
        ("at 5 mg mL-1", []),
        ("5 °C min-1 and 10 s−1", []),
    ],
)
def test_durations_are_read_in_minutes(text, found):
    assert values(Paper(text).durations) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.09 cm2", [0.09]),
        ("9 mm²", [0.09]),
        ("a 3 mm × 3 mm mask", [0.09]),
        ("0.3 x 0.4 cm2", [0.12]),
        ("100 mW cm−2 through 0.1 cm^2", [0.1]),
        ("2.5 cm long", []),
    ],
)
def test_areas_are_read_in_square_centimetres(text, found):
    assert values(Paper(text).areas) == pytest.approx(found)


def test_quantities_know_their_place():
    paper = Paper("heated to 150 °C")
    [quantity] = paper.temperatures
    assert paper.plain[quantity.start : quantity.end] == "150 °C"


def test_a_sentence_does_not_end_at_a_decimal_point():
    paper = Paper("It took 0.5 h. Then it ended.")
    assert paper.sentences == ["it took 0.5 h.", " then it ended."]
    assert [paper.sentence_of(place) for place in (0, 9, 16)] == [0, 0, 1]


def test_work_on_long_texts_is_bounded():
    paper = Paper("100 °C for 10 min, 1 cm2. " * 20_000)
    assert len(paper.plain) == MAX_CHARACTERS
    for quantities in (paper.temperatures, paper.durations, paper.areas):
        assert len(quantities) <= MAX_QUANTITIES


@given(st.lists(st.integers(0, 50)), st.lists(st.integers(0, 50)))
def test_nearest_is_the_smallest_difference(places, others):
    expected = min([20.0, *(abs(a - b) for a in places for b in others)])
    assert nearest(sorted(places), sorted(others), 20.0) == expected


# --- names ---------------------------------------------------------------------------------------


def test_spellings_differ_in_marks_and_case_only_where_names_are_long():
    assert squash("Spiro-OMeTAD") == squash("spiro OMeTAD") == "spiroometad"
    assert squash("Ag") != squash("ag")
    assert base("TiO2-mp") == "TiO2"
    assert squash("PC61BM") in spellings("PCBM-60")


def test_no_two_names_of_the_lexicon_share_their_own_name():
    names = [squash(name) for name in SPELLINGS]
    assert len(names) == len(set(names))


def test_names_are_found_in_any_of_their_spellings():
    reading = READER.read(PAPER)
    assert len(reading.places("Spiro-MeOTAD")) == 3
    assert len(reading.places("TiO2-c")) == 2
    for start, end in reading.places("Spiro-MeOTAD"):
        assert "OMeTAD" in PAPER[start:end]
    assert reading.places("PTAA") == []
    assert READER.read("agitated at al. Silver").places("Al") == []


def test_the_side_of_a_layer_is_read_from_written_stacks_in_both_directions():
    for stack in ("FTO/c-TiO2/MAPbI3/PTAA/Au", "Au/PTAA/MAPbI3/c-TiO2/FTO"):
        reading = READER.read(f"The stack was {stack} here.")
        assert reading.side("TiO2-c") == (-1.0, -1.0)
        assert reading.side("PTAA") == (1.0, 1.0)
        assert reading.side("Au") == (1.0, 2.0)
    assert reading.side("PCBM-60") == (0.0, 0.0)


def test_purchased_chemicals_are_no_deposition():
    reading = READER.read(PAPER)
    words = set(reading.pseudo_text.split())
    assert {"Spiro-MeOTAD", "Spiro-MeOTAD@after", "Spiro-MeOTAD@HTL", "TiO2-c@before"} <= words
    assert "Spiro-MeOTAD@before" not in words
    assert reading.perovskite_sentence == 4


def test_a_name_that_nobody_knows_is_found_by_its_looks():
    text = "As hole transport layer XY-Z12 was spun; XRD and UV light. XY-Z12 conducts holes."
    reading = READER.read(text)
    assert reading.new_names["HTL"][0] == "XY-Z12"
    assert "XRD" not in reading.new_names["HTL"]
    assert len(reading.places("XY-Z12")) == 2
    assert READER.read("PTAA was spun as hole transport layer.").new_names["HTL"] == []


def test_all_names_of_all_papers_have_equally_many_features():
    lengths = {
        len(READER.read(text).features(name))
        for text in ("", PAPER, "Au")
        for name in ("Au", "TiO2-mp", "nobody knows")
    }
    assert len(lengths) == 1


# --- heat treatments, areas ----------------------------------------------------------------------


def test_a_temperature_goes_with_the_time_next_to_it():
    found = [(event.temperature, event.time) for event in events(READER.read(PAPER))]
    assert found == [(450, 30), (65, 1), (100, 10)]


def test_a_time_near_annealing_stands_alone_where_no_temperature_is_given():
    found = events(READER.read("It was annealed for 20 min."))
    assert [(event.temperature, event.time) for event in found] == [(None, 20)]
    assert events(READER.read("It was stirred for 20 min.")) == []


def test_of_events_of_one_temperature_the_best_counts():
    found = events(READER.read("Annealed at 100 °C for 5 min. Heated at 100 °C for 9 min."))
    found[0].temperature_score, found[1].temperature_score = 0.2, 0.7
    assert best_by_value(found, "temperature") == {100: (0.7, 1)}


def test_area_features_say_where_the_word_mask_stands():
    paper = Paper("Substrates of 4 cm2. The mask was 0.1 cm2.")
    masked, substrate = area_features("0.1", paper), area_features("4", paper)
    assert masked[4] < substrate[4] == 200.0
    assert area_features("", paper)[:2] == [-1.0, 0]


# --- formulas ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("CH3NH3PbI3", "MAPbI3"),
        ("MAPbI3-xClx", "MAPbI3"),
        ("CH3NH3PbI3(Cl)", "MAPbI3"),
        ("(FAPbI3)0.85(MAPbBr3)0.15", "FA0.85MA0.15PbBr0.45I2.55"),
        ("Cs2AgBiBr6", "AgCs2BiBr6"),
        ("(PEA)2(MA)2Pb3I10", "(PEA)2MA2Pb3I10"),
        ("PbI2", None),
        ("TiO2", None),
        ("NaCl", None),
    ],
)
def test_formulas_are_written_as_in_the_database(written, form):
    assert long_form(written) == form


def test_short_forms_lose_their_coefficients():
    assert short_form("FA0.85MA0.15PbBr0.45I2.55") == "FAMAPbBrI"
    assert short_form("FAxMAxPbBrxIx") == "FAMAPbBrI"
    assert rounded("Cs0.05FA0.8075MA0.1425PbI3") == "Cs0.05FA0.81MA0.14PbI3"


def test_exact_and_rounded_formulas_share_their_places():
    found = written_formulas(Paper("So Cs0.05(FA0.85MA0.15)0.95PbI3 was made."))
    assert set(found) == {"Cs0.05FA0.8075MA0.1425PbI3", "Cs0.05FA0.81MA0.14PbI3"}
    assert list(found.values()) == [[3], [3]]


@given(st.text(max_size=300) | st.text("PbI3MAFA(0.5)x-/ °C10min,.ITO×cm2", max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_can_be_read(text):
    reading = READER.read(text)
    paper = reading.paper
    for quantity in (*paper.temperatures, *paper.durations, *paper.areas):
        assert 0 <= quantity.start < quantity.end <= len(paper.plain)
    for event in events(reading):
        assert len(event.features) == len(events(READER.read("at 100 °C"))[0].features)
    for form in written_formulas(paper):
        assert long_form(form) is not None
    assert len(reading.features("Au")) == len(READER.read("").features("Au"))
    assert isinstance(reading.pseudo_text, str)
    assert all(isinstance(count, float) for count in reading.paper_cues)

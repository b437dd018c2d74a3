"""Quotations: the right place, whole words around it, and nothing that a terminal could obey."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.schema import fields as schema
from masterkey.terminal.quotations import Quotation, printable, quote

TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"
PAPER = (
    "The paste was sintered at 100 °C for 10 min. SnO2 (100 nm) was spun at 3000 rpm. Nothing of "
    "interest was done for a long while after this step was over and everybody had gone home. "
    "The films were annealed at 100 °C for 10 minutes. In 2-propanol, 60 devices stood on glass/FTO."
)


def shown(quotation: Quotation) -> str:
    return "".join(f"«{piece}»" if is_value else piece for piece, is_value in quotation.pieces)


def test_the_value_is_quoted_with_whole_words_around_it():
    assert shown(quote("ETL_stack_sequence", "SnO2", PAPER, 40)) == (
        "… °C for 10 min. «SnO2» (100 nm) was spun …"
    )


def test_a_number_is_quoted_with_its_unit_and_near_a_word_that_speaks_of_the_field():
    for field, value in ((TEMPERATURE, "100"), (TIME, "10")):
        text = shown(quote(field, value, PAPER))
        assert "films were annealed" in text
        assert "sintered" not in text
    assert "«100» °C" in shown(quote(TEMPERATURE, "100.0", PAPER))


def test_a_unit_that_several_numbers_share_belongs_to_each():
    text = "Diluted 70 times and 90 times. Dried at 70, 90, or 100 °C."
    quotation = quote(TEMPERATURE, "70; 90", text)
    assert shown(quotation).endswith("Dried at «70», «90», or 100 °C.")
    assert not quotation.lacks_unit


def test_a_number_that_stands_without_its_unit_is_quoted_with_that_said():
    quotation = quote(TIME, "2", PAPER)
    assert quotation.lacks_unit
    assert "«2»-propanol" in shown(quotation)
    assert not quote("ETL_stack_sequence", "SnO2", PAPER).lacks_unit


def test_of_several_numbers_only_those_with_their_unit_are_quoted():
    quotation = quote(TIME, "2; 10", PAPER)  # 2-propanol is no time
    assert "at 100 °C for «10» minutes" in shown(quotation)
    assert quotation.missing == ("2",)
    assert not quotation.lacks_unit


def test_degrees_are_known_as_pdfs_spell_them():
    for unit in ("°C", "ºC", "oC", "˚C", "∘C", "degrees"):
        assert not quote(TEMPERATURE, "70", f"Annealed at 70 {unit}.").lacks_unit


def test_a_count_is_quoted_only_where_something_is_counted():
    count = "Stability_average_over_n_number_of_cells"
    assert quote(count, "2", PAPER) == Quotation((), ("2",))
    assert "«60» devices" in shown(quote(count, "60", PAPER))


def test_parts_that_the_text_lacks_are_named_as_the_value_writes_them():
    quotation = quote("Substrate_stack_sequence", "SLG | FTO", PAPER)
    assert quotation.missing == ("SLG",)
    assert "glass/«FTO»." in shown(quotation)
    assert quote("HTL_stack_sequence", "PTAA", PAPER) == Quotation((), ("PTAA",))


def test_an_ending_that_only_the_database_writes_is_named():
    quotation = quote("ETL_stack_sequence", "SnO2-np", PAPER)
    assert "«SnO2»" in shown(quotation)
    assert (quotation.missing, quotation.lacking) == ((), ("-np",))
    own = quote("ETL_stack_sequence", "SnO2-np", "A film of SnO2-np.")
    assert shown(own) == "A film of «SnO2-np»."
    assert own.lacking == ()


def test_parts_are_quoted_where_they_stand_together():
    text = f"DMF was bought. {'Much was said. ' * 20}PbI2 in DMF and DMSO was spun. {'More. ' * 30}"
    assert "PbI2 in «DMF» and «DMSO» was" in shown(
        quote("Perovskite_deposition_solvents", "DMF; DMSO", text)
    )


def test_parts_far_apart_get_a_piece_each():
    text = f"Of ITO first. {'Much was said. ' * 20}Then MgF2 came."
    assert shown(quote("Substrate_stack_sequence", "ITO | MgF2", text, 40)) == (
        "Of «ITO» first. Much … said. Then «MgF2» came."
    )


def told(*words: str) -> list[tuple[int, int]]:
    return [(PAPER.index(word), PAPER.index(word) + len(word)) for word in words]


def test_where_a_method_has_read_the_value_that_place_is_quoted():
    quotation = quote("ETL_stack_sequence", "SnO2-np", PAPER, told=told("everybody had gone home"))
    assert "«everybody had gone home»" in shown(quotation)
    assert "SnO2" not in shown(quotation)
    assert (quotation.missing, quotation.lacking, quotation.lacks_unit) == ((), (), False)


def test_places_that_were_told_are_quoted_in_the_order_of_the_text():
    places = told("3000 rpm", "10 min", "3000 rpm")
    text = shown(quote(TIME, "10", PAPER, told=places))
    assert text.index("«10 min»") < text.index("«3000 rpm»")
    assert text.count("«") == 2


def test_of_very_many_places_the_first_few_are_quoted():
    places = [(n, n + 1) for n in range(0, 200, 10)]
    assert shown(quote(TIME, "10", PAPER, told=places)).count("«") <= 4


def test_places_that_overlap_are_quoted_once():
    start = PAPER.index("annealed at 100 °C")
    text = shown(
        quote(TEMPERATURE, "100", PAPER, told=[(start, start + 18), (start + 12, start + 18)])
    )
    assert text.count("annealed at 100 °C") == 1


@given(st.lists(st.tuples(st.integers(0, 250), st.integers(0, 40)), max_size=6))
def test_any_places_give_a_quotation_of_the_text(places):
    spans = [(start, min(start + length, len(PAPER))) for start, length in places]
    whole = printable(PAPER).replace(" ", "")
    for piece in re.split(
        "…", "".join(p for p, _ in quote(TIME, "10", PAPER, 40, told=spans).pieces)
    ):
        assert piece.replace(" ", "") in whole


def test_control_characters_and_line_breaks_are_not_printed():
    text = "A film\x1b[2J of\nSnO2\x07 \u202eon\tFTO"
    assert shown(quote("ETL_stack_sequence", "SnO2", text)) == "A film�[2J of «SnO2»� �on FTO"
    assert printable("a\ud800b") == "a�b"


values = st.sampled_from(["100", "SnO2-np", "DMF; DMSO", "MAPbI3", "SLG | FTO", "nip", "a-b", "Ω"])
texts = st.text(st.sampled_from("SnO2-p FTDMF;10 °C\nannealed.\x1b漢İ"), max_size=300)


@given(st.sampled_from(schema.SII_FIELDS), st.one_of(values, st.text(max_size=20)), texts)
def test_quotations_hold_nothing_but_the_text(field, value, text):
    quotation = quote(field, value, text, 30)
    whole = printable(text).replace(" ", "")
    for piece in re.split("…", "".join(piece for piece, _ in quotation.pieces)):
        assert piece.replace(" ", "") in whole
    # Marked parts beside each other may be many; the text around them is not.
    around = sum(len(piece) for piece, is_value in quotation.pieces if not is_value)
    assert around <= 4 * (2 * (30 + 25) + 6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "SnO2" * 50_000,
        "漢" * 50_000 + " SnO2 " + "漢" * 50_000,
        "1 " * 50_000,
        "1, " * 50_000,
        "1 min annealed " * 20_000,
    ],
)
def test_very_long_texts_and_words_give_short_quotations(text):
    for field, value in (("ETL_stack_sequence", "SnO2"), (TIME, "1")):
        assert sum(len(piece) for piece, _ in quote(field, value, text).pieces) < 200

"""Canonical values, formulas and their places in a text."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from masterkey.schema.composition import parse_formula
from masterkey.schema.evidence import find_part, find_value, occurs
from masterkey.schema.fields import SII_FIELDS, parse_sii_answer
from masterkey.schema.values import (
    _CANONICAL,
    COMPOSITION_FIELDS,
    ORDERED_FIELDS,
    SYNONYMS,
    canonical_part,
    count_matches,
    parse_value,
    plain,
    reported_parts,
)

ETL = "ETL_stack_sequence"
LONG = "Perovskite_composition_long_form"
AREA = "Cell_area_measured"
TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"

# Text that looks like values, so that separators, numbers and empty pieces meet.
value_texts = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(["A", "b-c", "TiO2", "nan", "Unknown", "none", "1.0", "1", "1e309", "²", "|", ">>", ";", " ", "MAPbI3", "("]),
        max_size=14,
    ).map("".join),
)  # fmt: skip
fields = st.sampled_from(SII_FIELDS)


# --- formulas ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        (
            "FA0.85MA0.15PbBr0.45I2.55",
            {"FA": 0.85, "MA": 0.15, "Pb": 1, "Br": 0.45, "I": 2.55},
        ),
        ("(BA)2(MA)3Pb4I13", {"BA": 2, "MA": 3, "Pb": 4, "I": 13}),
        ("MAPb(I0.85Br0.15)3", {"MA": 1, "Pb": 1, "I": 2.55, "Br": 0.45}),
        ("HC(NH2)2PbI3", {"FA": 1, "Pb": 1, "I": 3}),
        ("CsBa0.1Pb0.9I₃", {"Cs": 1, "Ba": 0.1, "Pb": 0.9, "I": 3}),
        ("(5-AVAI)0.05MA0.95PbI3", {"5-AVAI": 0.05, "MA": 0.95, "Pb": 1, "I": 3}),
        ("MAPbI3Cl0", {"MA": 1, "Pb": 1, "I": 3}),
        ("CsFAGUMAPbBrI", {"Cs": 1, "FA": 1, "GA": 1, "MA": 1, "Pb": 1, "Br": 1, "I": 1}),
    ],
)
def test_a_formula_is_read_by_ion_and_coefficient(text, formula):
    assert parse_formula(text) == formula


@pytest.mark.parametrize(
    "text",
    [
        *("", "MAPbI3-xClx", "FAxMAxPbBrxIx", "PEDOT", "(MAPbI3", "MAPbI3)", "()", "MA PbI3"),
        *("mapbi3", "P(NDI2OD-T2)", "3", "I" + "9" * 400, "(" * 400, "MAPbI³", "I" * 10_000),
    ],
)
def test_what_is_no_formula_gives_none(text):
    assert parse_formula(text) is None


@given(st.text())
def test_any_text_is_a_formula_of_positive_finite_coefficients_or_none(text):
    formula = parse_formula(text)
    assert formula is None or all(0 < n < float("inf") for n in formula.values())


# --- values --------------------------------------------------------------------------------------


def test_a_value_is_parsed_into_layers_steps_and_sorted_parts():
    assert parse_value(ETL, "TiO2-c | TiO2-mp>>MgO ;Al2O3") == (
        (("tio2-c",),),
        (("tio2-mp",), ("al2o3", "mgo")),
    )


@pytest.mark.parametrize(
    "text", ["", " ", "nan", "NaN", "nan; nan", "Unknown", "unknown | nan", ";"]
)
def test_values_that_say_nothing_are_not_reported(text):
    assert parse_value(AREA, text) == ()


@pytest.mark.parametrize("text", ["none", "non", "Undoped", "0", "NA", "n/a"])
def test_none_and_undoped_are_values(text):
    assert reported_parts(parse_value(ETL, text))


@pytest.mark.parametrize("text", ["0.1", "0.10", " .1", "1e-1", "+0.1", "0.1 cm2", "0.1cm²"])
def test_numbers_compare_by_value(text):
    assert canonical_part(AREA, text) == "0.1"


@pytest.mark.parametrize("text", ["1e309", "inf", "1_000", "²", "10²", "１", "0x10", "--1", "1,5"])
def test_what_is_no_finite_decimal_number_is_a_name(text):
    assert canonical_part(AREA, text) == text


def test_minus_zero_is_zero():
    assert canonical_part(AREA, "-0.0") == canonical_part(AREA, "0")


@pytest.mark.parametrize("field", [TEMPERATURE, "Stability_temperature_range"])
@pytest.mark.parametrize(
    "degrees",
    [
        *(
            "˚C",
            "ºC",
            "℃",
            "°C",
            "∘C",
            "◦C",
            "degC",
            "deg C",
            "deg. C",
            "° C",
            "oC",
            "°c",
            "C",
            "°",
        ),
        *("degrees", "degrees Celsius", "degree C", "Celsius"),
    ],
)
def test_a_temperature_may_have_any_sign_of_degree(field, degrees):
    for text in (f"100 {degrees}", f"100.0{degrees}", f" 100  {degrees} "):
        assert canonical_part(field, text) == "100"
    assert parse_value(field, f"25 {degrees}; 100{degrees}") == ((("25", "100"),),)
    assert canonical_part(AREA, f"100 {degrees}") != "100"


@pytest.mark.parametrize("text", ["100 o", "100 K", "100 °F", "°C", "100 °C °C", "100 min"])
def test_what_is_no_number_of_degrees_celsius_is_a_name(text):
    assert canonical_part(TEMPERATURE, text) != "100"


def test_a_unit_of_another_field_is_not_taken_off():
    assert canonical_part(TEMPERATURE, "100 °C") == "100"
    assert canonical_part(TEMPERATURE, "100 min") != "100"


def test_every_synonym_reads_as_its_own_name_and_no_name_is_a_synonym():
    for name, others in SYNONYMS.items():
        assert {canonical_part(ETL, other) for other in (name, *others)} == {name}
    assert not set(SYNONYMS) & set(_CANONICAL)
    assert len(_CANONICAL) == sum(map(len, SYNONYMS.values()))


def test_a_name_broken_by_a_newline_is_whole():
    assert parse_value("HTL_stack_sequence", "2,\n2’-BiPy") == ((("2,2'-bipy",),),)


def test_the_order_of_a_programme_counts_and_that_of_a_mixture_does_not():
    assert parse_value(TEMPERATURE, "65; 100") != parse_value(TEMPERATURE, "100; 65")
    assert parse_value(ETL, "A; B") == parse_value(ETL, "B; A")


@given(fields, value_texts)
def test_any_text_has_a_value_and_parses_the_same_twice(field, text):
    value = parse_value(field, text)
    assert value == () or reported_parts(value)
    assert parse_value(field, f"  {text} ") == value


@given(fields, value_texts, value_texts)
def test_matches_are_symmetric_and_never_more_than_the_parts(field, one, other):
    a, b = parse_value(field, one), parse_value(field, other)
    matches = count_matches(field, a, b)
    assert matches == count_matches(field, b, a)
    assert matches <= min(len(reported_parts(a)), len(reported_parts(b)))
    assert count_matches(field, a, a) == len(reported_parts(a))


small_layers = st.lists(st.sampled_from("abc"), max_size=5)


@given(small_layers, small_layers)
def test_alignment_finds_the_longest_common_subsequence(one, other):
    def subsequences(word):
        return {s for n in range(len(word) + 1) for s in itertools.combinations(word, n)}

    longest = max(map(len, subsequences(one) & subsequences(other)))
    a, b = (parse_value(ETL, " | ".join(layers)) for layers in (one, other))
    assert count_matches(ETL, a, b) == longest


def test_a_long_rambling_prediction_is_compared_in_time():
    rambling = parse_value(ETL, "TiO2-c | " * 20_000)
    assert count_matches(ETL, parse_value(ETL, "TiO2-c | TiO2-mp"), rambling) == 1


def test_ordered_and_composition_fields_are_fields():
    assert set(SII_FIELDS) >= ORDERED_FIELDS | COMPOSITION_FIELDS


def test_published_answers_parse_and_equal_themselves(shared_data):
    import json

    for row in json.loads((shared_data / "sii360.json").read_text()):
        answer = parse_sii_answer(row["output"])
        for field, text in answer.items():
            value = parse_value(field, text)
            assert count_matches(field, value, value) == len(reported_parts(value))
        composition = answer[LONG]
        assert "FAx" in composition or all(map(parse_formula, composition.split(" | ")))


# --- places in a text ----------------------------------------------------------------------------


def places(field, value, text):
    return [
        text[start:end] for spans in find_value(field, value, text).values() for start, end in spans
    ]


@pytest.mark.parametrize(
    ("field", "value", "text", "found"),
    [
        ("Cell_architecture", "pin", "spin-coating, pinned", []),
        ("Cell_architecture", "pin", "a P-I-N or pin stack", ["P-I-N", "pin"]),
        (AREA, "0.1", "0.10 cm2, not 0.16, 10.1 or v0.1", ["0.10"]),
        (AREA, "61", "PC61BM", []),
        ("Stability_time_total_exposure", "1000", "for 1,000 h, 1000h", ["1,000", "1000"]),
        (TEMPERATURE, "25; 30", "at 25-30 °C", ["25", "30"]),
        (TEMPERATURE, "-20", "at −20 °C", ["−20"]),
        ("ETL_deposition_procedure", "Spin-coating", "Spin\ncast", ["Spin\ncast"]),
        (LONG, "MAPbI3", "(CH3NH3PbI3), MAPbI₃-xClx", ["(CH3NH3PbI3)"]),
        ("Cell_flexible", "FALSE", "false", []),
        (ETL, "TiO2-c", "İ TiO₂-c", ["TiO₂-c"]),
    ],
)
def test_a_value_is_found_as_a_whole_word(field, value, text, found):
    assert places(field, value, text) == found


@given(fields, value_texts, st.text(max_size=200))
def test_places_lie_within_any_text(field, value, text):
    for part in reported_parts(parse_value(field, value)):
        for start, end in find_part(field, part, text):
            assert 0 <= start < end <= len(text)


words_in_text = st.lists(
    st.sampled_from(["TiO2", "-", " ", "c", "x", "1.0", ".", "_", "spin", "\n"])
)


@example("Substrate_stack_sequence", "-", " ")
@given(fields, value_texts | words_in_text.map("".join), st.text() | words_in_text.map("".join))
def test_a_part_occurs_where_it_is_found(field, value, text):
    for part in reported_parts(parse_value(field, value)):
        assert occurs(field, part, text) == bool(find_part(field, part, text))


def test_runs_of_hyphens_are_searched_for_in_time():
    assert find_value(ETL, "a" + "-" * 100 + "b", "a" + "-" * 100 + " c" * 100) == {
        "a" + "-" * 100 + "b": []
    }
    assert places(ETL, "---", "a --- b") == ["---"]


@given(st.text())
def test_plain_text_keeps_its_length(text):
    assert len(plain(text)) == len(text)

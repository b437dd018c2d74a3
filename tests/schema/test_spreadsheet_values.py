"""Decimal commas, booleans of other languages, and times with a unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.schema.spreadsheet_values import boolean, decimal_points, in_minutes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("17,5", "17.5"),
        ("-0,5", "-0.5"),
        ("0,125", "0.125"),
        ("12,5; 100", "12.5; 100"),
        ("12,5 | 0,5 >> 3,25", "12.5 | 0.5 >> 3.25"),
        ("17,5 %", "17.5 %"),
        ("1,440", "1,440"),
        ("1,234,567", "1,234,567"),
        ("1.234,5", "1.234,5"),
        ("2,2',7-X", "2,2',7-X"),
        ("Cs0,05FA0,95PbI3", "Cs0,05FA0,95PbI3"),
    ],
)
def test_a_comma_between_digits_is_a_point_where_it_can_be_nothing_else(value, expected):
    assert decimal_points(value, thousands_possible=True) == expected


def test_where_no_thousands_are_possible_three_decimals_are_decimals():
    assert decimal_points("1,050", thousands_possible=False) == "1.050"


@given(st.decimals(min_value=0, max_value=99, places=2))
def test_any_number_is_read_as_it_would_be_with_a_point(number):
    text = str(number)
    assert decimal_points(text.replace(".", ","), thousands_possible=True) == text


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("600 s", "min", "10"),
        ("600 s >> 10", "min", "10 >> 10"),
        ("0.5h; 30 min", "min", "30; 30"),
        ("30 Min.", "min", "30"),
        ("10", "min", "10"),
        ("10.0", "min", "10.0"),
        ("1800 >> nan; 30", "s", "30 >> nan; 0.5"),
        ("10 min", "s", "10"),
        ("10-15 min", "min", "10-15 min"),
        ("over night", "min", "over night"),
        ("5 m", "min", "5 m"),
        ("Unknown", "s", "Unknown"),
        ("", "s", ""),
    ],
)
def test_times_become_minutes(value, unit, expected):
    assert in_minutes(value, unit=unit) == expected


@given(st.text(max_size=30))
def test_any_text_comes_through(value):
    assert in_minutes(in_minutes(value)) == in_minutes(value)
    assert len(decimal_points(value, thousands_possible=False)) == len(value)


@pytest.mark.parametrize("value", ["WAHR", "Ja", "vrai", "TRUE", "1"])
def test_true_in_other_languages(value):
    assert boolean(value) == "TRUE"


@pytest.mark.parametrize("value", ["FALSCH", "nein", "Faux", "0.0"])
def test_false_in_other_languages(value):
    assert boolean(value) == "FALSE"


def test_what_is_no_boolean_stays():
    assert boolean("vielleicht") == "vielleicht"

"""Answers and devices survive parsing and formatting, byte for byte."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.schema import fields as schema

# Values as the files have them: any text without a newline at its ends, blanks included.
sii_values = st.text(
    st.characters(blacklist_characters="\n\r", blacklist_categories=["Cs"]), max_size=20
).filter(lambda value: not value.endswith(",") and value == value.strip())


def test_there_are_31_fields_and_module_alone_belongs_to_no_group():
    grouped = [field for fields in schema.GROUPS.values() for field in fields]
    assert len(schema.SII_FIELDS) == len(set(schema.SII_FIELDS)) == 31
    assert len(grouped) == 30
    assert set(schema.SII_FIELDS) - set(grouped) == {"Module"}
    assert [len(fields) for fields in schema.GROUPS.values()] == [10, 6, 7, 7]


def test_there_are_19_device_fields_all_of_them_sii_fields():
    assert len(schema.MDP_FIELDS) == 19
    assert set(schema.MDP_FIELDS) < set(schema.SII_FIELDS)


@pytest.mark.slow
@given(st.lists(sii_values, min_size=31, max_size=31), st.booleans())
def test_any_answer_of_single_line_values_round_trips(values, markers):
    fields = dict(zip(schema.SII_FIELDS, values, strict=True))
    text = schema.format_sii_answer(fields, markers=markers)
    assert schema.parse_sii_answer(text) == {**fields, "Module": _end(fields["Module"])}


def _end(value: str) -> str:
    """The last value stands before the end of the text, where a marker is taken off."""
    return value.removesuffix("</s>")


@given(st.text(max_size=300))
def test_parsing_takes_any_text(text):
    fields = schema.parse_sii_answer(text)
    assert set(fields) <= set(schema.SII_FIELDS)
    assert set(schema.parse_mdp_input(text)) <= set(schema.MDP_FIELDS)
    numbers = schema.target_numbers(schema.parse_mdp_answer(text))
    assert tuple(numbers) == schema.MDP_TARGETS


def test_a_value_broken_by_a_newline_is_kept_whole():
    text = "ETL_stack_sequence: NiO-np | 2,\n2’-BiPy,\n ETL_additives_compounds: ,\n Module: FALSE"
    assert schema.parse_sii_answer(text) == {
        "ETL_stack_sequence": "NiO-np | 2,\n2’-BiPy",
        "ETL_additives_compounds": "",
        "Module": "FALSE",
    }


def test_a_repeated_field_keeps_its_first_value_and_an_unknown_one_is_left_out():
    text = "Cell_area_measured: 0.1,\n Cell_colour: red,\n Cell_area_measured: 0.2,\n Module: TRUE"
    assert schema.parse_sii_answer(text) == {"Cell_area_measured": "0.1", "Module": "TRUE"}


def test_a_colon_in_a_value_does_not_start_a_field():
    text = "HTL_stack_sequence: PEDOT:PSS,\n HTL_additives_compounds: Note: none"
    assert schema.parse_sii_answer(text) == {
        "HTL_stack_sequence": "PEDOT:PSS",
        "HTL_additives_compounds": "Note: none",
    }


def test_the_layout_of_the_published_mdp_test_file_gives_the_same_values():
    """regression40.json has a blank behind each line, none before it, and 0 to 3 decimals."""
    train = " Substrate stack sequence: SLG | ITO\n ETL stack sequence: SnO2-np###"
    test = "Substrate stack sequence: SLG | ITO \nETL stack sequence: SnO2-np ###"
    assert schema.parse_mdp_input(train) == schema.parse_mdp_input(test)
    answer = " JV default Voc: 1.21 \n JV default Jsc: 16 \n JV default FF: 0.745 \n JV default PCE: 14.42@@@"
    assert schema.target_numbers(schema.parse_mdp_answer(answer)) == {
        "Voc": 1.21,
        "Jsc": 16.0,
        "FF": 0.745,
        "PCE": 14.42,
    }


def test_targets_are_found_by_name_in_any_order():
    text = "JV default PCE: 9.5\nJV default Voc: 0.9"
    assert schema.target_numbers(schema.parse_mdp_answer(text)) == {
        "Voc": 0.9,
        "Jsc": None,
        "FF": None,
        "PCE": 9.5,
    }


def test_what_is_not_a_finite_number_is_no_number():
    targets = {"Voc": "nan", "Jsc": "1e309", "FF": "high", "PCE": ""}
    assert set(schema.target_numbers(targets).values()) == {None}


def test_a_number_may_carry_its_unit_and_be_followed_by_more_lines():
    text = (
        "JV default Voc: 1.05 V\nJV default Jsc: 22.1 mA/cm²\nJV default PCE: 17.2 %\nThat is all."
    )
    assert schema.target_numbers(schema.parse_mdp_answer(text)) == {
        "Voc": 1.05,
        "Jsc": 22.1,
        "FF": None,
        "PCE": 17.2,
    }


@pytest.mark.parametrize("text", ["1_000", "16 to 20", "٣", "0x10", "about 3", "1,5"])
def test_what_is_no_plain_number_is_no_number(text):
    assert schema.target_numbers({"PCE": text})["PCE"] is None


def test_not_reported_is_told_from_values():
    assert [schema.is_reported(v) for v in ("", " nan; nan ", "Unknown", "none", "Undoped", "0")] == [
        False, False, False, True, True, True,
    ]  # fmt: skip


def test_every_published_sii_answer_round_trips(shared_data):
    rows = json.loads((shared_data / "sii360.json").read_text("utf-8"))
    assert len(rows) == 360
    for row in rows:
        fields = schema.parse_sii_answer(row["output"])
        assert tuple(fields) == schema.SII_FIELDS
        assert schema.format_sii_answer(fields, markers=True) == row["output"]
        assert schema.parse_sii_answer(schema.format_sii_answer(fields)) == fields


def test_every_published_mdp_row_round_trips(shared_data):
    rows = json.loads((shared_data / "regression360.json").read_text("utf-8"))
    assert len(rows) == 360
    for row in rows:
        device = schema.parse_mdp_input(row["input"])
        targets = schema.parse_mdp_answer(row["output"])
        assert tuple(device) == schema.MDP_FIELDS
        assert schema.format_mdp_input(device, markers=True) == row["input"]
        assert schema.format_mdp_answer(targets, markers=True) == row["output"]
        assert schema.parse_mdp_input(schema.format_mdp_input(device)) == device

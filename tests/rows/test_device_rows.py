"""MDP rows in one form: what was read otherwise is counted, what is in that form stays byte for byte."""

import pytest

from masterkey.rows.device_rows import in_one_form, told
from masterkey.rows.records import Row, read_rows
from masterkey.schema import fields as schema

DEVICE = dict.fromkeys(schema.MDP_FIELDS, "") | {
    schema.ANNEALING_TIME: "10",
    schema.ANNEALING_TEMPERATURE: "100",
    "Cell_semitransparent": "FALSE",
}
TARGETS = {"Voc": "1.05", "Jsc": "22.10", "FF": "0.75", "PCE": "17.50"}


def row(targets: dict | None = None, **fields) -> Row:
    return Row(
        "a",
        schema.MDP_INSTRUCTION,
        schema.format_mdp_input(DEVICE | fields, markers=True),
        schema.format_mdp_answer(TARGETS | (targets or {}), markers=True),
        0,
    )


@pytest.mark.parametrize(
    ("targets", "fields", "change"),
    [
        ({"FF": "75"}, {}, "FF in percent, divided by 100"),
        ({"PCE": "17,50"}, {}, "decimal commas read as points"),
        ({}, {"Cell_semitransparent": "FALSCH"}, "booleans written otherwise"),
        ({}, {schema.ANNEALING_TEMPERATURE: "100,0"}, "decimal commas read as points"),
        (
            {},
            {schema.ANNEALING_TIME: "600 s"},
            "annealing times with a unit turned into minutes",
        ),
    ],
)
def test_other_forms_are_read_and_counted(targets, fields, change):
    rows, changes = in_one_form([row(targets, **fields)] * 2)
    assert +changes == {change: 2}
    for one in rows:
        numbers = schema.target_numbers(schema.parse_mdp_answer(one.output))
        assert numbers == {"Voc": 1.05, "Jsc": 22.1, "FF": 0.75, "PCE": 17.5}
        device = schema.parse_mdp_input(one.input)
        assert float(device[schema.ANNEALING_TEMPERATURE]) == 100
        assert {**device, schema.ANNEALING_TEMPERATURE: "100"} == DEVICE
    assert told(+changes, "x.json") == f"note: x.json: {change}: 2."


@pytest.mark.parametrize("text", ["about 1", "1,020,5", "1.02 ± 0.1"])
def test_what_is_no_number_is_left_out_of_that_target_alone(text):
    [one], changes = in_one_form([row({"Voc": text})])
    assert +changes == {"Voc that is no number, left out": 1}
    numbers = schema.target_numbers(schema.parse_mdp_answer(one.output))
    assert numbers == {"Voc": None, "Jsc": 22.1, "FF": 0.75, "PCE": 17.5}


def test_the_published_rows_stay_as_they_are(shared_data):
    published = read_rows(shared_data / "regression360.json", task="mdp")
    rows, changes = in_one_form(published)
    assert rows == published
    assert not +changes


def test_a_row_without_an_answer_stays_without():
    one = Row("a", "", "ETL stack sequence: C60", None, 0)
    assert in_one_form([one]) == ([one], {})

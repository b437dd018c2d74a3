"""The published scripts' text, with any number of lines per record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.rows.predictions import parse_answer
from masterkey.rows.published_predictions import (
    PUBLISHED_TEXT,
    parse_upstream_text,
    read_any_predictions,
)
from masterkey.rows.records import recipe_of
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

DEVICE = dict.fromkeys(schema.MDP_FIELDS, "") | {
    "Substrate_stack_sequence": "SLG | ITO",
    "ETL_stack_sequence": "TiO2-c",
    "Cell_semitransparent": "FALSE",
}
SII = dict.fromkeys(schema.SII_FIELDS, "Unknown") | {
    "Backcontact_stack_sequence": "Au",
    "Module": "FALSE",
}


def targets(voc="1.01", jsc="20.5", ff="0.70", pce="14.5"):
    return {"Voc": voc, "Jsc": jsc, "FF": ff, "PCE": pce}


def mdp_text(*records, arrow="->", between="\n"):
    return between.join(
        f"{before}prediction {arrow} {prediction}\nanswer {arrow} {answer}"
        for before, prediction, answer in records
    )


def test_mdp_records_are_read_by_name():
    answer = schema.format_mdp_answer(targets(), markers=True)
    shuffled = "JV default PCE: 9.0\nJV default Voc: 0.9 \nJV default FF: 0.6"
    lines = parse_upstream_text(mdp_text(("", answer, answer), ("", shuffled, answer)), "mdp", "x")
    assert [line["id"] for line in lines] == ["0", "1"]
    assert lines[0]["fields"] == lines[0]["reference_fields"]
    assert lines[1]["fields"] == {"Voc": 0.9, "Jsc": None, "FF": 0.6, "PCE": 9.0}
    assert lines[1]["reference_fields"]["Jsc"] == 20.5
    assert all(line["source"] == PUBLISHED_TEXT for line in lines)


def test_a_record_of_another_length_does_not_shift_the_next():
    answer = schema.format_mdp_answer(targets())
    other = schema.format_mdp_answer(targets(pce="3.0"))
    rambling = "I do not know.\n\nlet me think\n" * 7
    text = mdp_text(("", rambling, answer), ("", "", answer), ("", other, other))
    lines = parse_upstream_text(text, "mdp", "x")
    assert [line["fields"]["PCE"] for line in lines] == [None, None, 3.0]
    assert [line["reference_fields"]["PCE"] for line in lines] == [14.5, 14.5, 3.0]


@pytest.mark.parametrize("prompt", ["", "instruction: What's the PCE, input: ", "row 7\n---\n"])
@pytest.mark.parametrize("markers", [True, False])
def test_the_input_before_a_record_gives_its_recipe(prompt, markers):
    answer = schema.format_mdp_answer(targets(), markers=markers)
    other = DEVICE | {"ETL_stack_sequence": "SnO2-c"}
    inputs = [
        schema.format_mdp_input(device, markers=markers) for device in (DEVICE, other, DEVICE)
    ]
    text = mdp_text(*((f"{prompt}{input}\n", answer, answer) for input in inputs))
    lines = parse_upstream_text(text, "mdp", "x")
    assert [recipe_of(line["input"]) for line in lines] == [recipe_of(input) for input in inputs]
    assert [line["reference_fields"]["PCE"] for line in lines] == [14.5] * 3


def test_sii_records_are_read_with_the_long_arrow():
    answer = schema.format_sii_answer(SII, markers=True)
    prediction = schema.format_sii_answer(SII | {"Backcontact_stack_sequence": "Ag"}, markers=True)
    records = [("", prediction, answer), ("The paper's text.\n", "nothing", answer)]
    lines = parse_upstream_text(mdp_text(*records, arrow="-->"), "sii", "x")
    assert lines[0]["fields"] == SII | {"Backcontact_stack_sequence": "Ag"}
    assert lines[0]["reference_fields"] == SII
    assert lines[1]["fields"] == {}
    assert lines[1]["input"] == "The paper's text."


def test_a_field_missing_from_the_prediction_is_not_taken_from_the_answer():
    """The published parser filled Substrate_stack_sequence from the first line of the answer."""
    answer = schema.format_sii_answer(SII, markers=True)
    prediction = answer.partition("ETL_stack_sequence")[2]
    lines = parse_upstream_text(
        mdp_text(("", "ETL_stack_sequence" + prediction, answer)), "sii", "x"
    )
    assert "Substrate_stack_sequence" not in lines[0]["fields"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hello\nworld", "x: is neither JSON Lines nor text with 'prediction ->' and 'answer ->'"),
        ("prediction -> a\nprediction -> b", "line 2 starts 'prediction ->' where 'answer ->'"),
        ("\nanswer -> a", "line 2 starts 'answer ->' where 'prediction ->'"),
        ("prediction -> a\n", "the prediction at line 1 has no 'answer ->'"),
        ("prediction -> a\nanswer -> b", "the answer at line 2 names no field of the task MDP"),
    ],
)
def test_other_text_is_refused_in_one_sentence(text, found):
    with pytest.raises(UserError, match=r"^x: ") as error:
        parse_upstream_text(text, "mdp", "x")
    assert found in str(error.value)
    assert "\n" not in str(error.value)


def test_json_lines_are_told_from_text(tmp_path):
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"id": "7", "task": "mdp", "fields": {}}\n')
    text = tmp_path / "a.txt"
    text.write_text(mdp_text(("", "", schema.format_mdp_answer(targets()))))
    assert read_any_predictions(lines, "mdp")[0]["id"] == "7"
    assert read_any_predictions(text, "mdp")[0]["id"] == "0"


@given(st.lists(st.text().filter(lambda text: ">" not in text), min_size=1, max_size=4))
def test_any_prediction_text_keeps_its_record(predictions):
    answer = schema.format_mdp_answer(targets(), markers=True)
    lines = parse_upstream_text(mdp_text(*(("", text, answer) for text in predictions)), "mdp", "x")
    assert len(lines) == len(predictions)
    assert all(line["reference_fields"] == parse_answer("mdp", answer) for line in lines)


@given(st.text() | st.text("predictionaswer ->\nJV"))
def test_any_file_is_read_or_refused(text):
    try:
        assert parse_upstream_text(text, "mdp", "x")
    except UserError as error:
        message = str(error)
    else:
        message = "x: "
    assert message.startswith("x: ")

"""Prediction files: written as rows finish, continued after a kill, refused where they do not fit."""

import json

import pytest

from masterkey.rows.predictions import (
    PredictionWriter,
    header_path,
    prediction_line,
    read_header,
    read_predictions,
)
from masterkey.rows.records import Row
from masterkey.scripting.command_line import UserError

ROWS = [Row(str(i), "", f"paper {i}\u2028", "Module: TRUE", i) for i in range(4)]


@pytest.fixture
def data_file(tmp_path):
    path = tmp_path / "data.json"
    path.write_text("[]")
    return path


@pytest.fixture
def open_writer(tmp_path, data_file):
    def open_writer(settings=None, task="sii", data=data_file, **more):
        path = tmp_path / "runs" / "x.jsonl"
        return PredictionWriter(path, task, settings or {"model": "m"}, data, **more)

    return open_writer


def lines(*numbers):
    return [prediction_line("sii", ROWS[i], "Module: FALSE", stop_reason="eos") for i in numbers]


def test_lines_come_back_in_file_order_with_parsed_fields(open_writer):
    writer = open_writer()
    writer.write(lines(2, 3))
    writer.write(lines(0, 1))
    writer.finish()
    found = read_predictions(writer.path, "sii")
    assert [line["row"] for line in found] == [0, 1, 2, 3]
    assert found[0]["fields"] == {"Module": "FALSE"}
    assert found[0]["reference_fields"] == {"Module": "TRUE"}
    assert found[0]["input"] == "paper 0\u2028"
    assert read_header(writer.path)["settings"] == {"task": "sii", "model": "m"}


def test_a_killed_run_continues_and_drops_the_half_line(open_writer):
    writer = open_writer()
    writer.write(lines(2, 0))
    with open(writer.path, "a") as file:
        file.write('{"id": "1", "row": 1, "ta')
    again = open_writer()
    assert again.done == {"2", "0"}
    again.write(lines(1, 3))
    again.finish()
    assert [line["id"] for line in read_predictions(again.path, "sii")] == ["0", "1", "2", "3"]


def test_a_run_is_not_continued_with_other_settings_or_data(open_writer, tmp_path):
    open_writer().write(lines(0))
    with pytest.raises(UserError, match="written with another model"):
        open_writer({"model": "other"})
    other = tmp_path / "other.json"
    other.write_text("[1]")
    with pytest.raises(UserError, match="written with another data_path"):
        open_writer(data=other)
    assert open_writer({"model": "other"}, overwrite=True).done == set()


def test_an_mdp_line_holds_numbers(data_file):
    row = Row("0", "", "device", " JV default Voc: 1.0\n JV default PCE: 20@@@", 0)
    line = prediction_line("mdp", row, "JV default Voc: 0.9\nJV default Jsc: many")
    assert line["fields"] == {"Voc": 0.9, "Jsc": None, "FF": None, "PCE": None}
    assert line["reference_fields"]["PCE"] == 20.0


def test_the_header_lies_beside_the_predictions(tmp_path):
    assert header_path(tmp_path / "a.jsonl") == tmp_path / "a.header.json"


def test_predictions_of_the_other_task_are_refused(open_writer):
    writer = open_writer()
    writer.write(lines(0))
    writer.finish()
    with pytest.raises(UserError, match=r"'sii', expected 'mdp'; use sii_evaluate\.py"):
        read_predictions(writer.path, "mdp")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "holds no predictions"),
        ('{"id": "0"}\n', "line 1 is no prediction"),
        ('[{"id": "0"}]\n', "line 1 is no prediction"),
        ('{"id"\n', "line 1, column"),
        (2 * (json.dumps({"id": "7", "task": "sii", "fields": {}}) + "\n"), "id '7' occurs twice"),
    ],
)
def test_what_is_no_prediction_file_is_refused(tmp_path, content, found):
    path = tmp_path / "x.jsonl"
    path.write_text(content)
    with pytest.raises(UserError, match=found):
        read_predictions(path, "sii")


def test_a_json_name_for_json_lines_is_refused(data_file, tmp_path):
    with pytest.raises(UserError, match="JSON Lines"):
        PredictionWriter(tmp_path / "x.json", "sii", {}, data_file)

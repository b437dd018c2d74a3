"""Archives and PERLA's JSON as the other scripts take them: scored, predicted for, learned from."""

import json
import re
import runpy
import sys

import pytest

import sii_baseline
from masterkey.database.export import read_export
from masterkey.formats import nomad_llm
from masterkey.formats.archives import write_archives
from masterkey.formats.devices import Device
from masterkey.formats.inputs import read_devices
from masterkey.formats.numbers import as_text, typed
from masterkey.formats.outputs import write
from masterkey.rows.prediction_files import load_prediction_files
from masterkey.rows.published_predictions import read_any_predictions
from masterkey.rows.records import read_rows
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError, parse_arguments
from masterkey.scripting.provenance import data_file
from tests.conftest import ROOT
from tests.formats.random_devices import consistent_device, random_device

MEASURED = {"Voc": 1.05, "Jsc": 22.1, "FF": 0.754, "PCE": 17.5}


def measured_device(seed: int) -> Device:
    device = consistent_device(seed)
    return Device(device.paper, 1, device.fields, doi=device.doi, year=2021, measured=MEASURED)


def run_script(name: str, *words: str) -> None:
    before, sys.argv = sys.argv, [name, *map(str, words)]
    try:
        runpy.run_path(str(ROOT / name), run_name="__main__")
    finally:
        sys.argv = before


def test_archives_are_rows_of_both_tasks(tmp_path):
    write_archives([measured_device(seed) for seed in range(3)], tmp_path)
    (tmp_path / "10.1000_1.txt").write_text("An invented paper.", encoding="utf-8")
    rows = read_rows(tmp_path, task="mdp", answers="required")
    assert [row.paper for row in rows] == ["10.1000/0", "10.1000/1", "10.1000/2"]
    assert {row.year for row in rows} == {2021}
    assert schema.target_numbers(schema.parse_mdp_answer(rows[0].output)) == MEASURED
    device = schema.parse_mdp_input(rows[1].input)
    assert device["ETL_stack_sequence"] == measured_device(1).fields["ETL_stack_sequence"]
    sii = read_rows(tmp_path, task="sii", answers="required")
    assert [row.input for row in sii] == ["", "An invented paper.", ""]
    answer = schema.parse_sii_answer(sii[2].output)
    assert answer[schema.ANNEALING_TIME] == measured_device(2).fields[schema.ANNEALING_TIME]
    assert data_file(tmp_path)["bytes"] > 0


def test_archives_of_the_other_class_give_the_same_rows(tmp_path):
    devices = [measured_device(seed) for seed in range(3)]
    write_archives(devices, tmp_path / "classic")
    write_archives(devices, tmp_path / "llm", nomad_llm)
    classic, llm = (
        read_rows(tmp_path / name, task="mdp", answers="required") for name in ("classic", "llm")
    )
    assert [row.id for row in classic] == [row.id for row in llm]
    for own, other in zip(classic, llm, strict=True):
        first, second = (schema.parse_mdp_input(row.input) for row in (own, other))
        assert first[schema.ANNEALING_TIME] == second[schema.ANNEALING_TIME]
        assert first["HTL_stack_sequence"] == second["HTL_stack_sequence"]
        assert own.output == other.output


def test_archives_are_scored_against_a_table(tmp_path, capsys):
    lines = [
        {"id": str(seed), "row": seed, "task": "sii", "fields": consistent_device(seed).fields}
        for seed in range(4)
    ]
    write(lines, tmp_path / "archives", "nomad")
    write(lines, tmp_path / "answers.xlsx")
    run_script(
        "sii_evaluate.py", tmp_path / "archives", "--data_path", tmp_path / "answers.xlsx",
        "--output_path", tmp_path / "scores.json", "--n_resamples", "50",
    )  # fmt: skip
    scores = json.loads((tmp_path / "scores.json").read_text("utf-8"))
    assert scores["n"] == 4
    table = capsys.readouterr().out
    row = next(line for line in table.splitlines() if line.startswith("| ETL_stack_sequence"))
    assert "1.000" in row


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "archives"])
def test_files_without_defaults_are_read_whole_and_counted(tmp_path, name, capsys):
    nothing = dict.fromkeys(schema.SII_FIELDS, "")
    fields = nothing | {"ETL_stack_sequence": "SnO2", "Module": "FALSE"}
    line = {"id": "1", "row": 0, "task": "sii", "fields": fields, "source": {"Module": "default"}}
    format = "nomad" if name == "archives" else None
    write([line], tmp_path / name, format, omit_defaults=True)
    (tmp_path / "answers.json").write_text(
        json.dumps([{"id": "1", "input": "", "output": schema.format_sii_answer(fields)}])
    )
    run_script(
        "sii_evaluate.py", tmp_path / name, "--data_path", tmp_path / "answers.json",
        "--output_path", tmp_path / "scores.json", "--n_resamples", "20",
    )  # fmt: skip
    strict = json.loads((tmp_path / "scores.json").read_text("utf-8"))["strict"]
    assert (strict["n_parsed"], strict["exact_match"]) == (1, 30 / 31)
    assert strict["fields"]["Module"]["exact_match"] == 0
    assert "1 values that no paper states are not in it (--omit_defaults" in capsys.readouterr().err


COLUMNS = "'measured Voc [V]', 'measured Jsc [mA/cm2]', 'measured FF', 'measured PCE [%]'"


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("HTL_stack_sequence,PCE\nPTAA,17\n", f"a.csv: has no {COLUMNS}, so there is nothing"),
        ("HTL_stack_sequence,measured Voc [V]\nPTAA,1.0\n", "FF', 'measured PCE [%]', so"),
        (
            "id,HTL_stack_sequence,measured PCE [%]\nx,PTAA,17\ny,NiO,\n",
            "a.csv: 1 of 2 devices have no measured PCE (first: 'y'); fill it in",
        ),
    ],
)
def test_a_table_without_what_was_measured_is_told_with_its_columns(tmp_path, table, sentence):
    path = tmp_path / "a.csv"
    path.write_text(table)
    assert read_rows(path, task="mdp")[-1].output is None
    with pytest.raises(UserError, match=re.escape(sentence)):
        read_rows(path, task="mdp", answers="required")


def test_archives_without_a_measured_efficiency_teach_nothing(tmp_path):
    write_archives([consistent_device(1)], tmp_path)
    with pytest.raises(UserError, match=r"has no measured Voc, Jsc, FF, PCE, so .*; add it, or"):
        read_rows(tmp_path, task="mdp", answers="required")


def test_tables_are_scored_only_with_predictions_and_answers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,task,HTL_stack_sequence,predicted PCE [%]\nx,mdp,PTAA,17\n")
    with pytest.raises(UserError, match=re.escape(f"--data_path, or add the columns {COLUMNS}.")):
        load_prediction_files([str(path)], "mdp")
    path.write_text("id,task,HTL_stack_sequence,measured PCE [%]\nx,mdp,PTAA,17\n")
    with pytest.raises(UserError, match=r"a\.csv: holds no predicted Voc, Jsc, FF or PCE; give"):
        load_prediction_files([str(path)], "mdp")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet", "archives"])
def test_predictions_of_performance_come_back_with_what_was_measured(tmp_path, name):
    devices = [random_device(seed) for seed in range(3)]
    lines = [
        {
            "id": str(row),
            "row": row,
            "task": "mdp",
            "input": schema.format_mdp_input(device.fields, markers=True),
            "fields": {"Voc": 1.1, "Jsc": None, "FF": 0.75, "PCE": 18.25 + row},
            "reference_fields": MEASURED,
            "interval": {"Voc": [1.0, 1.2], "FF": [0.7, 0.8], "PCE": [15.0, 20.0]},
            "method": "nearest",
        }
        for row, device in enumerate(devices)
    ]
    write(lines, tmp_path / name, "nomad" if name == "archives" else None)
    back = read_any_predictions(tmp_path / name, "mdp")
    for line, device in zip(lines, devices, strict=True):
        # Of a typed quantity, "Unknown" is no value.
        told = {n: as_text(typed(n, v)) for n, v in device.fields.items() if n in schema.MDP_FIELDS}
        own = told if name == "archives" else device.fields
        line["input"] = schema.format_mdp_input(own, markers=True)
    assert back == lines


def test_rows_without_a_text_are_told(tmp_path, capsys):
    write_archives([measured_device(1)], tmp_path / "n")
    run_script(
        "convert_records.py", tmp_path / "n", "--output_path", tmp_path / "r.json", "--rows", "sii"
    )
    assert "note: 1 rows have no text to learn from" in capsys.readouterr().err


def test_papers_without_a_text_are_not_read(tmp_path):
    """The answer would be a guess that looks like a reading."""
    write_archives([measured_device(1), measured_device(2)], tmp_path / "n")
    for train, asked in (("data/sample/sii_train.json", "n"), ("n", "n")):
        words = [
            "--train",
            ROOT / train if "/" in train else tmp_path / train,
            "--method",
            "nearest",
        ]
        words += ["--data_path", tmp_path / asked, "--output_path", tmp_path / "out.jsonl"]
        with pytest.raises(UserError, match="n: holds no text of a paper"):
            sii_baseline.main(parse_arguments(sii_baseline.Arguments, "", [*map(str, words)]))
    assert not (tmp_path / "out.jsonl").exists()


def test_a_table_of_the_other_task_is_told(tmp_path):
    write([{"id": "1", "task": "sii", "fields": {"Module": "FALSE"}}], tmp_path / "a.csv")
    with pytest.raises(UserError, match=r"task 'sii', expected 'mdp'; use sii_evaluate.py"):
        read_any_predictions(tmp_path / "a.csv", "mdp")


def test_a_database_is_read_from_archives_as_from_its_table(tmp_path):
    devices = [measured_device(seed) for seed in range(4)]
    write_archives(devices, tmp_path)
    # As the plug-in's own conversion of a language model's record writes it.
    path = tmp_path / "10.1000_3.archive.json"
    archive = json.loads(path.read_text("utf-8"))
    archive["data"]["ref"]["name_of_person_entering_the_data"] = "LLM Extraction"
    archive["data"]["perovskite_deposition"]["thermal_annealing_time"] = "1800"
    path.write_text(json.dumps(archive), encoding="utf-8")
    export = read_export(tmp_path)
    assert export.is_nomad
    assert [entry.is_llm for entry in export.entries] == [False, False, False, True]
    times = [entry.fields[schema.ANNEALING_TIME] for entry in export.entries]
    assert times == [*(d.fields[schema.ANNEALING_TIME] for d in devices[:3]), "30"]
    assert export.entries[0].targets == {"Voc": "1.05", "Jsc": "22.1", "FF": "0.754", "PCE": "17.5"}
    assert export.changes["LLM annealing time: seconds turned into minutes"] == 1
    assert {entry.doi for entry in export.entries} == {f"10.1000/{n}" for n in range(4)}
    write_archives(devices, tmp_path / "llm", nomad_llm)
    of_steps = read_export(tmp_path / "llm")
    assert [entry.fields[schema.ANNEALING_TIME] for entry in of_steps.entries[:3]] == times[:3]
    assert of_steps.entries[0].targets["FF"] == "0.754"


def test_archives_without_a_measurement_are_no_database(tmp_path):
    write_archives([consistent_device(1)], tmp_path)
    with pytest.raises(UserError, match=r"none of its 1 archives has data.jv.default_PCE"):
        read_export(tmp_path)


def test_records_are_converted_by_a_script(tmp_path, capsys):
    line = {"id": "1", "task": "sii", "fields": {"ETL_stack_sequence": "SnO2", "Module": "FALSE"}}
    (tmp_path / "a.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    run_script(
        "convert_records.py",
        tmp_path / "a.jsonl",
        "--output_path",
        tmp_path / "p",
        "--format",
        "perla",
    )
    said = capsys.readouterr()
    assert "note: PERLA's JSON does not hold Module of 1 devices ('FALSE')." in said.err
    run_script("convert_records.py", tmp_path / "p", "--output_path", tmp_path / "b.jsonl")
    back = json.loads((tmp_path / "b.jsonl").read_text("utf-8"))
    assert (back["id"], back["fields"]) == ("1", {"ETL_stack_sequence": "SnO2"})
    write_archives([measured_device(1)], tmp_path / "n")
    run_script(
        "convert_records.py", tmp_path / "n", "--output_path", tmp_path / "r.json", "--rows", "mdp"
    )
    assert "written: 1 rows, 1 with an answer" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        run_script("convert_records.py", tmp_path / "a.jsonl", "--output_path", tmp_path / "x.odt")
    assert "its ending names no format" in capsys.readouterr().err


def test_decimal_commas_of_measured_values_are_read_and_counted(tmp_path, capsys):
    path = tmp_path / "german.csv"
    path.write_text(
        "HTL_stack_sequence;measured Voc [V];measured PCE [%]\nPTAA;1,05;17,5\nNiO;;9\n"
    )
    measured = [device.measured for device in read_devices(path)]
    assert [(of["Voc"], of["PCE"]) for of in measured] == [(1.05, 17.5), (None, 9.0)]
    assert "decimal commas of measured values read as points: 2." in capsys.readouterr().err

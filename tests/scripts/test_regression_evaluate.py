"""regression_evaluate.py as a user runs it: files in, tables, plots and regression_scores.json out."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import regression_evaluate as evaluate
from masterkey.rows.predictions import prediction_line
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.scoring.figures.mdp import axis_limits
from masterkey.scripting.tables import markdown_table, number_text

DEVICE = dict.fromkeys(schema.MDP_FIELDS, "")


def answer(pce: float) -> str:
    return schema.format_mdp_answer(
        {"Voc": f"{pce / 14:.4f}", "Jsc": "20", "FF": "0.7", "PCE": f"{pce:g}"}
    )


def rows(n: int = 6, prefix: str = "") -> list[Row]:
    """`n` rows, two of each recipe, PCE 10, 11, 12 …"""
    inputs = [
        schema.format_mdp_input(DEVICE | {"ETL_stack_sequence": f"ETL{number // 2}"})
        for number in range(n)
    ]
    return [
        Row(f"{prefix}{number}", schema.MDP_INSTRUCTION, input, answer(10 + number), number)
        for number, input in enumerate(inputs)
    ]


def write(path, rows, predictions, drop_answers=False):
    lines = [
        prediction_line("mdp", row, prediction)
        for row, prediction in zip(rows, predictions, strict=True)
    ]
    if drop_answers:
        lines = [{**line, "reference": None, "reference_fields": None} for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def write_data(path, rows):
    values = [
        {"id": row.id, "instruction": row.instruction, "input": row.input, "output": row.output}
        for row in rows
    ]
    path.write_text(json.dumps(values))
    return path


def main(*flags) -> None:
    evaluate.run(evaluate.main, evaluate.Arguments, "", [str(flag) for flag in flags])


def scores_of(path, *flags) -> dict:
    main(path, *flags, "--no_plot", "--n_resamples", "50")
    return json.loads((path.parent / "regression_scores.json").read_text())


def mistake(capsys, *flags) -> str:
    """The one sentence that a mistake gets."""
    with pytest.raises(SystemExit) as exit:
        main(*flags, "--no_plot")
    assert exit.value.code == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    return message


@pytest.fixture
def predictions(tmp_path):
    """Six rows, each PCE one too high."""
    return write(tmp_path / "model.jsonl", rows(), [answer(11 + number) for number in range(6)])


@pytest.mark.slow
def test_end_to_end_writes_scores_tables_and_plots(tmp_path, run_script):
    path = write(tmp_path / "a.jsonl", rows(prefix="synthetic-"), [answer(11)] * 6)
    other = write(tmp_path / "b.jsonl", rows(prefix="synthetic-"), ["none", *[answer(12)] * 5])
    done = run_script("regression_evaluate.py", path, other)
    assert done.returncode == 0, done.stderr
    headings = [line for line in done.stdout.splitlines() if line.startswith("#")]
    assert len(headings) == 9
    assert all("SYNTHETIC DATA" in heading for heading in headings)
    for name in ("a_parity", "b_parity"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (tmp_path / f"{name}.svg").read_text()
    scores = json.loads((tmp_path / "regression_scores.json").read_text())
    assert scores["synthetic"] is True
    assert scores["others"][0]["n_parsed"] == 5


def test_scores_hold_the_documented_keys(predictions):
    scores = scores_of(predictions)
    assert (scores["n"], scores["n_parsed"], scores["n_recipes"]) == (6, 6, 3)
    pce = scores["targets"]["PCE"]
    assert (pce["mae"], pce["rmse"], pce["mae_ci"]) == (1, 1, [1, 1])
    assert pce["r2"] == pytest.approx(1 - 6 / 17.5)
    assert scores["noise_floor"]["PCE"]["mae"] == 0.5
    assert scores["pce_classes"]["accuracy"] == pytest.approx(5 / 6)  # 14 → 15 changes class
    assert scores["seed"] == 0
    assert scores["synthetic"] is False
    assert [file["file"] for file in scores["provenance"]["data"]] == ["model.jsonl"]


def test_same_command_same_scores(predictions):
    first, again = scores_of(predictions), scores_of(predictions)
    first.pop("provenance"), again.pop("provenance")
    assert first == again


def test_unreadable_predictions_are_counted_and_shown(tmp_path, capsys):
    texts = ["", answer(11), "ничего", "JV default PCE: nan", "JV default PCE: 1e309", answer(15)]
    scores = scores_of(write(tmp_path / "model.jsonl", rows(), texts))
    assert (scores["n"], scores["n_parsed"]) == (6, 2)
    assert (scores["targets"]["PCE"]["n"], scores["targets"]["PCE"]["n_parsed"]) == (6, 2)
    assert scores["targets"]["PCE"]["parsed"]["mae"] == 0
    assert scores["targets"]["PCE"]["mae"] == pytest.approx((2.5 + 0.5 + 0.5 + 1.5) / 6)
    assert (
        "An unreadable prediction is scored as the mean of the answers." in capsys.readouterr().out
    )


def test_answers_come_from_the_data_file_where_the_predictions_lack_them(tmp_path):
    data = write_data(tmp_path / "data.json", rows())
    texts = [answer(12)] * 6
    with_answers = scores_of(write(tmp_path / "model.jsonl", rows(), texts))
    without = write(tmp_path / "model.jsonl", rows()[::-1], texts, drop_answers=True)
    joined = scores_of(without, "--data_path", data)
    assert joined["n_recipes"] == 3
    assert joined["targets"]["PCE"]["mae"] == with_answers["targets"]["PCE"]["mae"]


def test_predictions_without_answers_ask_for_them(tmp_path, capsys):
    path = write(tmp_path / "model.jsonl", rows(), [answer(12)] * 6, drop_answers=True)
    assert "6 of 6 predictions have no answer to score against (first: id '0'); name" in mistake(
        capsys, path
    )


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (rows(5), "holds 6 predictions"),
        (rows(prefix="x"), "id '0' is not in"),
        ([*rows(5), Row("5", schema.MDP_INSTRUCTION, "", answer(3), 5)], "the answer of id '5'"),
    ],
)
def test_answers_of_other_rows_are_refused(data, found, predictions, tmp_path, capsys):
    path = write_data(tmp_path / "data.json", data)
    assert found in mistake(capsys, predictions, "--data_path", path)


def test_several_files_are_aligned_by_id_and_compared_with_the_first(predictions, tmp_path, capsys):
    texts = [answer(10 + number) for number in range(6)]
    other = write(tmp_path / "right.jsonl", rows()[::-1], texts[::-1])
    scores = scores_of(predictions, other)
    difference = scores["others"][0]["difference_to_first"]["PCE"]
    assert (difference["mae_difference"], difference["ci"]) == (-1, [-1, -1])
    assert "MAE minus that of model" in capsys.readouterr().out


def test_files_of_other_rows_are_not_compared(predictions, tmp_path, capsys):
    other = write(tmp_path / "other.jsonl", rows(4), [answer(12)] * 4)
    assert "holds other rows than" in mistake(capsys, predictions, other)
    changed = [Row(row.id, row.instruction, row.input, answer(3), row.number) for row in rows()]
    other = write(tmp_path / "other.jsonl", changed, [answer(12)] * 6)
    assert "its answer of id '0' differs from that in" in mistake(capsys, predictions, other)


def test_two_files_of_one_name_keep_apart(predictions, tmp_path):
    (tmp_path / "b").mkdir()
    other = write(tmp_path / "b" / "model.jsonl", rows(), [answer(12)] * 6)
    names = [
        scores_of(predictions, other)["name"],
        scores_of(predictions, other)["others"][0]["name"],
    ]
    assert names == [f"{tmp_path.name}_model", "b_model"]


def test_published_text_is_scored_by_name(tmp_path, capsys):
    records = [
        f"{row.input}\nprediction -> {answer(11 + row.number)}\n\nanswer -> {row.output}\n"
        for row in rows()
    ]
    path = tmp_path / "output.txt"
    path.write_text("".join(records))
    scores = scores_of(path)
    assert scores["targets"]["PCE"]["mae"] == 1
    assert scores["n_recipes"] == 3
    assert scores["recipes_known"] is True


def test_published_text_without_inputs_says_so_and_takes_them_from_the_data_file(tmp_path, capsys):
    path = tmp_path / "output.txt"
    path.write_text(
        "".join(f"prediction -> {answer(9)}\nanswer -> {row.output}\n" for row in rows())
    )
    scores = scores_of(path)
    assert (scores["recipes_known"], scores["n_recipes"]) == (False, 6)
    assert "so repeated recipes are unknown" in capsys.readouterr().out
    data = write_data(tmp_path / "data.json", rows(prefix="synthetic-"))
    scores = scores_of(path, "--data_path", data)
    assert (scores["recipes_known"], scores["n_recipes"], scores["synthetic"]) == (True, 3, True)


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (["--pce_bins", "5", "5"], "--pce_bins 5 5: must be rising"),
        (["--pce_bins", "nan"], "--pce_bins nan: must be rising"),
        (["--n_resamples", "0"], "--n_resamples 0"),
        (["--seed", "-1"], "--seed -1"),
        (["--output_path", "x.jsonl"], "name it ….json"),
    ],
)
def test_flags_that_make_no_sense_get_one_sentence(flags, found, predictions, capsys):
    assert found in mistake(capsys, predictions, *flags)


def test_a_missing_file_and_another_tasks_file_get_one_sentence(tmp_path, capsys):
    assert "no such file" in mistake(capsys, tmp_path / "none.jsonl")
    path = tmp_path / "sii.jsonl"
    path.write_text('{"id": "0", "task": "sii", "fields": {}}\n')
    assert "use sii_evaluate.py" in mistake(capsys, path)
    path.write_text("hello\n")
    assert "neither JSON Lines nor text with 'prediction ->'" in mistake(capsys, path)


@pytest.mark.slow
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(
    texts=st.lists(
        st.text() | st.text("JV default_VocJscFFPCE: \n0123456789.e-"), min_size=3, max_size=3
    )
)
def test_any_prediction_text_is_scored_and_none_dropped(texts, tmp_path):
    scores = scores_of(write(tmp_path / "model.jsonl", rows(3), texts))
    assert scores["n"] == 3
    assert all(target["n"] == 3 for target in scores["targets"].values())
    assert sum(map(sum, scores["pce_classes"]["confusion"])) == 3


def test_axes_hold_all_references_and_no_far_prediction():
    low, high = axis_limits(np.array([1.0, 2.0, np.nan]), np.array([2.5, 1e6, 0.0]))
    assert low < 1 < 2.5 < high < 3
    assert axis_limits(np.array([np.nan]), np.array([1.0])) == (0, 1)
    low, high = axis_limits(np.array([0.0]), np.array([0.0]))
    assert low < 0 < high


def test_plots_say_synthetic_and_hold_every_readable_row(tmp_path):
    path = write(
        tmp_path / "model.jsonl", rows(prefix="synthetic-"), [answer(400), "", *[answer(11)] * 4]
    )
    arguments = evaluate.Arguments([str(path)], n_resamples=20)
    files = evaluate.load_files(arguments.predictions, None)
    report = evaluate.score_files(files, arguments)
    options = {"published_limits": False, "synthetic": report["synthetic"]}
    figure = evaluate.parity_figure(files[0], report, report["noise_floor"], **options)
    assert figure.get_suptitle() == "model: 6 rows of 3 recipes, SYNTHETIC DATA"
    panel = figure.axes[3]
    assert sum(len(points.get_offsets()) for points in panel.collections[1:]) == 5
    assert "1 unreadable, 1 beyond the axes" in panel.get_title(loc="left")
    options["published_limits"] = True
    figure = evaluate.parity_figure(files[0], report, report["noise_floor"], **options)
    assert [axes.get_xlim() for axes in figure.axes][:2] == [(0.5, 1.2), (5, 25)]
    assert figure.axes[3].get_ylim() == (0, 20)


def test_tables_are_aligned_and_numbers_readable():
    header, rule, row = markdown_table(["a", "bb"], [["xyz", "0.70"]]).splitlines()
    assert [cell.strip() for cell in row.split("|")] == ["", "xyz", "0.70", ""]
    assert rule.replace("-", "") == "|:|:|"
    assert len(header) == len(rule) == len(row)
    assert number_text(None, 2) == "–"
    assert number_text(-0.001, 2) == "0.00"
    assert number_text(16666711.0, 2) == "1.67e+07"

"""Prediction files of which rows are missing: said, and refused unless --partial (issue 17, fault 7)."""

import json
import re
import shutil

import pytest
from conftest import ROOT, _shared

import regression_evaluate
import sii_evaluate
from masterkey.rows.completeness import extent
from masterkey.rows.prediction_files import load_prediction_files
from masterkey.rows.predictions import PredictionWriter, header_path, prediction_line
from masterkey.rows.records import read_rows
from masterkey.scoring.figures import notebook
from masterkey.scripting.command_line import UserError

TASKS = {
    "sii": (ROOT / "data/sample/sii_test.json", sii_evaluate),
    "mdp": (ROOT / "data/sample/mdp_test.json", regression_evaluate),
}


@pytest.fixture(params=TASKS)
def task(request) -> str:
    return request.param


def killed(task: str, path, n: int = 16, **changes):
    """A file of right answers to the first `n` rows of the sample, left by a run over all of them."""
    data_path, _ = TASKS[task]
    rows = read_rows(data_path, task=task)
    writer = PredictionWriter(path, task, {"model": "m"}, data_path, n_rows=len(rows))
    writer.write([prediction_line(task, row, row.output) for row in rows[:n]])
    header = json.loads(header_path(path).read_text())
    kept = {key: value for key, value in (header | changes).items() if value is not None}
    header_path(path).write_text(json.dumps(kept))
    return path


def evaluate(task: str, *paths, **options) -> None:
    script = TASKS[task][1]
    if task == "mdp":
        options["plot"] = False
    script.main(script.Arguments(list(map(str, paths)), n_resamples=20, **options))


def n_all(task: str) -> int:
    return len(json.loads(TASKS[task][0].read_text()))


def test_a_killed_run_is_refused_and_scored_with_partial(task, tmp_path, capsys):
    path = killed(task, tmp_path / "p.jsonl")
    share = f"16 of {n_all(task)} rows"
    with pytest.raises(UserError, match=rf"p\.jsonl: holds {share} \(so says p.header.json\)"):
        evaluate(task, path)
    evaluate(task, path, partial=True)
    said = capsys.readouterr()
    assert f"holds {share}" in said.err
    assert f"16 of {n_all(task)}" in said.out.splitlines()[0]
    assert "no fair sample" in said.out
    name = "sii_scores.json" if task == "sii" else "regression_scores.json"
    scores = json.loads((tmp_path / name).read_text())
    assert (scores["n"], scores["n_expected"]) == (16, n_all(task))


def test_a_whole_file_says_nothing(task, tmp_path, capsys):
    evaluate(task, killed(task, tmp_path / "p.jsonl", n_all(task)))
    said = capsys.readouterr()
    assert said.err == ""
    assert "fair sample" not in said.out


def test_a_header_of_an_older_version_is_joined_with_its_data_file(task, tmp_path):
    path = killed(task, tmp_path / "p.jsonl", n_rows=None)
    with pytest.raises(UserError, match=f"16 of {n_all(task)} rows .*{TASKS[task][0].name}"):
        evaluate(task, path)
    # A run that came to its end was to predict what it did (--limit).
    evaluate(task, killed(task, tmp_path / "whole.jsonl", n_rows=None, summary={"seconds": 1.0}))


def test_row_numbers_tell_at_least_how_many(tmp_path):
    path = killed("sii", tmp_path / "p.jsonl", n_rows=None, data=[])
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3] + lines[9:12]))
    with pytest.raises(UserError, match="holds 6 of at least 12 rows"):
        evaluate("sii", path)


def test_a_data_file_with_more_rows_than_were_predicted(task, tmp_path):
    data_path = str(TASKS[task][0])
    path = killed(task, tmp_path / "p.jsonl", n_rows=16)
    evaluate(task, path)
    with pytest.raises(UserError, match=f"holds 16 of {n_all(task)} rows .*{data_path}"):
        evaluate(task, path, data_path=data_path)
    evaluate(task, path, data_path=data_path, partial=True)


def test_without_a_header_it_is_said_and_scored(task, tmp_path, capsys):
    path = killed(task, tmp_path / "p.jsonl")
    header_path(path).unlink()
    evaluate(task, path)
    assert "p.header.json is not there, so nobody can say" in capsys.readouterr().err


def test_shards_that_were_joined_beside_a_header_of_one(tmp_path, capsys):
    path = killed("sii", tmp_path / "all.jsonl", 40, n_rows=20)
    evaluate("sii", path)
    assert "holds 40 rows, all.header.json tells of 20" in capsys.readouterr().err


def test_a_last_line_that_is_cut_off(task, tmp_path, capsys):
    path = killed(task, tmp_path / "p.jsonl")
    path.write_text(path.read_text()[:-40])
    with pytest.raises(UserError, match=r"holds 15 of \d+ rows and a last line that is cut off"):
        evaluate(task, path)
    header_path(path).unlink()
    with pytest.raises(UserError, match=r"holds 15 rows and a last line that is cut off"):
        evaluate(task, path)
    evaluate(task, path, partial=True)
    assert "holds 15 rows" in capsys.readouterr().err


def test_files_of_which_one_is_partial_are_compared_by_their_shared_rows(task, tmp_path, capsys):
    whole = killed(task, tmp_path / "whole.jsonl", n_all(task))
    part = killed(task, tmp_path / "part.jsonl")
    with pytest.raises(UserError, match=r"part.jsonl: holds 16 of"):
        evaluate(task, whole, part)
    evaluate(task, whole, part, partial=True)
    assert "scored are the 16 rows that all files hold" in capsys.readouterr().err
    files = load_prediction_files([str(whole), str(part)], task, partial=True)
    assert [len(file.lines) for file in files] == [16, 16]


def test_files_without_a_shared_row(tmp_path):
    path = killed("sii", tmp_path / "a.jsonl", 4)
    other = killed("sii", tmp_path / "b.jsonl", 8)
    other.write_text("".join(other.read_text().splitlines(keepends=True)[4:]))
    with pytest.raises(UserError, match="hold no row in common"):
        evaluate("sii", path, other, partial=True)


def test_published_text_with_fewer_records_than_rows(tmp_path):
    data_path, rows = str(TASKS["mdp"][0]), read_rows(TASKS["mdp"][0], task="mdp")
    path = tmp_path / "printed.txt"
    path.write_text(
        "".join(f"prediction-> {row.output}\nanswer-> {row.output}\n" for row in rows[:3])
    )
    with pytest.raises(UserError, match=rf"holds 3 of {len(rows)} rows"):
        evaluate("mdp", path, data_path=data_path)
    evaluate("mdp", path, data_path=data_path, partial=True)
    assert json.loads((tmp_path / "regression_scores.json").read_text())["n"] == 3


def test_the_notebook_refuses_and_takes_partial(tmp_path):
    path = str(killed("sii", tmp_path / "p.jsonl"))
    train = str(ROOT / "data/sample/sii_train.json")
    with pytest.raises(UserError, match="16 of 60 rows"):
        notebook.load(path, "", train, 0, 20)
    assert notebook.load(path, "", train, 0, 20, partial=True).report["n"] == 16


def test_a_run_with_another_limit_changes_what_the_header_says(tmp_path):
    path = killed("sii", tmp_path / "p.jsonl", 8, n_rows=8)
    data_path = TASKS["sii"][0]
    for n_rows, expected in ((20, 20), (4, 8)):
        PredictionWriter(path, "sii", {"model": "m"}, data_path, n_rows=n_rows)
        assert json.loads(header_path(path).read_text())["n_rows"] == expected


def test_the_case_of_a_killed_run(run_script, tmp_path):
    case = _shared() / "cases" / "killed.jsonl"
    if not case.exists():
        pytest.skip("not checked: killed.jsonl (no cases beside the data; set MASTERKEY_SHARED)")
    for name in ("killed.jsonl", "killed.header.json"):
        shutil.copyfile(case.parent / name, tmp_path / name)
    done = run_script("sii_evaluate.py", tmp_path / "killed.jsonl")
    assert done.returncode == 2
    assert re.fullmatch(r"error: \S*killed.jsonl: holds 16 of 60 rows .*\n", done.stderr)
    # The data file may be gone: the row numbers remain.
    header = json.loads((tmp_path / "killed.header.json").read_text())
    header["data"][0]["sha256"] = "0" * 64
    (tmp_path / "killed.header.json").write_text(json.dumps(header))
    found = extent(
        str(tmp_path / "killed.jsonl"),
        [json.loads(line) for line in (tmp_path / "killed.jsonl").read_text().splitlines()],
        None,
        None,
    )
    assert found.n == 16
    assert found.n_expected > 16

"""The commands as users type them, with next to no flags (issue 17, point 5), as subprocesses."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from scripted_server import ScriptedServer
from test_generate_instruction import invented_reply

import generate_instruction
import regression_test
from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.default_files import name_of, with_default_files
from masterkey.rows.predictions import header_path, read_predictions
from masterkey.scripting.command_line import UserError, parse_arguments

COMMAND = "generate_instruction_following_data"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def few_rows(task: str) -> list[dict]:
    rows = json.loads((ROOT / "data" / "sample" / f"{task}_test.json").read_text())[:2]
    if task == "sii":
        rows = [{**row, "input": row["input"][:200]} for row in rows]
    return rows


def folder_of_a_user(folder: Path, trained, task: str, published: str) -> Path:
    """A folder with a model and two test rows; where the predictions will be."""
    shutil.copytree(trained.folder, folder / "models" / "tiny-1.0")
    (folder / "data").mkdir()
    (folder / "data" / published).write_text(json.dumps(few_rows(task)))
    return folder / "runs" / f"tiny-1.0_{task}.jsonl"


@pytest.mark.slow
def test_the_model_alone_is_enough(run_script, trained, tmp_path):
    path = folder_of_a_user(tmp_path, trained, "sii", "sii40.json")
    done = run_script("sii_test.py", "--model", "models/tiny-1.0/", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "--data_path data/sii40.json: the published test rows" in done.stdout
    assert "saved: runs/tiny-1.0_sii.jsonl (2 rows)" in done.stdout
    assert len(read_predictions(path, "sii")) == 2
    assert json.loads(header_path(path).read_text())["n_rows"] == 2


@pytest.mark.slow
def test_the_model_alone_is_enough_for_devices(trained, here, capsys):
    path = folder_of_a_user(here, trained, "mdp", "regression40.json")
    regression_test.main(PredictionArguments("models/tiny-1.0"))
    assert "--data_path data/regression40.json: the published" in capsys.readouterr().out
    assert len(read_predictions(path, "mdp")) == 2


@pytest.mark.parametrize("task", ["sii", "mdp"])
def test_without_the_published_rows_it_is_the_sample(here, task, capsys, monkeypatch):
    # Where a user has brought the published rows into the repository, they come first there.
    monkeypatch.setattr("masterkey.predicting.default_files.PUBLISHED_ROWS", {task: "absent.json"})
    completed = with_default_files(task, PredictionArguments("org/some-model"))
    assert json.loads(Path(completed.data_path).read_text())[0]["id"].startswith("synthetic-")
    assert completed.output_path == f"runs/some-model_{task}.jsonl"
    said = capsys.readouterr().out
    assert f"{task}_test.json: the sample, whose rows are invented" in said
    assert "data/absent.json is not there" in said
    given = PredictionArguments("m", "data.json", "out.jsonl")
    assert with_default_files(task, given) == given
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("model", "name"),
    [("a/b/", "b"), ("org/llama-7b", "llama-7b"), ("./x.gguf", "x.gguf"), ("gpt-4o", "gpt-4o")],
)
def test_the_last_part_names_the_file(model, name):
    assert name_of(model) == name


def test_the_current_folder_as_model(here):
    assert name_of(".") == here.name


@pytest.mark.slow
def test_the_seeds_command_as_it_stands(tmp_path):
    with ScriptedServer(reply=invented_reply, key="a-key-of-the-test") as server:
        place = {"PYTHONPATH": str(ROOT), "OPENAI_BASE_URL": server.base_url}
        done = subprocess.run(
            [sys.executable, "-m", "generate_instruction", COMMAND],
            cwd=tmp_path,
            env={**os.environ, **place, "OPENAI_API_KEY": "a-key-of-the-test"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        assert server.requests[-1].body["model"] == "tiny"
    rows = json.loads((tmp_path / "runs" / "generated_tasks" / "regen.json").read_text())
    assert len(rows) == 100
    assert f"{server.base_url} serves tiny" in done.stdout


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (("a", "b"), r"serves 2 models \(a, b\); choose one with --model_name"),
        (None, "does not say which models it serves; name one with --model_name"),
    ],
)
def test_the_seeds_command_where_the_model_must_be_named(tmp_path, monkeypatch, models, said):
    with ScriptedServer(models=models) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        chosen = parse_arguments(
            generate_instruction.Arguments, "", [COMMAND, "--output_dir", str(tmp_path / "out")]
        )
        with pytest.raises(UserError, match=said):
            generate_instruction.main(chosen)
    assert not list(tmp_path.iterdir())


def test_many_models_are_counted():
    with pytest.raises(UserError, match=r"serves 42 models \(m0, .*, m9 and 32 more\)"):
        generate_instruction.the_model_of([f"m{number}" for number in range(42)], "url")


def test_no_server_is_one_sentence(tmp_path, monkeypatch):
    with ScriptedServer() as server:
        pass
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    with pytest.raises(UserError, match="no server answers there"):
        generate_instruction.main(generate_instruction.Arguments(output_dir=str(tmp_path / "out")))
    assert not list(tmp_path.iterdir())


def test_only_the_seeds_word_is_taken(capsys):
    with pytest.raises(SystemExit):
        parse_arguments(generate_instruction.Arguments, "", ["another"])
    assert "invalid choice: 'another'" in capsys.readouterr().err


def test_folders_and_address_by_default(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    chosen = generate_instruction.completed(generate_instruction.Arguments())
    assert (chosen.output_dir, chosen.base_url) == (
        "runs/generated_tasks",
        "http://localhost:8000/v1",
    )
    texts = generate_instruction.Arguments(domain="text", texts="papers")
    assert generate_instruction.completed(texts).output_dir == "runs/generated_questions"

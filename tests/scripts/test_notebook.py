"""sii_evaluate.ipynb: runs from the root by papermill, shows the scores, and its committed copy is clean."""

import json
import re
import subprocess
import sys

import pytest
from conftest import ROOT

from masterkey.scoring.sii_scores import evaluate

NOTEBOOK = ROOT / "sii_evaluate.ipynb"
TRAIN = ROOT / "data" / "sample" / "sii_train.json"
EXECUTE = (
    "execute it after `make demo`: .venv/bin/jupyter nbconvert --to notebook --execute --inplace "
    "--ExecutePreprocessor.record_timing=False sii_evaluate.ipynb"
)
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:home|root|tmp|work|Users|private|opt|usr)/|[A-Z]:\\\\Users"
)


def read(path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def outputs(notebook: dict, kind: str) -> list[str]:
    """What the cells show of one kind ("text/markdown", "text/html", "image/png"), in order."""
    shown = (output for cell in code_cells(notebook) for output in cell["outputs"])
    data = (output.get("data", {}) for output in shown)
    return ["".join(own[kind]) for own in data if kind in own]


def errors(notebook: dict) -> list[dict]:
    shown = (output for cell in code_cells(notebook) for output in cell["outputs"])
    return [output for output in shown if output["output_type"] == "error"]


def papermill(target, **parameters) -> subprocess.CompletedProcess:
    flags = [word for item in parameters.items() for word in ("-p", *map(str, item))]
    words = ["papermill", "sii_evaluate.ipynb", target, *flags, "--no-progress-bar"]
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


# --- the committed copy --------------------------------------------------------------------------


def test_parameters_are_in_the_cell_that_papermill_looks_for():
    tagged = [
        cell
        for cell in code_cells(read(NOTEBOOK))
        if "parameters" in cell["metadata"].get("tags", [])
    ]
    assert len(tagged) == 1
    parameters = {}
    exec(source(tagged[0]), parameters)
    del parameters["__builtins__"]
    assert parameters == {
        "predictions_path": "runs/demo/sii_tiny_llama.jsonl",
        "baseline_paths": "runs/demo/sii_majority.jsonl runs/demo/sii_nearest.jsonl "
        "runs/demo/sii_fields.jsonl",
        "train_path": "data/sample/sii_train.json",
        "n_worst": 3,
        "seed": 0,
        "n_resamples": 2000,
    }


def test_cells_only_call_and_show():
    for cell in code_cells(read(NOTEBOOK)):
        assert len(source(cell).splitlines()) <= 9
        assert not re.search(r"^\s*(def|class|for|while|if)\b", source(cell), re.MULTILINE)


def test_the_committed_copy_shows_scores_and_plots_marked_as_synthetic():
    notebook = read(NOTEBOOK)
    assert not errors(notebook)
    assert len(outputs(notebook, "image/png")) == 5, EXECUTE
    assert len(outputs(notebook, "text/html")) == 1
    headings = re.findall(r"^#+ .*$", "\n".join(outputs(notebook, "text/markdown")), re.MULTILINE)
    assert len(headings) >= 7
    assert all(heading.endswith("SYNTHETIC DATA") for heading in headings)


def test_the_committed_copy_is_small_and_of_no_machine():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text.encode()) < 1_000_000
    notebook = json.loads(text)
    readable = "".join(
        [
            json.dumps(notebook["metadata"]),
            *(json.dumps(cell["metadata"]) + source(cell) for cell in notebook["cells"]),
            *outputs(notebook, "text/markdown"),
            *outputs(notebook, "text/html"),
            *outputs(notebook, "text/plain"),
        ]
    )
    assert not MACHINE_PATH.search(readable)
    assert not any(
        output["output_type"] == "stream"
        for cell in code_cells(notebook)
        for output in cell["outputs"]
    )
    assert not any("execution" in cell["metadata"] for cell in notebook["cells"])  # times of day


def test_any_environment_has_its_kernel():
    assert read(NOTEBOOK)["metadata"]["kernelspec"]["name"] == "python3"


# --- executed ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def predictions(tmp_path_factory, run_script) -> dict:
    """Paths of the baselines' predictions on the embedded sample."""
    folder = tmp_path_factory.mktemp("predictions")
    paths = {}
    for method in ("majority", "nearest"):
        paths[method] = folder / f"sii_{method}.jsonl"
        done = run_script(
            "sii_baseline.py", "--method", method, "--train", TRAIN, "--data_path",
            TRAIN.with_name("sii_test.json"), "--output_path", paths[method],
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return paths


@pytest.mark.slow
def test_papermill_executes_it_and_it_shows_the_scores(predictions, tmp_path):
    target = tmp_path / "out.ipynb"
    done = papermill(
        target,
        predictions_path=predictions["nearest"],
        baseline_paths=predictions["majority"],
        n_resamples=200,
        n_worst=2,
    )
    assert done.returncode == 0, done.stderr
    notebook = read(target)
    assert not errors(notebook)
    shown = "\n".join(outputs(notebook, "text/markdown"))
    paths = [str(predictions[method]) for method in ("nearest", "majority")]
    evaluation = evaluate(paths, train=str(TRAIN), n_resamples=200)
    strict = evaluation.first.tracks["strict"]
    low, high = strict["f1_ci"]
    assert f"{strict['f1']:.3f} [{low:.3f}, {high:.3f}]" in shown
    assert f"{evaluation.first.tracks['paper']['ie']['f1']:.4f}" in shown
    assert "# SII scores of sii_nearest · SYNTHETIC DATA" in shown
    assert len(outputs(notebook, "image/png")) == 4
    (worst,) = outputs(notebook, "text/html")
    assert worst.count("<h3>") == worst.count("<table>") == 2
    assert "<mark>" in worst


@pytest.mark.slow
def test_a_missing_predictions_file_is_one_sentence_without_a_traceback(tmp_path):
    target = tmp_path / "out.ipynb"
    done = papermill(target, predictions_path="runs/none/sii_tiny_llama.jsonl")
    assert done.returncode != 0
    (error,) = errors(read(target))
    (sentence,) = error["traceback"]
    assert "runs/none/sii_tiny_llama.jsonl: no such file; run `make demo` first" in sentence
    assert sentence in done.stderr

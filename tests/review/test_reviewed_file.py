"""The reviewed file as it is, in the scripts that learn from answers and score against them."""

import json
import re

import pytest
from reviewed_papers import TEXT, line, write

from masterkey.review.session import Review

pytestmark = pytest.mark.slow
N_PAPERS = 8
HTL = "HTL_stack_sequence"


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory):
    """(predictions, reviewed file) of papers that are all finished; of the first one a value was mended."""
    folder = tmp_path_factory.mktemp("reviewed")
    lines = [line(f"p{n}", f"{TEXT} Batch {n}.", n) for n in range(N_PAPERS)]
    path = write(folder / "papers.jsonl", lines)
    review = Review(path, "ada")
    mend = {"action": "cell", "key": "", "device": 0, "field": HTL, "status": "mended"}
    review.edit(0, 0, {**mend, "value": "CuSCN"})
    for number, paper in enumerate(review.papers):
        review.edit(number, paper.record.version, {"action": "finish", "key": ""})
    review.close()
    return path, folder / "papers.reviewed.jsonl"


def test_predictions_are_scored_against_it(reviewed, run_script, tmp_path):
    predictions, answers = reviewed
    output = tmp_path / "scores.json"
    flags = ("--data_path", answers, "--output_path", output, "--n_resamples", 10)
    done = run_script("sii_evaluate.py", predictions, *flags)
    assert done.returncode == 0, done.stderr
    scores = json.loads(output.read_text())
    # One value of the eight papers' was wrong, and it was the only one mended.
    assert scores["strict"]["fields"][HTL]["exact_match"] == 1 - 1 / N_PAPERS


def test_a_reader_without_a_gpu_learns_from_it(reviewed, run_script, tmp_path):
    _, answers = reviewed
    output = tmp_path / "nearest.jsonl"
    flags = ("--train", answers, "--cross_validate", 4, "--output_path", output)
    done = run_script("sii_baseline.py", "--method", "nearest", *flags)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(own) for own in output.read_text().splitlines()]
    assert [own["id"] for own in lines] == [f"p{n}" for n in range(N_PAPERS)]
    assert lines[0]["reference_fields"][HTL] == "CuSCN"
    assert lines[0]["fields"][HTL] == "Spiro-MeOTAD"


def test_a_language_model_can_be_trained_on_it(reviewed, run_script, byte_tokenizer, tmp_path):
    _, answers = reviewed
    byte_tokenizer.save_pretrained(tmp_path / "tokenizer")
    done = run_script(
        "train.py",
        *("configs/tiny.yaml", "--tokenizer_name", tmp_path / "tokenizer", "--data_path", answers),
        *("--output_dir", tmp_path / "model", "--plan"),  # reads and tokenises all rows
    )
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^rows +{N_PAPERS},", done.stdout, re.MULTILINE)

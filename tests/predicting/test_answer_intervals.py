"""regression_test.py --calibration on a tiny LLaMA: intervals, runs that go on, processes, tables, refusals."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from trained_model import train_tiny_model

import infer
import regression_evaluate
from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.decoding.decoder import SkeletonDecoder
from masterkey.predicting.decoding.sampled import AnswerSampler
from masterkey.predicting.decoding.skeleton import make_skeleton
from masterkey.predicting.local import SkeletonAnswers
from masterkey.predicting.run import predict_file
from masterkey.rows.encoding import encode_prompts
from masterkey.rows.predictions import header_path, read_header, read_predictions
from masterkey.rows.prompts import build_prompt, save_settings
from masterkey.rows.records import read_rows
from masterkey.schema.fields import MDP_TARGETS, format_mdp_input, parse_mdp_input
from masterkey.scripting.command_line import UserError

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
# Enough to tell devices apart; the rest is left empty, for short prompts.
TOLD = ("ETL_stack_sequence", "Perovskite_composition_long_form", "HTL_stack_sequence")
N_TEST, N_HELD_BACK, N_SAMPLES = 5, 24, 4
VALUE_TOKENS = 6  # a model that has learned so little goes on with digits


def short_devices(name: str) -> list:
    rows = read_rows(SAMPLE / name, task="mdp", answers="required")
    return [replace(row, input=_shortened(row.input)) for row in rows]


def _shortened(text: str) -> str:
    told = parse_mdp_input(text)
    return format_mdp_input({name: told[name] if name in TOLD else "" for name in told})


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """A folder with model/, train.json, held_back.json, few.json (12 recipes) and test.json."""
    import torch

    folder = tmp_path_factory.mktemp("devices")
    training, others = short_devices("mdp_train.json"), short_devices("mdp_test.json")
    learned, held_back = training[:120], training[120:]
    known = {row.input for row in learned}
    held_back = list({row.input: row for row in held_back if row.input not in known}.values())
    parts = {
        "train": learned,
        "held_back": held_back[:N_HELD_BACK],
        "few": held_back[:12],
        "known": learned[:4],
    }
    for name, rows in (parts | {"test": others[:N_TEST]}).items():
        values = [
            {"id": f"{name}-{row.id}", "input": row.input, "output": row.output} for row in rows
        ]
        (folder / f"{name}.json").write_text(json.dumps(values))
    torch.set_num_threads(1)  # else numbers depend on the machine
    model, tokenizer, settings = train_tiny_model(learned, steps=30)
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    save_settings(folder / "model", settings)
    return folder


@pytest.fixture(scope="module")
def predict(work):
    """Run the script's work in this process; returns the lines."""

    def predict(output: Path, **more) -> list[dict]:
        flags = {
            "calibration": str(work / "held_back.json"),
            "train": str(work / "train.json"),
            "spread_samples": N_SAMPLES,
            "max_value_tokens": VALUE_TOKENS,
            "batch_size": 4,
            "device": "cpu",
        }
        arguments = PredictionArguments(
            str(work / "model"), str(work / "test.json"), str(output), **flags | more
        )
        predict_file("mdp", arguments)
        return read_predictions(output, "mdp")

    return predict


@pytest.fixture(scope="module")
def whole(predict, tmp_path_factory) -> Path:
    """What one process writes, undisturbed, and its calibration beside it."""
    path = tmp_path_factory.mktemp("whole") / "whole.jsonl"
    predict(path)
    return path


def test_lines_have_intervals_novelty_and_the_settings_that_they_hang_on(whole):
    lines = read_predictions(whole, "mdp")
    given = [line for line in lines if line["interval"]]
    assert len(lines) == N_TEST
    assert len(given) >= N_TEST // 2
    for line in given:
        for name in MDP_TARGETS:
            low, high = line["interval"][name]
            assert 0 <= low <= high
    for line in lines:
        assert line["sampled"]["answers"] == N_SAMPLES
        assert len(line["novelty"]["nearest"]) == 3
        assert bool(line["interval"]) != ("no_interval" in line)
    settings = read_header(whole)["settings"]
    assert settings["interval_level"] == 0.9
    assert settings["spread_samples"] == N_SAMPLES
    assert settings["train"]["file"] == "train.json"
    assert settings["calibration"]["file"] == "held_back.json"
    kept = read_predictions(whole.with_suffix(".calibration.jsonl"), "mdp")
    assert len(kept) == N_HELD_BACK
    assert not any("interval" in line for line in kept)


def test_a_run_that_was_cut_goes_on_to_the_same_lines(whole, predict, tmp_path, capsys):
    """Cut in the calibration, and later in the predictions."""
    output = tmp_path / "cut.jsonl"
    kept = whole.with_suffix(".calibration.jsonl"), tmp_path / "cut.calibration.jsonl"
    for (source, target), n in ((kept, 15), ((whole, output), 2)):
        header_path(target).write_text(header_path(source).read_text())
        lines = source.read_text().splitlines(keepends=True)
        target.write_text("".join(lines[:n]) + lines[n][:20])
    predict(output)
    assert f"{N_TEST} rows, 2 already done" in capsys.readouterr().out
    for source, target in (kept, (whole, output)):
        assert_alike(target, source)


def test_two_processes_share_both_and_agree_with_one(work, whole, tmp_path):
    output = tmp_path / "two.jsonl"
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone",
        ROOT / "regression_test.py", "--model", work / "model", "--data_path", work / "test.json",
        "--output_path", output, "--calibration", work / "held_back.json", "--batch_size", 4,
        "--train", work / "train.json", "--spread_samples", N_SAMPLES, "--device", "cpu",
        "--max_value_tokens", VALUE_TOKENS,
    ]  # fmt: skip
    done = subprocess.run(
        list(map(str, command)),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("90% intervals from 24 rows of 24 recipes") == 1
    assert_alike(output, whole)
    assert_alike(tmp_path / "two.calibration.jsonl", whole.with_suffix(".calibration.jsonl"))
    assert len(list(tmp_path.iterdir())) == 4


def assert_alike(output: Path, expected: Path) -> None:
    """Equal lines; what is computed in another batch may round otherwise in its last digit."""
    for line, other in zip(
        *(read_predictions(path, "mdp") for path in (output, expected)), strict=True
    ):
        for key in ("confidence", "mean_logprob"):
            assert line.pop(key) == pytest.approx(other.pop(key), abs=2e-4)
        assert line == other


def test_a_kept_calibration_gives_the_same_intervals_and_another_coverage_others(
    whole, predict, tmp_path, capsys
):
    kept = str(whole.with_suffix(".calibration.jsonl"))
    again = predict(tmp_path / "again.jsonl", calibration=kept)
    expected = read_predictions(whole, "mdp")
    assert [line["interval"] for line in again] == [line["interval"] for line in expected]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.header.json", "again.jsonl"]
    less = predict(tmp_path / "less.jsonl", calibration=kept, coverage=0.6)
    assert "60% intervals from 24 rows of 24 recipes" in capsys.readouterr().out
    assert width(less) < width(again)


def width(lines: list[dict]) -> float:
    intervals = [line["interval"]["PCE"] for line in lines if line["interval"]]
    return sum(high - low for low, high in intervals)


def test_without_calibration_the_answers_are_the_same_and_claim_nothing(predict, whole, tmp_path):
    lines = predict(tmp_path / "plain.jsonl", calibration=None, spread_samples=None, train=None)
    for line, other in zip(lines, read_predictions(whole, "mdp"), strict=True):
        assert line["prediction"] == other["prediction"]
        assert line["no_interval"] == "no rows were given to calibrate it on (--calibration)"
        assert not {"interval", "sampled", "novelty"} & line.keys()


def test_too_few_rows_are_said_to_be_too_few(predict, work, tmp_path, capsys):
    lines = predict(tmp_path / "few.jsonl", calibration=str(work / "few.json"))
    told = "90% needs 19 recipes that the model was not trained on, and 12 were given"
    assert f"no intervals: {told}" in capsys.readouterr().out
    assert all(line["interval"] is None for line in lines)
    assert all(line["no_interval"].startswith(told) for line in lines)


def test_rows_that_the_model_learned_from_calibrate_nothing(predict, work, tmp_path):
    lines = predict(tmp_path / "learned.jsonl", calibration=str(work / "known.json"))
    assert (
        lines[0]["no_interval"] == "the model was trained on all recipes that were to calibrate it"
    )


def test_the_evaluator_reads_how_many_the_intervals_hold(whole, tmp_path, capsys):
    output = tmp_path / "scores.json"
    regression_evaluate.main(
        regression_evaluate.Arguments([str(whole)], output_path=str(output), plot=False)
    )
    lines = [line for line in read_predictions(whole, "mdp") if line["interval"]]
    inside = [
        line["interval"]["Jsc"][0] <= line["reference_fields"]["Jsc"] <= line["interval"]["Jsc"][1]
        for line in lines
    ]
    found = json.loads(output.read_text())["targets"]["Jsc"]["interval"]
    assert found["n"] == len(lines)
    assert found["coverage"] == pytest.approx(np.mean(inside))
    assert "Prediction intervals" in capsys.readouterr().out


def test_infer_shows_the_interval_of_a_kept_calibration(work, whole, tmp_path, capsys):
    device = tmp_path / "device.txt"
    line = next(line for line in read_predictions(whole, "mdp") if line["interval"])
    device.write_text(line["input"])
    flags = {
        "paths": [str(device)],
        "task": "mdp",
        "model": str(work / "model"),
        "train": str(work / "train.json"),
        "calibration": str(whole.with_suffix(".calibration.jsonl")),
        "spread_samples": N_SAMPLES,
        "max_value_tokens": VALUE_TOKENS,
        "device": "cpu",
    }
    infer.main(infer.Arguments(**flags))
    low, high = line["interval"]["PCE"]
    shown = capsys.readouterr().out
    assert "90 % interval" in shown
    assert f"{low:.1f} to {high:.1f}" in shown
    assert "nearest 3" in shown
    with pytest.raises(
        UserError, match=r"give these rows to regression_test\.py --calibration once"
    ):
        infer.main(infer.Arguments(**flags | {"calibration": str(work / "held_back.json")}))
    with pytest.raises(UserError, match="written with another --train"):
        infer.main(infer.Arguments(**flags | {"train": str(work / "few.json")}))
    with pytest.raises(UserError, match="written with another --spread_samples"):
        infer.main(infer.Arguments(**flags | {"spread_samples": None}))


def test_drawn_answers_are_as_probable_as_the_model_holds_them(work):
    """The digits of Voc, over all that was drawn, against the model's own probabilities."""
    import torch

    from masterkey.weights.checkpoints import load_model, load_tokenizer

    model, tokenizer = (
        load_model(str(work / "model"), "float32"),
        load_tokenizer(str(work / "model")),
    )
    skeleton = make_skeleton(tokenizer, "mdp", 63, 64)
    row = read_rows(work / "test.json", task="mdp")[0]
    prompt = build_prompt("alpaca", row.instruction, row.input)
    [encoded] = encode_prompts(tokenizer, [prompt], [600])
    sampler = AnswerSampler(SkeletonDecoder(model.eval(), skeleton).chooser, skeleton, 40)
    drawn = sampler.draw(encoded.ids)
    assert {len(texts) for texts in drawn.values()} == {40}
    assert drawn == sampler.draw(encoded.ids)
    slot = skeleton.slots[0]
    with torch.inference_mode():
        scores = model(torch.tensor([encoded.ids + slot.before])).logits[0, -1]
    allowed = slot.rule.allowed(slot.rule.start)
    probabilities = scores[allowed].softmax(-1).tolist()
    texts = [skeleton.value_text(0, [token]) for token in allowed]
    for digit in "0123456789":
        own = [p for p, text in zip(probabilities, texts, strict=True) if text.startswith(digit)]
        blank = [p for p, text in zip(probabilities, texts, strict=True) if not text]
        n = sum(text.startswith(digit) for text in drawn["Voc"])
        # Each token is drawn within one of how often it is expected; those of a blank may be any digit.
        assert n >= 40 * sum(own) - len(own) - 1e-6
        assert n <= 40 * (sum(own) + sum(blank)) + len(own) + len(blank) + 1e-6


def test_a_batch_that_does_not_fit_is_halved_with_its_draws(predict, monkeypatch, tmp_path, whole):
    answer = SkeletonAnswers.answer

    def small_memory(self, rows, prompts, seed):
        if len(rows) > 2:
            raise RuntimeError("CUDA out of memory")
        return answer(self, rows, prompts, seed)

    monkeypatch.setattr(SkeletonAnswers, "answer", small_memory)
    kept = str(whole.with_suffix(".calibration.jsonl"))
    lines = predict(tmp_path / "halved.jsonl", calibration=kept)
    expected = read_predictions(whole, "mdp")
    assert [line["sampled"] for line in lines] == [line["sampled"] for line in expected]


@pytest.mark.parametrize(
    ("task", "flags", "message"),
    [
        ("sii", {}, "--calibration: is for devices"),
        ("mdp", {"decoding": "free"}, "needs the probabilities of the digits"),
        ("mdp", {"backend": "server"}, "which skeleton decoding on this machine alone knows"),
        ("mdp", {"do_sample": True}, "leave --decoding free, --do_sample and --backend server out"),
        ("mdp", {"coverage": 1.0}, "--coverage 1: give at least 0.5 and less than 1"),
        ("mdp", {"spread_samples": 2}, "--spread_samples 2: scatter needs 4 answers or more"),
        ("mdp", {"calibration": "nowhere.json"}, "--calibration nowhere.json: no such file"),
    ],
)
def test_what_cannot_be_calibrated_is_refused_in_one_sentence(task, flags, message):
    given = {"calibration": str(SAMPLE / "mdp_test.json")} | flags
    arguments = PredictionArguments("nowhere", str(SAMPLE / "mdp_test.json"), "x.jsonl", **given)
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        predict_file(task, arguments)
    with pytest.raises(
        UserError, match="is for a checkpoint; forests_and_kernel calibrates itself"
    ):
        infer.Arguments(task="mdp", calibration=str(SAMPLE / "mdp_test.json")).check()

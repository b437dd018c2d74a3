"""Runs of sii_test.py: shared by processes, killed, out of memory, with rows that fail."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.local import NO_MEMORY, SkeletonAnswers, out_of_memory_is_none
from masterkey.predicting.run import predict_file
from masterkey.rows.predictions import header_path, read_predictions
from masterkey.schema import fields as schema
from masterkey.schema.values import parse_value, reported_parts
from masterkey.scripting.command_line import UserError

ROOT = Path(__file__).resolve().parents[2]
N_ROWS = 12


@pytest.fixture(scope="module")
def papers(trained, tmp_path_factory) -> Path:
    """A data file of unseen papers."""
    path = tmp_path_factory.mktemp("papers") / "papers.json"
    rows = [{"id": f"p{row.number}", "input": row.input} for row in trained.papers[:N_ROWS]]
    path.write_text(json.dumps(rows))
    return path


@pytest.fixture(scope="module")
def predict(trained, papers):
    """Run the test script's work in this process; returns the lines."""

    def predict(output: Path, data: Path = papers, task: str = "sii", **more) -> list[dict]:
        arguments = PredictionArguments(str(trained.folder), str(data), str(output), **more)
        predict_file(task, arguments)
        return read_predictions(output, task)

    return predict


@pytest.fixture(scope="module")
def whole(predict, tmp_path_factory) -> Path:
    """What one process writes, undisturbed."""
    path = tmp_path_factory.mktemp("whole") / "whole.jsonl"
    predict(path, batch_size=2)
    return path


# Several processes


def torchrun(n: int, trained, papers: Path, output: Path, *more) -> list[str]:
    command = [
        sys.executable, "-m", "torch.distributed.run", f"--nproc_per_node={n}", "--standalone",
        ROOT / "sii_test.py", "--model", trained.folder, "--data_path", papers,
        "--output_path", output, "--batch_size", 2, *more,
    ]  # fmt: skip
    return list(map(str, command))


ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}


@pytest.mark.slow
def test_two_killed_processes_are_continued_by_one(
    trained, papers, whole, predict, tmp_path, capsys
):
    output = tmp_path / "killed.jsonl"
    command = torchrun(2, trained, papers, output, "--draft_tokens", 0)
    process = subprocess.Popen(command, env=ONE_THREAD, stderr=subprocess.DEVNULL)
    wait_for_lines(tmp_path, 4, process)
    kill_all(process)
    written = lines_in(tmp_path)
    assert 4 <= len(written) < N_ROWS
    assert (tmp_path / "killed.process1.jsonl").exists()
    with open(tmp_path / "killed.process1.jsonl", "a") as file:
        file.write('{"id": "p')  # what a kill in mid-write leaves

    predict(output, batch_size=2)
    assert f"{N_ROWS} rows, {len(written)} already done" in capsys.readouterr().out
    assert_same(output, whole)
    kept = set(written) & set(output.read_text().splitlines(keepends=True))
    assert len(kept) == len(written)  # not predicted again
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "killed.header.json",
        "killed.jsonl",
    ]


@pytest.mark.slow
def test_a_run_of_one_process_is_continued_by_two(trained, papers, whole, tmp_path):
    output = tmp_path / "begun.jsonl"
    header_path(output).write_text(header_path(whole).read_text())
    begun = whole.read_text().splitlines(keepends=True)[3:5]
    output.write_text("".join(begun))
    command = torchrun(2, trained, papers, output)
    done = subprocess.run(command, env=ONE_THREAD, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert f"{N_ROWS} rows, 2 already done, shared by 2 processes" in done.stdout
    assert done.stdout.count("already done") == done.stdout.count("saved: ") == 1
    assert_same(output, whole)
    assert output.read_text().splitlines(keepends=True)[3:5] == begun
    assert sorted(path.name for path in tmp_path.iterdir()) == ["begun.header.json", "begun.jsonl"]


def assert_same(output: Path, expected: Path) -> None:
    """Equal lines. What a pass computes differs in its last digits with the drafts that are fed with
    it, and these with what the process wrote before: rounding to 4 decimals may fall otherwise."""
    for line, other in zip(
        *(read_predictions(path, "sii") for path in (output, expected)), strict=True
    ):
        for key in ("confidence", "mean_logprob"):
            assert line.pop(key) == pytest.approx(other.pop(key), abs=2e-4)
        closed, of_other = line.pop("alternatives"), other.pop("alternatives")
        assert list(closed) == list(of_other)
        for name, probabilities in closed.items():
            assert probabilities == pytest.approx(of_other[name], abs=2e-4)
        assert line == other


def lines_in(folder: Path) -> list[str]:
    return [
        line
        for path in folder.glob("*.jsonl")
        for line in path.read_text().splitlines(keepends=True)
        if line.endswith("\n")
    ]


def wait_for_lines(folder: Path, n: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 90
    while len(lines_in(folder)) < n and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def kill_all(process: subprocess.Popen) -> None:
    """SIGKILL for the process and all that it started; torchrun's workers have sessions of their own."""
    pids = [process.pid]
    for pid in pids:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        pids += map(int, children.split())
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


# Memory


def refuse_more_than(most: int, monkeypatch, error: Exception | None = None) -> list[int]:
    """Batches of more rows than `most` raise; returns the list in which batch sizes are counted."""
    import torch

    answer, sizes = SkeletonAnswers.answer, []

    def small_memory(self, rows, prompts, seed):
        sizes.append(len(rows))
        if len(rows) > most:
            raise error or torch.OutOfMemoryError("CUDA out of memory.")
        return answer(self, rows, prompts, seed)

    monkeypatch.setattr(SkeletonAnswers, "answer", small_memory)
    return sizes


@pytest.mark.slow
def test_out_of_memory_halves_the_batch_and_goes_on(predict, whole, tmp_path, monkeypatch, capsys):
    sizes = refuse_more_than(2, monkeypatch)
    lines = predict(tmp_path / "halved.jsonl", batch_size=8)
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 2]  # 8 and the last 4 rows; once small, always small
    expected = read_predictions(whole, "sii")
    assert [line["prediction"] for line in lines] == [line["prediction"] for line in expected]
    told = re.findall("out of memory with (.*)", capsys.readouterr().err)
    assert told == ["8 rows: going on with 4 at a time.", "4 rows: going on with 2 at a time."]


@pytest.mark.slow
def test_a_row_too_large_alone_is_recorded_and_tried_again(
    predict, whole, papers, tmp_path, monkeypatch, capsys
):
    output = tmp_path / "failing.jsonl"
    answer = SkeletonAnswers.answer

    def too_little_for_p3(self, rows, prompts, seed):
        import torch

        if any(row.id == "p3" for row in rows):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return answer(self, rows, prompts, seed)

    monkeypatch.setattr(SkeletonAnswers, "answer", too_little_for_p3)
    with pytest.raises(SystemExit) as end:
        predict(output, batch_size=2)
    assert end.value.code == 1
    assert f"1 of {N_ROWS} rows failed (first: row 3: {NO_MEMORY})" in capsys.readouterr().err
    lines = read_predictions(output, "sii")
    assert len(lines) == N_ROWS
    assert [(line["id"], line["failed"]) for line in lines if "failed" in line] == [
        ("p3", NO_MEMORY)
    ]
    assert lines[3]["fields"] == {}

    monkeypatch.setattr(SkeletonAnswers, "answer", answer)
    sizes = refuse_more_than(99, monkeypatch)
    again = predict(output, batch_size=2)
    assert sizes == [1]
    assert [line["prediction"] for line in again] == [
        line["prediction"] for line in read_predictions(whole, "sii")
    ]


def test_only_a_lack_of_memory_counts_as_one():
    def fail(error):
        raise error

    for words in ("DefaultCPUAllocator: can't allocate", "MPS backend out of memory"):
        assert out_of_memory_is_none(lambda words=words: fail(RuntimeError(words))) is None
    with pytest.raises(RuntimeError, match="shapes"):
        out_of_memory_is_none(lambda: fail(RuntimeError("shapes do not match")))
    assert out_of_memory_is_none(lambda: 5) == 5


# Rows, files and flags


@pytest.mark.slow
def test_a_row_whose_instruction_does_not_fit_fails_alone(predict, tmp_path, capsys):
    data, output = tmp_path / "long.json", tmp_path / "long.jsonl"
    rows = [{"instruction": "word " * 2000, "input": "ITO"}, {"input": "We used ITO and SnO2."}]
    data.write_text(json.dumps(rows))
    for n_done in (0, 1):  # the failed row is tried again
        with pytest.raises(SystemExit) as end:
            predict(output, data)
        assert end.value.code == 1
        told = capsys.readouterr()
        assert f"2 rows, {n_done} already done" in told.out
        assert "1 of 2 rows failed (first: row 0: its instruction alone does not fit" in told.err
    first, second = read_predictions(output, "sii")
    assert "failed" in first
    assert tuple(second["fields"]) == schema.SII_FIELDS


@pytest.mark.slow
@pytest.mark.parametrize("task", ["sii", "mdp"])
def test_uncertain_values_are_emptied_and_listed(task, predict, papers, tmp_path):
    sure = predict(tmp_path / "sure.jsonl", task=task, batch_size=12)
    lines = predict(tmp_path / "abstained.jsonl", task=task, batch_size=12, abstain_below=0.9)
    parse = {"sii": schema.parse_sii_answer, "mdp": schema.parse_mdp_answer}[task]
    n_abstained = 0
    for line, before in zip(lines, sure, strict=True):
        values, kept = parse(before["prediction"]), parse(line["prediction"])
        assert list(kept) == list(values)
        assert line["confidence"] == before["confidence"]
        uncertain = {name for name, p in line["confidence"].items() if p < 0.9 and values[name]}
        assert line["abstained"] == {name: values[name] for name in uncertain}
        assert kept == values | dict.fromkeys(uncertain, "")
        for name in uncertain:
            assert line["fields"][name] in ("", None)
        n_abstained += len(uncertain)
    assert n_abstained > 0


@pytest.mark.slow
def test_a_file_written_with_other_settings_is_refused(predict, whole, tmp_path):
    output = tmp_path / "sii.jsonl"
    for path, source in ((output, whole), (header_path(output), header_path(whole))):
        path.write_text(source.read_text())
    for more, found in [
        ({"decoding": "free"}, "another decoding, max_value_tokens, restrict_values;"),
        ({"max_value_tokens": 9}, "another max_value_tokens;"),
        ({"restrict_values": False}, "another restrict_values;"),
        ({"abstain_below": 0.5}, "another abstain_below;"),
        ({"do_sample": True}, "another decoding, temperature, top_p, top_k, seed, batch_size, max"),
    ]:
        with pytest.raises(UserError) as error:
            predict(output, **more)
        assert found in str(error.value)
        assert "--overwrite" in str(error.value)
    predict(tmp_path / "abstained.jsonl", abstain_below=0.5, limit=2)
    with pytest.raises(UserError, match="another abstain_below;"):
        predict(tmp_path / "abstained.jsonl", limit=3)
    # What does not decide an answer may change.
    assert len(predict(output, batch_size=3, draft_tokens=0)) == N_ROWS


@pytest.mark.slow
def test_a_file_that_nobody_knows_is_not_overwritten(predict, tmp_path):
    output = tmp_path / "notes.jsonl"
    output.write_text("my notes\n")
    with pytest.raises(UserError, match="--overwrite"):
        predict(output, limit=1)
    assert output.read_text() == "my notes\n"
    assert len(predict(output, limit=1, overwrite=True)) == 1


@pytest.mark.slow
def test_evidence_points_at_the_value_in_the_text(whole):
    n_found = 0
    for line in read_predictions(whole, "sii"):
        for name, parts in line["evidence"].items():
            reported = set(reported_parts(parse_value(name, line["fields"][name])))
            assert set(parts or ()) == reported, name
            for part, places in (parts or {}).items():
                for start, end in places or ():
                    words = line["input"][start:end]
                    assert part in reported_parts(parse_value(name, words)), (name, words)
                    n_found += 1
    assert n_found > 10


CONTRADICTIONS = [
    ({"batch_size": 0}, "--batch_size 0: must be 1 or more"),
    ({"limit": 0}, "--limit 0: must be 1"),
    ({"max_new_tokens": -1}, "--max_new_tokens -1: must be 1"),
    ({"max_value_tokens": 0}, "--max_value_tokens 0: must be 1"),
    ({"concurrency": 0}, "--concurrency 0: must be 1"),
    ({"draft_tokens": -1}, "--draft_tokens -1: must be 0"),
    ({"max_retries": -1}, "--max_retries -1: must be 0"),
    ({"do_sample": True, "temperature": 0.0}, "--temperature 0.0: must be more than 0"),
    ({"do_sample": True, "top_p": 1.5}, "--top_p 1.5: must be more than 0 and at most 1"),
    ({"do_sample": True, "top_k": -1}, "--top_k -1: must be 0 or more"),
    ({"abstain_below": 1.5}, "--abstain_below 1.5: must be between 0 and 1"),
    ({"abstain_below": float("nan")}, "--abstain_below nan: must be between"),
    ({"decoding": "skeleton", "do_sample": True}, "--decoding skeleton: .* leave --do_sample out"),
    ({"decoding": "skeleton", "backend": "server"}, "leave --backend server out"),
    ({"shots": 2}, "--shots 2: is for --backend server"),
    ({"shots": 2, "backend": "server"}, "--shots 2: needs --train"),
    ({"abstain_below": 0.5, "decoding": "free"}, "--abstain_below: needs the confidence"),
    ({"abstain_below": 0.5, "do_sample": True}, "--abstain_below: needs the confidence"),
]


@pytest.mark.parametrize(("flags", "sentence"), CONTRADICTIONS)
def test_flags_that_contradict_each_other_get_one_sentence(flags, sentence):
    with pytest.raises(UserError, match=sentence) as error:
        PredictionArguments("model", "data.json", "out.jsonl", **flags).check()
    assert str(error.value).endswith(".")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"max_new_tokens": 20}, "--max_new_tokens 20: the field names"),
        ({"max_new_tokens": 640}, "--max_new_tokens 640: leaves no room"),
        ({"device": "gpu"}, "--device gpu: is no device"),
        ({"prompt_style": "vicuna"}, "--prompt_style vicuna: unknown"),
    ],
)
def test_settings_that_the_model_cannot_have_get_one_sentence(flags, sentence, predict, tmp_path):
    with pytest.raises(UserError, match=sentence):
        predict(tmp_path / "none.jsonl", **flags)
    assert not list(tmp_path.iterdir())

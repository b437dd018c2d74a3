"""train.py, sii_test.py and regression_test.py end to end, on a model that trains in seconds."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import train as train_script
from masterkey.rows.predictions import header_path, read_predictions
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
SMALL_LLAMA = {
    "model_type": "llama",
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 1024,
    "vocab_size": 1,
}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with a few rows of each task: sii.json, mdp.json."""
    folder = tmp_path_factory.mktemp("chain")
    for name, source, n in (("sii", "sii_train", 12), ("mdp", "mdp_train", 12)):
        rows = json.loads((SAMPLE / f"{source}.json").read_text("utf-8"))[:n]
        (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "small_llama.json").write_text(json.dumps(SMALL_LLAMA))
    return folder


@pytest.fixture(scope="module")
def tokenizer(work, run_script):
    done = run_script(
        "data/train_tokenizer.py", "--vocab_size", 1000, "--output_dir", work / "tokenizer",
        "--data_path", work / "sii.json", work / "mdp.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return work / "tokenizer"


@pytest.fixture(scope="module")
def flags(work, tokenizer):
    """The words behind train.py."""

    def flags(output_dir) -> list:
        return [
            ROOT / "configs" / "tiny.yaml",
            "--config_name", work / "small_llama.json", "--tokenizer_name", tokenizer,
            "--model_max_length", 1024, "--data_path", work / "sii.json", work / "mdp.json",
            "--output_dir", output_dir, "--num_train_epochs", 1, "--logging_steps", 1,
            "--warmup_steps", 0,
        ]  # fmt: skip

    return flags


@pytest.fixture(scope="module")
def train(flags, run_script):
    def train(output_dir, *more):
        return run_script("train.py", *flags(output_dir), *more)

    return train


@pytest.fixture(scope="module")
def trained(work, train):
    done = train(work / "model")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def model(work, trained):
    return work / "model"


def predict(run_script, task, model, data_path, output_path, *more):
    script = {"sii": "sii_test.py", "mdp": "regression_test.py"}[task]
    return run_script(
        script, "--model", model, "--data_path", data_path, "--output_path", output_path, *more
    )


def test_training_says_what_it_shortened_and_saves_all_that_prediction_needs(trained, model):
    assert "12 rows" in trained.stdout
    assert "no answer was cut" in trained.stdout
    names = {path.name for path in model.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "prompt_style.json"} <= names
    settings = json.loads((model / "prompt_style.json").read_text())
    assert settings["prompt_style"] == "alpaca"
    summary = json.loads((model / "train_summary.json").read_text())
    assert [data["file"] for data in summary["data"]] == ["sii.json", "mdp.json"]
    assert summary["seed"] == 0
    losses = [entry["loss"] for entry in summary["log"] if "loss" in entry]
    assert len(losses) == 24
    assert sum(losses[-6:]) < 0.95 * sum(losses[:6])


def test_the_same_seed_trains_the_same_weights(train, model, work):
    assert train(work / "again").returncode == 0
    weights = [(folder / "model.safetensors").read_bytes() for folder in (model, work / "again")]
    assert weights[0] == weights[1]


def test_two_processes_share_the_rows_and_save_one_model(work, tokenizer):
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port=0",
        "--standalone", ROOT / "train.py", ROOT / "configs" / "tiny.yaml", "--tokenizer_name", tokenizer,
        "--config_name", work / "small_llama.json", "--model_max_length", 1024, "--logging_steps", 1,
        "--data_path", work / "sii.json", "--output_dir", work / "two", "--num_train_epochs", 1,
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("saved: ") == 1
    summary = json.loads((work / "two" / "train_summary.json").read_text())
    assert len([entry for entry in summary["log"] if "loss" in entry]) == 6  # 12 rows, 2 a step


def test_a_trained_checkpoint_can_be_fine_tuned_further(model, work, run_script):
    done = run_script(
        "train.py", "--model_name_or_path", model, "--data_path", work / "mdp.json",
        "--output_dir", work / "further", "--max_steps", 1, "--model_max_length", 1024,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (work / "further" / "model.safetensors").exists()


@pytest.mark.parametrize("task", ["sii", "mdp"])
def test_every_row_gets_a_whole_answer_with_all_that_was_promised(task, model, work, run_script):
    output = work / f"{task}.jsonl"
    done = predict(run_script, task, model, work / f"{task}.json", output)
    assert done.returncode == 0, done.stderr
    assert "forward passes per answer" in done.stdout
    lines = read_predictions(output, task)
    names = {"sii": schema.SII_FIELDS, "mdp": schema.MDP_TARGETS}[task]
    assert [line["row"] for line in lines] == list(range(12))
    for line in lines:
        assert line["prompt_style"] == "alpaca"
        assert line["prompt_shortened"] is False
        assert tuple(line["fields"]) == tuple(line["reference_fields"]) == names
        assert tuple(line["confidence"]) == tuple(line["mean_logprob"]) == names
        assert all(0 <= confidence <= 1 for confidence in line["confidence"].values())
    header = json.loads(header_path(output).read_text())
    assert header["settings"]["decoding"] == "skeleton"
    assert header["versions"]["transformers"]


def test_free_decoding_says_why_it_stopped(model, work, run_script):
    output = work / "free.jsonl"
    more = ["--decoding", "free", "--max_new_tokens", 30]
    done = predict(run_script, "sii", model, work / "sii.json", output, *more)
    assert done.returncode == 0, done.stderr
    for line in read_predictions(output, "sii"):
        assert line["stop_reason"] in ("eos", "length")
        assert 1 <= line["n_generated_tokens"] <= 30
        assert "confidence" not in line
    assert json.loads(header_path(output).read_text())["settings"]["decoding"] == "free"


def test_a_killed_run_continues_to_the_same_file(model, work, run_script):
    arguments = ["--batch_size", 1]
    whole, killed = work / "whole.jsonl", work / "killed.jsonl"
    assert predict(run_script, "sii", model, work / "sii.json", whole, *arguments).returncode == 0
    command = [
        sys.executable, ROOT / "sii_test.py", "--model", model, "--data_path", work / "sii.json",
        "--output_path", killed, *arguments,
    ]  # fmt: skip
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.DEVNULL, cwd=ROOT)
    deadline = time.time() + 120
    while n_lines(killed) < 3 and process.poll() is None and time.time() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 3 <= n_lines(killed) < 12
    with open(killed, "a") as file:
        file.write('{"half a li')  # what a kill in mid-write leaves

    done = predict(run_script, "sii", model, work / "sii.json", killed, *arguments)
    assert done.returncode == 0, done.stderr
    assert " already done" in done.stdout
    assert ", 0 already done" not in done.stdout
    assert decided_lines(killed) == decided_lines(whole)


def decided_lines(path: Path) -> list[dict]:
    """The lines without their probabilities, whose last decimal depends on the shapes of blocks."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        for key in ("confidence", "mean_logprob", "alternatives"):
            del line[key]
    return lines


def n_lines(path: Path) -> int:
    return path.read_text().count("\n") if path.exists() else 0


def test_sampling_is_the_same_for_the_same_seed_and_differs_for_another(model, work, run_script):
    texts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        output = work / f"sampled_{name}.jsonl"
        done = predict(
            run_script, "mdp", model, work / "mdp.json", output,
            "--do_sample", "--seed", seed, "--limit", 3, "--max_new_tokens", 20,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        texts.append([line["prediction"] for line in read_predictions(output, "mdp")])
    assert texts[0] == texts[1] != texts[2]


def test_new_papers_without_answers_and_too_long_ones_are_predicted(model, work, run_script):
    papers = [{"input": "We spin-coated SnO2 on ITO."}, {"input": "Spiro-OMeTAD was spun. " * 400}]
    (work / "papers.jsonl").write_text("\n".join(map(json.dumps, papers)))
    output = work / "papers_predicted.jsonl"
    done = predict(run_script, "sii", model, work / "papers.jsonl", output)
    assert done.returncode == 0, done.stderr
    first, second = read_predictions(output, "sii")
    assert first["reference"] is None
    assert (first["prompt_shortened"], second["prompt_shortened"]) == (False, True)
    assert "1 of 2 rows with the input shortened" in done.stdout


def test_mistakes_in_training_get_one_sentence(train, work, flags, tokenizer):
    (work / "unanswered.json").write_text(json.dumps([{"instruction": "a", "input": "b"}]))
    long = [{"instruction": "a", "input": "b", "output": "word " * 2000}]
    (work / "long.json").write_text(json.dumps(long))
    for more, found in [
        (["--data_path", work / "nothing.json"], "nothing.json: no such file"),
        (["--learning_rate", "high"], "invalid float value"),
    ]:
        assert_one_sentence(train(work / "unused", *more), found)
    # In this process: the imports of a start take seconds.
    for more, found in [
        (["--data_path", work / "unanswered.json"], "row 0 has no 'output'"),
        (["--data_path", work / "long.json"], r"row\(s\) 0: the answer"),
        (["--model_max_length", 4096], "the model takes at most 1024 tokens"),
        (["--prompt_style", "vicuna"], "choose one of alpaca"),
        (["--model_name_or_path", work], "either --model_name_or_path"),
    ]:
        with pytest.raises(UserError, match=found):
            train_script.main([str(word) for word in (*flags(work / "unused"), *more)])
    words = ["--model_name_or_path", tokenizer, "--data_path", work / "sii.json"]
    with pytest.raises(UserError, match=r"holds no config\.json"):
        train_script.main([str(word) for word in (*words, "--output_dir", work / "unused")])
    written = {path.name for path in (work / "unused").glob("*")}
    assert written <= {".lock"}, "no model, and nothing that looks like one"


def test_mistakes_in_prediction_get_one_sentence(model, work, run_script):
    for name in ("empty", "no_weights"):
        (work / name).mkdir()
    for name in ("config.json", "prompt_style.json", "tokenizer.json", "tokenizer_config.json"):
        (work / "no_weights" / name).write_bytes((model / name).read_bytes())
    rows = [{"id": "x", "input": "a"}, {"id": "x", "input": "b"}]
    (work / "twice.json").write_text(json.dumps(rows))
    (work / "broken.json").write_text('[{"input": "a",}]')
    sii = work / "sii.json"
    for folder, data, found in [
        (work / "empty", sii, "holds no config.json"),
        (work / "no_weights", sii, "no weights"),
        (model, work / "mdp.json", "use regression_test.py"),
        (model, work / "twice.json", "rows 0 and 1 have the same id 'x'"),
        (model, work / "broken.json", "line 1, column 16"),
        (model, work / "nothing.json", "no such file"),
    ]:
        assert_one_sentence(predict(run_script, "sii", folder, data, work / "unused.jsonl"), found)
    assert not (work / "unused.jsonl").exists()


def test_a_checkpoint_without_a_prompt_style_is_refused_unless_one_is_named(
    model, work, run_script
):
    import shutil

    shutil.copytree(model, work / "styleless")
    (work / "styleless" / "prompt_style.json").unlink()
    arguments = ["mdp", work / "styleless", work / "mdp.json", work / "styleless.jsonl"]
    assert_one_sentence(predict(run_script, *arguments), "--prompt_style")
    more = ["--prompt_style", "published_test", "--limit", 1]
    assert predict(run_script, *arguments, *more).returncode == 0
    [line] = read_predictions(work / "styleless.jsonl", "mdp")
    assert line["prompt_style"] == "published_test"


def assert_one_sentence(done: subprocess.CompletedProcess, found: str) -> None:
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert len(errors) == 1
    assert found in errors[0]


def test_help_of_every_script_is_instant_and_shows_its_commands(run_script):
    scripts = [*sorted(ROOT.glob("*.py")), *sorted((ROOT / "data").glob("*.py"))]
    assert len(scripts) >= 8
    for script in scripts:
        begin = time.perf_counter()
        done = run_script(script.relative_to(ROOT), "--help")
        assert done.returncode == 0, done.stderr
        assert f"python {script.relative_to(ROOT)}" in done.stdout
        # Heavy imports take over 3 s here; this is about what is imported, not about speed.
        assert "torch" not in loaded_by_help(script), script
        assert time.perf_counter() - begin < 30


def loaded_by_help(script: Path) -> str:
    code = (
        "import runpy, sys\nsys.argv = [sys.argv[1], '--help']\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\nexcept SystemExit: pass\n"
        "print('MODULES', [m for m in ('torch', 'transformers', 'sklearn', 'pandas', 'matplotlib')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(script)], capture_output=True, text=True, cwd=ROOT
    )
    return done.stdout.rpartition("MODULES")[2]


def test_the_fields_of_the_sample_are_the_schema(work):
    [row, *_] = json.loads((work / "sii.json").read_text())
    assert tuple(schema.parse_sii_answer(row["output"])) == schema.SII_FIELDS

"""Killed, stopped, failing and repeated starts of train.py: what is kept, and that the weights are the same.

Most starts run in this process; those that a signal ends run in their own, which kills itself at a
given place of a given step.
"""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest
import safetensors
import torch

import train
from masterkey.scripting.command_line import UserError
from masterkey.training.batches.steps import Step
from masterkey.training.resuming import saving
from masterkey.training.resuming.checkpoint_folder import (
    MANIFEST,
    checkpoints,
    damage,
    read_manifest,
)
from masterkey.training.resuming.run_settings import RunSettings, changes
from masterkey.training.resuming.starts import choose_start, max_steps
from masterkey.training.resuming.write_errors import size_in_words, write_failure
from masterkey.training.trainer import AnswerTrainer

ROOT = Path(__file__).resolve().parents[2]
STEPS = 12
SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
LLAMA = {"model_type": "llama", **SMALL, "max_position_embeddings": 640, "vocab_size": 1}
OPT = {  # has dropout in every layer
    "model_type": "opt", "hidden_size": 32, "ffn_dim": 64, "num_hidden_layers": 1, "dropout": 0.1,
    "num_attention_heads": 2, "max_position_embeddings": 640, "word_embed_proj_dim": 32,
    "vocab_size": 1,
}  # fmt: skip
# Ends the last process where `place` of `module` is reached after `step` steps.
DIES = """
import importlib, os, signal, sys
import train
module, place, step, number = sys.argv[1:5]
module = importlib.import_module(module)
owner = getattr(module, "AnswerTrainer", module)
inner = getattr(owner, place)
def ends(first, *rest):
    steps = getattr(getattr(first, "state", None), "global_step", int(step))
    if steps == int(step) and os.environ.get("RANK", "0") == os.environ.get("LAST_RANK", "0"):
        os.kill(os.getpid(), int(number))
    return inner(first, *rest)
setattr(owner, place, ends)
from masterkey.scripting.command_line import user_errors
with user_errors():
    train.main(sys.argv[5:])
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory, byte_tokenizer):
    """Rows, configurations, a tokenizer, and the driver that ends itself."""
    folder = tmp_path_factory.mktemp("safe")
    rows = json.loads((ROOT / "data" / "sample" / "mdp_train.json").read_text("utf-8"))[:16]
    rows = [row | {"input": row["input"][:60]} for row in rows]
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    for name, config in (("llama", LLAMA), ("opt", OPT)):
        (folder / f"{name}.json").write_text(json.dumps(config))
    byte_tokenizer.save_pretrained(folder / "tokenizer")
    (folder / "dies.py").write_text(DIES)
    return folder


@pytest.fixture(scope="module")
def flags(work):
    """Flags of a run of 12 steps: 3 epochs of 4 steps, a checkpoint every 3 steps."""

    def flags(output_dir, *more, model=("--config_name", "llama.json")):
        return [
            str(word)
            for word in (
                model[0], work / model[1], "--learning_rate", 1e-3, "--seed", 0,
                "--tokenizer_name", work / "tokenizer", "--data_path", work / "rows.json",
                "--output_dir", output_dir, "--cache_dir", work / "cache",
                "--model_max_length", 640, "--num_train_epochs", 3,
                "--per_device_train_batch_size", 2, "--global_batch_size", 4,
                "--save_strategy", "steps", "--save_steps", 3, "--logging_steps", 2,
                "--warmup_steps", 0, "--report_to", "none", *more,
            )
        ]  # fmt: skip

    return flags


@pytest.fixture
def start(flags, capsys):
    """A start of train.py in this process; what it printed."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)

    def start(output_dir, *more, **options):
        capsys.readouterr()
        train.main(flags(output_dir, *more, **options))
        return capsys.readouterr().out

    yield start
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="module")
def start_that_ends(work, flags):
    """A start as a process of its own, which sends itself a signal; (exit code, output)."""

    def start(
        output_dir, place, step, number, *more, module="masterkey.training.trainer", processes=1
    ):
        launcher = [sys.executable]
        if processes > 1:
            launcher += ["-m", "torch.distributed.run", "--standalone"]
            launcher += [f"--nproc_per_node={processes}"]
        where = [work / "dies.py", module, place, step, int(number)]
        done = subprocess.run(
            [str(word) for word in (*launcher, *where, *flags(output_dir, *more))],
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "PYTHONPATH": str(ROOT),
                "LAST_RANK": str(processes - 1),
            },
            capture_output=True,
            text=True,
            timeout=240,
        )
        return done.returncode, done.stdout + done.stderr

    return start


@pytest.fixture(scope="module")
def undisturbed(work, flags):
    """The folder of a run that nothing disturbed."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    train.main(flags(work / "undisturbed"))
    torch.set_num_threads(n_threads)
    return work / "undisturbed"


def weights(folder: Path) -> dict:
    (path,) = folder.glob("*.safetensors")
    with safetensors.safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)


def assert_same_weights(one: Path, other: Path) -> None:
    ours, theirs = weights(one), weights(other)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def summary(folder: Path) -> dict:
    return json.loads((folder / "train_summary.json").read_text())


def names(folder: Path) -> list[str]:
    return [path.name for path in checkpoints(folder)]


def broken(monkeypatch, at_step: int, where: str = "training_step"):
    """Make `where` of the trainer raise behind so many steps: a crash without a new process."""
    inner = getattr(AnswerTrainer, where)

    def breaks(self, *arguments, **options):
        if self.state.global_step == at_step:
            raise ZeroDivisionError
        return inner(self, *arguments, **options)

    monkeypatch.setattr(AnswerTrainer, where, breaks)


# Killed


@pytest.mark.slow
def test_a_run_killed_in_a_step_and_then_while_saving_ends_with_the_same_bits(
    start_that_ends, start, undisturbed, tmp_path
):
    code, _ = start_that_ends(tmp_path, "training_step", 7, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert names(tmp_path) == ["checkpoint-6", "checkpoint-3"]
    code, said = start_that_ends(tmp_path, "_save_rng_state", 9, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert f"continues from {tmp_path}/checkpoint-6 (step 6 of 12)" in said
    assert (tmp_path / "checkpoint-9" / "optimizer.pt").exists()
    said = start(tmp_path)
    assert "checkpoint-9 is half-written: the run was stopped while it was saved; removed" in said
    assert "checkpoint-6 (step 6 of 12)" in said
    assert "bit for bit" not in said
    assert_same_weights(tmp_path, undisturbed)
    assert_same_log(summary(tmp_path), summary(undisturbed))
    assert summary(tmp_path)["run"]["continued_from_step"] == 6


def assert_same_log(ours: dict, theirs: dict) -> None:
    """All steps are there, with the losses of one run; --logging_steps 2 does not divide step 3 or 9."""
    shown = ("step", "loss", "learning_rate", "grad_norm", "train_loss")
    logs = [[{k: e[k] for k in shown if k in e} for e in each["log"]] for each in (ours, theirs)]
    assert logs[0] == logs[1]
    assert [entry["step"] for entry in logs[0]] == [2, 4, 6, 8, 10, 12, 12]
    for name in ("tokens", "flops", "padding_share"):
        assert ours["throughput"][name] == theirs["throughput"][name]


@pytest.mark.slow
def test_two_processes_of_which_one_is_killed_end_with_the_same_bits(start_that_ends, tmp_path):
    """Killed in a step, continued, and ended by SIGTERM to one process in the last step."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    code, said = start_that_ends(whole, "training_step", 99, signal.SIGKILL, processes=2)
    assert code == 0, said
    code, _ = start_that_ends(cut, "training_step", 7, signal.SIGKILL, processes=2)
    assert code != 0
    assert names(cut) == ["checkpoint-6", "checkpoint-3"]
    code, said = start_that_ends(cut, "training_step", 11, signal.SIGTERM, processes=2)
    assert code != 0
    assert said.count("continues from") == 1
    assert said.count("stopped by SIGTERM at step 12 of 12") == 1
    assert not (cut / "model.safetensors").exists()
    last = cut / "checkpoint-12"
    assert damage(last, read_manifest(last)) is None
    assert_same_weights(last, whole)
    logs = [
        json.loads((folder / "trainer_state.json").read_text())["log_history"]
        for folder in (last, whole / "checkpoint-12")
    ]
    assert [entry["loss"] for entry in logs[0]] == [entry["loss"] for entry in logs[1]]
    assert len(logs[0]) == 6


@pytest.mark.slow
def test_a_run_killed_between_training_and_the_saved_model_only_saves_it(
    start_that_ends, start, undisturbed, tmp_path
):
    code, _ = start_that_ends(
        tmp_path, "_move_model", STEPS, signal.SIGKILL, module="masterkey.training.resuming.saving"
    )
    assert code == -signal.SIGKILL
    assert not (tmp_path / "config.json").exists()
    said = start(tmp_path)
    assert "checkpoint-12 (step 12 of 12)" in said
    assert_same_weights(tmp_path, undisturbed)
    assert_same_log(summary(tmp_path), summary(undisturbed))
    assert not (tmp_path / ".unfinished").exists()


@pytest.mark.slow
def test_dropout_draws_the_numbers_of_an_undisturbed_run(start, monkeypatch, work, tmp_path):
    """OPT; evaluated at each epoch's end, where a checkpoint is due as well."""
    more = ("--eval_data_path", work / "rows.json", "--save_steps", 4)
    options = {"model": ("--config_name", "opt.json")}
    start(tmp_path / "a", *more, **options)
    with monkeypatch.context() as patched:
        broken(patched, 6)
        with pytest.raises(ZeroDivisionError):
            start(tmp_path / "b", *more, **options)
    assert "checkpoint-4" in start(tmp_path / "b", *more, **options)
    assert_same_weights(tmp_path / "a", tmp_path / "b")
    evaluations = [
        [entry["eval_loss"] for entry in summary(tmp_path / run)["log"] if "eval_loss" in entry]
        for run in "ab"
    ]
    assert len(evaluations[0]) == 3
    assert evaluations[0] == evaluations[1]


@pytest.mark.slow
def test_adapters_with_dropout_end_with_the_same_bits(start, monkeypatch, undisturbed, tmp_path):
    pytest.importorskip("peft", reason="peft is not installed: resuming LoRA is NOT checked")
    more = ("--lora_r", 2, "--lora_dropout", 0.2)
    options = {"model": ("--model_name_or_path", undisturbed)}
    start(tmp_path / "a", *more, **options)
    with monkeypatch.context() as patched:
        broken(patched, 8)
        with pytest.raises(ZeroDivisionError):
            start(tmp_path / "b", *more, **options)
    assert "checkpoint-6" in start(tmp_path / "b", *more, **options)
    assert_same_weights(tmp_path / "a", tmp_path / "b")


# Stopped


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_saves_the_running_step_and_says_how_to_go_on(
    number, start, monkeypatch, undisturbed, tmp_path, capsys
):
    inner = AnswerTrainer.training_step

    def signalled(self, *arguments):
        if self.state.global_step == 4:
            os.kill(os.getpid(), number)
        return inner(self, *arguments)

    before = signal.getsignal(number)
    with monkeypatch.context() as patched:
        patched.setattr(AnswerTrainer, "training_step", signalled)
        with pytest.raises(SystemExit) as ended:
            start(tmp_path)
    assert ended.value.code == 128 + number
    sentence = f"stopped by {number.name} at step 5 of 12, which is saved; start the same command"
    assert sentence in capsys.readouterr().out
    assert names(tmp_path) == ["checkpoint-5", "checkpoint-3"]
    assert signal.getsignal(number) == before
    assert "checkpoint-5 (step 5 of 12)" in start(tmp_path)
    assert_same_weights(tmp_path, undisturbed)


# Not finite


@pytest.mark.slow
def test_a_loss_that_is_not_finite_names_the_row_and_leaves_the_checkpoint(start, work, tmp_path):
    with pytest.raises(UserError, match=r"step \d+: the loss is nan on .*rows.json row \d+"):
        start(tmp_path, "--learning_rate", 1e38, "--max_grad_norm", 0, "--save_steps", 1)
    assert all(damage(path, read_manifest(path)) is None for path in checkpoints(tmp_path))
    assert checkpoints(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0, 1])
def test_a_gradient_that_is_not_finite_stops_before_the_weights_take_it(
    limit, start, monkeypatch, tmp_path
):
    inner, kept = AnswerTrainer._backward, {}

    def overflows(self, loss):
        inner(self, loss)
        if self.state.global_step == 4:
            parameter = next(self.model.parameters())
            parameter.grad[0, 0] = float("inf")
            kept.update(trainer=self, before=parameter.detach().clone())

    monkeypatch.setattr(AnswerTrainer, "_backward", overflows)
    with pytest.raises(UserError, match=r"step 5: the gradients are not finite on .*rows.json row"):
        start(tmp_path, "--max_grad_norm", limit)
    assert torch.equal(next(kept["trainer"].model.parameters()), kept["before"])
    assert names(tmp_path) == ["checkpoint-3"]


# Full disks


@pytest.mark.slow
@pytest.mark.parametrize("n_bytes", [20_000, 200_000])  # too few for the weights; for the optimizer
def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(
    n_bytes, start, monkeypatch, undisturbed, tmp_path
):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    inner = AnswerTrainer.progress

    def limited(self):
        if self.state.global_step == 6:
            resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
        return inner(self)

    with monkeypatch.context() as patched:
        patched.setattr(AnswerTrainer, "progress", limited)
        try:
            with pytest.raises(UserError) as failed:
                start(tmp_path, "--save_total_limit", 1)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    said = str(failed.value)
    assert said.startswith(f"{tmp_path}/checkpoint-6: could not be written (")
    assert "a checkpoint takes about 3" in said
    assert "kB" in said
    assert f"{tmp_path}/checkpoint-3 is whole: make room" in said
    assert names(tmp_path) == ["checkpoint-3"]
    assert "checkpoint-3 (step 3 of 12)" in start(tmp_path, "--save_total_limit", 1)
    assert names(tmp_path) == ["checkpoint-12"]
    assert_same_weights(tmp_path, undisturbed)


def test_the_new_checkpoint_stays_though_the_clock_was_set_back(tmp_path):
    """transformers goes by the time of writing (findings/trainer-clock-steps-back.sh)."""
    for step, age in ((3, -3600), (6, 0)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        written = folder.stat().st_mtime - age
        os.utime(folder, (written, written))
    trainer = types.SimpleNamespace(
        args=types.SimpleNamespace(output_dir=str(tmp_path)),
        state=types.SimpleNamespace(best_model_checkpoint=None),
    )
    saving._rotate(trainer, 1)
    assert names(tmp_path) == ["checkpoint-6"]


@pytest.mark.slow
def test_older_checkpoints_go_only_when_the_new_one_is_whole(start, monkeypatch, tmp_path):
    seen = {}
    inner = saving.write_json

    def watched(path, value):
        if value["whole"]:
            seen[value["step"]] = names(tmp_path)
        inner(path, value)

    monkeypatch.setattr(saving, "write_json", watched)
    start(tmp_path, "--save_total_limit", 1)
    assert seen[6] == ["checkpoint-6", "checkpoint-3"]
    assert names(tmp_path) == ["checkpoint-12"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "Disk quota exceeded"),
        (
            safetensors.SafetensorError(
                "Error while serializing: I/O error: No space left on device (os error 28)"
            ),
            "No space left on device (os error 28)",
        ),
        (RuntimeError("PytorchStreamWriter failed writing file data/0"), "a write failed"),
        (
            RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos"),
            "a write failed",
        ),
        (RuntimeError("expected scalar type Float"), None),
        (safetensors.SafetensorError("Error while deserializing header"), None),
        (ConnectionResetError(errno.ECONNRESET, "reset"), None),
        (KeyError("weights"), None),
    ],
)
def test_only_failures_to_write_count_as_a_full_disk(error, reason):
    assert write_failure(error) == reason


def test_shards_written_together_give_the_reason_of_the_process_that_failed():
    from torch.distributed.checkpoint.api import CheckpointException, _wrap_exception

    wrapped = _wrap_exception(OSError(errno.ENOSPC, "No space left on device"))
    assert write_failure(CheckpointException("write", {1: wrapped})) == "No space left on device"
    wrapped = _wrap_exception(ValueError("shape"))
    assert write_failure(CheckpointException("write", {1: wrapped})) is None


def test_sizes_are_told_in_words():
    assert size_in_words(999) == "999 bytes"
    assert size_in_words(12_345_678_900) == "12.3 GB"
    assert size_in_words(5_000_000_000_000) == "5,000.0 GB"


# The same command again


@pytest.mark.slow
def test_a_finished_run_is_not_trained_again_but_goes_on_with_more_epochs(start, tmp_path):
    start(tmp_path)
    written = (tmp_path / "model.safetensors").stat().st_mtime_ns
    assert "this run is finished, nothing is trained" in start(tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_mtime_ns == written
    said = start(tmp_path, "--num_train_epochs", 4)
    assert "checkpoint-12 (step 12 of 16)" in said
    assert "was to have 12 steps and now has 16" in said
    assert summary(tmp_path)["run"]["step"] == 16
    with pytest.raises(UserError, match=r"--learning_rate was 0.001 and is 0.01.*begin anew with"):
        start(tmp_path, "--learning_rate", 0.01)


@pytest.mark.slow
def test_beginning_anew_keeps_the_old_checkpoints_apart(start, undisturbed, tmp_path):
    start(tmp_path, "--max_steps", 6)
    said = start(tmp_path, "--resume_from_checkpoint", "False", "--learning_rate", 0.01)
    assert f"(checkpoint-3, checkpoint-6) is kept in {tmp_path}/earlier-1" in said
    assert "continues" not in said
    assert names(tmp_path) == ["checkpoint-12", "checkpoint-9", "checkpoint-6", "checkpoint-3"]
    assert names(tmp_path / "earlier-1") == ["checkpoint-6", "checkpoint-3"]
    assert summary(tmp_path / "earlier-1")["run"]["max_steps"] == 6


@pytest.mark.slow
def test_a_second_start_beside_a_running_one_is_refused(start, tmp_path):
    other = subprocess.Popen(
        [
            sys.executable, "-c",
            "import sys; from pathlib import Path; from masterkey.training.resuming import starts as s\n"
            "s._claim(Path(sys.argv[1])); print('claimed', flush=True); sys.stdin.read()",
            str(tmp_path),
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        assert other.stdout.readline() == "claimed\n"
        with pytest.raises(UserError, match=f"process {other.pid} on .* is training into this"):
            start(tmp_path)
    finally:
        other.communicate()


# Choosing a checkpoint


SETTINGS = RunSettings({"seed": 0, "rows": "16 of 99 tokens"}, {"processes": 1})


def training(output_dir, resume=None, **more):
    fields = {
        "process_index": 0, "world_size": 1, "max_steps": 12, "output_dir": str(output_dir),
        "resume_from_checkpoint": resume, "num_train_epochs": 3, "rows_per_step": 4,
    }  # fmt: skip
    return types.SimpleNamespace(**{**fields, **more})


def write_checkpoint(folder: Path, step: int, settings=SETTINGS, **more) -> Path:
    checkpoint = folder / f"checkpoint-{step}"
    (checkpoint / "shards").mkdir(parents=True)
    (checkpoint / "shards" / "0.distcp").write_text("states")
    manifest = {
        "whole": True, "step": step, "max_steps": 12, "settings": settings.fixed,
        "rounding": settings.rounding, "files": {"shards/0.distcp": 6}, **more,
    }  # fmt: skip
    (checkpoint / MANIFEST).write_text(json.dumps(manifest))
    return checkpoint


def choose(folder, resume=None, settings=SETTINGS, **more):
    return choose_start(training(folder, resume, **more), settings, 16)


def test_an_empty_folder_begins_and_a_demanded_checkpoint_must_be_there(tmp_path):
    assert choose(tmp_path).checkpoint is None
    assert choose(tmp_path, "False").lines == []
    with pytest.raises(UserError, match="holds no whole checkpoint"):
        choose(tmp_path, "True")


def test_the_newest_checkpoint_is_the_one_of_most_steps(tmp_path):
    for step in (3, 9, 10):
        write_checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-best").mkdir()
    start = choose(tmp_path)
    assert start.checkpoint == str(tmp_path / "checkpoint-10")
    assert start.lines == [f"continues from {tmp_path}/checkpoint-10 (step 10 of 12)"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: (path / "shards/0.distcp").unlink(), "lacks shards/0.distcp"),
        (lambda path: (path / "shards/0.distcp").write_text("st"), "has 2 bytes, not 6"),
        (lambda path: (path / MANIFEST).unlink(), f"has no {MANIFEST}"),
        (lambda path: (path / MANIFEST).write_text('{"whole": tr'), f"has no {MANIFEST}"),
    ],
)
def test_a_damaged_checkpoint_is_put_aside_and_the_one_before_is_taken(change, said, tmp_path):
    write_checkpoint(tmp_path, 3)
    change(write_checkpoint(tmp_path, 6))
    start = choose(tmp_path)
    assert start.checkpoint == str(tmp_path / "checkpoint-3")
    assert said in start.lines[0]
    assert "put aside as unusable-checkpoint-6" in start.lines[0]
    assert (tmp_path / "unusable-checkpoint-6").is_dir()


def test_a_checkpoint_known_to_be_half_written_is_removed(tmp_path):
    write_checkpoint(tmp_path, 6, whole=False)
    start = choose(tmp_path)
    assert start.checkpoint is None
    assert "is half-written" in start.lines[0]
    assert start.lines[0].endswith("the run begins anew")
    assert checkpoints(tmp_path) == []


def test_changed_settings_are_named_with_both_values(tmp_path):
    write_checkpoint(tmp_path, 6)
    with pytest.raises(UserError, match="--seed was 0 and is 1; rows was 16 of 99 tokens and is 9"):
        choose(tmp_path, settings=RunSettings({"seed": 1, "rows": "9"}, {}))
    assert names(tmp_path) == ["checkpoint-6"]


def test_another_number_of_processes_goes_on_but_not_bit_for_bit(tmp_path):
    write_checkpoint(tmp_path, 6)
    start = choose(tmp_path, settings=RunSettings(SETTINGS.fixed, {"processes": 2}))
    assert start.checkpoint
    assert "not be bit for bit those of one run: processes was 1 and is 2" in start.lines[-1]


def test_weights_alone_cannot_be_continued(tmp_path):
    write_checkpoint(tmp_path, 6, resumable=False)
    with pytest.raises(UserError, match="holds weights alone"):
        choose(tmp_path)


def test_a_named_checkpoint_puts_newer_ones_of_the_folder_aside(tmp_path):
    for step in (3, 6, 9):
        write_checkpoint(tmp_path, step)
    start = choose(tmp_path, str(tmp_path / "checkpoint-3"))
    assert start.checkpoint == str(tmp_path / "checkpoint-3")
    assert names(tmp_path) == ["checkpoint-3"]
    assert names(tmp_path / "earlier-1") == ["checkpoint-9", "checkpoint-6"]


def test_a_named_checkpoint_of_another_program_is_taken_as_it_is_and_a_broken_one_refused(tmp_path):
    (write_checkpoint(tmp_path / "other", 6) / MANIFEST).unlink()
    start = choose(tmp_path / "mine", str(tmp_path / "other" / "checkpoint-6"))
    assert "taken as it is" in start.lines[0]
    broken_one = write_checkpoint(tmp_path / "other", 9, files={"optimizer.pt": 1})
    with pytest.raises(UserError, match=r"lacks optimizer\.pt; name another one"):
        choose(tmp_path / "mine", str(broken_one))
    with pytest.raises(UserError, match="is no folder named checkpoint-N"):
        choose(tmp_path / "mine", str(tmp_path / "nowhere"))


def test_the_length_of_the_run_is_counted_as_trainer_does():
    assert max_steps(training("x", max_steps=-1), 17) == 15
    assert max_steps(training("x", max_steps=-1, num_train_epochs=0.5), 17) == 3


def test_settings_that_an_older_release_did_not_write_do_not_count_as_changed():
    assert changes({"seed": 0}, {"seed": 0, "lora_r": 8}) == []


def test_messages_about_values_that_are_not_finite_name_at_most_eight_rows():
    trainer = types.SimpleNamespace(
        state=types.SimpleNamespace(global_step=4),
        train_dataset=types.SimpleNamespace(name=lambda row: f"rows.json row {row}"),
    )
    trainer._not_finite = types.MethodType(AnswerTrainer._not_finite, trainer)
    step = Step([[0, 1], list(range(10, 0, -1))], 5, [1], 1)
    losses = [torch.tensor(1.0), torch.tensor(float("inf"))]
    with pytest.raises(
        UserError, match=r"step 5: the loss is inf on rows.json row 1, .*8 and 2 more"
    ):
        AnswerTrainer._stop_at_rows(trainer, step, losses)

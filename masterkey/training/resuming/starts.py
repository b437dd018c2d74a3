"""Checkpoints that are whole or known not to be, and which of them a start of train.py continues from.

Each checkpoint folder has a checkpoint_manifest.json. It is there, with `"whole": false`, before
anything else is; when all processes have written and the files are on the disk, it is replaced by one
that lists every file with its size, the step and the run's settings. Only then may older checkpoints
go (--save_total_limit). docs/training/resuming.md says what follows for users.
"""

import fcntl
import os
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, write_json
from masterkey.training.flags.given import FALSE, TRUE
from masterkey.training.resuming.run_settings import RunSettings, changes
from masterkey.training.resuming.write_errors import sync_tree, write_errors

MANIFEST = "checkpoint_manifest.json"
SUMMARY = "train_summary.json"
_LOCK = ".lock"
_held = []  # open files: closing one would end its lock
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class Start:
    """How a start of train.py begins: anew (`checkpoint` None), from a checkpoint, or not at all."""

    checkpoint: str | None = None
    lines: list[str] = field(default_factory=list)  # to print
    finished: bool = False  # there is nothing to train


# Reading


def checkpoints(output_dir: str | Path) -> list[Path]:
    """The checkpoint folders in `output_dir`, the newest first."""
    found = [path for path in Path(output_dir).glob("checkpoint-*") if path.is_dir()]
    return sorted((path for path in found if step_of(path) >= 0), key=step_of, reverse=True)


def step_of(folder: Path) -> int:
    match = _CHECKPOINT.fullmatch(folder.name)
    return int(match[1]) if match else -1


def read_manifest(folder: Path) -> dict | None:
    """The manifest of a checkpoint; None where there is none, or none that can be read."""
    try:
        manifest = read_json(folder / MANIFEST)
    except UserError:
        return None
    return manifest if isinstance(manifest, dict) and "whole" in manifest else None


def damage(folder: Path, manifest: dict | None) -> str | None:
    """What is wrong with a checkpoint, to be read behind its name; None where it is whole."""
    if manifest is None:
        return f"has no {MANIFEST}, so nothing says that it is whole"
    if not manifest["whole"]:
        return "is half-written: the run was stopped while it was saved"
    sizes = _sizes(folder)
    for name, size in manifest["files"].items():
        if name not in sizes:
            return f"lacks {name}"
        if sizes[name] != size:
            return f"is damaged: {name} has {sizes[name]:,} bytes, not {size:,}"
    return None


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of each file of the tree, by its path in it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}


# Starting


def choose_start(training, settings: RunSettings, n_rows: int) -> Start:
    """What this start of the run does, the same on all processes; the first one looks and puts aside.

    `training.resume_from_checkpoint`: None continues where there is something to continue, True
    demands it, False begins anew and keeps the old checkpoints in a folder of their own, a path
    continues from there. Raises `UserError` where the run's settings have changed.
    """
    start = None
    if training.process_index == 0:
        try:
            _claim(Path(training.output_dir))
            start = _choose(training, settings, max_steps(training, n_rows))
        except UserError as error:
            start = error
    start = from_first_process(training, start)
    if isinstance(start, UserError):
        if training.process_index == 0:
            raise start
        raise SystemExit(2)  # the first process says why
    return start


def _claim(output_dir: Path) -> None:
    """Refuse to write where another run does, such as one whose torchrun was killed and which goes on.

    The lock ends with this process, however that ends.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    file = open(output_dir / _LOCK, "a+")  # noqa: SIM115 (held until the process ends)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise UserError(
            f"{output_dir}: {file.read().strip() or 'another process'} is training into this folder; "
            "wait for it, end it, or name another --output_dir."
        ) from None
    except OSError:
        return  # a file system without locks
    _held.append(file)
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
    file.flush()


def from_first_process(training, value):
    """`value` as process 0 has it; all processes must ask."""
    if training.world_size == 1:
        return value
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


def max_steps(training, n_rows: int) -> int:
    """Steps of the whole run, counted as Trainer does."""
    if training.max_steps > 0:
        return training.max_steps
    steps_of_epoch = -(-n_rows // training.rows_per_step)
    return int(-(-training.num_train_epochs * steps_of_epoch // 1))


def _choose(training, settings: RunSettings, n_steps: int) -> Start:
    output_dir, asked = Path(training.output_dir), training.resume_from_checkpoint
    wish = str(asked).lower()
    if asked is not None and wish in FALSE:
        return Start(lines=_keep_apart(output_dir, checkpoints(output_dir), SUMMARY))
    if asked is not None and wish not in TRUE:
        return _from_path(Path(asked), output_dir, settings, n_steps)
    folder, lines = _newest_whole(output_dir)
    if folder is None:
        if asked is not None:
            lines.append(f"{output_dir}: holds no whole checkpoint to continue from.")
            raise UserError(" ".join(lines))
        if _is_finished(output_dir, settings, n_steps):
            return Start(None, [_finished_line(output_dir)], finished=True)
        return Start(None, [f"{line}; the run begins anew" for line in lines])
    manifest = read_manifest(folder)
    _refuse_changes(folder, manifest, settings)
    if _is_finished(output_dir, settings, n_steps):
        return Start(None, [_finished_line(output_dir)], finished=True)
    return Start(str(folder), lines + _continuing(folder, manifest, settings, n_steps))


def _newest_whole(output_dir: Path) -> tuple[Path | None, list[str]]:
    """The newest whole checkpoint; those that are newer and not whole are put aside, with a line each."""
    lines = []
    for folder in checkpoints(output_dir):
        manifest = read_manifest(folder)
        wrong = damage(folder, manifest)
        if wrong is None:
            return folder, lines
        if manifest and not manifest["whole"]:
            # Known to be a beginning and no more. Nobody could use it, and it may be large.
            shutil.rmtree(folder)
            lines.append(f"{folder} {wrong}; removed")
        else:
            aside = _free_name(output_dir / f"unusable-{folder.name}")
            folder.rename(aside)
            lines.append(f"{folder} {wrong}; put aside as {aside.name}")
    return None, lines


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}-{n}") for n in range(2, 10_000))
    return path if not path.exists() else next(name for name in names if not name.exists())


def _from_path(folder: Path, output_dir: Path, settings: RunSettings, n_steps: int) -> Start:
    if not folder.is_dir() or step_of(folder) < 0:
        raise UserError(
            f"--resume_from_checkpoint {folder}: is no folder named checkpoint-N; name one, or leave "
            f"the flag out to continue from the newest one in {output_dir}."
        )
    manifest, lines = read_manifest(folder), []
    if manifest is None:
        lines.append(f"{folder} {damage(folder, None)}; taken as it is")
    elif wrong := damage(folder, manifest):
        raise UserError(f"--resume_from_checkpoint {folder}: {wrong}; name another one.")
    else:
        _refuse_changes(folder, manifest, settings)
    own = folder.resolve().parent == output_dir.resolve()
    newer = [
        other for other in checkpoints(output_dir) if not own or step_of(other) > step_of(folder)
    ]
    lines += _keep_apart(output_dir, newer, SUMMARY)
    return Start(str(folder), lines + _continuing(folder, manifest or {}, settings, n_steps))


def _keep_apart(output_dir: Path, folders: list[Path], *files: str) -> list[str]:
    """Move what an earlier run left, so that two runs' checkpoints never mix; nothing is deleted."""
    left = [*folders, *(path for name in files if (path := output_dir / name).exists())]
    if not left:
        return []
    numbers = (n for n in range(1, 10_000) if not (output_dir / f"earlier-{n}").exists())
    target = output_dir / f"earlier-{next(numbers)}"
    target.mkdir()
    for path in left:
        path.rename(target / path.name)
    names = ", ".join(path.name for path in sorted(folders, key=step_of)) or SUMMARY
    return [f"{output_dir}: what was there ({names}) is kept in {target}"]


def _refuse_changes(folder: Path, manifest: dict, settings: RunSettings) -> None:
    changed = changes(manifest.get("settings", {}), settings.fixed)
    if changed:
        raise UserError(
            f"{folder.parent}: holds a run with other settings ({'; '.join(changed)}); continue it "
            "with the old ones, name another --output_dir, or begin anew with "
            "--resume_from_checkpoint False (the old checkpoints are kept)."
        )
    if not manifest.get("resumable", True):
        raise UserError(
            f"{folder}: holds weights alone (--save_only_model), so the run cannot be continued; "
            "name another --output_dir, or begin anew with --resume_from_checkpoint False (the old "
            "checkpoints are kept)."
        )


def _continuing(folder: Path, manifest: dict, settings: RunSettings, n_steps: int) -> list[str]:
    lines = [f"continues from {folder} (step {step_of(folder):,} of {n_steps:,})"]
    planned = manifest.get("max_steps", n_steps)
    if planned != n_steps:
        lines.append(
            f"the run was to have {planned:,} steps and now has {n_steps:,}; the learning rate "
            "goes on as planned for the new number"
        )
    if other := changes(manifest.get("rounding", {}), settings.rounding):
        lines.append(f"the weights will not be bit for bit those of one run: {'; '.join(other)}")
    return lines


def _is_finished(output_dir: Path, settings: RunSettings, n_steps: int) -> bool:
    """Whether a run with these settings has ended in `output_dir`, its model saved."""
    try:
        run = read_json(output_dir / SUMMARY).get("run", {})
    except (UserError, AttributeError):
        return False
    same = "settings" in run and not changes(run["settings"], settings.fixed)
    return same and run["max_steps"] >= n_steps


def _finished_line(output_dir: Path) -> str:
    return (
        f"{output_dir}: this run is finished, nothing is trained; more epochs or steps would go on "
        "from its last checkpoint, --resume_from_checkpoint False trains it anew"
    )


# Writing


def save_whole_checkpoint(trainer, save: Callable[[], None]) -> None:
    """Call `save`, which writes checkpoint-N of Trainer, and make sure that it is whole. On all processes.

    Raises `UserError` where it cannot be written; the ones before are kept.
    """
    args, first = trainer.args, trainer.is_world_process_zero()
    folder = Path(args.output_dir) / f"checkpoint-{trainer.state.global_step}"
    progress = trainer.progress()
    with write_errors(trainer, folder):
        if first:
            shutil.rmtree(folder, ignore_errors=True)
            write_json(folder / MANIFEST, {"whole": False})
    trainer.accelerator.wait_for_everyone()
    # Trainer would delete older checkpoints before the other processes have written theirs.
    limit, args.save_total_limit = args.save_total_limit, None
    try:
        with write_errors(trainer, folder, others_wait=_others_wait(trainer)):
            save()
            if trainer.is_local_process_zero():
                sync_tree(folder)
    finally:
        args.save_total_limit = limit
    # Where the processes did not agree above; and none may leave before the manifest is there.
    trainer.accelerator.wait_for_everyone()
    with write_errors(trainer, folder):
        if first:
            write_json(folder / MANIFEST, _manifest(trainer, folder, progress))
            _rotate(trainer, limit)


def _others_wait(trainer) -> bool:
    """Whether processes wait for each other inside `save`, so that one that fails must not go on."""
    best = trainer.state.best_global_step
    return bool(trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled or best)


def _manifest(trainer, folder: Path, progress: dict) -> dict:
    settings = trainer.run_settings
    return {
        "whole": True,
        "step": trainer.state.global_step,
        "max_steps": trainer.state.max_steps,
        "resumable": not trainer.args.save_only_model,
        "settings": settings.fixed if settings else {},
        "rounding": settings.rounding if settings else {},
        "progress": progress,
        "files": _sizes(folder),
    }


def _rotate(trainer, limit: int | None) -> None:
    from transformers.trainer_utils import rotate_checkpoints

    # By step: times of writing say nothing where checkpoints were copied.
    rotate_checkpoints(
        trainer.args.output_dir, limit, trainer.state.best_model_checkpoint, use_mtime=False
    )


def save_final_model(trainer) -> None:
    """Trainer.save_model() into the output folder, which never holds half a model. On all processes."""
    output_dir = Path(trainer.args.output_dir)
    unfinished = output_dir / ".unfinished"
    first = trainer.is_world_process_zero()
    if first:
        shutil.rmtree(unfinished, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    with write_errors(trainer, unfinished, others_wait=_others_wait(trainer)):
        trainer.save_model(str(unfinished))
        if first:
            sync_tree(unfinished)
    if first:
        _move_model(unfinished, output_dir)
    trainer.accelerator.wait_for_everyone()


def _move_model(source: Path, target: Path) -> None:
    from masterkey.weights.checkpoints import weight_files

    stale = {path.name for path in weight_files(target)} - {path.name for path in source.iterdir()}
    for path in [*source.iterdir()]:
        path.replace(target / path.name)
    for name in stale:  # a model that was saved in other parts
        (target / name).unlink()
    source.rmdir()

"""How a start of train.py begins: anew, from which checkpoint, or not at all.

docs/training/resuming.md says what follows for users.
"""

import fcntl
import os
import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json
from masterkey.scripting.processes import from_first_process
from masterkey.training.flags.given import FALSE, TRUE
from masterkey.training.resuming.checkpoint_folder import (
    SUMMARY,
    checkpoints,
    damage,
    read_manifest,
    step_of,
)
from masterkey.training.resuming.run_settings import RunSettings, changes

_LOCK = ".lock"
_held = []  # open files: closing one would end its lock


@dataclass(frozen=True)
class Start:
    """How a start of train.py begins: anew (`checkpoint` None), from a checkpoint, or not at all."""

    checkpoint: str | None = None
    lines: list[str] = field(default_factory=list)  # to print
    finished: bool = False  # there is nothing to train
    refusal: str | None = None  # the sentence for the user, where nothing may begin


def choose_start(training, settings: RunSettings, n_rows: int) -> Start:
    """What this start of the run does, the same on all processes; the first one looks and puts aside.

    `training.resume_from_checkpoint`: None continues where there is something to continue, True
    demands it, False begins anew and keeps the old checkpoints in a folder of their own, a path
    continues from there. Raises `UserError` where the run's settings have changed.
    """
    start = Start()
    if training.process_index == 0:
        try:
            _claim(Path(training.output_dir))
            start = _choose(training, settings, max_steps(training, n_rows))
        except UserError as error:
            start = Start(refusal=str(error))
    start = from_first_process(start, training.world_size)
    if start.refusal is None:
        return start
    if training.process_index == 0:
        raise UserError(start.refusal)
    raise SystemExit(2)  # the first process says why


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

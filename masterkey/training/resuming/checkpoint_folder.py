"""Checkpoint folders of a run: which there are, and whether each of them is whole.

Each checkpoint folder has a checkpoint_manifest.json. It is there, with `"whole": false`, before
anything else is; when all processes have written and the files are on the disk, it is replaced by one
that lists every file with its size, the step and the run's settings
(masterkey/training/resuming/saving.py writes both). docs/training/resuming.md says what follows for users.
"""

import re
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json

MANIFEST = "checkpoint_manifest.json"
SUMMARY = "train_summary.json"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")


def checkpoints(output_dir: str | Path) -> list[Path]:
    """The checkpoint folders in `output_dir`, the newest first."""
    found = [path for path in Path(output_dir).glob("checkpoint-*") if path.is_dir()]
    return sorted((path for path in found if step_of(path) >= 0), key=step_of, reverse=True)


def step_of(folder: Path) -> int:
    """N of a folder named checkpoint-N, else -1."""
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
    sizes = file_sizes(folder)
    for name, size in manifest["files"].items():
        if name not in sizes:
            return f"lacks {name}"
        if sizes[name] != size:
            return f"is damaged: {name} has {sizes[name]:,} bytes, not {size:,}"
    return None


def file_sizes(folder: Path) -> dict[str, int]:
    """Bytes of each file of the tree, by its path in it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}

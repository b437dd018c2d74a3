"""The log of edits: append-only JSON Lines beside the papers, each line on the disk before the page is told.

`runs/papers.jsonl` → `runs/papers.edits.jsonl`. One line:

    {"paper": "7", "text": "3f2a…", "version": 4, "key": "9c1-…", "reviewer": "ada", "time": "2026-11-28T20:40:11+00:00",
     "action": "cell", "device": 0, "field": "HTL_stack_sequence", "value": "CuSCN", "was": "Spiro-MeOTAD",
     "status": "mended", "evidence": {"cuscn": [[512, 531]]}}

`version` is that of the paper after the edit, `key` the page's own of this edit, `text` the beginning of the SHA-256 of its text: edits are never
put to another text than they were made on. Other actions: `finish`, `reopen`, `add_device`, `remove_device`,
`name_device`, `target`, `undo`, and `paper`, which adds the whole prediction line of an uploaded one.
"""

import fcntl
import hashlib
import json
import os
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import parse_json


class NotSaved(Exception):
    """Why an edit is not on the disk."""


def log_path(path: str | Path) -> Path:
    """`runs/papers.jsonl` → `runs/papers.edits.jsonl`."""
    return Path(path).with_suffix(".edits.jsonl")


def text_key(text: str) -> str:
    """What tells one text from another in the log."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class EditLog:
    """The log of one file of papers, held by one process at a time."""

    def __init__(self, path: Path):
        """Open `path` and read `edits`. Raises `UserError` where another process holds it, or it is damaged.

        A last line without its end was cut off by a kill or a power failure before anybody was told
        that it is saved: it is removed.
        """
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise UserError(
                f"{path}: another review.py has it open; use its page, or stop it first."
            ) from None
        self._length, self.edits = self._read()

    def _read(self) -> tuple[int, list[dict]]:
        whole = self.path.read_bytes()
        length = whole.rfind(b"\n") + 1
        if length < len(whole):
            os.ftruncate(self._file, length)
        try:
            text = whole[:length].decode()
        except UnicodeDecodeError as error:
            raise UserError(
                f"{self.path}: byte {error.start} is not UTF-8; it was changed by hand: mend it there."
            ) from None
        lines = text.split("\n")[:-1]
        return length, [parse_json(line, str(self.path), n) for n, line in enumerate(lines, 1)]

    def append(self, edit: dict) -> None:
        """Write one edit and wait until it is on the disk. Raises `NotSaved`, and leaves no half line."""
        data = (json.dumps(edit, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        try:
            written = os.write(self._file, data)
            if written < len(data):
                raise OSError("the disk is full")
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, self._length)
            reason = error.strerror or str(error)
            raise NotSaved(f"{self.path.name} could not be written: {reason}.") from None
        self._length += len(data)

    def close(self) -> None:
        """Let another process have the log; a second time does nothing."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

"""The file of reviewed papers: training rows, answers to score against, and prediction lines in one.

`runs/papers.jsonl` → `runs/papers.reviewed.jsonl`, with a line for each finished paper: `instruction`, `input`
and `output` as a training row has them, and `prediction`, `fields`, `evidence`, `source`, `devices` as a prediction
line has them, all of what the reviewer let stand. `review` says who and when, each value's `status`, and what
the program had read (`read_fields`, `read_confidence`).
"""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from masterkey.review.record import Device, Record
from masterkey.rows.predictions import parse_answer
from masterkey.schema import fields as schema
from masterkey.scripting.files import atomic_write

_KEPT = ("doi", "title", "year", "method", "prompt_style")
_PAUSE = 0.3  # seconds in which further edits are waited for


def reviewed_path(path: str | Path) -> Path:
    """`runs/papers.jsonl` → `runs/papers.reviewed.jsonl`."""
    return Path(path).with_suffix(".reviewed.jsonl")


def reviewed_line(line: dict, row: int, record: Record, reviewers: list[str], when: str) -> dict:
    """The line of a finished paper from its prediction line and its record."""
    target = record.devices[0]
    answer = schema.format_sii_answer(_values(target), markers=True)
    devices = [_told(device) for device in record.devices]
    return {
        "id": line["id"],
        "row": row,
        "task": "sii",
        **{key: line[key] for key in _KEPT if line.get(key) is not None},
        "instruction": schema.SII_INSTRUCTION,
        "input": line.get("input") or "",
        "output": answer,
        "prediction": answer,
        "fields": parse_answer("sii", answer),
        "reference": None,
        "reference_fields": None,
        "source": devices[0]["source"],
        "evidence": devices[0]["evidence"],
        "devices": devices,
        "review": {
            "reviewers": reviewers,
            "time": when,
            "status": {field: cell.status for field, cell in target.cells.items()},
            "read_fields": line["fields"],
            "read_confidence": line.get("confidence"),
        },
    }


def _values(device: Device) -> dict[str, str]:
    return {field: cell.value for field, cell in device.cells.items()}


def _told(device: Device) -> dict:
    source = {field: cell.source for field, cell in device.cells.items() if cell.source}
    reported = {field for field, cell in device.cells.items() if schema.is_reported(cell.value)}
    return {
        "role": device.role,
        "name": device.name,
        "fields": _values(device),
        "source": {field: own for field, own in source.items() if field in reported},
        "evidence": {field: cell.evidence for field, cell in device.cells.items()},
    }


class ReviewedFile:
    """Keeps the file as `lines()` has it: written whole and renamed, a moment after each change."""

    def __init__(self, path: Path, lines: Callable[[], list[dict]]):
        self.path, self._lines = path, lines
        self._changed, self._stopped = threading.Event(), False
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def changed(self) -> None:
        """Have the file written anew."""
        self._changed.set()

    def close(self) -> None:
        """Write what is still to be written."""
        self._stopped = True
        self._changed.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._stopped:
            self._changed.wait()
            if not self._stopped:
                time.sleep(_PAUSE)
            self._changed.clear()
            try:
                self.write()
            except OSError as error:
                # The log has every edit; the next one, or the next start, tries again.
                print(f"warning: {self.path} could not be written: {error.strerror}.", flush=True)

    def write(self) -> None:
        """Write all lines by temporary file and rename."""
        with atomic_write(self.path) as file:
            for line in self._lines():
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

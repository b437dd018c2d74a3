"""What the page is told of a paper, as JSON."""

from itertools import chain

from masterkey.review.record import Cell, Device
from masterkey.review.session import Paper
from masterkey.schema.fields import is_reported

DOUBTFUL, UNSURE = 0.5, 0.2  # at least so probably wrong, as the method itself believes


def row_view(number: int, paper: Paper) -> dict:
    """A paper's line in the list: how much of it is open, and how many open values are doubtful."""
    cells = list(paper.record.open_cells())
    return {
        "number": number,
        "id": paper.line["id"],
        "title": paper.title,
        "devices": len(paper.record.devices),
        "open": len(cells),
        "doubtful": sum(level(cell) == "doubtful" for cell in cells),
        "done": paper.record.done,
        "touched": paper.record.version > 0,
    }


def paper_view(number: int, paper: Paper) -> dict:
    """A paper with its text and record."""
    return {
        **row_view(number, paper),
        "doi": str(paper.line.get("doi") or ""),
        "text": paper.text,
        "version": paper.record.version,
        "can_undo": bool(paper.earlier),
        "reviewers": list(paper.reviewers),
        "time": paper.time,
        "devices": [_device_view(device) for device in paper.record.devices],
    }


def _device_view(device: Device) -> dict:
    return {
        "key": device.key,
        "role": device.role,
        "name": device.name,
        "cells": {field: _cell_view(cell) for field, cell in device.cells.items()},
    }


def _cell_view(cell: Cell) -> dict:
    return {
        "value": cell.value,
        "reported": is_reported(cell.value),
        "status": cell.status,
        "places": places(cell.evidence),
        "missing": [part for part, spans in (cell.evidence or {}).items() if not spans],
        "confidence": cell.confidence,
        "source": cell.source,
        "doubt": cell.doubt,
        "level": level(cell),
    }


def level(cell: Cell) -> str:
    """How much a value is doubted: "doubtful", "unsure" or "sure"."""
    if cell.doubt > DOUBTFUL:
        return "doubtful"
    return "unsure" if cell.doubt > UNSURE else "sure"


def places(evidence: dict | None) -> list[list[int]]:
    """All places of a field's evidence, in the order of the text, each once."""
    spans = chain.from_iterable(own for own in (evidence or {}).values() if own)
    return [list(span) for span in sorted({tuple(span) for span in spans})]

"""The record that a prediction line holds (masterkey/rows/predictions.py describes the line).

Lines may come from other programs: what has not the form described is taken as not said.
"""

from masterkey.review.record import Cell, Device, Record
from masterkey.schema.fields import SII_FIELDS


def record_of(line: dict) -> Record:
    """The record as the line has it, nothing of it decided. `line["input"]` is text."""
    own = {"role": "target", **{key: line.get(key) for key in ("fields", "source", "evidence")}}
    devices = line.get("devices")
    told = (
        [device for device in devices if isinstance(device, dict)]
        if isinstance(devices, list)
        else []
    )
    built = [
        _device(key, device, line, is_target=key == 0) for key, device in enumerate(told or [own])
    ]
    return Record(tuple(built), next_key=len(built))


def _device(key: int, told: dict, line: dict, *, is_target: bool) -> Device:
    fields, target = _object(told.get("fields")), _object(line.get("fields"))
    evidence, source = _object(told.get("evidence")), _object(told.get("source"))
    confidence, cells = _object(line.get("confidence")), {}
    for field in SII_FIELDS:
        value = "" if fields.get(field) is None else " ".join(str(fields[field]).splitlines())
        # The method speaks of the target's value; another device has the confidence of the same value.
        is_known = is_target or value == target.get(field)
        cells[field] = Cell(
            value,
            evidence=_evidence(evidence.get(field), len(line["input"])),
            confidence=_probability(confidence.get(field)) if is_known else None,
            source=source.get(field) if isinstance(source.get(field), str) else None,
        )
    return Device(key, str(told.get("role") or ""), str(told.get("name") or ""), cells)


def _object(value) -> dict:
    return value if isinstance(value, dict) else {}


def _probability(value) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None


def _evidence(parts, length: int) -> dict | None:
    """Part → its places that lie within a text of `length` characters."""
    if not isinstance(parts, dict):
        return None
    return {
        str(part): [span for span in spans or () if _is_place(span, length)] or None
        for part, spans in parts.items()
        if isinstance(spans, list | None)
    }


def _is_place(span, length: int) -> bool:
    is_pair = isinstance(span, list) and len(span) == 2 and all(type(end) is int for end in span)
    return is_pair and 0 <= span[0] < span[1] <= length

"""Rows as methods read them, in clean text, and their evidence, in the text that was given."""

from collections.abc import Iterable
from dataclasses import replace

from masterkey.rows.clean_text import clean
from masterkey.rows.records import Row
from masterkey.schema.evidence import evidence_of
from masterkey.schema.fields import LAYER_PROCEDURES, is_reported

DEFAULT, DEDUCED, TEXT = "default", "deduced", "text"
_NEAR = 60  # characters from where a method has read a value
_MOST_PLACES = 3


def cleaned_rows(rows: Iterable[Row], task: str = "sii") -> list[Row]:
    """The rows with their papers' text mended; MDP rows, which are no papers, as they are."""
    if task != "sii":
        return list(rows)
    return [replace(row, input=clean(row.input).text) for row in rows]


def with_evidence(line: dict, text: str) -> dict:
    """A prediction line with `evidence`: as `evidence_of`, with offsets into `text` as it was given.

    Where the line has `places` (field → places of the clean text that a method read the value at), only
    evidence near them is kept, or they are the evidence. Where it has `source` (issue 14, point 6), fields
    on which nothing was read are said to be from the text if all of their parts stand there and they are no
    layer's procedure, else to be the database's default, which has no evidence. `places` is for this function and is left out.
    The same of each of its `devices`. Where a model took in the beginning of a long text alone, evidence is
    searched in that.
    """
    cleaned = clean(text[: line.get("n_characters_read", len(text))])
    for device in line.get("devices", ()):
        _add_evidence(device, cleaned)
    _add_evidence(line, cleaned)
    return line


def _add_evidence(line: dict, cleaned) -> None:
    places, source = line.pop("places", None), line.get("source")
    found = evidence_of(line["fields"], cleaned.text)
    if places is not None:
        found |= {field: _near(found.get(field), own) for field, own in places.items() if own}
    if source is not None:
        for field, value in line["fields"].items():
            if is_reported(value) and field not in source:
                parts = found.get(field)
                # The word stands somewhere: every layer is deposited, and so are those of other cells.
                is_told = parts and all(parts.values()) and field not in LAYER_PROCEDURES
                source[field] = TEXT if is_told else DEFAULT
            if source.get(field) == DEFAULT:
                found[field] = None
    line["evidence"] = {field: _in_original(cleaned, own) for field, own in found.items()}


def _near(parts: dict | None, places: list) -> dict | None:
    """The evidence of each part that stands near the places; where none does, the places themselves."""
    if parts is None:
        return None
    kept = {}
    for part, spans in parts.items():
        near = _within(spans or (), places, 0) or _within(spans or (), places, _NEAR)
        kept[part] = near or [list(place) for place in places[:_MOST_PLACES]]
    return kept


def _within(spans: Iterable, places: list, distance: int) -> list:
    return [
        span
        for span in spans
        if any(span[0] < end + distance and start - distance < span[1] for start, end in places)
    ]


def _in_original(cleaned, parts: dict | None) -> dict | None:
    return parts and {
        part: spans and [list(cleaned.original_span(*span)) for span in spans]
        for part, spans in parts.items()
    }

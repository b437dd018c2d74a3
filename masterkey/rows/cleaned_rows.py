"""Rows as methods read them, in clean text, and their evidence, in the text that was given."""

from collections.abc import Iterable
from dataclasses import replace

from masterkey.rows.clean_text import clean
from masterkey.rows.records import Row
from masterkey.schema.evidence import evidence_of


def cleaned_rows(rows: Iterable[Row], task: str = "sii") -> list[Row]:
    """The rows with their papers' text mended; MDP rows, which are no papers, as they are."""
    if task != "sii":
        return list(rows)
    return [replace(row, input=clean(row.input).text) for row in rows]


def evidence_in(fields: dict[str, str], text: str) -> dict[str, dict | None]:
    """As `evidence_of`, found in the clean text, with offsets into `text` as it was given."""
    cleaned = clean(text)
    return {
        field: parts
        and {
            part: spans and [list(cleaned.original_span(*span)) for span in spans]
            for part, spans in parts.items()
        }
        for field, parts in evidence_of(fields, cleaned.text).items()
    }

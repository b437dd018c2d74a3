"""What was left of a cell, where a test tells it of several by a material of each: "101% (GVL) and 97% (GBL)" (issue 14)."""

import re
from dataclasses import replace

from masterkey.extractor.process.cell.ageing_tests import tests_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import number

_END = "Stability_PCE_end_of_experiment"
_BEHIND = re.compile(
    r"\s?%? ?(?:\((?:for |with |of )?|(?:for|with|in|of) (?:the )?)(?P<name>[\w:/-]{2,20})"
)
_PARTS = ("ETL", "HTL", "Backcontact", "Perovskite", "Substrate")


def own_outcome(document: Document, found: dict[str, Finding]) -> dict[str, Finding]:
    """The value told of a material that the cell has, where the one that was read is of a material that it has not."""
    own = found.get(_END)
    if own is None or not own.spans:
        return {}
    start = own.spans[0][0]
    test = next((t for t in tests_of(document) if any(r.start == start for r in t.outcomes)), None)
    told = {r.start: (r, name) for r in test.outcomes if (name := _material(document, r.end))} if test else {}  # fmt: skip
    if start not in told or len(told) < 2:
        return {}
    values = " ".join(f.value for n, f in found.items() if n.startswith(_PARTS))
    has = [reading for reading, name in told.values() if _has(values, name)]
    if len(has) != 1 or has[0].start == start:
        return {}
    span = ((has[0].start, has[0].end),)
    return {_END: replace(own, value=number(has[0].value), spans=span)}


def _material(document: Document, end: int) -> str:
    """The database's name of the material that stands behind a value; "" where none does."""
    match = _BEHIND.match(document.lower, end)
    if not match:
        return ""
    place = match.start("name")
    sentence = document.sentence_at(place)
    named = (m.name for m in document.inside(document.mentions, sentence) if m.start == place)
    return next(named, "")


def _has(values: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w])", values) is not None

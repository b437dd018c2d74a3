"""Efficiencies of several devices in one list: "the PEAI, BAI and control cells retained 95%, 90% and 75%" (issue 14)."""

import re
from collections.abc import Callable, Iterator

from masterkey.extractor.process.cell import stability_terms as terms
from masterkey.extractor.process.cell.stability_records import Reading, Test
from masterkey.extractor.process.text.document import Document

_JOIN = r"(?:, and |, | and )"
_NUMBER = r"\d+(?:\.\d+)?"
_VALUES = re.compile(
    rf"(?<![\d.,]){_NUMBER}(?: ?%)?(?:{_JOIN}{_NUMBER}(?: ?%)?)+(?<=%)|(?<![\d.,]){_NUMBER}(?:{_JOIN}{_NUMBER})+(?= %)"
)
_ONE = re.compile(_NUMBER)
_NAMES = re.compile(
    rf"\b(?!the\b|and\b)[\w:+-]+(?:{_JOIN}(?:the )?[\w:+-]+)+(?= (?:cells?|devices?|samples?|pscs|modules?|ones|groups?|retain|kept|maintain|held|preserv|was|were|showed|had|lost)\b)"
)
_SPLIT = re.compile(rf"{_JOIN}(?:the )?")
_IN_BRACKETS = re.compile(
    r"(?<![\d.,])(?P<value>\d+(?:\.\d+)?) ?% \((?:the )?(?P<name>[^()%]{1,25})\)"
)
_IN_ORDER = re.compile(r"\brespectively\b|\bin (?:this|that|the same) order\b|\bin turn\b")


def values_of_controls(words: str) -> list[tuple[int, int]]:
    """Where the values of controls stand in lists of a sentence: "the A, B and control cells kept 95%, 90% and 75%"."""
    rows = [_SPLIT.split(match[0]) for match in _NAMES.finditer(words)]
    found = []
    for names, values in _pairs(words, rows):
        found += [v.span() for n, v in zip(names, values, strict=True) if terms.CONTROL.search(f"{n} cells")]  # fmt: skip
    return found


def listed(
    document: Document, test: Test, speaks_of: Callable[[str], bool]
) -> Iterator[tuple[Reading, str]]:
    """(value [%], what its sentence says before it) of a device; `speaks_of`: whether a name in a list is the device's."""
    order: list[str] = []
    for sentence in test.sentences:
        words = document.words(sentence)
        rows = [_SPLIT.split(match[0]) for match in _NAMES.finditer(words)]
        paired = list(_IN_BRACKETS.finditer(words))
        told = [match["name"] for match in paired]
        if _IN_ORDER.search(words) and not told:
            rows.append(order)
        order = told if len(told) > 1 else next((row for row in rows if len(row) > 1), order)
        for names, values in _pairs(words, rows):
            own = [value for name, value in zip(names, values, strict=True) if speaks_of(name)]
            if len(own) == 1:
                start, end = (sentence.start + place for place in own[0].span())
                yield Reading(float(own[0][0]), start, end), words[: values[0].start()]
        own = [match for match in paired if speaks_of(match["name"])]
        if len(told) > 1 and len(own) == 1:
            start, end = (sentence.start + place for place in own[0].span("value"))
            yield Reading(float(own[0]["value"]), start, end), words[: paired[0].start()]


def _pairs(words: str, rows: list[list[str]]) -> Iterator[tuple[list[str], list[re.Match]]]:
    """A row of names and the list of as many values."""
    for match in _VALUES.finditer(words):
        values = list(_ONE.finditer(words, *match.span()))
        row = next((row for row in rows if len(row) >= len(values)), None)
        if row is not None:  # "After 900 h, the A, B and control cells": of a longer row the last
            yield row[-len(values) :], values

"""Devices told apart by nothing but a value: "x = 0, 0.05 and 0.1", "with 0, 1 and 2 mg/mL of KSCN" (issue 14)."""

import re

from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.label_codes import CALIBRATES, CodedRow

_NUMBER = r"\d{1,3}(?:\.\d{1,3})?"
_JOIN = r"(?:, (?:and |or )?| and | or )"
_UNIT = r"(?:mg(?: ?/ ?mL| mL-1)|(?:mol|wt|vol|at)\.? ?%|[mµ]M|%)"
_LAST_UNIT = re.compile(rf"{_UNIT}$")
_FEWEST, _MOST = 3, 8
_GOES_ON = re.compile(
    rf"{_NUMBER}(?: ?{_UNIT})?{_JOIN}$"
)  # before the last values of a longer list
_LISTS = re.compile(
    rf"(?<![A-Za-z\d.])(?:(?P<letter>[xyn]) ?= ?(?P<of_letter>{_NUMBER}(?:{_JOIN}{_NUMBER}){{1,{_MOST - 1}}})(?![\w.]*\d|{_JOIN}\d)|(?<!:)(?P<amounts>{_NUMBER}(?: ?{_UNIT})?(?:{_JOIN}{_NUMBER}(?: ?{_UNIT})?){{1,{_MOST - 1}}}) ?(?P<unit>(?<!%){_UNIT}|(?<=%)))"
)
_VARIED = re.compile(
    r"\b(?:different|various|var(?:y|ied|ying)|series|each of|optimi[sz]\w+|contents? of|concentrations? of|amounts? of|screened|tested|compared)\b"
)
# Of what is dissolved or mixed once for all cells, or of an atmosphere, a ratio, a humidity.
_NO_SERIES = re.compile(
    r"\brespectively\b|humid|\brh\b|transmi|reflect|purit|\bsteps?\b|\bin (?:two|three) steps\b"
)


def valued_row(document: Document) -> CodedRow | None:
    """The row of values that a text makes devices with and tells them apart by; None where there is none."""
    for match in _LISTS.finditer(document.text):
        sentence = document.sentence_at(match.start())
        if not sentence.fabricates or sentence.is_study:
            continue
        if _GOES_ON.search(document.text, max(match.start() - 20, 0), match.start()):
            continue
        values = [m[0] for m in re.finditer(_NUMBER, match["of_letter"] or match["amounts"])]
        row = _row_of(document, sentence, match, values)
        if row is not None:
            return row
    return None


def _row_of(
    document: Document, sentence: Sentence, match: re.Match, values: list[str]
) -> CodedRow | None:
    numbers = [float(value) for value in values]
    if numbers != sorted(set(numbers)) or not _FEWEST <= len(values) <= _MOST:
        return None
    letter = match["letter"]
    words = document.words(sentence)
    if not letter and (_NO_SERIES.search(words) or (numbers[0] and not _VARIED.search(words))):
        return None
    told = _LAST_UNIT.search(match["amounts"] or "")
    unit = match["unit"] or (told[0] if told else "%")
    names = [f"{letter} = {value}" if letter else f"{value} {unit}" for value in values]
    places = []
    for n, value in enumerate(values):
        told = rf"(?<![\w.]){letter} ?= ?" if letter else r"(?<![\w.,])"
        behind = r"(?![\w.]*\d)" if letter else rf" ?{re.escape(unit)}"
        form = re.compile(told + re.escape(value) + behind)
        places += [
            (*found.span(), (n,), False)
            for found in form.finditer(document.text)
            if not match.start() <= found.start() < match.end() and _is_of_devices(document, found)
        ]
    if numbers[0] == 0:
        places += [
            (*found.span(), (0,), False)
            for found in _CONTROL.finditer(document.text)
            if not CALIBRATES.search(document.words(document.sentence_at(found.start())))
        ]
    if len({numbers for _, _, numbers, _ in places}) < 1 + bool(letter is None):
        return None
    return CodedRow(tuple(names), tuple(sorted(places)), 0 if numbers[0] == 0 else None)


_CONTROL = re.compile(
    r"\b(?:[Cc]ontrol|[Rr]eference|[Pp]ristine|[Uu]ntreated)\b(?= (?:perovskite |solar )?(?:cells?|devices?|films?|inks?|ones?|samples?)\b)|\b(?:cells|devices|films|ones|those|that|inks?) without(?= (?:any )?(?!enc|hys|further|seal|cover)[\w-]+)"
)
_DEVICES = re.compile(
    r"\b(?:cells?|devices?|pscs?|films?|samples?|ones|best|optim\w+|highest|efficien\w+|targets?|champion|unless|otherwise|chosen|fixed)\b"
)


def _is_of_devices(document: Document, found: re.Match) -> bool:
    """Whether the value is told of devices: "cells with 2 mg/mL", "the x = 0.05 device", "2 mg/mL gave the best"."""
    start, end = found.span()
    return bool(
        _DEVICES.search(document.lower, end, end + 30)
        or _DEVICES.search(document.lower, max(start - 40, 0), start)
    )

"""Efficiencies that a text lists by the labels of its cells before it tells of their test (issue 14)."""

import re

from masterkey.extractor.process.cell.stability_records import Reading, Test
from masterkey.extractor.process.text.document import Document

_LABEL = re.compile(
    r"\b(?:(?:comparative|comparison|reference|working|control) )?(?:examples?|embodiments?|devices?|cells?|modules?|samples?) [a-z]?-?\d{1,2}[a-z]?\b"
)
_BEHIND = re.compile(
    rf"%? ?(?:\(|(?:in|for|of|with) (?:the )?(?:\w+ of )?)(?P<label>{_LABEL.pattern})"
)
_FIRST, _LAST = 5.0, 45.0  # % of an efficiency
_LEAD = 120  # characters before what was left in which its cells are named


_OF_EFFICIENCY = re.compile(r"efficienc|\bpces?\b|conversion")
_PERCENT = re.compile(r"(?<![\d.])(?P<n>\d{1,2}(?:\.\d+)?) ?%")


def initial_by_label(document: Document, test: Test, outcome: Reading | None) -> Reading | None:
    """The efficiency told with the label of the cells of an outcome: "19.4% (Example 1)", "Example 1: 19.4%"."""
    label = _label_of(document, test, outcome) if outcome else ""
    if not label:
        return None
    told = re.compile(
        rf"(?P<n>\d+(?:\.\d+)?) ?% (?:\(|(?:in|for|of|with) (?:the )?){label}\b|(?<!comparative )\b{label}(?:: ?| \(| (?:had|has|gave|reached|showed|was|is) )(?:an? )?(?:\w+ ){{0,3}}(?P<n2>\d+(?:\.\d+)?) ?%"
    )
    for match in told.finditer(document.lower, 0, outcome.start):
        sentence = document.sentence_at(match.start())
        before = document.words(document.sentences[max(sentence.number - 1, 0)])
        value = float(match["n"] or match["n2"])
        if _FIRST <= value <= _LAST and _OF_EFFICIENCY.search(before + document.words(sentence)):
            return Reading(value, *match.span())
    return _in_order(document, label, outcome)


def _label_of(document: Document, test: Test, outcome: Reading) -> str:
    """The label behind an outcome, else the last before it in its sentence, else the one that its test names alone."""
    if behind := _BEHIND.match(document.lower, outcome.end):
        return re.escape(behind["label"])
    sentence = document.sentence_at(outcome.start)
    start = max(sentence.start, outcome.start - _LEAD)
    named = list(_LABEL.finditer(document.lower, start, outcome.start))
    if not named:
        every = list(_LABEL.finditer(document.lower, test.sentences[0].start, outcome.start))
        before = document.sentences[max(test.sentences[0].number - 1, 0)]
        every = every or list(_LABEL.finditer(document.lower, before.start, before.end))
        named = every if len({match[0] for match in every}) == 1 else []
    return re.escape(named[-1][0]) if named else ""


def _in_order(document: Document, label: str, outcome: Reading) -> Reading | None:
    """ "The efficiencies of Example 1, Example 2 and Comparative Example 1 were 23%, 21% and 19%, respectively"."""
    for sentence in document.sentences:
        words = document.words(sentence)
        if sentence.start >= outcome.start:
            return None
        if not (("respectively" in words or " order" in words) and _OF_EFFICIENCY.search(words)):
            continue
        labels = [match[0] for match in _LABEL.finditer(words)]
        percents = list(_PERCENT.finditer(words))
        place = next((n for n, name in enumerate(labels) if re.escape(name) == label), None)
        if place is not None and len(labels) == len(percents):
            value = float(percents[place]["n"])
            start, end = percents[place].span()
            return Reading(value, sentence.start + start, sentence.start + end) if _FIRST <= value <= _LAST else None  # fmt: skip
    return None

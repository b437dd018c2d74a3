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


def initial_by_label(document: Document, test: Test, outcome: Reading | None) -> Reading | None:
    """The efficiency told before with the label of the cells of an outcome: "19.4% (Example 1)", "Example 1: 19.4%"."""
    if outcome is None:
        return None
    sentence = document.sentence_at(outcome.start)
    start = max(sentence.start, outcome.start - _LEAD)
    named = list(_LABEL.finditer(document.lower, start, outcome.start))
    behind = _BEHIND.match(document.lower, outcome.end)
    if not (named or behind):
        return None
    label = re.escape(behind["label"] if behind else named[-1][0])
    told = re.compile(
        rf"(?P<n>\d+(?:\.\d+)?) ?% (?:\(|(?:in|for|of|with) (?:the )?){label}\b|(?<!comparative )\b{label}(?:: ?| \(| (?:had|has|gave|reached|showed|was|is) )(?:an? )?(?:\w+ ){{0,3}}(?P<n2>\d+(?:\.\d+)?) ?%"
    )
    for match in told.finditer(document.lower, 0, outcome.start):
        words = document.words(document.sentence_at(match.start()))
        before = document.words(
            document.sentences[max(document.sentence_at(match.start()).number - 1, 0)]
        )
        value = float(match["n"] or match["n2"])
        if _FIRST <= value <= _LAST and _OF_EFFICIENCY.search(before + words):
            return Reading(value, *match.span())
    return None


_OF_EFFICIENCY = re.compile(r"efficienc|\bpces?\b|conversion")

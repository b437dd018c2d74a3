"""Devices of a patent's examples: "Comparative Example 1. Example 1 is repeated, except that …" (issue 14)."""

import re
from collections.abc import Iterator

from masterkey.extractor.process.cell import stability_names as names
from masterkey.extractor.process.devices.kinds import COMPARISON, Variant
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.passages import sentences_naming, title_above

_SORTS = r"(?:(?:working|comparative|comparison|inventive|control|reference) )?"
_LABEL = re.compile(
    rf"\W*(?:\[?\d{{2,4}}\]?\W+)?(?P<label>{_SORTS}(?:example|embodiment) (?P<n>[a-z]?-?\d{{1,2}}[a-z]?))\b"
)
# What makes an example another device: it is told by what it has of another one.
_LIKE = re.compile(
    rf"\b(?:repeat\w*|as in|as for|(?:manner|way|fashion|procedure|steps|layers|method|conditions|recipe) of|same as|identical|like|analog\w+|according to|accordance|those of|except|instead|in (?:the )?place of|differ\w*|apart from)\b.{{0,120}}\b{_SORTS}(?:examples?|embodiments?) [a-z]?-?\d"
    rf"|\b{_SORTS}(?:example|embodiment) [a-z]?-?\d{{1,2}} (?:is|was) (?:repeated|followed|reproduced|carried out)"
)
_OF_RESULTS = re.compile(r"\btables? \d|\bresults?\b|\bfig(?:ure|s|\.)? ?\d")
_OF_TESTS = re.compile(r"measur|characteri[sz]|\btests?\b|evaluat")
_MOST_SENTENCES = 12  # of an example that is told by another


def examples_of(document: Document) -> Iterator[Variant]:
    """One comparison for each example that is told by what it has of another."""
    found: dict[str, list[Sentence]] = {}
    for sentence in _below_titles(document):
        title = _title_of(document, sentence)
        match = _LABEL.match(title)
        if match and not names.names_test(title) and not _OF_TESTS.search(title):
            found.setdefault(match["label"], []).append(sentence)
    if len(found) < 2:
        return
    for label, sentences in found.items():
        own = _until_results(document, sentences[:_MOST_SENTENCES])
        words = " ".join(map(document.words, own))
        if _LIKE.search(words):
            places = [(s.start, s.end) for s in own]
            yield Variant(COMPARISON, "comparison", label, places, label)


def _below_titles(document: Document) -> list[Sentence]:
    return document.sentences if sentences_naming(document, ("example", "embodiment")) else []


def _title_of(document: Document, sentence: Sentence) -> str:
    title = document.paragraph_title(sentence)
    return title if _LABEL.match(title) else title_above(document, sentence)


def _until_results(document: Document, sentences: list[Sentence]) -> list[Sentence]:
    """Those before the first that tells of the results of several examples."""
    for n, sentence in enumerate(sentences):
        words = document.words(sentence)
        if _OF_RESULTS.search(words) and not _LABEL.match(words):
            return sentences[:n]
    return sentences

"""Devices of a patent's examples: "Comparative Example 1. Example 1 is repeated, except that …" (issue 14).

Each runs from its head to the next. The paper's own cell is the first that is not told by another.
"""

import re
from collections.abc import Iterator

from masterkey.extractor.process.cell import stability_names as names
from masterkey.extractor.process.devices.kinds import COMPARISON, DEVICES, Variant
from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.passages import sentences_naming

_SORTS = r"(?:(?:working|comparative|comparison|inventive|control|reference) )?"
# "Comparative Example 1 (solution)." heads what follows, "Example 1 is repeated" does not.
_HEAD = re.compile(
    rf"\W*(?:\[?\d{{2,4}}\]?\W+)?(?P<label>{_SORTS}(?:example|embodiment) [a-z]?-?\d{{1,2}}[a-z]?|(?:comparative|comparison|control|reference) (?:example|embodiment))(?=\s*(?:$|[.:(,–—]| - ))"
)
# What makes an example another device: it is told by what it has of another one.
_LIKE = re.compile(
    rf"\b(?:repeat\w*|as in|as for|(?:manner|way|fashion|procedure|steps|layers|method|conditions|recipe) of|same as|identical|like|analog\w+|according to|accordance|those of|except|instead|in (?:the )?place of|differ\w*|apart from|follow\w*|procedure|process)\b.{{0,120}}\b{_SORTS}(?:examples?|embodiments?) [a-z]?-?\d"
    rf"|\b{_SORTS}(?:example|embodiment) [a-z]?-?\d{{1,2}} (?:is|was) (?:again )?(?:repeated|followed|reproduced|carried out)"
    rf"|\b(?:of|in|from|with) {_SORTS}(?:example|embodiment) [a-z]?-?\d{{1,2}}\b.{{0,40}}\b(?:except|but|apart from|other than|save|with the (?:exception|difference|sole)|differ\w*|however)\b"
)
_COMPARATIVE = re.compile(r"comparative|comparison|control|reference")
_OF_RESULTS = re.compile(
    r"\btables? \d|\bresults?\b|\bfig(?:ure|s|\.)? ?\d|\b(?:kept|retain\w*|maintain\w*|show\w*|exhibit\w*)\b[^.;]{0,40}\d ?%|\binitial (?:[\w-]+ ){0,2}efficienc"
)
_OF_CELLS = re.compile(rf"{DEVICES}|\belements?\b|\blayers?\b|\bfilms?\b")
_OF_TESTS = re.compile(r"measur|characteri[sz]|\btests?\b|evaluat")
# "[Evaluation]", "[0076] Evaluation."
_TITLE = re.compile(
    r"\W*(?:\[[a-z][a-z -]{2,40}\]|(?:\[?\d{2,4}\]?\W+)?(?:[a-z]+ ){0,2}(?:evaluations?|measurements?|tests?|testing|results?|stability|durability|reliability)(?: of [a-z ]{2,30})?[.:]?)\W*"
)
_PAGE = re.compile(r"\b(?:19|20)\d\d\b|^\W*\d+\W*$")  # the running title of a page
_MOST_SENTENCES = 12  # of an example that is told by another


def examples_of(document: Document) -> Iterator[Variant]:
    """One comparison for each example that is told by what it has of another."""
    for label, own in _likened(document).items():
        places = [(s.start, s.end) for s in own]
        is_of_cells = any(_OF_CELLS.search(document.words(s)) for s in own)
        yield Variant(COMPARISON, "comparison", label, places, label, is_sure=is_of_cells)


@once
def beside_first(document: Document) -> list[tuple[int, int]]:
    """Where a text tells of examples beside its first alone; [] where the first is itself told by another."""
    parts, likened = _parts(document), _likened(document)
    first = next(iter(parts), "")
    if not likened or first in likened or _COMPARATIVE.match(first):
        return []
    return [(s.start, s.end) for own in likened.values() for s in own]


@once
def _likened(document: Document) -> dict[str, list[Sentence]]:
    """Label → the sentences of an example that is told by what it has of another."""
    found = _parts(document)
    if len(found) < 2:
        return {}
    told = {
        label: _until_results(document, sentences[:_MOST_SENTENCES])
        for label, sentences in found.items()
    }
    return {
        label: own
        for label, own in told.items()
        if _LIKE.search(" ".join(map(document.words, own)))
    }


@once
def _parts(document: Document) -> dict[str, list[Sentence]]:
    """Label of an example → its sentences, from its head to the next head or title."""
    found: dict[str, list[Sentence]] = {}
    if not sentences_naming(document, ("example", "embodiment")):
        return found
    own: list[Sentence] | None = None
    for sentence in document.sentences:
        words = document.words(sentence)
        match = _HEAD.match(words)
        if match:
            is_test = names.names_test(words) or _OF_TESTS.search(words)
            own = None if is_test else found.setdefault(match["label"], [])
        elif _TITLE.fullmatch(words) or (document.is_heading(sentence) and not _PAGE.search(words)):
            own = None
        if own is not None:
            own.append(sentence)
    return found


def _until_results(document: Document, sentences: list[Sentence]) -> list[Sentence]:
    """Those before the first that tells of the results of several examples."""
    for n, sentence in enumerate(sentences):
        if n and _OF_RESULTS.search(document.words(sentence)):
            return sentences[:n]
    return sentences

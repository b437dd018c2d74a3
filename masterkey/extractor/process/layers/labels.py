"""Solutions that a paper labels once and coats by their labels: "(a) SnO2: …", then "(a) was spun at 3000 rpm"."""

import re
from itertools import pairwise
from typing import NamedTuple

from masterkey.extractor.process.text.document import Document, once
from masterkey.extractor.stems import matches_at

_DEFINED = re.compile(
    r"(?:^|\n)\s*(?P<label>\([a-h1-8]\)|[A-Z]{1,2}\d(?=\s*[(:=–-])|(?:[Ss]olution|[Ii]nk) [A-H1-8](?=\s*[(:=–-]))"
)
# "a. SnO2 colloid in water", then "Spin a or b, 3000 rpm".
_LETTERED = re.compile(r"(?:^|\n)\s*(?P<label>[a-h])[.)](?=\s)")
_USED = r"\b(?:spin(?:-coat)?|spun|coat(?:ed)?|blade|cast|drop|dropped|print|spray|solutions?|inks?|of|from|dispens\w+|appl\w+)(?: (?:solutions?|inks?))? (?:[a-h] (?:or|and|/) )?"
_LINE = re.compile(r"\n")
_FEWEST, _LONGEST = 2, 700


class Definition(NamedTuple):
    """What `label` stands for is told at [start, end) of the text."""

    label: str
    start: int
    end: int


@once
def definitions_of(document: Document) -> list[Definition]:
    """The labelled solutions of a text, each with the lines that say what it is; [] where it labels none."""
    lines = [0, *(line.start() for line in _LINE.finditer(document.text))]
    matches = list(matches_at(lines, _LETTERED, document.text))
    if len(matches) < _FEWEST:
        matches = list(matches_at(lines, _DEFINED, document.text))
    labels = [match["label"] for match in matches]
    if len(labels) < _FEWEST or len(set(labels)) < len(labels):
        return []
    ends = [*(match.start() for match in matches[1:]), None]
    found = []
    for match, following in zip(matches, ends, strict=True):
        start = match.start("label")
        line = document.text.find("\n", start)
        end = following or (len(document.text) if line < 0 else line)
        found.append(Definition(match["label"], start, min(end, start + _LONGEST)))
    return found if all(a.end <= b.start for a, b in pairwise(found)) else []


def _pattern_of(definition: Definition) -> re.Pattern:
    """What a use of a label looks like: a letter alone is an article unless something is done with it."""
    word = re.escape(definition.label)
    if len(definition.label) == 1:
        return re.compile(
            rf"{_USED}{word}(?=\s?[:;,.)]|\s(?:or|and|was|were|at|on)\b)", re.IGNORECASE
        )
    pattern = word if definition.label[0] == "(" else rf"(?<![\w-]){word}(?![\w-])"
    return re.compile(pattern, re.IGNORECASE)


def labels_in(document: Document, start: int, end: int) -> list[tuple[Definition, int, int]]:
    """(definition, start, end) of each use of a label between two places; not where it is defined."""
    found = []
    for definition in definitions_of(document):
        for match in _pattern_of(definition).finditer(document.text[start:end]):
            place = start + match.end() - len(definition.label)
            if not any(d.start <= place < d.end for d in definitions_of(document)):
                found.append((definition, place, start + match.end()))
    return sorted(found, key=lambda use: use[1])

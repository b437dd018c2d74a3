"""Perovskite quantum dots: whether a paper's film is coated from an ink of them, and where it says so (issue 14)."""

import re

from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.methods import COATING
from masterkey.extractor.process.text.passages import names_any, sentences_naming

_DOTS = r"(?:quantum dots?|nano-?crystals?|qds?|pqds?|ncs?)\b"
# "CsPbI3 quantum dots", "lead halide perovskite (QDs)"; not "SnO2 quantum dots".
_OF_PEROVSKITE = re.compile(
    rf"(?:cspb\w{{0,20}}|(?:fa|ma)pb\w{{0,20}}|(?:cs|fa|ma)[\d.x()\w–-]{{0,30}}pb[\w().–-]{{0,30}}|perovskites?|halide) (?:colloidal )?\(?{_DOTS}|\bpqds?\b"
)
_SAID = re.compile(
    rf"\b(?:the|these|our|purified|washed|cspb\w+|fapb\w+|perovskite|each|\d ?[µu]l of) (?:\w+ ){{0,2}}{_DOTS}|^\W*(?:quantum dots?|nano-?crystals|qds|ncs)\b|\b(?:qd|nc|pqd|quantum[- ]dot|nanocrystal) (?:\w+ )?(?:inks?|solutions?|dispersions?|films?|solids?|layers?)\b"
)
# One of them stands in what `_OF_PEROVSKITE` matches.
_WORDS = (" quantum dot", "(quantum dot", " nanocrystal", "(nanocrystal", " nano-crystal", "(nano-crystal", " qd", "(qd", " nc", "(nc", "pqd")  # fmt: skip
_STEMS = ("quantum dot", "quantum-dot", "nanocrystal", "nano-crystal", "qd", "ncs", "nc ")


@once
def sentences_coating_dots(document: Document) -> list[Sentence]:
    """The sentences that coat the perovskite's dots, in order; [] where its film is made of no dots."""
    if not names_any(document.lower, _WORDS) or not _OF_PEROVSKITE.search(document.lower):
        return []
    return [
        sentence
        for sentence in sentences_naming(document, _STEMS)
        if sentence.fabricates
        and _SAID.search(document.words(sentence))
        and any(m.name in COATING for m in document.inside(document.methods, sentence))
    ]


def places_of_dots(document: Document, sentence: Sentence) -> list[tuple[int, int]]:
    """Where a sentence that coats the dots names them."""
    words = document.words(sentence)
    return [
        (sentence.start + match.start(), sentence.start + match.end())
        for match in _SAID.finditer(words)
    ]

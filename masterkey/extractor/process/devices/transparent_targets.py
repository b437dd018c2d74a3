"""The target of a text that tells of opaque cells first, and of semitransparent ones by what they have in place (issue 14)."""

import re

from masterkey.extractor.process.devices.changes import CHANGES
from masterkey.extractor.process.devices.differences import area_called
from masterkey.extractor.process.devices.electrodes import CONTACT
from masterkey.extractor.process.devices.kinds import CALLED, SEMITRANSPARENT
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.devices.special_kinds import special_of
from masterkey.extractor.process.layers.layer import TCOS
from masterkey.extractor.process.text.document import Document, Sentence

_SEMI, _OPAQUE = re.compile(r"semi-?\s?transparent"), re.compile(r"\bopaque\b")
# What is told of the paper's own cells: that they are, what stands against them, what became of them.
_OWN = re.compile(
    r"\b(?:subject|focus\w*|targets?|champion|at the cent(?:re|er)|this (?:work|paper|study) is about|main)\b|\b(?:controls?|references?) (?=semi|opaque|(?:\w+ )?(?:cells|devices))"
    r"|\b(?:aged|stored|tracked|retained|kept \d|lost \d|operated|degraded)\b"
)
_NOT = re.compile(r"\bnot (?:aged|tracked|stored|tested)|\b(?:as|for|are|were|serve[ds]? as) (?:a |the |our )?(?:controls?|references?|comparison)\b")  # fmt: skip


def as_own(document: Document, found: Findings) -> Findings:
    """The findings of the semitransparent cell, where that is the paper's own; else `found`."""
    lower = document.lower
    if "opaque" not in lower or "transparent" not in lower or TCOS & _contact(found):
        return found
    variant = special_of(document, SEMITRANSPARENT)
    if variant is None or _weight(document, _SEMI, _OPAQUE) <= _weight(document, _OPAQUE, _SEMI):
        return found
    own = dict(found)
    CHANGES[SEMITRANSPARENT](Paper(document, found), variant, own)
    if area := area_called(document, CALLED[SEMITRANSPARENT]):
        own["Cell_area_measured"] = area
    return own if TCOS & _contact(own) else found


def _contact(found: Findings) -> set[str]:
    return set(found[CONTACT].value.split(" | ")) if CONTACT in found else set()


def _weight(document: Document, own: re.Pattern, other: re.Pattern) -> int:
    """How many sentences on cells of the one kind say what is said of a paper's own."""
    return sum(
        bool(_OWN.search(words))
        and not _NOT.search(words)
        and _is_on(document, sentence, own, other)
        for sentence in document.sentences
        if "cells" in (words := document.words(sentence)) or "devices" in words
    )


def _is_on(document: Document, sentence: Sentence, own: re.Pattern, other: re.Pattern) -> bool:
    """Whether a sentence, or the title above it, names cells of one kind alone."""
    for words in (document.section_at(sentence.start).title.lower(), document.words(sentence)):
        if own.search(words) and not other.search(words):
            return True
        if other.search(words):
            return False
    return False

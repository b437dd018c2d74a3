"""Devices beside the target that a text says were not aged: "The module was not aged", "… were tested fresh only" (issue 14)."""

import re

from masterkey.extractor.process.cell.stability_records import Test
from masterkey.extractor.process.devices.kinds import CALLED, CONTROL, LARGE, RIGID, Variant
from masterkey.extractor.process.text.document import Document, once
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import sentences_naming

_AGED = r"(?:aged|tracked|stored|followed(?: over time)?|included in the (?:ageing|aging|stability|storage|lifetime) \w+|part of the (?:ageing|aging|stability|storage|lifetime) \w+|subjected to (?:the )?(?:ageing|aging|stability|storage) \w+|tested (?:for (?:stability|longer|lifetime)|over time|in (?:the|this) (?:ageing|aging|stability|storage)))"
_DENIES = re.compile(
    rf"\b(?:was|were|been|be) (?:not|never) (?:\w+ )?{_AGED}\b|\b(?:not|never) (?:been )?(?:aged|age)\b|\b(?:measured|tested|characteri[sz]ed) (?:fresh only|only (?:once|fresh))\b|\bonly (?:measured|tested|characteri[sz]ed) (?:once|fresh)\b"
    r"|\b(?:data|results?|tests?|measurements?) [^.;]{2,60}\b(?:over time|ageing|aging|stability)\b[^.;]{0,20}\bnot (?:collected|recorded|made|done|taken|available)\b|\bno (?:ageing|aging|stability|lifetime) (?:tests?|data)\b"
)
_ROLES = {
    "control": re.compile(r"\b(?:control|reference)"),
    "module": re.compile(r"\bmodule"),
    "tandem": re.compile(r"\btandem"),
}
_CLAUSE = re.compile(r"[;,] (?:and |but |while |whereas )?")


@once
def _denials(document: Document) -> list[str]:
    """The clauses that say of some cells that they were not aged."""
    found = []
    for sentence in sentences_naming(document, ("not ", "never ", " only", "no ag", "no stab", "no life")):  # fmt: skip
        words = document.words(sentence)
        if match := _DENIES.search(words):
            cuts = [m.end() for m in _CLAUSE.finditer(words, 0, match.start())]
            found.append(words[cuts[-1] if cuts else 0 : match.end() + 30])
    return found


# "The control with undoped polymer": one of several controls.
_OF_SEVERAL = re.compile(r"(?:s| \w+)? (?:with|without|of|on)\b")


def is_denied(document: Document, variant: Variant, names: list[str]) -> bool:
    """Whether such a clause calls the device by its kind, its role or one of its names."""
    own = () if variant.kind == CONTROL else (*names, variant.name.lower())
    called = {*own, *CALLED.get(variant.kind, ())} - {"", "cells"}
    called |= {"glass"} if variant.kind == RIGID else set()
    for words in _denials(document):
        if any(re.search(rf"(?<![\w-]){re.escape(name)}(?:s|-based)?(?![\w])", words) for name in called):  # fmt: skip
            return True
        role = _ROLES[variant.role].search(words) if variant.role in _ROLES else None
        if role and not _OF_SEVERAL.match(words, role.end()):
            return True
    return False


_AREA = re.compile(r"(?<![\w.])(?P<area>\d[\d.]*) ?cm2\b")


def is_of_small(
    document: Document, tests: list[Test], target: dict[str, Finding], variant: Variant
) -> bool:
    """Whether larger cells are meant, and the tests are told to be of cells of the target's own area alone."""
    area = target.get("Cell_area_measured")
    if variant.kind != LARGE or area is None:
        return False
    words = [document.words(s) for test in tests for s in test.sentences]
    told = {match["area"] for said in words for match in _AREA.finditer(said)}
    return told == {area.value}

"""What a text calls a device beside the target by, before "cells": "planar comparison devices", "Hybrid device: …" (issue 14)."""

import re

from masterkey.extractor.process.cell.ageing_tests import tests_of
from masterkey.extractor.process.devices.kinds import Variant
from masterkey.extractor.process.text.document import Document

_NONE = (
    "these|those|such|some|many|several|solar|perovskite|comparison|comparative|reference|control|target|champion|other|others|further|"
    "same|single|photovoltaic|complete|completed|finished|whole|large|larger|small|smaller|additional|second|third|fourth|our|different|"
    "similar|identical|corresponding|respective|resulting|best|first|last|more|most|with|from|only|also|their|made|each|every|both|bare|"
    "encapsulated|unencapsulated|fresh|aged|optimized|optimised|all|tandem|standard|individual|separate|remaining|latter|former|based|new"
)
_EPITHET = re.compile(
    rf"(?<![\w-])(?P<word>(?!(?:{_NONE})\b)[a-z][\w-]{{3,24}}) (?:comparison |reference |control |solar )?(?:cells?|devices?)\b"
)


def epithets_of(document: Document, variant: Variant) -> set[str]:
    """Words before "cells" in the passages that stand nowhere else where the text tells how cells were made."""
    words = {
        match["word"]
        for start, end in variant.passages
        for match in _EPITHET.finditer(document.lower, start, end)
    }
    return {word for word in words if not _told_of_others(document, variant, word)}


def _told_of_others(document: Document, variant: Variant, word: str) -> bool:
    tested = {s.number for test in tests_of(document) for s in test.sentences}
    for match in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", document.lower):
        sentence = document.sentence_at(match.start())
        is_made = sentence.fabricates and sentence.number not in tested
        if is_made and not variant.has(match.start()):
            return True
    return False

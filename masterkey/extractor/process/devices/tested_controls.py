"""The control that only an ageing test tells of: "cells with X kept 92%, those without it 71%" (issue 14)."""

import re

from masterkey.extractor.process.cell.ageing_tests import tests_of
from masterkey.extractor.process.devices.kinds import CONTROL, DEVICES, Variant
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.passages import names_any

_SIGNS = ("without", "w/o", "no ", "lacking", "free of", "-free ")
# What a test goes without, and no cell.
_OF_TEST = r"(?:an? |any |the |further |additional |prior |external )*(?:encaps|seal|cover|uv|light|cool|humidity|filter|bias|load|loss|measur|mask|interrupt|barrier|protect|getter|glass|lid|anti-?reflect|notic|visibl|signific|cut-?off|preheat|illumin|air\b|oxygen|edge|control\b|p2\b)"
_CELLS = rf"(?:{DEVICES}|ones|those|that|samples|batch(?:es)?|groups?)\)?"
_LACKING = re.compile(
    rf"\b{_CELLS} (?:[\w.%-]+ ){{0,2}}?(?:without|w/o|lacking|free of|with no) (?!{_OF_TEST})(?P<what>[^,.;:()\d][^,.;:()]{{1,60}})"
    rf"|\b(?P<free>(?!lead|hysteresis|pinhole|antisolvent|etl|htl|defect|dust|tin|oxygen|metal)[\w()]{{2,30}})-free (?:\w+ )?(?:{DEVICES}|ones)"
    rf"|\b(?P<those>{_CELLS}) without(?= (?:only )?\d|\W*$| ?[;,.])"
    rf"|[\"“‘']no (?P<quoted>[\w -]{{2,30}})[\"”’'] (?:{DEVICES}|batch|group|series|ones)"
    r"|\bwith (?P<pair>(?!and |or |an? |the )[\w-]{2,30})\b[^.;]{0,60}\bwithout(?=\W*$| ?[;,.])"
)
_SAID = re.compile(
    r"\b(?:additives?|passivation|treatment|interlayer|monolayer|sam|salt|modif\w+|dopants?|it|layer|surfactant|ionic liquid|polymer)\b"
)


def control_tested(document: Document) -> Variant | None:
    """A guess: the cells without something that the paper's own have, where a test of both is told."""
    for test in tests_of(document):
        for sentence in test.sentences:
            words = document.words(sentence)
            match = _LACKING.search(words) if names_any(words, _SIGNS) else None
            if match and _is_of_paper(document, sentence, match):
                place = sentence.start + match.start(), sentence.start + match.end()
                name = " ".join(document.text[slice(*place)].split()[:6])
                return Variant(CONTROL, "control", name, [place], is_guess=True)
    return None


def _is_of_paper(document: Document, sentence: Sentence, match: re.Match) -> bool:
    """Whether what is lacking is named, or called an additive or the like, or is what was named before."""
    if match["those"]:
        return True
    start, end = (sentence.start + n for n in match.span(match.lastgroup))
    named = any(start <= m.start < end for m in document.inside(document.mentions, sentence))
    return named or bool(_SAID.search(match[match.lastgroup]))

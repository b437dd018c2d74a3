"""Clauses that are set aside within a sentence: on the control beside the target, on what was only tried (issue 14)."""

import re
from dataclasses import replace
from itertools import pairwise

from masterkey.extractor.process.layers.operation import (
    CONTROL,
)
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.stems import Stemmed

ASIDE = Stemmed(
    r"\b(?:for the calibration|was tried|were tried|was tested in|given up|avoided|not used|for (?:xrd|sem|hall|the measurement|photoluminescence|absorption|analysis)|half-?stacks?|were sandwiched|hole-only|electron-only|fig(?:ure|\.)? s\d+ only|for microscopy|no cells?|no devices?|solely for|were also made|not pursued|we (?:also |even )?tried|(?:films|layers|samples)(?: on [\w -]{3,30})? (?:that|which) had been (?:annealed|heated)|in earlier work|cantilevers?|pt/ir|(?:afm|conductive) (?:tips?|probes?)|samples (?:was|were) (?:sputter-?)?coated with (?:au|gold|pd|pt|platinum|a thin (?:layer|film))|(?:cu|copper|tem) (?:\w+ )?(?:mesh|grids?)|before (?:the )?(?:microscopy|imaging|sem|scanning electron)|cross-sections (?:was|were) (?:sputter|coat|cover))\b"
)
_POINTS_BACK = re.compile(
    r";\s*(?:they|these|those|it|this|that|which|such|both|neither|no|nothing)\b"
)


def without_aside(document: Document, sentence: Sentence) -> Sentence:
    """Without what a semicolon parts from it, if that alone is aside: "…; other programmes are in Fig. S4 only"."""
    first = document.lower.find(";", sentence.start, sentence.end)
    if 0 <= first < sentence.end - 1 and ASIDE.search(document.lower[sentence.start : first]):
        rest = document.lower[first : sentence.end]
        if not (ASIDE.search(rest) or _POINTS_BACK.match(rest)):
            return replace(sentence, start=first + 1)
    end = document.lower.rfind(";", sentence.start, sentence.end)
    if (
        end < 0
        or _POINTS_BACK.match(document.lower, end)
        or ASIDE.search(document.lower[sentence.start : end])
    ):
        return sentence
    return (
        replace(sentence, end=end + 1)
        if ASIDE.search(document.lower[end : sentence.end])
        else sentence
    )


TARGET = re.compile(r"\b(?:targets?|champion)\b")
_OWN_CLAUSE = re.compile(
    r";|, (?:while|whereas|but|and) |\b(?:while|whereas)\b|\band (?=(?:in|for|on) (?:the )?(?:controls?|references?|targets?))|, (?=(?:in|for|on) (?:the )?(?:controls?|references?|targets?)\b)"
)


def is_of_control(document: Document, sentence: Sentence, place: int) -> bool:
    """Whether a place in a sentence on target and control lies in a clause on the control, or behind one.

    Where no clause tells of one of them alone, all is the control's; what stands before the first that does is not.
    """
    cuts = [
        match.start()
        for match in _OWN_CLAUSE.finditer(document.lower, sentence.start, sentence.end)
    ]
    clauses = list(pairwise([sentence.start, *cuts, sentence.end]))
    told = [
        (bool(TARGET.search(document.lower, *c)), bool(CONTROL.search(document.lower, *c)))
        for c in clauses
    ]
    if any(target and control for target, control in told):
        return True
    of_control = not any(target != control for target, control in told)
    for (start, _), (target, control) in zip(clauses, told, strict=True):
        if start > place:
            break
        of_control = control if target or control else of_control
    return of_control

"""Several devices that one sentence tells of: "with A, with B and with both", "A- and B-based", "either A or B" (issue 14)."""

import re
from dataclasses import replace
from itertools import pairwise

from masterkey.extractor.process.devices.kinds import COMPARISON, CONTROL, Variant
from masterkey.extractor.process.devices.other_inks import LACKS
from masterkey.extractor.process.devices.other_layers import new_layers
from masterkey.extractor.process.devices.paper import Paper
from masterkey.extractor.process.layers.items import Item, items_of
from masterkey.extractor.process.text.document import Sentence

_OR = re.compile(r"\bor\b|^, ?$")
_FARTHEST_OR, _FARTHEST_AND = 40, 25  # characters between two layers, without what brackets hold
_BRACKETS = re.compile(r"\([^()]*\)")
_AND = re.compile(r"(?:\W|\b(?:and|or|with|for|by|of|the|an?|either|based|as well as|on|layer)\b)*")
# Whether the layers of a row are of one device each, and not of one stack.
_EACH = re.compile(
    r"\b(?:respectively|either|each|batches|series of|sets of|groups of|hole conductors|(?:ht|et)[lm]s|(?:hole|electron)[- ]transport(?:ing)? (?:layers|materials)|alternatives?|compared|one after)\b|-based (?:cells|devices|pscs)|- and \w"
)
_STACK = re.compile(r"\b(?:bilayer|double layer|stack|combin\w+|mix\w*|blend\w*|together)\b")
_CLAUSE = re.compile(
    r"(?:[,;:]|\band\b|\bor\b)\s+(?:and |or )?(?=(?:with|on|using|one|those|others|based on|an?(?:other)? (?:second|third|fourth|further|last|group|set|series|batch))\b)"
)


def apart(paper: Paper, variant: Variant) -> list[Variant]:
    """One variant for each device of the passages; the variant itself where they tell of one."""
    if variant.kind not in (CONTROL, COMPARISON):
        return [variant]
    for sentence in paper.sentences(variant):
        clauses = _clauses(paper, variant, sentence)
        if clauses:
            return [_of(paper, variant, sentence, [clause]) for clause in clauses]
    for items in new_layers(paper, variant).values():
        if len(items) > 1 and _are_alternatives(paper, items):
            sentence = paper.document.sentence_at(items[0].start)
            shared = items[-1].end, sentence.end  # "A or B was spin-coated in place of C"
            return [_of(paper, variant, sentence, [(i.start, i.end), shared]) for i in items]
    return [variant]


def _of(paper: Paper, variant: Variant, sentence: Sentence, passages: list) -> Variant:
    """The variant of a part of a sentence, with all that other sentences tell."""
    rest = [(a, b) for a, b in variant.passages if not a <= sentence.start < b]
    words = " ".join(paper.document.text[slice(*passages[0])].split()[:6]).strip(" ,.;:")
    return replace(variant, name=f"{variant.name}, {words}", passages=[*passages, *rest])


def _are_alternatives(paper: Paper, items: list[Item]) -> bool:
    lower = paper.document.lower
    between = [_BRACKETS.sub("", lower[a.end : b.start]) for a, b in pairwise(items)]
    if all(len(words) < _FARTHEST_OR and _OR.search(words) for words in between):
        return True
    sentence = paper.document.sentence_at(items[0].start)
    words = paper.document.words(sentence)
    return (
        all(len(w) < _FARTHEST_AND and _AND.fullmatch(w) for w in between)
        and not any("/" in w for w in between)
        and bool(_EACH.search(words))
        and not _STACK.search(words)
    )


def _clauses(paper: Paper, variant: Variant, sentence: Sentence) -> list[tuple[int, int]]:
    """Places of "with A (…)", "with B", "with both": two or more, each with a layer of its own; else []."""
    words = _BRACKETS.sub(
        lambda m: "(" + " " * (len(m[0]) - 2) + ")", paper.document.words(sentence)
    )
    is_none = _OF_RESULTS.search(words) or _ON_SAME.search(words)
    if not sentence.fabricates or not variant.has(sentence.start) or is_none:
        return []
    starts = [match.end() for match in _CLAUSE.finditer(words)]
    first = min((words.find(w) for w in (" with ", " on ", " one ") if w in words), default=-1)
    places = sorted({first + 1, *(n for n in starts if n > first)})
    spans = [(sentence.start + a, sentence.start + b) for a, b in pairwise([*places, len(words)])]
    items = items_of(paper.document, sentence)
    told = [
        (start, end)
        for start, end in spans
        if any(start <= i.start < end for i in items)
        or _BOTH.match(words, start - sentence.start)
        or LACKS.search(words, start - sentence.start, end - sentence.start)
    ]
    return told if len(told) > 1 and len(told) == len(spans) else []


_OF_RESULTS = re.compile(
    r"\b(?:retain|maintain|kept \d|efficienc|pce\b|with (?:\w+ )?(?:cells|devices|them|those)\b)"
)
# "MAPbI3 was spin-coated on the same oxide, with spiro-OMeTAD above": one device.
_ON_SAME = re.compile(r"\b(?:on|onto|with|using) the same\b")
_BOTH = re.compile(r"(?:with|on|using) (?:both|neither|none)\b")

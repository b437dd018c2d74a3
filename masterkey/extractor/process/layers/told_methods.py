"""Methods that a sentence assigns to its layers in so many words: in brackets, by former and latter, respectively (issue 14)."""

import re
from bisect import bisect_left
from itertools import pairwise
from operator import attrgetter

from masterkey.extractor.process.layers.items import Item
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.methods import GENERIC, MethodMention

_LAYER_WORD = re.compile(
    r"\s*(?:layers?|films?|electrodes?|contacts?)?(?: on (?:it|top|this|that|these))?\s*"
)


def in_brackets(
    document: Document, sentence: Sentence, items: list[Item], methods
) -> dict[int, int]:
    """Start of an item → number of the method told in brackets behind it: "NiO (e-beam evaporated) | perovskite | PCBM".

    Where no method stands outside of brackets, items behind such brackets get -1: nothing is said of them.
    """
    lower, own, ends = document.lower, {}, []
    for n, method in enumerate(methods):
        if not is_in_brackets(lower, sentence, method):
            continue
        opened = lower.rfind("(", sentence.start, method.start)
        before = bisect_left(items, opened, key=attrgetter("start")) - 1
        if before >= 0 and _LAYER_WORD.fullmatch(lower, items[before].end, opened):
            own.setdefault(items[before].start, n)
            ends.append(lower.find(")", method.end))
    told = [m for m in document.inside(document.methods, sentence) if m.name not in GENERIC]
    if ends and all(is_in_brackets(lower, sentence, method) for method in told):
        last = min(ends)
        own |= {
            item.start: -1 for item in items if 0 <= last < item.start and item.start not in own
        }
    return own


def is_in_brackets(lower: str, sentence: Sentence, method: MethodMention) -> bool:
    """Whether a method is told in brackets, as of what stands before them: "on FTO/SnO2 (ALD) the ink was spun"."""
    opened = lower.rfind("(", sentence.start, method.start)
    return opened >= 0 and ")" not in lower[opened : method.start]


def former_and_latter(document, sentence, items: list[Item], methods) -> dict[int, int]:
    """Start of an item → number of its method, where the sentence says "the former was …, the latter …"."""
    words = document.words(sentence)
    former, latter = words.find("the former"), words.find("the latter")
    if former < 0 or latter < 0:
        return {}
    places = sorted((sentence.start + former, sentence.start + latter))
    two = [item for item in items if item.start < places[0]][-2:]
    if len(two) < 2:
        return {}
    told = {}
    for item, place in zip(two, (sentence.start + former, sentence.start + latter), strict=True):
        end = min((p for p in places if p > place), default=sentence.end)
        behind = [n for n, method in enumerate(methods) if place < method.start < end]
        if behind:
            told[item.start] = behind[0]
    return told


_LISTED = re.compile(
    r"(?: [\w-]+){0,3}?(?:,|,? and)(?: (?:by|via|using|through|with))?(?: [\w-]+){0,2} ?"
)


def respective(document, sentence, items: list[Item], methods) -> dict[int, int]:
    """Start of an item → number of its method: "A and B were made by spray pyrolysis and spin coating, respectively"."""
    place = document.words(sentence).find("respectively")
    named = [n for n, m in enumerate(methods) if m.end - sentence.start <= place]
    if place < 0 or len({methods[n].name for n in named}) < 2 or len(named) != len(methods):
        return {}
    between = [document.lower[a.end : b.start] for a, b in pairwise(methods)]
    before = [item for item in items if item.end < methods[0].start]
    if len(before) != len(methods) or not all(map(_LISTED.fullmatch, between)):
        return {}
    return {item.start: n for n, item in enumerate(before)}

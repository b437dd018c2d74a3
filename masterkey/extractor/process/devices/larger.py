"""Larger cells of the target's recipe: "devices of a larger size were made likewise", "Large-area devices: …" (issue 14)."""

import re
from collections.abc import Iterator

from masterkey.extractor.process.cell.cell import areas
from masterkey.extractor.process.devices.kinds import DEVICES, LARGE, NOT_SHOWN, Variant
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.passages import name_of, sentences_naming

_SIZE = r"(?:larg|bigg)(?:e|er)"
_CENTIMETRE = r"(?:(?:square[- ])?centimet(?:re|er)|cm2?)"
_LARGER = re.compile(
    rf"\b(?:{_SIZE}(?:[- ](?:area|sized?))?|(?:1(?:\.\d+)?|one)[- ]{_CENTIMETRE}(?:[- ](?:sized?|scale|area))?|(?:square[- ])?centimet(?:re|er)(?:-(?:sized?|scale))?|up-?scaled) (?:[\w-]+ ){{0,2}}(?:cells|devices|pscs)\b"
    rf"|\b{DEVICES} (?:with|having|of) (?:an? |the )?(?:larger )?(?:[\d.]+ ?cm2 )?(?:\w+ )?(?:area|aperture|electrode|mask)\b.{{0,40}}\b(?:in the same (?:manner|way)|likewise|identically|with the same recipe)"
    rf"|\b{DEVICES} (?:[\w-]+ ){{0,4}}(?:with|of|having|in|on) (?:an? )?(?:larger|bigger|increased|enlarged|extended) (?:\w+ )?(?:electrodes?|masks?|areas?|apertures?|sizes?|formats?|dimensions?|substrates?)\b"
)
# "Devices with an active area of 1.08 cm2 were built by the same protocol"
_OF_AREA = re.compile(
    rf"\b{DEVICES} (?:\w+ ){{0,2}}(?:with|having|of|whose) [^;]{{0,40}}?\d ?cm2|\b[\d.]+ ?cm2 (?:[\w-]+ ){{0,2}}{DEVICES}"
)
_MADE = re.compile(
    r"\b(?:made|prepared|fabricated|built|produced|manufactured|processed|realised|realized|assembled)\b"
)
# "The area was 0.08 cm2 for small and 1 cm2 for large cells": both were made, whatever the sentence is about.
_SMALL = r"(?:small(?:er)?(?:[- ](?:area|sized?))?|standard|normal|regular)"
_OF_BOTH = re.compile(
    rf"\d ?(?:cm2|mm2)\)? (?:for|in|of|on) (?:the )?{_SMALL}(?: [\w-]+){{0,2}}(?:,| and)+ (?P<large>(?:to )?[\d.]+ ?(?:cm2|mm2)\)? (?:for|in|of|on) (?:the )?(?:{_SIZE}|big|1[- ]cm2?)(?:[- ](?:area|sized?))?(?: [\w-]+)?)"
    rf"|\d ?(?:cm2|mm2) \((?P<large3>(?:or )?[\d.]+ ?(?:cm2|mm2) (?:for|in|of) (?:the )?(?:{_SIZE}|big|1[- ]cm2?)(?:[- ](?:area|sized?))?(?: [\w-]+)?)\)"
    rf"|\b{_SMALL} (?:[\w-]+ ){{0,2}}\([^()]{{0,20}}\d ?(?:cm2|mm2)[^()]{{0,15}}\) and (?P<large2>(?:{_SIZE}|big)(?:[- ](?:area|sized?))? (?:[\w-]+ ){{0,2}}\([^()]{{0,20}}\d ?(?:cm2|mm2))"
)
_HEADS = re.compile(r"\W*(?:large|larger|1[- ]cm)[\w -]{0,30}[:.]")  # "Large-area devices: …"
_TIMES_LARGER = 3


def larger_of(document: Document) -> Iterator[Variant]:
    """One device, where sentences tell that larger ones were made."""
    places, name = [], ""
    for sentence in sentences_naming(document, ("larg", "bigger", "cm2", "centimet", "area", "aperture", "scaled")):  # fmt: skip
        words = document.words(sentence)
        match = _LARGER.search(words) or _of_larger_area(document, sentence)
        both = _OF_BOTH.search(words)
        if both and not (NOT_SHOWN.search(words) or "module" in words):
            name = name or name_of(document, sentence, both)
            places.append(
                (sentence.start + both.start(both.lastgroup), sentence.start + both.end())
            )
            continue
        if not match or NOT_SHOWN.search(words) or "module" in words or "filter" in words:
            continue
        if sentence.fabricates or (_MADE.search(words) and not sentence.is_purchase):
            name = name or name_of(document, sentence, match)
            places.append((sentence.start, _end(document, sentence)))
    if places:
        yield Variant(LARGE, "other", name, places)


def _of_larger_area(document: Document, sentence: Sentence) -> re.Match | None:
    """The words that give cells an area which is several times that of others in the text."""
    words = document.words(sentence)
    match = _OF_AREA.search(words)
    if match is None or not _MADE.search(words):
        return None
    told = [area for area in areas(document) if not area.module]
    inside = [a for a in told if sentence.start <= a.start < sentence.end]
    others = [a for a in told if a not in inside and a.weight > 0]
    if not inside or not others:
        return None
    largest = max(a.value for a in others)
    return match if min(a.value for a in inside) >= _TIMES_LARGER * largest else None


def _end(document: Document, sentence: Sentence) -> int:
    """The end of the sentence, or of the paragraph that it heads."""
    if document.begins_paragraph(sentence) and _HEADS.match(document.words(sentence)):
        line = document.text.find("\n", sentence.end - 1)
        return max(len(document.text) if line < 0 else line, sentence.end)
    return sentence.end

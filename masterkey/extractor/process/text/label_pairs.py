"""Two devices that a text tells apart by "the former" and "the latter", and controls with letters beside a target (issue 14)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.materials import Mention

_FORMER = re.compile(r"\b(?:the )?(?P<word>former|latter)\b")
_AND = re.compile(r"(?:\s?\([^()]*\))?,? (?:and|or|as well as) (?:the |an? )?")
_FARTHEST = 2  # sentences back to what is meant
_CONTROL = re.compile(
    r"\b(?:the )?controls?(?: (?:cells?|devices?))? (?P<label>[a-d1-4]|i{1,3})\b(?![-.]?\d| ?[%°])(?: (?:cells?|devices?)\b)?"
)
_CONTROLS = re.compile(r"\b(?:the )?controls?\b(?: (?:cells?|devices?)\b)?(?! (?:of|over)\b)")
_TARGET = re.compile(r"\b(?:the )?(?:targets?|champion)\b(?: (?:cells?|devices?)\b)?(?! to\b)")


@dataclass(frozen=True)
class NamedRow:
    """`names` of the devices; `places`: (start, end, numbers) of what names some; `are_substances`: of a layer or a salt."""

    names: tuple[str, ...]
    places: tuple[tuple[int, int, tuple[int, ...]], ...]
    are_substances: bool = False


def former_and_latter(document: Document) -> NamedRow | None:
    """The devices with the one and with the other of two substances; None where a text has no such words for them."""
    lower = document.lower
    if "former" not in lower or "latter" not in lower:
        return None
    for pair, place in _pairs(document):
        found = [m for m in _FORMER.finditer(lower) if m.start() > place]
        if {m["word"] for m in found[:2]} == {"former", "latter"}:
            places = tuple((*m.span(), (int(m["word"] == "latter"),)) for m in found)
            names = tuple(document.text[m.start : m.end] for m in pair)
            return NamedRow(names, places, True)
    return None


def _pairs(document: Document) -> Iterator[tuple[tuple[Mention, Mention], int]]:
    """Two substances before "the former", the nearest first, with the place of the second."""
    first = next((m for m in _FORMER.finditer(document.lower) if m["word"] == "former"), None)
    if first is None:  # "transformer"
        return
    sentence = document.sentence_at(first.start())
    for number in range(sentence.number, max(sentence.number - _FARTHEST, 0) - 1, -1):
        other = document.sentences[number]
        named = [m for m in document.inside(document.mentions, other) if m.start < first.start()]
        named = [m for m in named if m.is_mostly_transport]
        for one, two in zip(named[-2::-1], named[:0:-1], strict=True):
            if (
                one.name != two.name
                and _holes(one) * _holes(two) > 0
                and _AND.fullmatch(document.text, one.end, two.start)
            ):
                yield (one, two), two.end


def _holes(mention: Mention) -> float:
    """Above 0 for a hole conductor, below 0 for an electron conductor."""
    return mention.roles.get("HTL", 0) - mention.roles.get("ETL", 0)


def controls_with_letters(document: Document) -> NamedRow | None:
    """ "Control A", "control B" and the target; None where there are not two such controls."""
    found = list(_CONTROL.finditer(document.lower)) if "control" in document.lower else []
    labels = sorted({match["label"] for match in found})
    if not 1 < len(labels) <= len("abcd"):
        return None
    places = [(*match.span(), (labels.index(match["label"]),)) for match in found]
    starts = {match.start() for match in found}
    both = tuple(range(len(labels)))
    alone = (m for m in _CONTROLS.finditer(document.lower) if m.start() not in starts)
    places += [(*match.span(), both) for match in alone]
    targets = [(*match.span(), (len(labels),)) for match in _TARGET.finditer(document.lower)]
    if not targets:
        return None
    places += targets
    names = [f"control {label.upper()}" for label in labels]
    return NamedRow((*names, "target"), tuple(sorted(places)))

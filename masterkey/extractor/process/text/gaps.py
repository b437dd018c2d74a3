"""Wide-gap and narrow-gap cells in one paper, as beside an all-perovskite tandem: which passages are of which (issue 14)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.headings import TELLS

WIDE, NARROW, TANDEM = "wide", "narrow", "tandem"
_GAP = re.compile(
    r"\b(?:(?P<wide>wider?|larger?|high(?:er)?)|(?:narrow|low|small)(?:er)?)[- ]?(?:energy[- ])?(?:band-?\s?)?gap\b|\b(?:(?P<w>w)|n)bg\b"
    r"|\b(?:tin[-–/]lead|lead[-–/]tin|sn[-–/]pb|pb[-–/]sn) (?:perovskite )?(?:single[- ]junction |sub-?|solar )*(?:cells?|devices?|inks?|solutions?|precursors?|films?)\b"
)
_TANDEMS = re.compile(r"\btandems?\b|\btwo-junction\b")
# What a sentence starts with, before its verb: "For the narrow-gap film, …".
_VERB = re.compile(
    r"\b(?:was|were|is|are|had|has|have|consist\w*|contain\w*|came|followed|received)\b|[;:]"
)
_VARIED = re.compile(
    r"\b(?:targets?|controls?|pristine|untreated|with and without|with or without)\b"
)
_TANDEM_IS_TARGET = re.compile(
    r"\b(?:target|control|champion|reference) (?:[\w-]+ ){0,2}tandems?\b|\btandems? (?:[\w-]+ ){0,2}(?:are|is) the (?:targets?|main|subject|focus)\b"
)
_CONTACT = re.compile(r"\b(?:silver|gold|copper|ag|au|cu)\b")
_AS_OTHERS = re.compile(
    r"\b(?:as|like) (?:above|before|in|for|the|those)\b|\bthe same\b|\bidentical\b|\bthose of\b|\blikewise\b"
)
_TITLE_WORDS = 6
_FABRICATION = frozenset(("device", "solution", "", "other cell", "materials", "synthesis"))


@dataclass(frozen=True)
class Gaps:
    """`target`: the gap of the paper's own single cells; `passages`: (start, end, of the wide gap, narrow gap or tandem)."""

    target: str
    passages: tuple[tuple[int, int, str], ...]

    @property
    def other(self) -> str:
        return NARROW if self.target == WIDE else WIDE

    def is_of_other(self, place: int) -> bool:
        """Whether a place lies in what is said of the other gap alone."""
        return any(start <= place < end for start, end in self.of(self.other))

    def beside(self, *kinds: str) -> list[tuple[int, int]]:
        """What is said of the wide gap, the narrow gap or tandems alone, if that is none of `kinds`."""
        return [(start, end) for start, end, own in self.passages if own not in kinds]

    def of(self, kind: str) -> list[tuple[int, int]]:
        return [(start, end) for start, end, own in self.passages if own == kind]


@once
def gaps_of(document: Document) -> Gaps | None:
    """None where a text does not tell of cells of two gaps, or not whose cells are its own."""
    if "gap" not in document.lower and "bg" not in document.lower:
        return None
    if not {WIDE, NARROW} <= _named(document.lower):
        return None
    passages = tuple(_passages(document))
    words = {
        kind: " ".join(document.lower[a:b] for a, b, own in passages if own == kind)
        for kind in (WIDE, NARROW)
    }
    cells = [kind for _, _, kind in passages if kind != TANDEM and _CONTACT.search(words[kind])]
    if not all(words.values()) or not cells or _TANDEM_IS_TARGET.search(document.lower):
        return None
    varied = [kind for kind in dict.fromkeys(cells) if _VARIED.search(words[kind])]
    return Gaps(varied[0] if len(varied) == 1 else cells[0], passages)


def closes(lower: str, start: int, end: int) -> bool:
    """Whether a passage names a contact, or says that its cell is finished as others are."""
    return bool(_CONTACT.search(lower, start, end)) or is_as_others(lower, start, end)


def is_as_others(lower: str, start: int, end: int) -> bool:
    return bool(_AS_OTHERS.search(lower, start, end))


def _named(words: str) -> set[str]:
    """The gaps that words name."""
    return {WIDE if match["wide"] or match["w"] else NARROW for match in _GAP.finditer(words)}


def _kind(words: str) -> str:
    """The one gap that words name, or "tandem"; "" where they name none or both."""
    if _TANDEMS.search(words):
        return TANDEM
    named = _named(words)
    return named.pop() if len(named) == 1 else ""


def _passages(document: Document) -> Iterator[tuple[int, int, str]]:
    """The sentences of fabrication that are of one gap, or of tandems, alone."""
    told, title, paragraph = "", "", -1
    for sentence in document.sentences:
        if sentence.kind not in _FABRICATION or sentence.is_purchase:
            continue
        words = document.words(sentence)
        begins = document.text.rfind("\n", 0, sentence.start + 1)
        of_title = _kind(document.section_at(sentence.start).title.lower()) or _kind(
            document.paragraph_title(sentence)
        )
        if begins != paragraph or of_title != title:
            told, title, paragraph = of_title, of_title, begins
        # What is told of tandems goes on to their subcells; a sentence may turn from one gap to the other.
        if _is_title(words):
            told = _kind(words)
        elif told != TANDEM:
            told = _kind(_start(words)) or told
        kind = told or _of_sentence(document, sentence)
        if kind:
            yield sentence.start, sentence.end, kind


def _is_title(words: str) -> bool:
    return (
        len(words.split()) <= _TITLE_WORDS and not _VERB.search(words) and not TELLS.search(words)
    )


def _start(words: str) -> str:
    verb = _VERB.search(words)
    return words[: verb.start()] if verb else words[:60]


def _of_sentence(document: Document, sentence: Sentence) -> str:
    kind = _kind(document.words(sentence))
    return "" if kind == TANDEM else kind

"""Devices that a text tells apart by which of several layers they have: "three hole conductors were compared: (i) A; (ii) B" (issue 14)."""

import re
from itertools import pairwise

from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.label_pairs import NamedRow
from masterkey.extractor.process.text.materials import Mention
from masterkey.extractor.process.text.passages import sentences_naming

_COUNTS = ("two ", "three ", "four ", "five ", "several ", "different ", "various ", "as ", "for ")
_SEVERAL = re.compile(
    r"\b(?:two|three|four|five|several|different|various) (?:[\w-]+ ){0,3}?(?:(?:(?:hole|electron)[- ](?:transport\w*|conduct\w*|select\w*|extract\w*|contact)|ht[lm]s?\b|et[lm]s?\b)(?: (?:layers?|materials?|molecules))?|materials|(?:mono)?layers|sams|polymers|oxides|molecules)\b"
)
# "As hole transport layers, PTAA, NiOx or 2PACz were employed."
_AS_LAYER = re.compile(
    r"\b(?:as|for) (?:the )?(?:(?:hole|electron)[- ](?:transport\w*|conduct\w*|select\w*|extract\w*|contact)|ht[lm]s?\b|et[lm]s?\b)(?: (?:layers?|materials?))?,"
)
_COMPARED = re.compile(
    r"\b(?:compared|tested|investigated|studied|examined|evaluated|screened|tried|used|employed|considered|prepared|applied)\b"
)
_TOGETHER = re.compile(r"\b(?:bilayer|stack|consecutive|successive|one after|subsequent|both\b)")
_ENUMERATOR = re.compile(r"\((?:i{1,3}|iv|v|[a-e]|[1-5])\) (?:the |an? )?$")
_JOINED = re.compile(r"(?:\s?\(?[^()]{0,80}\))?(?:, (?:and |or )?| and | or )")
_LONGEST_MARK = 10  # characters of an enumerator
_MOST = 6


def compared_layers(document: Document) -> NamedRow | None:
    """The devices with the one and the other of the layers that a sentence counts up for comparison; None where none does."""
    for sentence in sentences_naming(document, _COUNTS):
        if not sentence.fabricates or sentence.is_study:
            continue
        words = document.words(sentence)
        match = _SEVERAL.search(words) or (" or " in words and _AS_LAYER.search(words))
        if not match or not _COMPARED.search(words) or _TOGETHER.search(words):
            continue
        members = _members(document, sentence, sentence.start + match.end())
        if 1 < len(members) <= _MOST:
            return _row(document, members)
    return None


def _members(document: Document, sentence: Sentence, start: int) -> list[Mention]:
    """The layers of one polarity behind a place of a sentence, each numbered, or joined to the one before; else []."""
    told = [m for m in document.inside(document.mentions, sentence) if m.start >= start]
    marked = [m for m in told if _ENUMERATOR.search(document.lower, max(m.start - _LONGEST_MARK, start), m.start)]  # fmt: skip
    if len(marked) < 2:
        marked = [m for m in told if _polarity(m)]
        if not all(_JOINED.fullmatch(document.text, a.end, b.start) for a, b in pairwise(marked)):
            return []
    signs = {_polarity(m) > 0 for m in marked}
    return marked if all(map(_polarity, marked)) and len(signs) == 1 and len({m.name for m in marked}) == len(marked) else []  # fmt: skip


def _polarity(mention: Mention) -> float:
    """Above 0 for a hole conductor, below 0 for an electron conductor, 0 for what is no layer."""
    hole, electron = mention.roles.get("HTL", 0), mention.roles.get("ETL", 0)
    return hole - electron if mention.is_mostly_transport else 0.0


_FORM = re.compile(r"-(?:np|c|mp|nw)$")


def _base(name: str) -> str:
    """The name without the form of an oxide, which a text says once."""
    return _FORM.sub("", name)


def _row(document: Document, members: list[Mention]) -> NamedRow:
    numbers = {_base(m.name): n for n, m in enumerate(members)}
    told = [m for m in document.mentions if _base(m.name) in numbers]
    own = [m for m in told if not document.sentence_at(m.start).is_purchase]
    places = tuple((m.start, m.end, (numbers[_base(m.name)],)) for m in own)
    names = (document.text[m.start : m.end].split(" (")[0] for m in members)
    return NamedRow(tuple(names), places, True)

"""The method that a text tells once for all layers, and the parts that it takes out of this (issue 14).

"All layers except the contact were inkjet printed: …", "Everything but the electrode was slot-die coated".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from masterkey.extractor.process.layers.items import PEROVSKITE, Item
from masterkey.extractor.process.layers.operation import Operation, operation_of
from masterkey.extractor.process.layers.underlying import is_substrate, is_under
from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.methods import GENERIC, MethodMention
from masterkey.extractor.process.text.passages import sentences_naming

_LAYERS = r"(?:layers?|films?|materials|coatings?|coats|inks|solutions|depositions)"
# "on all of the films", "the rate of each layer": what something else is told of.
_NO_OBJECT = r"(?<!\bon )(?<!\bonto )(?<!\bof )(?<!\bfor )(?<!\bto )(?<!\bfrom )(?<!\bwhich )"
# "all porous layers": a scaffold's, before the perovskite is filled in.
_NO_PART = (
    r"(?!(?:[\w-]+ ){0,3}(?:meso\w*|porous|scaffold|passivat\w*|oxide|metal|carbon|buffer)\b)"
)
_ALL = rf"{_NO_OBJECT}\b(?:all|every|each)(?: of)? {_NO_PART}(?:the |our |these )?(?:other )?(?:[\w-]+ ){{0,2}}{_LAYERS}"
_BUT = r"(?:except(?:ing)?(?: for)?|other than|apart from|with the exception of|but(?: (?:for|not))?|save(?: for)?|excluding|aside from|only|besides|up to(?= (?:the |its )?(?:[\w-]+ )?(?:contact|electrode|metal)))"
_ALL_LAYERS = re.compile(
    rf"(?:{_ALL}|{_NO_OBJECT}\b(?:everything|the (?:whole|entire|complete) (?:stack|device|cell|structure)))\b"
    rf"(?:[^.;:,]{{0,60}}?|,? ?\(?{_BUT} [^.;:]{{0,100}}?)\b(?:were|was|are|is|have been|had been)\b"
    # "Do all of these by gravure printing", "we printed all layers by inkjet"
    rf"|(?:^|[.;:]) *(?:do|make|apply|deposit|coat|print|cast) (?:{_ALL}|all (?:of )?(?:these|them|this)|everything)\b"
    rf"|\b(?:i|we) [a-z-]+ (?:{_ALL}|everything)\b",
    re.MULTILINE,
)
_SIGNS = ("all", "every", "each", "whole", "entire", "complete")  # of each match
_EXCEPT = re.compile(rf",? ?\(?\b{_BUT} ")
_OF_SOLUTIONS = re.compile(r"\bsolutions?\b|\bwet\b|\binks?\b|\bcoatings?\b|\bcoats\b")
# Hardly ever made from solution.
_SUBLIMED = frozenset("C60 C70 BCP LiF MoO3 MoOx TPBi Bphen MgF2".split())
_TREATS = frozenset(("Dipp-coating", "CBD"))  # what all films are dipped in need be no layer
_CLAUSE_ENDS = re.compile(r"\)|[:;]|, (?!which|that)| (?:were|was|are|is)\b(?! \w+ed,)|$")
_IMPERATIVE = re.compile(r"\b(?:do|make|apply) ")
_PARTS = {
    "Backcontact": re.compile(r"contacts?|electrodes?|metals?|gold|silver|copper|alumini?um|carbon|\bcap\b"),
    "HTL": re.compile(r"hole|\bht[lm]s?\b|p-type"),
    "ETL": re.compile(r"electron[ -]|\bet[lm]s?\b|n-type"),
    "perovskite": re.compile(r"perovskite|absorber|photoactive"),
}  # fmt: skip


@dataclass(frozen=True)
class CommonMethod:
    """`method` of all layers of which nothing else is said, but for `parts` and layers of these `names`."""

    method: MethodMention
    parts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def is_of(self, part: str, name: str = "") -> bool:
        """`part`: HTL, ETL, Backcontact or perovskite; `name`: of a layer in it."""
        return part not in self.parts and name not in self.names


@once
def common_method(document: Document) -> CommonMethod | None:
    """How layers of which nothing else is said were made; None where no sentence tells it of all."""
    for match in _told_of_all(document):
        sentence = document.sentence_at(match.end() - 1)
        if not sentence.fabricates or sentence.is_study:
            continue
        excepted = _excepted(document, sentence)
        methods = [
            m
            for m in document.inside(document.methods, sentence)
            if m.name not in GENERIC and not any(a <= m.start < b for a, b in excepted)
        ]
        if len({method.name for method in methods}) != 1 or methods[0].name in _TREATS:
            continue
        words = " ".join(document.lower[start:end] for start, end in excepted)
        parts = frozenset(part for part, told in _PARTS.items() if told.search(words))
        names = {
            mention.name
            for mention in document.inside(document.mentions, sentence)
            if any(a <= mention.start < b for a, b in excepted)
        }
        if _OF_SOLUTIONS.search(match[0]):
            parts, names = parts | {"Backcontact"}, names | _SUBLIMED
        return CommonMethod(methods[0], parts, frozenset(names))
    return None


def _told_of_all(document: Document) -> Iterator[re.Match]:
    for sentence in sentences_naming(document, _SIGNS):
        yield from _ALL_LAYERS.finditer(document.lower, max(sentence.start - 2, 0), sentence.end)


_SOLVED = re.compile(
    r"\d ?mg|\d ?m?m\b|\bwt|solution|dispers|\bink\b|colloid|\bin (?:[\w-]+ )?\w+|\bfrom\b|\d ?nm\b"
)


def layers_made_alike(
    document: Document, sentence: Sentence, items: list[Item], earlier: list[Operation]
) -> list[Operation]:
    """ "Spiro-OMeTAD (40 mg/mL) needed no drying": what a sentence without a method makes, where one is told for all layers.

    `earlier`: what the sentences before have deposited.
    """
    common = common_method(document)
    if common is None or not _SOLVED.search(document.words(sentence)):
        return []
    told = {name for operation in earlier for name in operation.names}
    for n, item in enumerate(items):
        part = _part_of(item) if not is_under(document, items, n, sentence) else ""
        if part and item.name not in told and common.is_of(part, item.name):
            method = MethodMention(common.method.name, item.start, item.end)
            return [operation_of([item.name], method, sentence, [(item.start, item.end)])]
    return []


def _part_of(item: Item) -> str:
    if item.name == PEROVSKITE:
        return "perovskite"
    if not item.is_layer or is_substrate(item):
        return ""
    parts = {part: item.roles.get(part, 0) for part in ("HTL", "ETL", "Backcontact")}
    return max(parts, key=parts.__getitem__)


def _excepted(document: Document, sentence: Sentence) -> list[tuple[int, int]]:
    """Places in the text of what a sentence takes out: up to its verb, or to the end where its method stands before."""
    words, found = document.words(sentence), []
    told = [m for m in document.inside(document.methods, sentence) if m.name not in GENERIC]
    for match in _EXCEPT.finditer(words):
        before = words[: match.start()]
        is_behind = (told and told[0].start < sentence.start + match.start()) or _IMPERATIVE.search(
            before
        )
        colon = words.find(": ", match.end())
        end = len(words) if colon < 0 else colon
        if not is_behind:
            end = _CLAUSE_ENDS.search(words, match.end(), end).start()
        found.append((sentence.start + match.start(), sentence.start + end))
    return found

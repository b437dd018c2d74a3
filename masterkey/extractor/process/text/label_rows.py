"""Devices that a text calls by letters or numbers: "devices 1 to 3", "called A, B and C", "cell D0" (issue 14)."""

import re
from dataclasses import dataclass

from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.label_codes import RANGE, coded_row
from masterkey.extractor.process.text.label_compared import compared_layers
from masterkey.extractor.process.text.label_pairs import (
    NamedRow,
    controls_with_letters,
    former_and_latter,
)
from masterkey.extractor.process.text.label_values import valued_row
from masterkey.extractor.process.text.passages import names_any

_NOUN = r"(?:devices?|(?:solar )?cells?|pscs?|samples?|configurations?|groups?|series|batch(?:es)?|variants?|recipes?|types?|kinds?|sets?|architectures?|designs?|structures?|procedures?|protocols?|routes?|versions?)"
_OF_CELLS = re.compile(
    r"\b(?:devices?|cells?|pscs?|configurations?|architectures?)\b", re.IGNORECASE
)
_KINDS = {
    "letter": r"[A-F]",
    "number": r"[#№]?[1-6](?![.,]?\d| ?(?:%|mol|mg|[µu]l|[µn]m|min|h\b|wt|ml|°|m\b|mm\b|cm|s\b|x\b|×|V\b|equiv))",
    "roman": r"(?:I{1,3}|IV|VI?)",
}
_ROMANS = ["I", "II", "III", "IV", "V", "VI"]
_JOIN = r"(?:\s?[,/&]\s?(?:and |or )?|\s?[–-]\s?|\s(?:and|or|to|through)\s|\s?, (?:and|or) )"
_QUOTE = r"[\"“”‘’']?"
_CALL = r"(?:named|called|label+ed|denoted|termed|designated|abbreviated|marked|coded|numbered|referred to)"
_NAMED = rf"{_CALL}(?:,? (?:as|by|here|below|hereafter|in the following|the letters|simply|with|throughout)){{0,3}} (?:the )?"
# Where a label may be told: looked for once, so that the patterns of each kind are tried nowhere else.
_NOUNS = re.compile(rf"(?<![\w-]){_NOUN}")
_CALLS = re.compile(rf"(?<![\w-]){_CALL}")
_FEWEST, _MOST = 2, 6
_VERB = r"(?:retain|kept|keep|was|were|is|are|has|had|have|lost|lose|gave|give|show|lack|contain|receiv|got|use|carr|differ|serve|maintain|fell|reach|start)"
# "Table A", "Fig. S1", "25 °C", "solution B", "ISOS-L-1": no device.
_NOT_LABEL = re.compile(
    r"(?:\b(?:(?i:fig(?:ure|s)?|table|tables|figures|scheme|note|notes|section|eq|class|grade|vitamin|solutions?|inks?|stocks?|steps?|stages?|ref|refs|isos|part|method|precursors?|bottle|vial))\.? ?[\"“(]?|\d ?|[°Å/=+·×-]\s?|\b[A-Z][a-z]+ |\w\()$"
)


@dataclass(frozen=True)
class Group:
    """Labels named together at [start, end) of the text, by their numbers in the row, in the text's order.

    `is_bare`: whether no noun stands before them.
    """

    start: int
    end: int
    labels: tuple[int, ...]
    is_bare: bool = False


@dataclass(frozen=True)
class Row:
    """`names`: what the text calls its devices by, in order; `groups`: where it names some of them.

    `nil`: the number of the one that its code says to be without what the others have; None where none is;
    `is_coded`: whether the names are codes or values, which a text gives to nothing but its devices;
    `are_substances`: whether they are substances, for which `groups` stand.
    """

    names: tuple[str, ...]
    groups: tuple[Group, ...]
    nil: int | None = None
    is_coded: bool = False
    are_substances: bool = False

    def of(self, sentence: Sentence) -> list[Group]:
        return [g for g in self.groups if sentence.start <= g.start < sentence.end]

    def name_of(self, document: Document, number: int) -> str:
        """The text's own words, such as "device 2" or "type A"; the bare label where it has no noun."""
        own = rf"(?<![\w-])(?i:{_NOUN}) {re.escape(self.names[number])}(?![\w-])"
        match = re.search(own, document.text)
        return match[0] if match else self.names[number]


@once
def row_of(document: Document) -> Row | None:
    """The row of labelled devices of a text; None where it has none."""
    controls = controls_with_letters(document)
    if controls is not None:
        return _named_row(document, controls)
    nouns = [match.start() for match in _NOUNS.finditer(document.lower)]
    calls = [match.start() for match in _CALLS.finditer(document.lower)]
    for kind, label in _KINDS.items():
        row = _row(document, kind, label, nouns, calls)
        if row is not None:
            return row
    coded = coded_row(document) or valued_row(document)
    if coded is None:
        pair = former_and_latter(document) or compared_layers(document)
        return _named_row(document, pair) if pair else None
    return Row(coded.names, _joined(document, coded.places), coded.nil, True)


def _named_row(document: Document, row: NamedRow) -> Row:
    places = [(a, b, numbers, len(numbers) == 1) for a, b, numbers in row.places]
    return Row(row.names, _joined(document, places), are_substances=row.are_substances)


_AND = re.compile(r",? (?:and|or) (?:the )?|, (?:the )?|/")


def _joined(document: Document, places) -> tuple[Group, ...]:
    """Groups of what is named together: "the control and T1 devices"."""
    found: list[Group] = []
    for start, end, numbers, is_bare in sorted(places):
        if found and _AND.fullmatch(document.text, found[-1].end, start):
            last = found.pop()
            labels = tuple(dict.fromkeys((*last.labels, *numbers)))
            found.append(Group(last.start, end, labels, last.is_bare or is_bare))
        else:
            found.append(Group(start, end, numbers, is_bare))
    return tuple(found)


def _row(
    document: Document, kind: str, label: str, nouns: list[int], calls: list[int]
) -> Row | None:
    names = rf"{_QUOTE}{label}{_QUOTE}(?![\w-]*\w)(?:{_JOIN}(?:{_NOUN} )?{_QUOTE}{label}{_QUOTE}(?![\w-]*\w))*"
    by_call = _called(document.text, names, label, calls)
    noun = rf"(?<![\w-])(?i:{_NOUN})(?: except|, (?=[\w-]{{1,4}}, ))?"
    with_noun = re.compile(rf"{noun},? \(?(?P<names>{names})(?![\w%°(-]|\.\d)")
    found = [*_matches(with_noun, document.text, nouns), *by_call]
    if not found:
        return None
    own = re.compile(label)
    told = {
        name
        for match in found
        for name in _expanded(kind, own.findall(_plain(match)), _plain(match))
    }
    order = _in_order(kind, told)
    if order is None or not any(_of_cells(document, match.start()) for match in found):
        return None
    is_named = any(len(set(own.findall(_plain(m)))) > 1 for m in by_call)
    is_listed = any(len(set(own.findall(_plain(m)))) > 1 for m in found)
    alone = kind in ("letter", "roman") and (is_listed or len(found) > 1)
    # "A (PTAA) and B (2PACz)" are two places, which `_alone` finds.
    places = {m.span("names"): m["names"] for m in found if not is_named or "(" not in m["names"]}
    bare = _alone(document, names, places) if alone else {}
    groups = []
    for (start, end), words in (places | bare).items():
        said = _expanded(kind, own.findall(words), words)
        labels = tuple(order.index(name) for name in said if name in order)
        groups.append(Group(start, end, labels, (start, end) in bare))
    groups = sorted((g for g in groups if g.labels), key=lambda group: group.start)
    if len({g.labels for g in groups}) < _FEWEST:
        return None
    return Row(tuple(order), tuple(groups))


def _called(text: str, names: str, label: str, calls: list[int]) -> list[re.Match]:
    """Where a text says that it calls its devices so: "named A and B", "called A (PTAA) and B", "A and B stand for"."""
    one = rf"{_QUOTE}{label}{_QUOTE}(?![\w-]*\w)(?:\s?\([^()]{{1,60}}\))?"
    explained = rf"{one}(?:{_JOIN}(?:{_NOUN} )?{one})*"
    declared = re.compile(rf"(?<![\w-])(?i:{_NAMED})(?:(?i:{_NOUN}) )?(?P<names>{explained})")
    found = _matches(declared, text, calls)
    if names_any(text, _MEANING):
        found += re.finditer(rf"(?<![\w-])(?P<names>{names}) {_MEANT.pattern}", text)
    return found


_MEANING = ("stand for", "denote", "refer to", "designate", "represent")
_MEANT = re.compile(rf"\b(?:{'|'.join(_MEANING)})\b")
_ASIDE = re.compile(r"\([^()]*\)")


def _plain(match: re.Match) -> str:
    """The names without what brackets say of them."""
    return _ASIDE.sub("", match["names"])


def _matches(pattern: re.Pattern, text: str, starts: list[int]) -> list[re.Match]:
    """The matches, one behind the other, of a pattern that can only begin at `starts`."""
    found: list[re.Match] = []
    for start in starts:
        match = pattern.match(text, start) if not found or start >= found[-1].end() else None
        if match:
            found.append(match)
    return found


def _expanded(kind: str, names: list[str], words: str) -> list[str]:
    """ "1–3" → 1, 2, 3."""
    if len(names) != 2 or not RANGE.search(words):
        return list(dict.fromkeys(name.lstrip("#№") for name in names))
    row = (
        _ROMANS
        if kind == "roman"
        else [chr(ord("A") + n) for n in range(6)]
        if kind == "letter"
        else [str(n) for n in range(1, 7)]
    )
    first, last = (name.lstrip("#№") for name in names)
    if first in row and last in row:
        return row[row.index(first) : row.index(last) + 1]
    return list(dict.fromkeys(names))


def _in_order(kind: str, told: set[str]) -> list[str] | None:
    """The labels in order, if they are the first of their kind without a gap; else None."""
    if not _FEWEST <= len(told) <= _MOST:
        return None
    row = _ROMANS if kind == "roman" else None
    order = sorted(told, key=row.index if row else str)
    first = "A" if kind == "letter" else "1"
    row = row or [chr(ord(first) + n) for n in range(_MOST)]
    return order if order == row[: len(order)] else None


def _of_cells(document: Document, place: int) -> bool:
    sentence = document.sentence_at(place)
    before = document.sentences[max(sentence.number - 1, 0)]
    return bool(_OF_CELLS.search(document.text, before.start, sentence.end))


def _alone(document: Document, names: str, told: dict) -> dict:
    """Labels without a noun: "for A", "B retained 95%", "(II)"; not "A mask"."""
    found = {}
    text = document.text
    for match in re.finditer(rf"(?<![\w.-]){names}(?!\.\s?[A-Z])", text):
        start, end = match.span()
        if any(a <= start < b for a, b in told) or _NOT_LABEL.search(
            text, max(start - 14, 0), start
        ):
            continue
        behind = text[end : end + 14]
        single = len(match[0]) == 1
        begins = re.search(r"(?:^|[.;:\n•–-])\s*$", text[max(start - 3, 0) : start]) is not None
        if single and match[0] == "I":
            continue
        if (
            single
            and match[0] == "A"
            and begins
            and not re.match(rf"\s(?:{_VERB})|\s?[:(,]| and\b", behind)
        ):
            continue
        if any(
            m.start <= start < m.end
            for m in document.inside(document.mentions, document.sentence_at(start))
        ):
            continue
        found[match.span()] = match[0]
    return found

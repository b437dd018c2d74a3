"""What defines each of several labelled devices, where a list of values or names stands apart from that of the labels.

"GeI2 was added in amounts of 0, 2.5 and 5 mol%. Devices from these inks are called G0, G2.5 and G5."
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.label_lists import Clause, parted, runs_of
from masterkey.extractor.process.text.label_rows import Row
from masterkey.extractor.process.text.materials import LATTICE_SALT

_FARTHEST = (0, -1, 1, -2, 2)  # sentences from that which counts up the labels
_LIST_OF_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_NUMBERS = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")


@dataclass(frozen=True)
class Definitions:
    """`clauses`: what the lists of values give to each device; `nil`: the number of the one that has nothing of it.

    `added`: where the substance stands that the one goes without, and the others have more or less of;
    `names`: the substances that a list gives to the devices; `variable`: x, y or n, if the list is of it, and its `values`, one for each device, None where it is not told.
    """

    clauses: tuple[Clause, ...] = ()
    nil: int | None = None
    added: tuple[int, int] | None = None
    variable: str = ""
    values: tuple[float | None, ...] = ()
    names: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _List:
    """A list of values in a sentence at `place`; `names`: what it gives to each label, where these are substances."""

    clauses: list[Clause]
    nil: int | None
    place: tuple[int, int]
    names: dict[int, str]


def definitions_of(document: Document, row: Row) -> Definitions:
    """What lists of values in the order of the labels say of each, in or near a sentence that counts up the labels."""
    clauses: dict[int, list[Clause]] = {}
    nil, added, variable = row.nil, None, ("", ())
    names: dict[int, str] = {}
    near = (
        (_neighbour(document, sentence, step), order, sentence.number)
        for sentence, order in _counted_up(document, row)
        for step in _FARTHEST
    )
    without = _with_and_without(document, row)
    if without:
        return without
    everyone = list(range(len(row.names)))
    same = ((other, everyone, None) for other in _of_same_numbers(document, row))
    told = set()
    for other, order, by in [*near, *same]:
        if other is None or other.start in clauses or by in told:
            continue
        listed = _in_order(document, other, row, order, nil)
        if listed is None:
            continue
        clauses[other.start], nil, run = listed.clauses, listed.nil, listed.place
        names = names or listed.names
        variable = _variable(document, run, row, clauses[other.start]) or variable
        told |= {by} - {None}
        left_out = _left_out(document, other, run, row) if nil is not None else None
        if left_out:
            added = added or left_out[1]
            clauses[other.start].append(Clause(*left_out[0], frozenset(everyone) - {nil}))
    whole = tuple(clause for own in clauses.values() for clause in own)
    return Definitions(whole, nil, added, *variable, names)


_LETTER = re.compile(r"(?<![A-Za-z])(?P<name>[xyn]) ?(?:=|being|of|equal to|is) ?$")


def _variable(
    document: Document, run: tuple[int, int], row: Row, clauses: list[Clause]
) -> tuple[str, tuple[float | None, ...]] | None:
    """The letter whose values a list gives, and these; None where it is no letter's."""
    match = _LETTER.search(document.lower, max(run[0] - 10, 0), run[0])
    if not match:
        return None
    values: list[float | None] = [None] * len(row.names)
    for clause in clauses:
        told = _LIST_OF_NUMBERS.search(document.lower, clause.start, clause.end)
        if len(clause.labels) == 1 and told:
            is_percent = re.match(r" ?%", document.lower[told.end() : told.end() + 2])
            values[min(clause.labels)] = float(told[0]) / (100 if is_percent else 1)
    return match["name"], tuple(values)


_WITH_AND_WITHOUT = re.compile(
    r"\b(?P<first>without|with)(?: \(w/o?\))?(?P<joint> (?:and|or) )(?P<second>without|with) (?P<what>[^,;.()]*?)(?= (?:in|into|on|were|was|are|is|and|respectively)\b|[,;.()])"
)


def _with_and_without(document: Document, row: Row) -> Definitions | None:
    """ "Films without and with 2 mg/mL of KSCN are denoted as W/O and W": of two devices the one without."""
    for sentence, order in _counted_up(document, row) if len(row.names) == 2 else ():
        match = _WITH_AND_WITHOUT.search(document.lower, sentence.start, sentence.end)
        if not match or match["first"] == match["second"]:
            continue
        nil = order[match["second"] == "without"]
        own, others = frozenset((nil,)), frozenset((1 - nil,))
        named = [m for m in document.inside(document.mentions, sentence) if match.start("what") <= m.start < match.end()]  # fmt: skip
        if match["second"] == "with":
            spans = (match.start(), match.start("second")), (match.end("first"), match.end())
        else:
            spans = (match.end("first"), match.start("what")), (match.start(), match.end())
        added = (named[-1].start, named[-1].end) if named else None
        return Definitions((Clause(*spans[0], own), Clause(*spans[1], others)), nil, added)
    return None


def _counted_up(document: Document, row: Row) -> Iterator[tuple[Sentence, list[int]]]:
    """The sentences that name all devices of the row, or all but the one without, and in which order."""
    for number in dict.fromkeys(document.sentence_at(g.start).number for g in row.groups):
        sentence = document.sentences[number]
        order = list(dict.fromkeys(n for g in row.of(sentence) for n in g.labels))
        if len(order) == len(row.names) or (
            row.nil is not None and set(range(len(row.names))) - set(order) == {row.nil}
        ):
            yield sentence, order


def _neighbour(document: Document, sentence: Sentence, step: int) -> Sentence | None:
    number = sentence.number + step
    if not 0 <= number < len(document.sentences):
        return None
    other = document.sentences[number]
    if other.is_purchase or (step and (document.is_heading(other) or other.is_study)):
        return None
    return other


def _of_same_numbers(document: Document, row: Row) -> Iterator[Sentence]:
    """Sentences with a list of the numbers that the codes themselves have: "0, 2.5 and 5 mol%" for G0, G2.5, G5."""
    values = [match[0] for name in row.names if (match := _LIST_OF_NUMBERS.search(name))]
    wanted = [value for value in values if float(value)][-2:]
    for sentence in document.sentences if len(wanted) > 1 else ():
        if not sentence.fabricates or row.of(sentence):
            continue
        words = document.words(sentence)
        if all(value in words for value in wanted) and set(wanted) <= set(_NUMBERS.findall(words)):
            yield sentence


def _in_order(
    document: Document, sentence: Sentence, row: Row, order: list[int], nil: int | None
) -> "_List | None":
    """The first list in a sentence that has a value for each label, or for each but the one that has none."""
    groups = row.of(sentence)
    words = document.words(sentence)
    rest = [n for n in order if n != nil]
    for run in runs_of(document, sentence, groups, _NAME):
        values = [_value(words[a:b]) for a, b in run]
        if nil is not None and len(run) == len(rest) < len(row.names) and values[0] != 0:
            labels = rest
        elif len(run) == len(order) and len({words[a:b] for a, b in run}) == len(run):
            labels = order
            nil = next((n for n, v in zip(order, values, strict=True) if v == 0), nil)
        else:
            continue
        if len(labels) < 2 or not _fit(row, labels, values):
            continue
        alike = None not in values and nil is not None and _have_codes(row, labels, values)
        if not alike and not _may_define(document, sentence, run, values, row):
            continue
        found = list(parted(document, sentence, run, labels))
        place = sentence.start + run[0][0], sentence.start + run[-1][1]
        texts = [document.text[sentence.start + a : sentence.start + b] for a, b in run]
        names = dict(zip(labels, texts, strict=True)) if values[0] is None else {}
        return _List(found, nil, place, names)
    return None


_SHARES_OUT = re.compile(r"\brespectively\b|\border\b|\bin turn\b")


def _may_define(
    document: Document, sentence: Sentence, run: list[tuple[int, int]], values: list, row: Row
) -> bool:
    """Whether a list is of numbers or of layers alone, and long enough where nothing says that it is shared out."""
    if None in values and any(value is not None for value in values):
        return False
    near = document.sentences[max(sentence.number - 2, 0) : sentence.number + 3]
    shares = any(_SHARES_OUT.search(document.words(s)) for s in near if row.of(s) or s is sentence)
    if values[0] is not None:
        return shares or len(run) > 2 or 0 in values
    starts = {sentence.start + a for a, _ in run}
    named = [m for m in document.inside(document.mentions, sentence) if m.start in starts]
    if any("solvent" in m.roles for m in named) or " " in row.names[-1]:
        return False
    return shares or (len(run) > 2 and all(m.is_mostly_transport for m in named))  # fmt: skip


def _value(words: str) -> float | None:
    match = _LIST_OF_NUMBERS.fullmatch(words)
    return float(match[0]) if match else None


def _fit(row: Row, labels: list[int], values: list[float | None]) -> bool:
    """Whether the values may be those of codes that are numbers: they grow as the codes do."""
    numbers = [_LIST_OF_NUMBERS.search(row.names[n]) for n in labels]
    if not all(numbers) or None in values:
        return True
    codes = [float(match[0]) for match in numbers]
    ordinal = codes == list(range(int(codes[0]), int(codes[0]) + len(codes)))
    if ordinal:
        return values == sorted(values) or values == sorted(values, reverse=True)
    ratios = [v / c for v, c in zip(values, codes, strict=True) if c]
    return bool(ratios) and all(abs(r / ratios[0] - 1) < 0.02 for r in ratios if ratios[0])


def _have_codes(row: Row, labels: list[int], values: list[float]) -> bool:
    """Whether the values are the very numbers of the codes."""
    told = [_LIST_OF_NUMBERS.search(row.names[n]) for n in labels]
    return all(told) and [float(match[0]) for match in told] == values


_PAUSE = re.compile(r"[;.,](?=\s|$)|\)|\s\(|\s(?:while|whereas|but|and (?:was|were|then|the))\s")
_JOINER = re.compile(r"(?:,? (?:and|or|plus|with|as well as) |, )(?:the |an? )?$")


_OF = re.compile(
    r"\s?(?:(?:mol|wt|vol|at)?\.? ?%|[mµ]?[mM]\b|mg(?: ?/ ?m[lL]| m[lL][-−]1)?)?(?:\s?\([^()]{1,20}\))?(?: of| by [a-z]+ of)?(?: the| an?)?(?: [a-z]+)? ?\(?"
)
_NAME = re.compile(r"[A-Z][\w+-]*(?:\([\w+-]+\)[\w+-]*)*[A-Z\d)][\w+-]*")
_REPLACED = re.compile(r"\b(?:replac|substitut|exchang|relative)\w*|\bwith respect\b")
_SUBJECT = re.compile(
    r"(?P<what>[A-Z][\w()+-]{1,20})(?: \([^()]*\))? (?:was|were) (?:\w+ed|put|mixed)\b"
)


def _left_out(
    document: Document, sentence: Sentence, run: tuple[int, int], row: Row
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Which words the device with nothing of a series goes without, and the substance among them; None where unclear.

    "GeI2 was added in amounts of 0, 2.5 and 5 mol%", "contained 0, 1 or 2 mg/mL of KSCN".
    """
    if not sentence.fabricates:
        return None
    lower = document.lower
    start, end = run
    named = [m for m in document.inside(document.mentions, sentence) if "solvent" not in m.roles]
    behind = [
        (m.start, m.end) for m in named if end <= m.start and _OF.fullmatch(lower, end, m.start)
    ]
    unit = _OF.match(document.text, end)
    if not behind and unit and (name := _NAME.match(document.text, unit.end(), sentence.end)):
        behind = [] if any(g.start <= name.start() < g.end for g in row.groups) else [name.span()]
    if behind and not _REPLACED.search(lower, behind[0][1], sentence.end):
        added, end = behind[0], behind[0][1]
    else:
        before = [m.span("what") for m in _SUBJECT.finditer(document.text, sentence.start, start)]
        before = before or [(m.start, m.end) for m in named if m.end <= start]
        special = [(a, b) for a, b in before if not LATTICE_SALT.fullmatch(document.text, a, b)]
        if not before:
            return None
        added = max(special or before)
        start = added[0]
    pause = _PAUSE.search(lower, end, sentence.end)
    end = pause.start() + (pause[0] == ")") if pause else sentence.end
    joiner = _JOINER.search(lower, sentence.start, start)
    return (joiner.start() if joiner else start, end), added

"""Lists of values that are shared out among labelled devices: "A, B and C gave 18%, 19% and 21%, respectively" (issue 14)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.label_rows import Group


@dataclass(frozen=True)
class Clause:
    """[start, end) of the text tells of the devices with these numbers in the row and of no other."""

    start: int
    end: int
    labels: frozenset[int]
    is_shared_out: bool = False  # between control and target, by "respectively"


_RESPECTIVELY = re.compile(
    r"\brespectively\b|\bin (?:this|that|the (?:same|given|above)) order\b|\bin turn\b"
)
_ATOM = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?![\w.]*\d)")
_BRACKETS = re.compile(r"\([^()]*\)")
_UNIT = re.compile(r"(?: ?%)?")
_JOINT = re.compile(
    r"(?: ?%| ?°c| ?(?:mg|µl|m?mol|min|nm|h|s|m?m|(?:wt|vol|at|mol)\.?)(?: ?(?:/ ?|per )?ml(?:−1)?| ?%)?)?(?:\s?\([^()]{0,80}\))?(?:, (?:and |or )?| and | or )(?:with |of |by )?"
)


def shared_in_order(
    document: Document,
    sentence: Sentence,
    groups: list[Group],
    n_labels: int,
    before: Iterable[int] = (),
) -> Iterator[Clause]:
    """The values of "22.1%, 24.0% and 25.2%, in this order", one for each of the labels named there, or of all.

    Where it names none, they may be those that the last sentence has named, in its order: `before`.
    """
    words = document.words(sentence)
    if not _RESPECTIVELY.search(words):
        return
    order = list(dict.fromkeys(n for g in groups for n in g.labels))
    orders = [order] if groups else [list(before)]
    if not groups and _THEY.search(words):
        orders.append(list(range(n_labels)))
    for run in runs_of(document, sentence, groups):
        order = next((order for order in orders if len(order) == len(run) > 1), None)
        if order is None:
            continue
        yield from parted(document, sentence, run, order)


_THEY = re.compile(r"\b(?:devices|cells|they|these|kinds|types|three|four)\b")


def parted(
    document: Document, sentence: Sentence, run: list[tuple[int, int]], order: list[int]
) -> Iterator[Clause]:
    """One clause for each of the values of a run, of the labels in `order`."""
    words = document.words(sentence)
    ends = [b + len(_UNIT.match(words, b)[0]) for _, b in run]
    starts = [run[0][0], *ends[:-1]]
    for number, a, b in zip(order, starts, ends, strict=True):
        yield Clause(sentence.start + a, sentence.start + b, frozenset((number,)))


def runs_of(
    document: Document, sentence: Sentence, groups: list[Group], name: re.Pattern | None = None
) -> list[list[tuple[int, int]]]:
    """Names or numbers that a sentence counts up, outside of `groups`: places from its start.

    `name`: how names that no list of materials has are written.
    """
    words = document.words(sentence)
    inside = [(g.start - sentence.start, g.end - sentence.start) for g in groups]
    named = [
        (m.start - sentence.start, m.end - sentence.start)
        for m in document.inside(document.mentions, sentence)
    ]
    if name:
        written = [m.span() for m in name.finditer(document.text[sentence.start : sentence.end])]
        named += [w for w in written if not any(a < w[1] and w[0] < b for a, b in named)]
    numbers = [m.span() for m in _ATOM.finditer(words)]
    atoms = named + [n for n in numbers if not any(a <= n[0] < b for a, b in named)]
    atoms = sorted(a for a in atoms if not any(x <= a[0] < y for x, y in inside))
    bracketed = [match.span() for match in _BRACKETS.finditer(words)]
    deep = [a for a in atoms if any(x < a[0] < y for x, y in bracketed)]
    runs: list[list[tuple[int, int]]] = []
    for level in (sorted(set(atoms) - set(deep)), deep):
        for n, atom in enumerate(level):
            if n and _JOINT.fullmatch(words, runs[-1][-1][1], atom[0]):
                runs[-1].append(atom)
            else:
                runs.append([atom])
    return runs

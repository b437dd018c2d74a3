"""Labelled devices, each read from the text without what is said of the others alone (issue 14)."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from masterkey.extractor.process.devices.examples import beside_first
from masterkey.extractor.process.layers.items import PEROVSKITE, items_of
from masterkey.extractor.process.text.document import Document, once
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.gaps import gaps_of
from masterkey.extractor.process.text.label_clauses import (
    Labelled,
    labelled_of,
    roles_apart,
)
from masterkey.extractor.process.text.label_lists import Clause
from masterkey.extractor.process.text.label_rows import Group
from masterkey.extractor.process.text.label_variables import written_formulas

_ROLE = re.compile(
    r"\b(?:the |as |a |an )?(?:controls?|references?|comparison|baseline|benchmark)\b(?! (?:cell|device)s? (?:with|of) silicon)"
)
_VERB = re.compile(
    r"\s(?:still |only |had )?(?:retained|kept|gave|maintained|preserved|held|had|showed|lost|fell to|dropped to|started (?:at|with|from)|was|were)\s(?=[^.;]{0,30}\d)"
)
_DONE = re.compile(
    r"\s(?:was|were) (?:[\w-]+ed|spun|spin-coated|grown|made)(?= (?:at|for|in|with|by|from|on|using)\b)"
)
_ACTS = re.compile(r"\b(?:was|were|is|are|had|has|have|received?|contain\w*|got|used?)\b")
_PARTED = re.compile(r"[,;:]? ?(?:and |or |while |whereas |but )?")
# "Two hole conductors were compared: A (cells 1) and B (cells 2)": of each, "hole conductors were A".
_COMPARED = re.compile(
    r"(?<=were )(?:compared|tested|studied|investigated|examined|used|employed): "
)
_REFERS = re.compile(r"\b(?:it|they|this|that) (?:was|were)\b")
_ARTICLE = re.compile(r"\b(?:the |an? )?(?:perovskite |hole conductor |precursor |solution of )*$")
_SAME = re.compile(r"\b(?:same|identical|likewise|also|too|this test)\b")
_PERCENT = re.compile(r"\d+(?:\.\d+)? ?%(?! ?(?:rh\b|r\.h|relative|humid))")
_AFTER = re.compile(
    r"\s(?:after|for|over|within|in) (?:the same )?\d[\d,.]* ?(?:h|hours|days|weeks|min)\b"
)
_HOURS = re.compile(r"\d ?(?:h|hours|days)\b")


@dataclass(frozen=True)
class View:
    """The text as it tells of one of the devices; `places`: each of its characters' place in the whole text."""

    document: Document
    places: tuple[int, ...]

    def back(self, findings: dict[str, Finding]) -> dict[str, Finding]:
        """`findings` with their places in the whole text."""
        return {
            name: replace(
                f, spans=tuple((self.places[a], self.places[b - 1] + 1) for a, b in f.spans)
            )
            for name, f in findings.items()
        }

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a passage of the whole text lies in the view."""
        return bisect_left(self.places, start), bisect_left(self.places, end)

    def shows(self, start: int, end: int) -> bool:
        """Whether it has all of a passage of the whole text."""
        a, b = self.span(start, end)
        return b - a == end - start


@once
def view_of_target(document: Document) -> View | None:
    """The text as it tells of the target alone, where it labels several devices; else None."""
    labelled = labelled_of(document) or roles_apart(document)
    if labelled is None or labelled.is_guess:
        gaps = gaps_of(document)
        beside = gaps.beside(gaps.target) if gaps else beside_first(document)
        return view_without(document, beside) if gaps or beside else None
    return view_of(document, labelled, labelled.target)


def view_without(document: Document, places: list[tuple[int, int]]) -> View:
    """The text without some passages."""
    kept = [True] * len(document.text)
    for place in places:
        _leave_out(kept, *place)
    return _of_kept(document, kept, {})


def view_of(document: Document, labelled: Labelled, number: int) -> View:
    """The text without what is said of other devices of the row alone."""
    kept = [True] * len(document.text)
    ends = {c.end for c in labelled.clauses if number not in c.labels}
    starts = {g.start for g in labelled.row.groups if g.is_bare}
    lends = _is_told_briefly(document, labelled.of(number))
    for clause in labelled.clauses:
        if clause.is_shared_out:
            groups = labelled.row.of(document.sentence_at(clause.start))
            _leave_out(kept, groups[0].start, groups[-1].end)
        if number in clause.labels:
            for match in _ROLE.finditer(document.lower, clause.start, clause.end):
                if match.start() not in starts:  # "control A" is put in other words
                    _leave_out(kept, *match.span())
            if clause.start in ends and (
                parted := _PARTED.match(document.lower, clause.start, clause.end)
            ):
                _leave_out(kept, *parted.span())
        elif (
            lends
            and labelled.target in clause.labels
            and _PERCENT.search(document.lower, clause.start, clause.end)
        ):
            for match in _PERCENT.finditer(document.lower, clause.start, clause.end):
                _leave_out(kept, *match.span())
        else:
            _leave_out(kept, clause.start, clause.end)
            for n in _lent(document, labelled, clause, number):
                kept[n] = True
    for match in _COMPARED.finditer(document.lower):
        if not all(kept[match.start() : document.sentence_at(match.start()).end]):
            _leave_out(kept, *match.span())
    return _of_kept(document, kept, _in_other_words(document, labelled, number))


_TARGET = (
    "target",
    "the target",
    "champion",
    "the champion",
)  # whose words tell of the paper's own cell
_CELLS_WORD, _INK_WORDS = "cells", ("the ink", "the ink contained")
_WORDS = (_CELLS_WORD, *_INK_WORDS)
_INKS = re.compile(r"\b(?:inks?|solutions?|precursors?|vials?)\b")
_CELLS = re.compile(r"\b(?:cells?|devices?|pscs?)\b")
_WITH = re.compile(r" (?:with|has|had)\b")


def _stands_for(document: Document, group: Group) -> tuple[int, str]:
    """The end of a bare label and what it stands for: cells, or an ink in a sentence on inks."""
    words = document.words(document.sentence_at(group.start))
    if not _INKS.search(words) or _CELLS.search(words):
        return group.end, _CELLS_WORD
    has = _WITH.match(document.lower, group.end)
    return (has.end(), _INK_WORDS[1]) if has else (group.end, _INK_WORDS[0])


def _in_other_words(
    document: Document, labelled: Labelled, number: int
) -> dict[int, tuple[int, str]]:
    """Where a label or a formula with a variable begins: its end, and what it is put in for this device."""
    row = labelled.row
    if row.are_substances:
        written = {
            g.start: (g.end, row.names[number if number in g.labels else g.labels[0]])
            for g in row.groups
        }
    else:
        bare = (
            g for g in row.groups if g.is_bare and not document.lower.startswith(_TARGET, g.start)
        )
        written = {g.start: _stands_for(document, g) for g in bare}
    value = labelled.values[number] if labelled.values else None
    if value is not None:
        formulas = written_formulas(document, labelled.variable, value)
        written |= {start: (end, words) for start, end, words in formulas}
    return written


def _of_kept(document: Document, kept: list[bool], written: dict[int, tuple[int, str]]) -> View:
    """What is kept, with one space where two parts have come together.

    `written`: where something begins that is put in other words, its end, and these: "cells" for a bare label.
    """
    _mend(document, kept)
    text = document.text
    other = {start: told for start, told in written.items() if all(kept[start : told[0]])}
    pieces: list[str] = []
    places: list[int] = []
    for start, end in _runs(kept):
        last = "".join(pieces[-2:])[-1:] or " "
        while places and last == " " and start < end and text[start] == " ":
            start += 1
        if start == end:
            continue
        if places and text[start].isalnum() and text[start - 1] == " " and last not in " \n(":
            pieces.append(" ")
            places.append(start - 1)
        _write(text, (start, end), other, pieces, places)
    return View(Document("".join(pieces)), tuple(places))


def _write(
    text: str,
    run: tuple[int, int],
    other: dict[int, tuple[int, str]],
    pieces: list[str],
    places: list[int],
) -> None:
    """Add a run of the text to `pieces` and its places to `places`, with the words of `other` where they begin."""
    at, end = run
    for start in sorted(n for n in other if at <= n < end):
        pieces.append(text[at:start])
        places.extend(range(at, start))
        at, words = other[start]
        begins = "".join(pieces[-3:])[-3:].rstrip()[-1:] in ("", ".", "\n")
        pieces.append(words[0].upper() + words[1:] if begins and words in _WORDS else words)
        places += [*[start] * (len(words) - 1), at - 1]
    if at < end:
        pieces.append(text[at:end])
        places.extend(range(at, end))


def _runs(kept: list[bool]) -> Iterator[tuple[int, int]]:
    """The places [start, end) of what is kept without a gap."""
    flags = bytes(kept)
    start = flags.find(1)
    while start >= 0:
        end = flags.find(0, start)
        end = len(flags) if end < 0 else end
        yield start, end
        start = flags.find(1, end)


def _mend(document: Document, kept: list[bool]) -> None:
    """A sentence that has lost its end gets its stop back; what is left of one without words goes."""
    text = document.text
    for sentence in document.sentences:
        start, end = sentence.start, sentence.start + len(text[sentence.start : sentence.end].rstrip())  # fmt: skip
        if all(kept[start:end]):
            continue
        told = [n for n in range(start, end) if kept[n] and text[n].isalnum()]
        if not told:
            _leave_out(kept, start, end)
        elif not kept[end - 1] or text[end - 1] in ";,":
            for n in range(told[-1] + 1, end):
                kept[n] = kept[n] and text[n] not in " ,;:"
            kept[end - 1] = True


def _leave_out(kept: list[bool], start: int, end: int) -> None:
    kept[start:end] = [False] * (end - start)


def _is_told_briefly(document: Document, clauses: list[Clause]) -> bool:
    """Whether an ageing result is told without its conditions: "device I kept 83% under the same conditions"."""
    told = [document.lower[c.start : c.end] for c in clauses]
    told = [words for words in told if _PERCENT.search(words)]
    return any(map(_SAME.search, told)) and not any(map(_HOURS.search, told))


def _lent(document: Document, labelled: Labelled, clause: Clause, number: int) -> Iterator[int]:
    """The words of another device's clause that the next in its sentence goes without: "1 gave 78%, 2 91%", "it"."""
    lower, sentence = document.lower, document.sentence_at(clause.start)
    own = [c for c in labelled.of(number) if clause.end <= c.start < sentence.end]
    verb = _VERB.search(lower, clause.start, clause.end)
    if verb and own and not any(_VERB.search(lower, c.start, c.end) for c in own):
        yield from range(*verb.span())
    done = _DONE.search(lower, clause.start, clause.end)
    if done and own and not any(_ACTS.search(lower, c.start, c.end) for c in own):
        yield from range(*done.span())  # "A was annealed at 100 °C, B at 150 °C"
    told = [c for c in own if _PERCENT.search(lower, c.start, c.end)]
    lasted = _AFTER.search(lower, clause.start, clause.end)
    if lasted and told and not any(_HOURS.search(lower, c.start, c.end) for c in own):
        yield from range(*lasted.span())  # "B kept 90% after 360 h, A 62%"
    yield from _lent_substance(document, clause, own)
    if not any(_REFERS.search(lower, c.start, c.end) for c in own):
        return
    items = [i for i in items_of(document, sentence) if clause.start <= i.start < clause.end and (i.is_layer or i.name == PEROVSKITE)]  # fmt: skip
    for item in items:
        if item.name == items[0].name:
            before = _ARTICLE.search(lower, max(item.start - 30, clause.start), item.start)
            yield from range(before.start() if before else item.start, item.end)


_AMOUNT = re.compile(r"\d ?(?:(?:mol|wt|vol|at)\.? ?%|mg|m?m\b)")
_TOLD = re.compile(r"\b(?:added|dissolved|mixed|contain\w*|introduced|doped)\b")


def _lent_substance(document: Document, clause: Clause, own: list[Clause]) -> Iterator[int]:
    """ "In B, 1 mol% of KSCN was added, and in C 2 mol%": what of which C has 2 mol%."""
    lower = document.lower
    if len(own) != 1 or not _TOLD.search(lower, clause.start, clause.end):
        return
    [one] = own
    if not _AMOUNT.search(lower, one.start, one.end) or any(one.start <= m.start < one.end for m in document.mentions):  # fmt: skip
        return
    named = [m for m in document.mentions if clause.start <= m.start < clause.end]
    if named:
        yield from range(named[0].start - 1, clause.end)

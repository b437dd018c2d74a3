"""Labelled devices, each read from the text without what is said of the others alone (issue 14)."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from masterkey.extractor.process.layers.items import PEROVSKITE, items_of
from masterkey.extractor.process.text.document import Document, once
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.gaps import Gaps, gaps_of
from masterkey.extractor.process.text.label_clauses import (
    Labelled,
    labelled_of,
    roles_in_order,
)
from masterkey.extractor.process.text.label_cuts import Clause
from masterkey.extractor.process.text.label_rows import Row

_ROLE = re.compile(
    r"\b(?:the |as |a |an )?(?:controls?|references?|comparison|baseline|benchmark)\b(?! (?:cell|device)s? (?:with|of) silicon)"
)
_VERB = re.compile(
    r"\s(?:still |only |had )?(?:retained|kept|gave|maintained|preserved|held|had|showed|lost|fell to|dropped to|started (?:at|with|from)|was|were)\s(?=[^.;]{0,30}\d)"
)
_PARTED = re.compile(r"[,;:]? ?(?:and |or |while |whereas |but )?")
# "Two hole conductors were compared: A (cells 1) and B (cells 2)": of each, "hole conductors were A".
_COMPARED = re.compile(
    r"(?<=were )(?:compared|tested|studied|investigated|examined|used|employed): "
)
_REFERS = re.compile(r"\b(?:it|they|this|that) (?:was|were)\b")
_ARTICLE = re.compile(r"\b(?:the |an? )?(?:perovskite |hole conductor |precursor |solution of )*$")
_SAME = re.compile(r"\b(?:same|identical|likewise|also|too|this test)\b")
_PERCENT = re.compile(r"\d+(?:\.\d+)? ?%(?! ?(?:rh\b|r\.h|relative|humid))")
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
    labelled = labelled_of(document) or roles_in_order(document)
    if labelled is None or labelled.is_guess:
        gaps = gaps_of(document)
        return None if gaps is None else view_of_gap(document, gaps, (gaps.target,))
    return view_of(document, labelled, labelled.target)


def view_of_gap(document: Document, gaps: Gaps, kinds: tuple[str, ...]) -> View:
    """The text without what is said of the wide gap, the narrow gap or tandems alone, if that is none of `kinds`."""
    kept = [True] * len(document.text)
    for start, end, kind in gaps.passages:
        if kind not in kinds:
            _leave_out(kept, start, end)
    return _of_kept(document, kept, Row((), ()))


def view_of(document: Document, labelled: Labelled, number: int) -> View:
    """The text without what is said of other devices of the row alone."""
    kept = [True] * len(document.text)
    ends = {c.end for c in labelled.clauses if number not in c.labels}
    lends = _is_told_briefly(document, labelled.of(number))
    for clause in labelled.clauses:
        if clause.is_shared_out:
            groups = labelled.row.of(document.sentence_at(clause.start))
            _leave_out(kept, groups[0].start, groups[-1].end)
        if number in clause.labels:
            for match in _ROLE.finditer(document.lower, clause.start, clause.end):
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
    return _of_kept(document, kept, labelled.row)


def _of_kept(document: Document, kept: list[bool], row: Row) -> View:
    """What is kept, with one space where two parts have come together, and "cells" for a bare label."""
    _mend(document, kept)
    text = document.text
    bare = {g.start: g.end for g in row.groups if g.is_bare and all(kept[g.start : g.end])}
    characters: list[str] = []
    places: list[int] = []
    end = 0
    for n in (n for n, is_kept in enumerate(kept) if is_kept):
        if n < end:
            continue
        apart = bool(places) and n - max(places[-1], end - 1) > 1
        last = characters[-1] if characters else " "
        if apart and text[n] == " " and last == " ":
            continue
        if apart and text[n].isalnum() and text[n - 1] == " " and last not in " \n(":
            characters.append(" ")
            places.append(n - 1)
        end = bare.get(n, n + 1)
        begins = "".join(characters[-3:]).rstrip()[-1:] in ("", ".", "\n")
        characters += ("Cells" if begins else "cells") if n in bare else text[n]
        places += [n] * 5 if n in bare else [n]
    return View(Document("".join(characters)), tuple(places))


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
    if not any(_REFERS.search(lower, c.start, c.end) for c in own):
        return
    items = [i for i in items_of(document, sentence) if clause.start <= i.start < clause.end and (i.is_layer or i.name == PEROVSKITE)]  # fmt: skip
    for item in items:
        if item.name == items[0].name:
            before = _ARTICLE.search(lower, max(item.start - 30, clause.start), item.start)
            yield from range(before.start() if before else item.start, item.end)

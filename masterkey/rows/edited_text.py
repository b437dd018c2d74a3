"""A text after edits that still knows where each of its characters stood in the original."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

TAIL = 40  # characters before a place that say what it is

# [start, end) of a text, and what stands there instead.
Edit = tuple[int, int, str]


@dataclass(frozen=True)
class CleanText:
    """`text`, with the original's [starts[i], ends[i]) behind its character i.

    `starts` has one entry more, the length of the original. Characters of one replacement ("10" for
    "ten") share the whole place that they replace. Both never fall.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def unchanged(cls, text: str) -> "CleanText":
        return cls(text, range(len(text) + 1), range(1, len(text) + 1))

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of `text[start:end]`."""
        first = self.starts[start]
        return first, max(first, self.ends[end - 1]) if end > start else first

    def span_of(self, start: int, end: int) -> tuple[int, int]:
        """The place in `text` of [start, end) of the original: the other way round."""
        first = bisect_left(self.starts, start)
        return first, max(first, bisect_left(self.starts, end))

    def edited(self, edits: Iterable[Edit]) -> "CleanText":
        """With `edits` made, which are in the order of the text and do not overlap."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        here = 0
        for start, end, new in edits:
            start, end, new = _without_what_stays(self.text, start, end, new)
            pieces += self.text[here:start], new
            starts += self.starts[here:start]
            ends += self.ends[here:start]
            starts += [self.starts[start]] * len(new)
            ends += [self.ends[end - 1] if end > start else self.starts[start]] * len(new)
            here = end
        if not pieces:
            return self
        starts += self.starts[here:]
        ends += self.ends[here:]
        return CleanText("".join([*pieces, self.text[here:]]), starts, ends)


def substitutions(
    pattern: re.Pattern, text: str, new: Callable[[re.Match], str | None] | str
) -> Iterator[Edit]:
    """An edit for each match of `pattern`; `new` may be a function, whose None lets it stand."""
    for match in pattern.finditer(text):
        replacement = new if isinstance(new, str) else new(match)
        if replacement is not None and replacement != match[0]:
            yield *match.span(), replacement


def behind(
    before: re.Pattern,
    anchor: re.Pattern,
    text: str,
    new: Callable[[re.Match, re.Match], str | None],
) -> Iterator[Edit]:
    """As `substitutions` for `before` and `anchor` together, found by the anchor.

    A pattern that begins with any number tries at every number; one that is found by a rare sign
    behind it takes a tenth of the time. `before` ends in "$" and reaches `TAIL` characters back.
    """
    here = 0
    for match in anchor.finditer(text):
        start = match.start()
        found = before.search(text[max(start - TAIL, here) : start])
        replacement = new(found, match) if found else None
        if replacement is not None:
            here = match.end()
            yield start - len(found[0]), here, replacement


def without_overlaps(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Edits in the order of the text; of those that overlap the one that begins first."""
    here = 0
    for edit in sorted(edits):
        if edit[0] >= here:
            yield edit
            here = edit[1]


def _without_what_stays(text: str, start: int, end: int, new: str) -> Edit:
    """The edit without equal beginnings and ends, whose characters keep their own places."""
    while new and start < end and text[end - 1] == new[-1]:
        end, new = end - 1, new[:-1]
    while new and start < end and text[start] == new[0]:
        start, new = start + 1, new[1:]
    return start, end, new

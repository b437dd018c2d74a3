"""Patterns that are tried only where a word stands that each of their matches has.

A pattern that begins with one of many words is tried at every character of a text; a plain search for the
words themselves takes a tenth of that, and mostly finds none.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from re import _constants as kinds
from re import _parser as parser
from sys import maxsize

_LONG = 4  # letters; a longer stem is hardly rarer
_SHORT_TEXT, _WIDEST, _MOST_PLACES = 700, 120, 12  # characters, characters, and places of stems
_LOOKS_AHEAD = ("(?=", "(?!", "$")
Stems = tuple[str, ...]


class Stemmed:
    """A pattern with the methods `search` and `finditer` of `re.Pattern`, and the same answers.

    `stems`: one of them stands in every match; ("",) where there are no such words. `width`: the most
    characters of a match; 0 where a long text has to be searched as a whole. `is_plain`: the stems are all
    that it looks for.
    """

    __slots__ = ("is_plain", "pattern", "stems", "width")

    def __init__(self, pattern: str):
        self.pattern = re.compile(pattern)
        self.stems = stems_of(pattern)
        self.is_plain = "|".join(self.stems) == pattern
        width = parser.parse(pattern).getwidth()[1]
        is_local = width <= _WIDEST and not any(mark in pattern for mark in _LOOKS_AHEAD)
        self.width = width if is_local and "" not in self.stems else 0

    def search(self, text: str, start: int = 0, end: int = maxsize) -> re.Match | None:
        if not any(map(text[start:end].__contains__, self.stems)):
            return None
        if self._is_short(text, start, end):
            return self.pattern.search(text, start, end)
        return next(self._matches(text), None)

    def finditer(self, text: str, start: int = 0, end: int = maxsize) -> Iterator[re.Match]:
        if not any(map(text[start:end].__contains__, self.stems)):
            return iter(())
        if self._is_short(text, start, end):
            return self.pattern.finditer(text, start, end)
        return self._matches(text)

    def pieces_with(self, text: str, starts: list[int]) -> set[int]:
        """Numbers of the pieces of a text, which begin at `starts`, that hold a match."""
        found: set[int] = set()
        for stem in self.stems:
            place = text.find(stem)
            while place >= 0:
                n = bisect_right(starts, place)
                start, end = starts[n - 1], starts[n] if n < len(starts) else len(text)
                if n - 1 not in found and self._stands_in(text[start:end], stem):
                    found.add(n - 1)
                place = text.find(stem, max(end, place + 1))
        return found

    def _stands_in(self, piece: str, stem: str) -> bool:
        return stem in piece if self.is_plain else self.pattern.search(piece) is not None

    def _is_short(self, text: str, start: int, end: int) -> bool:
        return not self.width or len(text) <= _SHORT_TEXT or start > 0 or end < maxsize

    def _matches(self, text: str) -> Iterator[re.Match]:
        """Matches in a long text: near the stems, where these are few."""
        places = self._places(text)
        if len(places) > _MOST_PLACES:
            yield from self.pattern.finditer(text)
            return
        reached = 0
        for place in places:
            start = max(reached, place - self.width, 0)
            # One character more, for a match may have to end where a word does.
            for match in self.pattern.finditer(text, start, place + self.width + 1):
                if match.start() > place:  # it may be cut off, and is found with its own stem
                    break
                yield match
                reached = match.end()

    def _places(self, text: str) -> list[int]:
        """Where the stems begin, in order; of too many the first."""
        places: list[int] = []
        for stem in self.stems:
            place = text.find(stem)
            while place >= 0 and len(places) <= _MOST_PLACES:
                places.append(place)
                place = text.find(stem, place + 1)
        return sorted(places)


def stems_of(pattern: str) -> Stems:
    """Strings of which every match of a pattern holds one; ("",) where none can be told."""
    found = _of_sequence(parser.parse(pattern)) or ("",)
    return tuple(own for own in found if not any(o in own for o in found if o != own))


def _of_sequence(sequence) -> Stems | None:
    """The rarest of what each element must have, and of the runs of letters; None where there is nothing."""
    found, run = [], ""
    for kind, argument in sequence:
        if kind is kinds.LITERAL:
            run += chr(argument)
            continue
        if run:
            found.append((run,))
            run = ""
        if own := _of_element(kind, argument):
            found.append(own)
    if run:
        found.append((run,))
    return max(found, key=_rarity, default=None)


def _rarity(stems: Stems) -> tuple[int, int]:
    return min(_LONG, *map(len, stems)), -len(stems)


def _of_element(kind, argument) -> Stems | None:
    if kind is kinds.SUBPATTERN:
        _, added_flags, _, inside = argument
        return None if added_flags else _of_sequence(inside)
    if kind is kinds.MAX_REPEAT and argument[0] > 0:
        return _of_sequence(argument[2])
    if kind is kinds.BRANCH:
        alternatives = [_of_sequence(own) for own in argument[1]]
        if all(alternatives):
            return tuple(dict.fromkeys(stem for own in alternatives for stem in own))
    return None

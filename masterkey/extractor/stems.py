"""Patterns that are tried only where a word stands that each of their matches has.

A pattern that begins with one of many words is tried at every character of a text; a plain search for the
words themselves takes a tenth of that, and mostly finds none.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from re import _constants as kinds
from re import _parser as parser
from sys import maxsize

from masterkey.extractor.words import Words, bits_of

_LONG = 4  # letters; a longer stem is hardly rarer
_MOST_VARIANTS = 8  # of a stem with letters to choose from, as "[Hh]ole[ -]"
_SHORT_TEXT = 700  # characters; a plain search pays in longer ones
_MOST_TRIED = 100  # places of a long text
_MOST_BEFORE = 16  # characters before a stem; with more the pattern itself is as fast


class Stemmed:
    """A pattern with the methods `search` and `finditer` of `re.Pattern`, and the same answers.

    `stems`: one of them stands in every match, at most so many characters behind its beginning; {"": 0} where
    there are no such words. `is_local`: it is enough to try near them; `is_plain`: they are all that it looks for.
    `bits`: of the stems, one of which a text of `Words` must have.
    `parts`: (alternatives that are nothing but letters, a pattern of the others), once they are asked for.
    """

    __slots__ = ("bits", "is_local", "is_plain", "parts", "pattern", "stems")

    def __init__(self, pattern: str):
        self.pattern = re.compile(pattern)
        self.stems = stems_of(pattern)
        self.is_local = "" not in self.stems and max(self.stems.values()) <= _MOST_BEFORE
        self.is_plain = "|".join(self.stems) == pattern
        self.bits = bits_of(self.stems)
        self.parts: tuple[list[str], Stemmed | None] | None = None

    def search(self, text: str, start: int = 0, end: int = maxsize) -> re.Match | None:
        if not self._may_stand_in(text, start, end):
            return None
        if not self.is_local or len(text) <= _SHORT_TEXT or start or end < maxsize:
            return self.pattern.search(text, start, end)
        return next(self._matches(text), None)

    def finditer(self, text: str, start: int = 0, end: int = maxsize) -> Iterator[re.Match]:
        if not self._may_stand_in(text, start, end):
            return iter(())
        if not self.is_local or len(text) <= _SHORT_TEXT or start or end < maxsize:
            return self.pattern.finditer(text, start, end)
        return self._matches(text)

    def _may_stand_in(self, text: str, start: int, end: int) -> bool:
        """Whether a piece of a text has one of the stems, or may have it."""
        if type(text) is Words:
            if not text.bits & self.bits:
                return False
            if not start and end == maxsize:
                return True
        return any(map(text[start:end].__contains__, self.stems))

    def stands_in(self, text: str) -> bool:
        """Whether `search` finds anything: alternatives that are nothing but letters are looked for as such."""
        if type(text) is Words and not text.bits & self.bits:
            return False
        if self.parts is None:
            own = alternatives_of(self.pattern.pattern)
            rest = [one for one in own if not _LETTERS.fullmatch(one)]
            whole = [one for one in own if _LETTERS.fullmatch(one)]
            self.parts = whole, Stemmed("|".join(rest)) if rest and whole else None
        whole, rest = self.parts
        if any(map(text.__contains__, whole)):
            return True
        if not whole:
            return self.search(text) is not None
        return rest is not None and rest.search(text) is not None

    def count(self, text: str, most: int) -> int:
        """The number of matches in a text, up to `most`."""
        if type(text) is Words and not text.bits & self.bits:
            return 0
        if self.is_plain and len(self.stems) == 1:
            return min(text.count(self.pattern.pattern), most)
        return len(list(islice(self.finditer(text), most)))

    def pieces_with(self, pieces: list[Words]) -> list[int]:
        """Numbers of the pieces of a text that hold a match."""
        bits, search = self.bits, self.pattern.search
        if self.is_plain:
            return [
                n for n, piece in enumerate(pieces)
                if piece.bits & bits and any(map(piece.__contains__, self.stems))
            ]  # fmt: skip
        return [n for n, piece in enumerate(pieces) if piece.bits & bits and search(piece)]

    def _matches(self, text: str) -> Iterator[re.Match]:
        """Matches in a long text: where they may begin, if that is at few places."""
        places = self._beginnings(text)
        if len(places) > _MOST_TRIED:
            yield from self.pattern.finditer(text)
            return
        reached = 0
        for place in sorted(places):
            if place >= reached and (match := self.pattern.match(text, place)):
                yield match
                reached = match.end()

    def _beginnings(self, text: str) -> set[int]:
        """Where a match may begin; of too many the first."""
        found: set[int] = set()
        for stem, most_before in self.stems.items():
            place = text.find(stem)
            while place >= 0 and len(found) <= _MOST_TRIED:
                found.update(range(max(place - most_before, 0), place + 1))
                place = text.find(stem, place + 1)
        return found


_DIGITS = re.compile(r"[0-9]+")


def matches_at_numbers(pattern: re.Pattern, text: str) -> Iterator[re.Match]:
    """As `re.Pattern.finditer`, of a pattern whose matches begin with a number or its minus."""
    return matches_at(_numbers(text), pattern, text)


def matches_at(places: list[int], pattern: re.Pattern, text: str) -> Iterator[re.Match]:
    """As `re.Pattern.finditer`, of a pattern whose matches begin at some of these places, which ascend."""
    reached = 0
    for place in places:
        if place >= reached and (match := pattern.match(text, place)):
            yield match
            reached = match.end()


@lru_cache(maxsize=2)  # several patterns are looked for in one text
def _numbers(text: str) -> list[int]:
    """Where digits begin, and the minus signs before them."""
    found = []
    for match in _DIGITS.finditer(text):
        place = match.start()
        if place and text[place - 1] in "-−":
            found.append(place - 1)
        found.append(place)
    return found


def alternatives_of(pattern: str) -> list[str]:
    """The parts of a pattern between its outermost bars."""
    found, depth, in_class = [""], 0, False
    for piece in _PIECES.findall(pattern):
        if piece == "|" and not depth and not in_class:
            found.append("")
            continue
        found[-1] += piece
        if in_class:
            in_class = piece != "]"
        else:
            in_class = piece.startswith("[")
            depth += (piece == "(") - (piece == ")")
    return found


# A bracket closes no class right behind its beginning.
_PIECES = re.compile(r"\\.|\[\^?\]?|.", re.DOTALL)
_LETTERS = re.compile(r"[\w ]+")


# --- stems of a pattern ------------------------------------------------------------------------------

Stems = dict[str, int]  # → the most characters of a match before it


def stems_of(pattern: str) -> Stems:
    """Strings of which every match of a pattern holds one; {"": 0} where none can be told."""
    found = _of_sequence(parser.parse(pattern)) or {"": 0}
    kept = [own for own in found if not any(other in own for other in found if other != own)]
    # A longer stem is found by a shorter one that it holds.
    return {
        own: max(before + stem.rfind(own) for stem, before in found.items() if own in stem)
        for own in kept
    }


def _of_sequence(sequence: parser.SubPattern) -> Stems | None:
    """The rarest of what each element must have, and of the runs of letters; None where there is nothing."""
    found: list[Stems] = []
    run, begins, before = [""], 0, 0
    for element in sequence:
        letters = _letters(*element)
        if letters and len(run) * len(letters) <= _MOST_VARIANTS:
            run = [stem + letter for stem in run for letter in letters]
        else:
            found.append(dict.fromkeys(run, begins))
            if own := _of_element(*element):
                found.append({stem: before + inside for stem, inside in own.items()})
            run = [""]
        before += parser.SubPattern(sequence.state, [element]).getwidth()[1]
        if run == [""]:
            begins = before
    found.append(dict.fromkeys(run, begins))
    return max((own for own in found if "" not in own), key=_rarity, default=None)


def _letters(kind, argument) -> list[str]:
    """What one character may be, where that is few; [] for what is no character or may be many."""
    if kind is kinds.LITERAL:
        return [chr(argument)]
    if kind is kinds.IN and all(own is kinds.LITERAL for own, _ in argument):
        return [chr(code) for _, code in argument]
    return []


# They stand in most sentences, whatever these are about.
_COMMON = frozenset("was were with from for and the not used only made".split())


def _rarity(stems: Stems) -> tuple[int, int]:
    return min(_LONG, *(len(own) * (own.strip() not in _COMMON) or 1 for own in stems)), -len(stems)


def _of_element(kind, argument) -> Stems | None:
    if kind is kinds.SUBPATTERN:
        _, added_flags, _, inside = argument
        return None if added_flags else _of_sequence(inside)
    if kind is kinds.MAX_REPEAT and argument[0] > 0:
        return _of_sequence(argument[2])
    if kind is kinds.BRANCH:
        found: Stems = {}
        for alternative in argument[1]:
            own = _of_sequence(alternative)
            if own is None:
                return None
            found |= {stem: max(before, found.get(stem, 0)) for stem, before in own.items()}
        return found
    return None

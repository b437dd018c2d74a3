"""A paper's text as the extractor sees it: words, sentences, quantities, written device stacks."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice, pairwise
from typing import NamedTuple

from masterkey.extractor.lexicon import CASED_LENGTH, words_of
from masterkey.extractor.stems import matches_at_numbers
from masterkey.extractor.words import Words
from masterkey.schema.values import plain

# No experimental section is longer than a quarter of this; it bounds the work on arbitrary text.
MAX_CHARACTERS = 40_000
MAX_QUANTITIES = 300
_LONGEST_GAP = 3  # characters between two words of one name

Span = tuple[int, int]

# Not behind a single capital, an initial. Each alternative begins with its letter, which is found fast.
_SENTENCE_END = re.compile(r"\.(?=\s+[A-Z(\[])(?:(?<=[a-z0-9)%\]]\.)|(?<=[A-Z]{2}\.))|\n\n*")
_TEMPERATURE = re.compile(r"(?<![\w.])([0-9]{2,3}(?:\.[0-9]+)?)\s*(?:[°º˚∘◦o]\s?C\b|℃)")
_RANGE_BEFORE = re.compile(r"([0-9]{2,3})\s*(?:[°º˚∘o]\s?C)?\s*(?:-|to|and|or|,|/)\s*$")
_DURATION = re.compile(
    r"(?<![\w.])([0-9]{1,6}(?:\.[0-9]+)?)[\s-]*"
    r"(min|mins|minutes?|h|hr|hrs|hours?|s|sec|secs|seconds?)\b(?!\s*-1)"
)
_MINUTES = {"m": 1.0, "h": 60.0, "s": 1 / 60}
_AREA = re.compile(
    r"(?<![0-9.])([0-9]{1,4}(?:\.[0-9]{1,6})?)\s*(mm|cm)?\s*"
    r"(?:[×x*✕⨯]\s*([0-9]{1,4}(?:\.[0-9]{1,6})?)\s*)?(mm|cm)\s?(?:\^?2|²|-?2)?(?![\w-])"
)
_SMALLEST_AREA, _LARGEST_AREA = 1e-4, 400.0  # cm²
_STACK = re.compile(r"[^\s/∣|]{1,60}(?: \([^()]{1,40}\))?(?:\s?[/∣|]\s?[^\s/∣|,;]{1,60}){2,}")
_SLASHES = re.compile(r"[/∣|]")
_STACK_GAP = 63  # characters at most from one slash of a stack to the next
_FIRST_LAYER = 106  # characters at most before the first slash, with a bracket behind the layer
_STACK_WORD = re.compile(r"ITO|FTO|Au|Ag\b|Al\b|PCBM|TiO2|glass")
_FEWEST_LAYERS = 4


class Quantity(NamedTuple):
    """A number with its unit, in °C, minutes or cm²; it stands at [start, end) of the text."""

    value: float
    start: int
    end: int


class Gazetteer:
    """Squashed names to look for (`lexicon.squash`)."""

    def __init__(self, names: Iterable[str]):
        names = set(names)
        self.cased = {name for name in names if len(name) <= CASED_LENGTH}
        self.names = names - self.cased
        self.prefixes = {name[:n] for name in self.names for n in range(1, len(name) + 1)}


class Paper:
    """One text. Nothing is read before it is asked for."""

    def __init__(self, text: str):
        self._text = text[:MAX_CHARACTERS]
        self.plain = plain(self._text)

    @cached_property
    def lower(self) -> Words:
        """The text in lower case, character by character."""
        return Words.whole(self._lower, self.sentences)

    @cached_property
    def _lower(self) -> str:
        lower = self.plain.lower()
        # "İ" has a lower case of two characters, which would shift all places behind it.
        return lower if len(lower) == len(self.plain) else self.plain

    @cached_property
    def sentence_starts(self) -> list[int]:
        return [0, *(match.end() for match in _SENTENCE_END.finditer(self.plain))]

    @cached_property
    def sentences(self) -> list[Words]:
        """Lower-cased sentences."""
        ends = [*self.sentence_starts[1:], len(self.plain)]
        return [Words(self._lower[a:b]) for a, b in zip(self.sentence_starts, ends, strict=True)]

    def sentence_of(self, place: int) -> int:
        """The number of the sentence at a place of the text."""
        return bisect_right(self.sentence_starts, place) - 1

    def mentions(self, gazetteer: Gazetteer) -> dict[str, list[Span]]:
        """Places of the gazetteer's names by squashed name; a longer name hides no shorter one."""
        places: dict[str, list[Span]] = defaultdict(list)
        # What `plain` exchanges, it exchanges within words or between them: they stand where they stood.
        spans = words_of(self._text)
        words = [self.plain[start:end].lower() for _, start, end in spans]
        cased, prefixes, names = gazetteer.cased, gazetteer.prefixes, gazetteer.names
        for n, name in enumerate(words):
            if len(name) > CASED_LENGTH and name not in prefixes:
                continue
            _, start, end = spans[n]
            if end - start <= CASED_LENGTH and (word := self.plain[start:end]) in cased:
                places[word].append((start, end))
            following = n + 1
            while name in prefixes:
                if name in names:
                    places[name].append((start, end))
                if following == len(words) or spans[following][1] - end > _LONGEST_GAP:
                    break
                name, end = name + words[following], spans[following][2]
                following += 1
        return places

    @cached_property
    def temperatures(self) -> list[Quantity]:
        """Temperatures in °C; of "70 and 100 °C" both."""
        found = []
        for match in matches_at_numbers(_TEMPERATURE, self.plain):
            before = _RANGE_BEFORE.search(self.plain[max(match.start() - 14, 0) : match.start()])
            if before:
                start = match.start() - len(before[0])
                found.append(Quantity(float(before[1]), start, match.end()))
            found.append(Quantity(float(match[1]), match.start(), match.end()))
        return found[:MAX_QUANTITIES]

    @cached_property
    def durations(self) -> list[Quantity]:
        """Durations in minutes."""
        return [
            Quantity(round(float(m[1]) * _MINUTES[m[2][0]], 2), m.start(), m.end())
            for m in islice(matches_at_numbers(_DURATION, self.plain), MAX_QUANTITIES)
        ]

    @cached_property
    def areas(self) -> list[Quantity]:
        """Areas in cm²: "0.09 cm2", "9 mm2", "3 mm × 3 mm", "0.3 × 0.3 cm2"."""
        found = []
        for match in islice(matches_at_numbers(_AREA, self.plain), MAX_QUANTITIES):
            first, unit, second, last = match.groups()
            squared = match[0].endswith(("2", "²")) and unit is None
            if second is None and not squared:
                continue
            area = float(first) * float(second or 1) * (0.01 if last == "mm" else 1.0)
            if _SMALLEST_AREA <= area <= _LARGEST_AREA:
                found.append(Quantity(float(f"{area:.4g}"), *match.span()))
        return found

    @cached_property
    def stacks(self) -> list[list[str]]:
        """Written device stacks ("ITO/PEDOT:PSS/MAPbI3/PCBM/Ag") as lists of their layers."""
        found = []
        for match in self._written_stacks():
            layers = [piece.strip(" .,;:()[]“”\"'") for piece in re.split(r"[/∣|]", match[0])]
            layers = [layer for layer in layers if layer]
            if len(layers) >= _FEWEST_LAYERS and _STACK_WORD.search(match[0]):
                found.append(layers)
        return found

    def _written_stacks(self) -> Iterator[re.Match]:
        """All matches of `_STACK`, which is slow, looked for around runs of slashes alone."""
        slashes = [match.start() for match in _SLASHES.finditer(self.plain)]
        starts = [
            n for n, place in enumerate(slashes) if not n or place - slashes[n - 1] > _STACK_GAP
        ]
        reached = 0
        for first, behind in pairwise([*starts, len(slashes)]):
            if behind - first < 2:
                continue
            begin = max(slashes[first] - _FIRST_LAYER, reached)
            for match in _STACK.finditer(self.plain, begin, slashes[behind - 1] + _STACK_GAP + 1):
                reached = match.end()
                yield match


def nearest(places: list[int], others: list[int], limit: float) -> float:
    """Smallest distance between two ascending lists of places, up to `limit`."""
    best, n_others = limit, len(others)
    for place in places if others else ():
        n = bisect_left(others, place)
        if n < n_others and others[n] - place < best:
            best = others[n] - place
        if n and place - others[n - 1] < best:
            best = place - others[n - 1]
    return float(best)

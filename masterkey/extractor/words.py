"""Texts that know which words they may hold, so that most searches in them end before they begin.

A paper is asked for hundreds of words and stems, sentence by sentence. Each of them gets a bit. What a word of a text
may hold is found once and remembered, and a text has the bits of its words: where those of a pattern's stems are
missing, no letter of the text is looked at.
"""

from collections.abc import Iterable
from functools import lru_cache, reduce
from operator import or_

_ALWAYS = 1  # the bit of what may stand in any text
_MOST_BITS = 2048
_LONGEST = 6  # letters of a stem that are looked up; longer ones are hardly rarer
_SHORTEST = 2
_LONGEST_WORD = 40  # letters; longer words are not remembered
_MOST_WORDS = 1 << 16  # that are remembered; bounds the memory


class _Bits(dict):
    """Beginning of a stem's longest run without a blank → its bit.

    `runs`: these by their first letters. `later`: all bits that none has yet.
    """

    def __init__(self):
        self.runs: dict[str, list[str]] = {}
        self.later = (1 << _MOST_BITS) - 2

    def __missing__(self, run: str) -> int:
        bit = 1 << (len(self) + 1)
        if len(run) < _SHORTEST or not bit & self.later:
            return _ALWAYS
        self[run] = bit
        self.runs.setdefault(run[:_SHORTEST], []).append(run)
        self.later ^= bit
        for word in [known for known in _BITS_OF_WORDS if run in known]:
            _BITS_OF_WORDS[word] |= bit
        return bit


class _BitsOfWords(dict):
    """Word → the bits of the stems that it may hold."""

    def __missing__(self, word: str) -> int:
        bits = _bits_in(word)
        if len(word) <= _LONGEST_WORD:
            if len(self) >= _MOST_WORDS:
                self.clear()
            self[word] = bits
        return bits


_BITS, _BITS_OF_WORDS = _Bits(), _BitsOfWords()


class Words(str):
    """A text with the `bits` of the stems that may stand in it. A piece of it is a plain `str`."""

    __slots__ = ("bits",)
    bits: int

    def __new__(cls, text: str) -> "Words":
        return cls.with_bits(text, map(_BITS_OF_WORDS.__getitem__, text.split()))

    @classmethod
    def whole(cls, text: str, pieces: Iterable["Words"]) -> "Words":
        """A text of which the pieces are known, cut where blanks stand."""
        return cls.with_bits(text, (piece.bits for piece in pieces))

    @classmethod
    def with_bits(cls, text: str, bits: Iterable[int]) -> "Words":
        own = super().__new__(cls, text)
        # Of a stem that is asked for later nothing is known.
        own.bits = reduce(or_, bits, _ALWAYS | _BITS.later)
        return own

    def __reduce__(self):
        return Words, (str(self),)


def bits_of(stems: Iterable[str]) -> int:
    """The bits of stems: a text of `Words` that has none of them holds none of the stems."""
    bits = 0
    for stem in stems:
        bits |= _BITS[max(stem.split(), key=len, default="")[:_LONGEST]]
    return bits


@lru_cache(maxsize=1 << 10)
def bits_of_words(words: tuple[str, ...]) -> int:
    """As `bits_of`, remembered."""
    return bits_of(words)


def _bits_in(word: str) -> int:
    """The bits of all stems whose beginning stands in a word."""
    bits, begin_with = 0, _BITS.runs.get
    for start in range(len(word) - _SHORTEST + 1):
        for run in begin_with(word[start : start + _SHORTEST], ()):
            if word.startswith(run, start):
                bits |= _BITS[run]
    return bits

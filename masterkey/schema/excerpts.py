"""Stretches of a text around places in it, in whole words."""

import re

from masterkey.schema.evidence import Spans

LONGEST_WORD = 25  # characters; a word longer than that may be cut
_BLANKS = re.compile(r"\s+")


def windows(spans: Spans, text: str, context: int, apart: int = 0) -> Spans:
    """Whole words in `context` characters before and behind each of `spans`, which are sorted.

    Windows that overlap, or lie no more than `apart` characters from each other, are one.
    """
    found: Spans = []
    for start, end in spans:
        # A word longer than the context may reach into the place itself.
        left = min(word_start(text, start - context), start)
        right = max(word_end(text, end + context), end)
        if found and left <= found[-1][1] + apart:
            left, right = found[-1][0], max(right, found.pop()[1])
        found.append((left, right))
    return found


def word_start(text: str, place: int) -> int:
    """The first word start behind `place`; `place` itself in a word without end."""
    if place <= 0:
        return 0
    blank = _BLANKS.search(text, place - 1, place + LONGEST_WORD)
    return blank.end() if blank else place


def word_end(text: str, place: int) -> int:
    """The last word end before `place`; `place` itself in a word without start."""
    if place >= len(text):
        return len(text)
    piece = text[max(place - LONGEST_WORD, 0) : place + 1]
    blank = max(piece.rfind(" "), piece.rfind("\n"))
    return place + 1 - len(piece) + len(piece[:blank].rstrip()) if blank >= 0 else place

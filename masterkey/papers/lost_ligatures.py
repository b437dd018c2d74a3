"""Ligatures that a PDF's font left as NUL: "e\\0ciency" is "efficiency"."""

import re

_WORD = re.compile(r"[A-Za-z\0-]*\0[A-Za-z\0-]*")
_PLAIN_WORD = re.compile(r"[A-Za-z]{3,}")
# What is left of the commonest words with each ligature; all others have "fi", the commonest of all.
_BY_NEIGHBOURS = (
    ("ffi", re.compile(r"(?:e|coe|su|pro|de)\0(?=c)|(?:di)\0(?=cult)|o\0(?=c)|a\0(?=n|x)|tra\0c|gra\0t", re.I)),
    ("ffl", re.compile(r"(?:ba|shu|ra|wa|mu|sni)\0(?=e)|(?:e|a)\0(?=uen|ores)", re.I)),
    ("ff", re.compile(r"(?:di|e|o|bu|su|sti|cuto|sta|sca)\0(?=e|r|us|or|s\b|$|-|ing|ract|set|old)", re.I)),
    ("fl", re.compile(r"\0(?=u|ow|ex|at|oat|ash|ake|ame|ip|oo|ask)|(?:re|in|de)\0(?=ect|at|uen|ux)", re.I)),
)  # fmt: skip


def with_ligatures(text: str) -> str:
    """`text` with the ligature that each NUL in a word was: one that the text's own words know, if any."""
    if "\0" not in text:
        return text
    words = frozenset(word.lower() for word in _PLAIN_WORD.findall(text))
    return _WORD.sub(lambda match: _mended(match[0], words), text).replace("\0", "")


def _mended(word: str, words: frozenset[str]) -> str:
    for ligature in ("fi", "ffi", "ff", "fl", "ffl"):
        whole = word.replace("\0", ligature)
        if whole.lower() in words:
            return whole
    for ligature, pattern in _BY_NEIGHBOURS:
        if pattern.search(word):
            return word.replace("\0", ligature)
    # Few words end in a ligature; "end\0" is a word and a sign too many.
    return word.rstrip("\0").replace("\0", "fi")

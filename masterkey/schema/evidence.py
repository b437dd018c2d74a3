"""Where a value stands in a paper's text: whole words, by the canonical form of `masterkey.schema.values`.

A number is found by value ("0.10" for 0.1, but never inside "0.16"), a name without case in any of
its synonyms, with blanks and hyphens alike, and a perovskite formula by its ions ("CH3NH3PbI3" for
"MAPbI3"). `pin` is not found in "spin-coating". Booleans are found nowhere: no paper states FALSE.
"""

import re
from functools import lru_cache

from masterkey.schema.values import (
    BOOLEAN_FIELDS,
    COMPOSITION_FIELDS,
    SYNONYMS,
    canonical_formula,
    canonical_number,
    parse_value,
    plain,
    reported_parts,
)

# "1,000" is 1000. What stands before the number is looked at in `_numbers`, see `_name_patterns`.
_NUMBER = re.compile(
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+"
)
# Not the start of "MAPbI3-xClx", which is another compound.
_FORMULA = re.compile(r"[A-Z0-9(\[][A-Za-z0-9.()\[\]]{2,}+(?!-x)")

Spans = list[tuple[int, int]]
MOST_PLACES = 10


def find_value(field: str, value: str, text: str) -> dict[str, Spans]:
    """The places (start, end) of each reported part of `value` in `text`; empty where it is not."""
    return {
        part: find_part(field, part, text) for part in reported_parts(parse_value(field, value))
    }


def evidence_of(fields: dict[str, str], text: str) -> dict[str, dict | None]:
    """For each field, where its value stands in `text`, as a prediction line holds it.

    {"ETL_stack_sequence": {"tio2-c": [[120, 126], …], "tio2-mp": None}, "Module": None, …}: each
    reported part with its character offsets, None where the text does not hold it; None for a value
    that reports nothing. No more than `MOST_PLACES` places of a part are listed, the first ones.
    """
    found = {name: find_value(name, value, text) for name, value in fields.items()}
    return {
        name: {
            part: [list(span) for span in spans[:MOST_PLACES]] or None
            for part, spans in parts.items()
        }
        or None
        for name, parts in found.items()
    }


def find_part(field: str, part: str, text: str) -> Spans:
    """The places of one part, given in canonical form."""
    if field in BOOLEAN_FIELDS or not part:
        return []
    if canonical_number(part) is not None:
        return list(_numbers(text).get(part, ()))
    if field in COMPOSITION_FIELDS and (spans := _formulas(text).get(part)):
        return list(spans)
    lower = _lower(text)
    return sorted(
        match.span()
        for pattern in _name_patterns(part)
        for match in pattern.finditer(lower)
        if not lower[max(match.start() - 1, 0) : match.start()].isalnum()
    )


def occurs(field: str, part: str, text: str) -> bool:
    """Whether `find_part` finds anything; for names it asks without making a pattern, in a tenth."""
    if field in BOOLEAN_FIELDS or not part:
        return False
    if canonical_number(part) is not None:
        return part in _numbers(text)
    if field in COMPOSITION_FIELDS and part in _formulas(text):
        return True
    if not any(map(str.isalnum, part)):  # a hyphen alone, for which folding would take any blank
        return bool(find_part(field, part, text))
    folded = _folded(text)
    return any(_has_word(folded, "-".join(_words(spelling))) for spelling in _spellings(part))


def _has_word(text: str, word: str) -> bool:
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not text[max(start - 1, 0) : start].isalnum() and not text[end : end + 1].isalnum():
            return True
        start = text.find(word, start + 1)
    return False


@lru_cache(maxsize=64)
def _plain(text: str) -> str:
    return plain(text)


@lru_cache(maxsize=64)
def _lower(text: str) -> str:
    """Of the same length: the one letter whose lower case is two characters, "İ", stays."""
    return "İ".join(piece.lower() for piece in _plain(text).split("İ"))


@lru_cache(maxsize=64)
def _folded(text: str) -> str:
    """Runs of blanks and hyphens as one hyphen, as in canonical names."""
    return re.sub(r"[\s-]+", "-", _lower(text))


@lru_cache(maxsize=64)
def _numbers(text: str) -> dict[str, Spans]:
    """Numbers that begin a word; with a sign where no word ends before it ("25-30" is 25 and 30)."""
    text, places = _plain(text), {}
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if text[max(start - 1, 0) : start] in ("+", "-") and not _ends_word(text, start - 1):
            start -= 1
        part = (
            None if _ends_word(text, start) else canonical_number(text[start:end].replace(",", ""))
        )
        if part is not None:
            places.setdefault(part, []).append((start, end))
    return places


def _ends_word(text: str, place: int) -> bool:
    """Whether a letter, digit or point stands before `place`."""
    before = text[max(place - 1, 0) : place]
    return before.isalnum() or before == "."


@lru_cache(maxsize=64)
def _formulas(text: str) -> dict[str, Spans]:
    places: dict[str, Spans] = {}
    for match in _FORMULA.finditer(_plain(text)):
        part = _formula_in_prose(match[0])
        if part is not None:
            places.setdefault(part, []).append(match.span())
    return places


@lru_cache(maxsize=1 << 14)
def _formula_in_prose(word: str) -> str | None:
    return canonical_formula(word.rstrip(".")) or canonical_formula(word.strip("().[]"))


@lru_cache(maxsize=1 << 14)
def _name_patterns(part: str) -> list[re.Pattern]:
    """One per spelling; "-" of the canonical form stands for any run of blanks and hyphens.

    The word's start is checked by `find_part`: a pattern that begins with letters is searched for
    several times faster than one that begins with a look-behind or an alternation.
    """
    words = (map(re.escape, _words(spelling)) for spelling in _spellings(part))
    return [re.compile(r"[\s-]+".join(pieces) + r"(?![^\W_])") for pieces in words]


def _spellings(part: str) -> tuple[str, ...]:
    return (part, *SYNONYMS.get(part, ()))


def _words(spelling: str) -> list[str]:
    # No empty words: a run of hyphens would make a pattern that takes for ever to fail.
    return [word for word in spelling.split("-") if word] or [spelling]

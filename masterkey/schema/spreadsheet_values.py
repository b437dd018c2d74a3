"""Numbers, booleans and times as spreadsheets and people write them, turned into the database's form.

A spreadsheet saves by its country: 17,5 for 17.5 and WAHR for TRUE. People write units where the
column has one of its own. What is not understood stays as it was written.
"""

import re
from functools import lru_cache

_TRUE = (
    "true",
    "t",
    "yes",
    "y",
    "1",
    "1.0",
    "wahr",
    "ja",
    "vrai",
    "oui",
    "verdadero",
    "vero",
    "waar",
)
_FALSE = ("false", "f", "no", "n", "0", "0.0", "falsch", "nein", "faux", "non", "falso", "onwaar")
BOOLEANS = {**dict.fromkeys(_TRUE, "TRUE"), **dict.fromkeys(_FALSE, "FALSE")}

# A comma between digits that are a part of a value on their own, with or without a unit.
_COMMA = re.compile(r"(?<![^\s;|>])([+-]?[0-9]+),([0-9]+)(?=$|[\s;%°A-Za-z])")
_SEPARATOR = re.compile(r"( \| | >> |; ?)")
_TIME = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)\s*([a-z]*)\.?", re.IGNORECASE)
_MINUTES_IN = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1 / 60),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 1),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 60),
}


def boolean(value: str) -> str:
    """TRUE or FALSE where the value on one line means that, else the value as it is."""
    return BOOLEANS.get(value.lower(), value)


def decimal_points(value: str, *, thousands_possible: bool) -> str:
    """Decimal commas as points: '17,5' → '17.5', '0,5; 10' → '0.5; 10'.

    Where `thousands_possible`, 1,440 may be 1440 and stays; 0,125 and 12,5 can be decimals alone.
    """

    def point(found: re.Match) -> str:
        whole, decimals = found[1].lstrip("+-"), found[2]
        is_unclear = len(decimals) == 3 and len(whole) <= 3 and whole.strip("0") != ""
        return found[0] if thousands_possible and is_unclear else f"{found[1]}.{decimals}"

    return _COMMA.sub(point, value)


@lru_cache(maxsize=10_000)
def in_minutes(value: str, *, unit: str = "min") -> str:
    """Times of a value without their units: '600 s >> 10' → '10 >> 10'.

    `unit` (s, min or h) is that of a bare number. A part that is no number with a known unit stays.
    """

    def minutes(part: str) -> str:
        found = _TIME.fullmatch(part.strip())
        factor = _MINUTES_IN.get((found[2] or unit).lower()) if found else None
        if factor is None or (factor == 1 and not found[2]):
            return part
        return f"{float(found[1]) * factor:.6g}"

    return "".join(
        piece if place % 2 else minutes(piece)
        for place, piece in enumerate(_SEPARATOR.split(value))
    )

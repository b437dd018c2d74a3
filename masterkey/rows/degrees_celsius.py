"""Every way to write a degree Celsius as "°C", where what stands there can be nothing else.

"℃", "˚C", "º C", "oC", "deg. C", "degrees Celsius"; "100 0C" and "1000C", in which the ring became a
digit; "100 8C", in which a publisher's font made it another; and a bare "100 C" beside a word that
speaks of heat.
"""

import re
from collections.abc import Iterator

from masterkey.rows.edited_text import Edit, behind, substitutions, without_overlaps

_RINGS = "°˚º◦∘○⚬⁰ᵒᴼ"
_RING = re.compile(rf"[{_RINGS}]\s{{0,2}}[Cc](?![a-zA-Z])|[{_RINGS}]\s?Celsius\b")
_IN_WORDS = re.compile(
    r"deg(?<![A-Za-z]deg)(?:rees?)?\.?\s?(?:C|[Cc]elsius|[Cc]entigrade)\b"
    r"|[Cc]elsius\b(?<=[0-9] .elsius)"
)
_LETTER = re.compile(r"[oO]\s?C(?![A-Za-z0-9-])")
_AFTER_NUMBER = re.compile(r"[0-9](\s{0,2})\^?$")
_C = re.compile(r"C(?!\w|-(?![0-9])|\s?NMR\b|\s[0-9])")
# A number; what was the ring, behind a blank or at the number's end; or nothing.
_BEFORE_C = re.compile(r"(?:^|[^\w.,/])([1-9][0-9]{1,2})(?:(\s{1,3}[08])|(0)|(\s?))$")
_WARM = re.compile(
    r"anneal|heat|bak(?:ed|ing)|dried|drying|hot ?-?plate|sinter|calcin|temperature|cured|curing|"
    r"oven|furnace|thermal|stirr|warm|kept at|cool",
    re.IGNORECASE,
)
_BEFORE_A_TEMPERATURE = re.compile(
    r"(?:\b(?:at|to|of|around|about|from|and|or|than|ca\.?|under|below|above|with|for|was|is|near)|[-–~(,=])"
    r"\s*(?:[0-9]{1,3}\s?(?:C|°C)?\s?(?:[-–]|to|and)\s?)?$"
)
_CONTEXT = 90  # characters on each side in which a word must speak of heat
_LOWEST, _HIGHEST = 25, 650  # °C, of a number without a ring


def degrees_celsius(text: str) -> Iterator[Edit]:
    """Edits to "°C"; a clean text has none, as blanks before the sign are left as they are."""
    edits: list[Edit] = []
    if not text.isascii():
        edits += substitutions(_RING, text, "°C")
    if "deg" in text or "elsius" in text:
        edits += substitutions(_IN_WORDS, text, _in_words)
    edits += behind(_AFTER_NUMBER, _LETTER, text, lambda b, _: f"{b[0][0]}{b[1][:1]}°C")
    edits += behind(_BEFORE_C, _C, text, _of_number)
    yield from without_overlaps(edits)


def _in_words(match: re.Match) -> str:
    before = match.string[match.start() - 1 : match.start()]
    return " °C" if before.isdigit() else "°C"


def _of_number(before: re.Match, c: re.Match) -> str | None:
    number, apart, attached, _ = before.groups()
    if attached:
        # "1000C" is 100 °C; "100C" is rather 100 °C without a ring than 10 °C with one.
        number = number if len(number) == 3 else f"{number}0"
    if not _LOWEST <= int(number) <= _HIGHEST:
        return None
    start = c.start() - len(before[0]) + before.start(1) - before.start()
    if not apart and not _speaks_of_heat(c.string, start, c.end()):
        return None
    return f"{before[0][: before.start(1) - before.start()]}{number} °C"


def _speaks_of_heat(text: str, start: int, end: int) -> bool:
    before = text[max(start - _CONTEXT, 0) : start]
    if not _BEFORE_A_TEMPERATURE.search(before[-30:]):
        return False
    return bool(_WARM.search(before) or _WARM.search(text[end : end + _CONTEXT]))

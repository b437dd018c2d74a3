"""Quantities as a number and one unit: "1 h 30 min", "half an hour", "1,5 h", "sq cm", "ten minutes"."""

import re
from collections.abc import Iterator

from masterkey.rows.edited_text import Edit, behind, substitutions, without_overlaps

_TIME = r"(?:hours?|hrs?|h|minutes?|mins?|min|seconds?|secs?|s|days?|weeks?)"
_LENGTH = r"(?:mm|cm|µm|nm|m|in|inch)"

# --- areas and lengths ---------------------------------------------------------------------------

_SQUARE_BEFORE = re.compile(
    r"[Ss]q(?<![A-Za-z]..)(?:\.?\s?|uared?[\s-])(cm|mm|m|(?:centi|milli)?met(?:er|re)s?)(?![A-Za-z])"
)
_SQUARE_BEHIND = re.compile(
    r"(cm|mm|centimet(?:er|re)s?|millimet(?:er|re)s?)[\s-](?:squared?|sq\b\.?)(?![A-Za-z])"
)
_NUMBER_OF_LENGTH = re.compile(rf"(?:^|[^\w.])[0-9]+(?:\.[0-9]+)?\s?{_LENGTH}?$")
_BY = re.compile(rf"\sby\s+(?=[0-9.]+\s?{_LENGTH}2?\b)")

# --- decimal commas ------------------------------------------------------------------------------

_COMMA_UNIT = (
    rf"(?:{_TIME}|mol|mmol|mM|M|mL|ml|mg|µL|µl|g|nm|mm|cm|µm|cm2|mm2|wt|%|mA|mV|eV|V|°C|K|Å|mbar"
    r"|Pa|Torr)(?![\w-])"
)
_OTHER_NUMBER = r"\s?[0-9]+(?:[.,][0-9]+)?\s?"
_COMMA = re.compile(
    rf",([0-9]{{1,4}})(?=\s?{_COMMA_UNIT}"
    rf"|\s?(?:±|×|–|-|to){_OTHER_NUMBER}(?:×{_OTHER_NUMBER})?{_COMMA_UNIT})"
)
_WHOLE = re.compile(r"(?:^|(?<![\w.,'/(\[-])(?<![0-9])|(?<=[±×–-])|(?<=[0-9]-))([0-9]{1,3})$")

# --- fractions and hours -------------------------------------------------------------------------

_BELOW = re.compile(rf"/([2-68])(?=[ -]?{_TIME}\b)")
_ABOVE = re.compile(r"(?:^|(?<=[^\w./,]))(?:([0-9]{1,2})[ -])?([1-9])$")
_VULGAR = re.compile(rf"([¼½¾⅓⅔])(?=[ -]?(?:an? )?{_TIME}\b)")
_WHOLE_BEFORE = re.compile(r"(?:(?:^|(?<=[^\w.]))([0-9]{1,2})\s?)?$")
_VULGAR_VALUES = {"¼": 0.25, "½": 0.5, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
_NOT_A_LIST = r"(?![^.;]{0,40}respectively)"
_HOURS_THEN_MINUTES = re.compile(
    r"h(?:(?:rs?|ours?)?\.?(?:\s?|\s(?:and|&)\s)([0-9]{1,2})\s?(?:minutes?|mins?)\b|([0-5][0-9])\b)"
    + _NOT_A_LIST
)
_MINUTES_THEN_SECONDS = re.compile(
    rf"min(?:s|utes?)?\s?([0-9]{{1,2}})\s?(?:s|secs?|seconds?)\b(?!-1){_NOT_A_LIST}"
)
_COUNT = re.compile(r"(?:^|(?<=[^\w.,-]))([0-9]{1,3})\s?$")

# --- numbers in words ----------------------------------------------------------------------------

_ONES = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBERS = {
    **{name: value for value, name in enumerate(_ONES, 1)},
    **{name: value for value, name in enumerate(_TEENS, 10)},
    **{name: 10 * value for value, name in enumerate(_TENS, 2)},
    "a": 1,
}
_SMALL = f"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join([*_TEENS, *_ONES])})"
_NUMBER = rf"(?:(?:(?:{_SMALL}|a) )?(?:hundred|thousand)(?: (?:and )?{_SMALL})?|{_SMALL})"
_WORD_UNIT = (
    rf"(?:{_TIME}|months?|nanomet(?:er|re)s?|micromet(?:er|re)s?|microns?|millimet(?:er|re)s?"
    r"|centimet(?:er|re)s?|millilit(?:er|re)s?|microlit(?:er|re)s?|milligrams?|grams?"
    r"|nm|mm|cm2?|µm|mL|ml|µL|mg|°C|degrees?|percent|per cent|mol ?%|wt ?%|%|rpm)"
)
# Found by the unit behind it: one pattern that begins with any number takes ten times as long.
_UNIT_OF_WORDS = re.compile(
    rf"[ -](?<=(?:ne|wo|ee|ur|ve|ix|en|ht|ty|ed|nd|lf|er)[ -])({_WORD_UNIT})(?![a-zA-Z])"
)
_IN_WORDS = re.compile(rf"(?<![A-Za-z])({_NUMBER})( and an? (?:half|quarter))?$", re.IGNORECASE)
_HOUR = re.compile(r"[hm](?:our|inute)\b")
_PART_OF = re.compile(
    r"(?<![A-Za-z])(?:[Aa]n?[ -]|[Oo]ne[ -])?([Hh]alf|[Qq]uarter|[Tt]hree[ -]quarters)(?: of)?[ -]"
    r"(?:an? |one )?$"
)
_HOUR_AND_PART = re.compile(r"(hour|minute) and an? (half|quarter)\b")
_ONE = re.compile(r"\b(?:[Aa]n?|[Oo]ne|1) $")
_COUNTED_HOURS_AND_PART = re.compile(r" and an? (half|quarter) (hours?|minutes?)\b")
_COUNT_BEFORE = re.compile(r"(?:^|(?<=[^\w.,-]))([0-9]{1,3})$")
_AN = re.compile(r"(\b(?:for|after|within|in|another|about|of|than|least|over|by)) an? $")
_PARTS = {"half": 0.5, "quarter": 0.25, "three-quarters": 0.75}


def areas_and_decimals(text: str) -> Iterator[Edit]:
    """ "sq cm" → "cm2", "3 mm by 4 mm" → "3 mm × 4 mm", "1,5 h" → "1.5 h"."""
    edits: list[Edit] = []
    if "sq" in text or "Sq" in text:
        edits += substitutions(_SQUARE_BEFORE, text, lambda match: _square(match[1]))
        edits += substitutions(_SQUARE_BEHIND, text, lambda match: _square(match[1]))
    edits += behind(_NUMBER_OF_LENGTH, _BY, text, lambda before, _: f"{before[0]} × ")
    edits += behind(_WHOLE, _COMMA, text, _with_point)
    yield from without_overlaps(edits)


def _square(unit: str) -> str:
    if unit.startswith(("mm", "milli")):
        return "mm2"
    return "cm2" if unit.startswith("c") else "m2"


def _with_point(before: re.Match, comma: re.Match) -> str | None:
    """The number with a point; None for "1,000 h" and for "5,15 min", a list rather than a decimal."""
    whole, part = before[1], comma[1]
    if whole != "0":
        unit = comma.string[comma.end() : comma.end() + 12]
        is_list = len(part) == 2 and part not in ("25", "75") and re.match(rf"\s?{_TIME}\b", unit)
        if whole.startswith("0") or len(part) > 2 or part[1:] == "0" or is_list:
            return None
    return f"{whole}.{part}"


def numbers_in_words(text: str) -> Iterator[Edit]:
    """ "ten minutes" → "10 minutes", "half an hour" → "30 min", "for an hour" → "for 1 hour"."""
    edits = list(behind(_ONE, _HOUR_AND_PART, text, lambda _, match: _one_and_part(match)))
    edits += behind(_PART_OF, _HOUR, text, lambda part, m: _duration(_part(part[1]), m[0]))
    edits += behind(
        _COUNT_BEFORE,
        _COUNTED_HOURS_AND_PART,
        text,
        lambda count, m: _duration(int(count[1]) + _part(m[1]), m[2]),
    )
    edits += behind(_IN_WORDS, _UNIT_OF_WORDS, text, _in_digits)
    edits += behind(_AN, _HOUR, text, lambda before, m: f"{before[1]} 1 {m[0]}")
    yield from without_overlaps(edits)


def _one_and_part(match: re.Match) -> str:
    return _duration(1 + _part(match[2]), match[1])


def _part(words: str) -> float:
    return _PARTS[words.lower().replace(" ", "-")]


def _duration(value: float, unit: str) -> str:
    """Hours in minutes, parts of a minute in seconds."""
    if unit.lower().startswith("h"):
        return f"{value * 60:g} min"
    return f"{value:g} min" if value > 1 else f"{value * 60:g} s"


def _in_digits(words: re.Match, match: re.Match) -> str:
    number, part = words.groups()
    value, unit = _value(number.lower()), match[1]
    if not part:
        return f"{value}{match[0]}"
    value += _part(part.split()[-1])
    if re.fullmatch(r"h(?:ours?|rs?)?", unit):
        return _duration(value, unit)
    return f"{value:g}{match[0]}"


def _value(words: str) -> int:
    total = 0
    for word in re.split(r"[ -]", words):
        if word in ("hundred", "thousand"):
            total = (total or 1) * (100 if word == "hundred" else 1000)
        elif word != "and":
            total += _NUMBERS[word]
    return total


def fractions(text: str) -> Iterator[Edit]:
    """ "3/4 h" → "0.75 h", "1 1/2 h" and "1½ h" → "1.5 h"."""
    edits = list(behind(_ABOVE, _BELOW, text, _decimal))
    if not text.isascii():
        edits += behind(_WHOLE_BEFORE, _VULGAR, text, _of_vulgar)
    yield from without_overlaps(edits)


def _decimal(above: re.Match, below: re.Match) -> str | None:
    if int(above[2]) >= int(below[1]):
        return None
    return _number(int(above[1] or 0) + int(above[2]) / int(below[1]))


def _of_vulgar(whole: re.Match, fraction: re.Match) -> str:
    return _number(int(whole[1] or 0) + _VULGAR_VALUES[fraction[1]])


def _number(value: float) -> str:
    return f"{value:.4g}"


def single_durations(text: str) -> Iterator[Edit]:
    """ "1 h 30 min" → "90 min", "1 min 30 s" → "1.5 min"."""
    edits = list(
        behind(
            _COUNT,
            _HOURS_THEN_MINUTES,
            text,
            lambda hours, m: f"{60 * int(hours[1]) + int(m[1] or m[2])} min",
        )
    )
    edits += behind(
        _COUNT,
        _MINUTES_THEN_SECONDS,
        text,
        lambda minutes, m: f"{_number(int(minutes[1]) + int(m[1]) / 60)} min",
    )
    yield from without_overlaps(edits)

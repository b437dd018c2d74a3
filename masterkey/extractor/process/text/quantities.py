"""Temperatures, durations and areas of a cleaned text, in °C, minutes and cm²."""

import math
import re
from itertools import islice
from typing import NamedTuple

from masterkey.extractor.stems import Stemmed, matches_at_numbers

MAX_QUANTITIES = 400
KELVIN = 273.15

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
# "65 ± 3 °C", "25 °C ± 2 °C", "85 °C (±1 °C)": what stands behind ± is no temperature.
_UNCERTAINTY = rf"(?:\s*(?:°\s?C)?\s*\(?(?:±|\+/-)\s*{_NUMBER}\)?)?"
# "100 °C", "373 K", "between 100 and 110 °C", "70, 90 and 100 °C", "100–110 °C"
_TEMPERATURE = re.compile(
    rf"(?<![\w.])(?<![A-Za-z][-–])(?P<list>(?:[-−]?{_NUMBER}\s*(?:°C)?\s*(?:-|−|–|to|and|or|,|/|;|→|then)\s*){{0,6}})"
    rf"(?P<last>[-−]?{_NUMBER}){_UNCERTAINTY}\s*(?P<unit>°\s?C\b|°(?=\s)|K\b(?![-/\w]))"
)
_ROOM = Stemmed(r"\b(?:room|ambient) temperature\b|\bRT\b")
_DURATION = re.compile(
    rf"(?<![\w.])(?<![A-Z][-–])(?P<list>(?:{_NUMBER}\s*(?:-|–|to|and|or|,|/|→)\s*){{0,4}})(?P<last>{_NUMBER})[\s-]*"
    r"(?P<unit>minutes?|mins?|hours?|hrs?|h|seconds?|secs?|s|days?|d|weeks?)\b(?!\s?-1|\s?−1|\^|/|\*)"
)
_OVERNIGHT = Stemmed(r"\bover\s?night\b")
_AREA = re.compile(
    rf"(?<![0-9.,])(?P<one>{_NUMBER})(?:\s*|-)(?P<unit1>mm|cm)?\s*"
    rf"(?:(?:[×x*✕⨯]|by)\s*(?P<two>{_NUMBER})\s*)?(?P<unit>mm|cm)\s?(?:\^?(?P<square>2)|²)?(?![\w-])"
)
# "a diameter of 3 mm", "3 mm in diameter", "a radius of 2 mm"
_CIRCLE = Stemmed(
    rf"\b(?P<width>diameter|radius) (?:of |was |is |= ?)(?:about |ca\.? )?(?P<one>{_NUMBER}) ?(?P<unit>mm|cm)\b"
    rf"|(?<![0-9.,])(?P<one2>{_NUMBER})[ -]?(?P<unit2>mm|cm)(?: in|-| wide)? (?P<width2>diameter|radius)\b"
)
_MINUTES = {"m": 1.0, "h": 60.0, "s": 1 / 60, "d": 1440.0, "w": 10080.0}
OVERNIGHT = 720.0
_SMALLEST_AREA, _LARGEST_AREA = 1e-4, 20_000.0


class Quantity(NamedTuple):
    """A number in °C, minutes or cm²; it stands at [start, end) of the text.

    `of_range`: it is the first of "100–110 °C" or "90, 100 and 110 °C", not the last.
    """

    value: float
    start: int
    end: int
    of_range: bool = False


def temperatures_of(text: str) -> list[Quantity]:
    """Each temperature; of ranges and lists all members. Kelvin where plausible."""
    found = []
    for match in islice(matches_at_numbers(_TEMPERATURE, text), MAX_QUANTITIES):
        kelvin = match["unit"].startswith("K")
        numbers = re.findall(rf"-?{_NUMBER}", match["list"].replace("–", " ").replace("−", "-"))
        numbers.append(match["last"].replace("−", "-"))
        # A sign inside a list joins ("70, -80"); that of the first and of the last is a minus.
        values = [
            abs(float(n)) if 0 < i < len(numbers) - 1 else float(n) for i, n in enumerate(numbers)
        ]
        if kelvin and not 250 <= values[-1] <= 1000:
            continue
        for n, value in enumerate(values):
            celsius = round(value - KELVIN) if kelvin else value
            found.append(Quantity(float(celsius), match.start(), match.end(), n < len(values) - 1))
    found += [Quantity(25.0, match.start(), match.end()) for match in _ROOM.finditer(text)]
    return sorted(found, key=lambda quantity: quantity.start)[:MAX_QUANTITIES]


def durations_of(text: str) -> list[Quantity]:
    """Each duration; of ranges and lists all members; "overnight" is 12 h."""
    found = []
    for match in islice(matches_at_numbers(_DURATION, text), MAX_QUANTITIES):
        factor = _MINUTES[match["unit"][0]]
        numbers = [*re.findall(_NUMBER, match["list"]), match["last"]]
        for n, number in enumerate(numbers):
            value = round(float(number) * factor, 4)
            found.append(Quantity(value, match.start(), match.end(), n < len(numbers) - 1))
    found += [
        Quantity(OVERNIGHT, match.start(), match.end()) for match in _OVERNIGHT.finditer(text)
    ]
    return sorted(found, key=lambda quantity: quantity.start)[:MAX_QUANTITIES]


def areas_of(text: str) -> list[Quantity]:
    """Areas: "0.09 cm2", "9 mm2", "3 mm × 3 mm", "0.3 × 0.3 cm2", "4 mm in diameter"; those worked out, to three digits."""
    found = []
    for match in islice(matches_at_numbers(_AREA, text), MAX_QUANTITIES):
        squared = match["square"] is not None or match[0].endswith("²")
        if match["two"] is None and (not squared or match["unit1"]):
            continue
        scale = 0.01 if match["unit"] == "mm" else 1.0
        area = float(match["one"]) * float(match["two"] or 1) * scale
        digits = 3 if match["two"] else 4
        if _SMALLEST_AREA <= area <= _LARGEST_AREA:
            found.append(Quantity(float(f"{area:.{digits}g}"), *match.span()))
    if "diameter" in text or "radius" in text:
        found = sorted([*found, *_circles(text)], key=lambda quantity: quantity.start)
    return found


def _circles(text: str) -> list[Quantity]:
    found = []
    for match in islice(_CIRCLE.finditer(text), MAX_QUANTITIES):
        width, unit = match["width"] or match["width2"], match["unit"] or match["unit2"]
        length = float(match["one"] or match["one2"]) * (0.1 if unit == "mm" else 1.0)
        area = math.pi * (length / 2 if width == "diameter" else length) ** 2
        if _SMALLEST_AREA <= area <= _LARGEST_AREA:
            found.append(Quantity(float(f"{area:.3g}"), *match.span()))
    return found

"""Which of the areas in a text is the measured cell's: the words before and behind it say so."""

import re

from masterkey.extractor.reading import Paper

_WORDS = (
    "area",
    "active|effective|working",
    "mask|apertur|metal|shadow",
    "electrode|contact|gold|au|ag",
    "substrate|glass|fto|ito",
    "cell|device",
)
_PATTERNS = tuple(map(re.compile, _WORDS))
_BEHIND = re.compile("mask|area|apertur|active")
_WINDOW_BEFORE, _WINDOW_AFTER, _NO_MATCH = 120, 60, 200.0
_CELL = (0.005, 2.0)  # cm²: what laboratory cells have


def area_features(value: str, paper: Paper) -> list[float]:
    """How a text speaks of an area [cm²]; a value that is no number stands nowhere in it."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    own = [area for area in paper.areas if abs(area.value - number) < 1e-6]
    nearest, behind = [_NO_MATCH] * len(_PATTERNS), False
    for area in own:
        before = paper.lower[max(area.start - _WINDOW_BEFORE, 0) : area.start]
        for k, pattern in enumerate(_PATTERNS):
            for match in pattern.finditer(before):
                nearest[k] = min(nearest[k], float(len(before) - match.end()))
        behind |= bool(_BEHIND.search(paper.lower[area.end : area.end + _WINDOW_AFTER]))
    plausible = {area.value for area in paper.areas if _CELL[0] < area.value < _CELL[1]}
    return [
        number,
        len(own),
        *nearest,
        behind,
        len(plausible),
        number in plausible,
        own[0].start / len(paper.lower) if own else -1.0,
        len(paper.areas),
    ]

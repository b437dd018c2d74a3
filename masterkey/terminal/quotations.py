"""Short quotations of a paper that show where a value stands in it.

Of the places that `masterkey.schema.evidence` finds, the first is quoted; of a number the one that has the
field's unit behind it ("60 °C", not "60 nm") and stands nearest to a word that speaks of the field
("annealed"); and the parts of one value are quoted where they stand together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from masterkey.schema.evidence import Spans, find_part, find_value
from masterkey.schema.excerpts import windows
from masterkey.schema.fields import ANNEALING_TEMPERATURE, ANNEALING_TIME
from masterkey.schema.values import FIELD_UNITS, canonical_part

MOST_QUOTED = 4  # parts; a model's ramblings have more
MOST_PLACES = 500  # of a part, or of words that speak of a field
LEAST_CONTEXT = 12  # characters kept on each side

# Compact, mesoporous, nanoparticles; the size of a fullerene.
_ENDINGS = ("-c", "-mp", "-np", "-60", "-70")
# What a count is followed by, as others by their units.
_COUNTS = dict.fromkeys(
    ("Stability_average_over_n_number_of_cells", "Cell_number_of_cells_per_substrate"),
    ("cells", "devices", "samples", "cell", "device", "sample"),
)
_UNITS = FIELD_UNITS | _COUNTS
_ANNEALING = r"anneal|heat|bak(?:ed|ing)|dried"
_AGEING = r"stability|stable|ag(?:ed|e?ing)|retain|remain|stor(?:ed|age)|degrad|initial|illuminat"
_CUES = {
    ANNEALING_TEMPERATURE: _ANNEALING,
    ANNEALING_TIME: _ANNEALING,
    "Stability_temperature_range": _AGEING,
    "Stability_time_total_exposure": _AGEING,
    "Stability_PCE_initial_value": _AGEING,
    "Stability_PCE_end_of_experiment": _AGEING,
    "Cell_area_measured": r"area|mask|apertur",
}

# Control characters could move a terminal's cursor or reverse its text; halves of surrogate pairs
# cannot be written at all.
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Numbers between this one and the unit that all share: "70 and 100 °C".
_BETWEEN = r"(?:(?:\s*(?:,|/|-|–|~|to|and|or|then))+\s*[0-9.]+){0,8}\s*"


@dataclass(frozen=True)
class Quotation:
    """`pieces` of text, each with whether it is (a part of) the value.

    `missing`: parts that the text does not hold, as the value writes them; of numbers, those that no
    unit follows where it follows others. `lacking`: endings of the database that the text's name has
    not ("-np" where it says SnO2 for SnO2-np). `lacks_unit`: the numbers stand in the text, but none
    has the field's unit behind it, so they may well be other quantities.
    """

    pieces: tuple[tuple[str, bool], ...]
    missing: tuple[str, ...]
    lacking: tuple[str, ...] = ()
    lacks_unit: bool = False


def quote(
    field: str, value: str, text: str, length: int = 95, *, told: Sequence[tuple[int, int]] = ()
) -> Quotation:
    """A quotation of about `length` characters for the value of `field`.

    `told`: places where a method has read the value; the quotation is from there.
    """
    if told:
        places = sorted(set(map(tuple, told[:MOST_QUOTED])))
        return Quotation(tuple(_pieces(places, text, length)), ())
    written = {
        canonical_part(field, part): printable(part.strip()) for part in re.split(r"\||>>|;", value)
    }
    found = find_value(field, value, text)
    with_unit = {part: _with_unit(field, spans, text) for part, spans in found.items()}
    # Counts are often the database's defaults, 1 and 0, which stand in every text as something else.
    lacks_unit = field in FIELD_UNITS and any(found.values()) and not any(with_unit.values())
    if field in _UNITS and not lacks_unit:
        found = with_unit
    bare = {part: _without_ending(field, part, text) for part, spans in found.items() if not spans}
    lacking = tuple(dict.fromkeys(part[part.rindex("-") :] for part in bare if bare[part]))
    found |= bare
    missing = tuple(written.get(part, part) for part, spans in found.items() if not spans)
    present = [spans for spans in found.values() if spans][:MOST_QUOTED]
    places = sorted(set(_near_each_other(field, present, text)))
    return Quotation(tuple(_pieces(places, text, length)), missing, lacking, lacks_unit)


def printable(text: str) -> str:
    """One line that is safe to print: runs of blanks as one, control characters as "�"."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", re.sub(r"\s+", " ", text))


def _without_ending(field: str, part: str, text: str) -> Spans:
    """Where a material stands without the ending that the database adds to its name."""
    name, hyphen, ending = part.rpartition("-")
    return find_part(field, name, text) if hyphen + ending in _ENDINGS else []


def _near_each_other(field: str, choices: list[Spans], text: str) -> Spans:
    """One place for each part: all near that of the part with fewest places."""
    if not choices:
        return []
    choices = [spans[:MOST_PLACES] for spans in choices]
    fewest = min(choices, key=len)
    cues = _cue(field).finditer(text) if field in _CUES else ()
    cues = [match.start() for match in islice(cues, MOST_PLACES)]
    # Of equally near places, and where nothing speaks of the field, the first.
    anchor, _ = min(fewest, key=lambda span: min((abs(span[0] - cue) for cue in cues), default=0))
    return [min(spans, key=lambda span: abs(span[0] - anchor)) for spans in choices]


@lru_cache
def _cue(field: str) -> re.Pattern:
    return re.compile(_CUES[field], re.IGNORECASE)


def _with_unit(field: str, spans: Spans, text: str) -> Spans:
    if field not in _UNITS:
        return []
    return [span for span in spans if _unit(field).match(text, span[1])]


@lru_cache
def _unit(field: str) -> re.Pattern:
    units = "|".join(map(re.escape, _UNITS[field]))
    return re.compile(rf"{_BETWEEN}(?:{units})(?![a-z])", re.IGNORECASE)


def _pieces(places: Spans, text: str, length: int):
    """The text around `places` (sorted), with "…" where something is left out."""
    here = 0
    room = length - sum(end - start for start, end in places)
    context = max(LEAST_CONTEXT, room // max(2 * len(places), 1))
    for left, right in windows(places, text, context):
        if left > 0:
            yield from _plain(" … " if here else "… ")
        here = left
        for start, end in places:
            if left <= start and here < end <= right:
                yield from _plain(text[here:start])
                yield printable(text[max(start, here) : end]), True
                here = end
        yield from _plain(text[here:right])
        here = right
    if 0 < here < len(text):
        yield from _plain(" …")


def _plain(text: str):
    if text := printable(text):
        yield text, False

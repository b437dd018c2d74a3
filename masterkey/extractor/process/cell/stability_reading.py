"""What a sentence says of an ageing test: heat, gas, hours, what was left of the efficiency (issue 14)."""

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from masterkey.extractor.process.cell import stability_terms as terms
from masterkey.extractor.process.text.document import Document, Sentence

_BEFORE = 160  # characters before a value in which words may say what it is of
_SHORTEST = 1.0  # hours
_HIGHEST_HEAT = 200.0  # °C; no cell is aged above
_LARGEST_UNCERTAINTY = 10.0  # °C
_HIGHEST_PCE, _HIGHEST_LEFT = 45.0, 150.0
_MOST_CELLS = 500


@dataclass(frozen=True)
class Reading:
    """A value read at [start, end); `control`: it is told of a cell that serves as comparison."""

    value: float
    start: int
    end: int
    control: bool = False
    hours: float | None = None


@dataclass
class Test:
    """What the sentences of one ageing test say: °C, gas, hours, % left, initial %, cells averaged."""

    sentences: list[Sentence] = field(default_factory=list)
    temperatures: list[Reading] = field(default_factory=list)
    atmospheres: list[tuple[str, int, int, bool]] = field(default_factory=list)
    durations: list[Reading] = field(default_factory=list)
    outcomes: list[Reading] = field(default_factory=list)
    initials: list[Reading] = field(default_factory=list)
    averages: list[Reading] = field(default_factory=list)
    averaged: bool = False
    named: bool = False

    @property
    def is_set_out(self) -> bool:
        return bool(self.temperatures or self.atmospheres or self.durations)


def read(document: Document, sentence: Sentence, words: str) -> Test | None:
    """What one sentence says, or None where it denies a test or speaks of something else."""
    if _denies(words) or _of_other_cells(words):
        return None
    test = Test([sentence], named=terms.names_test(words))
    controls = _control_parts(words)
    test.temperatures = _temperatures(document, sentence, words, test.named)
    test.atmospheres = _atmospheres(document, sentence, words)
    test.durations = _durations(words, sentence.start, controls)
    _read_percents(test, words, sentence.start, controls)
    test.averaged = bool(terms.AVERAGED.search(words))
    if test.averaged or "n =" in words or "n=" in words:
        test.averages = _counts(terms.AVERAGE, words, sentence.start)
    return test


_DENIALS = (
    "no ",
    "not",
    "neither",
    "never",
    "without",
    "protect",
    "outside",
    "beyond",
    "elsewhere",
)


def _denies(words: str) -> bool:
    return any(word in words for word in _DENIALS) and bool(terms.DENIED.search(words))


# Each name of an atmosphere has one of these.
_GASES = (
    "air",
    "nitrogen",
    "n2",
    "glove",
    "argon",
    "ar ",
    "ar-",
    "inert",
    "vacuum",
    "humid",
    "dry",
    "desicc",
    "ambient",
    "rh",
    "r.h",
    "r. h",
    "damp",
    "outdoor",
)


def _of_other_cells(words: str) -> bool:
    named = any(other in words for other in ("organic", "opv", "silicon", "irradiance"))
    return named and bool(terms.OTHER_CELLS.search(words))


def _atmospheres(document: Document, sentence: Sentence, words: str) -> list:
    """(name, start, end, whether it may be of the sealing) for each gas or place."""
    found, start = [], sentence.start
    named = any(gas in words for gas in _GASES)
    if named and "solar simulator" not in words and "j–v" not in words:
        for match in terms.ATMOSPHERES.finditer(words):
            name = terms.ATMOSPHERE_NAMES.get(match.lastgroup, match.lastgroup)
            behind = words[match.end() : match.end() + 60]
            if terms.DRY_PLACE.match(match[0]) and terms.HUMID.search(behind):
                name = "Air"
            weak = bool(terms.SEALED.search(words[max(match.start() - _BEFORE, 0) : match.start()]))
            found.append((name, start + match.start(), start + match.end(), weak))
    box = terms.SAME_BOX.search(words) if not found and "box" in words else None
    if box:
        before = terms.BOX_GAS.finditer(document.lower, max(start - 600, 0), start)
        gas = [match.lastgroup for match in before]
        if gas:
            name = terms.ATMOSPHERE_NAMES.get(gas[-1], gas[-1])
            found.append((name, start + box.start(), start + box.end(), True))
    return found


def cells_tested(document: Document, test: Test) -> list[Reading]:
    """How many cells the sentences of a test say were tested."""
    found = []
    for sentence in test.sentences:
        found += _counts(terms.COUNT, document.words(sentence), sentence.start)
    return found


def single_cell(document: Document, test: Test) -> Reading | None:
    """Where a sentence of the test says that one cell was tested."""
    for sentence in test.sentences:
        words = document.words(sentence)
        match = terms.SINGLE.search(words)
        if match and (terms.PUT.search(words) or terms.names_test(words)):
            return Reading(1, sentence.start + match.start(), sentence.start + match.end())
    return None


def _counts(pattern: re.Pattern, words: str, start: int) -> list[Reading]:
    """Numbers of cells, of two or more."""
    found = []
    for match in pattern.finditer(words):
        count = next(group for group in match.groups() if group)
        value = terms.WORDS.get(count) or int(count)
        if 2 <= value <= _MOST_CELLS:
            found.append(Reading(value, start + match.start(), start + match.end()))
    return found


def _control_parts(words: str) -> list[tuple[int, int]]:
    """Clauses of a sentence that tell of the cells for comparison."""
    if not terms.CONTROL.search(words):
        return []
    ends = [0, *(match.start() for match in terms.CLAUSE.finditer(words)), len(words)]
    parts = pairwise(ends)
    return [(a, b) for a, b in parts if a < b and terms.CONTROL.search(words, a, b)]


def _inside(place: int, parts: list[tuple[int, int]]) -> bool:
    return any(a <= place < b for a, b in parts)


def _temperatures(document: Document, sentence: Sentence, words: str, named: bool) -> list[Reading]:
    found = []
    cycled = terms.CYCLED.search(words) if "cycl" in words else None
    if cycled:
        span = sentence.start + cycled.start(), sentence.start + cycled.end()
        low = re.sub("[−–]", "-", cycled["low"])
        return [Reading(float(low), *span), Reading(float(cycled["high"]), *span)]
    for quantity in document.inside(document.temperatures, sentence):
        place = quantity.start - sentence.start
        if quantity.value > _HIGHEST_HEAT or terms.NO_TEST_HEAT.search(
            words[max(place - _BEFORE, 0) : place]
        ):
            continue
        if quantity.value <= _LARGEST_UNCERTAINTY and terms.UNCERTAIN.search(
            words[max(place - _BEFORE, 0) : place]
        ):
            continue
        if not named and terms.MEASURED_HEAT.search(words[max(place - _BEFORE, 0) : place]):
            continue
        found.append(Reading(quantity.value, quantity.start, quantity.end))
    return found


def _durations(words: str, start: int, controls) -> list[Reading]:
    found = []
    for match in terms.DURATION.finditer(words):
        count = match["n"].replace(",", "")
        hours = (terms.WORDS.get(count) or float(count)) * terms.HOURS[match["unit"][0]]
        if hours < _SHORTEST or terms.REPEATED.search(
            words[max(match.start() - _BEFORE, 0) : match.start()]
        ):
            continue
        place = match.start()
        found.append(Reading(hours, start + place, start + match.end(), _inside(place, controls)))
    return found


def _read_percents(test: Test, words: str, start: int, controls) -> None:
    """Sort the percentages of a sentence into what was left and what the cells began with."""

    def reading(value, a, b, hours=None):
        return Reading(value, start + a, start + b, _inside(a, controls), hours)

    for match in terms.LIFETIME.finditer(words) if "0" in words or "5" in words else ():
        hours = float(match["n"].replace(",", "")) * terms.HOURS[match["unit"][0]]
        test.outcomes.append(reading(float(match["percent"]), *match.span(), hours))
    taken = []
    for match in terms.FROM_TO.finditer(words) if "%" in words else ():
        before = float(match["before"] or match["before2"] or match["before3"])
        after = float(match["after"] or match["after2"] or match["after3"])
        if 1 <= before <= _HIGHEST_PCE and after <= before * 1.3:
            test.outcomes.append(reading(round(100 * after / before), *match.span()))
            test.initials.append(reading(before, *match.span()))
            taken.append(match.span())
    for match in terms.PERCENT.finditer(words) if "%" in words or "cent" in words else ():
        if not _inside(match.start(), taken):
            value, is_outcome = _percent(words, match)
            if value is not None:
                readings = test.outcomes if is_outcome else test.initials
                one = reading(value, *match.span())
                behind = words[match.end() : match.end() + 30]
                if one.control and terms.OF_TARGET.match(behind):
                    one = replace(one, control=False)
                elif terms.OF_CONTROL.match(behind):
                    one = replace(one, control=True)
                readings.append(one)
    if test.outcomes:
        return
    for match in _fractions(words):
        part = next(
            n
            for words_of, n in terms.FRACTIONS.items()
            if re.fullmatch(words_of, match["part"] or match["part2"])
        )
        is_loss = (match["verb"] or match["verb2"]).startswith(
            ("los", "gone", "fell by", "dropped by")
        )
        test.outcomes.append(reading(100 - part if is_loss else part, *match.span()))
    if not test.outcomes and (test.named or test.durations):
        match = terms.UNCHANGED.search(words)
        if match:
            test.outcomes.append(reading(100.0, *match.span()))


def _fractions(words: str):
    named = any(sign in words for sign in terms.FRACTION_SIGNS)
    return terms.FRACTION.finditer(words) if named else ()


def _percent(words: str, match) -> tuple[float | None, bool]:
    """(the % left, True), (an initial efficiency, False) or (None, False) for a percentage."""
    value = float(match["n"])
    before, behind = (
        words[max(match.start() - 80, 0) : match.start()],
        words[match.end() : match.end() + 50],
    )
    if terms.HUMID_BEHIND.match(behind) or terms.HUMID_BEFORE.search(before):
        return None, False
    if terms.LOST_BEFORE.search(before) or terms.LOST_BEHIND.match(behind):
        return (100 - value, True) if value <= 100 else (None, False)
    kept = value <= _HIGHEST_LEFT and (
        terms.KEPT_BEHIND.match(behind)
        or (terms.OF_EFFICIENCY.match(behind) and value > _HIGHEST_PCE)
        or (value > _HIGHEST_PCE and terms.LEFT_BEHIND.match(behind))
        or (value > _HIGHEST_PCE and terms.AFTER_BEHIND.match(behind))
        or (
            value > _HIGHEST_PCE
            and (terms.KEPT_BEFORE.search(before) or terms.FELL_TO.search(before))
        )
    )
    if kept:
        return value, True
    is_initial = terms.STARTED_BEFORE.search(before) or terms.STARTED_BEHIND.match(behind)
    return (value, False) if is_initial and 0.1 <= value <= _HIGHEST_PCE else (None, False)

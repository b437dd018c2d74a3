"""What a sentence says of an ageing test: heat, gas, hours, what was left of the efficiency (issue 14)."""

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from masterkey.extractor.process import stability_terms as terms
from masterkey.extractor.process.document import Document, Sentence

_BEFORE = 160  # characters before a value in which words may say what it is of
_SHORTEST = 1.0  # hours
_HIGHEST_HEAT = 200.0  # °C; no cell is aged above
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
    named: bool = False

    @property
    def is_set_out(self) -> bool:
        return bool(self.temperatures or self.atmospheres or self.durations)


def read(document: Document, sentence: Sentence, words: str) -> Test | None:
    """What one sentence says, or None where it denies a test or speaks of something else."""
    if terms.DENIED.search(words) or terms.OTHER_CELLS.search(words):
        return None
    test = Test([sentence], named=terms.names_test(words))
    start = sentence.start
    controls = _control_parts(words)
    test.temperatures = _temperatures(document, sentence, words, test.named)
    if "solar simulator" not in words and "j–v" not in words:
        for match in terms.ATMOSPHERES.finditer(words):
            name = terms.ATMOSPHERE_NAMES.get(match.lastgroup, match.lastgroup)
            behind = words[match.end() : match.end() + 60]
            if terms.DRY_PLACE.match(match[0]) and terms.HUMID.search(behind):
                name = "Air"
            weak = bool(terms.SEALED.search(words[max(match.start() - _BEFORE, 0) : match.start()]))
            test.atmospheres.append((name, start + match.start(), start + match.end(), weak))
    if not test.atmospheres and (box := terms.SAME_BOX.search(words)):
        gas = [
            m.lastgroup for m in terms.BOX_GAS.finditer(document.lower, max(start - 600, 0), start)
        ]
        if gas:
            name = terms.ATMOSPHERE_NAMES.get(gas[-1], gas[-1])
            test.atmospheres.append((name, start + box.start(), start + box.end(), True))
    test.durations = _durations(words, start, controls)
    _read_percents(test, words, start, controls)
    for match in terms.AVERAGE.finditer(words):
        count = match["n"] or match["n2"] or match["n3"]
        value = terms.WORDS.get(count) or int(count)
        if 1 < value <= _MOST_CELLS:
            test.averages.append(Reading(value, start + match.start(), start + match.end()))
    return test


def _control_parts(words: str) -> list[tuple[int, int]]:
    """Clauses of a sentence that tell of the cells for comparison."""
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

    for match in terms.LIFETIME.finditer(words):
        hours = float(match["n"].replace(",", "")) * terms.HOURS[match["unit"][0]]
        test.outcomes.append(reading(float(match["percent"]), *match.span(), hours))
    taken = []
    for match in terms.FROM_TO.finditer(words):
        before = float(match["before"] or match["before2"])
        after = float(match["after"] or match["after2"])
        if 1 <= before <= _HIGHEST_PCE and after <= before * 1.3:
            test.outcomes.append(reading(round(100 * after / before), *match.span()))
            test.initials.append(reading(before, *match.span()))
            taken.append(match.span())
    for match in terms.PERCENT.finditer(words):
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
    for match in terms.FRACTION.finditer(words):
        part = next(
            n
            for words_of, n in terms.FRACTIONS.items()
            if re.fullmatch(words_of, match["part"] or match["part2"])
        )
        is_loss = (match["verb"] or match["verb2"]).startswith(
            ("los", "gone", "fell by", "dropped by")
        )
        test.outcomes.append(reading(100 - part if is_loss else part, *match.span()))
    match = terms.UNCHANGED.search(words)
    if match and not test.outcomes and (test.named or test.durations):
        test.outcomes.append(reading(100.0, *match.span()))


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

"""What a text says of the ageing test of its cells that has an outcome (issue 14).

The fields of an answer come from one test: of several the one with a number for what was left, else the longest.
"""

import re
from dataclasses import replace
from functools import partial

from masterkey.extractor.process.cell import stability_names as names
from masterkey.extractor.process.cell import stability_terms as terms
from masterkey.extractor.process.cell.ageing_guesses import guesses
from masterkey.extractor.process.cell.ageing_tests import tests_of
from masterkey.extractor.process.cell.stability_absolute import OF_THIS, is_early_end
from masterkey.extractor.process.cell.stability_labels import initial_by_label
from masterkey.extractor.process.cell.stability_reading import cells_tested, single_cell
from masterkey.extractor.process.cell.stability_records import Reading, Test
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import number, sentences_naming

_MOST = 60  # outcomes that are looked at; it bounds the work on arbitrary text
_BEHIND = 60  # characters by which a place behind the outcome counts as farther away
_LONGEST_CLAUSE = 300  # characters on either side of a value
_HIGHEST_PCE = 45.0  # %
_EFFICIENCY = re.compile(r"\b(?:cells?|devices?|efficienc(?:y|ies)|pces?)\b")
_CLOSE = 30  # characters between an efficiency and what was left of it
_NEAR = 60  # characters between the humidity and the gas of one place
_OF_SEVERAL = (
    0.85  # how sure it is that the one of several tests that is chosen is the one that is meant
)
_OF_SEVERAL_CELLS = 0.75  # likewise of the outcomes of several kinds of cells in one sentence

_SINGLE = re.compile(
    r"\bsingle[- ]junction|\b(?:target|control|small|(?:un)?encapsulated|sealed|bare) (?:cells|devices)\b|\bcells and (?:modules|tandems)\b|(?<!tandem )(?<!module )\bcells (?:started|began|retained|kept|had|lost)\b"
)


def stability_findings(document: Document) -> dict[str, Finding]:
    """Field → Finding of the stability fields; empty where the text says nothing of a test of cells."""
    tests = tests_of(document)
    if tests:
        best = max(tests, key=partial(rank, document))
        if not (is_of_others(document, best) and _of_tandems(document, best)):
            found = guesses(document, best) | test_findings(document, best)
            return _in_doubt(found) if _is_one_of_several(tests) else found
        start = best.sentences[0]
        return {"Stability_measured": Finding("FALSE", 0.7, "deduced", ((start.start, start.end),))}
    untested = _untested(document)
    return {"Stability_measured": untested} if untested else {}


def _is_one_of_several(tests: list[Test]) -> bool:
    """Whether another test than the chosen one might be meant, too."""
    return sum(bool(test.outcomes or test.durations) for test in tests) > 1


def _in_doubt(found: dict[str, Finding]) -> dict[str, Finding]:
    return {
        name: replace(finding, certainty=min(finding.certainty, _OF_SEVERAL))
        for name, finding in found.items()
    }


def _untested(document: Document) -> Finding | None:
    """Where a text says that the stability of its cells was not tested."""
    for sentence in sentences_naming(
        document, ("stabilit", "ageing", "aging", "shelf", "lifetime", "degrad")
    ):
        words = document.words(sentence)
        if names.UNTESTED.search(words) and not terms.NO_CELLS.search(words):
            return Finding("FALSE", 0.9, "text", ((sentence.start, sentence.end),))
    return None


def test_findings(document: Document, test: Test) -> dict[str, Finding]:
    """Field → Finding of the stability fields from one test."""
    outcome = _chosen(document, test)
    first = test.sentences[0]
    sure = 0.95 if outcome or test.named else 0.8
    found = {"Stability_measured": Finding("TRUE", sure, "text", ((first.start, first.end),))}
    duration = _duration(document, test, outcome)
    place = duration or outcome
    _add(found, "Stability_temperature_range", _temperature(test, place))
    _add(found, "Stability_atmosphere", _atmosphere(document, test, place))
    if duration:
        _add(found, "Stability_time_total_exposure", _stated(duration.value, duration))
    if outcome:
        _add(found, "Stability_PCE_end_of_experiment", _stated(outcome.value, outcome))
    initial = (
        _initial(document, test, outcome)
        or _initial_of_all(tests_of(document), test, outcome)
        or initial_by_label(document, test, outcome)
    )
    if initial:
        _add(found, "Stability_PCE_initial_value", _stated(initial.value, initial))
    average = _average(document, test)
    if average:
        sure = 0.92 if test.averages else 0.8
        _add(
            found, "Stability_average_over_n_number_of_cells", _stated(average.value, average, sure)
        )
    if outcome and _is_undecided(document, test, outcome):
        names_of = "Stability_PCE_end_of_experiment", "Stability_PCE_initial_value"
        found |= {
            name: replace(found[name], certainty=min(found[name].certainty, _OF_SEVERAL_CELLS))
            for name in names_of
            if name in found
        }
    return found


def _is_undecided(document: Document, test: Test, outcome: Reading) -> bool:
    """Whether a sentence has another outcome after the same time, and says of neither that it is for comparison."""
    sentence, hours = _sentence_of(test, outcome), _hours(document, test, outcome)
    return not outcome.control and any(
        other.value != outcome.value
        and sentence.start <= other.start < sentence.end
        and _hours(document, test, other) == hours
        for other in test.outcomes
        if not other.control
    )


def _add(found: dict, name: str, finding: Finding | None) -> None:
    if finding is not None:
        found[name] = finding


def _stated(value: float, at: Reading, certainty: float = 0.92) -> Finding:
    return Finding(number(value), certainty - 0.25 * at.control, "text", ((at.start, at.end),))


def is_of_others(document: Document, test: Test) -> bool:
    """Whether only tandems or modules that are told behind the paper's cells were tested."""
    words = " ".join(map(document.words, test.sentences))
    return document.is_of_second_devices(words) and not _SINGLE.search(words)


def _of_tandems(document: Document, test: Test) -> bool:
    return any("tandem" in document.words(sentence) for sentence in test.sentences)


def rank(document: Document, test: Test) -> tuple:
    """The higher, the more a test is the one that the fields are of."""
    longest = max((reading.value for reading in test.durations), default=0.0)
    return (
        not is_of_others(document, test),
        bool(test.outcomes),
        longest > 0,
        not test.outcomes and longest,
        -test.sentences[0].start,
    )


def _average(document: Document, test: Test) -> Reading | None:
    """The number of cells averaged: stated as such, else how many were tested."""
    if test.averages:
        return test.averages[0]
    tested = next(iter(cells_tested(document, test)), None)
    if tested and (test.averaged or tested.value > 1):
        return tested
    return None if test.averaged else single_cell(document, test)


def _chosen(document: Document, test: Test) -> Reading | None:
    """The outcome of the target cells at the end of the test."""
    if not test.outcomes:
        return None
    own = ([reading for reading in test.outcomes if not reading.control] or test.outcomes)[:_MOST]
    sentence = _sentence_of(test, own[0])
    same = [reading for reading in own if _sentence_of(test, reading) is sentence]
    return max(same, key=lambda reading: (_hours(document, test, reading) or 0.0, -reading.start))


def _sentence_of(test: Test, reading: Reading) -> Sentence:
    return next(s for s in test.sentences if s.start <= reading.start < s.end)


def _hours(document: Document, test: Test, outcome: Reading) -> float | None:
    """The hours that the sentence of an outcome gives it."""
    nearest = _nearest_duration(document, test, outcome)
    return nearest.value if nearest else None


def _nearest_duration(document: Document, test: Test, outcome: Reading) -> Reading | None:
    if outcome.hours is not None:
        return Reading(outcome.hours, outcome.start, outcome.end, outcome.control)
    same = _of_clause(document, test, outcome, test.durations)
    same = [r for r in same if not is_early_end(document, outcome, r)]
    # "after 500 h" stands before or behind what was left; a duration behind it is likelier its own.
    ahead = [r for r in same if r.start > outcome.start and r.start - outcome.end < 60]
    near = ahead[:1] or [r for r in same if r.start < outcome.start][-1:] or same[:1]
    return near[0] if near else None


def _duration(document: Document, test: Test, outcome: Reading | None) -> Reading | None:
    if outcome is not None:
        earlier = [r for r in test.durations if r.start < outcome.start]
        longest = max(earlier or test.durations, key=lambda r: r.value, default=None)
        return _nearest_duration(document, test, outcome) or longest
    own = [reading for reading in test.durations if not reading.control] or test.durations
    return max(own, key=lambda reading: reading.value, default=None)


def _temperature(test: Test, place: Reading | None) -> Finding | None:
    if not test.temperatures:
        return None
    start = place.start if place else test.sentences[0].start
    nearest = min(
        test.temperatures, key=lambda r: abs(r.start - start) + _BEHIND * (r.start > start)
    )
    both = [r.value for r in test.temperatures if r.start == nearest.start]
    low, high = min(both), max(both)
    span = ((nearest.start, nearest.end),)
    return Finding(f"{number(low)}; {number(high)}", 0.9, "text", span)


def _atmosphere(document: Document, test: Test, place: Reading | None) -> Finding | None:
    strong = [found for found in test.atmospheres if not found[3]] or test.atmospheres
    if not strong:
        return None
    start = place.start if place else test.sentences[0].start
    # A gas that is named says more than the humidity beside it.
    name, a, b, weak = min(
        strong, key=lambda found: abs(found[1] - start) + _BEHIND * (found[1] > start)
    )
    sentence = next(s for s in test.sentences if s.start <= a < s.end)
    if terms.MOISTURE.match(document.lower, a, b):
        gases = [
            found
            for found in strong
            if sentence.start <= found[1] < sentence.end
            and found[0] in ("N2", "Ar", "Dry air")
            and found[1] != a
            and abs(found[1] - a) < _NEAR
        ]
        if gases:
            name, a, b, weak = gases[0]
    return Finding(name, 0.6 if weak else 0.88, "text", ((a, b),))


def _initial(document: Document, test: Test, outcome: Reading | None) -> Reading | None:
    """The efficiency that the cells of the outcome began with."""
    own = [r for r in test.initials if outcome is None or r.control == outcome.control]
    if outcome and test.is_listed:
        outcomes = sorted(test.outcomes, key=lambda reading: reading.start)
        place = outcomes.index(outcome) if len(outcomes) == len(test.initials) else 0
        return test.initials[place]
    if not own:
        return _pointed_at(document, outcome) if outcome else None
    if outcome is None:
        return own[0]
    same = _of_clause(document, test, outcome, own)
    behind = [r for r in same if r.start >= outcome.start]
    # "X, starting at 25.3%, retained 94%, and Y, starting at 24.1%, only 76%"
    close = [r for r in same if 0 <= outcome.start - r.end <= _CLOSE]
    if close and behind and behind[0].start - outcome.end > _CLOSE:
        return close[-1]
    return (behind or same or own)[0]


def _pointed_at(document: Document, outcome: Reading) -> Reading | None:
    """ "The champion reached 23.4%. It kept 97% of that value": the efficiency right before."""
    sentence = document.sentence_at(outcome.start)
    if not sentence.number or not OF_THIS.match(document.lower, outcome.end):
        return None
    before = document.sentences[sentence.number - 1]
    words = document.words(before)
    told = [m for m in terms.PERCENT.finditer(words) if _EFFICIENCY.search(words, 0, m.start())]
    values = [m for m in told if 1 <= float(m["n"]) <= _HIGHEST_PCE]
    if not values:
        return None
    last = values[-1]
    return Reading(float(last["n"]), before.start + last.start(), before.start + last.end())


def _of_clause(
    document: Document, test: Test, at: Reading, readings: list[Reading]
) -> list[Reading]:
    """Those that stand in the clause of a reading, else in its sentence; of two kinds of cells each has its own."""
    sentence = _sentence_of(test, at)
    same = [r for r in readings if sentence.start <= r.start < sentence.end]
    first = max(sentence.start, at.start - _LONGEST_CLAUSE)
    last = min(sentence.end, at.end + _LONGEST_CLAUSE)
    ends = [match.start() for match in terms.CLAUSE.finditer(document.lower, first, last)]
    first = max((end for end in ends if end <= at.start), default=first)
    last = min((end for end in ends if end > at.start), default=last)
    return [r for r in same if first <= r.start < last] or same


def _initial_of_all(tests: list[Test], test: Test, outcome: Reading | None) -> Reading | None:
    """The initial efficiency from a sentence behind several tests that is on nothing else."""
    if outcome is None:
        return None
    for other in tests:
        for reading in other.initials if other is not test else ():
            sentence = _sentence_of(other, reading)
            more = [r for r in (*other.outcomes, *other.durations) if r.start >= sentence.start]
            if sentence.start > outcome.start and not more and reading.control == outcome.control:
                return reading
    return None

"""What a sentence says of an ageing test: heat, gas, hours, what was left of the efficiency (issue 14)."""

import re
from dataclasses import replace
from itertools import pairwise

from masterkey.extractor.process.cell import stability_names as names
from masterkey.extractor.process.cell import stability_terms as terms
from masterkey.extractor.process.cell.stability_absolute import with_ratio
from masterkey.extractor.process.cell.stability_lists import values_of_controls
from masterkey.extractor.process.cell.stability_percents import read_percents
from masterkey.extractor.process.cell.stability_places import atmospheres, temperatures
from masterkey.extractor.process.cell.stability_records import Reading, Test, inside
from masterkey.extractor.process.text.document import Document, Sentence

_BEFORE = 160  # characters before a value in which words may say what it is of
_SHORTEST = 1.0  # hours
_MOST_CELLS = 500
_LEAD = 250  # characters before a sentence that may name the kinds of cells in its order


def read(document: Document, sentence: Sentence, words: str) -> Test | None:
    """What one sentence says, or None where it denies a test or speaks of something else."""
    denied = _denies(words)
    if denied:
        words = _without_denials(words)
    if _of_other_cells(words):
        return None
    test = Test([sentence], named=names.names_test(words))
    controls = _control_parts(words)
    test.temperatures = temperatures(document, sentence, words, test.named)
    test.atmospheres = atmospheres(document, sentence, words)
    test.durations = _durations(words, sentence.start, controls)
    lead = document.lower[max(sentence.start - _LEAD, 0) : sentence.start]
    control_first = bool(terms.CONTROL_FIRST.search(lead + words))
    read_percents(test, words, sentence.start, controls, control_first)
    _leave_out_extrapolated(test, words, sentence.start)
    if "respectively" in words:
        _at_last_of_times(test, lead + words)
    with_ratio(test)
    test.averaged = bool(terms.AVERAGED.search(words))
    if test.averaged or "n =" in words or "n=" in words:
        test.averages = _counts(terms.AVERAGE, words, sentence.start)
    return None if denied and not test.outcomes else test


_TIMES = re.compile(
    r"\b(?:\d+,? ?(?:h|d|hours|days|weeks)?, )+\d+,? (?:h |d )?and \d+ (?:h|hours|d|days|weeks|months)\b"
)


def _at_last_of_times(test: Test, words: str) -> None:
    """Of "99%, 97% and 95% after 10, 20 and 50 days" keep what was left at the last."""
    times = _TIMES.search(words)
    count = len(re.findall(r"\d+", times[0])) if times else 0
    ordered = sorted(test.outcomes, key=lambda reading: reading.start)
    values = [reading.value for reading in ordered]
    if count > 2 and count == len(values) and values == sorted(values, reverse=True):
        test.outcomes = [replace(ordered[-1], control=ordered[0].control)]


_EXTRAPOLATED = re.compile(r"\b(?:extrapolat|project|predict|estimat)\w*")
_BEFORE_LIFETIME, _BEHIND_LIFETIME = 60, 25  # characters


def _leave_out_extrapolated(test: Test, words: str, start: int) -> None:
    """ "97% after 1000 h, an extrapolated T90 of 3000 h": what was measured stays, where it is told too."""
    for match in terms.LIFETIME.finditer(words):
        around = max(match.start() - _BEFORE_LIFETIME, 0), match.end() + _BEHIND_LIFETIME
        if not _EXTRAPOLATED.search(words, *around):
            continue
        first, last = start + match.start(), start + match.end()
        for readings in (test.outcomes, test.durations):
            measured = [r for r in readings if not first <= r.start < last]
            readings[:] = measured or readings


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
    return any(word in words for word in _DENIALS) and bool(names.DENIED.search(words))


def _without_denials(words: str) -> str:
    """The words with spaces in place of each clause that denies a test: of one kind of cells it may be told still."""
    if of_list := values_of_controls(words):
        return of_list
    ends = [0, *(match.start() for match in terms.CLAUSE.finditer(words)), len(words)]
    clauses = [words[a:b] for a, b in pairwise(ends)]
    return "".join(" " * len(clause) if _denies(clause) else clause for clause in clauses)


def _of_other_cells(words: str) -> bool:
    named = any(other in words for other in ("organic", "opv", "silicon", "irradiance"))
    return named and bool(terms.OTHER_CELLS.search(words))


_POINTS_BACK = re.compile(r"\W*(?:they|these|all of them|the (?:cells|devices|modules|samples))\b")


def cells_tested(document: Document, test: Test) -> list[Reading]:
    """How many cells the sentences of a test say were tested."""
    found = []
    first = test.sentences[0]
    before = document.sentences[first.number - 1] if first.number else first
    points_back = _POINTS_BACK.match(document.words(first))
    told = before.kind == first.kind and (points_back or names.names_test(document.words(before)))
    ahead = [before] if told else []
    for sentence in (*test.sentences, *ahead):
        found += _counts(terms.COUNT, document.words(sentence), sentence.start)
    return found


def single_cell(document: Document, test: Test) -> Reading | None:
    """Where a sentence of the test says that one cell was tested."""
    for sentence in test.sentences:
        words = document.words(sentence)
        match = terms.SINGLE.search(words)
        if match and (terms.PUT.search(words) or names.names_test(words)):
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
    """Clauses of a sentence that tell of the cells for comparison: by their name, else those set against the first."""
    if not terms.CONTROL.search(words):
        against = terms.AGAINST.search(words)
        return [(against.start(), len(words))] if against else []
    if of_list := values_of_controls(words):
        return of_list
    ends = [0, *(match.start() for match in terms.CLAUSE.finditer(words)), len(words)]
    parts = pairwise(ends)
    return [(a, b) for a, b in parts if a < b and terms.CONTROL.search(words, a, b)]


def _durations(words: str, start: int, controls) -> list[Reading]:
    found = []
    for match in terms.CYCLES.finditer(words) if "cycle" in words else ():
        one = float(match["n"]) / (60.0 if match["unit"].startswith("m") else 1.0)
        place = match.start()
        told = Reading(
            _count(match["times"]) * one,
            start + place,
            start + match.end(),
            inside(place, controls),
        )
        found.append(told)
    for match in terms.DURATION.finditer(words):
        if any(told.start < start + match.start() < told.end for told in found):
            continue
        hours = (
            _count(match["n"] or match["n2"] or match["n3"])
            * terms.HOURS[(match["unit"] or match["unit2"] or match["unit3"])[0]]
        )
        if hours < _SHORTEST or terms.REPEATED.search(
            words[max(match.start() - _BEFORE, 0) : match.start()]
        ):
            continue
        place = match.start()
        found.append(Reading(hours, start + place, start + match.end(), inside(place, controls)))
    return found


def _count(words: str) -> float:
    """A number as a duration has it: "1,000", "three", "half a"."""
    named = terms.WORDS.get(words) or terms.NAMED_COUNTS.get(words)
    return named or float(words.replace(",", ""))

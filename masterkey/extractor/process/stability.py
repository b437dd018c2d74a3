"""Ageing tests of cells that a text tells of, and what it says of the one with an outcome (issue 14).

The fields of an answer come from one test: of several the one with a number for what was left, else the longest.
"""

import re

from masterkey.extractor.process import stability_terms as terms
from masterkey.extractor.process.document import Document, Sentence
from masterkey.extractor.process.findings import Finding
from masterkey.extractor.process.passages import number, sentences_naming
from masterkey.extractor.process.stability_reading import (
    Reading,
    Test,
    cells_tested,
    read,
    single_cell,
)

MAX_SENTENCES = 60
_NEAR = 60  # characters between the humidity and the gas of one place
_LONGEST_GAP = 3  # sentences between two of one test
_LONGEST_TITLE = 30  # characters of a heading before its text
_SHORTEST_SIGN = 60.0  # minutes
_SHORTEST_UNNAMED = 48.0  # hours, where nothing but "stored for" says that it is a test


def stability_findings(document: Document) -> dict[str, Finding]:
    """Field → Finding of the stability fields; empty where the text tells of no test of cells."""
    tests = tests_of(document)
    if not tests:
        return {}
    test = max(tests, key=_rank)
    outcome = _chosen(test)
    first = test.sentences[0]
    sure = 0.95 if outcome or test.named else 0.8
    found = {"Stability_measured": Finding("TRUE", sure, "text", ((first.start, first.end),))}
    duration = _duration(test, outcome)
    place = duration or outcome
    _add(found, "Stability_temperature_range", _temperature(test, place))
    _add(found, "Stability_atmosphere", _atmosphere(document, test, place))
    if duration:
        _add(found, "Stability_time_total_exposure", _stated(duration.value, duration))
    if outcome:
        _add(found, "Stability_PCE_end_of_experiment", _stated(outcome.value, outcome))
    initial = _initial(test, outcome)
    if initial:
        _add(found, "Stability_PCE_initial_value", _stated(initial.value, initial))
    average = _average(document, test)
    if average:
        sure = 0.92 if test.averages else 0.8
        _add(
            found, "Stability_average_over_n_number_of_cells", _stated(average.value, average, sure)
        )
    return found


def _add(found: dict, name: str, finding: Finding | None) -> None:
    if finding is not None:
        found[name] = finding


def _stated(value: float, at: Reading, certainty: float = 0.92) -> Finding:
    return Finding(number(value), certainty - 0.25 * at.control, "text", ((at.start, at.end),))


def _rank(test: Test) -> tuple:
    longest = max((reading.value for reading in test.durations), default=0.0)
    return bool(test.outcomes), longest > 0, not test.outcomes and longest, -test.sentences[0].start


def _average(document: Document, test: Test) -> Reading | None:
    """The number of cells averaged: stated as such, or tested where averages are given; 1 where one was tested."""
    if test.averages:
        return test.averages[0]
    if test.averaged:
        return next(iter(cells_tested(document, test)), None)
    return single_cell(document, test)


def tests_of(document: Document) -> list[Test]:
    """The ageing tests of cells, in the order of the text."""
    found: list[Test] = []
    looked, signs = 0, _signs(document)
    if not signs:
        return found
    headed = _headed(document, signs)
    for sentence in document.sentences:
        if not (headed[sentence.number] or sentence.number in signs or _follows(found, sentence)):
            continue
        looked += 1
        if looked > MAX_SENTENCES:
            break
        words = document.words(sentence)
        current = found[-1] if found and _follows(found, sentence) else None
        may_tell = headed[sentence.number] or current is not None or _may_begin(sentence, words)
        new = read(document, sentence, words) if may_tell and not _of_others(words) else None
        if new is None:
            continue
        if _tells_of_test(sentence, words, new, current, headed[sentence.number]):
            if current is None or _begins_another(current, new, words):
                found.append(new)
            else:
                _join(current, new)
    set_out = [_with_set_out(document, test, found) for test in found]
    return [test for test in set_out if _is_of_cells(document, test)]


def _with_set_out(document: Document, new: Test, found: list[Test]) -> Test:
    """A test that begins with its outcome, joined with the sentence before that says where the cells were put."""
    if not (new.outcomes or new.durations) or new.temperatures or new.atmospheres:
        return new
    first = new.sentences[0]
    taken = {sentence.number for test in found for sentence in test.sentences}
    for number_before in range(first.number - 1, max(first.number - _LONGEST_GAP, 0) - 1, -1):
        sentence = document.sentences[number_before]
        words = document.words(sentence)
        if sentence.kind != first.kind or number_before in taken:
            break
        if not terms.PUT.search(words) or terms.TREATMENT.search(words.replace("every", "")):
            continue
        if not (terms.CELLS.search(words) or terms.OF_CELLS.search(words)):
            continue
        before = read(document, sentence, words)
        if before is not None and (before.temperatures or before.atmospheres):
            _join(before, new)
            return before
    return new


def _signs(document: Document) -> set[int]:
    """The numbers of the sentences that may begin an ageing test."""
    signs = {sentence.number for sentence in sentences_naming(document, terms.NAMES)}
    long = {
        document.sentence_at(quantity.start).number
        for quantity in document.durations
        if quantity.value >= _SHORTEST_SIGN
    }
    for sentence in sentences_naming(document, ("%", *terms.LONG)):
        long.add(sentence.number)
    for place in long - signs:
        words = document.words(document.sentences[place])
        of_cells = any(sign in words for sign in terms.CELL_SIGNS)
        if of_cells and any(act in words for act in terms.ACTS):
            signs.add(place)
    return signs


def _headed(document: Document, signs: set[int]) -> list[bool]:
    """For each sentence whether a heading above it names an ageing test."""
    sections = {
        section.start: section.kind == "stability" or terms.names_test(section.title.lower())
        for section in document.sections
        if section.title
    }
    found, headed = [], False
    for sentence in document.sentences:
        headed = sections.get(sentence.start, headed)
        if not headed and sentence.end - sentence.start <= _LONGEST_TITLE:
            words = document.words(sentence)
            if sentence.number in signs or "test" in words:
                headed = terms.names_test(words)
        found.append(headed)
    return found


def _follows(found: list[Test], sentence: Sentence) -> bool:
    """Whether a sentence is near enough to the last test to say more about it."""
    if not found:
        return False
    last = found[-1].sentences[-1]
    return sentence.kind == last.kind and sentence.number - last.number <= _LONGEST_GAP


_SEVERAL_CELLS = re.compile(r"\b(?:cells|devices|modules|tandems)\b")


def _of_others(words: str) -> bool:
    """Whether a sentence is on films, powders or inks and not on cells."""
    other = terms.NO_CELLS.search(words)
    return bool(other and not terms.CELLS.search(terms.NOT_CELLS.sub("", words)))


def _may_begin(sentence: Sentence, words: str) -> bool:
    """Whether a sentence may begin a test: by its name, by what was left, or by what was done with cells."""
    if any(sign in words for sign in terms.OUTCOME_SIGNS) or terms.names_test(words):
        return True
    return bool(not sentence.is_study and _SEVERAL_CELLS.search(words))


def _tells_of_test(
    sentence: Sentence, words: str, new: Test, current: Test | None, headed: bool
) -> bool:
    """Whether a sentence is about an ageing test of cells."""
    if current is not None and (new.outcomes or new.initials or new.averages or new.averaged):
        return True
    sets_out = terms.SETS_OUT.search(words) and new.is_set_out
    if headed:
        return bool(sets_out or new.outcomes or (current and new.is_set_out) or new.named)
    if terms.TREATMENT.search(words) and not new.outcomes and not new.named:
        return False
    if new.outcomes and (new.durations or new.named or terms.names_test(words)):
        return True
    cells = terms.CELLS.search(words) or (
        terms.OF_CELLS.search(words) and not terms.MATERIAL.search(words)
    )
    if new.named and cells:
        return bool(sets_out or new.durations or new.averages)
    longest = max((reading.value for reading in new.durations), default=0.0)
    unnamed = sets_out and not sentence.is_study and _SEVERAL_CELLS.search(words)
    return bool(unnamed and longest >= _SHORTEST_UNNAMED) or bool(current and sets_out)


def _begins_another(current: Test, new: Test, words: str) -> bool:
    if not new.is_set_out or not terms.SETS_OUT.search(words):
        return False
    complete = bool(current.durations or current.outcomes)
    told = current.outcomes and (current.temperatures or current.atmospheres)
    if told and not (new.outcomes or new.initials or new.averaged or terms.OF_ALL.match(words)):
        return bool(new.temperatures or new.atmospheres)
    if complete and new.atmospheres and current.atmospheres and not new.outcomes:
        return True
    if complete and (new.durations or new.outcomes) and new.is_set_out:
        return bool(new.temperatures or new.atmospheres or (current.outcomes and new.outcomes))
    return (
        bool(terms.TOPIC.match(words))
        and current.is_set_out
        and bool(terms.CELLS.search(words))
        and new.named
    )


def _join(current: Test, new: Test) -> None:
    for name in (
        "sentences",
        "temperatures",
        "atmospheres",
        "durations",
        "outcomes",
        "initials",
        "averages",
    ):
        getattr(current, name).extend(getattr(new, name))
    current.named = current.named or new.named
    current.averaged = current.averaged or new.averaged


def _is_of_cells(document: Document, test: Test) -> bool:
    """Cells are spoken of, and something was done with them."""
    words = " ".join(document.words(sentence) for sentence in test.sentences)
    cells = terms.CELLS.search(words) or terms.OF_CELLS.search(words)
    return bool(cells and (test.is_set_out or test.outcomes or test.named))


def _chosen(test: Test) -> Reading | None:
    """The outcome of the target cells at the end of the test."""
    if not test.outcomes:
        return None
    own = [reading for reading in test.outcomes if not reading.control] or test.outcomes
    sentence = _sentence_of(test, own[0])
    same = [reading for reading in own if _sentence_of(test, reading) is sentence]
    return max(same, key=lambda reading: (_hours(test, reading, True) or 0.0, -reading.start))


def _sentence_of(test: Test, reading: Reading) -> Sentence:
    return next(s for s in test.sentences if s.start <= reading.start < s.end)


def _hours(test: Test, outcome: Reading, same_sentence: bool) -> float | None:
    nearest = _nearest_duration(test, outcome, same_sentence)
    return nearest.value if nearest else None


def _nearest_duration(test: Test, outcome: Reading, same_sentence: bool) -> Reading | None:
    if outcome.hours is not None:
        return Reading(outcome.hours, outcome.start, outcome.end, outcome.control)
    sentence = _sentence_of(test, outcome)
    same = [r for r in test.durations if sentence.start <= r.start < sentence.end]
    # "after 500 h" stands before or behind what was left; a duration behind it is likelier its own.
    ahead = [r for r in same if r.start > outcome.start and r.start - outcome.end < 60]
    near = ahead[:1] or [r for r in same if r.start < outcome.start][-1:] or same[:1]
    if near or same_sentence:
        return near[0] if near else None
    earlier = [r for r in test.durations if r.start < outcome.start]
    return max(earlier or test.durations, key=lambda r: r.value, default=None)


def _duration(test: Test, outcome: Reading | None) -> Reading | None:
    if outcome is not None:
        return _nearest_duration(test, outcome, False)
    own = [reading for reading in test.durations if not reading.control] or test.durations
    return max(own, key=lambda reading: reading.value, default=None)


def _temperature(test: Test, place: Reading | None) -> Finding | None:
    if not test.temperatures:
        return None
    start = place.start if place else test.sentences[0].start
    nearest = min(test.temperatures, key=lambda r: abs(r.start - start) + 60 * (r.start > start))
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
    name, a, b, weak = min(strong, key=lambda found: abs(found[1] - start))
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


def _initial(test: Test, outcome: Reading | None) -> Reading | None:
    """The efficiency that the cells of the outcome began with."""
    own = [r for r in test.initials if outcome is None or r.control == outcome.control]
    if not own:
        return None
    if outcome is None:
        return own[0]
    sentence = _sentence_of(test, outcome)
    same = [r for r in own if sentence.start <= r.start < sentence.end]
    behind = [r for r in same if r.start >= outcome.start]
    return (behind or same or own)[0]

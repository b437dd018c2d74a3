"""The ageing tests of cells that a text tells of: which sentences belong to which test (issue 14)."""

import re
from dataclasses import replace

from masterkey.extractor.process.cell import stability_names as names
from masterkey.extractor.process.cell import stability_terms as terms
from masterkey.extractor.process.cell.ageing_sentences import (
    SEVERAL_CELLS,
    SHORTEST_UNNAMED,
    is_of_others,
    may_begin,
    tells_of_test,
)
from masterkey.extractor.process.cell.stability_absolute import with_ratio
from masterkey.extractor.process.cell.stability_places import ATMOSPHERES, TOLD_GAS, tells_heat
from masterkey.extractor.process.cell.stability_reading import read
from masterkey.extractor.process.cell.stability_records import Test
from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.passages import sentences_naming

MAX_SENTENCES = 60
_LONGEST_GAP = 3  # sentences between two of one test
_LONGEST_TITLE = 30  # characters of a heading before its text
_SHORTEST_SIGN = 60.0  # minutes


@once
def tests_of(document: Document) -> list[Test]:
    """The ageing tests of cells, in the order of the text."""
    found: list[Test] = []
    looked, signs = 0, _signs(document)
    if not signs:
        return found
    headed = _headed(document, signs)
    for sentence in document.sentences:
        if not (
            headed[sentence.number]
            or sentence.number in signs
            or _follows(document, found, sentence)
        ):
            continue
        looked += 1
        if looked > MAX_SENTENCES:
            break
        words = document.words(sentence)
        current = found[-1] if found and _follows(document, found, sentence) else None
        may_tell = headed[sentence.number] or current is not None or may_begin(sentence, words)
        new = read(document, sentence, words) if may_tell and not is_of_others(words) else None
        if new is None:
            continue
        tells = tells_of_test(sentence, words, new, current, headed[sentence.number])
        if tells or (new.outcomes and _set_out_before(document, sentence)):
            if current is None or _begins_another(current, new, words):
                found.append(new)
            else:
                _join(current, new)
    whole = [_finished(_with_set_out(document, test, found)) for test in found]
    return [test for test in whole if _is_of_cells(document, test)]


def _finished(test: Test) -> Test:
    """A test with what was left, as far as all its sentences together tell it."""
    _pair_listed(test)
    with_ratio(test)
    if not test.outcomes:
        test.outcomes.extend(test.unchanged)
    return test


def _pair_listed(test: Test) -> None:
    """ "Initial efficiencies were 20% and 21%, respectively": each is of the cells whose outcome has its place in the order."""
    if test.is_listed and len(test.initials) == len(test.outcomes):
        outcomes = sorted(test.outcomes, key=lambda reading: reading.start)
        pairs = zip(test.initials, outcomes, strict=True)
        test.initials = [replace(first, control=one.control) for first, one in pairs]


def _with_set_out(document: Document, new: Test, found: list[Test]) -> Test:
    """A test that begins with its outcome, joined with the sentences before that say where the cells were put."""
    if not (new.outcomes or new.durations):
        return new
    first = new.sentences[0]
    taken = {sentence.number for test in found for sentence in test.sentences}
    for number_before in range(first.number - 1, max(first.number - _LONGEST_GAP, 0) - 1, -1):
        if new.temperatures and new.atmospheres and (new.initials or not new.finals):
            break
        sentence = document.sentences[number_before]
        words = document.words(sentence)
        if sentence.kind != first.kind or number_before in taken:
            break
        if document.inside(document.methods, sentence) and not terms.CELLS.search(words):
            continue  # how a layer was made
        is_followed = not new.durations and bool(_FOLLOWED.search(words))
        if not (
            is_followed
            or _puts_cells(sentence, words)
            or (new.finals and terms.STARTED.search(words))
        ):
            continue
        before = read(document, sentence, words)
        if before is None:
            continue
        told = before.temperatures or before.atmospheres or (is_followed and before.durations)
        if not (told or (before.initials and new.finals)):
            continue
        if not (new.temperatures and before.temperatures):
            _join(before, new)
            new = before
    return new


def _set_out_before(document: Document, sentence: Sentence) -> bool:
    """Whether one of the two sentences before puts cells somewhere: "N4 retained 89%" is then of them.

    "Thermal cycling was done between −40 °C and 85 °C" need not name the cells, where what came of it does.
    """
    of_cells = SEVERAL_CELLS.search(document.words(sentence))
    for before in document.sentences[max(sentence.number - 2, 0) : sentence.number]:
        words = document.words(before)
        if before.kind != sentence.kind or before.is_study:
            continue
        if SEVERAL_CELLS.search(words) or (of_cells and names.names_test(words)):
            told = any(
                document.inside(found, before)
                for found in (document.temperatures, document.durations)
            ) or bool(ATMOSPHERES.search(words))
            done = terms.PUT.search(words) or (
                names.names_test(words) and terms.SETS_OUT.search(words)
            )
            if told and done and not terms.TREATMENT.search(words):
                return True
    return False


# "The efficiency was measured every day for 30 days": between where the cells were put and what was left.
_FOLLOWED = re.compile(
    r"\b(?:efficienc(?:y|ies)|pces?|performance|they|cells|devices)\b[^.;]{0,40}\b(?:measured|followed|recorded|tested|monitored|checked)\b[^.;]{0,60}\b(?:for|over|up to|until|during)\b"
)


def _puts_cells(sentence: Sentence, words: str) -> bool:
    """Whether a sentence says where cells were put, or how warm or in which gas a test was."""
    if terms.TREATMENT.search(words) or is_of_others(words):
        return False
    if sentence.is_study and not terms.INTERRUPTED.search(words):
        return False
    if names.names_test(words) or tells_heat(words) or TOLD_GAS.search(words):
        return not terms.MATERIAL.search(words)
    cells = terms.CELLS.search(words) or terms.OF_CELLS.search(words)
    return bool(cells and terms.PUT.search(words))


def _signs(document: Document) -> set[int]:
    """The numbers of the sentences that may begin an ageing test."""
    signs = {sentence.number for sentence in sentences_naming(document, names.NAMES)}
    long = {
        document.sentence_at(quantity.start).number
        for quantity in document.durations
        if quantity.value >= _SHORTEST_SIGN
    }
    days = {
        document.sentence_at(quantity.start).number
        for quantity in document.durations
        if quantity.value >= SHORTEST_UNNAMED * 60
    }
    for sentence in sentences_naming(document, ("%", *terms.LONG)):
        long.add(sentence.number)
    for place in long - signs:
        words = document.words(document.sentences[place])
        of_cells = any(map(words.__contains__, terms.CELL_SIGNS))
        if of_cells and (place in days or any(map(words.__contains__, terms.ACTS))):
            signs.add(place)
    return signs


def _headed(document: Document, signs: set[int]) -> list[bool]:
    """For each sentence whether a heading above it names an ageing test."""
    sections = {
        section.start: section.kind == "stability" or names.names_test(section.title.lower())
        for section in document.sections
        if section.title
    }
    found, headed = [], False
    for sentence in document.sentences:
        headed = sections.get(sentence.start, headed)
        if not headed and sentence.end - sentence.start <= _LONGEST_TITLE:
            words = document.words(sentence)
            if sentence.number in signs or "test" in words:
                headed = names.names_test(words)
        found.append(headed)
    return found


def _follows(document: Document, found: list[Test], sentence: Sentence) -> bool:
    """Whether a sentence is near enough to the last test to say more about it."""
    if not found:
        return False
    last = found[-1].sentences[-1]
    distance = sentence.number - last.number
    # A paragraph goes on with its test, whatever its words look like: "Averages of six cells."
    same_line = distance == 1 and "\n" not in document.text[last.start : sentence.start]
    return same_line or (sentence.kind == last.kind and distance <= _LONGEST_GAP)


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
        of_another = current.outcomes and new.outcomes and not _is_of_controls(current, new)
        return bool(new.temperatures or new.atmospheres or of_another)
    return (
        bool(terms.TOPIC.match(words))
        and (current.is_set_out or bool(current.outcomes))
        and bool(terms.CELLS.search(words))
        and new.named
    )


def _is_of_controls(current: Test, new: Test) -> bool:
    """ "The reference cells were taken out after 300 h, when 62% was left": of the test of the others."""
    return all(r.control for r in new.outcomes) and not any(r.control for r in current.outcomes)


def _join(current: Test, new: Test) -> None:
    for name in (
        "sentences",
        "temperatures",
        "atmospheres",
        "durations",
        "outcomes",
        "initials",
        "finals",
        "unchanged",
        "averages",
    ):
        getattr(current, name).extend(getattr(new, name))
    current.named = current.named or new.named
    current.averaged = current.averaged or new.averaged
    current.is_listed = current.is_listed or new.is_listed


def _is_of_cells(document: Document, test: Test) -> bool:
    """Cells are spoken of, and something was done with them."""
    words = " ".join(document.words(sentence) for sentence in test.sentences)
    cells = terms.CELLS.search(words) or terms.OF_CELLS.search(words)
    cells = cells or (test.outcomes and terms.SORTS.search(words))
    # "Ageing: N2, dark, 25 °C; 1500 h, 95% left": an entry of a list, which needs not say of what.
    is_entry = test.outcomes and test.durations and (test.atmospheres or test.temperatures)
    cells = cells or (is_entry and names.is_titled(words) and not terms.MATERIAL.search(words))
    if terms.BENT.search(words) and not test.is_set_out:
        return False
    return bool(cells and (test.is_set_out or test.outcomes or test.named))

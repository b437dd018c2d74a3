"""Whether a sentence tells of an ageing test of cells, and not of films, layers or measurements (issue 14)."""

import re

from masterkey.extractor.process.cell import stability_names as names
from masterkey.extractor.process.cell import stability_terms as terms
from masterkey.extractor.process.cell.stability_places import TOLD_GAS, tells_heat
from masterkey.extractor.process.cell.stability_records import Test
from masterkey.extractor.process.text.document import Sentence

SHORTEST_UNNAMED = 48.0  # hours, where nothing but "stored for" says that it is a test
_TRACKED = re.compile(r"maximum[- ]power[- ]point|\bmppt?\b")
# Cells, or what only cells are: "Without encapsulation, A and B were kept in the dark for 1200 h".
SEVERAL_CELLS = re.compile(
    r"\b(?:cells|devices|modules|tandems)\b|\b(?:without|with|no) (?:any |further )?(?:encapsulation|sealing)\b|\b(?:un|non-?)?encapsulated\b"
)


# "The solar cell was left at 85 °C in the dark", as patents have it.
_THE_CELL = re.compile(
    r"\W*(?:\d+\W+)?(?:next, |then, )?(?:the|this|each|one) (?:[\w-]+ ){0,2}?(?:cell|device|module|element|battery) (?:of [\w ]{1,30} )?(?:was|were) "
)


_BRACKETS = re.compile(r"\([^()]*\)")


def is_of_others(words: str) -> bool:
    """Whether a sentence is on films, powders or inks and not on cells."""
    if terms.MATERIAL_SUBJECT.match(words):
        return True
    # "The target (with 0.1 mg/mL KBF4 in the ink) retained …" is on cells.
    other = terms.NO_CELLS.search(_BRACKETS.sub("", words))
    return bool(other and not terms.CELLS.search(terms.NOT_CELLS.sub("", words)))


def may_begin(sentence: Sentence, words: str) -> bool:
    """Whether a sentence may begin a test: by its name, by what was left, or by what was done with cells."""
    if any(sign in words for sign in terms.OUTCOME_SIGNS) or names.names_test(words):
        return True
    spoken = SEVERAL_CELLS.search(words) or _TRACKED.search(words) or _THE_CELL.match(words)
    return bool(spoken) and not sentence.is_study


def tells_of_test(
    sentence: Sentence, words: str, new: Test, current: Test | None, headed: bool
) -> bool:
    """Whether a sentence is about an ageing test of cells."""
    if current is not None and _goes_on(words, new):
        return True
    sets_out = terms.SETS_OUT.search(words) and new.is_set_out
    if headed or names.is_titled(words):
        return bool(
            sets_out
            or new.outcomes
            or (current and new.is_set_out)
            or new.named
            or _lists_conditions(words, new)
            or (new.is_set_out and _IN_NOTES.match(words))
        )
    if terms.TREATMENT.search(words) and not new.outcomes and not new.named:
        return False
    if new.outcomes and (new.durations or new.named or names.names_test(words)):
        return True
    of_cells = terms.OF_CELLS.search(words) or names.tests_stability(words)
    cells = terms.CELLS.search(words) or (of_cells and not terms.MATERIAL.search(words))
    if (
        new.finals
        and max((reading.value for reading in new.durations), default=0.0) >= SHORTEST_UNNAMED
    ):
        return True
    if new.named and cells:
        return bool(sets_out or new.durations or new.averages)
    longest = max((reading.value for reading in new.durations), default=0.0)
    spoken = SEVERAL_CELLS.search(words) or _TRACKED.search(words) or _THE_CELL.match(words)
    unnamed = sets_out and not sentence.is_study and spoken
    return bool(unnamed and longest >= SHORTEST_UNNAMED) or bool(current and sets_out)


def _goes_on(words: str, new: Test) -> bool:
    """Whether a sentence says more of a test that is told: what came of it, how warm it was, in which gas."""
    if new.outcomes or new.initials or new.finals or new.unchanged or new.averages or new.averaged:
        return True
    if terms.OF_EACH_SORT.search(words):
        return True
    warm = new.temperatures and tells_heat(words)
    return bool(warm or (new.atmospheres and TOLD_GAS.search(words)))


# "Unsealed cells; dark; room air at 25 °C, RH 20-30%; J-V once a day": no verb says what was done with them.
_IN_NOTES = re.compile(
    r"(?!.*\b(?:was|were|is|are|had|has|have|been)\b)[^.]{0,40}\b(?:cells|devices|modules|mini-?modules|tandems|pixels)\b(?: without (?:any )?(?:encapsulation|sealing|cover)| with (?:edge seal|encapsulation|cover glass))?\s?(?:[;:,(–-]|in |at |under )"
)


def _lists_conditions(words: str, new: Test) -> bool:
    """Whether words set a test of cells out in note form: "Cells, air, 25 °C, dark, 500 h"."""
    placed = new.temperatures or new.atmospheres
    cells = SEVERAL_CELLS.search(words)
    if names.is_titled(words):
        return bool(placed and (new.durations or cells))
    return bool(placed and new.durations and cells)

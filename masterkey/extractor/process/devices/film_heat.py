"""Heat that stands behind the film's coating and before the next layer, whoever the sentence says is heated."""

import re

from masterkey.extractor.process.layers.items import items_of
from masterkey.extractor.process.layers.operation import CONTROL, Operation
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.text.document import CLEANS_GLASS, Document, Sentence
from masterkey.extractor.process.text.heat import heat_at_large, stages_of
from masterkey.extractor.process.text.stages import Stage
from masterkey.extractor.stems import Stemmed

_FARTHEST = 4  # sentences behind the film's last step
_COLDEST, _HOTTEST = 40, 350  # °C
_SHORTEST = 0.25  # minutes
# The sentence heats an ink, a substrate before it is coated, or what is put on the finished film.
_OF_OTHERS = Stemmed(
    r"\b(?:inks?|solutions?|precursors?|stock) (?:was|were|is|are)\b|pre-?heat(?!ed to)|passivat|post-?treat\w* with|surface treat|dissolv|\bstor(?:ed|age)\b|\baged\b|stability|humidity chamber|source temperature"
)


def heat_behind(document: Document, steps: list[Operation]) -> list[Stage]:
    """The heat told behind the last of the film's steps, up to the next layer's deposition; [] where none is."""
    last = steps[-1]
    behind = [o for o in operations_of(document) if o.start > last.start and not o.is_perovskite]
    end = min((o.start for o in behind), default=len(document.text))
    first = last.sentence.number
    for sentence in document.sentences[first : first + 1 + _FARTHEST]:
        if sentence.start >= end or not _goes_on(document, sentence, last):
            break
        start = max(last.end, sentence.start)
        if found := _heat_between(document, sentence, start, end):
            return found
    return []


def _goes_on(document: Document, sentence: Sentence, last: Operation) -> bool:
    """Whether a sentence may tell more of the film: no heading, no test, no glass that is cleaned."""
    if sentence is last.sentence:
        return True
    is_aside = document.is_heading(sentence) or CLEANS_GLASS.search(document.words(sentence))
    return sentence.fabricates and not is_aside


def _heat_between(document: Document, sentence: Sentence, start: int, end: int) -> list[Stage]:
    words = document.words(sentence)
    if CONTROL.search(words) or (sentence.is_study and "anneal" not in words):
        return []
    stages = stages_of(document, sentence) or [
        stage for stage in heat_at_large(document, sentence) if stage.time is not None
    ]
    return [
        stage
        for stage in stages
        if start <= stage.start < end and _is_of_film(document, sentence, stage)
    ]


def _is_of_film(document: Document, sentence: Sentence, stage: Stage) -> bool:
    """Whether temperature and time are those of a film's heat, and no layer is its subject."""
    if stage.temperature is None or not _COLDEST <= stage.temperature <= _HOTTEST:
        return False
    if stage.time is not None and stage.time < _SHORTEST:
        return False
    if _OF_OTHERS.search(document.lower[sentence.start : stage.end + _BEHIND]):
        return False
    before = [item for item in items_of(document, sentence) if item.start < stage.start]
    return not any(
        item.is_treatment or (item.is_layer and _IS_HEATED.match(document.lower, item.end))
        for item in before
    )


_BEHIND = 20  # characters
_IS_HEATED = re.compile(
    r"(?: ?\([^()]{0,40}\))?(?: (?:films?|layers?|substrates?|scaffolds?))? (?:was|were|is|are) "
)

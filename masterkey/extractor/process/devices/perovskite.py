"""The perovskite of the target: solvents by step, method, annealing programme."""

import re

from masterkey.extractor.fields import (
    PROCEDURE,
    TEMPERATURE,
    TIME,
)
from masterkey.extractor.process.devices.film_heat import heat_behind
from masterkey.extractor.process.layers.common_methods import common_method
from masterkey.extractor.process.layers.items import (
    LEAD,
    OF_PEROVSKITE,
    ORGANIC,
    PEROVSKITE,
    items_of,
)
from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.dots import sentences_coating_dots
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.methods import COATING, GENERIC
from masterkey.extractor.process.text.stages import Stage


def perovskite_findings(document: Document, steps: list[Operation]) -> dict[str, Finding]:
    dipped = [
        step for step in steps if step.method == "Dipp-coating" and step.names == [PEROVSKITE]
    ]
    if any(step.names == [LEAD] for step in steps):  # "PbI2 was spun …, and dipped into MAI"
        dipped = []
    steps = [step for step in steps if step not in dipped] or steps
    if sentences_coating_dots(document):  # what dips and soaks their film exchanges ligands
        steps = [step for step in steps if step.method != "Dipp-coating"] or steps
    if not steps:
        return {}
    steps = _distinct(steps)
    spans = tuple(span for step in steps for span in [*step.spans, step.method_span])
    found = {}
    methods = [step.method for step in steps]
    common = common_method(document) if set(methods) <= GENERIC else None
    if common and common.is_of("perovskite"):
        methods = [common.method.name]
        spans = (*spans, (common.method.start, common.method.end))
    if not any(method in GENERIC for method in methods):
        found[PROCEDURE] = Finding(" >> ".join(methods), 0.93, "text", spans)
    heated, sure = [step.stages for step in steps], 0.9
    if not any(heated) and (place := _not_annealed(document, steps)):
        found[TEMPERATURE] = found[TIME] = Finding("Unknown", 0.85, "text", (place,))
        return found
    if not any(heated):  # what is told of the control alone holds for both
        heated, sure = [step.control_stages for step in steps], 0.6
    if not any(heated) and (behind := heat_behind(document, steps)):
        heated, sure = [*([] for _ in steps[1:]), behind], 0.5
    if any(heated):
        if not heated[0] and steps[0].method in _OF_SOURCES:
            heated = heated[1:]  # an evaporated film is not heated before it reacts
        places = tuple((stage.start, stage.end) for stages in heated for stage in stages)
        found[TEMPERATURE] = Finding(_programme(heated, "temperature"), sure, "text", places)
        found[TIME] = Finding(_programme(heated, "time"), sure, "text", places)
    return found


_NOT_ANNEALED = re.compile(
    r"\b(?:was|were|is|are) (?:then |also )?(?:not|never) (?:\w+ )?(?:annealed|heated|baked|tempered)\b|\bnot (?:annealed|heated|baked) (?:at all|in any way|further|afterwards)\b"
    r"|\b(?:was|were|is|are) (?:then |all )?used (?:directly )?(?:as[- ](?:deposited|grown|evaporated|prepared)\b|without (?:any )?(?:further |additional )?(?:treatment|processing)\b)"
    r"|\bno heat(?:ing)? (?:was|is|has been) (?:applied|used|needed|required|done|involved|given)\b"
    r"|\b(?:no|without(?: any)?) (?:post-?|thermal |further |subsequent |additional |extra )*(?:annealing|heat treatment|heating step|baking)\b(?! (?:step )?(?:below|above|of the (?!perovskite|film|absorber|crystal)))"
)
_FILM = re.compile(r"perovskite|\bfilms?\b|crystal|absorber|\bconver|\bit\b|\bthey\b|\bsamples?\b")
_NEAR = 4  # sentences behind a step


def _not_annealed(document: Document, steps: list[Operation]) -> tuple[int, int] | None:
    """Where a text says that the film was not heated: in the sentences of its steps, or right behind them."""
    first, last = steps[0].sentence.number, steps[-1].sentence.number
    for sentence in document.sentences[first : last + 1 + _NEAR]:
        words = document.words(sentence)
        match = _NOT_ANNEALED.search(words)
        is_next = sentence.number <= last + 1
        if match is None or sentence.is_study or not (is_next or _FILM.search(words)):
            continue
        place = sentence.start + match.start()
        named = [item for item in items_of(document, sentence) if item.start < place]
        if not named or named[-1].name in OF_PEROVSKITE:  # else it is of that layer
            return sentence.start + match.start(), sentence.start + match.end()
    return None


_OF_SOURCES = frozenset(
    ("Evaporation", "Co-evaporation", "CVD", "Flash evaporation", "Close space sublimation")
)
_HOTTEST = 350  # °C; more sinters an oxide that the text comes back to


def _distinct(steps: list[Operation]) -> list[Operation]:
    """Lead salt, then organic salt: two steps. Else one, whatever else is said of it."""
    lead = next((n for n, step in enumerate(steps) if step.names == [LEAD]), None)
    if lead is not None:
        organic = next((n for n in range(lead + 1, len(steps)) if LEAD not in steps[n].names), None)
        if organic is not None:
            return [_merged(steps[lead:organic]), _merged(steps[organic:])]
    organic = next((n for n in range(1, len(steps)) if steps[n].names == [ORGANIC]), None)
    if organic is not None:
        return [_merged(steps[:organic]), _without_furnace(_merged(steps[organic:]))]
    reacted = [step for step in steps if step.method in _CONVERTS]
    before = [step for step in steps if step not in reacted and step.method not in GENERIC]
    if reacted and before:
        film, converted = _merged(before), _merged(reacted)
        if reacted[0].start < before[0].start and not converted.stages:
            # A title names the conversion; what is heated behind both is the converted film.
            film.stages, converted.stages = [], film.stages
        return [film, _without_furnace(converted)]
    if steps[0].method in _OF_SOURCES:
        coated = next((n for n, step in enumerate(steps) if step.method in COATING), None)
        if coated:
            return [_merged(steps[:coated]), _merged(steps[coated:])]
    return [_merged(steps)]


_CONVERTS = frozenset(("CVD", "Gas reaction", "Close space sublimation"))


def _without_furnace(step: Operation) -> Operation:
    """A conversion without its own heat, which is the source's and the furnace's, where an anneal behind it is told."""
    if step.method in _CONVERTS:
        step.stages = step.stages[-1:]
    return step


def _merged(steps: list[Operation]) -> Operation:
    first = steps[0]
    told = [step for step in steps if step.method not in GENERIC] or [first]
    # "Infiltration of the perovskite" heads what was drop-cast.
    cast = [step for step in told if step.method == "Dropcasting"]
    specific = cast[0] if cast and told[0].method == "Drop-infiltration" else told[0]
    stages: list[Stage] = []
    for step in steps:
        for stage in step.stages:
            told = next((s for s in stages if s.temperature == stage.temperature), None)
            if told is None or (
                told.time is not None and stage.time is not None and told.time != stage.time
            ):
                stages.append(stage)
            elif told.time is None:
                stages[stages.index(told)] = stage
    of_control = [stage for step in steps for stage in step.control_stages]
    stages = [stage for stage in stages if (stage.temperature or 0) <= _HOTTEST]
    if specific.method in _OF_SOURCES:  # a temperature alone is a crucible's
        stages = [stage for stage in stages if stage.time is not None]
    return Operation(
        first.names, specific.method, first.sentence, first.start, steps[-1].end,
        [span for step in steps for span in step.spans], specific.method_span, stages=stages, control_stages=of_control,
    )  # fmt: skip


def _programme(heated: list[list[Stage]], quantity: str) -> str:
    steps = []
    for stages in heated:
        values = [getattr(stage, quantity) for stage in stages]
        steps.append("; ".join(_number(value) for value in values) if values else "Unknown")
    return " >> ".join(steps)


def _number(value: float | None) -> str:
    return "Unknown" if value is None else f"{round(value, 2):g}"

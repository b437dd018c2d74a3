"""Stages of heat treatments, and times and temperatures that are told once for several of them, or for none."""

import re
from dataclasses import dataclass, replace

from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.quantities import Quantity


@dataclass(frozen=True)
class Stage:
    """A temperature [°C] and how long [min]; None where not said. It stands at [start, end)."""

    temperature: float | None
    time: float | None
    start: int
    end: int


# "at 100 °C for 10 min and for another 5 min at the same temperature"
_SAME = re.compile(r" (?:more |longer |further )?at (?:the same|this|that) (?:temperature|heat)\b")


def with_repeated_temperatures(
    document: Document, stages: list[Stage], durations: list[Quantity]
) -> list[Stage]:
    """`stages` with the times that a sentence gives to the temperature told before."""
    found = list(stages)
    for duration in durations:
        before = [n for n, stage in enumerate(found) if stage.end <= duration.start]
        if not before or not _SAME.match(document.lower, duration.end):
            continue
        last = found[before[-1]]
        if last.time is None:
            found[before[-1]] = replace(last, time=duration.value)
        else:
            stage = Stage(last.temperature, duration.value, duration.start, duration.end)
            found.insert(before[-1] + 1, stage)
    return found


# "films annealed below 250 °C still show side phases"
_BOUND = re.compile(r"\b(?:below|above|under|exceed(?:ing|s)?|beyond)(?: about)? $")


def without_bounds(document: Document, stages: list[Stage]) -> list[Stage]:
    """`stages` without temperatures that only bound others, beside one with its time."""
    if all(stage.time is None for stage in stages):
        return stages
    return [
        stage
        for stage in stages
        if stage.time is not None
        or not _BOUND.search(document.lower, max(stage.start - 16, 0), stage.start)
    ]


# "at 40, 60 and 80 °C for 5 min each", "for 5 min at each step"
_EACH = re.compile(r"\)?,? (?:at |for |on )?each\b|,? respectively,? (?:for )?each\b")


def with_times_of_lists(document: Document, stages: list[Stage]) -> list[Stage]:
    """`stages`, where all temperatures told in one breath have the time that each is said to last."""
    timed = [s for s in stages if s.time is not None and _EACH.match(document.lower, s.end)]
    times = {s.start: s.time for s in timed}
    return [replace(s, time=times.get(s.start, s.time)) if s.time is None else s for s in stages]


# "at 105 °C (target) or 130 °C (control) for 25 min"
_OR = re.compile(r"\s?(?:\([^()\d]{1,30}\),? )?(?:or|and|versus)(?: at)? ")


def with_shared_times(document: Document, stages: list[Stage]) -> list[Stage]:
    """Where only the last of several temperatures has a time behind it, and they are told in one breath, all have it."""
    found = list(stages)
    for n in reversed(range(len(found) - 1)):
        one, behind = found[n], found[n + 1]
        between = document.lower[one.end : behind.start]
        told = one.time is None and behind.time is not None and "(" in between
        if told and one.end <= behind.start and _OR.fullmatch(between):
            found[n] = replace(one, time=behind.time)
    return found

"""What speaks for and against a candidate value, as numbers for a ranker.

Each kind of numbers is a function of (field, batch, paper) that gives a function of the value, so that what
the candidates of a paper share is found once.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from masterkey.extractor.annealing import Event, best_by_value
from masterkey.extractor.areas import area_features
from masterkey.extractor.batch import Batch
from masterkey.extractor.candidate_parts import part_features
from masterkey.extractor.compositions import formula_features
from masterkey.extractor.fields import (
    ARCHITECTURE,
    AREA,
    CUED,
    LAYERS_OF,
    LONG_FORM,
    PART_FIELDS,
    SHORT_FORM,
    SOLVENTS,
    STABILITY,
    STACKS,
    STEPS_OF,
    TEMPERATURE,
    TIME,
    layers_of,
    numbers_of,
)
from masterkey.extractor.mentions import FARTHEST
from masterkey.schema import fields as schema
from masterkey.schema.values import count_matches, parse_value, reported_parts

# How near each stands to a layer's name says by which it was made.
_PROCEDURES = ("Spin-coating", "Evaporation", "Spray-pyrolys", "ALD", "Sputtering", "CBD")
_NO_FINDING = (0.0,) * 5
Describe = Callable[[str], list[float]]


def candidate_features(field: str, batch: Batch, candidates: list[list[str]]) -> np.ndarray:
    """The features of each paper's candidates, one row each: [n_candidates, n_features].

    `n_features` depends on the field alone.
    """
    n_each = list(map(len, candidates))
    papers = np.arange(len(candidates)).repeat(n_each)
    values = [value for own in candidates for value in own]
    blocks = [
        _support_features(field, batch, papers, values),
        np.array(list(map(_arrangement, values)), float),
        np.array(_finding_features(field, batch, candidates), float),
    ]
    if field in CUED:
        cues = np.array([reading.paper_cues for reading in batch.readings], float)
        blocks.append(cues.repeat(n_each, axis=0))
    if field in PART_FIELDS:
        blocks.append(part_features(field, batch, candidates))
    for kind in _kinds(field):
        described = [kind(field, batch, paper) for paper in range(len(candidates))]
        blocks.append(
            np.array(
                [
                    numbers
                    for describe, own in zip(described, candidates, strict=True)
                    for numbers in map(describe, own)
                ],
                float,
            )
        )
    return np.concatenate(blocks, axis=1)


def _kinds(field: str) -> Iterator[Callable[[str, Batch, int], Describe]]:
    """What describes the values of some fields one by one."""
    if field in LAYERS_OF:
        yield _layer_features
    if field in STEPS_OF:
        yield _step_features
    if field in (TEMPERATURE, TIME):
        yield _annealing_features
    if field == TIME:
        yield _time_features
    if field in (*STACKS, LONG_FORM, SHORT_FORM, AREA) or (
        field.startswith("Stability_") and field != STABILITY
    ):
        yield _own_features


def _own_features(field: str, batch: Batch, paper: int) -> Describe:
    """What only one field, or a few, have."""
    if field in STACKS:
        inverted = [batch.inverted[paper], batch.chosen[ARCHITECTURE][paper] == "pin"]
        return lambda value: inverted
    if field == LONG_FORM:
        reading = batch.readings[paper]
        written, precursors = batch.formulas[paper], batch.precursors[paper]
        length = len(reading.paper.plain)
        return lambda value: formula_features(value, written, precursors, length)
    if field == SHORT_FORM:
        long_form = [batch.confidence[LONG_FORM][paper]]
        return lambda value: long_form
    if field == AREA:
        return lambda value: area_features(value, batch.readings[paper].paper)
    tested = [batch.chosen[STABILITY][paper] == "TRUE", batch.confidence[STABILITY][paper]]
    return lambda value: tested


def _support_features(
    field: str, batch: Batch, papers: np.ndarray, values: list[str]
) -> np.ndarray:
    """What similar papers say of each value; 0 where no (other) training paper has it."""
    support = batch.support["values", field]
    index = support.vocabulary.index
    names = np.array([index.get(value, -1) for value in values])
    places = papers, names
    known = np.stack([array[places] for array in support.described], axis=1)
    known[(names < 0) | (support.count[places] <= 0)] = 0.0
    return np.column_stack([known, known[:, 0] - support.highest_ridge[papers]])


@lru_cache(maxsize=1 << 15)
def _arrangement(value: str) -> tuple[float, ...]:
    return (
        schema.is_reported(value),
        value.count(" | "),
        value.count(">>"),
        value.count("; "),
    )


def _finding_features(
    field: str, batch: Batch, candidates: list[list[str]]
) -> list[tuple[float, ...]]:
    """How each value agrees with what the rules read of the fabrication."""
    rows: list[tuple[float, ...]] = []
    for reading, values in zip(batch.readings, candidates, strict=True):
        finding = reading.findings.get(field)
        if finding is None:
            rows += [_NO_FINDING] * len(values)
        else:
            certainty, found = (finding.certainty,), finding.value
            rows += [certainty + _agreement(field, found, value) for value in values]
    return rows


@lru_cache(maxsize=1 << 16)
def _agreement(field: str, found: str, value: str) -> tuple[float, ...]:
    read, own = parse_value(field, found), parse_value(field, value)
    n_read, n_own = len(reported_parts(read)), len(reported_parts(own))
    shared = count_matches(field, read, own)
    return (
        float(read == own),
        shared / max(n_read, 1),
        shared / max(n_own, 1),
        float(n_own - n_read),
    )


def _layer_features(field: str, batch: Batch, paper: int) -> Describe:
    """Whether the value has as many layers as its stack, and what such layers mostly have."""
    stack = layers_of(batch.chosen[LAYERS_OF[field]][paper])
    confidence = batch.confidence[LAYERS_OF[field]][paper]
    conventions, is_procedure = batch.conventions[paper], field.endswith("procedure")
    distance = batch.readings[paper].distance
    smallest = [min(distance(layer, own) for own in _PROCEDURES) for layer in stack] if is_procedure else []  # fmt: skip

    def describe(value: str) -> list[float]:
        own = layers_of(value)
        likelihoods = [
            conventions.likelihood(field, *pair) for pair in zip(stack, own, strict=False)
        ]
        # How near the mentions of each procedure stand to those of a layer [characters].
        near = (
            [
                distance(layer, name) if schema.is_reported(name) else None
                for layer, name in zip(stack, own, strict=False)
            ]
            if is_procedure
            else []
        )
        distances = [FARTHEST if own is None else own for own in near]
        behind_nearest = [
            0.0 if own is None else own - min(own, best)
            for own, best in zip(near, smallest, strict=False)
        ]
        return [
            len(own) - len(stack),
            len(stack),
            min(likelihoods),
            sum(likelihoods),
            max(distances, default=0.0),
            sum(distances) / max(len(distances), 1),
            max(behind_nearest, default=0.0),
            sum(behind_nearest),
            confidence,
        ]

    return describe


def _step_features(field: str, batch: Batch, paper: int) -> Describe:
    """Whether the value has as many steps and stages as the field that it follows."""
    other = batch.chosen[STEPS_OF[field]][paper]
    n_steps, n_stages = other.count(">>"), other.count("; ")
    n_solvents, sequential = batch.chosen[SOLVENTS][paper].count(">>"), batch.sequential[paper]
    return lambda value: [n_steps, value.count(">>") - n_steps, n_stages, n_solvents, sequential]


def _annealing_features(field: str, batch: Batch, paper: int) -> Describe:
    """How likely the value's temperatures or times are the perovskite's, and those left out."""
    quantity = "temperature" if field == TEMPERATURE else "time"
    best = best_by_value(batch.events[paper], quantity)
    likely = sum(score > 0.3 for score, _ in best.values())

    def describe(value: str) -> list[float]:
        numbers = numbers_of(value)
        own = [best[number][0] if number in best else 0.0 for number in numbers]
        places = [best[number][1] if number in best else -1 for number in numbers]
        left_out = sorted([score for number, (score, _) in best.items() if number not in numbers])
        first = own[0] if own else 0.0
        return [
            min(own, default=-1.0),
            max(own, default=-1.0),
            sum(own) / len(own) if own else -1.0,
            left_out[-1] if left_out else 0.0,
            left_out[-2] if len(left_out) > 1 else 0.0,
            sum(left_out),
            len(numbers),
            "Unknown" in value,
            numbers[0] if numbers else -1.0,
            numbers[-1] if numbers else -1.0,
            places[1] - places[0] if len(places) > 1 else 0,
            len(best),
            likely,
            sum([score > first for score, _ in best.values()]),
        ]

    return describe


def _time_features(field: str, batch: Batch, paper: int) -> Describe:
    """Whether the times stand beside the chosen temperatures."""
    chosen, events = batch.chosen[TEMPERATURE][paper], batch.events[paper]
    temperatures = numbers_of(chosen)

    def describe(value: str) -> list[float]:
        times = numbers_of(value)
        beside = [_best_temperature(events, time) for time in times]
        return [
            sum(
                any(event.time == time and event.temperature in temperatures for event in events)
                for time in times
            ),
            len(temperatures) - len(times),
            min(beside, default=-1.0),
            max(beside, default=-1.0),
            value.count("; ") - chosen.count("; "),
            value.startswith("Unknown") == chosen.startswith("Unknown"),
            chosen == "Unknown",
        ]

    return describe


def _best_temperature(events: list[Event], time: float) -> float:
    return max((event.temperature_score for event in events if event.time == time), default=0.0)

"""What speaks for and against a candidate value, as numbers for a ranker."""

import math
from itertools import pairwise

from masterkey.extractor.annealing import Event, best_by_value
from masterkey.extractor.areas import area_features
from masterkey.extractor.batch import Batch
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
    parts_of,
)
from masterkey.extractor.mentions import FARTHEST
from masterkey.schema import fields as schema
from masterkey.schema.values import count_matches, parse_value, reported_parts

# How near each stands to a layer's name says by which it was made.
_PROCEDURES = ("Spin-coating", "Evaporation", "Spray-pyrolys", "ALD", "Sputtering", "CBD")
_SMALLEST, _LARGEST = 1e-3, 0.999


def candidate_features(field: str, batch: Batch, paper: int, value: str) -> list[float]:
    """The features of one candidate; their number depends on the field alone."""
    features = _support_features(field, batch, paper, value)
    features += _finding_features(field, batch, paper, value)
    if field in CUED:
        features += batch.readings[paper].paper_cues
    if field in PART_FIELDS:
        features += _part_features(field, batch, paper, value)
    if field in LAYERS_OF:
        features += _layer_features(field, batch, paper, value)
    if field in STEPS_OF:
        features += _step_features(field, batch, paper, value)
    if field in (TEMPERATURE, TIME):
        quantity = "temperature" if field == TEMPERATURE else "time"
        features += _annealing_features(batch, paper, value, quantity)
    if field == TIME:
        features += _time_features(batch, paper, value)
    return features + _own_features(field, batch, paper, value)


def _own_features(field: str, batch: Batch, paper: int, value: str) -> list[float]:
    """What only one field, or a few, have."""
    if field in STACKS:
        return [batch.inverted[paper], batch.chosen[ARCHITECTURE][paper] == "pin"]
    if field == LONG_FORM:
        length = len(batch.readings[paper].paper.plain)
        return formula_features(value, batch.formulas[paper], batch.precursors[paper], length)
    if field == SHORT_FORM:
        return [batch.confidence[LONG_FORM][paper]]
    if field == AREA:
        return area_features(value, batch.readings[paper].paper)
    if field.startswith("Stability_") and field != STABILITY:
        return [batch.chosen[STABILITY][paper] == "TRUE", batch.confidence[STABILITY][paper]]
    return []


def _support_features(field: str, batch: Batch, paper: int, value: str) -> list[float]:
    support = batch.support["values", field]
    n = support.vocabulary.index.get(value)
    if n is None or support.count[paper][n] <= 0:
        known = [0.0, 0.0, 0.0, 0.0]
    else:
        known = [
            support.ridge[paper][n],
            support.vote[paper][n],
            support.near_vote[paper][n],
            math.log1p(support.count[paper][n]),
        ]
    return [
        *known,
        known[0] - support.highest_ridge[paper],
        schema.is_reported(value),
        value.count(" | "),
        value.count(">>"),
        value.count("; "),
    ]


def _finding_features(field: str, batch: Batch, paper: int, value: str) -> list[float]:
    """How the value agrees with what the rules read of the fabrication."""
    finding = batch.readings[paper].findings.get(field)
    if finding is None:
        return [0.0, 0.0, 0.0, 0.0, 0.0]
    read, own = parse_value(field, finding.value), parse_value(field, value)
    n_read, n_own = len(reported_parts(read)), len(reported_parts(own))
    shared = count_matches(field, read, own)
    return [
        finding.certainty,
        float(read == own),
        shared / max(n_read, 1),
        shared / max(n_own, 1),
        float(n_own - n_read),
    ]


def _part_features(field: str, batch: Batch, paper: int, value: str) -> list[float]:
    """How likely the value's parts are, how likely those that it leaves out, and their order."""
    scores, reading = batch.part_scores[field][paper], batch.readings[paper]
    parts, layers = parts_of(value), layers_of(value)
    own = [scores.get(part, 0.0) for part in parts]
    left_out = [score for part, score in scores.items() if part not in parts]
    pairs = batch.conventions[paper].layer_pairs[field]
    sides = [reading.side(layer) for layer in layers]
    return [
        min(own),
        max(own),
        sum(own) / len(own),
        sum(math.log(max(score, _SMALLEST)) for score in own),
        max(left_out, default=0.0),
        sum(left_out),
        sum(math.log(1 - min(score, _LARGEST)) for score in left_out),
        len(parts),
        min((pairs[pair] for pair in pairwise(layers)), default=-1),
        sum(side for side, _ in sides),
        sides[-1][1] - sides[0][1],
        len(reading.stacks),
        min(len(reading.all_places(part)) for part in parts),
    ]


def _layer_features(field: str, batch: Batch, paper: int, value: str) -> list[float]:
    """Whether the value has as many layers as its stack, and what such layers mostly have."""
    stack_field = LAYERS_OF[field]
    stack, own = layers_of(batch.chosen[stack_field][paper]), layers_of(value)
    likelihoods, distances, behind_nearest = [], [], []
    for layer, name in zip(stack, own, strict=False):
        counted = batch.conventions[paper].of_layer(field, layer)
        likelihoods.append(math.log((counted[name] + 0.5) / (counted.total() + 2)))
        if field.endswith("procedure"):
            near = _procedure_distances(batch, paper, layer, name)
            distances.append(near[name])
            behind_nearest.append(near[name] - min(near.values()))
    return [
        len(own) - len(stack),
        len(stack),
        min(likelihoods),
        sum(likelihoods),
        max(distances, default=0.0),
        sum(distances) / max(len(distances), 1),
        max(behind_nearest, default=0.0),
        sum(behind_nearest),
        batch.confidence[stack_field][paper],
    ]


def _procedure_distances(batch: Batch, paper: int, layer: str, name: str) -> dict[str, float]:
    """How near the mentions of each procedure stand to those of a layer [characters]."""
    if not schema.is_reported(name):
        return {name: FARTHEST}
    reading = batch.readings[paper]
    return {other: reading.distance(layer, other) for other in (*_PROCEDURES, name)}


def _step_features(field: str, batch: Batch, paper: int, value: str) -> list[float]:
    """Whether the value has as many steps and stages as the field that it follows."""
    other = batch.chosen[STEPS_OF[field]][paper]
    return [
        other.count(">>"),
        value.count(">>") - other.count(">>"),
        other.count("; "),
        batch.chosen[SOLVENTS][paper].count(">>"),
        batch.sequential[paper],
    ]


def _annealing_features(batch: Batch, paper: int, value: str, quantity: str) -> list[float]:
    """How likely the value's temperatures or times are the perovskite's, and those left out."""
    best = best_by_value(batch.events[paper], quantity)
    numbers = numbers_of(value)
    own = [best[number][0] if number in best else 0.0 for number in numbers]
    places = [best[number][1] if number in best else -1 for number in numbers]
    left_out = sorted((score for number, (score, _) in best.items() if number not in numbers))
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
        sum(score > 0.3 for score, _ in best.values()),
        sum(score > (own[0] if own else 0.0) for score, _ in best.values()),
    ]


def _time_features(batch: Batch, paper: int, value: str) -> list[float]:
    """Whether the times stand beside the chosen temperatures."""
    chosen, events = batch.chosen[TEMPERATURE][paper], batch.events[paper]
    temperatures, times = numbers_of(chosen), numbers_of(value)
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


def _best_temperature(events: list[Event], time: float) -> float:
    return max((event.temperature_score for event in events if event.time == time), default=0.0)

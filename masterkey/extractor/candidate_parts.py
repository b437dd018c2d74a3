"""What is known of the parts of candidate values: layers, solvents, additives, steps."""

import math

import numpy as np

from masterkey.extractor.batch import Batch
from masterkey.extractor.fields import layers_of, parts_of
from masterkey.extractor.mentions import Reading

_SMALLEST, _LARGEST = 1e-3, 0.999
_LOG_OF_SMALLEST = math.log(_SMALLEST)


def part_features(field: str, batch: Batch, candidates: list[list[str]]) -> np.ndarray:
    """How likely each value's parts are, how likely those that it leaves out, and their order."""
    blocks = []
    for paper, values in enumerate(candidates):
        parts = list(map(parts_of, values))
        own = _own_part_features(field, batch, paper, values, parts)
        left_out = _left_out_features(batch.part_scores[field][paper], parts)
        blocks.append(np.concatenate([own[:, :4], left_out, own[:, 4:]], axis=1))
    return np.concatenate(blocks)


def _left_out_features(scores: dict[str, float], parts: list[tuple[str, ...]]) -> np.ndarray:
    """The largest score, the sum of scores and of log(1 - score) of the parts that values leave out."""
    number = {name: n for n, name in enumerate(scores)}
    own = [(number[part], n) for n, names in enumerate(parts) for part in names if part in number]
    is_left_out = np.ones((len(scores), len(parts)))
    if own:
        is_left_out[tuple(zip(*own, strict=True))] = 0.0
    logs = [math.log(1 - min(score, _LARGEST)) for score in scores.values()]
    numbers = np.array([list(scores.values()), logs])[:, :, None] * is_left_out
    largest = numbers[0].max(0, initial=0.0)
    # Added up along this axis name by name, and so the same whatever the number of values.
    return np.stack([largest, *numbers.sum(1)], axis=1)


def _own_part_features(
    field: str, batch: Batch, paper: int, values: list[str], parts: list[tuple[str, ...]]
) -> np.ndarray:
    """What is known of the parts that each value has."""
    scores, reading = batch.part_scores[field][paper], batch.readings[paper]
    rarest_pair = batch.conventions[paper].rarest_pair
    logs = {name: math.log(max(score, _SMALLEST)) for name, score in scores.items()}
    n_stacks, n_places = len(reading.stacks), {}
    rows = []
    for value, names in zip(values, parts, strict=True):
        for name in names:
            if name not in n_places:
                n_places[name] = len(reading.all_places(name))
        layers = layers_of(value)
        n_sides, turn = _sides(reading, layers) if n_stacks else (0.0, 0.0)
        rows.append(
            (
                *_of_scores(names, scores, logs),
                len(names),
                rarest_pair(field, layers),
                n_sides,
                turn,
                n_stacks,
                min([n_places[name] for name in names]),
            )
        )
    return np.array(rows, float)


def _of_scores(
    names: tuple[str, ...], scores: dict[str, float], logs: dict[str, float]
) -> tuple[float, float, float, float]:
    """The smallest, the largest and the mean score of names, and the sum of their logarithms."""
    if len(names) == 1:
        own = scores.get(names[0], 0.0)
        return own, own, own, logs.get(names[0], _LOG_OF_SMALLEST)
    own = [scores.get(name, 0.0) for name in names]
    log = sum([logs.get(name, _LOG_OF_SMALLEST) for name in names])
    return min(own), max(own), sum(own) / len(own), log


def _sides(reading: Reading, layers: list[str]) -> tuple[float, float]:
    """(sum of the layers' sides of the perovskite, how far the last stands behind the first)."""
    sides = [reading.side(layer) for layer in layers]
    return sum([side for side, _ in sides]), sides[-1][1] - sides[0][1]

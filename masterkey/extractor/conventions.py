"""What a set of answers shows of the database's habits: how often a value, pair, procedure occurs.

A ranker must not meet its own paper's answer in these counts: the count of a value that only this
paper has would give it away. So each training paper is ranked with the conventions of the other folds.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from masterkey.extractor.fields import (
    ARCHITECTURE,
    LAYERS_OF,
    PART_FIELDS,
    identity,
    layers_of,
    parts_of,
)
from masterkey.schema import fields as schema

MISALIGNED = "?"  # the value has another number of layers than its stack


class Conventions:
    """Counts over answers. `scale` makes up for answers left out (5/4 where a fifth is)."""

    def __init__(self, answers: Sequence[dict[str, str]], scale: float = 1.0):
        self.scale = scale
        self._identities: dict[str, set] = {}
        self._counts: dict[tuple[str, str], np.ndarray] = {}
        self._likelihoods: dict[tuple[str, str, str], float] = {}
        self.values = {
            field: Counter(answer[field] for answer in answers) for field in schema.SII_FIELDS
        }
        self.parts = {field: Counter() for field in PART_FIELDS}
        self.part_architectures = {field: Counter() for field in PART_FIELDS}
        self.layer_pairs = {field: Counter() for field in PART_FIELDS}
        self.layer_values = {field: defaultdict(Counter) for field in LAYERS_OF}
        for answer in answers:
            self._count_parts(answer)
            self._count_layers(answer)

    def _count_parts(self, answer: dict[str, str]) -> None:
        for field in PART_FIELDS:
            parts, layers = set(parts_of(answer[field])), layers_of(answer[field])
            self.parts[field].update(parts)
            self.part_architectures[field].update((part, answer[ARCHITECTURE]) for part in parts)
            self.layer_pairs[field].update(pairwise(layers))

    def _count_layers(self, answer: dict[str, str]) -> None:
        for field, stack in LAYERS_OF.items():
            layers, own = layers_of(answer[stack]), layers_of(answer[field])
            if len(layers) != len(own):
                own = [MISALIGNED] * len(layers)
            for layer, value in zip(layers, own, strict=True):
                self.layer_values[field][layer][value] += 1

    def has_answer(self, field: str, value: str) -> bool:
        """Whether an answer says the same in `field`, however it is written."""
        if field not in self._identities:
            self._identities[field] = {identity(field, known) for known in self.values[field]}
        return identity(field, value) in self._identities[field]

    def counts(self, kind: str, field: str, values: Sequence[str]) -> np.ndarray:
        """How often each of `values`, always the same, occurs among the "values" or "parts" of `field`, scaled."""
        key = (kind, field)
        if key not in self._counts:
            counted = getattr(self, kind)[field]
            self._counts[key] = np.array([counted[value] * self.scale for value in values])
        return self._counts[key]

    def in_architectures(self, field: str, part: str) -> tuple[float, float]:
        """Logarithms of how often cells that are n-i-p, and p-i-n, have a part in `field`."""
        counted = self.part_architectures[field].get
        return math.log1p(counted((part, "nip"), 0)), math.log1p(counted((part, "pin"), 0))

    def rarest_pair(self, field: str, layers: Sequence[str]) -> int:
        """How often the rarest pair of neighbouring layers occurs in `field`; -1 for a single layer."""
        if len(layers) < 2:
            return -1
        counted = self.layer_pairs[field].get
        return min([counted(pair, 0) for pair in pairwise(layers)])

    def likelihood(self, field: str, layer: str, value: str) -> float:
        """Logarithm of how often a layer of the stack has `value` in `field`."""
        key = (field, layer, value)
        if key not in self._likelihoods:
            counted = self.of_layer(field, layer)
            self._likelihoods[key] = math.log((counted[value] + 0.5) / (counted.total() + 2))
        return self._likelihoods[key]

    def of_layer(self, field: str, layer: str) -> Counter:
        """The values of `field` for a layer of its stack."""
        return self.layer_values[field].get(layer, Counter())

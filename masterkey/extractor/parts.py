"""Which names belong to a value: every part that a paper may mean, with features to score it by."""

import numpy as np

from masterkey.extractor.batch import Batch
from masterkey.extractor.fields import ARCHITECTURE, NEW_NAME_CUES, parts_of
from masterkey.extractor.lexicon import squash
from masterkey.schema import fields as schema

# Below this in both, and not in the text, a part of the training vocabulary is not considered.
_LEAST_SUPPORT = 0.04


def part_rows(field: str, batch: Batch, paper: int) -> tuple[list[str], list[list[float]]]:
    """(names, their features) of the parts that a paper's value may have."""
    names, rows = _known_parts(field, batch, paper)
    if field in NEW_NAME_CUES:
        reading = batch.readings[paper]
        known = set(names) | set(batch.conventions[paper].parts[field])
        n_names = len(batch.support["parts", field].vocabulary.names)
        for name in reading.new_names[NEW_NAME_CUES[field]]:
            if name not in known:
                support = [0.0, n_names, 0.0, 0.0, 0.0]
                names.append(name)
                rows.append(support + _text_features(field, batch, paper, name))
    return names, rows


def _known_parts(field: str, batch: Batch, paper: int) -> tuple[list[str], list[list[float]]]:
    support, named = batch.support["parts", field], batch.readings[paper].named
    ridge, vote, by_name = support.ridge[paper], support.vote[paper], support.vocabulary.by_name
    rank = np.empty(len(ridge))
    rank[np.argsort(-ridge)] = np.arange(len(ridge))
    considered = np.maximum(ridge, vote) >= _LEAST_SUPPORT
    considered[[n for name in by_name.keys() & named for n in by_name[name]]] = True
    numbers = np.flatnonzero(considered & (support.count[paper] > 0))
    columns = [ridge, rank, vote, support.near_vote[paper], support.log_count[paper]]
    described = np.stack([column[numbers] for column in columns], axis=1).tolist()
    names = [support.vocabulary.names[n] for n in numbers.tolist()]
    rows = [
        own + _text_features(field, batch, paper, name)
        for own, name in zip(described, names, strict=True)
    ]
    return names, rows


def _text_features(field: str, batch: Batch, paper: int, name: str) -> list[float]:
    return [
        *batch.readings[paper].features(name),
        *batch.conventions[paper].in_architectures(field, name),
        batch.chosen[ARCHITECTURE][paper] == "pin",
        batch.inverted[paper],
    ]


def is_part_of(name: str, value: str) -> bool:
    """Whether a name is a part of a value, however it is written."""
    parts = parts_of(value)
    squashed = {squash(part) for part in parts if schema.is_reported(part)}
    return name in parts or (schema.is_reported(name) and squash(name) in squashed)

"""Parts of the training rows that are left out together, so that what is left out is new in its own way.

A regressor that has not seen one recipe has mostly seen its neighbours: papers vary one layer at a
time. Its errors on devices of new kinds show only where whole kinds are left out: each layer, ion,
composition, method or architecture with all rows that have it.
"""

import random
from collections import Counter

import numpy as np

from masterkey.regressor.features import device_features
from masterkey.regressor.reading import field_parts
from masterkey.rows.splits import recipe_folds
from masterkey.schema.fields import DEVICE_PARTS, LONG_FORM

RECIPE_FOLDS = 5
NAME_FOLDS = 4
LAYERS = ("Substrate_stack_sequence", *(f"{part}_stack_sequence" for part in DEVICE_PARTS))
WHOLE = (
    LONG_FORM,
    "Perovskite_deposition_procedure",
    "Perovskite_deposition_solvents",
    "Cell_architecture",
)
# What is learned from the small rest would not resemble the regressor of all rows.
LEAST_KEPT = 0.25


def left_out(devices: list[dict], recipes: list[str], seed: int, *, few: bool = False) -> list:
    """Arrays of the rows that are left out together; each kind of name in `NAME_FOLDS` folds.

    First folds of recipes, then of layers, ions and whole values. A row may be in several. `few`
    gives one fold of each kind of name and two of recipes, for tables so large that one fold has
    thousands of rows.
    """
    n_folds = min(RECIPE_FOLDS, len(set(recipes)))
    if n_folds < 2:
        return []
    fold_of = np.array(recipe_folds(recipes, n_folds, seed))
    parts = [np.flatnonzero(fold_of == fold) for fold in range(n_folds)][: 2 if few else None]
    for names in _names(devices):
        folds = _name_folds(names, seed)
        parts += folds[:1] if few else folds
    least = LEAST_KEPT * len(set(recipes))
    return [rows for rows in parts if len(set(np.delete(recipes, rows))) >= least]


def _names(devices: list[dict]) -> list[list[set]]:
    """For each kind of name, the names that each device has."""
    kinds = [[set(field_parts(device.get(field, ""))) for device in devices] for field in LAYERS]
    kinds.append([{n for n in device_features(own) if n.startswith("ion:")} for own in devices])
    for field in WHOLE:
        values = (" ".join(device.get(field, "").split()) for device in devices)
        kinds.append([{value} for value in values])
    return kinds


def _name_folds(names: list[set], seed: int) -> list[np.ndarray]:
    """The rows with any name of each fold; frequent names are dealt first, each to the smallest fold."""
    counts = Counter(name for own in names for name in own)
    order = sorted(counts)
    random.Random(seed).shuffle(order)
    folds: list[set] = [set() for _ in range(NAME_FOLDS)]
    filled = [0] * NAME_FOLDS
    for name in sorted(order, key=lambda name: -counts[name]):
        smallest = filled.index(min(filled))
        folds[smallest].add(name)
        filled[smallest] += counts[name]
    rows = [np.flatnonzero([bool(own & fold) for own in names]) for fold in folds]
    return [own for own in rows if 0 < len(own) < len(names)]

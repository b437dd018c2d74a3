"""Splits of one file: train and test by a hash of the row, folds; a recipe's MDP rows stay together."""

import hashlib
import random
from collections import Counter

from masterkey.rows.records import Row, recipe_of


def stable_split(rows: list[Row], task: str, n_test: int) -> tuple[list[Row], list[Row]]:
    """(train, test) in file order, `n_test` test rows; the same rows always give the same split.

    The unit is the paper's text for SII, the recipe for MDP (rows of one recipe are repeated
    measurements). Units are taken in the order of their hash, each whole, unless it would exceed
    `n_test`; so the test part may fall short of `n_test` where only large units are left.
    """
    units: dict[str, list[Row]] = {}
    for row in rows:
        units.setdefault(recipe_of(row.input) if task == "mdp" else row.input, []).append(row)
    test: set[int] = set()
    for unit in sorted(units, key=_digest):
        if len(test) + len(units[unit]) <= n_test:
            test |= {row.number for row in units[unit]}
    return (
        [row for row in rows if row.number not in test],
        [row for row in rows if row.number in test],
    )


def recipe_folds(recipes: list[str], n_folds: int, seed: int) -> list[int]:
    """The fold of each row: recipes in a seeded order, each dealt to the fold with fewest rows.

    `recipes` is [n_rows], equal for rows of one recipe (records.recipe_of).
    """
    sizes = Counter(recipes)
    order = sorted(sizes)
    random.Random(seed).shuffle(order)
    filled = [0] * n_folds
    fold_of = {}
    # Recipes with most rows first, or the folds would differ in size; sorting keeps the seeded
    # order among equals.
    for recipe in sorted(order, key=lambda recipe: -sizes[recipe]):
        fold_of[recipe] = filled.index(min(filled))
        filled[fold_of[recipe]] += sizes[recipe]
    return [fold_of[recipe] for recipe in recipes]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

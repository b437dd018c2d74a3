"""Folds of rows that keep the rows of a recipe together."""

import random
from collections import Counter


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

"""Kernel ridge regression over recipes, exact for few of them, on landmarks for many."""

import hashlib
from dataclasses import dataclass

import numpy as np

# Chosen among γ 1/8, 1/16, 1/32 and penalties .01 to 1: docs/mdp.md.
GAMMA, PENALTY = 1 / 16, 0.03
MAX_LANDMARKS = 1500
JITTER = 1e-9
_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class RecipeKernel:
    """exp(-γ ‖x - landmark‖²) times `coefficients` [n_landmarks, n_targets], plus `offset` [n_targets]."""

    landmarks: np.ndarray
    coefficients: np.ndarray
    offset: np.ndarray

    @classmethod
    def fit(cls, table: np.ndarray, targets: np.ndarray, seed: int) -> "RecipeKernel":
        """Fit targets [n_rows, n_targets] (NaN: not known, left out for that target) on `table`.

        The landmarks are the distinct rows of `table`, or a seeded sample of `MAX_LANDMARKS` of
        them (Nyström; Williams and Seeger 2001). With all of them it is kernel ridge regression.
        """
        first_rows, recipe_of_row = _distinct(table)
        recipes = table[first_rows]
        landmarks = recipes
        if len(recipes) > MAX_LANDMARKS:
            chosen = np.random.default_rng(seed).choice(len(recipes), MAX_LANDMARKS, replace=False)
            landmarks = recipes[np.sort(chosen)]
        offset = np.nanmean(targets, axis=0)
        sums, counts = _of_recipes(targets - offset, recipe_of_row, len(recipes))
        return cls(landmarks, _ridge(recipes, landmarks, sums, counts), offset)

    def predict(self, table: np.ndarray) -> np.ndarray:
        """[n_rows, n_targets]."""
        return self.offset + _kernel(table, self.landmarks) @ self.coefficients


def _distinct(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first row of each distinct one, which of these each row is), by the rows' bytes.

    Sorting 40,000 rows of 1,500 columns, as np.unique does, takes longer than the regression.
    """
    place_of: dict[bytes, int] = {}
    first_rows = []
    place_of_row = np.empty(len(table), dtype=np.intp)
    for number, row in enumerate(np.ascontiguousarray(table) + 0.0):  # + 0.0: minus zero is zero
        place = place_of.setdefault(hashlib.blake2b(row.tobytes()).digest(), len(first_rows))
        if place == len(first_rows):
            first_rows.append(number)
        place_of_row[number] = place
    return np.array(first_rows, dtype=np.intp), place_of_row


def _of_recipes(targets, recipe_of_row, n_recipes) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the known targets and numbers of rows that know them, each [n_recipes, n_targets]."""
    known = np.isfinite(targets)
    sums, counts = np.zeros((2, n_recipes, targets.shape[1]))
    np.add.at(sums, recipe_of_row, np.where(known, targets, 0))
    np.add.at(counts, recipe_of_row, known)
    return sums, counts


def _ridge(recipes, landmarks, sums, counts) -> np.ndarray:
    """Coefficients [n_landmarks, n_targets], each target on the rows that know it, recipes in pieces.

    They solve (K' C K + penalty L + jitter) a = K' s with the kernel K [n_recipes, n_landmarks], that
    of the landmarks L, and how often (C) and with which sum (s) each recipe was measured: a
    recipe's kernel is computed once, however often it was measured. The jitter is the share of L's
    largest eigenvalue below which a direction is rounding.
    """
    of_landmarks = _kernel(landmarks, landmarks)
    stabilised = PENALTY * of_landmarks
    stabilised.flat[:: len(landmarks) + 1] += JITTER * np.abs(of_landmarks).sum(axis=1).max()
    # Targets known equally often in all recipes share their matrix.
    patterns, pattern_of = np.unique(counts.T, axis=0, return_inverse=True)
    coefficients = np.zeros((len(landmarks), sums.shape[1]))
    for number, pattern in enumerate(patterns):
        columns = np.flatnonzero(pattern_of.ravel() == number)
        rows = np.flatnonzero(pattern)
        gram, moment = stabilised.copy(), np.zeros((len(landmarks), len(columns)))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            piece = rows[start : start + _ROWS_AT_ONCE]
            similar = _kernel(recipes[piece], landmarks)
            moment += similar.T @ sums[np.ix_(piece, columns)]
            similar *= np.sqrt(pattern[piece])[:, None]
            gram += similar.T @ similar
        coefficients[:, columns] = np.linalg.solve(gram, moment)
    return coefficients


def _kernel(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    left, right = left.astype(float), right.astype(float)
    exponents = left @ right.T
    exponents *= 2
    exponents -= (left**2).sum(axis=1)[:, None]
    exponents -= (right**2).sum(axis=1)[None]
    # In place: tables of 4,096 rows and 1,500 landmarks are what fitting consists of.
    np.minimum(exponents, 0, out=exponents)
    exponents *= GAMMA
    return np.exp(exponents, out=exponents)

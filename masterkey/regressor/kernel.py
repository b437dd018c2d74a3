"""Kernel ridge regression over recipes, exact for few of them, on landmarks for many."""

import hashlib
from dataclasses import dataclass

import numpy as np

# Chosen among γ 1/8, 1/16, 1/32 and penalties .01 to 1: docs/mdp.md.
GAMMA, PENALTY = 1 / 16, 0.03
MAX_LANDMARKS = 1500
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
        values, vectors = np.linalg.eigh(_kernel(landmarks, landmarks))
        kept = values > 1e-8 * values[-1]
        whiten = vectors[:, kept] / np.sqrt(values[kept])
        offset = np.nanmean(targets, axis=0)
        sums, counts = _of_recipes(targets - offset, recipe_of_row, len(recipes))
        weights = _ridge(recipes, landmarks, whiten, sums, counts)
        return cls(landmarks, whiten @ weights, offset)

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


def _ridge(recipes, landmarks, whiten, sums, counts) -> np.ndarray:
    """Weights [n_components, n_targets], each target on the rows that know it, recipes in pieces.

    A recipe measured n times counts n times in the Gram matrix, so its kernel is computed once. The
    matrices are summed up over landmarks and turned into components at the end: that is a third of the
    multiplications of turning each piece.
    """
    n_components, n_targets = whiten.shape[1], sums.shape[1]
    # Targets known equally often in all recipes share their matrix.
    patterns, pattern_of = np.unique(counts.T, axis=0, return_inverse=True)
    weights = np.zeros((n_components, n_targets))
    for number, pattern in enumerate(patterns):
        columns = np.flatnonzero(pattern_of.ravel() == number)
        rows = np.flatnonzero(pattern)
        gram, moment = np.zeros((len(landmarks),) * 2), np.zeros((len(landmarks), len(columns)))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            piece = rows[start : start + _ROWS_AT_ONCE]
            similar = _kernel(recipes[piece], landmarks)
            moment += similar.T @ sums[np.ix_(piece, columns)]
            similar *= np.sqrt(pattern[piece])[:, None]
            gram += similar.T @ similar
        gram = whiten.T @ gram @ whiten + PENALTY * np.eye(n_components)
        weights[:, columns] = np.linalg.solve(gram, whiten.T @ moment)
    return weights


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

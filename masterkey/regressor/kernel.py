"""Kernel ridge regression over recipes, exact for few of them, on landmarks for many."""

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
        landmarks = np.unique(table, axis=0)
        if len(landmarks) > MAX_LANDMARKS:
            chosen = np.random.default_rng(seed).choice(
                len(landmarks), MAX_LANDMARKS, replace=False
            )
            landmarks = landmarks[np.sort(chosen)]
        values, vectors = np.linalg.eigh(_kernel(landmarks, landmarks))
        kept = values > 1e-8 * values[-1]
        whiten = vectors[:, kept] / np.sqrt(values[kept])
        offset = np.nanmean(targets, axis=0)
        weights = _ridge(table, landmarks, whiten, targets - offset)
        return cls(landmarks, whiten @ weights, offset)

    def predict(self, table: np.ndarray) -> np.ndarray:
        """[n_rows, n_targets]."""
        return self.offset + _kernel(table, self.landmarks) @ self.coefficients


def _ridge(table, landmarks, whiten, targets) -> np.ndarray:
    """Weights [n_components, n_targets], each target on the rows that know it, rows in pieces."""
    n_components, n_targets = whiten.shape[1], targets.shape[1]
    known = np.isfinite(targets)
    # Targets known on the same rows share their matrix.
    patterns, pattern_of = np.unique(known.T, axis=0, return_inverse=True)
    weights = np.zeros((n_components, n_targets))
    for number, pattern in enumerate(patterns):
        columns = np.flatnonzero(pattern_of.ravel() == number)
        rows = np.flatnonzero(pattern)
        gram, moment = PENALTY * np.eye(n_components), np.zeros((n_components, len(columns)))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            piece = rows[start : start + _ROWS_AT_ONCE]
            components = _kernel(table[piece], landmarks) @ whiten
            gram += components.T @ components
            moment += components.T @ targets[np.ix_(piece, columns)]
        weights[:, columns] = np.linalg.solve(gram, moment)
    return weights


def _kernel(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    left, right = left.astype(float), right.astype(float)
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None]
    return np.exp(-GAMMA * np.maximum(squares - 2 * left @ right.T, 0))

"""Conformal prediction intervals for rows that come in groups (recipes measured repeatedly).

Rows of one recipe are not exchangeable with rows of others, so each recipe weighs the same, however
often it was measured: the quantile of the errors is that of hierarchical conformal prediction (Lee,
Barber and Willett 2023, arXiv 2306.06342; Dunn, Wasserman and Ramdas 2022, doi
10.1080/01621459.2022.2060112). The errors are those of cross-validation by recipe, in units of a
spread that the model states for each row, and each side of the interval has its own quantile.

The errors come from models that lack a fold, the interval surrounds the prediction of the model of
all rows. Such cross-conformal intervals have no proof for small samples; what they cover is measured
(docs/mdp.md).
"""

import math
from dataclasses import dataclass

import numpy as np

LEVEL = 0.9


@dataclass(frozen=True)
class ConformalIntervals:
    """How far each target's interval reaches below and above, [n_targets], in units of the spread.

    Infinite where there were too few recipes to say: with 19 recipes or more, 90 % can be said.
    """

    below: np.ndarray
    above: np.ndarray

    @classmethod
    def fit(cls, targets, predictions, spreads, groups) -> "ConformalIntervals":
        """All [n_rows, n_targets], `groups` [n_rows]; predictions made without the row's group.

        A target that is not known (NaN) is left out.
        """
        tail = (1 - LEVEL) / 2
        error = (targets - predictions) / spreads
        reach = {
            sign: np.array(
                [grouped_quantile(sign * column, groups, 1 - tail) for column in error.T]
            )
            for sign in (-1, 1)
        }
        # The prediction itself always lies inside.
        return cls(below=np.maximum(reach[-1], 0), above=np.maximum(reach[1], 0))

    def around(self, predictions: np.ndarray, spreads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(lower, upper) ends, each [n_rows, n_targets]."""
        return predictions - self.below * spreads, predictions + self.above * spreads


def grouped_quantile(scores: np.ndarray, groups: np.ndarray, level: float) -> float:
    """The smallest score that a row of a new group stays at or below with probability `level`.

    `scores` and `groups` are [n_rows]; NaN scores are left out. Each of G groups has the weight
    1 / (G + 1), shared by its rows; what remains stands for the new group, which may lie anywhere,
    so the answer may be infinite.
    """
    known = np.isfinite(scores)
    if not known.any():
        return math.inf
    scores = scores[known]
    _, group_of_row, sizes = np.unique(groups[known], return_inverse=True, return_counts=True)
    order = np.argsort(scores, kind="stable")
    covered = np.cumsum(1 / sizes[group_of_row[order]]) / (len(sizes) + 1)
    # Sums of thirds and the like round.
    place = np.searchsorted(covered, level - 1e-9)
    return float(scores[order][place]) if place < len(scores) else math.inf

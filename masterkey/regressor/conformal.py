"""Conformal prediction intervals that are wider the less a device resembles those learned from.

The errors are those on rows that were left out together (masterkey/regressor/leave_outs.py), in units of a
spread that the model states for each row. They are parted by novelty, the distance to the nearest
recipe that was not left out, and each class of novelty has quantiles of its own (Mondrian conformal
prediction: Vovk, Lindsay, Nouretdinov and Gammerman 2003), one for each side, none smaller than
that of a class of less novelty. Beyond the novelty of most rows that were ever left out nothing is
known of the errors: no interval.

Rows of one recipe are not exchangeable with rows of others, so within a class each recipe weighs the
same, however often it was measured or left out: hierarchical conformal prediction (Lee, Barber and
Willett 2023, arXiv 2306.06342; Dunn, Wasserman and Ramdas 2022, doi 10.1080/01621459.2022.2060112).

The errors come from models that lack a part of the rows, the interval surrounds the prediction of the
model of all rows. Such cross-conformal intervals have no proof for small samples; what they cover is
measured (docs/mdp.md).
"""

import math
from dataclasses import dataclass

import numpy as np

LEVEL = 0.9
# Shares of the calibration rows below the edges of the classes, and below the limit of what is known.
CLASS_SHARES = (0.2, 0.5, 0.8)
KNOWN_SHARE = 0.95
LEAST_RECIPES = 40  # in a class: with half as many, its quantiles would be its largest errors


@dataclass(frozen=True)
class ConformalIntervals:
    """How far each target's interval reaches below and above, [n_classes, n_targets], in spreads.

    `edges` [n_classes - 1] part the classes of novelty, `limit` ends the last one. A reach is
    infinite where there were too few recipes to say: with 19 recipes or more, 90 % can be said.
    """

    edges: np.ndarray
    limit: float
    below: np.ndarray
    above: np.ndarray

    @classmethod
    def fit(cls, targets, predictions, spreads, groups, novelty) -> "ConformalIntervals":
        """Tables [n_rows, n_targets], `groups` and `novelty` [n_rows]; a row may occur repeatedly.

        Predictions and novelty are those without the part that was left out. A target or a
        prediction that is not known (NaN) is left out, and a row of infinite novelty.
        """
        finite = novelty[np.isfinite(novelty)]
        if not len(finite):
            return cls.unknown(targets.shape[1])
        limit = float(np.quantile(finite, KNOWN_SHARE))
        edges = _edges(np.quantile(finite, CLASS_SHARES), limit, groups, novelty)
        class_of = np.where(novelty <= limit, np.searchsorted(edges, novelty), -1)
        error = (targets - predictions) / spreads
        below, above = (
            np.array([_reach(sign * error, groups, class_of == n) for n in range(len(edges) + 1)])
            for sign in (-1, 1)
        )
        below, above = np.maximum.accumulate(below), np.maximum.accumulate(above)
        n_said = int((np.isfinite(below) & np.isfinite(above)).any(axis=1).sum())
        if n_said == 0:
            return cls.unknown(targets.shape[1])
        if n_said < len(below):
            limit = float(edges[n_said - 1])
        return cls(edges[: n_said - 1], limit, below[:n_said], above[:n_said])

    @classmethod
    def unknown(cls, n_targets: int) -> "ConformalIntervals":
        """Of which nothing is known: no interval for any device."""
        reach = np.full((1, n_targets), math.inf)
        return cls(np.empty(0), -math.inf, reach, reach)

    def around(self, predictions, spreads, novelty) -> tuple[np.ndarray, np.ndarray]:
        """(lower, upper) ends, each [n_rows, n_targets]; infinite where nothing is known."""
        class_of = np.searchsorted(self.edges, novelty)
        far = (novelty > self.limit)[:, None]
        below, above = (
            np.where(far, math.inf, reach[class_of] * spreads) for reach in (self.below, self.above)
        )
        return predictions - below, predictions + above


def _edges(wanted, limit: float, groups: np.ndarray, novelty: np.ndarray) -> np.ndarray:
    """Those of the edges `wanted` between which, and below the limit, there are enough recipes."""
    edges, start = [], -math.inf
    for edge in wanted:
        inside = groups[(novelty > start) & (novelty <= edge)]
        above = groups[(novelty > edge) & (novelty <= limit)]
        if min(len(set(inside)), len(set(above))) >= LEAST_RECIPES:
            edges.append(edge)
            start = edge
    return np.array(edges)


def _reach(error: np.ndarray, groups: np.ndarray, rows: np.ndarray) -> list[float]:
    """The quantile of each column of the errors of one class. The prediction itself lies inside."""
    level = 1 - (1 - LEVEL) / 2
    return [max(grouped_quantile(column[rows], groups[rows], level), 0.0) for column in error.T]


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

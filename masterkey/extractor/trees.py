"""Gradient boosted trees as plain arrays: learned by LightGBM, averaged over seeds, asked by NumPy alone.

A kept file so needs no library's own format, and holds no pointer that could lead astray. A tree of at
most `N_LEAVES` leaves, numbered from left to right, is answered without walking it: each node that a row
passes to the right cuts off the leaves on its left, and of those that remain the first is the row's
(Lucchese et al., QuickScorer, SIGIR 2015).
"""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masterkey.scripting.command_line import UserError

N_BAGS = 2
N_TREES, LEARNING_RATE, N_LEAVES, SMALLEST_LEAF, N_BINS = 60, 0.1, 8, 10, 63
# The arrays of `Trees` and their types.
ARRAYS = {"feature": np.int16, "threshold": np.float64, "cut": np.uint8, "value": np.float64}
# The first leaf that is not cut off, for each set of cut leaves (bits of a byte).
_FIRST_LEFT = np.array([next((n for n in range(8) if not cut >> n & 1), 0) for cut in range(256)])


@dataclass(frozen=True)
class Trees:
    """P(right) = logistic(baseline + sum of the leaves that a row falls into).

    Node n of tree t passes a row to the right where its `feature[t, n]` exceeds `threshold[t, n]`, and
    then cuts off the leaves whose bits are set in `cut[t, n]`; `value[t, leaf]`. A tree with fewer nodes
    ends in nodes that cut off nothing. Without trees the probability is the same for every row.
    """

    baseline: float
    n_features: int
    feature: np.ndarray  # [n_trees, N_LEAVES - 1]
    threshold: np.ndarray  # [n_trees, N_LEAVES - 1]
    cut: np.ndarray  # [n_trees, N_LEAVES - 1]
    value: np.ndarray  # [n_trees, N_LEAVES]

    @classmethod
    def empty(cls, n_trees: int, n_features: int, baseline: float = 0.0) -> "Trees":
        """Trees that add nothing, to be filled in."""
        arrays = {name: np.zeros(_shape(name, n_trees), ARRAYS[name]) for name in ARRAYS}
        return cls(baseline, n_features, **arrays)

    @classmethod
    def constant(cls, probability: float, n_features: int) -> "Trees":
        with np.errstate(divide="ignore"):
            baseline = float(np.log(probability) - np.log1p(-probability))
        return cls.empty(0, n_features, baseline)

    @classmethod
    def fit(cls, x: np.ndarray, right: np.ndarray, seed: int) -> "Trees":
        """Learn P(right) of rows `x`, [n, n_features]; the mean of `N_BAGS` fits."""
        learner = Learner(x, right, seed)
        return cls.mean([learner.trees(bag) for bag in range(N_BAGS)])

    @classmethod
    def mean(cls, fits: Sequence["Trees"]) -> "Trees":
        """The mean of the log odds of several fits to the same rows."""
        arrays = {name: np.concatenate([getattr(own, name) for own in fits]) for name in ARRAYS}
        arrays["value"] /= len(fits)
        return cls(fits[0].baseline, fits[0].n_features, **arrays)

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """P(right) of each row of `x`, [n, n_features].

        Raises `UserError` where rows have other features than those that were learned from: the
        trees are of a file that another version of this code has written.
        """
        raw = np.full(len(x), self.baseline)
        if len(x) and len(self.value):
            if x.shape[1] != self.n_features:
                raise UserError(
                    f"the kept extractor was learned from {self.n_features} features where now "
                    f"{x.shape[1]} are read; fit it anew with sii_baseline.py --save_model."
                )
            raw += self._leaves(x).sum(0)
        return 1 / (1 + np.exp(-raw))  # SciPy's `expit` would take longer to import than to ask

    def _leaves(self, x: np.ndarray) -> np.ndarray:
        """The value of each row's leaf, [n_trees, n]."""
        columns = np.ascontiguousarray(x.T)
        cut_off = np.zeros((len(self.value), len(x)), np.uint8)
        for n in range(N_LEAVES - 1):
            to_the_right = columns.take(self.feature[:, n], axis=0) > self.threshold[:, n, None]
            cut_off |= to_the_right * self.cut[:, n, None]
        return np.take_along_axis(self.value, _FIRST_LEFT[cut_off], axis=1)

    def check(self) -> None:
        """Raise ValueError unless these are trees: nothing else is needed to ask them safely."""
        for name, dtype in ARRAYS.items():
            own = getattr(self, name)
            if own.shape != _shape(name, len(self.value)) or own.dtype != dtype:
                raise ValueError(f"{name}: not the arrays of trees")
        if ((self.feature < 0) | (self.feature >= self.n_features)).any():
            raise ValueError("a node asks for a feature that is not there")
        if not np.isfinite(self.value).all():
            raise ValueError("a leaf has no finite value")


def _shape(name: str, n_trees: int) -> tuple[int, int]:
    return n_trees, N_LEAVES if name == "value" else N_LEAVES - 1


def probability(log_odds: np.ndarray) -> np.ndarray:
    from scipy.special import expit

    return expit(log_odds)


class Learner:
    """Learns P(right) of rows `x`, [n, n_features], of all or of some.

    Their values are divided into bins once, so that a part of the rows is learned from in the bins of
    all: these know of the others' features, not of what is right.
    """

    def __init__(self, x: np.ndarray, right: np.ndarray, seed: int):
        self.x, self.right, self.seed = x, right, seed
        self.binned = _binned(x, right) if x.size else None

    def trees(self, bag: int) -> Trees:
        """The trees of one of the fits to all rows."""
        if (share := self._same(np.arange(len(self.x)))) is not None:
            return Trees.constant(share, self.x.shape[1])
        return _arrays(_boosted(self.binned, self._seed(bag)), self.x.shape[1])

    def log_odds_of_others(self, inside: np.ndarray, bag: int) -> np.ndarray:
        """The log odds of the rows that are not `inside` ([n], bool), from one of the fits to those that are."""
        own, others = np.flatnonzero(inside), self.x[~inside]
        if (share := self._same(own)) is not None:
            return np.full(len(others), np.inf if share else -np.inf)
        rows = self.binned.subset(own).construct()
        return _boosted(rows, self._seed(bag)).predict(others, raw_score=True)

    def _same(self, own: np.ndarray) -> float | None:
        """What there is to learn from rows that are all right or all wrong; 0 without rows."""
        right = self.right[own]
        if self.binned is None or not len(right):
            return 0.0
        return float(right[0]) if right.min() == right.max() else None

    def _seed(self, bag: int) -> int:
        return self.seed * N_BAGS + bag


# One thread for each fit: several would wake each other all the time. `extra_trees` tries one random
# threshold for each feature of a node: a better probability than that of the best threshold (docs/experiments.md).
_PARAMETERS = {
    "objective": "binary",
    "learning_rate": LEARNING_RATE,
    "num_leaves": N_LEAVES,
    "min_data_in_leaf": SMALLEST_LEAF,
    "lambda_l2": 1.0,
    "extra_trees": True,
    "max_bin": N_BINS,
    "feature_pre_filter": False,
    "use_missing": False,
    "num_threads": 1,
    "force_row_wise": True,  # the same trees as by columns, in a tenth less of the time
    "deterministic": True,
    "verbose": -1,
}


def lightgbm():
    """The module, imported without scikit-learn, which is for its other interface alone and takes .8 s of CPU."""
    name = "sklearn"
    if "lightgbm" in sys.modules or name in sys.modules:
        return importlib.import_module("lightgbm")
    sys.modules[name] = None  # "not installed"
    try:
        return importlib.import_module("lightgbm")
    finally:
        del sys.modules[name]


def _binned(x: np.ndarray, right: np.ndarray):
    return lightgbm().Dataset(x, right, params=_PARAMETERS).construct()


def _boosted(rows, seed: int):
    booster = lightgbm().Booster(_PARAMETERS | {"seed": seed}, rows)
    for _ in range(N_TREES):
        if booster.update():  # there is nothing left to divide
            break
    return booster


def _arrays(booster, n_features: int) -> Trees:
    """LightGBM's trees, by its public description of them (`Booster.dump_model`)."""
    described = booster.dump_model()["tree_info"]
    trees = Trees.empty(len(described), n_features)
    for t, tree in enumerate(described):
        _fill(trees, t, tree["tree_structure"])
    return trees


def _fill(trees: Trees, t: int, root: dict) -> None:
    """Write a described tree into row `t` of the arrays."""
    n_leaves = n_nodes = 0

    def visit(node: dict) -> None:
        nonlocal n_leaves, n_nodes
        if "leaf_value" in node:
            trees.value[t, n_leaves] = node["leaf_value"]
            n_leaves += 1
            return
        n, first = n_nodes, n_leaves
        n_nodes += 1
        visit(node["left_child"])
        trees.feature[t, n], trees.threshold[t, n] = node["split_feature"], node["threshold"]
        trees.cut[t, n] = (1 << n_leaves) - (1 << first)
        visit(node["right_child"])

    visit(root)

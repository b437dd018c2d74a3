"""Gradient boosted trees as plain arrays: learned by scikit-learn, averaged over seeds, safe to load.

scikit-learn's own compiled code walks the trees, but it does not look where an index points. So
`Trees.check` does, before trees from a file are used.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

N_BAGS = 2
N_TREES, LEARNING_RATE, N_LEAVES, SMALLEST_LEAF, FEATURE_SHARE = 60, 0.1, 8, 10, 0.5


@dataclass(frozen=True)
class Trees:
    """P(right) = logistic(baseline + sum of the leaves that a row falls into).

    `nodes`: scikit-learn's node records of all trees, one tree after another; `sizes`: the number of
    nodes of each. Without trees the probability is the same for every row.
    """

    baseline: float
    n_features: int
    nodes: np.ndarray
    sizes: np.ndarray

    @classmethod
    def constant(cls, probability: float, n_features: int) -> "Trees":
        with np.errstate(divide="ignore"):
            baseline = float(np.log(probability) - np.log1p(-probability))
        return cls(baseline, n_features, np.zeros(0, _node_type()), np.zeros(0, int))

    @classmethod
    def fit(cls, x: np.ndarray, right: np.ndarray, seed: int) -> "Trees":
        """Learn P(right) of rows `x`, [n, n_features]; the mean of `N_BAGS` fits."""
        if not len(right) or right.min() == right.max():
            return cls.constant(float(right.mean()) if len(right) else 0.0, x.shape[1])
        fits = [_boosted(x, right, seed * N_BAGS + bag) for bag in range(N_BAGS)]
        trees = [tree.nodes for fit in fits for [tree] in fit._predictors]
        nodes = np.concatenate(trees)
        nodes["value"] /= N_BAGS
        baseline = float(np.mean([fit._baseline_prediction for fit in fits]))
        return cls(baseline, x.shape[1], nodes, np.array(list(map(len, trees))))

    @cached_property
    def _trees(self) -> list:
        from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

        no_categories = np.zeros((0, 8), np.uint32)
        pieces = np.split(self.nodes, np.cumsum(self.sizes)[:-1]) if len(self.sizes) else []
        return [TreePredictor(nodes, no_categories, no_categories) for nodes in pieces]

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """P(right) of each row of `x`, [n, n_features]."""
        from scipy.special import expit

        raw = np.full(len(x), self.baseline)
        if len(x):
            x = np.ascontiguousarray(x, dtype=np.float64)
            categories = np.zeros((0, 8), np.uint32), np.zeros(self.n_features, np.uint32)
            for tree in self._trees:
                raw += tree.predict(x, *categories, n_threads=1)
        return expit(raw)

    def check(self) -> None:
        """Raise ValueError where a node points outside of its tree, backwards, or to no feature."""
        if self.nodes.dtype != _node_type() or self.sizes.sum() != len(self.nodes):
            raise ValueError("not the nodes of trees")
        end = np.repeat(np.cumsum(self.sizes), self.sizes)
        start = np.repeat(np.cumsum(self.sizes) - self.sizes, self.sizes)
        here = np.arange(len(self.nodes)) - start
        inner = self.nodes["is_leaf"] == 0
        for side in ("left", "right"):
            child = self.nodes[side].astype(np.int64)
            if (inner & ((child <= here) | (child >= end - start))).any():
                raise ValueError("a node points outside of its tree")
        feature = self.nodes["feature_idx"]
        if (inner & ((feature < 0) | (feature >= self.n_features))).any():
            raise ValueError("a node asks for a feature that is not there")
        if self.nodes["is_categorical"].any():
            raise ValueError("a node asks for a category")


def _node_type() -> np.dtype:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    return PREDICTOR_RECORD_DTYPE


def _boosted(x: np.ndarray, right: np.ndarray, seed: int):
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=N_TREES,
        learning_rate=LEARNING_RATE,
        max_leaf_nodes=N_LEAVES,
        min_samples_leaf=SMALLEST_LEAF,
        max_features=FEATURE_SHARE,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    ).fit(x, right)

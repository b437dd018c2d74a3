"""Fitted scikit-learn forests as plain arrays: saved without pickle, read without scikit-learn."""

from dataclasses import dataclass

import numpy as np

_ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class TreeTable:
    """The nodes of all trees in one table; a leaf is its own left and right child.

    `roots` [n_trees]; `feature`, `threshold`, `left`, `right` [n_nodes]; `value` [n_nodes, n_targets].
    A row goes left where its feature is at most the threshold.
    """

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray

    @classmethod
    def of_forests(cls, forests: list) -> "TreeTable":
        """All trees of fitted RandomForestRegressors or ExtraTreesRegressors of equal targets."""
        trees = [estimator.tree_ for forest in forests for estimator in forest.estimators_]
        roots = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
        return cls(
            roots=roots.astype(np.int32),
            feature=_joined([np.maximum(tree.feature, 0) for tree in trees], np.int32),
            threshold=_joined([tree.threshold for tree in trees], np.float64),
            left=_children(roots, [tree.children_left for tree in trees]),
            right=_children(roots, [tree.children_right for tree in trees]),
            value=_joined([tree.value[:, :, 0] for tree in trees], np.float32),
        )

    def predict(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(mean, standard deviation) over the trees, each [n_rows, n_targets].

        `table` is float32 [n_rows, n_features].
        """
        total, squares = np.zeros((2, len(table), self.value.shape[1]))
        for start in range(0, len(table), _ROWS_AT_ONCE):
            piece = slice(start, start + _ROWS_AT_ONCE)
            for leaf in self._leaves(table[piece]):
                value = self.value[leaf].astype(float)
                total[piece] += value
                squares[piece] += value**2
        mean = total / len(self.roots)
        return mean, np.sqrt(np.maximum(squares / len(self.roots) - mean**2, 0))

    def _leaves(self, table: np.ndarray) -> np.ndarray:
        """The leaf of each row in each tree, [n_trees, n_rows]; all trees take a step at once."""
        node = np.repeat(self.roots.astype(np.intp), len(table))
        row = np.tile(np.arange(len(table)), len(self.roots))
        walking = np.flatnonzero(self.left[node] != node)
        while len(walking):
            here = node[walking]
            goes_left = table[row[walking], self.feature[here]] <= self.threshold[here]
            child = np.where(goes_left, self.left[here], self.right[here])
            node[walking] = child
            # Trees of many devices are deep in few places: who has arrived rests.
            walking = walking[self.left[child] != child]
        return node.reshape(len(self.roots), len(table))

    def is_sound(self, n_features: int, n_targets: int) -> bool:
        """Whether a table read from a file can be walked: all indices inside, no way back up."""
        n_nodes = len(self.feature)
        if self.roots.ndim != 1:
            return False
        columns = (self.feature, self.threshold, self.left, self.right)
        indices = (self.roots, self.feature, self.left, self.right)
        if (
            n_nodes == 0
            or len(self.roots) == 0
            or any(column.shape != (n_nodes,) for column in columns)
        ):
            return False
        if any(not np.issubdtype(index.dtype, np.integer) or index.min() < 0 for index in indices):
            return False
        inside = max(self.roots.max(), self.left.max(), self.right.max()) < n_nodes
        downwards = (np.minimum(self.left, self.right) >= np.arange(n_nodes)).all()
        shaped = self.value.shape == (n_nodes, n_targets) and self.feature.max() < max(
            n_features, 1
        )
        return bool(inside and downwards and shaped)


def _joined(parts: list[np.ndarray], dtype) -> np.ndarray:
    return np.concatenate(parts).astype(dtype)


def _children(roots: np.ndarray, sides: list[np.ndarray]) -> np.ndarray:
    """Children numbered in the joint table; scikit-learn marks a leaf by -1, which becomes itself."""
    numbered = [
        root + np.where(side < 0, np.arange(len(side)), side)
        for root, side in zip(roots, sides, strict=True)
    ]
    return _joined(numbered, np.int32)

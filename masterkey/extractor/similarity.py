"""What papers of similar wording say: a vote of the nearest ones, and kernel ridge regression.

Both are given for new papers, and for the training papers without themselves (leave one out), so that
rankers are trained on what they will see.
"""

from collections.abc import Callable, Sequence

import numpy as np

from masterkey.rows.word_vectors import NAMES, WORD_PAIRS, WordVectors

RIDGE = 0.3
_KINDS = (WORD_PAIRS, NAMES)


class Similarity:
    """Cosines summed over two views of a paper: its words and word pairs, and what it names when.

    The texts of the second view are `Reading.pseudo_text`.
    """

    def __init__(self, views: Sequence[WordVectors]):
        self.views = tuple(views)

    @classmethod
    def fit(cls, *texts: Sequence[str]) -> "Similarity":
        """From the training papers' texts of each view."""
        return cls([WordVectors.fit(kind, own) for kind, own in zip(_KINDS, texts, strict=True)])

    def among_training(self) -> np.ndarray:
        """[n_training, n_training]."""
        return sum(view.among_themselves() for view in self.views)

    def to_training(self, *texts: Sequence[str]) -> np.ndarray:
        """[n_papers, n_training] from the papers' texts of each view."""
        each = zip(_KINDS, self.views, texts, strict=True)
        return sum(view.cosines(kind, own) for kind, view, own in each)


def vote_weights(kernel: np.ndarray, n_neighbours: int, leave_one_out: bool) -> np.ndarray:
    """Weights of the nearest training papers: squared similarity, rows summing to 1 (or all 0).

    `kernel`: [n_papers, n_training]; with `leave_one_out` these are the same, and none votes for itself.
    """
    similarity = kernel.copy()
    if leave_one_out:
        np.fill_diagonal(similarity, -1.0)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :n_neighbours]
    weights = np.zeros_like(similarity)
    squares = np.take_along_axis(similarity, nearest, 1).clip(0) ** 2
    np.put_along_axis(weights, nearest, squares, 1)
    return weights / np.maximum(weights.sum(1, keepdims=True), 1e-12)


class KernelRidge:
    """Kernel ridge regression of many targets at once, with exact leave-one-out predictions.

    The leave-one-out formula is that of Rasmussen and Williams, Gaussian Processes for Machine
    Learning (2006), section 5.4.2.
    """

    def __init__(self, inverse: np.ndarray):
        self.inverse = inverse

    @classmethod
    def fit(cls, kernel: np.ndarray, ridge: float = RIDGE) -> "KernelRidge":
        return cls(np.linalg.inv(kernel + ridge * np.eye(len(kernel))))

    def leave_one_out(self, targets: np.ndarray) -> np.ndarray:
        """Each training paper's targets, [n_training, k], predicted from the others."""
        weights = self.inverse @ (targets - targets.mean(0))
        return targets - weights / np.diag(self.inverse)[:, None]

    def regression(self, targets: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """From the `kernel` to the training papers, [n_papers, n_training], to predictions, [n_papers, k]."""
        mean = targets.mean(0)
        weights = self.inverse @ (targets - mean)
        return lambda kernel: kernel @ weights + mean

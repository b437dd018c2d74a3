"""What papers of similar wording say: a vote of the nearest ones, and kernel ridge regression.

Both are given for new papers, and for the training papers without themselves (leave one out), so that
rankers are trained on what they will see.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

WORD = r"[^\s(),]+"
RIDGE = 0.3


_KINDS = (
    {"token_pattern": WORD, "ngram_range": (1, 2), "sublinear_tf": True},
    {"token_pattern": r"\S+", "lowercase": False, "binary": True},
)


@dataclass(frozen=True)
class View:
    """TF-IDF vectors of the training papers: `vectors` [n_training, n_words], of `words` in order.

    `weights` [n_words] are the inverse document frequencies.
    """

    words: list[str]
    weights: np.ndarray
    vectors: "csr_matrix"  # noqa: F821 (imported only where it is used)


class Similarity:
    """Cosines summed over two views of a paper: its words and word pairs, and what it names when.

    The texts of the second view are `Reading.pseudo_text`.
    """

    def __init__(self, views: Sequence[View]):
        self.views = tuple(views)
        self._indices = [{word: n for n, word in enumerate(view.words)} for view in self.views]
        self._words_to_papers = [view.vectors.T.tocsr() for view in self.views]

    @classmethod
    def fit(cls, *texts: Sequence[str]) -> "Similarity":
        """From the training papers' texts of each view."""
        return cls([_fit(kind, own) for kind, own in zip(_KINDS, texts, strict=True)])

    def among_training(self) -> np.ndarray:
        """[n_training, n_training]."""
        return sum(_cosines(view.vectors, view.vectors) for view in self.views)

    def to_training(self, *texts: Sequence[str]) -> np.ndarray:
        """[n_papers, n_training] from the papers' texts of each view."""
        kinds = zip(_KINDS, self.views, self._indices, self._words_to_papers, texts, strict=True)
        return sum(
            (_vectors(kind, index, view.weights, own) @ papers).toarray()
            for kind, view, index, papers, own in kinds
        )


def _fit(kind: dict, texts: Sequence[str]) -> View:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(min_df=min(2, len(texts)), **kind)
    try:
        vectors = vectorizer.fit_transform(texts)
    except ValueError:  # no word occurs in two texts: nothing to compare by
        return View([""], np.ones(1), csr_matrix((len(texts), 1)))
    return View(list(vectorizer.get_feature_names_out()), vectorizer.idf_, vectors)


def _vectors(kind: dict, index: dict[str, int], weights: np.ndarray, texts: Sequence[str]):
    """The rows that scikit-learn's vectorizer of the kind would give: [n_texts, n_words], in half the time."""
    from scipy.sparse import csr_matrix

    rows = [_vector(kind, index, weights, text) for text in texts]
    ends = np.cumsum([0, *(len(words) for words, _ in rows)])
    data, words = (np.concatenate([row[k] for row in rows]) for k in (1, 0))
    return csr_matrix((data, words, ends), shape=(len(texts), len(weights)))


def _vector(kind: dict, index: dict[str, int], weights: np.ndarray, text: str):
    """(numbers of the words that a text has, what each weighs); the squares of the latter sum to 1."""
    words = re.findall(kind["token_pattern"], text.lower() if kind.get("lowercase", True) else text)
    if kind.get("ngram_range") == (1, 2):
        words = [*words, *map(" ".join, pairwise(words))]
    known = [n for n in map(index.get, words) if n is not None]
    numbers, counts = np.unique(np.array(known, np.int32), return_counts=True)
    weighed = weights[numbers] * (1.0 if kind.get("binary") else np.log(counts) + 1)
    return numbers, weighed / max(np.sqrt((weighed**2).sum()), 1e-300)


def _cosines(vectors, others) -> np.ndarray:
    return (vectors @ others.T).toarray()


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

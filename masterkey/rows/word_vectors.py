"""TF-IDF vectors of training texts as plain arrays: those of scikit-learn, by NumPy alone.

Importing scikit-learn takes longer than reading a paper, or than all that is counted here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, repeat

import numpy as np

# Keeps `PEDOT:PSS`, `PCBM-60` and `1.2` whole; brackets and commas do not belong to a word.
WORD = r"[^\s(),]+"
# Settings of scikit-learn's TfidfVectorizer that `WordVectors` knows.
WORD_PAIRS = {"token_pattern": WORD, "ngram_range": (1, 2), "sublinear_tf": True}
NAMES = {"token_pattern": r"\S+", "lowercase": False, "binary": True}
# The arrays of `WordVectors`.
ARRAYS = ("weights", "data", "indices", "indptr")


def words_of(kind: dict, text: str) -> list[str]:
    """The words of a text, then its pairs of words where `kind` asks for them."""
    words = _single_words(kind, text)
    if kind.get("ngram_range") == (1, 2):
        words += map(" ".join, list(pairwise(words)))
    return words


def _single_words(kind: dict, text: str) -> list[str]:
    text = text.lower() if kind.get("lowercase", True) else text
    return re.findall(kind["token_pattern"], text)


@dataclass(frozen=True)
class WordVectors:
    """Vectors of length 1, [n_texts, n_words], compressed by rows as in SciPy's `csr_matrix`.

    `weights` [n_words] are the inverse document frequencies of `words`; the row n has the numbers
    `data[indptr[n]:indptr[n + 1]]` in the columns `indices[…]`.
    """

    words: list[str]
    weights: np.ndarray
    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray

    @classmethod
    def fit(cls, kind: dict, texts: Sequence[str]) -> "WordVectors":
        """Of the words, by `kind`, that at least two of the texts have."""
        numbers: dict[str, int] = {}  # by first appearance, which is the order of a text's columns
        counted = [
            np.unique(
                [numbers.setdefault(word, len(numbers)) for word in words_of(kind, text)],
                return_counts=True,
            )
            for text in texts
        ]
        columns = np.concatenate([own for own, _ in counted]).astype(np.int64)
        n_texts_with = np.bincount(columns, minlength=len(numbers))
        is_kept = n_texts_with >= min(2, len(texts))
        kept = sorted(word for word, number in numbers.items() if is_kept[number])
        if not kept:  # no word occurs in two texts: nothing to compare by
            nothing = np.zeros(len(texts) + 1, np.int32)
            return cls([""], np.ones(1), np.empty(0), np.empty(0, np.int32), nothing)
        place = np.full(len(numbers), -1, np.int32)
        of_kept = [numbers[word] for word in kept]
        place[of_kept] = np.arange(len(kept))
        weights = np.log((len(texts) + 1) / (n_texts_with[of_kept] + 1.0)) + 1.0
        rows = np.repeat(np.arange(len(texts)), [len(own) for own, _ in counted])
        counts = np.concatenate([own for _, own in counted]).astype(float)
        rows, columns, counts = (own[is_kept[columns]] for own in (rows, columns, counts))
        indices = place[columns]
        data = (1.0 if kind.get("binary") else np.log(counts) + 1.0) * weights[indices]
        # Added up number by number, as scikit-learn does.
        data /= np.sqrt(np.bincount(rows, data * data, len(texts)))[rows]
        ends = np.cumsum(np.bincount(rows, minlength=len(texts)))
        return cls(kept, weights, data, indices, np.concatenate([[0], ends]).astype(np.int32))

    @property
    def n_texts(self) -> int:
        return len(self.indptr) - 1

    def check(self) -> None:
        """Raise ValueError where the arrays do not fit together."""
        n_words, n = len(self.words), len(self.data)
        if self.weights.shape != (n_words,) or self.indices.shape != (n,) or self.data.ndim != 1:
            raise ValueError("words, weights and columns do not fit together")
        ends = self.indptr
        if ends.ndim != 1 or not len(ends) or ends[0] != 0 or ends[-1] != n:
            raise ValueError("the rows do not end where the numbers do")
        if (np.diff(ends) < 0).any() or (
            n and not 0 <= self.indices.min() <= self.indices.max() < n_words
        ):
            raise ValueError("a row or a column lies outside")

    def among_themselves(self) -> np.ndarray:
        """The cosines of all pairs of texts, [n_texts, n_texts]."""
        from scipy.sparse import csr_matrix

        shape = self.n_texts, len(self.words)
        vectors = csr_matrix((self.data, self.indices, self.indptr), shape=shape)
        return (vectors @ vectors.T).toarray()

    def cosines(self, kind: dict, texts: Sequence[str]) -> np.ndarray:
        """The cosines of new texts with these, [n_new, n_texts]; `kind` is the one of `fit`."""
        found = np.zeros((len(texts), self.n_texts))
        for own, text in zip(found, texts, strict=True):
            own += self._cosines(*self._vector(kind, text))
        return found

    def _cosines(self, words: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Word by word in their order, as SciPy adds up the product of two sparse matrices."""
        starts, places, values = self._texts_of_words
        lengths = starts[words + 1] - starts[words]
        firsts = np.repeat(starts[words] - np.cumsum(lengths) + lengths, lengths)
        chosen = firsts + np.arange(lengths.sum())
        products = np.repeat(weights, lengths) * values[chosen]
        return np.bincount(places[chosen], products, self.n_texts)

    def _vector(self, kind: dict, text: str) -> tuple[np.ndarray, np.ndarray]:
        """(numbers of the words that a text has, what each weighs), as scikit-learn's vectorizer gives them."""
        words = _single_words(kind, text)
        found = np.fromiter(map(self._number_of.get, words, repeat(-1)), np.int64, len(words))
        if kind.get("ngram_range") == (1, 2):
            found = np.concatenate([found, self._pairs_of(found)])
        numbers, counts = np.unique(found[found >= 0], return_counts=True)
        weighed = self.weights[numbers] * (1.0 if kind.get("binary") else np.log(counts) + 1)
        return numbers, weighed / max(np.sqrt((weighed**2).sum()), 1e-300)

    def _pairs_of(self, words: np.ndarray) -> np.ndarray:
        """The numbers of known pairs of words that follow each other; a known pair is of known words."""
        keys, numbers = self._known_pairs
        first, second = words[:-1], words[1:]
        wanted = (first * len(self.words) + second)[(first >= 0) & (second >= 0)]
        places = np.searchsorted(keys, wanted)
        return numbers[places[keys[places] == wanted]]

    @cached_property
    def _known_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """(first word's number · number of words + second word's, ascending; the pair's number)."""
        keys, numbers = [], []
        for n, word in enumerate(self.words):
            first, blank, second = word.partition(" ")
            if blank and first in self._number_of and second in self._number_of:
                keys.append(self._number_of[first] * len(self.words) + self._number_of[second])
                numbers.append(n)
        order = np.argsort(keys)
        ascending = np.array(keys, np.int64)[order]
        return np.append(ascending, np.iinfo(np.int64).max), np.array(numbers, np.int64)[order]

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {word: n for n, word in enumerate(self.words)}

    @cached_property
    def _texts_of_words(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(starts, texts, numbers): the vectors compressed by columns."""
        order = np.argsort(self.indices, kind="stable")
        texts = np.repeat(np.arange(self.n_texts), np.diff(self.indptr))
        counts = np.bincount(self.indices, minlength=len(self.words))
        return np.concatenate([[0], np.cumsum(counts)]), texts[order], self.data[order]

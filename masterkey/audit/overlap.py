"""Text that occurs in two papers: n-gram containment, within a data file and across two.

The containment of two texts is the share of the 8-word sequences of the one with fewer of them that
the other holds too: 1 for a copy, and for an excerpt of a longer text. Between independent papers
it is about 0. A test paper that overlaps with a training paper measures memory, not reading.

8 words: shorter sequences are the field's stock phrases ("annealed at 100 °C for 10 min").
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

N_WORDS = 8
BLOCK_ROWS = 256
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Overlaps:
    """Pairs of texts, arrays [n_pairs], the highest containment first.

    `first` and `second` are places in the lists given, `n_shared` the number of word sequences that
    both hold.
    """

    first: np.ndarray
    second: np.ndarray
    containment: np.ndarray
    n_shared: np.ndarray

    def __len__(self) -> int:
        return len(self.first)


def overlaps(
    texts: Sequence[str], others: Sequence[str] | None = None, *, threshold: float
) -> Overlaps:
    """Pairs with a containment of at least `threshold` (above 0).

    Pairs of `texts` × `others`, or without `others` each unordered pair of different places in
    `texts` once. Words are compared without case and punctuation. A text of fewer than 8 words is
    one sequence; a text without words overlaps with nothing.
    """
    from tqdm import tqdm

    within = others is None
    matrix = sequence_matrix([*texts, *([] if within else others)])
    rows = matrix[: len(texts)]
    columns = rows if within else matrix[len(texts) :]
    transposed = columns.T.tocsr()
    sizes, column_sizes = rows.getnnz(axis=1), columns.getnnz(axis=1)
    found = [np.empty((0, 4))]
    blocks = range(0, len(texts), BLOCK_ROWS)  # bounds the memory of a product
    for start in tqdm(blocks, desc="overlapping texts", delay=2):
        shared = (rows[start : start + BLOCK_ROWS] @ transposed).tocoo()
        first, second = shared.row + start, shared.col
        containment = shared.data / np.minimum(sizes[first], column_sizes[second])
        pairs = np.column_stack([first, second, containment, shared.data])
        found.append(pairs[(containment >= threshold) & ((first < second) | (not within))])
    pairs = np.concatenate(found)
    first, second, containment, n_shared = pairs[np.lexsort((*pairs.T[1::-1], -pairs[:, 2]))].T
    return Overlaps(first.astype(int), second.astype(int), containment, n_shared.astype(int))


def sequence_matrix(texts: Sequence[str]):
    """Which text holds which word sequence: sparse 0/1, [n_texts, n_sequences], int32."""
    from scipy.sparse import csr_matrix

    hashes = [np.unique(of_text) for of_text in _hashes(texts)]
    ends = np.cumsum([0, *map(len, hashes)])
    sequences = np.concatenate([*hashes, np.empty(0, np.uint64)])
    columns = np.unique(sequences, return_inverse=True)[1]
    ones = np.ones(len(columns), np.int32)
    return csr_matrix((ones, columns, ends), shape=(len(texts), columns.max(initial=-1) + 1))


def _hashes(texts: Sequence[str]):
    """For each text the hashes of its 8-word sequences, in text order.

    A hash is a sum of random 64-bit numbers, one per word and place: among ten million sequences
    two different ones collide with a probability of 3 in a million.
    """
    generator = np.random.default_rng(0)
    factors = generator.integers(1, 2**63, N_WORDS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    word_keys: dict[str, int] = {}
    for text in texts:
        words = _WORD.findall(text.casefold())
        for word in words:
            if word not in word_keys:
                word_keys[word] = int(generator.integers(0, 2**64, dtype=np.uint64))
        keys = np.array([word_keys[word] for word in words], np.uint64)
        length = min(N_WORDS, len(words))
        n_sequences = len(words) - length + 1 if words else 0
        hashes = np.zeros(n_sequences, np.uint64)
        for place in range(length):
            hashes += keys[place : place + n_sequences] * factors[place]
        yield hashes

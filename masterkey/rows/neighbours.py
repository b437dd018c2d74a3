"""Baselines that understand nothing: the most frequent values, and a vote of the most similar papers.

The majority reads nothing, so what a model scores above it is what the model has read. Under the
published scorer it reaches an IE F1 of .73 on the published test set.

Similarity is the cosine of TF-IDF vectors of words and word pairs. A neighbour's vote counts its
squared cosine, so that near ones outweigh many far ones. The vote says how far papers of one
group, written in one style, resemble each other.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from masterkey.rows.word_vectors import ARRAYS, WORD_PAIRS, WordVectors
from masterkey.scripting.files import atomic_write, load_npz

N_NEIGHBOURS = 25
FORMAT = "masterkey neighbours 1"
BLOCK_ROWS = 512


def majority_answer(answers: Sequence[dict[str, str]]) -> dict[str, str]:
    """Field → its most frequent value in `answers` (at least one); of equals, the one met first."""
    return {
        field: Counter(answer[field] for answer in answers).most_common(1)[0][0]
        for field in answers[0]
    }


class NeighbourVote:
    """A vote of the `n_neighbours` nearest training papers on every field.

    Word 1–2-grams, lower-cased, in at least two training papers, sublinear term frequency. Where
    no word is shared with any training paper, the answer is the majority's.
    """

    def __init__(
        self,
        texts: Sequence[str],
        answers: Sequence[dict[str, str]],
        n_neighbours: int = N_NEIGHBOURS,
    ):
        self._keep(WordVectors.fit(WORD_PAIRS, texts), answers, n_neighbours)

    def _keep(self, vectors: WordVectors, answers: Sequence[dict], n_neighbours: int) -> None:
        self.vectors, self.answers = vectors, answers
        self.n_neighbours = min(n_neighbours, len(answers))
        self.majority = majority_answer(answers)

    def save(self, path: str | Path) -> None:
        """Write arrays and JSON, which cannot make loading run code."""
        header = {"format": FORMAT, "answers": list(self.answers), "words": self.vectors.words}
        header["n_neighbours"] = self.n_neighbours
        arrays = {part: getattr(self.vectors, part) for part in ARRAYS}
        with atomic_write(path, "wb") as file:
            np.savez(file, header=np.array(json.dumps(header)), **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "NeighbourVote":
        """What `save` wrote. Raises `UserError` for any other file."""
        return load_npz(path, FORMAT, "vote of the nearest papers of this version", cls._of_file)

    @classmethod
    def _of_file(cls, header: dict, arrays: dict[str, np.ndarray]) -> "NeighbourVote":
        vectors = WordVectors(header["words"], **arrays)
        vectors.check()
        if vectors.n_texts != len(header["answers"]):
            raise ValueError("not as many answers as texts")
        vote = cls.__new__(cls)
        vote._keep(vectors, header["answers"], header["n_neighbours"])
        return vote

    def predict(self, texts: Sequence[str]) -> list[dict[str, str]]:
        """One answer (field → value) per text."""
        return [
            {field: values[0] for field, values in ranking.items()} for ranking in self.rank(texts)
        ]

    def rank(self, texts: Sequence[str]) -> list[dict[str, list[str]]]:
        """For each text, the neighbours' values of every field, the most voted for first."""
        from tqdm import tqdm

        rankings = []
        blocks = range(0, len(texts), BLOCK_ROWS)  # the dense cosines of a block fit in memory
        for start in tqdm(blocks, desc="nearest papers", delay=2):
            block = self.vectors.cosines(WORD_PAIRS, texts[start : start + BLOCK_ROWS])
            rankings += [self._vote(row) for row in block]
        return rankings

    def nearest(self, text: str, n: int) -> list[int]:
        """The numbers of the `n` most similar training papers, the nearest first."""
        [cosines] = self.vectors.cosines(WORD_PAIRS, [text])
        return (-cosines).argsort(kind="stable")[:n].tolist()

    def _majority_ranking(self) -> dict[str, list[str]]:
        return {field: [value] for field, value in self.majority.items()}

    def _vote(self, cosines) -> dict[str, list[str]]:
        """One paper's ranking from its cosines to all training papers, shape (n_training,)."""
        # Stable, so that of equally similar papers the first in the file counts.
        nearest = (-cosines).argsort(kind="stable")[: self.n_neighbours]
        weights = cosines[nearest] ** 2
        if not weights.any():
            return self._majority_ranking()
        return {field: self._ranked(field, nearest, weights) for field in self.majority}

    def _ranked(self, field: str, nearest, weights) -> list[str]:
        votes: dict[str, float] = defaultdict(float)
        for neighbour, weight in zip(nearest, weights, strict=True):
            votes[self.answers[neighbour][field]] += weight
        return sorted(votes, key=votes.get, reverse=True)  # of equals, the nearest's first

"""Papers being answered together: their texts, what similar training papers say, what was chosen."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from masterkey.extractor.annealing import Event
from masterkey.extractor.compositions import precursor_counts, written_formulas
from masterkey.extractor.conventions import Conventions
from masterkey.extractor.fields import ARCHITECTURE, PART_FIELDS, PROCEDURE, parts_of
from masterkey.extractor.lexicon import base
from masterkey.extractor.mentions import Reading
from masterkey.extractor.similarity import vote_weights
from masterkey.schema import fields as schema

N_NEIGHBOURS, N_NEAREST = 25, 5
N_SUPPORTED, N_FREQUENT = 14, 3


class Vocabulary:
    """The values, or the parts of values, of one field in the training answers.

    `members`: [n_training, n_names], 1 where the answer has the value or part.
    """

    def __init__(self, name_lists: Sequence[Sequence[str]]):
        self.names = sorted({name for names in name_lists for name in names})
        self.index = {name: n for n, name in enumerate(self.names)}
        self.members = np.zeros((len(name_lists), len(self.names)))
        for row, names in enumerate(name_lists):
            for name in names:
                self.members[row, self.index[name]] = 1.0

    @cached_property
    def by_name(self) -> dict[str, list[int]]:
        """Name, or name without its form → the numbers of the reported names that it stands for."""
        found: dict[str, list[int]] = {}
        for n, name in enumerate(self.names):
            if schema.is_reported(name):
                for own in {name, base(name)}:
                    found.setdefault(own, []).append(n)
        return found


class Vocabularies:
    """Those of all fields: `of` by ("values", field), and by ("parts", field) for `PART_FIELDS`.

    `members`: [n_training, n_names_of_all], side by side in the order of `of`.
    """

    def __init__(self, answers: Sequence[dict[str, str]]):
        self.of = {
            ("values", field): Vocabulary([[answer[field]] for answer in answers])
            for field in schema.SII_FIELDS
        }
        for field in PART_FIELDS:
            self.of["parts", field] = Vocabulary([parts_of(answer[field]) for answer in answers])
        self.members = np.hstack([vocabulary.members for vocabulary in self.of.values()])

    def split(self, columns: np.ndarray) -> list[np.ndarray]:
        """Columns as those of `members`, cut into those of each vocabulary."""
        ends = np.cumsum([len(vocabulary.names) for vocabulary in self.of.values()])
        return np.split(columns, ends[:-1], axis=1)


@dataclass(frozen=True)
class Support:
    """What similar training papers say of each name of a vocabulary; arrays [n_papers, n_names].

    `ridge` is kernel ridge regression, `vote` and `near_vote` are the shares of the 25 and of the 5
    nearest papers; `count` is the number of (other) training papers with the name.
    """

    vocabulary: Vocabulary
    ridge: np.ndarray
    vote: np.ndarray
    near_vote: np.ndarray
    count: np.ndarray

    def part(self, papers: slice) -> "Support":
        """Of some of the papers."""
        arrays = (self.ridge, self.vote, self.near_vote, self.count)
        return Support(self.vocabulary, *(array[papers] for array in arrays))

    @cached_property
    def described(self) -> tuple[np.ndarray, ...]:
        """What a ranker sees of each name."""
        return self.ridge, self.vote, self.near_vote, self.log_count

    @cached_property
    def log_count(self) -> np.ndarray:
        return np.log1p(self.count)

    @cached_property
    def likeliest(self) -> list[list[int]]:
        """For each paper the numbers of the likeliest names, likeliest first."""
        return np.argsort(-(self.ridge + self.vote), axis=1)[:, :N_SUPPORTED].tolist()

    @cached_property
    def most_frequent(self) -> list[list[int]]:
        """For each paper the numbers of the most frequent names, the most frequent first."""
        return np.argsort(-self.count, axis=1)[:, :N_FREQUENT].tolist()

    @cached_property
    def highest_ridge(self) -> np.ndarray:
        """[n_papers]"""
        return self.ridge.max(1)


class Batch:
    """Papers and everything that is known of them; `chosen` and `confidence` fill up field by field.

    `kernel`: their similarity to the training papers, [n_papers, n_training]; `ridge`: what kernel ridge
    regression says of the columns of `vocabularies.members`, [n_papers, n_names_of_all].
    `right`: their answers, where these are learned from. The papers are then the training papers themselves, each
    seen without its own answer.
    """

    def __init__(
        self,
        readings: list[Reading],
        kernel: np.ndarray,
        ridge: np.ndarray,
        vocabularies: Vocabularies,
        conventions: list[Conventions],
        right: Sequence[dict[str, str]] | None = None,
    ):
        self.readings, self.conventions, self.right = readings, conventions, right
        self._begin()
        votes = [vote_weights(kernel, n, right is not None) for n in (N_NEIGHBOURS, N_NEAREST)]
        told = [ridge, *(weights @ vocabularies.members for weights in votes)]
        columns = zip(*map(vocabularies.split, told), strict=True)
        self.support = {
            key: Support(vocabulary, *own, self._counts(*key, vocabulary))
            for (key, vocabulary), own in zip(vocabularies.of.items(), columns, strict=True)
        }

    def _begin(self) -> None:
        self.chosen: dict[str, list[str]] = {}
        self.confidence: dict[str, np.ndarray] = {}
        self.part_scores: dict[str, list[dict[str, float]]] = {}
        self.events: list[list[Event]] = []
        self.recent: dict[int, bool] = {}  # by paper, as `recency.is_recent` has found it

    def __len__(self) -> int:
        return len(self.readings)

    def part(self, papers: slice) -> "Batch":
        """Some of the papers that are learned from, of which nothing is chosen yet."""
        own = copy(self)
        own._begin()
        own.readings, own.conventions = self.readings[papers], self.conventions[papers]
        own.right = self.right[papers]
        own.support = {key: support.part(papers) for key, support in self.support.items()}
        return own

    def _counts(self, kind: str, field: str, vocabulary: Vocabulary) -> np.ndarray:
        distinct = {id(own): own for own in self.conventions}
        counts = {key: own.counts(kind, field, vocabulary.names) for key, own in distinct.items()}
        rows = [counts[id(own)] for own in self.conventions]
        return np.array(rows).reshape(len(rows), len(vocabulary.names))

    def _ridge_of(self, field: str, wanted) -> np.ndarray:
        support = self.support["values", field]
        columns = [n for n, name in enumerate(support.vocabulary.names) if wanted(name)]
        return support.ridge[:, columns].sum(1)

    @cached_property
    def inverted(self) -> np.ndarray:
        """How likely each paper's cell is p-i-n, from similar papers: [n_papers]."""
        return self._ridge_of(ARCHITECTURE, lambda name: name == "pin")

    @cached_property
    def sequential(self) -> np.ndarray:
        """How likely each perovskite was made in several steps, from similar papers: [n_papers]."""
        return self._ridge_of(PROCEDURE, lambda name: ">>" in name)

    @cached_property
    def formulas(self) -> list[dict[str, list[int]]]:
        return [written_formulas(reading.paper) for reading in self.readings]

    @cached_property
    def precursors(self) -> list[dict[str, int]]:
        return [precursor_counts(reading.paper) for reading in self.readings]

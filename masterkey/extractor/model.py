"""The extractor: fitted on papers with answers, it answers new ones (docs/extractor.md).

Fitting (`learning.py`) and answering go the same way, field by field in `fields.ORDER`: collect candidates,
describe them, score them, choose. In fitting, each score comes from trees that have not seen the paper, so
that what later fields see of earlier ones is as uncertain as it will be.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from masterkey.extractor import ranking
from masterkey.extractor.annealing import events
from masterkey.extractor.batch import Batch, Vocabularies
from masterkey.extractor.candidate_features import candidate_features
from masterkey.extractor.candidates import candidate_values
from masterkey.extractor.conventions import Conventions
from masterkey.extractor.decisions import READ_BY_RULES, decided
from masterkey.extractor.devices import devices_of
from masterkey.extractor.fields import (
    ORDER,
    PART_FIELDS,
    TEMPERATURE,
    TIME,
    identity,
    numbers_of,
    parts_of,
)
from masterkey.extractor.mentions import Reader
from masterkey.extractor.parts import is_part_of, part_rows
from masterkey.extractor.processes import processes_for, share_out
from masterkey.extractor.similarity import KernelRidge, Similarity
from masterkey.extractor.trees import Trees
from masterkey.schema import fields as schema

DEFAULT = "default"  # of a value: the database's habit, on which the text is silent
Answer = dict[str, str]
Confidence = dict[str, float]
# Scores rows: (name of the trees, features, the rows' papers, whether row n is right).
Score = Callable[[str, np.ndarray, list[int], Callable[[int], bool]], np.ndarray]

NAMED_FIELDS = (
    *PART_FIELDS,
    "ETL_deposition_procedure",
    "HTL_deposition_procedure",
    "Backcontact_deposition_procedure",
    "Stability_atmosphere",
)
ANSWERED_AT_ONCE = 64  # bounds the memory


class ReadPaper(NamedTuple):
    """What a text says: field → value, and field → probability that it is right.

    `source`: field → "text" or "deduced", where the rules read it, or "default"; `places`: field → places of
    the text that say so. Fields that only the rankers know are in neither. `devices`: as `devices_of`.
    """

    answer: Answer
    confidence: Confidence
    source: dict[str, str]
    places: dict[str, list]
    devices: list[dict]


class Extractor:
    """Fields of a paper from its text. `Extractor.fit(…)` or `model_file.load(…)` makes one."""

    def __init__(
        self,
        answers: Sequence[Answer],
        similarity: Similarity,
        ridge: KernelRidge,
        trees: dict[str, Trees],
        familiar: float,
        seed: int,
    ):
        self.answers, self.similarity, self.ridge = answers, similarity, ridge
        self.trees, self.familiar, self.seed = trees, familiar, seed
        self.reader = reader_of(answers)
        self.vocabularies = Vocabularies(answers)
        self.conventions = Conventions(answers)

    @classmethod
    def fit(cls, texts: Sequence[str], answers: Sequence[Answer], seed: int = 0) -> "Extractor":
        """Learn from papers and their answers (all 31 fields each). `seed` draws folds and features."""
        from masterkey.extractor import learning

        return learning.learned(texts, answers, seed)

    def predict(self, texts: Sequence[str]) -> list[ReadPaper]:
        """What each text says."""
        n_processes = processes_for(len(texts))
        batches = _batches(texts, n_processes)
        answers = share_out(self._predict, batches, n_processes)
        if len(batches) > 1:
            from tqdm import tqdm

            answers = tqdm(answers, desc="papers", total=len(batches), delay=2)
        return [read for own in answers for read in own]

    def _predict(self, texts: Sequence[str]) -> list[ReadPaper]:
        readings = list(map(self.reader.read, texts))
        kernel = self.similarity.to_training(texts, [r.pseudo_text for r in readings])
        conventions = [self.conventions] * len(texts)
        told = self._regression(kernel)
        batch = Batch(readings, kernel, told, self.vocabularies, conventions)
        self.answer(
            batch,
            lambda name, rows, *_: self.trees[name].probabilities(rows),
        )
        trust = np.minimum(kernel.max(1) / max(self.familiar, 1e-9), 1.0)
        return [_read(batch, n, trust[n]) for n in range(len(texts))]

    @cached_property
    def _regression(self) -> Callable[[np.ndarray], np.ndarray]:
        return self.ridge.regression(self.vocabularies.members)

    # --- field by field --------------------------------------------------------------------------

    def answer(self, batch: Batch, score: Score) -> None:
        """Fill `batch.chosen` and `batch.confidence`."""
        self._score_events(batch, score)
        for field in ORDER:
            if field in PART_FIELDS:
                self._score_parts(field, batch, score)
            self._choose(field, batch, score)

    def _score_events(self, batch: Batch, score: Score) -> None:
        batch.events = list(map(events, batch.readings))
        rows = [(n, event) for n, found in enumerate(batch.events) for event in found]
        papers = [n for n, _ in rows]
        for field, quantity in ((TEMPERATURE, "temperature"), (TIME, "time")):

            def is_right(n, field=field, quantity=quantity):
                paper, event = rows[n]
                return getattr(event, quantity) in numbers_of(batch.right[paper][field])

            features = _matrix([event.features for _, event in rows])
            scores = score(f"event {quantity}", features, papers, is_right)
            for (_, event), own in zip(rows, scores, strict=True):
                setattr(event, f"{quantity}_score", float(own))

    def _score_parts(self, field: str, batch: Batch, score: Score) -> None:
        names, rows, papers = [], [], []
        for n in range(len(batch)):
            own_names, own_rows = part_rows(field, batch, n)
            names += own_names
            rows += own_rows
            papers += [n] * len(own_rows)

        def is_right(n):
            return is_part_of(names[n], batch.right[papers[n]][field])

        batch.part_scores[field] = [{} for _ in range(len(batch))]
        scores = score(f"part {field}", _matrix(rows), papers, is_right)
        for n, name, own in zip(papers, names, scores, strict=True):
            batch.part_scores[field][n][name] = float(own)

    def _choose(self, field: str, batch: Batch, score: Score) -> None:
        candidates = [self._candidates(field, batch, n) for n in range(len(batch))]
        papers = [n for n, own in enumerate(candidates) for _ in own]
        values = [value for own in candidates for value in own]
        rows = candidate_features(field, batch, candidates)

        def is_right(n):
            right = batch.right[papers[n]][field]
            return identity(field, values[n]) == identity(field, right)

        scores = score(f"value {field}", rows, papers, is_right)
        ends = np.cumsum([len(own) for own in candidates])[:-1]
        chosen = [
            ranking.choose(field, own, own_scores)
            for own, own_scores in zip(candidates, np.split(scores, ends), strict=True)
        ]
        chosen = [
            decided(field, batch, n, value, confidence)
            for n, (value, confidence) in enumerate(chosen)
        ]
        batch.chosen[field] = [value for value, _ in chosen]
        batch.confidence[field] = np.array([confidence for _, confidence in chosen])

    def _candidates(self, field: str, batch: Batch, paper: int) -> list[str]:
        """At least one: where other folds know no value, the most frequent one."""
        found = candidate_values(field, batch, paper)
        return found or [self.conventions.values[field].most_common(1)[0][0]]


def _batches(texts: Sequence[str], n_processes: int) -> list[Sequence[str]]:
    """Parts of about equal size, as many for each process."""
    rounds = -(-len(texts) // (ANSWERED_AT_ONCE * n_processes))
    size = -(-len(texts) // max(rounds * n_processes, 1))
    return [texts[start : start + size] for start in range(0, len(texts), max(size, 1))]


def _read(batch: Batch, paper: int, trust: float) -> ReadPaper:
    answer = {field: batch.chosen[field][paper] for field in schema.SII_FIELDS}
    confidence = {f: float(batch.confidence[f][paper] * trust) for f in schema.SII_FIELDS}
    source, places = _stated(batch, paper)
    reading = batch.readings[paper]
    devices = devices_of(reading.document, reading.findings, answer, source)
    return ReadPaper(answer, confidence, source, places, devices)


def _stated(batch: Batch, paper: int) -> tuple[dict[str, str], dict[str, list]]:
    """(field → source, field → places) of the values that the rules read."""
    source, places = {}, {}
    for field in schema.SII_FIELDS:
        finding, value = batch.readings[paper].findings.get(field), batch.chosen[field][paper]
        if finding is not None and identity(field, finding.value) == identity(field, value):
            source[field], places[field] = finding.source, [list(span) for span in finding.spans]
        # Of an anneal the ranker may have chosen one stage of those that the rules read.
        elif (
            field in READ_BY_RULES
            and schema.is_reported(value)
            and (finding is None or field not in (TEMPERATURE, TIME))
        ):
            source[field] = DEFAULT
    return source, places


def reader_of(answers: Sequence[Answer]) -> Reader:
    """A reader of the names that answers have."""
    names = {
        part for answer in answers for field in NAMED_FIELDS for part in parts_of(answer[field])
    }
    return Reader(filter(schema.is_reported, names))


def _matrix(rows: list[list[float]]) -> np.ndarray:
    return np.array(rows, dtype=float).reshape(len(rows), len(rows[0]) if rows else 0)

"""The extractor: fitted on papers with answers, it answers new ones (docs/extractor.md).

Fitting and answering go the same way, field by field in `fields.ORDER`: collect candidates, describe
them, score them, choose. In fitting, each score comes from trees that have not seen the paper, so
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
from masterkey.extractor.processes import beside, share_out
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
WORTH_A_PROCESS = 30  # papers
_LAST = 5  # the niceness of a process whose work nothing waits for
_BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"


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
        self.reader = _reader(answers)
        self.vocabularies = Vocabularies(answers)
        self.conventions = Conventions(answers)

    @classmethod
    def fit(cls, texts: Sequence[str], answers: Sequence[Answer], seed: int = 0) -> "Extractor":
        """Learn from papers and their answers (all 31 fields each). `seed` draws folds and features."""
        from tqdm import tqdm

        # To a terminal alone; reading 360 papers takes a third of the time.
        n_learned = 2 + len(PART_FIELDS) + len(ORDER)
        parts = {"total": 3 * n_learned, "bar_format": _BAR, "delay": 1, "disable": None}
        bar = tqdm(desc="learning", **parts)
        n_processes = _processes(len(texts) // WORTH_A_PROCESS)
        own_reader = _reader(answers)
        readings = []
        shared_out = share_out(own_reader.read_whole, texts, n_processes)
        for n, reading in enumerate(shared_out):
            if n == 0 and n_processes > 1:
                import lightgbm  # noqa: F401 (with scikit-learn; takes a second, while the others read)
            reading.reader = own_reader
            readings.append(reading)
            bar.update(n_learned / len(texts))
        similarity = Similarity.fit(texts, [reading.pseudo_text for reading in readings])
        kernel = similarity.among_training()
        ridge = KernelRidge.fit(kernel)
        extractor = cls(answers, similarity, ridge, {}, _familiar(kernel), seed)
        fold = np.random.default_rng(seed).permutation(len(texts)) % ranking.N_FOLDS
        batch = Batch(
            readings,
            kernel,
            ridge.leave_one_out(extractor.vocabularies.members),
            extractor.vocabularies,
            _conventions_of_others(answers, fold),
            leave_one_out=True,
        )

        with beside(n_processes) as submit, beside(n_processes, _LAST) as submit_later:
            learned = {}

            def learn(name, rows, papers, is_right) -> np.ndarray:
                right = np.array([is_right(n) for n in range(len(rows))], float)
                scores, learned[name] = ranking.cross_fitted(
                    rows, right, fold[papers], seed, submit, submit_later
                )
                bar.update(2)
                return scores

            extractor._answer(batch, learn)
            extractor.trees.update((name, trees.result()) for name, trees in learned.items())
        bar.close()
        return extractor

    def predict(self, texts: Sequence[str]) -> list[ReadPaper]:
        """What each text says."""
        n_processes = _processes(len(texts) // WORTH_A_PROCESS)
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
        batch = Batch(readings, kernel, told, self.vocabularies, conventions, leave_one_out=False)
        self._answer(
            batch,
            lambda name, rows, *_: self.trees[name].probabilities(rows),
        )
        trust = np.minimum(kernel.max(1) / max(self.familiar, 1e-9), 1.0)
        return [_read(batch, n, trust[n]) for n in range(len(texts))]

    @cached_property
    def _regression(self) -> Callable[[np.ndarray], np.ndarray]:
        return self.ridge.regression(self.vocabularies.members)

    # --- field by field --------------------------------------------------------------------------

    def _answer(self, batch: Batch, score: Score) -> None:
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
                return getattr(event, quantity) in numbers_of(self.answers[paper][field])

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
            return is_part_of(names[n], self.answers[papers[n]][field])

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
            right = self.answers[papers[n]][field]
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


def _processes(worth: int) -> int:
    """At most `worth`, and at most one for each core."""
    if worth <= 1:
        return 1
    from joblib import cpu_count  # of no use to one text, which would wait for the import

    return min(cpu_count(), worth)


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


def _reader(answers: Sequence[Answer]) -> Reader:
    names = {
        part for answer in answers for field in NAMED_FIELDS for part in parts_of(answer[field])
    }
    return Reader(filter(schema.is_reported, names))


def _matrix(rows: list[list[float]]) -> np.ndarray:
    return np.array(rows, dtype=float).reshape(len(rows), len(rows[0]) if rows else 0)


def _conventions_of_others(answers: Sequence[Answer], fold: np.ndarray) -> list[Conventions]:
    """For each paper the conventions of the folds that it is not in."""
    of_fold = {}
    for k in np.unique(fold):
        others = [answer for answer, own in zip(answers, fold, strict=True) if own != k]
        of_fold[k] = Conventions(others, len(answers) / max(len(others), 1))
    return [of_fold[k] for k in fold]


def _familiar(kernel: np.ndarray) -> float:
    """Papers at least this similar to a training paper are of the kind that was learned from.

    The similarity that 99 of 100 training papers have to their nearest other one.
    """
    others = kernel.copy()
    np.fill_diagonal(others, 0.0)
    return float(np.quantile(others.max(1), 0.01))

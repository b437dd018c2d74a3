"""How an extractor learns from papers with answers: by answering them field by field, in several processes.

Each process holds some of the papers. It describes their candidates, gets the other processes' rows, makes its share of
the fits, and chooses for its own papers by the scores of trees that have not seen them.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from tqdm import tqdm

from masterkey.extractor import ranking
from masterkey.extractor.batch import Batch
from masterkey.extractor.conventions import Conventions
from masterkey.extractor.fields import ORDER, PART_FIELDS
from masterkey.extractor.mentions import Reading
from masterkey.extractor.model import Answer, Extractor, reader_of
from masterkey.extractor.processes import (
    Share,
    garbage_seldom_looked_for,
    in_step,
    processes_for,
    share_out,
)
from masterkey.extractor.similarity import KernelRidge, Similarity
from masterkey.extractor.trees import Trees, lightgbm

_N_RANKERS = 2 + len(PART_FIELDS) + len(ORDER)
_BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"


def learned(texts: Sequence[str], answers: Sequence[Answer], seed: int) -> Extractor:
    """As `Extractor.fit`."""
    # To a terminal alone; reading 360 papers takes a third of the time.
    parts = {"total": 3 * _N_RANKERS, "bar_format": _BAR, "delay": 1, "disable": None}
    with tqdm(desc="learning", **parts) as bar, garbage_seldom_looked_for():
        n_processes = processes_for(len(texts))
        readings = []
        for reading in _read(texts, answers, n_processes):
            readings.append(reading)
            bar.update(_N_RANKERS / len(texts))
        similarity = Similarity.fit(texts, [reading.pseudo_text for reading in readings])
        kernel = similarity.among_training()
        ridge = KernelRidge.fit(kernel)
        extractor = Extractor(answers, similarity, ridge, {}, _familiar(kernel), seed)
        fold = np.random.default_rng(seed).permutation(len(texts)) % ranking.N_FOLDS
        told = ridge.leave_one_out(extractor.vocabularies.members)
        conventions = _conventions_of_others(answers, fold)
        batch = Batch(readings, kernel, told, extractor.vocabularies, conventions, answers)
        bounds = [n * len(texts) // n_processes for n in range(n_processes + 1)]
        tasks = [
            (
                extractor,
                batch.part(slice(start, end)),
                fold[start:end],
                _silent if start else bar.update,
            )
            for start, end in pairwise(bounds)
        ]
        extractor.trees = in_step(_trees, tasks)
    return extractor


def _read(texts: Sequence[str], answers: Sequence[Answer], n_processes: int) -> Iterator[Reading]:
    reader = reader_of(answers)
    for n, reading in enumerate(share_out(reader.read_whole, texts, n_processes)):
        if n == 0 and n_processes > 1:
            lightgbm()  # takes half a second to import, while the others read
        reading.reader = reader
        yield reading


def _silent(n: int) -> None:
    """Of the processes beside the first: one tells how far all are."""


def _trees(
    task: tuple[Extractor, Batch, np.ndarray, Callable[[int], None]], share: Share
) -> dict[str, Trees]:
    """The trees of every ranker, learned by all processes together; of a batch with the folds of its papers."""
    extractor, batch, own_fold, progress = task
    learned = {}

    def learn(name, rows, papers, is_right) -> np.ndarray:
        right = np.array([is_right(n) for n in range(len(rows))], float)
        told = share.gather((rows, right, own_fold[papers]))
        x = _all_rows([rows for rows, _, _ in told])
        right, fold = (np.concatenate(own) for own in list(zip(*told, strict=True))[1:])
        scores, learned[name] = ranking.cross_fitted(x, right, fold, extractor.seed, share)
        progress(2)
        first = sum(len(rows) for rows, _, _ in told[: share.number])
        return scores[first : first + len(rows)]

    extractor.answer(batch, learn)
    return learned


def _all_rows(blocks: list[np.ndarray]) -> np.ndarray:
    """Rows of all processes, of which some may have none."""
    return np.concatenate([own for own in blocks if len(own)] or blocks[:1])


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

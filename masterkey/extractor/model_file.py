"""A fitted extractor in one file of arrays and JSON (NumPy's .npz), which cannot make loading run code.

It holds the training answers and word statistics, not the training texts.
"""

import json
import os

import numpy as np

from masterkey.extractor.model import Extractor
from masterkey.extractor.similarity import KernelRidge, Similarity
from masterkey.extractor.trees import ARRAYS, Trees
from masterkey.rows.word_vectors import ARRAYS as ARRAYS_OF_VIEW
from masterkey.rows.word_vectors import WordVectors
from masterkey.scripting.files import atomic_write, load_npz

FORMAT = "masterkey extractor 3"


def save(extractor: Extractor, path: str | os.PathLike, *, compressed: bool = True) -> None:
    """Write a fitted extractor; uncompressed, it is read faster."""
    views = extractor.similarity.views
    trees = extractor.trees
    header = {
        "format": FORMAT,
        "answers": list(extractor.answers),
        "familiar": extractor.familiar,
        "seed": extractor.seed,
        "words": [view.words for view in views],
        "trees": [
            {
                "name": name,
                "baseline": own.baseline,
                "n_features": own.n_features,
                "n_trees": len(own.value),
            }
            for name, own in trees.items()
        ],
    }
    arrays = {
        "header": np.array(json.dumps(header)),
        "inverse": extractor.ridge.inverse,
    }
    for part in ARRAYS:
        arrays[f"trees.{part}"] = np.concatenate([getattr(own, part) for own in trees.values()])
    for n, view in enumerate(views):
        arrays |= {f"view{n}.{part}": getattr(view, part) for part in ARRAYS_OF_VIEW}
    with atomic_write(path, "wb") as file:
        (np.savez_compressed if compressed else np.savez)(file, **arrays)


def load(path: str | os.PathLike) -> Extractor:
    """The extractor of a file written by `save`. Raises `UserError` for any other file."""
    what = "extractor; fit one with sii_baseline.py --save_model"
    return load_npz(path, FORMAT, what, _extractor)


def _extractor(header: dict, stored: dict[str, np.ndarray]) -> Extractor:
    views = []
    for n, words in enumerate(header["words"]):
        parts = {part: stored[f"view{n}.{part}"] for part in ARRAYS_OF_VIEW}
        views.append(WordVectors(words, **parts))
        views[-1].check()
    return Extractor(
        header["answers"],
        Similarity(views),
        KernelRidge(stored["inverse"]),
        _trees(header["trees"], {part: stored[f"trees.{part}"] for part in ARRAYS}),
        header["familiar"],
        header["seed"],
    )


def _trees(headers: list[dict], stored: dict[str, np.ndarray]) -> dict[str, Trees]:
    trees, start = {}, 0
    for own in headers:
        end = start + own["n_trees"]
        arrays = {part: array[start:end] for part, array in stored.items()}
        trees[own["name"]] = Trees(float(own["baseline"]), own["n_features"], **arrays)
        trees[own["name"]].check()
        if len(trees[own["name"]].value) != end - start:
            raise ValueError("fewer trees than the header says")
        start = end
    return trees

"""A fitted extractor in one file of arrays and JSON (NumPy's .npz), which cannot make loading run code.

It holds the training answers and word statistics, not the training texts.
"""

import json
import os

import numpy as np

from masterkey.extractor.model import Extractor
from masterkey.extractor.similarity import KernelRidge, Similarity, View
from masterkey.extractor.trees import ARRAYS, Trees
from masterkey.scripting.files import atomic_write, load_npz

FORMAT = "masterkey extractor 2"
_SPARSE = ("data", "indices", "indptr", "shape")


def save(extractor: Extractor, path: str | os.PathLike) -> None:
    """Write a fitted extractor."""
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
        arrays[f"view{n}.weights"] = view.weights
        arrays |= {f"view{n}.{part}": getattr(view.vectors, part) for part in _SPARSE}
    with atomic_write(path, "wb") as file:
        np.savez_compressed(file, **arrays)


def load(path: str | os.PathLike) -> Extractor:
    """The extractor of a file written by `save`. Raises `UserError` for any other file."""
    what = "extractor; fit one with sii_baseline.py --save_model"
    return load_npz(path, FORMAT, what, _extractor)


def _extractor(header: dict, stored: dict[str, np.ndarray]) -> Extractor:
    from scipy.sparse import csr_matrix

    views = []
    for n, words in enumerate(header["words"]):
        data, indices, indptr, shape = (stored[f"view{n}.{part}"] for part in _SPARSE)
        vectors = csr_matrix((data, indices, indptr), shape=tuple(shape))
        vectors.check_format()
        views.append(View(words, stored[f"view{n}.weights"], vectors))
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

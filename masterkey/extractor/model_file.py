"""A fitted extractor in one file of arrays and JSON (NumPy's .npz), which cannot make loading run code.

It holds the training answers and word statistics, not the training texts.
"""

import json
import os
from pathlib import Path

import numpy as np

from masterkey.extractor.model import Extractor
from masterkey.extractor.similarity import KernelRidge, Similarity, View
from masterkey.extractor.trees import Trees
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import atomic_write, load_npz

FORMAT = "masterkey extractor 1"
_SPARSE = ("data", "indices", "indptr", "shape")


def save(extractor: Extractor, path: str | os.PathLike) -> None:
    """Write a fitted extractor."""
    import sklearn

    views = extractor.similarity.views
    trees = extractor.trees
    header = {
        "format": FORMAT,
        "scikit-learn": sklearn.__version__,
        "answers": list(extractor.answers),
        "familiar": extractor.familiar,
        "seed": extractor.seed,
        "words": [view.words for view in views],
        "trees": [
            {
                "name": name,
                "baseline": own.baseline,
                "n_features": own.n_features,
                "n_trees": len(own.sizes),
            }
            for name, own in trees.items()
        ],
    }
    arrays = {
        "header": np.array(json.dumps(header)),
        "inverse": extractor.ridge.inverse,
        "sizes": np.concatenate([own.sizes for own in trees.values()]).astype(np.int64),
        "nodes": np.concatenate([own.nodes for own in trees.values()]),
    }
    for n, view in enumerate(views):
        arrays[f"view{n}.weights"] = view.weights
        arrays |= {f"view{n}.{part}": getattr(view.vectors, part) for part in _SPARSE}
    with atomic_write(path, "wb") as file:
        np.savez_compressed(file, **arrays)


def load(path: str | os.PathLike) -> Extractor:
    """The extractor of a file written by `save`. Raises `UserError` for any other file."""

    def build(header: dict, stored: dict[str, np.ndarray]) -> Extractor:
        _refuse_other_version(Path(path), header)
        return _extractor(header, stored)

    return load_npz(path, FORMAT, "extractor; fit one with sii_baseline.py --save_model", build)


def _refuse_other_version(path: Path, header: dict) -> None:
    import sklearn

    if header["scikit-learn"] != sklearn.__version__:
        raise UserError(
            f"{path}: was fitted with scikit-learn {header['scikit-learn']}, and "
            f"{sklearn.__version__} is installed; fit it anew with sii_baseline.py --save_model."
        )


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
        _trees(header["trees"], stored["nodes"], stored["sizes"]),
        header["familiar"],
        header["seed"],
    )


def _trees(headers: list[dict], nodes: np.ndarray, sizes: np.ndarray) -> dict[str, Trees]:
    trees, tree, node = {}, 0, 0
    for own in headers:
        own_sizes = sizes[tree : tree + own["n_trees"]]
        own_nodes = nodes[node : node + own_sizes.sum()]
        tree, node = tree + len(own_sizes), node + len(own_nodes)
        trees[own["name"]] = Trees(own["baseline"], own["n_features"], own_nodes, own_sizes)
        trees[own["name"]].check()
    return trees

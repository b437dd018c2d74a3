"""PERLA's own scorer on the same records, run as its package has it, offline.

Its judge, a language model that is asked where two texts differ, is replaced by one that always says no:
the figures are a lower bound of those with a judge. What it counts is told beside them: how many of the
keys it judges are null in both (and count as right), and what remains on stated values alone.
"""

import contextlib
import copy
import importlib
import io
import sys
import types
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from masterkey.scoring.perla_records import PACKAGE, Cells

NEEDED = "munkres deepdiff Levenshtein flatdict pint platformdirs"


def own_scorer(folder: Path):
    """The module with PERLA's `Evaluations`, with a judge that says no; None where it cannot be imported."""
    judge = types.ModuleType(f"{PACKAGE}.llm_call")
    judge.llm_as_judge = lambda *values: types.SimpleNamespace(judgement=False)
    before, path = sys.modules.get(judge.__name__), list(sys.path)
    sys.modules[judge.__name__] = judge
    sys.path.insert(0, str(folder.parent))
    try:
        return importlib.import_module(f"{PACKAGE}.evaluations")
    except ImportError:
        return None
    finally:
        sys.path[:] = path
        if before is None:
            del sys.modules[judge.__name__]
        else:
            sys.modules[judge.__name__] = before


def score_reader(scorer, truth: dict[str, Cells], read: dict[str, list[Cells]]) -> dict:
    """PERLA's figures of one reader: means over devices, and counts over keys.

    `precision` and `recall` are its own. `null_share`: of the keys that it judges, those that are null
    in both. `stated_precision` and `stated_recall`: over the keys that the truth states. `n_equal_texts`
    of `n_texts` that stand in both are equal byte for byte.
    """
    counting, counts = _counting(scorer), Counter()
    precisions, recalls = [], []
    for paper, cells in truth.items():
        for own in read.get(paper, []):
            with contextlib.redirect_stdout(io.StringIO()):
                found = counting(*map(_prepared, (cells, own)), paper, _metrics(), counts=counts)
            precisions += found.score_precisions
            recalls += found.score_recalls
    return {
        "precision": float(np.mean(precisions)),
        "recall": float(np.mean(recalls)),
        "n_judged": counts["judged"],
        "null_share": counts["null"] / counts["judged"],
        "stated_precision": counts["right"] / counts["judged_stated"],
        "stated_recall": counts["found"] / counts["stated"],
        "n_texts": counts["texts"],
        "n_equal_texts": counts["equal_texts"],
    }


def _metrics() -> defaultdict:
    return defaultdict(lambda: defaultdict(float))


def _prepared(cells: Cells) -> dict:
    """The devices in PERLA's own units, as its scorer asks for."""
    from perla_extract.postprocessing import postprocess

    return postprocess({"cells": copy.deepcopy(cells)})


def _counting(scorer):
    """PERLA's `Evaluations` that also counts what it judges."""
    import flatdict

    class Counting(scorer.Evaluations):
        def __init__(self, *arguments, counts: Counter):
            self.counts = counts
            super().__init__(*arguments)

        def _is_value_correct(self, truth, extract, *arguments, **more):
            is_right = super()._is_value_correct(truth, extract, *arguments, **more)
            self.counts["judged"] += 1
            self.counts["null"] += truth is None and extract is None
            self.counts["judged_stated"] += truth is not None
            self.counts["right"] += truth is not None and is_right
            if isinstance(truth, str) and isinstance(extract, str):
                self.counts["texts"] += 1
                self.counts["equal_texts"] += truth == extract
            return is_right

        def _calculate_match_recall(self, match, *arguments):
            truth = flatdict.FlatterDict(scorer.complete_solar_cell_dict(match["truth"]))
            found = flatdict.FlatterDict(match["extraction"])
            for key in truth:
                if key != "additional_notes" and truth[key] is not None:
                    self.counts["stated"] += 1
                    self.counts["found"] += key in found.keys() and found[key] is not None  # noqa: SIM118
            return super()._calculate_match_recall(match, *arguments)

    return Counting

"""The sound track: SII scores with every paper counted, by value, with intervals (docs/scoring.md).

Each (paper, field) cell is compared once and becomes a row of counts (`CellCounts`). Everything
else, scores, intervals and paired comparisons, is arithmetic on sums of these counts over papers.
Nothing here raises on any text: what cannot be read is wrong, never dropped.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from masterkey.schema.fields import GROUPS, SII_FIELDS
from masterkey.schema.values import Value, count_matches, parse_value, reported_parts
from masterkey.scoring.relations import KINDS, count_relations
from masterkey.scoring.resampling import N_RESAMPLES, interval, p_value, resampled_sums
from masterkey.scoring.skills import SKILL_CELLS, SKILL_FIELDS, count_skills


class CellCounts(NamedTuple):
    """Counts of one (paper, field) cell; a field that the prediction lacks is never equal nor alike."""

    exact: bool  # the whole value is equal
    tp: int  # reported parts that agree
    n_predicted_parts: int
    n_reference_parts: int
    n_reported: bool  # the reference reports a value
    n_predicted: bool  # the prediction reports one
    n_presence_right: bool  # both say alike whether there is one
    n_presence_tp: bool  # both report one
    n_hallucinated: bool  # a value where none is reported
    n_omitted: bool  # none where one is
    n_informative: bool  # the reference differs from the training majority
    n_informative_right: bool
    n_cells: int = 1


CELL_COLUMNS = CellCounts._fields
_SCOPES = ("all", *GROUPS)
PAPER_COLUMNS = (
    "n_papers",
    "n_parsed",
    "n_with_text",
    *(f"{name}.{scope}" for scope in _SCOPES for name in ("f1", "has_f1")),
    *(f"{kind}.{name}" for kind in KINDS for name in ("tp", "predicted", "reference")),
    *(f"{skill}.{field}.{name}" for skill, field in SKILL_CELLS for name in ("hits", "n")),
)
_CELL = {name: place for place, name in enumerate(CELL_COLUMNS)}
_PAPER = {name: place for place, name in enumerate(PAPER_COLUMNS)}
_FIELDS_OF = {
    "all": list(range(len(SII_FIELDS))),
    **{group: [SII_FIELDS.index(field) for field in fields] for group, fields in GROUPS.items()},
}
# What two prediction files are compared by.
COMPARED = (
    "f1",
    "macro_f1_papers",
    "exact_match",
    "informative_accuracy",
    *(f"groups.{group}.f1" for group in GROUPS),
    *(f"relations.{kind}.f1" for kind in KINDS),
)


@dataclass(frozen=True)
class Tally:
    """Counts of each paper: `cells` [n_papers, 31, columns], `papers` [n_papers, columns]."""

    cells: np.ndarray
    papers: np.ndarray

    def paper_f1(self) -> np.ndarray:
        """F1 of each paper, [n_papers]; NaN where neither answer reports anything."""
        has_f1 = self.papers[:, _PAPER["has_f1.all"]] > 0
        return np.where(has_f1, self.papers[:, _PAPER["f1.all"]], np.nan)


@dataclass(frozen=True)
class Scores:
    """Figures by dotted name ("fields.Module.f1"): observed, and in each resample [n_resamples]."""

    observed: dict[str, float]
    samples: dict[str, np.ndarray]
    tally: Tally


def majority_values(answers: Sequence[dict]) -> dict[str, Value]:
    """The most frequent value of each field, in canonical form; the first met where tied."""
    majority = {}
    for field in SII_FIELDS:
        values = Counter(parse_value(field, answer.get(field, "")) for answer in answers)
        majority[field] = values.most_common(1)[0][0]
    return majority


def tally(
    references: Sequence[dict],
    predictions: Sequence[dict],
    texts: Sequence[str | None],
    majority: dict[str, Value],
) -> Tally:
    """Compare all papers: dicts of known field → text, and the papers' own texts (or None)."""
    cells, papers = [], []
    for reference, prediction, text in zip(references, predictions, texts, strict=True):
        rows = [
            compare(field, reference.get(field, ""), prediction.get(field), majority[field])
            for field in SII_FIELDS
        ]
        cells.append(rows)
        papers.append(_paper_row(rows, reference, prediction, text))
    return Tally(np.array(cells, dtype=float), np.array(papers, dtype=float))


def compare(field: str, reference: str, predicted: str | None, majority: Value) -> CellCounts:
    """The counts of one cell; `predicted` is None where the field is missing."""
    short = len(reference) + len(predicted or "") < 500
    return (_compare_cached if short else _compare)(field, reference, predicted, majority)


def _compare(field: str, reference: str, predicted: str | None, majority: Value) -> CellCounts:
    right = parse_value(field, reference)
    claimed = () if predicted is None else parse_value(field, predicted)
    there = predicted is not None
    exact = there and claimed == right
    informative = right != majority
    return CellCounts(
        exact=exact,
        tp=count_matches(field, right, claimed),
        n_predicted_parts=len(reported_parts(claimed)),
        n_reference_parts=len(reported_parts(right)),
        n_reported=bool(right),
        n_predicted=bool(claimed),
        n_presence_right=there and bool(right) == bool(claimed),
        n_presence_tp=bool(right) and bool(claimed),
        n_hallucinated=bool(claimed) and not right,
        n_omitted=bool(right) and not claimed,
        n_informative=informative,
        n_informative_right=informative and exact,
    )


_compare_cached = lru_cache(maxsize=1 << 16)(_compare)


def _paper_row(rows: list[CellCounts], reference: dict, prediction: dict, text: str | None) -> list:
    f1 = []
    for scope in _SCOPES:
        tp, n = 0, 0
        for place in _FIELDS_OF[scope]:
            tp += rows[place].tp
            n += rows[place].n_predicted_parts + rows[place].n_reference_parts
        f1 += [2 * tp / n if n else 0.0, n > 0]
    skills = (
        [0] * (2 * len(SKILL_CELLS)) if text is None else count_skills(reference, prediction, text)
    )
    parsed = len(prediction) == len(SII_FIELDS)
    return [1, parsed, text is not None, *f1, *count_relations(reference, prediction), *skills]


def score(counts: Tally, seed: int, n_resamples: int = N_RESAMPLES) -> Scores:
    """All figures, observed and resampled over papers. Same seed and papers: same resamples."""
    n_papers, n_fields, n_columns = counts.cells.shape
    flat = np.hstack([counts.cells.reshape(n_papers, -1), counts.papers])

    def figures_of(sums):
        cells = sums[:, : n_fields * n_columns].reshape(-1, n_fields, n_columns)
        return figures(cells, sums[:, n_fields * n_columns :])

    observed = figures_of(flat.sum(axis=0, keepdims=True))
    samples = figures_of(resampled_sums(flat, seed, n_resamples))
    return Scores({name: float(value[0]) for name, value in observed.items()}, samples, counts)


def figures(cells: np.ndarray, papers: np.ndarray) -> dict[str, np.ndarray]:
    """Figures from sums over papers, `cells` [k, 31, columns] and `papers` [k, columns]: each [k].

    NaN where a figure is not defined (F1 of a field that is nowhere reported or predicted).
    """
    found = _cell_figures(cells.sum(axis=1))
    of_fields = _cell_figures(cells)
    of_groups = {group: _cell_figures(cells[:, _FIELDS_OF[group]].sum(axis=1)) for group in GROUPS}
    found["macro_f1_papers"] = _ratio(papers[:, _PAPER["f1.all"]], papers[:, _PAPER["has_f1.all"]])
    found["macro_f1_fields"] = _mean_of_defined(of_fields["f1"])
    found["macro_f1_groups"] = np.mean([of_groups[group]["f1"] for group in GROUPS], axis=0)
    found["parsed_share"] = _ratio(papers[:, _PAPER["n_parsed"]], papers[:, _PAPER["n_papers"]])
    for group, own in of_groups.items():
        f1, has_f1 = (papers[:, _PAPER[f"{name}.{group}"]] for name in ("f1", "has_f1"))
        own["macro_f1_papers"] = _ratio(f1, has_f1)
        own["macro_f1_fields"] = _mean_of_defined(of_fields["f1"][:, _FIELDS_OF[group]])
        found |= {f"groups.{group}.{name}": value for name, value in own.items()}
    for place, field in enumerate(SII_FIELDS):
        found |= {f"fields.{field}.{name}": own[:, place] for name, own in of_fields.items()}
    return found | _relation_figures(papers) | _skill_figures(papers)


def _cell_figures(sums: np.ndarray) -> dict[str, np.ndarray]:
    """Figures from sums of cells, [..., columns]."""

    def column(name):
        return sums[..., _CELL[name]]

    reported, predicted = column("n_reported"), column("n_predicted")
    parts = _precision_recall_f1(
        column("tp"), column("n_predicted_parts"), column("n_reference_parts")
    )
    presence = _precision_recall_f1(column("n_presence_tp"), predicted, reported)
    return {
        **parts,
        "exact_match": _ratio(column("exact"), column("n_cells")),
        "informative_accuracy": _ratio(column("n_informative_right"), column("n_informative")),
        "hallucination_rate": _ratio(column("n_hallucinated"), column("n_cells") - reported),
        "omission_rate": _ratio(column("n_omitted"), reported),
        "presence_accuracy": _ratio(column("n_presence_right"), column("n_cells")),
        **{f"presence_{name}": value for name, value in presence.items()},
    }


def _relation_figures(papers: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for kind in KINDS:
        columns = (papers[:, _PAPER[f"{kind}.{name}"]] for name in ("tp", "predicted", "reference"))
        own = _precision_recall_f1(*columns)
        found |= {f"relations.{kind}.{name}": value for name, value in own.items()}
    return found


def _skill_figures(papers: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for skill, fields in SKILL_FIELDS.items():
        hits, n = (
            sum(papers[:, _PAPER[f"{skill}.{field}.{name}"]] for field in fields)
            for name in ("hits", "n")
        )
        found[f"skills.{skill}.accuracy"] = _ratio(hits, n)
    return found


def _precision_recall_f1(tp, predicted, reference) -> dict[str, np.ndarray]:
    return {
        "precision": _ratio(tp, predicted),
        "recall": _ratio(tp, reference),
        "f1": _ratio(2 * tp, predicted + reference),
    }


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    undefined = np.full(np.shape(numerator), np.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator > 0)


def _mean_of_defined(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis without NaN."""
    defined = np.isfinite(values)
    return _ratio(np.where(defined, values, 0).sum(axis=-1), defined.sum(axis=-1))


def report(scores: Scores) -> dict:
    """All figures, nested by their dotted names, each with its `…_ci`, and the numbers behind them.

    Ready for JSON: a figure that is not defined is None.
    """
    nested: dict = _denominators(scores.tally)
    for name, value in scores.observed.items():
        *path, last = name.split(".")
        place = nested
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value if np.isfinite(value) else None
        place[f"{last}_ci"] = interval(scores.samples[name]) if np.isfinite(value) else None
    return nested


def _denominators(counts: Tally) -> dict:
    cells = counts.cells.sum(axis=0).astype(int)
    papers = {name: int(counts.papers[:, place].sum()) for name, place in _PAPER.items()}
    names = [name for name in CELL_COLUMNS if name.startswith("n_")]
    numbers = {
        "n_papers": papers["n_papers"],
        "n_parsed": papers["n_parsed"],
        **{name: int(cells[:, _CELL[name]].sum()) for name in names},
    }
    numbers["fields"] = {
        field: {name: int(cells[place, _CELL[name]]) for name in names}
        for place, field in enumerate(SII_FIELDS)
    }
    numbers["relations"] = {
        kind: {f"n_{name}": papers[f"{kind}.{name}"] for name in ("predicted", "reference")}
        for kind in KINDS
    }
    numbers["skills"] = {"n_papers_with_text": papers["n_with_text"]}
    for skill, fields in SKILL_FIELDS.items():
        of_fields = {
            field: {name: papers[f"{skill}.{field}.{name}"] for name in ("hits", "n")}
            for field in fields
        }
        sums = {name: sum(own[name] for own in of_fields.values()) for name in ("hits", "n")}
        numbers["skills"][skill] = {**sums, "fields": of_fields}
    return numbers


def compare_files(first: Scores, other: Scores) -> dict:
    """`other` minus `first` for each of `COMPARED`: {"difference", "ci", "p"}, by paired bootstrap.

    Both must be scores of the same papers in the same order with the same seed. None where a figure
    is not defined.
    """
    compared = {}
    for name in COMPARED:
        difference = other.observed[name] - first.observed[name]
        samples = other.samples[name] - first.samples[name]
        defined = bool(np.isfinite(difference))
        compared[name] = {
            "difference": difference if defined else None,
            "ci": interval(samples) if defined else None,
            "p": p_value(samples) if defined else None,
        }
    return compared

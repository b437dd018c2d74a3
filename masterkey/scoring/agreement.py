"""Agreement of two readings of the same papers, field by field, and what it says of a confidence.

Two values agree where they are equal in canonical form (docs/scoring.md), as in the sound track. Beside
the share that agrees stands Cohen's kappa (Cohen, Educational and Psychological Measurement 20, 37, 1960):
1 − Dₒ/Dₑ, with Dₒ the share that disagrees and Dₑ the share that would, if both drew their values of
this field at random, each with its own frequencies. Over several fields, both are summed over the
fields before they are divided. The F1 of the parts of values (layers, compounds, steps) says how near
values are that differ. 95 % intervals come from resampling papers.
"""

from dataclasses import dataclass

import numpy as np

from masterkey.schema.fields import GROUPS, SII_FIELDS
from masterkey.schema.values import count_matches, parse_value, reported_parts
from masterkey.scoring.agreement_files import Pair
from masterkey.scoring.calibration import N_BINS
from masterkey.scoring.resampling import interval, resampled_sums

LEAST_CONFIDENT = 0.2  # the share of all values that a hurried reviewer might look at


@dataclass(frozen=True)
class Compared:
    """Canonical values as integer labels, [n_papers, 31] each; label 0 is "not stated".

    `n_parts` [n_papers, 31, 3] counts the parts that agree, the first's and the second's.
    """

    first: np.ndarray
    second: np.ndarray
    n_parts: np.ndarray

    @property
    def equal(self) -> np.ndarray:
        return self.first == self.second


def compare(pair: Pair) -> Compared:
    """The two readings' values, equal labels for equal values of a field."""
    shape = len(pair.first.ids), len(SII_FIELDS)
    tables, n_parts = [np.zeros(shape, int) for _ in range(2)], np.zeros((*shape, 3))
    for column, field in enumerate(SII_FIELDS):
        labels = {(): 0}
        values = [
            [parse_value(field, fields.get(field, "")) for fields in reading.fields]
            for reading in (pair.first, pair.second)
        ]
        for table, own in zip(tables, values, strict=True):
            table[:, column] = [labels.setdefault(value, len(labels)) for value in own]
        n_parts[:, column] = [
            (count_matches(field, one, other), *(len(reported_parts(v)) for v in (one, other)))
            for one, other in zip(*values, strict=True)
        ]
    return Compared(*tables, n_parts)


def agreement_report(pair: Pair, seed: int, n_resamples: int) -> dict:
    """The content of sii_agreement.json: agreement in all, by group and field, changes, confidence."""
    compared = compare(pair)
    draws = resampled_sums(np.eye(len(pair.first.ids)), seed, n_resamples)
    places = {field: [place] for place, field in enumerate(SII_FIELDS)}
    groups = {group: [SII_FIELDS.index(field) for field in own] for group, own in GROUPS.items()}
    changes = list_changes(pair, compared)
    return {
        "first": pair.first.name,
        "second": pair.second.name,
        "n_papers": len(pair.first.ids),
        "n_in_one_only": pair.n_in_one_only,
        "is_review": pair.is_review,
        "all": agreement(compared, list(range(len(SII_FIELDS))), draws),
        "groups": {group: agreement(compared, own, draws) for group, own in groups.items()},
        "fields": {
            field: agreement(compared, own, draws) | _kinds(compared, own[0])
            for field, own in places.items()
        },
        "changes": changes,
        "confidence": reliability(pair, compared, seed, n_resamples),
    }


def agreement(compared: Compared, columns: list[int], draws: np.ndarray) -> dict:
    """Share equal, kappa and F1 of the parts over `columns`, with intervals over `draws` of papers.

    `draws` [n_resamples, n_papers] says how often each paper is in each resample.
    """
    once = np.ones((1, len(compared.first)))
    equal, expected = shares(compared, columns, once)
    sampled_equal, sampled_expected = shares(compared, columns, draws)
    value = float(kappa(equal, expected)[0])
    parts = compared.n_parts[:, columns].sum(axis=1)
    f1 = float(part_f1(once @ parts)[0])
    return {
        "n_equal": int(compared.equal[:, columns].sum()),
        "n": compared.first[:, columns].size,
        "equal": float(equal.mean()),
        "equal_ci": interval(sampled_equal.mean(axis=1)),
        "kappa": value if np.isfinite(value) else None,
        "kappa_ci": interval(kappa(sampled_equal, sampled_expected)),
        "f1": f1 if np.isfinite(f1) else None,
        "f1_ci": interval(part_f1(draws @ parts)),
    }


def shares(compared: Compared, columns: list[int], draws: np.ndarray) -> tuple:
    """(share equal, share equal by chance) of each field in each draw: [n_draws, n_columns] each."""
    n = draws.sum(axis=1)
    equal = draws @ compared.equal[:, columns] / n[:, None]
    expected = np.empty_like(equal)
    for place, column in enumerate(columns):
        labels = [compared.first[:, column], compared.second[:, column]]
        one_hot = np.eye(max(own.max() for own in labels) + 1)
        first, second = (draws @ one_hot[own] / n[:, None] for own in labels)
        expected[:, place] = (first * second).sum(axis=1)
    return equal, expected


def kappa(equal: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Cohen's kappa over the fields of each row; NaN where chance alone makes all values agree."""
    by_chance = (1 - expected).sum(axis=1)
    undefined = np.full(len(equal), np.nan)
    ratio = np.divide((1 - equal).sum(axis=1), by_chance, out=undefined, where=by_chance > 1e-12)
    return 1 - ratio


def part_f1(n_parts: np.ndarray) -> np.ndarray:
    """F1 of the parts, the same whichever of the two is the answer; NaN where neither states any."""
    agreeing, first, second = n_parts.T
    undefined = np.full(len(n_parts), np.nan)
    return np.divide(2 * agreeing, first + second, out=undefined, where=first + second > 0)


def _kinds(compared: Compared, column: int) -> dict[str, int]:
    """How the values of a field differ: stated by the second only, by the first only, or otherwise."""
    first, second = compared.first[:, column], compared.second[:, column]
    return {
        "n_added": int(((first == 0) & (second != 0)).sum()),
        "n_removed": int(((first != 0) & (second == 0)).sum()),
        "n_altered": int(((first != second) & (first != 0) & (second != 0)).sum()),
    }


def list_changes(pair: Pair, compared: Compared) -> list[dict]:
    """Every value that differs: the paper, the field, both values, the first's confidence or None."""
    return [
        {
            "id": pair.first.ids[row],
            "field": (field := SII_FIELDS[column]),
            "first": pair.first.fields[row].get(field, ""),
            "second": pair.second.fields[row].get(field, ""),
            "confidence": pair.first.confidences[row].get(field),
        }
        for row, column in np.argwhere(~compared.equal)
    ]


# --- the first's confidence ------------------------------------------------------------------------


def reliability(pair: Pair, compared: Compared, seed: int, n_resamples: int) -> dict | None:
    """How often values of each confidence were left as they are; None where the first states none.

    Bins hold (nearly) equally many values. `changes_among_least_confident` is the share of all changes
    that are among the `LEAST_CONFIDENT` share of values: what a reviewer finds who looks at these only.
    """
    confidence = confidence_table(pair)
    known = np.isfinite(confidence)
    if not known.any():
        return None
    order = np.argsort(confidence[known], kind="stable")
    papers = np.nonzero(known)[0][order]
    confidence, kept = confidence[known][order], compared.equal[known][order]
    bins = [own for own in np.array_split(np.arange(len(order)), N_BINS) if len(own)]
    changed = ~kept
    n_least = max(1, round(LEAST_CONFIDENT * len(order)))
    gaps = [abs(confidence[own].mean() - kept[own].mean()) * len(own) for own in bins]
    return {
        "n_values": len(order),
        "n_changed": int(changed.sum()),
        "mean_confidence": float(confidence.mean()),
        "share_unchanged": float(kept.mean()),
        "expected_calibration_error": float(sum(gaps) / len(order)),
        "least_confident_share": LEAST_CONFIDENT,
        "changes_among_least_confident": (
            float(changed[:n_least].sum() / changed.sum()) if changed.any() else None
        ),
        "bins": [
            _bin(confidence[own], kept[own], papers[own], len(pair.first.ids), seed, n_resamples)
            for own in bins
        ],
    }


def confidence_table(pair: Pair) -> np.ndarray:
    """[n_papers, 31] of the first reading's confidences; NaN where it states none."""
    rows = [[own.get(field, np.nan) for field in SII_FIELDS] for own in pair.first.confidences]
    return np.array(rows, float)


def _bin(confidence, kept, papers, n_papers: int, seed: int, n_resamples: int) -> dict:
    """One bin's values [n] of `papers` [n], with an interval over papers."""
    sums = np.zeros((n_papers, 2))
    np.add.at(sums, papers, np.stack([kept, np.ones_like(kept)], axis=1).astype(float))
    n_kept, n = resampled_sums(sums, seed, n_resamples).T
    ratio = np.divide(n_kept, n, out=np.full(len(n), np.nan), where=n > 0)
    return {
        "lowest": float(confidence.min()),
        "highest": float(confidence.max()),
        "confidence": float(confidence.mean()),
        "n": len(kept),
        "unchanged": float(kept.mean()),
        "unchanged_ci": interval(ratio),
    }

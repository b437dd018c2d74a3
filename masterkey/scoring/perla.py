"""What models and people read of the papers of PERLA's development part, scored by the sound track.

Devices of a paper are matched so that as many reported parts agree as possible (an optimal assignment,
as PERLA's scorer has one). A device that nobody matched counts in full: as omitted where the truth has
it, as invented where the truth has it not. Counts are summed over a paper's devices; intervals come from
resampling papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masterkey.schema.fields import MDP_TARGETS, SII_FIELDS
from masterkey.schema.values import count_matches, parse_value
from masterkey.scoring import sound
from masterkey.scoring.perla_records import Cells, fields_of, targets_of
from masterkey.scoring.resampling import interval, resampled_sums

# PERLA's own: 0.01 V, 0.1 mA/cm², 0.1 points of FF and of PCE.
TOLERANCES = {"Voc": 0.01, "Jsc": 0.1, "FF": 0.001, "PCE": 0.1}
_ROUNDING = 1e-9
FIGURES = ("precision", "recall", "f1")
_NOTHING = dict.fromkeys(SII_FIELDS, ())


@dataclass(frozen=True)
class Device:
    """The SII fields that a device states, and its Voc [V], Jsc [mA/cm²], FF and PCE [%] or None."""

    fields: dict[str, str]
    targets: dict[str, float | None]


NOBODY = Device({}, dict.fromkeys(MDP_TARGETS))


def devices(cells: Cells) -> list[Device]:
    return [Device(fields_of(cell), targets_of(cell)) for cell in cells]


def matched(truth: Sequence[Device], read: Sequence[Device]) -> list[tuple[int | None, int | None]]:
    """(place in `truth`, place in `read`) of every device; None for one that has no counterpart."""
    from scipy.optimize import linear_sum_assignment

    gain = np.array([[alike(one, other) for other in read] for one in truth])
    pairs = []
    if gain.size:
        pairs = [(int(a), int(b)) for a, b in zip(*linear_sum_assignment(-gain), strict=True)]
    missed = set(range(len(truth))) - {a for a, _ in pairs}
    added = set(range(len(read))) - {b for _, b in pairs}
    return [*pairs, *((a, None) for a in sorted(missed)), *((None, b) for b in sorted(added))]


def alike(one: Device, other: Device) -> int:
    """How many parts of fields, and how many of the four targets, agree."""
    parts = sum(
        count_matches(field, parse_value(field, one.fields[field]), parse_value(field, value))
        for field, value in other.fields.items()
        if field in one.fields
    )
    return parts + sum(_is_right(name, one, other) for name in MDP_TARGETS)


def _is_right(name: str, truth: Device, read: Device) -> bool:
    values = truth.targets[name], read.targets[name]
    if None in values:
        return False
    return abs(values[0] - values[1]) <= TOLERANCES[name] + _ROUNDING


def score_reader(
    truth: dict[str, Cells], read: dict[str, list[Cells]], seed: int, n_resamples: int
) -> dict:
    """Figures of one model, or of people: several readings of a paper count as so many papers' devices.

    `n_devices` of the truth, how many of them were `n_found`, and how many were `n_added`; `fields` and
    `targets` with precision, recall and F1, each with its interval.
    """
    tallies, of_targets, counts = [], [], np.zeros(3, int)
    for paper, cells in truth.items():
        known = devices(cells)
        pairs = [
            (known[a] if a is not None else NOBODY, own[b] if b is not None else NOBODY)
            for own in map(devices, read.get(paper, []))
            for a, b in matched(known, own)
        ]
        if not pairs:
            continue
        tallies.append(_tally(pairs))
        of_targets.append(_target_counts(pairs))
        missed, added = (sum(pair[place] is NOBODY for pair in pairs) for place in (1, 0))
        counts += (len(pairs) - added, len(pairs) - missed - added, added)
    n_devices, n_found, n_added = map(int, counts)
    return {
        "n_papers": len(tallies),
        "n_devices": n_devices,
        "n_found": n_found,
        "n_added": n_added,
        "fields": _field_figures(tallies, seed, n_resamples),
        "targets": _target_figures(np.array(of_targets), seed, n_resamples),
    }


def _tally(pairs: list[tuple[Device, Device]]) -> sound.Tally:
    """The counts of a paper: those of its devices, summed."""
    truth, read = ([device.fields for device in own] for own in zip(*pairs, strict=True))
    found = sound.tally(truth, read, [None] * len(pairs), _NOTHING)
    return sound.Tally(found.cells.sum(axis=0), found.papers.sum(axis=0))


def _field_figures(tallies: list[sound.Tally], seed: int, n_resamples: int) -> dict:
    cells, papers = (
        np.array([getattr(own, name) for own in tallies]) for name in ("cells", "papers")
    )
    scores = sound.score(sound.Tally(cells, papers), seed, n_resamples)
    return {
        **{name: _or_none(scores.observed[name]) for name in FIGURES},
        **{f"{name}_ci": interval(scores.samples[name]) for name in FIGURES},
    }


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _target_counts(pairs: list[tuple[Device, Device]]) -> list[int]:
    """[right, stated by the reader, stated by the truth] of a paper's devices and targets."""
    right = sum(_is_right(name, *pair) for pair in pairs for name in MDP_TARGETS)
    stated = [
        sum(pair[place].targets[name] is not None for pair in pairs for name in MDP_TARGETS)
        for place in (1, 0)
    ]
    return [right, *stated]


def _target_figures(counts: np.ndarray, seed: int, n_resamples: int) -> dict:
    observed = _precision_recall(counts.sum(axis=0, keepdims=True))
    samples = _precision_recall(resampled_sums(counts, seed, n_resamples))
    return {
        **{name: _or_none(value[0]) for name, value in observed.items()},
        **{f"{name}_ci": interval(value) for name, value in samples.items()},
    }


def _precision_recall(sums: np.ndarray) -> dict[str, np.ndarray]:
    right, read, truth = np.asarray(sums, float).T
    with np.errstate(invalid="ignore", divide="ignore"):
        return dict(
            zip(FIGURES, (right / read, right / truth, 2 * right / (read + truth)), strict=True)
        )

"""How far a method's confidence can be believed: confidence against share right, over all values.

A value is right as the sound track has it (docs/scoring.md): equal in canonical form.
"""

from dataclasses import dataclass

import numpy as np

from masterkey.schema.values import parse_value
from masterkey.scoring.sii_files import Predicted

N_BINS = 10


@dataclass(frozen=True)
class Judged:
    """All values of a file that have a confidence: `confidence` and whether `right`, both (n,)."""

    confidence: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class Reliability:
    """Bins of equally many values, from the least confident: mean confidence and share right, (bins,)."""

    confidence: np.ndarray
    right: np.ndarray
    n: np.ndarray


def judged_values(file: Predicted) -> Judged:
    """The values of a prediction file with their confidence; none where the file has no confidence."""
    pairs = [
        (confidence, parse_value(name, prediction[name]) == parse_value(name, reference[name]))
        for reference, prediction, confidences in zip(
            file.references, file.predictions, file.confidences, strict=True
        )
        for name, confidence in confidences.items()
        if name in prediction and name in reference
    ]
    confidence, right = zip(*pairs, strict=True) if pairs else ((), ())
    return Judged(np.array(confidence, float), np.array(right, bool))


def reliability(judged: Judged, n_bins: int = N_BINS) -> Reliability:
    """The values in `n_bins` bins of (nearly) equal size, by confidence."""
    order = np.argsort(judged.confidence, kind="stable")
    bins = [bin for bin in np.array_split(order, n_bins) if len(bin)]
    return Reliability(
        np.array([judged.confidence[bin].mean() for bin in bins]),
        np.array([judged.right[bin].mean() for bin in bins]),
        np.array([len(bin) for bin in bins]),
    )


def expected_calibration_error(judged: Judged, n_bins: int = N_BINS) -> float:
    """Mean distance of confidence and share right over the bins, weighted by their sizes."""
    bins = reliability(judged, n_bins)
    return float(np.average(np.abs(bins.confidence - bins.right), weights=bins.n))


def right_when_kept(judged: Judged) -> tuple[np.ndarray, np.ndarray]:
    """(share kept, share right of those kept), each (n,), when the least confident are left out."""
    order = np.argsort(-judged.confidence, kind="stable")
    n_kept = np.arange(1, len(order) + 1)
    return n_kept / len(order), judged.right[order].cumsum() / n_kept


def calibration_report(file: Predicted) -> dict | None:
    """What sii_scores.json says of a file's confidence; None where it has none."""
    judged = judged_values(file)
    if not len(judged.confidence):
        return None
    kept, right = right_when_kept(judged)
    return {
        "n_values": len(judged.confidence),
        "mean_confidence": float(judged.confidence.mean()),
        "share_right": float(judged.right.mean()),
        "expected_calibration_error": expected_calibration_error(judged),
        "share_right_of_most_confident_half": float(right[np.searchsorted(kept, 0.5)]),
    }

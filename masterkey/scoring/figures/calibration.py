"""The figure of confidence for sii_evaluate.ipynb."""

import numpy as np

from masterkey.scoring.calibration import (
    Judged,
    expected_calibration_error,
    judged_values,
    reliability,
    right_when_kept,
)
from masterkey.scoring.figures.sii import legend_below, new_figure, styles, tidy
from masterkey.scoring.sii_scores import Evaluation
from masterkey.scripting.figures import BLACK, BLUE, GREY


def has_confidence(evaluation: Evaluation) -> bool:
    """Whether any of the files says how sure it is."""
    return any(any(scored.file.confidences) for scored in evaluation.files)


def calibration_figure(evaluation: Evaluation):
    """Left: share right against confidence. Right: share right when the least sure are left out."""
    figure = new_figure((9.6, 5.2), "Confidence and share right, over all values", evaluation)
    bins_axes, kept_axes = figure.subplots(1, 2)
    shown = [(evaluation.first, BLUE, "o"), *styles(evaluation)]
    for scored, colour, marker in shown:
        judged = judged_values(scored.file)
        if len(judged.confidence):
            _draw(bins_axes, kept_axes, judged, scored.name, colour, marker)
    bins_axes.plot([0, 1], [0, 1], color=BLACK, lw=1, label="as sure as right")
    bins_axes.set(xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal")
    bins_axes.set_xlabel("confidence (mean of a tenth of the values)", fontsize=10)
    bins_axes.set_ylabel("share right", fontsize=10)
    kept_axes.set(xlim=(0, 1.02))
    kept_axes.set_xlabel("share of values kept, the most confident first", fontsize=10)
    kept_axes.set_ylabel("share right of those kept", fontsize=10)
    for axes in (bins_axes, kept_axes):
        axes.grid(color=GREY, alpha=0.3)
        axes.set_axisbelow(True)
        tidy(axes)
    legend_below(figure, evaluation.first.name)
    return figure


def _draw(bins_axes, kept_axes, judged: Judged, name: str, colour: str, marker: str) -> None:
    bins = reliability(judged)
    label = f"{name}: calibration error {expected_calibration_error(judged):.3f}"
    bins_axes.plot(
        bins.confidence, bins.right, color=colour, marker=marker, ms=5, lw=1.2, label=label
    )
    kept, right = right_when_kept(judged)
    # The first few values say nothing yet; some hundred points draw as well as all.
    places = np.unique(np.linspace(min(20, len(kept) - 1), len(kept) - 1, 300).astype(int))
    kept_axes.plot(kept[places], right[places], color=colour, lw=1.5, label=label)

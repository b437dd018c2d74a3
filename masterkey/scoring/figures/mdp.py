"""Parity plots of MDP predictions: predicted against measured Voc, Jsc, FF and PCE."""

import numpy as np

from masterkey.schema.fields import MDP_TARGETS, TARGET_UNITS
from masterkey.schema.targets import DECIMALS
from masterkey.scoring.mdp_files import Scored
from masterkey.scripting.figures import BLUE, ORANGE, VERMILION
from masterkey.scripting.tables import number_text

# The published plots' axes; they had none for FF.
PUBLISHED_LIMITS = {"Voc": (0.5, 1.2), "Jsc": (5.0, 25.0), "FF": None, "PCE": (0.0, 20.0)}


def axis_limits(reference: np.ndarray, prediction: np.ndarray) -> tuple[float, float]:
    """Limits for both axes of a panel: all references, and the predictions that are near them.

    A prediction farther from the references than their whole range would squeeze all else into a
    corner; `draw_panel` marks it at the edge.
    """
    known = reference[np.isfinite(reference)]
    if not len(known):
        return 0.0, 1.0
    low, high = known.min(), known.max()
    spread = (high - low) or max(abs(high), 1.0)
    read = prediction[np.isfinite(reference) & np.isfinite(prediction)]
    near = read[(read >= low - spread) & (read <= high + spread)]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.04 * ((high - low) or spread)
    return float(low - margin), float(high + margin)


def parity_figure(
    scored: Scored, scores: dict, floor: dict, *, published_limits: bool, synthetic: bool
):
    """A figure of four panels; `scores` is of `score_file`, `floor` of `noise_floor`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 9.4), layout="constrained")
    data = "SYNTHETIC DATA" if synthetic else "measured devices"
    figure.suptitle(
        f"{scored.name}: {scores['n']} rows of {scores['n_recipes']} recipes, {data}", fontsize=12
    )
    for number, name in enumerate(MDP_TARGETS):
        axes = figure.add_subplot(2, 2, number + 1)
        reference, prediction = scored.reference[:, number], scored.prediction[:, number]
        limits = PUBLISHED_LIMITS[name] if published_limits else None
        limits = limits or axis_limits(reference, prediction)
        n_outside = draw_panel(axes, reference, prediction, limits, floor[name]["mae"])
        unit = f" [{TARGET_UNITS[name]}]" if TARGET_UNITS[name] else ""
        axes.set(xlabel=f"measured {name}{unit}", ylabel=f"predicted {name}{unit}")
        axes.set_title(_caption(name, scores["targets"][name], n_outside), fontsize=9, loc="left")
    entries = {}
    for axes in figure.axes:  # a panel without a noise floor or without crosses lacks theirs
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    figure.legend(
        entries.values(),
        entries.keys(),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=9,
    )
    return figure


def draw_panel(axes, reference, prediction, limits, floor: float | None) -> int:
    """Points, diagonal and noise floor of one target; the number of points beyond the limits."""
    read = np.isfinite(reference) & np.isfinite(prediction)
    x, y = reference[read], prediction[read]
    low, high = limits
    outside = (x < low) | (x > high) | (y < low) | (y > high)
    ends = np.array(limits)
    if floor is not None:
        label = "± noise floor (repeated recipes)"
        axes.fill_between(
            ends, ends - floor, ends + floor, color=ORANGE, alpha=0.35, lw=0, label=label
        )
    axes.plot(ends, ends, color="black", lw=1, label="prediction = measurement")
    axes.scatter(
        x[~outside], y[~outside], s=18, color=BLUE, alpha=0.5, linewidths=0, label="device"
    )
    if outside.any():
        axes.scatter(
            np.clip(x[outside], low, high),
            np.clip(y[outside], low, high),
            s=36,
            color=VERMILION,
            marker="x",
            clip_on=False,
            zorder=3,
            label="device beyond the axes",
        )
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.tick_params(labelsize=9)
    return int(outside.sum())


def _caption(name: str, scores: dict, n_outside: int) -> str:
    if not scores["n"]:
        return f"{name}: no measured values"
    d = DECIMALS[name].scored
    mae, low, high = (number_text(value, d) for value in (scores["mae"], *scores["mae_ci"]))
    text = f"{name}: MAE {mae} (95 %: {low} to {high}), R² {number_text(scores['r2'], 2)}\n"
    text += f"{scores['n']} rows"
    if scores["n_parsed"] < scores["n"]:
        text += f", {scores['n'] - scores['n_parsed']} unreadable"
    return text + (f", {n_outside} beyond the axes" if n_outside else "")

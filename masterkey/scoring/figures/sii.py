"""Figures of SII scores for sii_evaluate.ipynb: fields, groups, papers, confusions.

Every title says which predictions, how many papers, and SYNTHETIC DATA where they are invented.
"""

import io
import textwrap

import numpy as np

from masterkey.schema.fields import CLOSED_FIELDS, GROUPS, SII_FIELDS
from masterkey.scoring.confusion import Confusion, confusion
from masterkey.scoring.published import PUBLISHED_LLAMA_7B, paper_outcome, score_group
from masterkey.scoring.resampling import interval, resampled_sums
from masterkey.scoring.sii_report import PUBLISHED_NAME
from masterkey.scoring.sii_scores import Evaluation, Scored
from masterkey.scripting.figures import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from masterkey.scripting.tables import synthetic_mark

DPI = 100
# A baseline each: colour and marker.
_BASELINES = ((ORANGE, "D"), (GREEN, "s"), (PURPLE, "^"), (VERMILION, "v"), (SKY, "o"))


def baselines(evaluation: Evaluation) -> list[Scored]:
    """What the first file is shown beside: the other files, and the constant if none of them is it."""
    others, constant = evaluation.files[1:], evaluation.constant
    is_there = any(other.file.predictions == constant.file.predictions for other in others)
    return others if is_there else [*others, constant]


def png(figure) -> bytes:
    """The figure as a PNG file of 128 colours: a third of the size, as notebooks are committed."""
    from PIL import Image

    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=DPI)
    Image.open(full).convert("RGB").quantize(128).save(small, format="png", optimize=True)
    return small.getvalue()


def new_figure(size: tuple[float, float], title: str, evaluation: Evaluation):
    """An empty figure whose title says what was scored."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    n_papers = evaluation.first.tracks["strict"]["n_papers"]
    mark = synthetic_mark(evaluation.report)
    papers = "1 paper" if n_papers == 1 else f"{n_papers} papers"
    of_what = textwrap.wrap(f"{evaluation.first.name}, {papers}{mark}", int(10 * size[0]))
    figure.suptitle("\n".join([title, *of_what]), fontsize=12)
    return figure


def styles(evaluation: Evaluation) -> list[tuple[Scored, str, str]]:
    """(baseline, colour, marker) of each baseline."""
    others = baselines(evaluation)
    return [(other, *_BASELINES[place % len(_BASELINES)]) for place, other in enumerate(others)]


def legend_below(figure, first: str) -> None:
    """One legend for all panels, the file of the name `first` first."""
    entries = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    labels = sorted(entries, key=lambda label: label.split(":")[0] != first)
    longest = max(map(len, labels)) + 8  # the handle's width
    figure.legend(
        [entries[label] for label in labels],
        labels,
        loc="outside lower center",
        ncols=max(1, min(4, int(12 * figure.get_figwidth() / longest))),
        frameon=False,
        fontsize=9,
    )


def tidy(axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=9)


# --- fields --------------------------------------------------------------------------------------


def field_order(evaluation: Evaluation) -> list[str]:
    """The fields, the first file's best F1 first; those without F1 last, each in file order."""
    fields = evaluation.first.tracks["strict"]["fields"]

    def worst_last(name: str) -> float:
        f1 = fields[name]["f1"]
        return 1.0 if f1 is None else -f1

    return sorted(SII_FIELDS, key=worst_last)


def field_figure(evaluation: Evaluation):
    """F1 of the sound track per field with 95 % intervals, best first; the baselines as markers."""
    figure = new_figure((9.6, 10.4), "F1 of each field, sound track", evaluation)
    axes = figure.add_subplot()
    order = field_order(evaluation)
    own = evaluation.first.tracks["strict"]["fields"]
    for place, name in enumerate(order):
        _draw_field(axes, place, own[name], evaluation.first.name)
    for other, colour, marker in styles(evaluation):
        f1 = [other.tracks["strict"]["fields"][name]["f1"] for name in order]
        shown = [(value, place) for place, value in enumerate(f1) if value is not None]
        if shown:
            axes.scatter(
                *zip(*shown, strict=True),
                s=30, color=colour, marker=marker, edgecolors=BLACK, linewidths=0.6,
                zorder=3, clip_on=False, label=other.name,
            )  # fmt: skip
    labels = [f"{name} ({own[name]['n_reported']})" for name in order]
    axes.set_yticks(range(len(order)), labels)
    axes.set(xlim=(0, 1), ylim=(len(order) - 0.4, -0.6))
    axes.set_xlabel("F1 of aligned parts, with 95 % interval", fontsize=10)
    axes.set_title("in brackets: papers whose reference reports the field", fontsize=9, loc="left")
    axes.grid(axis="x", color=GREY, alpha=0.3)
    axes.set_axisbelow(True)
    tidy(axes)
    legend_below(figure, evaluation.first.name)
    return figure


def _draw_field(axes, place: int, scores: dict, name: str) -> None:
    if scores["f1"] is None:
        axes.text(
            0.01, place, "no F1: nowhere reported, nowhere predicted", va="center", fontsize=8
        )
        return
    axes.barh(place, scores["f1"], height=0.7, color=BLUE, alpha=0.75, label=name)
    _error_bar(axes, place, scores["f1"], scores["f1_ci"], horizontal=True)


def _error_bar(axes, place: float, value: float, ends: list[float], horizontal=False) -> None:
    # The observed figure may lie just outside the interval of few papers.
    error = np.clip([[value - ends[0]], [ends[1] - value]], 0, None)
    where = (value, place) if horizontal else (place, value)
    axes.errorbar(
        *where,
        **{"xerr" if horizontal else "yerr": error},
        fmt="none", ecolor=BLACK, elinewidth=1, capsize=2.5, zorder=2,
    )  # fmt: skip


# --- groups --------------------------------------------------------------------------------------


def parity_group_f1(evaluation: Evaluation, scored: Scored, group: str) -> tuple:
    """(F1, interval, papers scored) of a group by the published arithmetic; (None, None, 0) if none.

    The published score is the mean over the papers that it does not drop; the interval is the
    bootstrap's over papers, each resample averaging those of its papers that are scored.
    """
    f1 = np.array([_group_f1(*pair, group) for pair in scored.file.pairs()])
    kept = np.isfinite(f1)
    if not kept.any():
        return None, None, 0
    values = np.column_stack([np.where(kept, f1, 0), kept])
    sums = resampled_sums(values, evaluation.seed, evaluation.n_resamples)
    with np.errstate(invalid="ignore"):
        samples = sums[:, 0] / sums[:, 1]  # NaN where a resample has no scored paper
    return scored.tracks["paper"]["groups"][group]["f1"], interval(samples), int(kept.sum())


def _group_f1(answer: dict, prediction: dict, group: str) -> float:
    try:
        score = score_group(answer, prediction, group)
    except (ValueError, ZeroDivisionError):  # what the published code raises
        return np.nan
    return np.nan if score is None else score.f1


def group_figure(evaluation: Evaluation):
    """F1 per group: the published arithmetic beside the published bars, and the sound track."""
    figure = new_figure((10.4, 5.6), "F1 by group of fields", evaluation)
    parity, sound = figure.subplots(1, 2, sharey=True)
    shown = [(evaluation.first, BLUE), *((other, c) for other, c, _ in styles(evaluation))]
    width = 0.84 / (len(shown) + 1)
    n_scored = {}
    for place, (scored, colour) in enumerate(shown):
        for number, group in enumerate(GROUPS):
            x = number + (place - len(shown) / 2) * width
            f1, ends, n = parity_group_f1(evaluation, scored, group)
            n_scored.setdefault(group, n)
            _draw_bar(parity, x, width, f1, ends, colour, scored.name)
            own = scored.tracks["strict"]["groups"][group]
            _draw_bar(sound, x + width / 2, width, own["f1"], own["f1_ci"], colour, scored.name)
    for number, group in enumerate(GROUPS):
        f1 = PUBLISHED_LLAMA_7B["groups"][group]["f1"]
        label = f"{PUBLISHED_NAME}, on 40 real papers; cannot be checked"
        x = number + len(shown) / 2 * width
        _draw_bar(parity, x, width, f1, None, "white", label, hatch="////")
    n_papers = len(evaluation.first.file.ids)
    parity_labels = [f"{group}\n{n_scored[group]} of {n_papers}" for group in GROUPS]
    for axes, labels in ((parity, parity_labels), (sound, [*GROUPS])):
        axes.set_xticks(range(len(GROUPS)), labels)
        axes.set(xlim=(-0.55, len(GROUPS) - 0.45), ylim=(0, 1.08))
        tidy(axes)
    parity.set_ylabel("F1, with 95 % interval", fontsize=10)
    parity.set_title(
        "Paper-parity track: published arithmetic, defects included\n"
        "below: papers that it scores, of the first file",
        fontsize=9,
        loc="left",
    )
    sound.set_title("Sound track: by value, every paper counts", fontsize=9, loc="left")
    legend_below(figure, evaluation.first.name)
    return figure


def _draw_bar(axes, x, width, f1, ends, colour, label, hatch=None) -> None:
    if f1 is None:
        axes.text(x, 0.01, "no paper scored", rotation=90, ha="center", va="bottom", fontsize=7)
        return
    axes.bar(x, f1, width, color=colour, edgecolor=BLACK, linewidth=0.6, hatch=hatch, label=label)
    if ends is not None:
        _error_bar(axes, x, f1, ends)
    top = f1 if ends is None else max(f1, ends[1])
    axes.text(x, top + 0.01, f"{f1:.2f}"[-3:] if f1 < 0.995 else "1.0", ha="center", fontsize=7)


# --- papers --------------------------------------------------------------------------------------


def parity_paper_f1(scored: Scored) -> np.ndarray:
    """IE F1 of each paper by the published arithmetic, NaN where it drops it or raises."""
    outcomes = (paper_outcome(*pair)[1] for pair in scored.file.pairs())
    return np.array([np.nan if scores is None else scores["ie"].f1 for scores in outcomes])


def paper_figure(evaluation: Evaluation, worst: list[int]):
    """Parity against sound F1 of each paper; `worst` are the papers to number, worst first."""
    figure = new_figure((8.2, 7.6), "Paper-parity against sound F1 of each paper", evaluation)
    axes = figure.add_subplot()
    left = -0.1  # where papers without a parity score stand
    shown = [(evaluation.first, BLUE, "o"), *styles(evaluation)]
    for scored, colour, marker in reversed(shown):
        parity, sound = parity_paper_f1(scored), scored.sound.tally.paper_f1()
        is_first = scored is evaluation.first
        # Papers that share a score would hide each other: half transparent.
        axes.scatter(
            np.where(np.isfinite(parity), parity, left),
            sound,
            s=34 if is_first else 20,
            marker=marker,
            color=colour,
            alpha=0.75 if is_first else 0.45,
            linewidths=0,
            zorder=3 if is_first else 2,
            label=_paper_label(scored.name, parity, sound),
        )
    axes.plot([0, 1], [0, 1], color=BLACK, lw=1, label="equal")
    axes.axvspan(-0.16, -0.04, color=GREY, alpha=0.25, lw=0)
    _number_papers(axes, evaluation.first, worst, left)
    axes.set(xlim=(-0.16, 1.02), ylim=(-0.03, 1.02), aspect="equal")
    ticks = np.linspace(0, 1, 6)
    axes.set_xticks([left, *ticks], ["dropped,\nfailed", *(f"{tick:.1f}" for tick in ticks)])
    axes.set_xlabel("paper-parity IE F1 (published arithmetic)", fontsize=10)
    axes.set_ylabel("sound F1", fontsize=10)
    axes.grid(color=GREY, alpha=0.3)
    axes.set_axisbelow(True)
    tidy(axes)
    legend_below(figure, evaluation.first.name)
    return figure


def _paper_label(name: str, parity: np.ndarray, sound: np.ndarray) -> str:
    def mean(values):
        known = values[np.isfinite(values)]
        return f"{known.mean():.3f} of {len(known)}" if len(known) else "none"

    return f"{name}: mean parity {mean(parity)}, sound {mean(sound)}"


def _number_papers(axes, scored: Scored, worst: list[int], left: float) -> None:
    parity, sound = parity_paper_f1(scored), scored.sound.tally.paper_f1()
    ranks: dict[tuple[float, float], list[str]] = {}
    for rank, paper in enumerate(worst, 1):
        x = parity[paper] if np.isfinite(parity[paper]) else left
        ranks.setdefault((float(x), float(sound[paper])), []).append(str(rank))
    for place, (point, own) in enumerate(ranks.items()):
        axes.annotate(
            f"worst {', '.join(own)}", point, xytext=(12, 10 - 22 * (place % 2)),
            textcoords="offset points", fontsize=8, zorder=5,
            arrowprops={"arrowstyle": "-", "lw": 0.7},
        )  # fmt: skip


# --- confusions ----------------------------------------------------------------------------------


def confusion_figure(evaluation: Evaluation):
    """Reference against predicted value of the fields with a closed vocabulary."""
    figure = new_figure((11.4, 8.4), "Confusion of closed-vocabulary fields", evaluation)
    for number, name in enumerate(CLOSED_FIELDS):
        axes = figure.add_subplot(2, 3, number + 1)
        own = confusion(name, evaluation.first.file)
        constant = confusion(name, evaluation.constant.file)
        _draw_confusion(axes, own)
        axes.set_title(
            f"{name}\n{own.n_right} of {own.n_papers} right; a constant {constant.n_right}",
            fontsize=10,
            loc="left",
        )
    return figure


def _draw_confusion(axes, own: Confusion) -> None:
    """Shades are shares of a row, so that rare values are seen; frames mark agreement."""
    from matplotlib.patches import Rectangle

    totals = own.counts.sum(axis=1, keepdims=True)
    shares = own.counts / np.maximum(totals, 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(own.counts):
        colour = "white" if shares[row, column] > 0.55 else BLACK
        axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=10)
        if own.rows[row] == own.columns[column]:
            corner = (column - 0.48, row - 0.48)
            axes.add_patch(Rectangle(corner, 0.96, 0.96, fill=False, lw=2, ec=ORANGE))
    axes.set_xticks(range(len(own.columns)), [_short(name) for name in own.columns], rotation=40,
                    ha="right", rotation_mode="anchor")  # fmt: skip
    rows = [f"{_short(name)} ({n})" for name, n in zip(own.rows, totals[:, 0], strict=True)]
    axes.set_yticks(range(len(own.rows)), rows)
    axes.set_xlabel("predicted", fontsize=9)
    axes.set_ylabel("reference (papers)", fontsize=9)
    axes.tick_params(labelsize=9)


def _short(name: str) -> str:
    return name if len(name) <= 16 else f"{name[:15]}…"

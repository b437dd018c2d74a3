"""Scores of MDP predictions: errors of Voc, Jsc, FF and PCE, with intervals over recipes.

Tables are float arrays [n_rows, 4] with the columns Voc [V], Jsc [mA/cm²], FF [0–1], PCE [%]; NaN
where a value is missing (reference) or could not be read (prediction).

**Every row with a reference value counts.** An unreadable prediction is scored as if it had said
the mean of the reference values (it knows nothing: R² gains nothing by it), and `n` and `n_parsed`
stand beside every score, since a model that errs more than the mean does would gain by being
unreadable. The same scores over the readable predictions alone are under `parsed`.

Rows of one recipe are repeated measurements of one device recipe, not independent: intervals come
from resampling whole recipes with replacement, 2,000 times, seeded; all files of one comparison see
the same resamples.
"""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np

from masterkey.schema.fields import MDP_TARGETS
from masterkey.schema.targets import POSSIBLE
from masterkey.scoring.mdp_files import Scored
from masterkey.scoring.resampling import N_RESAMPLES, interval, p_value, resampled_sums

SCORES = (
    *("mae", "rmse", "r2", "mae_ci", "rmse_ci", "r2_ci", "median_absolute_error", "error_median"),
    *("error_mean", "error_variance", "prediction_mean", "prediction_variance"),
    *("reference_mean", "reference_variance", "parsed"),
)


def score_file(scored: Scored, seed: int, n_resamples: int = N_RESAMPLES) -> dict:
    """Scores of all four targets, with the number of rows and of rows read in full."""
    targets = {}
    for column, name in enumerate(MDP_TARGETS):
        reference, prediction = scored.reference[:, column], scored.prediction[:, column]
        targets[name] = score_target(reference, prediction, scored.recipes, seed, n_resamples)
        low, high = POSSIBLE[name]
        targets[name]["n_impossible"] = int(((prediction < low) | (prediction > high)).sum())
        targets[name]["interval"] = score_interval(
            reference, scored.interval[:, column], scored.recipes, seed, n_resamples
        )
    return {
        "n": len(scored.ids),
        "n_parsed": int(np.isfinite(scored.prediction).all(axis=1).sum()),
        "n_recipes": len(np.unique(scored.recipes)),
        "targets": targets,
    }


def score_device(scored: Scored, pce_bins: list[float]) -> dict:
    """What concerns the device as a whole: the physics residual and the PCE classes."""
    pce = MDP_TARGETS.index("PCE")
    return {
        "physics_residual": {
            "reference": physics_residual(scored.reference),
            "prediction": physics_residual(scored.prediction),
        },
        "pce_classes": pce_classes(scored.reference[:, pce], scored.prediction[:, pce], pce_bins),
    }


def constant(scored: Scored) -> Scored:
    """Nothing predicted, so that every row is scored as the mean of the references."""
    return replace(scored, name="constant", prediction=np.full_like(scored.prediction, np.nan))


def score_target(reference, prediction, recipes, seed: int, n_resamples: int = N_RESAMPLES) -> dict:
    """Scores of one target; `reference`, `prediction` and `recipes` are [n_rows].

    `mae`, `rmse`, `r2`, their intervals, and mean and variance of errors and predictions are over
    all rows that have a reference. None where a score is not defined.
    """
    known = np.isfinite(reference)
    read = known & np.isfinite(prediction)
    scores = {"n": int(known.sum()), "n_parsed": int(read.sum())}
    if not known.any():
        return scores | dict.fromkeys(SCORES)
    reference, predicted = reference[known], with_mean(reference, prediction)[known]
    error = predicted - reference
    scores |= error_scores(error, reference)
    scores |= error_intervals(error, reference, recipes[known], seed, n_resamples)
    scores |= {
        "median_absolute_error": float(np.median(np.abs(error))),
        "error_median": float(np.median(error)),
        "error_mean": float(error.mean()),
        "error_variance": float(error.var()),
        "prediction_mean": float(predicted.mean()),
        "prediction_variance": float(predicted.var()),
        "reference_mean": float(reference.mean()),
        "reference_variance": float(reference.var()),
    }
    read = read[known]
    scores["parsed"] = error_scores(error[read], reference[read]) if read.any() else None
    return scores


def score_interval(reference, stated, recipes, seed: int, n_resamples: int = N_RESAMPLES):
    """How often the stated intervals `stated` [n_rows, 2] hold the reference [n_rows], and how wide they are.

    Over the rows that have a reference and state an interval; None where there is none. `coverage`
    counts rows, `coverage_of_recipes` gives each recipe the same weight; `coverage_ci` resamples
    recipes.
    """
    known = np.isfinite(reference) & np.isfinite(stated).all(axis=1)
    if not known.any():
        return None
    low, high = stated[known].T
    inside = ((reference[known] >= low) & (reference[known] <= high)).astype(float)
    parts = sums_by_recipe(np.stack([np.ones_like(inside), inside], axis=1), recipes[known])
    parts = parts[parts[:, 0] > 0]
    n, covered = resampled_sums(parts, seed, n_resamples).T
    return {
        "n": int(known.sum()),
        "coverage": float(inside.mean()),
        "coverage_ci": interval(covered / n),
        "coverage_of_recipes": float((parts[:, 1] / parts[:, 0]).mean()),
        "mean_width": float((high - low).mean()),
    }


def with_mean(reference: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """The predictions [n_rows], unreadable ones replaced by the mean of the references."""
    return np.where(np.isfinite(prediction), prediction, np.nanmean(reference))


def error_scores(error: np.ndarray, reference: np.ndarray) -> dict[str, float | None]:
    """MAE, RMSE and R² of errors [n] on references [n]; R² is None where all references are equal."""
    squares = float((error**2).sum())
    spread = float(((reference - reference.mean()) ** 2).sum())
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": math.sqrt(squares / len(error)),
        "r2": 1 - squares / spread if np.ptp(reference) > 0 and spread > 0 else None,
    }


def error_intervals(error, reference, recipes, seed: int, n_resamples: int) -> dict:
    """95 % intervals of MAE, RMSE and R²; arrays are [n_rows].

    All three are functions of sums over rows, so of sums over recipes. A resample in which all
    references are equal has no R² and is left out of its interval.
    """
    centred = reference - reference.mean()
    parts = np.stack([np.ones_like(error), np.abs(error), error**2, centred, centred**2], axis=1)
    n, absolute, squares, total, total_squares = resampled_sums(
        sums_by_recipe(parts, recipes), seed, n_resamples
    ).T
    spread = total_squares - total**2 / n
    # The difference of two sums leaves rounding behind where the true spread is 0.
    spread[spread <= 1e-12 * (centred**2).sum()] = np.nan
    return {
        "mae_ci": interval(absolute / n),
        "rmse_ci": interval(np.sqrt(squares / n)),
        "r2_ci": interval(1 - squares / spread),
    }


def sums_by_recipe(values: np.ndarray, recipes: np.ndarray) -> np.ndarray:
    """Column sums of `values` [n_rows, k] within each recipe: [n_recipes, k]."""
    recipe_of_row = np.unique(recipes, return_inverse=True)[1]
    sums = np.zeros((recipe_of_row.max() + 1, values.shape[1]))
    np.add.at(sums, recipe_of_row, values)
    return sums


def compare_files(first: Scored, other: Scored, seed: int, n_resamples: int = N_RESAMPLES) -> dict:
    """Per target: MAE of `other` minus MAE of `first`, its interval and two-sided p-value.

    Both must hold the same rows in the same order. Negative: `other` errs less. None for a target
    without references.
    """
    differences = {}
    for column, name in enumerate(MDP_TARGETS):
        reference = first.reference[:, column]
        known = np.isfinite(reference)
        if not known.any():
            differences[name] = None
            continue
        errors = [
            np.abs(with_mean(reference, scored.prediction[:, column]) - reference)[known]
            for scored in (first, other)
        ]
        differences[name] = paired_difference(*errors, first.recipes[known], seed, n_resamples)
    return differences


def paired_difference(first, other, recipes, seed: int, n_resamples: int) -> dict:
    """Mean of `other - first` [n_rows] with interval and p-value over recipes."""
    parts = np.stack([np.ones_like(first), other - first], axis=1)
    n, total = resampled_sums(sums_by_recipe(parts, recipes), seed, n_resamples).T
    return {
        "mae_difference": float((other - first).mean()),
        "ci": interval(total / n),
        "p": p_value(total / n),
    }


def noise_floor(reference: np.ndarray, recipes: np.ndarray) -> dict[str, dict]:
    """Mean absolute deviation from the recipe's median, over recipes measured more than once.

    On these rows no function of the recipe has a lower MAE. It is an optimistic bound for new
    devices: in a recipe of two rows, the median lies between the two by construction.
    """
    order = np.argsort(recipes, kind="stable")
    edges = np.flatnonzero(np.diff(recipes[order])) + 1
    groups = np.split(reference[order], edges)
    floor = {}
    for column, name in enumerate(MDP_TARGETS):
        values = [group[np.isfinite(group[:, column]), column] for group in groups]
        repeated = [group for group in values if len(group) > 1]
        deviations = [np.abs(group - np.median(group)) for group in repeated]
        floor[name] = {
            "mae": float(np.concatenate(deviations).mean()) if repeated else None,
            "n": sum(map(len, repeated)),
            "n_recipes": len(repeated),
        }
    return floor


def physics_residual(table: np.ndarray) -> dict:
    """How far rows miss Voc·Jsc·FF = PCE, in points of PCE (V·mA/cm² is % of one sun).

    Over the rows of `table` [n_rows, 4] that hold all four. The measured rows miss it too: the
    database's PCE may be the stabilised value while the others come from a scan.
    """
    voc, jsc, ff, pce = table[np.isfinite(table).all(axis=1)].T
    residual = voc * jsc * ff - pce
    some = len(residual) > 0
    return {
        "n": len(residual),
        "mean": float(residual.mean()) if some else None,
        "mean_absolute": float(np.abs(residual).mean()) if some else None,
        "median_absolute": float(np.median(np.abs(residual))) if some else None,
        "n_above_0.2": int((np.abs(residual) > 0.2).sum()),
    }


def class_names(bins: list[float]) -> list[str]:
    """[5, 10] → ['<5', '5–10', '≥10']."""
    edges = [f"{edge:g}" for edge in bins]
    between = [f"{low}–{high}" for low, high in pairwise(edges)]
    return [f"<{edges[0]}", *between, f"≥{edges[-1]}"]


def pce_classes(reference: np.ndarray, prediction: np.ndarray, bins: list[float]) -> dict:
    """PCE in classes: confusion matrix, accuracy, and that of always saying the commonest class.

    A class holds its lower edge. Rows of `confusion` are references, columns predictions, the last
    column the unreadable ones, which count as wrong.
    """
    known = np.isfinite(reference)
    reference, prediction = reference[known], prediction[known]
    n_classes = len(bins) + 1
    confusion = np.zeros((n_classes, n_classes + 1), dtype=int)
    columns = np.where(np.isfinite(prediction), np.digitize(prediction, bins), n_classes)
    np.add.at(confusion, (np.digitize(reference, bins), columns), 1)
    n = int(confusion.sum())
    return {
        "bins": list(bins),
        "classes": class_names(bins),
        "confusion": confusion.tolist(),
        "accuracy": float(np.trace(confusion)) / n if n else None,
        "commonest_class_accuracy": float(confusion.sum(axis=1).max()) / n if n else None,
    }

"""The best regressor of devices found here, with 90 % intervals; saved and loaded without pickle.

    regressor = DeviceRegressor.fit(devices, targets, seed=0)
    regressor.predict([{"ETL_stack_sequence": "TiO2-c | TiO2-mp", …}])
    → [{"Voc": 1.01, "Jsc": 20.6, "FF": 0.69, "PCE": 14.6, "interval": {"Voc": [0.83, 1.12], …}}]
    regressor.save("device.npz"); DeviceRegressor.load("device.npz")

Three members, averaged with equal weights: a random forest and extremely randomised trees, both of
all four targets at once (a leaf that parts good from bad cells helps every target), and ridge
regression with a kernel over recipes. What else was tried, and the scores: docs/mdp.md. The
intervals: masterkey/regressor/conformal.py. Predicting needs numpy alone.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from masterkey.regressor.conformal import LEVEL, ConformalIntervals
from masterkey.regressor.features import (
    columns_of,
    detailed_features,
    frequent_names,
    scaled_features,
)
from masterkey.regressor.kernel import RecipeKernel
from masterkey.regressor.tree_table import TreeTable
from masterkey.rows.records import recipe_of
from masterkey.rows.splits import recipe_folds
from masterkey.schema.fields import MDP_FIELDS, MDP_TARGETS, format_mdp_input
from masterkey.schema.targets import DECIMALS, POSSIBLE, number_table
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import atomic_write, load_npz

if TYPE_CHECKING:
    from sklearn.feature_extraction import DictVectorizer

FORMAT = "masterkey device regressor 1"
LOWEST, HIGHEST = np.array([POSSIBLE[name] for name in MDP_TARGETS]).T
CALIBRATION_FOLDS = 5
N_TREES = 100  # of each kind
# What bounds time and file size on 40,000 rows; never reached by 360. How far predictions err there
# can be said from a sample; and of many rows a split draws from a smaller share of the features
# (docs/mdp.md).
MAX_TREE_ROWS, MAX_LEAVES, MAX_CALIBRATION_ROWS = 5000, 1500, 6000
MANY_ROWS = 2000
# A row's error scales with what the trees disagree by, but not with that alone: it is noise, too.
NOISE_SHARE = 0.3
_ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class PointRegressor:
    """The three members; `mean` and `deviation` [4] undo the scaling of the targets."""

    detailed: "DictVectorizer"
    scaled: "DictVectorizer"
    trees: TreeTable
    kernel: RecipeKernel
    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def fit(cls, devices: list[dict], targets: np.ndarray, seed: int) -> "PointRegressor":
        """`targets` [n_rows, 4], NaN where not known."""
        detailed_dicts = [detailed_features(device) for device in devices]
        scaled_dicts = [scaled_features(device) for device in devices]
        detailed = columns_of(frequent_names(detailed_dicts))
        scaled = columns_of(frequent_names(scaled_dicts))
        mean, deviation = np.nanmean(targets, axis=0), np.nanstd(targets, axis=0)
        deviation = np.where(deviation > 0, deviation, 1.0)
        standard = (targets - mean) / deviation
        scaled_table = scaled.transform(scaled_dicts)
        kernel = RecipeKernel.fit(scaled_table, standard, seed)
        # A tree of four targets needs all four. Rounded, because trees grow otherwise after a
        # difference in the last digit, which another machine's arithmetic may give.
        unknown = ~np.isfinite(standard)
        gaps = unknown.any(axis=1)
        filled = kernel.predict(scaled_table[gaps]).round(3)
        standard[gaps] = np.where(unknown[gaps], filled, standard[gaps])
        trees = TreeTable.of_forests(_forests(detailed.transform(detailed_dicts), standard, seed))
        return cls(detailed, scaled, trees, kernel, mean, deviation)

    def predict(self, devices: list[dict]) -> tuple[np.ndarray, np.ndarray]:
        """(predictions, spreads), each [n_rows, 4] in the targets' units."""
        of_trees, disagreement = self.trees.predict(
            self.detailed.transform([detailed_features(device) for device in devices])
        )
        of_kernel = self.kernel.predict(
            self.scaled.transform([scaled_features(device) for device in devices])
        )
        # The trees are two members of equal size.
        standard = (2 * of_trees + of_kernel) / 3
        spread = NOISE_SHARE + (1 - NOISE_SHARE) * disagreement
        values = np.clip(self.mean + self.deviation * standard, LOWEST, HIGHEST)
        return values, self.deviation * spread


def _forests(table: np.ndarray, targets: np.ndarray, seed: int) -> list:
    """A random forest and extremely randomised trees of all targets, fitted."""
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

    large, many = len(table) > MAX_TREE_ROWS, len(table) > MANY_ROWS
    settings = {
        "n_estimators": N_TREES,
        "max_features": 0.1 if many else 0.3,
        "max_leaf_nodes": MAX_LEAVES if large else None,
        "max_samples": MAX_TREE_ROWS if large else None,
        "n_jobs": -1 if many else None,
        "random_state": seed,
    }
    forests = [
        RandomForestRegressor(**settings),
        ExtraTreesRegressor(**settings, min_samples_leaf=2, bootstrap=large),
    ]
    return [forest.fit(table, targets) for forest in forests]


@dataclass(frozen=True)
class DeviceRegressor:
    """A fitted regressor with its intervals and the seed that it was fitted with."""

    point: PointRegressor
    intervals: ConformalIntervals
    seed: int

    @classmethod
    def fit(cls, devices: list[dict], targets: list[dict], seed: int = 0) -> "DeviceRegressor":
        """`devices` are MDP fields (a missing one is not reported), `targets` numbers by name.

        A target may be None in some rows. Raises `UserError` where it is None in all.
        """
        numbers = number_table(targets)
        for name, column in zip(MDP_TARGETS, numbers.T, strict=True):
            if not np.isfinite(column).any():
                raise UserError(f"no row to learn from has a number for {name}; add some.")
        rows = _calibration_rows(devices, seed)
        return cls(
            point=PointRegressor.fit(devices, numbers, seed),
            intervals=_calibrated([devices[row] for row in rows], numbers[rows], seed),
            seed=seed,
        )

    def predict(self, devices: list[dict]) -> list[dict]:
        """Voc [V], Jsc [mA/cm²], FF and PCE [%] of each device, with `interval`: {name: [low, high]}."""
        predictions = []
        for start in range(0, len(devices), _ROWS_AT_ONCE):
            values, spreads = self.point.predict(devices[start : start + _ROWS_AT_ONCE])
            low, high = self.intervals.around(values, spreads)
            low, high = np.clip(low, LOWEST, HIGHEST), np.clip(high, LOWEST, HIGHEST)
            predictions += map(_as_dict, values, low, high)
        return predictions

    def save(self, path: str | Path) -> None:
        """Write arrays (.npz) and names (JSON inside): nothing that runs code when read."""
        point = self.point
        about = {
            "format": FORMAT,
            "targets": MDP_TARGETS,
            "interval_level": LEVEL,
            "seed": self.seed,
            "detailed": point.detailed.feature_names_,
            "scaled": point.scaled.feature_names_,
        }
        arrays = {"about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)}
        for part in ("trees", "kernel"):
            arrays |= {
                f"{part}.{key}": value for key, value in asdict(getattr(point, part)).items()
            }
        arrays |= {"mean": point.mean, "deviation": point.deviation}
        arrays |= {"below": self.intervals.below, "above": self.intervals.above}
        with atomic_write(path, "wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "DeviceRegressor":
        """What `save` wrote. Raises `UserError` for any other file."""
        what = (
            "device regressor of this version; write one with regression_baseline.py --method best "
            "--save_model"
        )
        return load_npz(path, FORMAT, what, cls._of_file)

    @classmethod
    def _of_file(cls, about: dict, arrays: dict[str, np.ndarray]) -> "DeviceRegressor":
        """From the content of a file; ValueError where its pieces do not fit together."""
        if not _fits_together(arrays, about):
            raise ValueError("the arrays do not fit together")
        point = PointRegressor(
            detailed=columns_of(about["detailed"]),
            scaled=columns_of(about["scaled"]),
            trees=TreeTable(**_part(arrays, "trees")),
            kernel=RecipeKernel(**_part(arrays, "kernel")),
            mean=arrays["mean"],
            deviation=arrays["deviation"],
        )
        return cls(point, ConformalIntervals(arrays["below"], arrays["above"]), about["seed"])


def _calibration_rows(devices: list[dict], seed: int) -> np.ndarray:
    """All rows, or those of a seeded sample of recipes with `MAX_CALIBRATION_ROWS` rows, in order."""
    if len(devices) <= MAX_CALIBRATION_ROWS:
        return np.arange(len(devices))
    values = (tuple(device.get(name, "") for name in MDP_FIELDS) for device in devices)
    rows_of: dict[tuple, list[int]] = {}
    for row, recipe in enumerate(values):
        rows_of.setdefault(recipe, []).append(row)
    recipes = list(rows_of.values())
    order = np.random.default_rng(seed).permutation(len(recipes))
    n_rows = np.cumsum([len(recipes[place]) for place in order])
    chosen = order[: max(np.searchsorted(n_rows, MAX_CALIBRATION_ROWS, side="right"), 2)]
    return np.sort(np.concatenate([recipes[place] for place in chosen]))


def _calibrated(devices: list[dict], targets: np.ndarray, seed: int) -> ConformalIntervals:
    """Intervals from the errors of cross-validation by recipe."""
    recipes = [
        recipe_of(format_mdp_input(dict.fromkeys(MDP_FIELDS, "") | device)) for device in devices
    ]
    n_folds = min(CALIBRATION_FOLDS, len(set(recipes)))
    if n_folds < 2:
        return ConformalIntervals(np.full(4, math.inf), np.full(4, math.inf))
    folds = np.array(recipe_folds(recipes, n_folds, seed))
    predictions, spreads = np.full((2, *targets.shape), np.nan)
    for fold in range(n_folds):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        # Another fold may hold all rows that know a target: then nothing is learned of it here.
        if not np.isfinite(targets[inside]).any(axis=0).all():
            continue
        point = PointRegressor.fit([devices[n] for n in inside], targets[inside], seed)
        predictions[outside], spreads[outside] = point.predict([devices[n] for n in outside])
    return ConformalIntervals.fit(targets, predictions, spreads, np.array(recipes))


def _as_dict(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict:
    rounded = [
        [round(float(number), DECIMALS[name].written) for number in numbers]
        for name, *numbers in zip(MDP_TARGETS, values, low, high, strict=True)
    ]
    prediction = {name: row[0] for name, row in zip(MDP_TARGETS, rounded, strict=True)}
    return prediction | {
        "interval": {name: row[1:] for name, row in zip(MDP_TARGETS, rounded, strict=True)}
    }


def _part(arrays: dict, part: str) -> dict:
    return {
        key.removeprefix(f"{part}."): value
        for key, value in arrays.items()
        if key.startswith(f"{part}.")
    }


def _fits_together(arrays: dict, about: dict) -> bool:
    """Whether the content of a file has the shapes and the ranges that predicting relies on.

    A missing piece raises KeyError, one of another type TypeError.
    """
    named = all(isinstance(name, str) for part in ("detailed", "scaled") for name in about[part])
    numeric = all(array.dtype.kind in "fiu" for array in arrays.values())
    if not named or not numeric or not isinstance(about["seed"], int):
        return False
    n_landmarks = len(arrays["kernel.landmarks"])
    shapes = dict.fromkeys(("kernel.offset", "mean", "deviation", "below", "above"), (4,))
    shapes["kernel.landmarks"] = (n_landmarks, len(about["scaled"]))
    shapes["kernel.coefficients"] = (n_landmarks, 4)
    trees = TreeTable(**_part(arrays, "trees"))
    fitting = all(arrays[key].shape == shape for key, shape in shapes.items())
    return fitting and trees.is_sound(len(about["detailed"]), 4)

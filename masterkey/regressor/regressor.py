"""`forests_and_kernel`: a regressor of devices with 90 % intervals; saved and loaded without pickle.

    regressor = DeviceRegressor.fit(devices, targets, seed=0)
    regressor.predict([{"ETL_stack_sequence": "TiO2-c | TiO2-mp", …}])
    → [{"Voc": 1.01, "Jsc": 20.6, "FF": 0.69, "PCE": 14.6, "interval": {"Voc": [0.83, 1.12], …},
        "novelty": {"sentence": "No training device has this …", …}}]
    regressor.save("device.npz"); DeviceRegressor.load("device.npz")

Three members, averaged with equal weights: a random forest and extremely randomised trees, both of
all four targets at once (a leaf that parts good from bad cells helps every target), and ridge
regression with a kernel over recipes. What else was tried, and the scores: docs/mdp.md. The
intervals: masterkey/regressor/conformal.py. Predicting needs numpy alone.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from masterkey.regressor.conformal import LEVEL, ConformalIntervals
from masterkey.regressor.feature_table import FeatureTable
from masterkey.regressor.features import detailed_features, scaled_features
from masterkey.regressor.kernel import RecipeKernel
from masterkey.regressor.leave_outs import left_out
from masterkey.regressor.novelty import KnownRecipes, recipe_keys
from masterkey.regressor.physics import agreeing, as_written, largest_of, reconciled
from masterkey.regressor.reading import read_device
from masterkey.regressor.resemblance import resemblance
from masterkey.regressor.tree_table import TreeTable
from masterkey.regressor.unread import told_of
from masterkey.schema.fields import MDP_TARGETS
from masterkey.schema.targets import number_table
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import atomic_write, load_npz

FORMAT = "masterkey device regressor 3"
N_TREES = 100  # of each kind
CALIBRATION_TREES = 30  # in cross-validation they err as 100 do
# What bounds time and file size on 40,000 rows; never reached by 360. How far predictions err there
# can be said from a sample; and of many rows a split draws from a smaller share of the features
# (docs/mdp.md).
MAX_TREE_ROWS, MAX_LEAVES, MAX_CALIBRATION_ROWS = 5000, 1500, 6000
MANY_ROWS = 2000
MAX_ERRORS = 1000  # about so many rows of what is left out together
# A row's error scales with what the trees disagree by, but not with that alone: it is noise, too.
NOISE_SHARE = 0.3
_ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class PointRegressor:
    """The three members; `mean` and `deviation` [4] undo the scaling of the targets."""

    detailed: FeatureTable
    scaled: FeatureTable
    trees: TreeTable
    kernel: RecipeKernel
    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def fit(
        cls, devices: list[dict], targets: np.ndarray, seed: int, n_trees: int | None = None
    ) -> "PointRegressor":
        """`targets` [n_rows, 4], NaN where not known; `n_trees` of each kind, by default `N_TREES`."""
        detailed, table = FeatureTable.fit_transform(list(map(detailed_features, devices)))
        scaled, scaled_table = FeatureTable.fit_transform(list(map(scaled_features, devices)))
        mean, deviation = np.nanmean(targets, axis=0), np.nanstd(targets, axis=0)
        deviation = np.where(deviation > 0, deviation, 1.0)
        standard = (targets - mean) / deviation
        kernel = RecipeKernel.fit(scaled_table, standard, seed)
        # A tree of four targets needs all four. Rounded, because trees grow otherwise after a
        # difference in the last digit, which another machine's arithmetic may give.
        unknown = ~np.isfinite(standard)
        gaps = unknown.any(axis=1)
        filled = kernel.predict(scaled_table[gaps]).round(3)
        standard[gaps] = np.where(unknown[gaps], filled, standard[gaps])
        trees = TreeTable.of_forests(_forests(table, standard, seed, n_trees or N_TREES))
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
        spreads = self.deviation * spread
        values = reconciled(self.mean + self.deviation * standard, spreads, largest_of(devices))
        return values, spreads


def _forests(table: np.ndarray, targets: np.ndarray, seed: int, n_trees: int) -> list:
    """A random forest and extremely randomised trees of all targets, fitted."""
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

    large, many = len(table) > MAX_TREE_ROWS, len(table) > MANY_ROWS
    settings = {
        "n_estimators": n_trees,
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
    """A fitted regressor with its intervals, its recipes, and the seed that it was fitted with."""

    point: PointRegressor
    intervals: ConformalIntervals
    known: KnownRecipes
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
            known=KnownRecipes.of(devices, numbers),
            seed=seed,
        )

    def predict(self, devices: list[dict]) -> list[dict]:
        """Voc [V], Jsc [mA/cm²], FF and PCE [%] of each device, with `interval` and `novelty`.

        `interval` is {name: [low, high]}, None where the device is outside of what was learned or of
        another kind; `novelty` is that of `resemblance`, the rest of `unread.told_of`.
        """
        starts = range(0, len(devices), _ROWS_AT_ONCE)
        pieces = [self._predict_piece(devices[start : start + _ROWS_AT_ONCE]) for start in starts]
        return [prediction for piece in pieces for prediction in piece]

    def _predict_piece(self, devices: list[dict]) -> list[dict]:
        resembling, novelty = [], []
        features = [detailed_features(device) for device in devices]
        told = told_of(devices, self.point.detailed, features)
        read = [device | read_device(device).read_as for device in devices]
        limit = self.intervals.limit
        for device, comparison, own in zip(read, self.known.compared(read), told, strict=True):
            kind = own.get("kind", "")
            resembling.append(resemblance(self.known, device, comparison, limit, kind))
            novelty.append(comparison.novelty)
        values, spreads = self.point.predict(devices)
        low, high = self.intervals.around(values, spreads, np.array(novelty))
        # Single perovskite junctions say nothing of a tandem's errors, or of an organic cell's.
        of_kind = np.array([["kind" not in own] for own in told])
        known = np.isfinite(low) & np.isfinite(high) & of_kind
        found = map(as_written, values, *agreeing(low, high, largest_of(devices)), known)
        return [
            one | own | {"novelty": alike}
            for one, own, alike in zip(found, told, resembling, strict=True)
        ]

    def save(self, path: str | Path, *, compressed: bool = True) -> None:
        """Write arrays (.npz) and names (JSON inside): nothing that runs code when read.

        Uncompressed, it is read faster.
        """
        point = self.point
        about = {
            "format": FORMAT,
            "targets": MDP_TARGETS,
            "interval_level": LEVEL,
            "seed": self.seed,
            "detailed": point.detailed.names,
            "scaled": point.scaled.names,
        }
        arrays = {"about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)}
        for part in ("trees", "kernel"):
            arrays |= {
                f"{part}.{key}": value for key, value in asdict(getattr(point, part)).items()
            }
        arrays |= {"mean": point.mean, "deviation": point.deviation}
        arrays |= {f"intervals.{key}": value for key, value in asdict(self.intervals).items()}
        arrays |= {f"known.{key}": value for key, value in self.known.as_arrays().items()}
        arrays |= {
            f"{part}.typical": getattr(point, part).typical for part in ("detailed", "scaled")
        }
        with atomic_write(path, "wb") as file:
            (np.savez_compressed if compressed else np.savez)(file, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "DeviceRegressor":
        """What `save` wrote. Raises `UserError` for any other file."""
        what = (
            "device regressor of this version; write one with regression_baseline.py --method forests_and_kernel "
            "--save_model"
        )
        return load_npz(path, FORMAT, what, cls._of_file)

    @classmethod
    def _of_file(cls, about: dict, arrays: dict[str, np.ndarray]) -> "DeviceRegressor":
        """From the content of a file; ValueError where its pieces do not fit together."""
        if not _fits_together(arrays, about):
            raise ValueError("the arrays do not fit together")
        point = PointRegressor(
            detailed=FeatureTable(about["detailed"], arrays["detailed.typical"]),
            scaled=FeatureTable(about["scaled"], arrays["scaled.typical"]),
            trees=TreeTable(**_part(arrays, "trees")),
            kernel=RecipeKernel(**_part(arrays, "kernel")),
            mean=arrays["mean"],
            deviation=arrays["deviation"],
        )
        reach = _part(arrays, "intervals")
        intervals = ConformalIntervals(**reach | {"limit": float(reach["limit"])})
        return cls(point, intervals, KnownRecipes.of_arrays(_part(arrays, "known")), about["seed"])


def _calibration_rows(devices: list[dict], seed: int) -> np.ndarray:
    """All rows, or those of a seeded sample of recipes with `MAX_CALIBRATION_ROWS` rows, in order."""
    if len(devices) <= MAX_CALIBRATION_ROWS:
        return np.arange(len(devices))
    rows_of: dict[str, list[int]] = {}
    for row, recipe in enumerate(recipe_keys(devices)):
        rows_of.setdefault(recipe, []).append(row)
    recipes = list(rows_of.values())
    order = np.random.default_rng(seed).permutation(len(recipes))
    n_rows = np.cumsum([len(recipes[place]) for place in order])
    chosen = order[: max(np.searchsorted(n_rows, MAX_CALIBRATION_ROWS, side="right"), 2)]
    return np.sort(np.concatenate([recipes[place] for place in chosen]))


def _calibrated(devices: list[dict], targets: np.ndarray, seed: int) -> ConformalIntervals:
    """Intervals from the errors on what was left out: recipes, and whole kinds of devices."""
    from tqdm import tqdm

    recipes = recipe_keys(devices)
    found = []
    parts = left_out(devices, recipes, seed, few=len(devices) > MAX_TREE_ROWS)
    for outside in tqdm(parts, desc="intervals", delay=1, disable=None, leave=False):
        inside = np.setdiff1d(np.arange(len(devices)), outside)
        # Other rows may hold all that is known of a target: then nothing is learned of it here.
        if not np.isfinite(targets[inside]).any(axis=0).all():
            continue
        outside = outside[:: max(len(outside) // MAX_ERRORS, 1)]
        learned, new = [devices[n] for n in inside], [devices[n] for n in outside]
        n_trees = min(CALIBRATION_TREES, N_TREES)
        point = PointRegressor.fit(learned, targets[inside], seed, n_trees)
        novelty = KnownRecipes.of(learned, targets[inside]).novelty(new)
        found.append((outside, *point.predict(new), novelty))
    if not found:
        return ConformalIntervals.unknown(len(MDP_TARGETS))
    rows, predictions, spreads, novelty = map(np.concatenate, zip(*found, strict=True))
    groups = np.array(recipes)[rows]
    return ConformalIntervals.fit(targets[rows], predictions, spreads, groups, novelty)


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
    shapes = dict.fromkeys(("kernel.offset", "mean", "deviation"), (4,))
    n_classes = len(arrays["intervals.below"])
    shapes |= dict.fromkeys(("intervals.below", "intervals.above"), (n_classes, 4))
    shapes |= {"intervals.edges": (n_classes - 1,), "intervals.limit": ()}
    for part in ("detailed", "scaled"):
        shapes[f"{part}.typical"] = (len(about[part]),)
    shapes["kernel.landmarks"] = (n_landmarks, len(about["scaled"]))
    shapes["kernel.coefficients"] = (n_landmarks, 4)
    trees = TreeTable(**_part(arrays, "trees"))
    fitting = all(arrays[key].shape == shape for key, shape in shapes.items())
    return fitting and trees.is_sound(len(about["detailed"]), 4)

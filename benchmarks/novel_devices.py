"""Do the intervals of predicted devices hold where whole kinds of devices are new?

    python benchmarks/novel_devices.py --train data/regression360.json
    python benchmarks/novel_devices.py --train data/regression360.json --kinds layer ion --jobs 4

Each layer, each ion, each whole composition and each architecture of the training rows is left out in
turn, with all rows that have it; names of fewer than eight recipes together with others, until they are
eight. The regressor learns from the rest, intervals included, and predicts
what was left out. Beside it stand the intervals of plain conformal prediction: calibrated by folds
of single recipes, one width for all, whatever the device. Names whose rows are more than three quarters
of the recipes are not left out: the rest is another collection.

Printed for each kind: the share of rows that get an interval, the share of measured values inside, and
the mean width; of plain intervals for all rows. docs/mdp.md has the results.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from masterkey.regressor.conformal import ConformalIntervals
from masterkey.regressor.features import device_features
from masterkey.regressor.leave_outs import LAYERS, LEAST_KEPT, RECIPE_FOLDS
from masterkey.regressor.novelty import recipe_keys
from masterkey.regressor.physics import HIGHEST, LOWEST
from masterkey.regressor.reading import field_parts
from masterkey.regressor.regressor import CALIBRATION_TREES, DeviceRegressor, PointRegressor
from masterkey.rows.records import read_rows
from masterkey.rows.splits import recipe_folds
from masterkey.schema import fields as schema
from masterkey.schema.targets import DECIMALS, number_table
from masterkey.scripting.command_line import run
from masterkey.scripting.tables import markdown_table


def _layers(device: dict) -> set:
    return {f"{name}: {part}" for name in LAYERS for part in field_parts(device.get(name, ""))}


def _ions(device: dict) -> set:
    return {name for name in device_features(device) if name.startswith("ion:")}


# Rarer names are left out together with others.
LEAST_RECIPES = 8

# Names of a device, of each kind that is left out.
KINDS: dict[str, Callable[[dict], set]] = {
    "layer": _layers,
    "ion": _ions,
    "composition": lambda device: {device.get(schema.LONG_FORM, "")},
    "architecture": lambda device: {device.get("Cell_architecture", "")},
}


@dataclass
class Arguments:
    train: str = field(metadata={"help": "rows with answers (JSON or JSONL)"})
    kinds: list[str] = field(
        default_factory=lambda: list(KINDS),
        metadata={"help": "what is left out", "choices": list(KINDS)},
    )
    jobs: int = field(default=1, metadata={"help": "processes"})
    seed: int = field(default=0, metadata={"help": "seed of what is learned"})


@dataclass(frozen=True)
class Table:
    """The training rows: `devices` MDP fields, `targets` [n_rows, 4] with NaN where not known."""

    devices: list[dict]
    targets: np.ndarray

    @classmethod
    def read(cls, path: str) -> "Table":
        rows = read_rows(path, task="mdp", answers="required")
        answers = [schema.target_numbers(schema.parse_mdp_answer(row.output)) for row in rows]
        return cls([schema.parse_mdp_input(row.input) for row in rows], number_table(answers))


def main(arguments: Arguments) -> None:
    table = Table.read(arguments.train)
    for kind in arguments.kinds:
        parts = left_out(table, KINDS[kind])
        with ProcessPoolExecutor(arguments.jobs) as pool:
            n = len(parts)
            found = [*pool.map(measured, [table] * n, parts, [arguments.seed] * n)]
        print(f"\n## {kind}: {n} left out in turn, {sum(map(len, parts))} predictions\n")
        print(report(*map(np.concatenate, zip(*found, strict=True))), flush=True)


def left_out(table: Table, names_of: Callable[[dict], set]) -> list[np.ndarray]:
    """The rows of each frequent name of a kind, then of the rare ones, several at a time."""
    recipes = np.array(recipe_keys(table.devices))
    names = [names_of(device) for device in table.devices]
    groups, rare = [], set()
    for name in sorted(set().union(*names)):
        rows = _rows_with({name}, names)
        if len(set(recipes[rows])) >= LEAST_RECIPES:
            groups.append(rows)
            continue
        rare.add(name)
        if len(set(recipes[_rows_with(rare, names)])) >= LEAST_RECIPES:
            groups.append(_rows_with(rare, names))
            rare = set()
    if rare:
        groups.append(_rows_with(rare, names))
    least = LEAST_KEPT * len(set(recipes))
    return [rows for rows in groups if len(set(np.delete(recipes, rows))) >= least]


def _rows_with(wanted: set, names: list[set]) -> np.ndarray:
    return np.flatnonzero([bool(wanted & own) for own in names])


def measured(table: Table, rows: np.ndarray, seed: int) -> tuple[np.ndarray, ...]:
    """(references, predictions, ends, plain ends) of what was left out: [n, 4] and [n, 4, 2]."""
    inside = np.setdiff1d(np.arange(len(table.devices)), rows)
    learned, targets = [table.devices[n] for n in inside], table.targets[inside]
    new = [table.devices[n] for n in rows]
    named = [dict(zip(schema.MDP_TARGETS, map(_number, own), strict=True)) for own in targets]
    predictions = DeviceRegressor.fit(learned, named, seed).predict(new)
    ends = [
        [(own["interval"] or {}).get(name) or (np.nan, np.nan) for name in schema.MDP_TARGETS]
        for own in predictions
    ]
    return (
        table.targets[rows],
        number_table(predictions),
        np.array(ends, dtype=float),
        plain_ends(learned, targets, new, seed),
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def plain_ends(learned: list[dict], targets: np.ndarray, new: list[dict], seed: int) -> np.ndarray:
    """Ends [n, 4, 2] of intervals whose errors are those of folds of single recipes."""
    recipes = recipe_keys(learned)
    fold_of = np.array(recipe_folds(recipes, RECIPE_FOLDS, seed))
    predictions, spreads = np.full((2, *targets.shape), np.nan)
    for fold in range(RECIPE_FOLDS):
        rest, own = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        point = PointRegressor.fit(
            [learned[n] for n in rest], targets[rest], seed, CALIBRATION_TREES
        )
        predictions[own], spreads[own] = point.predict([learned[n] for n in own])
    alike = np.zeros(len(learned))
    intervals = ConformalIntervals.fit(targets, predictions, spreads, np.array(recipes), alike)
    values, spread = PointRegressor.fit(learned, targets, seed).predict(new)
    low, high = intervals.around(values, spread, np.zeros(len(new)))
    return np.stack([np.clip(low, LOWEST, HIGHEST), np.clip(high, LOWEST, HIGHEST)], axis=2)


def report(reference, prediction, ends, plain) -> str:
    """One row a target: coverage and width, of plain intervals on all rows and on the same rows."""
    header = ["target", "MAE", "given", "inside", "mean width"]
    header += ["plain: inside", "mean width", "inside, same rows"]
    rows = []
    for column, name in enumerate(schema.MDP_TARGETS):
        known = np.isfinite(reference[:, column])
        value = reference[known, column]
        own, other = ends[known, column], plain[known, column]
        given = np.isfinite(own).all(axis=1)
        digits = DECIMALS[name].scored
        rows.append(
            [
                name,
                f"{np.abs(value - prediction[known, column]).mean():.{digits}f}",
                f"{given.mean():.2f}",
                f"{inside(value[given], own[given]):.3f}",
                f"{np.diff(own[given]).mean():.{digits}f}",
                f"{inside(value, other):.3f}",
                f"{np.diff(other).mean():.{digits}f}",
                f"{inside(value[given], other[given]):.3f}",
            ]
        )
    return markdown_table(header, rows)


def inside(values: np.ndarray, ends: np.ndarray) -> float:
    """The share of values [n] within their ends [n, 2]."""
    return float(((values >= ends[:, 0]) & (values <= ends[:, 1])).mean())


if __name__ == "__main__":
    run(main, Arguments, __doc__)

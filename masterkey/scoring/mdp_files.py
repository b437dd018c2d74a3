"""MDP prediction files as tables of numbers, all files of one comparison in the same row order."""

from dataclasses import dataclass, replace

import numpy as np

from masterkey.rows.prediction_files import load_prediction_files
from masterkey.rows.records import recipe_of
from masterkey.schema.fields import MDP_TARGETS, parse_mdp_input
from masterkey.schema.targets import number_table, target_number


@dataclass(frozen=True)
class Scored:
    """One prediction file as tables: `reference` and `prediction` are [n_rows, 4].

    `interval` [n_rows, 4, 2] holds the low and high ends that the lines state, NaN where one states
    none; `n_expected` is how many rows the file should hold, None where nothing tells it.
    """

    name: str
    ids: list[str]
    recipes: np.ndarray  # [n_rows] integers, equal for rows of one recipe
    recipes_known: bool  # False: lines without inputs, each row taken as a recipe of its own
    reference: np.ndarray
    prediction: np.ndarray
    interval: np.ndarray
    n_expected: int | None = None


def load_files(paths: list[str], data_path: str | None, *, partial: bool = False) -> list[Scored]:
    """The prediction files as tables, all in the row order of the first.

    `data_path` names a data file with the answers, for predictions that lack them. Raises
    `UserError` where rows have no answer or are missing (unless `partial`), or files do not belong
    together.
    """
    files = load_prediction_files(paths, "mdp", data_path, partial=partial)
    return [
        replace(as_tables(file.lines, file.name), n_expected=file.extent.n_expected)
        for file in files
    ]


def as_tables(lines: list[dict], name: str) -> Scored:
    """Arrays of one file, whose lines have answers."""
    keys = [recipe_key(line) for line in lines]
    ids = [line["id"] for line in lines]
    return Scored(
        name=name,
        ids=ids,
        # A row without its input is a recipe of its own.
        recipes=numbered([key or f"row {id}" for key, id in zip(keys, ids, strict=True)]),
        recipes_known=all(keys),
        reference=number_table([line["reference_fields"] for line in lines]),
        prediction=number_table([line["fields"] for line in lines]),
        interval=interval_table([line.get("interval") for line in lines]),
    )


def recipe_key(line: dict) -> str | None:
    """The row's recipe; None where the line has no input that names a device."""
    input = line.get("input")
    return recipe_of(input) if isinstance(input, str) and parse_mdp_input(input) else None


def numbered(keys: list[str]) -> np.ndarray:
    """[n_rows] integers from 0, equal where the keys are equal."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys])


def interval_table(intervals: list) -> np.ndarray:
    """[n_rows, 4, 2] of {"PCE": [low, high], …}; NaN for what is no pair of numbers in that order."""
    table = np.full((len(intervals), len(MDP_TARGETS), 2), np.nan)
    for row, ends in enumerate(intervals):
        for column, name in enumerate(MDP_TARGETS):
            pair = ends.get(name) if isinstance(ends, dict) else None
            if isinstance(pair, list) and len(pair) == 2:
                low, high = map(target_number, pair)
                if low <= high:
                    table[row, column] = low, high
    return table

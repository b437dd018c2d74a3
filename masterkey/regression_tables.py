"""MDP prediction files as tables of numbers, all files of one comparison in the same row order."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from masterkey.command_line import UserError
from masterkey.predictions import parse_answer
from masterkey.records import Row, read_rows, recipe_of
from masterkey.schema import MDP_TARGETS, parse_mdp_input
from masterkey.upstream_text import PUBLISHED_TEXT, read_any_predictions

# A number beyond ± this is taken as ± this, so that sums of squares stay finite.
LARGEST = 1e6


@dataclass(frozen=True)
class Scored:
    """One prediction file as tables: `reference` and `prediction` are [n_rows, 4]."""

    name: str
    ids: list[str]
    recipes: np.ndarray  # [n_rows] integers, equal for rows of one recipe
    recipes_known: bool  # False: lines without inputs, each row taken as a recipe of its own
    reference: np.ndarray
    prediction: np.ndarray


def load_files(paths: list[str], data_path: str | None) -> list[Scored]:
    """The prediction files as tables, all in the row order of the first.

    `data_path` names a data file with the answers, for predictions that lack them. Raises
    `UserError` where rows have no answer, or files do not belong together.
    """
    rows = read_rows(data_path, task="mdp", answers="required") if data_path else None
    files = []
    for path, name in zip(paths, unique_names(paths), strict=True):
        lines = read_any_predictions(path, "mdp")
        if rows:
            lines = join_answers(lines, rows, path, data_path)
        files.append(as_tables(lines, name, path))
    others = zip(files[1:], paths[1:], strict=True)
    return [files[0], *(align(files[0], file, paths[0], path) for file, path in others)]


def unique_names(paths: list[str]) -> list[str]:
    """The files' stems; with their folders, then numbered, where they are not unique."""
    stems = [Path(path).stem for path in paths]
    with_folders = [f"{Path(path).resolve().parent.name}_{Path(path).stem}" for path in paths]
    numbered = [f"{stem}_{number}" for number, stem in enumerate(stems, 1)]
    candidates = (stems, with_folders, numbered)
    return next(names for names in candidates if len(set(names)) == len(names))


def join_answers(lines: list[dict], rows: list[Row], path: str, data_path: str) -> list[dict]:
    """The lines with the inputs and answers of `rows`, which must be the same rows by id."""
    if len(lines) != len(rows):
        raise UserError(
            f"{path}: holds {len(lines)} predictions, {data_path} {len(rows)} rows; "
            "give the file that was predicted, whole."
        )
    if lines[0].get("source") == PUBLISHED_TEXT:  # knows no ids: its records are in file order
        lines = [{**line, "id": row.id} for line, row in zip(lines, rows, strict=True)]
    by_id = {row.id: row for row in rows}
    joined = []
    for line in lines:
        row = by_id.get(str(line["id"]))
        if row is None:
            raise UserError(
                f"{path}: id {line['id']!r} is not in {data_path}; give the file that was predicted."
            )
        answer = parse_answer("mdp", row.output)
        if line.get("reference_fields") not in (None, answer):
            raise UserError(
                f"{path}: the answer of id {line['id']!r} is another one than in {data_path}; "
                "give the file that was predicted."
            )
        joined.append({**line, "input": row.input, "reference_fields": answer})
    return joined


def as_tables(lines: list[dict], name: str, path: str) -> Scored:
    """Arrays of one file. Raises `UserError` where a row has no answer."""
    references = [line.get("reference_fields") for line in lines]
    missing = [
        line["id"]
        for line, reference in zip(lines, references, strict=True)
        if not isinstance(reference, dict)
    ]
    if missing:
        raise UserError(
            f"{path}: {len(missing)} of {len(lines)} predictions have no answer (first: id "
            f"{missing[0]!r}); name the data file that has them with --data_path."
        )
    keys = [recipe_key(line) for line in lines]
    ids = [str(line["id"]) for line in lines]
    return Scored(
        name=name,
        ids=ids,
        # A row without its input is a recipe of its own.
        recipes=numbered([key or f"row {id}" for key, id in zip(keys, ids, strict=True)]),
        recipes_known=all(keys),
        reference=number_table(references),
        prediction=number_table([line["fields"] for line in lines]),
    )


def recipe_key(line: dict) -> str | None:
    """The row's recipe; None where the line has no input that names a device."""
    input = line.get("input")
    return recipe_of(input) if isinstance(input, str) and parse_mdp_input(input) else None


def numbered(keys: list[str]) -> np.ndarray:
    """[n_rows] integers from 0, equal where the keys are equal."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys])


def number_table(fields: list) -> np.ndarray:
    """[n_rows, 4] of the numbers in `fields`; NaN for null, a missing key, text or infinity."""
    rows = [row if isinstance(row, dict) else {} for row in fields]
    return np.array([[_number(row.get(name)) for name in MDP_TARGETS] for row in rows])


def _number(value) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not -math.inf < value < math.inf:
        return math.nan
    return float(min(max(value, -LARGEST), LARGEST))


def align(first: Scored, other: Scored, first_path: str, path: str) -> Scored:
    """`other` in the row order of `first`. Raises `UserError` where they are not the same rows."""
    position = {id: number for number, id in enumerate(other.ids)}
    differing = set(first.ids) ^ set(other.ids)
    if differing:
        raise UserError(
            f"{path}: holds other rows than {first_path} ({len(other.ids)} against {len(first.ids)}; "
            f"id {min(differing)!r} is in one only); compare predictions of the same rows."
        )
    order = [position[id] for id in first.ids]
    same = np.array_equal(first.reference, other.reference[order], equal_nan=True)
    if not same:
        raise UserError(
            f"{path}: its answers differ from those in {first_path}; "
            "compare predictions of the same rows."
        )
    return replace(first, name=other.name, prediction=other.prediction[order])

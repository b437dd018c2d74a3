"""Several prediction files of the same rows, joined with their answers and brought into one order."""

import sys
from dataclasses import dataclass
from pathlib import Path

from masterkey.formats.inputs import TABLES, places_of_measured
from masterkey.rows.cleaned_rows import DEFAULT
from masterkey.rows.completeness import Extent, extent, notes, require_whole
from masterkey.rows.predictions import parse_answer, read_header
from masterkey.rows.published_predictions import PUBLISHED_TEXT, read_any_predictions
from masterkey.rows.records import Row, read_rows
from masterkey.rows.same_papers import same_papers
from masterkey.scripting.command_line import UserError


@dataclass(frozen=True)
class PredictionFile:
    """A prediction file's name in tables, its lines, and how much of its rows these are."""

    name: str
    lines: list[dict]
    extent: Extent


def load_prediction_files(
    paths: list[str], task: str, data_path: str | None = None, *, partial: bool = False
) -> list[PredictionFile]:
    """The files, all in the row order of the first one, all with answers.

    `data_path` names a data file with the answers, for predictions that lack them. With `partial`,
    rows may be missing, and those that all files hold are taken. Raises `UserError` where rows are
    missing or have no answer, or files do not belong together.
    """
    rows = read_rows(data_path, task=task, answers="required") if data_path else None
    files = [read_any_predictions(path, task) for path in paths]
    extents = [
        extent(path, lines, data_path, len(rows) if rows else None)
        for path, lines in zip(paths, files, strict=True)
    ]
    remarks = [note for own in zip(paths, files, extents, strict=True) for note in notes(*own)]
    remarks += [note for own in zip(paths, files, strict=True) for note in omitted_defaults(*own)]
    if not partial:
        for path, found in zip(paths, extents, strict=True):
            require_whole(path, found)
    if rows:
        files = [
            join_answers(lines, rows, task, path, data_path)
            for lines, path in zip(files, paths, strict=True)
        ]
    if partial:
        files, dropped = shared_rows(files, paths)
        remarks += dropped
    files = in_one_order(files, paths)
    for note in remarks:
        print(f"note: {note}", file=sys.stderr)
    return list(map(PredictionFile, names_in_tables(paths), files, extents))


def omitted_defaults(path: str, lines: list[dict]) -> list[str]:
    """A sentence where lines lack values that no paper states, as --omit_defaults writes them."""
    n = sum(
        source == DEFAULT and not line["fields"].get(name) and name not in line.get("abstained", {})
        for line in lines
        if isinstance(line.get("source"), dict)
        for name, source in line["source"].items()
    )
    if not n:
        return []
    return [
        f"{path}: {n} values that no paper states are not in it (--omit_defaults, or a format without a "
        "place for them); where the answers have such values, they count as omitted."
    ]


def in_one_order(files: list[list[dict]], paths: list[str]) -> list[list[dict]]:
    """The files' lines in the row order of the first. Raises `UserError` where a line has no answer."""
    for lines, path in zip(files, paths, strict=True):
        require_answers(lines, path)
    return [
        align(files[0], lines, paths[0], path) for lines, path in zip(files, paths, strict=True)
    ]


def names_in_tables(paths: list[str]) -> list[str]:
    """The files' names as the tables show them."""
    return [
        name_with_decoding(name, path)
        for name, path in zip(unique_names(paths), paths, strict=True)
    ]


def shared_rows(files: list[list[dict]], paths: list[str]) -> tuple[list[list[dict]], list[str]]:
    """(Of each file the lines of the rows that all files hold, a sentence where lines were left out)."""
    shared = set.intersection(*({line["id"] for line in lines} for lines in files))
    if not shared:
        raise UserError(f"{' '.join(paths)}: hold no row in common; there is nothing to compare.")
    kept = [[line for line in lines if line["id"] in shared] for lines in files]
    dropped = [f"scored are the {len(shared)} rows that all files hold."] if kept != files else []
    return kept, dropped


def name_with_decoding(name: str, path: str) -> str:
    """`name (skeleton)`: a language model's scores say how its answers were decoded.

    In a skeleton every answer is whole, written freely it need not be: these are different scores.
    """
    decoding = read_header(path).get("settings", {}).get("decoding")
    return f"{name} ({decoding})" if decoding else name


def unique_names(paths: list[str]) -> list[str]:
    """The files' stems; with their folders, then numbered, where they are not unique."""
    stems = [Path(path).stem for path in paths]
    with_folders = [f"{Path(path).resolve().parent.name}_{Path(path).stem}" for path in paths]
    numbered = [f"{stem}_{number}" for number, stem in enumerate(stems, 1)]
    candidates = (stems, with_folders, numbered)
    return next(names for names in candidates if len(set(names)) == len(names))


def join_answers(
    lines: list[dict], rows: list[Row], task: str, path: str, data_path: str
) -> list[dict]:
    """The lines with the inputs and answers of `rows`, of which they must be, by id or else by DOI."""
    if len(lines) > len(rows):
        raise UserError(
            f"{path}: holds {len(lines)} predictions, {data_path} {len(rows)} rows; "
            "give the file that was predicted, whole."
        )
    if lines[0].get("source") == PUBLISHED_TEXT:  # knows no ids: its records are in file order
        lines = [{**line, "id": row.id} for line, row in zip(lines, rows, strict=False)]
    by_id = {row.id: row for row in rows}
    id_of = same_papers(
        {line["id"]: line.get("doi") for line in lines}, {row.id: row.paper for row in rows}
    )
    joined = []
    for line in lines:
        if line["id"] not in id_of:
            doi = f", nor is its DOI {line['doi']}" if line.get("doi") else ""
            raise UserError(
                f"{path}: id {line['id']!r} is not in {data_path}{doi}; give the file that was predicted."
            )
        row = by_id[id_of[line["id"]]]
        line = line | {"id": row.id}
        answer = parse_answer(task, row.output)
        if line.get("reference_fields") not in (None, answer):
            raise UserError(
                f"{path}: the answer of id {line['id']!r} is another one than in {data_path}; "
                "give the file that was predicted."
            )
        joined.append({**line, "input": row.input, "reference_fields": answer})
    return joined


def require_answers(lines: list[dict], path: str) -> None:
    """Raise `UserError` where a line has no answer to score against."""
    missing = [line["id"] for line in lines if not isinstance(line.get("reference_fields"), dict)]
    if missing:
        columns = ""
        if Path(path).suffix.lower() in TABLES and lines[0]["task"] == "mdp":
            columns = f", or add the columns {places_of_measured()}"
        raise UserError(
            f"{path}: {len(missing)} of {len(lines)} predictions have no answer to score against "
            f"(first: id {missing[0]!r}); name the data file that has them with --data_path{columns}."
        )


def align(first: list[dict], lines: list[dict], first_path: str, path: str) -> list[dict]:
    """`lines` in the row order of `first`. Raises `UserError` where they are not the same rows."""
    by_id = {line["id"]: line for line in lines}
    differing = {line["id"] for line in first} ^ set(by_id)
    if differing:
        raise UserError(
            f"{path}: holds other rows than {first_path} ({len(lines)} against {len(first)}; "
            f"id {min(differing)!r} is in one only); compare predictions of the same rows."
        )
    # Text files of the published scripts hold no inputs: the first file's serve.
    aligned = [{"input": line.get("input"), **by_id[line["id"]]} for line in first]
    for line, other in zip(first, aligned, strict=True):
        if line["reference_fields"] != other["reference_fields"]:
            raise UserError(
                f"{path}: its answer of id {line['id']!r} differs from that in {first_path}; "
                "compare predictions of the same rows."
            )
    return aligned

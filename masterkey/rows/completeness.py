"""Whether a prediction file is whole: a killed run leaves a part of the rows, and no fair one.

Rows are predicted in the order of their length, so the part that a killed run leaves holds the longest
papers, or the shortest. How many rows there should be stands in the header (`n_rows`); older headers
lack it, and then the data file of the same checksum, or holes in the rows' numbers, tell it.
"""

from dataclasses import dataclass
from pathlib import Path

from masterkey.rows.predictions import header_path, is_cut_off, read_header
from masterkey.rows.published_predictions import PUBLISHED_TEXT
from masterkey.rows.records import read_rows
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_text
from masterkey.scripting.paths import ROOT
from masterkey.scripting.provenance import data_file

BY_NUMBERS = "the highest row number"


@dataclass(frozen=True)
class Extent:
    """`n` rows are there, `n_expected` should be; None where nothing tells how many."""

    n: int
    n_expected: int | None
    told_by: str = ""
    is_cut_off: bool = False  # inside its last line

    @property
    def is_partial(self) -> bool:
        return self.is_cut_off or (self.n_expected is not None and self.n < self.n_expected)


def extent(path: str, lines: list[dict], data_path: str | None, n_answers: int | None) -> Extent:
    """How much of its rows the file at `path` with these `lines` holds.

    `n_answers`: the number of rows of `data_path`, where the user named that file.
    """
    candidates = [_told_by_run(path, lines, data_path)]
    if n_answers is not None:
        candidates.append((n_answers, str(data_path)))
    n_expected, told_by = max(candidates, key=lambda own: own[0] or 0)
    return Extent(len(lines), n_expected, told_by, is_cut_off(read_text(path)))


def _told_by_run(path: str, lines: list[dict], data_path: str | None) -> tuple[int | None, str]:
    """(how many rows the run was to predict, what says so); None where nothing does."""
    header = read_header(path)
    if not header:
        return None, ""
    name = header_path(path).name
    if isinstance(header.get("n_rows"), int):
        return header["n_rows"], name
    if "summary" in header:  # written when a run of an older version ended
        return None, ""
    found = _predicted_file(header, [*filter(None, [data_path])], path)
    if found:
        limit = header.get("settings", {}).get("limit")
        n_rows = len(read_rows(found)[:limit])
        return n_rows, f"{found.name}, of the checksum in {name}"
    numbers = _numbers(lines)
    return (max(numbers) + 1, BY_NUMBERS) if numbers else (None, "")


def _predicted_file(header: dict, named: list[str], path: str) -> Path | None:
    """The data file of the header's checksum: the one named, or beside the predictions or in data/."""
    for described in header.get("data") or []:
        name = described.get("file", "")
        folders = (Path(path).parent, Path("data"), ROOT / "data", ROOT / "data" / "sample")
        for candidate in [*map(Path, named), *(folder / name for folder in folders)]:
            if candidate.is_file() and data_file(candidate) == described | {"file": candidate.name}:
                return candidate
    return None


def _numbers(lines: list[dict]) -> list[int]:
    return [line["row"] for line in lines if isinstance(line.get("row"), int)]


def require_whole(path: str, found: Extent) -> None:
    """Raise `UserError` where rows are missing."""
    if found.is_partial:
        raise UserError(
            f"{path}: holds {holding(found)}: rows are predicted in the order of their length, so "
            "these are no fair sample. Give the command that predicts again to go on with it, or score "
            "what is there with --partial (in the notebook: load(…, partial=True))."
        )


def holding(found: Extent) -> str:
    """ "16 of 60 rows (so says x.header.json)", and that the last line is cut off, where it is."""
    cut = " and a last line that is cut off" if found.is_cut_off else ""
    if found.n_expected is None or found.n_expected <= found.n:
        return f"{found.n} rows{cut}"
    least = "at least " if found.told_by == BY_NUMBERS else ""
    return f"{found.n} of {least}{found.n_expected} rows{cut} (so says {found.told_by})"


def notes(path: str, lines: list[dict], found: Extent) -> list[str]:
    """What is missing in the file, or cannot be known of it, in whole sentences."""
    header, numbers = header_path(path), _numbers(lines)
    if found.is_partial:
        return [f"{path}: holds {holding(found)}; scored is what is there."]
    if found.n_expected is not None:
        if found.n == found.n_expected:
            return []
        return [
            f"{path}: holds {found.n} rows, {found.told_by} tells of {found.n_expected}; were files "
            "joined? Scored as it is."
        ]
    if header.exists() or lines[0].get("source") == PUBLISHED_TEXT:  # that form has no header
        return []
    has_holes = numbers and max(numbers) >= len(lines)
    reach = f" (their numbers reach {max(numbers)})" if has_holes else ""
    return [
        f"{path}: {header.name} is not there, so nobody can say whether these {len(lines)} rows are "
        f"all{reach}; scored as they are."
    ]

"""Papers of the past to learn from, and papers of later years to predict.

A new recipe of a known year is not what a user asks of: materials, methods and efficiencies go on. What
that costs is seen beside a split by paper: the same newer rows predicted by a method that learned from as
many rows, but of all years.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from masterkey.rows.records import Row, recipe_of
from masterkey.rows.splits import recipe_folds
from masterkey.scripting.command_line import UserError


@dataclass(frozen=True)
class YearSplit:
    """Rows of papers before a year, and of papers from then on; the others have no year."""

    older: list[Row]
    newer: list[Row]
    undated: list[Row]


def by_year(rows: Sequence[Row], year: int) -> YearSplit:
    """The rows in file order, each in one of the three parts; all of a DOI in that of its last year."""
    last: dict[str, int] = {}
    for row in rows:
        if row.year is not None:
            last[row.paper] = max(row.year, last.get(row.paper, 0))
    parts = YearSplit([], [], [])
    for row in rows:
        own = last.get(row.paper) if row.paper else row.year
        part = parts.undated if own is None else parts.older if own < year else parts.newer
        part.append(row)
    return parts


def paper_of(row: Row) -> str:
    """What is kept together as a paper: the rows of a DOI; without one, those of a recipe."""
    return row.paper or recipe_of(row.input)


def by_paper(split: YearSplit, seed: int) -> list[tuple[list[Row], list[Row]]]:
    """Two pairs (rows to learn from, newer rows to predict), no paper in both rows of a pair.

    Each half of the newer papers is predicted from papers drawn among the other half and the older
    ones, until they have as many rows as there are older ones, or all are drawn.
    """
    half_of = recipe_folds([paper_of(row) for row in split.newer], 2, seed)
    halves = [
        [row for row, half in zip(split.newer, half_of, strict=True) if half == number]
        for number in (0, 1)
    ]
    return [
        (_drawn(split.older + halves[1 - number], halves[number], len(split.older), seed), half)
        for number, half in enumerate(halves)
    ]


def _drawn(rows: list[Row], predicted: list[Row], n_rows: int, seed: int) -> list[Row]:
    papers: dict[str, list[Row]] = {}
    for row in rows:
        papers.setdefault(paper_of(row), []).append(row)
    for row in predicted:  # a paper of two years, or a recipe without DOI in both
        papers.pop(paper_of(row), None)
    order = sorted(papers)
    random.Random(seed).shuffle(order)
    drawn: list[Row] = []
    for paper in order:
        if len(drawn) >= n_rows:
            break
        drawn += papers[paper]
    return sorted(drawn, key=lambda row: row.number)


def check_years(parts: YearSplit, year: int, path: str) -> None:
    """Raise `UserError` where there is nothing to learn from, or nothing to predict."""
    years = [row.year for row in (*parts.older, *parts.newer) if row.year]
    if not years:
        raise UserError(
            f"{path}: no row has a 'year', which --split year needs; "
            "data/from_perovskite_database.py writes rows that have it."
        )
    if not parts.older or len(set(map(paper_of, parts.newer))) < 2:
        raise UserError(
            f"{path}: has papers of {min(years)} to {max(years)}, too few before or from {year} on; "
            "give a year between."
        )


def years_told(parts: YearSplit, year: int, learned: list[int]) -> str:
    """How many rows and papers are learned from and predicted."""
    older, newer = (
        f"{len(rows):,} rows of {len(set(map(paper_of, rows))):,} papers"
        for rows in (parts.older, parts.newer)
    )
    without = f"; {len(parts.undated):,} rows without a year are left out" if parts.undated else ""
    return (
        f"{older} before {year} to learn from, {newer} from {year} on to predict{without}. Beside it "
        f"each half of the latter is predicted from {' and '.join(f'{n:,}' for n in learned)} rows of "
        "all years."
    )

"""The CSV export of the Perovskite Database, or of NOMAD's archives of it, read as text and cleaned.

One row per device, 410 columns, of which up to 38 are read: the 31 SII fields, Voc, Jsc, FF and PCE,
the paper's DOI and date, and how the device came into the database (Jacobsson et al., Nature Energy
2022, doi 10.1038/s41560-021-00941-3). masterkey/database/export_file.py says which forms of files are read. Everything is
text, so that `nan`, `none` and `NA` stay what they are. Rows are counted from 0, without the header.

What is changed in a value, and counted in `Export.changes`:

- Newlines and other runs of white space become one blank, those at the ends go.
- Booleans (Cell_flexible, Cell_semitransparent, Module, Stability_measured) become TRUE or FALSE, as
  the published files write them: true, T, yes, Y, 1, 1.0 and WAHR mean TRUE, in any case, likewise FALSE. Values
  that say "not reported" stay; any other one stays, too, and is counted as not understood.
- Decimal commas become points in the targets and in fields of numbers (17,5 → 17.5); what may be a
  thousand (1,440 minutes) stays, and is counted as not understood.
- Annealing times with a unit become minutes; those of records of LLM origin are in seconds
  (masterkey/formats/llm_records.py).
- A DOI is lower-cased and loses `https://doi.org/`, `doi:` and the like (masterkey/database/paper_splits.py).
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from masterkey.database.archive_columns import is_archives, read_archive_columns
from masterkey.database.export_file import (
    DAMAGED,
    DATE,
    DOI,
    ENTERED_BY,
    METHOD,
    OPTIONAL_COLUMNS,
    SEPARATORS,
    TARGET_COLUMNS,
    USED_COLUMNS,
    open_export,
    read_columns,
)
from masterkey.database.paper_splits import paper_key
from masterkey.formats.llm_records import as_manual, is_converted
from masterkey.schema.fields import ANNEALING_TIME, SII_FIELDS, is_reported
from masterkey.schema.spreadsheet_values import boolean, decimal_points, in_minutes
from masterkey.schema.values import BOOLEAN_FIELDS, FIELD_UNITS
from masterkey.scripting.command_line import UserError

NUMBER_FIELDS = frozenset(
    (*FIELD_UNITS, "Stability_average_over_n_number_of_cells", "Cell_number_of_cells_per_substrate")
)
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


@dataclass(frozen=True)
class Entry:
    """One row of the export, cleaned: a device.

    `row` counts from 0. `fields` are the 31 SII fields, `targets` Voc, Jsc, FF and PCE as written;
    `doi` is lower-cased, "" where the row has none; `year` is that of the paper, None where not known;
    `is_llm`: the record was converted from what a language
    model read of the paper, so that its times were seconds.
    """

    row: int
    doi: str
    fields: dict[str, str]
    targets: dict[str, str]
    year: int | None = None
    is_llm: bool = False

    @property
    def paper(self) -> str:
        """What decides the entry's split: its DOI, or without one its own content.

        Not its row, which another snapshot may change; exact copies stay together.
        """
        return self.doi or "no DOI: " + json.dumps([*self.fields.values(), *self.targets.values()])

    @property
    def id(self) -> str:
        """The id of its row in data files: `10.1000/xyz row 17`."""
        return f"{self.doi} row {self.row}".lstrip()


@dataclass(frozen=True)
class Export:
    """All entries in file order, and how many values cleaning changed, by what was done.

    `n_respelled_papers`: papers whose DOI is written in more than one way. `separator` is named in
    words; `absent` are the columns that NOMAD's form lacks, read as empty; `says_method`: the file has
    `Ref_extraction_method`.
    """

    entries: list[Entry]
    n_columns: int
    changes: dict[str, int]
    n_respelled_papers: int
    separator: str = "commas"
    is_nomad: bool = False
    absent: tuple[str, ...] = ()
    says_method: bool = False


def read_export(path: str | Path) -> Export:
    """Read and clean an export. Raises `UserError` for a file that is not one, or not whole."""
    if is_archives(path):
        file, columns = read_archive_columns(path)
    else:
        file = open_export(path)
        columns = read_columns(file)
    changes: Counter[str] = Counter()
    values = {name: _cleaned(name, column, changes) for name, column in columns.items()}
    n_rows = len(values[DOI])
    if not n_rows:
        raise UserError(f"{path}: has a header but no rows; {DAMAGED}.")
    for name in {*USED_COLUMNS, *OPTIONAL_COLUMNS} - set(values):
        values[name] = [""] * n_rows
    return Export(
        entries=[_entry(row, values, changes) for row in range(n_rows)],
        n_columns=len(file.header),
        changes=dict(+changes),
        n_respelled_papers=_n_respelled(columns[DOI]),
        separator=SEPARATORS.get(file.separator, "commas"),
        is_nomad=file.is_nomad,
        absent=tuple(file.absent),
        says_method=METHOD in file.column_of,
    )


def _entry(row: int, values: dict[str, list[str]], changes: Counter) -> Entry:
    fields = {name: values[name][row] for name in SII_FIELDS}
    if llm := is_converted(values[METHOD][row], values[ENTERED_BY][row]):
        fields, changed = as_manual(fields)
        changes.update(changed)
    else:
        minutes = in_minutes(fields[ANNEALING_TIME])
        changes["annealing time with a unit turned into minutes"] += (
            minutes != fields[ANNEALING_TIME]
        )
        fields[ANNEALING_TIME] = minutes
    year = _YEAR.search(values[DATE][row])
    return Entry(
        row=row,
        doi=values[DOI][row],
        fields=fields,
        targets={name: values[column][row] for name, column in TARGET_COLUMNS.items()},
        year=int(year[0]) if year else None,
        is_llm=llm,
    )


# --- values ----------------------------------------------------------------------------------------


def _cleaned(name: str, column, changes: Counter) -> list[str]:
    """The values of a column, cleaned; equal ones share one string. Counts into `changes`."""
    clean = cleaning_of(name)
    before, places = column.dictionary.to_pylist(), column.indices.to_pylist()
    after = [clean(value) for value in before]
    counts = Counter(places)
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        for change in _kinds_of_change(name, old, new):
            changes[change] += counts[place]
    return [after[place] for place in places]


def cleaning_of(name: str):
    """What turns a value of a column into the form that is kept."""
    if name in TARGET_COLUMNS.values():
        # None of the four reaches a thousand.
        return lambda value: decimal_points(fold_blanks(value), thousands_possible=False)
    if name in NUMBER_FIELDS:
        return _number
    return {DOI: paper_key}.get(name, clean_boolean if name in BOOLEAN_FIELDS else fold_blanks)


def _number(value: str) -> str:
    return decimal_points(fold_blanks(value), thousands_possible=True)


def _n_respelled(column) -> int:
    """Number of papers whose DOI stands in a column in more than one way, blanks aside."""
    spellings = {fold_blanks(doi) for doi in column.dictionary.to_pylist()}
    papers = Counter(map(paper_key, spellings))
    return sum(count > 1 for paper, count in papers.items() if paper)


def fold_blanks(value: str) -> str:
    """The value on one line: every run of white space one blank, none at the ends."""
    return " ".join(value.split())


def clean_boolean(value: str) -> str:
    """TRUE or FALSE where the value means that, else the value on one line."""
    return boolean(fold_blanks(value))


def _kinds_of_change(name: str, old: str, new: str):
    """What was done to a value; a value may count under more than one."""
    if len(old.splitlines()) > 1:
        yield "newline collapsed"
    elif name != DOI and fold_blanks(old) != old:
        yield "blanks folded"
    if name in NUMBER_FIELDS or name in TARGET_COLUMNS.values():
        yield from _changes_of_number(name, fold_blanks(old), new)
    if name == DOI and new and fold_blanks(old) != new:
        yield "DOI written otherwise"
    if name in BOOLEAN_FIELDS and fold_blanks(old) != new:
        yield "boolean written otherwise"
    if name in BOOLEAN_FIELDS and is_reported(new) and new not in ("TRUE", "FALSE"):
        yield "boolean not understood"


def _changes_of_number(name: str, old: str, new: str):
    thousands_possible = name in NUMBER_FIELDS
    if decimal_points(old, thousands_possible=thousands_possible) != old:
        yield "decimal comma read as a point"
    if decimal_points(new, thousands_possible=False) != new:
        yield "comma not understood: a thousand or a decimal"

"""The CSV export of the Perovskite Database, read as text and cleaned.

One row per device, 410 columns, of which 36 are read: the 31 SII fields, Voc, Jsc, FF and PCE, and
the paper's DOI (Jacobsson et al., Nature Energy 2022, doi 10.1038/s41560-021-00941-3). Everything is
text, so that `nan`, `none` and `NA` stay what they are. Rows are counted from 0, without the header.

What is changed in a value, and counted in `Export.changes`:

- Newlines and other runs of white space become one blank, those at the ends go.
- Booleans (Cell_flexible, Cell_semitransparent, Module, Stability_measured) become TRUE or FALSE, as
  the published files write them: true, T, yes, Y, 1 and 1.0 mean TRUE, in any case, likewise FALSE. Values
  that say "not reported" stay; any other one stays, too, and is counted as not understood.
- A DOI is lower-cased and loses `https://doi.org/`, `doi:` and the like (masterkey/database/paper_splits.py).
"""

import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from masterkey.database.paper_splits import paper_key
from masterkey.schema.fields import MDP_TARGETS, SII_FIELDS, is_reported
from masterkey.schema.values import BOOLEAN_FIELDS
from masterkey.scripting.command_line import UserError

DOI = "Ref_DOI_number"
TARGET_COLUMNS = {name: f"JV_default_{name}" for name in MDP_TARGETS}
USED_COLUMNS = (*SII_FIELDS, *TARGET_COLUMNS.values(), DOI)

CHUNK_BYTES = 1 << 20
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_TRUE, _FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")
_BOOLEANS = {**dict.fromkeys(_TRUE, "TRUE"), **dict.fromkeys(_FALSE, "FALSE")}
_DAMAGED = "the file is damaged or was cut off; get it again"


@dataclass(frozen=True)
class Entry:
    """One row of the export, cleaned: a device.

    `row` counts from 0. `fields` are the 31 SII fields, `targets` Voc, Jsc, FF and PCE as written;
    `doi` is lower-cased, "" where the row has none.
    """

    row: int
    doi: str
    fields: dict[str, str]
    targets: dict[str, str]

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

    `n_respelled_papers`: papers whose DOI is written in more than one way.
    """

    entries: list[Entry]
    n_columns: int
    changes: dict[str, int]
    n_respelled_papers: int


def read_export(path: str | Path) -> Export:
    """Read and clean an export. Raises `UserError` for a file that is not one, or not whole."""
    path = Path(path)
    header = read_header(path)
    columns, changes = read_columns(path, header), Counter()
    values = {name: _cleaned(name, column, changes) for name, column in columns.items()}
    entries = [
        Entry(
            row,
            values[DOI][row],
            {name: values[name][row] for name in SII_FIELDS},
            {name: values[column][row] for name, column in TARGET_COLUMNS.items()},
        )
        for row in range(len(values[DOI]))
    ]
    if not entries:
        raise UserError(f"{path}: has a header but no rows; {_DAMAGED}.")
    return Export(entries, len(header), dict(changes), _n_respelled(columns[DOI]))


# --- the file --------------------------------------------------------------------------------------


def read_header(path: Path) -> list[str]:
    """The column names. Raises `UserError` where one that is read is missing or occurs twice."""
    try:
        with open(path, "rb") as file:
            line = file.readline(CHUNK_BYTES)
        header = next(csv.reader([line.decode("utf-8-sig")]), [])
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; bring it with data/prepare.py.") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); name a CSV file.") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: is no UTF-8 text (byte {error.start}); unpack it, or save it as UTF-8."
        ) from None
    except csv.Error as error:
        raise UserError(f"{path}: its first line is no CSV header ({error}); {_DAMAGED}.") from None
    if not header:
        raise UserError(f"{path}: is empty; {_DAMAGED}.")
    missing = [name for name in USED_COLUMNS if name not in header]
    if missing:
        raise UserError(f"{path}: {_what_is_missing(header, missing)}")
    repeated = [name for name in USED_COLUMNS if header.count(name) > 1]
    if repeated:
        raise UserError(f"{path}: has the column {repeated[0]} twice; remove one of the two.")
    return header


def _what_is_missing(header: list[str], missing: list[str]) -> str:
    line = ",".join(header)
    for separator, name in _SEPARATORS.items():
        names = [column.strip('" ') for column in line.split(separator)]
        if sum(column in names for column in missing) > len(missing) / 2:
            return f"its values are separated by {name}, not commas; save it with commas."
    shown = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
    return (
        f"lacks {len(missing)} of the {len(USED_COLUMNS)} columns that are read ({shown}); give an "
        "export of the Perovskite Database with all of them."
    )


def read_columns(path: Path, header: list[str]) -> dict:
    """The columns that are read, dictionary-encoded: {name: pyarrow.DictionaryArray [n_rows]}."""
    import pyarrow
    from pyarrow import csv as arrow_csv

    bad_rows = []

    def note(row) -> str:
        bad_rows.append(row)
        return "skip" if len(bad_rows) == 1 else "error"

    text = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    try:
        table = arrow_csv.read_csv(
            path,
            # Rows have numbers only on one thread; and one is as fast as needed.
            read_options=arrow_csv.ReadOptions(use_threads=False),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=USED_COLUMNS,
                column_types=dict.fromkeys(USED_COLUMNS, text),
                strings_can_be_null=False,
            ),
        )
    except pyarrow.ArrowInvalid as error:
        table, message = None, str(error)
    if _ends_inside_quotes(path):
        raise UserError(f"{path}: a quoted value is not closed at its end; {_DAMAGED}.")
    if bad_rows:
        # The header is row 1 of the parser.
        number, found = bad_rows[0].number - 2, bad_rows[0].actual_columns
        raise UserError(
            f"{path}: row {number} has {found} of {len(header)} values (rows count from 0); {_DAMAGED}."
        )
    if table is None:
        raise UserError(f"{path}: {_arrow_sentence(message)}")
    return {name: table[name].unify_dictionaries().combine_chunks() for name in USED_COLUMNS}


def _arrow_sentence(message: str) -> str:
    if "invalid UTF8" in message:
        return f"holds text that is not UTF-8 ({message}); save it as UTF-8."
    return f"cannot be read as CSV ({message}); {_DAMAGED}."


def _ends_inside_quotes(path: Path) -> bool:
    """Whether the file ends within a quoted value, which the parser says nothing of in a last column.

    An odd number of quotation marks alone is no mistake: a mark may stand inside a plain value.
    """
    with open(path, "rb") as file:
        n_quotes = sum(chunk.count(b'"') for chunk in iter(lambda: file.read(CHUNK_BYTES), b""))
    if n_quotes % 2 == 0:
        return False
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        try:
            for _ in csv.reader(file, strict=True):
                pass
        except csv.Error as error:
            return "unexpected end" in str(error) or "field limit" in str(error)
    return False


# --- values ----------------------------------------------------------------------------------------


def _cleaned(name: str, column, changes: Counter) -> list[str]:
    """The values of a column, cleaned; equal ones share one string. Counts into `changes`."""
    clean = {DOI: paper_key}.get(name, clean_boolean if name in BOOLEAN_FIELDS else fold_blanks)
    before, places = column.dictionary.to_pylist(), column.indices.to_pylist()
    after = [clean(value) for value in before]
    counts = Counter(places)
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        for change in _kinds_of_change(name, old, new):
            changes[change] += counts[place]
    return [after[place] for place in places]


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
    value = fold_blanks(value)
    return _BOOLEANS.get(value.lower(), value)


def _kinds_of_change(name: str, old: str, new: str):
    """What was done to a value; a value may count under more than one."""
    if len(old.splitlines()) > 1:
        yield "newline collapsed"
    elif name != DOI and fold_blanks(old) != old:
        yield "blanks folded"
    if name == DOI and new and fold_blanks(old) != new:
        yield "DOI written otherwise"
    if name in BOOLEAN_FIELDS and fold_blanks(old) != new:
        yield "boolean written otherwise"
    if name in BOOLEAN_FIELDS and is_reported(new) and new not in ("TRUE", "FALSE"):
        yield "boolean not understood"

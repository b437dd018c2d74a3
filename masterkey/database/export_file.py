"""The file of an export: its separator, the names of its columns, and the columns that are read.

Two forms are read. The published CSV has 410 columns such as `ETL_stack_sequence`. A table that was made of
NOMAD's archives (`entries_to_dataframe` of a query for `PerovskiteSolarCell`, saved as CSV) has
`data.etl.stack_sequence`: the section in lower case, `perovskite_deposition` being one of its own.
A section of which no entry says anything has no column there, so all but `NEEDED` may be absent.
Commas, semicolons, tabs and vertical bars may separate the values.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from masterkey.formats.nomad import place_of
from masterkey.schema.fields import LONG_FORM, MDP_TARGETS, SII_FIELDS
from masterkey.scripting.command_line import UserError

DOI = "Ref_DOI_number"
DATE, METHOD = "Ref_publication_date", "Ref_extraction_method"
ENTERED_BY = "Ref_name_of_person_entering_the_data"
TARGET_COLUMNS = {name: f"JV_default_{name}" for name in MDP_TARGETS}
USED_COLUMNS = (*SII_FIELDS, *TARGET_COLUMNS.values(), DOI)
OPTIONAL_COLUMNS = (DATE, METHOD, ENTERED_BY)
NEEDED = (LONG_FORM, TARGET_COLUMNS["PCE"], DOI)  # in NOMAD's form

CHUNK_BYTES = 1 << 20
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
DAMAGED = "the file is damaged or was cut off; get it again"


@dataclass(frozen=True)
class ExportFile:
    """`column_of`: the file's name of each column that is read; `absent`: those that it lacks."""

    path: Path
    header: list[str]
    separator: str
    is_nomad: bool
    column_of: dict[str, str]
    absent: list[str]


def nomad_name(column: str) -> str:
    """`ETL_stack_sequence` → `data.etl.stack_sequence`, as NOMAD's sections and quantities are called."""
    section, quantity = place_of(column)
    return f"data.{section}.{quantity}"


def open_export(path: str | Path) -> ExportFile:
    """Read the header. Raises `UserError` where a column that is needed is missing or occurs twice."""
    path = Path(path)
    line = _first_line(path)
    headers = {separator: _split(line, separator, path) for separator in SEPARATORS}
    separator = max(SEPARATORS, key=lambda own: _n_known(headers[own]))  # the first of equals
    header = headers[separator]
    is_nomad = sum(nomad_name(name) in header for name in USED_COLUMNS) > sum(
        name in header for name in USED_COLUMNS
    )
    names = {
        name: nomad_name(name) if is_nomad else name for name in (*USED_COLUMNS, *OPTIONAL_COLUMNS)
    }
    absent = [name for name in USED_COLUMNS if names[name] not in header]
    missing = [name for name in absent if name in NEEDED or not is_nomad]
    if missing:
        shown = ", ".join(names[name] for name in missing[:3]) + (" …" if len(missing) > 3 else "")
        raise UserError(
            f"{path}: lacks {len(missing)} of the {len(USED_COLUMNS)} columns that are read ({shown}); "
            "give an export of the Perovskite Database with all of them."
        )
    column_of = {name: own for name, own in names.items() if own in header}
    repeated = [own for own in column_of.values() if header.count(own) > 1]
    if repeated:
        raise UserError(f"{path}: has the column {repeated[0]} twice; remove one of the two.")
    return ExportFile(path, header, separator, is_nomad, column_of, absent)


def _first_line(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            line = file.readline(CHUNK_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; bring it with data/prepare.py.") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); name a CSV file.") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: is no UTF-8 text (byte {error.start}); unpack it, or save it as UTF-8."
        ) from None
    if not line.strip():
        raise UserError(f"{path}: is empty; {DAMAGED}.")
    return line


def _split(line: str, separator: str, path: Path) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error as error:
        raise UserError(f"{path}: its first line is no CSV header ({error}); {DAMAGED}.") from None


def _n_known(header: list[str]) -> int:
    return len({*USED_COLUMNS, *map(nomad_name, USED_COLUMNS)}.intersection(header))


def read_columns(file: ExportFile) -> dict:
    """The columns that are read, dictionary-encoded: {name: pyarrow.DictionaryArray [n_rows]}."""
    import pyarrow
    from pyarrow import csv as arrow_csv

    bad_rows = []

    def note(row) -> str:
        bad_rows.append(row)
        return "skip" if len(bad_rows) == 1 else "error"

    text = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    columns = list(file.column_of.values())
    try:
        table = arrow_csv.read_csv(
            file.path,
            # Rows have numbers only on one thread; and one is as fast as needed.
            read_options=arrow_csv.ReadOptions(use_threads=False),
            parse_options=arrow_csv.ParseOptions(
                delimiter=file.separator, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=columns,
                column_types=dict.fromkeys(columns, text),
                strings_can_be_null=False,
            ),
        )
    except pyarrow.ArrowInvalid as error:
        table, message = None, str(error)
    if _ends_inside_quotes(file):
        raise UserError(f"{file.path}: a quoted value is not closed at its end; {DAMAGED}.")
    if bad_rows:
        raise UserError(f"{file.path}: {_row_sentence(bad_rows[0], file)}")
    if table is None:
        raise UserError(f"{file.path}: {_arrow_sentence(message)}")
    return {
        name: table[own].unify_dictionaries().combine_chunks()
        for name, own in file.column_of.items()
    }


def _row_sentence(row, file: ExportFile) -> str:
    found = (
        f"row {row.number - 2} has {row.actual_columns} of {len(file.header)} values"  # header: 1
    )
    if file.separator == ",":
        return f"{found} (rows count from 0); {DAMAGED}."
    return (
        f"{found} (rows count from 0), which {SEPARATORS[file.separator]} separate; put values that hold "
        "one into quotation marks, or save the file with commas."
    )


def _arrow_sentence(message: str) -> str:
    if "invalid UTF8" in message:
        return f"holds text that is not UTF-8 ({message}); save it as UTF-8."
    return f"cannot be read as CSV ({message}); {DAMAGED}."


def _ends_inside_quotes(export: ExportFile) -> bool:
    """Whether the file ends within a quoted value, which the parser says nothing of in a last column.

    An odd number of quotation marks alone is no mistake: a mark may stand inside a plain value.
    """
    with open(export.path, "rb") as file:
        n_quotes = sum(chunk.count(b'"') for chunk in iter(lambda: file.read(CHUNK_BYTES), b""))
    if n_quotes % 2 == 0:
        return False
    with open(export.path, encoding="utf-8", errors="replace", newline="") as file:
        try:
            for _ in csv.reader(file, delimiter=export.separator, strict=True):
                pass
        except csv.Error as error:
            return "unexpected end" in str(error) or "field limit" in str(error)
    return False

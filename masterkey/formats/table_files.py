"""Tables of devices as files: CSV and Parquet (masterkey/formats/spreadsheet.py: Excel), written and read."""

import csv
import io
import re
from pathlib import Path

from masterkey.formats.tables import Cell, is_number_column
from masterkey.scripting.command_line import UserError, in_a_line
from masterkey.scripting.files import atomic_write, read_text, valid_text

_NUMBERS = r"[0-9.]+(?:[eE][+-]?[0-9]+)?(?:(?:; | \| | >> )[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)*"
# What a spreadsheet takes for the start of a formula; numbers and ranges of numbers are none.
_FORMULA = re.compile(rf"[=@\t\r'＝＋－＠]|[+-](?!{_NUMBERS}\Z)")
_LONGEST_CELL = 1 << 27
Table = tuple[list[str], list[list[Cell]]]


def write_csv(columns: list[str], rows: list[list[Cell]], path: Path) -> list[str]:
    """UTF-8 with the mark that Excel needs. A text that would be a formula gets an apostrophe before it."""
    text = io.StringIO(newline="")
    # With "\n" alone a cell with a lone "\r" would not be quoted, and be two rows to its reader.
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    with atomic_write(path, "wb") as file:
        file.write(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8"))
    return []


def _plain(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    text = valid_text(cell)
    return f"'{text}" if _FORMULA.match(text) else text


def read_csv(path: Path) -> Table:
    """The columns and rows of a CSV file; commas, semicolons or tabs part the cells."""
    read_text(path)  # says what is wrong with a file that cannot be read
    usual = csv.field_size_limit(_LONGEST_CELL)  # holds for the whole process
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            separator = max(",;\t", key=file.readline().count)
            file.seek(0)
            header, *rows = filter(None, csv.reader(file, delimiter=separator, strict=True))
    except (csv.Error, ValueError) as error:
        raise UserError(f"{path}: is no CSV table ({error}); give one with a header.") from None
    finally:
        csv.field_size_limit(usual)
    short = next((n for n, row in enumerate(rows) if len(row) != len(header)), None)
    if short is not None:
        raise UserError(
            f"{path}: row {short} has {len(rows[short])} cells, the header {len(header)}; mend that row."
        )
    return header, [[_without_apostrophe(cell) for cell in row] for row in rows]


def _without_apostrophe(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def write_parquet(columns: list[str], rows: list[list[Cell]], path: Path) -> list[str]:
    """Text and numbers as such; a cell without a value is null."""
    import pyarrow
    from pyarrow import parquet

    arrays = {}
    for place, name in enumerate(columns):
        cells = [row[place] for row in rows]
        if is_number_column(name):
            arrays[name] = pyarrow.array(cells, pyarrow.float64())
        else:
            texts = [None if cell is None else valid_text(str(cell)) for cell in cells]
            arrays[name] = pyarrow.array(texts, pyarrow.string())
    with atomic_write(path, "wb") as file:
        parquet.write_table(pyarrow.table(arrays), file)
    return []


def read_parquet(path: Path) -> Table:
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; check the path.") from None
    except (OSError, pyarrow.ArrowException) as error:
        raise UserError(f"{path}: is no Parquet table ({in_a_line(error, 80)}).") from None
    columns = [table[name].to_pylist() for name in table.column_names]
    return table.column_names, [list(row) for row in zip(*columns, strict=True)]

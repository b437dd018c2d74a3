"""The table of devices as an Excel file (.xlsx): doubtful cells coloured, with a legend on a second sheet."""

import re
from pathlib import Path

from masterkey.formats.tables import CONFIDENCE, EVIDENCE, SOURCE, Cell
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import atomic_write, valid_text

SHEET, LEGEND = "Devices", "Legend"
# Confidence below which a value is to be looked at first, and to be looked at.
DOUBTFUL, UNSURE = 0.5, 0.8  # confidences, as on the page of review.py
_DOUBTFUL_FILL, _UNSURE_FILL, _DEFAULT_FILL = "F8CBAD", "FFE699", "E7E6E6"
_HEADER_FILL, _KNOWN_FILL = "1F3864", "44546A"
_LONGEST_CELL = 32_767
_WIDTHS = {CONFIDENCE: 13, SOURCE: 13, EVIDENCE: 30}
_ABOUT_WIDTHS = {
    **{"id": 26, "task": 6, "role": 10, "name": 22, "doi": 24},
    **{"title": 36, "year": 7, "method": 14, "reviewed": 10},
}
# A value is seen whole up to here; a longer one in the line above the sheet.
_NARROWEST, _WIDEST = 14, 44
_FROZEN = "B2"  # the header and the device's id stay
# XML has no place for these; Excel writes them as _x000D_, and a text that looks so with _x005F_ before it.
_NO_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def write_xlsx(columns: list[str], rows: list[list[Cell]], path: Path) -> list[str]:
    """Write the sheet and its legend; returns sentences on what was cut."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    _write_header(sheet, columns, rows)
    n_cut = 0
    for number, row in enumerate(rows, 2):
        for place, cell in enumerate(row, 1):
            n_cut += _write_cell(sheet.cell(number, place), cell, columns[place - 1])
        _colour(sheet, number, columns, row)
    sheet.freeze_panes = _FROZEN
    sheet.auto_filter.ref = sheet.dimensions
    _write_legend(book.create_sheet(LEGEND))
    with atomic_write(path, "wb") as file:
        book.save(file)
    if not n_cut:
        return []
    return [f"{n_cut} cells were cut to the {_LONGEST_CELL:,} characters that a spreadsheet takes"]


def _write_header(sheet, columns: list[str], rows: list[list[Cell]]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for place, name in enumerate(columns, 1):
        field, _, what = name.rpartition(" ")
        belongs = field in schema.SII_FIELDS and what in _WIDTHS
        cell = sheet.cell(1, place, name)
        cell.font = Font(bold=not belongs, color="FFFFFF", size=8 if belongs else 11)
        cell.fill = PatternFill("solid", start_color=_KNOWN_FILL if belongs else _HEADER_FILL)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        dimension = sheet.column_dimensions[get_column_letter(place)]
        longest = max((len(str(row[place - 1] or "")) for row in rows), default=0)
        fitting = max(min(longest, _WIDEST), min(len(name), _WIDEST // 2), _NARROWEST) + 2
        dimension.width = _WIDTHS[what] if belongs else _ABOUT_WIDTHS.get(name, fitting)
    sheet.row_dimensions[1].height = 46


def _write_cell(cell, value: Cell, column: str) -> int:
    """1 where the text had to be cut."""
    if value is None:
        return 0
    if not isinstance(value, str):
        cell.value = value
        if column.endswith(f" {CONFIDENCE}"):
            cell.number_format = "0.00"
        return 0
    text = _NO_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", valid_text(value))
    cell.value = text[:_LONGEST_CELL]
    # Else a text that begins with "=" would be calculated, and "#N/A" be an error.
    cell.data_type = "s"
    return int(len(text) > _LONGEST_CELL)


def _colour(sheet, number: int, columns: list[str], row: list[Cell]) -> None:
    """Fill the values that are doubtful, and those that no paper states."""
    from openpyxl.styles import Font, PatternFill

    of = {name: place for place, name in enumerate(columns)}
    for name in schema.SII_FIELDS:
        known = f"{name} {CONFIDENCE}", f"{name} {SOURCE}"
        if not of.keys() >= {name, *known} or row[of[name]] in (None, ""):
            continue
        confidence, source = (row[of[what]] for what in known)
        colour = fill_of(confidence, source)
        if colour is None:
            continue
        cell = sheet.cell(number, of[name] + 1)
        cell.fill = PatternFill("solid", start_color=colour)
        if colour == _DEFAULT_FILL:
            cell.font = Font(italic=True, color="7F7F7F")


def fill_of(confidence: float | None, source: str | None) -> str | None:
    """The colour of a value's cell; None for one that is believed, or of unknown confidence."""
    if source == "default":
        return _DEFAULT_FILL
    if confidence is None or confidence >= UNSURE:
        return None
    return _DOUBTFUL_FILL if confidence < DOUBTFUL else _UNSURE_FILL


def _write_legend(sheet) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    told = (
        (
            _DOUBTFUL_FILL,
            f"Doubtful: the value is more probably wrong than right (confidence below {DOUBTFUL}).",
        ),
        (_UNSURE_FILL, f"Less sure: its confidence is below {UNSURE}."),
        (_DEFAULT_FILL, "The text does not say; the value is usual in the database."),
        (None, "A value without colour is believed, or nothing is known of its confidence."),
        (None, "confidence: how probable it is that the value is right, from 0 to 1."),
        (None, "source: text, deduced (from other values), or default (the text does not say)."),
        (None, "evidence: the words of the paper that say so."),
        (
            None,
            "Between layers, from the substrate up, stands |, between steps >>, and ; in a mixture.",
        ),
        (None, "Annealing times are minutes, ageing is hours, temperatures °C, areas cm²."),
        (None, "predicted …: by a model, from the other columns; nobody measured it."),
    )
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 12, 90
    sheet.cell(1, 1, "Colour").font = sheet.cell(1, 2, "Meaning").font = Font(bold=True)
    for number, (colour, sentence) in enumerate(told, 2):
        if colour:
            sheet.cell(number, 1).fill = PatternFill("solid", start_color=colour)
        sheet.cell(number, 2, sentence).alignment = Alignment(wrap_text=True)


def read_xlsx(path: Path) -> tuple[list[str], list[list[Cell]]]:
    """The columns and rows of the sheet of devices, or of the first one."""
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True)
        sheet = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        book.close()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; check the path.") from None
    except (InvalidFileException, BadZipFile, KeyError, OSError, ValueError) as error:
        raise UserError(f"{path}: is no Excel file that can be read ({error}).") from None
    if not rows:
        raise UserError(f"{path}: its sheet is empty; give a table of devices.")
    header, *rows = ([_plain(cell) for cell in row] for row in rows)
    return ["" if name is None else str(name) for name in header], rows


def _plain(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell)

"""Devices as one table, a row each: what is read, how sure that is, and the words that say so.

    columns, rows = table_of(devices)
    devices = devices_of_table(columns, rows)

The columns of a field stand together, so that a value is judged where it stands: `HTL_stack_sequence`,
`HTL_stack_sequence confidence`, `… source`, `… evidence`. All text cells hold what the field says; an empty one,
nothing. What was predicted of the performance is named so, and what was measured.
"""

import sys
from collections.abc import Sequence

from masterkey.formats.devices import Device, numbered
from masterkey.formats.numbers import number_of
from masterkey.schema import fields as schema
from masterkey.schema.spreadsheet_values import decimal_points
from masterkey.scripting.command_line import UserError

ID, TASK = "id", "task"
ABOUT = ("id", "task", "role", "name", "doi", "title", "year", "method", "reviewed")
CONFIDENCE, SOURCE, EVIDENCE = "confidence", "source", "evidence"
_UNITS = {"Voc": " [V]", "Jsc": " [mA/cm2]", "FF": "", "PCE": " [%]"}
PREDICTED = {name: f"predicted {name}{unit}" for name, unit in _UNITS.items()}
LOW = {name: f"predicted {name} low{unit}" for name, unit in _UNITS.items()}
HIGH = {name: f"predicted {name} high{unit}" for name, unit in _UNITS.items()}
MEASURED = {name: f"measured {name}{unit}" for name, unit in _UNITS.items()}

Cell = str | float | int | None


def is_number_column(name: str) -> bool:
    """Whether a column holds numbers alone."""
    targets = (*PREDICTED.values(), *LOW.values(), *HIGH.values(), *MEASURED.values())
    return name == "year" or name.endswith(f" {CONFIDENCE}") or name in targets


def table_of(devices: Sequence[Device]) -> tuple[list[str], list[list[Cell]]]:
    """(the columns' names, the rows): text, numbers, and None for empty cells."""
    columns = list(ABOUT)
    for name in schema.SII_FIELDS:
        columns += [name, *(f"{name} {what}" for what in (CONFIDENCE, SOURCE, EVIDENCE))]
    for names in (PREDICTED, LOW, HIGH, MEASURED):
        columns += names.values()
    return columns, [_row(device) for device in devices]


def _row(device: Device) -> list[Cell]:
    row: list[Cell] = [
        *(device.id, device.task, device.role, device.name, device.doi, device.title),
        *(device.year, device.method, "TRUE" if device.reviewed else "FALSE"),
    ]
    for name in schema.SII_FIELDS:
        row += [
            device.fields.get(name),
            number_of(device.confidence.get(name)),
            device.source.get(name),
            device.quotes.get(name),
        ]
    ends = [device.interval.get(name) or [None, None] for name in schema.MDP_TARGETS]
    row += [number_of(device.predicted.get(name)) for name in schema.MDP_TARGETS]
    row += [number_of(low) for low, _ in ends] + [number_of(high) for _, high in ends]
    return row + [number_of(device.measured.get(name)) for name in schema.MDP_TARGETS]


def devices_of_table(columns: Sequence[str], rows: Sequence[Sequence], path: str) -> list[Device]:
    """The devices of a table. Raises `UserError` where it has none of the columns of fields."""
    if not any(name in columns for name in schema.SII_FIELDS):
        raise UserError(
            f"{path}: has no column {schema.SII_FIELDS[0]} or another of the 31 fields; give a table "
            "that infer.py or convert_records.py wrote."
        )
    cells = [dict(zip(columns, row, strict=False)) for row in rows]
    cells = [row for row in cells if any(_text(value) for value in row.values())]
    _count_commas(cells, path)
    ids = [_text(row.get(ID)) or str(number) for number, row in enumerate(cells)]
    return [_device(row, *own) for row, own in zip(cells, numbered(ids), strict=True)]


def _device(row: dict, paper: str, number: int) -> Device:
    def of_fields(what: str, read) -> dict:
        read_values = {name: read(row.get(f"{name} {what}")) for name in schema.SII_FIELDS}
        return {name: value for name, value in read_values.items() if value not in (None, "")}

    def of_targets(columns: dict[str, str]) -> dict:
        values = {name: _target(row.get(column)) for name, column in columns.items()}
        return values if any(value is not None for value in values.values()) else {}

    low, high = of_targets(LOW), of_targets(HIGH)
    about = {name: _text(row.get(name)) for name in ("role", "name", "doi", "title", "method")}
    year = _text(row.get("year"))
    return Device(
        paper,
        number,
        # A cell that was left empty is a field without a value, as the line had it.
        {name: _text(row[name]) for name in schema.SII_FIELDS if name in row},
        task=_text(row.get(TASK)) or "sii",
        confidence=of_fields(CONFIDENCE, number_of),
        source=of_fields(SOURCE, _text),
        quotes=of_fields(EVIDENCE, _text),
        year=int(year) if year.isdigit() else None,
        predicted=of_targets(PREDICTED),
        interval={name: [low[name], high[name]] for name in low if low[name] is not None and high},
        measured=of_targets(MEASURED),
        reviewed=_text(row.get("reviewed")).upper() == "TRUE",
        **about,
    )


def _target(value) -> float | None:
    """A number of a performance column, which a spreadsheet of another language writes as 17,5."""
    return number_of(_with_point(value))


def _with_point(value: Cell) -> Cell:
    # Voc, Jsc, FF and PCE are below 1,000: a comma in them parts no thousands.
    return decimal_points(value, thousands_possible=False) if isinstance(value, str) else value


def _count_commas(cells: list[dict], path: str) -> None:
    """Say how many measured values were read with a decimal comma, if any were."""
    values = [row.get(column) for row in cells for column in MEASURED.values()]
    n = sum(_with_point(value) != value for value in values if isinstance(value, str))
    if n:
        print(
            f"note: {path}: decimal commas of measured values read as points: {n}.", file=sys.stderr
        )


def _text(value) -> str:
    """A cell as text: spreadsheets give 2020 for 2020.0 and True for TRUE."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return "" if value != value else f"{value:.12g}"
    return "" if value is None else str(value)

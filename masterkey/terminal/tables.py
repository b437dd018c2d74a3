"""Device schemas and predicted performance as tables for a terminal.

Nothing is said by colour alone: low confidence is spelled out, and quoted values stand in «».
"""

import sys

from rich.box import HORIZONTALS
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from masterkey.regressor import unread
from masterkey.regressor.conformal import LEVEL
from masterkey.rows.clean_text import CleanText, clean
from masterkey.rows.cleaned_rows import DEDUCED, DEFAULT
from masterkey.schema import fields as schema
from masterkey.schema.targets import DECIMALS
from masterkey.schema.values import BOOLEAN_FIELDS
from masterkey.terminal import neighbours
from masterkey.terminal.quotations import printable, quote

LOW_CONFIDENCE = 0.5  # more likely wrong than right, as the method itself believes
WIDTH = 100
NARROW, WIDEST = 96, 140
LONGEST_VALUE = 200
LONGEST_NAME = 60
FIELD_WIDTH = 28  # "  Backcontact stack sequence"

# `Module` belongs to none of the published groups.
_GROUPS = {
    "Materials": schema.GROUPS["materials"],
    "Deposition": schema.GROUPS["deposition"],
    "Stability": schema.GROUPS["stability"],
    "Cell": (*schema.GROUPS["cell"], "Module"),
}
# Units of the database (data/README.md).
_UNITS = {
    schema.ANNEALING_TEMPERATURE: "°C",
    schema.ANNEALING_TIME: "min",
    "Stability_temperature_range": "°C",
    "Stability_time_total_exposure": "h",
    "Stability_PCE_initial_value": "%",
    "Stability_PCE_end_of_experiment": "% of initial",
    "Cell_area_measured": "cm²",
    "Cell_semitransparent_wavelength_range": "nm",
}


def open_console(file=None) -> Console:
    """A console on `file` (by default stdout): 100 columns and no colours where it is no terminal."""
    file = file or sys.stdout
    if not file.isatty():
        return Console(file=file, width=WIDTH, highlight=False, color_system=None)
    width = min(Console(file=file).width, WIDEST)
    return Console(file=file, width=width, highlight=False)


def print_schema(console: Console, line: dict, *, title: str, all_fields: bool) -> None:
    """The device schema of an SII prediction line (masterkey/rows/predictions.py), with its evidence."""
    fields, confidence = line["fields"], line.get("confidence")
    text, source = clean(line["input"]), line.get("source", {})
    shown = {field: all_fields or schema.is_reported(value) for field, value in fields.items()}
    table = _schema_columns(with_confidence=bool(confidence), narrow=console.width < NARROW)
    for group, names in _GROUPS.items():
        rows = [name for name in names if shown.get(name)]
        if rows:
            table.add_section()
            table.add_row(Text(group, style="bold"))
        for name in rows:
            cells = [Padding(Text(label(name)), (0, 0, 0, 2)), _shortened(fields[name])]
            if confidence:
                cells.append(_confidence(confidence[name]))
            told = _places(line.get("evidence", {}).get(name), text)
            table.add_row(*cells, _evidence(name, fields[name], text.text, source.get(name), told))
    console.print(Text(title, style="bold"))
    console.print(table)
    console.print(_summary(fields, confidence, source, all_fields))


def print_devices(console: Console, devices: list[dict]) -> None:
    """Side by side, the fields in which the devices of a paper differ; nothing where there is one device."""
    values = {field: [_said(device, field) for device in devices] for field in schema.SII_FIELDS}
    differing = [field for field, own in values.items() if len(set(own)) > 1]
    if not differing:
        return
    table = Table(box=HORIZONTALS, pad_edge=False, header_style="", expand=True)
    table.add_column("field", width=18 if console.width < NARROW else FIELD_WIDTH)
    for device in devices:
        head = Text(device["role"], style="bold")
        if device["name"]:
            head.append(f"\n{printable(device['name'])[:LONGEST_NAME]}", "not bold dim")
        table.add_column(head, ratio=1, overflow="fold")
    for field in differing:
        cells = (_shortened(value) if value else Text("–") for value in values[field])
        table.add_row(label(field), *cells)
    console.print(Text(f"{len(devices)} devices, and where they differ", style="bold"))
    console.print(table)


def _said(device: dict, field: str) -> str:
    """A device's value, "" where it says nothing."""
    value = device["fields"].get(field, "")
    return value if schema.is_reported(value) else ""


def print_performance(console: Console, line: dict, *, title: str) -> None:
    """Voc, Jsc, FF and PCE of an MDP prediction line, beside what the nearest recipes measured."""
    # A language model's confidence is not shown: it is the probability of these very digits.
    targets, novelty = line["fields"], line.get("novelty")
    table = Table("", box=HORIZONTALS, pad_edge=False, header_style="")
    table.add_column("predicted", justify="right")
    table.add_column("")
    stated = "interval" in line
    if stated:
        # A line of forests_and_kernel does not say its level; it is this one.
        table.add_column(f"{line.get('interval_level', LEVEL) * 100:g} % interval")
    for head in neighbours.heads(novelty) if novelty else ():
        table.add_column(head, justify="right")
    for name in schema.MDP_TARGETS:
        cells = [name, _number(name, targets[name]), schema.TARGET_UNITS[name]]
        if stated:
            cells.append(_interval(name, line["interval"]))
        table.add_row(*cells, *(neighbours.measured(novelty, name) if novelty else ()))
    console.print(Text(title, style="bold"))
    console.print(table)
    if reason := line.get("no_interval"):
        console.print(Text(f"No interval{' for some' if line.get('interval') else ''}: {reason}."))
    neighbours.print_neighbours(console, line, label)
    if None not in (targets["Voc"], targets["Jsc"], targets["FF"]):
        product = targets["Voc"] * targets["Jsc"] * targets["FF"]
        console.print(f"Voc × Jsc × FF = {_number('PCE', product)} %{_unlawful(line.get('law'))}")
    if told := unread.sentence(line, schema.parse_mdp_input(line.get("input", ""))):
        console.print(Text(printable(f"Of this device: {told}.")))


def _unlawful(law: dict | None) -> str:
    """What contradicts physics in a language model's answer, which nobody mends."""
    told = []
    if law and not law["holds"]:
        told.append("which is not its PCE: the numbers contradict each other")
    if law and law["beyond_limits"]:
        told.append(
            f"no cell of this composition can have this {' and '.join(law['beyond_limits'])}"
        )
    return f", {'; '.join(told)}" if told else ""


def _interval(name: str, interval: dict | None) -> str:
    """The ends of a target's interval; "none" outside of what was learned."""
    if interval is None or interval[name] is None:
        return "none"
    low, high = interval[name]
    return f"{_number(name, low)} to {_number(name, high)}"


def label(field: str) -> str:
    """A field's name for a reader, with its unit, without what its group's heading says."""
    name = field.removeprefix("Stability_").removeprefix("Cell_").replace("_deposition_", "_")
    name = name.replace("_", " ")
    unit = f" [{_UNITS[field]}]" if field in _UNITS else ""
    return name[0].upper() + name[1:] + unit


def _schema_columns(*, with_confidence: bool, narrow: bool) -> Table:
    table = Table(box=HORIZONTALS, pad_edge=False, header_style="", expand=True)
    table.add_column("field", width=18 if narrow else FIELD_WIDTH)
    table.add_column("value", ratio=3, min_width=14, overflow="fold")
    if with_confidence:
        table.add_column("confidence", no_wrap=True)
    table.add_column("evidence in the text", ratio=5, overflow="fold")
    return table


def _confidence(probability: float) -> Text:
    if probability < LOW_CONFIDENCE:
        # 0.497 is not to be shown as "0.50 low".
        return Text(f"{int(probability * 100) / 100:.2f} low", style="yellow")
    return Text(f"{probability:.2f}")


def _places(evidence: dict | None, text: CleanText) -> list[tuple[int, int]]:
    """The places of a field's evidence, which a line has in the text as it was given, in the clean text."""
    spans = [span for part in (evidence or {}).values() for span in part or ()]
    return [text.span_of(*span) for span in spans]


def _evidence(
    field: str, value: str, text: str, source: str | None, told: list[tuple[int, int]]
) -> Text:
    if not schema.is_reported(value):
        return Text("–")
    if source == DEFAULT:
        return Text("the text does not say; usual in the database", style="dim")
    if field in BOOLEAN_FIELDS and not (source and told):
        return Text("yes or no: not searched", style="dim")
    if source == DEDUCED and not told:
        return Text("deduced from the other values", style="dim")
    quotation = quote(field, value, text, told=told if source else ())
    cell = Text("deduced: " if source == DEDUCED else "", style="dim")
    if quotation.lacks_unit:
        cell.append("without its unit: ", "dim")
    for piece, is_value in quotation.pieces:
        cell.append(f"«{piece}»" if is_value else piece, style="bold green" if is_value else "")
    if quotation.lacking:
        cell.append(f"; the text lacks {', '.join(quotation.lacking)}", "dim")
    if quotation.missing:
        names = ", ".join(quotation.missing) if quotation.pieces else ""
        cell.append(f"{'; ' if names else ''}not in the text{': ' if names else ''}{names}", "dim")
    return cell


def _shortened(value: str) -> Text:
    value = printable(value)
    return Text(value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…")


def _number(name: str, number: float | None) -> str:
    return "not a number" if number is None else f"{number:.{DECIMALS[name].shown}f}"


def _summary(fields: dict, confidence: dict | None, source: dict, all_fields: bool) -> Text:
    reported = [field for field, value in fields.items() if schema.is_reported(value)]
    text = f"{len(reported)} of {len(fields)} fields have a value"
    if not all_fields and len(reported) < len(fields):
        text += " (--all_fields: all)"
    n_defaults = sum(source.get(field) == DEFAULT for field in reported)
    text += f", {n_defaults} of them not stated in the text" if n_defaults else ""
    if confidence:
        n_low = sum(confidence[field] < LOW_CONFIDENCE for field in reported)
        text += f", {n_low} of them with a confidence below {LOW_CONFIDENCE}" if n_low else ""
    return Text(f"{text}.", style="dim")

"""Devices and prediction lines read from any of the formats, by what a path is.

lines = read_lines("runs/papers.xlsx")
lines = read_lines("runs/archives")       # a folder of *.archive.json, or of PERLA's JSON
"""

from collections.abc import Iterable
from pathlib import Path

from masterkey.formats.archives import ENDING, SIDE_ENDING, read_archives
from masterkey.formats.devices import Device, lines_of
from masterkey.formats.perla import read_papers
from masterkey.formats.spreadsheet import read_xlsx
from masterkey.formats.table_files import read_csv, read_parquet
from masterkey.formats.tables import MEASURED, devices_of_table
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

TABLES = {".csv": read_csv, ".xlsx": read_xlsx, ".parquet": read_parquet}
_LOOKED_AT = 4096  # characters of a JSON file that say what it is


def is_foreign(path: str | Path) -> bool:
    """Whether a path is of one of the formats here, and no file of rows or prediction lines."""
    path = Path(path)
    if path.is_dir() or path.suffix.lower() in TABLES or path.name.endswith(ENDING):
        return True
    return path.suffix.lower() == ".json" and path.is_file() and _is_perla(path)


def _is_perla(path: Path) -> bool:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(_LOOKED_AT).lstrip("\ufeff \t\r\n{").startswith('"cells"')


def read_lines(path: str | Path) -> list[dict]:
    """One prediction line a paper. Raises `UserError` where the path holds no device."""
    return lines_of(read_devices(path))


def read_devices(path: str | Path) -> list[Device]:
    """The devices of a file or folder. Raises `UserError` where there is none."""
    path = Path(path)
    if reader := TABLES.get(path.suffix.lower()):
        return devices_of_table(*reader(path), str(path))
    if path.is_dir():
        return _of_folder(path)
    if path.name.endswith(ENDING):
        return read_archives([path])
    return read_papers([path])


def _of_folder(folder: Path) -> list[Device]:
    archives = sorted(folder.rglob(f"*{ENDING}"))
    papers = [
        path
        for path in sorted(folder.rglob("*.json"))
        if not path.name.endswith((ENDING, SIDE_ENDING)) and _is_perla(path)
    ]
    if archives and papers:
        raise UserError(
            f"{folder}: holds archives of NOMAD and files of PERLA ({papers[0].name}); give one kind a folder."
        )
    if not archives and not papers:
        raise UserError(
            f"{folder}: is a folder with neither *{ENDING} of NOMAD nor PERLA's JSON in it; name a file."
        )
    return read_archives(archives) if archives else read_papers(papers)


def read_row_values(path: str | Path, task: str | None, *, measured: bool = False) -> list[dict]:
    """Rows of a data file from the devices of a path: `input` and `output` as the published files have them.

    mdp: 19 fields and what was measured, of devices with a measured PCE; with `measured` all must have
    one, else `UserError`. sii: the paper's text (a file NAME.txt beside NAME.archive.json) and 31 fields;
    "" where the text is not there.
    """
    devices = read_devices(path)
    if task == "mdp":
        if measured:
            _require_measured(devices, path)
        return [_mdp_row(device) for device in devices]
    return [_sii_row(device) for device in devices if device.number == 1]


def _require_measured(devices: list[Device], path: str | Path) -> None:
    without = [device.id for device in devices if device.measured.get("PCE") is None]
    if not without:
        return
    if len(without) < len(devices):
        raise UserError(
            f"{path}: {len(without)} of {len(devices)} devices have no measured PCE (first: {without[0]!r}); "
            "fill it in, or leave these devices out."
        )
    unknown = [
        name for name in MEASURED if all(device.measured.get(name) is None for device in devices)
    ]
    is_table = Path(path).suffix.lower() in TABLES
    what = places_of_measured(unknown) if is_table else f"measured {', '.join(unknown)}"
    raise UserError(
        f"{path}: has no {what}, so there is nothing to score against or to learn from; "
        f"{'add these columns' if is_table else 'add it'}, or give a file that has what was measured."
    )


def places_of_measured(names: Iterable[str] = tuple(MEASURED)) -> str:
    """The columns of a table for what was measured: "'measured Voc [V]', 'measured FF'"."""
    return ", ".join(repr(MEASURED[name]) for name in names)


def _about(device: Device) -> dict:
    year = {} if device.year is None else {"year": device.year}
    return {"id": device.id, "doi": device.doi, **year}


def _sii_row(device: Device) -> dict:
    complete = dict.fromkeys(schema.SII_FIELDS, "") | device.fields
    return _about(device) | {
        "instruction": schema.SII_INSTRUCTION,
        "input": device.text,
        "output": schema.format_sii_answer(complete, markers=True),
    }


def _mdp_row(device: Device) -> dict:
    complete = dict.fromkeys(schema.SII_FIELDS, "") | device.fields
    row = _about(device) | {
        "instruction": schema.MDP_INSTRUCTION,
        "input": schema.format_mdp_input(complete, markers=True),
    }
    if device.measured.get("PCE") is None:
        return row
    targets = {
        name: "" if device.measured.get(name) is None else f"{device.measured[name]:.6g}"
        for name in schema.MDP_TARGETS
    }
    return row | {"output": schema.format_mdp_answer(targets, markers=True)}

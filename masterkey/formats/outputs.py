"""Prediction lines written in the format that a file's ending, or a name, asks for.

    sentences = write(lines, "runs/papers.xlsx")
    sentences = write(lines, "runs/papers", format="nomad", omit_defaults=True)

docs/formats.md has the table of what each format loses, field by field.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from masterkey.formats import archives, nomad, nomad_llm, perla
from masterkey.formats.devices import Device, devices_of
from masterkey.formats.spreadsheet import write_xlsx
from masterkey.formats.table_files import write_csv, write_parquet
from masterkey.formats.tables import table_of
from masterkey.schema.values import parse_value
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import atomic_write, valid_text
from masterkey.scripting.new_folder import check_free

JSONL, NOMAD, NOMAD_LLM, PERLA = ".jsonl", "nomad", "nomad-llm", "perla"
TABLES: dict[str, Callable] = {".csv": write_csv, ".xlsx": write_xlsx, ".parquet": write_parquet}
FORMATS = (NOMAD, NOMAD_LLM, PERLA)
_SHOWN = 3  # values of a sentence


def write(
    lines: list[dict], path: str | Path, format: str | None = None, omit_defaults: bool = False
) -> list[str]:
    """Write the lines of a prediction file to `path`; returns sentences on what was dropped.

    Without `format` the ending decides: .jsonl, .csv, .xlsx, .parquet. `nomad` and `nomad-llm` make `path` a
    folder of archives, `perla` one of a JSON file a paper. `omit_defaults` leaves out values
    that no text states (`source` says `default`). Raises `UserError` for what cannot be written.
    """
    path = Path(path)
    kind = kind_of(path, format)
    if kind == JSONL:
        return _write_jsonl(lines, path, omit_defaults)
    devices = devices_of(lines, omit_defaults=omit_defaults)
    if kind in TABLES:
        return [*TABLES[kind](*table_of(devices), path), *_not_in_tables(lines)]
    if kind == PERLA:
        return _write_perla(devices, path)
    return _write_nomad(devices, path, nomad if kind == NOMAD else nomad_llm)


def _write_perla(devices: Sequence[Device], folder: Path) -> list[str]:
    perla.write_papers(devices, folder)
    back = [perla.device_of(perla.cell_of(d), d.paper, d.number, d.doi) for d in devices]
    told = [*_lost(devices, back, "PERLA's JSON"), *_predictions(devices, "have no place there")]
    if any(device.confidence or device.evidence for device in devices):
        told.append("PERLA's JSON has no place for confidence, source and evidence")
    return [*told, *_texts(devices)]


def _write_nomad(devices: Sequence[Device], folder: Path, form) -> list[str]:
    archives.write_archives(devices, folder, form)
    back = [form.device_of(form.archive_of(device), device.id) for device in devices]
    told = _lost(devices, back, f"NOMAD's {form.DEFINITION.rpartition('.')[2]}")
    where = "stand in *.evidence.json alone: in an archive they would pass as measured"
    told += [*_predictions(devices, where), *_texts(devices)]
    return [*told, nomad_llm.WARNING] if form is nomad_llm else told


def _texts(devices: Sequence[Device]) -> list[str]:
    read = any(device.text for device in devices)
    return ["the papers' texts stay in .jsonl files; they are not yours to publish"] if read else []


def kind_of(path: Path, format: str | None) -> str:
    """The format that is asked for. Raises `UserError` for an unknown one, and a folder that is not free.

    Call it before hours of reading.
    """
    if format is not None:
        if format not in FORMATS:
            raise UserError(f"--format {format}: give one of {', '.join(FORMATS)}.")
        check_free(path)
        return format
    ending = path.suffix.lower()
    if ending == JSONL or ending in TABLES:
        if path.is_dir():
            raise UserError(f"{path}: is a folder; name a file that can be written.")
        return ending
    endings = ", ".join((JSONL, *TABLES))
    raise UserError(
        f"{path}: its ending names no format; give one of {endings}, or --format {' or '.join(FORMATS)}."
    )


def _write_jsonl(lines: list[dict], path: Path, omit_defaults: bool) -> list[str]:
    if omit_defaults:
        lines = [_line_without_defaults(line) for line in lines]
    with atomic_write(path) as file:
        for line in lines:
            file.write(valid_text(json.dumps(line, ensure_ascii=False)) + "\n")
    return []


def _line_without_defaults(line: dict) -> dict:
    def kept(entry: dict) -> dict:
        source = entry.get("source")
        if not isinstance(source, dict) or not isinstance(entry.get("fields"), dict):
            return entry
        stated = {k: v for k, v in entry["fields"].items() if source.get(k) != "default"}
        return entry | {"fields": stated}

    line = kept(line)
    if isinstance(line.get("devices"), list):
        line = line | {"devices": [kept(entry) for entry in line["devices"]]}
    return line


def _not_in_tables(lines: Sequence[dict]) -> list[str]:
    told = []
    if any(line.get("input") for line in lines if line.get("task") != "mdp"):
        told.append("the papers' texts and the places of the evidence in them stay in .jsonl files")
    if any(line.get("reference_fields") for line in lines if line.get("task") != "mdp"):
        told.append("the answers that predictions are scored against stay in .jsonl files")
    return told


def _predictions(devices: Sequence[Device], where: str) -> list[str]:
    predicted = any(device.predicted for device in devices)
    return [f"predicted Voc, Jsc, FF and PCE {where}"] if predicted else []


def _lost(devices: Sequence[Device], back: Sequence[Device], what: str) -> list[str]:
    """A sentence for each field whose value is another one when it is read back, with the first values."""
    lost: dict[str, Counter] = {}
    for device, read in zip(devices, back, strict=True):
        for name, value in device.fields.items():
            if parse_value(name, value) != parse_value(name, read.fields.get(name, "")):
                lost.setdefault(name, Counter())[value] += 1
    told = _not_of_papers(devices, back, what)
    for name, values in lost.items():
        shown = ", ".join(repr(value) for value, _ in values.most_common(_SHOWN))
        more = " …" if len(values) > _SHOWN else ""
        told.append(f"{what} does not hold {name} of {values.total()} devices ({shown}{more})")
    return told


def _not_of_papers(devices: Sequence[Device], back: Sequence[Device], what: str) -> list[str]:
    """A sentence for the title and one for the year, where a paper that has one comes back without it."""
    told = []
    for name in ("title", "year"):
        papers = {
            device.paper
            for device, read in zip(devices, back, strict=True)
            if getattr(device, name) and getattr(device, name) != getattr(read, name)
        }
        if papers:
            s = "" if len(papers) == 1 else "s"
            told.append(f"{what} has no place for the {name} of {len(papers)} paper{s}")
    return told

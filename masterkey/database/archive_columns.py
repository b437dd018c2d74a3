"""NOMAD's archives (a file, or a folder of *.archive.json) as the columns of the Perovskite Database's export.

Both classes are read: the classic one by its quantities, that for language models by its layers and steps,
whose durations are seconds and come as minutes. Of a classic archive that the plug-in converted from the other
class, masterkey/database/export.py turns the seconds into minutes, as in a table of such archives.
"""

from pathlib import Path

from masterkey.database.export_file import (
    DATE,
    DOI,
    ENTERED_BY,
    METHOD,
    NEEDED,
    OPTIONAL_COLUMNS,
    TARGET_COLUMNS,
    USED_COLUMNS,
    ExportFile,
    nomad_name,
)
from masterkey.formats import nomad, nomad_llm
from masterkey.formats.archives import ENDING
from masterkey.formats.llm_records import WRITER
from masterkey.formats.numbers import as_text
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json

ARCHIVES = "archives"
_OF_ARCHIVES = (*USED_COLUMNS, *OPTIONAL_COLUMNS)


def is_archives(path: str | Path) -> bool:
    return Path(path).is_dir() or str(path).endswith(ENDING)


def read_archive_columns(path: str | Path) -> tuple[ExportFile, dict]:
    """(what was read, {name: pyarrow.DictionaryArray [n_archives]}), as of a CSV file.

    Raises `UserError` where there is no archive, one of another class, or a needed column in none of them.
    """
    import pyarrow

    path = Path(path)
    files = sorted(path.rglob(f"*{ENDING}")) if path.is_dir() else [path]
    if not files:
        raise UserError(
            f"{path}: holds no *{ENDING}; name a CSV file, or a folder of NOMAD's archives."
        )
    rows = [_row(file) for file in files]
    present = [name for name in _OF_ARCHIVES if any(row.get(name) for row in rows)]
    if missing := [nomad_name(name) for name in NEEDED if name not in present]:
        raise UserError(
            f"{path}: none of its {len(rows)} archives has {', '.join(missing)}; MDP rows need what was measured."
        )
    columns = {
        name: pyarrow.array([row.get(name, "") for row in rows]).dictionary_encode()
        for name in present
    }
    names = {name: nomad_name(name) for name in present}
    absent = [name for name in USED_COLUMNS if name not in present]
    return ExportFile(path, list(names.values()), ARCHIVES, True, names, absent), columns


def _row(file: Path) -> dict[str, str]:
    archive = read_json(file)
    data = archive.get("data") if isinstance(archive, dict) else None
    if isinstance(data, dict) and nomad.is_classic(data):
        return _row_of_classic(data)
    if isinstance(data, dict) and nomad_llm.is_llm_class(data):
        return _row_of_llm(archive, file)
    raise UserError(f"{file}: is no archive of a perovskite solar cell; move it elsewhere.")


def _row_of_classic(data: dict) -> dict[str, str]:
    row = {}
    for name in _OF_ARCHIVES:
        section, quantity = nomad.place_of(name)
        row[name] = as_text((data.get(section) or {}).get(quantity))
    return row


def _row_of_llm(archive: dict, file: Path) -> dict[str, str]:
    device = nomad_llm.device_of(archive, file.name)
    targets = {column: as_text(device.measured.get(n)) for n, column in TARGET_COLUMNS.items()}
    about = {
        DOI: device.doi,
        DATE: str(archive["data"].get("publication_date") or ""),
        METHOD: nomad.BY_MODEL,
        # Its times are minutes already.
        ENTERED_BY: f"{WRITER}, from the form for language models",
    }
    return device.fields | targets | about

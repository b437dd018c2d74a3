"""The development part of PERLA's package `perla-extract` (MIT): device records of people and of models.

Read from the installed package without running it. Only the 10 papers (35 devices) of its development
part are opened, in the ground truth and in the extractions alike: the test part is left alone. A device
becomes the SII fields that both forms have; names stay as in the papers.
"""

import importlib.util
import json
from pathlib import Path

from masterkey.formats.devices import Device
from masterkey.formats.perla import device_of
from masterkey.schema.fields import MDP_TARGETS
from masterkey.scripting.command_line import UserError

PACKAGE = "perla_extract"
VERSION = "0.0.6"
INSTALL = f"pip install --no-deps perla-extract=={VERSION}"
PEOPLE, CONSENSUS = "humans", "Consensus"

Cells = list[dict]


def package_folder(source: Path | None = None) -> Path:
    """The folder of the package: installed, or in the folder `source`. Raises `UserError` without one."""
    if source is not None:
        folder = Path(source) / PACKAGE
    else:
        found = importlib.util.find_spec(PACKAGE)
        folder = Path(found.submodule_search_locations[0]) if found else Path(PACKAGE)
    if not (folder / "data" / "ground_truth" / "dev").is_dir():
        where = f"--source {source}: holds no" if source else "there is no installed"
        raise UserError(
            f"{where} package {PACKAGE} with PERLA's records; {INSTALL} brings it (0.8 MB)."
        )
    return folder


def development_truth(folder: Path) -> dict[str, Cells]:
    """The devices of each paper of the development part, by the name of its file."""
    files = sorted((folder / "data" / "ground_truth" / "dev").glob("*.json"))
    return {path.stem: read_cells(path) for path in files}


def extractions(folder: Path, papers: list[str]) -> dict[str, dict[str, list[Cells]]]:
    """Of each model what it read of each of `papers`: one list of devices.

    Under `PEOPLE` are those of all persons who read the paper alone, under `CONSENSUS` that of them all.
    """
    root = folder / "data" / "extractions"
    models = sorted(path for path in root.iterdir() if path.is_dir() and path.name != PEOPLE)
    read = {
        model.name: {name: [_cells_or_none(model, name)] for name in papers} for model in models
    }
    people = sorted(path for path in (root / PEOPLE).glob("*") if path.is_dir())
    alone = [person for person in people if person.name != CONSENSUS]
    read[PEOPLE] = {
        name: [
            _cells_or_none(person, name) for person in alone if (person / f"{name}.json").exists()
        ]
        for name in papers
    }
    read[CONSENSUS] = {name: [_cells_or_none(root / PEOPLE / CONSENSUS, name)] for name in papers}
    return {name: own for name, own in read.items() if any(own.values())}


def _cells_or_none(folder: Path, name: str) -> Cells:
    path = folder / f"{name}.json"
    return read_cells(path) if path.exists() else []


def read_cells(path: Path) -> Cells:
    """The devices of a file of PERLA; none where it holds none (an extraction that failed)."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as PERLA's JSON ({error}); {INSTALL}.") from None
    cells = content.get("cells") if isinstance(content, dict) else None
    return [cell for cell in cells or [] if isinstance(cell, dict)]


# --- one device ------------------------------------------------------------------------------------


def fields_of(cell: dict) -> dict[str, str]:
    """The SII fields that a device states, as masterkey/formats/perla.py reads them; the others are left out."""
    return {name: value for name, value in _device(cell).fields.items() if value}


def targets_of(cell: dict) -> dict[str, float | None]:
    """Voc [V], Jsc [mA/cm²], FF and PCE [%] as the package has them, FF as a fraction; None where not."""
    measured = _device(cell).measured
    # PERLA's scorer takes {"value", "unit"} alone, so a text such as "1.1 V" is none here, either.
    return {
        name: measured.get(name) if isinstance(cell.get(name.lower()), dict) else None
        for name in MDP_TARGETS
    }


def _device(cell: dict) -> Device:
    return device_of(cell, paper="", number=1, doi="")

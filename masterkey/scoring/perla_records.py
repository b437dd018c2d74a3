"""The development part of PERLA's package `perla-extract` (MIT): device records of people and of models.

Read from the installed package without running it. Only the 10 papers (35 devices) of its development
part are opened, in the ground truth and in the extractions alike: the test part is left alone. A device
becomes the SII fields that both forms have; names stay as in the papers.
"""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

from masterkey.schema import fields as schema
from masterkey.schema.fields import MDP_TARGETS
from masterkey.scripting.command_line import UserError

PACKAGE = "perla_extract"
VERSION = "0.0.6"
INSTALL = f"pip install --no-deps perla-extract=={VERSION}"
PEOPLE, CONSENSUS = "humans", "Consensus"

_PARTS = {"Electron-transport": "ETL", "Hole-transport": "HTL", "Contact": "Backcontact"}
_HOURS = {"h": 1.0, "hours": 1.0, "min": 1 / 60, "s": 1 / 3600, "d": 24.0, "days": 24.0}
_CM2 = {"cm^2": 1.0, "cm2": 1.0, "mm^2": 0.01, "mm2": 0.01}

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
    """The SII fields that a device states, those that both forms have; the others are left out."""
    layers = [layer for layer in cell.get("layers") or [] if isinstance(layer, dict)]
    found = dict(_layer_fields(layers))
    composition = cell.get("perovskite_composition") or {}
    found[schema.LONG_FORM] = composition.get("formula")
    found["Perovskite_additives_compounds"] = "; ".join(_names(composition.get("additives")))
    if cell.get("device_architecture") in ("nip", "pin"):
        found["Cell_architecture"] = cell["device_architecture"]
    found["Cell_area_measured"] = _number_text(cell.get("active_area"), _CM2)
    found |= _stability(cell.get("stability"))
    return {
        name: str(found[name]) for name in schema.SII_FIELDS if found.get(name) not in (None, "")
    }


def targets_of(cell: dict) -> dict[str, float | None]:
    """Voc [V], Jsc [mA/cm²], FF and PCE [%] as the package has them, FF as a fraction; None where not."""
    found = {name: _number(cell.get(name.lower()), {}) for name in MDP_TARGETS}
    if found["FF"] is not None and found["FF"] > 1:
        found["FF"] /= 100
    return found


def _layer_fields(layers: list[dict]) -> Iterator[tuple[str, str]]:
    substrates = [_text(own.get("name")) for own in layers if _is(own, "Substrate")]
    yield "Substrate_stack_sequence", " | ".join(filter(None, substrates))
    for functionality, part in _PARTS.items():
        own = [layer for layer in layers if _is(layer, functionality) and _text(layer.get("name"))]
        if functionality == "Contact" and len(own) > 1:  # the front contact comes first
            own = own[1:]
        yield f"{part}_stack_sequence", " | ".join(_text(layer["name"]) for layer in own)
        procedures = [" >> ".join(_methods(layer)) for layer in own]
        if all(procedures):
            yield f"{part}_deposition_procedure", " | ".join(procedures)
    for layer in layers:
        if _is(layer, "Absorber"):
            yield from _perovskite(layer)


def _is(layer: dict, functionality: str) -> bool:
    return layer.get("functionality") == functionality


def _perovskite(layer: dict) -> Iterator[tuple[str, str]]:
    steps = _steps(layer)
    heated = [step for step in steps if "anneal" in _step_words(step)]
    solvents = [_solvents(step) for step in steps]
    yield "Perovskite_deposition_procedure", " >> ".join(_methods(layer))
    yield "Perovskite_deposition_solvents", " >> ".join(filter(None, solvents))
    temperatures = (_number_text(step.get("temperature"), {}) for step in heated)
    yield schema.ANNEALING_TEMPERATURE, "; ".join(filter(None, temperatures))
    # Steps are timed in seconds, the database in minutes.
    times = (_number_text(step.get("duration"), {"s": 1 / 60, "min": 1.0}) for step in heated)
    yield schema.ANNEALING_TIME, "; ".join(filter(None, times))


def _steps(layer: dict) -> list[dict]:
    return [step for step in layer.get("deposition") or [] if isinstance(step, dict)]


def _methods(layer: dict) -> list[str]:
    """The methods of a layer's steps, without heating, drying and antisolvents."""
    return [
        method
        for step in _steps(layer)
        if (method := _text(step.get("method")))
        and not any(word in _step_words(step) for word in ("anneal", "antisolvent", "dry", "heat"))
    ]


def _step_words(step: dict) -> str:
    return f"{_text(step.get('step_name'))} {_text(step.get('method'))}".lower()


def _solvents(step: dict) -> str:
    solution = step.get("solution")
    solvents = solution.get("solvents") if isinstance(solution, dict) else None
    named = [_text(own.get("name")) for own in solvents or [] if isinstance(own, dict)]
    return "; ".join(filter(None, named))


def _names(additives) -> list[str]:
    listed = additives if isinstance(additives, list) else [additives]
    named = [_text(own.get("abbreviation")) for own in listed if isinstance(own, dict)]
    return list(filter(None, named))


def _stability(stability) -> dict[str, str | None]:
    """Whether a test is told, for how many hours, and at which temperature."""
    if not isinstance(stability, dict) or not any(_states(value) for value in stability.values()):
        return {}
    return {
        "Stability_measured": "TRUE",
        "Stability_time_total_exposure": _number_text(stability.get("time"), _HOURS),
        "Stability_temperature_range": _number_text(stability.get("temperature"), {}),
    }


def _states(value) -> bool:
    return any(map(_states, value.values())) if isinstance(value, dict) else value is not None


def _number(quantity, units: dict[str, float]) -> float | None:
    """The number of {"value", "unit"}, times what `units` says of its unit, else as it stands."""
    value = quantity.get("value") if isinstance(quantity, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value * units.get(str(quantity.get("unit")), 1.0)


def _number_text(quantity, units: dict[str, float]) -> str | None:
    number = _number(quantity, units)
    return None if number is None else f"{number:.6g}"


def _text(value) -> str:
    return value.strip() if isinstance(value, str) else ""

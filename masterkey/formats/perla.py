"""PERLA's JSON (perla-extract 0.0.6): a file a paper, {"cells": […]}, with layers, steps and units.

Quantities are {"value": 9, "unit": "mm^2"}. Durations are written in seconds and FF in %, as PERLA's
own outputs have them, and read in whatever unit stands beside them. The efficiency at the end of ageing is one
there, where the database has the share of the initial one in %: both are needed to say it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote

from masterkey.formats import steps
from masterkey.formats.ageing import ageing_fields, ageing_numbers
from masterkey.formats.composition_ions import database_formula, ions_by_site
from masterkey.formats.devices import Device
from masterkey.formats.file_names import file_names
from masterkey.formats.numbers import magnitude, number_of, short
from masterkey.formats.steps import DeviceLayer, ProcessStep
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, write_json
from masterkey.scripting.new_folder import new_folder

BYTES_PER_DEVICE = 30_000  # more than one takes
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "days": 86400.0, "weeks": 604800.0}
_AREAS = {"cm^2": 1.0, "cm²": 1.0, "cm2": 1.0, "mm^2": 0.01, "mm²": 0.01, "mm2": 0.01}
_ARCHITECTURES = ("nip", "pin")
_TARGETS = {
    "voc": ("Voc", {"V": 1.0, "mV": 0.001}),
    "jsc": ("Jsc", {"mA cm^-2": 1.0, "A m^-2": 0.1, "A cm^-2": 1000.0, "uA cm^-2": 0.001}),
    "ff": ("FF", {"": 1.0, "%": 1.0}),
    "pce": ("PCE", {"%": 1.0}),
}
_HYPHENS_TOGETHER = re.compile(r"-(?=[-/])|(?<=[-/])-")
_NUMBER = re.compile(r" \(\d+\)$")  # of a second paper with the same DOI
_UNITS = {"voc": "V", "jsc": "mA cm^-2", "pce": "%"}
_ION_LISTS = {"A": "a_ions", "B": "b_ions", "X": "x_ions"}


def write_papers(devices: Iterable[Device], folder: Path) -> None:
    """One file a paper, named by its DOI or id. Raises `UserError` where the folder holds something."""
    papers: dict[str, list[Device]] = {}
    for device in devices:
        papers.setdefault(device.paper, []).append(device)
    names = _names({paper: own[0].doi for paper, own in papers.items()})
    n_devices = sum(map(len, papers.values()))
    with new_folder(folder, BYTES_PER_DEVICE * n_devices) as new:
        for name, own in zip(names, papers.values(), strict=True):
            write_json(new / f"{name}.json", {"cells": [cell_of(device) for device in own]})


def _names(dois: dict[str, str]) -> list[str]:
    """A name for each paper, which gives its DOI back; a second paper with the same DOI is numbered."""
    taken: Counter = Counter()
    names = []
    for paper, doi in dois.items():
        name = _name_of(doi) if doi else file_names([paper.replace("/", "--")])[0]
        taken[name.casefold()] += 1
        number = taken[name.casefold()]
        names.append(name if number == 1 else f"{name} ({number})")
    return names


def _name_of(doi: str) -> str:
    """As PERLA names its files (10.1002--adfm.201500335); signs that a file system refuses as %XX."""
    apart = _HYPHENS_TOGETHER.sub("\0", doi)
    return quote(apart, safe="()/").replace("%00", "%2D").replace("/", "--")


def _doi_of(name: str) -> str:
    """The DOI again, or "": a paper without one is named by its path."""
    if not name.startswith("10."):
        return ""
    return unquote(_NUMBER.sub("", name).replace("--", "/"))


def cell_of(device: Device) -> dict:
    """A device as PERLA has it, JSON-ready; what is not known is null."""
    fields = device.fields
    layers = steps.layers_of(fields)
    architecture = fields.get("Cell_architecture")
    area = number_of(fields.get("Cell_area_measured"))
    cell = {
        "additional_notes": device.name or None,
        "device_architecture": architecture if architecture in _ARCHITECTURES else None,
        "active_area": _quantity(area, "cm^2") if area else None,
        "perovskite_composition": _composition(fields),
        "layers": [_layer(layer) for layer in layers],
        "stability": _stability(fields),
    }
    for key, (name, _) in _TARGETS.items():
        number = number_of(device.measured.get(name))
        if number is not None and name == "FF":
            number *= 100
        cell[key] = None if number is None else _quantity(number, _UNITS.get(key))
    return cell


def _quantity(value: float, unit: str | None) -> dict:
    return {"value": value, "unit": unit} if unit else {"value": value}


def _composition(fields: dict[str, str]) -> dict | None:
    formula = fields.get(schema.LONG_FORM, "")
    if not schema.is_reported(formula):
        return None
    sites = ions_by_site(formula) or {}
    additives = fields.get("Perovskite_additives_compounds", "")
    return {
        "formula": formula,
        **{
            key: [{"abbreviation": ion, "coefficient": f"{n:g}"} for ion, n in sites.get(site, [])]
            or None
            for site, key in _ION_LISTS.items()
        },
        "additives": {"abbreviation": additives} if schema.is_reported(additives) else None,
    }


def _layer(layer: DeviceLayer) -> dict:
    in_composition = layer.functionality == steps.ABSORBER
    told = layer.additives and not in_composition
    return {
        "name": layer.name or None,
        "functionality": layer.functionality,
        "thickness": None,
        "deposition": [_step(step) for step in layer.steps] or None,
        "additional_treatment": steps.ADDITIVES + layer.additives if told else None,
    }


def _step(step: ProcessStep) -> dict:
    seconds = None if step.minutes is None else step.minutes * 60
    solvents = [{"name": name, "volume_fraction": None} for name in step.solvents]
    return {
        "step_name": "Annealing" if step.is_annealing else step.method or None,
        "method": step.method or None,
        "atmosphere": None,
        "temperature": None if step.temperature is None else _quantity(step.temperature, "°C"),
        "duration": None if seconds is None else _quantity(seconds, "s"),
        "antisolvent": None,
        "solution": {"solutes": None, "solvents": solvents} if solvents else None,
        "additional_parameters": None,
    }


def _stability(fields: dict[str, str]) -> dict | None:
    if fields.get("Stability_measured") != "TRUE":
        return None
    ageing = ageing_numbers(fields)
    return {
        "time": _or_none(ageing["time"], "h"),
        "temperature": _or_none(ageing["temperature"], "°C"),
        "PCE_at_the_start_of_the_experiment": _or_none(ageing["start"], "%"),
        "PCE_at_the_end_of_experiment": _or_none(ageing["end"], "%"),
        "PCE_after_1000_hours": None,
        "potential_bias": None,
    }


def _or_none(number: float | None, unit: str) -> dict | None:
    return None if number is None else _quantity(number, unit)


# --- and back ---------------------------------------------------------------------------------------


def read_papers(paths: list[Path]) -> list[Device]:
    """The devices of PERLA's files, one paper each. Raises `UserError` for files that are none."""
    devices = []
    for path in paths:
        content = read_json(path)
        cells = content.get("cells") if isinstance(content, dict) else None
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise UserError(f"{path}: is no JSON of PERLA ({{'cells': [devices]}}).")
        doi = _doi_of(path.stem)
        for number, cell in enumerate(cells, 1):
            devices.append(device_of(cell, path.stem, number, doi))
    return devices


def device_of(cell: dict, paper: str, number: int, doi: str) -> Device:
    """The device of a cell, its names as they are written, its formula as the database writes it."""
    layers = [_read_layer(layer) for layer in cell.get("layers") or [] if isinstance(layer, dict)]
    fields = steps.fields_of(layers) | _read_composition(cell)
    if cell.get("device_architecture") in _ARCHITECTURES:
        fields["Cell_architecture"] = cell["device_architecture"]
    area = magnitude(cell.get("active_area"), _AREAS)
    if area is not None:
        fields["Cell_area_measured"] = short(area)
    fields |= _read_stability(cell.get("stability"))
    measured = {name: magnitude(cell.get(key), units) for key, (name, units) in _TARGETS.items()}
    if measured["FF"] is not None and measured["FF"] > 1:
        measured["FF"] = round(measured["FF"] / 100, 6)
    notes = cell.get("additional_notes")
    return Device(
        paper,
        number,
        {name: fields[name] for name in schema.SII_FIELDS if name in fields},
        role="target" if number == 1 else "",
        name=notes if isinstance(notes, str) else "",
        doi=doi,
        measured=measured if any(v is not None for v in measured.values()) else {},
    )


def _read_composition(cell: dict) -> dict[str, str]:
    composition = cell.get("perovskite_composition")
    if not isinstance(composition, dict):
        return {}
    found = {}
    formula = composition.get("formula")
    if isinstance(formula, str) and formula:
        found[schema.LONG_FORM], found[schema.SHORT_FORM] = database_formula(formula)
    additives = composition.get("additives")
    listed = additives if isinstance(additives, list) else [additives]
    names = [entry.get("abbreviation") for entry in listed if isinstance(entry, dict)]
    if any(names):
        found["Perovskite_additives_compounds"] = "; ".join(filter(None, names))
    return found


def _read_layer(layer: dict) -> DeviceLayer:
    treatment = layer.get("additional_treatment")
    told = isinstance(treatment, str) and treatment.startswith(steps.ADDITIVES)
    deposition = layer.get("deposition") or []
    return DeviceLayer(
        str(layer.get("name") or ""),
        str(layer.get("functionality") or ""),
        treatment.removeprefix(steps.ADDITIVES) if told else "",
        tuple(_read_step(step) for step in deposition if isinstance(step, dict)),
    )


def _read_step(step: dict) -> ProcessStep:
    seconds = magnitude(step.get("duration"), _SECONDS)
    solution = step.get("solution")
    solvents = (solution.get("solvents") if isinstance(solution, dict) else None) or []
    names = [entry.get("name") for entry in solvents if isinstance(entry, dict)]
    temperature = step.get("temperature")
    celsius = magnitude(temperature, {"°C": 1.0, "K": 1.0})
    if celsius is not None and isinstance(temperature, dict) and temperature.get("unit") == "K":
        celsius -= 273.15
    return ProcessStep(
        str(step.get("method") or step.get("step_name") or ""),
        celsius,
        None if seconds is None else seconds / 60,
        tuple(str(name) for name in names if name),
        str(step.get("antisolvent") or ""),
    )


def _read_stability(stability) -> dict[str, str]:
    if not isinstance(stability, dict) or not any(_stated(v) for v in stability.values()):
        return {}
    seconds = magnitude(stability.get("time"), _SECONDS)
    return ageing_fields(
        {
            "time": None if seconds is None else seconds / 3600,
            "temperature": magnitude(stability.get("temperature"), {"°C": 1.0}),
            "start": magnitude(stability.get("PCE_at_the_start_of_the_experiment"), {"%": 1.0}),
            "end": magnitude(stability.get("PCE_at_the_end_of_experiment"), {"%": 1.0}),
        }
    )


def _stated(value) -> bool:
    return any(map(_stated, value.values())) if isinstance(value, dict) else value is not None

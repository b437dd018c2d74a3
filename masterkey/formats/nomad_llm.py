"""NOMAD's archive of a device in the form for language models, `LLMExtractedPerovskiteSolarCell`, and back.

It has layers and steps with numbers: temperatures in °C, durations in seconds, FF in %. For tools that want
steps; it has no place for flags, several of the 31 fields get lost (docs/formats.md), and the plug-in
(1.2.16) goes on to make a classic entry of it that hands the seconds on where that form has minutes.
"""

from masterkey.formats import steps
from masterkey.formats.ageing import ageing_fields, ageing_numbers
from masterkey.formats.composition_ions import database_formula, ions_by_site
from masterkey.formats.devices import Device
from masterkey.formats.llm_records import WRITER
from masterkey.formats.numbers import number_of, short
from masterkey.formats.steps import DeviceLayer, ProcessStep
from masterkey.schema import fields as schema
from masterkey.schema.ions import ALIASES, IONS

DEFINITION = "perovskite_solar_cell_database.llm_extraction_schema.LLMExtractedPerovskiteSolarCell"
WARNING = (
    "the form for language models has durations in seconds; NOMAD's own conversion of it to the classic form "
    "takes them for minutes, so that an annealing of 10 minutes becomes one of 600: use --format nomad where "
    "the classic form is wanted"
)
_SITES = {"A": "ions_a_site", "B": "ions_b_site", "X": "ions_x_site"}
_ARCHITECTURES = ("nip", "pin", "Unknown")
_TARGETS = {"voc": "Voc", "jsc": "Jsc", "ff": "FF", "pce": "PCE"}
# The class has no id of a device's own; the notes tell it, and how the paper calls the device.
_ID = "id: "


def archive_of(device: Device) -> dict:
    """The archive of a device, JSON-ready."""
    fields = device.fields
    area = number_of(fields.get("Cell_area_measured"))
    architecture = fields.get("Cell_architecture")
    data = {
        "m_def": DEFINITION,
        "DOI_number": device.doi,
        "publication_title": device.title,
        "additional_notes": _ID + device.id,
        "device_architecture": architecture if architecture in _ARCHITECTURES else None,
        "active_area": area,
        "perovskite_composition": _composition(fields),
        "layers": [_layer(layer) for layer in steps.layers_of(fields)],
        "stability": _stability(fields),
        "extraction_metadata": {"model": f"{WRITER} {device.method}".strip()},
    }
    for key, name in _TARGETS.items():
        number = number_of(device.measured.get(name))
        data[key] = number * 100 if number is not None and name == "FF" else number
    return {"data": {key: value for key, value in data.items() if value not in (None, "", {}, [])}}


def _composition(fields: dict[str, str]) -> dict:
    """Ions carry their molecular formulas: without one the plug-in cuts the long form off behind it."""
    formula = fields.get(schema.LONG_FORM, "")
    if not schema.is_reported(formula):
        return {}
    additives = fields.get("Perovskite_additives_compounds", "")
    found: dict = {"formula": formula}
    for site, ions in (ions_by_site(formula) or {}).items():
        found[_SITES[site]] = [
            {"abbreviation": ion, "coefficient": f"{number:g}"} | _molecular_formula(ion)
            for ion, number in ions
        ]
    if schema.is_reported(additives):
        found["additives"] = [{"abbreviation": additives}]
    return found


def _molecular_formula(ion: str) -> dict[str, str]:
    formula = IONS.formula.get(ALIASES.get(ion) or IONS.name_of.get(ion, ion))
    return {"molecular_formula": formula} if formula else {}


def _layer(layer: DeviceLayer) -> dict:
    told = layer.additives and layer.functionality != steps.ABSORBER
    own = {
        "name": layer.name,
        "functionality": layer.functionality,
        "additional_treatment": steps.ADDITIVES + layer.additives if told else "",
        "deposition": [_step(step) for step in layer.steps],
    }
    return {key: value for key, value in own.items() if value}


def _step(step: ProcessStep) -> dict:
    own = {
        "method": step.method,
        "temperature": step.temperature,
        "duration": None if step.minutes is None else step.minutes * 60,
        "solution": {"solvents": [{"name": name} for name in step.solvents]}
        if step.solvents
        else None,
    }
    return {key: value for key, value in own.items() if value not in (None, "")}


def _stability(fields: dict[str, str]) -> dict:
    if fields.get("Stability_measured") != "TRUE":
        return {}
    numbers = ageing_numbers(fields)
    names = {"time": "time", "temperature": "temperature"}
    names |= {"start": "PCE_at_start", "end": "PCE_at_end"}
    return {names[k]: v for k, v in numbers.items() if v is not None}


def is_llm_class(data: dict) -> bool:
    return str(data.get("m_def", "")).rpartition(".")[2] == DEFINITION.rpartition(".")[2]


def device_of(archive: dict, file_name: str) -> Device:
    """The device of an archive of this class."""
    data = archive["data"]
    found = steps.fields_of([_read_layer(layer) for layer in data.get("layers") or []])
    found |= _read_composition(data.get("perovskite_composition") or {})
    if data.get("device_architecture") in _ARCHITECTURES:
        found["Cell_architecture"] = data["device_architecture"]
    if (area := number_of(data.get("active_area"))) is not None:
        found["Cell_area_measured"] = short(area)
    stability = data.get("stability") or {}
    keys = {"time": "time", "temperature": "temperature"}
    keys |= {"start": "PCE_at_start", "end": "PCE_at_end"}
    ageing = {name: number_of(stability.get(key)) for name, key in keys.items()}
    if any(value is not None for value in ageing.values()):
        found |= ageing_fields(ageing)
    measured = {name: number_of(data.get(key)) for key, name in _TARGETS.items()}
    if measured["FF"] is not None and measured["FF"] > 1:
        measured["FF"] = round(measured["FF"] / 100, 6)
    notes = str(data.get("additional_notes") or "")
    return Device(
        paper=notes.removeprefix(_ID) if notes.startswith(_ID) else file_name,
        number=1,
        fields={name: found[name] for name in schema.SII_FIELDS if name in found},
        doi=str(data.get("DOI_number") or "").removeprefix("https://doi.org/"),
        title=str(data.get("publication_title") or ""),
        measured=measured if any(v is not None for v in measured.values()) else {},
    )


def _read_composition(composition: dict) -> dict[str, str]:
    found = {}
    formula = composition.get("formula") or composition.get("long_form")
    if formula:
        found[schema.LONG_FORM], found[schema.SHORT_FORM] = database_formula(formula)
    names = [entry.get("abbreviation") for entry in composition.get("additives") or []]
    if any(names):
        found["Perovskite_additives_compounds"] = "; ".join(filter(None, names))
    return found


def _read_layer(layer: dict) -> DeviceLayer:
    treatment = str(layer.get("additional_treatment") or "")
    return DeviceLayer(
        str(layer.get("name") or ""),
        str(layer.get("functionality") or ""),
        treatment.removeprefix(steps.ADDITIVES) if treatment.startswith(steps.ADDITIVES) else "",
        tuple(_read_step(step) for step in layer.get("deposition") or []),
    )


def _read_step(step: dict) -> ProcessStep:
    seconds = number_of(step.get("duration"))
    solvents = (step.get("solution") or {}).get("solvents") or []
    return ProcessStep(
        str(step.get("method") or step.get("step_name") or ""),
        number_of(step.get("temperature")),
        None if seconds is None else seconds / 60,
        tuple(str(entry["name"]) for entry in solvents if entry.get("name")),
        str(step.get("antisolvent") or ""),
    )

"""A device as layers and steps, the form of language models' records in NOMAD and PERLA, and back as fields.

    layers = layers_of(fields)        # from the substrate up
    fields = fields_of(layers)

What this form can not say is in docs/formats.md: which part of a field's value is not reported where it stands
between others, an annealing that follows no step, flags of the cell.
"""

import re
from dataclasses import dataclass, field

from masterkey.formats.numbers import number_of, short
from masterkey.schema import fields as schema

SUBSTRATE, ELECTRON, HOLE = "Substrate", "Electron-transport", "Hole-transport"
ABSORBER, CONTACT = "Absorber", "Contact"
PARTS = {"ETL": ELECTRON, "HTL": HOLE, "Backcontact": CONTACT}
# Stands before what a layer was doped with, where the form has no place for it but a note.
ADDITIVES = "Additives: "
ANNEALING = "Thermal-annealing"
_ANNEALING = re.compile(
    r"(thermal(ly)?[-. ]?)?(anneal(ing|ed)?|bak(ing|ed))([-. ]?\d+)?", re.IGNORECASE
)
_QUENCHING = re.compile(r".*(quench|anti-?solvent).*", re.IGNORECASE)
_LAYERS, _STEPS, _MIXED = " | ", " >> ", "; "
_SOLVENTS, _PROCEDURE = "Perovskite_deposition_solvents", "Perovskite_deposition_procedure"
_ADDITIVES = "Perovskite_additives_compounds"


@dataclass(frozen=True)
class ProcessStep:
    """`temperature` in °C and `minutes` of an annealing; `solvents` of what is deposited."""

    method: str = ""
    temperature: float | None = None
    minutes: float | None = None
    solvents: tuple[str, ...] = ()
    antisolvent: str = ""

    @property
    def is_annealing(self) -> bool:
        return bool(_ANNEALING.fullmatch(self.method.strip()))

    @property
    def is_quenching(self) -> bool:
        return bool(_QUENCHING.fullmatch(self.method))


@dataclass(frozen=True)
class DeviceLayer:
    """`additives` as the database writes them ("Li-TFSI; TBP"); "" where nothing is reported."""

    name: str
    functionality: str
    additives: str = ""
    steps: tuple[ProcessStep, ...] = field(default_factory=tuple)


def layers_of(fields: dict[str, str]) -> list[DeviceLayer]:
    """The layers from the substrate up; the hole side comes first in a pin device."""
    electron, hole = _part("ETL", fields), _part("HTL", fields)
    pin = fields.get("Cell_architecture") == "pin"
    substrate = [
        DeviceLayer(name, SUBSTRATE)
        for name in _stated(fields.get("Substrate_stack_sequence", ""), _LAYERS)
    ]
    below, above = (hole, electron) if pin else (electron, hole)
    return [*substrate, *below, *_absorber(fields), *above, *_part("Backcontact", fields)]


def _stated(value: str, separator: str) -> list[str]:
    parts = value.split(separator)
    return [part.strip() for part in parts if schema.is_reported(part)]


def _part(part: str, fields: dict[str, str]) -> list[DeviceLayer]:
    stack = fields.get(f"{part}_stack_sequence", "")
    if not schema.is_reported(stack):
        return []
    names = stack.split(_LAYERS)
    additives = fields.get(f"{part}_additives_compounds", "").split(_LAYERS)
    procedures = fields.get(f"{part}_deposition_procedure", "").split(_LAYERS)
    layers = []
    for place, name in enumerate(names):
        own = additives[place] if place < len(additives) else ""
        procedure = procedures[place] if place < len(procedures) else ""
        steps = tuple(ProcessStep(method) for method in _stated(procedure, _STEPS))
        layers.append(DeviceLayer(name, PARTS[part], _known(own), steps))
    return layers


def _known(value: str) -> str:
    return value if schema.is_reported(value) else ""


def _absorber(fields: dict[str, str]) -> list[DeviceLayer]:
    """One layer: formulas of several stay as they are written, parted by bars."""
    methods = fields.get(_PROCEDURE, "").split(_STEPS)
    solvents = fields.get(_SOLVENTS, "").split(_STEPS)
    temperatures = fields.get(schema.ANNEALING_TEMPERATURE, "").split(_STEPS)
    times = fields.get(schema.ANNEALING_TIME, "").split(_STEPS)
    steps: list[ProcessStep] = []
    n = max(map(len, (methods, solvents, temperatures, times)))
    for place in range(n):
        method, mixed = _at(methods, place), _at(solvents, place)
        own = tuple(_stated(mixed, _MIXED))
        if schema.is_reported(method) or own:
            steps.append(ProcessStep(_known(method), solvents=own))
        # A single annealing of several steps comes behind the last one.
        steps += _annealing(_of_step(temperatures, place, n), _of_step(times, place, n))
    name = _known(fields.get(schema.LONG_FORM, "")) or _known(fields.get(schema.SHORT_FORM, ""))
    additives = _known(fields.get(_ADDITIVES, ""))
    if not (name or additives or steps):
        return []
    return [DeviceLayer(name, ABSORBER, additives, tuple(steps))]


def _at(parts: list[str], place: int) -> str:
    return parts[place] if place < len(parts) else ""


def _of_step(parts: list[str], place: int, n: int) -> list[str]:
    if len(parts) == 1:
        return parts[0].split(_MIXED) if place == n - 1 else []
    return _at(parts, place).split(_MIXED)


def _annealing(temperatures: list[str], times: list[str]) -> list[ProcessStep]:
    stages = []
    for place in range(max(len(temperatures), len(times))):
        temperature, minutes = number_of(_at(temperatures, place)), number_of(_at(times, place))
        if temperature is not None or minutes is not None:
            stages.append(ProcessStep(ANNEALING, temperature, minutes))
    return stages


def fields_of(layers: list[DeviceLayer]) -> dict[str, str]:
    """The fields that layers and steps say; what they do not say is missing."""
    by_part: dict[str, list[DeviceLayer]] = {}
    for layer in layers:
        by_part.setdefault(layer.functionality, []).append(layer)
    found = {"Substrate_stack_sequence": _LAYERS.join(x.name for x in by_part.get(SUBSTRATE, []))}
    by_part[CONTACT] = _back_contacts(layers)
    for part, functionality in PARTS.items():
        found |= _fields_of_part(part, by_part.get(functionality, []))
    found |= _fields_of_absorber(by_part.get(ABSORBER, []))
    return {name: value for name, value in found.items() if value}


def _back_contacts(layers: list[DeviceLayer]) -> list[DeviceLayer]:
    """The contacts but for the front one, which lies before the absorber, or first of all where none is told."""
    kinds = [layer.functionality for layer in layers]
    start = kinds.index(ABSORBER) if ABSORBER in kinds else int(kinds[:1] == [CONTACT])
    return [layer for layer in layers[start:] if layer.functionality == CONTACT]


def _fields_of_part(part: str, layers: list[DeviceLayer]) -> dict[str, str]:
    procedures = [
        _STEPS.join(step.method for step in layer.steps if _deposits(step)) for layer in layers
    ]
    return {
        f"{part}_stack_sequence": _LAYERS.join(layer.name for layer in layers),
        f"{part}_additives_compounds": _joined([layer.additives for layer in layers]),
        f"{part}_deposition_procedure": _joined(procedures),
    }


def _deposits(step: ProcessStep) -> bool:
    return bool(step.method) and not step.is_annealing and not step.is_quenching


def _joined(parts: list[str], separator: str = _LAYERS) -> str:
    """The parts of the layers, `Unknown` for the empty ones; "" where all are empty."""
    return separator.join(part or "Unknown" for part in parts) if any(parts) else ""


def _fields_of_absorber(layers: list[DeviceLayer]) -> dict[str, str]:
    if not layers:
        return {}
    steps = [step for layer in layers for step in layer.steps]
    groups = _annealed(steps)
    deposited = [step for step, _ in groups if step is not None]
    stages = [stage for _, stage in groups if stage] or [[]]
    if len(stages) > 1 or len(deposited) > 1:
        # Each step of several has its place, unless only the last one was annealed.
        places = [stage for _, stage in groups]
        stages = places if any(places[:-1]) else places[-1:]
    return {
        schema.LONG_FORM: _LAYERS.join(layer.name for layer in layers if layer.name),
        _ADDITIVES: _joined([layer.additives for layer in layers]),
        _PROCEDURE: _joined([step.method for step in deposited], _STEPS),
        _SOLVENTS: _joined([_MIXED.join(step.solvents) for step in deposited], _STEPS),
        schema.ANNEALING_TEMPERATURE: _joined([_values(s, "temperature") for s in stages], _STEPS),
        schema.ANNEALING_TIME: _joined([_values(s, "minutes") for s in stages], _STEPS),
    }


def _annealed(steps: list[ProcessStep]) -> list[tuple[ProcessStep | None, list[ProcessStep]]]:
    """Each deposition with the annealing behind it; None for annealing before any deposition."""
    groups: list[tuple[ProcessStep | None, list[ProcessStep]]] = []
    for step in steps:
        if step.is_annealing:
            if not groups:
                groups.append((None, []))
            groups[-1][1].append(step)
        elif not step.is_quenching:
            groups.append((step, []))
    return groups


def _values(stages: list[ProcessStep], name: str) -> str:
    numbers = [getattr(stage, name) for stage in stages]
    if all(number is None for number in numbers):
        return ""
    return _MIXED.join("nan" if number is None else short(number) for number in numbers)

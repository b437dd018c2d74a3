"""A device as a structure, and the 31 schema fields that follow from it.

Parts that belong together are kept together (a layer with its procedure and additives, a step with
its solvents and annealing), so that the fields written from them cannot disagree: as many
procedures as layers, a short form that is the long form without its numbers.
"""

from dataclasses import dataclass

from masterkey.schema.fields import (
    ANNEALING_TEMPERATURE,
    ANNEALING_TIME,
    LONG_FORM,
    SHORT_FORM,
    SII_FIELDS,
)

LAYERS, STEPS, PARTS = " | ", " >> ", "; "
UNKNOWN = "Unknown"


@dataclass(frozen=True)
class Layer:
    """A charge-transport or contact layer. `additives`: () not reported, ("Undoped",) none."""

    material: str
    procedure: str
    additives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Composition:
    """Ions and coefficients per site, in the order of the formula."""

    cations: tuple[tuple[str, float], ...]
    metals: tuple[tuple[str, float], ...]
    halides: tuple[tuple[str, float], ...]

    @property
    def ions(self) -> tuple[tuple[str, float], ...]:
        return self.cations + self.metals + self.halides

    @property
    def long_form(self) -> str:
        """Such as `Cs0.05FA0.79MA0.16PbBr0.51I2.49`; a coefficient of 1 is not written."""
        return formula(self.ions)

    @property
    def short_form(self) -> str:
        """Such as `CsFAMAPbBrI`."""
        return "".join(ion for ion, _ in self.ions)

    def share(self, ion: str) -> float:
        """The part of its site that `ion` takes, 0 to 1."""
        for site in (self.cations, self.metals, self.halides):
            if ion in dict(site):
                return dict(site)[ion] / sum(dict(site).values())
        return 0.0


@dataclass(frozen=True)
class Step:
    """One step of the perovskite's deposition.

    `solvents`: () for a dry step. `annealing`: (temperature °C, time min) per stage, () where not
    reported; a time of None where only the temperature is.
    """

    procedure: str
    solvents: tuple[str, ...]
    annealing: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True)
class Stability:
    """A stability test: °C, h, PCE in %, the last as a share of the first; "" or None unreported."""

    atmosphere: str
    hours: int
    pce_end: int
    pce_initial: str = ""
    temperature: tuple[int, int] | None = None
    cells: int = 1


@dataclass(frozen=True)
class Device:
    """Everything the schema holds of one device; layers in the order in which they are deposited.

    `area` in cm², "" where the paper states none (the database then has its default, 0.1);
    `cells_per_substrate` 0 likewise.
    """

    architecture: str
    substrate: tuple[str, ...]
    etl: tuple[Layer, ...]
    composition: Composition
    additives: tuple[str, ...]
    steps: tuple[Step, ...]
    htl: tuple[Layer, ...]
    contact: tuple[Layer, ...]
    stability: Stability | None = None
    area: str = ""
    cells_per_substrate: int = 0
    semitransparent: bool = False
    wavelengths: tuple[int, int] | None = None
    module: bool = False

    @property
    def flexible(self) -> bool:
        return self.substrate[0] != "SLG"


DEFAULT_AREA = "0.1"


def formula(ions: tuple[tuple[str, float], ...]) -> str:
    """Ions and coefficients as text: (("MA", 1), ("Pb", 1), ("I", 3)) → `MAPbI3`."""
    return "".join(ion + ("" if n == 1 else f"{n:g}") for ion, n in ions)


def schema_fields(device: Device) -> dict[str, str]:
    """The 31 fields in file order, with the published separators, defaults and empty values."""
    values = {
        "Substrate_stack_sequence": LAYERS.join(device.substrate),
        **_transport("ETL", device.etl, UNKNOWN),
        **_perovskite(device),
        **_transport("HTL", device.htl, ""),
        **_transport("Backcontact", device.contact, ""),
        **_stability(device.stability),
        "Cell_area_measured": device.area or DEFAULT_AREA,
        "Cell_number_of_cells_per_substrate": str(device.cells_per_substrate),
        "Cell_architecture": device.architecture,
        "Cell_flexible": _boolean(device.flexible),
        "Cell_semitransparent": _boolean(device.semitransparent),
        "Cell_semitransparent_wavelength_range": _range(device.wavelengths),
        "Module": _boolean(device.module),
    }
    return {name: values[name] for name in SII_FIELDS}


def _transport(name: str, layers: tuple[Layer, ...], not_reported: str) -> dict[str, str]:
    """Additives are aligned with the layers where one has any, else one `not_reported`."""
    additives = LAYERS.join(PARTS.join(layer.additives) or UNKNOWN for layer in layers)
    doped = any(layer.additives for layer in layers)
    return {
        f"{name}_stack_sequence": LAYERS.join(layer.material for layer in layers) or "none",
        f"{name}_additives_compounds": additives if doped else not_reported,
        f"{name}_deposition_procedure": LAYERS.join(x.procedure for x in layers) or UNKNOWN,
    }


def _perovskite(device: Device) -> dict[str, str]:
    steps, name = device.steps, "Perovskite_deposition_"
    return {
        LONG_FORM: device.composition.long_form,
        SHORT_FORM: device.composition.short_form,
        "Perovskite_additives_compounds": PARTS.join(device.additives),
        f"{name}solvents": STEPS.join(PARTS.join(step.solvents) or "none" for step in steps),
        f"{name}procedure": STEPS.join(step.procedure for step in steps),
        ANNEALING_TEMPERATURE: _annealing(steps, 0),
        ANNEALING_TIME: _annealing(steps, 1),
    }


def _annealing(steps: tuple[Step, ...], which: int) -> str:
    """Stages of each step, `65; 100 >> 120`; one `Unknown` where no step has any."""
    stages = [[stage[which] for stage in step.annealing if stage[which]] for step in steps]
    if not any(stages):
        return UNKNOWN
    return STEPS.join(PARTS.join(map(str, values)) or UNKNOWN for values in stages)


def _stability(test: Stability | None) -> dict[str, str]:
    return {
        "Stability_measured": _boolean(test is not None),
        "Stability_average_over_n_number_of_cells": str(test.cells if test else 1),
        "Stability_temperature_range": _range(test and test.temperature, ".1f"),
        "Stability_atmosphere": test.atmosphere if test else UNKNOWN,
        "Stability_time_total_exposure": str(test.hours) if test else "",
        "Stability_PCE_initial_value": test.pce_initial if test else "",
        "Stability_PCE_end_of_experiment": str(test.pce_end) if test else "",
    }


def _range(ends: tuple[int, int] | None, form: str = "") -> str:
    return PARTS.join(format(end, form) for end in ends) if ends else "nan; nan"


def _boolean(value: bool) -> str:
    return "TRUE" if value else "FALSE"

"""How the page orders and names the 31 fields: by the layers of a cell, from the substrate up."""

from masterkey.review.record import not_stated
from masterkey.schema import fields as schema

LAYERS = (
    ("substrate", "Substrate"),
    ("etl", "Electron-transport layer"),
    ("perovskite", "Perovskite"),
    ("htl", "Hole-transport layer"),
    ("contact", "Back contact"),
    ("cell", "Cell"),
    ("stability", "Stability"),
)
_LAYER_OF_WORD = {
    "Substrate": "substrate",
    "ETL": "etl",
    "Perovskite": "perovskite",
    "HTL": "htl",
    "Backcontact": "contact",
    "Cell": "cell",
    "Module": "cell",
    "Stability": "stability",
}
# A label within its layer, and its unit.
_LABELS = {
    "Substrate_stack_sequence": ("Stack", ""),
    "ETL_stack_sequence": ("Stack", ""),
    "ETL_additives_compounds": ("Additives", ""),
    "ETL_deposition_procedure": ("Deposition", ""),
    "Perovskite_composition_long_form": ("Composition", ""),
    "Perovskite_composition_short_form": ("Composition, short", ""),
    "Perovskite_additives_compounds": ("Additives", ""),
    "Perovskite_deposition_solvents": ("Solvents", ""),
    "Perovskite_deposition_procedure": ("Deposition", ""),
    schema.ANNEALING_TEMPERATURE: ("Annealing temperature", "°C"),
    schema.ANNEALING_TIME: ("Annealing time", "min"),
    "HTL_stack_sequence": ("Stack", ""),
    "HTL_additives_compounds": ("Additives", ""),
    "HTL_deposition_procedure": ("Deposition", ""),
    "Backcontact_stack_sequence": ("Stack", ""),
    "Backcontact_additives_compounds": ("Additives", ""),
    "Backcontact_deposition_procedure": ("Deposition", ""),
    "Stability_measured": ("Stability measured", ""),
    "Stability_average_over_n_number_of_cells": ("Average over cells", ""),
    "Stability_temperature_range": ("Temperature range", "°C"),
    "Stability_atmosphere": ("Atmosphere", ""),
    "Stability_time_total_exposure": ("Exposure", "h"),
    "Stability_PCE_initial_value": ("Initial PCE", "%"),
    "Stability_PCE_end_of_experiment": ("PCE at the end", "% of initial"),
    "Cell_area_measured": ("Measured area", "cm²"),
    "Cell_number_of_cells_per_substrate": ("Cells per substrate", ""),
    "Cell_architecture": ("Architecture", ""),
    "Cell_flexible": ("Flexible", ""),
    "Cell_semitransparent": ("Semitransparent", ""),
    "Cell_semitransparent_wavelength_range": ("Wavelength range", "nm"),
    "Module": ("Module", ""),
}


def layer_of(field: str) -> str:
    """The layer that a field describes."""
    return _LAYER_OF_WORD[field.partition("_")[0]]


def described() -> list[dict]:
    """Each field with its layer, label, unit, the values it is chosen from, and what joins its parts."""
    return [
        {
            "name": field,
            "layer": layer_of(field),
            "label": _LABELS[field][0],
            "unit": _LABELS[field][1],
            "choices": schema.CLOSED_FIELDS.get(field),
            "joint": _joint(field),
            "not_stated": not_stated(field),
            "predicts": field in schema.MDP_FIELDS,
        }
        for field in schema.SII_FIELDS
    ]


def _joint(field: str) -> str:
    """What stands between a value and a further one: layers in a stack, parts of a mixture elsewhere."""
    is_layered = field.endswith("stack_sequence") or field in schema.LAYER_PROCEDURES
    return " | " if is_layered else "; "

"""Features of a device: the 19 MDP fields as named numbers for a regressor.

    device_features({"ETL_stack_sequence": "TiO2-c | TiO2-mp", …})
    → {"ETL_stack_sequence=TiO2-c": 1.0, "ETL_stack_sequence=TiO2-mp": 1.0, …,
       "annealing_max_temperature": 100.0, "annealing_total_time": 10.0, "ion:Pb": 1.0, …}

What is not reported gives no feature, so that 0 stands for it in a table of many devices.
"""

import math
import re

from masterkey.composition import parse_formula
from masterkey.schema import MDP_FIELDS, is_reported

ANNEALING_TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
ANNEALING_TIME = "Perovskite_deposition_thermal_annealing_time"
LONG_FORM = "Perovskite_composition_long_form"

# The published separators: layers, steps of a layer, parts of a mixture (or stages of a programme).
_SEPARATOR = re.compile(r" \| | >> |; ?")
_LARGEST = 1e6  # a slip of the pen in one field must not leave the range of float32 tables


def device_features(fields: dict[str, str]) -> dict[str, float]:
    """Multi-hot parts of each field, annealing numbers and ion coefficients.

    `fields` is what `schema.parse_mdp_input` gives; missing fields are allowed. The annealing
    temperature is the highest stage [°C], the annealing time the sum of all stages [min]; the
    coefficients are those of the first layer of the long form that is a formula ("ion:Pb").
    """
    features: dict[str, float] = {}
    for name in MDP_FIELDS:
        if name in (ANNEALING_TEMPERATURE, ANNEALING_TIME, LONG_FORM):
            continue
        for part in field_parts(fields.get(name, "")):
            features[f"{name}={part}"] = 1.0
    temperatures = _numbers(fields.get(ANNEALING_TEMPERATURE, ""))
    times = _numbers(fields.get(ANNEALING_TIME, ""))
    if temperatures:
        features["annealing_max_temperature"] = min(max(temperatures), _LARGEST)
        features["annealing_temperature_reported"] = 1.0
    if times:
        features["annealing_total_time"] = min(sum(times), _LARGEST)
        features["annealing_time_reported"] = 1.0
        features["annealing_stages"] = float(len(times))
    for ion, coefficient in _ions(fields.get(LONG_FORM, "")).items():
        features[f"ion:{ion}"] = min(coefficient, _LARGEST)
    return features


def field_parts(value: str) -> list[str]:
    """The reported parts of a value, blanks folded: 'DMF >> IPA; nan' → ['DMF', 'IPA']."""
    parts = (" ".join(part.split()) for part in _SEPARATOR.split(value))
    return [part for part in parts if is_reported(part)]


def _numbers(value: str) -> list[float]:
    """The finite numbers ≥ 0 among the parts of a value."""
    numbers = []
    for part in field_parts(value):
        try:
            number = float(part)
        except ValueError:
            continue
        if math.isfinite(number) and number >= 0:
            numbers.append(number)
    return numbers


def _ions(value: str) -> dict[str, float]:
    """Coefficients of the first layer that is a formula; empty where none is."""
    return next(filter(None, map(parse_formula, value.split(" | "))), {})

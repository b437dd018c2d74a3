"""Values of fields that other formats hold as numbers or booleans, and back as this schema's text."""

import math
import re

from masterkey.schema.values import BOOLEAN_FIELDS, canonical_number

INTEGER_FIELDS = frozenset(
    ("Stability_average_over_n_number_of_cells", "Cell_number_of_cells_per_substrate")
)
FLOAT_FIELDS = frozenset(
    (
        "Stability_time_total_exposure",
        "Stability_PCE_initial_value",
        "Stability_PCE_end_of_experiment",
        "Cell_area_measured",
    )
)
_BOOLEANS = {"TRUE": True, "FALSE": False}
_LARGEST_INTEGER = 2**63 - 1


def typed(name: str, value: str) -> str | float | int | bool | None:
    """The value as JSON has it: a boolean or number where the field is one, None where it is none."""
    if name in BOOLEAN_FIELDS:
        return _BOOLEANS.get(value)
    if name not in INTEGER_FIELDS | FLOAT_FIELDS:
        return value or None
    number = number_of(value)
    if number is None or name in FLOAT_FIELDS:
        return number
    return int(number) if number.is_integer() and abs(number) <= _LARGEST_INTEGER else None


def number_of(value) -> float | None:
    """The finite number that a text or JSON value is, blanks aside; None for any other."""
    if isinstance(value, bool) or value is None:
        return None
    canonical = canonical_number(str(value).strip())
    return None if canonical is None else float(str(value).strip())


def as_text(value) -> str:
    """A typed value as the schema writes it: TRUE, 1000 for 1000.0, "" for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def magnitude(value, factors: dict[str, float]) -> float | None:
    """The number of {"value": 9, "unit": "mm^2"}, of 9 or of "9 mm^2" in the unit whose factor is 1.

    `factors` maps each known unit to what a number in it is multiplied by; no unit: as it is. None for an
    unknown unit, or no number.
    """
    unit = ""
    if isinstance(value, dict):
        value, unit = value.get("value"), value.get("unit") or ""
    elif isinstance(value, str):
        found = re.fullmatch(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(\S.*)?", value)
        value, unit = (found[1], (found[2] or "").strip()) if found else (None, "")
    number = number_of(value)
    factor = factors.get(unit) if unit else 1.0
    return None if number is None or factor is None else number * factor


def short(number: float) -> str:
    """Six digits at most: 0.33333333 → 0.333333, 1800.0 → 1800."""
    return f"{number:.6g}" if abs(number) < 1e6 else as_text(number)

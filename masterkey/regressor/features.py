"""Features of a device: the 19 MDP fields as named numbers for a regressor.

    device_features({"ETL_stack_sequence": "TiO2-c | TiO2-mp", …})
    → {"ETL_stack_sequence=TiO2-c": 1.0, "ETL_stack_sequence=TiO2-mp": 1.0, …,
       "annealing_max_temperature": 100.0, "annealing_total_time": 10.0, "ion:Pb": 1.0, …,
       "missing:HTL_additives_compounds": 1.0}

What is missing or cannot be read (masterkey/regressor/reading.py) gives a feature that says so, and no
number; masterkey/regressor/feature_table.py says what stands in the columns. `device_features` serves the
simple baselines, `detailed_features` the forests and `scaled_features` the kernel of
`masterkey/regressor/regressor.py`. Which features help: docs/mdp.md.
"""

import math
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from masterkey.regressor.band_gap import band_gap
from masterkey.regressor.reading import (
    NAMED_FIELDS,
    DeviceReading,
    field_parts,
    numbers_of,
    read_device,
)
from masterkey.schema.composition import HALOGENS
from masterkey.schema.fields import (
    ANNEALING_TEMPERATURE,
    ANNEALING_TIME,
    LONG_FORM,
    MDP_FIELDS,
    is_reported,
)
from masterkey.schema.ions import IONS

MISSING = "missing:"
# Columns that one field gives and that do not begin with its name.
_OF_COMPOSITION = ("ion:", "halide:", "metal:", "cation:", "cations_per_metal", "band_gap")
_OF_TEMPERATURE = ("annealing_max_temperature", "temperature")
_OF_TIME = ("annealing_total_time", "annealing_stages", "time")

_LARGEST = 1e6  # a slip of the pen in one field must not leave the range of float32 tables


# The devices that intervals are calibrated on, as they are given and as recipes (some 200 MB).
_REMEMBERED = 1 << 14
Result = TypeVar("Result")


def remembered(function: Callable[[dict], Result]) -> Callable[[dict], Result]:
    """`function` of MDP fields, remembered: calibration asks eleven to forty times for each of its devices.

    What it gives must not be changed.
    """

    @lru_cache(maxsize=_REMEMBERED)
    def of_values(*values: str) -> Result:
        return function(dict(zip(MDP_FIELDS, values, strict=True)))

    @wraps(function)
    def of_fields(fields: dict[str, str]) -> Result:
        return of_values(*(fields.get(name, "") for name in MDP_FIELDS))

    return of_fields


@lru_cache(maxsize=_REMEMBERED)
def field_of(column: str) -> str:
    """The field that a feature is of; "" for one that says that a field is missing."""
    if column.startswith(MISSING):
        return ""
    for field, prefixes in (
        (LONG_FORM, _OF_COMPOSITION),
        (ANNEALING_TEMPERATURE, _OF_TEMPERATURE),
        (ANNEALING_TIME, _OF_TIME),
    ):
        if column.startswith(prefixes):
            return field
    return column.partition("=")[0].partition(": ")[0]


@remembered
def device_features(fields: dict[str, str]) -> dict[str, float]:
    """Multi-hot parts of each field, annealing numbers and ion coefficients.

    `fields` is what `schema.parse_mdp_input` gives; missing fields are allowed. The annealing
    temperature is the highest stage [°C], the annealing time the sum of all stages [min]; the
    coefficients are those of the first layer of the long form that is a formula ("ion:Pb").
    """
    return _plain_features(read_device(fields))


def _plain_features(device: DeviceReading) -> dict[str, float]:
    features = {f"{MISSING}{name}": 1.0 for name in device.gaps}
    for name in NAMED_FIELDS:
        for part in field_parts(device.fields.get(name, "")):
            features[f"{name}={part}"] = 1.0
    temperatures, times = annealing(device)
    if temperatures:
        features["annealing_max_temperature"] = min(max(temperatures), _LARGEST)
    if times:
        features["annealing_total_time"] = min(sum(times), _LARGEST)
        features["annealing_stages"] = float(len(times))
    for ion, coefficient in device.ions.items():
        features[f"ion:{ion}"] = min(coefficient, _LARGEST)
    return features


def annealing(device: DeviceReading) -> tuple[list[float], list[float]]:
    """(temperatures [°C], times [min]) of all stages."""
    return tuple(
        numbers_of(device.fields.get(name, "")) for name in (ANNEALING_TEMPERATURE, ANNEALING_TIME)
    )


@remembered
def detailed_features(fields: dict[str, str]) -> dict[str, float]:
    """`device_features`, whole values, the shares of the ions, and the band gap [eV].

    A whole value ("ETL_stack_sequence: TiO2-c | TiO2-mp") says what its parts together mean, and
    to some degree whose recipe it is.
    """
    device = read_device(fields)
    features = _plain_features(device)
    for name in NAMED_FIELDS:
        value = " ".join(device.fields.get(name, "").split())
        if is_reported(value):
            features[f"{name}: {value}"] = 1.0
    gap = band_gap(device.ions)
    return features | composition_features(device.ions) | ({"band_gap": gap.value} if gap else {})


def composition_features(ions: dict[str, float]) -> dict[str, float]:
    """Shares of the anions, metals and A-site cations, and cations per metal.

    `ions` are coefficients by the database's names (reading.ions_of); empty in, empty out.
    """
    ions = {ion: min(n, _LARGEST) for ion, n in ions.items()}
    site_of = {ion: "X" if ion in HALOGENS else IONS.site.get(ion, "A") for ion in ions}
    features, totals = {}, {}
    for site, name in (("X", "halide"), ("B", "metal"), ("A", "cation")):
        content = {ion: n for ion, n in ions.items() if site_of[ion] == site}
        totals[site] = sum(content.values())
        features |= {f"{name}:{ion}": n / totals[site] for ion, n in content.items()}
    if totals["B"] and totals["A"]:
        features["cations_per_metal"] = min(totals["A"] / totals["B"], _LARGEST)
    return features


@remembered
def scaled_features(fields: dict[str, str]) -> dict[str, float]:
    """Features whose Euclidean distance says how much two recipes differ.

    Each named field is a vector of length 1, its parts with equal shares, so that two fields
    without a common part are at distance √2, however many parts they have. Ions count per three
    halides; 30 °C, 0.3 eV of the band gap, and a factor of 10 in time, are at distance 1.
    """
    device = read_device(fields)
    features = {f"{MISSING}{name}": 1.0 for name in device.gaps}
    for name in NAMED_FIELDS:
        parts = set(field_parts(device.fields.get(name, "")))
        features |= {f"{name}={part}": len(parts) ** -0.5 for part in parts}
    per_formula = 3 / (sum(n for ion, n in device.ions.items() if ion in HALOGENS) or 3)
    features |= {f"ion:{ion}": min(n * per_formula, 10.0) for ion, n in device.ions.items()}
    if gap := band_gap(device.ions):
        features["band_gap"] = (gap.value - 1.6) / 0.3
    temperatures, times = annealing(device)
    if temperatures:
        features["temperature"] = (min(max(temperatures), 300) - 100) / 30
    if times:
        features["time"] = math.log10((1 + min(sum(times), 10_000)) / 20)
    return features

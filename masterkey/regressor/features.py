"""Features of a device: the 19 MDP fields as named numbers for a regressor.

    device_features({"ETL_stack_sequence": "TiO2-c | TiO2-mp", …})
    → {"ETL_stack_sequence=TiO2-c": 1.0, "ETL_stack_sequence=TiO2-mp": 1.0, …,
       "annealing_max_temperature": 100.0, "annealing_total_time": 10.0, "ion:Pb": 1.0, …}

What is not reported gives no feature, so that 0 stands for it in a table of many devices.
`device_features` serves the simple baselines, `detailed_features` the forests and `scaled_features`
the kernel of `masterkey/regressor/regressor.py`. Which features help: docs/mdp.md.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from masterkey.schema.composition import HALOGENS, parse_formula
from masterkey.schema.fields import (
    ANNEALING_TEMPERATURE,
    ANNEALING_TIME,
    LONG_FORM,
    MDP_FIELDS,
    is_reported,
)

if TYPE_CHECKING:
    from sklearn.feature_extraction import DictVectorizer

# Fields whose values are names; the other three are numbers and a formula.
NAMED_FIELDS = tuple(
    name for name in MDP_FIELDS if name not in (ANNEALING_TEMPERATURE, ANNEALING_TIME, LONG_FORM)
)

METALS = frozenset(("Pb", "Sn", "Sb", "Bi", "Ge", "Ag"))

# The columns of 43,000 devices of the Perovskite Database would fill gigabytes; most are spellings
# that occur once. The 360 published rows have 396.
MAX_COLUMNS = 1500

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
    for name in NAMED_FIELDS:
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


def detailed_features(fields: dict[str, str]) -> dict[str, float]:
    """`device_features`, whole values, and the shares of the ions.

    A whole value ("ETL_stack_sequence: TiO2-c | TiO2-mp") says what its parts together mean, and
    to some degree whose recipe it is.
    """
    features = device_features(fields)
    for name in NAMED_FIELDS:
        value = " ".join(fields.get(name, "").split())
        if is_reported(value):
            features[f"{name}: {value}"] = 1.0
    return features | composition_features(_ions(fields.get(LONG_FORM, "")))


def composition_features(ions: dict[str, float]) -> dict[str, float]:
    """Shares of the halides, metals and A-site cations, and cations per metal.

    `ions` are coefficients (composition.parse_formula); empty in, empty out.
    """
    ions = {ion: min(n, _LARGEST) for ion, n in ions.items()}
    halides = {ion: n for ion, n in ions.items() if ion in HALOGENS}
    metals = {ion: n for ion, n in ions.items() if ion in METALS}
    cations = {ion: n for ion, n in ions.items() if ion not in halides and ion not in metals}
    features = {}
    for site, content in (("halide", halides), ("metal", metals), ("cation", cations)):
        total = sum(content.values())
        features |= {f"{site}:{ion}": n / total for ion, n in content.items()}
    if metals and cations:
        ratio = sum(cations.values()) / sum(metals.values())
        features["cations_per_metal"] = min(ratio, _LARGEST)
    return features


def scaled_features(fields: dict[str, str]) -> dict[str, float]:
    """Features whose Euclidean distance says how much two recipes differ.

    Each named field is a vector of length 1, its parts with equal shares, so that two fields
    without a common part are at distance √2, however many parts they have. Ions count per three
    halides; 30 °C, and a factor of 10 in time, are at distance 1.
    """
    features = {}
    for name in NAMED_FIELDS:
        parts = set(field_parts(fields.get(name, ""))) or {"not reported"}
        features |= {f"{name}={part}": len(parts) ** -0.5 for part in parts}
    ions = _ions(fields.get(LONG_FORM, ""))
    per_formula = 3 / (sum(n for ion, n in ions.items() if ion in HALOGENS) or 3)
    features |= {f"ion:{ion}": min(n * per_formula, 10.0) for ion, n in ions.items()}
    temperatures = _numbers(fields.get(ANNEALING_TEMPERATURE, ""))
    times = _numbers(fields.get(ANNEALING_TIME, ""))
    if temperatures:
        features["temperature"] = (min(max(temperatures), 300) - 100) / 30
    else:
        features["temperature_unknown"] = 1.0
    if times:
        features["time"] = math.log10((1 + min(sum(times), 10_000)) / 20)
    else:
        features["time_unknown"] = 1.0
    return features


def frequent_names(devices: list[dict], max_columns: int = MAX_COLUMNS) -> list[str]:
    """The most frequent names of features in `devices`; of equally frequent ones the first by name."""
    counts = Counter(name for device in devices for name in device)
    return sorted(counts, key=lambda name: (-counts[name], name))[:max_columns]


def columns_of(names: Iterable[str]) -> "DictVectorizer":
    """From feature dicts to tables [n_devices, n_columns] of float32, at least one column.

    A column for each of `names`, in sorted order. What else a device has is left out, what it lacks
    is 0.
    """
    import numpy as np
    from sklearn.feature_extraction import DictVectorizer

    vectorizer = DictVectorizer(dtype=np.float32, sparse=False)
    return vectorizer.fit([dict.fromkeys([*names] or ["nothing reported"], 0.0)])


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

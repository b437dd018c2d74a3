"""A device's 19 fields as the regressors see them, and what of them is missing or cannot be read.

    read_device({"Perovskite_composition_long_form": "CH3NH3PbI3-xClx", …})
    → DeviceReading(fields={"Perovskite_composition_long_form": "MAPbI3", additives "Cl" …},
                    ions={"MA": 1, "Pb": 1, "I": 3}, gaps={"ETL_stack_sequence": "missing", …})

What is missing is no zero: masterkey/regressor/feature_table.py says what stands for it.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from masterkey.regressor.band_gap import SMALL
from masterkey.schema.composition import SUBSCRIPTS, one_name_each, parse_formula
from masterkey.schema.fields import (
    ANNEALING_TEMPERATURE,
    ANNEALING_TIME,
    LONG_FORM,
    MDP_FIELDS,
    SHORT_FORM,
    is_reported,
)
from masterkey.schema.ions import IONS

ADDITIVES = "Perovskite_additives_compounds"
MISSING, UNREADABLE = "missing", "unreadable"

# Fields whose values are names; the other three are numbers and a formula.
NAMED_FIELDS = tuple(
    name for name in MDP_FIELDS if name not in (ANNEALING_TEMPERATURE, ANNEALING_TIME, LONG_FORM)
)

# The published separators: layers, steps of a layer, parts of a mixture (or stages of a programme).
_SEPARATOR = re.compile(r" \| | >> |; ?")
_HYPHENS = str.maketrans("‐‑‒–—−", "------") | SUBSCRIPTS
# Iodide made from chloride: the database has the iodide as the composition, and Cl as an additive.
_FROM_CHLORIDE = (
    (re.compile(r"I\(?3-[xyXY]\)?Cl\(?[xyXY]\)?$"), "I3"),
    (re.compile(r"I\(?[xyXY]\)?Cl\(?3-[xyXY]\)?$"), "I3"),
    (re.compile(r"\(I\(?1-[xyXY]\)?Cl\(?[xyXY]\)?\)3$"), "I3"),
    (re.compile(r"I3\(Cl\)$"), "I3"),
)
_NUMBERS = re.compile(r"[0-9.]+|x(?![a-z])|-")
_ONE_OPEN = re.compile(r"^([^x]*?)([A-Z][a-z]?|\([^()]+\)|[A-Z]{2,4})x(?![a-z0-9])([^x]*)$")


@dataclass(frozen=True)
class DeviceReading:
    """`fields` in the database's spelling; `ions` by the database's names, empty where not known.

    `gaps` says of each field that tells nothing whether it is `MISSING` or `UNREADABLE`; `read_as` has
    the fields that were read otherwise than they were given.
    """

    fields: dict[str, str]
    ions: dict[str, float]
    gaps: dict[str, str]
    read_as: dict[str, str]


def read_device(given: dict[str, str]) -> DeviceReading:
    """Read MDP fields; a missing one is not reported. Takes any text."""
    read_as = _as_in_the_database(given)
    fields = given | read_as
    ions = ions_of(fields.get(LONG_FORM, "")) or _ions_of_short_form(fields)
    if ions and not is_reported(fields.get(SHORT_FORM, "")):
        fields[SHORT_FORM] = _NUMBERS.sub("", fields.get(LONG_FORM, ""))
    read = {name: bool(field_parts(fields.get(name, ""))) for name in NAMED_FIELDS}
    read[LONG_FORM] = bool(ions)
    for name in (ANNEALING_TEMPERATURE, ANNEALING_TIME):
        read[name] = bool(numbers_of(fields.get(name, "")))
    gaps = {
        name: UNREADABLE if field_parts(fields.get(name, "")) else MISSING
        for name in MDP_FIELDS
        if not read[name]
    }
    return DeviceReading(fields, ions, gaps, read_as)


def field_parts(value: str) -> list[str]:
    """The reported parts of a value, blanks folded: 'DMF >> IPA; nan' → ['DMF', 'IPA']."""
    return list(_parts(value))


@lru_cache(maxsize=1 << 14)
def _parts(value: str) -> tuple[str, ...]:
    parts = (" ".join(part.split()) for part in _SEPARATOR.split(value))
    return tuple(part for part in parts if is_reported(part))


def numbers_of(value: str) -> list[float]:
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


def ions_of(long_form: str) -> dict[str, float]:
    """Coefficients of the first layer that is a formula, by the database's names; empty where none is."""
    return dict(_ions_of(long_form))


@lru_cache(maxsize=1 << 14)
def _ions_of(long_form: str) -> tuple[tuple[str, float], ...]:
    for layer in long_form.split(" | "):
        formula = parse_formula(layer) or _closed(layer)
        if formula:
            return tuple(one_name_each(formula).items())
    return ()


def _as_in_the_database(given: dict[str, str]) -> dict[str, str]:
    """The long form without what marks chloride precursors, and Cl among the additives instead."""
    text = given.get(LONG_FORM, "")
    layers = [_without_chloride(layer) for layer in text.split(" | ")]
    iodide = " | ".join(layers)
    if iodide == text:
        return {}
    additives = given.get(ADDITIVES, "")
    parts = field_parts(additives)
    if "Cl" in parts:
        return {LONG_FORM: iodide}
    told = any(part.casefold() not in ("none", "undoped") for part in parts)
    return {LONG_FORM: iodide, ADDITIVES: f"{additives}; Cl" if told else "Cl"}


def _without_chloride(formula: str) -> str:
    plain = "".join(formula.split()).translate(_HYPHENS)
    for pattern, iodide in _FROM_CHLORIDE:
        closed = pattern.sub(iodide, plain)
        if closed != plain and parse_formula(closed):
            return closed
    return formula


def _closed(formula: str) -> dict[str, float] | None:
    """A formula with one open coefficient ('MAPbIx'), which the charges then say; None for any other."""
    match = _ONE_OPEN.match(formula.strip().translate(_HYPHENS))
    ions = parse_formula(f"{match[1]}{match[2]}{match[3]}") if match else None
    open_ion = parse_formula(f"{match[2]}I") or parse_formula(match[2]) if match else None
    if ions is None or open_ion is None:
        return None
    name = next(iter(open_ion))
    charges = {ion: IONS.charge.get(ion) for ion in one_name_each(ions)}
    if None in charges.values() or name not in ions or name not in charges:
        return None
    rest = sum(charges[ion] * n for ion, n in ions.items() if ion != name)
    coefficient = round(-rest / charges[name], 6)
    return ions | {name: coefficient} if coefficient > 0 else None


def _ions_of_short_form(fields: dict[str, str]) -> dict[str, float]:
    """Of 'MAPbI', one ion at each site, the coefficients follow; of 'FAMAPbBrI' they do not."""
    for layer in fields.get(SHORT_FORM, "").split(" | "):
        ions = one_name_each(parse_formula(layer) or {})
        sites = [IONS.site.get(ion) for ion in ions]
        if sorted(map(str, sites)) == ["A", "B", "X"] and set(ions) & SMALL:
            halide = next(ion for ion in ions if IONS.site[ion] == "X")
            positive = sum(IONS.charge[ion] for ion in ions if ion != halide)
            return ions | {halide: positive / -IONS.charge[halide]}
    return {}

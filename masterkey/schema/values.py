"""Values of SII fields in a canonical form, so that equal things compare equal.

A value is parsed into layers → steps → parts (docs/scoring.md, rules 1–7):

    "TiO2-c | TiO2-mp >> Al2O3; MgO"  →  ((("tio2-c",),), (("tio2-mp",), ("al2o3", "mgo")))

Parts are text: numbers as the shortest form of their value, perovskite formulas as sorted ions with
coefficients, names without case through `SYNONYMS`. A part that is not reported is "", a value of
which nothing is reported is (). `-` and `:` belong to names and never split.
"""

import math
import re
from collections import Counter
from functools import lru_cache

from masterkey.schema import fields as schema
from masterkey.schema.composition import SUBSCRIPTS, one_name_each, parse_formula

Step = tuple[str, ...]
Layer = tuple[Step, ...]
Value = tuple[Layer, ...]

COMPOSITION_FIELDS = frozenset((schema.LONG_FORM, schema.SHORT_FORM))
BOOLEAN_FIELDS = frozenset(
    name for name, values in schema.CLOSED_FIELDS.items() if values == ("FALSE", "TRUE")
)
# What stands for the sign of degree in papers and in what is copied from PDF files; the last of the
# signs is a letter there.
_DEGREES = ("°", "º", "˚", "∘", "◦", "degrees", "degree", "deg.", "deg", "o")
_CELSIUS = (
    *(f"{sign}{blank}{c}" for sign in _DEGREES for blank in ("", " ") for c in ("celsius", "c")),
    *("℃", "celsius", "c"),
    *_DEGREES[:-1],
)
# The units of the database, which a prediction may write behind the number; a unit that ends as
# another one does comes before it.
FIELD_UNITS = {
    schema.ANNEALING_TEMPERATURE: _CELSIUS,
    schema.ANNEALING_TIME: ("minutes", "minute", "mins", "min"),
    "Stability_temperature_range": _CELSIUS,
    "Stability_time_total_exposure": ("hours", "hour", "hrs", "hr", "h"),
    "Stability_PCE_initial_value": ("%",),
    "Stability_PCE_end_of_experiment": ("%",),
    "Cell_area_measured": ("cm2", "cm²", "cm^2"),
    "Cell_semitransparent_wavelength_range": ("nm",),
}
# Here `; ` parts the stages of a programme or the ends of a range: their order says something.
# Elsewhere it parts a mixture: 'DMF; DMSO' is 'DMSO; DMF'.
ORDERED_FIELDS = frozenset(
    (
        schema.ANNEALING_TEMPERATURE,
        schema.ANNEALING_TIME,
        "Stability_temperature_range",
        "Cell_semitransparent_wavelength_range",
    )
)

# Other spellings of what the database calls by the first name. Only spellings of one thing are
# here: 'MoOx' and 'MoO3', 'PCBM' and 'PCBM-60', 'Glass' and 'SLG' stay different.
# The table is written as `_name` writes names: no case, "-" for blanks.
SYNONYMS = {
    # procedures; "spray-pyrolys" and "dipp-coating" are the database's own spellings
    "spin-coating": ("spin-coated", "spin-cast", "spin-casting", "spincoating", "spin-coat"),
    "spray-pyrolys": ("spray-pyrolysis",),
    "dipp-coating": ("dip-coating", "dip-coated"),
    "evaporation": (
        "thermal-evaporation",
        "evaporated",
        "thermally-evaporated",
        "vacuum-evaporation",
    ),
    "e-beam-evaporation": ("electron-beam-evaporation", "ebeam-evaporation"),
    "co-evaporation": ("coevaporation",),
    "ald": ("atomic-layer-deposition",),
    "cbd": ("chemical-bath-deposition",),
    "cvd": ("chemical-vapor-deposition", "chemical-vapour-deposition"),
    "pulsed-laser-deposition": ("pld",),
    "doctor-blading": ("doctor-blade", "doctor-bladed", "blade-coating", "blade-coated"),
    "dropcasting": ("drop-casting", "drop-cast"),
    "sputtering": ("sputtered",),
    # materials
    "spiro-meotad": ("spiro-ometad",),
    "pcbm-60": ("pc61bm", "pc60bm", "[60]pcbm"),
    "pcbm-70": ("pc71bm", "pc70bm", "[70]pcbm"),
    "pedot:pss": ("pedot-pss", "pedot/pss"),
    "bcp": ("bathocuproine",),
    "bphen": ("bathophenanthroline",),
    "slg": ("soda-lime-glass",),
    "fto": ("fluorine-doped-tin-oxide",),
    "ito": ("indium-tin-oxide", "tin-doped-indium-oxide"),
    "au": ("gold",),
    "ag": ("silver",),
    "al": ("aluminium", "aluminum"),
    "cu": ("copper",),
    "none": ("non",),
    # additives and solvents
    "li-tfsi": ("litfsi", "lithium-bis(trifluoromethanesulfonyl)imide"),
    "tbp": ("4-tert-butylpyridine", "tert-butylpyridine", "4-tbp", "t-bp"),
    "dmf": ("n,n-dimethylformamide", "dimethylformamide"),
    "dmso": ("dimethylsulfoxide", "dimethyl-sulfoxide"),
    "gbl": ("γ-butyrolactone", "gamma-butyrolactone"),
    "nmp": ("n-methyl-2-pyrrolidone", "n-methylpyrrolidone"),
    "ipa": ("isopropanol", "isopropyl-alcohol", "2-propanol"),
    # cell and stability
    "nip": ("n-i-p",),
    "pin": ("p-i-n",),
    "n2": ("nitrogen",),
    "ar": ("argon",),
}
_CANONICAL = {other: name for name, others in SYNONYMS.items() for other in others}

# One character for one character, so that places in a text stay where they are.
_TYPOGRAPHY = SUBSCRIPTS | str.maketrans("‐‑‒–—−’‘´", "------'''")
_TYPOGRAPHIC = re.compile(f"[{''.join(map(chr, _TYPOGRAPHY))}]")

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_BLANKS = re.compile(r"\s*-\s*|\s+")
_BOOLEANS = {"true": "true", "yes": "true", "false": "false", "no": "false"}
_CACHED_LENGTH = 500


def parse_value(field: str, text: str) -> Value:
    """The layers of a value; () where nothing is reported. Takes any text.

    Parts of a mixture are sorted; parts of `ORDERED_FIELDS` keep their order.
    """
    # Longer values are a model's ramblings: parsed, but not kept in memory.
    return (_parse_cached if len(text) <= _CACHED_LENGTH else _parse)(field, text)


def _parse(field: str, text: str) -> Value:
    layers = tuple(
        tuple(_parse_step(field, step) for step in layer.split(">>")) for layer in text.split("|")
    )
    return layers if any(part for layer in layers for step in layer for part in step) else ()


_parse_cached = lru_cache(maxsize=1 << 16)(_parse)


def _parse_step(field: str, text: str) -> Step:
    parts = [canonical_part(field, part) for part in text.split(";")]
    return tuple(parts if field in ORDERED_FIELDS else sorted(parts))


def canonical_part(field: str, text: str) -> str:
    """One part (a name, number, formula …) in canonical form; "" where it is not reported."""
    text = plain(text.strip())
    if not schema.is_reported(text):
        return ""
    number = canonical_number(_without_unit(field, text))
    if number is not None:
        return number
    if field in COMPOSITION_FIELDS:
        formula = canonical_formula("".join(text.split()))
        if formula is not None:
            return formula
    name = _name(text)
    return _BOOLEANS.get(name, name) if field in BOOLEAN_FIELDS else name


def plain(text: str) -> str:
    """Subscripts as digits, one kind of hyphen and of apostrophe; of the same length."""
    # On a paper's text this takes a tenth of the time of str.translate.
    return _TYPOGRAPHIC.sub(lambda match: chr(_TYPOGRAPHY[ord(match[0])]), text)


@lru_cache(maxsize=1 << 14)
def canonical_number(text: str) -> str | None:
    """The shortest form of a finite number: "100.0" → "100"; None for anything else."""
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        return None
    return f"{float(text) + 0.0:.12g}"  # + 0.0: minus zero is zero


def canonical_formula(text: str) -> str | None:
    """Sorted ions with coefficients: "MAPbI3" → "I3 MA1 Pb1"; None where it is no formula."""
    formula = parse_formula(text)
    if formula is None:
        return None
    formula = one_name_each(formula)
    return " ".join(f"{ion}{formula[ion]:.6f}".rstrip("0").rstrip(".") for ion in sorted(formula))


def _without_unit(field: str, text: str) -> str:
    lower = text.lower()
    for unit in FIELD_UNITS.get(field, ()):
        if lower.endswith(unit):
            return text[: len(text) - len(unit)].rstrip()
    return text


def _name(text: str) -> str:
    """Without case; blanks and hyphens alike ("Spin coating"), none behind a comma ("2,\\n2'-BiPy")."""
    name = _BLANKS.sub("-", re.sub(r",\s+", ",", text)).casefold()
    return _CANONICAL.get(name, name)


def reported_parts(value: Value) -> list[str]:
    """All reported parts, in the value's order."""
    return [part for layer in value for step in layer for part in step if part]


def count_matches(field: str, reference: Value, predicted: Value) -> int:
    """Number of reported parts that agree when layers, then steps, are aligned in order.

    The best alignment that keeps the order of layers and, within each pair of layers, of steps;
    within a pair of steps parts agree as a multiset (in order for `ORDERED_FIELDS`).
    """
    if reference == predicted:
        return len(reported_parts(reference))
    agree = _ordered_agreement if field in ORDERED_FIELDS else _mixture_agreement
    return _align(reference, predicted, lambda a, b: _align(a, b, agree))


def _align(reference, predicted, agreement) -> int:
    """Largest sum of `agreement` over pairs that cross nowhere (a weighted longest subsequence)."""
    if len(reference) == len(predicted) == 1:
        return agreement(reference[0], predicted[0])
    best = [0] * (len(predicted) + 1)
    for a in reference:
        before = 0
        for j, b in enumerate(predicted, 1):
            above = best[j]
            best[j] = max(above, best[j - 1], before + agreement(a, b))
            before = above
    return best[-1]


def _mixture_agreement(reference: Step, predicted: Step) -> int:
    if len(reference) == len(predicted) == 1:
        return int(reference[0] == predicted[0] != "")
    common = Counter(filter(None, reference)) & Counter(filter(None, predicted))
    return sum(common.values())


def _ordered_agreement(reference: Step, predicted: Step) -> int:
    return _align(reference, predicted, lambda a, b: int(a == b != ""))

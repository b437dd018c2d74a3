"""Perovskite formulas: 'FA0.85MA0.15PbBr0.45I2.55' into ions and their coefficients.

The notation is the Perovskite Database's (doi 10.1038/s41560-021-00941-3): chemical elements, common
organic cations as units (`MA` methylammonium, `FA` formamidinium …), rarer ones in parentheses
(`(PEA)2MA2Pb3I10`), no charges. Case decides: `BA` is butylammonium, `Ba` barium. Names of ions come
before elements (masterkey/schema/ions.tsv), so that `(CHMA)` is no carbon, hydrogen and methylammonium.
"""

import math
import re

from masterkey.schema.ions import ALIASES, IONS

# Organic cations that are a formula's own without any halide: names of no other thing.
CATIONS = frozenset(
    "MA FA GA BA EA PA PEA FPEA FEA PMA PPA HEA DMA TMA TEA TBA HDA BDA PDA EDA AVA IBA BZA OA".split()
)

# Cations written out atom by atom; longest first, since C4H9NH3 must not be met inside another.
_WRITTEN_OUT = (
    ("C6H5CH2CH2NH3", "PEA"),
    ("C6H5C2H4NH3", "PEA"),
    ("C6H5(CH2)2NH3", "PEA"),
    ("CH3(CH2)3NH3", "BA"),
    ("C4H9NH3", "BA"),
    ("C2H5NH3", "EA"),
    ("CH3NH3", "MA"),
    ("HC(NH2)2", "FA"),
    ("CH(NH2)2", "FA"),
    ("NH2CHNH2", "FA"),
    ("C(NH2)3", "GA"),
    ("(CH3)3S", "TMS"),
)

ELEMENTS = frozenset(
    (
        "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
        "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb "
        "Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm "
        "Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
    ).split()
)
# Not Unicode's compatibility form, which would turn the superscript of "cm²" into a digit, too.
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

HALOGENS = frozenset(("F", "Cl", "Br", "I"))

# Names that the database's compositions write without parentheses, too.
_ANIONS = {name for name, site in IONS.site.items() if site == "X"}
_RARE = (IONS.bare | ALIASES.keys() | _ANIONS) - CATIONS - ELEMENTS
# Without parentheses, longer names stand before a number or a metal: 'PDMAPbI4', but 'PAMAPbI3'. A digit
# at the end may be a coefficient: 'PA2PbI4' is no piperazinium.
_LONGER = [
    name for name in IONS.name_of
    if len(name) > 2 and name.isalnum() and name.rstrip("0123456789") not in IONS.name_of.keys() - {name}
]  # fmt: skip


def _any_of(names) -> str:
    """A pattern of the names, longer ones first."""
    return "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name))))


_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_TOKEN = re.compile(
    rf"\((?P<known>{_any_of(IONS.name_of)})\)"
    rf"|(?P<named>\((?P<name>[A-Z0-9][A-Z0-9-]*[A-Z][A-Z0-9-]*)\))"
    rf"|(?P<longer>{_any_of(_LONGER)})(?=[0-9.]|Pb|Sn|Ge|Bi|Sb|Ag)"
    rf"|(?P<unit>{_any_of(CATIONS | ELEMENTS | set(_RARE))})|(?P<open>[(\[{{])|(?P<close>[)\]}}])"
)
_COEFFICIENT = re.compile(_NUMBER)
_MAX_LENGTH = 500  # no formula is longer; bounds the work on arbitrary text


def parse_formula(text: str) -> dict[str, float] | None:
    """Coefficient by element or ion, in the order of the text; None where it is no formula.

    'FA0.85MA0.15PbBr0.45I2.55' → {'FA': .85, 'MA': .15, 'Pb': 1, 'Br': .45, 'I': 2.55};
    'MAPb(I0.85Br0.15)3' multiplies out; 'CH3NH3PbI3' is 'MAPbI3'. A cation that is not known is
    taken as a unit where it stands in parentheses beside a halide: '(XYZ)2PbI4'. Ions keep the names that
    the text has for them (`one_name_each` merges synonyms). Coefficients are rounded to 6 decimals, ions of coefficient 0 left out. Symbols for numbers ('MAPbI3-xClx'),
    blanks inside and prose give None. Takes any text.
    """
    if len(text) > _MAX_LENGTH:
        return None
    text = text.strip().translate(SUBSCRIPTS)
    for written, cation in _WRITTEN_OUT:
        text = text.replace(f"({written})", cation).replace(written, cation)
    counted = _multiply_out(text)
    if counted is None:
        return None
    formula, needs_halide = counted
    formula = {ion: round(n, 6) for ion, n in formula.items() if round(n, 6) > 0}
    if not formula or not all(map(math.isfinite, formula.values())):
        return None
    if needs_halide and HALOGENS.isdisjoint(formula):
        return None
    return formula


def one_name_each(formula: dict[str, float]) -> dict[str, float]:
    """The formula with one name for each ion, the database's: '5-AVA' and 'AVA' are both 'AVA'."""
    merged: dict[str, float] = {}
    for ion, n in formula.items():
        name = ALIASES.get(ion) or IONS.name_of.get(ion, ion)
        merged[name] = round(merged.get(name, 0.0) + n, 6)
    return merged


def _multiply_out(text: str) -> tuple[dict[str, float], bool] | None:
    """(coefficients, whether a name that asks for a halide is among them); None where text is left."""
    groups: list[dict[str, float]] = [{}]
    needs_halide = False
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        position = token.end()
        if token["open"]:
            groups.append({})
            continue
        if token["close"]:
            if len(groups) == 1 or not groups[-1]:
                return None
            ions = groups.pop()
        else:
            ions, is_rare = _ions_of(token)
            needs_halide |= is_rare
        coefficient = _COEFFICIENT.match(text, position)
        factor = 1.0
        if coefficient:
            factor, position = float(coefficient[0]), coefficient.end()
        for ion, n in ions.items():
            groups[-1][ion] = groups[-1].get(ion, 0.0) + n * factor
    return (groups[0], needs_halide) if len(groups) == 1 else None


def _ions_of(token: re.Match) -> tuple[dict[str, float], bool]:
    """The ions that one token stands for, and whether they ask for a halide to be believed."""
    if name := token["named"] and token["name"]:
        split = None if "-" in name else _multiply_out(name)
        if split is None or _is_made_up(name, split[0]):
            return {name: 1.0}, True
        return split
    name = token["known"] or token["longer"] or token["unit"]
    is_rare = name not in CATIONS and name not in ELEMENTS
    return {ALIASES.get(name, name): 1.0}, is_rare


def _is_made_up(name: str, ions: dict[str, float]) -> bool:
    """Whether a name in parentheses reads as elements by chance: 'XYPA' as no ion does, 'CHPA' as C, H, PA.

    Names of two letters, such as (OH), and those with numbers, such as (NO3), are groups of atoms.
    """
    return len(name) > 2 and name.isalpha() and not ions.keys() <= IONS.site.keys()

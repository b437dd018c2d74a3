"""Perovskite formulas: 'FA0.85MA0.15PbBr0.45I2.55' into ions and their coefficients.

The notation is the Perovskite Database's (doi 10.1038/s41560-021-00941-3): chemical elements, common
organic cations as units (`MA` methylammonium, `FA` formamidinium …), rarer ones in parentheses
(`(PEA)2MA2Pb3I10`), no charges. Case decides: `BA` is butylammonium, `Ba` barium.
"""

import math
import re

# Organic cations written without parentheses in the database. `GU` is another spelling of
# guanidinium, found in its short forms.
CATIONS = frozenset(
    "MA FA GA BA EA PA PEA FPEA FEA PMA PPA HEA DMA TMA TEA TBA HDA BDA PDA EDA AVA IBA BZA OA".split()
)
CATION_ALIASES = {"GU": "GA", "GUA": "GA"}

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

_UNITS = sorted(CATIONS | set(CATION_ALIASES) | ELEMENTS, key=lambda unit: (-len(unit), unit))
_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_TOKEN = re.compile(
    rf"(?P<named>\((?P<name>[A-Z0-9][A-Z0-9-]*[A-Z][A-Z0-9-]*)\))"
    rf"|(?P<unit>{'|'.join(_UNITS)})|(?P<open>[(\[{{])|(?P<close>[)\]}}])"
)
_COEFFICIENT = re.compile(_NUMBER)
_MAX_LENGTH = 500  # no formula is longer; bounds the work on arbitrary text


def parse_formula(text: str) -> dict[str, float] | None:
    """Coefficient by element or ion, in the order of the text; None where it is no formula.

    'FA0.85MA0.15PbBr0.45I2.55' → {'FA': .85, 'MA': .15, 'Pb': 1, 'Br': .45, 'I': 2.55};
    'MAPb(I0.85Br0.15)3' multiplies out; 'CH3NH3PbI3' is 'MAPbI3'. A cation that is not known is
    taken as a unit where it stands in parentheses beside a halide: '(4FPEA)2PbI4'. Coefficients are
    rounded to 6 decimals, ions of coefficient 0 left out. Symbols for numbers ('MAPbI3-xClx'),
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
    formula, has_unknown_cation = counted
    formula = {ion: round(n, 6) for ion, n in formula.items() if round(n, 6) > 0}
    if not formula or not all(map(math.isfinite, formula.values())):
        return None
    if has_unknown_cation and HALOGENS.isdisjoint(formula):
        return None
    return formula


def _multiply_out(text: str) -> tuple[dict[str, float], bool] | None:
    """(coefficients, whether a cation of unknown name is among them); None where text is left."""
    groups: list[dict[str, float]] = [{}]
    has_unknown_cation = False
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
        elif token["named"]:
            ions = _multiply_out(token["name"]) if "-" not in token["name"] else None
            has_unknown_cation |= ions is None
            ions = {token["name"]: 1.0} if ions is None else ions[0]
        else:
            ions = {CATION_ALIASES.get(token["unit"], token["unit"]): 1.0}
        coefficient = _COEFFICIENT.match(text, position)
        factor = 1.0
        if coefficient:
            factor, position = float(coefficient[0]), coefficient.end()
        for ion, n in ions.items():
            groups[-1][ion] = groups[-1].get(ion, 0.0) + n * factor
    return (groups[0], has_unknown_cation) if len(groups) == 1 else None

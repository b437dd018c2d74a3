"""Perovskite formulas: the database's long and short forms of what a paper writes."""

import re
from functools import lru_cache

from masterkey.extractor.reading import Paper
from masterkey.schema.composition import CATIONS, ELEMENTS, HALOGENS, parse_formula
from masterkey.schema.ions import IONS

METALS = frozenset("Ba Bi Cu Ge Mn Pb Sb Sn Sr Ti In Zn Ni Co Eu".split())
# The database writes these cations in parentheses, and guanidinium `GU`.
_BRACKETED = frozenset("PEA FPEA FEA PMA PPA HEA AVA".split())
_MOST_CATIONS = 4
_FEWEST_HALIDES, _MOST_HALIDES = 1.5, 6.0  # per metal

_WORD = re.compile(r"[A-Z(\[][A-Za-z0-9.()\[\]−–-]{3,60}")
_CHLORIDE = re.compile(r"-?xClx|\(Cl\)$")

# Ions and how their precursors are written (lower case).
PRECURSORS = {
    "FA": ("fai", "formamidinium", "fapb", "hc(nh2)2"),
    "MA": ("mai", "methylammonium", "ch3nh3", "mapb"),
    "Cs": ("csi", "csbr", "cesium", "caesium", "cspb"),
    "Br": ("pbbr", "mabr", "csbr", "fabr"),
    "Sn": ("sni2", "snf2"),
}


def short_form(formula: str) -> str:
    """Ions without coefficients: "FA0.85MA0.15PbBr0.45I2.55" → "FAMAPbBrI", "(3AMP)MA3Pb4I13" → "(3AMP)MAPbI"."""
    return re.sub(r"(\(\d[A-Z]{2,}\))|[0-9.x-]+", r"\1", formula)


@lru_cache(maxsize=1 << 12)
def long_form(written: str) -> str | None:
    """The database's long form of a written formula; None where it is no metal halide with cations.

    Cations, metals and halides each in alphabetical order; what only marks chloride precursors
    ("MAPbI3-xClx") is left out, as the database does.
    """
    written = written.replace("−", "-").replace("–", "-").replace("[", "(").replace("]", ")")
    ions = parse_formula(_CHLORIDE.sub("", written.rstrip(".-")))
    if ions is None:
        return None
    halides = {ion: n for ion, n in ions.items() if ion in HALOGENS}
    metals = {ion: n for ion, n in ions.items() if ion in METALS}
    cations = {ion: n for ion, n in ions.items() if ion not in halides and ion not in metals}
    if not halides or not metals or not 1 <= len(cations) <= _MOST_CATIONS:
        return None
    if not _FEWEST_HALIDES <= sum(halides.values()) / sum(metals.values()) <= _MOST_HALIDES:
        return None
    return "".join(f"{ion}{n}" for group in (cations, metals, halides) for ion, n in _named(group))


def _named(ions: dict[str, float]) -> list[tuple[str, str]]:
    # Without its parentheses a rare ion is read as others: "PDMAFA4Pb5I16" as phosphorus and DMA.
    bracketed = {ion for ion in ions if ion in _BRACKETED or ion[0].isdigit() or _is_rare(ion)}
    names = {"GA": "GU"} | {ion: f"({ion})" for ion in bracketed}
    named = [(names.get(ion, ion), "" if n == 1 else f"{n:g}") for ion, n in ions.items()]
    return sorted(named, key=lambda item: item[0].lower())


def _is_rare(ion: str) -> bool:
    return ion not in CATIONS and ion not in ELEMENTS and ion not in IONS.bare


@lru_cache(maxsize=1 << 12)
def rounded(formula: str) -> str:
    """Coefficients to two decimals, as the database mostly has them."""
    # A little is added since 0.8075 is stored as less than it is.
    return re.sub(
        r"[0-9]+\.[0-9]{3,}", lambda match: f"{float(match[0]) + 1e-9:.2f}".rstrip("0"), formula
    )


def written_formulas(paper: Paper) -> dict[str, list[int]]:
    """Long form, exact and rounded → where the paper writes it."""
    found: dict[str, list[int]] = {}
    for match in _WORD.finditer(paper.plain):
        form = long_form(match[0])
        if form:
            for form_of_same in sorted({form, rounded(form)}):
                found.setdefault(form_of_same, []).append(match.start())
    return found


def precursor_counts(paper: Paper) -> dict[str, int]:
    """How often each of `PRECURSORS` is named."""
    return {ion: sum(map(paper.lower.count, written)) for ion, written in PRECURSORS.items()}


def formula_features(
    formula: str, written: dict[str, list[int]], precursors: dict[str, int], length: int
) -> list[float]:
    """How a long form agrees with the formulas and precursors of a paper of `length` characters."""
    places = written.get(formula, [])
    n_written = sum(map(len, written.values()))
    ions = short_form(formula)
    same_ions = sum(len(own) for other, own in written.items() if short_form(other) == ions)
    by_number = sorted(written, key=lambda other: -len(written[other]))
    has = [ion in ions for ion in precursors]
    return [
        len(places),
        len(places) / max(n_written, 1),
        same_ions / max(n_written, 1),
        n_written,
        len(written),
        by_number.index(formula) if formula in written else -1,
        places[0] / max(length, 1) if places else -1.0,
        *has,
        *precursors.values(),
        sum(own == (count > 0) for own, count in zip(has, precursors.values(), strict=True)),
        sum(letter.isdigit() for letter in formula),
        formula == "MAPbI3",
        "MAPbI3" in written,
    ]

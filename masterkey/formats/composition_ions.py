"""Perovskite formulas by the sites of their ions, and as the Perovskite Database writes them.

The database's long form names ions by site (A, B, X), alphabetically within each, with two decimals and
without inner parentheses: `Cs0.05FA0.79MA0.16PbBr0.51I2.49`; its short form is that without numbers.
"""

from masterkey.schema.composition import CATIONS, ELEMENTS, parse_formula
from masterkey.schema.ions import ALIASES, IONS

SITES = ("A", "B", "X")
# Written in parentheses by the database, though `schema.composition` reads them without, too.
_ENCLOSED = frozenset("PEA FPEA FEA PMA PPA HEA AVA".split())
_BARE = (ELEMENTS | CATIONS | IONS.bare) - _ENCLOSED


def ions_by_site(formula: str) -> dict[str, list[tuple[str, float]]] | None:
    """(ion, coefficient) by site, alphabetically; None where it is no formula, or has an unknown ion."""
    ions = parse_formula(formula)
    if ions is None:
        return None
    sites: dict[str, list[tuple[str, float]]] = {}
    for ion, number in sorted(ions.items()):
        site = IONS.site.get(ALIASES.get(ion) or IONS.name_of.get(ion, ion))
        if site is None:
            return None
        sites.setdefault(site, []).append((ion, number))
    return sites


def database_formula(written: str) -> tuple[str, str]:
    """(long form, short form) of a formula of a paper: "CH3NH3PbI3" → ("MAPbI3", "MAPbI").

    What is no formula stays the long form as it is written, with an empty short form.
    """
    sites = ions_by_site(written)
    if sites is None:
        return written, ""
    ions = [pair for site in SITES for pair in sites.get(site, [])]
    short = "".join(_named(ion) for ion, _ in ions)
    if (
        "(" not in written and "NH" not in written
    ):  # no group to multiply out, no cation atom by atom
        return written, short
    return "".join(_named(ion) + _coefficient(number) for ion, number in ions), short


def _named(ion: str) -> str:
    return ion if ion in _BARE else f"({ion})"


def _coefficient(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "" if text == "1" else text

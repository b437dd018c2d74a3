"""The band gap of a halide perovskite, estimated from its ions, and what current and voltage it allows.

    band_gap({"MA": 1, "Pb": 1, "I": 3}) → BandGap(value=1.59, error=0.08)

Interpolated between pure compounds ABX3, each ion with its share of its site, with the bowing of mixed
halides (Noh et al. 2013, doi 10.1021/nl400349b: 1.57 + 0.39 x + 0.33 x² eV for MAPb(I1-xBrx)3) and of
lead with tin (Hao et al. 2014, doi 10.1021/ja5033259). Layers of lead halide between large cations are
confined: 0.85 eV for one, falling as n^-0.66 to what Stoumpos et al. 2016 (doi
10.1021/acs.chemmater.6b00847) measured for two to five. What the estimate is worth: docs/mdp.md.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from masterkey.schema.ions import IONS

# Pure compounds [eV], films at room temperature, as commonly reported, to about 0.05 eV.
PURE = {
    ("Pb", "I"): {"MA": 1.59, "FA": 1.50, "Cs": 1.73},
    ("Pb", "Br"): {"MA": 2.30, "FA": 2.26, "Cs": 2.36},
    ("Pb", "Cl"): {"MA": 3.05, "FA": 3.00, "Cs": 3.00},
    ("Sn", "I"): {"MA": 1.25, "FA": 1.38, "Cs": 1.30},
    ("Sn", "Br"): {"MA": 2.15, "FA": 2.50, "Cs": 1.78},
    ("Sn", "Cl"): {"MA": 3.50, "FA": 3.50, "Cs": 2.90},
    ("Ge", "I"): {"MA": 1.90, "FA": 2.20, "Cs": 1.60},
}
# Of other metals (Bi, Sb, Ag …) and of germanium with lighter halides only the halide is looked at.
OTHER_METAL = {"I": 2.0, "Br": 2.5, "Cl": 3.2}
HALIDE_BOWING, TIN_BOWING = 0.33, 0.85
LAYER_SHIFT, LAYER_EXPONENT = 0.85, 0.66
# Cations that fit between the octahedra; larger ones part the layers.
SMALL = frozenset("MA FA Cs Rb K Na Li GA NH4 DMA EA IM ACE MH Tl".split())
BASE_ERROR, OTHER_METAL_ERROR, OTHER_ANION_ERROR = 0.08, 0.4, 0.4

THERMAL = 8.617333e-5 * 298.15  # kT at 25 °C in eV
RADIATION = 1.58348e7  # 2π e⁴ / (h³ c²) in mA/cm² per eV³, by the front alone

_TABLE = Path(__file__).with_name("photocurrent.tsv")


@dataclass(frozen=True)
class BandGap:
    """`value` and `error` (about one standard deviation) in eV."""

    value: float
    error: float

    @property
    def largest_current(self) -> float:
        """The Shockley–Queisser current [mA/cm²] of a band gap lower by the error."""
        return largest_current(self.value - self.error)

    @property
    def largest_voltage(self) -> float:
        """The Shockley–Queisser voltage [V] of a band gap higher by the error."""
        return largest_voltage(self.value + self.error)


def band_gap(ions: dict[str, float]) -> BandGap | None:
    """The band gap of a formula's ions by the database's names; None without cation, metal or halide."""
    sites = {site: _on_site(ions, site) for site in "ABX"}
    halides = {ion: n for ion, n in sites["X"].items() if ion in OTHER_METAL}
    if not sites["A"] or not sites["B"] or not halides:
        return None
    cations = {ion: n for ion, n in sites["A"].items() if ion in PURE["Pb", "I"]} or {"MA": 1.0}
    metals, halides = _shares(sites["B"]), _shares(halides)
    value = sum(
        share * part * _pure(metal, halide, _shares(cations))
        for metal, share in metals.items()
        for halide, part in halides.items()
    )
    value -= TIN_BOWING * metals.get("Pb", 0.0) * metals.get("Sn", 0.0)
    mixed = sum(
        halides.get(one, 0.0) * halides.get(other, 0.0)
        for one, other in (("I", "Br"), ("Br", "Cl"))
    )
    value -= HALIDE_BOWING * mixed
    shift = _confinement(sites)
    others = sum(share for metal, share in metals.items() if metal not in ("Pb", "Sn"))
    anions = 1 - sum(n for ion, n in _shares(sites["X"]).items() if ion in OTHER_METAL)
    error = BASE_ERROR + OTHER_METAL_ERROR * others + OTHER_ANION_ERROR * anions + shift / 2
    return BandGap(value + shift, error)


def largest_current(gap: float) -> float:
    """The Shockley–Queisser current [mA/cm²] of a band gap [eV] under AM1.5G."""
    gaps, currents = _currents()
    return float(np.interp(gap, gaps, currents))


def largest_voltage(gap: float) -> float:
    """The open-circuit voltage [V] of a band gap [eV] in the limit of Shockley and Queisser, at 25 °C.

    Where the current of AM1.5G equals what the front of the cell radiates at that voltage. Less than the
    band gap by 0.2 eV and more.
    """
    moment = gap**2 + 2 * gap * THERMAL + 2 * THERMAL**2
    dark = RADIATION * THERMAL * moment * math.exp(-gap / THERMAL)
    return THERMAL * math.log1p(largest_current(gap) / dark)


@lru_cache(maxsize=1)
def _currents() -> tuple[np.ndarray, np.ndarray]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    gaps, currents = np.array([line.split("\t") for line in lines[2:]], float).T
    return gaps, currents


def _on_site(ions: dict[str, float], site: str) -> dict[str, float]:
    return {ion: n for ion, n in ions.items() if IONS.site.get(ion, "A") == site and n > 0}


def _shares(ions: dict[str, float]) -> dict[str, float]:
    total = sum(ions.values())
    return {ion: n / total for ion, n in ions.items()}


def _pure(metal: str, halide: str, cations: dict[str, float]) -> float:
    known = PURE.get((metal, halide))
    if known is None:
        return OTHER_METAL[halide]
    return sum(share * known[cation] for cation, share in cations.items())


def _confinement(sites: dict[str, dict[str, float]]) -> float:
    """The shift [eV] of sheets of n octahedra between large cations; 0 without these."""
    large = sum(n * IONS.charge.get(ion, 1) for ion, n in sites["A"].items() if ion not in SMALL)
    if not large:
        return 0.0
    n_layers = max(2 * sum(sites["B"].values()) / large, 1.0)
    return LAYER_SHIFT * n_layers**-LAYER_EXPONENT

"""From amounts of salts to a perovskite's formula in the database's notation, and back (issue 14, point 4).

Amounts are mmol per salt. Sites: A cations, B metals, X halides; a formula has one B (three-dimensional) or
n B (sheets of n layers). What is in excess stays out of the formula: lead halides beyond the cations,
chloride and acetate beside other halides, ions that never enter the lattice.
"""

from dataclasses import dataclass, field
from functools import cache, lru_cache

from masterkey.extractor.process.inks.salts import (
    ANIONS,
    CATIONS,
    DIVALENT_CATIONS,
    ION_FORMULAS,
    METAL_CHARGES,
    METALS,
    NEVER_IN_LATTICE,
    SPACERS,
    Salt,
    salt_of,
)
from masterkey.schema.composition import HALOGENS, parse_formula

_HALIDES = tuple(sorted(HALOGENS))
# The database writes these in parentheses.
_BRACKETED = frozenset("PEA FPEA F-PEA FEA PMA PPA HEA AVA 5-AVA".split())
MOST_EXCESS = 0.15  # of lead halide or of cations, with which one still speaks of an excess
_SHEETS_FROM, _FEW_SPACERS = 0.19, 0.12  # spacer cations per metal
_LARGEST_N, _N_TOLERANCE = 10, 0.12
_SMALLEST_SHARE = 0.0005  # of a site
# Dimethylammonium leaves the film where other cations fill this share of the sites; a few
# of the cations that papers on printed cells write into the formula stay where they complete the sites.
_WRITTEN_IN = frozenset(("AVA", "5-AVA"))
_FILLED, _COMPLETE = 0.85, 0.02


@dataclass(frozen=True)
class Composition:
    """Ions per formula unit by site; `additives`: salts that stayed outside; `excess`: metal per cation - 1."""

    cations: dict[str, float]
    metals: dict[str, float]
    halides: dict[str, float]
    additives: tuple[str, ...] = ()
    excess: float = 0.0
    has_chloride: bool = field(default=False)

    @property
    def long_form(self) -> str:
        if "Ag" in self.metals and len(self.metals) > 1:  # AgCs2BiBr6, as the database writes it
            cations, metals, halides = (
                {ion: 2 * n for ion, n in site.items()}
                for site in (self.cations, self.metals, self.halides)
            )
            return notation({**cations, "Ag": metals.pop("Ag")}, metals, halides)
        return notation(self.cations, self.metals, self.halides)

    @property
    def charge(self) -> float:
        """Of one formula unit; 0 where cations and halides balance."""
        positive = sum(n * charge_of(ion) for ion, n in (self.cations | self.metals).items())
        return positive - sum(self.halides.values())


def charge_of(ion: str) -> int:
    """Positive charge of a cation or metal."""
    if ion in METALS:
        return METAL_CHARGES.get(ion, 2)
    return 2 if ion in DIVALENT_CATIONS else 1


@cache
def _ion_mass(ion: str) -> float:
    from molmass import Formula  # only papers that weigh their salts need it

    return Formula(ION_FORMULAS[ion]).mass


@lru_cache(maxsize=1 << 10)
def molar_mass(salt: Salt) -> float:
    """In g/mol (mg/mmol)."""
    return sum(n * _ion_mass(ion) for ion, n in salt.ions)


def notation(*sites: dict[str, float]) -> str:
    """Sites in the order given, ions alphabetical in each, two decimals, no 1: "Cs0.05FA0.95PbI3"."""
    return "".join(f"{name}{n}" for site in sites for name, n in sorted(_written(site), key=_order))


def _written(site: dict[str, float]) -> list[tuple[str, str]]:
    found = []
    for ion, n in site.items():
        # A little is added since 0.8075 is stored as less than it is.
        number = f"{n + 1e-9:.2f}".rstrip("0").rstrip(".")
        if number != "0":
            name = f"({ion})" if ion in _BRACKETED else "GU" if ion == "GA" else ion
            found.append((name, "" if number == "1" else number))
    return found


def _order(item: tuple[str, str]) -> str:
    return item[0].lower()


def composition_of(amounts: dict[Salt, float]) -> Composition | None:
    """The perovskite that salts (mmol each) form; None where metal, cations or halides are missing.

    Raises nothing; amounts that are not positive are left out.
    """
    amounts = {salt: n for salt, n in amounts.items() if n > 0}
    lattice, outside = _lattice_salts(amounts)
    cations, metals, anions = _sites(lattice)
    if not cations or not metals or not anions:
        return None
    has_chloride = any("Cl" in salt.anions for salt in amounts)
    sheets = _sheets(cations, metals, anions)
    if sheets:
        return Composition(*sheets, outside, 0.0, has_chloride)
    spacers = {ion for ion in cations if ion in SPACERS}
    if (
        spacers
        and len(cations) > len(spacers)
        and _are_on_top(spacers, cations, sum(metals.values()))
    ):
        outside += tuple(s.name for s in lattice if spacers & set(s.cations) and not s.metals)
        cations = {ion: n for ion, n in cations.items() if ion not in spacers}
    return _three_dimensional(lattice, cations, metals, outside, has_chloride)


def _are_on_top(spacers: set[str], cations: dict[str, float], metal: float) -> bool:
    """Whether spacers are a little something beside cations that fill the sites without them."""
    few = sum(cations[ion] for ion in spacers)
    completes = spacers <= _WRITTEN_IN and abs(sum(cations.values()) / metal - 1) < min(
        _COMPLETE, 0.5 * few / metal
    )
    return few < _FEW_SPACERS * metal and not completes


def _three_dimensional(lattice, cations, metals, outside, has_chloride) -> Composition:
    total, metal = sum(n * charge_of(ion) for ion, n in cations.items()), sum(metals.values())
    excess = metal / total - 1
    anions = _sites(_without_excess(lattice, excess))[2]
    scale = sum(charge_of(ion) * n for ion, n in metals.items()) / metal + 1
    total_anions = sum(anions.values())
    return Composition(
        _shares(cations, total), _shares(metals, metal),
        {ion: n / total_anions * scale for ion, n in _shares(anions, total_anions).items() for n in [anions[ion]]},
        outside, excess, has_chloride,
    )  # fmt: skip


def _shares(site: dict[str, float], total: float) -> dict[str, float]:
    return {ion: n / total for ion, n in site.items() if n / total > _SMALLEST_SHARE}


def _without_excess(lattice: dict[Salt, float], excess: float) -> dict[Salt, float]:
    """Lead halides scaled down to what the cations need.

    Iodide alone where only PbI2 exceeds the cations' salts of its halide: FAI 1, MABr 0.2, PbI2 1.1, PbBr2 0.2.
    """
    pure = {salt: n for salt, n in lattice.items() if not salt.cations}
    held = sum(n for salt, n in lattice.items() if salt.metals and salt.cations)
    lead = sum(pure.values())
    surplus = lead - ((lead + held) / (1 + excess) - held)
    if excess <= 0 or not 0 < surplus < lead:
        return lattice
    bromide = sum(n for salt, n in pure.items() if "Br" in salt.anions)
    of_cations = sum(
        n for s, n in lattice.items() if s.cations and not s.metals and "Br" in s.anions
    )
    iodides = {salt: n for salt, n in pure.items() if "I" in salt.anions}
    if of_cations and bromide / of_cations - 1 < excess / 2 and surplus < sum(iodides.values()):
        pure = iodides
    total = sum(pure.values())
    return {salt: n * (1 - surplus / total) if salt in pure else n for salt, n in lattice.items()}


def _lattice_salts(amounts: dict[Salt, float]) -> tuple[dict[Salt, float], tuple[str, ...]]:
    """(salts that build the lattice, names of the others)."""
    metal = sum(n * m for salt, m in amounts.items() for ion, n in salt.ions if ion in METALS)
    other = sum(
        n for s, n in amounts.items() if s.cations and "Cl" not in s.anions and not set(s.cations) & NEVER_IN_LATTICE
    )  # fmt: skip
    other_usual = sum(
        m * n for s, n in amounts.items() for i, m in s.ions if i in ("Cs", "FA", "MA")
    )
    inside, outside = {}, []
    for salt, n in amounts.items():
        volatile = "Cl" in salt.anions and not salt.metals and set(salt.cations) & {"MA", "FA"}
        foreign = set(salt.cations) & NEVER_IN_LATTICE and not salt.metals
        leaves = set(salt.cations) == {"DMA"} and not salt.metals and other_usual >= _FILLED * metal
        odd = not set(salt.anions) & {"I", "Br", "Cl", "Ac"} or "SCN" in salt.anions
        if (volatile and other >= 0.5 * metal) or foreign or odd or leaves:
            outside.append(salt.name)
        else:
            inside[salt] = n
    return inside, tuple(outside)


def _sites(lattice: dict[Salt, float]) -> tuple[dict, dict, dict]:
    """Amounts of cations, metals and the halides that stay."""
    cations: dict[str, float] = {}
    metals: dict[str, float] = {}
    anions: dict[str, float] = {}
    for salt, amount in lattice.items():
        for ion, n in salt.ions:
            site = cations if ion in CATIONS else metals if ion in METALS else anions
            if ion not in NEVER_IN_LATTICE:
                site[ion] = site.get(ion, 0.0) + n * amount
    kept = {ion: n for ion, n in anions.items() if ion in ("I", "Br")}
    chloride = {ion: n for ion, n in anions.items() if ion == "Cl"}
    return cations, metals, kept or chloride


def _sheets(cations, metals, anions) -> tuple[dict, dict, dict] | None:
    """(PEA)2MA4Pb5I16 and the like: spacers, small cations and metals as 2 : n - 1 : n."""
    metal = sum(metals.values())
    spacers = {ion: n for ion, n in cations.items() if ion in SPACERS}
    charge = sum(n * charge_of(ion) for ion, n in spacers.items())
    if charge < _SHEETS_FROM * metal:
        return None
    n = round(2 * metal / charge)
    small = sum(m for ion, m in cations.items() if ion not in spacers)
    if not 1 <= n <= _LARGEST_N or abs(charge * n / metal / 2 - 1) > _N_TOLERANCE:
        return None
    if abs(small * n / metal - (n - 1)) > 0.25 * max(n - 1, 0.5):
        return None
    if abs((charge + small) / metal - 1) < 0.5 / n:  # they fill the sites of an ordinary lattice
        return None
    total = sum(anions.values())
    inside = {ion: 2 * m / charge for ion, m in spacers.items()}
    inside |= {i: m / small * (n - 1) for i, m in cations.items() if i not in spacers and n > 1}
    return inside, {i: m / metal * n for i, m in metals.items()}, {i: m / total * (3 * n + 1) for i, m in anions.items()}  # fmt: skip


def organic_shares(amounts: dict[Salt, float]) -> dict[str, float]:
    """Cations of a second step's ink as shares; those of chlorides and spacers count only where alone."""
    cations: dict[str, float] = {}
    for only_other in (True, False):
        for salt, n in amounts.items():
            if only_other and ("Cl" in salt.anions or set(salt.cations) & SPACERS):
                continue
            for ion in salt.cations:
                if ion not in NEVER_IN_LATTICE:
                    cations[ion] = cations.get(ion, 0.0) + n
        if cations:
            break
    total = sum(cations.values())
    return {ion: n / total for ion, n in cations.items()} if total else {}


def two_step_composition(first: dict[Salt, float], second: dict[Salt, float]) -> Composition | None:
    """An inorganic film of `first` that an ink of `second` turns into a perovskite.

    The second ink fills the sites that cations of the first left free, in the ratio of its cations; its
    halides come with them.
    """
    metal = sum(n * amount for salt, amount in first.items() for ion, n in salt.ions if ion in METALS and "SCN" not in salt.anions)  # fmt: skip
    inside = sum(n for salt, n in first.items() for ion in salt.cations if ion not in NEVER_IN_LATTICE)  # fmt: skip
    shares = organic_shares(second)
    entering = {
        salt: n for salt, n in second.items() if set(salt.cations) & set(shares) and "Cl" not in salt.anions
    } or second  # fmt: skip
    total = sum(entering.values())
    free = max(metal - inside, 0.0)
    if not metal or not total or not shares or not free:
        return composition_of(first)
    mixed = dict(first)
    for salt, n in entering.items():
        mixed[salt] = mixed.get(salt, 0.0) + n / total * free
    return composition_of(mixed)


def weighed_amounts(long_form: str, mmol: float) -> dict[Salt, float] | None:
    """mg of salts for `mmol` formula units of a composition; None where it is no formula or not neutral.

    Halides are shared out: iodide of each cation first where there is enough, then lead salts.
    """
    ions = parse_formula(long_form)
    if ions is None or not set(ions) <= set(ION_FORMULAS):
        return None
    halides = {ion: ions[ion] for ion in _HALIDES if ions.get(ion)}
    masses: dict[Salt, float] = {}
    for ion in sorted((i for i in ions if i not in ANIONS), key=lambda i: i in METALS):
        needed = ions[ion] * charge_of(ion)
        for halide in list(halides):
            taken = min(needed, halides[halide])
            if taken > 1e-9:
                charge = charge_of(ion)
                salt = salt_of(f"{ion}{halide}{charge if charge > 1 else ''}")
                masses[salt] = masses.get(salt, 0.0) + taken / charge * mmol * molar_mass(salt)
                halides[halide] -= taken
                needed -= taken
        if needed > 1e-6:
            return None
    return masses if sum(halides.values()) < 1e-6 else None


def amounts_of(masses: dict[Salt, float]) -> dict[Salt, float]:
    """mg → mmol."""
    return {salt: mass / molar_mass(salt) for salt, mass in masses.items()}


def mixed(solutions: list[tuple[dict[Salt, float], float]]) -> dict[Salt, float]:
    """Stock solutions (M of each salt, volume in any one unit) poured together: amount of each salt."""
    total: dict[Salt, float] = {}
    for concentrations, volume in solutions:
        for salt, concentration in concentrations.items():
            total[salt] = total.get(salt, 0.0) + concentration * volume
    return total

"""What an ink gives by arithmetic: the formula of its salts and their amounts, open where these are not said (issue 14)."""

import re

from masterkey.extractor.compositions import short_form
from masterkey.extractor.process.inks.composition_reading import CompositionReading
from masterkey.extractor.process.inks.inks import (
    USUAL_CATIONS,
    Chemistry,
    Ink,
    amounts_of_ink,
    is_dispensable,
    is_volatile,
)
from masterkey.extractor.process.inks.salts import NEVER_IN_LATTICE, SPACERS, Salt
from masterkey.extractor.process.inks.stoichiometry import (
    MOST_EXCESS,
    Composition,
    composition_of,
    notation,
    two_step_composition,
)


def deduced_reading(chemistry: Chemistry, ink: Ink) -> CompositionReading | None:
    """What an ink's salts give; of unknown amounts the formula with x where it is not one of a kind."""
    first = _without_shares(chemistry, ink)
    second = dict(ink.second.amounts) if ink.second else {}
    if all(second.values()) and any(first.values()):  # "with 4 mol% of RbCl": no part of the sum
        first = (
            {salt: n for salt, n in first.items() if n or not is_volatile(salt)}
            if second
            else first
        )
    everything = {**second, **first}
    composition, certainty = None, 0.0
    if all(first.values()) and all(second.values()):
        composition = two_step_composition(first, second) if second else composition_of(first)
        certainty = 0.8 if second or (composition and _is_plausible(composition)) else 0.55
    if composition is None:
        composition, certainty = _without_amounts(everything)
    if composition is None or set(composition.cations) <= _ONLY_BESIDE:
        return None
    form = composition.long_form if certainty > 0.25 else _open_form(composition)
    return CompositionReading(
        form, short_form(form), "deduced", ink.role, tuple(ink.spans), certainty,
        composition.additives, note=_note(composition), restates=len(everything) == 1,
    )  # fmt: skip


_ONLY_BESIDE = frozenset(("Rb", "K", "Na", "NH4"))  # too small to hold a perovskite up alone
_SHARE_BEFORE = re.compile(r"\d ?mol[.-]? ?% (?:of )?(?:the )?(?:[^,;()]{3,60} \()?$")
_SHARE_BEHIND = re.compile(
    r"\)?[,;]? ?(?:(?:was|were|is) (?:also |then |further |finally )*(?:added|admixed|introduced|put in|given|mixed in|dissolved|incorporated) (?:at|in|to|with) (?:a (?:\w+ )?of )?)?\(?(?:about )?[\d.]+ ?mol[.-]? ?%"
)
_IN_BALANCE = 0.05  # of metal and cations, which leave no site for a spacer of unknown amount


def _without_shares(chemistry: Chemistry, ink: Ink) -> dict[Salt, float | None]:
    """An ink's amounts without additives of which a share in mol% is told, where the other salts, all weighed, make a perovskite."""
    amounts, lower = amounts_of_ink(ink), chemistry.document.lower
    shared = {
        m.salt
        for m in ink.first.mentions
        if (is_dispensable(m.salt) or not m.salt.is_metal_source)
        and (
            _SHARE_BEFORE.search(lower[max(m.start - 80, 0) : m.start])
            or _SHARE_BEHIND.match(lower, m.end)
        )
    }
    kept = {salt: n for salt, n in amounts.items() if n or salt not in shared}
    if len(kept) < len(amounts) and not any(kept.values()) and _is_one_of_a_kind(kept):
        return kept
    known = {salt: n for salt, n in kept.items() if n or not set(salt.cations) & SPACERS}
    if len(known) < len(kept) and all(known.values()) and _fills_its_sites(known):
        kept = known
    is_whole = (
        kept
        and all(kept.values())
        and any(salt.metals for salt in kept)
        and any(USUAL_CATIONS & set(salt.cations) for salt in kept)
    )
    return kept if is_whole else amounts


def _is_one_of_a_kind(amounts: dict[Salt, float | None]) -> bool:
    """Whether salts make one perovskite, whatever their amounts: one usual cation, one metal, one halide."""
    equal = composition_of(dict.fromkeys(amounts, 1.0))
    usual = equal is not None and set(equal.cations) <= USUAL_CATIONS
    return usual and len(equal.cations) == len(equal.metals) == len(equal.halides) == 1


def _fills_its_sites(amounts: dict[Salt, float | None]) -> bool:
    composition = composition_of({salt: n for salt, n in amounts.items() if n})
    return composition is not None and abs(composition.excess) <= _IN_BALANCE


def _is_plausible(composition: Composition) -> bool:
    """One cation and one halide, or cations and metal in about the amounts that a perovskite needs."""
    single = len(composition.cations) == len(composition.halides) == len(composition.metals) == 1
    return single or -0.2 < composition.excess <= MOST_EXCESS


def _note(composition: Composition) -> str:
    if composition.excess > 0.01:
        return f"{100 * composition.excess:.0f} % more lead than cations; the excess is left out"
    return ""


def _without_amounts(salts: dict[Salt, float | None]) -> tuple[Composition | None, float]:
    """One cation and one halide need no amounts; of more only the ions are known."""
    equal = composition_of({salt: n or 1.0 for salt, n in salts.items()})
    if equal is None:
        return None, 0.0
    if len(equal.cations) == 1 and len(equal.halides) == 1 and len(equal.metals) == 1:
        return composition_of({salt: 1.0 for salt in salts if not set(salt.cations) & NEVER_IN_LATTICE}), 0.7  # fmt: skip
    return equal, 0.2


def _open_form(composition: Composition) -> str:
    """ "FAxMAxPbBrxIx": ions without numbers, as the database writes them."""

    def site(ions: dict[str, float]) -> dict[str, float]:
        return ions if len(ions) == 1 else dict.fromkeys(ions, 0.5)

    form = notation(site(composition.cations), site(composition.metals), site(composition.halides))
    return form.replace("0.5", "x")

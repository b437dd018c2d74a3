"""What the absorber is: formulas that are written, weighed against what the inks' amounts give (issue 14)."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from masterkey.extractor.compositions import short_form
from masterkey.extractor.process.inks.additives import Additive, perovskite_additives
from masterkey.extractor.process.inks.formulas import WrittenFormula
from masterkey.extractor.process.inks.inks import (
    USUAL_CATIONS,
    Chemistry,
    Ink,
    amounts_of_ink,
    is_dispensable,
    is_volatile,
)
from masterkey.extractor.process.inks.salts import CATIONS, METALS, NEVER_IN_LATTICE, Salt
from masterkey.extractor.process.inks.solvents import SolventReading, solvents_of
from masterkey.extractor.process.inks.stoichiometry import (
    MOST_EXCESS,
    Composition,
    composition_of,
    notation,
    two_step_composition,
)
from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.dots import sentences_coating_dots
from masterkey.extractor.process.text.passages import names_any
from masterkey.schema.composition import HALOGENS, parse_formula

_KIND_WEIGHTS = {"characterisation": 0.25, "stability": 0.4, "synthesis": 0.3, "materials": 0.5, "other cell": 0.2}  # fmt: skip
_DOTS_WEIGHT = (
    2.5  # of formulas where the film is coated from dots, whose synthesis tells other salts
)
_PURCHASE_WEIGHT, _STUDY_WEIGHT, _CONTROL_WEIGHT, _TARGET_WEIGHT = 0.2, 0.4, 0.6, 1.5
_ASIDE = re.compile(
    r"powder|single crystal|sub-?cells?|bottom|\breported\b|literature|\balone\b|film studies|\bxps\b|quantum dot|nanocrystal|substrates? for|only (?:for|used)"
)
_ASIDE_STEMS = (
    "powder",
    "crystal",
    "sub-cell",
    "subcell",
    "bottom",
    "report",
    "literature",
    "alone",
    "film studies",
    "xps",
    "quantum",
    "substrate",
    "only",
)
_ABSORBER = (
    "perovskite",
    "precursor",
    "solution",
    "ink",
    "film",
    "layer",
    "absorber",
    "composition",
    "formula",
    "device",
    "cell",
    "stoichio",
)
_COMPOSITION_STEMS = ("composition", "formula", "stoichiometr", "resulting layer", "the absorber")
_CONTRAST = re.compile(
    r"(?:rather than|instead of|compared (?:to|with)|unlike|\bthan|in contrast to)\W+(?:\w+\W+){0,2}$"
)
_CONTRAST_STEMS = ("than", "instead", "compared", "unlike", "contrast")
_COMPOSITION = re.compile(
    r"(?:nominal |chemical |resulting )?(?:composition|formula)\b|stoichiometr|resulting layer|the absorber"
)
_KIND_OF = re.compile(r"[- ](?:rich|based|type|like)\b")  # "the FAPbI3-rich absorber FA0.85…"
# Perovskites that are weighed like salts for mixed ones.
_SALT_LIKE = frozenset(("MAPbBr3", "FAPbBr3", "FAPbI3", "CsPbBr3"))
_ABSORBER_WITHIN = 70
_AGREES = 0.035  # largest difference of a coefficient between a formula and the arithmetic
_CONTROL_NEWS = 0.3  # what arithmetic on a control's ink counts
_SAME_IONS = 0.6  # weight that a formula gains by an ink of its ions without amounts
_STRONG = 2.2  # weight of a written formula that wins over arithmetic that gives other ions


@dataclass(frozen=True)
class CompositionReading:
    """One absorber as a text states it. `source`: "text" (a formula is written) or "deduced" (arithmetic).

    `role`: "control", "target" or "" where no word near it says; `spans`: places of the text that say so;
    `certainty` from 0 to 1, lower where formula and arithmetic disagree.
    """

    long_form: str
    short_form: str
    source: str
    role: str
    spans: tuple[tuple[int, int], ...]
    certainty: float
    additives: tuple[str, ...] = ()
    solvents: str = ""
    note: str = ""
    restates: bool = False  # an ink "of" a formula: no arithmetic of its own
    solvent_spans: tuple[tuple[int, int], ...] = ()
    additive_spans: tuple[tuple[int, int], ...] = ()


def compositions_of(chemistry: Chemistry) -> list[CompositionReading]:
    """All absorbers of a text without additives and solvents, the most likely one first."""
    written = _written(chemistry)
    inks = [ink for ink in chemistry.inks if not _only_adds(chemistry, ink)]
    deduced = [reading for ink in inks if (reading := _deduced(chemistry, ink))]
    return _agreed(written, deduced)


def _only_adds(chemistry: Chemistry, ink: Ink) -> bool:
    """Whether its salts, without amounts, stand beside a written formula: "… with 10 % excess PbI2 and 10 mol% MACl"."""
    salts = {**amounts_of_ink(ink), **(ink.second.amounts if ink.second else {})}
    adds = not any(salts.values()) and all(is_volatile(s) or not s.cations for s in salts)
    formulas = chemistry.formulas_in(ink.first.sentence)
    return adds and any(not formula.has_variable for formula in formulas)


def _written(chemistry: Chemistry) -> list[tuple[float, CompositionReading]]:
    """(weight, reading) of each written formula, heaviest first."""
    weights: dict[str, list[float]] = {}
    spans: dict[str, list[tuple[int, int]]] = {}
    roles: dict[str, list[str]] = {}
    for sentence in chemistry.sentences_with_formulas:
        for formula in chemistry.formulas_in(sentence):
            weight = _weight(chemistry, sentence, formula)
            weights.setdefault(formula.form, []).append(weight)
            if weight >= 0.3 or sentence.kind == "other cell":
                spans.setdefault(formula.form, []).append((formula.start, formula.end))
            roles.setdefault(formula.form, []).append(chemistry.role(sentence, formula.start))
    found = []
    for form, own in weights.items():
        # However often the control's formula is told, it counts once.
        weight = max(own) if set(roles[form]) == {"control"} else sum(own)
        certain = min(0.5 + 0.2 * weight, 0.9) if "x" not in form else 0.35
        role = _only(roles[form])
        found.append((weight, CompositionReading(form, short_form(form), "text", role, tuple(spans.get(form, ()))[:4], certain)))  # fmt: skip
    return sorted(found, key=lambda item: -item[0])


def _only(roles: list[str]) -> str:
    said = {role for role in roles if role}
    return said.pop() if len(said) == 1 and len(roles) <= 3 else ""


def _weight(chemistry: Chemistry, sentence: Sentence, formula: WrittenFormula) -> float:
    words, lower = chemistry.document.words(sentence), chemistry.document.lower
    weight = _KIND_WEIGHTS.get(sentence.kind, 1.0)
    if sentence.is_purchase:
        weight *= _PURCHASE_WEIGHT
    if sentence.is_study:
        weight *= _STUDY_WEIGHT
    role = chemistry.role(sentence, formula.start)
    weight *= {"control": _CONTROL_WEIGHT, "target": _TARGET_WEIGHT, "": 1.0}[role]
    if sentences_coating_dots(chemistry.document):
        weight *= _DOTS_WEIGHT / _KIND_WEIGHTS.get(sentence.kind, 1.0)
    elif (names_any(words, _ASIDE_STEMS) and _ASIDE.search(words)) or chemistry.is_aside(sentence):
        weight *= 0.4
    before = lower[max(formula.start - 40, sentence.start) : formula.start]
    if names_any(before, _CONTRAST_STEMS) and _CONTRAST.search(before):
        weight *= 0.2
    text = chemistry.document.text
    between = text[formula.start - 1 : formula.start], text[formula.end : formula.end + 1]
    if set(between) <= {"/", "|"} and sentence.kind != "other cell":
        weight = 1.5 * max(weight, 0.8)
    near = lower[max(formula.start - _ABSORBER_WITHIN, 0) : formula.end + _ABSORBER_WITHIN]
    if names_any(near, _ABSORBER):
        weight *= 1.4
    if names_any(near, _COMPOSITION_STEMS) and _COMPOSITION.search(near):
        weight *= 2.0
    if _is_ingredient(chemistry, sentence, formula):
        weight *= 0.1
    if _KIND_OF.match(lower, formula.end):
        weight *= 0.3
    return weight * (0.5 if formula.has_variable else 1.0) * (0.9 if formula.in_words else 1.0)


# "3 mol% of MAPbCl3 was mixed in as additive"
_IS_ADDITIVE = re.compile(r"\d ?(?:mol|wt|at)\.? ?% (?:of )?(?:an? |the )?$")
_AS_ADDITIVE = re.compile(
    r"[^.;]{0,60}\b(?:added|additive|mixed (?:in|as|with)|introduced|incorporated|put in)\b"
)


def _is_ingredient(chemistry: Chemistry, sentence: Sentence, formula: WrittenFormula) -> bool:
    """Whether it is one salt among others: "PbI2 (1.5 M), FAI (1.5 M) and MAPbBr3 (0.05 M)"."""
    salts = chemistry.salts_in(sentence)
    others = {m.salt.name for m in salts if m.start != formula.start} - {formula.form}
    if _IS_ADDITIVE.search(
        chemistry.document.lower[max(formula.start - 30, sentence.start) : formula.start]
    ) and _AS_ADDITIVE.match(chemistry.document.lower, formula.end):
        return True
    itself = any(m.start == formula.start and m.end == formula.end for m in salts)
    if not itself or formula.form not in _SALT_LIKE:
        return False
    return bool(others & ({"PbI2", "PbBr2", "SnI2"} | _SALT_LIKE))


def _deduced(chemistry: Chemistry, ink: Ink) -> CompositionReading | None:
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
_SHARE_BEFORE = re.compile(r"\d ?mol\.? ?% (?:of )?(?:the )?$")
_SHARE_BEHIND = re.compile(r"[,;]? ?\(?(?:about )?[\d.]+ ?mol\.? ?%")


def _without_shares(chemistry: Chemistry, ink: Ink) -> dict[Salt, float | None]:
    """An ink's amounts without additives of which a share in mol% is told, where the other salts, all weighed, make a perovskite."""
    amounts, lower = amounts_of_ink(ink), chemistry.document.lower
    shared = {
        m.salt
        for m in ink.first.mentions
        if (is_dispensable(m.salt) or not m.salt.is_metal_source)
        and (
            _SHARE_BEFORE.search(lower[max(m.start - 20, 0) : m.start])
            or _SHARE_BEHIND.match(lower, m.end)
        )
    }
    kept = {salt: n for salt, n in amounts.items() if n or salt not in shared}
    is_whole = (
        kept
        and all(kept.values())
        and any(salt.metals for salt in kept)
        and any(USUAL_CATIONS & set(salt.cations) for salt in kept)
    )
    return kept if is_whole else amounts


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


def _agreed(
    written: list[tuple[float, CompositionReading]], deduced: list[CompositionReading]
) -> list[CompositionReading]:
    """Formulas and arithmetic in one order: where both have the same ions the formula wins."""
    ranked: list[tuple[float, CompositionReading]] = []
    taken = set()
    for weight, reading in written:
        score = weight
        for n, other in enumerate(deduced):
            if other.short_form == reading.short_form and "x" in other.long_form:
                score += _SAME_IONS
                taken.add(n)
            elif "x" in other.long_form and _has_new_spacer(reading, other):
                score += _SAME_IONS
                taken.add(n)
                reading = replace(reading, spans=(*reading.spans, *other.spans))
            elif other.short_form == reading.short_form:
                agrees = _agree(reading.long_form, other.long_form)
                certainty = 0.95 if agrees else 0.6
                news = (2.0 if agrees else 1.2) if not other.restates else _SAME_IONS
                score += news * (_CONTROL_NEWS if other.role == "control" else 1.0)
                taken.add(n)
                reading = replace(
                    reading, certainty=certainty, role=reading.role or other.role,
                    spans=(*reading.spans, *other.spans), additives=other.additives,
                    note=other.note if agrees else f"the amounts give {other.long_form}",
                )  # fmt: skip
        ranked.append((score, reading))
    for n, reading in enumerate(deduced):
        if n not in taken:
            certainty = reading.certainty if reading.certainty > 0.25 else 0.05
            score = _STRONG * certainty * (_CONTROL_WEIGHT if reading.role == "control" else 1.0)
            ranked.append((score, reading))
    ranked.sort(key=lambda item: -item[0])
    found, forms = [], set()
    for score, reading in ranked:
        if reading.long_form not in forms and score > 0.05:
            forms.add(reading.long_form)
            found.append(reading)
    return found


@lru_cache(maxsize=1 << 10)
def _ions(form: str) -> frozenset[str]:
    return frozenset(parse_formula(form.replace("x", "")) or ())


def _has_new_spacer(written: CompositionReading, ink: CompositionReading) -> bool:
    """Whether a formula has the ink's ions and one more cation, whose salt no table knows."""
    more = _ions(written.long_form) - _ions(ink.long_form)
    return _ions(ink.long_form) < _ions(written.long_form) and more.isdisjoint(CATIONS)


@lru_cache(maxsize=1 << 10)
def _agree(one: str, other: str) -> bool:
    a, b = parse_formula(one), parse_formula(other)
    if not a or not b or a.keys() != b.keys():
        return False
    return all(abs(a[ion] - b[ion]) <= _AGREES * (3 if ion in HALOGENS else 1) for ion in a)


def ions_of(form: str) -> tuple[set[str], set[str], set[str]]:
    """Cations, metals, halides of a long form."""
    ions = set(parse_formula(form) or ())
    return ions & set(CATIONS), ions & set(METALS), ions & HALOGENS


@once
def perovskite_readings(document: Document) -> list[CompositionReading]:
    """Absorbers of a paper with additives and solvents, the most likely one first; [] where none is named."""
    chemistry = Chemistry(document)
    readings = compositions_of(chemistry) or [CompositionReading("", "", "text", "", (), 0.0)]
    ions = _lattice_ions(readings)
    additives = perovskite_additives(chemistry, ions)
    found = []
    for reading in readings:
        solvents = _solvents_for(chemistry, reading)
        own = [a for a in additives if not _is_of_other_metals(chemistry, a, reading)]
        found.append(
            replace(
                reading, solvents=solvents.value, solvent_spans=solvents.spans,
                additives=tuple(a.name for a in own),
                additive_spans=tuple((a.start, a.end) for a in own),
            )
        )  # fmt: skip
    return [reading for reading in found if reading.long_form or reading.solvents]


def _lattice_ions(readings: list[CompositionReading]) -> frozenset[str]:
    """The ions of the paper's absorbers; those of salts of unknown amounts only where no formula is written."""
    written = [reading for reading in readings if reading.source == "text"]
    whole = bool(written) and written[0] is readings[0] and "x" not in written[0].long_form
    # An open formula ("FAxMAxPbI3") is read for its ions.
    return frozenset().union(*(_ions(r.long_form) for r in (written if whole else readings)))


def _is_of_other_metals(
    chemistry: Chemistry, additive: Additive, reading: CompositionReading
) -> bool:
    """Whether the sentence of an additive writes absorbers of other metals alone: lead and tin beside lead.

    Asked where tandems stand beside single cells; a target that is a tandem has both absorbers.
    """
    if not chemistry.document.has_second_devices:
        return False
    written = chemistry.formulas_in(chemistry.document.sentence_at(additive.start))
    own = _ions(reading.long_form) & set(METALS)
    metals = [_ions(formula.form) & set(METALS) for formula in written]
    return bool(own and metals) and all(other and other != own for other in metals)


def _solvents_for(chemistry: Chemistry, reading: CompositionReading) -> SolventReading:
    """Of the inks at whose place a reading was found, else of all, the one whose steps are best known."""
    inks = [ink for ink in chemistry.inks if any(span in reading.spans for span in ink.spans)]
    inks = inks or [ink for ink in chemistry.inks if ink.role != "control"] or chemistry.inks
    best, highest = None, -1.0
    for ink in inks:
        solvents = solvents_of(chemistry, ink)
        score = 2.0 * bool(solvents.value and "Unknown" not in solvents.value)
        score += 0.5 * ink.first.is_quantified - 0.6 * (ink.role == "control")
        score += 0.5 * (" >> " in solvents.value) * (ink.second is not None)
        if score > highest:
            best, highest = solvents, score
    return best or solvents_of(chemistry, None)

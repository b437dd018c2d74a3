"""What the absorber is: formulas that are written, weighed against what the inks' amounts give (issue 14)."""

from dataclasses import replace
from functools import lru_cache

from masterkey.extractor.process.inks.additives import Additive, perovskite_additives
from masterkey.extractor.process.inks.composition_reading import CompositionReading
from masterkey.extractor.process.inks.deduced import deduced_reading
from masterkey.extractor.process.inks.formula_weights import CONTROL_WEIGHT, written_readings
from masterkey.extractor.process.inks.inks import (
    Chemistry,
    Ink,
    amounts_of_ink,
    is_volatile,
)
from masterkey.extractor.process.inks.salts import CATIONS, ION_FORMULAS, METALS
from masterkey.extractor.process.inks.solvents import SolventReading, solvents_of
from masterkey.extractor.process.text.document import Document, once
from masterkey.schema.composition import HALOGENS, parse_formula

_AGREES = 0.035  # largest difference of a coefficient between a formula and the arithmetic
_CONTROL_NEWS = 0.3  # what arithmetic on a control's ink counts
_SAME_IONS = 0.6  # weight that a formula gains by an ink of its ions without amounts
_OF_STOCK = 0.3  # what the formula of a stock solution counts that is poured into others
_STRONG = 2.2  # weight of a written formula that wins over arithmetic that gives other ions


def compositions_of(chemistry: Chemistry) -> list[CompositionReading]:
    """All absorbers of a text without additives and solvents, the most likely one first."""
    written = written_readings(chemistry)
    inks = [ink for ink in chemistry.inks if not _only_adds(chemistry, ink)]
    deduced, of_spacers = [], set()
    for ink in inks:
        if reading := deduced_reading(chemistry, ink):
            named = _with_new_spacer(chemistry, ink, reading)
            of_spacers |= named
            deduced += () if named else (reading,)
    written = [(w + _SAME_IONS * (r.long_form in of_spacers), r) for w, r in written]
    stocks = {m.salt.name for ink in inks if ink.first.is_mixture for m in ink.first.mentions}
    written = [(w * _OF_STOCK if r.long_form in stocks else w, r) for w, r in written]
    deduced = [reading for reading in deduced if reading.long_form not in stocks]
    return _agreed(written, deduced)


def _with_new_spacer(chemistry: Chemistry, ink: Ink, reading: CompositionReading) -> set[str]:
    """Formulas in an ink's sentence that have one more cation than its salts, whose salt no table knows.

    "For (PDMA)FA4Pb5I16, PDMAI2, FAI and PbI2 were mixed 1:4:5."
    """
    forms = {formula.form for formula in chemistry.formulas_in(ink.first.sentence)}
    own = _ions(reading.long_form)
    more = {form: _ions(form) - own for form in forms if own < _ions(form)}
    return {form for form, ions in more.items() if ions.isdisjoint(ION_FORMULAS)}


def _only_adds(chemistry: Chemistry, ink: Ink) -> bool:
    """Whether its salts, without amounts, stand beside a written formula: "… with 10 % excess PbI2 and 10 mol% MACl"."""
    salts = {**amounts_of_ink(ink), **(ink.second.amounts if ink.second else {})}
    adds = all(is_volatile(s) or not s.cations for s in salts)
    formulas = chemistry.formulas_in(ink.first.sentence)
    return adds and any(not formula.has_variable for formula in formulas)


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
            elif _leaves_out_traces(reading, other):
                score += 1.2
                taken.add(n)
                reading = replace(reading, spans=(*reading.spans, *other.spans))
            elif other.short_form == reading.short_form:
                agrees = _agree(reading.long_form, other.long_form)
                certainty = 0.95 if agrees else 0.6
                news = (2.0 if agrees else 1.2) if not other.restates else _SAME_IONS
                is_control = "control" in (other.role, reading.role)
                score += news * (_CONTROL_NEWS if is_control else 1.0)
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
            score = _STRONG * certainty * (CONTROL_WEIGHT if reading.role == "control" else 1.0)
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


_TRACE = 0.1  # of the metal
_SELDOM_BUILDS = frozenset(("Rb", "K", "Na", "NH4"))


def _leaves_out_traces(written: CompositionReading, ink: CompositionReading) -> bool:
    """Whether a formula has the ink's ions but for a little of one that may be an additive's: RbCl in the lead ink."""
    amounts = parse_formula(ink.long_form.replace("x", "")) or {}
    more = _ions(ink.long_form) - _ions(written.long_form)
    return (
        bool(more)
        and more <= _SELDOM_BUILDS
        and written.role != "control"
        and _ions(written.long_form) < _ions(ink.long_form)
        and all(amounts[ion] <= _TRACE for ion in more)
    )


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

"""Whole cells of another gap or polarity than the paper's own, each read from what is said of it (issue 14)."""

import re

from masterkey.extractor.compositions import short_form
from masterkey.extractor.fields import LONG_FORM, PROCEDURE, SHORT_FORM, SOLVENTS, TEMPERATURE, TIME
from masterkey.extractor.process.devices.device import read_cell, read_kind
from masterkey.extractor.process.devices.device_ageing import ageing_findings
from masterkey.extractor.process.devices.kinds import SORT, Variant
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.devices.reading import DeviceReading
from masterkey.extractor.process.devices.views import view_without
from masterkey.extractor.process.devices.whole_cells import Kinds, kinds_of
from masterkey.extractor.process.inks.composition import perovskite_readings
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.gaps import (
    TANDEM,
    WIDE,
    Gaps,
    closes,
    gaps_of,
    is_as_others,
)

_CELLS = re.compile(r"\b(?:cells?|devices?|single[- ]junctions?|junctions)\b")
_SHARED = ("Substrate_", "Backcontact_", "Cell_", "Module")
_LONGEST_NAME = 4  # words


def other_cells(paper: Paper) -> list[DeviceReading]:
    """The one device of another gap, or of another polarity; none where there is none such."""
    gaps = gaps_of(paper.document)
    if gaps:
        return _of_other_gap(paper, gaps)
    kinds = kinds_of(paper.document)
    return [_of_polarity(paper, kinds, kind) for kind in kinds.others] if kinds else []


def is_of_other_cells(document: Document, variant: Variant) -> bool:
    """Whether a device is told in the parts on those cells."""
    start = variant.passages[0][0]
    gaps, kinds = gaps_of(document), kinds_of(document)
    if gaps:
        return gaps.is_of_other(start)
    return any(a <= start < b for kind in kinds.others for a, b in kinds.places[kind])


def _of_polarity(paper: Paper, kinds: Kinds, kind: str) -> DeviceReading:
    name = kinds.titles.get(kind, f"{kind} cells").strip(" .:")
    variant = Variant(SORT, "comparison", name, kinds.places[kind], kind)
    read = read_kind(paper.document, kinds, kind)
    # "The perovskite was deposited as above": cells of two polarities have one absorber.
    shared = ("Cell", "Perovskite")
    found = {name: f for name, f in paper.target.items() if name.startswith(shared)}
    return _with_ageing(paper, variant, found | read, [kind])


def _of_other_gap(paper: Paper, gaps: Gaps) -> list[DeviceReading]:
    """The one device, or none: a film of the other gap may be told of as half of a tandem only."""
    lower, passages = paper.document.lower, gaps.of(gaps.other)
    title = next(((a, b) for a, b in passages if _CELLS.search(lower, a, b)), None)
    if title is None or not any(closes(lower, *passage) for passage in passages):
        return []
    found = _told_of(paper, gaps, gaps.other)
    if LONG_FORM not in found:
        # Its film is the one that is told of as half of the tandem.
        more = _told_of(paper, gaps, gaps.other, TANDEM)
        found |= {name: f for name, f in more.items() if name.startswith(("HTL_", "Perovskite_"))}
    shared = _SHARED
    if any(is_as_others(lower, *passage) for passage in passages):
        shared = (*_SHARED, "HTL_", "ETL_")
    for name, finding in paper.target.items():
        if name not in found and name.startswith(shared):
            found[name] = finding
    words = paper.document.text[slice(*title)].split()[:_LONGEST_NAME]
    name = " ".join(words).strip(" #*,.;:")
    variant = Variant(SORT, "comparison", name, passages, gaps.other)
    names = [f"{gaps.other}-gap", f"{gaps.other}-bandgap", f"{gaps.other[0]}bg"]
    return [_with_ageing(paper, variant, found, names)]


def _with_ageing(
    paper: Paper, variant: Variant, found: Findings, names: list[str]
) -> DeviceReading:
    own = {name: f for name, f in found.items() if not name.startswith("Stability")}
    own |= ageing_findings(paper.document, paper.target, variant, names)
    return DeviceReading(variant.role, variant.name, own)


def _told_of(paper: Paper, gaps: Gaps, *kinds: str) -> Findings:
    view = view_without(paper.document, gaps.beside(*kinds))
    return view.back(read_cell(view.document))


_OF_FILM = (LONG_FORM, SHORT_FORM, SOLVENTS, PROCEDURE, TEMPERATURE, TIME)


def join_absorbers(
    paper: Paper, others: list[DeviceReading], found: Findings, passages: list
) -> None:
    """Both films of a tandem of two perovskites, the wide-gap one first as light meets it, in place.

    `passages`: places that tell of the tandem; `others`: the single cell with the film that the target lacks, where it is told; else the compositions alone are joined.
    """
    gaps = gaps_of(paper.document)
    if gaps and others:
        films = [paper.target, others[0].findings]
        wide, narrow = films if gaps.target == WIDE else reversed(films)
        for name in _OF_FILM:
            if name in wide and name in narrow:
                found[name] = _joined(wide[name], narrow[name])
        front = {n: f for n, f in wide.items() if n.startswith("HTL_")}
        if front:
            for name in [name for name in found if name.startswith("HTL_")]:
                del found[name]
            found |= front
        return
    readings = [reading for reading in perovskite_readings(paper.document) if reading.long_form]
    tin = next((r for r in readings if "Sn" in r.long_form), None)
    lead = next((r for r in readings if "Sn" not in r.long_form and "Br" in r.long_form), None)
    if tin and lead:
        value = f"{lead.long_form} | {tin.long_form}"
        spans = (*lead.spans, *tin.spans)
        found[LONG_FORM] = Finding(value, 0.8, "text", spans)
        value = f"{short_form(lead.long_form)} | {short_form(tin.long_form)}"
        found[SHORT_FORM] = Finding(value, 0.8, "deduced", spans)
        _join_film_told(paper, passages, (lead, tin), found)


def _join_film_told(paper: Paper, passages: list, readings: tuple, found: Findings) -> None:
    """How both films of a tandem were made, where its passages tell of the one and the target is the other."""
    own = paper.target.get(LONG_FORM)
    is_target = [own is not None and own.value == reading.long_form for reading in readings]
    told = found.get(TEMPERATURE)
    if sum(is_target) != 1 or told is None or told == paper.target.get(TEMPERATURE):
        return
    if not any(a <= start < b for start, _ in told.spans for a, b in passages):
        return
    other = {name: found[name] for name in (PROCEDURE, TEMPERATURE, TIME) if name in found}
    reading = readings[is_target.index(False)]
    if reading.solvents:
        other[SOLVENTS] = Finding(reading.solvents, 0.8, "text", reading.solvent_spans)
    for name in (SOLVENTS, PROCEDURE, TEMPERATURE, TIME):
        if name in other and name in paper.target:
            films = [paper.target[name], other[name]]
            found[name] = _joined(*(films if is_target[0] else reversed(films)))


def _joined(upper: Finding, lower: Finding) -> Finding:
    source = "text" if upper.source == lower.source == "text" else "deduced"
    certainty = min(upper.certainty, lower.certainty, 0.8)
    return Finding(
        f"{upper.value} | {lower.value}", certainty, source, (*upper.spans, *lower.spans)
    )

"""Single cells of the other gap than the paper's own, read from what is said of that gap alone (issue 14)."""

import re

from masterkey.extractor.compositions import short_form
from masterkey.extractor.fields import LONG_FORM, PROCEDURE, SHORT_FORM, SOLVENTS, TEMPERATURE, TIME
from masterkey.extractor.process.devices.device import read_cell
from masterkey.extractor.process.devices.kinds import COMPARISON
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.devices.reading import DeviceReading
from masterkey.extractor.process.devices.views import view_of_gap
from masterkey.extractor.process.inks.composition import perovskite_readings
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.gaps import TANDEM, WIDE, Gaps, closes, gaps_of, is_as_others

_CELLS = re.compile(r"\b(?:cells?|devices?|single[- ]junctions?|junctions)\b")
_SHARED = ("Substrate_", "Backcontact_", "Cell_", "Module")
_LONGEST_NAME = 4  # words


def cells_of_other_gap(paper: Paper) -> list[DeviceReading]:
    """The one device, or none: a film of the other gap may be told of as half of a tandem only."""
    gaps = gaps_of(paper.document)
    passages = gaps.of(gaps.other) if gaps else []
    lower = paper.document.lower
    title = next(((a, b) for a, b in passages if _CELLS.search(lower, a, b)), None)
    if title is None or not any(closes(lower, *passage) for passage in passages):
        return []
    own = _told_of(paper, gaps, (gaps.other,))
    if LONG_FORM not in own:
        # Its film is the one that is told of as half of the tandem.
        more = _told_of(paper, gaps, (gaps.other, TANDEM))
        own |= {name: f for name, f in more.items() if name.startswith(("HTL_", "Perovskite_"))}
    found = {name: f for name, f in own.items() if not name.startswith("Stability")}
    shared = _SHARED
    if any(is_as_others(lower, *passage) for passage in passages):
        shared = (*_SHARED, "HTL_", "ETL_")
    for name, finding in paper.target.items():
        if name not in found and name.startswith(shared):
            found[name] = finding
    words = paper.document.text[slice(*title)].split()[:_LONGEST_NAME]
    return [DeviceReading(COMPARISON, " ".join(words).strip(" #*,.;:"), found)]


def _told_of(paper: Paper, gaps: Gaps, kinds: tuple[str, ...]) -> Findings:
    view = view_of_gap(paper.document, gaps, kinds)
    return view.back(read_cell(view.document))


_OF_FILM = (LONG_FORM, SHORT_FORM, SOLVENTS, PROCEDURE, TEMPERATURE, TIME)


def join_absorbers(paper: Paper, others: list[DeviceReading], found: Findings) -> None:
    """Both films of a tandem of two perovskites, the wide-gap one first as light meets it, in place.

    `others`: the single cell with the film that the target lacks, where it is told; else the compositions alone are joined.
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


def _joined(upper: Finding, lower: Finding) -> Finding:
    source = "text" if upper.source == lower.source == "text" else "deduced"
    certainty = min(upper.certainty, lower.certainty, 0.8)
    return Finding(
        f"{upper.value} | {lower.value}", certainty, source, (*upper.spans, *lower.spans)
    )

"""Contact, substrate and additives of the tandems beside a target (issue 14)."""

import re

from masterkey.extractor.process.cell.cell import areas
from masterkey.extractor.process.devices.electrodes import (
    BUFFERS,
    CONTACT,
    METHOD,
    SUBSTRATE,
    mentions_of_device,
    silicon,
    usual_method,
)
from masterkey.extractor.process.devices.kinds import Variant
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.inks.composition import perovskite_readings
from masterkey.extractor.process.layers.layer import METALS, TCOS
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import number

_CLOSING = frozenset(("Ag", "Cu", "Al"))  # gold may be the recombination layer
_JUNCTION = re.compile(r"recombination|interconnect|junction|tunnel")


def make_tandem(paper: Paper, variant: Variant, found: Findings) -> None:
    """The contact that closes the passages on tandems, and the area that is told of tandems."""
    mentions = mentions_of_device(paper, variant)
    metals = [m for m in mentions if m.name in METALS and m.name in _CLOSING]
    if metals:
        last = metals[-1]
        oxide = _sputtered_before(paper, variant, last.start)
        names, methods = [last.name], [usual_method(paper, last.name)]
        if oxide:
            names, methods = [oxide, *names], ["Sputtering", *methods]
        span = ((last.start, last.end),)
        found[CONTACT] = Finding(" | ".join(names), 0.8, "text", span)
        found[METHOD] = Finding(" | ".join(methods), 0.8, "deduced", span)
    elif oxide := next((m for m in mentions if m.name in TCOS - {"FTO"} and _is_top(paper, m)), None):  # fmt: skip
        span = ((oxide.start, oxide.end),)
        found[CONTACT] = Finding(oxide.name, 0.8, "text", span)
        found[METHOD] = Finding("Sputtering", 0.75, "deduced", span)
    _on_silicon(paper, mentions, found)
    if silicon(found):
        _with_oxide_for_buffer(paper, variant, found)
    _with_all_additives(paper, found)
    for area in areas(paper.document):
        sentence = paper.document.sentence_at(area.start)
        start, end = max(area.start - 60, sentence.start), min(area.end + 30, sentence.end)
        if "tandem" in paper.document.lower[start:end] or variant.has(area.start):
            found["Cell_area_measured"] = Finding(number(area.value), 0.8, "text", ((area.start, area.end),))  # fmt: skip
            return


_TOP = re.compile(
    r"[^.;]{0,60}\b(?:as|for) (?:the |an? )?(?:semi-?\s?)?(?:transparent )?(?:top|front|rear|back|upper)[ -]?(?:transparent )?(?:electrode|contact)"
)


def _is_top(paper: Paper, oxide) -> bool:
    """ "with IZO (100 nm, sputtered) as the transparent top electrode"."""
    return _TOP.match(paper.document.lower, oxide.end) is not None


def _with_oxide_for_buffer(paper: Paper, variant: Variant, found: Findings) -> None:
    """On silicon, tin oxide by ALD where the opaque target has a buffer under its metal: "as above up to C60, then …"."""
    stack = found.get("ETL_stack_sequence")
    oxide = next((o for o in paper.operations if variant.has(o.start) and o.method == "ALD" and "SnO2-c" in o.names), None)  # fmt: skip
    if oxide and stack and "SnO2" not in stack.value and stack.value.split(" | ")[-1] in BUFFERS:
        for name, last in (("stack_sequence", "SnO2-c"), ("deposition_procedure", "ALD")):
            values = found[f"ETL_{name}"].value.split(" | ")[:-1] if f"ETL_{name}" in found else []
            if values:
                value = " | ".join([*values, last])
                found[f"ETL_{name}"] = Finding(value, 0.75, "text", (oxide.method_span,))


def _with_all_additives(paper: Paper, found: Findings) -> None:
    """A tandem has the additives of both its absorbers."""
    readings = perovskite_readings(paper.document)
    names = {name for reading in readings for name in reading.additives}
    if names:
        spans = tuple(dict.fromkeys(s for reading in readings for s in reading.additive_spans))
        value = "; ".join(sorted(names, key=str.lower))
        found["Perovskite_additives_compounds"] = Finding(value, 0.8, "text", spans)


def _sputtered_before(paper: Paper, variant: Variant, end: int) -> str:
    """The conductive oxide that the passages sputter right before the metal grid; "" where there is none."""
    before = [o for o in paper.operations if variant.has(o.start) and o.start < end]
    oxides = [
        n for o in before[-2:] for n in o.names if n in TCOS - {"FTO"} and "utter" in o.method
    ]
    return oxides[-1] if oxides else ""


def _on_silicon(paper: Paper, mentions: list, found: Findings) -> None:
    """The silicon cell below a tandem's perovskite, with the oxide that joins them."""
    cell = next((m for m in mentions if m.name == "Si"), None)
    oxide = next(
        (
            m
            for m in mentions
            if m.name in TCOS - {"FTO"} and cell and m.start > cell.start and not _is_top(paper, m)
        ),
        None,
    )
    if cell and oxide and _JUNCTION.search(paper.document.lower, cell.start, oxide.end + 60):
        span = ((cell.start, cell.end), (oxide.start, oxide.end))
        found[SUBSTRATE] = Finding(f"Si | {oxide.name}", 0.8, "text", span)

"""All devices of a paper: the target, and those beside it with what is told to be different in them (issue 14).

A device is listed only where the text speaks of such cells. It shares with the target all that the text does not tell
to be otherwise; an ageing test is shared only where the text says that the device was in it.
"""

import re

from masterkey.extractor.fields import LONG_FORM, PROCEDURE, SOLVENTS
from masterkey.extractor.process.cell.cell import cell_area
from masterkey.extractor.process.devices.alternatives import apart
from masterkey.extractor.process.devices.changes import CHANGES
from masterkey.extractor.process.devices.contrasts import salts_of
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.devices.device_ageing import ageing_findings
from masterkey.extractor.process.devices.differences import area_called, different, own_area
from masterkey.extractor.process.devices.electrodes import CONTACT, silicon
from masterkey.extractor.process.devices.epithets import epithets_of
from masterkey.extractor.process.devices.kinds import (
    BY_NOUN,
    CALLED,
    CELLS,
    COMPARISON,
    CONTROL,
    FLEXIBLE,
    MODULES,
    OPAQUE,
    RIGID,
    SEMITRANSPARENT,
    SINGLE,
    SORT,
    TANDEM,
    THREE_DIMENSIONAL,
    Variant,
)
from masterkey.extractor.process.devices.labelled import labelled_devices, look_again
from masterkey.extractor.process.devices.other_cells import (
    is_of_other_cells,
    join_absorbers,
    other_cells,
)
from masterkey.extractor.process.devices.other_films import make_film
from masterkey.extractor.process.devices.other_inks import ADDITIVES
from masterkey.extractor.process.devices.other_layers import new_layers
from masterkey.extractor.process.devices.pairs import control_of
from masterkey.extractor.process.devices.paper import Paper
from masterkey.extractor.process.devices.reading import TARGET, DeviceReading
from masterkey.extractor.process.devices.second_ageing import ageing_of_second
from masterkey.extractor.process.devices.variants import variants_of
from masterkey.extractor.process.inks.composition import ions_of
from masterkey.extractor.process.layers.dopants import named_dopants
from masterkey.extractor.process.layers.layers import makes_tandem
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.label_clauses import labelled_of

_MOST_DEVICES = 8
_LONGEST = 20  # characters of a contact's name
_THREE = re.compile(rf"\b(?:3d|{THREE_DIMENSIONAL})\b")
_BY_LOOKS = (OPAQUE, RIGID, FLEXIBLE, SEMITRANSPARENT)
# "cells "RT"", "(denoted as RT)": a device of its own, though nothing that is read differs.
_NICKNAME = re.compile(
    r"\((?:(?:cells?|devices?|films?|samples?|named|called|denoted|labell?ed)(?: as)? )?[\"“”‘'][\w -]{2,20}[\"“”’'](?: \w+)?\)|\((?:denoted|labell?ed|called|named)(?: as)? [\w-]{2,20}\)"
)
_OF_OTHER_KIND = (FLEXIBLE, RIGID, OPAQUE, SEMITRANSPARENT, SINGLE)
_BESIDE_ROW = (MODULES, TANDEM)  # what may be told beside devices that are told apart by labels
_NAMED = "Cell_flexible", "Cell_semitransparent", "Module"


def read_devices(
    document: Document, target: dict[str, Finding] | None = None
) -> list[DeviceReading]:
    """The target (as `read_device` gives it, if it is not given), then the devices beside it in the text's order."""
    target = read_device(document) if target is None else target
    paper = Paper(document, target)
    found = [DeviceReading(TARGET, "", target), *labelled_devices(paper)]
    kinds = _possible(document, target)
    layers = frozenset([*paper.stack("HTL"), *paper.stack("ETL"), *paper.stack("Backcontact")])
    is_row, told = len(found) > 1, []
    found += (others := [] if labelled_of(document) else other_cells(paper))
    for variant in variants_of(document, kinds, layers, is_row):
        if is_row and variant.kind not in _BESIDE_ROW and not _is_of_target(document, variant):
            continue
        if others and variant.kind not in _BESIDE_ROW and is_of_other_cells(document, variant):
            continue
        for one in apart(paper, variant) if len(found) < _MOST_DEVICES else ():
            if one is not variant and _is_listed_control(paper, found, one):
                continue
            reading = _read(paper, one)
            if one.kind == TANDEM:
                join_absorbers(paper, others, reading.findings, one.passages)
            if one.kind == CONTROL:
                look_again(paper, reading.findings)
            is_named = is_row and _NICKNAME.search(paper.words(one))
            is_sure = is_named or one.is_sure or (one.kind != COMPARISON and not one.is_guess)
            twin = _twin_of(found, reading) if one.is_guess else None
            if twin is not None:
                twin.findings = reading.findings | twin.findings
            elif is_sure or not _is_listed(found, reading):
                found.append(reading)
                told.append((one, reading))
    pairs = [pair for one, reading in told if (pair := control_of(paper, found, one, reading))]
    return [*found, *pairs][:_MOST_DEVICES]


def _is_of_target(document: Document, variant: Variant) -> bool:
    """Whether it is told of the target among labelled devices: "a few B cells without BCP were also made"."""
    labelled = labelled_of(document)
    if labelled is None or variant.kind not in (COMPARISON, CONTROL, *_OF_OTHER_KIND):
        return False
    sentences = {document.sentence_at(start).number for start, _ in variant.passages}
    named = {
        n
        for number in sentences
        for g in labelled.row.of(document.sentences[number])
        for n in g.labels
    }
    own = {labelled.target}
    return named <= own if variant.kind in _OF_OTHER_KIND else named == own


def _possible(document: Document, target: dict[str, Finding]) -> list[str]:
    """The special kinds that may stand beside the target."""
    flexible, transparent, module = (
        name in target and target[name].value == "TRUE" for name in _NAMED
    )
    lower, tandem = document.lower, silicon(target)
    kinds = []
    if "module" in lower:
        kinds.append(CELLS if module else MODULES)
    if "opaque" in lower and (transparent or tandem):
        kinds.append(OPAQUE)
    elif "transparent" in lower and not transparent:
        kinds.append(SEMITRANSPARENT)
    if flexible:
        kinds.append(RIGID)
    elif "flexib" in lower or " pen " in lower:
        kinds.append(FLEXIBLE)
    if tandem and OPAQUE not in kinds:
        kinds.append(SINGLE)
    elif "tandem" in lower and not tandem and not makes_tandem(document, operations_of(document)):
        kinds.append(TANDEM)
    return kinds


def _read(paper: Paper, variant: Variant) -> DeviceReading:
    document, target = paper.document, paper.target
    if variant.kind in (MODULES, TANDEM):
        found = dict(target)
        make_film(paper, variant, found)
    else:
        found = different(paper, variant)
    change = CHANGES.get(variant.kind)
    if change:
        change(paper, variant, found)
    if variant.kind in (MODULES, CELLS):
        found["Module"] = Finding("TRUE" if variant.kind == MODULES else "FALSE", 0.85, "text", tuple(variant.passages[:1]))  # fmt: skip
        is_module = variant.kind == MODULES
        area = cell_area(document, of_module=is_module)
        if area is None or area == target.get("Cell_area_measured"):
            area = own_area(paper, variant, is_module) or area
        if area:
            found["Cell_area_measured"] = area
    elif area := area_called(document, CALLED.get(variant.kind, ())):
        found["Cell_area_measured"] = area
    elif is_module := _is_other_size(paper, variant):
        found["Module"] = Finding(is_module, 0.7, "text", tuple(variant.passages[:1]))
        found.pop("Cell_area_measured", None)
        if area := own_area(paper, variant, is_module == "TRUE"):
            found["Cell_area_measured"] = area
    found = {name: f for name, f in found.items() if not name.startswith("Stability")}
    if variant.kind in BY_NOUN:
        found |= ageing_of_second(document, target, variant)
    else:
        found |= ageing_findings(document, target, variant, _names(paper, variant, found))
    return DeviceReading(variant.role, variant.name, found)


_MADE_CELLS = re.compile(
    r"\bcells\b|\b(?:an?|one|the|single) (?:[\w-]+ ){0,2}cell (?:of|with|having|was|is)\b"
)
_MADE_MODULE = re.compile(
    r"\b(?:an?|one) (?:[\w-]+ ){0,2}(?:mini-?)?module (?:of|with|having|was|is)\b"
)


def _is_other_size(paper: Paper, variant: Variant) -> str:
    """Whether cells beside a target that is a module, "FALSE", or a module beside cells, "TRUE"; else ""."""
    module = paper.target.get("Module")
    words = paper.words(variant)
    if variant.kind not in (CONTROL, COMPARISON):
        return ""
    if module is not None and module.value == "TRUE":
        return "FALSE" if "module" not in words and _MADE_CELLS.search(words) else ""
    return "TRUE" if variant.label and _MADE_MODULE.search(words) else ""


_ON_GLASS = ("glass cells", "glass devices", "glass-based", "cells on glass", "the glass")


def _names(paper: Paper, variant: Variant, found: dict[str, Finding]) -> list[str]:
    """What an ageing test may call the device by."""
    document = paper.document
    items = [item for own in new_layers(paper, variant).values() for item in own]
    text = document.lower
    names = {text[item.start : item.end] for item in items}
    if variant.kind == SORT:
        names |= {text[a:b] for _, (a, b) in named_dopants(paper.document, variant.passages)}
    if variant.label:
        names.add(variant.label)
    elif variant.kind == COMPARISON:
        names |= salts_of(document, variant.passages)
    names |= set(CALLED[variant.kind] if variant.kind in _BY_LOOKS else ())
    names |= set(_ON_GLASS if variant.kind == RIGID else ())
    if variant.kind == COMPARISON:
        names |= epithets_of(document, variant)
    if _THREE.search(f"{variant.label} {paper.words(variant)}"):
        names |= {"3d", THREE_DIMENSIONAL}
    return sorted((names | _names_of_absorber(paper, found)) - {""})


# A perovskite's method → how cells with it are called.
_MADE_BY = {
    "Spin-coating": ("spin-coated", "spin coated", "spun"),
    "Doctor blading": ("blade-coated", "blade coated", "bladed"),
    "Inkjet printing": ("inkjet-printed", "printed"),
    "Slot-die coating": ("slot-die-coated", "slot-die coated", "slot-die"),
    "Co-evaporation": ("co-evaporated", "evaporated"),
    "Spray-coating": ("sprayed", "spray-coated"),
}


def _names_of_absorber(paper: Paper, found: dict[str, Finding]) -> set[str]:
    """Formula, solvent, method or additive of the perovskite, or contact, where the target has another."""
    own, target = (
        [
            d[field].value if field in d else ""
            for field in (LONG_FORM, SOLVENTS, PROCEDURE, CONTACT, ADDITIVES)
        ]
        for d in (found, paper.target)
    )
    names = {own[0].lower()} if own[0] != target[0] and target[0] else set()
    if target[0] and own[0]:
        more = set(ions_of(own[0])[0]) - set(ions_of(target[0])[0])
        names |= {ion.lower() for ion in more if len(ion) > 1}
    names |= {s.lower() for s in set(own[1].split("; ")) - set(target[1].split("; ")) if len(s) > 1}
    if own[2] != target[2]:
        names.update(_MADE_BY.get(own[2], ()))
    names |= {n.lower() for n in set(own[4].split("; ")) - set(target[4].split("; ")) if len(n) > 2}
    if own[3] != target[3] and CONTACT in found:
        names |= {paper.document.lower[a:b] for a, b in found[CONTACT].spans if b - a < _LONGEST}
        names |= {"carbon"} & set(own[3].lower().split(" | "))
    return names


_CONTROL = re.compile(r"\bthe (?:controls?|references?)\b")


def _is_listed_control(paper: Paper, found: list[DeviceReading], variant: Variant) -> bool:
    """Whether a clause of a sentence on several devices is of the control, and that is listed: "…, the third, the control, is bare"."""
    has_control = any(device.role == CONTROL for device in found)
    return has_control and _CONTROL.search(paper.words(variant)) is not None


def _twin_of(found: list[DeviceReading], reading: DeviceReading) -> DeviceReading | None:
    """What is listed with the same layers, perovskite and cell, beside the target; however it was aged."""
    own = _made(reading)
    return next((one for one in found[1:] if _made(one) == own), None)


def _made(reading: DeviceReading) -> dict[str, str]:
    return {n: f.value for n, f in reading.findings.items() if not n.startswith("Stability")}


def _is_listed(found: list[DeviceReading], reading: DeviceReading) -> bool:
    """Whether a device with these values is listed already."""
    values = {name: f.value for name, f in reading.findings.items()}
    return any({n: f.value for n, f in one.findings.items()} == values for one in found)

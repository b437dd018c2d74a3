"""All devices of a paper: the target, and those beside it with what is told to be different in them (issue 14).

A device is listed only where the text speaks of such cells. It shares with the target all that the text does not tell
to be otherwise; an ageing test is shared only where the text says that the device was in it.
"""

import re

from masterkey.extractor.fields import LONG_FORM
from masterkey.extractor.process.cell.cell import cell_area
from masterkey.extractor.process.devices.alternatives import apart
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.devices.device_ageing import ageing_findings
from masterkey.extractor.process.devices.differences import different
from masterkey.extractor.process.devices.electrodes import CHANGES, silicon
from masterkey.extractor.process.devices.kinds import (
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
from masterkey.extractor.process.devices.other_gap import cells_of_other_gap, join_absorbers
from masterkey.extractor.process.devices.other_inks import make_film
from masterkey.extractor.process.devices.other_layers import new_layers
from masterkey.extractor.process.devices.pairs import control_of
from masterkey.extractor.process.devices.paper import Paper
from masterkey.extractor.process.devices.reading import TARGET, DeviceReading
from masterkey.extractor.process.devices.variants import variants_of
from masterkey.extractor.process.layers.dopants import named_dopants
from masterkey.extractor.process.layers.layers import makes_tandem
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.gaps import gaps_of

_MOST_DEVICES = 8
_THREE = re.compile(rf"\b(?:3d|{THREE_DIMENSIONAL})\b")
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
    layers = frozenset([*paper.stack("HTL"), *paper.stack("ETL")])
    is_row, told = len(found) > 1, []
    found += (others := cells_of_other_gap(paper))
    for variant in variants_of(document, kinds, layers):
        if is_row and variant.kind not in _BESIDE_ROW:
            continue
        if others and variant.kind == COMPARISON and gaps_of(document).is_of_other(variant.passages[0][0]):  # fmt: skip
            continue
        for one in apart(paper, variant) if len(found) < _MOST_DEVICES else ():
            reading = _read(paper, one)
            if one.kind == TANDEM:
                join_absorbers(paper, others, reading.findings)
            if one.kind == CONTROL:
                look_again(paper, reading.findings)
            if one.kind != COMPARISON or not _is_listed(found, reading):
                found.append(reading)
                told.append((one, reading))
    pairs = [pair for one, reading in told if (pair := control_of(paper, found, one, reading))]
    return [*found, *pairs][:_MOST_DEVICES]


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
        area = cell_area(document, of_module=variant.kind == MODULES)
        if area:
            found["Cell_area_measured"] = area
    elif _are_cells_beside_modules(paper, variant):
        found["Module"] = Finding("FALSE", 0.7, "text", tuple(variant.passages[:1]))
        found.pop("Cell_area_measured", None)
    found = {name: f for name, f in found.items() if not name.startswith("Stability")}
    found |= ageing_findings(document, target, variant, _names(paper, variant, found))
    return DeviceReading(variant.role, variant.name, found)


def _are_cells_beside_modules(paper: Paper, variant: Variant) -> bool:
    module = paper.target.get("Module")
    words = paper.words(variant)
    if module is None or module.value != "TRUE" or variant.kind not in (CONTROL, COMPARISON):
        return False
    return "module" not in words and re.search(r"\bcells\b", words) is not None


def _names(paper: Paper, variant: Variant, found: dict[str, Finding]) -> list[str]:
    """What an ageing test may call the device by."""
    items = [item for own in new_layers(paper, variant).values() for item in own]
    text = paper.document.lower
    names = {text[item.start : item.end] for item in items}
    if variant.kind == SORT:
        names |= {text[a:b] for _, (a, b) in named_dopants(paper.document, variant.passages)}
    if variant.label:
        names.add(variant.label)
    if _THREE.search(f"{variant.label} {paper.words(variant)}"):
        names |= {"3d", THREE_DIMENSIONAL}
    own, target = found.get(LONG_FORM), paper.target.get(LONG_FORM)
    if own and target and own.value != target.value:
        names.add(own.value.lower())
    return sorted(names - {""})


def _is_listed(found: list[DeviceReading], reading: DeviceReading) -> bool:
    """Whether a device with these values is listed already."""
    values = {name: f.value for name, f in reading.findings.items()}
    return any({n: f.value for n, f in one.findings.items()} == values for one in found)

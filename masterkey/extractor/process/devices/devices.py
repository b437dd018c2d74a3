"""All devices of a paper: the target, and those beside it with what is told to be different in them (issue 14).

A device is listed only where the text speaks of such cells. It shares with the target all that the text does not tell
to be otherwise; an ageing test is shared only where the text says that the device was in it.
"""

import re
from dataclasses import dataclass, field, replace

from masterkey.extractor.fields import LONG_FORM, SHORT_FORM
from masterkey.extractor.process.cell.cell import cell_area
from masterkey.extractor.process.devices.alternatives import apart
from masterkey.extractor.process.devices.device import read_cell, read_device
from masterkey.extractor.process.devices.device_ageing import ageing_findings
from masterkey.extractor.process.devices.differences import different, leave_out
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
from masterkey.extractor.process.devices.labelled import view_of
from masterkey.extractor.process.devices.other_inks import ADDITIVES, make_film
from masterkey.extractor.process.devices.other_layers import layers_of, new_layers
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.devices.variants import variants_of
from masterkey.extractor.process.layers.dopants import named_dopants
from masterkey.extractor.process.layers.layers import makes_tandem
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.layers.oxide_forms import base
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.label_clauses import Labelled, labelled_of, roles_of

TARGET = "target"
_MOST_DEVICES = 8
_THREE = re.compile(rf"\b(?:3d|{THREE_DIMENSIONAL})\b")
_BESIDE_ROW = (MODULES, TANDEM)  # what may be told beside devices that are told apart by labels
_PARTS = ("HTL", "ETL", "Backcontact", "Perovskite")
_NAMED = "Cell_flexible", "Cell_semitransparent", "Module"


@dataclass
class DeviceReading:
    """`role`: target, control, comparison, module, tandem or other; `name`: the text's own words, "" of the target.

    `findings`: field → what was read; fields on which the rules read nothing are left out.
    """

    role: str
    name: str
    findings: dict[str, Finding] = field(default_factory=dict)


def read_devices(
    document: Document, target: dict[str, Finding] | None = None
) -> list[DeviceReading]:
    """The target (as `read_device` gives it, if it is not given), then the devices beside it in the text's order."""
    target = read_device(document) if target is None else target
    paper = Paper(document, target)
    found = [DeviceReading(TARGET, "", target), *_labelled(paper)]
    kinds = _possible(document, target)
    layers = frozenset([*paper.stack("HTL"), *paper.stack("ETL")])
    is_row = len(found) > 1
    for variant in variants_of(document, kinds, layers):
        if is_row and variant.kind not in _BESIDE_ROW:
            continue
        for one in apart(paper, variant) if len(found) < _MOST_DEVICES else ():
            reading = _read(paper, one)
            if one.kind == CONTROL and _is_like_target(paper, reading.findings):
                _look_again(paper, reading.findings)
            if one.kind != COMPARISON or not _is_listed(found, reading):
                found.append(reading)
    return found[:_MOST_DEVICES]


def _labelled(paper: Paper) -> list[DeviceReading]:
    """The devices that the text tells apart by labels, but the target; [] where there are none."""
    labelled = labelled_of(paper.document)
    found = []
    for number, label in enumerate(labelled.row.names) if labelled else ():
        if number != labelled.target:
            role = CONTROL if number in labelled.controls else COMPARISON
            passages = [(c.start, c.end) for c in labelled.of(number)]
            name = labelled.row.name_of(paper.document, number)
            variant = Variant(SORT, role, name, passages, label.lower())
            found.append(DeviceReading(role, name, _of_label(paper, labelled, number, variant)))
    return found


def _of_label(paper: Paper, labelled: Labelled, number: int, variant: Variant) -> Findings:
    """What its view of the text tells, and what the target has that the text says of neither alone."""
    view = view_of(paper.document, labelled, number)
    found = read_cell(view.document)
    read = frozenset(found)
    passages = [(a, b) for a, b in (view.span(*passage) for passage in variant.passages) if a < b]
    passages += _of_nothing(view.document)
    leave_out(Paper(view.document, found), replace(variant, passages=passages), found)
    found = view.back(found)
    for what, finding in paper.target.items():
        # What the target's reading rests on may be said of all, and yet be missed in the view.
        shown = all(view.shows(a, b) for a, b in finding.spans)
        if what not in read and not what.startswith("Stability") and shown:
            found[what] = finding
    other = different(paper, variant)
    for part in _PARTS:
        missed = f"{part}_stack_sequence" in other and f"{part}_stack_sequence" not in found
        if missed or number in labelled.likened:
            found = {name: f for name, f in found.items() if not name.startswith(part)}
            found |= {name: f for name, f in other.items() if name.startswith(part)}
    return found


# "To the inks, 0 mol% of KSCN was added": of a series the one without.
_NOTHING = re.compile(
    r"(?<![\d.])(?:0(?:\.0+)?|no|zero) ?(?:mol\.?|wt\.?|vol\.?|at\.?)? ?(?:%|m?m\b|mg(?: ?/ ?ml| ml-1)?)(?: of)? [^.;]*"
)


def _of_nothing(document: Document) -> list[tuple[int, int]]:
    return [match.span() for match in _NOTHING.finditer(document.lower)]


def _is_like_target(paper: Paper, found: Findings) -> bool:
    """Whether nothing was read to be different in how a device was made."""
    return all(
        name in found and found[name].value == finding.value
        for name, finding in paper.target.items()
        if not name.startswith(("Stability", "Cell"))
    )


def _look_again(paper: Paper, found: Findings) -> None:
    """Correct a control that seemed to have the target's layers or additives, in place.

    What the text says of all and of the control alone, read by itself, may have another layer in the place of the
    target's, or lack one of its additives.
    """
    roles = roles_of(paper.document)
    if roles is None:
        return
    view = view_of(paper.document, roles, 0)
    own = view.back(read_cell(view.document))
    for part in ("HTL", "ETL"):
        field = f"{part}_stack_sequence"
        layers, others = layers_of(own, part), layers_of(found, part)
        if others == paper.stack(part) and len(layers) == len(others) and set(map(base, layers)) != set(map(base, others)):  # fmt: skip
            for name in (field, f"{part}_deposition_procedure", f"{part}_additives_compounds"):
                found.pop(name, None)
                found |= {name: own[name]} if name in own else {}
    target = _additives(paper.target)
    if target and _additives(found) == target > _additives(own) and SHORT_FORM in own:
        found.pop(ADDITIVES)
        found |= {ADDITIVES: own[ADDITIVES]} if ADDITIVES in own else {}


def _additives(found: Findings) -> set[str]:
    return set(found[ADDITIVES].value.split("; ")) if ADDITIVES in found else set()


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

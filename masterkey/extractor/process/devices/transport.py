"""Transport layers and contact of the target: which layers lie on which side, and how each was made."""

import re
from dataclasses import replace

from masterkey.extractor.process.layers.common_methods import CommonMethod, common_method
from masterkey.extractor.process.layers.dopant_words import DOPANTS
from masterkey.extractor.process.layers.layer import (
    CONTACT_OXIDES,
    METALS,
    TCOS,
    Layer,
    is_contact,
    kind_of,
)
from masterkey.extractor.process.layers.layers import is_same
from masterkey.extractor.process.layers.oxide_forms import base, with_form
from masterkey.extractor.process.layers.stacks import Stack
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.materials import materials

_EVAPORATED = frozenset("C60 BCP LiF MoO3 MoOx Au Ag Al Cu Cr TPBi Bphen C70 MgF2 Pt Ni Pd".split())
_SUBSTRATES = ("PEN", "PET", "PI", "Willow glass", "Si", "SLG")
_CONDUCTORS = ("FTO", "ITO", "IZO", "AZO", "ICO", "IZrO")


def transport_findings(document, before, after, stack, architecture) -> dict[str, Finding]:
    before = [layer for layer in before if not is_contact(layer)]
    contact, after = _split_contact(after)
    if stack:
        before, after, contact = _by_stack(document, before, after, contact, stack)
    inverted = architecture is not None and architecture.value == "pin"
    hole, electron = (before, after) if inverted else (after, before)
    if not stack:
        hole, electron = _by_kind(hole, electron)
    found = {}
    common = common_method(document)
    for part, layers in (("HTL", hole), ("ETL", electron), ("Backcontact", contact)):
        layers = [layer for layer in _plausible(part, layers) if not layer.is_treatment]
        if layers:
            found |= stack_and_procedures(part, layers, common)
    if _is_doubtful(contact):
        found |= {
            name: replace(one, certainty=min(one.certainty, _DOUBTFUL))
            for name, one in found.items()
            if name.startswith("Backcontact")
        }
    return found


_DOUBTFUL = 0.7  # of a contact that may be of several cells


def _is_doubtful(contact: list[Layer]) -> bool:
    """Whether a contact has metals or carbon of several sentences, a charge conductor, or an oxide made as a buffer."""
    ends = [layer for layer in contact if layer.name in METALS or layer.name == "Carbon"]
    places = {layer.operation.sentence.number for layer in ends if layer.operation}
    return len(places) > 1 or any(
        (_conducts_charge(layer) and layer.name not in CONTACT_OXIDES)
        or (layer.name in TCOS and layer.method in _OF_BUFFERS)
        for layer in contact
    )


# Named beside layers, and none themselves.
_NO_LAYERS = frozenset("SLG FTO ITO PET PEN Si NaOH EDTA HCl KOH PH Ca".split())


def _plausible(part: str, layers: list[Layer]) -> list[Layer]:
    """Without what is no layer of this part; nothing where all of them conduct the other carrier."""
    kept: list[Layer] = []
    for layer in layers:
        names = layer.name.split("; ")
        if part != "Backcontact" and (
            layer.name in _NO_LAYERS or layer.name in DOPANTS or not any(map(_is_layer_name, names))
        ):
            continue
        if not any(is_same(layer.name, other.name) for other in kept):
            kept.append(layer)
    kept = sorted(kept, key=lambda layer: _below_scaffold(layer, kept))
    sign = {"HTL": 1, "ETL": -1}.get(part, 0)
    wrong = [layer for layer in kept if sign * kind_of(layer.name) < -_SURE]
    right = [layer for layer in kept if sign * kind_of(layer.name) > _SURE]
    if wrong and not right:
        return []
    return kept


def _below_scaffold(layer: Layer, layers: list[Layer]) -> int:
    """The lower, the deeper a layer of scaffolds lies, whenever it is told: compact, porous TiO2, ZrO2, others."""
    names = {other.name for other in layers}
    if layer.name.endswith("-c") and {f"{base(layer.name)}-mp", f"{base(layer.name)}-nw"} & names:
        return 0
    return 1 if layer.name == "TiO2-mp" and "ZrO2-mp" in names else 2


def _is_layer_name(name: str) -> bool:
    """Whether the database has it as a layer, or the text names it as one."""
    roles = materials().roles.get(name)
    return roles is None or bool({"ETL", "HTL", "Backcontact", "treatment"} & roles.keys())


# On a hole conductor these belong to the electrode in most of the database's records.
_SURE = 0.6


def _by_kind(hole: list[Layer], electron: list[Layer]) -> tuple[list[Layer], list[Layer]]:
    """What surely conducts the other carrier changes sides: the text told it elsewhere."""
    wrong = [layer for layer in hole if kind_of(layer.name) < -_SURE]
    other = [layer for layer in electron if kind_of(layer.name) > _SURE]
    if len(wrong) < len(hole) or other:
        hole = [*(layer for layer in hole if layer not in wrong), *other]
    if len(other) < len(electron) or wrong:
        bases = {base(layer.name) for layer in electron}
        wrong = [layer for layer in wrong if base(layer.name) not in bases]
        electron = [*wrong, *(layer for layer in electron if layer not in other)]
    return hole, electron


def _split_contact(after: list[Layer]) -> tuple[list[Layer], list[Layer]]:
    """(back contact, transport layers): the contact begins at the first metal, carbon or conductive oxide."""
    after = after[1:] if _begins_with_substrate(after) else after
    first = next((n for n, layer in enumerate(after) if is_contact(layer)), len(after))
    contact, transport = after[first:], after[:first]
    if (
        contact
        and len(transport) > 1
        and transport[-1].name in CONTACT_OXIDES
        and kind_of(transport[0].name) >= 0
    ):
        contact, transport = [transport[-1], *contact], transport[:-1]
    pads = [layer for layer in contact if layer.method == "Brush painting" and layer.name == "Ag"]
    return [layer for layer in contact if layer not in pads] or contact, transport


def _conducts_charge(layer: Layer) -> bool:
    """Whether it surely conducts one carrier, and is no contact and no coating upon one."""
    return not is_contact(layer) and layer.name != "MgF2" and abs(kind_of(layer.name)) > _SURE


def _begins_with_substrate(after: list[Layer]) -> bool:
    """Whether the oxide below the cell was told before the layers above: conductors and a contact follow it."""
    if not after or after[0].name not in TCOS:
        return False
    conducts = [_conducts_charge(layer) for layer in after]
    return any(conducts) and any(map(is_contact, after[conducts.index(True) :]))


def _by_stack(document, before, after, contact, stack: Stack):
    exact = {layer.name: layer for layer in [*before, *after, *contact]}
    known = {base(layer.name): layer for layer in [*before, *after, *contact]}

    def layer(name: str) -> Layer:
        return (
            exact.get(name)
            or known.get(base(name))
            or Layer(with_form(document, name, None), "", [(stack.start, stack.end)])
        )

    under = [
        layer(name)
        for name in stack.layers[: stack.middle]
        if name not in (*_SUBSTRATES, *_CONDUCTORS)
    ]
    above = [layer(name) for name in stack.layers[stack.middle + 1 :]]
    new_contact, above = _split_contact(above)
    same = {base(layer.name) for layer in contact} & {base(layer.name) for layer in new_contact}
    return under or before, above or after, new_contact if same or not contact else contact


def stack_and_procedures(
    part: str, layers: list[Layer], common: CommonMethod | None
) -> dict[str, Finding]:
    """Field → finding of a part's stack and of how each of its layers was made, `common` where nothing else is said."""
    spans = tuple(span for layer in layers for span in layer.spans)
    open_ones = [layer for layer in layers if not layer.method]
    if common and any(common.is_of(part, layer.name) for layer in open_ones):
        layers = [
            replace(layer, method=common.method.name)
            if not layer.method and common.is_of(part, layer.name)
            else layer
            for layer in layers
        ]
        spans = (*spans, (common.method.start, common.method.end))
    methods = [_method(layer) for layer in layers]
    read = all(layer.method for layer in layers)
    return {
        f"{part}_stack_sequence": Finding(
            " | ".join(layer.name for layer in layers), 0.9, "text", spans
        ),
        f"{part}_deposition_procedure": Finding(
            " | ".join(methods), 0.92 if read else 0.5, "text" if read else "deduced", spans
        ),
    }


def _method(layer: Layer) -> str:
    """The method that was read, where it can be; else the usual one."""
    if layer.name in METALS and layer.method in _OF_SOLUTIONS:
        return "Evaporation"
    # "LiF, C60 and 20 nm of SnO2 by ALD": of the oxide alone.
    if layer.name in _EVAPORATED and layer.method == "ALD":
        return "Evaporation"
    # "after SnO2 by ALD, in the next step IZO": no conductive oxide comes out of what makes the buffer.
    if layer.name in TCOS and layer.method in _OF_BUFFERS:
        return _usual(layer.name)
    if layer.method == "Co-evaporation" and not _OF_TWO.search(layer.name):
        return "Evaporation"  # what is told with it of its dopant, or of the film between
    if layer.name == "TiO2-c" and layer.method == "Spray-coating":
        return "Spray-pyrolys"
    return layer.method or _usual(layer.name)


_OF_TWO = re.compile("[:;]")  # a mixture
_OF_BUFFERS = frozenset(("ALD", "CBD", "Spin-coating", "Dipp-coating"))
_OF_SOLUTIONS = frozenset(
    ("Spin-coating", "Dipp-coating", "CBD", "Dropcasting", "Drop-infiltration", "Hydrothermal")
)


def _usual(name: str) -> str:
    if name in TCOS:
        return "Sputtering"
    if name == "Carbon":
        return "Doctor blading"
    return "Evaporation" if name in _EVAPORATED else "Spin-coating"

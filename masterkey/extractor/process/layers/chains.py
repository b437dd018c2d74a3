"""Which of the deposited layers are of one cell: each lies on the one before, up to and with the back contact (issue 14)."""

import re

from masterkey.extractor.process.layers.items import MONOLAYER
from masterkey.extractor.process.layers.layer import METALS, Layer, is_contact, kind_of
from masterkey.extractor.process.layers.oxide_forms import OXIDES, base
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.materials import materials, pairs
from masterkey.extractor.process.text.methods import GENERIC
from masterkey.extractor.process.text.modern import RECENT


def chain_of(document: Document, layers: list[Layer]) -> list[Layer]:
    """The layers of one cell: those that lie on the one before, up to and with its back contact.

    Others are alternatives, other cells, or samples for a measurement.
    """
    chain: list[Layer] = []
    for layer in layers:
        contact = next((kept for kept in reversed(chain) if is_contact(kept)), None)
        if (
            not chain
            or _is_below_scaffold(layer, chain)
            or (contact and _completes(layer, contact))
            or (not contact and (is_contact(layer) or _lies_on(document, layer, chain[-1])))
        ):
            chain.append(layer)
    return chain


def _is_below_scaffold(layer: Layer, chain: list[Layer]) -> bool:
    """Whether it is the compact layer of an oxide whose scaffold was told before it."""
    name = layer.name
    return name.endswith("-c") and any(kept.name == f"{base(name)}-mp" for kept in chain)


# Between any charge conductor and a contact.
_ON_ANY = frozenset("MoO3 MoOx V2O5 WO3 LiF BCP PEIE".split())
_COATINGS = frozenset(("MgF2", "Al2O3"))
_INTERLAYERS = frozenset(
    ("LiF", "NaF", "MgF2", "MgFx")
)  # a nanometre between the perovskite and anything
_WETTING = "PFN"  # polyelectrolytes that let the ink wet any hole conductor
_APART = 4  # sentences
_COMMON, _NEXT = 3, 3  # distinct stacks of the database; sentences


def _lies_on(document: Document, layer: Layer, lower: Layer) -> bool:
    if layer.operation is lower.operation or layer.is_treatment or lower.is_treatment:
        return True
    if lower.name in _INTERLAYERS or layer.name.startswith(_WETTING):
        return True
    if MONOLAYER.search(layer.name) and MONOLAYER.search(lower.name):
        return False  # on an electrode there is one of them
    if _are_of_one_sentence(layer, lower) and kind_of(layer.name) * kind_of(lower.name) > 0:
        return True
    if layer.name in _ON_ANY and kind_of(layer.name) * kind_of(lower.name) >= 0:
        return True
    if layer.operation and {base(name) for name in layer.operation.under} & {base(lower.name)}:
        return True
    stacks = max(
        pairs().get((lower.name, layer.name), 0),
        pairs().get((base(lower.name), base(layer.name)), 0),
    )
    if stacks >= _COMMON or (stacks and _distance(layer, lower) <= _NEXT):
        return True
    if _is_said_to_lie_on(document, layer, lower):
        return True
    if not (_is_recent(layer.name) or _is_recent(lower.name)):
        return False
    # Two hole conductors, one of them new, are two cells; a monolayer on an oxide is one.
    return (
        base(lower.name) in OXIDES
        or kind_of(lower.name) * kind_of(layer.name) == 0
        or kind_of(lower.name) < 0
    )


_INSULATOR = "Al2O3"  # of a scaffold on either conductor


# "The ZnO sol was spin-coated on top", "as a buffer layer", "so that a bilayer resulted"
_SAID_ON = re.compile(
    r"\bon top\b|\bon(?:to)? (?:it|this|that|them|these)\b|\bbi-?layers?\b|\bdouble[- ]layers?\b|\bbuffer\b|\binter-?layers?\b|\bscaffolds?\b|\bspacers?\b"
)


def _is_said_to_lie_on(document: Document, layer: Layer, lower: Layer) -> bool:
    """Whether the sentence on a layer puts it on what was told before, and it conducts no other carrier."""
    roles = materials().roles.get(layer.name, {})
    conducts = max(roles.get("ETL", 0), roles.get("HTL", 0)) > roles.get("Backcontact", 0)
    if not (layer.operation and conducts):
        return False
    if kind_of(layer.name) * kind_of(lower.name) < 0 and base(layer.name) != _INSULATOR:
        return False
    return _distance(layer, lower) <= _NEXT and bool(
        _SAID_ON.search(document.words(layer.operation.sentence))
    )


def _are_of_one_sentence(layer: Layer, lower: Layer) -> bool:
    if not (layer.operation and lower.operation):
        return False
    return layer.operation.sentence is lower.operation.sentence


def _distance(layer: Layer, lower: Layer) -> int:
    """Sentences between two layers."""
    if not (layer.operation and lower.operation):
        return 0
    return layer.operation.sentence.number - lower.operation.sentence.number


def _is_recent(name: str) -> bool:
    """Not in the database's stacks, or in few: what may lie on what is not known."""
    stacks = materials().roles.get(name, {}).values()
    return set(stacks) <= {30} or (name in RECENT and max(stacks) < _COMMON)


def _completes(layer: Layer, contact: Layer) -> bool:
    """Whether a layer behind a contact belongs to it: a grid on an oxide, a coating, metals of one sentence."""
    if not (layer.operation and contact.operation):
        return False
    near = layer.operation.sentence.number - contact.operation.sentence.number
    if layer.operation.method in GENERIC and near:
        return False
    if layer.name in _COATINGS:
        return near <= _APART and contact.name not in METALS - {"Ag"}
    if contact.name in METALS:
        return layer.name in METALS and (
            layer.operation is contact.operation or _is_put_on(layer, contact)
        )
    if contact.name == "Carbon" and layer.name in METALS:
        # A metal upon carbon is told with it; what comes later is the contact of another cell.
        return near <= 1 or "Carbon" in layer.operation.under
    return is_contact(layer) and near <= _APART


_BARRIERS = frozenset("Bi Cr Ni Mo Ti Pd Pt".split())  # they shield, or hold, the metal upon them


def _is_put_on(layer: Layer, contact: Layer) -> bool:
    """ "20 nm of Bi was evaporated, and 100 nm of Ag was evaporated on it": metals of one sentence, one upon the other."""
    sentence = contact.operation.sentence
    if contact.name not in _BARRIERS or sentence is not layer.operation.sentence:
        return False
    same_method = layer.operation.method == contact.operation.method
    return same_method and not layer.operation.is_control

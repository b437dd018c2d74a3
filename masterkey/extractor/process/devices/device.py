"""The record of a paper's cell from its layers: stacks, procedures, annealing, architecture."""

import re
from dataclasses import replace

from masterkey.extractor.compositions import short_form
from masterkey.extractor.fields import (
    ARCHITECTURE,
    LONG_FORM,
    SHORT_FORM,
    SOLVENTS,
)
from masterkey.extractor.process.cell.cell import cell_findings
from masterkey.extractor.process.cell.stability import stability_findings
from masterkey.extractor.process.devices.light_through import light_through_contact
from masterkey.extractor.process.devices.own_outcome import own_outcome
from masterkey.extractor.process.devices.perovskite import perovskite_findings
from masterkey.extractor.process.devices.series import add_of_series, put_own_layer
from masterkey.extractor.process.devices.substrate import flexible_substrate, substrate_findings
from masterkey.extractor.process.devices.transparent_targets import as_own
from masterkey.extractor.process.devices.transport import stack_and_procedures, transport_findings
from masterkey.extractor.process.devices.views import view_of_target
from masterkey.extractor.process.devices.whole_cells import Kinds, kinds_of, turned, view_of_kind
from masterkey.extractor.process.inks.composition import perovskite_readings
from masterkey.extractor.process.layers.dopants import layer_additives_with_places
from masterkey.extractor.process.layers.layer import METALS, Layer, is_contact, kind_of
from masterkey.extractor.process.layers.layer_additives import LayerAdditives
from masterkey.extractor.process.layers.layers import (
    best_stack,
    deposited_layers,
    printed_contacts,
    with_later_heat,
)
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.layers.oxide_forms import base
from masterkey.extractor.process.layers.stacks import Stack, stacks_of
from masterkey.extractor.process.layers.transparent_contacts import transparent_contact
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.gaps import gaps_of
from masterkey.extractor.process.text.label_clauses import labelled_of
from masterkey.extractor.stems import Stemmed

_INVERTED = Stemmed(r"\bpin\b|\bp-i-?n\b|\bpi-n\b|inverted")
_REGULAR = Stemmed(r"\bnip\b|\bn-i-?p\b|\bni-p\b|regular (?:planar|architecture|structure|device)")
_NO_HOLE_CONDUCTOR = re.compile(
    r"\b(?:no|without (?:a |any )?|free of (?:a )?)\s*(?:(?:separate|additional|dedicated|discrete|extra) )?hole[- ](?:transport|conduct|select|extract)\w*|hole[- ](?:transport\w*|conduct\w*)(?:[- ](?:layer|material))?[- ]free|\bht[lm]-free"
    r"|\b(?:do(?:es)?|did) not (?:contain|have|use|need|require|include|comprise|employ) (?:a |any |an additional )?(?:separate |organic )?(?:hole[- ](?:transport|conduct|select|extract)\w*|ht[lm]\b)"
    r"|\bhole[- ](?:transport|conduct|select|extract)\w*(?:[- ](?:layer|material))? (?:is|was|are|were) (?:not (?:present|used|needed|applied|deposited)|absent|omitted|left out)"
    r"|\b(?:neither|none of)\b[^.;]{0,60}\b(?:ha[sd]|have|contain\w*|use[sd]?|receive[sd]?|carr\w+) (?:an? |any |the )?hole[- ](?:transport|conduct|select|extract)|\b(?:do|does|did) not (?:contain|have|use|need|include|carry) (?:an? |any )?hole[- ](?:transport|conduct|select|extract)"
)


def read_device(document: Document) -> dict[str, Finding]:
    """Field → what the rules read of the paper's cell; fields on which they read nothing are left out."""
    view = view_of_target(document)
    if view is None:
        kinds = kinds_of(document)
        if kinds is not None:
            return read_kind(document, kinds, kinds.target)
        return as_own(document, read_cell(document))
    found = view.back(read_cell(view.document))
    if LONG_FORM not in found and gaps_of(document) is None:  # "from the same salts"
        found |= {n: f for n, f in _absorber(document).items() if n in (LONG_FORM, SHORT_FORM)}
    if labelled := labelled_of(document):
        add_of_series(document, labelled, labelled.target, found)
        put_own_layer(document, labelled, labelled.target, found)
    return found


def read_kind(document: Document, kinds: Kinds, kind: str) -> dict[str, Finding]:
    """What the rules read of one of two kinds of cells that are told in parts of their own."""
    view = view_of_kind(document, kinds, kind)
    found = view.back(read_cell(view.document))
    if kind != kinds.turned:
        return found
    view = view_of_kind(document, kinds, kinds.other_of(kind))
    other = turned(document, view.back(read_cell(view.document)), kinds.places[kind])
    own = {name: f for name, f in other.items() if not name.startswith("Stability")}
    return own | {name: f for name, f in found.items() if name.startswith("Stability")}


def read_cell(document: Document) -> dict[str, Finding]:
    """`read_device` of a text in which no other labelled device is told of."""
    found = device_findings(document)
    found |= _absorber(document)
    found |= _layer_additives(document, found)
    found |= stability_findings(document) | cell_findings(document)
    found |= _transparent_contact(document, found) | own_outcome(document, found)
    found |= light_through_contact(document, found)
    return found | flexible_substrate(document, found)


def _transparent_contact(document: Document, found: dict[str, Finding]) -> dict[str, Finding]:
    """The contact of a semitransparent cell where the text tells an opaque one before it."""
    flag, stack = found.get("Cell_semitransparent"), found.get("Backcontact_stack_sequence")
    if not (flag and stack and flag.value == "TRUE" and flag.source == "text"):
        return {}
    layers = transparent_contact(operations_of(document))
    if not layers or not METALS.issuperset(stack.value.split(" | ")):
        return {}
    contact = stack_and_procedures("Backcontact", layers, None)
    return {name: replace(one, certainty=min(one.certainty, 0.8)) for name, one in contact.items()}


def _absorber(document: Document) -> dict[str, Finding]:
    reading = next(iter(perovskite_readings(document)), None)
    if reading is None:
        return {}
    found = {}
    if reading.long_form:
        found[LONG_FORM] = Finding(
            reading.long_form, reading.certainty, reading.source, reading.spans
        )
        found[SHORT_FORM] = Finding(
            short_form(reading.long_form), reading.certainty, reading.source, reading.spans
        )
    if reading.solvents:
        found[SOLVENTS] = Finding(reading.solvents, 0.9, "text", reading.solvent_spans)
    if reading.additives:
        value = "; ".join(sorted(reading.additives, key=str.lower))
        found["Perovskite_additives_compounds"] = Finding(
            value, 0.88, "text", reading.additive_spans
        )
    return found


def _layer_additives(document: Document, found: dict[str, Finding]) -> dict[str, Finding]:
    """One value for each layer of the stack; none where no layer's additive is told."""
    told = layer_additives_with_places(document)
    additives = {}
    for part in ("ETL", "HTL"):
        stack = found.get(f"{part}_stack_sequence")
        if stack is None:
            continue
        layers = stack.value.split(" | ")
        layers = [_told_as(layer, told) for layer in layers]
        own = [told.names.get(layer) or told.others.get(layer) for layer in layers]
        if any(own):
            value = " | ".join(
                "; ".join(sorted(names, key=str.lower)) if names else "Unknown" for names in own
            )
            places = tuple(place for layer in layers for place in told.spans.get(layer, ()))
            source = "deduced" if any(map(told.is_deduced, layers)) else "text"
            additives[f"{part}_additives_compounds"] = Finding(value, 0.9, source, places)
    return additives


def _told_as(layer: str, told: LayerAdditives) -> str:
    """The layer's name in the readings: SnO2-np may be told as SnO2 of no form."""
    if layer in told.names or layer.endswith("-mp"):
        return layer
    alike = (name for name in told.names if base(name) == base(layer))
    return next((name for name in alike if not name.endswith("-mp")), layer)


def device_findings(document: Document) -> dict[str, Finding]:
    """Field → finding, of the one cell that the paper is about."""
    operations = operations_of(document)
    before, steps, after = deposited_layers(document, operations)
    stack = best_stack(stacks_of(document), before, after)
    found: dict[str, Finding] = {}
    architecture = _architecture(document, before, after, stack)
    if architecture:
        found[ARCHITECTURE] = architecture
    found |= substrate_findings(document, stack)
    filled = printed_contacts(document, operations, steps)
    if any(map(is_contact, after)):
        after, filled = [_as_printed(layer, filled) for layer in after], []
    after = [*after, *filled]
    found |= transport_findings(document, before, after, stack, architecture)
    if "HTL_stack_sequence" not in found and (free := _without_hole_conductor(document)):
        found["HTL_stack_sequence"] = Finding("none", 0.85, "text", (free,))
        found["HTL_deposition_procedure"] = Finding("none", 0.85, "deduced", (free,))
    elif "HTL_stack_sequence" not in found and (bare := filled or _carbon_alone(after)):
        # What is filled through printed carbon has the carbon upon it and nothing between.
        for field in ("HTL_stack_sequence", "HTL_deposition_procedure"):
            found[field] = Finding("none", 0.8, "deduced", tuple(bare[0].spans))
    found |= perovskite_findings(document, with_later_heat(operations, steps))
    return found


def _carbon_alone(after: list[Layer]) -> list[Layer]:
    """Carbon that is told as the first layer upon the perovskite; else []."""
    return after[:1] if after and after[0].name == "Carbon" else []


def _as_printed(layer: Layer, printed: list[Layer]) -> Layer:
    """Carbon that a text comes back to without its method: as it was printed before the perovskite."""
    told = next((one for one in printed if one.name == layer.name and one.method), None)
    return told if told and not layer.method else layer


def _without_hole_conductor(document: Document) -> tuple[int, int] | None:
    """Where the text says that its cells have none; a film for a measurement says nothing of them."""
    for match in _NO_HOLE_CONDUCTOR.finditer(document.lower):
        if not document.sentence_at(match.start()).is_study:
            return match.span()
    return None


def _architecture(
    document: Document, before: list[Layer], after: list[Layer], stack: Stack | None
) -> Finding | None:
    votes = 0.0
    if stack:
        votes += 2 * sum(kind_of(name) for name in stack.layers[: stack.middle])
        votes -= 2 * sum(kind_of(name) for name in stack.layers[stack.middle + 1 :])
    if not stack or not stack.of_target:
        votes += sum(kind_of(layer.name) for layer in before if not is_contact(layer))
        votes -= sum(kind_of(layer.name) for layer in after if not is_contact(layer))
    inverted, regular = (bool(pattern.search(document.lower)) for pattern in (_INVERTED, _REGULAR))
    votes += 1.5 * inverted - 1.5 * regular
    if inverted and regular and (own := _OWN_KIND.search(document.lower)):
        kind = "pin" if _INVERTED.search(own[0]) else "nip"
        return Finding(kind, 0.85, "text", (own.span(),))
    if abs(votes) < 0.3:
        return None
    certainty = 0.97 if abs(votes) > 1.2 and not (inverted and regular) else 0.8
    return Finding("pin" if votes > 0 else "nip", certainty, "deduced")


# "The n-i-p devices … are at the centre of this paper", where both kinds are made.
_KIND = r"\b(?:n-?i-?p|p-?i-?n|inverted|regular)\b"
_OWN_KIND = re.compile(
    rf"{_KIND}(?:(?!{_KIND})[^.;]){{0,30}}\b(?:cells|devices|type|kind|architecture|structure)\b(?:(?!{_KIND})[^.;]){{0,60}}\b(?:cent(?:re|er)|subject|focus|topic|heart) of (?:this|the|our)\b"
)

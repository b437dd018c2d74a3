"""The record of a paper's cell from its layers: stacks, procedures, annealing, architecture."""

import re

from masterkey.extractor.compositions import short_form
from masterkey.extractor.fields import (
    ARCHITECTURE,
    LONG_FORM,
    PROCEDURE,
    SHORT_FORM,
    SOLVENTS,
    TEMPERATURE,
    TIME,
)
from masterkey.extractor.process.cell.cell import cell_findings
from masterkey.extractor.process.cell.stability import stability_findings
from masterkey.extractor.process.inks.composition import perovskite_readings
from masterkey.extractor.process.layers.dopants import layer_additives_with_places
from masterkey.extractor.process.layers.items import LEAD, ORGANIC, PEROVSKITE
from masterkey.extractor.process.layers.layers import (
    METALS,
    TCOS,
    Layer,
    base,
    best_stack,
    deposited_layers,
    is_contact,
    kind_of,
    printed_contacts,
    with_form,
)
from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.layers.stacks import Stack, stacks_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.heat import Stage
from masterkey.extractor.process.text.materials import materials
from masterkey.extractor.process.text.methods import GENERIC

_INVERTED = re.compile(r"\bp-?i-?n\b|inverted")
_REGULAR = re.compile(r"\bn-?i-?p\b|regular (?:planar|architecture|structure|device)")
_EVAPORATED = frozenset("C60 BCP LiF MoO3 MoOx Au Ag Al Cu Cr TPBi Bphen C70 MgF2 Pt Ni Pd".split())
_FOILS = ("PEN", "PET", "PI", "Willow glass")
_BESIDE = 40  # characters
_SILICON = re.compile("silicon|bottom|tandem|textured")
_TANDEM, _JUNCTION = re.compile("tandem"), re.compile("recombination|interconnect|junction")
_NO_HOLE_CONDUCTOR = re.compile(
    r"\b(?:no|without (?:a |any )?|free of (?:a )?)\s*hole[- ](?:transport|conduct|select|extract)\w*|hole[- ](?:transport\w*|conduct\w*)(?:[- ](?:layer|material))?[- ]free|\bht[lm]-free"
)
_SUBSTRATES = ("PEN", "PET", "PI", "Willow glass", "Si", "SLG")
_CONDUCTORS = ("FTO", "ITO", "IZO", "AZO", "ICO", "IZrO")


def read_device(document: Document) -> dict[str, Finding]:
    """Field → what the rules read of the paper's cell; fields on which they read nothing are left out."""
    found = device_findings(document)
    found |= _absorber(document)
    found |= _layer_additives(document, found)
    found |= stability_findings(document) | cell_findings(document)
    return found | _flexible_substrate(document, found)


def _flexible_substrate(document: Document, found: dict[str, Finding]) -> dict[str, Finding]:
    """The foil of a flexible cell, where the fabrication names only what is on it."""
    substrate, flexible = found.get("Substrate_stack_sequence"), found.get("Cell_flexible")
    if not (
        substrate and flexible and flexible.value == "TRUE" and substrate.value.startswith("SLG")
    ):
        return {}
    foil = next((m for m in document.mentions if m.name in _FOILS), None)
    if foil is None:
        return {}
    value = substrate.value.replace("SLG", foil.name, 1)
    return {
        "Substrate_stack_sequence": Finding(
            value, 0.85, "text", (*substrate.spans, (foil.start, foil.end))
        )
    }


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
            value, 0.8, "text", reading.additive_spans
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
        own = [told.names.get(layer) or told.others.get(layer) for layer in layers]
        if any(own):
            value = " | ".join(
                "; ".join(sorted(names, key=str.lower)) if names else "Unknown" for names in own
            )
            places = tuple(place for layer in layers for place in told.spans.get(layer, ()))
            source = "deduced" if any(map(told.is_deduced, layers)) else "text"
            additives[f"{part}_additives_compounds"] = Finding(value, 0.9, source, places)
    return additives


def device_findings(document: Document) -> dict[str, Finding]:
    """Field → finding, of the one cell that the paper is about."""
    operations = operations_of(document)
    before, steps, after = deposited_layers(document, operations)
    stack = best_stack(stacks_of(document), before, after)
    found: dict[str, Finding] = {}
    architecture = _architecture(document, before, after, stack)
    if architecture:
        found[ARCHITECTURE] = architecture
    found |= _substrate(document, stack)
    if not any(map(is_contact, after)):
        after = [*after, *printed_contacts(document, operations, steps)]
    found |= _transport(document, before, after, stack, architecture)
    if "HTL_stack_sequence" not in found and (free := _without_hole_conductor(document)):
        found["HTL_stack_sequence"] = Finding("none", 0.85, "text", (free,))
    found |= _perovskite(document, steps)
    return found


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
    votes += sum(kind_of(layer.name) for layer in before if not is_contact(layer))
    votes -= sum(kind_of(layer.name) for layer in after if not is_contact(layer))
    votes += 1.5 * (len(_INVERTED.findall(document.lower)) > 0) - 1.5 * (
        len(_REGULAR.findall(document.lower)) > 0
    )
    if abs(votes) < 0.3:
        return None
    certainty = 0.97 if abs(votes) > 1.2 else 0.8
    return Finding("pin" if votes > 0 else "nip", certainty, "deduced")


def _substrate(document: Document, stack: Stack | None) -> dict[str, Finding]:
    """The first support and transparent conductor that the fabrication names."""
    named = [
        mention
        for sentence in document.sentences
        if sentence.fabricates and sentence.kind != "other cell"
        for mention in document.inside(document.mentions, sentence)
        if mention.name in _SUBSTRATES or mention.name in _CONDUCTORS
    ]
    if not named:
        named = [m for m in document.mentions if m.name in _SUBSTRATES or m.name in _CONDUCTORS]
    supports = [m for m in document.mentions if m.name in _SUBSTRATES]
    conductors = [m for m in named if m.name in _CONDUCTORS]
    on_support = [mention for mention in conductors if _is_below(document, mention, supports)]
    conductor = next(iter(on_support or conductors), None)
    junction = None if _starts_on_glass(document) else _recombination_junction(document)
    if junction:
        value = f"Si | {junction.name}"
        return {
            "Substrate_stack_sequence": Finding(
                value, 0.9, "deduced", ((junction.start, junction.end),)
            )
        }
    if conductor is None:
        return {}
    near = [
        m
        for m in document.mentions
        if m.name in _SUBSTRATES and abs(m.start - conductor.start) < 80
    ]
    support = next((m.name for m in near if m.name != "SLG"), "SLG")
    value = f"{support} | {conductor.name}"
    return {
        "Substrate_stack_sequence": Finding(
            value, 0.95, "text", ((conductor.start, conductor.end),)
        )
    }


_SUBSTRATE_BEHIND = re.compile(
    r"\W{0,2}(?:coated |patterned )?(?:glass|substrates?|coated|foils?|films? on (?:glass|pet|pen)|electrodes?\b)"
)


def _is_below(document: Document, conductor, supports: list) -> bool:
    """Whether it stands beside its support, or is called the substrate."""
    if _SUBSTRATE_BEHIND.match(document.lower, conductor.end):
        return True
    return any(
        abs(conductor.start - s.end) < _BESIDE or abs(s.start - conductor.end) < _BESIDE
        for s in supports
    )


_GLASS_FIRST = re.compile(r"\bglass\b")


def _starts_on_glass(document: Document) -> bool:
    """Whether the section that deposits the perovskite begins with glass and not with silicon."""
    own = next(
        (
            s
            for s in document.sections
            if s.kind == "device" and "perovskite" in document.lower[s.start : s.end]
        ),
        None,
    )
    if own is None:
        return False
    words = document.lower[own.start : min(own.start + 500, own.end)]
    return bool(_GLASS_FIRST.search(words)) and not _SILICON.search(words)


def _recombination_junction(document: Document):
    """The conductive oxide between a silicon cell and the perovskite cell on it; None where there is none."""
    if len(_TANDEM.findall(document.lower)) < 2 or "silicon" not in document.lower:
        return None
    for mention in document.mentions:
        near = document.lower[max(mention.start - 90, 0) : mention.end + 90]
        if mention.name in _CONDUCTORS and _JUNCTION.search(near):
            return mention
    return None


def _transport(document, before, after, stack, architecture) -> dict[str, Finding]:
    before = [layer for layer in before if not is_contact(layer)]
    contact, after = _split_contact(after)
    if stack:
        before, after, contact = _by_stack(document, before, after, contact, stack)
    inverted = architecture is not None and architecture.value == "pin"
    hole, electron = (before, after) if inverted else (after, before)
    if not stack:
        hole, electron = _by_kind(hole, electron)
    found = {}
    for part, layers in (("HTL", hole), ("ETL", electron), ("Backcontact", contact)):
        layers = _plausible(part, layers)
        if layers:
            found |= _stack_and_procedures(part, layers)
    return found


# Named beside layers, and none themselves.
_NO_LAYERS = frozenset("SLG FTO ITO PET PEN Si NaOH EDTA HCl KOH PH Ca".split())


def _plausible(part: str, layers: list[Layer]) -> list[Layer]:
    """Without what is no layer of this part; nothing where all of them conduct the other carrier."""
    kept: list[Layer] = []
    for layer in layers:
        names = layer.name.split("; ")
        if part != "Backcontact" and (
            layer.name in _NO_LAYERS or not any(map(_is_layer_name, names))
        ):
            continue
        if all(
            base(layer.name) != base(other.name) or "-mp" in layer.name + other.name
            for other in kept
        ):
            kept.append(layer)
    sign = {"HTL": 1, "ETL": -1}.get(part, 0)
    wrong = [layer for layer in kept if sign * kind_of(layer.name) < -_SURE]
    right = [layer for layer in kept if sign * kind_of(layer.name) > _SURE]
    if wrong and not right:
        return []
    return kept


def _is_layer_name(name: str) -> bool:
    """Whether the database has it as a layer, or the text names it as one."""
    roles = materials().roles.get(name)
    return roles is None or bool({"ETL", "HTL", "Backcontact", "treatment"} & roles.keys())


# On a hole conductor these belong to the electrode in most of the database's records.
_OF_CONTACT = frozenset(("MoO3", "MoOx", "WO3", "V2O5"))
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
    first = next((n for n, layer in enumerate(after) if is_contact(layer)), len(after))
    contact, transport = after[first:], after[:first]
    if (
        contact
        and len(transport) > 1
        and transport[-1].name in _OF_CONTACT
        and kind_of(transport[0].name) > 0
    ):
        contact, transport = [transport[-1], *contact], transport[:-1]
    pads = [layer for layer in contact if layer.method == "Brush painting" and layer.name == "Ag"]
    return [layer for layer in contact if layer not in pads] or contact, transport


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


def _stack_and_procedures(part: str, layers: list[Layer]) -> dict[str, Finding]:
    layers = [layer for layer in layers if not layer.is_treatment] or layers
    spans = tuple(span for layer in layers for span in layer.spans)
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
    if layer.name == "TiO2-c" and layer.method == "Spray-coating":
        return "Spray-pyrolys"
    return layer.method or _usual(layer.name)


_OF_SOLUTIONS = frozenset(
    ("Spin-coating", "Dipp-coating", "CBD", "Dropcasting", "Drop-infiltration", "Hydrothermal")
)


def _usual(name: str) -> str:
    if name in TCOS:
        return "Sputtering"
    if name == "Carbon":
        return "Doctor blading"
    return "Evaporation" if name in _EVAPORATED else "Spin-coating"


def _perovskite(document: Document, steps: list[Operation]) -> dict[str, Finding]:
    dipped = [
        step for step in steps if step.method == "Dipp-coating" and step.names == [PEROVSKITE]
    ]
    steps = [step for step in steps if step not in dipped] or steps
    if not steps:
        return {}
    steps = _distinct(steps)
    spans = tuple(span for step in steps for span in [*step.spans, step.method_span])
    found = {}
    methods = [step.method for step in steps]
    if not any(method in GENERIC for method in methods):
        found[PROCEDURE] = Finding(" >> ".join(methods), 0.93, "text", spans)
    heated = [step.stages for step in steps]
    if any(heated):
        places = tuple((stage.start, stage.end) for stages in heated for stage in stages)
        found[TEMPERATURE] = Finding(_programme(heated, "temperature"), 0.9, "text", places)
        found[TIME] = Finding(_programme(heated, "time"), 0.9, "text", places)
    return found


_OF_SOURCES = frozenset(("Evaporation", "Co-evaporation", "CVD", "Flash evaporation"))
_HOTTEST = 350  # °C; more sinters an oxide that the text comes back to


def _distinct(steps: list[Operation]) -> list[Operation]:
    """Lead salt, then organic salt: two steps. Else one, whatever else is said of it."""
    lead = next((n for n, step in enumerate(steps) if step.names == [LEAD]), None)
    if lead is not None:
        organic = next((n for n in range(lead + 1, len(steps)) if LEAD not in steps[n].names), None)
        if organic is not None:
            return [_merged(steps[lead:organic]), _merged(steps[organic:])]
    organic = next((n for n in range(1, len(steps)) if steps[n].names == [ORGANIC]), None)
    if organic is not None:
        return [_merged(steps[:organic]), _merged(steps[organic:])]
    reacted = [step for step in steps if step.method in ("CVD", "Gas reaction")]
    before = [step for step in steps if step not in reacted and step.method not in GENERIC]
    if reacted and before:
        return [_merged(before), _merged(reacted)]
    return [_merged(steps)]


def _merged(steps: list[Operation]) -> Operation:
    first = steps[0]
    specific = next((step for step in steps if step.method not in GENERIC), first)
    stages: list[Stage] = []
    for step in steps:
        for stage in step.stages:
            told = next((s for s in stages if s.temperature == stage.temperature), None)
            if told is None or (
                told.time is not None and stage.time is not None and told.time != stage.time
            ):
                stages.append(stage)
            elif told.time is None:
                stages[stages.index(told)] = stage
    cool = [stage for stage in stages if (stage.temperature or 0) <= _HOTTEST]
    stages = cool or stages
    if specific.method in _OF_SOURCES:  # a temperature alone is a crucible's
        stages = [stage for stage in stages if stage.time is not None]
    return Operation(
        first.names, specific.method, first.sentence, first.start, steps[-1].end,
        [span for step in steps for span in step.spans], specific.method_span, stages=stages,
    )  # fmt: skip


def _programme(heated: list[list[Stage]], quantity: str) -> str:
    steps = []
    for stages in heated:
        values = [getattr(stage, quantity) for stage in stages]
        steps.append("; ".join(_number(value) for value in values) if values else "Unknown")
    return " >> ".join(steps)


def _number(value: float | None) -> str:
    return "Unknown" if value is None else f"{round(value, 2):g}"


__all__ = ["ORGANIC", "PEROVSKITE", "device_findings"]

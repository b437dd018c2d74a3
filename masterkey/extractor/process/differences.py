"""What is told to be different in a device beside the target: layers, dopants, ink, anneal, electrodes (issue 14)."""

import re
from dataclasses import dataclass
from functools import cached_property

from masterkey.extractor.compositions import short_form
from masterkey.extractor.fields import LONG_FORM, PROCEDURE, SHORT_FORM, SOLVENTS, TEMPERATURE, TIME
from masterkey.extractor.process.cell import areas
from masterkey.extractor.process.composition import ions_of, perovskite_readings
from masterkey.extractor.process.document import Document
from masterkey.extractor.process.dopants import layer_additives_with_places, named_dopants
from masterkey.extractor.process.findings import Finding
from masterkey.extractor.process.heat import stages_of
from masterkey.extractor.process.items import PEROVSKITE, Item, is_under, items_of
from masterkey.extractor.process.layers import METALS, TCOS, base, kind_of, with_form
from masterkey.extractor.process.materials import form_said, materials, pairs
from masterkey.extractor.process.methods import COATING, GENERIC, PRINTING
from masterkey.extractor.process.operations import Operation, operations_of
from masterkey.extractor.process.passages import number
from masterkey.extractor.process.solvents import STRONG
from masterkey.extractor.process.variants import COMPARISON, CONTROL, MODULES, OPAQUE, SORT, Variant

Findings = dict[str, Finding]
ADDITIVES = "Perovskite_additives_compounds"
_PARTS = ("HTL", "ETL", "Backcontact")
_LACKS = re.compile(
    r"\b(?:without|w/o|omitting|lacking) (?:the |any |an? |such )?(?P<a>[^,.;()]{2,70})"
    r"|\bno (?P<b>[^,.;()]{2,60})|\bnot (?:receive|contain|have|get|given|treated)\w*\b(?P<c>[^,.;]{0,50})"
    r"|(?P<d>[\w()-]+(?: [\w()-]+)?) (?:was|were) (?:omitted|left out|skipped)|(?P<e>[\w-]+)-free\b|\b(?:undoped|dopant-free|pristine) (?P<f>\S+)"
)
_ADDED = re.compile(r"ionic liquid|additive|surfactant|dopant|anything else|additional salt")
_TREATED = re.compile(r"treat|passivat|\brins|coated with neat")
_HOLE_LAYER = re.compile(r"(?:hole|electron)[ -](?:conduct|transport|select|extract)\w*|\bht[lm]\b|\bet[lm]\b")  # fmt: skip
_INK = re.compile(r"dissol|solution|\bink\b|precursor|mixed in")
_WHOLE_INK = re.compile(r"\bpbi2\b|\bsni2\b|\b\w*pb\w*i3\b|lead iodide")
_SAME = re.compile(r"\bsame (?:content|amount|composition|concentration)|otherwise|identical")
_LEAST_CERTAIN = 0.4
_CONTROL = re.compile(r"\b(?:control|reference|pristine)")
_USUAL = frozenset(("Cl", "SnF2", "MACl"))  # additives of targets and controls alike
_ADDED_TO = re.compile(
    r"\badded\b|part of the (?:perovskite |precursor )?(?:solution|ink|precursor)|\bcontain"
)
_REPLACED = re.compile(r"(?:instead of|in place of|rather than|replac\w+)[^.;]*")
_MADE_BY = re.compile(
    r"(?:cells|devices|films|perovskites?) (?:were|was) (?:also )?(?:made|prepared|fabricated|deposited) by (?:\w+ )?$"
)
_MADE_BY_NEAR = re.compile(r"\b(?:made|prepared|fabricated|deposited) by\b[^.;]*$")
_MONOLAYER = re.compile(r"phosphonic|monolayer|\bsams?\b")
_OXIDES = {"nickel": "NiO", "tin": "SnO2", "titani": "TiO2", "zinc": "ZnO"}


@dataclass
class Paper:
    """A document, its target device, and what both are read from; nothing is read twice."""

    document: Document
    target: Findings

    @cached_property
    def operations(self) -> list[Operation]:
        return operations_of(self.document)

    @cached_property
    def dopants(self):
        return layer_additives_with_places(self.document)

    @cached_property
    def readings(self):
        return perovskite_readings(self.document)

    def stack(self, part: str) -> list[str]:
        finding = self.target.get(f"{part}_stack_sequence")
        return finding.value.split(" | ") if finding else []

    def words(self, variant: Variant) -> str:
        return " ".join(self.document.lower[a:b] for a, b in variant.passages)

    def sentences(self, variant: Variant):
        numbers = [
            n
            for start, end in variant.passages
            for n in range(
                self.document.sentence_at(start).number, self.document.sentence_at(end - 1).number + 1
            )
        ]
        return [self.document.sentences[n] for n in dict.fromkeys(numbers)]


def different(paper: Paper, variant: Variant) -> Findings:
    """The findings of a device: the target's, changed where the passages on the device say so."""
    found = dict(paper.target)
    lacks = _leave_out(paper, variant, found)
    if variant.kind != OPAQUE:
        _replace_layers(paper, variant, found)
    _dope(paper, variant, found)
    _make_ink(paper, variant, found)
    make_film(paper, variant, found)
    if variant.kind == CONTROL and not lacks and found == paper.target:
        _leave_out_only_additive(paper, variant, found)
    area = own_area(paper, variant)
    if area:
        found["Cell_area_measured"] = area
    return found


def _leave_out(paper: Paper, variant: Variant, found: Findings) -> bool:
    """Take away the layer, the treatment or the additive that the device is told to lack; whether one is named."""
    said = False
    for start, end in variant.passages:
        words = paper.document.lower[start:end]
        for match in _LACKS.finditer(words):
            group = match.lastgroup
            lacked = match[group]
            place = start + match.start(group), start + match.end(group)
            if _HOLE_LAYER.search(lacked) and group != "f":
                _set_none(found, "HTL" if "hole" in lacked or "ht" in lacked else "ETL", place)
                continue
            said |= any(place[0] <= m.start < place[1] for m in paper.document.mentions)
            removed = _without_layers(paper, found, place)
            if not removed and _MONOLAYER.search(lacked) and len(_layers(found, "HTL")) > 1:
                _keep(found, "HTL", list(range(len(_layers(found, "HTL")) - 1)))
                continue
            if not removed and _TREATED.search(lacked + words[match.start() : match.start() + 20]):
                removed = _without_treatment(paper, found)
            if not removed and group != "f":
                _without_additives(paper, found, lacked, words[: match.start()], place)
    return said


def _set_none(found: Findings, part: str, place: tuple[int, int]) -> None:
    found[f"{part}_stack_sequence"] = Finding("none", 0.85, "text", (place,))
    for name in (f"{part}_deposition_procedure", f"{part}_additives_compounds"):
        found.pop(name, None)


def _without_layers(paper: Paper, found: Findings, place: tuple[int, int]) -> bool:
    names = {base(m.name) for m in paper.document.mentions if place[0] <= m.start < place[1]}
    removed = False
    for part in _PARTS:
        layers = _layers(found, part)
        kept = [n for n, layer in enumerate(layers) if base(layer) not in names]
        if len(kept) < len(layers):
            removed = True
            if kept:
                _keep(found, part, kept)
            else:
                _set_none(found, part, place)
    return removed


def _without_treatment(paper: Paper, found: Findings) -> bool:
    """Take off the layer that treats the perovskite's surface."""
    treated = {name for o in paper.operations if o.is_treatment for name in o.names}
    for part in ("HTL", "ETL"):
        layers = _layers(found, part)
        kept = [n for n, layer in enumerate(layers) if layer not in treated]
        if kept and len(kept) < len(layers):
            _keep(found, part, kept)
            return True
    return False


def _layers(found: Findings, part: str) -> list[str]:
    finding = found.get(f"{part}_stack_sequence")
    return finding.value.split(" | ") if finding else []


def _keep(found: Findings, part: str, kept: list[int]) -> None:
    """Only the layers with these numbers, in all fields of a part."""
    count = len(_layers(found, part))
    for name in ("stack_sequence", "deposition_procedure", "additives_compounds"):
        finding = found.get(f"{part}_{name}")
        values = finding.value.split(" | ") if finding else []
        if len(values) == count:
            value = " | ".join(values[n] for n in kept)
            if value.strip(" |").replace("Unknown", ""):
                found[f"{part}_{name}"] = Finding(value, finding.certainty, finding.source, finding.spans)  # fmt: skip
            else:
                del found[f"{part}_{name}"]


def _additive_forms(paper: Paper) -> dict[str, set[str]]:
    """Each additive of the target's perovskite → how the text writes it, lower case."""
    finding = paper.target.get(ADDITIVES)
    if finding is None:
        return {}
    names = finding.value.split("; ")
    forms = {name: {name.lower()} for name in names}
    if len(finding.spans) == len(names):
        for name, (start, end) in zip(names, finding.spans, strict=True):
            forms[name].add(paper.document.lower[start:end])
    if "Cl" in forms:
        forms["Cl"] = {"macl", "facl", "cscl", "pbcl2", "chloride", *(forms["Cl"] - {"cl"})}
    return forms


def _without_additives(paper, found: Findings, lacked: str, before: str, place) -> None:
    forms = _additive_forms(paper)
    gone = {name for name, own in forms.items() if any(_named(form, lacked) for form in own)}
    if not gone and re.match(r"(?:it|this|them)\b", lacked):
        gone = {name for name, own in forms.items() if any(_named(form, before) for form in own)}
    if not gone and _ADDED.search(lacked):
        special = [n for n in forms if re.search(r"BF4|TFSI|PF6|IM|pyridin|phosph", n)]
        gone = set(special if "ionic" in lacked and special else forms)
    if gone:
        _set_additives(found, [name for name in forms if name not in gone], place)


def _leave_out_only_additive(paper: Paper, variant: Variant, found: Findings) -> None:
    """A control of which nothing is said lacks the one additive that is not usual, if there is one."""
    names = list(_additive_forms(paper))
    special = [name for name in names if name not in _USUAL]
    words = paper.words(variant)
    if len(special) == 1 and not any(_named(form, words) for form in _additive_forms(paper)[special[0]]):  # fmt: skip
        kept = [name for name in names if name not in special]
        found.pop(ADDITIVES)
        if kept:
            found[ADDITIVES] = Finding("; ".join(kept), 0.5, "deduced", tuple(variant.passages[:1]))


def _named(form: str, words: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(form)}(?![\w])", words) is not None


def _set_additives(found: Findings, names: list[str], place) -> None:
    if names:
        found[ADDITIVES] = Finding("; ".join(names), 0.8, "text", (place,))
    else:
        found.pop(ADDITIVES, None)


def new_layers(paper: Paper, variant: Variant) -> dict[str, list[Item]]:
    """Part of the cell → transport layers that the passages deposit and the target has not."""
    own = {base(name) for part in _PARTS for name in paper.stack(part)}
    found: dict[str, list[Item]] = {}
    for sentence in paper.sentences(variant):
        items = items_of(paper.document, sentence)
        for n, item in enumerate(items):
            if not item.is_layer or not variant.has(item.start) or base(item.name) in own:
                continue
            if item.name in METALS | TCOS | {"SLG", "Carbon"} or is_under(paper.document, items, n, sentence):  # fmt: skip
                continue
            part = _part(item)
            if part and item.name not in [other.name for other in found.get(part, [])]:
                found.setdefault(part, []).append(item)
    return found


def _part(item: Item) -> str:
    hole, electron = item.roles.get("HTL", 0), item.roles.get("ETL", 0)
    other = max((n for role, n in item.roles.items() if role not in ("HTL", "ETL")), default=0)
    if max(hole, electron) <= other and max(hole, electron) < 25:
        return ""
    return "HTL" if kind_of(item.name) > 0 or hole > electron else "ETL"


def _replace_layers(paper: Paper, variant: Variant, found: Findings) -> None:
    for part, items in new_layers(paper, variant).items():
        layers = _layers(found, part)
        if not layers or layers == ["none"]:
            continue
        item = items[0]
        place = _place_in(layers, item.name, paper)
        operation = _operation_of(paper, item.name, variant)
        layers[place] = with_form(paper.document, item.name, operation)
        span = ((item.start, item.end),)
        found[f"{part}_stack_sequence"] = Finding(" | ".join(layers), 0.8, "text", span)
        if operation is not None:
            _set_method(found, part, place, operation.method, span)
    if not _remake_layers(paper, variant, found) and variant.kind in (COMPARISON, SORT):
        _remake_oxide(paper, variant, found)


def _place_in(layers: list[str], name: str, paper: Paper) -> int:
    """Which layer of a stack gives way to another: the one in whose place that lies in other stacks."""
    treated = {n for o in paper.operations if o.is_treatment for n in o.names}

    def fits(n: int) -> tuple:
        below = pairs().get((layers[n - 1], name), 0) if n else 0
        above = pairs().get((name, layers[n + 1]), 0) if n + 1 < len(layers) else 0
        return layers[n] not in treated, below + above, n

    return max(range(len(layers)), key=fits)


def _operation_of(paper: Paper, name: str, variant: Variant) -> Operation | None:
    own = [o for o in paper.operations if name in o.names and o.method not in GENERIC]
    return next((o for o in own if variant.has(o.start)), own[0] if own else None)


def _set_method(found: Findings, part: str, place: int, method: str, span) -> None:
    finding = found.get(f"{part}_deposition_procedure")
    methods = finding.value.split(" | ") if finding else []
    if place < len(methods) and not methods[place].endswith(method.lower()):
        methods[place] = method
        found[f"{part}_deposition_procedure"] = Finding(" | ".join(methods), 0.8, "text", span)


def _remake_oxide(paper: Paper, variant: Variant, found: Findings) -> None:
    """The oxide where it is not named as a layer: "the oxide was instead spin-coated", "nickel precursor and ozone"."""
    words = paper.words(variant)
    methods = [m for m in paper.document.methods if variant.has(m.start) and m.name not in GENERIC]
    told = [oxide for metal, oxide in _OXIDES.items() if re.search(rf"{metal}", words)]
    if not methods or not (told or "the oxide" in words):
        return
    for part in ("ETL", "HTL"):
        for n, layer in enumerate(_layers(found, part)):
            if base(layer) in (told or _OXIDES.values()):
                form = f"{base(layer)}-{form_said(words)}"
                layers = _layers(found, part)
                layers[n] = form if form in materials().roles else layer
                span = ((methods[0].start, methods[0].end),)
                found[f"{part}_stack_sequence"] = Finding(" | ".join(layers), 0.7, "text", span)
                _set_method(found, part, n, methods[0].name, span)
                return


def _remake_layers(paper: Paper, variant: Variant, found: Findings) -> bool:
    """The target's layer made by another method; whether there is one."""
    remade = False
    for operation in paper.operations:
        if not variant.has(operation.start) or operation.method in GENERIC or operation.is_perovskite:  # fmt: skip
            continue
        for part in ("HTL", "ETL"):
            layers = _layers(found, part)
            for n, layer in enumerate(layers):
                if base(layer) in map(base, operation.names) and layer in paper.stack(part):
                    layers[n] = with_form(paper.document, operation.names[0], operation)
                    found[f"{part}_stack_sequence"] = Finding(" | ".join(layers), 0.8, "text", (operation.method_span,))  # fmt: skip
                    _set_method(found, part, n, operation.method, (operation.method_span,))
                    remade = True
    return remade


def _dope(paper: Paper, variant: Variant, found: Findings) -> None:
    """Dopants of the layers: those of another layer, or those that the passages give to the same one."""
    own = named_dopants(paper.document, variant.passages)
    for part in ("ETL", "HTL"):
        layers = _layers(found, part)
        changed = layers != paper.stack(part)
        told = [
            (paper.dopants.names.get(layer) or paper.dopants.others.get(layer) if layer not in paper.stack(part) else paper.dopants.names.get(layer))
            for layer in layers
        ]  # fmt: skip
        if part == "HTL" and own and layers:
            told[-1] = [name for name, _ in own]
        elif not changed:
            continue
        if any(told):
            value = " | ".join("; ".join(sorted(names, key=str.lower)) if names else "Unknown" for names in told)  # fmt: skip
            found[f"{part}_additives_compounds"] = Finding(value, 0.8, "text", tuple(p for _, p in own))  # fmt: skip
        else:
            found.pop(f"{part}_additives_compounds", None)


def _make_ink(paper: Paper, variant: Variant, found: Findings) -> None:
    """Composition, additives and solvents of another ink."""
    reading = _reading(paper, variant)
    if reading is not None:
        for name, value in ((LONG_FORM, reading.long_form), (SHORT_FORM, short_form(reading.long_form))):  # fmt: skip
            found[name] = Finding(value, min(reading.certainty, 0.85), reading.source, reading.spans)  # fmt: skip
    forms = _additive_forms(paper)
    for start, end in variant.passages:
        words = paper.document.lower[start:end]
        if not _INK.search(words):
            continue
        solvents = [m for m in paper.document.mentions if start <= m.start < end and m.name in STRONG]  # fmt: skip
        names = {m.name for m in solvents}
        partly = names < set(paper.target.get(SOLVENTS, Finding("", 0.0)).value.split("; "))
        _add(paper, found, words, (start, end))
        if partly and len(names) < 2 and not _WHOLE_INK.search(words):
            continue
        if solvents and " >> " not in paper.target.get(SOLVENTS, Finding("", 0.0)).value.replace("none >> none", ""):  # fmt: skip
            value = "; ".join(sorted({m.name for m in solvents}, key=str.lower))
            found[SOLVENTS] = Finding(value, 0.8, "text", tuple((m.start, m.end) for m in solvents))
        if solvents and _WHOLE_INK.search(words) and not _SAME.search(words) and ADDITIVES in found:
            kept = [n for n, own in forms.items() if any(_named(form, words) for form in own)]
            _set_additives(found, kept, (start, end))


def _add(paper: Paper, found: Findings, words: str, place: tuple[int, int]) -> None:
    """What is put into the device's ink and not into the target's."""
    start, end = place
    if not _ADDED_TO.search(words):
        return
    gone = [match.span() for p in (_LACKS, _REPLACED) for match in p.finditer(words)]
    own = found[ADDITIVES].value.split("; ") if ADDITIVES in found else []
    new = [
        m.name
        for m in paper.document.mentions
        if start <= m.start < end and _is_additive(m) and m.name not in own and not m.name.endswith("ACl")
        and not any(a <= m.start - start < b for a, b in gone)
    ]  # fmt: skip
    if new:
        _set_additives(found, sorted({*own, *new}, key=str.lower), place)


def _is_additive(mention) -> bool:
    roles = mention.roles
    layer = max(roles.get("HTL", 0), roles.get("ETL", 0), roles.get("Backcontact", 0))
    return "solvent" not in roles and (
        max(roles.get("Perovskite_additive", 0), roles.get("additive", 0), roles.get("treatment", 0))
        > max(layer, roles.get("HTL_additive", 0))
    )  # fmt: skip


def _reading(paper: Paper, variant: Variant):
    """Another absorber than the target's that is told of the device."""
    target = paper.target.get(LONG_FORM)
    for reading in sorted(paper.readings, key=lambda reading: reading.source != "text"):
        if not reading.long_form or reading.certainty < _LEAST_CERTAIN:
            continue
        if target and reading.long_form == target.value:
            continue
        if _tells_of(paper, variant, reading):
            return reading
    return None


def _tells_of(paper: Paper, variant: Variant, reading) -> bool:
    """Whether a reading stands in the passages on a device, or has its role, or a cation that its label names."""
    for start, _ in reading.spans:
        passage = next((a for a, b in variant.passages if a <= start < b), None)
        if passage is not None and "target" not in paper.document.lower[passage:start]:
            return True
        words = paper.document.words(paper.document.sentence_at(start))
        if variant.kind == CONTROL and reading.role == "control" and _CONTROL.search(words):
            return True
    stem = variant.label.upper().strip("0123456789- ")
    return bool(stem) and stem in ions_of(reading.long_form)[0]


def make_film(paper: Paper, variant: Variant, found: Findings) -> None:
    """Method and anneal of the perovskite where the passages tell of others."""
    own = [o for o in paper.operations if o.is_perovskite and variant.has(o.start)]
    specific = [o for o in own if o.method not in GENERIC]
    if variant.kind not in (CONTROL, COMPARISON, SORT):
        specific = [o for o in specific if o.method in COATING | PRINTING]
    methods = list(dict.fromkeys(o.method for o in specific))
    if not own and variant.kind in (COMPARISON, CONTROL):
        methods = _made_by(paper, variant)
    known = paper.target.get(PROCEDURE)
    told = variant.kind == SORT or not (known and set(methods) <= set(known.value.split(" >> ")))
    if methods and told:
        places = tuple(o.method_span for o in specific) or tuple(variant.passages[:1])
        found[PROCEDURE] = Finding(" >> ".join(methods), 0.8, "text", places)
    stages = [] if variant.kind == MODULES else [stage for o in own for stage in o.control_stages or o.stages]
    if methods and not own:
        stages = [
            s
            for sentence in paper.sentences(variant)
            for s in stages_of(paper.document, sentence)
            if _MADE_BY_NEAR.search(paper.document.lower[sentence.start : s.start])
        ]
    stages = stages or _stages_aside(paper, variant)
    if stages:
        places = tuple((stage.start, stage.end) for stage in stages)
        for name, values in ((TEMPERATURE, [s.temperature for s in stages]), (TIME, [s.time for s in stages])):  # fmt: skip
            value = "; ".join("Unknown" if v is None else f"{round(v, 2):g}" for v in values)
            found[name] = Finding(value, 0.8, "text", places)


def _made_by(paper: Paper, variant: Variant) -> list[str]:
    """ "cells were also made by spin-coating": the method of their perovskite."""
    lower = paper.document.lower
    return [
        m.name
        for m in paper.document.methods
        if variant.has(m.start) and m.name not in GENERIC and _MADE_BY.search(lower[max(m.start - 70, 0) : m.start])  # fmt: skip
    ][:1]


def _stages_aside(paper: Paper, variant: Variant) -> list:
    """Heat that a sentence on the target's film gives to the other films."""
    aside = [s for o in paper.operations if PEROVSKITE in o.names for s in o.control_stages]
    if variant.label:
        return [s for s in aside if variant.label in paper.document.lower[max(s.start - 40, 0) : s.start]]  # fmt: skip
    return aside if variant.kind == CONTROL else []


def own_area(paper: Paper, variant: Variant) -> Finding | None:
    """The area that is told in the passages on the device."""
    if variant.kind in (CONTROL, SORT):
        return None
    own = [area for area in areas(paper.document) if variant.has(area.start) and not area.module]
    if not own:
        return None
    best = max(own, key=lambda area: area.weight)
    return Finding(number(best.value), 0.85, "text", ((best.start, best.end),))

"""What is told to be different in a device beside the target: layers, dopants, ink, anneal, area (issue 14)."""

import re

from masterkey.extractor.fields import ARCHITECTURE
from masterkey.extractor.process.cell.cell import areas
from masterkey.extractor.process.devices.all_layers import coat_all
from masterkey.extractor.process.devices.kinds import (
    CONTROL,
    LARGE,
    MODULES,
    OPAQUE,
    SEMITRANSPARENT,
    SORT,
    Variant,
)
from masterkey.extractor.process.devices.lacking_cations import without_cation
from masterkey.extractor.process.devices.lacking_layers import (
    keep,
    layers_of,
    set_none,
    undope,
    without_dopant,
    without_last_step,
    without_layers,
    without_step_of_target,
    without_treatment,
)
from masterkey.extractor.process.devices.other_films import make_film
from masterkey.extractor.process.devices.other_inks import (
    LACKS,
    exchange_additive,
    make_ink,
    without_additives,
    without_only_additive,
)
from masterkey.extractor.process.devices.other_layers import call_by_method, dope, replace_layers
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.devices.transport import transport_findings
from masterkey.extractor.process.layers.oxide_forms import base
from masterkey.extractor.process.layers.stacks import written_stacks
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import number
from masterkey.extractor.process.text.quantities import areas_of

_TREATED = re.compile(r"treat|passivat|\brins|coated with neat")
_HOLE_LAYER = re.compile(r"(?:hole|electron)[ -](?:conduct|transport|select|extract)\w*|\bht[lm]\b|\bet[lm]\b")  # fmt: skip
_DOPANTS = re.compile(r"\b(?:dopants?|doping)\b")
_NEAR = 250  # characters back to what "none" or "it" stands for
_THAT_STEP = re.compile(r"(?:this|that|the latter) (?:step|layer|treatment|film)?|it\b")
_WITH_AND = ("with and ", "with or ")  # "… without": both kinds are told
_MONOLAYER = re.compile(r"phosphonic|monolayer|\bsams?\b")


def different(paper: Paper, variant: Variant) -> Findings:
    """The findings of a device: the target's, changed where the passages on the device say so."""
    found = dict(paper.target)
    lacks = leave_out(paper, variant, found)
    _put_on_bare(paper, variant, found)
    _keep_only(paper, variant, found)
    if variant.kind not in (OPAQUE, SEMITRANSPARENT) and not _by_stack(paper, variant, found):
        replace_layers(paper, variant, found)
    call_by_method(paper, variant, found)
    dope(paper, variant, found)
    make_ink(paper, variant, found)
    exchange_additive(paper, variant, found)
    make_film(paper, variant, found)
    coat_all(paper, variant, found)
    if variant.kind == CONTROL and not lacks and found == paper.target:
        without_only_additive(paper, variant, found)
    area = own_area(paper, variant)
    if area:
        found["Cell_area_measured"] = area
    return found


_ON_BARE = re.compile(r"\b(?:on|onto) (?:the )?bare (?:ito|fto|glass|substrates?|electrodes?)\b")


def _put_on_bare(paper: Paper, variant: Variant, found: Findings) -> None:
    """ "Some cells were made on bare ITO": without what the target has below the perovskite."""
    for start, end in variant.passages:
        if directly := _DIRECTLY.search(paper.document.lower, start, end):
            _keep_up_to(paper, found, directly.end())
        match = _ON_BARE.search(paper.document.lower, start, end)
        if match and ARCHITECTURE in found:
            set_none(found, "HTL" if found[ARCHITECTURE].value == "pin" else "ETL", match.span())


# "the perovskite was deposited directly on NiOx"
_DIRECTLY = re.compile(
    r"\b(?:directly|straight) (?:(?:deposited|coated|spin-coated|cast|printed|processed|formed|grown) )?(?:on|onto|on top of) (?:the )?(?:bare )?"
)


def _keep_up_to(paper: Paper, found: Findings, place: int) -> None:
    """Of the layers below the perovskite those up to the one that is named at a place."""
    part = "HTL" if ARCHITECTURE in found and found[ARCHITECTURE].value == "pin" else "ETL"
    named = next((base(m.name) for m in paper.document.mentions if m.start == place), None)
    layers = [base(name) for name in layers_of(found, part)]
    if named in layers[:-1]:
        keep(found, part, list(range(layers.index(named) + 1)))


_ONLY = re.compile(
    r"\b(?:with|on|consist(?:ed|s|ing)? of|compris(?:ed|es?|ing)) (?:(?:the|bare|plain|an?|single) )?(?P<what>[^,.;()]{2,30}) (?:only|alone)\b|\bwith (?:an? |one )(?:single|sole) (?P<single>[^,.;()]{2,30}?)(?: layer)?\b(?=[ ,.;])"
    r"|\b(?:cells|devices) (?:with|on|having) (?:bare|plain|just) (?P<bare>[\w/-]{2,20})\b"
)


def _keep_only(paper: Paper, variant: Variant, found: Findings) -> None:
    """ "with NiOx only": of the target's hole conductors, or electron conductors, the one that is named."""
    for start, end in variant.passages:
        match = _ONLY.search(paper.document.lower, start, end)
        place = match.span(match.lastgroup) if match else (0, 0)
        names = {base(m.name) for m in paper.document.mentions if place[0] <= m.start < place[1]}
        for part in ("HTL", "ETL"):
            layers = [base(name) for name in layers_of(found, part)]
            own = [n for n, name in enumerate(layers) if name in names]
            if own and len(own) < len(layers):
                keep(found, part, own)


def leave_out(paper: Paper, variant: Variant, found: Findings) -> bool:
    """Take away the layer, the treatment or the additive that the device is told to lack; whether one is named."""
    said = False
    for start, end in variant.passages:
        words = paper.document.lower[start:end]
        for match in LACKS.finditer(words):
            group = match.lastgroup
            if variant.kind not in (CONTROL, SORT) and words[: match.start()].endswith(_WITH_AND):
                continue
            lacked = match[group]
            place = start + match.start(group), start + match.end(group)
            if _HOLE_LAYER.search(lacked) and group != "f":
                set_none(found, "HTL" if "hole" in lacked or "ht" in lacked else "ETL", place)
                continue
            of_ink = match[0].startswith(("free of", "devoid of"))
            if not of_ink and _THAT_STEP.match(lacked) and without_last_step(paper, found, start):
                said = True
                continue
            said |= any(place[0] <= m.start < place[1] for m in paper.document.mentions)
            if group == "f" or _DOPANTS.search(lacked):
                undope(paper, found, place, whole=group != "f")
                continue
            removed = without_layers(paper, found, place)
            if not removed and _MONOLAYER.search(lacked) and len(layers_of(found, "HTL")) > 1:
                keep(found, "HTL", list(range(len(layers_of(found, "HTL")) - 1)))
                continue
            if not removed and _TREATED.search(lacked + words[match.start() : match.start() + 20]):
                removed = without_treatment(paper, found) or without_step_of_target(paper, found)
                said |= removed or any(o.is_treatment for o in paper.operations)
            if not removed and (
                without_dopant(paper, found, *place) or without_cation(found, lacked, place)
            ):
                continue
            if not removed and group in ("m", "j", "g"):
                removed = _without_named_before(paper, found, start + match.start(), group == "m")
            if not removed and group != "f":
                before = paper.document.lower[max(place[0] - _NEAR, 0) : place[0]]
                without_additives(paper, found, lacked, before, place)
    return said


def _without_named_before(paper: Paper, found: Findings, place: int, is_far: bool) -> bool:
    """Take away the dopants that words before "nothing", "it" or "none" name: in its sentence, or (`is_far`) in those before."""
    sentence = paper.document.sentence_at(place)
    if without_dopant(paper, found, sentence.start, place):
        return True
    return is_far and without_dopant(paper, found, max(place - _NEAR, 0), place)


def _by_stack(paper: Paper, variant: Variant, found: Findings) -> bool:
    """Take the layers from the one stack that the passages write with slashes; whether there is one."""
    stacks = [s for s in written_stacks(paper.document) if variant.has(s.start)]
    architecture = paper.target.get(ARCHITECTURE)
    if len(stacks) != 1 or architecture is None:
        return False
    own = transport_findings(paper.document, [], [], stacks[0], architecture)
    if not {"HTL_stack_sequence", "ETL_stack_sequence"} <= own.keys():
        return False
    for part in ("HTL", "ETL", "Backcontact"):
        name = f"{part}_stack_sequence"
        if name in own and (name not in found or own[name].value != found[name].value):
            found |= {field: f for field, f in own.items() if field.startswith(part)}
            found.pop(f"{part}_additives_compounds", None)
    return True


_OF_PLATE = re.compile(
    r"\s?(?:(?:ito|fto|tco|coated|patterned|pen|pet)[ /-]){0,2}(?:glass|foils?|substrates?|plates?|sheets?|wafers?|pieces)\b"
)


def own_area(paper: Paper, variant: Variant, of_module: bool = False) -> Finding | None:
    """The area that is told in the passages on the device."""
    if variant.kind in (CONTROL, SORT):
        return None
    own = [
        area
        for area in areas(paper.document)
        if variant.has(area.start)
        and area.module <= of_module
        and not _OF_PLATE.match(paper.document.lower, area.end)
    ]
    if not own:
        return _size_told(paper, variant) if variant.kind in (LARGE, MODULES) else None
    best = max(own, key=lambda area: area.value if variant.kind == LARGE else area.weight)
    return Finding(number(best.value), 0.85, "text", ((best.start, best.end),))


def _size_told(paper: Paper, variant: Variant) -> Finding | None:
    """The one size of larger cells in words that name no area: "1.05-cm2 devices were made likewise"."""
    for start, end in variant.passages:
        told = areas_of(paper.document.text[start:end])
        if len(told) == 1 and not _OF_PLATE.match(paper.document.lower, start + told[0].end):
            span = ((start + told[0].start, start + told[0].end),)
            return Finding(number(told[0].value), 0.75, "text", span)
    return None


def area_called(document: Document, names: tuple[str, ...]) -> Finding | None:
    """The area that a sentence gives cells called so: "0.06 cm2 for opaque cells and 0.2 cm2 for semitransparent ones"."""
    if not names:
        return None
    called = "|".join(map(re.escape, names))
    behind = re.compile(rf"\s*(?:\([^()]*\) )?(?:for|in|of|on|with|in the case of) (?:the |our |all )?(?:{called})\b")  # fmt: skip
    before = re.compile(
        rf"\b(?:{called})(?: (?:cells|devices|ones))?(?: (?:were|was|are|is|have|had|has|of|with|an?|the|masked|to|by|limited|area|active|aperture|mask|measured|through|its|their))*:? ?$"
    )
    for area in areas(document):
        start = document.sentence_at(area.start).start
        if behind.match(document.lower, area.end) or before.search(
            document.lower[start : area.start]
        ):
            return Finding(number(area.value), 0.8, "text", ((area.start, area.end),))
    return None

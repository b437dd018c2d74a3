"""Substrate and back contact of opaque, semitransparent, rigid and flexible cells beside the target (issue 14)."""

import re

from masterkey.extractor.process.cell.cell import areas
from masterkey.extractor.process.cell.transparency import transparent_range
from masterkey.extractor.process.devices.kinds import OPAQUE, SEMITRANSPARENT, SORT, Variant
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.layers.layer import CONTACT_OXIDES, CONTACTS, METALS, TCOS
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.methods import GENERIC

SUBSTRATE, CONTACT, METHOD = (
    "Substrate_stack_sequence",
    "Backcontact_stack_sequence",
    "Backcontact_deposition_procedure",
)
BUFFERS = frozenset(("BCP", "TPBi", "Bphen", "LiF", "PEIE", "PEI", "AZO-np", "ZnO-np"))
# "In place of silver, IZO was sputtered" names what is there behind the comma.
_INSTEAD = re.compile(
    r"(?:(?<=[.;:\n\]] )|(?<=\n))(?:in (?:the )?place|instead) of[^.;,]*|(?:in place of|instead of|rather than|replac\w+\b(?! (?:by|with)\b))(?:(?!, (?:and|but|while|whereas) (?:the|an?|its|their)\b)[^.;])*"
)
_CLOSES = re.compile(r"evaporat|electrode|contact|cathode|anode")
_ELECTRODE = re.compile(r"evaporat|electrode|contact|cathode|anode|\d ?nm\b")
_PLASTICS = ("PEN", "PET", "PI", "Willow glass")


def silicon(found: Findings) -> bool:
    return SUBSTRATE in found and found[SUBSTRATE].value.startswith("Si |")


# "100 nm of Ag for opaque devices or of sputtered IZO for semitransparent ones"
_FOR_OTHER = {
    SEMITRANSPARENT: re.compile(r"(?:\s?\([^()]*\))? (?:for|in) (?:the )?opaque\b"),
    OPAQUE: re.compile(r"(?:\s?\([^()]*\))? (?:for|in) (?:the )?semi-?\s?transparent\b"),
}


def mentions_of_device(paper: Paper, variant: Variant):
    """What the passages name, but for what something else is used instead of."""
    lower = paper.document.lower
    skipped = [
        match.span()
        for start, end in variant.passages
        for match in _INSTEAD.finditer(lower, start, end)
    ]
    other = _FOR_OTHER.get(variant.kind)
    return [
        m
        for m in paper.document.mentions
        if variant.has(m.start)
        and not any(a <= m.start < b for a, b in skipped)
        and not (other and other.match(lower, m.end))
    ]


def make_opaque(paper: Paper, variant: Variant, found: Findings) -> None:
    mentions = mentions_of_device(paper, variant)
    place = tuple(variant.passages[:1])
    found["Cell_semitransparent"] = Finding("FALSE", 0.85, "text", place)
    found.pop("Cell_semitransparent_wavelength_range", None)
    if silicon(found):
        found[SUBSTRATE] = Finding("SLG | ITO", 0.6, "deduced", place)
    metal = next((m for m in mentions if m.name in METALS or m.name == "Carbon"), None)
    if metal is None:
        return
    span = ((metal.start, metal.end),)
    found[CONTACT] = Finding(metal.name, 0.85, "text", span)
    method = "Evaporation" if metal.name in METALS else "Doctor blading"
    found[METHOD] = Finding(method, 0.85, "deduced", span)
    buffer = next((m for m in mentions if m.name in BUFFERS), None)
    stack = paper.target.get("ETL_stack_sequence")
    if buffer and stack and buffer.name not in stack.value:
        _replace_last(found, "ETL", buffer.name, ((buffer.start, buffer.end),))


def make_single(paper: Paper, variant: Variant, found: Findings) -> None:
    """The single-junction cell beside a tandem on silicon: opaque if a metal is told of it, else as its contact is."""
    metal = any(m.name in METALS for m in mentions_of_device(paper, variant))
    transparent = "transparent" in paper.words(variant)
    contact = found[CONTACT].value.split(" | ") if CONTACT in found else []
    if metal and not transparent:
        make_opaque(paper, variant, found)
    elif transparent or (contact[:1] and contact[0] in TCOS):
        found["Cell_semitransparent"] = Finding("TRUE", 0.7, "deduced", tuple(variant.passages[:1]))
    oxide = next((m for m in mentions_of_device(paper, variant) if m.name in ("ITO", "FTO")), None)
    span = ((oxide.start, oxide.end),) if oxide else tuple(variant.passages[:1])
    found[SUBSTRATE] = Finding(f"SLG | {oxide.name if oxide else 'ITO'}", 0.85 if oxide else 0.6, "text", span)  # fmt: skip
    if not any(variant.has(area.start) for area in areas(paper.document)):
        found.pop("Cell_area_measured", None)


def _replace_last(found: Findings, part: str, name: str, span) -> None:
    """Another buffer on top; on a single layer it comes in addition."""
    layers = found[f"{part}_stack_sequence"].value.split(" | ")
    procedure = found.get(f"{part}_deposition_procedure")
    methods = procedure.value.split(" | ") if procedure else []
    keep = len(layers) - 1 if methods and methods[-1] in ("ALD", "Sputtering") else len(layers)
    found[f"{part}_stack_sequence"] = Finding(" | ".join([*layers[:keep], name]), 0.8, "text", span)
    found[f"{part}_deposition_procedure"] = Finding(
        " | ".join([*methods[:keep], "Evaporation"]), 0.8, "deduced", span
    )


def make_semitransparent(paper: Paper, variant: Variant, found: Findings) -> None:
    place = tuple(variant.passages[:1])
    found["Cell_semitransparent"] = Finding("TRUE", 0.85, "text", place)
    window = transparent_range(paper.document)
    if window:
        found["Cell_semitransparent_wavelength_range"] = window
    names, methods = [], []
    for mention in mentions_of_device(paper, variant):
        if (
            mention.name in (CONTACTS | TCOS | CONTACT_OXIDES) - {"FTO"}
            and mention.name not in names
        ):
            names.append(mention.name)
            methods.append(
                "Sputtering" if mention.name in TCOS else usual_method(paper, mention.name)
            )
    if names and set(names) & (TCOS | {"Ag-nw"}):
        found[CONTACT] = Finding(" | ".join(names), 0.8, "text", place)
        found[METHOD] = Finding(" | ".join(methods), 0.8, "deduced", place)


def usual_method(paper: Paper, name: str) -> str:
    own = [o.method for o in paper.operations if name in o.names and o.method]
    return own[0] if own and name not in METALS | CONTACT_OXIDES else "Evaporation"


def make_rigid(paper: Paper, variant: Variant, found: Findings) -> None:
    oxide = next((m for m in mentions_of_device(paper, variant) if m.name in ("ITO", "FTO")), None)
    name = oxide.name if oxide else "ITO"
    span = ((oxide.start, oxide.end),) if oxide else tuple(variant.passages[:1])
    found[SUBSTRATE] = Finding(f"SLG | {name}", 0.85 if oxide else 0.6, "text", span)
    found["Cell_flexible"] = Finding("FALSE", 0.85, "text", span)


def make_flexible(paper: Paper, variant: Variant, found: Findings) -> None:
    mentions = mentions_of_device(paper, variant)
    foil = next((m for m in mentions if m.name in _PLASTICS), None)
    oxide = next((m for m in mentions if m.name in TCOS), None)
    place = tuple(variant.passages[:1])
    found["Cell_flexible"] = Finding("TRUE", 0.85, "text", place)
    if foil:
        own = found[SUBSTRATE].value.split(" | ")[-1] if SUBSTRATE in found else "ITO"
        name = oxide.name if oxide else own
        found[SUBSTRATE] = Finding(f"{foil.name} | {name}", 0.85, "text", ((foil.start, foil.end),))


def make_contact(paper: Paper, variant: Variant, found: Findings) -> None:
    """Another metal or carbon as the contact of a control."""
    own = found[CONTACT].value.split(" | ") if CONTACT in found else []
    words, flexible = paper.words(variant), found.get("Cell_flexible")
    if _FOR_GLASS.search(words):
        make_flexible(paper, variant, found)
    elif flexible and flexible.value == "TRUE" and _ON_GLASS.search(words) and not _FOIL.search(words):  # fmt: skip
        make_rigid(paper, variant, found)
    if _replace_oxide(paper, variant, found, own) or _close(paper, variant, found, own):
        return
    for mention in mentions_of_device(paper, variant):
        if mention.name in METALS | {"Carbon"} and own and mention.name not in own:
            near = paper.document.lower[max(mention.start - 60, 0) : mention.end + 60]
            says = _CLOSES if variant.kind == SORT else _ELECTRODE
            if says.search(near) or _CONTRASTS.search(near):
                span = ((mention.start, mention.end),)
                found[CONTACT] = Finding(mention.name, 0.8, "text", span)
                found[METHOD] = Finding(usual_method(paper, mention.name), 0.8, "deduced", span)
                return
    _remake(paper, variant, found, own)


_CONTRASTS = re.compile(r"\binstead\b|\bin (?:the )?place\b|\brather than\b|\bin lieu\b|\breplac")


def _remake(paper: Paper, variant: Variant, found: Findings, own: list[str]) -> None:
    """The target's contact made by another method: "silver that was evaporated instead of printed"."""
    if len(own) != 1 or METHOD not in found or not _CONTRASTS.search(paper.words(variant)):
        return
    for operation in paper.operations:
        if (
            variant.has(operation.start)
            and operation.names == own
            and operation.method not in GENERIC
        ):
            found[METHOD] = Finding(operation.method, 0.8, "text", (operation.method_span,))


_ON_GLASS = re.compile(
    r"\bon (?:a |the )?(?:[\d.]+ mm )?(?:rigid |(?:ito|fto)[ -](?:coated )?|coated |patterned )*glass\b(?! carrier| support)"
)
_FOIL = re.compile(r"\b(?:pen|pet|polyimide|foils?|flexible|plastic)\b")
_FOR_GLASS = re.compile(
    r"\b(?:in (?:the )?place of|instead of|in lieu of|rather than) (?:(?:the|a|rigid|coated|ito|fto) ){0,2}glass\b|\bglass\b[^.;]{0,40}\b(?:is|was|were|are) (?:replaced|exchanged|substituted)\b"
)
_FOR_OXIDE = re.compile(
    r"\b(?:in (?:the )?place of|instead of|in lieu of|rather than) (?:(?:the|a|an|sputtered|transparent|its) ){0,3}(?:indium|izo\b|ito\b|oxide|transparent (?:electrode|contact|oxide)|grid|electrode of)"
)


def _close(paper: Paper, variant: Variant, found: Findings, own: list[str]) -> bool:
    """A metal alone in the place of the target's transparent electrode; whether it is told."""
    if not TCOS.intersection(own) or not _FOR_OXIDE.search(paper.words(variant)):
        return False
    metal = next((m for m in mentions_of_device(paper, variant) if m.name in METALS), None)
    if metal is None:
        return False
    make_opaque(paper, variant, found)
    return True


def _replace_oxide(paper: Paper, variant: Variant, found: Findings, own: list[str]) -> bool:
    """Another conductive oxide in the place of the target's: "in the control cells IZO was sputtered in place of ICO"."""
    place = next((n for n, name in enumerate(own) if name in TCOS - {"FTO"}), None)
    if place is None:
        return False
    for operation in paper.operations:
        oxide = next((n for n in operation.names if n in TCOS - {"FTO"} and n not in own), None)
        if oxide and variant.has(operation.start):
            methods = found[METHOD].value.split(" | ") if METHOD in found else []
            found[CONTACT] = Finding(
                " | ".join([*own[:place], oxide, *own[place + 1 :]]),
                0.8,
                "text",
                tuple(operation.spans),
            )
            if len(methods) == len(own):
                methods[place] = operation.method
                found[METHOD] = Finding(" | ".join(methods), 0.8, "text", (operation.method_span,))
            return True
    return False

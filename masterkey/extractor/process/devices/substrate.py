"""The substrate of the target: its support and its conductor."""

import re

from masterkey.extractor.process.layers.stacks import Stack
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding

_FOILS = ("PEN", "PET", "PI", "Willow glass")
# Supports that mostly carry films for optics: of a cell where a conductor is told to lie on them.
_RARE = re.compile(
    r"\b(?:fused )?(?P<name>quartz|silica|sapphire)\b(?: (?:glass|substrates?|plates?|pieces|discs?|slides?|windows?))?(?: ?\([^()]*\))?(?:,? (?:with|carrying|bearing|coated|covered|sputtered|onto?|which|that|was|were|had|been|by|of|about|a|an|thick|layer|film|inch|mm|cm|in|size|diameter|\d+|nm) ?)*\W*$"
)
_RARE_BEHIND = re.compile(
    r"[ -]?(?:coated|covered|sputtered|deposited)?(?: on| onto)?[ -](?:fused )?(?P<name>quartz|silica|sapphire)\b"
)
_RARE_NAMES = {"quartz": "Quartz", "silica": "Quartz", "sapphire": "Sapphire"}
_BESIDE = 40  # characters
_SILICON = re.compile("silicon|bottom|tandem|textured")
_TANDEM, _JUNCTION = re.compile("tandem"), re.compile("recombination|interconnect|junction")
_SUBSTRATES = ("PEN", "PET", "PI", "Willow glass", "Si", "SLG")
_CONDUCTORS = ("FTO", "ITO", "IZO", "AZO", "ICO", "IZrO")


def flexible_substrate(document: Document, found: dict[str, Finding]) -> dict[str, Finding]:
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


def substrate_findings(document: Document, stack: Stack | None) -> dict[str, Finding]:
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
    is_single = document.has_second_devices or _starts_on_glass(document)
    junction = None if is_single else _recombination_junction(document)
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
    other = next((m.name for m in near if m.name != "SLG"), "")
    if _ON_GLASS.match(document.lower, conductor.end) or _GLASS_BEFORE.search(
        document.lower, max(conductor.start - 8, 0), conductor.start
    ):  # "rigid cells on FTO glass, flexible ones on PEN"
        other = ""
    support = other or _rare_support(document, conductor)
    value = f"{support} | {conductor.name}"
    return {
        "Substrate_stack_sequence": Finding(
            value, 0.95, "text", ((conductor.start, conductor.end),)
        )
    }


def _rare_support(document: Document, conductor) -> str:
    """The support of a conductor where it is neither foil nor silicon: quartz, sapphire, else glass."""
    start = max(conductor.start - 100, document.sentence_at(conductor.start).start)
    match = _RARE.search(document.lower[start : conductor.start]) or _RARE_BEHIND.match(
        document.lower, conductor.end
    )
    return _RARE_NAMES[match["name"]] if match else "SLG"


_ON_GLASS = re.compile(r"[ /-](?:coated |covered |patterned )?glass\b")
_GLASS_BEFORE = re.compile(r"glass[/|]$")
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


_BOTTOM = re.compile(
    r"silicon (?:heterojunction )?(?:bottom|sub-?)[ -]?cells?|perovskite[ /–-]{1,3}silicon (?:monolithic )?tandems?"
)
_GLASS_FIRST = re.compile(r"\bglass\b")


def _starts_on_glass(document: Document) -> bool:
    """Whether the section that deposits the perovskite begins with glass and not with silicon."""
    own = next(
        (
            s
            for s in document.sections
            if (s.kind == "device" or "perovskite" in s.title.lower())
            and "perovskite" in document.lower[s.start : s.end]
        ),
        None,
    )
    if own is None:
        return False
    words = document.lower[own.start : min(own.start + 500, own.end)]
    return bool(_GLASS_FIRST.search(words)) and not _SILICON.search(words)


def _recombination_junction(document: Document):
    """The conductive oxide between a silicon cell and the perovskite cell on it; None where there is none."""
    tandems = len(_TANDEM.findall(document.lower)) + bool(_BOTTOM.search(document.lower))
    if tandems < 2 or "silicon" not in document.lower:
        return None
    for mention in document.mentions:
        near = document.lower[max(mention.start - 90, 0) : mention.end + 90]
        if mention.name in _CONDUCTORS and _JUNCTION.search(near):
            return mention
    return None

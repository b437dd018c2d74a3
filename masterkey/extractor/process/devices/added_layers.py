"""A layer that a device has besides the target's: "an additional layer of X between A and B" (issue 14)."""

import re

from masterkey.extractor.process.devices.kinds import Variant
from masterkey.extractor.process.devices.lacking_layers import layers_of
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.layers.items import Item
from masterkey.extractor.process.layers.oxide_forms import base
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.methods import GENERIC

_ADDS = re.compile(
    r"\b(?:additional|extra|further|added) (?:[\w.-]+ ){0,3}(?:layer|film|interlayer)s?\b|\badditionally\b|\binserted\b|\binterlayers?\b"
)
_BELOW = re.compile(r"\b(?:before|under|below|underneath|beneath) (?:the )?$")
_ABOVE = re.compile(
    r"\b(?:after|on|onto|above|over|on top of|between) (?:the )?(?:\w+ layer of )?$"
)
_BEFORE = 30  # characters before a layer's name


def add_layer(paper: Paper, variant: Variant, found: Findings, part: str, item: Item) -> bool:
    """Put a layer into the target's stack where the passages say, in place; whether they say so."""
    layers = layers_of(found, part)
    place = _place_of_added(paper, variant, layers)
    if place is None:
        return False
    span = ((item.start, item.end),)
    methods = [m.name for m in paper.document.methods if variant.has(m.start) and m.name not in GENERIC]  # fmt: skip
    for field, new in (
        ("stack_sequence", item.name),
        ("deposition_procedure", methods[0] if methods else ""),
        ("additives_compounds", "Unknown"),
    ):
        finding = found.get(f"{part}_{field}")
        values = finding.value.split(" | ") if finding else []
        if len(values) == len(layers):
            beside = values[min(place, len(values) - 1)]
            values.insert(place, new or beside)
            found[f"{part}_{field}"] = Finding(" | ".join(values), 0.75, "text", span)
    return True


def _place_of_added(paper: Paper, variant: Variant, layers: list[str]) -> int | None:
    """Where in a stack, counted upwards, the passages put a layer besides these; None where they do not say."""
    own, lower = list(map(base, layers)), paper.document.lower
    for start, end in variant.passages:
        if not _ADDS.search(lower, start, end):
            continue
        for mention in paper.document.mentions:
            if start <= mention.start < end and base(mention.name) in own:
                before = lower[max(mention.start - _BEFORE, start) : mention.start]
                place = own.index(base(mention.name))
                if _BELOW.search(before):
                    return place
                if _ABOVE.search(before):
                    return place + 1
    return None

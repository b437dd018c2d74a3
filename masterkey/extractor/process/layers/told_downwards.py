"""Recipes that tell a cell from its contact down: their layers in the order in which they lie on one another (issue 14)."""

import re

from masterkey.extractor.process.layers.layer import METALS
from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.text.document import Document

_DOWNWARDS = re.compile(
    r"\b(?:beneath|underneath|below|under) (?:it|that|this|them|these|which|the|lies|lie|comes?|is|sits?|an?)\b"
    r"|\b(?:from (?:the )?(?:\w+ )?(?:contact|electrode|top|metal|cathode|anode)(?: \w+)? (?:down(?:wards?)?|to (?:the )?(?:bottom|substrate|glass)))\b"
    r"|\btop[- ](?:down|to[- ]bottom)\b|\bin (?:the )?(?:reverse|reversed|opposite|inverse) order\b|\b(?:last|top)(?: layer)? first\b"
)


def bottom_up(document: Document, operations: list[Operation]) -> list[Operation]:
    """The operations; turned round where the text begins with the metal contact and goes down to the substrate."""
    first = next((o for o in operations if not o.is_control), None)
    if first is None or first.names[0] not in METALS:
        return operations
    films = [n for n, o in enumerate(operations) if o.is_perovskite]
    if not films or operations[0] is not first:
        return operations
    behind = operations[films[-1] + 1 :]
    if not behind or any(METALS.intersection(o.names) for o in behind):
        return operations
    if not _DOWNWARDS.search(
        document.lower, max(first.sentence.start - _BEFORE, 0), behind[-1].end
    ):
        return operations
    for operation in operations:
        operation.names = operation.names[::-1]
    return operations[::-1]


_BEFORE = 200  # characters in which the order may be announced

"""Cells that no word calls semitransparent, and whose upper contact lets light through (issue 14)."""

import re

from masterkey.extractor.process.devices.paper import Findings
from masterkey.extractor.process.layers.layer import METALS, TCOS
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding

_FLAG, _SUBSTRATE, _CONTACT = "Cell_semitransparent", "Substrate_stack_sequence", "Backcontact_stack_sequence"  # fmt: skip
_CLEAR = TCOS | {"Ag-nw"}
_GRID = re.compile(r"\b(?:grids?|fingers?|frames?|bus-?bars?|edges?)\b")
_DOUBTFUL = 0.6  # of FALSE where a transparent electrode is named, too
_SUPPORTS = ("SLG", "PEN", "PET", "Quartz")


def light_through_contact(document: Document, found: Findings) -> Findings:
    """The flag TRUE where a transparent oxide is the last layer, or has a mere grid upon it, and the support is clear."""
    flag, contact, substrate = (found.get(field) for field in (_FLAG, _CONTACT, _SUBSTRATE))
    if contact is None or substrate is None or not substrate.value.startswith(_SUPPORTS):
        return {}
    if flag and (flag.value == "TRUE" or flag.source == "text" or flag.certainty > _DOUBTFUL):
        return {}
    layers = contact.value.split(" | ")
    oxide = next((n for n, name in enumerate(layers) if name in _CLEAR), None)
    if oxide is None:
        return {}
    metal = METALS.intersection(layers)
    if metal and not _GRID.search(document.lower, *_around(contact)):
        return {}
    return {_FLAG: Finding("TRUE", 0.7, "deduced", contact.spans)}


def _around(contact: Finding) -> tuple[int, int]:
    """Where the contact is told."""
    places = contact.spans or ((0, 0),)
    return max(min(start for start, _ in places) - 60, 0), max(end for _, end in places) + 100

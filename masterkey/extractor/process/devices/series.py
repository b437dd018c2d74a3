"""What the devices of a series have of the substance whose amount tells them apart (issue 14)."""

import re

from masterkey.extractor.process.devices.other_inks import ADDITIVES
from masterkey.extractor.process.devices.paper import Findings
from masterkey.extractor.process.layers.layer import kind_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.label_clauses import Labelled

_TO_INK = re.compile(
    r"\b(?:inks?|solutions?|precursors?|vials?|dopants?|doped|perovskites?|stocks?)\b|\b(?:pb|sn)(?:i|br|cl)2\b|\b(?:lead|tin)\b"
)
_OF_LAYER = re.compile(
    r"\b(?:on|onto|over) (?:top of )?(?:the |each )?(?:perovskites?|films?|layers?|oxide|sno2|tio2|nio)\b|\bpost-?treat|\bpassivat|\brins|\bcolloid"
)


def add_of_series(document: Document, labelled: Labelled, number: int, found: Findings) -> None:
    """Name the salt that a series is about among the additives of each device that has some of it, in place."""
    if labelled.added is None or number == labelled.nil:
        return
    start, end = labelled.added
    sentence = document.sentence_at(start)
    before = document.sentences[max(sentence.number - 1, 0)]
    near = document.lower[before.start : sentence.end]
    if not _TO_INK.search(near) or _OF_LAYER.search(document.words(sentence)):
        return
    written = document.text[start:end]
    mention = next((m for m in document.mentions if m.start <= start < m.end), None)
    if mention and (kind_of(mention.name) or mention.name in _OF_LATTICE):
        return
    name = mention.name if mention else written
    told = found[ADDITIVES].value.split("; ") if ADDITIVES in found else []
    known = {other.lower() for other in told}
    if {name.lower(), written.lower()} & known or (name.endswith("Cl") and "Cl" in told):
        return
    spans = found[ADDITIVES].spans if told else ()
    value = "; ".join(sorted({*told, name}, key=str.lower))
    found[ADDITIVES] = Finding(value, 0.85, "text", (*spans, (start, end)))


_OF_LATTICE = frozenset(("PbI2", "PbBr2", "SnI2", "MAI", "FAI", "CsI", "MABr", "FABr", "CsBr"))

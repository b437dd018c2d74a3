"""What the devices of a series have of the substance whose amount tells them apart (issue 14)."""

import re
from dataclasses import replace

from masterkey.extractor.process.devices.lacking_layers import layers_of
from masterkey.extractor.process.devices.other_inks import ADDITIVES
from masterkey.extractor.process.devices.paper import Findings
from masterkey.extractor.process.layers.layer import kind_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.label_clauses import Labelled
from masterkey.extractor.process.text.methods import GENERIC

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
    named = document.inside(document.mentions, sentence)
    mention = next((m for m in named if m.start <= start < m.end), None)
    if any(kind_of(m.name) for m in named) or (mention and mention.name in _OF_LATTICE):
        return
    name = mention.name if mention else written
    told = found[ADDITIVES].value.split("; ") if ADDITIVES in found else []
    known = {other.lower() for other in told}
    if {name.lower(), written.lower()} & known or (name.endswith("Cl") and "Cl" in told):
        return
    spans = found[ADDITIVES].spans if told else ()
    value = "; ".join(sorted({*told, name}, key=str.lower))
    found[ADDITIVES] = Finding(value, 0.85, "text", (*spans, (start, end)))


def put_own_layer(document: Document, labelled: Labelled, number: int, found: Findings) -> None:
    """The substance that a device is told apart by in the place of another device's, in place."""
    names = {n: _canonical(document, alias) for n, alias in labelled.aliases.items()}
    own = names.pop(number, None)
    if own is None:
        return
    for part in ("HTL", "ETL"):
        field = f"{part}_stack_sequence"
        layers = layers_of(found, part)
        others = [n for n, layer in enumerate(layers) if layer in names.values()]
        if len(others) == 1 and own not in layers:
            layers[others[0]] = own
            found[field] = replace(found[field], value=" | ".join(layers))
            found.pop(f"{part}_additives_compounds", None)
    kinds = [kind for name in (own, *names.values()) if (kind := kind_of(name))]
    part = "HTL" if sum(kinds) > 0 else "ETL"
    if kinds and f"{part}_stack_sequence" not in found:
        _put_in(document, labelled.aliases[number], own, part, found)


def _put_in(document: Document, alias: str, name: str, part: str, found: Findings) -> None:
    """A layer that a text counts up and deposits together with others: "A, B and C were compared. They were …"."""
    place = document.text.find(alias)
    while place >= 0 and not document.sentence_at(place).fabricates:
        place = document.text.find(alias, place + 1)
    if place < 0:
        return
    sentence = document.sentence_at(place)
    span = ((place, place + len(alias)),)
    found[f"{part}_stack_sequence"] = Finding(name, 0.8, "text", span)
    for told in document.sentences[sentence.number : sentence.number + 2]:
        methods = [m for m in document.inside(document.methods, told) if m.name not in GENERIC]
        if methods:
            place = ((methods[0].start, methods[0].end),)
            found[f"{part}_deposition_procedure"] = Finding(methods[0].name, 0.8, "text", place)
            return


def _canonical(document: Document, alias: str) -> str:
    """The name of a substance as the database writes it."""
    named = (m.name for m in document.mentions if document.text[m.start : m.end] == alias)
    return next(named, alias)


_OF_LATTICE = frozenset(("PbI2", "PbBr2", "SnI2", "MAI", "FAI", "CsI", "MABr", "FABr", "CsBr"))

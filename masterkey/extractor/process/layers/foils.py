"""Electrodes that are made on a foil and laminated on the cell."""

import re

from masterkey.extractor.process.layers.layer import CONTACTS, Layer, is_contact
from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import MethodMention

_BACK_OF_FOIL = 3  # sentences from a lamination to what the foil carries
_OF_FOILS = frozenset(("Graphene", "PH 1000"))  # electrodes where they come on a foil
_SEALS = re.compile(
    r"encapsul|\bcover|\bseal|polyisobut|polyolefin|\beva\b|\bcontrols?\b|\breference|moisture|barrier"
)


def laminated(document: Document, above: list[Layer], operations: list[Operation]) -> list[Layer]:
    """`above` with the electrode that a foil brings: "a PET foil with silver nanowires was laminated on the stack"."""
    if not operations or (any(map(is_contact, above)) and not _is_later(document, above)):
        return above
    for press in _laminations(document, operations[0].start):
        pressed = document.sentence_at(press.start)
        first = max(pressed.number - _BACK_OF_FOIL, operations[0].sentence.number)
        for sentence in document.sentences[pressed.number : first - 1 : -1]:
            for mention in document.inside(document.mentions, sentence):
                if mention.name in CONTACTS | _OF_FOILS and sentence.fabricates:
                    span = [(mention.start, mention.end), (press.start, press.end)]
                    own = [n for n in above if n.operation.sentence.number < sentence.number]
                    return [*own, Layer(mention.name, "Lamination", span)]
    return above


def _is_later(document: Document, above: list[Layer]) -> bool:
    """Whether the contact that was read is told behind a lamination, as another cell's."""
    contact = next(layer for layer in above if is_contact(layer))
    return any(press.start < contact.operation.start for press in _laminations(document, 0))


def _laminations(document: Document, start: int) -> list[MethodMention]:
    """Where a foil is laminated on the cell, behind a place of the text; not where the cell is sealed."""
    return [
        method
        for method in document.methods
        if method.name == "Lamination" and method.start > start
        and (sentence := document.sentence_at(method.start)).fabricates
        and not _SEALS.search(document.words(sentence))
    ]  # fmt: skip

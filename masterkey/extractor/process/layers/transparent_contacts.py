"""The transparent contact of a cell whose text tells an opaque one with a metal before it (issue 14)."""

from masterkey.extractor.process.layers.layer import CONTACT_OXIDES, METALS, TCOS, Layer
from masterkey.extractor.process.layers.operation import Operation

_OXIDES = TCOS - {"FTO"}
_SPUTTERED = frozenset(("Sputtering", "Magnetron sputtering", "Pulsed laser deposition", "ALD"))
_NEXT = 2  # sentences between a buffer, its oxide and the grid on it


def transparent_contact(operations: list[Operation]) -> list[Layer]:
    """The conductive oxide sputtered last on a perovskite, with a buffer below and a metal frame or grid on it; else []."""
    film = next((n for n, o in enumerate(operations) if o.is_perovskite), len(operations))
    places = [
        n
        for n, o in enumerate(operations)
        if n > film and not o.is_control and o.method in _SPUTTERED and _OXIDES & set(o.names)
    ]
    if not places:
        return []
    oxide = places[-1]
    own = operations[max(oxide - 1, 0) : oxide + 2]
    place = operations[oxide].sentence.number
    near = [o for o in own if abs(o.sentence.number - place) <= _NEXT and not o.is_control]
    layers = []
    for operation in near:
        told = operations.index(operation)
        kept = (
            CONTACT_OXIDES
            if told < oxide
            else METALS
            if told > oxide
            else _OXIDES | METALS | CONTACT_OXIDES
        )
        layers += [
            Layer(name, operation.method, list(operation.spans), operation)
            for name in operation.names
            if name in kept
        ]
    return layers

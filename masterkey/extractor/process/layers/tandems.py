"""The upper perovskite of a tandem of two perovskites, and the nanometre of metal that joins its cells."""

import re

from masterkey.extractor.process.layers.items import items_of
from masterkey.extractor.process.layers.layer import CONTACTS, METALS, kind_of
from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import GENERIC


def second_absorber(document: Document, operations: list[Operation]) -> int | None:
    """Number of the operation that makes a tandem's upper perovskite, on layers of the first; None where none does.

    A metal before it joins the two cells and is no back contact.
    """
    if "tandem" not in document.lower or document.asides:
        return None
    n_layers = 0
    for n, operation in enumerate(operations):
        if operation.is_control:
            continue
        if operation.is_perovskite and operation.method not in GENERIC and n_layers > 1:
            behind = [name for o in operations[n:] if not o.is_control for name in o.names]
            closed = any(name in METALS and not _is_thin(document, o, name) for o in operations[:n] for name in o.names)  # fmt: skip
            return n if CONTACTS.intersection(behind) and not closed else None
        n_layers += any(kind_of(name) for name in operation.names)
    return None


_THIN = r"(?:0\.\d+|1(?:\.\d+)?|2)[ -]?nm\b"
_THIN_BEFORE = re.compile(rf"(?<![\d.]){_THIN}(?:[ -]thick)?(?: of)?(?: thin| an?)? ?$")
_THIN_BEHIND = re.compile(rf"[^.;,\w]{{0,3}}(?:layer )?(?:\(|of )?(?:~|≈|ca\. ?|about )?{_THIN}")


def _is_thin(document: Document, operation: Operation, name: str) -> bool:
    """Whether it is a nanometre of metal: between two cells, or under another metal."""
    return any(
        _THIN_BEFORE.search(document.lower, max(start - 24, 0), start)
        or _THIN_BEHIND.match(document.lower, end)
        for start, end in own_spans(document, operation, name)
    )


def own_spans(document: Document, operation: Operation, name: str) -> list[tuple[int, int]]:
    """Where an operation on several layers names this one."""
    if len(operation.names) == 1:
        return operation.spans
    own = {(item.start, item.end) for item in items_of(document, operation.sentence) if item.name == name}  # fmt: skip
    return [span for span in operation.spans if span in own] or operation.spans

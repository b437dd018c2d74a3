"""Layers that a text counts up where it says that their order was reversed (issue 14).

"For n-i-p cells the order was reversed: C60 doped with PhIm and C60 were evaporated on ITO, then the same perovskite,
TaTm, TaTm doped with F6-TCNNQ and gold."
"""

import re

from masterkey.extractor.process.layers.items import PEROVSKITE, Item, items_of
from masterkey.extractor.process.layers.layer import CONTACTS, TCOS, kind_of
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.layers.oxide_forms import base, with_form
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.methods import GENERIC

_DOPES = re.compile(r"\b(?:doped|co-?doped|mixed) (?:with|by) $")
_DOPED = re.compile(
    r" ?(?:\([^()]*\) )?doped (?:with|by) (?P<what>[\w-]+(?:-[\w]+)*(?:(?:, | and )(?:Li-?TFSI|t-?BP|TBP|FK209|4-tert-butylpyridine)\b)*)"
)


def layers_counted_up(
    document: Document, places: list[tuple[int, int]], other: dict[str, Finding]
) -> dict[str, Finding]:
    """Stacks, methods and dopants below and above the perovskite; {} where the words name no layer on one side of it.

    `other`: the findings of the cell that was turned over, whose methods go with its layers.
    """
    rows: tuple[list[Item], list[Item]] = [], []
    for start, end in places:
        items = [i for i in items_of(document, document.sentence_at(start)) if start <= i.start < end]  # fmt: skip
        middle = next((i.start for i in items if i.name == PEROVSKITE), None)
        for item in items if middle is not None else ():
            if _is_layer(document, item):
                rows[item.start > middle].append(item)
    if not all(rows):
        return {}
    below = sum(kind_of(item.name) for item in rows[0])
    parts = ("HTL", "ETL") if below > 0 else ("ETL", "HTL")
    found: dict[str, Finding] = {}
    for part, items in zip(parts, rows, strict=True):
        found |= _findings(document, part, items, other)
    return found


def _is_layer(document: Document, item: Item) -> bool:
    if item.name == PEROVSKITE or item.name in CONTACTS or item.name in TCOS or not item.is_layer:
        return False
    return not _DOPES.search(document.lower, max(item.start - 30, 0), item.start)


def _findings(
    document: Document, part: str, items: list[Item], other: dict[str, Finding]
) -> dict[str, Finding]:
    spans = tuple((item.start, item.end) for item in items)
    made = [_operation(document, item) for item in items]
    names = [with_form(document, i.name, o) for i, o in zip(items, made, strict=True)]
    dopants = [_dopants(document, item) for item in items]
    methods = [_method(i, o, other) for i, o in zip(items, made, strict=True)]
    methods = ["Co-evaporation" if d and m == "Evaporation" else m for m, d in zip(methods, dopants, strict=True)]  # fmt: skip
    found = {f"{part}_stack_sequence": Finding(" | ".join(names), 0.8, "text", spans)}
    if all(methods):
        value = " | ".join(methods)
        found[f"{part}_deposition_procedure"] = Finding(value, 0.75, "deduced", spans)
    if any(dopants):
        value = " | ".join(dopant or "Unknown" for dopant in dopants)
        found[f"{part}_additives_compounds"] = Finding(value, 0.8, "text", spans)
    return found


def _operation(document: Document, item: Item):
    own = [o for o in operations_of(document) if item.name in o.names and o.method not in GENERIC]
    return min(own, key=lambda o: abs(o.start - item.start), default=None)


def _method(item: Item, operation, other: dict[str, Finding]) -> str:
    """As the other cell's layer of this name was made, else as the text says of one of this name."""
    for part in ("HTL", "ETL"):
        stack, methods = (other.get(f"{part}_{name}") for name in ("stack_sequence", "deposition_procedure"))  # fmt: skip
        if stack and methods and len(stack.value.split(" | ")) == len(methods.value.split(" | ")):
            told = zip(stack.value.split(" | "), methods.value.split(" | "), strict=True)
            for name, method in told:
                if base(name) == base(item.name):
                    return method
    return operation.method if operation else ""


def _dopants(document: Document, item: Item) -> str:
    match = _DOPED.match(document.text, item.end)
    if match is None:
        return ""
    start, end = match.span("what")
    named = [m.name for m in document.mentions if start <= m.start < end]
    return "; ".join(sorted(dict.fromkeys(named or [match["what"]]), key=str.lower))

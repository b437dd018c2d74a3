"""The methods of a sentence that deposit something, and what each of them deposits."""

import re

from masterkey.extractor.process.layers.antisolvents import ANTISOLVENT_BATH, CLEANS
from masterkey.extractor.process.layers.assignments import (
    method_of,
    operations_by,
    without_echoes,
)
from masterkey.extractor.process.layers.deposited_items import (
    in_two_steps,
    of_clauses,
    resolved_method,
)
from masterkey.extractor.process.layers.items import Item
from masterkey.extractor.process.layers.operation import (
    Operation,
)
from masterkey.extractor.process.layers.told_methods import (
    former_and_latter,
    in_brackets,
    respective,
)
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.methods import GENERIC, WEAK, MethodMention

# Laminated against weather, with no layer of the cell.
_SEALS = re.compile(
    r"\blaminat\w+ (?:between|behind|with|under|in|into|to|against|on) (?:[\w–-]+ ){0,4}?(?:glass(?:es)?|eva\b|ethylene|vinyl|polyolefin|encapsulant|surlyn|butyl|polyisobutylene|(?:barrier|cover|sealing|polymer) (?:foils?|films?|sheets?)|foils|sheets)|encapsul|edge seal"
)


def _soaks(document: Document, method: MethodMention) -> bool:
    """Whether a liquid stands on a film before it is spun off."""
    return document.lower[method.start : method.start + 4] == "soak"


# "filtered before spin-coating": what is to come is told in its own sentence.
_TO_COME = re.compile(
    r"\b(?:before|prior to|until|ready for|just before) (?:the |its |use in |each |any )?(?:[\w-]+ )?$"
)


def _is_to_come(document: Document, sentence: Sentence, method: MethodMention) -> bool:
    before = document.lower[max(method.start - 40, sentence.start) : method.start]
    behind = document.lower[method.end : method.end + 6]
    return bool(_TO_COME.search(before)) and not behind.startswith((" in ", " into"))


def methods_in(document, sentence, words, items, earlier) -> list[MethodMention]:
    """The methods of a sentence that deposit something, without those that another one of it includes."""
    methods = [
        method
        for method in document.inside(document.methods, sentence)
        if not _is_to_come(document, sentence, method)
    ]
    specific = [method for method in methods if method.name not in GENERIC]
    strong = [method for method in specific if method.name not in WEAK]
    if any(method.name in ("Spray-pyrolys", "Ultrasonic spray") for method in strong):
        strong = [method for method in strong if method.name != "Spray-coating"]
    if any(
        method.name == "Spin-coating" for method in strong
    ):  # "the film soaked for 1 min and was spun"
        strong = [method for method in strong if not _soaks(document, method)]
    if any(method.name == "CBD" for method in strong):  # one stands in its bath
        strong = [method for method in strong if method.name != "Dipp-coating"]
    if CLEANS.search(words):  # glass is dipped in what cleans it
        specific, strong = (
            [m for m in found if m.name != "Dipp-coating"] for found in (specific, strong)
        )
    methods = without_echoes(strong or specific or methods, items, document)
    methods = [m for m in methods if not (m.name == "Lamination" and _SEALS.search(words))]
    if ANTISOLVENT_BATH.search(words) and any(o.is_perovskite for o in earlier):
        methods = [method for method in methods if method.name not in ("Dipp-coating", "CBD")]
    if all(method.name in GENERIC for method in methods):
        methods = [resolved_method(method, document) for method in methods]
    return methods


def by_methods(document, sentence, free, methods) -> tuple[list[Operation], list[Item]]:
    """(operations, items of which the sentence says no method)."""
    groups: dict[int, list[Item]] = {}
    told = in_brackets(document, sentence, free, methods)
    told |= former_and_latter(document, sentence, free, methods)
    told |= respective(document, sentence, free, methods)
    for item in free:
        n = told.get(item.start)
        groups.setdefault(method_of(item, methods, document) if n is None else n, []).append(item)
    unsaid = groups.pop(-1, [])
    found = []
    for n, own in in_two_steps(groups).items():
        for method, items_of_it in of_clauses(document, methods[n], own):
            found += operations_by(method, items_of_it, sentence, document)
    return found, unsaid

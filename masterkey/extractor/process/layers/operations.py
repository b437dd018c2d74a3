"""The fabrication as a list of operations in the order of the text: what was deposited, and how."""

import re

from masterkey.extractor.process.layers.assignments import (
    former_and_latter,
    in_brackets,
    method_of,
    operations_by,
    spans_of,
    without_echoes,
)
from masterkey.extractor.process.layers.control_clauses import (
    ASIDE,
    TARGET,
    is_of_control,
    without_aside,
)
from masterkey.extractor.process.layers.deposited_items import (
    deposited_items,
    in_two_steps,
    of_clauses,
    resolved_method,
)
from masterkey.extractor.process.layers.heat_shares import share_out
from masterkey.extractor.process.layers.items import (
    LEAD,
    ORGANIC,
    PEROVSKITE,
    Item,
    is_under,
    items_of,
)
from masterkey.extractor.process.layers.notes import (
    film_without_method,
    layers_by_role,
    layers_told_under,
    noted_layers,
)
from masterkey.extractor.process.layers.operation import (
    CONTROL,
    OF_CONTROL,
    Operation,
    operation_of,
)
from masterkey.extractor.process.layers.references import names_referred_to
from masterkey.extractor.process.layers.replacements import (
    CELLS,
    put_in_place,
    tells_of_other_cells,
)
from masterkey.extractor.process.layers.topics import (
    INK,
    OF_OTHERS,
    SOLUTION,
    titled,
    topic_behind,
    topic_of_ink,
)
from masterkey.extractor.process.text.document import Document, once
from masterkey.extractor.process.text.heat import stages_of
from masterkey.extractor.process.text.methods import COATING, GENERIC, WEAK, MethodMention
from masterkey.extractor.process.text.sorts import OF_SOME, is_of_sort
from masterkey.extractor.stems import Stemmed

_DRIPPED = r"(?:chlorobenzene|\bcb\b|diethyl ether|\bether\b|toluene|ethyl acetate|anisole|methyl acetate|chloroform|trifluorotoluene|isopropanol|\bipa\b)"
_GIVEN = (
    r"\b(?:drip|drop|dispens|pour|cast|inject|flush|rins|add|wash|appl|squirt|quench|pipett)\w*\b"
)
_ANTISOLVENT = Stemmed(
    rf"anti-?solvent|\bwith \d+ ?[µu]l (?:of )?{_DRIPPED}|\d ?[µu]l (?:of )?{_DRIPPED}(?: was)? (?:after|at|@) |{_GIVEN}[^.;]{{0,80}}?{_DRIPPED}|{_DRIPPED}[^.;]{{0,60}}?{_GIVEN}"
)
# The wet film goes into it: no coating of its own.
_ANTISOLVENT_BATH = Stemmed(
    rf"\b(?:anti-?solvent|{_DRIPPED}) bath\b|\bbath of (?:\w+ )?{_DRIPPED}"
    rf"|\bwet films?\b[^.;]{{0,60}}\b(?:dipped|immersed|soaked) in(?:to)?\b"
)
# What a close-spaced source is coated with lies on no cell.
_ON_SOURCE = re.compile(
    r"\bon(?:to)? (?:an? |the |another )?(?:(?:graphite|source|carrier|donor|second|quartz|glass) )*(?:plate|source|carrier|crucible)\b"
)
# "… quenched the film, and antisolvents were not used": of the film's own making.
_NO_ANTISOLVENT = re.compile(r"\banti-?solvents? (?:\w+ )?(?:was|were|is|are) (?:not used|avoided)")
_OTHER_CELLS = Stemmed(
    r"\bcompares? (?:them|these|those|it|our cells) (?:with|to) (?:the |other )?(?:cells|devices)\b|(?:for|as an?|in) comparison,? (?:\w+ )?(?:cells|devices|layers|films|samples)|\b(?:reference|control) (?:cells|devices) were (?:also )?(?:made|built|prepared|fabricated)"
    r"|^\W*[^.;()]{3,60}\((?:fig\.?|figure|table) s\d+\)\W*$"
)
# Laminated against weather, with no layer of the cell.
_SEALS = re.compile(
    r"\blaminat\w+ (?:between|behind|with|under|in|into|to|against|on) (?:[\w–-]+ ){0,4}?(?:glass(?:es)?|eva\b|ethylene|vinyl|polyolefin|encapsulant|surlyn|butyl|polyisobutylene|(?:barrier|cover|sealing|polymer) (?:foils?|films?|sheets?)|foils|sheets)|encapsul|edge seal"
)
_CONDUCTIVE_OXIDES = frozenset(("ITO", "IZO", "FTO", "AZO"))
_TREATS = Stemmed(
    r"\b(?:surface treatment|post-?treat\w*|passivat\w+|treatment (?:after|with)|finished film|treated films?|cooled films?|rins\w+)\b"
)


_LAYER_AT_LARGE = Stemmed(
    r"\b(?:hole|electron)[ -](?:transport|conduct|select|extract)\w* (?:materials?|layers?) (?:was|were|is)\b"
)


@once
def operations_of(document: Document) -> list[Operation]:
    """All depositions that the text describes, in order, each with the heat treatments behind it."""
    found: list[Operation] = []
    topic: list[str] = []  # what the last solution was of
    others = False  # whether the paragraph goes on about other cells
    title: list[str] = []  # what the heading right before says
    names_layer = False
    # Of the sentence before, where it was not said of what.
    open_method: MethodMention | None = None
    for sentence in document.sentences:
        if not sentence.fabricates:
            continue
        sentence = without_aside(document, sentence)
        words = document.words(sentence)
        is_title = document.is_heading(sentence) or (
            document.words(sentence).strip() == document.paragraph_title(sentence) != ""
        )
        named = document.inside(document.methods, sentence) if is_title else []
        if is_title and all(method.name in GENERIC for method in named):
            topic = title = titled(document, sentence) or topic
            others = others and not document.begins_paragraph(sentence)
            continue
        told = _NO_ANTISOLVENT.sub("", words) if "solvent" in words else words
        if ASIDE.search(told) or (document.is_heading(sentence) and CELLS.search(words)):
            continue
        starts_line = document.begins_paragraph(sentence)
        starts = bool(_OTHER_CELLS.search(words))
        others = (starts and (starts_line or "only" in words)) or (others and not starts_line)
        items = items_of(document, sentence)
        new = _operations_in(document, sentence, words, items, topic, found)
        if document.text[sentence.start - 1 : sentence.start] == "\n":
            open_method = None
        if not new and open_method and _ANTISOLVENT.search(words):
            new = [operation_of([PEROVSKITE], open_method, sentence, [])]
            new[0].has_antisolvent = True
        if not new and not sentence.is_study:
            new = noted_layers(document, sentence, items) or layers_by_role(document, sentence, items)  # fmt: skip
        if not new and open_method and names_layer and SOLUTION.search(words):
            layers = [item for item in items if item.is_layer][:1]
            new = [operation_of([i.name for i in layers], open_method, sentence, spans_of(layers))] if layers else []  # fmt: skip
        if new:
            told = {name for operation in [*found, *new] for name in operation.names}
            new = [*layers_told_under(document, sentence, items, told), *new]
        for operation in new:
            operation.is_control |= (
                others or starts or is_of_sort(document, sentence, operation.start)
            )
            operation.is_control |= tells_of_other_cells(document, sentence, items, found)
            operation.is_control |= sentence.kind == "other cell"
        stages = stages_of(document, sentence)
        if stages and not new and not any(o.is_perovskite for o in found):
            new = film_without_method(document, items, sentence)
        found += new
        methods = document.inside(document.methods, sentence)
        names_layer = bool(_LAYER_AT_LARGE.search(words))
        if names_layer:
            methods = [method for method in methods if method.name not in GENERIC]
        open_method = methods[0] if methods and not new and methods[0].name not in GENERIC else None
        of_film = not sentence.is_study or new or _ANNEALED.search(words)
        if of_film and (new or not starts):
            share_out(document, found, new, stages, sentence)
        free = [item for n, item in enumerate(items) if not is_under(document, items, n, sentence)]
        topic = (
            topic_behind(words, free, topic) if free else topic_of_ink(document, sentence, topic)
        )
        topic, title = topic or title, []
    return put_in_place(document, found)


_ANNEALED = Stemmed(
    r"^.{0,70}\b(?:films?|samples?|layers?|they|it)\b.{0,60}\b(?:annealed|heated|baked|dried|hot ?-?plate)\b"
)


def _operations_in(document, sentence, words, items, topic, earlier) -> list[Operation]:
    methods = document.inside(document.methods, sentence)
    specific = [method for method in methods if method.name not in GENERIC]
    strong = [method for method in specific if method.name not in WEAK]
    if any(method.name in ("Spray-pyrolys", "Ultrasonic spray") for method in strong):
        strong = [method for method in strong if method.name != "Spray-coating"]
    if any(method.name == "CBD" for method in strong):  # one stands in its bath
        strong = [method for method in strong if method.name != "Dipp-coating"]
    methods = without_echoes(strong or specific or methods, items, document)
    methods = [m for m in methods if not (m.name == "Lamination" and _SEALS.search(words))]
    if _ANTISOLVENT_BATH.search(words) and any(o.is_perovskite for o in earlier):
        methods = [method for method in methods if method.name not in ("Dipp-coating", "CBD")]
    if not methods:
        return []
    if all(method.name in GENERIC for method in methods):
        methods = [resolved_method(method, document) for method in methods]
    antisolvent = bool(_ANTISOLVENT.search(words))
    free = deposited_items(document, sentence, items)
    if not free and INK.search(words):
        topic = topic_of_ink(document, sentence, topic)
    if all(method.name in COATING for method in methods):
        free = [item for item in free if item.name not in _CONDUCTIVE_OXIDES]
    if free and {item.name for item in free} <= {ORGANIC, "Graphite"} and _ON_SOURCE.search(words):
        return []
    targets = [item for item in free if not OF_CONTROL.match(document.lower, item.end)]
    told_apart = 0 < len(targets) < len(free)  # "A (control) or B (target)"
    free = targets if told_apart else free
    groups: dict[int, list[Item]] = {}
    own = in_brackets(document, sentence, free, methods)
    own |= former_and_latter(document, sentence, free, methods)
    for item in free:
        n = own.get(item.start)
        groups.setdefault(method_of(item, methods, document) if n is None else n, []).append(item)
    unsaid = groups.pop(-1, [])  # items of which the sentence says no method
    found = []
    for n, own in in_two_steps(groups).items():
        for method, items_of_it in of_clauses(document, methods[n], own):
            found += operations_by(method, items_of_it, sentence, document)
    if not unsaid and not any(operation.is_perovskite for operation in found):
        under = {item.name for item in items} - {item.name for item in free}
        if (
            under.intersection(topic)
            and not found
            and not OF_OTHERS.search(words)
            and "ticl4" not in words
        ):
            topic = [PEROVSKITE]
        names = names_referred_to(
            document, sentence, words, items, topic, antisolvent, bool(found), earlier
        )
        if names and methods[0].name not in GENERIC:
            found.append(
                operation_of(names, methods[0], sentence, [(methods[0].start, methods[0].end)])
            )
    is_control = bool(CONTROL.search(OF_CONTROL.sub("", words) if told_apart else words))
    is_control = is_control or bool(OF_SOME.match(words) and not any(o.is_perovskite for o in found))  # fmt: skip
    places = {(item.start, item.end) for item in free}
    under = frozenset(item.name for item in items if (item.start, item.end) not in places)
    own_clauses = is_control and bool(TARGET.search(words))
    for operation in found:
        operation.is_control = (
            is_of_control(document, sentence, operation.start) if own_clauses else is_control
        )
        operation.has_antisolvent = antisolvent
        operation.under = under
        treats = (
            operation.is_perovskite
            and bool(_TREATS.search(words))
            and any(o.is_perovskite for o in earlier)
            and not any(o.names == [LEAD] for o in earlier)
        )
        operation.is_treatment |= treats
    return sorted(found, key=lambda operation: operation.start)

"""The layers of the cell in order, each with its method, from operations and written stacks."""

import re

from masterkey.extractor.process.layers.chains import chain_of
from masterkey.extractor.process.layers.foils import laminated
from masterkey.extractor.process.layers.items import LEAD, OF_PEROVSKITE, PEROVSKITE
from masterkey.extractor.process.layers.layer import (
    CONTACTS,
    METALS,
    TCOS,
    Layer,
    is_contact,
    kind_of,
)
from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.layers.oxide_forms import OXIDES, base, with_form
from masterkey.extractor.process.layers.stacks import Stack
from masterkey.extractor.process.layers.tandems import own_spans, second_absorber
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import GENERIC


def deposited_layers(
    document: Document, operations: list[Operation]
) -> tuple[list[Layer], list[Operation], list[Layer]]:
    """(layers before the perovskite, operations of the perovskite, layers behind it), in order of the text."""
    operations = _without_summaries(operations)
    steps = perovskite_steps(operations)
    if not steps:
        below, above = _told_later(_layers(document, operations))
        contact = next((n for n, layer in enumerate(above) if is_contact(layer)), len(above))
        return (below, [], above) if below else (above, [], above[contact:])
    first, last = operations.index(steps[0]), operations.index(steps[-1])
    told_below = [o for o in operations[first:last] if _is_told_below(o, steps[:1])]
    below = [
        layer
        for layer in _layers(document, [*operations[:first], *told_below])
        if layer.name not in CONTACTS | TCOS
    ]
    rest = operations[last + 1 :]
    second = second_absorber(document, rest)
    above = _without_those_below(_layers(document, rest[:second]), below)
    if second is not None:
        junction = [layer for layer in above if layer.name in METALS | TCOS]
        above = [layer for layer in above if layer not in junction]
        contacts = [n for n in _layers(document, rest[second:]) if is_contact(n)]
        return (
            chain_of(document, below),
            steps,
            [*chain_of(document, above), *chain_of(document, contacts)],
        )
    if not below:
        below, above = _told_later(above)
    return chain_of(document, below), steps, laminated(document, chain_of(document, above), rest)


_SURELY = 0.6  # of one carrier


def _without_those_below(above: list[Layer], below: list[Layer]) -> list[Layer]:
    """Without what lies below the perovskite already, where another layer above conducts the other carrier."""
    side = kind_of(below[0].name) if below else 0.0
    told = {base(layer.name) for layer in below if kind_of(layer.name) * side > _SURELY}
    others = [layer for layer in above if base(layer.name) not in told]
    is_whole = any(kind_of(n.name) * side < -_SURELY and not is_contact(n) for n in others)
    return others if is_whole else above


_OPPOSITE = 0.6  # product of two kinds that surely conduct one carrier each


def _without_summaries(operations: list[Operation]) -> list[Operation]:
    """Without what tells of layers of both sides at large, each of which has an operation of its own.

    "Doped layers, that is, TaTm:F6-TCNNQ and C60:PhIm, were sublimed."
    """
    at_large = [o for o in operations if _is_of_both_sides(o.names)]
    told = {name for o in operations if o not in at_large for name in o.names}
    return [o for o in operations if o not in at_large or not told.issuperset(o.names)]


def _is_of_both_sides(names: list[str]) -> bool:
    kinds = [kind_of(name) for name in names]
    return bool(kinds) and min(kinds) * max(kinds) < -_OPPOSITE


def makes_tandem(document: Document, operations: list[Operation]) -> bool:
    """Whether the paper's own cell has a second perovskite on the layers of the first."""
    steps = perovskite_steps(operations)
    behind = operations[operations.index(steps[-1]) + 1 :] if steps else []
    return second_absorber(document, behind) is not None


def _told_later(layers: list[Layer]) -> tuple[list[Layer], list[Layer]]:
    """(below, above) the perovskite, where the text tells its layers behind it.

    What conducts as the first of them does lies below; the others, and the contact, above. What is told behind
    the contact alone, and conducts the other carrier, lies below.
    """
    contact = next((n for n, layer in enumerate(layers) if is_contact(layer)), len(layers))
    upper = [kind_of(layer.name) for layer in layers[:contact] if kind_of(layer.name)]
    behind = [layer for layer in layers[contact:] if not is_contact(layer)]
    if (
        upper
        and behind
        and all(kind_of(layer.name) * upper[0] < 0 for layer in behind)
        and all(kind * upper[0] > 0 for kind in upper)
    ):
        return behind, [layer for layer in layers if layer not in behind]
    first = next((kind_of(layer.name) for layer in layers if kind_of(layer.name)), 0.0)
    other = any(first * kind_of(layer.name) < 0 for layer in layers)
    if not first or not other:
        return [], layers
    below = [layer for layer in layers if first * kind_of(layer.name) > 0 and not is_contact(layer)]
    return below, [layer for layer in layers if layer not in below]


_TRUST = 2  # layers that a stack may lack if the text calls it the target's


def best_stack(stacks: list[Stack], before: list[Layer], after: list[Layer]) -> Stack | None:
    """The written stack that agrees best with what was deposited; None where none agrees."""
    below, above = {base(layer.name) for layer in before}, {base(layer.name) for layer in after}

    def agreement(stack: Stack) -> int:
        lower = {base(name) for name in stack.layers[: stack.middle]}
        upper = {base(name) for name in stack.layers[stack.middle + 1 :]}
        if not (below and above):  # the text tells its layers in an order of its own
            return len((lower | upper) & (below | above))
        return len(lower & below) + len(upper & above) - len(lower & above) - len(upper & below)

    if not stacks or not (below or above):
        return next(iter(stacks), None)

    def trust(stack: Stack) -> tuple[bool, int]:
        agrees = agreement(stack)
        return agrees > 0 or stack.of_target > 0, agrees + _TRUST * stack.of_target

    best = max(stacks, key=trust)
    return best if trust(best)[0] else None


def printed_contacts(
    document: Document, operations: list[Operation], steps: list[Operation]
) -> list[Layer]:
    """Carbon that was there before the perovskite was filled into it."""
    if not steps:
        return []
    return [
        layer
        for layer in _layers(document, operations[: operations.index(steps[0])])
        if layer.name == "Carbon"
    ]


_CONVERTS = frozenset(("CVD", "Gas reaction", "Close space sublimation"))


def perovskite_steps(operations: list[Operation]) -> list[Operation]:
    """The operations that make the absorber: from the first up to the next layer of another kind."""
    every = [o for o in operations if o.is_perovskite]
    named = [o for o in every if o.method not in GENERIC]
    own = named
    if all(o.sentence.is_study for o in named):
        # A film for a measurement is no cell's, where a cell's own is told without a method.
        own = [o for o in every if o.stages and not o.sentence.is_study] or named
    own = [o for o in own if not o.is_control] or own
    own = own or every
    if not own:
        return []
    films = [o for o in own if o.sentence.kind != "solution"] or own
    films = _in_cells(operations, films)
    start = next((o for o in films if o.stages or o.has_antisolvent), films[0])
    if _has_contact(operations[operations.index(films[0]) : operations.index(start)]):
        start = films[0]  # the other one is another cell's
    # a lead salt's film comes first even if it is not heated
    first = n = operations.index(start)
    while n and (
        operations[n - 1].is_perovskite
        or (n > 1 and _is_told_below(operations[n - 1], operations[n - 2 : n - 1]))
    ):
        n -= 1
        # Behind a film that is only spoken of, what made it: a salt's film, or what a gas converts.
        is_next = (
            first - n == 1 or PEROVSKITE not in operations[n].names or start.method in _CONVERTS
        )
        first = n if operations[n] in own and is_next else first
    steps = []
    for operation in operations[first:]:
        if operation.is_perovskite:
            if operation.is_control <= start.is_control:
                steps.append(operation)
        elif (
            not operation.is_treatment
            and any(name not in OF_PEROVSKITE for name in operation.names)
            and not _is_told_below(operation, steps)
        ):
            break
    return steps


def with_later_heat(operations: list[Operation], steps: list[Operation]) -> list[Operation]:
    """The steps of the film, and what is told of its heat behind the layers upon it, where nothing is before."""
    if not steps or any(step.stages for step in steps):
        return steps
    behind = operations[operations.index(steps[-1]) + 1 :]
    next_layer = next((n for n, o in enumerate(behind) if not o.is_perovskite), len(behind))
    methods = {step.method for step in steps} | GENERIC
    later = [
        o
        for n, o in enumerate(behind)
        if o.is_perovskite and o.stages and not o.sentence.is_study
        and (n < next_layer or (o.method in methods and not o.is_control))
    ]  # fmt: skip
    own = [o for o in later if not o.is_control]
    return [*steps, *(own or later)[:1]]


def _in_cells(operations: list[Operation], films: list[Operation]) -> list[Operation]:
    """Without films that lie on nothing where later ones, with heat or antisolvent, lie on layers: those are on glass."""
    layers = [
        n
        for n, operation in enumerate(operations)
        if any(name not in OF_PEROVSKITE for name in operation.names) and not operation.is_treatment
    ]
    if not layers or layers[0] < operations.index(films[0]):
        return films
    later = [
        o for o in films if operations.index(o) > layers[0] and (o.stages or o.has_antisolvent)
    ]
    return later or films


def _is_told_below(operation: Operation, steps: list[Operation]) -> bool:
    """Whether a layer is what the lead salt's film was put on: it is told behind that film, and lies below it."""
    if [step.names for step in steps] != [[LEAD]]:
        return False
    return {base(name) for name in operation.names} <= {base(name) for name in steps[0].under}


def _has_contact(operations: list[Operation]) -> bool:
    return any(name in METALS for operation in operations for name in operation.names)


def _layers(document: Document, operations: list[Operation]) -> list[Layer]:
    found: list[Layer] = []
    for operation in operations:
        if operation.is_perovskite or operation.is_control:
            continue
        for name in operation.names:
            if name in OF_PEROVSKITE:
                continue
            spans = own_spans(document, operation, name)
            name = with_form(document, name, operation)
            known = next((layer for layer in found if is_same(layer.name, name)), None)
            if known is None:
                method = "" if operation.method in GENERIC else operation.method
                method = "Spray-pyrolys" if _is_pyrolysed(document, operation, name) else method
                found.append(
                    Layer(
                        name,
                        method,
                        list(dict.fromkeys([*spans, operation.method_span])),
                        operation,
                        operation.is_treatment,
                    )
                )
            elif not known.method and operation.method not in GENERIC:
                known.method = operation.method
                known.spans.append(operation.method_span)
    return found


_HOT = re.compile(r"\b[345]\d\d ?°c")


def _is_pyrolysed(document: Document, operation: Operation, name: str) -> bool:
    """Whether an oxide is sprayed where it is so hot that its salt decomposes."""
    is_sprayed = operation.method == "Spray-coating" and base(name) in OXIDES
    return is_sprayed and bool(_HOT.search(document.words(operation.sentence)))


def is_same(one: str, other: str) -> bool:
    """Whether two names are one layer of a cell: forms of an oxide, but for compact and mesoporous."""
    if one == other or base(one) == base(other) in _SCAFFOLDS:
        return True
    return base(one) == base(other) and not _OTHER_LAYER.search(f"{one} {other}")


_SCAFFOLDS = ("Al2O3", "ZrO2")  # of which there is no compact layer below
_OTHER_LAYER = re.compile(r"-(?:mp|nw)\b")  # of porous oxide, or of rods, on a compact one

"""Transport layers of a device beside the target: left out, replaced, made or doped otherwise (issue 14)."""

import re

from masterkey.extractor.process.devices.added_layers import add_layer
from masterkey.extractor.process.devices.given_up_layers import give_up_others
from masterkey.extractor.process.devices.kinds import COMPARISON, LARGE, SORT, Variant
from masterkey.extractor.process.devices.lacking_layers import layers_of
from masterkey.extractor.process.devices.named_methods import methods_named
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.layers.dopants import UNDOPED, named_dopants
from masterkey.extractor.process.layers.items import Item, items_of
from masterkey.extractor.process.layers.layer import METALS, TCOS, kind_of
from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.layers.oxide_forms import base, with_form
from masterkey.extractor.process.layers.underlying import is_under
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.materials import form_said, materials, pairs
from masterkey.extractor.process.text.methods import GENERIC

_PARTS = ("HTL", "ETL", "Backcontact")
_NO_TRANSPORT = METALS | TCOS | {"SLG", "Carbon"}
_OXIDES = {"nickel": "NiO", "tin": "SnO2", "titani": "TiO2", "zinc": "ZnO"}


_NAMES_CELLS = re.compile(
    r"based on (?:the |an? )?$|\b(?:cells|devices) (?:made |built )?on (?:the |an? )?(?:(?:compact|mesoporous|planar|sputtered|sprayed|doped) ){0,2}$"
)
_NAMES_BEHIND = re.compile(r"[- ]based (?:cells|devices|pscs|ones)\b|- and |-, ")


def new_layers(paper: Paper, variant: Variant) -> dict[str, list[Item]]:
    """Part of the cell → transport layers that the passages deposit and the target has not."""
    own = {base(name) for part in _PARTS for name in paper.stack(part)}
    found: dict[str, list[Item]] = {}
    for sentence in paper.sentences(variant):
        items = items_of(paper.document, sentence)
        for n, item in enumerate(items):
            if not item.is_layer or not variant.has(item.start) or base(item.name) in own:
                continue
            named = _NAMES_CELLS.search(paper.document.lower, max(item.start - 50, 0), item.start)
            named = named or _NAMES_BEHIND.match(paper.document.lower, item.end)
            if (
                is_under(paper.document, items, n, sentence) and not named
            ) or item.name in _NO_TRANSPORT:
                continue
            part = _part(item)
            if part and item.name not in [other.name for other in found.get(part, [])]:
                found.setdefault(part, []).append(item)
    return found


def _part(item: Item) -> str:
    hole, electron = item.roles.get("HTL", 0), item.roles.get("ETL", 0)
    other = max((n for role, n in item.roles.items() if role not in ("HTL", "ETL")), default=0)
    if max(hole, electron) <= other and max(hole, electron) < 25:
        return ""
    return "HTL" if kind_of(item.name) > 0 or hole > electron else "ETL"


_GIVES_WAY = re.compile(
    r"\b(?:instead of|in (?:the )?(?:place|stead) of|in lieu of|rather than|replac(?:ed?|es|ing)|substitut\w+(?: for)?|exchang\w+|(?:from)) (?:(?:the|a|an|evaporat\w+|deposit\w+|us\w+|thermally) ){0,3}$"
)
_GAVE_WAY = re.compile(
    r"(?:\s?\([^()]*\))?(?: layer| film)?,? (?:(?:was|were|is|being|has been|had been) )?(?:(?:also|then) )?(?:replaced|exchanged|substituted|swapped) (?:by|with|for)\b"
)
_BOTH = re.compile(
    r"\b(?:bilayer|double layer)\b|\b(?:with|on|using|had|has) both\b(?! (?:cells|devices))"
)


def replaced_layer(paper: Paper, variant: Variant) -> tuple[str, int] | None:
    """(part, number in its stack) of the target's layer that the passages say gave way to another."""
    lower = paper.document.lower
    for mention in paper.document.mentions:
        if not variant.has(mention.start):
            continue
        for part in _PARTS:
            layers = [base(name) for name in paper.stack(part)]
            if base(mention.name) in layers and (
                _GIVES_WAY.search(lower, max(mention.start - 60, 0), mention.start)
                or _GAVE_WAY.match(lower, mention.end)
            ):
                return part, layers.index(base(mention.name))
    return None


def _stack_of_both(paper: Paper, variant: Variant, layers: list[str]) -> list[str]:
    """The hole conductors of "a bilayer of A and B", "with A/B", where one of them is the target's; else []."""
    words = paper.words(variant)
    said = _BOTH.search(words)
    items = [
        item
        for sentence in paper.sentences(variant)
        for item in items_of(paper.document, sentence)
        if item.is_layer
        and _part(item) == "HTL"
        and (variant.has(item.start) or (said and "both" in said[0]))
    ]
    slashed = len(items) == 2 and paper.document.text[items[0].end : items[1].start].strip() == "/"
    names = list(dict.fromkeys(item.name for item in items)) if said or slashed else []
    own = set(map(base, layers))
    return names if len(names) > 1 and own & set(map(base, names)) else []


def replace_layers(paper: Paper, variant: Variant, found: Findings) -> None:
    gone = replaced_layer(paper, variant)
    both = _stack_of_both(paper, variant, layers_of(found, "HTL"))
    for part, items in new_layers(paper, variant).items():
        if gone and gone[0] not in (part, "Backcontact") and len(items) == 1:
            part = gone[0]
        layers = layers_of(found, part)
        if layers in ([], ["none"]) and part == "HTL":
            _give_hole_conductor(paper, variant, found, items[0])
        if not layers or layers == ["none"] or part == "Backcontact":
            continue
        if both and part == "HTL":
            _set_stack(paper, variant, found, both, items)
            continue
        if _begin_anew(paper, variant, found, part, items):
            continue
        item = items[0]
        if gone is None and add_layer(paper, variant, found, part, item):
            continue
        told = gone is not None and gone[0] == part and gone[1] < len(layers)
        place = gone[1] if told else _place_in(layers, item.name, paper)
        operation = _operation_of(paper, item.name, variant)
        layers[place] = with_form(paper.document, item.name, operation)
        span = ((item.start, item.end),)
        found[f"{part}_stack_sequence"] = Finding(" | ".join(layers), 0.8, "text", span)
        methods = [
            m for m in paper.document.methods if variant.has(m.start) and m.name not in GENERIC
        ]
        if operation is not None:
            _set_method(found, part, place, operation.method, span)
        elif len({m.name for m in methods}) == 1:
            own = (methods[0].start, methods[0].end)
            _set_method(found, part, place, methods[0].name, (own,))
        give_up_others(paper, variant, found, part, place, item.name)
    if variant.kind == LARGE:
        return
    if not _remake_layers(paper, variant, found) and variant.kind in (COMPARISON, SORT):
        _remake_oxide(paper, variant, found)


def _give_hole_conductor(paper: Paper, variant: Variant, found: Findings, item: Item) -> None:
    """A hole conductor where the target has none, if the passages say how it was made or what it was dissolved in."""
    operation = _operation_of(paper, item.name, variant)
    span = ((item.start, item.end),)
    method = operation.method if operation else "Spin-coating"
    found["HTL_stack_sequence"] = Finding(with_form(paper.document, item.name, operation), 0.75, "text", span)  # fmt: skip
    found["HTL_deposition_procedure"] = Finding(method, 0.7, "text" if operation else "deduced", span)  # fmt: skip


def _set_stack(paper: Paper, variant: Variant, found: Findings, names: list[str], items) -> None:
    """The hole conductors of a bilayer, in the order in which the passages name them."""
    made = [_operation_of(paper, name, variant) for name in names]
    layers = [with_form(paper.document, n, o) for n, o in zip(names, made, strict=True)]
    methods = [o.method if o else "Spin-coating" for o in made]
    span = tuple((item.start, item.end) for item in items)
    found["HTL_stack_sequence"] = Finding(" | ".join(layers), 0.75, "text", span)
    found["HTL_deposition_procedure"] = Finding(" | ".join(methods), 0.7, "deduced", span)


def _begin_anew(
    paper: Paper, variant: Variant, found: Findings, part: str, items: list[Item]
) -> bool:
    """A stack of its own, where the passages coat its first layer on the substrate, or a second one on the first."""
    own = [
        next(
            (
                o
                for o in paper.operations
                if i.name in o.names and variant.has(o.start) and o.method not in GENERIC
            ),
            None,
        )
        for i in items[:2]
    ]
    if len(own) > 1 and own[1] and base(items[0].name) not in map(base, own[1].under):
        own = own[:1]
    is_first = own[0] is not None and bool(TCOS & own[0].under)
    if None in own or not (is_first or (len(own) > 1 and len(layers_of(found, part)) == 1)):
        return False
    names = [with_form(paper.document, item.name, o) for item, o in zip(items, own, strict=False)]
    span = tuple((item.start, item.end) for item in items[: len(own)])
    found[f"{part}_stack_sequence"] = Finding(" | ".join(names), 0.8, "text", span)
    found[f"{part}_deposition_procedure"] = Finding(
        " | ".join(o.method for o in own), 0.8, "text", span
    )
    return True


def _place_in(layers: list[str], name: str, paper: Paper) -> int:
    """Which layer of a stack gives way to another: the one in whose place that lies in other stacks."""
    treated = {n for o in paper.operations if o.is_treatment for n in o.names}

    def fits(n: int) -> tuple:
        below = pairs().get((layers[n - 1], name), 0) if n else 0
        above = pairs().get((name, layers[n + 1]), 0) if n + 1 < len(layers) else 0
        return layers[n] not in treated, below + above, n

    return max(range(len(layers)), key=fits)


def _operation_of(paper: Paper, name: str, variant: Variant) -> Operation | None:
    own = [o for o in paper.operations if name in o.names and o.method not in GENERIC]
    return next((o for o in own if variant.has(o.start)), own[0] if own else None)


def _set_method(found: Findings, part: str, place: int, method: str, span) -> None:
    finding = found.get(f"{part}_deposition_procedure")
    methods = finding.value.split(" | ") if finding else []
    if place < len(methods) and not methods[place].endswith(method.lower()):
        methods[place] = method
        found[f"{part}_deposition_procedure"] = Finding(" | ".join(methods), 0.8, "text", span)


def _remake_oxide(paper: Paper, variant: Variant, found: Findings) -> None:
    """The oxide where it is not named as a layer: "the oxide was instead spin-coated", "nickel precursor and ozone"."""
    words = paper.words(variant)
    methods = [m for m in paper.document.methods if variant.has(m.start) and m.name not in GENERIC]
    told = [oxide for metal, oxide in _OXIDES.items() if re.search(rf"\b{metal}", words)]
    if not methods or not (told or "the oxide" in words):
        return
    for part in ("ETL", "HTL"):
        for n, layer in enumerate(layers_of(found, part)):
            if base(layer) in (told or _OXIDES.values()):
                form = f"{base(layer)}-{form_said(words)}"
                layers = layers_of(found, part)
                layers[n] = form if form in materials().roles else layer
                span = ((methods[0].start, methods[0].end),)
                found[f"{part}_stack_sequence"] = Finding(" | ".join(layers), 0.7, "text", span)
                _set_method(found, part, n, methods[0].name, span)
                return


def call_by_method(paper: Paper, variant: Variant, found: Findings) -> None:
    """The methods that the passages name layers of the target with: "on spin-coated 2PACz"."""
    called = methods_named(paper, variant)
    for part in _PARTS if called else ():
        for n, layer in enumerate(layers_of(found, part)):
            method, place = called.get(base(layer), ("", (0, 0)))
            if method and method not in GENERIC and layer in paper.stack(part):
                _set_method(found, part, n, method, (place,))


def _remake_layers(paper: Paper, variant: Variant, found: Findings) -> bool:
    """The target's layer made by another method; whether there is one."""
    remade = False
    called = methods_named(paper, variant)
    for operation in paper.operations:
        if not variant.has(operation.start) or operation.method in GENERIC or operation.is_perovskite:  # fmt: skip
            continue
        for part in ("HTL", "ETL"):
            layers = layers_of(found, part)
            for n, layer in enumerate(layers):
                name = next((n for n in operation.names if base(n) == base(layer)), None)
                if name and layer in paper.stack(part) and base(layer) not in called:
                    layers[n] = with_form(paper.document, name, operation)
                    found[f"{part}_stack_sequence"] = Finding(" | ".join(layers), 0.8, "text", (operation.method_span,))  # fmt: skip
                    _set_method(found, part, n, operation.method, (operation.method_span,))
                    remade = True
    return remade


_SAME_WAY = re.compile(
    r"\b(?:same|identical|similar) (?:manner|way|procedure|method|fashion)\b[^.]{0,80}\b(?:except|but|save)\b"
)


def _is_of_electrons(paper: Paper, own: list[tuple[str, tuple[int, int]]]) -> bool:
    """Whether it is the electron conductor that is told to be undoped: "undoped SnO2 served as reference"."""
    behind = [end for name, (_, end) in own if name == UNDOPED]
    names = {base(m.name) for m in paper.document.mentions if m.start - 1 in behind}
    return len(behind) == len(own) and bool(names & {base(name) for name in paper.stack("ETL")})


def dope(paper: Paper, variant: Variant, found: Findings) -> None:
    """Dopants of the layers: those of another layer, or those that the passages give to the same one."""
    own = named_dopants(paper.document, variant.passages)
    for part in ("ETL", "HTL"):
        layers = layers_of(found, part)
        changed = layers != paper.stack(part)
        told = [
            (paper.dopants.names.get(layer) or paper.dopants.others.get(layer) if layer not in paper.stack(part) else paper.dopants.names.get(layer))
            for layer in layers
        ]  # fmt: skip
        if part == "HTL" and own and layers and not _is_of_electrons(paper, own):
            told[-1] = [name for name, _ in own]
        elif not changed:
            continue
        if any(told):
            value = " | ".join("; ".join(sorted(names, key=str.lower)) if names else "Unknown" for names in told)  # fmt: skip
            found[f"{part}_additives_compounds"] = Finding(value, 0.8, "text", tuple(p for _, p in own))  # fmt: skip
        elif not (changed and _SAME_WAY.search(paper.words(variant))):
            found.pop(f"{part}_additives_compounds", None)

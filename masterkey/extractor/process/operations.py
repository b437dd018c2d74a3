"""The fabrication as a list of operations in the order of the text: what was deposited, how, on what."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from masterkey.extractor.compositions import long_form
from masterkey.extractor.process.document import Document, Sentence
from masterkey.extractor.process.heat import Stage, stages_of
from masterkey.extractor.process.materials import LAYER_ROLES, Mention
from masterkey.extractor.process.methods import WET, MethodMention

PEROVSKITE = "perovskite"
# Lead or tin salts, organic and caesium salts: alone they are a step of the perovskite.
_LEAD = re.compile(
    r"\bPb(?:I|Br|Cl)2\b|\bSn(?:I|Br)2\b|\blead (?:\(II\) )?(?:iodide|bromide)|\bPbI2"
)
_ORGANIC = re.compile(
    r"\b(?:MAI|FAI|MABr|FABr|CsI|CsBr|CH3NH3I|CH3NH3Br|HC\(NH2\)2I|CH\(NH2\)2I)\b|methylammonium iodide|formamidinium iodide"
)
_PEROVSKITE = re.compile(
    r"\bperovskites?\b|\babsorber\b|\bpvsk\b|\bpvk\b|\b(?:MA|FA|Cs|Rb|CH3NH3|HC\(NH2\)2|CH\(NH2\)2|\(?(?:MA|FA|Cs)[A-Za-z0-9.]*\)?)[A-Za-z0-9.()]*(?:Pb|Sn)[A-Za-z0-9.()\-]*"
    r"|\bmixed[\s-](?:halide|cation)\b|\btriple[\s-]cation\b",
)
_ANTISOLVENT = re.compile(
    r"anti-?solvent|\b(?:drip|drop|dispens|pour|cast|inject|flush|rins|add|wash|appl|squirt|quench|pipett)\w*\b[^.;]{0,80}?(?:chlorobenzene|\bcb\b|diethyl ether|\bether\b|toluene|ethyl acetate|anisole|methyl acetate|chloroform|trifluorotoluene)"
    r"|(?:chlorobenzene|\bcb\b|diethyl ether|\bether\b|toluene|ethyl acetate|anisole|methyl acetate)[^.;]{0,60}?\b(?:drip|drop|dispens|pour|inject|flush|add|appl|squirt|quench|pipett)"
)
_UNDER = re.compile(
    r"(?:\bon(?:to)?|\bover|\batop|\babove|\bbelow|\bbeneath|\bunder|\bbetween|\bcover(?:ed|s|ing)|\bwet(?:ted|s)|\bcontact(?:ed|s)?|\bof the|\binto|\bthrough|\bdown to|\bwithout|\bleaving|\bremov\w+)\s+"
    r"(?:(?:the|a|an|top|of|each|these|this|their|both|clean\w*|cooled|fresh\w*|pre-?\w+|as-?\w+|still|warm|hot|heated|moving|patterned|etched|resulting|prepared|finished|obtained|rotating|[\w-]+-(?:treated|coated|cleaned)|treated|surface|underlying|dried|annealed|bare|commercial|conductive|transparent|half|rigid|flexible)\s+){0,6}$"
)
_COATED_BEHIND = re.compile(
    r"^\W{0,2}(?:[\w-]+\s)?[-\s]?(?:coated|covered|based|/)|^[- ](?:coated|covered|modified|treated)"
)
_JOIN = re.compile(r"^\s*[/|∣]\s*$")
_REFERS = re.compile(
    r"\b(?:solutions?|inks?|pastes?|mixtures?|dispersions?|suspensions?|precursors?|colloids?|sols?|it|they|this|films?|layers?)\b"
)
_SOLUTION = re.compile(
    r"dissol|solution|\binks?\b|mixture|dispers|dilut|thinned|mixed|prepar|contain|made up|paste|suspen|compris|consist"
)
_CONTROL = re.compile(
    r"\b(?:control|reference|comparison|comparative|pristine|baseline|for comparison)\b"
)


@dataclass(frozen=True)
class Item:
    """Something that a sentence may deposit: a known material, or the perovskite."""

    name: str
    start: int
    end: int
    roles: dict = field(default_factory=dict)


@dataclass
class Operation:
    """`names` deposited by one `method` ("" where none is said) in a sentence, with its heat behind it."""

    names: list[str]
    method: str
    sentence: Sentence
    start: int
    end: int
    spans: list[tuple[int, int]]
    is_control: bool = False
    is_treatment: bool = False
    stages: list[Stage] = field(default_factory=list)
    method_span: tuple[int, int] | None = None


def is_transport_or_contact(mention: Mention) -> bool:
    """A layer rather than an additive, a solvent or a treatment."""
    layer = max((mention.roles.get(role, 0) for role in LAYER_ROLES), default=0)
    other = max((n for role, n in mention.roles.items() if role not in LAYER_ROLES), default=0)
    return layer > 0 and layer >= other


def items_of(document: Document, sentence: Sentence) -> list[Item]:
    """Layers, treatments and the perovskite that a sentence names, in order."""
    text = document.text[sentence.start : sentence.end]
    found = [
        Item(m.name, m.start, m.end, m.roles)
        for m in document.inside(document.mentions, sentence)
        if is_transport_or_contact(m) or "treatment" in m.roles
    ]
    taken = {(item.start, item.end) for item in found}
    for match in _PEROVSKITE.finditer(text):
        start, end = sentence.start + match.start(), sentence.start + match.end()
        if any(a < end and start < b for a, b in taken):
            continue
        if (
            match[0][0].isupper()
            and long_form(match[0].strip("-")) is None
            and "Pb" in match[0]
            and len(match[0]) < 5
        ):
            continue
        found.append(Item(PEROVSKITE, start, end))
    return sorted(found, key=lambda item: item.start)


def is_under(document: Document, items: list[Item], n: int, sentence: Sentence) -> bool:
    """Whether item n is what something else is put on, or only spoken of."""
    item = items[n]
    before = document.lower[max(sentence.start, item.start - 90) : item.start]
    if _UNDER.search(before):
        return True
    behind = document.lower[item.end : item.end + 14]
    if _COATED_BEHIND.match(behind) and not behind.startswith("/"):
        return True
    if n and _JOIN.match(document.text[items[n - 1].end : item.start]):
        return is_under(document, items, n - 1, sentence)
    if n and re.fullmatch(
        r"\s*\(\s*", document.text[items[n - 1].end : item.start]
    ):  # "compact TiO2 (c-TiO2)"
        return is_under(document, items, n - 1, sentence)
    return False


def operations_of(document: Document) -> list[Operation]:
    """All depositions that the text describes, in order, each with the heat treatments behind it."""
    found: list[Operation] = []
    topic: list[str] = []  # what the last solution was of
    for sentence in document.sentences:
        if not sentence.fabricates or sentence.kind == "other cell":
            continue
        words = document.words(sentence)
        methods = document.inside(document.methods, sentence)
        items = items_of(document, sentence)
        new = _operations_in(document, sentence, words, items, methods, topic, found)
        if methods or new:
            found += new
        stages = [] if sentence.is_study and not new else stages_of(document, sentence)
        _share_out(document, found, new, stages, sentence, words)
        topic = _topic(document, sentence, words, items, topic, bool(new))
    return found


def _topic(document, sentence, words, items, topic, deposited) -> list[str]:
    if not _SOLUTION.search(words):
        return topic
    text = document.text[sentence.start : sentence.end]
    if _LEAD.search(text) or any(item.name == PEROVSKITE for item in items):
        return (
            [PEROVSKITE]
            if not any(_is_layer(i) for i in items) or _LEAD.search(text)
            else _first_layer(items)
        )
    layers = _first_layer(items)
    if layers:
        return layers
    return [PEROVSKITE] if _ORGANIC.search(text) and not deposited else topic


def _is_layer(item: Item) -> bool:
    return item.name != PEROVSKITE and any(
        role in item.roles for role in ("ETL", "HTL", "Backcontact")
    )


def _first_layer(items: list[Item]) -> list[str]:
    return [item.name for item in items if _is_layer(item)][:1]


def _operations_in(document, sentence, words, items, methods, topic, earlier) -> list[Operation]:
    if not methods:
        return []
    text = document.text[sentence.start : sentence.end]
    methods = _without_echoes(methods)
    free = [item for n, item in enumerate(items) if not is_under(document, items, n, sentence)]
    free = [item for item in free if not _is_only_substrate(item)]
    control = bool(_CONTROL.search(words))
    has_antisolvent = bool(_ANTISOLVENT.search(words))
    if not free:
        names = _referred(document, sentence, words, text, topic, has_antisolvent)
        if not names:
            return []
        method = methods[0]
        return [_operation(names, method, sentence, [(method.start, method.end)], control)]
    groups: dict[int, list[Item]] = {}
    for item in free:
        groups.setdefault(_method_of(item, methods, document), []).append(item)
    operations = []
    for n, own in sorted(groups.items(), key=lambda pair: pair[1][0].start):
        kinds = [item for item in own if item.name == PEROVSKITE]
        treatments = [item for item in own if "treatment" in item.roles and not _is_layer(item)]
        layers = [item for item in own if item not in kinds and item not in treatments]
        method = methods[n]
        for chosen, is_treatment in ((kinds[:1], False), (layers, False), (treatments, True)):
            if chosen:
                operation = _operation(
                    [i.name for i in chosen],
                    method,
                    sentence,
                    [(i.start, i.end) for i in chosen],
                    control,
                )
                operation.is_treatment = is_treatment
                operations.append(operation)
    operations.sort(key=lambda operation: operation.start)
    if (
        has_antisolvent
        and not any(o.names == [PEROVSKITE] for o in operations)
        and topic == [PEROVSKITE]
    ):
        operations.insert(
            0,
            _operation(
                [PEROVSKITE], methods[0], sentence, [(methods[0].start, methods[0].end)], control
            ),
        )
    return operations


def _is_only_substrate(item: Item) -> bool:
    return item.name in ("SLG", "FTO", "PET", "PEN", "Si") or (set(item.roles) == {"Substrate"})


def _without_echoes(methods: list[MethodMention]) -> list[MethodMention]:
    """Of "spin-coated at 3000 rpm" the first."""
    kept: list[MethodMention] = []
    for method in methods:
        if not kept or kept[-1].name != method.name or method.start - kept[-1].end > 60:
            kept.append(method)
    return kept


def _method_of(item: Item, methods: list[MethodMention], document: Document) -> int:
    """The method that most likely deposits an item: the nearest, one behind it before one in front."""
    best, smallest = 0, float("inf")
    for n, method in enumerate(methods):
        if method.start >= item.end:
            between = document.lower[item.end : method.start]
            distance = len(between) * 1.0
        else:
            between = document.lower[method.end : item.start]
            distance = len(between) * 1.1 + (
                0 if re.match(r"\s*(?:of|the|\w{0,3}\s?nm|\()", between) else 12
            )
        distance += 60 * len(
            re.findall(r";|, followed by|, after which|\bbefore\b|, and then", between)
        )
        if distance < smallest:
            best, smallest = n, distance
    return best


def _referred(document, sentence, words, text, topic, has_antisolvent) -> list[str]:
    """What "the solution", "it" … is, where a sentence names no layer itself."""
    if _LEAD.search(text) or has_antisolvent:
        return [PEROVSKITE]
    if _ORGANIC.search(text):
        return [PEROVSKITE]
    return list(topic) if _REFERS.search(words) else []


def _operation(names, method: MethodMention, sentence, spans, control) -> Operation:
    start = min([method.start, *(a for a, _ in spans)])
    end = max([method.end, *(b for _, b in spans)])
    return Operation(
        list(dict.fromkeys(names)),
        method.name,
        sentence,
        start,
        end,
        spans,
        control,
        method_span=(method.start, method.end),
    )


_SUBJECT = re.compile(
    r"\b(?:perovskites?|absorber|wet|precursor|intermediate|as-cast|as-deposited)?\s?(?:films?|layers?|samples?|substrates?|devices?|plates?)\b"
)


def _share_out(document, found, new, stages, sentence, words) -> None:
    """Give each heat treatment to what was deposited last before it."""
    for stage in stages:
        before = [operation for operation in new if operation.start < stage.start]
        owner = before[-1] if before else None
        if owner is None:
            owner = _spoken_of(document, found, sentence, stage) or (
                found[-1] if found and not new else None
            )
            if owner is None and found:
                earlier = [o for o in found if o not in new]
                owner = earlier[-1] if earlier else None
        if owner is not None:
            owner.stages.append(stage)


def _spoken_of(document, found, sentence, stage) -> Operation | None:
    """The operation whose layer the words before the heat name: "the perovskite film was annealed"."""
    items = [item for item in items_of(document, sentence) if item.start < stage.start]
    for item in reversed(items):
        for operation in reversed(found):
            if item.name in operation.names:
                return operation
    return None


def index_of(starts: list[int], place: int) -> int:
    return bisect_right(starts, place) - 1


__all__ = [
    "PEROVSKITE",
    "WET",
    "Item",
    "Operation",
    "is_transport_or_contact",
    "items_of",
    "operations_of",
]

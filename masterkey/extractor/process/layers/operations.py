"""The fabrication as a list of operations in the order of the text: what was deposited, and how."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from masterkey.extractor.process.layers.items import (
    LEAD,
    OF_PEROVSKITE,
    ORGANIC,
    PEROVSKITE,
    Item,
    is_source,
    is_under,
    items_of,
)
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.heat import Stage, stages_of
from masterkey.extractor.process.text.methods import COATING, GENERIC, PRINTING, WEAK, MethodMention
from masterkey.extractor.process.text.names import NEW_WEIGHT
from masterkey.extractor.process.text.sorts import is_of_sort

_DRIPPED = r"(?:chlorobenzene|\bcb\b|diethyl ether|\bether\b|toluene|ethyl acetate|anisole|methyl acetate|chloroform|trifluorotoluene|isopropanol|\bipa\b)"
_GIVEN = (
    r"\b(?:drip|drop|dispens|pour|cast|inject|flush|rins|add|wash|appl|squirt|quench|pipett)\w*\b"
)
_ANTISOLVENT = re.compile(
    rf"anti-?solvent|{_GIVEN}[^.;]{{0,80}}?{_DRIPPED}|{_DRIPPED}[^.;]{{0,60}}?{_GIVEN}"
)
# "Sprayed onto the glass at 450 °C": telegraphic, without a subject.
_NO_SUBJECT = re.compile(
    r"\W*(?:then )?(?:(?:spin|blade|slot-die|dip|spray)[- ]?coated|sprayed|spun|bladed|screen-printed|evaporated|sputtered|deposited) (?:at|on|onto|over|by|with|through|from|in|for)\b"
)
# The wet film goes into it: no coating of its own.
_ANTISOLVENT_BATH = re.compile(
    rf"\b(?:anti-?solvent|{_DRIPPED}) bath\b|\bbath of (?:\w+ )?{_DRIPPED}"
    rf"|\bwet films?\b[^.;]{{0,60}}\b(?:dipped|immersed|soaked) in(?:to)? (?:\w+ )?{_DRIPPED}"
)
_REFERS = re.compile(
    r"\b(?:solutions?|inks?|pastes?|mixtures?|dispersions?|suspensions?|precursors?|colloids?|sols?|bath|it|they|this|films?|layers?|drops?|µl|blends?)\b"
)
_SOLUTION = re.compile(
    r"dissol|solution|\binks?\b|mixture|dispers|dilut|thinned|mixed|prepar|contain|made up|paste|suspen|compris|consist|held|blend|bath|stock|weigh|precursor|methoxyethanol|\bin (?:dmf|dmso|gbl|nmp|ethanol|chlorobenzene|toluene|isopropanol|2-propanol|ipa|water)\b|\d ?mg (?:ml|per)|mg/ml|mg ml"
)
CONTROL = re.compile(
    r"\b(?:controls?|references?|comparison|comparative|pristine|baseline|preliminary|alternatively|(?:was|were) instead)\b"
)
_ASIDE = re.compile(
    r"\b(?:was tried|were tried|was tested in|given up|avoided|not used|for (?:xrd|sem|hall|the measurement|photoluminescence|absorption|analysis)|half-?stacks?|were sandwiched|hole-only|electron-only|fig(?:ure|\.)? s\d+ only|for microscopy|no cells?|no devices?|solely for|were also made|not pursued|we (?:also |even )?tried|(?:films|layers|samples) (?:that|which) had been (?:annealed|heated)|in earlier work)\b"
)
_OTHER_CELLS = re.compile(
    r"for comparison,? (?:\w+ )?(?:cells|devices|layers|films|samples)|\b(?:reference|control) (?:cells|devices) were (?:also )?(?:made|built|prepared|fabricated)"
    r"|^\W*[^.;()]{3,60}\((?:fig\.?|figure|table) s\d+\)\W*$"
)
_CONDUCTIVE_OXIDES = frozenset(("ITO", "IZO", "FTO", "AZO"))
_TREATS = re.compile(
    r"\b(?:surface treatment|post-?treat\w*|passivat\w+|treatment (?:after|with)|finished film|cooled films?|rins\w+)\b"
)


# A solution of something that is no layer: a dopant, a salt for the surface.
_OF_OTHERS = re.compile(r"(?:was|were) (?:first )?dissolved|solutions? of\b")


@dataclass
class Operation:
    """`names` deposited by one `method`, with the heat treatments behind it.

    `method` is a database name, or one of `methods.GENERIC` where the text does not say how.
    """

    names: list[str]
    method: str
    sentence: Sentence
    start: int
    end: int
    spans: list[tuple[int, int]]
    method_span: tuple[int, int]
    is_control: bool = False
    is_treatment: bool = False
    has_antisolvent: bool = False
    stages: list[Stage] = field(default_factory=list)
    control_stages: list[Stage] = field(default_factory=list)
    under: frozenset[str] = frozenset()  # what the sentence says it was put on

    @property
    def is_perovskite(self) -> bool:
        return bool(OF_PEROVSKITE.intersection(self.names)) and not self.is_treatment


_LAYER_AT_LARGE = re.compile(
    r"\b(?:hole|electron)[ -](?:transport|conduct|select|extract)\w* (?:materials?|layers?) (?:was|were|is)\b"
)


@lru_cache(maxsize=1)
def operations_of(document: Document) -> list[Operation]:
    """All depositions that the text describes, in order, each with the heat treatments behind it."""
    found: list[Operation] = []
    topic: list[str] = []  # what the last solution was of
    others = False  # whether the paragraph goes on about other cells
    names_layer = False
    # Of the sentence before, where it was not said of what.
    open_method: MethodMention | None = None
    for sentence in document.sentences:
        if not sentence.fabricates:
            continue
        words = document.words(sentence)
        if _ASIDE.search(words) or (document.is_heading(sentence) and _CELLS.search(words)):
            continue
        starts_line = document.begins_paragraph(sentence)
        starts = bool(_OTHER_CELLS.search(words))
        others = (starts and (starts_line or "only" in words)) or (others and not starts_line)
        items = items_of(document, sentence)
        new = _operations_in(document, sentence, words, items, topic, found)
        if not new and open_method and _ANTISOLVENT.search(words):
            new = [_operation([PEROVSKITE], open_method, sentence, [])]
            new[0].has_antisolvent = True
        if not new and open_method and names_layer and _SOLUTION.search(words):
            layers = [item for item in items if item.is_layer][:1]
            new = [_operation([i.name for i in layers], open_method, sentence, _spans(layers))] if layers else []  # fmt: skip
        for operation in new:
            operation.is_control |= others or starts or is_of_sort(document, sentence)
            operation.is_control |= _replaces(document, sentence, items, found)
            operation.is_control |= sentence.kind == "other cell"
        found += new
        methods = document.inside(document.methods, sentence)
        names_layer = bool(_LAYER_AT_LARGE.search(words))
        if names_layer:
            methods = [method for method in methods if method.name not in GENERIC]
        open_method = methods[0] if methods and not new and methods[0].name not in GENERIC else None
        if not sentence.is_study or new or _ANNEALED.search(words):
            _share_out(document, found, new, stages_of(document, sentence), sentence)
        free = [item for n, item in enumerate(items) if not is_under(document, items, n, sentence)]
        topic = _topic(words, free, topic)
    return found


# "Cells for … had PTAA instead of Spiro-OMeTAD", where the latter was deposited before.
_INSTEAD = re.compile(r"\b(?:instead of|in place of|rather than)\s+(?:the )?$")
_TARGET_CELLS = re.compile(r"\b(?:targets?|modified|champion|best|optimi[sz]ed|final|our)\b")


def _replaces(document, sentence, items: list[Item], earlier: list[Operation]) -> bool:
    """Whether a sentence tells of other cells, which have a layer in place of one of the target's."""
    words = document.words(sentence)
    if not _CELLS.search(words) or _TARGET_CELLS.search(words):
        return False
    told = {name for o in earlier if not o.is_control for name in o.names}
    return any(
        item.name in told
        and _INSTEAD.search(document.lower[max(sentence.start, item.start - 25) : item.start])
        for item in items
    )


_CELLS = re.compile(r"\b(?:cells|devices|modules)\b")
_ANNEALED = re.compile(
    r"^.{0,70}\b(?:films?|samples?|layers?|they|it)\b.{0,60}\b(?:annealed|heated|baked|dried)\b"
)


def _topic(words: str, items: list[Item], topic: list[str]) -> list[str]:
    """What "the solution" of the next sentence will be."""
    if not _SOLUTION.search(words):
        return topic
    names = {item.name for item in items}
    if LEAD in names and ORGANIC not in names and PEROVSKITE not in names:
        return [LEAD]
    if LEAD in names:
        return [PEROVSKITE]
    layers = [item.name for item in items if item.is_layer]
    if PEROVSKITE in names and not layers:
        return [PEROVSKITE]
    if layers:
        return layers[:1]
    if _OF_OTHERS.search(words) and not names:
        return []
    return [ORGANIC] if ORGANIC in names and topic == [LEAD] else topic


def _operations_in(document, sentence, words, items, topic, earlier) -> list[Operation]:
    methods = document.inside(document.methods, sentence)
    specific = [method for method in methods if method.name not in GENERIC]
    strong = [method for method in specific if method.name not in WEAK]
    if any(method.name in ("Spray-pyrolys", "Ultrasonic spray") for method in strong):
        strong = [method for method in strong if method.name != "Spray-coating"]
    methods = _without_echoes(strong or specific or methods)
    if _ANTISOLVENT_BATH.search(words) and any(o.is_perovskite for o in earlier):
        methods = [method for method in methods if method.name not in ("Dipp-coating", "CBD")]
    if not methods:
        return []
    if all(method.name in GENERIC for method in methods):
        methods = [_resolved(method, document) for method in methods]
    antisolvent = bool(_ANTISOLVENT.search(words))
    free = _free(document, sentence, items)
    if all(method.name in COATING for method in methods):
        free = [item for item in free if item.name not in _CONDUCTIVE_OXIDES]
    targets = [item for item in free if not _OF_CONTROL.match(document.lower, item.end)]
    told_apart = 0 < len(targets) < len(free)  # "A (control) or B (target)"
    free = targets if told_apart else free
    groups: dict[int, list[Item]] = {}
    for item in free:
        groups.setdefault(_method_of(item, methods, document), []).append(item)
    found = []
    for n, own in _in_two_steps(groups).items():
        found += _of_method(methods[n], own, sentence, document)
    if not any(operation.is_perovskite for operation in found):
        under = {item.name for item in items} - {item.name for item in free}
        if (
            under.intersection(topic)
            and not found
            and not _OF_OTHERS.search(words)
            and "ticl4" not in words
        ):
            topic = [PEROVSKITE]
        names = _referred(document, sentence, words, topic, antisolvent, bool(found), earlier)
        if names and methods[0].name not in GENERIC:
            found.append(
                _operation(names, methods[0], sentence, [(methods[0].start, methods[0].end)])
            )
    for operation in found:
        operation.is_control = bool(
            CONTROL.search(_OF_CONTROL.sub("", words) if told_apart else words)
        )
        operation.has_antisolvent = antisolvent
        operation.under = frozenset(item.name for item in items if item not in free)
        treats = (
            operation.is_perovskite
            and bool(_TREATS.search(words))
            and any(o.is_perovskite for o in earlier)
            and not any(o.names == [LEAD] for o in earlier)
        )
        operation.is_treatment |= treats
    return sorted(found, key=lambda operation: operation.start)


def _in_two_steps(groups: dict[int, list[Item]]) -> dict[int, list[Item]]:
    """Without the perovskite, where one method of the sentence deposits the lead and another the organic salt."""
    names = [{item.name for item in own} for own in groups.values()]
    lead, organic = ([n for n, own in enumerate(names) if salt in own] for salt in (LEAD, ORGANIC))
    if len(lead) != 1 or len(organic) != 1 or lead == organic:
        return groups
    return {n: [i for i in own if i.name != PEROVSKITE] for n, own in groups.items()}


def _resolved(method: MethodMention, document: Document) -> MethodMention:
    """ "printed" is the printing that the paper names."""
    if method.name == "Printing":
        named = [m.name for m in document.methods if m.name in PRINTING and m.start < method.start]
        named = named or [m.name for m in document.methods if m.name in PRINTING]
        if named:
            return MethodMention(named[-1], method.start, method.end)
    if document.lower[method.start : method.end] == "coated":
        place = document.sentence_at(method.start)
        section = next(s for s in reversed(document.sections) if s.start <= place.start)
        coats = [
            m.name
            for m in document.methods
            if m.name in COATING and section.start <= m.start < method.start
        ]
        if coats:
            return MethodMention(coats[-1], method.start, method.end)
    return method


def _free(document, sentence, items: list[Item]) -> list[Item]:
    """What is deposited: no substrate, nothing that lies under, no source unless nothing else is named."""
    free = [
        item
        for n, item in enumerate(items)
        if not is_under(document, items, n, sentence) and not _is_substrate(item)
    ]
    made = [item for item in free if not is_source(document, item, sentence)]
    return made or free


def _is_substrate(item: Item) -> bool:
    return item.name in ("SLG", "FTO", "PET", "PEN", "Si") or set(item.roles) == {"Substrate"}


def _of_method(
    method: MethodMention, own: list[Item], sentence: Sentence, document: Document
) -> list[Operation]:
    perovskite = [item for item in own if item.name in OF_PEROVSKITE]
    treatments = [item for item in own if item.is_treatment]
    layers = [item for item in own if item.is_layer]
    found = []
    if perovskite and not treatments:
        names = {item.name for item in perovskite}
        whole = PEROVSKITE in names or {LEAD, ORGANIC} <= names
        found.append(
            _operation(
                [PEROVSKITE] if whole else sorted(names), method, sentence, _spans(perovskite[:1])
            )
        )
    if layers:
        found.append(
            _operation(_coordinated(layers, sentence, document), method, sentence, _spans(layers))
        )
    if treatments:
        found.append(
            _operation([item.name for item in treatments], method, sentence, _spans(treatments))
        )
        found[-1].is_treatment = True
    return found


_MIXED = re.compile(r"\b(?:mixtures?|mixed|blends?|co-?adsorb\w*)\b[^.;]{0,30}$")


def _coordinated(layers: list[Item], sentence: Sentence, document: Document) -> list[str]:
    """Names of "A (…), B and C"; of "A or B" one, a new name before a known one; "A; B" of a mixture."""
    names = list(dict.fromkeys(item.name for item in layers))
    if len(names) < 2:
        return names
    between = [document.lower[a.end : b.start] for a, b in pairwise(layers)]
    if any(re.search(r"\bor\b", words) for words in between) and all(
        len(words) < 60 for words in between
    ):
        new = [item.name for item in layers if item.roles.get("HTL") == NEW_WEIGHT]
        return (new or names)[:1]
    start = document.lower[max(sentence.start, layers[0].start - 60) : layers[0].start]
    if _MIXED.search(start) and len(names) == 2:
        return ["; ".join(names)]
    return names


def _spans(items: list[Item]) -> list[tuple[int, int]]:
    return [(item.start, item.end) for item in items]


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
            distance = float(len(between))
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


_PARTICLES = re.compile(r"\bthe (?:nano-?particles?|particles|nanocrystals?|colloid)\b")


_PRECURSOR = re.compile(r"\bthe (?:precursor|ink|solution)\b")


def _referred(document, sentence, words, topic, antisolvent, has_found, earlier) -> list[str]:
    """What "the solution", "it" … is, where a sentence names no perovskite itself."""
    if antisolvent and not has_found:
        return [PEROVSKITE]
    if antisolvent and topic == [PEROVSKITE]:
        return [PEROVSKITE]
    if has_found:
        return []
    particles = [
        m.name for m in document.mentions if m.name.endswith("-np") and m.start < sentence.start
    ]
    if particles and _PARTICLES.search(words):
        return particles[-1:]
    if not _REFERS.search(words) and not _NO_SUBJECT.match(words):
        return []
    told = {name for operation in earlier for name in operation.names}
    if topic and told.issuperset(topic) and PEROVSKITE not in told and _PRECURSOR.search(words):
        return [PEROVSKITE]
    return list(topic)


def _operation(names, method: MethodMention, sentence, spans) -> Operation:
    start = min([method.start, *(a for a, _ in spans)])
    end = max([method.end, *(b for _, b in spans)])
    return Operation(
        list(dict.fromkeys(names)),
        method.name,
        sentence,
        start,
        end,
        spans,
        (method.start, method.end),
    )


_FILM = re.compile(
    r"\b(?:films?|layers?|samples?|substrates?|devices?|plates?|wafers?|glass|coatings?|it|they|them|these|foil|web|electrodes?|oxide|monolayer)\b|^\W*(?:after|conversion|annealing|crystalli[sz]ation|drying|heating|(?:dried|annealed|heated|baked|fired|sintered|cured)\b|we (?:then )?(?:annealed|heated|dried|baked))"
)
_STAGES = re.compile(
    r"\b(?:stages?|steps?) of (?:thermal )?annealing|\b(?:annealing|baking|heating|drying) (?:was|followed|took|at|for)\b"
)
_FARTHEST_HEAT, _FARTHEST_OF_ALL = 3, 8  # sentences
_ALL_FILMS = re.compile(
    r"\b(?:all|the wet|as-deposited|as-grown) (?:the )?(?:films|samples|substrates|layers)\b.{0,60}\b(?:annealed|heated|baked|kept)\b|^\W*(?:annealing|baking) (?:took|lasted|followed|was)\b"
)
_CLAUSE = re.compile(r"[;:]|, (?:while|whereas|and|but)\b|\b(?:while|whereas)\b|\. ")


def _share_out(document, found, new, stages, sentence) -> None:
    """Give each heat treatment to what was deposited last before it."""
    for stage in stages:
        owner = _spoken_of(document, found, sentence, stage)
        before = [operation for operation in new if operation.start < stage.start]
        if before and (owner is None or owner not in new):
            owner = before[-1]
        if owner is None and found and not new:
            owner = found[-1] if _is_on(document, found[-1], sentence) else None
        if (
            owner is not None
            and owner.stages
            and _of_other_films(document, owner.stages[-1], stage, sentence)
        ):
            owner.control_stages.append(stage)
        elif owner is not None:
            clause = _CLAUSE.split(document.lower[sentence.start : stage.start])[-1]
            of_control = CONTROL.search(clause) and not owner.is_control
            if of_control or _OF_CONTROL.match(document.lower, stage.end):
                owner.control_stages.append(stage)
            else:
                owner.stages.append(stage)


def _is_on(document: Document, operation: Operation, sentence: Sentence) -> bool:
    """Whether a sentence that names no layer heats what was deposited last, not too far before it."""
    words = document.words(sentence)
    between = document.sentences[operation.sentence.number + 1 : sentence.number + 1]
    apart = sum(not document.is_heading(other) for other in between)
    if apart == 1 and _STAGES.search(words):
        return True
    farthest = _FARTHEST_OF_ALL if _ALL_FILMS.search(words) else _FARTHEST_HEAT
    return bool(_FILM.search(words)) and apart <= farthest


# "150 °C for 10 min (target) or 100 °C for 30 min (control)"
_OF_CONTROL = re.compile(r"\s*\((?:for |of )?(?:the )?(?:controls?|references?)\b")
_OTHER_FILMS = re.compile(
    r"[,;]\s+(?:and |while |whereas |but )?(?:(?:films?|layers?|those|samples?|cells?|devices?|the \w+ ones?)\b|[A-Z][\w-]{1,12}\s+(?:films?|layers?|samples?|cells?|ones)\b)"
)


def _of_other_films(document, previous: Stage, stage: Stage, sentence: Sentence) -> bool:
    """Whether a sentence has gone on to other films between two heat treatments."""
    if previous.start < sentence.start or previous.start >= stage.start:
        return False
    between = document.text[previous.end : stage.start]
    behind = document.lower[stage.end : stage.end + 60]
    in_parentheses = between.count("(") > between.count(")") and re.match(
        r"[^()]*\bfor (?:the )?[^()]*(?:cells?|devices?|films?|samples?|modules?)\)", behind
    )
    return bool(_OTHER_FILMS.search(between) or in_parentheses)


def _spoken_of(document, found, sentence, stage) -> Operation | None:
    """The operation whose layer the words before the heat name: "the perovskite film was annealed"."""
    items = [item for item in items_of(document, sentence) if item.start < stage.start]
    for item in reversed(items):
        for operation in reversed(found):
            same = (
                operation.is_perovskite
                if item.name in OF_PEROVSKITE
                else item.name in operation.names
            )
            if same and operation.start <= stage.start:
                return operation
    return None

"""The fabrication as a list of operations in the order of the text: what was deposited, and how."""

import re
from dataclasses import replace
from itertools import pairwise

from masterkey.extractor.process.layers.assignments import (
    former_and_latter,
    in_brackets,
    method_of,
    operations_by,
    spans_of,
    without_echoes,
)
from masterkey.extractor.process.layers.heat_shares import share_out
from masterkey.extractor.process.layers.items import (
    LEAD,
    ORGANIC,
    PEROVSKITE,
    Item,
    is_source,
    is_substrate,
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
from masterkey.extractor.process.layers.replacements import (
    CELLS,
    put_in_place,
    tells_of_other_cells,
)
from masterkey.extractor.process.layers.topics import (
    INK,
    OF_FILM,
    OF_OTHERS,
    SOLUTION,
    SUBSTRATES_COATED,
    particles_meant,
    titled,
    topic_behind,
    topic_of_ink,
)
from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.heat import stages_of
from masterkey.extractor.process.text.methods import COATING, GENERIC, PRINTING, WEAK, MethodMention
from masterkey.extractor.process.text.sorts import OF_SOME, is_of_sort
from masterkey.extractor.stems import Stemmed

_DRIPPED = r"(?:chlorobenzene|\bcb\b|diethyl ether|\bether\b|toluene|ethyl acetate|anisole|methyl acetate|chloroform|trifluorotoluene|isopropanol|\bipa\b)"
_GIVEN = (
    r"\b(?:drip|drop|dispens|pour|cast|inject|flush|rins|add|wash|appl|squirt|quench|pipett)\w*\b"
)
_ANTISOLVENT = Stemmed(
    rf"anti-?solvent|\bwith \d+ ?[µu]l (?:of )?{_DRIPPED}|\d ?[µu]l (?:of )?{_DRIPPED}(?: was)? (?:after|at|@) |{_GIVEN}[^.;]{{0,80}}?{_DRIPPED}|{_DRIPPED}[^.;]{{0,60}}?{_GIVEN}"
)
# "80 µL was spread on the substrate and spun at 4000 rpm": of whatever was told before.
_SPREAD = re.compile(
    r"\b(?:[µu]l|ml|microlit\w+|drops?) (?:was|were|is|are) (?:spread|dropped|pipetted|dispensed|placed|cast|spun|spin|delivered)"
    r"|\b(?:cast|drop|spread|dispense|pipette)\w* (?:about |ca\. )?\d+ ?(?:[µu]l|ml|microlit\w+)"
)
# "After spin-coating at 4000 rpm the samples …", "Spin-coating was done at …".
_NO_SUBJECT = re.compile(
    r"\W*\d[\d,]* ?(?:rpm|r\.p\.m)|\W*(?:then )?(?:spin(?:[- ]coat)?|spread|drip|blade(?:[- ]coat)?|slot-die coat|spray|dip|evaporate|sputter|deposit|coat|print)\b(?![- ](?:coated|coating|coater))"
    r"|\W*(?:(?:after|upon|following|during|by) )?(?:the )?(?:static |dynamic |subsequent )?(?:(?:spin|blade|slot-die|dip|spray)[- ]?(?:coating|casting)|spinning|spreading)\b"
    r"|\W*(?:then )?(?:(?:spin|blade|slot-die|dip|spray)[- ]?coated|sprayed|spun|bladed|screen-printed|evaporated|sputtered|deposited) (?:at|on|onto|over|by|with|through|from|in|for)\b"
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
_REFERS = re.compile(
    r"\b(?:solutions?|liquids?|inks?|pastes?|mixtures?|dispersions?|suspensions?|precursors?|colloids?|sols?|bath|it|they|both|this|films?|layers?|drops?|µl|blends?)\b"
)
# "… quenched the film, and antisolvents were not used": of the film's own making.
_NO_ANTISOLVENT = re.compile(r"\banti-?solvents? (?:\w+ )?(?:was|were|is|are) (?:not used|avoided)")
_ASIDE = Stemmed(
    r"\b(?:for the calibration|was tried|were tried|was tested in|given up|avoided|not used|for (?:xrd|sem|hall|the measurement|photoluminescence|absorption|analysis)|half-?stacks?|were sandwiched|hole-only|electron-only|fig(?:ure|\.)? s\d+ only|for microscopy|no cells?|no devices?|solely for|were also made|not pursued|we (?:also |even )?tried|(?:films|layers|samples) (?:that|which) had been (?:annealed|heated)|in earlier work)\b"
)
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
        sentence = _without_aside(document, sentence)
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
        if _ASIDE.search(told) or (document.is_heading(sentence) and CELLS.search(words)):
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


_POINTS_BACK = re.compile(
    r";\s*(?:they|these|those|it|this|that|which|such|both|neither|no|nothing)\b"
)


def _without_aside(document: Document, sentence: Sentence) -> Sentence:
    """Without what a semicolon parts from it, if that alone is aside: "…; other programmes are in Fig. S4 only"."""
    end = document.lower.rfind(";", sentence.start, sentence.end)
    if (
        end < 0
        or _POINTS_BACK.match(document.lower, end)
        or _ASIDE.search(document.lower[sentence.start : end])
    ):
        return sentence
    return (
        replace(sentence, end=end + 1)
        if _ASIDE.search(document.lower[end : sentence.end])
        else sentence
    )


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
        methods = [_resolved(method, document) for method in methods]
    antisolvent = bool(_ANTISOLVENT.search(words))
    free = _free(document, sentence, items)
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
    for n, own in _in_two_steps(groups).items():
        for method, items_of_it in _of_clauses(document, methods[n], own):
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
        names = _referred(
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
    own_clauses = is_control and bool(_TARGET.search(words))
    for operation in found:
        operation.is_control = (
            _is_of_control(document, sentence, operation.start) if own_clauses else is_control
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


_TARGET = re.compile(r"\b(?:targets?|champion)\b")
_OWN_CLAUSE = re.compile(
    r";|, (?:while|whereas|but|and) |\b(?:while|whereas)\b|\band (?=(?:in|for|on) (?:the )?(?:controls?|references?|targets?))|, (?=(?:in|for|on) (?:the )?(?:controls?|references?|targets?)\b)"
)


def _is_of_control(document: Document, sentence: Sentence, place: int) -> bool:
    """Whether a place in a sentence on target and control lies in a clause on the control, or behind one.

    Where no clause tells of one of them alone, all is the control's; what stands before the first that does is not.
    """
    cuts = [
        match.start()
        for match in _OWN_CLAUSE.finditer(document.lower, sentence.start, sentence.end)
    ]
    clauses = list(pairwise([sentence.start, *cuts, sentence.end]))
    told = [
        (bool(_TARGET.search(document.lower, *c)), bool(CONTROL.search(document.lower, *c)))
        for c in clauses
    ]
    if any(target and control for target, control in told):
        return True
    of_control = not any(target != control for target, control in told)
    for (start, _), (target, control) in zip(clauses, told, strict=True):
        if start > place:
            break
        of_control = control if target or control else of_control
    return of_control


def _of_clauses(document, method: MethodMention, own: list[Item]):
    """(method, items); what other clauses of a list name beside a co-evaporated perovskite is evaporated alone.

    "MoO3 (5 nm), TaTm (10 nm); MAPbI3 by co-evaporation of its salts; C60 (25 nm), BCP, Ag"
    """
    film = next((item for item in own if item.name == PEROVSKITE), None)
    if method.name != "Co-evaporation" or film is None:
        return [(method, own)]
    start = document.lower.rfind(";", own[0].start, film.start)
    end = document.lower.find(";", max(method.end, film.end), own[-1].end)
    before = [item for item in own if item.start < start]
    behind = [item for item in own if 0 <= end < item.start]
    inside = [item for item in own if item not in before and item not in behind]
    return [
        (
            method if part is inside else MethodMention("Evaporation", part[0].start, part[0].end),
            part,
        )
        for part in (before, inside, behind)
        if part
    ]


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
    if document.lower[method.start : method.end] in ("coated", "followed"):
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


_OF_PASTE = re.compile(r"\s?(?:slurry|paste|ink|layer|electrode)?\s?\((?P<made_of>[^()]*)\)")


def _free(document, sentence, items: list[Item]) -> list[Item]:
    """What is deposited: no substrate, nothing that lies under, no source unless nothing else is named."""
    pastes = (_OF_PASTE.match(document.lower, i.end) for i in items if i.name == "Carbon")
    made_of = [match.span("made_of") for match in pastes if match]  # "(graphite, carbon black)"
    free = [
        item
        for n, item in enumerate(items)
        if not is_under(document, items, n, sentence)
        and not is_substrate(item)
        and not any(start <= item.start < end for start, end in made_of)
    ]
    made = [item for item in free if not is_source(document, item, sentence)]
    return made or free


_DOTS = re.compile(r"\bthe (?:quantum )?(?:dots|qds|nanocrystals|ncs)\b")
# "All the layers up to the contact were slot-die coated": of none alone.
_ALL_LAYERS = re.compile(
    r"\W*(?:all|most)(?: of)?(?: the| our| these)?(?: other| wet| functional| solution-processed| remaining)? layers\b"
)
_PRECURSOR = re.compile(r"\bthe (?:precursor|ink|solution)\b")


def _referred(
    document, sentence, words, items, topic, antisolvent, has_found, earlier
) -> list[str]:
    """What "the solution", "it" … is, where a sentence names no perovskite itself."""
    if antisolvent and not has_found:
        return [PEROVSKITE]
    if antisolvent and topic == [PEROVSKITE]:
        return [PEROVSKITE]
    if has_found or (not items and _ALL_LAYERS.match(words)):
        return []
    if particles := particles_meant(document, sentence):
        return particles
    if _DOTS.search(words):
        return [PEROVSKITE]
    if OF_FILM.search(words) and not any(item.is_layer for item in items):
        return [PEROVSKITE]
    if (
        not _REFERS.search(words)
        and not _NO_SUBJECT.match(words)
        and not SUBSTRATES_COATED.match(words)
        and (items or not _SPREAD.search(words))
    ):
        return []
    told = {name for operation in earlier for name in operation.names}
    if topic and told.issuperset(topic) and PEROVSKITE not in told and _PRECURSOR.search(words):
        return [PEROVSKITE]
    return list(topic)

"""Which operation a heat treatment belongs to: the layer it names, else what was deposited last."""

import re

from masterkey.extractor.process.layers.items import OF_PEROVSKITE, items_of
from masterkey.extractor.process.layers.operation import CONTROL, OF_CONTROL, Operation
from masterkey.extractor.process.text.document import CLEANS_GLASS, Document, Sentence
from masterkey.extractor.process.text.heat import NOTE_ALONE
from masterkey.extractor.process.text.methods import COATING
from masterkey.extractor.process.text.stages import Stage

_FILM = re.compile(
    r"\b(?:films?|layers?|samples?|chips?|slides?|coupons?|substrates?|devices?|plates?|sheets?|pieces|wafers?|glass|coatings?|it|they|them|these|foils?|web|electrodes?|oxide|monolayer)\b|\b(?:cells|tandems)\b[^.;]{0,150}\b(?:dried|annealed|heated|baked|annealing|drying|baking)\b|^\W*(?:\d{1,2}[.)] )?(?:(?:then|next|finally|and|afterwards|subsequently),? )?(?:hot ?-?plate\b|after|conversion|(?:post-?|(?:gradient|thermal|stepwise|final|film) )?annealing|crystalli[sz]ation|drying|heating|(?:dried|annealed|heated|baked|fired|sintered|cured|dry|anneal|heat|bake|fire|sinter|cure|place|put)\b|(?:this|which|that) (?:was|is) followed by|we (?:then )?(?:annealed|heated|dried|baked)|(?:then )?(?:move|transfer|take)\b[^.;]*\b(?:anneal|bake|heat|dry)\b|(?:an? |the )(?:[\w-]+ ){0,2}anneal\b)"
)
_STAGES = re.compile(
    r"\b(?:complete|finish|drive|promote|start) the (?:\w+ )?(?:conversion|reaction|transformation|crystalli)|\b(?:conversion|transformation|interdiffusion|intercalation)(?:: ?\d| (?:of [^.;]{3,40} )?(?:\w+ )?(?:was|were|is|took|proceed\w*|occurr\w*|lasted|followed)\b)"
    r"|^\W*(?:the )?(?:(?:hot-?plate|plate|annealing|set) )?temperature (?:was|is) [^.;]*°c (?:for|over|during)\b|\b(?:stages?|steps?) of (?:thermal )?annealing|\b(?:annealing|baking|heating|drying) (?:was|followed|took|at|for|temperature|conditions?|(?:in|under) [^.;]{3,40} lasted|lasted)\b|\d ?°c (?:was|were) (?:held|kept|applied|maintained)|^\W*(?:[\w-]+ |post-?)?annealing(?: (?:programme|conditions?))?[:,]|\b(?:soft|hard|pre|post)[- ]?bak(?:e|ing)\b"
)
_NEXT, _FARTHEST_HEAT, _FARTHEST_OF_ALL = 2, 3, 8  # sentences
_FARTHEST_OF_EACH = 5
_EACH_FILM = re.compile(
    r"^\W*(?:each|every|the|these|finished|converted|as-grown|resulting|black|dark) (?:[\w-]+ ){0,2}?films?\b"
)
_ALL_FILMS = re.compile(
    r"\b(?:all|the wet|as-deposited|as-grown) (?:the )?(?:films|samples|substrates|layers)\b.{0,60}\b(?:annealed|heated|baked|kept)\b|^\W*(?:annealing|baking) (?:took|lasted|followed|was)\b|(?:^|\. )\W*(?:the |perovskite )?films? (?:was|were) (?:then )?annealed\b"
)
# A sentence on an ink between a film and its heat counts for nothing.
_PREPARES = re.compile(
    r"\b(?:was|were|is|are) (?:\w+ )?(?:dissolved|stirred|filtered|weighed|mixed)\b"
)
# "Some of the earlier plates were heated at 100 °C instead", "Samples for X-ray scattering were kept at 80 °C".
_OF_SOME = re.compile(
    r"^\W*(?:some|a few|other|earlier|samples for|films for)\b[^.;]*\b(?:instead\b(?! of)|scattering|diffraction|microscop|measure)"
)
# "For the reference devices the chuck was cold, and annealing took 10 min at 100 °C": all is of these.
_CONTROL_INSIDE = re.compile(r"°c ?\((?:for |of )?(?:the )?(?:controls?|references?)\b")
_FOR_CONTROLS = re.compile(
    r"\W*(?:for|in|on|with|as for|in the case of) (?:the |our )?(?:controls?|references?|comparison) (?:cells|devices|samples|films|ones)\b(?![^.;]*\btarget)"
)
_CLAUSE = re.compile(r"[;:]|, (?:while|whereas|and|but)\b|\b(?:while|whereas)\b|\. ")


def share_out(document, found, new, stages, sentence, others: bool = False) -> None:
    """Give each heat treatment to what was deposited last before it; `others`: the paragraph is on other cells."""
    for stage in stages:
        owner = _spoken_of(document, found, sentence, stage)
        before = [operation for operation in new if operation.start < stage.start]
        if before and _is_of_solution(before[-1], stage):
            continue
        if before and (owner is None or owner not in new):
            owner = before[-1]
        if owner is None and not new and _is_of_treatment(document, sentence, stage):
            continue
        if owner is None and found and not new:
            owner = found[-1] if _is_on(document, found[-1], sentence) else None
        if owner is None and new and not before:
            owner = _made_before(document, found, new, stage, sentence)
        if (
            owner is not None
            and owner.stages
            and _of_other_films(document, owner.stages[-1], stage, sentence)
        ):
            owner.control_stages.append(stage)
        elif owner is not None:
            clause = _clause_of(document, sentence, stages, stage)
            of_control = (
                others or CONTROL.search(clause) or _FOR_CONTROLS.match(document.words(sentence))
            ) and not owner.is_control
            of_control = of_control or (owner.stages and _OF_SOME.search(document.words(sentence)))
            of_control = of_control or _CONTROL_INSIDE.search(
                document.lower, stage.start, stage.end
            )
            if of_control or OF_CONTROL.match(document.lower, stage.end):
                owner.control_stages.append(stage)
            else:
                owner.stages.append(stage)


def _clause_of(document: Document, sentence: Sentence, stages, stage: Stage) -> str:
    """The words between the clause's beginning, or the heat told before, and a heat treatment."""
    ends = [other.end for other in stages if other.end <= stage.start]
    before = document.lower[max([sentence.start, *ends]) : stage.start]
    return _CLAUSE.split(OF_CONTROL.sub("", before) if ends else before)[-1]


_AFTER_HEAT = re.compile(
    r"\W*(?:then,? |subsequently,? )?(?:after|upon|following|once) (?:being |the )?(?:[\w-]+ )?(?:anneal|heat|bak|dry|dried|sinter|cur|treat)\w*\b"
)
_FILMS_HEATED = re.compile(
    r"\b(?:films?|layers?|samples?|substrates?|plates?|sheets?|foils?|webs?|laminates?|glass|stacks?|coatings?|devices|cells|they|it|which|these)\b[^.;]{0,90}\b(?:(?:post-?)?anneal|heat|bak|dried|sinter|cur|treat)\w*[^.;]{0,40}$"
)


def _made_before(document, found, new, stage, sentence) -> Operation | None:
    """ "After annealing at 100 °C for 20 min PCBM was spun": heat ahead of a deposition is of the one before it."""
    earlier = [operation for operation in found if operation not in new]
    words = document.lower[sentence.start : stage.start]
    if not earlier or not (_AFTER_HEAT.match(words) or _FILMS_HEATED.search(words)):
        return None
    told_of_film = _ALL_FILMS.search(words) and earlier[-1].is_perovskite
    farthest = _FARTHEST_OF_ALL if told_of_film else _FARTHEST_HEAT
    return earlier[-1] if sentence.number - earlier[-1].sentence.number <= farthest else None


def _is_of_solution(operation: Operation, stage: Stage) -> bool:
    """Whether an ink is heated before it is coated: "PbI2 in DMF, kept at 70 °C until clear, was spun at …"."""
    coated = operation.method in COATING and operation.sentence.start <= stage.start
    return coated and operation.start < stage.start <= operation.method_span[0]


_APPLIED = re.compile(r"\b(?:dripp|dropp|appli|dynamic|dispens|pour|treat|passivat|rins|load)")


def _is_of_treatment(document: Document, sentence: Sentence, stage: Stage) -> bool:
    """Whether a salt for the film's surface was put on it before the heat: "PEAI was dripped … and heated"."""
    salts = [item for item in items_of(document, sentence) if item.start < stage.start]
    words = document.lower[sentence.start : stage.start]
    return any(item.is_treatment for item in salts) and bool(_APPLIED.search(words))


# Behind sentences on rates, crucibles and zones: "The layer is then heated", "it is taken from the tube and heated".
_THEN_HEATED = re.compile(
    r"^\W*(?:the|this|these) (?:[\w-]+ )?(?:layers?|films?) (?:is|was|are|were) (?:then |next |finally |subsequently |afterwards )(?:heated|annealed|baked)\b"
    r"|\b(?:glass|substrates?|samples?|films?|plates?)\b[^.;]{0,30}\b(?:taken|removed|withdrawn) (?:from|out of) the (?:[\w-]+ )?(?:tube|furnace|chamber|reactor|press|oven)\b[^.;]*\b(?:heated|annealed|baked)\b"
    r"|^\W*(?:the |these |all )?(?:they|samples|films|layers|substrates|plates) (?:was|were|are) (?:then )?(?:carried|transferred|moved|brought|taken) (?:in)?to [^.;]{0,50}\band (?:then )?(?:heated|annealed|baked)\b"
)
_OF_EXCESS = re.compile(r"\b(?:excess|surplus|unreacted|residual|removal|remov\w+)\b")


def _cleans_bare_glass(words: str) -> bool:
    """Whether glass is cleaned, and not a film rinsed of what did not react."""
    return bool(CLEANS_GLASS.search(words)) and not _OF_EXCESS.search(words)


def _is_on(document: Document, operation: Operation, sentence: Sentence) -> bool:
    """Whether a sentence that names no layer heats what was deposited last, not too far before it."""
    words = document.words(sentence)
    between = document.sentences[operation.sentence.number + 1 : sentence.number + 1]
    apart = sum(
        not document.is_heading(other) and not _PREPARES.search(document.words(other))
        for other in between
    )
    if any(_cleans_bare_glass(document.words(other)) for other in between):
        return False  # it is dried
    if apart <= _NEXT and (_STAGES.search(words) or NOTE_ALONE.match(words)):
        return True
    if operation.is_perovskite and _EACH_FILM.search(words):
        return apart <= _FARTHEST_OF_EACH
    is_cold = all(stage.start >= sentence.start for stage in operation.stages)
    if operation.is_perovskite and is_cold and _THEN_HEATED.search(words):
        return apart <= _FARTHEST_OF_ALL
    # Below a heading "Slot-die coating of the perovskite" all is of this film.
    of_section = document.is_heading(operation.sentence) or _ALL_FILMS.search(words)
    farthest = _FARTHEST_OF_ALL if of_section else _FARTHEST_HEAT
    return bool(_FILM.search(words)) and apart <= farthest


_OTHER_FILMS = re.compile(
    r"[,;]\s+(?:and |while |whereas |but )?(?:(?:films?|layers?|those|samples?|cells?|devices?|the \w+ ones?)\b|[A-Z][\w-]{1,12}\s+(?:films?|layers?|samples?|cells?|ones)\b)"
)


# "irrespective of composition, save for FAPbI3, which required 150 °C for 20 min"
_EXCEPTED = re.compile(
    r"(?:\b(?:save (?:for|in|on|where|when)|except(?:ing)?|apart from|other than|but for|with the exception of|unlike)\b|, (?:while|whereas|but) (?:on|for|in) )[^.;]*$"
)
# "at 130 °C for 20 min (rigid) or at 110 °C for 40 min (flexible)"
_OF_SORT = re.compile(
    r"\s*(?:\((?:for |on )?(?:the )?[^()\d]{3,30}\)|(?:for|on) (?:the )?(?:rigid|flexible|glass|pen|pet|foils?|plastic|small|large)[\w ]*),? (?:or|and|but|while)\b"
)
_OF_SORT_BEHIND = re.compile(
    r"\s*(?:\((?:for |on )?(?:the )?[^()\d]{3,30}\)|(?:for|on) (?:the )?(?:rigid|flexible|glass|pen|pet|foils?|plastic|small|large)\b)"
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
    lower = between.lower()
    return bool(
        _OTHER_FILMS.search(between)
        or _EXCEPTED.search(lower)
        or (_OF_SORT.match(lower) and _OF_SORT_BEHIND.match(behind))
        or in_parentheses
    )


# "It seeped through the carbon into the spacer, and the cells were dried at 50 °C": of what was deposited last.
_OWN_SUBJECT = re.compile(
    r"(?:, and|;|, before|, after which) (?:then )?(?:the |all |these |each )?(?:cells?|devices?|stacks?) (?:was|were) "
)
_WET = re.compile(r"\b(?:wet|precursor|intermediate|as-cast|as-coated|dark brown|black) films?\b")


def _spoken_of(document, found, sentence, stage) -> Operation | None:
    """The operation whose layer the words before the heat name: "the perovskite film was annealed"."""
    cells = list(_OWN_SUBJECT.finditer(document.lower, sentence.start, stage.start))
    first = cells[-1].end() if cells else sentence.start
    items = [item for item in items_of(document, sentence) if first <= item.start < stage.start]
    if not items and _WET.search(document.lower, sentence.start, stage.start):
        return next((o for o in reversed(found) if o.is_perovskite), None)
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

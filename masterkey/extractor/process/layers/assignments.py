"""What of a sentence each of its methods deposited."""

import re
from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter

from masterkey.extractor.process.layers.items import (
    LEAD,
    MONOLAYER,
    OF_PEROVSKITE,
    ORGANIC,
    PEROVSKITE,
    Item,
    items_of,
)
from masterkey.extractor.process.layers.operation import Operation, operation_of
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.methods import MethodMention
from masterkey.extractor.process.text.names import NEW_WEIGHT
from masterkey.extractor.process.text.sorts import is_of_sort


def operations_by(
    method: MethodMention, own: list[Item], sentence: Sentence, document: Document
) -> list[Operation]:
    perovskite = _without_purpose([i for i in own if i.name in OF_PEROVSKITE], sentence, document)
    treatments = [item for item in own if item.is_treatment and not _is_additive(item, document)]
    layers = [
        item
        for item in own
        if item.is_layer and not (perovskite and _is_in_its_ink(item, document))
    ]
    if all(MONOLAYER.search(item.name) for item in layers):  # compared: the target's
        layers = [i for i in layers if not is_of_sort(document, sentence, i.start)] or layers
    found = []
    names = {item.name for item in perovskite}
    if {LEAD, PEROVSKITE} <= names or {
        LEAD,
        ORGANIC,
    } <= names:  # the ink's salts, one of which also serves to treat films
        treatments = []
    if perovskite and not treatments:
        whole = PEROVSKITE in names or {LEAD, ORGANIC} <= names
        found.append(
            operation_of(
                [PEROVSKITE] if whole else sorted(names), method, sentence, spans_of(perovskite[:1])
            )
        )
    if layers:
        found.append(
            operation_of(
                coordinated(layers, sentence, document), method, sentence, spans_of(layers)
            )
        )
    if treatments:
        found.append(
            operation_of([item.name for item in treatments], method, sentence, spans_of(treatments))
        )
        found[-1].is_treatment = True
    return found


# "For the two-step growth of MAPbI3, PbI2 was spin-coated": what the film is to become.
_PURPOSE = re.compile(
    r"\W*(?:next, |then, )?(?:for|to|in order to) (?:the )?(?:[\w-]+ ){0,2}?(?:grow|form|prepar|deposit|fabricat|synthes|conver|mak|obtain|produc|realiz|realis|creat)\w*(?: of)? (?:the |an? )?(?:[\w-]+ )?$"
)
_SALTS_WITHIN = 5  # sentences behind the lead salt's in which the other salts are coated


def _without_purpose(items: list[Item], sentence: Sentence, document: Document) -> list[Item]:
    """Without the perovskite where a lead salt alone is coated for it, and the other salts are told behind."""
    names = {item.name for item in items}
    if names != {PEROVSKITE, LEAD}:
        return items
    first = next(item for item in items if item.name == PEROVSKITE)
    if not _PURPOSE.fullmatch(document.lower, sentence.start, first.start):
        return items
    behind = document.sentences[sentence.number + 1 : sentence.number + 1 + _SALTS_WITHIN]
    told = [{item.name for item in items_of(document, s)} for s in behind]
    follows = any(ORGANIC in own and LEAD not in own for own in told)
    return [item for item in items if item.name != PEROVSKITE] if follows else items


_MIXED = re.compile(
    r"\b(?:mixtures?|mixed|blends?|co-?adsorb\w*)\b[^.;]{0,30}$|\bmixed (?:sams?|monolayers?|self-assembled)\b[^.;]{0,90}$"
)


# "A/B mixture", "A and B mixed", "A:B blend"; "A and B (1:1, 0.5 mg/mL)"
_JOINED = re.compile(r"(?: ?\([^()]{1,30}\))?\s?(?:[/:+]|and|with)\s?")
_MIXED_BETWEEN = re.compile(
    r"[^.;]{0,40}\b(?:mixed|blended|co-?adsorbed|co-?assembled|combined) with (?:[\d.]+ \w+%? (?:of )?)?"
    r"|(?:[^.;]|\.\d){0,80}\btogether with (?:an? |the )?(?:co-?ad?sorbent,? )?"
)
_MIXED_BEHIND = re.compile(
    r"\s?(?:\([^()]{0,30}\) )?(?:mixtures?|mixed|blends?|co-?adsor|solution)|,?\s?\(?\d+(?:\.\d+)?\s?[:/]\s?\d"
    # "A and B were mixed 1:3 in ethanol and blade-coated"
    r"|\s?(?:\([^()]{0,30}\) )?(?:was|were) (?:first |then |jointly )?(?:mixed|blended|combined|co-?dissolved|co-?deposited|co-?adsorbed)\b"
)


def coordinated(layers: list[Item], sentence: Sentence, document: Document) -> list[str]:
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
    start = document.lower[max(sentence.start, layers[0].start - 110) : layers[0].start]
    behind = document.lower[layers[-1].end : layers[-1].end + 30]
    joined = len(layers) == 2 and _JOINED.fullmatch(between[0])
    if len(layers) == 2 and _MIXED_BETWEEN.fullmatch(between[0]):
        return ["; ".join(names)]
    if len(names) == 2 and (_MIXED.search(start) or (joined and _MIXED_BEHIND.match(behind))):
        return ["; ".join(names)]
    if all(map(MONOLAYER.search, names)) and not _ONE_ON_ANOTHER.search(between[0]):
        return names[:1]  # monolayers that are compared
    return names


_ONE_ON_ANOTHER = re.compile(r"\b(?:then|followed|after|subsequent\w*|on top)\b")


def spans_of(items: list[Item]) -> list[tuple[int, int]]:
    return [(item.start, item.end) for item in items]


def _is_of_brackets(document: Document, item: Item, method: MethodMention) -> bool:
    """ "PCBM (20 mg/mL, spin-coated), BCP (0.5 mg/mL, spin-coated)": told in the brackets of its own."""
    opened = document.lower[item.end : item.end + 2].strip() == "("
    return opened and method.end <= document.lower.find(")", item.end, item.end + 80)


_SPEEDS = ("rpm", "r.p.m")
_OF_SPEED = 160  # characters from a coating to the speed of its own


def without_echoes(
    methods: list[MethodMention], items: list[Item], document: Document
) -> list[MethodMention]:
    """Of "spin-coated at 3000 rpm" the first; the organic salt's coating is none of the lead film's."""
    kept: list[MethodMention] = []
    for method in methods:
        apart = method.start - kept[-1].end if kept else 0
        is_speed = document.lower[method.start : method.end] in _SPEEDS
        is_echo = kept and kept[-1].name == method.name and apart <= (_OF_SPEED if is_speed else 60)
        between = [i for i in items if kept and kept[-1].end < i.start < method.start]
        # "2PACz, spin-coated; Device 3: PTAA, spin-coated"
        is_apart = is_echo and ";" in document.lower[kept[-1].end : method.start]
        # "PCBM was spin-coated, PEIE was spin-coated on it, and Ag was evaporated"
        own = any(
            i.is_layer
            and (_ITS_VERB.match(document.lower, i.end) or _is_of_brackets(document, i, method))
            for i in between
        )
        other = any(i.name == ORGANIC or (is_apart and i.is_layer) for i in between)
        if not is_echo or own or other:
            kept.append(method)
    return kept


def method_of(item: Item, methods: list[MethodMention], document: Document) -> int:
    """The method that most likely deposits an item: the nearest, one behind it before one in front.

    `methods` in the order of the text; only those that may be nearer than the best so far are looked at.
    """
    lower, nearest = document.lower, (float("inf"), 0)
    told_behind = 40 if _ITS_VERB.match(lower, item.end) else 0
    behind = bisect_left(methods, item.end, key=attrgetter("start"))
    for n in range(behind, len(methods)):
        between = lower[item.end : methods[n].start]
        if item.name == PEROVSKITE:  # its amounts stand in brackets
            between = _IN_BRACKETS.sub("", between)
        if len(between) > nearest[0]:
            break
        nearest = min(nearest, (len(between) + _pauses(between), n))
    for n in reversed(range(behind)):
        between = lower[methods[n].end : item.start]
        if len(between) * 1.1 > nearest[0]:
            break
        own = _ITS_OWN.match(between)
        in_front = 0 if own and not _NEXT_OF_LIST.search(between) else 12 + told_behind
        nearest = min(nearest, (len(between) * 1.1 + in_front + _pauses(between), n))
    return nearest[1]


_IN_BRACKETS = re.compile(r"\([^()]{0,150}\)")


def _pauses(between: str) -> int:
    return 60 * len(_PAUSE.findall(between))


# "C60 was evaporated, SnO2 (15 nm) was grown by ALD": what was done with it stands behind.
_ITS_VERB = re.compile(
    r"\s*(?:\([^()]{0,40}\)\s*)?(?:(?:layer|film|grid|electrode|contact|finger|frame|buffer|interlayer)s? )?"
    r"(?:(?:of|with) (?:about )?[\d.]+ ?[nµμ]m (?:thick(?:ness)? )?)?(?:was|were|is|are)\b"
)
_PAUSE = re.compile(r";|, followed by|, after which|\bbefore\b|, and then")
_NEXT_OF_LIST = re.compile(r", [\d.]+ ?[nµμ]m ")  # "after evaporating 20 nm C60, 25 nm SnO2"
_ITS_OWN = re.compile(r"\s*(?:of\b|the\b|\w{0,3}\s?nm|\()")


_SHARE_BEFORE = re.compile(
    r"\b\d+(?:\.\d+)? ?(?:mol|wt|at)?\.? ?% (?:of )?(?:[a-z\d][\w,'-]* ){0,4}\(?$"
)


# "… precursor in GBL with 5-AVAI (4 mol%) was drop-cast", "an ink that contained PEAI (2 mol%)"
_PUT_INTO = re.compile(
    r"\b(?:precursors?|inks?|solutions?|\w*pb[\w()]*|\w*sn\w*)(?![\w])[^.;]{0,60}\b(?:with|containing|contain(?:s|ed)|includ(?:ing|ed)|plus|and) (?:the )?(?:additive )?$"
)
# "(1.7 M FAPbI3 + 3 mg/mL of XYZI) in DMF:DMSO was spin-coated"
_IN_INK = re.compile(r"\)*,? (?:dissolved )?in (?:anhydrous |dry )?(?:dmf|dmso|gbl|nmp)\b")
# "a MAPbI3 solution with 5-AVAI", "MAPbI3 with 5-AVA in GBL"
_IN_ITS_INK = re.compile(
    r"(?:(?:perovskite|(?:ma|fa|cs|nh3|\))pb[\w()]*) (?:precursor )?(?:solutions?|inks?|precursors?)|(?:ma|fa|cs|nh3|\))pb[\w()]*) (?:with|containing|plus) $"
    # "The FAPbI3 precursor in DMF, to which MeO-2PACz had been added"
    r"|(?:perovskite|(?:ma|fa|cs|nh3|\))pb[\w()]*)(?:[^.;]|\.\d){0,60}, to which (?:[\d.]+ ?\S{1,6} (?:of )?)?$"
    # "A solution of PbI2 (1.3 M, DMF/DMSO = 9/1) containing TMTA"
    r"|\b(?:solutions?|inks?|precursors?) of (?:pb|sn|lead|tin)(?:[^.;]|\.\d){0,70} (?:containing|that (?:contain|held|hold|includ)\w*) (?:[\d.]+ ?\S{1,6} (?:of )?)?$"
)


def _is_in_its_ink(item: Item, document: Document) -> bool:
    return bool(_IN_ITS_INK.search(document.lower, max(item.start - 110, 0), item.start))


_SHARE_BEHIND = re.compile(
    r"[ -]?(?:as (?:an )?additive|\((?:[^()]{0,30}[ ,;])?\d+(?:\.\d+)? ?(?:mol|wt|at)\.? ?%)"
)


def _is_additive(item: Item, document: Document) -> bool:
    """ "MAPbI3 with 5 mol% 5-AVAI", "MAPbI3 ink with 5-AVAI (4 mol%)": what is in the ink treats no film."""
    if _SHARE_BEFORE.search(document.lower, max(item.start - 70, 0), item.start):
        return True
    if _is_in_its_ink(item, document) or _IN_INK.match(document.lower, item.end):
        return True
    return bool(
        _SHARE_BEHIND.match(document.lower, item.end)
        and _PUT_INTO.search(document.lower, max(item.start - 110, 0), item.start)
    )


def by_sort(document: Document, sentence: Sentence, operation: Operation) -> list[Operation]:
    """One operation for the target's layers and one for each other's, where a sentence tells of several sorts by one method."""
    if not 1 < len(operation.names) == len(operation.spans):
        return [operation]
    of_others = [is_of_sort(document, sentence, start) for start, _ in operation.spans]
    if len(set(of_others)) == 1:
        return [operation]
    told = list(zip(operation.names, operation.spans, of_others, strict=True))
    names, spans = zip(*((name, span) for name, span, other in told if not other), strict=True)
    others = [
        replace(operation, names=[name], spans=[span], start=span[0])
        for name, span, other in told
        if other
    ]
    return [replace(operation, names=list(names), spans=list(spans)), *others]

"""What of a sentence each of its methods deposited."""

import re
from bisect import bisect_left
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
from masterkey.extractor.process.text.methods import GENERIC, MethodMention
from masterkey.extractor.process.text.names import NEW_WEIGHT


def operations_by(
    method: MethodMention, own: list[Item], sentence: Sentence, document: Document
) -> list[Operation]:
    perovskite = _without_purpose([i for i in own if i.name in OF_PEROVSKITE], sentence, document)
    treatments = [item for item in own if item.is_treatment and not _is_additive(item, document)]
    layers = [item for item in own if item.is_layer]
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


_MIXED = re.compile(r"\b(?:mixtures?|mixed|blends?|co-?adsorb\w*)\b[^.;]{0,30}$")


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
    start = document.lower[max(sentence.start, layers[0].start - 60) : layers[0].start]
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


def without_echoes(
    methods: list[MethodMention], items: list[Item], document: Document
) -> list[MethodMention]:
    """Of "spin-coated at 3000 rpm" the first; the organic salt's coating is none of the lead film's."""
    kept: list[MethodMention] = []
    for method in methods:
        is_echo = kept and kept[-1].name == method.name and method.start - kept[-1].end <= 60
        between = [i for i in items if kept and kept[-1].end < i.start < method.start]
        # "2PACz, spin-coated; Device 3: PTAA, spin-coated"
        apart = is_echo and ";" in document.lower[kept[-1].end : method.start]
        # "PCBM was spin-coated, PEIE was spin-coated on it, and Ag was evaporated"
        own = any(i.is_layer and _ITS_VERB.match(document.lower, i.end) for i in between)
        other = any(i.name == ORGANIC or (apart and i.is_layer) for i in between)
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
        in_front = 0 if _ITS_OWN.match(between) else 12 + told_behind
        nearest = min(nearest, (len(between) * 1.1 + in_front + _pauses(between), n))
    return nearest[1]


_IN_BRACKETS = re.compile(r"\([^()]{0,150}\)")


def _pauses(between: str) -> int:
    return 60 * len(_PAUSE.findall(between))


# "C60 was evaporated, SnO2 (15 nm) was grown by ALD": what was done with it stands behind.
_ITS_VERB = re.compile(r"\s*(?:\([^()]{0,40}\)\s*)?(?:layer |film )?(?:was|were|is|are)\b")
_PAUSE = re.compile(r";|, followed by|, after which|\bbefore\b|, and then")
_ITS_OWN = re.compile(r"\s*(?:of|the|\w{0,3}\s?nm|\()")


_SHARE_BEFORE = re.compile(
    r"\b\d+(?:\.\d+)? ?(?:mol|wt|at)?\.? ?% (?:of )?(?:[a-z\d][\w,'-]* ){0,4}\(?$"
)


# "… precursor in GBL with 5-AVAI (4 mol%) was drop-cast", "an ink that contained PEAI (2 mol%)"
_PUT_INTO = re.compile(
    r"\b(?:precursors?|inks?|solutions?|\w*pb[\w()]*|\w*sn\w*)(?![\w])[^.;]{0,60}\b(?:with|containing|contain(?:s|ed)|includ(?:ing|ed)|plus|and) (?:the )?(?:additive )?$"
)
# "(1.7 M FAPbI3 + 3 mg/mL of XYZI) in DMF:DMSO was spin-coated"
_IN_INK = re.compile(r"\)*,? (?:dissolved )?in (?:anhydrous |dry )?(?:dmf|dmso|gbl|nmp)\b")
_SHARE_BEHIND = re.compile(
    r"[ -]?(?:as (?:an )?additive|\((?:[^()]{0,30}[ ,;])?\d+(?:\.\d+)? ?(?:mol|wt|at)\.? ?%)"
)


def _is_additive(item: Item, document: Document) -> bool:
    """ "MAPbI3 with 5 mol% 5-AVAI", "MAPbI3 ink with 5-AVAI (4 mol%)": what is in the ink treats no film."""
    if _SHARE_BEFORE.search(document.lower, max(item.start - 70, 0), item.start):
        return True
    if _IN_INK.match(document.lower, item.end):
        return True
    return bool(
        _SHARE_BEHIND.match(document.lower, item.end)
        and _PUT_INTO.search(document.lower, max(item.start - 110, 0), item.start)
    )


_LAYER_WORD = re.compile(
    r"\s*(?:layers?|films?|electrodes?|contacts?)?(?: on (?:it|top|this|that|these))?\s*"
)


def in_brackets(
    document: Document, sentence: Sentence, items: list[Item], methods
) -> dict[int, int]:
    """Start of an item → number of the method told in brackets behind it: "NiO (e-beam evaporated) | perovskite | PCBM".

    Where no method stands outside of brackets, items behind such brackets get -1: nothing is said of them.
    """
    lower, own, ends = document.lower, {}, []
    for n, method in enumerate(methods):
        if not is_in_brackets(lower, sentence, method):
            continue
        opened = lower.rfind("(", sentence.start, method.start)
        before = bisect_left(items, opened, key=attrgetter("start")) - 1
        if before >= 0 and _LAYER_WORD.fullmatch(lower, items[before].end, opened):
            own.setdefault(items[before].start, n)
            ends.append(lower.find(")", method.end))
    told = [m for m in document.inside(document.methods, sentence) if m.name not in GENERIC]
    if ends and all(is_in_brackets(lower, sentence, method) for method in told):
        last = min(ends)
        own |= {
            item.start: -1 for item in items if 0 <= last < item.start and item.start not in own
        }
    return own


def is_in_brackets(lower: str, sentence: Sentence, method: MethodMention) -> bool:
    """Whether a method is told in brackets, as of what stands before them: "on FTO/SnO2 (ALD) the ink was spun"."""
    opened = lower.rfind("(", sentence.start, method.start)
    return opened >= 0 and ")" not in lower[opened : method.start]


def former_and_latter(document, sentence, items: list[Item], methods) -> dict[int, int]:
    """Start of an item → number of its method, where the sentence says "the former was …, the latter …"."""
    words = document.words(sentence)
    former, latter = words.find("the former"), words.find("the latter")
    if former < 0 or latter < 0:
        return {}
    places = sorted((sentence.start + former, sentence.start + latter))
    two = [item for item in items if item.start < places[0]][-2:]
    if len(two) < 2:
        return {}
    told = {}
    for item, place in zip(two, (sentence.start + former, sentence.start + latter), strict=True):
        end = min((p for p in places if p > place), default=sentence.end)
        behind = [n for n, method in enumerate(methods) if place < method.start < end]
        if behind:
            told[item.start] = behind[0]
    return told

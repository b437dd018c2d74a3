"""Where labels stand in a sentence, before what is told of them or behind it, and what all of them share (issue 14)."""

import re
from itertools import pairwise

from masterkey.extractor.process.text.document import Document

VERB = re.compile(r"\b(?:was|were|is|are|has|had|have|kept|keep|retained|gave|received|got|used)\b")
BRACKETS = re.compile(r"\([^()]*\)")
_CONTENT = re.compile(r"\d")


def stand_last(document: Document, start: int, end: int, groups) -> bool:
    """Whether labels stand behind what is told of them: "PTAA for A and 2PACz for B"."""
    words = document.lower
    named = [m.start for m in document.mentions if start <= m.start < end and m.roles]
    head, tail = words[start : groups[0][0]], words[groups[-1][1] : end]
    gaps = [(start, groups[0][0]), *((a[1], b[0]) for a, b in pairwise(groups))]
    in_each = [any(a <= n < b for n in named) for a, b in gaps]
    if all(in_each) and not any(n >= groups[-1][1] for n in named) and tail.startswith(", all "):
        return True
    return bool(
        (
            in_each[0]
            or any(start <= m.start < groups[0][0] for m in document.mentions)
            or _CONTENT.search(head)
        )
        and len(tail.strip(" .,;:)(")) < 25
        and not tail.strip(" )").startswith(":")
        and "%" not in tail
    )


_SHARED_VERB = re.compile(r"\)?(?: (?:cells|devices|films|samples))?,? (?:was|were) \w")


def share_verb(words: str, start: int, end: int, groups) -> bool:
    """Whether one verb behind all labels is of all that stands before them: "with A for B and with C for D, was spun"."""
    last = groups[-1][1]
    return bool(_SHARED_VERB.match(words, last, end)) and not VERB.search(words, start, last)


_HEAD = re.compile(
    r"(?:[^.;]|\.(?=\d))*?\b(?:was|were|had|has|have|got|received|contained|retained|kept)(?: [\w-]+ed\b)?:? "
)


# "C60 was evaporated, followed by BCP for A or SnO2 for B"
_NEXT_STEP = re.compile(r"\b(?:followed by|and then|, then) (?:an? |the )?")


def behind_verb(words: str, start: int, first: int) -> int:
    """Behind the subject and the verb that several clauses share: "The films were annealed at 130 °C for B and …"."""
    match = _HEAD.match(words, start, first)
    begin = match.end() if match else start
    next_steps = list(_NEXT_STEP.finditer(words, begin, first))
    return next_steps[-1].end() if next_steps else begin


_WITH = re.compile(r"(?:,? )\b(?=(?:with|from|using|of|in|containing) )")


def behind_preposition(words: str, start: int, first: int) -> int:
    """Before the last preposition of what the first label is of."""
    head = BRACKETS.sub(lambda m: "_" * len(m[0]), words[start:first])
    found = [match.start() for match in _WITH.finditer(head)]
    return start + found[-1] if found else start


def start_of_first(words: str, start: int, first: int) -> int:
    """Behind what is said of all before the first label: "After 1000 h, A retained"."""
    before = re.search(r"(?:\b(?:for|in|of|on|with) )?(?:the )?(?:\w+ )?$", words[start:first])
    return start + before.start() if before and first - start > 12 else start


_OF_ALL = re.compile(r"\d(?: ?%)?(?= of (?:the|their|its|this)\b)")


def end_of_last(words: str, last: int, end: int) -> int:
    """Before what is said of all behind the last value: "C 97% of the initial efficiency"."""
    match = _OF_ALL.search(words, last, end)
    return match.end() if match else end

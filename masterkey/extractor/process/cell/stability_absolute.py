"""Efficiencies of an ageing test that are told by their place beside what was left, or at the end of it (issue 14)."""

import re
from dataclasses import replace
from itertools import pairwise

from masterkey.extractor.process.cell.stability_records import Reading, Test
from masterkey.extractor.process.cell.stability_terms import PERCENT, UNCHANGED
from masterkey.extractor.process.text.document import Document

_HIGHEST_PCE = 45.0  # %
_LARGEST_GAIN = 1.15  # of the initial efficiency; more is no efficiency at the end
_NUMBER = r"\d+(?:\.\d+)?"

# "The normalised PCE was 0.93", "0.9 of the initial efficiency"
NORMALISED = re.compile(
    r"(?:\bnormali[sz]ed|\brelative (?:pce|efficiency|performance|power))\b[^.;%]{0,90}?(?:: |\b(?:was|were|is|of|at|to|reached|remained|stayed|stood|above|below|about|had|with|read)\s)(?:about |still )*(?P<n>0\.\d{1,3}|1\.00?)(?!\.?\d)(?!\s?(?:%|v\b|m?a\b|cm|mm|nm|suns?\b|m\b|h\b|°))"
    r"|\b(?:pce|η|eta|p) ?/ ?(?:pce|η|eta|p)_?\(?0\)?[^.;%]{0,20}?(?P<n3>0\.\d{1,3})(?!\.?\d)"
    r"|(?<![\d.])(?P<n2>0\.\d{1,3}) (?:times |of )(?:the |its |their )(?:initial|original|starting|first)\b"
)
# Between what was left and the efficiency that it is of: "96% of their PCE (22.4%)", "97% of the value at first, 11.6%".
_OF_WHAT = re.compile(
    r"\)?\s*(?:(?:of|from) (?:[\w=-]+ ){0,9}?[\w-]+\s?)?(?:\(|, |(?<= )of |(?<=of )(?:its|their) )(?:initially |initial |i\.e\. |that is |which (?:was|were|is|had been|amounted to|came to|had amounted to|averaged) |relative,? |absolute,? |from |of |being |about |~ ?|averag\w+ |mean |pce |= ?)*"
)
_NOT_OF_WHAT = re.compile(
    r"\b(?:after|and|while|whereas|but|within|for|over|in|control|reference|rh)\b|humid"
)
_MORE = re.compile(
    r"\s*(?:in |of )?(?:relative|higher|lower|more|less|better|above|below|rh\b|r\.h|humid|loss|degrad|drop|decreas|decay)"
)
# "12.1%, stood at 97% of this", "from 19.4% to 89% of this value"
OF_THIS = re.compile(
    r"\)?\s*(?:of|from) (?:this|that|it|these|those|the same)(?: (?:value|efficiency|pce|figure|level|output|power)s?)?\b(?! \w*(?:initial|control|reference))"
)
# "For A it was 20.1% at first. It was 89% of this after 500 h": of the sentence before.
_POINTS_BACK = re.compile(
    r"\W*(?:then |later )?(?:it|they|this|these|the (?:value|efficiency|pce|cells?|devices?))(?: still)? (?:was|were|had|kept|retained|stood at|ended at|held)(?: (?:still|about|only))* $"
)
_PERIOD = rf"(?:{_NUMBER}|[\d,]+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|a)[ -](?:(?:full|long|further|more) )?(?:h\b|hours?|d\b|days?|weeks?|months?|years?)"
_AT_END_BEHIND = re.compile(
    rf"\s*(?:\([^()]{{0,25}}\))?,?\s*(?:after (?:a further |a total of |another |about |these |the )*(?:{_PERIOD}|ag(?:e?ing)|test|storage|exposure|tracking)|at (?:the|its) end|in the end|by the end|when (?:it|they|the (?:test|experiment|measurement|tracking))(?: had| was| were)? (?:ended|stopped|over|finished)|in (?:day|week|month) \d+|(?:then )?\((?:fresh|initial(?:ly)?|before|at the start|from|down from|start)\b|(?:was |were )?(?:left|remaining)\b|on the last day|on day (?![01]\b)\d+|at {_PERIOD})"
)
_ABOUT = r"(?:only |just |about |around |still |at |some |~ ?|≈ ?)*"
_AT_END_BEFORE = re.compile(
    rf"(?:\bended (?:up )?(?:with|at)|\b(?:was|were) still|\bstill (?:delivered|gave|reached|showed|had|have|were|was|yielded|produced|at)|(?:dropp?\w*|fell|fallen|declin\w*|decreas\w*|degrad\w*|decay\w*|sank|sunk|went|down|came|changed)(?: \w+)? to|\bat the end(?: of [\w ]{{3,25}})?,? (?:[\w-]+ ){{0,4}}?(?:was|were|amounted to|it was)|\bamounted to|(?:,|;| and) (?:after(?:wards| (?:the )?(?:tests?|storage|ag(?:e?ing)|exposure))?|at (?:the )?end|in the end|finally)(?: it was)?:?)\s{_ABOUT}$"
    rf"|\b(?:in|on|after|at|by) (?:day|week|month) \d+[^%;]{{0,40}}\b(?:was|were|had|gave|showed)\s{_ABOUT}$"
    rf"|\b(?:at|after) {_PERIOD},? (?:it was )?{_ABOUT}$"
    rf"|\b(?:after which|whereupon|at which point|by which time|by then|thereafter)\b[^%;]{{0,40}}\s{_ABOUT}$"
    rf"|\b(?:after|for|over) [^%;]{{0,15}}{_PERIOD}[^%;]{{0,60}}(?:, |: |\b(?:was|were|stood at|measured|delivered|gave|showed|had|reached|amounted to)\s){_ABOUT}(?:an? (?:\w+ )?(?:efficiency|pce) of )?$"
)


def told_by_place(words: str, percents: list[re.Match], kept: list[re.Match]):
    """(match, whether it is an initial efficiency, else one at the end) for each that its place tells.

    `percents`: those of a sentence on which the words beside them are silent; `kept`: those of what was left.
    """
    found = []
    percents = [match for match in percents if 0.1 <= float(match["n"]) <= _HIGHEST_PCE]
    initials = {id(match) for match in _of_what(words, percents, kept)}
    initials |= {id(match) for match in _of_this(words, percents, kept)}
    initials |= {id(match) for match in _of_cells(words, percents, kept)}
    for match in percents:
        if id(match) in initials:
            found.append((match, True))
        elif is_final(words, match):
            found.append((match, False))
    return found


def _of_what(words: str, percents: list[re.Match], kept: list[re.Match]):
    """Efficiencies that stand behind what was left of them."""
    ordered = sorted([*percents, *kept], key=re.Match.start)
    for before, match in pairwise(ordered):
        between = words[before.end() : match.start()]
        if before in kept and match in percents and _OF_WHAT.fullmatch(between):
            said = _NOT_OF_WHAT.search(between) or _MORE.match(words, match.end())
            if not said:
                yield match


def _of_this(words: str, percents: list[re.Match], kept: list[re.Match]):
    """Efficiencies to which "of this value" behind what was left points back."""
    for one in kept:
        if OF_THIS.match(words, one.end()):
            before = [match for match in percents if match.start() < one.start()]
            between = [other for other in kept if other.start() < one.start()]
            if before and not (between and between[-1].start() > before[-1].start()):
                yield before[-1]


# "lost a tenth of its efficiency of 18.1%", "the champion module (18.5%) retained"
_ITS_EFFICIENCY = re.compile(
    r"\b(?:its|their) (?:\w+ )?(?:efficienc(?:y|ies)|pces?|performance|power|output) of (?:about )?$"
)
_NO_CHANGE = re.compile(
    r"\bno (?:\w+ )?changes? (?:in|of) (?:the |their |its )?(?:\w+ )?(?:efficienc(?:y|ies)|pces?) of (?:about )?$"
)
_OF_CELLS = re.compile(r"\b(?:cells?|devices?|modules?|tandems?|pscs?) \((?:pce )?$")


def _of_cells(words: str, percents: list[re.Match], kept: list[re.Match]):
    """Efficiencies behind the cells whose loss a sentence tells."""
    for match in percents:
        before = words[max(match.start() - 50, 0) : match.start()]
        enclosed = words[match.end() : match.end() + 1] == ")"
        ahead = enclosed and kept and kept[-1].start() > match.start()
        same = enclosed and UNCHANGED.search(before) and before.endswith("(")
        if (
            _ITS_EFFICIENCY.search(before)
            or _NO_CHANGE.search(before)
            or same
            or (ahead and _OF_CELLS.search(before))
        ):
            yield match


def shared(words: str, percents: list[re.Match], kept: list[re.Match]) -> list[re.Match]:
    """Percentages of what was left, said behind the last of them: "target 90%, control 42% of the initial PCE"."""
    found, ordered = [], sorted([*percents, *kept], key=re.Match.start)
    for match, behind in reversed(list(pairwise(ordered))):
        told = behind in kept or behind in found
        between = words[match.end() : behind.start()]
        if (
            told
            and match in percents
            and float(match["n"]) > _HIGHEST_PCE
            and _LISTED.fullmatch(between)
        ):
            found.append(match)
    return found


# Between "90%" and "42%" in a list of kinds of cells.
_LISTED = re.compile(
    r"\s?(?:\([^()%]{0,40}\))?(?:,|;| and| versus| against| or)+ (?:(?!rh\b|relative|humid)[\w/+-]+,? ){0,5}\(?"
)


def is_of_this(before: str, behind: str) -> bool:
    """Whether what stands around a percentage says that it is of an efficiency told before: "12.1%, stood at 97% of this"."""
    told = PERCENT.search(before) or _POINTS_BACK.match(before)
    return bool(told and OF_THIS.match(behind))


def is_final(words: str, match: re.Match) -> bool:
    """Whether a percentage is told as the efficiency at the end of a test."""
    behind = _AT_END_BEHIND.match(words, match.end())
    return bool(behind or _AT_END_BEFORE.search(words[max(match.start() - 120, 0) : match.start()]))


_EARLY = re.compile(r"\b(?:after|within|in) (?:only|just|merely|no more than|as little as) $")


def is_early_end(document: Document, outcome: Reading, duration: Reading) -> bool:
    """Whether another clause tells after how short a time its own cells had failed: "…; C fell to 5% after only 120 h"."""
    before = document.lower[max(duration.start - 30, 0) : duration.start]
    between = document.lower[outcome.end : duration.start]
    return ";" in between and bool(_EARLY.search(before))


def with_ratio(test: Test) -> Test:
    """A test with what was left, where it tells only the efficiencies at the start and at the end, or "no loss"."""
    for final in test.finals if not test.outcomes else ():
        begun = [reading for reading in test.initials if reading.control == final.control]
        if begun and final.value <= _LARGEST_GAIN * max(reading.value for reading in begun):
            first = min(begun, key=lambda reading: abs(reading.start - final.start))
            ratio = round(100 * final.value / first.value)
            test.outcomes.append(replace(final, value=float(ratio)))
    return test

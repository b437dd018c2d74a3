"""Which percentages of a sentence on an ageing test are what was left, and which an initial efficiency (issue 14)."""

import re
from dataclasses import replace
from functools import lru_cache

from masterkey.extractor.process.cell import stability_terms as terms
from masterkey.extractor.process.cell.stability_absolute import (
    NORMALISED,
    is_final,
    is_of_this,
    shared,
    told_by_place,
)
from masterkey.extractor.process.cell.stability_lifetimes import read_lifetimes
from masterkey.extractor.process.cell.stability_records import Reading, Test, inside

_HIGHEST_PCE, _HIGHEST_LEFT = 45.0, 150.0
# In notes: "91 % of 24.3 %", "1200 h: 92 % (target), 60 % (control)".
# "94% of the 14.2% of the first day"
_PERCENT_OF = re.compile(r"\d\s?% of (?:the|its|their) (?:initial |original |first )?$")
_OF_PERCENT = re.compile(r"\s*of (?:its |the |their )?(?:initial |original )?\d+(?:\.\d+)?\s?%")
# "fell from 12.6% to 88% of this value"
_FROM_BEFORE = re.compile(r"\bfrom (?:an? |the |its |their )?(?:\w+ ){0,3}$")
_TO_SHARE = re.compile(
    r" (?:at first |initially )?(?:down )?to (?:about |only |just )?\d+(?:\.\d+)?\s?% of (?:this|that|its|their|the (?:initial|original|first|start))"
)
# "fell by 5% relative, from 12.1%"
_LOST_FROM = re.compile(
    r"\b(?:fell|fallen|dropp?\w*|lost|los\w+|decreas\w*|declin\w*|degrad\w*|decay\w*|down)\b[^;%]{0,40}\d\s?%[^;%]{0,25}\bfrom (?:an? |the |about |initial |initially |its |their )*$"
)
_AFTER_HOURS = re.compile(r"\d ?(?:h|hours|d|days)\s?[:=→]\s?(?:about |ca\.? |~|>)?$")
# "from 15.9% to 14.6%, i.e. to 92%"
_THAT_IS = re.compile(
    r"\d ?%\)?,? \(?(?:i\. ?e\.|that is|which (?:is|equals|corresponds to|means)|corresponding to|equivalent to|or),? (?:to |about |~ ?)*$"
)
# "97% (cells A; initially 21.2%) and 90% (control; initially 20.3%) of that on day 1"
_BRACKETS_BEHIND = re.compile(
    r"\s*\([^()]{0,60}\)(?:(?:,| and|;)+\s?\d+(?:\.\d+)?\s?%\s*\([^()]{0,60}\))*"
)
_IN_BRACKETS = re.compile(r"\([^()]*\) ?")


def read_percents(test: Test, words: str, start: int, controls, control_first: bool) -> None:
    """Sort the percentages of a sentence into what was left and what the cells began with.

    `controls`: its [start, end) parts on the cells for comparison; `control_first`: of two kinds these are named first.
    """

    def reading(value, a, b, hours=None):
        return Reading(value, start + a, start + b, inside(a, controls), hours)

    taken = _read_ratios(test, words, reading)
    signs = "%" in words or "cent" in words
    matches = [
        match
        for match in (terms.PERCENT.finditer(words) if signs else ())
        if not inside(match.start(), taken)
    ]
    unsaid, kept = [], []
    for match in matches:
        value, is_outcome = _percent(words, match)
        # "22.1% at the start and 21.0% at the end": the start is that of the first.
        ended = not is_outcome and test.initials and is_final(words, match)
        if value is None or ended:
            unsaid.append(match)
            continue
        _add(test.outcomes if is_outcome else test.initials, reading(value, *match.span()), words, match, control_first)  # fmt: skip
        if is_outcome:
            kept.append(match)
    _tell_fallen_apart(test, words, start)
    _read_ratio_told(test, words, reading)
    _read_listed(test, words, reading)
    for match in shared(words, unsaid, kept):
        one = reading(float(match["n"]), *match.span())
        _add(test.outcomes, one, words, match, control_first)
    for match, is_initial in told_by_place(words, unsaid, kept):
        readings = test.initials if is_initial else test.finals
        readings.append(reading(float(match["n"]), *match.span()))
    if not test.outcomes:
        _read_words(test, words, reading)


_FELL = re.compile(
    r"\b(?:dropp\w*|fell|fall\w*|declin\w*|decreas\w*|degrad\w*|decay\w*|sank|sunk|deteriorat\w*|collaps\w*|los[et]\w*)\b"
)
_KEPT = re.compile(
    r"\b(?:retain\w*|preserv\w*|maintain\w*|kept|keep\w*|held|sustain\w*|conserv\w*|stayed|still)\b"
)


def _tell_fallen_apart(test: Test, words: str, start: int) -> None:
    """ "B dropped to 71%, and C preserved 96%": the fallen ones are for comparison, where nothing else says so."""
    ordered = sorted(test.outcomes, key=lambda reading: reading.start)
    if len(ordered) < 2 or any(reading.control for reading in ordered):
        return
    ends = [start, *(reading.end for reading in ordered)]
    before = [words[a - start : b.start - start] for a, b in zip(ends, ordered, strict=False)]
    fell = [bool(_FELL.search(part)) and not _KEPT.search(part) for part in before]
    kept = [bool(_KEPT.search(part)) for part in before]
    if any(fell) and any(kept) and all(a or b for a, b in zip(fell, kept, strict=True)):
        test.outcomes = [
            replace(one, control=told) for one, told in zip(ordered, fell, strict=True)
        ]


_ONE_LISTED = r"\d+(?:\.\d+)?\s?%(?:\s?\([^()%]{1,30}\))?"
_LISTED_INITIALS = re.compile(
    r"\b(?:initial|starting|original|fresh|before (?:the )?(?:test|ag|exposure|storage|experiment|treat)|at (?:the )?(?:start|beginning|outset)|at hour 0|at t ?= ?0|at first)\w*\b[^%.;]{0,60}?"
    rf"(?P<all>{_ONE_LISTED}(?:(?:, and |, | and ){_ONE_LISTED})+)"
)
_LISTED_OUTCOMES = re.compile(
    r"\bratios? (?:of|between)\b[^%;]{0,60}\b(?:after|before|initial|original|final)\b[^%;]{0,60}\b(?:was|were|is|are|amount\w* to|came to)\s"
    rf"(?P<all>{_ONE_LISTED}(?:(?:, and |, | and ){_ONE_LISTED})*)"
)


def _read_listed(test: Test, words: str, reading) -> None:
    """Initial efficiencies in the order of what a sentence before told, or each with its cells: "20%, 19% and 17%, respectively"."""
    in_order = "respectively" in words or " order" in words
    found = _LISTED_INITIALS.search(words)
    if found is None:
        return
    told = list(terms.PERCENT.finditer(words, found.start("all"), found.end("all")))
    if max(float(match["n"]) for match in told) > _HIGHEST_PCE:
        return
    each_named = found["all"].count("(") == len(told)
    if not (in_order or each_named) or (test.outcomes and not each_named):
        return
    test.initials = [reading(float(match["n"]), *match.span()) for match in told]
    if each_named and not in_order:
        controls = [
            bool(_in_own_brackets(words, match)) and _of_control(words, match, False, False)
            for match in told
        ]
        test.initials = [
            replace(one, control=of) for one, of in zip(test.initials, controls, strict=True)
        ]
    test.is_listed = in_order


def _read_ratio_told(test: Test, words: str, reading) -> None:
    """ "The ratio of the efficiency after the test to the initial one was 93% and 41%": of the cells in their order."""
    found = _LISTED_OUTCOMES.search(words) if "ratio" in words else None
    if found is None or test.outcomes:
        return
    told = terms.PERCENT.finditer(words, found.start("all"), found.end("all"))
    test.outcomes = [reading(float(match["n"]), *match.span()) for match in told]


def _add(readings: list[Reading], one: Reading, words: str, match, control_first: bool) -> None:
    readings.append(replace(one, control=_of_control(words, match, one.control, control_first)))


def _read_ratios(test: Test, words: str, reading) -> list[tuple[int, int]]:
    """Add lifetimes, fractions of 1 and "from 20% to 18%"; the places of the last in `words`."""
    read_lifetimes(test, words, reading)
    for match in NORMALISED.finditer(words) if "0." in words or "1.0" in words else ():
        value = float(match["n"] or match["n2"] or match["n3"])
        test.outcomes.append(reading(round(100 * value, 1), *match.span()))
    taken = []
    for match in terms.FROM_TO.finditer(words) if "%" in words or " from " in words else ():
        before, after = _start_and_end(words, match)
        rising = terms.RISING.search(words[max(match.start() - 60, 0) : match.start()])
        rising = rising or (after > before and terms.RISES.search(match[0]))
        if 1 <= before <= _HIGHEST_PCE and after <= before * 1.3 and not rising:
            test.outcomes.append(reading(round(100 * after / before), *match.span()))
            test.initials.append(reading(before, *match.span()))
            taken.append(match.span())
    return taken


_THEN_TO = re.compile(r"[^%;.]{0,40}(?:and|then) (?:finally |later )?to (\d+(?:\.\d+)?)\s?%")


def _start_and_end(words: str, match: re.Match) -> tuple[float, float]:
    """The efficiencies of "from 20% to 18%", "to 18% from 20%", "from 20% to 19% at first and to 18% in the end"."""
    before, after = (float(number) for number in match.groups() if number)
    if match["after5"]:
        return after, before
    later = _THEN_TO.match(words, match.end())
    return before, float(later[1]) if later else after


def _read_words(test: Test, words: str, reading) -> None:
    """Add what was left where words say it: "lost a tenth", "no degradation"; `reading` makes a Reading of a value."""
    for match in _fractions(words):
        part = next(
            n
            for words_of, n in terms.FRACTIONS.items()
            if re.fullmatch(words_of, match["part"] or match["part2"])
        )
        is_loss = (match["verb"] or match["verb2"]).startswith(
            ("los", "gone", "fell by", "dropped by")
        )
        test.outcomes.append(reading(100 - part if is_loss else part, *match.span()))
    match = terms.UNCHANGED.search(words) if not test.outcomes else None
    if match:
        # Alone, "no loss" may be of anything; behind words on a test it is what came of it.
        told = test.outcomes if test.named or test.durations else test.unchanged
        told.append(reading(100.0, *match.span()))


def _of_control(words: str, match, control: bool, control_first: bool) -> bool:
    """Whether a percentage is of the cells for comparison, given whether its clause is."""
    behind = words[match.end() : match.end() + 30]
    if terms.OF_TARGET.match(behind):
        return False
    if terms.OF_CONTROL.match(behind):
        return True
    if (said := _in_own_brackets(words, match)) is not None:
        return bool(terms.CONTROL.search(said))
    first = _partner_behind(words, match) is not None
    ahead = terms.PAIRED_BEFORE.search(words, max(match.start() - 30, 0), match.start())
    if not (first or (ahead and _alike(ahead, match))):
        return control
    # Of two values in one breath the target cells have the first, unless the others are named first.
    return first == control_first


def _in_own_brackets(words: str, match) -> str | None:
    """What stands in the brackets around or right behind a percentage, where each of several has its own; else None."""
    opened = words.rfind("(", max(match.start() - _LONGEST_BRACKET, 0), match.start())
    if opened < 0 or ")" in words[opened : match.start()]:
        behind = re.match(r"\s?\(", words[match.end() : match.end() + 2])
        opened = match.end() + behind.end() - 1 if behind else -1
    closed = words.find(")", opened, opened + _LONGEST_BRACKET) if opened >= 0 else -1
    return words[opened:closed] if closed >= 0 and _each_in_brackets(words) else None


@lru_cache(maxsize=64)
def _each_in_brackets(words: str) -> bool:
    """Whether several percentages of a sentence each have brackets that name their cells, some of them for comparison."""
    if len(_BRACKETED.findall(words)) > 1:
        return True
    return any(map(terms.CONTROL.search, _NAMED_BEHIND.findall(words)[1:]))


_LONGEST_BRACKET = 60
# "24.9% (OAI), 24.3% (BAI) and 23.2% (control)"
_NAMED_BEHIND = re.compile(r"\d\s?% (\((?!after|for|at|in|over|within)[^()%]*[a-z][^()%]*\))")
_BRACKETED = re.compile(r"\d\s?% \([^()%]*(?:[a-z][^()]*%)[^()]*\)")


def _partner_behind(words: str, match) -> re.Match | None:
    """The second of two percentages in one breath ("21% and 19% at the start") of which a match is the first."""
    pair = terms.PAIRED.match(words, match.end())
    return pair if pair and _alike(pair, match) else None


def _alike(one: re.Match, other: re.Match) -> bool:
    """Efficiencies pair with efficiencies, and what was left with what was left."""
    return (float(one["n"]) > _HIGHEST_PCE) == (float(other["n"]) > _HIGHEST_PCE)


def _fractions(words: str):
    named = any(sign in words for sign in terms.FRACTION_SIGNS)
    return terms.FRACTION.finditer(words) if named else ()


def _percent(words: str, match) -> tuple[float | None, bool]:
    """(the % left, True), (an initial efficiency, False) or (None, False) for a percentage."""
    value = float(match["n"])
    end = (_partner_behind(words, match) or match).end()
    before = words[max(match.start() - 80, 0) : match.start()]
    behind = terms.DEVICE_BEHIND.sub("", words[end : end + 90])[:50]
    if terms.HUMID_BEHIND.match(behind) or terms.HUMID_BEFORE.search(before):
        return None, False
    is_first = _FROM_BEFORE.search(before) and _TO_SHARE.match(behind)
    is_first = is_first or _LOST_FROM.search(before)
    if 0.1 <= value <= _HIGHEST_PCE and (is_first or _PERCENT_OF.search(before)):
        return value, False
    if terms.LOST_BEFORE.search(before) or terms.LOST_BEHIND.match(behind):
        return (100 - value, True) if value <= 100 else (None, False)
    in_brackets = value > _HIGHEST_PCE and _BRACKETS_BEHIND.match(words, end)
    kept = value <= _HIGHEST_LEFT and (
        terms.KEPT_BEHIND.match(behind)
        or (in_brackets and terms.KEPT_BEHIND.match(words[in_brackets.end() :][:60]))
        or (terms.OF_EFFICIENCY.match(behind) and value > _HIGHEST_PCE)
        or (value > _HIGHEST_PCE and terms.LEFT_BEHIND.match(behind))
        or (value > _HIGHEST_PCE and is_of_this(before, behind))
        or (value > _HIGHEST_PCE and terms.AFTER_BEHIND.match(behind))
        or (value > _HIGHEST_PCE and (_OF_PERCENT.match(behind) or _AFTER_HOURS.search(before)))
        or (
            value > _HIGHEST_PCE
            and (
                terms.KEPT_BEFORE.search(before)
                or terms.KEPT_BEFORE.search(_IN_BRACKETS.sub("", before))
                or terms.FELL_TO.search(before)
                or _THAT_IS.search(before)
            )
        )
    )
    if kept:
        return value, True
    is_initial = terms.STARTED_BEFORE.search(before) or terms.STARTED_BEHIND.match(behind)
    return (value, False) if is_initial and 0.1 <= value <= _HIGHEST_PCE else (None, False)

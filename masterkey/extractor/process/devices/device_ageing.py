"""The ageing of a device beside the target: its own efficiencies in the same test, or a test of its own (issue 14)."""

import re
from functools import partial
from itertools import pairwise

from masterkey.extractor.process.cell import stability_terms as terms
from masterkey.extractor.process.cell.ageing_tests import tests_of
from masterkey.extractor.process.cell.stability import rank, test_findings
from masterkey.extractor.process.cell.stability_lists import listed
from masterkey.extractor.process.cell.stability_records import Reading, Test
from masterkey.extractor.process.devices.denied_ageing import is_denied, is_of_small
from masterkey.extractor.process.devices.kinds import (
    COMPARISON,
    CONTROL,
    MODULES,
    SORT,
    TANDEM,
    Variant,
)
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import number

END, INITIAL = "Stability_PCE_end_of_experiment", "Stability_PCE_initial_value"
MEASURED = "Stability_measured"
HOURS = "Stability_time_total_exposure"
_OF_TARGETS = re.compile(r"\btargets?\b|\ball\b|\bboth\b")
_HIGHEST_PCE = 45.0  # %; more is what was left of it
_NEAR = 260  # characters between the values of two devices


def ageing_findings(
    document: Document, target: dict[str, Finding], variant: Variant, names: list[str]
) -> dict[str, Finding]:
    """Stability fields of a device; {} where the text tells of no test of it.

    `target`: the target's findings; `names`: what the text calls the device or its parts by, lower case, and
    nothing of the target's.
    """
    tests = tests_of(document)
    if not tests:
        denied = MEASURED in target and target[MEASURED].value == "FALSE"
        return {MEASURED: target[MEASURED]} if denied else {}
    if is_denied(document, variant, names) or is_of_small(document, tests, target, variant):
        return {MEASURED: Finding("FALSE", 0.7, "text", tuple(variant.passages[:1]))}
    if _is_left_out(document, tests, variant, names):
        return {MEASURED: Finding("FALSE", 0.7, "text", tuple(variant.passages[:1]))}
    test = max(tests, key=partial(rank, document))
    if not _names(document, test, names) and variant.kind in (COMPARISON, SORT):
        own = [t for t in tests if _names(document, t, names)]
        if own:  # "The PTAA devices were aged at 65 °C in nitrogen": a test of its own
            return test_findings(document, max(own, key=partial(rank, document)))
    found = told_of(document, test, variant, names)
    if not found and not test.outcomes and variant.kind in (CONTROL, SORT):
        return _shared(target)
    _complete(document, test, target, found)
    if variant.kind == CONTROL:
        for name, readings in ((END, test.outcomes), (INITIAL, test.initials)):
            if name in found:
                continue
            paired = _paired(document, target.get(name))
            second = paired or _second(readings, target.get(name))
            if second and (name == END or second.value < _HIGHEST_PCE):
                found[name] = Finding(number(second.value), 0.7, "text", ((second.start, second.end),))  # fmt: skip
    spoken = variant.kind == CONTROL and any(
        terms.CONTROL.search(document.words(s)) for s in _with_next(document, test)
    )
    return _shared(target) | found if found or spoken else {}


_NOT_AGED = re.compile(
    r"\bcontrols?\b[^.;,%]{0,60}\b(?:was|were) not (?:aged|tested|tracked|included|examined|part of|followed|stored)\b"
)


def _is_left_out(document: Document, tests: list[Test], variant: Variant, names: list[str]) -> bool:
    """ "The control was not aged"."""
    if variant.role != "control" or any(_names(document, test, names) for test in tests):
        return False
    near = [s for test in tests for s in _with_next(document, test)]
    return any(_NOT_AGED.search(document.words(s)) for s in near)


def _with_next(document: Document, test: Test) -> list[Sentence]:
    """A test's sentences and the one behind them: "A control module stopped working after 640 h"."""
    last = test.sentences[-1]
    behind = document.sentences[last.number + 1 : last.number + 2]
    joined = [s for s in behind if "\n\n" not in document.text[last.start : s.start + 1]]
    return [*test.sentences, *(s for s in joined if s.kind == last.kind)]


def _names(document: Document, test: Test, names: list[str]) -> bool:
    """Whether a test's sentences name a device by one of its own names."""
    return any(_speaks_of(document.words(s), None, names) for s in test.sentences)


def _paired(document: Document, target: Finding | None) -> Reading | None:
    """What is told together with the target's value: "the initial values were 23.9% and 22.3%"."""
    if target is None or not target.spans:
        return None
    start, end = target.spans[0]
    match = terms.PAIRED.match(document.lower, end) or terms.PAIRED.match(document.lower, end + 1)
    if match:
        return Reading(float(match["n"]), match.start("n"), match.end())
    before = terms.PAIRED_BEFORE.search(document.lower, max(start - 30, 0), start)
    return Reading(float(before["n"]), before.start("n"), start) if before else None


def _second(readings: list[Reading], target: Finding | None) -> Reading | None:
    """What stands beside the target's value: of two values the one is the control's."""
    if target is None or not target.spans or len(readings) < 2:
        return None
    start = target.spans[0][0]
    return next((r for r in readings if r.start != start and abs(r.start - start) < _NEAR), None)


def _shared(target: dict[str, Finding]) -> dict[str, Finding]:
    """How the target was aged, without what came of it."""
    return {
        k: f for k, f in target.items() if k.startswith("Stability") and k not in (END, INITIAL)
    }


def told_of(
    document: Document, test: Test, variant: Variant, names: list[str]
) -> dict[str, Finding]:
    """What the clauses that name the device tell of its time and efficiencies."""
    found, speaks = {}, False
    named = _named_as(document, test, variant)
    for sentence in test.sentences:
        words = document.words(sentence)
        ends = _ends_of_clauses(words)
        for n, (a, b) in enumerate(pairwise(ends)):
            refers = _REFERS.match(words, a)
            speaks = _speaks_of(words[a:b], named, names) or bool(speaks and refers)
            if variant.kind in (MODULES, TANDEM) and terms.CONTROL.search(words, a, b):
                speaks = False
            if not speaks:
                continue
            lasted = [d for d in test.durations if a <= d.start - sentence.start < b]
            if len(lasted) == 1 and not _OF_TARGETS.search(words[a:b]):
                found[HOURS] = _stated(lasted[0])
            # "The target cells lost 6% and the control cells 23%"
            is_loss = bool(n) and _goes_on_with_loss(words[ends[n - 1] : a], words[a:b])
            own = _percentages(words, a, b, sentence.start, is_loss)
            found |= own
            used = {f.spans[0][0] for f in own.values()}
            left = _inside(test.outcomes, sentence.start + a, sentence.start + b)
            if END not in own and len(left) == 1 and left[0].start not in used:
                found[END] = _stated(left[0])  # "had lost half of their efficiency"
    for value, before in listed(document, test, lambda name: _speaks_of(name, named, names)):
        if not terms.LOST_BEFORE.search(before):
            found[END if value.value > _HIGHEST_PCE else INITIAL] = _stated(value)
    return found


def _stated(reading: Reading) -> Finding:
    return Finding(number(reading.value), 0.8, "text", ((reading.start, reading.end),))


def _inside(readings: list[Reading], start: int, end: int) -> list[Reading]:
    return [reading for reading in readings if start <= reading.start < end]


def _percentages(words: str, a: int, b: int, start: int, is_loss: bool) -> dict[str, Finding]:
    """Those of a clause [a, b) of a sentence at `start`: small ones a device began with, larger ones it kept."""
    found = {}
    for match in terms.FROM_TO.finditer(words, a, b):  # what was left is in the test's outcomes
        first = next((g for g, v in match.groupdict().items() if v and g.startswith("before")), "")
        low = float(match[first.replace("before", "after")]) if first else 0.0
        if first and low < float(match[first]) <= _HIGHEST_PCE:
            place = start + match.start(first), start + match.end(first)
            return {INITIAL: Finding(number(float(match[first])), 0.8, "text", (place,))}
    for match in terms.PERCENT.finditer(words, a, b):
        behind, before = words[match.end() : match.end() + 40], words[a : match.start()]
        if terms.OF_TARGET.match(behind) or terms.HUMID_BEHIND.match(behind):
            continue
        value = float(match["n"])
        if (is_loss or terms.LOST_BEFORE.search(before)) and value < 100:
            value, is_loss = 100 - value, False
        elif value > 100 or terms.HUMID_BEFORE.search(before):
            continue
        kept = terms.KEPT_BEFORE.search(before[-25:]) or terms.FELL_TO.search(before[-25:])
        kept = kept or terms.OF_EFFICIENCY.match(words, match.end(), b)
        name = END if kept or value > _HIGHEST_PCE else INITIAL
        found[name] = Finding(number(value), 0.8, "text", ((start + match.start(), start + match.end()),))  # fmt: skip
    return found


_TIME_TO = re.compile(r"\bt_?\{?[5-9]\d\b|\btimes? (?:to|at which|until|after which)\b")
_IN_ORDER = re.compile(r"\b(?:same|this|that) order\b|\brespectively\b|\bin turn\b")


def _complete(
    document: Document, test: Test, target: dict[str, Finding], found: dict[str, Finding]
) -> None:
    """What a list of times lacks: "T80 was 900 h for A and 400 h for B. Initially they had 21% and 20% in this order"."""
    if HOURS not in found:
        return
    place = found[HOURS].spans[0][0]
    sentence = document.sentence_at(place)
    if END not in found and END in target and _TIME_TO.search(document.words(sentence)):
        found[END] = target[END]
    row = [r.start for r in test.durations if sentence.start <= r.start < sentence.end]
    for later in test.sentences if INITIAL not in found else ():
        values = list(terms.PERCENT.finditer(document.words(later)))
        told = later.number > sentence.number and _IN_ORDER.search(document.words(later))
        if told and place in row and len(values) == len(row) > 1:
            own = values[row.index(place)]
            span = (later.start + own.start(), later.start + own.end())
            found[INITIAL] = Finding(number(float(own["n"])), 0.8, "text", (span,))
            return


# "…, cells of example 2 after 310 h", "…, 1120 h for PEAI and 560 h for the control", "…, PEAI-based cells 80%"
_OF_ANOTHER = re.compile(
    r", (?:and )?(?=(?:the )?(?:cells?|devices?|elements?|modules?|tandems?|those|that|one|ones) (?:of|with|from|based|without)\b)"
    r"|, (?:and )?(?=(?:the )?[\w:-]+(?:[- ]based)? (?:cells?|devices?|ones|modules?|tandems?)\b)"
    r"|\band (?=(?:that|those|(?:the )?(?:cells?|devices?|modules?|ones?)) (?:of|with|from|without|according)\b)"
    r"|\band (?=(?:the )?[\w:-]+(?:[- ]based)? (?:cells?|devices?|ones|modules?|tandems?) (?:kept|retained|maintained|had|fell|lost|only|still|dropped|were|\d))"
    r"|\band (?=from \d)"
    r"|(?:, |\band )(?=\d[\d.,]* ?(?:h|hours|days|%) (?:for|in|with) (?:the )?(?!\d))"
    r"|(?:(?<!%), |(?<!% )\band )(?=\d[\d.,]* ?(?:h|hours|days|%) \((?:the )?[a-z])"
)


# "Of their initial 13.6%, BA cells retained 58%", "After 500 h, the control cells kept 80%"
_BEFORE_SUBJECT = re.compile(r"\W*(?:of|from|start\w+|beginning|with|after|in|at|under|within)\b")
_REFERS = re.compile(
    r"\W*(?:and |but )?(?:they|it|these|those|this)\b(?! (?:with|of|from|without|based|made)\b)"
)


def _ends_of_clauses(words: str) -> list[int]:
    """Where clauses begin that may each be of another device, and the end of the words."""
    starts = {0, *(match.start() for match in terms.CLAUSE.finditer(words))}
    starts = {start for start in starts if words.count("(", 0, start) <= words.count(")", 0, start)}
    for match in _OF_ANOTHER.finditer(words):
        last = max(start for start in starts if start <= match.start())
        if not _BEFORE_SUBJECT.match(words, last, match.start()):
            starts.add(match.start())
    return [*sorted(starts), len(words)]


_VERB = re.compile(
    r"\b(?:lost|los[et]s?|kept|keep|retain|maintain|held|remain|preserv|fell|fall|drop|declin|decreas|degrad|down|to)\w*"
)


def _goes_on_with_loss(before: str, words: str) -> bool:
    """Whether a clause without a verb of its own follows one that tells what was lost."""
    first = terms.PERCENT.search(before)
    loses = first and terms.LOST_BEFORE.search(before[: first.start()])
    own = terms.PERCENT.search(words)
    return bool(loses and own and not _VERB.search(words[: own.start()]))


_CONTROL_ALONE, _REFERENCE_ALONE = re.compile(r"\bcontrol"), re.compile(r"\breference")


def _named_as(document: Document, test: Test, variant: Variant) -> re.Pattern | None:
    """What a control is called by: of "control" and "reference" its own word, where a test has both."""
    if variant.kind != CONTROL:
        return None
    words = " ".join(map(document.words, test.sentences))
    if _CONTROL_ALONE.search(words) and _REFERENCE_ALONE.search(words):
        own = [p for p in (_CONTROL_ALONE, _REFERENCE_ALONE) if p.search(variant.name.lower())]
        return own[0] if own else terms.CONTROL
    return terms.CONTROL


def _speaks_of(words: str, named: re.Pattern | None, names: list[str]) -> bool:
    if any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w])", words) for name in names):
        return True
    return named is not None and bool(named.search(words))

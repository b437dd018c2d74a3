"""The ageing of a device beside the target: its own efficiencies in the same test, or a test of its own (issue 14)."""

import re
from itertools import pairwise

from masterkey.extractor.process import stability_terms as terms
from masterkey.extractor.process.ageing_tests import tests_of
from masterkey.extractor.process.document import Document
from masterkey.extractor.process.findings import Finding
from masterkey.extractor.process.passages import number
from masterkey.extractor.process.stability import rank, test_findings
from masterkey.extractor.process.stability_reading import Reading, Test
from masterkey.extractor.process.variants import CONTROL, MODULES, Variant

END, INITIAL = "Stability_PCE_end_of_experiment", "Stability_PCE_initial_value"
_AVERAGED = "Stability_average_over_n_number_of_cells"
_MODULES = re.compile(r"\bmodules?\b")


def ageing_findings(
    document: Document, target: dict[str, Finding], variant: Variant, names: list[str]
) -> dict[str, Finding]:
    """Stability fields of a device; {} where the text tells of no test of it.

    `target`: the target's findings; `names`: what the text calls the device or its parts by, lower case, and
    nothing of the target's.
    """
    tests = tests_of(document)
    if not tests:
        return {}
    if variant.kind == MODULES:
        return _of_modules(document, tests)
    test = max(tests, key=rank)
    outcomes = _own(document, test, test.outcomes, variant, names)
    initials = _own(document, test, test.initials, variant, names)
    if not outcomes and not initials:
        spoken = variant.kind == CONTROL and any(terms.CONTROL.search(document.words(s)) for s in test.sentences)  # fmt: skip
        return _shared(target) if spoken else {}
    found = _shared(target)
    for name, readings in ((END, outcomes), (INITIAL, initials)):
        if readings:
            last = readings[-1]
            found[name] = Finding(number(last.value), 0.8, "text", ((last.start, last.end),))
    return found


def _shared(target: dict[str, Finding]) -> dict[str, Finding]:
    """How the target was aged, without what came of it."""
    own = (END, INITIAL, _AVERAGED)
    return {k: f for k, f in target.items() if k.startswith("Stability") and k not in own}


def _own(document: Document, test: Test, readings: list[Reading], variant: Variant, names) -> list[Reading]:  # fmt: skip
    """Those of a test's readings whose clause names the device."""
    named = [r for r in readings if _names(_clause(document, test, r), names)]
    if named or variant.kind != CONTROL:
        return named
    return [reading for reading in readings if reading.control]


def _names(words: str, names: list[str]) -> bool:
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w])", words) for name in names)


def _clause(document: Document, test: Test, reading: Reading) -> str:
    sentence = next(s for s in test.sentences if s.start <= reading.start < s.end)
    words = document.words(sentence)
    ends = [0, *(match.start() for match in terms.CLAUSE.finditer(words)), len(words)]
    place = reading.start - sentence.start
    return next((words[a:b] for a, b in pairwise(ends) if a <= place < b), words)


def _of_modules(document: Document, tests: list[Test]) -> dict[str, Finding]:
    own = [t for t in tests if any(_MODULES.search(document.words(s)) for s in t.sentences)]
    return test_findings(document, max(own, key=rank)) if own else {}

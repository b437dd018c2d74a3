"""The ageing of modules, or of tandems, beside the paper's cells: in a test of their own or in the cells' (issue 14)."""

from functools import partial

from masterkey.extractor.process.cell.ageing_tests import tests_of
from masterkey.extractor.process.cell.stability import rank, test_findings
from masterkey.extractor.process.cell.stability_records import Test
from masterkey.extractor.process.devices.denied_ageing import is_denied
from masterkey.extractor.process.devices.device_ageing import END, INITIAL, ageing_findings, told_of
from masterkey.extractor.process.devices.kinds import BY_NOUN, CALLED, Variant
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding

_CONDITIONS = ("Stability_temperature_range", "Stability_atmosphere")
_AVERAGED = "Stability_average_over_n_number_of_cells"


def ageing_of_second(
    document: Document, target: dict[str, Finding], variant: Variant
) -> dict[str, Finding]:
    """Stability fields of a module or a tandem; {} where the text tells of no test of it."""
    named, called = BY_NOUN[variant.kind], list(CALLED[variant.kind])
    tests = tests_of(document)
    if not tests or is_denied(document, variant, []):
        return ageing_findings(document, target, variant, [])
    own = [t for t in tests if any(named.search(document.words(s)) for s in t.sentences)]
    if not own:
        return {}
    told = {id(test): told_of(document, test, variant, called) for test in own}
    ends = [test for test in own if END in told[id(test)]]
    test = max(ends or own, key=partial(rank, document))
    found = test_findings(document, test)
    clauses = told[id(test)]
    if END in clauses and END in found and clauses[END].value != found[END].value:
        # What was found first is of the cells.
        for name in (INITIAL, END, _AVERAGED):
            found.pop(name, None)
        found |= clauses
    found = clauses | found
    if _goes_on(document, test, target):
        found |= {n: target[n] for n in _CONDITIONS if n in target and n not in found}
    return found


def _goes_on(document: Document, test: Test, target: dict[str, Finding]) -> bool:
    """Whether a test that says nothing of where it was done is told in one paragraph with the target's, behind that."""
    start = max((a for n in _CONDITIONS if n in target for a, _ in target[n].spans), default=-1)
    between = document.text[start : test.sentences[0].start]
    return start >= 0 and bool(between) and "\n\n" not in between

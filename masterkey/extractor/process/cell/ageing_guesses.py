"""Heat, gas and first efficiency of a test, guessed from the sentences around one that does not tell them itself.

The wordings of a test are without number. Where the rules have found a test and miss one of these in its own
sentences, what stands alone in its passage is likelier right than nothing (docs/experiments.md, 2026-11-29).
"""

import re

from masterkey.extractor.process.cell.stability_places import atmospheres, temperatures
from masterkey.extractor.process.cell.stability_records import Test
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import number

_CERTAINTY = 0.45  # 13 of 14 such readings were right at first sight; the answer is held for .7
_BEFORE, _BEHIND = 2, 1  # sentences around those of the test
_LOWEST, _HIGHEST = 20.0, 110.0  # °C at which cells are aged
_PERCENT = re.compile(r"(?<![\d.,±])(?P<n>\d{1,2}\.\d{1,2}) ?(?:%|percent)")
_EFFICIENCY = re.compile(r"\b(?:efficienc|pces?\b|values?\b)")
_LOST = re.compile(
    r"\b(?:lost|loss|los(?:e|ing)|less|lower|drop\w*|decreas\w*|declin\w*|fell|fall\w*|by)\b[^.;,]{0,40}$"
)
# What is told before and behind a test: how the cells were made, and how they were measured.
_OF_OTHERS = re.compile(
    r"\b[ji][–-]v\b|solar simulator|am ?1\.5|\bscan|mv\b|eqe|\b(?:anneal|sinter|spin|spun|rpm|coat|deposit|evaporat|sputter|dissolv|dried|bak)"
)
_LOWEST_PCE, _HIGHEST_PCE = 1.0, 35.0  # %


def guesses(document: Document, test: Test) -> dict[str, Finding]:
    """Field → Finding of what the passage of a test says."""
    passage = _passage(document, test)
    read = {
        "Stability_temperature_range": _only_heat(document, passage),
        "Stability_atmosphere": _only_gas(document, passage),
        "Stability_PCE_initial_value": _first_efficiency(document, passage)
        if test.outcomes
        else None,
    }
    return {field: finding for field, finding in read.items() if finding is not None}


def _passage(document: Document, test: Test) -> list[Sentence]:
    """The sentences of a test and those around it, of the same kind of section."""
    first, last = test.sentences[0], test.sentences[-1]
    around = document.sentences[max(first.number - _BEFORE, 0) : last.number + _BEHIND + 1]
    return [
        sentence
        for sentence in around
        if sentence in test.sentences
        or (sentence.kind == first.kind and not _OF_OTHERS.search(document.words(sentence)))
    ]


def _only_heat(document: Document, passage: list[Sentence]) -> Finding | None:
    heats = [
        heat
        for sentence in passage
        for heat in temperatures(document, sentence, document.words(sentence), named=False)
        if _LOWEST <= heat.value <= _HIGHEST
    ]
    if len({heat.value for heat in heats}) != 1:
        return None
    value = number(heats[0].value)
    return _guess(f"{value}; {value}", heats[0].start, heats[0].end)


def _only_gas(document: Document, passage: list[Sentence]) -> Finding | None:
    gases = [
        (name, start, end)
        for sentence in passage
        for name, start, end, of_sealing in atmospheres(
            document, sentence, document.words(sentence)
        )
        if not of_sealing
    ]
    return _guess(*gases[0]) if len({name for name, *_ in gases}) == 1 else None


def _first_efficiency(document: Document, passage: list[Sentence]) -> Finding | None:
    """With a decimal point, which shares of an efficiency hardly have: of the target, which is mostly told first."""
    for sentence in passage:
        words = document.words(sentence)
        if "%" not in words or not _EFFICIENCY.search(words):
            continue
        for match in _PERCENT.finditer(words):
            value = float(match["n"])
            is_loss = _LOST.search(words, 0, match.start())
            if _LOWEST_PCE <= value <= _HIGHEST_PCE and not is_loss:
                places = sentence.start + match.start(), sentence.start + match.end()
                return _guess(number(value), *places)
    return None


def _guess(value: str, start: int, end: int) -> Finding:
    return Finding(value, _CERTAINTY, "text", ((start, end),))

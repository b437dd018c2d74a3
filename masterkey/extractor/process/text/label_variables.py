"""Formulas with a variable, written for one of several devices: "CsxFA1−xPbI3" with x = 0.05 (issue 14)."""

import re
from collections.abc import Iterator

from masterkey.extractor.process.text.document import Document

_TOKEN = re.compile(r"[A-Za-z0-9()\[\].+−–-]*(?:Pb|Sn)[A-Za-z0-9()\[\].+−–-]*")
_SIGNS = {"+": 1.0, "-": -1.0, "−": -1.0, "–": -1.0}


def _expression(name: str) -> str:
    """ "1−x", "3n+1", "2x", "x": groups of the number before, the factor, the sign and the number behind."""
    return rf"(?:(\d+(?:\.\d+)?)[-−–])?(\d*(?:\.\d+)?)(?<![SZIM]){name}(?![a-z])(?:([-−–+])(\d+(?:\.\d+)?)(?!\d*[xyn]))?"


_EXPRESSIONS = {name: re.compile(rf"\({_expression(name)}\)|{_expression(name)}") for name in "xyn"}


def written_formulas(document: Document, name: str, value: float) -> Iterator[tuple[int, int, str]]:
    """(start, end, text) of each formula with the variable, and what it is for its value."""
    for match in _TOKEN.finditer(document.text):
        token = match[0].rstrip(".-–+")
        if not _EXPRESSIONS[name].search(token):
            continue
        written = _EXPRESSIONS[name].sub(lambda m: _number(m, value), token)
        yield match.start(), match.start() + len(token), written


def _number(match: re.Match, value: float) -> str:
    before, factor, sign, behind = match.groups()[:4] if match[0][0] == "(" else match.groups()[4:]
    number = float(factor or 1) * value
    number = float(before) - number if before else number
    number += _SIGNS[sign] * float(behind) if sign else 0.0
    return f"{max(number, 0.0):.4g}"

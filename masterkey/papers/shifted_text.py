"""Superscripts and subscripts as signs of the text, in the form that masterkey/rows/clean_text.py understands.

Subscripts stand on the line ("PbI2"), exponents and charges as raised signs ("cm⁻²", "Pb²⁺"): citations
are raised, too, and `clean` tells them from exponents by what stands before them.
"""

import re

_RAISED = str.maketrans("0123456789+-−–()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾ⁿ")
# "2", "−2", "2+", "12,13", "12–14"; a dash between two numbers stays a dash.
_EXPONENT = re.compile(r"[(]?[-−–+]?[0-9]{1,3}[-−–+]?[)]?|n|[-−–+]")
_CITATIONS = re.compile(r"[0-9]{1,3}(?:[,–-][0-9]{1,3})*")
_RINGS = frozenset("oO°º˚◦∘○⚬")


def raised_text(content: str) -> str:
    """The superscript `content`: "−2" → "⁻²", "12, 13" → "¹²,¹³", "o" → "°", letters as they are."""
    bare = re.sub(r"\s+", "", content)
    if bare in _RINGS:
        return "°"
    if _CITATIONS.fullmatch(bare) and not bare.isdigit():
        return re.sub(r"[0-9]+", lambda match: match[0].translate(_RAISED), bare.replace("-", "–"))
    return bare.translate(_RAISED) if _EXPONENT.fullmatch(bare) else content

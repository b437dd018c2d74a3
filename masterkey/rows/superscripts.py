"""What raised text means: an exponent, a charge, the ring of a degree, or a citation."""

import re

DEGREE_RINGS = frozenset("o O 0 ° º ˚ ◦ ∘ ○ ⚬ \\circ \\degree".split())
# "films²³": behind a word or a stop, or too large a power of a unit.
_WORD_OR_STOP = re.compile(r"(?:[A-Za-z][a-z]{3,}|[.,;:)\]\"'”’])$")
_FORMULA = re.compile(r"[A-Za-z)\]][0-9.]+$")
_UNIT = re.compile(r"(?<![A-Za-z])(?:min|h|s|nm|mm|cm|m|°C|C|M|mg|mL|ml|rpm|V|eV|%)$")
_NUMBERS = re.compile(r"([0-9]{1,3})(?:\s*[,–-]\s*[0-9]{1,3})*")
_LARGEST_POWER_OF_A_UNIT = 3


def raised(content: str, before: str) -> str:
    """The plain form of raised `content` behind the text `before`; "" for a citation.

    "cm" + "2" → "2", "10" + "−4" → "-4", "100 " + "o" → "°" (where a C follows, the caller knows),
    "films" + "12,13" → "".
    """
    content = content.strip().replace("\N{MINUS SIGN}", "-").replace("–", "-")
    numbers = _NUMBERS.fullmatch(content)
    if not numbers:
        return content
    is_citation = (
        _WORD_OR_STOP.search(before)
        or _FORMULA.search(before)
        or (_UNIT.search(before) and int(numbers[1]) > _LARGEST_POWER_OF_A_UNIT)
    )
    return "" if is_citation else content

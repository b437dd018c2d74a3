"""One sign for one thing: ligatures, blanks, minus, quotes, powers, micro, the degree Celsius."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from masterkey.rows.edited_text import TAIL, Edit, behind, substitutions, without_overlaps
from masterkey.rows.superscripts import raised

# Zero-width characters, soft hyphens, marks of direction, and controls but for tab and line feed.
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe00-\ufe0f"
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_LIGATURES = "\ufb00-\ufb06"
_WIDE = "\uff01-\uff5e\u2160-\u217f\U0001d400-\U0001d7ff"
_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"
_PLAIN = {
    "\N{MINUS SIGN}": "-", "\N{NON-BREAKING HYPHEN}": "-", "\N{HYPHEN}": "-", "\N{SMALL HYPHEN-MINUS}": "-",
    "’": "'", "‘": "'", "′": "'", "´": "'", "ʹ": "'", "‵": "'", "ˊ": "'", "‚": "'",
    "“": '"', "”": '"', "„": '"', "″": '"', "‟": '"',
    "✕": "×", "⨯": "×", "╳": "×", "✖": "×", "⨉": "×", "꞉": ":", "∶": ":", "℃": "°C", "℉": "°F",
    "㎛": "µm", "㎜": "mm", "㎝": "cm", "㎠": "cm2", "㎟": "mm2", "㎎": "mg", "㎖": "mL",
    "㎕": "µL", "㎚": "nm", "㎡": "m2", "，": ",", "∙": "·", "⋅": "·", "∼": "~", "～": "~", "˜": "~",
    "\N{KELVIN SIGN}": "K", "\N{ANGSTROM SIGN}": "Å", "\N{OHM SIGN}": "Ω", "∕": "/", "⁄": "/",
}  # fmt: skip
_SINGLE = re.compile(
    f"[{_INVISIBLE}{_CONTROLS}{_BLANKS}{_LIGATURES}{_WIDE}{_LINE_ENDS}{re.escape(''.join(_PLAIN))}]"
    "(?:(?<=\r)\n)?"
)

_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₓ", "0123456789+-()n0123456789+-()x")
_ANY_SHIFTED = re.compile("[⁰¹²³⁴-₎ₓ]")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ]+(?:[,–][⁰¹²³⁴⁵⁶⁷⁸⁹]+)*")
_LOWERED = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₓ]+")

# "cm^2", "10^-6", "10^(-6)", "Pb^2+", "cm^2^" of Pandoc; "SnO~2~" of Pandoc, "SnO_2".
_CARET = re.compile(r"(?<=[\w)\]])\^(?:\(([-−–]?[0-9]{1,3}[+-]?)\)|([-−–]?[0-9]{1,3}[+-]?)\^?)")
_PANDOC_LOWERED = re.compile(r"(?<=[A-Za-z)\]])~([0-9.x-]{1,8})~")
_UNDERSCORE = re.compile(r"(?<=[A-Z)\]])_(?=[0-9])|(?<=[A-Z][a-z])_(?=[0-9])")
# A minus that was printed as a dash, or set off: "cm–2", "10–6", "cm -2". "À" is what one publisher's
# fonts leave of it.
_POWERED_UNIT = r"\b(cm|mL|ml|sq|min|mm|m|L|s|h|V|W|g)"
_UNIT = re.compile(rf"{_POWERED_UNIT}$")
_UNIT_AND_BLANK = re.compile(rf"{_POWERED_UNIT} ?$")
_UNIT_OF_SET_OFF_POWER = re.compile(r"\b(cm|mL|ml|sq)$")
_POWER_FOLLOWS = r"(?=[1-4](?![0-9]|[.,][0-9]))"
_DASH = re.compile(f"[–—]{_POWER_FOLLOWS}")
_A_GRAVE = re.compile(f"À{_POWER_FOLLOWS}")
_SET_OFF_MINUS = re.compile(f" -{_POWER_FOLLOWS}")
_TEN = re.compile(r"10( ?[–—À] ?| -)(?=[0-9]{1,2}(?![0-9]|\.[0-9]))")
_PRESSURE = re.compile(r"[3-9]\s?(?:m?bar|m?Torr|h?Pa)\b")
_BEFORE_TEN = re.compile(r"([×*x·] ?)$|(?:^|[^\w.])$")
_GREEK_MU = re.compile(r"[μ\u1d6c](?=(?:[lLmMgsAVWΩJ]|mol|Pa|Torr)(?![A-Za-z]))")
_LATIN_U = re.compile(r"u(?=[lLm]\b)")
_NUMBER = re.compile(r"(?:^|[^\w.])[0-9]+(?:\.[0-9]+)? ?$")
_PLUS_MINUS = re.compile(r"(?:\+ ?/ ?[-–]|\+-)(?= ?[0-9])")
_NUMBER_OR_PERCENT = re.compile(r"(?:^|[^\w.])[0-9]+(?:\.[0-9]+)?%? ?$")
_CROSS = re.compile(r"[xхХX*](?=\s?[0-9])")
_FACTOR = re.compile(r"(?:^|[^\w.)])[0-9]+(?:\.[0-9]+)?(?:\s?(?:mm|cm|µm|nm|m|in|inch))?(\s?)$")
_SET_OFF_TWO = re.compile(
    r" 2(?=[.,;:)](?![0-9])|\s(?!(?:h|min|s|mm|cm|nm|g|mg|ml|mL|x|M|V|mol|m"
    r"|by|cells|devices|samples|substrates|films)\b|[°×%µ+±-])|$)"
)
_LENGTH = re.compile(r"[0-9]\s?(?:cm|mm)$")


def single_signs(text: str) -> Iterator[Edit]:
    """Signs that mean the same wherever they stand; what is not seen goes."""
    if not text.isascii() or _ASCII_ODDITIES.search(text):
        yield from substitutions(_SINGLE, text, lambda match: _single(match[0]))


_ASCII_ODDITIES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@lru_cache(maxsize=1 << 10)
def _single(sign: str) -> str:
    if sign in _PLAIN:
        return _PLAIN[sign]
    if sign == "\r\n" or re.match(f"[{_LINE_ENDS}]", sign):
        return "\n"
    if re.match(f"[{_BLANKS}]", sign):
        return " "
    if re.match(f"[{_INVISIBLE}{_CONTROLS}]", sign):
        return ""
    return unicodedata.normalize("NFKC", sign)


def level_powers(text: str) -> Iterator[Edit]:
    """Raised and lowered signs, and what stands for them, on the line: "cm²", "cm^2" → "cm2"."""
    edits: list[Edit] = []
    if _ANY_SHIFTED.search(text):
        edits += substitutions(_RAISED, text, _raised)
        edits += substitutions(_LOWERED, text, lambda match: match[0].translate(_POWERS))
    if "^" in text:
        edits += substitutions(_CARET, text, lambda match: _dashed(match[1] or match[2]))
    if "~" in text:
        edits += substitutions(_PANDOC_LOWERED, text, lambda match: match[1])
    if "_" in text:
        edits += substitutions(_UNDERSCORE, text, "")
    yield from without_overlaps(edits)


def _raised(match: re.Match) -> str:
    before = match.string[max(match.start() - TAIL, 0) : match.start()]
    content = match[0].translate(_POWERS)
    if content == "0" and match.string[match.end() : match.end() + 1] == "C":
        return "°"
    return raised(content, before)


def _dashed(power: str) -> str:
    return power.replace("−", "-").replace("–", "-")


def signs_of_quantities(text: str) -> Iterator[Edit]:
    """Signs that depend on the numbers and units beside them: minus, micro, ±, ×, a lost square."""
    edits = list(behind(_UNIT, _DASH, text, lambda before, _: f"{before[1]}-"))
    edits += behind(_UNIT_AND_BLANK, _A_GRAVE, text, lambda before, _: f"{before[1]}-")
    edits += behind(_UNIT_OF_SET_OFF_POWER, _SET_OFF_MINUS, text, lambda before, _: f"{before[1]}-")
    edits += behind(_BEFORE_TEN, _TEN, text, _power_of_ten)
    edits += substitutions(_GREEK_MU, text, "µ")
    edits += behind(_NUMBER, _LATIN_U, text, lambda before, _: f"{before[0]}µ")
    edits += behind(_NUMBER_OR_PERCENT, _PLUS_MINUS, text, lambda before, _: f"{before[0]}±")
    edits += behind(_FACTOR, _CROSS, text, _times)
    edits += behind(_LENGTH, _SET_OFF_TWO, text, lambda before, _: f"{before[0]}2")
    yield from without_overlaps(edits)


def _power_of_ten(before: re.Match, ten: re.Match) -> str | None:
    """ "10–6" and "10 -6" alone are powers of ten before a pressure only."""
    alone = before[1] is None
    if alone and not (ten[1] in ("–", "—", " -") and _PRESSURE.match(ten.string, ten.end())):
        return None
    return f"{before[0]}10-"


def _times(before: re.Match, cross: re.Match) -> str | None:
    """ "3 x 4", "3x4", but no "3X4" nor "3 x4", which may be names."""
    blank = cross.string[cross.end()].isspace()
    if bool(before[1]) != blank or (not blank and cross[0] in "X*"):
        return None
    return f"{before[0]}×"

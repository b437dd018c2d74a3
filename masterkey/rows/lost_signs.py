"""Signs that a font or a decoding lost (U+FFFD "�"), where what stands around leaves no choice."""

import re
from collections.abc import Iterator

from masterkey.rows.edited_text import Edit, substitutions, without_overlaps

LOST = "\N{REPLACEMENT CHARACTER}"
# Words with a ligature that papers on solar cells use; the longest of fi, fl, ff, ffi, ffl that makes
# one of these beginnings is meant.
_BEGINNINGS = re.compile(
    r"\b(?:film|filt|fiel|firs|final|fill|fabric|five|fixe|fixi|fiber|fibr|figu|find|fine|fitt|flat|"
    r"flow|flex|fluor|flask|flash|flush|flux|flake|effici|effect|offset|often|affect|afford|off\b|"
    r"differ|diffus|diffract|diffic|buffer|suffici|coeffici|stiff|specifi|modifi|purifi|identifi|"
    r"classifi|quantifi|verifi|confir|config|confin|defin|defic|profil|refin|refil|influ|inflam|"
    r"reflu|reflec|scientifi|significan|satisf|benefi|artifici|superfici|simplifi|stratifi|unifi|"
    r"certifi|rectifi|amplifi|magnifi|solidifi|outflo|inflo|airflow|overflow|nanofib|offer|"
    r"conflic|deflec|sulfi|perfluor|trifluor|hexafluor|tetrafluor|pentafluor|difluor|"
    r"monofluor|polyfluor|spirobifluor)",
    re.IGNORECASE,
)
_LIGATURES = ("ffi", "ffl", "ff", "fi", "fl")
_WORD = re.compile(rf"[A-Za-z]{{1,20}}{LOST}[a-z]{{0,20}}|{LOST}[a-z]{{2,20}}")
_SIGNS = (
    (re.compile(rf"(?<=[0-9])(\s?){LOST}{{1,2}}\s?C\b"), "°C"),
    (re.compile(rf"(?<=[0-9])(\s?){LOST}(?=[lLmMgs]\b|mol\b)"), "µ"),
    (re.compile(rf"(?<=cm)(){LOST}(?=[1-3]\b)|(?<=m[lL]){LOST}(?=1\b)"), "-"),
    (re.compile(rf"(?<=10)(){LOST}(?=[1-9]\s?(?:m?bar|m?Torr|h?Pa)\b)"), "-"),
    (re.compile(rf"(?<=[0-9])( ?){LOST}(?= ?10[-{LOST}−–]?[0-9])"), "×"),
    (re.compile(rf"(?<=[0-9])(){LOST}(?=[0-9])"), "–"),
    (re.compile(rf"(?<=J)(){LOST}(?=V\b)|(?<=piro){LOST}(?=[OM])"), "-"),
)


def found_signs(text: str) -> Iterator[Edit]:
    """Edits for the lost signs that can be told; the others stay."""
    if LOST not in text:
        return
    edits: list[Edit] = []
    for pattern, new in _SIGNS:
        edits += substitutions(pattern, text, lambda match, new=new: f"{match[1] or ''}{new}")
    edits += substitutions(_WORD, text, _with_ligature)
    yield from without_overlaps(edits)


def _with_ligature(match: re.Match) -> str | None:
    for ligature in _LIGATURES:
        word = match[0].replace(LOST, ligature)
        if _BEGINNINGS.match(word):
            return word
    return None

"""Perovskite formulas that a text writes, in signs ("(FAPbI3)0.95(MAPbBr3)0.05") or in words."""

import re
from dataclasses import dataclass
from functools import lru_cache

from masterkey.extractor.compositions import long_form, rounded

_METAL = re.compile(r"Pb|Sn|Ge|Bi|Sb")
# What may stand behind a metal in a formula, and (read backwards) before it.
_BEHIND = re.compile(r"(?:[A-Za-z0-9.()\[\]{}]|·(?=[0-9])|(?<=[0-9xyz])[-–−](?=[xyz]|[0-9][xyz]))*")
_BEFORE = re.compile(
    r"(?:[A-Za-z0-9.()\[\]{}·]|(?<=[xyz0-9])[-–−](?=[0-9xyz])|(?<=AEP)-(?=F)|(?<=AVA)-(?=5))*"
)
_LONGEST_CATION = 40
_LONGEST_BEFORE, _LONGEST_BEHIND = 70, 70
_NO_START = re.compile(r"^(?!5-AVA)[^A-Z(\[{]+")
_VARIABLE = re.compile(r"[xyz]")
_EXPRESSION = re.compile(r"(?:(\d+(?:\.\d+)?)[-–−])?(\d*(?:\.\d+)?)([xyz])(?:[-–−]([xyz]))?")
_CHLORIDE = re.compile(r"(?:3[-–−])?[xyz]?Cl[xyz]|\(Cl\)$|[(\[]Cl[)\]]$")
_OPENING, _CLOSING = "([{", ")]}"

_CATIONS = {
    "methylammonium": "MA", "methyl ammonium": "MA", "ch3nh3": "MA", "formamidinium": "FA", "cesium": "Cs", "caesium": "Cs",
}  # fmt: skip
_METALS = {"lead": "Pb", "tin": "Sn"}
_WORDS = re.compile(
    r"\b(methyl ?ammonium|formamidinium|c(?:a)?esium)[ -](?:\((?:ma|fa|cs)\+?\) )?(lead|tin)(?:\((?:ii)\))?[ -](?:tri-?)?(iodide|bromide|chloride|halide)\b"
    r"(?![ -](?:chloride|bromide)|[-–](?:chloride|bromide))"
)
_ABBREVIATED = re.compile(r"\b[MF]API\b")  # all letters are elements' or amino acids' to others
_HALIDES = {"iodide": "I", "bromide": "Br", "chloride": "Cl", "halide": "I"}


@dataclass(frozen=True)
class WrittenFormula:
    """`form` is the database's long form, two decimals; `has_variable`: coefficients are not all given."""

    form: str
    start: int
    end: int
    has_variable: bool = False
    has_chloride: bool = False
    in_words: bool = False


def formulas_in(text: str, lower: str) -> list[WrittenFormula]:
    """Perovskite formulas in order of the text."""
    found = []
    for start, token in _tokens(text):
        written, read = _formula_in(token, "")
        if _VARIABLE.search(token):
            written, read = _formula_in(token, text[start + len(token) : start + len(token) + 60])
        if read:
            offset = start + token.find(written)
            found.append(WrittenFormula(read[0], offset, offset + len(written), *read[1:]))
    for match in _ABBREVIATED.finditer(text):
        found.append(WrittenFormula(f"{match[0][:2]}PbI3", *match.span(), in_words=True))
    return sorted([*found, *_in_words(lower)], key=lambda formula: formula.start)


@lru_cache(maxsize=1 << 12)
def _formula_in(token: str, behind: str) -> tuple[str, tuple[str, bool, bool] | None]:
    """(the formula's characters, its reading) in a token; `behind`: words that may give its variables."""
    written = _balanced(token)
    read = _read(written, behind) if written else None
    if read is None and (shorter := _first_formula(token)):
        written, read = shorter, _read(shorter, behind)
    return written, read


def _in_words(lower: str) -> list[WrittenFormula]:
    """ "methylammonium lead triiodide": looked for around each "lead" or "tin"."""
    found = {}
    for metal in ("lead", "tin"):
        place = lower.find(metal)
        while place >= 0:
            if place and lower[place - 1] in " -":
                offset = max(place - _LONGEST_CATION, 0)
                for match in _WORDS.finditer(lower, offset, place + _LONGEST_CATION):
                    form = f"{_CATIONS[match[1]]}{_METALS[match[2]]}{_HALIDES[match[3]]}3"
                    found[match.start()] = WrittenFormula(form, *match.span(), in_words=True)
            place = lower.find(metal, place + 1)
    return list(found.values())


def _tokens(text: str) -> list[tuple[int, str]]:
    """(start, characters that may belong to one formula) around each metal."""
    found, end = [], 0
    for metal in _METAL.finditer(text):
        if metal.start() < end:
            continue
        before = _BEFORE.match(text[max(metal.start() - _LONGEST_BEFORE, end) : metal.start()][::-1])[0][::-1]  # fmt: skip
        before = _NO_START.sub("", before)
        end = _BEHIND.match(text, metal.end()).end()
        if before and end - metal.start() <= _LONGEST_BEHIND:
            found.append((metal.start() - len(before), text[metal.start() - len(before) : end]))
    return found


def _balanced(token: str) -> str:
    """Without parentheses that belong to the sentence."""
    if "·" in token[1:]:
        token = token if re.search(r"[0-9]·[0-9]", token) else token.rsplit("·", 1)[-1]
    token = token.rstrip(".·-–")
    while token and _depth(token) != 0:
        if _depth(token) > 0 and token[0] in _OPENING:
            token = token[1:]
        elif _depth(token) < 0 and token[-1] in _CLOSING:
            token = token[:-1].rstrip(".")
        else:
            return ""
    inner = token[1:-1]
    if token[:1] in ("(", "[") and token[-1:] in (")", "]") and _is_whole(inner):
        return inner
    return token


def _is_whole(inner: str) -> bool:
    """Whether each closing parenthesis has its opening one before it."""
    depth = 0
    for sign in inner:
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth < 0:
            return False
    return depth == 0


def _depth(token: str) -> int:
    return sum(token.count(sign) for sign in _OPENING) - sum(token.count(s) for s in _CLOSING)


def _first_formula(token: str) -> str:
    """Of "MAPbI3(Cl)" or "MAPbI3)." the formula in front."""
    match = re.match(
        r"[(\[]?((?:MA|FA|Cs|CH3NH3|CsFAMA|\w+?)(?:Pb|Sn)(?:[A-Z][a-z]?[0-9.]*)+)", token
    )
    return match[1].rstrip(".") if match else ""


def _read(written: str, behind: str) -> tuple[str, bool, bool] | None:
    """(long form, whether variables stay open, whether chloride is marked)."""
    if "H2O" in written:  # "SnCl2·2H2O"
        return None
    written = re.sub(r"(?<=[0-9])·(?=[0-9])", ".", written)
    written = re.sub(r"(?<=[0-9])\([A-Z][A-Za-z0-9]*\)[xyz]$", "", written)  # "MAPbI3(CaI2)x"
    if not _VARIABLE.search(written):
        has_chloride = bool(re.search(r"\(Cl\)$|\[Cl\]$", written))
        form = _form(re.sub(r"[(\[]Cl[)\]]$", "", written))
        return (form, False, has_chloride) if form else None
    has_chloride = "Cl" in written
    if has_chloride:
        plain = re.sub(
            r"[(\[]?I(?:3[-–−])?[xyz]?Cl[xyz][)\]]?3?$|I[xyz]Cl3[-–−][xyz]$", "I3", written
        )
        if not _VARIABLE.search(plain) and (form := _form(plain)):
            return form, False, True
    values = dict(re.findall(r"\b([xyz])\s*=\s*(\d?\.\d+)", behind))
    needed = set(_VARIABLE.findall(written))
    if needed <= set(values):
        form = _form(_put_in(written, {name: float(value) for name, value in values.items()}))
        return (form, False, has_chloride) if form else None
    form = _form(_put_in(written, dict.fromkeys("xyz", 0.3)))
    return (_with_x(form), True, has_chloride) if form else None


def _put_in(written: str, values: dict[str, float]) -> str:
    """Numbers for "1-x", "3-3x", "x", "1-x-y"."""

    def number(match: re.Match) -> str:
        value = float(match[2] or 1) * values[match[3]] + (values[match[4]] if match[4] else 0)
        return f"{max(float(match[1]) - value if match[1] else value, 0.001):g}"

    return _EXPRESSION.sub(number, written)


def _with_x(form: str) -> str:
    """The database's way of writing what is not known: "FAxMAxPbBrxIx"."""
    return re.sub(r"[0-9]+\.[0-9]+", "x", form)


# "Cs5(MA0.17FA0.83)95Pb…": in percent
_PERCENTS = re.compile(r"(?<=Cs|Rb)(?P<one>\d{1,2})(?P<mixed>\([^()]+\))(?P<other>\d{2})(?=Pb|Sn)")


def _as_fractions(match: re.Match) -> str:
    one, other = int(match["one"]), int(match["other"])
    if one + other != 100:
        return match[0]
    return f"{one / 100:g}{match['mixed']}{other / 100:g}"


@lru_cache(maxsize=1 << 12)
def _form(written: str) -> str | None:
    if "5-AVA" in written and "(5-AVA)" not in written:
        written = written.replace("5-AVA", "(5-AVA)")
    written = _PERCENTS.sub(_as_fractions, written.replace("{", "(").replace("}", ")"))
    form = long_form(written)
    return rounded(re.sub(r"(?<![(\w])(\d?F-PEA|5-AVA)", r"(\1)", form)) if form else None

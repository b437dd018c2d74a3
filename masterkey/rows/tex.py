"""LaTeX, whole or in the pieces that PDF-to-Markdown tools leave, as plain text.

MinerU writes `$1 0 0 ~ ^ { \\circ } \\mathrm { C }$`, Nougat `\\({}^{\\circ}\\)C`, others
`\\textsubscript{2}`. In maths blanks mean nothing and are dropped, but between two words or a number
and its unit; elsewhere they stay.
"""

import re
from collections.abc import Iterator

from masterkey.rows.edited_text import Edit
from masterkey.rows.superscripts import DEGREE_RINGS, raised
from masterkey.rows.tex_signs import (
    ESCAPES,
    FRACTIONS,
    HEADINGS,
    KEEPS_BLANKS,
    PREFIXES,
    RAISING,
    RANGES,
    SIGNS,
    SPACED,
    UNITS,
    UNREAD,
    WITH_UNIT,
    WRAPPERS,
)

_DEEPEST_GROUP = 12
LONGEST_MATHS = 500  # characters between two signs of maths
_TAIL = 40  # characters before a place that say what follows
_TRIGGER = re.compile(r"\$|\\(?=\S)|[\^_](?=\{)|(?<=[\w)}])~(?=[\w(\\$])")
_TRIGGER_WITHOUT_TIE = re.compile(_TRIGGER.pattern.rpartition("|")[0])
_ANY_COMMAND = re.compile(r"\\[A-Za-z(\[]|\$[^$\n]*[\\^_]")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]+|[0-9]+|\s+|.", re.DOTALL)
# Without any sign of LaTeX: a number or a letter, perhaps compared with one.
_BARE_MATHS = re.compile(r"[A-Za-z]?[0-9 .,:]*(?:[-+=<>≤≥×~/%][A-Za-z]?[0-9 .,:]*)*")
_SQUARE_BRACKETS = re.compile(r"\s*\[[^\[\]\n]{0,100}\]")
# From the ring of a degree to its C, of which maths may have the one and the text the other.
_C_FOLLOWS = re.compile(
    r"(?:[\s{}$~]|\\(?:mathrm|mathsf|mathit|text|textrm|rm|,|;|:|!|\)))*+C(?![a-z])"
)
_ENDS_IN_NUMBER = re.compile(r"(?:^|[^\w.)])[0-9]+(?:\.[0-9]+)?$")
_ENDS_IN_WORD = re.compile(r"(?:^|[^A-Za-zµΩÅ])([A-Za-zµΩÅ]+)(?:-?[0-9])?$")


def plain_tex(text: str) -> Iterator[Edit]:
    """Edits that turn all LaTeX of a text into plain text; a text without it has none."""
    if not any(sign in text for sign in ("$", "\\", "^{", "_{")):
        return
    # In a text without LaTeX "~" means about.
    trigger = _TRIGGER if _ANY_COMMAND.search(text) else _TRIGGER_WITHOUT_TIE
    here = 0
    while found := trigger.search(text, here):
        start = found.start()
        if found[0] == "~":
            yield start, start + 1, " "
            here = start + 1
            continue
        place = _maths(text, start) or _command(text, start)
        if place is None:
            here = start + 1
            continue
        begin, end, here, in_maths = place
        if begin > start:
            yield start, begin, ""
        yield from _Rendering(text, begin, end, in_maths).edits()
        if here > end:
            yield end, here, ""


def _maths(text: str, start: int) -> tuple[int, int, int, bool] | None:
    """Begin and end of the maths that opens at `start`, and the end of its closing sign."""
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if text.startswith(opening, start):
            begin = start + len(opening)
            end = text.find(closing, begin, begin + LONGEST_MATHS)
            if end > begin and _is_maths(text[begin:end], opening):
                return begin, end, end + len(closing), True
    return None


def _is_maths(content: str, opening: str) -> bool:
    if "\n\n" in content or "$" in content:
        return False
    if opening.startswith("\\") or any(sign in content for sign in "\\^_{"):
        return True
    return len(content) < 40 and _BARE_MATHS.fullmatch(content) is not None and content[-1] != " "


def _command(text: str, start: int) -> tuple[int, int, int, bool] | None:
    """A command outside of maths with its arguments; None for a backslash that is none's."""
    if text[start] == "$":
        return None
    token = _TOKEN.match(text, start)
    name, end = token[0].lstrip("\\"), token.end()
    if text[start] == "\\" and not name.isalpha():
        return start, end, end, False
    if name in SIGNS:  # "\textdegree C": the blank ends the command
        blank = text[end : end + 1] == " " and name not in ("item", "par")
        return start, end, end + (blank and text[end + 1 : end + 2] != " "), False
    if name not in WRAPPERS | UNREAD and text[start] == "\\":
        return None
    arguments = end
    for _ in range(3 if name in RANGES else 2):
        skipped = _SQUARE_BRACKETS.match(text, arguments)
        begin = skipped.end() if skipped else arguments
        closed = _closing_brace(text, begin)
        if closed is None:
            break
        arguments = closed
    if arguments == end:
        return None
    return start, arguments, arguments, False


def _closing_brace(text: str, start: int) -> int | None:
    """The end of the group that opens at `start`."""
    if text[start : start + 1] != "{":
        return None
    depth = 0
    for brace in re.finditer(r"[{}]", text[start : start + LONGEST_MATHS]):
        depth += 1 if brace[0] == "{" else -1
        if depth > _DEEPEST_GROUP:
            return None
        if depth == 0:
            return start + brace.end()
    return None


class _Rendering:
    """The edits of one stretch of LaTeX, token by token."""

    def __init__(self, text: str, begin: int, end: int, in_maths: bool):
        self._text, self._end, self._in_maths = text, end, in_maths
        self._tokens = [(match[0], *match.span()) for match in _TOKEN.finditer(text, begin, end)]
        self._before = text[max(begin - _TAIL, 0) : begin].rstrip("$\\({")
        self._closed_by = self._groups()
        self._insert: dict[int, str] = {}  # behind the token of this number
        self._keeps_blanks_until = -1
        self._lowered = False  # the group before was one: "SnO_2" ends in no number

    def _groups(self) -> dict[int, int]:
        """The number of each opening brace's closing one."""
        groups, open_ones = {}, []
        for n, (token, *_) in enumerate(self._tokens):
            if token == "{":
                open_ones.append(n)
            elif token == "}" and open_ones:
                groups[open_ones.pop()] = n
        return groups

    def edits(self) -> Iterator[Edit]:
        n = 0
        while n < len(self._tokens):
            token, start, _ = self._tokens[n]
            new, last = self._rendered(n, token)
            new += self._insert.pop(last, "")
            self._before = (self._before + new)[-_TAIL:]
            end = self._tokens[last][2]
            if new != self._text[start:end]:
                yield start, end, new
            n = last + 1

    def _rendered(self, n: int, token: str) -> tuple[str, int]:
        """What stands for the tokens from number `n` on, and the number of the last of them."""
        if token.startswith("\\"):
            return self._rendered_command(n, token[1:])
        if token in "{}":
            return "", n
        if token.isspace():
            return self._blank(n), n
        if token == "^":
            return self._raised(n)
        if token == "_":
            self._lowered = True
            return "", n
        if token in "~&":
            return ("" if self._before.endswith(" ") else " "), n
        new = self._with_blank_before_unit(n, token)
        self._lowered = False
        return new, n

    def _rendered_command(self, n: int, name: str) -> tuple[str, int]:
        if not name.isalpha():
            new = ESCAPES.get(name, name)
            return ("" if new == " " and self._before.endswith(" ") else new), n
        if name in RAISING:
            return self._raised(n)
        if name in UNREAD:
            return "", self._closed_by.get(self._next(n), n)
        if name == "square" and (unit := self._unit_behind(n)) is not None:
            self._insert[unit] = "2"
            return "", n
        if name in SIGNS:
            return self._sign(SIGNS[name], n), n
        self._open(n, name)
        return ("\n" if name in HEADINGS else self._blank_between_units(n)), n

    def _open(self, n: int, name: str) -> None:
        """What a command changes about the arguments behind it."""
        first = self._closed_by.get(self._next(n))
        if first is None:
            return
        joint = "/" if name in FRACTIONS else " " if name in WITH_UNIT else ""
        joint = "–" if name in RANGES else joint
        if joint:
            self._insert[first] = joint
        last = self._closed_by.get(self._next(first))
        if name in RANGES and last is not None and self._next(last) in self._closed_by:
            self._insert[last] = " "
        if name in HEADINGS:
            self._insert[first] = "\n"
        if name in KEEPS_BLANKS:
            self._keeps_blanks_until = max(self._keeps_blanks_until, first)

    def _unit_behind(self, n: int) -> int | None:
        r"""The number of the unit in `\square\centi\metre`; None where no unit follows."""
        names = [token.removeprefix("\\") for token, *_ in self._tokens[n + 1 : n + 3]]
        unit = 1 if names and names[0] in PREFIXES else 0
        follows = len(names) > unit and SIGNS.get(names[unit], "") in UNITS
        return n + 1 + unit if follows else None

    def _next(self, n: int) -> int:
        """The number of the next token that is no blank."""
        n += 1
        while n < len(self._tokens) and self._tokens[n][0].isspace():
            n += 1
        return n

    def _raised(self, n: int) -> tuple[str, int]:
        first = self._next(n)
        last = self._closed_by.get(first, first)
        if last >= len(self._tokens):
            return "", n
        content = "".join(token for token, *_ in self._tokens[first : last + 1])
        content = re.sub(r"[\s{}]|\\(?:mathrm|text|rm|prime(?![a-z]))", _prime, content)
        if content in DEGREE_RINGS:
            if _C_FOLLOWS.match(self._text, self._tokens[last][2]):
                return self._sign("°", last), last
            if content in "oO0":
                return content, last
            return "°", last
        if re.fullmatch(r"[-−–]?[0-9,\s–-]*", content):
            return raised(content, self._before), last
        return "", n

    def _sign(self, sign: str, n: int) -> str:
        follows = self._text[self._tokens[n][2] : self._tokens[n][2] + _TAIL]
        before = self._before
        ends_in_number = bool(_ENDS_IN_NUMBER.search(before)) and not self._lowered
        if sign in SPACED:
            left = "" if not before or before[-1].isspace() or before[-1] in "(=" else " "
            right = "" if re.match(r"[\s~]*\$?\s", follows) and not self._in_maths else " "
            return f"{left}{sign}{right}"
        if sign == "°" and not _C_FOLLOWS.match(follows):
            return sign
        if sign == "~":
            return " ~" if before[-1:].isalnum() else sign
        return f" {sign}" if ends_in_number and sign[0] in "°µΩÅ" else sign

    def _blank(self, n: int) -> str:
        """What stands for blanks: themselves, or nothing in maths."""
        token = self._tokens[n][0]
        if self._before[-1:] == " ":
            return ""
        if not self._in_maths or n < self._keeps_blanks_until:
            return token
        last = self._tokens[n - 1][0] if n else ""
        following = self._tokens[n + 1][0] if n + 1 < len(self._tokens) else ""
        both = last.isalpha() and following.isalpha() and min(len(last), len(following)) > 1
        return " " if both else ""

    def _with_blank_before_unit(self, n: int, token: str) -> str:
        is_number = _ENDS_IN_NUMBER.search(self._before) and not self._lowered
        return f" {token}" if is_number and token.isalpha() and self._word(n) in UNITS else token

    def _blank_between_units(self, n: int) -> str:
        """A blank between `\\mathrm{mg}` and `\\mathrm{ml}`."""
        before = _ENDS_IN_WORD.search(self._before)
        both = self._in_maths and before and before[1] in UNITS and self._word(n + 1) in UNITS
        return " " if both else ""

    def _word(self, n: int) -> str:
        """The letters from token `n` on, which may stand apart: "m i n"."""
        letters = ""
        for token, *_ in self._tokens[n : n + 16]:
            if token.isalpha():
                letters += token
            elif token not in "{" and not token.isspace():
                break
        return letters


def _prime(match: re.Match) -> str:
    return "'" if match[0] == "\\prime" else ""

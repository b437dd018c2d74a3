"""The characters of a PDF page as lines, with superscripts and subscripts told by size and height."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field

from masterkey.papers.shifted_text import raised_text

_SMALL = 0.92  # of the line's height, to be a script
_LEVEL = 0.08  # of the line's height, to stand on the line
_HIGHEST, _LOWEST = 0.8, -0.5  # of the line's height, for a script
_BLANK = 0.15  # of the line's height, between words
_NEAR = 1.0  # of the line's height, from a script to what it belongs to
_HYPHENS = frozenset((0x02, 0xFFFE, 0xAD))
_NO_SIGN = frozenset((0x00, 0x0D, 0x0A, 0xFFFF, 0xFEFF, 0x200B))
_SPACES = frozenset((0x20, 0x09, 0xA0))
_BREAKS = frozenset((0x0D, 0x0A))
_WIDEST = 2.0  # of the line's height, from one character to the next; a wider step is looked at
_UPRIGHT = 0.1  # radians


@dataclass
class Line:
    """A line of page `page`, in points: `y` is its baseline, `height` that of its largest characters."""

    page: int
    left: float
    right: float
    y: float
    height: float
    pieces: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    turned: bool = False

    @property
    def text(self) -> str:
        return "".join(self.pieces).strip()

    def end_raised(self) -> None:
        """Put the superscript that was collected into the text."""
        if self.raised:
            self.pieces.append(raised_text("".join(self.raised)))
            self.raised = []


def lines_of(textpage, page: int) -> Iterator[Line]:
    """The lines of a page (a raw FPDF_TEXTPAGE) in the order of the file.

    Each call to PDFium takes time (docs/papers.md): of a character that goes on where the one before stood,
    only its origin is asked, and its box where it does not.
    """
    characters = _Characters(textpage)
    line, before, x_before, had_blank, had_break = None, 0, 0.0, False, False
    for index, code in characters.codes():
        if code in _SPACES or code in _NO_SIGN:
            had_blank |= code in _SPACES
            had_break |= code in _BREAKS
            continue
        sign = "-" if code in _HYPHENS else chr(code)
        x, y = characters.origin(index)
        if (
            line
            and not (had_break or line.raised)
            and -_LEVEL * line.height <= y - line.y <= _LEVEL * line.height
            and x_before <= x <= x_before + _WIDEST * line.height
        ):
            if had_blank:
                line.pieces.append(" ")
            line.pieces.append(sign)
        else:
            left, right, height = characters.box(index)
            if line:
                line.right = max(line.right, characters.box(before)[1])
            where = _place(line, left, y, height) if line else None
            if where is None:
                if line:
                    line.end_raised()
                    yield line
                line = Line(page, left, right, y, height, turned=characters.is_turned(index))
                where, had_blank = "level", False
            _append(line, sign, where, had_blank or left - line.right > _BLANK * line.height)
            if where == "base":  # what came before was a superscript at the line's beginning
                line.y, line.height = y, height
        before, x_before, had_blank, had_break = index, x, False, False
    if line:
        line.right = max(line.right, characters.box(before)[1])
        line.end_raised()
        yield line


class _Characters:
    """The characters of a page by PDFium's own functions."""

    def __init__(self, textpage):
        from pypdfium2 import raw

        self._textpage, self._raw = textpage, raw
        self._box, self._x, self._y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
        self._x_at, self._y_at = ctypes.byref(self._x), ctypes.byref(self._y)
        self._get_origin = raw.FPDFText_GetCharOrigin

    def codes(self) -> Iterator[tuple[int, int]]:
        """Index and code point of each."""
        get, textpage = self._raw.FPDFText_GetUnicode, self._textpage
        for index in range(self._raw.FPDFText_CountChars(textpage)):
            yield index, get(textpage, index)

    def origin(self, index: int) -> tuple[float, float]:
        """Where a character stands on its baseline."""
        self._get_origin(self._textpage, index, self._x_at, self._y_at)
        return self._x.value, self._y.value

    def box(self, index: int) -> tuple[float, float, float]:
        """Left and right edge, and the height of the font, not of the sign."""
        self._raw.FPDFText_GetLooseCharBox(self._textpage, index, ctypes.byref(self._box))
        return self._box.left, self._box.right, self._box.top - self._box.bottom

    def is_turned(self, index: int) -> bool:
        """Whether a character stands on its side, as stamps in margins do."""
        return abs(self._raw.FPDFText_GetCharAngle(self._textpage, index)) > _UPRIGHT


def _place(line: Line, left: float, y: float, height: float) -> str | None:
    """Where a character stands on `line`: level, raised, lowered, base; None: on another line."""
    shift = y - line.y
    is_behind = left > line.right - line.height
    if abs(shift) <= _LEVEL * line.height and is_behind:
        return "level"
    if not is_behind or left > line.right + _NEAR * line.height:
        return None
    if height < _SMALL * line.height and _LOWEST * line.height < shift < _HIGHEST * line.height:
        return "raised" if shift > 0 else "lowered"
    if line.height < _SMALL * height and -_HIGHEST * height < shift < 0:
        return "base"
    return None


def _append(line: Line, sign: str, where: str, has_blank: bool) -> None:
    if where == "base" and line.pieces and not line.raised:
        line.raised, line.pieces = ["".join(line.pieces)], []
    if where != "raised" or (has_blank and line.raised):
        line.end_raised()
    if has_blank and line.pieces and not line.pieces[-1].endswith(" "):
        line.pieces.append(" ")
    (line.raised if where == "raised" else line.pieces).append(sign)

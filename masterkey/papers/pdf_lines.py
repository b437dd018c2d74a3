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


# Code point, left and right edge, baseline, height: in points.
_Character = tuple[int, float, float, float, float]


def lines_of(textpage, page: int) -> Iterator[Line]:
    """The lines of a page (a raw FPDF_TEXTPAGE) in the order of the file."""
    from pypdfium2 import raw

    line, had_blank = None, False
    for index, character in _characters(textpage):
        code, left, right, y, height = character
        if code in _SPACES:
            had_blank = True
            continue
        where = _place(line, left, y, height) if line else None
        if where is None:
            if line:
                line.end_raised()
                yield line
            turned = abs(raw.FPDFText_GetCharAngle(textpage, index)) > _UPRIGHT
            line, where, had_blank = (
                Line(page, left, right, y, height, turned=turned),
                "level",
                False,
            )
        sign = "-" if code in _HYPHENS else chr(code)
        _append(line, sign, where, had_blank or left - line.right > _BLANK * line.height)
        if where == "base":  # what came before was a superscript at the line's beginning
            line.y, line.height = y, height
        line.right, had_blank = max(line.right, right), False
    if line:
        line.end_raised()
        yield line


def _characters(textpage) -> Iterator[tuple[int, _Character]]:
    """Index and place of each character that is seen, and of blanks; ctypes is the price of a page."""
    from pypdfium2 import raw

    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    box_at, x_at, y_at = ctypes.byref(box), ctypes.byref(x), ctypes.byref(y)
    get_code, get_box = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox
    get_origin = raw.FPDFText_GetCharOrigin
    for index in range(raw.FPDFText_CountChars(textpage)):
        code = get_code(textpage, index)
        if code in _NO_SIGN:
            continue
        if code in _SPACES:
            yield index, (code, 0, 0, 0, 0)
        elif get_box(textpage, index, box_at) and get_origin(textpage, index, x_at, y_at):
            yield index, (code, box.left, box.right, y.value, box.top - box.bottom)


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

"""The text of a PDF by PDFium: lines in the file's order, without running heads and broken words.

PDFium is the fastest of the libraries that keep the order of two columns (docs/papers.md), but its own
text sets exponents on lines of their own, so lines are made here of its characters and their boxes.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from masterkey.papers.pdf_lines import Line, lines_of
from masterkey.rows.broken_lines import joined_lines
from masterkey.rows.edited_text import CleanText
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import valid_text

# Characters on a page with a picture, and on one without: a stamp beside a scan has fewer.
_FEWEST_BESIDE_PICTURE, _FEWEST = 200, 60
_MARGIN = 0.15  # of the page's height, in which running heads stand
_APART = 1.2  # of the usual distance between baselines: between paragraphs and beside running heads
_PAGE_NUMBER = re.compile(
    r"(?:page )?[-–]?\s*S?-?[0-9]{1,6}(?:\s*(?:of|/)\s*[0-9]{1,4})?\s*[-–]?", re.IGNORECASE
)


@dataclass(frozen=True)
class PdfText:
    """The text, all of page 1, and where a title may stand: in the file's properties, in the largest letters."""

    text: str
    first_page: str
    own_title: str
    largest: str


@dataclass(frozen=True)
class _Page:
    height: float
    lines: list[Line]
    has_picture: bool


def read_pdf(data: bytes, where: str) -> PdfText:
    """The text of a PDF. Raises `UserError` where it is damaged, encrypted or scanned."""
    import pypdfium2

    document = None
    try:
        document = pypdfium2.PdfDocument(data)
        pages = [_page(document, number) for number in range(len(document))]
        own_title = document.get_metadata_dict().get("Title", "")
    except pypdfium2.PdfiumError as error:
        raise UserError(_why(error, where)) from None
    finally:
        if document:
            document.close()
    leading = _leading(pages)
    lines = _without_heads(pages, leading)
    _refuse_scanned(pages, lines, where)
    first_page = valid_text("\n".join(line.text for line in pages[0].lines))
    # PDFium gives letters beyond the first 65,536 signs (𝑉, 𝐽) in two halves.
    text = unwrapped(valid_text("".join(_with_breaks(lines, leading))))
    return PdfText(text, first_page, valid_text(own_title), valid_text(_largest(lines)))


def unwrapped(text: str) -> str:
    """The text with each paragraph on one line, and without the hyphens of broken words."""
    return CleanText.unchanged(text).edited(joined_lines(text, has_heads=False)).text


def _why(error, where: str) -> str:
    from pypdfium2 import raw

    if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
        return f"{where}: is encrypted; save a copy without a password."
    return f"{where}: is a PDF that cannot be read ({error}); save it anew, or as text."


def _page(document, number: int) -> _Page:
    page = document[number]
    text = page.get_textpage()
    try:
        lines = [line for line in lines_of(text.raw, number) if line.text and not line.turned]
        # Of a page with enough text it does not matter, and its objects are many.
        is_bare = sum(len(line.text) for line in lines) < _FEWEST_BESIDE_PICTURE
        has_picture = is_bare and _has_picture(page)
        return _Page(page.get_height(), lines, has_picture)
    finally:
        text.close()
        page.close()


def _has_picture(page) -> bool:
    from pypdfium2 import raw

    pictures = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2)
    return next(iter(pictures), None) is not None


def _leading(pages: list[_Page]) -> float:
    """The usual distance from baseline to baseline, in points."""
    gaps = [
        line.y - following.y
        for page in pages
        for line, following in pairwise(page.lines)
        if 0 < line.y - following.y < 3 * line.height
    ]
    return median(gaps) if gaps else 12.0


# --- running heads and scans ---------------------------------------------------------------------


def _without_heads(pages: list[_Page], leading: float) -> list[Line]:
    """All lines but page numbers, and what stands apart in the margin of two pages or more."""
    in_margin = [_margin_lines(page, leading) for page in pages]
    n_pages_with = Counter(text for lines in in_margin for text in {_key(line) for line in lines})
    dropped = {
        id(line)
        for lines in in_margin
        for line in lines
        if n_pages_with[_key(line)] >= 2 or _PAGE_NUMBER.fullmatch(line.text)
    }
    return [line for page in pages for line in page.lines if id(line) not in dropped]


def _margin_lines(page: _Page, leading: float) -> list[Line]:
    """The lines at the top and the bottom of a page down to the first that has others close to it."""
    rows: dict[float, list[Line]] = defaultdict(list)
    for line in page.lines:
        rows[round(line.y)].append(line)
    heights = sorted(rows)
    found = []
    for order in (heights, heights[::-1]):
        for here, following in pairwise(order):
            in_margin = min(here, page.height - here) < _MARGIN * page.height
            if not in_margin or abs(here - following) < _APART * leading:
                break
            found += rows[here]
    return found


def _key(line: Line) -> str:
    return re.sub(r"[0-9]+", "0", line.text)


def _refuse_scanned(pages: list[_Page], lines: list[Line], where: str) -> None:
    """Raise `UserError` where most pages have no more text than a stamp."""
    n_characters = Counter()
    for line in lines:
        n_characters[line.page] += len(line.text)
    n_bare = sum(
        n_characters[number] < (_FEWEST_BESIDE_PICTURE if page.has_picture else _FEWEST)
        for number, page in enumerate(pages)
    )
    is_short_text = len(pages) == 1 and lines and not pages[0].has_picture
    if not lines or (n_bare > len(pages) / 2 and not is_short_text):
        raise UserError(
            f"{where}: is a PDF without text (scanned, it seems: {sum(n_characters.values())} characters "
            f"on {len(pages)} pages); run a text recognition on it first."
        )


# --- lines to text -------------------------------------------------------------------------------


def _with_breaks(lines: list[Line], leading: float) -> Iterator[str]:
    """The lines, with an empty one where the page leaves room between them."""
    yield lines[0].text
    for line, following in pairwise(lines):
        in_column = line.page == following.page and line.left < following.right
        is_apart = in_column and line.y - following.y > _APART * leading
        yield "\n\n" if is_apart else "\n"
        yield following.text


def _largest(lines: list[Line]) -> str:
    """The text in the largest letters of the first page."""
    first = [line for line in lines if line.page == lines[0].page]
    size = max(line.height for line in first)
    largest = [line.text for line in first if line.height > size / 1.02]
    return " ".join(largest) if len(largest) < len(first) else ""

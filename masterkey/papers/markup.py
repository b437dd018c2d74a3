"""HTML of publishers, JATS and Elsevier XML as blocks: one walk, since their elements differ in names alone.

The parsers are lxml's, which mend broken HTML and fetch nothing from elsewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from masterkey.papers.paper import HEADING, PARAGRAPH, TABLE, Block
from masterkey.papers.shifted_text import raised_text
from masterkey.papers.tables import rows_as_lines

_SKIPPED = frozenset(
    "script style noscript template nav aside form button svg iframe footer select object-id link "
    "ref-list reference-list bibliography annotation annotation-xml tex-math label counts "
    "permissions contrib-group aff author-notes author-group history kwd-group keywords "
    "abstract-graphical".split()
)
_SKIPPED_OF_PAGES = frozenset(("header",))
_BLOCKS = frozenset(
    "p para simple-para simple-text div section sec article main body li list-item ul ol list dl dt dd "
    "blockquote figure fig caption figcaption header abstract abstract-sec back app ack app-group boxed-text "
    "supplementary-material table-wrap tr br legend disp-formula formula title-group sections tail "
    "acknowledgment appendices appendix front article-meta e-component".split()
)
_SECTIONS = frozenset(
    "sec section abstract ack app acknowledgment appendix back abstract-sec".split()
)
_TITLES = frozenset(("title", "section-title"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_RAISED, _LOWERED = frozenset(("sup",)), frozenset(("sub", "inf"))
# Of publishers' pages: lists of references, what surrounds the article, what only a screen reader says.
_NO_TEXT = re.compile(
    r"\b(?:references?-list|ref-list|reference[-_]list|bibliograph|c-article-references|citation-list"
    r"|breadcrumb|cookie|navbar|sidebar|social|share-|metrics|related-|recommend|sr-only"
    r"|visually-hidden|u-visually-hidden|skip-link|MathJax_Preview|advert)",
    re.IGNORECASE,
)


def local_name(element) -> str:
    """An element's name without its namespace, in lower case; "" for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


@dataclass
class _Walk:
    """The blocks found so far, and the text of the one that has not ended."""

    blocks: list[Block] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def end_block(self, kind: str = PARAGRAPH, level: int = 0) -> None:
        text = collapsed("".join(self.pieces))
        self.pieces.clear()
        if text:
            self.blocks.append(Block(text, kind, level))


def blocks_of(root, depth: int = 0) -> list[Block]:
    """The paragraphs, headings and tables of an lxml element, in their order.

    A heading's level is that of h1 … h6, or how deep its section lies in others.
    """
    walk = _Walk()
    _element(root, walk, depth)
    walk.end_block()
    return walk.blocks


def collapsed(text: str) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", text).strip()


def _element(element, walk: _Walk, depth: int) -> None:
    name = local_name(element)
    if not name or name in _SKIPPED or _is_no_text(element):
        return
    if name in _RAISED:
        walk.pieces.append(raised_text(_flat(element)))
    elif name in ("msup", "msub", "msubsup") and len(element) > 1:
        _shifted_of_mathml(element, name, walk, depth)
    elif name in _HEADINGS:
        _heading(element, walk, _HEADINGS[name], depth)
    elif name in _TITLES and _is_in_section(element):
        _heading(element, walk, depth, depth)
    elif name in ("table", "tgroup"):
        walk.end_block()
        lines = rows_as_lines(_rows(element))
        if lines:
            walk.blocks.append(Block(lines, TABLE))
    elif name in _BLOCKS or name in _SECTIONS:
        walk.end_block()
        _inside(element, walk, depth + (name in _SECTIONS))
        walk.end_block()
    else:
        _inside(element, walk, depth)


def _inside(element, walk: _Walk, depth: int) -> None:
    walk.pieces.append(element.text or "")
    for child in element:
        _element(child, walk, depth)
        walk.pieces.append(child.tail or "")


def _heading(element, walk: _Walk, level: int, depth: int) -> None:
    walk.end_block()
    _inside(element, walk, depth)
    walk.end_block(HEADING, level)


def _is_in_section(element) -> bool:
    parent = element.getparent()
    return parent is not None and local_name(parent) in _SECTIONS


def _is_no_text(element) -> bool:
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    own = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('role') or ''}"
    return bool(own.strip() and _NO_TEXT.search(own))


def _shifted_of_mathml(element, name: str, walk: _Walk, depth: int) -> None:
    """A base of MathML with what is lowered and raised."""
    _element(element[0], walk, depth)
    if name != "msup":
        walk.pieces.append(_flat(element[1]))
    if name != "msub":
        walk.pieces.append(raised_text(_flat(element[-1])))


def _flat(element) -> str:
    """All text of an element on one line, with superscripts in it."""
    walk = _Walk()
    _inside(element, walk, 0)
    walk.end_block()
    return " ".join(block.text for block in walk.blocks)


# --- tables --------------------------------------------------------------------------------------


def _rows(table) -> list[list[str]]:
    """The cells of a table, row by row; a cell over several rows or columns stands in each of them."""
    rows: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}  # column → rows that a cell still covers, its text
    for row in _row_elements(table):
        cells: list[str] = []
        for cell in (own for own in row if local_name(own) in ("td", "th", "entry")):
            _take_from_above(cells, below)
            text, n_rows, n_columns = (
                _flat(cell),
                _number(cell, "rowspan"),
                _number(cell, "colspan"),
            )
            n_rows = max(n_rows, _number(cell, "morerows", 0) + 1)
            for _ in range(n_columns):
                if n_rows > 1:
                    below[len(cells)] = (n_rows - 1, text)
                cells.append(text)
        _take_from_above(cells, below)
        rows.append(cells)
    return rows


def _row_elements(table) -> Iterator:
    for element in table.iter():
        if local_name(element) in ("tr", "row"):
            yield element


def _take_from_above(cells: list[str], below: dict[int, tuple[int, str]]) -> None:
    while len(cells) in below:
        n_rows, text = below.pop(len(cells))
        if n_rows > 1:
            below[len(cells)] = (n_rows - 1, text)
        cells.append(text)


def _number(cell, name: str, default: int = 1) -> int:
    text = cell.get(name) or ""
    return min(int(text), 100) if text.isdigit() and int(text) else default

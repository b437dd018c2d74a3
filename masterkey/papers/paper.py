"""One paper as every reader of files gives it: its text, its headings and tables in it, and its title page."""

from collections.abc import Iterable
from dataclasses import dataclass

PARAGRAPH, HEADING, TABLE = "paragraph", "heading", "table"


@dataclass(frozen=True)
class Block:
    """A piece of a document: a paragraph, a heading of a `level` (1 is the highest), or a table."""

    text: str
    kind: str = PARAGRAPH
    level: int = 0


@dataclass(frozen=True)
class Heading:
    """A heading that the document itself marks: [start, end) of the paper's text."""

    start: int
    end: int
    level: int


@dataclass(frozen=True)
class Paper:
    """`text` is what a person reads; superscripts stand as "cm⁻²", tables as one line a row.

    `headings` and `tables` are places in `text`, where the file's format says what is one (HTML, XML,
    DOCX). `doi`, `title`, `year` are None where the file does not say them.
    """

    path: str
    text: str
    title: str | None = None
    doi: str | None = None
    year: int | None = None
    headings: tuple[Heading, ...] = ()
    tables: tuple[tuple[int, int], ...] = ()


def laid_out(
    blocks: Iterable[Block],
) -> tuple[str, tuple[Heading, ...], tuple[tuple[int, int], ...]]:
    """The text of blocks, a blank line between them, with the places of its headings and tables."""
    pieces: list[str] = []
    headings, tables, here = [], [], 0
    for block in blocks:
        end = here + len(block.text)
        if block.kind == HEADING:
            headings.append(Heading(here, end, block.level))
        elif block.kind == TABLE:
            tables.append((here, end))
        pieces.append(block.text)
        here = end + 2
    return "\n\n".join(pieces), tuple(headings), tuple(tables)

"""A paper from a file: text (UTF-8, or UTF-16 with its mark), Markdown, PDF, publishers' HTML, JATS and Elsevier XML, DOCX.

    paper = read_paper_file("paper.pdf")
    paper = read_paper_bytes(data, "upload.docx")

What a file is, its first bytes say, not its name.
"""

import codecs
import os
import re
from pathlib import Path

from masterkey.papers.lost_ligatures import with_ligatures
from masterkey.papers.paper import Paper
from masterkey.papers.title_page import doi_in, first_title, year_in
from masterkey.rows.section_headings import is_bibliography, is_heading
from masterkey.scripting.command_line import UserError

# What a folder is searched for.
SUFFIXES = frozenset(
    (
        ".txt",
        ".text",
        ".md",
        ".markdown",
        ".mmd",
        ".pdf",
        ".html",
        ".htm",
        ".xhtml",
        ".xml",
        ".nxml",
        ".docx",
    )
)
# Text, too, of which any reader would make a device with little confidence.
_DATA = frozenset((".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml"))
# What may stand before a document's first element.
_PROLOG_PARTS = re.compile(
    rb"(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>)*", re.DOTALL | re.I
)
_FIRST_ELEMENT = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
_ARTICLES = frozenset(
    (
        b"full-text-retrieval-response",
        b"converted-article",
        b"simple-article",
        b"article-set",
        b"doc",
        b"pmc-articleset",
    )
)
# The longer mark first: it begins with the shorter one.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DECLARATION = re.compile(r"\A\s*<\?xml\b.*?\?>", re.DOTALL)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_PROLOG = 4_096  # bytes in which a file says what it is
_MOST_NULS = 0.01  # share of a text's bytes; a file of another kind has more
_TITLE_OF_MARKDOWN = re.compile(r"^# +(\S.*)$", re.MULTILINE)


def read_paper_file(path: str | Path) -> Paper:
    """The paper in a file. Raises `UserError` where it cannot be read or holds no text."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); name a text file, PDF, HTML, XML or DOCX."
        ) from None
    return read_paper_bytes(data, path_as_text(path))


def refuse_data_file(path: str | Path) -> None:
    """Raise `UserError` for a file that is a table, or rows, by its name, where a paper is to be read."""
    if Path(path).suffix.lower() in _DATA and Path(path).is_file():
        raise UserError(
            f"{path}: is a file of data, not of one paper; save the paper as .txt, or give rows of texts to "
            "sii_baseline.py --data_path."
        )


def path_as_text(path: str | Path) -> str:
    """A path as UTF-8 can hold it: what an old file name has of other bytes is written `\\xe9`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read_paper_bytes(data: bytes, name: str) -> Paper:
    """The paper in a file's bytes; `name` is its path, which a `UserError` names."""
    try:
        paper = _of_kind(data, name)
    except UserError:
        raise
    except Exception as error:  # whatever a library makes of a damaged file: the others go on
        raise UserError(
            f"{name}: is damaged, it seems ({type(error).__name__}: {error}); save it anew, or as text."
        ) from error
    if not paper.text.strip():
        raise UserError(f"{name}: holds no text; give the experimental section of a paper.")
    if is_bibliography(paper.text):
        raise UserError(f"{name}: holds a list of references alone; give the paper itself.")
    return paper


def _of_kind(data: bytes, name: str) -> Paper:
    data = _as_utf8(data, name)
    kind = _kind(data)
    if kind is None:
        return _of_text(data, name)
    if kind == "pdf":
        return _of_pdf(data, name)
    from masterkey.papers import articles

    reads = {"docx": articles.read_docx, "html": articles.read_html, "xml": articles.read_xml}
    return reads[kind](data, name)


def _as_utf8(data: bytes, name: str) -> bytes:
    """Text that begins with the mark of UTF-16 or UTF-32 as UTF-8, as Windows programs save it; else as it is."""
    encoding = next((own for mark, own in _MARKS.items() if data.startswith(mark)), None)
    if encoding is None:
        return data
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UserError(
            f"{name}: begins as {encoding.upper()} text and is none at byte {error.start}; save it as UTF-8 text."
        ) from None
    # The encoding that XML declares is no longer its own.
    return _DECLARATION.sub("", text, count=1).encode("utf-8")


def _kind(data: bytes) -> str | None:
    """pdf, docx, html, xml, or None for text."""
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return "docx"
    head = data[:_PROLOG].removeprefix(b"\xef\xbb\xbf")
    first = _FIRST_ELEMENT.match(head, _PROLOG_PARTS.match(head).end())
    if not first:
        return None
    name = first[1].lower()
    # A page may begin with <article>, too; a JATS file's is the first thing behind its prolog.
    if name in _ARTICLES or (
        name == b"article" and not re.search(rb"<(?:html|h[1-6]|div)\b", head, re.I)
    ):
        return "xml"
    return "html" if _HTML.search(head) or name in (b"article", b"main") else None


def _of_pdf(data: bytes, name: str) -> Paper:
    from masterkey.papers.pdf import read_pdf

    read = read_pdf(data, name)
    title = first_title([read.own_title, read.largest])
    return Paper(
        name, with_ligatures(read.text), title, doi_in(read.first_page), year_in(read.first_page)
    )


def _of_text(data: bytes, name: str) -> Paper:
    """UTF-8 text as it is, with one kind of line end and its ligatures whole."""
    text = with_ligatures(_decoded(data, name).replace("\r\n", "\n").replace("\r", "\n"))
    return Paper(name, text, _title_of_text(text), doi_in(text), year_in(text))


def _decoded(data: bytes, name: str) -> str:
    if data.count(b"\0") > _MOST_NULS * len(data):
        raise UserError(
            f"{name}: is neither text nor a PDF; save it as UTF-8 text, PDF, HTML, XML or DOCX."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        ending = Path(name).suffix.lower()
        reason = f"byte {error.start} is not UTF-8; save the file as UTF-8 text"
        if ending in (".pdf", ".docx"):  # which nobody can save as UTF-8
            reason = (
                f"is called {ending} and does not begin as such a file does; fetch or save it anew"
            )
        raise UserError(f"{name}: {reason}.") from None


def _title_of_text(text: str) -> str | None:
    """A Markdown title, else a first line that stands alone above an empty one."""
    markdown = _TITLE_OF_MARKDOWN.search(text)
    first, _, rest = text.lstrip().partition("\n")
    stands_alone = rest.startswith("\n") and not first.rstrip().endswith((".", ":"))
    candidates = [markdown and markdown[1], first if stands_alone else None]
    return first_title(own for own in candidates if own and not is_heading(own))

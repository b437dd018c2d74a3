"""HTML of publishers' pages, JATS and Elsevier XML, and DOCX as papers."""

import io
import zipfile

from masterkey.papers.markup import blocks_of, collapsed, local_name
from masterkey.papers.paper import HEADING, Block, Paper, laid_out
from masterkey.papers.title_page import doi_in, first_title, plain_doi, plain_year, year_in
from masterkey.scripting.command_line import UserError

# Of <meta name=…> and <meta property=…>, the most trustworthy first.
_META = {
    "doi": (
        "citation_doi",
        "dc.identifier",
        "dc.identifier.doi",
        "prism.doi",
        "bepress_citation_doi",
    ),
    "title": ("citation_title", "dc.title", "og:title", "twitter:title"),
    "year": (
        *(
            "citation_publication_date",
            "citation_cover_date",
            "citation_online_date",
            "citation_date",
        ),
        *("citation_year", "prism.publicationdate", "dc.date", "article:published_time"),
    ),
}
# One of these holds the article alone, where a page has one.
_ARTICLE = ("//article", "//main", "//*[@role='main']", "//body")


def read_html(data: bytes, path: str) -> Paper:
    """A publisher's page. Raises `UserError` where it holds no element."""
    from lxml import etree, html

    try:
        root = html.document_fromstring(_decoded_html(data))
    except (etree.ParserError, ValueError) as error:
        raise UserError(f"{path}: is HTML that cannot be read ({error}); save it anew.") from None
    body = next((found[0] for own in _ARTICLE if len(found := root.xpath(own)) == 1), root)
    text, headings, tables = laid_out(blocks_of(body))
    meta = _meta(root)
    headlines = [_text_of(own) for own in root.iter("h1", "title")]
    return Paper(
        path,
        text,
        first_title([*meta["title"], *headlines]),
        next(filter(None, map(plain_doi, meta["doi"])), None) or doi_in(text),
        next(filter(None, map(plain_year, meta["year"])), None) or year_in(text),
        headings,
        tables,
    )


def _decoded_html(data: bytes) -> bytes | str:
    """As text where it is UTF-8, which pages do not always declare; else lxml finds the encoding."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data
    # An encoding that is declared in a text is refused.
    return text.split("?>", 1)[-1] if text.lstrip().startswith("<?xml") else text


def _meta(root) -> dict[str, list[str]]:
    named: dict[str, str] = {}
    for element in root.iter("meta"):
        name = (element.get("name") or element.get("property") or "").lower()
        named.setdefault(name, element.get("content") or "")
    return {what: [named[name] for name in names if name in named] for what, names in _META.items()}


def read_xml(data: bytes, path: str) -> Paper:
    """A JATS or Elsevier article. Raises `UserError` for XML that holds none."""
    from lxml import etree

    # Entities that a document declares are not expanded: they could be files, or endless.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UserError(f"{path}: is XML that cannot be read ({error}); save it anew.") from None
    if root is None:
        raise UserError(f"{path}: is XML that cannot be read; save it anew.")
    if not any(_text_of(own) for own in _all_of(root, "body")):
        raise UserError(
            f"{path}: is an article without its full text (title and abstract alone: a publisher's answer to who "
            "has no licence, it may be); give the full text."
        )
    parts = (
        _first_of(root, "abstract", "abstract-sec"),
        *_all_of(root, "body"),
        *_all_of(root, "back", "tail"),
    )
    floating = [own for own in _all_of(root, "floats", "floats-group") if own is not None]
    blocks = [
        block for part in (*parts, *floating) if part is not None for block in blocks_of(part)
    ]
    title = _first_of(root, "article-title")
    title = _title_of_paper(root) if title is None else title
    if title is not None and _text_of(title):
        blocks.insert(0, Block(_text_of(title), HEADING, 1))
    text, headings, tables = laid_out(blocks)
    return Paper(
        path,
        text,
        first_title([_text_of(title) if title is not None else None]),
        _doi_of_xml(root) or doi_in(text),
        _year_of_xml(root),
        headings,
        tables,
    )


def _title_of_paper(root):
    """The first `title` that is not one of a section, whose heading stands in the text."""
    inside = {"body", "back", "abstract", "sec", "section"}
    return next(
        (
            own
            for own in _all_of(root, "title")
            if inside.isdisjoint(map(local_name, own.iterancestors()))
        ),
        None,
    )


def _doi_of_xml(root) -> str | None:
    ids = [own for own in _all_of(root, "article-id") if own.get("pub-id-type") == "doi"]
    return next(
        filter(None, (plain_doi(_text_of(own)) for own in (*ids, *_all_of(root, "doi")))), None
    )


def _year_of_xml(root) -> int | None:
    dates = [own for date in _all_of(root, "pub-date") for own in _all_of(date, "year")]
    dates += _all_of(
        root, "coverdate", "cover-date-start", "vor-available-online-date", "copyright-year"
    )
    return next(filter(None, (plain_year(_text_of(own)) for own in dates)), None)


def _all_of(root, *names: str) -> list:
    """The elements of these names outside of references, in the order of the document."""
    return [own for own in root.iter() if local_name(own) in names and not _is_in_references(own)]


def _is_in_references(element) -> bool:
    names = {local_name(own) for own in element.iterancestors()}
    return bool(names & {"ref-list", "bibliography", "related-article", "related-object"})


def _first_of(root, *names: str):
    return next(iter(_all_of(root, *names)), None)


def _text_of(element) -> str:
    return collapsed(
        " ".join(block.text for block in blocks_of(element)) or "".join(element.itertext())
    )


def read_docx(data: bytes, path: str) -> Paper:
    """A Word file: mammoth makes HTML of it, by its styles. Raises `UserError` for another ZIP file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if "word/document.xml" not in file.namelist():
                raise UserError(
                    f"{path}: is a ZIP file and no Word document; save it as DOCX, PDF or text."
                )
            properties = (
                file.read("docProps/core.xml") if "docProps/core.xml" in file.namelist() else b""
            )
        page = _html_of_docx(data)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, RuntimeError) as error:
        raise UserError(
            f"{path}: is a Word file that cannot be read ({error}); save it anew, or as PDF."
        ) from None
    from lxml import html

    text, headings, tables = laid_out(blocks_of(html.document_fromstring(page or "<p></p>")))
    first = text[: headings[0].start] if headings and headings[0].start else text.partition("\n")[0]
    own = _properties(properties)
    headlines = [text[one.start : one.end] for one in headings if one.level == 1][:1]
    titles = [own.get("title"), first.partition("\n")[0], *headlines]
    doi = plain_doi(own.get("identifier")) or plain_doi(own.get("subject")) or doi_in(text)
    return Paper(path, text, first_title(titles), doi, year_in(text), headings, tables)


def _html_of_docx(data: bytes) -> str:
    import mammoth

    # A paper's title is no heading of a section.
    return mammoth.convert_to_html(
        io.BytesIO(data), style_map="p[style-name='Title'] => p:fresh"
    ).value


def _properties(data: bytes) -> dict[str, str]:
    from lxml import etree

    root = (
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
        if data
        else ()
    )
    return {local_name(own): own.text or "" for own in root}

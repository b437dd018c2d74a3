"""One invented paper in every format that papers come in; the sentences are written for these tests."""

import html
import io
import re

TITLE = "Invented tin oxide cells with a {solvent} ink"
DOI = "10.9999/invented.{number}"
YEAR = 2023
FILLER = (
    "Cells of this kind have been studied for years, and their losses are known to lie at the interfaces. "
    "We compare layers of different thickness and discuss what limits the voltage. "
)
RESULTS = "The best cell kept its current for weeks, which we ascribe to the smooth film. "

# Subscripts as _2_, superscripts as ^-2^: each format writes them in its own way.
SECTION = (
    "Patterned glass with FTO was washed in acetone and ethanol and treated with UV-ozone for 15 min. "
    "A SnO_2_ layer was spin-coated at 3000 rpm for 30 s and annealed at {etl} °C for 30 min.",
    "The perovskite ink held PbI_2_ (1.3 M) and CH_3_NH_3_I (1.3 M) in {solvent} and DMSO (4:1, v/v). It was "
    "spin-coated at 4000 rpm for 25 s, chlorobenzene was dripped on the spinning film, and the CH_3_NH_3_PbI_3_ "
    "films were annealed at {heat} °C for {minutes} min in nitrogen.",
    "Spiro-OMeTAD with Li-TFSI and 4-tert-butylpyridine was spin-coated at 3500 rpm for 30 s. Finally, 80 nm of "
    "gold was evaporated at 10^-6^ mbar. The active area was {area} cm^2^, and curves were taken under "
    "100 mW cm^-2^ of AM 1.5G light.",
)


def chosen(number: int) -> dict:
    """What the paper of this number says."""
    return {
        "number": number,
        "etl": (150, 180)[number % 2],
        "solvent": ("DMF", "GBL")[number % 2],
        "heat": (100, 105, 120)[number % 3],
        "minutes": (10, 20, 45)[number % 3],
        "area": ("0.09", "0.12", "0.16")[number % 3],
    }


def parts(number: int) -> list[tuple[str, list[str]]]:
    """Heading and paragraphs of each section; long enough that the section must be found."""
    own = chosen(number)
    return [
        ("Introduction", [FILLER * 20, FILLER * 20]),
        ("Experimental Section", [paragraph.format(**own) for paragraph in SECTION]),
        ("Results and Discussion", [RESULTS * 30, RESULTS * 30]),
        ("References", ["1. A. Author, Invented Letters, 2019, 4, 12."]),
    ]


def title(number: int) -> str:
    return TITLE.format(**chosen(number))


def doi(number: int) -> str:
    return DOI.format(number=number)


def _shifted(text: str, lowered: str, raised: str) -> str:
    text = re.sub(r"_(\w+?)_", lowered, text)
    return re.sub(r"\^(-?\w+?)\^", lambda match: raised.replace("*", match[1]), text)


def as_text(number: int) -> bytes:
    """As a tool that reads PDFs would write it: powers on the line."""
    lines = [title(number), "", f"DOI: {doi(number)}", f"Published: 3 May {YEAR}", ""]
    for heading, paragraphs in parts(number):
        lines += [heading.upper(), *(_shifted(own, r"\1", "*") for own in paragraphs), ""]
    return "\n".join(lines).encode()


def as_markdown(number: int) -> bytes:
    lines = [f"# {title(number)}", f"https://doi.org/{doi(number)} © {YEAR} The Authors", ""]
    for place, (heading, paragraphs) in enumerate(parts(number), 1):
        lines.append(f"## {place}. {heading}")
        lines += [_shifted(own, r"$_{\1}$", "$^{*}$") + "\n" for own in paragraphs]
    return "\n".join(lines).encode()


def _marked(text: str) -> str:
    return _shifted(html.escape(text), r"<sub>\1</sub>", "<sup>*</sup>").replace("-2<", "−2<")


def as_html(number: int) -> bytes:
    body = "".join(
        f"<section><h2>{place}. {heading}</h2>"
        + "".join(f"<p>{_marked(own)}</p>" for own in own_parts)
        + "</section>"
        for place, (heading, own_parts) in enumerate(parts(number), 1)
    )
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>Journal page</title>'
        f'<meta name="citation_doi" content="{doi(number)}"><meta name="citation_title" content="{title(number)}">'
        f'<meta name="citation_publication_date" content="{YEAR}/05/03"><script>var x = "<p>no</p>";</script></head>'
        f"<body><nav>Methods Journals Log in</nav><article><h1>{title(number)}</h1>{body}</article>"
        f"<footer>Cookies of 50 °C</footer></body></html>"
    ).encode()


def as_jats(number: int) -> bytes:
    body = "".join(
        f"<sec><title>{heading}</title>"
        + "".join(f"<p>{_marked(own)}</p>" for own in own_parts)
        + "</sec>"
        for heading, own_parts in parts(number)[:-1]
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><article xmlns:mml="http://www.w3.org/1998/Math/MathML"><front>'
        f'<article-meta><article-id pub-id-type="doi">{doi(number)}</article-id><title-group><article-title>'
        f"{title(number)}</article-title></title-group><pub-date><year>{YEAR}</year></pub-date></article-meta></front>"
        f"<body>{body}</body><back><ref-list><title>References</title><ref><mixed-citation>A 1999"
        f"</mixed-citation></ref></ref-list></back></article>"
    ).encode()


def as_elsevier(number: int) -> bytes:
    def marked(text: str) -> str:
        return re.sub(
            r"<(/?)su([bp])>",
            lambda m: f"<{m[1]}ce:{'inf' if m[2] == 'b' else 'sup'}>",
            _marked(text),
        )

    body = "".join(
        f"<ce:section><ce:label>{place}</ce:label><ce:section-title>{heading}</ce:section-title>"
        + "".join(f"<ce:para>{marked(own)}</ce:para>" for own in own_parts)
        + "</ce:section>"
        for place, (heading, own_parts) in enumerate(parts(number)[:-1], 1)
    )
    return (
        '<full-text-retrieval-response xmlns="http://www.elsevier.com/xml/svapi/article/dtd" '
        'xmlns:ce="http://www.elsevier.com/xml/common/dtd" xmlns:ja="http://www.elsevier.com/xml/ja/dtd" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">'
        f"<coredata><dc:title>{title(number)}</dc:title><prism:doi>{doi(number)}</prism:doi>"
        f"<prism:coverDate>{YEAR}-05-03</prism:coverDate></coredata><originalText><ja:article><ja:body>"
        f"<ce:sections>{body}</ce:sections></ja:body></ja:article></originalText></full-text-retrieval-response>"
    ).encode()


def as_docx(number: int) -> bytes:
    import docx

    document = docx.Document()
    document.core_properties.title = title(number)
    document.add_paragraph(title(number), style="Title")
    document.add_paragraph(f"DOI: {doi(number)}, published online 3 May {YEAR}")
    for heading, paragraphs in parts(number):
        document.add_heading(heading, 1)
        for text in paragraphs:
            paragraph = document.add_paragraph()
            for piece in re.split(r"(_\w+?_|\^-?\w+?\^)", text):
                run = paragraph.add_run(
                    piece.strip("_^") if re.fullmatch(r"_\w+_|\^-?\w+\^", piece) else piece
                )
                run.font.subscript = bool(re.fullmatch(r"_\w+_", piece)) or None
                run.font.superscript = bool(re.fullmatch(r"\^-?\w+\^", piece)) or None
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def as_pdf(number: int) -> bytes:
    """Two columns with running heads, page numbers and hyphenation, set by typst."""
    import typst

    def marked(text: str) -> str:
        return _shifted(text.replace("*", r"\*"), r"#sub[\1]", "#super[*]").replace(
            "super[-", "super[−"
        )

    body = "".join(
        f"= {n}. {h}\n" + "\n\n".join(map(marked, ps)) + "\n\n"
        for n, (h, ps) in enumerate(parts(number), 1)
    )
    source = (
        "#set page(width: 210mm, height: 280mm, columns: 2, margin: 20mm, header: context [Invented Letters "
        f"{YEAR}, 4, 12–19 #h(1fr) www.invented.example], footer: align(center, context counter(page).display()))\n"
        '#set text(size: 9.5pt, lang: "en", hyphenate: true)\n#set par(justify: true)\n#set sub(typographic: false)\n'
        f"#set super(typographic: false)\n#set document(title: [{title(number)}])\n"
        f'#place(top, scope: "parent", float: true)[#text(16pt)[{title(number)}] \\ DOI: {doi(number)}]\n{body}'
    )
    return typst.compile(source.encode())


FORMATS = {
    "txt": as_text,
    "md": as_markdown,
    "html": as_html,
    "nxml": as_jats,
    "xml": as_elsevier,
    "docx": as_docx,
    "pdf": as_pdf,
}

"""HTML, JATS, Elsevier XML and DOCX: structure, tables, scripts, and what is no text of the paper."""

import io
import zipfile

import pytest

from masterkey.papers.files import read_paper_bytes
from masterkey.papers.part_read import part_to_read
from masterkey.papers.shifted_text import raised_text
from masterkey.papers.tables import rows_as_lines
from masterkey.rows.clean_text import clean

LONG = "<p>" + "Much is known of cells and of their losses at interfaces. " * 200 + "</p>"
BODY = "<p>" + "SnO<sub>2</sub> was spun and dried at 150 <sup>o</sup>C. " * 10 + "</p>"
TABLE = (
    "<table><thead><tr><th>Device</th><th>ETL</th><th>PCE (%)</th></tr></thead>"
    "<tr><td rowspan='2'>A</td><td>SnO<sub>2</sub></td><td>20.1</td></tr>"
    "<tr><td>TiO<sub>2</sub></td><td>18.3</td></tr></table>"
)


def read_page(body: str):
    return read_paper_bytes(
        f"<!DOCTYPE html><html><body>{body}</body></html>".encode(), "page.html"
    )


def part(body: str) -> str:
    return part_to_read(read_page(body)).text


def test_the_section_ends_at_the_next_heading_of_its_level_whatever_it_says():
    page = f"<h2>Methods</h2>{BODY}<h3>Films of ours</h3>{BODY}<h2>How the cells behave</h2>{LONG}"
    read = part(page)
    assert read.startswith("Methods\n\nSnO2 was spun and dried at 150 °C.")
    assert "Films of ours" in read
    assert "How the cells behave" not in read


def test_parts_of_the_level_of_the_whole_belong_to_it():
    page = f"<h2>Methods</h2><h2>Our films</h2>{BODY}<h2>Our cells</h2>{BODY}<h2>Results</h2>{LONG}"
    read = part(page)
    assert "Our films" in read
    assert "Our cells" in read
    assert "Results" not in read


def test_the_words_of_a_heading_within_other_words_do_not_begin_a_section():
    page = (
        f"<h2>Introduction</h2>{LONG}<p>Methods</p><h2>Experimental Section</h2>{BODY}<h2>End</h2>"
    )
    assert part(page).startswith("Experimental Section")


def test_a_page_without_headings_is_read_whole():
    page = LONG + BODY
    assert part(page) == read_page(page).text


def test_tables_become_lines_behind_the_section_where_they_tell_of_devices():
    other = "<table><tr><th>Sample</th><th>Peak</th></tr><tr><td>1</td><td>14.1</td></tr></table>"
    page = f"<h2>Methods</h2>{BODY}<h2>Results</h2>{LONG}<p>Table 1. Cells of this study.</p>{TABLE}{LONG}{other}"
    read = part(page)
    assert read.endswith(
        "Table 1. Cells of this study.\n\nDevice: A; ETL: SnO2; PCE (%): 20.1\nDevice: A; ETL: TiO2; PCE (%): 18.3"
    )
    assert "14.1" not in read
    assert "with 1 table" in part_to_read(read_page(page)).note


def test_what_surrounds_the_article_is_left_out():
    page = (
        "<nav>Log in</nav><div class='cookie-banner'>Cookies</div><div class='c-article-references'>1. A, 1999</div>"
        "<style>p {}</style><span class='sr-only'>opens a window</span><p>Films of <i>good</i> order.<!-- no --></p>"
    )
    assert read_page(page).text == "Films of good order."


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("100 mW cm<sup>−2</sup>", "100 mW cm-2"),
        ("0.1 cm<sup>2</sup>.", "0.1 cm2."),
        ("Pb<sup>2+</sup> and I<sup>-</sup>", "Pb2+ and I-"),
        ("films<sup>12,13</sup> of", "films of"),
        ("films<sup><a href='#r1'>1</a></sup> of", "films of"),
        ("150 <sup>o</sup>C", "150 °C"),
        ("150&nbsp;&deg;C", "150 °C"),
        ("V<sub>oc</sub> of 1.1 V", "Voc of 1.1 V"),
        ("Cs<sub>0.05</sub>FA<sub>0.95</sub>PbI<sub>3</sub>", "Cs0.05FA0.95PbI3"),
        ("<math><msup><mi>cm</mi><mn>2</mn></msup></math>", "cm2"),
        ("<math><msub><mi>SnO</mi><mn>2</mn></msub><annotation>SnO_2</annotation></math>", "SnO2"),
        ("10<sup>-6</sup> mbar", "10-6 mbar"),
    ],
)
def test_scripts_mean_what_they_meant(markup, plain):
    assert clean(read_page(f"<p>It was {markup}</p>").text).text == f"It was {plain}"


def test_a_superscript_of_letters_stays_as_it_is():
    assert raised_text("a") == "a"
    assert raised_text("12–14") == "¹²–¹⁴"


def test_a_table_of_one_row_is_its_cells_and_an_empty_one_is_nothing():
    assert rows_as_lines([["a", "", "b"]]) == "a; b"
    assert rows_as_lines([["", " "]]) == ""


def test_jats_takes_sections_tables_and_the_front_matter_but_not_the_references():
    data = (
        "<?xml version='1.0'?><!DOCTYPE article PUBLIC '-//NLM//DTD' 'x.dtd'><article><front><article-meta>"
        "<article-id pub-id-type='pmid'>77</article-id><article-id pub-id-type='doi'>10.9999/j.1</article-id>"
        "<title-group><article-title>Of SnO<sub>2</sub> cells</article-title></title-group>"
        "<pub-date pub-type='epub'><day>1</day><year>2022</year></pub-date></article-meta></front><body>"
        f"<sec><title>Introduction</title>{LONG}</sec><sec sec-type='methods'><title>Methods</title>{BODY}"
        f"<sec><title>Cells</title>{BODY}</sec></sec><sec><title>Behaviour</title>{LONG}"
        f"<table-wrap><caption><p>Table 2. Cells.</p></caption>{TABLE}</table-wrap></sec></body><back><ref-list>"
        "<ref><element-citation><article-title>Another title</article-title><year>1999</year></element-citation>"
        "</ref></ref-list></back></article>"
    )
    paper = read_paper_bytes(data.encode(), "a.xml")
    assert (paper.doi, paper.title, paper.year) == ("10.9999/j.1", "Of SnO2 cells", 2022)
    read = part_to_read(paper).text
    assert read.startswith("Methods\n\nSnO2 was spun")
    assert "\n\nCells\n\nSnO2" in read
    assert "Behaviour" not in read
    assert "Table 2. Cells.\n\nDevice: A; ETL: SnO2" in read
    assert "Another title" not in paper.text


@pytest.mark.parametrize("end", ["</sec></body></article>", "", "</article>"])
def test_the_heading_of_a_section_is_no_title_and_stands_there_once(end):
    jats = b"<article><body><sec><title>Experimental section</title><p>SnO2 was spun.</p>"
    read = read_paper_bytes(jats + end.encode(), "x.xml")
    assert (read.title, read.text) == (None, "Experimental section\n\nSnO2 was spun.")


def test_entities_of_an_xml_file_are_not_expanded(tmp_path):
    (tmp_path / "secret").write_text("secret words")
    data = (
        f'<!DOCTYPE article [<!ENTITY own SYSTEM "file://{tmp_path}/secret">]><article><body><sec><title>Methods'
        "</title><p>It was &own; dried.</p></sec></body></article>"
    )
    assert "secret" not in read_paper_bytes(data.encode(), "a.xml").text


@pytest.mark.slow
def test_a_word_file_gives_headings_tables_and_its_properties():
    import docx

    document = docx.Document()
    document.core_properties.title = "Of cells in Word"
    document.add_heading("Introduction", 1)
    document.add_paragraph("Much is known of cells and of their losses. " * 250)
    document.add_heading("Experimental", 1)
    document.add_heading("Films", 2)
    document.add_paragraph("SnO2 was spun and dried. " * 20)
    document.add_heading("Behaviour", 1)
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells], ["ETL", "PCE", "SnO2", "20.1"], strict=True
    ):
        cell.text = text
    file = io.BytesIO()
    document.save(file)
    paper = read_paper_bytes(file.getvalue(), "a.docx")
    assert paper.title == "Of cells in Word"
    read = part_to_read(paper).text
    assert read.startswith("Experimental\n\nFilms\n\nSnO2 was spun")
    assert "Behaviour" not in read
    assert read.endswith("ETL: SnO2; PCE: 20.1")


def test_another_zip_file_is_one_sentence():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("data.txt", "x")
    from masterkey.scripting.command_line import UserError

    with pytest.raises(UserError, match="is a ZIP file and no Word document"):
        read_paper_bytes(file.getvalue(), "a.docx")


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["word/document.xml", "docProps/core.xml"])
def test_a_damaged_word_file_is_one_sentence(broken):
    """An error of the parser is not one that the program knows; the other papers of a folder go on."""
    import docx

    document = docx.Document()
    document.add_paragraph("SnO2 was spun and dried.")
    whole, damaged = io.BytesIO(), io.BytesIO()
    document.save(whole)
    with zipfile.ZipFile(whole) as read, zipfile.ZipFile(damaged, "w") as written:
        for name in read.namelist():
            data = read.read(name)
            written.writestr(name, data[: len(data) // 2] if name == broken else data)
    from masterkey.scripting.command_line import UserError

    with pytest.raises(UserError, match=r"a.docx: is damaged, it seems \(\w+: .*save it anew"):
        read_paper_bytes(damaged.getvalue(), "a.docx")


@pytest.mark.parametrize("rest", ["", "<body/>"])
def test_xml_without_its_full_text_is_not_read_as_a_paper(rest):
    """Elsevier answers so without a licence, PMC where only the abstract is open."""
    from masterkey.scripting.command_line import UserError

    data = (
        "<article><front><article-title>Of tin</article-title><abstract><p>SnO2 was spun.</p>"
        f"</abstract></front>{rest}</article>"
    )
    with pytest.raises(UserError, match=r"a\.xml: is an article without its full text"):
        read_paper_bytes(data.encode(), "a.xml")

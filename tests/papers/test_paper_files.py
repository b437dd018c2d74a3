"""Texts of papers from files: UTF-8, PDF, and what is neither."""

import contextlib
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from masterkey.papers.files import read_paper_bytes, read_paper_file
from masterkey.papers.part_read import part_to_read
from masterkey.rows.clean_text import clean
from masterkey.scripting.command_line import UserError

LINES = [
    "2. Experimental Section",
    "Colloidal SnO2 was spin-coated at 3000 rpm and annealed at a tempera-",
    "ture of 150 °C. The perovskite was spin-",
    "coated from DMF with 4-tert-",
    "butylpyridine beside it.",
]


def pdf(pages: list[list[str]], change=None) -> bytes:
    """A PDF with these lines on its pages, in Helvetica."""
    writer = PdfWriter()
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font["/Encoding"] = "/WinAnsiEncoding"
    font = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
    for lines in pages:
        page = writer.add_blank_page(600, 800)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        shown = " ".join(f"({line}) Tj T*" for line in lines)
        content.set_data(f"BT /F1 10 Tf 12 TL 50 700 Td {shown} ET".encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(content)  # a stream stands by itself
    if change:
        change(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_utf8_text_is_read_with_one_kind_of_line_end():
    data = "\ufeffat 100 °C\r\nfor 10 min\r".encode()
    assert read_paper_bytes(data, "x").text == "at 100 °C\nfor 10 min\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("at 100 °C\r\nfor 10 min", "at 100 °C\nfor 10 min"),
        ("<html><body><h1>Cells</h1><p>at 100 °C</p></body></html>", "Cells\n\nat 100 °C"),
        (
            '<?xml version="1.0" encoding="UTF-16"?><article><body><p>at 100 °C</p></body></article>',
            "at 100 °C",
        ),
    ],
)
def test_texts_of_windows_programs_are_read_by_their_mark(encoding, content, text):
    assert read_paper_bytes(f"\ufeff{content}".encode(encoding), "x").text == text


def test_what_only_begins_as_such_a_text_is_told():
    with pytest.raises(UserError, match=r"x: begins as UTF-16 text and is none at byte \d+; save"):
        read_paper_bytes(b"\xff\xfea\x00\x00\xd8", "x")


def test_the_text_of_all_pages_of_a_pdf_is_read():
    text = read_paper_bytes(pdf([LINES[:2], LINES[2:]]), "x.pdf").text
    assert text == (
        "2. Experimental Section\nColloidal SnO2 was spin-coated at 3000 rpm and annealed at a "
        "temperature of 150 °C. The perovskite was spin-coated from DMF with 4-tert-butylpyridine beside it."
    )


def test_a_subscript_stays_with_its_formula():
    shown = "The PbI) Tj /F1 7 Tf -2 Ts (2) Tj /F1 10 Tf 0 Ts ( was spun"
    assert read_paper_bytes(pdf([[shown]]), "x.pdf").text == "The PbI2 was spun"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x: holds no text"),
        (b" \n\t", "x: holds no text"),
        (b"PK\x03\x04\0\0", "is a ZIP file and no Word|is a Word file that cannot"),
        (b"\0\1\2", "is neither text nor a PDF"),
        (b"caf\xe9", "byte 3 is not UTF-8"),
        (pdf([[], []]), "PDF without text"),
        (pdf([LINES])[:200], "PDF that cannot be read"),
        (b"%PDF-1.7 and nothing more", "PDF that cannot be read"),
        (pdf([LINES], lambda writer: writer.encrypt("secret", algorithm="RC4-128")), "encrypted"),
    ],
)
def test_what_holds_no_text_is_one_sentence(data, message):
    with pytest.raises(UserError, match=message):
        read_paper_bytes(data, "x")


def test_bytes_that_are_called_pdf_are_not_asked_for_as_text():
    with pytest.raises(
        UserError, match=r"x\.PDF: is called \.pdf and does not begin as such a file"
    ):
        read_paper_bytes(b"\xe9\xff of a broken download", "x.PDF")


def test_a_pdf_that_only_forbids_changes_is_read():
    data = pdf([LINES], lambda writer: writer.encrypt("", "owner", algorithm="RC4-128"))
    assert "Colloidal SnO2" in read_paper_bytes(data, "x").text


def compress(writer: PdfWriter) -> None:
    for page in writer.pages:
        page.compress_content_streams()


def test_a_filter_that_is_unknown_is_one_sentence():
    data = pdf([LINES], compress)
    assert "Colloidal SnO2" in read_paper_bytes(data, "x").text
    with pytest.raises(UserError, match="PDF without text"):
        read_paper_bytes(data.replace(b"/FlateDecode", b"/PlateDecode"), "x")


@given(st.data())
def test_a_damaged_pdf_is_read_or_refused(data):
    whole = bytearray(pdf([LINES], data.draw(st.sampled_from([None, compress]))))
    for _ in range(data.draw(st.integers(1, 20))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    whole = whole[: data.draw(st.integers(len(whole) // 2, len(whole)))]
    with contextlib.suppress(UserError):
        assert read_paper_bytes(bytes(whole), "x").text.strip()


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match=r"absent\.txt: cannot be read \(No such file"):
        read_paper_file(tmp_path / "absent.txt")
    with pytest.raises(UserError, match="Is a directory"):
        read_paper_file(tmp_path)


# --- files that are no paper ---------------------------------------------------------------------


def scanned(n_pages: int, stamp: str) -> bytes:
    """Pages that are pictures, each with a stamp."""
    from PIL import Image

    file = io.BytesIO()
    pictures = [Image.new("L", (60, 80), 200) for _ in range(n_pages)]
    pictures[0].save(file, "PDF", save_all=True, append_images=pictures[1:])
    writer = PdfWriter(clone_from=io.BytesIO(file.getvalue()))
    stamps = PdfReader(io.BytesIO(pdf([[stamp]] * n_pages)))
    for page, own in zip(writer.pages, stamps.pages, strict=True):
        page.merge_page(own)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


@pytest.mark.parametrize("n_pages", [1, 4])
@pytest.mark.parametrize(
    "stamp", ["", "Downloaded by an invented library on 3 May 2023, for own use."]
)
def test_a_scan_is_told_by_its_few_characters_also_with_a_stamp(n_pages, stamp):
    with pytest.raises(UserError, match=r"scanned, it seems: \d+ characters on \d pages"):
        read_paper_bytes(scanned(n_pages, stamp), "x.pdf")


def test_a_list_of_references_alone_is_one_sentence():
    text = "".join(
        f"[{n}] A. Author, B. Other, Invented Letters {1999 + n}, 4, 12.\n" for n in range(1, 20)
    )
    with pytest.raises(UserError, match="a list of references alone"):
        read_paper_bytes(text.encode(), "x.txt")


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("the e\0ciency", "the efficiency"),
        ("thin \0lms", "thin films"),
        ("di\0erent bu\0er layers", "different buffer layers"),
        ("\0uorine and \0exible", "fluorine and flexible"),
        ("ba\0e", "baffle"),
        ("a sti\0 and sti\0er foil, stiff as paper", "a stiff and stiffer foil, stiff as paper"),
        ("re\0ux", "reflux"),
        ("con\0rmed, speci\0c", "confirmed, specific"),
        ("the end\0", "the end"),
    ],
)
def test_ligatures_that_became_nul_are_mended(broken, mended):
    padding = "Colloidal tin oxide was spin-coated on glass and dried in air. " * 4
    assert read_paper_bytes(f"{padding}{broken}".encode(), "x").text == f"{padding}{mended}"


def test_a_pdf_is_read_without_running_heads_and_with_columns_in_order():
    typst = pytest.importorskip("typst")
    source = (
        "#set page(width: 150mm, height: 90mm, columns: 2, margin: 15mm, header: [Invented Letters 2023, 4, 12], "
        "footer: context counter(page).display())\n#set par(justify: true)\n"
        '#set text(size: 9pt, lang: "en", hyphenate: true)\n#set super(typographic: false)\n'
        + "\n\n".join(
            f"Step {n}: the films of number {n} were measured under 100 mW cm#super[−2]."
            for n in range(60)
        )
    )
    text = read_paper_bytes(typst.compile(source.encode()), "x.pdf").text
    assert "Invented Letters" not in text
    steps = [int(own) for own in re.findall(r"Step (\d+):", text)]
    assert steps == list(range(60))
    assert text.count("100 mW cm⁻²") == 60


def test_a_journal_of_boxed_headings_gives_its_experimental_section():
    """The PDF of issue 15: headings behind "■", and a section in the midst of four pages."""
    path = Path(__file__).resolve().parents[1] / "fixtures" / "cases" / "acs.pdf"
    read = part_to_read(read_paper_file(path))
    text = clean(read.text).text
    assert text.startswith("■ EXPERIMENTAL SECTION\nDevice fabrication. Patterned FTO glass")
    assert text.endswith("AM 1.5G illumination (1 sun, 100 mW cm-2).")
    assert "annealed at 105 °C for 45 min" in text
    assert "at a pressure of 1 × 10-6 mbar" in text
    assert 'reading the section "■ EXPERIMENTAL SECTION"' in read.note

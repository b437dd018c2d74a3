"""A text's sections and sentences, and what each is about (issue 14, point 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.extractor.process.text.document import MAX_CHARACTERS, Document


def sentences(text: str) -> list[str]:
    return [text[s.start : s.end].strip() for s in Document(text).sentences]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(section.title, section.kind) for section in Document(text).sections]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("FTO was washed. SnO2 was spun.", ["FTO was washed.", "SnO2 was spun."]),
        ("It was kept at 100 °C. Then it was cooled.", ["It was kept at 100 °C.", "Then it was cooled."]),
        ("It was bought from Ink Co. Ltd. in Basel.", ["It was bought from Ink Co. Ltd. in Basel."]),
        ("It was cooled to 20 °C. n-Octylammonium was added.", ["It was cooled to 20 °C.", "n-Octylammonium was added."]),
        ("It was dried. mp-TiO2 was printed.", ["It was dried.", "mp-TiO2 was printed."]),
        ("Both, i.e. n-type and p-type, were used.", ["Both, i.e. n-type and p-type, were used."]),
        ("As in Fig. S2 it was dried.", ["As in Fig. S2 it was dried."]),
        ("About 0.5 M of it (ca. 3 ml) was used.", ["About 0.5 M of it (ca. 3 ml) was used."]),
        ("It was spun at 4000 r.p.m. for 30 s. It was dried for ca. 5 min (Fig. 2). 17.5 µL of it was added.", ["It was spun at 4000 r.p.m. for 30 s.", "It was dried for ca. 5 min (Fig. 2).", "17.5 µL of it was added."]),
        ("It was dried.[12] Then it was cooled.", ["It was dried.[12]", "Then it was cooled."]),
        ("One line\nanother line", ["One line", "another line"]),
        ("", []),
    ],
)  # fmt: skip
def test_a_full_stop_ends_a_sentence_unless_it_shortens_a_word(text, parts):
    assert sentences(text) == parts


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Materials", "materials"),
        ("2.1 Chemicals and reagents", "materials"),
        ("## Device fabrication", "device"),
        ("Preparation of solar cells", "device"),
        ("Inks", "solution"),
        ("Precursor solutions", "solution"),
        ("Chemical bath deposition", "device"),
        ("Characterization", "characterisation"),
        ("Stability tests", "stability"),
        ("Synthesis of the ligand", "synthesis"),
        ("Silicon bottom cells", "other cell"),
    ],
)
def test_a_heading_says_what_its_section_is_about(heading, kind):
    [(_, first), (title, second)] = kinds(
        f"It begins without one.\n{heading}\nThe layers were spun."
    )
    assert (first, second) == ("", kind)
    assert heading.endswith(title)


def test_a_heading_may_stand_in_the_line_of_its_text():
    text = (
        "Device fabrication. ITO was washed. PTAA was spun.\nStability tests. The cells were aged."
    )
    assert [kind for _, kind in kinds(text)] == ["device", "stability"]
    assert [s.kind for s in Document(text).sentences] == ["device"] * 3 + ["stability"] * 2


def test_a_sentence_is_no_heading():
    text = "The films were annealed\nand cooled; then they were measured."
    assert kinds(text) == [("", "")]


@pytest.mark.parametrize(
    ("text", "fabricates"),
    [
        ("PTAA was spin-coated on ITO.", True),
        ("PTAA was purchased from a supplier.", False),
        ("Materials\nPTAA of 20 kDa.", False),
        ("Characterization\nGold was sputtered on the films.", False),
    ],
)
def test_only_what_is_said_of_making_is_read_as_making(text, fabricates):
    assert Document(text).sentences[-1].fabricates is fabricates


def test_a_measurement_of_films_is_known_as_a_study():
    text = "PTAA was spun. XRD patterns were recorded."
    assert [s.is_study for s in Document(text).sentences] == [False, True]


def test_a_sentence_is_found_by_any_of_its_places():
    text = "One was washed. Two were dried. Three were kept."
    document = Document(text)
    for sentence in document.sentences:
        assert {document.sentence_at(n) for n in range(sentence.start, sentence.end)} == {sentence}


def test_a_paragraph_begins_behind_a_line_break_or_a_heading():
    document = Document("Device fabrication. ITO was washed. It was dried.\nPTAA was spun.")
    begins = [document.begins_paragraph(sentence) for sentence in document.sentences]
    assert begins == [True, True, False, True]


def test_only_the_first_part_of_a_very_long_text_is_read():
    assert len(Document("a" * 10 * MAX_CHARACTERS).text) == MAX_CHARACTERS


def test_letters_whose_lower_case_is_longer_shift_no_place():
    document = Document("İİİ was seen. PTAA was spin-coated.")
    [mention] = document.mentions[:1]
    assert document.text[mention.start : mention.end] == "PTAA"
    assert len(document.lower) == len(document.text)


@given(st.text(st.sampled_from("Ab1 .\n,;:(°C)/%"), max_size=200))
def test_sections_and_sentences_cover_the_text_in_order(text):
    document = Document(text)
    ends = [0, *(section.end for section in document.sections)]
    assert [section.start for section in document.sections] == ends[:-1]
    assert ends[-1] == len(text)
    said = "".join(text[s.start : s.end] for s in document.sentences)
    assert "".join(said.split()) == "".join(text.split())
    assert [s.number for s in document.sentences] == list(range(len(document.sentences)))


def test_a_short_sentence_with_a_verb_is_no_heading():
    assert kinds("PTAA was spun. Control devices received neat toluene.\nIt dried.") == [("", "")]


@pytest.mark.parametrize(
    ("contact", "kinds_of_tandems"),
    [
        ("Ag was evaporated.", ["other cell", "other cell"]),
        ("All was dried.", ["device", "other cell"]),
    ],
)
def test_tandems_told_behind_a_cell_with_its_contact_are_other_cells(contact, kinds_of_tandems):
    """The contact may stand in a section of its own, and between two headings of tandems."""
    text = (
        f"Device fabrication\nPTAA was spun.\nElectrodes\n{contact}\nTandem devices\nIZO was laid.\n"
        "Ag was evaporated.\nTandem modules\nThey were cut.\n"
    )
    sections = Document(text).sections
    assert [s.kind for s in sections if "Tandem" in s.title] == kinds_of_tandems

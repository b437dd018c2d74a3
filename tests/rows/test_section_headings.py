"""The experimental section of a whole paper, by its headings."""

import time

import pytest

from masterkey.rows.clean_text import clean
from masterkey.rows.section_headings import (
    experimental_section,
    experimental_sections,
    is_bibliography,
    is_heading,
)


def section(text: str) -> str | None:
    found = experimental_section(text)
    return text[slice(*found)] if found else None


BODY = "SnO2 was spun and dried for a while.\n" * 20

# Written for this test after what journals print; a heading stands alone in its line.
HEADINGS = [
    "Experimental", "EXPERIMENTAL", "Experimental Section", "EXPERIMENTAL SECTION", "■ EXPERIMENTAL SECTION",
    "■EXPERIMENTAL SECTION", "4. Experimental Section", "4 Experimental Section", "4. EXPERIMENTAL SECTION",
    "Experimental section:", "Experimental Section.", "2 | METHODS", "2 | EXPERIMENTAL SECTION",
    "2 | MATERIALS AND METHODS", "4 | Experimental Section", "## Methods", "## 2. Methods", "# Experimental Section",
    "### 4.1. Experimental Details", "**Experimental Section**", "**Methods**", "## **2 Experimental**",
    "__Experimental__", "2.\u00a0Experimental", "Experimental\u00a0Section", "2\u2003Experimental section",
    "\u2003Methods", "4.\u2002Experimental\u2009Section", "Experiment", "Experiments", "Experiment(s)",
    "Experimental Section/Methods", "Experimental Section / Methods", "Experimental/Methods", "Online Methods",
    "ONLINE METHODS", "METHODS", "Methods", "Method", "Methods summary", "Method details", "STAR★Methods", "STAR METHODS",
    "Supplementary Methods", "Extended Methods", "Methodology", "II. EXPERIMENTAL", "II. Experimental Details",
    "II. METHODS", "III. Experimental methods", "B. Experimental", "2. Experimental details", "Experimental methods",
    "Experimental procedures", "EXPERIMENTAL PROCEDURES", "Experimental part", "Experimental work",
    "Experimental setup", "Experimental Design", "Experimental and Computational Methods",
    "Experimental & Theoretical Details", "Experimental Materials and Methods", "Materials and methods",
    "Materials & Methods", "MATERIALS AND METHODS", "Methods and Materials", "2. Materials and Methods",
    "Materials and device fabrication", "Materials and Experimental Methods", "Materials, Methods and Characterization",
    "S2. Experimental Methods", "§ 2 Experimental", "2) Experimental", "2 – Experimental", "E X P E R I M E N T A L",
    "Details of the experiments",
]  # fmt: skip
PARTS = [
    "2.1 Device Fabrication:", "Device fabrication", "Device Fabrication and Characterization", "Solar cell fabrication",
    "Fabrication of perovskite solar cells", "Fabrication of PSCs", "Fabrication of the devices", "Device preparation",
    "Perovskite Solar Cell Fabrication", "2.3. Fabrication of Solar Cells", "Preparation of Perovskite Films",
    "Fabrication and characterization of devices", "Assembly of solar cells", "Device assembly", "Cell fabrication",
    "Film and device fabrication",
]  # fmt: skip
ENDS = [
    "Results", "RESULTS", "Results and Discussion", "RESULTS AND DISCUSSION", "RESULTS & DISCUSSION",
    "3 | RESULTS AND DISCUSSION", "■ RESULTS AND DISCUSSION", "Results/Discussion", "Discussion", "Conclusion",
    "Conclusions and Outlook", "■ CONCLUSIONS", "Concluding remarks", "Summary and Conclusions", "■ ASSOCIATED CONTENT",
    "■ AUTHOR INFORMATION", "ASSOCIATED CONTENT", "Acknowledgements", "■ ACKNOWLEDGMENTS", "Acknowledgments and Funding",
    "References", "■ REFERENCES", "References and Notes", "**References**", "Literature Cited", "Bibliography",
    "CRediT authorship contribution statement", "CRediT author statement", "Declaration of competing interest",
    "Declaration of Competing Interests", "Declaration of interests", "Conflict of Interest", "Competing financial interests",
    "Data Availability Statement", "Data and code availability", "Supporting\u00a0Information", "Electronic supplementary material",
    "Appendix A. Supplementary data", "Author contributions", "Funding Sources", "Additional information",
]  # fmt: skip


def test_the_tables_are_as_long_as_what_was_asked():
    assert len(set(HEADINGS)) >= 76
    assert len(set(ENDS)) >= 37


@pytest.mark.parametrize("heading", HEADINGS + PARTS)
def test_the_section_reaches_from_its_heading_to_the_next(heading):
    text = f"1 Introduction\nMuch.\n{heading}\n{BODY}3 Results and Discussion\nMore."
    assert section(text) == f"{heading}\n{BODY}"


@pytest.mark.parametrize("end", ENDS)
def test_the_section_ends_where_another_begins(end):
    assert section(f"Experimental Section\n{BODY}{end}\nMore.") == f"Experimental Section\n{BODY}"


@pytest.mark.parametrize(
    "beginning",
    [
        "Experimental. The FTO glass was etched.",
        "Experimental Section. ITO glass was washed.",
        "Methods: Glass with ITO was washed.",
        "**Experimental Section.** ITO glass was washed.",
        "Experimental Section – FTO glass was etched.",
        "Device Fabrication: ITO glass was washed.",
        "Fabrication of solar cells. ITO glass was washed.",
        "2. Materials and methods. PbI2 was bought.",
    ],
)
def test_a_heading_may_begin_a_paragraph(beginning):
    text = f"Much is known.\n{beginning}\n{BODY}Acknowledgements. We thank nobody.\nMore."
    assert section(text) == f"{beginning}\n{BODY}"


def test_a_broken_page_keeps_a_run_in_heading_at_the_beginning_of_a_line():
    page = (
        "much is known of cells that are made in\nair, as has been said before by many others.\n"
        * 4
    )
    text = clean(
        page + "Experimental. The FTO glass was washed and dried, and then the\nlayers were spun."
    ).text
    assert text.split("\n")[-1].startswith("Experimental. The FTO glass")


def test_of_several_the_longest_section_counts():
    text = f"Methods\nSee below.\nResults\nMuch.\nExperimental section\n{BODY}References\n1. A"
    assert section(text) == f"Experimental section\n{BODY}"


def test_a_second_section_in_the_supporting_information_is_found_too():
    text = f"Methods\n{BODY}Results\nMuch.\nSupporting Information\nExperimental Section\n{BODY}References\n1. A"
    assert [text[slice(*own)].partition("\n")[0] for own in experimental_sections(text)] == [
        "Methods", "Experimental Section",
    ]  # fmt: skip


def test_parts_count_only_where_no_whole_section_is():
    text = f"Experimental Section\n{BODY}Results\nFabrication of better cells\n{BODY * 3}Conclusions\nNone."
    assert section(text) == f"Experimental Section\n{BODY}"
    assert section(f"Device fabrication\n{BODY}Results\nMuch.") == f"Device fabrication\n{BODY}"


@pytest.mark.parametrize(
    "line",
    [
        "The experimental methods follow.",
        "methods.",
        "results",
        "Our methods: see below",
        "Fabrication of solar cells was done in air.",
        "Experimental results of the cells are shown in the figure",
        "Summary of the devices",
        "Spin-coating",
        "SnO2",
        "A 0.5 M",
    ],
)
def test_sentences_and_other_lines_are_no_headings(line):
    assert not is_heading(line)


def test_words_within_sentences_are_no_headings():
    assert section(f"The experimental methods follow.\nOur methods: {BODY}") is None
    assert section("Methods\nToo short.\nResults\n" + BODY) is None


def test_a_list_of_references_is_told_from_a_paper():
    references = "".join(
        f"[{n}] A. Author, B. Author, Invented Letters {2000 + n}, 4, 12.\n" for n in range(1, 9)
    )
    assert is_bibliography(f"References\n{references}")
    assert not is_bibliography(f"{BODY}References\n{references}")


def test_a_long_line_of_one_word_takes_no_time():
    begin = time.perf_counter()
    for line in (
        "experimental and " * 60,
        "# " * 300,
        "A" * 300_000,
        "1." * 5_000,
        "Materials and" * 9,
    ):
        is_heading(line)
        experimental_sections(line + "\n" + line)
    assert time.perf_counter() - begin < 2


def test_a_heading_is_found_in_clean_text_and_cut_from_the_original():
    lines = (
        "TiO$_2$ was spin-coated and sintered at 500 ˚C for half an hour in\nair, then cooled.\n"
        * 9
    )
    text = f"1. Introduction\nMuch is known of\n**Experimental**\n{lines}Results\nMore."
    cleaned = clean(text)
    start, end = experimental_section(cleaned.text)
    assert cleaned.text[start:end].startswith("Experimental\nTiO2 was spin-coated")
    original = text[slice(*cleaned.original_span(start, end))]
    assert original.startswith("Experimental**\nTiO$_2$")
    assert original.rstrip().endswith("cooled.")

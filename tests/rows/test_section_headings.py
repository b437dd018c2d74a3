"""The experimental section of a whole paper, by its headings."""

import pytest

from masterkey.rows.clean_text import clean
from masterkey.rows.section_headings import experimental_section


def section(text: str) -> str | None:
    found = experimental_section(text)
    return text[slice(*found)] if found else None


BODY = "SnO2 was spun and dried for a while.\n" * 20


@pytest.mark.parametrize(
    "heading",
    ["Experimental", "4. Experimental Section", "METHODS", "Materials and methods", "2.1 Device Fabrication:",
     "■ EXPERIMENTAL SECTION", "## Methods"],
)  # fmt: skip
def test_the_section_reaches_from_its_heading_to_the_next(heading):
    text = f"1 Introduction\nMuch.\n{heading}\n{BODY}3 Results and Discussion\nMore."
    assert section(text) == f"{heading}\n{BODY}"


def test_of_several_the_longest_section_counts():
    text = f"Methods\nSee below.\nResults\nMuch.\nExperimental section\n{BODY}References\n1. A"
    assert section(text) == f"Experimental section\n{BODY}"


def test_words_within_sentences_are_no_headings():
    assert section(f"The experimental methods follow.\nOur methods: {BODY}") is None
    assert section("Methods\nToo short.\nResults\n" + BODY) is None


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

"""What a printed page has beside its text and stands once or twice: journals, kinds of articles, authors, numbers."""

import pytest

from masterkey.rows.clean_text import clean

BEFORE = (
    "The substrates were washed with a detergent, water, acetone and ethanol, and were dried in\n"
    "a stream of nitrogen. In the first step a 1.4 M solution of PbI2 in DMF and DMSO, with\n"
)
BEHIND = (
    "0.07 M CsI in it, was spin-coated at 1500 rpm for 30 s, and the film was heated at 70 °C for\n"
    "1 min. In the second step the organic salts in isopropanol were spin-coated on the film.\n"
)
WHOLE = "DMSO, with 0.07 M CsI in it"


@pytest.mark.parametrize(
    "head",
    [
        "J. Invent. Energy Mater. 2022, 7, 1410–1419\nArticle",
        "Solar Energy Inventions 31 (2021) 220–229\n223",
        "Invented Energy Lett. 2022, 7, 3315−3323",
        "3318\nInvented Energy Lett. 2022, 7, 3315−3323",
        "pubs.invented.org/jiem\nhttps://doi.org/10.9999/jiem.2c00321",
        "INVENTED ENERGY LETTERS                                   Letter",
        "224\nA. Author et al.",
        "Paper Journal of Invented Chemistry A",
        "4414 | J. Invent. Chem. A, 2023, 11, 4410–4421",
        "1412",
        "S-4",
        "J. Invent. Mater. 2019, 1904567          1904567 (3 of 10)",
        "2301234 (3 of 10) © 2024 The Authors. Invented Materials published by Invented House",
    ],
)
def test_a_head_within_a_sentence_goes(head):
    assert WHOLE in clean(f"{BEFORE}{head}\n{BEHIND}").text


@pytest.mark.parametrize(
    "line",
    [
        "2",  # a subscript alone in its line
        "Sigma-Aldrich and TCI and",
        "PbI2 and PbBr2 of 2022 and",
        "Article 3 of the guidelines and",
    ],
)
def test_what_may_be_of_the_sentence_stays(line):
    assert f"DMSO, with {line} 0.07 M" in clean(f"{BEFORE}{line}\n{BEHIND}").text


def test_a_title_between_two_whole_sentences_keeps_its_line():
    full = (
        BEFORE.split("\n")[0]
        + "\na stream of nitrogen before they were used in the cells, as all of them always were.\n"
    )
    text = clean(
        f"{full}Preparation of the solar cells\nITO glass was etched with zinc. {BEHIND}"
    ).text
    assert "\nPreparation of the solar cells\nITO" in text


def test_a_table_with_its_caption_within_a_sentence_goes():
    table = "\nTable 2. Mean and best values.\nInk   VOC [V]   PCE [%]\nOne   1.07   14.1\nTwo   1.12   16.9\n\n"
    parted = BEFORE.rstrip("\n") + "\n" + table
    behind = "the organic salt left out, was spin-coated at 1500 rpm for 30 s and heated at 70 °C for 5 min,\n"
    assert "with the organic salt left out" in clean(parted + behind + BEHIND).text


def test_a_line_that_begins_with_the_name_of_a_figure_stays():
    text = clean(
        "The substrates were washed with a detergent and water, and the result for them is shown in\n"
        "Figure 3. The films were heated at 100 °C for 10 min in a glovebox, and they were cooled on a\n"
        "plate of copper for 5 min. A second lot was heated at 150 °C for 20 min in air and was cooled\n"
        "in the same way.\n"
    ).text
    assert "100 °C for 10 min" in text

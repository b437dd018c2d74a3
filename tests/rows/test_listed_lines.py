"""Lines that begin members of lists keep their places when a page's lines are joined."""

from masterkey.rows.clean_text import clean
from masterkey.rows.listed_lines import members_of_lists


def test_bullets_and_numbers():
    lines = ["Chemicals", "– PbI2: TCI", "– FAI: Greatcell", "1. Wash the glass", "2. Spin the ink", "b. Cool"]  # fmt: skip
    assert members_of_lists(lines) == {1, 2, 3, 4}


def test_one_dash_or_number_alone_may_belong_to_a_sentence():
    assert (
        members_of_lists(["as shown in Figure", "3. The films", "– which are dark – were"]) == set()
    )


def test_labelled_lines_of_a_table():
    lines = ["ETL: SnO2, 150 °C", "HTL: PTAA, 10 mg/mL", "Electrode: Au, 70 nm", "and so on"]
    assert members_of_lists(lines) == {0, 1, 2}
    assert members_of_lists(lines[:2]) == set()


def test_a_list_is_not_joined():
    text = "Solutions\n– A: PbI2 in DMF\n– B: FAI in 2-propanol\n– C: PTAA in toluene\n"
    assert clean(text).text.count("\n") >= text.count("\n") - 1

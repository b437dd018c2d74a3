"""The performance table with the nearest training recipes, and without an interval."""

import io

import pytest

from masterkey.terminal.tables import open_console, print_performance

RECIPE = {
    "distance": 1.5,
    "devices": 3,
    "measured": {"Voc": 1.04, "Jsc": 20.55, "FF": 0.7, "PCE": 14.9},
    "unlike": {"HTL_stack_sequence": "PEDOT:PSS", "Backcontact_stack_sequence": ""},
}
NOVELTY = {
    "sentence": "No training device has this hole-transport layer (Me-4PACz); the nearest has PEDOT:PSS.",
    "outside": False,
    "nearest": [RECIPE, RECIPE | {"devices": 1, "unlike": {}, "measured": dict.fromkeys(RECIPE["measured"])}],
}  # fmt: skip
LINE = {
    "fields": {"Voc": 1.0, "Jsc": 21.0, "FF": 0.7, "PCE": 14.7},
    "interval": {"Voc": [0.8, 1.1], "Jsc": [12, 25], "FF": [0.5, 0.8], "PCE": [7.4, 20.1]},
    "novelty": NOVELTY,
    "read_as": {"PC61BM": "PCBM-60"},
}


def printed(line: dict) -> str:
    file = io.StringIO()
    print_performance(open_console(file), line, title="a device")
    return file.getvalue()


def row_of(table: str, name: str) -> list[str]:
    [found] = [line for line in table.splitlines() if line.strip().startswith(f"{name} ")]
    return found.split()


def test_what_the_nearest_recipes_measured_stands_beside_the_prediction():
    table = printed(LINE)
    assert row_of(table, "PCE") == ["PCE", "14.7", "%", "7.4", "to", "20.1", "14.9", "–"]
    assert "nearest 1" in table
    assert "nearest 1: 3 devices; HTL stack sequence PEDOT:PSS, Backcontact stack" in table
    assert "nearest 2: 1 device; the same in all that is reported" in table


def test_the_sentence_and_the_spellings_stand_below():
    table = " ".join(printed(LINE).split())
    assert NOVELTY["sentence"] in table
    assert "Read: PC61BM as PCBM-60." in table


@pytest.mark.parametrize("interval", [None, dict.fromkeys(LINE["interval"])])
def test_no_interval_is_said_in_each_row(interval):
    table = printed(LINE | {"interval": interval})
    assert row_of(table, "Jsc")[:4] == ["Jsc", "21.0", "mA/cm²", "none"]
    assert table.count("none") == 4


def test_a_method_without_novelty_shows_the_numbers_alone():
    table = printed({"fields": LINE["fields"]})
    assert row_of(table, "Jsc") == ["Jsc", "21.0", "mA/cm²"]
    assert "nearest" not in table
    assert "interval" not in table

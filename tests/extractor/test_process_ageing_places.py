"""Where cells were aged and what they began with, told beside the outcome (invented sentences)."""

import pytest

from masterkey.extractor.process.cell.stability import stability_findings
from masterkey.extractor.process.text.document import Document

HEAT, GAS = "Stability_temperature_range", "Stability_atmosphere"
INITIAL = "Stability_PCE_initial_value"


def read(text: str) -> dict[str, str]:
    document = Document("Methods\n\n" + text)
    return {field: f.value for field, f in stability_findings(document).items()}


@pytest.mark.parametrize(
    "put",
    [
        "Devices without a lid were heated to 65 °C in argon in the dark and measured again at room temperature.",
        "Cells with a glass cover were kept at 65 °C in argon and their J-V curves recorded afterwards.",
    ],
)
def test_cells_of_some_kind_are_put_somewhere_before_they_are_measured_again(put):
    said = read(put + " After 700 h, 88% of their efficiency of 17.1% was left.")
    assert (said[HEAT], said[GAS]) == ("65; 65", "Ar")


@pytest.mark.parametrize(
    "heat",
    ["The backs were at 45 °C.", "The stage stayed at 45 °C.", "The holder was held at 45 °C."],
)
def test_what_the_cells_lie_on_has_the_heat_of_the_test(heat):
    text = f"Sealed cells were tracked at maximum power under an LED lamp. {heat} After 600 h, cells that started with 16.0% gave 92% of their first value."
    assert read(text)[HEAT] == "45; 45"


@pytest.mark.parametrize(
    "outcome",
    [
        "the efficiency amounted to 81% of the first value, which had been 12.4%.",
        "the cells had lost 19% of their efficiency (relative, from 12.4%).",
        "the cells kept 81% of their efficiency, which was 12.4%.",
    ],
)
def test_the_efficiency_at_the_start_may_stand_in_a_clause_of_its_own(outcome):
    text = "Stability. Cells without encapsulation were left in air in the dark at 25 °C. After 900 h, "
    assert read(text + outcome)[INITIAL] == "12.4"


TRACKED = "Cells without a lid were tracked at the maximum power point."


@pytest.mark.parametrize(
    "around",
    [
        ("The chamber, flushed with argon, has 65 °C.", ""),
        ("", "Chamber: argon, 65 °C."),
        ("The ageing rig is in an argon box.", "It has 65 °C."),
    ],
)
def test_what_stands_alone_in_the_passage_of_a_test_is_guessed(around):
    before, behind = around
    said = read(
        f"{before} {TRACKED} After 700 h, they kept 88% of their initial efficiency. {behind}"
    )
    assert (said[HEAT], said[GAS]) == ("65; 65", "Ar")


def test_of_two_heats_and_two_gases_in_a_passage_none_is_guessed():
    said = read(
        f"One rig has nitrogen and 45 °C, another has argon and 65 °C. {TRACKED} After 700 h, they kept 88% of their initial efficiency."
    )
    assert HEAT not in said
    assert GAS not in said

"""Ageing tests read by rules, on sentences written for these tests (issue 14)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.extractor.process.document import Document
from masterkey.extractor.process.findings import Finding
from masterkey.extractor.process.stability import stability_findings

START = "Methods\nSolar cells were made as described.\n"


def read(text: str) -> dict[str, str]:
    found = stability_findings(Document(START + text))
    return {name.removeprefix("Stability_"): finding.value for name, finding in found.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The devices kept 90 % of their initial efficiency after 1000 h at 60 °C in N2.",
            ("60; 60", "N2", "1000", None, "90"),
        ),
        (
            "Stability. Cells were stored in ambient air (25 °C, RH 40%). The PCE decreased from 20.1% to 18.9% after 30 days.",
            ("25; 25", "Air", "720", "20.1", "94"),
        ),
        (
            "For the target devices a T90 of 900 h was found at 65 °C under one sun in nitrogen.",
            ("65; 65", "N2", "900", None, "90"),
        ),
        (
            "Encapsulated cells were aged at 85 °C and 85% relative humidity and lost only 8% of their initial PCE after 1,000 h.",
            ("85; 85", "Air", "1000", None, "92"),
        ),
        (
            "In the same glovebox, in the dark at room temperature, the cells preserved 94% of 11.2% after 1100 h of shelf storage.",
            ("25; 25", "N2", "1100", "11.2", "94"),
        ),
        (
            "The devices were kept on a hotplate at 85 °C in an argon glovebox; after 500 hours they still had nine tenths of the starting efficiency.",
            ("85; 85", "Ar", "500", None, "90"),
        ),
        (
            "Over 60 days of storage in dry air at room temperature the modified cells showed no loss in efficiency.",
            ("25; 25", "Dry air", "1440", None, "100"),
        ),
        (
            "The ISOS-L-1 protocol was followed: cells at open circuit, 25 °C, ambient air. Half of the efficiency was lost after 350 h.",
            ("25; 25", "Air", "350", None, "50"),
        ),
        (
            "An efficiency of 19.0% before and 17.1% after 240 h at 85 °C in nitrogen was measured for the cells.",
            ("85; 85", "N2", "240", "19", "90"),
        ),
        (
            "Stability. The cells were cycled between −40 °C and 85 °C and kept 92% of the initial value.",
            ("-40; 85", None, None, None, "92"),
        ),
        (
            "Operational stability tests were carried out at the maximum power point in a N2 atmosphere at 313 K for 1200 h without encapsulation.",
            ("40; 40", "N2", "1200", None, None),
        ),
        (
            "After three months in the dark in vacuum the devices delivered 96 percent of the original efficiency.",
            (None, "Vacuum", "2160", None, "96"),
        ),
    ],
)
def test_fields_of_one_test(text, expected):
    found = read(text)
    assert found["measured"] == "TRUE"
    names = (
        "temperature_range", "atmosphere", "time_total_exposure", "PCE_initial_value", "PCE_end_of_experiment",
    )  # fmt: skip
    assert tuple(found.get(name) for name in names) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The thermal stability of the films was examined by TGA up to 500 °C.",
        "The colloidal stability of the ink was followed for 30 days; the ink was kept at 4 °C.",
        "Films were aged at 85 °C for 500 h in air and examined by XRD.",
        "The power output was tracked for 300 s at the maximum power point. The steady-state PCE was 21.2%.",
        "Stability was not investigated in this work.",
        "No long-term study was carried out.",
        "J–V curves were measured in air at 25 °C. The humidity was kept below 30%.",
        "Degradation in air was followed with organic cells only, at 65 °C for 300 h.",
        "",
    ],
)
def test_silence_is_silence(text):
    assert read(text) == {}


def test_target_wins_over_control_whichever_comes_first():
    found = read(
        "Long-term stability was tested by MPP tracking in N2 at 45 °C. The control device degraded to 70% after 400 h, "
        "while the target device retained 95% of its initial PCE (23.4%) after 800 h."
    )
    assert found["PCE_end_of_experiment"] == "95"
    assert found["time_total_exposure"] == "800"
    assert found["PCE_initial_value"] == "23.4"
    assert found["temperature_range"] == "45; 45"


def test_test_with_an_outcome_wins_and_keeps_its_own_conditions():
    found = read(
        "Stability. For damp heat, the cells were kept at 85 °C and 85% relative humidity for 600 h; they retained 93% of "
        "their initial efficiency (17.6%). For light soaking they were held in nitrogen at 60 °C for 900 h."
    )
    assert found["time_total_exposure"] == "600"
    assert found["temperature_range"] == "85; 85"
    assert found["atmosphere"] == "Air"


def test_longest_test_wins_where_none_has_an_outcome():
    found = read(
        "Stability. Cells were stored in the dark in nitrogen at 25 °C for 300 h. Other cells were aged in air at 65 °C for 700 h."
    )
    assert (found["time_total_exposure"], found["temperature_range"]) == ("700", "65; 65")


def test_last_outcome_of_the_same_cells():
    found = read("The cells kept 88% of the initial efficiency after 1000 h, and 80% after 2000 h.")
    assert (found["PCE_end_of_experiment"], found["time_total_exposure"]) == ("80", "2000")


def test_average_and_lamination():
    found = read(
        "Stability. Cells were laminated at 130 °C with a foil. They were aged at 85 °C and 85% humidity; the mean of six "
        "devices fell to 97% of the initial value after 500 h."
    )
    assert found["average_over_n_number_of_cells"] == "6"
    assert found["temperature_range"] == "85; 85"


def test_spans_point_at_what_was_read():
    document = Document(START + "The cells kept 90% of their initial PCE after 1000 h at 60 °C.")
    found = stability_findings(document)
    (start, end), *_ = found["Stability_PCE_end_of_experiment"].spans
    assert document.text[start:end] == "90%"
    assert found["Stability_PCE_end_of_experiment"].source == "text"


WORDS = st.sampled_from(
    ["cells", "stored", "aged", "kept", "90%", "of", "its", "initial", "PCE", "(21%)", "after", "500 h", "at 85 °C", "in N2.", "T80", "control", ";", "from 20% to 10%", "half of the efficiency was lost", "humidity", "cycled between −4 and 5 °C", "mean of two devices"]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=40).map(" ".join)))
def test_arbitrary_text_never_raises(text):
    document = Document("Stability\n" + text)
    for name, finding in stability_findings(document).items():
        assert name.startswith("Stability_")
        assert isinstance(finding, Finding)
        assert 0 < finding.certainty <= 1
        assert all(0 <= a < b <= len(document.text) for a, b in finding.spans)

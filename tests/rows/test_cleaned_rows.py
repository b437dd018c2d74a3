"""Rows in clean text, and evidence in the text that was given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.rows.clean_text import clean
from masterkey.rows.cleaned_rows import cleaned_rows, with_evidence
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.schema.evidence import evidence_of

TEXT = r"Films of $\mathrm{SnO_2}$ were annealed at 100 ˚C for half an hour (0.12 cm<sup>2</sup>)."
FIELDS = {
    "ETL_stack_sequence": "SnO2",
    "Perovskite_deposition_thermal_annealing_time": "30",
    "Cell_area_measured": "0.12",
    "Backcontact_stack_sequence": "Au",
    "Module": "FALSE",
}


def evidence_in(fields: dict, text: str) -> dict:
    return with_evidence({"fields": fields}, text)["evidence"]


def test_papers_are_mended_and_devices_are_not():
    paper = Row("7", schema.SII_INSTRUCTION, TEXT, "an answer", 3)
    [read] = cleaned_rows([paper])
    assert read.input == "Films of SnO2 were annealed at 100 °C for 30 min (0.12 cm2)."
    assert (read.id, read.instruction, read.output, read.number) == (
        "7",
        paper.instruction,
        "an answer",
        3,
    )
    device = Row("8", schema.MDP_INSTRUCTION, "Cell area measured: 1,5 h &deg;C", None, 0)
    assert cleaned_rows([device], "mdp") == [device]


def test_evidence_has_the_places_of_the_original():
    evidence = evidence_in(FIELDS, TEXT)

    def quoted(field: str, part: str) -> list[str]:
        return [TEXT[start:end] for start, end in evidence[field][part]]

    assert quoted("ETL_stack_sequence", "sno2") == ["SnO_2"]
    assert quoted("Perovskite_deposition_thermal_annealing_time", "30") == ["half an hour"]
    assert quoted("Cell_area_measured", "0.12") == ["0.12"]
    assert evidence["Backcontact_stack_sequence"] == {"au": None}
    assert evidence["Module"] == {"false": None}


@pytest.mark.parametrize("text", ["", "Films of SnO2 for 30 min, 0.12 cm2, Au."])
def test_of_a_clean_text_the_evidence_is_the_same(text):
    assert evidence_in(FIELDS, text) == evidence_of(FIELDS, text)


# --- where a method has read a value, and what it is ----------------------------------------------

LAYERS = (
    "SnO2 (15 %) and PCBM were bought.\n"
    "For the substrates, SnO2 was spin-coated on FTO at 3000 rpm.\n"
    "At last, gold was evaporated. SnO2 powder was kept for XRD."
)
ETL, AREA = "ETL_stack_sequence", "Cell_area_measured"


def spans_of(text: str, words: str) -> list[list[int]]:
    start = text.index(words)
    return [[start, start + len(words)]]


def shown(text: str, line: dict, field: str) -> dict[str, list[str] | None] | None:
    parts = line["evidence"][field]
    return parts and {
        part: spans and [text[start:end] for start, end in spans] for part, spans in parts.items()
    }


def test_evidence_is_near_the_place_where_the_layer_was_read():
    places = spans_of(LAYERS, "SnO2 was spin-coated")
    line = with_evidence({"fields": {ETL: "SnO2-c"}, "places": {ETL: places}}, LAYERS)
    [(part, spans)] = line["evidence"][ETL].items()
    assert part == "sno2-c"
    assert all(places[0][0] <= start < end <= places[0][1] for start, end in spans)


def test_without_places_all_that_is_found_is_evidence():
    line = with_evidence({"fields": {ETL: "SnO2"}}, LAYERS)
    assert len(line["evidence"][ETL]["sno2"]) == LAYERS.count("SnO2")
    assert "source" not in line


def test_with_a_place_the_same_name_elsewhere_is_no_evidence():
    places = spans_of(LAYERS, "SnO2 was spin-coated")
    line = with_evidence({"fields": {ETL: "SnO2"}, "places": {ETL: places}}, LAYERS)
    assert line["evidence"][ETL]["sno2"] == [[places[0][0], places[0][0] + 4]]


def test_a_value_that_the_text_does_not_write_so_has_the_place_as_evidence():
    places = spans_of(LAYERS, "gold was evaporated")
    fields = {"Backcontact_stack_sequence": "Cu", "Backcontact_deposition_procedure": "Sputtering"}
    line = {"fields": fields, "places": dict.fromkeys(fields, places)}
    line = with_evidence(line, LAYERS)
    assert shown(LAYERS, line, "Backcontact_stack_sequence") == {"cu": ["gold was evaporated"]}
    assert shown(LAYERS, line, "Backcontact_deposition_procedure") == {
        "sputtering": ["gold was evaporated"]
    }


def test_places_are_not_written_into_the_line():
    line = {"fields": {ETL: "SnO2"}, "places": {ETL: [[0, 4]]}, "source": {}}
    assert with_evidence(line, LAYERS).keys() == {"fields", "source", "evidence"}


def test_places_of_the_clean_text_become_those_of_the_original():
    text = r"Then $\mathrm{SnO_2}$ was spun. Again SnO<sub>2</sub> was seen."
    clean_text = "Then SnO2 was spun. Again SnO2 was seen."
    places = [[clean_text.rindex("SnO2"), clean_text.rindex("SnO2") + 4]]
    line = with_evidence({"fields": {ETL: "SnO2"}, "places": {ETL: places}}, text)
    [[start, end]] = line["evidence"][ETL]["sno2"]
    assert text[start:end] == "SnO<sub>2"
    assert start > text.index("Again")


def test_what_was_read_keeps_its_source():
    fields = {ETL: "SnO2", "Cell_architecture": "nip"}
    line = with_evidence(
        {"fields": fields, "source": {ETL: "text", "Cell_architecture": "deduced"}}, LAYERS
    )
    assert line["source"] == {ETL: "text", "Cell_architecture": "deduced"}


def test_what_was_not_read_is_from_the_text_only_if_all_of_it_stands_there():
    fields = {
        ETL: "SnO2 | PCBM",
        "Backcontact_stack_sequence": "Ag",
        "HTL_stack_sequence": "SnO2 | PTAA",
    }
    line = with_evidence({"fields": fields, "source": {}}, LAYERS)
    assert line["source"] == {
        ETL: "text",
        "Backcontact_stack_sequence": "default",
        "HTL_stack_sequence": "default",
    }
    assert line["evidence"]["HTL_stack_sequence"] is None


def test_an_area_that_the_text_does_not_state_is_a_default_without_a_quote():
    text = f"{LAYERS} A 0.1 M solution was used."
    line = with_evidence({"fields": {AREA: "0.1"}, "source": {AREA: "default"}}, text)
    assert line["source"][AREA] == "default"
    assert line["evidence"][AREA] is None
    assert evidence_in({AREA: "0.1"}, text)[AREA] is not None  # it would have been quoted


def test_a_field_that_reports_nothing_has_no_source():
    line = with_evidence({"fields": {ETL: "Unknown", AREA: ""}, "source": {}}, LAYERS)
    assert line["source"] == {}


words = st.lists(
    st.sampled_from(["SnO2", r"$\mathrm{SnO_2}$", "SnO<sub>2</sub>", "PCBM", "on", "&deg;C", "\n"]),
    min_size=1,
    max_size=30,
).map(" ".join)


@given(words, st.tuples(st.integers(0, 40), st.integers(1, 9)))
def test_evidence_stands_in_the_original_wherever_the_places_are(text, place):
    start, length = place
    cleaned = clean(text).text
    end = min(start + length, len(cleaned))
    places = {ETL: [[min(start, max(end - 1, 0)), end]]} if cleaned else {}
    line = with_evidence({"fields": {ETL: "SnO2 | PCBM"}, "places": places, "source": {}}, text)
    for spans in (line["evidence"][ETL] or {}).values():
        assert all(0 <= a <= b <= len(text) for a, b in spans or ())


def test_a_value_that_nothing_says_is_a_default_without_evidence():
    line = {"fields": FIELDS, "source": {}, "places": {}}
    said = with_evidence(line, TEXT)
    assert said["source"]["ETL_stack_sequence"] == "text"
    assert said["source"]["Backcontact_stack_sequence"] == "default"
    assert said["evidence"]["Backcontact_stack_sequence"] is None
    assert "places" not in said


def test_of_several_places_the_one_that_was_read_is_the_evidence():
    text = "SnO2 was bought. The cells have a layer of SnO2 on ITO."
    second = text.rindex("SnO2")
    line = {
        "fields": {"ETL_stack_sequence": "SnO2"},
        "source": {"ETL_stack_sequence": "text"},
        "places": {"ETL_stack_sequence": [[second, second + 4]]},
    }
    evidence = with_evidence(line, text)["evidence"]["ETL_stack_sequence"]
    assert evidence == {"sno2": [[second, second + 4]]}


def test_each_device_has_its_own_evidence():
    text = "Cells had Au contacts. Control cells had Ag contacts."
    devices = [
        {"role": "target", "name": "", "fields": {"Backcontact_stack_sequence": "Au"}},
        {"role": "control", "name": "", "fields": {"Backcontact_stack_sequence": "Ag"}},
    ]
    line = with_evidence({"fields": dict(devices[0]["fields"]), "devices": devices}, text)
    start = text.index("Ag")
    assert line["devices"][1]["evidence"]["Backcontact_stack_sequence"] == {
        "ag": [[start, start + 2]]
    }


def test_evidence_lies_in_what_a_model_read_of_a_long_text():
    text = "The film was dried at 150 °C. " + "Nothing else. " * 20 + "Others dry at 150 °C."
    fields = {"Perovskite_deposition_thermal_annealing_temperature": "150"}

    def places(more: dict) -> list:
        found = with_evidence({"fields": dict(fields), **more}, text)["evidence"]
        return found["Perovskite_deposition_thermal_annealing_temperature"]["150"]

    assert len(places({})) == 2
    [[start, end]] = places({"n_characters_read": 100})
    assert text[start:end] == "150"
    assert end < 100

"""Rows in clean text, and evidence in the text that was given."""

import pytest

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

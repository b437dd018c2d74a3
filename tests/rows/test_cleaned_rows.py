"""Rows in clean text, and evidence in the text that was given."""

import pytest

from masterkey.rows.cleaned_rows import cleaned_rows, evidence_in
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

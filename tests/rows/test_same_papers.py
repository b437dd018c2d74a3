"""Papers of two files are the same by id, else by a DOI that one paper alone has on either side."""

import json

import pytest

import sii_evaluate
from masterkey.formats.outputs import write
from masterkey.rows.same_papers import same_papers
from masterkey.schema.fields import SII_FIELDS
from masterkey.scripting.command_line import UserError
from tests.formats.random_devices import consistent_device

DOIS = ["10.1000/a.1", "10.1000/b--2", "10.1000/c/3"]


@pytest.mark.parametrize(
    ("papers", "others", "found"),
    [
        ({"x": "10.1/A"}, {"y": "https://doi.org/10.1/a"}, {"x": "y"}),
        ({"x": "10.1/a", "y": None}, {"x": "10.1/b", "z": "10.1/a"}, {"x": "x"}),
        ({"x": "10.1/a", "x device 2": "10.1/a"}, {"y": "10.1/a"}, {}),
        ({"x": "10.1/a"}, {"y": "10.1/a", "z": "10.1/A"}, {}),
        ({"x": ""}, {"y": ""}, {}),
    ],
)
def test_papers_are_joined_by_id_then_by_doi(papers, others, found):
    assert same_papers(papers, others) == found


def read_papers(doi_of=str.upper) -> list[dict]:
    """What was read of three papers, named as their files are."""
    return [
        {
            **{"id": f"paper_{number}.pdf", "row": number, "task": "sii", "doi": doi_of(doi)},
            "fields": dict.fromkeys(SII_FIELDS, "") | consistent_device(number).fields,
        }
        for number, doi in enumerate(DOIS)
    ]


def write_lines(path, lines: list[dict]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def test_readings_are_scored_against_a_folder_of_perla(tmp_path):
    lines = read_papers()
    answers = [line | {"id": f"answer {line['row']}", "doi": line["doi"].lower()} for line in lines]
    write(answers[::-1], tmp_path / "perla", "perla")
    mine = write_lines(tmp_path / "mine.jsonl", lines)
    sii_evaluate.main(
        sii_evaluate.Arguments([mine], data_path=str(tmp_path / "perla"), n_resamples=20)
    )
    scores = json.loads((tmp_path / "sii_scores.json").read_text("utf-8"))
    stacks = scores["strict"]["fields"]["ETL_stack_sequence"]
    assert (scores["n"], stacks["exact_match"]) == (3, 1.0)


def test_a_folder_of_perla_agrees_with_readings_by_doi(tmp_path):
    lines = read_papers()
    write([line | {"doi": line["doi"].lower()} for line in lines], tmp_path / "perla", "perla")
    mine = write_lines(tmp_path / "mine.jsonl", lines)
    sii_evaluate.main(
        sii_evaluate.Arguments([mine, str(tmp_path / "perla")], agreement=True, n_resamples=20)
    )
    report = json.loads((tmp_path / "sii_agreement.json").read_text("utf-8"))
    own = report["fields"]["ETL_stack_sequence"]
    assert (report["n"], own["n_equal"]) == (3, 3)


def test_a_paper_that_the_answers_lack_is_told_with_its_doi(tmp_path):
    lines = read_papers()
    write(lines[:1], tmp_path / "perla", "perla")
    mine = write_lines(tmp_path / "mine.jsonl", [lines[1]])
    with pytest.raises(
        UserError, match=r"paper_1\.pdf' is not in .*, nor is its DOI 10\.1000/B--2"
    ):
        sii_evaluate.main(sii_evaluate.Arguments([mine], data_path=str(tmp_path / "perla")))

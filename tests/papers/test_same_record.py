"""One folder with the same invented papers in every format, one command, one record cell by cell."""

import json

import pytest
from invented_papers import FORMATS, YEAR, doi, title

from masterkey.papers.files import read_paper_bytes
from masterkey.papers.part_read import part_to_read
from masterkey.rows.clean_text import clean

NUMBERS = (0, 1, 2)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of 21 files, and the bytes of each by its name."""
    folder = tmp_path_factory.mktemp("papers")
    for ending, make in FORMATS.items():
        (folder / ending).mkdir()
        for number in NUMBERS:
            (folder / ending / f"paper{number}.{ending}").write_bytes(make(number))
    return folder


@pytest.mark.parametrize("ending", FORMATS)
def test_title_doi_year_and_the_section_come_out_of_each_format(ending):
    paper = read_paper_bytes(FORMATS[ending](1), f"paper.{ending}")
    assert (paper.title, paper.doi, paper.year) == (title(1), doi(1), YEAR)
    part = part_to_read(paper)
    [heading, *paragraphs] = [own for own in clean(part.text).text.split("\n") if own]
    assert heading.lower().endswith("experimental section")
    assert paragraphs == EXPECTED


EXPECTED = [
    "Patterned glass with FTO was washed in acetone and ethanol and treated with UV-ozone for 15 min. "
    "A SnO2 layer was spin-coated at 3000 rpm for 30 s and annealed at 180 °C for 30 min.",
    "The perovskite ink held PbI2 (1.3 M) and CH3NH3I (1.3 M) in GBL and DMSO (4:1, v/v). It was spin-coated at "
    "4000 rpm for 25 s, chlorobenzene was dripped on the spinning film, and the CH3NH3PbI3 films were annealed at "
    "105 °C for 20 min in nitrogen.",
    "Spiro-OMeTAD with Li-TFSI and 4-tert-butylpyridine was spin-coated at 3500 rpm for 30 s. Finally, 80 nm of "
    "gold was evaporated at 10-6 mbar. The active area was 0.12 cm2, and curves were taken under 100 mW cm-2 of "
    "AM 1.5G light.",
]


@pytest.mark.slow
def test_a_folder_of_all_formats_becomes_one_table_with_equal_records(
    written, run_script, tmp_path
):
    output = tmp_path / "out.jsonl"
    train = "data/sample/sii_train.json"
    done = run_script(
        "infer.py", written, "--method", "nearest", "--train", train, "--output_path", output
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert len(lines) == len(FORMATS) * len(NUMBERS)
    for number in NUMBERS:
        same = [line for line in lines if line["doi"] == doi(number)]
        assert len(same) == len(FORMATS)
        assert [line["fields"] for line in same] == [same[0]["fields"]] * len(FORMATS)
        assert {(line["title"], line["year"]) for line in same} == {(title(number), YEAR)}

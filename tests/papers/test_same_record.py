"""One folder with the same invented papers in every format, one command, one record cell by cell."""

import importlib.util
import json

import pytest
from invented_papers import FORMATS, YEAR, chosen, doi, title

from masterkey.papers.files import read_paper_bytes
from masterkey.papers.part_read import part_to_read
from masterkey.predicting import methods
from masterkey.rows.clean_text import clean
from masterkey.rows.records import read_rows
from masterkey.schema import fields as schema

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


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """`fields`, learned from 60 of the invented papers: enough to be the same for every format."""
    rows = read_rows("data/sample/sii_train.json", task="sii", answers="required")[:60]
    path = tmp_path_factory.mktemp("model") / "fields.npz"
    methods.keep(methods.fit("sii", "fields", rows, seed=0), path)
    return path


@pytest.mark.slow
def test_a_folder_of_all_formats_becomes_one_table_with_equal_records(
    written, model, run_script, tmp_path
):
    """Two processes, 21 files, one command; the table where its writer is there, and its lines."""
    has_tables = importlib.util.find_spec("masterkey.formats") is not None
    output = tmp_path / ("papers.xlsx" if has_tables else "papers.jsonl")
    done = run_script(
        "infer.py", written, "--model", model, "--num_workers", "2", "--output_path", output
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in output.with_suffix(".jsonl").open(encoding="utf-8")]
    assert len(lines) == len(FORMATS) * len(NUMBERS)
    for number in NUMBERS:
        same = [line for line in lines if line["doi"] == doi(number)]
        assert len(same) == len(FORMATS)
        assert [line["fields"] for line in same] == [same[0]["fields"]] * len(FORMATS)
        assert {(line["title"], line["year"]) for line in same} == {(title(number), YEAR)}
        assert same[0]["fields"][schema.ANNEALING_TEMPERATURE] == str(chosen(number)["heat"])
    if has_tables:
        from openpyxl import load_workbook

        names, *devices = load_workbook(output).worksheets[0].iter_rows(values_only=True)
        assert len(devices) == len(lines)
        columns = [place for place, name in enumerate(names) if name in schema.SII_FIELDS]
        assert len(columns) == len(schema.SII_FIELDS)
        records = {tuple(device[place] for place in columns) for device in devices}
        assert len(records) == len(NUMBERS)

"""Tables of devices: what is written in a cell is read out of it, whatever it is."""

import csv
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from masterkey.formats import inputs, outputs
from masterkey.formats.devices import Device, devices_of
from masterkey.formats.inputs import read_devices, read_lines
from masterkey.formats.outputs import write
from masterkey.formats.spreadsheet import DOUBTFUL, UNSURE, fill_of, write_xlsx
from masterkey.formats.tables import table_of
from masterkey.review import views
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from tests.formats.random_devices import STRANGE, random_device

ENDINGS = ("csv", "xlsx", "parquet")


def line_of(device: Device) -> dict:
    return {
        "id": device.id,
        "row": 0,
        "task": "sii",
        "input": "",
        "fields": device.fields,
        "confidence": device.confidence,
        "source": device.source,
        "performance": {"fields": device.predicted, "interval": device.interval},
        "doi": device.doi,
        "title": device.title,
        "year": device.year,
        "method": device.method,
    }


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
def test_lines_come_back_from_a_table(tmp_path, ending):
    lines = [line_of(random_device(seed, strange=0.2)) | {"row": seed} for seed in range(40)]
    assert write(lines, tmp_path / f"a.{ending}") == []
    back = read_lines(tmp_path / f"a.{ending}")
    for line in lines:
        # What is not known has no cells of its own.
        line["performance"]["interval"] = {
            name: ends for name, ends in line["performance"]["interval"].items() if ends
        }
    assert back == lines


separators = st.sampled_from(
    [" | ", " >> ", "; ", "\n", "\r\n", "=", "'", '"', ",", "\t", "_x0041_"]
)
texts = st.lists(
    st.one_of(st.text(max_size=12), separators, st.sampled_from(STRANGE)), max_size=5
).map("".join)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.lists(texts, min_size=3, max_size=3))
def test_any_text_comes_back_from_a_cell(tmp_path, ending, values):
    row = [value.encode("utf-8", "replace").decode() for value in values]
    columns = ["title", "ETL_stack_sequence", "name"]
    path = tmp_path / f"a.{ending}"
    outputs.TABLES[f".{ending}"](columns, [row, ["x", *row[1:]]], path)
    back, rows = inputs.TABLES[f".{ending}"](path)
    assert back == columns
    # A spreadsheet does not tell an empty text from no cell.
    assert [["" if cell is None else cell for cell in row] for row in rows] == [
        row,
        ["x", *row[1:]],
    ]


def test_no_cell_becomes_a_formula(tmp_path):
    formulas = ['=HYPERLINK("x")', "+1-2", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "=1 | 2"]
    for number, text in enumerate(formulas):
        line = {"id": str(number), "task": "sii", "fields": {"ETL_stack_sequence": text}}
        write([line], tmp_path / "a.csv")
        with open(tmp_path / "a.csv", encoding="utf-8-sig", newline="") as file:
            cell = next(csv.DictReader(file))["ETL_stack_sequence"]
        assert cell == f"'{text}"
        write([line], tmp_path / "a.xlsx")
        with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert read_lines(tmp_path / "a.xlsx")[0]["fields"]["ETL_stack_sequence"] == text
    # Numbers and ranges of numbers are no formulas.
    line = {"id": "1", "task": "sii", "fields": {"Stability_temperature_range": "-20; 60"}}
    write([line], tmp_path / "a.csv")
    assert ",-20; 60," in (tmp_path / "a.csv").read_text("utf-8-sig")


def test_doubtful_cells_are_coloured(tmp_path):
    from openpyxl import load_workbook

    fields = dict.fromkeys(
        ("ETL_stack_sequence", "HTL_stack_sequence", "Cell_architecture", "Module"), "x"
    )
    confidence = dict(zip(fields, (0.3, 0.7, 0.95, 0.95), strict=True))
    line = {"id": "1", "task": "sii", "fields": fields, "confidence": confidence}
    line["source"] = {"Module": "default"}
    write([line], tmp_path / "a.xlsx")
    book = load_workbook(tmp_path / "a.xlsx")
    sheet = book["Devices"]
    header = [cell.value for cell in sheet[1]]
    colours = {
        name: sheet.cell(2, header.index(name) + 1).fill.start_color.rgb[2:] for name in fields
    }
    assert colours == {
        "ETL_stack_sequence": "F8CBAD",
        "HTL_stack_sequence": "FFE699",
        "Cell_architecture": "000000",  # none
        "Module": "E7E6E6",
    }
    legend = {cell.fill.start_color.rgb[2:] for cell in book["Legend"]["A"]}
    assert {"F8CBAD", "FFE699", "E7E6E6"} <= legend
    # The same words for the same values as on the page of review.py.
    assert (DOUBTFUL, UNSURE) == (views.DOUBTFUL, 1 - views.UNSURE)
    assert book["Legend"]["B2"].value.startswith("Doubtful: the value is more probably wrong")
    assert sheet.freeze_panes == "B2"
    assert fill_of(None, None) is None


def test_a_cell_longer_than_a_spreadsheet_takes_is_cut_and_told(tmp_path):
    columns, rows = table_of([Device("1", 1, {"ETL_stack_sequence": "a" * 40_000})])
    told = write_xlsx(columns, rows, tmp_path / "a.xlsx")
    assert told == ["1 cells were cut to the 32,767 characters that a spreadsheet takes"]


def test_a_table_has_a_row_for_each_device_and_says_what_it_lacks(tmp_path):
    fields = {"ETL_stack_sequence": "SnO2"}
    entry = {"role": "control", "name": "without SnO2", "fields": {"ETL_stack_sequence": "none"}}
    line = {"id": "p", "task": "sii", "input": "SnO2 was spun.", "fields": fields}
    line |= {"devices": [{"role": "target", "fields": fields}, entry], "row": 0}
    line["evidence"] = {"ETL_stack_sequence": {"sno2": [[0, 4]], "zno": None}}
    told = write([line], tmp_path / "a.csv")
    assert told == ["the papers' texts and the places of the evidence in them stay in .jsonl files"]
    with open(tmp_path / "a.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["role"], row["ETL_stack_sequence"]) for row in rows] == [
        ("p", "target", "SnO2"),
        ("p device 2", "control", "none"),
    ]
    assert rows[0]["ETL_stack_sequence evidence"] == "SnO2"


def test_defaults_are_left_out_on_demand(tmp_path):
    fields = {"ETL_stack_sequence": "SnO2", "Cell_flexible": "FALSE"}
    line = {"id": "1", "task": "sii", "fields": fields, "source": {"Cell_flexible": "default"}}
    (device,) = devices_of([line], omit_defaults=True)
    assert device.fields == {"ETL_stack_sequence": "SnO2"}
    write([line], tmp_path / "a.jsonl", omit_defaults=True)
    written = json.loads((tmp_path / "a.jsonl").read_text("utf-8"))
    assert written == line | {"fields": {"ETL_stack_sequence": "SnO2"}}


def test_tables_that_people_save_are_read(tmp_path):
    text = "ETL_stack_sequence;Cell_area_measured\nTiO2-c | TiO2-mp;0.1\n\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    (device,) = read_devices(tmp_path / "a.csv")
    assert device.fields == {"ETL_stack_sequence": "TiO2-c | TiO2-mp", "Cell_area_measured": "0.1"}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"a,b\n1,2\n", "has no column Substrate_stack_sequence"),
        ("a.csv", b"ETL_stack_sequence,Module\n1\n", "row 0 has 1 cells, the header 2"),
        ("a.csv", b"", "is no CSV table"),
        ("a.xlsx", b"no zip", "is no Excel file"),
        ("a.parquet", b"no parquet", "is no Parquet table"),
    ],
)
def test_what_is_no_table_is_told_in_a_sentence(tmp_path, name, content, sentence):
    path: Path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        read_devices(path)


def test_an_unknown_ending_is_told(tmp_path):
    with pytest.raises(UserError, match=r"its ending names no format; give one of \.jsonl"):
        write([], tmp_path / "a.ods")
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(UserError, match=r"a\.csv: is a folder; name a file"):
        write([], tmp_path / "a.csv")
    assert schema.SII_FIELDS[0] in table_of([])[0]

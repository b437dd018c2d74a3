"""SII labels: which device stands for a paper, how texts are joined, what is kept unseen."""

import json
from pathlib import Path

import pytest

from masterkey.database.unseen_rows import read_unseen
from masterkey.rows.records import read_rows, recipe_of
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from tests.perovskite_exports import DEVICE, convert, of_all_splits, rows_in

PAPER_A = [
    {"Ref_DOI_number": "10.1000/A", "JV_default_PCE": "12", "ETL_stack_sequence": "SnO2-np"},
    {"Ref_DOI_number": "10.1000/a", "JV_default_PCE": "15", "ETL_stack_sequence": "ZnO-np"},
    {"Ref_DOI_number": "10.1000/a", "JV_default_PCE": "99", "ETL_stack_sequence": "C60"},
    {"Ref_DOI_number": "10.1000/a", "JV_default_PCE": "15", "ETL_stack_sequence": "PCBM-60"},
]
PAPER_B = [
    {"Ref_DOI_number": "10.1000/b_(c)", "JV_default_PCE": "", "Module": "true"},
    {"Ref_DOI_number": "10.1000/b_(c)", "JV_default_PCE": "nan", "ETL_stack_sequence": "C60"},
]
TEXT_A = "Tin oxide was spun on the glass, then annealed at 150 degrees for half an hour in air."
TEXT_B = "A module of eight cells was coated by a slot die, with gold evaporated through a mask."


def label_of(row: dict) -> dict[str, str]:
    return schema.parse_sii_answer(row["output"])


def test_the_label_of_a_paper_is_its_device_of_highest_usable_pce(tmp_path):
    folder, report = convert(tmp_path, PAPER_A + PAPER_B)
    a, b = rows_in(folder / "sii_labels.jsonl")
    assert (a["doi"], a["row"], label_of(a)["ETL_stack_sequence"]) == ("10.1000/a", 1, "ZnO-np")
    # No PCE at all: the first device, which is a module; that is a label like any other.
    assert (b["doi"], b["row"], label_of(b)["Module"]) == ("10.1000/b_(c)", 4, "TRUE")
    assert report["sii"]["n_labels"] == 2
    assert list(label_of(a)) == list(schema.SII_FIELDS)


def test_all_devices_of_a_paper_are_labels_when_asked_for_each_once(tmp_path):
    (tmp_path / "texts.jsonl").write_text(json.dumps({"doi": "10.1000/A", "text": TEXT_A}))
    folder, _ = convert(
        tmp_path,
        [*PAPER_A, PAPER_A[0]],
        texts=str(tmp_path / "texts.jsonl"),
        devices_per_paper="all",
    )
    rows = of_all_splits(folder, "sii")
    assert [label_of(row)["ETL_stack_sequence"] for row in rows] == [
        "SnO2-np", "ZnO-np", "C60", "PCBM-60",
    ]  # fmt: skip
    assert [row["id"] for row in rows] == [f"10.1000/a row {n}" for n in range(4)]


@pytest.fixture(params=["folder", "lines"])
def paper_texts(request, tmp_path) -> Path:
    """The texts of papers A and B and of one that the export lacks, in both forms."""
    if request.param == "lines":
        path = tmp_path / "texts.jsonl"
        lines = [("https://doi.org/10.1000/A", TEXT_A), ("10.1000/B_(C)", TEXT_B), ("10.1/x", "X")]
        path.write_text(
            "\n\n".join(json.dumps({"doi": doi, "text": text}) for doi, text in lines), "utf-8"
        )
        return path
    path = tmp_path / "texts"
    path.mkdir()
    for name, text in (
        ("10.1000_A.txt", TEXT_A),
        ("10.1000_b_(c).TXT", TEXT_B),
        ("10.1_x.txt", "X"),
    ):
        (path / name).write_text(text + "\n", "utf-8")
    (path / "notes.md").write_text("not read")
    (path / "10.1000_empty.txt").write_text(" \n")
    return path


def test_labels_are_joined_with_texts(paper_texts, capsys, tmp_path):
    other = {"Ref_DOI_number": "10.1000/empty"}
    folder, report = convert(tmp_path, [*PAPER_A, *PAPER_B, other], texts=str(paper_texts))
    rows = {row["id"]: row for row in of_all_splits(folder, "sii")}
    assert {id: row["input"] for id, row in rows.items()} == {
        "10.1000/a": TEXT_A, "10.1000/b_(c)": TEXT_B,
    }  # fmt: skip
    assert label_of(rows["10.1000/a"])["ETL_stack_sequence"] == "ZnO-np"
    output = rows["10.1000/a"]["output"]
    assert output.startswith(
        "<s> Substrate_stack_sequence: SLG | FTO,\n ETL_stack_sequence: ZnO-np,"
    )
    assert output.endswith(",\n Module: FALSE</s>")
    assert [line["doi"] for line in rows_in(folder / "sii_labels.jsonl")] == ["10.1000/empty"]
    assert (report["n_texts"], report["texts_without_paper"]) == (3, ["10.1_x"])
    assert "1 of them of no paper of the export: 10.1_x" in capsys.readouterr().out
    for split in ("train", "validation", "test"):
        if (folder / f"sii_{split}.json").exists():
            read_rows(folder / f"sii_{split}.json", task="sii", answers="required")


TEXT_MISTAKES = {
    '{"doi": "10.1000/plain"}': r"line 1 is not \{\"doi\"",
    '{"doi": "10.1/a", "text": "x"}\n{"doi": "10.1/A", "text": "y"}': "has two texts for 10.1_a",
    '{"doi": "10.1/a", "text": "x"}\n{"doi": "10.1/b", "text": "x"}': "10.1_a and 10.1_b are equal",
    '{"doi": "10.1/a", "text": ""}': "holds no text",
    '{"doi": "10.1/a", "text": "x"}': r"none of its 1 texts has a DOI .*'10\.1_a'",
    '{"doi": ': "line 1, column 9 is not valid JSON",
}


@pytest.mark.parametrize("content", TEXT_MISTAKES)
def test_texts_that_cannot_be_joined_are_refused(tmp_path, content):
    (tmp_path / "texts.jsonl").write_text(content)
    with pytest.raises(UserError, match=TEXT_MISTAKES[content]):
        convert(tmp_path, [{}], texts=str(tmp_path / "texts.jsonl"))


# --- rows that are to stay unseen ------------------------------------------------------------------


def write_rows(path: Path, *rows: dict) -> str:
    path.write_text(json.dumps(rows), "utf-8")
    return str(path)


def mdp_row(**fields: str) -> dict:
    fields = {name: DEVICE[name] for name in schema.MDP_FIELDS} | fields
    # The form of the published test file: a blank behind each line, none before.
    input = schema.format_mdp_input(fields).replace("\n", " \n") + "###"
    return {"instruction": schema.MDP_INSTRUCTION, "input": input}


def sii_row(text: str, **fields: str) -> dict:
    fields = {name: DEVICE[name] for name in schema.SII_FIELDS} | fields
    output = schema.format_sii_answer(fields, markers=True)
    return {"instruction": schema.SII_INSTRUCTION, "input": text, "output": output}


def test_recipes_of_an_mdp_file_are_kept_out_however_they_are_written(tmp_path):
    devices = [
        {},
        {"Perovskite_deposition_thermal_annealing_temperature": "100.0"},
        {"Perovskite_deposition_solvents": "DMSO; DMF", "HTL_stack_sequence": "spiro-OMeTAD"},
        {"ETL_additives_compounds": "nan", "Cell_area_measured": "0.2"},
        {"Perovskite_deposition_thermal_annealing_temperature": "101"},
        {"HTL_stack_sequence": "PTAA"},
    ]
    exclude = [write_rows(tmp_path / "unseen.json", mdp_row(), mdp_row(ETL_stack_sequence="x"))]
    folder, report = convert(tmp_path, devices, exclude=exclude)
    assert [line["row"] for line in rows_in(folder / "dropped.jsonl")] == [0, 1, 2, 3]
    assert report["mdp"]["n_dropped"] == {"recipe of --exclude": 4}
    assert len(of_all_splits(folder, "mdp")) == 2
    # An MDP file says nothing about which papers may be read.
    assert len(rows_in(folder / "sii_labels.jsonl")) == 1
    assert [file["file"] for file in report["data"]] == ["db.csv", "unseen.json"]


def test_papers_of_an_sii_file_are_kept_out_by_any_device_or_by_their_text(tmp_path):
    devices = [
        {"Ref_DOI_number": "10.1000/device", "JV_default_PCE": "10"},
        {"Ref_DOI_number": "10.1000/device", "HTL_stack_sequence": "PTAA"},
        {"Ref_DOI_number": "10.1000/text", "HTL_stack_sequence": "P3HT"},
        {"Ref_DOI_number": "10.1000/other", "Cell_area_measured": "0.2"},
    ]
    lines = [("10.1000/text", f"Introduction. {TEXT_A} Results."), ("10.1000/other", TEXT_B)]
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(json.dumps({"doi": doi, "text": text}) for doi, text in lines))
    exclude = [write_rows(tmp_path / "unseen.json", sii_row(TEXT_A))]
    folder, report = convert(tmp_path, devices, texts=str(path), exclude=exclude)
    assert [row["id"] for row in of_all_splits(folder, "sii")] == ["10.1000/other"]
    assert rows_in(folder / "sii_labels.jsonl") == []
    assert report["sii"]["n_papers_left_out"] == {
        "a device of --exclude": 1, "text overlaps with --exclude": 1,
    }  # fmt: skip
    # In MDP it is the recipe that must stay unseen: the area is none of its 19 fields.
    assert [line["row"] for line in rows_in(folder / "dropped.jsonl")] == [0, 3]


def test_what_the_converter_wrote_can_be_kept_out_of_another_run(tmp_path):
    devices = [{"Ref_DOI_number": f"10.1000/{n}", "ETL_stack_sequence": f"E{n}"} for n in range(40)]
    folder, _ = convert(tmp_path, devices, name="first")
    unseen = read_unseen([folder / "mdp_test.json"])
    second, _ = convert(
        tmp_path, devices, name="second", exclude=[str(folder / "mdp_test.json")], seed=1
    )
    rows = of_all_splits(second, "mdp")
    assert len(rows) == 40 - len(unseen.recipes) < 40
    kept_out = {recipe_of(row["input"]) for row in rows_in(folder / "mdp_test.json")}
    assert not kept_out & {recipe_of(row["input"]) for row in rows}

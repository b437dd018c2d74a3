"""Folders of papers: which papers they hold, shards, supporting information, and what a bad file does."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import infer
from masterkey.papers.collection import paper_files, shard_of
from masterkey.predicting import paper_run
from masterkey.predicting.readers import Reader
from masterkey.rows.predictions import Prediction
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError, parse_arguments
from masterkey.scripting.files import read_json, write_json

SECTION = "Colloidal SnO2 was spin-coated on FTO glass and dried at 150 °C for 30 min. "
ANSWER = dict.fromkeys(schema.SII_FIELDS, "Unknown") | {"ETL_stack_sequence": "SnO2-np"}


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def names(papers) -> list[str]:
    return [Path(paper.id).name for paper in papers]


@pytest.fixture
def reader(monkeypatch):
    """A reader of papers that answers ANSWER; what it was asked is in the list."""
    asked = []

    def answer(row):
        asked.append(row)
        return Prediction(schema.format_sii_answer(ANSWER))

    monkeypatch.setattr(paper_run, "open_reader", lambda *_: Reader("stand-in", answer))
    return asked


def run_infer(*argv) -> None:
    words = [str(word) for word in (*argv, "--num_workers", "1", "--method", "nearest")]
    infer.main(parse_arguments(infer.Arguments, "", words))


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# --- which papers --------------------------------------------------------------------------------


def test_a_folder_is_searched_at_any_depth_for_known_endings(tmp_path):
    write(
        tmp_path, b_dot_txt="x", sub__a_dot_pdf="x", notes_dot_py="x", sub___dot_hidden_dot_txt="x"
    )
    papers = paper_files([str(tmp_path)])
    assert names(papers) == ["b.txt", "a.pdf"]
    assert [paper.number for paper in papers] == [0, 1]


def test_a_file_is_read_whatever_it_is_called_and_once(tmp_path):
    path = str(write(tmp_path, paper_dot_dat="x") / "paper.dat")
    assert [paper.id for paper in paper_files([path, path])] == [path]


def test_supporting_information_belongs_to_the_paper_beside_it(tmp_path):
    write(tmp_path, one_dot_pdf="x", one_SI_dot_pdf="x", two_dot_txt="x", three_esi_dot_txt="x")
    write(tmp_path, **{"two-supporting information_dot_docx": "x", "silicon_dot_txt": "x"})
    papers = {Path(paper.id).name: paper for paper in paper_files([str(tmp_path)])}
    assert {
        name: [Path(own).name for own in paper.supporting] for name, paper in papers.items()
    } == {
        "one.pdf": ["one_SI.pdf"],
        "two.txt": ["two-supporting information.docx"],
        "three_esi.txt": [],  # no paper three
        "silicon.txt": [],
    }


def test_a_path_that_is_not_there_and_an_empty_folder_are_one_sentence(tmp_path):
    with pytest.raises(UserError, match="absent: no such file or folder"):
        paper_files([str(tmp_path / "absent")])
    with pytest.raises(UserError, match=r"holds no paper \(\.docx"):
        paper_files([str(tmp_path)])


def test_shards_are_disjoint_and_together_all(tmp_path):
    write(tmp_path, **{f"p{n}_dot_txt": "x" for n in range(10)})
    papers = paper_files([str(tmp_path)])
    shards = [shard_of(papers, f"{k}/4") for k in range(1, 5)]
    assert [len(own) for own in shards] == [3, 3, 2, 2]
    assert sorted((own for shard in shards for own in shard), key=lambda own: own.number) == papers


@pytest.mark.parametrize("shard", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4"])
def test_a_wrong_shard_is_one_sentence(shard):
    with pytest.raises(UserError, match="give K/N"):
        shard_of([], shard)


# --- what is written -----------------------------------------------------------------------------


def test_a_bad_file_is_told_at_the_end_and_the_others_are_read(reader, tmp_path, capsys):
    write(tmp_path / "in", a_dot_txt=SECTION, b_dot_txt=" ", d_dot_txt=SECTION)
    (tmp_path / "in" / "c.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    output = tmp_path / "out.jsonl"
    with pytest.raises(SystemExit) as ended:
        run_infer(tmp_path / "in", "--output_path", output)
    assert ended.value.code == 1
    assert [Path(line["id"]).name for line in lines_of(output)] == ["a.txt", "d.txt"]
    err = capsys.readouterr().err
    assert "b.txt: holds no text" in err
    assert "c.pdf: is a PDF that cannot be read" in err
    assert "error: 2 of 4 papers could not be read; the same command tries them again." in err


def test_a_fault_of_the_program_in_one_paper_leaves_the_others(tmp_path, monkeypatch, capsys):
    def answer(row):
        if "carbon" in row.input:
            raise ZeroDivisionError("by a length")
        return Prediction(schema.format_sii_answer(ANSWER))

    monkeypatch.setattr(paper_run, "open_reader", lambda *_: Reader("stand-in", answer))
    write(tmp_path / "in", a_dot_txt=SECTION + "A carbon contact.", b_dot_txt=SECTION)
    output = tmp_path / "out.jsonl"
    with pytest.raises(SystemExit) as ended:
        run_infer(tmp_path / "in", "--output_path", output)
    assert ended.value.code == 1
    assert [Path(line["id"]).name for line in lines_of(output)] == ["b.txt"]
    err = capsys.readouterr().err
    assert "a.txt: could not be read by this program (ZeroDivisionError: by a length)" in err


def test_what_to_do_about_a_bad_file_beside_a_folder_of_records(reader, tmp_path, capsys):
    """The folder is not written into a second time, so the sentence says to remove it; then it works."""
    write(tmp_path / "in", a_dot_txt=SECTION, b_dot_txt=" ")
    command = (tmp_path / "in", "--output_path", tmp_path / "out", "--format", "nomad")
    with pytest.raises(SystemExit):
        run_infer(*command)
    err = capsys.readouterr().err
    assert f"once {tmp_path / 'out'} is removed, the same command tries them again" in err
    assert "out.jsonl)" in err
    shutil.rmtree(tmp_path / "out")
    write(tmp_path / "in", b_dot_txt=SECTION)
    run_infer(*command)
    assert len(list((tmp_path / "out").glob("*.archive.json"))) == 2
    assert [Path(row.id).name for row in reader] == ["a.txt", "b.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are any bytes there alone")
def test_a_file_name_that_is_not_utf8_is_written_by_its_bytes(reader, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / "in" / name).write_text(SECTION, "utf-8")
    for _ in range(2):
        run_infer(tmp_path / "in", "--output_path", tmp_path / "out.jsonl")
    [line] = lines_of(tmp_path / "out.jsonl")
    assert Path(line["id"]).name == r"caf\xe9.txt"
    assert len(reader) == 1
    assert "1 of 1 papers done already" in capsys.readouterr().out
    run_infer(tmp_path / "in" / name, "--json")
    assert json.loads(capsys.readouterr().out)["id"] == line["id"]


def test_a_run_goes_on_with_what_is_missing(reader, tmp_path, capsys):
    write(tmp_path / "in", a_dot_txt=SECTION, b_dot_txt=SECTION)
    output = tmp_path / "out.jsonl"
    run_infer(tmp_path / "in", "--output_path", output)
    whole = output.read_bytes()
    first = whole.split(b"\n")[0]
    output.write_bytes(first + b'\n{"id": "half a li')  # as a kill leaves it
    run_infer(tmp_path / "in", "--output_path", output)
    assert output.read_bytes() == whole
    assert [Path(row.id).name for row in reader] == ["a.txt", "b.txt", "b.txt"]
    assert "1 of 2 papers done already" in capsys.readouterr().out


def test_another_method_does_not_go_on_with_the_lines_of_the_first(reader, tmp_path):
    write(tmp_path / "in", a_dot_txt=SECTION)
    output = tmp_path / "out.jsonl"
    run_infer(tmp_path / "in", "--output_path", output)
    with pytest.raises(UserError, match="was written with another first"):
        run_infer(tmp_path / "in", "--output_path", output, "--seed", "1")
    run_infer(tmp_path / "in", "--output_path", output, "--seed", "1", "--overwrite")


def test_shards_write_lines_that_concatenate(reader, tmp_path):
    write(tmp_path / "in", **{f"p{n}_dot_txt": SECTION for n in range(7)})
    for k in (1, 2, 3):
        run_infer(tmp_path / "in", "--shard", f"{k}/3", "--output_path", tmp_path / f"{k}.jsonl")
    run_infer(tmp_path / "in", "--output_path", tmp_path / "all.jsonl")
    together = [line for k in (1, 2, 3) for line in lines_of(tmp_path / f"{k}.jsonl")]
    assert sorted(together, key=lambda line: line["row"]) == lines_of(tmp_path / "all.jsonl")


def test_without_a_file_each_paper_is_one_line_of_json(reader, tmp_path, capsys):
    write(
        tmp_path,
        a_dot_txt=SECTION,
        b_dot_md=f"# A title of a paper\n\ndoi:10.1234/ab.5 © 2021 Us\n\n{SECTION}",
    )
    run_infer(tmp_path / "a.txt", tmp_path / "b.md")
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["doi"], first["title"], first["year"]) == (None, None, None)
    assert (second["doi"], second["title"], second["year"]) == (
        "10.1234/ab.5",
        "A title of a paper",
        2021,
    )


def test_supporting_information_is_read_behind_the_paper(reader, tmp_path):
    write(tmp_path, a_dot_txt="Main text of the paper. ", a_SI_dot_txt=SECTION)
    run_infer(tmp_path, "--output_path", tmp_path / "o" / "out.jsonl")
    [line] = lines_of(tmp_path / "o" / "out.jsonl")
    assert line["input"] == f"Main text of the paper. \n\n{SECTION}"
    assert "a_SI.txt" in line["part_read"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--format", "nomad"], "--format: says how a file is written; add --output_path"),
        (["--output_path", "x.jsonl"], "are for papers in files"),
        (["a", "b", "--task", "mdp"], "reads one file of devices"),
        (["a", "--num_workers", "0"], "--num_workers 0: must be 1 or more"),
    ],
)
def test_flags_that_do_not_fit_are_refused(flags, message):
    with pytest.raises(UserError, match=message):
        infer.main(parse_arguments(infer.Arguments, "", flags))


@pytest.mark.slow
def test_four_processes_as_four_machines_and_a_killed_one_goes_on(tmp_path):
    """Real processes, started side by side as a Slurm array would; one is killed and started again."""
    write(tmp_path / "in", **{f"p{n:02}_dot_txt": f"{SECTION * 3}{n}" for n in range(24)})
    rows = read_json("data/sample/sii_train.json")[:20]
    write_json(tmp_path / "train.json", rows)

    def start(shard: str, output: Path):
        command = [
            *(sys.executable, "infer.py", str(tmp_path / "in"), "--method", "nearest"),
            *("--train", str(tmp_path / "train.json"), "--num_workers", "1"),
            *(("--shard", shard) if shard else ()),
            *("--output_path", str(output)),
        ]
        return subprocess.Popen(command, cwd=Path(infer.__file__).parent, stderr=subprocess.PIPE)

    running = [start(f"{k}/4", tmp_path / f"{k}.jsonl") for k in range(1, 5)]
    running[0].kill()
    running.append(start("1/4", tmp_path / "1.jsonl"))
    assert [process.wait() for process in running][1:] == [0, 0, 0, 0]
    lines = [line for k in range(1, 5) for line in lines_of(tmp_path / f"{k}.jsonl")]
    assert sorted(line["row"] for line in lines) == list(range(24))
    assert len({line["id"] for line in lines}) == 24

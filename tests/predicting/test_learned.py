"""What was learned on the spot is kept, answers as before, and is not believed where anything has changed."""

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import infer
from masterkey.predicting import learned as module
from masterkey.predicting import methods
from masterkey.predicting.learned import FOLDERS, learned
from masterkey.scripting.files import sha256

pytestmark = pytest.mark.usefixtures("few_trees")
SAMPLE = Path(module.__file__).parents[2] / "data" / "sample"


@pytest.fixture(autouse=True)
def cache_of_the_test(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("MASTERKEY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def counted(monkeypatch):
    """The names of the methods that were fitted, in turn."""
    names, fit = [], methods.fit

    def counting(task, name, *rest, **more):
        names.append(name)
        return fit(task, name, *rest, **more)

    monkeypatch.setattr(methods, "fit", counting)
    return names


def of_task(task, papers, devices):
    return papers if task == "sii" else devices


def told(method: methods.Method, rows) -> list:
    return [(one.text, one.more) for one in method.ask(rows)]


@pytest.mark.parametrize(
    ("task", "name"),
    [
        pytest.param("sii", "fields", marks=pytest.mark.slow),
        ("sii", "nearest"),
        ("mdp", "forests_and_kernel"),
    ],
)
def test_what_is_kept_answers_as_what_was_learned(task, name, papers, devices, counted):
    rows = of_task(task, papers, devices)
    first, second = (learned(task, name, rows, n_neighbours=3) for _ in range(2))
    assert counted == [name]
    assert told(second.method, rows[::5]) == told(first.method, rows[::5])
    assert second.notes() == first.notes()
    if task == "sii":
        assert second.knows(f" {rows[3].input}\n")
        assert not second.knows("another paper")
    else:
        assert "the composition (40)" in first.notes()[0]


@pytest.mark.slow
def test_whatever_changes_an_answer_is_learned_anew(papers, devices, counted, monkeypatch):
    def nearest(rows=papers, **settings):
        learned("sii", "nearest", rows, **settings)

    nearest()
    nearest()
    assert len(counted) == 1
    other = replace(papers[0], output=papers[-1].output)
    changes = [
        lambda: nearest(n_neighbours=3),
        lambda: nearest([other, *papers[1:]]),
        lambda: nearest([replace(papers[0], input="other words"), *papers[1:]]),
        lambda: nearest(papers[::-1]),
        lambda: learned("mdp", "forests_and_kernel", devices),
        lambda: learned("mdp", "forests_and_kernel", devices, seed=1),
    ]
    for n, change in enumerate(changes, 2):
        change()
        change()
        assert len(counted) == n
    for name, value in (("code_checksum", "other code"), ("_libraries", {"numpy": ["numpy-0"]})):
        monkeypatch.setattr(module, name, lambda value=value: value)
        nearest()
        nearest()
    assert len(counted) == len(changes) + 3


def test_without_a_cache_nothing_is_kept(papers, counted, cache_of_the_test, monkeypatch):
    learned("sii", "nearest", papers, cached=False)
    monkeypatch.setenv("MASTERKEY_CACHE", "")
    learned("sii", "nearest", papers)
    assert counted == ["nearest", "nearest"]
    assert not cache_of_the_test.exists()


@pytest.mark.parametrize("name", ["mean", "nearest"])
def test_baselines_of_seconds_are_not_kept(name, devices, cache_of_the_test):
    found = learned("mdp", name, devices)
    assert len(told(found.method, devices[:2])) == 2
    assert not cache_of_the_test.exists()


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("model.npz", lambda content: content[: len(content) // 2]),
        ("model.npz", lambda content: content[:500] + bytes([content[500] ^ 1]) + content[501:]),
        ("model.npz", lambda content: None),
        ("about.json", lambda content: b"{}"),
        ("about.json", lambda content: content[:40]),
        ("about.json", lambda content: b"[]"),
        ("about.json", lambda content: None),
    ],
)
def test_a_damaged_file_is_said_and_learned_anew(
    file,
    damage,
    papers,
    counted,
    cache_of_the_test,
    capsys,
):
    before = told(learned("sii", "nearest", papers).method, papers[:2])
    [entry] = cache_of_the_test.iterdir()
    content = damage((entry / file).read_bytes())
    (entry / file).unlink()
    if content is not None:
        (entry / file).write_bytes(content)
    after = learned("sii", "nearest", papers)
    assert told(after.method, papers[:2]) == before
    assert counted == ["nearest", "nearest"]
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert f"is damaged ({entry}), so it is learned anew." in message
    learned("sii", "nearest", papers)
    assert len(counted) == 2


def test_a_folder_that_cannot_be_written_costs_one_sentence(papers, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MASTERKEY_CACHE", str(tmp_path / "file" / "cache"))
    known = learned("sii", "nearest", papers)
    assert len(told(known.method, papers[:1])) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "cannot be kept in" in message
    assert "Not a directory" in message


def test_a_pickle_in_the_cache_is_not_run(papers, cache_of_the_test, capsys):
    class Harm:
        def __reduce__(self):
            return os.mkdir, (str(cache_of_the_test / "harm"),)

    learned("sii", "nearest", papers)
    [entry] = cache_of_the_test.iterdir()
    (entry / "model.npz").write_bytes(pickle.dumps(Harm()))
    about = json.loads((entry / "about.json").read_text())
    about["sha256"] = sha256(entry / "model.npz")
    (entry / "about.json").write_text(json.dumps(about))
    learned("sii", "nearest", papers)
    assert "is damaged" in capsys.readouterr().err
    assert not (cache_of_the_test / "harm").exists()


@pytest.mark.slow
def test_the_checksum_of_the_code_covers_all_that_learns(tmp_path):
    program = f"""
import sys
from masterkey.extractor import trees
from masterkey.regressor import regressor
from masterkey.predicting.learned import learned
trees.N_TREES = regressor.N_TREES = 2
from masterkey.rows.records import read_rows
rows = read_rows({str(SAMPLE / "sii_train.json")!r}, task="sii", answers="required")[:8]
print(learned("sii", "fields", rows).method.ask(rows[:1])[0].text[:5], file=sys.stderr)
rows = read_rows({str(SAMPLE / "mdp_train.json")!r}, task="mdp", answers="required")[:20]
learned("mdp", "forests_and_kernel", rows).method.ask(rows[:1])
for name, module in list(sys.modules.items()):
    if name.startswith("masterkey.") and getattr(module, "__file__", None):
        print(name.removeprefix("masterkey."))
"""
    environment = os.environ | {"MASTERKEY_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    covered = tuple(name.removesuffix(".py").replace("/", ".") for name in FOLDERS)
    # These decide nothing that is learned: messages, paths, writing of lines, the cache itself.
    aside = {
        "predicting",
        *(
            f"scripting.{name}"
            for name in ("paths", "processes", "provenance", "new_folder", "signals")
        ),
    }
    aside |= {"scripting.command_line", "scripting.cache_folder", "scripting"}
    loaded = set(done.stdout.split()) - aside
    assert len(loaded) > 40
    assert [name for name in sorted(loaded) if not name.startswith(covered)] == []


@pytest.mark.slow
def test_the_second_call_of_infer_learns_nothing_and_answers_the_same(papers, tmp_path, capsys):
    (tmp_path / "paper.txt").write_text("Tin oxide was spin-coated on FTO. Gold.")
    rows = [{key: getattr(row, key) for key in ("input", "output")} for row in papers]
    (tmp_path / "rows.json").write_text(json.dumps(rows))

    def call(**flags) -> tuple[str, str]:
        paths = {"paths": [str(tmp_path / "paper.txt")], "train": str(tmp_path / "rows.json")}
        infer.main(infer.Arguments(**paths, json=True, **flags))
        return capsys.readouterr()

    first, second, anew = call(), call(), call(cache=False)
    assert first.out == second.out == anew.out
    assert ["learning from 16 papers" in said.err for said in (first, second, anew)] == [1, 0, 1]

"""Readers without a checkpoint and with one: what they answer, and what they say of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import infer
from masterkey.predicting.readers import Choice, Reader, open_reader
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

PAPER = (
    "Cells of n-i-p type stood on glass covered with FTO. Colloidal SnO2 (100 nm) was spin-coated. "
    "MAPbI3 from DMF and DMSO was spin-coated and annealed at 100 °C for 10 min. 80 nm of gold."
)
SAMPLE = Path(infer.__file__).parent / "data" / "sample" / "sii_train.json"
DEVICE = dict.fromkeys(schema.SII_FIELDS, "Unknown") | {"Backcontact_stack_sequence": "Au"}
TARGETS = {"Voc": "1.05", "Jsc": "22.10", "FF": "0.75", "PCE": "17.40"}


def sii_row(text: str) -> Row:
    return Row("0", schema.SII_INSTRUCTION, text, None, 0)


def mdp_row(device: dict[str, str]) -> Row:
    input = schema.format_mdp_input(dict.fromkeys(schema.MDP_FIELDS, "") | device, markers=True)
    return Row("0", schema.MDP_INSTRUCTION, input, None, 0)


def reader(task: str, method: str | None = None, model=None, train=None, **flags) -> Reader:
    choice = Choice(task, method, model and str(model), train and str(train), seed=0)
    return open_reader(choice, infer.Arguments(**flags))


def write_rows(path: Path, rows: list[Row]) -> Path:
    keys = ("instruction", "input", "output")
    path.write_text(json.dumps([{key: getattr(row, key) for key in keys} for row in rows]), "utf-8")
    return path


@pytest.fixture
def papers(tmp_path):
    """Four papers with the same answer, DEVICE."""
    answer = schema.format_sii_answer(DEVICE)
    rows = [replace(sii_row(f"{PAPER} Number {n}."), output=answer) for n in range(4)]
    return write_rows(tmp_path / "papers.json", rows)


@pytest.fixture
def devices(tmp_path):
    """40 devices of MAPbI3 whose PCE is 12 % with TiO2 and 18 % with SnO2."""
    rows = []
    for n in range(40):
        material, pce = (("TiO2-c", "12.0"), ("SnO2-np", "18.0"))[n % 2]
        device = {"ETL_stack_sequence": material, "Backcontact_stack_sequence": f"Metal {n}"}
        device[schema.LONG_FORM] = "MAPbI3"
        answer = schema.format_mdp_answer(TARGETS | {"PCE": pce})
        rows.append(replace(mdp_row(device), output=answer))
    return write_rows(tmp_path / "devices.json", rows)


def test_nearest_answers_from_papers_alone(papers):
    opened = reader("sii", "nearest", train=papers)
    predicted = opened.answer(sii_row(PAPER))
    assert schema.parse_sii_answer(predicted.text) == DEVICE
    assert "confidence" not in predicted.more
    assert opened.name == f"nearest papers of {papers}"


def test_a_paper_that_was_learned_from_is_called_so(papers, capsys):
    opened = reader("sii", "nearest", train=papers)
    opened.answer(sii_row(PAPER))
    assert capsys.readouterr().err == ""
    opened.answer(sii_row(f"{PAPER} Number 3."))
    assert "this paper is in" in capsys.readouterr().err


def test_a_paper_that_was_learned_from_is_known_in_any_markup(papers, capsys):
    damaged = (
        r"Cells of n-i-p type stood on glass covered with FTO. Colloidal $\mathrm{S n O} _ { 2 }$ (100 nm) "
        "was spin\N{HYPHEN}coated. MAPbI<sub>3</sub> from DMF and DMSO was spin-coated and annealed at "
        "100 &deg;C for ten min. 80\N{NO-BREAK SPACE}nm of gold. Number 3."
    )
    reader("sii", "nearest", train=papers).answer(sii_row(damaged))
    assert "this paper is in" in capsys.readouterr().err


@pytest.mark.slow
def test_fields_is_the_default_for_papers_and_a_saved_extractor_answers_alike(
    tmp_path, monkeypatch
):
    from masterkey.extractor import Extractor, model_file
    from masterkey.rows.records import read_rows

    rows = read_rows(SAMPLE, task="sii")[:16]
    train = write_rows(tmp_path / "train.json", rows)
    fitted, fit = [], Extractor.fit
    monkeypatch.setattr(Extractor, "fit", lambda *what: fitted.append(fit(*what)) or fitted[-1])
    learned = reader("sii", train=train)
    model_file.save(fitted[0], tmp_path / "fields.npz")
    saved = reader("sii", model=tmp_path / "fields.npz")  # a file, so no checkpoint
    predicted = saved.answer(sii_row(PAPER))
    assert predicted == learned.answer(sii_row(PAPER))
    assert predicted.more["method"] == "fields"
    fields = schema.parse_sii_answer(predicted.text)
    assert fields["Backcontact_stack_sequence"] == "Au"
    assert fields["Substrate_stack_sequence"].endswith("FTO")
    confidence = predicted.more["confidence"]
    assert tuple(confidence) == schema.SII_FIELDS
    assert all(0 <= value <= 1 for value in confidence.values())


@pytest.mark.slow
def test_best_is_the_default_for_devices_and_gives_an_interval(devices, tmp_path):
    device = {"ETL_stack_sequence": "SnO2-np", schema.LONG_FORM: "MAPbI3"}
    predicted = reader("mdp", train=devices).answer(mdp_row(device))
    targets = schema.target_numbers(schema.parse_mdp_answer(predicted.text))
    low, high = predicted.more["interval"]["PCE"]
    assert 15 < targets["PCE"] <= high
    assert low <= targets["PCE"]
    assert predicted.more["method"] == "forests_and_kernel"


@pytest.mark.slow
def test_a_saved_regressor_answers_as_the_one_that_was_learned(devices, tmp_path):
    from masterkey.regressor.regressor import DeviceRegressor
    from masterkey.rows.records import read_rows

    rows = read_rows(devices, task="mdp")
    regressor = DeviceRegressor.fit(
        [dict.fromkeys(schema.MDP_FIELDS, "") | schema.parse_mdp_input(row.input) for row in rows],
        [schema.target_numbers(schema.parse_mdp_answer(row.output)) for row in rows],
    )
    regressor.save(tmp_path / "forests_and_kernel.npz")
    row = mdp_row({"ETL_stack_sequence": "TiO2-c"})
    saved = reader("mdp", model=tmp_path / "forests_and_kernel.npz")  # a file, so no checkpoint
    assert saved.name == str(tmp_path / "forests_and_kernel.npz")
    assert saved.answer(row) == reader("mdp", "forests_and_kernel", train=devices).answer(row)


def test_without_published_rows_the_synthetic_ones_serve_with_a_warning(
    monkeypatch, tmp_path, papers, capsys
):
    training = {"sii": (tmp_path / "absent.json", papers)}
    monkeypatch.setattr("masterkey.predicting.readers._TRAINING", training)
    assert "papers.json" in reader("sii", "nearest").name
    message = capsys.readouterr().err
    assert "warning" in message
    assert "SYNTHETIC" in message
    reader("sii", "nearest", train=papers)
    assert "SYNTHETIC" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_checkpoint_answers_as_in_sii_test(trained):
    from masterkey.predicting.loaded_model import load_local_model
    from masterkey.predicting.local import LocalBackend, SkeletonAnswers
    from masterkey.scripting.processes import ALONE

    flags = infer.Arguments(device="cpu")
    opened = reader("sii", model=trained.folder, device="cpu")
    loaded = load_local_model("sii", str(trained.folder), flags)
    backend = LocalBackend(loaded, SkeletonAnswers(loaded, flags, []), 4, None)
    rows = [replace(row, output=None) for row in trained.papers[:4]]
    [group] = backend.predictions(rows, set(), ALONE)
    for row, predicted in group:
        answer = opened.answer(row)
        assert answer.text == predicted.text
        assert answer.more["confidence"] == pytest.approx(predicted.more["confidence"], abs=1e-3)


@pytest.mark.slow
def test_a_checkpoint_says_how_much_of_a_long_text_it_read(trained):
    opened = reader("sii", model=trained.folder, device="cpu")
    short, long = opened.answer(sii_row("SnO2.")), opened.answer(sii_row(PAPER * 50))
    assert short.more["prompt_shortened"] is False
    assert "n_characters_read" not in short.more
    assert long.more["prompt_shortened"] is True
    n_read = long.more["n_characters_read"]
    assert 100 < n_read < 5000
    # What it read is the text's beginning, to the character.
    assert opened.answer(sii_row((PAPER * 50)[:n_read])).text == long.text
    assert opened.answer(sii_row((PAPER * 50)[:n_read])).more["prompt_shortened"] is False


@pytest.mark.slow
def test_a_checkpoint_predicts_numbers_for_a_device(trained):
    predicted = reader("mdp", model=trained.folder, device="cpu").answer(mdp_row({}))
    targets = schema.target_numbers(schema.parse_mdp_answer(predicted.text))
    assert all(isinstance(targets[name], float) for name in schema.MDP_TARGETS)


def test_a_kept_method_that_is_not_there_is_no_missing_folder():
    with pytest.raises(UserError, match=r"runs/none\.npz: no such file; --save_model"):
        Choice("mdp", None, "runs/none.npz", None, 0).named_method()

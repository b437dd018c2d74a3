"""The extractor as a whole: what it learns, what it answers to any text, and its file."""

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.extractor import Extractor, model_file, trees
from masterkey.rows.neighbours import NeighbourVote
from masterkey.rows.predictions import parse_answer
from masterkey.rows.records import read_rows
from masterkey.schema import fields as schema
from masterkey.schema.evidence import evidence_of
from masterkey.schema.values import parse_value
from masterkey.scoring import sound as scoring
from masterkey.scripting.command_line import UserError

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample" / "sii_train.json"
N_TRAINING, N_NEW, N_FEW = 60, 20, 12
N_TREES = 15  # a quarter: quick, and good enough for invented papers
ALL_TREES = trees.N_TREES


def papers(rows) -> tuple[list[str], list[dict[str, str]]]:
    return [row.input for row in rows], [parse_answer("sii", row.output) for row in rows]


@pytest.fixture(scope="module", autouse=True)
def few_trees():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "N_TREES", N_TREES)
        yield


@pytest.fixture(scope="module")
def sample():
    """Invented papers: (training texts, answers), (new texts, answers)."""
    rows = read_rows(SAMPLE, task="sii", answers="required")
    return papers(rows[:N_TRAINING]), papers(rows[N_TRAINING : N_TRAINING + N_NEW])


@pytest.fixture(scope="module")
def extractor(sample) -> Extractor:
    return Extractor.fit(*sample[0])


def sound_f1(references: list[dict], predictions: list[dict]) -> float:
    majority = scoring.majority_values(references)
    counts = scoring.tally(references, predictions, [None] * len(references), majority)
    return scoring.score(counts, seed=0, n_resamples=10).observed["f1"]


def test_it_reads_better_than_the_vote_on_new_papers(extractor, sample):
    (training, answers), (texts, references) = sample
    predictions = [fields for fields, *_ in extractor.predict(texts)]
    vote = NeighbourVote(training, answers).predict(texts)
    assert sound_f1(references, predictions) > sound_f1(references, vote) + 0.15


def test_its_confidence_is_higher_where_it_is_right(extractor, sample):
    texts, references = sample[1]
    right, wrong = [], []
    for (fields, confidence, *_), reference in zip(
        extractor.predict(texts), references, strict=True
    ):
        for field in schema.SII_FIELDS:
            same = parse_value(field, fields[field]) == parse_value(field, reference[field])
            (right if same else wrong).append(confidence[field])
    # The invented papers call "ambient" an atmosphere of its own, which the rules read as air, as published labels do.
    assert np.mean(right) > np.mean(wrong) + 0.1


def test_answers_do_not_depend_on_the_papers_beside_them(extractor, sample):
    texts, _ = sample[1]
    together = extractor.predict(texts[:3])
    for text, (fields, confidence, *_) in zip(texts[:3], together, strict=True):
        [(alone, alone_confidence, *_)] = extractor.predict([text])
        assert alone == fields
        assert alone_confidence == pytest.approx(confidence)
    assert extractor.predict([]) == []


def test_stacks_and_procedures_have_equally_many_layers(extractor, sample):
    for fields, *_ in extractor.predict(sample[1][0]):
        for part in ("ETL", "HTL", "Backcontact"):
            stack, procedure = (
                fields[f"{part}_{kind}"].count(" | ")
                for kind in ("stack_sequence", "deposition_procedure")
            )
            assert stack == procedure


def test_where_no_stability_was_measured_no_outcome_is_given(extractor, sample):
    for fields, *_ in extractor.predict(sample[1][0]):
        if fields["Stability_measured"] == "FALSE":
            assert not schema.is_reported(fields["Stability_time_total_exposure"])
            assert not schema.is_reported(fields["Stability_atmosphere"])


UNREADABLE = {
    "empty": "",
    "blank": " \n\t ",
    "another subject": "Beat the eggs with sugar and bake the cake for an hour. Serve with cream.",
    "another script": "钙钛矿太阳能电池 被制备 。 Солнечные элементы были изготовлены. 太陽電池",
    "HTML": "<html><head><script>if (a < b && c) { x() }</script></head><body>&nbsp;</body></html>",
    "no words": "((((((/////|||>>>>;;;;≥≥≥≥" * 100,
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_paper_gets_an_answer_of_low_confidence_without_evidence(extractor, kind):
    text = UNREADABLE[kind]
    [(fields, confidence, *_)] = extractor.predict([text])
    assert set(fields) == set(confidence) == set(schema.SII_FIELDS)
    assert max(confidence.values()) < 0.5
    stated = {field: parts for field, parts in evidence_of(fields, text).items() if parts}
    assert not any(places for parts in stated.values() for places in parts.values())


@pytest.mark.parametrize(
    "piece", ["x", "annealed at 100 °C for 10 min ", "TiO2 ", "ITO/", "(((", "MAPbI3 0.1 cm2. "]
)
def test_a_text_of_200_000_characters_is_answered(extractor, piece):
    text = (piece * 200_000)[:200_000]
    [(fields, *_)] = extractor.predict([text])
    assert set(fields) == set(schema.SII_FIELDS)


@given(st.text(max_size=400) | st.text("PbI3MAFA(0.5)x-/ °C10min,.ITO×cm2", max_size=400))
@settings(max_examples=15, deadline=None)
def test_any_text_gets_all_fields(extractor, text):
    [(fields, confidence, *_)] = extractor.predict([text])
    assert set(fields) == set(schema.SII_FIELDS)
    assert all(0 <= value <= 1 for value in confidence.values())


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2, 4])
def test_a_few_papers_are_enough_to_learn_from(sample, n):
    texts, answers = sample[0]
    fitted = Extractor.fit(texts[:n], answers[:n])
    assert set(fitted.predict([texts[0]])[0][0]) == set(schema.SII_FIELDS)


@pytest.mark.slow
def test_papers_without_words_are_enough_to_learn_from(sample):
    fitted = Extractor.fit(["", "", ""], sample[0][1][:3])
    assert set(fitted.predict(["one", ""])[0][0]) == set(schema.SII_FIELDS)


# --- its file ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(sample) -> Extractor:
    """Quickly fitted, saved and loaded."""
    texts, answers = sample[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "N_TREES", 3)
        return Extractor.fit(texts[:N_FEW], answers[:N_FEW], seed=3)


@pytest.fixture(scope="module")
def saved(small, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("extractor") / "small.npz"
    model_file.save(small, path)
    return path


@pytest.mark.slow
def test_a_loaded_extractor_answers_as_the_saved_one(small, saved, sample):
    loaded = model_file.load(saved)
    assert loaded.predict(sample[1][0]) == small.predict(sample[1][0])
    assert loaded.seed == 3


def test_the_file_holds_no_training_text(saved, sample):
    with zipfile.ZipFile(saved) as file:
        content = b"".join(file.read(name) for name in file.namelist())
    for text in sample[0][0][:N_FEW]:
        # The header is an array of text: four bytes a character.
        assert text[:60].encode("utf-32-le") not in content
        assert text[:60].encode() not in content


@pytest.mark.slow
def test_equal_seeds_give_equal_extractors(small, sample, monkeypatch):
    texts, answers = sample[0]
    monkeypatch.setattr(trees, "N_TREES", 3)
    again = Extractor.fit(texts[:N_FEW], answers[:N_FEW], seed=3)
    assert again.predict(sample[1][0]) == small.predict(sample[1][0])


def changed(saved: Path, path: Path, **arrays) -> Path:
    """A copy of a saved extractor with other arrays."""
    with np.load(saved) as stored:
        np.savez(path, **{**stored, **arrays})
    return path


def test_a_file_that_could_run_code_is_not_loaded(saved, tmp_path):
    """An array of objects is a pickle."""
    path = changed(saved, tmp_path / "pickle.npz", inverse=np.array([Path.unlink], dtype=object))
    with pytest.raises(UserError, match=r"pickle.npz: is no extractor"):
        model_file.load(path)


def test_other_files_are_no_extractors(saved, tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "another.npz", header=np.array('{"format": "another"}'))
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as file:
        file.writestr("a.txt", "b")
    (tmp_path / "half.npz").write_bytes(saved.read_bytes()[:-1000])
    with np.load(saved) as stored:
        features, leaves = stored["trees.feature"], stored["trees.value"]
    changed(saved, tmp_path / "nodes.npz", **{"trees.feature": features + np.int16(1000)})
    changed(saved, tmp_path / "fewer.npz", **{"trees.value": leaves[:-1]})
    np.save(tmp_path / "array.npy", features)
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    for name in ("text", "empty", "another", "zip", "half", "nodes", "fewer", "array"):
        with pytest.raises(UserError, match=f"{name}.npz: is no extractor"):
            model_file.load(tmp_path / f"{name}.npz")
    with pytest.raises(UserError, match="no such file"):
        model_file.load(tmp_path / "absent.npz")
    with pytest.raises(UserError, match="is no extractor"):
        model_file.load(tmp_path)


@pytest.mark.parametrize(
    "about",
    [{"format": "masterkey extractor 1"}, {"trees": [{"name": "a", "n_trees": -1}]}, {"trees": 5}],
)
def test_a_file_of_another_format_is_refused_in_one_sentence(saved, tmp_path, about):
    with np.load(saved) as stored:
        header = json.loads(str(stored["header"])) | about
    path = changed(saved, tmp_path / "old.npz", header=np.array(json.dumps(header)))
    with pytest.raises(UserError, match=r"is no extractor; fit one with [^.]*\.py"):
        model_file.load(path)


def test_a_kept_extractor_is_asked_without_the_library_that_learned_it(saved, sample, monkeypatch):
    """So that files outlive its versions."""
    monkeypatch.setitem(sys.modules, "lightgbm", None)  # importing it raises ImportError
    assert set(model_file.load(saved).predict(sample[1][0])[0][0]) == set(schema.SII_FIELDS)


# --- the published papers ------------------------------------------------------------------------


@pytest.mark.slow
def test_on_published_papers_it_is_far_above_the_vote(shared_data, monkeypatch):
    """The first of the five folds of docs/extractor.md."""
    from sklearn.model_selection import KFold

    monkeypatch.setattr(trees, "N_TREES", ALL_TREES)
    monkeypatch.setattr(trees, "N_BAGS", 1)  # half the time
    rows = json.loads((shared_data / "sii360.json").read_text(encoding="utf-8"))
    inside, outside = next(KFold(5, shuffle=True, random_state=0).split(rows))
    texts = [row["input"] for row in rows]
    answers = [schema.parse_sii_answer(row["output"]) for row in rows]
    training = [texts[n] for n in inside], [answers[n] for n in inside]
    new, references = [texts[n] for n in outside], [answers[n] for n in outside]
    predictions = [fields for fields, *_ in Extractor.fit(*training).predict(new)]
    vote = NeighbourVote(*training).predict(new)
    assert sound_f1(references, predictions) > 0.82
    assert sound_f1(references, predictions) > sound_f1(references, vote) + 0.09

"""sii_baseline.py: majority, nearest-neighbour and extractor predictions, by file and out of fold."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sii_baseline
from masterkey.extractor import trees
from masterkey.rows.neighbours import NeighbourVote, majority_answer
from masterkey.rows.predictions import read_header, read_predictions
from masterkey.schema import fields as schema
from masterkey.scoring import published as paper_scoring
from masterkey.scripting.command_line import UserError

DEVICES = {
    "tin": {"ETL_stack_sequence": "SnO2-np", "Cell_architecture": "nip"},
    "titania": {"ETL_stack_sequence": "TiO2-c | TiO2-mp", "Cell_architecture": "nip"},
    "fullerene": {"ETL_stack_sequence": "PCBM-60 | BCP", "Cell_architecture": "pin"},
}
TEXTS = {
    "tin": "Colloidal tin oxide was spin-cast on ITO at {} rpm and dried.",
    "titania": "A compact titania layer was sprayed on FTO at {} °C, then mesoporous paste.",
    "fullerene": "A fullerene in chlorobenzene was spread over the film at {} rpm, then BCP.",
}


def answer(kind: str) -> dict[str, str]:
    return {field: DEVICES[kind].get(field, "Unknown") for field in schema.SII_FIELDS}


def row(kind: str, number: int, with_answer: bool = True) -> dict:
    value = {"instruction": schema.SII_INSTRUCTION, "input": TEXTS[kind].format(number)}
    if with_answer:
        value["output"] = schema.format_sii_answer(answer(kind), markers=True)
    return value


@pytest.fixture
def training(tmp_path):
    """Twelve invented papers of three kinds; "tin" is the most frequent."""
    kinds = ["tin"] * 6 + ["titania"] * 3 + ["fullerene"] * 3
    path = tmp_path / "train.json"
    path.write_text(json.dumps([row(kind, n) for n, kind in enumerate(kinds)]))
    return path


@pytest.fixture
def papers(tmp_path):
    """Three new papers without answers."""
    path = tmp_path / "papers.json"
    kinds = ["fullerene", "tin", "titania"]
    path.write_text(json.dumps([row(kind, 100 + n, False) for n, kind in enumerate(kinds)]))
    return path


PATHS = ("data_path", "model", "save_model")


def predict(method, train, output, **more) -> list[dict]:
    more = {key: str(value) if key in PATHS else value for key, value in more.items()}
    sii_baseline.main(sii_baseline.Arguments(method, train and str(train), str(output), **more))
    return read_predictions(output, "sii")


@pytest.fixture
def few_trees(monkeypatch):
    monkeypatch.setattr(trees, "N_TREES", 3)


def test_majority_gives_every_paper_the_most_frequent_values(training, papers, tmp_path):
    lines = predict("majority", training, tmp_path / "p.jsonl", data_path=papers)
    assert [line["fields"] for line in lines] == [answer("tin")] * 3


def test_a_paper_is_read_alike_in_any_markup(tmp_path):
    """Two kinds of papers that only a number tells apart, which markup writes otherwise."""
    recipe = "The film was annealed at {} for 30 min, again at {} for 5 min."
    rows = [row(kind, n) for n in range(6) for kind in ("tin", "titania")]
    for own in rows:
        hot = own["output"] == row("tin", 0)["output"]
        own["input"] = recipe.format(*["100 °C" if hot else "150 °C"] * 2)
    train, new = tmp_path / "train.json", tmp_path / "new.json"
    train.write_text(json.dumps(rows))
    forms = [r"$1 5 0 ~ ^ { \circ } \mathrm { C }$", "150 &deg;C", "150 ˚C", "150 deg. C"]
    new.write_text(json.dumps([{"input": recipe.format(form, form)} for form in forms]))
    lines = predict("nearest", train, tmp_path / "p.jsonl", data_path=new, n_neighbours=3)
    assert [line["fields"] for line in lines] == [answer("titania")] * len(forms)
    assert [line["input"] for line in lines] == [recipe.format(form, form) for form in forms]


def test_nearest_follows_the_papers_of_similar_wording(training, papers, tmp_path):
    lines = predict("nearest", training, tmp_path / "p.jsonl", data_path=papers, n_neighbours=3)
    kinds = ["fullerene", "tin", "titania"]
    assert [line["fields"] for line in lines] == [answer(kind) for kind in kinds]


def test_papers_without_answers_get_lines_without_a_reference(training, papers, tmp_path):
    lines = predict("nearest", training, tmp_path / "p.jsonl", data_path=papers)
    assert [line["id"] for line in lines] == ["0", "1", "2"]
    for line in lines:
        assert line["reference"] is None
        assert line["reference_fields"] is None
        assert line["method"] == "nearest"
        assert set(line["fields"]) == set(schema.SII_FIELDS)


def test_fields_says_how_sure_it_is_and_where_each_value_stands(
    training, papers, tmp_path, few_trees
):
    lines = predict("fields", training, tmp_path / "p.jsonl", data_path=papers)
    assert [line["method"] for line in lines] == ["fields"] * 3
    for line in lines:
        assert set(line["confidence"]) == set(line["evidence"]) == set(schema.SII_FIELDS)
        assert all(0 <= value <= 1 for value in line["confidence"].values())
        spans = [
            span
            for parts in line["evidence"].values()
            for part in (parts or {}).values()
            for span in part or ()
        ]
        assert spans
        assert all(0 <= start < end <= len(line["input"]) for start, end in spans)
        assert set(line["source"].values()) <= {"text", "deduced", "default"}
        for field, source in line["source"].items():
            assert schema.is_reported(line["fields"][field])
            assert (line["evidence"][field] is None) or source != "default"
        target = line["devices"][0]
        assert (target["role"], target["fields"]) == ("target", line["fields"])


def test_a_saved_extractor_answers_as_the_one_that_was_learned(
    training, papers, tmp_path, few_trees, capsys
):
    model = tmp_path / "extractor.npz"
    learned = predict("fields", training, tmp_path / "a.jsonl", data_path=papers, save_model=model)
    assert "learned from 12 papers, saved in" in capsys.readouterr().out
    loaded = predict("fields", None, tmp_path / "b.jsonl", data_path=papers, model=model)
    assert loaded == learned
    header = read_header(tmp_path / "b.jsonl")
    assert header["settings"]["model_file"]["file"] == "extractor.npz"
    assert str(tmp_path) not in json.dumps(header["settings"])


def test_an_extractor_can_be_saved_without_predicting(training, tmp_path, few_trees):
    model = tmp_path / "extractor.npz"
    sii_baseline.main(sii_baseline.Arguments("fields", str(training), save_model=str(model)))
    assert model.stat().st_size < 2_000_000


def test_the_header_says_what_decided_the_result(training, papers, tmp_path):
    predict("nearest", training, tmp_path / "p.jsonl", data_path=papers, n_neighbours=7)
    header = read_header(tmp_path / "p.jsonl")
    assert header["settings"]["method"] == "nearest"
    assert header["settings"]["n_neighbours"] == 7
    assert header["settings"]["train"]["file"] == "train.json"
    assert header["data"][0]["file"] == "papers.json"
    assert str(tmp_path) not in json.dumps(header["settings"])


def test_cross_validation_predicts_every_row_once_with_its_fold(training, tmp_path):
    lines = predict("majority", training, tmp_path / "p.jsonl", cross_validate=4)
    assert [line["row"] for line in lines] == list(range(12))
    assert sorted(line["fold"] for line in lines) == sorted([0, 1, 2, 3] * 3)
    assert all(line["reference_fields"] for line in lines)
    assert read_header(tmp_path / "p.jsonl")["settings"]["seed"] == 0


def test_cross_validation_never_learns_from_the_row_it_predicts(tmp_path):
    """Every paper has an answer of its own: out of fold no method can know it."""
    rows = [row("tin", n) for n in range(10)]
    for number, value in enumerate(rows):
        fields = answer("tin") | {"ETL_stack_sequence": f"SnO2-{number}"}
        value["output"] = schema.format_sii_answer(fields)
    (tmp_path / "own.json").write_text(json.dumps(rows))
    for method in ("majority", "nearest"):
        lines = predict(
            method, tmp_path / "own.json", tmp_path / f"{method}.jsonl", cross_validate=5
        )
        for line in lines:
            assert line["fields"]["ETL_stack_sequence"] != f"SnO2-{line['row']}"


def test_the_seed_decides_the_folds(training, tmp_path):
    folds = [
        [
            line["fold"]
            for line in predict(
                "majority", training, tmp_path / f"{n}.jsonl", cross_validate=4, seed=seed
            )
        ]
        for n, seed in enumerate((0, 0, 1))
    ]
    assert folds[0] == folds[1] != folds[2]


def test_papers_that_are_in_the_training_file_are_warned_of(training, tmp_path, capsys):
    predict("nearest", training, tmp_path / "p.jsonl", data_path=training)
    assert "warning: 12 of 12 papers" in capsys.readouterr().err


def test_an_existing_file_of_other_settings_is_not_overwritten_unasked(training, papers, tmp_path):
    output = tmp_path / "p.jsonl"
    predict("majority", training, output, data_path=papers)
    with pytest.raises(UserError, match=r"another .*method.*--overwrite"):
        predict("nearest", training, output, data_path=papers)
    lines = predict("nearest", training, output, data_path=papers, overwrite=True)
    assert [line["method"] for line in lines] == ["nearest"] * 3


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "--data_path, or .* --cross_validate"),
        ({"cross_validate": 13}, "has 12 rows, too few for --cross_validate 13"),
        ({"cross_validate": 1}, "2 folds or more"),
        ({"cross_validate": 0}, "2 folds or more"),
        ({"cross_validate": 5, "data_path": "other.json"}, "leave --data_path other.json out"),
        ({"cross_validate": 5, "n_neighbours": 0}, "--n_neighbours 0: give 1 or more"),
        ({"cross_validate": 5, "seed": -1}, "--seed -1"),
        ({"data_path": "absent.json"}, "absent.json: no such file"),
        ({"model": "m.npz", "data_path": "p.json"}, "either .* --train, or a --model"),
        ({"save_model": "m.npz"}, "--method majority has no model file"),
    ],
)
def test_mistakes_are_one_sentence(training, tmp_path, more, message):
    with pytest.raises(UserError, match=message):
        predict("majority", training, tmp_path / "p.jsonl", **more)
    assert not (tmp_path / "p.jsonl").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({}, "either .* --train, or a --model"),
        ({"train": "t.json", "data_path": "p.json"}, "name the file to write with --output_path"),
        ({"train": "t.json", "cross_validate": 5}, "name the file to write with --output_path"),
        ({"model": "m.npz"}, "--data_path, or .* --cross_validate"),
        (
            {"train": "t.json", "cross_validate": 5, "save_model": "m.npz"},
            "--cross_validate learns anew in each fold",
        ),
        (
            {"model": "absent.npz", "data_path": "p.json", "output_path": "o.jsonl"},
            "no such file",
        ),
    ],
)
def test_mistakes_with_model_files_are_one_sentence(flags, message):
    with pytest.raises(UserError, match=message):
        sii_baseline.main(sii_baseline.Arguments("fields", **flags))


def test_training_rows_need_answers(papers, training, tmp_path):
    with pytest.raises(UserError, match="row 0 has no 'output'"):
        predict("majority", papers, tmp_path / "p.jsonl", data_path=training)


def test_of_equally_frequent_values_the_first_is_the_majority():
    assert majority_answer([{"a": "x"}, {"a": "y"}, {"a": "y"}, {"a": "x"}]) == {"a": "x"}


def test_one_near_neighbour_outweighs_several_far_ones():
    texts = ["alpha beta gamma", "alpha one two", "alpha one two", "beta gamma"]
    answers = [{"a": "near"}, {"a": "far"}, {"a": "far"}, {"a": "other"}]
    vote = NeighbourVote(texts, answers)
    assert vote.majority == {"a": "far"}
    assert vote.predict(["alpha beta gamma"]) == [{"a": "near"}]


@given(text=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_a_training_value_in_every_field(text):
    kinds = ["tin", "tin", "titania", "fullerene"]
    vote = NeighbourVote(
        [TEXTS[kind].format(n) for n, kind in enumerate(kinds)], list(map(answer, kinds))
    )
    [predicted] = vote.predict([text])
    for field in schema.SII_FIELDS:
        assert predicted[field] in {answer(kind)[field] for kind in kinds}


def test_a_text_that_shares_no_word_with_the_training_papers_gets_the_majority():
    texts, answers = ["one two three"] * 2 + ["four five"] * 3, [{"a": "x"}] * 2 + [{"a": "y"}] * 3
    assert NeighbourVote(texts, answers).predict(["", "六 七", "one"]) == [
        {"a": "y"},
        {"a": "y"},
        {"a": "x"},
    ]


@pytest.mark.parametrize("texts", [["", ""], ["one", "two"], ["one"]])
def test_training_papers_without_common_words_still_give_an_answer(texts):
    answers = [{"a": "x"} for _ in texts]
    assert NeighbourVote(texts, answers).predict(["one", ""]) == [{"a": "x"}] * 2


@pytest.mark.slow
def test_help_and_a_mistake_from_the_command_line(run_script, training, tmp_path):
    assert "--cross_validate" in run_script("sii_baseline.py", "--help").stdout
    done = run_script(
        "sii_baseline.py", "--method", "nearest", "--train", training, "--output_path", "p.jsonl"
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


# ../shared/spec/facts.md, "Baselines (measured)": F1 by the published scorer, 5-fold on the 360
# training papers. There 10 papers could not be scored; here 2 are not (no relation is hit at all).
PUBLISHED_ROWS = {
    "majority": {"ie": 0.716, "ab": 0.519, "ac": 0.484, "abc_d": 0.311},
    "nearest": {"ie": 0.792, "ab": 0.702, "ac": 0.583, "abc_d": 0.415},
}


@pytest.mark.slow
@pytest.mark.parametrize("method", PUBLISHED_ROWS)
def test_the_measured_baseline_figures_are_met(run_script, shared_data, tmp_path, method):
    output = tmp_path / "predictions.jsonl"
    done = run_script(
        *("sii_baseline.py", "--method", method, "--train", shared_data / "sii360.json"),
        *("--cross_validate", "5", "--output_path", output),
    )
    assert done.returncode == 0, done.stderr
    lines = read_predictions(output, "sii")
    scores = paper_scoring.score_papers(
        (line["reference_fields"], line["fields"]) for line in lines
    )
    assert (scores["n_papers"], scores["n_dropped"]) == (360, 0)
    for name, f1 in PUBLISHED_ROWS[method].items():
        assert scores[name]["f1"] == pytest.approx(f1, abs=0.005), name

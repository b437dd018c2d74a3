"""sii_evaluate.py: what it writes, prints, and says to a mistake."""

import json
from pathlib import Path

import pytest

import sii_evaluate
from masterkey.rows.predictions import prediction_line
from masterkey.rows.records import Row
from masterkey.schema.fields import GROUPS, SII_FIELDS, SII_INSTRUCTION, format_sii_answer
from masterkey.scoring.published import PUBLISHED_LLAMA_7B
from masterkey.scripting.command_line import UserError

ANSWERS = [
    dict.fromkeys(SII_FIELDS, "Unknown")
    | {"ETL_stack_sequence": etl, "Cell_area_measured": "0.1", "Cell_architecture": architecture}
    for etl, architecture in (("TiO2-c", "nip"), ("SnO2-np", "nip"), ("PCBM-60", "pin"))
]
TEXT = "A layer of TiO2 was spin-cast for cells of 0.1 cm2."


def line(number: int, answer: dict | None, predicted: str, prefix: str = "paper-") -> dict:
    output = None if answer is None else format_sii_answer(answer, markers=True)
    return prediction_line(
        "sii", Row(f"{prefix}{number}", SII_INSTRUCTION, TEXT, output, number), predicted
    )


def write_lines(path, lines) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


@pytest.fixture
def good(tmp_path):
    lines = [line(i, a, format_sii_answer(a)) for i, a in enumerate(ANSWERS)]
    return write_lines(tmp_path / "good.jsonl", lines)


@pytest.fixture
def poor(tmp_path):
    """One prediction right, one cut off, one empty; in another order."""
    texts = [format_sii_answer(ANSWERS[0]), format_sii_answer(ANSWERS[1])[:80], ""]
    lines = [line(i, a, text) for i, (a, text) in enumerate(zip(ANSWERS, texts, strict=True))]
    return write_lines(tmp_path / "poor.jsonl", lines[::-1])


def evaluate(*paths, **options) -> None:
    sii_evaluate.main(sii_evaluate.Arguments(list(paths), n_resamples=50, **options))


def scores_beside(path) -> dict:
    return json.loads((Path(path).parent / "sii_scores.json").read_text())


def test_both_tracks_are_written_beside_the_predictions(good):
    evaluate(good)
    scores = scores_beside(good)
    paper, strict = scores["paper"], scores["strict"]
    assert [paper[name]["f1"] for name in ("ie", "ab", "ac", "abc_d")] == [1] * 4
    assert (paper["n_scored"], paper["n_dropped"], paper["n_failed"]) == (3, 0, 0)
    assert strict["f1"] == 1
    assert strict["f1_ci"] == [1, 1]
    assert strict["informative_accuracy"] == 1
    assert set(strict["fields"]) == set(SII_FIELDS)
    assert strict["fields"]["Cell_area_measured"]["f1"] == 1
    assert set(strict["groups"]) == set(GROUPS)
    assert scores["provenance"]["data"][0]["file"] == "good.jsonl"
    assert scores["seed"] == 0
    assert not scores["synthetic"]


def test_cut_and_empty_predictions_are_counted_in_one_track_and_dropped_in_the_other(poor):
    evaluate(poor)
    scores = scores_beside(poor)
    assert (scores["paper"]["n_scored"], scores["paper"]["n_dropped"]) == (1, 2)
    assert scores["paper"]["ie"]["f1"] == 1
    assert scores["strict"]["n_papers"] == 3
    assert scores["strict"]["f1"] < 0.6
    assert scores["strict"]["n_parsed"] == 1


def test_several_files_are_compared_row_by_row_with_the_first(good, poor, capsys):
    evaluate(poor, good)
    other = scores_beside(poor)["others"][0]
    assert other["name"] == "good"
    assert other["strict"]["f1"] == 1
    assert other["difference_to_first"]["f1"]["difference"] > 0.4
    printed = capsys.readouterr().out
    assert "## Paired differences to poor" in printed
    headline = printed.split("## Sound track")[1]
    assert headline.index("| good") < headline.index("| poor")


def test_the_published_row_stands_marked_beside_its_caveats(good, capsys):
    evaluate(good)
    printed = capsys.readouterr().out
    assert "LLaMA-7B, published" in printed
    assert "0.8714" in printed
    assert "35 of 40 papers" in printed
    published = scores_beside(good)["published_llama_7b"]
    assert published["ie"] == PUBLISHED_LLAMA_7B["ie"]
    assert published["caveats"]


def test_the_constant_is_scored_beside_and_reads_nothing(good):
    evaluate(good)
    constant = scores_beside(good)["constant"]
    assert constant["strict"]["informative_accuracy"] == 0
    assert constant["strict"]["fields"]["Cell_area_measured"]["f1"] == 1
    assert 0 < constant["paper"]["ie"]["f1"] < 1


def test_the_majority_comes_from_the_training_file_and_the_output_says_so(good, tmp_path, capsys):
    train = tmp_path / "train.json"
    row = {"input": TEXT, "output": format_sii_answer(ANSWERS[2])}
    train.write_text(json.dumps([row]))
    evaluate(good, train=str(train))
    assert "in the 1 training rows of train.json" in capsys.readouterr().out
    scores = scores_beside(good)
    assert scores["majority_from"].endswith("train.json")
    assert scores["strict"]["n_informative"] == 4
    evaluate(good)
    assert "no --train was given" in capsys.readouterr().out


def test_scores_on_synthetic_rows_are_marked_everywhere(tmp_path, capsys):
    lines = [line(i, a, "", prefix="synthetic-sii-") for i, a in enumerate(ANSWERS)]
    path = write_lines(tmp_path / "s.jsonl", lines)
    evaluate(path)
    headings = [text for text in capsys.readouterr().out.split("\n") if text.startswith("#")]
    assert len(headings) >= 6
    assert all("SYNTHETIC DATA" in heading for heading in headings)
    assert scores_beside(path)["synthetic"] is True


def test_the_tables_are_written_as_markdown(good, tmp_path, capsys):
    path = tmp_path / "tables" / "sii.md"
    evaluate(good, markdown_path=str(path), output_path=str(tmp_path / "out" / "s.json"))
    assert path.read_text() in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "s.json").read_text())["strict"]["f1"] == 1


def test_answers_come_from_the_data_file_by_id(tmp_path):
    lines = [line(i, None, format_sii_answer(a)) for i, a in enumerate(ANSWERS)]
    path = write_lines(tmp_path / "p.jsonl", lines[::-1])
    rows = [
        {"id": f"paper-{i}", "input": TEXT, "output": format_sii_answer(a)}
        for i, a in enumerate(ANSWERS)
    ]
    data = tmp_path / "data.json"
    data.write_text(json.dumps(rows))
    evaluate(path, data_path=str(data))
    assert scores_beside(path)["strict"]["f1"] == 1

    data.write_text(json.dumps(rows[:2]))
    with pytest.raises(UserError, match=r"holds 3 predictions, .* 2 rows"):
        evaluate(path, data_path=str(data))
    data.write_text(json.dumps([*rows[:2], {**rows[2], "id": "paper-9"}]))
    with pytest.raises(UserError, match="id 'paper-2' is not in"):
        evaluate(path, data_path=str(data))


def test_answers_that_differ_from_the_data_file_are_refused(good, tmp_path):
    rows = [
        {"id": f"paper-{i}", "input": TEXT, "output": format_sii_answer(ANSWERS[0])}
        for i in range(3)
    ]
    data = tmp_path / "data.json"
    data.write_text(json.dumps(rows))
    with pytest.raises(UserError, match="the answer of id 'paper-1' is another one"):
        evaluate(good, data_path=str(data))


def test_predictions_without_answers_are_refused(tmp_path):
    path = write_lines(tmp_path / "p.jsonl", [line(0, None, "")])
    with pytest.raises(UserError, match=r"1 of 1 predictions have no answer .*--data_path"):
        evaluate(path)


def test_an_answer_that_lacks_a_field_is_refused(tmp_path):
    cut = line(0, ANSWERS[0], "")
    del cut["reference_fields"]["Module"]
    with pytest.raises(UserError, match=r"'paper-0' lacks 1 of the 31 fields \(first: Module\)"):
        evaluate(write_lines(tmp_path / "p.jsonl", [cut]))


def test_files_of_other_papers_are_refused(good, tmp_path):
    lines = [line(i + 1, a, "") for i, a in enumerate(ANSWERS)]
    other = write_lines(tmp_path / "other.jsonl", lines)
    with pytest.raises(UserError, match=r"holds other rows than .*id 'paper-0' is in one only"):
        evaluate(good, other)
    lines = [line(i, a, "") for i, a in enumerate(ANSWERS[::-1])]
    with pytest.raises(UserError, match=r"its answer of id .paper-0. differs"):
        evaluate(good, write_lines(tmp_path / "other.jsonl", lines))


@pytest.mark.parametrize(
    "fields",
    [{}, {"Cell_area_measured": 0.1}, {"Module": None}, {"Module": {}}, {"Other": "x"}],
)
def test_fields_written_by_hand_are_scored(tmp_path, fields):
    path = write_lines(tmp_path / "p.jsonl", [line(0, ANSWERS[0], "") | {"fields": fields}])
    evaluate(path)
    assert (scores_beside(path)["strict"]["f1"] > 0) == ("Cell_area_measured" in fields)


@pytest.mark.parametrize("input", [None, "", "\udcff", "İ" * 50, "1e999 " * 50])
def test_any_input_text_is_searched(tmp_path, input):
    written = line(0, ANSWERS[0], "\ud800 \x00 Module: \ud800") | {"input": input}
    path = write_lines(tmp_path / "p.jsonl", [written])
    evaluate(path)
    assert scores_beside(path)["strict"]["skills"]["n_papers_with_text"] == (input is not None)


def test_the_published_text_format_is_read(tmp_path):
    answer = format_sii_answer(ANSWERS[0], markers=True)
    path = tmp_path / "published.txt"
    path.write_text(f"prediction--> {answer}\nanswer--> {answer}\n")
    evaluate(str(path))
    assert scores_beside(path)["strict"]["f1"] == 1


@pytest.mark.parametrize(
    ("option", "message"),
    [({"seed": -1}, "--seed -1"), ({"output_path": "x.txt"}, "name it ….json")],
)
def test_flags_that_make_no_sense_are_refused(good, option, message):
    with pytest.raises(UserError, match=message):
        evaluate(good, **option)


@pytest.mark.slow
def test_a_mistake_is_one_sentence_and_exit_code_2(run_script, tmp_path, good):
    mdp = write_lines(tmp_path / "mdp.jsonl", [{"id": "0", "task": "mdp", "fields": {}}])
    for path, said in (("missing.jsonl", "no such file"), (mdp, "use regression_evaluate.py")):
        done = run_script("sii_evaluate.py", path)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    done = run_script("sii_evaluate.py", good, "--n_resamples", 20)
    assert done.returncode == 0, done.stderr
    assert "## Paper-parity track" in done.stdout

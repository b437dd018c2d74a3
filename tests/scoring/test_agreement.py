"""sii_evaluate.py --agreement: two readings of the same papers, and what was changed in a review."""

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sii_evaluate
from masterkey.formats import outputs
from masterkey.schema.fields import GROUPS, SII_FIELDS, format_sii_answer
from masterkey.scoring import agreement
from masterkey.scoring.agreement_files import Pair, Reading, load_pair
from masterkey.scoring.resampling import resampled_sums
from masterkey.scripting.command_line import UserError

SAID = dict.fromkeys(SII_FIELDS, "Unknown") | {"ETL_stack_sequence": "TiO2-c | TiO2-mp"}


def reading(values: list[str], field="Cell_architecture", confidences=None, name="a") -> Reading:
    ids = [f"p{number}" for number in range(len(values))]
    return Reading(name, ids, [{field: v} for v in values], confidences or [{}] * len(values))


def pair_of(first: list[str], second: list[str], field="Cell_architecture", **more) -> Pair:
    one = reading(first, field, more.get("confidences"))
    return Pair(one, reading(second, field, name="b"), 0, False)


def report_of(pair: Pair, n_resamples=50) -> dict:
    return agreement.agreement_report(pair, 0, n_resamples)


def write(path, lines: list[dict]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def compare_files(*paths, **options) -> None:
    sii_evaluate.main(
        sii_evaluate.Arguments(list(paths), agreement=True, n_resamples=40, **options)
    )


# --- the figures -----------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.lists(st.tuples(*[st.sampled_from(["nip", "pin", ""])] * 2), min_size=2, max_size=30))
def test_kappa_is_that_of_scikit_learn(answers):
    from sklearn.metrics import cohen_kappa_score

    first, second = map(list, zip(*answers, strict=True))
    found = report_of(pair_of(first, second), 2)["fields"]["Cell_architecture"]
    if len({*first, *second}) == 1:
        assert found["kappa"] is None
    else:
        assert found["kappa"] == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)
    assert found["n_equal"] == sum(a == b for a, b in answers)


def test_equal_is_equal_in_canonical_form():
    field = "Perovskite_deposition_solvents"
    found = report_of(pair_of(["DMF; DMSO", "DMF", "Unknown"], ["dmso; dmf", "DMSO", ""], field))
    own = found["fields"][field]
    assert (own["n_equal"], own["n"]) == (2, 3)
    assert own["f1"] == pytest.approx(2 * 2 / 6)
    assert (own["n_added"], own["n_removed"], own["n_altered"]) == (0, 0, 1)
    assert [change["id"] for change in found["changes"]] == ["p1"]
    assert (found["changes"][0]["first"], found["changes"][0]["second"]) == ("DMF", "DMSO")


def test_added_and_removed_values_are_told_apart():
    own = report_of(pair_of(["", "nip", "pin"], ["nip", "", "pin"]))["fields"]["Cell_architecture"]
    assert (own["n_added"], own["n_removed"], own["n_altered"]) == (1, 1, 0)


def test_kappa_over_fields_sums_disagreement_before_it_divides():
    pair = pair_of(["nip", "pin", "nip", "pin"], ["nip", "pin", "pin", "pin"])
    found = report_of(pair)
    # The other 30 fields say nothing: all of both disagreements is in this one.
    assert found["all"]["kappa"] == pytest.approx(found["fields"]["Cell_architecture"]["kappa"])
    assert found["all"]["equal"] == pytest.approx((31 * 4 - 1) / (31 * 4))
    assert set(found["groups"]) == set(GROUPS)


def test_agreement_is_symmetric():
    draw = random.Random(0)
    first, second = ([draw.choice(["nip", "pin", ""]) for _ in range(20)] for _ in range(2))
    one, other = report_of(pair_of(first, second)), report_of(pair_of(second, first))
    for name in ("equal", "kappa", "f1", "kappa_ci"):
        assert one["all"][name] == other["all"][name]


def test_intervals_hold_the_value_and_are_those_of_scored_resamples():
    draw = random.Random(1)
    first = [draw.choice(["nip", "pin"]) for _ in range(40)]
    second = [value if draw.random() < 0.8 else "pin" for value in first]
    pair = pair_of(first, second)
    own = report_of(pair, 400)["fields"]["Cell_architecture"]
    for name in ("equal", "kappa", "f1"):
        assert own[f"{name}_ci"][0] < own[name] < own[f"{name}_ci"][1]
    # A resample of papers, scored anew, is the figure of its draws.
    drawn = resampled_sums(np.eye(40), 0, 1)
    places = np.repeat(np.arange(40), drawn[0].astype(int))
    again = pair_of([first[i] for i in places], [second[i] for i in places])
    column = [SII_FIELDS.index("Cell_architecture")]
    once = np.ones((1, 40))
    for mine, theirs in zip(
        agreement.shares(agreement.compare(pair), column, drawn),
        agreement.shares(agreement.compare(again), column, once),
        strict=True,
    ):
        assert mine == pytest.approx(theirs)


# --- confidence ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_confidence_that_is_right_lies_on_the_line_and_finds_the_changes():
    draw = random.Random(2)
    sure = [draw.random() for _ in range(3000)]
    first = ["nip"] * len(sure)
    second = ["nip" if draw.random() < own else "pin" for own in sure]
    confidences = [{"Cell_architecture": own} for own in sure]
    found = report_of(pair_of(first, second, confidences=confidences), 40)["confidence"]
    assert found["n_values"] == 3000
    assert found["n_changed"] == second.count("pin")
    assert found["expected_calibration_error"] < 0.04
    assert [own["n"] for own in found["bins"]] == [300] * 10
    for own in found["bins"]:
        assert own["lowest"] <= own["confidence"] <= own["highest"]
        assert own["unchanged"] == pytest.approx(own["confidence"], abs=0.08)
        assert own["unchanged_ci"][0] <= own["unchanged"] <= own["unchanged_ci"][1]
    # The fifth of least confidence, .1 on the average, has .9 · 600 of about 1,500 changes.
    assert found["changes_among_least_confident"] == pytest.approx(0.36, abs=0.03)


def test_no_confidence_and_no_change():
    assert report_of(pair_of(["nip"], ["pin"]))["confidence"] is None
    confidences = [{"Cell_architecture": 0.5}]
    found = report_of(pair_of(["nip"], ["nip"], confidences=confidences))["confidence"]
    assert (found["n_changed"], found["changes_among_least_confident"]) == (0, None)


# --- files -----------------------------------------------------------------------------------------


def test_two_files_side_by_side(tmp_path, capsys):
    changed = SAID | {"ETL_stack_sequence": "SnO2-np"}
    confidence = {"ETL_stack_sequence": 0.25, "Module": 0.9}
    first = [
        {"id": str(n), "task": "sii", "fields": SAID, "confidence": confidence} for n in range(3)
    ]
    # As little as a person needs to write, another order, a training row, and a paper more.
    second = [
        {"id": 2, "fields": changed},
        {"id": "0", "fields": {"ETL_stack_sequence": "TiO2-c | TiO2-mp"}},
        {"id": "1", "output": format_sii_answer(SAID, markers=True)},
        {"id": "9", "fields": {}},
    ]
    one, other = write(tmp_path / "model.jsonl", first), write(tmp_path / "anna.jsonl", second)
    markdown = tmp_path / "a.md"
    compare_files(one, other, markdown_path=str(markdown))
    found = json.loads((tmp_path / "sii_agreement.json").read_text())
    assert (found["n_papers"], found["n_in_one_only"], found["is_review"]) == (3, 1, False)
    assert found["all"]["n_equal"] == 3 * 31 - 1
    assert found["changes"] == [
        {
            "id": "2",
            "field": "ETL_stack_sequence",
            "first": "TiO2-c | TiO2-mp",
            "second": "SnO2-np",
            "confidence": 0.25,
        }
    ]
    assert found["confidence"]["n_values"] == 6
    assert found["provenance"]["data"][1]["file"] == "anna.jsonl"
    said = capsys.readouterr().out
    assert markdown.read_text() in said
    assert "# Agreement of model and anna: 3 papers\n" in said
    assert "Left out: 1 paper that" in said
    assert r"TiO2-c \| TiO2-mp" in said
    assert "without knowing" not in said


def reviewed(id: str, before: dict, after: dict) -> dict:
    """A line of review.py."""
    review = {"reviewers": ["anna"], "read_fields": before, "read_confidence": {"Module": 0.4}}
    return {"id": id, "task": "sii", "fields": after, "review": review}


def test_a_reviewed_file_alone_is_compared_with_what_was_read(tmp_path, capsys):
    lines = [reviewed("0", SAID, SAID | {"Module": "TRUE"}), reviewed("1", SAID, SAID)]
    path = write(tmp_path / "papers.reviewed.jsonl", lines)
    compare_files(path)
    found = json.loads((tmp_path / "sii_agreement.json").read_text())
    assert found["is_review"]
    assert [(own["field"], own["confidence"]) for own in found["changes"]] == [("Module", 0.4)]
    assert found["fields"]["Module"]["n_added"] == 1
    assert "two who read without knowing of each other" in capsys.readouterr().out


def test_the_last_line_of_a_paper_counts(tmp_path):
    lines = [{"id": "0", "fields": {"Module": value}} for value in ("FALSE", "TRUE")]
    pair = load_pair([write(tmp_path / "a.jsonl", lines), write(tmp_path / "b.jsonl", lines[1:])])
    assert pair.first.fields == pair.second.fields == [{"Module": "TRUE"}]


@pytest.mark.parametrize("name", ["b.xlsx", "b.csv", "archives"])
def test_tables_and_archives_are_readings(tmp_path, name):
    lines = [
        {"id": own, "row": 0, "task": "sii", "fields": {"ETL_stack_sequence": "SnO2-np"}}
        | {"confidence": {"ETL_stack_sequence": 0.75}}
        for own in "xy"
    ]
    outputs.write(lines, tmp_path / name, None if "." in name else "nomad")
    pair = load_pair([write(tmp_path / "a.jsonl", lines), str(tmp_path / name)])
    assert pair.first.ids == pair.second.ids == ["x", "y"]
    stated = [{name: own for name, own in fields.items() if own} for fields in pair.second.fields]
    assert stated == pair.first.fields
    assert pair.second.confidences == pair.first.confidences


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"id": "0"}, "line 1 is no reading of a paper"),
        ({"fields": {}}, "line 1 is no reading of a paper"),
        (["id"], "line 1 is no reading of a paper"),
        ({"id": "0", "task": "mdp", "fields": {}}, "line 1 is of the task 'mdp'"),
        ({"id": "other", "fields": {}}, "have no paper (id or DOI) in common"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(tmp_path, line, said):
    good = write(tmp_path / "a.jsonl", [{"id": "0", "fields": {}}])
    with pytest.raises(UserError) as error:
        compare_files(good, write(tmp_path / "b.jsonl", [line]))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_wrong_numbers_of_files_and_flags(tmp_path):
    path = write(tmp_path / "a.jsonl", [{"id": "0", "fields": {}}])
    with pytest.raises(UserError, match="does not say what was read before a review"):
        compare_files(path)
    with pytest.raises(UserError, match="3 files were given; name two"):
        compare_files(path, path, path)
    with pytest.raises(UserError, match="leave --train out"):
        compare_files(path, path, train="x.json")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(UserError, match="holds no papers"):
        compare_files(path, str(tmp_path / "empty.jsonl"))

"""Answers scored while a model is trained: which rows, which scores, and what is refused beforehand."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import write_json
from masterkey.training import evaluation as training_evaluation
from masterkey.training.evaluation import (
    AnswerScorer,
    check_evaluation,
    mdp_scores,
    measured_metrics,
    rows_to_score,
    sii_scores,
)

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


def sample(task: str, n: int) -> list[dict]:
    return json.loads((SAMPLE / f"{task}_test.json").read_text(encoding="utf-8"))[:n]


def written(folder: Path, rows: list[dict]) -> str:
    write_json(folder / "rows.json", rows)
    return str(folder / "rows.json")


# Which rows


def test_the_first_rows_of_each_task_are_scored_wherever_they_stand(tmp_path):
    other = {"id": "x", "instruction": "Add.", "input": "1 1", "output": "2"}
    rows = rows_to_score(written(tmp_path, [*sample("sii", 3), other, *sample("mdp", 3)]), 2)
    assert [row.number for row in rows["sii"]] == [0, 1]
    assert [row.number for row in rows["mdp"]] == [4, 5]


def test_a_file_of_one_task_has_that_score_alone(tmp_path):
    assert rows_to_score(written(tmp_path, sample("mdp", 3)), 2).keys() == {"mdp"}


def test_rows_of_neither_task_are_one_sentence(tmp_path):
    path = written(tmp_path, [{"instruction": "Add.", "input": "1 1", "output": "2"}])
    with pytest.raises(UserError, match="neither SII nor MDP rows"):
        rows_to_score(path, 4)


def test_a_row_without_answer_is_one_sentence_with_its_number(tmp_path):
    rows = sample("sii", 3)
    rows[1]["output"] = ""
    with pytest.raises(UserError, match=r"row 1: 'output' has no Substrate_stack_sequence and 30"):
        rows_to_score(written(tmp_path, rows), 2)
    del rows[1]["output"]
    with pytest.raises(UserError, match="row 1 has no 'output'"):
        rows_to_score(written(tmp_path, rows), 2)


def test_an_unmeasured_pce_is_refused_and_other_gaps_are_not(tmp_path):
    rows = sample("mdp", 2)
    lines = rows[0]["output"].split("\n")
    voc = next(i for i, line in enumerate(lines) if "Voc" in line)
    lines[voc] = lines[voc].split(":")[0] + ": "
    rows[0]["output"] = "\n".join(lines)
    assert len(rows_to_score(written(tmp_path, rows), 2)["mdp"]) == 2
    rows[1]["output"] = rows[1]["output"].replace("PCE:", "PCE: unknown, not")
    with pytest.raises(UserError, match="row 1: 'output' has no PCE"):
        rows_to_score(written(tmp_path, rows), 2)


# Scores


def test_the_right_answers_get_the_best_score(tmp_path):
    rows = rows_to_score(written(tmp_path, sample("sii", 3) + sample("mdp", 8)), 3)
    texts = {task: {row.number: row.output for row in rows[task]} for task in rows}
    assert sii_scores(rows["sii"], texts["sii"]) == {"f1": 1.0}
    assert mdp_scores(rows["mdp"], texts["mdp"], 9.0) == {"pce_mae": 0.0, "pce_readable": 1.0}


def pce(row) -> float:
    return float(row.output.split("PCE:")[1].split()[0].strip("@"))


def test_no_answer_counts_as_nothing_right_or_as_the_mean(tmp_path):
    rows = rows_to_score(written(tmp_path, sample("sii", 3) + sample("mdp", 8)), 3)
    assert sii_scores(rows["sii"], {}) == {"f1": 0.0}
    expected = sum(abs(pce(row) - 9.0) for row in rows["mdp"]) / len(rows["mdp"])
    scores = mdp_scores(rows["mdp"], {rows["mdp"][0].number: "JV default PCE: good"}, 9.0)
    assert scores == {"pce_mae": pytest.approx(expected), "pce_readable": 0.0}


def test_the_mean_is_that_of_all_rows_so_that_silence_is_not_rewarded(trained, tmp_path):
    rows = sample("mdp", 12)
    scorer = AnswerScorer(written(tmp_path, rows), 1, trained.tokenizer, trained.settings, 640, 1)
    values = [float(row["output"].split("PCE:")[1].split()[0].strip("@")) for row in rows]
    assert scorer.mean_pce == pytest.approx(sum(values) / 12)


def test_mdp_rows_are_of_different_recipes(tmp_path):
    from masterkey.rows.records import recipe_of

    rows = sample("mdp", 40)
    recipes = [recipe_of(row["input"]) for row in rows]
    assert len(set(recipes)) < len(recipes)  # else this shows nothing
    chosen = rows_to_score(written(tmp_path, rows), 5)["mdp"]
    firsts = sorted(recipes.index(recipe) for recipe in set(recipes))
    assert [row.number for row in chosen] == firsts[:5]


@pytest.mark.parametrize("sharded", [False, True], ids=["skeleton", "free"])
def test_a_model_that_learnt_its_rows_is_scored_higher_than_one_that_learnt_nothing(
    trained, tmp_path, sharded
):
    import copy

    rows = [
        {"instruction": r.instruction, "input": r.input, "output": r.output}
        for r in trained.training[:4]
    ]
    scorer = AnswerScorer(
        written(tmp_path, rows), 3, trained.tokenizer, trained.settings, 640, batch_size=2
    )
    untrained = copy.deepcopy(trained.model)
    untrained.lm_head.weight.data.normal_()
    before = scorer.score(untrained, sharded)["f1"]
    after = scorer.score(trained.model, sharded)["f1"]
    assert after > before + 0.2
    assert scorer.score(trained.model, sharded) == {"f1": after}


@pytest.mark.parametrize("sharded", [False, True], ids=["skeleton", "free"])
def test_scoring_draws_none_of_the_random_numbers_that_training_will(trained, tmp_path, sharded):
    path = written(tmp_path, sample("mdp", 1))
    scorer = AnswerScorer(path, 1, trained.tokenizer, trained.settings, 640, batch_size=1)
    before = torch.random.get_rng_state()
    scorer.score(trained.model, sharded)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_model_that_trains_under_autocast_is_scored_in_its_own_type(trained, tmp_path):
    import copy

    def under_autocast(*arguments, **options):
        raise AssertionError("scores in bfloat16 are not those of the model's parts")

    path = written(tmp_path, sample("mdp", 1))
    scorer = AnswerScorer(path, 1, trained.tokenizer, trained.settings, 640, batch_size=1)
    wrapped = copy.deepcopy(trained.model)
    wrapped._original_forward, wrapped.forward = (
        wrapped.forward,
        under_autocast,
    )  # as accelerate does
    assert scorer.score(wrapped, False) == scorer.score(trained.model, False)
    assert wrapped.forward is under_autocast  # training goes on under it


def test_an_attention_that_takes_no_masks_is_changed_while_answers_are_written():
    model = SimpleNamespace(config=SimpleNamespace(_attn_implementation="flash_attention_2"))
    model.forward = "forward"
    model.set_attn_implementation = lambda name: setattr(model.config, "_attn_implementation", name)
    with training_evaluation._taking_masks(model):
        assert model.config._attn_implementation == "sdpa"
    assert model.config._attn_implementation == "flash_attention_2"


def test_both_tasks_of_one_file_are_scored(trained, tmp_path):
    papers = [
        {"instruction": r.instruction, "input": r.input, "output": r.output}
        for r in trained.training[:2]
    ]
    path = written(
        tmp_path, papers + [{**row, "id": f"m{i}"} for i, row in enumerate(sample("mdp", 2))]
    )
    scores = AnswerScorer(path, 2, trained.tokenizer, trained.settings, 640, 4).score(
        trained.model, False
    )
    assert scores.keys() == {"f1", "pce_mae", "pce_readable"}
    assert 0 <= scores["f1"] <= 1
    assert scores["pce_mae"] >= 0


# Refused beforehand


def check(path=None, n_rows=0, patience=None, **training) -> None:
    defaults = {"eval_strategy": "epoch", "metric_for_best_model": None, "fsdp": None}
    check_evaluation(SimpleNamespace(**(defaults | training)), path, n_rows, patience)


def test_evaluation_without_rows_is_one_sentence():
    with pytest.raises(UserError, match="--eval_strategy steps: needs --eval_data_path"):
        check(eval_strategy="steps")
    check(eval_strategy="no")


@pytest.mark.parametrize(
    ("task", "names"), [("sii", ["f1", "eval_f1"]), ("mdp", ["pce_mae", "eval_pce_mae"])]
)
def test_a_metric_that_is_measured_is_taken_by_either_name(tmp_path, task, names):
    path = written(tmp_path, sample(task, 2))
    assert measured_metrics(path, n_answered=0) == ["eval_loss"]
    assert measured_metrics(path, n_answered=2) == ["eval_loss", names[1]]
    for metric in (None, "loss", "eval_loss", *names):
        check(path, n_rows=2, metric_for_best_model=metric)
    for metric in names:  # without answers there is nothing to measure
        with pytest.raises(UserError, match=f"--metric_for_best_model {metric}: this run measures"):
            check(path, n_rows=0, metric_for_best_model=metric)
    with pytest.raises(UserError, match="--metric_for_best_model eval_eval_loss: this run"):
        check(path, n_rows=2, metric_for_best_model="eval_eval_loss")


def test_a_metric_that_is_not_measured_is_refused_before_the_first_step(tmp_path):
    path = written(tmp_path, sample("sii", 2))
    with pytest.raises(UserError, match="eval_f1: this run measures eval_loss;"):
        check(path, metric_for_best_model="eval_f1")
    with pytest.raises(UserError, match="measures eval_loss and eval_f1;"):
        check(path, n_rows=2, metric_for_best_model="pce_mae")


def test_answers_are_not_written_under_fsdp1(tmp_path):
    path = written(tmp_path, sample("sii", 2))
    for version, n_rows in ((1, 0), (2, 2)):
        check(path, n_rows=n_rows, fsdp=True, fsdp_plugin_args={"fsdp_version": version})
    with pytest.raises(UserError, match="--eval_generate_rows: FSDP1 gathers no weights"):
        check(path, n_rows=2, fsdp=True, fsdp_plugin_args={"fsdp_version": 1})


def test_early_stopping_without_evaluations_to_compare_is_refused(tmp_path):
    path = written(tmp_path, sample("sii", 2))
    for changes in ({"eval_strategy": "no"}, {"metric_for_best_model": None}):
        with pytest.raises(UserError, match="--early_stopping_patience: compares"):
            check(path, patience=2, **{"metric_for_best_model": "loss"} | changes)
    check(path, patience=2, metric_for_best_model="loss")

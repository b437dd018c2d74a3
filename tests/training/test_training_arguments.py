"""train.py's flags: what is refused, and what a plan takes them for."""

import os
import warnings
from pathlib import Path

import pytest

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.arguments import parse_training_arguments
from masterkey.training.flags.given import read_flags, words_of
from masterkey.training.flags.plan_flags import as_plan, planned_gpus
from masterkey.training.flags.step_arguments import line_on_idle_gpus

ROOT = Path(__file__).parents[2]
PLAN = ["--model_name_or_path", "NAME", "--plan"]
RUN = ["--model_name_or_path", "NAME", "--data_path", "rows.json", "--output_dir", "runs/none"]
FSDP_RECIPE = "configs/llama_7b_full.yaml"


@pytest.fixture(autouse=True)
def _same_environment(monkeypatch):
    """What parsing writes into the environment goes again."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir(ROOT)


def refusal(argv: list[str]) -> str:
    with pytest.raises(UserError) as error:
        parse_training_arguments(argv)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("--learning_rate abc", "--learning_rate: invalid float value: 'abc'"),
        (
            "--evaluation_strategy sometimes",
            "--evaluation_strategy sometimes, now --eval_strategy: invalid choice",
        ),
        ("--packing maybe", "--packing: invalid choice: 'maybe'"),
        ("--plan_gpus 0", "--plan_gpus 0: expected a number of GPUs"),
        ("--plan_gpus", "--plan_gpus: expected a number of GPUs"),
        ("--plan configs/tiny.yaml", "a recipe (.yaml) must come first"),
        ("--per_device_train_batch_size 0", "--per_device_train_batch_size 0: must be at least 1"),
        ("--gradient_accumulation_steps 0", "--gradient_accumulation_steps 0: must be at least 1"),
        ("--tokens_per_batch -4", "--tokens_per_batch -4: must be at least 1"),
        ("--max_steps 0", "trains nothing"),
        ("--num_train_epochs 0", "--num_train_epochs 0: must be more than 0"),
        ("--label_smoothing_factor 0.1", "not done by train.py"),
        ("--train_sampling_strategy sequential", "not done by train.py"),
        ("--auto_find_batch_size True", "--tokens_per_batch"),
        ("--dataloader_drop_last True", "not done by train.py"),
        ("--use_liger_kernel True", "not done by train.py"),
        ("--torch_empty_cache_steps 10", "not done by train.py"),
        ("--include_num_input_tokens_seen True", "not done by train.py"),
        ("--learning_rat 1e-4", "did you mean --learning_rate?"),
    ],
)
def test_a_wrong_value_is_one_sentence(flags, found):
    assert found in refusal([*PLAN, *flags.split()])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sed: 1\n", "did you mean --seed?"),
        ("- a\n- b\n", "holds no `key: value` lines"),
        ("", "holds no `key: value` lines"),
        ("1: 2\n", "the key 1 is no name"),
        ("seed: [1, 2\n", "line 2, column 1 is not a valid recipe"),
    ],
)
def test_a_wrong_recipe_is_one_sentence(tmp_path, text, found):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text)
    assert found in refusal([str(recipe), *PLAN])


def test_a_recipe_must_be_there_be_one_and_come_first():
    assert "configs/none.yaml: no such file" in refusal(["configs/none.yaml", *PLAN])
    assert "must come first" in refusal([FSDP_RECIPE, "configs/tiny.yaml", *PLAN])


def test_a_global_batch_that_does_not_divide_is_refused_in_a_plan_too():
    message = refusal([FSDP_RECIPE, *PLAN, "--plan_gpus", "4", "--global_batch_size", "10"])
    assert "--global_batch_size 10: is no multiple of 4 processes x 4 rows" in message


def test_plan_gpus_alone_asks_for_a_plan_and_shares_the_batch_out():
    own, training, _ = parse_training_arguments(
        [FSDP_RECIPE, "--model_name_or_path", "NAME", "--plan_gpus", "2"]
    )
    assert (own.plan, own.plan_gpus) == (True, 2)
    assert training.asked_accumulation_steps == 16  # 2 x 4 x 16 = 128
    assert training.fsdp  # which one process would drop


def test_a_plan_is_for_the_recipe_s_gpus_and_a_run_for_its_own():
    own, training, _ = parse_training_arguments([FSDP_RECIPE, *PLAN])
    assert (own.plan_gpus, training.asked_accumulation_steps, bool(training.fsdp)) == (4, 8, True)
    own, training, _ = parse_training_arguments([FSDP_RECIPE, *RUN])
    assert (own.plan, training.asked_accumulation_steps, bool(training.fsdp)) == (False, 32, False)


@pytest.mark.parametrize(
    ("command_line", "recipe", "n_processes", "expected"),
    [
        ("", "--plan_gpus 4", 1, None),  # a run
        ("--plan", "", 1, 1),
        ("--plan True", "--plan_gpus 4", 1, 4),
        ("--plan", "--plan_gpus 4", 8, 8),  # torchrun knows better than the recipe
        ("--plan_gpus 2", "", 8, 2),  # and the command line best
        ("--plan False", "--plan_gpus 4", 1, None),
    ],
)
def test_what_says_how_many_gpus_are_planned(command_line, recipe, n_processes, expected):
    given, of_recipe = read_flags(command_line.split()), read_flags(recipe.split())
    assert planned_gpus(given, of_recipe + given, n_processes) == expected


def test_a_plan_needs_no_deepspeed():
    flags = read_flags(["--deepspeed", "ds.json", "--seed", "1", "--plan"])
    words = ["--seed", "1", "--plan", "True", "--plan_gpus", "4"]
    assert words_of(as_plan(flags, 4)) == words
    own, training, _ = parse_training_arguments(["configs/llama_7b_zero3_offload.yaml", *PLAN])
    assert training.deepspeed == "configs/default_offload_opt_param.json"
    assert own.plan_gpus == 4


def test_a_run_says_how_to_get_deepspeed(monkeypatch):
    monkeypatch.setattr("transformers.integrations.is_deepspeed_available", lambda: False)
    message = refusal([*RUN, "--deepspeed", "configs/default_offload_opt_param.json"])
    assert message == "--deepspeed: the package is not installed; pip install deepspeed==0.19.8."


def test_checkpointing_is_switched_on_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        _, training, _ = parse_training_arguments([*RUN, "--gradient_checkpointing", "True"])
    assert training.gradient_checkpointing
    _, training, _ = parse_training_arguments(RUN)
    assert not training.gradient_checkpointing


def test_what_an_old_flag_became_is_told():
    _, training, lines = parse_training_arguments([*RUN, "--warmup_ratio", "0.03"])
    assert training.warmup_steps == 0.03
    assert lines[0].startswith("--warmup_ratio 0.03: now --warmup_steps 0.03 (a number below 1")


@pytest.mark.parametrize(
    ("flags", "strategy", "save_steps"),
    [("", "epoch", 500), ("--eval_strategy steps --eval_steps 20", "steps", 20)],
)
def test_early_stopping_saves_where_it_evaluates(flags, strategy, save_steps):
    """The recipe's `save_strategy: "no"` would leave no checkpoint to go back to."""
    stopping = ["--eval_data_path", "rows.json", "--early_stopping_patience", "3"]
    tiny = ["configs/tiny.yaml", "--tokenizer_name", "NAME", *RUN[2:]]
    _, training, _ = parse_training_arguments([*tiny, *stopping, *flags.split()])
    assert training.load_best_model_at_end
    assert (training.save_strategy, training.save_steps) == (strategy, save_steps)


def test_one_process_takes_one_gpu_and_says_how_to_take_them_all():
    """Else Trainer would replicate the model by nn.DataParallel, which cuts packed rows up."""
    _, training, _ = parse_training_arguments(RUN)
    training._n_gpu = 8  # what transformers counts on such a machine
    assert training.n_gpu == 1
    (line,) = line_on_idle_gpus(training)
    assert "has 8 GPUs" in line
    assert "torchrun --nproc_per_node=8 train.py" in line
    for n in (0, 1):
        training._n_gpu = n
        assert training.n_gpu == n
        assert line_on_idle_gpus(training) == []

"""The flags of train.py: its own as dataclasses, Hugging Face's TrainingArguments, and their checks.

A command line is cut into a list of given flags once (masterkey/training/flags/given.py), which each
step takes and returns: recipe (YAML) written out → flags of older releases translated → unknown names
refused → what follows from others added → environment set → parsed → checked.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.adapter_flags import AdapterArguments
from masterkey.training.flags.given import (
    GivenFlag,
    Translated,
    added_flag,
    last_given,
    read_flags,
    words_of,
)


@dataclass
class ModelArguments:
    model_name_or_path: str | None = field(
        default=None,
        metadata={"help": "checkpoint to fine-tune: a folder, a GGUF file or a hub name"},
    )
    config_name: str | None = field(
        default=None,
        metadata={
            "help": "train from scratch: a model configuration (folder, JSON file, hub name)"
        },
    )
    tokenizer_name: str | None = field(
        default=None, metadata={"help": "tokenizer, where it is not the checkpoint's own"}
    )
    dtype: str = field(
        default="float32",
        metadata={
            "help": "type of the trained weights; bfloat16 halves weights, gradients and states, "
            "and is rounded stochastically (needs torchao)",
            "choices": ["float32", "bfloat16"],
        },
    )
    attn_implementation: str | None = field(
        default=None,
        metadata={"help": "attention as transformers names it; default: the fastest that is there"},
    )


@dataclass
class DataArguments:
    data_path: list[str] | None = field(
        default=None, metadata={"help": "one or more JSON or JSONL files of training rows"}
    )
    eval_data_path: str | None = field(
        default=None,
        metadata={"help": "rows to evaluate on, at each epoch's end unless --eval_strategy says"},
    )
    prompt_style: str = field(
        default="alpaca",
        metadata={
            "help": "text around instruction and input, alpaca or published_test; saved with the "
            "model"
        },
    )
    model_max_length: int = field(
        default=2048,
        metadata={
            "help": "most tokens of prompt and answer; where they are more, the input is shortened"
        },
    )
    keep_markers: bool = field(
        default=False,
        metadata={
            "help": "train on the literal <s>, </s>, ### and @@@ of the published files, too"
        },
    )
    cache_dir: str | None = field(
        default=None, metadata={"help": "folder of the tokenised rows; default: datasets' cache"}
    )


@dataclass
class BatchArguments:
    global_batch_size: int | None = field(
        default=None,
        metadata={
            "help": "rows of a step on all GPUs; --gradient_accumulation_steps follows from it"
        },
    )
    tokens_per_batch: int | None = field(
        default=None,
        metadata={
            "help": "most tokens in one pass of one GPU; default: per_device_train_batch_size x "
            "model_max_length, on a CPU 2048 or one row unless the model is small"
        },
    )
    packing: str = field(
        default="auto",
        metadata={
            "help": "several rows in one sequence, without seeing each other: auto (where that "
            "saves time), true (also where it does not) or false",
            "choices": ["auto", "true", "false"],
        },
    )
    pad_to_multiple_of: int | None = field(
        default=None,
        metadata={
            "help": "passes are as long as a multiple of this; default: 64, or 1 on a CPU in float32"
        },
    )
    loss_chunk_size: int | None = field(
        default=None,
        metadata={
            "help": "answer positions whose logits are held at once; default: 2048, fewer where the "
            "vocabulary is larger than LLaMA's"
        },
    )
    stochastic_rounding: bool | None = field(
        default=None,
        metadata={
            "help": "round bfloat16 weights stochastically, so that small updates are not lost; "
            "default: wherever the trained weights are bfloat16"
        },
    )
    activation_checkpointing_every: int = field(
        default=1,
        metadata={"help": "with --gradient_checkpointing True: recompute only every n-th layer"},
    )


@dataclass
class EvaluationArguments:
    eval_generate_rows: int = field(
        default=0,
        metadata={
            "help": "first rows of each task in --eval_data_path that are also answered and scored "
            "(eval_f1, eval_pce_mae)"
        },
    )
    early_stopping_patience: int | None = field(
        default=None,
        metadata={"help": "stop after so many evaluations without a better one"},
    )


@dataclass
class PlanArguments:
    plan: bool = field(
        default=False,
        metadata={"help": "print memory and time of this run and its neighbours; load nothing"},
    )
    plan_gpus: int | None = field(
        default=None,
        metadata={
            "help": "print the plan of a run on so many GPUs, from a machine that need not have "
            "them; without it --plan takes torchrun's processes, else the recipe's number, else 1"
        },
    )


@dataclass
class OwnArguments(
    PlanArguments,
    EvaluationArguments,
    AdapterArguments,
    BatchArguments,
    DataArguments,
    ModelArguments,
):
    """What `--help` shows: the flags that are not Hugging Face's."""


def n_processes() -> int:
    """Processes of this run, as torchrun set them."""
    return int(os.environ.get("WORLD_SIZE", 1))


class ParsedArguments(NamedTuple):
    """train.py's own flags, Hugging Face's (`StepTrainingArguments`), and lines to print."""

    own: OwnArguments
    training: object
    lines: list[str]


def parse_training_arguments(argv: list[str]) -> ParsedArguments:
    """What the command line `argv` asks for; the lines say what older flags became.

    Raises `UserError` for what is wrong with it. Environment variables are set in one step of it,
    `masterkey.training.flags.environment.set_environment`.
    """
    import torch
    from transformers import HfArgumentParser

    from masterkey.training.flags.checks import check_arguments, refuse_missing_deepspeed
    from masterkey.training.flags.environment import set_environment
    from masterkey.training.flags.plan_flags import as_plan, planned_gpus
    from masterkey.training.flags.recipe_file import expand_recipe
    from masterkey.training.flags.step_arguments import StepTrainingArguments, line_on_idle_gpus

    parser = HfArgumentParser((OwnArguments, StepTrainingArguments), allow_abbrev=False)
    if "--help_training" in argv:
        parser.parse_args(["--help"])
    flags = read_flags(expand_recipe(argv))
    planned = planned_gpus(read_flags(argv), flags, n_processes())
    known = {name.removeprefix("--") for name in parser._option_string_actions}
    flags, lines = _completed_flags(
        flags, known, torch.accelerator.is_available(), planned or n_processes()
    )
    if not planned:
        refuse_missing_deepspeed(flags)
    parsed_flags = as_plan(flags, planned) if planned else flags
    set_environment(parsed_flags)
    own, training = _parsed(parser, parsed_flags)
    if planned:
        deepspeed = last_given(flags, "deepspeed")
        training.deepspeed = deepspeed and deepspeed.value
    else:
        lines += line_on_idle_gpus(training)
    check_arguments(own, training)
    _fill_in(own, training)
    return ParsedArguments(own, training, lines)


def _completed_flags(
    flags: list[GivenFlag], known: set[str], has_accelerator: bool, n_gpus: int
) -> Translated:
    """The command in today's flags, with those that follow from others written out."""
    from masterkey.training.flags.checks import refuse_unknown_flags
    from masterkey.training.flags.evaluation_flags import with_evaluations
    from masterkey.training.flags.global_batch import with_accumulation
    from masterkey.training.flags.old_flags import translate_old_flags

    flags, lines = translate_old_flags(flags, has_accelerator=has_accelerator, n_processes=n_gpus)
    refuse_unknown_flags(flags, known)
    if not has_accelerator:
        # Else accelerate takes each process that torchrun starts for a run of its own.
        flags = [added_flag("use_cpu", "True"), *flags]
    return Translated(with_evaluations(with_accumulation(flags, n_gpus)), lines)


def _parsed(parser, flags: list[GivenFlag]):
    """(OwnArguments, StepTrainingArguments). Raises `UserError` for what either does not take."""
    parser.error = _refusal_of(flags)
    try:
        own, training, rest = parser.parse_args_into_dataclasses(
            words_of(flags), return_remaining_strings=True, look_for_args_file=False
        )
    # TrainingArguments refuses flags that do not go together, or that need a GPU or a package.
    except (ValueError, ImportError) as error:
        raise UserError(f"the flags do not go together: {' '.join(str(error).split())}") from None
    if rest:
        raise UserError(f"{rest[0]}: belongs to no flag; a recipe (.yaml) must come first.")
    return own, training


def _refusal_of(flags: list[GivenFlag]) -> Callable[[str], NoReturn]:
    """A parser's `error`: raises `UserError`, which names an older flag as it was written."""
    written = {flag.name: f"{flag.text}, now --{flag.name}" for flag in flags if flag.old}

    def refuse(message: str) -> NoReturn:
        # argparse: "argument --learning_rate/--learning-rate: invalid float value: 'abc'".
        found = re.match(r"argument --(\w+)(?:/--[\w-]+)*: (.*)", message, re.DOTALL)
        if found is None:
            raise UserError(message)
        name, reason = found.groups()
        raise UserError(f"{written.get(name, f'--{name}')}: {reason}")

    return refuse


def _fill_in(own: OwnArguments, training) -> None:
    """Defaults that hang on other flags."""
    training.remove_unused_columns = False
    # Of early stopping: how often there was no better evaluation.
    training.restore_callback_states_from_checkpoint = True
    training.logging_nan_inf_filter = False  # a loss that is not finite stops the run here
    training.has_default_pass = own.tokens_per_batch is None
    if own.tokens_per_batch is None:
        own.tokens_per_batch = training.per_device_train_batch_size * own.model_max_length
    if own.pad_to_multiple_of is None:
        # In bfloat16 on a CPU, memory grows with every new length (docs/experiments.md).
        plain = training.device.type == "cpu" and not training.bf16 and own.dtype == "float32"
        own.pad_to_multiple_of = 1 if plain else 64
    if own.stochastic_rounding is None:
        # Adapters are float32 whatever the base is.
        own.stochastic_rounding = own.dtype == "bfloat16" and not own.lora_r
    if training.metric_for_best_model and training.metric_for_best_model.endswith("mae"):
        # Hugging Face takes all but losses for greater is better.
        training.greater_is_better = False

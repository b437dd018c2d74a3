"""The flags of train.py: its own as dataclasses, Hugging Face's TrainingArguments, and their checks.

Order: recipe (YAML) → flags of older releases translated → unknown names refused → parsed → checked.
"""

import os
import re
from dataclasses import dataclass, field

from masterkey.adapters import AdapterArguments, check_adapter_arguments
from masterkey.command_line import UserError


@dataclass
class ModelArguments:
    model_name_or_path: str | None = field(
        default=None, metadata={"help": "checkpoint to fine-tune: a folder or a hub name"}
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
            "model_max_length"
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
    loss_chunk_size: int = field(
        default=2048, metadata={"help": "answer positions whose logits are held at once"}
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
            "help": "rows of --eval_data_path that are also answered and scored (eval_score)"
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


def parse_training_arguments(argv: list[str]):
    """(OwnArguments, TrainingArguments, the lines that say what older flags became)."""
    import torch
    from transformers import HfArgumentParser

    from masterkey.global_batch import accumulation_from_flags
    from masterkey.old_flags import translate_old_flags
    from masterkey.plan_flags import planned_gpus, with_planned_gpus
    from masterkey.recipes import expand_recipe, refuse_unknown_flags
    from masterkey.sharding import prepare_environment
    from masterkey.step_arguments import StepTrainingArguments

    parser = HfArgumentParser((OwnArguments, StepTrainingArguments), allow_abbrev=False)
    if "--help_training" in argv:
        parser.parse_args(["--help"])
    has_accelerator = torch.accelerator.is_available()
    command_line, argv = argv, expand_recipe(argv)
    planned = planned_gpus(command_line, argv, n_processes())
    n_gpus = planned or n_processes()
    argv, translated = translate_old_flags(
        argv, has_accelerator=has_accelerator, n_processes=n_gpus
    )
    refuse_unknown_flags(argv, {name[2:] for name in parser._option_string_actions})
    if not has_accelerator:
        # Else accelerate takes each process that torchrun starts for a run of its own.
        argv = ["--use_cpu", "True", *argv]
    argv = _with_evaluations(accumulation_from_flags(argv, n_gpus))
    if planned:
        argv, deepspeed = with_planned_gpus(argv, planned)
    else:
        _refuse_missing_deepspeed(argv)
    parser.error = _raise_user_error
    prepare_environment(argv)
    try:
        own, training, rest = parser.parse_args_into_dataclasses(
            argv, return_remaining_strings=True, look_for_args_file=False
        )
    # TrainingArguments refuses flags that do not go together, or that need a GPU or a package.
    except (ValueError, ImportError) as error:
        raise UserError(f"the flags do not go together: {' '.join(str(error).split())}") from None
    if rest:
        raise UserError(f"{rest[0]}: belongs to no flag; a recipe (.yaml) must come first.")
    if planned:
        training.deepspeed = deepspeed
    _check(own, training)
    _fill_in(own, training)
    return own, training, translated


def _raise_user_error(message: str):
    # argparse: "argument --learning_rate/--learning-rate: invalid float value: 'abc'".
    raise UserError(re.sub(r"^argument (--\w+)(/--[\w-]+)*: ", r"\1: ", message))


def _check(own: OwnArguments, training) -> None:
    from masterkey.prompts import build_prompt

    if not own.data_path and not own.plan:
        raise UserError("--data_path: is missing; name one or more files of training rows.")
    if not training.output_dir and not own.plan:
        raise UserError("--output_dir: is missing; name a folder for the trained model.")
    if bool(own.model_name_or_path) == bool(own.config_name):
        raise UserError(
            "Name either --model_name_or_path (fine-tune a checkpoint) or --config_name "
            "(train from scratch)."
        )
    if own.config_name and not own.tokenizer_name and not own.plan:
        raise UserError(
            "--tokenizer_name: is missing; --config_name needs one (data/train_tokenizer.py makes it)."
        )
    _check_counts(own, training)
    if (own.eval_generate_rows or own.early_stopping_patience) and not own.eval_data_path:
        flag = "eval_generate_rows" if own.eval_generate_rows else "early_stopping_patience"
        raise UserError(f"--{flag}: needs --eval_data_path, the rows to evaluate on.")
    # A plan may stand on a configuration alone.
    base = own.model_name_or_path or (own.config_name if own.plan else None)
    check_adapter_arguments(own, base, sharded=bool(training.fsdp or training.deepspeed))
    build_prompt(own.prompt_style, "")
    _refuse_what_is_not_done(training)


def _check_counts(own: OwnArguments, training) -> None:
    counts = {
        "loss_chunk_size": own.loss_chunk_size,
        "activation_checkpointing_every": own.activation_checkpointing_every,
        "model_max_length": own.model_max_length,
        "tokens_per_batch": own.tokens_per_batch,
        "per_device_train_batch_size": training.per_device_train_batch_size,
        "per_device_eval_batch_size": training.per_device_eval_batch_size,
        "gradient_accumulation_steps": training.asked_accumulation_steps,
    }
    for name, count in counts.items():
        if count is not None and count < 1:
            raise UserError(f"--{name} {count}: must be at least 1.")
    if training.max_steps == 0:
        raise UserError("--max_steps 0: trains nothing; leave it out, or give 1 or more.")
    if training.num_train_epochs <= 0 and training.max_steps < 0:
        raise UserError(f"--num_train_epochs {training.num_train_epochs:g}: must be more than 0.")


# Flags of Hugging Face's Trainer that this trainer does not read: (what asks for nothing, why).
_NOT_DONE = {
    "label_smoothing_factor": (0.0, "the loss is the plain cross-entropy of the answers"),
    "train_sampling_strategy": (
        "random",
        "rows are shuffled, and each step's rows packed, or padded beside rows of like length",
    ),
    "dataloader_drop_last": (False, "the last step of an epoch takes the rows that are left"),
    "auto_find_batch_size": (
        False,
        "smaller passes, --tokens_per_batch, leave the result as it is; --plan tells what fits",
    ),
}


def _refuse_what_is_not_done(training) -> None:
    for name, (harmless, reason) in _NOT_DONE.items():
        value = getattr(training, name)
        value = getattr(value, "value", value)  # of an enumeration
        if value != harmless:
            raise UserError(f"--{name} {value}: is not done by train.py: {reason}; leave it out.")


def _fill_in(own: OwnArguments, training) -> None:
    """Defaults that hang on other flags."""
    training.remove_unused_columns = False
    # Of early stopping: how often there was no better evaluation.
    training.restore_callback_states_from_checkpoint = True
    training.logging_nan_inf_filter = False  # a loss that is not finite stops the run here
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


def _with_evaluations(argv: list[str]) -> list[str]:
    """`argv` with what --eval_data_path and --early_stopping_patience imply, where it is not given."""
    given = {word[2:].partition("=")[0] for word in argv if word.startswith("--")}
    implied = {}
    if "eval_data_path" in given:
        implied["eval_strategy"] = "epoch"
    if "early_stopping_patience" in given:
        implied["load_best_model_at_end"] = "True"
    words = [
        word
        for name, value in implied.items()
        if name not in given
        for word in (f"--{name}", value)
    ]
    return [*argv, *words]


def _refuse_missing_deepspeed(argv: list[str]) -> None:
    from transformers.integrations import is_deepspeed_available

    if "--deepspeed" in argv and not is_deepspeed_available():
        raise UserError("--deepspeed: the package is not installed; pip install deepspeed==0.19.8.")

"""What is wrong with the flags of a training run, before anything is loaded: one sentence each."""

import difflib

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.adapter_flags import check_adapter_arguments
from masterkey.training.flags.arguments import BatchArguments, OwnArguments
from masterkey.training.flags.given import GivenFlag, last_given
from masterkey.training.flags.old_flags import OLD_FLAGS


def check_arguments(own: OwnArguments, training) -> None:
    """Refuse what is missing, out of range, contradictory, or not done by this trainer.

    `training`: `StepTrainingArguments`.
    """
    from masterkey.rows.prompts import build_prompt

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
    _check_counts(own, own.model_max_length, training)
    if (own.eval_generate_rows or own.early_stopping_patience) and not own.eval_data_path:
        flag = "eval_generate_rows" if own.eval_generate_rows else "early_stopping_patience"
        raise UserError(f"--{flag}: needs --eval_data_path, the rows to evaluate on.")
    # A plan may stand on a configuration alone.
    base = own.model_name_or_path or (own.config_name if own.plan else None)
    check_adapter_arguments(own, base, sharded=bool(training.fsdp or training.deepspeed))
    build_prompt(own.prompt_style, "")
    _refuse_what_is_not_done(training)


def _check_counts(batches: BatchArguments, max_length: int, training) -> None:
    counts = {
        "loss_chunk_size": batches.loss_chunk_size,
        "activation_checkpointing_every": batches.activation_checkpointing_every,
        "model_max_length": max_length,
        "tokens_per_batch": batches.tokens_per_batch,
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
    "use_liger_kernel": (False, "it would put a loss of its own in the place of the answers'"),
    "torch_empty_cache_steps": (None, "the memory that PyTorch keeps is never given back"),
    "include_num_input_tokens_seen": ("no", "train_summary.json has the tokens, without padding"),
}


def _refuse_what_is_not_done(training) -> None:
    for name, (harmless, reason) in _NOT_DONE.items():
        value = getattr(training, name)
        value = getattr(value, "value", value)  # of an enumeration
        if value != harmless:
            raise UserError(f"--{name} {value}: is not done by train.py: {reason}; leave it out.")


def refuse_unknown_flags(flags: list[GivenFlag], known: set[str]) -> None:
    """Raise `UserError` for the first flag that is not in `known`, with the nearest known name.

    A misspelt old flag (`--evaluation_stategy`) gets its old name, which is translated.
    """
    for flag in flags:
        if flag.name and flag.name not in known:
            near = difflib.get_close_matches(flag.name, sorted(known | OLD_FLAGS), n=1)
            hint = f"; did you mean --{near[0]}?" if near else "; see --help."
            raise UserError(f"--{flag.name}: no such flag{hint}")


def refuse_missing_deepspeed(flags: list[GivenFlag]) -> None:
    from transformers.integrations import is_deepspeed_available

    if last_given(flags, "deepspeed") and not is_deepspeed_available():
        raise UserError("--deepspeed: the package is not installed; pip install deepspeed==0.19.8.")

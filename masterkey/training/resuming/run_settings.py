"""The settings of a training run that a later start of it must share, and those that should stay.

A run that is continued with other rows, another seed or another learning rate would end with weights
that no single command explains; Trainer would take some of these changes and, without a word, ignore
others (the learning rate comes from the checkpoint).
"""

from dataclasses import dataclass
from pathlib import Path

from masterkey.training.flags.arguments import BatchArguments, OwnArguments

# Flags of train.py, its own and Hugging Face's, that must not change between the starts of a run.
_OWN_FLAGS = (
    "model_max_length",
    "prompt_style",
    "keep_markers",
    "dtype",
    "stochastic_rounding",
    "lora_r",
    "lora_alpha",
    "lora_dropout",
    "lora_target_modules",
    "load_in_4bit",
)
_TRAINING_FLAGS = (
    "seed",
    "data_seed",
    "optim",
    "learning_rate",
    "lr_scheduler_type",
    "warmup_steps",
    "weight_decay",
    "adam_beta1",
    "adam_beta2",
    "adam_epsilon",
    "max_grad_norm",
)
_DIGITS = 12  # of a SHA-256, enough to tell files apart


@dataclass(frozen=True)
class RunSettings:
    """Settings by name, JSON-ready. `fixed` must stay; with other `rounding` a run goes on, but its
    weights are not those of an undisturbed run bit for bit."""

    fixed: dict
    rounding: dict


def run_settings(own: OwnArguments, training, rows) -> RunSettings:
    """Settings of the run; `training`: TrainingArguments, `rows`: `TokenisedRows`."""
    from masterkey.scripting.provenance import data_file

    files = [data_file(path) for path in own.data_path]
    fixed = {
        "data_path": [f"{file['file']} (SHA-256 {file['sha256'][:_DIGITS]}…)" for file in files],
        "rows": f"{len(rows):,} of {int(rows.lengths.sum()):,} tokens",
        "rows of a step": training.rows_per_step,
        "model": Path(own.model_name_or_path or own.config_name).name,
        "sharding": _sharding(training),
        **{name: _plain(getattr(own, name)) for name in _OWN_FLAGS},
        **{name: _plain(getattr(training, name)) for name in _TRAINING_FLAGS},
    }
    return RunSettings(fixed, _rounding(own, training))


def _sharding(training) -> str:
    if training.deepspeed:
        # ZeRO's checkpoints are cut for the number of processes that wrote them.
        return f"DeepSpeed, {training.world_size} processes"
    if not training.fsdp:
        return "none"
    config = training.fsdp_config or {}
    kind = str(config.get("state_dict_type", "FULL_STATE_DICT")).upper()
    return f"FSDP{config.get('version', 2)}, {kind}"


def _rounding(batches: BatchArguments, training) -> dict:
    """What decides the order of additions, their precision, and which process draws which number."""
    import torch
    import transformers

    return {
        "processes": training.world_size,
        "device": training.device.type,
        "CPU threads": torch.get_num_threads() if training.device.type == "cpu" else None,
        "bf16": training.bf16,
        "fp16": training.fp16,
        "packing": batches.packing,
        "tokens_per_batch": batches.tokens_per_batch,
        "pad_to_multiple_of": batches.pad_to_multiple_of,
        "torch_compile": training.torch_compile,
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
    }


def _plain(value):
    return getattr(value, "value", value)  # of an enumeration


def changes(before: dict, now: dict) -> list[str]:
    """What differs, such as "--seed was 0 and is 1"; settings that one of the two lacks do not count."""
    return [
        f"{_name(name)} was {_shown(before[name])} and is {_shown(value)}"
        for name, value in now.items()
        if name in before and before[name] != value
    ]


def _name(name: str) -> str:
    is_flag = name in (*_OWN_FLAGS, *_TRAINING_FLAGS, "data_path")
    return f"--{name}" if is_flag else name


def _shown(value) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)

"""train_summary.json: all that a training run was made of, and what it measured.

The first part (`run_record`) is written down before the first step, so that it tells of the data and
the code that the run began with, whatever happens to their files meanwhile.
"""

import datetime
import json
import math
from collections import Counter
from dataclasses import asdict

from masterkey.release.training_facts import public_name
from masterkey.rows.records import is_synthetic, read_rows, task_of
from masterkey.scripting.provenance import data_file, provenance
from masterkey.training.flags.arguments import OwnArguments


def run_record(own: OwnArguments, trainer, packed_attention) -> dict:
    """What is known before the run: versions, commit, data, configuration and what it resolved to."""
    training = trainer.args
    return {
        **provenance(),
        "data": [
            *(described_file(path, "training") for path in own.data_path),
            *(described_file(path, "evaluation") for path in [own.eval_data_path] if path),
        ],
        "seed": training.seed,
        "n_rows": len(trainer.train_dataset),
        "n_parameters": trainer.n_parameters,
        "n_trained_parameters": trainer.n_trained,
        "rows_per_step": training.rows_per_step,
        "arrangement": asdict(trainer.arrangement),
        "device": device_name(training),
        "n_processes": training.world_size,
        "resolved": resolved(
            trainer,
            packed_attention,
            base_model=own.model_name_or_path,
            optimizer=optimizer_line(trainer, own.stochastic_rounding),
            numbers=_numbers(training, own.dtype, own.load_in_4bit),
        ),
        "arguments": configuration(own, training),
    }


def described_file(path: str, use: str) -> dict:
    """Name, size, checksum, number of rows, how many of them are invented, and of which tasks."""
    rows = read_rows(path)
    return {
        **data_file(path),
        "use": use,
        "rows": len(rows),
        "n_synthetic": sum(is_synthetic([row]) for row in rows),
        "tasks": dict(Counter(task_of(row.instruction) or "other" for row in rows)),
    }


def resolved(
    trainer, packed_attention, *, base_model: str | None, optimizer: str, numbers: str
) -> dict:
    """What the flags came to on this machine, in words and figures; None for what is not used."""
    model = plain_model(trainer)
    settings = trainer.run_settings
    return {
        "model": type(model).__name__,
        # Of a folder its name alone; whether a path is one can be told here and now only.
        "base_model": public_name(base_model),
        "attention": getattr(model.config, "_attn_implementation", None),
        "packing": f"rows are packed; {packed_attention.check}"
        if packed_attention
        else "none, rows of like length are padded",
        "optimizer": optimizer.removeprefix("optimizer: "),
        "numbers": numbers,
        "adapter": _adapter(trainer),
        "sharding": settings.fixed["sharding"] if settings else None,
    }


def plain_model(trainer):
    """The causal language model itself, without what wraps it and without adapters around it."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def optimizer_line(trainer, stochastic_rounding: bool) -> str:
    from masterkey.training.optimizers import describe_optimizer

    return describe_optimizer(trainer.args, trainer.model.parameters(), stochastic_rounding)


def _numbers(training, dtype: str, in_4bit: bool) -> str:
    weights = "4-bit (NF4)" if in_4bit else dtype
    arithmetic = "bfloat16" if training.bf16 else "float16" if training.fp16 else dtype
    if in_4bit:
        arithmetic = "bfloat16"
    return f"weights in {weights}, arithmetic in {arithmetic}"


def _adapter(trainer) -> str | None:
    model = trainer.accelerator.unwrap_model(trainer.model)
    if not hasattr(model, "peft_config"):
        return None
    config = model.peft_config["default"]
    targets = ", ".join(sorted(config.target_modules))
    return (
        f"LoRA of rank {config.r}, alpha {config.lora_alpha}, dropout {config.lora_dropout:g}, on "
        f"{targets}; {trainer.n_trained:,} parameters trained"
    )


def configuration(own: OwnArguments, training) -> dict:
    """All flags as they were given or filled in; tokens of services are not among them."""
    flags = {**asdict(own), **training.to_dict()}
    # To Trainer it is 1: steps are accumulated inside (masterkey.training.flags.step_arguments).
    flags["gradient_accumulation_steps"] = training.asked_accumulation_steps
    return json.loads(json.dumps(flags, default=str))


def device_name(training) -> str:
    if training.device.type != "cuda":
        return training.device.type
    import torch

    return torch.cuda.get_device_name(training.device)


def training_summary(trainer, outcome, record: dict) -> dict:
    """The content of train_summary.json: `record` and what the run measured; JSON-ready."""
    return finite(
        {
            **record,
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "run": _run(trainer),
            "evaluation": _evaluation(trainer),
            "metrics": outcome.metrics,
            "throughput": trainer.meter.totals(),
            "log": trainer.state.log_history,
        }
    )


def _run(trainer) -> dict:
    state, settings = trainer.state, trainer.run_settings
    return {
        "step": state.global_step,
        "max_steps": state.max_steps,
        "continued_from_step": trainer.continued_from,
        "saved_step": saved_step(trainer),
        "best_step": state.best_global_step,
        "best_metric": state.best_metric,
        "settings": settings.fixed if settings else {},
    }


def saved_step(trainer) -> int:
    """The step whose weights are in the output folder: the best one's, or the last one's."""
    best = trainer.state.best_global_step if trainer.args.load_best_model_at_end else None
    return best or trainer.state.global_step


def _evaluation(trainer) -> dict | None:
    """On what the evaluations of the run were made; None where there were none."""
    if trainer.eval_dataset is None:
        return None
    scorer, sharded = trainer.scorer, trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled
    return {
        "n_rows": len(trainer.eval_dataset),
        "n_answered": {task: len(rows) for task, rows in scorer.rows.items()} if scorer else {},
        "decoding": ("free" if sharded else "skeleton") if scorer else None,
        "metric_for_best_model": trainer.args.metric_for_best_model,
        "greater_is_better": trainer.args.greater_is_better,
    }


def finite(value):
    """`value` with None for each number that JSON cannot hold, such as float16's infinite norms."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

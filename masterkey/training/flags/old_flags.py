"""Command lines of 2020 to 2025, such as Alpaca's, in the flags of transformers 5.17 to 5.23.

    --evaluation_strategy no --warmup_ratio 0.03 --fsdp "full_shard auto_wrap"
    → --eval_strategy no --warmup_steps 0.03 --fsdp --fsdp_config '{"version": 2, …}'

Every flag of the TrainingArguments of transformers 4.28 to 4.57 that 5.17 dropped or renamed is
here (tests/training/test_old_flags.py holds the list); docs/training/recipes.md has the table for readers.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.fsdp_flags import fsdp_as_config
from masterkey.training.flags.given import FALSE, TRUE, GivenFlag, read_flags, same_value


class _Rule(NamedTuple):
    """`--old value` → `--target write(read(value))`; dropped where `write` gives None."""

    target: str | None
    read: Callable[[str], object]
    write: Callable[[object], str | None] = str
    remark: str = ""


def _boolean(text: str) -> bool:
    if text.lower() in TRUE or not text:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError("True or False")


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text.lower()

    return read


def _share(text: str) -> str:
    # 1 or more would be a number of steps to today's --warmup_steps.
    if not 0 <= float(text) < 1:
        raise ValueError
    return text


def _positive(text: str) -> int:
    if int(text) < 1:
        raise ValueError
    return int(text)


def _expecting(what: str, read: Callable[[str], object]) -> Callable[[str], object]:
    """`read`, whose every ValueError names what was expected."""

    def wrapped(text: str):
        try:
            return read(text)
        except ValueError:
            raise ValueError(what) from None

    return wrapped


def _text(text: str) -> str:
    if not text:
        raise ValueError("a value")
    return text


def _fairscale(text: str) -> str:
    """`--sharded_ddp`'s words as those of `--fsdp` ("" = off)."""
    strategies = {
        "simple": "shard_grad_op",
        "zero_dp_2": "shard_grad_op",
        "zero_dp_3": "full_shard",
    }
    known = {**strategies, "offload": "offload", "auto_wrap": "auto_wrap"}
    if text.lower() in FALSE or not text:
        return ""
    if unknown := [word for word in text.split() if word not in known]:
        raise ValueError(f"words of {', '.join(known)}, not {unknown[0]}")
    return " ".join(known[word] for word in text.split())


def _renamed(target: str, read=_text) -> _Rule:
    return _Rule(target, read)


def _if_true(target: str, text: str) -> _Rule:
    return _Rule(target, _boolean, lambda on: text if on else None)


def _dropped(remark: str, read=str) -> _Rule:
    return _Rule(None, read, lambda _: None, remark)


_INTERVALS = _one_of("no", "steps", "epoch")
_COUNT = _expecting("a whole number of rows, 1 or more", _positive)
_AMP = _one_of("auto", "amp", "cuda_amp", "cpu_amp", "apex")
_BY_TORCH = "torch's own autocast does --bf16 and --fp16"
_BY_STEPS = "train.py shares out each step's rows itself"
_BY_LENGTH = "each step's rows are packed, or padded beside rows of like length, without it"

_RULES = {
    "evaluation_strategy": _renamed("eval_strategy", _INTERVALS),
    "evaluate_during_training": _Rule(
        "eval_strategy", _boolean, lambda on: "steps" if on else "no"
    ),
    "warmup_ratio": _Rule(
        "warmup_steps",
        _expecting("a share of all steps: 0 or more, below 1", _share),
        remark="a number below 1 is a share of all steps",
    ),
    "per_gpu_train_batch_size": _renamed("per_device_train_batch_size", _COUNT),
    "per_gpu_eval_batch_size": _renamed("per_device_eval_batch_size", _COUNT),
    "group_by_length": _dropped(_BY_LENGTH, _boolean),
    "overwrite_output_dir": _Rule(
        "resume_from_checkpoint",
        _boolean,
        lambda on: "False" if on else None,
        "begins anew instead of going on from the last checkpoint",
    ),
    "no_cuda": _if_true("use_cpu", "True"),
    "adafactor": _if_true("optim", "adafactor"),
    "tokenizer": _renamed("tokenizer_name"),
    "torch_dtype": _renamed("dtype"),
    "activation_checkpointing": _Rule(  # the name of 5.23, which 5.17 does not know
        "gradient_checkpointing", _boolean, remark="the name that 5.17 knows, too"
    ),
    "activation_checkpointing_kwargs": _renamed("gradient_checkpointing_kwargs"),
    "sharded_ddp": _Rule("fsdp", _fairscale, lambda text: text or None),
    "torchdynamo": _renamed("torch_compile_backend"),
    "xpu_backend": _renamed("ddp_backend"),
    "tpu_metrics_debug": _if_true("debug", "tpu_metrics_debug"),
    "include_inputs_for_metrics": _if_true("include_for_metrics", "inputs"),
    "push_to_hub_token": _renamed("hub_token"),
    "push_to_hub_model_id": _renamed("hub_model_id"),
    "save_safetensors": _dropped("weights are always written as safetensors", _boolean),
    "no_save_safetensors": _dropped("weights are always written as safetensors", _boolean),
    "half_precision_backend": _dropped(_BY_TORCH, _AMP),
    "fp16_backend": _dropped(_BY_TORCH, _AMP),
    "fp16_opt_level": _dropped(_BY_TORCH, _one_of("o0", "o1", "o2", "o3")),
    "use_mps_device": _dropped("an Apple GPU is taken where there is one", _boolean),
    "use_ipex": _dropped("torch has its optimisations itself", _boolean),
    "jit_mode_eval": _dropped("--torch_compile True took its place", _boolean),
    "tpu_num_cores": _dropped("the launcher starts the processes", _expecting("a number", int)),
    "past_index": _dropped("it was for models with `mems`", _expecting("a whole number", int)),
    "use_legacy_prediction_loop": _dropped("there is one evaluation loop", _boolean),
    "ray_scope": _dropped("it was for searches of hyperparameters with Ray"),
    "mp_parameters": _dropped("it was for SageMaker's own launcher"),
    "include_tokens_per_second": _dropped("every log line of train.py has it", _boolean),
    "dispatch_batches": _dropped(_BY_STEPS, _boolean),
    "split_batches": _dropped(_BY_STEPS, _boolean),
}

# Optimizers that 4.28 to 4.57 knew and 5.17 does not: the same AdamW, by torch.
_OLD_OPTIMIZERS = {"adamw_hf": "adamw_torch", "adamw_apex_fused": "adamw_torch_fused"}

_OTHER_OLD = {
    "fsdp_transformer_layer_cls_to_wrap",
    "fsdp_min_num_params",
    "logging_dir",
    "push_to_hub_organization",
}
OLD_FLAGS = frozenset(_RULES) | _OTHER_OLD


def translate_old_flags(
    argv: list[str], *, has_accelerator: bool, n_processes: int
) -> tuple[list[str], list[str]]:
    """(`argv` in today's flags, one line for each flag that says what it became).

    `--logging_dir` sets TENSORBOARD_LOGGING_DIR, where today's transformers looks for the folder.
    Raises `UserError` where an old flag has a value it never took, and where an old and a new flag
    contradict each other.
    """
    flags, lines = _with_hub_name(_last_of_old(read_flags(argv))), []
    flags = [_translated(flag, has_accelerator, lines) for flag in flags]
    flags = [flag for flag in flags if flag]
    _refuse_contradictions(flags)
    flags = _without_logging_dir(flags, lines)
    flags = fsdp_as_config(flags, n_processes, lines)
    return [word for flag in flags for word in flag.words], lines


def current_name(name: str) -> str:
    """The flag that an old flag's value goes to today; other names as they are."""
    name = name.replace("-", "_")
    return (_RULES[name].target or name) if name in _RULES else name


def _last_of_old(flags: list[GivenFlag]) -> list[GivenFlag]:
    """As argparse: of an old flag given twice, the last counts."""
    last = {flag.name: i for i, flag in enumerate(flags)}
    return [f for i, f in enumerate(flags) if f.name not in OLD_FLAGS or last[f.name] == i]


def _translated(flag: GivenFlag, has_accelerator: bool, lines: list[str]) -> GivenFlag | None:
    rule = _rule(flag, has_accelerator)
    if rule is None:
        return flag
    _refuse_stray_words(flag)
    try:
        text = rule.write(rule.read(flag.value))
    except ValueError as error:
        raise UserError(f"{flag.text}: expected {error}.") from None
    if text is None:
        lines.append(f"{flag.text}: dropped; {rule.remark if not rule.target else 'the default'}")
        return None
    if rule.target != "fsdp":  # masterkey.training.flags.fsdp_flags says what that becomes
        shown = "…" if rule.target == "hub_token" else text
        remark = f" ({rule.remark})" if rule.remark else ""
        lines.append(f"{flag.text}: now --{rule.target} {shown}{remark}")
    old = rule.target != flag.name
    return GivenFlag(rule.target, [text], flag.text, [f"--{rule.target}", text], old)


def _rule(flag: GivenFlag, has_accelerator: bool) -> _Rule | None:
    if flag.name == "optim" and flag.value in _OLD_OPTIMIZERS:
        return _Rule("optim", lambda name: _OLD_OPTIMIZERS[name])
    if flag.name == "tf32" and not has_accelerator and (flag.value or "true").lower() in TRUE:
        return _dropped("TF32 is a GPU's, and there is none here")
    return _RULES.get(flag.name)


def _refuse_stray_words(flag: GivenFlag) -> None:
    if len(flag.values) > 1 and flag.name != "sharded_ddp":
        raise UserError(f"{flag.text}: takes one value, found {len(flag.values)}.")


def _refuse_contradictions(flags: list[GivenFlag]) -> None:
    """Raise where an old flag and another one set the same flag of today to different values."""
    for flag in (flag for flag in flags if flag.old):
        same = [other for other in flags if other.name == flag.name]
        # As argparse: of a flag of today given twice, the last counts.
        today = [other for other in same if not other.old][-1:]
        for other in [*(other for other in same if other.old), *today]:
            if not same_value(flag.value, other.value):
                raise UserError(f"{flag.text} and {other.text} contradict each other; keep one.")


def _with_hub_name(flags: list[GivenFlag]) -> list[GivenFlag]:
    """`--push_to_hub_organization` in front of the model's name, else of the output folder's."""
    by_name = {flag.name: flag for flag in flags}
    organization = by_name.get("push_to_hub_organization")
    if organization is None:
        return flags
    model = by_name.get("push_to_hub_model_id")
    folder = by_name.get("output_dir", GivenFlag("", ["trainer_output"])).value
    name = f"{organization.value}/{model.value if model else Path(folder).name}"
    text = f"{model.text} {organization.text}" if model else organization.text
    kept = [flag for flag in flags if flag not in (organization, model)]
    return [*kept, GivenFlag("push_to_hub_model_id", [name], text)]


def _without_logging_dir(flags: list[GivenFlag], lines: list[str]) -> list[GivenFlag]:
    for flag in flags:
        if flag.name == "logging_dir":
            if len(flag.values) != 1 or not flag.value:
                raise UserError(f"{flag.text}: expected the name of one folder.")
            os.environ["TENSORBOARD_LOGGING_DIR"] = flag.value
            reported = any(other.name == "report_to" for other in flags)
            lines.append(
                f"{flag.text}: now the environment variable TENSORBOARD_LOGGING_DIR"
                + ("" if reported else "; used only with --report_to tensorboard")
            )
    return [flag for flag in flags if flag.name != "logging_dir"]

"""Command lines of 2023 to 2025, such as Alpaca's, in the flags of transformers 5.17 to 5.23.

    --evaluation_strategy no --warmup_ratio 0.03 --fsdp "full_shard auto_wrap"
    → --eval_strategy no --warmup_steps 0.03 --fsdp --fsdp_config '{"version": 2, …}'

Translated are the flags of the seeds' commands (tests/seed_commands.py), and those that transformers
itself gave a new name. What transformers dropped without a successor is refused like any unknown flag.
docs/training/recipes.md has the table for readers.
"""

from collections.abc import Callable
from typing import NamedTuple

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.fsdp_flags import COMPANIONS, fsdp_as_config
from masterkey.training.flags.given import FALSE, TRUE, GivenFlag, Translated, same_value


def _text(text: str) -> str:
    if not text:
        raise ValueError("a value")
    return text


def _share(text: str) -> str:
    # 1 or more would be a number of steps to today's --warmup_steps.
    try:
        is_share = 0 <= float(text) < 1
    except ValueError:
        is_share = False
    if not is_share:
        raise ValueError("a share of all steps: 0 or more, below 1")
    return text


def _where_true(value: str) -> Callable[[str], str | None]:
    """Reads a switch: `value` where it is on; None, which sets nothing, where it is off."""

    def read(text: str) -> str | None:
        if text and text.lower() not in TRUE | FALSE:
            raise ValueError("True or False")
        return None if text.lower() in FALSE else value

    return read


class _Rule(NamedTuple):
    """`--old value` → `--target read(value)`; `read` raises `ValueError` with what was expected."""

    target: str
    read: Callable[[str], str | None] = _text
    remark: str = ""


_OF_5_17 = "the name that 5.17 knows, too"
_RULES = {
    # In the seeds' commands:
    "evaluation_strategy": _Rule("eval_strategy"),
    "warmup_ratio": _Rule("warmup_steps", _share, "a number below 1 is a share of all steps"),
    # Renamed by transformers:
    "per_gpu_train_batch_size": _Rule("per_device_train_batch_size"),
    "per_gpu_eval_batch_size": _Rule("per_device_eval_batch_size"),
    "no_cuda": _Rule("use_cpu", _where_true("True")),
    "adafactor": _Rule("optim", _where_true("adafactor")),
    "torch_dtype": _Rule("dtype"),
    "torchdynamo": _Rule("torch_compile_backend"),
    "xpu_backend": _Rule("ddp_backend"),
    "tpu_metrics_debug": _Rule("debug", _where_true("tpu_metrics_debug")),
    "include_inputs_for_metrics": _Rule("include_for_metrics", _where_true("inputs")),
    "push_to_hub_token": _Rule("hub_token"),
    "push_to_hub_model_id": _Rule("hub_model_id"),
    # Renamed the other way: the names of 5.23, which 5.17 does not know.
    "activation_checkpointing": _Rule(
        "gradient_checkpointing", lambda text: text or "True", _OF_5_17
    ),
    "activation_checkpointing_kwargs": _Rule("gradient_checkpointing_kwargs", remark=_OF_5_17),
}
OLD_FLAGS = frozenset(_RULES) | set(COMPANIONS) - {"fsdp_config"}


def translate_old_flags(
    flags: list[GivenFlag], *, has_accelerator: bool, n_processes: int
) -> Translated:
    """The same command in today's flags, with a line for each flag that says what it became.

    Raises `UserError` where an old flag has a value it never took, and where an old and a new flag
    contradict each other.
    """
    done = [_translated(flag, has_accelerator) for flag in _last_of_old(flags)]
    flags = [flag for one in done for flag in one.flags]
    _refuse_contradictions(flags)
    sharding = fsdp_as_config(flags, n_processes)
    lines = [line for one in done for line in one.lines]
    return Translated(sharding.flags, lines + sharding.lines)


def current_name(name: str) -> str:
    """The flag that an old flag's value goes to today; other names as they are."""
    name = name.replace("-", "_")
    return _RULES[name].target if name in _RULES else name


def _last_of_old(flags: list[GivenFlag]) -> list[GivenFlag]:
    """As argparse: of an old flag given twice, the last counts."""
    last = {flag.name: i for i, flag in enumerate(flags)}
    return [f for i, f in enumerate(flags) if f.name not in OLD_FLAGS or last[f.name] == i]


def _translated(flag: GivenFlag, has_accelerator: bool) -> Translated:
    if flag.name == "tf32" and not has_accelerator and (flag.value or "true").lower() in TRUE:
        return Translated([], [f"{flag.text}: dropped; TF32 is a GPU's, and there is none here"])
    rule = _RULES.get(flag.name)
    if rule is None:
        return Translated([flag], [])
    if len(flag.values) > 1:
        raise UserError(f"{flag.text}: takes one value, found {len(flag.values)}.")
    try:
        value = rule.read(flag.value)
    except ValueError as error:
        raise UserError(f"{flag.text}: expected {error}.") from None
    if value is None:
        return Translated([], [f"{flag.text}: dropped; the default"])
    shown = "…" if rule.target == "hub_token" else value
    remark = f" ({rule.remark})" if rule.remark else ""
    today = GivenFlag(rule.target, [value], flag.text, [f"--{rule.target}", value], old=True)
    return Translated([today], [f"{flag.text}: now --{rule.target} {shown}{remark}"])


def _refuse_contradictions(flags: list[GivenFlag]) -> None:
    """Raise where an old flag and another one set the same flag of today to different values."""
    for flag in (flag for flag in flags if flag.old):
        same = [other for other in flags if other.name == flag.name]
        # As argparse: of a flag of today given twice, the last counts.
        today = [other for other in same if not other.old][-1:]
        for other in [*(other for other in same if other.old), *today]:
            if not same_value(flag.value, other.value):
                raise UserError(f"{flag.text} and {other.text} contradict each other; keep one.")

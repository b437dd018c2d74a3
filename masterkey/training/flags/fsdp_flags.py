"""`--fsdp "full_shard auto_wrap offload"` and its companions as today's `--fsdp --fsdp_config JSON`.

FSDP2 unless `--fsdp_config '{"version": 1}'` says otherwise. The bare `--fsdp` is meant: transformers
5.17 to 5.23 read `--fsdp True` as an option named "True" and refuse it.
"""

import json
import shlex

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import parse_json, read_json
from masterkey.training.flags.given import (
    FALSE,
    TRUE,
    GivenFlag,
    Translated,
    added_flag,
    same_value,
)

_STRATEGIES = ("full_shard", "shard_grad_op", "hybrid_shard", "hybrid_shard_zero2", "no_shard")
_OPTIONS = (*_STRATEGIES, "offload", "auto_wrap")
COMPANIONS = ("fsdp_config", "fsdp_transformer_layer_cls_to_wrap", "fsdp_min_num_params")
_SMALLER = (
    "to save memory on one GPU take the recipe configs/llama_7b_single_80gb.yaml, --optim "
    "adamw_torch_8bit, or --deepspeed configs/default_offload_opt_param.json"
)


def fsdp_as_config(flags: list[GivenFlag], n_processes: int) -> Translated:
    """`flags` with everything about FSDP in one `--fsdp --fsdp_config JSON`, and what changed.

    With one process, or with `no_shard`, there is nothing to shard: all of it is dropped.
    Raises `UserError` where the flags contradict each other or `--deepspeed`.
    """
    given = {flag.name: flag for flag in flags if flag.name in ("fsdp", *COMPANIONS)}
    if not given:
        return Translated(flags, [])
    place = next(i for i, flag in enumerate(flags) if flag.name in given)
    rest = [flag for flag in flags if flag.name not in given]
    options = _options(given.get("fsdp"))
    if not options:
        idle = [flag.text for name, flag in given.items() if name != "fsdp"]
        return Translated(
            rest, [f"{text}: dropped; it does nothing without --fsdp" for text in idle]
        )
    config = _config(options, given)
    if "deepspeed" in {flag.name for flag in flags}:
        raise UserError(f"{given['fsdp'].text} and --deepspeed both shard the model; keep one.")
    reason = _nothing_to_shard(options, n_processes)
    if reason:
        checkpointing = _checkpointing_without_fsdp(config, rest)
        return Translated(
            rest + checkpointing.flags, _lines_of_dropped(given, reason) + checkpointing.lines
        )
    text = json.dumps(config)
    merged = [
        GivenFlag("fsdp", [], given["fsdp"].text, ["--fsdp"]),
        added_flag("fsdp_config", text),
    ]
    return Translated(
        [*rest[:place], *merged, *rest[place:]], _lines_of_merged(given, options, text)
    )


def _options(flag: GivenFlag | None) -> list[str]:
    """Words of `--fsdp`: [] = off, ["on"] = `--fsdp True`, else how and what to shard."""
    if flag is None or (flag.values and flag.value.lower() in {"", *FALSE}):
        return []
    if flag.value.lower() in {"", *TRUE}:
        return ["on"]
    options = flag.value.lower().split()
    for option in options:
        if option not in _OPTIONS:
            raise UserError(f"{flag.text}: {option!r} is none of {', '.join(_OPTIONS)}.")
    strategies = set(options) & set(_STRATEGIES)
    if len(strategies) != 1:
        found = " and ".join(sorted(strategies)) or "none"
        raise UserError(f"{flag.text}: needs one of {', '.join(_STRATEGIES)}, found {found}.")
    if strategies == {"no_shard"} and "offload" in options:
        raise UserError(f"{flag.text}: only what is sharded can be offloaded; write full_shard.")
    return options


def _config(options: list[str], given: dict[str, GivenFlag]) -> dict:
    """What `--fsdp_config` states and the older flags mean, merged; `UserError` where they differ."""
    config = _stated(given.get("fsdp_config"))
    source = given["fsdp"].text
    strategy = next((option for option in options if option in _STRATEGIES), None)
    hybrid = strategy is not None and strategy.startswith("hybrid")
    version = str(config.setdefault("version", 1 if hybrid else 2))
    if version not in ("1", "2"):
        raise UserError(f"--fsdp_config: version {version}: FSDP has the versions 1 and 2.")
    if hybrid and version == "2":
        raise UserError(
            f"{source}: this transformers has it in FSDP1 only; add --fsdp_config '{{\"version\": 1}}'."
        )
    if strategy:
        reshard = strategy if version == "1" else strategy == "full_shard"
        _state(config, "reshard_after_forward", reshard, source)
    if "offload" in options:
        _state(config, "cpu_offload", True, source)
    _state_units(config, given)
    return config


def _stated(flag: GivenFlag | None) -> dict:
    """The `--fsdp_config` (JSON, or a file of it), its keys without the older prefix `fsdp_`."""
    if flag is None:
        return {}
    text = flag.value.strip()
    config = parse_json(text, "--fsdp_config") if text.startswith("{") else read_json(text)
    if not isinstance(config, dict):
        raise UserError(f"{flag.text}: is no JSON object; write it as {{…}}.")
    return {key.removeprefix("fsdp_"): value for key, value in config.items()}


def _state_units(config: dict, given: dict[str, GivenFlag]) -> None:
    """The two older flags that say what is sharded as one unit."""
    classes = given.get("fsdp_transformer_layer_cls_to_wrap")
    if classes is not None:
        names = classes.value.replace(",", " ").split()
        if not names:
            raise UserError(f"{classes.text}: expected the name of a layer class.")
        _state(config, "transformer_layer_cls_to_wrap", names, classes.text)
    least = given.get("fsdp_min_num_params")
    if least is None:
        return
    if not least.value.isdecimal():
        raise UserError(f"{least.text}: expected a whole number of parameters, 0 or more.")
    if int(least.value):
        if classes is not None:
            raise UserError(f"{least.text} and {classes.text} exclude each other; keep one.")
        _state(config, "auto_wrap_policy", "SIZE_BASED_WRAP", least.text)
        _state(config, "min_num_params", int(least.value), least.text)


def _state(config: dict, key: str, value, source: str) -> None:
    stated = config.get(key, value)
    as_list = [stated] if isinstance(value, list) and isinstance(stated, str) else stated
    if not same_value(as_list, value):
        raise UserError(
            f"{source} and --fsdp_config's {json.dumps({key: stated})} contradict each other; "
            "keep one."
        )
    config[key] = value


def _nothing_to_shard(options: list[str], n_processes: int) -> str:
    if "no_shard" in options:
        return "a whole copy in each process is what runs without --fsdp"
    if n_processes > 1:
        return ""
    reason = "one process has nothing to shard (torchrun --nproc_per_node=N starts several)"
    return f"{reason}; {_SMALLER}" if "offload" in options else reason


def _lines_of_dropped(given: dict[str, GivenFlag], reason: str) -> list[str]:
    companions = [flag.text for name, flag in given.items() if name != "fsdp"]
    return [
        f"{given['fsdp'].text}: dropped; {reason}",
        *(f"{text}: dropped with --fsdp" for text in companions),
    ]


def _lines_of_merged(given: dict[str, GivenFlag], options: list[str], text: str) -> list[str]:
    """Lines for the older spellings only: `--fsdp True --fsdp_config …` is today's."""
    lines = []
    if options != ["on"]:
        remark = "" if "auto_wrap" in options else " (layer by layer, with or without auto_wrap)"
        lines.append(f"{given['fsdp'].text}: now --fsdp --fsdp_config {shlex.quote(text)}{remark}")
    older = [flag.text for name, flag in given.items() if name in COMPANIONS[1:]]
    return lines + [f"{text}: now in --fsdp_config" for text in older]


def _checkpointing_without_fsdp(config: dict, rest: list[GivenFlag]) -> Translated:
    """FSDP's own activation checkpointing, where FSDP goes: as `--gradient_checkpointing True`."""
    stated = "gradient_checkpointing" in {flag.name for flag in rest}
    if stated or not same_value(config.get("activation_checkpointing", False), True):
        return Translated([], [])
    return Translated(
        [added_flag("gradient_checkpointing", "True")],
        ["--fsdp_config's activation_checkpointing: now --gradient_checkpointing True"],
    )

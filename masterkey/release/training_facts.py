"""What a card tells of the training: the tasks, the prompt, the data and what binds them, the recipe.

Every figure is read from what train.py wrote (train_summary.json, prompt_style.json), of this
version or an older one; what was not written is left out, or said to be unknown. No path of the machine
gets into a card.
"""

import re
from pathlib import Path

from masterkey.rows.prompts import build_prompt
from masterkey.rows.records import TASKS
from masterkey.schema.fields import MDP_INSTRUCTION, SII_INSTRUCTION
from masterkey.scripting.paths import ROOT

SYNTHETIC = "SYNTHETIC"
OWN_DATA = "the training group's own"
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


def training_facts(
    summary: dict | None, settings: dict | None, base_model: str | None, origins: dict[str, str]
) -> dict:
    """What both templates of cards need, from the contents of train_summary.json and prompt_style.json.

    `origins` tell what data files are by their SHA-256 (`known_data`). None for a file that is missing.
    """
    summary = summary or {}
    tasks = tasks_of(summary)
    return {
        "base_model": base_model,
        # Of unknown rows, or other ones, the commands of both tasks are shown.
        "tasks": tasks or list(TASKS),
        "prompt": _prompt(settings, tasks) if settings else None,
        "data_files": _data_files(summary, origins),
        "recipe": [(name, text) for name, text in _recipe(summary) if text not in (None, "")],
        "binding": _binding(summary, origins),
    }


def public_name(model: str | None) -> str | None:
    """A model as a card may call it: a hub name as it is, of a folder or file its own name alone."""
    if not model or (_HUB_NAME.fullmatch(model) and not Path(model).exists()):
        return model
    return Path(model).resolve().name


def base_model_of(summary: dict | None) -> str | None:
    """What to call the model that the training began from; None for one from scratch, or unknown."""
    summary = summary or {}
    named = (summary.get("resolved") or {}).get("base_model")
    return named or public_name((summary.get("arguments") or {}).get("model_name_or_path"))


def tasks_of(summary: dict) -> list[str]:
    """The tasks of the training rows; empty where the summary does not tell, or they are of neither."""
    entries = _training_data(summary)
    return [task for task in TASKS if any(entry.get("tasks", {}).get(task) for entry in entries)]


def _prompt(settings: dict, tasks: list[str]) -> dict:
    """The prompt's style, the longest answer [tokens] or None, and the prompt with a place for the input."""
    style = settings["prompt_style"]
    instruction, input = (
        (SII_INSTRUCTION, "{the experimental section}")
        if "mdp" not in tasks or "sii" in tasks
        else (MDP_INSTRUCTION, "{the 19 fields of a device}")
    )
    return {
        "style": style,
        "longest_answer": settings.get("longest_answer"),
        "text": build_prompt(style, instruction, input).text(),
    }


def _training_data(summary: dict) -> list[dict]:
    return [entry for entry in summary.get("data", []) if entry.get("use") != "evaluation"]


# Data


def known_data() -> dict[str, str]:
    """SHA-256 → what it is, of the published data files and the embedded synthetic ones."""
    from masterkey.rows.published_files import PUBLISHED
    from masterkey.scripting.files import sha256

    published = {
        file.sha256: f"published file {name}: CC BY-NC 4.0 (not for commercial use); the paper texts "
        "in it are their publishers'"
        for name, file in PUBLISHED.items()
    }
    synthetic = {
        sha256(path): f"{SYNTHETIC}: invented by data/synthesize.py"
        for path in sorted((ROOT / "data" / "sample").glob("*.json"))
    }
    return published | synthetic


def _origin(file: dict, origins: dict[str, str]) -> str:
    """What a data file is, by its checksum, else by its rows' ids, as far as they were recorded."""
    if file["sha256"] in origins:
        return origins[file["sha256"]]
    n_synthetic, n = file.get("n_synthetic"), file.get("rows")
    if n_synthetic:
        share = "" if n_synthetic == n else f"{n_synthetic} of {n} rows "
        return f"{SYNTHETIC}: {share}invented by data/synthesize.py"
    return OWN_DATA


def is_synthetic(files: list[dict], origins: dict[str, str]) -> bool:
    """Whether any of the data files holds invented rows."""
    return any(_origin(file, origins).startswith(SYNTHETIC) for file in files)


def _data_files(summary: dict, origins: dict[str, str]) -> list[list[str]]:
    """Name, use, rows, bytes, SHA-256 and origin of each data file, as a card's table has them."""
    return [
        [
            file["file"],
            file.get("use", "training"),
            f"{file['rows']:,}" if "rows" in file else "–",
            f"{file['bytes']:,}",
            f"`{file['sha256']}`",
            _origin(file, origins),
        ]
        for file in summary.get("data", [])
    ]


def _binding(summary: dict, origins: dict[str, str]) -> dict:
    """What of the training data binds the weights beside their own licence."""
    found = {_origin(file, origins) for file in _training_data(summary)}
    known = sorted(origin for origin in found if ":" in origin)
    return {
        "known_data": known,
        "other_data": OWN_DATA,
        "has_other_data": not found or len(known) < len(found),
        "has_real_data": not found or not all(origin.startswith(SYNTHETIC) for origin in found),
    }


# Recipe


def _recipe(summary: dict) -> list[tuple[str, object]]:
    """(name, text or None) of what made the weights."""
    arguments, metrics = summary.get("arguments") or {}, summary.get("metrics") or {}
    resolved, run = summary.get("resolved") or {}, summary.get("run") or {}
    steps = f"{run['step']:,} of {run['max_steps']:,}" if "max_steps" in run else None
    versions = ", ".join(f"{name} {v}" for name, v in (summary.get("versions") or {}).items())
    return [
        ("base model", base_model_of(summary)),
        ("from scratch, by the configuration", public_name(arguments.get("config_name"))),
        ("rows", summary.get("n_rows")),
        ("rows of a step", rows_of_a_step(summary)),
        ("epochs", _short(metrics.get("epoch"))),
        ("steps", steps),
        ("learning rate", _learning_rate(arguments)),
        ("optimizer", resolved.get("optimizer", arguments.get("optim"))),
        ("numbers", resolved.get("numbers")),
        ("adapter", resolved.get("adapter")),
        ("most tokens of a row", arguments.get("model_max_length")),
        ("prompt style", arguments.get("prompt_style")),
        ("attention", resolved.get("attention")),
        ("packing", resolved.get("packing")),
        ("sharding", resolved.get("sharding")),
        ("seed", summary.get("seed")),
        ("mean training loss of the run", _short(metrics.get("train_loss"))),
        ("device", _device(summary)),
        ("speed", _speed(summary.get("throughput") or {})),
        ("commit", summary.get("commit")),
        ("versions", versions),
    ]


def rows_of_a_step(summary: dict) -> str | None:
    """Such as "128 (4 per device x 8 accumulated x 4 processes)".

    Summaries that do not know the rows of a step do not know the number of processes, either. Some
    that know it name an accumulation of 1, whatever it was: it follows from the other figures.
    """
    arguments = summary.get("arguments") or {}
    per_device = arguments.get("per_device_train_batch_size")
    n_rows, n_processes = summary.get("rows_per_step"), summary.get("n_processes", 1)
    if not per_device:
        return n_rows and str(n_rows)
    if not n_rows:
        accumulated = arguments.get("gradient_accumulation_steps", 1)
        return (
            f"{per_device * accumulated} on each process ({per_device} x {accumulated} accumulated)"
        )
    accumulated = n_rows // (per_device * n_processes)
    processes = "process" if n_processes == 1 else "processes"
    return f"{n_rows} ({per_device} per device x {accumulated} accumulated x {n_processes} {processes})"


def _learning_rate(arguments: dict) -> str | None:
    rate = arguments.get("learning_rate")
    if rate is None:
        return None
    words = [f"{rate:g}", str(arguments.get("lr_scheduler_type", ""))]
    if warmup := arguments.get("warmup_steps"):
        words.append(
            f"with {warmup:.0%} warm-up" if warmup < 1 else f"with {warmup:g} warm-up steps"
        )
    if decay := arguments.get("weight_decay"):
        words.append(f"weight decay {decay:g}")
    return ", ".join(word for word in words if word)


def _device(summary: dict) -> str | None:
    device, machine = summary.get("device"), summary.get("machine")
    n = summary.get("n_processes", 1)
    where = f"{n} x {device}" if device and n > 1 else device
    return " on ".join(text for text in (where, machine) if text) or None


def _speed(throughput: dict) -> str | None:
    if "tokens_per_second" not in throughput:
        return None
    words = [
        f"{throughput['tokens_per_second']:,.0f} tokens/s, {throughput['tokens']:,} tokens in "
        f"{_time(throughput['seconds'])}"
    ]
    if "mfu" in throughput:
        words.append(f"model FLOPs utilisation {throughput['mfu']:.0%}")
    words.append(
        f"padding {throughput['padding_share']:.0%}; peak memory of the first process "
        f"{throughput['peak_memory_gb']:.1f} GB"
    )
    return "; ".join(words)


def _time(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 7200 else f"{seconds / 60:.1f} minutes"


def _short(value) -> str | None:
    return f"{value:.4g}" if isinstance(value, float) else value

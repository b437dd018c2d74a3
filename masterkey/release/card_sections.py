"""What the card of a training output and that of a released model have in common.

Every figure is read from what train.py wrote (train_summary.json, prompt_style.json), of this
version or an older one; what was not written is left out, or said to be unknown. No path of the machine
gets into a card.
"""

import re
from pathlib import Path

from masterkey.rows.prompts import build_prompt
from masterkey.rows.records import TASKS
from masterkey.schema.fields import MDP_INSTRUCTION, SII_INSTRUCTION
from masterkey.scripting.tables import markdown_table

ROOT = Path(__file__).resolve().parents[2]
SYNTHETIC = "SYNTHETIC"
OWN_DATA = "the training group's own"
INTRODUCTION = (
    "A causal language model for perovskite solar cells. The tasks of this kind of model: to read "
    "an experimental section into a 31-field device schema (SII, structured information inference), "
    "and to predict Voc, Jsc, FF and PCE from such a schema (MDP, material and device prediction)."
)
CITATION = (
    "The tasks and the published data: *Large Language Models as Master Key: Unlocking the Secrets of "
    "Materials Science*, arXiv 2304.02213; Patterns 5(5), 2024, doi 10.1016/j.patter.2024.100955. The "
    "labels come from the Perovskite Database Project, Nature Energy 2022, doi "
    "10.1038/s41560-021-00941-3."
)
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_TAGS = ("materials-science", "perovskite-solar-cells", "information-extraction")


def head(license: str, base_model: str | None, is_adapter: bool = False) -> str:
    """The metadata that the Hugging Face hub reads, as YAML between two rules."""
    lines = ["---", f"license: {license}", "language: en"]
    lines += [f"library_name: {'peft' if is_adapter else 'transformers'}"]
    lines += ["pipeline_tag: text-generation"]
    if base_model and "/" in base_model:
        lines += [f"base_model: {base_model}"]
        lines += [f"base_model_relation: {'adapter' if is_adapter else 'finetune'}"]
    tags = (*_TAGS, *(("lora",) if is_adapter else ()))
    return "\n".join([*lines, "tags:", *(f"- {tag}" for tag in tags), "---"])


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


def prompt(settings: dict, tasks: list[str]) -> str:
    """The section on the prompt, from the content of prompt_style.json."""
    style = settings["prompt_style"]
    sii = "mdp" not in tasks or "sii" in tasks
    instruction, input = (
        (SII_INSTRUCTION, "{the experimental section}")
        if sii
        else (MDP_INSTRUCTION, "{the 19 fields of a device}")
    )
    longest = settings.get("longest_answer")
    answer = f" The longest training answer had {longest} tokens." if longest else ""
    return (
        f"## Prompt\n\nThe style `{style}` (also in prompt_style.json, which the scripts read). Another "
        f"one costs accuracy.{answer}\n\n```\n{build_prompt(style, instruction, input).text()}\n```"
    )


def prediction_commands(model: str, tasks: list[str]) -> list[str]:
    """The scripts' command lines with `model` for new papers ("sii") and devices ("mdp")."""
    lines = {
        "sii": f"python sii_test.py --model {model} --data_path papers.json --output_path sii.jsonl",
        "mdp": f"python regression_test.py --model {model} --data_path devices.json --output_path mdp.jsonl",
    }
    return [lines[task] for task in tasks or TASKS]


def tasks_of(summary: dict) -> list[str]:
    """The tasks of the training rows; empty where the summary does not tell, or they are of neither."""
    entries = _training_data(summary)
    return [task for task in TASKS if any(entry.get("tasks", {}).get(task) for entry in entries)]


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


def training(summary: dict, origins: dict[str, str]) -> str:
    """The section on data and recipe, from the content of train_summary.json."""
    data = summary.get("data", [])
    rows = [
        [
            file["file"],
            file.get("use", "training"),
            f"{file['rows']:,}" if "rows" in file else "–",
            f"{file['bytes']:,}",
            f"`{file['sha256']}`",
            _origin(file, origins),
        ]
        for file in data
    ]
    table = markdown_table(["data file", "for", "rows", "bytes", "SHA-256", "what it is"], rows)
    lines = [f"- {name}: {value}" for name, value in _recipe(summary) if value not in (None, "")]
    return "\n".join(["## Training", "", table, "", *lines])


def licence_notes(summary: dict | None, base_model: str | None, origins: dict) -> list[str]:
    """What binds the weights beside their own licence, a line each."""
    notes = []
    if base_model:
        notes.append(
            f"- `{base_model}`: its licence goes on to hold for what was made from it. Where it forbids "
            "to pass weights on, only a difference may be released."
        )
    found = {_origin(file, origins) for file in _training_data(summary or {})}
    notes += [f"- training data, {origin}" for origin in sorted(found) if ":" in origin]
    if not found or any(":" not in origin for origin in found):
        notes.append(f"- training data that are {OWN_DATA}, or unknown: ask them.")
    if not found or not all(origin.startswith(SYNTHETIC) for origin in found):
        notes.append(
            "- the Perovskite Database, from which the published labels come: CC BY 4.0; name its paper."
        )
    return notes


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

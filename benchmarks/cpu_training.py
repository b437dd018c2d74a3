"""Training by LoRA on a CPU, beside an earlier commit: tokens per second, peak memory, losses.

    python benchmarks/cpu_training.py --model runs/gemma/base --data data/sii360.json --beside ../earlier

The same command, `train.py --lora_r 16` with 8 rows a step of up to 2,048 tokens and recomputing, runs in turns in
both checkouts, each in a process of its own. Tokens per second are those of train_summary.json, padding not counted,
and the same for the process's CPU seconds, since other work on the machine takes its time from both. Memory is the most
that the process held (its resident set), libraries included. `planned_gb` is what --plan said of this commit's command.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from device_training import ROOT, commit_of, measure

from masterkey.rows.records import read_rows
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import read_json, write_json
from masterkey.scripting.provenance import processor, provenance

RESULT = ROOT / "benchmarks" / "results" / "cpu_training.json"
FLAGS = (
    "--lora_r 16 --model_max_length 2048 --per_device_train_batch_size 8 --gradient_checkpointing True "
    "--num_train_epochs 1 --learning_rate 2e-4 --logging_steps 1 --save_strategy no --use_cpu True"
).split()


@dataclass
class Arguments:
    model: str = field(metadata={"help": "folder of the base model"})
    data: str = field(metadata={"help": "rows of the task sii"})
    beside: str | None = field(default=None, metadata={"help": "checkout of an earlier commit"})
    steps: int = field(default=1, metadata={"help": "steps of 8 rows"})
    repeats: int = field(default=1, metadata={"help": "runs of each, in turns"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    if arguments.beside and not (Path(arguments.beside) / "train.py").exists():
        raise UserError(f"--beside {arguments.beside}: holds no train.py.")
    checkouts = {"this": ROOT}
    if arguments.beside:
        checkouts = {"beside": Path(arguments.beside).resolve(), **checkouts}
    with tempfile.TemporaryDirectory() as folder:
        flags = command_flags(arguments, Path(folder))
        found = {name: [] for name in checkouts}
        for _ in range(arguments.repeats):
            for name, checkout in checkouts.items():
                found[name].append(trained(flags, checkout, Path(folder) / "model"))
                print(f"{name}: {found[name][-1]}", flush=True)
        planned = planned_gb(flags)
    write_json(arguments.output_path, result(found, planned, checkouts, arguments))
    print(f"written: {arguments.output_path}")


def command_flags(arguments: Arguments, folder: Path) -> list[str]:
    """The flags of train.py but for the output folder; writes the rows and keeps them tokenised."""
    rows = read_rows(arguments.data, task="sii")[: 8 * arguments.steps]
    names = ("instruction", "input", "output")
    write_json(folder / "rows.json", [{name: getattr(row, name) for name in names} for row in rows])
    paths = {
        "--model_name_or_path": Path(arguments.model).resolve(),
        "--data_path": folder / "rows.json",
        "--cache_dir": folder / "cache",
    }
    return [*(str(word) for pair in paths.items() for word in pair), *FLAGS]


def trained(flags: list[str], checkout: Path, output: Path) -> dict:
    """Figures of one run in a process of its own."""
    shutil.rmtree(output, ignore_errors=True)
    used = measure([checkout / "train.py", *flags, "--output_dir", output], checkout, decimals=1)
    summary = read_json(output / "train_summary.json")
    return used | {
        "tokens_per_second": round(summary["throughput"]["tokens_per_second"], 1),
        "losses": [line["loss"] for line in summary["log"] if "loss" in line],
    }


def planned_gb(flags: list[str]) -> float:
    """What --plan says that this run takes on a CPU [GB]."""
    words = [sys.executable, str(ROOT / "train.py"), *flags, "--plan"]
    printed = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    [line] = [line for line in printed.splitlines() if line.startswith("on a CPU")]
    return float(line.split()[3])


def result(found: dict, planned: float, checkouts: dict, arguments: Arguments) -> dict:
    """The content of the result file."""
    best = {
        name: {
            "tokens_per_second": max(run["tokens_per_second"] for run in runs),
            "cpu_seconds": min(run["cpu_seconds"] for run in runs),
            "peak_mb": max(run["peak_mb"] for run in runs),
        }
        for name, runs in found.items()
    }
    ratios = {}
    if "beside" in best:
        ratios = {
            name: round(best["this"][name] / best["beside"][name], 2) for name in best["this"]
        }
    return {
        "about": "train.py with LoRA on a CPU, whole processes, in turns with an earlier commit",
        "flags": " ".join(FLAGS),
        "limits": {"tokens_per_second": 2.0, "peak_mb": 0.4},
        "commit_beside": commit_of(checkouts["beside"]) if "beside" in checkouts else None,
        "runs": found,
        "this_to_beside": ratios,
        "planned_gb": planned,
        "preloaded": os.environ.get("LD_PRELOAD"),
        "load": round(os.getloadavg()[0], 1),
        "processor": processor(),
        **provenance([arguments.data]),
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

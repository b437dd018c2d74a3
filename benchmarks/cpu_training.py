"""Training by LoRA on a CPU, beside an earlier commit: tokens per second, peak memory, losses.

    python benchmarks/cpu_training.py --model runs/gemma/base --data data/sii360.json --beside ../earlier

The same command, `train.py --lora_r 16` with 8 rows a step of up to 2,048 tokens and recomputing, runs in turns in
both checkouts, each in a process of its own. Tokens per second are those of train_summary.json, padding not counted,
and the same for the process's CPU seconds, since other work on the machine takes its time from both. Memory is the most
that the process held (its resident set), libraries included. `planned` is what --plan said of this commit's command.
"""

import os
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
    found = {name: [] for name in checkouts}
    for _ in range(arguments.repeats):
        for name, checkout in checkouts.items():
            found[name].append(trained(arguments, checkout))
            print(f"{name}: {found[name][-1]}", flush=True)
    write_json(arguments.output_path, result(found, checkouts, arguments))
    print(f"written: {arguments.output_path}")


def trained(arguments: Arguments, checkout: Path) -> dict:
    """Figures of one run in a process of its own."""
    rows = read_rows(arguments.data, task="sii")[: 8 * arguments.steps]
    with tempfile.TemporaryDirectory() as folder:
        data, output = Path(folder) / "rows.json", Path(folder) / "model"
        write_json(
            data,
            [
                {"instruction": row.instruction, "input": row.input, "output": row.output}
                for row in rows
            ],
        )
        command = [
            *(checkout / "train.py", "--model_name_or_path", Path(arguments.model).resolve()),
            *("--data_path", data, "--output_dir", output, "--cache_dir", Path(folder) / "cache"),
            *FLAGS,
        ]
        used = measure(command, checkout, decimals=1)
        summary = read_json(output / "train_summary.json")
    return {**used, "summary": summary}


def result(found: dict, checkouts: dict, arguments: Arguments) -> dict:
    """The content of the result file."""
    return {
        "about": "train.py with LoRA on a CPU, whole processes, in turns with an earlier commit",
        "flags": " ".join(FLAGS),
        "commit_beside": commit_of(checkouts["beside"]) if "beside" in checkouts else None,
        "runs": found,
        "load": round(os.getloadavg()[0], 1),
        "processor": processor(),
        **provenance([arguments.data]),
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

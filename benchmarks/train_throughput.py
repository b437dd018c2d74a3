"""Real tokens per second and peak memory of train.py beside TRL's SFTTrainer, and lever by lever.

    python benchmarks/train_throughput.py                     # about half an hour on 2 cores
    python benchmarks/train_throughput.py --tables trl --repeats 1 --output_path runs/quick.json
    python benchmarks/train_throughput.py --tables gpu        # LLaMA-7B, random weights, one 80 GB GPU

Every run is a process of its own (benchmarks/timed_training.py): the same first weights, the same rows
encoded alike, one epoch, the same learning rate, 8 rows a step. Real tokens are those of prompts and
answers, padding left out. Tables:

- `trl`: TRL as it is by default (bf16, activation checkpointing), TRL with the flags that suit this machine
  best, and train.py, in turns, `--repeats` times; ratios are of the medians.
- `levers`: from Hugging Face's Trainer as the Alpaca script uses it, one thing more a row; then single
  changes of train.py.
- `gpu`: full fine-tuning in bf16 with 8-bit AdamW: batches of 4 padded rows, and the recipe.

Without --data_dir, or the published rows in it, the **synthetic** rows of data/sample are taken.
tokens/s counts the whole training, torch.compile's work included; `after_first_steps` leaves out the first
`--n_warm_up` steps. TRL must be installed (requirements-dev.txt).
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import read_json, write_json
from masterkey.scripting.provenance import processor, provenance

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "train_throughput.json"
SHARED = Path(os.environ.get("MASTERKEY_SHARED", ROOT.parent / "shared")) / "data"
PUBLISHED = {"regression360": "regression360.json", "sii360": "sii360.json"}
SYNTHETIC = {"regression360": "mdp_train.json", "sii360": "sii_train.json"}
LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "rms_norm_eps": 1e-6}
LLAMA |= {"max_position_embeddings": 2048, "tie_word_embeddings": False}
# 5.26 M parameters with a vocabulary of 4,096.
SMALL = {"hidden_size": 256, "intermediate_size": 688, "num_hidden_layers": 4}
SMALL |= {"num_attention_heads": 4, "num_key_value_heads": 4, "vocab_size": 4096}
LLAMA_7B = {"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32}
LLAMA_7B |= {"num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32000}

BF16, COMPILE = ("--bf16", "True"), ("--torch_compile", "True")
PADDED, PACKED = ("--packing", "false"), ("--packing", "true")
CHECKPOINTING = ("--gradient_checkpointing", "True")
# Row of the table: how it is run, and with which flags.
TABLES = {
    "trl": {
        "TRL, defaults": ("trl", "--trl_defaults"),
        "TRL, no checkpointing, by length": ("trl", *BF16, "--by_length"),
        "train.py": ("train.py",),
        "train.py --bf16": ("train.py", *BF16),
        "train.py --bf16 --torch_compile": ("train.py", *BF16, *COMPILE),
    },
    "levers": {
        "Trainer, padded batches, all logits": ("plain",),
        "+ logits of the answers only": ("answers",),
        "+ passes of like lengths, no mask (train.py)": ("train.py",),
        "+ bf16": ("train.py", *BF16),
        "+ torch.compile": ("train.py", *BF16, *COMPILE),
        "train.py, packed": ("train.py", *PACKED),
        "train.py, bf16, packed": ("train.py", *BF16, *PACKED),
        "train.py, bf16, checkpointing": ("train.py", *BF16, *CHECKPOINTING),
        "train.py, bf16, checkpointing, every 2nd": (
            *("train.py", *BF16, *CHECKPOINTING),
            *("--activation_checkpointing_every", "2"),
        ),
        "train.py, bf16, optimizer not fused": ("train.py", *BF16, "--optim", "adamw_torch"),
        "train.py, bf16, logits in chunks of 256": ("train.py", *BF16, "--loss_chunk_size", "256"),
    },
    "gpu": {
        "Trainer, padded batches of 4": (
            *("plain", "--dtype", "bfloat16", "--optim", "adamw_torch_8bit", *CHECKPOINTING),
            *("--per_device_train_batch_size", "4"),
        ),
        "train.py, padded": ("recipe", *PADDED),
        "train.py": ("recipe",),
        "train.py --torch_compile": ("recipe", *COMPILE),
        "train.py, checkpointing, every 2nd": ("recipe", "--activation_checkpointing_every", "2"),
    },
}
ROWS_OF_A_STEP = 8
RECIPE = str(ROOT / "configs" / "llama_7b_single_80gb.yaml")


@dataclass
class Arguments:
    tables: list[str] = field(
        default_factory=lambda: ["trl", "levers"],
        metadata={"help": "tables to measure", "choices": list(TABLES)},
    )
    data_dir: str = field(
        default=os.path.relpath(SHARED), metadata={"help": "folder of the published files"}
    )
    n_rows: list[int] = field(
        default_factory=lambda: [240, 64],
        metadata={"help": "rows of regression360 and sii360, drawn by --seed; 0 leaves one out"},
    )
    repeats: int = field(default=3, metadata={"help": "runs of each row of a table, in turns"})
    n_warm_up: int = field(default=2, metadata={"help": "steps left out of after_first_steps"})
    config_name: str | None = field(
        default=None, metadata={"help": "another model (JSON); default: 5 M, 7B with --tables gpu"}
    )
    seed: int = field(default=0, metadata={"help": "of rows, weights and order"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    fewest = ROWS_OF_A_STEP * (arguments.n_warm_up + 1)
    if len(arguments.n_rows) != 2 or any(0 < n < fewest for n in arguments.n_rows):
        raise UserError(f"--n_rows takes two numbers of {fewest} at least, or 0.")
    if arguments.repeats < 1:
        raise UserError(f"--repeats {arguments.repeats}: give a number of at least 1.")
    tables: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources, synthetic = data_files(arguments, folder)
        train_tokenizer(sources, folder)
        if "gpu" in arguments.tables:
            fill_tokenizer(folder, LLAMA_7B["vocab_size"])
        for table in arguments.tables:
            write_model(arguments.config_name, table, folder)
            tables[table] = {data: measured(table, data, folder, arguments) for data in sources}
            for data, rows in tables[table].items():
                show(table, data, rows, synthetic)
        content = result(tables, sources, synthetic, arguments)
    write_json(arguments.output_path, content)
    print(f"written: {arguments.output_path}")


def data_files(arguments: Arguments, folder: Path) -> tuple[dict[str, Path], bool]:
    """(The source of each data set, whether they are synthetic); their drawn rows go to `folder`."""
    sources = {name: Path(arguments.data_dir) / file for name, file in PUBLISHED.items()}
    synthetic = not all(path.exists() for path in sources.values())
    if synthetic:
        print(f"{arguments.data_dir}: no published rows; SYNTHETIC rows are taken")
        sources = {name: ROOT / "data" / "sample" / file for name, file in SYNTHETIC.items()}
    sources = {
        name: path for (name, path), n in zip(sources.items(), arguments.n_rows, strict=True) if n
    }
    for (name, path), n in zip(sources.items(), filter(None, arguments.n_rows), strict=True):
        rows = read_json(path)
        random.Random(arguments.seed).shuffle(rows)
        write_json(folder / f"{name}.json", rows[:n])
    return sources, synthetic


def train_tokenizer(sources: dict[str, Path], folder: Path) -> None:
    script = ROOT / "data" / "train_tokenizer.py"
    words = ["--data_path", *sources.values(), "--output_dir", folder / "tokenizer"]
    subprocess.run([sys.executable, script, *words], check=True, stdout=subprocess.DEVNULL)


def fill_tokenizer(folder: Path, size: int) -> None:
    """Up to `size` tokens: a new model takes the size of its vocabulary from its tokenizer."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
    tokenizer.add_tokens([f"<unused {i}>" for i in range(size - len(tokenizer))])
    tokenizer.save_pretrained(folder / "tokenizer")


def write_model(config_name: str | None, table: str, folder: Path) -> None:
    size = LLAMA_7B if table == "gpu" else SMALL
    config = read_json(config_name) if config_name else {**LLAMA, **size}
    write_json(folder / "model.json", config)


def measured(table: str, data: str, folder: Path, arguments: Arguments) -> dict[str, dict]:
    """Rows of a table on one data set. Raises `UserError` where the real tokens differ."""
    runs: dict[str, list[dict]] = {name: [] for name in TABLES[table]}
    for turn in range(arguments.repeats):
        for name, (kind, *flags) in TABLES[table].items():
            runs[name].append(timed(kind, flags, data, folder, arguments.seed))
            print(
                f"{data}, {name}, run {turn + 1}: {rate(runs[name][-1]):,.0f} tokens/s", flush=True
            )
    if len({run["n_tokens"] for of_row in runs.values() for run in of_row}) > 1:
        raise UserError(f"{data}: the trainers disagree about the number of real tokens.")
    return {name: summary(of_row, arguments.n_warm_up) for name, of_row in runs.items()}


def timed(kind: str, flags: list[str], data: str, folder: Path, seed: int) -> dict:
    """What benchmarks/timed_training.py prints of one run, which writes no weights to keep."""
    with tempfile.TemporaryDirectory(dir=folder) as output:
        words = [RECIPE, "--global_batch_size", ROWS_OF_A_STEP] if kind == "recipe" else []
        words += ["--config_name", folder / "model.json", "--tokenizer_name", folder / "tokenizer"]
        words += ["--data_path", folder / f"{data}.json", "--cache_dir", folder / "cache"]
        words += ["--output_dir", output, "--num_train_epochs", "1", "--learning_rate", "1e-3"]
        words += [] if kind == "recipe" else ["--per_device_train_batch_size", ROWS_OF_A_STEP]
        words += ["--seed", seed, "--save_strategy", "no", "--report_to", "none"]
        words += ["--disable_tqdm", "True", *flags]
        kind = "train.py" if kind == "recipe" else kind
        script = ROOT / "benchmarks" / "timed_training.py"
        done = subprocess.run(
            [sys.executable, script, kind, *map(str, words)],
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
    if done.returncode:
        raise UserError(f"{kind} {' '.join(flags)}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def rate(run: dict) -> float:
    return run["n_tokens"] / run["seconds"]


def rate_after(run: dict, n_warm_up: int) -> float:
    """Real tokens/s without the first steps, which are taken to hold as many tokens as the others."""
    seconds = run["seconds_of_steps"][n_warm_up:]
    return run["n_tokens"] * len(seconds) / run["n_steps"] / sum(seconds)


def summary(runs: list[dict], n_warm_up: int) -> dict:
    """Medians over the runs of one row of a table."""
    return {
        "tokens_per_second": round(statistics.median(map(rate, runs))),
        "after_first_steps": round(statistics.median(rate_after(run, n_warm_up) for run in runs)),
        "peak_mb": round(statistics.median(run["peak_mb"] for run in runs)),
        "mb_at_start": round(statistics.median(run["mb_at_start"] for run in runs)),
        "mfu": runs[-1]["mfu"],
        "train_loss": round(statistics.median(run["train_loss"] for run in runs), 4),
        "runs": [{"tokens_per_second": round(rate(run)), **run} for run in runs],
    }


def show(table: str, data: str, rows: dict[str, dict], synthetic: bool) -> None:
    from tabulate import tabulate

    base = next(iter(rows.values()))
    n_tokens = base["runs"][0]["n_tokens"]
    lines = [
        [
            name,
            f"{row['tokens_per_second']:,}",
            f"{row['tokens_per_second'] / base['tokens_per_second']:.2f} x",
            f"{row['after_first_steps']:,}",
            f"{row['peak_mb']:,}",
            f"{row['peak_mb'] / base['peak_mb']:.2f} x",
            f"{row['train_loss']:.3f}",
        ]
        for name, row in rows.items()
    ]
    header = ["", "tokens/s", "", "after first steps", "peak MB", "", "mean loss"]
    mark = ", SYNTHETIC" if synthetic else ""
    print(f"\n{table}, {data}{mark}: {n_tokens:,} real tokens")
    print(tabulate(lines, header, disable_numparse=True, colalign=["left", *["right"] * 6]))
    print(flush=True)


def result(tables: dict, sources: dict, synthetic: bool, arguments: Arguments) -> dict:
    """The content of the result file."""
    import importlib.metadata

    settings = asdict(arguments)
    return {
        "about": "real tokens/s of one epoch, each run a process of its own, in turns",
        "synthetic": synthetic,
        "settings": {name: settings[name] for name in ("n_rows", "repeats", "n_warm_up", "seed")},
        "flags": {table: TABLES[table] for table in tables},
        "tables": tables,
        "device": device(),
        "processor": processor(),
        **provenance(list(sources.values())),
        "trl": importlib.metadata.version("trl"),
    }


def device() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


if __name__ == "__main__":
    run(main, Arguments, __doc__)

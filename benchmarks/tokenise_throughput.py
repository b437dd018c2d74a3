"""Tokenising 52,000 Alpaca-size rows: seconds, rows/s and peak memory, against row by row.

    python benchmarks/tokenise_throughput.py                     # about four minutes on 2 cores
    python benchmarks/tokenise_throughput.py --n_rows 5000 --output_path runs/quick.json

The rows are invented: words of data/seed_tasks.jsonl and made-up ones, drawn by Zipf's law, in the
lengths of Alpaca's 52,000 rows (instruction 60 characters, input on 40 % of the rows, output 270). Two
byte-level BPE tokenizers are trained on them by data/train_tokenizer.py, with vocabularies of 4,096 and
32,000; neither that nor the writing of the rows is measured. Each method runs in its own process:

- `first_time`: masterkey.training.batches.tokenised_rows with an empty cache: reads and checks the rows, tokenises them
  in batches on the fast tokenizer's threads, writes the Arrow file, maps it.
- `from_cache`: the same call again. Checksums of data and cache file are compared.
- `row_by_row`: the plain way: one tokenizer call for each prompt and each answer, ids and labels
  kept in lists (--n_row_by_row: on the first rows only).

Seconds are those of the call, without importing libraries and loading the tokenizer; peak memory is the
process's largest resident set, the libraries' part given beside it. `microseconds_per_example`: fetching
ids and labels of rows in random order, 64 at a time.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import read_text, write_json
from masterkey.scripting.provenance import processor, provenance

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "tokenise_throughput.json"
SEED_TASKS = ROOT / "data" / "seed_tasks.jsonl"
VOCABULARIES = (4096, 32000)
N_MADE_UP_WORDS = 60_000
LIMITS = {"first_time_seconds": 30, "from_cache_seconds": 2, "microseconds_per_example": 50}
START = """
import json, resource, sys, time
import datasets, numpy, pyarrow, torch, transformers
from masterkey.weights.checkpoints import load_tokenizer
from masterkey.rows.prompts import PromptSettings, build_prompt
from masterkey.rows.records import model_text, read_rows
from masterkey.training.batches.tokenised_rows import tokenised_rows
def peak_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
data, folder, cache, n = *sys.argv[1:4], int(sys.argv[4])
tokenizer = load_tokenizer(folder)
libraries_mb = peak_mb()
start = time.perf_counter()
"""
END = """
print(json.dumps({"seconds": round(seconds, 3), "peak_mb": peak_mb(), "libraries_mb": libraries_mb, **more}))
"""
TOKENISED = (
    START
    + """
rows = tokenised_rows([data], tokenizer, PromptSettings("alpaca"), 2048, cache)
seconds = time.perf_counter() - start
more = {
    "n_rows": len(rows),
    "n_tokens": int(rows.lengths.sum()),
    "n_tokens_of_first_rows": int(rows.lengths[:n].sum()),
}
order = numpy.random.default_rng(0).permutation(len(rows))
rows.examples(order[:1])
start = time.perf_counter()
for first in range(0, len(rows), 64):
    rows.examples(order[first : first + 64])
more["microseconds_per_example"] = round((time.perf_counter() - start) / len(rows) * 1e6, 1)
"""
    + END
)
ROW_BY_ROW = (
    START
    + """
def ids(text):
    return tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
encoded = []
for row in read_rows(data)[:n]:
    input, output = model_text(row)
    prompt = [tokenizer.bos_token_id, *ids(build_prompt("alpaca", row.instruction, input).text())]
    answer = [*ids(output), tokenizer.eos_token_id]
    encoded.append({"input_ids": prompt + answer, "labels": [-100] * len(prompt) + answer})
seconds = time.perf_counter() - start
n_tokens = sum(len(row["input_ids"]) for row in encoded)
more = {"n_rows": len(encoded), "n_tokens": n_tokens, "n_tokens_of_first_rows": n_tokens}
"""
    + END
)


@dataclass
class Arguments:
    n_rows: int = field(default=52_000, metadata={"help": "rows of the data file"})
    n_row_by_row: int = field(default=52_000, metadata={"help": "rows tokenised row by row"})
    repeats: int = field(default=3, metadata={"help": "runs of each method, in turns"})
    seed: int = field(default=0, metadata={"help": "seed of the rows"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    for name in ("n_rows", "n_row_by_row", "repeats"):
        if getattr(arguments, name) < 1:
            raise UserError(f"--{name} {getattr(arguments, name)}: give a number of at least 1.")
    tables = {}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "rows.json"
        write_json(data, invented_rows(arguments.n_rows, arguments.seed))
        for size in VOCABULARIES:
            tokenizer = Path(folder) / f"tokenizer_{size}"
            train_tokenizer(data, size, tokenizer)
            name = f"vocabulary_{size}"
            tables[name] = summary(measure_in_turns(data, tokenizer, arguments))
            show(name, tables[name])
        n_bytes = data.stat().st_size
    write_json(arguments.output_path, result(tables, n_bytes, arguments))
    print(f"written: {arguments.output_path}")


def invented_rows(n_rows: int, seed: int) -> list[dict]:
    """Rows of Alpaca's lengths in characters; equal for equal arguments."""
    draw = random.Random(seed)
    words = seed_words()
    draw.shuffle(words)
    words += [made_up_word(draw) for _ in range(N_MADE_UP_WORDS)]
    # Zipf's law: the word at place p is as frequent as 1 / (p + 10).
    weights = [1 / (place + 10) for place in range(len(words))]
    supply = iter(draw.choices(words, weights, k=n_rows * 100))

    def text(mean: int) -> str:
        left, chosen = draw.lognormvariate(0, 0.6) * mean / 1.2, []
        while left > 0 or not chosen:
            chosen.append(next(supply))
            left -= len(chosen[-1]) + 1
        return " ".join(chosen)

    return [
        {
            "instruction": text(56),
            "input": text(60) if draw.random() < 0.4 else "",
            "output": text(266),
        }
        for _ in range(n_rows)
    ]


def seed_words() -> list[str]:
    """The distinct words of the seed tasks."""
    tasks = [json.loads(line) for line in read_text(SEED_TASKS).splitlines()]
    texts = [task["instruction"] for task in tasks]
    texts += [text for task in tasks for pair in task["instances"] for text in pair.values()]
    return sorted({word for text in texts for word in text.split()})


def made_up_word(draw: random.Random) -> str:
    syllables = (
        draw.choice("bcdfghklmnprstvw") + draw.choice("aeiou") + draw.choice(["", "n", "r", "s"])
        for _ in range(draw.randint(1, 4))
    )
    return "".join(syllables)


def train_tokenizer(data: Path, size: int, folder: Path) -> None:
    script = ROOT / "data" / "train_tokenizer.py"
    words = ["--data_path", data, "--vocab_size", str(size), "--output_dir", folder]
    subprocess.run([sys.executable, script, *words], check=True, stdout=subprocess.DEVNULL)


def measure_in_turns(data: Path, tokenizer: Path, arguments: Arguments) -> dict[str, list[dict]]:
    """What each run of each method printed. Raises `UserError` where their tokens differ."""
    runs: dict[str, list[dict]] = {"first_time": [], "from_cache": [], "row_by_row": []}
    for number in range(arguments.repeats):
        for name, of_method in runs.items():
            code = ROW_BY_ROW if name == "row_by_row" else TOKENISED
            cache = f"{tokenizer}_cache{number}"
            words = [data, tokenizer, cache, str(arguments.n_row_by_row)]
            done = subprocess.run(
                [sys.executable, "-c", code, *words], check=True, capture_output=True, text=True
            )
            *lines, last = done.stdout.splitlines()
            assert any("from the cache" in line for line in lines) == (name == "from_cache")
            of_method.append(json.loads(last))
        if len({of_method[-1].pop("n_tokens_of_first_rows") for of_method in runs.values()}) > 1:
            raise UserError(f"{tokenizer.name}: the methods disagree about the number of tokens.")
    return runs


def summary(runs: dict[str, list[dict]]) -> dict:
    """Medians of each method, and the ratio of rows/s of first time and row by row."""
    table = {}
    for name, of_method in runs.items():
        seconds = statistics.median(run["seconds"] for run in of_method)
        first = of_method[0]
        table[name] = {
            "n_rows": first["n_rows"],
            "n_tokens": first["n_tokens"],
            "seconds": seconds,
            "rows_per_second": round(first["n_rows"] / seconds),
            "peak_mb": max(run["peak_mb"] for run in of_method),
            "runs": of_method,
        }
        if "microseconds_per_example" in first:
            each = [run["microseconds_per_example"] for run in of_method]
            table[name]["microseconds_per_example"] = statistics.median(each)
    rates = [table[name]["rows_per_second"] for name in ("first_time", "row_by_row")]
    return {**table, "first_time_against_row_by_row": round(rates[0] / rates[1], 2)}


def show(vocabulary: str, table: dict) -> None:
    for name in ("first_time", "from_cache", "row_by_row"):
        row = table[name]
        print(
            f"{vocabulary}, {name}: {row['n_rows']:,} rows, {row['n_tokens']:,} tokens in "
            f"{row['seconds']} s ({row['rows_per_second']:,} rows/s), at most {row['peak_mb']} MB",
            flush=True,
        )
    print(f"{vocabulary}, first time against row by row: {table['first_time_against_row_by_row']}")


def result(tables: dict, n_bytes: int, arguments: Arguments) -> dict:
    """The content of the result file."""
    names = ("n_rows", "n_row_by_row", "repeats", "seed")
    return {
        "about": "tokenising invented rows of Alpaca's lengths, each method in its own process",
        "settings": {name: getattr(arguments, name) for name in names},
        "data_bytes": n_bytes,
        "limits": LIMITS,
        **tables,
        "processor": processor(),
        **provenance([SEED_TASKS]),
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

"""Do the intervals of a fine-tuned language model hold, on invented devices, and how wide are they?

    python benchmarks/answer_intervals.py                             # some 15 minutes on 2 quiet cores
    python benchmarks/answer_intervals.py --limit 240                 # of the 400 new rows

Makes SYNTHETIC rows (data/synthesize.py), holds a quarter of the training recipes back, trains a tiny LLaMA on
the rest (train.py configs/tiny.yaml), and predicts new recipes with it, calibrated on what was held back
(regression_test.py --calibration). Beside it stands `forests_and_kernel`, learned from the same rows. What is
there already is not done again, so a killed run goes on.

Printed, and written to --output_path: for each target the share of rows with an interval, and on the rows for which
both methods give one, the share of measured values inside, with binomial 95 % intervals (Clopper and
Pearson), and the mean width. The devices are invented: the figures show that intervals hold what
they say for rows like the calibrating ones, nothing about real cells.
"""

import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from masterkey.rows.predictions import read_predictions
from masterkey.rows.records import read_rows
from masterkey.rows.splits import stable_split
from masterkey.schema.fields import MDP_TARGETS, TARGET_UNITS
from masterkey.schema.targets import DECIMALS, number_table
from masterkey.scoring.mdp_files import as_tables
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.paths import ROOT
from masterkey.scripting.provenance import processor, provenance
from masterkey.scripting.tables import markdown_table, number_text

METHODS = ("tiny_llama", "forests_and_kernel")


@dataclass
class Arguments:
    folder: str = field(
        default="runs/answer_intervals", metadata={"help": "where rows, model and predictions go"}
    )
    n_train: int = field(default=2000, metadata={"help": "rows, a quarter of which is held back"})
    n_test: int = field(default=400, metadata={"help": "rows of new recipes to predict"})
    limit: int | None = field(default=None, metadata={"help": "predict the first of them only"})
    num_train_epochs: float = field(default=5, metadata={"help": "passes over the rows learned"})
    coverage: float = field(default=0.9, metadata={"help": "what the model's intervals state"})
    seed: int = field(default=1, metadata={"help": "another seed gives other devices"})
    output_path: str | None = field(default=None, metadata={"help": "results as JSON"})


def main(arguments: Arguments) -> None:
    if arguments.n_train < 80 or arguments.n_test < 1:
        raise UserError("give --n_train of 80 rows or more, and --n_test of 1 or more.")
    folder = Path(arguments.folder).absolute()
    make_rows(folder, arguments)
    train(folder, arguments)
    predict(folder, arguments)
    lines = {name: read_predictions(folder / f"{name}.jsonl", "mdp") for name in METHODS}
    asked = {line["id"] for line in lines["tiny_llama"]}
    lines = {name: [line for line in own if line["id"] in asked] for name, own in lines.items()}
    found = compared(lines)
    print("\nSYNTHETIC devices: these figures say nothing about real cells.\n")
    print(table(found))
    if arguments.output_path:
        about = provenance([folder / "data" / "mdp_test.json"]) | {"processor": processor()}
        settings = {key: value for key, value in asdict(arguments).items() if key != "folder"}
        write_json(
            arguments.output_path,
            {"synthetic": True, "settings": settings, "results": found, "provenance": about},
        )


def make_rows(folder: Path, arguments: Arguments) -> None:
    """mdp_train.json and mdp_test.json in data/, and of the first learned.json and held_back.json."""
    data = folder / "data"
    if (data / "held_back.json").exists():
        return
    script(
        "data/synthesize.py", "--output_dir", data, "--n_train", 1, "--n_test", 1,
        "--n_mdp_train", arguments.n_train, "--n_mdp_test", arguments.n_test, "--seed", arguments.seed,
    )  # fmt: skip
    rows = read_rows(data / "mdp_train.json", task="mdp", answers="required")
    parts = stable_split(rows, "mdp", arguments.n_train // 4)
    for name, own in zip(("learned", "held_back"), parts, strict=True):
        keys = ("id", "instruction", "input", "output")
        write_json(data / f"{name}.json", [{key: getattr(row, key) for key in keys} for row in own])


def train(folder: Path, arguments: Arguments) -> None:
    learned = folder / "data" / "learned.json"
    if (folder / "model" / "train_summary.json").exists():
        return
    script("data/train_tokenizer.py", "--data_path", learned, "--output_dir", folder / "tokenizer")
    script(
        "train.py", "configs/tiny.yaml", "--data_path", learned, "--tokenizer_name", folder / "tokenizer",
        "--output_dir", folder / "model", "--num_train_epochs", arguments.num_train_epochs,
    )  # fmt: skip


def predict(folder: Path, arguments: Arguments) -> None:
    """tiny_llama.jsonl and forests_and_kernel.jsonl; both go on where they were stopped."""
    data = folder / "data"
    rows = ("--data_path", data / "mdp_test.json", "--train", data / "learned.json")
    limit = () if arguments.limit is None else ("--limit", arguments.limit)
    script(
        "regression_test.py", "--model", folder / "model", *rows, "--coverage", arguments.coverage,
        "--calibration", data / "held_back.json", "--output_path", folder / "tiny_llama.jsonl", *limit,
    )  # fmt: skip
    output = folder / "forests_and_kernel.jsonl"
    if not output.exists():
        script(
            "regression_baseline.py", "--method", "forests_and_kernel", *rows, "--output_path", output
        )  # fmt: skip


def script(*words) -> None:
    """Run a script of the repository; what it prints is shown."""
    words = list(map(str, words))
    print(f"python {' '.join(words)}", flush=True)
    # One thread: a tiny model's arithmetic gains nothing by more.
    environment = {"OMP_NUM_THREADS": "1"} | os.environ
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=environment)
    if done.returncode:
        raise UserError(f"{words[0]} failed with code {done.returncode}; what it printed says why.")


def compared(lines: dict[str, list[dict]]) -> dict[str, dict]:
    """Errors and intervals of each method by target, of files with the same rows.

    `inside` and `mean_width` are of the rows for which every method gives an interval.
    """
    tables = {name: as_tables(own, name) for name, own in lines.items()}
    given = {name: np.isfinite(own.interval).all(axis=2) for name, own in tables.items()}
    common = np.logical_and.reduce(list(given.values()))
    found = {}
    for name, scored in tables.items():
        median = [line.get("sampled", {}).get("median") for line in lines[name]]
        of_median = np.abs(number_table(median) - scored.reference)
        found[name] = {
            target: {
                "n": len(scored.ids),
                "mae": float(np.abs(scored.prediction - scored.reference)[:, column].mean()),
                "mae_of_median": float(of_median[:, column].mean()) if any(median) else None,
                "given": float(given[name][:, column].mean()),
                **inside(scored, column, common[:, column]),
            }
            for column, target in enumerate(MDP_TARGETS)
        }
    return found


def inside(scored, column: int, rows: np.ndarray) -> dict:
    """How many of the rows' values their intervals hold, and how wide these are."""
    from scipy.stats import binomtest

    low, high = scored.interval[rows, column].T
    measured = scored.reference[rows, column]
    n, n_inside = len(low), int(((low <= measured) & (measured <= high)).sum())
    if n == 0:
        return {"n_common": 0, "n_inside": 0, "inside": None, "inside_ci": None, "mean_width": None}
    ends = binomtest(n_inside, n).proportion_ci(0.95)
    return {
        "n_common": n,
        "n_inside": n_inside,
        "inside": n_inside / n,
        "inside_ci": [float(ends.low), float(ends.high)],
        "mean_width": float((high - low).mean()),
    }


def table(found: dict[str, dict]) -> str:
    header = ["method", "target", "MAE", "MAE of the median", "given", "inside", "mean width"]
    rows = []
    for name, targets in found.items():
        for target, own in targets.items():
            digits = DECIMALS[target].scored
            ends = own["inside_ci"]
            share = "–"
            if ends:
                share = f"{own['n_inside']} of {own['n_common']}: {own['inside']:.3f} [{ends[0]:.3f}, {ends[1]:.3f}]"
            rows.append(
                [
                    name,
                    f"{target} {TARGET_UNITS[target]}".strip(),
                    number_text(own["mae"], digits),
                    number_text(own["mae_of_median"], digits),
                    f"{own['given']:.2f}",
                    share,
                    number_text(own["mean_width"], digits),
                ]
            )
    return markdown_table(header, rows)


if __name__ == "__main__":
    run(main, Arguments, __doc__)

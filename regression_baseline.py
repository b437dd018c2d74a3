"""Baselines for material and device prediction (MDP): what a model must beat.

    python regression_baseline.py --method random_forest \\
        --train data/regression360.json --data_path data/regression40.json \\
        --output_path runs/random_forest.jsonl
    python regression_baseline.py --method random_forest --cross_validate 5 \\
        --train data/regression360.json --output_path runs/random_forest_5fold.jsonl
    python regression_evaluate.py runs/random_forest.jsonl

Methods: `mean` (of the training rows), `nearest` (the 5 most similar devices, weighted by
distance), `random_forest`, `gradient_boosting` (masterkey/regressor/baselines.py: each target has its own
regressor, on the parts of each field, the annealing, and the ion coefficients), and `forests_and_kernel`
(masterkey/regressor/regressor.py: two forests of all targets and a kernel over recipes, with 90 %
prediction intervals in each line as `"interval": {"PCE": [low, high], …}`; docs/mdp.md says what was
tried). A training row without a target is left out for that target only.

`--cross_validate K` predicts every row of --train from the other folds. Rows of one recipe stay
in one fold: 360 published rows are 180 recipes, and a model that has seen a recipe can repeat it.

With `--split paper` the rows of a paper (`doi`) stay in one fold instead, and

    python regression_baseline.py --method random_forest --split year 2019 \\
        --train data/perovskite_database/mdp_train.json --output_path runs/future.jsonl

learns from papers before 2019 (`year`) and predicts those from 2019 on. Beside it the same rows are
predicted from as many rows of papers of all years (runs/future.by_paper.jsonl): the difference is what
the future costs. data/from_perovskite_database.py writes rows with `doi` and `year`.

FF in percent, decimal commas, booleans of other languages and times with a unit are read and counted.

    python regression_baseline.py --method forests_and_kernel --train data/regression360.json \\
        --data_path my_devices.json --output_path runs/forests_and_kernel.jsonl --save_model runs/forests_and_kernel.npz

keeps the fitted regressor: `DeviceRegressor.load("runs/forests_and_kernel.npz").predict([fields, …])`.
"""

from dataclasses import dataclass, field
from pathlib import Path

from masterkey.predicting import methods
from masterkey.predicting.learned import learned
from masterkey.predicting.methods import METHODS
from masterkey.regressor import unread
from masterkey.regressor.conformal import LEVEL
from masterkey.rows.device_rows import in_one_form, told
from masterkey.rows.predictions import PredictionWriter, prediction_line, read_predictions
from masterkey.rows.records import Row, read_rows, recipe_of
from masterkey.rows.splits import recipe_folds
from masterkey.rows.year_splits import by_paper, by_year, check_years, paper_of, years_told
from masterkey.scoring.mdp_files import as_tables
from masterkey.scoring.mdp_future import future_table
from masterkey.scoring.mdp_report import error_table
from masterkey.scoring.mdp_scores import noise_floor, score_file
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.provenance import data_file


@dataclass
class Arguments:
    method: str = field(metadata={"help": "which baseline", "choices": METHODS["mdp"]})
    output_path: str = field(metadata={"help": "the JSON Lines file of predictions to write"})
    train: str | None = field(
        default=None, metadata={"help": "rows with answers to learn from (JSON or JSONL)"}
    )
    data_path: str | None = field(
        default=None, metadata={"help": "rows to predict, with or without answers (JSON or JSONL)"}
    )
    cross_validate: int | None = field(
        default=None,
        metadata={"help": "predict the training file out of this many folds of recipes instead"},
    )
    split: list[str] = field(
        default_factory=lambda: ["recipe"],
        metadata={
            "help": "what --cross_validate keeps together: recipe or paper; or year 2019: learn from "
            "the papers of --train before 2019, predict those from then on"
        },
    )
    save_model: str | None = field(
        default=None,
        metadata={"help": "write the fitted regressor (--method forests_and_kernel) to this .npz"},
    )
    seed: int = field(default=0, metadata={"help": "seed of the folds and of the regressors"})
    cache: bool = field(
        default=True,
        metadata={
            "help": "keep what forests_and_kernel learns from --train; --no_cache: learn anew"
        },
    )
    overwrite: bool = field(default=False, metadata={"help": "replace an existing --output_path"})


@dataclass
class Fold:
    """Rows to fit and rows to predict; `number` is None without cross-validation."""

    training: list[Row]
    rows: list[Row]
    number: int | None


def main(arguments: Arguments) -> None:
    check(arguments)
    if arguments.split[0] == "year":
        predict_future(arguments)
        return
    data_path = arguments.data_path or arguments.train
    folds = (
        cross_validation(data_path, arguments) if arguments.cross_validate else [split(arguments)]
    )
    predict(folds, arguments, arguments.output_path)
    print_errors(arguments.output_path, arguments.seed)
    if arguments.save_model:
        print(f"Regressor: {arguments.save_model}")


def predict(folds: list[Fold], arguments: Arguments, output_path: str, **more) -> None:
    """Predict the folds into a file; `more` is added to its settings."""
    writer = PredictionWriter(
        output_path,
        "mdp",
        settings(arguments) | more,
        arguments.data_path or arguments.train,
        n_rows=sum(len(fold.rows) for fold in folds),
        overwrite=arguments.overwrite,
    )
    # With --cross_validate the first fold has all rows, some to learn from and the rest to predict.
    training = folds[0].training + (folds[0].rows if arguments.cross_validate else [])
    for sentence in methods.training_notes(sorted(training, key=lambda row: row.number)):
        print(f"note: {sentence}.")
    lines = predict_folds(folds, arguments)
    writer.write([line for line in lines if line["id"] not in writer.done])
    writer.finish()
    print(f"{arguments.method}: {len(writer.done)} predictions in {output_path}")
    for sentence in unread.counted(lines):
        print(f"note: {sentence}.")


def check(arguments: Arguments) -> None:
    """Raise `UserError` for flags that contradict each other or make no sense."""
    files = {arguments.train, arguments.data_path} - {None}
    is_year = check_split(arguments)
    if (
        not is_year
        and arguments.cross_validate is None
        and (not arguments.train or not arguments.data_path)
    ):
        raise UserError(
            "name the rows to learn from with --train and those to predict with --data_path, or "
            "predict the training rows out of fold with --cross_validate 5."
        )
    if arguments.cross_validate is not None and len(files) != 1:
        raise UserError("--cross_validate predicts the rows of --train; leave --data_path out.")
    if arguments.cross_validate is not None and arguments.cross_validate < 2:
        raise UserError(f"--cross_validate {arguments.cross_validate}: give 2 folds or more.")
    if arguments.save_model and (
        arguments.method != "forests_and_kernel" or arguments.cross_validate
    ):
        raise UserError(
            "--save_model keeps one regressor of --method forests_and_kernel; give it without --cross_validate."
        )
    if arguments.save_model and not arguments.save_model.endswith(".npz"):
        raise UserError(f"--save_model {arguments.save_model}: holds arrays; name it ….npz.")
    if not 0 <= arguments.seed < 2**32:
        raise UserError(f"--seed {arguments.seed}: give a number from 0 to {2**32 - 1}.")


def check_split(arguments: Arguments) -> bool:
    """Whether --split names a year. Raises `UserError` where it cannot be understood or used."""
    shown = " ".join(arguments.split)
    kind, *years = arguments.split
    is_year = kind == "year" and len(years) == 1 and years[0].isdecimal() and len(years[0]) == 4
    if not is_year and arguments.split not in (["recipe"], ["paper"]):
        raise UserError(f"--split {shown}: give recipe, paper, or a year such as year 2019.")
    others = (arguments.data_path, arguments.cross_validate, arguments.save_model)
    if is_year and (not arguments.train or any(others)):
        raise UserError(
            f"--split {shown} parts the rows of --train; give it without --data_path, --cross_validate "
            "and --save_model."
        )
    if arguments.split == ["paper"] and arguments.cross_validate is None:
        raise UserError("--split paper is of folds; add --cross_validate 5.")
    return is_year


def settings(arguments: Arguments) -> dict:
    """What decides the predictions, for the header file."""
    return {
        "model": f"{arguments.method} baseline",
        "method": arguments.method,
        "train": data_file(arguments.train or arguments.data_path),
        "cross_validate": arguments.cross_validate,
        "seed": arguments.seed,
        **({"split": " ".join(arguments.split)} if arguments.split != ["recipe"] else {}),
        **({"interval_level": LEVEL} if arguments.method == "forests_and_kernel" else {}),
    }


def read_devices(path: str, answers: str = "optional") -> list[Row]:
    """The rows of a file in one form; says what was read otherwise than it is written."""
    rows, changes = in_one_form(read_rows(path, task="mdp", answers=answers))
    if +changes:
        print(told(+changes, path))
    return rows


def split(arguments: Arguments) -> Fold:
    """All of --train to fit, all of --data_path to predict; says which recipes are in both."""
    training = read_devices(arguments.train, answers="required")
    rows = read_devices(arguments.data_path)
    seen = {recipe_of(row.input) for row in training}
    n_seen = sum(recipe_of(row.input) in seen for row in rows)
    if n_seen:
        print(f"note: {n_seen} of {len(rows)} rows have a recipe that is in --train too.")
    return Fold(training, rows, None)


def cross_validation(path: str, arguments: Arguments) -> list[Fold]:
    """Folds of the rows in `path`, a recipe's rows together, or with --split paper a paper's."""
    rows = read_devices(path, answers="required")
    unit = arguments.split[0]
    if unit == "paper" and not any(row.paper for row in rows):
        raise UserError(
            f"{path}: no row has a 'doi', which --split paper needs; "
            "data/from_perovskite_database.py writes rows that have it."
        )
    units = [paper_of(row) if unit == "paper" else recipe_of(row.input) for row in rows]
    n_folds = arguments.cross_validate
    if len(set(units)) < n_folds:
        raise UserError(
            f"{path}: has {len(set(units))} {unit}s, too few for --cross_validate {n_folds}; "
            "give fewer folds."
        )
    fold_of_row = list(zip(rows, recipe_folds(units, n_folds, arguments.seed), strict=True))
    return [
        Fold(
            [row for row, fold in fold_of_row if fold != number],
            [row for row, fold in fold_of_row if fold == number],
            number,
        )
        for number in range(n_folds)
    ]


def predict_future(arguments: Arguments) -> None:
    """Predict newer papers from older ones, and from papers of all years; print what the future costs."""
    year = int(arguments.split[1])
    parts = by_year(read_devices(arguments.train, answers="required"), year)
    check_years(parts, year, arguments.train)
    pairs = by_paper(parts, arguments.seed)
    print(years_told(parts, year, [len(learned) for learned, _ in pairs]))
    beside = str(Path(arguments.output_path).with_suffix(".by_paper.jsonl"))
    predict([Fold(parts.older, parts.newer, None)], arguments, arguments.output_path)
    folds = [Fold(*pair, number) for number, pair in enumerate(pairs)]
    predict(folds, arguments, beside, learned_from="papers of all years")
    lines = [read_predictions(path, "mdp") for path in (arguments.output_path, beside)]
    papers = {row.id: paper_of(row) for row in parts.newer}
    tables = [as_tables(of_file, arguments.train) for of_file in lines]
    print(future_table(*tables, [papers[id] for id in tables[0].ids], arguments.seed))
    print(
        "Brackets: 95 % intervals over papers. Both columns are of the same rows, learned from about as many."
    )


def predict_folds(folds: list[Fold], arguments: Arguments) -> list[dict]:
    """The prediction lines of all folds, with a progress bar from 2 seconds on."""
    from tqdm import tqdm

    lines = []
    for fold in tqdm(folds, desc="regressors", delay=2):
        known = learned(
            "mdp", arguments.method, fold.training,
            seed=arguments.seed, where=arguments.train or arguments.data_path,
            # The parts of a table are learned from once.
            cached=arguments.cache and fold.number is None and arguments.split[0] != "year",
        )  # fmt: skip
        method = known.method
        if arguments.save_model:
            methods.keep(method, arguments.save_model)
        for row, prediction in zip(fold.rows, method.ask(fold.rows), strict=True):
            known = {"method": method.name, "fold": fold.number, **prediction.more}
            lines.append(prediction_line("mdp", row, prediction.text, **known))
    return lines


def print_errors(path: str, seed: int) -> None:
    """The error of each target beside its noise floor, for the predictions that have a reference."""
    lines = [line for line in read_predictions(path, "mdp") if line["reference_fields"]]
    if not lines:
        return
    tables = as_tables(lines, path)
    floor = noise_floor(tables.reference, tables.recipes)
    print(error_table(score_file(tables, seed), floor))
    print(
        "Brackets: 95 % intervals over recipes. Noise floor: what repeated rows of one recipe "
        f"differ by, {floor['PCE']['n']} of these {len(lines)} rows; on them no model of the recipe errs less."
    )
    n_without = sum(line.get("interval", {}) is None for line in lines)
    if n_without:
        print(
            f"{n_without} of {len(lines)} rows get no interval, too unlike what was learned from "
            '("novelty" in their lines says in what).'
        )


if __name__ == "__main__":
    run(main, Arguments, __doc__)

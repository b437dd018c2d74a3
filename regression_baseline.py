"""Baselines for material and device prediction (MDP): what a model must beat.

    python regression_baseline.py --method random_forest \\
        --train data/regression360.json --data_path data/regression40.json \\
        --output_path runs/random_forest.jsonl
    python regression_baseline.py --method random_forest --cross_validate 5 \\
        --train data/regression360.json --output_path runs/random_forest_5fold.jsonl
    python regression_evaluate.py runs/random_forest.jsonl

Methods: `mean` (of the training rows), `nearest` (the 5 most similar devices, weighted by
distance), `random_forest`, `gradient_boosting`. Each target has its own regressor, on the parts of
each field, the annealing temperature and time, and the ion coefficients
(masterkey/device_features.py). A training row without a target is left out for that target only.

`--cross_validate K` predicts every row of --train from the other folds. Rows of one recipe stay
in one fold: 360 published rows are 180 recipes, and a model that has seen a recipe can repeat it.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

from masterkey.command_line import UserError, run
from masterkey.device_features import device_features
from masterkey.predictions import PredictionWriter, parse_answer, prediction_line
from masterkey.provenance import data_file
from masterkey.records import Row, read_rows, recipe_of
from masterkey.schema import MDP_TARGETS, format_mdp_answer, parse_mdp_input

METHODS = ("mean", "nearest", "random_forest", "gradient_boosting")
DECIMALS = {"Voc": 4, "Jsc": 2, "FF": 4, "PCE": 2}


@dataclass
class Arguments:
    method: str = field(metadata={"help": "which baseline", "choices": METHODS})
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
    seed: int = field(default=0, metadata={"help": "seed of the folds and of the regressors"})
    overwrite: bool = field(default=False, metadata={"help": "replace an existing --output_path"})


@dataclass
class Fold:
    """Rows to fit and rows to predict; `number` is None without cross-validation."""

    training: list[Row]
    rows: list[Row]
    number: int | None


def main(arguments: Arguments) -> None:
    check(arguments)
    data_path = arguments.data_path or arguments.train
    folds = (
        cross_validation(data_path, arguments) if arguments.cross_validate else [split(arguments)]
    )
    writer = PredictionWriter(
        arguments.output_path, "mdp", settings(arguments), data_path, overwrite=arguments.overwrite
    )
    lines = predict_folds(folds, arguments)
    writer.write([line for line in lines if line["id"] not in writer.done])
    writer.finish()
    print(f"{arguments.method}: {len(writer.done)} predictions in {arguments.output_path}")


def check(arguments: Arguments) -> None:
    """Raise `UserError` for flags that contradict each other or make no sense."""
    files = {arguments.train, arguments.data_path} - {None}
    if arguments.cross_validate is None and (not arguments.train or not arguments.data_path):
        raise UserError(
            "name the rows to learn from with --train and those to predict with --data_path, or "
            "predict the training rows out of fold with --cross_validate 5."
        )
    if arguments.cross_validate is not None and len(files) != 1:
        raise UserError("--cross_validate predicts the rows of --train; leave --data_path out.")
    if arguments.cross_validate is not None and arguments.cross_validate < 2:
        raise UserError(f"--cross_validate {arguments.cross_validate}: give 2 folds or more.")
    if not 0 <= arguments.seed < 2**32:
        raise UserError(f"--seed {arguments.seed}: give a number from 0 to {2**32 - 1}.")


def settings(arguments: Arguments) -> dict:
    """What decides the predictions, for the header file."""
    return {
        "model": f"{arguments.method} baseline",
        "method": arguments.method,
        "train": data_file(arguments.train or arguments.data_path),
        "cross_validate": arguments.cross_validate,
        "seed": arguments.seed,
    }


def split(arguments: Arguments) -> Fold:
    """All of --train to fit, all of --data_path to predict; says which recipes are in both."""
    training = read_rows(arguments.train, task="mdp", answers="required")
    rows = read_rows(arguments.data_path, task="mdp")
    seen = {recipe_of(row.input) for row in training}
    n_seen = sum(recipe_of(row.input) in seen for row in rows)
    if n_seen:
        print(f"note: {n_seen} of {len(rows)} rows have a recipe that is in --train too.")
    return Fold(training, rows, None)


def cross_validation(path: str, arguments: Arguments) -> list[Fold]:
    """Folds of the rows in `path`, a recipe's rows together."""
    rows = read_rows(path, task="mdp", answers="required")
    recipes = [recipe_of(row.input) for row in rows]
    n_folds = arguments.cross_validate
    if len(set(recipes)) < n_folds:
        raise UserError(
            f"{path}: has {len(set(recipes))} recipes, too few for --cross_validate {n_folds}; "
            "give fewer folds."
        )
    fold_of_row = list(zip(rows, recipe_folds(recipes, n_folds, arguments.seed), strict=True))
    return [
        Fold(
            [row for row, fold in fold_of_row if fold != number],
            [row for row, fold in fold_of_row if fold == number],
            number,
        )
        for number in range(n_folds)
    ]


def recipe_folds(recipes: list[str], n_folds: int, seed: int) -> list[int]:
    """The fold of each row: recipes in a seeded order, each dealt to the fold with fewest rows."""
    sizes = Counter(recipes)
    order = sorted(sizes)
    random.Random(seed).shuffle(order)
    filled = [0] * n_folds
    fold_of = {}
    # Recipes with most rows first, or the folds would differ in size; sorting keeps the seeded
    # order among equals.
    for recipe in sorted(order, key=lambda recipe: -sizes[recipe]):
        fold_of[recipe] = filled.index(min(filled))
        filled[fold_of[recipe]] += sizes[recipe]
    return [fold_of[recipe] for recipe in recipes]


def predict_folds(folds: list[Fold], arguments: Arguments) -> list[dict]:
    """The prediction lines of all folds, with a progress bar from 2 seconds on."""
    from tqdm import tqdm

    lines = []
    with tqdm(total=len(folds) * len(MDP_TARGETS), desc="regressors", delay=2) as progress:
        for fold in folds:
            features = [device_features(parse_mdp_input(row.input)) for row in fold.rows]
            columns = {}
            for target in MDP_TARGETS:
                model = fitted(fold.training, target, arguments)
                columns[target] = [
                    f"{value:.{DECIMALS[target]}f}" for value in model.predict(features)
                ]
                progress.update()
            for number, row in enumerate(fold.rows):
                answer = format_mdp_answer({name: columns[name][number] for name in MDP_TARGETS})
                more = {"method": arguments.method, "fold": fold.number}
                lines.append(prediction_line("mdp", row, answer, **more))
    return lines


def fitted(training: list[Row], target: str, arguments: Arguments):
    """A regressor of one target, fitted to the rows that have a number for it."""
    values = [parse_answer("mdp", row.output)[target] for row in training]
    known = [(row, y) for row, y in zip(training, values, strict=True) if y is not None]
    if not known:
        path = arguments.train or arguments.data_path
        raise UserError(f"{path}: no row to learn from has a number for {target}; add some.")
    model = regressor(arguments.method, arguments.seed, len(known))
    features = [device_features(parse_mdp_input(row.input)) for row, _ in known]
    return model.fit(features, [y for _, y in known])


def regressor(method: str, seed: int, n_rows: int):
    """A scikit-learn pipeline from feature dicts to one number.

    The settings were chosen among a handful by 5-fold cross-validation on the 360 published
    training rows, grouped by recipe: 3, 5, 10 or 20 neighbours, equal or weighted by distance; leaf
    sizes and shares of features of the ensembles. Most differences were within the intervals.
    """
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler

    if method == "mean":
        return make_pipeline(DictVectorizer(), DummyRegressor())
    if method == "nearest":
        # Scaled to 0–1, so that 100 °C does not outweigh every material.
        neighbours = KNeighborsRegressor(min(5, n_rows), weights="distance")
        return make_pipeline(DictVectorizer(), MaxAbsScaler(), neighbours)
    if method == "random_forest":
        forest = RandomForestRegressor(300, max_features=0.3, random_state=seed)
        return make_pipeline(DictVectorizer(), forest)
    boosting = GradientBoostingRegressor(
        n_estimators=200,
        learning_rate=0.05,
        subsample=0.7,
        max_features=0.3,
        random_state=seed,
    )
    return make_pipeline(DictVectorizer(), boosting)


if __name__ == "__main__":
    run(main, Arguments, __doc__)

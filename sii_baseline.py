"""Baselines for SII that write the same JSON lines as sii_test.py, so that every evaluator takes them.

Predict new or test papers from training papers:

    python sii_baseline.py --method nearest --train data/sii360.json \\
        --data_path data/sii40.json --output_path runs/sii_nearest.jsonl

Predict the training papers themselves, each from the folds it is not in:

    python sii_baseline.py --method majority --train data/sii360.json --cross_validate 5 \\
        --output_path runs/sii_majority_5fold.jsonl

`majority` gives every paper the most frequent training value of each field. `nearest` lets the
training papers of the most similar wording vote on each field (masterkey/neighbours.py). Both take
seconds on a CPU. Score them with sii_evaluate.py.
"""

import sys
from dataclasses import dataclass, field

from masterkey import schema
from masterkey.command_line import UserError, run
from masterkey.majority import majority_answer
from masterkey.neighbours import N_NEIGHBOURS, NeighbourVote
from masterkey.predictions import PredictionWriter, parse_answer, prediction_line
from masterkey.provenance import data_file
from masterkey.records import Row, read_rows


@dataclass
class Arguments:
    method: str = field(metadata={"help": "how to predict", "choices": ("majority", "nearest")})
    train: str = field(metadata={"help": "rows with answers to learn from (JSON or JSONL)"})
    output_path: str = field(metadata={"help": "the JSON Lines file of predictions to write"})
    data_path: str | None = field(
        default=None, metadata={"help": "rows to predict, with or without answers (JSON or JSONL)"}
    )
    cross_validate: int | None = field(
        default=None, metadata={"help": "predict the training file out of this many folds instead"}
    )
    n_neighbours: int = field(
        default=N_NEIGHBOURS, metadata={"help": "how many training papers vote (nearest)"}
    )
    seed: int = field(default=0, metadata={"help": "shuffles the rows into folds"})
    overwrite: bool = field(default=False, metadata={"help": "replace an existing --output_path"})


def main(arguments: Arguments) -> None:
    check(arguments)
    training = read_rows(arguments.train, task="sii", answers="required")
    data_path = arguments.data_path or arguments.train
    if arguments.cross_validate:
        lines = cross_validated(training, arguments)
    else:
        rows = read_rows(data_path, task="sii")
        warn_of_known_papers(training, rows, arguments)
        lines = predicted(training, rows, arguments)
    writer = PredictionWriter(
        arguments.output_path, "sii", settings(arguments), data_path, overwrite=arguments.overwrite
    )
    writer.write([line for line in lines if line["id"] not in writer.done])
    writer.finish()
    print(f"{arguments.method}: {len(writer.done)} predictions in {arguments.output_path}")


def check(arguments: Arguments) -> None:
    """Raise `UserError` for flags that contradict each other or make no sense."""
    if arguments.cross_validate is None and arguments.data_path is None:
        raise UserError(
            "name the rows to predict with --data_path, or predict the training rows out of fold "
            "with --cross_validate 5."
        )
    if arguments.cross_validate is not None and arguments.data_path not in (None, arguments.train):
        raise UserError(
            f"--cross_validate predicts the rows of --train; leave --data_path "
            f"{arguments.data_path} out."
        )
    if arguments.cross_validate is not None and arguments.cross_validate < 2:
        raise UserError(f"--cross_validate {arguments.cross_validate}: give 2 folds or more.")
    if arguments.n_neighbours < 1:
        raise UserError(f"--n_neighbours {arguments.n_neighbours}: give 1 or more.")
    if not 0 <= arguments.seed < 2**32:
        raise UserError(f"--seed {arguments.seed}: give a number from 0 to {2**32 - 1}.")


def warn_of_known_papers(training: list[Row], rows: list[Row], arguments: Arguments) -> None:
    """Say so where papers to predict are among the training papers: their scores mean nothing."""
    known = {row.input for row in training}
    n_known = sum(row.input in known for row in rows)
    if n_known:
        print(
            f"warning: {n_known} of {len(rows)} papers of {arguments.data_path} are in "
            f"{arguments.train} too; scores on them say nothing (see --cross_validate).",
            file=sys.stderr,
        )


def cross_validated(rows: list[Row], arguments: Arguments) -> list[dict]:
    """A line for each row, predicted from the folds that it is not in."""
    from sklearn.model_selection import KFold

    if len(rows) < arguments.cross_validate:
        raise UserError(
            f"{arguments.train}: has {len(rows)} rows, too few for --cross_validate "
            f"{arguments.cross_validate}; give fewer folds."
        )
    folds = KFold(arguments.cross_validate, shuffle=True, random_state=arguments.seed)
    lines = []
    for fold, (inside, outside) in enumerate(folds.split(rows)):
        training, held_out = [rows[i] for i in inside], [rows[i] for i in outside]
        lines += predicted(training, held_out, arguments, fold=fold)
    return lines


def predicted(training: list[Row], rows: list[Row], arguments: Arguments, **more) -> list[dict]:
    """A line for each of `rows`, predicted from `training`."""
    return [
        prediction_line(
            "sii", row, schema.format_sii_answer(answer), method=arguments.method, **more
        )
        for row, answer in zip(rows, answers_to(training, rows, arguments), strict=True)
    ]


def answers_to(training: list[Row], rows: list[Row], arguments: Arguments) -> list[dict[str, str]]:
    """The answer (field → value) that the method gives to each of `rows`."""
    answers = [parse_answer("sii", row.output) for row in training]
    if arguments.method == "majority":
        return [majority_answer(answers)] * len(rows)
    vote = NeighbourVote([row.input for row in training], answers, arguments.n_neighbours)
    return vote.predict([row.input for row in rows])


def settings(arguments: Arguments) -> dict:
    """What decides the predictions, for the header file."""
    chosen = {"model": f"{arguments.method} baseline", "method": arguments.method}
    chosen["train"] = data_file(arguments.train)
    if arguments.method == "nearest":
        chosen["n_neighbours"] = arguments.n_neighbours
    if arguments.cross_validate:
        chosen |= {"cross_validate": arguments.cross_validate, "seed": arguments.seed}
    return chosen


if __name__ == "__main__":
    run(main, Arguments, __doc__)

"""Readers for SII that need no GPU; they write the same JSON lines as sii_test.py, for every evaluator.

Predict new or test papers from training papers:

    python sii_baseline.py --method fields --train data/sii360.json \\
        --data_path data/sii40.json --output_path runs/sii_fields.jsonl

Predict the training papers themselves, each from the folds it is not in:

    python sii_baseline.py --method nearest --train data/sii360.json --cross_validate 5 \\
        --output_path runs/sii_nearest_5fold.jsonl

Keep what `fields` has learned, and use it where the training papers are not:

    python sii_baseline.py --method fields --train data/sii360.json --save_model runs/extractor.npz
    python sii_baseline.py --method fields --model runs/extractor.npz \\
        --data_path papers.json --output_path papers.jsonl

`fields` reads each field by rules, collects candidate values from the text and from similar papers,
ranks them, and says how sure it is (masterkey/extractor, docs/extractor.md; half a minute to learn, 40
papers a second). `nearest` lets the training papers of the most similar wording vote on each field
(masterkey/rows/neighbours.py), and `majority` gives every paper the most frequent training value: what a
model must beat to mean anything. Score them with sii_evaluate.py.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from masterkey.predicting import methods
from masterkey.predicting.learned import learned
from masterkey.predicting.methods import METHODS, N_NEIGHBOURS, Method
from masterkey.rows.cleaned_rows import cleaned_rows, with_evidence
from masterkey.rows.predictions import PredictionWriter, prediction_line
from masterkey.rows.records import Row, read_rows, require_texts
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.provenance import data_file


@dataclass
class Arguments:
    method: str = field(metadata={"help": "how to predict", "choices": METHODS["sii"]})
    train: str | None = field(
        default=None, metadata={"help": "rows with answers to learn from (JSON or JSONL)"}
    )
    output_path: str | None = field(
        default=None, metadata={"help": "the JSON Lines file of predictions to write"}
    )
    data_path: str | None = field(
        default=None, metadata={"help": "rows to predict, with or without answers (JSON or JSONL)"}
    )
    cross_validate: int | None = field(
        default=None, metadata={"help": "predict the training file out of this many folds instead"}
    )
    model: str | None = field(
        default=None, metadata={"help": "fields: a file of --save_model, instead of --train"}
    )
    save_model: str | None = field(
        default=None, metadata={"help": "fields: write what was learned to this file"}
    )
    n_neighbours: int = field(
        default=N_NEIGHBOURS, metadata={"help": "how many training papers vote (nearest)"}
    )
    seed: int = field(
        default=0, metadata={"help": "shuffles the rows into folds; seeds the learning (fields)"}
    )
    cache: bool = field(
        default=True,
        metadata={
            "help": "keep what is learned from --train for the next time; --no_cache: learn anew"
        },
    )
    overwrite: bool = field(default=False, metadata={"help": "replace an existing --output_path"})


def main(arguments: Arguments) -> None:
    check(arguments)
    if arguments.cross_validate:
        training = read_rows(arguments.train, task="sii", answers="required")
        write(cross_validated(training, arguments), arguments.train, arguments)
        return
    method = reader(arguments)
    if arguments.data_path:
        rows = read_rows(arguments.data_path, task="sii")
        require_texts(rows, arguments.data_path)
        write(lines_of(rows, method), arguments.data_path, arguments)


def write(lines: list[dict], data_path: str, arguments: Arguments) -> None:
    writer = PredictionWriter(
        arguments.output_path,
        "sii",
        settings(arguments),
        data_path,
        n_rows=len(lines),
        overwrite=arguments.overwrite,
    )
    writer.write([line for line in lines if line["id"] not in writer.done])
    writer.finish()
    print(f"{arguments.method}: {len(writer.done)} predictions in {arguments.output_path}")


def check(arguments: Arguments) -> None:
    """Raise `UserError` for flags that contradict each other or make no sense."""
    folds = arguments.cross_validate
    if (arguments.train is None) == (arguments.model is None):
        raise UserError("name either the rows to learn from with --train, or a --model.")
    if (arguments.model or arguments.save_model) and arguments.method != "fields":
        raise UserError(
            f"--method {arguments.method} has no model file; leave --model and --save_model out."
        )
    if folds is not None and (arguments.model or arguments.save_model):
        raise UserError(
            "--cross_validate learns anew in each fold; leave --model and --save_model out."
        )
    if folds is None and arguments.data_path is None and not arguments.save_model:
        raise UserError(
            "name the rows to predict with --data_path, or predict the training rows out of fold "
            "with --cross_validate 5."
        )
    if folds is not None and arguments.data_path not in (None, arguments.train):
        raise UserError(
            f"--cross_validate predicts the rows of --train; leave --data_path "
            f"{arguments.data_path} out."
        )
    if arguments.output_path is None and (folds is not None or arguments.data_path):
        raise UserError("name the file to write with --output_path.")
    if folds is not None and folds < 2:
        raise UserError(f"--cross_validate {folds}: give 2 folds or more.")
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
        method = methods.fit(
            "sii", arguments.method, cleaned_rows(rows[i] for i in inside),
            seed=arguments.seed, n_neighbours=arguments.n_neighbours,
        )  # fmt: skip
        lines += lines_of([rows[i] for i in outside], method, fold)
    return lines


def reader(arguments: Arguments) -> Method:
    """What answers papers: read from --model, or learned from --train and kept if asked to."""
    if arguments.model:
        return methods.load("sii", arguments.model)
    training = read_rows(arguments.train, task="sii", answers="required")
    require_texts(training, arguments.train)
    if arguments.data_path:
        warn_of_known_papers(training, read_rows(arguments.data_path, task="sii"), arguments)
    known = learned(
        "sii", arguments.method, training,
        seed=arguments.seed, n_neighbours=arguments.n_neighbours, where=arguments.train,
        cached=arguments.cache,
    )  # fmt: skip
    method = known.method
    if arguments.save_model:
        methods.keep(method, arguments.save_model)
        print(f"fields: learned from {len(training)} papers, saved in {arguments.save_model}")
    return method


def lines_of(rows: Sequence[Row], method: Method, fold: int | None = None) -> list[dict]:
    """A line for each of `rows`; with evidence where the method says how sure it is."""
    of_fold = {} if fold is None else {"fold": fold}
    lines = []
    for row, prediction in zip(rows, method.ask(cleaned_rows(rows)), strict=True):
        known = {"method": method.name, **of_fold, **prediction.more}
        line = prediction_line("sii", row, prediction.text, **known)
        lines.append(with_evidence(line, row.input) if "confidence" in known else line)
    return lines


def settings(arguments: Arguments) -> dict:
    """What decides the predictions, for the header file."""
    chosen = {"model": f"{arguments.method} baseline", "method": arguments.method}
    if arguments.model:
        return chosen | {"model_file": data_file(arguments.model)}
    chosen["train"] = data_file(arguments.train)
    if arguments.method == "nearest":
        chosen["n_neighbours"] = arguments.n_neighbours
    if arguments.cross_validate:
        chosen["cross_validate"] = arguments.cross_validate
    if arguments.cross_validate or arguments.method == "fields":
        chosen["seed"] = arguments.seed
    return chosen


if __name__ == "__main__":
    run(main, Arguments, __doc__)

"""What sii_test.py and regression_test.py do: rows of a data file → a file of predictions."""

import sys
import time

from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.default_files import with_default_files
from masterkey.rows.cleaned_rows import cleaned_rows, with_evidence
from masterkey.rows.predictions import (
    Failed,
    Prediction,
    PredictionWriter,
    failed_line,
    prediction_line,
)
from masterkey.rows.records import Row, read_rows
from masterkey.scripting.processes import Process, joined_processes


def predict_file(task: str, arguments: PredictionArguments) -> None:
    """Predict every row of `arguments.data_path` for `task` ("sii" or "mdp").

    Exits with code 1 where rows failed; they are recorded as failed, and tried again by the same
    command.
    """
    arguments.check()
    arguments = with_default_files(task, arguments)
    with joined_processes() as process:
        rows = read_rows(arguments.data_path, task=task)[: arguments.limit]
        backend = make_backend(task, arguments, process)
        writer = PredictionWriter(
            arguments.output_path,
            task,
            backend.settings | chosen_rows(arguments),
            arguments.data_path,
            n_rows=len(rows),
            overwrite=arguments.overwrite,
            process=process,
        )
        announce(arguments, backend.settings, len(rows), len(writer.done), process)
        begin = time.monotonic()
        given = {row.id: row for row in rows}
        for group in backend.predictions(cleaned_rows(rows, task), set(writer.done), process):
            writer.write(
                [
                    line_of(task, given[row.id], outcome, arguments.abstain_below)
                    for row, outcome in group
                ]
            )
        summary = {"seconds": round(time.monotonic() - begin, 1), **backend.summary()}
        lines = writer.finish(summary)
    if process.first:
        conclude(arguments, lines, summary)


def make_backend(task: str, arguments: PredictionArguments, process: Process):
    """The local or the server's backend, ready to predict."""
    training = []
    if arguments.train:
        training = cleaned_rows(read_rows(arguments.train, task=task, answers="required"), task)
    if arguments.backend == "server":
        from masterkey.predicting.server import ServerBackend

        return ServerBackend(task, arguments, training)

    from masterkey.predicting.decoding.free import Sampling
    from masterkey.predicting.loaded_model import load_local_model
    from masterkey.predicting.local import FreeAnswers, LocalBackend, SkeletonAnswers

    loaded = load_local_model(task, arguments.model, arguments, process.local_number)
    sampling = None
    if arguments.do_sample:
        sampling = Sampling(arguments.temperature, arguments.top_p, arguments.top_k)
    answers = (
        FreeAnswers(loaded, sampling)
        if arguments.free
        else SkeletonAnswers(loaded, arguments, training)
    )
    seed = arguments.seed if sampling else None
    return LocalBackend(loaded, answers, arguments.batch_size, seed)


def chosen_rows(arguments: PredictionArguments) -> dict:
    """Settings that decide lines beside the backend's own."""
    chosen = {}
    if arguments.abstain_below is not None:
        chosen["abstain_below"] = arguments.abstain_below
    if arguments.do_sample and arguments.limit:
        chosen["limit"] = arguments.limit  # the batches, and so the samples, depend on it
    return chosen


def line_of(task: str, row: Row, outcome: Prediction | Failed, abstain_below: float | None) -> dict:
    """The line of one row; SII lines say where in the text, as it was given, each value stands."""
    if isinstance(outcome, Failed):
        return failed_line(task, row, outcome.reason)
    line = prediction_line(task, row, outcome.text, abstain_below=abstain_below, **outcome.more)
    return with_evidence(line, row.input) if task == "sii" else line


def announce(arguments, settings: dict, n_rows: int, n_done: int, process: Process) -> None:
    if process.first:
        shared = f", shared by {process.n} processes" if process.n > 1 else ""
        print(f"{arguments.data_path}: {n_rows} rows, {n_done} already done{shared}")
        shown = {key: value for key, value in settings.items() if not key.endswith("model_files")}
        print(", ".join(f"{key}: {value}" for key, value in shown.items()))


def conclude(arguments, lines: list[dict], summary: dict) -> None:
    """Say what was written and what it took; end with code 1 where rows failed."""
    print(f"saved: {arguments.output_path} ({len(lines)} rows)")
    print(", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in summary.items()))
    failed = [line for line in lines if "failed" in line]
    if failed:
        print(
            f"error: {len(failed)} of {len(lines)} rows failed (first: row {failed[0]['row']}: "
            f"{failed[0]['failed']}); give the same command again to try them again.",
            file=sys.stderr,
        )
        raise SystemExit(1)

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
from masterkey.rows.records import Row, read_rows, require_texts
from masterkey.scripting.processes import Process, joined_processes
from masterkey.scripting.provenance import data_file


def predict_file(task: str, arguments: PredictionArguments) -> None:
    """Predict every row of `arguments.data_path` for `task` ("sii" or "mdp").

    Exits with code 1 where rows failed; they are recorded as failed, and tried again by the same
    command.
    """
    arguments.check()
    arguments.check_intervals(task, free=arguments.free)
    arguments = with_default_files(task, arguments)
    with joined_processes() as process:
        rows = read_rows(arguments.data_path, task=task)[: arguments.limit]
        if task == "sii":
            require_texts(rows, arguments.data_path)
        training = training_rows(task, arguments)
        backend = make_backend(task, arguments, process, training)
        writer = PredictionWriter(
            arguments.output_path,
            task,
            backend.settings | chosen_rows(arguments) | interval_settings(task, arguments),
            arguments.data_path,
            n_rows=len(rows),
            overwrite=arguments.overwrite,
            process=process,
        )
        statements = make_statements(task, arguments, backend, training, process)
        announce(arguments, backend.settings, len(rows), len(writer.done), process)
        begin = time.monotonic()
        write_rows(writer, rows, task, backend, process, statements, arguments.abstain_below)
        summary = {"seconds": round(time.monotonic() - begin, 1), **backend.summary()}
        lines = writer.finish(summary)
    if process.first:
        conclude(arguments, lines, summary)


def write_rows(
    writer: PredictionWriter,
    rows: list[Row],
    task: str,
    backend,
    process: Process,
    statements=None,
    abstain_below: float | None = None,
) -> None:
    """Predict this process's share of the rows, each group written as it comes.

    `statements` (masterkey/predicting/intervals/statements.py) adds to each answer what is known of it.
    """
    given = {row.id: row for row in rows}
    for group in backend.predictions(cleaned_rows(rows, task), set(writer.done), process):
        lines = []
        for row, outcome in group:
            if statements and isinstance(outcome, Prediction):
                outcome = outcome.with_more(statements.of(row, outcome))
            lines.append(line_of(task, given[row.id], outcome, abstain_below))
        writer.write(lines)


def training_rows(task: str, arguments: PredictionArguments) -> list[Row]:
    if not arguments.train:
        return []
    return cleaned_rows(read_rows(arguments.train, task=task, answers="required"), task)


def make_statements(
    task: str, arguments: PredictionArguments, backend, training: list[Row], process: Process
):
    """What to say of each device's numbers; None for papers. Calibrates where that is asked for."""
    if task != "mdp":
        return None
    from masterkey.predicting.intervals import held_back
    from masterkey.predicting.intervals.statements import FREE, Statements, known_recipes

    known = known_recipes(training)
    if not arguments.calibration:
        return Statements(known, reason=FREE) if arguments.free else Statements(known)
    path = arguments.calibration
    if not held_back.is_kept(path):
        path = held_back.kept_path(arguments.output_path)
        rows = read_rows(arguments.calibration, task="mdp", answers="required")
        writer = PredictionWriter(
            path,
            "mdp",
            backend.settings | train_settings(arguments),
            arguments.calibration,
            n_rows=len(rows),
            overwrite=arguments.overwrite,
            process=process,
        )
        write_rows(writer, rows, "mdp", backend, process)
        writer.finish()
        process.wait_for_all()  # the first one has joined the lines
    settings = backend.settings | train_settings(arguments)
    calibration = held_back.calibrated(path, known, arguments.coverage, settings)
    if process.first:
        print(held_back.told(calibration, path))
    return Statements(known, calibration)


def make_backend(task: str, arguments: PredictionArguments, process: Process, training: list[Row]):
    """The local or the server's backend, ready to predict."""
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


def train_settings(arguments: PredictionArguments) -> dict:
    """The training rows, which decide what is said of a device's novelty (never an answer)."""
    return {"train": data_file(arguments.train)} if arguments.train else {}


def interval_settings(task: str, arguments: PredictionArguments) -> dict:
    """Settings that decide what is said of a device's numbers."""
    if task != "mdp":
        return {}
    if not arguments.calibration:
        return train_settings(arguments)
    return train_settings(arguments) | {
        "calibration": data_file(arguments.calibration),
        "interval_level": arguments.coverage,
    }


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

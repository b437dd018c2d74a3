"""Files and folders of papers → a file of predictions, by several processes, continued where it was killed."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from masterkey.papers.collection import PaperFile, paper_files, shard_of
from masterkey.predicting.arguments import DecodingArguments
from masterkey.predicting.paper_lines import (
    Readers,
    answered_line,
    paper_row_of_files,
    shortened_note,
)
from masterkey.predicting.readers import Choice, open_reader
from masterkey.rows.predictions import PredictionWriter
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import sha256

_PAPERS_OF_A_PROCESS = 4  # fewer are read sooner by one process alone than a second one starts
_MOST_SHOWN = 20  # failed files


@dataclass(frozen=True)
class PaperRun:
    """What is read, by whom, and where it is written; `output_path` None prints lines."""

    paths: list[str]
    first: Choice
    second: Choice | None
    decoding: DecodingArguments
    output_path: str | None = None
    format: str | None = None
    omit_defaults: bool = False
    whole_text: bool = False
    shard: str | None = None
    num_workers: int | None = None
    overwrite: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether what is written is the JSON Lines file that a run writes paper by paper."""
        path = Path(self.output_path)
        return path.suffix == ".jsonl" and not self.format and not self.omit_defaults

    @property
    def journal_path(self) -> Path:
        """That file: the output itself, or beside it, for the next run and for review.py."""
        path = Path(self.output_path)
        if self.is_plain:
            return path
        ending = ".journal.jsonl" if path.suffix == ".jsonl" else ".jsonl"
        return path.with_suffix(ending)

    def settings(self) -> dict:
        """What decides the lines, by which a file that is continued is known."""
        chosen = {"first": self.first, "second": self.second}
        settings = {name: _identity(own) for name, own in chosen.items() if own}
        if self.first.named_method() == "model":
            settings["decoding"] = asdict(self.decoding)
        return settings | {"whole_text": self.whole_text, "shard": self.shard}


@dataclass(frozen=True)
class _Failure:
    path: str
    reason: str


def read_papers(run: PaperRun) -> None:
    """Read every paper of `run`; one that cannot be read is told at the end, and the exit code is then 1."""
    papers = shard_of(paper_files(run.paths), run.shard)
    if not papers:
        raise UserError(f"--shard {run.shard}: has none of the papers; give a smaller N.")
    failures = (_print_lines if run.output_path is None else _write_lines)(run, papers)
    if failures:
        _tell(failures, len(papers), run)
        raise SystemExit(1)


def _print_lines(run: PaperRun, papers: list[PaperFile]) -> list[_Failure]:
    import json

    failures = []
    for outcome in _outcomes(run, papers):
        if isinstance(outcome, _Failure):
            failures.append(outcome)
        else:
            print(json.dumps(outcome, ensure_ascii=False), flush=True)
    return failures


def _write_lines(run: PaperRun, papers: list[PaperFile]) -> list[_Failure]:
    if not run.is_plain:
        from masterkey.formats.outputs import kind_of

        kind_of(Path(run.output_path), run.format)  # before hours of reading
    writer = PredictionWriter(
        run.journal_path, "sii", run.settings(), None, overwrite=run.overwrite, n_rows=len(papers)
    )
    waiting = [paper for paper in papers if paper.id not in writer.done]
    if len(waiting) < len(papers):
        print(
            f"{run.journal_path}: {len(papers) - len(waiting)} of {len(papers)} papers done already"
        )
    failures = []
    for outcome in _outcomes(run, waiting):
        if isinstance(outcome, _Failure):
            failures.append(outcome)
        else:
            writer.write([outcome])
    lines = writer.finish()
    if lines and not run.is_plain:
        _write_output(run, lines)
    print(f"saved: {run.output_path} ({len(lines)} papers)")
    return failures


def _write_output(run: PaperRun, lines: list[dict]) -> None:
    from masterkey.formats.outputs import write

    for sentence in write(lines, run.output_path, run.format, run.omit_defaults):
        print(f"note: {sentence.rstrip('.')}.", file=sys.stderr)


def _tell(failures: list[_Failure], n_papers: int, run: PaperRun) -> None:
    for failure in failures[:_MOST_SHOWN]:
        print(f"error: {failure.reason}", file=sys.stderr)
    if len(failures) > _MOST_SHOWN:
        print(f"… and {len(failures) - _MOST_SHOWN} more", file=sys.stderr)
    again = "the same command tries them again"
    if run.format and Path(run.output_path).exists():  # a folder that is not written into
        again = f"once {run.output_path} is removed, {again} (the others are kept in {run.journal_path})"
    print(
        f"error: {len(failures)} of {n_papers} papers could not be read; {again}.",
        file=sys.stderr,
    )


def _identity(choice: Choice) -> dict:
    """Who reads, with the content of a saved model or of training rows, not their place."""
    named = {"task": choice.task, "method": choice.named_method(), "seed": choice.seed}
    for name in ("model", "train"):
        path = getattr(choice, name)
        named[name] = sha256(path) if path and Path(path).is_file() else path
    return named


# --- the processes -------------------------------------------------------------------------------


def _outcomes(run: PaperRun, papers: list[PaperFile]) -> Iterator[dict | _Failure]:
    """A line or a failure of each paper, as they come, beside a progress bar."""
    from tqdm import tqdm

    if not papers:
        return
    # In this process, so that a wrong flag is told at once and what must be learned is learned once.
    readers = open_readers(run)
    n_workers = _n_workers(run, len(papers))
    made = (
        (_read(paper, readers, run.whole_text) for paper in papers)
        if n_workers == 1
        else _of_processes(run, papers, n_workers)
    )
    yield from tqdm(made, total=len(papers), unit="paper", disable=len(papers) == 1, smoothing=0.05)


def open_readers(run: PaperRun) -> Readers:
    second = open_reader(run.second, run.decoding) if run.second else None
    return Readers(open_reader(run.first, run.decoding), second)


def _n_workers(run: PaperRun, n_papers: int) -> int:
    """As many processes as cores, or as `run` says; a checkpoint is in memory once."""
    if "model" in {own.named_method() for own in (run.first, run.second) if own}:
        return 1
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return max(1, min(run.num_workers or cores, n_papers // _PAPERS_OF_A_PROCESS))


def _of_processes(
    run: PaperRun, papers: list[PaperFile], n_workers: int
) -> Iterator[dict | _Failure]:
    # Fresh processes: a copy of one whose threads have computed may wait for them for ever.
    context = get_context("spawn")
    with ProcessPoolExecutor(n_workers, context, _start, (run,)) as pool:
        try:
            for done in as_completed([pool.submit(_read_in_process, paper) for paper in papers]):
                yield done.result()
        except BrokenProcessPool:
            raise UserError(
                "a process was killed (for memory, it may be); the same command continues, and "
                "--num_workers 1 takes the least memory."
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_own: tuple[Readers, bool] | None = None  # of a process that reads papers


def _start(run: PaperRun) -> None:
    global _own
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # the processes are as many as the cores
    with contextlib.redirect_stderr(io.StringIO()):  # the first process has said it
        _own = open_readers(run), run.whole_text


def _read_in_process(paper: PaperFile) -> dict | _Failure:
    return _read(paper, *_own)


def _read(paper: PaperFile, readers: Readers, whole_text: bool) -> dict | _Failure:
    """The line of a paper; what a reader says of a single one has no place beside a progress bar."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            asked = paper_row_of_files(
                paper.path, paper.supporting, paper.number, whole_text=whole_text
            )
            line = answered_line("sii", asked.row, readers, asked.about)
    except UserError as error:
        return _Failure(paper.id, str(error))
    except Exception as error:  # a fault of ours in one paper of a thousand: the others go on
        told = f"{paper.path}: could not be read by this program ({type(error).__name__}: {error})"
        return _Failure(paper.id, f"{told}; please report it.")
    notes = [own for own in (asked.note, shortened_note(line)) if own]
    return line | {"part_read": "; ".join(notes) or None}

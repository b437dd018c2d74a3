"""Audit data files: what a careful reviewer asks before believing a score on them.

    python data/audit.py data/sii360.json data/sii40.json --output_path runs/audit.json
    python data/audit.py data/regression360.json
    python data/audit.py data/sii360.json --tokenizer runs/sii --max_length 2048

Reports, as text and with --output_path as JSON: inputs that occur twice or overlap (within a file,
and between files of one task: a test paper found in the training file measures memory); recipes
measured more than once and the noise floor that follows (MDP); the share of answers that occur in
their text (SII); irregular rows; rows that exceed a context; the balance of the classes.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.audit import checks as audit
from masterkey.rows.records import Row, is_synthetic, read_rows, task_of_rows
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import data_file, provenance


@dataclass
class Arguments:
    files: list[str] = field(
        metadata={"help": "data files (JSON or JSONL), the training file first", "positional": True}
    )
    output_path: str | None = field(default=None, metadata={"help": "write the audit as JSON here"})
    tokenizer: str | None = field(
        default=None, metadata={"help": "folder or hub name; counts tokens instead of estimating"}
    )
    max_length: int = field(default=2048, metadata={"help": "the context in tokens"})
    containment: float = field(
        default=0.3,
        metadata={"help": "share of common 8-word sequences from which two texts are reported"},
    )
    seed: int = field(default=0, metadata={"help": "draws the permutations of the class balance"})


@dataclass(frozen=True)
class File:
    """A data file that was read."""

    path: str
    task: str
    rows: list[Row]


def main(arguments: Arguments) -> None:
    check(arguments)
    files = [read_file(path) for path in arguments.files]
    count_tokens = token_counter(arguments.tokenizer) if arguments.tokenizer else None
    reports = [file_report(file, count_tokens, arguments) for file in files]
    between = [
        between_report(first, second, arguments)
        for first, second in itertools.combinations(files, 2)
        if first.task == second.task
    ]
    settings = {
        "max_length": arguments.max_length,
        "tokenizer": arguments.tokenizer and Path(arguments.tokenizer).name,
        "containment": arguments.containment,
        "seed": arguments.seed,
    }
    found = {"settings": settings, "files": reports, "between": between}
    from masterkey.audit.report import audit_text

    print(audit_text(found), end="")
    if arguments.output_path:
        write_json(arguments.output_path, {**found, **provenance(arguments.files)})
        print(f"\nwritten: {arguments.output_path}")


def check(arguments: Arguments) -> None:
    """Raise `UserError` for values that make no sense."""
    if not 0 < arguments.containment <= 1:
        raise UserError(f"--containment {arguments.containment}: give a share above 0, at most 1.")
    if arguments.max_length < 1:
        raise UserError(f"--max_length {arguments.max_length}: give 1 or more.")
    if arguments.seed < 0:
        raise UserError(f"--seed {arguments.seed}: give 0 or more.")
    if arguments.output_path and Path(arguments.output_path).resolve() in {
        Path(path).resolve() for path in arguments.files
    }:
        raise UserError(f"--output_path {arguments.output_path}: is a file to audit; name another.")


def read_file(path: str) -> File:
    """The rows, without refusing irregular ones: they are what an audit is to find."""
    rows = read_rows(path)
    task = task_of_rows(rows)
    if task is None:
        raise UserError(
            f"{path}: its rows are neither SII nor MDP (row 0's instruction is "
            f"{rows[0].instruction[:60]!r}); give files of these tasks."
        )
    return File(path, task, rows)


def token_counter(tokenizer: str) -> Callable[[list[str]], list[int]]:
    """A function from texts to their numbers of tokens, without BOS and EOS."""
    from masterkey.weights.checkpoints import load_tokenizer

    loaded = load_tokenizer(tokenizer)

    def count(texts: list[str]) -> list[int]:
        encoded = loaded(texts, add_special_tokens=False, verbose=False)["input_ids"]
        return [len(ids) for ids in encoded]

    return count


def file_report(file: File, count_tokens, arguments: Arguments) -> dict:
    """What one file holds."""
    report = {
        **data_file(file.path),
        "task": file.task,
        "n_rows": len(file.rows),
        "n_answers": sum(row.output is not None for row in file.rows),
        "synthetic": is_synthetic(file.rows),
        "irregular": audit.irregular_rows(file.rows, file.task),
        "context": audit.context_lengths(file.rows, arguments.max_length, count_tokens),
        "classes": audit.class_counts(file.rows, file.task),
    }
    if file.task == "mdp":
        report["recipes"] = audit.repeated_recipes(file.rows)
    else:
        report["inputs"] = audit.repeated_inputs(file.rows, arguments.containment)
        report["answers_in_text"] = audit.answers_in_text(file.rows)
    return report


def between_report(first: File, second: File, arguments: Arguments) -> dict:
    """What two files of one task have in common."""
    classes = [audit.class_counts(file.rows, file.task) for file in (first, second)]
    report = {
        "files": [Path(file.path).name for file in (first, second)],
        "task": first.task,
        "class_balance": audit.class_balance(*classes, arguments.seed),
    }
    if first.task == "mdp":
        report["recipes"] = audit.shared_recipes(first.rows, second.rows)
    else:
        report["inputs"] = audit.shared_inputs(first.rows, second.rows, arguments.containment)
    return report


if __name__ == "__main__":
    run(main, Arguments, __doc__)

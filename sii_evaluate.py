"""Score predictions of the 31-field device schema (SII): two tracks, one table, sii_scores.json.

    python sii_evaluate.py runs/sii.jsonl --train data/sii360.json
    python sii_evaluate.py runs/sii.jsonl runs/majority.jsonl runs/nearest.jsonl
    python sii_evaluate.py runs/sii.jsonl --data_path data/sii40.json
    python sii_evaluate.py runs/sii.jsonl --markdown_path runs/sii.md
    python sii_evaluate.py runs/papers.jsonl runs/papers.reviewed.jsonl --agreement

Takes the files of sii_test.py and sii_baseline.py, and the text that the published test script
prints. Several files of the same papers give a leaderboard and a paired comparison of each with the
first. A file of which rows are missing, as of a run that was killed, is scored with --partial only.

The sound track (`strict` in sii_scores.json) compares by value and counts every paper; its rules
stand in docs/scoring.md. The paper-parity track (`paper`) repeats the published arithmetic with its
defects, for comparison with the paper's figures alone. A constant, the most frequent value of each
field, is scored beside the predictions: what a model scores above it, it has read. 95 % intervals
come from resampling papers (2,000 times, seeded).

--agreement compares two readings of the same papers, of two people or of a program and of who reviewed
it, field by field, with Cohen's kappa, and says what was changed and what that says of the confidence
(docs/agreement.md). It writes sii_agreement.json; a file of review.py alone is compared with what the
program had read.
"""

from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scoring.arguments import EvaluationArguments
from masterkey.scripting.command_line import UserError, run


@dataclass
class Arguments(EvaluationArguments):
    train: str | None = field(
        default=None,
        metadata={
            "help": "training rows: their most frequent values say which cells are informative "
            "(default: those of the answers scored)"
        },
    )
    markdown_path: str | None = field(
        default=None, metadata={"help": "also write the tables to this Markdown file"}
    )
    agreement: bool = field(
        default=False,
        metadata={"help": "compare two readings of the same papers; no answers are needed"},
    )


def main(arguments: Arguments) -> None:
    arguments.check()
    if arguments.agreement:
        return compare_readings(arguments)
    from masterkey.scoring.sii_report import markdown_report
    from masterkey.scoring.sii_scores import evaluate
    from masterkey.scripting.provenance import provenance

    evaluation = evaluate(
        arguments.predictions,
        arguments.data_path,
        arguments.train,
        arguments.seed,
        arguments.n_resamples,
        partial=arguments.partial,
    )
    used = [*arguments.predictions, *filter(None, [arguments.data_path, arguments.train])]
    report = {**evaluation.report, "provenance": provenance(used)}
    write(report, markdown_report(report), "sii_scores.json", arguments)


def compare_readings(arguments: Arguments) -> None:
    """What --agreement does."""
    from masterkey.rows.records import is_synthetic
    from masterkey.scoring.agreement import agreement_report
    from masterkey.scoring.agreement_files import load_pair
    from masterkey.scoring.agreement_report import agreement_text
    from masterkey.scoring.resampling import LEVEL
    from masterkey.scripting.provenance import provenance

    for name in ("data_path", "train"):
        if getattr(arguments, name):
            raise UserError(f"--agreement needs no answers; leave --{name} out.")
    pair = load_pair(arguments.predictions)
    report = {
        **agreement_report(pair, arguments.seed, arguments.n_resamples),
        "n": len(pair.first.ids),
        "n_synthetic": sum(is_synthetic([id]) for id in pair.first.ids),
        "seed": arguments.seed,
        "n_resamples": arguments.n_resamples,
        "interval_level": LEVEL,
        "provenance": provenance(arguments.predictions),
    }
    write(report, agreement_text(report), "sii_agreement.json", arguments)


def write(report: dict, tables: str, name: str, arguments: Arguments) -> None:
    """Print the tables; write the report to --output_path, or as `name` beside the first file."""
    from masterkey.scripting.files import write_json, write_text

    output_path = Path(arguments.output_path or Path(arguments.predictions[0]).parent / name)
    write_json(output_path, report)
    print(tables)
    print(f"Scores: {output_path}")
    if arguments.markdown_path:
        write_text(arguments.markdown_path, tables)
        print(f"Tables: {arguments.markdown_path}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)

"""Score predictions of the 31-field device schema (SII): two tracks, one table, sii_scores.json.

    python sii_evaluate.py runs/sii.jsonl --train data/sii360.json
    python sii_evaluate.py runs/sii.jsonl runs/majority.jsonl runs/nearest.jsonl
    python sii_evaluate.py runs/sii.jsonl --data_path data/sii40.json
    python sii_evaluate.py runs/sii.jsonl --markdown_path runs/sii.md

Takes the files of sii_test.py and sii_baseline.py, and the text that the published test script
prints. Several files of the same papers give a leaderboard and a paired comparison of each with the
first. A file of which rows are missing, as of a run that was killed, is scored with --partial only.

The sound track (`strict` in sii_scores.json) compares by value and counts every paper; its rules
stand in docs/scoring.md. The paper-parity track (`paper`) repeats the published arithmetic with its
defects, for comparison with the paper's figures alone. A constant, the most frequent value of each
field, is scored beside the predictions: what a model scores above it, it has read. 95 % intervals
come from resampling papers (2,000 times, seeded).
"""

from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scoring.arguments import EvaluationArguments
from masterkey.scripting.command_line import run


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


def main(arguments: Arguments) -> None:
    arguments.check()
    from masterkey.scoring.sii_report import markdown_report
    from masterkey.scoring.sii_scores import evaluate
    from masterkey.scripting.files import write_json, write_text
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
    beside = Path(arguments.predictions[0]).parent / "sii_scores.json"
    output_path = Path(arguments.output_path or beside)
    write_json(output_path, report)
    tables = markdown_report(report)
    print(tables)
    print(f"Scores: {output_path}")
    if arguments.markdown_path:
        write_text(arguments.markdown_path, tables)
        print(f"Tables: {arguments.markdown_path}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)

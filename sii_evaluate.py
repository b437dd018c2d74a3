"""Score predictions of the 31-field device schema (SII): two tracks, one table, sii_scores.json.

    python sii_evaluate.py runs/sii.jsonl --train data/sii360.json
    python sii_evaluate.py runs/sii.jsonl runs/majority.jsonl runs/nearest.jsonl
    python sii_evaluate.py runs/sii.jsonl --data_path data/sii40.json
    python sii_evaluate.py runs/sii.jsonl --markdown_path runs/sii.md

Takes the files of sii_test.py and sii_baseline.py, and the text that the published test script
prints. Several files of the same papers give a leaderboard and a paired comparison of each with the
first.

The sound track (`strict` in sii_scores.json) compares by value and counts every paper; its rules
stand in docs/scoring.md. The paper-parity track (`paper`) repeats the published arithmetic with its
defects, for comparison with the paper's figures alone. A constant, the most frequent value of each
field, is scored beside the predictions: what a model scores above it, it has read. 95 % intervals
come from resampling papers (2,000 times, seeded).
"""

from dataclasses import dataclass, field
from pathlib import Path

from masterkey.command_line import UserError, run


@dataclass
class Arguments:
    predictions: list[str] = field(
        metadata={
            "help": "prediction files of the same papers; the others are compared with the first",
            "positional": True,
        }
    )
    data_path: str | None = field(
        default=None,
        metadata={"help": "data file with the answers, where the predictions lack them"},
    )
    train: str | None = field(
        default=None,
        metadata={
            "help": "training rows: their most frequent values say which cells are informative "
            "(default: those of the answers scored)"
        },
    )
    output_path: str | None = field(
        default=None,
        metadata={"help": "scores to write (default: sii_scores.json beside the first)"},
    )
    markdown_path: str | None = field(
        default=None, metadata={"help": "also write the tables to this Markdown file"}
    )
    n_resamples: int = field(default=2000, metadata={"help": "bootstrap resamples of the papers"})
    seed: int = field(default=0, metadata={"help": "seed of the bootstrap"})


def main(arguments: Arguments) -> None:
    check(arguments)
    from masterkey.files import write_json, write_text
    from masterkey.sii_files import load_files
    from masterkey.sii_report import markdown_report

    files = load_files(arguments.predictions, arguments.data_path)
    report = score_files(files, arguments)
    beside = Path(arguments.predictions[0]).parent / "sii_scores.json"
    output_path = Path(arguments.output_path or beside)
    write_json(output_path, report)
    tables = markdown_report(report)
    print(tables)
    print(f"Scores: {output_path}")
    if arguments.markdown_path:
        write_text(arguments.markdown_path, tables)
        print(f"Tables: {arguments.markdown_path}")


def check(arguments: Arguments) -> None:
    """Raise `UserError` for flags that make no sense."""
    if arguments.n_resamples < 1:
        raise UserError(f"--n_resamples {arguments.n_resamples}: must be at least 1.")
    if arguments.seed < 0:
        raise UserError(f"--seed {arguments.seed}: must not be negative.")
    if arguments.output_path and Path(arguments.output_path).suffix != ".json":
        raise UserError(f"--output_path {arguments.output_path}: holds JSON; name it ….json.")


def score_files(files: list, arguments: Arguments) -> dict:
    """The content of sii_scores.json: the first file's scores, the constant's, the `others`'."""
    from masterkey.paper_scoring import PUBLISHED_CAVEATS, PUBLISHED_LLAMA_7B
    from masterkey.predictions import read_header
    from masterkey.provenance import provenance
    from masterkey.resampling import LEVEL
    from masterkey.scoring import compare_files
    from masterkey.synthetic_rows import is_synthetic

    training, majority_from = training_answers(files[0], arguments.train)
    scored = [score_file(file, training, arguments) for file in files]
    entries = [
        {"name": file.name, "settings": read_header(path).get("settings"), **tracks}
        for file, path, (_, tracks) in zip(files, arguments.predictions, scored, strict=True)
    ]
    for entry, (scores, _) in zip(entries[1:], scored[1:], strict=True):
        entry["difference_to_first"] = compare_files(scored[0][0], scores)
    used = [*arguments.predictions, *filter(None, [arguments.data_path, arguments.train])]
    return {
        "synthetic": is_synthetic(files[0].ids),
        "n_synthetic": sum(is_synthetic([id]) for id in files[0].ids),
        **entries[0],
        "majority_from": majority_from,
        "constant": score_constant(files[0], training, arguments),
        "others": entries[1:],
        "published_llama_7b": {**PUBLISHED_LLAMA_7B, "caveats": list(PUBLISHED_CAVEATS)},
        "seed": arguments.seed,
        "n_resamples": arguments.n_resamples,
        "interval_level": LEVEL,
        "provenance": provenance(used),
    }


def training_answers(first, train: str | None) -> tuple[list[dict], str]:
    """The answers whose most frequent values are the majority, and where they are from."""
    from masterkey.predictions import parse_answer
    from masterkey.records import read_rows

    if train is None:
        return first.references, "in the answers scored here, as no --train was given"
    rows = read_rows(train, task="sii", answers="required")
    answers = [parse_answer("sii", row.output) for row in rows]
    return answers, f"in the {len(rows)} training rows of {Path(train).name}"


def score_file(file, training: list[dict], arguments: Arguments) -> tuple:
    """(scores of the sound track, {"paper": …, "strict": …} ready for JSON)."""
    from masterkey import scoring
    from masterkey.paper_scoring import score_papers, skill_scores

    majority = scoring.majority_values(training)
    counts = scoring.tally(file.references, file.predictions, file.texts, majority)
    scores = scoring.score(counts, arguments.seed, arguments.n_resamples)
    paper = score_papers(file.pairs())
    has_texts = None not in file.texts
    paper["skills"] = (
        skill_scores(file.references, file.predictions, file.texts) if has_texts else None
    )
    return scores, {"paper": paper, "strict": scoring.report(scores)}


def score_constant(first, training: list[dict], arguments: Arguments) -> dict:
    """Scores of the same answer to every paper: the most frequent value of each field."""
    from dataclasses import replace

    from masterkey.majority import majority_answer
    from masterkey.sii_report import CONSTANT_NAME

    constant = replace(first, predictions=[majority_answer(training)] * len(first.ids))
    _, tracks = score_file(constant, training, arguments)
    return {"name": CONSTANT_NAME, **tracks}


if __name__ == "__main__":
    run(main, Arguments, __doc__)

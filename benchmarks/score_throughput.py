"""Papers per second of the SII scoring tracks, in one process on one core.

    python benchmarks/score_throughput.py
    python benchmarks/score_throughput.py --n_papers 1000 --repeats 1 --output_path runs/quick.json

The papers are invented: each of the 31 fields takes its (answer, prediction) pair of values from a
randomly drawn paper of tests/fixtures/upstream_sii_scores_invented.json that the published code
scores. So the papers differ from each other and none is dropped, which would be cheaper. What the
figure says is the speed; the scores of such papers mean nothing and are not written.

The sound track keeps comparisons it has made, so it is measured twice: `sound` with the fixture's
values, which recur as they do in a field's small vocabulary, and `sound_new_values` with a part of
its own in every value, so that nothing recurs. Both include the bootstrap (2,000 resamples).
"""

import os
import random
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.schema.fields import SII_FIELDS
from masterkey.scoring import sound as scoring
from masterkey.scoring.published import score_papers
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import read_json, write_json
from masterkey.scripting.provenance import processor, provenance

ROOT = Path(__file__).resolve().parents[1]
INVENTED = ROOT / "tests" / "fixtures" / "upstream_sii_scores_invented.json"
TEXT_LENGTH = 4573  # characters
RESULT = ROOT / "benchmarks" / "results" / "score_throughput.json"


@dataclass
class Arguments:
    n_papers: int = field(default=10_000, metadata={"help": "papers scored in one repeat"})
    repeats: int = field(default=3, metadata={"help": "repeats; the median is reported"})
    seed: int = field(default=0, metadata={"help": "seed of the draw of values"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    for name in ("n_papers", "repeats"):
        if getattr(arguments, name) < 1:
            raise UserError(f"--{name} {getattr(arguments, name)}: give a number of at least 1.")
    use_one_core()
    pairs = invented_papers(arguments.n_papers, arguments.seed)
    tracks = {
        "paper_parity": measure(score_papers, pairs, arguments.repeats),
        "sound": measure(score_soundly, pairs, arguments.repeats),
        "sound_new_values": measure(score_soundly, with_new_values(pairs), arguments.repeats),
    }
    for name, result in tracks.items():
        print(
            f"{name}: {result['papers_per_second']:,.0f} papers/s (median of {result['seconds']} s)"
        )
    result = {
        "about": "papers per second on invented papers, one process on one core",
        "settings": {
            "n_papers": arguments.n_papers,
            "repeats": arguments.repeats,
            "seed": arguments.seed,
        },
        "tracks": tracks,
        "processor": processor(),
        **provenance([INVENTED]),
    }
    write_json(arguments.output_path, result)
    print(f"written: {arguments.output_path}")


def use_one_core() -> None:
    """Pin this process to one core where the system can, so that no library spreads out."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def invented_papers(n_papers: int, seed: int) -> list[tuple[dict, dict]]:
    """(answer, prediction) pairs, mixed field by field from the scored papers of the fixture."""
    scored = [paper for paper in read_json(INVENTED)["papers"] if paper.get("scores")]
    draw = random.Random(seed)
    pairs = []
    for _ in range(n_papers):
        sources = dict(zip(SII_FIELDS, draw.choices(scored, k=len(SII_FIELDS)), strict=True))
        answer = {name: source["answer"][name] for name, source in sources.items()}
        prediction = {name: source["prediction"][name] for name, source in sources.items()}
        pairs.append((answer, prediction))
    return pairs


def with_new_values(pairs: list[tuple[dict, dict]]) -> list[tuple[dict, dict]]:
    """The same papers with one more part, of no other paper, in every value."""
    return [
        tuple({name: f"{value}; x{number}" for name, value in fields.items()} for fields in pair)
        for number, pair in enumerate(pairs)
    ]


def score_soundly(pairs: list[tuple[dict, dict]]) -> None:
    """Comparison, all figures and their intervals; each text holds the answer's values."""
    answers, predictions = [list(side) for side in zip(*pairs, strict=True)]
    texts = [paper_text(answer) for answer in answers]
    counts = scoring.tally(answers, predictions, texts, scoring.majority_values(answers))
    scoring.report(scoring.score(counts, seed=0))


def paper_text(answer: dict) -> str:
    """A text as long as the mean experimental section of the published papers."""
    sentence = ", ".join(answer.values()) + ". "
    return (sentence * (1 + TEXT_LENGTH // len(sentence)))[:TEXT_LENGTH]


def measure(score, pairs: list[tuple[dict, dict]], repeats: int) -> dict:
    """Wall seconds of each repeat, and papers per second of the median one."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        score(pairs)
        seconds.append(round(time.perf_counter() - start, 3))
    return {
        "papers_per_second": round(len(pairs) / statistics.median(seconds), 1),
        "seconds": seconds,
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

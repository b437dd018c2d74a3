"""How long the extractor takes to learn and to read, and how large its file is.

    python benchmarks/extractor.py --train data/sii360.json
    python benchmarks/extractor.py --train data/sample/sii_train.json --output_path runs/quick.json

Reads the training papers again: what is measured is the speed, their scores would mean nothing.
sii_baseline.py also finds the evidence of each answer (character offsets): with and without it.
"""

import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.predicting import methods
from masterkey.rows.predictions import parse_answer
from masterkey.rows.records import read_rows
from masterkey.schema.evidence import evidence_of
from masterkey.scripting.command_line import run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import processor, provenance

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "extractor.json"


@dataclass
class Arguments:
    train: str = field(metadata={"help": "rows with answers to learn from, and to read again"})
    repeats: int = field(default=3, metadata={"help": "repeats; the median is reported"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    rows = read_rows(arguments.train, task="sii", answers="required")
    measured = [measure(rows) for _ in range(arguments.repeats)]
    result = {
        name: round(statistics.median(own[name] for own in measured), 2) for name in measured[0]
    }
    for name, value in result.items():
        print(f"{name}: {value}")
    write_json(
        arguments.output_path,
        {
            "n_papers": len(rows),
            "repeats": arguments.repeats,
            "median": result,
            "runs": measured,
            **provenance([arguments.train]),
            "processor": processor(),
        },
    )
    print(f"saved: {arguments.output_path}")


def measure(rows) -> dict[str, float]:
    begin = time.perf_counter()
    extractor = methods.fit("sii", "fields", rows, seed=0)
    learned = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "extractor.npz"
        methods.keep(extractor, path)
        size = path.stat().st_size
        loading = time.perf_counter()
        loaded = methods.load("sii", path)
        reading = time.perf_counter()
    answers = loaded.ask(rows)
    read = time.perf_counter()
    for row, answer in zip(rows, answers, strict=True):
        evidence_of(parse_answer("sii", answer.text), row.input)
    found = time.perf_counter()
    return {
        "learn_seconds": learned - begin,
        "load_seconds": reading - loading,
        "papers_per_second": len(rows) / (read - reading),
        "papers_per_second_with_evidence": len(rows) / (found - reading),
        "file_mb": size / 1e6,
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

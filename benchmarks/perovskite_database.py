"""Converting an export of the Perovskite Database's size: seconds and peak memory.

    python benchmarks/perovskite_database.py                      # a minute on 2 cores
    python benchmarks/perovskite_database.py --n_rows 2000 --repeats 1 --output_path runs/quick.json

The export is invented (masterkey/synthetic/export.py): 43,000 devices in 410 columns, about as many
bytes as the published one. It is written to a temporary folder first, which is not measured. Each
command runs in its own process, start-up included, with the export in the page cache:

- `rows_and_labels`: data/from_perovskite_database.py as it stands.
- `texts_and_exclude`: with texts of 1,000 papers (4,573 characters each, the mean of the published
  experimental sections), and two files of rows that are to stay unseen.
- `read_pyarrow`, `read_pandas`: only reading the 36 columns as text, by the reader that the converter
  uses and by the other candidate, pandas' C reader.
"""

import json
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.weight_diff import measure
from masterkey.database.export_file import DOI, USED_COLUMNS
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import provenance
from masterkey.synthetic.export import COLUMNS, export_rows, write_export

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "perovskite_database.json"
SAMPLE = ROOT / "data" / "sample"
PUBLISHED_BYTES = 84_659_951
LIMIT_SECONDS, LIMIT_MB = 60, 2000
N_TEXTS, TEXT_LENGTH = 1000, 4573
READ_PYARROW = """
import sys
from masterkey.database.export_file import open_export, read_columns
read_columns(open_export(sys.argv[1]))
"""
READ_PANDAS = """
import sys, pandas
columns = sys.argv[2].split(",")
pandas.read_csv(sys.argv[1], usecols=columns, dtype=str, keep_default_na=False, engine="c")
"""


@dataclass
class Arguments:
    n_rows: int = field(default=43_000, metadata={"help": "devices in the export"})
    repeats: int = field(default=3, metadata={"help": "runs of each command, in turns"})
    seed: int = field(default=0, metadata={"help": "seed of the invented devices"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    for name in ("n_rows", "repeats"):
        if getattr(arguments, name) < 1:
            raise UserError(f"--{name} {getattr(arguments, name)}: give a number of at least 1.")
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.csv"
        write_export(export, arguments.n_rows, arguments.seed)
        write_texts(Path(folder) / "texts.jsonl", arguments)
        n_bytes = export.stat().st_size
        runs = measure_in_turns(export, arguments.repeats)
    summary = {
        name: {
            "seconds": statistics.median(run["seconds"] for run in of_command),
            "peak_mb": max(run["peak_mb"] for run in of_command),
            "runs": of_command,
        }
        for name, of_command in runs.items()
    }
    for name, figures in summary.items():
        print(f"{name}: {figures['seconds']} s, at most {figures['peak_mb']} MB")
    write_json(arguments.output_path, result(summary, n_bytes, arguments))
    print(f"written: {arguments.output_path}")


def write_texts(path: Path, arguments: Arguments) -> None:
    """Texts for the first papers of the export: 8-word sequences that all differ."""
    place = COLUMNS.index(DOI)
    dois = {row[place].lower() for row in export_rows(min(arguments.n_rows, 7000), arguments.seed)}
    with open(path, "w") as file:
        for doi in sorted(dois - {""})[:N_TEXTS]:
            text = " ".join(f"{doi} word {number}" for number in range(300))[:TEXT_LENGTH]
            file.write(json.dumps({"doi": doi, "text": text}) + "\n")


def measure_in_turns(export: Path, repeats: int) -> dict[str, list[dict]]:
    """Wall seconds and peak memory [MB] of each command."""
    convert = [sys.executable, ROOT / "data" / "from_perovskite_database.py", export]
    exclude = [SAMPLE / "mdp_test.json", SAMPLE / "sii_test.json"]
    runs: dict[str, list[dict]] = {}
    for number in range(repeats):
        commands = {
            "rows_and_labels": [*convert, "--output_dir", export.parent / f"rows{number}"],
            "texts_and_exclude": [
                *[*convert, "--output_dir", export.parent / f"joined{number}"],
                *["--texts", export.parent / "texts.jsonl", "--exclude", *exclude],
            ],
            "read_pyarrow": [sys.executable, "-c", READ_PYARROW, export],
            "read_pandas": [sys.executable, "-c", READ_PANDAS, export, ",".join(USED_COLUMNS)],
        }
        for name, words in commands.items():
            runs.setdefault(name, []).append(measure(words))
    return runs


def result(summary: dict, n_bytes: int, arguments: Arguments) -> dict:
    """The content of the result file."""
    return {
        "about": "converting an invented export of the Perovskite Database's size, each command in "
        "its own process",
        "settings": {key: getattr(arguments, key) for key in ("n_rows", "repeats", "seed")},
        "export": {
            "n_columns": len(COLUMNS),
            "bytes": n_bytes,
            "bytes_of_the_published_one": PUBLISHED_BYTES,
        },
        "limits": {"seconds": LIMIT_SECONDS, "peak_mb": LIMIT_MB},
        "commands": summary,
        **provenance(),
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

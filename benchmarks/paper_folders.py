"""How fast a folder of papers is read, by one process and by several; where the time of a PDF goes.

    python benchmarks/paper_folders.py --n_papers 200 --processes 1 2
    python benchmarks/paper_folders.py --n_papers 40 --repeats 1 --output_path runs/quick.json

Invented two-column PDFs (set by typst, as in benchmarks/pdf_libraries.py) are read by infer.py with a saved
`--method fields`, learned once from --train. Processes start anew in each run, as they do for a user, so
a small folder gains less. Other work on the machine makes the times differ: the fastest of the repeats counts,
and the processor's time of all processes stands beside it.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from pdf_libraries import by_masterkey, by_pdfium, by_typst, paragraphs

from masterkey.predicting import methods
from masterkey.rows.records import read_rows
from masterkey.scripting.command_line import run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import processor, provenance

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "paper_folders.json"


@dataclass
class Arguments:
    n_papers: int = field(default=200, metadata={"help": "papers in the folder"})
    n_sentences: int = field(default=60, metadata={"help": "sentences of a paper"})
    processes: list[int] = field(
        default_factory=lambda: [1, 2], metadata={"help": "numbers of processes to compare"}
    )
    repeats: int = field(default=2, metadata={"help": "runs of each; the fastest counts"})
    train: str = field(
        default="data/sample/sii_train.json", metadata={"help": "rows to learn the method from"}
    )
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    random_numbers = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "papers"
        folder.mkdir()
        files = []
        for number in range(arguments.n_papers):
            files.append(by_typst(paragraphs(random_numbers, arguments.n_sentences)))
            (folder / f"paper{number:04}.pdf").write_bytes(files[-1])
        model = Path(name) / "fields.npz"
        rows = read_rows(arguments.train, task="sii", answers="required")
        methods.keep(methods.fit("sii", "fields", rows, seed=0), model)
        result = {"seconds_per_pdf_page": pages_per_second(files[:40])}
        measured = {
            n: min(seconds_of(folder, model, n) for _ in range(arguments.repeats))
            for n in arguments.processes
        }
    for n, (wall, processor_time) in measured.items():
        print(f"{n} processes: {wall:.1f} s, of the processors {processor_time:.1f} s")
    first = measured[arguments.processes[0]][0]
    result |= {
        "n_papers": arguments.n_papers,
        "seconds": {str(n): round(own[0], 2) for n, own in measured.items()},
        "processor_seconds": {str(n): round(own[1], 2) for n, own in measured.items()},
        "times_as_fast": {str(n): round(first / own[0], 2) for n, own in measured.items()},
        "load_average": os.getloadavg(),
    }
    print(f"times as fast: {result['times_as_fast']}; load average: {os.getloadavg()}")
    write_json(arguments.output_path, result | provenance() | {"processor": processor()})
    print(f"saved: {arguments.output_path}")


def pages_per_second(files: list[bytes]) -> dict[str, float]:
    """Seconds for a page: PDFium's own text, and what infer.py reads."""
    found = {}
    for name, read in (("pypdfium2, its own text", by_pdfium), ("masterkey", by_masterkey)):
        begin = time.process_time()
        n_pages = sum(read(data)[1] for data in files)
        found[name] = round((time.process_time() - begin) / n_pages, 5)
        print(f"{name}: {1000 * found[name]:.1f} ms per page")
    return found


def seconds_of(folder: Path, model: Path, n_processes: int) -> tuple[float, float]:
    """The time of infer.py on the folder, from its start to its end, and that of its processes."""
    command = [
        *(sys.executable, "infer.py", str(folder), "--model", str(model), "--overwrite"),
        *("--output_path", str(model.with_name("out.jsonl")), "--num_workers", str(n_processes)),
    ]
    begin, before = time.perf_counter(), os.times()
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    after = os.times()
    processors = after.children_user + after.children_system
    return time.perf_counter() - begin, processors - before.children_user - before.children_system


if __name__ == "__main__":
    run(main, Arguments, __doc__)

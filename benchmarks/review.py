"""How soon the page of review.py is ready, and how soon the next paper is there, in headless Chromium.

    python benchmarks/review.py
    python benchmarks/review.py --papers 100 --output_path runs/quick.json

1,000 invented papers of 5,000 characters, each with the places of its values. `start_seconds` is from the command to
the first answer, `page_ready_seconds` from asking for the page to its text and record being drawn, with an empty
cache; `next_paper_ms` from the key "]" to the next paper drawn, painted frame included; `saved_ms` from the key "a" to
the edit being on the disk. The `cpu` figures are processor time of the page's main thread alone: what is left where
nothing else runs. Needs Debian's chromium.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.rows.cleaned_rows import with_evidence
from masterkey.rows.predictions import prediction_line
from masterkey.rows.records import read_rows
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import processor, provenance

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "review.json"
SAMPLE = ROOT / "data" / "sample" / "sii_train.json"
LENGTH = 5000
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
# Resolves when the page shows another version or paper and has painted it.
STEP = """(key) => new Promise((resolve) => {
  const begin = performance.now();
  const title = document.getElementById("about").textContent;
  const done = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin)));
  const saved = document.getElementById("saved");
  saved.textContent = "";
  const watch = new MutationObserver(() => {
    const there = key === "]" ? document.getElementById("about").textContent !== title : saved.textContent.startsWith("Saved ");
    if (there) { watch.disconnect(); done(); }
  });
  watch.observe(document.body, { childList: true, subtree: true, characterData: true });
  document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
})"""


@dataclass
class Arguments:
    papers: int = field(default=1000, metadata={"help": "papers in the file"})
    steps: int = field(default=40, metadata={"help": "papers gone through, and edits, per repeat"})
    repeats: int = field(default=3, metadata={"help": "repeats; the median is reported"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise UserError("there is no chromium; install Debian's package: apt-get install chromium.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "papers.jsonl"
        path.write_text("".join(invented_lines(arguments.papers)))
        size = path.stat().st_size
        measured = [measure(path, chromium, arguments.steps) for _ in range(arguments.repeats)]
    result = {
        name: round(statistics.median(own[name] for own in measured), 3) for name in measured[0]
    }
    for name, value in result.items():
        print(f"{name}: {value}")
    version = subprocess.run([chromium, "--version"], capture_output=True, text=True).stdout.strip()
    write_json(
        arguments.output_path,
        {
            "n_papers": arguments.papers,
            "characters_per_paper": LENGTH,
            "file_mb": round(size / 1e6, 1),
            "steps": arguments.steps,
            "repeats": arguments.repeats,
            "median": result,
            "runs": measured,
            **provenance([SAMPLE]),
            "browser": version,
            "load_average": round(os.getloadavg()[0], 1),  # processes that wanted a core
            "processor": processor(),
        },
    )
    print(f"saved: {arguments.output_path}")


def invented_lines(n_papers: int):
    """Prediction lines of the invented papers of data/sample, several to a text."""
    rows = read_rows(SAMPLE, task="sii", answers="required")
    for number in range(n_papers):
        pieces, place = [], number
        while sum(map(len, pieces)) < LENGTH:
            pieces.append(rows[place % len(rows)].input)
            place += n_papers
        text = "\n\n".join(pieces)[:LENGTH]
        row = rows[number % len(rows)]
        row = type(row)(f"paper {number}", row.instruction, text, None, number)
        answer = schema.format_sii_answer(schema.parse_sii_answer(rows[number % len(rows)].output))
        confidence = {name: 0.4 + 0.01 * place for place, name in enumerate(schema.SII_FIELDS)}
        line = with_evidence(prediction_line("sii", row, answer, confidence=confidence), text)
        yield json.dumps(line, ensure_ascii=False) + "\n"


def measure(path: Path, chromium: str, steps: int) -> dict[str, float]:
    """One server and one browser, both new."""
    for written in path.parent.glob("papers.*.jsonl"):
        written.unlink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    command = [sys.executable, str(ROOT / "review.py"), str(path), "--port", str(port)]
    begin = time.perf_counter()
    # Without --performance: a method that learns in the background would be measured, too.
    with subprocess.Popen([*command, "--no_performance"], stdout=subprocess.DEVNULL) as server:
        try:
            wait_for(url)
            started = time.perf_counter() - begin
            return {"start_seconds": started, **in_browser(url, chromium, steps)}
        finally:
            server.terminate()


def wait_for(url: str) -> None:
    while True:
        try:
            urllib.request.urlopen(url).read()
            return
        except OSError:
            time.sleep(0.02)


def in_browser(url: str, chromium: str, steps: int) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        inspector = page.context.new_cdp_session(page)
        inspector.send("Performance.enable", {"timeDomain": "threadTicks"})
        begin = time.perf_counter()
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        ready = time.perf_counter() - begin
        cpu_ready = cpu_seconds(inspector)
        walked = [page.evaluate(STEP, "]") for _ in range(steps)]
        cpu_walked = (cpu_seconds(inspector) - cpu_ready) / steps
        saved = [page.evaluate(STEP, "a") for _ in range(steps // 2)]
        browser.close()
    return {
        "page_ready_seconds": ready,
        "page_ready_cpu_seconds": cpu_ready,
        "next_paper_ms": statistics.median(walked),
        "next_paper_ms_slowest": max(walked),
        "next_paper_cpu_ms": 1000 * cpu_walked,
        "saved_ms": statistics.median(saved),
    }


def cpu_seconds(inspector) -> float:
    """Processor time of the page's main thread so far, which other processes do not lengthen much."""
    metrics = inspector.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


if __name__ == "__main__":
    run(main, Arguments, __doc__)

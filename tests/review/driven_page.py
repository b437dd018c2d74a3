"""A running review.py that can be killed, and what a person does on its page, for the tests in a browser."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
HTL = "HTL_stack_sequence"


class Server:
    """review.py in a process of its own, which can be killed and started again at the same address."""

    def __init__(self, path: Path):
        self.path = path
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.start()

    def start(self):
        script = [sys.executable, str(HERE / "scripted_page.py"), str(self.path)]
        self.process = subprocess.Popen(
            [*script, "--port", str(self.port), "--reviewer", "ada"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])},
            stdout=subprocess.DEVNULL,
        )
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url, timeout=5).read()
                return
            except OSError:
                assert self.process.poll() is None, "review.py ended"
                time.sleep(0.05)
        raise AssertionError("review.py does not answer")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def edits(self) -> list[dict]:
        log = self.path.with_suffix(".edits.jsonl").read_text()
        return [json.loads(own) for own in log.splitlines()]


def until(page, condition, seconds=60):
    """Wait for a condition in JavaScript. The page's own policy forbids Playwright's wait_for_function."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        time.sleep(0.02)


def row(page, field=HTL):
    return page.locator(f".row[data-field={field}]")


def value(page, field=HTL):
    return row(page, field).locator(".value").inner_text()


def saved(page):
    until(page, "document.getElementById('saved').textContent.startsWith('Saved ')")


def select(page, words):
    """Select words of the text, as the mouse would."""
    page.evaluate(
        """(words) => {
          const walk = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
          for (let node = walk.nextNode(); node; node = walk.nextNode()) {
            const at = node.data.indexOf(words);
            if (at >= 0) { getSelection().setBaseAndExtent(node, at, node, at + words.length); return; }
          }
          throw new Error(words);
        }""",
        words,
    )

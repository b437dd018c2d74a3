"""What is said of a model's files where nothing is wrong enough to stop: once, by the first process."""

import os
import sys

_said: set[str] = set()


def say_once(line: str) -> None:
    """Print `line` on standard error, the first time that it is said in this run."""
    if line not in _said and not int(os.environ.get("RANK", 0)):
        _said.add(line)
        print(line, file=sys.stderr, flush=True)

"""The commands of a chain, several at a time, with what is being done and how long is left.

    progress = Progress(n_steps=2)
    run_lanes([[Step("Learn", ("train.py", …), 50)], [Step("Score", ("score.py", …), 10)]], folder, progress)

A lane is a list of steps that wait for each other; lanes run side by side. Each command is printed as
it starts, so it can be pasted; what it prints goes to a log file of its own, since two would mix.
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.signals import terminated_as_exit

# Seconds between two looks at the commands, and between two lines of progress: a terminal's last line is
# written over, a file gets a new one.
_LOOK, _LINE_OF_TERMINAL, _LINE_OF_FILE = 0.1, 1.0, 20.0
_SHOWN_OF_A_FAILURE = 15  # last lines of a failed command's log
# A command and the processes that it starts are a group, where there are such.
_GROUPS = hasattr(os, "killpg")
# The progress bar of train.py: " 35%|███   | 634/1800 [00:52<".
_BAR = re.compile(rb"\| *(\d+)/(\d+) \[")
_READ_OF_A_LOG = 2000  # bytes; holds the last state of a bar
# As if so many seconds had gone as expected: the start of a short step says little of a long one.
_TRUSTED = 20.0
# A bar speaks from here on; before it the time is that of loading.
_SMALLEST_SHARE = 0.02


@dataclass(frozen=True)
class Step:
    """One command of a chain.

    `seconds` is what it took where it was measured; only the time that is left follows from it. `threads` is
    what its arithmetic may use. `then` is called when it has ended well.
    """

    title: str
    words: tuple
    seconds: float
    threads: int = 1
    then: Callable[[], None] | None = None

    @property
    def command(self) -> str:
        return f"python {shlex.join(map(str, self.words))}"

    @property
    def script(self) -> str:
        """The script or notebook that runs, without its suffix."""
        paths = [Path(str(word)) for word in self.words]
        return next(path.stem for path in paths if path.suffix in (".py", ".ipynb"))


@dataclass
class Progress:
    """How far a chain is: steps begun and ended, and the seconds they took beside those expected."""

    n_steps: int
    n_begun: int = 0
    n_ended: int = 0
    since: float = field(default_factory=time.monotonic)
    ended_seconds: float = 0.0
    ended_expected: float = 0.0
    shown: float = 0.0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.since

    @property
    def slowness(self) -> float:
        """What a second of `Step.seconds` takes here and now, guessed from the steps that have ended."""
        return (self.ended_seconds + _TRUSTED) / (self.ended_expected + _TRUSTED)

    def begin(self, step: Step) -> None:
        self.n_begun += 1
        number = f"[{self.n_begun:2} of {self.n_steps}]"
        self.line(f"{number} {clock(self.elapsed)}  {step.title}\n{'':17}$ {step.command}")

    def end(self, step: Step, seconds: float) -> None:
        self.n_ended += 1
        self.ended_seconds += seconds
        self.ended_expected += step.seconds

    def line(self, text: str) -> None:
        """A line that stays, where the state of a terminal stood."""
        print(f"\r\033[K{text}" if sys.stdout.isatty() else text, flush=True)

    def show(self, left: float, titles: Iterable[str]) -> None:
        """Time gone and time left, not more often than a reader wants it."""
        terminal = sys.stdout.isatty()
        if time.monotonic() - self.shown < (_LINE_OF_TERMINAL if terminal else _LINE_OF_FILE):
            return
        self.shown = time.monotonic()
        state = (
            f"{self.n_ended} of {self.n_steps} steps done, {clock(self.elapsed)} gone, "
            f"about {clock(left)} left"
        )
        if terminal:
            print(f"\r\033[K{state}", end="", flush=True)
        else:
            print(f"{'':11}{state}: {'; '.join(titles)}", flush=True)


@dataclass
class _Running:
    """A step whose command runs, and its log."""

    step: Step
    process: subprocess.Popen
    log: Path
    since: float

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.since

    def left(self, slowness: float) -> float:
        """Seconds to its end: by its own progress bar where it shows one, else as it was measured."""
        share = _share_done(self.log)
        if share > _SMALLEST_SHARE:
            return self.seconds * (1 - share) / share
        return max(self.step.seconds * slowness - self.seconds, 0.0)


def run_lanes(
    lanes: list[list[Step]], folder: Path, progress: Progress, later: float = 0.0
) -> None:
    """Run the steps of each lane in turn and the lanes side by side; logs go to `folder`.

    `later` is the expected seconds of what comes after these lanes. Raises `UserError` where a command
    fails, with the end of its log on stderr, and ends the others; so does SIGTERM, with exit code 143.
    """
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [list(lane) for lane in lanes]
    running: list[_Running | None] = [None] * len(lanes)
    with terminated_as_exit(), _ending(running):
        while any(waiting) or any(running):
            for i, lane in enumerate(waiting):
                if running[i] and running[i].process.poll() is not None:
                    _finish(running[i], progress)
                    running[i] = None
                if running[i] is None and lane:
                    running[i] = _start(lane.pop(0), folder, progress)
            left = _seconds_left(waiting, running, progress.slowness)
            titles = [one.step.title for one in running if one]
            progress.show(left + later * progress.slowness, titles)
            time.sleep(_LOOK)


@contextlib.contextmanager
def _ending(running: list):
    """However it is left, the commands that still run are ended, and the processes that they started."""
    try:
        yield
    finally:
        for one in filter(None, running):
            one.process.terminate()
        for one in filter(None, running):
            one.process.wait()
            if _GROUPS:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(one.process.pid, signal.SIGTERM)


def run_step(step: Step) -> None:
    """Print and run one command on this terminal; `UserError` where it fails.

    SIGTERM is handed on to it, and it is waited for: train.py saves a checkpoint then.
    """
    print(f"\n$ {step.command}", flush=True)
    command = [sys.executable, *map(str, step.words)]
    with terminated_as_exit():
        process = subprocess.Popen(command, env=_environment(step.threads))
        try:
            process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        raise _failure(process.returncode)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def clock(seconds: float) -> str:
    """83.4 → 1:23"""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _start(step: Step, folder: Path, progress: Progress) -> _Running:
    progress.begin(step)
    log = folder / f"{progress.n_begun:02}_{step.script}.log"
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [sys.executable, *map(str, step.words)],
            env=_environment(step.threads),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=_GROUPS,
        )
    return _Running(step, process, log, time.monotonic())


def _environment(threads: int) -> dict[str, str]:
    """This process's, with so many threads for arithmetic unless the user has set a number."""
    return {"OMP_NUM_THREADS": str(threads), **os.environ, "PYTHONUNBUFFERED": "1"}


def _finish(one: _Running, progress: Progress) -> None:
    if one.process.returncode != 0:
        lines = one.log.read_text("utf-8", errors="replace").splitlines()[-_SHOWN_OF_A_FAILURE:]
        progress.line(f"Failed: {one.step.command}")
        print(*lines, sep="\n", file=sys.stderr)
        raise _failure(one.process.returncode)
    progress.end(one.step, one.seconds)
    if one.step.then:
        progress.line("")
        one.step.then()


def _failure(code: int) -> UserError:
    return UserError(f"the command above ended with exit code {code}; mend its cause.")


def _share_done(log: Path) -> float:
    """The part that the last progress bar in `log` says is done; 0 without one."""
    with open(log, "rb") as file:
        file.seek(max(log.stat().st_size - _READ_OF_A_LOG, 0))
        bars = _BAR.findall(file.read())
    return int(bars[-1][0]) / max(int(bars[-1][1]), 1) if bars else 0.0


def _seconds_left(waiting: list[list[Step]], running: list, slowness: float) -> float:
    """Seconds until the longest lane ends."""
    ends = [
        sum(step.seconds for step in lane) * slowness + (one.left(slowness) if one else 0.0)
        for lane, one in zip(waiting, running, strict=True)
    ]
    return max(ends, default=0.0)

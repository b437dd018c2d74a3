"""Texts typed and pasted into a terminal: a stand-in for one, and a real pseudo-terminal."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from interrupts import hear_ctrl_c

from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.terminal.paste import ask

ROOT = Path(__file__).resolve().parents[2]
PAPER = "Cells stood on glass covered with FTO. SnO2 (20 nm) was spin-coated, then MAPbI3. " * 3


def typed(monkeypatch, lines: list[str], waits=()) -> str | None:
    """What `ask` returns for these lines and then Ctrl-D; more waits behind those whose number says so."""
    numbers = iter(range(len(lines)))
    current = None

    def line():
        nonlocal current
        current = next(numbers, None)
        if current is None:
            raise EOFError
        return lines[current]

    monkeypatch.setattr("builtins.input", line)
    monkeypatch.setattr("masterkey.terminal.paste._more_waits", lambda: current in waits)
    return ask("?")


def test_an_empty_line_or_ctrl_d_ends_the_text(monkeypatch):
    assert typed(monkeypatch, ["one", "two", "", "three"]) == "one\ntwo"
    assert typed(monkeypatch, ["one", "two"]) == "one\ntwo"


def test_empty_lines_before_the_text_are_no_text(monkeypatch):
    assert typed(monkeypatch, ["", "  ", "one", ""]) == "one"


def test_ctrl_d_before_any_text_is_none(monkeypatch):
    assert typed(monkeypatch, []) is None
    assert typed(monkeypatch, ["", " "]) is None


def test_an_empty_line_inside_a_paste_belongs_to_it(monkeypatch):
    assert typed(monkeypatch, ["one", "", "two", ""], waits={1}) == "one\n\ntwo"


def test_a_line_that_the_terminal_cut_is_not_taken_for_the_whole(monkeypatch):
    with pytest.raises(UserError, match="the terminal cut a line at 4095 characters"):
        typed(monkeypatch, ["x" * 4095])


def test_the_prompt_leaves_stdout_to_results(monkeypatch, capsys):
    typed(monkeypatch, ["one"])
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "?\n")


# --- a real terminal -----------------------------------------------------------------------------


PROMPT = "Ctrl-D at once: quit"


class Terminal:
    """infer.py in a pseudo-terminal of 100 columns."""

    def __init__(self, *argv):
        import fcntl
        import pty
        import struct
        import termios

        def take_the_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            hear_ctrl_c()

        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "infer.py", *map(str, argv)], stdin=slave, stdout=slave, stderr=slave,
            cwd=ROOT, env={**os.environ, "TERM": "xterm"}, start_new_session=True,
            preexec_fn=take_the_terminal,
        )  # fmt: skip
        os.close(slave)
        self.shown = ""

    def wait_for(self, text: str) -> None:
        self._read_until(lambda: text in self.shown)

    def wait_for_prompt(self, number: int) -> None:
        """Until the line editor listens behind the prompt; what is typed earlier may be lost."""
        import termios

        def listens() -> bool:
            return not termios.tcgetattr(self.master)[3] & termios.ICANON

        self._read_until(lambda: self.shown.count(PROMPT) == number and listens())

    def _read_until(self, is_there) -> None:
        end = time.monotonic() + 30
        while not is_there():
            assert time.monotonic() < end, self.shown
            self._read(1)

    def type(self, text: str) -> None:
        data = text.encode()
        while data:  # in pieces that the terminal's buffer takes
            data = data[os.write(self.master, data[:512]) :]
            self._read(0)

    def _read(self, seconds: float) -> None:
        while select.select([self.master], [], [], seconds)[0]:
            try:
                piece = os.read(self.master, 1 << 16)
            except OSError:  # the other end is closed
                return
            self.shown += piece.decode("utf-8", "replace")
            seconds = 0

    def end_by(self, key: str) -> int:
        """Press `key` until the process ends (a signal just before Python waits for a key is lost)."""
        for _ in range(30):
            self.type(key)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(1)
        raise AssertionError(self.shown)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(tmp_path):
    """infer.py --method nearest in a terminal, waiting for a text."""
    row = {"instruction": schema.SII_INSTRUCTION, "input": PAPER}
    row["output"] = schema.format_sii_answer(dict.fromkeys(schema.SII_FIELDS, "Unknown"))
    train = tmp_path / "train.json"
    train.write_text(json.dumps([row] * 2))
    terminal = Terminal("--method", "nearest", "--train", train)
    yield terminal
    terminal.kill()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="not checked: no pseudo-terminals here")
def test_a_paste_of_several_paragraphs_and_long_lines_arrives_whole(terminal):
    terminal.wait_for_prompt(1)
    text = f"{PAPER}\n\n{PAPER * 20}\n\nThe last words: gold."
    terminal.type(f"\x1b[200~{text}\x1b[201~".replace("\n", "\r") + "\r\r")
    terminal.wait_for("of 31 fields have a value")
    assert f"terminal, {len(text):,} characters" in terminal.shown
    terminal.wait_for_prompt(2)  # the same process asks again
    terminal.type("Spun on SnO2.\r\r")
    terminal.wait_for("terminal, 13 characters")
    terminal.wait_for_prompt(3)
    assert terminal.end_by("\x04") == 0


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="not checked: no pseudo-terminals here")
def test_ctrl_c_leaves_without_a_traceback(terminal):
    terminal.wait_for_prompt(1)
    terminal.type("half a para")
    terminal.wait_for("half a para")  # a signal that flushes unread keys would make readline wait
    assert terminal.end_by("\x03") == 130
    terminal.wait_for("stopped by Ctrl-C")
    assert "Traceback" not in terminal.shown

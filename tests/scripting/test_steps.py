"""Chains of commands: lanes side by side, a failure that ends all, logs, and the time that is left."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from masterkey.scripting.command_line import UserError
from masterkey.scripting.steps import Progress, Step, clock, run_lanes


@pytest.fixture
def script(tmp_path):
    """A step that runs the given lines of Python."""

    def step(name: str, *lines: str, **known) -> Step:
        path = tmp_path / f"{name}.py"
        path.write_text("\n".join(lines), "utf-8")
        return Step(f"Do {name}", (path, 7), **{"seconds": 1.0, **known})

    return step


def run(lanes, folder) -> Progress:
    progress = Progress(sum(map(len, lanes)))
    run_lanes(lanes, folder / "logs", progress)
    return progress


def test_steps_of_a_lane_wait_for_each_other_and_lanes_do_not(script, tmp_path):
    # Each lane's first step waits for a file of the other's: one after the other would never end.
    meet = [
        script(
            f"meet_{own}",
            "import pathlib, time",
            f"pathlib.Path({str(tmp_path / own)!r}).touch()",
            "end = time.time() + 30",
            f"other = pathlib.Path({str(tmp_path / other)!r})",
            "while not other.exists() and time.time() < end: time.sleep(0.01)",
            "assert other.exists()",
            f"pathlib.Path({str(tmp_path / 'ended')!r}).touch()",
        )
        for own, other in (("left", "right"), ("right", "left"))
    ]
    behind = script("behind", f"assert __import__('os').path.exists({str(tmp_path / 'ended')!r})")
    progress = run([[meet[0], behind], [meet[1]]], tmp_path)
    assert (progress.n_begun, progress.n_ended) == (3, 3)
    assert progress.ended_expected == 3.0


def test_each_command_is_printed_and_its_output_is_kept(script, tmp_path, capsys):
    run([[script("speak", "print('spoken')"), script("again", "print('twice')")]], tmp_path)
    shown = capsys.readouterr().out
    assert "[ 1 of 2] 0:00  Do speak\n" in shown
    assert f"$ python {tmp_path / 'speak.py'} 7\n" in shown
    assert "spoken" not in shown
    assert (tmp_path / "logs" / "01_speak.log").read_text() == "spoken\n"
    assert (tmp_path / "logs" / "02_again.log").read_text() == "twice\n"


def test_a_failure_shows_the_end_of_its_log_and_ends_the_other_lane(script, tmp_path, capsys):
    fail = script("fail", "print('a' * 9)", "raise SystemExit('no such paper')")
    late = tmp_path / "late"
    slow = script("slow", "import time; time.sleep(60)", f"open({str(late)!r}, 'w')")
    begin = time.monotonic()
    with pytest.raises(UserError, match="exit code 1"):
        run([[fail, script("never")], [slow]], tmp_path)
    assert time.monotonic() - begin < 50
    shown = capsys.readouterr()
    assert "no such paper" in shown.err
    assert "fail.py" in shown.out
    assert "never.py" not in shown.out


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="not checked: this system has no groups")
def test_sigterm_ends_the_commands_and_the_processes_that_they_started(script, tmp_path):
    # A command with a child of its own, which would live on where only the command is ended.
    sleep = "import time; time.sleep(60)"
    begun = script(
        "begun",
        "import subprocess, sys, time, pathlib, os",
        f"child = subprocess.Popen([sys.executable, '-c', {sleep!r}])",
        f"path = pathlib.Path({str(tmp_path / 'pids')!r})",
        "path.with_suffix('.new').write_text(f'{os.getpid()} {child.pid}')",
        "path.with_suffix('.new').rename(path)",
        "time.sleep(60)",
    )
    program = f"""
import pathlib
from masterkey.scripting.steps import Progress, Step, run_lanes
run_lanes([[Step("Do", {tuple(map(str, begun.words))}, 1.0)]], pathlib.Path({str(tmp_path)!r}), Progress(1))
"""
    chain = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL)
    until(lambda: (tmp_path / "pids").exists())
    chain.send_signal(signal.SIGTERM)
    assert chain.wait(30) == 143
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        until(lambda pid=pid: not is_alive(pid))


def until(happens, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_sigterm_lets_the_command_of_a_single_step_save_first(script, tmp_path):
    begun, saved = tmp_path / "begun", tmp_path / "saved"
    child = script(
        "child",
        "import pathlib, signal, sys, time",
        "def save(*_):",
        "    time.sleep(0.3)",
        f"    pathlib.Path({str(saved)!r}).touch()",
        "    sys.exit(143)",
        "signal.signal(signal.SIGTERM, save)",
        f"pathlib.Path({str(begun)!r}).touch()",
        "time.sleep(60)",
    )
    chain = (
        "from masterkey.scripting.steps import Step, run_step\n"
        f"run_step(Step('Do child', ({str(child.words[0])!r},), 1.0))"
    )
    process = subprocess.Popen([sys.executable, "-c", chain], stdout=subprocess.DEVNULL)
    until(begun.exists)
    process.terminate()
    assert process.wait(timeout=50) == 143
    assert saved.exists()


def test_what_follows_a_step_is_done_when_it_has_ended(script, tmp_path, capsys):
    table = tmp_path / "scores.json"
    write = script(
        "write",
        f"open({str(table)!r}, 'w').write('[1]')",
        then=lambda: print("table", json.loads(table.read_text())),
    )
    run([[write]], tmp_path)
    assert "table [1]" in capsys.readouterr().out


def test_threads_are_given_unless_the_user_has_set_them(script, tmp_path, monkeypatch):
    lines = ("import os", "print(os.environ['OMP_NUM_THREADS'])")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    run([[script("three", *lines, threads=3)]], tmp_path)
    assert (tmp_path / "logs" / "01_three.log").read_text() == "3\n"
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    run([[script("three", *lines, threads=3)]], tmp_path)
    assert (tmp_path / "logs" / "01_three.log").read_text() == "5\n"


@pytest.mark.slow
def test_the_time_left_follows_the_measured_seconds_and_a_bar_where_there_is_one(
    script, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("masterkey.scripting.steps._LINE_OF_FILE", 0.0)
    run([[script("quiet", "import time; time.sleep(0.5)", seconds=600.0)]], tmp_path)
    assert "0 of 1 steps done, 0:00 gone, about 9:59 left: Do quiet" in capsys.readouterr().out
    bar = "print(' 50%|███  | 50/100 [00:52<', flush=True); import time; time.sleep(0.5)"
    run([[script("bar", bar, seconds=600.0)]], tmp_path)
    assert "0:00 gone, about 0:00 left: Do bar" in capsys.readouterr().out


def test_minutes_and_seconds():
    assert [clock(0), clock(83.4), clock(600)] == ["0:00", "1:23", "10:00"]

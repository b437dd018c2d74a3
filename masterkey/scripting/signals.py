"""SIGTERM (a batch system's time limit, `kill`) as an exception, so that what was begun is ended in order."""

import contextlib
import signal
import threading


@contextlib.contextmanager
def terminated_as_exit():
    """SIGTERM raises `SystemExit(143)` inside; of a thread that is not the main one nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number, frame):
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

"""Ctrl-C for the processes that tests start."""

import signal


def hear_ctrl_c() -> None:
    """To be called in a child between fork and exec: SIGINT ends it, wherever the tests run.

    A shell without job control starts what stands before `&` with SIGINT ignored, and children inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)

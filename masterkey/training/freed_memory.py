"""Memory of a run on a CPU that is free but still the process's."""

import ctypes
import functools
import sys


def give_back_freed_memory() -> None:
    """Hand pages that hold nothing back to the system; does nothing without the GNU C library.

    Rows of many lengths leave holes of many sizes, which the C library keeps: without this a
    process came to hold more than twice what its tensors need (docs/training/memory.md).
    """
    if trim := _trim():
        trim(0)


@functools.cache
def _trim():
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)

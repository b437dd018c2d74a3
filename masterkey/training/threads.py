"""Shares of a computation on threads of their own, which meet where one needs what another has done.

torch shares every operation out over its threads, and they wait for each other at the end of each: some 30,000
times for a row of 1,800 tokens. Two threads with half of the tokens each take a fifth less time on two cores
(docs/experiments.md).
"""

import concurrent.futures
import functools
import itertools
import os
import threading

import torch
from torch.utils._python_dispatch import _get_current_dispatch_mode

# Rows of a matrix below which a thread's products lose more than the waiting costs.
FEWEST_ROWS = 256


def number_of_shares(n_rows: int) -> int:
    """How many threads share products of `n_rows` rows: those that torch has, where all have enough to do."""
    return max(1, min(torch.get_num_threads(), n_rows // FEWEST_ROWS))


def parts_of(start: int, end: int, n_shares: int) -> list[slice]:
    """What lies from `start` to `end`, cut into `n_shares` parts that are alike."""
    ends = [start + (end - start) * i // n_shares for i in range(n_shares + 1)]
    return [slice(*pair) for pair in itertools.pairwise(ends)]


def at_once(function, n_shares: int) -> list:
    """[function(0), …, function(n_shares - 1)] without gradients, on as many threads."""
    # What traces operations, as a memory plan does, sees those of its own thread alone.
    if n_shares == 1 or _get_current_dispatch_mode() is not None:
        with torch.no_grad():
            return [function(share) for share in range(n_shares)]
    pool = _pool(n_shares, max(1, torch.get_num_threads() // n_shares))
    futures = [pool.submit(function, share) for share in range(n_shares)]
    concurrent.futures.wait(futures)  # all, since they write into memory that is used again
    return [future.result() for future in futures]


@functools.cache
def _pool(n_shares: int, threads_each: int):
    """Threads that have `threads_each` of torch's each."""
    n_threads = torch.get_num_threads()
    all_here = threading.Barrier(n_shares)

    def begin():
        torch.get_num_threads()  # else the first operation would take their number from the others
        torch.set_num_threads(threads_each)
        torch.set_grad_enabled(False)
        all_here.wait()

    pool = concurrent.futures.ThreadPoolExecutor(n_shares, "share")
    for future in [pool.submit(begin) for _ in range(n_shares)]:
        future.result()
    torch.set_num_threads(n_threads)  # which the threads set for those to come, too
    return pool


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of these threads

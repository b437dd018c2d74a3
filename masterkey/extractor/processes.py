"""Work shared among processes that begin in no time."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

Task, Result = TypeVar("Task"), TypeVar("Result")
_work: Callable = None  # of a process of its own
_GARBAGE = 100_000  # objects made anew before garbage is looked for, which few of them ever are


def share_out(
    work: Callable[[Task], Result], tasks: Iterable[Task], n_processes: int
) -> Iterator[Result]:
    """The result of each task, in order; with one process here, with more in processes of their own.

    On Linux these are copies of this process: they know `work` and all that it holds, and import nothing anew.
    Elsewhere `work` is sent to each once, which takes seconds. Raises `BrokenProcessPool` where one is killed.
    """
    if n_processes <= 1:
        yield from map(work, tasks)
        return
    with _pool(n_processes, work) as pool:
        yield from pool.map(_do, tasks)


@contextmanager
def beside(n_processes: int, niceness: int = 0) -> Iterator[Callable[..., Future]]:
    """`submit(work, *arguments)`, of which the result is asked for later; with one process it is done at once.

    With more it is done in order in one process beside this one, which lets others go first by its `niceness`, on
    systems that know such. `work` is a function of a module.
    """
    if n_processes <= 1:
        yield _done
        return
    with _pool(1, None) as pool:
        # The process begins now, while this one has no threads of LightGBM.
        pool.submit(getattr(os, "nice", int), niceness)
        yield pool.submit


def _done(work: Callable, *arguments) -> Future:
    future = Future()
    future.set_result(work(*arguments))
    return future


def _pool(n_processes: int, work: Callable | None):
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    context = get_context("fork" if sys.platform == "linux" else None)
    return ProcessPoolExecutor(n_processes, context, _begin, (work,))


def _begin(work: Callable | None) -> None:
    global _work
    import gc

    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # as many threads as processes would wait for each other
    gc.freeze()  # what the process was born with stays: nothing of it is looked for as garbage
    gc.set_threshold(_GARBAGE)
    _work = work


def _do(task):
    return _work(task)

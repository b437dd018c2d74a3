"""Work shared among processes that begin in no time."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Task, Result = TypeVar("Task"), TypeVar("Result")
_work: Callable = None  # of a process of its own


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
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    context = get_context("fork" if sys.platform == "linux" else None)
    with ProcessPoolExecutor(n_processes, context, _begin, (work,)) as pool:
        yield from pool.map(_do, tasks)


def _begin(work: Callable) -> None:
    global _work
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # as many threads as processes would wait for each other
    _work = work


def _do(task):
    return _work(task)

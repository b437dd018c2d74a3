"""Work shared among processes that begin in no time."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TypeVar

Task, Result = TypeVar("Task"), TypeVar("Result")
Gather = Callable[[object], list]
WORTH_A_PROCESS = 30  # papers
_work: Callable = None  # of a process of its own
_GARBAGE = 100_000  # objects made anew before garbage is looked for, which few of them ever are


def processes_for(n_papers: int) -> int:
    """As many as are worth their beginning, and at most one for each core."""
    worth = n_papers // WORTH_A_PROCESS
    if worth <= 1:
        return 1
    from joblib import cpu_count  # of no use to one text, which would wait for the import

    return min(cpu_count(), worth)


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


class Share(NamedTuple):
    """One of `n` processes that work in step, each on its own papers.

    `gather(own)` gives what each of them has gathered, in their order, as soon as all have; all must ask for it.
    """

    number: int
    n: int
    gather: Gather


ALONE = Share(0, 1, lambda own: [own])


def in_step(work: Callable[[Task, Share], Result], tasks: Sequence[Task]) -> Result:
    """The result of the first task; the others are worked on meanwhile in a process each, whose results are lost.

    Raises what goes wrong in any of them; `BrokenProcessPool` where one is killed. `work` is a function of a module.
    """
    if len(tasks) == 1:
        return work(tasks[0], ALONE)
    context, links, processes = _context(), [], []
    try:
        for number, task in enumerate(tasks[1:], 1):
            here, there = context.Pipe()
            links.append(here)
            arguments = (work, task, number, len(tasks), there, list(links))
            processes.append(context.Process(target=_work_beside, args=arguments, daemon=True))
            processes[-1].start()
            there.close()
        return work(tasks[0], Share(0, len(tasks), partial(_gathered, links)))
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _gathered(links: list, own) -> list:
    """What the first process and those at the other ends have gathered, which gets to all of them."""
    gathered = [own, *map(_received, links)]
    for link in links:
        link.send(gathered)
    return gathered


def _received(link):
    from concurrent.futures.process import BrokenProcessPool

    try:
        error, own = link.recv()
    except EOFError:
        raise BrokenProcessPool("a process that learned beside this one was killed") from None
    if error is not None:
        raise error
    return own


def _work_beside(work: Callable, task, number: int, n: int, link, links_of_first: list) -> None:
    for (
        other
    ) in links_of_first:  # a copy of the first process has its ends, too: none would see it die
        other.close()
    _begin(None)

    def gather(own) -> list:
        link.send((None, own))
        return link.recv()

    try:
        work(task, Share(number, n, gather))
    except (
        EOFError,
        ConnectionError,
        KeyboardInterrupt,
    ):  # the first process is no more, or is told
        return
    except Exception as error:
        link.send((error, None))


@contextmanager
def garbage_seldom_looked_for() -> Iterator[None]:
    """Here, as in all processes of this module."""
    import gc

    before = gc.get_threshold()
    gc.set_threshold(_GARBAGE)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _pool(n_processes: int, work: Callable):
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(n_processes, _context(), _begin, (work,))


def _context():
    from multiprocessing import get_context

    return get_context("fork" if sys.platform == "linux" else None)


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

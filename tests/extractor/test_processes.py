"""Work is shared out among processes, and comes back in order."""

import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from masterkey.extractor.processes import Share, in_step, share_out


class Multiple:
    """Work that holds something, as an extractor does."""

    def __init__(self, factor: int):
        self.factor = factor

    def of(self, number: int) -> tuple[int, int]:
        if number < 0:
            raise ValueError("negative")
        return number * self.factor, os.getpid()


@pytest.mark.parametrize("n_processes", [1, 2])
def test_results_come_in_the_order_of_the_tasks(n_processes):
    found = list(share_out(Multiple(3).of, range(20), n_processes))
    assert [number for number, _ in found] == list(range(0, 60, 3))
    is_here = {process == os.getpid() for _, process in found}
    assert is_here == {n_processes == 1}


def test_what_is_wrong_with_a_task_is_told():
    with pytest.raises(ValueError, match="negative"):
        list(share_out(Multiple(1).of, [1, -1], 2))


def in_steps(first: int, share: Share) -> list:
    """Two steps: each adds what the others have gathered before."""
    told = tuple(share.gather((share.number, first)))
    if share.number == 1 and first < 0:
        raise ValueError("negative")
    return [told, share.gather(sum(own for _, own in told) + share.number), os.getpid()]


@pytest.mark.parametrize("tasks", [[5], [5, 6], [5, 6, 7]])
def test_processes_in_step_get_what_all_have_gathered(tasks):
    told, sums, process = in_step(in_steps, tasks)
    assert told == tuple(enumerate(tasks))
    assert sums == [sum(tasks) + number for number in range(len(tasks))]
    assert process == os.getpid()


def test_what_is_wrong_in_a_process_beside_is_told():
    with pytest.raises(ValueError, match="negative"):
        in_step(in_steps, [1, -1, 1])


def dies(task: int, share: Share) -> list:
    if share.number:
        os._exit(1)
    return share.gather(task)


def test_a_process_beside_that_is_killed_is_told():
    with pytest.raises(BrokenProcessPool, match="was killed"):
        in_step(dies, [1, 2])

"""Work is shared out among processes, and comes back in order."""

import os

import pytest

from masterkey.extractor.processes import beside, share_out


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


@pytest.mark.parametrize("n_processes", [1, 2])
def test_work_beside_is_asked_for_later(n_processes):
    with beside(n_processes) as submit:
        results = [submit(divmod, number, 7) for number in (20, 30)]
        process = submit(os.getpid)
        assert [result.result() for result in results] == [(2, 6), (4, 2)]
        assert (process.result() == os.getpid()) == (n_processes == 1)

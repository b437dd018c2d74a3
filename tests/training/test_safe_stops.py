"""Signals during training: whose they are, and that they are given back."""

import os
import signal
from types import SimpleNamespace

import pytest

from masterkey.training.resuming.stops import SafeStops


@pytest.fixture
def stops():
    before = signal.getsignal(signal.SIGTERM)
    stops = SafeStops(SimpleNamespace(restore_progress=lambda: None))
    stops.on_train_begin(None, None, None)
    yield stops
    stops.put_back()
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_is_kept_for_the_end_of_the_step(stops):
    os.kill(os.getpid(), signal.SIGTERM)
    assert stops.received == signal.SIGTERM


def test_handlers_are_given_back_also_where_training_began_twice(stops):
    stops.on_train_begin(None, None, None)


def test_a_forked_process_ends_at_once(stops):
    """As the workers of multiprocessing do, which the end of a pool waits for."""
    child = os.fork()
    if not child:
        os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGTERM
    assert not stops.received

"""The loss behind a frozen head, whose gradient is computed with it (masterkey/training/frozen_head.py)."""

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from masterkey.training import frozen_head, threads
from masterkey.training.frozen_head import frozen_head_loss, is_plain_and_frozen
from masterkey.training.logits import default_chunk_size, positions_at_once
from masterkey.training.loss import answer_loss


def a_head(bias: bool = False, trained: bool = False):
    torch.manual_seed(0)
    return torch.nn.Linear(12, 50, bias=bias).requires_grad_(trained)


def an_example(n: int = 23):
    torch.manual_seed(1)
    return torch.randn(n, 12, requires_grad=True), torch.randint(0, 50, (n,))


def plain(head, hidden, targets):
    return torch.nn.functional.cross_entropy(head(hidden).float(), targets, reduction="sum")


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("chunk_size", [1, 7, 23, 100])
@pytest.mark.parametrize(("fewest_rows", "words_at_once"), [(10_000, 4096), (20, 4096), (20, 7)])
def test_loss_and_gradient_are_those_of_cross_entropy(
    chunk_size, bias, fewest_rows, words_at_once, monkeypatch
):
    monkeypatch.setattr(threads, "FEWEST_ROWS", fewest_rows)
    monkeypatch.setattr(frozen_head, "WORDS_AT_ONCE", words_at_once)
    head = a_head(bias)
    hidden, targets = an_example()
    expected = plain(head, hidden, targets)
    (expected_gradient,) = torch.autograd.grad(expected * 0.3, hidden)
    loss = frozen_head_loss(head, hidden, targets, chunk_size)
    (gradient,) = torch.autograd.grad(loss * 0.3, hidden)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(gradient, expected_gradient)


def test_under_autocast_the_products_are_in_its_dtype_and_the_loss_in_float32():
    head = a_head()
    hidden, targets = an_example()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        expected = plain(head, hidden, targets)
        loss = frozen_head_loss(head, hidden, targets, 7)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, expected)
    (expected_gradient,) = torch.autograd.grad(expected, hidden)
    (gradient,) = torch.autograd.grad(loss, hidden)
    assert gradient.dtype == hidden.dtype
    torch.testing.assert_close(gradient, expected_gradient, rtol=0.02, atol=0.02)


def test_without_gradients_only_the_loss_is_computed():
    hidden, targets = an_example()
    with torch.no_grad():
        loss = frozen_head_loss(a_head(), hidden, targets, 7)
    assert not loss.requires_grad
    torch.testing.assert_close(loss, plain(a_head(), hidden, targets).detach())


def test_a_trained_a_quantised_and_an_adapted_head_are_left_to_the_other_way():
    class Quantised(torch.nn.Linear):
        pass

    packed = Quantised(12, 50).requires_grad_(False)
    packed.weight = torch.nn.Parameter(torch.zeros(300, 1, dtype=torch.uint8), False)
    assert is_plain_and_frozen(a_head())
    assert not is_plain_and_frozen(a_head(trained=True))
    assert not is_plain_and_frozen(packed)
    assert not is_plain_and_frozen(torch.nn.Sequential(a_head()))


def test_the_answers_loss_is_the_same_with_a_frozen_and_a_trained_head():
    hidden = torch.randn(2, 9, 12, requires_grad=True)
    labels = torch.randint(0, 50, (2, 9))
    labels[:, :4] = -100
    found = []
    for trained in (False, True):
        loss, n = answer_loss(hidden, labels, a_head(trained=trained), chunk_size=3)
        found.append((loss.detach(), n, *torch.autograd.grad(loss, hidden)))
    torch.testing.assert_close(found[0], found[1])


def test_a_head_with_many_words_sees_more_positions_at_a_time_on_a_cpu():
    assert positions_at_once(256, 262_144) == 512
    assert positions_at_once(2048, 32_000) == 2048
    assert positions_at_once(3, 4096) == 3


def test_a_cpu_holds_the_logits_of_some_words_at_a_time(monkeypatch):
    monkeypatch.setattr(frozen_head, "WORDS_AT_ONCE", 64)
    head = torch.nn.Linear(12, 5000, bias=False).requires_grad_(False)
    hidden, targets = an_example()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        frozen_head_loss(head, hidden, targets, 23)
    events = profiler.profiler.kineto_results.events()
    largest = max(event.nbytes() for event in events if event.name() == "[memory]")
    assert largest <= 4 * 23 * 64


def test_a_chunk_of_logits_takes_as_much_memory_in_a_large_vocabulary_as_in_llamas():
    assert default_chunk_size(32_000) == 2048
    assert default_chunk_size(262_144) == 256
    assert default_chunk_size(2**40) == 1

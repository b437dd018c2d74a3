"""Stochastic rounding: unbiased, keeps tiny updates, same bits after a resume; and the refusals."""

import importlib.util
import types

import pytest
import torch

from masterkey.scripting.command_line import UserError
from masterkey.training.optimizers import (
    describe_optimizer,
    optimizer_class_and_kwargs,
    state_bytes,
)

needs_torchao = pytest.mark.skipif(
    importlib.util.find_spec("torchao") is None,
    reason="torchao is not installed: stochastic rounding is NOT checked",
)
ROUNDING = ("adamw_torch", "adamw_torch_8bit", "adamw_torch_4bit")


def flags(**changes):
    """The fields of TrainingArguments that decide the optimizer; building the real one is slow."""
    fields = {
        "optim": "adamw_torch", "optim_args": None, "learning_rate": 2e-5, "adam_beta1": 0.9,
        "adam_beta2": 0.999, "adam_epsilon": 1e-8, "seed": 3, "deepspeed": None, "fsdp": False,
        "bf16": False,
    }  # fmt: skip
    return types.SimpleNamespace(**{**fields, **changes})


def weights(value: float = 0.02, n: int = 16384, dtype=torch.bfloat16) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.full((n // 64, 64), value, dtype=dtype))


def optimizer_of(parameter, rounding=None, **changes):
    chosen = optimizer_class_and_kwargs(flags(**changes), [parameter], rounding, False)
    kind, settings = chosen or (torch.optim.AdamW, {"lr": 2e-5})
    return kind([parameter], weight_decay=0.0, **settings)


def take_steps(parameter, optimizer, n: int, first: int = 0) -> None:
    for step in range(first, first + n):
        draw = torch.Generator().manual_seed(step)
        noise = torch.randn(parameter.shape, generator=draw)
        parameter.grad = (1e-3 + 1e-4 * noise).to(parameter.dtype)
        optimizer.step()


@needs_torchao
@pytest.mark.parametrize("optim", ROUNDING)
def test_rounding_is_unbiased_over_many_weights(optim):
    parameter = weights()
    before = parameter.detach().double().mean()
    # A constant gradient makes each AdamW step one learning rate long: a sixth of the grid here.
    parameter.grad = torch.full_like(parameter, 1e-3)
    optimizer_of(parameter, optim=optim).step()
    moved = (before - parameter.detach().double().mean()).item()
    # The grid is 2**-13 wide: 16,384 draws have a standard error below 5e-7.
    assert moved == pytest.approx(2e-5, abs=2.5e-6)
    assert parameter.detach().unique().numel() == 2


@needs_torchao
def test_small_updates_survive_where_rounding_to_nearest_loses_all_of_them():
    stochastic, nearest = weights(), weights()
    take_steps(stochastic, optimizer_of(stochastic), 20)
    take_steps(nearest, optimizer_of(nearest, rounding=False), 20)
    assert torch.equal(nearest, weights())
    moved = (0.02 - stochastic.detach().float().mean()).item()
    assert moved == pytest.approx(20 * 2e-5, rel=0.15)


@needs_torchao
@pytest.mark.parametrize("optim", ROUNDING)
def test_a_resumed_run_ends_with_the_same_bits(optim, tmp_path):
    never_stopped = weights()
    take_steps(never_stopped, optimizer_of(never_stopped, optim=optim), 6)

    killed = weights()
    optimizer = optimizer_of(killed, optim=optim)
    take_steps(killed, optimizer, 3)
    torch.save(optimizer.state_dict(), tmp_path / "optimizer.pt")
    resumed = torch.nn.Parameter(killed.detach().clone())
    optimizer = optimizer_of(resumed, optim=optim)
    optimizer.load_state_dict(torch.load(tmp_path / "optimizer.pt", weights_only=True))
    torch.manual_seed(99)  # another state of torch's generator must not matter
    take_steps(resumed, optimizer, 3, first=3)
    assert torch.equal(resumed, never_stopped)


@needs_torchao
def test_rounding_follows_the_seed_and_leaves_torchs_generator_alone():
    results = []
    for seed in (0, 0, 1):
        parameter = weights()
        before = torch.get_rng_state()
        take_steps(parameter, optimizer_of(parameter, seed=seed), 2)
        assert torch.equal(torch.get_rng_state(), before)
        results.append(parameter.detach())
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@needs_torchao
def test_a_scheduler_changes_the_learning_rate_of_the_steps():
    parameter = weights()
    optimizer = optimizer_of(parameter)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.0)
    take_steps(parameter, optimizer, 3)
    assert torch.equal(parameter, weights())


@needs_torchao
@pytest.mark.parametrize(
    ("optim", "most"),
    [("adamw_torch", 4.01), ("adamw_torch_8bit", 2.08), ("adamw_torch_4bit", 1.08)],
)
def test_states_take_no_more_bytes_per_parameter_than_stated(optim, most):
    parameter = weights(n=1 << 18)
    optimizer = optimizer_of(parameter, optim=optim)
    take_steps(parameter, optimizer, 1)
    assert most - 0.1 < state_bytes(optimizer) / parameter.numel() < most


def test_float32_weights_keep_the_optimizer_of_transformers():
    assert optimizer_class_and_kwargs(flags(), [weights(dtype=torch.float32)]) is None


def test_frozen_bfloat16_weights_do_not_count():
    frozen = weights().requires_grad_(False)
    adapter = weights(dtype=torch.float32)
    assert optimizer_class_and_kwargs(flags(), [frozen, adapter]) is None


def test_rounding_to_nearest_is_taken_when_asked_for_and_said():
    assert optimizer_class_and_kwargs(flags(), [weights()], False) is None
    assert "are lost" in describe_optimizer(flags(), [weights()], False)
    assert "stochastically" in describe_optimizer(flags(), [weights()])


@needs_torchao
@pytest.mark.parametrize(
    ("changes", "dtype", "asked", "message"),
    [
        ({"optim": "adafactor"}, torch.bfloat16, None, "loses small updates"),
        ({"optim": "adamw_bnb_8bit"}, torch.bfloat16, True, "adamw_torch_8bit"),
        ({}, torch.float32, True, "nothing to round"),
        ({"deepspeed": "x.json"}, torch.bfloat16, True, "DeepSpeed"),
        ({"optim": "adamw_torch_8bit", "fsdp": True}, torch.bfloat16, None, "sharded"),
        ({"fsdp": True, "bf16": True}, torch.bfloat16, None, "twice the memory"),
    ],
)
def test_combinations_that_lose_updates_or_memory_are_refused(changes, dtype, asked, message):
    with pytest.raises(UserError, match=message):
        optimizer_class_and_kwargs(flags(**changes), [weights(dtype=dtype)], asked)


@needs_torchao
def test_arguments_of_the_optimizer_are_refused():
    with pytest.raises(UserError, match="takes none"):
        optimizer_class_and_kwargs(flags(optim_args="block_size=64"), [weights()])


@pytest.mark.parametrize(
    ("optim", "dtype", "package"),
    [
        ("adamw_torch", torch.bfloat16, "torchao"),
        ("adamw_torch_8bit", torch.float32, "torchao"),
        ("adamw_bnb_8bit", torch.float32, "bitsandbytes"),
        ("paged_adamw_8bit", torch.float32, "bitsandbytes"),
    ],
)
def test_a_missing_package_is_one_sentence_with_pips_line(monkeypatch, optim, dtype, package):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=f"pip install {package}=="):
        optimizer_class_and_kwargs(flags(optim=optim), [weights(dtype=dtype)])

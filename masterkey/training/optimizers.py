"""Optimizers for weights that are held in bfloat16 alone, without losing small updates.

A bfloat16 number has 8 bits of precision, so next to a weight of 0.02 the grid is 0.0001 wide. Fine-tuning
moves a weight by 0.00002 a step: rounded to the nearest value that is no step at all. Rounded
stochastically (up with the probability of the remainder) the update survives in the mean.

    --optim adamw_torch --dtype bfloat16         states in bfloat16      8 bytes per parameter
    --optim adamw_torch_8bit --dtype bfloat16    states in 8 bits        6 bytes per parameter
    --optim adamw_torch_4bit --dtype bfloat16    states in 4 bits        5 bytes per parameter

(weights, gradients and states together; AdamW in float32 takes 16). The arithmetic is torchao's
AdamW; here are the choice from Hugging Face's arguments, the refusals, and the random numbers: the
rounding of a step depends on the seed, the step's number and the shard, and on nothing else. So a
resumed run rounds as the first one did, and replicas of a weight stay equal on all processes. That
holds for one kind of step: compiled and eager steps draw other numbers.

`docs/training/optimizers.md` compares them with AdamW in float32.
"""

import contextlib
import hashlib
from collections.abc import Iterable

from masterkey.scripting.command_line import UserError

# Optimizers of torchao by Hugging Face's names. The fused one differs from the plain one in speed only.
_TORCHAO_CLASSES = {
    "adamw_torch": "_AdamW",
    "adamw_torch_fused": "_AdamW",
    "adamw_torch_8bit": "AdamW8bit",
    "adamw_torch_4bit": "AdamW4bit",
}
_STATES = {"_AdamW": "bfloat16", "AdamW8bit": "8-bit", "AdamW4bit": "4-bit"}
_ROUNDING = " or ".join(("adamw_torch", "adamw_torch_8bit", "adamw_torch_4bit"))
_PACKAGES = {"torchao": "torchao==0.18.0", "bitsandbytes": "bitsandbytes==0.50.2"}
_BITSANDBYTES = ("bnb", "paged_", "adamw_8bit", "lion_", "ademamix", "rmsprop_")


def optimizer_class_and_kwargs(
    arguments,
    parameters: Iterable,
    stochastic_rounding: bool | None = None,
    compile_step: bool | None = None,
) -> tuple[type, dict] | None:
    """Class and keyword arguments for `Trainer(optimizer_cls_and_kwargs=…)`; None: Hugging Face's own.

    `arguments`: TrainingArguments; `parameters`: of the model, of which those that are trained
    count. `stochastic_rounding` None: where the trained weights are bfloat16. `compile_step` None: where
    there is an accelerator, and not under FSDP, where it was not tried; a compiled step is faster and
    needs less memory, but needs a C++ compiler on a CPU. Raises `UserError` where updates would be
    lost unsaid, or a package is missing.
    """
    name = str(getattr(arguments.optim, "value", arguments.optim))
    in_bfloat16 = _trained_in_bfloat16(parameters)
    rounding = _rounding(arguments, name, in_bfloat16, stochastic_rounding)
    _require_package(name, rounding)
    low_bit = name in ("adamw_torch_8bit", "adamw_torch_4bit")
    if not (rounding or low_bit):
        return None
    if compile_step is None:
        compile_step = _has_accelerator() and not arguments.fsdp
    if low_bit and arguments.fsdp:
        # torchao 0.18 with torch 2.13: the first step fails on DTensors, compiled or not.
        raise UserError(
            f"--optim {name} --fsdp: low-bit states do not work with sharded weights in torchao; "
            "give --optim adamw_torch (with --dtype bfloat16: 8 bytes a parameter, shared out)."
        )
    if arguments.optim_args:
        raise UserError(
            f"--optim_args {arguments.optim_args}: {name} takes none here; "
            "rounding is set by --stochastic_rounding."
        )
    return _seeded_class(_TORCHAO_CLASSES[name]), {
        "lr": arguments.learning_rate,
        "betas": (arguments.adam_beta1, arguments.adam_beta2),
        "eps": arguments.adam_epsilon,
        "bf16_stochastic_round": rounding,
        "rounding_seed": arguments.seed,
        "compile_step": compile_step,
    }


def describe_optimizer(
    arguments, parameters: Iterable, stochastic_rounding: bool | None = None
) -> str:
    """One line for the log: the optimizer, how its states are kept, how weights are rounded."""
    name = str(getattr(arguments.optim, "value", arguments.optim))
    in_bfloat16 = _trained_in_bfloat16(parameters)
    if not _rounding(arguments, name, in_bfloat16, stochastic_rounding):
        loses = in_bfloat16 and not arguments.deepspeed
        return f"optimizer: {name}" + (
            "; the bfloat16 weights are rounded to the nearest value: updates below 0.2 % of a weight are lost"
            if loses
            else ""
        )
    states = _STATES[_TORCHAO_CLASSES[name]]
    return f"optimizer: {name} of torchao, {states} states, bfloat16 weights rounded stochastically"


def _trained_in_bfloat16(parameters: Iterable) -> bool:
    import torch

    return any(p.requires_grad and p.dtype is torch.bfloat16 for p in parameters)


def _rounding(arguments, name: str, in_bfloat16: bool, asked: bool | None) -> bool:
    """Whether weights are rounded stochastically. Raises `UserError` where that cannot be, or must."""
    if asked and not in_bfloat16:
        raise UserError(
            "--stochastic_rounding True: the trained weights are not bfloat16, so there is nothing "
            "to round; give --dtype bfloat16 or leave it out."
        )
    # DeepSpeed holds float32 weights of its own beside the bfloat16 ones.
    if arguments.deepspeed and asked:
        raise UserError(
            "--stochastic_rounding True: DeepSpeed keeps a float32 copy of the weights, so nothing "
            "is rounded; leave it out."
        )
    if not in_bfloat16 or arguments.deepspeed or asked is False:
        return False
    if name not in _TORCHAO_CLASSES:
        raise UserError(
            f"--optim {name} --dtype bfloat16: it rounds weights to the nearest value, which loses "
            f"small updates; give --optim {_ROUNDING}, or --dtype float32, or accept the loss with "
            "--stochastic_rounding False."
        )
    if arguments.fsdp and arguments.bf16:
        raise UserError(
            "--bf16 True: under --fsdp it turns the bfloat16 weights into float32 (twice the "
            "memory); with --dtype bfloat16 leave it out, all arithmetic is bfloat16 without it."
        )
    return True


def _require_package(name: str, rounding: bool) -> None:
    """Raise `UserError` with pip's line where the optimizer's package is not installed."""
    import importlib.util

    if rounding or name in ("adamw_torch_8bit", "adamw_torch_4bit"):
        package = "torchao"
    elif any(word in name for word in _BITSANDBYTES):
        package = "bitsandbytes"
    else:
        return
    if importlib.util.find_spec(package) is None:
        purpose = " --stochastic_rounding True" if rounding else ""
        raise UserError(
            f"--optim {name}{purpose}: needs the package {package}; "
            f"pip install {_PACKAGES[package]}"
        )


def _has_accelerator() -> bool:
    import torch

    return torch.accelerator.is_available()


def _seeded_class(name: str) -> type:
    import torchao.optim

    base = getattr(torchao.optim, name)
    return type(f"Seeded{base.__name__.lstrip('_')}", (_SeededStep, base), {})


class _SeededStep:
    """Before an optimizer of torchao: its step draws from a generator seeded by seed, step and shard."""

    def __init__(self, params, *, rounding_seed: int, compile_step: bool, **kwargs):
        super().__init__(params, **kwargs)
        self.rounding_seed = rounding_seed
        self.compile_step = compile_step

    def step(self, closure=None):
        import torch

        stance = contextlib.nullcontext()
        if not self.compile_step:
            stance = torch.compiler.set_stance("force_eager")
        parameter = next(p for group in self.param_groups for p in group["params"])
        # The count is a state, so it comes back with a checkpoint.
        n_steps = next((int(state["step"]) for state in self.state.values() if state), 0)
        words = f"{self.rounding_seed} {n_steps} {_shard_number(parameter)}"
        with _random_numbers(words, parameter.device), stance:
            return super().step(closure)


@contextlib.contextmanager
def _random_numbers(words: str, device):
    """Inside, torch's generators (CPU and `device`) follow `words`; outside, they are as before."""
    import torch

    digest = hashlib.blake2b(words.encode(), digest_size=8).digest()
    on_accelerator = device.type != "cpu"
    devices = [device] if on_accelerator else []
    kind = {"device_type": device.type} if on_accelerator else {}
    with torch.random.fork_rng(devices, **kind):
        torch.manual_seed(int.from_bytes(digest, "little") >> 1)
        yield


def _shard_number(parameter) -> int:
    """Which part of a sharded parameter this process holds; 0 where every process holds all of it.

    Replicas must be rounded alike, or they drift apart; shards should not be.
    """
    from torch.distributed.tensor import DTensor, Shard

    if not isinstance(parameter, DTensor):
        return 0
    number = 0
    mesh = parameter.device_mesh
    for dimension, placement in enumerate(parameter.placements):
        if isinstance(placement, Shard):
            number = number * mesh.size(dimension) + mesh.get_local_rank(dimension)
    return number


def state_bytes(optimizer) -> int:
    """Bytes that the optimizer's states hold on this process, scales and tables of low bits included."""
    return sum(
        _tensor_bytes(value)
        for state in optimizer.state.values()
        for value in state.values()
        if hasattr(value, "untyped_storage")
    )


def _tensor_bytes(tensor) -> int:
    if hasattr(tensor, "to_local"):
        tensor = tensor.to_local()
    if hasattr(tensor, "tensor_attrs"):  # torchao's states: codes, scales and a table
        return sum(_tensor_bytes(getattr(tensor, name)) for name in tensor.tensor_attrs)
    return tensor.untyped_storage().nbytes()

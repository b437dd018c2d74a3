"""The set-ups that one change away from a recipe leads to, and the flags that make the change."""

from dataclasses import dataclass, replace

from masterkey.training.planning.memory import TrainingSetup

OFFLOADING_FILE = "configs/default_offload_opt_param.json"
_LOW_BIT = ("adamw_torch_8bit", "adamw_torch_4bit")
_WHOLE = {"offload_weights": False, "offload_optimizer": False}
_OFFLOADED = {"offload_weights": True, "offload_optimizer": True}


@dataclass(frozen=True)
class Neighbour:
    """A set-up, and what turns the recipe's launch line into it ("" for the recipe itself)."""

    setup: TrainingSetup
    flags: str


def neighbours(setup: TrainingSetup) -> dict[str, Neighbour]:
    """The set-up itself and those that one change away leads to, by a short name."""
    found = {
        **_other_numbers_of_gpus(setup),
        **_other_checkpointing(setup),
        **_other_offload(setup),
        **_other_states(setup),
        **_with_adapters(setup),
    }
    changed = {
        name: Neighbour(one, flags_between(setup, one))
        for name, one in found.items()
        if one != setup
    }
    return {"this recipe": Neighbour(setup, ""), **changed}


def _other_numbers_of_gpus(setup: TrainingSetup) -> dict[str, TrainingSetup]:
    n, found = setup.n_gpus, {}
    if n > 1 and setup.divides_over(n // 2):
        fewer = setup.on_gpus(n // 2)
        if n // 2 == 1 and not setup.sharding.startswith("zero"):
            fewer = replace(fewer, sharding="none", **_WHOLE)
        found[_gpus(n // 2)] = fewer
    if not setup.load_in_4bit and setup.divides_over(2 * n):  # 4-bit weights are not sharded
        newly = setup.sharding in ("none", "ddp")
        more = setup.on_gpus(2 * n)
        found[_gpus(2 * n) + (", FSDP" if newly else "")] = _fsdp(more) if newly else more
    return found


def _gpus(n: int) -> str:
    return "1 GPU" if n == 1 else f"{n} GPUs"


def _fsdp(setup: TrainingSetup) -> TrainingSetup:
    """Sharded, with AdamW in the weights' dtype: torchao's low-bit states cannot be sharded."""
    kind = setup.sharding if setup.sharding == "shard_grad_op" else "full_shard"
    return replace(setup, sharding=kind, optimizer=_plain_adam(setup))


def _plain_adam(setup: TrainingSetup) -> str:
    return "adamw_torch_fused" if setup.optimizer in _LOW_BIT else setup.optimizer


def _other_checkpointing(setup: TrainingSetup) -> dict[str, TrainingSetup]:
    found = {"no checkpointing": 0, "checkpointing": 1}
    return {name: replace(setup, checkpoint_every=every) for name, every in found.items()}


def _other_offload(setup: TrainingSetup) -> dict[str, TrainingSetup]:
    if setup.load_in_4bit:
        return {}
    if setup.offload_weights or setup.offload_optimizer:
        one = replace(_fsdp(setup), **_WHOLE)
        return {"no offload": replace(one, sharding="none") if setup.n_gpus == 1 else one}
    offloaded = replace(setup, **_OFFLOADED)
    if setup.n_gpus == 1 or setup.sharding.startswith("zero"):
        # FSDP is for several processes; DeepSpeed refuses adapters here, and keeps float32 weights
        # of its own beside bf16 ones.
        optimizer = _plain_adam(setup)
        zero3 = replace(offloaded, sharding="zero3", dtype="float32", optimizer=optimizer)
        return {} if setup.lora_r else {"ZeRO-3 offload": zero3}
    return {"FSDP offload": _fsdp(offloaded)}


def _other_states(setup: TrainingSetup) -> dict[str, TrainingSetup]:
    """Smaller and larger weights and optimizer states, where all weights are trained."""
    if setup.lora_r or setup.sharding.startswith("zero"):
        return {}
    found = {
        "bf16 weights": _in_bfloat16(setup),
        "fp32, AdamW": replace(setup, dtype="float32", optimizer="adamw_torch_fused"),
    }
    eight_bit = replace(setup, optimizer="adamw_torch_8bit")
    if not setup.gathers:
        found["8-bit optimizer"] = eight_bit
        found["bf16, 8-bit optimizer"] = _in_bfloat16(eight_bit)
    elif not setup.offload_weights:
        alone = replace(eight_bit.on_gpus(1), sharding="none", checkpoint_every=1)
        found["1 GPU, bf16, 8-bit"] = _in_bfloat16(alone)
    return found


def _in_bfloat16(setup: TrainingSetup) -> TrainingSetup:
    return replace(setup, dtype="bfloat16", bf16=True)


def _with_adapters(setup: TrainingSetup) -> dict[str, TrainingSetup]:
    """Adapters beside a whole copy of the frozen weights on each GPU."""
    rank = setup.lora_r or 16
    lora = replace(setup, lora_r=rank, load_in_4bit=False, checkpoint_every=1, **_WHOLE)
    lora = replace(lora, optimizer="adamw_torch_fused")
    lora = _in_bfloat16(replace(lora, sharding="none" if setup.n_gpus == 1 else "ddp"))
    return {f"LoRA r={rank}": lora, f"QLoRA r={rank}": replace(lora, load_in_4bit=True)}


def flags_between(one: TrainingSetup, other: TrainingSetup) -> str:
    """What is written behind the command of `one` so that it becomes `other`."""
    words = []
    if other.n_gpus != one.n_gpus:
        words.append("python" if other.n_gpus == 1 else f"torchrun --nproc_per_node={other.n_gpus}")
    words += _sharding_flags(one, other)
    if other.dtype != one.dtype:
        words.append(f"--dtype {other.dtype}")
    words += _arithmetic_flags(one, other)
    if other.optimizer != one.optimizer:
        words.append(f"--optim {other.optimizer}")
    words += _checkpointing_flags(one, other)
    if other.lora_r != one.lora_r:
        words.append(f"--lora_r {other.lora_r}")
    if other.load_in_4bit != one.load_in_4bit:
        words.append("--load_in_4bit" if other.load_in_4bit else "--load_in_4bit False")
    return " ".join(words)


def _sharding_flags(one: TrainingSetup, other: TrainingSetup) -> list[str]:
    def kind(setup: TrainingSetup):
        return setup.sharding, setup.offload_weights, setup.offload_optimizer

    if kind(one) == kind(other):
        return []
    if other.sharding == "zero3":
        return [f"--deepspeed {OFFLOADING_FILE}"]
    if other.sharding in ("none", "ddp"):
        # One process drops FSDP by itself.
        needless = other.n_gpus == 1 and not one.sharding.startswith("zero")
        return [] if needless else ["--fsdp False"]
    if other.offload_weights:
        return [f'--fsdp "{other.sharding} offload"']
    within_fsdp = one.offload_weights and not one.sharding.startswith("zero")
    kept = " --fsdp_config '{\"cpu_offload\": false}'" if within_fsdp else ""
    return [f"--fsdp {other.sharding}{kept}"]


def _arithmetic_flags(one: TrainingSetup, other: TrainingSetup) -> list[str]:
    changed = other.dtype != one.dtype or other.sharding != one.sharding
    if not changed or other.lora_r or not other.bf16:
        return []
    if other.dtype == "float32":
        # bfloat16 weights do without --bf16.
        return ["--bf16"] if one.dtype == "bfloat16" else []
    # Under FSDP train.py refuses it beside bfloat16 weights.
    return ["--bf16 False"] if other.gathers else []


def _checkpointing_flags(one: TrainingSetup, other: TrainingSetup) -> list[str]:
    if one.checkpoint_every == other.checkpoint_every:
        return []
    words = []
    if bool(one.checkpoint_every) != bool(other.checkpoint_every):
        off = "" if other.checkpoint_every else " False"
        words.append(f"--gradient_checkpointing{off}")
    if one.checkpoint_every > 1 and other.checkpoint_every:
        words.append(f"--activation_checkpointing_every {other.checkpoint_every}")
    return words

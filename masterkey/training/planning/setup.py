"""From the flags of train.py to the set-up that a memory plan is made for."""

from pathlib import Path

from masterkey.training.flags.arguments import OwnArguments
from masterkey.training.planning.memory import TrainingSetup


def setup_of(own: OwnArguments, training, n_processes: int) -> TrainingSetup:
    """What decides the memory of the run; `training`: Hugging Face's TrainingArguments."""
    sharding, offload_weights, offload_optimizer = _sharding(training, n_processes)
    tokens = own.tokens_per_batch or training.per_device_train_batch_size * own.model_max_length
    row_length = min(own.model_max_length, tokens)
    return TrainingSetup(
        n_gpus=n_processes,
        dtype="bfloat16" if own.load_in_4bit else own.dtype,
        bf16=bool(training.bf16 or training.fp16 or own.dtype == "bfloat16"),
        optimizer=getattr(training.optim, "value", training.optim),
        sharding=sharding,
        offload_weights=offload_weights,
        offload_optimizer=offload_optimizer,
        lora_r=own.lora_r,
        lora_target_modules=tuple(own.lora_target_modules or ()),
        load_in_4bit=own.load_in_4bit,
        checkpoint_every=_checkpoint_every(training, own.activation_checkpointing_every),
        rows=-(-tokens // row_length),
        row_length=row_length,
        loss_chunk=own.loss_chunk_size,
        accumulates=accumulation(training) * training.per_device_train_batch_size * row_length
        > tokens,
        global_rows=own.global_batch_size,
        device_rows=training.per_device_train_batch_size,
    )


def accumulation(training) -> int:
    """Passes of a step; train.py keeps what was asked for under a name of its own."""
    return getattr(training, "asked_accumulation_steps", training.gradient_accumulation_steps)


def _checkpoint_every(training, every: int) -> int:
    """0 where all activations are kept, else `every`: that n-th layer's are recomputed."""
    fsdp = getattr(training, "fsdp_config", None) or {}
    on = training.gradient_checkpointing or (training.fsdp and fsdp.get("activation_checkpointing"))
    return every if on else 0


def _sharding(training, n_processes: int) -> tuple[str, bool, bool]:
    """(Kind of sharding, whether weights are offloaded, whether the optimizer is)."""
    if training.deepspeed:
        return _deepspeed(training.deepspeed)
    if not training.fsdp:
        return "ddp" if n_processes > 1 else "none", False, False
    config = training.fsdp_config or {}
    words = str(training.fsdp).lower()  # True, or before transformers 5 a list of words
    reshard = config.get("reshard_after_forward", "shard_grad_op" not in words)
    gathered_once = str(reshard).lower() in ("false", "shard_grad_op")
    offload = bool(config.get("cpu_offload")) or "offload" in words
    return "shard_grad_op" if gathered_once else "full_shard", offload, offload


def _deepspeed(settings) -> tuple[str, bool, bool]:
    """`settings`: DeepSpeed's configuration, or the JSON file that holds it."""
    from masterkey.scripting.files import read_json

    if isinstance(settings, str | Path):
        settings = read_json(settings)
    zero = settings.get("zero_optimization", {})
    stage = zero.get("stage", 0)

    def offloaded(part: str) -> bool:
        return zero.get(part, {}).get("device", "none") != "none"

    kind = "zero3" if stage == 3 else "zero2" if stage else "ddp"
    return kind, stage == 3 and offloaded("offload_param"), offloaded("offload_optimizer")

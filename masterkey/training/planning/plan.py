"""What `train.py --plan` prints: memory of a recipe and of its neighbours, what fits, steps, time.

And the sentence before a run that its GPU will hardly hold.
"""

import math
import textwrap
from dataclasses import replace

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.arguments import OwnArguments
from masterkey.training.planning.base_model import check_base_model, load_config
from masterkey.training.planning.changes import Neighbour, neighbours
from masterkey.training.planning.cpu_pass import (
    cpu_setup,
    free_memory,
    free_text,
    is_surely_small,
    pass_on_a_cpu,
)
from masterkey.training.planning.memory import GB, MemoryPlanner, TrainingSetup
from masterkey.training.planning.setup import accumulation, setup_of
from masterkey.weights.context import refuse_short_context

CARDS_GB = (24, 40, 80, 141)
# Share of the peak that the model's own operations reach: assumptions, not measurements. Public
# figures for 7B training in plain PyTorch on an H100 are 0.33 to 0.46.
ASSUMED_MFU, MFU_WITH_OFFLOAD = 0.40, 0.10
SMALL_MODEL = 1e9
# Recomputing every layer adds a forward pass to a forward and a backward one that takes two.
RECOMPUTING = 1 / 3
TIMED_DEVICES = ("NVIDIA A100-SXM4-80GB", "NVIDIA H100 80GB HBM3")


def print_plan(own: OwnArguments, training, n_gpus: int) -> None:
    """Print the plan of a run on `n_gpus`, once under torchrun; no weights are loaded.

    `training`: Hugging Face's `TrainingArguments`. Raises `UserError` where the model's configuration or a data file cannot be read.
    """
    if training.process_index:
        return
    check_base_model(own)
    config, lengths = _config_and_lengths(own)
    refuse_short_context(config, own.model_max_length)
    planner = MemoryPlanner(config)
    setup = setup_of(own, training, n_gpus)
    planner.counts(setup)  # says what is wrong with this recipe, before its neighbours are tried
    found = {n: one for n, one in neighbours(setup).items() if _takes_it(planner, one.setup)}
    steps = steps_text(config, setup, training, lengths, own.model_max_length)
    if planner.counts(setup).total < SMALL_MODEL:
        steps += ";\n          a model this small reaches less"
    paragraphs = [
        recipe_text(planner, setup) + cpu_text(planner, own, training, setup),
        steps,
        memory_table(planner, {name: one.setup for name, one in found.items()}),
        _notes(setup),
        _flags_of(found),
    ]
    print("\n\n".join(paragraphs), flush=True)


def _takes_it(planner: MemoryPlanner, setup: TrainingSetup) -> bool:
    """Whether the model takes the adapters of a set-up: PEFT refuses Mamba's layers."""
    try:
        planner.counts(setup)
    except UserError:
        return False
    return True


def _config_and_lengths(own: OwnArguments):
    """The model's configuration, and the rows' guessed lengths or None."""
    from masterkey.training.planning.row_lengths import guess_lengths, tokenizer_if_there

    config = load_config(own.model_name_or_path or own.config_name)
    if not (own.data_path or own.config_name):
        return config, None
    tokenizer = tokenizer_if_there(own.tokenizer_name or own.model_name_or_path)
    if own.config_name and tokenizer is not None:
        config.vocab_size = len(tokenizer)  # as train.py makes a new model
    return config, guess_lengths(own, tokenizer) if own.data_path else None


def memory_warning(
    own: OwnArguments, training, planner: MemoryPlanner | None, device_bytes: int | None = None
) -> list[str]:
    """Lines to print; none where the plan fits, or `planner` is None for want of a configuration.

    `device_bytes`: memory of a GPU; None: of this run's own, or what is free where it is a CPU.
    It is an estimate (`masterkey.training.planning.memory`), so the run begins all the same.
    """
    on_cpu = device_bytes is None and training.device.type != "cuda"
    if on_cpu and (training.device.type != "cpu" or training.fsdp or training.deepspeed):
        return []
    if planner is None:
        return []
    setup = setup_of(own, training, training.world_size)
    if on_cpu:
        setup, device_bytes = cpu_setup(own, training), free_memory()
        if is_surely_small(planner.config, setup):
            return []
    elif device_bytes is None:
        import torch

        device_bytes = torch.cuda.get_device_properties(training.device).total_memory
    return _warning(planner, setup, device_bytes)


def _warning(planner: MemoryPlanner, setup: TrainingSetup, device_bytes: float) -> list[str]:
    """What a run needs beyond `device_bytes`, and which flags would help; none where it fits."""
    needed = planner.estimate(setup).total
    if needed <= device_bytes:
        return []
    ways = {"--gradient_checkpointing True": replace(setup, checkpoint_every=1)}
    if setup.rows > 1:
        ways[f"--tokens_per_batch {setup.row_length}"] = replace(setup, rows=1, accumulates=True)
    totals = {flag: planner.estimate(one).total for flag, one in ways.items() if one != setup}
    help = "; ".join(
        f"{flag}: {total / GB:.0f} GB" for flag, total in totals.items() if total <= device_bytes
    )
    where = f" on each GPU, which has {device_bytes / GB:.0f} GB"
    if setup.on_cpu:
        where = f", of which {free_text(device_bytes)}"
    return [
        f"memory: estimated at {needed / GB:.0f} GB{where}. "
        + (f"{help}, with the same result. " if help else "")
        + "More ways: the same command with --plan."
    ]


def recipe_text(planner: MemoryPlanner, setup: TrainingSetup) -> str:
    counts = planner.counts(setup)
    estimate = planner.estimate(setup)
    trained = "all trained" if counts.trained == counts.total else f"{counts.trained:,} trained"
    lines = [
        f"model     {counts.total:,} parameters, {trained}; {counts.n_layers} layers",
        f"recipe    {describe(setup)}",
        f"memory    {estimate.total / GB:.1f} GB on {'the' if setup.n_gpus == 1 else 'each'} GPU, "
        f"of which PyTorch allocates {estimate.peak / GB:.1f} GB; estimated",
    ]
    if estimate.host:
        lines.append(f"host      {estimate.host / GB:.0f} GB of the machines' memory, all together")
    return "\n".join(lines)


def cpu_text(planner: MemoryPlanner, own: OwnArguments, training, setup: TrainingSetup) -> str:
    """A line on the same run on this machine's processor; none for what needs GPUs."""
    if setup.n_gpus > 1 or setup.sharding != "none" or setup.load_in_4bit:
        return ""
    on_cpu = replace(setup, on_cpu=True)
    tokens = own.tokens_per_batch
    if training.has_default_pass and not is_surely_small(planner.config, on_cpu):
        tokens = pass_on_a_cpu(own)
    on_cpu = replace(on_cpu, rows=-(-tokens // setup.row_length), accumulates=True)
    total = planner.estimate(on_cpu).total
    return (
        f"\non a CPU  {total / GB:.1f} GB in passes of {tokens:,} tokens; "
        f"{free_memory() / GB:.1f} GB are free here"
    )


_SHARDING = {
    "ddp": "a copy of the weights on each",
    "full_shard": "FSDP full_shard",
    "shard_grad_op": "FSDP shard_grad_op",
    "zero2": "DeepSpeed ZeRO-2",
    "zero3": "DeepSpeed ZeRO-3",
}


def describe(setup: TrainingSetup) -> str:
    """A set-up in one line."""
    words = ["1 GPU" if setup.n_gpus == 1 else f"{setup.n_gpus} GPUs"]
    words += [_SHARDING[setup.sharding]] if setup.sharding != "none" else []
    words += ["weights offloaded"] if setup.offload_weights else []
    words += (
        ["optimizer offloaded"] if setup.offload_optimizer and not setup.offload_weights else []
    )
    words += [f"LoRA r={setup.lora_r}"] if setup.lora_r else []
    words += ["4-bit base weights"] if setup.load_in_4bit else [f"{setup.dtype} weights"]
    words += ["bf16 matmuls"] if setup.bf16 else []
    words.append(setup.optimizer)
    if every := setup.checkpoint_every:
        words.append("checkpointing" + (f" of 1 layer in {every}" if every > 1 else ""))
    words.append(f"{setup.rows * setup.row_length:,} tokens a pass")
    return textwrap.fill(", ".join(words), 88).replace("\n", "\n" + " " * 10)


def memory_table(planner: MemoryPlanner, setups: dict[str, TrainingSetup]) -> str:
    """Memory of set-ups by part, one a line, under 100 columns."""
    from tabulate import tabulate

    rows = [_HEADER, *(_table_row(name, planner.estimate(one)) for name, one in setups.items())]
    align = ["left", *["right"] * (len(_HEADER) - 1)]
    # The header is a row: tabulate would widen each column by two.
    return tabulate(rows, tablefmt="plain", colalign=align, disable_numparse=True)


_HEADER = "GB per GPU|weights|grads|optim.|activ.|head|gather|reserve|total|fits|host".split("|")


def _table_row(name: str, estimate) -> list[str]:
    figures = [*estimate.parts().values(), estimate.reserve, estimate.total]
    card = next((card for card in CARDS_GB if estimate.total <= card * GB), None)
    return [
        name,
        *(f"{figure / GB:.1f}" if figure else "–" for figure in figures),
        str(card) if card else f">{CARDS_GB[-1]}",
        f"{estimate.host / GB:.0f}" if estimate.host else "–",
    ]


def _notes(setup: TrainingSetup) -> str:
    waiting = "wait beside them" if setup.accumulates else "come while they go"
    cards = ", ".join(map(str, CARDS_GB))
    return "\n".join(
        [
            "All figures are estimated, not measured. 1 GB = 10^9 bytes.",
            "activ.:  of one pass, in the backward pass of its last layer; the weights' gradients",
            f"         {waiting}.",
            "head:    one chunk of logits, and the LM head's gradient while it grows; gone by then.",
            "gather:  layers fetched whole from other GPUs, and their gradients before they leave.",
            "reserve: CUDA context, NCCL, and 3 % for the allocator's gaps (assumed).",
            "total:   reserve and the fullest moment, in which not all parts are there.",
            f"fits:    the smallest of cards of {cards} GB.",
            "host:    processors' memory for what is offloaded, of all GPUs together.",
            "Attention is taken to keep no S x S scores (flash, memory-efficient or varlen kernel).",
        ]
    )


def _flags_of(found: dict[str, Neighbour]) -> str:
    """How to get each of the other lines of the table."""
    width = max(map(len, found))
    lines = ["What to write for the other lines (--plan_gpus N plans for another number of GPUs):"]
    lines += [f"{name:{width}}  {one.flags}" for name, one in found.items() if one.flags]
    return "\n".join(lines)


def steps_text(config, setup: TrainingSetup, training, lengths, longest: int) -> str:
    """Steps and estimated time; `lengths` are the `RowLengths` or None: rows of `longest` tokens."""
    rows, passes = training.per_device_train_batch_size, accumulation(training)
    per_step = setup.n_gpus * rows * passes
    step = (
        f"{per_step:,} row{'s' * (per_step > 1)} ({setup.n_gpus} x {rows} x {passes}: "
        "GPUs, rows each, accumulation)"
    )
    assumed = f"estimated, not measured: {_assumption(setup)}"
    if lengths is None:
        return (
            f"step      {step}; --data_path tells how many\n"
            f"speed     {_speeds(config, setup, [longest], [longest])}\n"
            f"          {assumed}, rows of {longest:,} tokens"
        )
    epoch = -(-len(lengths.rows) // per_step)
    asked = training.max_steps > 0
    n_steps = training.max_steps if asked else math.ceil(epoch * training.num_train_epochs)
    epochs = n_steps / epoch
    return (
        f"step      {step}\n"
        f"rows      {len(lengths.rows):,}, {sum(lengths.rows):,} tokens ({lengths.origin})\n"
        f"steps     {n_steps:,}: {_epochs(epochs)} of {epoch:,}\n"
        f"speed     {_speeds(config, setup, lengths.rows, lengths.answers)}\n"
        f"time      {_times(config, setup, lengths, epochs)}\n"
        f"          {assumed}"
    )


def _epochs(n: float) -> str:
    return "1 epoch" if n == 1 else f"{n:.3g} epochs"


def _speeds(config, setup: TrainingSetup, lengths, answers) -> str:
    """Tokens per second on the devices that times are estimated for."""
    words = []
    for device, rate in _rates(setup):
        seconds = _flops(config, setup, lengths, answers) / rate
        words.append(f"{sum(lengths) / seconds:,.0f} tokens/s on {setup.n_gpus} x {device.name}")
    return "; ".join(words)


def _times(config, setup: TrainingSetup, lengths, passes: float) -> str:
    words = []
    for device, rate in _rates(setup):
        flops = passes * _flops(config, setup, lengths.rows, lengths.answers)
        hours = flops / rate / 3600
        words.append(f"{_duration(hours)} on {setup.n_gpus} x {device.name}")
    return "; ".join(words)


def _duration(hours: float) -> str:
    if hours < 1 / 60:
        return "under a minute"
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"


def _flops(config, setup: TrainingSetup, lengths: list[int], answers: list[int]) -> float:
    """Operations of one epoch."""
    from masterkey.training.planning.flops import training_flops

    return training_flops(config, lengths, sum(answers), "adapters" if setup.lora_r else "all")


def _rates(setup: TrainingSetup):
    """(device, FLOP/s of all GPUs that are assumed to be reached)."""
    for device in _timed_devices():
        peak = device.peak_flops("bfloat16" if setup.bf16 else "tf32")
        if peak:
            yield device, peak * assumed_mfu(setup) * setup.n_gpus


def _timed_devices():
    """This machine's own GPU where it is known, else an A100 and an H100."""
    import torch

    from masterkey.training.planning.gpus import known_device

    here = torch.cuda.is_available() and known_device(torch.cuda.get_device_name())
    return [here] if here else [known_device(name) for name in TIMED_DEVICES]


def assumed_mfu(setup: TrainingSetup) -> float:
    """Share of the peak that the model's own operations are assumed to reach."""
    if setup.offload_weights or setup.offload_optimizer:
        return MFU_WITH_OFFLOAD
    again = RECOMPUTING / setup.checkpoint_every if setup.checkpoint_every else 0
    return ASSUMED_MFU / (1 + again)


def _assumption(setup: TrainingSetup) -> str:
    peak = "bf16" if setup.bf16 else "tf32"
    return f"{assumed_mfu(setup):.0%} of the dense {peak} peak assumed".replace("%", " %", 1)

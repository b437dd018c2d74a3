"""How many tokens a pass has on a CPU, where large passes take memory and save no time."""

import os
from dataclasses import replace

from masterkey.scripting.command_line import UserError
from masterkey.scripting.processes import from_first_process
from masterkey.training.flags.arguments import OwnArguments
from masterkey.training.planning.base_model import load_config
from masterkey.training.planning.memory import GB, MemoryPlanner, TrainingSetup
from masterkey.training.planning.setup import setup_of

# Tokens of a pass where --tokens_per_batch does not say and the model is not small: Gemma 3 270M is as fast
# with 2,048 as with 16,384 (docs/training/memory.md).
CPU_PASS = 2048

# Bytes of activations per token, layer and unit of width without recomputing: 113 in Gemma 3, whose
# layers are wide inside. More than that here, since the bound must hold.
_AT_MOST = 250
_SMALL = 3 * GB


def planner_of(own: OwnArguments) -> MemoryPlanner | None:
    """The planner of the run's model, for all that asks before it is loaded: what it traced, it keeps.

    None where the configuration cannot be read: loading the model says what is wrong with it.
    """
    try:
        return MemoryPlanner(load_config(own.model_name_or_path or own.config_name))
    except UserError:
        return None


def choose_pass(own: OwnArguments, training, planner: MemoryPlanner | None) -> list[str]:
    """Lower `own.tokens_per_batch` where it is the default and this run is on a CPU; lines to print.

    To `CPU_PASS`, and to one row where that would not fit into the memory that is free. The rows of a step,
    and so the result, stay the same. A small model's pass is left as it is: each takes time of its own.
    All processes of a run must ask: the first one's memory decides.
    """
    if planner is None or not training.has_default_pass or training.device.type != "cpu":
        return []
    setup = cpu_setup(own, training)
    if setup.gathers or training.deepspeed or is_surely_small(planner.config, setup):
        return []
    own.tokens_per_batch = pass_on_a_cpu(own)
    setup = cpu_setup(own, training)
    if setup.rows == 1:
        return []
    needed = planner.estimate(setup).total
    free = from_first_process(free_memory(), training.world_size)
    if needed <= free:
        return []
    own.tokens_per_batch = own.model_max_length
    return [
        f"memory: passes of {setup.rows} rows would take some {needed / GB:.0f} GB, and "
        f"{free_text(free)}; one row at a time, with the same result."
    ]


def cpu_setup(own: OwnArguments, training) -> TrainingSetup:
    """What decides the memory of this run where it is on a CPU."""
    return replace(setup_of(own, training, training.world_size), on_cpu=True)


def pass_on_a_cpu(own: OwnArguments) -> int:
    """Tokens of a pass of a model that is not small."""
    return min(own.tokens_per_batch, max(own.model_max_length, CPU_PASS))


def free_memory() -> int:
    """Bytes that this process can still take without swapping; its share where torchrun started several."""
    import psutil

    return psutil.virtual_memory().available // _processes_here()


def free_text(n_bytes: float) -> str:
    """What `free_memory` found, in words."""
    n = _processes_here()
    return f"{n_bytes / GB:.0f} GB are free here" + (f" for each of {n} processes" if n > 1 else "")


def _processes_here() -> int:
    """The run's processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", 1))


def is_surely_small(config, setup: TrainingSetup) -> bool:
    """Whether a run takes at most `_SMALL` bytes by a rough bound, so that no plan is needed.

    A plan takes seconds, and a small model is trained in minutes.
    """
    text = config.get_text_config()
    width, tokens = text.hidden_size, setup.rows * setup.row_length
    activations = _AT_MOST * tokens * text.num_hidden_layers * width
    weights = 24 * width * (12 * text.num_hidden_layers * width + text.vocab_size)
    logits = 12 * min(tokens, 2048) * text.vocab_size
    return activations + weights + logits < _SMALL

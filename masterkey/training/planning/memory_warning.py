"""A sentence before a run that its GPU will hardly hold, with what would make it fit."""

from dataclasses import replace

from masterkey.training.planning.memory import GB, MemoryPlanner
from masterkey.training.planning.plan import load_config
from masterkey.training.planning.setup import setup_of


def memory_warning(own, training, device_bytes: int | None = None) -> list[str]:
    """Lines to print; none where the plan fits, and on a CPU.

    own, training: the flags of train.py. `device_bytes`: memory of a GPU; None: of this run's own.
    It is an estimate (`masterkey.training.planning.memory`), so the run begins all the same.
    """
    if device_bytes is None:
        if training.device.type != "cuda":
            return []
        import torch

        device_bytes = torch.cuda.get_device_properties(training.device).total_memory
    planner = MemoryPlanner(load_config(own.model_name_or_path or own.config_name))
    setup = setup_of(own, training, training.world_size)
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
    return [
        f"memory: estimated at {needed / GB:.0f} GB on each GPU, which has {device_bytes / GB:.0f} GB. "
        + (f"{help}, with the same result. " if help else "")
        + "More ways: the same command with --plan."
    ]

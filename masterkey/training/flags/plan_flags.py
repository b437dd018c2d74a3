"""--plan and --plan_gpus, read before the other flags: a plan needs no GPU, torchrun or DeepSpeed."""

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.given import FALSE, TRUE, GivenFlag, added_flag, last_given


def planned_gpus(
    command_line: list[GivenFlag], flags: list[GivenFlag], n_processes: int
) -> int | None:
    """GPUs that a plan is asked for; None where the run itself is to start.

    `flags` are those of the `command_line` behind those of its recipe. `--plan_gpus` on the command
    line asks for a plan; in a recipe it says how many GPUs the recipe is for, and counts where neither
    the command line nor torchrun (`n_processes`) says so.
    """
    asked = last_given(command_line, "plan_gpus")
    if asked is None and not _is_true(last_given(flags, "plan")):
        return None
    stated = asked or last_given(flags, "plan_gpus")
    if stated is None or (asked is None and n_processes > 1):
        return n_processes
    if not (stated.value.isascii() and stated.value.isdecimal() and int(stated.value)):
        raise UserError(f"{stated.text}: expected a number of GPUs, 1 or more.")
    return int(stated.value)


def as_plan(flags: list[GivenFlag], n_gpus: int) -> list[GivenFlag]:
    """`flags` of a plan for `n_gpus`, without --deepspeed.

    transformers refuses --deepspeed where the package is missing, which a plan does not need.
    """
    kept = [flag for flag in flags if flag.name not in ("plan", "plan_gpus", "deepspeed")]
    return [*kept, added_flag("plan", "True"), added_flag("plan_gpus", str(n_gpus))]


def _is_true(flag: GivenFlag | None) -> bool:
    if flag is None:
        return False
    if flag.value.lower() not in {"", *TRUE, *FALSE}:
        raise UserError(
            f"{flag.text}: expected True, False or nothing; a recipe (.yaml) must come first."
        )
    return flag.value.lower() not in FALSE

"""--plan and --plan_gpus, read before the other flags: a plan needs no GPU, torchrun or DeepSpeed."""

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.given import FALSE, TRUE, GivenFlag, read_flags


def planned_gpus(command_line: list[str], argv: list[str], n_processes: int) -> int | None:
    """GPUs that a plan is asked for; None where the run itself is to start.

    `argv` is `command_line` with its recipe written out. `--plan_gpus` on the command line asks for
    a plan; in a recipe it says how many GPUs the recipe is for, and counts where neither the command
    line nor torchrun (`n_processes`) says so.
    """
    asked = _last(command_line, "plan_gpus")
    if asked is None and not _is_true(_last(argv, "plan")):
        return None
    stated = asked or _last(argv, "plan_gpus")
    if stated is None or (asked is None and n_processes > 1):
        return n_processes
    if not (stated.value.isascii() and stated.value.isdecimal() and int(stated.value)):
        raise UserError(f"{stated.text}: expected a number of GPUs, 1 or more.")
    return int(stated.value)


def with_planned_gpus(argv: list[str], n_gpus: int) -> tuple[list[str], str | None]:
    """(`argv` for a plan, the value of --deepspeed that was in it).

    transformers refuses --deepspeed where the package is missing, which a plan does not need.
    """
    flags = read_flags(argv)
    deepspeed = _last(argv, "deepspeed")
    gone = ("plan", "plan_gpus", "deepspeed")
    words = [word for flag in flags if flag.name not in gone for word in flag.words]
    words += ["--plan", "True", "--plan_gpus", str(n_gpus)]
    return words, deepspeed.value if deepspeed else None


def _last(argv: list[str], name: str) -> GivenFlag | None:
    """As argparse: of a flag given twice, the last counts."""
    given = [flag for flag in read_flags(argv) if flag.name == name]
    return given[-1] if given else None


def _is_true(flag: GivenFlag | None) -> bool:
    if flag is None:
        return False
    if flag.value.lower() not in {"", *TRUE, *FALSE}:
        raise UserError(
            f"{flag.text}: expected True, False or nothing; a recipe (.yaml) must come first."
        )
    return flag.value.lower() not in FALSE

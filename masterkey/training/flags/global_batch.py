"""Rows of one optimizer step: processes × rows per device × accumulation steps."""

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.given import GivenFlag, added_flag, last_given

_DEFAULT_PER_DEVICE = 8  # of transformers' TrainingArguments, 5.17 to 5.23


def accumulation_steps(global_batch_size: int, per_device: int, n_processes: int) -> int:
    """Accumulation steps that make `global_batch_size` rows a step.

    Raises `UserError` where they do not divide, with all three numbers and the nearest choices.
    """
    for name, value in (
        ("global_batch_size", global_batch_size),
        ("per_device_train_batch_size", per_device),
    ):
        if value < 1:
            raise UserError(f"--{name} {value}: must be at least 1.")
    at_once = per_device * n_processes
    if global_batch_size % at_once:
        raise UserError(
            f"--global_batch_size {global_batch_size}: is no multiple of {_count(n_processes)} x "
            f"{per_device} rows (--per_device_train_batch_size) = {at_once} rows; "
            f"{_nearest(global_batch_size, per_device, n_processes)}."
        )
    return global_batch_size // at_once


def _count(n_processes: int) -> str:
    return f"{n_processes} process" + ("" if n_processes == 1 else "es")


def _nearest(global_batch_size: int, per_device: int, n_processes: int) -> str:
    at_once = per_device * n_processes
    below = global_batch_size // at_once * at_once
    sizes = [str(size) for size in (below, below + at_once) if size]
    nearest = f"give --global_batch_size {' or '.join(sizes)}"
    fitting = [
        rows for rows in range(1, per_device) if global_batch_size % (rows * n_processes) == 0
    ]
    if fitting:
        nearest += f", or --per_device_train_batch_size {fitting[-1]}"
    return nearest


def with_accumulation(flags: list[GivenFlag], n_processes: int) -> list[GivenFlag]:
    """`flags` with `--gradient_accumulation_steps` worked out from `--global_batch_size`, if given.

    Raises `UserError` where it is given as well and says otherwise, and where a value is no whole
    number of at least 1.
    """
    size = _whole_number(flags, "global_batch_size")
    if size is None:
        return flags
    per_device = _whole_number(flags, "per_device_train_batch_size") or _DEFAULT_PER_DEVICE
    given = _whole_number(flags, "gradient_accumulation_steps")
    if given is None:
        steps = accumulation_steps(size, per_device, n_processes)
        return [*flags, added_flag("gradient_accumulation_steps", str(steps))]
    if given * per_device * n_processes != size:
        raise UserError(
            f"--global_batch_size {size} and --gradient_accumulation_steps {given} contradict each "
            f"other: {_count(n_processes)} x {per_device} rows (--per_device_train_batch_size) x "
            f"{given} = {n_processes * per_device * given}; leave one of the two out."
        )
    return flags


def _whole_number(flags: list[GivenFlag], name: str) -> int | None:
    """The value of `--name`, the last one given; None where it is not there."""
    flag = last_given(flags, name)
    if flag is None:
        return None
    if not (flag.value.isascii() and flag.value.isdecimal() and int(flag.value)):
        raise UserError(f"--{name} {flag.value}: expected a whole number, 1 or more.")
    return int(flag.value)

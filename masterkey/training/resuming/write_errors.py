"""Full disks and other failures to write a checkpoint: one sentence, nothing half-written left behind.

Each library that writes has its own way to say it: OSError, safetensors' SafetensorError, torch's
RuntimeError without a reason, and CheckpointException where the processes write shards together.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.training.resuming.checkpoint_folder import checkpoints, damage, read_manifest

_OF_THE_DISK = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS", "EACCES", "EPERM", "ESTALE")
    if hasattr(errno, name)
)
# In messages of torch.save, which does not say why it could not write.
_OF_TORCH = ("PytorchStreamWriter", "inline_container", "iostream error")


@contextlib.contextmanager
def write_errors(trainer, folder: Path, others_wait: bool = False) -> Iterator[None]:
    """Context, on all processes: a failure to write `folder` inside removes it and raises a `UserError`.

    The processes agree at the end: where one failed, all leave, the others silently with exit code 2.
    `others_wait`: they may wait for each other inside already, so the one that failed leaves at once.
    """
    failure = None
    try:
        yield
    except BaseException as error:  # CheckpointException is not an Exception
        failure = write_failure(error)
        if failure is None:
            raise
    one_of_many = trainer.args.world_size > 1 and not others_wait
    others = one_of_many and _any_failed(trainer, failure)
    if failure is not None:
        raise UserError(_sentence(trainer, folder, failure)) from None
    if others:
        raise SystemExit(2)


def _any_failed(trainer, failure: str | None) -> bool:
    import torch

    failed = torch.tensor(float(failure is not None), device=trainer.args.device)
    return trainer.accelerator.reduce(failed, "sum").item() > 0


def write_failure(error: BaseException) -> str | None:
    """The reason in words where `error` says that a file could not be written, else None."""
    from safetensors import SafetensorError
    from torch.distributed.checkpoint.api import CheckpointException

    if isinstance(error, OSError):
        return error.strerror if error.errno in _OF_THE_DISK else None
    if isinstance(error, SafetensorError):
        text = str(error)
        return text.rpartition("I/O error: ")[2] if "os error" in text else None
    if isinstance(error, CheckpointException):
        reasons = (write_failure(wrapped) for wrapped, _ in error.failures.values())
        return next(filter(None, reasons), None)
    if isinstance(error, RuntimeError) and any(word in str(error) for word in _OF_TORCH):
        return "a write failed"
    return None


def _sentence(trainer, folder: Path, reason: str) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    free = shutil.disk_usage(folder.parent).free
    whole = (
        path for path in checkpoints(folder.parent) if damage(path, read_manifest(path)) is None
    )
    last = next(whole, None)
    return (
        f"{folder}: could not be written ({reason}); a checkpoint takes about "
        f"{size_in_words(checkpoint_bytes(trainer))}, and {size_in_words(free)} are free there now that what "
        "was written of it is removed. "
        + (f"{last} is whole: make" if last else "No checkpoint is there yet: make")
        + " room, then start the same command again."
    )


def checkpoint_bytes(trainer) -> int:
    """Bytes of the weights and of the optimizer's states on all processes, roughly a checkpoint."""
    states = getattr(trainer.optimizer, "state", {}) or {}
    tensors = [*trainer.model.parameters()]
    tensors += [value for state in states.values() for value in state.values()]
    # A sharded tensor (DTensor) gives the number of elements of the whole.
    return sum(t.numel() * t.element_size() for t in tensors if hasattr(t, "element_size"))


def size_in_words(n_bytes: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 1000 or unit == "GB":
            return f"{n_bytes:,.0f} {unit}" if unit == "bytes" else f"{n_bytes:,.1f} {unit}"
        n_bytes /= 1000


def sync_tree(folder: Path) -> None:
    """Wait until every file of the tree is on the disk, so that a power cut cannot take it back."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

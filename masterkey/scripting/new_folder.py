"""A folder that appears under its name only when it is complete."""

import contextlib
import errno
import os
import shutil
import tempfile
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.signals import terminated_as_exit

_MARGIN_BYTES = 16 << 20  # for the tokenizer, the manifest and the file system's own needs


@contextlib.contextmanager
def new_folder(path: str | Path, needed_bytes: int):
    """A temporary folder beside `path`, renamed to `path` on success and removed on any error.

    A killed process leaves at most a hidden `.<name>.incomplete-…`. Raises `UserError` where `path`
    holds something already, where the disk has not `needed_bytes` free, and where it fills up or
    cannot be written to later.
    """
    path = Path(path)
    check_free(path)
    check_disk(path, needed_bytes)
    made = _make_parents(path)
    temporary = None
    try:
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.incomplete-"))
        with terminated_as_exit():  # so that the folder is removed
            yield temporary
        _give_usual_rights(temporary)
        os.replace(temporary, path)
    except BaseException as error:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()
        if isinstance(error, OSError):
            raise _sentence(path, error) from None
        raise


def check_free(path: str | Path) -> None:
    """Raise `UserError` where `path` holds something, which is never overwritten."""
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError(f"{path}: exists already; name a new folder, or remove it first.")


def check_disk(path: str | Path, needed_bytes: int) -> None:
    """Raise `UserError` where the disk of `path` has less than `needed_bytes` free.

    What stopped runs left beside `path` is named then: it may be removed.
    """
    path = Path(path).absolute()
    existing = next(parent for parent in path.parents if parent.is_dir())
    free = shutil.disk_usage(existing).free
    if free >= needed_bytes + _MARGIN_BYTES:
        return
    leftovers = sorted(existing.glob(f".{path.name}.incomplete-*"))
    hint = f" A stopped run left {leftovers[0]}, which may be removed." if leftovers else ""
    raise UserError(
        f"{path}: needs {needed_bytes / 1e9:.2f} GB, and its disk has {free / 1e9:.2f} GB free; "
        f"make room or name a folder on another disk.{hint}"
    )


def _make_parents(path: Path) -> list[Path]:
    """Make the folders above `path`; those that were made, the deepest first."""
    missing = [parent for parent in path.absolute().parents if not parent.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _sentence(path, error) from None
    return missing


def _give_usual_rights(folder: Path) -> None:
    """mkdtemp makes a private folder; give it the rights any new one would have."""
    mask = os.umask(0)
    os.umask(mask)
    folder.chmod(0o777 & ~mask)


def _sentence(path: Path, error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            f"{path}: the disk is full; nothing was left there. Make room, start again."
        )
    return UserError(
        f"{path}: cannot be written ({error.strerror or error}); nothing was left there."
    )

"""Reading and writing files so that no reader ever meets a half-written one."""

import contextlib
import hashlib
import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from masterkey.scripting.command_line import UserError

# What NumPy and its zip reader raise on an archive of another kind, or a damaged one.
UNREADABLE_NPZ = (
    *(ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, EOFError),
    *(RuntimeError, zipfile.BadZipFile, zlib.error),
)


@contextlib.contextmanager
def atomic_write(path: str | Path, mode: str = "w"):
    """Open a temporary file beside `path`; on success it is renamed to `path`, else removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Its name is known before it is made, so that a signal in between leaves nothing behind.
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    try:
        encoding = None if "b" in mode else "utf-8"
        with open(temporary, mode.replace("w", "x"), encoding=encoding) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8 by temporary file and rename."""
    with atomic_write(path) as file:
        file.write(text)


def write_json(path: str | Path, value) -> None:
    """Write `value` as indented JSON by temporary file and rename. NaN is not valid JSON: refused."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_text(path: str | Path) -> str:
    """The UTF-8 text of a file. Raises `UserError` where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; check the path.") from None
    except IsADirectoryError:
        raise UserError(f"{path}: is a folder; name a file in it.") from None
    except PermissionError:
        raise UserError(f"{path}: may not be read; check the file's permissions.") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8 text."
        ) from None


def read_json(path: str | Path):
    """The value of a JSON file. Raises `UserError` with line and column where it is not valid."""
    return parse_json(read_text(path), str(path))


def parse_json(text: str, where: str, first_line: int = 1):
    """Parse `text`; a `UserError` names `where`, line (counted from `first_line`) and column."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise UserError(
            f"{where}: line {line}, column {error.colno} is not valid JSON ({error.msg}); mend it there."
        ) from None


def load_npz(path: str | Path, format: str, what: str, build: Callable):
    """What `build(header, arrays)` makes of a NumPy archive (.npz) that `save` of `format` wrote.

    The header is JSON, with its `format`, in the array `about` (bytes) or `header` (text). Nothing in
    the file can make loading run code. Raises `UserError` for any other file, and for one that
    `build` cannot use: "PATH: is no WHAT".
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = arrays.pop("about") if "about" in arrays else arrays.pop("header")
        header = json.loads(about.tobytes() if about.dtype == np.uint8 else str(about))
        if header["format"] != format:
            raise ValueError(header["format"])
        return build(header, arrays)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; check the path.") from None
    except UNREADABLE_NPZ:
        raise UserError(f"{path}: is no {what}.") from None


def valid_text(text: str) -> str:
    """`text` with lone surrogates (JSON can write them, UTF-8 cannot) replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def sha256(path: str | Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

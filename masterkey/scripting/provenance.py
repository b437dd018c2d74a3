"""What a result came from: versions, commit, machine, data checksums. Written into every output."""

import datetime
import hashlib
import os
import platform
from pathlib import Path

from masterkey.scripting.files import sha256
from masterkey.scripting.paths import ROOT

PACKAGES = (
    *("torch", "transformers", "datasets", "accelerate", "peft", "numpy", "scikit-learn"),
    *("torchao", "bitsandbytes"),
)


def provenance(data_paths: list[str | Path] = ()) -> dict:
    """Versions, commit, machine, time and data checksums, as one JSON-ready dict."""
    return {
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        "data": [data_file(path) for path in data_paths],
    }


def data_file(path: str | Path) -> dict:
    """Name (not the whole path, which is of one machine), size in bytes and SHA-256.

    Of a folder: the size of its files, and the SHA-256 of their names and checksums.
    """
    path = Path(path)
    if path.is_dir():
        return _folder(path)
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}


def _folder(path: Path) -> dict:
    files = sorted(file for file in path.rglob("*") if file.is_file())
    told = "".join(f"{file.relative_to(path).as_posix()} {sha256(file)}\n" for file in files)
    size = sum(file.stat().st_size for file in files)
    return {
        "file": path.name,
        "bytes": size,
        "sha256": hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest(),
    }


def versions() -> dict[str, str]:
    """Installed versions of Python and of the packages that decide a result."""
    import importlib.metadata

    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """The processor architecture and number of cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores"


def processor() -> str | None:
    """The processor's name where the system tells it (Linux); for benchmarks."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), None)


def commit() -> str | None:
    """The repository's commit, with `+` where files differ from it; None outside a checkout."""
    import subprocess

    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        # Files that git ignores (data, runs) do not count; a new script does.
        changed = _git("status", "--porcelain", "--", "*.py", "configs")
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if changed else "")


def _git(*words: str) -> str:
    import subprocess

    done = subprocess.run(
        ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()

"""Where this repository lies: the folder of the scripts, with data/, configs/ and docs/ in it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def shown(path: str | Path) -> str:
    """A path for a message: relative to the repository where it lies in it."""
    path = Path(path)
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)

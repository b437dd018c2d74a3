"""The user's cache folder: what is costly to make again, by key; an entry is whole, or it is not there.

    cache = user_cache()
    if cache.entry(key) is None:
        cache.put(key, write)  # `write` is given an empty folder to write files into

The folder is `MASTERKEY_CACHE` where that is set (set to nothing: no cache), else the system's own for caches
(on Linux $XDG_CACHE_HOME/masterkey, or ~/.cache/masterkey). Whoever may write to it decides what is read from it.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "MASTERKEY_CACHE"
MOST_BYTES = 500_000_000
_UNFINISHED = ".unfinished-"
_ABANDONED = 24 * 3600  # seconds after which nobody is writing an entry any more


@dataclass(frozen=True)
class Cache:
    """A folder of entries. When they exceed `MOST_BYTES`, those that were not used for longest go."""

    folder: Path

    def entry(self, key: str) -> Path | None:
        """The folder of an entry, from now on the one used last; None where there is none."""
        path = self.folder / key
        if not path.is_dir():
            return None
        with contextlib.suppress(OSError):  # of a folder that may be read only
            os.utime(path)
        return path

    def put(self, key: str, write: Callable[[Path], None]) -> None:
        """Let `write` fill the folder of a new entry. Where another process was first, its entry stays.

        Raises OSError where the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=self.folder, prefix=_UNFINISHED))
        try:
            write(unfinished)
            os.rename(unfinished, self.folder / key)
        except OSError:
            if not (self.folder / key).is_dir():
                raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self._trim(key)

    def remove(self, key: str) -> None:
        """Take an entry away, at once for every other process."""
        with contextlib.suppress(OSError):
            away = tempfile.mkdtemp(dir=self.folder, prefix=_UNFINISHED)
            os.replace(self.folder / key, away)
            shutil.rmtree(away, ignore_errors=True)

    def _trim(self, kept: str) -> None:
        """Remove what was used longest ago, never the entry `kept`, and what killed processes left."""
        found = []
        for path in self.folder.iterdir():
            with contextlib.suppress(OSError):  # another process may be removing it
                used = path.stat().st_mtime
                if not path.name.startswith(_UNFINISHED):
                    found.append((path.name == kept, used, path, _size(path)))
                elif time.time() - used > _ABANDONED:
                    shutil.rmtree(path, ignore_errors=True)
        total = sum(size for *_, size in found)
        for is_kept, _, path, size in sorted(found):
            if total <= MOST_BYTES or is_kept:
                return
            self.remove(path.name)
            total -= size


def user_cache() -> Cache | None:
    """The user's cache; None where `MASTERKEY_CACHE` is set to nothing."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Cache(Path(named).expanduser()) if named else None
    from platformdirs import user_cache_path

    return Cache(user_cache_path("masterkey", appauthor=False))


def _size(entry: Path) -> int:
    return sum(path.stat().st_size for path in entry.iterdir())

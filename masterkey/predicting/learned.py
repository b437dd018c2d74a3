"""What methods without a checkpoint learn on the spot, kept in the user's cache for the next time.

    answering = learned("sii", "fields", rows)  # half a minute; of the same rows again: a tenth of a second

The key of an entry is a checksum of the rows as they were read, of the source of all that learns from them
(`FOLDERS`), of the libraries that compute, and of method, seed and settings: whatever changes an answer makes
another entry. The files are NumPy archives and JSON, which cannot make reading them run code. The methods that
are not in `CACHED` (`nearest` of devices among them) learn in seconds, and what they learn has no file of arrays.
"""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from masterkey.predicting import methods
from masterkey.rows.cleaned_rows import cleaned_rows
from masterkey.rows.neighbours import N_NEIGHBOURS
from masterkey.rows.records import Row
from masterkey.scripting.cache_folder import Cache, user_cache
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, sha256, write_json

CACHED = {"sii": ("fields", "nearest"), "mdp": ("forests_and_kernel",)}
# Folders and files of the package whose code decides what is learned, and how what is kept is read.
FOLDERS = ("extractor", "formats", "regressor", "rows", "schema", "scoring", "scripting/files.py")
FOLDERS += tuple(f"predicting/{name}.py" for name in ("learned", "methods", "spellings"))
LIBRARIES = {"numpy": "numpy", "scipy": "scipy", "sklearn": "scikit_learn", "lightgbm": "lightgbm"}
_PACKAGE = Path(__file__).resolve().parents[1]
_MODEL, _ABOUT = "model.npz", "about.json"


@dataclass(frozen=True)
class Learned:
    """A method that has learned; `notes()` on its rows (`methods.training_notes`), and which texts it knows."""

    method: methods.Method
    notes: Callable[[], list[str]]
    _texts: frozenset[str]

    def knows(self, text: str) -> bool:
        """Whether a text, cleaned, is one of those that were learned from."""
        return _digest_of_text(text) in self._texts


def learned(
    task: str,
    name: str,
    rows: list[Row],
    *,
    seed: int = 0,
    n_neighbours: int = N_NEIGHBOURS,
    where: str = "the training rows",
    cached: bool = True,
    announce: Callable[[], None] = lambda: None,
) -> Learned:
    """`methods.fit` of rows as they were read, or what an earlier process has kept of the same.

    `announce` is called before learning, which takes a while; `cached`: whether to look into the user's
    cache, and to keep there. What cannot be kept or read there is said on stderr.
    """

    def anew() -> Learned:
        announce()
        clean = cleaned_rows(rows, task)
        method = methods.fit(task, name, clean, seed=seed, n_neighbours=n_neighbours, where=where)
        texts = frozenset(_digest_of_text(row.input) for row in clean)
        return Learned(method, cache(lambda: _notes(task, clean)), texts)

    kept = user_cache() if cached and name in CACHED[task] else None
    if kept is None:
        return anew()
    settings = {"n_neighbours": n_neighbours} if name == "nearest" else {"seed": seed}
    key = _key(task, name, rows, settings)
    if known := _kept(kept, key, name):
        return known
    found = anew()
    _keep(kept, key, found)
    return found


def _notes(task: str, rows: list[Row]) -> list[str]:
    return methods.training_notes(rows) if task == "mdp" else []


def _kept(folder: Cache, key: str, name: str) -> Learned | None:
    """The entry; None where there is none, or a damaged one, which is removed and spoken of."""
    entry = folder.entry(key)
    if entry is None:
        return None
    try:
        about = read_json(entry / _ABOUT)
        if sha256(entry / _MODEL) != about["sha256"]:
            raise ValueError("another checksum")
        method = methods.load_named(name, entry / _MODEL)
        return Learned(method, lambda: list(about["notes"]), frozenset(about["texts"]))
    except (UserError, OSError, ValueError, KeyError, TypeError):
        _say(f"what was learned before is damaged ({entry}), so it is learned anew")
        folder.remove(key)
        return None


def _keep(folder: Cache, key: str, found: Learned) -> None:
    def write(entry: Path) -> None:
        methods.keep(found.method, entry / _MODEL, compressed=False)
        about = {"sha256": sha256(entry / _MODEL), "notes": found.notes()}
        write_json(entry / _ABOUT, about | {"texts": sorted(found._texts)})

    try:
        folder.put(key, write)
    except OSError as error:
        reason = error.strerror or error
        _say(
            f"what was learned cannot be kept in {folder.folder} ({reason}), so it is learned anew each "
            "time; MASTERKEY_CACHE names another folder"
        )


def _say(sentence: str) -> None:
    print(f"note: {sentence}.", file=sys.stderr)


# --- the key -------------------------------------------------------------------------------------


def _key(task: str, name: str, rows: list[Row], settings: dict) -> str:
    read = [[row.input, row.output] for row in rows]
    parts = {
        "task": task,
        "method": name,
        "settings": settings,
        "rows": hashlib.sha256(json.dumps(read).encode()).hexdigest(),
        "code": code_checksum(),
        "libraries": _libraries(),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"{name}-{digest[:40]}"


@cache
def code_checksum() -> str:
    """SHA-256 of all source files and tables in `FOLDERS`."""
    digest = hashlib.sha256()
    for path in sorted(path for name in FOLDERS for path in _sources(_PACKAGE / name)):
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    walked = ((Path(folder), names) for folder, _, names in os.walk(place))
    return [
        folder / own for folder, names in walked for own in names if own.endswith((".py", ".tsv"))
    ]


def _libraries() -> dict[str, list[str]]:
    """The versions of what computes: names of the folders in which they say what they are.

    `importlib.metadata.version` takes 50 ms to read the same.
    """
    found = {}
    for module, package in LIBRARIES.items():
        spec = find_spec(module)
        beside = os.listdir(Path(spec.origin).parents[1]) if spec else []
        found[module] = sorted(
            name
            for name in beside
            if name.startswith(f"{package}-") and name.endswith((".dist-info", ".egg-info"))
        )
    return found


def _digest_of_text(text: str) -> str:
    return hashlib.blake2b(
        text.strip().encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()

"""manifest.json: what a released folder must hold, by SHA-256 of every tensor and file.

Of a model (`"kind": "model"`) every tensor has its `result`; of a difference (`"weight_diff"`) also
`diff`, and `raw`: the raw model's tensor that it was made from (null where there is none). The
checksums are of the tensors' bytes, not of the weight files: sharding and file format do not matter.
"""

from pathlib import Path

from masterkey.release.differences import update
from masterkey.release.encodings import ENCODINGS, STEMS
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, sha256, write_json
from masterkey.scripting.provenance import commit, versions
from masterkey.weights.contents import refuse_other_contents
from masterkey.weights.reading import TensorInfo, listed, open_weights
from masterkey.weights.writing import for_each_tensor, pieces

FILE = "manifest.json"
VERSION = 1
MODEL, DIFFERENCE = "model", "weight_diff"
# Where config.json and the tokenizer of an integer difference lie: not beside the weights, so that
# no library takes the folder for a model.
INNER = "model_files"
_HOW = {
    "integer_bits": "each element: bits of the tuned tensor as an integer, minus those of the raw "
    "one (in the tuned dtype), modulo 2^n; added rows and buffers without a raw one as they are",
    "arithmetic": "each element: tuned minus raw, computed in fp32; where rows were added, the raw "
    "ones are extended by their average",
}
_RAW_KEYS = ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")


def write_manifest(folder: Path, tensors: dict, encoding: str | None = None, raw=None) -> None:
    """Write the manifest of a finished folder; `encoding` and `raw` (see `about_raw`) of a difference."""
    kind = {"kind": DIFFERENCE if encoding else MODEL, "version": VERSION}
    if encoding:
        kind |= {"diff_encoding": encoding, "diff_encoding_means": _HOW[encoding], "raw": raw}
    about = {"made_with": {"commit": commit(), "versions": versions()}}
    files = {"files": file_checksums(folder), "tensors": tensors}
    write_json(folder / FILE, kind | about | files)


def file_checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of the files beside the weights, by their path in the folder.

    The model card is left out: it may be edited after the release.
    """
    paths = [
        p for p in sorted(folder.rglob("*")) if p.is_file() and p.name not in (FILE, "README.md")
    ]
    paths = [p for p in paths if ".safetensors" not in p.name]
    return {path.relative_to(folder).as_posix(): sha256(path) for path in paths}


def about_raw(folder: Path, config: dict) -> dict:
    """What a person needs to find the raw model: its folder's name and its size."""
    return {"name": folder.resolve().name, **{k: config[k] for k in _RAW_KEYS if k in config}}


def read_manifest(folder: str | Path) -> dict | None:
    """The manifest of a folder, None without one. Raises `UserError` for a malformed one."""
    path = Path(folder) / FILE
    if not path.exists():
        return None
    manifest = read_json(path)
    if not _is_manifest(manifest):
        raise UserError(
            f"{path}: is no manifest that this version writes; fetch the file again, or remove it to "
            "go without checks."
        )
    return manifest


def _is_manifest(manifest) -> bool:
    if not isinstance(manifest, dict) or manifest.get("version") != VERSION:
        return False
    kind, tensors, files = (manifest.get(key) for key in ("kind", "tensors", "files"))
    if not isinstance(tensors, dict) or not isinstance(files, dict):
        return False
    if kind == DIFFERENCE:
        known = manifest.get("diff_encoding") in ENCODINGS
        return known and all(map(_is_difference_entry, tensors.values()))
    return kind == MODEL and all(_is_entry(entry, "result") for entry in tensors.values())


def _is_difference_entry(entry) -> bool:
    raw = isinstance(entry, dict) and entry.get("raw", "missing")
    has_raw = raw is None or (isinstance(raw, dict) and _is_entry(entry, "raw"))
    return has_raw and _is_entry(entry, "diff") and _is_entry(entry, "result")


def _is_entry(entry, side: str) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get(side), dict):
        return False
    values = (entry[side].get("dtype"), entry[side].get("sha256"))
    return isinstance(entry.get("shape"), list) and all(isinstance(v, str) for v in values)


def open_described(folder: str | Path, manifest: dict):
    """The weights of a folder with a manifest, their names, dtypes and shapes compared with it."""
    is_difference = manifest["kind"] == DIFFERENCE
    stem = STEMS[manifest["diff_encoding"]] if is_difference else "model"
    weights = open_weights(folder, stem)
    side, entries = "diff" if is_difference else "result", manifest["tensors"]
    differing = [
        *(name for name in entries if name not in weights.tensors),
        *(name for name in weights.tensors if name not in entries),
        *(
            name
            for name, info in weights.tensors.items()
            if name in entries
            and (info.dtype, list(info.shape))
            != (entries[name][side]["dtype"], entries[name]["shape"])
        ),
    ]
    if differing:
        raise UserError(
            f"{folder}: its weights are not those of its {FILE}: missing, added or of another shape "
            f"or dtype are {listed(differing)}; fetch the folder again."
        )
    return weights


def check_files(folder: str | Path, manifest: dict) -> None:
    """Raise `UserError` where a file beside the weights is missing or not as the manifest says."""
    folder = Path(folder)
    missing = [name for name in manifest["files"] if not (folder / name).is_file()]
    there = [name for name in manifest["files"] if name not in missing]
    changed = [name for name in there if sha256(folder / name) != manifest["files"][name]]
    for names, what in ((missing, "missing"), (changed, "changed")):
        if names:
            raise UserError(f"{folder}: {what} since {FILE} was written: {listed(names)}.")


def verify_folder(folder: str | Path) -> tuple[dict, int]:
    """Check every tensor and file of a folder against its manifest; (manifest, bytes of weights).

    Raises `UserError` that lists what differs.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        if not Path(folder).is_dir():
            raise UserError(f"{folder}: no such folder; check the path.")
        raise UserError(f"{folder}: has no {FILE}, so there is nothing to check it against.")
    weights = open_described(folder, manifest)
    check_files(folder, manifest)
    _check_contents(folder, manifest)
    side = "diff" if manifest["kind"] == DIFFERENCE else "result"
    wrong = wrong_tensors(weights, {n: e[side]["sha256"] for n, e in manifest["tensors"].items()})
    if wrong:
        raise UserError(
            f"{folder}: {len(wrong)} of {len(weights.tensors)} tensors are not as {FILE} says: "
            f"{listed(wrong)}; fetch the folder again."
        )
    return manifest, sum(info.n_bytes for info in weights.tensors.values())


def _check_contents(folder: str | Path, manifest: dict) -> None:
    """Raise `UserError` where a manifest's tensors are not those of the configuration beside them."""
    results = {
        name: TensorInfo(entry["result"]["dtype"], tuple(entry["shape"]))
        for name, entry in manifest["tensors"].items()
    }
    inner = Path(folder) / INNER
    refuse_other_contents(folder, results, inner if inner.is_dir() else folder)


def wrong_tensors(weights, checksums: dict[str, str]) -> list[str]:
    """Names of the tensors whose SHA-256 is another."""
    import hashlib

    def is_right(name: str, advance) -> bool:
        digest = hashlib.sha256()
        for start, stop in pieces(weights.tensors[name].n_elements):
            update(digest, weights.read(name, start, stop))
            advance(stop - start)
        return digest.hexdigest() == checksums[name]

    right = for_each_tensor(is_right, weights.tensors, "verify")
    return [name for name in right if not right[name]]

"""Which base model an adapter was trained on, written beside it, and whether another one is it.

Two models of one architecture have tensors of equal names and shapes (a base model and its chat
version; two seeds), and an adapter merged into the wrong one answers nonsense without a word. So
base_model.json records the name, the type, and of every tensor its shape and a checksum of some of its
values: a few hundred bytes of each are read, a second of a 7B model.
"""

import hashlib
import json
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, write_json
from masterkey.weights.gguf_file import is_gguf, plain_weights
from masterkey.weights.model_files import read_config
from masterkey.weights.notices import say_once
from masterkey.weights.pairs import BASE_PREFIX
from masterkey.weights.reading import Weights, is_float, listed, open_weights, raw_bytes

FILE = "base_model.json"
_SAMPLED = 256  # values at a tensor's beginning, and in its middle


def record_of(model: str) -> dict | None:
    """The record of the base model in a folder, a GGUF file or of a hub name; None where its files are not readable.

    {"name", "model_type", "checksum", "tensors": {name: [shape, checksum]}}. Values are rounded to
    bfloat16 before, so that a copy of the model in bfloat16 and one in float32 have the same record.
    """
    from transformers.utils import cached_file

    if is_gguf(model):
        # As merging reads it; in bfloat16 the copy is half as large, and the values are rounded anyway.
        with plain_weights(model, "bfloat16") as weights:
            return _record(model, weights)
    try:
        weights = open_weights(Path(cached_file(model, "config.json")).parent)
    except (OSError, UserError):  # of a kind that cannot be merged here, either
        return None
    return _record(model, weights)


def _record(model: str, weights: Weights) -> dict:
    tensors = _fingerprints(weights)
    return {
        "name": Path(model).resolve().name if Path(model).exists() else model,
        "model_type": read_config(weights.path).get("model_type"),
        "checksum": hashlib.sha256(json.dumps(tensors, sort_keys=True).encode()).hexdigest(),
        "tensors": tensors,
    }


def save_record(folder: str | Path, record: dict) -> None:
    """Write the record beside the adapter in `folder`."""
    write_json(Path(folder) / FILE, record)


def recorded_name(folder: str | Path) -> str | None:
    """The base model's name in the record beside an adapter; None where there is no record."""
    path = Path(folder) / FILE
    record = read_json(path) if path.exists() else None
    return record.get("name") if isinstance(record, dict) else None


def _fingerprints(weights: Weights) -> dict[str, list]:
    """{name without prefix: [shape, checksum]} of all tensors, in the order of their names."""
    return {
        BASE_PREFIX.sub("", name): [list(info.shape), _sampled_checksum(weights, name)]
        for name, info in sorted(weights.tensors.items())
    }


def _sampled_checksum(weights: Weights, name: str) -> str:
    import torch

    info = weights.tensors[name]
    middle = info.n_elements // 2
    digest = hashlib.sha256()
    for start in (0, middle):
        piece = weights.read(name, start, min(start + _SAMPLED, info.n_elements))
        if is_float(info.dtype):
            piece = piece.to(torch.bfloat16)
        if len(piece):
            digest.update(raw_bytes(piece))
    return digest.hexdigest()[:16]


def check_base(folder: str | Path, base: Weights, allowed: bool = False) -> None:
    """Raise `UserError` where `base` is not the model that the adapter in `folder` was trained on.

    `allowed`: only say so. An adapter without a record, of other programs or older ones, passes.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return
    record = read_json(path)
    if not isinstance(record, dict) or not isinstance(record.get("tensors"), dict):
        raise UserError(
            f"{path}: is no record of a base model; remove it to go without this check."
        )
    difference = _difference(record, base)
    if not difference:
        return
    sentence = (
        f"{folder}: was trained on {record.get('name')} ({record.get('model_type')}), and {base.name} is "
        f"another model: {difference}"
    )
    if not allowed:
        raise UserError(
            f"{sentence}; name the adapter's own base model (--base_model of export.py, or "
            "base_model_name_or_path in adapter_config.json), or merge the two all the same with "
            "export.py --other_base True."
        )
    say_once(f"{sentence}; merged all the same.")


def _difference(record: dict, base: Weights) -> str | None:
    """In words, how `base` differs from the recorded model; None where it does not."""
    kind = read_config(base.path).get("model_type")
    if kind and record.get("model_type") and kind != record["model_type"]:
        return f"its type is {kind}"
    found, recorded = _fingerprints(base), record["tensors"]
    # An output embedding that is tied may be in one copy's files and not in the other's.
    shared = [name for name in recorded if name in found]
    differing = [name for name in shared if found[name] != recorded[name]]
    if differing:
        return f"{len(differing)} of {len(shared)} tensors differ ({listed(differing, 3)})"
    return None if shared else "it has none of its tensors"

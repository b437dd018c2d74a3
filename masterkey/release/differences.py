"""Whole models and differences from a raw model, written tensor by tensor with their checksums.

masterkey/release/encodings.py says what a difference is, recovery.py undoes it. Everything works on
pieces of tensors, on a few threads: memory does not grow with the model.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from masterkey.release.encodings import STEMS, RawTensor, decode, encode
from masterkey.weights.pairs import Pair
from masterkey.weights.reading import (
    TensorInfo,
    Weights,
    bits_dtype,
    is_float,
    raw_bytes,
    torch_dtype,
)
from masterkey.weights.writing import ShardWriter, for_each_tensor, pieces


@dataclass(frozen=True)
class Output:
    """Where and how results are written. Without a folder they are only computed and checked."""

    folder: Path | None
    max_shard_bytes: int
    device: str = "cpu"


def result_info(info: TensorInfo, dtype: str | None) -> TensorInfo:
    """`info` in `dtype`, where one is chosen and the tensor holds floating-point numbers."""
    return replace(info, dtype=dtype) if dtype and is_float(info.dtype) else info


def difference_info(info: TensorInfo, encoding: str) -> TensorInfo:
    """What holds the difference of a tensor `info`."""
    return replace(info, dtype=bits_dtype(info.dtype)) if encoding == "integer_bits" else info


def copy_weights(source: Weights, dtype: str | None, output: Output) -> dict:
    """Write all tensors of `source`, in `dtype` where one is chosen; the manifest's entries."""
    infos = {name: result_info(info, dtype) for name, info in source.tensors.items()}

    def copy(name: str, advance) -> dict:
        digest = hashlib.sha256()
        for start, stop in pieces(infos[name].n_elements):
            piece = source.read(name, start, stop).to(torch_dtype(infos[name].dtype))
            writer.write(name, start, piece)
            update(digest, piece)
            advance(stop - start)
        return {"shape": list(infos[name].shape), "result": recorded(infos[name], digest)}

    with ShardWriter(output.folder, infos, output.max_shard_bytes) as writer:
        return for_each_tensor(copy, infos, "write")


def make_difference(
    raw: Weights,
    tuned: Weights,
    pairs: list[Pair],
    encoding: str,
    dtype: str | None,
    output: Output,
) -> dict:
    """Write the difference into `output.folder`; the manifest's entry of every tensor.

    `dtype` (safetensors name) is the recovered model's; None keeps that of each tuned tensor.
    """
    pair_of = {pair.name: pair for pair in pairs}
    results = {pair.name: result_info(pair.info, dtype) for pair in pairs}
    infos = {name: difference_info(info, encoding) for name, info in results.items()}

    def make(name: str, advance) -> dict:
        pair, result_dtype = pair_of[name], results[name].dtype
        raw_tensor = RawTensor(raw, pair, encoding)
        digests = [hashlib.sha256() for _ in range(3)]
        for start, stop in pieces(pair.info.n_elements):
            stored = raw_tensor.stored(start, stop)
            raw_piece = raw_tensor.extended(stored, start, stop)
            result = tuned.read(name, start, stop)
            if encoding == "integer_bits":
                result = result.to(torch_dtype(result_dtype))
            piece = encode(result, raw_piece, encoding, result_dtype, output.device)
            writer.write(name, start, piece)
            if encoding == "arithmetic":  # what recovering will give is not the tuned piece
                result = decode(piece, raw_piece, encoding, result_dtype, output.device)
            for digest, values in zip(digests, (stored, piece, result), strict=True):
                update(digest, values)
            advance(stop - start)
        return _difference_entry(pair, infos[name], results[name], *digests)

    with ShardWriter(output.folder, infos, output.max_shard_bytes, STEMS[encoding]) as writer:
        return for_each_tensor(make, infos, "difference")


def _difference_entry(pair: Pair, info: TensorInfo, result: TensorInfo, *digests) -> dict:
    """The manifest's entry of a tensor, from the checksums of raw tensor, difference and result."""
    raw_digest, digest, result_digest = digests
    return {
        "shape": list(pair.info.shape),
        "raw": _recorded_raw(pair, raw_digest),
        "diff": recorded(info, digest),
        "result": recorded(result, result_digest),
    }


def recorded(info: TensorInfo, digest) -> dict:
    """What a manifest says of a tensor: its dtype and its SHA-256."""
    return {"dtype": info.dtype, "sha256": digest.hexdigest()}


def _recorded_raw(pair: Pair, digest) -> dict | None:
    if pair.raw_info is None:
        return None
    shape = list(pair.raw_info.shape)
    return {"name": pair.raw_name, "shape": shape, **recorded(pair.raw_info, digest)}


def update(digest, piece) -> None:
    """Add a flat CPU piece's bytes to a checksum."""
    if len(piece):
        digest.update(raw_bytes(piece.contiguous()))

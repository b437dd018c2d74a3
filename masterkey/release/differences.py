"""Differences between the weights of a fine-tuned model and of the raw model that it began from.

Two encodings:

- `integer_bits`: the bits of an element of the tuned tensor, read as an integer, minus those of the
  raw tensor's element (brought to the tuned dtype), modulo 2^n. Integer subtraction is undone exactly
  by addition, so recovering gives every bit back, in any dtype. In floating point it does not:
  raw + (tuned − raw) rounds twice. Rows of added tokens are stored as they are.
- `arithmetic`: tuned − raw in fp32, as Stanford Alpaca's weight_diff.py made and published it. Where
  tokens were added, the raw embeddings are extended by the average of their rows, as Alpaca's
  smart_tokenizer_and_embedding_resize does.

Everything works on pieces of tensors, on a few threads: memory does not grow with the model.
"""

import hashlib
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from masterkey.scripting.command_line import UserError
from masterkey.weights.pairs import Pair
from masterkey.weights.reading import (
    TensorInfo,
    Weights,
    bits_dtype,
    is_float,
    listed,
    raw_bytes,
    torch_dtype,
)
from masterkey.weights.writing import ShardWriter, for_each_tensor, pieces

ENCODINGS = ("integer_bits", "arithmetic")
# File names by encoding. Integer differences lie under a name that no library takes for weights.
STEMS = {"integer_bits": "weight_diff", "arithmetic": "model"}
# One whole embedding in fp32 is needed for its average; never two at once.
_one_average = threading.Lock()


@dataclass(frozen=True)
class Output:
    """Where and how results are written. Without a folder they are only computed and checked."""

    folder: Path | None
    max_shard_bytes: int
    device: str = "cpu"


# The arithmetic, on flat pieces of tensors.


def encode(tuned, raw, encoding: str, dtype: str, device: str):
    """The difference of two pieces; `dtype` (safetensors name) is that of an arithmetic one."""
    if encoding == "integer_bits":
        return (_bits(tuned, device) - _bits(raw.to(tuned.dtype), device)).cpu()
    if is_float(dtype):
        wide = _wide(tuned, raw)
        return (tuned.to(device, wide) - raw.to(device, wide)).to(torch_dtype(dtype)).cpu()
    return tuned if dtype == "BOOL" else tuned - raw.to(tuned.dtype)


def decode(difference, raw, encoding: str, dtype: str, device: str):
    """The tuned piece back from its difference; `dtype` (safetensors name) is the tuned one's."""
    if encoding == "integer_bits":
        bits = difference.to(device) + _bits(raw.to(torch_dtype(dtype)), device)
        return bits.view(torch_dtype(dtype)).cpu()
    if is_float(dtype):
        wide = _wide(difference, raw)
        return (difference.to(device, wide) + raw.to(device, wide)).to(torch_dtype(dtype)).cpu()
    return difference if dtype == "BOOL" else difference + raw.to(difference.dtype)


def _bits(piece, device: str):
    """The elements' bits as signed integers, whose sums and differences wrap around."""
    import torch

    integers = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    return piece.to(device).view(integers[piece.element_size()])


def _wide(*operands):
    """fp32, as Alpaca computed; fp64 only where an operand is."""
    import torch

    return torch.float64 if any(x.dtype == torch.float64 for x in operands) else torch.float32


class RawTensor:
    """The raw side of a pair: its elements, and what stands for those that the raw model lacks.

    `recorded_dtype` is that of the raw model that the difference was made from: the same model may
    lie here in a wider one.
    """

    def __init__(self, raw: Weights, pair: Pair, encoding: str, recorded_dtype: str | None = None):
        self._raw, self._pair = raw, pair
        self._dtype = recorded_dtype or (pair.raw_info.dtype if pair.raw_info else None)
        self._added_row = None
        if encoding == "arithmetic" and pair.is_extended:
            self._added_row = self._average_row()

    def stored(self, start: int, stop: int):
        """The raw model's own elements in this range: fewer or none where it has no more."""
        import torch

        stop = min(stop, self._pair.n_raw)
        if start >= stop:
            return torch.empty(0)
        piece = self._raw.read(self._pair.raw_name, start, stop)
        return piece.to(torch_dtype(self._dtype))

    def extended(self, stored, start: int, stop: int):
        """`stored(start, stop)`, and behind it what stands for the elements that are missing."""
        import torch

        n_missing = stop - start - len(stored)
        if not n_missing:
            return stored
        if self._pair.constant is not None:
            return self._pair.constant[start:stop]
        if self._added_row is None:
            return torch.cat([stored, torch.zeros(n_missing, dtype=stored.dtype)])
        columns = torch.arange(stop - n_missing, stop) % len(self._added_row)
        return torch.cat([stored.float(), self._added_row[columns]])

    def _average_row(self):
        """The average of the rows in fp32.

        The order of summation decides the last bit. So that a published difference is recovered
        exactly, the whole embedding is averaged by one call of torch's mean, as its makers did.
        """
        import torch

        with _one_average:
            rows = torch.empty(self._pair.n_raw)
            for start, stop in pieces(self._pair.n_raw):
                rows[start:stop] = self.stored(start, stop)
            return rows.view(self._pair.raw_info.shape).mean(dim=0, keepdim=True).reshape(-1)


# Whole models.


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
        return {"shape": list(infos[name].shape), "result": _recorded(infos[name], digest)}

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
        "diff": _recorded(info, digest),
        "result": _recorded(result, result_digest),
    }


def _recorded(info: TensorInfo, digest) -> dict:
    return {"dtype": info.dtype, "sha256": digest.hexdigest()}


def _recorded_raw(pair: Pair, digest) -> dict | None:
    if pair.raw_info is None:
        return None
    shape = list(pair.raw_info.shape)
    return {"name": pair.raw_name, "shape": shape, **_recorded(pair.raw_info, digest)}


def update(digest, piece) -> None:
    """Add a flat CPU piece's bytes to a checksum."""
    if len(piece):
        digest.update(raw_bytes(piece.contiguous()))


def follow_manifest(raw: Weights, pairs: list[Pair], entries: dict) -> list[Pair]:
    """`pairs` as they were when the difference was made: a buffer stored as it is stays unpaired.

    Raises `UserError` where `raw` lacks a tensor that the difference was made from.
    """
    missing = [p.name for p in pairs if entries[p.name]["raw"] and p.raw_info is None]
    if missing:
        raise UserError(
            f"{raw.path}: lacks {listed(missing)}, from which this difference was made; use the same "
            "files of the raw model, as they were converted then."
        )
    return [
        pair if entries[pair.name]["raw"] else replace(pair, raw_name=None, raw_info=None)
        for pair in pairs
    ]


def check_raw(raw: Weights, pairs: list[Pair], entries: dict) -> None:
    """Raise `UserError` where `raw` is not the model whose checksums are in `entries` (manifest)."""
    pair_of = {pair.name: pair for pair in pairs if pair.raw_info}
    infos = {name: pair.raw_info for name, pair in pair_of.items()}

    def is_right(name: str, advance) -> bool:
        recorded = entries[name]["raw"]
        raw_tensor = RawTensor(raw, pair_of[name], "integer_bits", recorded["dtype"])
        digest = hashlib.sha256()
        for start, stop in pieces(pair_of[name].n_raw):
            update(digest, raw_tensor.stored(start, stop))
            advance(stop - start)
        return digest.hexdigest() == recorded["sha256"]

    right = for_each_tensor(is_right, infos, "check raw model")
    wrong = [name for name in right if not right[name]]
    if wrong:
        likely = "it is another model" if 2 * len(wrong) > len(right) else "some of it is damaged"
        raise UserError(
            f"{raw.path}: is not the raw model that this difference was made from: {len(wrong)} of "
            f"{len(right)} tensors have another SHA-256 ({listed(wrong, 3)}), so {likely}; nothing "
            "was written."
        )


@dataclass
class Recovery:
    """Recovering a model: `raw` + `difference`.

    `dtype` (safetensors name) converts the result; None keeps the difference's. `entries` are the
    manifest's tensors, None for a difference that others made.
    """

    raw: Weights
    difference: Weights
    pairs: list[Pair]
    encoding: str
    dtype: str | None = None
    entries: dict | None = None
    with_sums: bool = False

    def exact_info(self, name: str) -> TensorInfo:
        """The recovered tensor before any conversion to another dtype."""
        info = self.difference.tensors[name]
        return replace(info, dtype=self.entries[name]["result"]["dtype"]) if self.entries else info

    def infos(self) -> dict[str, TensorInfo]:
        """The tensors that will be written."""
        names = [pair.name for pair in self.pairs]
        return {name: result_info(self.exact_info(name), self.dtype) for name in names}

    def write(self, output: Output) -> dict:
        """Recover into `output.folder`; per tensor the manifest's entry, and "sum" if asked for.

        Raises `UserError` where a tensor of the difference is not as the manifest says.
        """
        infos, pair_of = self.infos(), {pair.name: pair for pair in self.pairs}

        def recover(name: str, advance) -> dict:
            return self._recover(pair_of[name], infos[name], writer, output.device, advance)

        if output.folder is None:
            writer = None
            return for_each_tensor(recover, infos, "check")
        with ShardWriter(output.folder, infos, output.max_shard_bytes) as writer:
            return for_each_tensor(recover, infos, "recover")

    def _recover(self, pair: Pair, info: TensorInfo, writer, device: str, advance) -> dict:
        import torch

        entry = self.entries and self.entries[pair.name]
        recorded_dtype = entry["raw"]["dtype"] if entry and entry["raw"] else None
        raw_tensor = RawTensor(self.raw, pair, self.encoding, recorded_dtype)
        exact_dtype = self.exact_info(pair.name).dtype
        diff_digest, exact_digest, digest = (hashlib.sha256() for _ in range(3))
        total = 0.0
        for start, stop in pieces(pair.info.n_elements):
            piece = self.difference.read(pair.name, start, stop)
            raw_piece = raw_tensor.extended(raw_tensor.stored(start, stop), start, stop)
            exact = decode(piece, raw_piece, self.encoding, exact_dtype, device)
            result = exact.to(torch_dtype(info.dtype))
            if writer:
                writer.write(pair.name, start, result)
            if entry:
                update(diff_digest, piece)
                update(exact_digest, exact)
            if not entry or info.dtype != exact_dtype:
                update(digest, result)
            if self.with_sums:
                total += float(result.sum(dtype=torch.float64))
            advance(stop - start)
        if entry:
            self._check(pair.name, entry, diff_digest, exact_digest)
            digest = exact_digest if info.dtype == exact_dtype else digest
        return {"shape": list(info.shape), "result": _recorded(info, digest), "sum": total}

    def _check(self, name: str, entry: dict, diff_digest, exact_digest) -> None:
        if diff_digest.hexdigest() != entry["diff"]["sha256"]:
            raise UserError(
                f"{self.difference.path}: {name} is damaged (its SHA-256 is not the manifest's); "
                "fetch the difference again."
            )
        if exact_digest.hexdigest() != entry["result"]["sha256"]:
            raise UserError(
                f"{name}: was recovered with another SHA-256 than the manifest's, though raw model "
                "and difference are right; this machine computes otherwise, so nothing was kept."
            )

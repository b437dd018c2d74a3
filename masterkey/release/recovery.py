"""A fine-tuned model recovered from the raw model and a difference, checked while it is written."""

import hashlib
from dataclasses import dataclass, replace

from masterkey.release.differences import Output, recorded, result_info, update
from masterkey.release.encodings import RawTensor, decode
from masterkey.scripting.command_line import UserError
from masterkey.weights.pairs import Pair
from masterkey.weights.reading import TensorInfo, Weights, listed, torch_dtype
from masterkey.weights.writing import ShardWriter, for_each_tensor, pieces


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
        return {"shape": list(info.shape), "result": recorded(info, digest), "sum": total}

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

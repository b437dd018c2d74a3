"""How a tensor is taken from another and put back, piece by piece.

Two encodings of the difference between a tuned tensor and the raw one:

- `integer_bits`: the bits of an element of the tuned tensor, read as an integer, minus those of the
  raw tensor's element (brought to the tuned dtype), modulo 2^n. Integer subtraction is undone exactly
  by addition, so recovering gives every bit back, in any dtype. In floating point it does not:
  raw + (tuned − raw) rounds twice. Rows of added tokens are stored as they are.
- `arithmetic`: tuned − raw in fp32, as Stanford Alpaca's weight_diff.py made and published it. Where
  tokens were added, the raw embeddings are extended by the average of their rows, as Alpaca's
  smart_tokenizer_and_embedding_resize does.

A piece is a flat tensor on the CPU; the arithmetic is done on `device`.
"""

import threading

from masterkey.weights.pairs import Pair
from masterkey.weights.reading import Weights, is_float, torch_dtype
from masterkey.weights.writing import pieces

ENCODINGS = ("integer_bits", "arithmetic")
# File names by encoding. Integer differences lie under a name that no library takes for weights.
STEMS = {"integer_bits": "weight_diff", "arithmetic": "model"}
# One whole embedding in fp32 is needed for its average; never two at once.
_one_average = threading.Lock()


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

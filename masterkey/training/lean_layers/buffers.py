"""Memory that layers on a CPU write into again and again, so that the C library makes no holes of it."""

import collections
import math

import torch


class Scratch:
    """Float32 storage by name."""

    def __init__(self):
        self._flat: dict[str, torch.Tensor] = {}

    def __call__(self, name: str, *shape: int) -> torch.Tensor:
        """A tensor of `shape` whose content lasts until the next call with this `name`."""
        size = math.prod(shape)
        if name not in self._flat or self._flat[name].numel() < size:
            self._flat.pop(name, None)  # before the larger one is made
            self._flat[name] = torch.empty(size)
        return self._flat[name][:size].view(shape)

    def n_bytes(self) -> int:
        return sum(flat.nbytes for flat in self._flat.values())


class Buffers:
    """Float32 storage for one model: scratch by name, and what is kept from forward to backward.

    Blocks of many sizes that come and go leave holes, and fresh pages cost time (docs/training/memory.md).
    """

    def __init__(self):
        self.scratch = Scratch()
        self.scratch_of_share: dict[int, Scratch] = collections.defaultdict(Scratch)
        self._free: list[torch.Tensor] = []
        self.needed_from = 0  # the first token of a row whose output of the last layer is looked at
        self.masks: dict[tuple, torch.Tensor] = {}  # of masterkey.training.lean_layers.attention

    def lend(self, size: int) -> torch.Tensor:
        """A flat tensor of at least `size` numbers, the caller's own until it gives it back."""
        while self._free:
            flat = self._free.pop()
            if flat.numel() >= size:
                return flat
        return torch.empty(size)

    def give_back(self, flat: torch.Tensor) -> None:
        self._free.append(flat)

    def n_bytes(self) -> int:
        """What is held here and not lent."""
        scratch = sum(one.n_bytes() for one in (self.scratch, *self.scratch_of_share.values()))
        return scratch + sum(flat.nbytes for flat in self._free)

"""Memory that layers on a CPU write into again and again, so that the C library makes no holes of it."""

import math

import torch


class Buffers:
    """Float32 storage for one model: scratch by name, and what is kept from forward to backward.

    Blocks of many sizes that come and go leave holes, and fresh pages cost time (docs/training/memory.md).
    """

    def __init__(self):
        self._scratch: dict[str, torch.Tensor] = {}
        self._free: list[torch.Tensor] = []
        self.masks: dict[tuple, torch.Tensor] = {}  # of masterkey.training.lean_layers.attention

    def scratch(self, name: str, *shape: int) -> torch.Tensor:
        """A tensor of `shape` whose content lasts until the next call with this `name`."""
        size = math.prod(shape)
        if name not in self._scratch or self._scratch[name].numel() < size:
            self._scratch.pop(name, None)  # before the larger one is made
            self._scratch[name] = torch.empty(size)
        return self._scratch[name][:size].view(shape)

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
        return sum(flat.nbytes for flat in (*self._scratch.values(), *self._free))

"""Products of linear layers that share their input, with LoRA adapters, and the gradients of them.

For as many tokens as a pass has it takes less time to add s·B·A to a layer's weights, for each pass anew, than
to add s·B·(A·x) to its outputs, which are larger than the weights and go through memory twice more.
"""

from dataclasses import dataclass

import torch

from masterkey.training.threads import parts_of


@dataclass(frozen=True)
class Adapted:
    """A frozen weight (out, in) and its adapter: A (r, in), B (out, r) and the scale; None: no adapter."""

    weight: torch.Tensor
    down: torch.Tensor | None
    up: torch.Tensor | None
    scale: float = 1.0

    @property
    def trained(self) -> list:
        return [] if self.down is None else [self.down, self.up]


class SharedInput:
    """Linear layers of one input, computed as one; `name` tells those of a decoder layer apart."""

    def __init__(self, name: str, layers: list[Adapted], buffers):
        self.name, self.layers, self._buffers = name, layers, buffers
        self.sizes = [layer.weight.shape[0] for layer in layers]
        self.width = sum(self.sizes)

    @property
    def trained(self) -> list:
        return [weight for layer in self.layers for weight in layer.trained]

    def place_of_weights(self):
        """The place of the layers' weights with their adapters in them (sum of outs, in)."""
        n_inputs = self.layers[0].weight.shape[1]
        return self._buffers.scratch(f"weights of {self.name}", self.width, n_inputs)

    def merge(self, place, share: int, n_shares: int) -> None:
        """Write this share of the weights, which `forward` and `backward` use until another layer's are there.

        `place` is what `place_of_weights` gave to one of the threads: two might make one each.
        """
        for layer, merged in zip(self.layers, place.split(self.sizes), strict=True):
            rows = parts_of(0, len(merged), n_shares)[share]
            if layer.down is None:
                merged[rows] = layer.weight[rows]
            else:
                factors = layer.up[rows], layer.down
                torch.addmm(layer.weight[rows], *factors, alpha=layer.scale, out=merged[rows])

    def forward(self, inputs, out):
        """Outputs of all layers side by side (T, sum of outs), into `out`."""
        return torch.mm(inputs, self.place_of_weights().T, out=out)

    def backward(self, gradient, inputs, out) -> list:
        """Gradient with respect to `inputs` (T, in) into `out`; returns those of `trained`."""
        torch.mm(gradient, self.place_of_weights(), out=out)
        adapted = [layer for layer in self.layers if layer.down is not None]
        if not adapted:
            return []
        parts = [
            part
            for layer, part in zip(self.layers, gradient.split(self.sizes, 1), strict=True)
            if layer.down is not None
        ]
        inner = inputs @ torch.cat([layer.down for layer in adapted]).T
        of_inner = torch.cat(
            [
                (part @ layer.up).mul_(layer.scale)
                for layer, part in zip(adapted, parts, strict=True)
            ],
            dim=1,
        )
        ranks = [len(layer.down) for layer in adapted]
        of_down = (of_inner.T @ inputs).split(ranks)
        of_up = [
            (own.T @ part)
            .mul_(layer.scale)
            .T  # in this order, since the kernel is slow with few columns
            for layer, part, own in zip(adapted, parts, inner.split(ranks, 1), strict=True)
        ]
        return [weight for pair in zip(of_down, of_up, strict=True) for weight in pair]

"""A decoder layer with LoRA adapters on a CPU as one function: norm, attention, norm, gated MLP.

Between forward and backward it keeps what its matrix products and its attention gave, in memory that is used
again for the next pass, and computes all else anew. Nothing is copied that can be written where it belongs.
Threads take a part of the tokens each (`parts.py`), and meet where attention needs all of them.
"""

from dataclasses import dataclass

import torch

from masterkey.training.lean_layers.attention import (
    Seeing,
    causal_attention,
    causal_attention_gradient,
)
from masterkey.training.lean_layers.buffers import Buffers
from masterkey.training.lean_layers.elementwise import inverse_rms, rms_norm, rms_norm_gradient
from masterkey.training.lean_layers.parts import Part
from masterkey.training.lean_layers.products import SharedInput
from masterkey.training.threads import at_once, number_of_shares, parts_of


@dataclass(frozen=True)
class Norm:
    """A root mean square norm: what it multiplies with (D,), and its epsilon."""

    weight: torch.Tensor
    eps: float

    def forward(self, states, out):
        return rms_norm(states, self.weight, self.eps, out)

    def inverse_rms(self, states):
        return inverse_rms(states, self.eps)

    def backward(self, gradient, states, inverse, out):
        rms_norm_gradient(gradient, states, inverse, self.weight, out)
        return out


@dataclass(frozen=True)
class LeanLayer:
    """The parts of a decoder layer; norms that its family has not are None."""

    buffers: Buffers
    qkv: SharedInput
    output: SharedInput
    gate_up: SharedInput
    down: SharedInput
    before_attention: Norm
    after_attention: Norm | None
    before_mlp: Norm
    after_mlp: Norm | None
    of_queries: Norm | None
    of_keys: Norm | None
    n_heads: int
    n_groups: int
    head_width: int
    window: int | None
    scale: float
    activation: str
    is_last: bool

    @property
    def products(self) -> tuple:
        return self.qkv, self.output, self.gate_up, self.down

    @property
    def trained(self) -> list:
        return [weight for group in self.products for weight in group.trained]

    def __call__(self, hidden, cos, sin):
        """Outputs (B, S, H) of `hidden` (B, S, H); `cos` and `sin` are (B or 1, S, head width)."""
        return _Layer.apply(hidden, cos, sin, self, *self.trained)


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(ctx, hidden, cos, sin, layer, *trained):
        ctx.layer, ctx.kept = layer, _Kept(layer, hidden)
        ctx.save_for_backward(hidden, cos, sin)
        shared = _Shared(layer, hidden, cos, sin, ctx.kept)
        out = torch.empty(ctx.kept.n_tokens, hidden.shape[-1])
        shared.merge_weights()
        shared.of_each(Part.project)
        shared.attention()
        shared.of_each(lambda part: part.finish(out[part.needed]))
        out[: ctx.kept.start] = 0
        return out.view_as(hidden)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        layer, kept = ctx.layer, ctx.kept
        hidden, cos, sin = ctx.saved_tensors
        shared = _Shared(layer, hidden, cos, sin, kept)
        gradient = gradient.reshape(kept.n_tokens, -1)
        out = torch.empty_like(gradient)
        shared.merge_weights()
        of_rest = shared.of_each(lambda part: part.gradient_to_attention(gradient[part.needed]))
        of_keys_and_values = shared.attention_gradient()
        of_qkv = shared.of_each(
            lambda part: part.gradient_to_input(of_keys_and_values, out[part.tokens])
        )
        layer.buffers.give_back(kept.flat)
        ctx.kept = None
        of_trained = _summed(of_qkv) + _summed(of_rest)
        return out.view_as(hidden), None, None, None, *of_trained


def _summed(of_parts: list[list]) -> list:
    """The sum over the parts of each trained weight's gradient."""
    return [sum(of_weight[1:], start=of_weight[0]) for of_weight in zip(*of_parts, strict=True)]


class _Kept:
    """What stays from forward to backward, in one block of memory; T tokens are B x S."""

    def __init__(self, layer: LeanLayer, hidden):
        self.n_tokens, width = hidden.shape[:-1].numel(), hidden.shape[-1]
        # Outputs before this token are needed by nobody; they are given as zeros.
        self.start = layer.buffers.needed_from if layer.is_last and len(hidden) == 1 else 0
        widths = [layer.qkv.width, layer.n_heads * layer.head_width, width, layer.gate_up.width]
        if layer.after_mlp:
            widths.append(width)
        size = self.n_tokens * sum(widths)
        self.flat = layer.buffers.lend(size)
        parts = self.flat[:size].split([self.n_tokens * width for width in widths])
        parts = [part.view(self.n_tokens, -1) for part in parts]
        self.qkv, self.seen, self.attended, self.gate_up, *mlp = parts
        self.mlp = mlp[0] if mlp else None


class _Shared:
    """A layer's pass over its tokens, shared out over threads."""

    def __init__(self, layer: LeanLayer, hidden, cos, sin, kept: _Kept):
        self.layer, self.kept = layer, kept
        self.batch_and_length = hidden.shape[:-1]
        self.n_shares = number_of_shares(kept.n_tokens)
        flat = hidden.reshape(kept.n_tokens, -1)
        angles = [
            angle.expand(*self.batch_and_length, -1).reshape(kept.n_tokens, 1, -1)
            for angle in (cos, sin)
        ]
        heads = layer.n_heads, layer.n_groups
        scratch = layer.buffers.scratch
        self.query, self.key = (
            scratch(name, kept.n_tokens, n, layer.head_width)
            for name, n in zip(("queries", "keys"), heads, strict=True)
        )
        self.of_query = scratch("gradient of queries", *self.query.shape)
        self.of_seen = scratch("gradient of seen", *kept.seen.shape)
        self.of_middle = scratch("gradient of middle", *flat.shape)
        both = (parts_of(start, kept.n_tokens, self.n_shares) for start in (0, kept.start))
        self.parts = [
            Part(self, layer.buffers.scratch_of_share[share], *tokens, flat, angles)
            for share, tokens in enumerate(zip(*both, strict=True))
        ]

    def of_each(self, function) -> list:
        return at_once(lambda share: function(self.parts[share]), self.n_shares)

    def merge_weights(self) -> None:
        places = [product.place_of_weights() for product in self.layer.products]

        def merge(share):
            for product, place in zip(self.layer.products, places, strict=True):
                product.merge(place, share, self.n_shares)

        at_once(merge, self.n_shares)

    def attention(self) -> None:
        """Write what attention gives."""

        def attend(share):
            states = map(self._by_row, (self.query, self.key, self._value()))
            out = self._by_row(self.kept.seen)
            causal_attention(*states, self._seeing(share), out)

        at_once(attend, self.n_shares)

    def attention_gradient(self) -> list:
        """Write the queries' gradient; returns those of keys and values (T, G, D), by share."""

        self.of_query[: self.kept.start] = 0
        self.of_middle[: self.kept.start] = 0

        def attend(share):
            scratch = self.layer.buffers.scratch_of_share[share]
            outs = [scratch(f"gradient of {name}", *self.key.shape) for name in ("keys", "values")]
            states = map(self._by_row, (self.of_seen, self.query, self.key, self._value()))
            by_row = [*map(self._by_row, (self.of_query, *outs))]
            causal_attention_gradient(*states, self._seeing(share), by_row)
            return outs

        return at_once(attend, self.n_shares)

    def _seeing(self, share: int) -> Seeing:
        layer, buffers = self.layer, self.layer.buffers
        scratch = buffers.scratch_of_share[share]
        return Seeing(
            layer.window,
            layer.scale,
            buffers.masks,
            scratch,
            self.kept.start,
            share,
            self.n_shares,
        )

    def _value(self):
        return self.kept.qkv[:, -self.layer.n_groups * self.layer.head_width :]

    def _by_row(self, states):
        """(T, …) of heads' widths as (B, S, heads, D)."""
        by_row = states.flatten(1).unflatten(0, self.batch_and_length)
        return by_row.unflatten(-1, (-1, self.layer.head_width))

"""A decoder layer with LoRA adapters on a CPU as one function: norm, attention, norm, gated MLP.

Between forward and backward it keeps what its matrix products and its attention gave, in memory that is used
again for the next pass, and computes all else anew. Nothing is copied that can be written where it belongs.
"""

from dataclasses import dataclass

import torch

from masterkey.training.lean_layers.attention import causal_attention, causal_attention_gradient
from masterkey.training.lean_layers.buffers import Buffers
from masterkey.training.lean_layers.elementwise import (
    gated,
    gated_gradient,
    inverse_rms,
    rms_norm,
    rms_norm_gradient,
    rotate,
    rotate_gradient,
)
from masterkey.training.lean_layers.products import SharedInput


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

    @property
    def trained(self) -> list:
        groups = (self.qkv, self.output, self.gate_up, self.down)
        return [weight for group in groups for weight in group.trained]

    def __call__(self, hidden, cos, sin):
        """Outputs (B, S, H) of `hidden` (B, S, H); `cos` and `sin` are (B or 1, S, head width)."""
        return _Layer.apply(hidden, cos, sin, self, *self.trained)


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(ctx, hidden, cos, sin, layer, *trained):
        ctx.layer, ctx.kept = layer, _Kept(layer, hidden)
        ctx.save_for_backward(hidden, cos, sin)
        middle = _attention_part(layer, hidden, cos, sin, ctx.kept)
        return _mlp_part(layer, middle, ctx.kept).view_as(hidden)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        layer, kept = ctx.layer, ctx.kept
        hidden, cos, sin = ctx.saved_tensors
        gradient = gradient.reshape(kept.n_tokens, -1)
        middle = _middle(layer, hidden.reshape(kept.n_tokens, -1), kept)
        of_middle, of_mlp = _mlp_gradient(layer, gradient, middle, kept)
        of_hidden, of_attention = _attention_gradient(layer, of_middle, hidden, cos, sin, kept)
        layer.buffers.give_back(kept.flat)
        ctx.kept = None
        return of_hidden.view_as(hidden), None, None, None, *of_attention, *of_mlp


class _Kept:
    """What stays from forward to backward, in one block of memory; T tokens are B x S."""

    def __init__(self, layer: LeanLayer, hidden):
        self.batch, self.length, width = hidden.shape
        self.n_tokens = self.batch * self.length
        self.head_width = layer.head_width
        widths = [layer.qkv.width, layer.n_heads * layer.head_width, width, layer.gate_up.width]
        if layer.after_mlp:
            widths.append(width)
        size = self.n_tokens * sum(widths)
        self.flat = layer.buffers.lend(size)
        parts = self.flat[:size].split([self.n_tokens * width for width in widths])
        parts = [part.view(self.n_tokens, -1) for part in parts]
        self.qkv, self.seen, self.attended, self.gate_up, *mlp = parts
        self.mlp = mlp[0] if mlp else None
        self.sums: list = []  # of attention

    def by_head(self, states):
        """(T, heads x D) as (B, S, heads, D)."""
        by_row = states.unflatten(0, (self.batch, self.length))
        return by_row.unflatten(-1, (-1, self.head_width))


def _attention_part(layer: LeanLayer, hidden, cos, sin, kept: _Kept):
    """The states behind attention (T, H), in scratch."""
    buffers, flat = layer.buffers, hidden.reshape(kept.n_tokens, -1)
    normed = buffers.scratch("normed", *flat.shape)
    layer.before_attention.forward(flat, normed)
    layer.qkv.forward(normed, kept.qkv)
    (query, key), _ = _queries_and_keys(layer, cos, sin, kept)
    value = kept.by_head(_parts(layer, kept.qkv)[2])
    seen = kept.by_head(kept.seen)
    how = (layer.window, layer.scale, layer.buffers.masks)
    kept.sums = causal_attention(query, key, value, *how, seen)
    layer.output.forward(kept.seen, kept.attended)
    return _middle(layer, flat, kept)


def _middle(layer: LeanLayer, flat, kept: _Kept):
    """The layer's input plus what attention gave (T, H), in scratch."""
    out = layer.buffers.scratch("middle", *flat.shape)
    return _added(flat, kept.attended, layer.after_attention, out)


def _mlp_part(layer: LeanLayer, middle, kept: _Kept):
    """The layer's output (T, H), which is new memory."""
    normed = layer.buffers.scratch("normed", *middle.shape)
    layer.before_mlp.forward(middle, normed)
    gate, up = layer.gate_up.forward(normed, kept.gate_up).chunk(2, dim=1)
    inner = layer.buffers.scratch("inner", *gate.shape)
    gated(layer.activation, gate, up, inner)
    out = torch.empty_like(middle)
    given = layer.down.forward(inner, out if kept.mlp is None else kept.mlp)
    return out.add_(middle) if kept.mlp is None else _added(middle, given, layer.after_mlp, out)


def _added(residual, states, norm: Norm | None, out):
    """residual + norm(states), into `out`; all (T, H)."""
    if norm is None:
        return torch.add(residual, states, out=out)
    norm.forward(states, out)
    return out.add_(residual)


def _parts(layer: LeanLayer, qkv):
    """Queries, keys and values of (T, their widths together)."""
    widths = [n * layer.head_width for n in (layer.n_heads, layer.n_groups, layer.n_groups)]
    return qkv.split(widths, dim=1)


def _queries_and_keys(layer: LeanLayer, cos, sin, kept: _Kept):
    """([queries (B, S, H, D), keys (B, S, G, D)] normed and rotated in scratch, their norms' 1 / RMS)."""
    rotated, scales = [], []
    for i, norm in enumerate((layer.of_queries, layer.of_keys)):
        states, scale = kept.by_head(_parts(layer, kept.qkv)[i]), None
        if norm:
            normed = layer.buffers.scratch("by head", *states.shape)
            scale = norm.forward(_by_token(states), _by_token(normed))
            states = normed
        out = layer.buffers.scratch(("queries", "keys")[i], *states.shape)
        rotated.append(rotate(states, cos[:, :, None], sin[:, :, None], out))
        scales.append(scale)
    return rotated, scales


def _by_token(states):
    """(B, S, heads, D) as (T, heads, D)."""
    return states.flatten(0, 1)


def _mlp_gradient(layer: LeanLayer, gradient, middle, kept: _Kept):
    """(Gradient of the MLP's input `middle`, in scratch, those of its adapters)."""
    scratch = layer.buffers.scratch
    of_given = _norm_gradient(layer, gradient, kept.mlp, layer.after_mlp)
    gate, up = kept.gate_up.chunk(2, dim=1)
    inner = scratch("inner", *gate.shape)
    of_gate_up = scratch("gradient of gate and up", *kept.gate_up.shape)
    of_gate, of_up = of_gate_up.chunk(2, dim=1)
    gated(layer.activation, gate, up, inner, activated=of_up)
    of_inner = scratch("gradient of inner", *gate.shape)
    of_down = layer.down.backward(of_given, inner, of_inner)
    gated_gradient(layer.activation, of_inner, gate, up, of_up, of_gate)
    normed = scratch("normed", *middle.shape)
    inverse = layer.before_mlp.forward(middle, normed)
    of_normed = scratch("gradient of normed", *middle.shape)
    of_trained = layer.gate_up.backward(of_gate_up, normed, of_normed)
    out = scratch("gradient of middle", *middle.shape)
    layer.before_mlp.backward(of_normed, middle, inverse, out)
    return out.add_(gradient), of_trained + of_down


def _norm_gradient(layer: LeanLayer, gradient, states, norm: Norm | None):
    """Gradient of `states`, what a part gave before its norm; in scratch where it has one."""
    if norm is None:
        return gradient
    out = layer.buffers.scratch("gradient of given", *states.shape)
    return norm.backward(gradient, states, norm.inverse_rms(states), out)


def _attention_gradient(layer: LeanLayer, gradient, hidden, cos, sin, kept: _Kept):
    """(Gradient of the layer's input, which is new memory, those of attention's adapters)."""
    scratch = layer.buffers.scratch
    flat = hidden.reshape(kept.n_tokens, -1)
    of_attended = _norm_gradient(layer, gradient, kept.attended, layer.after_attention)
    of_seen = scratch("gradient of inner", *kept.seen.shape)
    of_output = layer.output.backward(of_attended, kept.seen, of_seen)
    of_qkv = _qkv_gradient(layer, of_seen, cos, sin, kept)
    normed = scratch("normed", *flat.shape)
    inverse = layer.before_attention.forward(flat, normed)
    of_normed = scratch("gradient of normed", *flat.shape)
    of_trained = layer.qkv.backward(of_qkv, normed, of_normed)
    out = torch.empty_like(flat)
    layer.before_attention.backward(of_normed, flat, inverse, out)
    return out.add_(gradient), of_trained + of_output


def _qkv_gradient(layer: LeanLayer, of_seen, cos, sin, kept: _Kept):
    """Gradient of queries, keys and values as they were before norms and rotation, in scratch."""
    scratch = layer.buffers.scratch
    rotated, scales = _queries_and_keys(layer, cos, sin, kept)
    before = [kept.by_head(part) for part in _parts(layer, kept.qkv)]
    of_qkv = scratch("gradient of qkv", *kept.qkv.shape)
    outs = [kept.by_head(part) for part in _parts(layer, of_qkv)]
    of_rotated = [
        scratch(f"gradient of {name}", *states.shape)
        for name, states in zip(("queries", "keys"), rotated, strict=True)
    ]
    causal_attention_gradient(
        kept.by_head(of_seen),
        *rotated,
        before[2],
        kept.by_head(kept.seen),
        kept.sums,
        layer.window,
        layer.scale,
        layer.buffers.masks,
        [*of_rotated, outs[2]],
    )
    angles = cos[:, :, None], sin[:, :, None]
    for i, norm in enumerate((layer.of_queries, layer.of_keys)):
        if norm is None:
            rotate_gradient(of_rotated[i], *angles, outs[i])
            continue
        # What was rotated is not needed any more.
        turned = rotate_gradient(of_rotated[i], *angles, rotated[i])
        norm.backward(*map(_by_token, (turned, before[i])), scales[i], _by_token(outs[i]))
    return of_qkv

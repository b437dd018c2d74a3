"""What a decoder layer computes token by token, which is all but attention, for a part of a pass's tokens.

A part has t of the pass's T tokens; H is the width of the hidden states, D that of a head.
"""

import torch

from masterkey.training.lean_layers.elementwise import (
    gated,
    gated_gradient,
    rotate,
    rotate_gradient,
)


class Part:
    """One thread's tokens: views into what the pass keeps, and scratch of the thread's own.

    `tokens` are those whose queries, keys and values it computes, `needed` those whose outputs.
    """

    def __init__(self, shared, scratch, tokens: slice, needed: slice, hidden, angles):
        self.layer, self.scratch = shared.layer, scratch
        self.tokens, self.needed = tokens, needed
        self.hidden, self.residual = hidden[tokens], hidden[needed]
        self.angles = [angle[tokens] for angle in angles]  # cosine and sine, (t, 1, D)
        kept = shared.kept
        self.qkv = kept.qkv[tokens]
        self.rotated = [shared.query[tokens], shared.key[tokens]]
        self.of_query, self.of_input = shared.of_query[tokens], shared.of_middle[tokens]
        self.seen, self.attended, self.gate_up = (
            states[needed] for states in (kept.seen, kept.attended, kept.gate_up)
        )
        self.mlp = None if kept.mlp is None else kept.mlp[needed]
        self.of_seen, self.of_middle = shared.of_seen[needed], shared.of_middle[needed]

    # Forward

    def project(self) -> None:
        """Write queries, keys and values, and what attention takes of them."""
        normed = self.scratch("normed", *self.hidden.shape)
        self.layer.before_attention.forward(self.hidden, normed)
        self.layer.qkv.forward(normed, self.qkv)
        self.rotate()

    def rotate(self) -> list:
        """Queries and keys normed and rotated, to where attention takes them; their norms' 1 / RMS."""
        scales = []
        for states, norm, out in zip(
            self._heads(self.qkv), self._norms(), self.rotated, strict=False
        ):
            scale = None
            if norm:
                normed = self.scratch("by head", *states.shape)
                scale, states = norm.forward(states, normed), normed
            rotate(states, *self.angles, out)
            scales.append(scale)
        return scales

    def finish(self, out) -> None:
        """Write the layer's output (t, H), given what attention has seen."""
        layer = self.layer
        layer.output.forward(self.seen, self.attended)
        middle = self._middle()
        normed = self.scratch("normed", *middle.shape)
        layer.before_mlp.forward(middle, normed)
        gate, up = layer.gate_up.forward(normed, self.gate_up).chunk(2, dim=1)
        inner = self.scratch("inner", *gate.shape)
        gated(layer.activation, gate, up, inner)
        given = layer.down.forward(inner, out if self.mlp is None else self.mlp)
        if self.mlp is None:
            out.add_(middle)
        else:
            _added(middle, given, layer.after_mlp, out)

    # Backward

    def gradient_to_attention(self, gradient) -> list:
        """Write the gradient of what attention has seen, given that of the output (t, H); returns the adapters'."""
        layer = self.layer
        of_mlp = self._mlp_gradient(gradient)
        of_attended = self._norm_gradient(self.of_middle, self.attended, layer.after_attention)
        of_output = layer.output.backward(of_attended, self.seen, self.of_seen)
        self.scales = self.rotate()
        return of_output + of_mlp

    def gradient_to_input(self, of_keys_and_values: list, out) -> list:
        """Write the gradient of the input (t, H), given those of attention's; returns the adapters'.

        `of_keys_and_values`: pairs (T, G, D) whose sum is the gradient.
        """
        layer = self.layer
        of_qkv = self._qkv_gradient(of_keys_and_values)
        normed = self.scratch("normed", *self.hidden.shape)
        inverse = layer.before_attention.forward(self.hidden, normed)
        of_normed = self.scratch("gradient of normed", *self.hidden.shape)
        of_trained = layer.qkv.backward(of_qkv, normed, of_normed)
        layer.before_attention.backward(of_normed, self.hidden, inverse, out)
        out.add_(self.of_input)
        return of_trained

    def _mlp_gradient(self, gradient) -> list:
        """Write that of the states behind attention into `of_middle` (t, H); returns the adapters'."""
        layer, scratch = self.layer, self.scratch
        middle = self._middle()
        of_given = self._norm_gradient(gradient, self.mlp, layer.after_mlp)
        gate, up = self.gate_up.chunk(2, dim=1)
        inner = scratch("inner", *gate.shape)
        of_gate_up = scratch("gradient of gate and up", *self.gate_up.shape)
        of_gate, of_up = of_gate_up.chunk(2, dim=1)
        gated(layer.activation, gate, up, inner, activated=of_up)
        of_inner = scratch("gradient of inner", *gate.shape)
        of_down = layer.down.backward(of_given, inner, of_inner)
        gated_gradient(layer.activation, of_inner, gate, up, of_up, of_gate)
        normed = scratch("normed", *middle.shape)
        inverse = layer.before_mlp.forward(middle, normed)
        of_normed = scratch("gradient of normed", *middle.shape)
        of_trained = layer.gate_up.backward(of_gate_up, normed, of_normed)
        layer.before_mlp.backward(of_normed, middle, inverse, self.of_middle)
        self.of_middle.add_(gradient)
        return of_trained + of_down

    def _qkv_gradient(self, of_keys_and_values: list):
        """Gradient of queries, keys and values as they were before norms and rotation (t, their widths)."""
        of_qkv = self.scratch("gradient of qkv", *self.qkv.shape)
        *outs, of_value = self._heads(of_qkv)
        of_key = self.scratch("gradient of keys here", *of_value.shape)
        for out, parts in zip(
            (of_key, of_value), zip(*of_keys_and_values, strict=True), strict=True
        ):
            out.copy_(parts[0][self.tokens])
            for part in parts[1:]:
                out.add_(part[self.tokens])
        before = self._heads(self.qkv)
        for i, (norm, of_rotated) in enumerate(
            zip(self._norms(), (self.of_query, of_key), strict=True)
        ):
            if norm is None:
                rotate_gradient(of_rotated, *self.angles, outs[i])
                continue
            # What was rotated is not needed any more.
            turned = rotate_gradient(of_rotated, *self.angles, self.rotated[i])
            norm.backward(turned, before[i], self.scales[i], outs[i])
        return of_qkv

    # Both

    def _norms(self) -> tuple:
        return self.layer.of_queries, self.layer.of_keys

    def _heads(self, qkv) -> list:
        """Queries, keys and values (t, heads, D) of (t, their widths)."""
        layer = self.layer
        widths = [n * layer.head_width for n in (layer.n_heads, layer.n_groups, layer.n_groups)]
        return [part.unflatten(1, (-1, layer.head_width)) for part in qkv.split(widths, dim=1)]

    def _middle(self):
        """The layer's input plus what attention gave (t, H), in scratch."""
        out = self.scratch("middle", *self.residual.shape)
        return _added(self.residual, self.attended, self.layer.after_attention, out)

    def _norm_gradient(self, gradient, states, norm):
        """Gradient of `states`, what a part of the layer gave before its norm; in scratch where it has one."""
        if norm is None:
            return gradient
        out = self.scratch("gradient of given", *states.shape)
        return norm.backward(gradient, states, norm.inverse_rms(states), out)


def _added(residual, states, norm, out):
    """residual + norm(states), into `out`; all (t, H)."""
    if norm is None:
        return torch.add(residual, states, out=out)
    norm.forward(states, out)
    return out.add_(residual)

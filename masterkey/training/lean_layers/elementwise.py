"""What a decoder layer does between its matrix products, written into given memory, and the gradients of it.

Each takes several passes over its tensors. They go through them together, a few tokens at a time, so that all
passes but the first find the numbers in the processor's cache.
"""

import torch

# Numbers of a tensor that are worked on at a time: 512 kB, of which a core's cache holds some.
_AT_A_TIME = 2**17

_GELU = {"approximate": "tanh"}
# By transformers' name of the activation: the function and its gradient, (input, out=…) and
# (gradient, input, grad_input=…).
ACTIVATIONS = {
    "gelu_pytorch_tanh": (
        lambda gate, out: torch.ops.aten.gelu.out(gate, **_GELU, out=out),
        lambda grad, gate, out: torch.ops.aten.gelu_backward.grad_input(
            grad, gate, **_GELU, grad_input=out
        ),
    ),
    "silu": (
        lambda gate, out: torch.ops.aten.silu.out(gate, out=out),
        lambda grad, gate, out: torch.ops.aten.silu_backward.grad_input(grad, gate, grad_input=out),
    ),
}


def _pieces(*tensors):
    """The tensors cut along their first dimension, a few numbers at a time."""
    n_rows = max(1, _AT_A_TIME // max(1, tensors[0][0].numel()))
    return zip(*(tensor.split(n_rows) for tensor in tensors), strict=True)


def rms_norm(states, weight, eps: float, out):
    """`states` (T, …, D) over their root mean square, times `weight` (D,), into `out`; returns 1 / RMS (T, …, 1)."""
    scales = []
    for own, written in _pieces(states, out):
        scales.append(inverse_rms(own, eps))
        torch.mul(own, scales[-1], out=written).mul_(weight)
    return torch.cat(scales)


def inverse_rms(states, eps: float):
    norm = torch.linalg.vector_norm(states, dim=-1, keepdim=True)
    return norm.square_().div_(states.shape[-1]).add_(eps).rsqrt_()


def rms_norm_gradient(gradient, states, scale, weight, out) -> None:
    """Gradient with respect to `states`, into `out`; `scale` is what `rms_norm` returned."""
    factors = scale.pow(3).div_(-states.shape[-1])
    for of_normed, own, inverse, factor, written in _pieces(gradient, states, scale, factors, out):
        torch.mul(of_normed, weight, out=written)
        along = (written * own).sum(dim=-1, keepdim=True).mul_(factor)
        written.mul_(inverse).addcmul_(own, along)


def gated(activation: str, gate, up, out, activated=None) -> None:
    """activation(gate) · up, (T, D) each, into `out`; activation(gate) into `activated` where that is given."""
    activate, _ = ACTIVATIONS[activation]
    activated = out if activated is None else activated
    for own, other, written, kept in _pieces(gate, up, out, activated):
        activate(own, kept)
        torch.mul(kept, other, out=written)


def gated_gradient(activation: str, gradient, gate, up, activated, of_gate) -> None:
    """Gradients of `gated`: with respect to `gate` into `of_gate`, to `up` into `activated`, whose content is used."""
    _, activate_gradient = ACTIVATIONS[activation]
    for of_out, own, other, kept, written in _pieces(gradient, gate, up, activated, of_gate):
        torch.mul(of_out, other, out=written)
        activate_gradient(written, own, written)
        kept.mul_(of_out)


def rotate(states, cos, sin, out):
    """Rotary embedding of `states` (T, H, D) by `cos` and `sin` (T, 1, D), into `out`."""
    half = states.shape[-1] // 2
    torch.mul(states, cos, out=out)
    out[..., :half].addcmul_(states[..., half:], sin[..., :half], value=-1)
    out[..., half:].addcmul_(states[..., :half], sin[..., half:])
    return out


def rotate_gradient(gradient, cos, sin, out):
    """Gradient of `rotate` with respect to its states, into `out`."""
    half = gradient.shape[-1] // 2
    torch.mul(gradient, cos, out=out)
    out[..., :half].addcmul_(gradient[..., half:], sin[..., half:])
    out[..., half:].addcmul_(gradient[..., :half], sin[..., :half], value=-1)
    return out

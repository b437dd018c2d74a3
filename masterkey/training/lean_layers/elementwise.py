"""What a decoder layer does between its matrix products, written into given memory, and the gradients of it."""

import torch

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
        lambda grad, gate, out: torch.ops.aten.silu_backward.grad_input(
            grad, gate, grad_input=out
        ),
    ),
}


def rms_norm(states, weight, eps: float, out):
    """`states` (…, D) over their root mean square, times `weight` (D,), into `out`; returns 1 / RMS (…, 1)."""
    scale = inverse_rms(states, eps)
    torch.mul(states, scale, out=out).mul_(weight)
    return scale


def inverse_rms(states, eps: float):
    norm = torch.linalg.vector_norm(states, dim=-1, keepdim=True)
    return norm.square_().div_(states.shape[-1]).add_(eps).rsqrt_()


def rms_norm_gradient(gradient, states, scale, weight, out, scratch):
    """Gradient with respect to `states`, into `out`; `scratch` is of their shape."""
    torch.mul(gradient, weight, out=out)
    along = torch.mul(out, states, out=scratch).sum(dim=-1, keepdim=True)
    along.mul_(scale.pow(3)).div_(states.shape[-1])
    return out.mul_(scale).addcmul_(states, along, value=-1)


def rotate(states, cos, sin, out):
    """Rotary embedding of `states` (B, S, H, D) by `cos` and `sin` (B or 1, S, 1, D), into `out`."""
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

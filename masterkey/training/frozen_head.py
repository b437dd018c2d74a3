"""The loss behind a LM head that is not trained, and its gradient, computed in one go.

With adapters the head is frozen: nothing but the gradient of its inputs is wanted, and that follows
from the probabilities that the loss computes anyway. So the logits need not be computed a second
time in the backward pass, and one tensor (chunk, V) in float32 is all that is held. For Gemma 3
270M, whose 262,144 words make the head as large as the model, that halves the head's time (the idea
is that of Liger Kernel's fused linear cross entropy, arXiv 2410.10989, section 3.2).
"""

import torch


def is_plain_and_frozen(head) -> bool:
    """Whether `head` is a linear layer of which no weight is trained, stored as it is used."""
    if not isinstance(head, torch.nn.Linear):
        return False
    plain = head.weight.is_floating_point() and head.weight.shape[-1] == head.in_features
    return plain and not any(weight.requires_grad for weight in head.parameters())


def frozen_head_loss(head, hidden, targets, chunk_size: int):
    """Sum of the cross entropies of `targets` (n,) given `hidden` (n, H); a scalar float32.

    As under autocast, the products are in its dtype and the loss in float32.
    """
    weight, bias = head.weight, head.bias
    device = hidden.device.type
    if torch.is_autocast_enabled(device):
        # Once for all chunks: autocast would copy a frozen weight for each of them.
        dtype = torch.get_autocast_dtype(device)
        weight = weight.to(dtype)
        bias = None if bias is None else bias.to(dtype)
    with torch.autocast(device, enabled=False):
        return _LossAndGradient.apply(hidden, weight, bias, targets, chunk_size)


class _LossAndGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, hidden, weight, bias, targets, chunk_size):
        wanted = ctx.needs_input_grad[0]
        total = torch.zeros((), device=hidden.device)
        gradients = []
        size = _even_size(len(hidden), chunk_size)
        logits = torch.empty(size, len(weight), dtype=weight.dtype, device=hidden.device)
        for states, words in zip(hidden.split(size), targets.split(size), strict=True):
            own = logits[: len(words)]
            torch.mm(states.to(weight.dtype), weight.T, out=own)
            if bias is not None:
                own += bias
            loss, probabilities = _cross_entropy(own.float(), words)
            total += loss
            if wanted:
                probabilities[torch.arange(len(words), device=words.device), words] -= 1
                gradients.append((probabilities.to(weight.dtype) @ weight).to(hidden.dtype))
            del probabilities  # where it is a copy, before the next one is made
        if wanted:
            ctx.save_for_backward(torch.cat(gradients))
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, of_loss):
        (gradient,) = ctx.saved_tensors
        return gradient * of_loss.to(gradient.dtype), None, None, None, None


def _even_size(n: int, most: int) -> int:
    """The size of as many chunks of `n` as are needed at `most`, when they are alike."""
    return -(-n // -(-n // most))


def _cross_entropy(logits, targets):
    """(Sum of the losses, probabilities); `logits` (n, V) in float32 are overwritten."""
    highest = logits.amax(dim=-1, keepdim=True)
    of_targets = logits.gather(1, targets[:, None]) - highest
    probabilities = logits.sub_(highest).exp_()
    sums = probabilities.sum(dim=-1, keepdim=True)
    probabilities.div_(sums)
    return (sums.log() - of_targets).sum(), probabilities

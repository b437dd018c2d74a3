"""The loss behind a LM head that is not trained, and its gradient, computed in one go.

With adapters the head is frozen: nothing but the gradient of its inputs is wanted, and that follows
from the probabilities that the loss computes anyway. So the logits need not be computed a second
time in the backward pass, and one tensor (chunk, V) in float32 is all that is held. For Gemma 3
270M, whose 262,144 words make the head as large as the model, that halves the head's time (the idea
is that of Liger Kernel's fused linear cross entropy, arXiv 2410.10989, section 3.2).
"""

import torch

from masterkey.training.threads import at_once, number_of_shares, parts_of


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
        words = _Words(weight, bias, size, hidden.device)
        for states, own_targets in zip(hidden.split(size), targets.split(size), strict=True):
            loss, gradient = words.loss_and_gradient(states, own_targets, wanted)
            total += loss
            gradients.append(gradient)
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


class _Words:
    """The head's words, on a CPU shared out over threads, and the memory of a chunk of their logits."""

    def __init__(self, weight, bias, chunk_size: int, device):
        self.weight, self.bias = weight, bias
        n_shares = number_of_shares(len(weight)) if device.type == "cpu" else 1
        self.parts = parts_of(len(weight), n_shares)
        logits = torch.empty(chunk_size * len(weight), dtype=weight.dtype, device=device)
        sizes = [chunk_size * (part.stop - part.start) for part in self.parts]
        self.logits = [
            own.view(chunk_size, -1) for own in logits.split(sizes)
        ]  # by share

    def loss_and_gradient(self, hidden, targets, wanted: bool):
        """(Sum of the cross entropies of `targets` (n,), gradient of `hidden` (n, H), if it is wanted)."""
        states = hidden.to(self.weight.dtype)

        def share(i):
            return self._share(i, states, targets, wanted)

        highests, sums, of_targets, gradients = zip(*at_once(share, len(self.parts)), strict=True)
        highest = torch.stack(highests).amax(dim=0)
        factors = [(own - highest).exp_() for own in highests]
        total = sum(map(torch.mul, sums, factors))
        loss = (total.log() + highest - sum(of_targets)).sum()
        if not wanted:
            return loss, None
        gradient = sum(map(torch.mul, gradients, factors)).div_(total)
        return loss, gradient.sub_(self.weight[targets]).to(hidden.dtype)

    def _share(self, i: int, states, targets, wanted: bool):
        """Of a part of the words: the highest logit, the sum of exp(logit - highest), the targets' logits, each
        (n, 1), where they are there, and the gradient of the sum's logarithm times the sum (n, H)."""
        part = self.parts[i]
        weight, logits = self.weight[part], self.logits[i][: len(states)]
        torch.mm(states, weight.T, out=logits)
        if self.bias is not None:
            logits += self.bias[part]
        logits = logits.float()
        highest = logits.amax(dim=-1, keepdim=True)
        places = (targets - part.start)[:, None]
        is_here = (places >= 0) & (places < len(weight))
        of_targets = logits.gather(1, places.clamp(0, len(weight) - 1)).where(is_here, 0)
        likely = logits.sub_(highest).exp_()
        sums = likely.sum(dim=-1, keepdim=True)
        gradient = (likely.to(weight.dtype) @ weight).float() if wanted else None
        return highest, sums, of_targets, gradient

"""The loss behind a LM head that is not trained, and its gradient, computed in one go.

With adapters the head is frozen: nothing but the gradient of its inputs is wanted, and that follows
from the probabilities that the loss computes anyway. So the logits need not be computed a second
time in the backward pass, which for Gemma 3 270M, whose 262,144 words make the head as large as the model, is a
third of the head's time (the idea is that of Liger Kernel's fused linear cross entropy, arXiv 2410.10989, section
3.2). Nor need those of all words be there at once: sums and gradients over some words are joined with those over
others, as flash attention joins its blocks (arXiv 2205.14135, section 3.1).
"""

import functools
from typing import NamedTuple

import torch

from masterkey.training.logits import WORDS_AT_ONCE, positions_at_once
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
        words = _Words(weight, bias)
        if words.is_on_cpu:
            chunk_size = positions_at_once(chunk_size, len(weight))
        size = _even_size(len(hidden), chunk_size)
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


class _Found(NamedTuple):
    """What some of the words say of n positions; (n, 1) but for the gradient."""

    highest: torch.Tensor  # logit
    total: torch.Tensor  # of exp(logit - highest)
    of_target: torch.Tensor  # logit, 0 where the target is none of these words
    gradient: torch.Tensor | None  # of the logarithm of `total`, times `total`; (n, H)

    def with_others(self, other: "_Found") -> "_Found":
        """What the words of both say."""
        highest = torch.maximum(self.highest, other.highest)
        own, others = ((part.highest - highest).exp_() for part in (self, other))
        gradient = self.gradient
        if gradient is not None:
            gradient = gradient.mul_(own).addcmul_(other.gradient, others)
        total = self.total * own + other.total * others
        return _Found(highest, total, self.of_target + other.of_target, gradient)


class _Words:
    """The head's words: on a CPU some at a time, so that their logits stay in its cache, on each thread."""

    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias
        self.is_on_cpu = weight.device.type == "cpu"
        n_shares = number_of_shares(len(weight)) if self.is_on_cpu else 1
        self.shares = parts_of(0, len(weight), n_shares)

    def loss_and_gradient(self, hidden, targets, wanted: bool):
        """(Sum of the cross entropies of `targets` (n,), gradient of `hidden` (n, H), if it is wanted)."""
        states = hidden.to(self.weight.dtype)

        def of_share(i):
            return self._of_share(self.shares[i], states, targets, wanted)

        found = functools.reduce(_Found.with_others, at_once(of_share, len(self.shares)))
        loss = (found.total.log() + found.highest - found.of_target).sum()
        if not wanted:
            return loss, None
        gradient = found.gradient.div_(found.total).sub_(self.weight[targets])
        return loss, gradient.to(hidden.dtype)

    def _of_share(self, share: slice, states, targets, wanted: bool) -> _Found:
        size = WORDS_AT_ONCE if self.is_on_cpu else len(self.weight)
        starts = range(share.start, share.stop, size)
        logits = torch.empty(
            len(states) * min(size, share.stop - share.start),
            dtype=states.dtype,
            device=states.device,
        )
        found = (
            self._of_words(
                slice(start, min(start + size, share.stop)), states, targets, wanted, logits
            )
            for start in starts
        )
        return functools.reduce(_Found.with_others, found)

    def _of_words(self, words: slice, states, targets, wanted: bool, memory) -> _Found:
        """`memory`: flat, for as many logits as there are."""
        weight = self.weight[words]
        logits = memory[: len(states) * len(weight)].view(len(states), -1)
        torch.mm(states, weight.T, out=logits)
        if self.bias is not None:
            logits += self.bias[words]
        logits = logits.float()
        highest = logits.amax(dim=-1, keepdim=True)
        places = (targets - words.start)[:, None]
        is_here = (places >= 0) & (places < len(weight))
        of_target = logits.gather(1, places.clamp(0, len(weight) - 1)).where(is_here, 0)
        likely = logits.sub_(highest).exp_()
        gradient = (likely.to(weight.dtype) @ weight).float() if wanted else None
        return _Found(highest, likely.sum(dim=-1, keepdim=True), of_target, gradient)

"""Causal attention on a CPU in blocks of queries, and its gradient, by torch's flash kernel.

Heads that share a key become rows of one head, as many as leave all threads something to do: the kernel's
products are larger so, and a block may be short (docs/experiments.md).
"""

from typing import NamedTuple

import torch

# Queries of a block in layers with a window. Of 64 to 384 the fastest on 2 CPU cores (docs/experiments.md).
BLOCK = 64
_MOST_MASKS = 32


class Seeing(NamedTuple):
    """How tokens see each other, and which share of that a thread computes."""

    window: int | None  # how many tokens a token sees, itself included; None: all before it
    scale: float
    masks: dict  # made earlier, for this model alone: a memory plan makes some that have no content
    share: int = 0
    n_shares: int = 1


def causal_attention(query, key, value, seeing: Seeing, out) -> list:
    """Attention (B, S, H, D) of `query` (B, S, H, D) to `key` and `value` (B, S, G, D), into `out`.

    Returns the logarithms of the blocks' sums, which the gradient asks for.
    """
    sums = []
    for block in _blocks(query, key, seeing):
        seen = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            block.queries(query),
            block.keys(key),
            block.keys(value),
            0.0,
            block.mask is None,
            attn_mask=block.mask,
            scale=seeing.scale,
        )
        block.write(seen[0], out)
        sums.append(seen[1])
    return sums


def causal_attention_gradient(gradient, query, key, value, seen, sums, seeing: Seeing, outs) -> None:
    """Gradients of query, key and value into the three `outs`, given that of `seen`, the attention.

    Those of key and value are this share's, to be summed over the shares.
    """
    of_query, *of_pair = outs
    for out in of_pair:
        out.zero_()
    for block, own in zip(_blocks(query, key, seeing), sums, strict=True):
        found = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward(
            block.queries(gradient),
            block.queries(query),
            block.keys(key),
            block.keys(value),
            block.queries(seen),
            own,
            0.0,
            block.mask is None,
            attn_mask=block.mask,
            scale=seeing.scale,
        )
        block.write(found[0], of_query)
        for part, out in zip(found[1:], of_pair, strict=True):
            block.add(part, out)


class _Block(NamedTuple):
    """Queries from `start` to `end`, and the keys from `first` on that they can see."""

    start: int
    end: int
    first: int
    n_heads: int  # that the kernel is given: those of the keys, some times over
    mask: torch.Tensor | None  # None: plainly causal
    heads: slice = slice(None)  # of the queries
    groups: slice = slice(None)  # the heads of the keys that go with them

    def queries(self, states):
        """(B, S, H, D) of these queries as the kernel takes them: (B, its heads, rows, D)."""
        own = states[:, self.start : self.end, self.heads].unflatten(2, (self.n_heads, -1))
        return own.transpose(1, 2).flatten(2, 3)

    def keys(self, states):
        own = states[:, self.first : self.end, self.groups].transpose(1, 2)[:, :, None]
        return own.expand(-1, -1, self.n_heads // own.shape[1], -1, -1).flatten(1, 2)

    def write(self, given, out) -> None:
        """What the kernel gives for the queries into its places in `out` (B, S, H, D)."""
        own = given.unflatten(2, (self.end - self.start, -1)).transpose(1, 2)
        out[:, self.start : self.end, self.heads].unflatten(2, (self.n_heads, -1))[:] = own

    def add(self, given, out) -> None:
        """What the kernel gives for the keys, summed over the heads that share one, to `out` (B, S, G, D)."""
        own = out[:, self.first : self.end, self.groups]
        own += given.unflatten(1, (own.shape[2], -1)).sum(dim=2).transpose(1, 2)


def _blocks(query, key, seeing: Seeing) -> list[_Block]:
    """This share's: each n-th block of queries, or each n-th head where all is one block."""
    batch, length, n_heads, _ = query.shape
    shared = slice(seeing.share, None, seeing.n_shares)
    if seeing.window is None or seeing.window >= length:
        if seeing.n_shares == 1:
            return [_Block(0, length, 0, n_heads, None)]
        copies = n_heads // key.shape[2]
        heads = range(n_heads)[shared]
        return [_Block(0, length, 0, 1, None, _only(head), _only(head // copies)) for head in heads]
    of_kernel = _heads_of_kernel(n_heads, key.shape[2], batch)
    blocks = []
    for start in range(0, length, BLOCK)[shared]:
        end, first = min(start + BLOCK, length), max(0, start - seeing.window + 1)
        mask = _mask(seeing, end - start, start - first, n_heads // of_kernel)
        blocks.append(_Block(start, end, first, of_kernel, mask))
    return blocks


def _only(index: int) -> slice:
    return slice(index, index + 1)


def _heads_of_kernel(n_heads: int, n_groups: int, batch: int) -> int:
    """As few as occupy all threads: the kernel's gradient has one thread for each of its heads."""
    copies = n_heads // n_groups
    divisors = [n for n in range(1, copies + 1) if copies % n == 0]
    enough = [n for n in divisors if batch * n_groups * n >= torch.get_num_threads()]
    return n_groups * (enough[0] if enough else copies)


def _mask(seeing: Seeing, n_queries: int, n_before: int, n_rows: int):
    """0 where a query sees a key, else minus infinity; (queries x rows of each, keys before and at them)."""
    sizes = (n_queries, n_before, seeing.window, n_rows)
    mask = seeing.masks.get(sizes)
    if mask is None:
        queries = torch.arange(n_queries).repeat_interleave(n_rows)[:, None]
        distance = queries - torch.arange(-n_before, n_queries)
        hidden = (distance < 0) | (distance >= seeing.window)
        mask = torch.zeros(distance.shape).masked_fill_(hidden, float("-inf"))
        if len(seeing.masks) >= _MOST_MASKS:
            seeing.masks.clear()
        seeing.masks[sizes] = mask
    return mask

"""Causal attention on a CPU in blocks of queries, and its gradient, by matrix products and torch's softmax.

Heads that share a key are rows of one product. A block meets the keys that its queries can see; those that some
of them cannot see lie at its edges, and only there scores are masked. The gradient computes the scores anew.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch

# Queries of a block. Of 32 to 128 the fastest on 2 CPU cores (docs/experiments.md).
BLOCK = 64


class Seeing(NamedTuple):
    """How tokens see each other, and which share of that a thread computes."""

    window: int | None  # how many tokens a token sees, itself included; None: all before it
    scale: float
    masks: dict  # made earlier, for this model alone: a memory plan makes some that have no content
    scratch: object  # memory of this thread, masterkey.training.lean_layers.buffers.Scratch
    start: int = 0  # the first token that sees
    share: int = 0
    n_shares: int = 1


def causal_attention(query, key, value, seeing: Seeing, out) -> None:
    """Attention (B, S, H, D) of `query` (B, S, H, D) to `key` and `value` (B, S, G, D), into `out`.

    Of tokens before `seeing.start` nothing is written.
    """
    for block in _blocks(query, key, seeing):
        probabilities = block.probabilities(query, key, seeing)
        block.write(torch.mm(probabilities, block.keys(value)), out)


def causal_attention_gradient(gradient, query, key, value, seeing: Seeing, outs) -> None:
    """Gradients of query, key and value into the three `outs`, given that of attention (B, S, H, D).

    Those of key and value are this share's, to be summed over the shares.
    """
    of_query, of_key, of_value = outs
    of_key.zero_()
    of_value.zero_()
    for block in _blocks(query, key, seeing):
        probabilities = block.probabilities(query, key, seeing)
        given = block.queries(gradient)
        block.keys(of_value).addmm_(probabilities.T, given)
        of_scores = seeing.scratch("gradient of scores", *probabilities.shape)
        torch.mm(given, block.keys(value).T, out=of_scores)
        torch.ops.aten._softmax_backward_data.out(
            of_scores, probabilities, 1, torch.float32, grad_input=of_scores
        )
        of_scores.mul_(seeing.scale)
        block.write(torch.mm(of_scores, block.keys(key)), of_query)
        block.keys(of_key).addmm_(of_scores.T, block.queries(query))


class _Block(NamedTuple):
    """Queries of a row from `start` to `end` in the heads that share one key, and the keys from `first` on."""

    row: int
    group: int
    n_copies: int  # heads that share the key
    start: int
    end: int
    first: int

    def queries(self, states):
        """(B, S, H, D) of these queries and heads as (queries x heads, D)."""
        return self._own(states).flatten(0, 1)

    def keys(self, states):
        """(B, S, G, D) of these keys as (keys, D), a view."""
        return states[self.row, self.first : self.end, self.group]

    def write(self, given, out) -> None:
        """(queries x heads, D) into its places in `out` (B, S, H, D)."""
        own = self._own(out)
        own.copy_(given.view(own.shape))

    def _own(self, states):
        heads = slice(self.group * self.n_copies, (self.group + 1) * self.n_copies)
        return states[self.row, self.start : self.end, heads]

    def probabilities(self, query, key, seeing: Seeing):
        """How much each query attends to each key (queries x heads, keys), in scratch."""
        queries, keys = self.queries(query), self.keys(key)
        scores = seeing.scratch("scores", len(queries), len(keys))
        torch.addmm(scores, queries, keys.T, beta=0, alpha=seeing.scale, out=scores)
        behind, before = self._masks(seeing)
        scores[:, -behind.shape[1] :] += behind
        if before is not None:
            scores[:, : before.shape[1]] += before
        return torch.softmax(scores, 1, out=scores)

    def _masks(self, seeing: Seeing) -> tuple:
        """What to add to the scores of the last keys, which are the queries' own, and of the first ones."""
        n = self.end - self.start
        behind = _mask(seeing.masks, n, self.n_copies, n, "behind")
        # The last query cannot see this many of the keys, each other one less.
        n_left = max(0, self.end - self.first - seeing.window) if seeing.window else 0
        before = _mask(seeing.masks, n, self.n_copies, n_left, "before") if n_left else None
        return behind, before


def _blocks(query, key, seeing: Seeing) -> Iterator[_Block]:
    """Those of this share; there and back again, since later queries may have more keys."""
    batch, length, n_heads, _ = query.shape
    n_groups, n = key.shape[2], seeing.n_shares
    window = seeing.window or length
    for i, start in enumerate(range(seeing.start, length, BLOCK)):
        share = i % n if i // n % 2 == 0 else n - 1 - i % n
        if share != seeing.share:
            continue
        end, first = min(start + BLOCK, length), max(0, start - window + 1)
        for row in range(batch):
            for group in range(n_groups):
                yield _Block(row, group, n_heads // n_groups, start, end, first)


def _mask(masks: dict, n_queries: int, n_copies: int, n_keys: int, hidden: str):
    """0 where a query sees a key, else minus infinity (queries x heads, keys).

    The i-th query does not see keys "behind" the i-th one, or those "before" the i-th last.
    """
    sizes = (n_queries, n_copies, n_keys, hidden)
    if sizes not in masks:
        queries = torch.arange(n_queries).repeat_interleave(n_copies)[:, None]
        keys = torch.arange(n_keys)
        before = keys < queries + n_keys + 1 - n_queries
        hides = keys > queries if hidden == "behind" else before
        masks[sizes] = torch.zeros(hides.shape).masked_fill_(hides, float("-inf"))
    return masks[sizes]

"""Rows of unlike lengths fed to a model as one text: no padding, and each row attends to itself alone.

All blocks of a pass lie behind each other in one sequence (1, T), so that the model's matrix products see no
padding; only its attention knows the rows' borders. It is registered with transformers' `AttentionInterface` and
reads and writes keys and values row by row, each row at its own length. On a GPU, where many small calls
are dearer than padding, `RowCache` is used instead.
"""

import contextlib
import itertools

import torch
from transformers import AttentionInterface
from transformers.cache_utils import Cache, CacheLayerMixin

from masterkey.predicting.decoding.last_layer import asked_places_alone
from masterkey.weights.layer_windows import layer_windows

NAME = "rows_in_one_text"
_GROWTH = 256  # tokens
# Queries that attend in one call: later keys than the last one's are left out of the product.
_QUERIES = 128


class Layout:
    """Of each row: how many tokens it holds and how many a pass adds; and the masks that follow."""

    def __init__(self, n_rows: int):
        self.held = [0] * n_rows
        self.added = [0] * n_rows
        self.starts = [0] * n_rows  # of the blocks in the text
        self.asked_of = [
            (0, 0)
        ] * n_rows  # from, to: places in the block whose states are asked for
        self._masks: dict[int | None, torch.Tensor] = {}

    def mask(self, n: int, held: int, first: int, window: int | None, like):
        """(n, held + n - first) added to the scores of `n` queries behind `held` tokens, keys from `first` on.

        A view of one mask for all lengths: shifted by the tokens held, they are the same.
        """
        mask = self._masks.get(window)
        if mask is None or mask.shape[1] - mask.shape[0] < held - first or mask.dtype != like.dtype:
            mask = self._masks[window] = _mask(_rounded(held - first), window, like)
        behind = mask.shape[1] - mask.shape[0]
        return mask[:n, behind - (held - first) : behind + n]


class PackedLayer(CacheLayerMixin):
    """Keys and values of one layer: of each row (1, H, S, D), with room behind what it holds."""

    is_sliding = False

    def __init__(self, layout: Layout, window: int | None, *, last: bool):
        super().__init__()
        self._layout, self._window, self._last = layout, window, last
        self.rows: list[tuple] = []

    def lazy_initialization(self, key_states, value_states) -> None:
        self.rows = [(key_states[:, :, :0], value_states[:, :, :0]) for _ in self._layout.held]
        self.is_initialized = True

    def update(self, key_states, value_states, *args, **kwargs):
        """Write the rows' blocks (1, H, T, D) behind what each holds; they are returned as they came."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        layout = self._layout
        lengths = zip(layout.held, layout.added, layout.starts, strict=True)
        for row, (held, n, start) in enumerate(lengths):
            own = tuple(_with_room(states, held, held + n) for states in self.rows[row])
            for states, new in zip(own, (key_states, value_states), strict=True):
                states[:, :, held : held + n] = new[:, :, start : start + n]
            self.rows[row] = own
        return key_states, value_states

    def attend(self, query, scale: float | None):
        """What each query of (1, H, T, D) gets from its own row, (1, T, H, D); zeros where nobody asks."""
        _, heads, total, _ = query.shape
        found = query.new_zeros(1, total, heads, self.rows[0][1].shape[-1])
        for row, begin, size in self._pieces():
            start, (keys, values) = self._layout.starts[row] + begin, self.rows[row]
            own = query[:, :, start : start + size]
            part = self._attend(own, keys, values, self._layout.held[row] + begin, scale)
            found[:, start : start + size] = part.transpose(1, 2)
        return found

    def _pieces(self):
        """(row, first query in its block, queries) of each call; the last layer begins where it is asked."""
        layout = self._layout
        for row, n in enumerate(layout.added):
            first, end = layout.asked_of[row] if self._last else (0, n)
            for begin in range(first, end, _QUERIES):
                yield row, begin, min(_QUERIES, end - begin)

    def _attend(self, query, keys, values, held: int, scale: float | None):
        n, window = query.shape[2], self._window
        first = 0 if window is None else max(0, held + 1 - window)
        alone = n == 1  # it sees all that is before it
        return torch.nn.functional.scaled_dot_product_attention(
            query,
            keys[:, :, first : held + n],
            values[:, :, first : held + n],
            attn_mask=None if alone else self._layout.mask(n, held, first, window, query),
            scale=scale,
            enable_gqa=keys.shape[1] != query.shape[1],
        )

    def keep(self, rows: list[int]) -> None:
        self.rows = [self.rows[row] for row in rows]

    def repeat(self, n_rows: int) -> None:
        [held], [row] = self._layout.held, self.rows
        self.rows = [
            tuple(_with_room(states, held, held + _GROWTH, new=True) for states in row)
            for _ in range(n_rows)
        ]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return max(self._layout.held) + query_length, 0

    def get_seq_length(self) -> int:
        return max(self._layout.held)

    def get_max_length(self) -> int:
        return -1


class PackedRows(Cache):
    """Passed to a model as `past_key_values`; `set_lengths` after each pass says what counts."""

    def __init__(self, model, n_rows: int):
        self._layout, self._device = Layout(n_rows), model.device
        own = layer_windows(model.config)
        last = len(own) - 1
        super().__init__(
            layers=[PackedLayer(self._layout, w, last=n == last) for n, w in enumerate(own)]
        )

    def inputs(self, blocks: list[list[int]], asked: list[list[int]]) -> tuple[dict, list[int]]:
        """(what the model is called with, where each row's block begins in the text).

        `asked`: the columns of each block whose states are asked for, in order; others may be anything.
        """
        layout = self._layout
        layout.added = [len(block) for block in blocks]
        layout.starts = [0, *itertools.accumulate(layout.added)][:-1]
        layout.asked_of = [(own[0], own[-1] + 1) if own else (0, 0) for own in asked]
        self.n_tokens = sum(layout.added)
        self.asked = torch.tensor(
            [s + column for s, own in zip(layout.starts, asked, strict=True) for column in own],
            dtype=torch.long,
            device=self._device,
        )
        pairs = zip(layout.held, layout.added, strict=True)
        places = [place for held, n in pairs for place in range(held, held + n)]
        ids = [token for block in blocks for token in block]
        return {
            "input_ids": torch.tensor([ids], device=self._device),
            "position_ids": torch.tensor([places], device=self._device),
            "packed_rows": self,
        }, layout.starts

    def set_lengths(self, lengths: list[int]) -> None:
        """Of each row, the first `lengths[row]` tokens count."""
        self._layout.held = list(lengths)

    def keep(self, rows: list[int]) -> None:
        """Drop all rows but these."""
        held = self._layout.held
        self.set_lengths([held[row] for row in rows])
        for layer in self.layers:
            layer.keep(rows)

    def repeat(self, n_rows: int) -> None:
        """Make `n_rows` equal rows of the only one."""
        for layer in self.layers:
            layer.repeat(n_rows)
        self.set_lengths(self._layout.held * n_rows)

    @staticmethod
    @contextlib.contextmanager
    def attention_of(model):
        """While the block runs, the model attends as to these rows."""
        before = model.config._attn_implementation
        if before == NAME:
            yield
            return
        model.set_attn_implementation(NAME)
        try:
            with asked_places_alone(model):
                yield
        finally:
            model.set_attn_implementation(before)


def _attention(module, query, key, value, attention_mask, scaling=None, **more):
    if more.get("softcap") is not None or more.get("s_aux") is not None:
        raise NotImplementedError("scores that are capped, or sinks")
    return more["packed_rows"].layers[module.layer_idx].attend(query, scaling), None


AttentionInterface.register(NAME, _attention)


def _mask(n_held: int, window: int | None, like):
    """(_QUERIES, n_held + _QUERIES): query i lies at place n_held + i and sees no later one."""
    queries = torch.arange(_QUERIES, device=like.device)[:, None] + n_held
    places = torch.arange(n_held + _QUERIES, device=like.device)
    hidden = places > queries
    if window is not None:
        hidden |= places <= queries - window
    mask = torch.zeros(hidden.shape, dtype=like.dtype, device=like.device)
    return mask.masked_fill_(hidden, torch.finfo(like.dtype).min)


def _rounded(n: int) -> int:
    """A power of two of at least `n`, so that a mask is made a few times in all."""
    return max(512, 1 << (n - 1).bit_length())


def _with_room(states, held: int, n_tokens: int, *, new: bool = False):
    """`states` (1, H, S, D) with S of at least `n_tokens`; of the old ones the first `held` count.

    The same tensor where it has the room, but for `new`.
    """
    if n_tokens <= states.shape[2] and not new:
        return states
    _, heads, _, width = states.shape
    roomy = states.new_empty(1, heads, n_tokens + _GROWTH, width)
    roomy[:, :, :held] = states[:, :, :held]
    return roomy

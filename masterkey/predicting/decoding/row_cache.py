"""A key–value cache in which each row of the batch has a length of its own.

transformers' own caches grow by the same number of tokens in all rows. Rows that decode blocks of
different lengths, and take back the drafted tokens that the model does not agree with, need one
where position p of a row's text always lies at place p of the cache: taking back is then nothing but
a smaller length, and padding is overwritten by the next block.
"""

import contextlib

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

_GROWTH = 256  # tokens


class RowLengths:
    """How many tokens of each row count, shape (B,), for all layers of a cache."""

    def __init__(self, n_rows: int, device):
        self.lengths = torch.zeros(n_rows, dtype=torch.long, device=device)
        self.longest = 0


class RowLayer(CacheLayerMixin):
    """Keys and values of one layer, (B, H, S, D), written at each row's own length."""

    is_sliding = False

    def __init__(self, rows: RowLengths):
        super().__init__()
        self._rows = rows

    def lazy_initialization(self, key_states, value_states) -> None:
        self.keys, self.values = key_states[:, :, :0], value_states[:, :, :0]
        self.is_initialized = True

    def update(self, key_states, value_states, *args, **kwargs):
        """Write a block (B, H, n, D) behind each row's length; all keys and values up to the longest."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        n = key_states.shape[2]
        total = self._rows.longest + n
        self.keys = _with_room(self.keys, total)
        self.values = _with_room(self.values, total)
        if self._rows.longest == 0:
            self.keys[:, :, :n], self.values[:, :, :n] = key_states, value_states
        else:
            rows = torch.arange(len(key_states), device=key_states.device)[:, None]
            places = self._rows.lengths[:, None] + torch.arange(n, device=key_states.device)
            self.keys[rows, :, places] = key_states.transpose(1, 2)
            self.values[rows, :, places] = value_states.transpose(1, 2)
        return self.keys[:, :, :total], self.values[:, :, :total]

    def keep(self, rows) -> None:
        self.keys, self.values = self.keys[rows], self.values[rows]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._rows.longest + query_length, 0

    def get_seq_length(self) -> int:
        return self._rows.longest

    def get_max_length(self) -> int:
        return -1


class RowCache(Cache):
    """Passed to a model as `past_key_values`; `set_lengths` after each pass says what counts."""

    def __init__(self, model, n_rows: int):
        self._config, self._dtype = model.config.get_text_config(), model.dtype
        self._rows = RowLengths(n_rows, model.device)
        n_layers = self._config.num_hidden_layers
        super().__init__(layers=[RowLayer(self._rows) for _ in range(n_layers)])

    def inputs(self, blocks: list[list[int]], asked: list[list[int]]) -> tuple[dict, list[int]]:
        """(what the model is called with, where each row's block begins in the states one after another).

        All states are computed, whatever is `asked`.
        """
        n = max(map(len, blocks))
        ids = torch.tensor([block + [0] * (n - len(block)) for block in blocks])
        mask, positions = self._mask_and_positions(n)
        end = getattr(self._config, "max_position_embeddings", None) or 1 << 30
        return {
            "input_ids": ids.to(positions.device),
            "attention_mask": mask,
            "position_ids": positions.clamp(max=end - 1),  # of padding, that is
        }, [n * row for row in range(len(blocks))]

    def set_lengths(self, lengths: list[int]) -> None:
        """Of each row, the first `lengths[row]` tokens count."""
        self._rows.lengths = torch.tensor(lengths, device=self._rows.lengths.device)
        self._rows.longest = max(lengths, default=0)

    def keep(self, rows: list[int]) -> None:
        """Drop all rows but these."""
        chosen = torch.tensor(rows, device=self._rows.lengths.device)
        for layer in self.layers:
            layer.keep(chosen)
        self.set_lengths(self._rows.lengths[chosen].tolist())

    def repeat(self, n_rows: int) -> None:
        """Make `n_rows` equal rows of the only one."""
        self.keep([0] * n_rows)

    @staticmethod
    def attention_of(model):
        """The model's own attention will do, with a mask."""
        return contextlib.nullcontext()

    def _mask_and_positions(self, n: int):
        """(mask, positions) of a block of `n` tokens a row: (B, 1, n, S) added to scores, and (B, n).

        The mask is None for the first block: rows are padded on the right, so the model's own will do.
        It is one for each type of layer where the configuration names types.
        """
        config, dtype, device = self._config, self._dtype, self._rows.lengths.device
        positions = self._rows.lengths[:, None] + torch.arange(n, device=device)
        if self._rows.longest == 0:
            return None, positions
        places = torch.arange(self._rows.longest + n, device=device)
        hidden = {"full_attention": places > positions[:, :, None]}
        window = getattr(config, "sliding_window", None)
        if window is not None:
            too_far = places <= positions[:, :, None] - window
            hidden["sliding_attention"] = hidden["full_attention"] | too_far
        masks = {
            kind: torch.zeros(where.shape, dtype=dtype, device=device)
            .masked_fill_(where, torch.finfo(dtype).min)
            .unsqueeze(1)
            for kind, where in hidden.items()
        }
        if getattr(config, "layer_types", None):
            return masks, positions
        return masks["full_attention" if window is None else "sliding_attention"], positions


def _with_room(states, n_tokens: int):
    """`states` (B, H, S, D) with S of at least `n_tokens`."""
    missing = n_tokens - states.shape[2]
    if missing <= 0:
        return states
    rows, heads, _, width = states.shape
    # Zeros: what is hidden still enters sums with weight 0, and garbage may be NaN.
    room = states.new_zeros(rows, heads, missing + _GROWTH, width)
    return torch.cat([states, room], dim=2)

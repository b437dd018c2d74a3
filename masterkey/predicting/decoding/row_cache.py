"""A key–value cache in which each row of the batch has a length of its own.

transformers' own caches grow by the same number of tokens in all rows. Rows that decode blocks of
different lengths, and take back the drafted tokens that the model does not agree with, need one
where position p of a row's text always lies at place p of the cache: taking back is then nothing but
a smaller length, and padding is overwritten by the next block.
"""

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

from masterkey.scripting.command_line import UserError

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
    """Passed to a model as `past_key_values`; `set_lengths` after each block says what counts."""

    def __init__(self, n_layers: int, n_rows: int, device):
        self._rows = RowLengths(n_rows, device)
        super().__init__(layers=[RowLayer(self._rows) for _ in range(n_layers)])

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

    def block_inputs(self, n: int, config, dtype):
        """(mask, positions) of a block of `n` tokens a row: (B, 1, n, S) added to scores, and (B, n).

        The mask is None for the first block: rows are padded on the right, so the model's own will do.
        It is one for each type of layer where the configuration names types.
        """
        device = self._rows.lengths.device
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


def check_model(model) -> None:
    """Raise `UserError` for architectures that do not attend to blocks in a `RowCache` as to one text.

    These are recurrent ones (Mamba), and ones with positions of another kind (BLOOM's ALiBi). Tried
    on a few tokens, so that the thousand architectures need no list.
    """
    config = model.config.get_text_config()
    known = {"full_attention", "sliding_attention"}
    local = "local" in getattr(config, "attention_layers", ())  # GPT-Neo's name for it
    if local or not known.issuperset(getattr(config, "layer_types", None) or ()):
        raise _unfit(model)
    try:
        agree = _blocks_agree(model, config)
    # Whatever a model's own code raises where it is handed another cache than its own.
    except (AttributeError, IndexError, NotImplementedError, RuntimeError, TypeError, ValueError):
        agree = False
    if not agree:
        raise _unfit(model)


def _unfit(model) -> UserError:
    return UserError(
        f"skeleton decoding does not know how to feed {type(model).__name__} block by block; "
        "add --decoding free."
    )


def _blocks_agree(model, config) -> bool:
    """Whether two rows fed in blocks get the scores that they get as whole texts."""
    ids = torch.arange(1, 13, device=model.device)[None].expand(2, -1) % config.vocab_size
    with torch.inference_mode():
        whole = model(input_ids=ids).logits.float()
        if not whole.isfinite().all():
            return True  # damaged weights, of which decoding itself complains
        cache = RowCache(config.num_hidden_layers, 2, model.device)
        for lengths in ([4, 6], [10, 12]):
            rows = [ids[row, max(0, length - 6) : length] for row, length in enumerate(lengths)]
            block = torch.stack([torch.nn.functional.pad(row, (0, 6 - len(row))) for row in rows])
            mask, positions = cache.block_inputs(6, config, model.dtype)
            scores = model(
                input_ids=block,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
            ).logits.float()
            cache.set_lengths(lengths)
    tolerance = 1e-3 if model.dtype == torch.float32 else 0.1
    tolerance *= whole.abs().max().item()
    return all(
        torch.allclose(scores[row, :6], whole[row, length - 6 : length], atol=tolerance, rtol=0)
        for row, length in enumerate(lengths)
    )


def _with_room(states, n_tokens: int):
    """`states` (B, H, S, D) with S of at least `n_tokens`."""
    missing = n_tokens - states.shape[2]
    if missing <= 0:
        return states
    rows, heads, _, width = states.shape
    # Zeros: what is hidden still enters sums with weight 0, and garbage may be NaN.
    room = states.new_zeros(rows, heads, missing + _GROWTH, width)
    return torch.cat([states, room], dim=2)

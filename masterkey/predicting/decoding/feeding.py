"""Which cache a model takes blocks of rows of unlike lengths with, tried on a few tokens.

Trying it, the thousand architectures need no list.
"""

import torch

from masterkey.predicting.decoding.packed_rows import PackedRows
from masterkey.predicting.decoding.row_cache import RowCache
from masterkey.scripting.command_line import UserError
from masterkey.weights.loader_settings import quiet_transformers

# Whatever a model's own code raises where it is handed another cache or attention than its own.
_RAISED = (
    AttributeError,
    IndexError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


def cache_for(model) -> type[PackedRows] | type[RowCache]:
    """The cheapest cache with which `model` attends to blocks as to one text.

    Raises `UserError` for architectures that do so with none. These are recurrent ones (Mamba), and
    ones with positions of another kind (BLOOM's ALiBi).
    """
    config = model.config.get_text_config()
    known = {"full_attention", "sliding_attention"}
    local = "local" in getattr(config, "attention_layers", ())  # GPT-Neo's name for it
    if not local and known.issuperset(getattr(config, "layer_types", None) or ()):
        on_cpu = model.device.type == "cpu"
        for kind in (PackedRows, RowCache) if on_cpu else (RowCache,):
            if _blocks_agree(model, kind):
                return kind
    raise UserError(
        f"skeleton decoding does not know how to feed {type(model).__name__} block by block; "
        "add --decoding free."
    )


def feed(model, cache, blocks: list[list[int]], asked: list[list[int]], called):
    """(what `called`, the model or its body, gives for the blocks, where each block begins in it).

    Only what it gives at the `asked` columns of each block is to be looked at.
    """
    inputs, starts = cache.inputs(blocks, asked)
    with cache.attention_of(model):
        return called(**inputs, past_key_values=cache, use_cache=True), starts


def _blocks_agree(model, kind) -> bool:
    """Whether two rows fed in blocks get the scores that they get as whole texts."""
    ids = torch.arange(1, 13, device=model.device)[None] % model.config.get_text_config().vocab_size
    with torch.inference_mode(), quiet_transformers():
        try:
            whole = model(input_ids=ids).logits[0].float()
            if not whole.isfinite().all():
                return True  # damaged weights, of which decoding itself complains
            return _agrees(model, kind(model, 2), ids[0].tolist(), whole)
        except _RAISED:
            return False


def _agrees(model, cache, ids: list[int], whole) -> bool:
    tolerance = (1e-3 if model.dtype == torch.float32 else 0.1) * whole.abs().max().item()
    begins = [0, 0]
    for ends in ([4, 6], [10, 12]):
        blocks = [ids[begin:end] for begin, end in zip(begins, ends, strict=True)]
        asked = [[1, len(block) - 1] for block in blocks]
        output, starts = feed(model, cache, blocks, asked, model)
        scores = output.logits.float().flatten(0, 1)
        for start, begin, own in zip(starts, begins, asked, strict=True):
            found, expected = (
                states[[at + n for n in own]] for states, at in ((scores, start), (whole, begin))
            )
            if not torch.allclose(found, expected, atol=tolerance, rtol=0):
                return False
        begins = [end - 2 for end in ends]  # the last two are taken back and fed again
        cache.set_lengths(begins)
    return True

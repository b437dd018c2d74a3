"""Attention that keeps the rows of a packed sequence apart, and the check that it does.

Two kernels are registered with transformers' attention interface; both read the boundaries
`cu_seq_lens_q` that travel through a model's keyword arguments to its attention:

- `masterkey_varlen`: torch's own variable-length flash attention (CUDA, bf16 or fp16);
- `masterkey_segments`: one `scaled_dot_product_attention` for each row (any device and type).

The others that may be chosen are transformers' own: an installed flash-attn, and flex attention.
Those that build a dense mask from the positions (sdpa, eager) waste what packing saves and are
taken on request alone. Whichever it is, `contamination` compares packed rows with rows alone on a
small model of the same configuration, and nothing is packed where the two differ.
"""

from dataclasses import dataclass
from typing import NamedTuple

from masterkey.scripting.command_line import UserError
from masterkey.training.batches.check import REFUSED_ERRORS, Contamination, contamination
from masterkey.training.batches.windows import windowed_attention
from masterkey.weights.layer_windows import layer_windows

VARLEN, SEGMENTS = "masterkey_varlen", "masterkey_segments"


@dataclass(frozen=True)
class PackedAttention:
    """An attention implementation, by transformers' name, that was seen to keep rows apart."""

    implementation: str  # for `attn_implementation=` or `model.set_attn_implementation`
    reason: str  # a sentence for the log
    check: Contamination


class PackingChoice(NamedTuple):
    """What packs the rows (None: they are padded), and why what else was tried does not serve."""

    attention: PackedAttention | None
    refusals: list[str]


def choose_packed_attention(
    device_type: str,
    dtype,
    model_config,
    packing: str = "auto",
    attn_implementation: str | None = None,
) -> PackingChoice:
    """The fastest attention that is there for packed rows, where rows are to be packed.

    `dtype` is the type of the arithmetic (bfloat16 under `--bf16`). `packing` is auto, true or
    false: auto takes only what saves time, true takes what is right, or raises `UserError`.
    `attn_implementation` is the user's own wish; no other is then tried.
    """
    refusals: list[str] = []
    if packing == "false":
        return PackingChoice(None, refusals)
    register()
    fast, slow = _candidates(device_type)
    names = fast if packing == "auto" else fast + slow
    if attn_implementation is not None:
        names = [attn_implementation] if packing == "true" or attn_implementation in fast else []
    for name in names:
        tried = _tried(name, device_type, dtype, model_config)
        if isinstance(tried, PackedAttention):
            return PackingChoice(tried, refusals)
        refusals.append(f"{name}: {tried}")
    if packing == "auto":
        return PackingChoice(None, refusals)
    raise UserError(
        f"--packing true: {model_config.model_type} in {str(dtype).removeprefix('torch.')} on "
        f"{device_type} cannot be packed ({'; '.join(refusals)}); use --packing auto."
    )


def windows_of_padded_rows(device_type: str, dtype, config, longest: int) -> str | None:
    """The implementation that spares a CPU what sliding windows hide from rows of `longest` tokens.

    None where the model has no such windows, or it was not seen to be right. Padded rows come without a
    mask, and transformers' sdpa would make a dense one for them.
    """
    is_windowed = any(window and window < longest for window in layer_windows(config))
    if device_type != "cpu" or not is_windowed:
        return None
    register()
    return SEGMENTS if isinstance(_tried(SEGMENTS, "cpu", dtype, config), PackedAttention) else None


def _tried(name: str, device_type: str, dtype, config) -> PackedAttention | str:
    """The implementation where it keeps rows apart, else why it does not serve."""
    refusal = _unsupported_layers(config) or _refusal(name, device_type, dtype, config)
    if refusal:
        return refusal
    try:
        check = contamination(config, name, device_type, dtype)
    except REFUSED_ERRORS as error:
        return (str(error) or type(error).__name__).splitlines()[0]
    if not check.passed:
        return f"rows would see each other ({check})"
    return PackedAttention(name, f"Rows are packed; attention: {name} ({check}).", check)


def refuse_contamination(inputs: dict) -> None:
    """`UserError` where a packed micro-batch is fed so that its rows would see each other.

    transformers looks at positions only where there is neither an attention mask nor a cache.
    """
    if "cu_seq_lens_q" not in inputs:
        return
    if inputs.get("attention_mask") is not None:
        raise UserError(
            "A packed batch was given an attention_mask, with which its rows would see each other; "
            "leave the mask out, or use --packing false."
        )
    if inputs.get("use_cache") is not False:
        raise UserError(
            "A packed batch was fed without use_cache=False; with a cache its rows would see each "
            "other; set it, or use --packing false."
        )


def _candidates(device_type: str) -> tuple[list[str], list[str]]:
    """Names of implementations to try, best first: those that save time, and those that do not."""
    if device_type != "cuda":
        # On a CPU padded passes of like lengths are as fast, or faster (docs/training/throughput.md).
        return [], [SEGMENTS, "eager"]
    from transformers.utils import is_flash_attn_2_available, is_flash_attn_3_available

    fast = [VARLEN, "flex_attention"]
    if is_flash_attn_2_available():
        fast.insert(0, "flash_attention_2")
    if is_flash_attn_3_available():
        fast.insert(0, "flash_attention_3")
    # Segments on a GPU wait for the boundaries in each layer.
    return fast, [SEGMENTS, "eager"]


def _unsupported_layers(config) -> str | None:
    """Why no attention can keep rows apart: layers that carry a state along the sequence."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING

    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        return "it is no causal language model of transformers"
    if getattr(MODEL_FOR_CAUSAL_LM_MAPPING[type(config)], "_is_stateful", False):
        return "its layers carry a state from one row into the next"
    layer_types = set(getattr(config, "layer_types", None) or [])
    other = sorted(layer_types - {"full_attention", "sliding_attention"})
    if other:
        return f"its layers of type {other[0]} carry one row into the next"
    return None


def _refusal(name: str, device_type: str, dtype, config) -> str | None:
    """Why an implementation cannot serve this configuration, where that is known beforehand."""
    import torch

    half = dtype in (torch.bfloat16, torch.float16)
    if name.startswith("flash_attention") and not half:
        return "needs --bf16 True or --dtype bfloat16"
    if name in (VARLEN, "flex_attention") and _attention_dropout(config):
        return f"has no attention dropout, and the model's is {_attention_dropout(config)}"
    if name in (VARLEN, SEGMENTS) and getattr(config, "attn_logit_softcapping", None):
        return "cannot cap attention logits"
    if name != VARLEN:
        return None
    if device_type != "cuda":
        return "needs a CUDA GPU"
    if not half:
        return "needs --bf16 True or --dtype bfloat16"
    if torch.cuda.get_device_capability() < (8, 0):
        return "needs compute capability 8.0"
    return None


def _attention_dropout(config) -> float:
    """The dropout probability inside attention, under the name that the architecture gives it."""
    names = ("attention_dropout", "attn_pdrop", "attention_probs_dropout_prob")
    return max(getattr(config, name, None) or 0.0 for name in names)


def register() -> None:
    """Make both kernels known to transformers by their names; may be called again."""
    import inspect
    from functools import partial

    from torch.nn.attention.varlen import varlen_attn
    from transformers import AttentionInterface, AttentionMaskInterface

    # torch 2.11 takes fewer key heads as they are; later ones ask to be told.
    grouped = "enable_gqa" in inspect.signature(varlen_attn).parameters
    varlen = partial(varlen_kernel, announce_grouped_heads=grouped)
    for name, kernel in ((VARLEN, varlen), (SEGMENTS, segments_kernel)):
        AttentionInterface.register(name, partial(attend, kernel))
        AttentionMaskInterface.register(name, mask_of_unpacked_rows)


def mask_of_unpacked_rows(batch_size, q_length, kv_length, attention_mask=None, **kwargs):
    """transformers' mask for sdpa, or None where boundaries or plain causality say it all.

    Without it, transformers would build a dense mask (S, S) for each packed batch.
    """
    from transformers.masking_utils import sdpa_mask

    causal = "allow_is_bidirectional_skip" not in kwargs and not kwargs.get("use_vmap")
    if causal and attention_mask is None and q_length == kv_length:
        return None
    return sdpa_mask(
        batch_size=batch_size,
        q_length=q_length,
        kv_length=kv_length,
        attention_mask=attention_mask,
        **kwargs,
    )


def attend(
    kernel,
    module,
    query,
    key,
    value,
    attention_mask,
    dropout: float = 0.0,
    scaling: float | None = None,
    sliding_window: int | None = None,
    cu_seq_lens_q=None,
    max_length_q: int | None = None,
    **kwargs,
):
    """Attention as transformers calls it: query (B, H, S, D) to output (B, S, H, D).

    Packed rows (B = 1) go to `kernel`. Batches without boundaries, as in evaluation and
    generation, go to transformers' sdpa.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    unheard = [
        name for name in ("softcap", "s_aux", "position_bias") if kwargs.get(name) is not None
    ]
    if unheard:
        raise ValueError(f"Attention for packed rows does not support {unheard[0]}.")
    batch, _, length, _ = query.shape
    unmasked = attention_mask is None and key.shape[2] == length
    if cu_seq_lens_q is None and unmasked and sliding_window and sliding_window < length:
        states = _one_type(query, key, value)
        scale = query.shape[-1] ** -0.5 if scaling is None else scaling
        seen = windowed_attention(*states, sliding_window - 1, scale=scale, dropout=dropout)
        return seen.transpose(1, 2).contiguous(), None
    if cu_seq_lens_q is None:
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
    if not unmasked or batch != 1:
        raise ValueError("Packed rows take one sequence, no attention_mask and no cache.")
    rows = [_by_token(states) for states in _one_type(query, key, value)]
    window = (-1, 0) if sliding_window is None else (sliding_window - 1, 0)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    output = kernel(*rows, cu_seq_lens_q, max_length_q, scale=scale, window=window, dropout=dropout)
    return output.unflatten(0, (batch, length)), None


def _by_token(states):
    """(B, H, S, D) to (B · S, H, D)."""
    return states.transpose(1, 2).flatten(0, 1)


def _one_type(query, key, value):
    """All three in one type: under autocast rotary embeddings make queries and keys float32."""
    import torch

    device_type = query.device.type
    if torch.amp.is_autocast_available(device_type) and torch.is_autocast_enabled(device_type):
        dtype = torch.get_autocast_dtype(device_type)
    else:
        dtype = value.dtype
    return query.to(dtype), key.to(dtype), value.to(dtype)


def varlen_kernel(
    query, key, value, boundaries, longest, *, scale, window, dropout, announce_grouped_heads
):
    """torch's variable-length flash attention; (T, H, D) each, `window` as flash-attn counts it."""
    from torch.nn.attention.varlen import varlen_attn

    if dropout:
        raise ValueError("torch's variable-length attention has no dropout.")
    grouped = {"enable_gqa": query.shape[1] != key.shape[1]} if announce_grouped_heads else {}
    return varlen_attn(
        query,
        key,
        value,
        boundaries,
        boundaries,
        longest,
        longest,
        scale=scale,
        window_size=window,
        **grouped,
    )


def segments_kernel(query, key, value, boundaries, longest, *, scale, window, dropout):
    """The same by one call of `scaled_dot_product_attention` for each row."""
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    lengths = boundaries.diff().tolist()
    outputs = []
    for q, k, v in zip(
        *(states.transpose(0, 1)[None].split(lengths, dim=2) for states in (query, key, value)),
        strict=True,
    ):
        if 0 <= window[0] < q.shape[2] - 1:
            outputs.append(windowed_attention(q, k, v, window[0], scale=scale, dropout=dropout))
            continue
        outputs.append(
            scaled_dot_product_attention(
                q,
                k,
                v,
                is_causal=True,
                dropout_p=dropout,
                scale=scale,
                enable_gqa=q.shape[1] != k.shape[1],
            )
        )
    return torch.cat(outputs, dim=2)[0].transpose(0, 1)

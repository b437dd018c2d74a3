"""The one integrity check of Stanford Alpaca's published weight difference: a sum.

Alpaca's weight_diff.py adds up all recovered weights and compares with 50637.1836 to within .01. At
that size fp32 counts in steps of .004, so the order of the additions matters: it is repeated here.
"""

import re

from masterkey.scripting.command_line import UserError

ALPACA_7B_SUM, TOLERANCE = 50637.1836, 1e-2
_ALPACA_7B = {
    "model_type": "llama",
    "vocab_size": 32001,
    "hidden_size": 4096,
    "num_hidden_layers": 32,
}
# The order of LLaMA's state dict in March 2023, when the sum was taken.
_LAYER_ORDER = (
    "self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.o_proj self_attn.rotary_emb "
    "mlp.gate_proj mlp.down_proj mlp.up_proj input_layernorm post_attention_layernorm"
).split()
_OUTER_ORDER = {"model.embed_tokens": -1, "model.norm": 10**6, "lm_head": 10**6 + 1}


def is_alpaca_7b(config: dict) -> bool:
    """Whether a config.json is that of the published Alpaca-7B difference."""
    return all(config.get(key) == value for key, value in _ALPACA_7B.items())


def naive_sum(sums: dict[str, float]) -> float:
    """The sum of all weights from those of the tensors, added in fp32 in the published order."""
    import numpy as np

    total = np.float32(0)
    for name in sorted(sums, key=_place):
        total += np.float32(sums[name])
    return float(total)


def _place(name: str) -> tuple:
    module = name.rpartition(".")[0]
    match = re.fullmatch(r"model\.layers\.(\d+)\.(.+)", module)
    if match and match[2] in _LAYER_ORDER:
        return int(match[1]), _LAYER_ORDER.index(match[2]), name
    return _OUTER_ORDER.get(module, 10**7), 0, name


def check_naive_sum(sums: dict[str, float]) -> float:
    """The sum; raises `UserError` where it is not Alpaca-7B's."""
    total = naive_sum(sums)
    if not abs(total - ALPACA_7B_SUM) <= TOLERANCE:  # NaN fails, too
        raise UserError(
            f"the recovered weights add up to {total:.4f}, those of Alpaca-7B to {ALPACA_7B_SUM}: the "
            "raw model is not the one that the difference was made from, or a file is damaged "
            "(--check_integrity_naively False skips this check)."
        )
    return total

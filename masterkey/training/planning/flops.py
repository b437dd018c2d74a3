"""Floating-point operations that a decoder's training needs, for model FLOPs utilisation (MFU).

MFU is what the model needs divided by what the devices could have done in the time (PaLM,
arXiv 2204.02311, appendix B). What is needed: a multiplication and an addition for each weight of a
matrix and token, twice more in the backward pass; and attention of each row over its own length,
counted over the full square as PaLM, nanoGPT and llm-foundry do, although a causal kernel may skip
half. Not counted: padding, layers run again by activation checkpointing, embeddings' look-up, norms,
the optimizer; and LoRA's own small matrices. The LM head counts where it is applied: on answers.
"""

from dataclasses import dataclass

from masterkey.weights.layer_windows import layer_windows


@dataclass(frozen=True)
class DecoderSize:
    """What the operations of a decoder depend on."""

    matrix_weights: int  # of all layers, that one token is multiplied with; without the LM head
    head_weights: int
    attention_width: int  # heads x their dimension
    windows: tuple[int | None, ...]  # of each layer: tokens that a token sees at most

    def attention_products(self, length: int) -> int:
        """Products of a query's and a key's width, and of a weight and a value's, over all layers."""
        spans = (length if window is None else min(window, length) for window in self.windows)
        return 2 * self.attention_width * length * sum(spans)


def training_flops(
    config, lengths: list[int], n_head_positions: int, trainable: str = "all"
) -> float:
    """Operations of one forward and backward pass over rows of `lengths` tokens.

    `config`: of the Hugging Face model. `n_head_positions`: tokens that the LM head is applied to.
    `trainable`: "all", or "adapters" where the matrices are frozen: their gradients are not computed.
    """
    if trainable not in ("all", "adapters"):
        raise ValueError(f"trainable={trainable!r}: all or adapters")
    size = _size_of(config)
    per_weight = 6 if trainable == "all" else 4
    matrices = size.matrix_weights * sum(lengths) + size.head_weights * n_head_positions
    attention = sum(size.attention_products(length) for length in lengths)
    return float(per_weight * matrices + 6 * attention)


def decoder_size(config) -> DecoderSize:
    """Sizes counted on the model itself, built without its data; any architecture with layers."""
    import torch
    from transformers.pytorch_utils import Conv1D

    from masterkey.training.planning.activations import meta_model

    text = config.get_text_config()
    model = meta_model(config, "float32")
    head = model.get_output_embeddings()
    matrices = 0
    for module in model.modules():
        if isinstance(module, torch.nn.Linear | Conv1D) and module is not head:
            matrices += module.weight.numel()
        # Mixtures of experts keep their matrices in stacks; a token meets a few of them. The layers of
        # convolution between those of attention (LFM2) have three dimensions, too.
        for weight in module._parameters.values():
            if weight is not None and weight.dim() == 3:
                is_stack = not isinstance(module, torch.nn.Conv1d)
                share = text.num_experts_per_tok / weight.shape[0] if is_stack else 1
                matrices += round(weight.numel() * share)
    n_heads = getattr(text, "num_attention_heads", 0)  # none in Mamba
    head_width = getattr(text, "head_dim", None) or text.hidden_size // max(n_heads, 1)
    return DecoderSize(
        matrix_weights=matrices,
        head_weights=head.weight.numel(),
        attention_width=n_heads * head_width,
        windows=layer_windows(text),
    )


# By identity: this is asked for at every step, and comparing configurations takes milliseconds.
_SIZES: dict[int, tuple[object, DecoderSize]] = {}


def _size_of(config) -> DecoderSize:
    if id(config) not in _SIZES:
        _SIZES[id(config)] = (
            config,
            decoder_size(config),
        )  # the config is kept, so its id is its own
    return _SIZES[id(config)][1]

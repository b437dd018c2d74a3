"""Activation checkpointing: which layers compute their activations anew in the backward pass, and which of them."""

import functools


def recompute_every(model, n: int) -> None:
    """With activation checkpointing on: recompute only every n-th layer in the backward pass."""
    for i, layer in enumerate(_layers(model)):
        layer.gradient_checkpointing = layer.gradient_checkpointing and i % n == 0


def keep_products(model) -> None:
    """With activation checkpointing on: recompute all of a layer but its attention and matrix products.

    For a CPU, where these are most of the time. What they give is a fifth of a layer's activations.
    """
    from torch.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts

    contexts = functools.partial(create_selective_checkpoint_contexts, _policy)
    for layer in _layers(model):
        layer._gradient_checkpointing_func = functools.partial(
            checkpoint, use_reentrant=False, context_fn=contexts
        )


def _layers(model) -> list:
    from transformers.modeling_layers import GradientCheckpointingLayer

    return [part for part in model.modules() if isinstance(part, GradientCheckpointingLayer)]


# Products with fewer terms, those of adapters' second matrices, take less time than they take memory.
_MANY_TERMS = 64


def is_kept(operation, arguments) -> bool:
    """Whether `keep_products` keeps what this operation gives (one of torch.ops.aten's)."""
    import torch

    aten = torch.ops.aten
    if operation in (aten.mm.default, aten.addmm.default):
        return arguments[-2].shape[1] >= _MANY_TERMS
    return operation is aten._scaled_dot_product_flash_attention_for_cpu.default


def _policy(context, operation, *arguments, **keywords):
    from torch.utils.checkpoint import CheckpointPolicy

    kept = is_kept(operation, arguments)
    return CheckpointPolicy.MUST_SAVE if kept else CheckpointPolicy.PREFER_RECOMPUTE

"""The model that train.py trains: loaded or new, with the answers' loss, packing and adapters."""


def model_to_train(own, training, tokenizer):
    """(The model of `--model_name_or_path` or `--config_name`, its `PackedAttention` or None).

    `own` are train.py's OwnArguments. The answers' loss is put in before adapters and sharding wrap
    the model (see `masterkey.training.loss`). None: rows are padded.
    """
    from masterkey.training.adapters import add_adapter
    from masterkey.training.batches.attention import choose_packed_attention
    from masterkey.training.compilation import compile_layers
    from masterkey.training.loss import refuse_unlike_loss, use_answer_loss
    from masterkey.weights.checkpoints import refuse_short_context

    model = _base_model(own, training, tokenizer)
    refuse_short_context(model.config, own.model_max_length)
    refuse_unlike_loss(model.config)
    refusals = []
    packed_attention = choose_packed_attention(
        training.device.type,
        _arithmetic_type(own, training),
        model.config,
        own.packing,
        own.attn_implementation,
        refusals,
    )
    if refusals and not packed_attention and training.process_index == 0:
        print(f"Rows are not packed ({'; '.join(refusals)}).", flush=True)
    if packed_attention or own.attn_implementation:
        model.set_attn_implementation(
            packed_attention.implementation if packed_attention else own.attn_implementation
        )
    use_answer_loss(model, own.loss_chunk_size)
    if own.lora_r:
        model = add_adapter(model, own)
    if training.torch_compile:
        compile_layers(model, training.torch_compile_backend, training.torch_compile_mode)
    return model, packed_attention


def _arithmetic_type(own, training):
    import torch

    if training.fp16:
        return torch.float16
    return torch.bfloat16 if training.bf16 else getattr(torch, own.dtype)


def _base_model(own, training, tokenizer):
    from masterkey.training.adapters import load_quantized_base
    from masterkey.weights.checkpoints import load_model, new_model

    if own.load_in_4bit:
        return load_quantized_base(own.model_name_or_path)
    if own.model_name_or_path:
        return load_model(own.model_name_or_path, own.dtype)
    return new_model(own.config_name, tokenizer, training.seed, own.dtype)


def recompute_every(model, n: int) -> None:
    """With activation checkpointing on: recompute only every n-th layer in the backward pass."""
    from transformers.modeling_layers import GradientCheckpointingLayer

    layers = [part for part in model.modules() if isinstance(part, GradientCheckpointingLayer)]
    for i, layer in enumerate(layers):
        layer.gradient_checkpointing = layer.gradient_checkpointing and i % n == 0

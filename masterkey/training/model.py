"""The model that train.py trains: loaded or new, with the answers' loss, packing and adapters."""

from masterkey.training.flags.arguments import ModelArguments, OwnArguments


def model_to_train(own: OwnArguments, training, tokenizer):
    """(The model of `--model_name_or_path` or `--config_name`, its `PackedAttention` or None).

    The answers' loss is put in before adapters and sharding wrap the model (see
    `masterkey.training.loss`). None: rows are padded.
    """
    from masterkey.training.adapters import add_adapter
    from masterkey.training.compilation import compile_layers
    from masterkey.training.lean_layers.installing import use_lean_layers
    from masterkey.training.loss import refuse_unlike_loss, use_answer_loss
    from masterkey.weights.context import refuse_short_context
    from masterkey.weights.token_ids import fit_special_tokens

    model = _base_model(own, own.load_in_4bit, tokenizer, training.seed)
    fit_special_tokens(tokenizer, model, own.tokenizer_name or own.model_name_or_path)
    refuse_short_context(model.config, own.model_max_length)
    refuse_unlike_loss(model.config)
    packed_attention = _set_attention(model, training, own, own.packing, own.model_max_length)
    use_answer_loss(model, own.loss_chunk_size)
    if own.lora_r:
        model = add_adapter(model, own)
        if computes_leanly(training, own) and not packed_attention:
            use_lean_layers(model)
    if training.torch_compile:
        compile_layers(model, training.torch_compile_backend, training.torch_compile_mode)
    return model, packed_attention


def computes_leanly(training, own: OwnArguments) -> bool:
    """Whether this run's layers may be computed by `masterkey.training.lean_layers`."""
    other = training.torch_compile or training.fsdp or training.deepspeed or own.load_in_4bit
    plain = _arithmetic_type(training, own.dtype).itemsize == 4
    return training.device.type == "cpu" and plain and not other


def _base_model(names: ModelArguments, in_4bit: bool, tokenizer, seed: int):
    from masterkey.training.adapters import load_quantized_base
    from masterkey.weights.checkpoints import load_model, new_model

    if in_4bit:
        return load_quantized_base(names.model_name_or_path)
    if names.model_name_or_path:
        return load_model(names.model_name_or_path, names.dtype)
    return new_model(names.config_name, tokenizer, seed, names.dtype)


def _set_attention(model, training, wishes: ModelArguments, packing: str, longest: int):
    """Have `model` use the attention that packs rows, which is returned, or else the one wished for."""
    from masterkey.training.batches.attention import (
        choose_packed_attention,
        windows_of_padded_rows,
    )

    wish = wishes.attn_implementation
    run = (training.device.type, _arithmetic_type(training, wishes.dtype), model.config)
    choice = choose_packed_attention(*run, packing, wish)
    if choice.refusals and not choice.attention and training.process_index == 0:
        print(f"Rows are not packed ({'; '.join(choice.refusals)}).", flush=True)
    if choice.attention:
        model.set_attn_implementation(choice.attention.implementation)
    elif implementation := wish or windows_of_padded_rows(*run, longest):
        model.set_attn_implementation(implementation)
    return choice.attention


def _arithmetic_type(training, weights_dtype: str):
    import torch

    if training.fp16:
        return torch.float16
    return torch.bfloat16 if training.bf16 else getattr(torch, weights_dtype)

"""Configurations of tiny language models of many families, and checkpoints of them with random weights."""

from pathlib import Path

VOCABULARY = 300
IDS = {
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 2,
}  # of tests/conftest.py's byte_tokenizer
_SMALL = {
    **{"vocab_size": VOCABULARY, "hidden_size": 32, "num_hidden_layers": 2},
    **{"num_attention_heads": 2, "max_position_embeddings": 512, **IDS},
}
_GATED = {**_SMALL, "num_key_value_heads": 2, "intermediate_size": 48}
_GPT = {
    "vocab_size": VOCABULARY,
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 2,
    "n_positions": 512,
    **IDS,
}
FAMILIES = {
    "llama": _GATED,
    "mistral": _GATED,
    "mixtral": {**_GATED, "num_local_experts": 2},
    "qwen2": _GATED,
    "qwen3": {**_GATED, "head_dim": 16},
    "gemma": {**_GATED, "head_dim": 16},
    "gemma2": {**_GATED, "head_dim": 16},
    "gemma3_text": {**_GATED, "head_dim": 16},
    "phi": _GATED,
    "phi3": _GATED,
    "opt": {**_SMALL, "ffn_dim": 48, "word_embed_proj_dim": 32, "dropout": 0.0},
    "gpt2": _GPT,
    "gpt_neox": {**_SMALL, "intermediate_size": 48},
    "gptj": {**_GPT, "rotary_dim": 8},
    "falcon": _SMALL,
    "bloom": {"vocab_size": VOCABULARY, "hidden_size": 32, "n_layer": 2, "n_head": 2, **IDS},
    "mpt": {
        "vocab_size": VOCABULARY,
        "d_model": 32,
        "n_layers": 2,
        "n_heads": 2,
        "max_seq_len": 512,
        **IDS,
    },
    "starcoder2": _GATED,
    "olmo2": _GATED,
    "stablelm": _GATED,
    "cohere": _GATED,
    "granite": _GATED,
    "gpt_oss": {**_GATED, "head_dim": 16, "num_local_experts": 2, "num_experts_per_tok": 1},
}


def new_config(family: str, **changes):
    from transformers import AutoConfig

    return AutoConfig.for_model(family, **{**FAMILIES[family], **changes})


def new_model(family: str, seed: int = 0, **changes):
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_config(new_config(family, **changes)).eval()


def save_checkpoint(family: str, folder: Path, tokenizer=None, seed: int = 0, **changes) -> Path:
    """A folder with weights and config.json of a new model, and the tokenizer where one is given."""
    from masterkey.weights.loader_settings import quiet_transformers

    with quiet_transformers():
        new_model(family, seed, **changes).save_pretrained(folder)
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)
    return folder

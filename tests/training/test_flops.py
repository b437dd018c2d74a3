"""Operations and devices: counted ones against PyTorch's own counter."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    OPTConfig,
    Qwen2Config,
)

from masterkey.training.planning.flops import decoder_size, training_flops
from masterkey.training.planning.gpus import known_device, peak_flops

LLAMA = {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
CONFIGS = {
    "llama": LlamaConfig(**LLAMA),
    "mistral": MistralConfig(**LLAMA, sliding_window=None),
    "qwen2": Qwen2Config(**LLAMA),
    "opt": OPTConfig(
        vocab_size=512,
        hidden_size=64,
        ffn_dim=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        word_embed_proj_dim=64,
    ),
    "gpt2": GPT2Config(vocab_size=512, n_embd=64, n_layer=3, n_head=4),
}
# Rotary tables are made by a matrix product, too; nothing else is beside what is counted.
TOLERANCE = 0.002


def counted(config, length: int, n_head_positions: int, adapters: bool = False) -> float:
    """What PyTorch counts in a forward and backward pass with the LM head on some positions."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    inputs = model.get_input_embeddings()(torch.arange(length)[None] % config.vocab_size)
    if adapters:  # as LoRA does: frozen matrices, but gradients with regard to all activations
        model.requires_grad_(False)
        inputs = inputs.detach().requires_grad_()
    counter = FlopCounterMode(display=False)
    with counter:
        hidden = model.get_decoder()(inputs_embeds=inputs, use_cache=False).last_hidden_state
        model.get_output_embeddings()(hidden[:, :n_head_positions]).sum().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("name", CONFIGS)
def test_flops_are_those_that_pytorch_counts(name):
    expected = counted(CONFIGS[name], length=96, n_head_positions=40)
    assert training_flops(CONFIGS[name], [96], 40) == pytest.approx(expected, rel=TOLERANCE)


def test_frozen_matrices_need_no_gradients_of_their_own():
    expected = counted(CONFIGS["llama"], length=96, n_head_positions=40, adapters=True)
    flops = training_flops(CONFIGS["llama"], [96], 40, "adapters")
    assert flops == pytest.approx(expected, rel=TOLERANCE)


def test_rows_attend_to_themselves_only():
    config = CONFIGS["llama"]
    assert training_flops(config, [30, 50], 20) == training_flops(config, [30], 20) + (
        training_flops(config, [50], 0)
    )
    assert training_flops(config, [80], 20) > training_flops(config, [30, 50], 20)


def test_a_sliding_window_bounds_attention():
    size = decoder_size(MistralConfig(**LLAMA, sliding_window=16))
    assert size.attention_products(64) == 2 * 64 * 64 * 16 * 3
    assert size.attention_products(8) == 2 * 64 * 8 * 8 * 3


def test_llama_7b_needs_the_published_42_9_gflop_a_token():
    # ../shared/spec/facts.md; PaLM's formula with 6.607 B matrix weights and 2,048 tokens
    assert training_flops(LlamaConfig(), [2048], 2048) / 2048 == pytest.approx(42.86e9, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "teraflops"),
    [
        ("NVIDIA H100 80GB HBM3", 989.4),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA H100 NVL", 835.5),
        ("NVIDIA H200", 989.4),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA A100-PCIE-40GB", 312),
        ("NVIDIA A100 80GB PCIe", 312),
        ("NVIDIA B200", 2250),
        ("NVIDIA L4", 121),
        ("NVIDIA L40S", 362),
        ("NVIDIA A10", 125),
        ("NVIDIA GeForce RTX 3090", 71),
        ("NVIDIA GeForce RTX 4090", 165.2),
    ],
)
def test_devices_are_known_by_the_names_that_pytorch_reports(name, teraflops):
    assert peak_flops(name) == teraflops * 1e12


@pytest.mark.parametrize(
    "name",
    [
        "NVIDIA A10G",
        "NVIDIA H100 80GB HBM3 MIG 1g.10gb",
        "NVIDIA GeForce RTX 4090 Laptop GPU",
        "NVIDIA L40",
        "AMD Instinct MI300X",
    ],
)
def test_other_devices_are_not_taken_for_known_ones(name):
    assert known_device(name) is None
    assert peak_flops(name) is None


def test_a_device_without_bfloat16_units_has_no_peak_for_it():
    assert peak_flops("Tesla T4", "bfloat16") is None
    assert peak_flops("Tesla T4", "float16") == 65e12

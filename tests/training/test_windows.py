"""Attention through a sliding window in blocks (masterkey/training/batches/windows.py)."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, Gemma3TextConfig

from masterkey.training.batches.attention import SEGMENTS, windows_of_padded_rows
from masterkey.training.batches.windows import BLOCK, windowed_attention


def dense(query, key, value, left, scale):
    distance = torch.arange(query.shape[2])[:, None] - torch.arange(query.shape[2])
    return torch.nn.functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=(distance >= 0) & (distance <= left),
        scale=scale,
        enable_gqa=query.shape[1] != key.shape[1],
    )


@settings(max_examples=25, deadline=None)
@given(
    length=st.sampled_from([1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3]),
    left=st.sampled_from([0, 1, 5, BLOCK - 1, BLOCK, BLOCK + 7, 5 * BLOCK]),
    groups=st.sampled_from([1, 2, 4]),
    rows=st.integers(1, 2),
)
def test_blocks_give_what_a_dense_mask_gives(length, left, groups, rows):
    torch.manual_seed(0)
    query = torch.randn(rows, 4, length, 8, requires_grad=True)
    key, value = (torch.randn(rows, groups, length, 8, requires_grad=True) for _ in range(2))
    got = windowed_attention(query, key, value, left, scale=0.4)
    expected = dense(query, key, value, left, 0.4)
    torch.testing.assert_close(got, expected, atol=2e-5, rtol=1e-4)
    weights = torch.randn_like(got)
    torch.testing.assert_close(
        torch.autograd.grad((got * weights).sum(), (query, key, value)),
        torch.autograd.grad((expected * weights).sum(), (query, key, value)),
        atol=2e-4,
        rtol=1e-3,
    )


def a_config(**changes) -> Gemma3TextConfig:
    return Gemma3TextConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        sliding_window=20,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        pad_token_id=0,
        **changes,
    )


def test_a_models_logits_and_gradients_stay_the_same():
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(a_config(), attn_implementation="sdpa")
    ids = torch.randint(1, 64, (2, BLOCK + 30))
    found = []
    for implementation in ("sdpa", windows_of_padded_rows("cpu", torch.float32, model.config, 500)):
        model.set_attn_implementation(implementation)
        model.zero_grad()
        logits = model(input_ids=ids, use_cache=False).logits
        logits.square().mean().backward()
        found.append((logits.detach(), model.get_input_embeddings().weight.grad.clone()))
    torch.testing.assert_close(found[0], found[1], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("device", "longest", "changes", "chosen"),
    [
        ("cpu", 500, {}, SEGMENTS),
        ("cuda", 500, {}, None),  # varlen attention knows windows there
        ("cpu", 20, {}, None),  # no row is longer than the window
        ("cpu", 500, {"attn_logit_softcapping": 30.0}, None),
    ],
    ids=["a CPU", "a GPU", "short rows", "capped logits"],
)
def test_windows_are_cut_where_that_saves_something_and_is_right(device, longest, changes, chosen):
    config = a_config(**changes)
    assert windows_of_padded_rows(device, torch.float32, config, longest) == chosen


def test_a_model_without_windows_keeps_its_attention():
    config = a_config()
    config.layer_types = ["full_attention"] * 3
    assert windows_of_padded_rows("cpu", torch.float32, config, 500) is None

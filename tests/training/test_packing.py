"""Packed rows give the logits and gradients of rows alone, or packing is refused."""

import json
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.attention import varlen
from transformers import (
    AttentionInterface,
    AutoModelForCausalLM,
    BloomConfig,
    Gemma2Config,
    GPT2Config,
    GraniteConfig,
    JambaConfig,
    Lfm2Config,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    OPTConfig,
    Qwen2Config,
    Qwen3Config,
)

from masterkey.rows.encoding import IGNORED
from masterkey.scripting.command_line import UserError
from masterkey.training.batches import attention as packed_attention
from masterkey.training.batches.attention import (
    SEGMENTS,
    VARLEN,
    choose_packed_attention,
    refuse_contamination,
    register,
    segments_kernel,
)
from masterkey.training.batches.check import contamination
from masterkey.training.batches.collators import AnswerCollator
from masterkey.training.batches.packing import pack_into_bins, pack_rows
from masterkey.training.loss import use_answer_loss

SMALL = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4}
GROUPED = {**SMALL, "num_key_value_heads": 2, "intermediate_size": 24}
TOKENS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
CONFIGS = {
    "llama": LlamaConfig(**{**GROUPED, "num_key_value_heads": 4}),
    "llama, grouped heads": LlamaConfig(**GROUPED),
    "mistral, window of 4": MistralConfig(**GROUPED, sliding_window=4),
    "qwen2": Qwen2Config(**GROUPED),
    "qwen3": Qwen3Config(**GROUPED, head_dim=8),
    "granite": GraniteConfig(**GROUPED, **TOKENS, attention_multiplier=0.4),
    "gemma2": Gemma2Config(**GROUPED, head_dim=8, sliding_window=4, attn_logit_softcapping=2.0),
    "opt": OPTConfig(**SMALL, **TOKENS, ffn_dim=24, word_embed_proj_dim=16, dropout=0.0),
    "gpt2": GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=4, attn_pdrop=0.0, **TOKENS),
    "bloom": BloomConfig(vocab_size=50, hidden_size=16, n_layer=2, n_head=4, **TOKENS),
    "mamba": MambaConfig(vocab_size=50, hidden_size=16, num_hidden_layers=2, **TOKENS),
    "jamba": JambaConfig(**GROUPED, **TOKENS),
    "lfm2": Lfm2Config(**GROUPED, **TOKENS, layer_types=["full_attention", "conv"]),
}
SOFTLY_CAPPED, NO_ATTENTION = {"gemma2"}, {"bloom", "mamba", "jamba", "lfm2"}
PACKABLE = [name for name in CONFIGS if name not in SOFTLY_CAPPED | NO_ATTENTION]
ROWS = [[3, 9, 27, 11, 33, 8, 24], [22, 16], [48, 44, 32, 46, 38, 14, 42, 26, 28], [5]]


@pytest.fixture(autouse=True)
def registered():
    register()


# Filling bins, and one bin into tensors


@given(st.lists(st.integers(1, 100), max_size=60), st.integers(100, 150))
def test_each_row_is_in_one_bin_and_no_two_bins_fit_into_one(lengths, capacity):
    bins = pack_into_bins(lengths, capacity)
    filled = sorted(sum(lengths[i] for i in bin) for bin in bins)
    assert sorted(i for bin in bins for i in bin) == list(range(len(lengths)))
    assert all(tokens <= capacity for tokens in filled)
    assert len(filled) < 2 or filled[0] + filled[1] > capacity
    assert bins == pack_into_bins(lengths, capacity)


def test_a_row_goes_where_it_leaves_least_space():
    assert pack_into_bins([6, 5, 4, 3, 2], 10) == [[0, 2], [1, 3, 4]]


def test_a_row_above_the_capacity_is_refused():
    with pytest.raises(ValueError, match="Row 1 has 11 tokens, more than 10"):
        pack_into_bins([3, 11], 10)


def test_first_labels_are_ignored_and_filling_is_a_segment_without_labels():
    rows = [
        {"input_ids": [7, 8, 9], "labels": [7, 8, 9]},
        {"input_ids": [4, 5], "labels": [IGNORED, 5]},
    ]
    packed = pack_rows(rows, pad_to_multiple_of=8)
    assert packed["input_ids"].tolist() == [[7, 8, 9, 4, 5, 0, 0, 0]]
    assert packed["position_ids"].tolist() == [[0, 1, 2, 0, 1, 0, 1, 2]]
    assert packed["labels"].tolist() == [[IGNORED, 8, 9, IGNORED, 5] + [IGNORED] * 3]
    assert packed["cu_seq_lens_q"].tolist() == packed["cu_seq_lens_k"].tolist() == [0, 3, 5, 8]
    assert packed["cu_seq_lens_q"].dtype == torch.int32
    assert packed["max_length_q"] == packed["max_length_k"] == 3
    assert "attention_mask" not in packed


# Models


def new_model(name: str, implementation: str = "eager"):
    torch.manual_seed(0)
    config = CONFIGS[name]
    config.initializer_range = 0.3  # so that attention is far from uniform
    model = AutoModelForCausalLM.from_config(config, attn_implementation=implementation)
    return model.eval()


def packed_inputs(rows=ROWS, fill_to: int = 1) -> dict:
    packed = pack_rows([{"input_ids": row, "labels": row} for row in rows], fill_to)
    packed.pop("labels")
    return packed


def logits_and_gradients(model, calls: list[dict], n_tokens: int):
    """Logits of all calls in one row, and the gradients of a weighing that tells tokens apart."""
    model.zero_grad()
    logits = torch.cat([model(**call, use_cache=False).logits[0] for call in calls])[:n_tokens]
    weights = torch.cos(torch.arange(logits.numel()).reshape(logits.shape) * 0.7)
    (logits * weights).sum().backward()
    return logits.detach(), [p.grad.clone() for p in model.parameters() if p.grad is not None]


def largest_error(name: str, implementation: str, **fed) -> float:
    """Of logits and gradients, packed against each row alone through eager attention."""
    model = new_model(name)
    n_tokens = sum(map(len, ROWS))
    alone = [{"input_ids": torch.tensor([row])} for row in ROWS]
    logits, gradients = logits_and_gradients(model, alone, n_tokens)
    model.set_attn_implementation(implementation)
    assert model.config._attn_implementation == implementation
    got_logits, got = logits_and_gradients(model, [{**packed_inputs(fill_to=16), **fed}], n_tokens)
    pairs = [(got_logits, logits), *zip(got, gradients, strict=True)]
    # The gradient of the key's bias in OPT is 0, and what is left is rounding: no row sees it.
    return max(relative(a, b) for a, b in pairs if b.abs().max() > 1e-5)


def relative(got, expected) -> float:
    return float((got - expected).abs().max() / expected.abs().max())


def flash_as_documented(
    query, key, value, cu_seq_q, cu_seq_k, max_q, max_k, *, scale, window_size, enable_gqa=False
):
    """Stands in for torch's CUDA kernel: dense, and its window counted as flash-attn counts it."""
    n_groups = query.shape[1] // key.shape[1]
    assert enable_gqa == (n_groups > 1) or "enable_gqa" not in KERNEL_PARAMETERS
    assert cu_seq_q.dtype == torch.int32
    assert max_q == max_k == int(cu_seq_q.diff().max())
    key, value = (states.repeat_interleave(n_groups, dim=1) for states in (key, value))
    token = torch.arange(len(query))
    row = torch.bucketize(token, cu_seq_q[1:], right=True)
    distance = token[:, None] - token
    left, right = window_size
    seen = (row[:, None] == row) & (distance >= -right) & ((left < 0) | (distance <= left))
    scores = torch.einsum("qhd,khd->hqk", query, key) * scale
    probabilities = scores.masked_fill(~seen, float("-inf")).softmax(-1)
    return torch.einsum("hqk,khd->qhd", probabilities, value)


KERNEL_PARAMETERS = varlen.varlen_attn.__code__.co_varnames


@pytest.mark.parametrize("name", PACKABLE)
def test_packed_rows_by_segments_equal_rows_alone(name):
    assert largest_error(name, SEGMENTS) < 1e-5


@pytest.mark.parametrize("name", PACKABLE)
def test_packed_rows_by_variable_length_attention_equal_rows_alone(name, monkeypatch):
    monkeypatch.setattr(varlen, "varlen_attn", flash_as_documented)
    assert largest_error(name, VARLEN) < 1e-5


@pytest.mark.parametrize("name", ["llama", "mistral, window of 4", "qwen3", "granite", "gemma2"])
def test_packed_rows_by_eager_attention_equal_rows_alone(name):
    assert largest_error(name, "eager") < 1e-5


def one_segment(query, key, value, boundaries, longest, **settings):
    everything = boundaries[[0, -1]]
    return segments_kernel(query, key, value, everything, len(query), **settings)


@pytest.mark.parametrize("name", PACKABLE)
def test_a_kernel_without_boundaries_is_noticed(name, monkeypatch):
    monkeypatch.setattr(packed_attention, "segments_kernel", one_segment)
    register()
    assert largest_error(name, SEGMENTS) > 0.1
    assert not contamination(CONFIGS[name], SEGMENTS, "cpu", torch.float32).passed
    assert choose_packed_attention("cpu", torch.float32, CONFIGS[name]).attention is None


def windows_of_one_more(query, key, value, boundaries, longest, *, window, **settings):
    window = (window[0] + (window[0] >= 0), window[1])
    return segments_kernel(query, key, value, boundaries, longest, window=window, **settings)


def test_a_window_that_is_one_token_too_wide_is_noticed(monkeypatch):
    monkeypatch.setattr(packed_attention, "segments_kernel", windows_of_one_more)
    register()
    check = contamination(CONFIGS["mistral, window of 4"], SEGMENTS, "cpu", torch.float32)
    assert not check.passed


@pytest.mark.parametrize("n_key_heads", [4, 2])
@pytest.mark.parametrize("window", [None, 4])
def test_torchs_own_variable_length_attention_takes_what_it_is_given(n_key_heads, window):
    """Shapes and types alone, on the meta device: the kernel itself runs on CUDA only."""
    like = {"device": "meta", "dtype": torch.bfloat16, "requires_grad": True}
    query = torch.empty(1, 4, 19, 8, **like)
    key, value = (torch.empty(1, n_key_heads, 19, 8, **like) for _ in range(2))
    packed = packed_inputs()
    output, _ = AttentionInterface()[VARLEN](
        None,
        query,
        key,
        value,
        None,
        sliding_window=window,
        cu_seq_lens_q=packed["cu_seq_lens_q"].to("meta"),
        max_length_q=packed["max_length_q"],
    )
    assert output.shape == (1, 19, 4, 8)
    output.float().sum().backward()
    assert (query.grad.shape, key.grad.shape) == (query.shape, key.shape)


def test_under_autocast_packed_rows_equal_rows_alone_in_bfloat16():
    model = new_model("llama, grouped heads", SEGMENTS)
    with torch.no_grad():
        expected = torch.cat([model(input_ids=torch.tensor([row])).logits[0] for row in ROWS])
        with torch.autocast("cpu", torch.bfloat16):
            got = model(**packed_inputs(), use_cache=False).logits[0].float()
    assert relative(got, expected) < 0.05


@pytest.mark.parametrize("name", ["llama, grouped heads", "mistral, window of 4", "opt"])
@pytest.mark.parametrize("implementation", [SEGMENTS, VARLEN])
def test_padded_batches_and_generation_are_as_with_eager_attention(
    name, implementation, monkeypatch
):
    """Evaluation uses the same model; without boundaries the kernels are as any attention."""
    monkeypatch.setattr(varlen, "varlen_attn", flash_as_documented)
    model = new_model(name)
    padded = {
        "input_ids": torch.tensor([ROWS[0], ROWS[1] + [0] * 5]),
        "attention_mask": torch.tensor([[1] * 7, [1, 1, 0, 0, 0, 0, 0]]),
    }
    whole = {"input_ids": torch.tensor([ROWS[0], ROWS[2][:7]])}

    def outputs():
        with torch.no_grad():
            kept = model(**padded, use_cache=False).logits[padded["attention_mask"].bool()]
            full = model(**whole, use_cache=False).logits
        answer = model.generate(
            whole["input_ids"], max_new_tokens=8, do_sample=False, eos_token_id=None
        )
        return kept, full, answer

    kept, full, answer = outputs()
    model.set_attn_implementation(implementation)
    got_kept, got_full, got_answer = outputs()
    torch.testing.assert_close(got_kept, kept, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(got_full, full, rtol=1e-4, atol=1e-4)
    assert got_answer.tolist() == answer.tolist()


def test_a_saved_model_does_not_ask_for_our_attention(tmp_path):
    new_model("llama", SEGMENTS).save_pretrained(tmp_path)
    assert "masterkey" not in json.dumps(json.loads((tmp_path / "config.json").read_text()))


def test_packed_rows_survive_activation_checkpointing():
    model = new_model("llama", SEGMENTS).train()
    n_tokens = sum(map(len, ROWS))
    _, expected = logits_and_gradients(model, [packed_inputs()], n_tokens)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    _, got = logits_and_gradients(model, [packed_inputs()], n_tokens)
    torch.testing.assert_close(got, expected)


# Contamination


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_with_an_attention_mask_rows_see_each_other_and_are_refused(implementation):
    masked = {"attention_mask": torch.ones(1, 32, dtype=torch.long)}
    assert largest_error("llama", implementation, **masked) > 0.1
    with pytest.raises(UserError, match="was given an attention_mask"):
        refuse_contamination({**packed_inputs(), **masked, "use_cache": False})


def test_with_a_cache_rows_see_each_other_and_are_refused():
    model = new_model("llama", "sdpa")
    with torch.no_grad():
        apart = model(**packed_inputs(), use_cache=False).logits
        cached = model(**packed_inputs(), use_cache=True).logits
    assert relative(cached, apart) > 0.1
    with pytest.raises(UserError, match="use_cache=False"):
        refuse_contamination({**packed_inputs(), "use_cache": True})
    with pytest.raises(UserError, match="use_cache=False"):
        refuse_contamination(packed_inputs())


def test_what_is_not_packed_or_fed_rightly_is_not_refused_and_has_one_loss():
    model = new_model("llama", SEGMENTS)
    use_answer_loss(model, chunk_size=64)  # which refuses what is fed wrongly
    rows = [{"input_ids": row, "labels": row} for row in ROWS]
    padded = AnswerCollator(SimpleNamespace(pad_token_id=0, unk_token_id=None, eos_token_id=2))
    with torch.no_grad():
        packed_loss = model(**pack_rows(rows)).loss
        loss_with_mask = model(**padded(rows)).loss
    assert "attention_mask" in padded(rows)
    torch.testing.assert_close(packed_loss, loss_with_mask)


@pytest.mark.parametrize("implementation", [SEGMENTS, VARLEN])
def test_our_attention_takes_no_mask_beside_boundaries(implementation):
    model = new_model("llama", implementation)
    mask = torch.ones(1, sum(map(len, ROWS)), dtype=torch.long)
    mask[0, -1] = 0
    with pytest.raises(ValueError, match="no attention_mask"):
        model(**packed_inputs(), attention_mask=mask, use_cache=False)


# The choice


@pytest.mark.parametrize("name", PACKABLE)
def test_on_a_cpu_rows_are_packed_by_segments_on_request(name):
    assert choose_packed_attention("cpu", torch.float32, CONFIGS[name]).attention is None
    chosen = choose_packed_attention("cpu", torch.float32, CONFIGS[name], "true").attention
    assert chosen.implementation == SEGMENTS
    assert "packed rows differ from rows alone by" in chosen.reason


def test_packing_false_and_a_slow_wish_mean_padding():
    config = CONFIGS["llama"]
    assert choose_packed_attention("cpu", torch.float32, config, "false").attention is None
    assert choose_packed_attention("cpu", torch.float32, config, "auto", "sdpa").attention is None
    chosen = choose_packed_attention("cpu", torch.float32, config, "true", "sdpa").attention
    assert chosen.implementation == "sdpa"


def test_a_choice_says_what_else_was_tried_and_why_it_does_not_serve():
    chosen = choose_packed_attention("cpu", torch.float32, CONFIGS["gemma2"], "true")
    assert chosen.attention.implementation == "eager"
    assert chosen.refusals == [f"{SEGMENTS}: cannot cap attention logits"]


def test_soft_capping_is_packed_by_eager_attention_on_request_only():
    config = CONFIGS["gemma2"]
    assert choose_packed_attention("cpu", torch.float32, config).attention is None
    chosen = choose_packed_attention("cpu", torch.float32, config, "true").attention
    assert chosen.implementation == "eager"


@pytest.mark.parametrize("name", sorted(NO_ATTENTION))
def test_states_and_positions_that_cross_rows_are_refused(name):
    assert choose_packed_attention("cpu", torch.float32, CONFIGS[name]).attention is None
    with pytest.raises(UserError, match=rf"--packing true: {name} in float32 on cpu .*\("):
        choose_packed_attention("cpu", torch.float32, CONFIGS[name], "true")


def test_opt_with_sdpa_is_refused_because_its_mask_does_not_know_positions():
    with pytest.raises(UserError, match="sdpa: rows would see each other"):
        choose_packed_attention("cpu", torch.float32, CONFIGS["opt"], "true", "sdpa")


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (VARLEN, "needs a CUDA GPU"),
        ("flash_attention_2", "needs --bf16 True or --dtype bfloat16"),
        pytest.param("flex_attention", "not support backward on CPU", marks=pytest.mark.slow),
        ("no_such_attention", "no_such_attention"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_sentence(wish, reason):
    with pytest.raises(UserError, match=reason) as refusal:
        choose_packed_attention("cpu", torch.float32, CONFIGS["llama"], "true", wish)
    assert "\n" not in str(refusal.value)


def test_on_a_gpu_fast_attention_comes_first(monkeypatch):
    """The order alone: what each does on a GPU is checked there, at the start of the run."""
    monkeypatch.setattr("transformers.utils.is_flash_attn_2_available", lambda: True)
    monkeypatch.setattr("transformers.utils.is_flash_attn_3_available", lambda: False)
    fast, slow = packed_attention._candidates("cuda")
    assert fast == ["flash_attention_2", VARLEN, "flex_attention"]
    assert slow == [SEGMENTS, "eager"]


def test_the_check_leaves_random_numbers_and_the_configuration_as_they_were():
    config = CONFIGS["gemma2"]
    before = config.to_dict()
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    choose_packed_attention("cpu", torch.float32, config, "true")
    assert torch.equal(torch.rand(3), expected)
    assert config.to_dict() == before

"""Layers computed leanly on a CPU beside transformers' own: outputs, gradients, and who gets them."""

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

from masterkey.rows.encoding import IGNORED
from masterkey.training import threads
from masterkey.training.batches.attention import SEGMENTS, register
from masterkey.training.lean_layers.installing import use_lean_layers
from masterkey.training.lean_layers.layer import LeanLayer
from masterkey.training.loss import use_answer_loss
from masterkey.training.planning.memory import MemoryPlanner, TrainingSetup

_SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "head_dim": 16,
    "pad_token_id": None,
}
_WINDOWS = {"sliding_window": 150, "layer_types": ["sliding_attention", "full_attention"]}
_MODELS = {
    "llama": {"num_key_value_heads": 2},
    "llama, one key": {"num_key_value_heads": 1},
    "mistral": {"num_key_value_heads": 2, "sliding_window": 150},
    "qwen3": {"num_key_value_heads": 4},
    "gemma3_text": {"num_key_value_heads": 1, "query_pre_attn_scalar": 20, **_WINDOWS},
    "gemma3_text, two keys": {"num_key_value_heads": 2, **_WINDOWS},
}


def _model(name: str, **lora):
    kind, _, _ = name.partition(",")
    config = AutoConfig.for_model(kind, **_SIZES, **_MODELS[name])
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    lora = {"target_modules": "all-linear", "r": 4, "lora_alpha": 6} | lora
    register()
    model.set_attn_implementation(SEGMENTS)  # which makes no masks for windows
    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **lora))
    for weight in model.parameters():  # B is zero, and norms multiply with one, in a new model
        if weight.requires_grad or weight.dim() == 1:
            weight.data.add_(torch.randn(weight.shape), alpha=0.2)
    return model.train()


def _loss_and_gradients(model, ids, labels):
    model.zero_grad()
    if labels is None:
        logits = model(input_ids=ids, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    else:
        loss = model(input_ids=ids, labels=labels).loss
    loss.backward()
    return loss.item(), {
        name: weight.grad.clone()
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }


def _assert_same(model, plain, ids, labels=None):
    loss, gradients = _loss_and_gradients(model, ids, labels)
    expected, expected_gradients = _loss_and_gradients(plain, ids, labels)
    assert loss == pytest.approx(expected, abs=1e-5)
    assert gradients.keys() == expected_gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected_gradients[name], atol=2e-6, rtol=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", _MODELS)
@pytest.mark.parametrize("fewest_rows", [10_000, 30])
def test_losses_and_gradients_are_those_of_the_plain_layers(name, fewest_rows, monkeypatch):
    monkeypatch.setattr(threads, "FEWEST_ROWS", fewest_rows)
    plain = _model(name)
    model = copy.deepcopy(plain)
    assert use_lean_layers(model)
    calls = []
    call = LeanLayer.__call__
    monkeypatch.setattr(LeanLayer, "__call__", lambda *inputs: calls.append(1) or call(*inputs))
    for shape in (
        (2, 40),
        (1, 300),
        (1, 300),
    ):  # one block, more than one window, memory used again
        _assert_same(model, plain, torch.randint(0, 50, shape))
    assert len(calls) == 3 * 2


@pytest.mark.slow
@pytest.mark.parametrize("fewest_rows", [10_000, 30])
@pytest.mark.parametrize("name", ["llama", "mistral", "gemma3_text"])
def test_the_last_layer_gives_what_answers_need_and_the_gradients_stay(
    name, fewest_rows, monkeypatch
):
    monkeypatch.setattr(threads, "FEWEST_ROWS", fewest_rows)
    plain = _model(name)
    use_answer_loss(plain.get_base_model())
    model = copy.deepcopy(plain)
    use_answer_loss(model.get_base_model())
    assert use_lean_layers(model)
    outputs = []
    last = model.get_base_model().model.layers[-1]
    last.register_forward_hook(lambda layer, inputs, output: outputs.append(output))
    for n_rows, first in ((1, 219), (2, 0), (1, 219)):  # several rows: all is computed
        ids = torch.randint(0, 50, (n_rows, 300))
        labels = ids.clone()
        labels[:, :220] = IGNORED
        _assert_same(model, plain, ids, labels)
        assert not outputs[-1][:, :first].any()
        assert outputs[-1][:, first:].abs().sum(dim=-1).all()


def test_rows_without_answers_are_computed_whole():
    model = _model("gemma3_text")
    use_answer_loss(model.get_base_model())
    assert use_lean_layers(model)
    ids = torch.randint(0, 50, (1, 20))
    assert model(input_ids=ids, labels=torch.full_like(ids, IGNORED)).loss.item() == 0


def test_what_is_shared_out_over_threads_is_done_once_on_torchs_own_number_of_them():
    n_threads = torch.get_num_threads()
    parts = threads.parts_of(3, 23, 3)
    assert [i for part in parts for i in range(100)[part]] == list(range(3, 23))
    done = threads.at_once(lambda share: (share, torch.is_grad_enabled()), 3)
    assert done == [(share, False) for share in range(3)]
    assert torch.get_num_threads() == n_threads


def test_what_fails_on_a_thread_fails_here():
    def divide(share):
        return 1 / share

    with pytest.raises(ZeroDivisionError):
        threads.at_once(divide, 2)


def test_some_linear_layers_may_be_without_adapters():
    plain = _model("gemma3_text", target_modules=["q_proj", "v_proj", "down_proj"])
    model = copy.deepcopy(plain)
    assert use_lean_layers(model)
    _assert_same(model, plain, torch.randint(0, 50, (1, 40)))


def test_recomputing_gives_the_same():
    plain = _model("gemma3_text")
    model = copy.deepcopy(plain)
    assert use_lean_layers(model)
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.enable_input_require_grads()
    _assert_same(model, plain, torch.randint(0, 50, (1, 40)))


def test_two_passes_before_their_gradients_do_not_share_memory():
    model = _model("qwen3")
    plain = copy.deepcopy(model)
    assert use_lean_layers(model)
    ids = torch.randint(0, 50, (2, 1, 20))
    both = [
        sum(one(input_ids=part).logits.square().mean() for part in ids) for one in (model, plain)
    ]
    for loss in both:
        loss.backward()
    for own, other in zip(model.parameters(), plain.parameters(), strict=True):
        if own.requires_grad:
            torch.testing.assert_close(own.grad, other.grad, atol=2e-6, rtol=2e-4)


def test_evaluation_goes_through_the_layers_as_they_were():
    plain = _model("gemma3_text").eval()
    model = copy.deepcopy(plain)
    assert use_lean_layers(model)
    ids = torch.randint(0, 50, (2, 12))
    mask = torch.tensor([[0] * 3 + [1] * 9, [1] * 12])
    with torch.no_grad():
        own, other = (one(input_ids=ids, attention_mask=mask).logits for one in (model, plain))
    assert torch.equal(own, other)


@pytest.mark.parametrize(
    ("name", "lora"),
    [("qwen3", {"lora_dropout": 0.1}), ("llama", {"use_dora": True}), ("llama", {"bias": "all"})],
)
def test_layers_that_do_more_are_left_alone(name, lora):
    model = _model(name, **lora)
    if lora.get("bias"):
        model.get_base_model().model.layers[0].input_layernorm.weight.requires_grad_(True)
    assert not use_lean_layers(model)


def test_other_families_are_left_alone():
    config = AutoConfig.for_model("qwen2", **_SIZES, num_key_value_heads=2)
    model = AutoModelForCausalLM.from_config(config)
    lora = LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear")
    assert not use_lean_layers(get_peft_model(model, lora))


@pytest.mark.slow
def test_a_memory_plan_made_before_in_the_same_process_changes_nothing():
    plain = _model("gemma3_text")
    setup = TrainingSetup(on_cpu=True, bf16=False, lora_r=4, row_length=300)
    assert MemoryPlanner(plain.get_base_model().config).activations(setup).is_lean
    model = copy.deepcopy(plain)
    assert use_lean_layers(model)
    _assert_same(model, plain, torch.randint(0, 50, (1, 300)))

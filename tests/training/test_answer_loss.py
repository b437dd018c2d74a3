"""The chunked loss on answer positions equals the model's own, with its gradients."""

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    GPT2Config,
    GPTNeoXConfig,
    GraniteConfig,
    LlamaConfig,
    MistralConfig,
    OPTConfig,
    Qwen2Config,
    Qwen3Config,
)

from masterkey.rows.encoding import IGNORED
from masterkey.scripting.command_line import UserError
from masterkey.training import loss as answer_loss
from masterkey.training.loss import refuse_unlike_loss, use_answer_loss

SMALL = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
FEW_HEADS = {**SMALL, "num_key_value_heads": 2, "intermediate_size": 24}
CONFIGS = {
    "llama": LlamaConfig(**FEW_HEADS),
    "llama tied": LlamaConfig(**FEW_HEADS, tie_word_embeddings=True),
    "mistral": MistralConfig(**FEW_HEADS),
    "qwen2": Qwen2Config(**FEW_HEADS),
    "qwen3": Qwen3Config(**FEW_HEADS, head_dim=8),
    "gemma2": Gemma2Config(**FEW_HEADS, head_dim=8, final_logit_softcapping=0.5),
    "granite": GraniteConfig(**FEW_HEADS, logits_scaling=0.1),
    "cohere": CohereConfig(**FEW_HEADS, logit_scale=4.0),
    "opt": OPTConfig(**SMALL, ffn_dim=24, word_embed_proj_dim=16, dropout=0.0),
    "gpt2": GPT2Config(
        vocab_size=50, n_embd=16, n_layer=2, n_head=2, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0
    ),
    "gpt_neox": GPTNeoXConfig(**SMALL, intermediate_size=24),
}


def model_and_batch(config):
    config.pad_token_id = None
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.get_output_embeddings().weight.data.mul_(20)  # else a soft cap has nothing to do
    input_ids = torch.randint(4, 50, (3, 11))
    labels = input_ids.clone()
    labels[:, :5] = IGNORED
    labels[1, 8:] = IGNORED
    mask = torch.ones_like(input_ids)
    mask[1, 8:] = 0
    return model, {"input_ids": input_ids, "attention_mask": mask, "labels": labels}


def loss_and_gradients(model, batch, **more):
    model.zero_grad()
    loss = model(**batch, **more).loss
    loss.backward()
    return loss.detach(), {name: weight.grad.clone() for name, weight in model.named_parameters()}


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("chunk_size", [1, 4, 1000])
def test_loss_and_gradients_equal_the_models_own(name, chunk_size):
    model, batch = model_and_batch(CONFIGS[name])
    plain_loss, plain_gradients = loss_and_gradients(model, batch)
    use_answer_loss(model, chunk_size)
    del batch["attention_mask"]  # as in training: padding on the right is not seen
    loss, gradients = loss_and_gradients(model, batch)
    torch.testing.assert_close(loss, plain_loss, rtol=1e-5, atol=1e-6)
    for weight, gradient in gradients.items():
        torch.testing.assert_close(gradient, plain_gradients[weight], rtol=1e-4, atol=1e-6)


def test_every_family_that_is_passed_without_a_check_is_compared_here():
    assert {config.model_type for config in CONFIGS.values()} == answer_loss._COMPARED


def test_the_loss_is_divided_by_the_tokens_of_the_step_where_given():
    model, batch = model_and_batch(CONFIGS["llama"])
    use_answer_loss(model, 4)
    n_answers = int((batch["labels"][:, 1:] != IGNORED).sum())
    mean, part = model(**batch).loss, model(**batch, num_items_in_batch=10 * n_answers).loss
    torch.testing.assert_close(part, mean / 10)


def test_logits_are_never_held_for_more_than_a_chunk(monkeypatch):
    model, batch = model_and_batch(CONFIGS["llama"])
    use_answer_loss(model, 4)
    rows, calls = [], []
    plain = torch.nn.functional.cross_entropy

    def counted(logits, *more, **options):
        rows.append(len(logits))
        return plain(logits, *more, **options)

    monkeypatch.setattr(torch.nn.functional, "cross_entropy", counted)
    model.lm_head.register_forward_hook(lambda *_: calls.append(1))
    model(**batch).loss.backward()
    assert len(calls) == 1, "one gathering of sharded weights, however many chunks"
    n_answers = int((batch["labels"][:, 1:] != IGNORED).sum())
    assert max(rows) == 4
    assert sum(rows) == 2 * n_answers, "once forward, once again in the backward pass"


def test_a_wholly_masked_batch_costs_nothing_but_reaches_every_weight():
    model, batch = model_and_batch(CONFIGS["llama"])
    use_answer_loss(model, 4)
    batch["labels"] = torch.full_like(batch["labels"], IGNORED)
    loss, gradients = loss_and_gradients(model, batch)
    assert loss == 0
    assert all(gradient.abs().max() == 0 for gradient in gradients.values())
    assert gradients.keys() == dict(model.named_parameters()).keys()


def test_generation_without_labels_is_as_before():
    model, batch = model_and_batch(CONFIGS["llama"])
    before = model(input_ids=batch["input_ids"]).logits
    use_answer_loss(model, 4)
    torch.testing.assert_close(model(input_ids=batch["input_ids"]).logits, before)


def test_a_family_with_logits_of_its_own_is_refused(monkeypatch):
    monkeypatch.setattr(answer_loss, "_COMPARED", set())
    refuse_unlike_loss(CONFIGS["llama"])
    monkeypatch.setattr(answer_loss, "scaling_of", lambda config: None)
    with pytest.raises(UserError, match="Gemma2ForCausalLM: computes its logits in a way"):
        refuse_unlike_loss(CONFIGS["gemma2"])

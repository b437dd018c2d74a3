"""Rows fed as one text get what each gets as a text of its own, at the cost of what is asked alone."""

import pytest
import torch
from model_families import new_model

from masterkey.predicting.decoding.feeding import cache_for, feed
from masterkey.predicting.decoding.packed_rows import PackedRows
from masterkey.predicting.decoding.row_cache import RowCache
from masterkey.predicting.decoding.ruled_scores import RuledScores

WINDOWED = {"sliding_window": 40, "layer_types": ["sliding_attention", "full_attention"]}
MODELS = [
    ("llama", {"num_key_value_heads": 1}),
    ("mistral", {"sliding_window": 40}),
    ("gemma3_text", WINDOWED),
    ("gpt2", {}),
]


def text(n: int, seed: int = 0) -> list[int]:
    return torch.randint(3, 300, (n,), generator=torch.Generator().manual_seed(seed)).tolist()


def own_states(model, ids: list[int]):
    return model.base_model(input_ids=torch.tensor([ids])).last_hidden_state[0]


@pytest.mark.parametrize(("family", "more"), MODELS)
def test_each_row_gets_the_states_of_its_own_text_behind_blocks_of_any_length(family, more):
    """One row is longer than the queries of a call, one than the window, and one is taken back."""
    model = new_model(family, **more)
    assert cache_for(model) is PackedRows
    texts = [text(300, 1), text(70, 2), text(9, 3)]
    with torch.inference_mode():
        whole = [own_states(model, ids) for ids in texts]
        cache, held = PackedRows(model, 3), [0, 0, 0]
        for ends in ([280, 3, 5], [281, 66, 8], [300, 70, 9]):
            blocks = [ids[begin:end] for ids, begin, end in zip(texts, held, ends, strict=True)]
            asked = [[len(block) // 2, len(block) - 1] for block in blocks]
            output, starts = feed(model, cache, blocks, asked, model.base_model)
            for row, start in enumerate(starts):
                found = output.last_hidden_state[0, [start + n for n in asked[row]]]
                expected = whole[row][[held[row] + n for n in asked[row]]]
                assert torch.allclose(found, expected, atol=1e-4)
            held = [ends[0], ends[1], max(0, ends[2] - 2)]
            cache.set_lengths(held)


def test_rows_that_begin_alike_go_on_each_for_itself():
    model = new_model("llama")
    first, second = text(30) + text(5, 1), text(30) + text(7, 2)
    with torch.inference_mode():
        cache = PackedRows(model, 1)
        feed(model, cache, [first[:30]], [[]], model.base_model)
        cache.set_lengths([30])
        cache.repeat(3)
        cache.keep([0, 2])
        blocks, asked = [first[30:], second[30:]], [[4], [6]]
        output, starts = feed(model, cache, blocks, asked, model.base_model)
        for ids, start, [column] in zip((first, second), starts, asked, strict=True):
            expected = own_states(model, ids)[-1]
            assert torch.allclose(output.last_hidden_state[0, start + column], expected, atol=1e-4)


def test_the_last_layer_works_at_asked_places_alone_and_the_model_is_left_as_it_was():
    model = new_model("llama")
    seen = []
    last = model.model.layers[-1].mlp
    last.down_proj.register_forward_hook(lambda _, args, found: seen.append(found.shape[1]))
    before = model.config._attn_implementation
    with torch.inference_mode():
        feed(model, PackedRows(model, 2), [text(50), text(8)], [[49], [3, 7]], model.base_model)
        own_states(model, text(20))
    assert seen == [3, 20]
    assert model.config._attn_implementation == before
    assert not last._forward_pre_hooks
    assert not last._forward_hooks


@pytest.mark.parametrize("family", ["gemma2", "gpt_oss", "falcon"])
def test_a_model_whose_attention_is_not_to_be_exchanged_is_fed_with_padding(family):
    """Scores that are capped, sinks, and an attention of its own."""
    assert cache_for(new_model(family)) is RowCache


def test_scores_are_those_of_the_whole_head_under_the_rule_and_few_tokens_need_few():
    model, sizes = new_model("llama"), []
    allowed = [[5, 7], list(range(3, 280)), [7, 9, 20], list(range(4, 300))]
    scored = RuledScores(model, allowed, plain_head=True)
    states, rules = torch.randn(6, 32), [0, 1, 2, 3, 1, 0]
    whole = model.lm_head(states)
    answered = []
    with torch.inference_mode():
        for questions, scores, part in scored.of(states, rules):
            sizes.append(scores.shape[1])
            for question, own in zip(questions, scores, strict=True):
                rule = allowed[rules[question]]
                expected = whole[question, rule].log_softmax(-1)
                assert torch.allclose(own[part.columns(rules[question])], expected, atol=1e-5)
                assert own.exp().sum().item() == pytest.approx(1, abs=1e-5)
                assert part.token(int(own.argmax())) == rule[int(expected.argmax())]
                answered.append(question)
    assert sorted(answered) == list(range(6))
    assert sizes == [300, 4]  # the tokens 5, 7, 9 and 20


@pytest.mark.parametrize("targets", [None, ["lm_head"]])
def test_scores_follow_a_head_that_is_trained_whole_or_by_an_adapter(targets):
    """train.py asks a model between its steps (--eval_generate_rows)."""
    from peft import LoraConfig, get_peft_model

    model = new_model("llama")
    if targets:
        config = LoraConfig(r=4, target_modules=targets, init_lora_weights=False)
        model = get_peft_model(model, config).get_base_model()
    scored = RuledScores(model, [[5, 7, 9]], plain_head=True)
    states = torch.randn(1, 32)
    with torch.inference_mode():
        for _ in range(2):
            scored.take_weights()
            [(_, [own], _)] = scored.of(states, [0])
            expected = model.lm_head(states)[0, [5, 7, 9]].log_softmax(-1)
            assert torch.allclose(own, expected, atol=1e-5)
            for weight in model.lm_head.parameters():
                weight.mul_(-1.5)

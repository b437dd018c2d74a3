"""Skeleton decoding: exactly the values of a decoder that takes one token at a time, in fewer passes."""

import random
from collections import Counter
from pathlib import Path

import pytest
from reference_decoder import decode_plainly
from tokenizer_kinds import make_tokenizer

from masterkey.predicting.decoding.decoder import SkeletonDecoder, shared_beginning
from masterkey.predicting.decoding.drafts import DraftBook, Drafter
from masterkey.predicting.decoding.skeleton import CLOSED_FIELDS, make_skeleton
from masterkey.rows.encoding import encode_prompts
from masterkey.rows.prompts import build_prompt
from masterkey.rows.records import model_text, read_rows
from masterkey.scripting.command_line import UserError

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
# Less than this between two tokens, and rounding may decide: sums over other block sizes differ.
SAFE_MARGIN = 1e-5

# Tiny random models of several architectures: other positions, scaled or capped scores, windows.
ARCHITECTURES = {
    "opt": {"ffn_dim": 64, "word_embed_proj_dim": 32},
    "gpt2": {},
    "mistral": {"sliding_window": 8, "intermediate_size": 64, "num_key_value_heads": 1},
    "granite": {"logits_scaling": 4.0, "intermediate_size": 64},
    "gemma2": {
        "sliding_window": 8, "head_dim": 16, "intermediate_size": 64, "num_key_value_heads": 2,
        "final_logit_softcapping": 2.0,
    },
}  # fmt: skip
SEEDS = {"opt": 1}  # 0 for the others: seeds without two tokens all but equally probable


@pytest.fixture(scope="module")
def tokenizer():
    rows = read_rows(SAMPLE / "sii_train.json", task="sii")[:30]
    return make_tokenizer("own", [text for row in rows for text in model_text(row)])


def random_model(kind: str, tokenizer, **more):
    """A model of two layers whose weights are large enough to tell contexts apart."""
    import torch
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM

    config = CONFIG_MAPPING[kind](
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, vocab_size=len(tokenizer),
        max_position_embeddings=260, eos_token_id=tokenizer.eos_token_id, pad_token_id=2,
        **ARCHITECTURES.get(kind, {}), **more,
    )  # fmt: skip
    torch.manual_seed(SEEDS.get(kind, 0))
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6.0)
    return model


class RandomDrafter:
    """Drafts at random: what the rules allow, any token, no token at all; long and short ones."""

    def __init__(self, skeleton, seed: int, draw=random.Random):
        self._skeleton, self._chance = skeleton, draw(seed)

    def propose(self, slot: int, begun: list[int]) -> tuple[int, ...]:
        chance, rule = self._chance, self._skeleton.slots[slot].rule
        any_token = range(-1, len(self._skeleton.tokenizer) + 9)
        pool = chance.choice([rule.allowed(rule.start), self._skeleton.slots[slot].end, any_token])
        return tuple(chance.choices(pool, k=chance.choice([0, 1, 2, 9, 200])))

    def learn(self, slot: int, value: list[int]) -> None:
        pass


def random_prompts(tokenizer, lengths) -> list[list[int]]:
    chance = random.Random(0)
    return [[chance.randrange(3, len(tokenizer)) for _ in range(n)] for n in lengths]


def assert_equal(answer, reference: dict) -> None:
    assert tuple(answer.values) == tuple(reference)
    for name, expected in reference.items():
        value = answer.values[name]
        assert value.text == expected.text, name
        assert value.n_tokens == len(expected.ids), name
        assert value.reached_limit == expected.reached_limit, name
        assert value.logprob == pytest.approx(expected.logprob, abs=1e-4), name


def assert_safe(references: list[dict]) -> None:
    """Else the test would be about rounding, not about decoding."""
    assert min(value.margin for values in references for value in values.values()) > SAFE_MARGIN


@pytest.mark.slow
@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_other_architectures_get_the_references_values(kind, tokenizer):
    model = random_model(kind, tokenizer)
    skeleton = make_skeleton(tokenizer, "sii", 225, 3)
    prompts = random_prompts(tokenizer, [3, 20])
    references = [decode_plainly(model, skeleton, prompt) for prompt in prompts]
    assert_safe(references)
    assert len({str(values) for values in references}) == 2  # the model does look at its prompt
    decoder = SkeletonDecoder(model, skeleton)
    drafters = [RandomDrafter(skeleton, seed) for seed in range(2)]
    for answers in (decoder.decode(prompts), decoder.decode(prompts, drafters, 8)):
        for answer, reference in zip(answers, references, strict=True):
            assert_equal(answer, reference)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("bloom", {}),
        ("gpt_neo", {"attention_types": [[["global", "local"], 1]], "intermediate_size": 32}),
        ("mamba", {"state_size": 4}),
    ],
)
def test_an_architecture_that_cannot_take_blocks_is_refused(kind, more, tokenizer):
    model = random_model(kind, tokenizer, **more)
    with pytest.raises(UserError, match=r"does not know how to feed .* add --decoding free"):
        SkeletonDecoder(model, make_skeleton(tokenizer, "sii", 225, 3))


def test_scores_that_are_no_numbers_are_complained_of(tokenizer):
    import torch

    model = random_model("gpt2", tokenizer)
    decoder = SkeletonDecoder(model, make_skeleton(tokenizer, "mdp", 80, 8))
    with torch.no_grad():
        model.transformer.ln_f.weight.fill_(float("nan"))
    with pytest.raises(
        UserError, match=r"no numbers .* its weights are damaged; fetch or train them anew"
    ):
        decoder.decode([[5, 6]])


def test_a_prompt_that_fills_the_context_is_answered_beside_short_ones(tokenizer):
    """OPT's table of positions has no row for the padding behind the context's end."""
    model = random_model("opt", tokenizer)
    skeleton = make_skeleton(tokenizer, "mdp", 80, 20)
    prompts = random_prompts(tokenizer, [180, 4])
    drafters = [RandomDrafter(skeleton, seed) for seed in range(2)]
    long, short = SkeletonDecoder(model, skeleton).decode(prompts, drafters, 48)
    assert_equal(long, decode_plainly(model, skeleton, prompts[0]))
    assert_equal(short, decode_plainly(model, skeleton, prompts[1]))


def test_probabilities_of_closed_values_are_told_apart_as_far_as_the_way_taken_does():
    from masterkey.predicting.decoding.choosing import Choice
    from masterkey.predicting.decoding.decoder import _alternatives
    from masterkey.predicting.decoding.token_rules import OneOf

    rule = OneOf({"nip": [1, 2, 9], "pin": [1, 3, 4, 9], "pen": [1, 3, 5, 9], "Unknown": [6, 9]})
    at_first = (0, Choice(1, 0.0, {1: 0.8, 6: 0.2}))
    then = (rule.step(0, 1), Choice(2, 0.0, {2: 0.5, 3: 0.5}))
    found = _alternatives(rule, [at_first, then])
    assert found == pytest.approx({"nip": 0.4, "pin / pen": 0.4, "Unknown": 0.2})


# From here on: the model that was trained in this session.


@pytest.fixture(scope="module")
def skeleton(trained):
    return make_skeleton(trained.tokenizer, "sii", 320, 24)


@pytest.fixture(scope="module")
def prompts(trained):
    """Of unseen papers, from a few tokens to the whole: mixed lengths."""
    papers = [
        build_prompt("alpaca", row.instruction, row.input[: 10 + 17 * (number % 8)])
        for number, row in enumerate(trained.papers[:16])
    ]
    return [p.ids for p in encode_prompts(trained.tokenizer, papers, [300] * len(papers))]


@pytest.fixture(scope="module")
def references(trained, skeleton, prompts):
    found = [decode_plainly(trained.model, skeleton, prompt) for prompt in prompts]
    assert_safe(found)
    return found


@pytest.fixture(scope="module")
def decoder(trained, skeleton):
    return SkeletonDecoder(trained.model, skeleton)


def make_drafters(how: str, trained, skeleton, prompts):
    if how == "random":
        return [RandomDrafter(skeleton, seed) for seed in range(len(prompts))]
    training = trained.training if how == "training" else []
    return DraftBook(skeleton, training).drafters(trained.papers[: len(prompts)], prompts)


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 3, 16])
@pytest.mark.parametrize(
    ("how", "draft_tokens"),
    [(None, 0), ("own words", 8), ("training", 8), ("training", 48), ("random", 48)],
)
def test_values_are_exactly_those_of_one_token_at_a_time(
    batch_size, how, draft_tokens, trained, skeleton, prompts, references, decoder
):
    prompts = prompts[: 6 if batch_size == 1 else None]
    drafters = make_drafters(how, trained, skeleton, prompts) if how else None
    for start in range(0, len(prompts), batch_size):
        some = slice(start, start + batch_size)
        answers = decoder.decode(prompts[some], drafters and drafters[some], draft_tokens)
        for answer, reference in zip(answers, references[some], strict=True):
            assert_equal(answer, reference)
            assert sum(slot_tokens(skeleton, reference)) == answer.n_tokens


def slot_tokens(skeleton, reference) -> list[int]:
    return [len(slot.before) + len(reference[slot.name].ids) for slot in skeleton.slots]


@pytest.mark.slow
def test_the_models_answers_depend_on_the_paper(references):
    """Else the equality above would be one of recited answers."""
    texts = [tuple(value.text for value in values.values()) for values in references]
    assert len(set(texts)) >= 8


@pytest.mark.slow
def test_drafts_save_passes(trained, skeleton, prompts, decoder):
    plain = decoder.decode(prompts)
    passes = {None: sum(answer.n_passes for answer in plain)}
    for how in ("own words", "training"):
        drafters = make_drafters(how, trained, skeleton, prompts)
        drafted = decoder.decode(prompts, drafters, 48)
        passes[how] = sum(answer.n_passes for answer in drafted)
        assert sum(answer.n_tokens for answer in drafted) > passes[how]
    # Names come as blocks even without drafts.
    assert sum(answer.n_tokens for answer in plain) > passes[None]
    assert passes["training"] < passes["own words"] < passes[None]
    assert passes["training"] < passes[None] / 2


@pytest.mark.slow
def test_a_draft_of_the_answer_itself_takes_few_passes(
    trained, skeleton, prompts, references, decoder
):
    class Prophet:
        def __init__(self, reference):
            self.values = [reference[slot.name].ids for slot in skeleton.slots]

        def propose(self, slot, begun):
            return tuple(self.values[slot][len(begun) :])

        def learn(self, slot, value):
            pass

    prophets = [Prophet(reference) for reference in references]
    answers = decoder.decode(prompts, prophets, 1000)
    limits = [sum(v.reached_limit for v in reference.values()) for reference in references]
    for answer, reference, n_cut in zip(answers, references, limits, strict=True):
        assert_equal(answer, reference)
        assert answer.n_passes <= 2 + n_cut  # one for the shared beginning


@pytest.mark.slow
def test_finished_rows_leave_the_batch(trained, skeleton, prompts, decoder, monkeypatch):
    sizes, inputs = [], decoder.chooser.cache.inputs

    def counted(self, blocks, asked):
        sizes.append(len(blocks))
        return inputs(self, blocks, asked)

    monkeypatch.setattr(decoder.chooser.cache, "inputs", counted)
    answers = decoder.decode(prompts)
    assert sizes.pop(0) == 1  # the beginning that all prompts share, once for all
    assert sizes == [
        sum(answer.n_passes - 1 > number for answer in answers) for number in range(len(sizes))
    ]
    assert sizes[0] == 16 > sizes[-1]


def test_only_a_beginning_that_all_prompts_share_and_that_pays_is_computed_once():
    begun = list(range(20))
    assert shared_beginning([[*begun, 30, 31], [*begun, 40]]) == begun
    assert shared_beginning([begun, begun]) == begun[:-1]  # something must be left to feed
    assert shared_beginning([[*begun, 30], [0, *begun]]) == []
    assert shared_beginning([[*begun, 30], [*begun, *[7] * 300]]) == []  # long prompts
    assert shared_beginning([begun]) == []


@pytest.mark.slow
def test_an_answer_does_not_depend_on_its_batch_mates(trained, skeleton, prompts, decoder):
    alone = [decoder.decode([prompt])[0] for prompt in prompts]
    mates = random.Random(1).sample(range(16), 16)
    for number, answer in zip(mates, decoder.decode([prompts[i] for i in mates]), strict=True):
        texts = [value.text for value in answer.values.values()]
        assert texts == [value.text for value in alone[number].values.values()]
        assert answer.n_passes == alone[number].n_passes + 1  # for the shared beginning


@pytest.mark.slow
def test_alternatives_of_closed_fields_sum_to_one_and_hold_the_chosen_value(prompts, decoder):
    for answer in decoder.decode(prompts[:4]):
        for name, value in answer.values.items():
            assert (value.alternatives is not None) == (name in CLOSED_FIELDS)
            if value.alternatives:
                assert sum(value.alternatives.values()) == pytest.approx(1, abs=1e-5)
                assert value.text == max(value.alternatives, key=value.alternatives.get)
                assert set(value.alternatives) <= set(CLOSED_FIELDS[name])


@pytest.mark.slow
def test_short_limits_and_free_fields_too_are_as_the_reference_says(trained, prompts):
    skeleton = make_skeleton(trained.tokenizer, "sii", 320, 2, restricted=False)
    drafters = DraftBook(skeleton, trained.training).drafters(trained.papers[:3], prompts[:3])
    answers = SkeletonDecoder(trained.model, skeleton).decode(prompts[:3], drafters, 48)
    references = [decode_plainly(trained.model, skeleton, prompt) for prompt in prompts[:3]]
    assert_safe(references)
    for answer, reference in zip(answers, references, strict=True):
        assert_equal(answer, reference)
    assert any(value.reached_limit for answer in answers for value in answer.values.values())


def test_a_drafter_forgets_rare_values_before_they_are_too_many():
    written = [Counter()]
    drafter = Drafter([], written)
    for number in range(5000):
        drafter.learn(0, [number, 9])
        drafter.learn(0, [1, 2, 9])
    assert len(written[0]) <= 256
    assert drafter.propose(0, []) == (1, 2, 9)
    assert drafter.propose(0, [1]) == (2, 9)


def test_a_drafter_without_values_goes_on_as_the_paper_does():
    drafter = Drafter([5, 6, 7, 5, 6, 8, 9], [Counter()])
    assert drafter.propose(0, []) == ()
    assert drafter.propose(0, [4, 5]) == (6, 7, 5, 6, 8, 9)
    assert drafter.propose(0, [6, 8]) == (9,)
    assert drafter.propose(0, [3]) == ()

"""Skeletons under several kinds of tokenizers: whatever is chosen under the rules is a whole answer."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizer_kinds import KINDS, make_tokenizer, merging_tokenizer

from masterkey.predicting.decoding.skeleton import (
    CLOSED_FIELDS,
    NUMBER_CHARACTERS,
    NUMBER_FIELDS,
    make_skeleton,
)
from masterkey.predicting.decoding.token_rules import END
from masterkey.rows.encoding import plain_ids
from masterkey.rows.records import model_text, read_rows
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
PARSERS = {"sii": schema.parse_sii_answer, "mdp": schema.parse_mdp_answer}
FIELDS = {"sii": schema.SII_FIELDS, "mdp": schema.MDP_TARGETS}
CLOSED = {name: options[0] for name, options in CLOSED_FIELDS.items()}
ROOM = {"sii": 900, "mdp": 120}


def sample_rows(task: str, n: int = 40):
    return read_rows(SAMPLE / f"{task}_train.json", task=task)[:n]


@pytest.fixture(scope="module")
def texts():
    return [text for task in PARSERS for row in sample_rows(task) for text in model_text(row)]


@pytest.fixture(scope="module")
def tokenizers(texts):
    return {kind: make_tokenizer(kind, texts) for kind in KINDS}


@pytest.fixture(scope="module")
def skeletons(tokenizers):
    """(kind, task, restricted) → skeleton."""
    return {
        (kind, task, restricted): make_skeleton(
            tokenizer, task, ROOM[task], 8, restricted=restricted
        )
        for kind, tokenizer in tokenizers.items()
        for task in PARSERS
        for restricted in (True, False)
    }


def walk(skeleton, choose) -> tuple[dict[str, str], list[int]]:
    """Values and ids of an answer whose tokens `choose(ids that may follow)` picks."""
    values, ids = {}, []
    for place, slot in enumerate(skeleton.slots):
        ids += slot.before
        limit = skeleton.value_limit(place, len(ids))
        state, value = slot.rule.start, []
        while state != END and (len(value) < limit or len(slot.rule.allowed(state)) == 1):
            value.append(choose(slot.rule.allowed(state)))
            state = slot.rule.step(state, value[-1])
        value += [] if state == END else slot.end
        values[slot.name] = skeleton.value_text(place, value)
        ids += value
    return values, ids


def chooser(skeleton, how: str, seed: int):
    """Picks at random: any token, one that ends nothing, or one without a letter or digit."""
    chance, tokenizer = random.Random(seed), skeleton.tokenizer
    ends = skeleton.line_ends | {tokenizer.eos_token_id}

    def suits(token: int) -> bool:
        return token not in ends and (
            how == "endless" or not any(map(str.isalnum, tokenizer.decode([token])))
        )

    def choose(allowed: list[int]) -> int:
        some = chance.choices(allowed, k=60) if how != "any" else ()
        return next(filter(suits, some), chance.choice(allowed))

    return choose


@pytest.mark.slow
@pytest.mark.parametrize("task", PARSERS)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(st.booleans(), st.sampled_from(["any", "endless", "odd"]), st.integers(0, 2**32))
def test_whatever_is_chosen_under_the_rules_parses(skeletons, kind, task, restricted, how, seed):
    skeleton = skeletons[kind, task, restricted]
    values, ids = walk(skeleton, chooser(skeleton, how, seed))
    parsed = PARSERS[task](skeleton.answer(values))
    assert tuple(parsed) == FIELDS[task]
    assert parsed == values
    assert len(ids) <= skeleton.max_tokens
    if task == "mdp":
        assert None not in schema.target_numbers(parsed).values()
    elif restricted:
        for name, options in CLOSED_FIELDS.items():
            assert parsed[name] in options
        for name in NUMBER_FIELDS:
            assert set(parsed[name]) <= set(NUMBER_CHARACTERS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("most", [1, 3, 64])
@pytest.mark.parametrize("task", PARSERS)
def test_the_longest_values_fit_into_the_least_room(tokenizers, kind, most, task):
    with pytest.raises(
        UserError, match=r"--max_new_tokens 20: .* need [0-9]+ tokens; raise"
    ) as error:
        make_skeleton(tokenizers[kind], task, 20, most)
    least = int(str(error.value).split(" need ")[1].split()[0])
    with pytest.raises(UserError):
        make_skeleton(tokenizers[kind], task, least - 1, most)
    for room in (least, least + 1, least + 25):
        skeleton = make_skeleton(tokenizers[kind], task, room, most)
        values, ids = walk(skeleton, chooser(skeleton, "endless", seed=room))
        assert len(ids) <= room
        assert all(
            values[name] in options for name, options in CLOSED_FIELDS.items() if task == "sii"
        )
        if task == "mdp":
            assert None not in schema.target_numbers(values).values()


@pytest.mark.parametrize("task", PARSERS)
@pytest.mark.parametrize("kind", KINDS)
def test_split_gives_back_the_values_of_training_answers(skeletons, kind, task):
    for row in sample_rows(task):
        assert_split_inverts(skeletons[kind, task, True], PARSERS[task](row.output))


def assert_split_inverts(skeleton, values: dict[str, str]) -> None:
    ids = plain_ids(skeleton.tokenizer, [skeleton.answer(values)])[0]
    segments = skeleton.split([*ids, skeleton.tokenizer.eos_token_id])
    texts = [skeleton.value_text(place, segment) for place, segment in enumerate(segments)]
    assert dict(zip(FIELDS[skeleton.task], texts, strict=True)) == values


# What device values hold: names, formulas, separators, other scripts; also at the values' ends.
VALUE = st.text("aZ0 9.-_|>;:()[]{}'\"/%+,µ°β²中\u2028\u0085🙂", max_size=12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(st.lists(VALUE, min_size=31, max_size=31))
def test_split_gives_back_any_values_or_says_that_it_cannot(skeletons, kind, values):
    skeleton = skeletons[kind, "sii", True]
    fields = {
        name: value.strip().rstrip(", ").strip()
        for name, value in zip(schema.SII_FIELDS, values, strict=True)
    }
    ids = plain_ids(skeleton.tokenizer, [skeleton.answer(fields)])[0]
    if skeleton.split([*ids, skeleton.tokenizer.eos_token_id]) is not None:
        assert_split_inverts(skeleton, fields)


@pytest.mark.parametrize("kind", KINDS)
def test_split_refuses_what_has_another_form(skeletons, kind):
    skeleton = skeletons[kind, "sii", True]
    answer = skeleton.answer(dict.fromkeys(schema.SII_FIELDS, "none"))
    eos = skeleton.tokenizer.eos_token_id
    for text in (
        "", "Module: FALSE", answer + ",\n X: y", answer[:-30],
        answer.replace("ETL_stack_sequence", "ETL_stack"),
    ):  # fmt: skip
        assert skeleton.split([*plain_ids(skeleton.tokenizer, [text])[0], eos]) is None
    assert skeleton.split(plain_ids(skeleton.tokenizer, [answer])[0]) is None  # no EOS


@pytest.mark.parametrize("kind", KINDS)
def test_a_newline_inside_a_value_breaks_the_form_or_the_rules(skeletons, kind):
    skeleton = skeletons[kind, "sii", True]
    answer = skeleton.answer(dict.fromkeys(schema.SII_FIELDS, "none")).replace("none", "a\nb", 1)
    ids = plain_ids(skeleton.tokenizer, [answer])[0]
    segments = skeleton.split([*ids, skeleton.tokenizer.eos_token_id])
    assert segments is None or follows_rule(skeleton.slots[0].rule, segments[0]) != END


def follows_rule(rule, ids: list[int]) -> int | None:
    """The state behind `ids`; None where one of them is not allowed."""
    state = rule.start
    for token in ids:
        if state == END or not rule.allows(state, token):
            return None
        state = rule.step(state, token)
    return state


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_may_end_in_a_bracket_though_its_tokens_then_end_otherwise(skeletons, kind):
    """The project's own tokenizer writes `,`, newline and blank apart behind a bracket."""
    skeleton = skeletons[kind, "sii", True]
    values = dict.fromkeys(schema.SII_FIELDS, "(A)") | CLOSED | dict.fromkeys(NUMBER_FIELDS, "1")
    ids = plain_ids(skeleton.tokenizer, [skeleton.answer(values)])[0]
    segments = skeleton.split([*ids, skeleton.tokenizer.eos_token_id])
    for slot, segment in zip(skeleton.slots, segments, strict=True):
        assert follows_rule(slot.rule, segment) == END, slot.name
    assert_split_inverts(skeleton, values)


def test_llama3s_tokens_that_hold_a_values_end_end_it(tokenizers):
    tokenizer = tokenizers["llama3"]
    skeleton = make_skeleton(tokenizer, "sii", 900, 64)
    values = dict.fromkeys(schema.SII_FIELDS, "none") | {"Perovskite_composition_long_form": "(A)"}
    assert "),\n" in "".join(skeleton.answer(values))
    assert ",Ċ" in tokenizer.tokenize("none,\n ETL")
    assert_split_inverts(skeleton, values)


@pytest.mark.parametrize("task", PARSERS)
def test_a_tokenizer_that_joins_names_with_values_is_refused(texts, task):
    with pytest.raises(UserError, match=r"joins the end .* add --decoding free"):
        make_skeleton(merging_tokenizer(texts), task, 900, 64)


def test_a_tokenizer_that_joins_one_closed_value_with_its_name_is_refused(texts):
    tokenizer = make_tokenizer("gpt2", texts)
    tokenizer.add_tokens(["flexible: FALSE"])
    with pytest.raises(UserError, match=r"Cell_flexible: FALSE.* add --decoding free"):
        make_skeleton(tokenizer, "sii", 900, 64)
    make_skeleton(tokenizer, "sii", 900, 64, restricted=False)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_published_answers_are_within_the_rules(shared_data, tokenizers, kind):
    """All but a value of row 164, which has a newline."""
    skeleton = make_skeleton(tokenizers[kind], "sii", 1500, 64)
    rows = json.loads((shared_data / "sii360.json").read_text("utf-8"))
    for number, row in enumerate(rows):
        values = schema.parse_sii_answer(row["output"])
        ids = plain_ids(skeleton.tokenizer, [skeleton.answer(values)])[0]
        segments = skeleton.split([*ids, skeleton.tokenizer.eos_token_id])
        assert segments is not None or number == 164
        for slot, segment in zip(skeleton.slots, segments or (), strict=segments is not None):
            ends = follows_rule(slot.rule, segment) == END
            assert ends == ("\n" not in values[slot.name]), (number, slot.name)

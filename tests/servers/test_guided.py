"""Constraints for servers: whatever they let through parses, and every good answer gets through."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.servers import constraints as guided

SII = re.compile(guided.sii_answer().regex)
SHORT = re.compile(guided.sii_answer(longest_value=5).regex)
MDP = re.compile(guided.mdp_answer().regex)

# Values that try to be another field, an end, or a separator, among any text without newlines.
TRICKS = [
    "Module: TRUE",
    ",",
    ", Module: x",
    "</s>",
    "<s> ",
    "\u2028Module: x",
    "\x0bModule: x",
    "",
]
values = st.one_of(
    st.sampled_from(TRICKS), st.text(st.characters(exclude_characters="\n\r"), max_size=40)
)
devices = st.fixed_dictionaries(dict.fromkeys(schema.SII_FIELDS, values))


@given(devices)
def test_every_sii_answer_matches_and_parses_to_its_own_fields(device):
    answer = schema.format_sii_answer(device)
    assert SII.fullmatch(answer)
    parsed = schema.parse_sii_answer(answer)
    assert list(parsed) == list(schema.SII_FIELDS)
    # The parser takes a comma, the markers and the blanks around the whole answer off.
    for name in schema.SII_FIELDS[:-1]:
        assert parsed[name].strip(",") == device[name].strip(",")


@pytest.mark.slow
@given(st.from_regex(SII, fullmatch=True))
def test_whatever_matches_parses_to_the_31_fields_in_order(answer):
    assert list(schema.parse_sii_answer(answer)) == list(schema.SII_FIELDS)


@given(devices, st.sampled_from(schema.SII_FIELDS), st.sampled_from(["\n", "\r", "\n Module: 1"]))
def test_a_value_with_a_newline_does_not_match(device, name, newline):
    answer = schema.format_sii_answer(device | {name: f"x{newline}y"})
    assert not SII.fullmatch(answer)


@pytest.mark.parametrize("missing", schema.SII_FIELDS)
def test_an_answer_with_a_field_missing_does_not_match(missing):
    lines = [f"{name}: x" for name in schema.SII_FIELDS if name != missing]
    assert not SII.fullmatch(",\n ".join(lines))


def test_a_longest_value_limits_each_value():
    short = dict.fromkeys(schema.SII_FIELDS, "12345")
    assert SHORT.fullmatch(schema.format_sii_answer(short))
    assert not SHORT.fullmatch(schema.format_sii_answer(short | {"Module": "123456"}))


def test_a_blank_before_the_answer_is_let_through():
    answer = schema.format_sii_answer(dict.fromkeys(schema.SII_FIELDS, ""))
    assert SII.fullmatch(" " + answer)
    assert not SII.fullmatch("Here it is: " + answer)


@given(st.from_regex(MDP, fullmatch=True))
def test_whatever_matches_the_mdp_constraint_gives_four_numbers(answer):
    numbers = schema.target_numbers(schema.parse_mdp_answer(answer))
    assert list(numbers) == list(schema.MDP_TARGETS)
    assert all(isinstance(number, float) for number in numbers.values())


@given(st.fixed_dictionaries({name: st.decimals(0, 9999, places=2) for name in schema.MDP_TARGETS}))
def test_every_mdp_answer_of_plain_numbers_matches(targets):
    answer = schema.format_mdp_answer({name: str(number) for name, number in targets.items()})
    assert MDP.fullmatch(answer)


def test_an_mdp_answer_of_words_does_not_match():
    answer = schema.format_mdp_answer(dict.fromkeys(schema.MDP_TARGETS, "high"))
    assert not MDP.fullmatch(answer)


@pytest.mark.parametrize(
    "constraint", [guided.sii_answer(), guided.sii_answer(9), guided.mdp_answer()]
)
def test_the_grammar_holds_the_same_literals_in_the_same_order(constraint):
    """All that can be said here without a GBNF parser."""
    root, value, rest = constraint.gbnf.split("\n")
    assert value.startswith("value ::= ")
    assert rest == ""
    literals = re.findall(r'"((?:[^"\\]|\\.)*)"', root.removeprefix('root ::= " "? '))
    text = "".join(literals).replace("\\n", "\n")
    template = re.compile(constraint.regex)
    number_or_nothing = "1" if "JV default" in text else ""
    filled = number_or_nothing.join([*(x.replace("\\n", "\n") for x in literals), ""])
    assert template.fullmatch(filled)


def test_each_kind_of_server_gets_its_own_key():
    constraint = guided.mdp_answer()
    bodies = {kind: guided.constraint_body(kind, constraint) for kind in guided.KINDS}
    assert bodies == {
        "none": {},
        "vllm": {"structured_outputs": {"regex": constraint.regex}},
        "vllm_guided": {"guided_regex": constraint.regex},
        "sglang": {"regex": constraint.regex},
        "llama.cpp": {"grammar": constraint.gbnf, "cache_prompt": False},
    }


def test_an_unknown_kind_is_a_mistake():
    with pytest.raises(UserError, match="--constraint tgi: unknown; choose one of none, vllm"):
        guided.constraint_body("tgi", guided.mdp_answer())

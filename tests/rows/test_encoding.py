"""Mask boundary, BOS and EOS, and answers that are never cut."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from masterkey.rows.encoding import IGNORED, encode_prompts, encode_training_rows
from masterkey.rows.prompts import PromptSettings, build_prompt
from masterkey.rows.records import Row
from masterkey.scripting.command_line import UserError

ALPACA = PromptSettings("alpaca")


def row(input: str, output: str, number: int = 0) -> Row:
    return Row(str(number), "Read the text.", input, output, number)


def encode(tokenizer, input, output, max_length=2048):
    [encoded] = encode_training_rows([row(input, output)], tokenizer, ALPACA, max_length, "x.json")
    return encoded


def test_the_loss_begins_at_the_first_token_of_the_answer(byte_tokenizer):
    encoded = encode(byte_tokenizer, "some text", "the answer")
    n_answer = sum(label != IGNORED for label in encoded.labels)
    prompt, answer = encoded.input_ids[:-n_answer], encoded.input_ids[-n_answer:]
    assert encoded.labels == [IGNORED] * len(prompt) + answer
    assert byte_tokenizer.decode(answer) == "the answer</s>"
    text = build_prompt("alpaca", "Read the text.", "some text").text()
    assert byte_tokenizer.decode(prompt) == "<s>" + text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_gets_exactly_one_bos_and_one_eos(byte_tokenizer, input, output):
    encoded = encode(byte_tokenizer, input, output)
    assert encoded.input_ids[0] == byte_tokenizer.bos_token_id
    assert encoded.input_ids[-1] == byte_tokenizer.eos_token_id
    assert encoded.input_ids.count(byte_tokenizer.bos_token_id) == 1
    assert encoded.input_ids.count(byte_tokenizer.eos_token_id) == 1


def test_special_tokens_in_a_paper_are_plain_text(byte_tokenizer):
    encoded = encode(byte_tokenizer, "a </s> b <s> c <pad>", "d </s> e")
    assert byte_tokenizer.decode(encoded.input_ids).count("</s>") == 3
    assert encoded.input_ids.count(byte_tokenizer.eos_token_id) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(200, 700), st.text("ab°→ ", max_size=600), st.text("xyz ", max_size=150))
def test_a_long_row_keeps_its_whole_answer_and_loses_input_at_the_end(
    byte_tokenizer, max_length, input, output
):
    input = f".{input}."  # an empty input has another template, and blanks at the ends are stripped
    whole = encode(byte_tokenizer, input, output, 10_000)
    try:
        encoded = encode(byte_tokenizer, input, output, max_length)
    except UserError:
        assert len(whole.input_ids) - len(input.encode()) > max_length
        return
    answer = [label for label in encoded.labels if label != IGNORED]
    assert answer == [label for label in whole.labels if label != IGNORED]
    assert len(encoded.input_ids) <= max_length
    assert encoded.shortened == (len(whole.input_ids) > max_length)
    if encoded.shortened:
        # One more character of the input would not have fitted (4 bytes at most).
        assert len(encoded.input_ids) > max_length - 4
        prompt = byte_tokenizer.decode(encoded.input_ids[: -len(answer)])
        kept = prompt.split("### Input:\n")[1].removesuffix("\n\n### Response:")
        assert input.startswith(kept)


def test_an_answer_that_does_not_fit_is_an_error_that_names_the_row(byte_tokenizer):
    rows = [row("a", "b", 0), row("a", "b" * 500, 1)]
    with pytest.raises(UserError, match=r"x\.json: row\(s\) 1: the answer \(up to 501 tokens\)"):
        encode_training_rows(rows, byte_tokenizer, ALPACA, 400, "x.json")


def test_a_prompt_is_shortened_alike_in_training_and_prediction(byte_tokenizer):
    text = "word " * 300
    trained = encode(byte_tokenizer, text, "answer", 600)
    [asked] = encode_prompts(
        byte_tokenizer, [build_prompt("alpaca", "Read the text.", text)], [600 - len("answer") - 1]
    )
    assert asked.shortened
    assert trained.input_ids[: len(asked.ids)] == asked.ids
    assert trained.labels[len(asked.ids)] != IGNORED


def test_a_prompt_whose_instruction_does_not_fit_is_none(byte_tokenizer):
    assert encode_prompts(byte_tokenizer, [build_prompt("alpaca", "Do.", "x")], [20]) == [None]


def test_one_token_for_bos_and_eos_is_allowed(byte_tokenizer):
    byte_tokenizer.bos_token = "</s>"
    try:
        encoded = encode(byte_tokenizer, "a", "b")
    finally:
        byte_tokenizer.bos_token = "<s>"
    assert encoded.input_ids.count(byte_tokenizer.eos_token_id) == 2

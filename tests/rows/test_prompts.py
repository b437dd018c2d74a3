"""Prompt styles: template bytes, and the style that travels with the checkpoint."""

import hashlib

import pytest

from masterkey.rows.prompts import (
    PromptSettings,
    build_prompt,
    load_settings,
    save_settings,
)
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError


def test_the_alpaca_templates_are_those_of_the_seed_byte_for_byte():
    with_input = build_prompt("alpaca", "{instruction}", "{input}").text()
    without_input = build_prompt("alpaca", "{instruction}").text()
    # SHA-256 of the two templates in Stanford Alpaca's README, between the code fences.
    assert [hashlib.sha256(text.encode()).hexdigest() for text in (with_input, without_input)] == [
        "28811e9850d9511bab334d167a03a8a37614535fdb28d645492efac8e9951c0f",
        "35101bc36d10997c7d926d8f21f7d173aec6523f3a57d78821b944a89925cdca",
    ]


def test_braces_in_a_paper_are_text():
    assert "{instruction} {x}" in build_prompt("alpaca", "Do.", "{instruction} {x}").text()
    assert "{input}" in build_prompt("alpaca", "Do {input}.", "text").text()


def test_the_published_test_prompt_asks_for_a_literal_end_marker_in_sii_only():
    sii = build_prompt("published_test", schema.SII_INSTRUCTION, "text").text()
    mdp = build_prompt("published_test", schema.MDP_INSTRUCTION, "text").text()
    assert sii.startswith("instruction: Summarize stack")
    assert "add </s> at the end of the output., input: text" in sii
    assert "</s>" not in mdp


def test_an_unknown_style_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match="alpaca, published_test"):
        build_prompt("vicuna", "Do.")


def test_the_saved_style_is_read_back(tmp_path):
    settings = PromptSettings("published_test", keep_markers=True, longest_answer=99)
    save_settings(tmp_path, settings)
    assert load_settings(tmp_path, None) == settings


def test_another_style_needs_to_be_named(tmp_path):
    save_settings(tmp_path, PromptSettings("alpaca"))
    assert load_settings(tmp_path, "published_test").prompt_style == "published_test"


def test_a_checkpoint_without_a_style_is_refused_unless_one_is_named(tmp_path):
    with pytest.raises(UserError, match="--prompt_style"):
        load_settings(tmp_path, None)
    assert load_settings(tmp_path, "alpaca") == PromptSettings("alpaca")
    with pytest.raises(UserError, match="unknown"):
        load_settings(tmp_path, "vicuna")


def test_a_folder_that_is_not_there_is_named_as_such(tmp_path):
    with pytest.raises(UserError, match="no such folder; check the path"):
        load_settings(tmp_path / "nowhere", None)


def test_a_file_without_settings_beside_it_is_named_itself(tmp_path):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    with pytest.raises(UserError, match=r"model\.gguf: no prompt_style\.json lies beside it, so"):
        load_settings(file, None)
    save_settings(tmp_path, PromptSettings("alpaca"))
    assert load_settings(file, None) == PromptSettings("alpaca")


def test_a_style_of_a_newer_version_is_refused(tmp_path):
    save_settings(tmp_path, PromptSettings("from_the_future"))
    with pytest.raises(UserError, match="from_the_future"):
        load_settings(tmp_path, None)

"""Tokens that a tokenizer has and its model has no embedding for."""

import json
import shutil
from pathlib import Path

import pytest
from model_families import save_checkpoint

import train
from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.decoding.token_rules import Vocabulary
from masterkey.predicting.loaded_model import load_local_model
from masterkey.rows.records import Row
from masterkey.rows.tokenizer import train_tokenizer
from masterkey.scripting.command_line import UserError
from masterkey.weights.checkpoints import load_tokenizer
from masterkey.weights.loader_settings import quiet_transformers

PAPER = Row("1", "Say it.", "a paper", "an answer", 1)


@pytest.fixture
def tokenizer():
    """As many ordinary tokens as the model has embeddings for, and `[PAD]` behind them."""
    tokenizer = train_tokenizer(["a"], vocab_size=300)
    tokenizer.add_tokens([f"<{i}>" for i in range(300 - len(tokenizer))])
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    assert (len(tokenizer), tokenizer.pad_token_id) == (301, 300)
    return tokenizer


def checkpoint(folder: Path, tokenizer) -> Path:
    save_checkpoint("llama", folder, tokenizer)
    (folder / "prompt_style.json").write_text('{"prompt_style": "alpaca"}')
    return folder


def train_on(base: Path, output: str, out: Path, *more: str) -> None:
    rows = [{"instruction": "Say it.", "input": "i" * n, "output": output} for n in (3, 9)]
    data = out.with_suffix(".json")
    data.write_text(json.dumps(rows))
    train.main(
        ["--model_name_or_path", str(base), "--data_path", str(data), "--output_dir", str(out),
         "--model_max_length", "500", "--max_steps", "1", "--per_device_train_batch_size", "2",
         "--report_to", "none", "--save_strategy", "no", "--cache_dir", str(out) + "_cache", *more]
    )  # fmt: skip


def opened(folder: Path):
    arguments = PredictionArguments(model=str(folder), data_path="", output_path="", device="cpu")
    return load_local_model("sii", str(folder), arguments)


@pytest.mark.slow
def test_eos_pads_where_the_padding_token_has_no_embedding(tmp_path, tokenizer, capsys):
    base, out = checkpoint(tmp_path / "base", tokenizer), tmp_path / "out"
    train_on(base, "yes", out)
    assert (
        "no embedding for '[PAD]' (id 300 of 300); '</s>' pads instead" in capsys.readouterr().err
    )
    saved = load_tokenizer(str(out))
    assert saved.pad_token_id == saved.eos_token_id
    config = json.loads((out / "config.json").read_text())
    assert config["pad_token_id"] == saved.eos_token_id
    assert opened(out).encode([PAPER])[0].ids


def test_a_row_that_needs_such_a_token_is_named(tmp_path, tokenizer):
    tokenizer.add_tokens(["SnO2"])
    base = checkpoint(tmp_path / "base", tokenizer)
    with pytest.raises(UserError, match=r"out\.json row 0: holds 'SnO2', .* the id 301") as error:
        train_on(base, "SnO2", tmp_path / "out")
    assert "embeddings for 300 tokens only" in str(error.value)
    loaded = opened(base)
    assert loaded.encode([PAPER])
    with pytest.raises(UserError, match="row 7: holds 'SnO2'"):
        loaded.encode([PAPER, Row("7", "Say it.", "of SnO2", "", 7)])


def test_an_end_without_an_embedding_is_refused(tmp_path, tokenizer):
    tokenizer.add_special_tokens({"eos_token": "<end>"})
    base = checkpoint(tmp_path / "base", tokenizer)
    with pytest.raises(UserError, match=r"its eos_token '<end>' has the id 301.* \(0 to 299\)"):
        opened(base)
    with pytest.raises(UserError, match="eos_token"):
        train_on(base, "yes", tmp_path / "out")


def test_skeleton_decoding_does_not_write_them(tokenizer):
    tokenizer.add_tokens(["SnO2"])
    anchor = tokenizer.convert_tokens_to_ids("a")
    assert "SnO2" in Vocabulary(tokenizer, anchor).texts
    limited = Vocabulary(tokenizer, anchor, size=300)
    assert len(limited.texts) == 300
    assert max(limited.ordinary()) < 300


def test_a_tokenizer_that_fits_is_left_as_it_is(tmp_path, byte_tokenizer, capsys):
    base = checkpoint(tmp_path / "base", byte_tokenizer)
    with quiet_transformers():  # its progress bar is not what is asked for
        assert opened(base).tokenizer.pad_token == byte_tokenizer.pad_token
    assert capsys.readouterr().err == ""
    shutil.rmtree(base)

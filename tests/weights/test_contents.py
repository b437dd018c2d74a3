"""Checkpoints that lack tensors, hold too many, or others than their configuration's, are refused."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from model_families import FAMILIES, save_checkpoint
from safetensors.torch import load_file, save_file

import export
import train
import weight_diff
from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.loaded_model import load_local_model
from masterkey.scripting.command_line import UserError, parse_arguments
from masterkey.weights.checkpoints import check_weights, load_model

NORMS = ("model.norm", "final_layernorm", "final_layer_norm", "ln_f", "norm_f")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def family(request, tmp_path_factory):
    """(a whole checkpoint's folder, its tensors)"""
    folder = save_checkpoint(request.param, tmp_path_factory.mktemp(request.param) / "whole")
    return folder, load_file(folder / "model.safetensors")


def with_weights(folder: Path, target: Path, weights: dict) -> Path:
    """A copy of the checkpoint in `folder` with other weights."""
    shutil.copytree(folder, target)
    contiguous = {name: tensor.contiguous() for name, tensor in weights.items()}
    save_file(contiguous, target / "model.safetensors", {"format": "pt"})
    return target


def refusal(function, *arguments) -> str:
    with pytest.raises(UserError) as error:
        function(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def without(weights: dict, *parts: str) -> dict:
    kept = {n: t for n, t in weights.items() if not any(part in n for part in parts)}
    assert len(kept) < len(weights)
    return kept


# Each kind of damage, in each family


@pytest.mark.slow
def test_a_whole_checkpoint_is_taken_and_its_tied_head_is_not_missing(family, capsys):
    folder, _ = family
    assert check_weights(str(folder))
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_missing_block_is_named(family, tmp_path):
    folder, weights = family
    block = next(m[1] for m in map(re.compile(r"([^\d]+\.1)\..+").fullmatch, weights) if m)
    kept = without(weights, f"{block}.")
    message = refusal(check_weights, str(with_weights(folder, tmp_path / "m", kept)))
    assert "its files lack" in message
    assert f"{block} (" in message
    assert "2 layers" in message


def test_a_missing_norm_is_named(family, tmp_path):
    folder, weights = family
    norm = next(n for n in weights if any(part in n for part in NORMS) and ".0." not in n)
    del_norm = without(weights, norm)
    message = refusal(check_weights, str(with_weights(folder, tmp_path / "m", del_norm)))
    assert "its files lack 1 of the" in message
    assert norm in message


@pytest.mark.slow
def test_a_missing_head_is_named_unless_it_is_tied(family, tmp_path):
    folder, weights = family
    heads = [name for name in weights if name.startswith(("lm_head", "embed_out"))]
    if not heads:
        config = json.loads((folder / "config.json").read_text())
        assert load_model(str(folder)).get_output_embeddings().weight.shape[0] == 300
        assert config.get("tie_word_embeddings", True)
        return
    message = refusal(
        check_weights, str(with_weights(folder, tmp_path / "m", without(weights, *heads)))
    )
    # GPT-NeoX's head is embed_out in its files, and lm_head in the model.
    assert all(name in message or "lm_head.weight" in message for name in heads)


@pytest.mark.slow
def test_names_with_a_prefix_are_told(family, tmp_path):
    folder, weights = family
    renamed = {f"module.{name}": tensor for name, tensor in weights.items()}
    message = refusal(check_weights, str(with_weights(folder, tmp_path / "m", renamed)))
    assert "carry the prefix 'module.'" in message


def test_more_blocks_than_the_configuration_names_are_refused(family, tmp_path):
    folder, weights = family
    more = {n.replace(".1.", ".2.", 1): t.clone() for n, t in weights.items() if ".1." in n}
    message = refusal(check_weights, str(with_weights(folder, tmp_path / "m", weights | more)))
    assert "has no place for" in message or "of another size" in message
    assert ".2 (" in message


@pytest.mark.slow
def test_a_configuration_of_another_width_is_refused(family, tmp_path):
    folder, weights = family
    target = with_weights(folder, tmp_path / "m", weights)
    config = json.loads((target / "config.json").read_text())
    key = next(name for name in ("hidden_size", "n_embd", "d_model") if name in config)
    config[key] *= 2
    if "word_embed_proj_dim" in config:
        config["word_embed_proj_dim"] *= 2
    (target / "config.json").write_text(json.dumps(config))
    message = refusal(check_weights, str(target))
    assert "of another size than by its config.json" in message
    assert re.search(r"\(\S*(32|96) for \S*(64|192)\S*\)", message)


# What else is too much, or too little


@pytest.fixture
def llama(tmp_path, byte_tokenizer) -> Path:
    return save_checkpoint("llama", tmp_path / "llama", byte_tokenizer)


def changed(folder: Path, change) -> Path:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_buffers_of_older_releases_are_no_fault(llama, capsys):
    buffer = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(8)}
    assert check_weights(str(changed(llama, lambda weights: weights.update(buffer))))
    assert capsys.readouterr().err == ""


def test_tensors_beside_the_model_are_told_once_and_taken(llama, capsys):
    beside = {"v_head.summary.weight": torch.ones(1, 32)}
    changed(llama, lambda weights: weights.update(beside))
    assert check_weights(str(llama))
    assert check_weights(str(llama))
    assert capsys.readouterr().err.count("not used, since llama has no place for it") == 1


def test_a_bias_that_the_configuration_does_not_know_is_refused(llama):
    bias = {"model.layers.0.self_attn.q_proj.bias": torch.ones(32)}
    message = refusal(check_weights, str(changed(llama, lambda weights: weights.update(bias))))
    assert "no place for model.layers.0.self_attn.q_proj.bias" in message


def test_one_expert_missing_is_named_as_it_is_saved(tmp_path):
    folder = save_checkpoint("mixtral", tmp_path / "m")
    name = "model.layers.0.block_sparse_moe.experts.1.w1.weight"
    message = refusal(check_weights, str(changed(folder, lambda weights: weights.pop(name))))
    assert "its files lack 1 of the" in message
    assert name in message


def test_a_resized_vocabulary_is_told_with_the_size_to_set(llama):
    def grow(weights):
        for name in ("model.embed_tokens.weight", "lm_head.weight"):
            weights[name] = torch.cat([weights[name], torch.zeros(20, 32)])

    message = refusal(load_model, str(changed(llama, grow)))
    assert "(320×32 for 300×32)" in message
    assert "set vocab_size to 320" in message


# Every door


@pytest.fixture
def broken(llama) -> Path:
    """A LLaMA without its second block, with all that prediction needs beside it."""
    (llama / "prompt_style.json").write_text('{"prompt_style": "alpaca"}')
    return changed(
        llama, lambda weights: [weights.pop(name) for name in [*weights] if ".layers.1." in name]
    )


SENTENCE = "its files lack 9 of the 21 tensors that its config.json (llama, 2 layers) needs: model.layers.1"


def test_predicting_refuses(broken):
    arguments = PredictionArguments(model=str(broken), data_path="", output_path="")
    assert SENTENCE in refusal(load_local_model, "sii", str(broken), arguments)


@pytest.mark.parametrize("more", [[], ["--plan"], ["--lora_r", "2"]], ids=["run", "plan", "lora"])
def test_training_refuses_before_rows_are_read(broken, tmp_path, more):
    argv = ["--model_name_or_path", str(broken), "--data_path", str(tmp_path / "rows.json")]
    argv += ["--output_dir", str(tmp_path / "out"), *more]
    assert SENTENCE in refusal(train.main, argv)


@pytest.mark.slow
def test_a_plan_needs_no_weights(tmp_path, capsys):
    folder = save_checkpoint("llama", tmp_path / "llama")
    (folder / "model.safetensors").unlink()
    train.main(["--model_name_or_path", str(folder), "--model_max_length", "500", "--plan"])
    assert "36,768 parameters" in capsys.readouterr().out


@pytest.mark.parametrize("more", [[], ["--weights", "diff"]], ids=["plain", "diff"])
def test_export_refuses(broken, tmp_path, more):
    words = ["--model", str(broken), "--output_dir", str(tmp_path / "release"), *more]
    if more:
        words += ["--path_raw", str(broken)]
    arguments = parse_arguments(export.Arguments, "", words)
    assert SENTENCE in refusal(export.main, arguments)
    assert not (tmp_path / "release").exists()


def test_making_recovering_and_verifying_differences_refuses(tmp_path, byte_tokenizer, capsys):
    raw, tuned = (save_checkpoint("llama", tmp_path / str(n), byte_tokenizer, n) for n in (1, 2))
    folders = {name: str(tmp_path / name) for name in ("diff", "out")}
    flags = ["--path_raw", str(raw), "--path_diff", folders["diff"], "--path_tuned"]
    weight_diff.main(["make_diff", *flags, str(tuned)])
    weight_diff.main(["recover", *flags, folders["out"]])
    weight_diff.main(["verify", folders["out"]])
    # The manifest is right, and the model is none: as if it had been made of a broken one.
    for folder in (tmp_path / "diff" / "model_files", tmp_path / "out"):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
        manifest = folder.parent / "manifest.json" if folder.name == "model_files" else None
        renew_checksum(manifest or folder / "manifest.json", folder / "config.json")
    capsys.readouterr()
    for words in (["verify", folders["diff"]], ["verify", folders["out"]]):
        assert "its files lack 9 of the 30 tensors" in stopped(weight_diff.main, words, capsys)
    shutil.rmtree(folders["out"])
    words = ["recover", *flags, folders["out"]]
    assert "model.layers.2 (9 tensors)" in stopped(weight_diff.main, words, capsys)
    for folder in (raw, tuned):
        changed(folder, lambda weights: weights.pop("model.norm.weight"))
    words = ["make_diff", *flags[:2], "--path_tuned", str(tuned), "--path_diff", folders["out"]]
    assert "lack 1 of the 21 tensors" in stopped(weight_diff.main, words, capsys)


def renew_checksum(manifest: Path, file: Path) -> None:
    from masterkey.scripting.files import sha256

    content = json.loads(manifest.read_text())
    name = next(
        name for name in content["files"] if name.endswith(file.name) and "gener" not in name
    )
    content["files"][name] = sha256(file)
    manifest.write_text(json.dumps(content))


def stopped(main, words: list[str], capsys) -> str:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    return capsys.readouterr().err


def test_an_adapters_base_that_is_not_whole_is_refused(broken, tmp_path):
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    config = {"peft_type": "LORA", "base_model_name_or_path": str(broken), "lora_alpha": 2}
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    save_file({"x": torch.ones(1)}, adapter / "adapter_model.safetensors")
    assert SENTENCE in refusal(load_model, str(adapter))
    assert SENTENCE in refusal(check_weights, str(adapter))

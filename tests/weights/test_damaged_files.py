"""Files that are damaged, incomplete or double: one sentence, the same wherever a model is opened."""

import json
from pathlib import Path

import pytest
import torch
from model_families import save_checkpoint
from safetensors.torch import load_file, save_file

from masterkey.scripting.command_line import UserError
from masterkey.weights import notices
from masterkey.weights.checkpoints import check_checkpoint, load_model, load_tokenizer
from masterkey.weights.reading import open_weights

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 4711\n"


@pytest.fixture
def llama(tmp_path) -> Path:
    return save_checkpoint("llama", tmp_path / "llama")


def in_pickle(folder: Path, keep: bool = False) -> Path:
    weights = load_file(folder / "model.safetensors")
    if not keep:
        (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    return folder / "pytorch_model.bin"


def in_shards(folder: Path) -> list[Path]:
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    paths, shard_of = [], {}
    for number, names in enumerate((sorted(weights)[::2], sorted(weights)[1::2]), start=1):
        path = folder / f"model-0000{number}-of-00002.safetensors"
        save_file({name: weights[name] for name in names}, path, {"format": "pt"})
        paths.append(path)
        shard_of |= dict.fromkeys(names, path.name)
    index = {"metadata": {}, "weight_map": shard_of}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return paths


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES = {
    "cut safetensors": (lambda f: cut(f / "model.safetensors"), "is truncated or damaged"),
    "cut .bin": (lambda f: cut(in_pickle(f)), "pytorch_model.bin: is truncated or damaged"),
    "pointer": (lambda f: (f / "model.safetensors").write_text(POINTER), "is a pointer of Git LFS"),
    "pointer .bin": (lambda f: in_pickle(f).write_text(POINTER), "is a pointer of Git LFS"),
    "shard missing": (
        lambda f: in_shards(f)[1].unlink(),
        "names 2 shards, of which model-00002-of-00002.safetensors is not there",
    ),
    "pointer shard": (lambda f: in_shards(f)[1].write_text(POINTER), "is a pointer of Git LFS"),
    "no index": (
        lambda f: in_shards(f) and (f / "model.safetensors.index.json").unlink(),
        "2 shards, but no model.safetensors.index.json; fetch it, too",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_predicting_and_releasing_say_the_same(llama, damage):
    make, expected = DAMAGES[damage]
    make(llama)
    said = set()
    for open_it in (open_weights, load_model):
        with pytest.raises(UserError) as error:
            open_it(str(llama))
        said.add(str(error.value))
    (sentence,) = said
    assert expected in sentence
    assert "\n" not in sentence


def test_shards_and_their_index_are_loaded(llama):
    whole = load_file(llama / "model.safetensors")
    in_shards(llama)
    loaded = load_model(str(llama)).state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in whole.items())


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer.model"])
def test_a_pointer_beside_the_weights_is_named(llama, name):
    (llama / name).write_text(POINTER)
    with pytest.raises(UserError, match=rf"{name}: is a pointer of Git LFS"):
        check_checkpoint(str(llama))


def test_of_two_sets_of_weights_the_one_that_is_read_is_said_once(llama, capsys):
    path = in_pickle(llama, keep=True)
    weights = torch.load(path)
    torch.save({name: tensor + 1 for name, tensor in weights.items()}, path)
    notices._said.clear()
    loaded = load_model(str(llama)).state_dict()
    load_model(str(llama))
    name = "model.norm.weight"
    assert torch.equal(loaded[name], weights[name])
    told = capsys.readouterr().err
    assert told.count("model.safetensors is read, and not pytorch_model.bin") == 1


@pytest.mark.parametrize("content", ["{", '{"hidden_size": "wide", "model_type": "llama"}', "[]"])
def test_a_configuration_that_is_none_is_one_sentence(llama, content):
    (llama / "config.json").write_text(content)
    with pytest.raises(UserError) as error:
        load_model(str(llama))
    assert "\n" not in str(error.value)


def test_a_configuration_that_makes_no_model_is_one_sentence(llama):
    config = json.loads((llama / "config.json").read_text()) | {"num_attention_heads": 0}
    (llama / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"config\.json") as error:
        load_model(str(llama))
    assert "\n" not in str(error.value)


def test_the_tokenizer_s_loader_says_what_of_a_configuration_does_not_fit(llama, byte_tokenizer):
    byte_tokenizer.save_pretrained(llama)
    (
        llama / "tokenizer_config.json"
    ).unlink()  # so that config.json is read for the tokenizer's kind
    config = json.loads((llama / "config.json").read_text()) | {"num_attention_heads": 7}
    (llama / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        UserError, match=r"not a multiple of the number of attention heads"
    ) as error:
        load_tokenizer(str(llama))
    assert "\n" not in str(error.value)


def test_a_folder_without_a_tokenizer_is_told_which_file_it_lacks(llama):
    with pytest.raises(
        UserError, match=r"holds neither tokenizer\.json nor tokenizer\.model; copy"
    ):
        load_tokenizer(str(llama))

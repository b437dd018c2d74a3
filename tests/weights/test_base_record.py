"""Which base an adapter was trained on is recorded beside it, and another one is not merged silently."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from model_families import save_checkpoint
from safetensors.torch import load_file, save_file

import export
import train
from masterkey.scripting.command_line import UserError, parse_arguments
from masterkey.training.trainer import AnswerTrainer
from masterkey.weights.base_record import FILE, record_of
from masterkey.weights.checkpoints import load_model, load_tokenizer

STEPS = "--max_steps 2 --save_steps 1 --per_device_train_batch_size 2 --report_to none".split()


def train_adapter(base: Path, out: Path, *more: str) -> Path:
    rows = [{"instruction": "Say it.", "input": f"paper {i}", "output": f"{i}"} for i in range(2)]
    data = out.with_suffix(".json")
    data.write_text(json.dumps(rows))
    train.main(
        ["--model_name_or_path", str(base), "--data_path", str(data), "--output_dir", str(out),
         "--model_max_length", "500", "--lora_r", "2", "--cache_dir", str(out) + "_cache", *STEPS,
         *more]
    )  # fmt: skip
    return out


@pytest.fixture(scope="module")
def adapted(tmp_path_factory, byte_tokenizer) -> Path:
    """A folder with `base`, `other` of equal shape, and `adapter`, trained on `base` by train.py."""
    folder = tmp_path_factory.mktemp("adapted")
    for seed, name in enumerate(("base", "other")):
        save_checkpoint("llama", folder / name, byte_tokenizer, seed)
    train_adapter(folder / "base", folder / "adapter")
    return folder


@pytest.fixture
def folder(adapted, tmp_path) -> Path:
    shutil.copytree(adapted, tmp_path / "copy")
    name_base(tmp_path / "copy" / "adapter", tmp_path / "copy" / "base")
    return tmp_path / "copy"


def name_base(adapter: Path, base: Path) -> None:
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text()) | {"base_model_name_or_path": str(base)}
    path.write_text(json.dumps(config))


def export_merged(folder: Path, *more: str) -> Path:
    words = ["--model", str(folder / "adapter"), "--output_dir", str(folder / "release"), *more]
    export.main(parse_arguments(export.Arguments, "", words))
    return folder / "release"


def test_the_record_lies_beside_the_adapter_and_in_each_checkpoint(adapted):
    record = json.loads((adapted / "adapter" / FILE).read_text())
    assert record == record_of(str(adapted / "base"))
    assert (record["name"], record["model_type"]) == ("base", "llama")
    assert len(record["tensors"]) == 21
    assert json.loads((adapted / "adapter" / "checkpoint-1" / FILE).read_text()) == record
    assert record_of(str(adapted / "other"))["checksum"] != record["checksum"]


@pytest.mark.parametrize("saves", [True, False])
def test_of_several_processes_one_writes_the_record(tmp_path, saves):
    trainer = SimpleNamespace(base_record={"name": "b"}, args=SimpleNamespace(should_save=saves))
    AnswerTrainer.save_beside_weights(trainer, str(tmp_path))
    assert (tmp_path / FILE).exists() == saves


def test_the_own_base_is_merged_without_a_word(folder, capsys):
    load_model(str(folder / "adapter"))
    export_merged(folder)
    assert "another model" not in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["bfloat16", "bin"])
def test_a_copy_of_the_base_in_another_form_is_the_same(folder, kind):
    path = folder / "base" / "model.safetensors"
    weights = load_file(path)
    if kind == "bin":
        path.unlink()
        torch.save(weights, folder / "base" / "pytorch_model.bin")
    else:
        halved = {name: tensor.bfloat16() for name, tensor in weights.items()}
        save_file(halved, path, {"format": "pt"})
    load_model(str(folder / "adapter"))


def test_another_base_of_equal_shape_is_refused_when_it_predicts(folder):
    name_base(folder / "adapter", folder / "other")
    with pytest.raises(
        UserError, match=r"was trained on base \(llama\), and .*other is another"
    ) as e:
        load_model(str(folder / "adapter"))
    assert "16 of 21 tensors differ" in str(e.value)  # all but the norms, which are ones
    assert "--other_base True" in str(e.value)


def test_export_refuses_it_too_unless_it_is_told_not_to(folder, capsys):
    other = ("--base_model", str(folder / "other"))
    with pytest.raises(UserError, match="is another model"):
        export_merged(folder, *other)
    assert not (folder / "release").exists()
    release = export_merged(folder, *other, "--other_base", "True")
    assert "merged all the same" in capsys.readouterr().err
    merged = load_file(release / "model.safetensors")
    base = load_file(folder / "other" / "model.safetensors")
    assert torch.equal(merged["model.norm.weight"], base["model.norm.weight"])


def test_one_changed_tensor_is_named(folder):
    path = folder / "base" / "model.safetensors"
    weights = load_file(path)
    weights["model.layers.1.mlp.up_proj.weight"] += 1
    save_file(weights, path, {"format": "pt"})
    with pytest.raises(
        UserError, match=r"1 of 21 tensors differ \(layers\.1\.mlp\.up_proj\.weight\)"
    ):
        load_model(str(folder / "adapter"))


def test_an_adapter_of_other_programs_has_no_record_and_is_taken(folder):
    (folder / "adapter" / FILE).unlink()
    name_base(folder / "adapter", folder / "other")
    load_model(str(folder / "adapter"))


# The end of an answer


@pytest.mark.slow
def test_the_tokenizers_end_is_written_where_the_base_has_another(tmp_path, byte_tokenizer, capsys):
    """As a full fine-tune writes it; `generate` on the exported folder stops there."""
    from transformers import AutoModelForCausalLM

    base = save_checkpoint("llama", tmp_path / "base", byte_tokenizer, eos_token_id=77)
    rows = train_adapter(base, tmp_path / "adapter").with_suffix(".json")
    release = export_merged(tmp_path)
    train.main(
        ["--model_name_or_path", str(base), "--data_path", str(rows), "--output_dir",
         str(tmp_path / "full"), "--model_max_length", "500", "--cache_dir", str(tmp_path / "c"), *STEPS]
    )  # fmt: skip
    for name in ("config.json", "generation_config.json"):
        merged, full = (json.loads((f / name).read_text()) for f in (release, tmp_path / "full"))
        ids = ("eos_token_id", "bos_token_id", "pad_token_id")
        assert [merged.get(id) for id in ids] == [full.get(id) for id in ids]
    end = load_tokenizer(str(release)).eos_token_id
    assert end != 77
    model = AutoModelForCausalLM.from_pretrained(release)
    with torch.no_grad():  # writes EOS whatever is asked
        model.lm_head.weight.zero_()
        model.model.norm.weight.fill_(1.0)
        model.model.embed_tokens.weight.fill_(1.0)
        model.lm_head.weight[end] = 1.0
        hidden = model.model(torch.tensor([[5, 6]])).last_hidden_state[0, -1]
        model.lm_head.weight[end] = hidden
    assert model.generate(torch.tensor([[5, 6]]), max_new_tokens=20).tolist() == [[5, 6, end]]

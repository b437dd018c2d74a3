"""LoRA and QLoRA training, and adapter folders where the test scripts take a checkpoint."""

import importlib.util
import itertools
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import export
from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.run import predict_file
from masterkey.rows.encoding import encode_training_rows
from masterkey.rows.predictions import header_path, read_predictions
from masterkey.rows.prompts import save_settings
from masterkey.scripting.command_line import UserError
from masterkey.training.adapters import add_adapter, linear_layers, load_quantized_base
from masterkey.training.batches.collators import AnswerCollator
from masterkey.training.flags.adapter_flags import AdapterArguments, check_adapter_arguments
from masterkey.training.loss import use_answer_loss
from masterkey.weights import hub
from masterkey.weights.checkpoints import check_checkpoint, load_model, load_tokenizer

ROOT = Path(__file__).resolve().parents[2]

LLAMA_LAYERS = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]
STEPS = 16  # a fall by a fifth with room for the rounding of other processors
N_PAPERS = 4


@dataclass(frozen=True)
class Adapted:
    """A LoRA run on the tiny model: its losses, what it left of the base, and the folder it saved."""

    folder: Path
    losses: list[float]
    base_before: dict
    base_after: dict
    first_adapter: dict
    last_adapter: dict


def adapter_weights(model) -> dict:
    return {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}


def base_weights(model) -> dict:
    return {n: p.detach().clone() for n, p in model.named_parameters() if not p.requires_grad}


def answer_batch(trained, n: int = 4) -> dict:
    """Rows with other answers than the model learnt: each paper gets the next one's."""
    rows = trained.training[: n + 1]
    encoded = encode_training_rows(rows, trained.tokenizer, trained.settings, 640, "sample")
    items = []
    for row, following in itertools.pairwise(encoded):
        prompt = [i for i, label in zip(row.input_ids, row.labels, strict=True) if label < 0]
        answer = [label for label in following.labels if label >= 0]
        items.append({"input_ids": prompt + answer, "labels": [-100] * len(prompt) + answer})
    return AnswerCollator(trained.tokenizer)(items)


def train_steps(model, batch: dict, n: int = STEPS) -> list[float]:
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=1e-2, weight_decay=0.0)
    model.train()
    losses = []
    for _ in range(n):
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


@pytest.fixture(scope="module")
def adapted(trained, tmp_path_factory) -> Adapted:
    folder = tmp_path_factory.mktemp("adapted") / "adapter"
    torch.manual_seed(0)
    base = load_model(str(trained.folder))
    use_answer_loss(base, chunk_size=64)
    model = add_adapter(base, AdapterArguments(lora_r=4))
    before, first = base_weights(model), adapter_weights(model)
    losses = train_steps(model, answer_batch(trained))
    model.save_pretrained(folder)
    trained.tokenizer.save_pretrained(folder)
    save_settings(folder, trained.settings)
    return Adapted(folder, losses, before, base_weights(model), first, adapter_weights(model))


def copy_of(adapted: Adapted, folder: Path, **config) -> Path:
    """The adapter's folder again, with other values in its adapter_config.json."""
    shutil.copytree(adapted.folder, folder)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return folder


def export_merged(adapter: Path, folder: Path, *more) -> Path:
    arguments = ["--model", adapter, "--output_dir", folder, *more]
    export.main(export_arguments(arguments))
    return folder


def export_arguments(words: list):
    from masterkey.scripting.command_line import parse_arguments

    return parse_arguments(export.Arguments, "", list(map(str, words)))


# Training


def test_the_loss_falls_and_only_the_adapter_changes(adapted):
    assert adapted.losses[-1] < 0.8 * adapted.losses[0]
    assert all(
        torch.equal(adapted.base_after[n], tensor) for n, tensor in adapted.base_before.items()
    )
    changed = [
        not torch.equal(adapted.last_adapter[n], t) for n, t in adapted.first_adapter.items()
    ]
    assert len(changed) == 2 * 2 * len(LLAMA_LAYERS)  # A and B, of each layer of two blocks
    assert all(changed)


def test_a_new_adapter_changes_no_answer(trained):
    batch = answer_batch(trained, 1)
    base = load_model(str(trained.folder)).eval()
    with torch.no_grad():
        before = base(**batch).logits
        after = add_adapter(base, AdapterArguments(lora_r=2)).eval()(**batch).logits
    assert torch.equal(before, after)


def test_every_linear_layer_of_the_blocks_is_adapted_but_not_the_head(trained):
    assert linear_layers(trained.model) == LLAMA_LAYERS
    model = add_adapter(load_model(str(trained.folder)), AdapterArguments(lora_r=2))
    config = model.peft_config["default"]
    assert (config.lora_alpha, config.target_modules) == (4, set(LLAMA_LAYERS))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_adapters_are_float32_whatever_the_base_is(trained, dtype):
    model = add_adapter(load_model(str(trained.folder), dtype), AdapterArguments(lora_r=2))
    assert {tensor.dtype for tensor in adapter_weights(model).values()} == {torch.float32}
    assert {tensor.dtype for tensor in base_weights(model).values()} == {getattr(torch, dtype)}


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradients_reach_every_adapter_under_checkpointing(trained, reentrant):
    batch = answer_batch(trained, 1)
    gradients = []
    for checkpointing in (False, True):
        torch.manual_seed(0)
        base = load_model(str(trained.folder))
        use_answer_loss(base, chunk_size=64)
        arguments = AdapterArguments(lora_r=2, lora_target_modules=["q_proj"])
        model = add_adapter(base, arguments)
        if checkpointing:  # the Trainer does so as training begins
            model.gradient_checkpointing_enable({"use_reentrant": reentrant})
        train_steps(model, batch, 1)  # so that B is not zero, and A has a gradient
        model(**batch).loss.backward()
        gradients.append({n: p.grad for n, p in model.named_parameters() if p.requires_grad})
    plain, checkpointed = gradients
    assert all(gradient.abs().sum() > 0 for gradient in plain.values())
    for name, gradient in plain.items():
        torch.testing.assert_close(checkpointed[name], gradient, rtol=1e-4, atol=1e-7)


def test_packed_rows_reach_the_model_through_the_adapter(adapted, trained):
    """Their positions and the step's number of answer tokens are passed on, as padded rows' are."""
    batch = answer_batch(trained, 2)
    base = load_model(str(trained.folder))
    use_answer_loss(base, chunk_size=64)
    torch.manual_seed(0)
    model = add_adapter(base, AdapterArguments(lora_r=2))
    train_steps(model, batch, 1)
    lengths = batch["attention_mask"].sum(1).tolist()
    rows = [
        (ids[:n], labels[:n])
        for ids, labels, n in zip(batch["input_ids"], batch["labels"], lengths, strict=True)
    ]
    packed = {
        "input_ids": torch.cat([ids for ids, _ in rows]).unsqueeze(0),
        "labels": torch.cat([labels for _, labels in rows]).unsqueeze(0),
        "position_ids": torch.cat([torch.arange(n) for n in lengths]).unsqueeze(0),
    }
    with torch.no_grad():
        expected = model(**batch, num_items_in_batch=7).loss
        torch.testing.assert_close(model(**packed, num_items_in_batch=7).loss, expected)
        n_answers = (batch["labels"][:, 1:] >= 0).sum()
        torch.testing.assert_close(model(**batch).loss, expected * 7 / n_answers)


@pytest.mark.slow
def test_gpt2_whose_weights_lie_the_other_way_is_adapted_and_merged(tmp_path):
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    base = GPT2LMHeadModel(
        GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=50, n_positions=32)
    )
    base.save_pretrained(tmp_path / "base")
    # The hub's own files are of the bare model: h.0.attn… for transformer.h.0.attn…
    path = tmp_path / "base" / "model.safetensors"
    bare = {name.removeprefix("transformer."): tensor for name, tensor in load_file(path).items()}
    save_file(bare, path, {"format": "pt"})

    model = add_adapter(load_model(str(tmp_path / "base")), AdapterArguments(lora_r=2))
    assert model.peft_config["default"].target_modules == {"c_attn", "c_fc", "c_proj"}
    input_ids = torch.arange(10).unsqueeze(0)
    train_steps(model, {"input_ids": input_ids, "labels": input_ids}, 3)
    model.save_pretrained(tmp_path / "adapter")
    expected = model.eval()(input_ids).logits
    merged = load_model(str(tmp_path / "adapter")).eval()
    torch.testing.assert_close(merged(input_ids).logits, expected, rtol=1e-4, atol=1e-5)


needs_bitsandbytes = pytest.mark.skipif(
    importlib.util.find_spec("bitsandbytes") is None,
    reason="not checked: QLoRA (bitsandbytes is not installed)",
)


def new_qlora_model(trained):
    base = load_quantized_base(str(trained.folder))
    use_answer_loss(base, chunk_size=64)
    torch.manual_seed(0)
    return add_adapter(base, AdapterArguments(lora_r=4, load_in_4bit=True))


@needs_bitsandbytes
def test_a_base_in_4_bits_is_nf4_with_quantised_constants_and_bfloat16(trained):
    import bitsandbytes

    model = new_qlora_model(trained)
    layers = [m for m in model.modules() if isinstance(m, bitsandbytes.nn.Linear4bit)]
    assert len(layers) == 2 * len(LLAMA_LAYERS)
    for layer in layers:
        state = layer.weight.quant_state
        assert layer.weight.dtype == torch.uint8
        assert (state.quant_type, state.nested) == ("nf4", True)
        assert layer.compute_dtype == torch.bfloat16
    assert model.get_output_embeddings().weight.dtype == torch.bfloat16
    assert {tensor.dtype for tensor in adapter_weights(model).values()} == {torch.float32}


@needs_bitsandbytes
def test_an_adapter_of_a_base_in_4_bits_learns_and_is_merged_into_the_whole_base(trained, tmp_path):
    model, batch = new_qlora_model(trained), answer_batch(trained)
    before, losses = base_weights(model), train_steps(model, batch)
    assert losses[-1] < 0.8 * losses[0]
    assert all(torch.equal(before[name], tensor) for name, tensor in base_weights(model).items())
    model.save_pretrained(tmp_path / "adapter")
    with torch.no_grad():
        assert load_model(str(tmp_path / "adapter"))(**batch).loss < 0.85 * losses[0]


@needs_bitsandbytes
def test_an_evaluation_changes_nothing_of_what_a_base_in_4_bits_learns(trained):
    """On some CPUs bitsandbytes repacks the weights for inference, and the next step fails."""
    batch, losses = answer_batch(trained), []
    for evaluated in (False, True):
        model = new_qlora_model(trained)
        losses.append(train_steps(model, batch, 2))
        if evaluated:
            with torch.no_grad():
                model.eval()(**batch)
        losses[-1] += train_steps(model, batch, 3)
    assert losses[0] == losses[1]


# Prediction


def predicted(model: Path, papers: Path, output: Path, **more) -> list[dict]:
    predict_file("sii", PredictionArguments(str(model), str(papers), str(output), **more))
    return read_predictions(output, "sii")


def test_an_adapter_folder_predicts_what_its_merged_export_does(trained, adapted, tmp_path, capsys):
    papers = tmp_path / "papers.json"
    papers.write_text(json.dumps([{"input": row.input} for row in trained.papers[:N_PAPERS]]))
    merged = export_merged(adapted.folder, tmp_path / "merged")
    expected = predicted(merged, papers, tmp_path / "merged.jsonl")
    assert predicted(adapted.folder, papers, tmp_path / "adapter.jsonl") == expected
    assert "base_model_files" not in capsys.readouterr().out
    of_base = predicted(trained.folder, papers, tmp_path / "base.jsonl")
    assert [line["fields"] for line in of_base] != [line["fields"] for line in expected]

    settings = json.loads(header_path(tmp_path / "adapter.jsonl").read_text())["settings"]
    assert settings["model_files"][0][0] == "adapter_model.safetensors"
    assert settings["base_model"] == str(trained.folder)
    assert settings["base_model_files"][0][0] == "model.safetensors"
    plain = json.loads(header_path(tmp_path / "merged.jsonl").read_text())["settings"]
    assert "base_model" not in plain


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_merged_weights_are_those_of_export_bit_for_bit(adapted, tmp_path, dtype):
    loaded = load_model(str(adapted.folder), dtype)
    exported = load_model(str(export_merged(adapted.folder, tmp_path / "merged")), dtype)
    assert loaded.dtype == getattr(torch, dtype)
    other = exported.state_dict()
    for name, tensor in loaded.state_dict().items():
        assert torch.equal(tensor, other[name]), name
    assert loaded.lm_head.weight is loaded.get_input_embeddings().weight  # tied, as the base is


def test_an_adapter_of_a_hub_model_finds_the_base_in_the_cache(
    trained, adapted, tmp_path, monkeypatch
):
    import huggingface_hub.constants
    import transformers.utils.hub

    cache = tmp_path / "cache" / "models--org--base"
    shutil.copytree(trained.folder, cache / "snapshots" / "a1")
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("a1")
    for module in (huggingface_hub.constants, transformers.utils.hub):
        monkeypatch.setattr(module, "HF_HUB_CACHE", str(tmp_path / "cache"), raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    adapter = copy_of(adapted, tmp_path / "adapter", base_model_name_or_path="org/base")
    loaded, expected = load_model(str(adapter)), load_model(str(adapted.folder))
    assert torch.equal(
        loaded.model.layers[0].self_attn.q_proj.weight,
        expected.model.layers[0].self_attn.q_proj.weight,
    )


def test_an_embedding_trained_whole_with_added_rows_is_loaded(trained, adapted, tmp_path):
    adapter = copy_of(adapted, tmp_path / "adapter")
    path = adapter / "adapter_model.safetensors"
    n, width = trained.model.get_input_embeddings().weight.shape
    whole = torch.randn(n + 3, width)
    name = "base_model.model.model.embed_tokens.weight"
    save_file(load_file(path) | {name: whole}, path)
    assert torch.equal(load_model(str(adapter)).get_input_embeddings().weight, whole)


def test_an_adapter_without_a_tokenizer_has_its_base_models(trained, adapted, tmp_path):
    adapter = copy_of(adapted, tmp_path / "adapter")
    for path in adapter.glob("tokenizer*"):
        path.unlink()
    assert load_tokenizer(str(adapter)).get_vocab() == trained.tokenizer.get_vocab()


# Mistakes


def test_an_adapter_whose_base_is_gone_is_one_sentence(adapted, tmp_path):
    gone = str(tmp_path / "gone")
    adapter = copy_of(adapted, tmp_path / "adapter", base_model_name_or_path=gone)
    for path in adapter.glob("tokenizer*"):
        path.unlink()
    for asks in (check_checkpoint, load_tokenizer, load_model):
        with pytest.raises(
            UserError, match=rf"adapter of {gone}, which is no folder.*--base_model"
        ):
            asks(str(adapter))
    # What the sentence says works.
    arguments = (
        "--base_model",
        json.loads((adapted.folder / "adapter_config.json").read_text())["base_model_name_or_path"],
    )
    merged = load_model(str(export_merged(adapter, tmp_path / "merged", *arguments)))
    expected = load_model(str(adapted.folder))
    assert torch.equal(
        merged.model.layers[0].mlp.up_proj.weight, expected.model.layers[0].mlp.up_proj.weight
    )


@pytest.mark.parametrize(
    ("base", "recorded", "is_asked"),
    [
        ("runs/base", "base", False),  # as train.py records a folder
        ("org/base", "org/base", True),
        ("org/base", None, True),
        ("here/base", None, False),  # beside a folder of that name
    ],
)
def test_the_hub_is_asked_only_for_what_may_be_there(
    adapted, tmp_path, monkeypatch, capsys, base, recorded, is_asked
):
    import transformers.utils

    asked = []

    def cached_file(name, file):
        asked.append(name)
        raise OSError("no network")

    monkeypatch.setattr(transformers.utils, "cached_file", cached_file)
    monkeypatch.setattr(hub, "_answers", lambda endpoint: True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    adapter = copy_of(adapted, tmp_path / f"adapter {recorded}", base_model_name_or_path=base)
    (adapter / "base_model.json").unlink(missing_ok=True)
    if recorded:
        (adapter / "base_model.json").write_text(json.dumps({"name": recorded, "tensors": {}}))
    with pytest.raises(UserError, match=f"adapter of {base}, which is no folder"):
        load_model(str(adapter))
    assert asked == [base] * is_asked
    sentence = f"its base model {base} is no folder here; asking the Hugging Face hub."
    assert (sentence in capsys.readouterr().err) == is_asked


def test_broken_adapters_are_one_sentence(adapted, tmp_path):
    nameless = copy_of(adapted, tmp_path / "nameless", base_model_name_or_path=None)
    nested = copy_of(adapted, tmp_path / "nested", base_model_name_or_path=str(adapted.folder))
    (tmp_path / "empty").mkdir()
    of_nothing = copy_of(
        adapted, tmp_path / "of_nothing", base_model_name_or_path=str(tmp_path / "empty")
    )
    unsaved = copy_of(adapted, tmp_path / "unsaved")
    (unsaved / "adapter_model.safetensors").unlink()
    dora = copy_of(adapted, tmp_path / "dora", use_dora=True)
    for adapter, expected in (
        (nameless, "names no base model; name .* or merge"),
        (nested, "adapter of another one"),
        (of_nothing, "empty: holds no config.json"),
        (unsaved, "no weights .*stopped before it saved"),
        (dora, "DoRA"),
    ):
        with pytest.raises(UserError, match=expected):
            load_model(str(adapter))


def test_an_adapter_of_a_model_of_another_width_is_one_sentence(adapted, tmp_path):
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig.from_pretrained(
        json.loads((adapted.folder / "adapter_config.json").read_text())["base_model_name_or_path"]
    )
    config.hidden_size = 32
    LlamaForCausalLM(config).save_pretrained(tmp_path / "narrow")
    adapter = copy_of(
        adapted, tmp_path / "adapter", base_model_name_or_path=str(tmp_path / "narrow")
    )
    with pytest.raises(UserError, match="its shape is"):
        load_model(str(adapter))


def test_a_target_that_the_model_lacks_is_answered_with_its_own_layers(trained):
    arguments = AdapterArguments(lora_r=2, lora_target_modules=["q_proj", "query"])
    with pytest.raises(
        UserError, match=r"query: LlamaForCausalLM has no .*q_proj, up_proj, v_proj"
    ):
        add_adapter(trained.model, arguments)
    not_linear = AdapterArguments(lora_r=2, lora_target_modules=["self_attn"])
    with pytest.raises(UserError, match="self_attn: LlamaForCausalLM has no"):
        add_adapter(trained.model, not_linear)
    assert all(parameter.requires_grad for parameter in trained.model.parameters())


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"lora_r": -1}, "--lora_r -1"),
        ({"lora_alpha": 8}, "--lora_alpha: is for LoRA; add --lora_r"),
        ({"lora_dropout": 0.1}, "--lora_dropout: is for LoRA"),
        ({"lora_target_modules": ["q_proj"]}, "--lora_target_modules: is for LoRA"),
        ({"load_in_4bit": True}, "--load_in_4bit: is for LoRA; add --lora_r"),
        ({"lora_r": 4, "lora_alpha": 0}, "--lora_alpha 0"),
        ({"lora_r": 4, "lora_dropout": 1.0}, "--lora_dropout 1.0"),
    ],
)
def test_flags_that_make_no_sense_are_one_sentence(flags, expected):
    with pytest.raises(UserError, match=expected):
        check_adapter_arguments(AdapterArguments(**flags), "some/model")


def test_flags_that_do_not_go_with_the_run_are_one_sentence(adapted):
    lora, qlora = AdapterArguments(lora_r=4), AdapterArguments(lora_r=4, load_in_4bit=True)
    check_adapter_arguments(AdapterArguments(), None)
    check_adapter_arguments(lora, "some/model", sharded=True)
    check_adapter_arguments(qlora, "some/model")
    with pytest.raises(UserError, match=r"--load_in_4bit: .*not sharded"):
        check_adapter_arguments(qlora, "some/model", sharded=True)
    with pytest.raises(UserError, match="--model_name_or_path"):
        check_adapter_arguments(lora, None)
    for arguments in (AdapterArguments(), lora):
        with pytest.raises(
            UserError, match=r"is a LoRA adapter; merge it first \(python export.py"
        ):
            check_adapter_arguments(arguments, str(adapted.folder))


def test_4_bits_without_bitsandbytes_is_one_sentence(trained, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install bitsandbytes=="):
        load_quantized_base(str(trained.folder))

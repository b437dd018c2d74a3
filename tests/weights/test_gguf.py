"""GGUF files in and out: the same model, the same tokens, and nothing that stops a run at its end."""

import json
import shutil

import pytest
import torch
from local_servers import llamacpp_serve
from tokenizer_kinds import make_tokenizer
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

import export
import train
from masterkey.predicting.arguments import DecodingArguments
from masterkey.predicting.loaded_model import load_local_model
from masterkey.predicting.readers import Choice
from masterkey.rows.prompts import build_prompt, load_settings
from masterkey.rows.records import read_rows
from masterkey.rows.tokenizer import train_tokenizer
from masterkey.scripting.command_line import UserError
from masterkey.weights.base_record import FILE, check_base, record_of, save_record
from masterkey.weights.checkpoints import check_checkpoint, load_model, load_tokenizer
from masterkey.weights.gguf_file import plain_folder, plain_weights
from masterkey.weights.gguf_writing import refuse_unwritable, write_gguf
from masterkey.weights.reading import open_weights

SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
TEXTS = [
    "ETL_stack_sequence: TiO2-c | TiO2-mp,\n Module: FALSE,\n HTL_stack_sequence: Spiro-MeOTAD",
    "The films were annealed at 100 °C for 10 min in air (25 °C, 0.16 cm2).\n\nMAPbI3, 5000 rpm",
] * 20


def saved(folder, config_class, model_class, tokenizer, seed=0, **more):
    """A random model, saved; its tokenizer may have fewer tokens than the model has rows."""
    torch.manual_seed(seed)
    config = config_class(
        vocab_size=len(tokenizer) + 3,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **SIZES | more,
    )
    model = model_class(config)
    for parameter in model.parameters():  # norms and biases that are not all ones and zeros
        parameter.data += 0.02 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model.eval()


def written(folder, path, dtype="float32"):
    tokenizer = load_tokenizer(str(folder))
    refuse_unwritable(folder, tokenizer)
    write_gguf(open_weights(folder), folder, tokenizer, path, dtype, "tiny")
    return path


FAMILIES = [
    (LlamaConfig, LlamaForCausalLM, {"rope_theta": 500.0}),
    (LlamaConfig, LlamaForCausalLM, {"tie_word_embeddings": True}),
    (Qwen3Config, Qwen3ForCausalLM, {"head_dim": 128}),
]
# Six layers, five of them with a window that the text is longer than.
GEMMA = {"head_dim": 256, "num_hidden_layers": 6, "sliding_window": 8}
GEMMAS = {
    "gemma2": (Gemma2Config, Gemma2ForCausalLM),
    "gemma3": (Gemma3TextConfig, Gemma3ForCausalLM),
}


@pytest.mark.slow
@pytest.mark.parametrize(("config_class", "model_class", "more"), FAMILIES)
def test_a_model_comes_back_from_gguf_as_it_was(config_class, model_class, more, tmp_path):
    tokenizer = train_tokenizer(TEXTS, 300, "qwen2")
    model = saved(tmp_path / "model", config_class, model_class, tokenizer, **more)
    path = written(tmp_path / "model", tmp_path / "model.gguf")
    ids = torch.tensor([tokenizer(TEXTS[0])["input_ids"]])
    back = load_model(str(path)).eval()
    with torch.no_grad():
        assert torch.allclose(back(ids).logits, model(ids).logits, atol=1e-5)
    assert load_tokenizer(str(path))(TEXTS[0])["input_ids"] == ids[0].tolist()
    assert len(load_tokenizer(str(path))) <= model.config.vocab_size


@pytest.mark.slow
@pytest.mark.parametrize(("config_class", "model_class"), GEMMAS.values())
def test_a_gemma_comes_back_from_gguf_as_it_was(config_class, model_class, tmp_path):
    tokenizer = make_tokenizer("gemma", TEXTS)
    model = saved(tmp_path / "model", config_class, model_class, tokenizer, **GEMMA)
    path = written(tmp_path / "model", tmp_path / "model.gguf")
    ids = torch.tensor([tokenizer(TEXTS[0])["input_ids"]])
    assert ids.shape[1] > GEMMA["sliding_window"]
    back = load_model(str(path)).eval()
    with torch.no_grad():
        assert torch.allclose(back(ids).logits, model(ids).logits, atol=1e-5)
    assert back.config.layer_types == model.config.layer_types
    for text in TEXTS[:2]:
        assert load_tokenizer(str(path))(text)["input_ids"] == tokenizer(text)["input_ids"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"layer_types": ["full_attention"] * 6}, "layer_types"),
        ({"query_pre_attn_scalar": 64}, "query_pre_attn_scalar"),
        ({"final_logit_softcapping": 30.0}, "final_logit_softcapping"),
        (
            {"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0}}},
            "rope_type",
        ),
        (
            {"rope_parameters": {"full_attention": {}, "sliding_attention": {"rope_theta": 5e5}}},
            "rope_theta of layers with a window",
        ),
    ],
)
def test_a_gemma_that_no_file_can_describe_is_refused(change, named, tmp_path):
    tokenizer = make_tokenizer("gemma", TEXTS)
    saved(tmp_path, Gemma3TextConfig, Gemma3ForCausalLM, tokenizer, **GEMMA)
    refuse_unwritable(tmp_path, tokenizer)
    config = json.loads((tmp_path / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=f"has values of {named} that no GGUF file of a gemma3"):
        refuse_unwritable(tmp_path, tokenizer)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_weights_are_rounded_once_to_the_dtype_asked_for(dtype, tmp_path):
    tokenizer = train_tokenizer(TEXTS, 300, "qwen2")
    model = saved(tmp_path / "model", LlamaConfig, LlamaForCausalLM, tokenizer)
    back = load_model(str(written(tmp_path / "model", tmp_path / "m.gguf", dtype)))
    for name, parameter in model.named_parameters():
        expected = parameter.data
        if parameter.dim() > 1:
            expected = expected.to(getattr(torch, dtype)).float()
        assert torch.equal(back.get_parameter(name).data, expected), name


def test_what_is_loaded_from_gguf_is_saved_as_a_plain_folder(tmp_path):
    tokenizer = train_tokenizer(TEXTS, 300, "qwen2")
    model = saved(tmp_path / "model", LlamaConfig, LlamaForCausalLM, tokenizer)
    path = written(tmp_path / "model", tmp_path / "model.gguf")
    (tmp_path / "prompt_style.json").write_text('{"prompt_style": "alpaca", "longest_answer": 9}')
    with plain_folder(str(path)) as folder:
        again = AutoModelForCausalLM.from_pretrained(folder)
        assert {*open_weights(folder).tensors} == {*open_weights(tmp_path / "model").tensors}
        assert load_settings(folder, None).longest_answer == 9
    for name, parameter in model.named_parameters():
        assert torch.equal(again.get_parameter(name), parameter)


def test_mistakes_with_gguf_files_are_sentences(tmp_path, byte_tokenizer):
    with pytest.raises(UserError, match="no such file"):
        check_checkpoint(str(tmp_path / "absent.gguf"))
    (tmp_path / "pointer.gguf").write_text("version https://git-lfs.github.com/spec/v1")
    with pytest.raises(UserError, match="is a pointer of Git LFS"):
        load_model(str(tmp_path / "pointer.gguf"))
    (tmp_path / "text.gguf").write_text("a text")
    with pytest.raises(UserError, match="does not begin as a GGUF file does"):
        load_model(str(tmp_path / "text.gguf"))
    saved(tmp_path / "model", LlamaConfig, LlamaForCausalLM, train_tokenizer(TEXTS, 300, "qwen2"))
    path = written(tmp_path / "model", tmp_path / "model.gguf")
    shutil.copy(path, tmp_path / "big-00001-of-00002.gguf")
    with pytest.raises(UserError, match="one part of several"):
        load_tokenizer(str(tmp_path / "big-00001-of-00002.gguf"))
    (tmp_path / "cut.gguf").write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(UserError, match=r"cut\.gguf: no model could be loaded"):
        load_model(str(tmp_path / "cut.gguf"))
    (tmp_path / "cut.gguf").write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"cut\.gguf: .* \(the file is truncated; fetch it again\)"):
        load_tokenizer(str(tmp_path / "cut.gguf"))
    (tmp_path / "released").mkdir()
    shutil.copy(path, tmp_path / "released" / "released.gguf")
    with pytest.raises(UserError, match=r"did you mean .*released\.gguf\?"):
        check_checkpoint(str(tmp_path / "released"))
    with pytest.raises(UserError, match="leave --load_in_4bit out"):
        load_model(str(path), quantization_config={"load_in_4bit": True})


def test_tensors_that_transformers_would_make_up_are_no_model(tmp_path):
    """Its reader of Qwen 3 takes 128 for the size of a head, whatever the file says."""
    tokenizer = train_tokenizer(TEXTS, 300, "qwen2")
    saved(tmp_path / "model", Qwen3Config, Qwen3ForCausalLM, tokenizer, head_dim=16)
    path = written(tmp_path / "model", tmp_path / "model.gguf")
    with pytest.raises(UserError, match=r"does not read such a Qwen3ForCausalLM right.*k_norm"):
        load_model(str(path))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"architectures": ["GPT2LMHeadModel"]},
            "is a GPT2LMHeadModel; --format gguf writes Llama",
        ),
        ({"rope_parameters": {"rope_type": "llama3", "factor": 8.0}}, "stretches positions"),
        ({"sliding_window": 64}, "a sliding window of 64 tokens"),
    ],
)
def test_what_cannot_be_written_is_said_beforehand(change, sentence, tmp_path):
    tokenizer = train_tokenizer(TEXTS, 300, "qwen2")
    saved(tmp_path, LlamaConfig, LlamaForCausalLM, tokenizer)
    config = json.loads((tmp_path / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=sentence):
        refuse_unwritable(tmp_path, tokenizer)


def test_a_tokenizer_that_llamacpp_cannot_follow_is_refused_with_one_that_it_can(tmp_path):
    saved(tmp_path / "model", LlamaConfig, LlamaForCausalLM, train_tokenizer(TEXTS, 300))
    arguments = export.Arguments(str(tmp_path / "model"), str(tmp_path / "out"), format="gguf")
    with pytest.raises(UserError, match=r"data/train_tokenizer\.py --splitting qwen2"):
        export.main(arguments)
    assert not (tmp_path / "out").exists()


def test_a_gguf_file_is_a_checkpoint_and_no_kept_method(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    (tmp_path / "fields.npz").write_bytes(b"PK")
    assert Choice("sii", None, str(path), None, 0).named_method() == "model"
    assert Choice("sii", None, str(tmp_path / "fields.npz"), None, 0).named_method() == "fields"


def test_the_record_of_a_gguf_base_tells_it_from_another_and_knows_its_own_forms(tmp_path):
    tokenizer, files = train_tokenizer(TEXTS, 300, "qwen2"), {}
    for seed, name in enumerate(("base", "other")):
        saved(tmp_path / name, *FAMILIES[0][:2], tokenizer, seed)
        files[name] = written(tmp_path / name, tmp_path / f"{name}.gguf")
    half = written(tmp_path / "base", tmp_path / "half.gguf", "bfloat16")
    record = record_of(str(files["base"]))
    assert (record["name"], record["model_type"]) == ("base.gguf", "llama")
    assert record["tensors"] == record_of(str(tmp_path / "base"))["tensors"]
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    save_record(adapter, record)
    for same in (files["base"], half):
        with plain_weights(str(same)) as weights:
            check_base(adapter, weights)
    with plain_weights(str(files["other"])) as weights, pytest.raises(UserError) as told:
        check_base(adapter, weights)
    assert f"was trained on base.gguf (llama), and {files['other']} is another model" in str(
        told.value
    )


@pytest.mark.slow
@pytest.mark.parametrize("lora", [False, True])
def test_training_from_gguf_ends_in_a_folder_that_loads(lora, gguf_checkpoint, tmp_path, capfd):
    trained = model = tmp_path / "trained"
    flags = ["--lora_r", "2"] if lora else []
    train.main(
        ["--model_name_or_path", str(gguf_checkpoint.file), "--output_dir", str(trained), "--max_steps",
         "2", "--data_path", "data/sample/mdp_train.json", "--model_max_length", "640",
         "--per_device_train_batch_size", "2", "--report_to", "none", *flags]
    )  # fmt: skip
    if lora:
        assert json.loads((trained / FILE).read_text())["name"] == gguf_checkpoint.file.name
        model = tmp_path / "merged"
        export.main(export.Arguments(str(trained), str(model)))
    assert (
        "Unable to fetch" not in capfd.readouterr().err
    )  # PEFT, of a base that it takes for a hub's
    loaded = AutoModelForCausalLM.from_pretrained(model)
    before = load_model(str(gguf_checkpoint.folder))
    changed = [
        n for n, p in loaded.named_parameters() if not torch.equal(p, before.get_parameter(n))
    ]
    assert [name for name in changed if "q_proj" in name]
    assert len(AutoTokenizer.from_pretrained(model)) == len(
        load_tokenizer(str(gguf_checkpoint.folder))
    )
    ids = torch.tensor([[0, 5, 6]])
    arguments = DecodingArguments(device="cpu")
    here = load_local_model("mdp", str(trained), arguments).model
    assert torch.allclose(here(ids).logits, loaded(ids).logits, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["qwen2", "llama2", "llama3", "gpt2", "gemma2", "gemma3"])
def test_llamacpp_reads_the_tokens_and_gives_the_scores_of_the_checkpoint(kind, tmp_path):
    """Prompts token by token, BOS included, and the log-probability of the next token."""
    rows = read_rows("data/sample/sii_test.json", task="sii")[:8]
    prompts = [build_prompt("alpaca", row.instruction, row.input[:400]).text() for row in rows]
    texts = prompts + [row.output for row in rows]
    tokenizer = (
        train_tokenizer(texts, 900, kind)
        if kind == "qwen2"
        else make_tokenizer("gemma" if kind in GEMMAS else kind, texts)
    )
    config_class, model_class = GEMMAS.get(kind, (LlamaConfig, LlamaForCausalLM))
    more = GEMMA if kind in GEMMAS else {}
    model = saved(tmp_path / "model", config_class, model_class, tokenizer, **more)
    path = written(tmp_path / "model", tmp_path / "model.gguf")
    with llamacpp_serve(path, "--threads", "1", "--context", "256", "--slots", "1") as server:
        for prompt in prompts:
            asked = {"content": prompt, "add_special": True}
            found = post(server.base_url.removesuffix("/v1") + "/tokenize", asked)["tokens"]
            assert found == tokenizer(prompt)["input_ids"]
        short = prompts[0][:300]
        asked = {"prompt": short, "max_tokens": 1, "temperature": 0, "logprobs": 1}
        [choice] = post(f"{server.base_url}/completions", asked)["choices"]
    token = choice["logprobs"]["content"][0]
    ids = torch.tensor([tokenizer(short)["input_ids"]])
    with torch.no_grad():
        expected = model(ids).logits[0, -1].log_softmax(-1)
    assert token["logprob"] == pytest.approx(expected.max().item(), abs=0.02)
    assert expected[token["id"]] == pytest.approx(expected.max().item(), abs=0.02)


def post(url: str, body: dict) -> dict:
    import urllib.request

    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=60) as reply:
        return json.load(reply)

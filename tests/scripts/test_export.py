"""export.py: what is published of a training output, LoRA merged, scores and licences in the card."""

import json
import math
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import export
import weight_diff
from masterkey.scripting.command_line import UserError, parse_arguments
from masterkey.scripting.files import sha256
from masterkey.weights.lora import MergedWeights
from masterkey.weights.reading import open_weights

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"


def new_model(kind="llama", seed=0, dtype=torch.float32, vocab_size=300):
    from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig

    torch.manual_seed(seed)
    ids = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "vocab_size": vocab_size}
    config = {
        "llama": LlamaConfig(
            **ids, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
            num_attention_heads=2, max_position_embeddings=512,
        ),
        "gpt2": GPT2Config(**ids, n_embd=16, n_layer=2, n_head=2, n_positions=64),
    }[kind]  # fmt: skip
    return AutoModelForCausalLM.from_config(config).to(dtype)


@pytest.fixture
def trained(tmp_path, byte_tokenizer):
    """A folder as train.py leaves it, and its raw model: runs/model, raw."""
    new_model(seed=1).save_pretrained(tmp_path / "raw")
    folder = tmp_path / "runs" / "model"
    new_model(seed=2).save_pretrained(folder)
    byte_tokenizer.save_pretrained(folder)
    (folder / "optimizer.pt").write_text("not to be published")
    (folder / "prompt_style.json").write_text(
        json.dumps({"prompt_style": "alpaca", "keep_markers": False, "longest_answer": 321})
    )
    data = SAMPLE / "sii_train.json"
    entry = {"file": data.name, "bytes": data.stat().st_size, "sha256": sha256(data)}
    own = {"file": "own.json", "bytes": 12, "sha256": "0" * 64}
    summary = {
        **{"seed": 7, "n_rows": 600, "data": [entry, own], "metrics": {"epoch": 3.0}},
        "arguments": {"model_name_or_path": str(tmp_path / "raw"), "learning_rate": 2e-5},
    }
    (folder / "train_summary.json").write_text(json.dumps(summary))
    return folder


def export_model(model, output_dir, *more) -> None:
    argv = ["--model", model, "--output_dir", output_dir, *more]
    export.main(parse_arguments(export.Arguments, "", [str(word) for word in argv]))


def scores_of(task: str, folder: Path, **changes) -> dict:
    """The content of a scores file as the evaluators write it, with invented figures."""
    weights = folder / "model.safetensors"
    file = [weights.name, weights.stat().st_size, int(weights.stat().st_mtime)]
    common = {
        **{"name": task, "synthetic": True, "n": 40, "n_synthetic": 40, "n_resamples": 2000},
        **{"interval_level": 0.95, "others": [], "unreadable": "scored as the mean of the answers"},
        "settings": {"model": "runs/model", "model_files": [file]},
        "provenance": {"data": [{"file": f"{task}.jsonl", "bytes": 9, "sha256": "a" * 64}]},
    }
    if task == "sii":
        names = ("f1", "precision", "recall", "informative_accuracy")
        strict = dict.fromkeys(names, 0.625) | {f"{name}_ci": [0.5, 0.75] for name in names}
        tracks = {
            "strict": strict | {"n_papers": 40},
            "paper": {"ie": {"f1": 0.71}, "n_scored": 38},
        }
        return common | tracks | {"constant": tracks} | changes
    target = {
        "mae": 1.25,
        "rmse": 1.5,
        "r2": 0.25,
        "mae_ci": [1, 2],
        "rmse_ci": None,
        "r2_ci": None,
    }
    targets = {"targets": dict.fromkeys(("Voc", "Jsc", "FF", "PCE"), target)}
    parsed = {"n_parsed": 39, "n_recipes": 19}
    return common | targets | parsed | {"constant": targets} | changes


def write_scores(folder: Path, task: str, model: Path, **changes) -> Path:
    name = {"sii": "sii_scores.json", "mdp": "regression_scores.json"}[task]
    (folder / name).write_text(json.dumps(scores_of(task, model, **changes)))
    return folder / name


def same_weights(a: Path, b: Path) -> bool:
    a, b = (load_file(folder / "model.safetensors") for folder in (a, b))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# The folder


def test_a_plain_release_has_all_that_prediction_needs_and_nothing_else(tmp_path, trained):
    export_model(trained, tmp_path / "release")
    names = {path.name for path in (tmp_path / "release").iterdir()}
    assert names == {
        *("model.safetensors", "config.json", "generation_config.json", "prompt_style.json"),
        *("tokenizer.json", "tokenizer_config.json", "README.md", "manifest.json"),
    }
    assert same_weights(tmp_path / "release", trained)
    weight_diff.main(["verify", str(tmp_path / "release")])


def test_a_released_difference_gives_the_trained_model_back(tmp_path, trained):
    export_model(trained, tmp_path / "r", "--weights", "diff", "--path_raw", tmp_path / "raw")
    assert not list((tmp_path / "r").glob("model*.safetensors"))
    weight_diff.main(
        ["recover", "--path_raw", str(tmp_path / "raw"), "--path_diff", str(tmp_path / "r"),
         "--path_tuned", str(tmp_path / "recovered")]
    )  # fmt: skip
    assert same_weights(tmp_path / "recovered", trained)
    for name in ("prompt_style.json", "tokenizer.json", "generation_config.json"):
        assert (tmp_path / "recovered" / name).read_bytes() == (trained / name).read_bytes()


def test_generation_settings_are_made_where_training_left_none(tmp_path, trained):
    (trained / "generation_config.json").unlink()
    export_model(trained, tmp_path / "release")
    settings = json.loads((tmp_path / "release" / "generation_config.json").read_text())
    assert settings == {"do_sample": False, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def test_dtype_and_shards_can_be_chosen(tmp_path, trained):
    export_model(trained, tmp_path / "r", "--dtype", "bfloat16", "--max_shard_size", "10KB")
    weights = open_weights(tmp_path / "r")
    assert {info.dtype for info in weights.tensors.values()} == {"BF16"}
    assert len(weights.files) > 1
    assert json.loads((tmp_path / "r" / "config.json").read_text())["dtype"] == "bfloat16"
    assert "in bfloat16" in (tmp_path / "r" / "README.md").read_text()


# The card


def test_the_card_tells_scores_with_intervals_and_marks_synthetic_ones(tmp_path, trained):
    write_scores(trained.parent, "sii", trained)
    write_scores(trained.parent, "mdp", trained)
    export_model(trained, tmp_path / "release", "--license", "cc-by-nc-4.0")
    card = (tmp_path / "release" / "README.md").read_text()
    assert "0.625 [0.500, 0.750]" in card
    assert "1.25 [1.00, 2.00]" in card
    assert "material and device prediction · SYNTHETIC DATA" in card
    assert "structured information inference · SYNTHETIC DATA" in card
    assert "say nothing about real papers" in card
    assert card.startswith("---\nlicense: cc-by-nc-4.0\n")


def test_real_scores_are_not_marked(tmp_path, trained):
    path = write_scores(tmp_path, "sii", trained, synthetic=False, n_synthetic=0)
    export_model(trained, tmp_path / "release", "--scores", path)
    assert "SYNTHETIC DATA" not in (tmp_path / "release" / "README.md").read_text()


def test_partly_synthetic_scores_say_how_many_rows_are(tmp_path, trained):
    path = write_scores(tmp_path, "mdp", trained, n_synthetic=3)
    export_model(trained, tmp_path / "release", "--scores", path)
    assert "SYNTHETIC DATA (3 of 40 rows)" in (tmp_path / "release" / "README.md").read_text()


def test_the_card_has_the_data_checksums_and_what_the_data_are(tmp_path, trained):
    export_model(trained, tmp_path / "release")
    card = (tmp_path / "release" / "README.md").read_text()
    lines = [line for line in card.splitlines() if sha256(SAMPLE / "sii_train.json") in line]
    assert len(lines) == 1
    assert "SYNTHETIC" in lines[0]
    assert any("own.json" in x and "the training group's own" in x for x in card.splitlines())
    assert "None: no score file" in card
    assert "longest training answer had 321 tokens" in card


def test_published_training_data_bring_their_licence_into_the_card(tmp_path, trained):
    summary = json.loads((trained / "train_summary.json").read_text())
    published = "69612ca258c13075854453a1e404b61ec34784a495dc4387f47949a29d7f0491"
    summary["data"] = [{"file": "sii360.json", "bytes": 2209632, "sha256": published}]
    (trained / "train_summary.json").write_text(json.dumps(summary))
    export_model(trained, tmp_path / "release")
    assert "- training data, published file sii360.json: CC BY-NC 4.0" in (
        tmp_path / "release" / "README.md"
    ).read_text(encoding="utf-8")


def test_no_path_of_the_machine_is_published(tmp_path, trained):
    config = json.loads((trained / "config.json").read_text())
    (trained / "config.json").write_text(json.dumps(config | {"_name_or_path": str(trained)}))
    export_model(trained, tmp_path / "r", "--weights", "diff", "--path_raw", tmp_path / "raw")
    for path in (tmp_path / "r").rglob("*"):
        if path.suffix in (".json", ".md"):
            assert str(tmp_path) not in path.read_text(encoding="utf-8"), path


def test_a_card_without_summary_and_prompt_says_so(tmp_path, trained):
    for name in ("train_summary.json", "prompt_style.json"):
        (trained / name).unlink()
    export_model(trained, tmp_path / "release", "--base_model_name", "org/model-7b")
    card = (tmp_path / "release" / "README.md").read_text()
    assert "has no train_summary.json" in card
    assert "did not say which prompt" in card
    assert "base_model: org/model-7b" in card


def test_scores_of_other_weights_are_refused_or_left_out(tmp_path, trained, capsys):
    path = write_scores(trained.parent, "sii", trained)
    scores = json.loads(path.read_text())
    scores["settings"]["model_files"][0][1] += 1
    path.write_text(json.dumps(scores))
    with pytest.raises(UserError, match="other weights"):
        export_model(trained, tmp_path / "release", "--scores", path)
    export_model(trained, tmp_path / "release")
    assert "not used" in capsys.readouterr().out
    assert "None: no score file" in (tmp_path / "release" / "README.md").read_text()


def test_scores_whose_model_is_not_sure_are_used_with_a_note(tmp_path, trained):
    path = write_scores(tmp_path, "sii", trained, settings=None)
    export_model(trained, tmp_path / "one", "--scores", path)
    assert "does not record" in (tmp_path / "one" / "README.md").read_text()
    (trained / "model.safetensors").touch()
    scores = scores_of("sii", trained)
    scores["settings"]["model_files"][0][2] -= 100
    path.write_text(json.dumps(scores))
    export_model(trained, tmp_path / "two", "--scores", path)
    assert "other dates" in (tmp_path / "two" / "README.md").read_text()


def test_scores_of_a_baseline_are_refused(tmp_path, trained):
    path = write_scores(tmp_path, "sii", trained, settings={"method": "majority"})
    with pytest.raises(UserError, match="baseline"):
        export_model(trained, tmp_path / "release", "--scores", path)


# LoRA


def write_adapter(folder: Path, factors: dict, **config) -> Path:
    """An adapter as PEFT saves it."""
    folder.mkdir(exist_ok=True)
    settings = {"peft_type": "LORA", "r": 2, "lora_alpha": 8, **config}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    tensors = {f"base_model.model.{name}": tensor for name, tensor in factors.items()}
    save_file(tensors, folder / "adapter_model.safetensors")
    return folder


MODULE = "model.layers.1.self_attn.q_proj"


def q_proj_factors(rank=2) -> dict:
    torch.manual_seed(5)
    return {
        f"{MODULE}.lora_A.weight": torch.randn(rank, 16),
        f"{MODULE}.lora_B.weight": torch.randn(16, rank),
    }


@pytest.mark.parametrize(
    ("config", "scale"),
    [
        ({}, 4.0),
        ({"use_rslora": True}, 8 / math.sqrt(2)),
        ({"alpha_pattern": {"q_proj": 6}}, 3.0),
        ({"alpha_pattern": {"k_proj": 6}}, 4.0),
    ],
)
def test_an_adapter_is_merged_with_its_scale(tmp_path, trained, config, scale):
    base = load_file(trained / "model.safetensors")
    factors = q_proj_factors()
    write_adapter(tmp_path / "adapter", factors, base_model_name_or_path=str(trained), **config)
    export_model(tmp_path / "adapter", tmp_path / "merged")
    merged = load_file(tmp_path / "merged" / "model.safetensors")
    a, b = factors[f"{MODULE}.lora_A.weight"], factors[f"{MODULE}.lora_B.weight"]
    expected = base[f"{MODULE}.weight"] + scale * (b @ a)
    assert torch.allclose(merged.pop(f"{MODULE}.weight"), expected, atol=1e-5)
    assert all(torch.equal(tensor, base[name]) for name, tensor in merged.items())
    assert "LoRA adapter" in (tmp_path / "merged" / "README.md").read_text()
    assert (tmp_path / "merged" / "tokenizer.json").exists()


def test_an_adapter_released_as_a_difference_takes_its_base_as_raw_model(tmp_path, trained):
    write_adapter(tmp_path / "adapter", q_proj_factors(), base_model_name_or_path="somewhere/else")
    base = ("--base_model", trained)
    export_model(tmp_path / "adapter", tmp_path / "merged", *base)
    export_model(tmp_path / "adapter", tmp_path / "diff", *base, "--weights", "diff")
    weight_diff.main(
        ["recover", "--path_raw", str(trained), "--path_diff", str(tmp_path / "diff"),
         "--path_tuned", str(tmp_path / "recovered")]
    )  # fmt: skip
    assert same_weights(tmp_path / "recovered", tmp_path / "merged")


def test_an_embedding_that_was_trained_whole_may_have_added_rows(tmp_path, trained):
    whole = {
        "model.embed_tokens.weight": torch.randn(301, 16),
        "lm_head.weight": torch.randn(301, 16),
    }
    write_adapter(tmp_path / "adapter", whole, base_model_name_or_path=str(trained))
    export_model(tmp_path / "adapter", tmp_path / "merged")
    merged = load_file(tmp_path / "merged" / "model.safetensors")
    assert all(torch.equal(merged[name], tensor) for name, tensor in whole.items())
    assert json.loads((tmp_path / "merged" / "config.json").read_text())["vocab_size"] == 301


def test_pieces_of_a_merged_tensor_are_those_of_the_whole(tmp_path, trained):
    write_adapter(tmp_path / "adapter", q_proj_factors())
    merged = MergedWeights(open_weights(trained), tmp_path / "adapter")
    name = f"{MODULE}.weight"
    whole = merged.read(name, 0, 256)
    for size in (1, 7, 16, 33):
        parts = [merged.read(name, i, min(i + size, 256)) for i in range(0, 256, size)]
        assert torch.allclose(torch.cat(parts), whole, atol=1e-6)


@pytest.mark.parametrize(
    ("factors", "config", "expected"),
    [
        ({}, {"peft_type": "IA3"}, "kind IA3"),
        ({}, {"use_dora": True}, "kind DoRA"),
        ({f"{MODULE}.lora_magnitude_vector": torch.ones(16)}, {}, "lora_magnitude_vector"),
        ({f"{MODULE}.lora_C.weight": torch.ones(2, 16)}, {}, "lora_C"),
        ({"model.ghost.weight": torch.ones(2)}, {}, "model.ghost.weight"),
        ({f"{MODULE}.lora_A.weight": torch.ones(2, 17)}, {}, "16×17"),
        ({f"{MODULE}.lora_A.weight": torch.ones(2, 16, 1)}, {}, "no matrix"),
        ({}, {"lora_alpha": None}, "lora_alpha"),
    ],
)
def test_adapters_that_cannot_be_merged_are_one_sentence(
    tmp_path, trained, factors, config, expected
):
    adapter = write_adapter(tmp_path / "adapter", q_proj_factors() | factors, **config)
    with pytest.raises(UserError, match=expected):
        export_model(adapter, tmp_path / "merged", "--base_model", trained)
    assert not (tmp_path / "merged").exists()


def test_half_an_adapter_is_one_sentence(tmp_path, trained):
    factors = q_proj_factors()
    factors.pop(f"{MODULE}.lora_B.weight")
    adapter = write_adapter(tmp_path / "adapter", factors)
    with pytest.raises(UserError, match="lacks one of the two factors"):
        export_model(adapter, tmp_path / "merged", "--base_model", trained)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("llama", {"target_modules": ["q_proj", "down_proj", "lm_head"], "use_rslora": True}),
        ("llama", {"target_modules": ["v_proj"], "modules_to_save": ["lm_head", "embed_tokens"]}),
        ("llama", {"target_modules": ["embed_tokens", "up_proj"], "rank_pattern": {"up_proj": 3}}),
        ("gpt2", {"target_modules": ["c_attn", "c_proj"], "fan_in_fan_out": True}),
    ],
)
def test_merging_agrees_with_peft(tmp_path, kind, options, byte_tokenizer):
    peft = pytest.importorskip("peft", reason="not checked: merging against PEFT, not installed")
    base = new_model(kind)
    base.save_pretrained(tmp_path / "base")
    byte_tokenizer.save_pretrained(tmp_path / "base")
    config = peft.LoraConfig(r=4, lora_alpha=16, task_type="CAUSAL_LM", **options)
    model = peft.get_peft_model(base, config)
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn_like(parameter))
    model.save_pretrained(tmp_path / "adapter")
    export_model(tmp_path / "adapter", tmp_path / "ours", "--base_model", tmp_path / "base")
    ours = load_file(tmp_path / "ours" / "model.safetensors")
    theirs = model.merge_and_unload().state_dict()
    for name, tensor in ours.items():
        # fp32 sums of the same products in another order
        assert torch.allclose(tensor, theirs[name], rtol=1e-5, atol=1e-4), name
    assert not torch.equal(
        ours[name], load_file(tmp_path / "base" / "model.safetensors")[name]
    ) or (len(ours) > 1)


# Mistakes


@pytest.mark.parametrize("form", [(), ("--format", "gguf")])
def test_what_nobody_could_use_is_not_published(tmp_path, trained, form):
    config = json.loads((trained / "config.json").read_text())
    for kind, sentence in (("llamma", "the model_type 'llamma'"), (None, "no model_type, without")):
        (trained / "config.json").write_text(json.dumps(config | {"model_type": kind}))
        with pytest.raises(UserError, match=rf"config.json: names {sentence}.*; correct it, or "):
            export_model(trained, tmp_path / "release", *form)
    (trained / "config.json").write_text(json.dumps(config))
    for path in trained.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(
        UserError, match=r"model: holds neither tokenizer\.json nor tokenizer\.model"
    ):
        export_model(trained, tmp_path / "release", *form)
    assert not (tmp_path / "release").exists()


def test_a_release_without_a_known_prompt_is_told(tmp_path, trained, capsys):
    export_model(trained, tmp_path / "release")
    assert "left out" not in capsys.readouterr().out
    (trained / "prompt_style.json").unlink()
    export_model(trained, tmp_path / "other")
    assert f"left out: prompt_style.json, which {trained} has not" in capsys.readouterr().out


def test_mistakes_are_one_sentence(tmp_path, trained):
    release = tmp_path / "release"
    for arguments, expected in (
        ((tmp_path / "nowhere", release), "no such folder"),
        ((trained.parent, release), "config.json"),
        ((trained, trained), "exists already"),
        ((trained, release, "--weights", "diff"), "--path_raw"),
        ((trained, release, "--scores", trained / "config.json"), "is neither of"),
        ((trained, release, "--scores", tmp_path / "none.json"), "no such file"),
        ((trained, release, "--max_shard_size", "big"), "is no size"),
    ):
        with pytest.raises(UserError, match=expected):
            export_model(*arguments)
        assert not release.exists()
    adapter = write_adapter(tmp_path / "adapter", {}, base_model_name_or_path="org/base")
    with pytest.raises(UserError, match=r"org/base.*--base_model"):
        export_model(adapter, release)


@pytest.mark.slow
def test_a_trained_and_scored_model_is_exported_and_recovered(tmp_path, trained, run_script):
    """With predictions, scores and baselines as the scripts really write them."""
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps(json.loads((SAMPLE / "mdp_test.json").read_text())[:4]))
    runs = trained.parent

    def run(*words) -> str:
        done = run_script(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("regression_test.py", "--model", trained, "--data_path", rows, "--output_path",
        runs / "mdp.jsonl", "--decoding", "free", "--max_new_tokens", 4)  # fmt: skip
    run("regression_evaluate.py", runs / "mdp.jsonl", "--no_plot", "--n_resamples", 20)
    out = run("export.py", "--model", trained, "--output_dir", tmp_path / "release", "--weights",
              "diff", "--path_raw", tmp_path / "raw")  # fmt: skip
    assert "regression_scores.json" in out
    card = (tmp_path / "release" / "README.md").read_text(encoding="utf-8")
    assert "4 rows of" in card
    assert "SYNTHETIC DATA" in card
    run("weight_diff.py", "recover", "--path_raw", tmp_path / "raw", "--path_diff",
        tmp_path / "release", "--path_tuned", tmp_path / "recovered")  # fmt: skip
    assert same_weights(tmp_path / "recovered", trained)
    shutil.rmtree(tmp_path / "release")
    done = run_script("export.py", "--model", tmp_path / "none", "--output_dir", tmp_path / "x")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")

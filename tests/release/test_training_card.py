"""The model card and the summary that train.py leaves beside the weights."""

import json
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from masterkey.release.card import metadata, render
from masterkey.release.training_card import training_card
from masterkey.release.training_facts import public_name, rows_of_a_step
from masterkey.scripting.files import sha256, write_json
from masterkey.training.summary import configuration, described_file, finite

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
SETTINGS = {"prompt_style": "alpaca", "keep_markers": False, "longest_answer": 205}
SYNTHETIC_FILE = {
    **{"file": "sii.json", "bytes": 10, "sha256": "a" * 64, "use": "training", "rows": 40},
    **{"n_synthetic": 40, "tasks": {"sii": 40}},
}
OWN_FILE = SYNTHETIC_FILE | {"n_synthetic": 0, "sha256": "b" * 64, "file": "own.json"}
SUMMARY = {
    **{"commit": "0123456789ab", "machine": "Linux x86_64, 2 cores", "device": "cpu", "seed": 7},
    **{"n_rows": 40, "n_parameters": 5000, "n_trained_parameters": 5000, "n_processes": 2},
    "versions": {"python": "3.11", "torch": "2.13"},
    "data": [OWN_FILE],
    "rows_per_step": 16,
    "resolved": {
        **{"model": "LlamaForCausalLM", "base_model": "llama-7b", "attention": "sdpa"},
        **{"packing": "none", "optimizer": "adamw_torch", "adapter": None, "sharding": "none"},
        "numbers": "weights in float32, arithmetic in float32",
    },
    "arguments": {
        **{"model_name_or_path": "/home/someone/llama-7b", "config_name": None},
        **{"per_device_train_batch_size": 4, "gradient_accumulation_steps": 1},
        **{"learning_rate": 2e-5, "lr_scheduler_type": "cosine", "warmup_steps": 0.03},
        **{
            "model_max_length": 2048,
            "output_dir": "/home/someone/runs/x",
            "prompt_style": "alpaca",
        },
    },
    "run": {"step": 30, "max_steps": 60, "saved_step": 30, "best_step": None, "best_metric": None},
    "evaluation": None,
    "metrics": {"epoch": 3.0, "train_loss": 1.25},
    "throughput": {
        **{"tokens_per_second": 2000.0, "padding_share": 0.1, "peak_memory_gb": 0.7},
        **{"tokens": 60000, "flops": 1e12, "seconds": 30.0},
    },
    "log": [{"loss": 3.0, "step": 10, "epoch": 1.0}, {"loss": 1.0, "step": 30, "epoch": 3.0}],
}
EVALUATION = {
    **{"n_rows": 8, "n_answered": {"sii": 4}, "decoding": "skeleton"},
    **{"metric_for_best_model": "eval_f1", "greater_is_better": True},
}


def card_of(origins=None, **changes) -> str:
    return training_card("x", deepcopy(SUMMARY) | changes, SETTINGS, origins or {})


def evaluated(n: int = 3, saved: int = 20, **changes) -> str:
    """The card of a run with `n` evaluations, every 10 steps, whose best one was at step `saved`."""
    log = [
        {"eval_loss": 2.0, "eval_f1": 0.5 + step / 1000, "step": step, "epoch": 1.0}
        for step in range(10, 10 * n + 1, 10)
    ]
    run = {**SUMMARY["run"], "step": 10 * n, "saved_step": saved, "best_step": saved}
    run |= {"best_metric": 0.5 + saved / 1000}
    files = [OWN_FILE, SYNTHETIC_FILE | {"use": "evaluation", "file": "held_out.json"}]
    return card_of(log=log, run=run, evaluation=EVALUATION, data=files, **changes)


# The card


def test_the_card_has_recipe_data_and_how_to_use_it():
    card = card_of()
    for expected in (
        "library_name: transformers", "own.json", "b" * 64, "the training group's own",
        "rows of a step: 16 (4 per device x 2 accumulated x 2 processes)",
        "learning rate: 2e-05, cosine, with 3% warm-up", "torch 2.13", "0123456789ab",
        "`llama-7b`: its licence goes on", "python sii_test.py", "python infer.py",
        "3.0000 at step 10, 1.0000 at step 30", "longest training answer had 205 tokens",
    ):  # fmt: skip
        assert expected in card, expected
    assert "SYNTHETIC" not in card
    assert "python regression_test.py" not in card  # the rows are SII rows


TAGS = ["materials-science", "perovskite-solar-cells", "information-extraction"]
FINE_TUNED = {
    **{"license": "other", "language": "en", "library_name": "transformers"},
    **{"pipeline_tag": "text-generation", "tags": TAGS},
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("other", None), FINE_TUNED),
        # A folder's name is no model of the hub.
        (("other", "llama-7b"), FINE_TUNED),
        (
            ("apache-2.0", "org/llama-7b"),
            FINE_TUNED
            | {"license": "apache-2.0", "base_model": "org/llama-7b"}
            | {"base_model_relation": "finetune"},
        ),
        (
            ("other", "org/llama-7b", True),
            FINE_TUNED
            | {"library_name": "peft", "base_model": "org/llama-7b"}
            | {"base_model_relation": "adapter", "tags": [*TAGS, "lora"]},
        ),
        # Words that are no text in YAML stay text.
        (("no", "1e3/2"), FINE_TUNED | {"license": "no", "base_model": "1e3/2"}
         | {"base_model_relation": "finetune"}),
    ],
)  # fmt: skip
def test_the_metadata_are_yaml_with_the_fields_of_the_hub(given, expected):
    assert yaml.safe_load(metadata(*given)) == expected


def test_a_card_begins_with_the_metadata_between_two_rules():
    _, head, text = card_of().split("---\n", 2)
    assert yaml.safe_load(head) == FINE_TUNED
    assert text.startswith("\n# x\n\nA causal language model")


def test_no_section_of_a_card_runs_into_the_next_and_no_line_is_doubled():
    for card in (card_of(), evaluated(), card_of(data=[SYNTHETIC_FILE], log=[])):
        assert "\n\n\n" not in card
        assert "{%" not in card
        assert card.endswith("s41560-021-00941-3.\n")
        lines = card.splitlines()
        headings = [i for i, line in enumerate(lines) if line.startswith(("# ", "## "))]
        assert len(headings) == 7
        assert all(lines[i - 1] == lines[i + 1] == "" for i in headings)


def test_a_fact_that_a_template_lacks_is_an_error_and_no_gap():
    with pytest.raises(jinja2.UndefinedError, match="metadata"):
        render("training_output.md.jinja", {"name": "x"})


def test_no_path_of_the_machine_gets_into_the_card():
    assert "someone" not in card_of()


def test_a_card_never_has_a_test_score_and_says_how_to_get_one():
    card = evaluated()
    assert "No test score yet" in card
    assert "python sii_evaluate.py" in card


def test_invented_rows_are_known_by_checksum_or_by_their_ids():
    by_checksum = card_of({"b" * 64: "SYNTHETIC: invented by data/synthesize.py"})
    by_ids = card_of(data=[SYNTHETIC_FILE])
    for card in (by_checksum, by_ids):
        assert "**Trained on SYNTHETIC data" in card
        assert "Perovskite Database, from which" not in card
    partly = card_of(data=[OWN_FILE | {"n_synthetic": 3}])
    assert "SYNTHETIC: 3 of 40 rows invented" in partly


def test_published_rows_bring_their_licence():
    card = card_of({"b" * 64: "published file sii360.json: CC BY-NC 4.0 (…)"})
    assert "- training data, published file sii360.json: CC BY-NC 4.0" in card
    assert "CC BY 4.0; name its paper" in card


def test_evaluations_are_shown_with_the_saved_one_marked_and_invented_rows_named():
    card = evaluated()
    assert "| **20** |" in card
    assert "those of step 20, the best by `eval_f1` (0.5200; greater is better)" in card
    assert "all 8 rows; the scores are of answers to the first 4 SII rows" in card
    assert "**SYNTHETIC DATA.**" in card
    assert "**Trained on SYNTHETIC" not in card  # the training rows are not
    assert "step 30 of 60 (early stopping)" in card


def test_of_many_evaluations_the_last_ones_and_the_saved_one_are_shown():
    lines = [x for x in evaluated(n=40, saved=20).splitlines() if x.startswith("| ")]
    shown = [x.split("|")[1].strip() for x in lines if "2.0000" in x]
    assert shown == ["**20**", *(str(step) for step in range(300, 401, 10))]
    assert "28 earlier ones are not shown" in evaluated(n=40, saved=20)


def test_without_the_best_checkpoint_the_weights_are_the_last_ones():
    run = {**SUMMARY["run"], "step": 60}
    card = card_of(
        evaluation=EVALUATION, log=[{"eval_loss": 1.0, "step": 60, "epoch": 1.0}], run=run
    )
    assert "those of its last step" in card
    assert "early stopping" not in card


def test_an_adapter_says_that_it_is_none_without_its_base():
    resolved = SUMMARY["resolved"] | {"adapter": "LoRA of rank 8", "base_model": "org/llama-7b"}
    card = card_of(resolved=resolved, n_trained_parameters=70)
    for expected in (
        "library_name: peft", "base_model: org/llama-7b\nbase_model_relation: adapter", "- lora",
        "A LoRA adapter of `org/llama-7b` with 70 trained", "holds an adapter, not a model",
        "python export.py --model PATH_TO_THIS_FOLDER --output_dir MERGED",
    ):  # fmt: skip
        assert expected in card, expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "16 (4 per device x 2 accumulated x 2 processes)"),
        ({"n_processes": 1}, "16 (4 per device x 4 accumulated x 1 process)"),
        # Before train.py knew the rows of a step, it did not write down the processes.
        ({"rows_per_step": None, "arguments": {
            "per_device_train_batch_size": 2, "gradient_accumulation_steps": 8}},
         "16 on each process (2 x 8 accumulated)"),
        ({"arguments": {}}, "16"),
        ({"rows_per_step": None, "arguments": {}}, None),
    ],
)  # fmt: skip
def test_rows_of_a_step_are_right_for_newer_and_older_summaries(changes, expected):
    assert rows_of_a_step(SUMMARY | changes) == expected


def test_hub_names_stay_and_folders_are_named_by_their_last_part(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "model").mkdir(parents=True)
    assert public_name("huggyllama/llama-7b") == "huggyllama/llama-7b"
    assert public_name("gpt2") == "gpt2"
    assert public_name("runs/model") == public_name(str(tmp_path / "runs" / "model")) == "model"
    assert public_name("/gone/llama-7b") == "llama-7b"
    assert public_name(None) is None


# The summary


def test_a_data_file_is_described_by_checksum_rows_and_what_they_are(tmp_path):
    rows = json.loads((SAMPLE / "mdp_test.json").read_text(encoding="utf-8"))[:3]
    own = {"instruction": "Add.", "input": "1 1", "output": "2"}
    write_json(tmp_path / "rows.json", [*rows, own])
    described = described_file(str(tmp_path / "rows.json"), "training")
    assert described["sha256"] == sha256(tmp_path / "rows.json")
    assert (described["rows"], described["n_synthetic"]) == (4, 3)
    assert described["tasks"] == {"mdp": 3, "other": 1}
    assert str(tmp_path) not in json.dumps(described)


def test_the_configuration_has_the_accumulation_that_was_asked_for_and_no_token(tmp_path):
    from masterkey.training.flags.arguments import OwnArguments, parse_training_arguments

    own, training, _ = parse_training_arguments(
        ["--data_path", "x.json", "--output_dir", str(tmp_path), "--model_name_or_path", "m",
         "--gradient_accumulation_steps", "4", "--hub_token", "hf_secret"]
    )  # fmt: skip
    assert training.gradient_accumulation_steps == 1
    flags = configuration(own, training)
    assert flags["gradient_accumulation_steps"] == 4
    assert "hf_secret" not in json.dumps(flags)
    assert vars(OwnArguments()).keys() <= flags.keys()
    assert flags["lr_scheduler_kwargs"] is None  # no text where there is nothing


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.slow
@given(json_values)
def test_every_summary_can_be_written_as_json(value):
    written = finite({"log": value})
    assert json.loads(json.dumps(written, allow_nan=False)) == written


def test_of_a_stopped_run_with_the_best_model_loaded_the_best_step_is_saved():
    from masterkey.training.summary import saved_step

    state = SimpleNamespace(best_global_step=20, global_step=30)
    for load_best, expected in ((True, 20), (False, 30)):
        args = SimpleNamespace(load_best_model_at_end=load_best)
        assert saved_step(SimpleNamespace(state=state, args=args)) == expected


# A run as a user starts it


@pytest.fixture(scope="module")
def small(tmp_path_factory, byte_tokenizer):
    """A folder with a few rows, a configuration of 10,000 parameters and a tokenizer."""
    folder = tmp_path_factory.mktemp("cards")
    rows = {
        name: json.loads((SAMPLE / f"{name}.json").read_text(encoding="utf-8"))[:6]
        for name in ("mdp_train", "mdp_test")
    }
    write_json(folder / "train.json", rows["mdp_train"])
    write_json(folder / "held_out.json", rows["mdp_test"])
    llama = {"model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "vocab_size": 1}
    llama |= {"num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 1024}
    write_json(folder / "llama.json", llama)
    byte_tokenizer.save_pretrained(folder / "tokenizer")
    return folder


def train(run_script, small, output_dir, *more) -> str:
    done = run_script(
        "train.py", "--data_path", small / "train.json", "--output_dir", output_dir,
        "--model_max_length", 1024, "--learning_rate", 1e-3, "--logging_steps", 2,
        "--per_device_train_batch_size", 1, *more,
        OMP_NUM_THREADS="1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_stopped_run_leaves_the_best_weights_and_says_so_in_card_and_summary(run_script, small):
    from safetensors.torch import load_file

    folder = small / "model"
    patience = 2
    printed = train(
        run_script, small, folder, "--config_name", small / "llama.json",
        "--tokenizer_name", small / "tokenizer", "--max_steps", 40, "--learning_rate", 0.1,
        "--eval_data_path", small / "held_out.json", "--eval_generate_rows", 2,
        "--eval_strategy", "steps", "--eval_steps", 2, "--save_strategy", "steps", "--save_steps", 2,
        "--early_stopping_patience", patience, "--metric_for_best_model", "eval_pce_mae",
        "--gradient_accumulation_steps", 2,
    )  # fmt: skip
    summary = json.loads((folder / "train_summary.json").read_text(encoding="utf-8"))
    scores = {e["step"]: e["eval_pce_mae"] for e in summary["log"] if "eval_pce_mae" in e}
    best = min(scores, key=lambda step: (scores[step], step))
    stopped = best + 2 * patience
    assert sorted(scores) == list(range(2, stopped + 1, 2))
    assert (summary["run"]["step"], summary["run"]["max_steps"]) == (stopped, 40)
    assert summary["run"]["saved_step"] == summary["run"]["best_step"] == best
    saved, kept, last = (
        load_file(path / "model.safetensors")
        for path in (folder, folder / f"checkpoint-{best}", folder / f"checkpoint-{stopped}")
    )
    assert all((saved[name] == kept[name]).all() for name in saved)
    assert not any((saved[name] == last[name]).all() for name in saved)
    assert f"best: step {best}, eval_pce_mae {scores[best]:.4f}" in printed
    assert "eval_pce_mae of 2 answered MDP rows" in printed
    assert "optimizer: adamw_torch" in printed
    assert summary["evaluation"]["n_answered"] == {"mdp": 2}
    assert [file["use"] for file in summary["data"]] == ["training", "evaluation"]
    assert summary["resolved"]["optimizer"].startswith("adamw_torch")
    assert summary["arguments"]["gradient_accumulation_steps"] == 2
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"those of step {best}, the best by `eval_pce_mae`" in card
    assert f"The run ended at step {stopped} of 40 (early stopping)" in card
    assert "**Trained on SYNTHETIC data" in card
    assert "2 (1 per device x 2 accumulated x 1 process)" in card
    assert str(small) not in card


@pytest.mark.slow
def test_an_adapter_has_this_card_and_not_that_of_peft(run_script, small, byte_tokenizer):
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    config = json.loads((small / "llama.json").read_text()) | {"vocab_size": len(byte_tokenizer)}
    torch.manual_seed(0)
    base = small / "base-model"
    AutoModelForCausalLM.from_config(LlamaConfig(**config)).save_pretrained(base)
    byte_tokenizer.save_pretrained(base)
    folder = small / "adapter"
    train(
        run_script, small, folder, "--model_name_or_path", base, "--lora_r", 2, "--max_steps", 2,
        "--save_strategy", "no",
    )  # fmt: skip
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "A LoRA adapter of `base-model`" in card
    assert "LoRA of rank 2, alpha 4, dropout 0, on down_proj" in card
    assert "No rows were held out" in card
    assert str(small) not in card

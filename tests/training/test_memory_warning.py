"""The sentence before a run that its GPU will hardly hold."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from transformers import LlamaConfig

from masterkey.training.flags.arguments import parse_training_arguments
from masterkey.training.planning import plan
from masterkey.training.planning.cpu_pass import planner_of
from masterkey.training.planning.memory import MemoryPlanner
from masterkey.training.planning.plan import memory_warning

ROOT = Path(__file__).parents[2]
LLAMA_7B = {
    **{"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008},
    **{"num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 32000},
}


@pytest.fixture
def flags(tmp_path, monkeypatch):
    """(OwnArguments, TrainingArguments) of the recipe for one GPU: 47 GB, in passes of 8,192 tokens."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir(ROOT)
    (tmp_path / "llama.json").write_text(json.dumps(LLAMA_7B))

    def flags(*more):
        words = ["configs/llama_7b_single_80gb.yaml", "--config_name", str(tmp_path / "llama.json")]
        words += ["--tokenizer_name", "NAME", "--data_path", "rows.json", "--output_dir", "none"]
        own, training, _ = parse_training_arguments([*words, *more])
        return own, training

    return flags


PLANNER = MemoryPlanner(LlamaConfig(**LLAMA_7B))


def warning(run, **more) -> list[str]:
    return memory_warning(*run, PLANNER, **more)


@pytest.mark.slow
def test_a_run_that_fits_is_not_warned_of(flags, monkeypatch):
    assert warning(flags(), device_bytes=80e9) == []
    monkeypatch.setattr(plan, "free_memory", lambda: 500e9)
    assert warning(flags()) == []


def test_on_a_cpu_what_is_free_counts(flags, monkeypatch):
    monkeypatch.setattr(plan, "free_memory", lambda: 16e9)
    [line] = warning(flags())
    assert line.startswith("memory: estimated at ")
    assert ", of which 16 GB are free here. " in line


def test_a_run_that_does_not_fit_is_told_what_would(flags):
    [line] = warning(flags("--gradient_checkpointing", "False"), device_bytes=80e9)
    assert line.startswith("memory: estimated at 96 GB on each GPU, which has 80 GB. ")
    assert "--gradient_checkpointing True: 47 GB; --tokens_per_batch 2048: " in line
    assert "with the same result" in line


def test_what_would_not_fit_either_is_not_proposed(flags):
    [line] = warning(flags(), device_bytes=24e9)
    assert line == (
        "memory: estimated at 47 GB on each GPU, which has 24 GB. "
        "More ways: the same command with --plan."
    )


def test_several_processes_share_what_is_free(flags, monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=32e9))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    [line] = warning(flags())
    assert ", of which 16 GB are free here for each of 2 processes. " in line


def test_the_planner_is_that_of_the_model_and_none_where_it_cannot_be_read(flags):
    assert planner_of(flags()[0]).config.hidden_size == LLAMA_7B["hidden_size"]
    own, training = flags("--config_name", "no/such/config.json")
    assert planner_of(own) is None
    assert memory_warning(own, training, None) == []

"""The set-ups that a plan puts beside a recipe, and the flags that it says lead there."""

import os
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from masterkey.training.flags.arguments import parse_training_arguments
from masterkey.training.planning.changes import flags_between, neighbours
from masterkey.training.planning.memory import TrainingSetup
from masterkey.training.planning.setup import setup_of

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(autouse=True)
def _same_environment(monkeypatch):
    """What parsing writes into the environment goes again."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir(CONFIGS.parent)  # recipes name DeepSpeed's file from there


def planned(recipe: str, *flags: str):
    """(OwnArguments, TrainingArguments) of a plan."""
    model = [] if recipe == "tiny" else ["--model_name_or_path", "NAME"]
    own, training, _ = parse_training_arguments(
        [f"configs/{recipe}.yaml", "--plan", *model, *flags]
    )
    return own, training


def set_up(own, training) -> TrainingSetup:
    return setup_of(own, training, own.plan_gpus)


def refuse_what_training_would(own, training) -> None:
    """The checks that a real run makes of its optimizer."""
    import torch

    from masterkey.training.optimizers import optimizer_class_and_kwargs

    dtype = torch.float32 if own.lora_r else getattr(torch, own.dtype)
    weight = torch.nn.Parameter(torch.zeros(1, dtype=dtype))
    optimizer_class_and_kwargs(training, [weight], own.stochastic_rounding)


def as_plan(flags: str, n_gpus: int) -> list[str]:
    """Flags as the plan prints them; a launcher becomes --plan_gpus."""
    words = [word for word in shlex.split(flags) if word not in ("python", "torchrun")]
    words = [word for word in words if not word.startswith("--nproc_per_node")]
    return [*words, "--plan_gpus", str(n_gpus)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [path.stem for path in sorted(CONFIGS.glob("*.yaml")) if path.stem != "tiny"],
)
def test_the_flags_of_a_neighbour_lead_to_it(recipe):
    here = set_up(*planned(recipe))
    found = neighbours(here)
    assert found.pop("this recipe").setup == here
    assert len(found) >= 2
    for name, one in found.items():
        assert one.flags, name
        own, training = planned(recipe, *as_plan(one.flags, one.setup.n_gpus))
        assert set_up(own, training) == one.setup, name
        refuse_what_training_would(own, training)


def test_fewer_gpus_wait_for_more_passes():
    eight = set_up(*planned("sii_llama_7b"))
    assert not eight.accumulates  # 8 rows, one on each GPU
    found = neighbours(eight)
    assert found["4 GPUs"].setup.accumulates
    assert "16 GPUs" not in found  # 8 rows do not divide over them


def test_the_issue_s_neighbours_are_there():
    sharded = neighbours(set_up(*planned("llama_7b_full")))
    assert {"2 GPUs", "FSDP offload", "LoRA r=16", "QLoRA r=16", "1 GPU, bf16, 8-bit"} <= set(
        sharded
    )
    alone = neighbours(TrainingSetup())
    assert {"8-bit optimizer", "ZeRO-3 offload", "2 GPUs, FSDP", "LoRA r=16"} <= set(alone)


def test_low_bit_states_are_never_sharded():
    single = TrainingSetup(dtype="bfloat16", optimizer="adamw_torch_8bit")
    for start in (single, replace(single, n_gpus=4, sharding="ddp")):
        for one in neighbours(start).values():
            assert not (one.setup.gathers and one.setup.optimizer == "adamw_torch_8bit")


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({"checkpoint_every": 2}, "--activation_checkpointing_every 2"),
        ({"n_gpus": 3, "sharding": "ddp"}, "torchrun --nproc_per_node=3 --fsdp False"),
        (
            {"offload_weights": False, "offload_optimizer": False},
            "--fsdp full_shard --fsdp_config '{\"cpu_offload\": false}'",
        ),
    ],
)
def test_flags_name_what_changes_and_nothing_else(changes, flags):
    start = TrainingSetup(
        n_gpus=2,
        sharding="full_shard",
        checkpoint_every=4,
        offload_weights=True,
        offload_optimizer=True,
    )
    assert flags_between(start, replace(start, **changes)) == flags
    assert flags_between(start, start) == ""


def test_one_of_three_gpus_is_one_gpu():
    found = neighbours(TrainingSetup(n_gpus=3, sharding="full_shard"))
    assert found["1 GPU"].setup.sharding == "none"
    assert found["1 GPU"].flags == "python"

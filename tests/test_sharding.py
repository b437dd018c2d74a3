"""Sharded training on two CPU processes: the weights are shared out, the losses are those of one process."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
)

from masterkey.command_line import UserError
from masterkey.sharding import check_layer_classes, layer_class_names, prepare_arguments

SMALL = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}


def llama():
    return LlamaForCausalLM(LlamaConfig(**SMALL, intermediate_size=24))


def test_the_layer_class_is_found_by_itself():
    assert layer_class_names(llama()) == ["LlamaDecoderLayer"]
    assert check_layer_classes(llama(), {}) == ["LlamaDecoderLayer"]
    opt = OPTForCausalLM(OPTConfig(**SMALL, ffn_dim=24, word_embed_proj_dim=16))
    assert layer_class_names(opt) == ["OPTDecoderLayer"]


def test_a_wrong_layer_class_is_answered_with_the_models_own():
    with pytest.raises(UserError) as error:
        check_layer_classes(llama(), {"transformer_layer_cls_to_wrap": ["LLaMADecoderLayer"]})
    assert "LLaMADecoderLayer: LlamaForCausalLM has no such layer class" in str(error.value)
    assert "it has LlamaDecoderLayer," in str(error.value)


def test_nothing_is_prepared_without_fsdp():
    assert prepare_arguments(SimpleNamespace(fsdp=False), None) == []


# End to end. One process and two see the same rows in each step, so the losses can be compared.

FLAGS = [
    *("--per_device_train_batch_size", "2", "--max_steps", "20", "--logging_steps", "1"),
    *("--save_strategy", "no", "--disable_tqdm", "True", "--max_grad_norm", "0.5"),
]


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """A folder with a small configuration, a tokenizer and the run of one process."""
    folder = tmp_path_factory.mktemp("sharding")
    config = {"model_type": "llama", **SMALL, "intermediate_size": 24, "vocab_size": 4096}
    config["max_position_embeddings"] = 2048
    (folder / "small.json").write_text(json.dumps(config))
    make_tokenizer = ["data/train_tokenizer.py", "--data_path", "data/sample/mdp_train.json"]
    run([*make_tokenizer, "--output_dir", str(folder / "tokenizer"), "--vocab_size", "512"])
    train(folder, "one", "--gradient_accumulation_steps", "2")
    return folder


def run(words: list[str]) -> str:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def train(folder, name: str, *flags: str, processes: int = 1) -> str:
    start = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    words = ["train.py", "configs/tiny.yaml", "--config_name", str(folder / "small.json")]
    words += ["--tokenizer_name", str(folder / "tokenizer"), *FLAGS, *flags]
    words += ["--data_path", "data/sample/mdp_train.json", "--output_dir", str(folder / name)]
    return run(words if processes == 1 else [*start, *words])


def losses(folder) -> list[float]:
    log = json.loads((folder / "train_summary.json").read_text())["log"]
    return [entry["loss"] for entry in log if "loss" in entry]


def logits(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        return model(input_ids=torch.arange(5, 40)[None]).logits


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fsdp"),
    [
        ("fsdp2", ["--fsdp", "full_shard auto_wrap"]),
        ("fsdp1", ["--fsdp", "full_shard auto_wrap", "--fsdp_config", '{"version": 1}']),
        (
            "sharded",
            [
                *("--fsdp", "full_shard auto_wrap"),
                *("--fsdp_config", '{"state_dict_type": "SHARDED_STATE_DICT"}'),
            ],
        ),
    ],
)
def test_two_sharded_processes_train_as_one_does_and_save_a_plain_folder(ground, name, fsdp):
    said = train(ground, name, *fsdp, processes=2)
    n_parameters = json.loads((ground / "one" / "train_summary.json").read_text())["n_parameters"]
    assert "parameters: 2 shards of " in said, said
    share = float(said.split("2 shards of ")[1].split()[0])  # in thousands
    assert 0.45 * n_parameters / 1e3 < share < 0.6 * n_parameters / 1e3
    one, two = losses(ground / "one"), losses(ground / name)
    assert len(two) == 20
    assert max(abs(a - b) for a, b in zip(one, two, strict=True)) < 1e-4
    torch.testing.assert_close(logits(ground / name), logits(ground / "one"), atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_two_agents_train_as_two_nodes(ground):
    """`torchrun --nnodes=2` on loopback: two agents of one process each."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    agents = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "torch.distributed.run", "--nnodes=2"),
                *(f"--node_rank={rank}", "--nproc_per_node=1", "--master_addr=127.0.0.1"),
                *(f"--master_port={port}", "train.py", "configs/tiny.yaml", *FLAGS),
                *("--config_name", str(ground / "small.json"), "--fsdp", "full_shard auto_wrap"),
                *("--tokenizer_name", str(ground / "tokenizer"), "--max_steps", "5"),
                *("--data_path", "data/sample/mdp_train.json"),
                *("--output_dir", str(ground / "nodes")),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for rank in (0, 1)
    ]
    said = [agent.communicate(timeout=200)[0] for agent in agents]
    assert [agent.returncode for agent in agents] == [0, 0], said
    assert "parameters: 2 shards of " in said[0]
    # Five steps of the same rows; the learning rate's schedule is the same while it warms up.
    for a, b in zip(losses(ground / "nodes"), losses(ground / "one"), strict=False):
        assert abs(a - b) < 1e-4

"""The seeds' commands, really run by torchrun: from old flags to the saved folder.

Only the placeholders are filled: a tiny checkpoint, a few rows, a port, an output folder. The LLaMA-7B
command starts train.py with its 4 processes, as a user does. Imports take nearly all of the time, so
the OPT-6.7B command and the LLaMA one with offload share a start (sharded_runs.py), of 2 processes
where the seeds have 4. The DeepSpeed command is held to its words here and to its flags in
test_old_flags.py; ZeRO-3 trains in test_sharding.py.
"""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from seed_commands import DEEPSPEED, LLAMA, OFFLOAD, OPT

ROOT = Path(__file__).resolve().parents[2]
N_ROWS = 12  # fewer than the 64 or 128 of a step: one step an epoch


class Command(NamedTuple):
    flags: str
    base: str  # the checkpoint that they name
    layer: str
    n_processes: int
    fsdp: str = "full_shard auto_wrap"


COMMANDS = {
    "llama": Command(LLAMA, "models/llama-7b", "LlamaDecoderLayer", 4),
    "opt": Command(OPT, "facebook/opt-6.7b", "OPTDecoderLayer", 2),
    "offload": Command(
        OFFLOAD, "models/llama-7b", "LlamaDecoderLayer", 2, "full_shard auto_wrap offload"
    ),
}


def words(name: str) -> list[str]:
    """What stands behind "train.py", with an output folder of this command's own."""
    return shlex.split(COMMANDS[name].flags.replace("runs/out", f"runs/{name}"))


class Finished(NamedTuple):
    """A command that came to its end."""

    command: Command
    base: Path
    output: Path
    said: str

    def summary(self) -> dict:
        return json.loads((self.output / "train_summary.json").read_text())

    def logged(self, key: str) -> list[float]:
        return [entry[key] for entry in self.summary()["log"] if "loss" in entry]


def make_checkpoint(folder: Path, model_type: str, tokenizer) -> None:
    """A model of this type with random weights, as a user has it: with its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig, OPTConfig

    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    size |= {"vocab_size": len(tokenizer), "max_position_embeddings": 2048}
    if model_type == "opt":  # without dropout: its noise is larger than what three steps learn
        config = OPTConfig(**size, ffn_dim=48, word_embed_proj_dim=32, dropout=0.0)
    else:
        config = LlamaConfig(**size, intermediate_size=48)
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def torchrun(n_processes: int, script: str, *arguments: str, cwd: Path) -> str:
    """What the processes printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run"),
            *(f"--nproc_per_node={n_processes}", f"--master_port={port}"),
            *(str(ROOT / script), *arguments),
        ],
        cwd=cwd,
        # The same on every machine: four processes have no four GPUs to share where there is one.
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Finished]:
    """Every command of COMMANDS, run to its end in one folder."""
    folder = tmp_path_factory.mktemp("seeds")
    rows = json.loads((ROOT / "data/sample/mdp_train.json").read_text(encoding="utf-8"))[:N_ROWS]
    (folder / "alpaca_data.json").write_text(json.dumps(rows))
    from masterkey.rows.tokenizer import train_tokenizer

    texts = [row[key] for row in rows for key in ("instruction", "input", "output")]
    tokenizer = train_tokenizer(texts, 512)
    for name in ("llama", "opt"):
        make_checkpoint(folder / COMMANDS[name].base, name, tokenizer)

    said = torchrun(4, "train.py", *words("llama"), cwd=folder)
    (folder / "two.json").write_text(json.dumps([words("opt"), words("offload")]))
    said += torchrun(2, "tests/sharded_runs.py", "two.json", cwd=folder)
    # Each begins with the line of its first old flag.
    parts = re.split(r"(?m)^(?=--evaluation_strategy )", said)[1:]
    return {
        name: Finished(command, folder / command.base, folder / "runs" / name, part)
        for (name, command), part in zip(COMMANDS.items(), parts, strict=True)
    }


@pytest.fixture(params=COMMANDS)
def finished(request, runs) -> Finished:
    return runs[request.param]


@pytest.mark.slow
def test_each_old_flag_says_once_what_it_became(finished):
    command = finished.command
    for line in (
        "--evaluation_strategy no: now --eval_strategy no\n",
        "--warmup_ratio 0.03: now --warmup_steps 0.03 (",
        "--tf32 True: dropped; ",
        f"--fsdp '{command.fsdp}': now --fsdp --fsdp_config '{{",
        f"--fsdp_transformer_layer_cls_to_wrap {command.layer}: now in --fsdp_config\n",
    ):
        assert len(re.findall(f"(?m)^{re.escape(line)}", finished.said)) == 1, line
    assert f'"transformer_layer_cls_to_wrap": ["{command.layer}"]' in finished.said
    assert ('"cpu_offload": true' in finished.said) == ("offload" in command.fsdp)


@pytest.mark.slow
def test_nothing_warns(finished):
    assert "warning" not in finished.said.lower()


@pytest.mark.slow
def test_it_trains_what_the_command_says_in_shards(finished):
    summary, n_processes = finished.summary(), finished.command.n_processes
    share = summary["n_parameters"] / n_processes / 1000
    assert f"parameters: {n_processes} shards of {share:.3g} k each" in finished.said
    assert (summary["n_processes"], summary["rows_per_step"]) == (n_processes, 4 * 8 * n_processes)
    assert (summary["run"]["step"], summary["run"]["max_steps"]) == (3, 3)
    assert summary["resolved"]["numbers"] == "weights in float32, arithmetic in bfloat16"
    asked = {"save_steps": 2000, "save_total_limit": 1, "weight_decay": 0.0, "warmup_steps": 0.03}
    assert asked.items() <= summary["arguments"].items()


@pytest.mark.slow
def test_the_loss_falls_once_the_learning_rate_is_above_zero(finished):
    assert finished.logged("learning_rate") == pytest.approx([0, 2e-5, 1e-5])  # warm-up, cosine
    first, second, third = finished.logged("loss")
    assert second == pytest.approx(first, abs=1e-4)
    assert third < second - 5e-4


@pytest.mark.slow
def test_neither_offload_nor_the_number_of_processes_changes_a_loss(runs):
    # bfloat16 rounds otherwise where rows stand in other batches.
    assert runs["offload"].logged("loss") == pytest.approx(runs["llama"].logged("loss"), abs=1e-4)


@pytest.mark.slow
def test_the_output_folder_is_a_checkpoint_that_was_trained(finished):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    saved, base = (
        AutoModelForCausalLM.from_pretrained(folder).state_dict()
        for folder in (finished.output, finished.base)
    )
    assert saved.keys() == base.keys()
    # AdamW moves a weight by about its learning rate: by 2e-5 and by 1e-5.
    changes = [(saved[name] - base[name]).abs().max().item() for name in base]
    assert max(changes) == pytest.approx(3e-5, rel=0.02)
    tokenizers = [AutoTokenizer.from_pretrained(path) for path in (finished.output, finished.base)]
    assert len({tuple(t("Voc: 1.1 V")["input_ids"]) for t in tokenizers}) == 1


@pytest.mark.slow
def test_prompt_style_and_model_card_lie_beside_the_weights(finished):
    settings = json.loads((finished.output / "prompt_style.json").read_text())
    assert settings["prompt_style"] == "alpaca"
    card = (finished.output / "README.md").read_text(encoding="utf-8")
    # By its last part, so that no path of the machine gets into the card.
    assert f"Fine-tuned from `{Path(finished.command.base).name}`" in card
    n_processes = finished.command.n_processes
    assert f"{32 * n_processes} (4 per device x 8 accumulated x {n_processes} processes)" in card


@pytest.mark.parametrize("flags", [LLAMA, OPT, DEEPSPEED])
def test_the_words_are_those_of_the_seeds(shared_data, flags):
    seeds = shared_data.parent / "seeds"
    if not seeds.is_dir():
        pytest.skip("not checked: the seeds' commands word for word (no seeds beside the data)")
    texts = [path.read_text(encoding="utf-8") for path in seeds.iterdir()]
    commands = [
        shlex.split(re.sub("<your_path_to[^>]*>", "models/llama-7b", found).replace("\\\n", " "))
        for text in texts
        for found in re.findall(r"torchrun .*train\.py \\\n((?:.*\\\n)*.*)", text)
    ]
    ours = ["<your_output_dir>" if word == "runs/out" else word for word in shlex.split(flags)]
    assert ours in commands

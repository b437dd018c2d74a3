"""Sharded training on two CPU processes: the weights are shared out, the losses are those of one process."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from masterkey.weights.checkpoints import load_model

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
OPT = {**SMALL, "ffn_dim": 24, "word_embed_proj_dim": 16, "dropout": 0.0}

# The rows of a step do not depend on the number of processes, so losses can be compared. At 4 rows a
# step, step 11 has a single one: the second process sees only masked tokens.
N_ROWS = 41
FSDP2, FSDP1 = {}, {"version": 1}
SHARDED = {"state_dict_type": "SHARDED_STATE_DICT"}
SAVE = ("--save_strategy", "steps", "--save_steps", "10")


class Runs:
    """The folder of all runs, with what they start from; `flags(name, …)` are train.py's."""

    def __init__(self, folder: Path):
        self.folder = folder
        configs = {
            "llama": {"model_type": "llama", **SMALL, "intermediate_size": 24},
            "opt": {"model_type": "opt", **OPT},
        }
        for name, config in configs.items():
            (folder / f"{name}.json").write_text(
                json.dumps(config | {"max_position_embeddings": 2048})
            )
        rows = json.loads((ROOT / "data/sample/mdp_train.json").read_text())[:N_ROWS]
        (folder / "rows.json").write_text(json.dumps(rows))
        from masterkey.rows.tokenizer import train_tokenizer

        texts = [text for row in rows for text in (row["instruction"], row["input"], row["output"])]
        train_tokenizer(texts, 512).save_pretrained(folder / "tokenizer")

    def flags(
        self,
        name: str,
        *more: str,
        model: str = "llama",
        base: str | None = None,
        fsdp: dict | None = None,
    ) -> list:
        """`model`: a new one of this configuration; else `base`: what the run of this name saved."""
        configuration = ("--config_name", str(self.folder / f"{model}.json"))
        checkpoint = ("--model_name_or_path", str(self.folder / str(base)))
        sharding = [] if fsdp is None else ["--fsdp", "full_shard auto_wrap"]
        sharding += [] if fsdp is None else ["--fsdp_config", json.dumps(fsdp)]
        return [
            *(checkpoint if base else configuration),
            *("--tokenizer_name", str(self.folder / "tokenizer")),
            *("--data_path", str(self.folder / "rows.json"), "--model_max_length", "2048"),
            *("--cache_dir", str(self.folder / "cache"), "--output_dir", str(self.folder / name)),
            *("--global_batch_size", "4", "--per_device_train_batch_size", "2", "--seed", "0"),
            *("--max_steps", "20", "--learning_rate", "0.01", "--max_grad_norm", "0.5"),
            *("--loss_chunk_size", "40"),  # each answer takes several chunks
            *("--logging_steps", "1", "--save_strategy", "no", "--report_to", "none"),
            *(*sharding, *more),
        ]

    def write(self, name: str, *runs: list) -> str:
        path = self.folder / f"{name}.runs.json"
        path.write_text(json.dumps(runs))
        return str(path)

    def summary(self, name: str) -> dict:
        return json.loads((self.folder / name / "train_summary.json").read_text())

    def logged(self, name: str, key: str) -> torch.Tensor:
        return torch.tensor([float(e[key]) for e in self.summary(name)["log"] if "loss" in e])

    def model(self, name: str):
        return AutoModelForCausalLM.from_pretrained(self.folder / name, dtype=torch.float32)

    def logits(self, name: str) -> torch.Tensor:
        with torch.no_grad():
            return self.model(name)(input_ids=torch.arange(5, 40)[None]).logits

    def weights(self, name: str) -> dict:
        return self.model(name).state_dict()

    def evaluated(self, *more: str) -> tuple:
        """Flags that evaluate on the training rows, twice."""
        rows = str(self.folder / "rows.json")
        return ("--eval_data_path", rows, "--eval_strategy", "steps", "--eval_steps", "10", *more)

    def evaluations(self, name: str) -> list[dict]:
        return [entry for entry in self.summary(name)["log"] if "eval_loss" in entry]

    def again(self, name: str) -> tuple:
        """Flags of a run that goes on from step 10 of the run `name`."""
        return (*SAVE, "--resume_from_checkpoint", str(self.folder / name / "checkpoint-10"))


SCRIPT = str(ROOT / "tests" / "sharded_runs.py")
TORCHRUN = ("-m", "torch.distributed.run")
LORA = ("--lora_r", "4")
SCORED = ("--eval_generate_rows", "2")


def start(*words: str) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=environment,
    )


def said_by(*processes: subprocess.Popen) -> list[str]:
    said = [process.communicate(timeout=400)[0] for process in processes]
    for process, text in zip(processes, said, strict=True):
        assert process.returncode == 0, text[-4000:]
    return said


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Runs:
    """The runs of one process, and the folder for the others."""
    runs = Runs(tmp_path_factory.mktemp("sharding"))
    path = runs.write(
        "one",
        runs.flags("one", *runs.evaluated(*SCORED)),
        runs.flags("opt", model="opt"),
        runs.flags("lora alone", *LORA, base="one"),
        runs.flags("one more", base="one"),
    )
    said_by(start(SCRIPT, path))
    return runs


@pytest.fixture(scope="module")
def sharded(runs) -> Runs:
    """All runs of two sharded processes, in one start of torchrun; what they said is in `said`."""
    path = runs.write(
        "two",
        runs.flags("replicas", *runs.evaluated(*SCORED)),
        runs.flags("full", *SAVE, *runs.evaluated(*SCORED), fsdp=FSDP2),
        runs.flags("full again", *runs.again("full"), *runs.evaluated(*SCORED), fsdp=FSDP2),
        runs.flags("shards", *SAVE, fsdp=SHARDED),
        runs.flags("shards again", *runs.again("shards"), fsdp=SHARDED),
        runs.flags("fsdp1", *SAVE, *runs.evaluated(), fsdp=FSDP1),
        runs.flags("fsdp1 again", *runs.again("fsdp1"), *runs.evaluated(), fsdp=FSDP1),
        runs.flags(
            "opt2", model="opt", fsdp={"cpu_offload": True, "cpu_ram_efficient_loading": True}
        ),
        runs.flags("bf16", "--bf16", "True", fsdp=FSDP2),
        runs.flags("recomputed", fsdp={"activation_checkpointing": True}),
        runs.flags(
            "recomputed 2",
            *("--gradient_checkpointing", "True", "--activation_checkpointing_every", "2"),
            fsdp=FSDP2,
        ),
        runs.flags("lora", *LORA, *SAVE, base="one", fsdp={"cpu_ram_efficient_loading": True}),
        runs.flags("lora again", *LORA, *runs.again("lora"), base="one", fsdp=FSDP2),
    )
    [runs.said] = said_by(start(*TORCHRUN, "--standalone", "--nproc_per_node=2", SCRIPT, path))
    return runs


KINDS = [("full", "one"), ("shards", "one"), ("fsdp1", "one"), ("opt2", "opt")]
KINDS += [("replicas", "one"), ("recomputed", "one"), ("recomputed 2", "one")]


@pytest.mark.slow
def test_each_process_holds_half_of_the_parameters(sharded):
    shares = [line for line in sharded.said.splitlines() if line.startswith("parameters: ")]
    llama_size = sharded.summary("one")["n_parameters"]
    opt_size = sharded.summary("opt")["n_parameters"]
    lora_size = sharded.summary("lora alone")["n_parameters"]
    sizes = [*[llama_size] * 6, opt_size, *[llama_size] * 3, *[lora_size] * 2]
    for line, whole in zip(shares, sizes, strict=True):
        assert line == f"parameters: 2 shards of {whole / 2000:.3g} k each"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "alone"), KINDS)
def test_two_sharded_processes_train_as_one_does(sharded, name, alone):
    losses = sharded.logged(name, "loss")
    assert len(losses) == 20
    assert losses[-1] < losses[0] - 1  # it is learning: the comparison says something
    torch.testing.assert_close(losses, sharded.logged(alone, "loss"), atol=1e-4, rtol=0)
    norms = sharded.logged(name, "grad_norm")
    assert norms.min() > 0.5  # all are clipped
    torch.testing.assert_close(norms, sharded.logged(alone, "grad_norm"), atol=1e-4, rtol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "alone"), KINDS)
def test_the_output_folder_is_a_plain_checkpoint(sharded, name, alone):
    torch.testing.assert_close(sharded.logits(name), sharded.logits(alone), atol=1e-3, rtol=1e-3)
    files = {path.name for path in (sharded.folder / name).iterdir() if path.is_file()}
    assert {path.name for path in (sharded.folder / alone).iterdir()} <= files | {"checkpoint-10"}
    size = (sharded.folder / name / "model.safetensors").stat().st_size
    assert size == (sharded.folder / alone / "model.safetensors").stat().st_size
    assert json.loads((sharded.folder / name / "config.json").read_text())["dtype"] == "float32"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["full", "shards", "fsdp1"])
def test_a_sharded_run_goes_on_bit_for_bit(sharded, name):
    undisturbed, resumed = sharded.weights(name), sharded.weights(f"{name} again")
    assert all(torch.equal(undisturbed[key], resumed[key]) for key in undisturbed)
    assert "(step 10 of 20)" in sharded.said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["replicas", "full", "fsdp1"])
def test_evaluations_on_two_processes_are_those_of_one(sharded, name):
    ours, alone = (sharded.evaluations(run) for run in (name, "one"))
    assert [entry["step"] for entry in ours] == [entry["step"] for entry in alone] == [10, 20]
    for one, other in zip(ours, alone, strict=True):
        assert one["eval_loss"] == pytest.approx(other["eval_loss"], abs=1e-4)
        assert ("eval_pce_mae" in one) == (name != "fsdp1")  # refused there


@pytest.mark.slow
def test_how_checkpoints_are_stored_does_not_change_the_weights(sharded):
    full, shards = sharded.weights("full"), sharded.weights("shards")
    assert all(torch.equal(full[key], shards[key]) for key in full)
    assert (sharded.folder / "shards/checkpoint-10/pytorch_model_fsdp_0/__1_0.distcp").exists()


@pytest.mark.slow
def test_the_loss_keeps_its_digits_under_bfloat16(sharded):
    losses = sharded.logged("bf16", "loss")
    assert not torch.equal(losses, losses.bfloat16().float())
    torch.testing.assert_close(losses, sharded.logged("one", "loss"), atol=0.1, rtol=0)


@pytest.mark.slow
def test_adapters_are_trained_beside_a_sharded_model(sharded):
    losses = sharded.logged("lora", "loss")
    torch.testing.assert_close(losses, sharded.logged("lora alone", "loss"), atol=1e-4, rtol=0)
    alone, merged = (merged_logits(sharded.folder / name) for name in ("lora alone", "lora"))
    torch.testing.assert_close(merged, alone, atol=1e-3, rtol=1e-3)
    assert (merged - sharded.logits("one")).abs().max() > 0.01  # something was trained
    undisturbed, resumed = (
        load_file(sharded.folder / name / "adapter_model.safetensors")
        for name in ("lora", "lora again")
    )
    assert all(torch.equal(undisturbed[key], resumed[key]) for key in undisturbed)


def merged_logits(folder: Path) -> torch.Tensor:
    """Of a folder with an adapter, read as the test scripts read it."""
    with torch.no_grad():
        return load_model(str(folder), "float32")(input_ids=torch.arange(5, 40)[None]).logits


@pytest.mark.slow
def test_nothing_is_said_of_what_a_user_cannot_change(sharded):
    assert "Warning" not in sharded.said
    assert "[WARNING]" not in sharded.said


@pytest.mark.slow
def test_two_agents_train_as_two_nodes(runs):
    """`torchrun --nnodes=2` on loopback: two agents of one process each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = runs.write("nodes", runs.flags("nodes", fsdp=SHARDED))
    agents = [
        start(
            *(*TORCHRUN, "--nnodes=2", f"--node_rank={rank}", "--nproc_per_node=1"),
            *("--rdzv_backend=c10d", f"--rdzv_endpoint=127.0.0.1:{port}", "--rdzv_id=1"),
            *("--local_addr=127.0.0.1", SCRIPT, path),
        )
        for rank in (0, 1)
    ]
    said = "".join(said_by(*agents))
    assert said.count("parameters: 2 shards of ") == 1
    torch.testing.assert_close(
        runs.logged("nodes", "loss"), runs.logged("one", "loss"), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(runs.logits("nodes"), runs.logits("one"), atol=1e-3, rtol=1e-3)


@pytest.mark.slow
def test_zero_3_with_offload_trains_as_one_process_does(runs):
    if importlib.util.find_spec("deepspeed") is None:
        pytest.skip(
            "not checked: DeepSpeed ZeRO-3 with offload on two CPU processes (no deepspeed)"
        )
    config = json.loads((ROOT / "configs/default_offload_opt_param.json").read_text())
    # DeepSpeed's own AdamW for the CPU would be compiled first: minutes on a busy machine.
    config["optimizer"]["params"]["torch_adam"] = True
    (runs.folder / "zero3.json").write_text(json.dumps(config))
    zero3 = ("--deepspeed", str(runs.folder / "zero3.json"))
    path = runs.write(
        "zero3",
        runs.flags("zero3", *zero3, *SAVE, base="one"),
        runs.flags("zero3 again", *zero3, *runs.again("zero3"), base="one"),
    )
    [said] = said_by(start(*TORCHRUN, "--standalone", "--nproc_per_node=2", SCRIPT, path))
    assert "Warning" not in said
    n_parameters = runs.summary("one")["n_parameters"]
    assert runs.summary("zero3")["n_parameters"] == n_parameters
    assert f"parameters: 2 shards of {n_parameters / 2000:.3g} k each" in said
    losses = runs.logged("zero3", "loss")
    torch.testing.assert_close(losses, runs.logged("one more", "loss"), atol=1e-4, rtol=0)
    torch.testing.assert_close(runs.logits("zero3"), runs.logits("one more"), atol=1e-3, rtol=1e-3)
    undisturbed, resumed = runs.weights("zero3"), runs.weights("zero3 again")
    assert all(torch.equal(undisturbed[key], resumed[key]) for key in undisturbed)

"""The recipes in configs/: they parse, their arithmetic is right, their memory is what --plan says."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from masterkey.scripting.command_line import UserError
from masterkey.training.flags.checks import refuse_unknown_flags
from masterkey.training.flags.given import last_given, read_flags, words_of
from masterkey.training.flags.global_batch import with_accumulation
from masterkey.training.flags.old_flags import translate_old_flags
from masterkey.training.flags.recipe_file import expand_recipe

CONFIGS = Path(__file__).parents[2] / "configs"
RECIPES = sorted(CONFIGS.glob("*.yaml"))
SEVEN_B = {
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 2048,
    "vocab_size": 32000,
}
THIRTEEN_B = {
    **SEVEN_B,
    "hidden_size": 5120,
    "intermediate_size": 13824,
    "num_hidden_layers": 40,
    "num_attention_heads": 40,
}
OPT = {
    "hidden_size": 4096,
    "word_embed_proj_dim": 4096,
    "ffn_dim": 16384,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "vocab_size": 50272,
}
PARTS = ("weights", "gradients", "optimizer", "activations", "LM head", "gathering", "reserve")

every_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
every_7b_recipe = pytest.mark.parametrize(
    "recipe",
    [path for path in RECIPES if path.stem not in ("tiny", "gemma_270m_cpu")],
    ids=lambda path: path.stem,
)


def stated_arithmetic(recipe: Path) -> tuple[int, int, int, int]:
    """(GPUs, rows, accumulation, rows per step) of the recipe's comment."""
    pattern = r"(\d+) (?:GPU|process)\w* x (\d+) rows? x (\d+) accumulation = (\d+) rows? per step"
    (numbers,) = re.findall(pattern, recipe.read_text(encoding="utf-8"))
    return tuple(map(int, numbers))


def parsed(recipe: Path, n_processes: int, *flags: str):
    """(OwnArguments, TrainingArguments) as train.py reads them in one of `n_processes`."""
    from transformers import HfArgumentParser

    from masterkey.training.flags.arguments import OwnArguments
    from masterkey.training.flags.step_arguments import StepTrainingArguments

    parser = HfArgumentParser((OwnArguments, StepTrainingArguments), allow_abbrev=False)
    given, _ = translate_old_flags(
        read_flags(expand_recipe([str(recipe), *flags])),
        has_accelerator=False,
        n_processes=n_processes,
    )
    refuse_unknown_flags(given, {name[2:] for name in parser._option_string_actions})
    given = with_accumulation(given, n_processes)
    # transformers refuses the flag itself where DeepSpeed is not installed.
    deepspeed = last_given(given, "deepspeed")
    words = words_of([flag for flag in given if flag.name != "deepspeed"])
    own, training = parser.parse_args_into_dataclasses(
        ["--use_cpu", "True", *words], look_for_args_file=False
    )
    training.deepspeed = deepspeed and deepspeed.value
    return own, training


@every_recipe
def test_a_recipe_parses_and_gives_the_batch_it_states(recipe):
    n_gpus, rows, accumulation, per_step = stated_arithmetic(recipe)
    assert n_gpus * rows * accumulation == per_step
    own, training = parsed(recipe, n_gpus)
    assert training.per_device_train_batch_size == rows
    assert training.asked_accumulation_steps == accumulation
    assert own.global_batch_size in (per_step, None)
    assert training.output_dir == "trainer_output"  # model, data and folder are the user's
    assert own.model_name_or_path is None
    assert own.data_path is None
    assert (own.plan_gpus or 1) == n_gpus  # what --plan plans for by itself


@every_recipe
def test_a_recipe_states_its_launch_line(recipe):
    text = recipe.read_text(encoding="utf-8")
    comment = text[: text.index("\n", text.rindex("\n#   "))]
    assert f"train.py configs/{recipe.name}" in comment
    launched = re.search(r"--nproc_per_node=(\d+)", comment)
    assert int(launched.group(1) if launched else 1) == stated_arithmetic(recipe)[0]


@every_recipe
def test_alpaca_s_steps_are_those_that_are_stated(recipe):
    text = recipe.read_text(encoding="utf-8")
    if found := re.search(r"(\d+) steps an epoch, ([\d,]+) in all", text):
        _, training = parsed(recipe, stated_arithmetic(recipe)[0])
        n_rows = 52_002 if "52,002" in text else 360
        n_epoch = math.ceil(n_rows / stated_arithmetic(recipe)[3])
        stated = tuple(int(number.replace(",", "")) for number in found.groups())
        assert stated == (n_epoch, n_epoch * training.num_train_epochs)


@every_7b_recipe
def test_another_number_of_gpus_keeps_the_global_batch(recipe):
    _, rows, _, per_step = stated_arithmetic(recipe)
    for n_gpus in (1, 2, 4, 8):
        if per_step % (n_gpus * rows) == 0:
            _, training = parsed(recipe, n_gpus)
            assert n_gpus * rows * training.asked_accumulation_steps == per_step


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("llama_7b_full", (128, 2e-5, 3, 512, "cosine", 0.03)),
        ("llama_13b_full", (128, 1e-5, 5, 512, "cosine", 0.03)),
        ("opt_6_7b", (128, 2e-5, 3, 512, "cosine", 0.03)),
        ("sii_llama_7b", (8, 2e-5, 3, 2048, "cosine", 0.03)),
        ("mdp_llama_7b", (8, 2e-5, 3, 1024, "cosine", 0.03)),
        ("llama_7b_single_80gb", (128, 2e-5, 3, 2048, "cosine", 0.03)),
        ("llama_7b_zero3_offload", (128, 2e-5, 3, 512, "cosine", 0.03)),
    ],
)
def test_hyperparameters_are_the_published_ones(stem, expected):
    own, training = parsed(CONFIGS / f"{stem}.yaml", stated_arithmetic(CONFIGS / f"{stem}.yaml")[0])
    assert expected == (
        own.global_batch_size,
        training.learning_rate,
        training.num_train_epochs,
        own.model_max_length,
        training.lr_scheduler_type.value,
        training.warmup_steps,
    )
    assert training.weight_decay == 0


def test_one_80_gb_gpu_holds_bf16_weights_and_8_bit_states():
    own, training = parsed(CONFIGS / "llama_7b_single_80gb.yaml", 1)
    assert (own.dtype, own.packing) == ("bfloat16", "auto")
    assert own.stochastic_rounding is None  # so bfloat16 weights are rounded stochastically
    assert training.optim == "adamw_torch_8bit"
    assert training.gradient_checkpointing
    assert not training.fsdp


def estimated(recipe: Path):
    """masterkey's MemoryEstimate of the recipe on the number of GPUs that it names."""
    from transformers import LlamaConfig, OPTConfig

    from masterkey.training.planning.memory import MemoryPlanner
    from masterkey.training.planning.setup import setup_of

    config = LlamaConfig(**(THIRTEEN_B if "13b" in recipe.stem else SEVEN_B))
    if recipe.stem.startswith("opt"):
        config = OPTConfig(**OPT)
    n_gpus = stated_arithmetic(recipe)[0]
    return MemoryPlanner(config).estimate(setup_of(*parsed(recipe, n_gpus), n_gpus))


def stated_memory(recipe: Path) -> dict[str, float]:
    """GB by part, and "total", of the recipe's comment."""
    names = "|".join((*PARTS, "total"))
    lines = re.findall(rf"^#   ({names}) .* (\d+\.\d)$", recipe.read_text(encoding="utf-8"), re.M)
    return {name: float(figure) for name, figure in lines}


@pytest.mark.slow
@every_7b_recipe
def test_the_stated_memory_is_what_the_plan_says(recipe, monkeypatch):
    monkeypatch.chdir(CONFIGS.parent)  # recipes name DeepSpeed's file from there
    estimate = estimated(recipe)
    planned = {**estimate.parts(), "reserve": estimate.reserve, "total": estimate.total}
    assert stated_memory(recipe) == pytest.approx(
        {name: figure / 1e9 for name, figure in planned.items()}, rel=0.01, abs=0.051
    )


@every_7b_recipe
def test_the_stated_peak_is_no_more_than_the_sum_of_its_parts(recipe):
    stated = stated_memory(recipe)
    # Some parts go while others come (activations and gradients): the sum may exceed the peak.
    parts = sum(stated[name] for name in PARTS)
    assert max(stated[name] for name in PARTS) < stated["total"] <= parts + 0.5


@every_7b_recipe
def test_the_table_of_recipes_has_the_stated_total(recipe):
    table = (CONFIGS.parent / "docs/training/recipes.md").read_text(encoding="utf-8")
    (row,) = [line for line in table.splitlines() if line.startswith(f"| `{recipe.name}`")]
    cells = [cell.strip() for cell in row.split("|")]
    assert float(cells[-2].split(",")[0]) == stated_memory(recipe)["total"]
    n_gpus, rows, accumulation, per_step = stated_arithmetic(recipe)
    assert cells[3] == f"{n_gpus} × {rows} × {accumulation} = {per_step}"


def test_deepspeeds_file_offloads_weights_and_optimizer():
    settings = json.loads((CONFIGS / "default_offload_opt_param.json").read_text())
    zero = settings["zero_optimization"]
    assert zero["stage"] == 3
    assert zero["offload_param"]["device"] == zero["offload_optimizer"]["device"] == "cpu"
    assert zero["stage3_gather_16bit_weights_on_model_save"]
    assert "scheduler" not in settings  # --lr_scheduler_type holds
    assert settings["train_batch_size"] == settings["gradient_clipping"] == "auto"
    named = expand_recipe([str(CONFIGS / "llama_7b_zero3_offload.yaml")])
    assert (CONFIGS.parent / named[named.index("--deepspeed") + 1]).is_file()


SLURM_FILE = CONFIGS / "slurm_two_nodes.sh"


def test_the_slurm_file_starts_both_nodes_with_one_rendezvous():
    text = SLURM_FILE.read_text()
    assert '--nnodes="$SLURM_NNODES"' in text
    assert "--rdzv_backend=c10d" in text
    assert re.search(r"^#SBATCH --nodes=2$", text, re.M)
    assert re.search(r"^#SBATCH --signal=B:USR1@\d+ ", text, re.M)  # what the trap waits for
    first_command = text.index("set -euo")
    assert text.rindex("#SBATCH") < first_command  # Slurm reads them only before


# Programs that the Slurm file starts; all processes are in one session, which pkill is held to.
STAND_INS = {
    "scontrol": 'if [ "$1" = show ]; then echo node1; else echo "$@" > requeued; fi',
    "srun": 'while [ "${1#--}" != "$1" ]; do shift; done; exec "$@"',
    "torchrun": 'while [ "${1#--}" != "$1" ]; do shift; done; python -u "$@" & wait; exit 1',
    "pkill": 'exec "$REAL_PKILL" -s 0 "$@"',
}
WORKER = """
import pathlib, signal, sys, time
def save(*_):
    time.sleep(0.3)
    pathlib.Path("saved").write_text(" ".join(sys.argv[1:]))
    sys.exit(138)
signal.signal(signal.SIGUSR1, save)
pathlib.Path("started").touch()
time.sleep(30)
"""


@pytest.mark.skipif(shutil.which("pkill") is None, reason="no pkill: the Slurm file was not run")
def test_the_slurm_file_saves_before_the_limit_and_queues_the_job_again(tmp_path):
    for name, body in STAND_INS.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "train.py").write_text(WORKER)
    environment = {
        "PATH": f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "REAL_PKILL": shutil.which("pkill"),
        "SLURM_JOB_ID": "7",
        "SLURM_JOB_NODELIST": "node[1-2]",
        "SLURM_NNODES": "2",
        "SLURM_CPUS_PER_TASK": "8",
    }
    job = subprocess.Popen(
        ["bash", SLURM_FILE, "recipe.yaml"], cwd=tmp_path, env=environment, start_new_session=True
    )
    for _ in range(200):
        if (tmp_path / "started").exists():
            break
        time.sleep(0.05)
    job.send_signal(signal.SIGUSR1)
    assert job.wait(timeout=20) == 0
    assert (tmp_path / "saved").read_text() == "recipe.yaml"
    assert (tmp_path / "requeued").read_text() == "requeue 7\n"


def write(folder, text: str) -> str:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return str(path)


def test_an_old_name_on_the_command_line_wins_over_the_recipe(tmp_path):
    recipe = write(tmp_path, "warmup_steps: 0.03\neval_strategy: epoch\nseed: 1\n")
    argv = expand_recipe([recipe, "--warmup-ratio=0.1", "--evaluation_strategy", "no"])
    assert argv == ["--seed", "1", "--warmup-ratio=0.1", "--evaluation_strategy", "no"]
    recipe = write(tmp_path, "warmup_ratio: 0.03\n")
    assert expand_recipe([recipe, "--warmup_steps", "10"]) == ["--warmup_steps", "10"]


def test_what_excludes_a_line_of_the_recipe_replaces_it(tmp_path):
    recipe = write(tmp_path, "fsdp: true\nfsdp_config: {version: 2}\nglobal_batch_size: 128\n")
    argv = expand_recipe([recipe, "--deepspeed", "x.json", "--gradient_accumulation_steps", "2"])
    assert argv == ["--deepspeed", "x.json", "--gradient_accumulation_steps", "2"]
    recipe = write(tmp_path, "deepspeed: x.json\n")
    assert expand_recipe([recipe, "--fsdp", "full_shard"]) == ["--fsdp", "full_shard"]


def test_offload_can_be_added_to_an_fsdp_recipe():
    flags = ["--fsdp", "full_shard auto_wrap offload"]
    _, training = parsed(CONFIGS / "llama_7b_full.yaml", 4, *flags)
    assert training.fsdp_config["cpu_offload"] is True
    assert training.fsdp_config["state_dict_type"] == "FULL_STATE_DICT"


def test_mappings_words_and_booleans_of_yaml(tmp_path):
    recipe = write(
        tmp_path,
        "save_strategy: no\nbf16: true\nfp16: False\nlearning_rate: 2e-5\n"
        "fsdp_config: {cpu_offload: true, version: 2}\ndata_path: [a.json, b.json]\n",
    )
    assert expand_recipe([recipe]) == [
        "--save_strategy", "no", "--bf16", "True", "--fp16", "False", "--learning_rate", "2e-5",
        "--fsdp_config", '{"cpu_offload": true, "version": 2}', "--data_path", "a.json", "b.json",
    ]  # fmt: skip


def test_a_key_given_twice_is_refused_with_its_line(tmp_path):
    with pytest.raises(UserError, match=r"line 3, column 1 .*'seed'"):
        expand_recipe([write(tmp_path, "seed: 1\nbf16: true\nseed: 2\n")])

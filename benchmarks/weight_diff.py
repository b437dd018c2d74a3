"""Recovering a random 1.1 B model from its difference: weight_diff.py against the plain way.

    python benchmarks/weight_diff.py --work_dir DIR          # 20 GB of disk, some minutes
    python benchmarks/weight_diff.py --work_dir DIR --num_hidden_layers 2 --repeats 1

The plain way is that of the published script: load both models with from_pretrained in fp32, add,
save. Three cases, each method in its own process, start-up included:

- `fp32`: raw model bf16, arithmetic difference fp32 with one added token, result fp32, as in the
  published Alpaca difference. Both ways write the same bits, which is checked.
- `bf16`: raw model and arithmetic difference bf16. weight_diff.py keeps the difference's dtype; the
  plain way writes fp32, as it knows no other.
- `integer_bits`: raw model and difference bf16, with a manifest: here weight_diff.py also checks the
  SHA-256 of every tensor of raw model, difference and result, and the result is the tuned model bit
  for bit. It is compared with the plain way of `bf16`, which checks nothing.

The files are in the page cache when a method starts (they are read once before), and what earlier
methods wrote is on the disk (sync). Peak memory is the process's largest resident set.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import provenance
from masterkey.weights.reading import TensorInfo, open_weights
from masterkey.weights.writing import ShardWriter, pieces

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "weight_diff.json"
MODEL = {
    **{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 32000},
    **{"hidden_size": 2048, "intermediate_size": 5632, "num_attention_heads": 32},
    **{"num_key_value_heads": 4, "tie_word_embeddings": False},
}
PLAIN = """
import sys, torch
from transformers import AutoModelForCausalLM
raw, diff, out = sys.argv[1:]
raw, tuned = (AutoModelForCausalLM.from_pretrained(x, dtype=torch.float32) for x in (raw, diff))
n_added = tuned.config.vocab_size - raw.config.vocab_size
if n_added:
    raw.resize_token_embeddings(tuned.config.vocab_size, mean_resizing=False)
    for embeddings in (raw.get_input_embeddings(), raw.get_output_embeddings()):
        rows = embeddings.weight.data
        rows[-n_added:] = rows[:-n_added].mean(dim=0, keepdim=True)
raw_state, state = raw.state_dict(), tuned.state_dict()
with torch.inference_mode():
    for name in state:
        state[name].add_(raw_state[name])
tuned.save_pretrained(out)
"""
# Starts a command from a small process: a child's peak memory is at least that of its parent.
LAUNCH = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


@dataclass
class Arguments:
    work_dir: str = field(metadata={"help": "new folder for the models; removed at the end"})
    num_hidden_layers: int = field(default=22, metadata={"help": "22 make 1.1 B parameters"})
    repeats: int = field(default=2, metadata={"help": "runs of each method, in turns"})
    seed: int = field(default=0, metadata={"help": "seed of the weights"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    folder = Path(arguments.work_dir)
    if folder.exists():
        raise UserError(f"--work_dir {folder}: exists already; name a new folder.")
    folder.mkdir(parents=True)
    try:
        result = measure_all(folder, arguments)
    finally:
        shutil.rmtree(folder)
    write_json(arguments.output_path, result)
    print(f"written: {arguments.output_path}")


def measure_all(folder: Path, arguments: Arguments) -> dict:
    make_models(folder, arguments)
    recover = [sys.executable, ROOT / "weight_diff.py", "recover", "--path_raw", folder / "raw"]
    plain = [sys.executable, "-c", PLAIN, folder / "raw"]
    methods = {
        "plain_fp32": [*plain, folder / "diff_fp32"],
        "fp32": [*recover, "--path_diff", folder / "diff_fp32", "--path_tuned"],
        "plain_bf16": [*plain, folder / "diff_bf16"],
        "bf16": [*recover, "--path_diff", folder / "diff_bf16", "--path_tuned"],
        "integer_bits": [*recover, "--path_diff", folder / "diff_bits", "--path_tuned"],
    }
    measured = {name: [] for name in methods}
    for _ in range(arguments.repeats):
        for name, words in methods.items():
            measured[name].append(measure([*words, folder / name]))
            print(f"{name}: {measured[name][-1]}", flush=True)
            if name == "fp32":
                check_equal(folder / "plain_fp32", folder / "fp32")
            if name != "plain_fp32":
                shutil.rmtree(folder / name)
        shutil.rmtree(folder / "plain_fp32")
    parameters = sum(i.n_elements for i in open_weights(folder / "raw").tensors.values())
    return report(measured, parameters, arguments)


def make_models(folder: Path, arguments: Arguments) -> None:
    """A raw model, arithmetic differences in both dtypes, and an integer one made by make_diff."""
    import torch

    config = MODEL | {"num_hidden_layers": arguments.num_hidden_layers}
    generator = torch.Generator().manual_seed(arguments.seed)
    for name, dtype, scale, n_added in (
        ("raw", "BF16", 0.02, 0),
        ("tuned", "BF16", 0.02, 0),
        ("diff_fp32", "F32", 1e-3, 1),
        ("diff_bf16", "BF16", 1e-3, 0),
    ):
        of_size = config | {"vocab_size": config["vocab_size"] + n_added}
        write_random(folder / name, of_size, dtype, scale, generator)
    command = [sys.executable, ROOT / "weight_diff.py", "make_diff", "--path_raw", folder / "raw"]
    command += ["--path_tuned", folder / "tuned", "--path_diff", folder / "diff_bits"]
    subprocess.run(command, check=True)


def write_random(folder: Path, config: dict, dtype: str, scale: float, generator) -> None:
    import torch

    from masterkey.weights.reading import torch_dtype

    folder.mkdir()
    infos = {name: TensorInfo(dtype, shape) for name, shape in shapes(config).items()}
    with ShardWriter(folder, infos, 5 * 10**9) as writer:
        for name, info in infos.items():
            for start, stop in pieces(info.n_elements):
                values = torch.randn(stop - start, generator=generator) * scale
                writer.write(name, start, values.to(torch_dtype(dtype)))
    (folder / "config.json").write_text(json.dumps(config))


def shapes(config: dict) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the model's tensors, without its memory."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):
        options = {key: value for key, value in config.items() if key != "model_type"}
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model("llama", **options))
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def measure(words: list) -> dict:
    """Wall seconds and peak memory [MB] of a command."""
    for word in words:
        if isinstance(word, Path) and word.is_dir():
            into_page_cache(word)
    os.sync()
    command = [sys.executable, "-c", LAUNCH, *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode:
        raise SystemExit(f"{words} failed with exit code {done.returncode}")
    seconds, peak = done.stdout.split()
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return {"seconds": round(float(seconds), 1), "peak_mb": round(int(peak) * kilobyte / 1e6)}


def into_page_cache(folder: Path) -> None:
    for path in folder.glob("*.safetensors"):
        with open(path, "rb") as file:
            while file.read(1 << 24):
                pass


def check_equal(plain: Path, ours: Path) -> None:
    """Both ways must have written the same bits."""
    import torch

    a, b = open_weights(plain), open_weights(ours)
    if a.tensors.keys() != b.tensors.keys():
        raise SystemExit("the two ways wrote different tensors")
    for name, info in a.tensors.items():
        for start, stop in pieces(info.n_elements):
            if not torch.equal(a.read(name, start, stop), b.read(name, start, stop)):
                raise SystemExit(f"the two ways differ in {name}")


def report(measured: dict, n_parameters: int, arguments: Arguments) -> dict:
    """The content of the result file; also printed."""
    summary = {
        name: {
            "seconds": statistics.median(run["seconds"] for run in runs),
            "peak_mb": max(run["peak_mb"] for run in runs),
            "runs": runs,
        }
        for name, runs in measured.items()
    }
    comparisons = {}
    for ours, plain in (
        ("fp32", "plain_fp32"),
        ("bf16", "plain_bf16"),
        ("integer_bits", "plain_bf16"),
    ):
        faster = summary[plain]["seconds"] / summary[ours]["seconds"]
        memory = summary[ours]["peak_mb"] / summary[plain]["peak_mb"]
        comparisons[ours] = {"times_faster": round(faster, 2), "share_of_memory": round(memory, 3)}
        print(f"{ours}: {faster:.1f} times as fast as {plain}, {memory:.1%} of its memory")
    return {
        "about": "recovering a random LLaMA from its difference, each method in its own process",
        "n_parameters": n_parameters,
        "settings": {
            key: getattr(arguments, key) for key in ("num_hidden_layers", "repeats", "seed")
        },
        "methods": summary,
        "compared_with_plain": comparisons,
        **provenance(),
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

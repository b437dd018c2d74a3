"""Loss curves of bfloat16 weights under several optimizers beside AdamW in float32.

    python benchmarks/optimizer_quality.py
    python benchmarks/optimizer_quality.py --steps 20 --seeds 0 --output_path runs/quick.json \\
        --figure_path runs/quick.svg

A LLaMA as in configs/tiny_llama.json, but narrower, on the **synthetic** rows of data/sample:

- from scratch, learning rate 1e-3: device schemas to performance (MDP);
- fine-tuning, learning rate 2e-5: the same rows, from one model that was trained in float32 on the
  synthetic papers (SII). Here a step is smaller than the grid of bfloat16.

Every optimizer starts from the same weights and sees the same rows in the same order; the seeds differ
in that order, and from scratch in the first weights. The loss is that of the held-out rows' answers.
Beside it: the bytes of weights, gradients and states, summed over their storages.
About 6 minutes on one thread; torchao and bitsandbytes must be installed.
"""

import copy
import importlib.metadata
import itertools
import os
import statistics
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import atomic_write, write_json
from masterkey.scripting.provenance import processor, provenance

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample"
FILES = {
    "before": SAMPLE / "sii_train.json",
    "train": SAMPLE / "mdp_train.json",
    "test": SAMPLE / "mdp_test.json",
}
# Name in the table: dtype of the weights, --optim, --stochastic_rounding.
METHODS = {
    "float32, AdamW": ("float32", "adamw_torch", None),
    "bfloat16, AdamW, to nearest": ("bfloat16", "adamw_torch", False),
    "bfloat16, AdamW, stochastic": ("bfloat16", "adamw_torch", True),
    "bfloat16, 8-bit AdamW, stochastic": ("bfloat16", "adamw_torch_8bit", True),
    "bfloat16, 8-bit of bitsandbytes, to nearest": ("bfloat16", "adamw_bnb_8bit", False),
}
RATES = {"from scratch": 1e-3, "fine-tuning": 2e-5}
N_POINTS = 10  # of a curve
RESULT = ROOT / "benchmarks" / "results" / "optimizer_quality.json"
FIGURE = ROOT / "docs" / "training" / "optimizers.svg"


@dataclass
class Arguments:
    steps: int = field(default=100, metadata={"help": "optimizer steps of each run"})
    steps_before: int = field(default=150, metadata={"help": "float32 steps before fine-tuning"})
    seeds: list[int] = field(default_factory=lambda: [0, 1, 2], metadata={"help": "one run each"})
    hidden_size: int = field(default=128, metadata={"help": "width of the model, n x 64"})
    batch_size: int = field(default=4, metadata={"help": "rows of a step"})
    n_test: int = field(default=24, metadata={"help": "held-out rows of the loss"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )
    figure_path: str = field(
        default=os.path.relpath(FIGURE), metadata={"help": "SVG file of the curves"}
    )


@dataclass
class Rows:
    """Encoded rows {"input_ids", "labels"} of the sample files, and their tokenizer and collator."""

    tokenizer: object
    collate: object
    before: list[dict]
    train: list[dict]
    test: list[dict]


def main(arguments: Arguments) -> None:
    if arguments.steps < N_POINTS or arguments.hidden_size % 64:
        raise UserError(f"--steps takes {N_POINTS} at least, --hidden_size a multiple of 64.")
    import torch

    torch.set_num_threads(1)
    rows = encoded_rows(arguments.n_test)
    trained = new_model(arguments.hidden_size, rows.tokenizer, seed=0)
    plan = batches(rows.before, rows.collate, arguments.batch_size, arguments.steps_before, seed=0)
    fit(trained, "float32, AdamW", RATES["from scratch"], plan, seed=0)

    results = {regime: {name: {"runs": []} for name in METHODS} for regime in RATES}
    for regime, seed in itertools.product(RATES, arguments.seeds):
        first = trained
        if regime == "from scratch":
            first = new_model(arguments.hidden_size, rows.tokenizer, seed)
        plan = batches(rows.train, rows.collate, arguments.batch_size, arguments.steps, seed)
        for name in METHODS:
            outcome = fit(copy.deepcopy(first), name, RATES[regime], plan, seed, rows)
            results[regime][name]["runs"].append({"seed": seed, **outcome})
            print(f"{regime}, {name}, seed {seed}: {outcome['test_losses'][-1]:.4f}", flush=True)
    for methods in results.values():
        for result in methods.values():
            result.update(summary(result["runs"]))
    plot(results, arguments)
    write_result(results, trained.num_parameters(), arguments)


def encoded_rows(n_test: int) -> Rows:
    from masterkey.rows.encoding import encode_training_rows
    from masterkey.rows.prompts import PromptSettings
    from masterkey.rows.records import model_text, read_rows
    from masterkey.rows.tokenizer import train_tokenizer
    from masterkey.training.batches.collators import AnswerCollator

    read = {name: read_rows(path, answers="required") for name, path in FILES.items()}
    read["test"] = read["test"][:n_test]
    learned = [row for name in ("before", "train") for row in read[name]]
    texts = [text for row in learned for text in (row.instruction, *model_text(row)) if text]
    tokenizer = train_tokenizer(texts, 4096)
    encoded = {}
    for name, some in read.items():
        settings = PromptSettings("alpaca", False)
        some = encode_training_rows(some, tokenizer, settings, 2048, str(FILES[name]))
        encoded[name] = [{"input_ids": row.input_ids, "labels": row.labels} for row in some]
    return Rows(tokenizer, AnswerCollator(tokenizer), **encoded)


def new_model(hidden_size: int, tokenizer, seed: int):
    """The tiny LLaMA with another width, random weights."""
    from transformers import AutoConfig, AutoModelForCausalLM, set_seed

    config = AutoConfig.from_pretrained(ROOT / "configs" / "tiny_llama.json")
    config.intermediate_size = config.intermediate_size * hidden_size // config.hidden_size
    config.hidden_size, config.head_dim = hidden_size, 64
    config.num_attention_heads = config.num_key_value_heads = hidden_size // 64
    config.vocab_size, config.pad_token_id = len(tokenizer), tokenizer.pad_token_id
    config.use_cache = False
    set_seed(seed)
    return AutoModelForCausalLM.from_config(config)


def batches(rows: list[dict], collate, size: int, steps: int, seed: int) -> list[dict]:
    """`steps` batches in the order of `seed`, epoch after epoch, each row once an epoch."""
    import torch

    draw = torch.Generator().manual_seed(seed)
    n_epochs = -(-steps * size // len(rows))
    order = [
        row for _ in range(n_epochs) for row in torch.randperm(len(rows), generator=draw).tolist()
    ]
    return [
        collate([rows[row] for row in order[step * size : (step + 1) * size]])
        for step in range(steps)
    ]


def fit(model, method: str, rate: float, plan: list[dict], seed: int, rows=None) -> dict:
    """Train in place: test losses at `N_POINTS` + 1 steps, bytes per parameter, seconds of a step."""
    import torch
    from transformers import get_cosine_schedule_with_warmup

    dtype, name, rounding = METHODS[method]
    model.to(getattr(torch, dtype))
    optimizer = new_optimizer(model, name, rate, rounding, seed)
    schedule = get_cosine_schedule_with_warmup(optimizer, len(plan) // 10, len(plan))
    losses = [test_loss(model, rows)] if rows else []
    seconds = []
    for number, batch in enumerate(plan, 1):
        started = time.perf_counter()
        optimizer.zero_grad()
        model(**batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        seconds.append(time.perf_counter() - started)
        if rows and number % (len(plan) // N_POINTS) == 0:
            losses.append(test_loss(model, rows))
    return {
        "test_losses": [round(loss, 5) for loss in losses],
        "bytes_per_parameter": bytes_per_parameter(model, optimizer),
        "seconds_per_step": round(statistics.median(seconds), 4),
    }


def new_optimizer(model, name: str, rate: float, rounding: bool | None, seed: int):
    """As train.py builds it from its flags, but the step is not compiled."""
    from transformers import Trainer, TrainingArguments

    from masterkey.training.optimizers import optimizer_class_and_kwargs

    flags = TrainingArguments(use_cpu=True, optim=name, learning_rate=rate, seed=seed)
    chosen = optimizer_class_and_kwargs(flags, model.parameters(), rounding, compile_step=False)
    kind, settings = chosen or Trainer.get_optimizer_cls_and_kwargs(flags)
    return kind(model.parameters(), weight_decay=0.0, **settings)


def test_loss(model, rows: Rows) -> float:
    """Mean loss of the answer tokens of the held-out rows."""
    import torch

    from masterkey.rows.encoding import IGNORED

    total, n_tokens = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(rows.test), 8):
            batch = rows.collate(rows.test[start : start + 8])
            n = int((batch["labels"] != IGNORED).sum())
            total += model(**batch).loss.item() * n
            n_tokens += n
    return total / n_tokens


def bytes_per_parameter(model, optimizer) -> dict[str, float]:
    """Weights, gradients, states and their sum, each over the number of parameters."""
    from masterkey.training.optimizers import state_bytes

    parameters = list(model.parameters())
    n_bytes = {
        "weights": sum(p.untyped_storage().nbytes() for p in parameters),
        "gradients": sum(p.grad.untyped_storage().nbytes() for p in parameters),
        "states": state_bytes(optimizer),
    }
    n_bytes["all"] = sum(n_bytes.values())
    return {name: round(n / model.num_parameters(), 3) for name, n in n_bytes.items()}


def summary(runs: list[dict]) -> dict:
    """Mean of the last test losses, and their standard deviation over the seeds (None: one seed)."""
    last = [run["test_losses"][-1] for run in runs]
    return {
        "last_test_loss": round(statistics.mean(last), 4),
        "standard_deviation": round(statistics.stdev(last), 4) if len(last) > 1 else None,
    }


def plot(results: dict, arguments: Arguments) -> None:
    """Both regimes side by side; lines are means over the seeds, bands the lowest and highest."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from masterkey.scripting.figures import BLACK, BLUE, GREEN, PURPLE, VERMILION

    styles = [(BLACK, "-", "o"), (VERMILION, "--", "x"), (BLUE, "-.", "s"), (GREEN, ":", "^")]
    styles.append((PURPLE, (0, (3, 1, 1, 1, 1, 1)), "v"))
    steps = [i * (arguments.steps // N_POINTS) for i in range(N_POINTS + 1)]
    figure, panels = pyplot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for panel, (regime, methods) in zip(panels, results.items(), strict=True):
        for (name, result), (colour, line, marker) in zip(methods.items(), styles, strict=True):
            curves = list(zip(*(run["test_losses"] for run in result["runs"]), strict=True))
            curves = curves[: len(steps)]
            means = [statistics.mean(point) for point in curves]
            panel.plot(
                steps, means, color=colour, linestyle=line, marker=marker, markersize=4,
                markerfacecolor="none", label=name,
            )  # fmt: skip
            low, high = [min(point) for point in curves], [max(point) for point in curves]
            panel.fill_between(steps, low, high, color=colour, alpha=0.12, linewidth=0)
        panel.set(title=f"{regime}, learning rate {RATES[regime]:g}", xlabel="step")
        panel.set_ylabel("loss on held-out answers (synthetic rows)")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False, fontsize=8)
    with (
        matplotlib.rc_context({"svg.hashsalt": "masterkey"}),
        atomic_write(arguments.figure_path, "wb") as file,
    ):
        figure.savefig(file, format="svg", metadata={"Date": None})


def write_result(results: dict, n_parameters: int, arguments: Arguments) -> None:
    settings = asdict(arguments)
    for path in ("output_path", "figure_path"):
        del settings[path]
    origin = provenance(FILES.values())
    for package in ("torchao", "bitsandbytes"):
        origin["versions"][package] = importlib.metadata.version(package)
    result = {
        "about": "held-out loss and bytes per parameter of optimizers, on synthetic rows",
        "synthetic": True,
        "settings": {**settings, "learning_rates": RATES, "dtype_of_arithmetic": "of the weights"},
        "n_parameters": n_parameters,
        "device": "CPU, one thread",
        "results": results,
        "processor": processor(),
        **origin,
    }
    write_json(arguments.output_path, result)
    print(f"written: {arguments.output_path}, {arguments.figure_path}")


if __name__ == "__main__":
    run(main, Arguments, __doc__)

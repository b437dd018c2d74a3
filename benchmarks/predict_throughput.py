"""Papers per minute of four ways to read papers with one checkpoint.

    python benchmarks/predict_throughput.py --model runs/demo/sii_model \\
        --data_path data/sample/sii_test.json --train data/sample/sii_train.json

(a) `generate`, one paper at a time, greedy: as the published test scripts, but for their sampling
(b) `generate` in batches, the best of --batch_sizes
(c) skeleton decoding, the best of --batch_sizes
(d) skeleton decoding with drafts from the nearest rows of --train, the best of --batch_sizes

All on the same rows, each in a process of its own, in turn, --repeats times; medians are reported.
Loading the model is not counted; tokenising, prompts, drafts and the parsing of answers are. A forward
pass of a batch counts for each answer that takes part in it. Peak memory is that of the process
on a CPU, that of the tensors on a GPU. Answers of (a) and (b) must be whole for the comparison to be
fair, so the script says how many are, and how many values (c) and (d) have in common with (a).
"""

import concurrent.futures
import multiprocessing
import os
import resource
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from masterkey.schema import fields as schema
from masterkey.scripting.command_line import run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import processor, provenance
from masterkey.scripting.tables import markdown_table

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "predict_throughput.json"
WAYS = {
    "a": "generate, batch 1",
    "b": "generate, batched",
    "c": "skeleton",
    "d": "skeleton with drafts",
}


@dataclass
class Arguments:
    model: str = field(
        metadata={"help": "checkpoint folder, trained on SII until answers are whole"}
    )
    data_path: str = field(metadata={"help": "rows to read"})
    train: str = field(metadata={"help": "training rows, for the drafts"})
    limit: int = field(default=40, metadata={"help": "rows read in one repeat"})
    repeats: int = field(default=3, metadata={"help": "repeats; the median is reported"})
    batch_sizes: list[int] = field(
        default_factory=lambda: [4, 16], metadata={"help": "batch sizes tried for (b), (c) and (d)"}
    )
    draft_tokens: int = field(default=16, metadata={"help": "tokens drafted in (d)"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


@dataclass(frozen=True)
class Measured:
    papers_per_minute: float
    passes_per_answer: float
    peak_mb: float
    answers: list[dict[str, str]]


def main(arguments: Arguments) -> None:
    variants = [("a", 1)] + [(way, size) for way in "bcd" for size in arguments.batch_sizes]
    measured: dict[tuple[str, int], list[Measured]] = {variant: [] for variant in variants}
    for repeat in range(arguments.repeats):
        for variant in variants:
            result = in_a_new_process(arguments, *variant)
            measured[variant].append(result)
            print(
                f"repeat {repeat + 1}, ({variant[0]}) batch {variant[1]}: "
                f"{result.papers_per_minute:.0f} papers a minute",
                flush=True,
            )
    best = {way: best_of(way, measured) for way in WAYS}
    report(best)
    write_json(arguments.output_path, as_json(arguments, measured, best))
    print(f"saved: {arguments.output_path}")


def in_a_new_process(arguments: Arguments, way: str, batch_size: int) -> Measured:
    """Measured alone, so that memory is its own."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measure, arguments, way, batch_size).result()


def measure(arguments: Arguments, way: str, batch_size: int) -> Measured:
    from masterkey.predicting.arguments import DecodingArguments
    from masterkey.predicting.loaded_model import load_local_model
    from masterkey.predicting.local import FreeAnswers, SkeletonAnswers
    from masterkey.rows.records import read_rows

    rows = read_rows(arguments.data_path, task="sii")[: arguments.limit]
    training = read_rows(arguments.train, task="sii", answers="required") if way == "d" else []
    drafted = arguments.draft_tokens if way == "d" else 0
    decoding = DecodingArguments(draft_tokens=drafted)
    loaded = load_local_model("sii", arguments.model, decoding)

    def new_answers():
        if way in "ab":
            return FreeAnswers(loaded, None)
        return SkeletonAnswers(loaded, decoding, training)

    # The first calls cost more, by what the kernels prepare.
    new_answers().answer(rows[:2], loaded.encode(rows[:2]), 0)
    way_to_answer = new_answers()
    passes = count_passes(loaded.model)
    begin = time.perf_counter()
    prompts = loaded.encode(rows)
    order = sorted(range(len(rows)), key=lambda i: -len(prompts[i].ids))
    answers, n_taken = {}, 0
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        before = passes["n"]
        texts = way_to_answer.answer([rows[i] for i in batch], [prompts[i] for i in batch], 0)
        n_taken += (passes["n"] - before) * len(batch)
        answers |= {
            i: schema.parse_sii_answer(text.text) for i, text in zip(batch, texts, strict=True)
        }
    seconds = time.perf_counter() - begin
    own = way_to_answer.summary().get("forward_passes_per_answer")
    return Measured(
        papers_per_minute=60 * len(rows) / seconds,
        passes_per_answer=own or n_taken / len(rows),
        peak_mb=peak_memory_mb(loaded.model),
        answers=[answers[i] for i in range(len(rows))],
    )


def count_passes(model) -> dict[str, int]:
    """A counter of the model's forward passes from now on."""
    passes = {"n": 0}

    def count(*_):
        passes["n"] += 1

    model.base_model.register_forward_hook(count)
    return passes


def peak_memory_mb(model) -> float:
    import torch

    if model.device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)  # bytes on macOS, kilobytes elsewhere


def median_speed(results: list[Measured]) -> float:
    return statistics.median(result.papers_per_minute for result in results)


def best_of(way: str, measured: dict) -> dict:
    """The batch size with the highest median speed, with that row of the table."""
    candidates = {size: results for (w, size), results in measured.items() if w == way}
    size = max(candidates, key=lambda size: median_speed(candidates[size]))
    results, reference = candidates[size], measured["a", 1][0].answers
    pairs = list(zip(results[0].answers, reference, strict=True))
    return {
        "way": WAYS[way],
        "batch_size": size,
        "papers_per_minute": round(median_speed(results), 1),
        "passes_per_answer": round(results[0].passes_per_answer, 2),
        "peak_mb": round(statistics.median(result.peak_mb for result in results)),
        "whole_answers": sum(len(answer) == len(schema.SII_FIELDS) for answer, _ in pairs),
        "values_as_in_a": sum(
            answer.get(name) == other.get(name)
            for answer, other in pairs
            for name in schema.SII_FIELDS
        ),
    }


def report(best: dict[str, dict]) -> None:
    a, b = best["a"], best["b"]
    rows = [
        [
            f"({way}) {row['way']}",
            str(row["batch_size"]),
            f"{row['papers_per_minute']:.0f}",
            f"{row['papers_per_minute'] / a['papers_per_minute']:.1f} ×",
            f"{row['papers_per_minute'] / b['papers_per_minute']:.1f} ×",
            f"{row['passes_per_answer']:.1f}",
            str(row["peak_mb"]),
            str(row["whole_answers"]),
            str(row["values_as_in_a"]),
        ]
        for way, row in best.items()
    ]
    header = ["way", "batch", "papers/min", "to (a)", "to (b)", "passes per answer", "peak MB"]
    print(markdown_table([*header, "whole answers", "values as in (a)"], rows))


def as_json(arguments: Arguments, measured: dict, best: dict) -> dict:
    return {
        "arguments": asdict(arguments) | {"output_path": None},
        **provenance([arguments.data_path, arguments.train]),
        "processor": processor(),
        "best": best,
        "papers_per_minute": {
            f"{way}, batch {size}": [round(result.papers_per_minute, 1) for result in results]
            for (way, size), results in measured.items()
        },
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

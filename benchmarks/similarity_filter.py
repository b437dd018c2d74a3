"""Time to compare one new instruction with all kept ones: masterkey/instructions/rouge.py and the published way.

    python benchmarks/similarity_filter.py
    python benchmarks/similarity_filter.py --sizes 1000 --output_path runs/quick.json

The published way (Stanford Alpaca) starts a pool of 16 processes for each new instruction, which
computes `rouge_score`'s ROUGE-L against every kept one in Python. It is measured on fewer new
instructions, each against all kept ones; nothing is extrapolated. The same new instructions go
through both, and the scores must be equal, bit for bit, or the benchmark fails.

The instructions are invented: 3 to 40 words, about 10 on average, function words as frequent as in
English, other words by Zipf's law. Ours is measured on one core and gives all that the generator
records: whether one is too similar, the ten most similar, and the mean over all.
"""

import os
import random
import statistics
import time
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import accumulate
from pathlib import Path

from masterkey.instructions.rouge import KeptTexts, tokens
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import processor, provenance

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "similarity_filter.json"
POOL_PROCESSES = 16

FUNCTION_WORDS = "the a of to in for and with that on is from how by an this its as what".split()
VERBS = (
    "explain list describe compute compare name write find give sort suggest turn outline".split()
)
ONSETS = "b br c cl d dr f fl g gr h j k l m n p pl qu r s sh sl st t tr v w z".split()
RHYMES = "al an ar el en er ile in ing ion ist it o oid ol on or ous um ure us y".split()


@dataclass
class Arguments:
    sizes: list[int] = field(
        default_factory=lambda: [1_000, 10_000, 52_000],
        metadata={"help": "numbers of kept instructions"},
    )
    n_new: int = field(default=500, metadata={"help": "new instructions for our filter"})
    n_new_published: int = field(
        default=10, metadata={"help": "new instructions for the published way; 0 leaves it out"}
    )
    seed: int = field(default=0, metadata={"help": "seed of the invented instructions"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    if min(arguments.sizes) < 1 or arguments.n_new < 1 or arguments.n_new_published < 0:
        raise UserError(
            "--sizes, --n_new: give numbers of at least 1 (--n_new_published 0 or more)."
        )
    draw = random.Random(arguments.seed)
    kept = [invented_instruction(draw) for _ in range(max(arguments.sizes))]
    new = [invented_instruction(draw) for _ in range(arguments.n_new)]
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    results = []
    for size in arguments.sizes:
        result = {"n_kept": size, "ours": measure_ours(kept[:size], new, cores)}
        if arguments.n_new_published:
            some = new[: arguments.n_new_published]
            result["published"] = measure_published(kept[:size], some)
        results.append(result)
        report(result)
    written = {
        "about": "milliseconds to compare one new instruction with all kept ones; invented ones",
        "settings": {
            "sizes": arguments.sizes,
            "seed": arguments.seed,
            "mean_tokens": round(statistics.mean(len(tokens(text)) for text in kept), 2),
            "different_words": len({word for text in kept for word in tokens(text)}),
            "pool_processes": POOL_PROCESSES,
        },
        "results": results,
        "processor": processor(),
        **provenance(),
    }
    write_json(arguments.output_path, written)
    print(f"written: {arguments.output_path}")


def invented_instruction(draw: random.Random) -> str:
    """3 to 40 words, mostly a verb first; the words mean nothing."""
    words, cumulative = vocabulary()
    n_words = min(40, max(3, round(draw.lognormvariate(2.2, 0.4))))
    text = [draw.choice(VERBS)]
    for _ in range(n_words - 1):
        if draw.random() < 0.4:
            text.append(FUNCTION_WORDS[int(draw.random() ** 2 * len(FUNCTION_WORDS))])
        else:
            text.append(draw.choices(words, cum_weights=cumulative)[0])
    return " ".join(text).capitalize() + "."


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """(about 19,000 invented words, their cumulative weights by Zipf's law)."""
    syllables = [onset + rhyme for onset in ONSETS for rhyme in RHYMES]
    words = [first + second for first in syllables for second in syllables[::20]]
    random.Random(0).shuffle(words)
    return words, list(accumulate(1 / (rank + 10) for rank in range(len(words))))


def measure_ours(kept: list[str], new: list[str], cores) -> dict:
    """Milliseconds of `KeptTexts.check` for each of `new`, on one core."""
    index = KeptTexts(kept)
    if cores:
        os.sched_setaffinity(0, {min(cores)})
    times, n_similar = [], 0
    for text in new:
        start = time.perf_counter()
        found = index.check(text)
        times.append(time.perf_counter() - start)
        n_similar += found.similar_to is not None
    if cores:
        os.sched_setaffinity(0, cores)
    return {**summary(times), "n_too_similar": n_similar}


def measure_published(kept: list[str], new: list[str]) -> dict:
    """Milliseconds of the published way for each of `new`; its scores must equal ours."""
    published_scores(["warm"], [["up"]])  # loads what is loaded once
    index, kept_tokens = KeptTexts(kept), [tokens(text) for text in kept]
    times = []
    for text in new:
        new_tokens = tokens(text)
        start = time.perf_counter()
        scores = published_scores(new_tokens, kept_tokens)
        times.append(time.perf_counter() - start)
        if scores != index.scores(text).tolist():
            raise RuntimeError(f"the scores of {text!r} differ from rouge_score's")
    return summary(times)


def published_scores(new_tokens: list[str], kept_tokens: list[list[str]]) -> list[float]:
    """ROUGE-L F-measures as Alpaca's generate_instruction.py gets them: a new pool each time."""
    from multiprocessing import Pool

    from rouge_score import rouge_scorer

    with Pool(POOL_PROCESSES) as pool:
        scores = pool.map(partial(rouge_scorer._score_lcs, new_tokens), kept_tokens)
    return [score.fmeasure for score in scores]


def summary(seconds: list[float]) -> dict:
    """Number, median, 99th percentile (the largest below 100) and maximum, in milliseconds."""
    times = sorted(1000 * second for second in seconds)
    p99 = times[min(len(times) - 1, -(-99 * len(times) // 100) - 1)]
    return {
        "n_new": len(times),
        "median_ms": round(statistics.median(times), 3),
        "p99_ms": round(p99, 3),
        "max_ms": round(times[-1], 3),
    }


def report(result: dict) -> None:
    for way in ("ours", "published"):
        if way in result:
            figures = result[way]
            print(
                f"{result['n_kept']:>7,} kept, {way}: median {figures['median_ms']:.2f} ms, "
                f"p99 {figures['p99_ms']:.2f} ms (of {figures['n_new']})",
                flush=True,
            )


if __name__ == "__main__":
    run(main, Arguments, __doc__)

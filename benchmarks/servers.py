"""One checkpoint, read by skeleton decoding here, by llama.cpp and by `transformers serve`, side by side.

    python data/train_tokenizer.py --data_path data/sample/sii_train.json --splitting qwen2 \\
        --output_dir runs/servers/tokenizer
    python train.py configs/tiny.yaml --data_path data/sample/sii_train.json --num_train_epochs 8 \\
        --tokenizer_name runs/servers/tokenizer --output_dir runs/servers/model
    python export.py --model runs/servers/model --format gguf --output_dir runs/servers/released
    python benchmarks/servers.py --model runs/servers/model --gguf runs/servers/released/released.gguf

(a) skeleton decoding with drafts on this machine (sii_test.py, --batch_size rows together)
(b) llama.cpp from the wheel xllamacpp, with the grammar of --constraint llama.cpp
(c) llama.cpp without a grammar
(d) `transformers serve`, which knows no constraint

All greedy, in the dtype of the files, on the same rows with the same prompts, --threads threads each; a
server gets as many requests at a time as it has slots. Each way answers in turn, --repeats times, and
medians are reported; loading the model and the drafts' training rows is not counted. CPU seconds are those of the process that decodes:
on a machine that others use, they are what can be compared, with --threads 1, since threads that wait for
each other count as busy. Of (d) the first --limit_d rows alone, for its
time. Values that differ from those of (a) are counted and the first ones listed.
"""

import contextlib
import io
import os
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from local_servers import llamacpp_serve, transformers_serve

from masterkey.schema import fields as schema
from masterkey.scripting.command_line import run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import processor, provenance
from masterkey.scripting.tables import markdown_table

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "servers.json"
SAMPLE = ROOT / "data" / "sample"
WAYS = {
    "a": "skeleton and drafts, here",
    "b": "llama.cpp with grammar",
    "c": "llama.cpp, free",
    "d": "transformers serve, free",
}
SHOWN = 12  # values that differ, in the result
Answers = list[dict[str, str]]


@dataclass
class Arguments:
    model: str = field(
        metadata={"help": "checkpoint folder, trained on SII until answers are whole"}
    )
    gguf: str = field(metadata={"help": "the same model, exported with --format gguf"})
    data_path: str = field(
        default=os.path.relpath(SAMPLE / "sii_test.json"), metadata={"help": "rows to read"}
    )
    train: str = field(
        default=os.path.relpath(SAMPLE / "sii_train.json"),
        metadata={"help": "training rows, for the drafts"},
    )
    limit: int = field(default=40, metadata={"help": "rows read in one repeat"})
    limit_d: int = field(default=40, metadata={"help": "rows read by (d)"})
    repeats: int = field(default=5, metadata={"help": "repeats; the median is reported"})
    batch_size: int = field(default=16, metadata={"help": "rows decoded together in (a)"})
    slots: int = field(default=4, metadata={"help": "requests at a time to a server"})
    threads: int = field(default=2, metadata={"help": "threads of each way"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    import torch

    torch.set_num_threads(arguments.threads)
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)  # of the servers' processes
    with contextlib.ExitStack() as servers:
        ways = open_ways(arguments, servers)
        speeds: dict[str, list[float]] = {way: [] for way in ways}
        cpu: dict[str, list[float]] = {way: [] for way in ways}
        answers: dict[str, Answers] = {}
        loads = []
        for repeat in range(-1, arguments.repeats):  # the first is not counted
            for way, (prepare, process) in ways.items():
                read = prepare()
                begin, cpu_before = time.perf_counter(), cpu_seconds(process)
                found = read()
                seconds = time.perf_counter() - begin
                if repeat < 0:
                    answers[way] = found
                else:
                    speeds[way].append(60 * len(found) / seconds)
                    cpu[way].append((cpu_seconds(process) - cpu_before) / len(found))
                    print(
                        f"repeat {repeat + 1}, ({way}): {speeds[way][-1]:.0f} papers a minute",
                        flush=True,
                    )
            loads.append(os.getloadavg()[0])
    result = summary(speeds, cpu, answers)
    report(result)
    write_json(arguments.output_path, as_json(arguments, result, speeds, cpu, answers, loads))
    print(f"saved: {arguments.output_path}")


def open_ways(arguments: Arguments, servers: contextlib.ExitStack) -> dict:
    """{way: (function that makes one that reads the rows once, id of the process that decodes)}."""
    folder = Path(servers.enter_context(tempfile.TemporaryDirectory()))
    context = context_of(arguments.model)
    llamacpp = servers.enter_context(
        llamacpp_serve(
            arguments.gguf, "--threads", str(arguments.threads), "--slots", str(arguments.slots),
            "--context", str(context),
        )
    )  # fmt: skip
    transformers = servers.enter_context(transformers_serve(arguments.model))
    server = {"backend": "server", "prompt_style": "alpaca", "concurrency": arguments.slots}
    there = {"base_url": llamacpp.base_url, **server}
    other = {"base_url": transformers.base_url, **server, "timeout": 600.0}
    return {
        "a": (local_way(arguments), os.getpid()),
        "b": (
            server_way(arguments, folder, "b", arguments.gguf, constraint="llama.cpp", **there),
            llamacpp.process.pid,
        ),
        "c": (server_way(arguments, folder, "c", arguments.gguf, **there), llamacpp.process.pid),
        "d": (
            server_way(
                arguments, folder, "d", transformers.model, limit=arguments.limit_d, **other
            ),
            transformers.process.pid,
        ),
    }


def cpu_seconds(process: int) -> float:
    """Seconds that the threads of a process have computed so far."""
    import psutil

    times = psutil.Process(process).cpu_times()
    return times.user + times.system


def context_of(model: str) -> int:
    from masterkey.training.planning.base_model import load_config

    return load_config(model).max_position_embeddings


def local_way(arguments: Arguments):
    from masterkey.predicting.arguments import DecodingArguments
    from masterkey.predicting.loaded_model import load_local_model
    from masterkey.predicting.local import LocalBackend, SkeletonAnswers
    from masterkey.rows.cleaned_rows import cleaned_rows
    from masterkey.rows.records import read_rows
    from masterkey.scripting.processes import Process

    rows = cleaned_rows(read_rows(arguments.data_path, task="sii")[: arguments.limit], "sii")
    training = cleaned_rows(read_rows(arguments.train, task="sii", answers="required"), "sii")
    decoding = DecodingArguments(device="cpu")
    loaded = load_local_model("sii", arguments.model, decoding)

    def prepare():
        # Anew: drafts learn from answers, so that a second reading would know them.
        backend = LocalBackend(
            loaded, SkeletonAnswers(loaded, decoding, training), arguments.batch_size, None
        )

        def read() -> Answers:
            found = {}
            for group in backend.predictions(rows, set(), Process(0, 1, 0)):
                found |= {row.id: schema.parse_sii_answer(answer.text) for row, answer in group}
            return [found[row.id] for row in rows]

        return read

    return prepare


def server_way(arguments: Arguments, folder: Path, way: str, model: str, **settings):
    """What sii_test.py does, its file of predictions included."""
    from masterkey.predicting.arguments import PredictionArguments
    from masterkey.predicting.loaded_model import answer_room
    from masterkey.predicting.run import predict_file
    from masterkey.rows.predictions import read_predictions
    from masterkey.rows.prompts import load_settings

    path = str(folder / f"{way}.jsonl")
    room = answer_room("sii", load_settings(arguments.model, None))
    settings = {"limit": arguments.limit, "max_new_tokens": room, "overwrite": True, **settings}

    def read() -> Answers:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            predict_file("sii", PredictionArguments(model, arguments.data_path, path, **settings))
        return [line["fields"] for line in read_predictions(path, "sii")]

    return lambda: read


def summary(
    speeds: dict[str, list[float]], cpu: dict[str, list[float]], answers: dict[str, Answers]
) -> dict[str, dict]:
    """Of each way: its median times, how many times slower than (a), and its values beside those of (a)."""
    fastest, least = statistics.median(speeds["a"]), statistics.median(cpu["a"])
    return {
        way: {
            "way": WAYS[way],
            "papers": len(answers[way]),
            "papers_per_minute": round(statistics.median(speeds[way]), 1),
            "times_slower_than_a": round(fastest / statistics.median(speeds[way]), 2),
            "cpu_seconds_per_paper": round(statistics.median(cpu[way]), 4),
            "times_the_cpu_seconds_of_a": round(statistics.median(cpu[way]) / least, 2),
            "whole_answers": sum(len(answer) == len(schema.SII_FIELDS) for answer in answers[way]),
            "values": len(answers[way]) * len(schema.SII_FIELDS),
            "values_as_in_a": len(answers[way]) * len(schema.SII_FIELDS)
            - len(differing(answers[way], answers["a"])),
        }
        for way in speeds
    }


def differing(answers: Answers, reference: Answers) -> list[dict]:
    """The values that differ from those of the same paper and field in `reference`."""
    return [
        {"paper": number, "field": name, "value": answer.get(name), "in_a": other.get(name)}
        for number, (answer, other) in enumerate(zip(answers, reference, strict=False))
        for name in schema.SII_FIELDS
        if answer.get(name) != other.get(name)
    ]


def report(result: dict[str, dict]) -> None:
    rows = [
        [
            f"({way}) {row['way']}",
            f"{row['papers_per_minute']:.0f}",
            f"{row['times_slower_than_a']:.1f} ×",
            f"{row['cpu_seconds_per_paper']:.3f}",
            f"{row['times_the_cpu_seconds_of_a']:.1f} ×",
            f"{row['whole_answers']} of {row['papers']}",
            f"{row['values_as_in_a']:,} of {row['values']:,}",
        ]
        for way, row in result.items()
    ]
    print(
        markdown_table(
            [
                "way",
                "papers/min",
                "(a) is faster by",
                "CPU s/paper",
                "of (a)",
                "whole answers",
                "values as in (a)",
            ],
            rows,
        )
    )


def as_json(
    arguments: Arguments, result: dict, speeds: dict, cpu: dict, answers: dict, loads: list
) -> dict:
    packages = ("xllamacpp", "gguf", "transformers", "torch")
    return {
        "arguments": asdict(arguments) | {"output_path": None},
        **provenance([arguments.data_path, arguments.train]),
        "packages": {name: version(name) for name in packages},
        "processor": processor(),
        "load_average_after_each_repeat": [round(load, 1) for load in loads],
        "ways": result,
        "papers_per_minute": {way: [round(s, 1) for s in found] for way, found in speeds.items()},
        "cpu_seconds_per_paper": {way: [round(s, 4) for s in found] for way, found in cpu.items()},
        "differing": {
            way: differing(found, answers["a"])[:SHOWN] for way, found in answers.items()
        },
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

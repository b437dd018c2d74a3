"""How long `infer.py paper.txt` takes, at first and when what it learns is kept, beside an earlier commit.

    python benchmarks/second_answer.py --train data/sii360.json --mdp_train data/regression360.json \\
        --beside ../earlier

One text is asked for its fields, and for its fields and the performance of its device. Each call is a process of
its own, imports included: the first with an empty cache, then `--repeats` times, in turns with `--repeats_beside` of the
earlier commit's checkout, which learns every time. The least of the repeated calls counts, since other work can only add
to it; CPU seconds tell how much of a wall-clock ratio the machine's other work made.
"""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from device_training import ROOT, commit_of, measure

from masterkey.rows.records import read_rows
from masterkey.scripting.cache_folder import VARIABLE
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json, write_text
from masterkey.scripting.provenance import processor, provenance

RESULT = ROOT / "benchmarks" / "results" / "second_answer.json"
AIM = 20  # times as fast as learning anew


@dataclass
class Arguments:
    train: str = field(metadata={"help": "papers to learn from; the last one is asked"})
    mdp_train: str = field(metadata={"help": "devices to learn from"})
    beside: str | None = field(default=None, metadata={"help": "checkout of an earlier commit"})
    repeats: int = field(default=3, metadata={"help": "calls after the first, in turns"})
    repeats_beside: int = field(default=1, metadata={"help": "of these in the earlier commit"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    if arguments.beside and not (Path(arguments.beside) / "infer.py").exists():
        raise UserError(f"--beside {arguments.beside}: holds no infer.py.")
    # As for a user: modules are compiled once, not at each call.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    checkouts = {"this": ROOT}
    if arguments.beside:
        checkouts["beside"] = Path(arguments.beside).resolve()
    calls = {"fields": [], "fields_and_performance": ["--mdp_method", "forests_and_kernel"]}
    with tempfile.TemporaryDirectory() as folder:
        paper = Path(folder) / "paper.txt"
        write_text(paper, read_rows(arguments.train, task="sii")[-1].input)
        found = {}
        for name, flags in calls.items():
            train = ["--train", Path(arguments.train).resolve()]
            mdp_train = ["--mdp_train", Path(arguments.mdp_train).resolve()] if flags else []
            os.environ[VARIABLE] = str(Path(folder) / name)
            command = [paper, *train, *flags, *mdp_train]
            found[name] = in_turns(command, checkouts, arguments)
    write_json(arguments.output_path, result(found, checkouts, arguments))
    print(f"written: {arguments.output_path}")


def in_turns(words: list, checkouts: dict[str, Path], arguments: Arguments) -> dict:
    """Seconds of the first call, and of the repeated ones of each checkout."""
    found = {"first": call(words, checkouts["this"])}
    found |= {name: [] for name in checkouts}
    wanted = {"this": arguments.repeats, "beside": arguments.repeats_beside}
    for n in range(max(wanted.values())):
        for name, checkout in checkouts.items():
            if n >= wanted[name]:
                continue
            found[name].append(call(words, checkout))
            print(f"{name}: {found[name][-1]}", flush=True)
    if "beside" in checkouts:
        for kind in ("seconds", "cpu_seconds"):
            least = [min(own[kind] for own in found[name]) for name in ("beside", "this")]
            found[f"times_as_fast_in_{kind}"] = round(least[0] / least[1], 1)
    return found


def call(words: list, checkout: Path) -> dict[str, float]:
    used = measure([checkout / "infer.py", *words], checkout, decimals=3)
    return {name: used[name] for name in ("seconds", "cpu_seconds")}


def result(found: dict, checkouts: dict, arguments: Arguments) -> dict:
    """The content of the result file."""
    return {
        "about": "infer.py on one paper, whole processes: first with an empty cache, then in turns with an earlier "
        "commit, which learns every time",
        "settings": {key: getattr(arguments, key) for key in ("repeats", "repeats_beside")},
        "limits": {"times_as_fast": AIM},
        "commit_beside": commit_of(checkouts["beside"]) if "beside" in checkouts else None,
        "calls": found,
        "load": round(os.getloadavg()[0], 1),
        "processor": processor(),
        **provenance([arguments.train, arguments.mdp_train]),
    }


if __name__ == "__main__":
    run(main, Arguments, __doc__)

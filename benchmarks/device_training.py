"""Training on as many devices as the Perovskite Database has: seconds and peak memory.

    python benchmarks/device_training.py                       # some minutes on 2 cores
    python benchmarks/device_training.py --n_rows 2000 --output_path runs/quick.json
    python benchmarks/device_training.py --beside ../earlier --beside_method best

The export is invented (masterkey/synthetic/export.py): 43,000 devices in 410 columns. It is converted by
data/from_perovskite_database.py, and regression_baseline.py learns from the training split and predicts the test
papers, from reading the rows to the printed errors, each in its own process, in turns:

- `invented`: the names of materials that the generator knows, some 350 columns of features.
- `rare_names`: one of 6,000 further names put into the additives of half of the rows, so that the regressor
  has as many columns as it ever has.

`--beside` names a checkout of an earlier commit, whose method learns from the same rows. CPU seconds are
those to compare where others use the machine. The devices are invented: the errors say nothing of real ones.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.predicting.methods import KEPT
from masterkey.rows.predictions import read_predictions
from masterkey.schema import fields as schema
from masterkey.scoring.mdp_files import as_tables
from masterkey.scoring.mdp_scores import score_file
from masterkey.scripting.cache_folder import VARIABLE
from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import processor, provenance
from masterkey.synthetic.export import COLUMNS, write_export

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "device_training.json"
LIMIT_MB, AIM = 2000, 3  # times as fast as the earlier commit
TABLES = ("invented", "rare_names")
N_RARE, RARE_SHARE = 6000, 0.5
# Starts a command from a small process: a child's peak memory is at least that of its parent.
LAUNCH = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = {"seconds": time.perf_counter() - start, "cpu_seconds": used.ru_utime + used.ru_stime}
print(json.dumps(seconds | {"peak_mb": used.ru_maxrss / 1024}))
sys.exit(done.returncode)
"""


@dataclass
class Arguments:
    n_rows: int = field(default=43_000, metadata={"help": "devices in the export"})
    repeats: int = field(default=1, metadata={"help": "runs of each command, in turns"})
    tables: list[str] = field(
        default_factory=lambda: list(TABLES), metadata={"help": "which tables", "choices": TABLES}
    )
    beside: str | None = field(default=None, metadata={"help": "checkout of an earlier commit"})
    beside_method: str = field(default=KEPT["mdp"], metadata={"help": "its name for the method"})
    seed: int = field(default=0, metadata={"help": "seed of the invented devices"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    for name in ("n_rows", "repeats"):
        if getattr(arguments, name) < 1:
            raise UserError(f"--{name} {getattr(arguments, name)}: give a number of at least 1.")
    os.environ[VARIABLE] = ""  # what an earlier run has learned would be no training
    checkouts = {"this": (ROOT, KEPT["mdp"])}
    if arguments.beside:
        if not (Path(arguments.beside) / "regression_baseline.py").exists():
            raise UserError(f"--beside {arguments.beside}: holds no regression_baseline.py.")
        checkouts["beside"] = (Path(arguments.beside).resolve(), arguments.beside_method)
    with tempfile.TemporaryDirectory() as folder:
        tables = make_tables(Path(folder), arguments)
        measured = {
            table: measure_in_turns(Path(folder), paths, checkouts, arguments.repeats)
            for table, paths in tables.items()
            if table in arguments.tables
        }
    write_json(arguments.output_path, result(measured, checkouts, arguments))
    print(f"written: {arguments.output_path}")


def make_tables(folder: Path, arguments: Arguments) -> dict[str, tuple[Path, Path]]:
    """(training rows, test rows) of each table."""
    write_export(folder / "export.csv", arguments.n_rows, arguments.seed)
    convert = [ROOT / "data" / "from_perovskite_database.py", folder / "export.csv"]
    measure([*convert, "--output_dir", folder / "rows"], ROOT)
    names = ("mdp_train.json", "mdp_test.json")
    invented = tuple(folder / "rows" / name for name in names)
    rare = tuple(folder / f"rare_{name}" for name in names)
    rng = random.Random(arguments.seed)
    for path, new in zip(invented, rare, strict=True):
        rows = json.loads(path.read_text("utf-8"))
        new.write_text(json.dumps([with_rare_name(row, rng) for row in rows]), "utf-8")
    return dict(zip(TABLES, (invented, rare), strict=True))


def with_rare_name(row: dict, rng: random.Random) -> dict:
    """The row, every second time with another additive, drawn so that few names are frequent."""
    if rng.random() >= RARE_SHARE:
        return row
    number = int(N_RARE * rng.random() ** 3)
    device = schema.parse_mdp_input(row["input"])
    name = "Perovskite_additives_compounds"
    device[name] = "; ".join(filter(None, [device[name], f"Additive-{number}"]))
    return row | {"input": schema.format_mdp_input(device, markers=True)}


def measure_in_turns(folder: Path, paths, checkouts: dict, repeats: int) -> dict[str, dict]:
    """Seconds, peak memory and errors of each checkout."""
    found: dict[str, dict] = {name: {"runs": []} for name in checkouts}
    for _ in range(repeats):
        for name, (checkout, method) in checkouts.items():
            output = folder / f"{name}.jsonl"
            command = [checkout / "regression_baseline.py", "--method", method]
            command += ["--train", paths[0], "--data_path", paths[1], "--overwrite"]
            used = measure([*command, "--output_path", output], checkout)
            found[name]["runs"].append(used)
            found[name] |= scores(output)
            print(f"{paths[0].name}, {name}: {used}", flush=True)
    return found


def measure(words: list, checkout: Path, decimals: int = 1) -> dict[str, float]:
    """Wall and CPU seconds and peak memory [MB] of a Python script that takes its modules from `checkout`."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCH, sys.executable, *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise UserError(f"{words[0]} failed: {done.stderr.strip().splitlines()[-1]}")
    return {name: round(value, decimals) for name, value in json.loads(done.stdout).items()}


def scores(path: Path) -> dict[str, dict]:
    """MAE of each target, and the share inside of the 90 % interval where one is given."""
    targets = score_file(as_tables(read_predictions(path, "mdp"), path.name), 0)["targets"]
    return {
        "mae": {name: round(own["mae"], 4) for name, own in targets.items()},
        "inside_interval": {
            name: round(own["interval"]["coverage"], 3) if own["interval"] else None
            for name, own in targets.items()
        },
    }


def result(measured: dict, checkouts: dict, arguments: Arguments) -> dict:
    """The content of the result file."""
    settings = {key: getattr(arguments, key) for key in ("n_rows", "repeats", "seed")}
    return {
        "about": "regression_baseline.py on the training split of an invented export, reading and printing "
        "included; errors on invented devices say nothing of real ones",
        "settings": settings | {"n_columns_of_export": len(COLUMNS), "n_rare_names": N_RARE},
        "limits": {"peak_mb": LIMIT_MB, "times_as_fast": AIM},
        "methods": {name: method for name, (_, method) in checkouts.items()},
        "commit_beside": commit_of(checkouts["beside"][0]) if "beside" in checkouts else None,
        "tables": {name: own | faster(own) for name, own in measured.items()},
        "processor": processor(),
        **provenance(),
    }


def commit_of(checkout: Path) -> str | None:
    done = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "--short=12", "HEAD"],
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or None


def faster(found: dict) -> dict:
    """How many times as fast this is as the checkout beside it, by the least CPU seconds of its runs."""
    least = {
        name: min(run["cpu_seconds"] for run in own["runs"])
        for name, own in found.items()
        if "runs" in own
    }
    return {"times_as_fast": round(least["beside"] / least["this"], 2)} if "beside" in least else {}


if __name__ == "__main__":
    run(main, Arguments, __doc__)

"""Write invented SII and MDP data files in the published form, the same for the same seed.

    python data/synthesize.py --output_dir data/sample                    # the committed sample
    python data/synthesize.py --output_dir runs/large --n_train 20000     # as many rows as wanted

Writes sii_train.json, sii_test.json, mdp_train.json, mdp_test.json and SYNTHETIC.md. Devices are
drawn by masterkey/synthetic/draw.py, worded by masterkey/synthetic/papers.py, and get their
targets from masterkey/synthetic/performance.py. No text of any paper is in them. Scores on them say whether
the programs work, nothing about real papers or real cells.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import write_text

ABOUT = """# Synthetic data

Every device, text and number in this folder is invented. Nothing was measured, and no sentence is
from a paper. Scores on these files show that the programs work; they say nothing about real papers
or real solar cells. Every row's id begins with `synthetic-`, and scores are marked by it.

Made by

    {command}

Change the program, never these files.

- `sii_train.json`, `sii_test.json`: {n_train} and {n_test} sections, each with its 31 fields. No device is in both.
- `mdp_train.json`, `mdp_test.json`: {n_mdp_train} and {n_mdp_test} measurements. Some recipes repeat with other values;
  no recipe is in both. Voc · Jsc · FF = PCE within .005 as written.
"""


@dataclass
class Arguments:
    output_dir: str = field(metadata={"help": "folder to write to; made where it is missing"})
    n_train: int = field(default=600, metadata={"help": "rows of sii_train.json"})
    n_test: int = field(default=60, metadata={"help": "rows of sii_test.json"})
    n_mdp_train: int = field(default=360, metadata={"help": "rows of mdp_train.json"})
    n_mdp_test: int = field(default=60, metadata={"help": "rows of mdp_test.json"})
    seed: int = field(default=0, metadata={"help": "another seed gives other devices"})


def main(arguments: Arguments) -> None:
    check(arguments)
    from masterkey.synthetic.rows import mdp_rows, sii_rows

    folder = Path(arguments.output_dir)
    counts = {"sii": (arguments.n_test, arguments.n_train)}
    counts["mdp"] = (arguments.n_mdp_test, arguments.n_mdp_train)
    for task, draw_rows in (("sii", sii_rows), ("mdp", mdp_rows)):
        # The test split first: a longer training file then leaves the test file as it is.
        taken: set[str] = set()
        for split, count in zip(("test", "train"), counts[task], strict=True):
            rows = draw_rows(split, count, arguments.seed, taken)
            write_rows(folder / f"{task}_{split}.json", rows, count)
    write_text(folder / "SYNTHETIC.md", about(arguments))


def check(arguments: Arguments) -> None:
    """Raises `UserError` for a count below 1 or a folder that cannot be made."""
    for name in ("n_train", "n_test", "n_mdp_train", "n_mdp_test"):
        if getattr(arguments, name) < 1:
            raise UserError(f"--{name} is {getattr(arguments, name)}; give at least 1 row.")
    folder = Path(arguments.output_dir).absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        raise UserError(f"{there}: is a file; name a folder for --output_dir.")
    if not os.access(there, os.W_OK):
        raise UserError(f"{there}: may not be written to; name another folder for --output_dir.")


def write_rows(path: Path, rows, count: int) -> None:
    """A JSON list with one row per line, so that a difference between two files is readable."""
    from tqdm import tqdm

    lines = [json.dumps(row, ensure_ascii=False) for row in tqdm(rows, path.name, count, delay=2)]
    write_text(path, "[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{path}: {count} synthetic rows, {path.stat().st_size / 1e6:.2f} MB")


def about(arguments: Arguments) -> str:
    """SYNTHETIC.md, without the folder's name: a copy made elsewhere is the same byte for byte."""
    names = ("n_train", "n_test", "n_mdp_train", "n_mdp_test", "seed")
    values = {name: getattr(arguments, name) for name in names}
    flags = " ".join(f"--{name} {value}" for name, value in values.items())
    return ABOUT.format(command=f"python data/synthesize.py --output_dir FOLDER {flags}", **values)


if __name__ == "__main__":
    run(main, Arguments, __doc__)

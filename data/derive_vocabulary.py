"""Derive the extractor's vocabulary from NOMAD's package perovskite-solar-cell-database.

    pip download --no-deps perovskite-solar-cell-database==1.2.16 -d runs/nomad
    python data/derive_vocabulary.py --wheel runs/nomad/perovskite_solar_cell_database-1.2.16-py3-none-any.whl

The package (Apache-2.0) carries, as plain lists, the distinct values of the Perovskite Database (CC BY 4.0).
Importing it needs a whole NOMAD, so its files are parsed and nothing of it is run. Written are tables of tabs
in masterkey/extractor/vocabulary/: how many distinct values of each field hold a material, and how many stacks
have one layer on another. They are committed, so nobody needs to run this.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from masterkey.database.nomad_package import read_wheel, suggestions
from masterkey.scripting.command_line import run
from masterkey.scripting.files import atomic_write
from masterkey.scripting.paths import ROOT

# Column of materials.tsv → (module of schema_sections, quantity).
MATERIALS = {
    "ETL": ("etl", "stack_sequence"),
    "HTL": ("htl", "stack_sequence"),
    "Backcontact": ("backcontact", "stack_sequence"),
    "Substrate": ("substrate", "stack_sequence"),
    "ETL_additive": ("etl", "additives_compounds"),
    "HTL_additive": ("htl", "additives_compounds"),
    "Perovskite_additive": ("perovskite", "additives_compounds"),
}
# Column of materials.tsv → which layers lie on which.
STACKS = ("ETL", "HTL", "Backcontact")
_SEPARATORS = re.compile(r"\s*(?:\||>>|;)\s*")
_SAYS_NOTHING = {"", "unknown", "nan", "none", "undoped", "false", "true"}


@dataclass
class Arguments:
    wheel: str = field(metadata={"help": "the package's wheel, as pip download leaves it"})
    output_dir: str = field(
        default=str(ROOT / "masterkey" / "extractor" / "vocabulary"),
        metadata={"help": "folder of the tables"},
    )


def main(arguments: Arguments) -> None:
    files = read_wheel(arguments.wheel)
    output_dir = Path(arguments.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    counts = {name: part_counts(suggestions(files, *place)) for name, place in MATERIALS.items()}
    write_counts(output_dir / "materials.tsv", counts)
    pairs = [
        (part, *pair, n)
        for part in STACKS
        for pair, n in pair_counts(suggestions(files, *MATERIALS[part])).items()
    ]
    with atomic_write(output_dir / "pairs.tsv", "w") as file:
        file.write("part\tlower\tupper\tstacks\n")
        file.writelines("\t".join(map(str, row)) + "\n" for row in sorted(pairs, key=_by_count))
    print(f"written: materials.tsv, pairs.tsv in {output_dir}")


def part_counts(values: Iterable[str]) -> Counter:
    """In how many of the values each part stands."""
    return Counter(
        part
        for value in values
        for part in dict.fromkeys(_SEPARATORS.split(" ".join(value.split())))
        if part.casefold() not in _SAYS_NOTHING
    )


def pair_counts(values: Iterable[str]) -> Counter:
    """In how many of the stacks one layer lies on another: (lower, upper) → number."""
    return Counter(
        pair
        for value in values
        for pair in dict.fromkeys(pairwise(" ".join(value.split()).split(" | ")))
        if not any(name.casefold() in _SAYS_NOTHING for name in pair)
    )


def _by_count(row: tuple[str, str, str, int]) -> tuple:
    return row[0], -row[3], row[1:3]


def write_counts(path: Path, counts: dict[str, Counter]) -> None:
    """One line a name, one column a field; names of the largest sums first."""
    names = {name for own in counts.values() for name in own}
    rows = [(name, [own[name] for own in counts.values()]) for name in names]
    rows.sort(key=lambda row: (-sum(row[1]), row[0]))
    with atomic_write(path, "w") as file:
        file.write("\t".join(["name", *counts]) + "\n")
        file.writelines("\t".join([name, *map(str, own)]) + "\n" for name, own in rows)


if __name__ == "__main__":
    run(main, Arguments, __doc__)

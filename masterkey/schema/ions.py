"""Ions of perovskites as the Perovskite Database names them: sites, charges and spellings.

masterkey/schema/ions.tsv has the table; data/derive_ions.py says where it comes from.
"""

from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("ions.tsv")

# Two names of one ion in the database's own compositions; the second is used here.
ALIASES = {"GU": "GA", "GUA": "GA"}


@dataclass(frozen=True)
class IonTable:
    """`name_of` maps each spelling to the ion's name; `bare` are spellings without parentheses,
    `formula` is that of the ion by its name, with its charge.
    """

    name_of: dict[str, str]
    bare: frozenset[str]
    site: dict[str, str]
    charge: dict[str, int]
    formula: dict[str, str]


def _read(text: str) -> IonTable:
    name_of, bare, site, charge, formula = {}, set(), {}, {}, {}
    header, *lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in lines:
        row = dict(zip(header.split("\t"), line.split("\t"), strict=True))
        name = ALIASES.get(row["name"], row["name"])
        spellings = [spelling for spelling in row["synonyms"].split("; ") if spelling]
        # Metals stand at both sites in the database; what both have is a metal here.
        site[name] = row["site"]
        if row["charge"]:
            charge[name] = int(row["charge"])
        if row["formula"]:
            formula[name] = row["formula"]
        if row["written"] == "bare":
            bare.add(row["name"])
        for spelling in [row["name"], *spellings]:
            name_of[spelling.rstrip("*")] = name
            if spelling.endswith("*"):
                bare.add(spelling.rstrip("*"))
    return IonTable(name_of, frozenset(bare), site, charge, formula)


IONS = _read(TABLE.read_text(encoding="utf-8"))

"""Derive the table of ions that formulas are read with from NOMAD's package perovskite-solar-cell-database.

    pip download --no-deps perovskite-solar-cell-database==1.2.16 -d runs/nomad
    python data/derive_ions.py --wheel runs/nomad/perovskite_solar_cell_database-1.2.16-py3-none-any.whl

The package (Apache-2.0) describes each ion of the Perovskite Database in three spreadsheets
(schema_sections/ions) and lists how compositions write them. Nothing of it is imported or run.
Written is one table of tabs, masterkey/schema/ions.tsv; it is committed, so nobody needs to run this.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.database.nomad_package import member, read_wheel, suggestions, version_of
from masterkey.scripting.command_line import run
from masterkey.scripting.files import atomic_write
from masterkey.scripting.paths import ROOT

# Site of ABX3 → spreadsheet and list of names; the database calls the third site C.
SITES = {"A": "a", "B": "b", "X": "c"}
COLUMNS = ("name", "site", "charge", "synonyms", "written", "formula")
_CHARGE = re.compile(r"\[[^\]]*?([+-])([0-9]*)\]")
# What stands in the lists of names and is none: "nan" says that nobody knows, "NMABr" is a salt.
_NO_ION = {"", "nan", "NMABr", "(CH3)3S"}


@dataclass(frozen=True)
class Ion:
    """`charge` is None where the package does not know the ion; `written` is "bare", "enclosed" or "".

    `formula` is the molecular formula with its charge, as the package has it: "CH6N+".
    """

    name: str
    site: str
    charge: int | None
    synonyms: tuple[str, ...]
    written: str
    formula: str = ""


@dataclass
class Arguments:
    wheel: str = field(metadata={"help": "the package's wheel, as pip download leaves it"})
    output_path: str = field(
        default=str(ROOT / "masterkey" / "schema" / "ions.tsv"),
        metadata={"help": "the table to write"},
    )


def main(arguments: Arguments) -> None:
    files = read_wheel(arguments.wheel)
    found = []
    for site, letter in SITES.items():
        rows = read_sheet(arguments.wheel, f"{letter.upper()}-ion_data.xlsx")
        listed = suggestions(files, "perovskite", f"composition_{letter}_ions")
        found += ions_of_site(site, rows, names_in_compositions(listed))
    write_table(Path(arguments.output_path), found, version_of(arguments.wheel))
    print(f"written: {len(found)} ions in {arguments.output_path}")


def read_sheet(wheel: str, name: str) -> list[dict]:
    """Rows of a spreadsheet of the package by the names of its columns, those without a name left out."""
    from openpyxl import load_workbook

    content = member(wheel, f"schema_sections/ions/{name}")
    sheet = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    # The first spreadsheet states a width of 16,000 columns, nearly all empty.
    header, *rows = sheet.iter_rows(values_only=True, max_col=15)
    return [dict(zip(header, row, strict=True)) for row in rows if row[1]]


def names_in_compositions(values: Iterable[str]) -> dict[str, str]:
    """Each name that compositions write → "bare" where any does without parentheses, or "enclosed"."""
    names: dict[str, str] = {}
    for part in (part.strip() for value in values for part in re.split(r" \| |; ?", value)):
        enclosed = part.startswith("(") and part.endswith(")")
        name = part[1:-1] if enclosed else part
        if part not in _NO_ION and name not in _NO_ION:
            names[name] = "enclosed" if enclosed and names.get(name) != "bare" else "bare"
    return names


def ions_of_site(site: str, rows: list[dict], written: dict[str, str]) -> list[Ion]:
    """The described ions, then the names that compositions write and nothing describes.

    Abbreviations are names; another spelling is a synonym where it is nobody's abbreviation and of one
    ion only, or differs from one abbreviation in case alone ("BdA"). What several ions are called stays
    a name of its own, of unknown charge.
    """
    # Of an abbreviation that occurs twice the first row counts.
    described = {str(row["Abbreviation"]).strip(): row for row in reversed(rows)}
    spellings = {name: _spellings(row) - described.keys() for name, row in described.items()}
    for own in written.keys() - described.keys():
        for name in spellings:
            if own.casefold() == name.casefold():
                spellings[name].add(own)
    owners = Counter(spelling for own in spellings.values() for spelling in own)
    synonyms = {
        name: sorted(spelling for spelling in own if owners[spelling] == 1)
        for name, own in spellings.items()
    }
    known = described.keys() | {spelling for own in synonyms.values() for spelling in own}
    charges = {name: charge_of(str(row["SMILE"])) for name, row in described.items()}
    names = described.keys() | ((owners.keys() | written.keys()) - known)
    return [
        Ion(
            name,
            site,
            charges.get(name),
            tuple(_marked(spelling, written) for spelling in synonyms.get(name, ())),
            written.get(name, ""),
            " ".join(str(described.get(name, {}).get("Molecular_formula") or "").split()),
        )
        for name in sorted(names)
    ]


def _spellings(row: dict) -> set[str]:
    return {part.strip() for part in str(row["Alternative_abbreviations"] or "").split(",")} - {""}


def _marked(spelling: str, written: dict[str, str]) -> str:
    """With a star where compositions write it without parentheses."""
    return f"{spelling}*" if written.get(spelling) == "bare" else spelling


def charge_of(smiles: str) -> int | None:
    """The sum of the charges in a SMILES string: "C[NH3+]" → 1; None where it has none."""
    charges = [int(sign + (size or "1")) for sign, size in _CHARGE.findall(smiles)]
    return sum(charges) if charges else None


def write_table(path: Path, ions: list[Ion], version: str) -> None:
    with atomic_write(path, "w") as file:
        file.write(
            f"# Ions of the Perovskite Database, derived by data/derive_ions.py from the package "
            f"perovskite-solar-cell-database {version} of the NOMAD project (Apache-2.0).\n"
            "# charge: of the ion; synonyms: other spellings, * where compositions have one without "
            "parentheses; written: how compositions write the name; formula: of the ion, with its charge.\n"
        )
        file.write("\t".join(COLUMNS) + "\n")
        for ion in ions:
            charge = "" if ion.charge is None else str(ion.charge)
            synonyms = "; ".join(ion.synonyms)
            file.write(
                "\t".join([ion.name, ion.site, charge, synonyms, ion.written, ion.formula]) + "\n"
            )


if __name__ == "__main__":
    run(main, Arguments, __doc__)

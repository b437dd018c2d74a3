#!/usr/bin/env bash
# In NOMAD's ion table the formula and the SMILES of an A-site ion are different ions in 13 rows.
#
# The guess, written before the run, was that the molecular formula in A-ion_data.xlsx equals the
# formula of the SMILES beside it in at least 98 % of the 293 ions. RDKit finds other atoms
# in 13 (4.6 %), leaving mere spellings of the formula aside: diammonium ions with one hydrogen and
# one charge less in the formula (DDA, HEDA, 3AMP), ions short of hydrogens (TBLM, TT), one with
# oxygen for sulfur (TFAI), diamines whose SMILES has one charge less (R-CHD). Molar masses from one
# column and structures from the other do not belong together.
#
# Versions: perovskite-solar-cell-database 1.2.16 (files only), rdkit 2026.9.1, openpyxl 3.1.5
# under Python 3.11. Output seen:
#   283 ions compared, 13 with other atoms
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps perovskite-solar-cell-database==1.2.16 2>/dev/null
"$folder/venv/bin/pip" install --quiet rdkit==2026.9.1 openpyxl==3.1.5 2>/dev/null
"$folder/venv/bin/python" -W ignore - <<'EOF'
import re
import sysconfig
from collections import Counter
from pathlib import Path

import openpyxl
from rdkit import Chem, RDLogger

RDLogger.DisableLog("rdApp.*")
ions = Path(sysconfig.get_path("purelib")) / "perovskite_solar_cell_database/schema_sections/ions"
rows = openpyxl.load_workbook(ions / "A-ion_data.xlsx", read_only=True).active.iter_rows(
    values_only=True
)
head = next(rows)
name, formula, smiles = (head.index(c) for c in ("Abbreviation", "Molecular_formula", "SMILE"))


def from_formula(text):
    """Atoms of a molecular cation; None for a single element (Tl3+) or a formula without plus."""
    match = re.fullmatch(r"((?:[A-Z][a-z]?\d*){2,})\+(\d*|\+)", text.strip())
    if not match:
        return None
    atoms = Counter()
    for element, count in re.findall(r"([A-Z][a-z]?)(\d*)", match.group(1)):
        atoms[element] += int(count or 1)
    return atoms


def from_smiles(text):
    molecule = Chem.AddHs(Chem.MolFromSmiles(text.strip()))
    return Counter(atom.GetSymbol() for atom in molecule.GetAtoms())


compared, different = 0, []
for row in rows:
    if not row[formula] or from_formula(row[formula]) is None:
        continue
    compared += 1
    if from_formula(row[formula]) != from_smiles(row[smiles]):
        different.append((row[name], row[formula], dict(from_smiles(row[smiles]))))
print(compared, "ions compared,", len(different), "with other atoms")
print(*different, sep="\n")
EOF

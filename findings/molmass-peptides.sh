#!/usr/bin/env bash
# molmass takes the names MAPI, FAPI, PEAI and PTAA for peptides and returns a molar mass.
#
# The guess, written before the run, was that molmass raises FormulaError on every abbreviation
# of this field, since M and A are no elements. It raises on MAPbI3, but a name that consists
# only of one-letter codes of amino acids is read as a peptide sequence: MAPI becomes
# methionine-alanine-proline-isoleucine at 430.6 g/mol, where methylammonium lead iodide has
# 620.0 g/mol. The salt PEAI and the polymer PTAA get masses in the same way.
#
# Versions: molmass 2026.1.8 under Python 3.11. Output seen:
#   MAPI C19H34N4O5S 430.56, FAPI C23H34N4O5 446.54, PEAI C19H32N4O7 428.48,
#   PTAA C15H26N4O6 358.39, CH3NH3PbI3 CH6I3NPb 619.98, MAPbI3 FormulaError
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet molmass==2026.1.8
"$folder/venv/bin/python" - <<'EOF'
from molmass import Formula, FormulaError

seen = {
    "MAPI": ("C19H34N4O5S", 430.56),
    "FAPI": ("C23H34N4O5", 446.54),
    "PEAI": ("C19H32N4O7", 428.48),
    "PTAA": ("C15H26N4O6", 358.39),
    "CH3NH3PbI3": ("CH6I3NPb", 619.98),
}
for name, (formula, mass) in seen.items():
    read = Formula(name)
    print(name, "is read as", read.formula, "with", round(read.mass, 2), "g/mol")
    assert read.formula == formula and abs(read.mass - mass) < 0.01, read
try:
    Formula("MAPbI3").formula
except FormulaError as error:
    print("MAPbI3 is refused:", str(error).splitlines()[0])
else:
    raise SystemExit("molmass no longer refuses MAPbI3.")
EOF

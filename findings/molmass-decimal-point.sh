#!/usr/bin/env bash
# molmass reads the decimal point of a mixed halide as the dot of an adduct.
#
# The guess, written before the run, was that molmass computes fractional coefficients, and,
# after "CsPbI2.5Br0.5" had been refused ("count is zero"), that it refuses all of them. It
# refuses only those with a zero before the point: "CsPbI2.2Br" becomes CsPbI2 and two Br,
# "CsPbI1.5Br1.5" loses both fractions, and the masses come back without a warning.
# The reading is right for a hydrate such as PbI2.2H2O, which is what the dot is for.
#
# Versions: molmass 2026.1.8 under Python 3.11. Output seen:
#   CsPbI2.2Br Br2CsI2Pb 753.72, CsPbI1.5Br1.5 BrCsIPb 546.91, CsPb1.1I3 CsI3Pb 720.82,
#   PbI2.2H2O H4I2O2Pb 497.04, CsPbI2.5Br0.5 FormulaError: count is zero
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet molmass==2026.1.8
"$folder/venv/bin/python" - <<'EOF'
from molmass import Formula, FormulaError

seen = {
    "CsPbI2.2Br": "Br2CsI2Pb",
    "CsPbI1.5Br1.5": "BrCsIPb",
    "CsPb1.1I3": "CsI3Pb",
    "PbI2.2H2O": "H4I2O2Pb",
}
for name, formula in seen.items():
    read = Formula(name)
    print(name, "is read as", read.formula, "with", round(read.mass, 2), "g/mol")
    assert read.formula == formula, read.formula
try:
    Formula("CsPbI2.5Br0.5").formula
except FormulaError as error:
    print("CsPbI2.5Br0.5 is refused:", str(error).splitlines()[0])
    assert "count is zero" in str(error)
else:
    raise SystemExit("molmass no longer refuses CsPbI2.5Br0.5.")
EOF

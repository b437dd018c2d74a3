#!/usr/bin/env bash
# chemparse cuts formulas off at a sign it does not know, or makes an element of it.
#
# The guess, written before the run, was that every formula library refuses CH3NH3PbI3-xClx.
# chemparse returns it with two elements named "-x" and "Clx". With the typographic minus sign
# of a printed paper it leaves the chloride out without a word, and so it does with everything
# behind the middle dot of a hydrate and behind the colon of a mixture.
#
# Versions: chemparse 0.3.2 under Python 3.11. Output seen:
#   CH3NH3PbI3-xClx {'C': 1.0, 'H': 6.0, 'N': 1.0, 'Pb': 1.0, 'I': 3.0, '-x': 1.0, 'Clx': 1.0}
#   CH3NH3PbI3−xClx {'C': 1.0, 'H': 6.0, 'N': 1.0, 'Pb': 1.0, 'I': 3.0}
#   Pb(CH3COO)2·3H2O {'O': 4.0, 'Pb': 1.0, 'H': 6.0, 'C': 4.0}
#   CsI:PbI2 {'Cs': 1.0, 'I': 1.0}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet chemparse==0.3.2
"$folder/venv/bin/python" - <<'EOF'
from chemparse import parse_formula

methylammonium = {"C": 1, "H": 6, "N": 1, "Pb": 1, "I": 3}
seen = {
    "CH3NH3PbI3-xClx": methylammonium | {"-x": 1, "Clx": 1},
    "CH3NH3PbI3\u2212xClx": methylammonium,
    "Pb(CH3COO)2\u00b73H2O": {"Pb": 1, "C": 4, "H": 6, "O": 4},
    "CsI:PbI2": {"Cs": 1, "I": 1},
}
for formula, parts in seen.items():
    read = parse_formula(formula)
    print(formula, "is read as", read)
    assert read == parts, read
EOF

#!/usr/bin/env bash
# pymatgen gives tin in methylammonium tin halides the charge 4+, but lead in its twin 2+.
#
# The guess, written before the run, was that the first oxidation-state guess of
# Composition.oxi_state_guesses is M(II) with halide 1- for methylammonium lead and tin halides
# alike. It is Pb2+ for CH3NH3PbI3, but Sn4+ for CH3NH3SnI3 (and Ge4+), with carbon moved from
# 2- to 4- to keep the sum at zero. The same tin is 2+ in CsSnI3 and HC(NH2)2SnI3. A
# descriptor "oxidation state of the B site" thus splits one series of tin cells in two.
#
# Versions: pymatgen 2026.10.24 and pymatgen-core 2026.10.16 under Python 3.11. Output seen:
#   CH3NH3PbI3 Pb 2, C -2; CH3NH3SnI3 Sn 4, C -4; CH3NH3GeI3 Ge 4, C -4;
#   CsSnI3 Sn 2; HC(NH2)2SnI3 Sn 2, C 2
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pymatgen==2026.10.24 pymatgen-core==2026.10.16
"$folder/venv/bin/python" - <<'EOF'
from pymatgen.core import Composition

seen = [
    ("CH3NH3PbI3", "Pb", 2),
    ("CH3NH3SnI3", "Sn", 4),
    ("CH3NH3SnBr3", "Sn", 4),
    ("CH3NH3GeI3", "Ge", 4),
    ("CsSnI3", "Sn", 2),
    ("HC(NH2)2SnI3", "Sn", 2),
]
for formula, metal, charge in seen:
    first = Composition(formula).oxi_state_guesses()[0]
    print(formula, dict(first))
    assert first[metal] == charge, first
assert Composition("CH3NH3SnI3").oxi_state_guesses()[0]["C"] == -4
EOF

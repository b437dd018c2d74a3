#!/usr/bin/env bash
# pymatgen makes a composition of "FAPbI3", "PCBM" and "ITO".
#
# The guess, written before the run, was that Composition refuses names of layers and organic
# cations unless all their letters are elements, so FAPbI3, PCBM, ITO and P3HT raise ValueError.
# None of them does: FAPbI3 is fluorine with a dummy species A, PCBM has a dummy species M, and
# the T of ITO, FTO and P3HT is tritium, which is then counted as hydrogen. The dummies fail
# only when a property is asked for, with an AttributeError that carries no message.
#
# Versions: pymatgen 2026.10.24 and pymatgen-core 2026.10.16 under Python 3.11. Output seen:
#   FAPbI3 {'F': 1.0, 'A0+': 1.0, 'Pb': 1.0, 'I': 3.0}, weight: AttributeError ''
#   PCBM {'P': 1.0, 'C': 1.0, 'B': 1.0, 'M0+': 1.0}
#   ITO {'I': 1.0, 'H': 1.0, 'O': 1.0} 145.92, P3HT {'P': 3.0, 'H': 2.0}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pymatgen==2026.10.24 pymatgen-core==2026.10.16
"$folder/venv/bin/python" - <<'EOF'
import warnings

from pymatgen.core import Composition

warnings.simplefilter("ignore")
seen = {
    "FAPbI3": {"F": 1, "A0+": 1, "Pb": 1, "I": 3},
    "PCBM": {"P": 1, "C": 1, "B": 1, "M0+": 1},
    "ITO": {"I": 1, "H": 1, "O": 1},
    "P3HT": {"P": 3, "H": 2},
}
for name, parts in seen.items():
    read = Composition(name).as_dict()
    print(name, "is read as", dict(read))
    assert dict(read) == parts, read
weight = float(Composition("ITO").weight)
print("ITO weighs", round(weight, 2), "g/mol")
assert abs(weight - 145.92) < 0.01
try:
    Composition("FAPbI3").weight
except AttributeError as error:
    print("The weight of FAPbI3 raises AttributeError with the message", repr(str(error)))
    assert str(error) == ""
else:
    raise SystemExit("The weight of FAPbI3 no longer raises.")
EOF

#!/usr/bin/env bash
# In PERLA's ground truth the halide coefficients sum to 3 in some papers and to 1 in others.
#
# The guess, written before the run, was that the X-site coefficients of every three-dimensional
# perovskite sum to 3, as the A and B sites sum to 1. Of the formulas with a bracket around the
# halides, such as Pb(I0.83Br0.12Cl0.05)3, twelve were multiplied out and six have the numbers
# inside the bracket as they stand, so that they sum to 1; a further group has letters, "3-x" and
# "x". A model that multiplies out is thus marked wrong by a factor of three on one paper and
# right on the next.
#
# Versions: perla-extract 0.0.6 (data files only) under Python 3.11. Output seen:
#   X-site sums of the 3D devices: {'not a number': 16, '3.0': 95, '1.0': 6}
#   with a bracket around the halides: {'3.0': 12, '1.0': 6, 'not a number': 2}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps perla-extract==0.0.6 2>/dev/null
"$folder/venv/bin/python" - <<'EOF'
import json
import sysconfig
from collections import Counter
from pathlib import Path

truth = Path(sysconfig.get_path("purelib")) / "perla_extract" / "data" / "ground_truth"
sums = Counter()
bracketed = Counter()
for path in sorted(truth.glob("*/*.json")):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        composition = cell.get("perovskite_composition") or {}
        ions = composition.get("x_ions") or []
        if composition.get("dimensionality") != "3D" or not ions:
            continue
        try:
            total = str(round(sum(float(ion["coefficient"]) for ion in ions), 2))
        except (TypeError, ValueError):
            total = "not a number"
        sums[total] += 1
        bracketed[total] += composition["formula"].endswith(")3")
print("X-site sums of the 3D devices:", dict(sums))
print("with a bracket around the halides:", dict(bracketed))
assert sums == {"3.0": 95, "not a number": 16, "1.0": 6}, sums
assert bracketed == {"3.0": 12, "1.0": 6, "not a number": 2}, bracketed
EOF

#!/usr/bin/env bash
# quantulum3 stops working on "0.1 cm2" once scikit-learn 1.9 lies in the same environment.
#
# The guess, written before the run, was that quantulum3 reads "an active area of 0.1 cm2" and
# "between 20 and 25 °C" rightly. It does so alone. With scikit-learn and joblib installed, for
# whatever reason, it switches to a stored classifier of an older scikit-learn for every text
# with an ambiguous unit, and parse() raises ModuleNotFoundError for a module named "_loss".
# Installing an unrelated package that needs scikit-learn is thus enough to break it.
#
# Versions: quantulum3 0.10.0, scikit-learn 1.9.1, joblib 1.6.0, numpy 2.4.6, scipy 1.17.1 under
# Python 3.11. Output seen:
#   alone:              [(0.1, 'square centimetre')]
#   with scikit-learn:  ModuleNotFoundError: No module named '_loss'
#   with scikit-learn, "annealed at 100 °C for 10 min" (nothing ambiguous): still right
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet quantulum3==0.10.0 inflect==7.6.0 num2words==0.5.14
"$folder/venv/bin/python" -W ignore - <<'EOF'
from quantulum3 import parser

read = [(q.value, q.unit.name) for q in parser.parse("an active area of 0.1 cm2")]
print("alone:", read)
assert read == [(0.1, "square centimetre")], read
EOF
"$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 joblib==1.6.0 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" -W ignore - <<'EOF'
from quantulum3 import parser

read = [(q.value, q.unit.name) for q in parser.parse("annealed at 100 \u00b0C for 10 min")]
print("with scikit-learn, nothing ambiguous:", read)
assert read == [(100.0, "degree Celsius"), (10.0, "minute")], read
try:
    parser.parse("an active area of 0.1 cm2")
except ModuleNotFoundError as error:
    print("with scikit-learn:", error)
    assert error.name == "_loss", error
else:
    raise SystemExit("quantulum3 now works beside this scikit-learn.")
EOF

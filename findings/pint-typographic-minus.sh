#!/usr/bin/env bash
# Pint reads the pressure "10−4 Pa" of a printed paper as 40 pascal.
#
# The guess, written before the run, was that Pint refuses a string with the typographic minus
# sign (U+2212) of a printed paper, as it refuses "10-4 Pa" with the ASCII hyphen. It does not:
# the sign is dropped without a word and what stands on both sides of it is multiplied, so
# "24.1 mA cm−2" is 48.2 mA·cm. The en dash of a range is dropped in the same way.
#
# Versions: pint 0.25.3 under Python 3.11. Output seen:
#   10−4 Pa                  40 pascal
#   5 × 10−4 Pa              200 pascal
#   24.1 mA cm−2             48.2 centimeter * milliampere
#   30–40 nm                 1200 nanometer
#   10-4 Pa (ASCII hyphen)   DimensionalityError
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pint==0.25.3
"$folder/venv/bin/python" - <<'EOF'
import pint

quantity = pint.UnitRegistry().Quantity
seen = {
    "10\u22124 Pa": (40, "pascal"),
    "5 \u00d7 10\u22124 Pa": (200, "pascal"),
    "24.1 mA cm\u22122": (48.2, "milliampere * centimeter"),
    "30\u201340 nm": (1200, "nanometer"),
}
for text, (value, unit) in seen.items():
    read = quantity(text)
    print(text, "is read as", read)
    assert read.units == quantity(1, unit).units, read
    assert abs(read.magnitude - value) < 1e-9, read
try:
    quantity("10-4 Pa")
except pint.DimensionalityError as error:
    print("10-4 Pa is refused:", error)
else:
    raise SystemExit("Pint no longer refuses the ASCII form.")
EOF

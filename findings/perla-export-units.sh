#!/usr/bin/env bash
# PERLA's export writes an annealing of 10,800 s as 3 and one of 9,000 s as 9000.
#
# The guess came from the project's own notes: every field leaves PERLA in one unit, durations in
# seconds and areas in cm². (The source was read before this run, so the run only confirmed it.)
# The export drops the unit and keeps the number, except that seconds above 10,000 become hours,
# in any field and not only in stability tests. So 2.5 h and 3 h come out as 9000 and 3, and an
# area of 9 mm² as 9 beside 0.09 for the same area in cm². Two devices of PERLA's own human
# ground truth state their area in mm².
#
# Versions: perla-extract 0.0.6 (without its dependencies), pint 0.25.3, pydantic 2.14.4,
# requests 2.34.2, loguru 0.7.3 under Python 3.11. Output seen:
#   9000 s -> 9000.0, 10800 s -> 3.0, 9 mm^2 -> 9.0, 0.09 cm^2 -> 0.09
#   areas of the ground truth by unit: {'cm^2': 66, 'mm^2': 2}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps perla-extract==0.0.6
"$folder/venv/bin/pip" install --quiet pint==0.25.3 pydantic==2.14.4 requests==2.34.2 \
  loguru==0.7.3 2>/dev/null
"$folder/venv/bin/python" -W ignore - <<'EOF'
import json
from collections import Counter
from pathlib import Path

from perla_extract import export

seen = [
    ("duration", 9000.0, "s", 9000.0),
    ("duration", 10800.0, "s", 3.0),
    ("active_area", 9.0, "mm^2", 9.0),
    ("active_area", 0.09, "cm^2", 0.09),
]
for field, value, unit, number in seen:
    written = export.traverse_and_transform({field: {"value": value, "unit": unit}})
    print(field, value, unit, "is written as", written)
    assert written == {field: number}, written
units = Counter()
for path in (Path(export.__file__).parent / "data" / "ground_truth").glob("*/*.json"):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        units[(cell.get("active_area") or {}).get("unit")] += 1
print("areas of the ground truth by unit:", dict(units))
assert units["mm^2"] == 2 and units["cm^2"] == 66, units
EOF

#!/usr/bin/env bash
# quantulum3 reads "30 s at 1000 r.p.m." as 30 second ampere-turns and 1000 roentgen.
#
# The guess, written before the run, was 30 seconds and a plain number 1000. The parser takes
# the word "at" for the unit ampere-turn and joins it to the seconds, and it takes the r of
# "r.p.m." for roentgen. Written as "1000 rpm for 30 s", the same step is read rightly. A
# concentration "1.5 M" is 1.5 metres.
#
# Versions: quantulum3 0.10.0, inflect 7.6.0, num2words 0.5.14 under Python 3.11, without the
# optional classifier. Output seen:
#   30 s at 1000 r.p.m.   30.0 second ampere-turn, 1000.0 roentgen
#   1000 rpm for 30 s     1000.0 revolutions per minute, 30.0 second
#   a 1.5 M solution      1.5 metre
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet quantulum3==0.10.0 inflect==7.6.0 num2words==0.5.14
"$folder/venv/bin/python" -W ignore - <<'EOF'
from quantulum3 import parser

seen = {
    "30 s at 1000 r.p.m.": [(30.0, "second ampere-turn"), (1000.0, "roentgen")],
    "1000 rpm for 30 s": [(1000.0, "revolutions per minute"), (30.0, "second")],
    "a 1.5 M solution": [(1.5, "metre")],
}
for text, quantities in seen.items():
    read = [(q.value, q.unit.name) for q in parser.parse(text)]
    print(text, "is read as", read)
    assert read == quantities, read
EOF

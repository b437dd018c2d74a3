#!/usr/bin/env bash
# The sentence splitter pysbd cuts an experimental section before "r.p.m." and before a unit "s".
#
# The guess, written before the run, was that pysbd, made for abbreviations, keeps "4000 r.p.m.
# for 30 s." and "ca. 5 min" together and splits before the sentence that starts with 17.5 µL.
# The last was right. But it takes "r." and "s." for the letters of a list and "ca." for an
# end: numbers part from their units, and no piece holds the step "30 s" any more.
#
# Versions: pysbd 0.3.4 under Python 3.11. Output seen (five pieces for three sentences):
#   ['The film was spun at 4000 ', 'r.p.m. for 30 ', 's. It was annealed for ca. ',
#    '5 min at 100 °C (Fig. 2). ', '17.5 µL of Li-TFSI solution was added.']
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pysbd==0.3.4
"$folder/venv/bin/python" -W ignore - <<'EOF'
import pysbd

text = (
    "The film was spun at 4000 r.p.m. for 30 s. It was annealed for ca. 5 min at 100 \u00b0C "
    "(Fig. 2). 17.5 \u00b5L of Li-TFSI solution was added."
)
pieces = [p.strip() for p in pysbd.Segmenter(language="en", clean=False).segment(text)]
print(pieces)
assert pieces == [
    "The film was spun at 4000",
    "r.p.m. for 30",
    "s. It was annealed for ca.",
    "5 min at 100 \u00b0C (Fig. 2).",
    "17.5 \u00b5L of Li-TFSI solution was added.",
], pieces
EOF

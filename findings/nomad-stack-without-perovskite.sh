#!/usr/bin/env bash
# Fifty cell stacks of the Perovskite Database's vocabulary have no layer spelt with "Perovskite".
#
# The guess, written before the run, was that each of the 5,534 whole stacks in the vocabulary
# of NOMAD's plug-in contains "Perovskite" (at least 99.9 %). Fifty do not: the absorber is
# spelt Perosvkite, Perovsite, Perovskte, Perobskite, Preovskite and so on, is named by its
# formula, or is missing. Seven others name it twice. Code that cuts a stack into electron and hole
# side at the word meets both on published records.
#
# Versions: perovskite-solar-cell-database 1.2.16 (files only, not imported) under Python 3.11.
# Output seen:
#   5534 stacks, 50 without "Perovskite", 7 with two such layers
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps perovskite-solar-cell-database==1.2.16 2>/dev/null
"$folder/venv/bin/python" - <<'EOF'
import ast
import sysconfig
from pathlib import Path

package = Path(sysconfig.get_path("purelib")) / "perovskite_solar_cell_database"
source = (package / "schema_sections" / "vars.py").read_text(encoding="utf-8")
(stacks,) = (
    ast.literal_eval(node.value)
    for node in ast.parse(source).body
    if isinstance(node, ast.Assign)
    and node.targets[0].id == "cell_enum_edit_quantity_suggestions"
)
without = [stack for stack in stacks if "Perovskite" not in stack]
twice = [stack for stack in stacks if stack.split(" | ").count("Perovskite") > 1]
print(len(stacks), "stacks,", len(without), "without the word,", len(twice), "with two layers of it")
print(*without[:5], sep="\n")
assert (len(stacks), len(without), len(twice)) == (5534, 50, 7)
EOF

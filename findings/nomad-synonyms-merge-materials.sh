#!/usr/bin/env bash
# NOMAD's map of synonyms gives names of other materials: TiO2 becomes compact TiO2, PCBA becomes PCBM-60.
#
# The guess, from the file's name, was that synonym_map.json maps spellings of one thing to one name, so that no
# name in the Perovskite Database's own vocabulary of stacks becomes another name of it. (It was not written
# before the run: records for language models that came back with other layers led here.) Nine do. Two are
# slips of spelling; seven are told apart in the database: TiO2 and SnO2 of which nothing more is known become
# compact, TiO2-c and SnO2-c; PCBA, PCBA-60 and PCBB become PCBM-60; PEDOT and PSS become PEDOT:PSS. Among the
# procedures, meniscus coating becomes doctor blading. The map is applied to each layer and step of a record
# for language models when NOMAD normalises it; the classic form is left alone.
#
# Versions: perovskite-solar-cell-database 1.2.16 (files only, not imported) under Python 3.11. Output seen:
#   349 entries; 9 names of layers become another name of the list: {'MeO-2PACZ': 'MeO-2PACz', …}
#   4 procedures do: {'Close space sublimation': 'Closed space sublimation', …}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps perovskite-solar-cell-database==1.2.16 2>/dev/null
"$folder/venv/bin/python" - <<'EOF'
import ast
import json
import sysconfig
from pathlib import Path

package = Path(sysconfig.get_path("purelib")) / "perovskite_solar_cell_database"
synonyms = json.loads((package / "synonym_map.json").read_text(encoding="utf-8"))


def listed(module, quantity):
    """The values suggested for a quantity; they stand in its definition, or in vars.py."""
    tree = ast.parse((package / "schema_sections" / "vars.py").read_text(encoding="utf-8"))
    lists = {n.targets[0].id: n.value for n in tree.body if isinstance(n, ast.Assign)}
    tree = ast.parse((package / "schema_sections" / f"{module}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == quantity:
            for word in ast.walk(node.value):
                if isinstance(word, ast.keyword) and word.arg == "suggestions":
                    found = word.value.args[0] if isinstance(word.value, ast.Call) else word.value
                    return ast.literal_eval(lists[found.id] if isinstance(found, ast.Name) else found)
    raise SystemExit(f"no suggestions for {quantity}")


def merged(places):
    names = {
        name.strip()
        for module, quantity in places
        for value in listed(module, quantity)
        for layer in value.split(" | ")
        for name in layer.split(" >> ")
    }
    return {n: synonyms[n] for n in sorted(names) if synonyms.get(n, n) != n and synonyms[n] in names}


stacks = merged([(part, "stack_sequence") for part in ("substrate", "etl", "htl", "backcontact")])
steps = merged([("etl", "deposition_procedure"), ("perovskite_deposition", "procedure")])
print(len(synonyms), "entries;", len(stacks), "names of layers become another name of the list:", stacks)
print(len(steps), "procedures do:", steps)
assert stacks["TiO2"] == "TiO2-c" and stacks["PCBA"] == "PCBM-60", stacks
assert stacks["PEDOT"] == "PEDOT:PSS", stacks
assert steps["Meniscus-coating"] == "Doctor blading", steps
EOF

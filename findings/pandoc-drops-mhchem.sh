#!/usr/bin/env bash
# pandoc leaves \ce{...} formulas of a LaTeX source out of the text without a warning.
#
# The guess, written before the run, was that pandoc turns \ce{TiO2} of the package mhchem into
# "TiO2", as it turns \SI{100}{\degreeCelsius} of siunitx into "100 °C" (that half was right).
# The formulas vanish: "annealed \ce{CH3NH3PbI3} films" becomes "annealed films" in plain text
# and in GitHub Markdown, with exit code 0 and nothing on standard error.
#
# Versions: pypandoc_binary 1.17 with pandoc 3.9 under Python 3.11. Output seen:
#   The compact layer and the annealed films at 100 °C.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pypandoc_binary==1.17
"$folder/venv/bin/python" - <<'EOF'
import subprocess

import pypandoc

SOURCE = r"""\documentclass{article}\usepackage{mhchem,siunitx}\begin{document}
The compact \ce{TiO2} layer and the annealed \ce{CH3NH3PbI3} films at \SI{100}{\degreeCelsius}.
\end{document}"""
print("pandoc", pypandoc.get_pandoc_version())
for target in ("plain", "gfm"):
    run = subprocess.run(
        [pypandoc.get_pandoc_path(), "--from=latex", f"--to={target}", "--wrap=none"],
        input=SOURCE,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    text = " ".join(run.stdout.replace("\u00a0", " ").split())
    print(target, repr(text), "standard error:", repr(run.stderr))
    assert text == "The compact layer and the annealed films at 100 \u00b0C.", text
    assert run.stderr == "", run.stderr
EOF

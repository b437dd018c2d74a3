#!/usr/bin/env bash
# pdfminer.six and markitdown put the right column of a page first when it ends earlier.
#
# The guess, written before the run, was that pdfminer.six keeps the order of two columns, as the
# file itself has it. On a page whose right column has less text, as on the last page of a
# paper, the whole right column comes before the left one with the default layout parameters,
# and markitdown, which uses them, does the same. A second guess, that a left column filled to
# its end cures it, was wrong too. pypdf and pypdfium2 keep the order on the same file.
#
# Versions: pdfminer.six 20260107, markitdown 0.1.9, pypdf 7.1.1, pypdfium2 5.15.2; the page is
# set with typst 0.15.2; Python 3.11. Output seen:
#   right column shorter: pdfminer [RIGHT, LEFT], markitdown [RIGHT, LEFT], pypdf [LEFT, RIGHT]
#   right column longer:  pdfminer [LEFT, RIGHT]
#   right column shorter, boxes_flow=-0.5: pdfminer [LEFT, RIGHT]
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'markitdown[pdf]==0.1.9' pdfminer.six==20260107 \
  pypdf==7.1.1 pypdfium2==5.15.2 typst==0.15.2
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF'
import re
from pathlib import Path

import pypdf
import pypdfium2
import typst
from markitdown import MarkItDown
from pdfminer.high_level import extract_text
from pdfminer.layout import LAParams

PAGE = """#set page(width: 210mm, height: 297mm, columns: 2, margin: 18mm)
#set text(size: 9pt)
#set par(justify: true)
= 2 Experimental
LEFTCOLUMN Films were annealed at 70 °C for 1 min. #lorem(60)

Gold was evaporated on top. #lorem(160)

#lorem(60)
#colbreak()
== 2.2 Characterisation
RIGHTCOLUMN #lorem({words})
"""


def order(text):
    return re.findall("LEFTCOLUMN|RIGHTCOLUMN", text)


for name, words in (("shorter", 150), ("longer", 330)):
    Path(f"{name}.typ").write_text(PAGE.format(words=words), encoding="utf-8")
    typst.compile(f"{name}.typ", output=f"{name}.pdf")
kept, turned = ["LEFTCOLUMN", "RIGHTCOLUMN"], ["RIGHTCOLUMN", "LEFTCOLUMN"]
seen = {
    "pdfminer, right column shorter": (order(extract_text("shorter.pdf")), turned),
    "markitdown, right column shorter": (
        order(MarkItDown().convert("shorter.pdf").text_content),
        turned,
    ),
    "pdfminer, right column longer": (order(extract_text("longer.pdf")), kept),
    "pdfminer, shorter, boxes_flow=-0.5": (
        order(extract_text("shorter.pdf", laparams=LAParams(boxes_flow=-0.5))),
        kept,
    ),
    "pypdf, shorter": (order(pypdf.PdfReader("shorter.pdf").pages[0].extract_text()), kept),
    "pypdfium2, shorter": (
        order(pypdfium2.PdfDocument("shorter.pdf")[0].get_textpage().get_text_range()),
        kept,
    ),
}
for what, (read, expected) in seen.items():
    print(what, read)
    assert read == expected, what
EOF

#!/usr/bin/env bash
# One hyphen at the end of a line becomes four different characters in four PDF libraries.
#
# The guess, written before the run, was that PDFium marks the hyphen of a broken word by U+FFFE
# and that all others keep "-". PDFium's two methods in pypdfium2 differ from each other:
# get_text_range gives U+FFFE and get_text_bounded the control character U+0002, both with the
# line break removed; PyMuPDF gives the soft hyphen U+00AD; only pypdf and pdfplumber give "-".
# A second guess, that an exponent stays on the line of its base, was wrong for PDFium as well:
# a formula 10^(-4) breaks into "10" and, on a line of its own, "−4 Pa".
# In the file, one glyph serves both this hyphen and the real one of "short-circuit"; the span of
# the former states U+00AD as its text, which pypdf and pdfplumber leave aside.
#
# Versions: pypdfium2 5.15.2, PyMuPDF 2.0, pypdf 7.1.1, pdfplumber 0.11.10; the page is set with
# typst 0.15.2; Python 3.11. Output seen for "diiso-propoxide" broken after "diiso":
#   pypdf 'diiso-\npropoxide', PyMuPDF 'diiso\xad\npropoxide',
#   pypdfium2 'diiso\ufffepropoxide' and 'diiso\x02propoxide'; exponent: '10\r\n\u22124 Pa'
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pypdfium2==5.15.2 pymupdf==2.0 pypdf==7.1.1 \
  pdfplumber==0.11.10 typst==0.15.2
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'EOF'
import re
from pathlib import Path

import pdfplumber
import pymupdf
import pypdf
import pypdfium2
import typst

PAGE = """#set page(width: 60mm, height: 120mm, margin: 0mm)
#set text(size: 9pt, lang: "en", hyphenate: true)
#set par(justify: true)
The short-circuit current density was 24.1 mA under $100 "mW" "cm"^(-2)$ and the base pressure
was $10^(-4) "Pa"$. The TiO#sub[2] blocking layer was deposited by spray pyrolysis from titanium
diisopropoxide bisacetylacetonate in isopropanol at 450 °C.
"""
Path("page.typ").write_text(PAGE, encoding="utf-8")
typst.compile("page.typ", output="page.pdf")
textpage = pypdfium2.PdfDocument("page.pdf")[0].get_textpage()
texts = {
    "pypdf": (pypdf.PdfReader("page.pdf").pages[0].extract_text(), "-"),
    "pdfplumber": (pdfplumber.open("page.pdf").pages[0].extract_text(), "-"),
    "PyMuPDF": (pymupdf.open("page.pdf")[0].get_text(), "\u00ad"),
    "pypdfium2 get_text_range": (textpage.get_text_range(), "\ufffe"),
    "pypdfium2 get_text_bounded": (textpage.get_text_bounded(), "\x02"),
}
for library, (text, hyphen) in texts.items():
    found = re.findall(r"(?:de|diiso)([-\u00ad\ufffe\x02])\s*(?:posited|propoxide)", text)
    print(library, [ascii(sign) for sign in found])
    assert len(found) == 2 and set(found) == {hyphen}, ascii(text)
exponent = re.search(r"was 10(\s*)\u22124", textpage.get_text_range())
print("between 10 and its exponent PDFium puts", ascii(exponent.group(1)))
assert "\n" in exponent.group(1)
assert re.search(r"10\u22124", texts["pypdf"][0])
EOF

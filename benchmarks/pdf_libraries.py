"""Which PDF library gives the text of two-column pages, and how long a page takes.

    python benchmarks/pdf_libraries.py
    python benchmarks/pdf_libraries.py --n_papers 2 --output_path runs/quick.json

Invented papers are set in two columns, with running heads, page numbers, hyphenation, sub- and
superscripts and citations: by typst, and by Chromium where it is installed (a PDF of another origin).
Each library's text goes through masterkey/rows/clean_text.py, as infer.py's would, and is compared
with what was set: the share of its words that come out in their order, the share of its quantities
("100 mW cm-2") that do, and how many words came out that nobody set. Times are the processor's, which other
work on the machine hardly changes. `masterkey` is what infer.py
reads: PDFium's characters, from which masterkey/papers/pdf.py makes the lines.
"""

import difflib
import io
import os
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.papers.pdf import read_pdf
from masterkey.rows.clean_text import clean
from masterkey.scripting.command_line import run
from masterkey.scripting.files import write_json
from masterkey.scripting.provenance import processor, provenance

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "pdf_libraries.json"

# Subscripts as _2_, superscripts as ^-2^, citations as ^[12,13]^; * stands for a number that is drawn.
SENTENCES = (
    "The TiO_2_ blocking layer was deposited by spray pyrolysis from titanium diisopropoxide "
    "bisacetylacetonate in isopropanol at * °C.",
    "Short-circuit currents were measured under * mW cm^-2^ of simulated sunlight.^[12,13]^",
    "The base pressure of the evaporation was 10^-6^ mbar, and the rate was * nm s^-1^.",
    "Cs_0.05_FA_0.79_MA_0.16_PbI_2.49_Br_0.51_ films were annealed at * °C for * min in a nitrogen-filled glovebox.",
    "An area of * cm^2^ was defined by a metal mask, which is smaller than the overlap of the electrodes.^[4]^",
    "Efficient and flexible cells need different buffer layers, of which the first is * nm thick.",
    "The carrier density was * × 10^16^ cm^-3^, and Pb^2+^ ions were not found at the surface.",
    "SnO_2_ colloids were diluted to * wt%, spin-coated at * rpm for * s and dried at * °C for * min.",
    "Differential scanning calorimetry was performed at * K min^-1^ on the corresponding powders.",
)
# Before each sentence, so that no line is printed often: `clean` takes such lines for running heads.
OPENINGS = (
    (
        "In the first",
        "For each further",
        "As in every",
        "After a second",
        "Beside the third",
        "With no other",
    ),
    (
        "series",
        "batch",
        "run of cells",
        "set of control samples",
        "month of this study",
        "group of films",
        "attempt",
    ),
    (
        "of spring",
        "by hand",
        "in air",
        "under argon",
        "at the other bench",
        "without haste",
        "on large glass",
    ),
)
HEAD = "Invented Letters 2024, 9, 100–110"
_VALUE = re.compile(
    r"[0-9]+(?:\.[0-9]+)?(?:-[0-9]+)? ?(?:°C|mW cm-2|mbar|nm s-1|nm|min-1|min|cm2|cm-3|wt%|rpm|s\b|K)"
)


@dataclass
class Arguments:
    n_papers: int = field(default=4, metadata={"help": "papers of each origin"})
    n_sentences: int = field(default=140, metadata={"help": "sentences of a paper, of 9 kinds"})
    seed: int = field(default=0, metadata={"help": "seed of the sentences and numbers"})
    output_path: str = field(
        default=os.path.relpath(RESULT), metadata={"help": "JSON file to write"}
    )


def main(arguments: Arguments) -> None:
    random_numbers = random.Random(arguments.seed)
    papers = [paragraphs(random_numbers, arguments.n_sentences) for _ in range(arguments.n_papers)]
    origins = {"typst": by_typst}
    if shutil.which("chromium"):
        origins["chromium"] = by_chromium
    result = {}
    for origin, printed in origins.items():
        files = [printed(own) for own in papers]
        for name, read in LIBRARIES.items():
            measured = [measure(read, *pair) for pair in zip(files, papers, strict=True)]
            own = {key: statistics.mean(one[key] for one in measured) for key in measured[0]}
            result[f"{origin}, {name}"] = {key: round(value, 4) for key, value in own.items()}
            print(
                f"{origin:9} {name:24} words {own['words']:.4f}  values {own['values']:.4f}  "
                f"extra words {own['extra_words']:.4f}  {1000 * own['seconds_per_page']:.1f} ms/page"
            )
    write_json(
        arguments.output_path,
        {
            "n_papers": arguments.n_papers,
            "libraries": result,
            **provenance(),
            "processor": processor(),
        },
    )
    print(f"saved: {arguments.output_path}")


# --- the papers ----------------------------------------------------------------------------------


def paragraphs(random_numbers: random.Random, n_sentences: int) -> list[str]:
    """Paragraphs of five sentences each, every `*` with a number of its own."""
    sentences = []
    for _ in range(n_sentences):
        opening = " ".join(random_numbers.choice(words) for words in OPENINGS)
        sentence = f"{opening}: {random_numbers.choice(SENTENCES)}"
        sentences.append(re.sub(r"\*", lambda _: str(random_numbers.randint(2, 990)), sentence))
    return [" ".join(sentences[start : start + 5]) for start in range(0, n_sentences, 5)]


def truth(own: list[str]) -> str:
    """The text as `clean` should leave it: scripts on the line, citations gone."""
    text = re.sub(r"\^\[[0-9,]+\]\^", "", "\n\n".join(own))
    return re.sub(r"[_^](-?[\w.+]+?)[_^]", r"\1", text)


def _marked(text: str, lowered: str, raised: str) -> str:
    text = re.sub(r"\^\[([0-9,]+)\]\^", lambda match: raised.replace("*", match[1]), text)
    text = re.sub(r"_([\w.]+?)_", lambda match: lowered.replace("*", match[1]), text)
    return re.sub(
        r"\^(-?[\w+]+?)\^", lambda match: raised.replace("*", match[1].replace("-", "−")), text
    )


def by_typst(own: list[str]) -> bytes:
    import typst

    body = "\n\n".join(_marked(text, "#sub[*]", "#super[*]") for text in own)
    source = (
        "#set page(width: 210mm, height: 280mm, columns: 2, margin: 20mm, "
        f"header: context [{HEAD} #h(1fr) #counter(page).display()])\n"
        '#set text(size: 9.5pt, lang: "en", hyphenate: true)\n#set par(justify: true)\n'
        f"#set sub(typographic: false)\n#set super(typographic: false)\n{body}\n"
    )
    return typst.compile(source.encode())


def by_chromium(own: list[str]) -> bytes:
    body = "".join(f"<p>{_marked(text, '<sub>*</sub>', '<sup>*</sup>')}</p>" for text in own)
    page = (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><style>@page{size:A4;margin:20mm}'
        "div{columns:2;text-align:justify;hyphens:auto;font:9.5pt serif}</style>"
        f"<div>{body}</div></html>"
    )
    with tempfile.TemporaryDirectory() as folder:
        source, printed = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(page, encoding="utf-8")
        subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu"),
                *(
                    f"--user-data-dir={folder}/profile",
                    f"--print-to-pdf={printed}",
                    source.as_uri(),
                ),
            ],
            check=True,
            capture_output=True,
        )
        return printed.read_bytes()


# --- the libraries -------------------------------------------------------------------------------


def by_pypdf(data: bytes) -> tuple[str, int]:
    import pypdf

    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return "\n".join(page.extract_text() for page in pages), len(pages)


def by_pdfminer(data: bytes) -> tuple[str, int]:
    from pdfminer.high_level import extract_text

    text = extract_text(io.BytesIO(data))
    return text.replace("\f", "\n"), text.count("\f")


def by_pdfplumber(data: bytes) -> tuple[str, int]:
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as document:
        return "\n".join(page.extract_text() for page in document.pages), len(document.pages)


def by_pdfium(data: bytes) -> tuple[str, int]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    pages = [page.get_textpage().get_text_range() for page in document]
    return "\n".join(pages).replace("\r\n", "\n"), len(pages)


def by_masterkey(data: bytes) -> tuple[str, int]:
    import pypdfium2

    return read_pdf(data, "benchmark").text, len(pypdfium2.PdfDocument(data))


LIBRARIES: dict[str, Callable[[bytes], tuple[str, int]]] = {
    "pypdf": by_pypdf,
    "pdfminer.six": by_pdfminer,
    "pdfplumber": by_pdfplumber,
    "pypdfium2, its own text": by_pdfium,
    "masterkey": by_masterkey,
}


# --- the comparison ------------------------------------------------------------------------------


def measure(read: Callable, data: bytes, own: list[str]) -> dict[str, float]:
    """Shares of words and quantities that are right, of words too many, and the time of a page."""
    read(data)  # the first call loads the library
    begin = time.process_time()
    text, n_pages = read(data)
    seconds = time.process_time() - begin
    found, expected = clean(text).text, truth(own)
    words, right = found.split(), expected.split()
    n_common = in_order(right, words)
    values = _VALUE.findall(expected)
    return {
        "words": n_common / len(right),
        "values": in_order(values, _VALUE.findall(found)) / len(values),
        "extra_words": (len(words) - n_common) / len(right),
        "seconds_per_page": seconds / n_pages,
    }


def in_order(expected: list[str], found: list[str]) -> int:
    """How many of `expected` stand in `found` in the same order."""
    matcher = difflib.SequenceMatcher(None, expected, found, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())


if __name__ == "__main__":
    run(main, Arguments, __doc__)

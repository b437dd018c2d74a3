"""The normal form of a paper's text: what is mended, what stays, and where it stood."""

import html
import json
import re
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.rows.clean_text import CleanText, clean

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
FORMS = ("html", "latex", "mineru", "nougat", "sgml", "unit_0C", "unit_deg_C")
# What passes look for, so that random texts are made of it.
_WORDS = (
    r"$ \( \) \[ { } ^{ _{ ^ _ ~ \circ \mathrm{ \text{ \frac \SI{ \\ \textdegree &deg; &amp; &#176; "
    "<sub> </sub> <sup> <p> <!-- <script> <head> < > * ** _ # - – − ° 0C oC ˚ C � ﬁ ² ₂ µ μ × x by sq "
    "cm mm h min s half an hour and a ten two hundred 1 2 30 100 0,5 1/2 ½ , . ; ( ) Fig. Page of"
)
_BLANKS = (" ", "\n", "\n\n", "\t", "\r\n", "\u00a0", "\u200b", "\u00ad", "İ", "\ufffe", "\x02")
FRAGMENTS = st.sampled_from([*_WORDS.split(), *_BLANKS])
TEXTS = st.one_of(st.text(max_size=200), st.lists(FRAGMENTS, max_size=80).map("".join))

LATEX = {
    r"at $1 0 0 ~ ^ { \circ } \mathrm { C }$ for $1 0 ~ \mathrm { m i n }$": "at 100 °C for 10 min",
    r"$\mathrm{SnO_2}$ and $\mathrm { S n O } _ { 2 }$": "SnO2 and SnO2",
    r"$500^{\circ}C$, $105~^{\circ}\mathrm{C}$": "500 °C, 105 °C",
    r"$100\,^\circ$C or 500 \({}^{\circ}\)C": "100 °C or 500 °C",
    r"500 \textdegree C, 10\textsuperscript{-6} mbar": "500 °C, 10-6 mbar",
    r"CH\textsubscript{3}NH\textsubscript{3}I, TiO$_{2}$, TiO\({}_{2}\)": "CH3NH3I, TiO2, TiO2",
    r"$45~\mathrm{mg}\,\mathrm{ml}^{-1}$, $25~\mathrm{\mu l}$": "45 mg ml-1, 25 µl",
    r"$15~\mathrm{wt\%}$ in $\text{a mixed solvent}$": "15 wt% in a mixed solvent",
    r"$0 . 1 2 ~ \mathrm { c m } ^ { 2 }$, $7.5~\mathrm{cm^2}$": "0.12 cm2, 7.5 cm2",
    r"$5\times10^{-6}$, $2 \times 2 ~ \mathrm{cm^2}$": "5 × 10-6, 2 × 2 cm2",
    r"$3000\mathrm{rpm}$, $\mathrm{mg mL^{-1}}$, $4 { : } 1$": "3000 rpm, mg mL-1, 4:1",
    r"$\mathrm{mW}\mathrm{cm}^{-2}$": "mW cm-2",
    r"of $\sim$100 nm, $1.2\pm0.1$": "of ~100 nm, 1.2 ± 0.1",
    r"$\mathrm{Cs_{0.05}FA_{0.95}Pb(I_{0.9}Br_{0.1})_3}$": "Cs0.05FA0.95Pb(I0.9Br0.1)3",
    r"\SI{100}{\celsius} for \SI{10}{\minute}, \ce{TiO2}": "100 °C for 10 min, TiO2",
    r"\SI{4000}{\rpm} at \qty{1e-4}{\pascal}, \SI{100}{\milli\watt\per\square\centi\metre}": "4000 rpm at 1e-4 Pa, 100 mW/cm2",
    r"\qtyrange{30}{40}{\nm} under \qty{0.1}{\square\cm}, \numrange{3}{4}": "30–40 nm under 0.1 cm2, 3–4",
    r"15 Ω$\square^{-1}$": "15 Ω□-1",
    r"films$^{12,13}$ were dried\cite{a}, 5\% RH": "films were dried, 5% RH",
    r"$\mathrm{SnO_2}$ at 50~mg": "SnO2 at 50 mg",
    r"an angle of $90^\circ$": "an angle of 90°",
    # no LaTeX
    "it costs $5 and $10, ~100 nm": "it costs $5 and $10, ~100 nm",
    r"C:\path {x}": r"C:\path {x}",
}  # fmt: skip

MARKUP = {
    "cm<sup>2</sup> of SnO<sub>2</sub> at 10<sup>-4</sup> Pa": "cm2 of SnO2 at 10-4 Pa",
    "mW cm <sup>−2</sup>, TiO<inf>2</inf>": "mW cm-2, TiO2",
    "100 <sup>o</sup>C, 100 <sup>0</sup>C, 100&#160;&deg;C, 100 &#xB0;C": "100 °C, 100 °C, 100 °C, 100 °C",
    "J&amp;K, R&amp;amp;D, &nosuch; &": "J&K, R&D, &nosuch; &",
    "100 &amp;deg;C, 5 &amp;amp;mgr;L, 4&colon;1": "100 °C, 5 µL, 4:1",
    "&lt;sub&gt;2&lt;/sub&gt; RH &lt; 25%": "2 RH < 25%",
    "films.<sup>12</sup> Cells<sup>3</sup> at 10 min<sup>14</sup>": "films. Cells at 10 min",
    'a <i>new</i> <named-content content-type="x">SnO2</named-content> layer': "a new SnO2 layer",
    "<p>One.</p><p>Two.</p>": "\nOne.\n\nTwo.\n",
    "<script>var a = 1 < 2;</script>A film<!-- <p> -->.": "A film.",
    "if x <y and z> 3, R&D; <110> facets": "if x <y and z> 3, R&D; <110> facets",
    "## Methods\n**Device fabrication.** *Clean* glass": "Methods\nDevice fabrication. Clean glass",
    "see [the note](https://x.org/a) ![](images/1.jpg)": "see the note ",
    "a * b * c, LYNXEYE_XE and Nova_Nano": "a * b * c, LYNXEYE_XE and Nova_Nano",
}

SIGNS = {
    "cm², 10⁻⁴ Pa, SnO₂, films²³": "cm2, 10-4 Pa, SnO2, films",
    "ﬁlm, oﬀ, eﬃciency": "film, off, efficiency",
    "spin\u00adcoated \u200bfilm at 10\u202fmin and 5\u2009nm": "spincoated film at 10 min and 5 nm",
    "cm−2, cm–2, 10–6 mbar, 1 × 10–6": "cm-2, cm-2, 10-6 mbar, 1 × 10-6",
    # PDFium's exponents (on a line of their own in its text) and hyphens
    "10 −4 Pa, 5 × 10 −4 Pa": "10-4 Pa, 5 × 10-4 Pa",
    "de\ufffeposited, spin\ufffecoated, diiso\x02propoxide, n\x02type": "deposited, spin-coated, diisopropoxide, n-type",
    "A mask and an aligner; a mask\ufffealigner, 10\ufffe4": "A mask and an aligner; a mask-aligner, 10-4",
    "100 mW cm -2, 100 mW cm À2": "100 mW cm-2, 100 mW cm-2",
    "0.1 cm^2, 10^-6, 10^(-6), SnO_2, SnO~2~": "0.1 cm2, 10-6, 10-6, SnO2, SnO2",
    "2,2′,7,7′ and “a” ‘b’": "2,2',7,7' and \"a\" 'b'",
    "10 μL, 10 uL, μ-TiO2": "10 µL, 10 µL, μ-TiO2",
    "0.10 +/- 0.01, 1 +- 2, Eu3+-2%": "0.10 ± 0.01, 1 ± 2, Eu3+-2%",
    "3 x 4 mm, 3 mm * 4 mm, 3x4, 1 ✕ 2": "3 × 4 mm, 3 mm × 4 mm, 3×4, 1 × 2",
    "MAPbI3-xClx, FA1-xCs0.1": "MAPbI3-xClx, FA1-xCs0.1",
    "the area was 0.15 cm 2.": "the area was 0.15 cm2.",
    "5 cm 2 h later": "5 cm 2 h later",
    "a �lm of e�ciency, di�erent, su�cient, �uorine": "a film of efficiency, different, sufficient, fluorine",
    "100 �C, 5 �L, J�V, 25�30, 1 � 10�6 mbar, cm�2": "100 °C, 5 µL, J-V, 25–30, 1 × 10-6 mbar, cm-2",
    "what � is it�": "what � is it�",
    "70–100 nm": "70–100 nm",
}

DEGREES = {
    "100 ℃, 100 ˚C, 100 ºC, 100 ◦C, 100 ∘C, 100 ° C": "100 °C, 100 °C, 100 °C, 100 °C, 100 °C, 100 °C",
    "100 deg C, 100 degC, 100 deg. C, 100deg C": "100 °C, 100 °C, 100 °C, 100 °C",
    "100 degrees Celsius, 70 degrees C, 100 degree celsius": "100 °C, 70 °C, 100 °C",
    "100 0C, 500  0C, 100 8C, annealed at 1000C": "100 °C, 500 °C, 100 °C, annealed at 100 °C",
    "70oC, 800 oC, 100 ^oC": "70°C, 800 °C, 100 °C",
    "heated at 150C-160C": "heated at 150 °C-160 °C",
    "annealed at 100 C for 10 min": "annealed at 100 °C for 10 min",
    "heated to 70 C": "heated to 70 °C",
    "dried at 100C": "dried at 100 °C",
    "annealed at 70C or 700C": "annealed at 70 °C or 700C",
    # no temperatures
    "a CHI660C, type 562 C, DS-130C, 1H and 13C NMR": "a CHI660C, type 562 C, DS-130C, 1H and 13C NMR",
    "5 deg per min, 90 degrees, 300 K, C60 at 0.5 C": "5 deg per min, 90 degrees, 300 K, C60 at 0.5 C",
    "5000C ESCA": "5000C ESCA",
}

QUANTITIES = {
    "0.1 sq cm, 0.1 sq. cm, 1 square centimetre, 9 sq mm": "0.1 cm2, 0.1 cm2, 1 cm2, 9 mm2",
    "0.1 cm squared, 15 ohm per square, 7 Ω sq-1": "0.1 cm2, 15 ohm per square, 7 Ω sq-1",
    "3 mm by 4 mm, 0.95 cm by 7.9 cm": "3 mm × 4 mm, 0.95 cm × 7.9 cm",
    "MAPbI3 by weight, 0.09 cm2 by a mask": "MAPbI3 by weight, 0.09 cm2 by a mask",
    "1,5 h, 0,09 cm2, 1,25 M, 0,3 × 0,3 cm2": "1.5 h, 0.09 cm2, 1.25 M, 0.3 × 0.3 cm2",
    "1,2-dichlorobenzene, N,N-dimethyl, 1,000 h": "1,2-dichlorobenzene, N,N-dimethyl, 1,000 h",
    "5,6 and 7 min, 5,15 min, 70,100 °C": "5,6 and 7 min, 5,15 min, 70,100 °C",
    "3/4 h, 1/2 hour, 1 1/2 h, 1½ h": "0.75 h, 0.5 hour, 1.5 h, 1.5 h",
    "DMF/DMSO 4/1, 9/10/2020": "DMF/DMSO 4/1, 9/10/2020",
    "1 h 30 min, 1 h and 30 min, 1h30, 2 hours 15 minutes": "90 min, 90 min, 90 min, 135 min",
    "1 min 30 s": "1.5 min",
    "at 70 and 100 °C for 1 h and 30 min, respectively": "at 70 and 100 °C for 1 h and 30 min, respectively",
    "ten minutes, forty-five min, one hour": "10 minutes, 45 min, 1 hour",
    "Ten minutes later, five and ten minutes": "10 minutes later, five and 10 minutes",
    "a hundred and five degrees Celsius": "105 °C",
    "half an hour, half-hour, a quarter of an hour": "30 min, 30 min, 15 min",
    "one and a half hours, an hour and a half, 2 and a half hours": "90 min, 90 min, 150 min",
    "two and a half minutes, half a minute": "2.5 minutes, 30 s",
    "for an hour, an hourly check": "for 1 hour, an hourly check",
    "a two-step method, two layers, often minutes": "a two-step method, two layers, often minutes",
    "one hour and thirty minutes": "90 min",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [pair for kind in (LATEX, MARKUP, SIGNS, DEGREES, QUANTITIES) for pair in kind.items()],
)
def test_each_form_is_mended(text, expected):
    assert clean(text).text == expected
    assert clean(expected).text == expected


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_section_reads_as_the_plain_one(form):
    base, other = (
        clean((CASES / f"{name}.txt").read_text("utf-8")).text for name in ("base", form)
    )
    assert other.split() == base.split()


# --- broken lines --------------------------------------------------------------------------------

BROKEN = """2.1 Device fabrication
ITO glass was cleaned in acetone for 10 min. SnO2 was spin-
coated on it and PCBM-
60 in 2-
propanol behind it; the deposi-
tion of 4-tert-
butylpyridine was made under nitrogen, in a glovebox that
J. Mater. Chem. A, 2019, 7, 1234–1240
12

held oxygen below 1 ppm. All was dry.
The next day the cells were made. Silver was evapo\u00ad
rated last.

Measurement
Curves were taken in air with a mask of 0.1 cm2 and in the
dark."""


def test_lines_are_joined_and_what_is_beside_the_text_goes():
    assert clean(BROKEN).text == (
        "2.1 Device fabrication\n"
        "ITO glass was cleaned in acetone for 10 min. SnO2 was spin-coated on it and PCBM-60 in "
        "2-propanol behind it; the deposition of 4-tert-butylpyridine was made under nitrogen, in a "
        "glovebox that held oxygen below 1 ppm. All was dry.\n"
        "The next day the cells were made. Silver was evaporated last.\n\n"
        "Measurement\nCurves were taken in air with a mask of 0.1 cm2 and in the dark."
    )


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        ("deposi", "tion", "deposition"), ("fluori", "nated", "fluorinated"), ("re", "placed", "replaced"),
        ("spin", "coated", "spin-coated"), ("Sigma", "Aldrich", "Sigma-Aldrich"), ("n", "type", "n-type"),
        ("TiO2", "based", "TiO2-based"), ("PCBM", "based", "PCBM-based"), ("Si", "photodiode", "Si-photodiode"),
        ("4-tert", "butylpyridine", "4-tert-butylpyridine"), ("2-methoxy", "ethanol", "2-methoxy-ethanol"),
        ("as", "prepared", "as-prepared"), ("as", "sembled", "assembled"), ("so", "lution", "solution"),
        ("open", "ing", "opening"), ("open", "circuit", "open-circuit"),
        # as the text has it elsewhere
        ("mask", "aligner", "mask-aligner"), ("methyl", "ammonium", "methylammonium"),
    ],
)  # fmt: skip
def test_a_hyphen_at_the_end_of_a_line_is_kept_in_names(first, second, word):
    text = f"A mask and an aligner were used for the methylammonium film,\nand the {first}-\n{second} one\nwas dry."
    assert f"and the {word} one was dry." in clean(text).text


def test_the_letters_of_a_figure_within_a_sentence_go():
    figure = "a\n1.0\n0.9\n0.8\n0 100 200\nTime (h)\nFig. 6 Ageing of cells in the dark.\n"
    before = "The solution was stirred at 60 °C and held 182 mg of FAI, 8.7 mg of\n"
    after = "BAI and 497 mg of PbI2 in 640 mg of DMF, which was spin-coated.\n"
    assert clean(before + figure + after).text == f"{before}{after}".replace("of\nB", "of B")


TITLED = """The ink was filtered and used on the day on which it was made, and an ink
without the salt is compared with it in the supplementary materials alone.
{title}
First a laser cut the oxide of the glass into strips. After a bath in soap and
water the ink was coated by a blade in ambient air, and the wet film
{heads}
was annealed at 104 °C for 9 min. It was covered with a metal in high vacuum."""


@pytest.mark.parametrize(
    "title",
    ["Fabrication of minimodules", "Making of the cells", "Blade coating of films", "Perovskite layer", "Hole side"],
)  # fmt: skip
def test_a_title_behind_a_full_line_keeps_its_line(title):
    assert f"alone.\n{title}\nFirst a laser" in clean(TITLED.format(title=title, heads="")).text


@pytest.mark.parametrize(
    "line",
    [
        "Silver of 100 nm was then put on it by thermal evaporation through a mask",
        "silver and gold",
        "Nothing else was put in, and",
    ],
)
def test_a_line_of_prose_behind_a_full_line_is_no_title(line):
    assert f"alone. {line} First a laser" in clean(TITLED.format(title=line, heads="")).text


@pytest.mark.parametrize(
    "heads",
    [
        "SCIENCE INVENTIONS | RESEARCH ARTICLE\nSample et al., Sci. Invent. 8, eabx0000 (2022) 6 April 2022\n7 of 10",
        "LETTERS OF INVENTION | REPORT\n3 of 8",
        "Writer et al., J. Invented Chem. 12, 345 (2020)\n12 of 14",
    ],
)
def test_heads_of_journals_within_a_sentence_go(heads):
    text = clean(TITLED.format(title="Film making", heads=heads)).text
    assert "and the wet film was annealed" in text


def test_a_title_of_one_word_before_a_head_keeps_its_line():
    text = TITLED.format(
        title="Inks\nDownloaded from https://invented.example on 12 May 2022\n", heads=""
    )
    assert "Inks\n" in clean(text).text


def test_paragraphs_of_one_line_stay_as_they_are():
    assert clean("two\nlines").text == "two\nlines"
    long = "A film was annealed at 100 °C for 10 min. " * 6
    assert clean(f"{long}\n{long}\n\n{long}").text == f"{long}\n{long}\n\n{long}"


# --- the published papers ------------------------------------------------------------------------


@pytest.mark.slow
def test_published_papers_stay_but_for_their_signs(shared_data):
    texts = [row["input"] for row in json.loads((shared_data / "sii360.json").read_text("utf-8"))]
    cleaned = [clean(text) for text in texts]
    assert [c.text for c in cleaned] == [clean(c.text).text for c in cleaned]
    n_kept = sum(
        original == new
        for text, c in zip(texts, cleaned, strict=True)
        for original, new in zip((text[s] for s in c.starts[:-1]), c.text, strict=True)
    )
    assert n_kept > 0.99 * sum(map(len, texts))
    # Lines, letters and numbers are what they were.
    changed = [i for i, c in enumerate(cleaned) if c.text.count("\n") != texts[i].count("\n")]
    assert changed == []


def as_mineru(text: str) -> str:
    """With temperatures, formulas and units in the digit-spaced maths of MinerU."""
    text = re.sub(
        r"([0-9]+) °C", lambda m: f"${' '.join(m[1])} ~ ^ {{ \\circ }} \\mathrm {{ C }}$", text
    )
    text = re.sub(
        r"\b((?:[A-Z][a-z]?)+)([0-9])\b",
        lambda m: f"$\\mathrm {{ {' '.join(m[1])} }} _ {{ {m[2]} }}$",
        text,
    )
    return re.sub(r"\bcm-([0-9])", r"$\\mathrm { c m } ^ { - \1 }$", text)


def as_html(text: str) -> str:
    text = html.escape(text).replace("°", "&deg;").replace("-", "&minus;").replace("µ", "&mu;")
    text = re.sub(r"\b((?:[A-Z][a-z]?)+)([0-9])\b", r"\1<sub>\2</sub>", text)
    text = re.sub(r"cm(&minus;[0-9]|2)", r"cm<sup>\1</sup>", text)
    return "<p>" + text.replace("\n\n", "</p><p>") + "</p>"


@pytest.mark.slow
@pytest.mark.parametrize("damaged", [as_mineru, as_html])
def test_published_papers_come_back_from_markup(damaged, shared_data):
    rows = json.loads((shared_data / "sii360.json").read_text("utf-8"))[::6]
    plain = [clean(row["input"]).text for row in rows]
    again = [clean(damaged(text)).text for text in plain]
    differing = [
        (new, old)
        for text, own in zip(again, plain, strict=True)
        for new, old in zip(text.split(), own.split(), strict=True)
        if new != old
    ]
    assert differing == []


# --- places --------------------------------------------------------------------------------------


def place(text: str, found: str) -> str:
    cleaned = clean(text)
    start = cleaned.text.index(found)
    return text[slice(*cleaned.original_span(start, start + len(found)))]


def test_a_place_is_that_of_the_original():
    assert place(r"the $\mathrm{SnO_2}$ layer", "SnO2") == "SnO_2"
    assert place(r"at $1 0 0 ~ ^ { \circ } \mathrm { C }$", "100") == "1 0 0"
    assert place("for ten minutes", "10") == "ten"
    assert place("for half an hour", "30 min") == "half an hour"
    assert place("0.12 cm<sup>2</sup> mask", "cm2") == "cm<sup>2</sup>"
    assert place("150 ℃ for 10 min", "10 min") == "10 min"
    assert place("the deposi-\ntion of\nSnO2", "deposition") == "deposi-\ntion"


def test_a_text_without_edits_keeps_its_places():
    text = "TiO2 was annealed at 500 °C for 30 min."
    assert clean(text) == CleanText.unchanged(text)
    assert clean("").text == ""
    assert clean("").original_span(0, 0) == (0, 0)


@given(TEXTS)
def test_places_never_fall_nor_leave_the_text(text):
    cleaned = clean(text)
    assert len(cleaned.starts) == len(cleaned.text) + 1 == len(cleaned.ends) + 1
    assert cleaned.starts[-1] == len(text)
    for places in (cleaned.starts, cleaned.ends):
        assert all(0 <= a <= b <= len(text) for a, b in pairwise([0, *places, len(text)]))
    for i in range(len(cleaned.text) + 1):
        start, end = cleaned.original_span(i // 2, i)
        assert 0 <= start <= end <= len(text)


@given(TEXTS)
def test_what_was_kept_stands_where_it_says(text):
    cleaned = clean(text)
    for letter, start, end in zip(cleaned.text, cleaned.starts, cleaned.ends, strict=False):
        if letter.isalpha() and end - start == 1 and letter.isascii() and text[start].isascii():
            assert text[start] == letter


def test_a_place_of_the_original_is_found_in_the_clean_text():
    text = (
        r"Then $\mathrm{SnO_2}$ was kept at $1 0 0 ~ ^ { \circ } \mathrm { C }$ for half an hour."
    )
    cleaned = clean(text)
    for original, words in (("SnO_2", "SnO2"), ("1 0 0", "100"), ("half an hour", "30 min")):
        start = text.index(original)
        assert cleaned.text[slice(*cleaned.span_of(start, start + len(original)))] == words


def test_in_a_text_without_edits_places_are_the_same_both_ways():
    cleaned = clean("TiO2 was annealed at 500 °C for 30 min.")
    assert cleaned.span_of(5, 8) == cleaned.original_span(5, 8) == (5, 8)


@given(TEXTS, st.integers(0, 60), st.integers(1, 9))
def test_there_and_back_a_place_holds_what_it_held(text, start, length):
    cleaned = clean(text)
    end = start + length
    if end > len(cleaned.text) or cleaned.starts[end - 1] == cleaned.ends[end - 1]:
        return  # beyond the text, or ends with characters that have no place in the original
    first, last = cleaned.span_of(*cleaned.original_span(start, end))
    assert 0 <= first <= start < end <= last <= len(cleaned.text)


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "$", "$a", r"\(", r"\[", "{", "}", r"\text{", "^{", "<a ", "<sup>", "<!--", "<", "&amp;",
        "*", "* a", "_a", "#", "[a](", " ", "\n", "a\n", "1\n", "-\n", "a-\n", "1", "1 ", "1,", "1.",
        "0C ", "C", "ten ", "two hundred ", "1 h ", "by ", "½", "²", "�", "a�", "ﬁ", "°", "A. ", "Page 1 of ",
    ],
)  # fmt: skip
def test_time_grows_with_the_length_alone(unit):
    text = unit * (200_000 // len(unit))
    begin = time.process_time()
    clean(text)
    assert time.process_time() - begin < 2.5


def test_a_long_text_takes_a_part_of_a_second():
    text = ((CASES / "base.txt").read_text("utf-8") * 200)[:200_000]
    begin = time.process_time()
    clean(text)
    assert time.process_time() - begin < 0.3

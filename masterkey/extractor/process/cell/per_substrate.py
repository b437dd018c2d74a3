"""How many cells one substrate carries, in whatever wording (issue 14)."""

import re

from masterkey.extractor.process.cell.stability_terms import WORD_NUMBER, WORDS
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import number, sentences_naming

_CELLS_OR_CONTACTS = (
    "cell",
    "device",
    "pixel",
    "diode",
    "electrode",
    "contact",
    "opening",
    " pads",
    " dots",
    " holes",
    "aperture",
)
_PER_WORDS = (
    "each",
    "every ",
    " per ",
    " share",
    " one ",
    "a substrate",
    "a piece",
    "a sample",
    "a glass",
    "a foil",
    "a plate",
    "a slide",
    "a chip",
    "e substrate",
    "-pixel",
    "substrates",
    " pixels",
    "on which",
    " openings",
    " holes",
    "apertures",
    "/substrate",
    "/chip",
    "/sample",
    "of them",
    "m2, ",
    "on a ",
    "overlap",
    "crossing",
    "intersection",
    " mask",
    "(one on",
    "which",
    "m2) with",
)
_SPOKEN_OF = (" of them", " of these", " of those")
_MOST_CELLS = 200
_COUNT = (
    rf"(?<![\w.,×-])(?P<n>{WORD_NUMBER}|\d{{1,3}}) (?!(?:nm|mm|cm|µm|um|min|s|h|v|ml|mg|g|m|suns?|kinds?|types?|different|batch\w*|of|to|or|x|×|in)\b|%|°)"
    r"(?:(?!and |or |per |each |in )[\w./-]+ ){0,3}?(?:sub-?|micro)?(?:cells?|pixels?|devices?|electrodes?|pads|openings|holes|apertures|diodes|dots|contacts|(?:gold|silver|carbon|metal|copper) squares?)\b"
)
_UNIT = r"(?:(?:\b(?:each|every|per|one|a|single|same) (?:\d[\d.]* ?(?:mm|cm)? ?[×x] ?\d[\d.]* ?(?:mm|cm)2? )?(?:(?!cell|pixel|device|cover|edge|second|protect|encapsul)[\w/-]+ ){0,2}?)(?<!hot )(?:substrates?|chips?|plates?|slides?|samples?|pieces?|glass|foils?|films?)\b|\b(?:each|every|per) (?:[\w-]+ )?(?:sheet|tile|coupon|panel)\b)"
# Whatever verb joins them: "each substrate was home to 3 cells", "4 cells share one substrate".
_JOINT = r"(?P<joint>[^;:]{0,75}?)"
_PER_SUBSTRATE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_COUNT}{_JOINT}{_UNIT}",
        rf"{_UNIT}{_JOINT}{_COUNT}",
        rf"\b(?:substrates|plates|chips|samples|pieces)\b(?P<joint>[^;:]{{0,60}}?){_COUNT} each\b",
        rf"\bglass\b(?P<joint>[^;:()]{{0,30}} \([^();]{{0,40}}?){_COUNT}\)",
        rf"\b(?:substrates|plates|chips|samples|pieces|slides)\b(?P<joint>[^;:]{{0,60}}?\beach[^;:]{{0,25}}? ){_COUNT}",
        rf"\b(?:all|the|these|our) (?:[\w-]+ )?(?:substrates|plates|chips|slides) (?P<joint>carry|carried|hold|held|bear|bore|contain(?:ed)?|accommodated?|comprised?|have|had) {_COUNT}",
        # "The substrates measure 28 mm on each side and carry four devices."
        rf"\b(?:substrates?|plates?|chips?|slides?|samples?|pieces?)\b(?P<joint>[^;:]{{0,60}}?\b(?:carr(?:y|ies|ied)|holds?|bears?|bore|accommodates?|has room for|takes?|offers? room for) ){_COUNT}",
        # "cells, four on each piece of foil"
        rf"\b(?:cells|devices|pixels)\b(?:[^;:.]{{0,60}}?,|:| \(|,? of which) ?(?P<n>{WORD_NUMBER}|\d{{1,2}})(?P<joint> )(?:of them )?(?:are |were |fit )?(?:on|per|to) (?:each|every|a|one) (?:[\w-]+ )?(?:substrate|chip|plate|slide|sample|piece|foil|glass)\b",
        rf"{_COUNT}(?P<joint>(?: (?:of|with) [^;:,]{{0,30}}?)? (?:are|were|fit|lie|sit|stand|share)) on (?:a|the same) (?:[\w-]+ )?(?:substrate|chip|plate|slide|piece|glass|foil)\b",
        # "The overlap of Cu and ITO defines four pixels of 0.07 cm2."
        rf"\b(?:overlap|crossing|intersection|mask|stripes?)\b[^.;:]{{0,50}}?\b(?P<joint>(?:define[sd]?|give[sn]?|gave|make[s]?|made|form(?:s|ed)?|produce[sd]?|yield(?:s|ed)?) (?:in total |altogether )?){_COUNT}",
        rf"{_COUNT}(?P<joint> ?/ ?)(?:substrate|chip|sample|slide)\b",
        rf"(?<![\w.-])(?P<n>{WORD_NUMBER}|\d+)(?P<joint> of them (?:are |were |fit )?)(?:on|per) (?:a|an|one|each|every|the same) (?:\w+ )?(?:substrate|chip|plate|slide|sample|piece|foil|glass)\b",
        rf"\b(?:glass|substrates?|foils?|plates?|chips?)\b[^;:]{{0,40}}? on (?P<joint>(?:each of )?which ){_COUNT} (?:were|are|was) (?!measured|tested)",
        # "Each glass had three of them."
        rf"{_UNIT}(?P<joint> (?:had|has|carr(?:y|ies|ied)|holds?|held|bears?|bore) )(?P<n>{WORD_NUMBER}|\d{{1,2}}) of (?:them|these|those)\b",
        # "28 × 28 mm2, eight pixels" in a list of what the substrate is.
        rf"\d ?(?:mm|cm)?2? ?[×x] ?[\d.]+ ?(?:mm|cm)2?\)?(?P<joint>,? (?:with |for |carrying |holding )?){_COUNT}(?! each)",
        rf"\bmasks? (?:with|of|having|that (?:has|have|had))(?P<joint> )(?P<n>{WORD_NUMBER}|\d{{1,2}}) (?:[\w-]+ ){{0,2}}(?:openings|holes|apertures|windows|slots)\b",
        rf"\b(?:number of (?:cells|pixels|devices)|(?:cell|pixel|device) (?:number|count)|(?:cells|pixels|devices)) (?P<joint>per (?:substrate|chip|sample|slide)(?: is| was)?[ :=]+)(?P<n>{WORD_NUMBER}|\d+)\b(?! ?(?:mm|cm|nm|%))",
        # "Devices (two per substrate) had …", "Substrates with 4 pixels", "Cells on one substrate: 3"
        rf"\((?P<n>{WORD_NUMBER}|\d{{1,2}})(?P<joint> )(?:of (?:these|them) )?(?:per|on each|on every|on one|on a) (?:[\w-]+ )?(?:substrate|chip|plate|slide|sample|piece|foil|glass)\b",
        rf"\b(?:substrates?|chips?|plates?|slides?) (?P<joint>with |having |of |comprising |bearing |containing |carrying |holding ){_COUNT}(?<!pads)(?<!contacts)",
        rf"\b(?:cells|pixels|devices) (?:on|per|of) (?:one|each|a|every) (?:[\w-]+ )?(?:substrate|chip|sample|slide|plate|piece)(?P<joint> is | was | ?[:=] ?)(?P<n>{WORD_NUMBER}|\d+)\b(?!\.\d| ?(?:mm|cm|nm|%))",
        rf"(?<![\w.-])(?P<n>{WORD_NUMBER}|\d+)-(?:pixel|cell|device)(?P<joint>) (?:\w+ )?(?:substrates?|chips?|layout)\b",
    )
)
_NO_JOINT = re.compile(
    r"measur(?!es? (?:about |only )?\d)|test|select|averag|obtain(?!ed (?:on |per |from |in )?$)|\bmean\b|statist|batch|(?:of|for|from) (?:each|every|one|a) ?$|\b(?:nm|rpm|min|°c)\b|, (?:and|while|whereas)|\. [a-z]|\d cells"
)
_ROWS = re.compile(r"(?<![\d.])(?P<rows>\d) ?[x×] ?$")  # "2 × 3 pixels"
_STATISTICS = re.compile(r"averag|\bmean\b|statistic|(?:were|was) (?:measured|tested|selected)")


def cells_per_substrate(document: Document) -> Finding | None:
    """The number of cells on one substrate as a Finding; None where the text does not say."""
    for sentence in sentences_naming(document, _PER_WORDS):
        words = document.words(sentence)
        named = any(part in words for part in _CELLS_OR_CONTACTS) or any(
            part in words for part in _SPOKEN_OF
        )
        if "averag" in words or not named:
            continue
        match = _nearest_count(words)
        value = (WORDS.get(match["n"]) or int(match["n"])) if match else 0
        rows = _ROWS.search(words, 0, match.start("n")) if match else None
        value *= int(rows["rows"]) if rows else 1
        if 1 <= value <= _MOST_CELLS:
            span = (sentence.start + match.start(), sentence.start + match.end())
            return Finding(number(value), 0.9, "text", (span,))
    return None


def _nearest_count(words: str) -> re.Match | None:
    """The shortest place that joins a number of cells to one substrate."""
    found = [
        match
        for pattern in _PER_SUBSTRATE
        for match in pattern.finditer(words)
        if not _NO_JOINT.search(match["joint"])
        and " future " not in match[0]
        and not _STATISTICS.search(words[match.end() : match.end() + 25])
    ]
    return min(found, key=lambda match: match.end() - match.start(), default=None)

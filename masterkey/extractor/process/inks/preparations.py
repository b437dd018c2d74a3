"""Which sentences tell of the inks of cells, and which of powders, syntheses and films beside them."""

import re

from masterkey.extractor.process.text.document import MADE_FROM, Document, Sentence
from masterkey.extractor.process.text.passages import names_any

# What is made there is no cell: powders, crystals, syntheses of the salts themselves.
_NO_INK = (
    "recrystalli",
    "rotary",
    "white precipitat",
    "complex was obtained",
    "complex was collected",
    "quantum dot was",
    "quantum dots was",
    "quantum dot were",
    "quantum dots were",
    "oleic",
)
_INTO_TOLUENE = re.compile(r"toluene.{0,60}\b(?:into|added)")
# As above, unless the sentence speaks of a solution in one of the perovskite's solvents.
_RATHER_NO_INK = re.compile(
    r"hydroiodic acid|hydriodic acid|hydrobromic acid|autoclave|\bh(?:i|br)\b[^.]{0,20}(?:wt|aq|\d\d ?%)|evaporator \(|reflux|single[ -]crystal|(?<!tin )(?<!sn )(?<!lead )\bpowders? (?:was|were|of)|precipitat\w* (?:was|were)|nanocrystals? (?:was|were)"
)
_RATHER_STEMS = (
    "odic acid",
    "romic acid",
    "autoclave",
    "hbr",
    " hi",
    "(hi",
    "evaporator (",
    "reflux",
    "crystal",
    "powder",
    "precipitat",
)
_BOUGHT = ("purchas", "bought", "supplied by", "obtained from", "used as received")
# "The ink was obtained from three parent solutions"
_FROM_SOLUTIONS = re.compile(rf"obtained from (?:{MADE_FROM})")
# What is made there is in no cell: "no cells were made of them", "used solely for optics".
_ASIDE_STEMS = (
    "variants",
    "no cell",
    "no solar",
    "no device",
    "not used",
    "not for",
    "not employed",
    "solely",
    "only for",
    "exclusively",
    "merely",
    "alone",
    "without cells",
    "without solar",
    "without making",
    "early trial",
    "first trials",
    "at the end of th",
)
_ASIDE = re.compile(
    r"variants (?:that were )?tried|\bno (?:solar )?(?:cells?|devices?)\b(?! precond)|without (?:making )?(?:solar )?(?:cells|devices)|(?<!not )(?:solely|only|exclusively|merely) (?:used |made |meant )?for (?!\d)"
    r"|not (?:used |employed |meant )?(?:for|in) (?:the |our |any )?(?:solar )?(?:cells|devices)|in (?:early|first) trials|discussed (?:\w+ )?at the end of th"
    # "Films spun from PbCl2 were investigated by XRD alone"
    r"|\b(?:films?|samples?|inks?|solutions?)\b[^.;]{0,120}\b(?:was|were|is|are) (?:only |merely )?(?:investigated|studied|examined|tested|measured|looked at|analy[sz]ed|characteri[sz]ed)\b[^.;]{0,40}\b(?:alone|only)\b"
)
_POINTS_BACK = ("such ", "these ", "those ", "they ", "no cells", "no solar", "no device")
STRONG_SOLVENT = re.compile(r"\bdmf\b|dmso|dimethyl|\bgbl\b|butyrolactone|pyrrolidone|\bnmp\b|methoxyethanol")  # fmt: skip
_INTO = re.compile(
    r"\b(?:put|given|weighed|brought|mixed|stirred|taken up) (?:in(?:to)?|with|to) \d"
)
_CRAFT = re.compile(r"perovskite|film|precursor|solution|device|layer|absorber|cell")


def is_aside(document: Document, sentence: Sentence) -> bool:
    """Whether a sentence, or one behind it that points back ("such films"), says that no cell holds its films."""
    words = document.words(sentence)
    if names_any(words, _ASIDE_STEMS) and _ASIDE.search(words):
        return True
    sentences = document.sentences
    if sentence.number + 1 == len(sentences):
        return False
    words = document.words(sentences[sentence.number + 1])
    points_back = words.lstrip().startswith(_POINTS_BACK) and names_any(words, _ASIDE_STEMS)
    return points_back and bool(_ASIDE.search(words))


def may_prepare(document: Document, sentence: Sentence, titles: dict[int, str]) -> bool:
    """Whether a sentence may say what an ink holds; `titles`: of the sections, by number of a sentence."""
    if sentence.is_purchase:
        return False
    words = document.words(sentence)
    if sentence.kind in ("characterisation", "stability") and (
        sentence.is_study
        or "dissol" not in words
        or not ("precursor" in words or STRONG_SOLVENT.search(words))
    ):
        return False
    bought = names_any(words, _BOUGHT) and not _FROM_SOLUTIONS.search(words)
    if bought and "dissol" not in words:
        return False
    if sentence.kind == "synthesis" and not (
        _CRAFT.search(titles[sentence.number]) or "perovskite" in words
    ):
        return False
    if names_any(words, _NO_INK) or ("toluene" in words and _INTO_TOLUENE.search(words)):
        return False
    if not names_any(words, _RATHER_STEMS) or not _RATHER_NO_INK.search(words):
        return True
    is_ink = "solution" in words or "dissol" in words or _INTO.search(words)
    return is_ink and bool(STRONG_SOLVENT.search(words))

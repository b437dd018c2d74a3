"""Sentences that speak of the perovskite's ink away from where its salts are told (issue 14)."""

import re

from masterkey.extractor.process.inks.additive_names import is_no_additive
from masterkey.extractor.process.inks.inks import Chemistry
from masterkey.extractor.process.inks.preparations import STRONG_SOLVENT
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.passages import sentences_naming

# The finished film is treated, or another layer is spoken of.
NO_INK = re.compile(
    r"on(?:to)? (?:top of )?the (?:[\w-]+ )?(?:perovskite|film|surface|layer)|surface treat|passivat|post-?treat|spiro|ptaa|p3ht|li-?tfsi|fk ?209|pcbm|pedot|sno2|tio2|zno\b|nio|suppl|purchas|\bbought\b|synthesi[sz]ed|antisolvent|anti-solvent|c60"
)
# "Traces of X were in the ink", "urea is added to the said solution"
OF_THE_INK = re.compile(
    r"\b(?:in|to|into|with) (?:the|this|that|each|every|all|said) (?:said |same |perovskite |precursor |target |mixed |final |whole |organic |organohalide |halide |cation |salt |lead )*(?:inks?|precursors?|solutions?|mixture|blend)\b(?! of)|\binks? (?:also |further |additionally )*(?:contain|compris|includ|ha[ds]|held|hold)"
)
_STEMS = ("ink", "solution", "precursor", "mixture", "blend", "additive", "dissolv", "add")
_ADDITIVE = re.compile(r"\bas (?:an? |the )?(?:\w+ )?additives?\b|\badditives?,? (?:was|is|of)\b")
_ADDED = re.compile(r"\b(?:was|were) (?:also |then |further )?added\b|\badd [\d.]")
_DOSE = re.compile(
    r"\d ?(?:mol[.-]* ?%|wt[.-]? ?%|vol[.-]? ?%|%|m?g\b|m?m\b|mmol|mol\b|[µμ][lg]\b)"
)
# "They were dissolved in DMF so that the lead was 0.9 M": crystals, powders, salts told before.
_DISSOLVED = re.compile(
    r"\b(?:they|these|crystals?|powders?|precursors?|salts?|halides|iodides|components|all)\b(?:[^.;]|\.\d){0,50}\bdissolv"
)
_BACK = 6  # sentences


def dissolves_what_was_told(chemistry: Chemistry, sentence: Sentence) -> bool:
    """Whether a sentence dissolves the crystals or salts that a formula before it names."""
    words = chemistry.document.words(sentence)
    if "dissolv" not in words or not STRONG_SOLVENT.search(words) or not _DISSOLVED.search(words):
        return False
    return is_of_perovskite(chemistry, sentence)


def mentions_of_inks(chemistry: Chemistry, known: set[int]) -> list[Sentence]:
    """Sentences, but for those of `known` numbers, that say what is in the ink, or is an additive of it."""
    document = chemistry.document
    return [
        sentence
        for sentence in sentences_naming(document, _STEMS)
        if sentence.number not in known
        and sentence.fabricates
        and not (sentence.is_study or document.is_heading(sentence))
        and _says_what_is_in(document.words(sentence))
        and chemistry.may_prepare(sentence)
        and is_of_perovskite(chemistry, sentence)
    ]


def _says_what_is_in(words: str) -> bool:
    if NO_INK.search(words):
        return False
    if _ADDITIVE.search(words):
        return True
    return bool(_DOSE.search(words) and (OF_THE_INK.search(words) or _ADDED.search(words)))


def is_of_perovskite(chemistry: Chemistry, sentence: Sentence) -> bool:
    """Whether the last sentence that names a salt, a formula or a layer names no layer alone."""
    document = chemistry.document
    first = max(sentence.number - _BACK, 0)
    for before in reversed(document.sentences[first : sentence.number + 1]):
        if before.is_purchase:
            continue
        words = document.words(before)
        if chemistry.formulas_in(before) or "perovskite" in words or "lead" in words:
            return True
        layers = [m for m in document.inside(document.mentions, before) if _is_layer(m)]
        if layers:
            return False
        if any(salt.salt.metals for salt in chemistry.salts_in(before)):
            return True
    return False


def _is_layer(mention) -> bool:
    return is_no_additive(mention) and "solvent" not in mention.roles

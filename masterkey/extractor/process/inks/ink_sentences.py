"""The sentences in which an additive of the perovskite may be named: those of its inks, and those around them (issue 14)."""

import re

from masterkey.extractor.process.inks.ink_mentions import (
    NO_INK,
    OF_THE_INK,
    dissolves_what_was_told,
    is_of_perovskite,
)
from masterkey.extractor.process.inks.inks import Chemistry
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.passages import names_any

_INK = re.compile(
    r"\b(?:solutions?|inks?|precursors?|mixture|perovskite|ionic liquid|additives?)\b|\b(?:of|to) (?:the )?(?:lead|pb|tin|sn)\b|same vial|mol[.-]? ?%|mixed in (?:shortly|just|right|before|last|later)"
)
INK_SAID = re.compile(
    r"\b(?:inks?|solutions?|precursors?|dmf|dmso|gbl|nmp|gvl)\b|methoxyethanol|(?:butyro|valero)lactone|dimethyl ?(?:formamide|sulf|sulph)|pyrrolidone"
)
_ADDED = re.compile(
    r"\badd(?:ed|ing|ition|itive|s)?\b|\badditi|\badditives?\b|\bput in|mixed in(?:to\b|[.,;]| (?:shortly|just|right|before|last|later)\b)|weighed in|\bdop(?:ed|ant|ing)\b|mol[.-]?\s?%|wt[.-]?\s?%|vol[.-]?\s?%|\bequiv|introduc|incorporat|went into|included (?:in|at)|\bto which\b|\binto which\b|\bco-?dissolved\b|\bmodified (?:by|with)\b|\blaced with\b|\b(?:in)?to (?:the|this|that|each|our) (?:[\w-]+ ){0,2}(?:ink|solution|precursor|mixture)\b(?:[^.;]|\.(?=\d)){0,60}? (?:went|came)\b|ed into (?:the|this|that|each|our) (?:[\w-]+ ){0,2}(?:ink|solution|precursor|mixture)\b|contained|containing [\w-]+ at\b|together with|ionic liquid|with(?:out)? (?:or without|and without)|in the presence|\bplus\b"
    r"|\b(?:dissolved|stirred|put|mixed) in(?:to)? (?:it|them|this|that|the|each|every)\b|\b(?:given|receiv\w+|spiked|supplemented|enriched)\b"
)

_INK_STEMS = (
    "solution",
    "ink",
    "precursor",
    "mixture",
    "perovskite",
    "ionic liquid",
    "additive",
    " lead",
    " pb",
    " tin",
    " sn",
    "same vial",
    "mol%",
    "mol %",
    "mol-%",
    "mol.-%",
    "mixed in",
)
_ADDED_STEMS = (
    "add",
    "put in",
    "mixed in",
    "weighed in",
    "dop",
    "%",
    "equiv",
    "introduc",
    "incorporat",
    "went into",
    "included in",
    "included at",
    "to which",
    "into which",
    "codissolved",
    "co-dissolved",
    "modified",
    "laced",
    " went",
    "ed into ",
    " came",
    "contained",
    "containing",
    "together with",
    "ionic liquid",
    "with or without",
    "without or with",
    "in the presence",
    "with and without",
    " plus ",
    "dissolved in",
    "stirred in",
    "given",
    "receiv",
    "spiked",
    "supplement",
    "enriched",
)
_JUST_ADDED = re.compile(
    r"\b\d[\d.]* ?(?:mg|mol ?%|wt ?%|mm|[µμ]l)\b[^.;]{0,60}\b(?:was|were) (?:also |then |further )?added\b"
    r"|\b(?:was|were) (?:also |then |further )?(?:added|included|introduced|incorporated) (?:at|in) (?:an? \w+ of )?\d[\d.]* ?(?:mg|mol ?%|wt ?%|mm\b)"
)
# A little of it, put into the ink: elsewhere it makes salts.
_ACID = re.compile(r"\d ?[µμ]l of [^.;]{0,40}\b(?:hydroiodic|hydriodic|hydrobromic) acid")

_FOLLOWING = 2  # sentences behind an ink's that may add to it
_IN_PARAGRAPH = 8  # of one that says "in the ink"
# "It was stirred, filtered and given 0.1% of X": the ink told right before.
_IT = re.compile(
    r"\s*(?:it|this|they|both|the (?:clear |yellow |final )*(?:liquid|mixture)) (?:was|were|is|are|also|then)\b"
)


def ink_sentences(chemistry: Chemistry) -> list[tuple[Sentence, bool]]:
    """(sentence, whether it lists an ink's salts) where an additive of the perovskite may be named."""
    sentences = chemistry.document.sentences
    inks = (
        chemistry.inks
        if all_control(chemistry)
        else [i for i in chemistry.inks if i.role != "control"]
    )
    own: set[int] = set()
    for ink in inks:
        for solution in (ink.first, ink.second, *ink.added):
            if solution is not None:
                own.add(solution.sentence.number)
    for sentence in chemistry.sentences_with_formulas:
        if chemistry.may_prepare(sentence) and not chemistry.is_beside(sentence):
            words = chemistry.document.words(sentence)
            if INK_SAID.search(words):
                own.add(sentence.number)
    own |= {s.number for s in sentences if dissolves_what_was_told(chemistry, s)}
    own |= {n + 1 for n in own if _goes_on(chemistry, n + 1)}
    found = [(sentences[n], True) for n in sorted(own)]
    near = {n + shift for n in own for shift in (-1, *range(1, _FOLLOWING + 1))} - own
    for n in sorted(near | _later_of_ink(chemistry, own)):
        if not 0 <= n < len(sentences) or not _may_go_on(chemistry, own, n):
            continue
        words = chemistry.document.words(sentences[n])
        is_just_added = n - 1 in own and _JUST_ADDED.search(words)
        is_acid_added = (
            is_just_added and not chemistry.is_aside(sentences[n]) and _ACID.search(words)
        )
        if chemistry.may_prepare(sentences[n]) or is_acid_added:
            is_of_ink = (
                is_just_added
                or (n - 1 in own and _IT.match(words))
                or (names_any(words, _INK_STEMS) and _INK.search(words))
            )
            if is_of_ink and is_added(words):
                found.append((sentences[n], False))
    return found


def _may_go_on(chemistry: Chemistry, own: set[int], number: int) -> bool:
    """Whether a sentence near an ink's, of the numbers `own`, may still tell of that ink."""
    if is_behind_layer(chemistry, own, number):
        return False
    is_next = number - 1 in own or number + 1 in own
    return is_next or is_of_perovskite(chemistry, chemistry.document.sentences[number])


# "To 1 mL of this solution", "The solution also contained"
_POINTS_BACK = re.compile(r"\b(?:this|that|the same|the said) (?:solution|mixture|ink)\b")


def is_behind_layer(chemistry: Chemistry, own: set[int], number: int) -> bool:
    """Whether a sentence points back to "this solution", and the one before it is of another layer's."""
    if not number or number - 1 in own:
        return False
    words = chemistry.document.words(chemistry.document.sentences[number])
    before = chemistry.document.words(chemistry.document.sentences[number - 1])
    return bool(_POINTS_BACK.search(words) and NO_INK.search(before))


def _later_of_ink(chemistry: Chemistry, own: set[int]) -> set[int]:
    """Numbers of later sentences of an ink's paragraph that speak of "the ink" or "the solution"."""
    document, found = chemistry.document, set()
    for n in own:
        for sentence in document.sentences[n + _FOLLOWING + 1 : n + _IN_PARAGRAPH + 1]:
            words = document.words(sentence)
            if NO_INK.search(words):
                break
            if OF_THE_INK.search(words):
                found.add(sentence.number)
    return found - own


# "• 8.4 mg MACl" below other salts; "Add SnF2 (0.09 mmol)" behind "Weigh FAI …"
_NEXT_ITEM = re.compile(r"\s*(?:[•·*–-]\s|\(?\d{1,2}[.)]\s|(?:then |next |also )?add\b)")


def _goes_on(chemistry: Chemistry, number: int) -> bool:
    """Whether a sentence behind an ink's is the next item of its list, with salts of its own."""
    sentences = chemistry.document.sentences
    if number >= len(sentences) or not chemistry.salts_in(sentences[number]):
        return False
    words = chemistry.document.words(sentences[number])
    return bool(_NEXT_ITEM.match(words)) and not NO_INK.search(words)


def is_added(words: str) -> bool:
    return names_any(words, _ADDED_STEMS) and bool(_ADDED.search(words))


def all_control(chemistry: Chemistry) -> bool:
    """Whether the target's ink is the control's with something more."""
    return all(ink.role == "control" for ink in chemistry.inks)

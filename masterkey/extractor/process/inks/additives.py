"""What is put into the perovskite's inks and does not build the lattice, by the database's names (issue 14)."""

import re
from itertools import pairwise

from masterkey.extractor.process.inks.additive_names import (
    Additive,
    known_additives,
    named_additives,
    weighed_additives,
)
from masterkey.extractor.process.inks.additive_salts import additive_salt
from masterkey.extractor.process.inks.dosed_additives import dosed_additives
from masterkey.extractor.process.inks.inks import Chemistry
from masterkey.extractor.process.inks.lacking_additives import lacking_additives
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.passages import names_any

_INK = re.compile(
    r"\b(?:solutions?|inks?|precursors?|mixture|perovskite|ionic liquid|additives?)\b|\b(?:of|to) (?:the )?(?:lead|pb|tin|sn)\b|same vial|mol[.-]? ?%|mixed in (?:shortly|just|right|before|last|later)"
)
_INK_SAID = re.compile(
    r"\b(?:inks?|solutions?|precursors?|dmf|dmso|gbl|nmp|gvl)\b|methoxyethanol|(?:butyro|valero)lactone|dimethyl ?(?:formamide|sulf|sulph)|pyrrolidone"
)
_ADDED = re.compile(
    r"\badd(?:ed|ing|ition|itive|s)?\b|\badditi|\badditives?\b|\bput in|mixed in(?:to\b|[.,;]| (?:shortly|just|right|before|last|later)\b)|weighed in|\bdop(?:ed|ant|ing)\b|mol[.-]?\s?%|wt[.-]?\s?%|vol[.-]?\s?%|\bequiv|introduc|incorporat|went into|\bto which\b|\binto which\b|\bco-?dissolved\b|\bmodified (?:by|with)\b|\blaced with\b|\b(?:in)?to (?:the|this|that|each|our) (?:[\w-]+ ){0,2}(?:ink|solution|precursor|mixture)\b(?:[^.;]|\.(?=\d)){0,60}? (?:went|came)\b|ed into (?:the|this|that|each|our) (?:[\w-]+ ){0,2}(?:ink|solution|precursor|mixture)\b|contained|together with|ionic liquid|with(?:out)? (?:or without|and without)|in the presence|\bplus\b"
    r"|\b(?:dissolved|stirred|put|mixed) in(?:to)? (?:it|them|this|that|the|each|every)\b|\b(?:given|receiv\w+|spiked|supplemented|enriched)\b"
)
# The finished film is treated, or another layer is spoken of.
_NO_INK = re.compile(
    r"on(?:to)? (?:top of )?the (?:[\w-]+ )?(?:perovskite|film|surface|layer)|surface treat|passivat|post-?treat|spiro|ptaa|p3ht|li-?tfsi|fk ?209|pcbm|pedot|sno2|tio2|zno\b|nio|suppl|purchas|\bbought\b|synthesi[sz]ed|antisolvent|anti-solvent|c60"
)
_INTO_INK = re.compile(
    r"\b(?:to|into|in) (?:the |this |that |each )?(?:perovskite |precursor )?(?:ink|precursor|precursor solution)\b|surfactant|ink (?:also )?contain"
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
)
# A little of it, put into the ink: elsewhere it makes salts.
_ACID = re.compile(r"\d ?[µμ]l of [^.;]{0,40}\b(?:hydroiodic|hydriodic|hydrobromic) acid")
# A clause on what was tried and left: "in preliminary experiments with urea we saw less benefit".
_CLAUSE_END = re.compile(r"; |, (?:and|but|while|whereas|though|although) |(?<=[a-z)%]): ")
_TRIED = re.compile(
    r"\b(?:preliminary|first|early|earlier|initial|exploratory|unsuccessful|pilot) (?:\w+ )?(?:experiments?|trials?|tests?|attempts?|runs?)\b|\b(?:was|were|had been|has been|also) (?:also )?tried\b"
    r"|\b(?:less|little|no) (?:\w+ )?(?:benefit|gain|effect|improvement)|\bdid not (?:help|improve)|\bgiven up\b|\babandoned\b|\bnot pursued\b"
)
_TRIED_STEMS = ("trial", "tri", "experiment", "test", "attempt", "runs", "benefit", "gain", "effect", "improve", "help", "given up", "abandon", "pursued")  # fmt: skip
_FOLLOWING = 2  # sentences behind an ink's that may add to it
_IN_PARAGRAPH = 8  # of one that says "in the ink"
# "Traces of X were in the ink", "urea is added to the said solution"
_OF_THE_INK = re.compile(
    r"\b(?:in|to|into|with) (?:the|this|that|each|every|all|said) (?:said |same |perovskite |precursor |target |mixed |final |whole |organic )*(?:inks?|precursors?|solutions?|mixture)\b(?! of)|\binks? (?:also )?(?:contain|ha[ds]|held|hold)"
)
# "It was stirred, filtered and given 0.1% of X": the ink told right before.
_IT = re.compile(
    r"\s*(?:it|this|they|both|the (?:clear |yellow |final )*(?:liquid|mixture)) (?:was|were|is|are|also|then)\b"
)


def perovskite_additives(
    chemistry: Chemistry, ions: frozenset[str] = frozenset()
) -> list[Additive]:
    """Additives of the target's inks, each once, in alphabetical order; chloride precursors are `Cl`.

    `ions` of the perovskite, where known: salts of an ink with a cation that is not among them are additives.
    """
    found: dict[str, Additive] = {}
    for sentence, is_ink in _ink_sentences(chemistry):
        for additive in _in_sentence(chemistry, sentence, is_ink, ions):
            found.setdefault(additive.name, additive)
    for sentence in _beside_inks(chemistry, found):
        for additive in dosed_additives(chemistry, sentence):
            found.setdefault(additive.name, additive)
    for additive in lacking_additives(chemistry):
        found.setdefault(additive.name, additive)
    for name in [name for name in found if any(_is_its_cation(name, other) for other in found)]:
        del found[name]
    if any(name.endswith("PbCl3") for name in found):
        found.pop("Cl", None)  # "MAPbCl3 (as MACl and PbCl2)"
    for formula in chemistry.formulas:
        if formula.has_chloride and "Cl" not in found:
            sentence = chemistry.document.sentence_at(formula.start)
            if chemistry.is_aside(sentence):
                continue
            if not sentence.is_study and sentence.kind not in ("characterisation", "stability"):
                found["Cl"] = Additive("Cl", formula.start, formula.end)
    return sorted(found.values(), key=lambda additive: additive.name.lower())


def _is_its_cation(name: str, salt: str) -> bool:
    """ "5-AVAI … this amounts to 3 mol% AVA": the salt's own cation."""
    return re.fullmatch(rf"(?:\d-)?{re.escape(name)}(?:I|Br|Cl|SCN|BF4)\d?", salt) is not None


def _beside_inks(chemistry: Chemistry, found: dict[str, Additive]) -> list[Sentence]:
    """Sentences right behind the target's inks of which no additive is known yet."""
    sentences = chemistry.document.sentences
    known = {chemistry.document.sentence_at(a.start).number for a in found.values()}
    beside = {
        ink.first.sentence.number + shift
        for ink in chemistry.inks
        if ink.role != "control" and not ink.is_evaporated
        for shift in (1, 2)
    }
    return [
        sentences[n]
        for n in sorted(beside - known)
        if n < len(sentences)
        and chemistry.may_prepare(sentences[n])
        and not _is_behind_layer(chemistry, known, n)
        and not chemistry.salts_in(sentences[n])
        and not _is_of_control(chemistry, sentences[n], chemistry.document.words(sentences[n]))
    ]


def _ink_sentences(chemistry: Chemistry) -> list[tuple[Sentence, bool]]:
    """(sentence, whether it lists an ink's salts) where an additive of the perovskite may be named."""
    sentences = chemistry.document.sentences
    inks = (
        chemistry.inks
        if _all_control(chemistry)
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
            if _INK_SAID.search(words):
                own.add(sentence.number)
    own |= {n + 1 for n in own if _goes_on(chemistry, n + 1)}
    found = [(sentences[n], True) for n in sorted(own)]
    near = {n + shift for n in own for shift in (-1, *range(1, _FOLLOWING + 1))} - own
    for n in sorted(near | _later_of_ink(chemistry, own)):
        if not 0 <= n < len(sentences) or _is_behind_layer(chemistry, own, n):
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
            if is_of_ink and _is_added(words):
                found.append((sentences[n], False))
    return found


# "To 1 mL of this solution", "The solution also contained"
_POINTS_BACK = re.compile(r"\b(?:this|that|the same|the said) (?:solution|mixture|ink)\b")


def _is_behind_layer(chemistry: Chemistry, own: set[int], number: int) -> bool:
    """Whether a sentence points back to "this solution", and the one before it is of another layer's."""
    if not number or number - 1 in own:
        return False
    words = chemistry.document.words(chemistry.document.sentences[number])
    before = chemistry.document.words(chemistry.document.sentences[number - 1])
    return bool(_POINTS_BACK.search(words) and _NO_INK.search(before))


def _later_of_ink(chemistry: Chemistry, own: set[int]) -> set[int]:
    """Numbers of later sentences of an ink's paragraph that speak of "the ink" or "the solution"."""
    document, found = chemistry.document, set()
    for n in own:
        for sentence in document.sentences[n + _FOLLOWING + 1 : n + _IN_PARAGRAPH + 1]:
            words = document.words(sentence)
            if _NO_INK.search(words):
                break
            if _OF_THE_INK.search(words):
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
    return bool(_NEXT_ITEM.match(words)) and not _NO_INK.search(words)


def _in_sentence(
    chemistry: Chemistry, sentence: Sentence, is_ink: bool, ions: frozenset[str]
) -> list[Additive]:
    words = chemistry.document.words(sentence)
    if _is_of_control(chemistry, sentence, words) and not (is_ink and _all_control(chemistry)):
        return []
    found = []
    # What other layers and treatments hold; an ink's sentence may name them beside its salts.
    if not is_ink and _NO_INK.search(words) and not _INTO_INK.search(words):
        return found
    for mention in chemistry.salts_in(sentence):
        name = additive_salt(chemistry, mention, words, is_ink, ions)
        if name:
            found.append(Additive(name, mention.start, mention.end))
    if _is_added(words):
        found += named_additives(chemistry, sentence)
    elif is_ink and _INK_SAID.search(words):
        found += known_additives(chemistry, sentence)
    if is_ink:
        found += weighed_additives(chemistry, sentence)
    tried = tried_clauses(words, sentence.start) if found else []
    return [a for a in found if not any(start <= a.start < end for start, end in tried)]


def tried_clauses(words: str, start: int) -> list[tuple[int, int]]:
    """Places of the clauses of lower-cased words, which begin at `start`, on what was tried and is in no cell."""
    if not names_any(words, _TRIED_STEMS) or not _TRIED.search(words):
        return []
    cuts = [match.start() for match in _CLAUSE_END.finditer(words)]
    clauses = pairwise([0, *cuts, len(words)])
    return [(start + a, start + b) for a, b in clauses if _TRIED.search(words, a, b)]


def _is_added(words: str) -> bool:
    return names_any(words, _ADDED_STEMS) and bool(_ADDED.search(words))


def _all_control(chemistry: Chemistry) -> bool:
    """Whether the target's ink is the control's with something more."""
    return all(ink.role == "control" for ink in chemistry.inks)


def _is_of_control(chemistry: Chemistry, sentence: Sentence, words: str) -> bool:
    if chemistry.role(sentence, sentence.start) != "control" or "target" in words:
        return False
    return not _CONTROL_LACKS.search(words)


# "1 mol% of SrI2 was added to this ink; control devices contain no strontium"
_CONTROL_LACKS = re.compile(
    r"^(?:(?!control|reference|pristine|baseline)[^;]){0,200}\badded\b(?:(?!control|reference|pristine|baseline)[^;]){0,120}(?:;|, (?:while|whereas|but|and)\b) (?:the )?(?:inks? of (?:the )?|that of (?:the )?)?(?:control|reference|pristine|baseline)\b[^;]{0,60}\b(?:no|without|none|nothing|not|lack\w*)\b"
)

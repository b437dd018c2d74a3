"""What is put into the perovskite's inks and does not build the lattice, by the database's names (issue 14)."""

import re
from itertools import pairwise

from masterkey.extractor.process.inks.abbreviated_additives import abbreviated_additives
from masterkey.extractor.process.inks.additive_names import (
    Additive,
    known_additives,
    named_additives,
    weighed_additives,
)
from masterkey.extractor.process.inks.additive_salts import additive_salt
from masterkey.extractor.process.inks.dosed_additives import dosed_additives
from masterkey.extractor.process.inks.ink_mentions import NO_INK, mentions_of_inks
from masterkey.extractor.process.inks.ink_sentences import (
    INK_SAID,
    all_control,
    ink_sentences,
    is_added,
    is_behind_layer,
)
from masterkey.extractor.process.inks.inks import Chemistry
from masterkey.extractor.process.inks.lacking_additives import lacking_additives
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.materials import materials
from masterkey.extractor.process.text.passages import names_any

_INTO_INK = re.compile(
    r"\b(?:to|into|in) (?:the |this |that |each )?(?:perovskite |precursor )?(?:ink|precursor|precursor solution|solution|mixture)\b|surfactant|ink (?:also )?contain"
)
# A clause on what was tried and left: "in preliminary experiments with urea we saw less benefit".
_CLAUSE_END = re.compile(r"; |, (?:and|but|while|whereas|though|although) |(?<=[a-z)%]): ")
_TRIED = re.compile(
    r"\b(?:preliminary|first|early|earlier|initial|exploratory|unsuccessful|pilot) (?:\w+ )?(?:experiments?|trials?|tests?|attempts?|runs?)\b|\b(?:was|were|had been|has been|also) (?:also )?tried\b"
    r"|\b(?:less|little|no) (?:\w+ )?(?:benefit|gain|effect|improvement)|\bdid not (?:help|improve)|\bgiven up\b|\babandoned\b|\bnot pursued\b"
)
_TRIED_STEMS = ("trial", "tri", "experiment", "test", "attempt", "runs", "benefit", "gain", "effect", "improve", "help", "given up", "abandon", "pursued")  # fmt: skip


def perovskite_additives(
    chemistry: Chemistry, ions: frozenset[str] = frozenset()
) -> list[Additive]:
    """Additives of the target's inks, each once, in alphabetical order; chloride precursors are `Cl`.

    `ions` of the perovskite, where known: salts of an ink with a cation that is not among them are additives.
    """
    found: dict[str, Additive] = {}
    for sentence, is_ink in ink_sentences(chemistry):
        for additive in _in_sentence(chemistry, sentence, is_ink, ions):
            found.setdefault(additive.name, additive)
    told = {chemistry.document.sentence_at(a.start).number for a in found.values()}
    for sentence in mentions_of_inks(chemistry, told):
        for additive in _in_sentence(chemistry, sentence, False, ions):
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
        and not is_behind_layer(chemistry, known, n)
        and not chemistry.salts_in(sentences[n])
        and not _is_of_control(chemistry, sentences[n], chemistry.document.words(sentences[n]))
    ]


def _in_sentence(
    chemistry: Chemistry, sentence: Sentence, is_ink: bool, ions: frozenset[str]
) -> list[Additive]:
    words = chemistry.document.words(sentence)
    if _is_of_control(chemistry, sentence, words) and not (is_ink and all_control(chemistry)):
        return []
    found = []
    # What other layers and treatments hold; an ink's sentence may name them beside its salts.
    if not is_ink and NO_INK.search(words) and not _INTO_INK.search(words):
        return found
    for mention in chemistry.salts_in(sentence):
        name = additive_salt(chemistry, mention, words, is_ink, ions)
        if name:
            found.append(Additive(name, mention.start, mention.end))
    if is_added(words):
        found += named_additives(chemistry, sentence)
    elif is_ink and INK_SAID.search(words):
        found += known_additives(chemistry, sentence)
    found = _with_short_names(found, abbreviated_additives(chemistry, sentence, is_ink))
    if is_ink:
        found += weighed_additives(chemistry, sentence)
    tried = tried_clauses(words, sentence.start) if found else []
    return [a for a in found if not any(start <= a.start < end for start, end in tried)]


def _with_short_names(found: list[Additive], short: list[Additive]) -> list[Additive]:
    """Of "zinc trifluoromethanesulfonate, Zn(OTf)2" the short name, unless the vocabulary has the long one."""
    kept = list(found)
    for one in short:
        same = [a for a in kept if a.start <= one.end and 0 <= one.start - a.end < _APART]
        if any(" " in a.name and a.name not in materials().roles for a in same):
            kept = [a for a in kept if a not in same]
            same = []
        if not same and not any(
            a.name == one.name or a.start < one.end > one.start < a.end for a in kept
        ):
            kept.append(one)
    return kept


_APART = 4  # characters between a long name and its short one


def tried_clauses(words: str, start: int) -> list[tuple[int, int]]:
    """Places of the clauses of lower-cased words, which begin at `start`, on what was tried and is in no cell."""
    if not names_any(words, _TRIED_STEMS) or not _TRIED.search(words):
        return []
    cuts = [match.start() for match in _CLAUSE_END.finditer(words)]
    clauses = pairwise([0, *cuts, len(words)])
    return [(start + a, start + b) for a, b in clauses if _TRIED.search(words, a, b)]


def _is_of_control(chemistry: Chemistry, sentence: Sentence, words: str) -> bool:
    if chemistry.role(sentence, sentence.start) != "control" or "target" in words:
        return False
    return not _CONTROL_LACKS.search(words)


# "1 mol% of SrI2 was added to this ink; control devices contain no strontium"
_CONTROL_LACKS = re.compile(
    r"^(?:(?!control|reference|pristine|baseline)[^;]){0,200}\badded\b(?:(?!control|reference|pristine|baseline)[^;]){0,120}(?:;|, (?:while|whereas|but|and)\b) (?:the )?(?:inks? of (?:the )?|that of (?:the )?)?(?:control|reference|pristine|baseline)\b[^;]{0,60}\b(?:no|without|none|nothing|not|lack\w*)\b"
)

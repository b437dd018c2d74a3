"""Layers told in notes, without a verb, and films of which no method is told."""

import re

from masterkey.extractor.process.layers.assignments import spans_of
from masterkey.extractor.process.layers.items import PEROVSKITE, Item
from masterkey.extractor.process.layers.operation import Operation, operation_of
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.methods import GENERIC, MethodMention

_NOTED = re.compile(r"\W{0,4}(?:\([^()]{0,60}\)\W{0,3})?(?:about |ca\. )?\d+(?:\.\d+)? ?[nµμ]m\b")
_NOTED_BEFORE = re.compile(r"\b\d+(?:\.\d+)? ?nm(?: of| thick)? $")
_FIRST_CHARACTERS = 12
_ROLE_LENGTH = 60


def noted_layers(document: Document, sentence: Sentence, items: list[Item]) -> list[Operation]:
    """ "C60 20 nm (0.3 Å/s); BCP 8 nm; Ag 100 nm": layers with their thickness and no verb."""
    own = [
        i
        for i in items
        if i.is_layer
        and (
            _NOTED.match(document.lower, i.end)
            or _NOTED_BEFORE.search(document.lower, max(i.start - 16, 0), i.start)
        )
    ]
    if (
        not own
        or own[0].start - sentence.start > _FIRST_CHARACTERS
        or _VERBS.search(document.words(sentence))
    ):
        return []
    method = MethodMention(_method_of_list(document, sentence), own[0].start, own[0].end)
    return [operation_of([item.name for item in own], method, sentence, spans_of(own))]


_BULLET = re.compile(r"\W*(?:[-•–·*]|\(?[a-f1-6i]{1,3}[.)])\s")
_LONGEST_LIST = 8  # sentences


def _method_of_list(document: Document, sentence: Sentence) -> str:
    """The method that the sentence before a list names for its members: "… by screen printing: – TiO2, 600 nm; – carbon, 18 µm"."""
    if not _BULLET.match(document.words(sentence)):
        return "Deposition"
    for before in reversed(
        document.sentences[max(sentence.number - _LONGEST_LIST, 0) : sentence.number]
    ):
        words = document.words(before)
        if _BULLET.match(words):
            continue
        named = [m for m in document.inside(document.methods, before) if m.name not in GENERIC]
        return (
            named[-1].name
            if named and words.rstrip().endswith((":", " of", " are", " were"))
            else "Deposition"
        )
    return "Deposition"


_ROLE = re.compile(
    r"\b(?:hole|electron)[- ](?:transport|conduct|select|extract|collect)\w*(?: (?:layers?|materials?|contacts?))?(?: (?:was|were|is|are|consist\w* of)(?: an?| the)? |, )$"
)


# "Silver, 100 nm, was the top contact", "As hole-transporting material, X (Merck) was used", "X served as HTL"
_ROLE_BEHIND = re.compile(
    r"(?: ?\([^()]{0,60}\))?,?(?: (?:about )?[\d.]+ ?[nµμ]m(?: thick)?,?)? (?:was|were|is|served|serves|acted|acts|functioned|works?|worked)"
    r"(?: then| finally| here| again)?(?: (?:used|employed|chosen|taken|applied|selected))? ?(?:as )?(?:the |an? |our )?(?:[\w-]+ ){0,2}?"
    r"(?:(?P<hole>hole[- ](?:transport|conduct|select|extract|collect)\w*|ht[lm]s?\b)|(?P<electron>electron[- ](?:transport|conduct|select|extract|collect)\w*|et[lm]s?\b)|(?P<contact>(?:top|back|rear|counter|metal)[- ]?(?:contact|electrode)s?\b|(?:contact|electrode)s?\b|cathode|anode))"
)


def _suits(item: Item, behind: re.Match) -> bool:
    """Whether what a name is called behind it may be said of it."""
    part = {"hole": "HTL", "electron": "ETL", "contact": "Backcontact"}[behind.lastgroup]
    return item.roles.get(part, 0) == max(item.roles.values())


# "The electrode is copper, 120 nm": not what light comes through.
_CONTACT = re.compile(
    r"(?<!bottom )(?<!front )(?<!transparent )(?<!working )(?<!lower )\b(?:electrodes?|contacts?|cathodes?|anodes?|metalli[sz]ation) (?:was|were|is|are|consist\w* of|came from)(?: an?| the)?(?: [\d.]+ ?nm)?(?: thick| of)* $"
)
_FIRST_UNDER = re.compile(
    r"\b(?:on|over|onto|atop) an? \d+(?:\.\d+)? ?nm[- ](?:thick )?(?:thin )?$"
)
_IN_BRACKETS = re.compile(r" (?:films? |layers? )?\([^()]*\)")


def layers_told_under(
    document: Document, sentence: Sentence, items: list[Item], told: set[str]
) -> list[Operation]:
    """ "X was spun on a 30 nm compact TiO2 (sprayed at 450 °C)": a layer that only this tells of."""
    found = []
    for item in items:
        before = document.lower[max(item.start - _ROLE_LENGTH, sentence.start) : item.start]
        if not item.is_layer or item.name in told or not _FIRST_UNDER.search(before):
            continue
        brackets = _IN_BRACKETS.match(document.lower, item.end)
        inside = brackets.span() if brackets else (item.end, item.end)
        own = [m for m in document.methods if inside[0] <= m.start < inside[1]]
        method = own[0] if own else MethodMention("Deposition", item.start, item.end)
        found.append(operation_of([item.name], method, sentence, spans_of([item])))
    return found


_HEATED_ON = re.compile(
    r" (?:\([^()]*\) )?on (?:the )?(?:ito|fto|glass|substrates?) (?:was|were) (?:dried|annealed|baked|heated)\b"
)


def layers_by_role(document: Document, sentence: Sentence, items: list[Item]) -> list[Operation]:
    """ "The hole conductor was spiro-OMeTAD, 73 mg in 1 mL of chlorobenzene": a layer of which no method is told."""
    for item in items:
        before = document.lower[sentence.start : item.start]
        heated = item.is_layer and _HEATED_ON.match(document.lower[item.end : sentence.end])
        is_contact = "Backcontact" in item.roles and _CONTACT.search(before[-_ROLE_LENGTH:])
        is_told = item.is_layer and _ROLE.search(before[-_ROLE_LENGTH:])
        behind = item.is_layer and _ROLE_BEHIND.match(document.lower, item.end, sentence.end)
        is_told = is_told or (behind and _suits(item, behind))
        if heated or is_contact or is_told:
            method = MethodMention("Deposition", item.start, item.end)
            return [operation_of([item.name], method, sentence, spans_of([item]))]
    return []


_VERBS = re.compile(r"\b(?:was|were|is|are|has|have|had|been|shows?|gives?|gave)\b")


def film_without_method(
    document: Document, items: list[Item], sentence: Sentence
) -> list[Operation]:
    """ "The perovskite film was vacuum-flashed and annealed at …": a film, however it was made."""
    film = next((item for item in items if item.name == PEROVSKITE), None)
    if film is None or not _FILM_BEHIND.match(document.lower, film.end):
        return []
    method = MethodMention("Deposition", film.start, film.end)
    return [operation_of([PEROVSKITE], method, sentence, [(film.start, film.end)])]


_FILM_BEHIND = re.compile(r"[\s-]*(?:wet |precursor )?(?:films?|layers?)\b| (?:was|is)\b|: ")

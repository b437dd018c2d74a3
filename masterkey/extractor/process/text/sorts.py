"""Sorts of devices that a text counts up: "type I … type II", "(i) … (ii)", "named A, B and C", "A, B or C"."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.passages import sentences_naming

_KINDS = re.compile(
    r"\b(?P<count>two|three|four|five) (?:different )?(?:kinds|types|sorts|variants) of (?P<of>[\w -]{3,60})"
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5}
_OF_DEVICES = re.compile(r"cell|device|hole|electron|transport|contact|oxide|monolayer")
_LISTED = re.compile(r"^\W*\((?:i{1,3}|iv|v|[a-e1-5])\)\s*")
_TYPE = re.compile(r"\b[Tt]ypes? (?P<label>[A-E]|I{1,3}|IV)\b(?!-)")
_NAMED = re.compile(
    r"\b(?:named|called|labell?ed|denoted|termed|referred to as) (?P<names>[A-Z][\w-]{0,11}(?:, [A-Z][\w-]{0,11})* and [A-Z][\w-]{0,11})"
)
_QUOTED = re.compile(
    r"\b(?:cells|devices) (?:named|called|labell?ed|denoted|termed) [\"“”']?(?P<name>[\w-]{2,20})[^.;]*"
)
_NICKNAMES = re.compile(r"\([\"“”](?P<name>[\w-]{2,20} (?:cells|devices))[\"“”]\)")
_NUMBERED = re.compile(
    r"(?:^|\n|[;.:,]\s)\W{0,3}(?P<label>(?:[Dd]evice|[Cc]ell|[Cc]onfiguration|[Ss]eries|[Gg]roup|[Ss]ample|[Vv]ariant) (?P<n>[1-5A-E]))(?= ?(?:[:=|\t–—]|\()| (?:had|has|have|was|is|were|use[ds]|contain|combin|receiv|includ|consist|compris|lack|with|got|carri|differ|correspond|serve))"
)
_BEST = re.compile(r"\b(?:targets?|champion|best|optimi[sz]ed|highest|main)\b")
_ORDER = {"A": 0, "I": 0, "B": 1, "II": 1, "C": 2, "III": 2, "D": 3, "IV": 3, "E": 4}
_MOST = 5
_APART = 2  # sentences between two members of a list
_LIST_LENGTH = 12  # sentences behind "three kinds of" in which its members begin
_NO_LAYER = re.compile(r"\bno (?:hole|electron)[ -](?:conduct|transport)")
_ROLE_LABEL = re.compile(r"\((?:the )?(?:target|control)s?\)")  # they say which is which
_BETWEEN = re.compile(r"^(?:\s?\([^()]{0,80}\))?,?(?: or(?: with)?)? ?$")


@dataclass
class Sort:
    """`passages`: places [start, end) that speak of this sort alone."""

    name: str
    passages: list[tuple[int, int]] = field(default_factory=list)
    label: str = ""


_OTHERS = re.compile(
    r"\b(?:controls?|references?|for comparison|to compare)\b|\binstead of [^.;]{2,40} (?:in|for|on) (?:some|a few|part|half)(?: of)?(?: the| our)? (?:devices|cells|samples)\b"
)
_TARGETS = re.compile(r"\btargets?\b|\bchampion\b|\bbest (?:cells|devices)")


# "Some devices got TiO2 by spray pyrolysis in its place", "In another batch PCBM was spin-coated"
OF_SOME = re.compile(
    r"\W*(?:in |for )?(?:(?:some|a few|other|another|further|additional)(?: of (?:the|our))? (?:further |more )?(?:devices|cells|batch(?:es)?|series|sets?|groups?|variants?|versions?)|(?:a|the) (?:second|third|fourth) (?:variant|version))\b"
)


# "For the LEDs of Chapter 5, TaTm was doped with F6-TCNNQ"
OTHER_KINDS = re.compile(
    r"\W*(?:in|for|as for) (?:the |our |all )?(?:[\w-]+ ){0,2}?(?:leds?|light-emitting \w+|(?:field-effect )?transistors?|o?fets|photodetectors?|photodiodes?|lasers?|organic (?:solar )?cells|hole-only \w+|electron-only \w+)\b(?! (?:and|or) (?:solar )?cells)"
)


def is_of_others(document: Document, sentence: Sentence) -> bool:
    """Whether a sentence tells of a control or of another sort than the target's."""
    words = document.words(sentence)
    if OTHER_KINDS.match(words):
        return True
    if (_OTHERS.search(words) or OF_SOME.match(words)) and not _TARGETS.search(words):
        return True
    return is_of_sort(document, sentence)


def is_of_sort(document: Document, sentence: Sentence, place: int | None = None) -> bool:
    """Whether a sentence, or what stands at a place in it, tells of another sort than the target's."""
    start = sentence.start if place is None else place
    return any(a <= start < b for sort in sorts_of(document) for a, b in sort.passages)


@once
def sorts_of(document: Document) -> list[Sort]:
    """All sorts but the first, which is the target's; [] where the text counts up none."""
    return (
        _types(document) or _numbered(document) or _kinds(document) or _named(document)
        or _nicknamed(document) or _listed(document)
    )  # fmt: skip


def _numbered(document: Document) -> list[Sort]:
    """ "Device 1: PTAA …; Device 2: 2PACz …": each up to the next; the target is the one called so, else the first."""
    first = {
        head["label"].lower(): head for head in reversed(list(_NUMBERED.finditer(document.text)))
    }
    heads = sorted(first.values(), key=lambda head: head.start())[: _MOST + 1]
    numbers = [_ORDER.get(head["n"], ord(head["n"]) - ord("1")) for head in heads]
    if not 2 <= len(heads) <= _MOST or numbers != list(range(len(heads))):
        return []
    starts = [head.start("label") for head in heads]
    line = document.text.find("\n", starts[-1])
    end = len(document.text) if line < 0 else line
    if sum(b - a == 1 for a, b in pairwise(document.text.count("\n", 0, s) for s in starts)) == 0:
        end = min(end, document.sentence_at(starts[-1]).end)
    places = list(pairwise([*starts, end]))
    own = _target_of(document, [head["label"] for head in heads], starts[0])
    return [
        Sort(heads[n]["label"], [place], heads[n]["label"].lower())
        for n, place in enumerate(places)
        if n != own
    ]


def _target_of(document: Document, labels: list[str], start: int) -> int:
    """Which of the labels the list, or the text behind it, calls its target or its best."""
    forms = [
        re.compile(rf"(?<![\w-]){re.escape(label.lower())}(?![\w-])(?! (?:area|with))")
        for label in labels
    ]
    for sentence in document.sentences[document.sentence_at(start).number :]:
        words = document.words(sentence)
        named = [n for n, form in enumerate(forms) if form.search(words)]
        if len(named) == 1 and _BEST.search(words):
            return named[0]
    return 0


def _kinds(document: Document) -> list[Sort]:
    """ "Three kinds of X were compared. (i) … (ii) … (iii) …", or a sentence for each."""
    for sentence in sentences_naming(document, ("kinds of", "types of", "sorts of", "variants of")):
        match = _KINDS.search(document.words(sentence))
        if not match or not sentence.fabricates or not _OF_DEVICES.search(match["of"]):
            continue
        if any(_ROLE_LABEL.search(document.words(s)) for s in _paragraph(document, sentence)):
            continue
        rest = document.sentences[sentence.number + 1 : sentence.number + _LIST_LENGTH]
        heads = [s for s in rest if _LISTED.match(document.words(s))]
        if len(heads) < 2:
            heads = [s for s in _paragraph(document, sentence) if _begins_with_layer(document, s)]
            numbers = [sentence.number, *(s.number for s in heads)]
            if any(b - a > _APART for a, b in pairwise(numbers)):
                continue
        if len(heads) == _COUNTS[match["count"]]:
            places = list(pairwise([*(s.start for s in heads), heads[-1].end]))
            # "Two kinds of cells were made for comparison": none of them is the target's.
            others = places if _OTHERS.search(document.words(sentence)) else places[1:]
            return [Sort(_first_words(document, a), [(a, b)]) for a, b in others]
    return []


def _begins_with_layer(document: Document, sentence: Sentence) -> bool:
    if _NO_LAYER.search(document.words(sentence)):
        return True
    return any(
        m.start - sentence.start < 40 and m.is_mostly_transport
        for m in document.inside(document.mentions, sentence)
    )


_COMPARED = re.compile(
    r"\b(?:two|three|four|five|several|different|various) (?:[\w-]+ ){0,4}(?:materials|conductors|molecules|polymers|[eh]t[lm]s|layers|monolayers|sams)\b[^.:;]{0,40}\b(?:compared|tested|tried|used|studied|examined|investigated|employed|spin-coated|deposited)\b[^.:;]{0,60}:"
    r"|\b(?:two|three|four|five|several) (?:series|kinds|sets|groups|types|batches|sorts) of (?:\w+ )?(?:cells|devices)\b[^.:;]{0,20}\bdiffer\w*\b(?:[^.:;]|\.\d){0,120}:"
)
_MEMBER = re.compile(r"\((?:i{1,3}|iv|v|[a-e1-5])\)\s*")


def _listed(document: Document) -> list[Sort]:
    """ "Three materials were compared: (i) P3HT …; (ii) PTAA …; (iii) …": a sort each, but for the first or the best."""
    for sentence in sentences_naming(document, ("(i)", "(a)", "(1)")):
        match = _COMPARED.search(document.words(sentence)) if sentence.fabricates else None
        if match is None:
            continue
        behind = sentence.start + match.end()
        members = list(_MEMBER.finditer(document.lower, behind, sentence.end))
        if not 2 <= len(members) <= _MOST:
            continue
        names = [_first_words(document, member.start()) for member in members]
        own = _target_of(document, names, sentence.end)
        places = list(pairwise([*(member.start() for member in members), sentence.end]))
        return [Sort(names[n], [span]) for n, span in enumerate(places) if n != own]
    return []


def _paragraph(document: Document, sentence: Sentence) -> list[Sentence]:
    end = document.text.find("\n", sentence.start + 1)
    end = len(document.text) if end < 0 else end
    return [s for s in document.sentences[sentence.number + 1 :] if s.start < end]


def _first_words(document: Document, start: int) -> str:
    words = _LISTED.sub("", document.text[start : start + 100]).strip()
    return " ".join(re.split(r"[,.;:(]", words)[0].split()[:6])


def _types(document: Document) -> list[Sort]:
    """ "type A … type B": each with the sentences and sections that name it alone."""
    places: dict[str, list[Sentence]] = {}
    for sentence in sentences_naming(document, ("type ",)):
        for match in _TYPE.finditer(document.text, sentence.start, sentence.end):
            places.setdefault(match["label"], []).append(sentence)
    labels = sorted(places)
    if not 2 <= len(labels) <= _MOST or [_ORDER[label] for label in labels] != list(range(len(labels))):  # fmt: skip
        return []
    every = [s for own in places.values() for s in own]
    if not any(re.search(r"\b(?:cells|devices)\b", document.words(s)) for s in every):
        return []
    return [sort for label in labels[1:] if (sort := _labelled(document, f"type {label}"))]


def _named(document: Document) -> list[Sort]:
    """ "Below they are named A, B and C", "devices called X"."""
    for sentence in sentences_naming(document, ("named ", "called ", "denoted ", "labelled ", "labeled ", "termed ", "referred to as ")):  # fmt: skip
        if not sentence.fabricates:
            continue
        match = _NAMED.search(document.text, sentence.start, sentence.end)
        names = re.split(r", | and ", match["names"]) if match else []
        cells = any(
            re.search(rf"\b{re.escape(name)} (?:films|devices|cells)\b", document.text)
            for name in names[1:]
        )
        if 2 <= len(names) <= _MOST and cells:
            return [sort for name in names[1:] if (sort := _labelled(document, name))]
    return []


def _nicknamed(document: Document) -> list[Sort]:
    """ "… grown in a bath ("bath cells") … with particles ("particle cells")": the first is the target's.

    The others are told where they are named alone, up to the end of the line behind a title.
    """
    names = [match["name"] for match in _NICKNAMES.finditer(document.lower)]
    names = list(dict.fromkeys(names))[: _MOST + 1]
    if not 2 <= len(names) <= _MOST:
        return []
    sorts = {name: Sort(name, [], name) for name in names}
    for sentence in document.sentences:
        words = document.words(sentence)
        told = [name for name in names if name in words]
        if len(told) != 1 or not sentence.fabricates:
            continue
        end = sentence.end
        if document.is_heading(sentence) or document.paragraph_title(sentence) == words.strip():
            line = document.text.find("\n", end)
            end = len(document.text) if line < 0 else line
        sorts[told[0]].passages.append((sentence.start, end))
    return [sort for sort in list(sorts.values())[1:] if sort.passages]


def quoted_of(document: Document) -> list[Sort]:
    """ "devices named X did receive …": one sort each, its passage the clause."""
    found = []
    for sentence in sentences_naming(document, ("named ", "called ", "denoted ", "labelled ", "labeled ")):  # fmt: skip
        for match in _QUOTED.finditer(document.text, sentence.start, sentence.end):
            found.append(Sort(match["name"], [match.span()], match["name"].lower()))
    return found


def _labelled(document: Document, label: str) -> Sort | None:
    """The sort with the sentences and sections that speak of its label and of no other of its row."""
    pattern = re.compile(rf"\b{re.escape(label)}\b", re.IGNORECASE)
    numbers = set()
    for sentence in document.sentences:
        if pattern.search(document.text, sentence.start, sentence.end):
            alone = len(set(_TYPE.findall(document.text, sentence.start, sentence.end))) <= 1
            if alone and sentence.fabricates:
                numbers.add(sentence.number)
    for section in document.sections:
        if pattern.search(section.title):
            numbers.update(
                s.number for s in document.sentences if section.start <= s.start < section.end
            )
    places = [(document.sentences[n].start, document.sentences[n].end) for n in sorted(numbers)]
    return Sort(label, places, label.lower()) if places else None


def alternatives_of(document: Document, layers: frozenset[str]) -> list[Sort]:
    """ "A, B or C was spin-coated": those that are not among the target's `layers`."""
    for sentence in sentences_naming(document, (" or ",)):
        if not sentence.fabricates or sentence.is_study:
            continue
        row, n_of_target = [], 0
        for mention in document.inside(document.mentions, sentence):
            carries = max(mention.roles.get("HTL", 0), mention.roles.get("ETL", 0))
            carries = max(carries, mention.roles.get("Backcontact", 0))
            if carries < max(mention.roles.values(), default=0) or carries <= mention.roles.get(
                "Substrate", 0
            ):
                continue  # a dopant, a solvent
            between = document.text[row[-1].end : mention.start] if row else ""
            if not (row and _BETWEEN.match(between)):
                row, n_of_target = [], 0
            row.append(mention)
            n_of_target += mention.name in layers
            if " or " in between and 0 < n_of_target < len(row):
                others = {m.name: m for m in row if m.name not in layers}
                if others and len(others) < len(row):
                    return [
                        Sort(document.text[m.start : m.end], [(m.start, m.end)])
                        for m in others.values()
                    ]
    return []

"""Sentences cut where they pass from one labelled device to the next: "A kept 78%, B 91%" (issue 14)."""

import re
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.label_lists import Clause, shared_in_order
from masterkey.extractor.process.text.label_places import (
    BRACKETS,
    VERB,
    behind_preposition,
    behind_verb,
    end_of_last,
    share_verb,
    stand_last,
    start_of_first,
)
from masterkey.extractor.process.text.label_rows import Group

NOUN_BEHIND = re.compile(
    r"(?:devices?|cells?|samples?|types?|groups?|series|batch|configuration)\s$"
)
_SEMICOLON = re.compile(r";(?![^()]*\))| (?=[•■▪●] )|(?<= [a-f]\.) (?=\w)|(?<= i\.) (?=\w)")
_OPPOSED = re.compile(r",? (?:while|whereas) |, but ")
SAME_AS = re.compile(
    r"\b(?:(?<!to )(?<!labelled )(?<!labeled )(?<!denoted )(?<!named )(?<!marked )(?<!coded )(?<!termed )(?<!designated )(?<!abbreviated )as|like|identical to|same as)\b[^.;,]{0,20}$"
)
_ALL_BUT = re.compile(
    r"\b(?:except(?:ing)?|but|other than|apart from|excluding|save)(?: for| in| of| on)?(?: the)?(?: [a-z]+)?\s?$"
)
_BOUNDARY = re.compile(
    r"[,:]? (?:and |or )?(?:while|whereas|but) |, (?:and|or) |,? (?:and )(?=(?:for|in|on|of) )|, (?=(?:for|in|on|with) )|, "
)
_PRONOUN = re.compile(
    r"\W*(?:it|this (?:solution|layer|film|treatment|salt|step|device|cell)|the latter)\b"
)
_IT = re.compile(r"\b(?:it|they)\b")


def clauses_of(document: Document, groups, n_labels: int) -> list[Clause]:
    """What tells of some of `n_labels` devices and not of all, in the order of the text, by where `groups` name them."""
    found: list[Clause] = []
    before: Clause | None = None
    titled, lines = 0, _heads_of_lines(document, groups)
    order: list[int] = []  # of the labels in the last sentence that names some
    for sentence in document.sentences:
        if sentence.start < titled:
            continue
        own = [g for g in groups if sentence.start <= g.start < sentence.end]
        told = _of_title(document, sentence, own, n_labels, lines, groups)
        titled = told[0].end if told else titled
        told = told or list(clauses_in(document, sentence, own, n_labels))
        begins = document.begins_paragraph(sentence)
        if not own and before and not begins and _PRONOUN.match(document.words(sentence)):
            told = [Clause(sentence.start, sentence.end, before.labels)]
        whole = len(told) == 1 and told[0].start == sentence.start
        before = told[0] if whole else None
        found += told
        found += shared_in_order(document, sentence, own, n_labels, order)
        order = list(dict.fromkeys(n for g in own for n in g.labels)) if own else order
    return found


_HEADS = re.compile(r"\W*(?:[A-Za-z]+ )?")  # "Device " before the label …
_PERFORMS = re.compile(
    r"\b(?:was|were|is|are|had|has|gave|performed|showed|proved|reached|served|worked|turned)\b"
)
_HEADED = re.compile(r"\s?(?:\([^()]{1,40}\))?[.:]\s")  # … and what parts it from the text


def _of_title(
    document: Document,
    sentence: Sentence,
    groups: list[Group],
    n_labels: int,
    lines: set[int],
    every,
) -> list[Clause]:
    """What stands under a title that names one of the devices."""
    title = document.words(sentence).strip()
    if not groups or not 0 < len(set(groups[0].labels)) < n_labels:
        return []
    labels = frozenset(groups[0].labels)
    if "\t" in title or title.startswith("|"):
        return [Clause(sentence.start, sentence.end, labels)]  # of a table
    if len(groups) == 1 and document.is_heading(sentence) and not _PERFORMS.search(title):
        end = document.section_at(sentence.start).end
        return [Clause(sentence.start, _next_head(document, sentence, end, every), labels)]
    heads = _HEADS.fullmatch(document.text[sentence.start : groups[0].start])
    if (
        heads
        and sentence.number in lines
        and _HEADED.match(document.text, groups[0].end)
        and document.begins_paragraph(sentence)
    ) or (document.paragraph_title(sentence) == title != ""):
        end = _end_of_paragraph(document, sentence)
        return [Clause(sentence.start, _next_head(document, sentence, end, every), labels)]
    return []


def _next_head(document: Document, sentence: Sentence, end: int, groups) -> int:
    """Where, before `end`, a sentence begins with the label of another device: "D1: bare SnO2. D2: SnO2:KCl."."""
    own = {n for g in groups if sentence.start <= g.start < sentence.end for n in g.labels}
    for group in groups:
        if sentence.end <= group.start < end and not own & set(group.labels):
            other = document.sentence_at(group.start)
            behind = document.text[group.end : group.end + 1]
            if behind == ":" and not document.text[other.start : group.start].strip():
                return other.start
    return end


def _end_of_paragraph(document: Document, sentence: Sentence) -> int:
    """Where the next line or title begins."""
    for other in document.sentences[sentence.number + 1 :]:
        if document.begins_paragraph(other) or document.is_heading(other):
            return other.start
    return len(document.text)


def _heads_of_lines(document: Document, groups) -> set[int]:
    """Numbers of the sentences that begin a line with the label of one device: two at least, of different ones."""
    heads = {}
    for group in groups:
        sentence = document.sentence_at(group.start)
        if len(set(group.labels)) == 1 and document.begins_paragraph(sentence) and _HEADS.fullmatch(document.text[sentence.start : group.start]):  # fmt: skip
            heads[sentence.number] = group.labels
    return set(heads) if len(set(heads.values())) > 1 else set()


def clauses_in(
    document: Document, sentence: Sentence, groups: list[Group], n_labels: int
) -> Iterator[Clause]:
    """What a sentence tells of some of the labels that `groups` name in it, and not of all."""
    words = document.lower
    cuts = [m.end() for m in _SEMICOLON.finditer(words, sentence.start, sentence.end)]
    for match in _OPPOSED.finditer(words, sentence.start, sentence.end):
        if any(g.start < match.start() for g in groups) and any(
            g.start >= match.end() for g in groups
        ):
            cuts.append(match.start())
    before: frozenset[int] | None = None  # of which the part before tells
    for start, end in pairwise([sentence.start, *sorted(cuts), sentence.end]):
        own = [
            (g.start, g.end, labels)
            for g in groups
            if start <= g.start < end
            and (labels := _meant(document, start, g, n_labels))
            and 0 < len(labels) < n_labels
        ]
        named = any(start <= g.start < end for g in groups)
        if not named and before is not None and _IT.search(words, start, min(start + 40, end)):
            yield Clause(start, end, before)  # "A K2 device was aged; after 800 h it had …"
            continue
        before = own[0][2] if len(own) == 1 and named else None
        if len(own) == 1:
            yield _of_one(words, start, end, *own[0])
        elif own:
            yield from _of_several(document, start, end, own)


def _meant(document: Document, start: int, group: Group, n_labels: int) -> frozenset[int]:
    """The devices of a group: all others where it is excepted; none where another one is likened to it."""
    before = document.lower[max(start, group.start - 40) : group.start]
    before = NOUN_BEHIND.sub("", before)
    labels = frozenset(group.labels)
    if _ALL_BUT.search(before) and re.search(
        r"\b(?:all|any|every|each|both|no other)\b", document.lower[start : group.start]
    ):
        return frozenset(range(n_labels)) - labels
    if SAME_AS.search(before) and not _is_reason(document, start, group):
        return frozenset()
    return labels


_SINCE = re.compile(r"\W*as (?:the )?(?:[a-z]+ )?$")
_DID = re.compile(
    r"(?: (?:device|cell|film|sample)s?)? (?:was|were|is|are|has|had|gave|gives?|showed|shows?|reach\w*|perform\w*|prov\w+|turned|yield\w*|deliver\w*|outperform\w*|work\w*)\b"
)


def _is_reason(document: Document, start: int, group: Group) -> bool:
    """ "As B gave the highest efficiency, …": here "as" likens nothing."""
    return bool(
        _SINCE.fullmatch(document.lower, start, group.start)
        and _DID.match(document.lower, group.end)
    )


def _of_one(words: str, start: int, end: int, first: int, _: int, labels: frozenset[int]) -> Clause:
    """From the last pause before the label behind which a verb stood, to the end."""
    pauses = [
        m
        for m in _BOUNDARY.finditer(words, start, first)
        if VERB.search(words, start, m.start()) and m[0] != ", "
    ]
    return Clause(pauses[-1].start() if pauses else start, end, labels)


def _of_several(document: Document, start: int, end: int, groups) -> Iterator[Clause]:
    """One clause for each group of labels, parted at pauses; labels stand first in their clauses or last."""
    words = document.lower
    if all(map(partial(_is_aside, words), groups)):
        yield from _of_asides(document, start, groups)
        return
    is_shared = share_verb(words, start, end, groups)
    is_last = is_shared or stand_last(document, start, end, groups)
    edges = []
    for (_, a, _), (b, _, _) in pairwise(groups):
        pauses = list(_BOUNDARY.finditer(words, a, b))
        pauses = pauses or list(re.finditer(r" (?:and|or|/) |/|, ?", words[a:b]))
        if not pauses:
            edges.append(a if is_last else b)
        elif words[a : a + 1] and pauses[0].re is _BOUNDARY:
            edges.append(pauses[0].start() if is_last else pauses[-1].start())
        else:
            edges.append(a + (pauses[0].start() if is_last else pauses[-1].start()))
    starts = behind_verb if is_last else start_of_first
    starts = behind_preposition if is_shared else starts
    first = starts(words, start, groups[0][0])
    closed = words[groups[-1][1] : end].startswith(")")  # "(…; devices S2)"
    last = groups[-1][1] + closed if is_last else end_of_last(words, groups[-1][1], end)
    for (a, b), (_, _, labels) in zip(pairwise([first, *edges, last]), groups, strict=True):
        yield Clause(a, b, labels)


_OPENING = re.compile(
    r"\((?:[^()]{1,25}[,;] )?(?:the |denoted |called |named |as |[a-z]+ )?[\"“‘']?$"
)
_PREPOSITION = re.compile(
    r"\b(?:with|of|from|in|by|at|on|using|as|for|was|were|is|are|either|contain\w*|received|got|had|has) |[,:] "
)


def _is_aside(words: str, group: tuple[int, int, frozenset[int]]) -> bool:
    """Whether a label stands alone in brackets behind what it stands for."""
    start, end, _ = group
    return bool(_OPENING.search(words[max(start - 40, 0) : start])) and words[end : end + 1] == ")"


def _of_asides(document: Document, start: int, groups) -> Iterator[Clause]:
    """ "with ethanol (A) or methanol (B) as solvent": of each the words before its bracket, and what follows is of all."""
    lower = document.lower
    openings = [lower.rfind("(", 0, a) for a, _, _ in groups]
    if VERB.search(lower, start, openings[0]) and VERB.search(lower, groups[0][1], openings[1]):
        # "A was evaporated (control), or B was spin-coated (target)": of each its whole clause.
        edges = [start, *(end + 1 for _, end, _ in groups)]
        for (a, b), (_, _, labels) in zip(pairwise(edges), groups, strict=True):
            yield Clause(a, b, labels)
        return
    second = _is_layer(document, groups[0][1], openings[1])
    head = BRACKETS.sub(lambda m: "_" * len(m[0]), lower[start : openings[0]])
    begins = [m.end() + start for m in _PREPOSITION.finditer(head)]
    fitting = (b for b in reversed(begins) if second in (None, _is_layer(document, b, openings[0])))
    first = next(fitting, begins[-1] if begins else start)
    for (_, end, labels), begin in zip(groups, [first, *(b + 1 for _, b, _ in groups)]):  # noqa: B905
        yield Clause(begin, end + 1, labels)


def _is_layer(document: Document, start: int, end: int) -> bool | None:
    """Whether one of the substances at a place is a layer's; None where there is none."""
    named = [m for m in document.mentions if start <= m.start < end]
    return any(m.is_mostly_transport for m in named) if named else None  # fmt: skip

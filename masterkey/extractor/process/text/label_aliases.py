"""Layers and salts that stand for labelled devices: "A (2PACz) and B (4PADCB)": what is told of 2PACz is told of A (issue 14)."""

import re
from collections.abc import Iterator
from itertools import pairwise

from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.label_cuts import clauses_in
from masterkey.extractor.process.text.label_lists import Clause, shared_in_order
from masterkey.extractor.process.text.label_rows import Group, Row

_NAME = r"(?P<name>[A-Za-z0-9][\w:/+.-]{2,24})"
_BEHIND = re.compile(
    rf"[\"”’']?\s?(?:\((?:with |on |using |i\.e\. )?{_NAME}(?:-based)?\)|(?: ?[=:]| is| was| are| were| stands for| denotes| means| has| had| have| contains?| uses?| used| carr\w+)?(?: made| built| fabricated| prepared| based)?(?: with| on| using| from| of)? (?:the )?{_NAME.replace('name', 'told')}(?=[,;.] | and | as | for |$)|\s?(?:\t|\|)\s?{_NAME.replace('name', 'cell')}(?=\s?(?:[|\t\n]|$)))"
)
_BEFORE = re.compile(
    rf"(?<![\w-]){_NAME} (?:layers? |cells? |devices? )?\((?:cells?|devices?|samples?|denoted(?: as)?|named|called|type)? ?$"
)
_LIST = re.compile(r"(?:\s?\([^()]*\))?(?:,? (?:and|or|as well as) |, ?|/)(?:the )?")
_ASIDE = re.compile(r"\s?\([^()]*\)")
_NO_NAME = re.compile(r"\d[\d.]*(?:nm|mm|wt|mol)?$|.*\.$|(?:with|without|control|reference|target|see|the|for|and|all|new|both|only|its|this)$", re.IGNORECASE)  # fmt: skip


def aliases_of(document: Document, row: Row) -> dict[int, str]:
    """Label → the substance by which the text tells its device from the others; {} where it does not."""
    found: dict[int, str] = {}
    for group in row.groups:
        if len(group.labels) != 1 or group.labels[0] in found:
            continue
        name = _name_by(document, group)
        if name:
            found[group.labels[0]] = name
    for number, name in found.items():
        if sum(other == name for other in found.values()) > 1 or number >= len(row.names):
            return {}
    return found if len(found) > 1 else {}


def _name_by(document: Document, group: Group) -> str | None:
    text = document.text
    behind = _BEHIND.match(text, group.end)
    if behind:
        which = behind.lastgroup or "name"
        name, place = behind[which], behind.start(which)
    else:
        before = _BEFORE.search(text, max(group.start - 50, 0), group.start)
        if not before:
            return None
        name, place = before["name"], before.start("name")
    if _NO_NAME.match(name):
        return None
    is_known = any(m.start <= place < m.end for m in document.mentions)
    return name if is_known or re.search(r"[A-Z].*[A-Z]|\d", name) else None


def clauses_by_aliases(document: Document, row: Row, aliases: dict[int, str]) -> list[Clause]:
    """What sentences without a label say of the substances that stand for the devices."""
    if not aliases:
        return []
    forms = sorted(aliases.values(), key=len, reverse=True)
    numbers = {name: number for number, name in aliases.items()}
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, forms))})(?![\w-])")
    found: list[Clause] = []
    by_sentence: dict[int, list[Group]] = {}
    for match in pattern.finditer(document.text):
        group = Group(*match.span(), (numbers[match[0]],))
        by_sentence.setdefault(document.sentence_at(match.start()).number, []).append(group)
    for number, groups in by_sentence.items():
        sentence = document.sentences[number]
        if sentence.fabricates and not row.of(sentence) and not document.is_heading(sentence):
            found += _of_sentence(document, sentence, groups, len(row.names))
    return found


def _of_sentence(
    document: Document, sentence: Sentence, groups: list[Group], n_labels: int
) -> Iterator[Clause]:
    are_listed = [_LIST.fullmatch(document.text, a.end, b.start) for a, b in pairwise(groups)]
    if len(groups) > 1 and all(are_listed):
        end = groups[0].start
        for group in groups:
            start, end = end, _behind(document, group)
            yield Clause(start, end, frozenset(group.labels))
        yield from shared_in_order(document, sentence, groups, n_labels)
    else:
        yield from clauses_in(document, sentence, groups, n_labels)


def _behind(document: Document, group: Group) -> int:
    """The end of a name with what brackets behind it say."""
    aside = _ASIDE.match(document.text, group.end)
    return aside.end() if aside else group.end

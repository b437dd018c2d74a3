"""Labelled devices, each read from the text without what is said of the others alone (issue 14)."""

import re

from masterkey.extractor.process.text.document import Document, once
from masterkey.extractor.process.text.label_clauses import Clause, Labelled, labelled_of

_ROLE = re.compile(r"\b(?:(?:the |as |a )?(?:controls?|references?|comparison|baseline|benchmark))\b")
_NOT_BLANK = re.compile(r"[^\n]")
_VERB = re.compile(
    r"\s(?:(?:still |only |had )?(?:retained|kept|gave|maintained|preserved|held|had|showed|lost|fell to|dropped to|started (?:at|with|from)|was|were))\s(?=[^.;]{0,30}\d)"
)


@once
def view_of_target(document: Document) -> Document:
    """The text as it tells of the target alone, where it labels several devices; else the document itself."""
    labelled = labelled_of(document)
    return document if labelled is None else view_of(document, labelled, labelled.target)


def view_of(document: Document, labelled: Labelled, number: int) -> Document:
    """The text with blanks in the place of what is said of other devices of the row; all places stay as they were."""
    characters = list(document.text)
    for clause in labelled.clauses:
        if number not in clause.labels:
            _blank(characters, document, clause.start, clause.end, _verb_lent(document, labelled, clause, number))
        elif len(clause.labels) < len(labelled.row.names):
            for match in _ROLE.finditer(document.lower, clause.start, clause.end):
                _blank(characters, document, *match.span())
    return Document("".join(characters))


def _blank(characters: list[str], document: Document, start: int, end: int, but: tuple[int, int] = (0, 0)) -> None:
    for n in range(start, end):
        if document.text[n] not in "\n" and not but[0] <= n < but[1]:
            characters[n] = " "


def _verb_lent(document: Document, labelled: Labelled, clause: Clause, number: int) -> tuple[int, int]:
    """The verb that another device's clause has and the next of the same sentence goes without: "1 gave 78%, 2 91%"."""
    match = _VERB.search(document.lower, clause.start, clause.end)
    if match is None:
        return 0, 0
    sentence = document.sentence_at(clause.start)
    own = [c for c in labelled.of(number) if clause.end <= c.start < sentence.end]
    if own and not any(_VERB.search(document.lower, c.start, c.end) for c in own):
        return match.span()
    return 0, 0

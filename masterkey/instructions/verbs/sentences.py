"""English instructions cut into sentences and words, as the rule for root verbs reads them."""

import re
from dataclasses import dataclass

from masterkey.instructions.verbs.noun_phrases import QUOTE

LONGEST_NAME = 3  # words: a longer quotation is a text, not a name
READ_WORDS = 200  # of a sentence; what is longer is a table or a list
_QUOTATIONS = re.compile(
    r"\"([^\"\n]+)\"|“([^”\n]+)”|‘([^’\n]+)’|`([^`\n]+)`|«([^»\n]+)»|(?<!\w)'([^'\n]+)'(?!\w)"
)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_ABBREVIATIONS = re.compile(
    r"\b(?i:e\.g|i\.e|etc|vs|al|cf|ca|approx|fig|eq|dr|mr|mrs|ms|prof|st)\.(?=\s+\S)"
    r"|\bno\.(?=\s+\d)|(?<![\w/.°])(?<!\d )[A-Z]\.(?=\s+[A-Z])"  # an initial, not a unit
)
_CONTRACTIONS = (
    (re.compile(r"\blet['’]s\b", re.I), "let us"),
    (re.compile(r"\b(ca|wo|sha)n['’]t\b", re.I), r"\1n not"),
    (re.compile(r"n['’]t\b", re.I), " not"),
    (re.compile(r"\b(do|does|did|is|are|was|were|would|could|should)nt\b", re.I), r"\1 not"),
    (re.compile(r"['’](?:d)\b", re.I), " would"),
    (re.compile(r"['’](?:ll)\b", re.I), " will"),
    (re.compile(r"['’](?:m)\b", re.I), " am"),
    (re.compile(r"['’](?:re)\b", re.I), " are"),
    (re.compile(r"['’](?:ve)\b", re.I), " have"),
    (
        re.compile(r"\b(what|who|where|when|why|how|that|it|there|here|he|she)['’]s\b", re.I),
        r"\1 is",
    ),
    (re.compile(r"\b(what|who|where)s\b", re.I), r"\1 is"),
)
_BREAK = re.compile(r"(?P<end>[.!?;:…]+)(?=\s|$)|\n\s*\n|\n(?=\s*(?:[-*•A-Z\d\"]))")
_LABEL = re.compile(
    r"^\W*(?:(?:task|instructions?|question|q|prompt|problem|exercise|step|user|human|goal|assignment)"
    r"(?:\s*\d+)?\s*[:.)]|\(?(?:\d{1,2}|[a-z])[.)])\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[-'’/._+][^\W_]+)*|[%$€°\",–—-]")
_DOT = "\u2024"  # stands for the dot of an abbreviation while sentences are cut


@dataclass(frozen=True)
class Sentence:
    """The words and commas of a sentence; `is_question` where it ends with a question mark."""

    words: list[str]
    is_question: bool

    @property
    def low(self) -> list[str]:
        return [word.lower() for word in self.words]


def sentences(instruction: str) -> list[Sentence]:
    """The sentences of an instruction; a colon and a semicolon end one, too."""
    text = _BRACKETS.sub(" ", _QUOTATIONS.sub(_name_or_mark, instruction))
    text = _LABEL.sub("", text)
    for pattern, plain in _CONTRACTIONS:
        text = pattern.sub(plain, text)
    text = _ABBREVIATIONS.sub(lambda match: match[0][:-1] + _DOT, text)
    found, start = [], 0
    for end in [*_BREAK.finditer(text), None]:
        part = text[start : end.start() if end else len(text)].replace(_DOT, "")
        words = _WORD.findall(part)[:READ_WORDS]
        if words:
            found.append(Sentence(words, bool(end and "?" in (end["end"] or ""))))
        start = end.end() if end else len(text)
    return found


def _name_or_mark(match: re.Match) -> str:
    """A quotation without its marks where it is a name of few words, else `QUOTE`."""
    inside = next(group for group in match.groups() if group is not None)
    short = len(inside.split()) <= LONGEST_NAME and not re.search(r"[.!?:;]", inside)
    return f" {inside} " if short else f" {QUOTE} "

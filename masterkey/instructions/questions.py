"""Questions and answers from the user's own texts: passages, replies taken apart, what is not kept.

A question must stand by itself, since the model that is trained on it does not see the passage, and
an answer must be grounded: its numbers and names stand in the passage, and so do most of its other
words, unless they repeat the question.
"""

import hashlib
import random
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from masterkey.instructions.tasks import FEWEST_WORDS, INCOMPLETE, MOST_WORDS, fill, parse_items
from masterkey.papers.files import read_paper_file
from masterkey.schema.values import canonical_number, plain
from masterkey.scripting.command_line import UserError

SUFFIXES = (".txt", ".md", ".pdf")
LEAST_GROUNDED = 0.8  # share of the answer's other words that passage or question must have
FEWEST_PASSAGE_WORDS = 30  # less is a heading or a caption

_FIELDS = ("Question", "Answer")
_PARAGRAPH_END = re.compile(r"\n\s*\n\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9(])")
_REFERENCE_LIST = re.compile(
    r"^[\W\d]*(?:references|bibliography|notes and references|literature cited)\W*$",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBER = re.compile(r"(?<![A-Za-z0-9.])(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?")
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = re.compile(r"(?:ations?|ings?|ions?|ments?|ness|ies|ied|ed|es|ly|s|e|y)$")
_REFERENCES = re.compile(
    r"\b(?:the|this|that|given|above|present|provided) (?:(?:given|above|present|provided|following) )?"
    r"(?:passage|text|paper|article|study|excerpt|paragraph|manuscript|document|authors?)\b(?!-)"
    r"|\b(?:this|present|above) (?:work(?! function)|section)\b|\b(?:we|our|et al)\b"
    r"|\b(?:fig(?:ure)?s?|tables?|schemes?|eq(?:uation)?s?|refs?|references?|sections?|chapters?)"
    r"\.?\s*[(\[]?S?[0-9]"
    r"|\b(?:mentioned|described|shown|stated|discussed|reported|listed|given) (?:above|below|here)\b",
    re.IGNORECASE,
)
_FUNCTION_WORDS = frozenset(
    "a about above after all also an and any are as at be because been before being below between both "
    "but by can could did do does during each either for from further had has have having how if in "
    "into is it its less like many may might more most much must neither no nor not of off on once one "
    "only or other over own per rather same should since so some such than that the their them then "
    "there these they this those through thus to too under until up upon used using very was were what "
    "when where whereas which while who why will with within without would yes yet".split()
)


@dataclass(frozen=True)
class Passage:
    """A piece of a file: `text` is what stands from character `start` to `end` of its text.

    That text is what masterkey/papers/files.py reads: line ends are one character, no byte-order mark.
    """

    file: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class PassageSource:
    """Asks once for each passage, in an order that `seed` shuffles: a part of a run has all papers."""

    template: str
    passages: list[Passage]
    n_new: int
    seed: int
    with_passage: bool

    known = ()
    lead = "[Pair 1]\nQuestion:"

    def __post_init__(self):
        order = list(range(len(self.passages)))
        random.Random(self.seed).shuffle(order)
        object.__setattr__(self, "_order", order)

    @property
    def n_requests(self) -> int:
        return len(self.passages)

    @property
    def stop(self) -> tuple[str, ...]:
        """Where a model that continues text has written enough."""
        return (f"[Pair {self.n_new + 1}]", "\nPassage:")

    def prompt(self, number: int) -> str:
        """The prompt of a request: one passage."""
        return fill(self.template, {"n_new": self.n_new, "passage": self._passage(number).text})

    def candidates(self, number: int, reply: str, whole: bool) -> list[tuple[dict, str | None]]:
        """(row, why it is not kept or None) of each pair in the reply to request `number`."""
        passage = self._passage(number)
        found = []
        for pair in parse_pairs(reply, whole=whole):
            if pair is None:
                found.append(({}, INCOMPLETE))
                continue
            row = {
                "instruction": pair["question"],
                "input": passage.text if self.with_passage else "",
                "output": pair["answer"],
                "source": {"file": passage.file, "start": passage.start, "end": passage.end},
            }
            found.append((row, refusal(pair["question"], pair["answer"], passage.text)))
        return found

    def _passage(self, number: int) -> Passage:
        return self.passages[self._order[number]]


def read_passages(folder: str | Path, most_words: int) -> list[Passage]:
    """The passages of all .txt, .md and .pdf files in `folder` and below, sorted by the files' names.

    Whole paragraphs up to `most_words` words; a longer paragraph is cut between sentences, and a
    sentence only where it alone is longer. Passages of fewer than 30 words and lists of references
    are left out.
    Raises `UserError` where there is no such folder, or no passage in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"--texts {folder}: is no folder; name the folder that holds your texts.")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    passages = [
        Passage(path.relative_to(folder).as_posix(), start, end, text[start:end])
        for path in paths
        for text in [read_paper_file(path).text]
        for start, end in passage_spans(text, most_words)
    ]
    if not passages:
        raise UserError(
            f"--texts {folder}: has no passage of at least {FEWEST_PASSAGE_WORDS} words in its "
            f"{len(paths)} files ({', '.join(SUFFIXES)}); put your papers there as text or PDF."
        )
    return passages


def digest(passages: list[Passage]) -> str:
    """SHA-256 over files, places and texts: another text, or another cut, is another set."""
    whole = hashlib.sha256()
    for passage in passages:
        whole.update(f"{passage.file}\0{passage.start}\0{passage.text}\0".encode())
    return whole.hexdigest()


def passage_spans(text: str, most_words: int) -> list[tuple[int, int]]:
    """(start, end) of each passage in `text`, see `read_passages`."""
    pieces = [
        piece
        for paragraph in _cut(text, 0, _end_of_prose(text), _PARAGRAPH_END)
        for piece in _at_most(text, *paragraph, most_words)
    ]
    spans: list[tuple[int, int]] = []
    n_words = 0
    for start, end in pieces:
        words = len(text[start:end].split())
        if spans and n_words + words <= most_words:
            spans[-1], n_words = (spans[-1][0], end), n_words + words
        else:
            spans.append((start, end))
            n_words = words
    return [(a, b) for a, b in spans if len(text[a:b].split()) >= FEWEST_PASSAGE_WORDS]


def _end_of_prose(text: str) -> int:
    """Where the list of references begins: at its heading in the second half of the text."""
    headings = [match.start() for match in _REFERENCE_LIST.finditer(text, len(text) // 2)]
    return headings[0] if headings else len(text)


def _cut(text: str, start: int, end: int, between: re.Pattern) -> list[tuple[int, int]]:
    """The pieces of text[start:end] between matches, without blanks around them; no empty ones."""
    edges = [start]
    for match in between.finditer(text, start, end):
        edges += match.span()
    edges.append(end)
    pieces = []
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        piece = text[a:b]
        if piece.strip():
            a += len(piece) - len(piece.lstrip())
            pieces.append((a, a + len(piece.strip())))
    return pieces


def _at_most(text: str, start: int, end: int, most_words: int) -> list[tuple[int, int]]:
    """The paragraph itself, or its sentences, or pieces of a sentence of `most_words` words."""
    if len(text[start:end].split()) <= most_words:
        return [(start, end)]
    pieces = []
    for a, b in _cut(text, start, end, _SENTENCE_END):
        words = list(re.finditer(r"\S+", text[a:b]))
        for first in range(0, len(words), most_words):
            last = words[min(first + most_words, len(words)) - 1]
            pieces.append((a + words[first].start(), a + last.end()))
    return pieces


def parse_pairs(text: str, *, whole: bool = True) -> list[dict[str, str] | None]:
    """{"question", "answer"} of each pair of a reply; None for one that lacks a part.

    `whole` is False for a reply that broke off: its last pair is then left out.
    """
    return [
        {key.lower(): " ".join(words.split()) for key, words in item.items()}
        if item and all(item.values())
        else None
        for item in parse_items(text, "Pair", _FIELDS, whole=whole)
    ]


def refusal(question: str, answer: str, passage: str) -> str | None:
    """Why a pair is not kept, in some words; None where nothing is wrong with it."""
    n_words = len(question.split())
    if n_words < FEWEST_WORDS:
        return "too short"
    if n_words > MOST_WORDS:
        return "too long"
    if not question.endswith("?"):
        return "no question"
    if _REFERENCES.search(question) or _REFERENCES.search(answer):
        return "refers to the text"
    if numbers(question + " " + answer) - numbers(passage):
        return "number not in the passage"
    if unknown_names(question, answer, passage):
        return "name not in the passage"
    if grounded_share(answer, passage, question) < LEAST_GROUNDED:
        return "words not in the passage"
    return None


def numbers(text: str) -> set[str]:
    """The numbers of a text by value: "1,000" and "1000.0" are "1000". Those in names (PbI2) are not."""
    return {canonical_number(found.replace(",", "")) for found in _NUMBER.findall(plain(text))}


def unknown_names(question: str, answer: str, passage: str) -> set[str]:
    """Names that the passage has not: formulas (a digit beside a letter) of question and answer, and
    abbreviations (a capital inside) of the answer. A plural s makes no difference.

    A question may use an abbreviation for what the passage spells out: "What is the PCE of …".
    """
    asked = {word for word in _words(question) if _is_formula(word)}
    said = {word for word in _words(answer) if _is_name(word)}
    known = _singular_words(passage)
    return {word for word in asked | said if word.removesuffix("s") not in known}


def _is_formula(word: str) -> bool:
    return any(c.isdigit() for c in word) and any(c.isalpha() for c in word)


def _is_name(word: str) -> bool:
    return _is_formula(word) or any(c.isupper() for c in word[1:])


def grounded_share(answer: str, passage: str, question: str = "") -> float:
    """Share of the answer's words (no function words, numbers or names) that passage or question have.

    Words are compared without case and common endings ("annealed" is found in "annealing"); an
    answer without any such word has share 1.
    """
    words = {
        _stem(word)
        for word in _words(answer)
        if word.lower() not in _FUNCTION_WORDS and not _is_name(word) and not word.isdigit()
    }
    known = _stems(passage) | _stems(question)
    return len(words & known) / len(words) if words else 1.0


def _words(text: str) -> list[str]:
    return _WORD.findall(plain(text))


@lru_cache(maxsize=4)
def _singular_words(text: str) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in _words(text))


@lru_cache(maxsize=4)
def _stems(text: str) -> frozenset[str]:
    return frozenset(map(_stem, _words(text)))


def _stem(word: str) -> str:
    lower = word.lower()
    stem = _ENDINGS.sub("", lower)
    return stem if len(stem) >= 3 else lower

"""Passages of a document by the words in them, and numbers as the database writes them."""

import re

from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.words import bits_of_words

_FIGURE = r"(?:fig(?:ure|s|\.)?|table|scheme) ?s?\d+[a-z]?"
# "In Figure S9 only, …", "Only for Table S3 …", "cells with P3HT are shown in Fig. S12 only": no cells of the paper's own.
FOR_A_FIGURE = re.compile(
    rf"\b{_FIGURE}(?: \w+)? only\b|\bonly (?:in|for|of) (?:the )?(?:devices |cells )?(?:of |in )?{_FIGURE}|\b(?:shown|given|reported|compared|used|described|found) only in (?:the )?(?:{_FIGURE}|supp)"
    r"|\b(?:shown|given|reported|compared|described|found) in (?:the )?(?:supplementary|supporting) (?:information|material|figures?) only\b"
)


def number(value: float) -> str:
    """A number as the database writes it: no needless digits."""
    return f"{value:.6g}"


def sentences_naming(document: Document, words: tuple[str, ...]) -> list[Sentence]:
    """The sentences, in order, in which one of the lower-case words stands (also inside a word)."""
    bits = bits_of_words(words)
    if not document.lower.bits & bits:
        return []
    sentences = document.sentences
    return [
        sentences[n] for n, said in enumerate(document.sentence_words)
        if said.bits & bits and names_any(said, words)
    ]  # fmt: skip


def names_any(words: str, stems: tuple[str, ...]) -> bool:
    """Whether one of the stems stands in the words; many times faster than a pattern of them all."""
    for stem in stems:  # noqa: SIM110 - any() takes twice the time
        if stem in words:
            return True
    return False


def title_above(document: Document, sentence: Sentence) -> str:
    """The heading of a sentence's section in lower case; "" where there is none."""
    return document.section_at(sentence.start).title.lower()


_LONGEST_NAME = 6  # words


def name_of(document: Document, sentence: Sentence, match: re.Match) -> str:
    """The first words of a match in a sentence, by which a device may be called."""
    words = document.text[sentence.start + match.start() : sentence.start + match.end()]
    return " ".join(words.split()[:_LONGEST_NAME]).strip(" ,.;:")

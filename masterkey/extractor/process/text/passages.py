"""Passages of a document by the words in them, and numbers as the database writes them."""

from collections.abc import Iterator

from masterkey.extractor.process.text.document import Document, Sentence


def number(value: float) -> str:
    """A number as the database writes it: no needless digits."""
    return f"{value:.6g}"


def sentences_with(document: Document, word: str) -> Iterator[Sentence]:
    """The sentences, in order, in which one lower-case word stands (also inside a word)."""
    lower = document.lower
    place = lower.find(word)
    while place >= 0:
        sentence = document.sentence_at(place)
        yield sentence
        place = lower.find(word, max(sentence.end, place + 1))


def sentences_naming(document: Document, words: tuple[str, ...]) -> list[Sentence]:
    """The sentences, in order, in which one of the lower-case words stands (also inside a word).

    Plain search for words is many times faster than a pattern of them all over a text.
    """
    found = {
        sentence.number: sentence for word in words for sentence in sentences_with(document, word)
    }
    return [found[n] for n in sorted(found)]


def names_any(words: str, stems: tuple[str, ...]) -> bool:
    """Whether one of the stems stands in the words; many times faster than a pattern of them all."""
    for stem in stems:  # noqa: SIM110 - any() takes twice the time
        if stem in words:
            return True
    return False


def title_above(document: Document, sentence: Sentence) -> str:
    """The heading of a sentence's section in lower case; "" where there is none."""
    return document.section_at(sentence.start).title.lower()

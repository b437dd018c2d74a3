"""Which materials the fabrication of the paper's own cells names."""

from masterkey.extractor.process.text.document import Document, once
from masterkey.extractor.process.text.sorts import is_of_others


@once
def names_of_fabrication(document: Document) -> frozenset[str]:
    """The names of all materials in sentences that make the paper's own cells: none of controls, none bought only."""
    return frozenset(
        mention.name
        for sentence in document.sentences
        if sentence.fabricates
        and sentence.kind != "other cell"
        and not is_of_others(document, sentence)
        for mention in document.inside(document.mentions, sentence)
    )

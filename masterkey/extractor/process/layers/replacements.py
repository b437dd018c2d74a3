"""Layers told in place of others: the target's for the control's, and other cells' for the target's."""

import re

from masterkey.extractor.process.layers.assignments import coordinated
from masterkey.extractor.process.layers.items import Item, items_of
from masterkey.extractor.process.layers.operation import Operation, operation_of
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.methods import MethodMention
from masterkey.extractor.process.text.passages import FOR_A_FIGURE
from masterkey.extractor.stems import Stemmed

_REPLACED = re.compile(r"\b(?:replaced|substituted|exchanged) (?:by|with|for)\b")
_INSTEAD = re.compile(
    r"\b(?:(?:took|takes|taking) the place of|instead of|in place of|rather than|replac(?:es|ed|ing)(?! (?:by|with|for)))\b"
)
_OF_TARGET = Stemmed(r"\b(?:targets?|champion|modified|optimi[sz]ed|sam-based|our)\b")
_OF_OTHERS = re.compile(r"\b(?:controls?|references?|comparison|pristine|baseline)\b")
_FARTHEST = 3  # sentences from the change to how the new layer was made


def put_in_place(document: Document, operations: list[Operation]) -> list[Operation]:
    """`operations` with the target's new layers where the control's were; the latter become the control's."""
    for sentence in document.sentences:
        if not sentence.fabricates or not _is_of_target(document, sentence):
            continue
        operations = _mixed_in(document, operations, sentence)
        words = document.words(sentence)
        match = _REPLACED.search(words) or _INSTEAD.search(words)
        if match is None:
            continue
        place = sentence.start + match.start()
        layers = [item for item in items_of(document, sentence) if item.is_layer]
        before = [item for item in layers if item.start < place]
        behind = [item for item in layers if item.start > place]
        old, new = (before[-1:], behind) if _REPLACED.match(match[0]) else (behind[:1], before)
        if old:
            operations = _exchanged(document, operations, old[0], new[:1], sentence)
    return operations


def _mixed_in(
    document: Document, operations: list[Operation], sentence: Sentence
) -> list[Operation]:
    """With the target's layer of two materials, where the control's is of one of them and was told before.

    "Control devices: A was spin-coated. In target devices A and B were mixed 4:1, all else being equal."
    """
    if any(operation.sentence is sentence for operation in operations):
        return operations
    layers = [item for item in items_of(document, sentence) if item.is_layer]
    names = coordinated(layers, sentence, document)
    if len(names) != 1 or "; " not in names[0]:
        return operations
    parts = names[0].split("; ")
    place = next(
        (n for n, o in enumerate(operations) if o.is_control and set(o.names) & set(parts)), None
    )
    if place is None:
        return operations
    earlier = operations[place]
    method = MethodMention(earlier.method, *earlier.method_span)
    spans = [(item.start, item.end) for item in layers]
    made = operation_of(names, method, sentence, spans)
    return [*operations[: place + 1], made, *operations[place + 1 :]]


def _is_of_target(document: Document, sentence: Sentence) -> bool:
    """Whether the sentence, or else its section's title, speaks of the target's cells and of no other's."""
    words = document.words(sentence)
    if FOR_A_FIGURE.search(words):
        return False
    if _OF_TARGET.search(words):
        return True
    return bool(
        _OF_TARGET.search(document.section_at(sentence.start).title.lower())
    ) and not _OF_OTHERS.search(words)


def _exchanged(document, operations, old: Item, new: list[Item], sentence) -> list[Operation]:
    earlier = next(
        (o for o in operations if old.name in o.names and o.start < sentence.start and not o.is_control),
        None,
    )  # fmt: skip
    if earlier is None:
        return operations
    made = _made_later(operations, old, new, sentence)
    if made is None and new:
        method = MethodMention(earlier.method, *earlier.method_span)
        made = operation_of([new[0].name], method, sentence, [(new[0].start, new[0].end)])
    if made is None:
        return operations
    if len(earlier.names) > 1:
        earlier.names = [name for name in earlier.names if name != old.name]
    else:
        earlier.is_control = True
    made.is_control = False
    made.names = [name for name in made.names if name != old.name]
    others = [o for o in operations if o is not made]
    place = others.index(earlier)
    return [*others[:place], made, *others[place:]]


def _made_later(operations, old: Item, new: list[Item], sentence: Sentence) -> Operation | None:
    """How the new layer was made: in this sentence or one of the next."""
    for operation in operations:
        apart = operation.sentence.number - sentence.number
        if not 0 <= apart <= _FARTHEST or operation.is_perovskite or operation.is_treatment:
            continue
        if new and new[0].name in operation.names:
            return operation
        if not new and old.name not in operation.names:
            return operation
    return None


CELLS = Stemmed(r"\b(?:cells|devices|modules)\b")
# "Cells for … had PTAA instead of Spiro-OMeTAD", where the latter was deposited before.
_INSTEAD_OF = Stemmed(r"\b(?:instead of|in place of|rather than)\s+(?:the )?$")
# "In one set of devices, MoO3 was replaced with PTAA"
_IS_REPLACED = re.compile(
    r"(?: layers?| films?| electrodes?| contacts?)? (?:was|were|is|are) (?:replaced|substituted|exchanged) (?:by|with|for)\b"
)
_TARGET_CELLS = Stemmed(r"\b(?:targets?|modified|champion|best|optimi[sz]ed|final|our)\b")


_TRIED = re.compile(
    r"\balso (?:tested|tried|used|made|employed|deposited|spin-coated|evaporated)\b|\b(?:tested|tried|employed) (?:as well|too|also)\b|\balternatively\b|\bfor comparison\b"
    r"|\b(?:another|second|third|fourth|further|additional|separate|extra|other|different) (?:[\w-]+ )?(?:batch(?:es)?|series|set|lot|group|run|variant|version)s?\b"
)


def tells_of_other_cells(document, sentence, items: list[Item], earlier: list[Operation]) -> bool:
    """Whether a sentence tells of other cells, which have a layer in place of one of the target's."""
    words = document.words(sentence)
    if not (CELLS.search(words) or _TRIED.search(words)) or _TARGET_CELLS.search(words):
        return False
    told = {name for o in earlier if not o.is_control for name in o.names}
    return any(
        item.name in told
        and (
            _INSTEAD_OF.search(document.lower[max(sentence.start, item.start - 25) : item.start])
            or _IS_REPLACED.match(document.lower, item.end)
        )
        for item in items
    )

"""The fabrication as a list of operations in the order of the text: what was deposited, and how."""

import re
from dataclasses import dataclass, field

from masterkey.extractor.process.layers.antisolvents import has_antisolvent
from masterkey.extractor.process.layers.assignments import by_sort, spans_of
from masterkey.extractor.process.layers.baths import grown_in_bath
from masterkey.extractor.process.layers.common_methods import layers_made_alike
from masterkey.extractor.process.layers.control_clauses import (
    ASIDE,
    TARGET,
    is_of_control,
    without_aside,
)
from masterkey.extractor.process.layers.deposited_items import (
    deposited_items,
)
from masterkey.extractor.process.layers.heat_shares import share_out
from masterkey.extractor.process.layers.items import LEAD, ORGANIC, PEROVSKITE, items_of
from masterkey.extractor.process.layers.notes import (
    film_without_method,
    layers_by_role,
    layers_told_under,
    noted_layers,
)
from masterkey.extractor.process.layers.operation import (
    CONTROL,
    OF_CONTROL,
    Operation,
    operation_of,
)
from masterkey.extractor.process.layers.references import names_referred_to
from masterkey.extractor.process.layers.replacements import (
    CELLS,
    put_in_place,
    tells_of_other_cells,
)
from masterkey.extractor.process.layers.roles import layers_meant, role_coated, topic_of_role
from masterkey.extractor.process.layers.sentence_methods import by_methods, methods_in
from masterkey.extractor.process.layers.told_downwards import bottom_up
from masterkey.extractor.process.layers.told_methods import is_in_brackets
from masterkey.extractor.process.layers.topics import (
    INK,
    OF_OTHERS,
    SOLUTION,
    SURFACE,
    titled,
    topic_behind,
    topic_of_ink,
)
from masterkey.extractor.process.layers.underlying import is_under
from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.headings import TELLS
from masterkey.extractor.process.text.heat import stages_of
from masterkey.extractor.process.text.methods import COATING, GENERIC, MethodMention
from masterkey.extractor.process.text.sorts import OF_SOME, OTHER_KINDS, is_of_sort
from masterkey.extractor.stems import Stemmed

# "The product was washed with diethyl ether": of a synthesis.
_OF_PRODUCT = re.compile(
    r"\b(?:products?|solids?|crystals?|precipitates?|powders?|residues?|recryst\w*|reprecipit\w*|filtered off|re-?dissolved)\b"
)
# "Single crystals of Cs2AgBiBr6 were grown in HBr": what an ink is made of.
_CRYSTALS_GROWN = re.compile(
    r"\b(?:single )?crystals?\b[^.;]{0,120}\b(?:grown|obtained|prepared|formed|precipitated|synthesi[sz]ed)\b"
)
# What a close-spaced source is coated with lies on no cell.
_ON_SOURCE = re.compile(
    r"\bon(?:to)? (?:an? |the |another )?(?:(?:graphite|source|carrier|donor|second|quartz|glass) )*(?:plate|source|carrier|crucible)\b"
    r"|\b(?:as|were|was|is|are) (?:an? |the )?(?:solid |organic |vapou?r |sublimation )*sources?\b"
)
# "… quenched the film, and antisolvents were not used": of the film's own making.
_NO_ANTISOLVENT = re.compile(r"\banti-?solvents? (?:\w+ )?(?:was|were|is|are) (?:not used|avoided)")
_OTHER_CELLS = Stemmed(
    r"\bcompares? (?:them|these|those|it|our cells) (?:with|to) (?:the |other )?(?:cells|devices)\b|(?:for|as an?|in) comparison,? (?:\w+ ){0,3}(?:cells|devices|layers|films|samples)|\b(?:reference|control) (?:cells|devices) were (?:also )?(?:made|built|prepared|fabricated)"
    r"|^\W*[^.;()]{3,60}\((?:fig\.?|figure|table) s\d+\)\W*$"
    r"|^\W*(?:[\w -]{3,30}: )?(?:(?:for|as an?|by way of|in) (?:an? )?)?comparison,|\b(?:in|for|of) (?:the )?(?:supplementary |extended data )?(?:figs?\.?|figures?|tables?) s?\d+\w?(?:(?:,| and|-|–) ?s?\d+\w?)? only\b|^\W*(?:only )?(?:in|for) (?:supplementary )?(?:fig\.?|figure|table) s\d+\w?\b"
)
_CONDUCTIVE_OXIDES = frozenset(("ITO", "IZO", "FTO", "AZO"))
_TREATS = Stemmed(
    r"\b(?:surface treatment|post-?treat\w*|passivat\w+|treatment (?:after|with)|finished film|treated films?|cooled films?|rins\w+)\b"
)


_LAYER_AT_LARGE = Stemmed(
    r"\b(?:hole|electron)[ -](?:transport|conduct|select|extract)\w* (?:materials?|layers?) (?:was|were|is)\b"
)


# "TiO2 and perovskite layers were prepared as described above."
_AS_ABOVE = re.compile(
    r"\b(?:as|like) (?:mentioned|described|stated|prepared|reported|given|told|outlined) (?:above|before|earlier|previously)|\b(?:same|above(?:mentioned)?) (?:procedures?|methods?|process|way|steps?)\b"
)


@once
def operations_of(document: Document) -> list[Operation]:
    """All depositions that the text describes, in order, each with the heat treatments behind it."""
    found: list[Operation] = []
    told = _Told()
    for sentence in document.sentences:
        if not sentence.fabricates:
            continue
        sentence = without_aside(document, sentence)
        words = document.words(sentence)
        if told.is_title(document, sentence, words) or _is_aside(document, sentence, words):
            continue
        starts = bool(_OTHER_CELLS.search(words))
        told.turn_to_cells(document, sentence, words, starts)
        items = items_of(document, sentence)
        new = grown_in_bath(document, sentence, found) or _operations_in(
            document, sentence, words, items, told.topic, found
        )
        new = new or told.without_method(document, sentence, words, items)
        if not (new or sentence.is_study):
            new = layers_made_alike(document, sentence, items, found)
        if new:
            names = {name for operation in [*found, *new] for name in operation.names}
            new = [*layers_told_under(document, sentence, items, names), *new]
        if _AS_ABOVE.search(words):
            new = _without_told_before(new, found)
        new = [part for operation in new for part in by_sort(document, sentence, operation)]
        others = told.others or starts or sentence.kind == "other cell"
        for operation in new:
            operation.is_control |= (
                others
                or is_of_sort(document, sentence, operation.start)
                or tells_of_other_cells(document, sentence, items, found)
            )
        stages = stages_of(document, sentence)
        if stages and not new and not any(o.is_perovskite for o in found):
            new = film_without_method(document, items, sentence)
        found += new
        of_film = not sentence.is_study or new or _ANNEALED.search(words)
        if of_film and (new or not starts):
            share_out(document, found, new, stages, sentence, others=others)
        told.go_on(document, sentence, words, items, new)
    return bottom_up(document, put_in_place(document, found))


def _without_told_before(new: list[Operation], found: list[Operation]) -> list[Operation]:
    """Without layers that a sentence on the film only comes back to."""
    if not any(operation.is_perovskite for operation in new):
        return new
    told = {name for operation in found for name in operation.names}
    return [o for o in new if o.method not in GENERIC or not told.issuperset(o.names)]


def _is_aside(document: Document, sentence: Sentence, words) -> bool:
    """Whether a sentence is on samples, trials or other cells, and not on the layers of the cell."""
    told = _NO_ANTISOLVENT.sub("", words) if "solvent" in words else words
    return bool(
        ASIDE.search(told)
        or OTHER_KINDS.match(words)
        or (document.is_heading(sentence) and CELLS.search(words))
    )


@dataclass
class _Told:
    """What the sentences before have told that the next one goes on from."""

    topic: list[str] = field(default_factory=list)  # what the last solution was of
    title: list[str] = field(default_factory=list)  # what the heading right before says
    others: bool = False  # whether the paragraph goes on about other cells
    names_layer: bool = False
    # Of the sentence before, where it was not said of what.
    open_method: MethodMention | None = None

    def is_title(self, document: Document, sentence: Sentence, words) -> bool:
        """Whether a sentence is a title that names no method, which sets the topic."""
        if not (
            document.is_heading(sentence)
            or words.strip() == document.paragraph_title(sentence) != ""
        ):
            return False
        self.topic = self.title = titled(document, sentence) or self.topic
        if any(m.name not in GENERIC for m in document.inside(document.methods, sentence)):
            return False
        self.others = self.others and not document.begins_paragraph(sentence)
        return True

    def turn_to_cells(self, document: Document, sentence: Sentence, words, starts: bool) -> None:
        """`starts`: whether the sentence begins to tell of other cells."""
        starts_line = document.begins_paragraph(sentence) or _is_behind_title(document, sentence)
        self.others = (starts and (starts_line or "only" in words)) or (
            self.others and not starts_line
        )
        if document.text[sentence.start - 1 : sentence.start] == "\n":
            self.open_method = None

    def without_method(
        self, document: Document, sentence: Sentence, words, items
    ) -> list[Operation]:
        """What a sentence without a method of its own deposits."""
        new: list[Operation] = []
        if self.open_method and has_antisolvent(words) and not _OF_PRODUCT.search(words):
            new = [operation_of([PEROVSKITE], self.open_method, sentence, [])]
            new[0].has_antisolvent = True
        if not new and not sentence.is_study:
            new = noted_layers(document, sentence, items) or layers_by_role(document, sentence, items)  # fmt: skip
        if not new and self.open_method and self.names_layer and SOLUTION.search(words):
            layers = [item for item in items if item.is_layer][:1]
            new = [operation_of([i.name for i in layers], self.open_method, sentence, spans_of(layers))] if layers else []  # fmt: skip
        return new

    def go_on(self, document: Document, sentence: Sentence, words, items, new) -> None:
        methods = document.inside(document.methods, sentence)
        self.names_layer = bool(_LAYER_AT_LARGE.search(words))
        if self.names_layer:
            methods = [method for method in methods if method.name not in GENERIC]
        is_open = methods and not new and methods[0].name not in GENERIC
        self.open_method = methods[0] if is_open else None
        free = [item for n, item in enumerate(items) if not is_under(document, items, n, sentence)]
        topic = (
            topic_behind(words, free, self.topic)
            if free
            else topic_of_ink(document, sentence, self.topic)
        )
        self.topic, self.title = topic or self.title, []


def _is_behind_title(document: Document, sentence: Sentence) -> bool:
    """Whether it stands first behind the short words that head its paragraph: "CsPbI3. For comparison, cells were …"."""
    title = document.paragraph_title(sentence)
    before = document.sentences[sentence.number - 1] if sentence.number else None
    if before is None:
        return False
    words = document.words(before).strip()
    is_short = (
        len(words.split()) <= _TITLE_WORDS and words.endswith(".") and not TELLS.search(words)
    )
    return is_short or (bool(title) and words == title)


_TITLE_WORDS = 3  # where lines are lost


_ANNEALED = Stemmed(
    r"^.{0,70}\b(?:films?|samples?|layers?|they|it)\b.{0,60}\b(?:annealed|heated|baked|dried|hot ?-?plate)\b"
    r"|\b(?:was|were) (?:\w+ )?(?:annealed|baked) on (?:a|the) hot ?-?plate\b"
)


def _operations_in(document, sentence, words, items, topic, earlier) -> list[Operation]:
    """What the methods of a sentence deposit, in its order; [] where it has none."""
    methods = methods_in(document, sentence, words, items, earlier)
    if not methods or _grows_crystals(methods, words):
        return []
    antisolvent = has_antisolvent(words)
    free = deposited_items(document, sentence, items)
    if not free and INK.search(words):
        topic = topic_of_ink(document, sentence, topic)
    if all(method.name in COATING for method in methods):
        free = [item for item in free if item.name not in _CONDUCTIVE_OXIDES]
    if free and {item.name for item in free} <= {ORGANIC, "Graphite"} and _ON_SOURCE.search(words):
        return []
    targets = [item for item in free if not OF_CONTROL.match(document.lower, item.end)]
    told_apart = 0 < len(targets) < len(free)  # "A (control) or B (target)"
    free = targets if told_apart else free
    part = role_coated(words)
    if part and not any(item.is_layer for item in free):
        names = layers_meant(document, sentence, part) or list(topic_of_role(document, topic, part))
        place = (methods[0].start, methods[0].end)
        return [operation_of(names, methods[0], sentence, [place])] if names else []
    found, unsaid = by_methods(document, sentence, free, methods)
    if not unsaid and not any(operation.is_perovskite for operation in found):
        under = {item.name for item in items} - {item.name for item in free}
        is_on_film = under.intersection(topic) and not found
        if is_on_film and not OF_OTHERS.search(words) and not _TREATS_OXIDE.search(words):
            topic = [PEROVSKITE]
        outside = [m for m in methods if not is_in_brackets(document.lower, sentence, m)]
        places = {method.start for method in outside} if outside else {m.start for m in methods}
        own = [operation for operation in found if operation.method_span[0] in places]
        names = names_referred_to(
            document, sentence, words, items, topic, antisolvent, bool(own), earlier
        )
        method = (outside or methods)[0]
        if method.name == "CBD" and names == [PEROVSKITE]:
            names = [item.name for item in items if item.is_layer][:1]
        if names and method.name not in GENERIC:
            found.append(operation_of(names, method, sentence, [(method.start, method.end)]))
    places = {(item.start, item.end) for item in free}
    under = frozenset(item.name for item in items if (item.start, item.end) not in places)
    of_cells = OF_CONTROL.sub("", words) if told_apart else words
    _mark(document, sentence, words, of_cells, found, earlier)
    for operation in found:
        operation.has_antisolvent = antisolvent
        operation.under = under
    return sorted(found, key=lambda operation: operation.start)


def _grows_crystals(methods: list[MethodMention], words) -> bool:
    return all(m.name in GENERIC for m in methods) and bool(_CRYSTALS_GROWN.search(words))


# A solution of one of these is put on an oxide: no perovskite.
_TREATS_OXIDE = re.compile(
    r"ticl4|titanium tetrachloride|\bli-?(?:tfsi|ntf2|cl)\b|lithium|\b(?:kcl|nacl|cscl|rbcl|mgcl2|ki|cs2co3|nh4f|nh4cl|edta|h2o2)\b|potassium chloride|caesium chloride|cesium chloride|\bsilane|phosphonic|carboxylic|\bacid\b"
)


# "During the last 25 s of spinning the substrate was treated with toluene": an antisolvent.
_WHILE_SPINNING = re.compile(
    r"\b(?:during|while|within|in|at) (?:the )?(?:\w+ )?(?:last|final|second|spin|rotat)\w*|\bbefore the end\b|\bspinning substrates?\b"
)
# "10 s later than for the reference solution": the sentence is on the others.
_COMPARED = re.compile(
    r"\b(?:(?:as )?compared? (?:to|with)|than (?:in|for|of|with)?|similar to|(?:same|identical) (?:to|as)|as (?:in|for|on)|unlike|like) (?:that of |those of )?(?:the )?(?:\w+ )?(?:controls?|references?|pristine|baseline)\b"
)


_BARE = re.compile(
    r"\bpristine (?=(?:[\w-]+ )?(?:glass|ito|fto|substrates?|silicon)\b|(?:p3ht|ptaa|spiro|tatm|poly|c60|pcbm|htm|hole)\b)"
)


def _mark(document, sentence, words, of_cells: str, found, earlier) -> None:
    """Say of a sentence's operations which are the control's, and which treat a finished film.

    `of_cells`: its words without the brackets that tell layers of target and control apart.
    """
    of_cells = _BARE.sub("", _COMPARED.sub("", of_cells))
    is_control = bool(CONTROL.search(of_cells))
    is_control = is_control or bool(OF_SOME.match(words) and not any(o.is_perovskite for o in found))  # fmt: skip
    own_clauses = is_control and bool(TARGET.search(words))
    is_finished = any(o.is_perovskite for o in earlier) and not any(o.names == [LEAD] for o in earlier)  # fmt: skip
    treats = is_finished and bool(_TREATS.search(words)) and not _WHILE_SPINNING.search(words)
    for operation in found:
        operation.is_control = (
            is_of_control(document, sentence, operation.start) if own_clauses else is_control
        )
        operation.is_treatment |= operation.is_perovskite and treats
        operation.is_treatment |= operation.names == [SURFACE]

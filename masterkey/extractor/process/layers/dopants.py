"""What transport layers are doped with: "Spiro-MeOTAD" → Li-TFSI, TBP, FK209 (issue 14)."""

from masterkey.extractor.process.layers.dopant_words import (
    DOPANTS,
    OXIDES,
    STEMS,
)
from masterkey.extractor.process.layers.layer_additives import (
    UNDOPED,
    AdditiveReading,
    LayerAdditives,
)
from masterkey.extractor.process.layers.sentence_dopants import (
    FREE,
    dopants_in,
    may_make_layers,
    named,
)
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.materials import materials
from masterkey.extractor.process.text.passages import sentences_naming
from masterkey.extractor.process.text.sorts import OTHER_KINDS
from masterkey.extractor.stems import Stemmed

_USUALLY_DOPED = "Spiro-MeOTAD"
_BOUGHT = frozenset(("Li-TFSI", "TBP", "FK209"))
_SELDOM = 5  # records of a layer that more often dopes another


def named_dopants(
    document: Document, places: list[tuple[int, int]]
) -> list[tuple[str, tuple[int, int]]]:
    """(name, place) of the dopants of hole conductors between places of a text; `Undoped` where it says so."""
    found = {}
    for start, end in places:
        words = document.lower[start:end]
        kinds = {kind for stem, told in STEMS.items() if stem in words for kind in told}
        for first, last, name in named(words, kinds):
            found[name] = (start + first, start + last)
        if not found and "free" in kinds and (match := FREE.search(words)):
            found[UNDOPED] = (start + match.start(), start + match.end())
    return list(found.items())


def layer_additives(document: Document, role: str = "target") -> dict[str, list[str]]:
    """Additives by the layer's database name, alphabetical; `Undoped` alone where the text says so."""
    found = layer_additives_with_places(document)
    layers = dict.fromkeys(reading.layer for reading in found.readings)
    return {
        layer: sorted((r.name for r in found.of(layer, role)), key=str.lower) for layer in layers
    }


def layer_additives_with_places(document: Document) -> LayerAdditives:
    """As `layer_additives`, of all roles, in the order of the text, with places."""
    found: list[AdditiveReading] = []
    kinds = _kinds(document)
    for number in sorted(kinds):
        sentence = document.sentences[number]
        words = document.words(sentence)
        if (
            may_make_layers(sentence)
            and not OTHER_KINDS.match(words)
            and not _ONLY_TRIED.search(words)
        ):
            found += dopants_in(document, sentence, kinds[number])
    found += _guests(document)
    if not any(reading.layer == _USUALLY_DOPED for reading in found):
        found += _bought(document, kinds)
    return LayerAdditives(found)


# "X was tested as its dopant in preliminary runs, but all devices have plain PTAA"
_ONLY_TRIED = Stemmed(r"\bpreliminary (?:runs?|tests?|experiments?|trials?)\b")


def _guests(document: Document) -> list[AdditiveReading]:
    """The dopant of "C60:PhIm", where the text speaks of dopants or the name is known as one."""
    found = []
    for mention in document.mentions:
        _, colon, guest = mention.name.partition(":")
        if colon and mention.roles.keys() & {"ETL", "HTL"} and not materials().roles.get(guest, {}).get("HTL"):  # fmt: skip
            is_dopant = (
                guest in DOPANTS or 0 < sum(materials().roles.get(guest, {}).values()) < _SELDOM
            )
            if is_dopant and "dop" in document.lower:
                found.append(AdditiveReading(mention.name, guest, (mention.start, mention.end)))
    return found


def _kinds(document: Document) -> dict[int, set[str]]:
    """Number of a sentence → dopants and rules for which it is worth a look."""
    kinds: dict[int, set[str]] = {}
    for stem, told in STEMS.items():
        for sentence in sentences_naming(document, (stem,)):
            kinds.setdefault(sentence.number, set()).update(told)
    for mention in document.mentions:
        if mention.roles.get("ETL") or mention.roles.get("HTL"):
            kinds.setdefault(document.sentence_at(mention.start).number, set()).add("ink")
        if mention.name.startswith(OXIDES):
            is_colon = document.text[mention.start - 1 : mention.start] == ":"
            number = document.sentence_at(mention.start).number
            kinds.setdefault(number, set()).update(("salt", "element") if is_colon else ("salt",))
    return kinds


def _bought(document: Document, kinds: dict[int, set[str]]) -> list[AdditiveReading]:
    """Where the recipe of the hole conductor is left to another paper, the dopants that were bought."""
    used = (document.sentence_at(m.start) for m in document.mentions if m.name == _USUALLY_DOPED)
    if not any(may_make_layers(sentence) for sentence in used):
        return []
    found = []
    for number in sorted(kinds):
        sentence = document.sentences[number]
        for start, end, name in (
            named(document.words(sentence), kinds[number]) if sentence.is_purchase else ()
        ):
            if name in _BOUGHT:
                span = (sentence.start + start, sentence.start + end)
                found.append(AdditiveReading(_USUALLY_DOPED, name, span, "", "deduced"))
    return found

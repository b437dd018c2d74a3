"""What a sentence says that a transport layer is doped with, or that it is not (issue 14)."""

import re
from itertools import islice

from masterkey.extractor.process.layers.dopant_words import (
    CO_DOPED,
    DOPANTS,
    DOPED,
    DOPED_BY_SALT,
    DOPED_WITH,
    DOPED_WITH_ELEMENT,
    OXIDES,
    PATTERNS,
    SALT,
    element_of,
    salt_name,
)
from masterkey.extractor.process.layers.ink_additives import ink_additives
from masterkey.extractor.process.layers.layer_additives import (
    UNDOPED,
    AdditiveReading,
)
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.materials import Mention, form_said
from masterkey.extractor.process.text.sorts import is_of_others
from masterkey.extractor.stems import Stemmed

FREE = re.compile(
    r"dopant[\s-]free|undoped|without (?:an? |any |further |additional )?(?:dopants?|doping|additives?)\b|no (?:dopants?|additives?)\b|free of dopants?|(?:given|received|contained) no dopant|additive[\s-]free|non-?doped"
    r"|neither (?:an? |any )?(?:lithium|li-?tfsi|tbp|tert|salts?|dopants?)[^.;]{0,40}\bnor\b"
)
_BATH = re.compile(r"ticl4|titanium tetrachloride|titanium\(iv\) chloride")
_BATHED = Stemmed(r"\btreat|soak|immers|dipp")
_CONTROL = re.compile(
    r"\b(?:(?:control|reference|comparison|comparative|pristine|baseline|standard)(?=\b(?! to\b))|conventional)|\b(?P<target>target|champion|this work|optimi[sz]ed)\b"
)  # fmt: skip
_PUT_IN = Stemmed(r"\badd|\bdop|mixed|contain|blend|with \d|modif|dissolv|solution of")
_OXIDE_DOPED = re.compile(r"\bdop(?:ed|ing)\b|sinter|treat")
_COLLOID = re.compile(r"colloid|dispersion|nano-?particles?")
_MOST_LAYERS = 20  # of one sentence; bounds the work on arbitrary text
_TOPIC_LASTS = 3  # sentences
_NEW_LAYER = Stemmed(
    r"(?P<name>\b[A-Z][A-Za-z0-9]*(?:[-:][A-Za-z0-9]+|[A-Z0-9][A-Za-z0-9]*)+)\s(?:\([^()]{1,40}\)\s)?(?:was|were|is) (?:first )?dissolved in (?:\d+ ?m[lL] (?:of )?)?(?:anhydrous )?(?:chlorobenzene|toluene|CB|dichlorobenzene|chloroform|\d+ m)"
)
_PEROVSKITE = Stemmed(r"perovskite (?:precursor|solution|ink)|\bpbi2\b|lead iodide")
_TREATED = re.compile(r"treat|spread|spin|dipp|soak|applied|deposit|sinter|over|onto")


def may_make_layers(sentence: Sentence) -> bool:
    return not (
        sentence.is_purchase or sentence.is_study or sentence.kind in ("stability", "synthesis")
    )


def dopants_in(document: Document, sentence: Sentence, kinds: set[str]) -> list[AdditiveReading]:
    words = document.words(sentence)
    layers = _layers(document, sentence)
    told: list[tuple[str, str, tuple[int, int]]] = []
    told += _dopants(document, sentence, words, layers, kinds)
    elements = _elements(document, sentence, words, layers) if "element" in kinds else []
    if "doped" in kinds:
        told += _doped_with(document, sentence, layers, bool(told or elements))
    if "free" in kinds:
        told += _undoped(document, sentence, words, layers)
    told += elements
    if "salt" in kinds and _PUT_IN.search(words) and not _PEROVSKITE.search(words):
        told += _salts(document, sentence, layers)
    if "ink" in kinds and not _PEROVSKITE.search(words):
        told += _of_ink(document, sentence, layers, {name for _, name, _ in told})
    if "bath" in kinds and _BATHED.search(words):
        told += _bathed(document, sentence, words, layers)
    told = [reading for reading in told if not _is_of_salt(reading, told)]
    usual = "control" if told and is_of_others(document, sentence) else ""
    return [
        AdditiveReading(*reading, _role(words, reading[2][0] - sentence.start) or usual)
        for reading in told
    ]


def _of_ink(document, sentence, layers, told: set[str]) -> list[tuple]:
    """What is put into the ink of a layer that the sentence, or the ones before it, speak of."""

    def owner(place: int) -> str:
        layer = _nearest([m for m in layers if m.start != place], place)
        layer = layer or (None if layers else _topic(document, sentence))
        return _name(document, layer) if layer else ""

    return [reading for reading in ink_additives(document, sentence, layers, owner) if reading[1] not in told]  # fmt: skip


def _is_of_salt(reading: tuple, told: list[tuple]) -> bool:
    """Whether an element is what a salt that is told of the same layer brings: lithium of Li-TFSI."""
    layer, name, _ = reading
    return len(name) <= 2 and any(
        own == layer and re.match(rf"{name}(?![a-z])", other) and other != name
        for own, other, _ in told
    )


def _role(words: str, place: int) -> str:
    """ "control" or "target" by the last such word of a sentence before a place, else the first behind it."""
    said = ""
    for match in islice(_CONTROL.finditer(words), _MOST_LAYERS):
        if said and match.start() > place:
            break
        said = "target" if match["target"] else "control"
    return said


_AVOIDED = re.compile(
    r"^[^,;.]{0,25}\b(?:was|were|is|are) (?:avoided|omitted|left out|not (?:used|added|needed))"
)
# "In view of the moisture that lithium salts take up, PTAA was doped with X instead": of no salt used.
_INSTEAD = re.compile(r"\b(?:lithium|li) salts\b(?=.*\binstead\b(?! of))|\binstead of (?:the )?(?:usual )?(?:lithium|li) salts?\b")  # fmt: skip
# "It was left undoped, because lithium salts draw water": what other cells have.
_AT_LARGE = re.compile(
    r"\b(?:because|since|as|for|given that|whereas|while|although)\b[^,;.]{0,40}?\b(?:lithium|li)[ -](?:salts?|tfsi|dopants?)\b|\b(?:the )?(?:usual|common|customary|hygroscopic|conventional) (?:dopants?|lithium|li-?tfsi)\b[^;.]*"
)
_LACKED = re.compile(r"\b(?:neither|nor|no|without|free of|free from)\s(?:(?:any|the|a) )?$")


def named(words: str, kinds: set[str]) -> list[tuple[int, int, str]]:
    """(start, end, name) of dopants in a sentence, in its order."""
    words = _INSTEAD.sub(lambda match: " " * len(match[0]), words)
    if "free" in kinds and FREE.search(words):
        words = _AT_LARGE.sub(lambda match: " " * len(match[0]), words)
    return sorted(
        (*match.span(), name)
        for name in kinds & PATTERNS.keys()
        for match in islice(PATTERNS[name].finditer(words), _MOST_LAYERS)
        if not _AVOIDED.match(words[match.end() :])
        and not _LACKED.search(words[max(match.start() - 40, 0) : match.start()])
    )


def _topic(document: Document, sentence: Sentence) -> Mention | None:
    """The layer that the sentences before one speak of."""
    for n in range(sentence.number - 1, max(sentence.number - _TOPIC_LASTS, 0) - 1, -1):
        earlier = document.sentences[n]
        if may_make_layers(earlier) and (layers := _layers(document, earlier)):
            return _main(layers)
    return None


def _layers(document: Document, sentence: Sentence) -> list[Mention]:
    """Transport layers that a sentence names."""
    return [
        m for m in document.inside(document.mentions, sentence)
        if max(m.roles.get("ETL", 0), m.roles.get("HTL", 0)) > 0
        and m.roles.get("Backcontact", 0) + m.roles.get("Substrate", 0) < max(m.roles.get("ETL", 0), m.roles.get("HTL", 0))
        and (not m.roles.get("additive") or m.roles.get("HTL", 0) > 10) and not m.roles.get("treatment") and "solvent" not in m.roles
        and m.roles.get("HTL_additive", 0) + m.roles.get("ETL_additive", 0) <= max(m.roles.get("ETL", 0), m.roles.get("HTL", 0))
        and m.name not in DOPANTS
    ][:_MOST_LAYERS]  # fmt: skip


def _main(layers: list[Mention]) -> Mention:
    holes = [m for m in layers if m.roles.get("HTL", 0) >= m.roles.get("ETL", 0)]
    return (holes or layers)[-1]


def _current(document: Document, sentence: Sentence, role: str) -> Mention | None:
    layer = _topic(document, sentence)
    return layer if layer and layer.roles.get(role, 0) > 0 else None


def _nearest(layers: list[Mention], place: int) -> Mention | None:
    """The layer named last before a place, else the first behind it."""
    before = [m for m in layers if m.start < place]
    return before[-1] if before else (layers[0] if layers else None)


def _dopants(document, sentence, words, layers, kinds) -> list[tuple]:
    holes = [m for m in layers if m.roles.get("HTL", 0) > m.roles.get("ETL", 0)]
    found = []
    for start, end, name in named(words, kinds):
        place = sentence.start + start
        if name == "DIO" and not holes:
            continue
        layer = _nearest(holes, place)
        if layer is None and name == "Li-TFSI" and layers and _TREATED.search(words) and not _is_of_holes(document, sentence):  # fmt: skip
            layer = _nearest([m for m in layers if m.name.startswith("TiO2")], place)
        if layer is None and name == "Li-TFSI" and not layers and _OXIDE_DOPED.search(words):
            topic = _topic(document, sentence)
            layer = topic if topic and topic.name.startswith("TiO2") else None
        if own := _owner(document, sentence, layer):
            found.append((own, name, (place, sentence.start + end)))
    return found


def _owner(document: Document, sentence: Sentence, layer: Mention | None) -> str:
    """Name of a layer, of a new one, or of the hole conductor spoken of before; "" where there is none."""
    if layer:
        return _name(document, layer)
    if name := _new_name(document, sentence):
        return name
    layer = _current(document, sentence, "HTL")
    return _name(document, layer) if layer else ""


def _is_of_holes(document: Document, sentence: Sentence) -> bool:
    layer = _topic(document, sentence)
    return layer is not None and layer.roles.get("HTL", 0) > layer.roles.get("ETL", 0)


def _undoped(document, sentence, words, layers) -> list[tuple]:
    match = FREE.search(words)
    if not match:
        return []
    span = (sentence.start + match.start(), sentence.start + match.end())
    # "MoO3 and 10 nm of undoped TaTm": said before the name of its layer.
    behind = [m for m in layers if 0 <= m.start - span[1] <= 1]
    own = _owner(document, sentence, behind[0] if behind else _nearest(layers, span[0]))
    return [(own, UNDOPED, span)] if own else []


def _doped_with(document, sentence, layers, is_known: bool) -> list[tuple]:
    """A dopant that is in no list: "TaTm was doped with 4-(…)-methane (XYZ-3, 11 wt%)", "CuI-doped PTAA"."""
    if is_known:
        return []
    match = DOPED_WITH.search(document.text, sentence.start, sentence.end)
    before = [m for m in layers if m.end <= match.start()] if match else []
    if before:
        group = next(group for group in ("short", "name", "added") if match[group])
        if group == "added" and before[-1].name.startswith(OXIDES):
            return []  # the salt that brings the element: "Nb-doped TiO2, … NbCl5 was added as the dopant"
        return [(_name(document, before[-1]), match[group], match.span(group))]
    return [
        (_name(document, layer), match["name"], match.span("name"))
        for layer in layers
        if not layer.name.startswith(OXIDES)
        and (match := DOPED_BY_SALT.search(document.text, max(layer.start - 30, sentence.start), layer.start))
    ]  # fmt: skip


def _elements(document, sentence, words, layers) -> list[tuple]:
    """ "La-doped BaSnO3", "La:BaSnO3", "NiOx doped with copper"."""
    found = []
    for layer in layers:
        offset = max(layer.start - 30, sentence.start)
        if match := CO_DOPED.search(document.text[offset : layer.start]):
            found += [
                (_name(document, layer), match[which], (offset + match.start(), layer.start))
                for which in ("one", "other")
            ]
        elif match := DOPED.search(document.text[offset : layer.start]):
            found.append((_name(document, layer), element_of(match), (offset + match.start(), layer.start)))  # fmt: skip
        elif layer.name.startswith(OXIDES) and (
            match := DOPED_WITH_ELEMENT.match(document.text, layer.end + 1, sentence.end)
        ):
            found.append((_name(document, layer), element_of(match), match.span()))
    return found


_COATED_ON = re.compile(
    r"\b(?:aqueous )?solution of [^.;]{2,30}(?:\([^()]*\) )?(?:was|were) (?:then |also )?(?:spin|spun|coat)[^.;]{0,30}\bon(?:to)? (?:top of )?the\b"
)


def _salts(document, sentence, layers) -> list[tuple]:
    """ "KCl was added to the SnO2 colloid"."""
    electrons = [m for m in layers if m.roles.get("ETL", 0) > m.roles.get("HTL", 0)]
    if not layers and _COLLOID.search(document.words(sentence)):
        topic = _topic(document, sentence) or _colloid_before(document, sentence)
        electrons = [topic] if topic and topic.name.startswith(OXIDES) else []
    if _COATED_ON.search(document.words(sentence)):
        return []  # a layer of the salt's own, which the database has for no additive
    salts = list(islice(SALT.finditer(document.text, sentence.start, sentence.end), _MOST_LAYERS))
    return [
        (_name(document, layer), salt_name(m[0]), m.span()) for layer in electrons for m in salts
    ]


def _colloid_before(document: Document, sentence: Sentence) -> Mention | None:
    """The oxide whose particles were told last before a sentence, were it where they were bought."""
    particles = [
        m for m in document.mentions if m.start < sentence.start and m.name.endswith("-np")
    ]
    return particles[-1] if particles else None


def _bathed(document, sentence, words, layers) -> list[tuple]:
    """TiCl4 in which a mesoporous scaffold was bathed; that of compact layers is no additive in the database."""
    match = _BATH.search(words)
    layer = _nearest([m for m in layers if m.name.startswith("TiO2")], sentence.start + match.start())  # fmt: skip
    layer = layer or _topic(document, sentence)
    if layer is None or _name(document, layer) != "TiO2-mp":
        return []
    return [("TiO2-mp", "TiCl4", (sentence.start + match.start(), sentence.start + match.end()))]


def _new_name(document: Document, sentence: Sentence) -> str:
    """A hole conductor that is in no list: "X was dissolved in chlorobenzene", "" where nothing is."""
    match = _NEW_LAYER.search(document.text, sentence.start, sentence.end)
    return match["name"] if match else ""


def _name(document: Document, layer: Mention) -> str:
    """The layer's name with the form that the words nearest to it speak of."""
    base, _, form = layer.name.rpartition("-")
    if form not in ("c", "mp", "np") or not base:
        return layer.name
    near = document.lower[max(layer.start - 25, 0) : layer.end + 12]
    around = document.lower[max(layer.start - 60, 0) : layer.end + 45]
    return f"{base}-{form_said(near) or ('np' if form_said(around) == 'np' else form)}"

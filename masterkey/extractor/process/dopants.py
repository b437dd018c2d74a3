"""What transport layers are doped with: "Spiro-MeOTAD" → Li-TFSI, TBP, FK209 (issue 14)."""

import re
from dataclasses import dataclass, field
from itertools import islice

from masterkey.extractor.process.document import Document, Sentence
from masterkey.extractor.process.materials import Mention, form_said
from masterkey.extractor.process.passages import sentences_naming

UNDOPED = "Undoped"
# Names that dope a hole conductor, spelled beyond what the vocabulary knows.
_DOPANTS = {
    "Li-TFSI": r"\bli\+? ?salts?\b|lin\(cf3so2\)2|lin\(so2cf3\)2|\bltfsi\b|tsfi-li|tfsi-li|\bli\s?[-–‐−:]?\s?tfsi\b|\blitfsi\b|\bli-?ntf2\b|lithium[\s-]*\(?(?:bis|bistri)|lithium salt|\blitsfi\b|bis\s?\(?trifluoromethan\w*\)?[\s-]*sulfon\w* lithium|lithium-bis|\bli[\s-]salt\b|lithium trifluoro\w*sulfon\w*|bis-?\(?trifluoromethyl\w*\)? ?imide lithium",
    "TBP": r"\b4?-?t-?bp\b|\b4-t(?:ert)?\.?-?bp\b|t(?:ert?\.?)?[\s-]*butyl?[\s-]?p[yi]ridine?|\btbpy\b",
    "FK209": r"\bfk[\s-]?209\b|co\(iii\)[\s-]?tfsi|tris\(2-\(1h-pyrazol-1-yl\)-4-tert|\bco-tfsi\b|cobalt\s?\(iii\)\s?(?:salt|complex)",
    "FK102": r"\bfk[\s-]?102\b|tris\(2-\(1h-pyrazol-1-yl\)pyridine\)",
    "FK269": r"\bfk[\s-]?269\b",
    "TPFB": r"\btpfb\b|tris\(pentafluorophenyl\)borane|tetrakis\(pentafluorophenyl\)borate",
    "F6-TCNNQ": r"\bf6-?tcnnq\b|perfluoronaphthalene-2,6-diylidene",
    "F4-TCNQ": r"\bf4-?tcnq\b|tetrafluoro-?(?:7,7,8,8-)?tetracyano",
    "DIO": r"\bdio\b|1,8-diiodooctane",
    "Zn(TFSI)2": r"zn\(tfsi\)2|zn-tfsi2",
    "Mg-TFSI2": r"mg\(tfsi\)2|mg-tfsi2",
    "MoTfd": r"mo\(tfd",
}  # fmt: skip
_ANY_DOPANT = re.compile(
    "|".join(f"(?P<d{n}>{words})" for n, words in enumerate(_DOPANTS.values()))
)
_NAMES = tuple(_DOPANTS)
# Words of which one stands in every sentence that the rule reads; plain search for them is fast.
_STEMS = {
    "dopant": ("tfsi", "ntf2", "lithium", "li+ salt", "li salt", "li-salt", "tbp", "t-bp", "pyridin", "pyiridin", "fk209", "fk 209", "fk-209", "fk102", "fk 102", "fk-102", "fk269", "fk 269", "fk-269", "tpfb", "borane", "borate", "tcnq", "tcnnq", "-diylidene", "diiodo", "dio", "cobalt", "co(iii", "tsfi", "mo(tfd", "cf3"),
    "free": ("dopant", "undoped", "non-doped", "nondoped", "additive", "without dop", "without any dop", "without further dop"),
    "element": ("doped", ":basno3", ":sno2", ":tio2", ":zno", ":nio"),
    "salt": ("kcl", "nacl", "koh", " ki", "licl", "lif", "rbcl", "cscl", "nh4cl", "kf", "edta", "peg", "triton", "ctab", "nh4f", "rbf", "csf"),
    "doped": ("doped with", "doped by", "dopant", "p-doped", "n-doped"),
    "bath": ("ticl4", "titanium tetrachloride", "titanium(iv) chloride"),
}  # fmt: skip
_FREE = re.compile(
    r"dopant[\s-]free|undoped|without (?:any |further |additional )?(?:dopants?|doping|additives?)\b|no (?:dopants?|additives?)\b|free of dopants?|(?:given|received|contained) no dopant|additive[\s-]free|non-?doped"
)
_DOPED = re.compile(r"\b(?P<word>lanthanum|niobium|lithium|magnesium|alumini?um|antimony|tantalum|yttrium|caesium|cesium)[ -]doped\s(?:\w+[\s-]){0,2}?$|\b(?P<element>Li|La|Nb|Mg|Al|Cu|Cs|Zn|Y|Sb|Ta|K|Na|Ru|Co|Ag|Ce|Sn|Ni|Ga|In|Zr|W|F|Cl)(?:[\s-]?doped\s(?:\w+[\s-]){0,2}?|:)$")
_ELEMENTS = {"lanthanum": "La", "niobium": "Nb", "lithium": "Li", "magnesium": "Mg", "aluminum": "Al", "aluminium": "Al", "antimony": "Sb", "tantalum": "Ta", "yttrium": "Y", "caesium": "Cs", "cesium": "Cs"}
_DOPED_WITH = re.compile(
    r"[Dd]op(?:ed|ant)s? (?:with|by|was|is)[^.;]{0,90}?\((?P<short>[A-Z][A-Z0-9][A-Za-z0-9-]{0,9})(?:[,;] ?[0-9.]+[^()]{0,20})?\)"
    r"|[Dd]oped (?:with|by) (?:[0-9.]+ ?\S{1,6} (?:of )?)?(?P<name>[A-Z][A-Za-z0-9]*[A-Z0-9-][A-Za-z0-9+-]*)"
)
_ELEMENT_NAMES = frozenset(_ELEMENTS.values())
_BATH = re.compile(r"ticl4|titanium tetrachloride|titanium\(iv\) chloride")
_BATHED = re.compile(r"\btreat|soak|immers|dipp")
_CONTROL = re.compile(
    r"\b(?:(?:control|reference|comparison|comparative|pristine|baseline|standard)(?=\b(?! to\b))|conventional)|\b(?P<target>target|champion|this work|optimi[sz]ed)\b"
)  # fmt: skip
_SALT = re.compile(r"\b(?P<name>KCl|NaCl|KOH|KI|LiCl|LiF|RbCl|CsCl|NH4Cl|KF|EDTA|PEG|Triton X-100|CTAB|NH4F|RbF|CsF)\b")  # fmt: skip
_PUT_IN = re.compile(r"\badd|\bdop|mixed|contain|blend|with \d|modif")
_USUALLY_DOPED = "Spiro-MeOTAD"
_MOST_LAYERS = 20  # of one sentence; bounds the work on arbitrary text
_TOPIC_LASTS = 3  # sentences
_NEW_LAYER = re.compile(
    r"(?P<name>\b[A-Z][A-Za-z0-9]*(?:[-:][A-Za-z0-9]+|[A-Z0-9][A-Za-z0-9]*)+)\s(?:\([^()]{1,40}\)\s)?(?:was|were|is) (?:first )?dissolved in (?:\d+ ?m[lL] (?:of )?)?(?:anhydrous )?(?:chlorobenzene|toluene|CB|dichlorobenzene|chloroform|\d+ m)"
)
_PEROVSKITE = re.compile(r"perovskite (?:precursor|solution|ink)|\bpbi2\b|lead iodide")
_TREATED = re.compile(r"treat|spread|spin|dipp|soak|applied|deposit|sinter|over|onto")


@dataclass(frozen=True)
class AdditiveReading:
    """`name` is in `layer`, by the words at `span`; `role`: of the "control" or "target" cell, "" where not said.

    `source`: "text", or "deduced" where only the list of chemicals names it.
    """

    layer: str
    name: str
    span: tuple[int, int]
    role: str = ""
    source: str = "text"


@dataclass(frozen=True)
class LayerAdditives:
    """Readings in the order of the text."""

    readings: list[AdditiveReading] = field(default_factory=list)

    def of(self, layer: str, role: str = "target") -> list[AdditiveReading]:
        """Of a layer of the target or the control, each name once; `Undoped` only where there is no other.

        What is said of the other cell counts only where nothing else is said of the layer.
        """
        other = "target" if role == "control" else "control"
        own = [reading for reading in self.readings if reading.layer == layer]
        own = [reading for reading in own if reading.role != other] or own
        named = {reading.name: reading for reading in reversed(own)}
        if len(named) > 1:
            named.pop(UNDOPED, None)
        return list(named.values())[::-1]

    @property
    def names(self) -> dict[str, list[str]]:
        """Layer → names in the target."""
        return {layer: [r.name for r in self.of(layer)] for layer in self._layers}

    @property
    def spans(self) -> dict[str, list[tuple[int, int]]]:
        """Layer → places of the target's."""
        return {layer: [r.span for r in self.of(layer)] for layer in self._layers}

    @property
    def _layers(self) -> list[str]:
        return list(dict.fromkeys(reading.layer for reading in self.readings))

    def is_deduced(self, layer: str) -> bool:
        """Whether no recipe names the layer's additives, only the list of chemicals."""
        return any(reading.source == "deduced" for reading in self.of(layer))


def layer_additives(document: Document, role: str = "target") -> dict[str, list[str]]:
    """Additives by the layer's database name, alphabetical; `Undoped` alone where the text says so."""
    found = layer_additives_with_places(document)
    layers = dict.fromkeys(reading.layer for reading in found.readings)
    return {layer: sorted((r.name for r in found.of(layer, role)), key=str.lower) for layer in layers}


def layer_additives_with_places(document: Document) -> LayerAdditives:
    """As `layer_additives`, of all roles, in the order of the text, with places."""
    found: list[AdditiveReading] = []
    kinds: dict[int, set[str]] = {}
    for kind, stems in _STEMS.items():
        for sentence in sentences_naming(document, stems):
            kinds.setdefault(sentence.number, set()).add(kind)
    for number in sorted(kinds):
        sentence = document.sentences[number]
        if _may_make_layers(sentence):
            found += _in_sentence(document, sentence, kinds[number])
    if not any(reading.layer == _USUALLY_DOPED for reading in found):
        found += _bought(document)
    return LayerAdditives(found)


def _may_make_layers(sentence: Sentence) -> bool:
    return not (sentence.is_purchase or sentence.is_study or sentence.kind in ("stability", "synthesis"))


def _in_sentence(document: Document, sentence: Sentence, kinds: set[str]) -> list[AdditiveReading]:
    words = document.words(sentence)
    layers = _layers(document, sentence)
    told: list[tuple[str, str, tuple[int, int]]] = []
    if "dopant" in kinds:
        told += _dopants(document, sentence, words, layers)
    if "doped" in kinds:
        told += _doped_with(document, sentence, layers, {name for _, name, _ in told})
    if "free" in kinds:
        told += _undoped(document, sentence, words, layers)
    if kinds & {"element", "salt"}:
        is_put_in = "salt" in kinds and bool(_PUT_IN.search(words)) and not _PEROVSKITE.search(words)
        for layer in layers:
            told += _elements(document, sentence, layer, is_put_in)
    if "bath" in kinds and _BATHED.search(words):
        told += _bathed(document, sentence, words, layers)
    return [AdditiveReading(*reading, _role(words, reading[2][0] - sentence.start)) for reading in told]


def _role(words: str, place: int) -> str:
    """ "control" or "target" by the last such word of a sentence before a place, else the first behind it."""
    said = ""
    for match in islice(_CONTROL.finditer(words), _MOST_LAYERS):
        if said and match.start() > place:
            break
        said = "target" if match["target"] else "control"
    return said


def _bought(document: Document) -> list[AdditiveReading]:
    """Where the recipe of the hole conductor is left to another paper, the dopants that were bought."""
    used = (document.sentence_at(m.start) for m in document.mentions if m.name == _USUALLY_DOPED)
    if not any(_may_make_layers(sentence) for sentence in used):
        return []
    found = []
    for sentence in sentences_naming(document, _STEMS["dopant"]):
        for match in _ANY_DOPANT.finditer(document.words(sentence)) if sentence.is_purchase else ():
            name = _NAMES[match.lastindex - 1]
            if name in ("Li-TFSI", "TBP", "FK209"):
                span = (sentence.start + match.start(), sentence.start + match.end())
                found.append(AdditiveReading(_USUALLY_DOPED, name, span, "", "deduced"))
    return found


def _topic(document: Document, sentence: Sentence) -> Mention | None:
    """The layer that the sentences before one speak of."""
    for n in range(sentence.number - 1, max(sentence.number - _TOPIC_LASTS, 0) - 1, -1):
        earlier = document.sentences[n]
        if _may_make_layers(earlier) and (layers := _layers(document, earlier)):
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
        and m.name not in _DOPANTS
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


def _dopants(document, sentence, words, layers) -> list[tuple]:
    holes = [m for m in layers if m.roles.get("HTL", 0) > m.roles.get("ETL", 0)]
    found = []
    for match in islice(_ANY_DOPANT.finditer(words), _MOST_LAYERS):
        name, place = _NAMES[match.lastindex - 1], sentence.start + match.start()
        if name == "DIO" and not holes:
            continue
        layer = _nearest(holes, place)
        if layer is None and name == "Li-TFSI" and layers and _TREATED.search(words) and not _is_of_holes(document, sentence):  # fmt: skip
            layer = _nearest([m for m in layers if m.name.startswith("TiO2")], place)
        if own := _owner(document, sentence, layer):
            found.append((own, name, (place, sentence.start + match.end())))
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
    match = _FREE.search(words)
    if not match:
        return []
    span = (sentence.start + match.start(), sentence.start + match.end())
    own = _owner(document, sentence, _nearest(layers, span[0]))
    return [(own, UNDOPED, span)] if own else []


def _doped_with(document, sentence, layers, known: set[str]) -> list[tuple]:
    """Dopants that are in no list: "TaTm was doped with 2,2'-… (F6-TCNNQ, 11 wt%)"."""
    found = []
    for match in islice(
        _DOPED_WITH.finditer(document.text, sentence.start, sentence.end), _MOST_LAYERS
    ):
        group = "short" if match["short"] else "name"
        name, span = match[group], match.span(group)
        before = [m for m in layers if m.end <= match.start() and span[0] >= m.end]
        lower = document.lower[span[0] : span[1]]
        if before and not known and not _ANY_DOPANT.search(lower) and name not in _ELEMENT_NAMES:
            found.append((_name(document, before[-1]), name, span))
    return found


def _elements(document, sentence, layer, is_put_in) -> list[tuple]:
    """ "La-doped BaSnO3", "La:BaSnO3", "KCl was added to the SnO2 colloid"."""
    found = []
    before = document.text[max(layer.start - 30, sentence.start) : layer.start]
    if match := _DOPED.search(before):
        element = match["element"] or _ELEMENTS[match["word"]]
        found.append((_name(document, layer), element, (layer.start - len(before) + match.start(), layer.start)))  # fmt: skip
    if is_put_in and layer.roles.get("ETL", 0) > layer.roles.get("HTL", 0):
        salts = islice(_SALT.finditer(document.text, sentence.start, sentence.end), _MOST_LAYERS)
        found += [(_name(document, layer), match["name"], match.span()) for match in salts]
    return found


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

"""What transport layers are doped with: "Spiro-MeOTAD" → Li-TFSI, TBP, FK209 (issue 14)."""

import re
from dataclasses import dataclass, field
from itertools import islice

from masterkey.extractor.process.document import Document, Sentence
from masterkey.extractor.process.materials import Mention, form_said
from masterkey.extractor.process.sorts import is_of_others

UNDOPED = "Undoped"
# Names that dope a hole conductor, spelled beyond what the vocabulary knows.
_DOPANTS = {
    "Li-TFSI": r"\bli\+? ?salts?\b|lin\(cf3so2\)2|lin\(so2cf3\)2|\bltfsi\b|tsfi-li|tfsi-li|\bli\s?[-–‐−:]?\s?tfsi\b|\blitfsi\b|\bli-?ntf2\b|lithium[\s-]*\(?(?:bis|bistri)|lithium salt|\blitsfi\b|bis\s?\(?trifluoromethan\w*\)?[\s-]*sulfon\w* lithium|lithium-bis|\bli[\s-]salt\b|lithium trifluoro\w*sulfon\w*|bis-?\(?trifluoromethyl\w*\)? ?imide lithium",
    "TBP": r"\b4?-?t-?bp\b|\b4-t(?:ert)?\.?-?bp\b|t(?:ert?\.?)?[\s-]*butyl?[\s-]?p[yi]ridine?|\btbpy\b",
    "FK209": r"\bfk[\s-]?209\b|co\(iii\)[\s-]?tfsi|tris\(2-\(1h-pyrazol-1-yl\)-4-tert|\bco-tfsi\b|cobalt\s?\(iii\)\s?(?:salt|complex)",
    "FK102": r"\bfk[\s-]?102\b|tris\(2-\(1h-pyrazol-1-yl\)pyridine\)",
    "FK269": r"\bfk[\s-]?269\b",
    "TPFB": r"\btpfb\b|tris\(pentafluorophenyl\)borane|tetrakis\(pentafluorophenyl\)borate",
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
_HINT = re.compile(r"tfsi|ntf2|lithium|tbp|t-bp|p[yi]ridin|fk|tpfb|borane|borate|tcnq|diiodo|\bdio\b|cobalt|co\(iii|tsfi|mo\(tfd|li\+?[ -]salt|cf3")  # fmt: skip
_FREE = re.compile(
    r"dopant[\s-]free|undoped|without (?:any |further |additional )?(?:dopants?|doping|additives?)\b|no (?:dopants?|additives?)\b|free of dopants?|(?:given|received|contained) no dopant|additive[\s-]free|non-?doped"
)
_DOPED = re.compile(r"\b(?P<element>Li|La|Nb|Mg|Al|Cu|Cs|Zn|Y|Sb|Ta|K|Na|Ru|Co|Ag|Ce|Sn|Ni|Ga|In|Zr|W|F|Cl)[\s-]?doped\s(?:\w+[\s-]){0,2}?$")  # fmt: skip
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


@dataclass
class _Topic:
    layer: Mention | None = None
    sentence: int = -10


@dataclass
class LayerAdditives:
    """`names`: of each layer in the order of the text; `spans`: where they stand."""

    names: dict[str, list[str]] = field(default_factory=dict)
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)  # of devices beside the target
    is_of_others: bool = False  # whether the sentence that is read speaks of such devices

    def add(self, layer: str, name: str, span: tuple[int, int]) -> None:
        own = (self.others if self.is_of_others else self.names).setdefault(layer, [])
        if name == UNDOPED and own:
            return
        if UNDOPED in own and name != UNDOPED:
            own.remove(UNDOPED)
        if name not in own:
            own.append(name)
        self.spans.setdefault(layer, []).append(span)


def named_dopants(
    document: Document, places: list[tuple[int, int]]
) -> list[tuple[str, tuple[int, int]]]:
    """(name, place) of the dopants of hole conductors between places of a text; `Undoped` where it says so."""
    found = []
    for start, end in places:
        if _HINT.search(document.lower, start, end):
            for match in _ANY_DOPANT.finditer(document.lower, start, end):
                found.append((_NAMES[match.lastindex - 1], match.span()))
        elif match := _FREE.search(document.lower, start, end):
            found.append((UNDOPED, match.span()))
    return list({name: (name, place) for name, place in found}.values())


def layer_additives(document: Document) -> dict[str, list[str]]:
    """Additives by the layer's database name, alphabetical; `Undoped` alone where the text says so."""
    found = layer_additives_with_places(document)
    return {layer: sorted(names, key=str.lower) for layer, names in found.names.items()}


def layer_additives_with_places(document: Document) -> LayerAdditives:
    """As `layer_additives`, in the order of the text, with places."""
    found, topic = LayerAdditives(), _Topic()
    deposited: Mention | None = None
    for sentence in document.sentences:
        if sentence.is_purchase or sentence.is_study or sentence.kind in ("stability", "synthesis"):
            continue
        words = document.words(sentence)
        layers = _layers(document, sentence)
        deposited = deposited or next((m for m in layers if m.name == _USUALLY_DOPED), None)
        found.is_of_others = is_of_others(document, sentence)
        if _HINT.search(words):
            _assign_dopants(document, sentence, words, layers, topic, found)
        if match := _FREE.search(words):
            layer = _nearest(layers, sentence.start + match.start())
            name = _name(document, layer) if layer else _new_name(document, sentence)
            if not name and (layer := _current(topic, sentence, "HTL")):
                name = _name(document, layer)
            if name:
                found.add(name, UNDOPED, (sentence.start + match.start(), sentence.start + match.end()))  # fmt: skip
        is_put_in = bool(layers) and bool(_PUT_IN.search(words)) and not _PEROVSKITE.search(words)
        for layer in layers:
            _assign_elements(document, sentence, layer, is_put_in, found)
        if layers:
            topic.layer, topic.sentence = _main(layers), sentence.number
    if deposited and not found.names.get(_USUALLY_DOPED):
        _assign_bought(document, found)
    return found


def _assign_bought(document: Document, found: LayerAdditives) -> None:
    """Where the recipe of the hole conductor is left to another paper, the dopants that were bought."""
    for sentence in document.sentences:
        words = document.words(sentence) if sentence.is_purchase else ""
        for match in _ANY_DOPANT.finditer(words) if _HINT.search(words) else ():
            name = _NAMES[match.lastindex - 1]
            if name in ("Li-TFSI", "TBP", "FK209"):
                found.add(_USUALLY_DOPED, name, (sentence.start + match.start(), sentence.start + match.end()))  # fmt: skip


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


def _current(topic: _Topic, sentence: Sentence, role: str) -> Mention | None:
    if topic.layer is None or sentence.number - topic.sentence > _TOPIC_LASTS:
        return None
    return topic.layer if topic.layer.roles.get(role, 0) > 0 else None


def _nearest(layers: list[Mention], place: int) -> Mention | None:
    """The layer named last before a place, else the first behind it."""
    before = [m for m in layers if m.start < place]
    return before[-1] if before else (layers[0] if layers else None)


def _assign_dopants(document, sentence, words, layers, topic, found) -> None:
    holes = [m for m in layers if m.roles.get("HTL", 0) > m.roles.get("ETL", 0)]
    for match in islice(_ANY_DOPANT.finditer(words), _MOST_LAYERS):
        name, place = _NAMES[match.lastindex - 1], sentence.start + match.start()
        if name == "DIO" and not holes:
            continue
        layer = _nearest(holes, place)
        if layer is None and name == "Li-TFSI" and layers and _TREATED.search(words) and not _is_of_holes(topic, sentence):  # fmt: skip
            layer = _nearest([m for m in layers if m.name.startswith("TiO2")], place)
        own = _name(document, layer) if layer else _new_name(document, sentence)
        if not own and (layer := _current(topic, sentence, "HTL")):
            own = _name(document, layer)
        if own:
            found.add(own, name, (place, sentence.start + match.end()))


def _is_of_holes(topic: _Topic, sentence: Sentence) -> bool:
    return _current(topic, sentence, "HTL") is not None and topic.layer.roles.get("HTL", 0) > topic.layer.roles.get("ETL", 0)  # fmt: skip


def _assign_elements(document, sentence, layer, is_put_in, found) -> None:
    """ "La-doped BaSnO3", "KCl was added to the SnO2 colloid"."""
    before = document.text[max(layer.start - 30, sentence.start) : layer.start]
    if match := _DOPED.search(before):
        found.add(_name(document, layer), match["element"], (layer.start - len(before) + match.start(), layer.start))  # fmt: skip
    if is_put_in and layer.roles.get("ETL", 0) > layer.roles.get("HTL", 0):
        for match in islice(
            _SALT.finditer(document.text, sentence.start, sentence.end), _MOST_LAYERS
        ):
            found.add(_name(document, layer), match["name"], match.span())


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

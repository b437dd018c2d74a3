"""What a sentence may deposit: layers, salts of the perovskite, the perovskite itself, surface treatments."""

import re
from dataclasses import dataclass, field

from masterkey.extractor.process.layers.dopant_words import is_called_dopant
from masterkey.extractor.process.layers.labels import Definition, labels_in
from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.dots import places_of_dots, sentences_coating_dots
from masterkey.extractor.process.text.materials import LAYER_ROLES, Mention, materials, overlap_with
from masterkey.extractor.process.text.passages import names_any
from masterkey.extractor.stems import Stemmed

PEROVSKITE, LEAD, ORGANIC = "perovskite", "lead salt", "organic salt"
OF_PEROVSKITE = frozenset((PEROVSKITE, LEAD, ORGANIC))

_LEAD = r"\bPb(?:I|Br|Cl|Ac)2\b|\bPb\((?:OAc|Ac|CH3COO)\)2|\b[Ll]ead(?: ?\((?:II|ii)\))? acetate\b|\bBi(?:I|Br|Cl)3\b|\bSbI3\b|\bSn(?:I|Br)2\b|\b[Ll]ead (?:\(II\) |\(ii\) )?(?:di)?(?:iodide|bromide)\b|\b[Tt]in (?:\(II\) )?iodide\b"
_ORGANIC = r"\b(?:MAI|FAI|MABr|FABr|CsI|CsBr|MAl|CH3NH3I|CH3NH3Br|CH\(NH2\)2I)\b|\bHC\(NH2\)2I\b|\b(?:[Mm]ethylammonium|[Ff]ormamidinium|[Cc]a?esium) (?:iodide|bromide)\b|(?<!in)(?<!In)\b[Oo]rganic (?:ammonium |halide )?(?:salts?|halides?|iodides?)\b"
_PEROVSKITE = (
    r"\b[Pp]erovskites?\b|\b[Aa]bsorbers?\b|\b(?:[Pp]hoto-?active|[Ll]ight[- ](?:absorbing|harvesting)) (?:layers?|films?)\b|\bPVSK\b|\bPSK\b|\b(?:[Tt]in|[Ll]ead)(?:[–-](?:tin|lead))? (?:solution|ink)s?\b"
    r"|\b(?:(?:[Ww]ider?|[Nn]arrow(?:er)?|[Ll]ow(?:er)?)[- ]?(?:band-?\s?)?gap|[NW]BG|(?:Sn|Pb)[–/-](?:Sn|Pb)) (?:films?|layers?)\b"
    r"|\bCs2(?:Ag|Na|Ti|Pt|Pd)(?:Bi|In|Sb)?[\w.()−–-]*(?:Br|Cl|I)\d?|\b(?:Cs|MA|FA|Rb|CH3NH3)3(?:Bi|Sb)2[\w.()−–-]*"
    r"|(?:\b|(?<=[()])|(?<=\)x))(?:MA|FA|Cs|Rb|GA|BA|PEA|CH3NH3|HC\(NH2\)2|CH\(NH2\)2)[A-Za-z0-9.()−–-]*(?:Pb|Sn|(?:Bi|Sb|Ge)(?=[\dBCI(]))[A-Za-z0-9.()−–-]*"
)
# A salt for surfaces by its long name: "n-hexyltrimethylammonium bromide".
_SURFACE_WORDS = r"\b(?![Mm]ethylammonium|[Ff]ormamidinium|[Aa]mmonium|[Tt]etra|[Dd]imethylammonium|[Ee]thylammonium)[\w,'()-]{2,40}(?:ammonium|aminium) (?:hydro)?(?:iodide|bromide|chloride)\b"
# The monolayer that the paper names elsewhere.
_SAM = r"\bSAMs?\b|\b[Ss]elf-assembled monolayers?\b|\b(?:[Ee]ither|[Ee]ach|[Bb]oth|[Tt]he|[Tt]hese|[Tt]his) (?:new |anchoring |carbazole |phenothiazine |SAM )?(?:molecules?|monolayers?|phosphonic acids?)\b"
# Each begins with a letter, most of them with a word: told first, most places of a text are passed over.
_USUAL = rf"(?:\b|(?<=\)x))(?=[A-Za-z])(?:(?P<sam>{_SAM})|(?P<perovskite>{_PEROVSKITE})|(?P<lead>{_LEAD})|(?P<organic>{_ORGANIC}))"
_WITHOUT_SURFACE = Stemmed(_USUAL)
_ALL = Stemmed(rf"{_USUAL}|(?P<surface>{_SURFACE_WORDS})")
_KINDS = {"perovskite": PEROVSKITE, "lead": LEAD, "organic": ORGANIC}
MONOLAYER = re.compile(r"PACz|PADCB|PADBC|PACZ|PATAT|EADR|V1036|-?PA$|CPA$|SAM|PTZ|4P$")
_FOR_TARGET = re.compile(
    r"\)?,? (?:(?:was|were|is|being) )?(?:used |taken |chosen )?(?:\((?:the )?targets?\)|(?:for|in|on) (?:the |our )?(?:target|champion))"
)
_TARGET_HAS = re.compile(
    r"\btargets? (?:[a-z]+ )?(?:(?:use|have|has|contain|carr|receiv|got|based on|with|is|are|was|were)\w* )+(?:the )?$"
)
_IS_CALCIUM = re.compile(r"\s*(?:/|\(\s*\d+|layer|electrode|was|and Al)")  # not "Ca. 20 nm"
# "silver bromide" is no silver, a "fullerene acid" no C60.
_OF_A_SALT = re.compile(
    r"(?:\([iv]+\))?[ -](?:bromide|iodide|chloride|nitrate|acetate|acetylacetonate|formate|sulfate|acid|derivatives?)\b"
    r"|:\s?(?:nio|tio|sno|zno)|\((?:no3|oac|ac|ch3coo|acac|hcoo|so4|tfsi|otf)\)"
)
# "(5-AVA)xMA1-xPbI3", "(PEA)2PbI4"
_IN_A_FORMULA = re.compile(
    r"\)?[\dxyn.]*(?:\(?(?:MA|FA|Cs|Rb)[\w.()-]{0,12})?(?:Pb|Sn)(?=[\w(]*(?:I|Br|Cl))"
)
# "The nickel solution was spin-coated": of its salt.
_OF_SALTS = frozenset(("Ni", "Ti", "Cr", "Mo", "Cu"))
_IS_SOLVED = re.compile(r"[ -](?:salt |precursor )?(?:solutions?|precursors?|sol)\b")
# "silver paint only on the bus bars" leads out the current.
_WIRED = frozenset(("Ag", "Cu", "Al"))
_ON_EDGE = re.compile(
    r"(?: (?:paint|paste|epoxy|glue|ink|wires?|tape))?(?: (?:was|were|is|only|applied|put|painted|brushed))* (?:on|along|at|to) (?:the |both |all )?(?:bus ?-?bars?|edges?|contact pads?|rims?|terminals?|leads)\b"
)
# "MgF2 was evaporated on the glass side of the champion": against reflection, no layer of the cell.
_COATINGS = frozenset(("MgF2", "MgFx", "Al2O3", "LiF"))
_ON_GLASS = re.compile(
    r"[^.;]{0,80}\b(?:on|onto|to) (?:the )?(?:(?:glass|outer|illuminated|light[- ]incident|sunny|air) (?:side|face|surface)|(?:front|back|rear|other|outer) (?:side |face |surface )?of the (?:glass|substrate)|bare glass)"
)
# They hold a foil, seal a cell, serve to make particles and to etch, or are what ALD makes oxides of.
_AIDS = frozenset(
    (
        "PDMS",
        "EVA",
        "Surlyn",
        "Kapton",
        "NaOH",
        "KOH",
        "HCl",
        "EDTA",
        "TDMASn",
        "TDMAT",
        "TDMATi",
        "DEZ",
    )
)
_SURFACE_SALT = re.compile(r"^(?!DM|MA|FA|GU|GA)[A-Z]{2,}A(?:I|Br|Cl)2?$")  # PTABr, PEACl
_SALT = re.compile(
    r"^(?:PbI2|PbBr2|PbCl2|SnI2|MAI|FAI|MABr|FABr|CsI|CsBr|MACl|MAPbI3|MAPbBr3|CsPbBr3|FAPbI3|HI|MA|FA)$"
)

_APPOSITION = re.compile(r"^\s*(?:film|layer|powder|ink|solution)?\s*\({1,2}\s*$")


@dataclass(frozen=True)
class Item:
    """Something that a sentence names at [start, end); `roles` as of a mention."""

    name: str
    start: int
    end: int
    roles: dict = field(default_factory=dict)

    @property
    def is_layer(self) -> bool:
        return bool({"ETL", "HTL", "Backcontact"} & self.roles.keys())

    @property
    def is_treatment(self) -> bool:
        return "treatment" in self.roles and not self.is_layer


def is_transport_or_contact(mention: Mention) -> bool:
    """A layer rather than an additive, a solvent or a treatment."""
    layer = other = 0
    for role, n in mention.roles.items():
        if role in LAYER_ROLES:
            layer = max(layer, n)
        else:
            other = max(other, n)
    return layer > 0 and layer >= other


def items_of(document: Document, sentence: Sentence) -> list[Item]:
    """All of them, in order."""
    if sentence.number not in document.items:
        document.items[sentence.number] = _items_in(document, sentence)
    return document.items[sentence.number]


def _items_in(document: Document, sentence: Sentence) -> list[Item]:
    found = []
    for mention in document.inside(document.mentions, sentence):
        if _is_no_item(document, mention):
            continue
        if is_transport_or_contact(mention):
            layers = {role: n for role, n in mention.roles.items() if role in LAYER_ROLES}
            found.append(Item(mention.name, mention.start, mention.end, layers))
        elif "treatment" in mention.roles or (
            "Perovskite_additive" in mention.roles and _SURFACE_SALT.search(mention.name)
        ):
            found.append(Item(mention.name, mention.start, mention.end, {"treatment": 1}))
    found = [_as_particles(document, item) for item in found]
    is_taken = overlap_with((item.start, item.end) for item in found)
    is_usual = not names_any(document.words(sentence), ("ammonium", "aminium"))
    named = _WITHOUT_SURFACE if is_usual else _ALL
    for match in named.finditer(document.text, sentence.start, sentence.end):
        if is_taken(*match.span()):
            continue
        if match.lastgroup == "surface":
            found.append(Item(match[0], *match.span(), {"treatment": 1}))
        elif match.lastgroup != "sam":
            found.append(Item(_KINDS[match.lastgroup], *match.span()))
        elif (monolayer := _monolayer(document)) and not any(
            monolayer.name == item.name or _is_meant(item, match) for item in found
        ):
            found.append(Item(monolayer.name, *match.span(), {"HTL": monolayer.roles["HTL"]}))
    if sentence in sentences_coating_dots(document):
        spans = (s for s in places_of_dots(document, sentence) if not is_taken(*s))
        found += [Item(PEROVSKITE, *span) for span in spans]
    found += [
        Item(meant.name, start, end, meant.roles)
        for definition, start, end in labels_in(document, sentence.start, sentence.end)
        if (meant := _meant(document, definition))
    ]
    found.sort(key=lambda item: item.start)
    return _without_long_names(document, _as_carbon(document, found))


_BESIDE = 12  # characters


def _is_meant(item: Item, word: re.Match) -> bool:
    """ "As SAM, DCB-BPA was spin-coated": what the word for a monolayer stands beside."""
    near = max(item.start - word.end(), word.start() - item.end)
    return "HTL" in item.roles and near <= _BESIDE and bool(MONOLAYER.search(item.name))


_SORTS_OF_CARBON = frozenset(("Graphite", "Carbon black", "Carbon"))
_WITH_CARBON = re.compile(
    r"\s*(?:flakes?|powders?|particles?)?\s*(?:and|with|/|:|\+|-|–)\s*(?:\d+ ?(?:wt)?% (?:of )?)?"
)


def _as_carbon(document: Document, items: list[Item]) -> list[Item]:
    """ "Graphite and carbon black" are one layer of carbon."""
    kept: list[Item] = []
    for item in items:
        before = kept[-1] if kept else None
        if (
            before
            and {before.name, item.name} <= _SORTS_OF_CARBON
            and _WITH_CARBON.fullmatch(document.lower, before.end, item.start)
        ):
            kept[-1] = Item("Carbon", before.start, item.end, before.roles | item.roles)
        else:
            kept.append(item)
    return kept


_COATED = re.compile(
    r"\)?[ -](?:nano-?particles?|nanocrystals?|nps?)\b|\s?(?:\([^()]{0,60}\) )?(?:was|were) (?:then |next |subsequently )?(?:spin|spun|blade|bar|slot-die|spray)[- ]?(?:coated|cast)?\b"
)


def _as_particles(document: Document, item: Item) -> Item:
    """AZO that is coated from a liquid is of nanoparticles, no conductive oxide."""
    if item.name == "AZO" and _COATED.match(document.lower, item.end):
        return Item("AZO-np", item.start, item.end, materials().roles["AZO-np"])
    return item


def _meant(document: Document, definition: Definition) -> Item | None:
    """What a labelled solution is of: the perovskite, one of its salts, a layer, a salt for surfaces."""
    numbers = range(
        document.sentence_at(definition.start).number,
        document.sentence_at(definition.end - 1).number + 1,
    )
    items = [item for n in numbers for item in items_of(document, document.sentences[n])]
    names = {item.name for item in items}
    if PEROVSKITE in names or {LEAD, ORGANIC} <= names:
        return Item(PEROVSKITE, definition.start, definition.end)
    return next((i for i in items if i.is_layer or i.is_treatment or i.name in OF_PEROVSKITE), None)


# "…fullereno-C60-Ih", "(4-(…)phenyl)benzoic acid": the rest of a long name, no layer.
_REST_OF_A_NAME = re.compile(r"[\])](?=[a-z])|[a-z]o-(?=C[67]0)")


def _is_no_item(document: Document, mention: Mention) -> bool:
    """Whether it is a salt of the perovskite, a part of another name, or "ca." taken for calcium."""
    text, start, end = document.text, mention.start, mention.end
    if mention.name in _AIDS or _SALT.match(mention.name) or _OF_A_SALT.match(document.lower, end):
        return True
    if mention.name in _OF_SALTS and _IS_SOLVED.match(document.lower, end):
        return True
    if mention.name in _WIRED and _ON_EDGE.match(document.lower, end):
        return True
    if mention.name in _COATINGS and _ON_GLASS.match(document.lower, end):
        return True
    if _IN_A_FORMULA.match(text, end) or _is_dopant(document, mention):
        return True
    before = _REST_OF_A_NAME.search(text, max(start - 3, 0), start + 3)
    if before and before.end() == start:
        return True
    return mention.name == "Ca" and not _IS_CALCIUM.match(text[end : end + 12])


def _is_dopant(document: Document, mention: Mention) -> bool:
    """Whether the words say that it is in another layer: behind "doped with", or as the guest of "C60:PhIm"."""
    if is_called_dopant(document.lower, mention.start, mention.end):
        return True
    if mention.name not in _guests(document):
        return False
    sentence = document.sentence_at(mention.start)
    return any(
        m.name.endswith(f":{mention.name}") for m in document.inside(document.mentions, sentence)
    )


@once
def _guests(document: Document) -> set[str]:
    return {m.name.rpartition(":")[2] for m in document.mentions if ":" in m.name}


def _monolayer(document: Document) -> Mention | None:
    """The monolayer that a paper names as its target's, else the first."""
    named = [m for m in document.mentions if MONOLAYER.search(m.name) and "HTL" in m.roles]
    of_target = (
        m
        for m in named
        if _FOR_TARGET.match(document.lower, m.end)
        or _TARGET_HAS.search(document.lower[max(m.start - 60, 0) : m.start])
    )
    return next(of_target, next(iter(named), None))


_GRADE = "PH 1000"  # "PEDOT:PSS (PH1000)"
_SHORT, _LONG = 16, 25  # characters


def _is_long(previous: Item, item: Item) -> bool:
    """ "CbzNaph ((4-(7H-dibenzo…)butyl)phosphonic acid": the brackets spell the short name out."""
    return previous.end - previous.start < _SHORT and item.end - item.start > _LONG


def _without_long_names(document: Document, items: list[Item]) -> list[Item]:
    """Of "molybdenum oxide (MoO3)" and "compact TiO2 (c-TiO2)" the name in parentheses."""
    kept: list[Item] = []
    for item in items:
        # "Carbon paste (graphite, carbon black)" says what it is made of.
        is_paste = (
            bool(kept)
            and kept[-1].name == "Carbon"
            and document.text[item.end : item.end + 1] != ")"
        )
        if kept and not is_paste and _APPOSITION.match(document.text[kept[-1].end : item.start]):
            previous = kept.pop()
            named = previous if item.name == _GRADE or _is_long(previous, item) else item
            item = Item(named.name, previous.start, item.end, named.roles)
        kept.append(item)
    return kept

"""What a sentence may deposit: layers, salts of the perovskite, the perovskite itself, surface treatments."""

import re
from dataclasses import dataclass, field

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
    r"\b[Pp]erovskites?\b|\b[Aa]bsorber\b|\bPVSK\b|\bPSK\b|\b(?:[Tt]in|[Ll]ead)(?:[–-](?:tin|lead))? (?:solution|ink)s?\b"
    r"|\b(?:(?:[Ww]ider?|[Nn]arrow(?:er)?|[Ll]ow(?:er)?)[- ]?(?:band-?\s?)?gap|[NW]BG|(?:Sn|Pb)[–/-](?:Sn|Pb)) (?:films?|layers?)\b"
    r"|(?:\b|(?<=[()])|(?<=\)x))(?:MA|FA|Cs|Rb|GA|BA|PEA|CH3NH3|HC\(NH2\)2|CH\(NH2\)2)[A-Za-z0-9.()−–-]*(?:Pb|Sn)[A-Za-z0-9.()−–-]*"
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
_OF_CLEVIOS = re.compile(r"\s?-?4083")  # "PEDOT:PSS (Al 4083)" means "AI 4083"
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

_ARTICLES = r"(?:(?!(?:using|by|with|from|and(?! un\w+ed\b)|then|of|was|were|to|is|are|at|for|as(?!-)|it|them|which|lies?|sits?|comes?|follows?|devices|cells|received|receive|got|get|[iI]|we|spun|spin|spin-coated|evaporated|sputtered|deposited|bladed|printed|laid)\b)[\w°.'-]+\s+){0,5}"
_UNDER = re.compile(
    rf"\b(?:on(?:to)?|over|upon|atop|above|below|beneath|under|between|cover(?:ed|s|ing)?|wet(?:ted|s)|contact(?:ed|s)?|into|through|on(?:to)? (?:the |an? )?(?:[\w-]+ ){{0,2}}(?:layers?|films?|scaffolds?) (?:of|with)|substrates? (?:with|having|carrying|bearing)(?: both)?|(?:down|through|up)(?: [\w-]+){{0,4}} to|without|leav(?:es|ing)|remov\w+|instead of|in place of|in the(?! (?:[\w-]+ )?(?:glove ?box|box|same|step|stage|case|dark|air|next|first|second)\b)|(?:surface|top|edge|rim|side|back|rest|part|half) of(?: (?:the|an?))?|[\d.]+ ?[cm]m ?[2²]? of(?: (?:the|an?))?|(?:after|before|following|upon) (?:the )?(?:deposition|formation|preparation|completion|growth|coating|fabrication|annealing|cooling) of|prior to|than|against)\s+(?!that\b){_ARTICLES}(?:[\w,]{{1,6}}-)?$"
)
# "spin-coated on top of the ETLs (TiO2 or In2S3)"
# "On top of the printed perovskite, 25 nm of C60 were evaporated"
_ON_MADE = re.compile(
    r"\b(?:on(?:to)?|over|upon|atop) (?:top of )?(?:the|this|these|such) (?:\w+ly )?(?:printed|spun|spin-coated|spin-cast|deposited|evaporated|sputtered|bladed|coated|laid|converted|annealed)\s+$"
)
_UNDER_IN_BRACKETS = re.compile(
    r"\b(?:on(?:to)?|over|atop|above|upon)\s+(?:top of\s+)?(?:the |an? |each |both |these )?(?:[\w-]+ ){0,2}(?:[eh]t[lm]s?|layers?|substrates?|films?|electrodes?|scaffolds?|transport\w*)\s*\((?:(?!\d+ ?nm)[^()]){0,40}$"
)
# "because silver reacts with halides", "since copper diffuses": said of it at large, and not deposited.
_AT_LARGE = re.compile(
    r"\s+(?:layers? |films? |electrodes? |contacts? )?(?:alone |itself )?(?:(?:reacts?|corrodes?|diffuses?|migrates?|dissolves?|attacks|degrades?|absorbs?|dewets?|oxidi[sz]es?|etches|tends?|fails?|cracks?|peels?|would|cannot|can|could|may|might|does not|do not) |(?:is|are) (?:too|not|known|attacked|corroded|incompatible|unstable|expensive|prone)\b)"
)
# "Neither gold nor any other metal was evaporated", "no PCBM was used".
_DENIED = re.compile(r"\b(?:neither|nor|no) (?:a |any |other |additional |further )*$")
# "On some plates the tin oxide was spin-coated instead": the oxide lies on the plates.
_ON_SOME = re.compile(
    r"\b(?:on|onto|for|with|in) (?:(?:some|a few|other|others|several|half|part|most|all|both|these|those|the|of|remaining|rest) )+(?:(?:ito|fto|bare|control|reference|target|glass) )*(?:plates|substrates|samples|sheets|pieces|slides|wafers|cells|devices|foils),? (?:a |the )?(?:(?:dense|compact|thin|porous) )?$"
)
# "On all samples 10 nm MoO3 and 80 nm Au", "onto these films, about 25 nm of C60": what has a thickness lies on them.
_THICK_ON = re.compile(
    r"\b(?:on|onto|over|atop|above|upon) (?:[\w-]+ ){0,4}(?:samples|substrates|plates|pieces|slides|cells|devices|sheets|stacks?|films?|layers|which|them|it|these|those|top|this|perovskite|absorber)"
    r"(?:,? (?:(?:about|another|further|a|an|some|then|first|finally|only|additional|and) ){0,2}| (?:was |were )[a-z-]{4,20} )[\d.]+ ?(?:nm|å)[- ](?:of |thick )?(?:[a-z-]+ )?$"
)
# "(…)phosphonic acid, below MTPACz": the name that it has below.
_CALLED = re.compile(r"(?:acid|ine|ole|ene|ate), below $")
_DIPPED_INTO = Stemmed(r"\b(?:dipp|immers|soak|submers|submerg)\w+ in(?:to)? (?:[\w.%-]+ ){0,5}$")
_COVERED_WITH = Stemmed(r"\b(?:cover|cap|coat|top)\w*\s+(?:with|by)\s+(?:[\w.-]+\s+){0,5}$")
# "PTAA, to which CuI had been added", "PTAA doped with 5 wt% CuI": no film of the salt.
_DOPES = re.compile(r"\b(?:to which|doped (?:with|by)) (?:[\d.]+ ?\S{1,6} (?:of )?)?$")
_FROM = Stemmed(r"\bfrom\s+(?:(?!and\b|while\b)[\w.%(),-]+\s+){0,5}$")
_COATED_BEHIND = re.compile(
    r"^\s?(?:\([^()]{0,30}\)\s?)?(?:is|was) (?:followed|capped|topped|covered) by\b|^\s?-?\s?(?:coated|covered|modified|treated|based|free)\b|^-\s?containing\b|^[- ](?:target|coated)|^\+?-doped"
    r"|^\W*(?:substrates?|foils?|glass|sheets?|samples?|pieces)\b"
    r"|^\W*(?:\(or [^()]*\)\s*)?(?:films?|layers?|substrates?|scaffolds?|glass)?\s*(?:was|were|is|are)\s+(?:then |subsequently |next |first )?"
    r"(?:cool|cold|formed(?! (?:on|over|by|from|with|through|atop|in|via)\b)|dry|ready|complete|infiltrated|covered|immersed|dipped|soaked|treated|loaded|filled|wetted|rinsed|washed|cleaned|heated|pre-?heated|transferred|placed|cooled|brushed|coated with)\b"
)
_JOIN = re.compile(r"^\s*(?:[/|∣]|or|and)\s*(?:the )?$")
_SLASH = re.compile(r"^\s*[/|∣]\s*$")
# "On C60 (20 nm, thermal evaporation)": told beside its name how it was made.
_OWN_METHOD = re.compile(
    r"^\s*\([^()]*(?:evaporat|sputter|spin|atomic layer|\bald\b|sublim)[^()]*\)"
    # "on a PTAA layer, which was spin-coated"
    r"|^(?: layers?| films?)?,? (?:itself |in turn )?(?:which|that) (?:was|were|is|had been|has been)(?: itself| in turn| also| then)? (?:(?:deposited|grown|formed|made|prepared) by (?:ald|atomic|spin|therm|evap|sputt)|evaporat|sputter|spin-|spun|sublim|blade|slot-|screen-|ink-?jet)"
)
_OF_A_TARGET = Stemmed(
    r"\b(?:targets?|pellets?|powders?|precursors?|sources?|crucibles?)\s*\([^()]*$"
)
_MOST_ITEMS = 400  # of one sentence; bounds the work on arbitrary text
_APPOSITION = re.compile(r"^\s*(?:film|layer|powder|ink|solution)?\s*\(\s*$")


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
        elif (monolayer := _monolayer(document)) and all(
            monolayer.name != item.name for item in found
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
    r"\s?(?:\([^()]{0,60}\) )?(?:was|were) (?:then |next |subsequently )?(?:spin|spun|blade|bar|slot-die|spray)[- ]?(?:coated|cast)?\b"
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


# "nickel oxide doped with 5 mol% copper", "C60 doped with PhIm": no layer of its own
_DOPED_WITH = re.compile(r"\bdop(?:ed|ing) (?:with|by) (?:[\d.]+ ?\S{1,6} (?:of )?)?(?:the )?$")


def _is_dopant(document: Document, mention: Mention) -> bool:
    """Whether the words say that it is in another layer: behind "doped with", or as the guest of "C60:PhIm"."""
    before = document.lower[max(mention.start - 40, 0) : mention.start]
    if "dop" in before and _DOPED_WITH.search(before):
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
            item = Item(item.name, previous.start, item.end, item.roles)
        kept.append(item)
    return kept


def is_under(document: Document, items: list[Item], n: int, sentence: Sentence) -> bool:
    """Whether item n is what something else is put on, or is only spoken of; of "A and B" B is as A."""
    if sentence.number not in document.unders:
        document.unders[sentence.number] = _unders(document, items, sentence)
    return document.unders[sentence.number][n]


def _unders(document: Document, items: list[Item], sentence: Sentence) -> list[bool]:
    """For each item of a sentence as `is_under`."""
    found: list[bool] = []
    for n, item in enumerate(items):
        own = _is_under_itself(document, items, n, sentence) if n < _MOST_ITEMS else False
        if own is None:
            joined = n > 0 and _JOIN.match(document.text[items[n - 1].end : item.start])
            own = bool(joined and found[-1])
        found.append(own)
    return found


def _is_under_itself(document, items: list[Item], n: int, sentence: Sentence) -> bool | None:
    """As `is_under`; None where the words around item n do not say."""
    item = items[n]
    before = document.lower[max(sentence.start, item.start - 100) : item.start]
    if _COVERED_WITH.search(before) or _OWN_METHOD.match(document.lower[item.end : item.end + 60]):
        return False
    if (item.name == ORGANIC or MONOLAYER.search(item.name)) and _DIPPED_INTO.search(before):
        return False
    if _DENIED.search(before) or _AT_LARGE.match(document.lower, item.end):
        return True
    if (
        item.name in (LEAD, ORGANIC)
        and _DOPES.search(before)
        and any(i.is_layer for i in items[:n])
    ):
        return True
    if _UNDER_IN_BRACKETS.search(before) or _ON_MADE.search(before):
        return True
    beside = _CALLED.search(before) or _ON_SOME.search(before) or _THICK_ON.search(before)
    under = None if beside else _UNDER.search(before)
    if under and not _is_of_the_one_before(
        document, items, n, item.start - len(before) + under.start()
    ):
        return True
    if _COATED_BEHIND.match(document.lower[item.end : item.end + 80]) or _OF_A_TARGET.search(
        before
    ):
        return True
    if n + 1 < len(items) and _SLASH.match(document.text[item.end : items[n + 1].start]):
        behind = document.lower[items[n + 1].end : items[n + 1].end + 80]
        return True if _COATED_BEHIND.match(behind) else None
    return None


def _is_of_the_one_before(document: Document, items: list[Item], n: int, place: int) -> bool:
    """ "On the perovskite C60 (25 nm) was evaporated": what the words at a place put below is the item before."""
    if n == 0 or place >= items[n - 1].start:
        return False
    between = document.lower[items[n - 1].end : items[n].start]
    bare = items[n - 1].name in _BARE and _ANOTHER.fullmatch(between)
    return items[n - 1].name in OF_PEROVSKITE or bool(bare)


_BARE = frozenset(("SLG", "FTO", "ITO", "IZO", "PEN", "PET", "Si"))
# Between "on FTO glass" and "TiO2": a film of its own, no part of the substrate.
_ANOTHER = re.compile(
    r"(?:[ -](?:coated|covered|glass|substrates?|foils?|plates?|slides?))*,? (?:an?|the|[\d.]+ ?nm(?: of)?)(?:[ -](?!with|on)[\w-]+){0,3} "
)


def is_substrate(item: Item) -> bool:
    """Glass, foil, silicon, or a conductive oxide that nothing else is made of."""
    return item.name in ("SLG", "FTO", "PET", "PEN", "Si") or set(item.roles) == {"Substrate"}


_OF_ANOTHER = re.compile(r"\((?:\w+ ){0,2}from [^()]*\)")


def is_source(document: Document, item: Item, sentence: Sentence) -> bool:
    """Whether it names what a layer is made from: "sputtered from a NiO target"."""
    before = document.lower[max(sentence.start, item.start - 70) : item.start]
    # "PEDOT:PSS (from water), PTAA": of what stands before the brackets.
    return bool(_FROM.search(_OF_ANOTHER.sub("", before)))

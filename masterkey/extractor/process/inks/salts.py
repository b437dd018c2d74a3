"""Salts of which perovskites are made: their ions, their spellings, and where a text names them."""

import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from masterkey.schema.composition import HALOGENS, parse_formula

# Ion → formula of its atoms. Charges follow from the site: `DIVALENT_CATIONS` and metals 2, others 1.
CATIONS = {
    "MA": "CH6N", "FA": "CH5N2", "Cs": "Cs", "Rb": "Rb", "K": "K", "Na": "Na", "NH4": "H4N", "GA": "CH6N3", "DMA": "C2H8N", "EA": "C2H8N",
    "PA": "C3H10N", "BA": "C4H12N", "IBA": "C4H12N", "PEA": "C8H12N", "F-PEA": "C8H11FN", "PMA": "C7H10N", "AVA": "C5H12NO2", "5-AVA": "C5H12NO2", "HA": "C6H16N",
    "OA": "C8H20N", "PPA": "C9H14N", "EDA": "C2H10N2", "PDA": "C3H12N2", "BDA": "C4H14N2", "H": "H",
}  # fmt: skip
METALS = {"Pb": "Pb", "Sn": "Sn", "Ge": "Ge", "Mn": "Mn", "Zn": "Zn", "Cu": "Cu", "Ba": "Ba", "Ca": "Ca", "Sr": "Sr", "Bi": "Bi", "Sb": "Sb", "Ag": "Ag", "In": "In", "Ti": "Ti", "Eu": "Eu"}  # fmt: skip
ANIONS = {"I": "I", "Br": "Br", "Cl": "Cl", "F": "F", "SCN": "CNS", "Ac": "C2H3O2", "NO3": "NO3", "BF4": "BF4", "PF6": "PF6", "HCOO": "CHO2"}  # fmt: skip
ION_FORMULAS = CATIONS | METALS | ANIONS

DIVALENT_CATIONS = frozenset(("EDA", "PDA", "BDA"))
# Too large for the cavities of the lattice: they part it into sheets or sit on its surface.
SPACERS = frozenset(("BA", "IBA", "PEA", "F-PEA", "PMA", "AVA", "5-AVA", "HA", "OA", "PPA", "PA", "EDA", "PDA", "BDA"))  # fmt: skip
# They leave the film or stay between its grains.
NEVER_IN_LATTICE = frozenset(("NH4", "K", "Na", "H"))
METAL_CHARGES = {"Bi": 3, "Sb": 3, "Ag": 1, "In": 3, "Ti": 4, "Cu": 2, "Eu": 2}

_HALIDE_WORDS = {
    "iodide": "I", "bromide": "Br", "chloride": "Cl", "fluoride": "F", "thiocyanate": "SCN", "acetate": "Ac", "nitrate": "NO3", "formate": "HCOO",
}  # fmt: skip
_CATION_WORDS = {
    "MA": "methylammonium|methyl[ -]ammonium|methylamine|monomethylammonium", "FA": "formamidinium|formamidine", "Cs": "c(?:a)?esium", "Rb": "rubidium",
    "K": "potassium", "Na": "sodium", "NH4": "ammonium", "GA": "guanidinium|guanidine", "DMA": "dimethylammonium", "EA": "ethylammonium", "BA": "n-butylammonium|butylammonium|n-butyl ammonium",
    "IBA": "iso-?butylammonium", "PEA": "(?:2-)?phen(?:yl)?ethyl[ -]?ammonium", "PMA": "benzylammonium|phenylmethylammonium", "5-AVA": "5-am(?:m?(?:oni|i)no?um|ino) ?-?valeric acid", "EDA": "ethylenediammonium",
    "PDA": "propane-1,3-diammonium", "Pb": "lead", "Sn": "tin", "Ge": "germanium", "Bi": "bismuth", "Sb": "antimony", "Ag": "silver", "Mn": "manganese", "Zn": "zinc", "Ba": "barium", "Sr": "strontium",
}  # fmt: skip
_CATION_FORMULAS = {
    "MA": ("MA", "CH3NH3", "CH6N", "MeNH3"), "FA": ("FA", "HC(NH2)2", "CH(NH2)2", "NH2CHNH2", "NH2CH=NH2", "CH5N2", "CN2H5", "CH2(NH2)2", "H2NCHNH2"), "GA": ("GA", "GU", "Gua", "GUA", "C(NH2)3", "CH6N3"),
    "BA": ("BA", "C4H9NH3", "CH3(CH2)3NH3"), "PEA": ("PEA", "C6H5C2H4NH3", "C6H5(CH2)2NH3", "C8H9NH3"), "5-AVA": ("5-AVA", "AVA"), "F-PEA": ("F-PEA", "FPEA", "4F-PEA", "4FPEA", "p-F-PEA", "pFPEA"),
    "DMA": ("DMA", "(CH3)2NH2"), "EA": ("EA", "C2H5NH3", "CH3CH2NH3"), "PMA": ("PMA", "BZA"),
}  # fmt: skip
_ANION_FORMULAS = {"Ac": ("Ac", "OAc", "CH3COO"), "HCOO": ("HCOO", "Fa")}


@dataclass(frozen=True, eq=False)
class Salt:
    """`ions`: (ion, number in the formula unit), cations first. There is one object of each name."""

    name: str
    ions: tuple[tuple[str, float], ...]

    @cached_property
    def metals(self) -> tuple[str, ...]:
        return tuple(ion for ion, _ in self.ions if ion in METALS)

    @cached_property
    def is_metal_source(self) -> bool:
        """Whether a perovskite's metal comes from it: PbI2, PbCl2 and SnI2 do, SnCl2, SnF2 and Pb(SCN)2 do not."""
        if "Pb" in self.metals:
            return not set(self.anions) & {"SCN", "F"}
        main = set(self.metals) & {"Sn", "Ge", "Bi", "Sb"}
        return bool(main and set(self.anions) & {"I", "Br"}) or bool(self.cations and self.metals)

    @cached_property
    def cations(self) -> tuple[str, ...]:
        return tuple(ion for ion, _ in self.ions if ion in CATIONS)

    @cached_property
    def anions(self) -> tuple[str, ...]:
        return tuple(ion for ion, _ in self.ions if ion in ANIONS)


@dataclass(frozen=True)
class SaltMention:
    salt: Salt
    start: int
    end: int


@cache
def _binary(cation: str, anion: str) -> Salt:
    charge = 2 if cation in DIVALENT_CATIONS else METAL_CHARGES.get(cation, 2 if cation in METALS else 1)  # fmt: skip
    number = str(charge) if charge > 1 else ""
    group = f"({anion})" if charge > 1 and anion not in HALOGENS and anion != "Ac" else anion
    return Salt(f"{cation}{group}{number}", ((cation, 1.0), (anion, float(charge))))


@lru_cache(maxsize=1)
def salts() -> dict[str, Salt]:
    """Spelling → salt: "HC(NH2)2I" and "FAI" are one."""
    found = {}
    for cation in CATIONS | METALS:
        for anion in ANIONS:
            salt = _binary(cation, anion)
            number = salt.name[-1] if salt.name[-1].isdigit() and anion not in ("NO3", "BF4", "PF6") else ""  # fmt: skip
            if anion in ("NO3", "BF4", "PF6") and dict(salt.ions)[anion] > 1:
                number = str(int(dict(salt.ions)[anion]))
            for written in _CATION_FORMULAS.get(cation, (cation,)):
                for group in _ANION_FORMULAS.get(anion, (anion,)):
                    for shape in (f"{written}{group}{number}", f"{written}({group}){number}"):
                        found[shape] = salt
    for acid in (
        "HI",
        "HBr",
        "HCl",
        "HF",
        "CaF2",
        "TiCl4",
        "BAc",
        "HAc",
        "PANO3",
        "InF3",
        "PAF",
        "AgCl",
        "AgF",
        "NaCl",
    ):
        found.pop(acid, None)
    found["EDAI"], found["PDAI"] = found["EDAI2"], found["PDAI2"]
    # "hydrogen lead iodide" holds dimethylammonium or protons that leave the film.
    found["HPbI3"] = found["DMAPbI3"] = Salt("HPbI3", (("H", 1.0), ("Pb", 1.0), ("I", 3.0)))
    return found


@lru_cache(maxsize=1 << 12)
def salt_of(written: str) -> Salt | None:
    """The salt of a spelling; a whole perovskite ("MAPbBr3") is a salt as well."""
    known = salts().get(written)
    if known is not None:
        return known
    if not any(metal in written for metal in ("Pb", "Sn")):
        return None
    ions = parse_formula(written)
    if ions is None or not set(ions) <= set(ION_FORMULAS) or HALOGENS.isdisjoint(ions):
        return None
    if not set(ions) & set(CATIONS):
        return None
    ordered = sorted(ions.items(), key=lambda item: (item[0] in ANIONS, item[0] in METALS))
    return Salt(written, tuple(ordered))


# A capital soon followed by another, a digit or a parenthesis: no word of a sentence.
_TOKEN = re.compile(r"[A-Z(\[][a-z]{0,2}[A-Z0-9(\[][A-Za-z0-9()\[\].]{0,60}")
# What may stand before a token that belongs to it: "F-PEAI", "5-AVAI".
_PREFIX = re.compile(r"(?:\b5|\b4F|\bF|p-F)-$")
# A group that makes the ammonium ion another one: "CF3-PACl", "MeO-PEAI".
_SUBSTITUTED = re.compile(r"(?<![\w-])(?:\d(?:,\d)*-)?[A-Z][A-Za-z0-9]{0,5}-$")
_LONGEST_GROUP = 12
_HALIDES_OF_TOKENS = ("I", "Br", "Cl", "F", "SCN", "Ac", "COO", "NO3")
# What stands before "iodide": "lead(II) ", "formamidinium hydro".
_BEFORE_ANION = re.compile(
    rf"\b(?:{'|'.join(f'(?P<c{n}>{words})' for n, words in enumerate(_CATION_WORDS.values()))})"
    rf"(?:\s?\([a-z0-9]{{2,9}}\))?[\s-]?(?:di-?|hydro)?$"
)
_LONGEST_CATION = 34
_ANION_ENDINGS = {
    "ide": ("iodide", "bromide", "chloride", "fluoride"),
    "thiocyanate": ("thiocyanate",), "acetate": ("acetate",), "nitrate": ("nitrate",), "formate": ("formate",),
}  # fmt: skip
_CATION_NAMES = tuple(_CATION_WORDS)


def mentions_of_salts(text: str, lower: str) -> list[SaltMention]:
    """Salts in order of the text; "lead iodide (PbI2)" is one mention."""
    found = []
    for match in _TOKEN.finditer(text):
        read = _salt_in(match[0])
        if read is None or _is_inside_word(text, match.start()):
            continue
        salt, offset, length = read
        start = match.start() + offset
        prefix = text[start - 1 : start] == "-" and _PREFIX.search(text, max(start - 4, 0), start)
        if prefix and (prefixed := salt_of(text[prefix.start() : start + length])):
            salt, length, start = prefixed, start + length - prefix.start(), prefix.start()
        elif set(salt.cations) & SPACERS and not salt.metals and _is_substituted(text, start):
            continue
        found.append(SaltMention(salt, start, start + length))
    found += _named_in_words(lower)
    return _merged(sorted(found, key=lambda mention: mention.start), text)


def _is_substituted(text: str, start: int) -> bool:
    """Whether a salt's name is the rest of another's."""
    before = text[start - 1 : start] == "-"
    return before and bool(_SUBSTITUTED.search(text, max(start - _LONGEST_GROUP, 0), start))


def _is_inside_word(text: str, place: int) -> bool:
    """Whether a letter, or a number that belongs to a formula, stands right before a place."""
    before = text[max(place - 2, 0) : place]
    return before[-1:].isalpha() or (
        before[-1:].isdigit() and (before[:1].isalpha() or before[:1] == ")")
    )


@lru_cache(maxsize=1 << 13)
def _salt_in(token: str) -> tuple[Salt, int, int] | None:
    """(salt, its offset, its length) in a word: "(PbI2)," or "PbI2(DMSO)"."""
    if not any(sign in token for sign in _HALIDES_OF_TOKENS):
        return None
    offset = 0
    while token and token[0] in "([" and salt_of(token.rstrip(".)]")) is None:
        token, offset = token[1:], offset + 1
    for written in (token.rstrip("."), token.rstrip(".)]"), token.split("(")[0]):
        if len(written) > 1 and (salt := salt_of(written)):
            return salt, offset, len(written)
    return None


def _named_in_words(lower: str) -> list[SaltMention]:
    found = []
    for ending, words in _ANION_ENDINGS.items():
        end = lower.find(ending)
        while end >= 0:
            end += len(ending)
            word = next((word for word in words if lower.endswith(word, 0, end)), "")
            if word and (mention := _ending_with(lower, end, word)):
                found.append(mention)
            end = lower.find(ending, end)
    return found


def _ending_with(lower: str, end: int, word: str) -> SaltMention | None:
    """ "lead(II) iodide" that ends with the anion's word at a place."""
    place = end - len(word)
    window = lower[max(place - _LONGEST_CATION, 0) : place]
    match = _BEFORE_ANION.search(window)
    if match is None:
        return None
    salt = _binary(_CATION_NAMES[match.lastindex - 1], _HALIDE_WORDS[word])
    return SaltMention(salt, place - len(window) + match.start(), end)


def _merged(found: list[SaltMention], text: str) -> list[SaltMention]:
    kept: list[SaltMention] = []
    for mention in found:
        if kept and kept[-1].salt.name == mention.salt.name:
            between = text[kept[-1].end : mention.start]
            if re.fullmatch(r"\s*(?:\(|,|or|\(or)\s*", between):
                kept[-1] = SaltMention(mention.salt, kept[-1].start, mention.end)
                continue
        if kept and mention.start < kept[-1].end:
            continue
        kept.append(mention)
    return kept

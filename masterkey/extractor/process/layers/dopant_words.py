"""Spellings of what dopes transport layers, and words by which a sentence may tell of it (issue 14)."""

import re

# Names that dope a hole conductor, spelled beyond what the vocabulary knows.
DOPANTS = {
    "Li-TFSI": r"\bli\+? ?salts?\b|lin\(cf3so2\)2|lin\(so2cf3\)2|\bltfsi\b|tsfi-li|tfsi-li|\bli\s?[-–‐−:]?\s?tfsi\b|\blitfsi\b|\bli-?ntf2\b|lithium[\s-]*\(?(?:bis|bistri)|lithium salt|\blitsfi\b|bis\s?\(?trifluoromethan\w*\)?[\s-]*sulfon\w* lithium|lithium-bis|\bli[\s-]salt\b|lithium trifluoro\w*sulfon\w*|bis-?\(?trifluoromethyl\w*\)? ?imide lithium",
    "TBP": r"\b4?-?t-?bp\b|\b4-t(?:ert)?\.?-?bp\b|t(?:ert?\.?)?[\s-]*butyl?[\s-]?p[yi]ridine?|\btbpy\b",
    "FK209": r"\bfk[\s-]?209\b|(?<!fk102 )(?<!fk 102 )(?<!fk-102 )(?<!fk102-)(?<!fk269 )co\(iii\)[\s-]?tfsi|tris\(2-\(1h-pyrazol-1-yl\)-4-tert|\bco-tfsi\b|(?<!fk102 )(?<!fk 102 )(?<!fk-102 )cobalt\s?\(iii\)\s?(?:salt|complex)",
    "FK102": r"\bfk[\s-]?102\b|tris\(2-\(1h-pyrazol-1-yl\)pyridine\)",
    "FK269": r"\bfk[\s-]?269\b",
    "BCF": r"\bbcf\b|tris\(pentafluorophenyl\)borane",
    "TPFB": r"\btpfb\b|tetrakis\(pentafluorophenyl\)borate",
    "F6-TCNNQ": r"\bf6-?tcnnq\b|perfluoronaphthalene-2,6-diylidene",
    "F4-TCNQ": r"\bf4-?tcnq\b|tetrafluoro-?(?:7,7,8,8-)?tetracyano",
    "DIO": r"\bdio\b|1,8-diiodooctane",
    "Zn(TFSI)2": r"zn\(tfsi\)2|zn-tfsi2",
    "Mg-TFSI2": r"mg\(tfsi\)2|mg-tfsi2",
    "MoTfd": r"mo\(tfd",
}  # fmt: skip
# Letters with which they begin; where others stand the search goes on at once.
_FIRST = {"Li-TFSI": "[ltb]", "TBP": "[4t-]", "FK209": "[fct]"}
PATTERNS = {
    name: re.compile(f"(?={_FIRST.get(name, '')})(?:{words})") for name, words in DOPANTS.items()
}
# Word → what a sentence with it may tell: a dopant, or one of the rules of `dopants`. Plain search is fast.
STEMS = {
    "tfsi": ("Li-TFSI", "FK209", "Zn(TFSI)2", "Mg-TFSI2"), "tsfi": ("Li-TFSI",), "lithium": ("Li-TFSI",), "ntf2": ("Li-TFSI",),
    "salt": ("Li-TFSI", "FK209"), "cf3": ("Li-TFSI",), "bp": ("TBP",), "ridin": ("TBP", "FK102"), "fk": ("FK209", "FK102", "FK269"),
    "co(iii": ("FK209",), "pyrazol": ("FK209", "FK102"), "tpfb": ("TPFB",), "fluorophenyl)": ("TPFB", "BCF"), "bcf": ("BCF",), "tcn": ("F4-TCNQ", "F6-TCNNQ"),
    "tetracyano": ("F4-TCNQ",), "cobalt": ("FK209",), "diiodo": ("DIO",), "dio": ("DIO",), "tfd": ("MoTfd",),
    "dop": ("free", "element", "doped"), "colloid": ("salt", "ink"), "dispersion": ("ink",), "neither": ("free",), "additive": ("free",), "ticl4": ("bath",), "titanium tetra": ("bath",), "titanium(iv) chl": ("bath",),
}  # fmt: skip
_WORDS = {
    "lanthanum": "La", "niobium": "Nb", "lithium": "Li", "magnesium": "Mg", "aluminum": "Al", "aluminium": "Al", "antimony": "Sb",
    "tantalum": "Ta", "yttrium": "Y", "caesium": "Cs", "cesium": "Cs", "copper": "Cu", "gallium": "Ga", "indium": "In", "zirconium": "Zr",
    "cobalt": "Co", "silver": "Ag", "zinc": "Zn", "fluorine": "F", "chlorine": "Cl", "tin": "Sn", "sodium": "Na", "potassium": "K",
}  # fmt: skip
_SYMBOLS = "Li|La|Nb|Mg|Al|Cu|Cs|Zn|Y|Sb|Ta|K|Na|Ru|Co|Ag|Ce|Sn|Ni|Ga|In|Zr|W|F|Cl"
# "Li- and Mg-co-doped ", "Cu,Li:": two elements before an oxide.
CO_DOPED = re.compile(
    rf"\b(?P<one>{_SYMBOLS})(?:-? ?(?:and|,|/|&) ?|-)(?P<other>{_SYMBOLS})(?:[- ]?(?:co-?)?doped (?:\w+[\s-]){{0,2}}?|:)$"
)
# Before an oxide: "La-doped ", "lanthanum-doped mesoporous ", "La:".
DOPED = re.compile(
    rf"\b(?:(?P<word>(?i:{'|'.join(_WORDS)}))|(?P<element>{_SYMBOLS}))(?:(?:[\s-]doped|doped)\s(?:\w+[\s-]){{0,2}}?|:)$"
)
# Behind an oxide: "doped with 5 at% copper".
DOPED_WITH_ELEMENT = re.compile(
    rf"(?:(?:was|were|is) )?doped (?:with|by) (?:[0-9.]+ ?\S{{1,6}} (?:of )?)?(?:(?P<word>{'|'.join(_WORDS)})|(?P<element>{_SYMBOLS}))\b(?! [a-z]*(?:ide|ate)\b)"
)
DOPED_WITH = re.compile(
    r"[Dd]op(?:ed|ant)s? (?:with|by|was|is)[^.;]{0,90}?\((?P<short>[A-Z]-?[A-Z0-9][A-Za-z0-9-]{0,9})(?:[,;] ?[0-9.]+[^()]{0,20})?\)"
    r"|[Dd]oped (?:with|by) (?:[0-9.]+ ?\S{1,6} (?:of )?)?(?P<name>[A-Z][A-Za-z0-9]*(?:\([A-Za-z0-9]+\)\d?|[A-Z0-9-][A-Za-z0-9+-]*))"
    # "PTAA, to which CuI had been added at 2 mg/mL as a dopant"
    r"|(?P<added>\b(?!It\b|This\b)[A-Z][\w-]*(?:\([\w-]{1,6}\)[0-9]?)?)(?: \([^()]{1,30}\))? (?:was|were|is|had been|has been) (?:then |also )?(?:added|used|mixed in|dissolved)(?: (?:(?!\b(?:was|were)\b)[^.;]){1,60}?)? as (?:(?:an?|the|its|their) )?(?:[pn]-(?:type )?)?dopants?\b"
)
# Before an organic layer: "CuI-doped ".
DOPED_BY_SALT = re.compile(
    r"(?<![\w-])(?P<name>[A-Z](?:[A-Za-z0-9]*|-[A-Z])[A-Z0-9][A-Za-z0-9]*(?:\([A-Za-z0-9]+\)\d?)?)[ -]doped $"
)
OXIDES = ("SnO2", "TiO2", "ZnO", "NiO", "BaSnO3", "Nb2O5", "In2O3", "WO3", "CuO", "Cu2O")
_SALT_WORDS = {"potassium chloride": "KCl", "sodium chloride": "NaCl", "potassium hydroxide": "KOH", "potassium iodide": "KI", "lithium chloride": "LiCl", "lithium fluoride": "LiF", "rubidium chloride": "RbCl", "cesium chloride": "CsCl", "ammonium chloride": "NH4Cl", "potassium fluoride": "KF", "ammonium fluoride": "NH4F"}  # fmt: skip
SALT = re.compile(
    rf"\b(?:KCl|NaCl|KOH|KI|LiCl|LiF|RbCl|CsCl|NH4Cl|KF|EDTA|PEG|Triton X-100|CTAB|NH4F|RbF|CsF|(?i:{'|'.join(_SALT_WORDS)}))\b"
)


def element_of(match: re.Match) -> str:
    """Symbol of the element that `DOPED` or `DOPED_WITH_ELEMENT` found."""
    return match["element"] or _WORDS[match["word"].lower()]


def salt_name(written: str) -> str:
    """ "Potassium chloride" → "KCl"."""
    return _SALT_WORDS.get(written.lower(), written)


# "nickel oxide doped with 5 mol% copper", "C60 doped with PhIm": no layer of its own
_IS_IN = re.compile(r"\bdop(?:ed|ing) (?:with|by) (?:[\d.]+ ?\S{1,6} (?:of )?)?(?:the )?$")
_SERVES = re.compile(r"\)?,? as (?:an? |the |its )?(?:[np]-(?:type )?)?dopants?\b")


def is_called_dopant(lower: str, start: int, end: int) -> bool:
    """Whether the words around a name say that it dopes something: "doped with X", "with X as dopant"."""
    before = lower[max(start - 40, 0) : start]
    return bool(("dop" in before and _IS_IN.search(before)) or _SERVES.match(lower, end))

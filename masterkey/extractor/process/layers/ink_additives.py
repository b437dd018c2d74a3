"""What the ink of a transport layer holds besides its material, by its amount: names that no list need have.

"mixed with the SnO2 colloid so that it contained 0.3 mg/mL X", "P3HT …, doped with 0.4 mg/mL Y", "with 18 mol% Z".
"""

import re

from masterkey.extractor.lexicon import squash
from masterkey.extractor.new_names import looks_new
from masterkey.extractor.process.layers.dopant_words import PATTERNS, SALT, salt_name
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.materials import materials
from masterkey.extractor.process.text.passages import names_any
from masterkey.extractor.stems import Stemmed

_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = r"(?:mg|[µμ]g|[µμ][lL]|mM|M|mmol|mol\.? ?%|wt\.? ?%|vol\.? ?%|at\.? ?%|eq(?:uiv)?\.?)(?: ?/ ?m[lL]| per m[lL]| m[lL] ?[-−]1| L ?[-−]1)?"
# A whole name, no part of a longer one: "Li-bis(trifluoro…", "SnCl2·2H2O".
_NAME = r"(?<![\w·•.)-])(?P<name>[A-Za-z0-9][\w+-]*(?:\([A-Za-z0-9]{1,6}\)\d?)?[\w-]*)(?![\w·•(]|-\(| ?\(?trifluor)"
# "with 10 mM KCl", "containing 18 mol% of X and 20 mol% of Y"
_AMOUNT_OF = re.compile(
    rf"(?<![\w.]){_NUMBER} ?{_UNIT} (?:of )?(?:the )?(?:(?:[a-z][\w,'-]* ){{1,6}}\(|(?:[a-z][\w'-]* ){{0,4}}[a-z][\w'-]*(?:ide|ate|ine|ane|acid|one|ene|ol), (?=[A-Z])|(?:[a-z][\w-]+ ){{0,2}}?){_NAME}"
)
_UNITS = ("mg", "mM", "%", "mmol", "eq", "µg", "μg", "µL", "μL")
_HOLDS = re.compile(
    r"\b(?:contain(?:ed|ing|s)?|held|holding|with|plus|and|doped (?:with|by)|brought (?:it |them )?to|received|given|add(?:ed|ition of|ing)|together with|set to|adjusted to|to which)\b"
)
# "X was dissolved in water and mixed with the SnO2 colloid", "X was added to the tin oxide ink"
_INTO_INK = re.compile(
    rf"(?<![\w-]){_NAME}\)?(?: \((?:(?P<short>[A-Z][A-Za-z0-9]{{2,11}})|[^()]{{1,40}})\))?,? (?:was|were|is) (?:[^.;]|\.\d){{0,90}}?\b(?:add(?:ed)? (?:in)?to|used to (?:dilute|thin|modify)|mixed (?:with|into)|dissolved in|introduced in(?:to)?|blended with|stirred into|put into) (?:the |this |that )?(?:[\w()-]+ ){{0,3}}?(?:colloid|dispersion|nano-?particles?|sol\b|ink|solution|suspension)"
)
# "The colloid was diluted, and sodium chloride was introduced into it at 0.02 M"
_INTO_IT = re.compile(
    r"\b(?P<name>(?:potassium|sodium|lithium|rubidium|ca?esium|ammonium) (?:chloride|fluoride|iodide|hydroxide)|[A-Z][A-Za-z0-9]{1,8}) (?:was|were|is) (?:then |also )?(?:added|introduced|dissolved|stirred|mixed|put|given|incorporated) (?:in|to|into|with) (?:it|them|this)\b"
)
# "The SnO2 colloid (3 wt%) had been stirred with EDTA"
_INK_WITH = re.compile(
    rf"\b(?:colloid|dispersion|nano-?particles|sol|ink|suspension)s?(?: \([^()]{{1,40}}\))? (?:(?:was|were|is|had been) )?(?:then |first )?(?:stirred|mixed|modified|blended|complexed|combined|shaken) with (?:{_NUMBER} ?{_UNIT} (?:of )?)?(?:an? |the )?(?:(?:[a-z][\w,'-]* ){{1,6}}\()?{_NAME}"
)
_OXIDE_INK = Stemmed(r"colloid|dispersion|\bsol\b|\binks?\b|suspension|nano-?particle")
_ORGANIC_INK = Stemmed(
    r"chlorobenzene|\bcb\b|toluene|chloroform|dichlorobenzene|xylene|tetrahydrofuran|\bthf\b|anisole|\bsolution"
)
# Salts and alkoxides of which oxides are made, crystal water, and perovskites.
_PRECURSOR = re.compile(
    r"(?:Cl|Br|(?<!TFS)I|F|SO4|OH|OAc|Ac)\d?$|NO3|CH3COO|H2O|^(?:TTIP|TBOT|TGA|MEA|DEA|TEA|TALH|TiDIP|Li-?bis)$|^Co\(|^Li-|Pb|Sn|NH2|BuO"
)
# "NaPF6" and "TBAI" make no oxide
_OF_ALKALI = re.compile(r"(?:Na|K|Rb|NH4)[A-Z(](?!H$)|T[BEMOP]A(?:I|Br|Cl|F|OH)$")
_OF_PEROVSKITE = re.compile(r"perovskite|\bdm(?:f|so)\b|\bpb|(?:ma|fa|cs)(?:pb|sn)|\bsni2")
_NO_ADDITIVES = frozenset(
    "DMF DMSO CB THF IPA ACN UV RH DI H2O O2 N2 LiTFSI PTFE PVDF EtOH MeOH MoO3 AI VP AL".split()
)
_COMPLEX = re.compile(r"[A-Z][a-z]?\([A-Za-z0-9]{2,6}\)\d?")  # "Ga(acac)3"
_PARTS = ("ETL", "HTL", "Backcontact", "Substrate")
_SELDOM = 2  # records of a layer of what is otherwise an additive
_FURTHEST = 90  # characters from the word that says so to the amount


def ink_additives(
    document: Document, sentence: Sentence, layers: list, owner
) -> list[tuple[str, str, tuple[int, int]]]:
    """(layer, name, place) of what a sentence puts into the ink of one of its layers.

    `owner`: the layer's name for a place in the sentence, "" where it speaks of none.
    """
    text, words = document.text, document.words(sentence)
    is_ink = _OXIDE_INK.search(words) or _ORGANIC_INK.search(words)
    if not is_ink or _OF_PEROVSKITE.search(words):
        return []
    own = {mention.name for mention in layers if not _is_seldom_layer(mention.roles)}
    found = []
    matches = []
    if names_any(text[sentence.start : sentence.end], _UNITS):
        matches += [
            match
            for match in _AMOUNT_OF.finditer(text, sentence.start, sentence.end)
            if _HOLDS.search(text, max(match.start() - _FURTHEST, sentence.start), match.start())
        ]
    matches += _INTO_INK.finditer(text, sentence.start, sentence.end)
    if _OXIDE_INK.search(words):
        matches += _INTO_IT.finditer(text, sentence.start, sentence.end)
    if " with " in words:
        matches += _INK_WITH.finditer(text, sentence.start, sentence.end)
    for match in sorted(matches, key=lambda match: match.start("name")):
        group = "short" if match.groupdict().get("short") and match["name"].islower() else "name"
        name = _additive(match[group].rstrip("-"), own)
        layer = owner(match.start(group)) if name else ""
        if layer:
            found.append((layer, name, match.span(group)))
    return found


def _is_seldom_layer(roles: dict) -> bool:
    """Whether it is put into inks as well, and hardly ever a layer by itself."""
    as_layer = max(roles.get(part, 0) for part in _PARTS)
    return as_layer < _SELDOM and any(role.endswith("_additive") for role in roles)


def _additive(written: str, own: set[str]) -> str:
    """The database's name of what may be in an ink; "" for solvents, layers and what other rules know."""
    if SALT.fullmatch(written):
        return salt_name(written)
    known = materials().names.get(squash(written), "")
    roles = materials().roles.get(known, {})
    if "solvent" in roles or known in own or written in _NO_ADDITIVES:
        return ""
    if _PRECURSOR.search(written) and not _OF_ALKALI.match(written):
        return ""
    if any(pattern.search(written.lower()) for pattern in PATTERNS.values()):
        return ""
    is_layer = any(part in roles for part in _PARTS)
    if known and is_layer and not (roles.get("additive") or _is_seldom_layer(roles)):
        return ""
    return known or (written if looks_new(written) or _COMPLEX.fullmatch(written) else "")

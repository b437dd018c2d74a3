"""Additives by how a text words them, known names or not: "0.3 mol% of the ionic liquid X was added" (issue 14)."""

import re
from dataclasses import dataclass

from masterkey.extractor.process.inks.inks import Chemistry
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.materials import Mention
from masterkey.extractor.process.text.passages import names_any

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_NAME = r"(?<![A-Za-z0-9α-ω])(?P<name>[A-Z0-9\[α-ω][\w+\-\[\]()α-ωµ]*[A-Za-z0-9\])])"
SHARE = rf"{_NUMBER}(?:\s?(?:-|–|to|and|or|,)\s?{_NUMBER})*\s?(?:mol|wt|at|vol|w/w|m)[.-]?\s?%\s?"
# A name in words alone: a salt, an acid, an amide … by its last word, which may end as few other words do.
_IN_WORDS = (
    r"(?P<name>(?:(?:\d[\d,]{0,6}-|[LDN]-)?[a-z][a-z,'()\d-]{0,30}[a-z] ){0,2}?(?:\d[\d,]{0,6}-|[LD]-|[Nn],?N?'?-)?(?:[a-z][a-z\d,-]{0,40})?"
    r"(?:hydro(?:chlor|brom|iod)ide|thiocyanate|fluoride|urea|[a-z]amine|idine|acetate|formate|benzoate|salicylate|carboxylate|carbamate|glycol|vinyl alcohol|biuret|caprolactam|hydrazide|sulfonate|sulphonate|phosph(?:on|in)?ate|citrate|oxalate"
    r"|tartrate|ascorbate|[^rd]ic acid|gallol|phenol|catechol|resorcinol|[nlrb]itol|thiol|silane|quinone|amide|azine|imidazole|triazole|pyridine|bromine|phylline|affeine|lecithin|glycine|alanine"
    r"|arginine|cysteine|choline|betaine|crown-\d|guanidine|amidine|indole|carbazole))(?![\w-]| \(?[A-Z]| hydro| salt| acid)"
)
_SHORT = r"(?P<name>(?=[A-Za-z0-9-]*[A-Z][A-Za-z0-9-]*[A-Z])[A-Z][A-Za-z0-9-]{1,9})"
# "(98%, Merck)", but no abbreviation, which another pattern finds
_BRACKETS = r"(?: \((?![A-Z][A-Za-z0-9-]{1,9}[,;)])[^()]*\))?"
_PUT = r"(?:was|is|were|are|had been) (?:also |then |further |finally |additionally |deliberately )?(?:dissolved (?:in addition|as well|too|along|additionally)|co-?dissolved|given to it|dispersed in|included in|mixed in|admixed|added|blended in|introduced|put in|incorporated|weighed in|stirred in|(?:dissolved|put|mixed|stirred|weighed) in(?:to)? (?:it|them|this|(?:the|this|that|each|every) (?:[a-z-]+ ){0,2}(?:inks?|solutions?|precursors?|mixtures?)))"
_WORDS = r"(?:[a-z0-9][\w,'’()\[\]-]* ){1,5}"
# "It was stirred, filtered and given 0.1% of X": what the ink gets.
_GIVEN = rf"\b(?:given|receiv(?:es?|ed)|took up|takes up|supplemented with|spiked with|enriched with) (?:{_NUMBER} ?(?:%|mg|mM|[µμ][lL]|mmol)[^ ]*(?: m[lL][-−]1)? )(?:of )?"
_GIVEN_STEMS = ("given", "receiv", "took up", "takes up", "supplement", "spiked", "enriched")
_PUT_STEMS = (
    "added",
    "put",
    "introduced",
    "incorporated",
    "doped",
    "mixed in",
    "admixed",
    "blended in",
    "weighed in",
    "dissolved",
    "included",
)
# A dose of any kind: "0.5 mg/mL", "2 mg of … per mL", "3 mM", "0.1 vol%".
_DOSE = rf"(?:{SHARE}|{_NUMBER} ?(?:mg|[µμ]g|mM|mmol|[µμ]mol|[µμ][lL])(?: ?/ ?m[lL]| m[lL] ?[-−]1| per m[lL])? |{_NUMBER} ?g(?: ?/ ?[lL]| [lL] ?[-−]1) )(?:of )?(?:the |an? )?"
# What comes to an ink in a word that says no more: "to which …", "into the ink went …", "doped with …".
_COMES = r"\b(?:to which|into which|(?:[Ii]n)?[Tt]o (?:the|this|that|each|our) (?:[\w-]+ ){0,2}(?:ink|solution|precursor|mixture)(?:[^.;]|\.(?=\d)){0,60}? (?:went|came|was added|were added|was put)|(?:dop|modifi|spik|supplement|enrich|fortifi|alter|lac)(?:ed|es) (?:with|by)|together with|loaded with|laced with) "
_COMES_STEMS = (
    "to which",
    "into which",
    " went",
    " came",
    "doped",
    "modifie",
    "spiked",
    "supplement",
    "enriched",
    "fortified",
    "altered",
    "laced",
    "loaded",
    "together with",
    "was added",
    "was put",
)
_AMOUNTS = ("amount", "dose", "dosage", "level", "loading", "content", "quantity", "concentration")
_SOME = rf"(?:{SHARE}|{_NUMBER} ?(?:mg|[µμ]g|mM|mmol|[µμ]mol|[µμ][lL])\b)"
_AS_ADDITIVE = r"(?:,? (?:(?:was|is|were|are|being) (?:\w+ )?|(?:serv|act|function|work)(?:s|es|ed|ing) )?as (?:an? |the |our )?(?:\w+ )?additives?\b|, (?:an?|the|our|as) (?:\w+ )?additives?\b)"
# "1 mg of taurine was added", "0.8 mg/mL of betulin was dissolved in it": no word but a compound's ends so.
_DOSED_WORD = re.compile(rf"{_DOSE}(?P<name>[a-z][a-z-]{{2,30}}(?:ine|in|ol|one|ose)) {_PUT}")
# (words of which one stands in every sentence that fits, pattern)
_PATTERNS = (
    (("%",), re.compile(rf"{SHARE}(?:\([^()]*\) )?(?:of )?(?:the |an? )?(?:(?:ionic liquid|additive|salt|excess|extra) )?{_NAME}")),
    (("%",), re.compile(rf"{_NAME}\s\((?:{SHARE})[^()]*\)\s(?:was|were|had|is|has)")),
    # "to which NMP had been added, as well as BHC (0.25 mol% of the lead)"
    (("%",), re.compile(rf"(?:as well as|together with|along with|plus) {_NAME}\s\({SHARE}")),
    (_PUT_STEMS, re.compile(rf"{_NAME}(?:\s\([^()]*\))? (?:was|were|is|had been) (?:also |then |further )?(?:added|put|introduced|incorporated|doped)")),
    (("additive",), re.compile(rf"{_NAME}(?:\s\([^()]*\))?,? (?:as|serves as|acts as|was used as) (?:an? |the )?(?:\w+ )?additive")),
    (("additive",), re.compile(rf"{_NAME}(?:\s\([^()]*\))? (?:was|is|were|being) (?:used as |added as |chosen as )?(?:the |an? |our )?(?:only |sole |single |main )?additives?\b")),
    (("besides", "in addition", "as well", " too"), re.compile(rf"\b(?:contain|includ|comprise|ha[sd]|have|held)\w*,? (?:in addition |besides |also )?(?:{_NUMBER}\s?\S{{1,6}}\s(?:of )?)?{_NAME}(?:\s\([^()]*\))?,? (?:besides|in addition|as well|too)\b")),
    (("additive",), re.compile(rf"additives?,? (?:of |such as |\()?{_NAME}")),
    (_PUT_STEMS, re.compile(rf"{_NUMBER}\s?(?:mg|[µμ]l|[µμ]L|mM|mmol)(?:\s?m[lL](?:\s?[−-]1)?|/m[lL])?\s(?:of )?{_NAME} (?:was|were) (?:added|put)")),
    (("%",), re.compile(rf"{_NAME}, {SHARE}[^,;.]{{0,45}}, (?:was|were) (?:also |then )?(?:added|put|introduced|mixed|dissolved)")),
    (("%",), re.compile(rf"{SHARE}(?:\([^()]{{0,40}}\) )?(?:of )?(?:the )?{_IN_WORDS}")),
    (_PUT_STEMS, _DOSED_WORD),
    # "as (b), with gallic acid at 1 mol% of tin"
    (("%",), re.compile(rf"(?<![\w-]){_IN_WORDS},? (?:at|in)(?: a (?:share|concentration|fraction|proportion) of)? (?:{SHARE})")),
    (("%",), re.compile(rf"{_NAME},? (?:at|in)(?: a (?:share|concentration|fraction|proportion) of)? (?:{SHARE})")),
    # "HPA in the amount of 1.5 µL per mL", "TSC at a dose of 0.4 mg/mL"
    (_AMOUNTS, re.compile(rf"{_NAME}{_BRACKETS},? (?:at|in|to) (?:an?|the) (?:{'|'.join(_AMOUNTS)}) of (?:about )?{_SOME}")),
    (_AMOUNTS, re.compile(rf"(?<![\w-]){_IN_WORDS}{_BRACKETS},? (?:at|in|to) (?:an?|the) (?:{'|'.join(_AMOUNTS)}) of (?:about )?{_SOME}")),
    # "add thiosemicarbazide (TSC), 0.3% by weight of solids"
    (("add ", "Add "), re.compile(rf"\b[Aa]dd (?:then |also )?(?:{_DOSE})?{_WORDS}\({_SHORT}[,)]")),
    (("%",), re.compile(rf"(?<![\w-]){_IN_WORDS} ?\((?:{SHARE})[^()]*\)")),
    (("concentration", "amount"), re.compile(rf"(?:concentrations?|amounts?) of {_NAME}(?: \([^()]*\))? (?:in|was|were|to)")),
    (("adding", "addition of", "doped with", "incorporation of"), re.compile(rf"(?:adding|addition of|doped with|incorporation of) (?:{_NUMBER}\s?\S{{1,6}}\s(?:of )?)?(?:the )?{_NAME}")),
    (("µl", "µL", "μl", "μL"), re.compile(rf"{_NUMBER}\s?[µμ][lL] of {_WORDS}\({_SHORT}(?:[,;][^()]{{0,40}})?\) were (?:then )?(?:added|mixed in)")),
    # Abbreviations that the sentence defines: "carbohydrazide (CBH, 0.4 mol% of lead) was mixed in".
    (_PUT_STEMS, re.compile(rf"\({_SHORT}(?:[,;] ?{_NUMBER}[^()]{{0,40}})?\),? (?:(?:at|in|of) [^.;,]{{0,45}} )?{_PUT}")),
    (("%",), re.compile(rf"{SHARE}(?:of )?{_WORDS}\({_SHORT}\)")),
    (("mg", "mM"), re.compile(rf"{_NUMBER}\s?m[gM](?:\s?m[lL]\s?[−-]1|/m[lL])?\s(?:of )?{_WORDS}\({_SHORT}\)(?: {_PUT}| as an additive)")),
    (("additive",), re.compile(rf"{_NUMBER}\s?(?:mg|mM|mmol)(?:\s?m[lL]\s?[−-]1|\s?/\s?m[lL]| per m[lL])?\s(?:of )?(?:the )?{_IN_WORDS}")),
    (("plus", "same"), re.compile(rf"\b(?:plus|the same (?:ink )?(?:with|and)) {_NUMBER}\s?(?:m[gM](?:\s?m[lL]\s?[−-]1|/m[lL])?|mol[.-]?\s?%)\s(?:of )?{_WORDS}\({_SHORT}\)")),
    (("contain", "include"), re.compile(rf"(?:contain|includ)(?:ed|s|ing)?,? (?:also )?{_WORDS}\({_SHORT}\)")),
    (("mg", "mmol"), re.compile(rf"{_NUMBER}\s?(?:mg|mmol)\s(?:of )?{_NAME}(?: \([^()]*\))? {_PUT}")),
    # "GBX was dissolved in the ink of target cells at 2 mol%", "urea is added to the said solution"
    (_PUT_STEMS, re.compile(rf"{_NAME}{_BRACKETS} {_PUT}")),
    (_PUT_STEMS, re.compile(rf"(?<![\w-]){_IN_WORDS}{_BRACKETS} {_PUT}")),
    (("%",), re.compile(rf"{_NAME}(?: \([^()]*\))?,? (?:amounting to|corresponding to|equal to) (?:{SHARE})")),
    (("additive",), re.compile(rf"{_NAME}{_BRACKETS}{_AS_ADDITIVE}")),
    (("additive",), re.compile(rf"(?<![\w-]){_IN_WORDS}{_BRACKETS}{_AS_ADDITIVE}")),
    (_COMES_STEMS, re.compile(rf"{_COMES}(?:{_DOSE})?{_IN_WORDS}")),
    (_COMES_STEMS, re.compile(rf"{_COMES}{_DOSE}{_NAME}")),
    (("contain", "holding"), re.compile(rf"\b(?:contain(?:ing|ed|s)|holding) {_NAME} (?:at|in) {_SOME}")),
    (_GIVEN_STEMS, re.compile(rf"{_GIVEN}{_NAME}")),
    (_GIVEN_STEMS, re.compile(rf"{_GIVEN}{_IN_WORDS}")),
)  # fmt: skip
_NO_NAMES = re.compile(
    r"^(?:DMF|DMSO|GBL|NMP|IPA|CB|The|This|A|In|For|It|After|Then|PTFE|Both|All|Solvents?|MAI|FAI|CsI|PbI2|PbBr2|CsBr|MABr|FABr|SnI2|Pb|Sn|I|Br|M|RH|N2|O2|H2O|[0-9.]+|PL|XRD|SEM|TiO2|SnO2|Spiro\S*|PTAA|PCBM|C60|BCP|2-ME|2ME|MAPbI3|FAPbI3|\S*Pb\S*I3\S*|\S*Pb\(I\S*|Lewis|[ABMX]-sites?|MACl|PbCl2|FACl|DI|Cl|Sigma\S*|Alfa|CsCl|SCN|RbI|K\+?|Eu3\+|THF|ACN|[a-z]\S*|Anhydrous|Aldrich|[µμ][lL]|m[lL]|ODE|Cs|Rb|MA|FA|BA|PEA|TCI|Merck|Acros|Lumtec|Dyesol|DME|EA|THTO|PCDTBT|H|OA|HCl|Equimolar|Precursor|Perovskite|[IVX]+)$"
)
# A name of one word with small letters that nothing but a compound has: "pyrogallol".
_ORGANIC_WORD = re.compile(
    r"^[a-z-]{3,30}(?:gallol|phenol|catechol|resorcinol|[nlrb]itol|thiol|silane|quinone|phylline|betaine|nitine|creatine|guanidine|[hz]azide|bazide|drazide|urea|imidazole|triazole|indole|carbazole|azine|amide|ylamine|nylamine|nidine|xidine|taine|lysine|glycine|alanine|leucine|valine|cysteine|uret)$"
)
# A word of the text, unless it ends as compounds do; "MAFA" and "CsMAFA" are perovskites.
_PLAIN_WORD = re.compile(r"[A-Z]?[a-z]+$|(?:MA|FA|Fa|Cs|Rb|K|GA|Gua)+$")
_OF_CATIONS = re.compile(r"(?:MA|FA|Cs|Rb|K|GA|PEA|BA)+")  # "1 mL of MAFA" is an ink
_GOES_ON = re.compile(
    r" (?:[a-z]+ ){1,3}\([A-Z]"
)  # of "4-guanidinobenzoic acid hydrochloride (GBAC)"
_COMPOUND = re.compile(
    r"(?:ine|ide|ate|acid|[aeiy]ne|[aeiou]l|one|urea|amide|ite|in|ose|ene|ether|phene)$"
)
_IN_BRACKETS = re.compile(r" ?\([A-Z][A-Z0-9-]{1,6}\)$")  # "L-α-phosphatidylcholine (LP)"
# What `_IN_WORDS` may take along.
_LEADING = re.compile(
    r"^(?:.* )?(?:with|and|or|of|plus|the|had|has|adding|by|in|some|to|as|from|was|were|went|contain(?:s|ed|ing)|includ(?:es|ed|ing)|incorporating|using) "
)


@dataclass(frozen=True)
class Additive:
    name: str
    start: int
    end: int


def named_additives(chemistry: Chemistry, sentence: Sentence) -> list[Additive]:
    """Names by the wording, known or not: "0.3 mol% of the ionic liquid X was added"."""
    document = chemistry.document
    found = known_additives(chemistry, sentence, is_added=True)
    words = document.text[sentence.start : sentence.end]
    patterns = [pattern for stems, pattern in _PATTERNS if names_any(words, stems)]
    for pattern in patterns:
        for match in pattern.finditer(document.text, sentence.start, sentence.end):
            start, end = match.span("name")
            name = _LEADING.sub("", _IN_BRACKETS.sub("", match["name"]))
            name = name.rstrip(")") if name.count("(") < name.count(")") else name
            known = next((m for m in document.inside(document.mentions, sentence) if m.start < end and start < m.end), None)  # fmt: skip
            if known and (is_no_additive(known) or known.name in ("Pb", "Sn")):
                continue
            if any(m.start < end and start < m.end for m in chemistry.salts_in(sentence)):
                continue
            if (is_no_name(name) and pattern is not _DOSED_WORD) or name.endswith("ium"):
                continue
            if known is None and _GOES_ON.match(document.text, match.end("name")):
                continue
            if known is None and _abbreviates(found, document.text, start):
                continue
            if known is None and _PLAIN_WORD.match(name) and not _COMPOUND.search(name):
                continue
            found.append(Additive(_IN_BRACKETS.sub("", known.name) if known else name, start, end))
    return [a for a in found if not any(_is_part_of(a, other) for other in found)]


def _is_part_of(one: Additive, other: Additive) -> bool:
    """Whether it names a part of what the other names in full: "L-arginine" of its hydrochloride."""
    longer = other.end - other.start > one.end - one.start
    return longer and other.start <= one.start and one.end <= other.end and one.name in other.name


# An ammonium salt ("ThMAI" makes (ThMA)2FA4Pb5I16), a salt of the lattice, an acid of which salts are made
_BUILDS = re.compile(r"A(?:I|Br|Cl)2?$|^(?:Cs|Rb|Pb|Sn|H)(?:I|Br|Cl)2?$")
_SELDOM = 3  # records of a dopant of hole conductors


def known_additives(
    chemistry: Chemistry, sentence: Sentence, is_added: bool = False
) -> list[Additive]:
    """Names of a sentence that are known as additives of the perovskite and as nothing else."""
    return [
        Additive(m.name, m.start, m.end)
        for m in _no_salts(chemistry, sentence)
        if _is_additive_alone(m)
        and (is_added or not ("treatment" in m.roles or _BUILDS.search(m.name)))
    ]


# "polyethylene glycol (PEG, Mw 20,000) 1.2 mg", "1.2 mg of PEG"
_MASS_BEHIND = re.compile(
    rf"(?:,[^()]{{0,20}}\)| \([^()]{{0,30}}\)|\))?[,:]? \(?{_NUMBER} ?(?:mg|mmol|[µμ]mol)\b"
)
_MASS_BEFORE = re.compile(rf"{_NUMBER} ?(?:mg|mmol|[µμ]mol) (?:of )?(?:[a-z]+ ){{0,2}}\(?$")


def weighed_additives(chemistry: Chemistry, sentence: Sentence) -> list[Additive]:
    """What is weighed into an ink beside its salts, and is known as an additive of some perovskite."""
    text = chemistry.document.text
    return [
        Additive(m.name, m.start, m.end)
        for m in _no_salts(chemistry, sentence)
        if "solvent" not in m.roles
        and not _BUILDS.search(m.name)
        and m.roles.get("HTL_additive", 0) < _SELDOM
        and (m.roles.get("additive") or (m.roles.get("Perovskite_additive") and not m.is_layer))
        and (
            _MASS_BEHIND.match(text, m.end, sentence.end)
            or _MASS_BEFORE.search(text, max(m.start - 40, sentence.start), m.start)
        )
    ]


def _no_salts(chemistry: Chemistry, sentence: Sentence) -> list[Mention]:
    """Known names of a sentence that are neither salts of the lattice nor made of its cations."""
    document, salts = chemistry.document, chemistry.salts_in(sentence)
    return [
        m
        for m in document.inside(document.mentions, sentence)
        if not _OF_CATIONS.fullmatch(document.text, m.start, m.end)
        and not any(s.start < m.end and m.start < s.end for s in salts)
    ]


def _abbreviates(found: list[Additive], text: str, start: int) -> bool:
    """Whether a name in brackets stands right behind an additive: "hypophosphorous acid (HPA, 50 % in water)"."""
    return text[start - 1] == "(" and any(start - 3 < a.end < start for a in found)


def _is_additive_alone(mention: Mention) -> bool:
    """Known as an additive of the perovskite and as nothing else."""
    roles = mention.roles
    if "solvent" in roles or any(roles.get(role, 0) > 2 for role in ("ETL", "HTL", "Backcontact", "Substrate", "HTL_additive")):  # fmt: skip
        return False
    return bool(roles.get("additive") or roles.get("Perovskite_additive", 0) > 1)


def is_no_name(name: str) -> bool:
    """Whether it is a word, a unit, a salt of the lattice or another thing that is never an additive."""
    return len(name) < 2 or bool(_NO_NAMES.match(name) and not _ORGANIC_WORD.search(name))


def is_no_additive(mention: Mention) -> bool:
    """Whether it is a solvent or, more than anything, a layer."""
    if "solvent" in mention.roles:
        return True
    layer = max((n for role, n in mention.roles.items() if role in ("ETL", "HTL", "Backcontact")), default=0)  # fmt: skip
    return layer > 10 and not mention.roles.get("additive")

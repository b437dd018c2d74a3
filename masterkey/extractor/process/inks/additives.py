"""What is put into the perovskite's inks and does not build the lattice, by the database's names (issue 14)."""

import re
from dataclasses import dataclass
from itertools import pairwise

from masterkey.extractor.process.inks.inks import USUAL_CATIONS, Chemistry
from masterkey.extractor.process.inks.salts import SPACERS, Salt, SaltMention
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.materials import Mention
from masterkey.extractor.process.text.passages import names_any

_INK = re.compile(
    r"\b(?:solutions?|inks?|precursors?|mixture|perovskite|ionic liquid|additives?)\b|\b(?:of|to) (?:the )?(?:lead|pb|tin|sn)\b|same vial|mol\.? ?%|mixed in (?:shortly|just|right|before|last|later)"
)
_INK_SAID = re.compile(
    r"\b(?:inks?|solutions?|precursors?|dmf|dmso|gbl|nmp|gvl)\b|methoxyethanol|(?:butyro|valero)lactone|dimethyl ?(?:formamide|sulf|sulph)|pyrrolidone"
)
_ADDED = re.compile(
    r"\badd(?:ed|ing|ition|itive|s)?\b|\badditi|\badditives?\b|\bput in|mixed in(?:to\b|[.,;]| (?:shortly|just|right|before|last|later)\b)|weighed in|\bdop(?:ed|ant|ing)\b|mol\.?\s?%|wt\.?\s?%|vol\.?\s?%|introduc|incorporat|went into|contained|together with|ionic liquid|with(?:out)? (?:or without|and without)|in the presence|\bplus\b"
)
# The finished film is treated, or another layer is spoken of.
_NO_INK = re.compile(
    r"on(?:to)? (?:top of )?the (?:[\w-]+ )?(?:perovskite|film|surface|layer)|surface treat|passivat|post-?treat|spiro|ptaa|p3ht|li-?tfsi|fk ?209|pcbm|pedot|sno2|tio2|zno\b|nio|suppl|purchas|\bbought\b|synthesi[sz]ed|antisolvent|anti-solvent|c60"
)
_INTO_INK = re.compile(
    r"\b(?:to|into|in) (?:the |this |that |each )?(?:perovskite |precursor )?(?:ink|precursor|precursor solution)\b|surfactant|ink (?:also )?contain"
)
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_NAME = r"(?P<name>[A-Z0-9\[α-ω][\w+\-\[\]()α-ωµ]*[A-Za-z0-9\])])"
_SHARE = rf"{_NUMBER}(?:\s?(?:-|–|to|and|or|,)\s?{_NUMBER})*\s?(?:mol|wt|at|vol|w/w|m)\.?\s?%\s?"
# A name in words alone: a salt, an acid, an amide … by its last word, which may end as few other words do.
_IN_WORDS = (
    r"(?P<name>(?:[a-z][a-z,'()\d-]{0,30}[a-z] ){0,2}?(?:\d[\d,]{0,6}-|[LD]-|[Nn],?N?'?-)?(?:[a-z][a-z\d,-]{0,40})?"
    r"(?:hydro(?:chlor|brom|iod)ide|thiocyanate|fluoride|urea|hydrazide|sulfonate|sulphonate|phosph(?:on|in)?ate|citrate|oxalate"
    r"|tartrate|ascorbate|[^rd]ic acid|gallol|phenol|catechol|resorcinol|[nlrb]itol|thiol|silane|quinone|amide|imidazole|triazole|pyridine|bromine|phylline|affeine|lecithin|glycine|alanine"
    r"|arginine|cysteine|choline|betaine|crown-\d|guanidine|amidine|indole|carbazole))(?![\w-]| \(?[A-Z]| hydro| salt| acid)"
)
_INK_STEMS = (
    "solution",
    "ink",
    "precursor",
    "mixture",
    "perovskite",
    "ionic liquid",
    "additive",
    " lead",
    " pb",
    " tin",
    " sn",
    "same vial",
    "mol%",
    "mol %",
    "mixed in",
)
_ADDED_STEMS = (
    "add",
    "put in",
    "mixed in",
    "weighed in",
    "dop",
    "%",
    "introduc",
    "incorporat",
    "went into",
    "contained",
    "together with",
    "ionic liquid",
    "with or without",
    "without or with",
    "in the presence",
    "with and without",
    " plus ",
)
_SHORT = r"(?P<name>(?=[A-Za-z0-9-]*[A-Z][A-Za-z0-9-]*[A-Z])[A-Z][A-Za-z0-9-]{1,9})"
_PUT = r"(?:was|is|had been) (?:also |then |further |finally |additionally )?(?:dissolved (?:in addition|as well|too|along|additionally)|mixed in|added|introduced|put in|incorporated|weighed in|dissolved in (?:it|them|this|the (?:perovskite |precursor )?(?:ink|solution|precursor)))"
_WORDS = r"(?:[a-z0-9][\w,'’()\[\]-]* ){1,5}"
_PUT_STEMS = (
    "added",
    "put",
    "introduced",
    "incorporated",
    "doped",
    "mixed in",
    "weighed in",
    "dissolved",
)
# (words of which one stands in every sentence that fits, pattern)
_PATTERNS = (
    (("%",), re.compile(rf"{_SHARE}(?:\([^()]*\) )?(?:of )?(?:the |an? )?(?:(?:ionic liquid|additive|salt|excess|extra) )?{_NAME}")),
    (("%",), re.compile(rf"{_NAME}\s\((?:{_SHARE})[^()]*\)\s(?:was|were|had|is|has)")),
    (_PUT_STEMS, re.compile(rf"{_NAME}(?:\s\([^()]*\))? (?:was|were|is|had been) (?:also |then |further )?(?:added|put|introduced|incorporated|doped)")),
    (("additive",), re.compile(rf"{_NAME}(?:\s\([^()]*\))?,? (?:as|serves as|acts as|was used as) (?:an? |the )?(?:\w+ )?additive")),
    (("additive",), re.compile(rf"{_NAME}(?:\s\([^()]*\))? (?:was|is|were|being) (?:used as |added as |chosen as )?(?:the |an? |our )?(?:only |sole |single |main )?additives?\b")),
    (("besides", "in addition", "as well", " too"), re.compile(rf"\b(?:contain|includ|comprise|ha[sd]|have|held)\w*,? (?:in addition |besides |also )?(?:{_NUMBER}\s?\S{{1,6}}\s(?:of )?)?{_NAME}(?:\s\([^()]*\))?,? (?:besides|in addition|as well|too)\b")),
    (("additive",), re.compile(rf"additives?,? (?:of |such as |\()?{_NAME}")),
    (_PUT_STEMS, re.compile(rf"{_NUMBER}\s?(?:mg|[µμ]l|[µμ]L|mM|mmol)(?:\s?m[lL](?:\s?[−-]1)?|/m[lL])?\s(?:of )?{_NAME} (?:was|were) (?:added|put)")),
    (("%",), re.compile(rf"{_NAME}, {_SHARE}[^,;.]{{0,45}}, (?:was|were) (?:also |then )?(?:added|put|introduced|mixed|dissolved)")),
    (("%",), re.compile(rf"{_SHARE}(?:of )?(?:the )?{_IN_WORDS}")),
    # "as (b), with gallic acid at 1 mol% of tin"
    (("%",), re.compile(rf"(?<![\w-]){_IN_WORDS},? (?:at|in)(?: a (?:share|concentration|fraction|proportion) of)? (?:{_SHARE})")),
    (("%",), re.compile(rf"{_NAME},? (?:at|in)(?: a (?:share|concentration|fraction|proportion) of)? (?:{_SHARE})")),
    (("%",), re.compile(rf"(?<![\w-]){_IN_WORDS} ?\((?:{_SHARE})[^()]*\)")),
    (("concentration", "amount"), re.compile(rf"(?:concentrations?|amounts?) of {_NAME}(?: \([^()]*\))? (?:in|was|were|to)")),
    (("adding", "addition of", "doped with", "incorporation of"), re.compile(rf"(?:adding|addition of|doped with|incorporation of) (?:{_NUMBER}\s?\S{{1,6}}\s(?:of )?)?(?:the )?{_NAME}")),
    (("µl", "µL", "μl", "μL"), re.compile(rf"{_NUMBER}\s?[µμ][lL] of {_WORDS}\({_SHORT}(?:[,;][^()]{{0,40}})?\) were (?:then )?(?:added|mixed in)")),
    # Abbreviations that the sentence defines: "carbohydrazide (CBH, 0.4 mol% of lead) was mixed in".
    (_PUT_STEMS, re.compile(rf"\({_SHORT}(?:[,;] ?{_NUMBER}[^()]{{0,40}})?\),? (?:(?:at|in|of) [^.;,]{{0,45}} )?{_PUT}")),
    (("%",), re.compile(rf"{_SHARE}(?:of )?{_WORDS}\({_SHORT}\)")),
    (("mg", "mM"), re.compile(rf"{_NUMBER}\s?m[gM](?:\s?m[lL]\s?[−-]1|/m[lL])?\s(?:of )?{_WORDS}\({_SHORT}\)(?: {_PUT}| as an additive)")),
    (("plus", "same"), re.compile(rf"\b(?:plus|the same (?:ink )?(?:with|and)) {_NUMBER}\s?(?:m[gM](?:\s?m[lL]\s?[−-]1|/m[lL])?|mol\.?\s?%)\s(?:of )?{_WORDS}\({_SHORT}\)")),
    (("contain", "include"), re.compile(rf"(?:contain|includ)(?:ed|s|ing)?,? (?:also )?{_WORDS}\({_SHORT}\)")),
    (("mg", "mmol"), re.compile(rf"{_NUMBER}\s?(?:mg|mmol)\s(?:of )?{_NAME}(?: \([^()]*\))? {_PUT}")),
)  # fmt: skip
_NO_NAMES = re.compile(
    r"^(?:DMF|DMSO|GBL|NMP|IPA|CB|The|This|A|In|For|It|After|Then|PTFE|Both|All|Solvents?|MAI|FAI|CsI|PbI2|PbBr2|CsBr|MABr|FABr|SnI2|Pb|Sn|I|Br|M|RH|N2|O2|H2O|[0-9.]+|PL|XRD|SEM|TiO2|SnO2|Spiro\S*|PTAA|PCBM|C60|BCP|2-ME|2ME|MAPbI3|FAPbI3|\S*Pb\S*I3\S*|\S*Pb\(I\S*|Lewis|MACl|PbCl2|FACl|DI|Cl|Sigma\S*|Alfa|CsCl|SCN|RbI|K\+?|Eu3\+|THF|ACN|[a-z]\S*|Anhydrous|Aldrich|[µμ][lL]|m[lL]|ODE|Cs|Rb|MA|FA|BA|PEA|TCI|Merck|Acros|Lumtec|Dyesol|DME|EA|THTO|PCDTBT|H|OA|HCl|Equimolar|Precursor|Perovskite)$"
)
# A name of one word with small letters that nothing but a compound has: "pyrogallol".
_ORGANIC_WORD = re.compile(
    r"^[a-z-]{3,30}(?:gallol|phenol|catechol|resorcinol|[nlrb]itol|thiol|silane|quinone|phylline|betaine|nitine|creatine|guanidine|[hz]azide|bazide|drazide|urea|imidazole|triazole|indole|carbazole|amide)$"
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
_LEADING = re.compile(r"^(?:(?:with|and|or|of|plus|the|had|has|adding|by|in|some|to|as|from) )+")
_SHARE_BEFORE = re.compile(
    rf"{_SHARE}(?:of )?(?:the )?(?:(?!with\b|respect|relative|to\b|vs|in\b|and\b|was\b|were\b)[^\s()]+ ){{0,4}}\(?$"
)
_SHARE_BEHIND = re.compile(
    rf"(?:[·•*∙.]\d?H2O| (?:di|tri)?hydrate)?(?: \([^()]{{1,12}}\))?(?:,| \(| at| in| (?:was|were) (?:also |then )?(?:added|introduced|put in|given|mixed in|dissolved|incorporated) (?:at|in|to)) ?(?:{_SHARE})"
)
_JUST_ADDED = re.compile(
    r"\b\d[\d.]* ?(?:mg|mol ?%|wt ?%|mm|[µμ]l)\b[^.;]{0,60}\b(?:was|were) (?:also |then |further )?added\b"
)
# A little of it, put into the ink: elsewhere it makes salts.
_ACID = re.compile(r"\d ?[µμ]l of [^.;]{0,40}\b(?:hydroiodic|hydriodic|hydrobromic) acid")
# A clause on what was tried and left: "in preliminary experiments with urea we saw less benefit".
_CLAUSE_END = re.compile(r"; |, (?:and|but|while|whereas|though|although) |(?<=[a-z)%]): ")
_TRIED = re.compile(
    r"\b(?:preliminary|first|early|earlier|initial|exploratory|unsuccessful|pilot) (?:\w+ )?(?:experiments?|trials?|tests?|attempts?|runs?)\b|\b(?:was|were|had been|has been|also) (?:also )?tried\b"
    r"|\b(?:less|little|no) (?:\w+ )?(?:benefit|gain|effect|improvement)|\bdid not (?:help|improve)|\bgiven up\b|\babandoned\b|\bnot pursued\b"
)
_TRIED_STEMS = ("trial", "tri", "experiment", "test", "attempt", "runs", "benefit", "gain", "effect", "improve", "help", "given up", "abandon", "pursued")  # fmt: skip
# The product's names of salts whose ions other names are made of.
_NAMES = {"GASCN": "GuaSCN", "F-PEAI": "4F-PEAI", "F-PEABr": "4F-PEABr", "F-PEACl": "4F-PEACl"}
_BESIDE = 25  # characters
_FOLLOWING = 2  # sentences behind an ink's that may add to it


@dataclass(frozen=True)
class Additive:
    name: str
    start: int
    end: int


def perovskite_additives(
    chemistry: Chemistry, ions: frozenset[str] = frozenset()
) -> list[Additive]:
    """Additives of the target's inks, each once, in alphabetical order; chloride precursors are `Cl`.

    `ions` of the perovskite, where known: salts of an ink with a cation that is not among them are additives.
    """
    found: dict[str, Additive] = {}
    for sentence, is_ink in _ink_sentences(chemistry):
        for additive in _in_sentence(chemistry, sentence, is_ink, ions):
            found.setdefault(additive.name, additive)
    for formula in chemistry.formulas:
        if formula.has_chloride and "Cl" not in found:
            sentence = chemistry.document.sentence_at(formula.start)
            if chemistry.is_aside(sentence):
                continue
            if not sentence.is_study and sentence.kind not in ("characterisation", "stability"):
                found["Cl"] = Additive("Cl", formula.start, formula.end)
    return sorted(found.values(), key=lambda additive: additive.name.lower())


def _ink_sentences(chemistry: Chemistry) -> list[tuple[Sentence, bool]]:
    """(sentence, whether it lists an ink's salts) where an additive of the perovskite may be named."""
    sentences = chemistry.document.sentences
    inks = (
        chemistry.inks
        if _all_control(chemistry)
        else [i for i in chemistry.inks if i.role != "control"]
    )
    own: set[int] = set()
    for ink in inks:
        for solution in (ink.first, ink.second, *ink.added):
            if solution is not None:
                own.add(solution.sentence.number)
    for sentence in chemistry.sentences_with_formulas:
        if chemistry.may_prepare(sentence) and not chemistry.is_beside(sentence):
            words = chemistry.document.words(sentence)
            if _INK_SAID.search(words):
                own.add(sentence.number)
    own |= {n + 1 for n in own if _goes_on(chemistry, n + 1)}
    found = [(sentences[n], True) for n in sorted(own)]
    near = {n + shift for n in own for shift in (-1, *range(1, _FOLLOWING + 1))} - own
    for n in sorted(near):
        if not 0 <= n < len(sentences):
            continue
        words = chemistry.document.words(sentences[n])
        is_just_added = n - 1 in own and _JUST_ADDED.search(words)
        is_acid_added = (
            is_just_added and not chemistry.is_aside(sentences[n]) and _ACID.search(words)
        )
        if chemistry.may_prepare(sentences[n]) or is_acid_added:
            is_of_ink = is_just_added or (names_any(words, _INK_STEMS) and _INK.search(words))
            if is_of_ink and _is_added(words):
                found.append((sentences[n], False))
    return found


# "• 8.4 mg MACl" below other salts; "Add SnF2 (0.09 mmol)" behind "Weigh FAI …"
_NEXT_ITEM = re.compile(r"\s*(?:[•·*–-]\s|\(?\d{1,2}[.)]\s|(?:then |next |also )?add\b)")


def _goes_on(chemistry: Chemistry, number: int) -> bool:
    """Whether a sentence behind an ink's is the next item of its list, with salts of its own."""
    sentences = chemistry.document.sentences
    if number >= len(sentences) or not chemistry.salts_in(sentences[number]):
        return False
    words = chemistry.document.words(sentences[number])
    return bool(_NEXT_ITEM.match(words)) and not _NO_INK.search(words)


def _in_sentence(
    chemistry: Chemistry, sentence: Sentence, is_ink: bool, ions: frozenset[str]
) -> list[Additive]:
    words = chemistry.document.words(sentence)
    if _is_of_control(chemistry, sentence, words) and not (is_ink and _all_control(chemistry)):
        return []
    found = []
    # What other layers and treatments hold; an ink's sentence may name them beside its salts.
    if not is_ink and _NO_INK.search(words) and not _INTO_INK.search(words):
        return found
    for mention in chemistry.salts_in(sentence):
        has_share = _has_share(chemistry, mention)
        is_told = has_share or (is_ink and _is_measured(chemistry, mention))
        name = (
            _salt_additive(mention.salt)
            or (_is_chloride_share(chemistry, mention) and "Cl")
            or (_is_metal_share(chemistry, mention) and mention.salt.name)
            or ("additive" in words and _INTO_LEAD.search(words) and _left_out(mention.salt, ions))
            or (is_told and "treatment" not in words and _left_out(mention.salt, ions))
            or (has_share and _foreign(mention.salt, ions))
        )
        if name:
            found.append(Additive(_NAMES.get(name, name), mention.start, mention.end))
    if _is_added(words):
        found += _named(chemistry, sentence)
    tried = tried_clauses(words, sentence.start) if found else []
    return [a for a in found if not any(start <= a.start < end for start, end in tried)]


def tried_clauses(words: str, start: int) -> list[tuple[int, int]]:
    """Places of the clauses of lower-cased words, which begin at `start`, on what was tried and is in no cell."""
    if not names_any(words, _TRIED_STEMS) or not _TRIED.search(words):
        return []
    cuts = [match.start() for match in _CLAUSE_END.finditer(words)]
    clauses = pairwise([0, *cuts, len(words)])
    return [(start + a, start + b) for a, b in clauses if _TRIED.search(words, a, b)]


def _is_added(words: str) -> bool:
    return names_any(words, _ADDED_STEMS) and bool(_ADDED.search(words))


def _all_control(chemistry: Chemistry) -> bool:
    """Whether the target's ink is the control's with something more."""
    return all(ink.role == "control" for ink in chemistry.inks)


def _is_of_control(chemistry: Chemistry, sentence: Sentence, words: str) -> bool:
    if chemistry.role(sentence, sentence.start) != "control" or "target" in words:
        return False
    return not _CONTROL_LACKS.search(words)


# "1 mol% of SrI2 was added to this ink; control devices contain no strontium"
_CONTROL_LACKS = re.compile(
    r"^(?:(?!control|reference|pristine|baseline)[^;]){0,200}\badded\b(?:(?!control|reference|pristine|baseline)[^;]){0,120}(?:;|, (?:while|whereas|but|and)\b) (?:the )?(?:inks? of (?:the )?|that of (?:the )?)?(?:control|reference|pristine|baseline)\b[^;]{0,60}\b(?:no|without|none|nothing|not|lack\w*)\b"
)


def _left_out(salt: Salt, ions: frozenset[str]) -> str:
    """Name of a salt of an ink whose cation the perovskite does not hold."""
    if not ions or salt.metals or not salt.cations or ions & set(salt.cations):
        return ""
    usual = USUAL_CATIONS - {"Rb"} if salt.anions == ("Cl",) else USUAL_CATIONS
    return "" if set(salt.cations) & (usual | {"H"}) else salt.name


def _foreign(salt: Salt, ions: frozenset[str]) -> str:
    """Name of a metal's salt with an ion that the perovskite does not hold: lead acetate, strontium iodide."""
    if not ions or salt.cations or not salt.metals:
        return ""
    return "" if ions >= {*salt.metals, *salt.anions} else salt.name


def _has_share(chemistry: Chemistry, mention: SaltMention) -> bool:
    """Whether a share of a salt is told right beside it: "0.8 mol% of X", "X·3H2O, 0.8 mol%"."""
    text, start, end = chemistry.document.text, mention.start, mention.end
    before = _SHARE_BEFORE.search(text, max(start - 3 * _BESIDE, 0), start)
    return bool(before or _SHARE_BEHIND.match(text, end, end + 2 * _BESIDE))


def _is_measured(chemistry: Chemistry, mention: SaltMention) -> bool:
    """Whether an ink holds a known amount of a salt, or words beside it speak of a share or an additive."""
    for ink in chemistry.inks:
        if any(s.amounts.get(mention.salt) for s in (ink.first, *ink.added)):
            return True
    lower = chemistry.document.lower
    near = lower[max(mention.start - _BESIDE, 0) : mention.end + _BESIDE]
    # "various vol% of EAI" is a series, of which the usual cell may be the one without.
    is_series = "various" in near or "different" in near or "varied" in near
    return ("%" in near or "additive" in near) and not is_series


def _is_chloride_share(chemistry: Chemistry, mention: SaltMention) -> bool:
    """ "5 mol% of MAPbCl3": a share of a chloride in the ink of another perovskite."""
    salt, lower = mention.salt, chemistry.document.lower
    if not (salt.metals and salt.cations and set(salt.anions) == {"Cl"}):
        return False
    return "%" in lower[max(mention.start - _BESIDE, 0) : mention.start]


_INTO_LEAD = re.compile(
    r"\b(?:into|to|in) (?:the |this )?(?:pbi2|lead(?: iodide)?|perovskite|precursor) (?:solution|ink|precursor)"
)
_DOPANT_METALS = frozenset(
    ("Ba", "Sr", "Ca", "Zn", "Mn", "Cu", "Ag", "In", "Bi", "Sb", "Eu", "Ge", "Ti")
)


def _is_metal_share(chemistry: Chemistry, mention: SaltMention) -> bool:
    """ "0.3 mol% of BaI2": a share of the halide of a metal that builds no perovskite."""
    salt, lower = mention.salt, chemistry.document.lower
    if not salt.metals or salt.cations or not set(salt.metals) <= _DOPANT_METALS:
        return False
    return bool(
        _TOLD_BEFORE.search(lower[max(mention.start - _BESIDE, 0) : mention.start])
        or _TOLD_BEHIND.match(lower, mention.end)
    )


_TOLD_BEFORE = re.compile(r"\d ?(?:mol|at)\.? ?% (?:of )?(?:the )?$")
_TOLD_BEHIND = re.compile(
    r" (?:was|is) (?:used |added )?(?:as )?(?:an? |the )?(?:\w+ )?additive|,? ?\(?\d[\d.]* ?(?:mol|at)\.? ?%"
)


def _salt_additive(salt: Salt) -> str:
    """The database's name of a salt that is an additive by itself; "" for one that builds the lattice."""
    if "Cl" in salt.anions and (set(salt.cations) & {"MA", "FA", "Cs"} or salt.metals == ("Pb",)) and not (salt.metals and salt.cations):  # fmt: skip
        return "Cl"
    if set(salt.anions) & {"SCN", "BF4", "PF6"} or (salt.metals and "F" in salt.anions):
        return salt.name
    if set(salt.cations) & {"NH4", "K", "Na"}:
        return salt.name
    if set(salt.cations) & (SPACERS - {"BA", "PEA", "F-PEA", "PA"}) and not salt.metals:
        return salt.name
    if salt.anions == ("Ac",) and not salt.metals:
        return f"{salt.cations[0]}Ac"
    return ""


def _named(chemistry: Chemistry, sentence: Sentence) -> list[Additive]:
    """Names by the wording, known or not: "0.3 mol% of the ionic liquid X was added"."""
    document = chemistry.document
    found = [
        Additive(m.name, m.start, m.end)
        for m in document.inside(document.mentions, sentence)
        if _is_additive_alone(m) and not _OF_CATIONS.fullmatch(document.text, m.start, m.end) and not any(s.start < m.end and m.start < s.end for s in chemistry.salts_in(sentence))
    ]  # fmt: skip
    words = document.text[sentence.start : sentence.end]
    patterns = [pattern for stems, pattern in _PATTERNS if names_any(words, stems)]
    for pattern in patterns:
        for match in pattern.finditer(document.text, sentence.start, sentence.end):
            start, end = match.span("name")
            name = _LEADING.sub("", _IN_BRACKETS.sub("", match["name"]))
            name = name.rstrip(")") if name.count("(") < name.count(")") else name
            known = next((m for m in document.inside(document.mentions, sentence) if m.start < end and start < m.end), None)  # fmt: skip
            if known and (_is_no_additive(known) or known.name in ("Pb", "Sn")):
                continue
            if any(m.start < end and start < m.end for m in chemistry.salts_in(sentence)):
                continue
            if (
                (_NO_NAMES.match(name) and not _ORGANIC_WORD.search(name))
                or len(name) < 2
                or name.endswith("ium")
            ):
                continue
            if known is None and _GOES_ON.match(document.text, match.end("name")):
                continue
            if known is None and _abbreviates(found, document.text, start):
                continue
            if known is None and _PLAIN_WORD.match(name) and not _COMPOUND.search(name):
                continue
            found.append(Additive(_IN_BRACKETS.sub("", known.name) if known else name, start, end))
    return found


def _abbreviates(found: list[Additive], text: str, start: int) -> bool:
    """Whether a name in brackets stands right behind an additive: "hypophosphorous acid (HPA, 50 % in water)"."""
    return text[start - 1] == "(" and any(start - 3 < a.end < start for a in found)


def _is_additive_alone(mention: Mention) -> bool:
    """Known as an additive of the perovskite and as nothing else."""
    roles = mention.roles
    if "solvent" in roles or any(roles.get(role, 0) > 2 for role in ("ETL", "HTL", "Backcontact", "Substrate", "HTL_additive")):  # fmt: skip
        return False
    return bool(roles.get("additive") or roles.get("Perovskite_additive", 0) > 1)


def _is_no_additive(mention: Mention) -> bool:
    if "solvent" in mention.roles:
        return True
    layer = max((n for role, n in mention.roles.items() if role in ("ETL", "HTL", "Backcontact")), default=0)  # fmt: skip
    return layer > 10 and not mention.roles.get("additive")

"""Which of the things that a sentence names lie under what it deposits, or are what this is made from."""

import re

from masterkey.extractor.process.layers.items import LEAD, MONOLAYER, OF_PEROVSKITE, ORGANIC, Item
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.stems import Stemmed

_ARTICLES = r"(?:(?!(?:using|by|with|from|and(?! un\w+ed\b)|then|of|was|were|to|is|are|at|for|as(?!-)|it|them|which|lies?|sits?|comes?|follows?|devices|cells|received|receive|got|get|[iI]|we|spun|spin|spin-coated|evaporated|sputtered|deposited|bladed|printed|laid|pass|run)\b)[\w°.'-]+\s+){0,5}"
_UNDER = re.compile(
    rf"\b(?:on(?:to)?|over|upon|atop|above|below|beneath|under|between|cover(?:ed|s|ing)?|wet(?:ted|s)|contact(?:ed|s)?|into|through|on(?:to)? (?:the |an? )?(?:[\w-]+ ){{0,2}}(?:layers?|films?|scaffolds?) (?:of|with)|(?:substrates?|silicon|wafers?|bottom cells?) (?:with|having|carrying|bearing)(?: both)?|(?:down|through|up)(?: [\w-]+){{0,4}} to|without|leav(?:es|ing)|remov\w+|instead of|in place of|in the(?! (?:[\w-]+ )?(?:glove ?box|box|same|step|stage|case|dark|air|next|first|second|text|paper|study|work|following|end|meantime)\b)|(?:surface|top|edge|rim|side|back|rest|part|half) of(?: (?:the|an?))?|[\d.]+ ?[cm]m ?[2²]? of(?: (?:the|an?))?|(?:after|before|following|upon) (?:the )?(?:deposition|formation|preparation|completion|growth|coating|fabrication|annealing|cooling) of|prior to|than|against)\s+(?!that\b){_ARTICLES}(?:[\w,]{{1,6}}-)?$"
)
# "spin-coated on top of the ETLs (TiO2 or In2S3)"
# "On top of the printed perovskite, 25 nm of C60 were evaporated"
_ON_MADE = re.compile(
    r"\b(?:on(?:to)?|over|upon|atop) (?:top of )?(?:the|this|these|such) (?:\w+ly )?(?:printed|spun|spin-coated|spin-cast|deposited|evaporated|sputtered|bladed|coated|laid|converted|annealed)\s+$"
)
_UNDER_IN_BRACKETS = re.compile(
    r"\b(?:on(?:to)?|over|atop|above|upon)\s+(?:top of\s+)?(?:the |an? |each |both |these )?(?:[\w-]+ ){0,2}(?:[eh]t[lm]s?|layers?|substrates?|films?|electrodes?|scaffolds?|transport\w*)\s*\((?:(?!\d+ ?nm)[^()]){0,40}$"
)
# "the substrate FTO/SnO2 and the solution were preheated", "substrates (ITO/PEDOT:PSS)"
_SUBSTRATE_OF = re.compile(r"\bsubstrates?,? \(?(?:[\w-]{2,12} ?/ ?){1,3}$")
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
_COVERED_WITH = Stemmed(
    r"\b(?:cover|cap|coat|top)\w*\s+(?:with|by)\s+(?:(?!on\b|onto\b|over\b|upon\b)[\w.-]+\s+){0,5}$"
)
# "PTAA, to which CuI had been added", "PTAA doped with 5 wt% CuI": no film of the salt.
_DOPES = re.compile(r"\b(?:to which|doped (?:with|by)) (?:[\d.]+ ?\S{1,6} (?:of )?)?$")
_FROM = Stemmed(r"\bfrom\s+(?:(?!and\b|while\b)[\w.%(),-]+\s+){0,5}$")
_COATED_BEHIND = re.compile(
    r"^\s?(?:\([^()]{0,30}\)\s?)?(?:is|was) (?:followed|capped|topped|covered) by\b|^\s?-?\s?(?:coated|covered|modified(?! with [^.;]{2,60} (?:was|were) (?:\w+ )?(?:sp[iu]n|coat|blade|slot|dispens|cast|deposit))|treated|based|free)\b|^-\s?containing\b|^[- ](?:target|coated)|^\+?-doped"
    r"|^(?: glass| substrates?)? (?:was|were) (?:then |first )?(?:sputter|spin|spray|blade|slot-die)[- ]?coated with (?:about )?(?:an? )?[\d.]+ ?nm\b"
    r"|^\W*(?:substrates?|foils?|glass|sheets?|samples?|pieces)\b"
    r"|^\W*(?:\(or [^()]*\)\s*)?(?:films?|layers?|substrates?|scaffolds?|glass)?\s*(?:was|were|is|are)\s+(?:then |subsequently |next |first )?"
    r"(?:cool|cold|formed(?! (?:on|over|by|from|with|through|atop|in|via)\b)|dry|ready|complete|infiltrated|covered|immersed|dipped|soaked|treated|loaded|filled|wetted|rinsed|washed|cleaned|heated|pre-?heated|transferred|placed|cooled|brushed|coated with(?! (?:an? |the |our )?(?:[\w-]+ )?(?:slot|slit|blade|bar|knife|doctor|spin|spray|wire|roller?|applicator|nozzle|die)\b))\b"
)
_IS_INK = re.compile(r"colloid|dispersion|nano-?particle|\bsol\b")
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
    if _UNDER_IN_BRACKETS.search(before) or _ON_MADE.search(before) or _SUBSTRATE_OF.search(before):
        return True
    beside = _CALLED.search(before) or _ON_SOME.search(before) or _THICK_ON.search(before)
    under = None if beside else _UNDER.search(before)
    if under and not _is_of_the_one_before(
        document, items, n, item.start - len(before) + under.start()
    ):
        return True
    behind = _COATED_BEHIND.match(document.lower[item.end : item.end + 80])
    is_put_in = item.name in OF_PEROVSKITE and behind and behind[0].endswith("infiltrated")
    is_ink = behind and behind[0].endswith("modified") and _IS_INK.search(document.lower, item.start, item.end)  # fmt: skip
    if behind and not (is_put_in or is_ink):
        return True
    if _OF_A_TARGET.search(before):
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

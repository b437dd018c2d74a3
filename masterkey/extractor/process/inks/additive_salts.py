"""Which salts of an ink are additives, by their ions, their share of the metal and the words beside them (issue 14)."""

import re

from masterkey.extractor.process.inks.additive_names import SHARE
from masterkey.extractor.process.inks.inks import USUAL_CATIONS, Chemistry
from masterkey.extractor.process.inks.salts import SPACERS, Salt, SaltMention

_SHARE_BEFORE = re.compile(
    rf"{SHARE}(?:of )?(?:the )?(?:(?!with\b|respect|relative|to\b|vs|in\b|and\b|was\b|were\b)[^\s()]+ ){{0,4}}\(?$"
)
_SHARE_BEHIND = re.compile(
    rf"(?:[·•*∙.]\d?H2O| (?:di|tri)?hydrate)?(?: \([^()]{{1,12}}\)|\))?(?:,| \(| at| in| (?:was|were) (?:also |then )?(?:added|introduced|put in|given|mixed in|dissolved|included|incorporated)(?: (?:to|into|in) (?:the |this |that |each )?(?:[\w-]+ ){{0,2}}(?:solution|ink|precursor|mixture))? (?:at|in|to)) ?(?:{SHARE})"
)
_MOL_BEHIND = re.compile(r",? \(?[\d.]+ ?mol[.-]? ?%")
_BESIDE = 25  # characters
# The product's names of salts whose ions other names are made of.
_NAMES = {"GASCN": "GuaSCN", "F-PEAI": "4F-PEAI", "F-PEABr": "4F-PEABr", "F-PEACl": "4F-PEACl"}
_INTO_LEAD = re.compile(
    r"\b(?:into|to|in) (?:the |this )?(?:pbi2|lead(?: iodide)?|perovskite|precursor) (?:solution|ink|precursor)"
)


def additive_salt(
    chemistry: Chemistry, mention: SaltMention, words: str, is_ink: bool, ions: frozenset[str]
) -> str:
    """The database's name of a salt that is an additive in its sentence, "" where it is none.

    `words`: the sentence, lower case; `is_ink`: whether it lists an ink's salts; `ions`: of the perovskite.
    """
    salt = mention.salt
    has_share = _has_share(chemistry, mention)
    # "barium acetate (Ba(Ac)2) was added at 2 mol%": named by its abbreviation elsewhere
    is_abbreviated = chemistry.document.text.startswith(")", mention.end)
    is_told = has_share or (is_ink and _is_measured(chemistry, mention))
    name = (
        _salt_additive(salt)
        or (_is_chloride_share(chemistry, mention) and salt.name)
        or ("additive" in words and _INTO_LEAD.search(words) and _left_out(salt, ions))
        or (is_told and "treatment" not in words and _left_out(salt, ions))
        or (is_ink and salt.cations == ("DMA",) and _left_out(salt, ions))
        or (
            ((has_share and not is_abbreviated) or _is_dopant(chemistry, mention))
            and _foreign(salt, ions)
        )
    )
    return _NAMES.get(name, name) or ""


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


# "InBr3 was introduced as dopant"
_AS_ADDITIVE = re.compile(
    r"(?: \([^()]{1,40}\))?,? (?:(?:was|were|is) )?(?:also |then )?(?:added |introduced |used |put in |chosen |dissolved |serving |which serves |which served |serves |served )?as (?:an? |the |our )?(?:\w+ )?(?:dopant|additive)\b"
)


_DOPED_WITH = re.compile(r"\bdoped with (?:[\d.]+ ?(?:mol[.-]?|at[.-]?)? ?% )?(?:of )?$")


def _is_dopant(chemistry: Chemistry, mention: SaltMention) -> bool:
    """Whether the words beside a salt call it a dopant or an additive."""
    lower = chemistry.document.lower
    before = lower[max(mention.start - _BESIDE, 0) : mention.start]
    return bool(_AS_ADDITIVE.match(lower, mention.end) or _DOPED_WITH.search(before))


def _has_share(chemistry: Chemistry, mention: SaltMention) -> bool:
    """Whether a share of a salt is told right beside it: "0.8 mol% of X", "X·3H2O, 0.8 mol%"."""
    text, start, end = chemistry.document.text, mention.start, mention.end
    before = _SHARE_BEFORE.search(text, max(start - 3 * _BESIDE, 0), start)
    return bool(before or _SHARE_BEHIND.match(text, end, end + 4 * _BESIDE))


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
    before, behind = (
        lower[max(mention.start - _BESIDE, 0) : mention.start],
        lower[mention.end : mention.end + _BESIDE],
    )
    return "%" in before or bool(_MOL_BEHIND.match(behind))


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

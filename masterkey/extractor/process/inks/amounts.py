"""How much of each salt a sentence gives: beside it, "each", in a list, as a ratio, "equimolar"."""

import re

from masterkey.extractor.process.inks.salts import Salt, SaltMention
from masterkey.extractor.process.inks.stoichiometry import molar_mass
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.passages import names_any

NUMBER = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_AMOUNT = re.compile(
    # A digit is looked for first, which is fast; then what stands before it.
    r"(?P<number>[0-9](?<![\w.:/–−-].)[0-9]*(?:,[0-9]{3})*(?:\.[0-9]+)?)"
    r"\s?(?P<unit>mmol(?!%)|mol(?=\s?(?:L|l|dm|/|per|of|\b))(?!\s?%)|M(?![A-Za-z0-9])|mM\b|mg\b|g\b(?!/mol)"
    r"|moles?\b(?! ?%)|equiv)"
)
# mmol or mg; concentrations count as amounts in one millilitre.
_UNITS = {"mmol": ("mmol", 1.0), "mol": ("mmol", 1e3), "M": ("mmol", 1.0), "mM": ("mmol", 1e-3), "mg": ("mg", 1.0), "g": ("mg", 1e3), "mole": ("mmol", 1e3), "moles": ("mmol", 1e3), "equiv": ("mmol", 1.0)}  # fmt: skip
_RATIO = re.compile(rf"(?<![\w.])({NUMBER}(?:\s?[:∶：/]\s?{NUMBER})+)(?![\w.]*[0-9]?°)")
_RATIO_SIGNS = (":", "∶", "：", "/")
_MOLAR = re.compile(r"mol(?!\.? ?%)|stoichiom|ratio|equimol|\bmmol")
_VOLUME_RATIO = re.compile(r"v\s?[/:]\s?v|vol|\bv:v|by volume|dmf|dmso|gbl|nmp|wt|mass|weight")
_VOLUMES = re.compile(r"v\s?[/:]\s?v|\bvol|by weight")
_OTHER_RATIO = re.compile(r"v\s?[/:]\s?v|vol|wt|mass|weight")
_SOLVENTS = (
    "dmf",
    "dmso",
    "gbl",
    "gvl",
    "nmp",
    "methoxyethanol",
    "2-me",
    "ethanol",
    "dmpu",
    "acetonitrile",
    "dimethylformamide",
    "dimethyl sulf",
    "dmac",
)
_SOLVENTS_BEFORE = re.compile(
    r"(?:dmf|dmso|gbl|nmp|solvent)\)?\s?[=(,]?\s?$"
    # "DMF and NMP in a ratio of 4:1"
    r"|(?:dmf|dmac|2-me|methoxyethanol|gbl)\)?(?: and |[/:-]|, )(?:dmso|nmp|gbl|gvl|dmpu|acn|acetonitrile)\)? (?:in|at|with) (?:an? |the )?(?:volume |volumetric |v/v )?ratio (?:of )?$"
)
_SOLVENTS_BEHIND = re.compile(
    r"\s?\)? (?:\w+ )?(?:mixtures?|mixed solvents?|blends?|mix) of (?:anhydrous |dry )?(?:dmf|dmso|gbl|gvl|nmp|2-me|dimethyl)"
)
_EACH = re.compile(r"\beach\b|\bboth\b|respectively")
_EACH_BEFORE = re.compile(r"\b(?:both|each) (?:at )?\(?$")  # "PbI2 and MAI, both 1.1 M"
_PER_LITRE = re.compile(r"^\s?/?\s?(?:L|l|dm3?|m[lL])(?:\s?[−-]\s?[13])?(?![A-Za-z])")
_EQUAL = re.compile(r"equi-?molar|equal (?:mol|amounts|quantit)|same mol|in equal moles|stoichiometric|one mole of each|1\s?[:∶]\s?1(?![:.\d])")  # fmt: skip
_FIRST_BEFORE = re.compile(r"\s*(?:of |in |for )?(?:the )?(?:[a-z][a-z-]+ ){0,2}\(?\s*$")
_BRACKET = re.compile(
    r"\s*\)?\s*(?:powders?|crystals?|beads|salt|(?:stock )?solution)?\s*[(\[](?:[^()]*[,;:]\s*)?\s*(?:\w+ of )?$"
)
_BEHIND = re.compile(r"\s*(?:,|=|:|at|is|was|powder|solution)?\s*(?:concentration of )?$")
_COEFFICIENT = re.compile(r"(?<![\w.])([0-9]\.[0-9]+)\s?$")  # "0.5PbCl2"
_SHARE_BEFORE = re.compile(rf"(?<![\w.–-])({NUMBER})\s?mol[.-]?\s?%\s(?:of )?$")
_SHARE_BEHIND = re.compile(rf"\s?[(,]\s?({NUMBER})\s?mol[.-]?\s?%")
_VOLUME_SHARE = re.compile(
    rf"(?<![\w.–-])({NUMBER})\s?(?:vol[.-]?\s?%|%\s?\(?(?:v/v|vol)\)?)\s(?:of )?(?:an? )?$"
)
# "CsI, 5 vol% of a 1.5 M stock in DMSO"
_STOCK_SHARE = re.compile(
    rf"\W{{1,3}}({NUMBER})\s?vol[.-]?\s?%\s(?:of|from) (?:an? |the )?({NUMBER})\s?M\b"
)
_MOST_SHARE = 50
_BY_SHARE, _KEPT, _SHARE_WITHIN = {"Cs", "Rb"}, {"I", "Br"}, 20
_SMALLEST_NUMBER, _LARGEST_NUMBER = 1e-5, 1e5


def amounts_of_mentions(
    text: str, sentence: Sentence, mentions: list[SaltMention]
) -> list[float | None]:
    """mmol per mention, by numbers beside it, numbers "each", or a ratio."""
    quantities = [
        m for m in _AMOUNT.finditer(text, sentence.start, sentence.end)
        if _SMALLEST_NUMBER < float(m["number"].replace(",", "")) < _LARGEST_NUMBER
    ]  # fmt: skip
    found: list[dict[str, float]] = [{} for _ in mentions]
    for quantity in quantities:
        kind, factor = _UNITS[quantity["unit"]]
        if quantity["unit"] == "mol" and re.match(
            r"\s?/?\s?(?:L|l|dm)\b", text[quantity.end() : quantity.end() + 4]
        ):
            factor = 1.0
        value = float(quantity["number"].replace(",", "")) * factor
        behind = _PER_LITRE.sub("", text[quantity.end() : quantity.end() + 18])
        before = text[max(quantity.start() - 9, sentence.start) : quantity.start()]
        if _EACH.match(behind[:12].lstrip(" ,")) or _EACH_BEFORE.search(before):
            _give_each(text, mentions, quantity, found, kind, value)
            continue
        owner = _owner(text, mentions, quantity)
        if owner is not None:
            found[owner].setdefault(kind, value)
    _from_list(text, sentence, mentions, quantities, found)
    _from_row(text, sentence, mentions, found)
    for own, mention in zip(found, mentions, strict=True):
        before = text[max(mention.start - 7, sentence.start) : mention.start]
        coefficient = before[-2:].strip()[-1:].isdigit() and _COEFFICIENT.search(before)
        if coefficient and "mmol" not in own:
            own["mmol"] = float(coefficient[1])
    amounts = [_mmol(mention.salt, own) for mention, own in zip(mentions, found, strict=True)]
    if None in amounts or all(m.salt.metals and m.salt.cations for m in mentions):
        amounts = _from_ratio(text, sentence, mentions, amounts)
    if None in amounts:
        amounts = _from_shares(text, mentions, amounts)
    return _diluted(text, mentions, amounts)


def _diluted(text, mentions, amounts) -> list[float | None]:
    """ "… in 1 mL, plus 5 vol% of CsI (1.5 M in DMSO)": what a share of the volume brings into the ink."""
    result = list(amounts)
    for place, mention in enumerate(mentions):
        stock = _STOCK_SHARE.match(text, mention.end, mention.end + 3 * _SHARE_WITHIN)
        if stock and amounts[place] is None and (percent := float(stock[1])) < _MOST_SHARE:
            result[place] = float(stock[2]) * percent / (100 - percent)
        share = _VOLUME_SHARE.search(text[max(mention.start - _SHARE_WITHIN, 0) : mention.start])
        others = any(amounts[:place]) or any(amounts[place + 1 :])
        if share and others and amounts[place] and (percent := float(share[1])) < _MOST_SHARE:
            result[place] = amounts[place] * percent / (100 - percent)
    return result


def _from_shares(text, mentions, amounts) -> list[float | None]:
    """ "1.5 M PbI2 with 5 mol% CsI": shares of the metal, of iodides and bromides of caesium and rubidium.

    What else is given in mol% of the metal (chlorides, spacers) need not enter the lattice.
    """
    metal = sum(
        n * count
        for mention, n in zip(mentions, amounts, strict=True)
        for ion, count in mention.salt.ions
        if n and ion in mention.salt.metals
    )
    result = list(amounts)
    for place, mention in enumerate(mentions):
        salt = mention.salt
        builds = not salt.metals and set(salt.cations) <= _BY_SHARE and set(salt.anions) <= _KEPT
        if not metal or result[place] is not None or not builds:
            continue
        before = text[max(mention.start - _SHARE_WITHIN, 0) : mention.start]
        behind = text[mention.end : mention.end + _SHARE_WITHIN]
        share = _SHARE_BEFORE.search(before) or _SHARE_BEHIND.match(behind)
        result[place] = metal * float(share[1]) / 100 if share else None
    return result


def _owner(text: str, mentions: list[SaltMention], quantity: re.Match) -> int | None:
    """Which mention a quantity is of: the one whose parenthesis it is in, else the one behind it."""
    for n, mention in enumerate(mentions):
        if mention.end <= quantity.start() and (
            n + 1 == len(mentions) or mentions[n + 1].start >= quantity.end()
        ):
            if _BRACKET.fullmatch(text, mention.end, quantity.start()):
                return n
            opened = text.find("(", mention.end, quantity.start())
            if 0 <= opened < mention.end + 3 and ")" not in text[opened : quantity.start()]:
                return n
    for n, mention in enumerate(mentions):
        if mention.start >= quantity.end():
            gap = text[quantity.end() : mention.start]
            rest = re.sub(r"^\s?(?:[lL]|dm|m[lL])?\s?[−-]?[13]?\b", "", gap) if quantity["unit"] in ("mol", "mmol", "mg") else gap  # fmt: skip
            if _FIRST_BEFORE.fullmatch(rest) or re.fullmatch(r"\s?\([^()]{1,20}\)\s(?:of\s)?", gap):
                return n
            break
    for n, mention in enumerate(mentions):
        if mention.end <= quantity.start() and _BEHIND.fullmatch(
            text, mention.end, quantity.start()
        ):
            following = mentions[n + 1].start if n + 1 < len(mentions) else None
            if following is None or following > quantity.end():
                return n
    return None


def _give_each(text, mentions, quantity, found, kind, value) -> None:
    """ "FAI and PbI2, 1.2 M each": to all mentions before it that have nothing yet."""
    for n in range(len(mentions) - 1, -1, -1):
        if mentions[n].end <= quantity.start():
            if found[n]:
                break
            found[n][kind] = value


def _from_list(text, sentence, mentions, quantities, found) -> None:
    """ "FAI, MAI and PbI2 of 1, 0.2 and 1.2 M, respectively"."""
    place = text.find("respectively", sentence.start, sentence.end)
    if place < 0 or any(found) or not quantities:
        return
    before = text[sentence.start : place]
    lists = re.search(rf"((?:{NUMBER}(?:\s?(?:mmol|mM|M|mg|g))?(?:\s?,\s?(?:and )?|\s?and\s?)){{1,6}}{NUMBER}\s?(?:mmol|mM|M|mg|g)(?:\s?m[lL]\S*)?)\W*$", before)  # fmt: skip
    if not lists:
        return
    numbers = re.findall(NUMBER, re.sub(r"m[lL]\s?[−-]\d", "", lists[1]))
    kind, factor = _UNITS[re.findall(r"mmol|mM|M|mg|g", lists[1])[-1]]
    if len(numbers) == len(mentions):
        for own, number in zip(found, numbers, strict=True):
            own[kind] = float(number.replace(",", "")) * factor


_ROW = re.compile(rf"(?:{NUMBER}\s?(?:mg|mmol|mM|M|g)\s?[:/∶]\s?)+{NUMBER}\s?(?:mg|mmol|mM|M|g)\b")


def _from_row(text, sentence, mentions, found) -> None:
    """ "FAI:MAI:MACl (90 mg:6.4 mg:9 mg)": each amount to the salt of its place."""
    row = _ROW.search(text, sentence.start, sentence.end)
    if row is None:
        return
    pairs = re.findall(rf"({NUMBER})\s?(mg|mmol|mM|M|g)", row[0])
    owners = _ratio_owners(mentions, row.start(), len(pairs))
    for n, (number, unit) in zip(owners or (), pairs, strict=False):
        kind, factor = _UNITS[unit]
        found[n] = {kind: float(number.replace(",", "")) * factor}


def _mmol(salt: Salt, own: dict[str, float]) -> float | None:
    if "mmol" in own:
        return own["mmol"]
    return own["mg"] / molar_mass(salt) if "mg" in own else None


def _from_ratio(text, sentence, mentions, amounts) -> list[float | None]:
    """Amounts by "FAI:MABr:PbI2 = 1:0.2:1.1", "in a molar ratio of 1:1", "equimolar"."""
    words = text[sentence.start : sentence.end]
    lower, solvents = words.lower(), 0
    whole = len(mentions) > 1 and all(m.salt.metals and m.salt.cations for m in mentions)
    for match in _RATIO.finditer(words) if names_any(words, _RATIO_SIGNS) else ():
        numbers = [float(n.replace(",", "")) for n in re.split(r"\s?[:∶：/]\s?", match[1])]
        around = lower[max(match.start() - 45, 0) : match.end() + 25]
        behind = lower[match.end() : match.end() + 22]
        before = lower[max(match.start() - 50, 0) : match.start()]
        if whole and len(numbers) == len(mentions) and not _SOLVENTS_BEFORE.search(before):
            return [n * (amount or 1.0) for n, amount in zip(numbers, amounts, strict=True)]
        if (
            _SOLVENTS_BEHIND.match(lower, match.end())
            or _VOLUMES.search(behind)
            or _VOLUMES.search(before)
            or _SOLVENTS_BEFORE.search(before)
        ):
            continue
        # "2:4:5 in DMF": a ratio of more parts than there are solvents is of the salts.
        solvents = solvents or sum(solvent in lower for solvent in _SOLVENTS)
        of_salts = solvents < len(numbers) and not _OTHER_RATIO.search(around)
        if behind.startswith((" mol%", "mol%")) or (not of_salts and not _MOLAR.search(around) and _VOLUME_RATIO.search(around)):  # fmt: skip
            continue
        chosen = _ratio_owners(mentions, sentence.start + match.start(), len(numbers))
        if chosen and all(numbers):
            mass = bool(re.match(r"\s?(?:mg|by mass|w/w|in mass|\(?mass|wt)", behind)) or bool(re.search(r"mass ratio|weight ratio", around))  # fmt: skip
            result = list(amounts)
            for n, number in zip(chosen, numbers, strict=True):
                result[n] = number / molar_mass(mentions[n].salt) if mass else number
            return result
    if not any(amounts) and _EQUAL.search(lower):
        return [1.0] * len(mentions)
    return amounts


def _ratio_owners(mentions: list[SaltMention], place: int, number: int) -> list[int] | None:
    """The last `number` different salts before a ratio, in order; else the first behind it."""
    for candidates in (
        [n for n, m in enumerate(mentions) if m.end <= place][::-1],
        [n for n, m in enumerate(mentions) if m.start >= place],
    ):
        chosen, names = [], set()
        for n in candidates:
            if mentions[n].salt.name not in names:
                chosen.append(n)
                names.add(mentions[n].salt.name)
            if len(chosen) == number:
                break
        if len(chosen) == number:
            return sorted(chosen)
    return None

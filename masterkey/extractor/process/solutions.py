"""Inks and solutions: which salts, how much of each, in which solvents, mixed from which stocks."""

import re
from dataclasses import dataclass, field

from masterkey.extractor.process.document import Document, Sentence
from masterkey.extractor.process.salts import Salt, SaltMention, salt_of
from masterkey.extractor.process.stoichiometry import mixed, molar_mass

_NUMBER = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_AMOUNT = re.compile(
    rf"(?<![\w.:/–−-])(?P<number>{_NUMBER})\s?(?P<unit>mmol(?!%)|mol(?=\s?(?:L|l|dm|/|per|of|\b))(?!\s?%)|M(?![A-Za-z0-9])|mM\b|mg\b|g\b(?!/mol)"
    r"|moles?\b(?! ?%)|equiv)"
)
# mmol or mg; concentrations count as amounts in one millilitre.
_UNITS = {"mmol": ("mmol", 1.0), "mol": ("mmol", 1e3), "M": ("mmol", 1.0), "mM": ("mmol", 1e-3), "mg": ("mg", 1.0), "g": ("mg", 1e3), "mole": ("mmol", 1e3), "moles": ("mmol", 1e3), "equiv": ("mmol", 1.0)}  # fmt: skip
_RATIO = re.compile(rf"(?<![\w.])({_NUMBER}(?:\s?[:∶：/]\s?{_NUMBER})+)(?![\w.]*[0-9]?°)")
_MOLAR = re.compile(r"mol|stoichiom|ratio|equimol|\bmmol")
_VOLUME_RATIO = re.compile(r"v\s?[/:]\s?v|vol|\bv:v|by volume|dmf|dmso|gbl|nmp|wt|mass|weight")
_VOLUMES = re.compile(r"v\s?[/:]\s?v|\bvol|by weight")
_SOLVENTS_BEFORE = re.compile(r"(?:dmf|dmso|gbl|nmp|solvent)\)?\s?[=(,]?\s?$")
_EACH = re.compile(r"\beach\b|\bboth\b|respectively")
_EQUAL = re.compile(r"equi-?molar|equal (?:mol|amounts|quantit)|same mol|in equal moles|stoichiometric|one mole of each|1\s?[:∶]\s?1(?![:.\d])")  # fmt: skip
_FIRST_BEFORE = re.compile(r"\s*(?:of |in |for )?(?:the )?(?:[a-z][a-z-]+ ){0,2}\(?\s*$")
_BRACKET = re.compile(r"\s*\)?\s*(?:powders?|crystals?|beads|salt|(?:stock )?solution)?\s*[(\[](?:[^()]*[,;:]\s*)?\s*(?:\w+ of )?$")
_BEHIND = re.compile(r"\s*(?:,|=|:|at|is|was|powder|solution)?\s*(?:concentration of )?$")
_COEFFICIENT = re.compile(r"(?<![\w.])([0-9]\.[0-9]+)\s?$")  # "0.5PbCl2"
_SMALLEST_NUMBER, _LARGEST_NUMBER = 1e-5, 1e5
# A name that a stock solution is given, and how a later sentence pours it.
_STOCK = re.compile(
    r"\b(?:[Ss]olutions?|[Ss]tock|[Ii]nk)\s(?P<name>[A-D]|[IVX]{1,3}|[1-4])\b"
    r"|\b(?P<ordinal>[Ff]irst|[Ss]econd|[Tt]hird)\b (?:\w+ )?(?:solution|ink|stock)|\b[Ss]olution \((?P<named>[a-dA-D1-4])\)"
)
_POUR = re.compile(
    rf"(?P<volume>{_NUMBER})\s?(?P<unit>[µμu]l|ml|[µμu]L|mL|parts?)\s(?:of )?(?:the )?(?:(?:stock |master )?solution )?(?P<name>[A-D1-4]\b|[IVX]{{1,3}}\b|first|second|third)"
)
_POUR_SALT = re.compile(
    rf"(?P<volume>{_NUMBER})\s?(?P<unit>[µμu]l|ml|[µμu]L|mL)\s(?:of )?(?:a |an |the )?(?P<molar>{_NUMBER}) ?M (?P<salt>CsI|RbI|CsBr|KI)\b"
)


# A salt that is a film already, on which something is put.
_FILM = re.compile(
    r"(?:\(DMSO\)\w?|-DMSO)?\)?[\s-]*(?:(?:seed|precursor|intermediate|inorganic|dry|wet|porous|complex)\s)?(?:thin )?(?:films?|layers?|coated|substrates?|scaffold|templates?)\b"
)
_IN_ALCOHOL = re.compile(r"isopropanol|2-propanol|\bipa\b|isopropyl|propan-2-ol|ethanol|butanol")
_SECOND_STEP = re.compile(
    rf"{_IN_ALCOHOL.pattern}|dipp|immers|soak|\bdropp|\bdripp|load|followed|expos|vapou?r|on top|subsequent|two-step|sequential"
)
_PUT_DOWN = re.compile(
    r"\bdmf|dmso|dimethyl|\bgbl|\bnmp|spin|spun|coated|dipp|immers|soak|dropp|dripp|\bthen\b|whereas|while|followed|evaporated|sublim|expos"
)

_POUR_RATIO = re.compile(
    r"(?P<names>(?:(?:[Ss]tock |[Ss]olutions? )?(?:[A-D1-4]|[IVX]{1,3}|first|second|third)(?:,? and |, | with ))+(?:the )?(?:[Ss]tock |[Ss]olution )?(?:[A-D1-4]|[IVX]{1,3}|second|third|fourth)\b)"
    rf"[^.;]{{0,60}}?(?P<ratio>{_NUMBER}(?:\s?[:∶/]\s?{_NUMBER})+)"
)
_VOLUME_TO = re.compile(
    rf"(?P<own>{_NUMBER})\s?(?P<u1>[µμu]l|m[lL]|[µμu]L)\b.{{0,70}}?\b(?:to|into|with)\s(?:the )?(?P<other>{_NUMBER})\s?(?P<u2>[µμu]l|m[lL]|[µμu]L)"
)
_VOLUME_SHARE = re.compile(
    rf"(?P<percent>{_NUMBER})\s?(?:vol\.?\s?%|%\s?(?:v/v|vol|by volume))|(?P<a>{_NUMBER})\s?[:∶]\s?(?P<b>9[0-9](?:\.[0-9]+)?)\b"
)


@dataclass
class Solution:
    """`amounts`: mmol of each salt (relative ones), None for a salt whose amount is not said.

    `is_relative`: from a ratio. `start`, `end`: its place in the text.
    """

    amounts: dict[Salt, float | None]
    sentence: Sentence
    start: int
    end: int
    mentions: list[SaltMention] = field(default_factory=list)
    is_mixture: bool = False

    @property
    def has_metal(self) -> bool:
        return any(salt.is_metal_source for salt in self.amounts)

    @property
    def has_cation(self) -> bool:
        return any(salt.cations for salt in self.amounts)

    @property
    def is_quantified(self) -> bool:
        return all(self.amounts.values()) and len(self.amounts) > 0

    @property
    def known(self) -> dict[Salt, float]:
        return {salt: n for salt, n in self.amounts.items() if n}


def solutions_in(
    document: Document, sentence: Sentence, mentions: list[SaltMention]
) -> list[Solution]:
    """The solutions that a sentence describes.

    A second amount of one salt begins another, so do organic salts that meet a lead film in a step of their own.
    """
    text = document.text
    mentions = [m for m in mentions if not (m.salt.metals and _FILM.match(text, m.end))]
    if not mentions:
        return []
    amounts = _amounts_of(text, sentence, mentions)
    words = document.words(sentence)
    has_steps = bool(_SECOND_STEP.search(words))
    is_list = "respectively" in words and bool(_IN_ALCOHOL.search(words)) and len(mentions) == 2
    stocks = [
        sentence.start + place for _, place in stock_names(text[sentence.start : sentence.end])
    ]
    found = [Solution({}, sentence, mentions[0].start, mentions[0].end)]
    previous = None
    for mention, amount in zip(mentions, amounts, strict=True):
        if amount is None and (_is_named_only(mention, mentions) or (mention.salt.cations and mention.salt.metals and any(amounts))):  # fmt: skip
            continue
        current = found[-1]
        if current.amounts and (
            _is_repeated(current, mention, amount)
            or (has_steps and previous and _is_next_step(document.lower, previous, mention))
            or (is_list and previous and bool(previous.salt.metals) != bool(mention.salt.metals))
            or (len(stocks) > 1 and any(previous.end <= place < mention.start for place in stocks))
        ):
            current = Solution({}, sentence, mention.start, mention.end)
            found.append(current)
        if not current.amounts.get(mention.salt):
            current.amounts[mention.salt] = amount
        current.mentions.append(mention)
        current.end = max(current.end, mention.end)
        previous = mention
    return [solution for solution in found if solution.amounts]


def _is_repeated(current: Solution, mention: SaltMention, amount: float | None) -> bool:
    before = current.amounts.get(mention.salt)
    return bool(amount and before and (mention.salt.metals or abs(before / amount - 1) > 0.02))


def _is_next_step(lower: str, previous: SaltMention, mention: SaltMention) -> bool:
    """Whether one salt is dissolved, coated … before the next one is named, which is of the other kind."""
    if bool(previous.salt.metals) == bool(mention.salt.metals):
        return False
    between = lower[previous.end : mention.start]
    return bool((_PUT_DOWN if previous.salt.metals else _IN_ALCOHOL).search(between))


def _is_named_only(mention: SaltMention, mentions: list[SaltMention]) -> bool:
    """Whether a whole perovskite is what the other salts make, rather than one of them."""
    if not (mention.salt.metals and mention.salt.cations):
        return False
    return any(m.salt.metals and not m.salt.cations for m in mentions)


def _amounts_of(text: str, sentence: Sentence, mentions: list[SaltMention]) -> list[float | None]:
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
        if _EACH.match(text[quantity.end() : quantity.end() + 12].lstrip(" ,")):
            _give_each(text, mentions, quantity, found, kind, value)
            continue
        owner = _owner(text, mentions, quantity)
        if owner is not None:
            found[owner].setdefault(kind, value)
    _from_list(text, sentence, mentions, quantities, found)
    for own, mention in zip(found, mentions, strict=True):
        coefficient = _COEFFICIENT.search(
            text, max(mention.start - 7, sentence.start), mention.start
        )
        if coefficient and "mmol" not in own:
            own["mmol"] = float(coefficient[1])
    amounts = [_mmol(mention.salt, own) for mention, own in zip(mentions, found, strict=True)]
    if None in amounts or all(m.salt.metals and m.salt.cations for m in mentions):
        amounts = _from_ratio(text, sentence, mentions, amounts)
    return amounts


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
    lists = re.search(rf"((?:{_NUMBER}(?:\s?(?:mmol|mM|M|mg|g))?(?:\s?,\s?(?:and )?|\s?and\s?)){{1,6}}{_NUMBER}\s?(?:mmol|mM|M|mg|g)(?:\s?m[lL]\S*)?)\W*$", before)  # fmt: skip
    if not lists:
        return
    numbers = re.findall(_NUMBER, re.sub(r"m[lL]\s?[−-]\d", "", lists[1]))
    kind, factor = _UNITS[re.findall(r"mmol|mM|M|mg|g", lists[1])[-1]]
    if len(numbers) == len(mentions):
        for own, number in zip(found, numbers, strict=True):
            own[kind] = float(number.replace(",", "")) * factor


def _mmol(salt: Salt, own: dict[str, float]) -> float | None:
    if "mmol" in own:
        return own["mmol"]
    return own["mg"] / molar_mass(salt) if "mg" in own else None


def _from_ratio(text, sentence, mentions, amounts) -> list[float | None]:
    """Amounts by "FAI:MABr:PbI2 = 1:0.2:1.1", "in a molar ratio of 1:1", "equimolar"."""
    words = text[sentence.start : sentence.end]
    whole = len(mentions) > 1 and all(m.salt.metals and m.salt.cations for m in mentions)
    for match in _RATIO.finditer(words):
        numbers = [float(n.replace(",", "")) for n in re.split(r"\s?[:∶：/]\s?", match[1])]
        around = words[max(match.start() - 45, 0) : match.end() + 25].lower()
        behind = words[match.end() : match.end() + 22].lower()
        before = words[max(match.start() - 30, 0) : match.start()].lower()
        if whole and len(numbers) == len(mentions) and not _SOLVENTS_BEFORE.search(before):
            return [n * (amount or 1.0) for n, amount in zip(numbers, amounts, strict=True)]
        if _VOLUMES.search(behind) or _VOLUMES.search(before) or _SOLVENTS_BEFORE.search(before):
            continue
        if behind.startswith((" mol%", "mol%")) or (not _MOLAR.search(around) and _VOLUME_RATIO.search(around)):  # fmt: skip
            continue
        chosen = _ratio_owners(mentions, sentence.start + match.start(), len(numbers))
        if chosen and all(numbers):
            mass = bool(re.match(r"\s?(?:mg|by mass|w/w|in mass|\(?mass|wt)", behind)) or bool(re.search(r"mass ratio|weight ratio", around))  # fmt: skip
            result = list(amounts)
            for n, number in zip(chosen, numbers, strict=True):
                result[n] = number / molar_mass(mentions[n].salt) if mass else number
            return result
    if _EQUAL.search(words.lower()) and not any(amounts):
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


def stock_names(text: str) -> list[tuple[str, int]]:
    """(name, place) by which a sentence calls each stock solution it describes."""
    found: dict[str, int] = {}
    for match in _STOCK.finditer(text):
        name = (match["name"] or match["ordinal"] or match["named"]).lower()
        found.setdefault(name, match.start())
    return list(found.items())


def pour(document: Document, sentence: Sentence, stocks: dict[str, Solution]) -> Solution | None:
    """The mixture of named stock solutions that a sentence pours together, by volumes."""
    words = document.text[sentence.start : sentence.end]
    parts, used = _by_ratio(words, stocks)
    for match in _POUR.finditer(words):
        stock = stocks.get(match["name"].lower())
        if stock is not None and stock.is_quantified:
            parts.append((stock.known, _millilitres(match)))
            used.append(stock)
    if len(parts) + len(_POUR_SALT.findall(words)) < 2 or not parts:
        return None
    for match in _POUR_SALT.finditer(words):
        parts.append(({salt_of(match["salt"]): float(match["molar"])}, _millilitres(match)))
    amounts = mixed(parts)
    return Solution(dict(amounts), sentence, sentence.start, sentence.end, [m for s in used for m in s.mentions], True)  # fmt: skip


def _by_ratio(words: str, stocks: dict[str, Solution]) -> tuple[list, list]:
    """ "A and B were mixed at 9:1 by volume"."""
    match = _POUR_RATIO.search(words)
    if not match:
        return [], []
    names = re.findall(r"[A-D1-4]\b|[IVX]{1,3}\b|first|second|third", match["names"])
    volumes = [float(n) for n in re.split(r"\s?[:∶/]\s?", match["ratio"])]
    known = [stocks.get(name.lower()) for name in names]
    if len(names) != len(volumes) or not all(s is not None and s.is_quantified for s in known):
        return [], []
    return [(s.known, volume) for s, volume in zip(known, volumes, strict=True)], known


def added_share(words: str) -> float | None:
    """Volume of a stock solution per volume of the ink that it is added to; None where not said."""
    if match := _VOLUME_TO.search(words):
        own, other = float(match["own"]), float(match["other"])
        own, other = own / (1000 if match["u1"][0] in "µμu" else 1), other / (1000 if match["u2"][0] in "µμu" else 1)
        return own / other if other else None
    if match := _VOLUME_SHARE.search(words):
        own = float(match["percent"] or match["a"])
        other = 100 - own if match["percent"] else float(match["b"])
        return min(own, other) / max(own, other) if other > 0 else None
    return None


def _millilitres(match: re.Match) -> float:
    value = float(match["volume"].replace(",", ""))
    return value / 1000 if match["unit"][0] in "µμu" else value

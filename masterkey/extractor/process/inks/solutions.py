"""Inks and solutions: which salts, how much of each, in which solvents, mixed from which stocks."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from masterkey.extractor.process.inks.amounts import NUMBER, amounts_of_mentions
from masterkey.extractor.process.inks.salts import Salt, SaltMention, salt_of
from masterkey.extractor.process.inks.stoichiometry import mixed
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.passages import names_any

# A name that a stock solution is given, and how a later sentence pours it.
_STOCK = re.compile(
    r"(?:[Ss]olutions?|[Ss]tock|[Ii]nk)\s(?P<name>[A-Z]|[IVX]{1,3}|[1-4])\b"
    r"|(?P<ordinal>[Ff]irst|[Ss]econd|[Tt]hird)\b (?:\w+ )?(?:solution|ink|stock)|[Ss]olution \((?P<named>[a-dA-D1-4])\)"
)
# "A: FAI and PbI2 in DMF", in a list of stock solutions
_LETTERED = re.compile(r"\s*\(?(?P<name>[A-H1-4])(?:\)|\)?\s?[:=–-]|\.)\s")
_TELLS_OF_STOCKS = re.compile(r"\bstocks?\b|\bsolutions?\b|\binks?\b|precursor")
_COUNTS = {
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "half": 0.5,
    "equal": 1.0,
}
_POUR = re.compile(
    rf"(?P<volume>{NUMBER}|\b(?i:{'|'.join(_COUNTS)}))\s?(?P<unit>[µμu]l|ml|[µμu]L|mL|parts?|vol(?:umes?|\.)?|microlit\w+|millilit\w+)\s(?:by volume )?(?:of )?(?:the )?(?:(?:stock |master )?(?:solution |ink )?)?(?P<name>[A-Z1-4]\b|[IVX]{{1,3}}\b|first|second|third)"
)
# "80 parts of the first, 14 of the second and 6 of the third"
_POUR_MORE = re.compile(
    rf"(?<![\w.])(?P<volume>{NUMBER}) of (?:the )?(?:stock |solution )?(?P<name>[A-Z1-4]\b|[IVX]{{1,3}}\b|first|second|third|fourth)"
)
_CLAUSE = re.compile(r";\s")
_POUR_SALT = re.compile(
    rf"(?P<volume>{NUMBER})\s?(?P<unit>[µμu]l|ml|[µμu]L|mL)\s(?:of )?(?:a |an |the )?(?P<molar>{NUMBER}) ?M (?P<salt>CsI|RbI|CsBr|KI)\b"
)
# What it begins with.
_STOCK_WORDS = ("solution", "stock ", "ink ", "first ", "second ", "third ")

_MOST_SALTS = 40  # of one sentence; bounds the work on arbitrary text
# A salt that is a film already, on which something is put.
_FILM = re.compile(
    r"(?:\(DMSO\)\w?|-DMSO)?\)?[\s-]*(?:(?:seed|precursor|intermediate|inorganic|dry|wet|porous|complex)\s)?(?:thin )?(?:films?|layers?|coated|substrates?|scaffold|templates?)\b"
)
_FILM_WORDS = ("film", "layer", "coated", "substrate", "scaffold", "template")
_LONGEST_FILM = 45
_IN_ALCOHOL = re.compile(r"isopropanol|2-propanol|\bipa\b|isopropyl|propan-2-ol|ethanol|butanol")
_SECOND_STEP = re.compile(
    rf"{_IN_ALCOHOL.pattern}|dipp|immers|soak|\bdropp|\bdripp|load|followed|expos|vapou?r|on top|subsequent|two-step|sequential"
)
_PUT_DOWN = re.compile(
    r"\bdmf|dmso|dimethyl|\bgbl|\bnmp|spin|spun|coated|dipp|immers|soak|dropp|dripp|\bthen\b|whereas|while|followed|evaporated|sublim|expos"
)

_POUR_RATIO = re.compile(
    r"(?P<names>(?:(?:[Ss]tock |[Ss]olutions? )?(?:[A-Z1-4]|[IVX]{1,3}|first|second|third)(?:,? and |, | with ))+(?:the )?(?:[Ss]tock |[Ss]olution )?(?:[A-Z1-4]|[IVX]{1,3}|second|third|fourth)\b)"
    rf"[^.;]{{0,60}}?(?P<ratio>{NUMBER}(?:\s?[:∶/]\s?{NUMBER})+)"
)
_NUMBERS = rf"{NUMBER}(?:\s?[:∶/]\s?{NUMBER})+"
_LETTERS = r"\b[A-Z](?:\s?[:∶/+]\s?[A-Z])+\b"
# "A:B:C = 84:11:5", "84:11:5 by volume (A:B:C)"
_LETTER_RATIO = re.compile(
    rf"(?P<names>{_LETTERS})[^.;]{{0,40}}?(?P<ratio>{_NUMBERS})|(?P<ratio_first>{_NUMBERS})[^.;]{{0,50}}?(?P<names_behind>{_LETTERS})"
)
# "They were mixed 84:11:5": all of them, in their order.
_ALL_MIXED = re.compile(
    rf"\b(?:mixed|combined|blended|united|merged|joined|poured together|put together)\b[^.;]{{0,50}}?(?P<ratio>{_NUMBERS})"
)
_OF_SOLVENTS = re.compile(r"\b(?:DMF|DMSO|GBL|NMP|solvents?|dimethyl\w*)\b")
_VOLUME_TO = re.compile(
    rf"(?P<own>{NUMBER})\s?(?P<u1>[µμu]l|m[lL]|[µμu]L)\b.{{0,70}}?\b(?:to|into|with)\s(?:the )?(?P<other>{NUMBER})\s?(?P<u2>[µμu]l|m[lL]|[µμu]L)"
)
_VOLUME_SHARE = re.compile(
    rf"(?P<percent>{NUMBER})\s?(?:vol\.?\s?%|%\s?(?:v/v|vol|by volume))|(?P<a>{NUMBER})\s?[:∶]\s?(?P<b>9[0-9](?:\.[0-9]+)?)\b"
)


@dataclass
class Solution:
    """`amounts`: mmol of each salt (relative ones), None for a salt whose amount is not said.

    [`start`, `end`): its place in the text; `is_mixture`: poured together from stock solutions.
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


@dataclass(frozen=True)
class StockName:
    """How a text calls a stock solution, lower case, and where."""

    name: str
    start: int


def solutions_in(
    document: Document, sentence: Sentence, mentions: list[SaltMention], names: list[StockName]
) -> list[Solution]:
    """The solutions that a sentence describes; `names`: of stock solutions in it.

    A second amount of one salt begins another, so do organic salts that meet a lead film in a step of their own.
    """
    text = document.text
    mentions = [
        m for m in mentions[:_MOST_SALTS]
        if not (m.salt.metals and (_is_film(text, m.end) or _is_below(text, m.start)))
    ]  # fmt: skip
    if _is_whole_alone(mentions):
        mentions = [m for m in mentions if not _is_excess(document.lower, m)]
    if not mentions:
        return []
    amounts = amounts_of_mentions(text, sentence, mentions)
    words = document.words(sentence)
    kinds = {bool(mention.salt.metals) for mention in mentions}
    has_steps = len(kinds) > 1 and bool(_SECOND_STEP.search(words))
    is_list = len(mentions) == 2 and "respectively" in words and bool(_IN_ALCOHOL.search(words))
    poured = all(m.salt.metals and m.salt.cations for m in mentions) and _POURED.search(
        words, mentions[-1].end - sentence.start
    )
    names = [] if poured else names
    stocks = list({stock.name: stock.start for stock in reversed(names)}.values())
    found = [Solution({}, sentence, mentions[0].start, mentions[0].end)]
    previous = None
    made = _made_of(mentions, amounts)
    for mention, amount in zip(mentions, amounts, strict=True):
        if amount is None and mention.salt in made:
            found[-1].mentions.append(mention)
            continue
        if amount is None and (_is_named_only(mention, mentions) or (mention.salt.cations and mention.salt.metals and any(amounts))):  # fmt: skip
            continue
        current = found[-1]
        if current.amounts and (
            _is_repeated(current, mention, amount)
            or (
                has_steps and previous and _is_next_step(document.lower, current, previous, mention)
            )
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


def _is_whole_alone(mentions: list[SaltMention]) -> bool:
    """Whether a sentence names a whole perovskite and no iodide or bromide of its cations."""
    whole = any(m.salt.metals and m.salt.cations for m in mentions)
    return whole and not any(
        m.salt.cations and not m.salt.metals and {"I", "Br"} & set(m.salt.anions) for m in mentions
    )


_EXCESS_BEFORE = re.compile(
    r"\b(?:extra|excess|additional|surplus|superfluous|more)(?: of)?(?: (?:about )?[\d.]+ ?(?:mol|at|wt)?\.? ?%)?(?: of| in)? $"
)
_EXCESS_BEHIND = re.compile(
    r" ?(?:\([^()]{0,30}(?:excess|extra|surplus|more)[^()]{0,20}\)|(?:was |were )?(?:(?:added|given|taken|present) )?(?:in |as |an |a |slight |small |the )*(?:[\d.]+ ?(?:mol|at|wt)?\.? ?% ?)?(?:excess|surplus)\b)"
)


def _is_excess(lower: str, mention: SaltMention) -> bool:
    """Whether a lead or tin salt is what a perovskite's ink has too much of: "3 mol% extra PbI2"."""
    if not mention.salt.metals or mention.salt.cations:
        return False
    before = lower[max(mention.start - 40, 0) : mention.start]
    return bool(_EXCESS_BEFORE.search(before) or _EXCESS_BEHIND.match(lower, mention.end))


# "… a stock A (FAPbI3) and a stock B (MAPbBr3) were mixed in the ratio 19:1": one solution.
_POURED = re.compile(
    rf"\b(?:combin|mix|blend|pour|unit|merg)\w*\b(?:(?!dmf|dmso|gbl|solvent)[^.;]|\.\d){{0,60}}?(?<![\d.:]){NUMBER}\s?[:∶/]\s?{NUMBER}"
)


_ONTO = re.compile(r"\b(?:on|onto|over|on top of|upon) (?:the |this |as-prepared )?$")


def _is_below(text: str, start: int) -> bool:
    """ "… was spin-coated onto the PbI2": what is there already."""
    return bool(_ONTO.search(text, max(start - 30, 0), start))


def _is_film(text: str, end: int) -> bool:
    return names_any(text[end : end + _LONGEST_FILM], _FILM_WORDS) and bool(_FILM.match(text, end))


def _made_of(mentions: list[SaltMention], amounts: list[float | None]) -> set[Salt]:
    """Salts of which a mixed perovskite in the same sentence is made ("1.6 M Cs0.1FA0.9PbI3 from CsI, FAI …")."""
    whole = [
        set(m.salt.cations + m.salt.metals + m.salt.anions)
        for m, n in zip(mentions, amounts, strict=True)
        if n and m.salt.metals and len(m.salt.cations) > 1
    ]
    return {
        m.salt for m in mentions
        for ions in whole
        if set(m.salt.cations + m.salt.metals + m.salt.anions) < ions
    }  # fmt: skip


def _is_repeated(current: Solution, mention: SaltMention, amount: float | None) -> bool:
    before = current.amounts.get(mention.salt)
    return bool(amount and before and (mention.salt.metals or abs(before / amount - 1) > 0.02))


def _is_next_step(
    lower: str, current: Solution, previous: SaltMention, mention: SaltMention
) -> bool:
    """Whether salts are dissolved, coated … before the next one is named, which is of the other kind."""
    if current.has_metal == bool(mention.salt.metals):
        return False
    between = lower[previous.end : mention.start]
    return bool((_PUT_DOWN if current.has_metal else _IN_ALCOHOL).search(between))


def _is_named_only(mention: SaltMention, mentions: list[SaltMention]) -> bool:
    """Whether a whole perovskite is what the other salts make, rather than one of them."""
    if not (mention.salt.metals and mention.salt.cations):
        return False
    return any(m.salt.metals and not m.salt.cations for m in mentions)


def stock_names(document: Document, sentence: Sentence) -> list[StockName]:
    """Names of stock solutions in a sentence, in its order."""
    found = {}
    lettered = _LETTERED.match(document.text, sentence.start, sentence.end)
    if lettered and _is_of_stocks(document, sentence):
        found[lettered.start("name")] = StockName(lettered["name"].lower(), lettered.start("name"))
    for word in _STOCK_WORDS:
        place = document.lower.find(word, sentence.start, sentence.end)
        while place >= 0:
            if match := _STOCK.match(document.text, place, sentence.end):
                name = match["name"] or match["ordinal"] or match["named"]
                found[place] = StockName(name.lower(), place)
            place = document.lower.find(word, place + len(word), sentence.end)
    return [found[start] for start in sorted(found)]


_BACK = 3  # sentences from a stock's letter to what says that it is one


def _is_of_stocks(document: Document, sentence: Sentence) -> bool:
    """Whether a sentence that begins with a letter stands in a list of solutions."""
    before = document.sentences[max(sentence.number - _BACK, 0) : sentence.number]
    return any(_TELLS_OF_STOCKS.search(document.words(other)) for other in before)


_POUR_WHOLE = re.compile(
    rf"(?P<volume>{NUMBER}|\b(?i:{'|'.join(_COUNTS)}))\s?(?P<unit>[µμu]l|ml|[µμu]L|mL|parts?|vol(?:umes?|\.)?)\s(?:of )?(?:an? |the )?(?:(?P<molar>{NUMBER}) ?M )?$"
)
_MIXES = re.compile(r"\b(?:mix|blend|combin|pour|unit|merg|add|plus|put together|join)")


def poured_wholes(
    document: Document, sentence: Sentence, mentions: list[SaltMention]
) -> Solution | None:
    """ "0.6 mL of the FASnI3 stock and 0.4 mL of the MAPbI3 stock": whole perovskites by their volumes."""
    parts, used = [], []
    for mention in mentions:
        if not (mention.salt.metals and mention.salt.cations):
            continue
        match = _POUR_WHOLE.search(
            document.text, max(sentence.start, mention.start - 40), mention.start
        )
        if match:
            volume = _millilitres(match) * float(match["molar"] or 1)
            parts.append(({mention.salt: 1.0}, volume))
            used.append(mention)
    if len({m.salt for m in used}) < 2 or not _MIXES.search(document.words(sentence)):
        return None
    return Solution(mixed(parts), sentence, used[0].start, used[-1].end, used, True)


def pours(document: Document, sentence: Sentence, stocks: dict[str, Solution]) -> list[Solution]:
    """The mixtures of named stock solutions that a sentence pours together, by volumes: one of each clause."""
    if mixture := pour(document, sentence, stocks, sentence.start, sentence.end):
        ends = [m.end() for m in _CLAUSE.finditer(document.text, sentence.start, sentence.end)]
        clauses = pairwise([sentence.start, *ends, sentence.end])
        apart = [pour(document, sentence, stocks, start, end) for start, end in clauses]
        apart = [found for found in apart if found]
        return apart if len(apart) > 1 else [mixture]
    return []


def pour(
    document: Document, sentence: Sentence, stocks: dict[str, Solution], start: int, end: int
) -> Solution | None:
    """The mixture that [start, end) of a sentence pours together."""
    words = document.text[start:end]
    parts, used = _by_ratio(words, stocks)
    poured = list(_POUR.finditer(words))
    for match in [*poured, *(_POUR_MORE.finditer(words) if poured else ())]:
        stock = stocks.get(match["name"].lower())
        if stock is not None and stock.is_quantified:
            is_more = "unit" not in match.groupdict()
            volume = _millilitres(poured[0], match["volume"]) if is_more else _millilitres(match)
            parts.append((stock.known, volume))
            used.append(stock)
    if len(parts) + len(_POUR_SALT.findall(words)) < 2 or not parts:
        return None
    for match in _POUR_SALT.finditer(words):
        parts.append(({salt_of(match["salt"]): float(match["molar"])}, _millilitres(match)))
    amounts = mixed(parts)
    return Solution(dict(amounts), sentence, start, end, [m for s in used for m in s.mentions], True)  # fmt: skip


def _by_ratio(words: str, stocks: dict[str, Solution]) -> tuple[list, list]:
    """ "A and B were mixed at 9:1 by volume", "They were mixed 9:1"."""
    known, ratio = _told_by_ratio(words, stocks)
    volumes = [float(n) for n in re.split(r"\s?[:∶/]\s?", ratio)] if ratio else []
    if len(known) != len(volumes) or not all(s is not None and s.is_quantified for s in known):
        return [], []
    return [(s.known, volume) for s, volume in zip(known, volumes, strict=True)], known


def _told_by_ratio(words: str, stocks: dict[str, Solution]) -> tuple[list[Solution | None], str]:
    """Stocks that a sentence mixes, and the ratio of their volumes; "" where it tells none."""
    if match := _POUR_RATIO.search(words):
        names = re.findall(r"\b[A-Z1-4]\b|[IVX]{1,3}\b|first|second|third", match["names"])
        return [stocks.get(name.lower()) for name in names], match["ratio"]
    for match in _LETTER_RATIO.finditer(words):
        names = re.findall("[a-z]", (match["names"] or match["names_behind"]).lower())
        if stocks.keys() >= set(names):
            return [stocks[name] for name in names], match["ratio"] or match["ratio_first"]
    if (match := _ALL_MIXED.search(words)) and not _OF_SOLVENTS.search(words):
        return list({id(stock): stock for stock in stocks.values()}.values()), match["ratio"]
    return [], ""


def added_share(words: str) -> float | None:
    """Volume of a stock solution per volume of the ink that it is added to; None where not said."""
    if match := _VOLUME_TO.search(words):
        own, other = float(match["own"]), float(match["other"])
        own, other = (
            own / (1000 if match["u1"][0] in "µμu" else 1),
            other / (1000 if match["u2"][0] in "µμu" else 1),
        )
        return own / other if other else None
    if match := _VOLUME_SHARE.search(words):
        own = float(match["percent"] or match["a"])
        other = 100 - own if match["percent"] else float(match["b"])
        return min(own, other) / max(own, other) if other > 0 else None
    return None


def _millilitres(match: re.Match, volume: str = "") -> float:
    """The volume of a match, or another one in its unit."""
    volume = volume or match["volume"]
    counted = _COUNTS.get(volume.lower())
    value = counted or float(volume.replace(",", ""))
    is_small = match["unit"][0] in "µμu" or match["unit"].startswith("micro")
    return value / 1000 if is_small else value

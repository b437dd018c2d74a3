"""Stock solutions: what they are called, and how they are poured together (issue 14)."""

import re
from itertools import pairwise

from masterkey.extractor.process.inks.amounts import NUMBER
from masterkey.extractor.process.inks.salts import SaltMention, salt_of
from masterkey.extractor.process.inks.solution import Solution, StockName
from masterkey.extractor.process.inks.stoichiometry import mixed
from masterkey.extractor.process.text.document import Document, Sentence

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

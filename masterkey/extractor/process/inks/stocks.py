"""Stock solutions of whole perovskites that are poured together: FAPbI3, MAPbBr3 and CsPbI3, 62:23:15 (issue 14)."""

import re

from masterkey.extractor.process.inks.amounts import amounts_of_mentions
from masterkey.extractor.process.inks.pours import added_share, pours
from masterkey.extractor.process.inks.salts import SaltMention
from masterkey.extractor.process.inks.solution import Solution
from masterkey.extractor.process.text.document import Document, Sentence

_LABEL = re.compile(
    r"(?:[Ss]tock (?:solution )?(?P<name>[A-Z])\b|(?:\(|(?<=[;:,] )|\band )(?P<letter>[A-H])(?:\)|\b(?=,| ?[:=] | (?:was|is|held|contained)\b)))"
)
_ORDINALS = ("first", "second", "third", "fourth")
_FAR = 4  # sentences from the stocks to what is poured of them


def poured_stocks(
    document: Document, sentence: Sentence, mentions: list[SaltMention]
) -> dict[str, Solution]:
    """Name → stock of a sentence that tells two or more, and that one of the next sentences pours; else {}.

    A stock is called by its letter and by its place: "first", "second" …
    """
    before = document.sentences[max(sentence.number - 1, 0)]
    if "stock" not in document.words(before) + document.words(sentence):
        return {}
    whole = [m for m in mentions if m.salt.metals and m.salt.cations]
    if not 2 <= len(whole) <= len(_ORDINALS):
        return {}
    amounts = amounts_of_mentions(document.text, sentence, whole)
    if len({amount for amount in amounts if amount}) < 2:  # told once for all of them
        amounts = [1.0] * len(whole)
    stocks = {}
    for mention, amount, ordinal in zip(whole, amounts, _ORDINALS, strict=False):
        stock = Solution(
            {mention.salt: amount or 1.0}, sentence, mention.start, mention.end, [mention]
        )
        stocks[ordinal] = stock
        labels = list(_LABEL.finditer(document.text, sentence.start, mention.start))
        if labels:
            stocks[(labels[-1]["name"] or labels[-1]["letter"]).lower()] = stock
    following = document.sentences[sentence.number + 1 : sentence.number + 1 + _FAR]
    return stocks if any(pours(document, later, stocks) for later in following) else {}


def of_whole(solution: Solution, mentions: list[SaltMention]) -> Solution:
    """A stock that is called by its perovskite: "Stock A was 1.7 M FASnI3: FAI and SnI2 in equal moles, with SnF2".

    Where no amount is told all stocks are taken to be as strong; else the solution as it is.
    """
    whole = {m.salt: m for m in mentions if m.salt.metals and m.salt.cations}
    if solution.is_quantified or len(whole) != 1:
        return solution
    (salt, mention), others = *whole.items(), [s for s in solution.amounts if s not in whole]
    own = {*salt.cations, *salt.metals, *salt.anions}
    building = [s for s in others if {*s.cations, *s.metals, *s.anions} <= own]
    if not building or any(solution.amounts[s] for s in building):
        return solution
    amount = solution.amounts.get(salt) or 1.0
    return Solution({salt: amount}, solution.sentence, solution.start, solution.end, [mention])


_STOCK = re.compile(
    r"stock|\bM\)? (?:\w+ )?(?:solution )?in (?:pure |neat )?(?:DMSO|DMF|dimethyl)|vol|[µμu][lL]\b"
)
# "to achieve the desired triple cation composition (5%)", "so that Cs makes up 5% of the cations"
_SHARE_OF_CATIONS = re.compile(
    r"\b(?:composition|cations?|cs|c(?:a)?esium)\b[^.;]{0,24}?\b(?P<percent>\d+(?:\.\d+)?) ?(?:mol[.-]? ?)?%(?! ?(?:v|by vol))",
    re.IGNORECASE,
)


def scale_stock(solution: Solution, words: str, first: Solution) -> None:
    """Concentrations of a stock solution turned into amounts per volume of the ink that takes it up."""
    if not _STOCK.search(words):
        return
    share, told = added_share(words), _SHARE_OF_CATIONS.search(words)
    if share is None and told and len(solution.amounts) == 1 and all(first.amounts.values()):
        percent = float(told["percent"])
        cations = sum(n * k for s, n in first.known.items() for i, k in s.ions if i in s.cations)
        solution.amounts = dict.fromkeys(solution.amounts, cations * percent / (100 - percent))
        return
    for salt, amount in solution.amounts.items():
        solution.amounts[salt] = amount * share if amount and share else None

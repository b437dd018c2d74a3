"""The solutions that a sentence describes: which salts, and how much of each."""

import re

from masterkey.extractor.process.inks.amounts import NUMBER, amounts_of_mentions
from masterkey.extractor.process.inks.salts import Salt, SaltMention
from masterkey.extractor.process.inks.solution import Solution, StockName
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.passages import names_any

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

"""What of the things that a sentence names is deposited, and by which of its methods (issue 14)."""

import re
from bisect import bisect_right

from masterkey.extractor.process.layers.items import LEAD, ORGANIC, PEROVSKITE, Item
from masterkey.extractor.process.layers.underlying import is_source, is_substrate, is_under
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.methods import COATING, PRINTING, MethodMention


def of_clauses(document, method: MethodMention, own: list[Item]):
    """(method, items); what other clauses of a list name beside a co-evaporated perovskite is evaporated alone.

    "MoO3 (5 nm), TaTm (10 nm); MAPbI3 by co-evaporation of its salts; C60 (25 nm), BCP, Ag"
    """
    film = next((item for item in own if item.name == PEROVSKITE), None)
    if method.name != "Co-evaporation" or film is None:
        return [(method, own)]
    start = document.lower.rfind(";", own[0].start, film.start)
    end = document.lower.find(";", max(method.end, film.end), own[-1].end)
    before = [item for item in own if item.start < start]
    behind = [item for item in own if 0 <= end < item.start]
    inside = [item for item in own if item not in before and item not in behind]
    return [
        (
            method if part is inside else MethodMention("Evaporation", part[0].start, part[0].end),
            part,
        )
        for part in (before, inside, behind)
        if part
    ]


def in_two_steps(groups: dict[int, list[Item]]) -> dict[int, list[Item]]:
    """Without the perovskite, where one method of the sentence deposits the lead and another the organic salt."""
    names = [{item.name for item in own} for own in groups.values()]
    lead, organic = ([n for n, own in enumerate(names) if salt in own] for salt in (LEAD, ORGANIC))
    if len(lead) != 1 or len(organic) != 1 or lead == organic:
        return groups
    return {n: [i for i in own if i.name != PEROVSKITE] for n, own in groups.items()}


# "MoO3 (5 nm) and TaTm (10 nm) were deposited at 0.1 and 0.4 Å/s": only a source in vacuum has a rate.
_RATE = re.compile(r"\d ?(?:å|angstroms?|nm) ?(?:/ ?s\b|s ?[-−] ?1\b|per second|/ ?sec)")
_DEPOSITED = ("deposited", "deposition", "deposit", "grown", "added on", "followed")


def resolved_method(method: MethodMention, document: Document) -> MethodMention:
    """ "printed" is the printing that the paper names; what was deposited at a rate was evaporated."""
    words = document.words(document.sentence_at(method.start))
    is_told = method.name == "Deposition" or document.lower[method.start : method.end] in _DEPOSITED
    if is_told and _RATE.search(words):
        return MethodMention("Evaporation", method.start, method.end)
    if method.name == "Printing":
        named = [m.name for m in document.methods if m.name in PRINTING and m.start < method.start]
        named = named or [m.name for m in document.methods if m.name in PRINTING]
        if named:
            return MethodMention(named[-1], method.start, method.end)
    if _is_coated(document, method) or _LIKEWISE.search(words):
        place = document.sentence_at(method.start)
        section = next(s for s in reversed(document.sections) if s.start <= place.start)
        coats = [
            m.name
            for m in document.methods
            if m.name in COATING and section.start <= m.start < method.start
        ]
        if coats:
            return MethodMention(coats[-1], method.start, method.end)
    return method


# "PCBM and BCP were deposited likewise": as what was coated last.
_LIKEWISE = re.compile(
    r"\b(?:likewise|analogously|(?:in|by) (?:the|a) (?:same|similar|like) (?:way|manner|fashion|method|technique|procedure|means))\b"
)
_OF_INK = re.compile(r"\b(?:precursors?|inks?|solutions?)\b[^.;]{0,90}\b(?:was|were)\b[^.;]{0,60}$")


def _is_coated(document: Document, method: MethodMention) -> bool:
    """Whether a word that names no method says that a liquid was coated: "the precursor solution was deposited on …"."""
    word = document.lower[method.start : method.end]
    if word in ("coated", "followed"):
        return True
    sentence = document.sentence_at(method.start)
    before = document.lower[max(method.start - 160, sentence.start) : method.start]
    return word in ("deposited", "cast", "applied", "spread") and bool(_OF_INK.search(before))


_OF_PASTE = re.compile(r"\s?(?:slurry|paste|ink|layer|electrode)?\s?\((?P<made_of>[^()]*)\)")


_JOINED = re.compile(r"(?: ?\([^()]{0,40}\))?\s*(?:[/:+]|,|,? ?and)\s*")


def _made(document, sentence, items: list[Item]) -> list[Item]:
    """Those that are made; of "formed from A and B" B is a source as A is."""
    made: list[Item] = []
    source: Item | None = None
    for item in items:
        joined = source and _JOINED.fullmatch(document.lower, source.end, item.start)
        if joined or is_source(document, item, sentence):
            source = item
        else:
            made.append(item)
    return made


# "Antireflective MgF2 was evaporated on the glass side": outside of the cell, below its substrate.
_ON_OUTER_SIDE = re.compile(
    r"\b(?:glass|outer|light-facing|illuminated|sunny|substrate|uncoated|bare)[ -](?:side|face|surface)s?\b(?: of (?:the )?(?:[\w/-]+ )?(?:glass|substrate|champion|cells?|devices?))?"
    r"|\b(?:on|onto|to) the (?:bare |outer |uncoated |other )*(?:glass\b|(?:side|face|surface) of the (?:glass|substrate))"
)
_ANTIREFLECTIVE = frozenset(("MgF2", "MgFx"))


# Members of a list: "(i) TiO2 from a paste, (ii) the spacer from a ZrO2 paste"
_MEMBER = re.compile(r";|\((?:i{1,3}|iv|v|[a-e1-5])\) ")


def _without_sources(document, sentence, items: list[Item]) -> list[Item]:
    """Without what layers are made from, unless a member of a list names nothing else."""
    made = _made(document, sentence, items)
    cuts = [m.start() for m in _MEMBER.finditer(document.lower, sentence.start, sentence.end)]
    if len(made) == len(items) or not made or len(cuts) < 2:
        return made
    members = [bisect_right(cuts, item.start) for item in items]
    told = {member for member, item in zip(members, items, strict=True) if item in made}
    return [i for i, member in zip(items, members, strict=True) if i in made or member not in told]


def deposited_items(document, sentence, items: list[Item]) -> list[Item]:
    """What is deposited: no substrate, nothing that lies under, no source unless nothing else is named."""
    pastes = (_OF_PASTE.match(document.lower, i.end) for i in items if i.name == "Carbon")
    made_of = [match.span("made_of") for match in pastes if match]  # "(graphite, carbon black)"
    free = [
        item
        for n, item in enumerate(items)
        if not is_under(document, items, n, sentence)
        and not is_substrate(item)
        and not any(start <= item.start < end for start, end in made_of)
    ]
    if _ON_OUTER_SIDE.search(document.words(sentence)):
        free = [item for item in free if item.name not in _ANTIREFLECTIVE]
    made = _without_sources(document, sentence, free)
    if made and {item.name for item in made} == {ORGANIC} and LEAD in {item.name for item in free}:
        return free  # "co-evaporated from PbI2 and CsBr": from both
    return made or free

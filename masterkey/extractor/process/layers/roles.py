"""Layers that a sentence names by what they conduct: "The HTM was spin-coated", of what another sentence tells (issue 14)."""

import re

from masterkey.extractor.process.layers.dopant_words import DOPANTS
from masterkey.extractor.process.layers.items import is_transport_or_contact
from masterkey.extractor.process.layers.layer import CONTACTS
from masterkey.extractor.process.layers.operation import OF_CONTROL
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.materials import Mention
from masterkey.extractor.process.text.sorts import is_of_others

_LAYER = r"(?: (?:layers?|materials?|solutions?|films?|matrix|inks?|precursors?))*"
_HOLE = rf"(?:hole[- ](?:transport|conduct|select|extract)\w*|ht[lm]s?){_LAYER}"
_ELECTRON = rf"(?:electron[- ](?:transport|conduct|select|extract)\w*|et[lm]s?){_LAYER}"
_DONE = r"(?:\w+ly |then |next |also |further |finally )*(?:spin|spun|deposited|coated|formed|blade|bar|spray|cast|dropped|drop|slot|print|applied|prepared (?:by|via|from)|made by|fabricated (?:by|via)|obtained by|introduced|grown|dynamic|dispens|laid|loaded)"
# "25 µL of a hole transport layer (HTM) was deposited", "the HTL solution (30 µL) was spun"
_COATED = re.compile(
    rf"\b(?:(?P<hole>{_HOLE})|(?P<electron>{_ELECTRON}))(?: \([^()]{{0,60}}\))?(?: (?:was|were|is|are))(?: (?:\d+ ?nm|thick))? {_DONE}"
)
_OF_ROLE = {"HTL": re.compile(rf"\b{_HOLE}\b"), "ETL": re.compile(rf"\b{_ELECTRON}\b")}
# "All layers except the hole conductor were deposited by …"
_BESIDES = re.compile(
    r"\b(?:except|but|besides|other than|on|onto|over|with|without|from|below|above) (?:for )?(?:the |an? )?$"
)
_IS_INK = re.compile(
    r"\bdissol|\bsolutions?\b|\bmg\b|\bdispers|\bused as\b|\bconsist|\bwas\b|\bwere\b"
)
_BEHIND, _BEFORE = 2, 8  # sentences
_SURE = 0.5
_SHORTEST = 3  # characters of a name


def role_coated(words: str) -> str:
    """ "HTL" or "ETL" where a sentence coats what it calls so; "" where it names no such layer as its subject."""
    match = _COATED.search(words)
    if match is None or _BESIDES.search(words[: match.start()]):
        return ""
    return "HTL" if match["hole"] else "ETL"


def layers_meant(document: Document, sentence: Sentence, part: str) -> list[str]:
    """The one material that the sentences around call so: first those behind, then those before; else []."""
    number, sentences = sentence.number, document.sentences
    near = [
        *sentences[number + 1 : number + 1 + _BEHIND],
        *reversed(sentences[max(number - _BEFORE, 0) : number]),
    ]
    for other in near:
        words = document.words(other)
        if other.is_purchase or other.is_study or not _OF_ROLE[part].search(words):
            continue
        if not _IS_INK.search(words):
            continue
        names = _names_in(document, other, part)
        if names:
            return names if len(names) == 1 else []
    return _told_alone(document, near, part)


def topic_of_role(document: Document, topic: list[str], part: str) -> list[str]:
    """What the last solution was of, if that is a layer of this part."""
    own = {m.name for m in document.mentions if _is_of_part(m, part)}
    return [name for name in topic if name in own]


def _told_alone(document: Document, near: list[Sentence], part: str) -> list[str]:
    """Of sentences that tell of a solution, the one material that they name, if it is one alone: of all cells, else of the paper's own."""
    inks = [s for s in near if not s.is_study and _IS_INK.search(document.words(s))]
    names = {name for other in inks for name in _names_in(document, other, part)}
    own = {
        m.name
        for other in inks
        for m in document.inside(document.mentions, other)
        if _is_of_part(m, part) and not _is_of_control(document, other, m)
    }
    return next((list(told) for told in (names, own) if len(told) == 1), [])


def _is_of_control(document: Document, sentence: Sentence, mention: Mention) -> bool:
    """Whether a material is the reference's: told so behind it, or in a sentence on nothing else."""
    tagged = [
        m
        for m in document.inside(document.mentions, sentence)
        if OF_CONTROL.match(document.lower, m.end)
    ]
    return mention in tagged if tagged else is_of_others(document, sentence)


def _names_in(document: Document, sentence: Sentence, part: str) -> list[str]:
    mentions = document.inside(document.mentions, sentence)
    return list(dict.fromkeys(m.name for m in mentions if _is_of_part(m, part)))


def _is_of_part(mention: Mention, part: str) -> bool:
    """Whether a mention is a layer that conducts the carriers of this part."""
    is_none = mention.name in CONTACTS or mention.name in DOPANTS
    if is_none or len(mention.name) < _SHORTEST or not is_transport_or_contact(mention):
        return False
    hole, electron = mention.roles.get("HTL", 0), mention.roles.get("ETL", 0)
    own, other = (hole, electron) if part == "HTL" else (electron, hole)
    return own - other > _SURE * (own + other)

"""What "the solution", "the ink" of a sentence is of: the topic that headings and the sentences before set."""

import re

from masterkey.extractor.process.layers.items import (
    LEAD,
    ORGANIC,
    PEROVSKITE,
    Item,
    is_transport_or_contact,
    items_of,
)
from masterkey.extractor.process.layers.underlying import is_substrate
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.stems import Stemmed

SOLUTION = Stemmed(
    r"dissol|solution|\badded\b|\bweigh|stirr|dimethylformamide|\binks?\b|mixture|dispers|dilut|thinned|mixed|prepar|contain|made up|paste|suspen|compris|consist|held|blend|bath|stock|weigh|precursor|methoxyethanol|\bin(?:to)? (?:dmf|dmso|gbl|nmp|ethanol|chlorobenzene|toluene|isopropanol|2-propanol|ipa|water)\b|\d ?mg (?:ml|per)|mg/ml|mg ml|\d ?m?m(?:ol)? ?(?:/|per|in|of) ?(?:l\b|lit(?:re|er))|\d ?mm\b(?= (?:in|solution))"
)
# A solution of something that is no layer: a dopant, a salt for the surface.
OF_OTHERS = Stemmed(r"(?:was|were) (?:first )?dissolved|solutions? of\b")
INK = Stemmed(
    r"^\W*ink\b|(?:\d ?[µu]l of|\b(?:the|this|fresh|each|target|control)) (?:[\w–-]+ )?(?:inks?|precursors?(?: solutions?)?)\b|\b(?:(?:narrow|wide)[- ](?:band ?)?gap|[nw]bg|perovskite|(?:sn|pb)[–/-](?:sn|pb)) (?:solutions?|inks?)\b|\d ?[µu]l of inks?\b"
)
# "A and B were dissolved together": the next sentence's "mixture" is one layer of both.
_TOGETHER = re.compile(
    r"\b(?:dissolved|mixed|dispersed|co-?dissolved) (?:\w+ )?together\b|\bco-?dissolved\b|\bboth (?:were )?dissolved in one\b"
    r"|\b(?:was|is|were) (?:an? )?(?:blend|mixture) of\b|\bweighed (?:in )?(?:at|in) (?:an? )?(?:molar |weight |mass )?ratio\b|\bmixed (?:in|at) (?:an? )?(?:molar |weight |volume )?ratio\b"
)
# "X was synthesised as reported. It was dissolved in …"
_SYNTHESISED = re.compile(r"^\W*(?:\S+ ){1,6}(?:was|were|has been) synthesi[sz]ed\b")
_STRONG = re.compile(r"\b(?:dmso|dmf|gbl|nmp|2-me|methoxyethanol)\b")


# What is coated on the finished film is no layer, and its heat not the film's.
SURFACE = "surface treatment"
_ALCOHOL = re.compile(
    r"\b(?:isopropanol|2-propanol|ipa|isopropyl alcohol|propan-2-ol|ethanol|methanol|butanol|n-butanol)\b"
)


def topic_of_ink(document: Document, sentence: Sentence, topic: list[str]) -> list[str]:
    """What "the ink" of a sentence that names nothing is: what the last one that spoke of an ink was of."""
    words = document.words(sentence)
    if topic == [PEROVSKITE] and _STRONG.search(words):
        return topic
    if _DILUTED.search(words) and (particles := particles_meant(document, sentence)):
        return particles
    if not INK.search(words):
        return topic_behind(words, [], topic)
    for earlier in reversed(document.sentences[: sentence.number]):
        items = items_of(document, earlier)
        if not items or not _SAYS_INK.search(document.words(earlier)):
            continue
        if topic == [PEROVSKITE] and _HOLDS.search(document.words(earlier)):
            return topic
        if {item.name for item in items} & {PEROVSKITE, LEAD}:
            return [PEROVSKITE]
        if any(item.is_layer for item in items) and not _ONLY_SPOKEN_OF.search(
            document.words(earlier)
        ):
            return topic
    return [PEROVSKITE]


_DILUTED = re.compile(
    r"\b(?:colloid|dispersion|nano-?particles?)\b[^.;]{0,30}\b(?:dilut|thinn|mix|stirr|sonicat|filter|dispers)\w*"
)
# "The target ink additionally contained theophylline": no ink of theophylline.
_HOLDS = re.compile(
    r"\b(?:the|target|control|reference|this|our) (?:(?:target|control|reference|modified|perovskite|precursor) )*(?:inks?|solutions?|precursors?) (?:\w+ ){0,3}(?:contain|held|hold|had|includ|receiv|got)"
)
# "Graphene oxide was dispersed into the solution": no solution of graphene oxide.
_INTO_IT = re.compile(
    r"\b(?:in)?to (?:the|this|that|each) (?:[\w-]+ ){0,2}(?:solutions?|inks?|precursors?|mixture)\b"
)
# "Because the ink dewets, Al2O3 was spun": no ink of Al2O3.
_ONLY_SPOKEN_OF = re.compile(
    r"\b(?:because|since|as|so that|before|until) (?:the )?(?:perovskite )?(?:inks?|precursors?)\b"
)
_SAYS_INK = re.compile(r"\binks?\b|precursor")


# "As the hole conductor I took P3HT. Of this I dissolved 15 mg …", "CuSCN serves as the hole-selective contact."
_IN_ROLE = re.compile(
    r"\b(?:as|for|was|were|is) (?:the |an? |my |our |its )?(?:[\w-]+ )?(?:(?:hole|electron)[ -](?:transport|conduct|select|extract|collect|accept|block)\w*(?: (?:layers?|materials?|contacts?))?|[pn][ -](?:type )?(?:contact|layer)s?|[eh]t[lm]s?)\b"
)


def topic_behind(words: str, items: list[Item], topic: list[str]) -> list[str]:
    """What "the solution" of the next sentence will be."""
    if not SOLUTION.stands_in(words):
        if _IN_ROLE.search(words):
            layers = list(
                dict.fromkeys(i.name for i in items if i.is_layer and not is_substrate(i))
            )
            return layers if len(layers) == 1 else topic
        made = [i.name for i in items if i.roles.get("HTL", 0) > i.roles.get("ETL", 0)]
        return made if len(made) == 1 and _SYNTHESISED.search(words) else topic
    names = {item.name for item in items}
    if topic == [PEROVSKITE] and not names & {LEAD, ORGANIC, PEROVSKITE} and _HOLDS.search(words):
        return topic
    if topic == [PEROVSKITE] and not names & {LEAD, ORGANIC, PEROVSKITE} and _INTO_IT.search(words):
        return topic
    if LEAD in names and ORGANIC not in names and PEROVSKITE not in names:
        return [LEAD]
    if LEAD in names:
        return [PEROVSKITE]
    layers = [item.name for item in items if item.is_layer and not is_substrate(item)]
    if PEROVSKITE in names and not layers:
        return [PEROVSKITE]
    if len(dict.fromkeys(layers)) == 2 and _TOGETHER.search(words):
        return ["; ".join(dict.fromkeys(layers))]
    if layers:
        return layers[:1]
    if names == {ORGANIC} and _ALCOHOL.search(words) and not _STRONG.search(words):
        return [ORGANIC]
    if OF_OTHERS.search(words) and not names:
        return topic if _INTO_THE_INK.search(words) else []
    of_surface = bool(items) and all(item.is_treatment for item in items)
    if (
        of_surface
        and topic == [PEROVSKITE]
        and _ALCOHOL.search(words)
        and not _STRONG.search(words)
    ):
        return [SURFACE]
    return [ORGANIC] if ORGANIC in names and topic == [LEAD] else topic


# "KSCN was dissolved in the diluted colloid": the ink is what it was.
_INTO_THE_INK = re.compile(
    r"\b(?:in(?:to)?|to|with) (?:the|this|that) (?:[\w-]+ ){0,2}(?:colloids?|dispersions?|sols?|solutions?|inks?|suspensions?)\b"
)


# "Passivation (target devices only)": what is coated under this title is no layer, and its heat not the film's.
_OF_SURFACE = re.compile(
    r"^\W*(?:[\d.]+\W+)?(?:surface |interface |post-?|defect |top )*(?:passivation|treatments?|modification)\b(?! of (?:the )?(?:substrates?|glass|ito|fto|oxide))"
)


def titled(document: Document, heading: Sentence) -> list[str]:
    """The one layer, or the perovskite, that a heading names: "the solution" behind it is of that."""
    items = items_of(document, heading)
    names = list(dict.fromkeys(i.name for i in items if i.is_layer or i.name == PEROVSKITE))
    if not names and _OF_SURFACE.search(document.words(heading)):
        return [SURFACE]
    return names if len(names) == 1 else []


# "The sheets, cleaned once more, were spin-coated at 3000 rpm": with what the sentences before told.
SUBSTRATES_COATED = re.compile(
    r"\W*(?:the |these |all |cleaned |prepared )*(?:substrates?|samples?|sheets?|pieces)\b(?:,[^,.;]{0,50},)? (?:was|were) (?:then |next )?"
    r"(?:spin|blade|slot-die|spray|bar)[- ]?coated (?!with\b|by\b)"
)
# No layer but the perovskite is cast hot, or made by sublimation from a close source.
OF_FILM = re.compile(r"\bhot[- ]?cast|\bclose[ds]?[- ]spaced? sublim")
_PARTICLES = re.compile(r"\bthe (?:nano-?particles?|particles|nanocrystals?|colloid)\b")
_IS_COLLOID = re.compile(r"\s?(?:\([^()]*\) )?(?:colloid|dispersion|nano-?particles)")


def particles_meant(document: Document, sentence: Sentence) -> list[str]:
    """The layer of "the nanoparticles" or "the colloid" of a sentence: the last told before as such; else []."""
    if not _PARTICLES.search(document.words(sentence)):
        return []
    before = [m for m in document.mentions if m.start < sentence.start]
    named = [m.name for m in before if m.name.endswith("-np")]
    named = named or [
        m.name
        for m in before
        if is_transport_or_contact(m)
        and (
            _IS_COLLOID.match(document.lower, m.end)
            or document.lower[max(m.start - 10, 0) : m.start] == "colloidal "
        )
    ]
    return named[-1:]

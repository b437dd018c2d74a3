"""In which solvents the perovskite's inks are, step by step; not what quenches, washes or treats the film."""

import re
from dataclasses import dataclass
from itertools import pairwise

from masterkey.extractor.process.inks.inks import Chemistry, Ink
from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.dots import sentences_coating_dots
from masterkey.extractor.process.text.materials import Mention
from masterkey.extractor.process.text.modern import PEROVSKITE_SOLVENTS

# They dissolve lead halides on their own; the others only as part of a mixture or with an amine.
STRONG = frozenset("DMF DMSO DEF GBL GVL NMP DMAc DMI DMPU 2-methoxyethanol Formamide TEP".split())
_WITH_AMINE = frozenset(("Acetonitrile", "Methylamine"))  # together they dissolve lead halides
_ALCOHOLS = frozenset(("IPA", "Ethanol", "Methanol", "n-butanol", "2-butanol", "1-pentanol", "H2O", "Trifluoroethanol", "tert-amyl alcohol"))  # fmt: skip
# Beside a strong solvent they rinse, quench or carry another layer.
CARRIERS = _ALCOHOLS | {"Chlorobenzene", "Toluene", "Hexane"}
_INK = re.compile(
    r"perovskite[\w\s()-]{0,30}(?:solution|ink|precursor)|precursor (?:solution|ink)|(?:solution|ink|precursors?)\b.{0,40}perovskite|\b(?:adduct|inks?|stock solutions?|precursors?)\b|solutions? described|all (?:were|solutions)"
)
_SOLVENT_WORDS = re.compile(r"dissol|solution|solvent|mixture|\bink\b|made up|blend|prepar|contain|in (?:dmf|dmso|a mix)")  # fmt: skip
_VAPOUR = re.compile(r"vapou?r|\bcvd\b|evaporat|furnace|sublim|tube|petri|gas")
_OTHER_LAYER = re.compile(r"spiro|ptaa|p3ht|li-?tfsi|fk ?209|\bnio|pedot|pcbm|zno|tin chloride|sncl2|titanium|nickel|zinc acetate|c60\b|pacz")  # fmt: skip
_RINSED = re.compile(r"(?:rins|wash|clean|drip|dropp|dropping|anti-?solvent|quench|pour|sonicat|flush)\w*[^.;,]{0,40}$")  # fmt: skip


# A carrier that belongs to the ink: in a named mixture, or with a share of the volume.
_LONGEST_JOINT = 70
# "GBL takes the place of DMF", "in place of the toxic DMF", "no DMF": what the ink does without.
_DONE_WITHOUT = re.compile(
    r"\b(?:(?:took|takes|taking|in) (?:the )?place of|instead of|in lieu of|rather than|avoid(?:s|ed|ing)?(?: the use of)?|replac(?:es|ing)|substitut(?:es|ing)(?: for)?|without(?: any)?|no|free (?:of|from))\s+(?:the )?(?:(?:toxic|usual|common|hazardous|more) ){0,2}$"
)
_MIXED = re.compile(
    r"mixture|mixed solvent|solvents? (?:blend|system|mixed)|co-?solvent|blend|binary"
)
_PARTS = re.compile(
    r"\)?\s?(?:\(|,|=|at|in)?\s?(?:an? |the )?(?:volume |v/v )?(?:ratio )?(?:of )?\(?\d+(?:\.\d+)?\s?[:/]\s?\d"
)
_JOINT = re.compile(
    r"(?:\)|\([^()]{1,20}\))?\s?(?:and|/|:|with|,|plus|-|\+)\s?(?:absolute |anhydrous |dry |pure )?\w"
)
_SHARE_OF = re.compile(
    r"\d\s?(?:vol\.?\s?%|% by volume|%)\s?(?:\([^()]*\) )?(?:of )?(?:absolute |anhydrous |dry )?\w[\w-]*$"
)
_VOLUME_OF = re.compile(r"\bV(DMF|DMSO|GBL|NMP)\b")  # "VDMF:VDMSO = 4:1"
# "PbI2(DMSO)" is a powder, "dimethyl formamide" one solvent.
_IN_NAME = re.compile(r"(?:pbi2|pbbr2|pbcl2)\)?\s?[(·-]\s?$|methyl[ -]?$")


@dataclass(frozen=True)
class SolventReading:
    """`value` in the database's notation ("DMF; DMSO >> IPA"), "" where not said; `spans` of the names."""

    value: str
    spans: tuple[tuple[int, int], ...]


# "To each millilitre of it 25 µL of DMSO was added."
_ADDED_SOLVENT = re.compile(
    r"\bto (?:each|every|the|this|that|it)\b[^.;]{0,60}\d ?(?:[µu]l|ml|vol\.? ?%) of (?:[\w, -]+ )?\(?(?:dmso|nmp|dmf|dimethyl ?(?:sulf|sulph|formamide)|n-methyl)[^.;]{0,40}\b(?:was|were) (?:\w+ )?added"
)


def solvents_of(chemistry: Chemistry, ink: Ink | None) -> SolventReading:
    """Solvents of an ink, or where no ink is known those of what the text calls the perovskite's solution."""
    if of_dots := _of_dots(chemistry):
        return SolventReading(*_value(of_dots))
    first, spans = _first_step(chemistry, ink)
    if ink is None or ink.second is None:
        return SolventReading(first, tuple(spans))
    second, more = _second_step(chemistry, ink)
    if not second:
        return SolventReading(first, tuple(spans))
    return SolventReading(f"{first or 'Unknown'} >> {second}", (*spans, *more))


_OF_DOTS = frozenset(("Octane", "Hexane", "Toluene", "Chloroform", "Heptane", "Cyclohexane"))
_NAMES_DOTS = re.compile(r"dots?\b|\bp?qds?\b|nano-?crystal|\bncs\b")
_DISPERSED_IN = re.compile(r"\b(?:re-?)?(?:dispers|dissol|dilut|suspend)\w*\b|\bin (?:\w+ ){0,2}$")


def _of_dots(chemistry: Chemistry) -> list[Mention]:
    """What the dots of a film are dispersed in: where they are coated, else where they were last dispersed."""
    document, coated = chemistry.document, sentences_coating_dots(chemistry.document)
    if not coated:
        return []
    before = [
        s
        for s in reversed(document.sentences[: coated[0].number])
        if _NAMES_DOTS.search(document.words(s))
    ]
    for sentence in (coated[0], *before):
        found = [
            m
            for m in document.inside(document.mentions, sentence)
            if m.name in _OF_DOTS
            and _DISPERSED_IN.search(document.lower[max(m.start - 60, sentence.start) : m.start])
        ]
        if found:
            return found[-1:]
    return []


def _first_step(chemistry: Chemistry, ink: Ink | None) -> tuple[str, list[tuple[int, int]]]:
    if ink is not None:
        sentences = _sentences(ink, chemistry)
        if melt := _molten_salt(chemistry, sentences):
            return melt
        found = [m for s in sentences for m in _solvents_in(chemistry, s)]
        if found:
            return _value(found)
        if ink.is_evaporated:
            return "none", [(ink.first.start, ink.first.end)]
        near = _near(chemistry, ink.first.sentence)
        if near:
            return _value(near)
    return _value(_of_named_ink(chemistry))


# Salts that are liquid when warm and dissolve lead halides by themselves.
_LIQUID = r"(?:maac|methylammonium acetate|mafa|methylammonium formate|map\b|methylammonium propionate|butylammonium acetate|baac)"
_MELTS = re.compile(rf"(?<![\w-]){_LIQUID}(?![\w-])")
_IN_MELT = re.compile(
    rf"\b(?:in|into|to|with) (?:the |an? |neat |pure |molten |liquid |warm |hot |ionic |viscous )*(?:\w+ (?:m[lL]|g|ml) of (?:the )?)?(?:(?P<name>{_LIQUID})(?![\w-])|(?:molten (?:salt|acetate|formate)|ionic liquid|melt|molten \w+)\b)"
)
_AS_SOLVENT = re.compile(
    rf"(?<![\w-])(?P<name>{_LIQUID})\)? (?:served|serves|was used|is used|acts|acted|is|was) (?:as )?(?:the |an? |our )?(?:only |sole |ionic |green |liquid )*(?:liquid )?solvent"
)
_LIQUEFIED = re.compile(
    rf"(?<![\w-])(?P<name>{_LIQUID})\)? (?:was|is|had been) (?:first )?(?:liquefied|melted|molten|fused)"
)
_LIQUID_NAMES = {
    "methylammonium acetate": "MAAc",
    "maac": "MAAc",
    "methylammonium formate": "MAFa",
    "mafa": "MAFa",
    "methylammonium propionate": "MAP",
    "map": "MAP",
    "butylammonium acetate": "BAAc",
    "baac": "BAAc",
}
_MELTED = re.compile(
    r"melt|molten|liquef|ionic liquid|liquid salt|as (?:the |a |an )?(?:\w+ )?solvent|(?:sole|only) solvent"
)


@once
def _names_melt(document: Document) -> bool:
    return bool(_MELTED.search(document.lower) and _MELTS.search(document.lower))


def _molten_salt(
    chemistry: Chemistry, sentences: list[Sentence]
) -> tuple[str, list[tuple[int, int]]] | None:
    """The salt in whose melt an ink's salts are dissolved, without any other strong solvent; None where there is none."""
    lower = chemistry.document.lower
    if not _names_melt(chemistry.document):
        return None
    for sentence in sentences:
        if any(m.name in STRONG for m in _solvents_in(chemistry, sentence)):
            return None
        match = (
            _LIQUEFIED.search(lower, sentence.start, sentence.end)
            or _IN_MELT.search(lower, sentence.start, sentence.end)
            or _AS_SOLVENT.search(lower, sentence.start, sentence.end)
        )
        if match is None:
            continue
        named = match if match["name"] else _MELTS.search(lower)
        name = _LIQUID_NAMES[named["name"] if match["name"] else named[0]]
        return name, [match.span()]
    return None


def _sentences(ink: Ink, chemistry: Chemistry) -> list[Sentence]:
    own = {ink.first.sentence.number: ink.first.sentence}
    following = chemistry.document.sentences[ink.first.sentence.number + 1 :][:1]
    for sentence in following:
        if _ADDED_SOLVENT.search(chemistry.document.words(sentence)):
            own[sentence.number] = sentence
    for solution in ink.added:
        own.setdefault(solution.sentence.number, solution.sentence)
    for mention in ink.first.mentions:
        sentence = chemistry.document.sentence_at(mention.start)
        own.setdefault(sentence.number, sentence)
    return [own[number] for number in sorted(own)]


def _solvents_in(chemistry: Chemistry, sentence: Sentence) -> list[Mention]:
    """Mentions of solvents that can be the ink's, without those that rinse or quench."""
    known = chemistry.solvents_of.get(sentence.number)
    if known is None:
        known = chemistry.solvents_of[sentence.number] = _read_solvents(chemistry, sentence)
    return known


def _read_solvents(chemistry: Chemistry, sentence: Sentence) -> list[Mention]:
    document = chemistry.document
    mentions = [m for m in document.inside(document.mentions, sentence) if m.name in PEROVSKITE_SOLVENTS]  # fmt: skip
    lower = document.lower
    mentions += (
        ()
        if not chemistry.writes_volumes
        else [
            Mention(match[1], *match.span(1), {"solvent": 1})
            for match in _VOLUME_OF.finditer(document.text, sentence.start, sentence.end)
        ]
    )
    mentions = [m for m in mentions if not _IN_NAME.search(lower, max(m.start - 14, 0), m.start)]
    mentions = _without_avoided(lower, mentions, sentence)
    if not any(m.name == "Acetonitrile" for m in mentions):
        mentions = [m for m in mentions if m.name != "Methylamine"]
    joined = _joined_carriers(lower, mentions)
    kept = [
        m for m in mentions
        if m.name in STRONG or m in joined or (not _OTHER_LAYER.search(document.words(sentence)) and m.name not in CARRIERS)
    ]  # fmt: skip
    if joined:
        return kept
    unrinsed = [m for m in kept if not _is_rinse(chemistry, sentence, m)]
    return unrinsed or [m for m in kept if m.name in STRONG]


# "DMF was avoided because of its toxicity"
_LEFT_OUT = re.compile(
    r" (?:was|were|is|has been) (?:avoided|left out|omitted|not used|dispensed with)\b"
)
_AND = re.compile(r"\)?,? (?:and|or|nor) (?:the )?")


def _without_avoided(lower: str, mentions: list[Mention], sentence: Sentence) -> list[Mention]:
    """Without what an ink does without: "no DMF", "to avoid DMF and 2-methoxyethanol"."""
    kept, avoided = [], None
    for mention in mentions:
        joined = avoided and _AND.fullmatch(lower, avoided.end, mention.start)
        before = max(mention.start - 50, sentence.start)
        left_out = _LEFT_OUT.match(lower, mention.end)
        if joined or left_out or _DONE_WITHOUT.search(lower, before, mention.start):
            avoided = mention
        else:
            kept.append(mention)
    return kept


def _joined_carriers(lower: str, mentions: list[Mention]) -> list[Mention]:
    """Alcohols and the like that one mixes with the strong solvent of an ink ("GVL and absolute ethanol, 9:1")."""
    found = []
    for one, other in pairwise(mentions):
        if (one.name in STRONG) == (other.name in STRONG):
            continue
        carrier = other if one.name in STRONG else one
        before, between = lower[max(one.start - 40, 0) : one.start], lower[one.end : other.end]
        behind = lower[other.end : other.end + 30]
        if len(between) > _LONGEST_JOINT or carrier.name not in _ALCOHOLS:
            continue
        is_mixture = _MIXED.search(before) or _PARTS.match(behind)
        if (is_mixture and _JOINT.match(between)) or (
            carrier is other and _SHARE_OF.search(between)
        ):
            found.append(carrier)
    return found


def _near(chemistry: Chemistry, sentence: Sentence) -> list[Mention]:
    """Strong solvents in the sentences around, where they speak of a solution."""
    sentences = chemistry.document.sentences
    for shift in (1, -1, 2, -2):
        number = sentence.number + shift
        if not 0 <= number < len(sentences) or not chemistry.may_prepare(sentences[number]):
            continue
        words = chemistry.document.words(sentences[number])
        if _SOLVENT_WORDS.search(words) and not _OTHER_LAYER.search(words):
            told = _solvents_in(chemistry, sentences[number])
            if any(m.name in STRONG for m in told):
                return [m for m in told if m.name in STRONG or m.name in _WITH_AMINE]
    return []


def _of_named_ink(chemistry: Chemistry) -> list[Mention]:
    """Strong solvents of the sentence that most likely speaks of the perovskite's solution."""
    best, highest = [], 0.0
    for sentence in chemistry.document.sentences:
        found = _solvents_in(chemistry, sentence)
        names = {m.name for m in found}
        if not (names & STRONG or names >= _WITH_AMINE) or not chemistry.may_prepare(sentence):
            continue
        words = chemistry.document.words(sentence)
        score = 1.0 * bool(_INK.search(words)) + 1.0 * bool(chemistry.formulas_in(sentence))
        score += 1.0 * any(m.salt.metals for m in chemistry.salts_in(sentence))
        score += 0.3 * bool(_SOLVENT_WORDS.search(words)) - 1.0 * bool(_OTHER_LAYER.search(words))
        score -= 0.5 * (sentence.is_study or chemistry.role(sentence, sentence.start) == "control")
        if score > highest:
            best, highest = found, score
    return best


def _second_step(chemistry: Chemistry, ink: Ink) -> tuple[str, list[tuple[int, int]]]:
    """Carrier of the salts of a second step: in its sentence, one beside it, or another that dissolves them."""
    own, sentences = ink.second.sentence, chemistry.document.sentences
    if found := _carriers_in(chemistry, own):
        return _value(found)
    if _VAPOUR.search(chemistry.document.words(own)):
        return "none", []
    beside = [sentences[own.number + n] for n in (1, -1, 2) if 0 <= own.number + n < len(sentences)]
    others = [s.sentence for s in chemistry.solutions if not s.has_metal and set(s.amounts) & set(ink.second.amounts)]  # fmt: skip
    for sentence in (*beside, *others):
        if sentence.is_purchase or _OTHER_LAYER.search(chemistry.document.words(sentence)):
            continue
        found = _carriers_in(chemistry, sentence)
        if any(not _is_rinse(chemistry, sentence, mention) for mention in found):
            return _value(found)
    return "", []


def _carriers_in(chemistry: Chemistry, sentence: Sentence) -> list[Mention]:
    """Alcohols and water, without those that only rinse where there are others."""
    document = chemistry.document
    found = [m for m in document.inside(document.mentions, sentence) if m.name in _ALCOHOLS]
    return [m for m in found if not _is_rinse(chemistry, sentence, m)] or found


def _is_rinse(chemistry: Chemistry, sentence: Sentence, mention: Mention) -> bool:
    before = chemistry.document.lower[max(mention.start - 60, sentence.start) : mention.start]
    return bool(_RINSED.search(before))


def _value(found: list[Mention]) -> tuple[str, list[tuple[int, int]]]:
    names = sorted({mention.name for mention in found}, key=str.lower)
    return "; ".join(names), [(m.start, m.end) for m in found][:4]

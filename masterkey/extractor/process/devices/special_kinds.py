"""The devices of special kinds beside a target: modules, tandems, opaque, rigid, flexible, single and small cells (issue 14)."""

import re

from masterkey.extractor.process.devices.kinds import (
    BY_NOUN,
    CALIBRATES,
    CELLS,
    DEVICES,
    FLEXIBLE,
    MODULES,
    NOT_OF_CELLS,
    OPAQUE,
    RIGID,
    SEMITRANSPARENT,
    SINGLE,
    TANDEM,
    Variant,
)
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.passages import sentences_naming, title_above
from masterkey.extractor.stems import Stemmed

ALSO_MADE = re.compile(
    r"\b(?:cells|devices) were also (?:made|prepared|fabricated|built) (?:by|with|from)"
)
_MODULES_MADE = re.compile(
    r"modules\b.{0,160}\b(?:produced|fabricated|built|made|prepared|have|has|had|consist\w*|compris\w*|coated|scribed|opened|divided|area|aperture|connected|unmasked)|\bmodule (?:has|had|consists?|of)\b|\ban? (?:[\w-]+ ){0,2}module (?:was|is) (?:produced|made|fabricated|prepared|built|manufactured|obtained)\b|\bfor (?:the )?(?:mini-?)?modules?\b|^\W*(?:mini-?)?modules?\W*$|\b(?:stripes|strips|cells|sub-?cells)\b[^.;]{0,60}\bconnected in series\b|\bseries-connected (?:sub-?)?cells\b"
)
_SMALL_CELLS = re.compile(
    r"small(?:er)?[ -](?:area )?(?:reference |single )?(?:cells|devices)|for comparison, (?:\w+ )?(?:cells|devices)|^\W*(?:small-area )?(?:cells|devices) (?:by|without)|without p[12]\b|without scribing|(?P<word>reference) (?:cells|devices)|single cells"
)
_OPAQUE = re.compile(
    rf"\b(?<!\bno )opaque (?:[\w-]+ ){{0,3}}?(?:{DEVICES}|contacts?|(?:controls?|references?)(?! (?:solar )?(?:cell|device))|samples?|counterparts?|twins?|versions?|variants?|siblings?|analog(?:ue)?s|pendants?|partners?|sisters?|types?|kinds?|ones)(?!, which are not)|{DEVICES} were opaque|^\W*opaque:"
)
_ONES = rf"(?:{DEVICES}|samples|references?|ones|counterparts?|controls?|analog(?:ue)?s?|versions?|variants?|twins?)"
_SEMI = re.compile(rf"semi-?\s?transparent (?:[\w-]+ ){{0,2}}{_ONES}")
# "Rigid samples. For absorption, XRD and microscopy …"
_FOR_FILMS = re.compile(
    r"\bfor (?:the )?(?:absorption|xrd|x-ray|microscop|sem\b|photoluminescence|optical|spectr)"
)
_SINGLE = re.compile(
    rf"\bsingle[- ]junction (?:[\w-]+ ){{0,4}}{DEVICES}|\b{DEVICES} on (?:ito|fto|glass)\b"
)
_RIGID = re.compile(
    rf"\brigid (?:[\w-]+ ){{0,2}}{_ONES}|\b(?:the )?rigid (?:ones )?(?:were )?(?:made )?on (?:[\w/]+ )?(?:ito|fto|glass)|\b{DEVICES} (?:[\w-]+ ){{0,7}}on (?:rigid|ito glass|fto glass|glass)\b|\b(?:same|identical) (?:layers|stacks?)\b[^.;]{{0,30}} (?:on|onto) (?:rigid |ito[ /-]|fto[ /-]|coated |ito-coated )*glass\b"
)
_FLEXIBLE = re.compile(
    rf"\bflexible (?:\([^()]{{2,30}}\) )?substrates? (?:was|were)\b|\brigid\b[^.;]{{0,30}} and flexible\b|\bflexible (?:[\w-]+ ){{0,2}}{_ONES}|\b{DEVICES} (?:\w+ ){{0,4}}on (?:pen|pet|polyimide)\b"
)
_TANDEMS = re.compile(
    r"^\W*for (?:the |our )?(?:[\w/-]+ ){0,3}tandems?\b|(?:fabrication|preparation|assembly) of (?:[\w/-]+ ){0,3}tandems?|\btandems? (?:solar cells |cells |devices )?were (?:also )?(?:made|built|fabricated|prepared)"
    r"|\b(?:top|front|upper) (?:sub-?)?cells? (?:of|in|for) (?:the |our )?(?:[\w/-]+ ){0,3}tandems?\b"
)
_CONTROLS = Stemmed(
    r"\b(?:reference|control) (?:solar )?(?:cells|devices)|as (?:a |the )?(?:reference|control)|for reference"
)
BY_KIND = {
    MODULES: (_MODULES_MADE, ("module", "in series", "series-connected")), CELLS: (_SMALL_CELLS, ("cells", "devices", "p1", "p2")),
    OPAQUE: (_OPAQUE, ("opaque",)), SEMITRANSPARENT: (_SEMI, ("transparent",)), RIGID: (_RIGID, ("rigid", "glass")),
    SINGLE: (_SINGLE, ("single junction", "single-junction", " on ito", " on fto", " on glass")),
    FLEXIBLE: (_FLEXIBLE, ("flexible", " pen ", " pet ")), TANDEM: (_TANDEMS, ("tandem",)),
}  # fmt: skip
_ROLES = {MODULES: "module", SEMITRANSPARENT: "other", FLEXIBLE: "other", TANDEM: "tandem"}
# What a sentence below a title of two kinds is then about: "Rigid cells and spin-coated cells. … Flexible cells (SC) …"
_OPPOSITE = {RIGID: "flexible cells", FLEXIBLE: "rigid cells"}
_NEXT_WORDS = 40  # characters of the sentence behind a title
_LEADING = re.compile(
    r"^(?:for|of|than|to|as) (?:an? |the )?(?=(?:control|reference)s?\b)", re.IGNORECASE
)
LONGEST_NAME = 6  # words


def special_of(document: Document, kind: str) -> Variant | None:
    """The device of a kind, if a sentence on fabrication speaks of it, with all sentences that do."""
    pattern, named = BY_KIND[kind]
    titled = named_by = BY_NOUN.get(kind, pattern)
    first, made, numbers = None, False, set()
    for sentence in sentences_naming(document, named):
        words = document.words(sentence)
        match = pattern.search(words)
        title = document.paragraph_title(sentence) or title_above(document, sentence)
        if _is_of_control_alone(document, sentence, pattern):
            continue
        if not match and not titled.search(title) and not pattern.search(_head(document, sentence)):
            continue
        if sentence.is_purchase or NOT_OF_CELLS.search(words) or CALIBRATES.search(words):
            continue
        if kind == RIGID and _FOR_FILMS.search(
            document.lower, sentence.start, sentence.end + _NEXT_WORDS
        ):
            continue
        if kind == CELLS and ALSO_MADE.search(words):
            continue
        if not match and kind in _OPPOSITE and _OPPOSITE[kind] in words:
            continue
        match = match or (kind == TANDEM and named_by.search(words))
        first = first or (match and (sentence, match))
        made |= sentence.fabricates or kind == MODULES
        numbers.add(sentence.number)
    if first is None or not made:
        return _tandems_aside(document) if kind == TANDEM else None
    numbers |= _of_tandems(document, titled) if kind == TANDEM else set()
    for section in document.sections:
        if section.title and titled.search(section.title.lower()):
            numbers.update(
                s.number
                for s in document.sentences
                if section.start <= s.start < section.end
                and not (kind == CELLS and ALSO_MADE.search(document.words(s)))
            )
    numbers |= _referring(document, numbers)
    places = [_place(document, document.sentences[n], pattern) for n in sorted(numbers)]
    name = "modules" if kind == MODULES else name_of(document, *first)
    serves = kind in (OPAQUE, RIGID) and any(_CONTROLS.search(document.lower, *p) for p in places)
    role = "control" if serves else _ROLES.get(kind, "comparison")
    return Variant(kind, role, name, places)


def _of_tandems(document: Document, titled: re.Pattern) -> set[int]:
    """The sentences where the text turns to tandems, or that a title puts below them."""
    aside = [(a, b) for a, b, what in document.asides if what == "tandem"]
    return {
        s.number
        for s in document.sentences
        if s.fabricates
        and (any(a <= s.start < b for a, b in aside) or titled.search(document.paragraph_title(s)))
    }


_OF_CONTROLS = re.compile(r"\b(?:control|reference) (?:[\w-]+ )?(?:cells|devices|samples)\b")


def _place(document: Document, sentence: Sentence, pattern: re.Pattern) -> tuple[int, int]:
    """The sentence, or its part on the kind: "Reference cells contained no X; further cells were made on glass"."""
    words = document.words(sentence)
    cut = words.find("; ")
    if cut > 0 and _OF_CONTROLS.search(words, 0, cut):
        match = pattern.search(words, cut)
        if match and not pattern.search(words, 0, cut) and not _OF_CONTROLS.search(words, cut):
            return sentence.start + cut + 1, sentence.end
    return sentence.start, sentence.end


# "Opaque cells served to find the dose. They had 100 nm of silver."
_REFERS = re.compile(
    r"\W*(?:they|these|their|those|its?|in these|for these|on these)\b(?! (?:values|data|results|measure))"
)


def _referring(document: Document, numbers: set[int]) -> set[int]:
    """The sentences, in one paragraph with these, that go on about the same with "they"."""
    found = set()
    for number in numbers:
        for sentence in document.sentences[number + 1 :]:
            before = document.sentences[sentence.number - 1]
            if "\n" in document.text[before.start : sentence.start].rstrip(" ") or not _REFERS.match(document.words(sentence)):  # fmt: skip
                break
            found.add(sentence.number)
    return found


_CONTROL_BEGINS = re.compile(
    r"\W*(?:the )?(?:control|target|reference) (?:solar )?(?:cells?|devices?)\b"
)


def _is_of_control_alone(document: Document, sentence: Sentence, pattern: re.Pattern) -> bool:
    """ "Control and rigid devices: Control devices were made without PU": whether a shared head alone names the kind."""
    head, words = _head(document, sentence), document.words(sentence)
    if " and " not in head or not words.startswith(head):
        return False
    body = words[len(head) :]
    return bool(_CONTROL_BEGINS.match(body)) and not pattern.search(body)


_HEAD = re.compile(r"\W*(?:[\w-]+ ){0,3}[\w-]+\W{0,2}:")


def _head(document: Document, sentence: Sentence) -> str:
    """ "Rigid cells: As a comparison, …": what heads the sentence's paragraph; "" where nothing does."""
    start = document.text.rfind("\n", 0, sentence.start + 1) + 1
    match = _HEAD.match(document.lower, start)
    return match[0] if match else ""


def _tandems_aside(document: Document) -> Variant | None:
    """Tandems to which the text turns without a heading, and without saying that they were made."""
    places = [(start, end) for start, end, what in document.asides if what == "tandem"]
    if not places:
        return None
    words = document.text[slice(*places[0])].split()[:LONGEST_NAME]
    return Variant(TANDEM, _ROLES[TANDEM], " ".join(words).strip(" ,.;:"), places)


def name_of(document: Document, sentence: Sentence, match: re.Match) -> str:
    """The text's own words, up to the next sign of a pause."""
    start, end = sentence.start + match.start(), sentence.start + match.end()
    if "without" in match[0]:
        words = document.text[start : start + 70].replace("with and", "with-and")
        end = start + len(re.split(r"[,.;()]| (?:were|was|served|are|is|and)\b", words)[0])
    name = " ".join(document.text[start:end].split()[:LONGEST_NAME]).strip(" ,.;:")
    return _LEADING.sub("", name)

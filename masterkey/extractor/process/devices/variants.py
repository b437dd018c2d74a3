"""Which devices beside the target a text speaks of: controls, modules, opaque, rigid, flexible cells, types (issue 14)."""

import re
from collections.abc import Iterable
from dataclasses import replace

from masterkey.extractor.process.devices.further_devices import further_of
from masterkey.extractor.process.devices.kinds import (
    CALIBRATES,
    CELLS,
    COMPARISON,
    CONTROL,
    DEVICES,
    FLEXIBLE,
    MODULES,
    NOT_OF_CELLS,
    NOT_SHOWN,
    OPAQUE,
    RIGID,
    SEMITRANSPARENT,
    SINGLE,
    SORT,
    TANDEM,
    Variant,
)
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.passages import sentences_naming, title_above
from masterkey.extractor.process.text.sorts import alternatives_of, quoted_of, sorts_of
from masterkey.extractor.stems import Stemmed

_OWN = r"(?:(?:perovskite|solar|flexible|bare|top|precursor|tandem|single-junction|photovoltaic) )*"
_CONTROL_DEVICES = Stemmed(
    rf"\b(?P<word>control|reference|pristine|baseline|untreated) (?:and (?:the )?(?:target|champion|modified) )?{_OWN}(?:{DEVICES}|counterparts?\b|samples? (?:was|were) (?:also )?(?:prepared|fabricated|made)\b)"
    rf"|\bstandard (?:devices|pscs)\b|\b(?:denoted|called|named|termed|labell?ed) (?:as )?(?:the )?[\"“']?(?:control|reference)\b"
    rf"|\b{DEVICES} (?:[\w-]+ ){{0,10}}(?:as|for) (?:an? |the )?(?:controls?|references?)\b|\b{DEVICES} (?:[\w-]+ ){{1,8}}(?:are|were) (?:the |our )?(?:controls?|references?)\b|\bas (?:an? |the )?controls?\b"
    r"|\b(?:for|of|than|to) the controls?\b(?! of| over| unit)|\bthe controls? (?:(?:was|were|is|are) (?:made|prepared|fabricated|built|left|treated|rinsed|washed)|got|received|had|has no|have no|lacks?|contains? no)\b|[\"“”‘']controls?[\"”’'] (?:stands?|denotes?|means?|refers?)\b|^\W*controls?:"
)
_CONTROL_INK = re.compile(
    rf"\b(?P<word>control|reference) {_OWN}(?:films?|solutions?|inks?|precursors?|layers?|groups?|substrates?|foils?|pieces|plates|sheets)\b|\bfor the (?:[\w-]+ )?references?\b|\b(?:undoped|untreated) (?:films|layers) (?:was|were|are)\b"
    r"|\bcontrol samples (?:was|were) (?:converted|coated|made|prepared|left)|^\W*(?:as an? (?:reference|control)|for (?:the )?(?:reference|control))\b"
)
_OF_FILMS = re.compile(r"\b(?:reference|control) (?:films?|samples?|layers?)\W*$")
_STOCK = re.compile(r"\b(?:control|reference) (?:ink|solution) (?:was|is|held|contain)")
_WITHOUT = re.compile(
    rf"\b(?:other half|others|rest) (?:\w+ ){{0,3}}without |\b{DEVICES} (?:(?:made|prepared|fabricated|built|were|was|also|only|with and|with or) )*without (?!(?:an? |any |the )?(?:encaps|seal|further|cover|glass cover)|p2\b|cover|light|breaking|additional)"
)
_MADE = r"(?:was|were) (?:also )?(?:spin|slot|blade|evaporat|deposit|appli|coated|prepar|built|made|convert|produc)"
_ALSO_MADE = re.compile(
    r"\b(?:cells|devices) were also (?:made|prepared|fabricated|built) (?:by|with|from)"
)
_COMPARED = re.compile(
    rf"\b(?:for (?:the sake of )?(?:a )?comparison|(?:as|in) (?:an? )?comparison(?=,)|to compare|in a comparative experiment)\b.{{0,120}}?(?:\b{DEVICES}|\b{_MADE}|\b(?:films?|layers?|solutions?)\b)"
    rf"|\b{DEVICES} .{{0,140}}?\bfor (?:the sake of |reasons of )?(?:an? )?comparison\b|{_ALSO_MADE.pattern}"
    rf"|\b{DEVICES},? which (?:serve|are used|act)\w* (?:as|for) (?:an? |the )?comparisons?\b|\bthe comparison (?:was|were|is|had|has)\b"
    r"|\b(?:part|some|a few|half|the rest|others) of the (?:plates|substrates|cells|devices|films)\b.{0,60}\binstead\b"
)
_MODULES_MADE = re.compile(
    r"modules\b.{0,160}\b(?:fabricated|built|made|prepared|have|has|had|consist\w*|compris\w*|coated|scribed|opened|divided|area|connected|unmasked)|\bmodule (?:has|had|consists?|of)\b|\bfor (?:the )?(?:mini-?)?modules?\b|^\W*(?:mini-?)?modules?\W*$"
)
_SMALL_CELLS = re.compile(
    r"small(?:er)?[ -](?:area )?(?:reference |single )?(?:cells|devices)|for comparison, (?:\w+ )?(?:cells|devices)|^\W*(?:small-area )?(?:cells|devices) (?:by|without)|without p[12]\b|without scribing|(?P<word>reference) (?:cells|devices)|single cells"
)
_OPAQUE = re.compile(
    rf"\bopaque (?:[\w-]+ ){{0,3}}?(?:{DEVICES}|contacts?|(?:controls?|references?)(?! (?:solar )?(?:cell|device))|samples?|counterparts?|ones)(?!, which are not)|{DEVICES} were opaque|^\W*opaque:"
)
_SEMI = re.compile(rf"semi-?\s?transparent (?:[\w-]+ ){{0,2}}{DEVICES}")
# "Rigid samples. For absorption, XRD and microscopy …"
_FOR_FILMS = re.compile(
    r"\bfor (?:the )?(?:absorption|xrd|x-ray|microscop|sem\b|photoluminescence|optical|spectr)"
)
_SINGLE = re.compile(
    rf"\bsingle[- ]junction (?:[\w-]+ ){{0,4}}{DEVICES}|\b{DEVICES} on (?:ito|fto|glass)\b"
)
_RIGID = re.compile(
    rf"\brigid (?:[\w-]+ ){{0,2}}(?:{DEVICES}|samples|references?|ones)|\b(?:the )?rigid (?:ones )?(?:were )?(?:made )?on (?:[\w/]+ )?(?:ito|fto|glass)|\b{DEVICES} (?:[\w-]+ ){{0,7}}on (?:rigid|ito glass|fto glass|glass)\b"
)
_FLEXIBLE = re.compile(
    rf"\bflexible (?:[\w-]+ ){{0,2}}{DEVICES}|\b{DEVICES} (?:\w+ ){{0,4}}on (?:pen|pet|polyimide)\b"
)
_TANDEMS = re.compile(
    r"^\W*for (?:the |our )?(?:[\w/-]+ ){0,3}tandems?\b|(?:fabrication|preparation|assembly) of (?:[\w/-]+ ){0,3}tandems?|\btandems? (?:solar cells |cells |devices )?were (?:also )?(?:made|built|fabricated|prepared)"
)
_SERVES = re.compile(r"reference|control|comparison")
_CONTROLS = Stemmed(
    r"\b(?:reference|control) (?:solar )?(?:cells|devices)|as (?:a |the )?(?:reference|control)|for reference"
)
_BY_KIND = {
    MODULES: (_MODULES_MADE, ("module",)), CELLS: (_SMALL_CELLS, ("cells", "devices", "p1", "p2")),
    OPAQUE: (_OPAQUE, ("opaque",)), SEMITRANSPARENT: (_SEMI, ("transparent",)), RIGID: (_RIGID, ("rigid", "glass")),
    SINGLE: (_SINGLE, ("single junction", "single-junction", " on ito", " on fto", " on glass")),
    FLEXIBLE: (_FLEXIBLE, ("flexible", " pen ", " pet ")), TANDEM: (_TANDEMS, ("tandem",)),
}  # fmt: skip
_ROLES = {MODULES: "module", SEMITRANSPARENT: "other", FLEXIBLE: "other", TANDEM: "tandem"}
_TITLED = {MODULES: re.compile(r"\bmodules?\b"), TANDEM: re.compile(r"\btandems?\b")}
_LEADING = re.compile(
    r"^(?:for|of|than|to|as) (?:an? |the )?(?=(?:control|reference)s?\b)", re.IGNORECASE
)
_LONGEST_NAME = 6  # words
_NEXT_WORDS = 40  # characters of the sentence behind a title
_REFERENCE = re.compile(r"\breferences?\b")
_CONTROL_WORD = re.compile(r"\bcontrols?\b")


def variants_of(
    document: Document, kinds: Iterable[str], layers: frozenset[str], is_row: bool = False
) -> list[Variant]:
    """Devices beside the target in the order of the text.

    `kinds`: which special ones may be there (the target itself is of none of them); `layers`: names of the
    target's transport layers; `is_row`: whether the text's sorts are listed already, by their labels.
    """
    sorts = [] if is_row else sorts_of(document)
    found = [Variant(SORT, "comparison", s.name, s.passages, s.label) for s in sorts]
    special = [v for kind in kinds if (v := _special(document, kind))]
    if special and any(_BY_KIND[v.kind][0].search(document.lower, *s.passages[0]) for v in special for s in found):  # fmt: skip
        found = []
    if not found:
        found = _controls(document, special)
        found = _with_quoted(document, found)
    if not found:
        others = alternatives_of(document, layers)
        found = [Variant(SORT, "comparison", s.name, s.passages, s.label) for s in others]
    found = [*found, *special]
    for variant in further_of(document, layers):
        # "without additive (reference)"
        if variant.name in ("control", "reference") and not any(v.kind == CONTROL for v in found):
            variant = replace(variant, kind=CONTROL, role="control")
        if not any(
            one.has(variant.passages[0][0]) or variant.has(one.passages[0][0]) for one in found
        ):
            found.append(variant)
    return sorted(found, key=lambda variant: variant.passages[0])


def _end(document: Document, sentence: Sentence) -> int:
    """The end of what a sentence on other cells begins: its paragraph, if it is the first, else its own."""
    if not document.begins_paragraph(sentence):
        return sentence.end
    end = document.text.find("\n", sentence.end - 1)
    return len(document.text) if end < 0 else max(end, sentence.end)


def _with_quoted(document: Document, found: list[Variant]) -> list[Variant]:
    """Also the devices that the text calls by a name of their own; their clause tells of no other device."""
    for sort in quoted_of(document):
        start = sort.passages[0][0]
        for variant in found:
            variant.passages = [
                (a, start if a <= start < b else b) for a, b in variant.passages if a != start
            ]
        found.append(Variant(COMPARISON, "comparison", sort.name, sort.passages, sort.label))
    return [variant for variant in found if variant.passages]


def _controls(document: Document, special: list[Variant]) -> list[Variant]:
    """The control and, told apart from it, what else was made for comparison."""
    control, reference = Variant(CONTROL, "control", ""), Variant(CONTROL, "control", "")
    others: list[tuple[int, Variant]] = []
    spoken = False  # whether it is said of cells, not of films or a solution alone
    served = _served_as(document, special)
    named = ("control", "reference", "pristine", "baseline", "untreated", "undoped", "without", "compar", "also", "instead", "standard")  # fmt: skip
    for sentence in sentences_naming(document, named):
        words = document.words(sentence)
        if sentence.is_purchase or CALIBRATES.search(words) or NOT_SHOWN.search(words):
            continue
        if any(v.has(sentence.start) for v in special if v.kind not in (MODULES, TANDEM)):
            continue
        cells = _CONTROL_DEVICES.search(words)
        if not cells and document.is_heading(sentence) and _OF_FILMS.search(words):
            continue
        makes = sentence.fabricates or bool(_STOCK.search(words))
        ink = makes and not NOT_OF_CELLS.search(words)
        match = cells or (ink and (_CONTROL_INK.search(words) or _WITHOUT.search(words)))
        if match and match.groupdict().get("word") in served:
            served[match["word"]].passages.append((sentence.start, sentence.end))
        elif match:
            spoken |= makes or bool(cells)
            if re.match(r"\W*(?:these|such)\b", words) and others and sentence.number - others[-1][0] <= 2:  # fmt: skip
                control.passages += others.pop()[1].passages
            one = _of_word(control, reference, match, makes)
            if not one.name or "without" in match[0]:
                one.name = _name(document, sentence, match)
            one.passages.append((sentence.start, sentence.end))
        elif ink and not match and not sentence.is_study and (match := _COMPARED.search(words)):
            name, place = (
                _name(document, sentence, match),
                (sentence.start, _end(document, sentence)),
            )
            others.append((sentence.number, Variant(COMPARISON, "comparison", name, [place])))
    return [
        *(_apart(document, control, reference) if spoken else []),
        *(variant for _, variant in others),
    ]


def _of_word(control: Variant, reference: Variant, match: re.Match, makes: bool) -> Variant:
    """Which of the two a sentence speaks of: "reference" may be another device than "control"."""
    is_reference = makes and _REFERENCE.search(match[0])
    return reference if is_reference else control


def _apart(document: Document, control: Variant, reference: Variant) -> list[Variant]:
    """Two devices, if both words are used of cells that are made; else the one control."""
    made = any(document.sentence_at(start).fabricates for start, _ in control.passages)
    if made and reference.passages and _CONTROL_WORD.search(control.name.lower()):
        return [control, replace(reference, kind=COMPARISON, role="comparison")]
    name = control.name or reference.name
    return [replace(control, name=name, passages=sorted(control.passages + reference.passages))]


def _served_as(document: Document, special: list[Variant]) -> dict[str, Variant]:
    """ "reference" → the opaque, rigid or small cells, if these are the reference cells."""
    return {
        match[0]: variant
        for variant in special
        if variant.kind in (OPAQUE, RIGID, CELLS)
        for start, end in variant.passages
        for match in _SERVES.finditer(document.lower, start, end)
    }


def _name(document: Document, sentence: Sentence, match: re.Match) -> str:
    """The text's own words, up to the next sign of a pause."""
    start, end = sentence.start + match.start(), sentence.start + match.end()
    if "without" in match[0]:
        words = document.text[start : start + 70].replace("with and", "with-and")
        end = start + len(re.split(r"[,.;()]| (?:were|was|served|are|is|and)\b", words)[0])
    name = " ".join(document.text[start:end].split()[:_LONGEST_NAME]).strip(" ,.;:")
    return _LEADING.sub("", name)


def _special(document: Document, kind: str) -> Variant | None:
    """The device of a kind, if a sentence on fabrication speaks of it, with all sentences that do."""
    pattern, named = _BY_KIND[kind]
    titled = named_by = _TITLED.get(kind, pattern)
    first, made, numbers = None, False, set()
    for sentence in sentences_naming(document, named):
        words = document.words(sentence)
        match = pattern.search(words)
        title = document.paragraph_title(sentence) or title_above(document, sentence)
        if not match and not titled.search(title) and not pattern.search(_head(document, sentence)):
            continue
        if sentence.is_purchase or NOT_OF_CELLS.search(words) or CALIBRATES.search(words):
            continue
        if kind == RIGID and _FOR_FILMS.search(
            document.lower, sentence.start, sentence.end + _NEXT_WORDS
        ):
            continue
        if kind == CELLS and _ALSO_MADE.search(words):
            continue
        match = match or (kind == TANDEM and named_by.search(words))
        first = first or (match and (sentence, match))
        made |= sentence.fabricates or kind == MODULES
        numbers.add(sentence.number)
    if first is None or not made:
        return _tandems_aside(document) if kind == TANDEM else None
    aside = [(a, b) for a, b, what in document.asides if what == "tandem"]
    for sentence in document.sentences if kind == TANDEM else ():
        turned = any(a <= sentence.start < b for a, b in aside)
        if sentence.fabricates and (turned or titled.search(document.paragraph_title(sentence))):
            numbers.add(sentence.number)
    for section in document.sections:
        if section.title and titled.search(section.title.lower()):
            numbers.update(
                s.number
                for s in document.sentences
                if section.start <= s.start < section.end
                and not (kind == CELLS and _ALSO_MADE.search(document.words(s)))
            )
    places = [(document.sentences[n].start, document.sentences[n].end) for n in sorted(numbers)]
    name = "modules" if kind == MODULES else _name(document, *first)
    serves = kind in (OPAQUE, RIGID) and any(_CONTROLS.search(document.lower, *p) for p in places)
    role = "control" if serves else _ROLES.get(kind, "comparison")
    return Variant(kind, role, name, places)


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
    words = document.text[slice(*places[0])].split()[:_LONGEST_NAME]
    return Variant(TANDEM, _ROLES[TANDEM], " ".join(words).strip(" ,.;:"), places)

"""Which devices beside the target a text speaks of: controls, modules, opaque, rigid, flexible cells, types (issue 14)."""

import re
from collections.abc import Iterable
from dataclasses import replace

from masterkey.extractor.process.cell.ageing_tests import tests_of
from masterkey.extractor.process.devices.contrasts import lone_control_of, numbered_of
from masterkey.extractor.process.devices.further_devices import further_of
from masterkey.extractor.process.devices.kinds import (
    CALIBRATES,
    CELLS,
    COMPARISON,
    CONTROL,
    DEVICES,
    MODULES,
    NOT_OF_CELLS,
    NOT_SHOWN,
    OPAQUE,
    RIGID,
    SORT,
    TANDEM,
    Variant,
)
from masterkey.extractor.process.devices.special_kinds import (
    ALSO_MADE,
    BY_KIND,
    name_of,
    special_of,
)
from masterkey.extractor.process.devices.tested_controls import control_tested
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.passages import sentences_naming
from masterkey.extractor.process.text.sorts import alternatives_of, quoted_of, sorts_of
from masterkey.extractor.stems import Stemmed

# What may stand between "control" and its noun, but words that begin another part of the sentence.
_OWN = r"(?:(?!(?:of|to|and|or|for|in|the|an?|over|by|with|on|at|was|were|is|are|has|had|have|that|which|as|than|from)\b)[\w:/-]+ ){0,3}?"
_CONTROL_DEVICES = Stemmed(
    rf"\b(?P<word>control|reference|pristine|baseline|untreated) (?:\([^()]*\) )?(?:and (?:the )?(?:target|champion|modified|treated|doped|passivated) )?{_OWN}(?:{DEVICES}|counterparts?\b|samples? (?:was|were) (?:also )?(?:prepared|fabricated|made)\b|(?:samples?|series|batch(?:es)?|groups?|sets?|variants?) (?:had|ha[sv]e|received?|got|contain\w*|held|lack\w*|skipped|did)\b)"
    rf"|^\W*(?:controls?|references?) (?:(?:was|were) (?:not|left|made|prepared|fabricated|treated|rinsed|washed)|had|ha[sv]e|got|received?|lack\w*|did|skipped)\b|\bstandard (?:devices|pscs)\b|\b(?:denoted|called|named|termed|labell?ed|referred to) (?:as )?(?:the )?[\"“']?(?:target[\"”']? and (?:the )?[\"“']?)?(?:control|reference|pristine|untreated)\b"
    rf"|\b{DEVICES} (?:[\w-]+ ){{0,10}}(?:as|for) (?:an? |the )?(?:controls?|references?)\b|\b{DEVICES} (?:[\w-]+ ){{1,8}}(?:are|were) (?:the |our )?(?:controls?|references?)\b|\bas (?:an? |the )?controls?\b|\b{DEVICES} of the (?:control|reference) (?:type|kind|sort|group|batch|series|set)\b"
    r"|\b(?:for|of|than|to) the controls?\b(?! of| over| unit)|\bthe controls? (?:(?:was|were|is|are) (?:made|prepared|fabricated|built|left|treated|rinsed|washed)|got|received|had|has no|have no|lacks?|contains? no)\b|\bthe references? (?:used|had|got|received|lacked|contained|was (?:made|prepared) (?:with|from|without))\b|\bthe controls?, (?:(?:which|that) )?(?:is|are|was|were|has|have|had|remain\w*|received?|got|lacks?|carr\w+)\b|[\"“”‘']controls?[\"”’'] (?:stands?|denotes?|means?|refers?)\b|^\W*controls?:"
)
_CONTROL_INK = re.compile(
    rf"\b(?P<word>control|reference) (?:and (?:the )?(?:target|champion|modified|treated) )?{_OWN}(?:films?|solutions?|inks?|precursors?|layers?|groups?|substrates?|foils?|pieces|plates|sheets|stacks?|structures?|architectures?|configurations?)\b|\bfor the (?:[\w-]+ )?references?\b|\b(?:undoped|untreated) (?:films|layers) (?:was|were|are)\b"
    r"|\b(?:undoped|unmodified|untreated|pristine|bare|plain|neat) [^.;,]{2,40} (?:served?|acts?|acted|was used|were used|was taken) (?:here )?as (?:an? |the |our )?(?:reference|control|baseline)\b|\bw/o\)?(?: [^.;,]{2,30})? (?:films|samples|devices|cells)\b"
    r"|\b(?:for|in|on) (?:the |all )?(?:untreated|unmodified|unpassivated|pristine|bare|undoped) (?:perovskite )?(?:films|samples|layers|ones|cells|devices)\b"
    r"|\b(?:the|an?) (?:untreated|unmodified|pristine|bare|undoped) (?:perovskite )?(?:films?|samples?|solutions?|inks?|precursors?|layers?)(?: solutions?)? (?:contain\w*|had|have|has|received?|lack\w*|did not|do not|(?:was|were) (?:prepared|made|obtained|left|fabricated|mixed)\b)"
    r"|\bcontrol samples (?:was|were) (?:converted|coated|made|prepared|left)|^\W*(?:as (?:an?|the|our) (?:\w+ )?(?:reference|control)|for (?:the )?(?:[\w-]+ )?(?:reference|control))\b|[;,] (?:and |but |while |whereas )?for the (?:[\w-]+ )?controls?\b"
)
_OF_FILMS = re.compile(r"\b(?:reference|control) (?:films?|samples?|layers?)\W*$")
_STOCK = re.compile(r"\b(?:control|reference) (?:ink|solution) (?:was|is|held|contain)")
_WITHOUT = re.compile(
    r"\b(?:stacks|structures|samples|cells|devices) (?:with|of|having) [^.;]{2,40}, (?:i\.e\.|that is|thus|so|hence),? without |"
    rf"\b(?:other half|others|rest) (?:[\w-]+ ){{0,4}}(?:without|untreated|uncoated|bare|unpassivated|as (?:it|they) (?:was|were))\b(?! any (?:further|encaps))|\b{DEVICES} (?:(?:made|prepared|fabricated|built|were|was|also|only|with and|with or|with [\w:-]+,? but) )*without (?!(?:an? |any |the )?(?:encaps|seal|further|cover|glass cover|barrier|protect|getter|filter|bias|mask|apertur|interrupt|anti-?reflect)|mask|apertur|p2\b|cover|light|breaking|additional)"
)
_MADE = r"(?:was|were) (?:also )?(?:spin|slot|blade|evaporat|deposit|appli|coated|prepar|built|made|convert|produc|(?:used|employed|taken) (?:instead|in (?:the )?(?:place|stead)|in lieu)\b)"
_COMPARED = re.compile(
    rf"\b(?:for (?:the sake of )?(?:a )?comparison|(?:as|in) (?:an? )?comparison(?=,)|to compare|in a comparative experiment)\b.{{0,120}}?(?:\b{DEVICES}|\b{_MADE}|\b(?:films?|layers?|solutions?)\b)"
    r"|\b(?:was|were) (?:also )?(?:used|employed|applied|taken|deposited|evaporated|spin-?coated|coated) (?:instead|in (?:the )?(?:place|stead)|in lieu) of [^.;]{0,60}\bfor (?:a )?comparison\b"
    rf"|\b{DEVICES} .{{0,140}}?\bfor (?:the sake of |reasons of )?(?:an? )?comparison\b|{ALSO_MADE.pattern}"
    rf"|\b{DEVICES},? which (?:serve|are used|act)\w* (?:as|for) (?:an? |the )?comparisons?\b|\bthe comparison (?:was|were|is|had|has)\b|\bcomparison (?:cells|devices|pscs)\b"
    r"|\b(?:part|some|a few|half|the rest|others) of the (?:plates|substrates|cells|devices|films)\b.{0,60}\binstead\b"
)
_SERVES = re.compile(r"reference|control|comparison")
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
    special = [v for kind in kinds if (v := special_of(document, kind))]
    if special and any(BY_KIND[v.kind][0].search(document.lower, *s.passages[0]) for v in special for s in found):  # fmt: skip
        found = []
    if not found:
        found = _controls(document, special)
        found = _with_quoted(document, found)
    if not found:
        others = alternatives_of(document, layers)
        found = [Variant(SORT, "comparison", s.name, s.passages, s.label) for s in others]
    numbered = list(numbered_of(document))
    if numbered:  # "control 1" and "control 2" are not "the control"
        found = [variant for variant in found if variant.kind != CONTROL]
    found = [*found, *special, *numbered]
    for variant in further_of(document, layers):
        # "without additive (reference)"
        if variant.name in ("control", "reference"):
            if not any(v.kind == CONTROL for v in found):
                variant = replace(variant, kind=CONTROL, role="control")
            elif _is_told(document, found, variant):
                continue
        same = [v for v in found if v.has(variant.passages[0][0]) or variant.has(v.passages[0][0])]
        if not same:
            found.append(variant)
        elif variant.label and same[0].kind == COMPARISON and not same[0].label:
            same[0].label = variant.label
    found = _with_title(document, found)
    is_told = numbered or any(v.kind in (CONTROL, SORT) for v in found)
    if not is_told and (lone := lone_control_of(document) or control_tested(document)):
        found.append(lone)
    return sorted(found, key=lambda variant: variant.passages[0])


def _with_title(document: Document, found: list[Variant]) -> list[Variant]:
    """The control of which only a test speaks is what a title calls so: "Reference route. … The reference cells kept 80%"."""
    control = next((v for v in found if v.kind == CONTROL), None)
    if control is None or any(document.sentence_at(a).fabricates for a, _ in control.passages):
        return found
    word = _SERVES.search(control.name.lower())
    titled = [v for v in found if word and v.kind == COMPARISON and word[0] in v.name.lower()]
    if len(titled) != 1:
        return found
    whole = replace(titled[0], kind=CONTROL, role="control", passages=[*titled[0].passages, *control.passages])  # fmt: skip
    return [whole if v is titled[0] else v for v in found if v is not control]


def _end(document: Document, sentence: Sentence) -> int:
    """The end of what a sentence on other cells begins: its paragraph, if it is the first, else its own."""
    if not document.begins_paragraph(sentence):
        return sentence.end
    end = document.text.find("\n", sentence.end - 1)
    return len(document.text) if end < 0 else max(end, sentence.end)


# "Cells called X have the modified film": X is the target's name.
_IS_TARGET = re.compile(r"\b(?:targets?|champion|modified|treated|optimi[sz]ed)\b(?! with)")


def _with_quoted(document: Document, found: list[Variant]) -> list[Variant]:
    """Also the devices that the text calls by a name of their own; their clause tells of no other device."""
    for sort in quoted_of(document):
        start = sort.passages[0][0]
        if _IS_TARGET.search(document.lower, *sort.passages[0]):
            continue
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
    named = ("control", "reference", "pristine", "baseline", "untreated", "undoped", "without", "compar", "also", "instead", "standard", "unmodified", "unpassivated", "bare", "plain", "neat", "w/o")  # fmt: skip
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
                one.name = name_of(document, sentence, match)
            one.passages.append(_place_of_control(document, special, sentence, match))
        elif other := _compared(document, sentence, ink):
            others.append((sentence.number, other))
    return [
        *(_apart(document, control, reference) if spoken else []),
        *(variant for _, variant in others),
    ]


def _compared(document: Document, sentence: Sentence, tells_of_ink: bool) -> Variant | None:
    """What a sentence, or a section by its title, makes for comparison."""
    is_title = document.is_heading(sentence)
    if sentence.is_study or not (tells_of_ink or is_title):
        return None
    match = _COMPARED.search(document.words(sentence))
    if not match:
        return None
    section = document.section_at(sentence.start)
    end = section.end if is_title else _end(document, sentence)
    name = name_of(document, sentence, match)
    return Variant(COMPARISON, "comparison", name, [(sentence.start, end)])


def _place_of_control(
    document: Document, special: list[Variant], sentence: Sentence, match: re.Match
) -> tuple[int, int]:
    """The sentence, without what it says of other devices before the control or behind it."""
    words = document.words(sentence)
    # "…, another one with BAI, and the third, the control, has a bare surface"
    start = match.start() if match[0].startswith(("the control, ", "w/o)")) else 0
    if _OTHER_DOPED.search(words, 0, match.start()):
        start = words.rindex(";", 0, match.start()) + 1
    behind = [a for v in special for a, _ in v.passages if sentence.start < a < sentence.end]
    return sentence.start + start, min([sentence.end, *behind])


# "The doped layer had KCl; undoped SnO2 served as reference": what is before is of the target.
_OTHER_DOPED = re.compile(r"(?<!un)\bdoped\b.*;")


def _of_word(control: Variant, reference: Variant, match: re.Match, makes: bool) -> Variant:
    """Which of the two a sentence speaks of: "reference" may be another device than "control"."""
    is_reference = makes and _REFERENCE.search(match[0])
    return reference if is_reference else control


def _apart(document: Document, control: Variant, reference: Variant) -> list[Variant]:
    """Two devices, if both words are used of cells that are made; else the one control."""
    made = any(document.sentence_at(start).fabricates for start, _ in control.passages)
    if made and reference.passages and _CONTROL_WORD.search(control.name.lower()):
        told = any(start not in _tested(document) for start, _ in reference.passages)
        other = [replace(reference, kind=COMPARISON, role="comparison")] if told else []
        return [control, *other]
    name = control.name or reference.name
    return [replace(control, name=name, passages=sorted(control.passages + reference.passages))]


def _is_told(document: Document, found: list[Variant], variant: Variant) -> bool:
    """Whether "(control)" stands for the control that is listed: in an ageing test, or where that has this name."""
    if document.sentence_at(variant.passages[0][0]).start in _tested(document):
        return True
    return any(v.kind == CONTROL and variant.name in v.name.lower() for v in found)


def _tested(document: Document) -> set[int]:
    """Where the sentences of ageing tests begin."""
    return {s.start for test in tests_of(document) for s in test.sentences}


def _served_as(document: Document, special: list[Variant]) -> dict[str, Variant]:
    """ "reference" → the opaque, rigid or small cells, if these are the reference cells."""
    return {
        match[0]: variant
        for variant in special
        if variant.kind in (OPAQUE, RIGID, CELLS)
        for start, end in variant.passages
        for match in _SERVES.finditer(document.lower, start, end)
    }

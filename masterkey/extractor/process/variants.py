"""Which devices beside the target a text speaks of: controls, modules, opaque, rigid, flexible cells, types (issue 14)."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from masterkey.extractor.process.document import Document, Sentence
from masterkey.extractor.process.flags import MODULE
from masterkey.extractor.process.passages import sentences_naming, title_above

CONTROL, COMPARISON, MODULES, CELLS = "control", "comparison", "module", "cells"
OPAQUE, SEMITRANSPARENT, RIGID, FLEXIBLE, KIND = "opaque", "semitransparent", "rigid", "flexible", "kind"
_DEVICES = r"(?:cells?|devices?|pscs?|tandems?|modules?)\b"
_MADE_OF = r"(?:films?|samples?|solutions?|inks?|precursors?|layers?|groups?)\b"
_OWN = r"(?:(?:perovskite|solar|flexible|bare|top|precursor|tandem|single-junction|photovoltaic) )*"
_CONTROL_DEVICES = re.compile(
    rf"\b(?:control|reference|pristine|baseline|untreated) {_OWN}{_DEVICES}"
    rf"|\b{_DEVICES} (?:\w+ ){{0,6}}(?:as|for) (?:an? |the )?(?:controls?|references?)\b|\bas (?:an? |the )?controls?\b|\bthe controls?\b(?! of| over| unit)"
)
_CONTROL_INK = re.compile(
    rf"\b(?:control|reference) {_OWN}{_MADE_OF}|^\W*(?:as an? (?:reference|control)|for (?:the )?(?:reference|control))\b"
)
_WITHOUT = re.compile(
    rf"\b{_DEVICES} (?:(?:made|prepared|fabricated|built|were|was|also|only) )*without (?!encaps|seal|further|any (?:further|encaps|cover)|p2\b|cover|light|breaking|additional)"
)
_COMPARED = re.compile(
    rf"\b(?:for (?:the sake of )?(?:a )?comparison|to compare|in a comparative experiment)\b.{{0,120}}?\b(?:{_DEVICES}|(?:was|were) (?:also )?(?:spin|slot|blade|evaporat|deposit|appli|coated|prepar|built|made|convert|produc)|films?|layers?|solutions?)"
    rf"|\b{_DEVICES} (?:\w+ ){{0,6}}for (?:a )?comparison"
)
# Reference cells of the laboratory, that set a lamp; references of other measurements.
_CALIBRATES = re.compile(
    r"photodiode|\bdiodes?\b|kg-?\s?\d|\bnrel\b|nist\b|fraunhofer|calibrat|world photovoltaic|\bwpvs\b|certified|newport|hamamatsu|\b(?:si|silicon)[ -]reference|reference (?:si|silicon)\b|crystalline silicon|standard silicon|electrode (?:configuration|system|cell)|electrochemical|ferrocen|ag/agcl|intensity|light source|irradiance"
)
_NOT_OF_CELLS = re.compile(
    r"\b(?:single crystals?|powders?|diffract|no cells were|not used in (?:cells|devices)|contact angle|spectr|photoluminescence|work functions?|used only for|for microscopy|conductivity of)\b|organic (?:solar )?cells?"
)
_MODULES_MADE = re.compile(
    r"(?:mini-?|sub-?|solar )?modules\b.{0,160}\b(?:fabricated|built|made|prepared|have|has|had|consist\w*|compris\w*|coated|scribed|opened|divided|area|connected|unmasked)|\bmodule (?:has|had|consist|of)\b|\bfor (?:the )?(?:mini-?)?modules?\b|^\W*(?:mini-?)?modules?\W*$|for fabrication of (?:the )?(?:mini-?)?modules"
)
_SMALL_CELLS = re.compile(
    r"small(?:er)?[ -](?:area )?(?:reference |single )?(?:cells|devices)|for comparison, (?:\w+ )?(?:cells|devices)|^\W*(?:small-area )?(?:cells|devices) (?:by|without)|without p[12]\b|without scribing|reference (?:cells|devices)|single cells"
)
_OPAQUE = re.compile(rf"\bopaque (?:[\w-]+ ){{0,3}}?(?:{_DEVICES}|electrodes?|contacts?)(?!, which are not)|(?:{_DEVICES}) were opaque")
_SEMI = re.compile(rf"semi-?\s?transparent (?:[\w-]+ ){{0,2}}{_DEVICES}")
_RIGID = re.compile(rf"\brigid (?:[\w-]+ ){{0,2}}(?:{_DEVICES}|samples)|\b{_DEVICES} (?:\w+ ){{0,5}}on (?:rigid|ito glass|fto glass|glass)\b")
_FLEXIBLE = re.compile(rf"\bflexible (?:[\w-]+ ){{0,2}}{_DEVICES}|\b{_DEVICES} (?:\w+ ){{0,4}}on (?:pen|pet|polyimide)\b")
_SINGLE = re.compile(r"single[ -]junction|\bopaque\b")
_KINDS = re.compile(
    r"\b(?:two|three|four|five|six) (?:different )?(?:kinds|types|sorts|variants) of (?P<of>[^.;]{3,60}?)(?: (?:was|were)\b|$)"
)
_LISTED = re.compile(r"^\W*\((?P<number>i{1,3}|iv|v|[a-e1-5])\)")
_TYPE = re.compile(r"\btypes? (?P<label>[A-E]|I{1,3}|IV)\b")
_MOST_KINDS = 5


@dataclass
class Variant:
    """A device beside the target.

    `kind` is one of the constants of this module, `role` of a record, `name` the text's own words; `passages` are
    the sentences that say what it is, `label` what the text calls it by ("type II"), "" where nothing.
    """

    kind: str
    role: str
    name: str
    start: int
    passages: list[Sentence] = field(default_factory=list)
    label: str = ""


def variants_of(document: Document, flags: dict[str, bool]) -> list[Variant]:
    """Devices beside the target in the order of the text; `flags`: of the target module, flexible, semitransparent."""
    found = [*_kinds(document), *_types(document)]
    of_kinds = {sentence.number for variant in found for sentence in variant.passages}
    found += _special(document, flags)
    special = {s.number for variant in found for s in variant.passages if variant.kind in (OPAQUE, RIGID, CELLS)}
    if not of_kinds:
        found += _controls(document, special)
    return sorted(found, key=lambda variant: variant.start)


def _controls(document: Document, special: set[int]) -> list[Variant]:
    """The control and, told apart from it, what else was made for comparison."""
    control = Variant(CONTROL, "control", "", -1)
    others: list[Variant] = []
    spoken = False  # whether it is said of cells, not of films or a solution alone
    named = ("control", "reference", "pristine", "baseline", "untreated", "without", "compar")
    for sentence in sentences_naming(document, named):
        words = document.words(sentence)
        if sentence.is_purchase or sentence.number in special or _CALIBRATES.search(words):
            continue
        match = _CONTROL_DEVICES.search(words) or (
            sentence.fabricates and (_CONTROL_INK.search(words) or _WITHOUT.search(words))
        )
        aside = _NOT_OF_CELLS.search(words)
        if match and not (aside and not _CONTROL_DEVICES.search(words)):
            spoken |= sentence.fabricates or bool(_CONTROL_DEVICES.search(words))
            if not control.passages:
                control.start = sentence.start + match.start()
            if not control.name or "without" in match[0]:
                control.name = _name(document, sentence, match)
            control.passages.append(sentence)
        elif sentence.fabricates and not aside and not sentence.is_study:
            match = _COMPARED.search(words)
            if match:
                others.append(Variant(COMPARISON, "comparison", _name(document, sentence, match), sentence.start, [sentence]))
    return ([control] if spoken else []) + others


def _name(document: Document, sentence: Sentence, match: re.Match) -> str:
    """The text's own words, up to the next sign of a pause."""
    start, end = sentence.start + match.start(), sentence.start + match.end()
    if "without" in match[0]:
        end = start + len(re.split(r"[,.;()]| (?:were|was|served|are|is|and)\b", document.text[start : start + 70])[0])
    return " ".join(document.text[start:end].split()[:6]).strip(" ,.;:")


def _special(document: Document, flags: dict[str, bool]) -> list[Variant]:
    """Modules beside cells, cells beside modules, opaque beside semitransparent ones, rigid beside flexible ones."""
    lower = document.lower
    found = []
    if "module" in lower:
        if flags["module"]:
            found += _variant(document, CELLS, "comparison", ("cells", "devices", "p1", "p2"), _SMALL_CELLS)
        else:
            found += _variant(document, MODULES, "module", ("module",), _MODULES_MADE)
    if "opaque" in lower and (flags["semitransparent"] or "tandem" in lower):
        found += _variant(document, OPAQUE, "comparison", ("opaque",), _OPAQUE)
    elif not flags["semitransparent"] and "transparent" in lower:
        found += _variant(document, SEMITRANSPARENT, "other", ("transparent",), _SEMI)
    if flags["flexible"]:
        found += _variant(document, RIGID, "comparison", ("rigid", "glass"), _RIGID)
    elif "flexib" in lower or " pen " in lower:
        found += _variant(document, FLEXIBLE, "other", ("flexible", " pen ", " pet "), _FLEXIBLE)
    return found


def _variant(document: Document, kind: str, role: str, named: tuple[str, ...], pattern: re.Pattern) -> list[Variant]:
    """The device of a kind, if a sentence on fabrication speaks of it; with all sentences that do."""
    passages, first, made = [], None, False
    for sentence in sentences_naming(document, named):
        words = document.words(sentence)
        match = pattern.search(words)
        titled = pattern.search(title_above(document, sentence)) or (
            kind == MODULES and MODULE.search(title_above(document, sentence))
        )
        if sentence.is_purchase or not (match or titled) or _NOT_OF_CELLS.search(words) or _CALIBRATES.search(words):
            continue
        if match and first is None:
            first = sentence, match
        made |= sentence.fabricates or kind == MODULES
        passages.append(sentence)
    if first is None or not made:
        return []
    sentence, match = first
    name = "modules" if kind == MODULES else _name(document, sentence, match)
    return [Variant(kind, role, name, sentence.start + match.start(), _with_sections(document, passages, pattern))]


def _with_sections(document: Document, passages: list[Sentence], pattern: re.Pattern) -> list[Sentence]:
    """Also the sentences under a heading that names the kind."""
    numbers = {sentence.number for sentence in passages}
    for section in document.sections:
        if section.title and pattern.search(section.title.lower()):
            numbers.update(s.number for s in document.sentences if section.start <= s.start < section.end)
    return [document.sentences[n] for n in sorted(numbers)]


def _kinds(document: Document) -> list[Variant]:
    """ "Three kinds of X were compared. (i) … (ii) … (iii) …": all but the first, which is the target."""
    for sentence in sentences_naming(document, ("kinds of", "types of", "sorts of", "variants of")):
        match = _KINDS.search(document.words(sentence))
        if not match or not sentence.fabricates:
            continue
        rest = document.sentences[sentence.number + 1 : sentence.number + 12]
        heads = [s for s in rest if _LISTED.match(document.words(s))]
        if len(heads) < 2:
            heads = [s for s in _paragraph(document, sentence) if _is_head(document, s)]
        if 2 <= len(heads) <= _MOST_KINDS:
            ends = [*(s.number for s in heads), _end_of_list(document, heads[-1])]
            parts = [document.sentences[a:b] for a, b in pairwise(ends)]
            return [
                Variant(KIND, "comparison", _head_words(document, part[0]), part[0].start, part)
                for part in parts[1:]
            ]
    return []


def _is_head(document: Document, sentence: Sentence) -> bool:
    """Whether a sentence of a paragraph on kinds of cells begins with another layer, or tells of none."""
    if re.search(r"\bno (?:hole|electron)[ -](?:conduct|transport)", document.words(sentence)):
        return True
    mentions = document.inside(document.mentions, sentence)
    return any(
        m.start - sentence.start < 40 and max(m.roles.get("HTL", 0), m.roles.get("ETL", 0)) > 2 for m in mentions
    )


def _paragraph(document: Document, sentence: Sentence) -> list[Sentence]:
    end = document.text.find("\n", sentence.start + 1)
    end = len(document.text) if end < 0 else end
    return [s for s in document.sentences[sentence.number + 1 :] if s.start < end]


def _end_of_list(document: Document, last: Sentence) -> int:
    """The number of the sentence behind the last member of a list."""
    return last.number + 1


def _head_words(document: Document, sentence: Sentence) -> str:
    words = _LISTED.sub("", document.text[sentence.start : sentence.end]).strip()
    return " ".join(re.split(r"[,.;:(]", words)[0].split()[:6])


def _types(document: Document) -> list[Variant]:
    """ "type A … type B … type C": all but the first, each with the sentences that name it alone."""
    places: dict[str, list[tuple[int, Sentence]]] = {}
    for sentence in sentences_naming(document, ("type ", "types ")):
        for match in _TYPE.finditer(document.text, sentence.start, sentence.end):
            places.setdefault(match["label"], []).append((match.start(), sentence))
    if not 2 <= len(places) <= _MOST_KINDS or not any(len(own) > 1 for own in places.values()):
        return []
    labels = sorted(places)
    found = []
    for label in labels[1:]:
        titled = [s for s in document.sections if re.search(rf"\btype {label}\b", s.title)]
        own = {s.number for _, s in places[label] if len(_TYPE.findall(document.text, s.start, s.end)) == 1}
        own |= {s.number for part in titled for s in document.sentences if part.start <= s.start < part.end}
        passages = [document.sentences[n] for n in sorted(own)]
        if passages:
            found.append(Variant(KIND, "comparison", f"type {label}", places[label][0][0], passages, f"type {label.lower()}"))
    return found

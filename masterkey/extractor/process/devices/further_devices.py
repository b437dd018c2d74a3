"""Devices that a text adds to its target and control: further series, titled references, larger cells (issue 14)."""

import re
from collections.abc import Iterator

from masterkey.extractor.process.devices.contrasts import other_salts_of
from masterkey.extractor.process.devices.examples import examples_of
from masterkey.extractor.process.devices.kinds import (
    CALIBRATES,
    COMPARISON,
    DEVICES,
    NOT_OF_CELLS,
    NOT_SHOWN,
    SORT,
    THREE_DIMENSIONAL,
    Variant,
)
from masterkey.extractor.process.devices.larger import larger_of
from masterkey.extractor.process.layers.layer import kind_of
from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.layers.oxide_forms import base
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.passages import (
    FOR_A_FIGURE,
    name_of,
    sentences_naming,
    title_above,
)
from masterkey.extractor.stems import Stemmed

_SERIES = re.compile(
    r"\b(?:a|an|another|one|some|the) (?:further|second|third|additional|other|separate|extra) (?:series|set|batch|group)\b"
    r"|\b(?:another|one) (?:series|set|batch|group) of\b"
    rf"|\b(?:some|a few|further|additional|several) (?:[\w-]+ ){{0,2}}{DEVICES}[^;]{{0,60}}\b(?:were (?:also )?(?:made|prepared|built|fabricated)|have|had|received|got)\b"
)
_INSTEAD = re.compile(
    rf"\b{DEVICES}.{{0,160}}\b(?:instead\b|in (?:the )?place of|rather than|in lieu of)|\b(?:instead of|in (?:the )?place of) .{{0,80}}\b{DEVICES}"
)
# "A separate set of devices was cycled": the same devices in another test.
_TESTED = re.compile(
    r"(?: of)?(?: [\w-]+){0,3} (?:was|were) (?:then |also )?(?:cycled|aged|stored|tested|measured|kept|irradiated|exposed|tracked|examined|monitored|encapsulated|sealed|illuminated)\b"
)
_TITLE = re.compile(
    r"\b(?:references?|comparisons?|comparative|baseline|control|standard)\b(?!.*\b(?:electrode|spectr|photo))"
)
_OF_FILMS = re.compile(
    r"\b(?:reference|comparison|control) (?:films?|samples?|layers?|spectra|measurements?|materials?)\W*$|\b(?:films?|samples?|layers?|spectra) (?:for|of) (?:comparison|reference)\W*$"
)
_LABEL = re.compile(
    r"\((?:[^()]{1,25}[,;] )?(?:the )?(?P<word>control|reference|comparison)s?\b[^()]{0,20}\)|\((?:called |named |denoted )?[\"“‘'](?P<name>[\w =+./-]{1,24}?)(?: (?:cells|devices|films))?[\"”’']\)|\((?:called|named|denoted|termed) (?:as )?(?P<bare>[\w-]{1,20})\)"
    rf"|\b(?:{DEVICES}|ones|films|those) (?:named|called|labell?ed|denoted|termed) [\"“”‘'](?P<called>[^\"“”‘’']{{2,30}})[\"”’']"
)
# "Devices of the second kind (control) carry PCBM, which …": the sentence goes on about them.
_CARRIES = re.compile(
    r" (?:carry|carried|have|had|contain|contained|received?|use[ds]?|hold|held|got|were|are|bear|bore)\b"
)
_CLAUSE_START = re.compile(r"[;:]|,? (?:or|and|whereas|while|but) ")
_FREE_OF = re.compile(
    rf"\b(?P<what>[\w()]{{1,30}})-free (?:[\w-]+ )?(?:{DEVICES}|inks?\b|solutions?\b|films?\b|precursors?\b)"
)
_SALT_OR_ION = re.compile(
    r"ht[lm]|et[lm]|bromide|chloride|c(?:a)?esium|rubidium|potassium|methylammonium|thiocyanate|(?:ma|fa|cs|rb|ph?eai?|k)(?:i|br|cl|scn)?|additive|sam|monolayer|passivation|treatment"
)
_HEAD = re.compile(r" ?(?:\([^()]*\) ?)?[:–—-] ")
_BASED = re.compile(rf"(?:[ -]based)? {DEVICES}")
_DEVICES_WITH = re.compile(
    rf"\b{DEVICES} (?:with|based on|using|containing) (?:the |doped |undoped )?$"
)
_BEFORE_LAYER = ("with ", "on ", "using ", "containing ", "the ", "doped ")  # of each match
_OF_THREE = re.compile(
    r"\b(?:three-dimensional|3d)\)? (?:\(3d\) )?(?:perovskite )?(?:references?|comparison|solutions?|cells|devices|films?|counterparts?|perovskites?|controls?)\b"
)
_LONGEST_NAME = 6  # words
_MOST_SENTENCES = 12  # of a titled passage


def further_of(document: Document, layers: frozenset[str]) -> Iterator[Variant]:
    """Each with the passages that speak of it; the caller drops those that are told already.

    `layers`: names of the target's transport layers.
    """
    yield from _of_other_gap(document)
    yield from examples_of(document)
    yield from other_salts_of(document)
    yield from _titled(document)
    yield from _headed(document, layers)
    yield from _labelled(document)
    yield from _series(document)
    yield from larger_of(document)
    yield from _based(document, layers)
    yield from _three_dimensional(document)
    yield from _free_of(document)
    yield from _otherwise(document)


# Words that only stand where another device than the paper's own is told of …
_OTHER = Stemmed(
    r"\b(?:instead\b|in (?:the )?(?:place|stead) of|in lieu of|in its stead|rather than|replac(?:ed|ing)\b|exchanged\b|substitut(?:ed|ing)\b|swapped\b|alternativ\w+"
    r"|(?:another|further|second|third|fourth|other|additional|separate|extra|different|one|two|three) (?:further |other )?(?:kind of control|batch|series|group|set|version|variant)\w*|(?:another|further|(?<!the )second|(?<!the )third|fourth|additional|extra|different|other|-free) (?:kind|type|sort|recipe|formulation)\b|\b(?:counterparts?|analogues?|analogs?)\b|(?:control|reference|comparison) experiments?|baseline|benchmark|(?:for|as|in) (?:a |an |the )?comparison|to compare"
    r"|(?:undoped|dopant-free|unmodified) [\w:/-]+ (?:\w+ )?(?:was|were) (?:also )?(?:made|prepared|deposited|obtained|formed|grown|spin)|(?<!top )(?<!upper )(?<!bottom )(?<!lower )(?:some|half|part) of (?:the|our) (?:cells|devices|substrates|samples)|a few (?:cells|devices)|\bup-?scaled|(?:made|built|tested|prepared|fabricated|tried|employed|used) (?:as well|too|also)\b|also (?:made|built|tested|prepared|fabricated|employed)|except (?:that|for (?!(?:their|its|the) [^.;,]{2,30}, (?:the two|both|these|they))\b)|other than that|(?:devices|cells) with [^.;]{3,40} only\b|two (?:\w+ )?controls?|a reference had|types? of controls?)"
)
# … and what makes clear that devices are meant.
_OF_DEVICES = re.compile(
    rf"{DEVICES}|\bundoped\b|\bdopant-free\b|\b(?:solution|ink|precursor|recipe)s? (?:was|were) (?:also )?(?:prepared|made|mixed|used)\b|\balso (?:tested|tried|employed)\b|\b(?:tested|tried|employed) (?:as well|too|also)\b|\b(?:batch(?:es)?|groups?|series|sets?|kinds?|types?|sorts?|versions?|variants?|counterparts?|controls?|references?|experiment|baseline|benchmark|hole conductors?|[eh]t[lm]s?)\b|\b(?:was|were) (?:also )?(?:prepared|made|deposited|coated|tested)\b[^.;]* for (?:a )?comparison"
)
# "The target ink was put on bare ITO" is on another device, "the target cells" are not.
_OF_TARGET = re.compile(
    r"\b(?:targets?(?! (?:perovskite )?(?:inks?|solutions?|precursors?|recipes?|formulations?|perovskites?|compositions?)\b)|champion|our best|optimi[sz]ed|modified(?! (?:perovskites?|inks?|solutions?|films?|layers?|absorbers?|oxides?)\b)|best[- ]performing)\b|\b(?:simulat|measured|recorded|scattering|not part of|laminated with|tests? (?:was|were)|kinds of tests)\b"
)


# "The example can be varied in that tin oxide takes the place of BCP": no cell was made so.
_MAY_BE = re.compile(
    r"\b(?:can|may|could|might) (?:(?:also|likewise|alternatively|instead|optionally) )?be (?:varied|replaced|used|omitted|modified|exchanged|substituted|employed|applied|left out)\b"
)
_DENIES = re.compile(r"\W*(?:no|none of|neither) (?:layer|film|step|part|cell|device|of )")
_ONLY_TREATED = re.compile(
    r"\b(?:expos(?:ed|ure)|aged|stored|programmes?|films? (?:was|were)|after-?treat\w*)\b"
)


def _otherwise(document: Document) -> Iterator[Variant]:
    """Any other sentence that tells of cells made otherwise; the caller keeps those that differ from the target."""
    for sentence in document.sentences:
        words = document.words(sentence)
        if _DENIES.match(words):
            continue
        of_figure = FOR_A_FIGURE.search(words)
        if of_figure and (
            _ONLY_TREATED.search(words) or not document.inside(document.mentions, sentence)
        ):
            continue
        match = of_figure or _OTHER.search(words)
        if (
            not match
            or not _tells(document, sentence)
            or (_OF_TARGET.search(words) and not of_figure)
        ):
            continue
        if _OF_DEVICES.search(words) and not document.is_heading(sentence):
            name = " ".join(document.text[sentence.start : sentence.end].split()[:_LONGEST_NAME])
            yield Variant(COMPARISON, "comparison", name.strip(" ,.;:"), [(sentence.start, sentence.end)])  # fmt: skip


def _tells(document: Document, sentence: Sentence) -> bool:
    words = document.words(sentence)
    return (
        sentence.fabricates
        and not sentence.is_study
        and not NOT_OF_CELLS.search(words)
        and not NOT_SHOWN.search(words)
        and not CALIBRATES.search(words)
        and not _MAY_BE.search(words)
    )


def _of_other_gap(document: Document) -> Iterator[Variant]:
    """Single-junction cells of the other gap than the paper's own, told beside tandems of both."""
    for start, end, kind in document.asides:
        if kind == "other gap":
            words = document.text[start:end].split()[:_LONGEST_NAME]
            yield Variant(COMPARISON, "comparison", " ".join(words).strip(" ,.;:"), [(start, end)])


def _free_of(document: Document) -> Iterator[Variant]:
    """ "For MACl-free devices …": cells without something that the text names elsewhere."""
    for sentence in sentences_naming(document, ("-free ",)):
        words = document.words(sentence)
        match = _FREE_OF.search(words)
        if not match or not _tells(document, sentence):
            continue
        place = sentence.start + match.start("what")
        named = any(m.start <= place < m.end and not kind_of(m.name) for m in document.mentions)
        if named or _SALT_OR_ION.fullmatch(match["what"]):
            yield Variant(COMPARISON, "comparison", name_of(document, sentence, match), [(sentence.start, sentence.end)])  # fmt: skip


def _titled(document: Document) -> Iterator[Variant]:
    """A section or a paragraph whose title says that it is about a reference."""
    by_title: dict[str, list[Sentence]] = {}
    for sentence in document.sentences:
        title = (
            _words_before_colon(document, sentence)
            or document.paragraph_title(sentence)
            or title_above(document, sentence)
        )
        if (
            title
            and _TITLE.search(title)
            and not _OF_FILMS.search(title)
            and not CALIBRATES.search(title)
        ):
            by_title.setdefault(title, []).append(sentence)
    for title, sentences in by_title.items():
        told = [s for s in sentences[:_MOST_SENTENCES] if _tells(document, s)]
        if any(document.inside(document.methods, s) or document.inside(document.mentions, s) for s in told):  # fmt: skip
            yield Variant(COMPARISON, "comparison", title.strip(" .:"), _places(told))


_COLON = re.compile(r"\W*(?:[\w.-]+ ){0,4}[\w-]+:(?= )")


def _words_before_colon(document: Document, sentence: Sentence) -> str:
    """ "Spin-coated references: The same ink …": the words that head a sentence, where they speak of a reference."""
    head = _COLON.match(document.words(sentence))
    return head[0].strip() if head and _TITLE.search(head[0]) else ""


def _labelled(document: Document) -> Iterator[Variant]:
    """ "the undoped precursor (control)", "…, 5-AVAI was left out ("bare cells")": the clause before the label."""
    for sentence in sentences_naming(document, ("(", '"', "“", "‘", "'")):
        if not _tells(document, sentence):
            continue
        words = document.words(sentence)
        for match in _LABEL.finditer(words):
            name = match["word"] or match["name"] or match["called"] or match["bare"]
            if "target" in name:
                continue
            starts = [m.end() for m in _CLAUSE_START.finditer(words, 0, match.start())]
            is_role = bool(match["word"])  # of one of several things in a sentence
            start = starts[-1] if starts and is_role else 0
            end = match.end() if is_role else len(words)
            if (
                is_role
                and not starts
                and not _LABEL.search(words, match.end())
                and _CARRIES.match(words, match.end())
            ):
                end = len(words)
            place = sentence.start + start, sentence.start + end
            yield Variant(COMPARISON, "comparison", name, [place], "" if match["word"] else name)


def _series(document: Document) -> Iterator[Variant]:
    for sentence in sentences_naming(document, ("series", " set ", "batch", "group", "some ", "few", "further", "additional", "several", "instead", "place of", "rather than")):  # fmt: skip
        words = document.words(sentence)
        match = _SERIES.search(words) or _INSTEAD.search(words)
        if match and _TESTED.match(words, match.end()):
            continue
        if match and _tells(document, sentence):
            yield Variant(COMPARISON, "comparison", name_of(document, sentence, match), [(sentence.start, sentence.end)])  # fmt: skip


def _headed(document: Document, layers: frozenset[str]) -> Iterator[Variant]:
    """ "PTAA: 30 mg in toluene … P3HT: …": layers told one after another, one of them the target's."""
    row = []
    for sentence in document.sentences:
        mention = next(iter(document.inside(document.mentions, sentence)), None)
        words = document.words(sentence)
        if mention and sentence.fabricates and kind_of(mention.name) and _HEAD.match(words[mention.end - sentence.start :]) and not words[: mention.start - sentence.start].strip():  # fmt: skip
            row.append((mention.name, sentence))
    if len(row) > 1 and any(name in layers for name, _ in row):
        for name, sentence in row:
            if name not in layers:
                yield Variant(SORT, "comparison", name, [(sentence.start, sentence.end)])


def _based(document: Document, layers: frozenset[str]) -> Iterator[Variant]:
    """ "Spiro-OMeTAD-based cells", of a layer that the target lacks and whose deposition is told."""
    own = {base(name) for name in layers}
    made = [o for o in operations_of(document) if o.sentence.fabricates and not o.is_treatment]
    told = set()
    for mention in document.mentions:
        before = document.lower[max(mention.start - 40, 0) : mention.start]
        if not (
            _BASED.match(document.lower, mention.end, mention.end + 30)
            or (before.endswith(_BEFORE_LAYER) and _DEVICES_WITH.search(before))
        ):
            continue
        in_stack = document.text[mention.start - 1 : mention.start] == "/"
        if in_stack or base(mention.name) in own | told or kind_of(mention.name) == 0:
            continue
        places = [(o.sentence.start, o.sentence.end) for o in made if mention.name in o.names]
        if places:
            told.add(base(mention.name))
            label = document.lower[mention.start : mention.end]
            yield Variant(COMPARISON, "comparison", f"{mention.name} cells", places, label)


def _three_dimensional(document: Document) -> Iterator[Variant]:
    """The cells with an ordinary perovskite beside those with a layered one."""
    sentences = sentences_naming(document, ("three-dimensional", "3d "))
    told = [s for s in sentences if _tells(document, s) and _OF_THREE.search(document.words(s))]
    if told:
        yield Variant(
            COMPARISON, "comparison", "three-dimensional", _places(told), THREE_DIMENSIONAL
        )


def _places(sentences: list[Sentence]) -> list[tuple[int, int]]:
    return [(s.start, s.end) for s in sentences]

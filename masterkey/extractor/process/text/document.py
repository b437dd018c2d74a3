"""A paper's text in sections and sentences, each with what it is about: materials, cells, tests …"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property, wraps
from itertools import pairwise
from operator import attrgetter

from masterkey.extractor.process.text.headings import TELLS, heading, kind_of, run_in_title
from masterkey.extractor.process.text.materials import Mention, mentions_of
from masterkey.extractor.process.text.methods import MethodMention, methods_of
from masterkey.extractor.process.text.names import new_names_of
from masterkey.extractor.process.text.quantities import Quantity, durations_of, temperatures_of
from masterkey.extractor.stems import Stemmed
from masterkey.extractor.words import Words

# No experimental section is longer than a quarter of this; it bounds the work on arbitrary text.
MAX_CHARACTERS = 40_000

# Tandems and modules that are told behind single cells stand beside them.
_SECOND = re.compile(r"\btandems?\b|\bmodules?\b")
_BOTTOM = re.compile(r"\bsilicon\b|\bbottom\b")  # of a tandem
_CELL = re.compile(r"\b(?:solar )?(?:cells?|devices?|pscs?)\b")
_CONTACT = re.compile(
    r"\b(?:silver|gold|copper|alumini?um|carbon|ag|au|cu|al)\b[^.]{0,80}(?:\bnm\b|evaporat|deposit|sputter|print|electrode)"
    r"|(?:\bnm\b|evaporat|deposit)[^.]{0,80}\b(?:silver|gold|copper|alumini?um|ag|au|cu)\b"
)
_LONGEST_CONTACT = 120  # characters of a match
# A sentence that turns to tandems, or to the subcell of the other gap, without a heading.
_TURNS_TO_TANDEMS = re.compile(
    r"\W{0,3}(?:(?:for|in|to (?:make|build|fabricate)|as for) (?:the |our |these )?(?:[\w/-]+ ){0,3}tandems?(?: (?:solar )?(?:cells|devices))?\b"
    r"|(?:the |our )?(?:[\w/-]+ ){0,3}tandems?(?: (?:solar )?(?:cells|devices))? (?:were|was|are|have|had|start|use[ds]?|consist\w*)\b)"
)
_OTHER_GAP = re.compile(
    r"\W{0,3}(?:for )?(?:the |our )?(?P<gap>narrow|low|wide|large|high)(?:e?r)?[- ]?(?:band-?\s?)?gap (?:single-junction )?(?:sub-?)?(?:solar )?(?:cells|devices)\b"
)
_OF_TANDEMS = re.compile(r"\btandems?\b|\bsilicon\b|\bbottom\b")
_WIDE = frozenset(("wide", "large", "high"))
_SINGLE_JUNCTION = re.compile(r"\bsingle[- ]junction|\bsingle (?:solar )?cells\b")
_TITLE_WORDS = 7  # of a paragraph
_start = attrgetter("start")
_FABRICATION = frozenset(("device", "solution", "", "other cell"))

# A sentence may begin with the small letters of a name: "n-Hexylammonium", "spiro-OMeTAD", "mp-TiO2".
_SMALL_START = r"(?:[cmnoptid]|mp|bl|sec|iso|tert|cis|trans|spiro)-[A-Za-z0-9]"
_STOP = re.compile(rf"\.(?:\[[\d, –-]+\]|[†‡§])?(?=\s+(?:[A-Z0-9(\[“\"α-ω]|{_SMALL_START}))|\n\n*")
# What stands before the full stop of a sentence: a word, a figure, a unit, a closed bracket; no initial …
_BEFORE_STOP = re.compile(r"(?:[a-z0-9+)%\]”\"'°]|[A-Z]{2}|[a-z][A-Z]|\d\s[KMVW]|\bC|\dO)$")
# … and none of these.
_ABBREVIATED = re.compile(r"\b(?:Fig|e\.g|i\.e|ca|vs|approx|Ref|No|Co|Ltd|Inc|Corp|vol|etc)$")
_LONGEST_ABBREVIATION = 7
# "1. Wash the glass.", "b. Ink of the target": the full stop is the mark's.
_LISTED = re.compile(r"\n\s?(?:\d{1,2}|[a-z]|[ivx]{2,4})$")
# With glass that is cleaned begins the making of cells, though no title says so.
_BEFORE_CELLS = frozenset(("materials", "synthesis"))
CLEANS_GLASS = re.compile(
    r"\b(?:ito|fto|tco|glass(?:es)?|substrates?)\b(?! tube)[^.;]{0,160}\b(?:cleaned|cleaning|washed|sonicated|ultrasonicated|etched|patterned|rinsed|scrubbed)\b|\b(?:cleaned|etched|patterned) (?:[\w-]+ ){0,2}(?:ito|fto)\b"
)


def _ends_sentence(stop: re.Match) -> bool:
    if stop[0][0] == "\n":
        return True
    before = stop.string[max(stop.start() - _LONGEST_ABBREVIATION, 0) : stop.start()]
    if _LISTED.search(before):
        return False
    return bool(_BEFORE_STOP.search(before)) and not _ABBREVIATED.search(before)


# Titles that say nothing known end a section on materials or measurements all the same.
_NO_FABRICATION = frozenset(("materials", "characterisation", "stability", "synthesis"))
# What is obtained from solutions or salts was mixed, not bought.
MADE_FROM = (
    r"(?:[\w-]+ ){0,4}(?:solutions?|stocks?|inks?|mix\w*)\b"
    r"|(?:[\d.]+ m )?(?:mai|fai|csi|mabr|fabr|csbr|gai|bai|peai|pbi2|pbbr2|pbcl2|sni2)\b"
)
_PURCHASE = Stemmed(
    rf"purchas|obtained from(?! (?:{MADE_FROM}))|bought|received from|supplied by|\b(?:was|were) (?:kindly )?provided by (?!(?:the|an?|means|spin|thermal|evapor|sputter|slot|blad|dip|immers|depos)\b)|supplier|acquired from|ordered from|came from|\bfrom (?:sigma|alfa|tci|merck"
    r"|lumtec|greatcell|dyesol|ossila|xi.?an|acros|dyenamo)|used as received|without (?:further )?purification"
)
# "C60 (sublimed, 99.9%)": how pure it was sold, not how it was deposited.
_GRADE = re.compile(r"\b(?:\w+ )?(?:sublimed|sublimation)(?= (?:grade|twice)\b|[,)])")
# "The ink is Cs0.1FA0.9PbI3 (salts from TCI) at 1.2 M in DMSO": it tells of an ink, wherever its salts came from.
_INK_MADE = re.compile(
    r"\b(?:inks?|precursors?|solutions?)\b.*\b(?:at|of) [\d.]+ ?(?:m|mol/l|mol l-1)\b.{0,12}\bin\b"
)
_FILM_STUDY = Stemmed(
    r"\b(?:xrd|sem|afm|xps|ups|eqe|ipce|trpl|(?<!\d )pl\b|uv-?vis|ftir|nmr|gixrd|giwaxs|diffract|microscop|spectr|profilomet|impedance"
    r"|simulator|keithley|j.?[–-]?v (?:curve|scan|measure|charact)|i.?[–-]?v curve|photoelectron|photoluminescence|ellipsomet)"
)


@dataclass(frozen=True)
class Section:
    """`kind` is one of the names in `headings._HEADINGS`, or "" where no heading says."""

    title: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """Characters [start, end) of the text; `kind` is its section's."""

    start: int
    end: int
    kind: str
    number: int
    is_purchase: bool
    is_study: bool

    @property
    def fabricates(self) -> bool:
        """Whether it may say how a layer was made."""
        return self.kind in _FABRICATION and not self.is_purchase


class _CellBefore:
    """Whether a whole cell that is no tandem is told, with its contact, before a place: asked at growing places.

    No section and no sentence is looked at twice, however many headings of tandems follow.
    """

    def __init__(self, lower: str):
        self._lower = lower
        self._first: int | None = None  # where the first section on cells begins
        self._n_sections = self._searched = 0
        self._is_told = False

    def is_told(self, sections: list[Section], place: int) -> bool:
        """`sections`: those that end before the place."""
        if self._first is None:
            new = filter(_is_of_cell, sections[self._n_sections :])
            self._first = next((section.start for section in new), None)
            self._n_sections = len(sections)
        if self._first is not None and not self._is_told:
            start = max(self._first, self._searched - _LONGEST_CONTACT)
            self._is_told = bool(_CONTACT.search(self._lower, start, place))
            self._searched = place
        return self._is_told


def _is_of_cell(section: Section) -> bool:
    title = section.title.lower()
    is_cell = section.kind == "device" and bool(_CELL.search(title))
    return is_cell and not (_SECOND.search(title) or _BOTTOM.search(title))


class Document:
    """A cleaned text (`rows.clean_text`) with its sections, sentences, names, methods, quantities."""

    def __init__(self, text: str):
        self.text = text[:MAX_CHARACTERS]
        # By sentence, as `items.items_of` and `items.is_under` have found them.
        self.items: dict[int, list] = {}
        # By function, what `once` keeps.
        self.kept: dict = {}
        self.unders: dict[int, list[bool]] = {}

    def __reduce__(self):
        """To another process goes the text alone."""
        return Document, (self.text,)

    @cached_property
    def lower(self) -> Words:
        """The text in lower case, character by character."""
        return Words.whole(self._lower, self.sentence_words)

    @cached_property
    def _lower(self) -> str:
        lower = self.text.lower()
        # "İ" has a lower case of two characters, which would shift all places behind it.
        return lower if len(lower) == len(self.text) else self.text

    @cached_property
    def _pieces(self) -> list[tuple[int, int]]:
        ends = [
            0,
            *map(re.Match.end, filter(_ends_sentence, _STOP.finditer(self.text))),
            len(self.text),
        ]
        return [(a, b) for a, b in pairwise(ends) if self.text[a:b].strip()]

    @cached_property
    def sections(self) -> list[Section]:
        found = [Section("", "", 0, len(self.text))]
        cell = _CellBefore(self.lower)
        for start, end in self._pieces:
            title = heading(self.text, start, end)
            if title is None and found[-1].kind in _NO_FABRICATION:
                title = run_in_title(self.text, start, end)
            if title is None:
                continue
            previous = found.pop()
            if start > previous.start:
                found.append(Section(previous.title, previous.kind, previous.start, start))
            kind = kind_of(title)
            if kind == "device" and _SECOND.search(title.lower()):
                kind = "other cell" if cell.is_told(found, start) else kind
            found.append(Section(title, kind, start, len(self.text)))
        return found

    @cached_property
    def has_second_devices(self) -> bool:
        """Whether tandems or modules are told behind single cells, which are then the paper's own."""
        return bool(self.asides) or any(
            s.kind == "other cell" and _SECOND.search(s.title.lower()) for s in self.sections
        )

    @cached_property
    def asides(self) -> list[tuple[int, int, str]]:
        """(start, end, "tandem" or "other gap") of what turns, without a heading, to other cells than the paper's own.

        These are tandems, or cells of the other gap, that are told beside whole single-junction cells.
        """
        if "tandem" not in self.lower or not _SINGLE_JUNCTION.search(self.lower):
            return []
        found: list[tuple[int, int, str]] = []
        for start, end in self._pieces:
            if found and start < found[-1][1]:
                continue
            words = self.lower[start:end]
            kind = "tandem" if _TURNS_TO_TANDEMS.match(words) else ""
            kind = kind or ("other gap" if self._is_other_gap(words, start) else "")
            contact = _CONTACT.search(self.lower, 0, start) if kind else None
            # What was told of tandems or silicon before may be the paper's own cell.
            if contact and (found or not _OF_TANDEMS.search(self.lower, 0, contact.end())):
                line = self.text.find("\n", end - 1)
                found.append((start, line + 1 if line >= 0 else len(self.text), kind))
        return found

    def _is_other_gap(self, words: str, start: int) -> bool:
        """Whether a sentence turns to cells of the other gap than those that were told first."""
        match = _OTHER_GAP.match(words)
        first = _OTHER_GAP.search(self.lower, 0, start) if match else None
        return bool(first) and (first["gap"] in _WIDE) != (match["gap"] in _WIDE)

    def is_of_second_devices(self, words: str) -> bool:
        """Whether lower-cased words are on those tandems or modules."""
        return self.has_second_devices and bool(_SECOND.search(words))

    def section_at(self, place: int) -> Section:
        """The section at a place of the text."""
        return self.sections[max(bisect_right(self._section_starts, place) - 1, 0)]

    @cached_property
    def _section_starts(self) -> list[int]:
        return [section.start for section in self.sections]

    def is_heading(self, sentence: "Sentence") -> bool:
        """Whether it is nothing but the title of a section."""
        return sentence.start in self._headings

    @cached_property
    def _headings(self) -> set[int]:
        return {section.start for section in self.sections if section.title}

    @cached_property
    def sentences(self) -> list[Sentence]:
        found = []
        cells_from = -1  # where a section without a title on cells comes to their glass
        for (start, end), words in zip(self._pieces, self.sentence_words, strict=True):
            section = self.section_at(start)
            kind = section.kind
            if kind in _BEFORE_CELLS and cells_from < section.start and CLEANS_GLASS.search(words):
                cells_from = start
            if kind in _BEFORE_CELLS and cells_from >= section.start:
                kind = "device"
            if kind in _FABRICATION and any(a <= start < b for a, b, _ in self.asides):
                kind = "other cell"
            found.append(
                Sentence(
                    start, end, kind, len(found),
                    bool(_PURCHASE.search(words)) and not _INK_MADE.search(words) and not methods_of(_GRADE.sub("", words)), _FILM_STUDY.stands_in(words),
                )
            )  # fmt: skip
        return found

    @cached_property
    def _starts(self) -> list[int]:
        return [sentence.start for sentence in self.sentences]

    def sentence_at(self, place: int) -> Sentence:
        """The sentence at a place of the text (one that is not empty)."""
        return self.sentences[max(bisect_right(self._starts, place) - 1, 0)]

    def begins_paragraph(self, sentence: Sentence) -> bool:
        """Whether it stands first in its line, or behind a heading within the line."""
        if self.text[max(sentence.start - 1, 0) : sentence.start] in ("", "\n"):
            return True
        previous = self.sentences[sentence.number - 1]
        return any(section.start == previous.start for section in self.sections)

    def paragraph_title(self, sentence: Sentence) -> str:
        """The short words that head its paragraph ("NiOx by combustion."), lower case; "" where none do."""
        start = self.text.rfind("\n", 0, sentence.start + 1) + 1
        first = self.sentence_at(start)
        words = self.words(first).strip()
        is_title = len(words.split()) <= _TITLE_WORDS and words.endswith((".", ":"))
        return words if is_title and not TELLS.search(words) else ""

    def words(self, sentence: Sentence) -> Words:
        """The sentence in lower case."""
        own = self.sentence_words[sentence.number]
        if len(own) == sentence.end - sentence.start:
            return own
        return Words(self._lower[sentence.start : sentence.end])  # a part of it

    @cached_property
    def sentence_words(self) -> list[Words]:
        """Each sentence in lower case."""
        return [Words(self._lower[start:end]) for start, end in self._pieces]

    @cached_property
    def mentions(self) -> list[Mention]:
        """Materials in order, of overlapping names the longest: known ones, and new ones by their use."""
        known = mentions_of(self.text)
        return sorted([*known, *new_names_of(self.text, known)], key=lambda mention: mention.start)

    @cached_property
    def methods(self) -> list[MethodMention]:
        return methods_of(self.lower)

    @cached_property
    def temperatures(self) -> list[Quantity]:
        """In °C."""
        return temperatures_of(self.text)

    @cached_property
    def durations(self) -> list[Quantity]:
        """In minutes."""
        return durations_of(self.text)

    def inside(self, found: list, sentence: Sentence) -> list:
        """Those of `found` (sorted by `start`) that begin in the sentence."""
        first = bisect_left(found, sentence.start, key=_start)
        return found[first : bisect_left(found, sentence.end, lo=first, key=_start)]


def once(function):
    """`function` of a document, computed once for each document: the devices beside a target are read long after it."""

    @wraps(function)
    def kept(document: Document):
        if function not in document.kept:
            document.kept[function] = function(document)
        return document.kept[function]

    return kept

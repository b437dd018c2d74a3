"""The perovskite's inks in a paper: one for a film in one step, or two that meet on the substrate."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from masterkey.extractor.process.inks.formulas import WrittenFormula, formulas_in
from masterkey.extractor.process.inks.pours import (
    poured_wholes,
    pours,
    stock_names,
)
from masterkey.extractor.process.inks.preparations import STRONG_SOLVENT, is_aside, may_prepare
from masterkey.extractor.process.inks.salts import Salt, SaltMention, mentions_of_salts
from masterkey.extractor.process.inks.solution import Solution
from masterkey.extractor.process.inks.solutions import solutions_in
from masterkey.extractor.process.inks.stocks import of_whole, poured_stocks, scale_stock
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.materials import Mention
from masterkey.extractor.process.text.passages import names_any

_ROLE = re.compile(
    r"\b(?:control|reference|comparison|comparative|pristine|baseline|conventional|standard)\b"
    r"|\b(?P<target>target|champion|this work|modified|optimi[sz]ed)\b"
)
_ROLE_STEMS = (
    "control",
    "referenc",
    "compari",
    "comparat",
    "pristine",
    "baseline",
    "conventional",
    "standard",
    "target",
    "champion",
    "this work",
    "modified",
    "optimi",
)
# Bounds the work on arbitrary text.
_MOST_OF_A_SENTENCE, _MOST_ROLES = 40, 20
_ADDED = re.compile(r"\badd(?:ed|ing|ition)\b|\bmixed (?:in\b|as (?:an )?additive)|\bintroduc|\bput (?:in|into)|\bincorporat|\btogether with|went into|supplement")  # fmt: skip
_FOR_TANDEM = re.compile(r"\bfor (?:the |our )?(?:[\w/-]+ ){0,2}tandems?\b")
_ALCOHOL = re.compile(r"isopropanol|2-propanol|\bipa\b|isopropyl|propan-2-ol|ethanol|methanol|butanol|\bi-?proh\b")  # fmt: skip
_ON_FILM = re.compile(
    r"dipp|immers|soak|expos|vapou?r|on(?:to)? (?:top of )?(?:the |this )?(?:[\w-]+ ){0,2}(?:pbi2|lead|inorganic|first|film|layer)|second (?:step|solution|ink)|was (?:dripped|dropped|loaded|spread)|convert"
)
_MADE = re.compile(
    r"dissol|solution|\binks?\b|mix|prepar|precursor|contain|consist|evaporat|stirr|compos|adduct|sublim|vapou?r|react|m[lL]\b|mol|\bdmf\b|dmso|\bgbl\b|acetonitrile|methoxyethanol|\bnmp\b|\bgvl\b"
)
_NEAR = 5  # sentences
USUAL_CATIONS = frozenset(("MA", "FA", "Cs", "Rb"))
_EVAPORATED = ("evaporat", "sublim", "vapor", "vapour", "cvd")


@dataclass
class Ink:
    """`first` and, of a two-step film, `second`; `role`: "target", "control" or "" where nothing says."""

    first: Solution
    second: Solution | None = None
    role: str = ""
    added: list[Solution] = field(default_factory=list)
    is_evaporated: bool = False

    @property
    def spans(self) -> list[tuple[int, int]]:
        return [(s.start, s.end) for s in (self.first, self.second, *self.added) if s is not None]


def _by_sentence(document: Document, found: list) -> dict[int, list]:
    """Number of a sentence → those of `found` (sorted by `start`) that begin in it."""
    grouped: dict[int, list] = {}
    for item in found:
        grouped.setdefault(document.sentence_at(item.start).number, []).append(item)
    return grouped


class Chemistry:
    """Salts, formulas and inks of a document, each found once."""

    def __init__(self, document: Document):
        self.document = document
        self.salts: list[SaltMention] = mentions_of_salts(document.text, document.lower)
        self.formulas: list[WrittenFormula] = formulas_in(document.text, document.lower)
        self.solvents_of: dict[int, list[Mention]] = {}
        self._asides: dict[int, bool] = {}
        self._prepares: dict[int, bool] = {}
        self._role_words: dict[int, list[tuple[int, str]]] = {}
        self._salts_of = _by_sentence(document, self.salts)
        self._formulas_of = _by_sentence(document, self.formulas)

    def salts_in(self, sentence: Sentence) -> list[SaltMention]:
        return self._salts_of.get(sentence.number, [])[:_MOST_OF_A_SENTENCE]

    def formulas_in(self, sentence: Sentence) -> list[WrittenFormula]:
        return self._formulas_of.get(sentence.number, [])[:_MOST_OF_A_SENTENCE]

    @cached_property
    def sentences_with_formulas(self) -> list[Sentence]:
        return [self.document.sentences[number] for number in self._formulas_of]

    @cached_property
    def writes_volumes(self) -> bool:
        """Whether solvents are written as volumes ("VDMF:VDMSO")."""
        return names_any(self.document.text, ("VDM", "VGBL", "VNMP"))

    @cached_property
    def titles(self) -> dict[int, str]:
        """Number of a sentence → title of its section, lower case."""
        found, sections, n = {}, self.document.sections, 0
        for sentence in self.document.sentences:
            while n + 1 < len(sections) and sections[n + 1].start <= sentence.start:
                n += 1
            found[sentence.number] = sections[n].title.lower()
        return found

    def is_aside(self, sentence: Sentence) -> bool:
        """Whether a sentence, or one behind it that points back ("such films"), says that no cell holds its films."""
        known = self._asides.get(sentence.number)
        if known is None:
            known = self._asides[sentence.number] = is_aside(self.document, sentence)
        return known

    def may_prepare(self, sentence: Sentence) -> bool:
        """Whether a sentence may say what an ink holds."""
        known = self._prepares.get(sentence.number)
        if known is None:
            known = self._prepares[sentence.number] = not self.is_aside(sentence) and may_prepare(
                self.document, sentence, self.titles
            )
        return known

    def role(self, sentence: Sentence, place: int) -> str:
        """ "control" or "target" by the nearest such word in the sentence before or around a place."""
        said = self._role_words.get(sentence.number)
        if said is None:
            words = self.document.words(sentence)
            matches = _ROLE.finditer(words) if names_any(words, _ROLE_STEMS) else ()
            said = self._role_words[sentence.number] = [
                (sentence.start + match.start(), "target" if match["target"] else "control")
                for match in islice(matches, _MOST_ROLES)
            ]
        if not said:
            return "control" if self.is_beside(sentence) else ""
        near = [item for item in said if not self._is_parted(item[0], place)]
        return min(near, key=lambda item: abs(item[0] - place))[1] if near else ""

    def _is_parted(self, one: int, other: int) -> bool:
        """Whether a semicolon stands between two places: "A and B were mixed; for the control, A alone"."""
        return ";" in self.document.text[min(one, other) : max(one, other)]

    def is_beside(self, sentence: Sentence) -> bool:
        """Whether a sentence is of another cell than the paper's own: a tandem's second absorber."""
        if sentence.kind == "other cell" or _FOR_TANDEM.search(self.document.words(sentence)):
            return True
        said = _ROLE.search(self.document.paragraph_title(sentence))
        return bool(said and not said["target"])

    @cached_property
    def solutions(self) -> list[Solution]:
        """All solutions of salts, in order, mixtures of stocks last of their sentence."""
        found: list[Solution] = []
        stocks: dict[str, Solution] = {}
        for sentence in self.document.sentences:
            mentions = self.salts_in(sentence)
            if stocks and (mixtures := pours(self.document, sentence, stocks)):
                found = [s for s in found if s not in stocks.values()]
                found += mixtures
                continue
            if not mentions or not self.may_prepare(sentence):
                continue
            if whole := poured_wholes(self.document, sentence, mentions):
                found.append(whole)
                continue
            if poured := poured_stocks(self.document, sentence, mentions):
                stocks.update(poured)
                continue
            names = stock_names(self.document, sentence)
            own = solutions_in(self.document, sentence, mentions, names)
            named = list(dict.fromkeys(stock.name for stock in names))
            if len(named) == len(own) == 1:
                own = [of_whole(own[0], mentions)]
            found += own
            if len(named) == len(own):
                stocks.update(zip(named, own, strict=True))
        return found

    @cached_property
    def inks(self) -> list[Ink]:
        """Inks that hold metal, each with what a later sentence adds or lays on its film."""
        found: list[Ink] = []
        seconds: list[Solution] = []
        for solution in self.solutions:
            words = self.document.words(solution.sentence)
            if found and self._is_chloride_beside(found[-1], solution, words):
                continue
            if solution.has_metal:
                if self._is_no_news(found, solution, words):
                    continue
                if found and self._goes_on(found[-1], solution, words):
                    found[-1].added.append(solution)
                else:
                    role = self.role(solution.sentence, solution.start)
                    is_dry = names_any(words, _EVAPORATED) and not STRONG_SOLVENT.search(words)
                    found.append(Ink(solution, role=role, is_evaporated=is_dry))
            elif not {i for salt in solution.amounts for i in salt.cations} & USUAL_CATIONS:
                near = found and solution.sentence.number - found[-1].first.sentence.number <= _NEAR
                if near and _ADDED.search(words) and not _ALCOHOL.search(words):
                    found[-1].added.append(solution)
            elif found and self._belongs_to(found[-1], solution, words):
                place = slice(solution.sentence.start, solution.sentence.end)
                scale_stock(solution, self.document.text[place], found[-1].first)
                found[-1].added.append(solution)
            else:
                seconds.append(solution)
        for ink in found:
            if not is_complete(ink):
                ink.second = self._second_of(ink, seconds)
            elif _holds_share_of_cesium(ink, self.document.words(ink.first.sentence)):
                coated = [s for s in seconds if self._is_put_on_film(s, ink)]
                ink.second = self._second_of(ink, coated)
        return found

    def _is_no_news(self, inks: list[Ink], solution: Solution, words: str) -> bool:
        """Whether a sentence only speaks of a perovskite or of an ink that is known."""
        if solution.known:
            return False
        news = {salt for salt in solution.amounts if not is_dispensable(salt)}
        if any(news <= _components(ink) for ink in inks):
            return True
        binary = any(salt.metals and not salt.cations for salt in solution.amounts)
        return not binary or not _MADE.search(words)

    def _is_chloride_beside(self, ink: Ink, solution: Solution, words: str) -> bool:
        """Whether a sentence puts chlorides alone into a complete ink: "3 mol% of MAPbCl3 was mixed in as additive"."""
        apart = solution.sentence.number - ink.first.sentence.number
        chlorides = all(set(salt.anions) == {"Cl"} for salt in solution.amounts)
        return (
            chlorides
            and apart <= 3
            and bool(_ADDED.search(words))
            and is_complete(ink)
            and solution.has_cation
            and solution.has_metal
        )

    def _belongs_to(self, ink: Ink, solution: Solution, words: str) -> bool:
        """Whether salts without metal go into the ink before them rather than on its film."""
        apart = solution.sentence.number - ink.first.sentence.number
        if apart > 3 or _ALCOHOL.search(words) or _ON_FILM.search(words):
            return False
        if not is_complete(ink):
            return apart <= 1 and not ink.added
        return bool(_ADDED.search(words))

    def _second_of(self, ink: Ink, seconds: list[Solution]) -> Solution | None:
        """The ink of the second step: one in alcohol, with amounts, behind the first; else any."""
        best, highest = None, 0.0
        for solution in seconds:
            words = self.document.words(solution.sentence)
            score = 1.0 + bool(_ALCOHOL.search(words)) + bool(solution.is_quantified)
            score += 1.0 * bool(_ON_FILM.search(words)) - 1.5 * (solution.start < ink.first.start)
            if self.role(solution.sentence, solution.start) == "control" and ink.role != "control":
                score -= 0.5
            if score > highest:
                best, highest = solution, score
        return best

    def _is_put_on_film(self, solution: Solution, ink: Ink) -> bool:
        """Whether a solution behind an ink's holds the organic cations, in an alcohol."""
        words = self.document.words(solution.sentence)
        organic = {i for salt in solution.amounts for i in salt.cations} & {"MA", "FA"}
        return solution.start > ink.first.start and bool(organic and _ALCOHOL.search(words))

    def _goes_on(self, ink: Ink, solution: Solution, words: str) -> bool:
        """Whether a sentence with metal salts only adds to the ink before it."""
        if solution.sentence.number - ink.first.sentence.number > 1 or solution.is_mixture:
            return False
        new = not set(solution.amounts) & set(ink.first.amounts)
        return new and bool(_ADDED.search(words)) and not solution.has_cation


_SHARE_OF_CESIUM = re.compile(
    r"\d ?(?:mol[.-]? ?)?% (?:of )?(?:csi|c(?:a)?esium iodide)\b|\bcsi \(\d+ ?(?:mol[.-]? ?)?%"
)


def _holds_share_of_cesium(ink: Ink, words: str) -> bool:
    """ "1.5 M PbI2 with 5% CsI": a first step, of which caesium is the only cation yet."""
    cations = {i for salt in ink.first.amounts for i in salt.cations}
    return cations == {"Cs"} and bool(_SHARE_OF_CESIUM.search(words))


def _components(ink: Ink) -> set[Salt]:
    """Salts that an ink holds, also those of which its sentence says that the whole is made."""
    return {*amounts_of_ink(ink), *ink.first.amounts, *(m.salt for m in ink.first.mentions)}


def is_complete(ink: Ink) -> bool:
    """Whether the ink holds the cations of its perovskite already."""
    salts = [*ink.first.amounts, *(s for solution in ink.added for s in solution.amounts)]
    usual = [s for s in salts if set(s.cations) & USUAL_CATIONS]
    known = ink.first.known
    # A chloride of which some mol% are told ("PbI2 with 4 mol% RbCl") makes no perovskite.
    if not usual or (known and all(is_volatile(s) and s not in known for s in usual)):
        return False
    if not known and not {i for s in usual for i in s.cations} & {"MA", "FA"} and ink.is_evaporated:
        return False
    metal = sum(n * known.get(s, 0) for s in known for i, n in s.ions if i in s.metals)
    cation = sum(n * known.get(s, 0) for s in known for i, n in s.ions if i in s.cations)
    return not metal or not cation or cation > 0.7 * metal


def amounts_of_ink(ink: Ink) -> dict[Salt, float | None]:
    """First solution with what is added to it; None where an amount is not said.

    Beside salts that make a perovskite by themselves, what is given without an amount in mol and need not
    enter the lattice (chlorides, spacers, fluorides: "0.4 mol% PEACl") is left out.
    """
    total: dict[Salt, float | None] = dict(ink.first.amounts)
    for solution in ink.added:
        for salt, n in solution.amounts.items():
            total.setdefault(salt, n)
    building = {
        salt: n
        for salt, n in total.items()
        if n or not (is_volatile(salt) or (salt not in ink.first.amounts and is_dispensable(salt)))
    }
    if any(
        n and salt.is_metal_source for salt, n in building.items()
    ):  # "PbI2 (1 M), BiI3 (0.1 mol%)"
        building = {
            s: n for s, n in building.items() if n or s.cations or {"Pb", "Sn"} & {*s.metals}
        }
    cations = {ion for salt in building for ion in salt.cations}
    metals = {ion for salt in building for ion in salt.metals}
    return building if metals and cations & USUAL_CATIONS else total


def is_volatile(salt: Salt) -> bool:
    """Whether it holds no halide that the lattice keeps beside others; asked of salts without an amount in mol."""
    if salt.metals:
        return bool({"F", "SCN", "Ac", "NO3"} & set(salt.anions))
    return not {"I", "Br"} & set(salt.anions)


def is_dispensable(salt: Salt) -> bool:
    """Whether a perovskite of the usual cations can be made without it."""
    return is_volatile(salt) or not (salt.metals or USUAL_CATIONS & set(salt.cations))

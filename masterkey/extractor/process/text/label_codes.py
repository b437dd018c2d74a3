"""Devices that a text calls by codes: "G0, G2.5 and G5", "In-0 to In-3", "control, T1 and T2", "x = 0.05" (issue 14)."""

import re
from dataclasses import dataclass

from masterkey.extractor.process.text.document import Document
from masterkey.extractor.stems import Stemmed

_NUMBER = r"\d{1,3}(?:\.\d{1,3})?"
# "G", "In-", "PM6-", "x = ": what the codes of one row have in common. No unit, no layer's thickness, no charge.
_CODE = re.compile(
    rf"(?<![\w./=+·−°-])(?P<stem>[A-Za-z]{{1,6}}\d?-|[A-Z][A-Za-z]{{0,3}}|[xn] ?= ?)(?P<n>{_NUMBER})(?P<unit> ?(?:mol)?%)?(?![\w°%+/(]|\.\d|[-−]\w)"
)
_PLAIN = re.compile(
    r"(?<![\w-])(?:[Cc]ontrol|[Rr]eference|[Pp]ristine|[Cc]trl|CTRL|[Rr]ef)(?![\w-])"
)
# Of measurements, norms, lines of a laser, gases: "ISOS-2", "T80", "P1", "Sn 3d5", "AM1.5", "KG5".
_NO_STEM = re.compile(r"(?:ISOS-?|AM|KG-?|T(?=[5-9]\d$)|R|Q|pH|ppm|EN|ISO-?|IEC-?|UN|v|V|H|O|Fig|Tab|Eq|Ref|No)(?=\d)")  # fmt: skip
_JOIN = re.compile(
    r"\s?\((?P<aside>[^()]{1,60})\)(?:, (?:and |or )?| and | or )|\s?[,/&]\s?(?:and |or )?|\s?[–-]\s?|\s(?:and|or|to|through)\s"
)
_RANGE = re.compile(r"\s?[–-]\s?|\s(?:to|through)\s")
_MADE = r"(?:devices?|(?:solar )?cells?|pscs?|samples?|films?|layers?|perovskites?|inks?|solutions?|precursors?|variants?|recipes?|batch(?:es)?|series|groups?|substrates?)"
_CALL = r"(?:named|call(?:ed)?|label+ed|denot(?:ed?|ing)|termed|designated?|abbreviated?|marked|coded|numbered|referred to|refer to|write|written|names?|codes?|labels?|abbreviations?|stands? for|short for|means?|correspond\w*)"
_BEFORE = Stemmed(
    rf"\b{_MADE}(?: with| of| for| at|:|,)? ?[\"“‘']?$|\b{_CALL}\b(?: [\w-]+){{0,3}}(?: as| by|:|,)? ?[\"“‘'(]?$"
)
_BEHIND = re.compile(
    rf"[\"”’']?(?:[- ]based)? (?:[a-z]+ )?{_MADE}\b|[\"”’']? (?:denotes?|stands?|refers?|means?|designates?|are the (?:names|codes|labels))\b"
)
_NAMED = re.compile(rf"\b{_CALL}\b|\b(?:devices?|cells?|pscs?)\b")
_OF_CELL = re.compile(r"(?:[- ]based)? (?:solar )?(?:devices?|cells?|pscs?)\b")
_NOT_BEFORE = re.compile(
    r"(?:\b(?i:fig(?:ure|s)?|tables?|figures|scheme|notes?|section|sections|examples?|eq|grade|ref|refs|part|peaks?|chapter|clause|claim|(?:model|type) no|keithley|bottle|step|steps)\.? ?[\"“(]?|[°Å/=+·×]\s?|, S\d+ (?:and|to) )$"
)
_SCRIBES = re.compile(r"\blasers?\b|\bscrib|\bmodules?\b|\bstrips\b")  # "P1, P2 and P3"
_FEWEST, _MOST = 2, 8


@dataclass(frozen=True)
class CodedRow:
    """`names`: what the text calls its devices by, in order; `places`: (start, end, numbers of those named, is_bare).

    `nil`: the number of the one without what the others have; None where there is none.
    """

    names: tuple[str, ...]
    places: tuple[tuple[int, int, tuple[int, ...], bool], ...]
    nil: int | None


def coded_row(document: Document) -> CodedRow | None:
    """The row of codes that a text calls its devices by; None where it has none."""
    families: dict[str, list[re.Match]] = {}
    for match in _CODE.finditer(document.text):
        if _is_code(document, match):
            families.setdefault(match["stem"].replace(" ", ""), []).append(match)
    best: CodedRow | None = None
    for stem, found in families.items():
        row = _of_family(document, stem, found)
        if row and (best is None or len(row.places) > len(best.places)):
            best = row
    return best


def _is_code(document: Document, match: re.Match) -> bool:
    text = document.text
    if _NO_STEM.match(match[0]) or _NOT_BEFORE.search(text, max(match.start() - 14, 0), match.start()):  # fmt: skip
        return False
    sentence = document.sentence_at(match.start())
    if sentence.is_purchase or document.is_heading(sentence):
        return False
    return not any(
        m.start <= match.start() and match.end() <= m.end
        for m in document.inside(document.mentions, sentence)
    )


def _of_family(document: Document, stem: str, found: list[re.Match]) -> CodedRow | None:
    """The row of the codes with one stem, if the text calls devices, films or inks by them."""
    values = sorted({float(match["n"]) for match in found})
    if not _FEWEST <= len(values) <= _MOST or (stem == "P" and _SCRIBES.search(document.lower)):
        return None
    lists = _lists(document, found)
    if not _are_devices(document, stem, lists):
        return None
    names = {}
    for match in found:
        names.setdefault(float(match["n"]), match[0])
    order = [names[value] for value in values]
    plain = _plain_of(document, lists) if values[0] else []
    first = bool(plain)
    places = [_place(document, run, values, first) for run in lists]
    places += [(a, b, (0,), False) for a, b in plain]
    nil = 0 if first or not values[0] else None
    names_in_order = (("control",) if first else ()) + tuple(order)
    return CodedRow(names_in_order, tuple(sorted(places)), nil)


def _lists(document: Document, found: list[re.Match]) -> list[list[re.Match]]:
    """The codes, those together that stand in one list."""
    runs: list[list[re.Match]] = []
    for match in found:
        if runs and _JOIN.fullmatch(document.text, runs[-1][-1].end(), match.start()):
            joint = _JOIN.fullmatch(document.text, runs[-1][-1].end(), match.start())
            if not joint["aside"]:
                runs[-1].append(match)
                continue
        runs.append([match])
    return runs


def _are_devices(document: Document, stem: str, lists: list[list[re.Match]]) -> bool:
    """Whether two of the codes are told of devices or what they are made from, and one of them by a name."""
    lower = document.lower
    told: set[str] = set()
    is_named = False
    for run in lists:
        start, end = run[0].start(), run[-1].end()
        before = _BEFORE.search(lower[max(start - 50, 0) : start])
        behind = _BEHIND.match(lower, end)
        sentence = document.sentence_at(start)
        listed = len(run) > 1 and _NAMED.search(document.words(sentence))
        if before or behind or listed or lower[start - 1 : start] == "(":
            told |= {match["n"] for match in run}
        is_named |= bool(before or behind or listed)
    if stem.endswith("="):
        # Of a formula's x the values are told in one list, and the devices by them.
        return False
    return len(told) > 1 and is_named


def _plain_of(document: Document, lists: list[list[re.Match]]) -> list[tuple[int, int]]:
    """Where the text names the device without, beside codes none of which is of 0: "control, T1 and T2"."""
    found = [m.span() for m in _PLAIN.finditer(document.text) if _is_of_devices(document, m)]
    return found if len(found) > 1 else []


_OF_DEVICES = re.compile(
    rf"[\"”’']?(?: (?:perovskite|solar|and|or))? {_MADE}\b|[\"”’']?(?:,| and| or| was| were| had| has| kept| retained)\b|\)"
)


def _is_of_devices(document: Document, match: re.Match) -> bool:
    sentence = document.sentence_at(match.start())
    return not sentence.is_study and bool(_OF_DEVICES.match(document.lower, match.end()))


def _place(
    document: Document, run: list[re.Match], values: list[float], first: bool
) -> tuple[int, int, tuple[int, ...], bool]:
    """Of a list of codes; with the noun "devices" or "cells" behind it."""
    numbers = [values.index(float(match["n"])) for match in run]
    if len(run) == 2 and _RANGE.fullmatch(document.text, run[0].end(), run[1].start()):
        numbers = list(range(numbers[0], numbers[1] + 1))
    start, end = run[0].start(), run[-1].end()
    noun = _OF_CELL.match(document.lower, end)
    others = not noun and _BEHIND.match(document.lower, end)
    before = re.search(rf"\b{_MADE} $", document.lower[max(start - 14, 0) : start])
    end = noun.end() if noun else end
    is_bare = not others and not before
    return start, end, tuple(dict.fromkeys(n + first for n in numbers)), is_bare

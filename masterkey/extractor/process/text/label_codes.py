"""Devices that a text calls by codes: "G0, G2.5 and G5", "In-0 to In-3", "control, T1 and T2" (issue 14)."""

import re
from dataclasses import dataclass

from masterkey.extractor.process.text.document import Document
from masterkey.extractor.stems import Stemmed

_NUMBER = r"\d{1,3}(?:\.\d{1,3})?"
# "G", "In-", "PM6-", "x = ": what the codes of one row have in common. No unit, no layer's thickness, no charge.
_CODE = re.compile(
    rf"(?<![\w.=+·−°-])(?P<stem>[Tt]arget |[A-Za-z]{{1,7}}\d?-|[A-Z][A-Za-z]{{0,3}})(?P<n>{_NUMBER})(?P<unit> ?(?:mol)?%)?(?![\w°%+]|\.\d|[-−]\w|/(?!(?P=stem))|\(\w)"
)
_PLAIN = re.compile(
    r"(?<![\w-])(?:[Cc]ontrol|[Rr]eference|[Pp]ristine|[Cc]trl|CTRL|[Rr]ef)(?![\w-])"
)
# Of measurements, norms, lines of a laser, gases: "ISOS-2", "T80", "P1", "Sn 3d5", "AM1.5", "KG5".
_NO_STEM = re.compile(r"(?:ISOS-?|AM|KG-?|T(?=[5-9]\d$)|pH|ppm|EN|ISO-?|IEC-?|UN|v|V|H|O|Fig|Tab|Eq|Ref|No)(?=\d)")  # fmt: skip
_JOIN = re.compile(
    r"\s?\((?P<aside>[^()]{1,60})\)(?:, (?:and |or )?| and | or )|\s?[,/&]\s?(?:and |or )?|\s?[–-]\s?|\s(?:and|or|to|through)\s"
)
RANGE = re.compile(r"\s?[–-]\s?|\s(?:to|through)\s")
_MADE = r"(?:devices?|(?:solar )?cells?|pscs?|samples?|films?|layers?|perovskites?|inks?|solutions?|precursors?|variants?|recipes?|batch(?:es)?|series|groups?|substrates?)"
_CALL = r"(?:named|call(?:ed)?|label+ed|denot(?:ed?|ing)|termed|designated?|abbreviated?|marked|coded|numbered|referred to|refer to|write|written|names?|codes?|labels?|abbreviations?|stands? for|short for|means?|correspond\w*)"
_BEFORE = Stemmed(
    rf"\b{_MADE}(?: with| of| for| at|:|,)? ?[\"“‘']?$|\b{_CALL}\b(?: [\w-]+){{0,3}}(?: as| by|:|,)? ?[\"“‘'(]?$"
)
_BEHIND = re.compile(
    rf"[\"”’']?(?:[- ]based)? (?:[a-z]+ )?{_MADE}\b|[\"”’']? (?:denotes?|stands?|refers?|means?|designates?|are the (?:names|codes|labels))\b"
)
_ACTS = re.compile(
    r"[\"”’']?\)?(?: cells?| devices?)? (?:(?P<performs>(?:still |had |has |have )?(?:(?:is|was) (?:the |our )?(?:best|most|optimal|superior|better|champion|chosen|selected)|retain\w*|kept|keeps?|gave|gives?|show\w*|reach\w*|maintain\w*|lost|loses?|fell|dropp?\w*|perform\w*|deliver\w*|yield\w*|exhibit\w*|preserv\w*|degrad\w*|serv\w*))|with|without|has|had|have|contain\w*|receiv\w*|got|is|was|were|are)\b|[\"”’']?(?: cells?| devices?)? \d\d(?:\.\d+)? ?%"
)
_HEADS = re.compile(r"\s?[:=|]\s|\t|\s?[–—] ")
_IN = re.compile(r"\b(?:in|for|of) (?:the )?$")
_COATED = re.compile(
    r" (?:was|were) (?:then |also |next )?(?:(?:spin|blade|slot|spray|dip|bar|doctor|drop|ink)[ -]?\w*|deposited|coated|dropped|cast|dispensed|printed|filtered)\b"
)
_NAMED = re.compile(rf"\b{_CALL}\b|\b(?:devices?|cells?|pscs?)\b")
_OF_CELL = re.compile(r"(?:[- ]based)? (?:solar )?(?:devices?|cells?|pscs?)\b")
_NOT_BEFORE = re.compile(
    r"(?:\b(?i:fig(?:ure|s)?|tables?|figures|scheme|notes?|section|sections|examples?|eq|grade|ref|refs|part|peaks?|chapter|clause|claim|(?:model|type) no|keithley|bruker|rigaku|jeol|hitachi|zeiss|leica|shimadzu|horiba|newport|oriel|agilent|keysight|panalytical|thermo|autolab|zahner|enlitech|tescan|fei|bottle|step|steps)\.? ?[\"“(]?|[°Å/=+·×]\s?|, S\d+ (?:and|to) )$"
)
_HEADING = re.compile(r"\n\w+[.:]? [A-Z][a-z]+")  # "S1 Materials"
_SCRIBES = re.compile(r"\blasers?\b|\bscrib|modules?\b|\bstrips\b|\blines\b")  # "P1, P2 and P3"
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
        stem = match["stem"].lower() if match["stem"].endswith(" ") else match["stem"]
        families.setdefault(stem, []).append(match)
    best: CodedRow | None = None
    for stem, found in families.items():
        if len({match["n"] for match in found}) < _FEWEST:
            continue  # few stems have more, and what follows takes a while
        row = _of_family(document, stem, [match for match in found if _is_code(document, match)])
        if row and (best is None or len(row.places) > len(best.places)):
            best = row
    return best or words_row(document)


def _is_code(document: Document, match: re.Match) -> bool:
    text = document.text
    if _NO_STEM.match(match[0]) or _NOT_BEFORE.search(text, max(match.start() - 14, 0), match.start()):  # fmt: skip
        return False
    if text[match.start() - 1 : match.start()] == "/" and not re.search(
        rf"{re.escape(match['stem'])}{_NUMBER}/$", text[max(match.start() - 14, 0) : match.start()]
    ):
        return False
    sentence = document.sentence_at(match.start())
    if sentence.is_purchase or _HEADING.match(text, max(match.start() - 1, 0)):
        return False
    return not any(
        m.start <= match.start() and match.end() <= m.end
        for m in document.inside(document.mentions, sentence)
    )


def _of_family(document: Document, stem: str, found: list[re.Match]) -> CodedRow | None:
    """The row of the codes with one stem, if the text calls devices, films or inks by them."""
    lists = _lists(document, found)
    values = sorted({float(match["n"]) for match in found} | _between(document, lists))
    if not _FEWEST <= len(values) <= _MOST or (stem == "P" and _SCRIBES.search(document.lower)):
        return None
    if not _are_devices(document, lists):
        return None
    names = {}
    for match in found:
        names.setdefault(float(match["n"]), match[0])
    order = [names.get(value, f"{found[0]['stem']}{value:g}") for value in values]
    plain = _plain_of(document, lists) if values[0] else []
    first = bool(plain)
    places = [_place(document, run, values, first) for run in lists]
    places += [(a, b, (0,), False) for a, b in plain]
    nil = 0 if first or not values[0] else None
    names_in_order = (("control",) if first else ()) + tuple(order)
    return CodedRow(names_in_order, tuple(sorted(places)), nil)


def _between(document: Document, lists: list[list[re.Match]]) -> set[float]:
    """The numbers that "K-0 to K-3" leaves out, where the text names no other in between."""
    told = {float(match["n"]) for run in lists for match in run}
    left_out: set[float] = set()
    for run in lists:
        if len(run) == 2 and RANGE.fullmatch(document.text, run[0].end(), run[1].start()):
            first, last = (float(match["n"]) for match in run)
            inside = {n for n in told if first < n < last}
            if (first + last).is_integer() and all(map(float.is_integer, inside | {first})) and last - first < _MOST:  # fmt: skip
                left_out |= {float(n) for n in range(int(first), int(last) + 1)}
    return left_out - told


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


def _are_devices(document: Document, lists: list[list[re.Match]]) -> bool:
    """Whether two of the codes are told of devices or what they are made from, and one of them by a name."""
    lower = document.lower
    told: set[str] = set()
    is_named = False
    headed: set[str] = set()  # "D1: …", "D2 = …"
    coated = {run[0]["n"] for run in lists if len(run) == 1 and _COATED.match(lower, run[0].end())}
    if len(coated) > 1:
        return False  # the text's solutions
    for run in lists:
        start, end = run[0].start(), run[-1].end()
        codes = {match["n"] for match in run}
        before = _BEFORE.search(lower[max(start - 50, 0) : start])
        behind = _BEHIND.match(lower, end)
        sentence = document.sentence_at(start)
        listed = len(run) > 1 and _NAMED.search(document.words(sentence))
        acts = _ACTS.match(lower, end)
        aside = lower[start - 1 : start] == "(" or _IN.search(lower, max(start - 8, 0), start)
        if before or behind or listed or acts or aside:
            told |= codes
        counted_up = lower[start - 1 : start] == "(" and len(run) > 2
        headed |= codes if len(run) == 1 and _HEADS.match(document.text, end) else set()
        is_named |= bool(before or behind or listed or counted_up or (acts and acts["performs"]))
    return len(told | headed) > 1 and (is_named or len(headed) > 1)


def _plain_of(document: Document, lists: list[list[re.Match]]) -> list[tuple[int, int]]:
    """Where the text names the device without, beside codes none of which is of 0: "control, T1 and T2"."""
    found = list(_PLAIN.finditer(document.text))
    if not any(_is_of_devices(document, match) for match in found):
        return []
    return [m.span() for m in found if not _OF_ELSE.match(document.lower, m.end()) and not _FROM_ELSE.search(document.lower, max(m.start() - 14, 0), m.start())]  # fmt: skip


# Reference cells that set a lamp.
CALIBRATES = Stemmed(
    r"calibrat|certif|\bnrel\b|newport|\boriel\b|\bkg-?\d|simulator|photodiode|silicon|\bsi[- ]|photovoltaic reference|electrode|ag/agcl"
)
# "Control of the temperature", "flow control", "reference electrode": no device.
_OF_ELSE = re.compile(
    r" (?:over|of|units?|systems?|software|panels?|experiments?|measurements?|electrodes?|spectr\w+|group|diode|photodiode|(?:silicon|si) |solar cell|cells? (?:\(|from|with a kg))"
)
_FROM_ELSE = re.compile(r"\b(?:to|flow|thickness|temperature|process|quality|silicon|si|better) $")
_OF_DEVICES = re.compile(
    rf"[\"”’']?(?: (?:perovskite|solar|and|or))? {_MADE}\b|[\"”’']?(?:,|:(?= )|(?: and| or| was| were| is| had| has| kept| retained| contain\w*| receiv\w*| lack\w*| got| to)\b)|\)"
)


def _is_of_devices(document: Document, match: re.Match) -> bool:
    sentence = document.sentence_at(match.start())
    if sentence.is_study or CALIBRATES.search(document.words(sentence)):
        return False
    return bool(_OF_DEVICES.match(document.lower, match.end()))


def _place(
    document: Document, run: list[re.Match], values: list[float], first: bool
) -> tuple[int, int, tuple[int, ...], bool]:
    """Of a list of codes; with the noun "devices" or "cells" behind it."""
    numbers = [values.index(float(match["n"])) for match in run]
    if len(run) == 2 and RANGE.fullmatch(document.text, run[0].end(), run[1].start()):
        numbers = list(range(numbers[0], numbers[1] + 1))
    start, end = run[0].start(), run[-1].end()
    noun = _OF_CELL.match(document.lower, end)
    others = not noun and _BEHIND.match(document.lower, end)
    before = re.search(rf"\b{_MADE} $", document.lower[max(start - 14, 0) : start])
    end = noun.end() if noun else end
    is_bare = not others and not before
    return start, end, tuple(dict.fromkeys(n + first for n in numbers)), is_bare


_WORD = r"[A-Z][A-Za-z]{0,4}(?:[/+-][A-Za-z0-9.]{1,6})*"
_WORDS = re.compile(
    rf"\b(?:named|called|label+ed|denoted|termed|designated|abbreviated|marked|coded|referred to)(?: as| by| here| below)? (?:the )?[\"“‘']?(?P<names>{_WORD}(?:[\"”’']?(?:, (?:and )?| and | or )[\"“‘']?{_WORD})*)(?![\w-])"
    rf"|\((?:cells?|devices?|samples?) [\"“‘']?(?P<aside>{_WORD})[\"”’']?\)|\b(?:[Ff]or|[Ii]n|[Oo]f) (?:the )?(?:cells|devices?) (?P<of>{_WORD})(?=[, ])"
)
_NO_WORD = re.compile(r"(?:Control|Target|Reference|Pristine|Device|Cell|Type|Group|Sample|Solution|Ink|The|In|At|On|For|As|With|Fig|Table)s?$|[A-Z]$|[IVX]+$")  # fmt: skip


def words_row(document: Document) -> CodedRow | None:
    """The row of short words that a text declares for its devices: "dried films are called RT, … HP"."""
    names: list[str] = []
    for match in _WORDS.finditer(document.text):
        sentence = document.sentence_at(match.start())
        if sentence.is_purchase or sentence.is_study:
            continue
        words = re.findall(_WORD, match["names"] or match["aside"] or match["of"])
        named = {document.text[m.start : m.end] for m in document.inside(document.mentions, sentence) if m.end - m.start > 2}  # fmt: skip
        short = any(map(_WITHOUT.match, words))  # "W/O and W"
        own = [w for w in words if (short or match["aside"] or not _NO_WORD.match(w)) and w not in named and ((w.isalpha() and w.isupper()) or re.search(r"[/+-]", w))]  # fmt: skip
        names += own if len(own) == len(words) else []
    names = list(dict.fromkeys(names))
    if not _FEWEST <= len(names) <= _MOST:
        return None
    forms = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    single = re.compile(rf"(?<![\w/+-])(?:{forms})(?![\w/+-])")
    places = []
    for match in single.finditer(document.text):
        noun = _OF_CELL.match(document.lower, match.end())
        others = not noun and _BEHIND.match(document.lower, match.end())
        end = noun.end() if noun else match.end()
        places.append((match.start(), end, (names.index(match[0]),), not others))
    told = [numbers[0] for _, _, numbers, _ in places]
    # Each but one is spoken of again.
    if sum(told.count(n) > 1 for n in range(len(names))) < len(names) - 1:
        return None
    nil = next((n for n, name in enumerate(names) if _WITHOUT.match(name)), None)
    return CodedRow(tuple(names), tuple(places), nil)


_WITHOUT = re.compile(r"[Ww]/[Oo]|Ref|REF|CTRL|Ctrl|[Cc]ontrol")

"""Where cells were aged: the gas and the heat of a test (issue 14)."""

import re
from itertools import islice

from masterkey.extractor.process.cell.stability_records import Reading
from masterkey.extractor.process.text.document import Document, Sentence

_BEFORE = 160  # characters before a value in which words may say what it is of
_HIGHEST_HEAT = 200.0  # °C; no cell is aged above
# These bound the work on arbitrary text.
_MOST_PLACES, _MOST_GASES = 12, 60  # in a sentence
_LONGEST_SPAN = 400  # characters
_LARGEST_UNCERTAINTY = 10.0  # °C

# "varied by less than 2 °C", "with a drift of at most 3 °C": how sure a temperature is.
UNCERTAIN = re.compile(
    r"(?:\bvari\w+|\bvary\w*|fluctuat\w*|deviat\w*|differ\w*|drift\w*|\bwithin|accura\w*|precision|uncertaint\w*|toleranc\w*|\bconstant|\bstable|\bspread|\bbetter than|\bby)\b[^.;]{0,25}$"
)
# Value of the database → words; the first that matches at a place says.
ATMOSPHERES = re.compile(
    r"(?P<Dry>\bdry[- ](?:air|cabinet|room|atmosphere)|desiccator|\bdry box)|(?P<Ar>\bargon\b|\bar (?:atmosphere|glove|filled|flow)|\bar-filled|\b(?:in|under) ar\b(?! ?[+−–-])|\(ar[,)]|, ar(?=[.,;)]))"
    r"|(?P<Outside>\boutside (?:of )?(?:the |a |any )?(?:[\w-]+ )?glove[- ]?box)"
    r"|(?P<N2>\bnitrogen\b|\bn2\b|(?<!argon )(?<!argon-filled )(?<!\bar )(?<!\bar-filled )(?<!dry-air )glove[- ]?box|\binert\b)|(?P<Vacuum>\b(?:in|under) (?:an? |the )?(?:\w+ )?vacuum\b)"
    r"|(?P<Air>\b(?:ambient|laboratory|lab|room|open|humid|moist|synthetic|normal|outside) air\b|\b(?:in|to|under|through|of|the) air\b|\bair\b(?! ?(?:mass|knife|knives|gun|flow|plasma|oven|cool|gap))|\bhumid|\brelative humidity|\br\.?h\b|damp[- ]heat|\boutdoors?\b|\brooftop|\bon (?:a|the) roof\b)"
    r"|(?P<Ambient>\bambient (?:condition|atmosphere|environment|lab)\w*|\bambient\b(?! (?:temp|light|pressure)))"
)
DRY_PLACE = re.compile(r"dry[- ](?:cabinet|room|box)|desiccator")
HUMID = re.compile(r"humid|\brh\b|r\.h\.")
# "Ambient" is a name of the database as well, which its records hardly use: of 28 texts with these words 26 have "Air".
ATMOSPHERE_NAMES = {"Dry": "Dry air", "Outside": "Air", "Ambient": "Air"}
_CELLS = r"(?:cells?|devices?|(?:mini-?)?modules?|pscs?|tandems?|ones)\b"
# "encapsulated devices" is what they are; "were encapsulated" is what was done, before the test.
_SEALING = rf"(?<!un)(?<!un-)(?<!non-)(?<!without )(?<!without any )(?<!no )(?:encapsul|\bseal(?:ed|ing)(?! (?:\w+ )?(?:chamber|box|jar|container|vessel|holder|bag|stage|bottle|cabinet|glass))|laminat)(?!\w* (?:[\w-]+ ){{0,3}}{_CELLS})"
_ACTS = (
    r"\b(?:stored|storing|kept|keeping|aged|ageing|aging|held|holding|placed|placing|operated|operating|tracked|tracking|left|lay|put"
    r"|stayed|exposed|exposing|heated|heating|followed|monitored|illuminated|irradiated|rested|cycled|run|ran|soaked|tested|subjected|loaded|mounted"
    r"|biased|worked|stood|sat|transferred to|moved to)\b"
)
_SET = rf"(?![^,;.]*{_ACTS})"
NO_TEST_HEAT = re.compile(
    rf"(?:{_SEALING}|\bcur(?:ed|ing)|anneal|pressed|bonded|soldered|dried|calibrat|deposit)\w*{_SET}(?:(?!\btests?\b)[^,;]){{0,60}}$"
)
SEALED = re.compile(rf"(?:{_SEALING}|measured|prepared|fabricated|made)\w*\b{_SET}[^,;.]{{0,70}}$")
SAME_BOX = re.compile(r"\b(?:in|inside) the (?:same )?box\b")
BOX_GAS = re.compile(
    r"(?P<N2>\bnitrogen|\bn2\b|glove[- ]?box)|(?P<Ar>\bargon\b)|(?P<Dry>\bdry[- ]?(?:air|box))"
)
MEASURED_HEAT = re.compile(rf"(?:measured|recorded)\b{_SET}[^,;]{{0,60}}$")
# "cooled to 25 °C to record J–V curves": the heat of the measurement.
SCANNED_HEAT = re.compile(
    rf"(?:\b(?:taken|measured|recorded|scanned)(?: again| each time)? every \d+ \w+ at |(?<![–-])\b(?:cool\w*|brought|return\w*|came|come|equilibrat\w*)(?: (?:down|back|off|again))* (?:to|at)(?: about)? |\b[ji][–-]v\b{_SET}[^,;]{{0,50}})$"
)
_HIGHEST_OF_ALL = re.compile(
    r"\b(?:tilt|angle|inclin)\w*[^,;]{0,20}$|(?:peak\w*|maxim\w+|minim\w+)(?: \w+)? (?:at|of|was|to) (?:about )?$"
)
_ANGLE = re.compile(r"\s*(?:south|north|east|west|tilt|inclin|to the)")  # "33° south"
_SCAN = re.compile(r"\btaken\b|measur|record|scan|\b[ji][–-]v\b|characteri|test(?:ed|ing) again")
# "The temperature of the module was 50 °C": of the test, however it was found.
TOLD_HEAT = re.compile(
    r"temperature (?:about |ca\.? )?$|(?:temperature\b|thermocouple|pt-?100)[^.;°]{0,90}?\b(?:was|were|is|being|of|at|reached|reading|read|showed|settled|amounted|stayed|remained|held|kept|rose|set)\b[^.;°]{0,40}$"
    r"|\b(?:held|kept|maintained|thermostat\w*|stabili[sz]ed|fixed|regulated|controlled|set|heated|warmed|cooled)\b[^.;°]{0,50}(?:at|to) (?:about |ca\.? )?$|\bwater (?:at|of) $"
    r"|\b(?:backs?|rears?|back (?:side|plate|sheet)s?|undersides?|surfaces?|stage|chuck|holder|hot ?-?plate|plate|oven|incubator|chamber|box|air|cells|modules|devices|samples|pixels) (?:was|were|is|are|being|stayed|remained|had)(?: then| always| about| held| kept)* (?:at|to|about) (?:about |ca\.? |some )?$"
)
TOLD_GAS = re.compile(
    r"\b(?:flow\w*|purg\w*|flush\w*|fill\w*|stream\w*|ventilat\w*|atmosphere|humidity|evacuat\w*|ambient was|gas was)\b"
)
_OF_MATERIAL = re.compile(
    r"\b(?:glass[- ]transition|(?<!hot-)(?<!hot )melt\w*|boil\w*|decompos\w*|phase[- ]transition|softening|t_?g\b)[^;]{0,60}$"
)
_TAKEN_AT = re.compile(
    r"\b(?:measured|recorded|scanned|taken|tested) (?:then |each time )?at (?:about )?$"
)
_DEGREES = re.compile(r"\d+(?:\.\d+)?(?:\s?(?:±|to|and|[–-])\s?\d+(?:\.\d+)?)?\s?°")
CYCLED = re.compile(
    r"(?P<low>[−–-]?\d+(?:\.\d+)?)\s?(?:°\s?c)?\s?(?:and|to|↔|/|→|–|-)\s?(?:\+)?(?P<high>\d+(?:\.\d+)?)\s?°"
)
# "Their temperature varied between −2 and 52 °C"
VARIED = re.compile(
    r"\btemperatures?\b[^.;°]{0,60}\b(?:vari\w+|rang\w+|fluctuat\w+|was|were|lay|changed|swung|moved|alternat\w+|went)\b[^.;°\d]{0,25}\b(?:between|from)\s(?:about )?"
    r"(?P<low>[−–-]?\d+(?:\.\d+)?)\s?(?:°\s?c)?\s?(?:and|to)\s(?:about |\+)?(?P<high>\d+(?:\.\d+)?)\s?°"
)

# Each name of an atmosphere has one of these.
_GASES = (
    "air",
    "nitrogen",
    "n2",
    "glove",
    "argon",
    "ar ",
    "ar-",
    "in ar",
    "(ar",
    ", ar",
    "under ar",
    "inert",
    "vacuum",
    "humid",
    "dry",
    "desicc",
    "ambient",
    "rh",
    "r.h",
    "r. h",
    "damp",
    "outdoor",
    "roof",
)


def atmospheres(document: Document, sentence: Sentence, words: str) -> list:
    """(name, start, end, whether it may be of the sealing) for each gas or place."""
    found, start = [], sentence.start
    named = any(gas in words for gas in _GASES)
    scans = list(islice(_SCANS.finditer(words), _MOST_PLACES)) if named else []
    put = _PUT.search(words) if scans else None
    for match in islice(ATMOSPHERES.finditer(words), _MOST_GASES) if named else ():
        if _of_measurement(words, match, scans, put):
            continue
        name = ATMOSPHERE_NAMES.get(match.lastgroup, match.lastgroup)
        behind = words[match.end() : match.end() + 60]
        if DRY_PLACE.match(match[0]) and HUMID.search(behind):
            name = "Air"
        weak = bool(SEALED.search(words[max(match.start() - _BEFORE, 0) : match.start()]))
        found.append((name, start + match.start(), start + match.end(), weak))
    box = SAME_BOX.search(words) if not found and "box" in words else None
    if box:
        before = BOX_GAS.finditer(document.lower, max(start - 600, 0), start)
        gas = [match.lastgroup for match in before]
        if gas:
            name = ATMOSPHERE_NAMES.get(gas[-1], gas[-1])
            found.append((name, start + box.start(), start + box.end(), True))
    return found


_SCANS = re.compile(r"\b[ji][–-]v\b|solar simulator")
_BREAK = re.compile(r"[;,]|\band (?:then )?(?:taken|measured|scanned)|\bfor ")
_PUT = re.compile(_ACTS)


def _of_measurement(words: str, gas: re.Match, scans: list, put: re.Match | None) -> bool:
    """Whether a gas is that in which J–V curves were recorded between the periods of a test.

    `scans`: where J–V curves are spoken of; `put`: where cells are first put somewhere.
    """
    for scan in scans:
        if scan.start() < gas.start():
            between = words[scan.end() : gas.start()][-_LONGEST_SPAN:]
            if not (_PUT.search(between) or "dark" in between):
                return True
        elif not (put and put.start() < gas.start()):
            between = words[gas.end() : scan.start()][:_LONGEST_SPAN]
            if not _BREAK.search(between):
                return True
    return False


def temperatures(document: Document, sentence: Sentence, words: str, named: bool) -> list[Reading]:
    """The temperatures [°C] of the test; `named`: the sentence calls it a test."""
    cycled = CYCLED.search(words) if "cycl" in words else None
    cycled = cycled or (VARIED.search(words) if "temperature" in words else None)
    if cycled:
        span = sentence.start + cycled.start(), sentence.start + cycled.end()
        low = re.sub("[−–]", "-", cycled["low"])
        return [Reading(float(low), *span), Reading(float(cycled["high"]), *span)]
    found = []
    for quantity in document.inside(document.temperatures, sentence):
        place = quantity.start - sentence.start
        before = words[max(place - _BEFORE, 0) : place]
        is_angle = _ANGLE.match(document.text, quantity.end)
        if (
            quantity.value <= _HIGHEST_HEAT
            and not is_angle
            and not _of_no_test(quantity.value, before, words, named)
        ):
            found.append(Reading(quantity.value, quantity.start, quantity.end))
    taken = [r for r in found if _TAKEN_AT.search(words[: r.start - sentence.start][-_BEFORE:])]
    return [r for r in found if r not in taken] or found


def tells_heat(words: str) -> bool:
    """Whether words state a temperature as that of what was tested: "The holder was kept at 40 °C"."""
    return "°" in words and any(
        TOLD_HEAT.search(words[max(match.start() - _BEFORE, 0) : match.start()])
        for match in islice(_DEGREES.finditer(words), _MOST_PLACES)
    )


def _of_no_test(value: float, before: str, words: str, named: bool) -> bool:
    """Whether a temperature is of the sealing or the measurement, or says how steady another one was."""
    if (
        NO_TEST_HEAT.search(before)
        or _HIGHEST_OF_ALL.search(before)
        or _OF_MATERIAL.search(before)
        or (value <= _LARGEST_UNCERTAINTY and UNCERTAIN.search(before))
    ):
        return True
    if SCANNED_HEAT.search(before) and _SCAN.search(words):
        return True
    return not named and bool(MEASURED_HEAT.search(before)) and not TOLD_HEAT.search(before)

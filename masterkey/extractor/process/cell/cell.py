"""Area, cells per substrate, and the flags flexible, semitransparent, module of the cell (issue 14)."""

import re
from dataclasses import dataclass, replace

from masterkey.extractor.process.cell.flags import (
    MODULE,
    SECONDARY_TITLE,
    flexible,
    in_series,
    module_is_target,
)
from masterkey.extractor.process.cell.per_substrate import cells_per_substrate
from masterkey.extractor.process.cell.transparency import semitransparent
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import number, sentences_naming, title_above
from masterkey.extractor.process.text.quantities import areas_of

# What an area is of, by the words around it; the higher, the more it is the area of the measurement.
MASK, ACTIVE, CELL, ELECTRODE = 4.0, 3.0, 2.5, 2.0
_LARGEST_CELL = 30.0  # cm²; a larger area is of a module, or of a foil
_SMALLEST_CELL = 1e-3
_SMALLEST_MODULE = 3.0

# Every area stands in a sentence with one of the first and one of the second.
_LENGTHS = ("mm", "cm")
_OF_AREAS = ("m2", "m²", "×", "*", "m x", " by ", "m 2", "m^2", "m ²", "diameter", "radius")
_SLIPS = ("cm-2", "cm−2")
_AREA_SIGN = re.compile(
    r"\d\s?(?:cm|mm)\b|\d\s?(?:cm|mm)\s?(?:2|²)|(?:square|sq\.?) (?:centi|milli)?m"
)
_MASK = re.compile(
    r"(?<!pre-)\bmask|apertur|opening|\bdiaphragm|illuminated spot|illuminated area|irradiated area|lit area|exposed area|(?<!pre-)masked area|\bslits?\b|\bwindow of|central (?:\w+ )?region|\bholes? of|measured (?:at|in|over) an? \W*$"
)
_SHADOW = re.compile(
    r"(?:shadow|evaporation|metal|deposition|stencil)[ -]?masks?\b|\bstencil|\bsputter\w*[^.;]{0,60}\bthrough (?:an? |the )?(?:[\w-]+ )?masks?\b"
)
_MEASURED = re.compile(
    r"measur|light|illuminat|simulator|j.?[–-]?v\b|curve|recorded|lay on|covered|expos|scan|test"
)
_ACTIVE = re.compile(
    r"(?:active|effective|working|designated|device|cell|pixel|photoactive|overlap\w*|junction|total|module)s?[ -]?(?:\w+ )?area|area (?:of|for) (?:the |each |a |our |one )*(?:\w+ )?(?:cells?|devices?|pixels?|modules?)|\barea\b|overlap"
)
# "the active area of the device, and in this case it was 0.09 cm2" goes on.
_NEAR = re.compile(r";|, (?:while|whereas|and|but) (?!(?:in this case,? )?it (?:was|is)\b)")
_OVERLAP = re.compile(
    r"\b(?:overlap\w*|crossing|intersection|cross-section) (?:area |region )?(?:of|between) (?:[\w-]+ ){1,5}(?:and|with) (?:[\w-]+,? ){1,6}(?:is |was |typically |[\d.]+ (?:and|or) )*$"
)
_OF_SAMPLES = re.compile(
    r"\bfilms?\b[^,;]{0,40} (?:in|over|on) an area of $|\b(?:samples?|films?|layers?)\b[^,;]{0,40}\b(?:printed|coated|spun|prepared|made|deposited|cut)\b[^,;]{0,50}\b(?:with|of|over|on) an? (?:total )?area of $"
)
# "The roughness was determined on an area of 2 mm × 2 mm"
_OF_SURFACE = re.compile(
    r"\brough|profilomet|\bafm\b|topograph|interferomet|microscop|\bsem\b|\bxrd\b|diffract|ellipsomet|\bmapp|\bmaps?\b|x-ray|spectroscop|thickness|luminescence"
)
_OVER_AREA = re.compile(
    r"\b(?:on|over|in|across|from|for) (?:an?|the|several|each) (?:\w+ )?(?:areas?|fields?) of (?:about )?$"
)
# "pixels of 0.3 cm2, measured without aperture; a check with a 0.2 cm2 aperture gave the same current"
_OF_CHECK = re.compile(r"\b(?:checks?|checked|verif\w+|cross-?check\w*|to confirm)\b")
_WITHOUT_MASK = re.compile(
    r"\b(?:without|no) (?:an? |any |the |further )?(?:shadow |metal |black )?(?:apertur|mask)"
)
_PER_PIECE = re.compile(
    r" (?:per|on (?:each|every|one|a)) (?:substrate|sample|chip|plate|slide|glass|piece)\b(?! (?:of|with|measuring|sized|that is) *$)"
)
_CELLS = re.compile(r"\b(?:cells?|devices?|pixels?|subcells?|tandems?|modules?|diodes?)\b")
_ELECTRODE = re.compile(
    r"electrode|contact|gold|silver|\bau\b|\bag\b|\bcu\b|copper|carbon|dots?\b|pads?\b|evaporat"
)
_NOT_OF_CELL = re.compile(
    r"substrate|\bglass\b|\bfto\b|\bito\b|plates?\b|\bfoils?\b|wafer|pieces?|\bcut\b|(?<!\ba )squares?\b|sheet|photodiode|silicon|\bsi (?:photo)?diode|calibrat|reference (?:solar )?cell \(|simulator of"
    r"|samples?\b|\bbeam|(?<!illuminated )\bspot|crystal|grating|\bscan(?:ned)? (?:size|area)|\bafm\b|image|mobilit|integrating|diced|wafers?\b|flux|dose|target of|filter|detector|thermopile|quartz|powered"
)
_MASK_BEHIND = re.compile(
    r"\s?\)?,? ?(?:(?:metal|black|shadow|laser-cut|square|large|wide|round|by (?:a|an|the)(?: \w+)?) )*(?:mask|apertur|opening|slits?\b|diaphragm|window in )(?!\w*(?: areas?)?(?: of| was| is|:|,)? ?\(?\d)"
)
_SHONE_THROUGH = re.compile(
    r"\s?(?:of (?:it|them|the (?:cell|device)s?) )?(?:was|were|is|are) (?:exposed|illuminated|lit|measured|defined|open)[^.;]{0,40}(?:mask|apertur)"
)
_AREA_BEHIND = re.compile(r"\s?\)? (?:active |device |cell )?(?:area|pixel|cell|device)")
_MODULE_AREA = re.compile(r"\b(?:aperture|active|designated)[ -](?:illuminat\w+ )?area\W")
_WITH = re.compile(
    r"\s?(?:with|and|having|,|\() ?(?:an? )?"
)  # "5 × 5 cm2 with 22.8 cm2 active area"
_AREA_ALONE = re.compile(r"\W*(?:= ?)?[\d.]+ ?(?:cm|mm)(?:2|²)\W*")
_OF_BENDING = re.compile(r"\b(?:bend\w*|bent|curvature|curved|roll\w*|cylinder|flexing)\b")
_OF_CELLS_BEHIND = re.compile(
    r"\s?\)?,? (?:for|of|in|with) (?:the |our )?(?:[\w-]+ ){0,2}(?:(?:sub-?)?cells|devices|(?P<second>tandems?|modules?)|single[ -]junctions?)\b"
)
# "0.1 cm2 for opaque and 1.04 cm2 for semi-transparent cells"
_OF_KIND_BEHIND = re.compile(
    r"\s?\)? ?(?:for|of|in|on|with|\() ?(?:the |our |all )?(?P<kind>[\w-]+)(?: and\b| or\b|,|\)| \w+)"
)
_CERTIFIED_BEHIND = re.compile(
    r"[^,;]{0,30}(?:certif|for comparison|large-?area)|\s?(?:for|of|in) (?:the |our )?larger? (?:cells|devices|pixels)\b|\s?\(larger? (?:cells|devices|pixels)\)"
)
_LARGE = re.compile(r"large-?area[^,;]{0,25}$|larger[^,;]{0,25}$")
# A paragraph on other cells than the paper's own: "Large-area devices: …".
_OF_BOTH = re.compile(r"\bcells?\b.{0,20}\b(?:and|&|,) ")  # "Cells and modules"
# "– Fig. S9: 1 cm2 cell", "For Figure 6, cells of 14 mm × 8 mm were made"
_OF_FIGURE = re.compile(
    r"\W*(?:only )?(?:(?:for|in) )?(?:the )?(?:supplementary |extended data )?(?:fig(?:ure|\.)?s?|tables?) ?s?\d+\w?\b"
)
_OF_LARGE = re.compile(
    r"\W*(?:for (?:the )?)?(?:larger?(?: |-)area|larger|1[ -]cm ?2|upscaled|scaled-up) (?:[\w-]+ ){0,2}(?:cells|devices)\b"
)
_OTHER_AREA = re.compile(
    r"(?:scan\w*|laser|beam|spot|image\w*|sample|substrate|analy[sz]\w*|surface|film|sputter\w*|coating|coated|raster\w*|probe\w*|test|detector|etched)[ -](?:area|size)[^,;]{0,30}$"
)
_OFF_AREA = re.compile(
    r"(?<!each )(?<!every )(?<!one )(?:substrates?|glass|plates?|foils?|wafers?|targets?|samples?|films?)(?: \([^)]{0,20}\))? (?:was |were |had |has |with |of |having )*(?:an? |the )?(?:total |effective )?area (?:of|was|=|is)[^,;]{0,15}$"
    r"|quartz[^;]{0,60}$|working electrode|three-?electrode|electrochemical"
    r"|(?:silicon|\bsi|calibration) (?:solar |reference )?(?:cells?|photodiodes?|diodes?)[ (]*(?:of|with|having)?(?: an? (?:active )?area of)? ?$"
)
_OFF_SIGNS = ("area", "quartz", "electro", "silicon", "si ", "calibration")
_OFF_BEHIND = re.compile(
    r"\s?\)? ?(?:in size|square (?:copper|gold|metal|silver) foil|(?:glass |fto |ito )?substrate|glass\b|working electrode)"
)
# "0.098 and 1 cm2", "2×5, 5×5 and 15×15 mm2", "0.3–0.4 cm2": the first is the usual cell.
_LIST_MEMBER = r"\d+(?:\.\d+)?(?:\s?[×x*]\s?\d+(?:\.\d+)?)?"
_LIST_JOINT = r"(?:,? (?:and|or|to) |, |\s?[–-]\s?)"
_FIRST_OF_LIST = re.compile(
    rf"(?<![\d.])(?P<one>\d+(?:\.\d+)?)(?:\s?[×x*]\s?(?P<two>\d+(?:\.\d+)?))?{_LIST_JOINT}(?:{_LIST_MEMBER}{_LIST_JOINT}){{0,6}}$"
)
_SLIP = re.compile(
    r"((?:\b[Aa]rea|\b[Aa]perture|\b[Mm]ask)\b(?:(?!\d\s?c?m)[^.;]|\.(?=\d)){0,60}(?<![\d.])\d+(?:\.\d+)?\s?cm)[-−]2"
)
_CLAUSES = re.compile(r"[;,]|\b(?:while|whereas|and|but)\b")
_UNIT_BEHIND = re.compile(r"\s*(?:/\s?v|v\s?-?[−-]?1|[·/]\s?\(?\s?v|\s?s-1|\s?per v)")
_OPTICAL_BEFORE = re.compile(r"(?:mw|ma|µj|uj|nj|mj|w|ions?|photons?|/)\s*$")
_SECONDARY = re.compile(
    r"(?:^|[.;,]\s|\bfor )\W*(?:the |for the |opaque |rigid )*(?:reference|control|comparison)\s(?:solar )?(?:cells?|devices?)"
    r"|for comparison|reference cell|control (?:cells?|devices?)"
)
# Of the lamp, no device: "calibrated by two reference cells".
_OF_THE_LAMP = re.compile(
    r"\b(?:calibrat\w*|adjusted|set|checked|verified|corrected|matched|controlled|monitored|referenced)\b[^,;.]{0,50}\breference (?:solar )?cells?\b"
    r"|\b(?:silicon|si|kg-?\d\w*|certified|calibrated|filtered|newport|nrel|fraunhofer|photodiode|diode|mono\w*) (?:[\w-]+ ){0,2}reference (?:solar )?cells?\b"
)


@dataclass(frozen=True)
class Area:
    """An area [cm²] at [start, end) with a weight (what it is of) and whether it is a module's."""

    value: float
    start: int
    end: int
    weight: float
    module: bool
    is_second: bool = False  # of tandems or modules that are told beside the paper's own cells


def cell_findings(document: Document) -> dict[str, Finding]:
    """Field → Finding of the cell's area, number per substrate and flags; empty where nothing is said."""
    found = {}
    module = _of_measured_module(document) or module_is_target(document)
    is_module = bool(module and module.value == "TRUE")
    light = semitransparent(document)
    area = cell_area(document, is_module, _other_light(document, light))
    for name, finding in (
        ("Cell_area_measured", area),
        ("Cell_number_of_cells_per_substrate", cells_per_substrate(document)),
        ("Cell_flexible", flexible(document)),
        ("Module", module),
    ):
        if finding is not None:
            found[name] = finding
    found.update(light)
    return found


def _of_measured_module(document: Document) -> Finding | None:
    """TRUE where cells are connected and every area that is told is a module's, however the paper begins."""
    series = in_series(document.lower) if "module" in document.lower else None
    every = areas(document) if series else []
    if not every or not all(area.module and area.weight >= ACTIVE for area in every):
        return None
    return Finding("TRUE", 0.8, "text", (series.span(), (every[0].start, every[0].end)))


def _other_light(document: Document, light: dict[str, Finding]) -> str:
    """Where opaque and semitransparent cells are made: the word for those that are not the paper's own."""
    flag = light.get("Cell_semitransparent")
    if flag is None or flag.source != "text" or "opaque" not in document.lower:
        return ""
    return "opaque" if flag.value == "TRUE" else "transparent"


def has_unread_area(document: Document) -> bool:
    """Whether the text has the sign of an area ("0.1 cm", "5 mm2") from which none was read."""
    return bool(_AREA_SIGN.search(document.lower)) and not areas(document)


def has_unread_temperature(document: Document) -> bool:
    """Whether a degree sign stands in the text and no temperature was read."""
    return "°" in document.text and not document.temperatures


def areas(document: Document, aside: str = "") -> list[Area]:
    """The areas that may be of a cell or a module, in the order of the text.

    `aside`: a word for cells that serve as comparison ("opaque" where semitransparent cells are the paper's own).
    """
    found = []
    for sentence in sentences_naming(document, _LENGTHS):
        words = document.words(sentence)
        slip = any(map(words.__contains__, _SLIPS)) and "area" in words
        if not slip and not any(map(words.__contains__, _OF_AREAS)):
            continue
        quantities = areas_of(_without_slips(document.text[sentence.start : sentence.end]))
        previous, last = 0, None
        for quantity in quantities:
            area = _area(document, sentence, quantity, previous, aside)
            if area and last and last.module and _WITH.fullmatch(words, previous, quantity.start):
                area = replace(area, module=True)
            previous, last = quantity.end, area
            if area is not None:
                found.append(area)
    return found


def _without_slips(text: str) -> str:
    """ "An area of 0.09 cm-2" as it is meant, with all characters at their places."""
    return _SLIP.sub(r"\g<1>2 ", text) if "cm-2" in text or "cm−2" in text else text


def _area(
    document: Document, sentence: Sentence, quantity, previous: int, aside: str
) -> Area | None:
    words = document.words(sentence)
    before = words[max(previous, quantity.start - 110) : quantity.start]
    behind = words[quantity.end : quantity.end + 40]
    if _UNIT_BEHIND.match(behind) or _OPTICAL_BEFORE.search(before):
        return None
    written = words[quantity.start : quantity.end]
    is_bent = ("radius" in written or "diameter" in written) and _OF_BENDING.search(before + behind)
    weight = None if is_bent else _weight(before, behind, words)
    if weight is None:
        return None
    title = title_above(document, sentence)
    of_cells = _OF_CELLS_BEHIND.match(behind)
    is_second = document.is_of_second_devices(
        of_cells[0] if of_cells else f"{_CLAUSES.split(before)[-1]} {_last_cells(before)}"
    )
    if (
        _SECONDARY.search(_OF_THE_LAMP.sub("", words[: quantity.start + 1][-160:]))
        or SECONDARY_TITLE.search(title)
        or _CERTIFIED_BEHIND.match(behind)
        or _LARGE.search(before)
        or _OF_FIGURE.match(words)
        or _OF_LARGE.match(document.lower, _paragraph_start(document, sentence))
        or (aside and (aside in _CLAUSES.split(before)[-1] or aside in title))
        or (aside and (told := _OF_KIND_BEHIND.match(behind)) and aside in told["kind"])
        or (_OF_CHECK.search(_NEAR.split(before)[-1]) and _WITHOUT_MASK.search(words))
        or is_second
    ):
        weight -= 1.9
    # Under "Cells and modules" a small area is a cell's.
    is_small = quantity.value < _SMALLEST_MODULE and _OF_BOTH.search(title)
    module = _is_of_module(before, behind, words, "" if is_small else title) or bool(
        quantity.value > _LARGEST_CELL
        and (_goes_on_about_module(document, sentence) or _MODULE_AREA.search(before))
    )
    if not module and not _SMALLEST_CELL <= quantity.value <= _LARGEST_CELL:
        return None
    start = sentence.start
    value, back = _first_of_list(before, quantity.value, words[quantity.start : quantity.end])
    return Area(
        value, start - back + quantity.start, start + quantity.end, weight, module, is_second
    )


def _paragraph_start(document: Document, sentence: Sentence) -> int:
    return document.text.rfind("\n", 0, sentence.start + 1) + 1


def _first_of_list(before: str, value: float, words: str) -> tuple[float, int]:
    """The first area of a list that ends with `value` (`words`: how it is written), in cm², and how far back it is."""
    match = _FIRST_OF_LIST.search(before)
    if match is None or bool(match["two"]) != bool(re.search("[×x*]", words)):
        return value, 0
    first = float(match["one"]) * float(match["two"] or 1) * (0.01 if "mm" in words else 1.0)
    plausible = _SMALLEST_CELL <= first <= _LARGEST_CELL
    return (first, len(before) - match.start()) if plausible else (value, 0)


def _weight(before: str, behind: str, words: str) -> float | None:
    """What the words nearest to an area say that it is of."""
    near = _NEAR.split(before)[-1]
    near = _PER_PIECE.sub("", near)
    if _OFF_BEHIND.match(behind) or _OTHER_AREA.search(near):
        return None
    if any(sign in near for sign in _OFF_SIGNS) and _OFF_AREA.search(near):
        return None
    if _MASK_BEHIND.match(behind) or _SHONE_THROUGH.match(behind):
        return MASK
    mask = _last(_MASK, near)
    active = _last(_ACTIVE, near)
    cells = _last(_CELLS, near)
    if _OVERLAP.search(near):
        return MASK if mask > active else ACTIVE
    if _OVER_AREA.search(near) and _OF_SURFACE.search(words) and not _CELLS.search(words):
        return None
    # "samples were printed with an area of 1 cm2"
    if active > max(mask, cells) and _OF_SAMPLES.search(near):
        return None
    best = max(mask, active, cells)
    # What stands nearer than the cells says that the area is of something else.
    if _NOT_OF_CELL.search(near, best + 1) and not _AREA_BEHIND.match(behind):
        return None
    if mask >= 0:
        through = "apertur" not in near or any(
            act in words for act in ("evaporat", "deposit", "sputter")
        )
        shadow = through and _SHADOW.search(near) and not _MEASURED.search(words)
        return ELECTRODE + 0.4 if shadow else MASK
    if active >= 0:
        return ACTIVE
    masked = _MASK.search(words)
    told_behind = (masked or _ACTIVE.search(words)) and _OF_CELLS_BEHIND.match(behind)
    if told_behind and masked and max(mask, active) < 0:
        return ACTIVE  # "a mask of 0.1 cm2 for opaque and 1 cm2 for semitransparent cells"
    if (
        cells >= 0
        or told_behind
        or re.match(r"\s?\)? (?:\w+ )?(?:cells?|devices?|pixels?|area)", behind)
    ):
        return CELL
    return ELECTRODE if _ELECTRODE.search(near) or _AREA_ALONE.fullmatch(words) else None


def _last(pattern: re.Pattern, words: str) -> int:
    """Where the last match of a pattern begins; -1 where there is none."""
    place = -1
    for match in pattern.finditer(words):
        place = match.start()
    return place


def _last_cells(before: str) -> str:
    """The last word for cells before an area, with what they are: "tandem cells"."""
    place = _last(_CELLS, before)
    return before[max(place - len("tandem "), 0) : place + len("modules")] if place >= 0 else ""


def _is_of_module(before: str, behind: str, words: str, title: str) -> bool:
    if _last(_CELLS, before) >= 0 and not MODULE.search(before):
        near = re.findall(r"\b(?:cells?|devices?|pixels?)\b", before)
        if near and not in_series(words):
            return False
    return bool(
        MODULE.search(before) or in_series(words) or MODULE.search(behind)
        or (MODULE.search(title) and not re.search(r"\bsmall|\bsingle cell|\bone strip", words))
    )  # fmt: skip


def _goes_on_about_module(document: Document, sentence: Sentence) -> bool:
    """ "A module has 12 cells in series. The aperture area is 60 cm2."."""
    if not sentence.number or _CELLS.search(document.words(sentence)):
        return False
    previous = document.sentences[sentence.number - 1]
    if "\n" in document.text[previous.start : sentence.start].strip():
        return False
    words = document.words(previous)
    return bool(MODULE.search(words) and in_series(words))


def cell_area(document: Document, of_module: bool = False, aside: str = "") -> Finding | None:
    """The area of the measurement [cm²] of the cells, or of the modules, as a Finding."""
    every = areas(document, aside)
    own = [area for area in every if area.module == of_module] or every
    if not of_module:
        own = [area for area in own if not area.is_second]
    if not own:
        return None
    best = max(own, key=lambda area: (area.weight, -area.start))
    certainty = 0.95 if best.weight >= ACTIVE else 0.85
    if len({area.value for area in own if area.weight == best.weight}) > 1:
        certainty -= 0.2
    return Finding(number(best.value), certainty, "text", ((best.start, best.end),))

"""Whether a cell is flexible or a module (issue 14)."""

import re

from masterkey.extractor.process.cell.transparency import places, thick_metal
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import sentences_naming, title_above

_PLASTIC_WORDS = ("flexib", "bend", "ethylene", "polyimide", "pi/", "/pi")
_PLASTICS = ("PEN", "PET", "PDMS", "PES")  # as texts write them; "pen" also stands in "open"
# Named in papers that also speak of foils, of bending or of flexible cells.
_RARE_PLASTICS = ("kapton", "willow", "parylene")
_RIGID_WORDS = ("glass", "silicon", "rigid", "fto ", "ito ")
_PLASTIC = re.compile(
    r"\b(?:ito|izo|tco|azo|fto|imi)?[/-]?(?:pen|pet|pi|pdms|pes|polyimide|kapton|parylene)[/-](?:ito|izo|tco|azo|fto|ag|imi|au|pedot)\b"
    r"|\b(?:ito|izo|tco|azo|fto|imi)(?:[/-]|[ -](?:coated|covered|sputtered) |\s?on )(?:\w+ )?(?:pen|pet|polyimide|pi|pdms|pes)\b"
    r"|\b(?:pen|pet|polyimide|kapton|pdms|parylene|willow)\s?(?:\([^)]{0,40}\)\s)?(?:glass|foils?|films?|substrates?|sheets?|web|rolls?)\b"
    r"|polyethylene[ -](?:2,6-)?(?:naphthalate|terephthalate|naphtalate)|poly\(ethylene (?:2,6-)?(?:naphthalate|terephthalate)\)|roll of (?:pen|pet)\b"
    r"|\b(?:pen|pet) (?:with|carrying|that carr|coated|was|were|\()"
    r"|flexible (?:substrate|foil|solar cell|device|perovskite|psc|cell|ito|glass|pen|pet|film|module|target|control)"
    r"|bend(?:ing)? (?:test|radius|cycle)"
)
_NOT_SUBSTRATE = re.compile(
    r"laminat|barrier|encapsul|filter|cover(?:ed|ing) (?:with|by) (?:a )?p|stamp|organic|back ?sheet|glue|transfer|antireflect|peel|mould|mold|bag\b|bottle|dish|syringe|edge|top electrode|counter|stencil"
)
_ALSO = re.compile(
    r"\balso\b|in addition|besides|furthermore|moreover|to show|to demonstrate|likewise|as well\b|for comparison|comparative|reference|organic"
)
_RIGID = re.compile(
    r"\b(?:ito|fto|tco|azo|izo|tin oxide|oxide|sno2:f|conducti(?:ng|ve)|coated|patterned|covered|etched)(?: ?\([^)]{0,25}\))?[ -/]*(?:coated |covered )?glass\b|\bglass[/|]|\bglass (?:substrate|plates?|sheets?|slides?|with|coated|covered)|\b(?:soda[- ]lime|float|borosilicate|aluminosilicate|alkali-free)(?: silicate)? glass\b|\brigid\b|glass/(?:ito|fto)|silicon (?:wafer|bottom|heterojunction)|\b(?:fto|ito) substrates?"
)  # fmt: skip
SECONDARY_TITLE = re.compile(r"reference|control|comparison|organic|bottom")
_RIGID_ASIDE = re.compile(
    r"carrier|support|cover glass|for comparison|reference cells|\brigid (?:[\w-]+ )?(?:reference|control|twin|counterpart|one)s?\b|quartz|lid"
)

_FEW = 4  # places of plastic to one that is told aside
MODULE = re.compile(r"\b(?:mini|sub)?-?modules?\b")
_SERIES = re.compile(
    r"(?:connect\w*|join\w*|link\w*|wired|interconnect\w*|cells?|strips?|stripes?)[^.;]{0,40}\bin series\b|series[ -](?:connect|interconnect)|monolithic(?:ally)? (?:inter)?connect"
    r"|\bp1\b[^;]{0,400}\bp[23]\b|sub-?cells (?:in|are|were|of|connected)"
)
_SERIES_SIGNS = ("series", "monolithic", "p1", "subcells", "sub-cells", "subcell ", "sub-cell ")
_NOT_MODULE = re.compile(
    r"monochromator|peltier|photovoltaic module|\bmodule (?:of|for) (?:the )?(?:software|simul)|(?:led|laser|lamp|light|xrd|software|measurement|heating|cooling|detector) modules?|young|elastic|bulk modul"
)
_CELLS_ASIDE = re.compile(
    r"for (?:a )?comparison, (?:\w+ ){0,3}cells|cells (?:\w+ ){0,6}for (?:a )?comparison|\breference cells? (?:of|with|were|are) |small(?:er)? cells? served|without p2|test cells"
    r"|(?:small|single)[\w-]* (?:area )?cells\b[^.;]{0,90}\b(?:as (?:an? )?(?:check|witness|reference|monitor|test)|for (?:quick )?(?:checks|tests|comparison|screening|monitoring))\b"
    r"|\balso (?:made|prepared|built|fabricated|produced|coated) (?:\w+ ){0,2}(?:small|single)[\w-]* (?:area )?cells|(?:small|single)[\w-]* (?:area )?cells (?:(?:had|have)\b(?! (?:still )?[\d.]+ ?%)|share[sd]?|were cut|were (?:also )?(?:made|prepared|cut) (?:from|of|on|beside|alongside))\b"
)
_SMALL_CELLS = re.compile(
    r"\b(?<!sub)(?<!sub-)(?:solar )?cells\b(?! (?:are |were |is )?(?:\w+ )?in series)"
)
_BEFORE = 300  # characters before plastic in which words may set it aside
_TITLE_CHARACTERS = 160
_SHORTEST_SECTION = 200  # characters of one that tells how a device is made


def in_series(words: str) -> re.Match | None:
    """Where lower-case words tell of cells connected in series, as in a module."""
    return _SERIES.search(words) if any(sign in words for sign in _SERIES_SIGNS) else None


def flexible(document: Document) -> Finding | None:
    """TRUE where the perovskite cell stands on plastic, FALSE (deduced) where only glass is named."""
    plastic, aside = _plastic(document)
    used = [found for found in plastic if not found[2]]
    rigid = _rigid(document, bool(plastic))
    if not plastic:
        return Finding("FALSE", 0.95, "deduced", (rigid[0][:2],)) if rigid else None
    if not rigid:
        return Finding("TRUE", 0.95 if len(used) > 1 else 0.8, "text", (plastic[0][:2],))
    first = bool(used) and used[0][0] < rigid[0][0]
    # "In addition, flexible devices of 1 cm2 were made": told beside the many places that say so of all.
    main = first and _FEW * aside < len(used) + (not aside)
    spans = (plastic[0][:2], rigid[0][:2])
    return Finding("TRUE" if main else "FALSE", 0.75, "text", spans)


def _plastic(document: Document) -> tuple[list[tuple[int, int, bool]], int]:
    """Where plastic carries the cell: (start, end, in a list of purchases); how many are told aside."""
    found, aside = [], 0
    naming = [word for word in _PLASTIC_WORDS if word in document.lower]
    naming += [name.lower() for name in _PLASTICS if name in document.text]
    if (
        "flexib" in naming
        or "bend" in naming
        or " bent" in document.lower
        or "foil" in document.lower
    ):
        naming += _RARE_PLASTICS
    lower, seen = document.lower, set()
    for place in sorted(place for word in naming for place in places(lower, word)):
        sentence = document.sentence_at(place)
        start, end = max(place - 50, sentence.start), min(place + 80, sentence.end)
        for match in _PLASTIC.finditer(lower, start, end):
            around = lower[
                max(match.start() - 60, sentence.start) : min(match.end() + 25, sentence.end)
            ]
            if match.span() in seen or _NOT_SUBSTRATE.search(around):
                continue
            seen.add(match.span())
            if SECONDARY_TITLE.search(title_above(document, sentence)):
                continue
            found.append((*match.span(), sentence.is_purchase))
            before = lower[max(match.start() - _BEFORE, sentence.start) : match.start()]
            aside += bool(_ALSO.search(before))
    return found, aside


def _rigid(document: Document, every: bool) -> list[tuple[int, int]]:
    """Where coated glass is the substrate, in the order of the text; without `every`, one place at most."""
    found = set()
    for word in _RIGID_WORDS:
        for place in places(document.lower, word):
            for match in _RIGID.finditer(document.lower, max(place - 60, 0), place + 40):
                around = document.lower[max(match.start() - 50, 0) : match.end() + 30]
                if not _RIGID_ASIDE.search(around):
                    if not every:
                        return [match.span()]
                    found.add(match.span())
    return sorted(found)


def module_is_target(document: Document) -> Finding | None:
    """TRUE where the paper's device is a module; FALSE, less sure, where it makes cells first; None if silent."""
    lower = document.lower
    if "module" not in lower:
        return _scribed_in_series(lower)
    named = [
        m
        for m in MODULE.finditer(lower)
        if not _NOT_MODULE.search(lower, max(m.start() - 25, 0), m.end() + 25)
    ]
    if not named:
        return None
    series = in_series(lower)
    span = (named[0].span(), *((series.span(),) if series else ()))
    cells = _sentences_on_cells(document)
    in_title = named[0].start() < min(
        _TITLE_CHARACTERS, cells[0].start if cells else _TITLE_CHARACTERS
    )
    if series and _names_modules_alone(lower):
        return Finding("TRUE", 0.8, "text", span)
    aside = any(_CELLS_ASIDE.search(document.words(sentence)) for sentence in cells)
    if (
        in_title
        or (series and _heads_first_device(document, named[0].start()))
        or (not cells and series and not _is_behind_contact(document, named[0], series))
        or (aside and series and named[0].start() < cells[0].start)
        or (series and _OBTAINED.search(lower))
        or (series and _titled_before_cells(document) and _modules_alone_are_aged(document))
    ):
        return Finding("TRUE", 0.85, "text", span)
    return Finding("FALSE", 0.6, "text", span)


# "The module so obtained has eight cells": what was told before is the module's.
_OBTAINED = re.compile(r"\bmodules? (?:so|thus|thereby) (?:obtained|produced|made|formed)\b")
_CELLS_TITLE = re.compile(
    r"\W*(?:[\d.]+ )?(?:small(?:-area)?|single|individual|reference|lab(?:oratory)?(?:-scale)?) (?:solar )?(?:cells|devices)\W*"
)
_MODULES_TITLE = re.compile(r"\W*(?:[\d.]+ )?(?:[\w-]+ (?:of )?){0,3}(?:mini-?)?modules\W*")


def _titled_before_cells(document: Document) -> bool:
    """Whether a paragraph on modules stands before the one on small cells."""
    is_told = False
    for sentence in document.sentences:
        if not document.begins_paragraph(sentence):
            continue
        words = document.words(sentence).strip()
        if _CELLS_TITLE.fullmatch(words):
            return is_told
        is_told |= bool(_MODULES_TITLE.fullmatch(words))
    return False


_AGED = re.compile(r"\d ?(?:h|hours|days|weeks)\b.*\d ?%|\d ?%.*\d ?(?:h|hours|days|weeks)\b")
_CELL = re.compile(r"\b(?:cells?|devices?)\b")


def _modules_alone_are_aged(document: Document) -> bool:
    told = [document.words(s) for s in document.sentences if _AGED.search(document.words(s))]
    return any(map(MODULE.search, told)) and not any(map(_CELL.search, told))


_KINDS_OF_MODULES = re.compile(r"\b(?:target|control|reference|champion|best) (?:mini-?)?modules\b")
_KINDS_OF_CELLS = re.compile(
    r"\b(?:target|control|reference|champion|best) (?:solar )?(?:cells|devices)\b"
)


def _names_modules_alone(lower: str) -> bool:
    """Whether target and control are modules, and no cells are called so."""
    return bool(_KINDS_OF_MODULES.search(lower)) and not _KINDS_OF_CELLS.search(lower)


_SCRIBED = re.compile(r"\bp1\b[^;]{0,600}\bp[23]\b|\bp1 ?[–-] ?p3\b|\bp1, p2 and p3\b")
_IN_SERIES = re.compile(r"\bin series\b|\bseries[- ](?:connect|interconnect)")


def _scribed_in_series(lower: str) -> Finding | None:
    """A module that is not called so: laser lines P1 to P3, and cells in series."""
    scribed = _SCRIBED.search(lower) if " p1" in lower else None
    series = _IN_SERIES.search(lower) if scribed else None
    return Finding("TRUE", 0.7, "deduced", (scribed.span(), series.span())) if series else None


def _is_behind_contact(document: Document, *told: re.Match) -> bool:
    """Whether a whole cell, with its metal, was told before."""
    metal = thick_metal(document)
    first = min(match.start() for match in told)
    if metal is None or document.sentence_at(metal[0]) == document.sentence_at(first):
        return False  # "100 nm of silver completed the modules"
    return metal[1] < first


def _heads_first_device(document: Document, place: int) -> bool:
    """Whether a module at a place is in the heading of the first section that may make a device."""
    first = next(
        (
            section
            for section in document.sections
            if section.kind in ("device", "") and section.end - section.start > _SHORTEST_SECTION
        ),
        None,
    )
    if first is None or not first.start <= place < first.start + len(first.title) + 8:
        return False
    return not _SMALL_CELLS.search(document.lower, first.start, place)  # "Cells and modules"


def _sentences_on_cells(document: Document) -> list[Sentence]:
    """The sentences on cells that are no part of a module."""
    found = sentences_naming(document, ("cells",))
    return [sentence for sentence in found if _SMALL_CELLS.search(document.words(sentence))]

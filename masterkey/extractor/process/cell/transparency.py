"""Whether a cell is semitransparent, and in which range of wavelengths (issue 14)."""

import re
from collections.abc import Iterator
from itertools import chain

from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.passages import names_any, sentences_naming
from masterkey.extractor.stems import Stemmed

_SEMI = re.compile(
    r"semi-?\s?transparen|see-through|bifacial|average visible transmittance|\bavt\b|(?:complete|whole|full|finished) (?:cell|device)s? (?:[\w–-]+ ){0,6}transmit|(?:cells|devices) (?:are|were) transparent"
)
_SEMI_CELL = re.compile(
    r"semi-?\s?transparent (?:perovskite )?(?:solar )?(?:\w+ )?(?:cells?|devices?|pscs?|modules?|top|electrode|contact|single)|see-through|bifacial|transmittance of (?:an? |the |our )?(?:complete|whole|full|finished|entire)d? (?:solar )?(?:cells?|devices?)|\b(?:cells|devices) (?:are|is|were) transparent\b|(?:cells?|devices?) (?:\w+ ){0,4}semi-?\s?transparent"
    r"|\b(?:average visible transmittance|avt)\b(?! of (?:the |our )?(?:perovskite )?(?:films?|glass|substrates?|ito|fto|electrodes?|layers?))"
    r"|semi-?\s?transparent[\"”’']? (?:\w+ ){0,3}(?:elements?|windows?|photovoltaics?|device|cell)\b|(?:devices?|cells?|elements?|windows?)\b[^.;]{0,40}\b(?:average visible transmittance|avt)\b"
)
_SEMI_SIGNS = ("transparen", "see-through", "bifacial", "transmit", "avt")  # of each match
_TRANSPARENT_REAR = Stemmed(
    r"(?:\b(?:izo|ito|azo|ico|io:h|ioh|iwo|izro|in2o3|zno:al|indium (?:zinc|tin) oxide)\b[^.;]{0,90}(?:sputter|on top|rear|as (?:the )?(?:top|rear|back|transparent)|top electrode|electrode)"
    r"|sputter[^.;]{0,60}\b(?:izo|ito|azo|ico|iwo|in2o3|zno:al|indium (?:zinc|tin) oxide)\b|(?:agnws?|silver nanowires?|ag nws?)[^.;]{0,80}(?:spray|coat|electrode|laminat|on top)|(?:top|rear|back)[^.;]{0,20}transparent (?:conduct\w+ )?(?:oxide|electrode|contact)|transparent (?:top|rear|back))"
)
# "the tandem accelerator" makes no tandem.
_TANDEM = re.compile(
    r"\btandems?\b(?! (?:(?:ion|van|pelletron) )*(?:accelerator|mass|ms\b|de graaff|mill|reactor))"
)
_STACKED = re.compile(rf"{_TANDEM.pattern}|(?:four|4)[ -]terminal|\b4-?t\b")
_FOR_SEMI = re.compile(r"\bfor (?:the |our )?semi-?\s?transparen")
# "Semitransparent devices had ITO in place of Ag": told beside cells with the metal.
_INSTEAD = re.compile(
    r"semi-?\s?transparent (?:[\w-]+ ){0,2}(?:cells|devices|pscs)\b[^.;]{0,100}(?:in (?:the )?place of|instead of|rather than|replac\w+) (?:the )?(?:\w+ )?(?:au|ag|cu|gold|silver|copper|metal)\b"
)
_OPAQUE = re.compile(
    r"(?<!\bno )(?<!\bnot )\bopaque\b(?! (?:mask|aperture|tape|metal mask|frame|cover|foil|sheet|plate|box))"
)
_METAL_WORDS = (" au", " ag", "gold", "silver", "copper", " cu ", " al ", "alumin", "carbon ")
_THICK_METAL = re.compile(
    r"(?P<a>\d+(?:\.\d+)?)[ -]?nm(?:[ -]thick)? (?:of |layer of |thick |thermally |evaporated )*(?:the )?(?:au|ag|cu|al|gold|silver|copper|alumin\w+)\b"
    r"|\b(?:au|ag|cu|al|gold|silver|copper|alumin\w+)\b[^.;\d]{0,30}\(?(?:about |ca\.? |~|some |of )*(?P<b>\d+(?:\.\d+)?)\s?nm"
    r"|\bcarbon (?:paste|electrode|ink|layer)"
)
_OPAQUE_NM = 40.0
_RANGE = re.compile(
    r"(?<![\d.])(?P<low>[3-9]\d\d|1,?\d{3})\s?(?:nm)?\s?(?:–|-|−|to|and|and up to)\s?(?P<high>[4-9]\d\d|[12],?\d{3})\s?nm"
)

_AVERAGE = re.compile(r"\bavt\b|average (?:visible |near-?infrared |nir )?transm|mean (?:\w+ )?transm|mean of the transm")  # fmt: skip


def semitransparent(document: Document) -> dict[str, Finding]:
    """The flag and the range of wavelengths; FALSE (deduced) where a thick metal closes the cell."""
    lower = document.lower
    named = any(
        word in lower
        for word in ("transparent", "see-through", "bifacial", "visible transm", "avt")
    )
    said = _SEMI_CELL.search(lower) if named else None
    if not said:
        return _deduced(document)
    target = _semi_is_target(document)
    found = {
        "Cell_semitransparent": Finding(
            "TRUE" if target else "FALSE",
            0.75 if _OPAQUE.search(lower) else 0.85,
            "text",
            (said.span(),),
        )
    }
    window = transparent_range(document)
    if target and window:
        found["Cell_semitransparent_wavelength_range"] = window
    return found


# "tin oxide may be replaced by a sputtered oxide, for use in a tandem": of no cell that was made.
_MIGHT = re.compile(
    r"\b(?:can|may|could|might|would) (?:also )?be\b|\bfor use in\b|\balternatively\b"
)


def _deduced(document: Document) -> dict[str, Finding]:
    """TRUE where a tandem's cell has a transparent contact, FALSE where a thick metal closes the cell."""
    lower = document.lower
    rear = _TRANSPARENT_REAR.search(lower) if _STACKED.search(lower) else None
    if rear and _MIGHT.search(document.words(document.sentence_at(rear.start()))):
        rear = None
    metal = thick_metal(document)
    # Single-junction cells that a metal closes come first; the tandem stands beside them.
    beside = (
        rear
        and metal
        and (
            document.has_second_devices or metal[1] < lower.find("tandem", metal[1]) < rear.start()
        )
    )
    if rear and not beside:
        return {"Cell_semitransparent": Finding("TRUE", 0.5, "deduced", (rear.span(),))}
    if not metal:
        return {}
    is_named = names_any(lower, _SEMI_SIGNS) and _SEMI.search(lower)
    sure = 0.6 if is_named or _TRANSPARENT_REAR.search(lower) else 0.9
    return {"Cell_semitransparent": Finding("FALSE", sure, "deduced", (metal,))}


def thick_metal(document: Document) -> tuple[int, int] | None:
    """Where a metal or carbon that lets no light through is named as the contact."""
    lower = document.lower
    for place in chain(places(lower, "nm"), places(lower, "carbon ")):
        start, end = max(place - 60, 0), place + 45
        around = lower[start:end]
        if not any(map(around.__contains__, _METAL_WORDS)):
            continue
        for match in _THICK_METAL.finditer(lower, start, end):
            thickness = match["a"] or match["b"]
            if thickness is None or float(thickness) >= _OPAQUE_NM:
                return match.span()
    return None


def _semi_is_target(document: Document) -> bool:
    """Where opaque cells are made too: whether the semitransparent ones are the paper's own."""
    lower = document.lower
    opaque = _OPAQUE.search(lower)
    if _TANDEM.search(lower):
        return True
    if not opaque:
        said, metal = _FOR_SEMI.search(lower) or _INSTEAD.search(lower), thick_metal(document)
        if said and metal and metal[0] < said.start():
            return bool(_SUBJECT.search(lower))
        return bool(
            _TRANSPARENT_REAR.search(lower) or len(_SEMI.findall(lower)) > 1 or metal is None
        )
    for match in _OPAQUE.finditer(lower):
        sentence = document.sentence_at(match.start())
        end = max(match.end() + 60, sentence.end)
        around = lower[max(match.start() - 60, 0) : end]
        if re.search(r"reference|control|comparison|not (?:a|the) subject", around):
            return True
    return _SEMI.search(lower).start() < opaque.start() or _is_subject(document)


_SUBJECT = re.compile(
    r"semi-?\s?transparent[^;.]{0,80}\b(?:subject|focus|topic|object|heart|centre|center) of (?:this|the|our)\b"
    r"|\b(?:reference|control|target|champion|best|modified) semi-?\s?transparent (?:cells|devices)|\bsemi-?\s?transparent (?:reference|control|target|champion) (?:cells|devices)"
    r"|\bopaque (?:cells|devices|ones)\b[^.;]{0,30}\b(?:not|never) (?:\w+ )?(?:aged|tested|measured|discussed|studied)\b"
    r"|\bopaque (?:cells|devices)\b[^.;]{0,40}\b(?:to|for) (?:\w+ )?(?:optimi[sz]|screen|check|preliminary)\w*"
)
_AGEING = ("aged", "ageing", "aging", "stabil", "power point", "tracked")


def _is_subject(document: Document) -> bool:
    """Whether the semitransparent cells, told behind opaque ones, are what the paper is on: called so, or alone in the ageing test."""
    if _SUBJECT.search(document.lower):
        return True
    told = [document.words(sentence) for sentence in sentences_naming(document, _AGEING)]
    semi = any(_SEMI.search(words) for words in told)
    return semi and not any(_OPAQUE.search(words) for words in told)


def transparent_range(document: Document) -> Finding | None:
    told = sentences_naming(document, ("transmi", "transparen", "avt"))
    # The range of the average before that of the instrument.
    for sentence in sorted(told, key=lambda s: not _AVERAGE.search(document.words(s))):
        words = document.words(sentence)
        match = _RANGE.search(words)
        if match is None:
            continue
        low, high = (match[name].replace(",", "") for name in ("low", "high"))
        if int(low) < int(high):
            span = ((sentence.start + match.start(), sentence.start + match.end()),)
            return Finding(f"{low}; {high}", 0.85, "text", span)
    return None


def places(lower: str, word: str) -> Iterator[int]:
    place = lower.find(word)
    while place >= 0:
        yield place
        place = lower.find(word, place + len(word))

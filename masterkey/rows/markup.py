"""HTML, SGML of patents, and Markdown: what of their signs is text, and what is not."""

import html
import re
from collections.abc import Iterator

from masterkey.rows.edited_text import Edit, substitutions, without_overlaps
from masterkey.rows.superscripts import DEGREE_RINGS, raised

# The Greek letters of SGML (ISO 8879), which HTML does not have; `mgr` is the micro sign of patents.
_SGML = {
    "agr": "α", "bgr": "β", "ggr": "γ", "dgr": "δ", "egr": "ε", "zgr": "ζ", "eegr": "η",
    "thgr": "θ", "kgr": "κ", "lgr": "λ", "mgr": "µ", "ngr": "ν", "pgr": "π", "rgr": "ρ",
    "sgr": "σ", "tgr": "τ", "phgr": "φ", "khgr": "χ", "psgr": "ψ", "ohgr": "ω", "ohm": "Ω",
    "Dgr": "Δ", "OHgr": "Ω", "deg": "°", "mu": "μ", "minus": "-",
}  # fmt: skip
# "&amp;amp;deg;" was escaped more than once.
_ENTITY = re.compile(
    r"&(?:amp;)*+(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
    r"|(deg|micro|plusmn|times|nbsp|middot)(?![A-BD-Za-z0-9;=]))|&(?:amp;)++"
)

_TAG_START = re.compile(r"<[!?/A-Za-z]")
_NAME = r"[A-Za-z][\w:.-]{0,40}"
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<name>{_NAME})"
    rf"(?P<attributes>(?:\s++{_NAME}\s*+=\s*+(?:\"[^\"<>]*+\"|'[^'<>]*+'|[^\s\"'<>=]++))*+)\s*+/?>"
)
_RAISED = ("sup", "superscript", "sp")
_LOWERED = ("sub", "inf", "subscript", "sb")
_BLOCKS = frozenset(
    "p div br li ul ol h1 h2 h3 h4 h5 h6 tr table tbody thead section sec title article header "
    "footer body html head hr blockquote heading para caption fig figure label abstract".split()
)
_CELLS = frozenset(("td", "th", "entry"))
# Bare tags of these names only, so that "x <y> z" stays.
_KNOWN = (
    _BLOCKS
    | _CELLS
    | frozenset((*_RAISED, *_LOWERED))
    | frozenset(
        "a b i u em strong span italic bold small big sc font tt code pre center mark del ins s "
        "strike cite abbr xref ref ext-link named-content monospace underline roman img meta link "
        "tex-math inline-formula disp-formula alternatives list list-item break nav main aside figcaption math mi mn mo mrow msub msup mtext colgroup col dl dt dd".split()
    )
)
_SHIFTED = re.compile(r"([^<>]{0,40})</(?:sup|sub|inf|sp|sb|superscript|subscript)\s*>")
# No text: its ends are looked for with str.find, so that many beginnings take no more time.
_UNREAD = re.compile(r"<(?:!--|!DOCTYPE\b|\?xml\b|(script|style)\b)", re.IGNORECASE)
_CLOSED_BY = {"<!--": "-->", "<!doctype": ">", "<?xml": "?>"}
_C = re.compile(r"\s?C(?![a-z])")
_POWER = re.compile(r"[-−–]?[0-9]")
_TAIL = 60  # characters before a raised text that say what it is

_STARS = re.compile(r"(\*{1,3})(?=[^\s*])[^*\n]{0,300}+(?<=[^\s*])\1(?!\*)")
_UNDERSCORES = re.compile(r"(_{1,2})(?=[^\s_])[^_\n]{0,300}+(?<=[^\s_])\1(?![\w_])")
_NOT_IN_A_WORD = re.compile(r"(?:^|[^\w*])$")
_HEADING = re.compile(r"^#{1,6}[ \t]+(?=\S)(?:\*\*)?|(?:\*\*)?[ \t]+#{1,6}[ \t]*$", re.MULTILINE)
_LINK = re.compile(r"(!?)\[([^\[\]\n]{0,200})\]\((?:https?:|www\.|#|images?/|\./)[^()\s]{0,300}\)")


def unescaped_entities(text: str) -> Iterator[Edit]:
    """`&deg;`, `&#176;`, `&mgr;`, `&amp;deg;` → the sign; what is no entity stays."""
    if "&" in text:
        yield from substitutions(_ENTITY, text, lambda match: _sign(match[1] or match[2] or "amp"))


def _sign(name: str) -> str | None:
    if name in _SGML:
        return _SGML[name]
    sign = html.unescape(f"&{name};")
    return None if sign.endswith(";") and len(sign) > 1 else sign


def removed_tags(text: str) -> Iterator[Edit]:
    """Tags go: blocks become line breaks, `cm<sup>2</sup>` "cm2", a raised ring of a degree "°"."""
    if "<" not in text:
        return
    here, unclosed = 0, set()
    while found := _TAG_START.search(text, here):
        start = found.start()
        edits = _unread(text, start, unclosed) or _tag(text, start)
        yield from edits
        here = edits[-1][1] if edits else start + 1


# The head of a web page; a heading of TEI is no such thing.
_PAGE_HEAD = re.compile(
    r"<head\b[^<>]*+>\s*<(?:title|meta|script|link|style|base)\b", re.IGNORECASE
)


def _unread(text: str, start: int, unclosed: set[str]) -> list[Edit]:
    """A comment, a script …, from its start to its end; `unclosed` notes which ends do not come."""
    match = _UNREAD.match(text, start)
    if match:
        closing = f"</{match[1].lower()}" if match[1] else _CLOSED_BY[match[0].lower()]
    elif match := _PAGE_HEAD.match(text, start):
        closing = "</head"
    else:
        return []
    end = -1 if closing in unclosed else text.find(closing, match.end())
    if end < 0:
        unclosed.add(closing)
        return []
    end = text.find(">", end) + 1
    return [(start, end or len(text), "")]


def _tag(text: str, start: int) -> list[Edit]:
    match = _TAG.match(text, start)
    if not match:
        return []
    name = match["name"].lower()
    if name == "s" and not match["attributes"]:  # the published marker of an answer's start
        return []
    if not (match["attributes"] or match["close"] or ":" in name or name in _KNOWN):
        return []
    if name in _BLOCKS:
        return [(*match.span(), "\n")]
    if name in _CELLS:
        return [(*match.span(), " ")]
    if name in _RAISED + _LOWERED and not match["close"]:
        return _shifted(text, match, name in _RAISED)
    return [(*match.span(), "")]


def _shifted(text: str, opening: re.Match, is_raised: bool) -> list[Edit]:
    """A raised or lowered text with its tags, and a blank that was set before it ("cm <sup>2")."""
    start, end = opening.span()
    inside = _SHIFTED.match(text, end)
    if is_raised and inside and inside[1].strip() in DEGREE_RINGS and _C.match(text, inside.end()):
        return [(start, inside.end(), "°")]
    tail = text[max(start - _TAIL, 0) : start]
    blank = len(tail) - len(tail.rstrip(" "))
    if blank and tail.rstrip(" ")[-1:].isalnum() and _POWER.match(text, end):
        start -= blank
    if not inside or not is_raised:
        return [(start, end, "")]
    kept = raised(inside[1], re.sub(r"<[^<>]*+>", "", tail))
    return [(start, inside.end(), kept)]


def removed_markdown(text: str) -> Iterator[Edit]:
    """Emphasis, the signs of headings, and links lose their marks; pictures go."""
    edits = list(substitutions(_HEADING, text, "")) if "#" in text else []
    if "](" in text:
        edits += substitutions(_LINK, text, lambda match: "" if match[1] else match[2])
    if "*" in text or "_" in text:
        edits += _without_emphasis(text)
    yield from without_overlaps(edits)


def _without_emphasis(text: str) -> Iterator[Edit]:
    for pattern in (_STARS, _UNDERSCORES):
        for match in pattern.finditer(text):
            if _NOT_IN_A_WORD.search(text[max(match.start() - 1, 0) : match.start()]):
                yield *match.span(1), ""
                yield match.end() - len(match[1]), match.end(), ""

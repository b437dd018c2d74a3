"""Cells of two polarities that a text tells in parts of their own, n-i-p and p-i-n (issue 14).

Each is read from the text without the other's parts. A cell that has "the same layers in the opposite order" is the
other one turned over.
"""

import re
from dataclasses import dataclass, field, replace

from masterkey.extractor.fields import ARCHITECTURE
from masterkey.extractor.process.devices.turned_cells import layers_counted_up
from masterkey.extractor.process.devices.views import View, view_without
from masterkey.extractor.process.layers.layer import CONTACTS
from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.findings import Finding

POLARITIES = {
    "n-i-p": re.compile(r"\bn-?i-?p\b"),
    "p-i-n": re.compile(r"\bp-?i-?n\b"),
}
# One of these stands in a text that names a polarity.
_SIGNS = ("nip", "n-i", "ni-p", "pin", "p-i", "pi-n")
_CELLS = re.compile(r"\b(?:cells?|devices?|pscs|single[- ]junctions?)\b")
_PARTS_OF_CELLS = re.compile(r"\bsub-?cells?\b|\btandem|\bfilms?\b|\bmodules?\b")
_TANDEM = re.compile(r"\btandems?\b|\btwo-terminal\b|\b[24]-?t\b")
# The paper's own cell is a tandem.
_OF_TANDEMS = re.compile(
    r"\b(?:target|control|champion|reference) (?:[\w/-]+ )?tandems?\b|\btandems? (?:solar cells |cells |devices )?(?:are|is) the (?:target|subject|focus|aim|main)\b"
)
_CLOSED = re.compile(
    r"\b(?:silver|gold|copper|alumini?um|carbon|ag|au|cu|al)\b[^.]{0,90}(?:\bnm\b|evaporat|deposit|sputter|print|electrode|contact|complet|finish)"
    r"|(?:\bnm\b|evaporat|deposit)[^.]{0,90}\b(?:silver|gold|copper|alumini?um|ag|au|cu)\b"
)
_TURNED = re.compile(
    r"\b(?:inverse|inverted|opposite|reversed?) (?:order|sequence)\b|\bin reverse\b|\b(?:order|sequence)(?: of (?:the |all )?layers)? (?:was|is|being) (?:reversed|inverted|turned)\b"
)
_BEST = re.compile(
    r"\b(?:targets?|champion|best|better|higher|highest|cent(?:re|er)|subject|focus\w*|main|chosen|controls?)\b"
)


@dataclass
class Kinds:
    """`places`: kind → [start, end) of what is told of it alone; `target`: the paper's own; `turned`: told as the other upside down."""

    places: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    tandems: list[tuple[int, int]] = field(default_factory=list)
    target: str = ""
    turned: str = ""

    @property
    def others(self) -> list[str]:
        return [kind for kind in self.places if kind != self.target]

    def other_of(self, kind: str) -> str:
        return next(other for other in self.places if other != kind)


@once
def kinds_of(document: Document) -> Kinds | None:
    """The two kinds of whole cells that a text tells apart; None where it does not."""
    lower = document.lower
    if not any(map(lower.__contains__, _SIGNS)):
        return None
    named = _named(lower)
    if len(named) < 2 and not (named and _TURNED.search(lower)):
        return None
    if _OF_TANDEMS.search(lower):
        return None
    found = Kinds({kind: [] for kind in POLARITIES})
    titled: dict[str, list[Sentence]] = {kind: [] for kind in POLARITIES}
    for sentence in document.sentences:
        words, title = document.words(sentence), _title(document, sentence)
        place = sentence.start, sentence.end
        if _TANDEM.search(title) and document.section_at(sentence.start).kind != "measurement":
            found.tandems.append(place)
            continue
        kinds = _named(title) if len(_named(title)) == 1 else []
        if kinds and _CELLS.search(title) and not _PARTS_OF_CELLS.search(title):
            titled[kinds[0]].append(sentence)
            found.titles.setdefault(kinds[0], title)
        kinds = kinds or ([] if _TANDEM.search(words) else _named(words))
        if len(kinds) == 1:
            found.places[kinds[0]].append(place)
            if _TURNED.search(words + title) and sentence.fabricates:
                found.turned = kinds[0]
    whole = all(any(_CLOSED.search(document.words(s)) for s in own) for own in titled.values())
    if not (whole or found.turned):
        return None
    found.target = _target(document, found, titled)
    return found


_HEADED = re.compile("|".join(p.pattern for p in (*POLARITIES.values(), _TANDEM)))
_HEAD = re.compile(r"\W*(?:[\w.-]+ ){0,5}[\w-]+\W{0,2}:")


def _title(document: Document, sentence: Sentence) -> str:
    """What heads a sentence: "p-i-n cells: …", a short sentence before it in its paragraph, or its section's title."""
    start = document.text.rfind("\n", 0, sentence.start + 1) + 1
    head = _HEAD.match(document.lower, start)
    if head and _HEADED.search(head[0]):
        return head[0]
    return document.paragraph_title(sentence) or document.section_at(sentence.start).title.lower()


def _named(words: str) -> list[str]:
    return [kind for kind, pattern in POLARITIES.items() if pattern.search(words)]


def _target(document: Document, found: Kinds, titled: dict[str, list[Sentence]]) -> str:
    """The kind that is called the best, or of which target and control are told; else the first, but not the one turned."""
    counts = {
        kind: sum(bool(_BEST.search(document.lower, *place)) for place in places)
        for kind, places in found.places.items()
    }
    best = max(counts, key=lambda kind: counts[kind])
    if list(counts.values()).count(counts[best]) == 1:
        return best
    if found.turned:
        return found.other_of(found.turned)
    return min((k for k in titled if titled[k]), key=lambda kind: titled[kind][0].start)


def view_of_kind(document: Document, kinds: Kinds, kind: str) -> View:
    """The text without what it tells of the other kind alone, or of tandems."""
    gone = [p for other, places in kinds.places.items() if other != kind for p in places]
    return view_without(document, [*gone, *kinds.tandems])


def turned(document: Document, found: dict[str, Finding], places: list) -> dict[str, Finding]:
    """The cell with the same layers the other way round; `places`: what tells so, and names the contact."""
    own = layers_counted_up(document, places, found)
    told = {part for part in ("HTL", "ETL") if _adds(own, found, part)}
    own = {name: f for name, f in own.items() if name[:3] in told}
    for name, finding in found.items():
        if name.startswith(("HTL", "ETL")):
            if name[:3] in told:
                continue
            value = " | ".join(reversed(finding.value.split(" | ")))
            own[name] = replace(finding, value=value, source="deduced")
        else:
            own[name] = finding
    if ARCHITECTURE in found:
        value = "pin" if found[ARCHITECTURE].value == "nip" else "nip"
        own[ARCHITECTURE] = Finding(value, 0.9, "deduced", tuple(places[:1]))
    named = [m for m in document.mentions if m.name in CONTACTS and any(a <= m.start < b for a, b in places)]  # fmt: skip
    if named:
        span = ((named[-1].start, named[-1].end),)
        own["Backcontact_stack_sequence"] = Finding(named[-1].name, 0.85, "text", span)
        own.pop("Backcontact_additives_compounds", None)
    return own


def _adds(own: dict[str, Finding], found: dict[str, Finding], part: str) -> bool:
    """Whether the layers that a text counts up are more than those of the other cell turned over."""
    stack = f"{part}_stack_sequence"
    if stack not in own:
        return False
    turned_over = found[stack].value.split(" | ")[::-1] if stack in found else []
    return own[stack].value.split(" | ") != turned_over or f"{part}_additives_compounds" in own

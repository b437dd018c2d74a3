"""Device stacks that a paper writes with slashes: "ITO/NiOx/perovskite/C60/BCP/Ag"."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from masterkey.extractor.new_names import looks_new
from masterkey.extractor.process.layers.items import PEROVSKITE, is_transport_or_contact
from masterkey.extractor.process.text.document import Document, once
from masterkey.extractor.process.text.materials import materials
from masterkey.extractor.process.text.stack_names import IS_PEROVSKITE, SLASH

_LONGEST_PIECE, _FEWEST_PIECES = 70, 4
_BREAK = re.compile(r"[.;:]\s|\n|, (?:and|which|where|while)")
_PLACEHOLDER = re.compile(r"(?i:(?:[eh]t[lm]s?|sam|electrode|metal|buffer|contact)\b.*)")
_ELECTRODES = frozenset(
    "Au Ag Al Cu Carbon Cr Ni Pt Pd Bi Mo Ag-nw IZO AZO MgF2 AgAl Graphite SWCNTs".split()
)
_FILLED = re.compile(r"filled|infiltrat|\bwith\b")
# Devices for one measurement only.
_FOR_A_STUDY = re.compile(
    r"hole-only|electron-only|sclc|space[- ]charge|single-carrier|sandwiched|simulat|half-?stack|crystals?\b"
)
_BEFORE_STACK = 60
_TARGETS = re.compile(r"target|champion|best|optimi")
_WHOSE = re.compile(
    r"\b(?:targets?|champion|best|optimi[sz]ed|controls?|references?|tandems?|comparison)\b"
)
_NAME = re.compile(r"[\w'’:.,()+-]*[\w)]")


@dataclass(frozen=True)
class Stack:
    """`layers` from the substrate to the back contact: names of the database, or as written."""

    layers: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    start: int
    end: int
    of_target: int = 0  # 1 where the words before name the target, -1 where they name another cell

    @property
    def middle(self) -> int:
        return self.layers.index(PEROVSKITE)


def stacks_of(document: Document) -> list[Stack]:
    """The paper's own of `written_stacks`, not those of other cells."""
    return [
        stack
        for stack in written_stacks(document)
        if document.sentence_at(stack.start).kind != "other cell"
    ]


@once
def written_stacks(document: Document) -> list[Stack]:
    """All written stacks of cells that hold a perovskite and know at least half of their other layers."""
    found = []
    for pieces in _chains(document.text):
        stack = _stack(document, pieces)
        sentence = document.sentence_at(pieces[0][0])
        if stack and not _FOR_A_STUDY.search(document.words(sentence)):
            found.append(stack)
    return found


def _chains(text: str) -> list[list[tuple[int, int]]]:
    """Pieces [start, end) of each run of slashes."""
    slashes = [match.span() for match in SLASH.finditer(text)]
    runs: list[list[tuple[int, int]]] = []
    for span in slashes:
        between = text[runs[-1][-1][1] : span[0]] if runs else ""
        if runs and len(between) <= _LONGEST_PIECE and between and not _BREAK.search(between):
            runs[-1].append(span)
        else:
            runs.append([span])
    chains = []
    for run in runs:
        if len(run) + 1 < _FEWEST_PIECES:
            continue
        first = text.rfind(" ", 0, run[0][0]) + 1
        last = _NAME.match(text, run[-1][1])
        end = last.end() if last else run[-1][1]
        inner = [(a[1], b[0]) for a, b in pairwise(run)]
        chains.append([(first, run[0][0]), *inner, (run[-1][1], end)])
    return chains


def _stack(document: Document, pieces: list[tuple[int, int]]) -> Stack | None:
    layers, spans, known = [], [], 0
    starts = [mention.start for mention in document.mentions]
    for start, end in pieces:
        text = document.text[start:end]
        inside = [
            mention
            for mention in document.mentions[bisect_left(starts, start) : bisect_left(starts, end)]
            if is_transport_or_contact(mention) or "treatment" in mention.roles
        ]
        if IS_PEROVSKITE.search(text) and not (inside and _FILLED.search(text)):
            layers.append(PEROVSKITE)
        else:
            known += bool(inside)
            layers.append(inside[0].name if inside else _as_written(text))
        if _PLACEHOLDER.fullmatch(layers[-1]):
            return None
        spans.append((start, end))
    if layers.count(PEROVSKITE) != 1 or known < (len(layers) - 1) * 0.6:
        return None
    if not all(
        layer == PEROVSKITE or layer in materials().roles or looks_new(layer) for layer in layers
    ):
        return None
    transparent = layers[0] in ("FTO", "SLG", "PET", "PEN") and layers[-1] == "ITO"
    if not (transparent or {layers[0], layers[-1]} & _ELECTRODES) or layers[-1] == PEROVSKITE:
        return None
    if {"ITO", "FTO"} & set(layers[1:-1]) and layers[0] not in ("SLG", "PET", "PEN", "Si"):
        return None
    if (
        layers[-1] in ("SLG", "FTO", "ITO", "PET", "PEN")
        and not transparent
        and layers[0]
        not in (
            "SLG",
            "FTO",
            "PET",
            "PEN",
        )
    ):
        layers, spans = layers[::-1], spans[::-1]
    start = pieces[0][0]
    return Stack(tuple(layers), tuple(spans), start, pieces[-1][1], _of_target(document, start))


def _of_target(document: Document, start: int) -> int:
    before = document.lower[max(document.sentence_at(start).start, start - _BEFORE_STACK) : start]
    told = _WHOSE.findall(before)
    if not told:
        return 0
    return 1 if _TARGETS.match(told[-1]) else -1


def _as_written(text: str) -> str:
    return re.sub(r"\s*\([^()]*(?:nm|µm|mm)[^()]*\)", "", text).strip(" .,;()[]")

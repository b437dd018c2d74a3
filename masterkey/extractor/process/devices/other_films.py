"""The perovskite film of a device beside the target, where it is made or heated otherwise (issue 14)."""

import re

from masterkey.extractor.fields import PROCEDURE, TEMPERATURE, TIME
from masterkey.extractor.process.devices.kinds import (
    COMPARISON,
    CONTROL,
    FLEXIBLE,
    MODULES,
    RIGID,
    SORT,
    Variant,
)
from masterkey.extractor.process.devices.labelled_heat import shared_heat
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.layers.items import PEROVSKITE, items_of
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.heat import stages_of
from masterkey.extractor.process.text.methods import COATING, GENERIC, PRINTING

_NEXT = 20  # characters behind a method to the layer that it coats
_MADE_BY = re.compile(
    r"(?:cells|devices|films|perovskites?) (?:were|was) (?:also )?(?:made|prepared|fabricated|deposited) by (?:\w+ )?$"
)
_MADE_BY_NEAR = re.compile(r"\b(?:made|prepared|fabricated|deposited) by\b[^.;]*$")


def make_film(paper: Paper, variant: Variant, found: Findings) -> None:
    """Method and anneal of the perovskite where the passages tell of others."""
    own = [o for o in paper.operations if o.is_perovskite and variant.has(o.start)]
    specific = [o for o in own if o.method not in GENERIC]
    if variant.kind not in (CONTROL, COMPARISON, SORT):
        specific = [o for o in specific if o.method in COATING | PRINTING]
    methods = list(dict.fromkeys(o.method for o in specific))
    if not own and variant.kind in (COMPARISON, CONTROL):
        methods = _made_by(paper, variant)
    known = paper.target.get(PROCEDURE)
    told = variant.kind == SORT or not (known and set(methods) <= set(known.value.split(" >> ")))
    if methods and told:
        places = tuple(o.method_span for o in specific) or tuple(variant.passages[:1])
        found[PROCEDURE] = Finding(" >> ".join(methods), 0.8, "text", places)
    stages = (
        []
        if variant.kind == MODULES
        else [stage for o in own for stage in o.control_stages or o.stages]
    )
    if methods and not own:
        stages = [
            s
            for sentence in paper.sentences(variant)
            for s in stages_of(paper.document, sentence)
            if _MADE_BY_NEAR.search(paper.document.lower[sentence.start : s.start])
        ]
    stages = (
        shared_heat(paper, variant)
        or stages
        or _stages_aside(paper, variant)
        or _stages_told(paper, variant)
    )
    if stages:
        places = tuple((stage.start, stage.end) for stage in stages)
        for name, values in ((TEMPERATURE, [s.temperature for s in stages]), (TIME, [s.time for s in stages])):  # fmt: skip
            value = "; ".join("Unknown" if v is None else f"{round(v, 2):g}" for v in values)
            found[name] = Finding(value, 0.8, "text", places)


def _made_by(paper: Paper, variant: Variant) -> list[str]:
    """ "cells were also made by spin-coating": the method of their perovskite."""
    lower = paper.document.lower
    return [
        m.name
        for m in paper.document.methods
        if variant.has(m.start)
        and m.name not in GENERIC
        and _MADE_BY.search(lower[max(m.start - 70, 0) : m.start])
        and not _coats_layer(paper.document, m.end)
    ][:1]


def _coats_layer(document: Document, end: int) -> bool:
    """Whether a layer follows a method that ends there: "by blade-coating a carbon paste"."""
    behind = (m for m in document.mentions if end <= m.start < end + _NEXT)
    return any({"HTL", "ETL", "Backcontact"} & m.roles.keys() and "solvent" not in m.roles for m in behind)  # fmt: skip


_OF_FILM = re.compile(r"\bfilms?\b|\bperovskites?\b|\babsorbers?\b|pb\w*(?:i|br)3")


# "Films for control devices were annealed at 140 °C", "rigid cells were annealed at 150 °C"
_HEATED = re.compile(
    r"\b(?:films?|cells|devices|samples|controls?|references?|perovskites?)\b[^;,]*\b(?:anneal|heat|bak)\w*[^;]*$"
)


# "some cells were annealed at 100 °C directly after co-sublimation"
_CELLS_HEATED = re.compile(r"\b(?:cells|devices) (?:were|was) (?:\w+ )?(?:anneal|heat|bak)\w*\b")


def _stages_told(paper: Paper, variant: Variant) -> list:
    """Heat in the passages on a device, where they name a film of perovskite and no layer."""
    found = []
    kinds = (COMPARISON, CONTROL, RIGID, FLEXIBLE)
    for sentence in paper.sentences(variant) if variant.kind in kinds else ():
        items = items_of(paper.document, sentence)
        if not sentence.fabricates or any(i.is_layer or i.is_treatment for i in items):
            continue
        own = [s for s in stages_of(paper.document, sentence) if variant.has(s.start)]
        if variant.kind == COMPARISON:
            heated = _CELLS_HEATED.search(paper.document.words(sentence))
            found += own if heated or _OF_FILM.search(paper.words(variant)) else []
        else:
            found += [s for s in own if _HEATED.search(paper.document.lower[sentence.start : s.start])]  # fmt: skip
    return found


def _stages_aside(paper: Paper, variant: Variant) -> list:
    """Heat that a sentence on the target's film gives to the other films."""
    aside = [s for o in paper.operations if PEROVSKITE in o.names for s in o.control_stages]
    if variant.label:
        return [s for s in aside if variant.label in paper.document.lower[max(s.start - 40, 0) : s.start]]  # fmt: skip
    return aside if variant.kind == CONTROL else []

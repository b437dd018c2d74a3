"""Layers, steps and dopants that a device beside the target lacks (issue 14)."""

import re

from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.layers.oxide_forms import base
from masterkey.extractor.process.text.findings import Finding

_PARTS = ("HTL", "ETL", "Backcontact")
_POROUS = re.compile(r"\bmesoporous|\bmeso\b|\bmp-|scaffold|\bporous")


def set_none(found: Findings, part: str, place: tuple[int, int]) -> None:
    found[f"{part}_stack_sequence"] = Finding("none", 0.85, "text", (place,))
    for name in (f"{part}_deposition_procedure", f"{part}_additives_compounds"):
        found.pop(name, None)


def without_layers(paper: Paper, found: Findings, place: tuple[int, int]) -> bool:
    names = {base(m.name) for m in paper.document.mentions if place[0] <= m.start < place[1]}
    is_porous = _POROUS.search(paper.document.lower, *place) is not None
    removed = False
    for part in _PARTS:
        layers = layers_of(found, part)
        porous = [layer for layer in layers if layer.endswith("-mp")] if is_porous else []
        kept = [n for n, layer in enumerate(layers) if layer not in porous and (porous or base(layer) not in names)]  # fmt: skip
        if len(kept) < len(layers):
            removed = True
            if kept:
                keep(found, part, kept)
            else:
                set_none(found, part, place)
    return removed


def undope(paper: Paper, found: Findings, place: tuple[int, int], whole: bool = False) -> None:
    """Take the dopants from the layers that a place names; with `whole` from those that its sentence names, or the HTL."""
    near = paper.document.sentence_at(place[0]).start, place[1]
    names: set[str] = set()
    for first, end in (place, near) if whole else (place,):
        told = {base(m.name) for m in paper.document.mentions if first <= m.start < end}
        names = names or {base(n) for p in ("HTL", "ETL") for n in layers_of(found, p) if base(n) in told}  # fmt: skip
    if whole and not names:
        names = set(map(base, layers_of(found, "HTL")))
    for part in ("HTL", "ETL"):
        field = f"{part}_additives_compounds"
        layers, finding = layers_of(found, part), found.get(field)
        values = finding.value.split(" | ") if finding else []
        if len(values) == len(layers) and names.intersection(map(base, layers)):
            values = ["Undoped" if base(n) in names else v for n, v in zip(layers, values, strict=True)]  # fmt: skip
            found[field] = Finding(" | ".join(values), 0.8, "text", (place,))


def without_last_step(paper: Paper, found: Findings, before: int) -> bool:
    """Take off what was deposited last before a place of the text, if it is a layer beside others."""
    last = max((o for o in paper.operations if o.end <= before), key=lambda o: o.end, default=None)
    for part in ("HTL", "ETL") if last else ():
        layers = layers_of(found, part)
        kept = [n for n, layer in enumerate(layers) if layer not in last.names]
        if kept and len(kept) < len(layers):
            keep(found, part, kept)
            return True
    return False


def without_dopant(paper: Paper, found: Findings, start: int, place: int) -> bool:
    """Take away the dopants of a layer that the words from `start` to a place name: "RbF …; nothing was added"."""
    words = paper.document.lower[start:place]
    for part in ("ETL", "HTL"):
        field = f"{part}_additives_compounds"
        told = found[field].value.split(" | ") if field in found else []
        kept = [
            "; ".join(n for n in own.split("; ") if n.lower() not in words) or "Unknown"
            for own in told
        ]
        if kept != told:
            if set(kept) == {"Unknown"}:
                del found[field]
            else:
                found[field] = Finding(" | ".join(kept), 0.8, "text", ((start, place),))
            return True
    return False


def without_treatment(paper: Paper, found: Findings) -> bool:
    """Take off the layer that treats the perovskite's surface."""
    treated = {name for o in paper.operations if o.is_treatment for name in o.names}
    for part in ("HTL", "ETL"):
        layers = layers_of(found, part)
        kept = [n for n, layer in enumerate(layers) if layer not in treated]
        if kept and len(kept) < len(layers):
            keep(found, part, kept)
            return True
    return False


# "For passivated (target) cells a solution of … was spin-coated"
_TO_TARGET = re.compile(
    r"\b(?:for|in|on|of|to) (?:the |our |all )?(?:(?:passivated|treated|modified|coated)? ?\(?(?:target|champion)\)?|passivated|treated|modified) (?:perovskite |solar )?(?:cells?|devices?|films?|samples?|layers?|substrates?|surfaces?)\b"
)
_OTHERS = re.compile(r"\b(?:controls?|references?)\b")


def without_step_of_target(paper: Paper, found: Findings) -> bool:
    """Take off a layer that is told to be of the target alone; whether there is such a step."""
    given = {
        name
        for o in paper.operations
        if not o.is_perovskite
        and _TO_TARGET.search(words := paper.document.words(o.sentence))
        and not _OTHERS.search(words)
        for name in o.names
    }
    for part in ("HTL", "ETL"):
        layers = layers_of(found, part)
        kept = [n for n, layer in enumerate(layers) if layer not in given]
        if kept and len(kept) < len(layers):
            keep(found, part, kept)
    return bool(given)


def layers_of(found: Findings, part: str) -> list[str]:
    finding = found.get(f"{part}_stack_sequence")
    return finding.value.split(" | ") if finding else []


def keep(found: Findings, part: str, kept: list[int]) -> None:
    """Only the layers with these numbers, in all fields of a part."""
    count = len(layers_of(found, part))
    for name in ("stack_sequence", "deposition_procedure", "additives_compounds"):
        finding = found.get(f"{part}_{name}")
        values = finding.value.split(" | ") if finding else []
        if len(values) == count:
            value = " | ".join(values[n] for n in kept)
            if value.strip(" |").replace("Unknown", ""):
                found[f"{part}_{name}"] = Finding(value, finding.certainty, finding.source, finding.spans)  # fmt: skip
            else:
                del found[f"{part}_{name}"]


# "cells based on X", "devices on a compact X layer", "X-based cells": of cells that have it.

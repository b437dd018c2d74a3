"""Several layers of the target in whose place one is put: "replace CuSCN and rGO by spiro-OMeTAD" (issue 14)."""

import re
from dataclasses import replace

from masterkey.extractor.process.devices.kinds import Variant
from masterkey.extractor.process.devices.lacking_layers import layers_of
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.layers.oxide_forms import base

_REPLACED = re.compile(
    r"\breplac\w+ (?P<old>[^.;]{2,60}? and [^.;]{2,40}?) (?:by|with)\b|\b(?:instead|in place) of (?P<others>[^.;]{2,60}? and [^.;,]{2,40})"
)


def give_up_others(
    paper: Paper, variant: Variant, found: Findings, part: str, place: int, new: str
) -> None:
    """Leaves out of a part's stack what the same words as of its layer `place`, now `new`, say gave way."""
    gone = set(_named_together(paper, variant)) - {base(new)}
    layers = layers_of(found, part)
    kept = [n for n, name in enumerate(layers) if n == place or base(name) not in gone]
    own = paper.stack(part)
    if len(kept) == len(layers) or place >= len(own) or base(own[place]) not in gone:
        return
    for field in (f"{part}_stack_sequence", f"{part}_deposition_procedure"):
        finding = found.get(field)
        parts = finding.value.split(" | ") if finding else []
        if len(parts) == len(layers):
            found[field] = replace(finding, value=" | ".join(parts[n] for n in kept))


def _named_together(paper: Paper, variant: Variant) -> list[str]:
    """The layers that the passages say gave way with one another."""
    lower = paper.document.lower
    places = [
        match.span(match.lastgroup)
        for start, end in variant.passages
        for match in _REPLACED.finditer(lower, start, end)
    ]
    return [
        base(m.name) for m in paper.document.mentions if any(a <= m.start < b for a, b in places)
    ]

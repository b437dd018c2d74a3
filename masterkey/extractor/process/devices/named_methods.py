"""Methods that stand before the name of a layer: "on spin-coated 2PACz", "between printed NiOx and printed PCBM/BCP" (issue 14)."""

import re

from masterkey.extractor.process.devices.kinds import Variant
from masterkey.extractor.process.devices.paper import Paper
from masterkey.extractor.process.layers.oxide_forms import base

_NOT_SO = re.compile(
    r"\b(?:instead of|in (?:the )?place of|rather than|in lieu of|not|replac\w+) (?:the |an? )?$"
)
_NEAR = 25  # characters before a method


def methods_named(paper: Paper, variant: Variant) -> dict[str, tuple[str, tuple[int, int]]]:
    """Layer, without its form → (method, its place), as the passages on a device name it."""
    lower, found = paper.document.lower, {}
    ends = {m.end: m for m in paper.document.methods if variant.has(m.start)}
    last, last_end = None, -1
    for mention in paper.document.mentions if ends else ():
        method = ends.get(mention.start - 1)
        if method and _NOT_SO.search(lower, max(method.start - _NEAR, 0), method.start):
            method = None
        if method is None and last_end == mention.start - 1 and lower[last_end] == "/":
            method = last
        last, last_end = method, mention.end
        if method:
            found[base(mention.name)] = (method.name, (method.start, method.end))
    return found

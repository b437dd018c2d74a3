"""Heat that brackets share out among devices: "100 °C for 45 min (triple cation) or 30 min (double cation)" (issue 14)."""

import re

from masterkey.extractor.process.devices.kinds import CALLED, Variant
from masterkey.extractor.process.devices.paper import Paper
from masterkey.extractor.process.text.passages import sentences_naming
from masterkey.extractor.process.text.stages import Stage

_SHARED = re.compile(
    r"(?:(?P<t>\d{2,3}) ?°c,? (?:for )?)?(?P<n>\d+(?:\.\d+)?) ?(?P<unit>min|h)\b ?\((?:for |on |in )?(?:the )?(?P<label>[a-z][\w -]{2,30}?)(?: (?:cells|devices|films|substrates|ones))?\)"
)
_HEATS = ("anneal", "heat", "hotplate", "hot plate", "baked", "dried")
_WORD = re.compile(r"[a-z\d]+")


def shared_heat(paper: Paper, variant: Variant) -> list[Stage]:
    """The stages whose brackets name the device; [] where none do, or all of a sentence name the same."""
    called = set(_WORD.findall(f"{variant.name.lower()} {variant.label}"))
    called |= {word for name in CALLED.get(variant.kind, ()) for word in _WORD.findall(name)}
    if variant.role == "control":
        called.add("control")
    for sentence in sentences_naming(paper.document, _HEATS) if called else ():
        told = list(_SHARED.finditer(paper.document.words(sentence)))
        if not sentence.fabricates or len({match["label"] for match in told}) < 2:
            continue
        temperature, own = None, []
        for match in told:
            temperature = float(match["t"]) if match["t"] else temperature
            minutes = float(match["n"]) * (60 if match["unit"] == "h" else 1)
            if set(_WORD.findall(match["label"])) <= called:
                start = sentence.start + match.start()
                own.append(Stage(temperature, minutes, start, sentence.start + match.end()))
        if own:
            return own
    return []

"""The oxide that grows in a bath of its salt, where a sentence names the bath alone (issue 14).

"FTO was put into 0.2 M TiCl4 at 70 °C for 1 h", "placed in a vessel filled with the CBD solution (… SnCl2 …)".
"""

import re

from masterkey.extractor.process.layers.operation import Operation, operation_of
from masterkey.extractor.process.layers.oxide_forms import base
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.methods import MethodMention
from masterkey.extractor.process.text.passages import names_any

_STEMS = ("ticl4", "titanium tetra", "titanium(iv) chlor", "sncl", "tin chlor", "stannous", "tin(ii) chlor")  # fmt: skip
_INTO_SALT = re.compile(
    r"\b(?:put|placed?|immers\w+|dip(?:ped)?|soak\w*|submerg\w+|kept|stood|hung|treat\w*|fill\w*)\b[^.;]{0,60}?\b(?:in(?:to)?|with|by)\b(?:[^.;]|\.\d){0,90}?"
    r"(?P<salt>\bticl4|\btitanium(?: tetra|\(iv\) )chlor\w*|\bsncl[24]?|\btin(?:\(ii\))? chlor\w*|\bstannous)"
)
_HEAT = re.compile(r"\b[4-9]\d ?°c")
_GLASS = re.compile(r"\b(?:fto|ito|glass\w*|substrates?|tin oxide substrates?)\b")
_TREATS = re.compile(r"\btreat|\bmeso|\bmp-|scaffold|post-")


def grown_in_bath(
    document: Document, sentence: Sentence, earlier: list[Operation]
) -> list[Operation]:
    """The compact oxide of a warm bath of its salt into which bare substrates are put; [] where an oxide was told before."""
    words = document.words(sentence)
    if not names_any(words, _STEMS) or not _HEAT.search(words) or not _GLASS.search(words):
        return []
    match = _INTO_SALT.search(words)
    if match is None or _TREATS.search(words):
        return []
    oxide = "TiO2" if match["salt"].startswith("ti") and "tin" not in match["salt"] else "SnO2"
    if any(base(name) == oxide for o in earlier for name in o.names):
        return []
    place = (sentence.start + match.start("salt"), sentence.start + match.end("salt"))
    return [operation_of([f"{oxide}-c"], MethodMention("CBD", *place), sentence, [place])]

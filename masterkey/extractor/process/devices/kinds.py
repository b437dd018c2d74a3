"""What kinds of devices stand beside a target, and what is no device of the paper (issue 14)."""

import re
from dataclasses import dataclass, field

from masterkey.extractor.stems import Stemmed

CONTROL, COMPARISON, MODULES, CELLS, SORT = "control", "comparison", "module", "cells", "sort"
OPAQUE, SEMITRANSPARENT, RIGID, FLEXIBLE, TANDEM, LARGE, SINGLE = (
    "opaque", "semitransparent", "rigid", "flexible", "tandem", "large", "single",
)  # fmt: skip
THREE_DIMENSIONAL = "three-dimensional"  # the label of an ordinary perovskite beside a layered one
DEVICES = r"(?:(?:sub-?)?cells?|devices?|pscs?|tandems?|modules?)\b"
# What a text calls a device of a kind by, where it tells two kinds' values in one sentence.
CALLED = {
    OPAQUE: ("opaque",), RIGID: ("rigid",), FLEXIBLE: ("flexible",), SEMITRANSPARENT: ("semitransparent", "semi-transparent"),
    MODULES: ("module", "modules", "mini-modules", "minimodules"), TANDEM: ("tandem", "tandems"), LARGE: ("large", "larger"),
    SINGLE: ("single-junction", "single junctions", "opaque"), CELLS: ("cells", "small cells", "small-area cells"),
}  # fmt: skip
# Modules and tandems by the noun alone, as titles and tests call them.
BY_NOUN = {MODULES: re.compile(r"\bmodules?\b"), TANDEM: re.compile(r"\btandems?\b")}
# Reference cells of the laboratory, that set a lamp; references of other measurements.
CALIBRATES = Stemmed(
    r"photodiode|\bdiodes?\b|kg-?\s?\d|\bnrel\b|nist\b|fraunhofer|calibrat|world photovoltaic|\bwpvs\b|certified|newport|hamamatsu|\b(?:si|silicon)[ -]reference|reference (?:si|silicon)\b|reference cells? (?:of|from|made of) (?:\w+ )?silicon|(?:cells|devices) of other (?:groups|authors|works|labor)|crystalline silicon|standard silicon|electrode (?:configuration|system|cell)|electrochemical|ferrocen|ag/agcl|intensity|light source|irradiance"
)
NOT_OF_CELLS = Stemmed(
    r"\b(?:single crystals?|powders? (?:was|were|scraped|scratched|from)|diffract|no (?:[\w-]+ ){0,2}(?:cells?|modules?|tandems?|devices?)\b[^.;]{0,30}\b(?:was|were|is|are) (?:reported|made|prepared|fabricated|built|shown|included|discussed|tested|produced)|no (?:cells|modules|tandems|devices) were|(?:modules|tandems|cells|devices)\b[^.;]{0,40}\bwere not (?:made|built|fabricated|prepared)|not used in (?:cells|devices)|contact angle|spectr|photoluminescence|work functions?|used only for|for microscopy|conductivity of)\b|organic (?:solar )?cells?"
)
# "On some reference cells P3HT was tried as well, but these data are not shown."
NOT_SHOWN = Stemmed(
    r"\bnot (?:shown|reported|discussed|included) (?:here|in)\b|\bnot (?:considered|pursued|used|discussed|followed) (?:any )?further\b|\b(?:data|results) (?:is|are|were) not (?:shown|reported|discussed|included)\b|\bno (?:working|functional|functioning|operational) (?:cells?|devices?)\b"
)


@dataclass
class Variant:
    """A device beside the target.

    `kind` is one of this module's constants, `role` a record's, `name` the text's own words; `passages` are places
    [start, end) that say what it is, `label` what the text calls it by elsewhere, "" where nothing. A guess is no
    device where nothing is read to be different in it; of a comparison that is sure it is one all the same.
    """

    kind: str
    role: str
    name: str
    passages: list[tuple[int, int]] = field(default_factory=list)
    label: str = ""
    is_guess: bool = False
    is_sure: bool = False

    def has(self, place: int) -> bool:
        return any(start <= place < end for start, end in self.passages)

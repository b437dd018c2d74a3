"""Additives that a sentence on an ink introduces by a long name, a short one and a dose (issue 14)."""

import re

from masterkey.extractor.new_names import looks_new
from masterkey.extractor.process.inks.additive_names import Additive, is_no_additive, is_no_name
from masterkey.extractor.process.inks.inks import Chemistry
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.materials import Mention
from masterkey.extractor.process.text.passages import names_any

_STEMS = ("add", "dop", "modif", "contain", "compris", "includ", "incorporat", "introduc", "blend", "mixed", "dispers", "spike", "dissolv", "present", "given")  # fmt: skip
# "4-(trifluoromethyl)phenylboronic acid (TFPBA)", "polyethylene glycol (PEG, 1 wt%)", "quantum dots (BPQDs)"
_DEFINED = re.compile(
    r"[a-z] ?(?:ine|ide|ate|ite|acid|one|ol|oxane|ene|ane|urea|in|ose|ether|azole|ylene|ester|dots|polymer|[a-z]{4}\)) ?\((?P<name>(?:\d-)?[A-Z][A-Za-z0-9-]{1,9}(?:\([A-Za-z0-9]{1,6}\)\d?)?)(?=[,;]|\)(?!\w))"
    r"|[a-z](?:ate|ide), (?P<formula>[A-Z][a-z]?\([A-Za-z0-9]{2,6}\)\d),"
)
_DOSE = re.compile(
    r"\d ?(?:(?:mol|wt|at|vol)[.-]* ?%|%|mg\b|[µμ]g\b|mM\b|mmol\b|[µμ][lL]\b|g ?/ ?[lL]\b|g [lL] ?[-−]1)"
)
_BEFORE, _BEHIND = 110, 60  # characters


def abbreviated_additives(chemistry: Chemistry, sentence: Sentence, is_ink: bool) -> list[Additive]:
    """What is neither solvent, layer nor salt of the lattice, and has a dose beside its names."""
    document = chemistry.document
    if not is_ink and not names_any(document.words(sentence), _STEMS):
        return []
    found = []
    for match in _DEFINED.finditer(document.text, sentence.start, sentence.end):
        name = match["name"] or match["formula"]
        start, end = match.span("name" if match["name"] else "formula")
        known = _known(chemistry, sentence, match.start(), end)
        if is_no_name(name) or any(map(is_no_additive, known)):
            continue
        if any(s.start < end and match.start() < s.end for s in chemistry.salts_in(sentence)):
            continue
        from_, to = max(start - _BEFORE, sentence.start), min(end + _BEHIND, sentence.end)
        if (looks_new(name) or match["formula"]) and _DOSE.search(document.text, from_, to):
            named = next((m.name for m in known if "additive" in m.roles), name)
            found.append(Additive(named, start, end))
    return found


def _known(chemistry: Chemistry, sentence: Sentence, start: int, end: int) -> list[Mention]:
    """Names of the vocabulary that stand, in part, at a place."""
    mentions = chemistry.document.inside(chemistry.document.mentions, sentence)
    return [m for m in mentions if m.start < end and start < m.end]

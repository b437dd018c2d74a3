"""Liquids that are given to a wet film, and what glass is cleaned with."""

import re

from masterkey.extractor.stems import Stemmed

_DRIPPED = r"(?:chlorobenzene|\bcb\b|diethyl ether|\bether\b|toluene|ethyl acetate|anisole|methyl acetate|chloroform|trifluorotoluene|isopropanol|\bipa\b)"
_GIVEN = r"\b(?:drip|drop|dispens|pour|(?<!spin-)(?<!spin )cast|inject|flush|rins|add|wash|appl|squirt|quench|pipett)\w*\b"
_ANTISOLVENT = Stemmed(
    rf"anti-?solvent|\bwith \d+ ?[µu]l (?:of )?{_DRIPPED}|\d ?[µu]l (?:of )?{_DRIPPED}(?: was)? (?:after|at|@) |{_GIVEN}[^.;]{{0,80}}?{_DRIPPED}|{_DRIPPED}[^.;]{{0,60}}?{_GIVEN}"
)
# The wet film goes into it: no coating of its own.
ANTISOLVENT_BATH = Stemmed(
    rf"\b(?:anti-?solvent|{_DRIPPED}) bath\b|\bbath of (?:\w+ )?{_DRIPPED}"
    rf"|\bwet films?\b[^.;]{{0,60}}\b(?:dipped|immersed|soaked) in(?:to)?\b"
)
CLEANS = re.compile(r"\b(?:detergents?|hellmanex|mucasol|acetone|deconex)\b")


def has_antisolvent(words: str) -> bool:
    """Whether a liquid is given to a wet film; what glass is cleaned with is none."""
    return bool(_ANTISOLVENT.search(words)) and not CLEANS.search(words)

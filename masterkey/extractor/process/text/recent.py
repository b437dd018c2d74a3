"""Signs that a paper is of the years after most of the database's manual records, by what it works with.

The labels that the rankers learn from end about 2020, and follow the database's habits. Of the 360 training
papers 9 in 100 have `FEWEST` of these signs, of invented papers of 2013 to 2026 that were written for this
project 72 in 100 (docs/extractor.md).
"""

from masterkey.extractor.stems import Stemmed

FEWEST = 3

_SIGNS = tuple(
    map(
        Stemmed,
        (
            r"pacz\b|padcb|phosphonic acid|self-?assembled monolayer",
            r"\bpeai\b|phen(?:yl)?ethylammonium (?:iodide|bromide|chloride)|\bpdai2?\b|\bedai2?\b|\boai\b|octylammonium|\bbabr\b",
            r"\bmacl\b|methylammonium chloride|\bfacl\b",
            r"slot[\s-]die|blade[\s-]coat|\bbladed\b|inkjet|gravure|ultrasonic (?:spray|nozzle)",
            r"\bp[123] (?:lines?|scrib|laser)|mini-?modules?|sub-?cells?|\bp1\b",
            r"tandem|silicon heterojunction|bottom cell",
            r"\bizo\b|indium zinc oxide|\bico\b",
            r"tdmas|atomic layer deposition|\bald\b",
            r"maximum power point|\bmppt?\b|\bisos\b|\bt80\b|\bt90\b|damp heat",
            r"anisole|ethyl acetate",
            r"\bfapbi3|cs0\.\d+fa0\.\d+pb|formamidinium|\bfai\b",
            r"\bcsi\b|c(?:a)?esium iodide",
            r"sno2 (?:colloid|dispersion|nanoparticle)|chemical bath|\bcbd\b|colloidal (?:sno2|tin oxide)|tin\(iv\) oxide",
            r"2-methoxyethanol|\b2-me\b|valerolactone|\bdmpu\b",
            r"\bsnf2\b|tin(?:\(ii\))? fluoride|\bsni2\b",
        ),
    )
)  # fmt: skip


def recent_signs(lower: str) -> int:
    """How many of the signs a lower-cased text has."""
    return sum(bool(sign.search(lower)) for sign in _SIGNS)

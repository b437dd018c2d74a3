"""Words that say what a sentence or a paper is about. All patterns take lower-cased text."""

from masterkey.extractor.stems import Stemmed
from masterkey.extractor.words import Words

VERBS = {
    "spin": Stemmed(r"spin|spun|rpm"),
    "evaporate": Stemmed(r"evaporat|vacuum deposit|thermally deposit"),
    "spray": Stemmed(r"spray|aerosol|pyroly"),
    "dip": Stemmed(r"dipp|immers|soak"),
    "sputter": Stemmed(r"sputter"),
    "ald": Stemmed(r"\bald\b|atomic layer"),
    "print": Stemmed(r"print|blad|paint|laminat"),
}
TOPICS = {
    "deposition": Stemmed(
        r"spin|spun|rpm|evaporat|sputter|spray|deposit|dipp|immers|coated|coating|print"
        r"|atomic layer|dropp|blad|grown|cast"
    ),
    "perovskite": Stemmed(
        r"perovskite|pbi|pbbr|pbcl|sni2|ch3nh3|\bmai\b|\bfai\b|mapb|fapb|cspb|methylammonium"
    ),
    "ETL": Stemmed(
        r"electron[\s-]+(?:transport|selective|extraction|collect|contact)|\betl\b|\betm\b"
        r"|blocking layer|compact layer|\beel\b"
    ),
    "HTL": Stemmed(
        r"hole[\s-]+(?:transport|selective|extraction|conduct|collect|inject)|\bhtl\b|\bhtm\b|\bhel\b"
    ),
    "contact": Stemmed(r"electrode|cathode|anode|counter|contact|shadow mask|torr|mbar"),
    "additive": Stemmed(r"additive|dop(?:ed|ant|ing)|added|adding|addition|ratio|wt%|mol%"),
    "purchase": Stemmed(r"purchas|obtain|bought|sigma|aldrich|received|supplie|alfa|acros"),
    "cleaning": Stemmed(r"clean|ultrasoni|sonicat|rins|deioni|acetone"),
    "solution": Stemmed(r"dissolv|solution|mixture|mixed|precursor"),
}
_SENTENCE_CUES = {**VERBS, **TOPICS}

# Forms of a material, as the endings of database names say them.
FORMS = {
    "c": Stemmed(r"compact|blocking|dense|\bbl\b|\bc-|planar|sol-gel|spray"),
    "np": Stemmed(
        r"nanopartic|\bncs?\b|\bnps?\b|colloid|quantum dot|nanocryst|ink\b|dispersion|suspension"
    ),
    "mp": Stemmed(r"meso|scaffold|paste|\bmp-|\bm-|porous"),
}

# The perovskite's place in a written device stack.
PEROVSKITE_LAYER = Stemmed(r"perov|pb[i(bcx]|sni|ch3nh3|mapb|fapb|cspb|bi2i|psk|pvsk|absorber")
PRECURSOR = Stemmed(
    r"pb(?:i|br|cl)2|\bmai\b|\bfai\b|ch3nh3|precursor|perovskite|sni2|csi\b|lead iodide"
    r"|methylammonium"
)
_LEAD = Stemmed(r"pb(?:i|br|cl)2|lead (?:iodide|bromide|chloride|\(ii\))|sni2")
_ORGANIC = Stemmed(
    r"\bmai\b|\bfai\b|ch3nh3(?:i|br|cl)\b|\bmabr\b|\bmacl\b|methylammonium (?:iodide|bromide)"
    r"|hc\(nh2\)2i|formamidinium iodide"
)
_ALCOHOL = Stemmed(r"\bipa\b|propanol|isopropyl|alcohol|ethanol")
STEP_KINDS = ("lead", "organic", "dipped organic", "both", "organic in alcohol")

# What a paper says of itself anywhere: two steps, stability, flexibility …
PAPER_CUES = tuple(
    map(
        Stemmed,
        (
            r"two[\s-]+step|2-step|sequential",
            r"one[\s-]+step|single[\s-]+step",
            r"pbi2 (?:film|layer|substrate|coated|thin)|pbi2[\s-]*(?:solution|precursor)",
            r"(?:mai|ch3nh3i|fai)[^.]{0,40}(?:isopropanol|ipa\b|2-propanol|isopropyl)",
            r"(?:isopropanol|ipa\b|2-propanol|isopropyl)[^.]{0,40}(?:mai\b|ch3nh3i|fai\b)",
            r"(?:mai|ch3nh3i|fai)[^.]{0,60}(?:spin|rpm)",
            r"dipp|immers",
            r"anti-?solvent|chlorobenzene|toluene|diethyl ether",
            r"adduct|fast crystal|solvent engineering",
            r"pbcl2|macl|ch3nh3cl|xclx",
            r"additive",
            r"stabil",
            r"stability (?:test|measure)|light soak|thermal stab|isos",
            r"encapsul",
            r"without encapsul|unencapsul|not encapsul",
            r"stored|storage",
            r"humid",
            r"ambient",
            r"aging|ageing|aged",
            r"maximum power|mpp",
            r"flexib|\bpet\b|\bpen\b",
            r"semi-?transparent",
            r"module|large[\s-]area",
            r"evaporat",
            r"vapor",
            r"un-?doped|dopant[\s-]free|without dop|pristine",
            r"hot[\s-]cast|preheat",
            r"room temperature",
            r"85 ?°",
            r"glove",
            r"\d ?h\b|hours",
        ),
    )
)
_MOST_COUNTED = 5


def sentence_cues(sentences: list[Words]) -> list[frozenset[str]]:
    """Which of `VERBS` and `TOPICS` each lower-cased sentence of a text has."""
    found: list[list[str]] = [[] for _ in sentences]
    for kind, pattern in _SENTENCE_CUES.items():
        for n in pattern.pieces_with(sentences):
            found[n].append(kind)
    return list(map(frozenset, found))


def step_sentences(sentences: list[Words], cues: list[frozenset[str]]) -> dict[str, list[int]]:
    """Numbers of the sentences of each of `STEP_KINDS`: a lead salt alone, an organic salt alone …

    This tells two sequential steps from one. `cues` as of `sentence_cues`.
    """
    lead, organic = set(_LEAD.pieces_with(sentences)), set(_ORGANIC.pieces_with(sentences))
    found: dict[str, list[int]] = {kind: [] for kind in STEP_KINDS}
    for n in sorted(lead | organic):
        for kind in _step_kinds(sentences[n], cues[n], n in lead, n in organic):
            found[kind].append(n)
    return found


def _step_kinds(sentence: str, cues: frozenset[str], lead: bool, organic: bool) -> list[str]:
    if "purchase" in cues:
        return []
    coats = bool(cues & {"spin", "evaporate"})
    is_kind = {
        "lead": lead and not organic and coats,
        "organic": organic and not lead and coats,
        "dipped organic": organic and "dip" in cues,
        "both": organic and lead,
        "organic in alcohol": organic and not lead and bool(_ALCOHOL.search(sentence)),
    }
    return [kind for kind in STEP_KINDS if is_kind[kind]]


def paper_cues(text: str) -> list[float]:
    """How often each of `PAPER_CUES` occurs in a lower-cased text, up to 5."""
    return [float(cue.count(text, _MOST_COUNTED)) for cue in PAPER_CUES]

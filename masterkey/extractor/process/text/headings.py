"""Headings of a paper: whether a few words are one, and of what kind the section is that they head."""

import re

# Kinds of sections by the words of their headings, the first that fits.
_HEADINGS = (
    ("other cell", re.compile(r"\bgiven up\b|\bnot (?:pursued|used further|followed up)\b|(?:did|does|do) not work|unsuccessful|\babandoned\b|\bdiscarded\b|\bfailed\b|\bdead ends?\b|\b(?:earlier|preliminary|failed|other) (?:attempts?|trials?)\b")),
    ("stability", re.compile(r"stabilit|ag(?:e)?ing|durab|degradation|reliab|damp heat|operation test|sealing and tests|thermal cycl|temperature cycl|outdoor|climate chamber|^(?:shelf(?: life)?|storage|weathering|lifetimes?)$")),
    ("characterisation", re.compile(
        r"characteri[sz]|measurement|statistic|simulat|calculat|spectroscop|microscop|imaging|analys[ie]s|dft\b"
        r"|theor|^testing|^tests?$|data (?:and|avail)|optical|calibration|^metrology|^performance|^instrument"
    )),
    ("synthesis", re.compile(r"synthes|\bpowders?\b|^preparation of (?:the )?(?:single|powder|ligand|molecul|compound)|crystal growth|purification")),
    ("materials", re.compile(r"chemicals?\b(?! (?:bath|vapou?r))|^materials?\b(?! (?:and|&) (?:experimental )?(?:methods?|procedures?)\W*$)|reagent|^materials? and (?:reagents|chemicals|solvents)|supplier|^foils")),
    ("solution", re.compile(r"solution|\binks?\b|precursor|formulation")),
    ("other cell", re.compile(r"bottom cell|silicon (?:cell|bottom|heterojunction)|(?<!in)organic cell|supplementary(?! (?:methods|experiment|information|notes?\b))|reference cell|^other (?:devices|cells)$")),
    ("device", re.compile(r"device|cell|fabricat|substrate|deposition|assembl|module|film|layer|electrode|coating|contact|tandem|preparation|treatment|^print|^(?:the )?(?:perovskite|absorber)s?$")),
)  # fmt: skip
# A member of a list is no heading unless its words say of what.
_BULLET = re.compile(r"\W{0,2}[-–—•·▪●○■*]\s")
# "HTL: spiro-OMeTAD, 90 mg/mL in CB": told, no title.
_CONDITIONS = re.compile(r": [^:]*(?:,|\d ?(?:nm|mg|°|mM|M\b|rpm|cm))")
_NUMBERING = re.compile(
    r"^(?:#+\s*)?(?:\*\*)?\s*(?:[A-Za-z]\)|\(?\d+(?:\.\d+)*[.)]?|\[\d+\]|[ivxIVX]+[.)])?\s*"
)
_IN_BRACKETS = re.compile(r"\([^()]{0,60}\)")  # "Top cell (n side of the tandem on top)"
_HEADING_WORDS, _RUN_IN_WORDS = 9, 6
_VERB = re.compile(
    r"\b(?:was|were|is|are|be|been|had|has|have|came|made|used|(?<!-)coated|deposited|dissolved|received|leaves|got|followed|employed)\b"
)
_UNKNOWN_TITLE_WORDS = 4
_PLAIN_TITLE = re.compile(r"[A-Z][a-z]+(?:[ -][A-Za-z]+)*")
TELLS = re.compile(
    rf"{_VERB.pattern}|\d ?(?:[µu]l|ml|nm|rpm|°c|mg|min|s|m|h)\b|\b(?:fig|table|figure)\b|\b(?:served?|acts?|acted|forms?)\b"
)

# "Ag (120 nm) closed the device.": short, and no title.
_COMPLETES = re.compile(
    r"\d ?nm\b|\b(?:complet|finish|clos|conclud|terminat|cap)(?:p?ed|es) (?:off )?(?:the|each|every|our)\b"
)


def run_in_title(text: str, start: int, end: int) -> str | None:
    """A few words that head a paragraph like the titles before it: "Filling. The cooled stacks were …"."""
    words = text[start:end].strip()
    is_first = text[max(start - 1, 0) : start] == "\n" and text[end - 1] != "\n"
    title = words.strip(" .:*#—–-■")
    if not is_first or not words.endswith(".") or len(title.split()) > _UNKNOWN_TITLE_WORDS:
        return None
    return title if _PLAIN_TITLE.fullmatch(title) and not TELLS.search(title.lower()) else None


def heading(text: str, start: int, end: int) -> str | None:
    """The piece as a heading: a short one without a verb, before more text."""
    words = text[start:end].strip()
    title = _NUMBERING.sub("", words).strip(" .:*#—–-■")
    n_words = len(_IN_BRACKETS.sub("", title).split())
    if not title or n_words > _HEADING_WORDS or not words[0].isprintable():
        return None
    if (
        _CONDITIONS.search(title)
        or _VERB.search(title.lower())
        or ";" in title
        or not title[0].isupper()
    ):
        return None
    if text[end - 1] == "\n" and not words.endswith("."):
        return title if kind_of(title) or not _BULLET.match(words) else None
    run_in = words.endswith((".", ":")) and len(title.split()) <= _RUN_IN_WORDS
    run_in = run_in and ": " not in title  # "Control cells: nothing."
    if run_in and words.endswith(".") and _COMPLETES.search(title.lower()):
        return None
    return title if run_in and kind_of(title) else None


_MAKES = re.compile(
    r"fabricat|preparation of (?:the )?(?:cells|devices|solar)|(?:cell|device)s? (?:preparation|making|production)|^(?:cells|devices|solar cells) and|assembl|\bsynthesis of (?:the )?(?:[\w-]+ )?(?:thin )?(?:films?|layers?)\b|\b(?:films?|layers?) synthesis"
)


def kind_of(title: str) -> str:
    """What a section with this heading is about, by the names in `_HEADINGS`; "" where none fits."""
    lower = title.lower()
    if _MAKES.search(lower):
        return "device"
    return next((kind for kind, pattern in _HEADINGS if pattern.search(lower)), "")

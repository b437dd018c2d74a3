"""Names that no list has, by how the text uses them: a monolayer of X, X as hole conductor, long name (X)."""

import re
from collections.abc import Iterator
from itertools import islice

from masterkey.extractor.new_names import looks_new
from masterkey.extractor.process.text.materials import Mention, overlap_with
from masterkey.extractor.process.text.stack_names import roles_in_stacks
from masterkey.extractor.stems import Stemmed

MAX_NAMES = 400
_NAME = r"(?P<name>[A-Za-z0-9][\w'’:,+-]{0,14}[A-Za-z0-9](?:\([A-Za-z0-9]{1,6}\)[A-Za-z0-9]{0,4})?)"
_WORD = re.compile(rf"(?<![\w-]){_NAME}(?![\w-])")
_ROLE_WORDS = {
    "HTL": r"self-?assembled (?:mono)?layers?|\bSAMs?\b|\bHT[LM]s?\b|\bHSLs?\b|[Hh]ole[ -](?:transport|select|conduct|extract|collect)\w*(?: (?:materials?|layers?|molecules?|polymers?|contacts?|monolayers?))?",
    "ETL": r"\bET[LM]s?\b|[Ee]lectron[ -](?:transport|select|extract|collect|conduct)\w*(?: (?:materials?|layers?|molecules?|contacts?))?",
}  # fmt: skip
_ROLE = {role: Stemmed(words) for role, words in _ROLE_WORDS.items()}
_THEN_NAME = re.compile(
    rf"\s*(?:\([^()]{{1,12}}\)\s*)?(?:(?:made |consisting |composed )?of|was|is|were|,|:|called|named|denoted|such as)?\s*(?:the |a |an |new )?{_NAME}"
)
# "Hole transport layer and contact. X, 8 mg in 1 mL of chlorobenzene, …": under a title.
_UNDER_TITLE = re.compile(
    rf"(?: (?:and|&) [\w -]{{2,30}})?[.:]\s+(?:The )?{_NAME}(?=,? ?\(?\d[\d.]* ?(?:mg|mM|wt)|,? (?:was|were) (?:first |then )?(?:spin|spun|dissolved|warmed|coated|blade|evaporated|deposited|dispersed))"
)
_LONGEST_NUMBER = 12  # characters before a title in its line
_AS = re.compile(r"\b(?:as|for|is|was) (?:the |a |an |our )?(?:[\w-]+ ){0,2}$")
# "X, a dopant-free hole-transport material, was dissolved"
_APPOSED = re.compile(
    rf"(?<![\w-]){_NAME}(?: \([^()]{{1,60}}\))?, (?:an?|our|the|another|one|serving as an?|which is an?|used as an?) (?:[\w-]+,? ){{0,4}}$"
)
_OF_ANOTHER = re.compile(r"\W{0,2}(?:dopants?|additives?|dop(?:ed|ing)|solutions?|precursors?)\b")
_BACK, _BACK_OF_LONG_NAME, _BACK_OF_NAME = 110, 160, 40
# A long chemical name, then its abbreviation in parentheses, or "below called X".
_ABBREVIATION = re.compile(
    rf"(?:\(|,? (?:which |that )?(?:we |is |are )?(?:below |hereafter |here |in short |in the following |in what follows |from here on )?(?:call(?:ed)?|name[ds]?|denote[ds]?(?: as)?|abbreviate[ds]?(?: as)?|term(?:ed)?|referred to as) |, (?:in the following|in what follows|hereafter|from here on|in short|for short|below),? ){_NAME}(?=[),;. ])"
)
_DOPED_WITH = re.compile(r"\bdoped (?:with|by)\b[^.;]*$")
# A polymer or a molecule in a solvent of organic semiconductors, of which no list knows that it takes electrons.
_DISSOLVED = re.compile(
    rf"(?<![\w-]){_NAME} (?:\([^()]{{0,60}}\) )?(?:was|were|is) (?:first )?dissolved (?:at [\d.]+ mg ?/? ?m[lL](?: ?-1)? )?in (?:anhydrous )?(?:chlorobenzene|toluene|chloroform|(?:1,2-|o-)?dichlorobenzene)\b"
)
# "PCz-DTP, 10 mg per mL of chlorobenzene, was spin-coated": a film of a name that no list has.
_CONCENTRATION = re.compile(
    rf"(?<![\w-]){_NAME}(?:,| \(|:| at)? ?[\d.]+ ?mg ?(?:/|per|·|in 1|in one)? ?m[lL](?: ?[-−]1)? (?:of|in) (?:anhydrous |dry )?(?:chlorobenzene|toluene|chloroform|(?:1,2-|o-)?dichlorobenzene|CB|tetrahydrofuran|THF)\b"
)
# "Synthesis of the hole conductor. PCz-DTP, a copolymer …": the title says what it is.
_TITLED = re.compile(rf"[^\n.:]{{0,24}}[.:]?\s{{1,2}}{_NAME}(?=,? (?:an?|the|was|is)\b| \(|, )")
_LONGEST_TITLE = 50
_BEFORE_UNIT, _BEHIND_UNIT = 36, 70
_DOPANT_FREE = Stemmed(
    rf"\bdopant-free (?:hole[ -]\w+ )?(?:(?:polymer|molecule|material|polymeric HTM|HTM|HTL) )?{_NAME}(?![\w-])"
)
# "DTB-1 was used without dopants", "both XT-2 layers were left undoped"
_WITHOUT_DOPANTS = Stemmed(
    rf"(?<![\w-]){_NAME} (?:was|is|were|are) (?:\w+ )?(?:used|applied|employed|coated|spin-coated|spun|deposited|dissolved)[^.;]{{0,60}}? without (?:any |further |added )?dopants?\b"
)
# "MeO-2PACz was co-adsorbed with PFBX", "a co-adsorbent, 4-TBX": in one layer with a monolayer
_CO_ADSORBED = Stemmed(
    rf"\bco-?ad?sor(?:bed|bents?|bate)(?: with|,| called| named)? (?:the |an? )?(?:acid )?{_NAME}(?![\w-])"
)
_BEFORE_VERB, _BEHIND_VERB = 110, 400  # characters of a match, at most
_NO_NAME = re.compile(
    r"^(?:SAMs?|HTs?|H[TE]Ls?|H[TE]Ms?|E[TE][LM]s?|NCs?|BHJ|RF|KOH|N,N.*|.*[EH]T[LM].*|.*-(?:di|bis)|[Ss]p[ri]+o.*|P?4083|AI|m[Ll]|nm|.*PSS|PSK|OSM|Nano-C|TFSI)$"
)
_OF_LONG_NAME = (
    ("treatment", re.compile(r"ammonium (?:iodide|bromide|chloride)|amine hydro|iodide$|bromide$|chloride$")),
    ("additive", re.compile(r"imidazolium|piperidinium|pyrrolidinium|borate|borane|tetrafluoro|thiocyanate|pyridine$|(?<!di)imide")),
    ("HTL", re.compile(r"phosphon\w* ?\w* acid|carbazol|spiro|triphenylamine|anilin|arylamine|diphenylamin|thiophen|fluoren|phthalocyanin|phenoxazin|triazatruxen|pyren")),
    ("ETL", re.compile(r"fulleren|butyric acid|naphthal\w+ ?diimide|perylene|diimid|c60|c70")),
)  # fmt: skip
# Patents number what they report: "Compound 3", "Polymer P2", "Compound 1-13", "HTM-A".
_NUMBERED = Stemmed(
    r"\b(?P<name>(?:Compound|Polymer|Molecule|Monomer|Example Compound|compound|polymer|molecule) \(?(?:[A-Z]{0,3}-?\d{1,3}(?:-\d{1,3})?[a-z]?|[IVX]{1,4}|[A-Z])\)?)(?![\w%°.-]*\d?\w)"
)
# "a SAM of Me-4PACz and 6PA (9:1)": mixed with a monolayer, one of it.
_MIXED_WITH = Stemmed(
    rf"(?:PACz|PADCB|-4P)(?: ?(?:and|with)|[:/+])[ ]?{_NAME}(?: [a-z]+)?,? \(?(?:in a )?\d[\d.]* ?[:/] ?\d"
)
# "6PA (hexylphosphonic acid)"
_OF_ACID = Stemmed(rf"(?<![\w-]){_NAME} \([^()]{{3,80}}?phosphonic acid\)")
# "5-phosphonopentanoic acid (5PPA)"
_ACID_CALLED = Stemmed(rf"phosphon(?:ic|o\w{{3,20}}ic) acid \({_NAME}\)")
_CAPITALS = re.compile(r"[A-Z].?[A-Z]")
NEW_WEIGHT = 25


def new_names_of(text: str, known: list[Mention]) -> list[Mention]:
    """Places of names that are not in `known`, each with the role that its use gives it."""
    is_taken = overlap_with((mention.start, mention.end) for mention in known)
    roles = {
        name: role for name, role in _roles(text) if looks_new(name) and not _NO_NAME.search(name)
    }
    # "the polymer PQ-7" has a name of its own, "Polymer 7" has none.
    numbered = _numbered_roles(text).items()
    roles |= {name: role for name, role in numbered if name.split()[-1] not in roles}
    acids = [
        match["name"]
        for pattern in (_OF_ACID, _ACID_CALLED, _MIXED_WITH)
        for match in islice(pattern.finditer(text), MAX_NAMES)
    ]
    roles |= {name: "HTL" for name in acids if _CAPITALS.search(name)}
    names = {mention.name for mention in known}
    found = []
    for name, role in roles.items():
        if name in names:
            continue
        for start, end in _places(text, name):
            if not is_taken(start, end):
                found.append(Mention(name, start, end, {role: NEW_WEIGHT}))
    return found[:MAX_NAMES]


_LONGEST_SENTENCE = 400  # characters on either side of a name
_SENTENCE_END = re.compile(r"[.;]\s|\n")


def _numbered_roles(text: str) -> dict[str, str]:
    """Numbered compounds of a patent with the carrier that a sentence on them names."""
    found: dict[str, str] = {}
    for match in islice(_NUMBERED.finditer(text), MAX_NAMES):
        first = max(match.start() - _LONGEST_SENTENCE, 0)
        ends = (end.end() for end in _SENTENCE_END.finditer(text, first, match.start()))
        start = max(ends, default=first)
        last = match.end() + _LONGEST_SENTENCE
        stop = _SENTENCE_END.search(text, match.end(), last)
        end = stop.start() if stop else last
        for role, pattern in _ROLE.items():
            if match["name"] not in found and pattern.search(text[start:end]):
                found[match["name"]] = role
    return found


def _places(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where a name stands that is no part of a longer word."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        is_whole = not (
            _ends_inside(text[max(start - 1, 0) : start]) or _begins_inside(text[end : end + 1])
        )
        if is_whole:
            yield start, end
        start = text.find(name, end if is_whole else start + 1)


def _ends_inside(before: str) -> bool:
    return before.isalnum() or before in ("_", "-")


def _begins_inside(after: str) -> bool:
    return after.isalnum() or after == "_"


def _dissolved(text: str) -> Iterator[re.Match]:
    """All matches of `_DISSOLVED`, which is slow, looked for around its verb alone."""
    reached, place = 0, text.find(" dissolved ")
    while place >= 0:
        if match := _DISSOLVED.search(text, max(place - _BEFORE_VERB, reached), place + _BEHIND_VERB):  # fmt: skip
            yield match
            reached = match.end()
        place = text.find(" dissolved ", max(place + 1, reached))


def _concentrated(text: str) -> Iterator[re.Match]:
    """All matches of `_CONCENTRATION`, looked for around "mg" alone."""
    reached, place = 0, text.find("mg")
    while place >= 0:
        window = max(place - _BEFORE_UNIT, reached), place + _BEHIND_UNIT
        if match := _CONCENTRATION.search(text, *window):
            yield match
            reached = match.end()
        place = text.find("mg", max(place + 2, reached))


def _may_title(text: str, place: int) -> bool:
    """Whether a line begins not far before a place, with no sentence between."""
    line = text.rfind("\n", max(place - _LONGEST_TITLE, 0), place) + 1
    begins = line > 0 or place <= _LONGEST_TITLE
    return begins and ". " not in text[line:place]


def _roles(text: str):
    """(name, role) in the order of trust: definitions last, since they say most."""
    yield from roles_in_stacks(text)
    for role, pattern in _ROLE.items():
        for match in islice(pattern.finditer(text), MAX_NAMES):
            following = _THEN_NAME.match(text, match.end())
            if following:
                yield following["name"], role
            line = text.rfind("\n", 0, match.start()) + 1
            if match.start() - line <= _LONGEST_NUMBER and (
                named := _UNDER_TITLE.match(text, match.end())
            ):
                yield named["name"], role
            if _may_title(text, match.start()) and (titled := _TITLED.match(text, match.end())):
                yield titled["name"], role
            before = re.split(r"[.;]\s", text[max(match.start() - _BACK, 0) : match.start()])[-1]
            apposed = _APPOSED.search(before)
            if apposed and not _OF_ANOTHER.match(text, match.end()):
                yield apposed["name"], role
            if _AS.search(before):
                for name in _WORD.finditer(before):
                    yield name["name"], role
    for match in islice(_dissolved(text), MAX_NAMES):
        yield match["name"], "HTL"
    for match in islice(_concentrated(text), MAX_NAMES):
        yield match["name"], "HTL"
    for match in islice(_CO_ADSORBED.finditer(text), MAX_NAMES):
        yield match["name"], "HTL"
    for match in islice(_DOPANT_FREE.finditer(text), MAX_NAMES):
        yield match["name"], "HTL"
    for match in islice(_WITHOUT_DOPANTS.finditer(text), MAX_NAMES):
        yield match["name"], "HTL"
    for match in islice(_ABBREVIATION.finditer(text), MAX_NAMES):
        if looks_new(match["name"]):
            before = text[max(match.start() - _BACK_OF_LONG_NAME, 0) : match.start()].lower()
            if _DOPED_WITH.search(before):
                yield match["name"], "additive"
                continue
            words = " ".join(before.split()[-4:])
            for role, pattern in _OF_LONG_NAME:
                if pattern.search(words):
                    yield match["name"], role
                    break

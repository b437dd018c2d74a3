"""Known materials: the database's vocabulary, the lexicon's spellings and newer names, found in a text."""

import csv
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from masterkey.extractor.lexicon import CASED_LENGTH, SPELLINGS, squash, words_of
from masterkey.extractor.process.text import modern

VOCABULARY = Path(__file__).resolve().parents[2] / "vocabulary"
LAYER_ROLES = ("ETL", "HTL", "Backcontact", "Substrate")
LATTICE_SALT = re.compile(r"(?:Pb|Sn|MA|FA|Cs)(?:I|Br)2?")  # of which perovskites are made
_LONGEST_GAP = 3
_MOST_WORDS, _LONGEST_WORD = 1 << 16, 40  # that are remembered; bounds the memory
# Names of one to three letters mean anything; from the vocabulary only frequent ones are taken.
_FREQUENT = 5
_FEWEST_LETTERS = 3
# In the vocabulary, but in a text mostly something else.
_NO_MATERIALS = frozenset(
    """perovskite flexible metal paper foil glass air water light ligands resist steel silk textile phlm tco etm htm spiro
    acetate chlorine hydrogen ruthenium planarization silane acid acac uv rubber starch epoxy teflon ethanolamine
    acetonitrile ethylacetate chloroform toluene chlorobenzene quartz nanopaper selenium samarium yttrium phenol thf
    ipa n2 o2 dmf dmso nmp acn cb sub h2o isopropanol ethanol ethyleneglycol formicacid aceticacid hcl hac ma fa cs rb
    br cl i li na pb sn in n k b y w p v h f as er la eu sr zn mn co fe ga ce nd gd ru tb ho lu tm sm mo sb yb nb ta zr
    cas csa pl gan pvc ptfe pc ec en me ad am ss nh3 nh4 no3 oac tms edt ps pe""".split()
)


class Mention(NamedTuple):
    """A known name at [start, end) of a text; `roles`: role → weight, roles as in `modern.NAMES` and "solvent"."""

    name: str
    start: int
    end: int
    roles: "dict[str, int]"

    @property
    def is_layer(self) -> bool:
        return any(role in self.roles for role in LAYER_ROLES)

    @property
    def is_mostly_transport(self) -> bool:
        """Whether it is a transport layer's name more than anything else, however seldom the database has it."""
        weight = max(self.roles.get("HTL", 0), self.roles.get("ETL", 0))
        return 0 < weight == max(self.roles.values())


class _Begins(dict):
    """Word → whether a known name may begin with it, asked for most words of a text."""

    def __init__(self, prefixes: set[str]):
        self.prefixes = prefixes

    def __missing__(self, word: str) -> bool:
        begins = word in self.prefixes or word.lower() in self.prefixes
        if len(self) < _MOST_WORDS and len(word) <= _LONGEST_WORD:
            self[word] = begins
        return begins


class Materials:
    """Squashed spelling → name, name → roles. `names` and `cased` as in a gazetteer."""

    def __init__(self):
        self.roles: dict[str, dict[str, int]] = {}
        self.names: dict[str, str] = {}
        self._add_vocabulary()
        for name, spelled in SPELLINGS.items():
            self._spell(name, (name, *spelled))
        for role, names in modern.NAMES.items():
            for name, spelled in names.items():
                self.roles.setdefault(name, {}).setdefault(role, 30)
                self._spell(name, (name, *spelled))
        for name, spelled in modern.SOLVENTS.items():
            self.roles[name] = {"solvent": 100}
            self._spell(name, (name, *spelled))
        self.prefixes = {name[:n] for name in self.names for n in range(1, len(name) + 1)}
        self.begins = _Begins(self.prefixes)

    def _add_vocabulary(self) -> None:
        with open(VOCABULARY / "materials.tsv", encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                name = row.pop("name")
                roles = {role: int(n) for role, n in row.items() if n != "0"}
                letters = squash(name)
                if letters.lower() in _NO_MATERIALS or len(letters) < 2 or letters.isdigit():
                    continue
                if len(letters) <= _FEWEST_LETTERS and sum(roles.values()) < _FREQUENT:
                    continue
                self.roles[name] = roles
                self.names.setdefault(letters, name)

    def _spell(self, name: str, spelled: tuple[str, ...]) -> None:
        for spelling in spelled:
            letters = squash(spelling)
            if letters:
                self.names[letters] = name


@lru_cache(maxsize=1)
def pairs() -> dict[tuple[str, str], int]:
    """(lower, upper) layer → in how many distinct stacks of the database the one lies on the other."""
    with open(VOCABULARY / "pairs.tsv", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(row["lower"], row["upper"]): int(row["stacks"]) for row in rows}


@lru_cache(maxsize=1)
def materials() -> Materials:
    return Materials()


def mentions_of(text: str) -> list[Mention]:
    """Known names in order of the text; of overlapping ones the longest."""
    known = materials()
    words = words_of(text)
    breaks = {match.end() for match in _PARAGRAPH.finditer(text)}
    found, n = [], 0
    begins = known.begins
    while n < len(words):
        if not begins[words[n][0]]:
            n += 1
            continue
        best = _longest(text, words, n, known, breaks)
        # "Cs0.1(FA…" is a composition, not the hole conductor CS01.
        is_other = text.startswith("Cs0.", words[n][1])
        if best is None or is_other or _OF_CLEVIOS.match(text, best[1]):
            n += 1
            continue
        name, end, following = best
        roles = known.roles.get(name, {})
        numbered = _NUMBERED.match(text, end)
        if numbered and max(roles.values(), default=_FREQUENT) < _FREQUENT and name == text[words[n][1] : end]:  # fmt: skip
            name, end, following = name + numbered[0], numbered.end(), following + 1
        found.append(Mention(name, words[n][1], end, roles))
        n = following
    return found


_NUMBERED = re.compile(r"-\d{1,2}(?![\w.,%-]*\w)")  # "BTPA-7" is no BTPA
_OF_CLEVIOS = re.compile(r"\s?-?4083")  # "PEDOT:PSS (Al 4083)" means "AI 4083"
# A name does not go on behind an empty line: "Fullerene" may be a heading above "C60 was …".
_PARAGRAPH = re.compile(r"\n\s*\n\s*")


# "(22 °C), 70 µL" is no C70, "PCBM/ZnO/Al" has no ZnO:Al, "at 450 °C. SnO2" no c-SnO2; "tin(IV) oxide" goes on.
_PAUSE = re.compile(r"(?<!\([IV])(?<!\([IV]{2})(?<!\([IV]{3})[),;]+\s+\(?|\s?[/|]\s?|\.\s+")


def _longest(
    text: str, words: list, n: int, known: Materials, breaks: set[int]
) -> tuple[str, int, int] | None:
    """(name, end, number of the next word) of the longest known name that begins with word n."""
    best, letters, previous, following = None, "", words[n][1], n
    while following < len(words):
        word, start, end = words[following]
        if following > n and start - previous > _LONGEST_GAP:
            break
        letters += word
        lower = letters.lower()
        if lower not in known.prefixes and letters not in known.prefixes:
            break
        if following > n and (start in breaks or _PAUSE.fullmatch(text, previous, start)):
            break
        key = letters if len(letters) <= CASED_LENGTH else lower
        following += 1
        if key in known.names:
            best = known.names[key], end, following
        previous = end
    return best


def overlap_with(spans: Iterable[tuple[int, int]]) -> Callable[[int, int], bool]:
    """Whether [start, end) overlaps any of `spans`: a function that takes the logarithm of their number."""
    spans = sorted(spans)
    starts = [start for start, _ in spans]
    reached = list(accumulate((end for _, end in spans), max))

    def overlaps(start: int, end: int) -> bool:
        before = bisect_left(starts, end)
        return before > 0 and reached[before - 1] > start

    return overlaps


_FORM_WORDS = {
    "mp": re.compile(r"meso|scaffold|paste|\bmp-|\bm-|porous|nr-?[dt]\b"),
    "np": re.compile(r"nano-?partic|\bnps?\b|colloid|quantum dot|nanocryst|dispersion|suspension|\bink\b|sol\b"),
    "c": re.compile(r"compact|blocking|dense|\bbl\b|\bc-|\bcl\b|planar|sol-gel|spray|atomic layer|\bald\b|chemical bath|\bcbd\b|sputter"),
}  # fmt: skip


def form_said(words: str) -> str:
    """Which form of an oxide lower-cased words speak of: "mp", "np", "c", or "" where none."""
    return next((form for form, pattern in _FORM_WORDS.items() if pattern.search(words)), "")

"""Names of compounds that the lexicon does not know.

A paper that reports a new hole conductor calls it by a name that stands nowhere else. Such a name is
found by its looks (two capitals or more, no unit, no instrument) and by the sentences it stands in.
"""

import re
from collections import Counter
from functools import lru_cache

from masterkey.extractor.lexicon import squash
from masterkey.extractor.reading import Paper, Span

MAX_NAMES = 6
FEWEST_POINTS = 2
_CANDIDATE = re.compile(r"(?<![\w.])[A-Za-z0-9(][\w:'()-]{1,24}")
_CAPITALS = re.compile(r"[A-Z].*[A-Z]")
_NO_COMPOUND = re.compile(
    r"""(?:
    # methods, instruments, companies
    [A-Z]?XRD|GI\w+|\S*SEM|HR\w+|\S*TEM|AFM|XPS|UPS|UV\S*|FT-?IR\S*|TR-?PL|PL|KPFM|T[oO]F\S*|SIMS|IMVS|IMPS
    |EIS|NMR\S*|DSC|TGA|CV|SCLC|DFT|EPR|CCD|FEI|Oriel\S*|Keithley\S*|Sigma\S*|NREL|CAS|ACS|TCI|CuK\S*|Cu-K\S*
    # figures of merit, units, countries, numerals
    |IPCE|EQE|PCEs?|J\W?V|I\W?V|FF|Voc|Jsc|HOMO|LUMO|AM\S*|[MG]Hz|USA|UK|RH|RT|DI|II|III|IV|Fig\S*|Table\S*|[A-Z]\d?
    # cells, layers, substrates
    |PSCs?|PVSCs?|PVSK|OPV|PV|LED|MPP\S*|HTMs?|HTLs?|ETLs?|ETMs?|HELs?|EELs?|BL|TCO|ITO\S*|FTO\S*|TEC\S*|VP|NPs|QDs?
    |\S*-coated|\S*-doped|\S*-treated
    # salts, solvents, acids
    |MA|FA|MAI|FAI|MABr|FABr|MACl|CsI|CsBr|PbI2|PbBr2|CH3NH3\S*|HC\(NH2\S*|\w*Pb\S*|\S*DMSO\S*|\S*DMF\S*|CB|HCl|HNO3
    |NaOH|H2O2?|H2SO4|NH4OH|CDCl3|CO2|PDMS|PTFE|PVDF|KBr
    # plain words and numbers
    |[A-Z][a-z]+|\d+\S?[A-Z]?|\S*\d{4,}\S*)$""",
    re.VERBOSE,
)


@lru_cache(maxsize=1 << 14)
def looks_new(name: str) -> bool:
    """Whether a word looks like the name of a compound."""
    return 2 <= len(name) <= 25 and bool(_CAPITALS.search(name)) and not _NO_COMPOUND.match(name)


def new_names(paper: Paper, known) -> dict[str, list[Span]]:
    """Places of the words that look like names and whose squashed form is not in `known`."""
    places: dict[str, list[Span]] = {}
    for match in _CANDIDATE.finditer(paper.plain):
        name = _compound(match[0])
        if name and squash(name) not in known:
            places.setdefault(name, []).append(match.span())
    return places


@lru_cache(maxsize=1 << 15)
def _compound(word: str) -> str:
    """The word without marks around it where it looks like the name of a compound, else ""."""
    name = word.strip("-:'(,")
    if name.count(")") > name.count("("):
        name = name.rstrip(")")
    return name if looks_new(name) else ""


def by_cue(
    places: dict[str, list[Span]], paper: Paper, cues: list[frozenset[str]], layers: list[str]
) -> dict[str, list[str]]:
    """The names that stand most often in sentences of a cue, or among the `layers` of a written stack.

    At most `MAX_NAMES` for each of "ETL", "HTL" and "additive", the best first.
    """
    points: dict[str, Counter] = {cue: Counter() for cue in ("ETL", "HTL", "additive")}
    for name, spans in places.items():
        for start, _ in spans:
            own = cues[paper.sentence_of(start)]
            if "purchase" in own and "deposition" not in own:
                continue
            for cue, counter in points.items():
                counter[name] += 3 * (cue in own) + ("deposition" in own)
    for layer in layers:
        if layer in places:
            points["ETL"][layer] += 3
            points["HTL"][layer] += 3
    return {
        cue: [name for name, n in counter.most_common(MAX_NAMES) if n >= FEWEST_POINTS]
        for cue, counter in points.items()
    }

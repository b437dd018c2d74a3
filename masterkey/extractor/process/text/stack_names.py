"""New names in stacks that a paper writes with slashes: in "ITO/SnO2/CsPbI2Br/PBTz-EH/Ag" PBTz-EH conducts holes."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from masterkey.extractor.lexicon import squash
from masterkey.extractor.new_names import looks_new
from masterkey.extractor.process.text.materials import LAYER_ROLES, materials

_PIECE = r"[\w.,:()\[\]+-]{1,40}"
_RUN = re.compile(rf"(?<![\w/]){_PIECE}(?:\s?[/|]\s?(?:{_PIECE}|[Pp]erovskite)){{3,12}}")
SLASH = re.compile(r"\s?[/|∣]\s?")
IS_PEROVSKITE = re.compile(
    r"(?i:perovskite|absorber|pvsk|\bpsk\b)|(?:Pb|Sn)(?:[\d.]*(?:Pb|Sn)[\d.]*)?(?:\(?I|\(?Br|X)"
)
_MOST_RUNS = 40
_ONE_SLASH = re.compile(r"[/|]")
_SLASH_GAP, _FEWEST_SLASHES = 44, 3  # characters from one slash of a run to the next, at most
_OPPOSITE = {"HTL": "ETL", "ETL": "HTL"}


def roles_in_stacks(text: str) -> Iterator[tuple[str, str]]:
    """(name, role) of the names beside the perovskite that no list has: the other side's kind says the role."""
    for run in islice(_runs(text), _MOST_RUNS):
        pieces = [piece.strip(" .,;()[]") for piece in SLASH.split(run[0])]
        absorbers = [n for n, piece in enumerate(pieces) if IS_PEROVSKITE.search(piece)]
        if len(absorbers) != 1:
            continue
        middle = absorbers[0]
        sides = pieces[1:middle], pieces[middle + 1 :]
        kinds = [_kind(side) for side in sides]
        for n, side in enumerate(sides):
            role = kinds[n] or _OPPOSITE.get(kinds[1 - n], "")
            if role:
                yield from ((name, role) for name in side if _is_new(name))


def _runs(text: str) -> Iterator[re.Match]:
    """All matches of `_RUN`, which is slow, looked for around rows of slashes alone."""
    slashes = [match.start() for match in _ONE_SLASH.finditer(text)]
    gaps = [n for n, (a, b) in enumerate(pairwise(slashes), 1) if b - a > _SLASH_GAP]
    for first, behind in pairwise([0, *gaps, len(slashes)]):
        if behind - first >= _FEWEST_SLASHES:
            begin, end = slashes[first] - _SLASH_GAP, slashes[behind - 1] + _SLASH_GAP
            yield from _RUN.finditer(text, max(begin, 0), end)


def _is_new(name: str) -> bool:
    return looks_new(name) and squash(name) not in materials().names


def _kind(names: list[str]) -> str:
    """Which carrier the known layers of a side conduct; "" where they do not say."""
    votes = 0
    for name in names:
        known = materials().names.get(squash(name), "")
        roles = materials().roles.get(known, {})
        own = {role: roles.get(role, 0) for role in LAYER_ROLES}
        if max(own.values()) in (0, own["Backcontact"], own["Substrate"]):
            continue
        votes += 1 if own["HTL"] > own["ETL"] else -1 if own["ETL"] > own["HTL"] else 0
    return "HTL" if votes > 0 else "ETL" if votes < 0 else ""

"""Sections on single cells of either gap beside a tandem of both: which are the paper's own, which others."""

import re

_GAP = re.compile(
    r"\b(?:(?P<gap>narrow|low|wide|large|high)(?:er)?[- ]?(?:band-?\s?)?gap|(?P<short>[wn])bg)\b"
)
_WIDE = frozenset(("wide", "large", "high", "w"))
_TANDEM = re.compile(r"\btandems?\b")
_ROLES = (re.compile(r"\btargets?\b"), re.compile(r"\bcontrols?\b"))
_OF_FABRICATION = frozenset(("device", "solution", ""))
OTHER_GAP, OTHER_INK = "other gap", "ink of the other gap"


def other_gap_sections(sections: list, lower: str) -> list[tuple[int, int, str]]:
    """(start, end, `OTHER_GAP` or `OTHER_INK`) of the sections on the other gap, by their titles; [] where there are none.

    The paper's own cells are of the gap of which target and control are told, else of the one told first.
    """
    if not any(s.kind == "other cell" and _TANDEM.search(s.title.lower()) for s in sections):
        return []
    wide, narrow = [], []
    for section in sections:
        title = section.title.lower()
        match = _GAP.search(title)
        if match and section.kind in _OF_FABRICATION and not _TANDEM.search(title):
            own = wide if (match["gap"] or match["short"]) in _WIDE else narrow
            own.append(section)
    cells = [_first_cells(own) for own in (wide, narrow)]
    if None in cells:
        return []
    first, second = (wide, narrow) if cells[0] < cells[1] else (narrow, wide)
    others = first if _tells_roles(second, lower) and not _tells_roles(first, lower) else second
    return [(s.start, s.end, OTHER_INK if s.kind == "solution" else OTHER_GAP) for s in others]


def _first_cells(sections: list) -> int | None:
    """Where the first section that is not on an ink begins."""
    return next((section.start for section in sections if section.kind != "solution"), None)


def _tells_roles(sections: list, lower: str) -> bool:
    """Whether sections tell of target and control."""
    return all(
        any(role.search(lower, section.start, section.end) for section in sections)
        for role in _ROLES
    )

"""Lines that are members of a list: "– PbI2: TCI", "3. Spin the ink", "(b) Ageing"."""

import re

# A dash or a bullet, with a blank behind it.
_BULLET = re.compile(r"(?P<sign>[-–—•·▪●○◦■□➢✓*])\s+(?=\S)")
_NUMBERED = re.compile(
    r"(?P<open>\(?)(?P<mark>[0-9]{1,2}|[a-z]|[ivx]{1,4})(?P<close>[.)])\s+(?=[^\s0-9])"
)
# "Electrode: Au, 70 nm", several in a row: a table of conditions.
_LABELLED = re.compile(r"[A-Z][\w/() -]{1,30}:\s+\S")
_FEWEST_MEMBERS, _FEWEST_LABELLED = 2, 3
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")


def members_of_lists(lines: list[str]) -> set[int]:
    """The numbers of the lines that begin a member of a list.

    One dash alone may belong to a sentence, and one number to a figure that it names: a bullet counts
    where two lines have it, a number or a letter where the one before or behind it has a line, too.
    """
    bullets: dict[str, list[int]] = {}
    counted: dict[tuple[str, str, str, int], list[int]] = {}
    for n, line in enumerate(lines):
        if match := _BULLET.match(line):
            bullets.setdefault(match["sign"], []).append(n)
        elif match := _NUMBERED.match(line):
            for kind, place in _places(match["mark"]):
                key = match["open"], match["close"], kind, place
                counted.setdefault(key, []).append(n)
    found = {n for own in bullets.values() if len(own) >= _FEWEST_MEMBERS for n in own}
    found |= _labelled(lines)
    for (opening, closing, kind, place), own in counted.items():
        beside = [(opening, closing, kind, place + step) for step in (-1, 1)]
        if any(key in counted for key in beside):
            found.update(own)
    return found


def _labelled(lines: list[str]) -> set[int]:
    """The lines of runs that begin with a label and a colon each."""
    found: set[int] = set()
    run: list[int] = []
    for n, line in enumerate([*lines, ""]):
        if _LABELLED.match(line):
            run.append(n)
            continue
        if len(run) >= _FEWEST_LABELLED:
            found.update(run)
        run = []
    return found


def _places(mark: str) -> list[tuple[str, int]]:
    """(kind of counting, place in it) of a mark; "i" is a letter and a Roman number."""
    if mark.isdigit():
        return [("1", int(mark))]
    found = [("a", ord(mark))] if len(mark) == 1 else []
    return [*found, ("i", _ROMAN.index(mark))] if mark in _ROMAN else found

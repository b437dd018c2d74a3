"""Names of files for ids of papers and devices."""

import re

_LONGEST_NAME = 100
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def file_names(ids: list[str]) -> list[str]:
    """A name for each id that every file system takes, numbered where two would be the same."""
    taken: set[str] = set()
    names = []
    for id in ids:
        plain = _NOT_IN_NAMES.sub("_", id).lstrip("._-").rstrip("._")[:_LONGEST_NAME] or "device"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names

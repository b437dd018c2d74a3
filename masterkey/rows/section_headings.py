"""The headings by which the experimental section of a whole paper is found."""

import re

SHORTEST_SECTION = 300

# "■" stands before the headings of one publisher, "#" before those of Markdown.
_NUMBERING = r"[ \t]*(?:[■●▪◆•#]+[ \t]*)?(?:\d+(?:\.\d+)*\.?|[IVX]+\.)?[ \t]*"
_SECTION = re.compile(
    rf"^{_NUMBERING}(?:experimental(?: (?:section|methods?|details?|procedures?|part))?|methods?"
    r"|(?:materials|methods|experimental) and (?:materials|methods|devices?)"
    r"|(?:solar cell|device) fabrication)[ \t]*[:.]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT_SECTION = re.compile(
    rf"^{_NUMBERING}(?:results?|discussion|results and discussion|conclusions?|summary|outlook"
    r"|acknowledge?ments?|references|notes(?: and references)?|supporting information"
    r"|associated content|author (?:information|contributions?)|data availability(?: statement)?"
    r"|(?:competing|conflicts? of) interests?|funding|additional information)[ \t]*[:.]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


def is_heading(line: str) -> bool:
    """Whether a line is one of these headings and nothing more."""
    return bool(_SECTION.fullmatch(line) or _NEXT_SECTION.fullmatch(line))


def experimental_section(text: str) -> tuple[int, int] | None:
    """Start and end of the experimental section in a whole paper; None where no heading tells.

    From the heading to the next one that ends it; of several the longest.
    """
    sections = []
    for heading in _SECTION.finditer(text):
        next_one = _NEXT_SECTION.search(text, heading.end())
        sections.append((heading.start(), next_one.start() if next_one else len(text)))
    start, end = max(sections, key=lambda section: section[1] - section[0], default=(0, 0))
    return (start, end) if end - start >= SHORTEST_SECTION else None

"""DOI, title and year of a paper, where its file says them."""

import re
from collections.abc import Iterable

_FRONT = 5_000  # characters in which a title page ends
_DOI = re.compile(r"\b10\.[0-9]{4,9}/[^\s\"'<>{}|\\^`\]]+", re.IGNORECASE)
_YEAR = r"((?:19[6-9]|20[0-9])[0-9])"
# The most trustworthy first: a publication's date, a copyright, the head's "2021, 14, 3035", a received date.
_YEARS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:publication date|published(?: online)?|issue date|first published)[^\n]{{0,40}}?\b{_YEAR}\b",
        rf"(?:©|\(c\)|copyright)\s*(?:the authors?(?:\(s\))?\W*)?{_YEAR}\b",
        rf"\b{_YEAR}, *[A-Z]?[0-9]{{1,4}}, *[A-Z]?[0-9]",
        rf"\b(?:vol(?:ume)?\.?|[A-Z][a-z]+\.?) ?[0-9]{{0,4}},? ?\({_YEAR}\)",
        rf"\b(?:accepted|received|revised)\b[^\n]{{0,30}}?\b{_YEAR}\b",
    )
]
_NO_TITLE = re.compile(
    r"untitled|microsoft word|\.(?:docx?|pdf|tex|indd|dvi)\b|^(?:title|paper|manuscript|article|main)$"
    r"|^10\.[0-9]{4}|^doi\b|^[\W\d]*$",
    re.IGNORECASE,
)
_LONGEST_TITLE = 400


def doi_in(text: str) -> str | None:
    """The first DOI on the title page of a text."""
    match = _DOI.search(text[:_FRONT])
    return plain_doi(match[0]) if match else None


def plain_doi(text: str | None) -> str | None:
    """ "https://doi.org/10.1234/abc." → "10.1234/abc"; None for what is no DOI."""
    match = _DOI.search(text or "")
    if not match:
        return None
    doi = match[0].rstrip(".,;:")
    return doi.rstrip(")") if doi.count(")") > doi.count("(") else doi


def year_in(text: str) -> int | None:
    """The year that a title page states; None where it states none."""
    front = text[:_FRONT]
    found = (pattern.search(front) for pattern in _YEARS)
    return next((int(match[1]) for match in found if match), None)


def plain_year(text: str | None) -> int | None:
    """The year of a date in any form: "2021/05/14", "May 2021"."""
    match = re.search(rf"\b{_YEAR}(?![0-9])", text or "")
    return int(match[1]) if match else None


def first_title(candidates: Iterable[str | None]) -> str | None:
    """The first of several texts that can be a title."""
    for candidate in candidates:
        title = re.sub(r"\s+", " ", candidate or "").strip(" *#")
        if " " in title and len(title) <= _LONGEST_TITLE and not _NO_TITLE.search(title):
            return title
    return None

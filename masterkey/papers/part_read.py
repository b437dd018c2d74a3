"""Which part of a paper is read: its experimental sections, tables of devices, supporting information.

A text of up to 10,000 characters is read whole, and so is one in which no heading tells. What is read
is one text of its own, in which evidence is searched: no value is shown in a place that was not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from masterkey.papers.paper import Heading, Paper
from masterkey.papers.tables import holds_device_data
from masterkey.rows.clean_text import clean
from masterkey.rows.section_headings import (
    SHORTEST_SECTION,
    experimental_sections,
    is_end_heading,
    is_part_heading,
    is_section_heading,
)

# The longest input of the published rows has 8,814 characters: a text up to here is a section.
LONGEST_SECTION = 10_000
_FIRST_TEXT = 40  # characters below a heading, where its section is not divided by equal headings
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class PartRead:
    """The text to read, and what to tell of it (None where the paper's whole text is read as usual)."""

    text: str
    note: str | None = None


def part_to_read(
    paper: Paper, supporting: Sequence[Paper] = (), *, whole_text: bool = False
) -> PartRead:
    """What of `paper` and of the files of its supporting information is read."""
    own, note = _part_of(paper, whole_text)
    texts, notes = [own], [note] if note else []
    for other in supporting:
        text, is_found = _supporting_part(other, whole_text)
        if not text:
            continue
        texts.append(text)
        notes.append(f"{len(text):,} characters of {other.path}")
        if is_found and note and "no heading" in note:  # the experimental section stands there
            texts.remove(own)
            notes.remove(note)
            note = None
    return PartRead("\n\n".join(texts), "; ".join(notes) or None)


def _part_of(paper: Paper, whole_text: bool) -> tuple[str, str | None]:
    text = paper.text
    if whole_text or len(text) <= LONGEST_SECTION:
        return text, None
    sections = sections_of(paper)
    if not sections:
        return (
            text,
            f"{len(text):,} characters, and no heading of an experimental section: all is read",
        )
    places = sections + _device_tables(paper, sections)
    read = "\n\n".join(text[slice(*place)].strip() for place in places)
    names = ", ".join(f'"{_first_line(text, place)}"' for place in sections)
    plural = "s" if len(sections) > 1 else ""
    n_tables = len(places) - len(sections)
    tables = f" with {n_tables} table{'s' if n_tables > 1 else ''}" if n_tables else ""
    return read, (
        f"reading the section{plural} {names}{tables}, {len(read):,} of {len(text):,} characters "
        "(--whole_text reads all)"
    )


def _supporting_part(paper: Paper, whole_text: bool) -> tuple[str, bool]:
    """What of a supporting file is read, and whether a heading told it."""
    if whole_text or len(paper.text) <= LONGEST_SECTION:
        return paper.text, bool(sections_of(paper))
    sections = sections_of(paper)
    places = sections + _device_tables(paper, sections)
    return "\n\n".join(paper.text[slice(*place)].strip() for place in places), bool(sections)


def sections_of(paper: Paper) -> list[tuple[int, int]]:
    """The places of the experimental sections in a paper's text, by its own headings if it marks any."""
    if paper.headings and (found := _marked_sections(paper)):
        return found
    cleaned = clean(paper.text)
    return [cleaned.original_span(*found) for found in experimental_sections(cleaned.text)]


def _marked_sections(paper: Paper) -> list[tuple[int, int]]:
    for begins in (is_section_heading, is_part_heading):
        found, here = [], 0
        for number, heading in enumerate(paper.headings):
            if heading.start < here or not begins(paper.text[heading.start : heading.end]):
                continue
            here_ends = _end(paper, heading, paper.headings[number + 1 :])
            if here_ends - heading.start >= SHORTEST_SECTION:
                found.append((heading.start, here_ends))
                here = here_ends
        if found:
            return found
    return []


def _end(paper: Paper, heading: Heading, following: Sequence[Heading]) -> int:
    """Where a marked section ends: at a higher heading, one that ends it, or the next of its level.

    Some files give parts the level of the whole: where no text stands between a heading and the next,
    equal headings go on.
    """
    is_divided = bool(
        following
        and following[0].level == heading.level
        and following[0].start - heading.end < _FIRST_TEXT
    )
    for other in following:
        is_equal = other.level == heading.level and not is_divided
        if (
            other.level < heading.level
            or is_equal
            or is_end_heading(paper.text[other.start : other.end])
        ):
            return other.start
    return len(paper.text)


def _device_tables(paper: Paper, sections: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Tables outside of the sections that tell of devices, with the paragraph before as their caption."""
    return [
        (_caption_start(paper.text, start), end)
        for start, end in paper.tables
        if holds_device_data(paper.text[start:end])
        and not any(first <= start < last for first, last in sections)
    ]


def _caption_start(text: str, start: int) -> int:
    before = text.rfind("\n\n", 0, max(start - 2, 0)) + 2
    return before if text[before:start].lower().startswith("table") else start


def _first_line(text: str, place: tuple[int, int]) -> str:
    line = text[slice(*place)].strip().partition("\n")[0]
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"

"""A paper's text as it comes, mended: one normal form for every method and every script.

Papers come from PDF-to-Markdown tools, web pages, patents and PDFs. `clean` turns their markup,
signs, broken lines and ways to write a quantity into plain text, and keeps for each character where
it stood, so that evidence found in the clean text can be shown in the original. A text that is clean
comes back as it is. The time it takes grows with the length alone (issue 14, point 7).
"""

from collections.abc import Callable, Iterable

from masterkey.rows.broken_lines import joined_lines, pdfium_hyphens
from masterkey.rows.degrees_celsius import degrees_celsius
from masterkey.rows.edited_text import CleanText, Edit
from masterkey.rows.lost_signs import found_signs
from masterkey.rows.markup import removed_markdown, removed_tags, unescaped_entities
from masterkey.rows.signs import level_powers, signs_of_quantities, single_signs
from masterkey.rows.tex import plain_tex
from masterkey.rows.written_quantities import (
    areas_and_decimals,
    fractions,
    numbers_in_words,
    single_durations,
)

__all__ = ["CleanText", "clean"]

# Each finds its edits in what the one before has left: "&lt;sup&gt;" must be a tag before tags go,
# lines must be whole before quantities are read in them.
_PASSES: tuple[Callable[[str], Iterable[Edit]], ...] = (
    unescaped_entities,
    removed_tags,
    plain_tex,
    pdfium_hyphens,
    joined_lines,
    removed_markdown,
    single_signs,
    level_powers,
    found_signs,
    degrees_celsius,
    signs_of_quantities,
    areas_and_decimals,
    numbers_in_words,
    fractions,
    single_durations,
)


def clean(text: str) -> CleanText:
    """`text` in plain form, with the places of its characters in the original."""
    cleaned = CleanText.unchanged(text)
    for edits in _PASSES:
        cleaned = cleaned.edited(edits(cleaned.text))
    return cleaned

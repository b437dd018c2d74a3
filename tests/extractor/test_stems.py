"""Patterns with stems find what the patterns alone find."""

import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest

import masterkey.extractor as extractor
from masterkey.extractor.stems import Stemmed, matches_at_numbers, stems_of

PAPERS = json.loads(Path("tests/today/development.json").read_text(encoding="utf-8"))
TEXTS = [paper["text"] for paper in PAPERS[:12]]


def _stemmed() -> dict[str, Stemmed]:
    """Every pattern with stems of the extractor by its text."""
    found: list = []
    for module in pkgutil.walk_packages(extractor.__path__, extractor.__name__ + "."):
        for value in vars(importlib.import_module(module.name)).values():
            inner = (
                value.values()
                if isinstance(value, dict)
                else value
                if isinstance(value, tuple)
                else ()
            )
            found += [own for own in (value, *inner) if isinstance(own, Stemmed)]
    return {own.pattern.pattern: own for own in found}


@pytest.mark.parametrize(
    ("pattern", "stems"),
    [
        (r"spin|spun|rpm", {"spin": 0, "spun": 0, "rpm": 0}),
        (r"\bald\b|atomic layer", {"ald": 0, "atomic layer": 0}),
        (r"[Hh]ole[ -]+(?:transport|conduct)", {"Hole": 0, "hole": 0}),
        (r"\d{1,3} ?mgs?|un-?doped|redoped", {"mg": 4, "doped": 3}),
        (r"[a-z]+\d?", {"": 0}),
        (r"(?:mai)? in|dmf?", {" in": 3, "dm": 0}),
        (r"(?i:Boat)|ship", {"": 0}),
    ],
)
def test_stems_stand_in_every_match(pattern, stems):
    found = stems_of(pattern)
    assert found == stems
    for text in (
        "spun",
        "atomic layer",
        "hole conduct",
        "mai in",
        "df",
        "d",
        "boat",
        "undoped",
        "a1",
    ):
        for match in re.finditer(pattern, text):
            assert any(stem in match[0][: before + len(stem)] for stem, before in found.items())


@pytest.mark.slow
def test_all_patterns_of_the_extractor_find_the_same_with_and_without_stems():
    patterns = _stemmed()
    assert len(patterns) > 60
    for text in TEXTS:
        for form in (text, text.lower(), *re.split(r"(?<=\.) ", text.lower())[:20]):
            for own in patterns.values():
                spans = [match.span() for match in own.pattern.finditer(form)]
                assert [match.span() for match in own.finditer(form)] == spans, own.pattern
                first = own.search(form)
                assert (first and first.span()) == (spans[0] if spans else None), own.pattern


def test_a_match_that_begins_before_its_stem_is_found_whole_in_a_long_text():
    own = Stemmed(r"\b\w{1,20} die|(?:slot[\s-]){1,3}die coat")
    text = "x" * 900 + " slot die coat slot slot-slot die coat " + "y " * 500
    assert [m[0] for m in own.finditer(text)] == [m[0] for m in own.pattern.finditer(text)]


def test_search_between_places_is_that_of_the_pattern():
    own = Stemmed(r"\bspin\b|drop")
    text = "spin a drop spin"
    assert own.search(text, 1).span() == (7, 11)
    assert own.search(text, 1, 9) is None
    assert [m.start() for m in own.finditer(text, 5, 16)] == [7, 12]


def test_matches_at_numbers_are_those_of_finditer():
    pattern = re.compile(r"(?<![\w.])[-−]?[0-9]+(?:\.[0-9]+)?(?:(?:-| to )[0-9]+)? °C")
    text = "at 100 °C, -20 °C, 5−10 °C, x7 °C, 10.5 °C, 70-80 °C; 7 to 9 °C 12"
    found = [match.span() for match in matches_at_numbers(pattern, text)]
    assert found == [match.span() for match in pattern.finditer(text)]
    assert len(found) == 6

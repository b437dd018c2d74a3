"""Patterns with stems find what the patterns alone find."""

import importlib
import json
import pickle
import pkgutil
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import masterkey.extractor as extractor
from masterkey.extractor.stems import Stemmed, alternatives_of, matches_at_numbers, stems_of
from masterkey.extractor.words import Words, bits_of

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
                for text_or_words in (form, Words(form)):
                    first = own.search(text_or_words)
                    assert (first and first.span()) == (spans[0] if spans else None), own.pattern
                    assert own.stands_in(text_or_words) == bool(spans), own.pattern


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


# --- texts that know their words ---------------------------------------------------------------------

_LETTERS = st.text("ab -.1β", max_size=12)


@given(_LETTERS, _LETTERS, st.text("ab -.1β", min_size=1, max_size=8))
def test_a_text_has_the_bits_of_every_stem_that_stands_in_it(before, behind, stem):
    """Also of stems that nothing was asked for when the text was made."""
    text = before + stem + behind
    early = Words(text)
    bits = bits_of([stem])
    assert early.bits & bits
    assert Words(text).bits & bits


def test_a_text_lacks_the_bits_of_other_words():
    bits = bits_of(["anneal", "hot plate"])
    words = Words("the films were annealed"), Words("on a hotplate"), Words("the film was dried")
    assert [bool(own.bits & bits) for own in words] == [True, True, False]
    assert Words.whole("both", words[:1]).bits & bits
    assert type(words[0][4:9]) is str


def test_a_text_goes_to_another_process_with_its_words():
    words = Words("spun at 4000 rpm")
    assert pickle.loads(pickle.dumps(words)) == words
    assert pickle.loads(pickle.dumps(words)).bits == words.bits


@pytest.mark.parametrize(
    ("pattern", "alternatives"),
    [
        (r"spin|spun|rpm", ["spin", "spun", "rpm"]),
        (r"a(?:b|c)d|\d ?mg", [r"a(?:b|c)d", r"\d ?mg"]),
        (r"[|(]x|[]|]y|[^]|]z|\|q", [r"[|(]x", r"[]|]y", r"[^]|]z", r"\|q"]),
        (r"(?:a|b)", [r"(?:a|b)"]),
    ],
)
def test_a_pattern_is_parted_at_its_outermost_bars(pattern, alternatives):
    assert alternatives_of(pattern) == alternatives


@pytest.mark.parametrize(
    ("text", "found"), [("a mixture", True), ("2 mg ml", True), ("added", True), ("readded", False)]
)
def test_whole_words_and_other_alternatives_are_found(text, found):
    pattern = Stemmed(r"mixture|\badded\b|\d ?mg ml")
    assert pattern.stands_in(text) == pattern.stands_in(Words(text)) == found

"""Stretches around places: whole words, no place lost, and no more than the context allows."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.schema.excerpts import LONGEST_WORD, windows, word_end, word_start

TEXT = "The films were annealed at 100 °C for 10 min. Gold followed."


def test_words_at_the_border_are_left_out_whole():
    place = TEXT.index("100")
    assert [TEXT[a:b] for a, b in windows([(place, place + 3)], TEXT, 8)] == ["at 100 °C for"]


@pytest.mark.parametrize(("apart", "n"), [(0, 2), (30, 1)])
def test_windows_that_are_near_each_other_are_one(apart, n):
    first, second = TEXT.index("films"), TEXT.index("10 min")
    assert len(windows([(first, first + 5), (second, second + 2)], TEXT, 2, apart)) == n


def test_a_text_without_blanks_is_cut_at_the_place():
    text = "漢" * 200
    assert word_start(text, 50) == 50
    assert word_end(text, 150) == 150
    assert windows([(100, 110)], text, 30) == [(70, 140)]


@given(st.text(st.sampled_from("ab \n"), min_size=1, max_size=120), st.data())
def test_every_place_lies_in_one_window_and_windows_are_apart(text, data):
    places = st.integers(0, len(text))
    spans = sorted(tuple(sorted(pair)) for pair in data.draw(st.lists(st.tuples(places, places))))
    context = data.draw(st.integers(0, 30))
    found = windows(spans, text, context)
    for start, end in spans:
        assert sum(left <= start and end <= right for left, right in found) == 1
    for (_, right), (left, _) in pairwise(found):
        assert right < left
    if len(spans) == 1:
        ((start, end),), ((left, right),) = spans, found
        assert start - context - LONGEST_WORD <= left <= start
        assert end <= right <= end + context

"""The law Voc · Jsc · FF = PCE and the limits of the band gap, for numbers and for intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.regressor.physics import HIGHEST, agreeing, largest_of, reconciled
from masterkey.schema.fields import LONG_FORM

TYPICAL = np.array([1.0, 20.0, 0.7, 14.0])
positive = st.floats(-5, 60, allow_nan=False)
rows = st.lists(positive, min_size=4, max_size=4).map(lambda row: np.array([row]))
spreads = st.lists(st.floats(1e-3, 30), min_size=4, max_size=4).map(lambda row: np.array([row]))


def obeys(values: np.ndarray) -> bool:
    return bool(np.allclose(values[:, 0] * values[:, 1] * values[:, 2], values[:, 3]))


@given(rows, spreads)
def test_any_numbers_are_made_to_obey_within_the_limits(values, spread):
    largest = largest_of([{LONG_FORM: "MAPbI3"}])
    found = reconciled(values, spread, largest)
    assert obeys(found)
    assert (found > 0).all()
    assert (found[:, :3] <= largest[:, :3]).all()


def test_numbers_that_obey_are_left_as_they_are():
    values = TYPICAL[None]
    np.testing.assert_allclose(reconciled(values, 0.1 * values, HIGHEST[None]), values)


def test_the_least_certain_number_gives_way():
    values = np.array([[1.0, 20.0, 0.7, 21.0]])
    certain = np.array([[0.001, 0.02, 0.0007, 10.0]])
    np.testing.assert_allclose(
        reconciled(values, certain, HIGHEST[None]), [[1.0, 20.0, 0.7, 14.0]], rtol=1e-3
    )
    certain = np.array([[0.001, 0.02, 10.0, 0.001]])
    np.testing.assert_allclose(
        reconciled(values, certain, np.full((1, 4), 99.0)), [[1.0, 20.0, 1.05, 21.0]], rtol=1e-3
    )


def test_the_limits_are_those_of_the_composition_where_it_is_known():
    known, layered, unknown = largest_of(
        [{LONG_FORM: "MAPbI3"}, {LONG_FORM: "MAPbBr3"}, {LONG_FORM: "Unknown"}]
    )
    assert known[0] < 1.59
    assert 25 < known[1] < 30
    assert layered[1] < 12
    assert unknown.tolist() == HIGHEST.tolist()


def test_intervals_lose_what_the_others_exclude():
    low, high = np.array([[0.9, 18.0, 0.6, 2.0]]), np.array([[1.1, 22.0, 0.8, 40.0]])
    narrow_low, narrow_high = agreeing(low, high, HIGHEST[None])
    assert narrow_low[0, 3] == pytest.approx(0.9 * 18 * 0.6)
    assert narrow_high[0, 3] == pytest.approx(1.1 * 22 * 0.8)
    low[0, 3], high[0, 3] = 15.0, 16.0
    narrow_low, narrow_high = agreeing(low, high, HIGHEST[None])
    assert narrow_low[0, 1] == pytest.approx(18.0)
    assert narrow_high[0, 2] == pytest.approx(0.8)
    assert narrow_low[0, 2] == pytest.approx(15.0 / (1.1 * 22.0))


@given(st.integers(0, 10_000))
def test_numbers_that_lay_inside_and_obey_stay_inside(seed):
    rng = np.random.default_rng(seed)
    values = reconciled(
        TYPICAL * rng.uniform(0.3, 1.6, (5, 4)), np.full((5, 4), 0.2) * TYPICAL, HIGHEST[None]
    )
    low, high = values * rng.uniform(0.2, 1, (5, 4)), values * rng.uniform(1, 3, (5, 4))
    largest = np.maximum(np.tile(HIGHEST, (5, 1)), values)
    narrow_low, narrow_high = agreeing(low, high, largest)
    assert (narrow_low <= values * (1 + 1e-9)).all()
    assert (narrow_high >= values * (1 - 1e-9)).all()
    assert (narrow_low >= low).all()
    assert (narrow_high <= high).all()


@pytest.mark.parametrize("unknown", [np.inf, np.nan])
def test_an_interval_without_ends_narrows_no_other(unknown):
    low, high = np.array([[0.9, 18.0, 0.6, 2.0]]), np.array([[1.1, 22.0, 0.8, 40.0]])
    low[0, 1], high[0, 1] = -unknown, unknown
    narrow_low, narrow_high = agreeing(low, high, HIGHEST[None])
    assert narrow_low[0, 3] == 2.0
    assert narrow_high[0, 0] == 1.1
    assert narrow_low[0, 0] == 0.9

"""Bootstrap over units: draws, intervals, p-values."""

import numpy as np
import pytest

from masterkey.scoring import resampling
from masterkey.scoring.resampling import interval, p_value, resampled_sums


def test_every_resample_draws_as_many_units_as_there_are():
    counts = resampled_sums(np.eye(7), seed=1, n_resamples=50)
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()


def test_sums_made_in_pieces_equal_the_draws_times_the_values(monkeypatch):
    values = np.random.default_rng(0).normal(size=(9, 3))
    expected = resampled_sums(np.eye(9), seed=5, n_resamples=40) @ values
    monkeypatch.setattr(resampling, "_DRAWS_AT_ONCE", 30)
    np.testing.assert_allclose(resampled_sums(values, 5, 40), expected)


def test_the_seed_decides_the_draws():
    values = np.arange(10.0)[:, None]
    assert (resampled_sums(values, 3) == resampled_sums(values, 3)).all()
    assert (resampled_sums(values, 3) != resampled_sums(values, 4)).any()


def test_the_interval_of_a_mean_is_that_of_theory():
    values = np.random.default_rng(0).normal(size=400)
    low, high = interval(resampled_sums(values[:, None], 0)[:, 0] / 400)
    half_width = 1.96 * values.std() / 20
    assert low == pytest.approx(values.mean() - half_width, abs=0.01)
    assert high == pytest.approx(values.mean() + half_width, abs=0.01)


def test_intervals_cover_the_truth_in_about_95_of_100_samples():
    generator = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        sample = generator.normal(size=(60, 1))
        low, high = interval(resampled_sums(sample, seed, 400)[:, 0] / 60)
        covered += low <= 0 <= high
    assert 180 <= covered <= 198


def test_undefined_resamples_are_left_out_of_an_interval():
    assert interval(np.array([np.nan, 2.0, 2.0])) == [2.0, 2.0]
    assert interval(np.array([np.nan])) is None
    assert p_value(np.array([np.nan])) is None


def test_p_values():
    assert p_value(np.zeros(100)) == 1
    assert p_value(np.ones(1999)) == pytest.approx(2 / 2000)
    assert p_value(-np.ones(1999)) == pytest.approx(2 / 2000)
    assert p_value(np.array([-1.0, 1.0] * 50)) == 1
    assert p_value(np.array([-1.0] * 4 + [1.0] * 95)) == pytest.approx(2 * 5 / 100)


def test_p_values_are_rarely_small_where_there_is_no_difference():
    generator = np.random.default_rng(0)
    small = 0
    for seed in range(200):
        difference = generator.normal(size=(80, 1))
        small += p_value(resampled_sums(difference, seed, 400)[:, 0]) < 0.05
    assert 2 <= small <= 22

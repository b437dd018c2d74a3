"""Conformal intervals: the quantile weighs recipes alike, and intervals cover what they say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.regressor.conformal import LEVEL, ConformalIntervals, grouped_quantile


def test_the_quantile_of_single_rows_is_the_usual_conformal_one():
    # 19 errors: 90 % of 20 is the 18th.
    assert grouped_quantile(np.arange(1.0, 20.0), np.arange(19), 0.9) == 18.0


def test_a_recipe_measured_often_weighs_as_much_as_one_measured_once():
    scores = np.array([1.0] * 97 + [2.0, 3.0, 4.0])
    groups = np.array([0] * 97 + [1, 2, 3])
    assert grouped_quantile(scores, groups, 0.5) == 3.0
    assert grouped_quantile(scores, np.arange(100), 0.5) == 1.0


def test_too_few_recipes_give_an_infinite_reach():
    assert grouped_quantile(np.arange(8.0), np.arange(8), 0.9) == math.inf
    assert grouped_quantile(np.arange(9.0), np.arange(9), 0.9) == 8.0
    assert grouped_quantile(np.array([np.nan]), np.array([0]), 0.9) == math.inf


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 5)), min_size=1, max_size=30),
    st.floats(0.01, 0.99),
)
def test_the_quantile_is_the_smallest_score_that_holds_enough_weight(rows, level):
    scores, groups = (np.array(column) for column in zip(*rows, strict=True))
    names = np.unique(groups)

    def held(limit):
        return sum((scores[groups == name] <= limit).mean() for name in names) / (len(names) + 1)

    found = grouped_quantile(scores, groups, level)
    assert held(found) >= level - 1e-6 or found == math.inf
    assert all(held(score) < level + 1e-6 for score in scores if score < found)


def draw(rng, n_groups):
    """Rows of groups of unequal size whose errors share a part, skewed, and wider where x is large."""
    sizes = rng.integers(1, 9, n_groups)
    groups = np.repeat(np.arange(n_groups), sizes)
    x = rng.uniform(0.5, 2.0, n_groups)[groups]
    error = rng.exponential(1.0, n_groups)[groups] + 0.3 * rng.standard_normal(len(groups))
    return groups, x, (error * x)[:, None]


@pytest.mark.parametrize("n_groups", [25, 200])
def test_intervals_cover_rows_of_new_recipes_as_often_as_they_say(n_groups):
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(150):
        groups, x, targets = draw(rng, n_groups)
        alike = np.zeros(len(groups))
        intervals = ConformalIntervals.fit(
            targets, np.zeros_like(targets), x[:, None], groups, alike
        )
        groups, x, targets = draw(rng, 60)
        low, high = intervals.around(np.zeros_like(targets), x[:, None], np.zeros(len(groups)))
        inside = ((targets >= low) & (targets <= high))[:, 0]
        covered.append(np.mean([inside[groups == group].mean() for group in range(60)]))
    assert LEVEL - 0.01 < np.mean(covered) < LEVEL + (0.09 if n_groups == 25 else 0.02)


def fit(targets, groups, novelty=None):
    """Intervals around predictions of 0 with spreads of 1."""
    ones = np.ones_like(targets)
    novelty = np.zeros(len(targets)) if novelty is None else novelty
    return ConformalIntervals.fit(targets, 0 * ones, ones, groups, novelty)


def test_sides_differ_where_errors_are_skewed_and_the_prediction_is_inside():
    intervals = fit(np.linspace(0.1, 10.0, 100)[:, None], np.arange(100))
    assert (intervals.below[0, 0], intervals.above[0, 0]) == (0.0, pytest.approx(9.6))


def test_unknown_targets_are_left_out():
    intervals = fit(np.array([[1.0, np.nan]] * 30), np.arange(30))
    assert intervals.above[0].tolist() == [1.0, math.inf]


def test_intervals_are_wider_the_newer_the_device_and_cover_each_class_of_novelty():
    rng = np.random.default_rng(1)

    def drawn(n):
        novelty = rng.uniform(0, 10, n)
        return (rng.standard_normal(n) * (1 + novelty))[:, None], novelty

    targets, novelty = drawn(4000)
    intervals = fit(targets, np.arange(4000), novelty)
    assert intervals.edges == pytest.approx([2, 5, 8], abs=0.2)
    assert intervals.limit == pytest.approx(9.5, abs=0.1)
    assert (np.diff(intervals.above[:, 0]) > 0).all()
    targets, novelty = drawn(20_000)
    low, high = intervals.around(np.zeros_like(targets), np.ones_like(targets), novelty)
    inside = ((targets >= low) & (targets <= high))[:, 0]
    for least, most in ((0, 2), (2, 5), (5, 8), (8, 9.4)):
        assert inside[(novelty > least) & (novelty < most)].mean() == pytest.approx(0.9, abs=0.03)
    plain = fit(targets[:4000], np.arange(4000))
    low, high = plain.around(np.zeros_like(targets), np.ones_like(targets), 0 * novelty)
    assert ((targets >= low) & (targets <= high))[novelty > 8].mean() < 0.85


def test_a_reach_never_falls_with_novelty():
    novelty = np.linspace(0, 10, 400)
    errors = np.where(novelty < 3, 5.0, 1.0) * np.linspace(-1, 1, 400)
    intervals = fit(errors[:, None], np.arange(400), novelty)
    assert len(intervals.edges) == 3
    assert (np.diff(intervals.above[:, 0]) >= 0).all()
    assert (np.diff(intervals.below[:, 0]) >= 0).all()


def test_nothing_is_said_beyond_what_was_left_out_and_of_another_chemistry():
    novelty = np.append(np.linspace(0, 10, 200), [np.inf] * 50)
    intervals = fit(np.ones((250, 1)), np.arange(250), novelty)
    assert intervals.limit == pytest.approx(9.5)
    low, high = intervals.around(np.zeros((3, 1)), np.ones((3, 1)), np.array([9.0, 9.9, np.inf]))
    assert (
        np.isfinite(low[:, 0]).tolist() == np.isfinite(high[:, 0]).tolist() == [True, False, False]
    )


def test_few_recipes_are_not_parted_into_classes():
    novelty = np.tile(np.linspace(0, 10, 40), 10)
    intervals = fit(np.ones((400, 1)), np.repeat(np.arange(40), 10), novelty)
    assert len(intervals.edges) == 0
    assert intervals.below.shape == (1, 1)


def test_without_calibration_there_is_no_interval():
    for intervals in (
        ConformalIntervals.unknown(2),
        fit(np.ones((5, 2)), np.arange(5), [np.inf] * np.ones(5)),
    ):
        low, high = intervals.around(np.zeros((1, 2)), np.ones((1, 2)), np.zeros(1))
        assert np.isinf(low).all()
        assert np.isinf(high).all()

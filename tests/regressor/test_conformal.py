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
        intervals = ConformalIntervals.fit(targets, np.zeros_like(targets), x[:, None], groups)
        groups, x, targets = draw(rng, 60)
        low, high = intervals.around(np.zeros_like(targets), x[:, None])
        inside = ((targets >= low) & (targets <= high))[:, 0]
        covered.append(np.mean([inside[groups == group].mean() for group in range(60)]))
    assert LEVEL - 0.01 < np.mean(covered) < LEVEL + (0.09 if n_groups == 25 else 0.02)


def test_sides_differ_where_errors_are_skewed_and_the_prediction_is_inside():
    groups = np.arange(100)
    targets = np.linspace(0.1, 10.0, 100)[:, None]
    intervals = ConformalIntervals.fit(targets, np.zeros((100, 1)), np.ones((100, 1)), groups)
    assert (intervals.below[0], intervals.above[0]) == (0.0, pytest.approx(9.6))


def test_unknown_targets_are_left_out():
    targets = np.array([[1.0, np.nan]] * 30)
    intervals = ConformalIntervals.fit(targets, np.zeros((30, 2)), np.ones((30, 2)), np.arange(30))
    assert (intervals.above[0], intervals.above[1]) == (1.0, math.inf)

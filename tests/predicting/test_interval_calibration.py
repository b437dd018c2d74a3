"""Intervals of a language model: the scatter of its answers, and the calibration of it on rows held back."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.predicting.decoding.sampled import spaced_points, token_at
from masterkey.predicting.intervals.calibration import Calibration, fitted, least_recipes
from masterkey.predicting.intervals.spread import NOISE, medians_and_spreads, summarised
from masterkey.predicting.intervals.statements import known_recipes
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.schema.fields import MDP_TARGETS

numbers = st.lists(st.floats(0, 100).map(lambda value: f"{value:.2f}"), min_size=4, max_size=40)


def sampled(**texts) -> dict:
    n = max(map(len, texts.values()), default=4)
    return summarised({name: texts.get(name, ["1.00"] * n) for name in MDP_TARGETS})


def line(number: int, htl: str, measured: float, said: float = 1.0) -> dict:
    """A kept line: a device with the hole-transport layer `htl`, all four numbers alike."""
    device = dict.fromkeys(schema.MDP_FIELDS, "") | {
        "Perovskite_composition_long_form": "MAPbI3",
        "HTL_stack_sequence": htl,
    }
    return {
        "id": str(number),
        "input": schema.format_mdp_input(device),
        "sampled": {
            "answers": 4,
            "median": dict.fromkeys(MDP_TARGETS, said),
            "spread": dict.fromkeys(MDP_TARGETS, 0.0),
        },
        "reference_fields": dict.fromkeys(MDP_TARGETS, measured),
    }


# The scatter


@given(numbers)
def test_the_median_lies_among_the_numbers_and_the_spread_within_their_range(texts):
    found = sampled(Voc=texts)
    values = sorted(map(float, texts))
    assert values[0] <= found["median"]["Voc"] <= values[-1]
    assert 0 <= found["spread"]["Voc"] <= (values[-1] - values[0]) / 2 + 1e-4
    assert found["answers"] == len(texts)


def test_the_spread_of_normal_numbers_is_their_deviation_and_a_wild_one_hardly_moves_it():
    drawn = [f"{value:.4f}" for value in np.random.default_rng(0).normal(15, 2, 2000)]
    calm, wild = sampled(PCE=drawn), sampled(PCE=[*drawn[1:], "999999"])
    assert calm["spread"]["PCE"] == pytest.approx(2, rel=0.06)
    assert wild["spread"]["PCE"] == pytest.approx(calm["spread"]["PCE"], rel=0.01)


def test_a_target_without_a_number_has_neither_median_nor_spread():
    found = sampled(FF=["", "?", "n.a.", "-"])
    assert found["median"]["FF"] is found["spread"]["FF"] is None
    medians, spreads = medians_and_spreads([found])
    assert np.isnan(medians[0, 2])
    assert np.isnan(spreads[0, 2])


def test_a_model_that_is_sure_knows_a_device_no_better_than_repeated_measurements_agree():
    _, spreads = medians_and_spreads([sampled()])
    assert spreads[0].tolist() == [NOISE[name] for name in MDP_TARGETS]
    _, wider = medians_and_spreads([sampled(Voc=["0.5", "0.9", "1.1", "1.5"])])
    assert wider[0, 0] > NOISE["Voc"]
    assert wider[0, 1:].tolist() == spreads[0, 1:].tolist()


# Drawing


@given(
    st.lists(st.floats(0.001, 1), min_size=1, max_size=12), st.integers(1, 60), st.integers(0, 3)
)
def test_evenly_spaced_points_draw_each_token_as_often_as_it_is_probable(weights, n, zeros):
    probabilities = np.array([0.0] * zeros + weights)
    probabilities /= probabilities.sum()
    drawn = [token_at(probabilities, point) for point in spaced_points(n, 1)[:, 0]]
    counts = np.bincount([token for token, _ in drawn], minlength=len(probabilities))
    assert (abs(counts - n * probabilities) <= 1 + 1e-6).all()
    assert counts[:zeros].sum() == 0
    assert all(0 <= inside < 1 for _, inside in drawn)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.floats(0, 0.999))
def test_the_point_within_a_token_leads_back_to_the_point(weights, point):
    probabilities = np.array(weights) / sum(weights)
    token, inside = token_at(probabilities, point)
    assert probabilities[:token].sum() + inside * probabilities[token] == pytest.approx(point)


def test_each_value_has_all_points_in_an_order_of_its_own():
    points = spaced_points(16, 4)
    assert all(sorted(column) == [(k + 0.5) / 16 for k in range(16)] for column in points.T)
    assert len({tuple(column) for column in points.T}) == 4
    assert (points == spaced_points(16, 4)).all()


# The calibration


@settings(max_examples=25)
@given(st.floats(0.5, 0.98))
def test_fewer_recipes_than_needed_say_nothing_and_so_many_say_something(coverage):
    n = least_recipes(coverage)
    zero, one = np.zeros((n, 1)), np.ones((n, 1))
    errors = np.linspace(-1, 1, n)[:, None]
    enough = fitted(errors, zero, one, np.arange(n), np.zeros(n), coverage)
    assert np.isfinite([enough.below, enough.above]).all()
    few = fitted(errors[1:], zero[1:], one[1:], np.arange(n - 1), np.zeros(n - 1), coverage)
    assert np.isinf([few.below, few.above]).all()


def test_ninety_percent_needs_nineteen_recipes():
    assert [least_recipes(level) for level in (0.9, 0.95, 0.8)] == [19, 39, 19]


@settings(max_examples=20)
@given(st.integers(0, 50), st.floats(0.85, 0.95))
def test_more_coverage_is_never_narrower(seed, coverage):
    rng = np.random.default_rng(seed)
    errors, groups = rng.normal(size=(120, 4)), rng.integers(0, 60, 120)
    zero, one, novelty = np.zeros((120, 4)), np.ones((120, 4)), rng.exponential(size=120)
    usual, wide = (fitted(errors, zero, one, groups, novelty, level) for level in (0.8, coverage))
    assert (wide.below >= usual.below).all()
    assert (wide.above >= usual.above).all()


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_intervals_hold_new_recipes_as_often_as_they_say(coverage):
    """Skewed errors, as wide as the model's own scatter says, some recipes measured often."""
    rng, inside = np.random.default_rng(1), []
    for _ in range(200):
        sizes = rng.integers(1, 5, 61)
        recipe = np.repeat(np.arange(61), sizes)
        spread = rng.uniform(0.5, 2, 61)[recipe][:, None]
        error = spread * (rng.exponential(1, 61)[recipe][:, None] - 1)
        new = recipe == 60
        intervals = fitted(
            error[~new],
            0 * error[~new],
            spread[~new],
            recipe[~new],
            np.zeros((~new).sum()),
            coverage,
        )
        low, high = intervals.around(0 * error[new], spread[new], np.zeros(new.sum()))
        inside.append(((low <= error[new]) & (error[new] <= high)).mean())
    assert coverage - 0.04 < np.mean(inside) < coverage + 0.06


def test_recipes_that_the_model_was_trained_on_are_left_out_and_counted():
    held_back = [line(k, f"Layer {k}", 1.0 + 0.01 * k) for k in range(25)]
    trained_on = [line(99, f"Layer {k}", 500.0) for k in (30, 31)]
    rows = [
        Row(
            own["id"],
            "",
            own["input"],
            schema.format_mdp_answer(dict.fromkeys(MDP_TARGETS, "1")),
            k,
        )
        for k, own in enumerate(trained_on)
    ]
    calibration = Calibration.of_lines(held_back + trained_on, known_recipes(rows), 0.9)
    assert (calibration.n_rows, calibration.n_recipes, calibration.n_known) == (25, 25, 2)
    assert calibration.intervals.above.max() < 100
    assert calibration.lacking() == ""


def test_too_few_recipes_are_said_to_be_too_few():
    calibration = Calibration.of_lines([line(k, f"Layer {k}", 1.0) for k in range(18)], None, 0.9)
    assert calibration.lacking() == (
        "90% needs 19 recipes that the model was not trained on, and 18 were given to calibrate it"
    )
    assert calibration.limit is None
    assert Calibration.of_lines([], None, 0.9).n_rows == 0


def test_one_recipe_measured_often_is_one_recipe():
    lines = [line(k, "PTAA", 1.0 + 0.1 * k) for k in range(50)]
    assert Calibration.of_lines(lines, None, 0.9).n_recipes == 1
    assert "1 were given" in Calibration.of_lines(lines, None, 0.9).lacking()


def test_failed_lines_and_lines_without_an_answer_calibrate_nothing():
    lines = [line(k, f"Layer {k}", 1.0) for k in range(20)]
    unusable = [lines[0] | {"sampled": None}, lines[1] | {"reference_fields": None}]
    assert Calibration.of_lines(lines + unusable, None, 0.9).n_rows == 20


def test_a_target_that_was_never_measured_has_no_reach():
    lines = [line(k, f"Layer {k}", 1.0) for k in range(20)]
    for own in lines:
        own["reference_fields"] = own["reference_fields"] | {"FF": None}
    reach = Calibration.of_lines(lines, None, 0.9).intervals.above[0]
    assert reach[2] == math.inf
    assert np.isfinite(reach[[0, 1, 3]]).all()

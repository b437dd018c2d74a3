"""Exact arithmetic of the MDP scores on small invented tables."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.rows.predictions import parse_answer
from masterkey.schema.fields import MDP_TARGETS
from masterkey.schema.targets import number_table
from masterkey.scoring import mdp_scores as scoring
from masterkey.scoring.mdp_files import Scored, interval_table, numbered

NAN = math.nan


def target(reference, prediction, recipes=None, n_resamples=200):
    reference, prediction = np.array(reference, float), np.array(prediction, float)
    recipes = np.arange(len(reference)) if recipes is None else np.array(recipes)
    return scoring.score_target(reference, prediction, recipes, 0, n_resamples)


def table(pce_reference, pce_prediction, recipes, interval=(NAN, NAN)):
    """A file whose four targets are all the same numbers, and state the same interval."""
    return Scored(
        name="invented",
        ids=[str(number) for number in range(len(recipes))],
        recipes=np.array(recipes),
        recipes_known=True,
        reference=np.repeat(np.array(pce_reference, float)[:, None], 4, axis=1),
        prediction=np.repeat(np.array(pce_prediction, float)[:, None], 4, axis=1),
        interval=np.tile(np.array(interval, float), (len(recipes), 4, 1)),
    )


def test_errors_of_a_small_case_are_exact():
    scores = target([10.0, 12.0, 14.0], [11.0, 12.0, 11.0])
    assert scores["mae"] == pytest.approx(4 / 3)
    assert scores["rmse"] == pytest.approx(math.sqrt(10 / 3))
    assert scores["r2"] == pytest.approx(1 - 10 / 8)
    assert scores["median_absolute_error"] == 1
    assert scores["error_median"] == 0
    assert scores["error_mean"] == pytest.approx(-2 / 3)
    assert scores["error_variance"] == pytest.approx(10 / 3 - 4 / 9)
    assert scores["reference_mean"] == 12
    assert scores["prediction_mean"] == pytest.approx(34 / 3)


def test_an_unreadable_prediction_counts_as_the_mean_of_the_references():
    scores = target([10.0, 12.0, 20.0], [11.0, 12.0, NAN])
    assert (scores["n"], scores["n_parsed"]) == (3, 2)
    assert scores["mae"] == pytest.approx((1 + 0 + 6) / 3)  # the mean is 14
    assert scores["parsed"]["mae"] == 0.5


def test_nothing_readable_scores_as_the_constant_and_r2_0():
    scores = target([10.0, 12.0, 20.0], [NAN] * 3)
    assert scores["n_parsed"] == 0
    assert scores["r2"] == 0
    assert scores["mae"] == pytest.approx(4)
    assert scores["parsed"] is None


def test_a_row_without_reference_is_left_out_of_its_target_only():
    scores = target([NAN, 12.0, 14.0], [99.0, 12.0, 15.0])
    assert scores["n"] == 2
    assert scores["mae"] == 0.5


def test_a_target_without_any_reference_has_no_scores():
    scores = target([NAN, NAN], [1.0, 2.0])
    assert (scores["n"], scores["mae"], scores["mae_ci"]) == (0, None, None)
    assert set(target([1.0], [1.0])) == set(scores)


def test_equal_references_have_no_r2():
    assert target([0.1] * 3, [0.1, 0.2, 0.3])["r2"] is None


def test_intervals_resample_whole_recipes():
    """Two recipes of one error each: a resample's MAE is 0, 1 or 2; rows alone would spread less."""
    scores = target([10.0, 10.5] * 20, [10.0, 12.5] * 20, recipes=[0, 1] * 20)
    assert scores["mae"] == 1
    assert scores["mae_ci"] == [0, 2]
    by_row = target([10.0, 10.5] * 20, [10.0, 12.5] * 20)
    assert 0.6 < by_row["mae_ci"][0] < 1 < by_row["mae_ci"][1] < 1.4


def test_vectorised_intervals_equal_scoring_each_resample_row_by_row():
    generator = np.random.default_rng(3)
    recipes = np.array([0, 0, 1, 2, 2, 2, 3])
    reference = generator.normal(12, 3, 7)
    error = generator.normal(0, 2, 7)
    found = scoring.error_intervals(error, reference, recipes, seed=5, n_resamples=50)
    counts = scoring.resampled_sums(np.eye(4), 5, 50).astype(int)
    each = {"mae_ci": [], "rmse_ci": [], "r2_ci": []}
    for count in counts:
        rows = np.repeat(np.arange(7), count[recipes])
        scores = scoring.error_scores(error[rows], reference[rows])
        for name, values in each.items():
            value = scores[name.removesuffix("_ci")]
            values.append(NAN if value is None else value)
    for name, values in each.items():
        assert found[name] == pytest.approx(scoring.interval(np.array(values))), name


def test_the_seed_decides_the_interval():
    rows = ([9.0, 12.0, 14.0, 11.0], [11.0, 12.0, 11.0, 15.0])
    assert target(*rows) == target(*rows)


def test_noise_floor_is_the_deviation_from_the_recipes_median():
    reference = np.array([[10.0], [12.0], [17.0], [5.0], [6.0], [8.0]]).repeat(4, axis=1)
    reference[4, 0] = NAN  # leaves the second recipe with one Voc
    floor = scoring.noise_floor(reference, np.array([7, 7, 7, 1, 1, 9]))
    assert floor["PCE"] == {
        "mae": pytest.approx((2 + 0 + 5 + 0.5 + 0.5) / 5),
        "n": 5,
        "n_recipes": 2,
    }
    assert floor["Voc"] == {"mae": pytest.approx(7 / 3), "n": 3, "n_recipes": 1}


def test_noise_floor_is_none_without_repeated_recipes():
    floor = scoring.noise_floor(np.ones((3, 4)), np.arange(3))
    assert floor["PCE"] == {"mae": None, "n": 0, "n_recipes": 0}


def test_noise_floor_of_the_published_rows_is_as_documented(shared_data):
    """../shared/spec/facts.md: Voc .027, Jsc 1.42, FF .036, PCE 1.25."""
    from masterkey.rows.records import read_rows, recipe_of

    rows = read_rows(shared_data / "regression360.json", task="mdp")
    reference = number_table([parse_answer("mdp", row.output) for row in rows])
    floor = scoring.noise_floor(reference, numbered([recipe_of(row.input) for row in rows]))
    found = [floor[name]["mae"] for name in MDP_TARGETS]
    assert found == pytest.approx([0.027, 1.42, 0.036, 1.25], abs=0.005)
    assert (floor["PCE"]["n"], floor["PCE"]["n_recipes"]) == (242, 62)


def test_physics_residual_uses_rows_that_hold_all_four():
    rows = np.array([[1.0, 20.0, 0.7, 14.0], [1.0, 20.0, 0.7, 13.5], [1.0, NAN, 0.7, 13.5]])
    residual = scoring.physics_residual(rows)
    assert residual["n"] == 2
    assert residual["mean"] == pytest.approx(0.25)
    assert residual["n_above_0.2"] == 1
    assert scoring.physics_residual(rows[2:])["mean"] is None


def test_pce_classes_hold_their_lower_edge_and_count_unreadable_ones_as_wrong():
    classes = scoring.pce_classes(
        np.array([4.9, 5.0, 12.0, 12.0, NAN]), np.array([4.0, 5.0, 4.0, NAN, 3.0]), [5, 10]
    )
    assert classes["classes"] == ["<5", "5–10", "≥10"]
    assert classes["confusion"] == [[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 1]]
    assert classes["accuracy"] == 0.5
    assert classes["commonest_class_accuracy"] == 0.5


def test_paired_comparison_sees_a_constant_gain_that_separate_intervals_hide():
    generator = np.random.default_rng(0)
    reference = np.full(60, 10.0)
    error = np.abs(generator.normal(0, 5, 60))
    first = table(reference, reference + error, np.arange(60) // 2)
    other = table(reference, reference + error - 0.5 * (error > 0.5), np.arange(60) // 2)
    difference = scoring.compare_files(first, other, 0, 500)["PCE"]
    assert difference["ci"][0] < difference["mae_difference"] < difference["ci"][1] < 0
    assert difference["p"] < 0.01
    ends = [
        target(f.reference[:, 3], f.prediction[:, 3], f.recipes)["mae_ci"] for f in (first, other)
    ]
    assert ends[0][0] < ends[1][1]


def test_a_file_compared_with_itself_differs_by_0():
    file = table([1.0, 2.0, 3.0], [2.0, 2.0, NAN], [0, 1, 1])
    assert scoring.compare_files(file, file, 0, 100)["Voc"] == {
        "mae_difference": 0,
        "ci": [0, 0],
        "p": 1,
    }


def test_impossible_numbers_are_counted_and_scored():
    file = table([0.7, 0.8], [0.7, -0.8], [0, 1])
    scores = scoring.score_file(file, 0, 50)["targets"]["FF"]
    assert scores["n_impossible"] == 1
    assert scores["mae"] == pytest.approx(0.8)


NUMBERS = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.text(max_size=5),
    st.sampled_from([1e300, -1e308, 10**400, math.inf, 0.0, -0.0]),
)
FIELDS = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.fixed_dictionaries({}, optional=dict.fromkeys(MDP_TARGETS, NUMBERS)),
)


@pytest.mark.slow
@given(st.lists(st.tuples(FIELDS, FIELDS, st.integers(0, 3)), min_size=1, max_size=8))
def test_any_fields_are_scored_and_give_valid_json(rows):
    predictions, references, recipes = zip(*rows, strict=True)
    file = Scored(
        name="any",
        ids=[str(n) for n in range(len(rows))],
        recipes=np.array(recipes),
        recipes_known=True,
        reference=number_table(list(references)),
        prediction=number_table(list(predictions)),
        interval=interval_table(list(predictions)),
    )
    scores = scoring.score_file(file, 0, 20) | scoring.score_device(file, [5.0, 10.0])
    scores["floor"] = scoring.noise_floor(file.reference, file.recipes)
    scores["difference"] = scoring.compare_files(file, scoring.constant(file), 0, 20)
    json.dumps(scores, allow_nan=False)
    for column, name in enumerate(MDP_TARGETS):
        assert scores["targets"][name]["n"] == np.isfinite(file.reference[:, column]).sum()


@given(st.text() | st.text("JV default_VocJscFFPCE:@ \n.0123456789e+-nanif"))
def test_any_prediction_text_is_read_as_numbers_or_as_unreadable(text):
    values = number_table([parse_answer("mdp", text)])
    assert values.shape == (1, 4)
    assert not np.isinf(values).any()


def test_coverage_counts_rows_and_gives_recipes_equal_weight_beside():
    file = table([1.0, 2.0, 3.0, 9.0], [0.0] * 4, [0, 0, 0, 1], interval=(1.0, 3.0))
    found = scoring.score_file(file, 0, 50)["targets"]["PCE"]["interval"]
    assert (found["n"], found["coverage"], found["coverage_of_recipes"]) == (4, 0.75, 0.5)
    assert found["mean_width"] == 2.0
    assert found["coverage_ci"] == [0.0, 1.0]


def test_rows_without_an_interval_or_a_reference_do_not_count_for_coverage():
    file = table([1.0, NAN], [0.0] * 2, [0, 1], interval=(0.0, 2.0))
    assert scoring.score_file(file, 0, 50)["targets"]["PCE"]["interval"]["n"] == 1
    silent = table([1.0, 2.0], [0.0] * 2, [0, 1])
    assert scoring.score_file(silent, 0, 50)["targets"]["PCE"]["interval"] is None


@pytest.mark.parametrize(
    "stated", [None, [1, 2], {"PCE": None}, {"PCE": [2, 1]}, {"PCE": ["1", 2]}, {"PCE": [1, 2, 3]}]
)
def test_what_is_no_interval_is_none(stated):
    assert np.isnan(interval_table([stated])).all()


def test_an_interval_is_read_for_the_target_that_has_one():
    found = interval_table([{"PCE": [1, 2.5]}])
    assert found[0, MDP_TARGETS.index("PCE")].tolist() == [1, 2.5]
    assert np.isfinite(found).sum() == 2

"""Similar papers, conventions, scorers and the choice among candidates."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.extractor import trees as trees_module
from masterkey.extractor.conventions import MISALIGNED, Conventions
from masterkey.extractor.fields import (
    CUED,
    LAYERS_OF,
    ORDER,
    PART_FIELDS,
    STABILITY_OUTCOMES,
    STEPS_OF,
    identity,
    numbers_of,
    parts_of,
)
from masterkey.extractor.processes import Share, in_step
from masterkey.extractor.ranking import choose, cross_fitted, gain
from masterkey.extractor.similarity import KernelRidge, Similarity, vote_weights
from masterkey.extractor.trees import Learner, Trees
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

TEXTS = ["tin oxide spun", "tin oxide sprayed", "gold evaporated", "gold evaporated slowly"]


def kernel_of(n: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, 4))
    return vectors @ vectors.T


def answer(**values: str) -> dict[str, str]:
    return dict.fromkeys(schema.SII_FIELDS, "") | values


# --- fields --------------------------------------------------------------------------------------


def test_every_field_is_answered_once_and_after_those_it_follows():
    assert sorted(ORDER) == sorted(schema.SII_FIELDS)
    for later, earlier in (LAYERS_OF | STEPS_OF).items():
        assert ORDER.index(earlier) < ORDER.index(later)
    for outcome in STABILITY_OUTCOMES:
        assert ORDER.index("Stability_measured") < ORDER.index(outcome)
    assert {*PART_FIELDS, *CUED} <= set(schema.SII_FIELDS)


def test_values_that_say_the_same_are_identical_but_ways_to_say_nothing_are_not():
    field = "Perovskite_deposition_thermal_annealing_temperature"
    assert identity(field, "Unknown >> 100.0") == identity(field, "Unknown >> 100")
    assert identity(field, "") != identity(field, "Unknown")
    assert parts_of("TiO2-c | TiO2-mp >> a; b") == ("TiO2-c", "TiO2-mp", "a", "b")
    assert numbers_of("Unknown >> 100.0; 5") == [100.0, 5.0]


# --- similar papers ------------------------------------------------------------------------------


def test_leave_one_out_predictions_are_those_of_a_fit_without_the_paper():
    kernel, ridge = kernel_of(9), 0.7
    targets = np.random.default_rng(1).normal(size=(9, 2))
    targets -= targets.mean(0)  # the formula keeps the mean of all
    found = KernelRidge.fit(kernel, ridge).leave_one_out(targets)
    for n in range(9):
        rest = np.arange(9) != n
        weights = np.linalg.solve(kernel[rest][:, rest] + ridge * np.eye(8), targets[rest])
        assert found[n] == pytest.approx(kernel[n, rest] @ weights)


def test_nobody_votes_for_himself():
    weights = vote_weights(np.abs(kernel_of(6)), 3, leave_one_out=True)
    assert np.diag(weights) == pytest.approx(0)
    assert weights.sum(1) == pytest.approx(1)
    assert ((weights > 0).sum(1) <= 3).all()


def test_papers_of_similar_wording_are_near():
    similarity = Similarity.fit(TEXTS, TEXTS)
    kernel = similarity.to_training(["more tin oxide", "unheard of"], ["", ""])
    assert kernel[0, :2].min() > kernel[0, 2:].max() == 0
    assert kernel[1].max() == 0
    assert similarity.among_training().diagonal() == pytest.approx(2)
    assert similarity.to_training(TEXTS, TEXTS) == pytest.approx(similarity.among_training())


def test_papers_without_a_common_word_are_all_far():
    similarity = Similarity.fit(["one", "two"], ["", ""])
    assert not similarity.among_training().any()
    assert similarity.to_training(["one", ""], ["", ""]).shape == (2, 2)


# --- conventions ---------------------------------------------------------------------------------


def test_conventions_count_layers_with_their_procedures():
    stack, procedure = "ETL_stack_sequence", "ETL_deposition_procedure"
    conventions = Conventions(
        [
            answer(**{stack: "PCBM-60 | BCP", procedure: "Spin-coating | Evaporation"}),
            answer(**{stack: "PCBM-60", procedure: "Spin-coating"}),
            answer(**{stack: "C60 | BCP", procedure: "Evaporation"}),
        ],
        scale=2.0,
    )
    assert conventions.of_layer(procedure, "PCBM-60") == {"Spin-coating": 2}
    assert conventions.of_layer(procedure, "BCP") == {"Evaporation": 1, MISALIGNED: 1}
    assert conventions.of_layer(procedure, "ZnO") == {}
    assert conventions.counts("parts", stack, ["BCP", "ZnO"]).tolist() == [4.0, 0.0]
    assert conventions.layer_pairs[stack]["PCBM-60", "BCP"] == 1


# --- scorers -------------------------------------------------------------------------------------


def ranked(_, share: Share) -> tuple[np.ndarray, Trees]:
    x, right, fold = noise()
    return cross_fitted(x, right, fold, 0, share)


def noise() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    x, right = generator.normal(size=(300, 6)), generator.integers(0, 2, 300).astype(float)
    return x, right, np.arange(300) % 3


@pytest.mark.parametrize("n_processes", [1, 2])
def test_scores_of_a_paper_come_from_trees_that_have_not_seen_it(n_processes):
    """Noise cannot be predicted out of fold, though trees learn it by heart."""
    x, right, _ = noise()
    scores, trees = in_step(ranked, [None] * n_processes)
    inside = ((trees.probabilities(x) > 0.5) == right).mean()
    outside = ((scores > 0.5) == right).mean()
    assert inside > 0.7
    assert 0.4 < outside < 0.6


def test_what_there_is_to_learn_is_learned():
    x = np.random.default_rng(0).normal(size=(300, 3))
    right = (x[:, 1] > 0).astype(float)
    scores, _ = cross_fitted(x, right, np.arange(300) % 3, 0)
    assert ((scores > 0.5) == right).mean() > 0.95


def test_where_nothing_varies_every_row_has_the_same_probability():
    x = np.zeros((4, 2))
    assert Trees.fit(x, np.ones(4), 0).probabilities(x).tolist() == [1.0] * 4
    assert Trees.fit(x[:0], np.zeros(0), 0).probabilities(x).tolist() == [0.0] * 4
    assert Trees.constant(0.25, 2).probabilities(x) == pytest.approx(0.25)


def learned(n: int = 200) -> tuple[Learner, np.ndarray]:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(n, 4)).round(1)  # rounded: values that equal a threshold
    return Learner(x, generator.integers(0, 2, n).astype(float), seed=5), x


def trees_of(learner: Learner) -> Trees:
    return Trees.mean([learner.trees(bag) for bag in range(trees_module.N_BAGS)])


@pytest.mark.parametrize("n", [25, 60, 200])
def test_probabilities_are_those_of_lightgbm(n):
    """Whose format of files and description of trees may change with a new version."""
    learner, x = learned(n=n)
    expected = [trees_module._boosted(learner.binned, seed).predict(x) for seed in (10, 11)]
    log_odds = np.mean([np.log(p / (1 - p)) for p in expected], axis=0)
    assert np.ptp(log_odds) > 0
    assert trees_of(learner).probabilities(x) == pytest.approx(1 / (1 + np.exp(-log_odds)))


def test_each_row_falls_into_the_leaf_that_its_thresholds_say():
    """x0 <= 1: (x1 <= 5: leaf 0, else leaf 1), else leaf 2."""
    leaves = [{"leaf_value": value} for value in (-3.0, 0.5, 2.0)]
    left = {
        "split_feature": 1,
        "threshold": 5.0,
        "left_child": leaves[0],
        "right_child": leaves[1],
    }
    root = {"split_feature": 0, "threshold": 1.0, "left_child": left, "right_child": leaves[2]}
    trees = Trees.empty(1, 2)
    trees_module._fill(trees, 0, root)
    trees.check()
    x = np.array([[1, 5], [1, 5.1], [1.1, 0], [9, 9]])
    assert trees._leaves(x).tolist() == [[-3.0, 0.5, 2.0, 2.0]]


@pytest.mark.slow
def test_rows_with_other_features_than_were_learned_from_are_refused():
    learner, x = learned()
    with pytest.raises(UserError, match=r"learned from 4 features where now 3 are read; fit it"):
        trees_of(learner).probabilities(x[:, :3])


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("feature", 4, "a feature that is not there"),
        ("feature", -1, "a feature that is not there"),
        ("value", np.nan, "no finite value"),
        ("value", np.inf, "no finite value"),
    ],
)
def test_trees_that_ask_for_what_is_not_there_are_refused(name, value, what):
    trees = trees_of(learned()[0])
    trees.check()
    getattr(trees, name)[0, 0] = value
    with pytest.raises(ValueError, match=what):
        trees.check()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("feature", lambda own: own.astype(float)),
        ("threshold", lambda own: own[:, 1:]),
        ("cut", lambda own: own[1:]),
        ("cut", lambda own: own.astype(np.int64)),
        ("value", lambda own: own[0]),
    ],
)
def test_arrays_of_another_form_are_no_trees(name, change):
    trees = trees_of(learned()[0])
    with pytest.raises(ValueError, match="not the arrays of trees"):
        replace(trees, **{name: change(getattr(trees, name))}).check()


@given(st.integers(0, 2**32 - 1))
def test_whatever_passes_the_check_gives_probabilities(seed):
    """Arrays of any content: no index among them can lead outside of the arrays."""
    generator = np.random.default_rng(seed)
    trees = Trees(
        0.0,
        3,
        generator.integers(0, 3, (5, 7)).astype(np.int16),
        generator.choice([-np.inf, -1.0, 0.0, 1.0, np.nan, np.inf], (5, 7)),
        generator.integers(0, 256, (5, 7)).astype(np.uint8),
        generator.normal(size=(5, 8)),
    )
    trees.check()
    found = trees.probabilities(generator.choice([-2.0, 0.0, 2.0, np.nan], (6, 3)))
    assert ((found >= 0) & (found <= 1)).all()


# --- choice --------------------------------------------------------------------------------------


def test_the_likeliest_value_is_chosen_with_its_probability():
    values = ["Spiro-MeOTAD", "PTAA"]
    assert choose("HTL_stack_sequence", values, np.array([0.7, 0.2])) == ("Spiro-MeOTAD", 0.7)
    # Scores that sum to more than 1 are no probabilities yet.
    assert choose("HTL_stack_sequence", values, np.array([1.0, 0.6]))[1] == pytest.approx(0.625)


def test_a_value_that_hedges_is_not_chosen_for_its_expected_score_alone():
    values = ["Spiro-MeOTAD", "PTAA", "Spiro-MeOTAD | PTAA"]
    chances = np.array([0.5, 0.45, 0.05])
    expected = [
        sum(
            p * gain("HTL_stack_sequence", right, value)
            for p, right in zip(chances, values, strict=True)
        )
        for value in values
    ]
    assert np.argmax(expected) == 2
    assert choose("HTL_stack_sequence", values, chances)[0] == "Spiro-MeOTAD"


def test_of_almost_equally_likely_values_the_one_of_larger_expected_score_is_chosen():
    """DMF is at least half of what is right in 65 of 100 cases, GBL in 34."""
    field = "Perovskite_deposition_solvents"
    values = ["GBL", "DMF", "DMF; DMSO"]
    assert choose(field, values, np.array([0.34, 0.32, 0.33]))[0] == "DMF"


def test_a_right_value_gains_and_a_wrong_one_costs():
    assert (
        gain("HTL_stack_sequence", "PTAA", "PTAA") > 0 > gain("HTL_stack_sequence", "PTAA", "CuI")
    )
    field = "Perovskite_deposition_thermal_annealing_time"
    assert gain(field, "no number", "10") < 0  # the published scorer would raise

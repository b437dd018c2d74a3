"""Tables of more rows than one tree sees: intervals from a sample of recipes that still cover."""

import numpy as np
import pytest

from masterkey.regressor import kernel as recipe_kernel
from masterkey.regressor import regressor as device_regression
from masterkey.regressor.kernel import RecipeKernel
from masterkey.regressor.regressor import DeviceRegressor
from masterkey.regressor.tree_table import TreeTable
from masterkey.schema import fields as schema
from masterkey.synthetic.rows import mdp_rows


@pytest.fixture
def small_limits(monkeypatch):
    monkeypatch.setattr(device_regression, "N_TREES", 20)
    monkeypatch.setattr(device_regression, "MAX_TREE_ROWS", 150)
    monkeypatch.setattr(device_regression, "MAX_CALIBRATION_ROWS", 250)
    monkeypatch.setattr(recipe_kernel, "MAX_LANDMARKS", 120)


def rows(split: str, count: int) -> tuple[list[dict], list[dict]]:
    invented = list(mdp_rows(split, count, seed=0))
    return (
        [schema.parse_mdp_input(row["input"]) for row in invented],
        [schema.target_numbers(schema.parse_mdp_answer(row["output"])) for row in invented],
    )


def test_a_sample_for_calibration_holds_whole_recipes(small_limits):
    devices, _ = rows("train", 600)
    chosen = device_regression._calibration_rows(devices, seed=0)
    assert 200 < len(chosen) <= 250
    recipes = [tuple(device.values()) for device in devices]
    inside = {recipes[row] for row in chosen}
    assert set(chosen) == {row for row, recipe in enumerate(recipes) if recipe in inside}
    assert list(device_regression._calibration_rows(devices[:250], seed=0)) == list(range(250))


def test_a_sample_is_never_empty(small_limits):
    chosen = device_regression._calibration_rows(
        [{}] * 300 + [{"Cell_architecture": "nip"}] * 300, 0
    )
    assert len(chosen) == 600


@pytest.mark.slow
def test_intervals_from_a_sample_cover_and_predictions_learn_from_all(small_limits):
    regressor = DeviceRegressor.fit(*rows("train", 600), seed=0)
    devices, answers = rows("test", 150)
    predictions = regressor.predict(devices)
    pairs = [(p, a) for p, a in zip(predictions, answers, strict=True) if p["interval"]]
    for name in schema.MDP_TARGETS:
        inside = [p["interval"][name][0] <= a[name] <= p["interval"][name][1] for p, a in pairs]
        assert np.mean(inside) > 0.8
    mean = np.mean([answer["PCE"] for answer in answers])
    errors = [abs(p["PCE"] - a["PCE"]) for p, a in zip(predictions, answers, strict=True)]
    assert np.mean(errors) < 0.7 * np.mean([abs(mean - answer["PCE"]) for answer in answers])


def test_a_recipe_measured_twice_counts_twice():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(20, 3)).astype(np.float32)
    targets = rng.normal(size=(20, 2))
    twice = RecipeKernel.fit(
        np.repeat(table, 2, axis=0),
        np.repeat(targets, 2, axis=0) + [[0.1, 0.1], [-0.1, -0.1]] * 20,
        0,
    )
    mean = RecipeKernel.fit(np.repeat(table, 2, axis=0), np.repeat(targets, 2, axis=0), 0)
    np.testing.assert_allclose(twice.predict(table), mean.predict(table), atol=1e-8)
    once = RecipeKernel.fit(table, targets, 0)
    assert np.abs(once.predict(table) - targets).max() > np.abs(mean.predict(table) - targets).max()


def test_minus_zero_and_zero_are_one_recipe():
    table = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0]], dtype=np.float32)
    assert len(RecipeKernel.fit(table, np.zeros((3, 1)), 0).landmarks) == 2


def test_trees_of_different_depths_are_all_walked_to_their_leaves():
    # A single leaf, and a chain of three splits.
    trees = TreeTable(
        roots=np.array([0, 1], np.int32),
        feature=np.array([0, 0, 0, 0, 0, 0, 0, 0], np.int32),
        threshold=np.array([0.0, 1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 0.0]),
        left=np.array([0, 2, 2, 4, 4, 6, 6, 7], np.int32),
        right=np.array([0, 3, 2, 5, 4, 7, 6, 7], np.int32),
        value=np.array([[10], [0], [1], [0], [2], [0], [3], [4]], np.float32),
    )
    table = np.array([[0.5], [1.5], [2.5], [9.0]], np.float32)
    mean, spread = trees.predict(table)
    np.testing.assert_allclose(mean[:, 0], [5.5, 6.0, 6.5, 7.0])
    np.testing.assert_allclose(spread[:, 0], [4.5, 4.0, 3.5, 3.0])

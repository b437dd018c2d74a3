"""The saved regressor: members agree with scikit-learn, any device is answered, bad files refused."""

import io
import json
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from masterkey.regressor import kernel as recipe_kernel
from masterkey.regressor import regressor as device_regression
from masterkey.regressor.band_gap import band_gap
from masterkey.regressor.feature_table import FeatureTable, frequent_names
from masterkey.regressor.kernel import RecipeKernel
from masterkey.regressor.reading import read_device
from masterkey.regressor.regressor import DeviceRegressor
from masterkey.regressor.tree_table import TreeTable
from masterkey.schema import fields as schema
from masterkey.schema.targets import number_table
from masterkey.scripting.command_line import UserError
from masterkey.synthetic.rows import mdp_rows

pytestmark = pytest.mark.slow  # the regressor that they share learns for five seconds
TARGETS = {"Voc": 1.0, "Jsc": 20.0, "FF": 0.7, "PCE": 14.0}


def rows(split: str, count: int) -> tuple[list[dict], list[dict]]:
    """Invented (devices, targets)."""
    invented = list(mdp_rows(split, count, seed=0))
    return (
        [schema.parse_mdp_input(row["input"]) for row in invented],
        [schema.target_numbers(schema.parse_mdp_answer(row["output"])) for row in invented],
    )


@pytest.fixture(scope="module")
def regressor():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device_regression, "N_TREES", 20)
        return DeviceRegressor.fit(*rows("train", 240), seed=0)


@pytest.fixture
def saved(regressor, tmp_path):
    regressor.save(tmp_path / "device.npz")
    return tmp_path / "device.npz"


def test_it_errs_less_than_the_mean_and_its_intervals_cover(regressor):
    training = rows("train", 240)[1]
    devices, answers = rows("test", 100)
    predictions = regressor.predict(devices)
    for name in schema.MDP_TARGETS:
        mean = np.mean([values[name] for values in training])
        errors = [abs(p[name] - a[name]) for p, a in zip(predictions, answers, strict=True)]
        assert np.mean(errors) < 0.8 * np.mean([abs(mean - a[name]) for a in answers])
        inside = [
            p["interval"][name][0] <= a[name] <= p["interval"][name][1]
            for p, a in zip(predictions, answers, strict=True)
            if p["interval"]
        ]
        assert len(inside) > 60
        assert np.mean(inside) > 0.85


def test_the_same_seed_gives_the_same_regressor(monkeypatch):
    monkeypatch.setattr(device_regression, "N_TREES", 5)
    devices, targets = rows("train", 40)
    first, again, other = (
        DeviceRegressor.fit(devices, targets, seed).predict(devices[:5]) for seed in (0, 0, 1)
    )
    assert first == again != other


def test_a_loaded_regressor_predicts_what_the_saved_one_does(regressor, saved):
    devices = rows("test", 30)[0]
    assert DeviceRegressor.load(saved).predict(devices) == regressor.predict(devices)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(schema.MDP_FIELDS), st.text(max_size=20), max_size=19))
def test_any_device_gets_possible_numbers(regressor, fields):
    (prediction,) = regressor.predict([fields])
    for name, (low, high) in (prediction["interval"] or {}).items():
        assert 0 <= low <= prediction[name] <= high <= 50
    assert all(0 <= prediction[name] <= 50 for name in schema.MDP_TARGETS)
    assert (prediction["interval"] is None) == prediction["novelty"]["outside"]
    json.dumps(prediction, allow_nan=False)


def test_a_device_of_another_chemistry_gets_a_sentence_and_no_interval(regressor):
    device = rows("test", 1)[0][0]
    known, other = regressor.predict([device, device | {schema.LONG_FORM: "Cs2AgBiBr6"}])
    assert set(known["interval"]) == set(schema.MDP_TARGETS)
    assert other["interval"] is None
    assert other["novelty"]["sentence"].startswith(
        "Outside of what was learned: no training device"
    )
    assert len(other["novelty"]["nearest"]) == 3


def test_intervals_are_wider_where_more_is_new(regressor):
    device = rows("test", 1)[0][0]
    methods = [name for name in schema.MDP_FIELDS if name.endswith("procedure")]
    changed = [device | dict.fromkeys(methods[:n], "never seen") for n in range(len(methods))]
    reach = regressor.intervals
    widths = [
        np.subtract(*reach.around(np.zeros((1, 4)), np.ones((1, 4)), novelty[None])[::-1])
        for novelty in regressor.known.novelty(changed)
    ]
    assert all((after >= before).all() for before, after in pairwise(widths))
    assert (widths[-1] > widths[0]).any()


def test_the_four_numbers_obey_their_law_and_the_limits_of_the_band_gap(regressor):
    devices = rows("test", 60)[0]
    for device, found in zip(devices, regressor.predict(devices), strict=True):
        assert found["PCE"] == pytest.approx(found["Voc"] * found["Jsc"] * found["FF"], abs=0.0051)
        gap = band_gap(read_device(device).ions)
        assert found["Voc"] < gap.largest_voltage < gap.value + gap.error
        assert found["Jsc"] <= gap.largest_current + 0.01
        if found["interval"]:
            (v, j, f, pce) = (found["interval"][name] for name in schema.MDP_TARGETS)
            assert v[1] <= gap.largest_voltage + 1e-4
            assert j[1] <= gap.largest_current + 0.01
            assert pce[0] >= v[0] * j[0] * f[0] - 0.01
            assert pce[1] <= v[1] * j[1] * f[1] + 0.01


def test_a_composition_that_cannot_be_read_is_no_lead_free_device(regressor):
    device = rows("test", 1)[0][0]
    forms = {schema.LONG_FORM: "MAPbI3", schema.SHORT_FORM: "MAPbI"}
    unread = [
        {schema.LONG_FORM: text, schema.SHORT_FORM: ""} for text in ("", "Unknown", "FAxMAxPbI3")
    ]
    known, *others = regressor.predict([device | form for form in [forms, *unread]])
    assert "imputed" not in known
    assert [other["imputed"][schema.LONG_FORM] for other in others] == [
        "missing", "missing", "unreadable",
    ]  # fmt: skip
    for other in others:
        assert abs(other["PCE"] - known["PCE"]) < 2


def test_a_tandem_gets_numbers_of_one_junction_and_no_interval(regressor):
    device = rows("test", 1)[0][0]
    (found,) = regressor.predict([device | {"Cell_architecture": "2T tandem"}])
    assert found["kind"] == "tandem"
    assert found["novelty"]["sentence"].startswith("A tandem, of another kind than")
    assert found["interval"] is None
    assert 0 < found["PCE"] < 34


def test_no_devices_give_no_predictions(regressor):
    assert regressor.predict([]) == []


def test_a_row_without_a_target_is_left_out_of_that_target_only(monkeypatch):
    monkeypatch.setattr(device_regression, "N_TREES", 10)
    devices, targets = rows("train", 60)
    for number in range(0, 60, 2):
        targets[number] = targets[number] | {"Voc": None}
    (prediction,) = DeviceRegressor.fit(devices, targets).predict(devices[:1])
    assert 0.3 < prediction["Voc"] < 1.5


def test_a_target_that_no_row_has_is_named():
    with pytest.raises(UserError, match="number for FF"):
        DeviceRegressor.fit([{}], [TARGETS | {"FF": None}])


@pytest.mark.parametrize("n_recipes", [1, 3])
def test_too_few_recipes_give_no_interval(n_recipes, monkeypatch):
    monkeypatch.setattr(device_regression, "N_TREES", 5)
    devices = [{"ETL_stack_sequence": f"ETL{number}"} for number in range(n_recipes)]
    (prediction,) = DeviceRegressor.fit(devices, [TARGETS] * n_recipes).predict([{}])
    assert prediction["Jsc"] == pytest.approx(20, abs=0.1)
    assert prediction["interval"] is None


def test_the_tree_table_agrees_with_scikit_learn():
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

    rng = np.random.default_rng(0)
    table = rng.integers(0, 4, (80, 6)).astype(np.float32)
    targets = rng.normal(size=(80, 2))
    forests = [
        RandomForestRegressor(7, random_state=0, max_leaf_nodes=12).fit(table, targets),
        ExtraTreesRegressor(7, random_state=0).fit(table, targets),
    ]
    new = rng.normal(1.5, 2, (50, 6)).astype(np.float32)
    mean, deviation = TreeTable.of_forests(forests).predict(new)
    trees = np.stack([tree.predict(new) for forest in forests for tree in forest.estimators_])
    np.testing.assert_allclose(mean, trees.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(deviation, trees.std(axis=0), atol=1e-5)


def test_the_kernel_with_all_recipes_as_landmarks_is_kernel_ridge_regression():
    from sklearn.kernel_ridge import KernelRidge

    rng = np.random.default_rng(0)
    table = np.repeat(rng.normal(size=(30, 5)), 2, axis=0).astype(np.float32)
    targets = rng.normal(size=(60, 2))
    targets[:7, 1] = np.nan
    found = RecipeKernel.fit(table, targets, seed=0)
    for column in range(2):
        known = np.isfinite(targets[:, column])
        offset = targets[known, column].mean()
        ridge = KernelRidge(alpha=recipe_kernel.PENALTY, kernel="rbf", gamma=recipe_kernel.GAMMA)
        ridge.fit(table[known].astype(float), targets[known, column] - offset)
        new = rng.normal(size=(9, 5)).astype(np.float32)
        expected = offset + ridge.predict(new.astype(float))
        np.testing.assert_allclose(found.predict(new)[:, column], expected, atol=1e-4)


def test_a_sample_of_landmarks_comes_near_to_all_of_them(monkeypatch):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(200, 3)).astype(np.float32)
    targets = np.sin(table.sum(axis=1, keepdims=True))
    exact = RecipeKernel.fit(table, targets, seed=0)
    monkeypatch.setattr(recipe_kernel, "MAX_LANDMARKS", 120)
    sampled = RecipeKernel.fit(table, targets, seed=0)
    assert len(sampled.landmarks) == 120
    assert np.abs(sampled.predict(table) - exact.predict(table)).max() < 0.05


def test_the_most_frequent_columns_are_kept_and_others_read_as_nothing():
    devices = [{"a": 1, "b": 1}, {"b": 2}, {"c": 3, "b": 1}]
    assert frequent_names(devices, max_columns=2) == ["b", "a"]
    table = FeatureTable(["a", "b"], np.full(2, np.nan)).transform([{"b": 5.1, "z": 1}])
    assert table.tolist() == [[0.0, np.float32(5.1)]]
    assert table.dtype == np.float32


def test_devices_of_which_nothing_is_reported_have_one_empty_column():
    assert FeatureTable.fit([{}, {}]).transform([{}, {"a": 1.0}]).tolist() == [[0], [0]]


def damaged(saved, **changes) -> bytes:
    """The saved file with some arrays replaced."""
    with np.load(saved) as file:
        arrays = {key: file[key] for key in file.files} | changes
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def older_header(saved) -> np.ndarray:
    """The header of a file that an older version wrote."""
    with np.load(saved) as file:
        about = json.loads(file["about"].tobytes())
    older = about | {"format": "masterkey device regressor 1"}
    return np.frombuffer(json.dumps(older).encode(), dtype=np.uint8)


def looped(saved) -> bytes:
    with np.load(saved) as file:
        left = file["trees.left"].copy()
    left[5] = 0
    return damaged(saved, **{"trees.left": left})


@pytest.mark.parametrize(
    "content",
    [
        lambda saved: b"",
        lambda saved: b"not a zip file",
        lambda saved: saved.read_bytes()[:-200],
        lambda saved: pickle.dumps({"about": 1}),
        lambda saved: damaged(saved, about=np.frombuffer(b"{}", dtype=np.uint8)),
        lambda saved: damaged(saved, about=np.array([{"format": 1}], dtype=object)),
        lambda saved: damaged(saved, mean=np.zeros(3)),
        lambda saved: damaged(saved, mean=np.array(["a"] * 4)),
        lambda saved: damaged(saved, **{"intervals.below": np.zeros((2, 3))}),
        lambda saved: damaged(saved, **{"known.places": np.array([10**6], dtype=np.int32)}),
        lambda saved: damaged(saved, about=older_header(saved)),
        lambda saved: damaged(saved, **{"trees.feature": np.array([10**6], dtype=np.int32)}),
        looped,
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_sentence(content, saved):
    saved.write_bytes(content(saved))
    with pytest.raises(UserError, match=r"device.npz: is no device regressor of this version"):
        DeviceRegressor.load(saved)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        DeviceRegressor.load(tmp_path / "none.npz")


@pytest.mark.slow
def test_it_errs_less_than_the_gradient_boosting_of_the_readme_on_the_published_rows(
    shared_data, monkeypatch
):
    from masterkey.rows.records import read_rows, recipe_of
    from masterkey.rows.splits import recipe_folds

    monkeypatch.setattr(device_regression, "N_TREES", 30)
    published = read_rows(shared_data / "regression360.json", task="mdp", answers="required")
    devices = [schema.parse_mdp_input(row.input) for row in published]
    targets = [schema.target_numbers(schema.parse_mdp_answer(row.output)) for row in published]
    folds = recipe_folds([recipe_of(row.input) for row in published], 5, seed=0)
    errors = {name: [] for name in schema.MDP_TARGETS}
    numbers = number_table(targets)
    for fold in range(5):
        inside = [n for n, other in enumerate(folds) if other != fold]
        outside = [n for n, other in enumerate(folds) if other == fold]
        point = device_regression.PointRegressor.fit(
            [devices[n] for n in inside], numbers[inside], seed=0
        )
        found = point.predict([devices[n] for n in outside])[0]
        for column, name in enumerate(schema.MDP_TARGETS):
            errors[name] += list(np.abs(found[:, column] - numbers[outside, column]))
    mae = {name: np.nanmean(values) for name, values in errors.items()}
    assert mae["Voc"] < 0.084
    assert mae["Jsc"] < 3.08
    assert mae["FF"] < 0.086
    assert mae["PCE"] < 2.90

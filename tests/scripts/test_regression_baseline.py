"""MDP baselines: recipes stay together, missing targets cost only their target, files fit together."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import regression_baseline as baseline
from masterkey.predicting import methods
from masterkey.regressor import regressor as device_regression
from masterkey.regressor.features import (
    composition_features,
    detailed_features,
    device_features,
    scaled_features,
)
from masterkey.rows.predictions import read_header, read_predictions
from masterkey.rows.records import recipe_of
from masterkey.rows.splits import recipe_folds
from masterkey.schema import fields as schema

DEVICE = dict.fromkeys(schema.MDP_FIELDS, "") | {
    "ETL_stack_sequence": "TiO2-c | TiO2-mp",
    "ETL_additives_compounds": "Unknown",
    "Perovskite_composition_long_form": "FA0.85MA0.15PbBr0.45I2.55",
    "Perovskite_deposition_procedure": "Spin-coating >> CBD",
    "Perovskite_deposition_thermal_annealing_temperature": "70.0 >> 100; 90",
    "Perovskite_deposition_thermal_annealing_time": "Unknown >> 10; 5.5",
    "Cell_architecture": "nip",
}


def row(etl: str, pce: float, voc: str = "1.00", **more) -> dict:
    answer = {"Voc": voc, "Jsc": "20.00", "FF": f"{pce / 20:.3f}", "PCE": f"{pce:.2f}"}
    return {
        "instruction": schema.MDP_INSTRUCTION,
        "input": schema.format_mdp_input(DEVICE | {"ETL_stack_sequence": etl}, markers=True),
        "output": schema.format_mdp_answer(answer, markers=True),
        **more,
    }


@pytest.fixture
def data(tmp_path):
    """12 rows of 6 recipes, whose PCE the electron-transport layer decides."""
    path = tmp_path / "train.json"
    rows = [row(f"ETL{number // 2}", 4 + number // 2) for number in range(12)]
    rows[0] = row("ETL0", 4, voc="")
    path.write_text(json.dumps(rows))
    return path


def test_features_are_parts_annealing_numbers_and_ions():
    features = device_features(DEVICE)
    assert features["ETL_stack_sequence=TiO2-c"] == features["ETL_stack_sequence=TiO2-mp"] == 1
    assert features["Perovskite_deposition_procedure=CBD"] == 1
    assert features["annealing_max_temperature"] == 100
    assert features["annealing_total_time"] == 15.5
    assert features["ion:FA"] == 0.85
    assert features["ion:I"] == 2.55
    assert not any(name.startswith("ETL_additives") for name in features)


@given(
    st.dictionaries(
        st.sampled_from(schema.MDP_FIELDS), st.text() | st.sampled_from(["1e400", "1e30", "nan"])
    )
)
def test_features_of_any_device_are_finite(fields):
    for features in (device_features(fields), detailed_features(fields)):
        assert all(0 <= value <= 1e6 for value in features.values())
    assert all(-100 <= value <= 100 for value in scaled_features(fields).values())


def test_shares_are_of_the_site():
    features = composition_features({"Cs": 0.5, "X9": 1.5, "Sn": 1, "Br": 1, "I": 2})
    assert features["halide:Br"] == pytest.approx(1 / 3)
    assert features["cation:Cs"] == 0.25
    assert features["metal:Sn"] == 1
    assert features["cations_per_metal"] == 2
    assert composition_features({}) == {}


def test_a_whole_value_is_a_feature_beside_its_parts():
    features = detailed_features(DEVICE)
    assert features["ETL_stack_sequence: TiO2-c | TiO2-mp"] == 1
    assert features["ETL_stack_sequence=TiO2-c"] == 1
    assert not any(name.startswith("ETL_additives") for name in features)


def test_named_fields_have_equal_lengths_however_many_parts_they_have():
    one = scaled_features({"ETL_stack_sequence": "C60"})
    two = scaled_features({"ETL_stack_sequence": "C60 | BCP"})
    for features in (one, two):
        of_field = [value for name, value in features.items() if name.startswith("ETL_stack")]
        assert sum(value**2 for value in of_field) == pytest.approx(1)


@given(st.lists(st.integers(0, 9), min_size=10), st.integers(2, 5), st.integers(0, 3))
def test_folds_keep_recipes_together_and_are_even(numbers, n_folds, seed):
    recipes = [f"recipe {number}" for number in [*numbers, *range(10)]]
    folds = recipe_folds(recipes, n_folds, seed)
    assert len(set(zip(recipes, folds, strict=True))) == len(set(recipes))
    assert set(folds) == set(range(n_folds))
    sizes = Counter(folds).values()
    assert max(sizes) - min(sizes) <= max(Counter(recipes).values())


def test_folds_follow_the_seed():
    recipes = [str(number) for number in range(50)]
    assert recipe_folds(recipes, 5, 1) == recipe_folds(recipes, 5, 1)
    assert recipe_folds(recipes, 5, 1) != recipe_folds(recipes, 5, 2)


@pytest.mark.slow
def test_mean_is_that_of_the_rows_that_have_the_target(data, tmp_path, run_script):
    output = tmp_path / "mean.jsonl"
    new = tmp_path / "new.json"
    new.write_text(json.dumps([{"input": row("ETL9", 0)["input"], "id": "a"}]))
    done = run_script(
        "regression_baseline.py", "--method", "mean", "--train", data, "--data_path", new,
        "--output_path", output,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (line,) = read_predictions(output, "mdp")
    assert line["fields"] == {"Voc": 1.0, "Jsc": 20.0, "FF": 0.325, "PCE": 6.5}
    assert (line["method"], line["fold"], line["reference"]) == ("mean", None, None)
    assert read_header(output)["settings"]["train"]["file"] == "train.json"


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(device_regression, "N_TREES", 20)


@pytest.mark.slow
@pytest.mark.parametrize("method", baseline.METHODS["mdp"])
def test_out_of_fold_predictions_never_see_their_own_recipe(method, data, tmp_path, monkeypatch):
    seen = []
    fit = methods.fit

    def remember(task, name, training, **settings):
        seen.append({recipe_of(one.input) for one in training})
        return fit(task, name, training, **settings)

    monkeypatch.setattr(methods, "fit", remember)
    output = tmp_path / "out.jsonl"
    arguments = baseline.Arguments(
        method=method, output_path=str(output), train=str(data), cross_validate=3
    )
    baseline.main(arguments)
    lines = read_predictions(output, "mdp")
    assert [line["id"] for line in lines] == [str(number) for number in range(12)]
    assert {line["fold"] for line in lines} == {0, 1, 2}
    for line in lines:
        assert recipe_of(line["input"]) not in seen[line["fold"]]
        assert None not in line["fields"].values()


@pytest.mark.slow
@pytest.mark.parametrize(
    "method", ["nearest", "random_forest", "gradient_boosting", "forests_and_kernel"]
)
def test_regressors_learn_what_the_layer_decides(method, data, tmp_path):
    output = tmp_path / "out.jsonl"
    baseline.main(
        baseline.Arguments(
            method=method, output_path=str(output), train=str(data), data_path=str(data)
        )
    )
    lines = read_predictions(output, "mdp")
    errors = [abs(line["fields"]["PCE"] - line["reference_fields"]["PCE"]) for line in lines]
    assert sum(errors) / len(errors) < 1.0  # the mean's is 1.5
    header = json.loads((tmp_path / "out.header.json").read_text())
    again = tmp_path / "again.jsonl"
    baseline.main(
        baseline.Arguments(
            method=method, output_path=str(again), train=str(data), data_path=str(data)
        )
    )
    assert again.read_text() == output.read_text()
    assert header["settings"]["seed"] == 0


@pytest.mark.slow
def test_a_recipe_that_is_in_both_files_is_told(data, tmp_path, run_script):
    done = run_script(
        "regression_baseline.py", "--method", "mean", "--train", data, "--data_path", data,
        "--output_path", tmp_path / "x.jsonl",
    )  # fmt: skip
    assert "note: 12 of 12 rows have a recipe that is in --train too." in done.stdout


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (["--train", "{data}"], "--data_path"),
        (["--data_path", "{data}"], "--train"),
        (["--train", "{data}", "--cross_validate", "1"], "--cross_validate 1: give 2 folds"),
        (["--train", "{data}", "--cross_validate", "9"], "has 6 recipes, too few"),
        (
            ["--train", "{data}", "--data_path", "b.json", "--cross_validate", "3"],
            "leave --data_path out",
        ),
        (["--train", "missing.json", "--cross_validate", "3"], "missing.json: no such file"),
        (["--train", "{data}", "--cross_validate", "3", "--seed", "-1"], "--seed -1"),
        (
            ["--train", "{data}", "--data_path", "{data}", "--save_model", "m.npz"],
            "--method forests_and_kernel",
        ),
    ],
)
def test_a_mistake_gets_one_sentence(flags, found, data, tmp_path, capsys):
    flags = [flag.replace("{data}", str(data)) for flag in flags]
    flags += ["--method", "mean", "--output_path", str(tmp_path / "x.jsonl")]
    with pytest.raises(SystemExit) as exit:
        baseline.run(baseline.main, baseline.Arguments, "", flags)
    message = capsys.readouterr().err
    assert exit.value.code == 2
    assert found in message
    assert message.count("\n") == 1
    assert not (tmp_path / "x.jsonl").exists()


def test_a_target_without_any_number_is_named(tmp_path, capsys):
    path = tmp_path / "train.json"
    path.write_text(json.dumps([row(f"ETL{n}", 4, voc="") for n in range(4)]))
    with pytest.raises(SystemExit):
        baseline.run(
            baseline.main, baseline.Arguments, "",
            ["--method", "mean", "--train", str(path), "--cross_validate", "2",
             "--output_path", str(tmp_path / "x.jsonl")],
        )  # fmt: skip
    assert "train.json: no row to learn from has a number for Voc" in capsys.readouterr().err


def test_another_methods_file_is_not_overwritten(data, tmp_path, capsys):
    flags = [
        "--train",
        str(data),
        "--cross_validate",
        "3",
        "--output_path",
        str(tmp_path / "x.jsonl"),
    ]
    baseline.run(baseline.main, baseline.Arguments, "", ["--method", "mean", *flags])
    before = (tmp_path / "x.jsonl").read_text()
    with pytest.raises(SystemExit):
        baseline.run(baseline.main, baseline.Arguments, "", ["--method", "nearest", *flags])
    assert "was written with another" in capsys.readouterr().err
    assert (tmp_path / "x.jsonl").read_text() == before


@pytest.mark.slow
def test_forests_and_kernel_states_intervals_beside_the_noise_floor_and_saves_what_it_predicts_with(
    data, tmp_path, capsys
):
    data.write_text(json.dumps([row(f"ETL{n // 2}", 4 + n % 13) for n in range(80)]))
    output, model = tmp_path / "forests_and_kernel.jsonl", tmp_path / "forests_and_kernel.npz"
    flags = ["--method", "forests_and_kernel", "--train", str(data), "--data_path", str(data)]
    flags += ["--output_path", str(output), "--save_model", str(model)]
    baseline.run(baseline.main, baseline.Arguments, "", flags)
    lines = read_predictions(output, "mdp")
    loaded = device_regression.DeviceRegressor.load(model)
    again = loaded.predict([schema.parse_mdp_input(line["input"]) for line in lines])
    for line, prediction in zip(lines, again, strict=True):
        assert line["interval"] == prediction["interval"]
        assert line["novelty"] == prediction["novelty"]
        for name, (low, high) in (line["interval"] or {}).items():
            assert low <= line["fields"][name] <= high
    n_without = sum(line["interval"] is None for line in lines)
    assert n_without < 80
    printed = capsys.readouterr().out
    assert "noise floor" in printed
    assert "inside interval" in printed
    assert ("get no interval" in printed) == (n_without > 0)
    assert read_header(output)["settings"]["interval_level"] == 0.9


@pytest.mark.slow
def test_rows_that_get_no_interval_are_counted(data, tmp_path, capsys):
    output = tmp_path / "forests_and_kernel.jsonl"
    flags = ["--method", "forests_and_kernel", "--train", str(data), "--data_path", str(data)]
    baseline.run(baseline.main, baseline.Arguments, "", [*flags, "--output_path", str(output)])
    assert "12 of 12 rows get no interval" in capsys.readouterr().out
    lines = read_predictions(output, "mdp")
    assert all(line["interval"] is None for line in lines)
    assert all("Too few recipes" in line["novelty"]["sentence"] for line in lines)


def test_odd_training_numbers_and_devices_are_counted_and_nothing_is_dropped_in_silence(
    tmp_path, capsys
):
    rows = [row(f"ETL{n // 2}", 4 + n // 2) for n in range(12)]
    answer = {"Voc": "1.00", "Jsc": "20.00", "FF": "70.00", "PCE": "60.00"}
    rows[3]["output"] = schema.format_mdp_answer(answer, markers=True)
    for n, formula in ((5, "FAxMAxPbBrxIx"), (6, "PM6:Y6")):
        device = DEVICE | {"ETL_stack_sequence": f"ETL{n // 2}", schema.LONG_FORM: formula}
        rows[n]["input"] = schema.format_mdp_input(device, markers=True)
    path, output = tmp_path / "train.json", tmp_path / "out.jsonl"
    path.write_text(json.dumps(rows))
    flags = ["--method", "nearest", "--train", str(path), "--cross_validate", "3"]
    baseline.run(baseline.main, baseline.Arguments, "", [*flags, "--output_path", str(output)])
    printed = capsys.readouterr().out
    assert printed.count("FF in percent, divided by 100: 1.") == 1
    assert (
        "1 of 12 training devices have an impossible PCE (row 4: 60 %; 0 to 34 can be)" in printed
    )
    assert "of 12 training devices, cannot be read: the composition (2)" in printed
    assert "1 of 12 training devices have an organic absorber" in printed
    assert "of 12 devices, cannot be read: the composition (2)" in printed
    lines = read_predictions(output, "mdp")
    assert len(lines) == 12
    assert lines[6]["kind"] == "organic"
    assert lines[5]["imputed"][schema.LONG_FORM] == "unreadable"
    assert all(0 < line["fields"]["FF"] < 1 for line in lines)

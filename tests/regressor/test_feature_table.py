"""Tables of features: what is missing holds the training devices' average and no zero."""

import numpy as np
import pytest

from masterkey.regressor.feature_table import FeatureTable
from masterkey.regressor.features import detailed_features, field_of, scaled_features
from masterkey.schema.fields import (
    ANNEALING_TEMPERATURE,
    ANNEALING_TIME,
    LONG_FORM,
    MDP_FIELDS,
    SHORT_FORM,
)

ETL = "ETL_stack_sequence"
DEVICE = dict.fromkeys(MDP_FIELDS, "x") | {
    LONG_FORM: "MAPbI3", SHORT_FORM: "MAPbI", ANNEALING_TEMPERATURE: "100", ANNEALING_TIME: "10",
}  # fmt: skip


def devices(etl: list[str]) -> list[dict]:
    return [detailed_features(DEVICE | {ETL: own}) for own in etl]


def column(table: FeatureTable, features: dict, name: str) -> float:
    return float(table.transform([features])[0, table.names.index(name)])


def test_a_composition_that_is_missing_or_unreadable_is_the_average_one():
    table = FeatureTable.fit(devices(["A", "B", "C"]))
    for value in ("", "Unknown", "MAPbBrxIx", "PM6:Y6"):
        features = detailed_features(DEVICE | {LONG_FORM: value, SHORT_FORM: ""})
        assert column(table, features, "ion:Pb") == column(table, features, "ion:MA") == 1
        assert column(table, features, "band_gap") == pytest.approx(1.59)
        assert LONG_FORM in table.filled_in([features])[0]


def test_a_temperature_that_is_missing_is_not_zero_degrees():
    table = FeatureTable.fit(devices(["A", "B"]))
    features = detailed_features(DEVICE | {ANNEALING_TEMPERATURE: ""})
    assert column(table, features, "annealing_max_temperature") == 100


@pytest.mark.parametrize("value", ["", "an ETL that nobody has"])
def test_a_material_that_is_missing_or_unknown_holds_the_shares_of_the_known_ones(value):
    table = FeatureTable.fit(devices(["A", "A", "A", "B"]))
    features = detailed_features(DEVICE | {ETL: value})
    assert column(table, features, f"{ETL}=A") == 0.75
    assert table.filled_in([features])[0] == [ETL]


def test_a_field_that_many_training_devices_lack_has_a_column_of_its_own():
    table = FeatureTable.fit(devices(["A"] * 9 + [""]))
    features = detailed_features(DEVICE | {ETL: ""})
    assert column(table, features, f"missing:{ETL}") == 1
    assert column(table, features, f"{ETL}=A") == 0
    assert table.filled_in([features]) == [[]]


def test_a_known_device_is_left_as_it_is():
    features = devices(["A", "B"])
    table = FeatureTable.fit(features)
    rows = table.transform(features)
    for row, own in zip(rows, features, strict=True):
        assert {name: value for name, value in zip(table.names, row, strict=True) if value} == {
            name: pytest.approx(value) for name, value in own.items()
        }
    assert table.filled_in(features) == [[], []]


def test_100_degrees_are_a_value_of_the_kernel_although_they_are_zero_there():
    hot = scaled_features(DEVICE | {ANNEALING_TEMPERATURE: "160"})
    table = FeatureTable.fit([hot, hot])
    place = table.names.index("temperature")
    assert table.transform([scaled_features(DEVICE)])[0, place] == 0
    missing = scaled_features(DEVICE | {ANNEALING_TEMPERATURE: ""})
    assert table.transform([missing])[0, place] == 2


def test_every_column_is_of_a_field():
    for features in (detailed_features(DEVICE), scaled_features(DEVICE)):
        assert {field_of(name) for name in features} == set(MDP_FIELDS)
    assert field_of(f"missing:{ETL}") == ""


def test_a_field_that_no_training_device_has_stays_empty():
    table = FeatureTable.fit([detailed_features({}), detailed_features({})])
    assert not np.isfinite(table.typical).any()
    assert table.transform([detailed_features(DEVICE)]).sum() == 0


def test_fitting_gives_the_table_of_the_training_devices_at_once():
    own = devices(["A", "A", "B", "", "C"])
    table, values = FeatureTable.fit_transform(own)
    assert np.isfinite(table.typical).any()
    np.testing.assert_array_equal(values, table.transform(own))

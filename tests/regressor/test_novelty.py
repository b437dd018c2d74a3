"""How far a device is from those learned from, and which of its names none of them has."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.regressor import novelty
from masterkey.regressor.novelty import SITE_WEIGHT, KnownRecipes
from masterkey.schema import fields as schema

DEVICE = {
    "Substrate_stack_sequence": "SLG | ITO",
    "ETL_stack_sequence": "PCBM-60 | BCP",
    "HTL_stack_sequence": "PEDOT:PSS",
    "Backcontact_stack_sequence": "Ag",
    "Perovskite_composition_long_form": "MAPbI3",
    "Perovskite_deposition_thermal_annealing_temperature": "100",
    "Perovskite_deposition_thermal_annealing_time": "10",
}
OTHER = DEVICE | {"HTL_stack_sequence": "PTAA", "Perovskite_composition_long_form": "CsSnI3"}
TARGETS = np.array([[1.0, 20.0, 0.70, 14.0], [1.2, 22.0, 0.72, 16.0], [0.4, 9.0, 0.50, np.nan]])


@pytest.fixture
def known():
    return KnownRecipes.of([DEVICE, DEVICE, OTHER], TARGETS)


def distance(known, **changes) -> float:
    """From DEVICE with some fields changed to DEVICE itself."""
    return next(known.distances([DEVICE | changes]))[0]


def test_rows_of_one_recipe_are_one_with_the_median_of_what_was_measured(known):
    assert known.counts.tolist() == [2, 1]
    assert known.measured[0] == pytest.approx([1.1, 21.0, 0.71, 15.0])
    assert math.isnan(known.measured[1, 3])
    assert known.recipes[0]["HTL_stack_sequence"] == "PEDOT:PSS"


def test_the_distance_counts_the_fields_that_differ(known):
    assert distance(known) == pytest.approx(0, abs=1e-12)
    assert distance(known, HTL_stack_sequence="PTAA") == pytest.approx(1)
    assert distance(known, HTL_stack_sequence="") == pytest.approx(0.5)
    both = distance(known, HTL_stack_sequence="PTAA", Backcontact_stack_sequence="Au")
    assert both == pytest.approx(2)
    assert 0 < distance(known, ETL_stack_sequence="PCBM-60") < 0.5
    assert next(known.distances([DEVICE]))[1] == pytest.approx(1 + 2 * SITE_WEIGHT)


def test_each_site_of_the_composition_counts_by_its_shares(known):
    field = schema.LONG_FORM
    assert distance(known, **{field: "FAPbI3"}) == pytest.approx(SITE_WEIGHT)
    mixed = distance(known, **{field: "FA0.5MA0.5PbI3"})
    assert 0 < mixed < SITE_WEIGHT / 2
    assert distance(known, **{field: "CsSnBr3"}) == pytest.approx(3 * SITE_WEIGHT)
    assert distance(known, **{field: "MA2Pb2I6"}) == pytest.approx(0, abs=1e-12)


def test_annealing_differs_by_degrees_and_by_the_logarithm_of_time(known):
    temperature, time = schema.ANNEALING_TEMPERATURE, schema.ANNEALING_TIME
    near, far = (distance(known, **{temperature: value}) for value in ("110", "400"))
    assert 0 < near < 0.2
    assert far == pytest.approx(1)
    near, far = (distance(known, **{time: value}) for value in ("12", "600"))
    assert 0 < near < 0.2
    assert far == pytest.approx(1)


def test_names_that_no_recipe_has_are_told_by_field(known):
    device = DEVICE | {
        "ETL_stack_sequence": "PCBM-60 | ZnO-np",
        schema.LONG_FORM: "FA0.5MA0.5PbI2Br",
        schema.ANNEALING_TEMPERATURE: "400",
    }
    expected = {"ETL_stack_sequence": ["ZnO-np"], "cation": ["FA"], "halide": ["Br"]}
    assert known.unknown_names(device) == expected
    assert known.unknown_names(DEVICE) == {}
    assert known.has("HTL_stack_sequence=PTAA")
    assert not known.has("ETL_stack_sequence=PTAA")


def test_another_chemistry_is_infinitely_new(known):
    changed = [
        DEVICE | {schema.LONG_FORM: value} for value in ("MAGeI3", "MAPbBr3", "", "perovskite")
    ]
    assert np.isinf(known.novelty(changed)).all()
    assert known.novelty([DEVICE, DEVICE | {schema.LONG_FORM: "FAPbI3"}]).tolist() == [
        pytest.approx(0, abs=1e-12),
        pytest.approx(SITE_WEIGHT),
    ]


def test_more_than_two_new_materials_are_another_device(known):
    two = DEVICE | {"HTL_stack_sequence": "Me-4PACz", "Backcontact_stack_sequence": "Cu"}
    methods = {"Perovskite_deposition_procedure": "X", "HTL_deposition_procedure": "Y"}
    assert np.isfinite(known.novelty([two, two | methods])).all()
    third = (
        {"ETL_stack_sequence": "PCBM-60 | SnO2-np"},
        {"Perovskite_additives_compounds": "PEAI"},
        {schema.LONG_FORM: "FAPbI3"},
    )
    for changes in third:
        assert np.isinf(known.novelty([two | changes])).all(), changes
    # Two new cations are one new composition.
    cations = {schema.LONG_FORM: "FA0.5GA0.5PbI3", "HTL_stack_sequence": "Me-4PACz"}
    assert np.isfinite(known.novelty([DEVICE | cations])).all()


def test_the_distances_within_leave_the_recipe_itself_out(known):
    assert known.within == pytest.approx([1 + 2 * SITE_WEIGHT] * 2)
    assert np.isinf(KnownRecipes.of([DEVICE], TARGETS[:1]).within).all()


def test_arrays_give_the_same_recipes_back(known):
    again = KnownRecipes.of_arrays(known.as_arrays())
    assert again.recipes == known.recipes
    assert again.names == known.names
    assert again.within.tolist() == known.within.tolist()
    of_both = (next(recipes.distances([OTHER])) for recipes in (again, known))
    np.testing.assert_array_equal(*of_both)


def test_many_devices_at_once_have_to_the_last_bit_the_distances_of_each_alone(monkeypatch):
    layers = ("SnO2-np | C60", "TiO2-c | TiO2-mp", "PCBM-60 | BCP", "")
    ions = ("MAPbI3", "FA0.83Cs0.17PbBr0.5I2.5", "Cs0.05FA0.79MA0.16PbBr0.51I2.49", "?")
    devices = [
        DEVICE | {"ETL_stack_sequence": layer, schema.LONG_FORM: formula, "Cell_architecture": kind}
        for layer in layers
        for formula in ions
        for kind in ("nip", "pin")
    ]
    known = KnownRecipes.of(devices[::3], np.zeros((len(devices[::3]), 4)))
    one_by_one = [next(known.distances([device])) for device in devices]
    monkeypatch.setattr(novelty, "_WORTH_SCIPY", 2)
    monkeypatch.setattr(novelty, "_NUMBERS_AT_ONCE", 7 * len(known.recipes))
    np.testing.assert_array_equal(list(known.distances(devices)), one_by_one)
    np.testing.assert_array_equal(list(known.distances(devices[:1])), one_by_one[:1])


@pytest.mark.parametrize(
    "change",
    [
        {"places": np.array([9], dtype=np.int32)},
        {"measured": np.zeros((2, 3))},
        {"names": np.frombuffer(b"[1]", dtype=np.uint8)},
        {"recipes": np.frombuffer(b"[]", dtype=np.uint8)},
        {"within": np.zeros((2, 2))},
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(known, change):
    with pytest.raises(ValueError, match="do not fit together"):
        KnownRecipes.of_arrays(known.as_arrays() | change)


@given(st.dictionaries(st.sampled_from(schema.MDP_FIELDS), st.text(max_size=12), max_size=19))
def test_any_device_has_a_distance_of_at_most_all_fields(fields):
    known = KnownRecipes.of([DEVICE, OTHER], TARGETS[:2])
    distances = next(known.distances([fields]))
    assert ((distances >= 0) & (distances <= 18 + 3 * SITE_WEIGHT)).all()

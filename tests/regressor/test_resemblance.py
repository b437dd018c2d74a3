"""The sentence on a device's novelty, and the nearest recipes beside it."""

import json

import numpy as np
import pytest

from masterkey.regressor.novelty import KnownRecipes
from masterkey.regressor.resemblance import WORDS, _first_places, resemblance
from masterkey.schema import fields as schema

DEVICE = {
    "Substrate_stack_sequence": "SLG | ITO",
    "ETL_stack_sequence": "PCBM-60 | BCP",
    "HTL_stack_sequence": "PEDOT:PSS",
    "Backcontact_stack_sequence": "Ag",
    "Backcontact_deposition_procedure": "Evaporation",
    "Perovskite_composition_long_form": "MAPbI3",
}
TRAINING = [
    DEVICE,
    DEVICE,
    DEVICE | {"HTL_stack_sequence": "PTAA", "Substrate_stack_sequence": "SLG | FTO"},
    DEVICE | {"ETL_stack_sequence": "C60", "Substrate_stack_sequence": "SLG | FTO"},
]
TARGETS = np.array(
    [[1, 20, 0.7, 14.0], [1, 21, 0.7, 15.8], [1.1, 21, 0.7, 16.2], [np.nan, np.nan, np.nan, 9.0]]
)


@pytest.fixture
def known():
    return KnownRecipes.of(TRAINING, TARGETS)


def told(known, device: dict, limit: float = 5.0) -> dict:
    return resemblance(known, device, next(known.compared([device])), limit)


def sentence(known, limit=5.0, **changes) -> str:
    return told(known, DEVICE | changes, limit)["sentence"]


def test_a_layer_that_no_device_has_is_named_with_what_the_nearest_has_instead(known):
    assert sentence(known, HTL_stack_sequence="Me-4PACz") == (
        "No training device has this hole-transport layer (Me-4PACz); the nearest of 3 recipes has "
        "PEDOT:PSS, PCE 14.9 % (median of 2 devices)."
    )


def test_known_names_are_said_to_be_known_and_where_the_nearest_differs(known):
    assert sentence(known, HTL_stack_sequence="PTAA") == (
        "Every name is known; the nearest of 3 recipes differs in substrate, PCE 16.2 %."
    )


@pytest.mark.parametrize(("kind", "name"), [("tandem", "A tandem"), ("organic", "An organic cell")])
def test_a_cell_of_another_kind_is_named_first(known, kind, name):
    device = DEVICE | {"HTL_stack_sequence": "Me-4PACz"}
    [comparison] = known.compared([device])
    assert resemblance(known, device, comparison, 0.1, kind)["sentence"].startswith(
        f"{name}, of another kind than the single perovskite junctions learned from: no training "
        "device has this hole-transport layer (Me-4PACz); the nearest of 3 recipes has"
    )


def test_a_recipe_that_was_learned_from_is_recognised(known):
    assert sentence(known) == (
        "This recipe was learned from; it is one of 3 recipes, PCE 14.9 % (median of 2 devices)."
    )


def test_beyond_the_limit_it_is_outside_of_what_was_learned(known):
    found = told(known, DEVICE | {"HTL_stack_sequence": "Me-4PACz"}, 0.5)
    assert found["outside"]
    assert found["sentence"].startswith("Outside of what was learned: no training device has this")


def test_another_metal_is_outside_at_any_limit_and_told_first(known):
    found = told(known, DEVICE | {schema.LONG_FORM: "CsSnI3", "HTL_stack_sequence": "X"}, 1e9)
    assert found["outside"]
    assert found["unknown"] == {
        "HTL_stack_sequence": ["X"], "cation": ["Cs"], "metal": ["Sn"]
    }  # fmt: skip
    assert (
        "this metal (Sn), this cation (Cs) or this hole-transport layer (X)" in (found["sentence"])
    )


@pytest.mark.parametrize("value", ["", "Unknown", "perovskite"])
def test_a_composition_that_cannot_be_read_is_said(known, value):
    found = sentence(known, **{schema.LONG_FORM: value})
    assert found.startswith(
        "Outside of what was learned: its composition is not reported or cannot"
    )


def test_without_calibration_too_few_recipes_are_said_to_be_few(known):
    assert sentence(known, limit=-np.inf).startswith("Too few recipes were learned from")


def test_the_nearest_recipes_have_what_was_measured_and_what_is_unlike(known):
    first, *others = told(known, DEVICE | {"HTL_stack_sequence": "PTAA"}, 5)["nearest"]
    assert first == {
        "distance": 0.5,
        "devices": 1,
        "measured": {"Voc": 1.1, "Jsc": 21.0, "FF": 0.7, "PCE": 16.2},
        "unlike": {"Substrate_stack_sequence": "SLG | FTO"},
    }
    assert [other["devices"] for other in others] == [2, 1]
    assert others[1]["measured"]["Voc"] is None


def test_what_the_device_does_not_report_is_not_told_as_unlike(known):
    device = {name: value for name, value in DEVICE.items() if "Backcontact" not in name}
    nearest = told(known, device, 5)["nearest"][0]
    assert nearest["unlike"] == {}
    assert nearest["distance"] == 1.0  # ½ for each of two fields


def test_it_is_json_and_one_sentence_for_any_device(known):
    for device in (
        {},
        {schema.LONG_FORM: "Cs2AgBiBr6"},
        DEVICE | {"ETL_stack_sequence": "y " * 99},
    ):
        found = told(known, device, 5)
        json.dumps(found, allow_nan=False)
        assert found["sentence"].endswith(".")
        assert len(found["sentence"]) < 400


def test_every_field_has_words():
    assert set(schema.MDP_FIELDS) - {schema.SHORT_FORM} <= set(WORDS)


def test_of_equally_near_recipes_the_first_are_told():
    distances = np.array([2.0, 1.0, 3.0, 1.0, 1.0, 1.0, 0.5])
    assert _first_places(distances).tolist() == [6, 1, 3]
    assert _first_places(distances[:2]).tolist() == [1, 0]

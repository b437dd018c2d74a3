"""Devices as the regressors read them: chloride precursors, open coefficients, what is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.regressor.reading import (
    ADDITIVES,
    MISSING,
    UNREADABLE,
    ions_of,
    numbers_of,
    read_device,
)
from masterkey.schema.fields import (
    ANNEALING_TEMPERATURE,
    LONG_FORM,
    MDP_FIELDS,
    SHORT_FORM,
)

MAPBI3 = {"MA": 1, "Pb": 1, "I": 3}


@pytest.mark.parametrize(
    "formula",
    [
        *("MAPbI3-xClx", "CH3NH3PbI3−xClx", "CH3NH3PbIxCl3-x", "MAPb(I1-xClx)3", "MAPbI(3-x)Clx"),
        *("CH3NH3PbI₃₋xClx".replace("₋", "-"), "MAPbI3-yCly", "MAPbI3(Cl)", "MAPbI3 - xClx"),
    ],
)
def test_iodide_from_chloride_is_iodide_with_chloride_as_an_additive(formula):
    device = read_device({LONG_FORM: formula, ADDITIVES: ""})
    assert device.ions == MAPBI3
    assert device.fields[ADDITIVES] == "Cl"
    assert device.read_as.keys() == {LONG_FORM, ADDITIVES}
    assert LONG_FORM not in device.gaps


def test_an_additive_that_is_told_stays_and_chloride_is_not_added_twice():
    assert read_device({LONG_FORM: "MAPbI3-xClx", ADDITIVES: "PEG"}).fields[ADDITIVES] == "PEG; Cl"
    assert read_device({LONG_FORM: "MAPbI3-xClx", ADDITIVES: "Cl"}).fields[ADDITIVES] == "Cl"
    assert read_device({LONG_FORM: "MAPbI2.5Cl0.5"}).read_as == {}


@pytest.mark.parametrize(
    ("formula", "ions"),
    [
        ("MAPbIx", MAPBI3),
        ("CsxPbBrI2", {"Cs": 1, "Pb": 1, "Br": 1, "I": 2}),
        ("(PEA)xFA0.9PbI3", {"PEA": 0.1, "FA": 0.9, "Pb": 1, "I": 3}),
        ("(PEA)2Cs79Pb80Ix", {"PEA": 2, "Cs": 79, "Pb": 80, "I": 241}),
    ],
)
def test_one_open_coefficient_follows_from_the_charges(formula, ions):
    assert ions_of(formula) == pytest.approx(ions)


@pytest.mark.parametrize(
    "formula", ["MAPbBrxIx", "CsxFAxPbI3", "nanPbI2", "PM6:Y6", "Sixty", "MA3PbIx(", "XyxPbI9"]
)
def test_what_is_open_in_two_places_is_not_guessed(formula):
    device = read_device({LONG_FORM: formula})
    assert device.ions == {}
    assert device.gaps[LONG_FORM] == UNREADABLE


@pytest.mark.parametrize("value", ["", "Unknown", "nan", " "])
def test_what_is_not_reported_is_missing(value):
    device = read_device(dict.fromkeys(MDP_FIELDS, value))
    assert device.gaps == dict.fromkeys(MDP_FIELDS, MISSING)


def test_a_short_form_of_one_ion_a_site_says_the_composition():
    assert read_device({SHORT_FORM: "MAPbI"}).ions == MAPBI3
    assert read_device({SHORT_FORM: "CsSnBr"}).ions == {"Cs": 1, "Sn": 1, "Br": 3}
    assert read_device({SHORT_FORM: "FAMAPbBrI"}).ions == {}
    assert read_device({SHORT_FORM: "(PEA)PbI"}).ions == {}  # of how many layers, nobody says


def test_a_missing_short_form_follows_from_the_long_one():
    fields = read_device({LONG_FORM: "Cs0.05FA0.95PbBr0.15I2.85"}).fields
    assert fields[SHORT_FORM] == "CsFAPbBrI"


def test_a_number_that_is_none_is_unreadable_and_no_zero():
    assert read_device({ANNEALING_TEMPERATURE: "hot"}).gaps[ANNEALING_TEMPERATURE] == UNREADABLE
    assert ANNEALING_TEMPERATURE not in read_device({ANNEALING_TEMPERATURE: "0"}).gaps
    assert numbers_of("100 >> 1e999; -5; nan") == [100]


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(MDP_FIELDS), st.text(max_size=30)))
def test_any_device_is_read_without_changing_what_was_given(fields):
    before = dict(fields)
    device = read_device(fields)
    assert fields == before
    assert set(device.gaps.values()) <= {MISSING, UNREADABLE}
    assert all(n > 0 for n in device.ions.values())

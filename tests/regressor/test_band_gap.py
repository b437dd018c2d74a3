"""Band gaps from ions, and the limits that follow: against figures that were published for them."""

import pytest

from masterkey.regressor.band_gap import band_gap, largest_current, largest_voltage
from masterkey.regressor.reading import ions_of


@pytest.mark.parametrize(
    ("formula", "measured"),
    [
        # Medians of the Perovskite Database by short form (27,275 to 138 devices).
        *(("MAPbI3", 1.60), ("FAPbI3", 1.50)),
        # As papers report them (Saliba 2016, McMeekin 2016, Eperon 2016, Noh 2013, Stoumpos 2016).
        ("Cs0.05FA0.79MA0.16PbBr0.51I2.49", 1.62),
        ("Cs0.17FA0.83PbBr1.2I1.8", 1.74),
        ("Cs0.25FA0.75Pb0.5Sn0.5I3", 1.22),
        ("MAPbBr3", 2.29),
        ("CsPbBrI2", 1.91),
        ("(BA)2MA3Pb4I13", 1.91),
        ("(BA)2MAPb2I7", 2.17),
    ],
)
def test_the_estimate_is_as_near_as_its_error_says(formula, measured):
    gap = band_gap(ions_of(formula))
    assert abs(gap.value - measured) <= gap.error


def test_layers_and_metals_of_which_little_is_known_have_larger_errors():
    errors = [
        band_gap(ions_of(formula)).error
        for formula in ("MAPbI3", "(PEA)2MA9Pb10I31", "(PEA)2PbI4", "Cs3Bi2I9")
    ]
    assert errors[0] < errors[1] < errors[2]
    assert errors[3] > 0.4


@pytest.mark.parametrize("ions", [{}, {"Pb": 1, "I": 2}, {"MA": 1, "I": 1}, {"Ba": 1, "O": 3}])
def test_what_is_no_halide_perovskite_has_none(ions):
    assert band_gap(ions) is None


@pytest.mark.parametrize(
    # After Rühle 2016, doi 10.1016/j.solener.2016.02.015, for AM1.5G.
    ("gap", "current", "voltage"),
    [(1.12, 43.8, 0.87), (1.34, 35.1, 1.08), (1.60, 25.5, 1.32), (2.30, 9.0, 1.98)],
)
def test_the_limits_are_those_of_shockley_and_queisser(gap, current, voltage):
    assert largest_current(gap) == pytest.approx(current, abs=0.2)
    assert largest_voltage(gap) == pytest.approx(voltage, abs=0.02)
    assert largest_voltage(gap) < gap


def test_an_error_widens_the_limits():
    gap = band_gap(ions_of("MAPbI3"))
    assert gap.largest_current > largest_current(gap.value)
    assert largest_voltage(gap.value) < gap.largest_voltage < gap.value


def test_no_measured_cell_of_the_published_rows_lies_beyond(shared_data):
    from masterkey.rows.records import read_rows
    from masterkey.schema import fields as schema

    for row in read_rows(shared_data / "regression360.json", task="mdp", answers="required"):
        gap = band_gap(ions_of(schema.parse_mdp_input(row.input)[schema.LONG_FORM]))
        measured = schema.target_numbers(schema.parse_mdp_answer(row.output))
        if gap and measured["Jsc"] is not None:
            assert measured["Jsc"] <= gap.largest_current
        if gap and measured["Voc"] is not None:
            assert measured["Voc"] <= gap.largest_voltage

"""Numbers to learn from: FF in % converted, the impossible left out for one target, both counted."""

from masterkey.regressor.training_targets import usable

GOOD = {"Voc": 1.0, "Jsc": 20.0, "FF": 0.7, "PCE": 14.0}


def test_what_is_possible_is_left_as_it_is():
    assert usable([GOOD, GOOD | {"PCE": None}]) == ([GOOD, GOOD | {"PCE": None}], [])


def test_a_fill_factor_in_percent_is_converted_and_counted():
    found, said = usable([GOOD, GOOD | {"FF": 75.0}, GOOD | {"FF": 68.5}])
    assert [numbers["FF"] for numbers in found] == [0.7, 0.75, 0.685]
    assert said == ["2 of 3 training devices have the FF in %; it is divided by 100"]


def test_an_impossible_number_is_left_out_for_its_target_alone_and_named():
    given = [
        GOOD,
        GOOD | {"PCE": 60.0},
        GOOD | {"Voc": 1050.0},
        GOOD | {"FF": 1.5},
        GOOD | {"Jsc": -20.0},
    ]
    found, said = usable(given)
    assert found[1] == GOOD | {"PCE": None}
    assert found[2] == GOOD | {"Voc": None}
    assert found[3] == GOOD | {"FF": None}
    assert found[4] == GOOD | {"Jsc": None}
    assert len(said) == 4
    assert "1 of 5 training devices have an impossible PCE (row 2: 60 %; 0 to 34 can be)" in said[0]
    assert given[1]["PCE"] == 60.0

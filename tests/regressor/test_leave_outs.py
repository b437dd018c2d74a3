"""What is left out together: all rows of a name, of each kind of name."""

import numpy as np

from masterkey.regressor.leave_outs import NAME_FOLDS, left_out
from masterkey.regressor.novelty import recipe_keys

HTL = "HTL_stack_sequence"


def devices(n: int = 48) -> list[dict]:
    """Each pair of rows is one recipe; 8 hole-transport layers, 3 metals, 2 architectures."""
    return [
        {
            "ETL_stack_sequence": "TiO2-c",
            HTL: f"HTL{number // 2 % 8} | MoO3" if number // 2 % 3 else f"HTL{number // 2 % 8}",
            "Perovskite_composition_long_form": ("MAPbI3", "FASnI3", "CsGeBr3")[number // 2 % 3],
            "Cell_architecture": ("nip", "pin")[number // 2 % 2],
            "Perovskite_deposition_thermal_annealing_time": str(number // 2),
        }
        for number in range(n)
    ]


def test_recipes_stay_together_and_each_is_left_out():
    own = devices()
    parts = left_out(own, recipe_keys(own), seed=0)
    folds = parts[:5]
    assert sorted(np.concatenate(folds).tolist()) == list(range(48))
    assert all(set(rows // 2 * 2) <= set(rows) for rows in folds)


def test_all_rows_of_a_name_are_left_out_together():
    own = devices()
    parts = left_out(own, recipe_keys(own), seed=0)
    by_layer = [
        rows
        for rows in parts
        if {own[n][HTL].split()[0] for n in rows}.isdisjoint(
            own[n][HTL].split()[0] for n in range(48) if n not in rows
        )
    ]
    assert len(by_layer) >= 3
    metals = [{own[n]["Perovskite_composition_long_form"] for n in rows} for rows in parts]
    assert {"MAPbI3"} in metals


def test_the_same_seed_leaves_out_the_same_rows_and_few_leaves_out_fewer_parts():
    own = devices()
    keys = recipe_keys(own)
    first, again, few = (
        [rows.tolist() for rows in left_out(own, keys, 1, few=few)] for few in (False, False, True)
    )
    assert first == again
    assert len(few) < len(first) / 2


def test_a_rest_of_less_than_a_quarter_is_no_training():
    own = devices()
    keys = recipe_keys(own)
    for rows in left_out(own, keys, seed=0):
        assert len({key for n, key in enumerate(keys) if n not in rows}) >= 6
    # The only electron-transport layer is never left out.
    assert all(len(rows) < 48 for rows in left_out(own, keys, seed=0))


def test_a_single_recipe_has_nothing_to_leave_out():
    assert left_out([{HTL: "PTAA"}] * 3, ["a"] * 3, seed=0) == []
    assert NAME_FOLDS > 1

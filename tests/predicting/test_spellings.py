"""A known layer in another spelling is no unknown one."""

import numpy as np
import pytest

from masterkey.predicting.spellings import in_known_spelling
from masterkey.regressor.novelty import KnownRecipes

DEVICE = {
    "Substrate_stack_sequence": "SLG | ITO",
    "ETL_stack_sequence": "TiO2-c | TiO2-mp",
    "HTL_stack_sequence": "Spiro-MeOTAD",
    "Perovskite_composition_long_form": "MAPbI3",
}


@pytest.fixture
def known():
    return KnownRecipes.of([DEVICE], np.ones((1, 4)))


def test_layers_are_read_as_the_training_rows_spell_them(known):
    device = DEVICE | {
        "ETL_stack_sequence": "c-TiO2 |  TiO2-mp",
        "HTL_stack_sequence": "spiro-OMeTAD",
    }
    read, read_as = in_known_spelling(device, known)
    assert read == DEVICE
    assert read_as == {"c-TiO2": "TiO2-c", "spiro-OMeTAD": "Spiro-MeOTAD"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"HTL_stack_sequence": "Me-4PACz"},  # known to the list, not to the training rows
        {"ETL_stack_sequence": "spiro-OMeTAD"},  # known in another field
        {"HTL_stack_sequence": "a layer of no list"},
        {"Perovskite_composition_long_form": "CH3NH3PbI3"},
    ],
)
def test_what_is_not_a_spelling_of_a_known_layer_stays(known, changes):
    assert in_known_spelling(DEVICE | changes, known) == (DEVICE | changes, {})

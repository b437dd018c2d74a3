"""Numbers of the MDP targets: what is possible, how many decimals they are given, tables of them."""

import math
from typing import NamedTuple

import numpy as np

from masterkey.schema.fields import MDP_TARGETS

# No single-junction cell under one sun can lie outside. Counted, and scored like any other number.
POSSIBLE = {"Voc": (0.0, 3.0), "Jsc": (0.0, 50.0), "FF": (0.0, 1.0), "PCE": (0.0, 50.0)}

# A number beyond ± this is taken as ± this, so that sums of squares stay finite.
LARGEST = 1e6


class Decimals(NamedTuple):
    """Decimals of a target's numbers: in files of predictions, in scores, on a terminal."""

    written: int
    scored: int
    shown: int


DECIMALS = {
    "Voc": Decimals(written=4, scored=3, shown=2),
    "Jsc": Decimals(written=2, scored=2, shown=1),
    "FF": Decimals(written=4, scored=3, shown=2),
    "PCE": Decimals(written=2, scored=2, shown=1),
}


def number_table(fields: list) -> np.ndarray:
    """[n_rows, 4] of the numbers in `fields`; NaN for null, a missing key, text or infinity."""
    rows = [row if isinstance(row, dict) else {} for row in fields]
    return np.array([[target_number(row.get(name)) for name in MDP_TARGETS] for row in rows])


def target_number(value) -> float:
    """A number of a JSON file, within ± `LARGEST`; NaN for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not -math.inf < value < math.inf:
        return math.nan
    return float(min(max(value, -LARGEST), LARGEST))

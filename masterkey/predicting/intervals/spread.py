"""How far a language model's own numbers scatter, from several answers drawn for one device.

summarised({"Voc": ["1.01", "0.98", …], …})
→ {"answers": 32, "median": {"Voc": 1.0, …}, "spread": {"Voc": 0.04, …}}
"""

import numpy as np

from masterkey.schema.fields import MDP_TARGETS, target_numbers
from masterkey.schema.targets import DECIMALS, number_table

# What devices of one recipe differ by from their median (docs/results.md, the noise floor of the
# published rows). A model that is sure of its digits knows a device no better than this.
NOISE = {"Voc": 0.027, "Jsc": 1.42, "FF": 0.036, "PCE": 1.25}
# Half of what lies between them is a standard deviation, were the numbers normal; a single wild number of
# a model that has learned little moves it hardly.
_INNER = (0.16, 0.84)


def summarised(values: dict[str, list[str]]) -> dict:
    """`values` are the texts of each target, one of each answer; None for a target without a number."""
    n_answers = len(values[MDP_TARGETS[0]])
    answers = [{name: values[name][k] for name in MDP_TARGETS} for k in range(n_answers)]
    table = number_table([target_numbers(answer) for answer in answers])
    found = {"answers": n_answers, "median": {}, "spread": {}}
    for name, column in zip(MDP_TARGETS, table.T, strict=True):
        known = column[np.isfinite(column)]
        digits = DECIMALS[name].written
        low, middle, high = (
            np.quantile(known, (_INNER[0], 0.5, _INNER[1])) if len(known) else [None] * 3
        )
        found["median"][name] = None if middle is None else round(float(middle), digits)
        found["spread"][name] = None if middle is None else round(float(high - low) / 2, digits)
    return found


def medians_and_spreads(sampled: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """(medians, spreads), each [n_rows, 4], of what `summarised` gave; the spread never below `NOISE`.

    The noise is added in squares: scatter of the model and of the devices are independent.
    """
    medians = number_table([own["median"] for own in sampled])
    spreads = number_table([own["spread"] for own in sampled])
    return medians, np.hypot(spreads, [NOISE[name] for name in MDP_TARGETS])

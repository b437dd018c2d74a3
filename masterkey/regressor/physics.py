"""What physics says of a cell's four numbers: Voc · Jsc · FF = PCE, and the limits of its band gap.

Columns are those of MDP_TARGETS: Voc [V], Jsc [mA/cm²], FF [0–1], PCE [%] (under 100 mW/cm²).
"""

import numpy as np

from masterkey.regressor.band_gap import band_gap
from masterkey.regressor.reading import read_device
from masterkey.schema.fields import MDP_TARGETS
from masterkey.schema.targets import DECIMALS, POSSIBLE

LOWEST, HIGHEST = np.array([POSSIBLE[name] for name in MDP_TARGETS]).T
# A cell that works at all: keeps logarithms finite where a regressor says zero or less.
_LEAST = np.array([0.02, 0.05, 0.15, 0.0])
_PCE = MDP_TARGETS.index("PCE")
_FACTORS = [MDP_TARGETS.index(name) for name in ("Voc", "Jsc", "FF")]


def largest_of(devices: list[dict]) -> np.ndarray:
    """[n_devices, 4], the most that each can have: `HIGHEST`, less where the composition is known.

    Voc and Jsc end where Shockley and Queisser's limit does, the band gap taken higher and lower by the
    error of its estimate (masterkey/regressor/band_gap.py).
    """
    largest = np.tile(HIGHEST, (len(devices), 1))
    for row, device in zip(largest, devices, strict=True):
        if gap := band_gap(read_device(device).ions):
            row[:2] = np.minimum(row[:2], (gap.largest_voltage, gap.largest_current))
    return largest


def reconciled(values: np.ndarray, spreads: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """The nearest numbers of which Voc · Jsc · FF = PCE holds, within `largest`; all [n_rows, 4].

    In logarithms the law is a plane; what is lacking to it is shared by the squares of the relative
    `spreads`, as least squares do (adjustment by conditions).
    """
    least = _LEAST.copy()
    least[_PCE] = least[_FACTORS].prod()
    values = np.clip(values, least, None)
    logs = np.log(values)
    lacking = logs[:, _PCE] - logs[:, _FACTORS].sum(axis=1)
    weights = (spreads / values) ** 2
    share = weights / weights.sum(axis=1, keepdims=True)
    found = np.exp(logs + share * lacking[:, None])
    found = np.clip(found, least, largest)
    found[:, _PCE] = found[:, _FACTORS].prod(axis=1)
    return found


def agreeing(
    low: np.ndarray, high: np.ndarray, largest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of intervals [n_rows, 4] without what no Voc · Jsc · FF = PCE inside of them can reach.

    What stays holds every set of four numbers that lay in the intervals and obeys the law and the
    limits. NaN (no interval) stays NaN and narrows nothing.
    """
    low, high = np.maximum(low, LOWEST), np.minimum(high, largest)
    narrow_low, narrow_high = low.copy(), high.copy()
    narrow_low[:, _PCE] = np.maximum(low[:, _PCE], _product(low, _FACTORS, 0.0))
    narrow_high[:, _PCE] = np.minimum(high[:, _PCE], _product(high, _FACTORS, np.inf))
    for column in _FACTORS:
        others = [other for other in _FACTORS if other != column]
        with np.errstate(divide="ignore", invalid="ignore"):
            least = low[:, _PCE] / _product(high, others, np.inf)
            most = high[:, _PCE] / _product(low, others, 0.0)
        least, most = np.where(np.isnan(least), 0.0, least), np.where(np.isnan(most), np.inf, most)
        narrow_low[:, column] = np.maximum(low[:, column], least)
        narrow_high[:, column] = np.minimum(high[:, column], most)
    return narrow_low, narrow_high


def as_written(values: np.ndarray, low: np.ndarray, high: np.ndarray, known: np.ndarray) -> dict:
    """Rounded as they are written, of which Voc · Jsc · FF = PCE holds to PCE's last digit.

    An interval that is not `known` is None, and so is `interval` without any.
    """
    decimals = {name: DECIMALS[name].written for name in MDP_TARGETS}
    prediction = {
        name: round(float(number), decimals[name])
        for name, number in zip(MDP_TARGETS, values, strict=True)
    }
    product = prediction["Voc"] * prediction["Jsc"] * prediction["FF"]
    prediction["PCE"] = round(product, decimals["PCE"])
    intervals = {
        name: [
            min(round(float(least), decimals[name]), prediction[name]),
            max(round(float(most), decimals[name]), prediction[name]),
        ]
        if given
        else None
        for name, least, most, given in zip(MDP_TARGETS, low, high, known, strict=True)
    }
    return prediction | {"interval": intervals if known.any() else None}


def _product(ends: np.ndarray, columns: list[int], unknown: float) -> np.ndarray:
    """[n_rows], `unknown` where an end is not known."""
    product = ends[:, columns].prod(axis=1)
    return np.where(np.isnan(product), unknown, product)

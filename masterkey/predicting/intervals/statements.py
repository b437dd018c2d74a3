"""What is said of a language model's Voc, Jsc, FF and PCE beside the numbers, as keys of a prediction line.

- `interval`: around the median of the sampled answers, widened to hold the answer; None for a device
  that is outside of what was learned, or of another kind than what was;
- `no_interval`: where a target has none, the reason, as a phrase;
- `interval_level`: the share of values that the intervals are to hold;
- `novelty`: as masterkey/regressor/resemblance.py describes it, where training rows were given;
- `law`: whether Voc · Jsc · FF = PCE holds. The answer is what the model said: nothing is mended.
"""

import sys
from dataclasses import dataclass

import numpy as np

from masterkey.predicting.intervals.calibration import Calibration
from masterkey.predicting.intervals.spread import medians_and_spreads
from masterkey.predicting.spellings import in_known_spelling
from masterkey.regressor.novelty import KnownRecipes
from masterkey.regressor.physics import LOWEST, largest_of
from masterkey.regressor.reading import read_device
from masterkey.regressor.resemblance import OTHER_KINDS, resemblance
from masterkey.regressor.training_targets import usable
from masterkey.regressor.unread import kind_of
from masterkey.rows.predictions import Prediction, parse_answer
from masterkey.rows.records import Row
from masterkey.schema.fields import MDP_TARGETS, parse_mdp_input
from masterkey.schema.targets import DECIMALS, number_table

NOT_ASKED = "no rows were given to calibrate it on (--calibration)"
FREE = "only skeleton decoding on this machine knows how probable the digits are"
OUTSIDE = "the device is outside of what was learned"
TOO_FAR = "the device is farther from all training recipes than the rows that calibrated it"
FEW_ALIKE = "too few of the rows that calibrated it are as new as this device"
# Rounded to two decimals, as answers are; the measured rows themselves miss it by more than this where
# PCE is the stabilised value (masterkey/scoring/mdp_scores.py counts with the same step).
LAW_STEP = 0.2


@dataclass(frozen=True)
class Statements:
    """`known`: the recipes trained on, or None; `calibration`: None where there is to be no interval.

    `reason` says why not.
    """

    known: KnownRecipes | None = None
    calibration: Calibration | None = None
    reason: str = NOT_ASKED

    def of(self, row: Row, prediction: Prediction) -> dict:
        """The keys above for a row's answer."""
        device = parse_mdp_input(row.input)
        found, novelty = {}, 0.0
        kind = kind_of(device, read_device(device))
        if self.known:
            alike, _ = in_known_spelling(device, self.known)
            alike = alike | read_device(alike).read_as
            [comparison] = self.known.compared([alike])
            # Without a calibration only another chemistry is known to be outside.
            limit = self.calibration.limit if self.calibration else None
            limit = sys.float_info.max if limit is None else limit
            found["novelty"] = resemblance(self.known, alike, comparison, limit, kind)
            novelty = comparison.novelty
        if kind:
            found["kind"] = kind
        answer = number_table([parse_answer("mdp", prediction.text)])[0]
        found["law"] = _law(answer, largest_of([device])[0])
        return found | self._interval(device, answer, novelty, kind, prediction.more.get("sampled"))

    def _interval(self, device, answer, novelty: float, kind: str, sampled: dict | None) -> dict:
        if self.calibration is None or sampled is None:
            return {"no_interval": self.reason}
        found = {"interval_level": self.calibration.coverage, "interval": None}
        if lacking := self.calibration.lacking() or _of_another_kind(kind):
            return found | {"no_interval": lacking}
        if novelty > self.calibration.intervals.limit:
            return found | {"no_interval": TOO_FAR if np.isfinite(novelty) else OUTSIDE}
        medians, spreads = medians_and_spreads([sampled])
        low, high = self.calibration.intervals.around(medians, spreads, np.array([novelty]))
        found["interval"] = _within(low[0], high[0], answer, largest_of([device])[0])
        if not all(found["interval"].values()):
            found["no_interval"] = FEW_ALIKE
        return found


def known_recipes(rows: list[Row]) -> KnownRecipes | None:
    """The recipes of training rows with what was measured; None without rows."""
    if not rows:
        return None
    targets, _ = usable([parse_answer("mdp", row.output) for row in rows])
    return KnownRecipes.of([parse_mdp_input(row.input) for row in rows], number_table(targets))


def _of_another_kind(kind: str) -> str:
    return kind and f"the rows that calibrated it say nothing of {OTHER_KINDS[kind].lower()}"


def _within(low, high, answer, largest) -> dict:
    """Ends that a cell can have, with the answer between them where it is one that a cell can have."""
    known = np.isfinite(low) & np.isfinite(high)
    low, high = np.clip(low, LOWEST, largest), np.clip(high, LOWEST, largest)
    possible = (answer >= LOWEST) & (answer <= largest)
    low = np.where(possible, np.fmin(low, answer), low)
    high = np.where(possible, np.fmax(high, answer), high)
    return {
        name: [
            round(float(least), DECIMALS[name].written),
            round(float(most), DECIMALS[name].written),
        ]
        if given
        else None
        for name, least, most, given in zip(MDP_TARGETS, low, high, known, strict=True)
    }


def _law(answer, largest) -> dict:
    """The product, how much the PCE is above it, and which numbers no cell of this composition can have."""
    voc, jsc, ff, pce = map(float, answer)
    product = voc * jsc * ff
    beyond = [
        name
        for name, value, least, most in zip(MDP_TARGETS, answer, LOWEST, largest, strict=True)
        if not least <= value <= most and np.isfinite(value)
    ]
    difference = pce - product
    known = bool(np.isfinite(difference))
    return {
        "product": round(product, 2) if np.isfinite(product) else None,
        "difference": round(difference, 2) if known else None,
        "holds": known and abs(difference) <= LAW_STEP,
        "beyond_limits": beyond,
    }

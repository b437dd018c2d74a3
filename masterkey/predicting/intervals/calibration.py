"""How far from a language model's numbers the measured ones lie, learned from rows held back from training.

Split conformal prediction (Papadopoulos et al. 2002; Lei et al. 2018, arXiv 1604.04173) with a score
that is normalised by the model's own scatter: (measured − median) / spread on rows that the model
did not train on. Its quantiles, one for each side, say how many spreads the interval reaches. Recipes
weigh alike, and classes of novelty have quantiles of their own (masterkey/regressor/conformal.py).

For whom it holds: new recipes drawn as the calibration rows were.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from masterkey.predicting.intervals.spread import medians_and_spreads
from masterkey.regressor.conformal import LEVEL, ConformalIntervals, grouped_quantile
from masterkey.regressor.novelty import KnownRecipes, recipe_keys
from masterkey.schema.fields import MDP_TARGETS, parse_mdp_input
from masterkey.schema.targets import number_table


@dataclass(frozen=True)
class Calibration:
    """The intervals, and of how many rows and recipes they were learned.

    `n_known` recipes were left out, since the model learned from them.
    """

    intervals: ConformalIntervals
    coverage: float
    n_rows: int
    n_recipes: int
    n_known: int = 0

    @classmethod
    def of_lines(cls, lines: list[dict], known: KnownRecipes | None, coverage: float):
        """From prediction lines with `sampled` and `reference_fields`; `known` recipes were trained on."""
        lines = [line for line in lines if line.get("sampled") and line.get("reference_fields")]
        devices = [parse_mdp_input(line["input"]) for line in lines]
        recipes = recipe_keys(devices)
        trained_on = set(recipe_keys(known.recipes)) if known else set()
        new = [place for place, recipe in enumerate(recipes) if recipe not in trained_on]
        groups = np.array([recipes[place] for place in new])
        n_recipes = len(set(groups))
        n_known = len(set(recipes)) - n_recipes
        if not new:
            intervals = ConformalIntervals.unknown(len(MDP_TARGETS))
            return cls(intervals, coverage, 0, 0, n_known)
        medians, spreads = medians_and_spreads([lines[place]["sampled"] for place in new])
        targets = number_table([lines[place]["reference_fields"] for place in new])
        novelty = np.zeros(len(new))
        if known:
            novelty = known.novelty([devices[place] for place in new])
        intervals = fitted(targets, medians, spreads, groups, novelty, coverage)
        return cls(intervals, coverage, len(new), n_recipes, n_known)

    @property
    def limit(self) -> float | None:
        """The novelty beyond which nothing is known; None where nothing is known at all."""
        return self.intervals.limit if math.isfinite(self.intervals.limit) else None

    def lacking(self) -> str:
        """Why there is no interval for any device; "" where there is one."""
        needed = least_recipes(self.coverage)
        if self.n_recipes >= needed and self.limit is not None:
            return ""
        if self.n_known and not self.n_recipes:
            return "the model was trained on all recipes that were to calibrate it"
        return (
            f"{self.coverage:.0%} needs {needed} recipes that the model was not trained on, and "
            f"{self.n_recipes} were given to calibrate it"
        )


def least_recipes(coverage: float) -> int:
    """The fewest recipes of which the quantile of a side is one of their errors: 19 for 90 %.

    So many for less coverage, too, since classes of novelty are parted for that of the regressor.
    """
    level = max(coverage, LEVEL)
    return math.ceil((1 + level) / (1 - level) - 1e-9)


def fitted(targets, medians, spreads, groups, novelty, coverage: float) -> ConformalIntervals:
    """Tables [n_rows, n_targets], `groups` and `novelty` [n_rows]: classes of novelty, and the reach in each.

    The classes and the limit of what is known are those of the regressor's intervals; the reach is
    that of `coverage`, and never smaller than in a class of less novelty.
    """
    parts = ConformalIntervals.fit(targets, medians, spreads, groups, novelty)
    if not math.isfinite(parts.limit):
        return parts
    class_of = np.where(novelty <= parts.limit, np.searchsorted(parts.edges, novelty), -1)
    error, level = (targets - medians) / spreads, (1 + coverage) / 2
    reaches = {
        side: np.maximum.accumulate(
            [
                [max(grouped_quantile(own, groups[class_of == n], level), 0.0) for own in signed.T]
                for n in range(len(parts.edges) + 1)
                for signed in [sign * error[class_of == n]]
            ]
        )
        for side, sign in (("below", -1), ("above", 1))
    }
    return replace(parts, **reaches)
